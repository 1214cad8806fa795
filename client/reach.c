/*
 * A registration, kept alive.  See reach.h.
 */

#include <stdlib.h>

#include "backoff.h"
#include "reach.h"
#include "say.h"


#define CL_REACH_ANSWER_NS  (10 * WZP_SEC)
#define CL_REACH_STEADY_NS  (10 * WZP_SEC)      /* registered: all is well   */
#define CL_REACH_LEAVE_NS   (1 * WZP_SEC)


static void
cl_reach_over(cl_reach_t *re, cl_exit_t status)
{
    re->state = CL_REACH_OVER;
    re->status = status;
}


static void
cl_reach_dial(cl_reach_t *re)
{
    re->state = CL_REACH_CONNECT;

    cl_event("connecting", json_pack("{s:s, s:s, s:s}", "host", re->op->host,
                                     "port", re->op->port, "room", "_signal"));
    cl_link_dial(re->ln, "_signal");
}


static void
cl_reach_abort(cl_reach_t *re, cl_exit_t status, cl_remedy_t remedy,
    const char *cause, const char *text)
{
    cl_ending_t  en;

    cl_ending_set(&en, status, remedy, cause, "%s: %s", cl_link_where(re->ln),
                  text);
    cl_link_abort(re->ln, &en);
}


static void
cl_reach_up(void *ctx, cl_link_t *ln)
{
    uint8_t        exporter[WZP_EXPORTER_SIZE];
    cl_reach_t    *re;
    wzp_signal_t   sg;

    re = ctx;

    cl_link_introduce(ln);

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_REGISTER_PRESENCE;

    wzp_hs_register(&sg.u.register_presence, &re->me->id,
                    wzp_qconn_exporter(cl_link_conn(ln), exporter) == WZP_OK
                    ? exporter : NULL);
    memcpy(sg.u.register_presence.alias, re->me->alias,
           sizeof(re->me->alias));

    if (cl_link_signal(ln, &sg) != WZP_OK) {
        cl_reach_abort(re, CL_INTERNAL, CL_FINAL, "internal",
                       "the registration cannot be sent");
        return;
    }

    re->state = CL_REACH_REGISTER;
    re->until_ns = cl_now() + CL_REACH_ANSWER_NS;
}


static void
cl_reach_ack(cl_reach_t *re, const wzp_register_presence_ack_t *ack)
{
    bool       again;
    cl_exit_t  status;

    if (re->state != CL_REACH_REGISTER) {
        return;
    }

    if (!ack->success) {
        cl_reach_abort(re, CL_REFUSED, CL_FINAL, "refused",
                       ack->error[0] != '\0' ? ack->error
                                             : "does not register us");
        return;
    }

    status = cl_link_trust(re->ln);
    if (status != CL_OK) {
        cl_reach_abort(re, status, CL_FINAL, "known_hosts",
                       "the relay cannot be remembered");
        return;
    }

    again = re->known;

    re->state = CL_REACH_IN;
    re->known = true;
    re->extended = ack->extensions != 0;
    re->entered_ns = cl_now();
    cl_link_joined(re->ln, true);

    cl_event("registered",
             json_pack("{s:s, s:s, s:s, s:b, s:b}",
                       "fingerprint", re->me->fp, "alias", re->me->alias,
                       "relay_build", ack->relay_build,
                       "extended", re->extended, "again", again));
    re->ev.registered(re->ctx);
}


static void
cl_reach_message(void *ctx, const uint8_t *data, size_t len)
{
    wzp_rc_t       rc;
    cl_reach_t    *re;
    wzp_signal_t   sg;

    re = ctx;

    rc = wzp_signal_parse(&sg, data, len);

    if (rc != WZP_OK) {
        cl_debug("a message of %zu bytes that cannot be read (%d)", len,
                 (int) rc);
        return;
    }

    cl_debug("message %s", wzp_signal_name(sg.type));

    if (sg.type == WZP_SIG_REGISTER_PRESENCE_ACK) {
        cl_reach_ack(re, &sg.u.register_presence_ack);

    } else if (sg.type == WZP_SIG_PING) {
        sg.type = WZP_SIG_PONG;
        cl_reach_send(re, &sg);

    } else if (re->state == CL_REACH_IN) {
        re->ev.signal(re->ctx, &sg);
    }

    wzp_signal_done(&sg);
}


/* Who has never been registered finds out at once that it does not work. */

static bool
cl_reach_may_return(const cl_reach_t *re, const cl_ending_t *en,
    uint64_t now_ns)
{
    if (!re->known || (en->remedy != CL_AGAIN && !en->transient)) {
        return false;
    }

    return re->op->reconnect_s < 0
           || (double) (now_ns - re->lost_ns) / 1e9 < re->op->reconnect_s;
}


