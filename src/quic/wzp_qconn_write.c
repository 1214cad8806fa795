/*
 * Writing packets.  All that is ready for one peer shares a packet: ACKs and
 * ngtcp2's own frames, ends of streams, messages, and as many DATAGRAM frames
 * as fit (RFC 9221, 5; it is the largest gain there is).
 */

#include "quic/wzp_quic_int.h"


/* One packet on its way. */
typedef struct {
    wzp_qconn_t          *qc;
    ngtcp2_path_storage   ps;           /* where it goes                     */
    ngtcp2_pkt_info       pi;
    uint8_t              *buf;
    uint64_t              now_ns;
    bool                  open;         /* ngtcp2 waits for more frames      */
    bool                  payload;      /* has media or stream data          */
} wzp_qpkt_t;


/* What one step of packing came to. */
typedef enum {
    WZP_PACK_MORE = 0,                  /* go on with the next kind          */
    WZP_PACK_END                        /* packet is done, or nothing goes   */
} wzp_pack_t;


static ngtcp2_ssize
wzp_qpkt_stream(wzp_qpkt_t *pk, int64_t stream_id, uint32_t flags,
    const uint8_t *data, size_t len, ngtcp2_ssize *taken)
{
    ngtcp2_vec    vec;
    ngtcp2_ssize  n;

    /* ngtcp2 keeps pointers into the buffer but never writes there. */

    vec.base = (uint8_t *) (uintptr_t) data;
    vec.len = len;
    *taken = -1;

    n = ngtcp2_conn_writev_stream(pk->qc->conn, &pk->ps.path, &pk->pi,
                                  pk->buf, WZP_UDP_MTU_MAX, taken, flags,
                                  stream_id, &vec, (len != 0) ? 1 : 0,
                                  pk->now_ns);

    if (*taken >= 0) {
        pk->payload = true;
    }

    if (n == NGTCP2_ERR_WRITE_MORE) {
        pk->open = true;
    }

    return n;
}


/* End our direction of streams whose message has been read. */
static wzp_pack_t
wzp_qpkt_fins(wzp_qpkt_t *pk, ngtcp2_ssize *n)
{
    ngtcp2_ssize    taken;
    wzp_qoutbox_t  *ob;

    ob = &pk->qc->out;

    while (ob->nfins != 0) {
        *n = wzp_qpkt_stream(pk, ob->fins[ob->nfins - 1],
                             NGTCP2_WRITE_STREAM_FLAG_FIN
                             | NGTCP2_WRITE_STREAM_FLAG_MORE,
                             NULL, 0, &taken);

        if (taken >= 0 || *n == NGTCP2_ERR_STREAM_SHUT_WR
            || *n == NGTCP2_ERR_STREAM_NOT_FOUND)
        {
            /* Or the peer has given it up: it got a RESET_STREAM. */
            ob->nfins--;
        }

        if (*n == NGTCP2_ERR_STREAM_DATA_BLOCKED) {
            /* Not possible for an empty frame. */
            return WZP_PACK_MORE;
        }

        if (*n != NGTCP2_ERR_WRITE_MORE && *n != NGTCP2_ERR_STREAM_SHUT_WR
            && *n != NGTCP2_ERR_STREAM_NOT_FOUND)
        {
            return WZP_PACK_END;
        }
    }

    return WZP_PACK_MORE;
}


/* One message; false: leave the packet, *n says why. */
static wzp_pack_t
wzp_qpkt_message(wzp_qpkt_t *pk, wzp_qmsg_t *qm, ngtcp2_ssize *n)
{
    ngtcp2_ssize  taken;

    *n = wzp_qpkt_stream(pk, qm->stream_id,
                         NGTCP2_WRITE_STREAM_FLAG_FIN
                         | NGTCP2_WRITE_STREAM_FLAG_MORE,
                         qm->qb->data + qm->sent, qm->qb->len - qm->sent,
                         &taken);

    if (taken >= 0) {
        qm->sent += (uint32_t) taken;
        qm->all_sent = (qm->sent == qm->qb->len);
    }

    switch (*n) {

    case NGTCP2_ERR_WRITE_MORE:
        return WZP_PACK_MORE;

    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        qm->blocked = true;
        pk->open = true;
        return WZP_PACK_MORE;

    case NGTCP2_ERR_STREAM_SHUT_WR:
    case NGTCP2_ERR_STREAM_NOT_FOUND:
        /* STOP_SENDING before we were through: the peer wants no more. */
        (void) ngtcp2_conn_set_stream_user_data(pk->qc->conn, qm->stream_id,
                                                NULL);
        wzp_qout_drop(&pk->qc->out, qm);
        return WZP_PACK_MORE;

    default:
        return WZP_PACK_END;
    }
}


