/*
 * What ngtcp2 calls.  Nothing here writes packets, deletes connections or
 * enters ngtcp2 in any way that its manual forbids in callbacks: events go to
 * the application, which in turn can only queue and mark.
 */

#include "quic/wzp_quic_int.h"
#include "wzp/wzp_close.h"


bool
wzp_qconn_mute(const wzp_qconn_t *qc)
{
    return qc->close_asked || !qc->announced;
}


static void
wzp_cb_rand(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *rand_ctx)
{
    wzp_quic_t  *ep;

    ep = rand_ctx->native_handle;
    ep->conf.random(ep->conf.ctx, dest, len);
}


/* ---- TLS ---- */


/*
 * TLS is over and freed once the handshake is confirmed.  What a server may
 * still send is session tickets, which we do not use; a client has nothing
 * to say any more (RFC 9001, 4.4 and 6: no post-handshake authentication, no
 * TLS KeyUpdate).
 */
static int
wzp_cb_crypto_data(ngtcp2_conn *conn, ngtcp2_encryption_level level,
    uint64_t offset, const uint8_t *data, size_t len, void *user_data)
{
    wzp_qconn_t  *qc;

    qc = user_data;

    if (qc->ssl != NULL) {
        return ngtcp2_crypto_recv_crypto_data_cb(conn, level, offset, data,
                                                 len, user_data);
    }

    if (!qc->server) {
        return 0;
    }

    ngtcp2_conn_set_tls_alert(conn, SSL_AD_UNEXPECTED_MESSAGE);

    return NGTCP2_ERR_CRYPTO;
}


/* Give a returning client a token, so that it is spared Retry then. */
static void
wzp_qconn_new_token(wzp_qconn_t *qc, const ngtcp2_path *path)
{
    uint8_t       token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
    wzp_quic_t   *ep;
    ngtcp2_ssize  n;

    ep = qc->ep;

    n = ngtcp2_crypto_generate_regular_token(token, ep->keys.token,
                                             sizeof(ep->keys.token),
                                             path->remote.addr,
                                             path->remote.addrlen, ep->now_ns);
    if (n > 0) {
        /* Without memory the client will see a Retry next time. */
        (void) ngtcp2_conn_submit_new_token(qc->conn, token, (size_t) n);
    }
}


static int
wzp_cb_handshake_completed(ngtcp2_conn *conn, void *user_data)
{
    wzp_quic_t   *ep;
    wzp_qconn_t  *qc;

    qc = user_data;
    ep = qc->ep;

    qc->phase = WZP_QPHASE_OPEN;
    qc->urgent = 1;
    ep->half_open--;

    qc->has_exporter = wzp_quic_tls_exporter(qc->ssl, qc->exporter);
    qc->has_cert = wzp_quic_tls_peer_fp(qc->ssl, qc->cert_fp);

    if (qc->server) {
        /* For a server completed is confirmed (RFC 9001, 4.1.2). */
        qc->confirmed = 1;
        wzp_qconn_new_token(qc, ngtcp2_conn_get_path(conn));
    }

    wzp_qconn_measure(qc);

    if (!wzp_qconn_mute(qc) && ep->conf.events.handshake != NULL) {
        ep->conf.events.handshake(qc);
    }

    return 0;
}


static int
wzp_cb_handshake_confirmed(ngtcp2_conn *conn, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;

    qc = user_data;
    qc->confirmed = 1;

    if (!qc->server && !wzp_qconn_mute(qc)
        && qc->ep->conf.events.confirmed != NULL)
    {
        qc->ep->conf.events.confirmed(qc);
    }

    return 0;
}


static int
wzp_cb_recv_new_token(ngtcp2_conn *conn, const uint8_t *token, size_t len,
    void *user_data)
{
    wzp_quic_t   *ep;
    wzp_qconn_t  *qc;

    (void) conn;

    qc = user_data;
    ep = qc->ep;

    if (len <= sizeof(ep->token)) {
        memcpy(ep->token, token, len);
        ep->token_len = len;
        ep->token_addr = qc->peer;
    }

    return 0;
}


/* ---- connection IDs ---- */


static int
wzp_cb_new_cid(ngtcp2_conn *conn, ngtcp2_cid *cid, uint8_t *token,
    size_t cidlen, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;

    qc = user_data;

    if (cidlen != WZP_CID_LEN || wzp_qconn_new_cid(qc, cid) != WZP_OK
        || wzp_cid_reset_token(&qc->ep->keys, cid, token) != WZP_OK)
    {
        return NGTCP2_ERR_CALLBACK_FAILURE;
    }

    return 0;
}


static int
wzp_cb_remove_cid(ngtcp2_conn *conn, const ngtcp2_cid *cid, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;

    qc = user_data;

    wzp_cid_table_remove(&qc->ep->cids, &qc->cids, cid->data, cid->datalen);

    return 0;
}


