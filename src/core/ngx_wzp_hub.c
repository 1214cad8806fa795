/*
 * The hub's life: start, handing over, ending.
 */

#include "core/ngx_wzp_hub.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_carry.h"
#include "core/ngx_wzp_dial.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_fed.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_phone.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_probe.h"


#define NGX_WZP_HUB_QUEUE       4096    /* media per link                    */
#define NGX_WZP_HUB_LEARN       (3 * WZP_SEC)   /* an heir's longest wait    */
#define NGX_WZP_HUB_LINGER      (3 * WZP_SEC)   /* links after the handover  */

/*
 * Links are dialed with no more than this, however patient wzp_idle_timeout is
 * with clients: QUIC takes the smaller of both ends, so the people of a relay
 * that has crashed are gone from all lists within that time.
 */
#define NGX_WZP_HUB_IDLE        (15 * WZP_SEC)


static ngx_int_t ngx_wzp_hub_endpoint(ngx_cycle_t *cycle, ngx_wzp_hub_t *hub);
static void ngx_wzp_hub_timer_handler(ngx_event_t *ev);
static void ngx_wzp_hub_logic_handler(ngx_event_t *ev);
static void ngx_wzp_hub_rule(ngx_wzp_hub_t *hub);
static void ngx_wzp_hub_go(ngx_wzp_hub_t *hub);
static void ngx_wzp_hub_return(ngx_wzp_hub_t *hub);
static uint32_t ngx_wzp_hub_living(uint32_t life);


ngx_int_t
ngx_wzp_hub_init(ngx_cycle_t *cycle, ngx_wzp_relay_t *relay)
{
    uint64_t               ms;
    ngx_uint_t             i;
    struct timeval         tv;
    ngx_wzp_hub_t         *hub;
    ngx_wzp_relay_conf_t  *conf;

    conf = relay->conf;

    hub = ngx_pcalloc(cycle->pool, sizeof(ngx_wzp_hub_t));
    if (hub == NULL) {
        return NGX_ERROR;
    }

    relay->hub = hub;

    ngx_gettimeofday(&tv);
    ms = (uint64_t) tv.tv_sec * 1000 + tv.tv_usec / 1000;

    hub->relay = relay;
    hub->life = NGX_WZP_LIFE(ngx_wzp_worker->channel.slot,
                             ngx_wzp_worker->channel.epoch);
    hub->started_ns = ngx_wzp_worker->now_ns;
    hub->epoch = ms;
    hub->id = wzp_relay_id(conf->cert_fp);
    hub->calls = (wzp_calls_t *) ((u_char *) ngx_wzp_worker->zone->hdr
                                  + ngx_wzp_worker->zone->hdr->off_calls);
    (void) wzp_addr_text(&conf->addr, hub->addr);

    if (!conf->wildcard) {
        hub->bind = conf->addr;
        ngx_inet_set_port(&hub->bind.u.sa, 0);
    }

    ngx_queue_init(&hub->outs);
    ngx_queue_init(&hub->phones);

    for (i = 0; i < NGX_WZP_HUB_BUCKETS; i++) {
        ngx_queue_init(&hub->registered[i]);
        ngx_queue_init(&hub->called[i]);
    }

    ngx_queue_init(&hub->offers);
    ngx_queue_init(&hub->spans);
    ngx_queue_init(&hub->carriers);
    ngx_queue_init(&hub->sessions);
    ngx_wzp_event_init(&hub->timer, ngx_wzp_hub_timer_handler);
    ngx_wzp_event_init(&hub->logic, ngx_wzp_hub_logic_handler);
    hub->logic.cancelable = 1;

    if (ngx_wzp_hub_endpoint(cycle, hub) != NGX_OK
        || ngx_wzp_fed_init(hub) != NGX_OK
        || ngx_wzp_presence_init(hub) != NGX_OK
        || ngx_wzp_link_init(hub) != NGX_OK
        || ngx_wzp_probe_init(hub) != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "no memory for the hub of relay \"%V\"", &conf->name);
        return NGX_ERROR;
    }

    ngx_wzp_call_inherit(hub);

    conf->zone->heir = hub->life;
    conf->zone->forwarders |= (uint64_t) 1 << ngx_wzp_worker->channel.slot;

    if (ngx_wzp_hub_living(conf->zone->hub) == NGX_WZP_NONE) {
        ngx_wzp_hub_rule(hub);
    }

    return NGX_OK;
}


