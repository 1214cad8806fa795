/*
 * Connections: QUIC's events on one side, nginx's session on the other.
 */

#include "core/ngx_wzp_conn.h"

#include "core/ngx_wzp_hub.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_session.h"
#include "core/ngx_wzp_signal.h"
#include "core/ngx_wzp_stat_conn.h"
#include "core/ngx_wzp_watch.h"


#define NGX_WZP_HALF_OPEN       1024    /* handshakes under way, per worker  */
#define NGX_WZP_SIGNAL_RATE     20      /* per second                        */
#define NGX_WZP_SIGNAL_BURST    100
#define NGX_WZP_SIGNAL_SIZE     65536   /* a client has nothing longer       */
#define NGX_WZP_LINGER          (200 * WZP_MS)
#define NGX_WZP_PING_TIME       50      /* ms, and the relay hangs up        */


static bool ngx_wzp_conn_admit(void *ctx, const wzp_udp_dgram_t *dg,
    bool validated);
static bool ngx_wzp_conn_mine(void *ctx, const char *name, size_t len);
static void ngx_wzp_conn_elsewhere(void *ctx, const wzp_udp_dgram_t *dg);
static void ngx_wzp_conn_start(void *ctx, wzp_qconn_t *qc);
static void ngx_wzp_conn_handshake(wzp_qconn_t *qc);
static void ngx_wzp_conn_dispatch(ngx_wzp_conn_t *wc);
static void ngx_wzp_conn_deadline_handler(ngx_event_t *ev);
static void ngx_wzp_conn_datagram(wzp_qconn_t *qc, const uint8_t *data,
    size_t len);
static void ngx_wzp_conn_message(wzp_qconn_t *qc, const uint8_t *data,
    size_t len);
static void ngx_wzp_conn_early(ngx_wzp_conn_t *wc, const uint8_t *data,
    size_t len);
static void ngx_wzp_conn_replay(ngx_wzp_conn_t *wc);
static bool ngx_wzp_conn_migrated(wzp_qconn_t *qc, const wzp_addr_t *from,
    const wzp_addr_t *to);
static void ngx_wzp_conn_closed(wzp_qconn_t *qc, const wzp_qclose_t *why);
static void ngx_wzp_conn_log_end(ngx_wzp_conn_t *wc, const wzp_qclose_t *why);
static void ngx_wzp_conn_close_some(ngx_wzp_relay_t *relay, ngx_uint_t peers,
    wzp_close_t why);
static const char *ngx_wzp_conn_ending(ngx_wzp_conn_t *wc,
    const wzp_qclose_t *why, char *buf);


static ngx_queue_t  ngx_wzp_conns = { &ngx_wzp_conns, &ngx_wzp_conns };


wzp_quic_t *
ngx_wzp_conn_endpoint(ngx_cycle_t *cycle, ngx_wzp_relay_t *relay)
{
    char                    err[128];
    wzp_quic_t             *quic;
    wzp_quic_conf_t         qf;
    ngx_wzp_relay_conf_t   *conf;

    conf = relay->conf;

    ngx_memzero(&qf, sizeof(qf));

    qf.server = true;
    ngx_wzp_conn_certificate(&qf, conf);

    ngx_memcpy(qf.secret, conf->secret, sizeof(qf.secret));

    /* steering needs the place in the group, ownership the slot */
    qf.steer = (uint8_t) ngx_worker;
    qf.slot = (uint8_t) ngx_wzp_worker->channel.slot;
    qf.epoch = ngx_wzp_worker->channel.epoch;

    qf.retry = conf->retry ? WZP_RETRY_ON : WZP_RETRY_OFF;
    qf.max_half_open = NGX_WZP_HALF_OPEN;
    qf.handshake_ns = conf->handshake_timeout * WZP_MS;
    qf.idle_ns = conf->idle_timeout * WZP_MS;
    qf.keepalive_ns = ngx_min(qf.idle_ns / 3, 5 * WZP_SEC);
    qf.bundle_ns = conf->bundle * WZP_MS;
    qf.max_message = NGX_WZP_SIGNAL_SIZE;

    qf.random = ngx_wzp_conn_random;
    qf.ctx = relay;
    qf.sink = wzp_quic_sink_udp(ngx_wzp_worker->tx);

    qf.events.admit = ngx_wzp_conn_admit;
    qf.events.mine = ngx_wzp_conn_mine;
    qf.events.elsewhere = ngx_wzp_conn_elsewhere;
    qf.events.accepted = ngx_wzp_conn_start;
    qf.events.handshake = ngx_wzp_conn_handshake;
    qf.events.datagram = ngx_wzp_conn_datagram;
    qf.events.sent = ngx_wzp_stat_conn_sent;
    qf.events.message = ngx_wzp_conn_message;
    qf.events.migrated = ngx_wzp_conn_migrated;
    qf.events.closed = ngx_wzp_conn_closed;

    quic = wzp_quic_create(&qf, err);

    if (quic == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "could not create the QUIC endpoint of relay \"%V\": %s",
                      &conf->name, err);
    }

    return quic;
}