static int
wzp_cb_stateless_reset(ngtcp2_conn *conn,
    const ngtcp2_pkt_stateless_reset *sr, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;
    (void) sr;

    qc = user_data;
    qc->was_reset = 1;

    return 0;
}


/* ---- paths ---- */


static int
wzp_cb_path_validation(ngtcp2_conn *conn, uint32_t flags,
    const ngtcp2_path *path, const ngtcp2_path *old_path,
    ngtcp2_path_validation_result res, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;
    (void) old_path;

    qc = user_data;
    qc->urgent = 1;

    if (res != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS) {
        return 0;
    }

    wzp_qconn_moved(qc, path);

    if (qc->server && (flags & NGTCP2_PATH_VALIDATION_FLAG_NEW_TOKEN)) {
        wzp_qconn_new_token(qc, path);
    }

    return 0;
}


/* ---- data ---- */


static int
wzp_cb_datagram(ngtcp2_conn *conn, uint32_t flags, const uint8_t *data,
    size_t len, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;
    (void) flags;

    qc = user_data;
    qc->frames_in++;
    qc->eliciting = 1;

    if (!wzp_qconn_mute(qc) && qc->ep->conf.events.datagram != NULL) {
        qc->ep->conf.events.datagram(qc, data, len);
    }

    return 0;
}


/* Before 1.16.0 nobody but this callback tells of lost packets. */
static int
wzp_cb_lost_datagram(ngtcp2_conn *conn, uint64_t id, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;

    qc = user_data;
    qc->frames_lost++;

    if (qc->ep->conf.events.fate != NULL) {
        qc->ep->conf.events.fate(qc, id, true);
    }

    return 0;
}


static int
wzp_cb_ack_datagram(ngtcp2_conn *conn, uint64_t id, void *user_data)
{
    wzp_qconn_t  *qc;

    (void) conn;

    qc = user_data;

    if (qc->ep->conf.events.fate != NULL) {
        qc->ep->conf.events.fate(qc, id, false);
    }

    return 0;
}


static void
wzp_qconn_in_result(wzp_qconn_t *qc, wzp_rc_t rc)
{
    if (rc == WZP_OK) {
        return;
    }

    if (rc == WZP_ENOMEM) {
        wzp_qconn_close(qc, WZP_CLOSE_INTERNAL, "no memory");
        return;
    }

    wzp_qconn_abuse(qc, (rc == WZP_ETOOBIG) ? "message is too long"
                                            : "message is cut short");
}


/*
 * Give back the credit of streams whose messages are delivered.  What closes
 * the last of them is but an ACK, which asks for no packet: a peer that has
 * used all of its credit would wait until we have something else to say.
 */
static void
wzp_qconn_credit(wzp_qconn_t *qc)
{
    if (qc->in.retired != 0) {
        ngtcp2_conn_extend_max_streams_bidi(qc->conn, qc->in.retired);
        qc->credit += qc->in.retired;
        qc->in.retired = 0;

        if (qc->credit >= qc->ep->conf.streams / 4) {
            qc->credit = 0;
            qc->urgent = 1;
        }
    }
}


static void
wzp_qconn_message_data(wzp_qconn_t *qc, int64_t stream_id,
    const uint8_t *data, size_t len, bool fin)
{
    bool      whole;
    wzp_rc_t  rc;

    rc = wzp_qin_data(&qc->in, stream_id, data, len, fin, &whole);

    if (rc == WZP_OK && whole) {
        wzp_qout_fin(&qc->out, stream_id);
    }

    if (rc == WZP_OK && !whole) {
        /* More of it is under way; the sender may wait for our ACK. */
        qc->urgent = 1;
    }

    wzp_qconn_in_result(qc, rc);
    wzp_qconn_credit(qc);
}


static int
wzp_cb_stream_data(ngtcp2_conn *conn, uint32_t flags, int64_t stream_id,
    uint64_t offset, const uint8_t *data, size_t len, void *user_data,
    void *stream_user_data)
{
    bool          fin;
    wzp_quic_t   *ep;
    wzp_qconn_t  *qc;

    (void) offset;
    (void) stream_user_data;

    qc = user_data;
    ep = qc->ep;
    fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    qc->eliciting = 1;

    if (ep->conf.ignore_streams
        && !ngtcp2_conn_is_local_stream(conn, stream_id))
    {
        return 0;
    }

    ngtcp2_conn_extend_max_stream_offset(conn, stream_id, len);
    ngtcp2_conn_extend_max_offset(conn, len);

    if (wzp_qconn_mute(qc) || ngtcp2_conn_is_local_stream(conn, stream_id)) {
        /* Nobody answers on the stream of a request (PROTOCOL 2.1). */
        return 0;
    }

    if (ngtcp2_is_bidi_stream(stream_id)) {
        wzp_qconn_message_data(qc, stream_id, data, len, fin);

    } else if (ep->conf.events.uni != NULL) {
        ep->conf.events.uni(qc, data, len, fin);
    }

    return 0;
}