/* To dial with; the other end of it is a relay. */
static ngx_int_t
ngx_wzp_hub_endpoint(ngx_cycle_t *cycle, ngx_wzp_hub_t *hub)
{
    char                   err[128];
    wzp_quic_conf_t        qf;
    ngx_wzp_relay_conf_t  *conf;

    conf = hub->relay->conf;

    ngx_memzero(&qf, sizeof(qf));

    ngx_wzp_conn_certificate(&qf, conf);
    ngx_wzp_random(qf.secret, sizeof(qf.secret));

    qf.slot = (uint8_t) ngx_wzp_worker->channel.slot;
    qf.epoch = ngx_wzp_worker->channel.epoch;
    qf.handshake_ns = conf->handshake_timeout * WZP_MS;
    qf.idle_ns = ngx_min(conf->idle_timeout * WZP_MS, NGX_WZP_HUB_IDLE);
    qf.keepalive_ns = ngx_min(qf.idle_ns / 3, 5 * WZP_SEC);
    qf.bundle_ns = conf->bundle * WZP_MS;
    qf.queue_len = NGX_WZP_HUB_QUEUE;

    qf.random = ngx_wzp_conn_random;
    qf.ctx = hub;
    qf.sink = wzp_quic_sink_udp(ngx_wzp_worker->tx);

    ngx_wzp_dial_events(&qf.events);

    hub->quic = wzp_quic_create(&qf, err);

    if (hub->quic == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "could not create the client endpoint of relay \"%V\": "
                      "%s", &conf->name, err);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_wzp_hub_close(ngx_wzp_relay_t *relay)
{
    ngx_wzp_hub_t  *hub;

    hub = relay->hub;

    if (hub != NULL && hub->quic != NULL) {
        hub->lost_ns = ngx_wzp_worker->now_ns;
        ngx_wzp_link_stop(hub);
        ngx_wzp_probe_stop(hub);
        ngx_wzp_carry_stop(hub);

        wzp_quic_destroy(hub->quic, ngx_wzp_worker->now_ns,
                         WZP_CLOSE_GOING_AWAY,
                         wzp_close_phrase(WZP_CLOSE_GOING_AWAY));
        hub->quic = NULL;
    }
}


void
ngx_wzp_hub_exit(ngx_wzp_relay_t *relay)
{
    uint32_t        life;
    ngx_wzp_hub_t  *hub;

    hub = relay->hub;

    if (hub == NULL) {
        return;
    }

    relay->hub = NULL;

    relay->conf->zone->forwarders &=
                          ~((uint64_t) 1 << NGX_WZP_LIFE_SLOT(hub->life));

    life = hub->life;
    (void) atomic_compare_exchange_strong(&relay->conf->zone->hub, &life, 0);
    life = hub->life;
    (void) atomic_compare_exchange_strong(&relay->conf->zone->heir, &life, 0);

    ngx_wzp_dial_free_all(hub);
    ngx_wzp_call_done(hub);
    ngx_wzp_carry_done(hub);
    ngx_wzp_probe_done(hub);
    ngx_wzp_presence_done(hub);
    ngx_wzp_fed_done(hub);

    if (hub->timer.timer_set) {
        ngx_del_timer(&hub->timer);
    }

    if (hub->logic.timer_set) {
        ngx_del_timer(&hub->logic);
    }
}


void
ngx_wzp_hub_quit(ngx_wzp_relay_t *relay)
{
    uint32_t        life;
    ngx_wzp_hub_t  *hub;

    hub = relay->hub;

    if (hub == NULL) {
        return;
    }

    hub->leaving = 1;

    /* without an heir it is no reload; there may be worker 0 of another
     * master, whose upgrade is taken back */

    life = hub->life;

    if (!atomic_compare_exchange_strong(&relay->conf->zone->heir, &life, 0)
        && ngx_wzp_hub_heir(relay->conf) != NGX_WZP_NONE)
    {
        ngx_wzp_hub_go(hub);
    }
}


/*
 * Another worker 0 has come: ask everybody over.  From now on nobody is told of
 * rooms, by which it might seem that people are gone when only the links are.
 */
static void
ngx_wzp_hub_go(ngx_wzp_hub_t *hub)
{
    if (hub->lost_ns != 0) {
        return;
    }

    hub->lost_ns = ngx_wzp_worker->now_ns;

    ngx_wzp_link_leave(hub, 0);
    ngx_wzp_probe_stop(hub);
    ngx_wzp_phone_leave(hub);
}


/* The heir has gone, and we have not: it was an upgrade that was taken back. */
static void
ngx_wzp_hub_return(ngx_wzp_hub_t *hub)
{
    ngx_wzp_zone_relay_t  *zr;

    zr = hub->relay->conf->zone;
    zr->heir = hub->life;
    zr->forwarders |= (uint64_t) 1 << NGX_WZP_LIFE_SLOT(hub->life);

    if (hub->lost_ns == 0) {
        return;
    }

    /* who has still a link has missed what was not told */

    ngx_wzp_link_leave(hub, 1);

    hub->lost_ns = 0;
    hub->started_ns = ngx_wzp_worker->now_ns;
    hub->doubt_ns = hub->started_ns + NGX_WZP_HUB_LEARN;

    ngx_wzp_link_start(hub);
    ngx_wzp_probe_start(hub);
}


void
ngx_wzp_hub_tick(ngx_wzp_relay_t *relay)
{
    uint32_t               heir, slot;
    uint64_t               now;
    ngx_wzp_hub_t         *hub;
    ngx_wzp_zone_relay_t  *zr;

    hub = relay->hub;

    if (hub == NULL) {
        return;
    }

    zr = relay->conf->zone;
    now = ngx_wzp_worker->now_ns;
    hub->ticks++;

    ngx_wzp_fed_tick(hub);
    ngx_wzp_link_tick(hub);
    ngx_wzp_health_links(hub);
    ngx_wzp_probe_tick(hub);
    ngx_wzp_presence_tick(hub);
    ngx_wzp_call_tick(hub);
    ngx_wzp_carry_tick(hub);

    slot = ngx_wzp_worker->channel.slot;
    heir = ngx_wzp_hub_heir(relay->conf);

    if (heir == NGX_WZP_NONE && !hub->leaving) {
        ngx_wzp_hub_return(hub);
        heir = slot;
    }

    if (hub->doubt_ns != 0 && hub->lost_ns == 0 && now > hub->doubt_ns) {
        hub->doubt_ns = 0;
        ngx_wzp_link_absent(hub);
    }

    if (!hub->ruling && heir == slot
        && (ngx_wzp_hub_living(zr->hub) == NGX_WZP_NONE
            || ngx_wzp_link_synced(hub, NULL)
            || now - hub->started_ns > NGX_WZP_HUB_LEARN))
    {
        ngx_wzp_hub_rule(hub);
    }

    if (hub->ruling && zr->hub != hub->life) {
        hub->ruling = 0;
        ngx_wzp_hub_go(hub);
        ngx_wzp_link_leave(hub, 0);
        ngx_wzp_carry_stop(hub);        /* until the heir has its own */
    }

    if (heir == slot) {
        return;
    }

    /* a plain quit has no heir: the links end with the last member */

    if (heir == NGX_WZP_NONE && hub->lost_ns == 0) {
        if (zr->sessions == 0) {
            ngx_wzp_link_leave(hub, 1);
            ngx_wzp_probe_stop(hub);
            ngx_wzp_carry_leave(hub);
            ngx_wzp_conn_close_peers(relay, WZP_CLOSE_GOING_AWAY);
        }

        return;
    }

    ngx_wzp_hub_go(hub);

    if (!hub->ruling && now - hub->lost_ns > NGX_WZP_HUB_LINGER) {
        ngx_wzp_link_leave(hub, 1);
        ngx_wzp_conn_close_peers(relay, WZP_CLOSE_GOING_AWAY);
        ngx_wzp_carry_leave(hub);
        zr->forwarders &= ~((uint64_t) 1 << NGX_WZP_LIFE_SLOT(hub->life));
    }
}


/* From now on it is this one that is asked and that tells. */
static void
ngx_wzp_hub_rule(ngx_wzp_hub_t *hub)
{
    hub->relay->conf->zone->hub = hub->life;
    hub->ruling = 1;
    hub->took_ns = ngx_wzp_worker->now_ns;

    ngx_wzp_call_inherit(hub);
    ngx_wzp_fed_rule(hub);
    ngx_wzp_link_rule(hub);
}


void
ngx_wzp_hub_turn(ngx_wzp_relay_t *relay)
{
    if (relay->hub != NULL) {
        ngx_wzp_fed_turn(relay->hub);
    }
}


void
ngx_wzp_hub_flush(ngx_wzp_relay_t *relay)
{
    if (relay->hub != NULL) {
        wzp_quic_flush(relay->hub->quic, ngx_wzp_worker->now_ns);
    }
}


void
ngx_wzp_hub_arm(ngx_wzp_relay_t *relay)
{
    uint64_t        next;
    ngx_wzp_hub_t  *hub;

    hub = relay->hub;

    if (hub == NULL) {
        return;
    }

    ngx_wzp_event_arm(&hub->timer, wzp_quic_deadline(hub->quic));

    next = ngx_min(wzp_fed_deadline(hub->fed), ngx_wzp_presence_deadline(hub));
    next = ngx_min(next, hub->rooms_ns);

    ngx_wzp_event_arm(&hub->logic, next);

    /* a link that was found closed while all was being sent */

    if (hub->rooms_due) {
        ngx_post_event(&ngx_wzp_worker->flush, &ngx_posted_events);
    }
}


static void
ngx_wzp_hub_timer_handler(ngx_event_t *ev)
{
    ngx_wzp_hub_t  *hub;

    hub = ngx_wzp_event_owner(ev, ngx_wzp_hub_t, timer);

    ngx_wzp_worker_turn();

    wzp_quic_expire(hub->quic, ngx_wzp_worker->now_ns);
}


static void
ngx_wzp_hub_logic_handler(ngx_event_t *ev)
{
    ngx_wzp_hub_t  *hub;

    hub = ngx_wzp_event_owner(ev, ngx_wzp_hub_t, logic);

    ngx_wzp_worker_turn();

    wzp_fed_expire(hub->fed, ngx_wzp_worker->now_ns);
    ngx_wzp_presence_expire(hub);
}


void
ngx_wzp_hub_accept(ngx_wzp_conn_t *wc)
{
    ngx_wzp_hub_t  *hub;

    hub = wc->relay->hub;

    if (hub == NULL || hub->leaving || hub->lost_ns != 0) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_GOING_AWAY);   /* come again */
        return;
    }

    switch (wc->sni->role) {

    case WZP_SNI_FEDERATION:
        ngx_wzp_link_accept(hub, wc);
        return;

    case WZP_SNI_PROBE:
        ngx_wzp_probe_accept(hub, wc);
        return;

    case WZP_SNI_SIGNAL:
        ngx_wzp_phone_accept(hub, wc);
        return;

    case WZP_SNI_RELAY:
        ngx_wzp_carry_accept(hub, wc);
        return;

    case WZP_SNI_ROOM:
    case WZP_SNI_PING:
    case WZP_SNI_VERSION:
    case WZP_SNI_CALL:
    case WZP_SNI_RESERVED:
        break;
    }

    ngx_wzp_conn_close(wc, WZP_CLOSE_RESERVED);
}


