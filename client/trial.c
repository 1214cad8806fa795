/*
 * A test by a real call.  See trial.h.
 */

#include "say.h"
#include "trial.h"


#define CL_TRIAL_DEAF_NS    (3 * WZP_SEC)       /* nothing came back: stop   */
#define CL_TRIAL_DRAIN_NS   (3 * WZP_SEC)       /* at most, for the last     */
#define CL_TRIAL_REST_NS    (500 * WZP_MS)      /* at least, to hear it all  */


static void
cl_trial_packet(void *ctx, const wzp_packet_t *pk, uint64_t now_ns)
{
    cl_trial_t       *tr;
    cl_trial_sent_t  *ts;

    tr = ctx;

    /* A relay that gives no stream ids cannot tell us apart from others. */

    if (pk->stream_id != 0 && pk->stream_id != tr->cl->stream_id) {
        return;
    }

    ts = &tr->log[pk->seq];

    if (!ts->used) {
        return;
    }

    if (ts->back) {
        tr->twice++;
        return;
    }

    ts->back = true;
    tr->back++;

    if (tr->ev->back != NULL) {
        tr->ev->back(tr->ctx, ts, pk, now_ns);
    }
}


static void
cl_trial_heard(void *ctx, const int16_t *pcm)
{
    cl_trial_t  *tr;

    tr = ctx;

    if (tr->ev->heard != NULL) {
        tr->ev->heard(tr->ctx, pcm);
    }
}


/* What the sender has done in this turn. */

static void
cl_trial_sent(cl_trial_t *tr, uint64_t now_ns)
{
    uint64_t                   at, frame;
    cl_trial_sent_t           *ts;
    const cl_sender_stats_t   *st;

    st = cl_sender_stats(tr->cl->tx);
    at = tr->samples;
    frame = wzp_profile(tr->cl->profile)->frame_duration_ms
            * (CL_RATE_HZ / 1000u);

    while (tr->next_seq != st->next_seq) {
        ts = &tr->log[tr->next_seq++];

        ts->used = true;
        ts->back = false;
        ts->index = tr->sent++;
        ts->at = at;
        ts->sent_ns = now_ns;

        if (ts->index == 0) {
            tr->first_ns = now_ns;
        }

        at += frame;

        if (tr->ev->sent != NULL) {
            tr->ev->sent(tr->ctx, ts);
        }
    }

    if (tr->frames != st->frames) {
        tr->samples += (st->frames - tr->frames) * frame;
        tr->frames = st->frames;

        if (tr->ev->spoken != NULL) {
            tr->ev->spoken(tr->ctx, tr->samples, now_ns);
        }
    }
}


/* Everything is back, or nothing is: then there is nothing to wait for. */

static void
cl_trial_end(cl_trial_t *tr, uint64_t now_ns)
{
    if (tr->sent == 0) {
        return;
    }

    if (tr->back == 0 && now_ns > tr->first_ns + CL_TRIAL_DEAF_NS) {
        tr->mute = true;
        cl_call_leave(tr->cl, now_ns);
        return;
    }

    if (!cl_sender_over(tr->cl->tx)) {
        return;
    }

    if (tr->over_ns == 0) {
        tr->over_ns = now_ns;
    }

    if (tr->back == tr->sent && now_ns > tr->over_ns + CL_TRIAL_REST_NS) {
        cl_call_leave(tr->cl, now_ns);
    }
}


static uint64_t
cl_trial_turn(void *ctx, uint64_t now_ns)
{
    uint64_t     next;
    cl_trial_t  *tr;

    tr = ctx;

    next = cl_talk_turn(tr->cl, now_ns);
    cl_trial_sent(tr, now_ns);

    if (tr->ev->turn != NULL) {
        tr->ev->turn(tr->ctx, now_ns);
    }

    if (tr->cl->state == CL_CALL_IN) {
        cl_trial_end(tr, now_ns);
    }

    tr->loop.done = tr->cl->state == CL_CALL_OVER;

    return next;
}


static void
cl_trial_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_trial_t  *tr;

    tr = ctx;
    cl_talk_signal(tr->cl, signo, now_ns);
}


static cl_exit_t
cl_trial_finish(cl_trial_t *tr)
{
    cl_exit_t  rc;

    cl_say_line(NULL);

    if (tr->back > 0 && tr->ev->over != NULL) {
        tr->ev->over(tr->ctx);
    }

    rc = cl_talk_finish(tr->cl);

    if (rc != CL_OK || tr->back > 0) {
        return rc;
    }

    if (tr->mute) {
        return cl_fail(CL_VERDICT, "%s: nothing comes back of %llu packets: "
                       "this test needs a relay, or a port of one, with "
                       "\"wzp_mode echo\"", cl_link_where(tr->cl->ln),
                       (unsigned long long) tr->sent);
    }

    return cl_fail(CL_VERDICT, "interrupted before anything was measured");
}


cl_exit_t
cl_trial_run(cl_trial_t *tr, const cl_options_t *op,
    const cl_trial_events_t *ev, void *ctx)
{
    cl_me_t    me;
    cl_exit_t  rc;

    memset(tr, 0, sizeof(cl_trial_t));

    tr->op = *op;
    tr->op.tone = true;
    tr->op.tone_s = op->test_s;
    tr->op.tone_marks = true;

    tr->tap.packet = cl_trial_packet;
    tr->tap.heard = cl_trial_heard;
    tr->tap.drain_ns = CL_TRIAL_DRAIN_NS;
    tr->tap.ctx = tr;
    tr->ev = ev;
    tr->ctx = ctx;

    rc = cl_loop_init(&tr->loop);
    if (rc != CL_OK) {
        return rc;
    }

    rc = cl_me_load(&me, &tr->op);

    if (rc == CL_OK) {
        rc = cl_talk_create(&tr->cl, &tr->op, &me, &tr->tap);
    }

    if (rc == CL_OK) {
        tr->loop.ln = tr->cl->ln;
        tr->loop.turn = cl_trial_turn;
        tr->loop.signal = cl_trial_signal;
        tr->loop.ctx = tr;

        cl_loop_run(&tr->loop);
        rc = cl_trial_finish(tr);
    }

    cl_talk_destroy(tr->cl);
    wzp_ident_wipe(&me.id);
    cl_loop_done(&tr->loop);

    return rc;
}