void
ngx_wzp_conn_certificate(wzp_quic_conf_t *qf, const ngx_wzp_relay_conf_t *conf)
{
    if (conf->cert_pem.len == 0) {
        qf->seed = conf->ident.seed;
        return;
    }

    qf->cert_pem = (const char *) conf->cert_pem.data;
    qf->cert_pem_len = conf->cert_pem.len;
    qf->key_pem = (const char *) conf->key_pem.data;
    qf->key_pem_len = conf->key_pem.len;
}


void
ngx_wzp_conn_random(void *ctx, uint8_t *buf, size_t len)
{
    ngx_wzp_random(buf, len);
}


/*
 * Each accepted connection will be an nginx connection as well.  Below the
 * reserve nobody new gets one, so that whatever else this nginx does lives on.
 */
static bool
ngx_wzp_conn_admit(void *ctx, const wzp_udp_dgram_t *dg, bool validated)
{
    if (ngx_wzp_session_reserve() != NGX_OK) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_WARN, ngx_cycle->log,
                            0, "connection refused: worker_connections are "
                            "nearly used up");
        return false;
    }

    return true;
}


/* Other relays and phones talk to the hub. */
static bool
ngx_wzp_conn_mine(void *ctx, const char *name, size_t len)
{
    uint32_t          heir;
    wzp_sni_t         sni;
    ngx_wzp_relay_t  *relay = ctx;

    if (wzp_sni_parse(&sni, name, len) != WZP_OK) {
        return true;
    }

    switch (sni.role) {

    case WZP_SNI_PROBE:
    case WZP_SNI_FEDERATION:
    case WZP_SNI_SIGNAL:
    case WZP_SNI_RELAY:

        /* worker 0 has died: who says nothing lets the next packet find the
         * new one */

        heir = ngx_wzp_hub_heir(relay->conf);

        return heir == ngx_wzp_worker->channel.slot
               || (heir == NGX_WZP_NONE && relay->hub != NULL);

    case WZP_SNI_ROOM:
    case WZP_SNI_PING:
    case WZP_SNI_VERSION:
    case WZP_SNI_CALL:
    case WZP_SNI_RESERVED:
        break;
    }

    return true;
}


static void
ngx_wzp_conn_elsewhere(void *ctx, const wzp_udp_dgram_t *dg)
{
    ngx_wzp_relay_t  *relay = ctx;

    ngx_wzp_worker_pass(ngx_wzp_hub_heir(relay->conf), NGX_WZP_MSG_INITIAL,
                        dg);
}


