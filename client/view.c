/*
 * Screen and keys.  See view.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "out.h"
#include "say.h"
#include "view.h"
#include "view_draw.h"
#include "view_screen.h"
#include "view_term.h"


#define CL_VIEW_FRAME_NS    (100 * WZP_MS)
#define CL_VIEW_KEY_NS      (30 * WZP_MS)       /* at once, but bounded      */
#define CL_VIEW_IDLE_NS     WZP_SEC             /* nothing moves             */
#define CL_VIEW_STEP_DB     2.0f

/* A key that is held down comes again and again, the first time after a
 * longer while. */
#define CL_VIEW_HOLD_NS     (700 * WZP_MS)
#define CL_VIEW_AGAIN_NS    (300 * WZP_MS)


struct cl_view_s {
    cl_screen_t       sc;
    cl_view_state_t   st;
    cl_view_fill_t    fill;

    bool              dirty;            /* something was said or typed       */
    uint64_t          draw_ns;          /* not before                        */
    uint64_t          drawn_ns;
    uint64_t          held_ns;          /* push-to-talk: until then; 0: not  */
};


bool
cl_view_wanted(const cl_options_t *op)
{
    return !op->json && !op->verbose && !op->plain && cl_term_able();
}


/* ---- what is said ---- */

static void
cl_view_said(void *ctx, const char *text, bool warning)
{
    char        when[6];
    time_t      t;
    struct tm   tm;
    cl_view_t  *vw;

    vw = ctx;
    t = time(NULL);
    when[0] = '\0';

    if (localtime_r(&t, &tm) != NULL) {
        (void) strftime(when, sizeof(when), "%H:%M", &tm);
    }

    cl_view_log_add(&vw->st.log, when, text, warning);
    vw->dirty = true;
}


/* The screen takes with it what was on it.  Whoever else listens to what is
 * said (say.h) has heard it. */

static void
cl_view_repeat(const cl_view_log_t *lg)
{
    unsigned  i, line;

    for (i = 0; i < lg->n; i++) {
        line = (lg->first + i) % CL_VIEW_LINES;

        if (!lg->lines[line].warning) {
            cl_out_print(CL_OUT, "%s\n", lg->lines[line].text);

        } else if (isatty(STDERR_FILENO)) {
            cl_out_print(CL_OUT_ERR, "wzp-client: %s\n",
                         lg->lines[line].text);
        }
    }
}


/* ---- life ---- */

cl_view_t *
cl_view_create(cl_loop_t *lp)
{
    cl_view_t  *vw;

    vw = calloc(1, sizeof(cl_view_t));

    if (vw == NULL || !cl_screen_open(&vw->sc, lp)) {
        free(vw);
        return NULL;
    }

    vw->dirty = true;
    cl_say_into(cl_view_said, vw);

    return vw;
}


void
cl_view_destroy(cl_view_t *vw)
{
    if (vw == NULL) {
        return;
    }

    cl_screen_close(&vw->sc);
    cl_say_into(NULL, NULL);
    cl_view_repeat(&vw->st.log);
    free(vw);
}


/* ---- painting ---- */

static void
cl_view_release(cl_view_t *vw, cl_call_t *cl)
{
    vw->held_ns = 0;

    if (cl != NULL && cl->pressed) {
        cl_talk_ptt(cl, false);
        vw->dirty = true;
    }
}


uint64_t
cl_view_turn(cl_view_t *vw, const cl_view_subject_t *su, uint64_t now_ns)
{
    uint64_t    next;
    cl_grid_t  *gr;

    if (vw->held_ns != 0 && now_ns >= vw->held_ns) {
        cl_view_release(vw, su->cl);
    }

    if (now_ns >= vw->draw_ns && cl_screen_away(&vw->sc)) {
        vw->draw_ns = now_ns + CL_VIEW_IDLE_NS;
    }

    if (vw->sc.away) {
        return vw->draw_ns;
    }

    if (su->caller != NULL && vw->st.caller == NULL) {
        cl_term_bell();
        vw->dirty = true;
    }

    if (now_ns >= vw->draw_ns) {
        cl_view_fill(&vw->fill, &vw->st, su, now_ns);
        gr = cl_screen_draw(&vw->sc);

        if (gr != NULL) {
            cl_view_draw(gr, &vw->st);
            cl_screen_show(&vw->sc);
        }

        vw->dirty = false;
        vw->drawn_ns = now_ns;
        vw->draw_ns = now_ns + CL_VIEW_FRAME_NS;
    }

    next = vw->draw_ns;

    if (su->cl == NULL && !vw->dirty) {
        next += CL_VIEW_IDLE_NS;
    }

    return vw->held_ns != 0 ? WZP_MIN(next, vw->held_ns) : next;
}


/* ---- keys ---- */

static void
cl_view_hold(cl_view_t *vw, cl_call_t *cl, uint64_t now_ns)
{
    /* Pressed for good: space ends it. */

    if (cl->pressed && vw->held_ns == 0) {
        cl_view_release(vw, cl);
        return;
    }

    vw->held_ns = now_ns + (cl->pressed ? CL_VIEW_AGAIN_NS : CL_VIEW_HOLD_NS);

    if (!cl->pressed) {
        cl_talk_ptt(cl, true);
    }
}


/* Wishes go by fingerprint, so that they outlive the stream. */

