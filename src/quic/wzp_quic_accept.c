/*
 * Datagrams that belong to no connection: new clients, and everything that
 * is answered without keeping state.  No answer is longer than what it
 * answers, and their rate is bounded.
 */

#include "quic/wzp_quic_int.h"
#include "wzp/wzp_close.h"


#define WZP_RETRY_LIFE_NS   (10 * WZP_SEC)
#define WZP_TOKEN_LIFE_NS   (3600 * WZP_SEC)

#define WZP_INITIAL_MIN     1200        /* RFC 9000, 14.1                    */

/* A stateless reset should look like a short packet of the usual size, and
 * must be smaller than its cause, lest two endpoints reset each other for ever
 * (RFC 9000, 10.3 and 10.3.3). */
#define WZP_RESET_MIN       21
#define WZP_RESET_LEN       42


static void
wzp_quic_reply(wzp_quic_t *ep, const wzp_udp_dgram_t *dg, size_t len)
{
    ep->conf.sink.commit(ep->conf.sink.ctx, len, dg->socket, &dg->local,
                         &dg->peer, NGTCP2_ECN_NOT_ECT);
}


wzp_qin_t
wzp_quic_negotiate(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_version_cid *vc)
{
    uint8_t       *buf, rnd;
    uint32_t       versions[3];
    ngtcp2_ssize   n;

    if (dg->len < WZP_INITIAL_MIN || vc->dcidlen > NGTCP2_MAX_CIDLEN
        || vc->scidlen > NGTCP2_MAX_CIDLEN
        || !wzp_bucket_take(&ep->replies, ep->now_ns))
    {
        return WZP_QIN_JUNK;
    }

    ep->conf.random(ep->conf.ctx, &rnd, 1);

    /* The first is reserved, to keep clients flexible (RFC 9000, 6.3). */

    versions[0] = 0x0a0a0a0aU | (uint32_t) (rnd & 0xf0) << 24;
    versions[1] = NGTCP2_PROTO_VER_V1;
    versions[2] = NGTCP2_PROTO_VER_V2;

    buf = ep->conf.sink.buffer(ep->conf.sink.ctx);

    n = ngtcp2_pkt_write_version_negotiation(buf, WZP_UDP_MTU_MAX, rnd,
                                             vc->scid, vc->scidlen, vc->dcid,
                                             vc->dcidlen, versions,
                                             WZP_ARRAY_LEN(versions));
    if (n <= 0) {
        return WZP_QIN_JUNK;
    }

    wzp_quic_reply(ep, dg, (size_t) n);

    return WZP_QIN_REPLIED;
}


/* CONNECTION_CLOSE in an Initial packet, without a connection. */
static wzp_qin_t
wzp_quic_refuse(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_pkt_hd *hd, uint64_t code, const char *reason)
{
    uint8_t       *buf;
    ngtcp2_ssize   n;

    if (!wzp_bucket_take(&ep->replies, ep->now_ns)) {
        return WZP_QIN_JUNK;
    }

    buf = ep->conf.sink.buffer(ep->conf.sink.ctx);

    n = ngtcp2_crypto_write_connection_close(buf, WZP_UDP_MTU_MAX,
                                             hd->version, &hd->scid,
                                             &hd->dcid, code,
                                             (const uint8_t *) reason,
                                             strlen(reason));
    if (n <= 0) {
        return WZP_QIN_JUNK;
    }

    wzp_quic_reply(ep, dg, (size_t) n);

    return WZP_QIN_REPLIED;
}


/*
 * Retry (RFC 9000, 8.1.2).  Its source ID leads back to this socket but is
 * none of ours by tag: whichever worker gets the next Initial can verify the
 * token, which covers address, ID and original ID, and go on from there.
 */
