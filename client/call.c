/*
 * The connection of a call, and what follows when it is lost.  See call.h.
 */

#include "backoff.h"
#include "call.h"
#include "say.h"
#include "wzp/wzp_close.h"


#define CL_CALL_EARLY       3           /* attempts of a first join that ran
                                           into a restart                    */
#define CL_CALL_STEADY_NS   (10 * WZP_SEC)      /* in the room: all is well  */
#define CL_CALL_LEAVE_NS    (1 * WZP_SEC)       /* for Hangup to arrive      */


static void
cl_call_up(void *ctx, cl_link_t *ln)
{
    cl_call_t  *cl;

    cl = ctx;
    cl_call_offer(cl);

    (void) ln;
}


static void
cl_call_on_message(void *ctx, const uint8_t *data, size_t len)
{
    cl_call_message(ctx, data, len);
}


static void
cl_call_on_datagram(void *ctx, const uint8_t *data, size_t len)
{
    cl_call_t  *cl;

    cl = ctx;

    cl->frames_in++;

    if (cl->joined) {
        cl_playout_put(cl->po, data, len, cl_now());
    }
}


static void
cl_call_on_fate(void *ctx, uint64_t number, bool lost)
{
    cl_call_t  *cl;

    cl = ctx;

    if (cl->adapt != NULL) {
        cl_adapt_fate(cl->adapt, number, lost, cl_now());
    }
}


static void
cl_call_on_moved(void *ctx, const wzp_addr_t *from, const wzp_addr_t *to)
{
    char        a[WZP_ADDR_TEXT_MAX], b[WZP_ADDR_TEXT_MAX];
    cl_call_t  *cl;

    cl = ctx;
    cl->migrations++;

    if (cl->adapt != NULL) {
        cl_adapt_moved(cl->adapt, cl_now());
    }

    (void) wzp_addr_text(from, a);
    (void) wzp_addr_text(to, b);

    cl_event("migrated", json_pack("{s:s, s:s}", "from", a, "to", b));
    cl_say("moved from %s to %s", a, b);
}


/* Is it worth another attempt? */

static bool
cl_call_may_return(cl_call_t *cl, const cl_ending_t *en, uint64_t now_ns)
{
    double  gone_s;

    if (!cl->joined) {
        return en->remedy == CL_AGAIN
               && (strcmp(en->cause, "going_away") == 0
                   || strcmp(en->cause, "reset") == 0)
               && ++cl->early < CL_CALL_EARLY;
    }

    if (en->remedy != CL_AGAIN && !en->transient) {
        return false;
    }

    if (cl->op->reconnect_s < 0) {
        return true;
    }

    gone_s = (double) (now_ns - cl->lost_ns) / 1e9;

    return gone_s < cl->op->reconnect_s;
}


static void
cl_call_wait(cl_call_t *cl, const cl_ending_t *en, uint64_t now_ns)
{
    uint64_t  wait_ns;

    wait_ns = cl_backoff(cl->attempt++);

    cl->state = CL_CALL_WAIT;
    cl->wait_ns = now_ns + wait_ns;

    cl_event("reconnecting", json_pack("{s:i, s:I, s:s, s:s}",
                                       "attempt", (int) cl->attempt,
                                       "delay_ms",
                                       (json_int_t) (wait_ns / WZP_MS),
                                       "cause", en->cause,
                                       "message", en->text));

    if (cl->lost_ns == now_ns) {
        cl_say("connection lost (%s), coming back ...", en->cause);
    }
}


static void
cl_call_down(void *ctx, const cl_ending_t *en)
{
    bool        again;
    uint64_t    now;
    cl_call_t  *cl;

    cl = ctx;
    now = cl_now();

    cl_status_close(cl);

    if (cl->state == CL_CALL_OVER) {
        return;                         /* left already, at once */
    }

    if (cl->state == CL_CALL_LEAVE) {
        cl_event("closed", json_pack("{s:s, s:I, s:s, s:b}", "cause", "local",
                                     "code", (json_int_t) 0,
                                     "message", "left the room",
                                     "again", 0));
        cl->state = CL_CALL_OVER;
        return;
    }

    if (cl->state == CL_CALL_IN) {
        cl->lost_ns = now;

        /* A relay that lets everybody in and then dies must not be run into
         * at once, again and again. */

        if (now - cl->entered_ns >= CL_CALL_STEADY_NS) {
            cl->attempt = 0;
        }
    }

    again = cl_call_may_return(cl, en, now);

    cl_event("closed", json_pack("{s:s, s:I, s:s, s:b}", "cause", en->cause,
                                 "code", (json_int_t) en->code,
                                 "message", en->text, "again", again));

    if (again) {
        cl_call_wait(cl, en, now);
        return;
    }

    if (cl->pair && cl->joined && en->code == WZP_CLOSE_FORBIDDEN) {
        cl_call_over(cl, cl_fail(CL_UNREACHABLE, "the relay was restarted, "
                                 "and knows nothing of the call any more"));
        return;
    }

    cl_call_over(cl, cl_fail(en->status, "%s", en->text));
}


