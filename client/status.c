/*
 * How the call is going: numbers, the live line, the closing report.  See
 * call.h.
 */

#include <stdio.h>

#include "call.h"
#include "say.h"


#define CL_STATUS_NS        (250 * WZP_MS)
#define CL_RATES_NS         WZP_SEC


static void
cl_status_quic(cl_call_t *cl)
{
    wzp_qconn_t  *qc;

    qc = cl_link_conn(cl->ln);

    if (qc != NULL) {
        wzp_qconn_stats(qc, &cl->qs);
    }
}


static uint64_t
cl_status_dropped(const wzp_qstats_t *qs)
{
    return qs->drop_too_big + qs->drop_queue + qs->drop_stale;
}


void
cl_status_close(cl_call_t *cl)
{
    cl->sums.frames_out += cl->qs.frames_out;
    cl->sums.dropped += cl_status_dropped(&cl->qs);
    cl->sums.packets_lost += cl->qs.packets_lost;

    /* The newest delay stays for the report. */

    cl->qs.frames_out = 0;
    cl->qs.drop_too_big = 0;
    cl->qs.drop_queue = 0;
    cl->qs.drop_stale = 0;
    cl->qs.packets_lost = 0;
}


static unsigned
cl_status_bps(uint64_t now, uint64_t before, uint64_t span_ns)
{
    return (unsigned) ((double) (now - before) * 8e9 / (double) span_ns);
}


/* The last second: bit rates and loss. */

static void
cl_status_rates(cl_call_t *cl, uint64_t now_ns)
{
    uint64_t  expected, missing, in, out, span;

    span = now_ns - cl->seen_ns;

    cl_playout_totals(cl->po, &expected, &missing, &in);
    out = cl->tx != NULL ? cl_sender_stats(cl->tx)->bytes : 0;

    /* Sums shrink when an account is given up, or a late packet comes. */

    if (in >= cl->seen_in && expected >= cl->seen_expected) {
        cl->in_bps = cl_status_bps(in, cl->seen_in, span);
        cl->loss_pct = 0;

        if (expected > cl->seen_expected && missing > cl->seen_missing) {
            cl->loss_pct = (double) (missing - cl->seen_missing) * 100
                           / (double) (expected - cl->seen_expected);
        }
    }

    cl->out_bps = cl_status_bps(out, cl->seen_out, span);

    cl->seen_ns = now_ns;
    cl->seen_in = in;
    cl->seen_out = out;
    cl->seen_expected = expected;
    cl->seen_missing = missing;
}


static void
cl_status_talkers(const cl_call_t *cl, char *text, size_t size)
{
    char                buf[16];
    size_t              i, len;
    const cl_stream_t  *sm;

    len = 0;
    text[0] = '\0';

    for (i = 0; i < cl_playout_count(cl->po) && len < size - 1; i++) {
        sm = cl_playout_stream(cl->po, i);

        if (sm->talking) {
            len += (size_t) snprintf(text + len, size - len, "%s%s",
                                     len ? ", " : "",
                                     cl_room_name(sm->alias, sm->fp, buf));
        }
    }

    if (len == 0) {
        (void) snprintf(text, size, "nobody");
    }
}


static void
cl_status_line(const cl_call_t *cl, uint64_t now_ns)
{
    char      talking[200], text[512];
    unsigned  s;

    if (cl->state == CL_CALL_WAIT || cl->state == CL_CALL_CONNECT
        || cl->state == CL_CALL_OFFER)
    {
        (void) snprintf(text, sizeof(text), "%s | connecting to %s ...",
                        cl->title, cl_link_where(cl->ln));
        cl_say_line(text);
        return;
    }

    cl_status_talkers(cl, talking, sizeof(talking));
    s = (unsigned) ((now_ns - cl->joined_ns) / WZP_SEC);

    (void) snprintf(text, sizeof(text),
                    "%s %02u:%02u:%02u | %u member%s | rtt %.1f ms | loss "
                    "%.1f %% | jitter %.1f ms | in %u out %u kb/s | "
                    "talking: %s",
                    cl->title, s / 3600, s / 60 % 60, s % 60,
                    cl->room.count, cl->room.count == 1 ? "" : "s",
                    (double) cl->qs.rtt_ns / 1e6, cl->loss_pct,
                    cl_playout_jitter(cl->po), cl->in_bps / 1000,
                    cl->out_bps / 1000, talking);
    cl_say_line(text);
}


/* For whoever wants it, once a second: how it goes. */

static void
cl_status_event(cl_call_t *cl)
{
    if (!cl_say_events()) {
        return;
    }

    cl_event("status",
             json_pack("{s:f, s:f, s:f, s:I, s:I, s:I, s:o}",
                       "rtt_ms", (double) cl->qs.rtt_ns / 1e6,
                       "loss_pct", cl->loss_pct,
                       "jitter_ms", cl_playout_jitter(cl->po),
                       "in_bps", (json_int_t) cl->in_bps,
                       "out_bps", (json_int_t) cl->out_bps,
                       "sent", (json_int_t) (cl->tx != NULL
                                   ? cl_sender_stats(cl->tx)->packets : 0),
                       "streams", cl_playout_report(cl->po, false)));
}


