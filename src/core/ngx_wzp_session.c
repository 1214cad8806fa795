/*
 * nginx connections and sessions around QUIC connections.
 */

#include "core/ngx_wzp_session.h"


static void ngx_wzp_session_cleanup(void *data);
static void ngx_wzp_session_event_handler(ngx_event_t *ev);
static ssize_t ngx_wzp_session_recv(ngx_connection_t *c, u_char *buf,
    size_t size);
static ssize_t ngx_wzp_session_send(ngx_connection_t *c, u_char *buf,
    size_t size);
static ngx_chain_t *ngx_wzp_session_send_chain(ngx_connection_t *c,
    ngx_chain_t *in, off_t limit);


/* $status of nginx's log by our reasons; the others are the client's fault */
static const struct {
    wzp_close_t  why;
    ngx_uint_t   status;
} ngx_wzp_statuses[] = {
    { WZP_CLOSE_NORMAL, 200 },
    { WZP_CLOSE_GOING_AWAY, 200 },
    { WZP_CLOSE_REPLACED, 200 },
    { WZP_CLOSE_INTERNAL, 500 },
    { WZP_CLOSE_ACCESS, 403 },
    { WZP_CLOSE_AUTH, 403 },
    { WZP_CLOSE_BINDING, 403 },
    { WZP_CLOSE_FORBIDDEN, 403 },
    { WZP_CLOSE_STRANGER, 403 },
    { WZP_CLOSE_RESERVED, 403 },
    { WZP_CLOSE_ROOM_FULL, 503 },
    { WZP_CLOSE_TOO_MANY, 503 },
    { WZP_CLOSE_ROOMS_FULL, 503 }
};


ngx_int_t
ngx_wzp_session_reserve(void)
{
    if (ngx_cycle->free_connection_n <= ngx_cycle->connection_n / 8
        && ngx_cycle->reusable_connections_n == 0)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


/* long: the order of these calls is ngx_event_recvmsg()'s, and matters */
ngx_int_t
ngx_wzp_session_create(ngx_wzp_conn_t *wc)
{
    ngx_log_t            *log;
    ngx_listening_t      *ls;
    ngx_wzp_listen_t     *ln;
    ngx_connection_t     *c;
    const wzp_addr_t     *peer, *local;
    ngx_pool_cleanup_t   *cln;

    ln = wzp_qconn_socket(wc->qc)->data;
    ls = ln->ls;

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_accepted, 1);
#endif

    ngx_accept_disabled = ngx_cycle->connection_n / 8
                          - ngx_cycle->free_connection_n;

    if (ngx_wzp_session_reserve() != NGX_OK) {
        return NGX_DECLINED;
    }

    /* the number only: never read, written or put into epoll through c */

    c = ngx_get_connection(ln->su.fd, ngx_cycle->log);
    if (c == NULL) {
        return NGX_DECLINED;
    }

    c->shared = 1;              /* the socket is not c's to close */
    c->type = SOCK_DGRAM;

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    c->pool = ngx_create_pool(ls->pool_size, ngx_cycle->log);
    if (c->pool == NULL) {
        goto failed;
    }

    peer = wzp_qconn_peer(wc->qc);
    local = wzp_qconn_local(wc->qc);

    c->socklen = peer->len;
    c->sockaddr = ngx_palloc(c->pool, peer->len);
    c->local_socklen = local->len;
    c->local_sockaddr = ngx_palloc(c->pool, local->len);
    log = ngx_palloc(c->pool, sizeof(ngx_log_t));
    cln = ngx_pool_cleanup_add(c->pool, 0);

    if (c->sockaddr == NULL || c->local_sockaddr == NULL || log == NULL
        || cln == NULL)
    {
        goto failed;
    }

    ngx_memcpy(c->sockaddr, &peer->u, peer->len);
    ngx_memcpy(c->local_sockaddr, &local->u, local->len);

    cln->handler = ngx_wzp_session_cleanup;
    cln->data = wc;

    *log = ls->log;
    log->data = NULL;
    log->handler = NULL;

    c->log = log;
    c->pool->log = log;
    c->read->log = log;
    c->write->log = log;
    c->log_error = NGX_ERROR_INFO;
    c->listening = ls;

    c->recv = ngx_wzp_session_recv;
    c->send = ngx_wzp_session_send;
    c->send_chain = ngx_wzp_session_send_chain;

    c->read->active = 1;        /* keeps the shared fd out of epoll */
    c->write->ready = 1;

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);
    c->start_time = ngx_current_msec;

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_handled, 1);
#endif

    if (ls->addr_ntop) {
        c->addr_text.data = ngx_pnalloc(c->pool, ls->addr_text_max_len);
        if (c->addr_text.data == NULL) {
            goto failed;
        }

        c->addr_text.len = ngx_sock_ntop(c->sockaddr, c->socklen,
                                         c->addr_text.data,
                                         ls->addr_text_max_len, 0);
        if (c->addr_text.len == 0) {
            goto failed;
        }
    }

    wc->connection = c;
    wc->creating = 1;

    ls->handler(c);

    wc->creating = 0;

    /* c may be gone; what became of it is in wc */

    if (wc->connection == NULL) {
        wc->refused = 1;
        return NGX_DECLINED;
    }

    if (!wc->accepted) {
        wc->session = c->data;  /* some phase waits; c->data is the session */
    }

    return NGX_OK;

