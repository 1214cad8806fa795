/*
 * Dialing other relays.
 */

#include "core/ngx_wzp_dial.h"

#include "core/ngx_wzp_hub.h"


#define NGX_WZP_DIAL_LINGER     2000    /* ms; a closed one still answers    */
#define NGX_WZP_DIAL_SOON       200     /* ms; one that goes away is replaced */


static void ngx_wzp_dial_handler(ngx_event_t *ev);
static void ngx_wzp_dial_resolve(ngx_wzp_dial_t *dl);
static void ngx_wzp_dial_resolved(ngx_event_t *ev);
static void ngx_wzp_dial_forget_resolve(ngx_wzp_dial_t *dl);
static void ngx_wzp_dial_connect(ngx_wzp_dial_t *dl);
static void ngx_wzp_dial_failed(ngx_wzp_dial_t *dl, const char *why);
static void ngx_wzp_dial_again(ngx_wzp_dial_t *dl, ngx_msec_t least,
    const char *why);
static ngx_wzp_out_t *ngx_wzp_dial_out(ngx_wzp_dial_t *dl,
    const wzp_addr_t *addr);
static ngx_int_t ngx_wzp_dial_reader(ngx_wzp_out_t *out);
static void ngx_wzp_dial_read(ngx_event_t *ev);
static void ngx_wzp_dial_input(void *ctx, const wzp_udp_dgram_t *dg);
static void ngx_wzp_dial_handshake(wzp_qconn_t *qc);
static void ngx_wzp_dial_confirmed(wzp_qconn_t *qc);
static void ngx_wzp_dial_message(wzp_qconn_t *qc, const uint8_t *data,
    size_t len);
static void ngx_wzp_dial_datagram(wzp_qconn_t *qc, const uint8_t *data,
    size_t len);
static void ngx_wzp_dial_sent(wzp_qconn_t *qc, const wzp_qbuf_t *qb);
static void ngx_wzp_dial_closed(wzp_qconn_t *qc, const wzp_qclose_t *why);
static void ngx_wzp_dial_linger_handler(ngx_event_t *ev);
static void ngx_wzp_dial_free(ngx_wzp_out_t *out);


void
ngx_wzp_dial_init(ngx_wzp_dial_t *dl)
{
    ngx_wzp_event_init(&dl->timer, ngx_wzp_dial_handler);
    dl->timer.cancelable = 1;
}


void
ngx_wzp_dial_start(ngx_wzp_dial_t *dl)
{
    if (dl->running) {
        return;
    }

    dl->running = 1;

    if (dl->out == NULL && dl->resolve == NULL && !dl->timer.timer_set) {
        ngx_add_timer(&dl->timer, dl->pause);
    }
}


void
ngx_wzp_dial_stop(ngx_wzp_dial_t *dl)
{
    dl->running = 0;

    if (dl->timer.timer_set) {
        ngx_del_timer(&dl->timer);
    }

    ngx_wzp_dial_forget_resolve(dl);

    if (dl->out == NULL) {
        return;
    }

    dl->out->dial = NULL;

    if (dl->out->peer == NULL && dl->out->qc != NULL) {
        wzp_qconn_close(dl->out->qc, WZP_CLOSE_NORMAL,
                        wzp_close_phrase(WZP_CLOSE_NORMAL));
    }

    dl->out = NULL;
}


void
ngx_wzp_dial_renew(ngx_wzp_dial_t *dl)
{
    ngx_wzp_dial_stop(dl);

    dl->pause = 0;
    ngx_wzp_dial_start(dl);
}


void
ngx_wzp_dial_proved(ngx_wzp_dial_t *dl)
{
    dl->pause = 0;
}


static void
ngx_wzp_dial_handler(ngx_event_t *ev)
{
    ngx_wzp_dial_t  *dl;

    dl = ngx_wzp_event_owner(ev, ngx_wzp_dial_t, timer);

    ngx_wzp_worker_turn();

    if (dl->next < dl->naddrs) {
        ngx_wzp_dial_connect(dl);       /* of the name's other addresses */
        return;
    }

    ngx_wzp_dial_resolve(dl);
}


/* In a thread: nginx's own resolver asks a server that may not be configured,
 * and knows nothing of /etc/hosts. */
