/*
 * Presence and routes around wzp_gossip and wzp_route.
 */

#include "core/ngx_wzp_presence.h"

#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_phone.h"
#include "core/ngx_wzp_probe.h"


#define NGX_WZP_PRESENCE_KEEP   (5 * WZP_SEC)   /* a peer that reconnects    */
#define NGX_WZP_QUESTIONS       256


typedef struct {
    ngx_wzp_route_pt   handler;         /* NULL: nobody waits any more       */
    void              *ctx;
    uint64_t           cookie;
    ngx_uint_t         used;            /* unsigned                          */
} ngx_wzp_question_t;


static void ngx_wzp_presence_send(void *ctx, unsigned peer,
    const wzp_signal_t *sg);
static void ngx_wzp_presence_cut(void *ctx, unsigned peer, size_t left_out);
static bool ngx_wzp_presence_local(void *ctx, const uint8_t *fp, int peer);
static int ngx_wzp_presence_direct(void *ctx, const uint8_t *fp, int except,
    char *addr);
static void ngx_wzp_presence_answer(void *ctx, uint64_t cookie,
    const wzp_route_response_t *rr);


static ngx_wzp_question_t  ngx_wzp_questions[NGX_WZP_QUESTIONS];
static uint64_t            ngx_wzp_cookie;


ngx_int_t
ngx_wzp_presence_init(ngx_wzp_hub_t *hub)
{
    wzp_route_conf_t   rf;
    wzp_gossip_conf_t  gf;

    ngx_memzero(&gf, sizeof(gf));

    gf.epoch = hub->epoch;
    gf.keep_ns = NGX_WZP_PRESENCE_KEEP;
    gf.send = ngx_wzp_presence_send;
    gf.cut = ngx_wzp_presence_cut;
    gf.ctx = hub;
    ngx_wzp_random(gf.key, sizeof(gf.key));
    (void) ngx_cpystrn((u_char *) gf.addr, (u_char *) hub->addr,
                       sizeof(gf.addr));

    ngx_memzero(&rf, sizeof(rf));

    rf.local = ngx_wzp_presence_local;
    rf.direct = ngx_wzp_presence_direct;
    rf.send = ngx_wzp_presence_send;
    rf.answer = ngx_wzp_presence_answer;
    rf.ctx = hub;
    ngx_wzp_random(rf.key, sizeof(rf.key));
    (void) ngx_cpystrn((u_char *) rf.addr, (u_char *) hub->addr,
                       sizeof(rf.addr));

    hub->gossip = wzp_gossip_create(&gf);
    hub->route = wzp_route_create(&rf);

    if (hub->gossip == NULL || hub->route == NULL) {
        return NGX_ERROR;
    }

    hub->people = hub->relay->conf->zone->people - 1;

    return NGX_OK;
}


void
ngx_wzp_presence_done(ngx_wzp_hub_t *hub)
{
    if (hub->gossip != NULL) {
        wzp_gossip_destroy(hub->gossip);
        hub->gossip = NULL;
    }

    if (hub->route != NULL) {
        wzp_route_destroy(hub->route);
        hub->route = NULL;
    }
}


/* ---- our own people ---- */

/*
 * All who are registered, and all who are in rooms, read from the zone when
 * that has changed.  It says that somebody is here, not in which room.  Whom
 * other relays are not told of, we know all the same.
 */
void
ngx_wzp_presence_tick(ngx_wzp_hub_t *hub)
{
    size_t                  told, phones;
    uint32_t                n, had, people;
    uint8_t               (*fps)[WZP_FP_SIZE];
    ngx_wzp_relay_conf_t   *conf;

    conf = hub->relay->conf;
    people = conf->zone->people;

    if (people == hub->people && !hub->phoned) {
        return;
    }

    for (had = conf->zone->sessions + 64; /* void */; had = n + 64) {

        fps = ngx_alloc((had + NGX_WZP_PHONES_MAX) * sizeof(fps[0]),
                        ngx_cycle->log);
        if (fps == NULL) {
            return;
        }

        phones = ngx_wzp_phone_people(hub, fps);
        n = ngx_wzp_dir_people(ngx_wzp_worker->zone, conf->id, fps + phones,
                               had);

        if (n <= had) {
            break;
        }

        ngx_free(fps);
    }

    told = conf->presence == NGX_WZP_PRESENCE_ALL ? phones + n
           : conf->presence == NGX_WZP_PRESENCE_SIGNAL ? phones : 0;

    if (wzp_gossip_local(hub->gossip, (const uint8_t (*)[WZP_FP_SIZE]) fps,
                         phones + n, told, ngx_wzp_worker->now_ns)
        != WZP_OK)
    {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_CRIT, ngx_cycle->log,
                            0, "presence of %uz people cannot be told: they "
                            "are too many", phones + n);
    }

    ngx_free(fps);

    hub->people = people;
    hub->phoned = 0;
}


/* ---- peers ---- */

void
ngx_wzp_presence_up(ngx_wzp_hub_t *hub, ngx_uint_t peer, unsigned flags,
    const char *addr)
{
    ngx_wzp_presence_tick(hub);

    wzp_gossip_peer_up(hub->gossip, (unsigned) peer, flags, addr,
                       ngx_wzp_worker->now_ns);
    wzp_route_peer_up(hub->route, (unsigned) peer,
                      (flags & WZP_GOSSIP_OURS) != 0, ngx_wzp_worker->now_ns);
}


void
ngx_wzp_presence_down(ngx_wzp_hub_t *hub, ngx_uint_t peer)
{
    if (hub->gossip == NULL) {
        return;
    }

    wzp_gossip_peer_down(hub->gossip, (unsigned) peer,
                         ngx_wzp_worker->now_ns);
    wzp_route_peer_down(hub->route, (unsigned) peer, ngx_wzp_worker->now_ns);
}