failed:

    wc->connection = NULL;

    if (c->pool != NULL) {
        ngx_destroy_pool(c->pool);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, -1);
#endif

    return NGX_DECLINED;
}


/* nginx has freed the connection: refused, or finalised by us. */
static void
ngx_wzp_session_cleanup(void *data)
{
    ngx_wzp_conn_t  *wc = data;

    wc->connection = NULL;
    wc->session = NULL;

    if (!wc->ended && !wc->creating && wc->qc != NULL
        && wc->state != NGX_WZP_CONN_CLOSING)
    {
        ngx_wzp_worker_turn();
        ngx_wzp_conn_close(wc, WZP_CLOSE_ACCESS);
    }
}


ngx_wzp_conn_t *
ngx_wzp_conn_get(ngx_connection_t *c)
{
    ngx_pool_cleanup_t  *cln;

    for (cln = c->pool->cleanup; cln != NULL; cln = cln->next) {
        if (cln->handler == ngx_wzp_session_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


void
ngx_wzp_session_finalize(ngx_wzp_conn_t *wc)
{
    ngx_uint_t         i, status;
    ngx_connection_t  *c;

    c = wc->connection;

    if (c == NULL || wc->session == NULL) {
        return;
    }

    wc->ended = 1;
    c->read->handler = ngx_wzp_session_event_handler;
    c->write->handler = ngx_wzp_session_event_handler;

    status = 400;

    for (i = 0; i < sizeof(ngx_wzp_statuses) / sizeof(ngx_wzp_statuses[0]);
         i++)
    {
        if (ngx_wzp_statuses[i].why == wc->status) {
            status = ngx_wzp_statuses[i].status;
            break;
        }
    }

    ngx_wzp_worker->stream->finalize(wc->session, status, wc->received,
                                     wc->sent);
}


void
ngx_wzp_session_quit(ngx_wzp_conn_t *wc)
{
    ngx_wzp_listen_t  *ln;

    if (wc->qc != NULL) {
        ln = wzp_qconn_socket(wc->qc)->data;
        wc->connection->fd = ln->su.fd;
    }
}


/*
 * nginx calls this for the shutdown timer (close and error are set) and for
 * whatever a phase posted; the connection itself has no events.
 */
static void
ngx_wzp_session_event_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;
    ngx_wzp_conn_t    *wc;

    c = ev->data;

    if (!c->close) {
        return;
    }

    c->close = 0;

    wc = ngx_wzp_conn_get(c);

    if (wc != NULL && wc->state != NGX_WZP_CONN_CLOSING) {
        ngx_wzp_worker_turn();
        ngx_wzp_conn_close(wc, WZP_CLOSE_GOING_AWAY);
    }
}


void
ngx_wzp_session_attach(ngx_connection_t *c)
{
    c->read->handler = ngx_wzp_session_event_handler;
    c->write->handler = ngx_wzp_session_event_handler;
}


ngx_log_t *
ngx_wzp_conn_log(ngx_wzp_conn_t *wc)
{
    return wc->connection != NULL ? wc->connection->log : ngx_cycle->log;
}


static ssize_t
ngx_wzp_session_recv(ngx_connection_t *c, u_char *buf, size_t size)
{
    return NGX_AGAIN;
}


static ssize_t
ngx_wzp_session_send(ngx_connection_t *c, u_char *buf, size_t size)
{
    return NGX_ERROR;
}


static ngx_chain_t *
ngx_wzp_session_send_chain(ngx_connection_t *c, ngx_chain_t *in, off_t limit)
{
    return NGX_CHAIN_ERROR;
}
