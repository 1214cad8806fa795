/*
 * What an application may ask of a connection.  From inside an event too:
 * nothing here does more than queue, mark and read.
 */

#include "quic/wzp_quic_int.h"

#include <stdlib.h>


void
wzp_qconn_set_data(wzp_qconn_t *qc, void *data)
{
    qc->data = data;
}


void *
wzp_qconn_data(const wzp_qconn_t *qc)
{
    return qc->data;
}


wzp_quic_t *
wzp_qconn_endpoint(const wzp_qconn_t *qc)
{
    return qc->ep;
}


const wzp_addr_t *
wzp_qconn_peer(const wzp_qconn_t *qc)
{
    return &qc->peer;
}


const wzp_addr_t *
wzp_qconn_local(const wzp_qconn_t *qc)
{
    return &qc->local;
}


wzp_udp_socket_t *
wzp_qconn_socket(const wzp_qconn_t *qc)
{
    return qc->su;
}


const char *
wzp_qconn_sni(const wzp_qconn_t *qc, size_t *len)
{
    *len = qc->sni_len;

    return (qc->sni != NULL) ? qc->sni : "";
}


wzp_rc_t
wzp_qconn_peer_cert(const wzp_qconn_t *qc, uint8_t fp[WZP_CERT_FP_SIZE])
{
    if (!qc->has_cert) {
        return WZP_EAGAIN;
    }

    memcpy(fp, qc->cert_fp, WZP_CERT_FP_SIZE);

    return WZP_OK;
}


wzp_rc_t
wzp_qconn_exporter(const wzp_qconn_t *qc, uint8_t out[WZP_EXPORTER_SIZE])
{
    if (!qc->has_exporter) {
        return WZP_EAGAIN;
    }

    memcpy(out, qc->exporter, WZP_EXPORTER_SIZE);

    return WZP_OK;
}


bool
wzp_qconn_has_datagram(const wzp_qconn_t *qc)
{
    const ngtcp2_transport_params  *tp;

    if (qc->conn == NULL || qc->phase != WZP_QPHASE_OPEN) {
        return false;
    }

    tp = ngtcp2_conn_get_remote_transport_params(qc->conn);

    return tp != NULL && tp->max_datagram_frame_size > 0;
}


size_t
wzp_qconn_max_datagram(const wzp_qconn_t *qc)
{
    return qc->max_dgram;
}


bool
wzp_qconn_is_over(const wzp_qconn_t *qc)
{
    return qc->phase == WZP_QPHASE_LINGER || qc->close_asked || qc->finishing;
}


/* Write now, or wait for company?  A full packet has no use for it. */
static void
wzp_qconn_media_due(wzp_qconn_t *qc)
{
    uint64_t     due;
    wzp_quic_t  *ep;

    ep = qc->ep;

    if (qc->is_dirty || qc->media.blocked) {
        /* To be written anyway, or as soon as the path allows it. */
        return;
    }

    if (ep->conf.bundle_ns == 0 || qc->media.bytes >= qc->max_dgram) {
        wzp_quic_touch(qc);
        return;
    }

    due = qc->media.since_ns + ep->conf.bundle_ns;

    if (qc->timer.index == WZP_TIMER_OFF || due < qc->timer.due_ns) {
        wzp_timer_set(&ep->timers, &qc->timer, due);
    }
}


wzp_rc_t
wzp_qconn_send(wzp_qconn_t *qc, wzp_qbuf_t *qb, uint64_t now_ns)
{
    wzp_rc_t     rc;
    wzp_quic_t  *ep;

    if (wzp_qconn_is_over(qc)) {
        return WZP_ECLOSED;
    }

    if (qb->len > qc->max_dgram) {
        qc->drop_too_big++;
        return WZP_ETOOBIG;
    }

    ep = qc->ep;

    rc = wzp_qmedia_put(&qc->media, qb, qc->queue_len,
                        wzp_quic_time(ep, now_ns));
    if (rc != WZP_OK) {
        return rc;
    }

    wzp_qconn_media_due(qc);

    return WZP_OK;
}


wzp_rc_t
wzp_qconn_message(wzp_qconn_t *qc, wzp_qbuf_t *qb, unsigned key)
{
    wzp_rc_t  rc;

    if (wzp_qconn_is_over(qc)) {
        return WZP_ECLOSED;
    }

    rc = wzp_qout_put(&qc->out, qb, key, false);

    if (rc == WZP_OK) {
        wzp_quic_touch(qc);
    }

    return rc;
}


void
wzp_qconn_set_queue(wzp_qconn_t *qc, uint32_t media_len)
{
    if (media_len == 0) {
        media_len = qc->ep->conf.queue_len;
    }

    qc->queue_len = WZP_MIN(media_len, (uint32_t) WZP_QUIC_QUEUE_MAX);
}


