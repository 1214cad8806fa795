/*
 * Screen and keys.  See view.h.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "view.h"
#include "view_draw.h"
#include "view_key.h"
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
    cl_loop_t        *lp;
    cl_view_state_t   st;
    cl_view_fill_t    fill;

    bool              away;             /* stopped, or in the background     */
    bool              fresh;            /* the screen is unknown             */
    bool              dirty;            /* something was said or typed       */
    uint64_t         draw_ns;           /* not before                        */
    uint64_t         drawn_ns;
    uint64_t          held_ns;          /* push-to-talk: until then; 0: not  */

    cl_grid_t         now;
    cl_grid_t         before;
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
            (void) printf("%s\n", lg->lines[line].text);

        } else if (isatty(STDERR_FILENO)) {
            (void) fprintf(stderr, "wzp-client: %s\n", lg->lines[line].text);
        }
    }
}


/* ---- life ---- */

cl_view_t *
cl_view_create(cl_loop_t *lp)
{
    cl_view_t  *vw;

    vw = calloc(1, sizeof(cl_view_t));

    if (vw == NULL || !cl_term_open()) {
        free(vw);
        return NULL;
    }

    vw->lp = lp;
    vw->fresh = true;
    vw->dirty = true;

    lp->input = STDIN_FILENO;
    cl_say_into(cl_view_said, vw);

    return vw;
}


void
cl_view_destroy(cl_view_t *vw)
{
    if (vw == NULL) {
        return;
    }

    vw->lp->input = -1;
    cl_term_close();
    cl_say_into(NULL, NULL);
    cl_view_repeat(&vw->st.log);

    cl_grid_done(&vw->now);
    cl_grid_done(&vw->before);
    free(vw);
}


/* ---- stopped, in the background, and back ---- */

/* The screen is ours, or is again. */

static void
cl_view_continue(cl_view_t *vw)
{
    if (cl_term_is_ours()) {
        cl_term_return();
        vw->away = false;
        vw->fresh = true;
        vw->draw_ns = 0;
        vw->lp->input = STDIN_FILENO;
    }
}


/* As if nobody had caught it: a process that nobody could continue does not
 * stop. */

static void
cl_view_stop(cl_view_t *vw)
{
    sigset_t  set;

    vw->away = true;
    vw->lp->input = -1;
    cl_term_leave();

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGTSTP);
    (void) raise(SIGTSTP);
    (void) sigprocmask(SIG_UNBLOCK, &set, NULL);
    (void) sigprocmask(SIG_BLOCK, &set, NULL);

    cl_view_continue(vw);
}


/* ---- painting ---- */

static bool
cl_view_fit(cl_view_t *vw)
{
    unsigned  rows, cols;

    cl_term_size(&rows, &cols);

    if (vw->now.cells != NULL && vw->now.rows == rows
        && vw->now.cols == cols)
    {
        return true;
    }

    cl_grid_done(&vw->now);
    cl_grid_done(&vw->before);
    vw->fresh = true;

    return cl_grid_init(&vw->now, rows, cols, cl_term_utf8())
           && cl_grid_init(&vw->before, rows, cols, cl_term_utf8());
}


static void
cl_view_paint(cl_view_t *vw)
{
    cl_grid_t  shown;

    /* One that does not take anything now gets the next picture. */

    if (!cl_view_fit(vw) || !cl_term_ready()) {
        return;
    }

    cl_view_draw(&vw->now, &vw->st);
    cl_term_show(&vw->now, vw->fresh ? NULL : &vw->before);

    shown = vw->now;
    vw->now = vw->before;
    vw->before = shown;
    vw->fresh = false;
}


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
    uint64_t  next;

    if (vw->held_ns != 0 && now_ns >= vw->held_ns) {
        cl_view_release(vw, su->cl);
    }

    /* Who goes to the foreground without having been stopped gets no
     * signal. */

    if (vw->away && now_ns >= vw->draw_ns) {
        vw->draw_ns = now_ns + CL_VIEW_IDLE_NS;
        cl_view_continue(vw);
    }

    if (vw->away) {
        return vw->draw_ns;
    }

    if (su->caller != NULL && vw->st.caller == NULL) {
        cl_term_bell();
        vw->dirty = true;
    }

    if (now_ns >= vw->draw_ns) {
        cl_view_fill(&vw->fill, &vw->st, su, now_ns);
        cl_view_paint(vw);
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
    int              keys[CL_KEYS_MAX];
    size_t           i, n;
    ssize_t          len;
    uint8_t          buf[256];
    cl_view_wish_t   what;

    len = read(STDIN_FILENO, buf, sizeof(buf));

    if (len <= 0) {

        if (len == 0 || (errno != EINTR && errno != EAGAIN)) {
            vw->lp->input = -1;                 /* the terminal is gone */

            if (su->caller != NULL) {
                wish(ctx, CL_VIEW_TURN_AWAY, now_ns);
            }
        }

        return;
    }

    n = cl_keys(keys, buf, (size_t) len);

    for (i = 0; i < n; i++) {
        vw->dirty = true;
        vw->draw_ns = WZP_MIN(vw->draw_ns, vw->drawn_ns + CL_VIEW_KEY_NS);

        if (cl_view_wish(su, keys[i], &what)) {

            /* The call may be gone after this. */

            wish(ctx, what, now_ns);
            return;
        }

        if (keys[i] == CL_KEY_REDRAW) {
            vw->fresh = true;

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
    switch (signo) {

    case SIGWINCH:
        vw->draw_ns = 0;
        return true;

    case SIGTSTP:
        cl_view_stop(vw);
        return true;

    case SIGCONT:
        cl_view_continue(vw);
        return true;

    default:
        return false;
    }
}