static wzp_pack_t
wzp_qpkt_messages(wzp_qpkt_t *pk, ngtcp2_ssize *n)
{
    wzp_qmsg_t  *qm, *next;

    for (qm = pk->qc->out.live; qm != NULL; qm = next) {
        next = qm->next;

        if (qm->all_sent || qm->blocked) {
            continue;
        }

        if (qm->qb->len != 0
            && ngtcp2_conn_get_max_data_left(pk->qc->conn) == 0)
        {
            /* ngtcp2 would end the packet here, and media with it. */
            continue;
        }

        if (wzp_qpkt_message(pk, qm, n) == WZP_PACK_END) {
            return WZP_PACK_END;
        }
    }

    return WZP_PACK_MORE;
}


static wzp_pack_t
wzp_qpkt_media(wzp_qpkt_t *pk, ngtcp2_ssize *n)
{
    int            accepted;
    uint32_t       flags;
    ngtcp2_vec     vec;
    wzp_qbuf_t    *qb;
    wzp_qconn_t   *qc;
    wzp_qmedia_t  *qm;

    qc = pk->qc;
    qm = &qc->media;

    while ((qb = wzp_qmedia_head(qm)) != NULL) {

        if (qb->len > qc->max_dgram) {
            /* The path has shrunk since it was queued; ngtcp2 would take
             * nothing, for ever. */
            wzp_qmedia_pop(qm);
            qc->drop_too_big++;
            continue;
        }

        vec.base = qb->data;
        vec.len = qb->len;
        accepted = 0;

        /* With nothing to follow, the call that takes the frame ends the
         * packet as well. */

        flags = (qm->n > 1 || wzp_qout_pending(&qc->out))
                ? NGTCP2_WRITE_DATAGRAM_FLAG_MORE
                : NGTCP2_WRITE_DATAGRAM_FLAG_NONE;

        *n = ngtcp2_conn_writev_datagram(qc->conn, &pk->ps.path, &pk->pi,
                                         pk->buf, WZP_UDP_MTU_MAX, &accepted,
                                         flags, qc->frames_out, &vec, 1,
                                         pk->now_ns);

        if (accepted) {
            if (qc->ep->conf.events.sent != NULL) {
                qc->ep->conf.events.sent(qc, qb);
            }

            wzp_qmedia_pop(qm);
            qc->frames_out++;
            pk->payload = true;
        }

        if (*n != NGTCP2_ERR_WRITE_MORE) {
            return WZP_PACK_END;
        }

        pk->open = true;
    }

    return WZP_PACK_MORE;
}


/*
 * Media and messages take turns at the front of a packet: a long list of
 * members on a narrow path must not hold up speech, nor speech for ever the
 * news of who is there.
 */
static wzp_pack_t
wzp_qpkt_payload(wzp_qpkt_t *pk, ngtcp2_ssize *n)
{
    pk->qc->media_first = !pk->qc->media_first;

    if (pk->qc->media_first) {
        if (wzp_qpkt_media(pk, n) == WZP_PACK_END) {
            return WZP_PACK_END;
        }

        return wzp_qpkt_messages(pk, n);
    }

    if (wzp_qpkt_messages(pk, n) == WZP_PACK_END) {
        return WZP_PACK_END;
    }

    return wzp_qpkt_media(pk, n);
}


/* Returns the length of the packet, 0: nothing to send, or an error. */
static ngtcp2_ssize
wzp_qpkt_pack(wzp_qpkt_t *pk)
{
    ngtcp2_ssize  n, taken;

    n = 0;

    if (wzp_qpkt_fins(pk, &n) == WZP_PACK_END
        || wzp_qpkt_payload(pk, &n) == WZP_PACK_END)
    {
        return n;
    }

    /* Close the packet, or let ngtcp2 say what it has to say. */

    return wzp_qpkt_stream(pk, -1, NGTCP2_WRITE_STREAM_FLAG_NONE, NULL, 0,
                           &taken);
}


/* Streams for messages that wait, as far as the peer's credit goes, and no
 * further than we would have to remember them. */
static void
wzp_qconn_open_streams(wzp_qconn_t *qc)
{
    int          rv;
    int64_t      id;
    wzp_qmsg_t  *qm;

    while (qc->nopen < WZP_QUIC_OPEN_MAX
           && (qm = wzp_qout_first(&qc->out, false)) != NULL
           && wzp_qout_may_start(&qc->out, qm))
    {
        rv = ngtcp2_conn_open_bidi_stream(qc->conn, &id, qm);
        if (rv != 0) {
            break;
        }

        qc->nopen++;
        wzp_qout_start(&qc->out, qm, id);

        /* Nothing is to come back on it. */
        (void) ngtcp2_conn_shutdown_stream_read(qc->conn, 0, id, 0);
    }

    while (qc->nopen < WZP_QUIC_OPEN_MAX
           && (qm = wzp_qout_first(&qc->out, true)) != NULL
           && wzp_qout_may_start(&qc->out, qm))
    {
        rv = ngtcp2_conn_open_uni_stream(qc->conn, &id, qm);
        if (rv != 0) {
            break;
        }

        qc->nopen++;
        wzp_qout_start(&qc->out, qm, id);
    }
}


