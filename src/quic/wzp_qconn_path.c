/*
 * Paths: what fits through, and a peer or ourselves on the move (RFC 9000, 9).
 */

#include "quic/wzp_quic_int.h"
#include "wzp/wzp_close.h"


/*
 * The largest DATAGRAM payload that any packet to this peer can hold:
 * 1 byte of header, the peer's ID, up to 4 of packet number, 16 of AEAD tag;
 * frame type and length are 3 (RFC 9000, 17.3.1; RFC 9221, 4).
 */
void
wzp_qconn_measure(wzp_qconn_t *qc)
{
    size_t                          room, over;
    const ngtcp2_transport_params  *tp;

    qc->mtu = (uint16_t) ngtcp2_conn_get_path_max_tx_udp_payload_size(qc->conn);
    qc->max_dgram = 0;

    tp = ngtcp2_conn_get_remote_transport_params(qc->conn);

    if (qc->phase != WZP_QPHASE_OPEN || tp == NULL
        || tp->max_datagram_frame_size <= 3)
    {
        return;
    }

    over = 1 + ngtcp2_conn_get_dcid(qc->conn)->datalen + 4 + 16 + 3;
    room = (qc->mtu > over) ? qc->mtu - over : 0;

    if (room > tp->max_datagram_frame_size - 3) {
        room = (size_t) tp->max_datagram_frame_size - 3;
    }

    qc->max_dgram = (uint16_t) room;
}


void
wzp_qconn_moved(wzp_qconn_t *qc, const ngtcp2_path *path)
{
    bool         ok;
    wzp_addr_t   from, to, local;
    wzp_quic_t  *ep;

    ep = qc->ep;

    if (wzp_addr_set(&to, path->remote.addr, path->remote.addrlen) != WZP_OK
        || wzp_addr_set(&local, path->local.addr, path->local.addrlen)
           != WZP_OK)
    {
        return;
    }

    from = qc->peer;
    qc->local = local;

    if (path->user_data != NULL) {
        qc->su = path->user_data;
    }

    if (wzp_addr_equal(&from, &to)) {
        return;
    }

    qc->was = from;
    qc->peer = to;

    if (wzp_qconn_mute(qc) || ep->conf.events.migrated == NULL) {
        return;
    }

    ok = ep->conf.events.migrated(qc, &from, &to);

    if (!ok) {
        wzp_qconn_close(qc, WZP_CLOSE_ACCESS,
                        "migration to another address is not allowed");
    }
}


/*
 * ngtcp2 follows a peer at once, and tells when the new path is validated.
 * When the peer goes back to a path that it has proved before, there is
 * nothing to validate and nobody tells: look for it.
 */
void
wzp_qconn_look_around(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    wzp_addr_t          peer;
    const ngtcp2_path  *path;

    path = ngtcp2_conn_get_path(qc->conn);

    if (wzp_addr_set(&peer, path->remote.addr, path->remote.addrlen)
        != WZP_OK)
    {
        return;
    }

    if (!wzp_addr_equal(&peer, &qc->peer)) {

        if (wzp_addr_equal(&peer, &qc->was)) {
            wzp_qconn_moved(qc, path);
        }

        return;
    }

    if (path->user_data != dg->socket && wzp_addr_equal(&dg->peer, &peer)
        && wzp_addr_equal(&dg->local, &qc->local))
    {
        /* The same path by another socket: a successor has taken over. */
        ngtcp2_conn_set_path_user_data(qc->conn, dg->socket);
        qc->su = dg->socket;
    }
}


wzp_rc_t
wzp_qconn_migrate(wzp_qconn_t *qc, wzp_udp_socket_t *su,
    const wzp_addr_t *local, uint64_t now_ns)
{
    int          rv;
    ngtcp2_path  path;

    if (qc->server || wzp_qconn_is_over(qc)) {
        return WZP_ECLOSED;
    }

    if (qc->in_ngtcp2 || qc->phase != WZP_QPHASE_OPEN) {
        return WZP_EAGAIN;
    }

    path.local.addr = (ngtcp2_sockaddr *) (uintptr_t) &local->u.sa;
    path.local.addrlen = local->len;
    path.remote.addr = &qc->peer.u.sa;
    path.remote.addrlen = qc->peer.len;
    path.user_data = su;

    rv = ngtcp2_conn_initiate_immediate_migration(qc->conn, &path,
                                                  wzp_quic_time(qc->ep,
                                                                now_ns));
    if (rv != 0) {
        /* Too early, no spare connection ID, or the server forbids it. */
        return (rv == NGTCP2_ERR_INVALID_ARGUMENT) ? WZP_EDUP : WZP_EAGAIN;
    }

    qc->su = su;
    qc->local = *local;

    wzp_quic_touch(qc);

    return WZP_OK;
}