void
ngx_wzp_hub_hello(ngx_wzp_hub_t *hub, wzp_qconn_t *qc, ngx_uint_t sync,
    ngx_uint_t goaway)
{
    wzp_signal_t             sg;
    wzp_federation_hello_t  *fh;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_FEDERATION_HELLO;

    fh = &sg.u.federation_hello;
    wzp_cert_fp_text(fh->tls_fingerprint, hub->relay->conf->cert_fp);
    fh->extensions = WZP_EXT_LINK;
    fh->epoch = hub->epoch;
    (void) ngx_cpystrn((u_char *) fh->addr, (u_char *) hub->addr,
                       sizeof(fh->addr));
    fh->sync = sync;
    fh->goaway = goaway;

    (void) ngx_wzp_conn_signal(qc, &sg, 0);
}


uint32_t
ngx_wzp_hub_slot(const ngx_wzp_relay_conf_t *conf)
{
    return ngx_wzp_hub_living(conf->zone->hub);
}


uint32_t
ngx_wzp_hub_heir(const ngx_wzp_relay_conf_t *conf)
{
    return ngx_wzp_hub_living(conf->zone->heir);
}


ngx_uint_t
ngx_wzp_hub_has_heir(ngx_wzp_hub_t *hub)
{
    uint32_t  heir;

    heir = ngx_wzp_hub_heir(hub->relay->conf);

    return heir != NGX_WZP_NONE && heir != ngx_wzp_worker->channel.slot;
}


uint64_t
ngx_wzp_hub_forwarders(const ngx_wzp_relay_conf_t *conf)
{
    return conf->zone->forwarders;
}


static uint32_t
ngx_wzp_hub_living(uint32_t life)
{
    return ngx_wzp_zone_lives(ngx_wzp_worker->zone, life)
           ? NGX_WZP_LIFE_SLOT(life) : NGX_WZP_NONE;
}
