/*
 * A worker's life: start, turns of the event loop, messages from other
 * workers, quitting.
 */

#include "core/ngx_wzp_worker.h"

#include "core/ngx_wzp_ask.h"
#include "core/ngx_wzp_conn.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_fed.h"
#include "core/ngx_wzp_hub.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_watch.h"

#include <sys/random.h>


#define NGX_WZP_TICK            500     /* ms */
#define NGX_WZP_TX_BATCH        64
#define NGX_WZP_RING_BATCH      256     /* messages per ring and turn        */
#define NGX_WZP_SLOT_WAIT       3000    /* ms for an evicted one to leave    */


static ngx_int_t ngx_wzp_worker_slot(ngx_cycle_t *cycle,
    ngx_wzp_worker_t *wk);
static ngx_int_t ngx_wzp_worker_listens(ngx_cycle_t *cycle,
    ngx_wzp_worker_t *wk);
static ngx_wzp_relay_t *ngx_wzp_worker_relay(ngx_cycle_t *cycle,
    ngx_wzp_worker_t *wk, ngx_wzp_relay_conf_t *conf);
static ngx_int_t ngx_wzp_worker_bell(ngx_cycle_t *cycle,
    ngx_wzp_worker_t *wk);
static void ngx_wzp_worker_bell_handler(ngx_event_t *ev);
static void ngx_wzp_worker_message(const ngx_wzp_msg_t *msg,
    const u_char *data, void *ctx);
static void ngx_wzp_worker_foreign(ngx_wzp_relay_t *relay,
    const wzp_udp_dgram_t *dg, const wzp_cid_owner_t *owner);
static void ngx_wzp_worker_forwarded(const ngx_wzp_msg_t *msg,
    const u_char *data);
static void ngx_wzp_worker_flush_handler(ngx_event_t *ev);
static void ngx_wzp_worker_timer_handler(ngx_event_t *ev);
static void ngx_wzp_worker_tick_handler(ngx_event_t *ev);


/* A datagram on its way to the worker that owns its connection. */
typedef struct {
    wzp_addr_t  peer;
    wzp_addr_t  local;
    u_char      data[WZP_UDP_MTU_MAX];
} ngx_wzp_forward_t;


ngx_wzp_worker_t         *ngx_wzp_worker;

static ngx_connection_t   ngx_wzp_dummy_connection;


uint64_t
ngx_wzp_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
}


void
ngx_wzp_random(void *buf, size_t len)
{
    u_char   *p;
    ssize_t   n;

    for (p = buf; len > 0; p += n, len -= (size_t) n) {
        n = getrandom(p, len, 0);

        if (n == -1) {
            if (ngx_errno != NGX_EINTR) {
                ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                              "getrandom() failed");
                ngx_abort();
            }

            n = 0;
        }
    }
}


void
ngx_wzp_event_init(ngx_event_t *ev, ngx_event_handler_pt handler)
{
    ngx_memzero(ev, sizeof(ngx_event_t));

    ngx_wzp_dummy_connection.fd = (ngx_socket_t) -1;

    ev->handler = handler;
    ev->data = &ngx_wzp_dummy_connection;
    ev->log = ngx_cycle->log;
}


