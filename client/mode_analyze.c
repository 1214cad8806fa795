/*
 * --analyze: be in a room, say nothing, and tell how everybody else arrives;
 * --replay: the same about a capture.  PROTOCOL 11.4.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analyze_view.h"
#include "call.h"
#include "capture.h"
#include "jsonl.h"
#include "modes.h"
#include "say.h"
#include "view.h"


#define CL_TABLE_NS         (2 * WZP_SEC)
#define CL_NAMES_NS         (100 * WZP_MS)
#define CL_FLUSH_NS         WZP_SEC


/* What both have. */
typedef struct {
    cl_analyze_t         an;
    cl_scene_t           scene;
    const char          *html_path;
    FILE                *html;          /* NULL: not wanted                  */
} cl_study_t;


typedef struct {
    cl_study_t           study;
    cl_loop_t            loop;
    cl_call_t           *cl;
    cl_tap_t             tap;
    cl_me_t              me;
    cl_analyze_view_t   *vw;            /* NULL: lines                       */
    cl_capture_t        *cp;            /* NULL: nothing is kept             */
    char                 start[CL_JSONL_TIME];
    uint64_t             start_ns;
    uint64_t             table_ns;      /* next                              */
    uint64_t             names_ns;
    uint64_t             flush_ns;
} cl_mode_analyze_t;


/* ---- what becomes of it ---- */

static cl_exit_t
cl_study_open(cl_study_t *sy, const cl_options_t *op)
{
    struct stat  st;

    cl_analyze_init(&sy->an);
    sy->html_path = op->html;

    if (op->html == NULL) {
        return CL_OK;
    }

    /* Who waits for the other end of a pipe cannot be interrupted. */

    if (stat(op->html, &st) == 0 && S_ISFIFO(st.st_mode)) {
        return cl_fail(CL_IO, "%s: is a pipe, and no file", op->html);
    }

    sy->html = fopen(op->html, "we");

    return sy->html != NULL
           ? CL_OK
           : cl_fail(CL_IO, "%s: cannot be written: %s", op->html,
                     strerror(errno));
}


static void
cl_study_close(cl_study_t *sy)
{
    cl_analyze_done(&sy->an);

    if (sy->html != NULL) {
        (void) fclose(sy->html);
    }
}


static cl_exit_t
cl_study_page(cl_study_t *sy)
{
    bool  ok;

    if (sy->html == NULL) {
        return CL_OK;
    }

    ok = cl_analyze_html(&sy->an, &sy->scene, sy->html);
    ok &= fclose(sy->html) == 0;
    sy->html = NULL;

    return ok ? CL_OK
              : cl_fail(CL_IO, "%s: cannot be written: %s", sy->html_path,
                        strerror(errno));
}


static cl_exit_t
cl_study_report(cl_study_t *sy, uint64_t at_ns)
{
    json_t     *ob;
    cl_sum_t    su;
    cl_exit_t   rc;

    cl_analyze_finish(&sy->an, at_ns);
    cl_analyze_sum(&sy->an, &su);
    cl_analyze_say(&sy->an);

    rc = !su.judged ? CL_NOBODY : su.grade == CL_POOR ? CL_VERDICT : CL_OK;

    ob = cl_analyze_json(&sy->an);

    if (ob != NULL) {
        (void) json_object_set_new(ob, "exit", json_integer((int) rc));
    }

    cl_event("verdict", ob);

    if (!su.judged) {
        (void) cl_fail(rc, "nobody has spoken for long enough to be judged");
    }

    return cl_study_page(sy) == CL_OK ? rc : CL_IO;
}


/* ---- in a room ---- */

static uint64_t
cl_mode_at(const cl_mode_analyze_t *ma, uint64_t now_ns)
{
    /* As exact as a capture, so that it tells the same. */

    return (now_ns - ma->start_ns) / 1000 * 1000;
}


static void
cl_mode_packet(void *ctx, const wzp_packet_t *pk, uint64_t now_ns)
{
    size_t              len;
    uint8_t             data[CL_CAPTURE_PACKET];
    uint64_t            at;
    cl_mode_analyze_t  *ma;

    ma = ctx;
    at = cl_mode_at(ma, now_ns);

    if (wzp_packet_encode(pk, data, sizeof(data), &len) != WZP_OK) {
        return;
    }

    cl_analyze_put(&ma->study.an, pk, len, at);

    if (ma->cp != NULL) {
        cl_capture_put(ma->cp, at, data, len);
    }
}


