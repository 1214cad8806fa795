/*
 * Ask a relay where somebody is (PROTOCOL 9.3).  It tells those who are
 * registered with it.
 */

#include <signal.h>

#include "contacts.h"
#include "loop.h"
#include "modes.h"
#include "reach.h"
#include "say.h"


#define CL_ROUTE_TTL        8
#define CL_ROUTE_WAIT_NS    (5 * WZP_SEC)


typedef struct {
    const cl_options_t  *op;
    cl_me_t              me;
    cl_loop_t            loop;
    cl_contacts_t        contacts;
    cl_reach_t          *re;
    uint8_t              who[WZP_FP_SIZE];
    uint64_t             id;
    uint64_t             until_ns;      /* for the answer                    */
    bool                 leaving;
    cl_exit_t            status;
} cl_route_t;


static void
cl_route_leave(cl_route_t *ro, cl_exit_t status)
{
    if (!ro->leaving) {
        ro->leaving = true;
        ro->status = status;
    }
}


static void
cl_route_registered(void *ctx)
{
    cl_route_t    *ro;
    wzp_signal_t   sg;

    ro = ctx;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_ROUTE_QUERY;
    memcpy(sg.u.route_query.fp, ro->who, WZP_FP_SIZE);
    sg.u.route_query.ttl = CL_ROUTE_TTL;
    sg.u.route_query.id = ro->id;

    cl_reach_send(ro->re, &sg);
    ro->until_ns = cl_now() + CL_ROUTE_WAIT_NS;
}


static void
cl_route_print(const cl_route_t *ro, const wzp_route_response_t *rr)
{
    char         fp[WZP_FP_TEXT_LEN + 1];
    char         text[WZP_CHAIN_MAX * (WZP_HOST_MAX + 5)];
    size_t       i, len;
    json_t      *chain;
    const char  *kind;

    kind = !rr->found ? "not_found" : rr->nchain < 2 ? "local"
           : rr->nchain == 2 ? "direct_peer" : "chain";

    chain = json_array();
    len = 0;
    text[0] = '\0';

    for (i = 0; i < rr->nchain; i++) {
        (void) json_array_append_new(chain, json_string(rr->chain[i]));

        if (i > 0) {
            memcpy(text + len, " -> ", 5);
            len += 4;
        }

        memcpy(text + len, rr->chain[i], strlen(rr->chain[i]) + 1);
        len += strlen(rr->chain[i]);
    }

    wzp_fp_text(fp, ro->who);
    cl_event("route", json_pack("{s:s, s:s, s:b, s:s, s:o}", "who",
                                ro->op->who, "fingerprint", fp, "found",
                                rr->found, "kind", kind, "chain", chain));

    if (!rr->found) {
        return;
    }

    if (rr->nchain < 2) {
        cl_say("Local%s%s", len > 0 ? " " : "", text);

    } else {
        cl_say("%s %s", rr->nchain == 2 ? "DirectPeer" : "Chain", text);
    }
}


static void
cl_route_signal(void *ctx, const wzp_signal_t *sg)
{
    cl_route_t                  *ro;
    const wzp_route_response_t  *rr;

    ro = ctx;
    rr = &sg->u.route_response;

    if (ro->leaving || sg->type != WZP_SIG_ROUTE_RESPONSE
        || memcmp(rr->fp, ro->who, WZP_FP_SIZE) != 0
        || (rr->id != 0 && rr->id != ro->id))
    {
        return;
    }

    cl_route_print(ro, rr);

    if (rr->found) {
        cl_route_leave(ro, CL_OK);

    } else {
        cl_route_leave(ro, cl_fail(CL_NOBODY, "\"%s\" is not at this relay, "
                                   "nor at one that it knows", ro->op->who));
    }
}


/* It was answered or not: no need to come back. */

static void
cl_route_lost(void *ctx)
{
    cl_route_t  *ro;

    ro = ctx;
    ro->until_ns = UINT64_MAX;
}


static uint64_t
cl_route_turn(void *ctx, uint64_t now_ns)
{
    uint64_t     next;
    cl_route_t  *ro;

    ro = ctx;

    if (now_ns >= ro->until_ns && !ro->leaving) {
        cl_route_leave(ro, cl_fail(CL_UNREACHABLE, "%s: no answer to the "
                                   "question where somebody is; relays of "
                                   "other makes do not answer it",
                                   cl_link_where(ro->re->ln)));
    }

    if (ro->leaving) {
        cl_reach_leave(ro->re, now_ns);
    }

    next = cl_reach_turn(ro->re, now_ns);

    if (ro->re->state == CL_REACH_OVER) {
        cl_route_leave(ro, ro->re->status);
        ro->loop.done = true;
    }

    return ro->leaving ? next : WZP_MIN(next, ro->until_ns);
}


static void
cl_route_on_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_route_t  *ro;

    ro = ctx;

    if (signo != SIGUSR1) {
        ro->loop.done = true;
    }

    (void) now_ns;
}


static cl_exit_t
cl_route_run(cl_route_t *ro)
{
    cl_exit_t  rc;

    static const cl_reach_events_t  events = {
        .registered = cl_route_registered,
        .signal = cl_route_signal,
        .lost = cl_route_lost
    };

    rc = cl_contacts_load(&ro->contacts);

    if (rc == CL_OK) {
        rc = cl_contacts_who(&ro->contacts, ro->op->who, ro->who);
    }

    if (rc == CL_OK) {
        rc = cl_me_load(&ro->me, ro->op);
    }

    if (rc == CL_OK) {
        rc = cl_reach_create(&ro->re, ro->op, &ro->me, &events, ro);
    }

    if (rc != CL_OK) {
        return rc;
    }

    ro->loop.ln = ro->re->ln;
    ro->loop.turn = cl_route_turn;
    ro->loop.signal = cl_route_on_signal;
    ro->loop.ctx = ro;

    cl_loop_run(&ro->loop);

    return ro->status;
}


cl_exit_t
cl_mode_route(const cl_options_t *op)
{
    cl_exit_t   rc;
    cl_route_t  ro;

    memset(&ro, 0, sizeof(cl_route_t));
    ro.op = op;
    ro.until_ns = UINT64_MAX;

    cl_random(NULL, (uint8_t *) &ro.id, sizeof(ro.id));
    ro.id = ro.id % ((1ULL << 53) - 1) + 1;

    rc = cl_loop_init(&ro.loop);

    if (rc == CL_OK) {
        rc = cl_route_run(&ro);
    }

    cl_reach_destroy(ro.re);
    cl_contacts_done(&ro.contacts);
    wzp_ident_wipe(&ro.me.id);
    cl_loop_done(&ro.loop);

    return rc;
}