uint64_t
cl_status_turn(cl_call_t *cl, uint64_t now_ns)
{
    if (now_ns < cl->status_ns) {
        return cl->status_ns;
    }

    cl->status_ns = now_ns + CL_STATUS_NS;
    cl_status_quic(cl);

    if (now_ns - cl->seen_ns >= CL_RATES_NS) {
        cl_status_rates(cl, now_ns);

        if (cl->joined && cl->state != CL_CALL_OVER) {
            cl_status_event(cl);
        }
    }

    if (cl->state != CL_CALL_OVER && cl->state != CL_CALL_LEAVE) {
        cl_status_line(cl, now_ns);
    }

    return cl->status_ns;
}


/* For people: one line per stream. */

static void
cl_status_say(const cl_call_t *cl)
{
    char                       buf[16];
    size_t                     i;
    const cl_stream_t         *sm;
    const cl_sender_stats_t   *st;

    if (cl->tx != NULL && cl_sender_source(cl->tx) != NULL) {
        st = cl_sender_stats(cl->tx);
        cl_say("sent %llu packets, %llu bytes",
               (unsigned long long) st->packets,
               (unsigned long long) st->bytes);
    }

    for (i = 0; i < cl_playout_count(cl->po); i++) {
        sm = cl_playout_stream(cl->po, i);

        if (sm->acc.received == 0) {
            continue;
        }

        cl_say("heard %s: %llu packets, %llu lost, %llu twice, %llu frames "
               "restored, %llu guessed",
               cl_room_name(sm->alias, sm->fp, buf),
               (unsigned long long) sm->acc.received,
               (unsigned long long) wzp_account_missing(&sm->acc),
               (unsigned long long) sm->acc.dup,
               (unsigned long long) sm->st.concealed_dred,
               (unsigned long long) sm->st.concealed_plc);
    }
}


static json_t *
cl_status_sent(const cl_call_t *cl)
{
    const cl_sender_stats_t   *st;

    static const cl_sender_stats_t  none;

    st = cl->tx != NULL ? cl_sender_stats(cl->tx) : &none;

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i}",
                     "sent", (json_int_t) st->packets,
                     "sent_bytes", (json_int_t) st->bytes,
                     "sent_frames", (json_int_t) st->frames,
                     "sent_missed", (json_int_t) st->missed,
                     "sent_refused", (json_int_t) st->refused,
                     "sent_suppressed", (json_int_t) st->suppressed,
                     "sent_noise", (json_int_t) st->noise,
                     "sent_copies", (json_int_t) st->copies,
                     "sent_repair", (json_int_t) st->repair,
                     "sent_payload", (json_int_t) st->payload,
                     "next_seq", (int) st->next_seq);
}


void
cl_status_report(cl_call_t *cl)
{
    double    loss;
    json_t   *ob, *sent, *streams;
    uint64_t  expected, missing, bytes, now;

    now = cl_now();

    streams = cl_playout_report(cl->po, true);
    cl_playout_totals(cl->po, &expected, &missing, &bytes);
    loss = expected ? (double) missing * 100 / (double) expected : 0;

    ob = json_pack("{s:i, s:s, s:i, s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:i, "
                   "s:i, s:I, s:I, s:I, s:o}",
                   "exit", (int) cl->status,
                   "room", cl->op->room,
                   "stream_id", (int) cl->stream_id,
                   "duration_s", cl->joined
                                 ? (double) (now - cl->joined_ns) / 1e9 : 0.0,
                   "rtt_ms", (double) cl->qs.rtt_ns / 1e6,
                   "loss_pct", loss,
                   "frames_in", (json_int_t) cl->frames_in,
                   "frames_out", (json_int_t) (cl->sums.frames_out
                                               + cl->qs.frames_out),
                   "send_dropped", (json_int_t) (cl->sums.dropped
                                          + cl_status_dropped(&cl->qs)),
                   "packets_lost", (json_int_t) (cl->sums.packets_lost
                                                 + cl->qs.packets_lost),
                   "reconnects", (int) cl->reconnects,
                   "migrations", (int) cl->migrations,
                   "malformed", (json_int_t) cl_playout_malformed(cl->po),
                   "evicted", (json_int_t) cl_playout_evicted(cl->po),
                   "recorded_samples", (json_int_t)
                       (cl->rec != NULL ? cl_wav_count(cl->rec) : 0),
                   "streams", streams);
    sent = cl_status_sent(cl);

    if (ob != NULL && sent != NULL) {
        (void) json_object_update(ob, sent);
    }

    json_decref(sent);

    cl_event("report", ob);

    if (cl->joined) {
        cl_status_say(cl);
    }
}
