/*
 * A connection: making it, feeding it, when it must wake up.  What the
 * application may ask of it is in wzp_qconn_api.c.
 */

#include "quic/wzp_quic_int.h"
#include "wzp/wzp_close.h"

#include <stdlib.h>


#define WZP_QCONN_READ  (50 * WZP_MS)   /* for the peer's program            */


static ngtcp2_conn *
wzp_qconn_of_ref(ngtcp2_crypto_conn_ref *ref)
{
    wzp_qconn_t  *qc;

    qc = ref->user_data;

    return qc->conn;
}


/* Data and a whole message for the application, as ngtcp2 calls it. */
static void
wzp_qconn_deliver(void *ctx, const uint8_t *data, size_t len)
{
    wzp_qconn_t  *qc;

    qc = ctx;

    if (!qc->close_asked && qc->ep->conf.events.message != NULL) {
        qc->ep->conf.events.message(qc, data, len);
    }
}


static wzp_qconn_t *
wzp_qconn_new(wzp_quic_t *ep, wzp_udp_socket_t *su, const wzp_addr_t *local,
    const wzp_addr_t *peer)
{
    wzp_qconn_t  *qc;

    if (wzp_timers_reserve(&ep->timers,
                           (size_t) ep->count + ep->lingering + 1)
        != WZP_OK)
    {
        return NULL;
    }

    qc = calloc(1, sizeof(wzp_qconn_t));
    if (qc == NULL) {
        return NULL;
    }

    qc->ep = ep;
    qc->su = su;
    qc->local = *local;
    qc->peer = *peer;
    qc->server = ep->conf.server;
    qc->queue_len = ep->conf.queue_len;
    qc->ref.get_conn = wzp_qconn_of_ref;
    qc->ref.user_data = qc;

    wzp_timer_init(&qc->timer);

    /* The peer's bidirectional streams: 0, 4, ... of a client, 1, 5, ... of
     * a server (RFC 9000, 2.1). */

    wzp_qin_init(&qc->in, qc->server ? 0 : 1, ep->conf.max_message,
                 wzp_qconn_deliver, qc);

    qc->all_next = ep->all;
    if (ep->all != NULL) {
        ep->all->all_prev = qc;
    }
    ep->all = qc;

    ep->count++;
    ep->half_open++;

    return qc;
}


static void
wzp_qconn_settings(const wzp_quic_t *ep, ngtcp2_settings *st)
{
    ngtcp2_settings_default(st);

    st->cc_algo = NGTCP2_CC_ALGO_CUBIC;
    st->initial_ts = ep->now_ns;
    st->initial_rtt = WZP_QUIC_INITIAL_RTT_NS;
    st->max_tx_udp_payload_size = ep->conf.mtu_max;
    st->handshake_timeout = ep->conf.handshake_ns;
    st->ack_thresh = ep->conf.ack_packets;
    st->rand_ctx.native_handle = (void *) (uintptr_t) ep;
    st->no_pmtud = (ep->nprobes == 0);
    st->pmtud_probes = ep->probes;
    st->pmtud_probeslen = ep->nprobes;
}


/* PROTOCOL 1.2. */
static void
wzp_qconn_params(const wzp_quic_t *ep, ngtcp2_transport_params *tp)
{
    ngtcp2_transport_params_default(tp);

    tp->max_idle_timeout = ep->conf.idle_ns;
    tp->initial_max_data = WZP_QUIC_DATA;
    tp->initial_max_stream_data_bidi_local = WZP_QUIC_STREAM_DATA;
    tp->initial_max_stream_data_bidi_remote = WZP_QUIC_STREAM_DATA;
    tp->initial_max_stream_data_uni = WZP_QUIC_STREAM_DATA;
    tp->initial_max_streams_bidi = ep->conf.streams;
    tp->initial_max_streams_uni = ep->conf.streams;
    tp->active_connection_id_limit = WZP_QUIC_CIDS;
    tp->max_ack_delay = ep->conf.ack_delay_ns;
    tp->grease_quic_bit = 1;
    tp->max_datagram_frame_size = ep->conf.no_datagram ? 0
                                                       : WZP_QUIC_DATAGRAM;
}


static void
wzp_qconn_path(ngtcp2_path *path, const wzp_addr_t *local,
    const wzp_addr_t *peer, wzp_udp_socket_t *su)
{
    /* ngtcp2 copies the addresses. */

    path->local.addr = (ngtcp2_sockaddr *) (uintptr_t) &local->u.sa;
    path->local.addrlen = local->len;
    path->remote.addr = (ngtcp2_sockaddr *) (uintptr_t) &peer->u.sa;
    path->remote.addrlen = peer->len;
    path->user_data = su;
}