static void
cl_view_volume(cl_view_t *vw, cl_call_t *cl, float step)
{
    float                    db;
    const cl_view_who_t     *wh;
    const cl_view_person_t  *pe;

    if (vw->st.n == 0) {
        return;
    }

    wh = &vw->fill.who[vw->st.selected];
    pe = &vw->st.people[vw->st.selected];
    db = WZP_MIN(WZP_MAX(pe->volume_db + step, -CL_VOLUME_DB), CL_VOLUME_DB);

    if (wh->fp[0] != '\0') {
        (void) cl_playout_volume(cl->po, wh->fp, db);

    } else if (wh->stream >= 0) {
        cl_playout_adjust(cl->po, (size_t) wh->stream, db, pe->silenced);
    }
}


static void
cl_view_silence(cl_view_t *vw, cl_call_t *cl)
{
    const cl_view_who_t     *wh;
    const cl_view_person_t  *pe;

    if (vw->st.n == 0) {
        return;
    }

    wh = &vw->fill.who[vw->st.selected];
    pe = &vw->st.people[vw->st.selected];

    if (wh->fp[0] != '\0') {
        (void) cl_playout_mute(cl->po, wh->fp, !pe->silenced);

    } else if (wh->stream >= 0) {
        cl_playout_adjust(cl->po, (size_t) wh->stream, pe->volume_db,
                          !pe->silenced);
    }
}


/* Below what is in use, so that something happens. */

static void
cl_view_limit(cl_call_t *cl)
{
    int                      i;
    const wzp_codec_info_t  *ci;

    i = WZP_MAX((int) cl->limit, (int) cl->profile) + 1;
    cl_call_limit(cl, (wzp_profile_id_t) (i < (int) WZP_PROFILE_N ? i : 0));

    ci = wzp_codec_info((unsigned) wzp_profile(cl->limit)->codec);
    cl_say("send %s at best", ci->name);
}


/* What is about our own voice. */

static void
cl_view_voice_key(cl_view_t *vw, cl_call_t *cl, int key, uint64_t now_ns)
{
    switch (key) {

    case 'm':
        cl_talk_mute(cl, !cl->muted);
        break;

    case ' ':
        cl_view_hold(vw, cl, now_ns);
        break;

    case 't':
        vw->held_ns = 0;
        cl_talk_ptt(cl, !cl->pressed);
        break;

    case 'p':
        cl_view_limit(cl);
        break;

    default:
        break;
    }
}


/* What is about the others. */

static void
cl_view_people_key(cl_view_t *vw, cl_call_t *cl, int key)
{
    switch (key) {

    case CL_KEY_UP:
    case 'k':
        cl_view_choose(&vw->fill, &vw->st, -1);
        break;

    case CL_KEY_DOWN:
    case 'j':
        cl_view_choose(&vw->fill, &vw->st, 1);
        break;

    case '+':
    case '=':
        cl_view_volume(vw, cl, CL_VIEW_STEP_DB);
        break;

    case '-':
        cl_view_volume(vw, cl, -CL_VIEW_STEP_DB);
        break;

    case 'x':
        cl_view_silence(vw, cl);
        break;

    default:
        break;
    }
}


static bool
cl_view_wish(const cl_view_subject_t *su, int key, cl_view_wish_t *what)
{
    switch (key) {

    case 'q':
        *what = CL_VIEW_QUIT;
        return true;

    case 'h':
        *what = CL_VIEW_HANG_UP;
        return su->phone;

    case 'y':
        *what = CL_VIEW_ANSWER;
        return su->caller != NULL;

    case 'n':
        *what = CL_VIEW_TURN_AWAY;
        return su->caller != NULL;

    default:
        return false;
    }
}


void
cl_view_read(cl_view_t *vw, const cl_view_subject_t *su, uint64_t now_ns,
    void (*wish)(void *ctx, cl_view_wish_t what, uint64_t now_ns), void *ctx)
{
    int             i, n, keys[CL_KEYS_MAX];
    cl_view_wish_t  what;

    n = cl_screen_keys(&vw->sc, keys);

    if (n == -1 && su->caller != NULL) {
        wish(ctx, CL_VIEW_TURN_AWAY, now_ns);
        return;
    }

    for (i = 0; i < n; i++) {
        vw->dirty = true;
        vw->draw_ns = WZP_MIN(vw->draw_ns, vw->drawn_ns + CL_VIEW_KEY_NS);

        if (cl_view_wish(su, keys[i], &what)) {

            /* The call may be gone after this. */

            wish(ctx, what, now_ns);
            return;
        }

        if (keys[i] == CL_KEY_REDRAW) {
            cl_screen_redraw(&vw->sc);

        } else if (vw->st.help || keys[i] == '?') {
            vw->st.help = !vw->st.help;

        } else if (su->cl != NULL) {
            cl_view_people_key(vw, su->cl, keys[i]);

            if (su->cl->tx != NULL
                && cl_sender_source(su->cl->tx) != NULL)
            {
                cl_view_voice_key(vw, su->cl, keys[i], now_ns);
            }

            cl_view_fill(&vw->fill, &vw->st, su, now_ns);
        }
    }
}


/* ---- signals ---- */

bool
cl_view_signal(cl_view_t *vw, int signo)
{
    if (!cl_screen_signal(&vw->sc, signo)) {
        return false;
    }

    vw->draw_ns = 0;

    return true;
}