static void
ngx_wzp_conn_start(void *ctx, wzp_qconn_t *qc)
{
    ngx_wzp_conn_t  *wc;

    wc = ngx_calloc(sizeof(ngx_wzp_conn_t), ngx_cycle->log);
    if (wc == NULL) {
        wzp_qconn_close(qc, WZP_CLOSE_INTERNAL,
                        wzp_close_phrase(WZP_CLOSE_INTERNAL));
        return;
    }

    wc->qc = qc;
    wc->relay = ctx;

    ngx_wzp_event_init(&wc->deadline, ngx_wzp_conn_deadline_handler);
    ngx_queue_insert_tail(&ngx_wzp_conns, &wc->queue);

    wzp_qconn_set_data(qc, wc);
}


/* TLS is done and the address is proved: nginx may judge it now. */
static void
ngx_wzp_conn_handshake(wzp_qconn_t *qc)
{
    size_t           len;
    wzp_rc_t         rc;
    const char      *name;
    ngx_wzp_conn_t  *wc;

    wc = wzp_qconn_data(qc);
    if (wc == NULL) {
        return;
    }

    wc->sni = ngx_alloc(sizeof(wzp_sni_t), ngx_cycle->log);
    if (wc->sni == NULL) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    name = wzp_qconn_sni(qc, &len);
    rc = wzp_sni_parse(wc->sni, name, len);

    if (rc != WZP_OK) {
        ngx_memzero(wc->sni, sizeof(wzp_sni_t));
        wc->sni->role = WZP_SNI_RESERVED;
    }

    wc->state = NGX_WZP_CONN_SESSION;

    if (ngx_wzp_session_create(wc) != NGX_OK) {
        ngx_wzp_conn_close(wc, wc->refused ? WZP_CLOSE_ACCESS
                                           : WZP_CLOSE_TOO_MANY);
        return;
    }

    if (rc != WZP_OK) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_ROOM_NAME);
        return;
    }

    if (wc->accepted && wc->state == NGX_WZP_CONN_SESSION) {
        ngx_wzp_conn_dispatch(wc);
    }

    /* else some phase is asynchronous and ngx_wzp_conn_accepted comes later */
}


void
ngx_wzp_conn_accepted(ngx_wzp_conn_t *wc, void *session)
{
    ngx_uint_t  late;

    /* during ngx_wzp_session_create the session is not yet known here */
    late = (wc->session != NULL);

    wc->session = session;
    wc->accepted = 1;

    if (late && wc->state == NGX_WZP_CONN_SESSION) {
        ngx_wzp_worker_turn();
        ngx_wzp_conn_dispatch(wc);
        ngx_wzp_conn_replay(wc);
    }
}


/* What the server name asks for. */
static void
ngx_wzp_conn_dispatch(ngx_wzp_conn_t *wc)
{
    static const char  build[] = NGX_WZP_BUILD;

    wzp_bucket_init(&wc->signals, NGX_WZP_SIGNAL_RATE, NGX_WZP_SIGNAL_BURST,
                    ngx_wzp_worker->now_ns);

    switch (wc->sni->role) {

    case WZP_SNI_ROOM:
    case WZP_SNI_CALL:
        if (!wzp_qconn_has_datagram(wc->qc)) {
            ngx_wzp_conn_close(wc, WZP_CLOSE_NO_DATAGRAM);
            return;
        }

        wc->state = NGX_WZP_CONN_OFFER;
        ngx_add_timer(&wc->deadline, wc->relay->conf->handshake_timeout);
        return;

    case WZP_SNI_PING:

        /* not in the same flight: some would take it for a failed handshake */

        wc->state = NGX_WZP_CONN_CLOSING;
        ngx_add_timer(&wc->deadline, NGX_WZP_PING_TIME);
        return;

    case WZP_SNI_VERSION:
        wc->state = NGX_WZP_CONN_CLOSING;

        if (wzp_qconn_uni(wc->qc, (const uint8_t *) build, sizeof(build) - 1)
            != WZP_OK)
        {
            ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
            return;
        }

        wzp_qconn_finish(wc->qc, WZP_CLOSE_NORMAL,
                         wzp_close_phrase(WZP_CLOSE_NORMAL), NGX_WZP_LINGER,
                         ngx_wzp_worker->now_ns);
        return;

    case WZP_SNI_PROBE:
    case WZP_SNI_FEDERATION:
    case WZP_SNI_SIGNAL:
    case WZP_SNI_RELAY:
        ngx_wzp_hub_accept(wc);
        return;

    case WZP_SNI_RESERVED:
        break;
    }

    ngx_wzp_conn_close(wc, WZP_CLOSE_RESERVED);
}