wzp_rc_t
wzp_qconn_new_cid(wzp_qconn_t *qc, ngtcp2_cid *cid)
{
    uint8_t          rnd[5];
    wzp_quic_t      *ep;
    wzp_cid_owner_t  owner;

    ep = qc->ep;

    owner.steer = ep->conf.steer;
    owner.slot = ep->conf.slot;
    owner.epoch = ep->conf.epoch;

    ep->conf.random(ep->conf.ctx, rnd, sizeof(rnd));
    wzp_cid_make(&ep->keys, &owner, rnd, cid->data);
    cid->datalen = WZP_CID_LEN;

    return wzp_cid_table_add(&ep->cids, &qc->cids, qc, cid->data,
                             cid->datalen);
}


static wzp_rc_t
wzp_qconn_start_tls(wzp_qconn_t *qc, const char *sni)
{
    qc->ssl = wzp_quic_tls_open(qc->ep->tls, &qc->ref, sni);

    if (qc->ssl == NULL) {
        return WZP_ENOMEM;
    }

    ngtcp2_conn_set_tls_native_handle(qc->conn, qc->ssl);

    if (qc->ep->conf.keepalive_ns != 0) {
        ngtcp2_conn_set_keep_alive_timeout(qc->conn,
                                           qc->ep->conf.keepalive_ns);
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_qconn_start_server(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg,
    const wzp_qconn_origin_t *from)
{
    ngtcp2_cid               scid;
    wzp_quic_t              *ep;
    ngtcp2_conn             *conn;
    ngtcp2_path              path;
    ngtcp2_settings          st;
    ngtcp2_transport_params  tp;

    ep = qc->ep;

    if (wzp_qconn_new_cid(qc, &scid) != WZP_OK
        || wzp_cid_table_add(&ep->cids, &qc->cids, qc, from->hd->dcid.data,
                             from->hd->dcid.datalen)
           != WZP_OK)
    {
        return WZP_ERROR;
    }

    wzp_qconn_settings(ep, &st);
    wzp_qconn_params(ep, &tp);

    st.token = from->hd->token;
    st.tokenlen = from->hd->tokenlen;
    st.token_type = from->token_type;

    if (from->token_type == NGTCP2_TOKEN_TYPE_UNKNOWN) {
        st.token = NULL;
        st.tokenlen = 0;
    }

    tp.original_dcid = from->odcid;
    tp.original_dcid_present = 1;

    if (from->token_type == NGTCP2_TOKEN_TYPE_RETRY) {
        tp.retry_scid = from->hd->dcid;
        tp.retry_scid_present = 1;
    }

    tp.stateless_reset_token_present = 1;
    if (wzp_cid_reset_token(&ep->keys, &scid, tp.stateless_reset_token)
        != WZP_OK)
    {
        return WZP_ERROR;
    }

    wzp_qconn_path(&path, &dg->local, &dg->peer, dg->socket);

    if (ngtcp2_conn_server_new(&conn, &from->hd->scid, &scid, &path,
                               from->hd->version,
                               &wzp_qconn_server_callbacks, &st, &tp, NULL,
                               qc)
        != 0)
    {
        /* conn may hold anything. */
        return WZP_ENOMEM;
    }

    qc->conn = conn;

    return wzp_qconn_start_tls(qc, NULL);
}


wzp_qconn_t *
wzp_qconn_accept(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const wzp_qconn_origin_t *from)
{
    wzp_qconn_t  *qc;

    qc = wzp_qconn_new(ep, dg->socket, &dg->local, &dg->peer);
    if (qc == NULL) {
        return NULL;
    }

    qc->waiting = (from->how == WZP_QNEW_ASK && ep->conf.events.mine != NULL);

    if (wzp_qconn_start_server(qc, dg, from) != WZP_OK) {
        wzp_qconn_free(qc);
        return NULL;
    }

    return qc;
}


/* The client's first destination ID: unpredictable, at least 8 bytes
 * (RFC 9000, 7.2). */
static wzp_rc_t
wzp_qconn_start_client(wzp_qconn_t *qc)
{
    ngtcp2_cid               scid, dcid;
    wzp_quic_t              *ep;
    ngtcp2_conn             *conn;
    ngtcp2_path              path;
    ngtcp2_settings          st;
    ngtcp2_transport_params  tp;

    ep = qc->ep;

    if (wzp_qconn_new_cid(qc, &scid) != WZP_OK) {
        return WZP_ERROR;
    }

    ep->conf.random(ep->conf.ctx, dcid.data, NGTCP2_MIN_INITIAL_DCIDLEN);
    dcid.datalen = NGTCP2_MIN_INITIAL_DCIDLEN;

    wzp_qconn_settings(ep, &st);
    wzp_qconn_params(ep, &tp);

    if (ep->token_len != 0 && wzp_addr_equal(&ep->token_addr, &qc->peer)) {
        /* Each token is for one use (RFC 9000, 8.1.3). */
        st.token = ep->token;
        st.tokenlen = ep->token_len;
        ep->token_len = 0;
    }

    wzp_qconn_path(&path, &qc->local, &qc->peer, qc->su);

    if (ngtcp2_conn_client_new(&conn, &dcid, &scid, &path,
                               NGTCP2_PROTO_VER_V1,
                               &wzp_qconn_client_callbacks, &st, &tp, NULL,
                               qc)
        != 0)
    {
        return WZP_ENOMEM;
    }

    qc->conn = conn;

    return wzp_qconn_start_tls(qc, qc->sni);
}


wzp_qconn_t *
wzp_quic_connect(wzp_quic_t *ep, const char *sni, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, void *data,
    uint64_t now_ns)
{
    size_t        len;
    wzp_qconn_t  *qc;

    wzp_quic_time(ep, now_ns);

    len = (sni != NULL) ? strlen(sni) : 0;

    if (ep->conf.server || ep->dying || len > 255 || peer->len == 0
        || local->len == 0)
    {
        return NULL;
    }

    qc = wzp_qconn_new(ep, su, local, peer);
    if (qc == NULL) {
        return NULL;
    }

    qc->data = data;
    qc->announced = 1;
    qc->sni = malloc(len + 1);

    if (qc->sni != NULL) {
        memcpy(qc->sni, (sni != NULL) ? sni : "", len + 1);
        qc->sni_len = (uint16_t) len;
    }

    if (qc->sni == NULL || wzp_qconn_start_client(qc) != WZP_OK) {
        wzp_qconn_free(qc);
        return NULL;
    }

    wzp_quic_touch(qc);

    return qc;
}


void
wzp_qconn_free(wzp_qconn_t *qc)
{
    wzp_quic_t  *ep;

    ep = qc->ep;

    if (qc->phase == WZP_QPHASE_LINGER) {
        ep->lingering--;

    } else {
        ep->count--;
        ep->half_open -= (qc->phase == WZP_QPHASE_HANDSHAKE);
    }

    wzp_quic_untouch(qc);
    wzp_timer_clear(&ep->timers, &qc->timer);
    wzp_cid_table_clear(&ep->cids, &qc->cids);

    if (qc->all_prev != NULL) {
        qc->all_prev->all_next = qc->all_next;

    } else {
        ep->all = qc->all_next;
    }

    if (qc->all_next != NULL) {
        qc->all_next->all_prev = qc->all_prev;
    }

    ngtcp2_conn_del(qc->conn);
    SSL_free(qc->ssl);

    wzp_qmedia_done(&qc->media);
    wzp_qout_done(&qc->out);
    wzp_qin_done(&qc->in);

    free(qc->sni);
    free(qc->hello);
    free(qc->close_reason);
    free(qc->close_pkt);
    free(qc);
}


/* TLS has done its work; its 10 kB are better used elsewhere. */
static void
wzp_qconn_shed(wzp_qconn_t *qc)
{
    if (qc->ssl != NULL && qc->confirmed) {
        ngtcp2_conn_set_tls_native_handle(qc->conn, NULL);
        SSL_free(qc->ssl);
        qc->ssl = NULL;
    }
}


/*
 * After a packet: write at once, or let the ACK wait for company?  ngtcp2
 * would send a packet of its own for nearly every packet of media.  Waiting
 * up to max_ack_delay is what RFC 9000, 13.2.1 allows; it does not allow
 * it during the handshake, and we do not do it either while anything that is
 * retransmitted is under way in either direction, or the path is changing.
 */
static bool
wzp_qconn_may_hold(const wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    return qc->confirmed && !qc->urgent && !qc->finishing && !qc->close_asked
           && !qc->media.blocked
           && !wzp_qout_pending(&qc->out)
           && qc->held < qc->ep->conf.ack_packets
           && (dg->ecn & NGTCP2_ECN_MASK) != NGTCP2_ECN_CE
           && wzp_addr_equal(&dg->peer, &qc->peer);
}


uint64_t
wzp_qconn_hold_end(const wzp_qconn_t *qc)
{
    uint64_t  delay;

    delay = qc->ep->conf.ack_delay_ns;

    return qc->hold_ns + delay - WZP_MIN(WZP_QUIC_ACK_SLACK_NS, delay / 4);
}


static void
wzp_qconn_schedule(wzp_qconn_t *qc)
{
    uint64_t      t, hold;
    wzp_quic_t   *ep;
    wzp_qbuf_t   *qb;

    ep = qc->ep;
    t = ngtcp2_conn_get_expiry(qc->conn);

    if (qc->hold_ns != 0) {
        hold = wzp_qconn_hold_end(qc);
        t = WZP_MAX(t, hold);
    }

    qb = wzp_qmedia_head(&qc->media);

    if (qb != NULL && qc->media.blocked) {
        if (qb->born_ns != 0) {
            t = WZP_MIN(t, qb->born_ns + ep->conf.stale_ns);
        }

    } else if (qb != NULL) {
        t = WZP_MIN(t, qc->media.since_ns + ep->conf.bundle_ns);
    }

    if (qc->finishing) {
        t = WZP_MIN(t, qc->finish_ns);
    }

    if (t <= ep->now_ns) {
        /* Something cannot be done yet though its time has come (the path
         * is blocked): do not spin. */
        t = ep->now_ns + WZP_MS;
    }

    wzp_timer_set(&ep->timers, &qc->timer, t);
}


static void
wzp_qconn_after_read(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    wzp_qconn_shed(qc);
    wzp_qconn_measure(qc);
    wzp_qconn_look_around(qc, dg);

    /* A PING is not seen from here: any packet may want an ACK.  Peers that
     * only listen send one with their ACKs every round trip. */

    qc->heard_ns = qc->ep->now_ns;

    if (qc->hold_ns == 0) {
        qc->hold_ns = qc->heard_ns;
    }

    qc->held += qc->eliciting;
    qc->eliciting = 0;

    if (!wzp_qconn_may_hold(qc, dg)) {
        qc->urgent = 0;
        wzp_quic_touch(qc);
        return;
    }

    if (!qc->is_dirty) {
        wzp_qconn_schedule(qc);
    }
}


/*
 * The address at which it came in.  A client that was dialled from none in
 * particular knows but that: the kernel chooses where its packets leave, and
 * ngtcp2 would drop what comes back on a path that it has not tried.
 */
static const wzp_addr_t *
wzp_qconn_arrival(const wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    if (!qc->server && dg->socket->wildcard
        && wzp_addr_equal(&qc->local, &dg->socket->local))
    {
        return &dg->socket->local;
    }

    return &dg->local;
}


int
wzp_qconn_input(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    int              rv;
    ngtcp2_path      path;
    ngtcp2_pkt_info  pi;

    if (qc->phase == WZP_QPHASE_LINGER) {
        wzp_qconn_linger_input(qc, dg);
        return 0;
    }

    wzp_qconn_path(&path, wzp_qconn_arrival(qc, dg), &dg->peer, dg->socket);
    pi.ecn = dg->ecn & NGTCP2_ECN_MASK;
    qc->packets_in++;

    qc->in_ngtcp2 = 1;
    rv = ngtcp2_conn_read_pkt(qc->conn, &path, &pi, dg->data, dg->len,
                              qc->ep->now_ns);
    qc->in_ngtcp2 = 0;

    if (rv == 0 && !qc->waiting) {
        wzp_qconn_after_read(qc, dg);
    }

    return rv;
}


void
wzp_qconn_expire(wzp_qconn_t *qc)
{
    int  rv;

    if (qc->phase == WZP_QPHASE_LINGER) {
        wzp_qconn_free(qc);
        return;
    }

    if (qc->waiting) {
        wzp_qconn_settle(qc);
        return;
    }

    qc->in_ngtcp2 = 1;
    rv = ngtcp2_conn_handle_expiry(qc->conn, qc->ep->now_ns);
    qc->in_ngtcp2 = 0;

    if (rv != 0) {
        wzp_qconn_fail(qc, rv);
        return;
    }

    wzp_quic_touch(qc);
}


/*
 * A server leaves time for its last messages after they were acknowledged: many
 * a client reads a stream later than its library does, and not at all once the
 * connection is over.
 */
static bool
wzp_qconn_finished(wzp_qconn_t *qc)
{
    uint64_t  until;

    if (!qc->finishing || qc->ep->now_ns >= qc->finish_ns) {
        return qc->finishing;
    }

    if (qc->media.n != 0 || wzp_qout_pending(&qc->out)) {
        return false;
    }

    if (!qc->owing) {
        return true;
    }

    until = qc->ep->now_ns + WZP_QCONN_READ;
    qc->finish_ns = WZP_MIN(qc->finish_ns, until);

    return false;
}


void
wzp_qconn_flush(wzp_qconn_t *qc)
{
    int  rv;

    if (qc->close_asked) {
        wzp_qconn_end_local(qc);
        return;
    }

    qc->in_ngtcp2 = 1;
    rv = wzp_qconn_write(qc);
    qc->in_ngtcp2 = 0;

    if (rv != 0) {
        wzp_qconn_fail(qc, rv);
        return;
    }

    if (wzp_qconn_finished(qc)) {
        wzp_qconn_end_local(qc);
        return;
    }

    wzp_qconn_measure(qc);
    wzp_qconn_schedule(qc);
}


void
wzp_qconn_abuse(wzp_qconn_t *qc, const char *reason)
{
    wzp_qconn_close(qc, WZP_CLOSE_PROTOCOL, reason);
}
