/*
 * The endpoint: which connection a datagram is for, whose turn it is to
 * write, whose timer is due.
 */

#include "quic/wzp_quic_int.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>


/* Sizes of UDP payload that occur: Ethernet, PPPoE, tunnels, the least of
 * IPv6; each less 48 bytes of IPv6 and UDP. */
static const uint16_t  wzp_quic_probes[] = { 1452, 1444, 1406, 1342, 1232 };


static void
wzp_quic_random(void *ctx, uint8_t *buf, size_t len)
{
    (void) ctx;

    RAND_bytes(buf, len);
}


static void
wzp_quic_defaults(wzp_quic_conf_t *conf)
{
    if (conf->random == NULL) {
        conf->random = wzp_quic_random;
    }

    if (conf->handshake_ns == 0) {
        conf->handshake_ns = WZP_QUIC_HANDSHAKE_NS;
    }

    if (conf->idle_ns == 0) {
        conf->idle_ns = WZP_QUIC_IDLE_NS;
    }

    if (conf->stale_ns == 0) {
        conf->stale_ns = WZP_QUIC_STALE_NS;
    }

    if (conf->ack_delay_ns == 0) {
        conf->ack_delay_ns = WZP_QUIC_ACK_DELAY_NS;
    }

    if (conf->ack_packets == 0) {
        conf->ack_packets = WZP_QUIC_ACK_PACKETS;
    }

    if (conf->streams == 0) {
        conf->streams = WZP_QUIC_STREAMS;
    }

    if (conf->queue_len == 0) {
        conf->queue_len = WZP_QUIC_QUEUE_LEN;
    }

    if (conf->max_message == 0) {
        conf->max_message = WZP_SIGNAL_MAX;
    }

    if (conf->mtu_max == 0) {
        conf->mtu_max = WZP_QUIC_MTU_MAX;
    }
}


/* Everything that ngtcp2 would assert. */
static wzp_rc_t
wzp_quic_check(const wzp_quic_conf_t *conf, char err[128])
{
    if (conf->mtu_max < NGTCP2_MAX_UDP_PAYLOAD_SIZE
        || conf->mtu_max > WZP_UDP_MTU_MAX)
    {
        snprintf(err, 128, "mtu must be between %d and %d",
                 NGTCP2_MAX_UDP_PAYLOAD_SIZE, WZP_UDP_MTU_MAX);
        return WZP_EBAD;
    }

    if (conf->ack_delay_ns >= (1 << 14) * WZP_MS) {
        snprintf(err, 128, "ACK delay is too long");
        return WZP_EBAD;
    }

    if (conf->ack_packets > UINT16_MAX) {
        snprintf(err, 128, "ACKs are too rare");
        return WZP_EBAD;
    }

    if (conf->queue_len > WZP_QUIC_QUEUE_MAX
        || conf->max_message > WZP_QUIC_MESSAGE_MAX)
    {
        snprintf(err, 128, "queue or message limit is too large");
        return WZP_EBAD;
    }

    if (conf->sink.buffer == NULL || conf->sink.commit == NULL) {
        snprintf(err, 128, "no sink");
        return WZP_EBAD;
    }

    return WZP_OK;
}


/* Largest first: on most paths the first answer settles it. */
static void
wzp_quic_set_probes(wzp_quic_t *ep)
{
    size_t    i;
    uint16_t  max;

    max = ep->conf.mtu_max;

    if (max > NGTCP2_MAX_UDP_PAYLOAD_SIZE) {
        ep->probes[ep->nprobes++] = max;
    }

    for (i = 0; i < WZP_ARRAY_LEN(wzp_quic_probes); i++) {

        if (wzp_quic_probes[i] < max) {
            ep->probes[ep->nprobes++] = wzp_quic_probes[i];
        }
    }
}


wzp_quic_t *
wzp_quic_create(const wzp_quic_conf_t *conf, char err[128])
{
    uint8_t      key[WZP_CID_HASH_KEY];
    wzp_quic_t  *ep;

    ep = calloc(1, sizeof(wzp_quic_t));
    if (ep == NULL) {
        snprintf(err, 128, "no memory");
        return NULL;
    }

    ep->conf = *conf;
    wzp_quic_defaults(&ep->conf);

    if (wzp_quic_check(&ep->conf, err) != WZP_OK) {
        free(ep);
        return NULL;
    }

    ep->tls = wzp_quic_tls_create(conf, err);
    if (ep->tls == NULL) {
        free(ep);
        return NULL;
    }

    /* Read already; not ours to keep. */
    ep->conf.seed = NULL;
    ep->conf.cert_pem = NULL;
    ep->conf.key_pem = NULL;
    ep->conf.alpn = NULL;

    wzp_quic_keys_init(&ep->keys, ep->conf.secret);
    wzp_quic_set_probes(ep);
    wzp_bucket_init(&ep->replies, WZP_QUIC_REPLY_RATE, WZP_QUIC_REPLY_RATE,
                    0);

    ep->conf.random(ep->conf.ctx, key, sizeof(key));

    if (wzp_cid_table_init(&ep->cids, key) != WZP_OK) {
        snprintf(err, 128, "no memory");
        wzp_quic_tls_destroy(ep->tls);
        free(ep);
        return NULL;
    }

    return ep;
}


