/*
 * Measure the way to a relay: connect as "ping" some times (PROTOCOL 1.4).
 */

#include <signal.h>
#include <stdio.h>

#include "loop.h"
#include "modes.h"
#include "say.h"


#define CL_PING_PAUSE       (200 * WZP_MS)
#define CL_PING_CLOSE       (1 * WZP_SEC)


typedef struct {
    const cl_options_t  *op;
    cl_loop_t            loop;
    cl_ending_t          ending;        /* the last failure                  */
    bool                 stop;          /* asking more is no use             */
    bool                 answered;      /* this one                          */
    unsigned             sent;
    unsigned             answers;
    uint64_t             dial_ns;
    uint64_t             next_ns;       /* next ping, or time to close       */
    bool                 busy;
    double               min_ms;
    double               max_ms;
    double               sum_ms;
} cl_ping_t;


static void
cl_ping_up(void *ctx, cl_link_t *ln)
{
    char           where[WZP_ADDR_TEXT_MAX];
    double         rtt_ms, connect_ms;
    uint64_t       now;
    cl_ping_t     *pg;
    wzp_qstats_t   qs;

    pg = ctx;
    now = cl_now();

    wzp_qconn_stats(cl_link_conn(ln), &qs);
    (void) wzp_addr_text(wzp_qconn_peer(cl_link_conn(ln)), where);

    connect_ms = (double) (now - pg->dial_ns) / 1e6;
    rtt_ms = qs.rtt_ns ? (double) qs.rtt_ns / 1e6 : connect_ms;

    if (pg->answers++ == 0 || rtt_ms < pg->min_ms) {
        pg->min_ms = rtt_ms;
    }

    pg->max_ms = WZP_MAX(pg->max_ms, rtt_ms);
    pg->sum_ms += rtt_ms;
    pg->answered = true;
    pg->next_ns = now + CL_PING_CLOSE;

    cl_event("ping", json_pack("{s:i, s:s, s:f, s:f}", "n", (int) pg->sent,
                               "address", where, "rtt_ms", rtt_ms,
                               "connect_ms", connect_ms));
    cl_say("%s: ping %u: rtt %.2f ms, connected in %.2f ms", where, pg->sent,
           rtt_ms, connect_ms);
}


static void
cl_ping_down(void *ctx, const cl_ending_t *en)
{
    cl_ping_t  *pg;

    pg = ctx;
    pg->busy = false;
    pg->next_ns = cl_now() + CL_PING_PAUSE;

    if (pg->answered) {
        return;
    }

    pg->ending = *en;
    pg->stop = en->remedy == CL_FINAL;

    cl_event("ping", json_pack("{s:i, s:s, s:s}", "n", (int) pg->sent,
                               "cause", en->cause, "message", en->text));
    cl_say("ping %u: %s", pg->sent, en->text);
}


static uint64_t
cl_ping_turn(void *ctx, uint64_t now_ns)
{
    cl_ping_t    *pg;
    cl_ending_t   en;

    pg = ctx;

    if (pg->busy) {

        /* The relay closes at once; if it does not, we do. */

        if (pg->answered && now_ns >= pg->next_ns) {
            cl_ending_set(&en, CL_OK, CL_FINAL, "local", "done");
            cl_link_abort(pg->loop.ln, &en);
            pg->next_ns = UINT64_MAX;
        }

        return pg->answered ? pg->next_ns : UINT64_MAX;
    }

    if (pg->stop || pg->sent == pg->op->ping_count) {
        pg->loop.done = true;
        return now_ns;
    }

    if (now_ns < pg->next_ns) {
        return pg->next_ns;
    }

    pg->sent++;
    pg->busy = true;
    pg->answered = false;
    pg->dial_ns = now_ns;
    cl_link_dial(pg->loop.ln, "ping");

    return UINT64_MAX;
}


static void
cl_ping_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_ping_t  *pg;

    pg = ctx;

    if (signo != SIGUSR1) {
        pg->loop.done = true;
    }

    (void) now_ns;
}


static cl_exit_t
cl_ping_report(const cl_ping_t *pg)
{
    double  avg_ms;

    avg_ms = pg->answers ? pg->sum_ms / pg->answers : 0;

    cl_event("report", json_pack("{s:i, s:i, s:i, s:f, s:f, s:f}",
             "exit", pg->answers ? 0 : (int) pg->ending.status,
             "pings", (int) pg->sent, "answers", (int) pg->answers,
             "min_ms", pg->min_ms, "avg_ms", avg_ms, "max_ms", pg->max_ms));

    if (pg->answers != 0) {
        cl_say("%u pings, %u answers, rtt min/avg/max %.2f/%.2f/%.2f ms",
               pg->sent, pg->answers, pg->min_ms, avg_ms, pg->max_ms);
        return CL_OK;
    }

    if (pg->ending.status != CL_OK) {
        return cl_fail(pg->ending.status, "%s", pg->ending.text);
    }

    return CL_OK;
}


cl_exit_t
cl_mode_ping(const cl_options_t *op)
{
    cl_exit_t         rc;
    cl_ping_t         pg;
    cl_link_events_t  ev;

    memset(&pg, 0, sizeof(cl_ping_t));
    pg.op = op;

    rc = cl_loop_init(&pg.loop);
    if (rc != CL_OK) {
        return rc;
    }

    memset(&ev, 0, sizeof(cl_link_events_t));
    ev.up = cl_ping_up;
    ev.down = cl_ping_down;

    pg.loop.turn = cl_ping_turn;
    pg.loop.signal = cl_ping_signal;
    pg.loop.ctx = &pg;

    rc = cl_link_create(&pg.loop.ln, op, &ev, &pg);

    if (rc == CL_OK) {
        cl_loop_run(&pg.loop);
        rc = cl_ping_report(&pg);
    }

    cl_link_destroy(pg.loop.ln);
    cl_loop_done(&pg.loop);

    return rc;
}