void
wzp_qconn_set_messages(wzp_qconn_t *qc, uint32_t messages)
{
    qc->out.wait_max = WZP_MIN(messages, (uint32_t) UINT16_MAX + 1);
}


void
wzp_qconn_set_max_message(wzp_qconn_t *qc, size_t bytes)
{
    if (bytes == 0) {
        bytes = qc->ep->conf.max_message;
    }

    qc->in.max_message = WZP_MIN(bytes, (size_t) WZP_QUIC_MESSAGE_MAX);
}


bool
wzp_qconn_starved(const wzp_qconn_t *qc)
{
    return qc->phase == WZP_QPHASE_OPEN
           && wzp_qout_first(&qc->out, false) != NULL
           && (qc->nopen >= WZP_QUIC_OPEN_MAX
               || ngtcp2_conn_get_streams_bidi_left(qc->conn) == 0);
}


wzp_rc_t
wzp_qconn_uni(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    wzp_rc_t     rc;
    wzp_qbuf_t  *qb;

    if (wzp_qconn_is_over(qc)) {
        return WZP_ECLOSED;
    }

    qb = wzp_qbuf_alloc(len);
    if (qb == NULL) {
        return WZP_ENOMEM;
    }

    if (len != 0) {
        memcpy(qb->data, data, len);
    }

    qb->len = (uint32_t) len;

    rc = wzp_qout_put(&qc->out, qb, 0, true);
    wzp_qbuf_unref(qb);

    if (rc == WZP_OK) {
        wzp_quic_touch(qc);
    }

    return rc;
}


static void
wzp_qconn_set_reason(wzp_qconn_t *qc, uint64_t code, const char *reason)
{
    size_t  len;

    qc->close_code = code;

    free(qc->close_reason);
    qc->close_reason = NULL;

    len = (reason != NULL) ? strlen(reason) : 0;
    len = WZP_MIN(len, (size_t) WZP_QUIC_REASON_MAX);

    if (len == 0) {
        return;
    }

    qc->close_reason = malloc(len + 1);

    if (qc->close_reason != NULL) {
        memcpy(qc->close_reason, reason, len);
        qc->close_reason[len] = '\0';
    }
}


void
wzp_qconn_close(wzp_qconn_t *qc, uint64_t code, const char *reason)
{
    if (qc->phase == WZP_QPHASE_LINGER || qc->close_asked) {
        return;
    }

    wzp_qconn_set_reason(qc, code, reason);
    qc->close_asked = 1;
    wzp_quic_touch(qc);
}


void
wzp_qconn_finish(wzp_qconn_t *qc, uint64_t code, const char *reason,
    uint64_t wait_ns, uint64_t now_ns)
{
    if (wzp_qconn_is_over(qc)) {
        return;
    }

    now_ns = wzp_quic_time(qc->ep, now_ns);

    wzp_qconn_set_reason(qc, code, reason);
    qc->finishing = 1;
    qc->owing = qc->server && wzp_qout_pending(&qc->out);
    qc->finish_ns = (wait_ns < UINT64_MAX - now_ns) ? now_ns + wait_ns
                                                    : UINT64_MAX - 1;
    wzp_quic_touch(qc);
}


wzp_rc_t
wzp_qconn_key_update(wzp_qconn_t *qc, uint64_t now_ns)
{
    if (wzp_qconn_is_over(qc)) {
        return WZP_ECLOSED;
    }

    if (qc->in_ngtcp2 || qc->phase != WZP_QPHASE_OPEN
        || ngtcp2_conn_initiate_key_update(qc->conn,
                                           wzp_quic_time(qc->ep, now_ns))
           != 0)
    {
        return WZP_EAGAIN;
    }

    return WZP_OK;
}


void
wzp_qconn_stats(const wzp_qconn_t *qc, wzp_qstats_t *st)
{
    ngtcp2_conn_info  ci;

    memset(st, 0, sizeof(wzp_qstats_t));

    st->packets_in = qc->packets_in;
    st->packets_out = qc->packets_out;
    st->packets_out_bare = qc->packets_bare;
    st->packets_lost = qc->frames_lost;
    st->frames_in = qc->frames_in;
    st->frames_out = qc->frames_out;
    st->drop_too_big = qc->drop_too_big;
    st->drop_queue = qc->media.drop_queue;
    st->drop_stale = qc->media.drop_stale;
    st->queued = qc->media.n;
    st->messages_queued = qc->out.nwait;
    st->mtu = qc->mtu;

    if (qc->conn == NULL) {
        return;
    }

    ngtcp2_conn_get_conn_info(qc->conn, &ci);

    st->cwnd = ci.cwnd;

    if (ci.min_rtt != UINT64_MAX) {
        st->rtt_ns = ci.smoothed_rtt;
        st->rttvar_ns = ci.rttvar;
    }

#if NGTCP2_VERSION_NUM >= 0x011000
    st->packets_lost = ci.pkt_lost;
#endif
}