ngx_int_t
ngx_wzp_worker_init(ngx_cycle_t *cycle, ngx_wzp_zone_t *zn,
    ngx_wzp_stream_api_t *stream)
{
    ngx_uint_t         i;
    ngx_wzp_worker_t  *wk;

    wk = ngx_pcalloc(cycle->pool, sizeof(ngx_wzp_worker_t));
    if (wk == NULL) {
        return NGX_ERROR;
    }

    wk->cycle = cycle;
    wk->zone = zn;
    wk->stream = stream;
    wk->now_ns = ngx_wzp_now();
    ngx_queue_init(&wk->room_list);
    ngx_queue_init(&wk->room_due);

    wk->rx = wzp_udp_rx_create(NGX_WZP_UDP_BATCH);
    wk->tx = wzp_udp_tx_create(NGX_WZP_TX_BATCH);

    /* indexed as the tables in the zone; pages that nobody touches are free */
    wk->rooms = calloc(zn->hdr->nrooms, sizeof(void *));
    wk->members = calloc(zn->hdr->nmembers, sizeof(void *));

    if (wk->rx == NULL || wk->tx == NULL || wk->rooms == NULL
        || wk->members == NULL)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "no memory for a wzp worker");
        return NGX_ERROR;
    }

    ngx_wzp_event_init(&wk->flush, ngx_wzp_worker_flush_handler);
    ngx_wzp_event_init(&wk->tick, ngx_wzp_worker_tick_handler);
    wk->tick.cancelable = 1;
    ngx_wzp_ask_init();

    ngx_wzp_worker = wk;

    if (ngx_wzp_worker_slot(cycle, wk) != NGX_OK
        || ngx_wzp_worker_listens(cycle, wk) != NGX_OK
        || ngx_wzp_worker_bell(cycle, wk) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; ngx_worker == 0 && i < wk->nrelays; i++) {
        if (ngx_wzp_hub_init(cycle, &wk->relays[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_add_timer(&wk->tick, NGX_WZP_TICK);

    return NGX_OK;
}


/*
 * A slot in the zone.  If there is none, the workers of the oldest generation
 * have outlived 64 others: they are told to close their calls.
 */
static ngx_int_t
ngx_wzp_worker_slot(ngx_cycle_t *cycle, ngx_wzp_worker_t *wk)
{
    uint32_t          oldest;
    uint64_t          tell;
    ngx_uint_t        i, waited;
    ngx_wzp_slot_t   *sl;

    (void) ngx_wzp_dir_sweep(wk->zone, wk->now_ns, &tell);

    for (waited = 0; /* void */; waited += 20) {

        if (ngx_wzp_channel_open(&wk->channel, wk->zone, ngx_worker)
            == NGX_OK)
        {
            /* after the sweep of a dead worker its rooms look different */
            ngx_wzp_worker_tell(tell, NGX_WZP_NONE);
            ngx_wzp_channel_flush(&wk->channel);

            /* an older one may be reading what is ours now */
            ngx_wzp_worker_wake();
            return NGX_OK;
        }

        if (waited == 0) {
            sl = wk->zone->hdr->slots;
            oldest = sl[0].generation;

            for (i = 1; i < NGX_WZP_SLOTS; i++) {
                oldest = ngx_min(oldest, sl[i].generation);
            }

            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "all %d worker slots of the zone are taken: "
                          "the oldest workers are told to close their calls",
                          NGX_WZP_SLOTS);

            for (i = 0; i < NGX_WZP_SLOTS; i++) {
                if (sl[i].generation == oldest) {
                    sl[i].evict = 1;
                }
            }

            ngx_wzp_worker_wake();
        }

        if (waited >= NGX_WZP_SLOT_WAIT) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                          "no worker slot in the zone became free");
            return NGX_ERROR;
        }

        ngx_msleep(20);
    }
}


