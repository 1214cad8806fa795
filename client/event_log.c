/*
 * The event log.  See event_log.h.
 */

#include "event_log.h"
#include "jsonl.h"
#include "say.h"
#include "wzp/wzp_bucket.h"


#define CL_LOG_RATE     50              /* lines a second                    */
#define CL_LOG_BURST    200


static struct {
    cl_jsonl_t    *file;                /* NULL: no log                      */
    wzp_bucket_t   bucket;
    uint64_t       dropped;             /* lines, not told yet               */
    uint64_t       next_ns;
    struct {
        uint16_t   id;
        uint64_t   missing;
    }              streams[CL_STREAMS_MAX];
} cl_log;


/* PROTOCOL 7.12, in its order; and what our events call the same. */
static const struct {
    const char  *from;
    const char  *to;
}  cl_log_names[] = {
    { "room",        "room" },
    { "fingerprint", "src" },
    { "seq",         "seq" },
    { "profile",     "codec" },
    { "len",         "len" },
    { "relay",       "peer" },
    { "cause",       "reason" },
    { "reason",      "reason" },
    { "action",      "action" },
    { "count",       "participants" },
};


static void
cl_event_log_tee(const char *name, const json_t *ob)
{
    if (strcmp(name, "status") != 0 && strcmp(name, "streams") != 0) {
        cl_event_log(name, json_copy((json_t *) (uintptr_t) ob));
    }
}


cl_exit_t
cl_event_log_open(const char *path)
{
    cl_exit_t  rc;

    if (path == NULL) {
        return CL_OK;
    }

    rc = cl_jsonl_open(&cl_log.file, path);

    if (rc == CL_OK) {
        wzp_bucket_init(&cl_log.bucket, CL_LOG_RATE, CL_LOG_BURST, cl_now());
        cl_say_tee(cl_event_log_tee);
    }

    return rc;
}


void
cl_event_log_close(void)
{
    cl_say_untee(cl_event_log_tee);
    cl_jsonl_close(cl_log.file);
    cl_log.file = NULL;
}


/* The names that all event logs have come first; the rest follows. */

static void
cl_event_log_line(const char *name, json_t *ob)
{
    char     ts[CL_JSONL_TIME];
    size_t   i;
    json_t  *line, *v;

    cl_jsonl_time(ts, true);
    line = json_pack("{s:s, s:s}", "ts", ts, "event", name);

    for (i = 0; i < WZP_ARRAY_LEN(cl_log_names); i++) {
        v = json_object_get(ob, cl_log_names[i].from);

        if (line != NULL && v != NULL) {
            (void) json_object_set(line, cl_log_names[i].to, v);
            (void) json_object_del(ob, cl_log_names[i].from);
        }
    }

    if (line != NULL && ob != NULL) {
        (void) json_object_update_missing(line, ob);
    }

    cl_jsonl_put(cl_log.file, line);
}


void
cl_event_log(const char *name, json_t *ob)
{
    json_t    *more;
    uint64_t   now;

    if (cl_log.file == NULL) {
        json_decref(ob);
        return;
    }

    now = cl_now();

    if (!wzp_bucket_take(&cl_log.bucket, now)) {
        cl_log.dropped++;
        json_decref(ob);
        return;
    }

    if (cl_log.dropped != 0) {
        more = json_pack("{s:I}", "lines", (json_int_t) cl_log.dropped);
        cl_log.dropped = 0;
        cl_event_log_line("dropped", more);
        json_decref(more);
    }

    cl_event_log_line(name, ob);
    json_decref(ob);
}


static void
cl_event_log_lost(const cl_stream_t *sm, uint64_t packets)
{
    cl_event_log("lost",
                 json_pack("{s:s, s:i, s:s, s:s, s:i, s:I}",
                           "fingerprint", sm->fp,
                           "seq", (int) sm->acc.last,
                           "profile", wzp_codec_info(sm->codec)->name,
                           "alias", sm->alias,
                           "stream_id", (int) sm->id,
                           "packets", (json_int_t) packets));
}


uint64_t
cl_event_log_turn(const cl_playout_t *po, uint64_t now_ns)
{
    size_t              i;
    uint64_t            missing, seen;
    const cl_stream_t  *sm;

    if (cl_log.file == NULL) {
        return UINT64_MAX;
    }

    if (now_ns < cl_log.next_ns) {
        return cl_log.next_ns;
    }

    cl_log.next_ns = now_ns + WZP_SEC;

    for (i = 0; i < cl_playout_count(po); i++) {
        sm = cl_playout_stream(po, i);
        missing = wzp_account_missing(&sm->acc);
        seen = cl_log.streams[i].id == sm->id ? cl_log.streams[i].missing : 0;

        /* It shrinks when one comes late. */

        if (missing > seen) {
            cl_event_log_lost(sm, missing - seen);
        }

        cl_log.streams[i].id = sm->id;
        cl_log.streams[i].missing = missing;
    }

    return cl_log.next_ns;
}