static void
ngx_wzp_conn_deadline_handler(ngx_event_t *ev)
{
    ngx_wzp_conn_t  *wc;

    wc = ngx_wzp_event_owner(ev, ngx_wzp_conn_t, deadline);

    ngx_wzp_worker_turn();
    ngx_wzp_conn_close(wc, wc->sni->role == WZP_SNI_PING ? WZP_CLOSE_NORMAL
                                                         : WZP_CLOSE_TIMEOUT);
}


/* The packet path. */
static void
ngx_wzp_conn_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    wzp_drop_t       why;
    wzp_packet_t     pk;
    ngx_wzp_conn_t  *wc;

    wc = wzp_qconn_data(qc);
    if (wc == NULL) {
        return;
    }

    if (wc->state == NGX_WZP_CONN_PEER) {
        wc->packets_in++;
        wc->received += (off_t) len;
        wc->ops->datagram(wc->peer, data, len);
        return;
    }

    if (wc->state != NGX_WZP_CONN_JOINED) {
        why = WZP_DROP_NOT_JOINED;
        goto drop;
    }

    if (!ngx_wzp_room_may_send(wc->member)) {
        why = WZP_DROP_RATE;
        goto drop;
    }

    if (wzp_compact_parse(&wc->compact, &pk, data, len) != WZP_OK) {
        why = WZP_DROP_MALFORMED;
        goto drop;
    }

    ngx_wzp_count(wc->relay->stat, NGX_WZP_STAT_PACKETS_IN, 1);
    wc->packets_in++;
    wc->received += (off_t) len;

    ngx_wzp_room_media(wc->member, &pk, data, len);

    return;

drop:

    if (why == WZP_DROP_MALFORMED) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_MALFORMED, NGX_LOG_INFO,
                            ngx_wzp_conn_log(wc), 0,
                            "malformed datagram of %uz bytes dropped", len);
    }

    ngx_wzp_conn_drop(wc, why);
}


void
ngx_wzp_conn_drop(ngx_wzp_conn_t *wc, wzp_drop_t why)
{
    ngx_wzp_count(wc->relay->stat, NGX_WZP_STAT_DROPS + why, 1);
    wc->drops[why]++;

    if (wc->member != NULL) {
        ngx_wzp_watch_drop(wc->member, why);
    }
}


static void
ngx_wzp_conn_message(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    ngx_wzp_conn_t  *wc;

    wc = wzp_qconn_data(qc);

    if (wc == NULL || wc->state == NGX_WZP_CONN_CLOSING) {
        return;
    }

    if (wc->state == NGX_WZP_CONN_SESSION) {
        ngx_wzp_conn_early(wc, data, len);
        return;
    }

    if (!wzp_bucket_take(&wc->signals, ngx_wzp_worker->now_ns)) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_wzp_conn_log(wc), 0,
                            "signal dropped: more than %d per second",
                            NGX_WZP_SIGNAL_RATE);
        ngx_wzp_count(wc->relay->stat, NGX_WZP_STAT_SIGNALS_DROPPED, 1);
        return;
    }

    if (wc->state == NGX_WZP_CONN_PEER) {
        wc->ops->message(wc->peer, data, len);
        return;
    }

    ngx_wzp_signal_handle(wc, data, len);
}


void
ngx_wzp_conn_become_peer(ngx_wzp_conn_t *wc, const ngx_wzp_peer_ops_t *ops,
    void *peer)
{
    wc->state = NGX_WZP_CONN_PEER;
    wc->ops = ops;
    wc->peer = peer;
}