static wzp_qin_t
wzp_quic_retry(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_pkt_hd *hd)
{
    uint8_t          *buf, token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN];
    ngtcp2_cid        scid;
    ngtcp2_ssize      n;
    wzp_cid_owner_t   owner;

    do {
        ep->conf.random(ep->conf.ctx, scid.data, WZP_CID_LEN);
        scid.data[0] = ep->conf.steer;
        scid.datalen = WZP_CID_LEN;

    } while (wzp_cid_parse(&ep->keys, scid.data, WZP_CID_LEN, &owner)
             == WZP_OK);

    n = ngtcp2_crypto_generate_retry_token(token, ep->keys.token,
                                           sizeof(ep->keys.token),
                                           hd->version, &dg->peer.u.sa,
                                           dg->peer.len, &scid, &hd->dcid,
                                           ep->now_ns);
    if (n <= 0) {
        return WZP_QIN_JUNK;
    }

    buf = ep->conf.sink.buffer(ep->conf.sink.ctx);

    n = ngtcp2_crypto_write_retry(buf, WZP_UDP_MTU_MAX, hd->version,
                                  &hd->scid, &scid, &hd->dcid, token,
                                  (size_t) n);
    if (n <= 0) {
        return WZP_QIN_JUNK;
    }

    wzp_quic_reply(ep, dg, (size_t) n);

    return WZP_QIN_REPLIED;
}


/*
 * Is the address proved by the token?  WZP_EAUTH: by a Retry token that is
 * false or too old, which is an error; a NEW_TOKEN token that is, is as good
 * as none (RFC 9000, 8.1.3).
 */
static wzp_rc_t
wzp_quic_token(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    wzp_qconn_origin_t *from)
{
    int                   rv;
    const ngtcp2_pkt_hd  *hd;

    hd = from->hd;
    from->odcid = hd->dcid;
    from->token_type = NGTCP2_TOKEN_TYPE_UNKNOWN;

    if (hd->tokenlen == 0) {
        return WZP_OK;
    }

    switch (hd->token[0]) {

    case NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY:
        rv = ngtcp2_crypto_verify_retry_token(&from->odcid, hd->token,
                                              hd->tokenlen, ep->keys.token,
                                              sizeof(ep->keys.token),
                                              hd->version, &dg->peer.u.sa,
                                              dg->peer.len, &hd->dcid,
                                              WZP_RETRY_LIFE_NS, ep->now_ns);
        if (rv != 0) {
            return WZP_EAUTH;
        }

        from->token_type = NGTCP2_TOKEN_TYPE_RETRY;
        break;

    case NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR:
        rv = ngtcp2_crypto_verify_regular_token(hd->token, hd->tokenlen,
                                                ep->keys.token,
                                                sizeof(ep->keys.token),
                                                &dg->peer.u.sa, dg->peer.len,
                                                WZP_TOKEN_LIFE_NS,
                                                ep->now_ns);
        if (rv == 0) {
            from->token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
        }
        break;

    default:
        break;
    }

    return WZP_OK;
}


/* Is Retry wanted of a client that has not proved its address? */
static bool
wzp_quic_wants_retry(const wzp_quic_t *ep)
{
    return ep->conf.retry == WZP_RETRY_ON
           || (ep->conf.max_half_open != 0
               && ep->half_open > ep->conf.max_half_open / 2);
}


static bool
wzp_quic_full(const wzp_quic_t *ep)
{
    return (ep->conf.max_conns != 0 && ep->count >= ep->conf.max_conns)
           || (ep->conf.max_half_open != 0
               && ep->half_open >= ep->conf.max_half_open);
}


/* Make the connection and feed it its first packet.  One that cannot even be
 * decrypted leaves no trace: the application never hears of it. */
static wzp_qin_t
wzp_quic_take(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const wzp_qconn_origin_t *from)
{
    int           rv;
    wzp_qconn_t  *qc;

    qc = wzp_qconn_accept(ep, dg, from);

    if (qc == NULL) {
        return wzp_quic_refuse(ep, dg, from->hd, NGTCP2_INTERNAL_ERROR,
                               "no memory");
    }

    rv = wzp_qconn_input(qc, dg);

    if (rv == NGTCP2_ERR_RETRY) {
        wzp_qconn_free(qc);
        return wzp_quic_retry(ep, dg, from->hd);
    }

    if (rv == NGTCP2_ERR_DROP_CONN) {
        wzp_qconn_free(qc);
        return WZP_QIN_JUNK;
    }

    return wzp_qconn_hello(qc, dg, rv, WZP_QIN_NEW);
}