void
wzp_quic_destroy(wzp_quic_t *ep, uint64_t now_ns, uint64_t code,
    const char *reason)
{
    wzp_qconn_t  *qc;

    if (ep == NULL) {
        return;
    }

    wzp_quic_time(ep, now_ns);
    ep->dying = true;

    /* What the application does about one end must not change the reason of
     * the others: hence the two passes. */

    for (qc = ep->all; qc != NULL; qc = qc->all_next) {
        wzp_qconn_close(qc, code, reason);
    }

    for (qc = ep->all; qc != NULL; qc = qc->all_next) {

        if (qc->phase != WZP_QPHASE_LINGER) {
            wzp_qconn_end_local(qc);
        }
    }

    while (ep->all != NULL) {
        wzp_qconn_free(ep->all);
    }

    wzp_cid_table_done(&ep->cids);
    wzp_timers_done(&ep->timers);
    wzp_quic_tls_destroy(ep->tls);
    wzp_quic_keys_wipe(&ep->keys);
    OPENSSL_cleanse(ep->conf.secret, sizeof(ep->conf.secret));
    free(ep);
}


uint64_t
wzp_quic_time(wzp_quic_t *ep, uint64_t now_ns)
{
    if (now_ns > ep->now_ns) {
        ep->now_ns = now_ns;
    }

    return ep->now_ns;
}


void
wzp_quic_touch(wzp_qconn_t *qc)
{
    wzp_quic_t  *ep;

    if (qc->is_dirty || qc->phase == WZP_QPHASE_LINGER) {
        return;
    }

    ep = qc->ep;

    qc->is_dirty = 1;
    qc->dirty_next = NULL;
    qc->dirty_prev = ep->dirty_last;

    if (ep->dirty_last != NULL) {
        ep->dirty_last->dirty_next = qc;

    } else {
        ep->dirty = qc;
    }

    ep->dirty_last = qc;
}


void
wzp_quic_untouch(wzp_qconn_t *qc)
{
    wzp_quic_t  *ep;

    if (!qc->is_dirty) {
        return;
    }

    ep = qc->ep;

    if (qc->dirty_prev != NULL) {
        qc->dirty_prev->dirty_next = qc->dirty_next;

    } else {
        ep->dirty = qc->dirty_next;
    }

    if (qc->dirty_next != NULL) {
        qc->dirty_next->dirty_prev = qc->dirty_prev;

    } else {
        ep->dirty_last = qc->dirty_prev;
    }

    qc->is_dirty = 0;
    qc->dirty_next = NULL;
    qc->dirty_prev = NULL;
}


/*
 * A client got a packet with an ID that it does not know.  If it is a
 * stateless reset, nothing in it says for whom but the token at its end, which
 * ngtcp2 compares (RFC 9000, 10.3.1): show it to those who talk to that peer.
 */
static wzp_qin_t
wzp_quic_maybe_reset(wzp_quic_t *ep, const wzp_udp_dgram_t *dg)
{
    int           rv;
    wzp_qconn_t  *qc, *next;

    if ((dg->data[0] & 0x80) != 0 || dg->len < 21) {
        return WZP_QIN_JUNK;
    }

    for (qc = ep->all; qc != NULL; qc = next) {
        next = qc->all_next;

        if (qc->phase != WZP_QPHASE_OPEN || qc->su != dg->socket
            || !wzp_addr_equal(&qc->peer, &dg->peer))
        {
            continue;
        }

        rv = wzp_qconn_input(qc, dg);

        if (rv != 0) {
            wzp_qconn_fail(qc, rv);
            return WZP_QIN_CONN;
        }
    }

    return WZP_QIN_JUNK;
}


static wzp_qin_t
wzp_quic_stray(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_version_cid *vc, wzp_qnew_t how, wzp_cid_owner_t *owner)
{
    wzp_cid_owner_t  whose;

    if (wzp_cid_parse(&ep->keys, vc->dcid, vc->dcidlen, &whose) == WZP_OK) {

        if (whose.slot != ep->conf.slot || whose.epoch != ep->conf.epoch) {
            *owner = whose;
            return WZP_QIN_FOREIGN;
        }

        if (ep->conf.server) {
            /* Of a connection that has ended. */
            wzp_quic_reset(ep, dg, ep->now_ns);
            return WZP_QIN_REPLIED;
        }
    }

    return ep->conf.server ? wzp_quic_unknown(ep, dg, vc, how)
                           : wzp_quic_maybe_reset(ep, dg);
}