const cl_link_events_t  cl_call_events = {
    .up = cl_call_up,
    .message = cl_call_on_message,
    .datagram = cl_call_on_datagram,
    .fate = cl_call_on_fate,
    .down = cl_call_down,
    .moved = cl_call_on_moved
};


void
cl_call_over(cl_call_t *cl, cl_exit_t status)
{
    cl->status = status;
    cl->state = CL_CALL_OVER;
}


void
cl_call_dial(cl_call_t *cl)
{
    cl->state = CL_CALL_CONNECT;

    cl_event("connecting", json_pack("{s:s, s:s, s:s}",
                                     "host", cl->op->host,
                                     "port", cl->op->port,
                                     "room", cl->op->sni));
    cl_link_dial(cl->ln, cl->op->sni);
}


void
cl_call_leave(cl_call_t *cl, uint64_t now_ns)
{
    wzp_qconn_t  *qc;

    if (cl->state == CL_CALL_LEAVE || cl->state == CL_CALL_OVER) {
        return;
    }

    qc = cl_link_conn(cl->ln);

    if (cl->state != CL_CALL_IN || qc == NULL) {
        cl->state = CL_CALL_OVER;
        return;
    }

    cl->state = CL_CALL_LEAVE;
    cl->leave_ns = now_ns + 2 * CL_CALL_LEAVE_NS;

    cl_call_hangup(cl);
    wzp_qconn_finish(qc, 0, "normal close", CL_CALL_LEAVE_NS, now_ns);
}


static void
cl_call_late(cl_call_t *cl, uint64_t now_ns)
{
    cl_ending_t  en;

    if (cl->state == CL_CALL_OFFER && now_ns >= cl->answer_ns) {
        cl_ending_set(&en, CL_UNREACHABLE, CL_AGAIN, "no_answer",
                      "%s: connected, but the call offer is not answered",
                      cl_link_where(cl->ln));
        cl->answer_ns = UINT64_MAX;
        cl_link_abort(cl->ln, &en);
    }

    /* The time to come back in may end in the middle of an attempt.  It may
     * also have begun in this very turn, after now_ns was read. */

    if (cl->joined && cl->op->reconnect_s >= 0
        && (cl->state == CL_CALL_CONNECT || cl->state == CL_CALL_OFFER
            || cl->state == CL_CALL_WAIT)
        && now_ns > cl->lost_ns
        && now_ns - cl->lost_ns > (uint64_t) (cl->op->reconnect_s * 1e9))
    {
        (void) cl_fail(CL_UNREACHABLE, "%s: the relay did not come back",
                       cl_link_where(cl->ln));
        cl_call_over(cl, CL_UNREACHABLE);
    }
}


uint64_t
cl_call_turn(cl_call_t *cl, uint64_t now_ns)
{
    uint64_t  next;

    cl_call_late(cl, now_ns);

    next = UINT64_MAX;

    switch (cl->state) {

    case CL_CALL_OFFER:
        next = cl->answer_ns;
        break;

    case CL_CALL_WAIT:
        if (now_ns >= cl->wait_ns) {
            cl_call_dial(cl);
            next = now_ns;
            break;
        }

        next = cl->wait_ns;
        break;

    case CL_CALL_LEAVE:
        if (now_ns >= cl->leave_ns) {
            cl->state = CL_CALL_OVER;
        }

        next = cl->leave_ns;
        break;

    case CL_CALL_CONNECT:
    case CL_CALL_IN:
    case CL_CALL_OVER:
        break;
    }

    if (cl->joined && cl->op->reconnect_s >= 0) {
        next = WZP_MIN(next, now_ns + WZP_SEC);
    }

    return next;
}