static void
cl_mode_names(cl_mode_analyze_t *ma)
{
    size_t                    i;
    const wzp_participant_t  *pt;

    for (i = 0; i < ma->cl->room.n; i++) {
        pt = &ma->cl->room.list[i];
        cl_analyze_name(&ma->study.an, pt->stream_id, pt->fingerprint,
                        pt->alias);
    }
}


static void
cl_mode_table(cl_mode_analyze_t *ma)
{
    if (ma->cl->state == CL_CALL_IN && ma->vw == NULL) {
        cl_analyze_say_table(&ma->study.an);
        cl_event("streams", json_pack("{s:o}", "streams",
                                      cl_analyze_streams(&ma->study.an)));
    }
}


static uint64_t
cl_mode_tasks(cl_mode_analyze_t *ma, uint64_t now_ns)
{
    uint64_t  next, due;

    if (now_ns >= ma->names_ns) {
        ma->names_ns = now_ns + CL_NAMES_NS;
        cl_mode_names(ma);
    }

    if (now_ns >= ma->table_ns) {
        ma->table_ns = now_ns + CL_TABLE_NS;
        cl_mode_table(ma);
    }

    if (ma->cp != NULL && now_ns >= ma->flush_ns) {
        ma->flush_ns = now_ns + CL_FLUSH_NS;
        cl_capture_flush(ma->cp);
    }

    next = ma->names_ns;

    if (ma->vw != NULL) {
        due = cl_analyze_view_turn(ma->vw, &ma->study.an, now_ns);
        next = WZP_MIN(next, due);
    }

    return next;
}


static uint64_t
cl_mode_turn(void *ctx, uint64_t now_ns)
{
    uint64_t            next, due;
    cl_mode_analyze_t  *ma;

    ma = ctx;

    next = cl_talk_turn(ma->cl, now_ns);
    ma->study.an.malformed = cl_playout_malformed(ma->cl->po);
    cl_analyze_turn(&ma->study.an, cl_mode_at(ma, now_ns));

    due = cl_mode_tasks(ma, now_ns);
    ma->loop.done = ma->cl->state == CL_CALL_OVER;

    return WZP_MIN(next, due);
}


static void
cl_mode_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_mode_analyze_t  *ma;

    ma = ctx;

    if (ma->vw == NULL || !cl_analyze_view_signal(ma->vw, signo)) {
        cl_talk_signal(ma->cl, signo, now_ns);
    }
}


static void
cl_mode_read(void *ctx, uint64_t now_ns)
{
    cl_mode_analyze_t  *ma;

    ma = ctx;

    if (cl_analyze_view_read(ma->vw)) {
        cl_talk_signal(ma->cl, SIGINT, now_ns);
    }
}


static cl_exit_t
cl_mode_capture(cl_mode_analyze_t *ma, const cl_options_t *op)
{
    cl_exit_t  rc;

    if (op->dump == NULL) {
        cl_say("only headers are looked at: nothing is kept of what is said");
        return CL_OK;
    }

    rc = cl_capture_create(&ma->cp, op->dump, op->target, op->room,
                           ma->start);

    if (rc == CL_OK) {
        cl_warn("%s: whole packets are kept there, with all that is said in "
                "them", op->dump);
    }

    return rc;
}


static cl_exit_t
cl_mode_captured(cl_mode_analyze_t *ma)
{
    size_t              i;
    cl_exit_t           rc;
    const cl_talker_t  *tk;

    if (ma->cp == NULL) {
        return CL_OK;
    }

    for (i = 0; i < ma->study.an.n; i++) {
        tk = ma->study.an.talkers[i];

        if (tk->id != 0 && !tk->retired) {
            cl_capture_name(ma->cp, tk->id, tk->fp, tk->alias);
        }
    }

    rc = cl_capture_finish(ma->cp);
    ma->cp = NULL;

    return rc;
}


static void
cl_mode_begin(cl_mode_analyze_t *ma, const cl_options_t *op)
{
    cl_jsonl_time(ma->start, false);

    ma->start_ns = cl_now();
    ma->study.scene.relay = op->target;
    ma->study.scene.room = op->room;
    ma->study.scene.start = ma->start;

    ma->tap.packet = cl_mode_packet;
    ma->tap.ctx = ma;
}


/* The report is given however it ended, if we were there at all. */

static cl_exit_t
cl_mode_end(cl_mode_analyze_t *ma)
{
    cl_exit_t  rc, verdict;

    cl_say_line(NULL);
    cl_mode_names(ma);

    /* What a call says to people at its end is less than we will say. */

    rc = cl_say_json() ? cl_talk_finish(ma->cl) : ma->cl->status;

    if (ma->cl->joined) {
        verdict = cl_study_report(&ma->study, cl_mode_at(ma, cl_now()));
        rc = rc != CL_OK ? rc : verdict;
    }

    return rc;
}