static void
ngx_wzp_dial_resolve(ngx_wzp_dial_t *dl)
{
    ngx_connection_t  *c;

    dl->naddrs = 0;
    dl->next = 0;

    dl->resolve = wzp_resolve_create((const char *) dl->host->host.data,
                                     (const char *) dl->host->port.data,
                                     AF_UNSPEC);
    if (dl->resolve == NULL) {
        ngx_wzp_dial_failed(dl, "no memory to resolve its name");
        return;
    }

    c = ngx_get_connection(wzp_resolve_fd(dl->resolve), ngx_cycle->log);
    if (c == NULL) {
        ngx_wzp_dial_forget_resolve(dl);
        ngx_wzp_dial_failed(dl, "worker_connections are used up");
        return;
    }

    dl->resolver = c;
    c->data = dl;
    c->read->log = c->log = ngx_cycle->log;
    c->write->log = c->log;
    c->read->handler = ngx_wzp_dial_resolved;

    if (ngx_add_event(c->read, NGX_READ_EVENT, 0) != NGX_OK) {
        ngx_wzp_dial_forget_resolve(dl);
        ngx_wzp_dial_failed(dl, "no event for its name");
    }
}


static void
ngx_wzp_dial_resolved(ngx_event_t *ev)
{
    const char        *err;
    wzp_resolve_t     *rs;
    ngx_connection_t  *c;
    ngx_wzp_dial_t    *dl;

    c = ev->data;
    dl = c->data;

    ngx_wzp_worker_turn();

    if (c->close) {
        c->close = 0;
        return;
    }

    /* its descriptor leaves epoll first */

    rs = dl->resolve;
    dl->resolve = NULL;
    ngx_wzp_dial_forget_resolve(dl);

    dl->naddrs = wzp_resolve_take(rs, dl->addrs, NGX_WZP_DIAL_ADDRS, &err);

    if (dl->naddrs == 0) {
        ngx_wzp_dial_failed(dl, err);
        return;
    }

    ngx_wzp_dial_connect(dl);
}


static void
ngx_wzp_dial_forget_resolve(ngx_wzp_dial_t *dl)
{
    if (dl->resolver != NULL) {
        if (dl->resolver->read->posted) {
            ngx_delete_posted_event(dl->resolver->read);
        }

        if (dl->resolver->read->active) {
            (void) ngx_del_event(dl->resolver->read, NGX_READ_EVENT, 0);
        }

        ngx_free_connection(dl->resolver);
        dl->resolver->fd = (ngx_socket_t) -1;
        dl->resolver = NULL;
    }

    if (dl->resolve != NULL) {
        wzp_resolve_destroy(dl->resolve);
        dl->resolve = NULL;
    }
}


static void
ngx_wzp_dial_connect(ngx_wzp_dial_t *dl)
{
    ngx_wzp_out_t     *out;
    const wzp_addr_t  *addr;

    addr = &dl->addrs[dl->next++];

    out = ngx_wzp_dial_out(dl, addr);
    if (out == NULL) {
        ngx_wzp_dial_failed(dl, "no socket to dial from");
        return;
    }

    out->qc = wzp_quic_connect(dl->hub->quic, dl->sni, &out->su,
                               &out->su.local, addr, out,
                               ngx_wzp_worker->now_ns);
    if (out->qc == NULL) {
        ngx_wzp_dial_free(out);
        ngx_wzp_dial_failed(dl, "no memory to dial");
        return;
    }

    out->dial = dl;
    dl->out = out;
}


/*
 * Pauses double up to the longest, and vary by a quarter either way, lest two
 * relays that lost each other meet at every attempt.  With more addresses of
 * one name the next is tried at once.
 */
static void
ngx_wzp_dial_again(ngx_wzp_dial_t *dl, ngx_msec_t least, const char *why)
{
    ngx_msec_t             pause;
    ngx_wzp_relay_conf_t  *conf;

    conf = dl->hub->relay->conf;

    if (dl->next < dl->naddrs) {
        pause = 0;

    } else {
        dl->pause = ngx_min(ngx_max(dl->pause * 2, least),
                            conf->backoff_max);
        pause = dl->pause * 3 / 4 + (ngx_msec_t) ngx_random()
                                    % (dl->pause / 2 + 1);
    }

    if (dl->running && !dl->timer.timer_set) {
        ngx_add_timer(&dl->timer, pause);
    }

    dl->down(dl->ctx, why);
}