static wzp_qin_t
wzp_quic_initial(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_pkt_hd *hd, wzp_qnew_t how)
{
    bool                validated;
    wzp_qconn_origin_t  from;

    memset(&from, 0, sizeof(from));
    from.hd = hd;
    from.how = how;

    if (wzp_quic_token(ep, dg, &from) != WZP_OK) {
        return wzp_quic_refuse(ep, dg, hd, NGTCP2_INVALID_TOKEN,
                               "address token is not valid");
    }

    validated = (from.token_type != NGTCP2_TOKEN_TYPE_UNKNOWN);

    if (how == WZP_QNEW_REFUSE || wzp_quic_full(ep)) {
        return wzp_quic_refuse(ep, dg, hd, NGTCP2_CONNECTION_REFUSED,
                               (how == WZP_QNEW_REFUSE)
                               ? "no new connections here"
                               : "too many connections");
    }

    if (!validated && wzp_quic_wants_retry(ep)) {
        return wzp_quic_retry(ep, dg, hd);
    }

    if (ep->conf.events.admit != NULL
        && !ep->conf.events.admit(ep->conf.ctx, dg, validated))
    {
        return wzp_quic_refuse(ep, dg, hd, NGTCP2_CONNECTION_REFUSED,
                               "refused");
    }

    return wzp_quic_take(ep, dg, &from);
}


wzp_qin_t
wzp_quic_unknown(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_version_cid *vc, wzp_qnew_t how)
{
    ngtcp2_pkt_hd  hd;

    if ((dg->data[0] & 0x80) == 0 || vc->version == 0
        || ngtcp2_accept(&hd, dg->data, dg->len) != 0)
    {
        return WZP_QIN_JUNK;
    }

    return wzp_quic_initial(ep, dg, &hd, how);
}


/* The peer will find the token, which only we could have known, in the last
 * 16 bytes. */
static void
wzp_quic_send_reset(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_cid *cid)
{
    size_t         len;
    uint8_t       *buf, rnd[WZP_RESET_LEN];
    uint8_t        token[NGTCP2_STATELESS_RESET_TOKENLEN];
    ngtcp2_ssize   n;

    len = (dg->len > WZP_RESET_LEN) ? WZP_RESET_LEN : dg->len - 1;
    len -= NGTCP2_STATELESS_RESET_TOKENLEN;

    if (wzp_cid_reset_token(&ep->keys, cid, token) != WZP_OK) {
        return;
    }

    ep->conf.random(ep->conf.ctx, rnd, sizeof(rnd));
    buf = ep->conf.sink.buffer(ep->conf.sink.ctx);

    n = ngtcp2_pkt_write_stateless_reset(buf, WZP_UDP_MTU_MAX, token, rnd,
                                         len);
    if (n > 0) {
        wzp_quic_reply(ep, dg, (size_t) n);
    }
}


void
wzp_quic_reset(wzp_quic_t *ep, const wzp_udp_dgram_t *dg, uint64_t now_ns)
{
    ngtcp2_cid       cid;
    wzp_cid_owner_t  owner;

    wzp_quic_time(ep, now_ns);

    /* Only short headers: whoever sends long ones has no token yet. */

    if (dg->len <= WZP_RESET_MIN || (dg->data[0] & 0x80) != 0
        || wzp_cid_parse(&ep->keys, dg->data + 1, WZP_CID_LEN, &owner)
           != WZP_OK
        || !wzp_bucket_take(&ep->replies, ep->now_ns))
    {
        return;
    }

    ngtcp2_cid_init(&cid, dg->data + 1, WZP_CID_LEN);
    wzp_quic_send_reset(ep, dg, &cid);
}