void
ngx_wzp_presence_alive(ngx_wzp_hub_t *hub, ngx_uint_t peer)
{
    wzp_gossip_alive(hub->gossip, (unsigned) peer, ngx_wzp_worker->now_ns);
}


void
ngx_wzp_presence_signal(ngx_wzp_hub_t *hub, ngx_uint_t peer,
    const wzp_signal_t *sg)
{
    uint64_t  now;

    now = ngx_wzp_worker->now_ns;

    /* whatever they refuse they have counted, and nothing has changed */

    if (sg->type == WZP_SIG_PRESENCE_UPDATE) {
        (void) !wzp_gossip_input(hub->gossip, (unsigned) peer,
                                 &sg->u.presence_update, now);

    } else if (sg->type == WZP_SIG_ROUTE_QUERY) {
        (void) !wzp_route_query(hub->route, (unsigned) peer,
                                &sg->u.route_query, now);

    } else if (sg->type == WZP_SIG_ROUTE_RESPONSE) {
        (void) !wzp_route_response(hub->route, (unsigned) peer,
                                   &sg->u.route_response, now);
    }
}


static void
ngx_wzp_presence_send(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    ngx_wzp_hub_t  *hub = ctx;

    if (peer < NGX_WZP_PROBE_FIRST) {
        (void) ngx_wzp_link_signal(&hub->links[peer], sg);
        return;
    }

    ngx_wzp_probe_signal(hub, peer, sg);
}


static void
ngx_wzp_presence_cut(void *ctx, unsigned peer, size_t left_out)
{
    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "presence of %uz people does not fit the one message that "
                  "an existing relay can read", left_out);
}


/* ---- time ---- */

uint64_t
ngx_wzp_presence_deadline(ngx_wzp_hub_t *hub)
{
    return ngx_min(wzp_gossip_deadline(hub->gossip),
                   wzp_route_deadline(hub->route));
}


void
ngx_wzp_presence_expire(ngx_wzp_hub_t *hub)
{
    wzp_gossip_expire(hub->gossip, ngx_wzp_worker->now_ns);
    wzp_route_expire(hub->route, ngx_wzp_worker->now_ns);
}


/* ---- questions ---- */

/* Phones are known as soon as they are registered. */
static bool
ngx_wzp_presence_local(void *ctx, const uint8_t *fp, int peer)
{
    ngx_wzp_hub_t  *hub = ctx;

    if (peer < 0) {
        return wzp_gossip_is_local(hub->gossip, fp)
               || ngx_wzp_phone_find(hub, fp) != NULL;
    }

    return wzp_gossip_is_told(hub->gossip, fp)
           || (hub->relay->conf->presence != NGX_WZP_PRESENCE_OFF
               && ngx_wzp_phone_find(hub, fp) != NULL);
}


static int
ngx_wzp_presence_direct(void *ctx, const uint8_t *fp, int except, char *addr)
{
    size_t              i, n;
    unsigned            peers[4];
    ngx_wzp_hub_t      *hub = ctx;
    wzp_gossip_peer_t   info;

    n = wzp_gossip_find(hub->gossip, fp, peers, 4);

    for (i = 0; i < ngx_min(n, 4); i++) {
        if ((int) peers[i] != except
            && wzp_gossip_peer(hub->gossip, peers[i], &info))
        {
            (void) ngx_cpystrn((u_char *) addr, (u_char *) info.addr,
                               WZP_HOST_MAX + 1);
            return (int) peers[i];
        }
    }

    return -1;
}


static void
ngx_wzp_presence_answer(void *ctx, uint64_t cookie,
    const wzp_route_response_t *rr)
{
    ngx_wzp_route_pt     handler;
    ngx_wzp_question_t  *qu;

    qu = &ngx_wzp_questions[cookie % NGX_WZP_QUESTIONS];

    if (!qu->used || qu->cookie != cookie) {
        return;
    }

    qu->used = 0;
    handler = qu->handler;

    if (handler != NULL) {
        handler(qu->ctx, rr);
    }
}


void *
ngx_wzp_presence_ask(ngx_wzp_hub_t *hub, const uint8_t *fp,
    ngx_uint_t others, ngx_wzp_route_pt handler, void *ctx)
{
    wzp_rc_t             rc;
    uint64_t             now;
    ngx_uint_t           n;
    ngx_wzp_question_t  *qu;

    for (n = 0; n < NGX_WZP_QUESTIONS; n++) {
        ngx_wzp_cookie++;
        qu = &ngx_wzp_questions[ngx_wzp_cookie % NGX_WZP_QUESTIONS];

        if (qu->used) {
            continue;
        }

        qu->used = 1;
        qu->cookie = ngx_wzp_cookie;
        qu->handler = handler;
        qu->ctx = ctx;

        now = ngx_wzp_worker->now_ns;
        rc = others ? wzp_route_ask_others(hub->route, fp, now, qu->cookie)
                    : wzp_route_ask(hub->route, fp, now, qu->cookie);

        if (rc == WZP_OK) {
            return qu;
        }

        qu->used = 0;
        return NULL;
    }

    return NULL;
}


void
ngx_wzp_presence_forget(void *question)
{
    ngx_wzp_question_t  *qu = question;

    qu->handler = NULL;
}


ngx_int_t
ngx_wzp_presence_next(ngx_wzp_hub_t *hub, const uint8_t *fp, ngx_int_t except)
{
    int  peer;

    peer = wzp_route_next(hub->route, fp, (int) except,
                          ngx_wzp_worker->now_ns);

    return peer >= 0 && peer < NGX_WZP_PROBE_FIRST ? peer : -1;
}