static void
ngx_wzp_dial_failed(ngx_wzp_dial_t *dl, const char *why)
{
    ngx_wzp_dial_again(dl, dl->hub->relay->conf->backoff_min, why);
}


static ngx_wzp_out_t *
ngx_wzp_dial_out(ngx_wzp_dial_t *dl, const wzp_addr_t *addr)
{
    wzp_addr_t      local;
    ngx_wzp_out_t  *out;

    out = ngx_calloc(sizeof(ngx_wzp_out_t), ngx_cycle->log);
    if (out == NULL) {
        return NULL;
    }

    out->hub = dl->hub;
    out->ops = dl->ops;

    /* from the address that others know us by, where there is but one */

    local = dl->hub->bind;

    if (local.len != 0 && local.u.sa.sa_family != addr->u.sa.sa_family) {
        local.len = 0;
    }

    if (wzp_udp_open(&out->su, local.len != 0 ? &local : NULL, addr)
        != WZP_OK)
    {
        ngx_free(out);
        return NULL;
    }

    out->su.data = out;

    ngx_queue_insert_tail(&dl->hub->outs, &out->queue);
    ngx_wzp_event_init(&out->linger, ngx_wzp_dial_linger_handler);
    out->linger.cancelable = 1;

    if (ngx_wzp_dial_reader(out) != NGX_OK) {
        ngx_wzp_dial_free(out);
        return NULL;
    }

    return out;
}


static ngx_int_t
ngx_wzp_dial_reader(ngx_wzp_out_t *out)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(out->su.fd, ngx_cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    out->reader = c;
    c->data = out;
    c->read->log = c->log = ngx_cycle->log;
    c->write->log = c->log;
    c->read->handler = ngx_wzp_dial_read;

    return ngx_add_event(c->read, NGX_READ_EVENT, 0);
}


static void
ngx_wzp_dial_read(ngx_event_t *ev)
{
    int                n;
    ngx_wzp_out_t     *out;
    ngx_connection_t  *c;

    c = ev->data;
    out = c->data;

    ngx_wzp_worker_turn();

    if (c->close) {
        c->close = 0;

        if (c->error && out->qc != NULL) {      /* worker_shutdown_timeout */
            wzp_qconn_close(out->qc, WZP_CLOSE_GOING_AWAY,
                            wzp_close_phrase(WZP_CLOSE_GOING_AWAY));
        }

        return;
    }

    n = wzp_udp_recv(ngx_wzp_worker->rx, &out->su, ngx_wzp_dial_input, out);

    if (n < 0 && ngx_socket_errno == NGX_ECONNREFUSED
        && out->qc != NULL && out->peer == NULL)
    {
        /* ICMP, while nobody has ever answered: don't wait for the timeout */

        wzp_qconn_close(out->qc, WZP_CLOSE_TIMEOUT, "refused");
    }
}


static void
ngx_wzp_dial_input(void *ctx, const wzp_udp_dgram_t *dg)
{
    ngx_wzp_out_t    *out = ctx;
    wzp_cid_owner_t   owner;

    (void) wzp_quic_input(out->hub->quic, dg, 0, ngx_wzp_worker->now_ns,
                          &owner);
}


void
ngx_wzp_dial_events(wzp_quic_events_t *events)
{
    events->handshake = ngx_wzp_dial_handshake;
    events->confirmed = ngx_wzp_dial_confirmed;
    events->message = ngx_wzp_dial_message;
    events->datagram = ngx_wzp_dial_datagram;
    events->sent = ngx_wzp_dial_sent;
    events->closed = ngx_wzp_dial_closed;
}


/* Is it the relay that was configured?  Nothing was said to it yet. */
static void
ngx_wzp_dial_handshake(wzp_qconn_t *qc)
{
    uint8_t         fp[WZP_CERT_FP_SIZE];
    ngx_wzp_out_t  *out;

    out = wzp_qconn_data(qc);

    if (out->dial == NULL || out->dial->fp == NULL) {
        return;
    }

    if (wzp_qconn_peer_cert(qc, fp) != WZP_OK
        || ngx_memcmp(fp, out->dial->fp, sizeof(fp)) != 0)
    {
        out->stranger = 1;
        wzp_qconn_close(qc, WZP_CLOSE_AUTH, "not the relay that was expected");
    }
}


