/*
 * The metrics file.  See metrics.h.
 */

#include <math.h>
#include <stdlib.h>

#include "jsonl.h"
#include "metrics.h"
#include "say.h"


struct cl_metrics_s {
    cl_jsonl_t  *file;
    uint64_t     next_ns;
};


/* All streams together. */
typedef struct {
    uint64_t  depth;                    /* packets that wait                 */
    uint64_t  depth_ms;                 /* the longest wait                  */
    uint64_t  received;
    uint64_t  concealed;
    uint64_t  restored;
    double    jitter_ms;                /* the worst of those who speak      */
    uint64_t  late;
    uint64_t  dry;
    uint64_t  skipped;
    uint64_t  stretched;                /* times, shorter or longer          */
    double    wait_ms;                  /* in the buffer, likewise           */
} cl_metrics_sums_t;


cl_exit_t
cl_metrics_create(cl_metrics_t **out, const char *path)
{
    cl_exit_t      rc;
    cl_metrics_t  *mt;

    *out = NULL;

    mt = calloc(1, sizeof(cl_metrics_t));
    if (mt == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    rc = cl_jsonl_open(&mt->file, path);

    if (rc != CL_OK) {
        free(mt);
        return rc;
    }

    *out = mt;

    return CL_OK;
}


void
cl_metrics_destroy(cl_metrics_t *mt)
{
    if (mt != NULL) {
        cl_jsonl_close(mt->file);
        free(mt);
    }
}


static void
cl_metrics_sum(const cl_call_t *cl, cl_metrics_sums_t *sum)
{
    size_t               i;
    uint64_t             level;
    const cl_stream_t   *sm;
    wzp_jitter_stats_t   jt;

    memset(sum, 0, sizeof(cl_metrics_sums_t));

    for (i = 0; i < cl_playout_count(cl->po); i++) {
        sm = cl_playout_stream(cl->po, i);
        cl_stream_jitter(sm, &jt);

        sum->received += sm->acc.unique;
        sum->concealed += sm->st.concealed_plc;
        sum->restored += sm->st.concealed_dred + sm->st.concealed_fec
                         + sm->st.concealed_copy;
        sum->late += jt.late;
        sum->dry += jt.dry;
        sum->skipped += jt.skipped;
        sum->stretched += jt.shortened + jt.lengthened;

        if (sm->voice != NULL) {
            level = wzp_jitter_level(&sm->voice->jb);
            sum->depth += sm->voice->jb.count;
            sum->depth_ms = WZP_MAX(sum->depth_ms, level);
        }

        if (sm->talking) {
            sum->jitter_ms = WZP_MAX(sum->jitter_ms, jt.jitter_us / 1000.0);
            sum->wait_ms = WZP_MAX(sum->wait_ms, jt.waited_now_us / 1000.0);
        }
    }
}


static const char *
cl_metrics_state(const cl_call_t *cl)
{
    switch (cl->state) {

    case CL_CALL_CONNECT:
    case CL_CALL_OFFER:
        return "connecting";

    case CL_CALL_IN:
        return "joined";

    case CL_CALL_WAIT:
        return "waiting";

    case CL_CALL_LEAVE:
        return "leaving";

    case CL_CALL_OVER:
        break;
    }

    return "over";
}


/* PROTOCOL 6.1. */

static const char *
cl_metrics_profile(wzp_profile_id_t id)
{
    static const char *const  names[WZP_PROFILE_N] = {
        "STUDIO_64K", "STUDIO_48K", "STUDIO_32K", "GOOD", "OPUS16K",
        "DEGRADED", "CODEC2_3200", "CATASTROPHIC"
    };

    return names[id];
}


static json_t *
cl_metrics_line(const cl_call_t *cl)
{
    char                       ts[CL_JSONL_TIME];
    json_t                    *ob, *more;
    uint64_t                   sent;
    cl_metrics_sums_t          sum;

    cl_metrics_sum(cl, &sum);
    cl_jsonl_time(ts, false);
    sent = 0;

    /* Who listens sends no frames: what he tells of others is none. */

    if (cl->tx != NULL && cl_sender_source(cl->tx) != NULL) {
        sent = cl_sender_stats(cl->tx)->packets;
    }

    ob = json_pack("{s:s, s:I, s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:s}",
                   "ts", ts,
                   "buffer_depth", (json_int_t) sum.depth,
                   "underruns", (json_int_t) sum.dry,
                   "overruns", (json_int_t) sum.skipped,
                   "loss_pct", cl->loss_pct,
                   "rtt_ms", (json_int_t) llrint((double) cl->qs.rtt_ns / 1e6),
                   "jitter_ms", (json_int_t) llrint(sum.jitter_ms),
                   "frames_sent", (json_int_t) sent,
                   "frames_received", (json_int_t) sum.received,
                   "quality_profile", cl_metrics_profile(cl->profile));

    more = json_pack("{s:s, s:s, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:I, "
                     "s:I, s:I, s:i, s:i}",
                     "room", cl->op->room,
                     "state", cl_metrics_state(cl),
                     "members", (json_int_t) cl->room.count,
                     "buffer_ms", (json_int_t) sum.depth_ms,
                     "wait_ms", sum.wait_ms,
                     "rtt_exact_ms", (double) cl->qs.rtt_ns / 1e6,
                     "in_bps", (json_int_t) cl->in_bps,
                     "out_bps", (json_int_t) cl->out_bps,
                     "late", (json_int_t) sum.late,
                     "concealed", (json_int_t) sum.concealed,
                     "restored", (json_int_t) sum.restored,
                     "stretched", (json_int_t) sum.stretched,
                     "packets_lost", (json_int_t) (cl->sums.packets_lost
                                                   + cl->qs.packets_lost),
                     "reconnects", (int) cl->reconnects,
                     "migrations", (int) cl->migrations);

    if (ob != NULL && more != NULL) {
        (void) json_object_update(ob, more);
    }

    json_decref(more);

    return ob;
}


uint64_t
cl_metrics_turn(cl_metrics_t *mt, const cl_call_t *cl, uint64_t now_ns)
{
    if (mt->next_ns == 0) {
        mt->next_ns = now_ns + WZP_SEC;
    }

    if (now_ns >= mt->next_ns) {
        cl_jsonl_put(mt->file, cl_metrics_line(cl));

        mt->next_ns += WZP_SEC;
        mt->next_ns = WZP_MAX(mt->next_ns, now_ns);     /* we have slept */
    }

    return mt->next_ns;
}