static ngx_int_t
ngx_wzp_worker_listens(ngx_cycle_t *cycle, ngx_wzp_worker_t *wk)
{
    ngx_uint_t             i, mixed;
    ngx_listening_t       *ls;
    ngx_wzp_relay_t       *relay;
    ngx_wzp_relay_conf_t  *conf;

    ls = cycle->listening.elts;

    wk->listens = ngx_pcalloc(cycle->pool, cycle->listening.nelts
                                           * sizeof(ngx_wzp_listen_t));
    wk->relays = ngx_pcalloc(cycle->pool, cycle->listening.nelts
                                          * sizeof(ngx_wzp_relay_t));

    if (wk->listens == NULL || wk->relays == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < cycle->listening.nelts; i++) {

        /* no connection: another worker's clone */

        if (ls[i].type != SOCK_DGRAM || ls[i].connection == NULL
            || ls[i].fd == (ngx_socket_t) -1)
        {
            continue;
        }

        conf = wk->stream->relay(&ls[i], &mixed);
        if (conf == NULL) {
            continue;
        }

        relay = ngx_wzp_worker_relay(cycle, wk, conf);
        if (relay == NULL) {
            return NGX_ERROR;
        }

        if (ngx_wzp_udp_open(cycle, &wk->listens[wk->nlistens], &ls[i], relay)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        wk->nlistens++;
    }

    return NGX_OK;
}


/* The relay with this configuration; its endpoint is made on first use. */
static ngx_wzp_relay_t *
ngx_wzp_worker_relay(ngx_cycle_t *cycle, ngx_wzp_worker_t *wk,
    ngx_wzp_relay_conf_t *conf)
{
    ngx_uint_t        i;
    ngx_wzp_relay_t  *relay;

    for (i = 0; i < wk->nrelays; i++) {
        if (wk->relays[i].conf == conf) {
            return &wk->relays[i];
        }
    }

    relay = &wk->relays[wk->nrelays];
    relay->conf = conf;
    relay->stat = ngx_wzp_stat(wk->zone, wk->channel.slot, conf->zone);

    relay->quic = ngx_wzp_conn_endpoint(cycle, relay);
    if (relay->quic == NULL) {
        return NULL;
    }

    ngx_wzp_event_init(&relay->timer, ngx_wzp_worker_timer_handler);

    wk->nrelays++;

    return relay;
}


static ngx_int_t
ngx_wzp_worker_bell(ngx_cycle_t *cycle, ngx_wzp_worker_t *wk)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(wk->zone->bells[wk->channel.slot], cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->log = cycle->log;
    c->read->log = cycle->log;
    c->write->log = cycle->log;
    c->read->handler = ngx_wzp_worker_bell_handler;
    c->idle = 1;                /* to be told of a graceful quit */

    if (ngx_add_event(c->read, NGX_READ_EVENT, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    wk->bell = c;

    return NGX_OK;
}


void
ngx_wzp_worker_exit(ngx_cycle_t *cycle)
{
    ngx_uint_t         i;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;
    if (wk == NULL) {
        return;
    }

    wk->now_ns = ngx_wzp_now();

    for (i = 0; i < wk->nrelays; i++) {
        ngx_wzp_hub_close(&wk->relays[i]);

        if (wk->relays[i].quic != NULL) {
            wzp_quic_destroy(wk->relays[i].quic, wk->now_ns,
                             WZP_CLOSE_GOING_AWAY,
                             wzp_close_phrase(WZP_CLOSE_GOING_AWAY));
        }

        if (wk->relays[i].timer.timer_set) {
            ngx_del_timer(&wk->relays[i].timer);
        }
    }

    if (wk->tx != NULL) {
        wzp_udp_tx_send(wk->tx);
    }

    for (i = 0; i < wk->nrelays; i++) {
        ngx_wzp_hub_exit(&wk->relays[i]);
        ngx_wzp_watch_exit(&wk->relays[i]);
    }

    for (i = 0; i < wk->nlistens; i++) {
        ngx_wzp_udp_close(&wk->listens[i]);
    }

    if (wk->bell != NULL) {
        ngx_free_connection(wk->bell);
        wk->bell->fd = (ngx_socket_t) -1;
    }

    if (wk->channel.zone != NULL) {
        ngx_wzp_channel_flush(&wk->channel);
        ngx_wzp_channel_close(&wk->channel);

        if (wk->closing) {
            ngx_wzp_worker_wake();
        }
    }

    if (wk->tick.timer_set) {
        ngx_del_timer(&wk->tick);
    }

    if (wk->flush.posted) {
        ngx_delete_posted_event(&wk->flush);
    }

    ngx_wzp_room_done();

    wzp_udp_rx_destroy(wk->rx);
    wzp_udp_tx_destroy(wk->tx);
    free(wk->rooms);
    free(wk->members);

    ngx_wzp_worker = NULL;
}


void
ngx_wzp_worker_turn(void)
{
    ngx_wzp_worker->now_ns = ngx_wzp_now();

    ngx_post_event(&ngx_wzp_worker->flush, &ngx_posted_events);
}


void
ngx_wzp_worker_input(ngx_wzp_relay_t *relay, const wzp_udp_dgram_t *dg)
{
    wzp_cid_owner_t  owner;

    if (wzp_quic_input(relay->quic, dg, !ngx_wzp_worker->closing,
                       ngx_wzp_worker->now_ns, &owner)
        == WZP_QIN_FOREIGN)
    {
        ngx_wzp_worker_foreign(relay, dg, &owner);
    }
}


/* Pass a datagram to the worker that has its connection. */
static void
ngx_wzp_worker_foreign(ngx_wzp_relay_t *relay, const wzp_udp_dgram_t *dg,
    const wzp_cid_owner_t *owner)
{
    ngx_wzp_slot_t  *sl;

    sl = ngx_wzp_worker->zone->hdr->slots;

    if (owner->slot >= NGX_WZP_SLOTS || sl[owner->slot].pid == 0
        || sl[owner->slot].epoch != owner->epoch
        || owner->slot == ngx_wzp_worker->channel.slot)
    {
        /* right after a change of zones it may be a worker of the old one */

        if (ngx_wzp_worker->now_ns >= ngx_wzp_worker->zone->hdr->quiet_ns) {
            wzp_quic_reset(relay->quic, dg, ngx_wzp_worker->now_ns);
        }

        return;
    }

    ngx_wzp_worker_pass(owner->slot, NGX_WZP_MSG_DATAGRAM, dg);
}


void
ngx_wzp_worker_pass(ngx_uint_t slot, ngx_uint_t type,
    const wzp_udp_dgram_t *dg)
{
    ngx_wzp_msg_t       msg;
    ngx_wzp_forward_t   fw;

    if (dg->len > WZP_UDP_MTU_MAX || slot == NGX_WZP_NONE) {
        return;
    }

    fw.peer = dg->peer;
    fw.local = dg->local;
    ngx_memcpy(fw.data, dg->data, dg->len);

    ngx_memzero(&msg, sizeof(msg));
    msg.type = (uint8_t) type;
    msg.ecn = dg->ecn;

    if (ngx_wzp_channel_send(&ngx_wzp_worker->channel, slot, &msg, &fw,
                             offsetof(ngx_wzp_forward_t, data) + dg->len)
        == NGX_BUSY)
    {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_RING, NGX_LOG_WARN,
                            ngx_cycle->log, 0,
                            "ring to worker slot %ui is full: "
                            "datagram dropped", slot);
    }
}


static void
ngx_wzp_worker_forwarded(const ngx_wzp_msg_t *msg, const u_char *data)
{
    ngx_uint_t          i;
    wzp_cid_owner_t     owner;
    wzp_udp_dgram_t     dg;
    ngx_wzp_worker_t   *wk;
    ngx_wzp_forward_t   fw;
    ngx_wzp_listen_t   *ln, *found;

    wk = ngx_wzp_worker;

    if (msg->len <= offsetof(ngx_wzp_forward_t, data)
        || msg->len > sizeof(ngx_wzp_forward_t))
    {
        return;
    }

    ngx_memcpy(&fw, data, msg->len);

    dg.data = fw.data;
    dg.len = msg->len - offsetof(ngx_wzp_forward_t, data);
    dg.peer = fw.peer;
    dg.local = fw.local;
    dg.ecn = msg->ecn;

    /* the socket that it would have come in by, were it ours */

    found = NULL;

    for (i = 0; i < wk->nlistens; i++) {
        ln = &wk->listens[i];

        if (wzp_addr_equal(&ln->su.local, &fw.local)) {
            found = ln;
            break;
        }

        if (ln->su.wildcard
            && ln->su.local.u.sa.sa_family == fw.local.u.sa.sa_family
            && ln->port == ngx_inet_get_port(&fw.local.u.sa))
        {
            found = ln;
        }
    }

    if (found == NULL) {
        return;
    }

    dg.socket = &found->su;

    if (msg->type == NGX_WZP_MSG_INITIAL) {
        (void) wzp_quic_input_forced(found->relay->quic, &dg,
                                     wk->now_ns, &owner);
        return;
    }

    ngx_wzp_worker_input(found->relay, &dg);
}


void
ngx_wzp_worker_tell(uint64_t workers, uint32_t room)
{
    ngx_wzp_worker_tell_members(workers, room);
    ngx_wzp_fed_news(room);
}


void
ngx_wzp_worker_tell_members(uint64_t workers, uint32_t room)
{
    ngx_uint_t         i;
    ngx_wzp_msg_t      msg;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_ROOM;
    msg.index = room;

    workers &= ~((uint64_t) 1 << wk->channel.slot);

    for (i = 0; workers != 0; i++, workers >>= 1) {
        if (workers & 1) {

            /* a full ring is no loss: ticks compare versions, too */

            (void) ngx_wzp_channel_send(&wk->channel, i, &msg, NULL, 0);
        }
    }
}


static void
ngx_wzp_worker_bell_handler(ngx_event_t *ev)
{
    uint64_t           n;
    ngx_connection_t  *c;
    ngx_wzp_worker_t  *wk;

    c = ev->data;
    wk = ngx_wzp_worker;

    ngx_wzp_worker_turn();

    if (c->close) {
        /* both flags off, or every later call would look like this one */

        if (c->error) {
            /* worker_shutdown_timeout; those in handshake have no session */
            ngx_wzp_conn_close_all(WZP_CLOSE_GOING_AWAY);

        } else {
            ngx_wzp_worker_quit();
        }

        c->close = 0;
        c->error = 0;
        c->idle = 0;
        return;
    }

    (void) !read(c->fd, &n, sizeof(n));

    ngx_wzp_worker_orphan();

    if (wk->zone->hdr->slots[wk->channel.slot].evict) {
        wk->zone->hdr->slots[wk->channel.slot].evict = 0;

        ngx_log_error(NGX_LOG_NOTICE, c->log, 0,
                      "closing calls: younger workers need the slot");
        ngx_wzp_conn_close_all(WZP_CLOSE_GOING_AWAY);
    }

    if (ngx_wzp_channel_read(&wk->channel, NGX_WZP_RING_BATCH,
                             ngx_wzp_worker_message, NULL))
    {
        n = 1;
        (void) !write(c->fd, &n, sizeof(n));
    }
}


static void
ngx_wzp_worker_message(const ngx_wzp_msg_t *msg, const u_char *data, void *ctx)
{
    uint16_t  stream_id;

    switch (msg->type) {

    case NGX_WZP_MSG_MEDIA:
    case NGX_WZP_MSG_MEDIA_TO:
        ngx_wzp_room_remote(msg, data);
        break;

    case NGX_WZP_MSG_ROOM:
        ngx_wzp_room_news(msg->index);
        ngx_wzp_fed_news(msg->index);
        break;

    case NGX_WZP_MSG_FORWARD:
        ngx_wzp_fed_forwarded(msg, data);
        break;

    case NGX_WZP_MSG_STREAM:
        if (msg->len == sizeof(stream_id)) {
            ngx_memcpy(&stream_id, data, sizeof(stream_id));
            ngx_wzp_room_restream(msg->index, msg->number, stream_id);
        }
        break;

    case NGX_WZP_MSG_INITIAL:
    case NGX_WZP_MSG_DATAGRAM:
        ngx_wzp_worker_forwarded(msg, data);
        break;

    case NGX_WZP_MSG_REPLACED:
        ngx_wzp_room_replaced(msg->index, msg->number);
        break;

    case NGX_WZP_MSG_ASK:
        ngx_wzp_ask_asked(msg, data);
        break;

    case NGX_WZP_MSG_TELL:
        ngx_wzp_ask_told(msg, data);
        break;

    default:
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "message of unknown type %ui from another worker",
                      (ngx_uint_t) msg->type);
    }
}


/* The end of a turn: everything that it produced leaves together. */
static void
ngx_wzp_worker_flush_handler(ngx_event_t *ev)
{
    ngx_uint_t         i;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;

    for (i = 0; i < wk->nrelays; i++) {
        ngx_wzp_hub_turn(&wk->relays[i]);
    }

    ngx_wzp_room_updates();

    wk->flush_ns = ngx_wzp_now();

    for (i = 0; i < wk->nrelays; i++) {
        wzp_quic_flush(wk->relays[i].quic, wk->now_ns);
        ngx_wzp_hub_flush(&wk->relays[i]);
    }

    wzp_udp_tx_send(wk->tx);
    ngx_wzp_channel_flush(&wk->channel);

    for (i = 0; i < wk->nrelays; i++) {
        ngx_wzp_stat_turn(&wk->relays[i].turn, wk->relays[i].stat);
        ngx_wzp_event_arm(&wk->relays[i].timer,
                          wzp_quic_deadline(wk->relays[i].quic));
        ngx_wzp_hub_arm(&wk->relays[i]);
        ngx_wzp_watch_turn(&wk->relays[i]);
    }
}


void
ngx_wzp_event_arm(ngx_event_t *ev, uint64_t deadline)
{
    uint64_t    now;
    ngx_msec_t  ms;

    now = ngx_wzp_worker->now_ns;

    if (deadline == UINT64_MAX) {

        /* no connection: nothing holds a quitting worker back */

        if (ev->timer_set) {
            ngx_del_timer(ev);
        }

        return;
    }

    ms = deadline <= now ? 0
                         : (ngx_msec_t) ((deadline - now + WZP_MS - 1) / WZP_MS);

    if (ev->timer_set) {

        /* nginx ignores small changes, and a late timer comes by itself */

        if ((ngx_msec_int_t) (ngx_current_msec + ms - ev->timer.key) >= 0) {
            return;
        }

        ngx_del_timer(ev);
    }

    ngx_add_timer(ev, ms);
}


static void
ngx_wzp_worker_timer_handler(ngx_event_t *ev)
{
    ngx_wzp_relay_t  *relay;

    relay = ngx_wzp_event_owner(ev, ngx_wzp_relay_t, timer);

    ngx_wzp_worker_turn();

    wzp_quic_expire(relay->quic, ngx_wzp_worker->now_ns);
}


static void
ngx_wzp_worker_tick_handler(ngx_event_t *ev)
{
    uint64_t           tell;
    ngx_uint_t         i;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;

    ngx_wzp_worker_turn();

    if (ngx_wzp_dir_sweep(wk->zone, wk->now_ns, &tell) != 0) {
        ngx_wzp_worker_tell(tell, NGX_WZP_NONE);
    }

    ngx_wzp_channel_sweep(&wk->channel);
    ngx_wzp_room_news(NGX_WZP_NONE);
    ngx_wzp_room_tick();
    ngx_wzp_conn_account();
    ngx_wzp_health_members();

    for (i = 0; i < wk->nrelays; i++) {
        ngx_wzp_hub_tick(&wk->relays[i]);
        ngx_wzp_watch_tick(&wk->relays[i]);
    }

    if (wk->handed_over && wk->reviewed != wk->zone->hdr->generation) {
        ngx_wzp_worker_review();
    }

    ngx_wzp_worker_orphan();

    if (wk->closing && wk->zone->hdr->abandoned) {
        ngx_wzp_conn_close_all(WZP_CLOSE_GOING_AWAY);
    }

    ngx_add_timer(ev, NGX_WZP_TICK);
}