static void
cl_reach_wait(cl_reach_t *re, const cl_ending_t *en, uint64_t now_ns)
{
    bool      first;
    uint64_t  wait_ns;

    first = re->lost_ns == now_ns;
    wait_ns = cl_backoff(re->attempt++);

    re->state = CL_REACH_WAIT;
    re->until_ns = now_ns + wait_ns;

    cl_event("reconnecting", json_pack("{s:i, s:I, s:s, s:s, s:s}",
                                       "attempt", (int) re->attempt,
                                       "delay_ms",
                                       (json_int_t) (wait_ns / WZP_MS),
                                       "cause", en->cause,
                                       "message", en->text,
                                       "room", "_signal"));
    if (first) {
        cl_say("registration lost (%s), coming back ...", en->cause);

        if (re->ev.lost != NULL) {
            re->ev.lost(re->ctx);
        }
    }
}


static void
cl_reach_down(void *ctx, const cl_ending_t *en)
{
    bool         again;
    uint64_t     now;
    cl_reach_t  *re;

    re = ctx;
    now = cl_now();

    if (re->state == CL_REACH_LEAVE) {
        re->state = CL_REACH_OVER;
        return;
    }

    if (re->state == CL_REACH_IN) {
        re->lost_ns = now;

        if (now - re->entered_ns >= CL_REACH_STEADY_NS) {
            re->attempt = 0;
        }
    }

    again = cl_reach_may_return(re, en, now);

    cl_event("unregistered",
             json_pack("{s:s, s:I, s:s, s:b}", "cause", en->cause,
                       "code", (json_int_t) en->code, "message", en->text,
                       "again", again));

    if (again) {
        cl_reach_wait(re, en, now);

    } else if (strcmp(en->cause, "reserved") == 0) {
        cl_reach_over(re, cl_fail(CL_REFUSED, "%s: this relay has no direct "
                                  "calls", cl_link_where(re->ln)));

    } else {
        cl_reach_over(re, cl_fail(en->status, "%s", en->text));
    }
}


cl_exit_t
cl_reach_create(cl_reach_t **out, const cl_options_t *op, const cl_me_t *me,
    const cl_reach_events_t *ev, void *ctx)
{
    cl_exit_t    rc;
    cl_reach_t  *re;

    static const cl_link_events_t  events = {
        .up = cl_reach_up,
        .message = cl_reach_message,
        .down = cl_reach_down
    };

    *out = NULL;

    re = calloc(1, sizeof(cl_reach_t));
    if (re == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    re->op = op;
    re->me = me;
    re->ev = *ev;
    re->ctx = ctx;

    rc = cl_link_create(&re->ln, op, &events, re);

    if (rc != CL_OK) {
        cl_reach_destroy(re);
        return rc;
    }

    cl_reach_dial(re);
    *out = re;

    return CL_OK;
}


void
cl_reach_destroy(cl_reach_t *re)
{
    if (re != NULL) {
        cl_link_destroy(re->ln);
        free(re);
    }
}


void
cl_reach_send(cl_reach_t *re, const wzp_signal_t *sg)
{
    if (cl_link_signal(re->ln, sg) != WZP_OK) {
        cl_debug("%s cannot be sent", wzp_signal_name(sg->type));
    }
}


void
cl_reach_leave(cl_reach_t *re, uint64_t now_ns)
{
    wzp_qconn_t  *qc;

    if (re->state == CL_REACH_LEAVE || re->state == CL_REACH_OVER) {
        return;
    }

    qc = cl_link_conn(re->ln);

    if (re->state != CL_REACH_IN || qc == NULL) {
        re->state = CL_REACH_OVER;
        return;
    }

    re->state = CL_REACH_LEAVE;
    re->until_ns = now_ns + 2 * CL_REACH_LEAVE_NS;
    wzp_qconn_finish(qc, 0, "normal close", CL_REACH_LEAVE_NS, now_ns);
}


/* The time to come back in may end in the middle of an attempt. */

static void
cl_reach_patience(cl_reach_t *re, uint64_t now_ns)
{
    if (re->known && re->op->reconnect_s >= 0
        && (re->state == CL_REACH_CONNECT || re->state == CL_REACH_REGISTER
            || re->state == CL_REACH_WAIT)
        && now_ns > re->lost_ns
        && now_ns - re->lost_ns > (uint64_t) (re->op->reconnect_s * 1e9))
    {
        cl_reach_over(re, cl_fail(CL_UNREACHABLE, "%s: the relay did not come "
                                  "back", cl_link_where(re->ln)));
    }
}


uint64_t
cl_reach_turn(cl_reach_t *re, uint64_t now_ns)
{
    uint64_t  next;

    cl_reach_patience(re, now_ns);

    next = re->known && re->op->reconnect_s >= 0 ? now_ns + WZP_SEC
                                                 : UINT64_MAX;

    if (re->state == CL_REACH_CONNECT || re->state == CL_REACH_IN
        || re->state == CL_REACH_OVER)
    {
        return next;
    }

    if (now_ns < re->until_ns) {
        return WZP_MIN(next, re->until_ns);
    }

    re->until_ns = UINT64_MAX;

    if (re->state == CL_REACH_REGISTER) {
        cl_reach_abort(re, CL_UNREACHABLE, CL_AGAIN, "no_answer",
                       "connected, but the registration is not answered");

    } else if (re->state == CL_REACH_WAIT) {
        cl_reach_dial(re);

    } else {
        re->state = CL_REACH_OVER;
    }

    return now_ns;
}