static wzp_qin_t
wzp_quic_feed(wzp_quic_t *ep, const wzp_udp_dgram_t *dg, wzp_qnew_t how,
    uint64_t now_ns, wzp_cid_owner_t *owner)
{
    int                 rv;
    bool                waiting;
    wzp_qconn_t        *qc;
    ngtcp2_version_cid  vc;

    wzp_quic_time(ep, now_ns);

    if (dg->len == 0) {
        return WZP_QIN_JUNK;
    }

    rv = ngtcp2_pkt_decode_version_cid(&vc, dg->data, dg->len, WZP_CID_LEN);

    if (rv == NGTCP2_ERR_VERSION_NEGOTIATION) {
        return ep->conf.server ? wzp_quic_negotiate(ep, dg, &vc)
                               : WZP_QIN_JUNK;
    }

    if (rv != 0) {
        return WZP_QIN_JUNK;
    }

    qc = wzp_cid_table_find(&ep->cids, vc.dcid, vc.dcidlen);

    if (qc == NULL) {
        return wzp_quic_stray(ep, dg, &vc, how, owner);
    }

    if (qc->waiting && how == WZP_QNEW_TAKE) {
        /* The next worker will not have it either. */
        wzp_qconn_settle(qc);
    }

    waiting = qc->waiting;
    rv = wzp_qconn_input(qc, dg);

    if (waiting) {
        return wzp_qconn_hello(qc, dg, rv, WZP_QIN_CONN);
    }

    if (rv != 0) {
        wzp_qconn_fail(qc, rv);
    }

    return WZP_QIN_CONN;
}


wzp_qin_t
wzp_quic_input(wzp_quic_t *ep, const wzp_udp_dgram_t *dg, bool accept_new,
    uint64_t now_ns, wzp_cid_owner_t *owner)
{
    return wzp_quic_feed(ep, dg, accept_new ? WZP_QNEW_ASK : WZP_QNEW_REFUSE,
                         now_ns, owner);
}


wzp_qin_t
wzp_quic_input_forced(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    uint64_t now_ns, wzp_cid_owner_t *owner)
{
    return wzp_quic_feed(ep, dg, WZP_QNEW_TAKE, now_ns, owner);
}


void
wzp_quic_expire(wzp_quic_t *ep, uint64_t now_ns)
{
    wzp_timer_t  *tm;

    wzp_quic_time(ep, now_ns);

    while ((tm = wzp_timers_pop(&ep->timers, ep->now_ns)) != NULL) {
        wzp_qconn_expire((wzp_qconn_t *) (void *)
                         ((char *) tm - offsetof(wzp_qconn_t, timer)));
    }
}


void
wzp_quic_flush(wzp_quic_t *ep, uint64_t now_ns)
{
    size_t        n;
    wzp_qconn_t  *qc;

    wzp_quic_time(ep, now_ns);

    /* What closed events queue for others leaves in the same flush; the
     * bound is against an application that never has enough. */

    n = 4 * ((size_t) ep->count + 16);

    while ((qc = ep->dirty) != NULL && n-- != 0) {
        wzp_quic_untouch(qc);
        wzp_qconn_flush(qc);
    }
}


uint64_t
wzp_quic_deadline(const wzp_quic_t *ep)
{
    return (ep->dirty != NULL) ? ep->now_ns : wzp_timers_next(&ep->timers);
}


uint32_t
wzp_quic_count(const wzp_quic_t *ep, uint32_t *half_open)
{
    if (half_open != NULL) {
        *half_open = ep->half_open;
    }

    return ep->count;
}


bool
wzp_quic_lingering(const wzp_quic_t *ep)
{
    return ep->lingering != 0;
}


void
wzp_quic_cert_fp(const wzp_quic_t *ep, uint8_t fp[WZP_CERT_FP_SIZE])
{
    memcpy(fp, wzp_quic_tls_fp(ep->tls), WZP_CERT_FP_SIZE);
}


void *
wzp_quic_ctx(const wzp_quic_t *ep)
{
    return ep->conf.ctx;
}


static uint8_t *
wzp_quic_udp_buffer(void *ctx)
{
    return wzp_udp_tx_buffer(ctx);
}


static void
wzp_quic_udp_commit(void *ctx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn)
{
    wzp_udp_tx_commit(ctx, len, su, local, peer, ecn);
}


wzp_quic_sink_t
wzp_quic_sink_udp(wzp_udp_tx_t *tx)
{
    wzp_quic_sink_t  sink;

    sink.buffer = wzp_quic_udp_buffer;
    sink.commit = wzp_quic_udp_commit;
    sink.ctx = tx;

    return sink;
}