void
ngx_wzp_conn_wait(ngx_wzp_conn_t *wc, ngx_msec_t ms)
{
    if (wc->deadline.timer_set) {
        ngx_del_timer(&wc->deadline);
    }

    if (ms != 0) {
        ngx_add_timer(&wc->deadline, ms);
    }
}


ngx_int_t
ngx_wzp_conn_signal(wzp_qconn_t *qc, const wzp_signal_t *sg, unsigned key)
{
    size_t       len;
    uint8_t      small[4096], *buf;
    wzp_rc_t     rc;
    wzp_qbuf_t  *qb;

    buf = small;
    rc = wzp_signal_encode(sg, small, sizeof(small), &len);

    if (rc == WZP_ENOSPC) {
        buf = ngx_alloc(len, ngx_cycle->log);
        if (buf == NULL) {
            return NGX_ERROR;
        }

        rc = wzp_signal_encode(sg, buf, len, &len);
    }

    qb = rc == WZP_OK ? wzp_qbuf_message(buf, len) : NULL;

    if (buf != small) {
        ngx_free(buf);
    }

    if (rc != WZP_OK && rc != WZP_ENOMEM) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "could not encode %s", wzp_signal_name(sg->type));
    }

    if (qb == NULL) {
        return NGX_ERROR;
    }

    rc = wzp_qconn_message(qc, qb, key);

    wzp_qbuf_unref(qb);

    return rc == WZP_OK ? NGX_OK : NGX_ERROR;
}


/* nginx has not decided yet, and the offer is here already: keep it. */
static void
ngx_wzp_conn_early(ngx_wzp_conn_t *wc, const uint8_t *data, size_t len)
{
    size_t   size;
    u_char  *p;

    size = sizeof(len) + len;

    if (wc->early_len + size > NGX_WZP_SIGNAL_SIZE) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_wzp_conn_log(wc), 0,
                            "signal dropped: too many before the session");
        return;
    }

    p = realloc(wc->early, wc->early_len + size);
    if (p == NULL) {
        return;
    }

    ngx_memcpy(p + wc->early_len, &len, sizeof(len));
    ngx_memcpy(p + wc->early_len + sizeof(len), data, len);

    wc->early = p;
    wc->early_len += size;
}


static void
ngx_wzp_conn_replay(ngx_wzp_conn_t *wc)
{
    size_t   at, len;
    u_char  *early;

    early = wc->early;
    wc->early = NULL;

    for (at = 0; at < wc->early_len; at += sizeof(len) + len) {
        ngx_memcpy(&len, early + at, sizeof(len));
        ngx_wzp_conn_message(wc->qc, early + at + sizeof(len), len);
    }

    wc->early_len = 0;
    free(early);
}


/*
 * Access rules ran for the first address, and phases cannot run again: where
 * a server has rules, a peer may change its port (NAT) but not its IP.
 */
static bool
ngx_wzp_conn_migrated(wzp_qconn_t *qc, const wzp_addr_t *from,
    const wzp_addr_t *to)
{
    char             text[WZP_ADDR_TEXT_MAX];
    ngx_wzp_conn_t  *wc;

    wc = wzp_qconn_data(qc);
    if (wc == NULL) {
        return true;
    }

    if (wc->relay->conf->access && !wzp_addr_same_ip(from, to)) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_INFO,
                            ngx_wzp_conn_log(wc), 0,
                            "migration to %s refused: the server has access "
                            "rules", wzp_addr_text(to, text));
        wc->status = WZP_CLOSE_ACCESS;
        return false;
    }

    ngx_wzp_log_limited(NGX_WZP_LIMIT_CONN, NGX_LOG_INFO,
                        ngx_wzp_conn_log(wc), 0,
                        "client moved to %s", wzp_addr_text(to, text));

    return true;
}


