/*
 * Join a room; send, listen, record; leave.
 */

#include "call.h"
#include "loop.h"
#include "modes.h"


typedef struct {
    cl_loop_t   loop;
    cl_call_t  *cl;
} cl_mode_call_t;


static void
cl_mode_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_mode_call_t  *mc;

    mc = ctx;
    cl_talk_signal(mc->cl, signo, now_ns);
}


static uint64_t
cl_mode_turn(void *ctx, uint64_t now_ns)
{
    uint64_t         next;
    cl_mode_call_t  *mc;

    mc = ctx;

    next = cl_talk_turn(mc->cl, now_ns);
    mc->loop.done = mc->cl->state == CL_CALL_OVER;

    return next;
}


cl_exit_t
cl_mode_call(const cl_options_t *op)
{
    cl_me_t         me;
    cl_exit_t       rc;
    cl_mode_call_t  mc;

    memset(&mc, 0, sizeof(cl_mode_call_t));

    rc = cl_loop_init(&mc.loop);
    if (rc != CL_OK) {
        return rc;
    }

    rc = cl_me_load(&me, op);

    if (rc == CL_OK) {
        rc = cl_talk_create(&mc.cl, op, &me, NULL);
    }

    if (rc == CL_OK) {
        mc.loop.ln = mc.cl->ln;
        mc.loop.turn = cl_mode_turn;
        mc.loop.signal = cl_mode_signal;
        mc.loop.ctx = &mc;

        cl_loop_run(&mc.loop);
        rc = cl_talk_finish(mc.cl);
    }

    cl_talk_destroy(mc.cl);
    wzp_ident_wipe(&me.id);
    cl_loop_done(&mc.loop);

    return rc;
}