static cl_exit_t
cl_mode_listen(cl_mode_analyze_t *ma, const cl_options_t *op, bool screen)
{
    cl_exit_t  rc, kept;

    rc = cl_talk_create(&ma->cl, op, &ma->me, &ma->tap);
    if (rc != CL_OK) {
        return rc;
    }

    ma->loop.ln = ma->cl->ln;
    ma->loop.turn = cl_mode_turn;
    ma->loop.signal = cl_mode_signal;
    ma->loop.read = cl_mode_read;
    ma->loop.ctx = ma;

    if (screen) {
        ma->vw = cl_analyze_view_create(&ma->loop, op->room, op->target);
    }

    cl_loop_run(&ma->loop);

    cl_analyze_view_destroy(ma->vw);
    ma->vw = NULL;

    rc = cl_mode_end(ma);
    kept = cl_mode_captured(ma);

    return rc == CL_OK || rc == CL_VERDICT || rc == CL_NOBODY
           ? (kept != CL_OK ? kept : rc) : rc;
}


cl_exit_t
cl_mode_analyze(const cl_options_t *op)
{
    bool                screen;
    cl_exit_t           rc;
    cl_mode_analyze_t  *ma;

    ma = calloc(1, sizeof(cl_mode_analyze_t));
    if (ma == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    rc = cl_loop_init(&ma->loop);

    if (rc != CL_OK) {
        free(ma);
        return rc;
    }

    screen = cl_view_wanted(op);
    rc = screen ? cl_loop_screen(&ma->loop) : CL_OK;

    if (rc == CL_OK) {
        rc = cl_me_load(&ma->me, op);
    }

    if (rc == CL_OK) {
        rc = cl_study_open(&ma->study, op);
    }

    if (rc == CL_OK) {
        cl_mode_begin(ma, op);
        rc = cl_mode_capture(ma, op);
    }

    if (rc == CL_OK) {
        rc = cl_mode_listen(ma, op, screen);
    }

    if (ma->cp != NULL) {
        (void) cl_capture_finish(ma->cp);
    }

    cl_talk_destroy(ma->cl);
    cl_study_close(&ma->study);
    wzp_ident_wipe(&ma->me.id);
    cl_loop_done(&ma->loop);
    free(ma);

    return rc;
}


/* ---- from a capture ---- */

static cl_exit_t
cl_replay_packets(cl_study_t *sy, cl_capture_in_t *in)
{
    bool           more;
    cl_exit_t      rc;
    wzp_packet_t   pk;

    for ( ;; ) {
        rc = cl_capture_next(in, &more);

        if (rc != CL_OK || !more) {
            return rc;
        }

        if (wzp_packet_parse(&pk, in->data, in->len) != WZP_OK) {
            sy->an.malformed++;
            continue;
        }

        cl_analyze_put(&sy->an, &pk, in->len, in->at_ns);
    }
}


static cl_exit_t
cl_replay_file(cl_study_t *sy, cl_capture_in_t *in, FILE *file,
    const char *path)
{
    size_t     i;
    cl_exit_t  rc;

    rc = cl_capture_open(in, file, path);

    if (rc == CL_OK) {
        cl_say("%s: room \"%s\" at %s, begun %s", path, in->room, in->relay,
               in->start);
        rc = cl_replay_packets(sy, in);
    }

    for (i = 0; i < in->nnames; i++) {
        cl_analyze_name(&sy->an, in->names[i].id, in->names[i].fp,
                        in->names[i].alias);
    }

    sy->scene.relay = in->relay;
    sy->scene.room = in->room;
    sy->scene.start = in->start;

    return rc == CL_OK ? cl_study_report(sy, in->at_ns) : rc;
}


cl_exit_t
cl_mode_replay(const cl_options_t *op)
{
    FILE             *file;
    cl_exit_t         rc;
    cl_study_t       *sy;
    cl_capture_in_t  *in;

    file = fopen(op->who, "re");

    if (file == NULL) {
        return cl_fail(CL_IO, "%s: cannot be read: %s", op->who,
                       strerror(errno));
    }

    sy = calloc(1, sizeof(cl_study_t));
    in = calloc(1, sizeof(cl_capture_in_t));

    if (sy != NULL && in != NULL) {
        rc = cl_study_open(sy, op);

        if (rc == CL_OK) {
            rc = cl_replay_file(sy, in, file, op->who);
        }

        cl_study_close(sy);

    } else {
        rc = cl_fail(CL_INTERNAL, "no memory");
    }

    free(sy);
    free(in);
    (void) fclose(file);

    return rc;
}