void
ngx_wzp_conn_close(ngx_wzp_conn_t *wc, wzp_close_t why)
{
    if (wc->status == WZP_CLOSE_NORMAL) {
        wc->status = why;
    }

    wc->state = NGX_WZP_CONN_CLOSING;

    if (wc->deadline.timer_set) {
        ngx_del_timer(&wc->deadline);
    }

    if (wc->member != NULL) {
        ngx_wzp_room_leave(wc->member);
        wc->member = NULL;
    }

    wzp_qconn_close(wc->qc, why, wzp_close_phrase(why));
}


void
ngx_wzp_conn_finish(ngx_wzp_conn_t *wc, wzp_close_t why)
{
    wc->status = why;
    wc->state = NGX_WZP_CONN_CLOSING;
    ngx_wzp_conn_wait(wc, 0);

    wzp_qconn_finish(wc->qc, why, wzp_close_phrase(why), NGX_WZP_LINGER,
                     ngx_wzp_worker->now_ns);
}


static void
ngx_wzp_conn_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    char             text[NGX_WZP_REASON_SIZE];
    ngx_wzp_conn_t  *wc;

    wc = wzp_qconn_data(qc);
    if (wc == NULL) {
        return;
    }

    wzp_qconn_set_data(qc, NULL);

    ngx_wzp_stat_conn(wc);
    wc->how = why->how;
    wc->qc = NULL;
    wc->state = NGX_WZP_CONN_CLOSING;

    if (wc->deadline.timer_set) {
        ngx_del_timer(&wc->deadline);
    }

    if (wc->member != NULL) {
        ngx_wzp_room_leave(wc->member);
        wc->member = NULL;
    }

    if (wc->ops != NULL) {
        wc->ops->closed(wc->peer, ngx_wzp_conn_ending(wc, why, text));
        wc->ops = NULL;
    }

    ngx_wzp_conn_log_end(wc, why);
    ngx_wzp_session_finalize(wc);

    ngx_queue_remove(&wc->queue);
    ngx_free(wc->sni);
    ngx_free(wc->early);
    ngx_free(wc);
}


/* One line for each connection that had become somebody. */
static void
ngx_wzp_conn_log_end(ngx_wzp_conn_t *wc, const wzp_qclose_t *why)
{
    char  text[NGX_WZP_REASON_SIZE];

    if (wc->connection == NULL) {
        ngx_log_debug2(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, 0,
                       "wzp: closed in handshake: how %d code %uL",
                       (int) why->how, why->code);
        return;
    }

    ngx_log_error(NGX_LOG_INFO, ngx_wzp_conn_log(wc), 0,
                  "%s \"%s\" closed: %s, in %uL, out %uL, lost %uL packets",
                  ngx_wzp_conn_role(wc), wc->sni->name,
                  ngx_wzp_conn_ending(wc, why, text),
                  wc->last.frames_in, wc->last.frames_out,
                  wc->last.packets_lost);
}


static const char *
ngx_wzp_conn_ending(ngx_wzp_conn_t *wc, const wzp_qclose_t *why, char *buf)
{
    if (why->how == WZP_QCLOSE_LOCAL) {
        return wzp_close_phrase(wc->status);
    }

    return ngx_wzp_conn_reason(why, buf);
}


const char *
ngx_wzp_conn_reason(const wzp_qclose_t *why, char *buf)
{
    const char  *what;

    what = NULL;

    switch (why->how) {

    case WZP_QCLOSE_LOCAL:
        what = "closed by us";
        break;

    case WZP_QCLOSE_PEER:
        what = "by peer";
        break;

    case WZP_QCLOSE_IDLE:
        return "idle timeout";

    case WZP_QCLOSE_HANDSHAKE_TIMEOUT:
        return "handshake timed out";

    case WZP_QCLOSE_RESET:
        return "reset by peer, which does not know the connection any more";

    case WZP_QCLOSE_VERSION:
        return "no common version of QUIC";

    case WZP_QCLOSE_PEER_TRANSPORT:
    case WZP_QCLOSE_TRANSPORT:
    case WZP_QCLOSE_TLS:
        break;
    }

    if (why->reason[0] != '\0') {
        return why->reason;
    }

    if (what != NULL) {
        return what;
    }

    (void) ngx_snprintf((u_char *) buf, NGX_WZP_REASON_SIZE,
                        "QUIC error 0x%xL%Z", why->code);

    return buf;
}