static int
wzp_cb_stream_reset(ngtcp2_conn *conn, int64_t stream_id,
    uint64_t final_size, uint64_t code, void *user_data,
    void *stream_user_data)
{
    wzp_qconn_t  *qc;

    (void) final_size;
    (void) code;
    (void) stream_user_data;

    qc = user_data;

    if (ngtcp2_is_bidi_stream(stream_id)
        && !ngtcp2_conn_is_local_stream(conn, stream_id)
        && !qc->ep->conf.ignore_streams)
    {
        wzp_qconn_in_result(qc, wzp_qin_reset(&qc->in, stream_id));
        wzp_qout_fin(&qc->out, stream_id);
        wzp_qconn_credit(qc);
    }

    return 0;
}


static int
wzp_cb_stream_close(ngtcp2_conn *conn, uint32_t flags, int64_t stream_id,
    uint64_t code, void *user_data, void *stream_user_data)
{
    wzp_qconn_t  *qc;

    (void) flags;
    (void) code;

    qc = user_data;

    if (ngtcp2_conn_is_local_stream(conn, stream_id)) {
        qc->nopen--;

        if (stream_user_data != NULL) {
            wzp_qout_drop(&qc->out, stream_user_data);
        }

        return 0;
    }

    if (qc->ep->conf.ignore_streams) {
        /* What is never accepted keeps its place. */
        return 0;
    }

    if (!ngtcp2_is_bidi_stream(stream_id)) {
        ngtcp2_conn_extend_max_streams_uni(conn, 1);
        return 0;
    }

    wzp_qconn_in_result(qc, wzp_qin_closed(&qc->in, stream_id));
    wzp_qconn_credit(qc);

    return 0;
}


/* The FIN travels in the frame of the last byte: when that is acknowledged,
 * so is the message.  The stream itself may stay open at the peer's will. */
static int
wzp_cb_acked(ngtcp2_conn *conn, int64_t stream_id, uint64_t offset,
    uint64_t len, void *user_data, void *stream_user_data)
{
    wzp_qmsg_t   *qm;
    wzp_qconn_t  *qc;

    qc = user_data;
    qm = stream_user_data;

    if (qm != NULL && qm->all_sent && offset + len >= qm->qb->len) {
        (void) ngtcp2_conn_set_stream_user_data(conn, stream_id, NULL);
        wzp_qout_drop(&qc->out, qm);
    }

    return 0;
}


static int
wzp_cb_stream_credit(ngtcp2_conn *conn, int64_t stream_id, uint64_t max_data,
    void *user_data, void *stream_user_data)
{
    wzp_qmsg_t  *qm;

    (void) conn;
    (void) stream_id;
    (void) max_data;
    (void) user_data;

    qm = stream_user_data;

    if (qm != NULL) {
        qm->blocked = false;
    }

    return 0;
}


/* ngtcp2 answers STOP_SENDING with RESET_STREAM by itself and forgets what
 * was not sent; after delivery that is harmless (PROTOCOL 2.1). */

#define WZP_QCONN_CALLBACKS                                                   \
    .recv_crypto_data = wzp_cb_crypto_data,                                   \
    .handshake_completed = wzp_cb_handshake_completed,                        \
    .encrypt = ngtcp2_crypto_encrypt_cb,                                      \
    .decrypt = ngtcp2_crypto_decrypt_cb,                                      \
    .hp_mask = ngtcp2_crypto_hp_mask_cb,                                      \
    .recv_stream_data = wzp_cb_stream_data,                                   \
    .acked_stream_data_offset = wzp_cb_acked,                                 \
    .stream_close = wzp_cb_stream_close,                                      \
    .stream_reset = wzp_cb_stream_reset,                                      \
    .extend_max_stream_data = wzp_cb_stream_credit,                           \
    .recv_stateless_reset = wzp_cb_stateless_reset,                           \
    .rand = wzp_cb_rand,                                                      \
    .get_new_connection_id = wzp_cb_new_cid,                                  \
    .remove_connection_id = wzp_cb_remove_cid,                                \
    .update_key = ngtcp2_crypto_update_key_cb,                                \
    .path_validation = wzp_cb_path_validation,                                \
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,        \
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,    \
    .recv_datagram = wzp_cb_datagram,                                         \
    .lost_datagram = wzp_cb_lost_datagram,                                    \
    .get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb,      \
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb


const ngtcp2_callbacks  wzp_qconn_server_callbacks = {
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    WZP_QCONN_CALLBACKS
};


const ngtcp2_callbacks  wzp_qconn_client_callbacks = {
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = ngtcp2_crypto_recv_retry_cb,
    .handshake_confirmed = wzp_cb_handshake_confirmed,
    .recv_new_token = wzp_cb_recv_new_token,
    .ack_datagram = wzp_cb_ack_datagram,
    WZP_QCONN_CALLBACKS
};
