/*
 * Ask a relay for its version: connect as "version" (PROTOCOL 1.4).
 */

#include <signal.h>
#include <stdio.h>

#include "loop.h"
#include "modes.h"
#include "say.h"


#define CL_VERSION_MAX      256
#define CL_VERSION_WAIT     (5 * WZP_SEC)


typedef struct {
    const cl_options_t  *op;
    cl_loop_t            loop;
    cl_exit_t            status;
    uint64_t             end_ns;
    size_t               len;
    bool                 complete;
    char                 text[CL_VERSION_MAX + 1];
} cl_version_t;


static void
cl_version_up(void *ctx, cl_link_t *ln)
{
    cl_version_t  *ve;

    ve = ctx;
    ve->end_ns = cl_now() + CL_VERSION_WAIT;

    (void) ln;
}


static void
cl_version_print(cl_version_t *ve)
{
    size_t  i;

    for (i = 0; i < ve->len; i++) {
        if (ve->text[i] < ' ' || ve->text[i] > '~') {
            ve->text[i] = '?';
        }
    }

    ve->text[ve->len] = '\0';
    ve->status = CL_OK;
    ve->loop.done = true;

    cl_event("version", json_pack("{s:s, s:s, s:s}", "host", ve->op->host,
                                  "port", ve->op->port, "build", ve->text));
    cl_say(strchr(ve->op->host, ':') ? "[%s]:%s %s" : "%s:%s %s",
           ve->op->host, ve->op->port, ve->text);
}


static void
cl_version_uni(void *ctx, const uint8_t *data, size_t len, bool fin)
{
    cl_version_t  *ve;

    ve = ctx;

    if (ve->loop.done) {
        return;
    }

    len = WZP_MIN(len, CL_VERSION_MAX - ve->len);

    if (len > 0) {
        memcpy(ve->text + ve->len, data, len);
        ve->len += len;
    }

    if (fin || ve->len == CL_VERSION_MAX) {
        cl_version_print(ve);
    }
}


static void
cl_version_down(void *ctx, const cl_ending_t *en)
{
    cl_version_t  *ve;

    ve = ctx;

    if (ve->loop.done) {
        return;
    }

    if (ve->len > 0) {
        cl_version_print(ve);
        return;
    }

    ve->loop.done = true;

    /* An orderly close, and not a word. */

    if (en->status == CL_OK || strcmp(en->cause, "normal") == 0) {
        ve->status = cl_fail(CL_UNREACHABLE, "%s: the relay does not tell its "
                             "version", cl_link_where(ve->loop.ln));
        return;
    }

    ve->status = cl_fail(en->status, "%s", en->text);
}


static uint64_t
cl_version_turn(void *ctx, uint64_t now_ns)
{
    cl_ending_t    en;
    cl_version_t  *ve;

    ve = ctx;

    if (now_ns >= ve->end_ns && !ve->loop.done) {
        cl_ending_set(&en, CL_UNREACHABLE, CL_FINAL, "no_answer",
                      "%s: the relay does not tell its version",
                      cl_link_where(ve->loop.ln));
        cl_link_abort(ve->loop.ln, &en);
        ve->end_ns = UINT64_MAX;
        return now_ns;
    }

    return ve->end_ns;
}


static void
cl_version_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_version_t  *ve;

    ve = ctx;

    if (signo != SIGUSR1) {
        ve->loop.done = true;
        ve->status = CL_OK;
    }

    (void) now_ns;
}


cl_exit_t
cl_mode_version(const cl_options_t *op)
{
    cl_exit_t         rc;
    cl_version_t      ve;
    cl_link_events_t  ev;

    memset(&ve, 0, sizeof(cl_version_t));
    ve.op = op;
    ve.end_ns = UINT64_MAX;
    ve.status = CL_INTERNAL;

    rc = cl_loop_init(&ve.loop);
    if (rc != CL_OK) {
        return rc;
    }

    memset(&ev, 0, sizeof(cl_link_events_t));
    ev.up = cl_version_up;
    ev.uni = cl_version_uni;
    ev.down = cl_version_down;

    ve.loop.turn = cl_version_turn;
    ve.loop.signal = cl_version_signal;
    ve.loop.ctx = &ve;

    rc = cl_link_create(&ve.loop.ln, op, &ev, &ve);

    if (rc == CL_OK) {
        cl_link_dial(ve.loop.ln, "version");
        cl_loop_run(&ve.loop);
        rc = ve.status;
    }

    cl_link_destroy(ve.loop.ln);
    cl_loop_done(&ve.loop);

    return rc;
}