void
ngx_wzp_conn_close_all(wzp_close_t why)
{
    ngx_wzp_conn_close_relay(NULL, why);
}


void
ngx_wzp_conn_close_relay(ngx_wzp_relay_t *relay, wzp_close_t why)
{
    ngx_wzp_conn_close_some(relay, 0, why);
}


void
ngx_wzp_conn_close_peers(ngx_wzp_relay_t *relay, wzp_close_t why)
{
    ngx_wzp_conn_close_some(relay, 1, why);
}


/* relay is NULL: of any; peers: only other relays and phones. */
static void
ngx_wzp_conn_close_some(ngx_wzp_relay_t *relay, ngx_uint_t peers,
    wzp_close_t why)
{
    ngx_queue_t     *q;
    ngx_wzp_conn_t  *wc;

    for (q = ngx_queue_head(&ngx_wzp_conns);
         q != ngx_queue_sentinel(&ngx_wzp_conns);
         q = ngx_queue_next(q))
    {
        wc = ngx_queue_data(q, ngx_wzp_conn_t, queue);

        if (wc->state != NGX_WZP_CONN_CLOSING
            && (relay == NULL || wc->relay == relay)
            && (!peers || wc->state == NGX_WZP_CONN_PEER))
        {
            ngx_wzp_conn_close(wc, why);
        }
    }
}


void
ngx_wzp_conn_account(void)
{
    ngx_queue_t  *q;

    for (q = ngx_queue_head(&ngx_wzp_conns);
         q != ngx_queue_sentinel(&ngx_wzp_conns);
         q = ngx_queue_next(q))
    {
        ngx_wzp_stat_conn(ngx_queue_data(q, ngx_wzp_conn_t, queue));
    }
}


/* Sessions carry the number of a socket that nginx has closed. */
void
ngx_wzp_conn_quit(void)
{
    ngx_queue_t     *q;
    ngx_wzp_conn_t  *wc;

    for (q = ngx_queue_head(&ngx_wzp_conns);
         q != ngx_queue_sentinel(&ngx_wzp_conns);
         q = ngx_queue_next(q))
    {
        wc = ngx_queue_data(q, ngx_wzp_conn_t, queue);

        if (wc->connection != NULL) {
            ngx_wzp_session_quit(wc);
        }
    }
}


void
ngx_wzp_conn_stats(ngx_wzp_conn_t *wc, wzp_qstats_t *st)
{
    if (wc->qc != NULL) {
        wzp_qconn_stats(wc->qc, st);

    } else {
        *st = wc->last;
    }
}


const char *
ngx_wzp_conn_role(ngx_wzp_conn_t *wc)
{
    static const char  *roles[] = {
        [WZP_SNI_ROOM] = "room",
        [WZP_SNI_PING] = "ping",
        [WZP_SNI_VERSION] = "version",
        [WZP_SNI_PROBE] = "probe",
        [WZP_SNI_FEDERATION] = "federation",
        [WZP_SNI_SIGNAL] = "signal",
        [WZP_SNI_RELAY] = "relay",
        [WZP_SNI_CALL] = "call",
        [WZP_SNI_RESERVED] = "reserved"
    };

    return wc->sni != NULL ? roles[wc->sni->role] : "";
}


const char *
ngx_wzp_conn_status(ngx_wzp_conn_t *wc)
{
    if (!wc->accepted && !wc->ended) {
        return wzp_close_token(WZP_CLOSE_ACCESS);   /* nginx ends it */
    }

    if (wc->status == WZP_CLOSE_NORMAL) {

        if (wc->how == WZP_QCLOSE_IDLE) {
            return "idle";
        }

        if (wc->how != WZP_QCLOSE_LOCAL && wc->how != WZP_QCLOSE_PEER) {
            return "lost";
        }
    }

    return wzp_close_token(wc->status);
}
