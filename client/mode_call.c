/*
 * Join a room; send, listen, record; leave.
 */

#include <signal.h>

#include "call.h"
#include "loop.h"
#include "modes.h"
#include "view.h"


typedef struct {
    cl_loop_t          loop;
    cl_call_t         *cl;
    cl_view_t         *vw;              /* NULL: plain lines                 */
    cl_view_subject_t  su;
} cl_mode_call_t;


static void
cl_mode_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_mode_call_t  *mc;

    mc = ctx;

    if (mc->vw == NULL || !cl_view_signal(mc->vw, signo)) {
        cl_talk_signal(mc->cl, signo, now_ns);
    }
}


/* The only wish here is to leave. */

static void
cl_mode_wish(void *ctx, cl_view_wish_t what, uint64_t now_ns)
{
    cl_mode_signal(ctx, SIGINT, now_ns);

    (void) what;
}


static void
cl_mode_read(void *ctx, uint64_t now_ns)
{
    cl_mode_call_t  *mc;

    mc = ctx;
    cl_view_read(mc->vw, &mc->su, now_ns, cl_mode_wish, mc);
}


static uint64_t
cl_mode_turn(void *ctx, uint64_t now_ns)
{
    uint64_t         next, due;
    cl_mode_call_t  *mc;

    mc = ctx;

    next = cl_talk_turn(mc->cl, now_ns);
    mc->loop.done = mc->cl->state == CL_CALL_OVER;

    if (mc->vw != NULL) {
        due = cl_view_turn(mc->vw, &mc->su, now_ns);
        next = WZP_MIN(next, due);
    }

    return next;
}


static cl_exit_t
cl_mode_run(cl_mode_call_t *mc, const cl_me_t *me, bool screen)
{
    cl_exit_t  rc;

    mc->loop.ln = mc->cl->ln;
    mc->loop.audio = mc->cl->au;
    mc->loop.turn = cl_mode_turn;
    mc->loop.signal = cl_mode_signal;
    mc->loop.read = cl_mode_read;
    mc->loop.ctx = mc;

    if (screen) {
        mc->su.cl = mc->cl;
        mc->su.name = me->alias;
        mc->vw = cl_view_create(&mc->loop);
    }

    cl_loop_run(&mc->loop);

    /* What was recorded is complete, whatever the terminal is up to. */

    rc = cl_talk_finish(mc->cl);
    cl_view_destroy(mc->vw);

    return rc;
}


cl_exit_t
cl_mode_call(const cl_options_t *op)
{
    bool            screen;
    cl_me_t         me;
    cl_exit_t       rc;
    cl_mode_call_t  mc;

    memset(&mc, 0, sizeof(cl_mode_call_t));

    rc = cl_loop_init(&mc.loop);
    if (rc != CL_OK) {
        return rc;
    }

    screen = cl_view_wanted(op);
    rc = screen ? cl_loop_screen(&mc.loop) : CL_OK;

    if (rc == CL_OK) {
        rc = cl_me_load(&me, op);
    }

    if (rc == CL_OK) {
        rc = cl_talk_create(&mc.cl, op, &me, NULL);
    }

    if (rc == CL_OK) {
        rc = cl_mode_run(&mc, &me, screen);
    }

    cl_talk_destroy(mc.cl);
    wzp_ident_wipe(&me.id);
    cl_loop_done(&mc.loop);

    return rc;
}
