/*
 * Join a room; send, listen, record; leave.
 */

#include <signal.h>
#include <stdlib.h>

#include "call.h"
#include "modes.h"
#include "say.h"


#define CL_DRAIN_NS         (300 * WZP_MS)      /* after the last frame      */
#define CL_DRAIN_REC_NS     (2 * WZP_SEC)       /* when recording as well    */


static bool
cl_mode_sink(void *ctx, const int16_t *pcm)
{
    cl_call_t  *cl;

    cl = ctx;

    if (cl_wav_write(cl->rec, pcm, CL_TICK_SAMPLES)) {
        return true;
    }

    cl->status = CL_IO;
    cl_call_leave(cl, cl_now());

    return false;
}


static void
cl_mode_talk(void *ctx, const cl_stream_t *sm, bool talking)
{
    cl_event("talking", json_pack("{s:i, s:s, s:s, s:b}",
                                  "stream_id", (int) sm->id,
                                  "fingerprint", sm->fp,
                                  "alias", sm->alias,
                                  "talking", talking));
    (void) ctx;
}


static void
cl_mode_who(void *ctx, cl_stream_t *sm)
{
    cl_call_t                *cl;
    const wzp_participant_t  *pt;

    cl = ctx;
    pt = cl_room_find(&cl->room, sm->id);

    if (pt != NULL) {
        memcpy(sm->fp, pt->fingerprint, sizeof(sm->fp));
        memcpy(sm->alias, pt->alias, sizeof(sm->alias));
    }
}


static void
cl_mode_signal(void *ctx, int signo, uint64_t now_ns)
{
    wzp_rc_t    rc;
    cl_call_t  *cl;

    cl = ctx;

    if (signo == SIGUSR1) {
        rc = cl_link_migrate(cl->ln, now_ns);

        if (rc != WZP_OK) {
            cl_warn("cannot move to another port now (%d)", (int) rc);
        }

        return;
    }

    if (cl->interrupted) {
        cl->state = CL_CALL_OVER;               /* the second time: at once */
        return;
    }

    cl->interrupted = true;
    cl_call_leave(cl, now_ns);
}


/* Is it time to go? */

static uint64_t
cl_mode_limits(cl_call_t *cl, uint64_t now_ns)
{
    uint64_t  end;

    end = UINT64_MAX;

    if (!cl->joined) {
        return end;
    }

    if (cl->op->duration_s >= 0) {
        end = cl->joined_ns + (uint64_t) (cl->op->duration_s * 1e9);

    } else if (cl->tx != NULL && cl_sender_over(cl->tx)) {

        if (cl->drain_ns == 0) {
            cl->drain_ns = now_ns + (cl->rec != NULL ? CL_DRAIN_REC_NS
                                                     : CL_DRAIN_NS);
            cl_event("sent_all", json_object());
        }

        end = cl->drain_ns;
    }

    if (now_ns >= end) {
        cl_call_leave(cl, now_ns);
        return UINT64_MAX;
    }

    return end;
}


static uint64_t
cl_mode_turn(void *ctx, uint64_t now_ns)
{
    uint64_t      next, due;
    cl_call_t    *cl;
    wzp_qconn_t  *qc;

    cl = ctx;

    next = cl_call_turn(cl, now_ns);

    if (cl->tx != NULL && cl->state != CL_CALL_LEAVE) {
        qc = cl->state == CL_CALL_IN ? cl_link_conn(cl->ln) : NULL;
        due = cl_sender_turn(cl->tx, qc, now_ns);
        next = WZP_MIN(next, due);
    }

    due = cl_playout_turn(cl->po, now_ns);
    next = WZP_MIN(next, due);

    due = cl_mode_limits(cl, now_ns);
    next = WZP_MIN(next, due);

    due = cl_status_turn(cl, now_ns);
    next = WZP_MIN(next, due);

    if (cl->state == CL_CALL_OVER) {
        cl->loop.done = true;
    }

    return next;
}


static cl_exit_t
cl_mode_parts(cl_call_t *cl)
{
    cl_exit_t          rc;
    cl_playout_conf_t  conf;

    rc = cl_me_load(&cl->me, cl->op);
    if (rc != CL_OK) {
        return rc;
    }

    rc = cl_sender_create(&cl->tx, cl->op);
    if (rc != CL_OK) {
        return rc;
    }

    if (cl->op->record != NULL) {
        cl->rec = cl_wav_create(cl->op->record);

        if (cl->rec == NULL) {
            return CL_IO;
        }
    }

    memset(&conf, 0, sizeof(cl_playout_conf_t));
    conf.sink = cl->rec != NULL ? cl_mode_sink : NULL;
    conf.talk = cl_mode_talk;
    conf.who = cl_mode_who;
    conf.ctx = cl;

    cl->po = cl_playout_create(&conf);

    if (cl->po == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    return cl_link_create(&cl->ln, cl->op, &cl_call_events, cl);
}


static cl_exit_t
cl_mode_run(cl_call_t *cl)
{
    cl_exit_t  rc;

    rc = cl_loop_init(&cl->loop);
    if (rc != CL_OK) {
        return rc;
    }

    rc = cl_mode_parts(cl);
    if (rc != CL_OK) {
        return rc;
    }

    cl->loop.ln = cl->ln;
    cl->loop.turn = cl_mode_turn;
    cl->loop.signal = cl_mode_signal;
    cl->loop.ctx = cl;

    cl_call_dial(cl);
    cl_loop_run(&cl->loop);
    cl_say_line(NULL);

    if (cl->rec != NULL) {
        cl_status_report(cl);

        if (!cl_wav_finish(cl->rec) && cl->status == CL_OK) {
            cl->status = CL_IO;
        }

        cl->rec = NULL;

    } else {
        cl_status_report(cl);
    }

    return cl->status;
}


cl_exit_t
cl_mode_call(const cl_options_t *op)
{
    cl_exit_t   rc;
    cl_call_t  *cl;

    cl = calloc(1, sizeof(cl_call_t));
    if (cl == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl->op = op;
    cl->start_ns = cl_now();
    cl->seen_ns = cl->start_ns;
    cl->profile = WZP_PROFILE_GOOD;

    rc = cl_mode_run(cl);

    cl_link_destroy(cl->ln);
    cl_playout_destroy(cl->po);
    cl_sender_destroy(cl->tx);

    if (cl->rec != NULL) {
        (void) cl_wav_finish(cl->rec);
    }

    cl_room_done(&cl->room);
    wzp_ident_wipe(&cl->me.id);
    cl_loop_done(&cl->loop);
    free(cl);

    return rc;
}
