/*
 * The analyzer's screen.  See analyze_view.h.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "analyze_view.h"
#include "say.h"
#include "view_key.h"
#include "view_term.h"


#define CL_PAINT_NS     (200 * WZP_MS)
#define CL_SAID_MAX     512

/* Columns: of the name; where the rest of a row and its verdict begin. */
#define CL_AT_NAME      7
#define CL_AT_ROW       (CL_AT_NAME + CL_ROW_NAME + 1)
#define CL_AT_VERDICT   58              /* in the row                        */


struct cl_analyze_view_s {
    cl_loop_t   *lp;
    const char  *title;
    const char  *relay;
    bool         fresh;                 /* the screen is unknown             */
    uint64_t     draw_ns;
    unsigned     first;                 /* stream that is shown on top       */
    char         said[CL_SAID_MAX];     /* the last line                     */
    char         warned[CL_SAID_MAX];   /* the last warning or error         */
    cl_grid_t    now;
    cl_grid_t    before;
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

    if (vw == NULL || !cl_term_open()) {
        free(vw);
        return NULL;
    }

    vw->lp = lp;
    vw->title = title;
    vw->relay = relay;
    vw->fresh = true;

    lp->input = STDIN_FILENO;
    cl_say_into(cl_analyze_view_said, vw);

    return vw;
}


void
cl_analyze_view_destroy(cl_analyze_view_t *vw)
{
    if (vw == NULL) {
        return;
    }

    vw->lp->input = -1;
    cl_term_close();
    cl_say_into(NULL, NULL);

    /* The screen took it along; a file that standard error goes to has it. */

    if (vw->warned[0] != '\0' && isatty(STDERR_FILENO)) {
        (void) fprintf(stderr, "wzp-client: %s\n", vw->warned);
    }

    cl_grid_done(&vw->now);
    cl_grid_done(&vw->before);
    free(vw);
}


/* ---- painting ---- */

static bool
cl_analyze_view_fit(cl_analyze_view_t *vw)
{
    unsigned  rows, cols;

    cl_term_size(&rows, &cols);

    if (vw->now.cells != NULL && vw->now.rows == rows
        && vw->now.cols == cols)
    {
        cl_grid_clear(&vw->now);
        return true;
    }

    cl_grid_done(&vw->now);
    cl_grid_done(&vw->before);
    vw->fresh = true;

    return cl_grid_init(&vw->now, rows, cols, cl_term_utf8())
           && cl_grid_init(&vw->before, rows, cols, cl_term_utf8());
}


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
cl_analyze_view_draw(cl_analyze_view_t *vw, const cl_analyze_t *an)
{
    char        text[256];
    size_t      i;
    unsigned    y;
    cl_grid_t  *gr;

    gr = &vw->now;

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
    cl_grid_t  shown;

    if (now_ns < vw->draw_ns) {
        return vw->draw_ns;
    }

    vw->draw_ns = now_ns + CL_PAINT_NS;

    /* One that does not take anything now gets the next picture. */

    if (cl_analyze_view_fit(vw) && cl_term_ready()) {
        cl_analyze_view_draw(vw, an);
        cl_term_show(&vw->now, vw->fresh ? NULL : &vw->before);

        shown = vw->now;
        vw->now = vw->before;
        vw->before = shown;
        vw->fresh = false;
    }

    return vw->draw_ns;
}


/* ---- keys and signals ---- */

bool
cl_analyze_view_read(cl_analyze_view_t *vw)
{
    int       keys[CL_KEYS_MAX];
    size_t    i, n;
    ssize_t   len;
    uint8_t   buf[256];

    len = read(STDIN_FILENO, buf, sizeof(buf));

    if (len <= 0) {

        if (len == 0 || (errno != EINTR && errno != EAGAIN)) {
            vw->lp->input = -1;                 /* the terminal is gone */
        }

        return false;
    }

    n = cl_keys(keys, buf, (size_t) len);
    vw->draw_ns = 0;

    for (i = 0; i < n; i++) {

        switch (keys[i]) {

        case 'q':
            return true;

        case CL_KEY_REDRAW:
            vw->fresh = true;
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


/* As if nobody had caught it. */

static void
cl_analyze_view_stop(cl_analyze_view_t *vw)
{
    sigset_t  set;

    cl_term_leave();

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTSTP);
    (void) raise(SIGTSTP);
    (void) sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void) sigprocmask(SIG_BLOCK, &set, NULL);

    cl_term_return();
    vw->fresh = true;
    vw->draw_ns = 0;
}


bool
cl_analyze_view_signal(cl_analyze_view_t *vw, int signo)
{
    switch (signo) {

    case SIGWINCH:
        vw->draw_ns = 0;
        return true;

    case SIGTSTP:
        cl_analyze_view_stop(vw);
        return true;

    case SIGCONT:
        return true;

    default:
        return false;
    }
}