static void
ngx_wzp_dial_confirmed(wzp_qconn_t *qc)
{
    ngx_wzp_out_t  *out;

    out = wzp_qconn_data(qc);

    if (out->stranger || out->peer != NULL) {
        return;
    }

    if (out->dial != NULL) {
        out->dial->next = out->dial->naddrs;    /* this one is good */
        out->peer = out->dial->up(out->dial->ctx, out);
    }

    if (out->peer == NULL) {
        wzp_qconn_close(qc, WZP_CLOSE_NORMAL,
                        wzp_close_phrase(WZP_CLOSE_NORMAL));
    }
}


static void
ngx_wzp_dial_message(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    ngx_wzp_out_t  *out;

    out = wzp_qconn_data(qc);

    if (out->peer == NULL && !out->stranger) {
        ngx_wzp_dial_confirmed(qc);     /* whoever speaks has accepted us */
    }

    if (out->peer != NULL) {
        out->ops->message(out->peer, data, len);
    }
}


static void
ngx_wzp_dial_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    ngx_wzp_out_t  *out;

    out = wzp_qconn_data(qc);

    if (out->peer != NULL) {
        out->ops->datagram(out->peer, data, len);
    }
}


static void
ngx_wzp_dial_sent(wzp_qconn_t *qc, const wzp_qbuf_t *qb)
{
    ngx_wzp_out_t  *out;

    out = wzp_qconn_data(qc);

    if (out->peer != NULL && out->ops->sent != NULL) {
        out->ops->sent(out->peer, qb);
    }
}


static void
ngx_wzp_dial_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    char             text[NGX_WZP_REASON_SIZE];
    void            *peer;
    const char      *reason;
    ngx_wzp_out_t   *out;
    ngx_wzp_dial_t  *dl;

    out = wzp_qconn_data(qc);

    dl = out->dial;
    peer = out->peer;

    reason = ngx_wzp_conn_reason(why, text);

    if (out->stranger) {
        reason = "its certificate is not the configured one";

    } else if (why->how == WZP_QCLOSE_PEER
               && why->code == WZP_CLOSE_STRANGER)
    {
        reason = "it does not let us in: its log says what to configure there";
    }

    out->qc = NULL;
    out->peer = NULL;
    out->dial = NULL;

    /* its last packet is in the batch, and its socket answers latecomers */
    ngx_add_timer(&out->linger, NGX_WZP_DIAL_LINGER);

    if (dl != NULL) {
        dl->out = NULL;
    }

    if (peer != NULL) {
        out->ops->closed(peer, reason);
    }

    if (dl == NULL) {
        return;
    }

    if (why->how == WZP_QCLOSE_PEER && why->code == WZP_CLOSE_GOING_AWAY) {
        ngx_wzp_dial_again(dl, ngx_min(NGX_WZP_DIAL_SOON,
                                       dl->hub->relay->conf->backoff_min),
                           reason);
        return;
    }

    ngx_wzp_dial_failed(dl, reason);
}


static void
ngx_wzp_dial_linger_handler(ngx_event_t *ev)
{
    ngx_wzp_dial_free(ngx_wzp_event_owner(ev, ngx_wzp_out_t, linger));
}


static void
ngx_wzp_dial_free(ngx_wzp_out_t *out)
{
    ngx_queue_remove(&out->queue);

    if (out->linger.timer_set) {
        ngx_del_timer(&out->linger);
    }

    if (out->reader != NULL) {
        if (out->reader->read->posted) {
            ngx_delete_posted_event(out->reader->read);
        }

        if (out->reader->read->active) {
            (void) ngx_del_event(out->reader->read, NGX_READ_EVENT, 0);
        }

        ngx_free_connection(out->reader);
        out->reader->fd = (ngx_socket_t) -1;
    }

    wzp_udp_close(&out->su);
    ngx_free(out);
}


void
ngx_wzp_dial_free_all(ngx_wzp_hub_t *hub)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&hub->outs)) {
        q = ngx_queue_head(&hub->outs);
        ngx_wzp_dial_free(ngx_queue_data(q, ngx_wzp_out_t, queue));
    }
}
