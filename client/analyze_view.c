/*
 * The analyzer's screen.  See analyze_view.h.
 */

#include <stdlib.h>
#include <unistd.h>

#include "analyze_view.h"
#include "out.h"
#include "say.h"
#include "view_screen.h"


#define CL_PAINT_NS     (200 * WZP_MS)
#define CL_SAID_MAX     512

/* Columns: of the name; where the rest of a row and its verdict begin. */
#define CL_AT_NAME      7
#define CL_AT_ROW       (CL_AT_NAME + CL_ROW_NAME + 1)
#define CL_AT_VERDICT   58              /* in the row                        */


struct cl_analyze_view_s {
    cl_screen_t  sc;
    const char  *title;
    const char  *relay;
    uint64_t     draw_ns;
    unsigned     first;                 /* stream that is shown on top       */
    char         said[CL_SAID_MAX];     /* the last line                     */
    char         warned[CL_SAID_MAX];   /* the last warning or error         */
};


static void
cl_analyze_view_said(void *ctx, const char *text, bool warning)
{
    cl_analyze_view_t  *vw;

    vw = ctx;
    (void) snprintf(vw->said, sizeof(vw->said), "%.*s",
                    (int) strcspn(text, "\n"), text);

    if (warning) {
        memcpy(vw->warned, vw->said, sizeof(vw->warned));
    }
}


cl_analyze_view_t *
cl_analyze_view_create(cl_loop_t *lp, const char *title, const char *relay)
{
    cl_analyze_view_t  *vw;

    vw = calloc(1, sizeof(cl_analyze_view_t));

    if (vw == NULL || !cl_screen_open(&vw->sc, lp)) {
        free(vw);
        return NULL;
    }

    vw->title = title;
    vw->relay = relay;

    cl_say_into(cl_analyze_view_said, vw);

    return vw;
}


void
cl_analyze_view_destroy(cl_analyze_view_t *vw)
{
    if (vw == NULL) {
        return;
    }

    cl_screen_close(&vw->sc);
    cl_say_into(NULL, NULL);

    /* The screen took it along; a file that standard error goes to has it. */

    if (vw->warned[0] != '\0' && isatty(STDERR_FILENO)) {
        cl_out_print(CL_OUT_ERR, "wzp-client: %s\n", vw->warned);
    }

    free(vw);
}


/* ---- painting ---- */

static cl_look_t
cl_analyze_view_look(const cl_talker_t *tk)
{
    cl_sum_t  su;

    cl_talker_sum(tk, &su);

    if (!su.judged) {
        return CL_LOOK_DIM;
    }

    return su.grade == CL_POOR ? CL_LOOK_BAD
           : su.grade == CL_FAIR ? CL_LOOK_FAIR : CL_LOOK_GOOD;
}


static void
cl_analyze_view_talker(cl_grid_t *gr, unsigned y, const cl_talker_t *tk)
{
    char  id[16], name[CL_TALKER_NAME], row[CL_ROW_MAX];

    (void) snprintf(id, sizeof(id), "%5u", tk->id);
    cl_talker_name(tk, name);
    cl_talker_row(tk, row);

    (void) cl_grid_text(gr, y, 0, CL_AT_NAME, CL_LOOK_PLAIN, id);
    (void) cl_grid_text(gr, y, CL_AT_NAME, CL_ROW_NAME, CL_LOOK_BOLD, name);
    (void) cl_grid_text(gr, y, CL_AT_ROW + CL_AT_VERDICT, CL_ROW_MAX,
                        cl_analyze_view_look(tk),
                        row + WZP_MIN(strlen(row), CL_AT_VERDICT));
    row[CL_AT_VERDICT] = '\0';
    (void) cl_grid_text(gr, y, CL_AT_ROW, CL_AT_VERDICT, CL_LOOK_PLAIN, row);
}


static void
cl_analyze_view_draw(cl_analyze_view_t *vw, cl_grid_t *gr,
    const cl_analyze_t *an)
{
    char      text[256];
    size_t    i;
    unsigned  y;

    cl_grid_clear(gr);
    cl_grid_fill(gr, 0, 0, gr->cols, ' ', CL_LOOK_TITLE);
    (void) snprintf(text, sizeof(text), " %.60s at %.60s, %llu packets, "
                    "%.0f s", vw->title, vw->relay,
                    (unsigned long long) an->packets,
                    (double) an->now_ns / 1e9);
    (void) cl_grid_text(gr, 0, 0, gr->cols, CL_LOOK_TITLE, text);
    (void) cl_grid_text(gr, 1, 0, gr->cols, CL_LOOK_DIM, cl_talker_head);

    if (an->n == 0) {
        (void) cl_grid_text(gr, 3, 2, gr->cols, CL_LOOK_DIM,
                            "nobody has spoken yet");
    }

    vw->first = (unsigned) WZP_MIN(vw->first, an->n > 0 ? an->n - 1 : 0);

    for (i = vw->first, y = 2; i < an->n && y + 2 < gr->rows; i++, y++) {
        cl_analyze_view_talker(gr, y, an->talkers[i]);
    }

    if (gr->rows > 4) {
        (void) cl_grid_text(gr, gr->rows - 2, 1, gr->cols - 1, CL_LOOK_DIM,
                            vw->said);
        (void) cl_grid_text(gr, gr->rows - 1, 1, gr->cols - 1, CL_LOOK_DIM,
                            "q leave and report   up, down: other streams");
    }
}


uint64_t
cl_analyze_view_turn(cl_analyze_view_t *vw, const cl_analyze_t *an,
    uint64_t now_ns)
{
    cl_grid_t  *gr;

    if (now_ns < vw->draw_ns) {
        return vw->draw_ns;
    }

    vw->draw_ns = now_ns + CL_PAINT_NS;

    if (cl_screen_away(&vw->sc)) {
        return vw->draw_ns;
    }

    gr = cl_screen_draw(&vw->sc);

    if (gr != NULL) {
        cl_analyze_view_draw(vw, gr, an);
        cl_screen_show(&vw->sc);
    }

    return vw->draw_ns;
}


/* ---- keys and signals ---- */

bool
cl_analyze_view_read(cl_analyze_view_t *vw)
{
    int  i, n, keys[CL_KEYS_MAX];

    n = cl_screen_keys(&vw->sc, keys);
    vw->draw_ns = 0;

    for (i = 0; i < n; i++) {

        switch (keys[i]) {

        case 'q':
            return true;

        case CL_KEY_REDRAW:
            cl_screen_redraw(&vw->sc);
            break;

        case CL_KEY_UP:
            vw->first -= vw->first > 0;
            break;

        case CL_KEY_DOWN:
            vw->first++;
            break;

        default:
            break;
        }
    }

    return false;
}


bool
cl_analyze_view_signal(cl_analyze_view_t *vw, int signo)
{
    if (!cl_screen_signal(&vw->sc, signo)) {
        return false;
    }

    vw->draw_ns = 0;

    return true;
}