static void
wzp_qpkt_commit(wzp_qpkt_t *pk, size_t len)
{
    wzp_addr_t         local, peer;
    wzp_quic_t        *ep;
    wzp_qconn_t       *qc;
    wzp_udp_socket_t  *su;

    qc = pk->qc;
    ep = qc->ep;

    if (wzp_addr_set(&local, pk->ps.path.local.addr,
                     pk->ps.path.local.addrlen) != WZP_OK)
    {
        local.len = 0;
    }

    if (wzp_addr_set(&peer, pk->ps.path.remote.addr,
                     pk->ps.path.remote.addrlen) != WZP_OK)
    {
        return;
    }

    su = (pk->ps.path.user_data != NULL) ? pk->ps.path.user_data : qc->su;

    ep->conf.sink.commit(ep->conf.sink.ctx, len, su, &local, &peer,
                         (uint8_t) (pk->pi.ecn & NGTCP2_ECN_MASK));

    qc->packets_out++;
    qc->packets_bare += !pk->payload;
}


/*
 * Will the ACK that waits leave with this packet?  ngtcp2 puts it there once
 * min(max_ack_delay, srtt / 8) have passed since a packet asked for it, or
 * enough packets have come.  We do not know which packet asked (a PING is not
 * shown), so between the first and the last the answer is "perhaps".
 */
static void
wzp_qconn_release(wzp_qconn_t *qc)
{
    uint64_t           delay, now;
    ngtcp2_conn_info   ci;

    now = qc->ep->now_ns;

    if (qc->hold_ns != 0 && qc->confirmed
        && qc->held < qc->ep->conf.ack_packets
        && now < wzp_qconn_hold_end(qc))
    {
        ngtcp2_conn_get_conn_info(qc->conn, &ci);
        delay = WZP_MIN(qc->ep->conf.ack_delay_ns, ci.smoothed_rtt / 8);
        delay = WZP_MAX(delay, 1);

        if (now - qc->hold_ns < delay) {
            /* No: it goes on waiting. */
            return;
        }

        if (now - qc->heard_ns < delay) {
            /* Perhaps.  If it does leave, a timer runs for nothing. */
            qc->hold_ns = qc->heard_ns;
            qc->held = 1;
            return;
        }
    }

    qc->hold_ns = 0;
    qc->held = 0;
}


/*
 * Was that all?  ngtcp2 puts its own frames in front of ours, so once ours are
 * in a packet that has room left, nothing waits; asking it costs as much as
 * a quarter of a packet.  Probes of the path are packets without payload of
 * ours, and the handshake has several kinds: there we do ask.
 */
static bool
wzp_qconn_is_said(const wzp_qconn_t *qc, const wzp_qpkt_t *pk, size_t len)
{
    return pk->payload && qc->confirmed && qc->media.n == 0
           && qc->out.nfins == 0 && !wzp_qout_pending(&qc->out)
           && len + WZP_QUIC_ROOM < qc->mtu;
}


int
wzp_qconn_write(wzp_qconn_t *qc)
{
    unsigned      i;
    wzp_qpkt_t    pk;
    wzp_quic_t   *ep;
    ngtcp2_ssize  n;

    ep = qc->ep;

    if (qc->media.blocked) {
        wzp_qmedia_expire(&qc->media, ep->conf.stale_ns, ep->now_ns);
    }

    if (qc->phase == WZP_QPHASE_OPEN) {
        wzp_qconn_open_streams(qc);
    }

    wzp_qconn_release(qc);
    n = 0;

    for (i = 0; i < WZP_QUIC_BURST; i++) {
        ngtcp2_path_storage_zero(&pk.ps);
        pk.pi.ecn = NGTCP2_ECN_NOT_ECT;
        pk.qc = qc;
        pk.now_ns = ep->now_ns;
        pk.open = false;
        pk.payload = false;
        pk.buf = ep->conf.sink.buffer(ep->conf.sink.ctx);

        n = wzp_qpkt_pack(&pk);

        if (n <= 0) {
            break;
        }

        wzp_qpkt_commit(&pk, (size_t) n);

        if (wzp_qconn_is_said(qc, &pk, (size_t) n)) {
            break;
        }
    }

    if (i == WZP_QUIC_BURST) {
        /* There is more; let others have a turn. */
        wzp_quic_touch(qc);
        return 0;
    }

    qc->media.blocked = (qc->media.n != 0);

    return (n < 0) ? (int) n : 0;
}
