/*
 * The end of a connection: by us, by the peer, by TLS, by silence; and what
 * is kept of it for a while (RFC 9000, 10).
 */

#include "quic/wzp_quic_int.h"
#include "wzp/wzp_close.h"

#include <stdio.h>
#include <stdlib.h>


/* Transport error codes, RFC 9000, 20.1. */
static const char *const  wzp_qclose_names[] = {
    "no error",
    "internal error",
    "connection refused",
    "flow control error",
    "too many streams",
    "stream state error",
    "final size error",
    "frame encoding error",
    "transport parameter error",
    "too many connection IDs",
    "protocol violation",
    "invalid token",
    "application error",
    "crypto buffer exceeded",
    "key update error",
    "AEAD limit reached",
    "no viable path"
};


/* What a transport code says to a person. */
static const char *
wzp_qclose_name(uint64_t code)
{
    if (code < WZP_ARRAY_LEN(wzp_qclose_names)) {
        return wzp_qclose_names[code];
    }

    if (code >= NGTCP2_CRYPTO_ERROR && code <= NGTCP2_CRYPTO_ERROR + 0xff) {
        return wzp_quic_tls_alert((uint8_t) (code & 0xff));
    }

    return "unknown error";
}


/* A peer's phrase goes to logs and terminals: printable ASCII only. */
static void
wzp_qclose_reason(wzp_qclose_t *why, const uint8_t *reason, size_t len)
{
    size_t  i;

    len = WZP_MIN(len, (size_t) WZP_QUIC_REASON_MAX);

    for (i = 0; i < len; i++) {
        why->reason[i] = (reason[i] >= 0x20 && reason[i] < 0x7f)
                         ? (char) reason[i] : '?';
    }

    why->reason[len] = '\0';
}


static void
wzp_qclose_text(wzp_qclose_t *why, const char *text)
{
    wzp_qclose_reason(why, (const uint8_t *) text, strlen(text));
}


/* Everything but the IDs and the closing packet goes. */
static void
wzp_qconn_strip(wzp_qconn_t *qc)
{
    ngtcp2_conn_del(qc->conn);
    qc->conn = NULL;

    SSL_free(qc->ssl);
    qc->ssl = NULL;

    wzp_qmedia_done(&qc->media);
    wzp_qout_done(&qc->out);
    wzp_qin_done(&qc->in);

    free(qc->sni);
    qc->sni = NULL;
    qc->sni_len = 0;

    free(qc->close_reason);
    qc->close_reason = NULL;
}


/* Tell the application, once, and forget all but the remains. */
static void
wzp_qconn_gone(wzp_qconn_t *qc, const wzp_qclose_t *why, bool linger)
{
    uint64_t     rest;
    wzp_quic_t  *ep;

    ep = qc->ep;

    ep->count--;
    ep->half_open -= (qc->phase == WZP_QPHASE_HANDSHAKE);
    ep->lingering++;
    qc->phase = WZP_QPHASE_LINGER;

    wzp_quic_untouch(qc);

    /* RFC 9000, 10.2: three times the probe timeout. */
    rest = 3 * ngtcp2_conn_get_pto(qc->conn);

    if (qc->announced && ep->conf.events.closed != NULL) {
        ep->conf.events.closed(qc, why);
    }

    if (!linger) {
        wzp_qconn_free(qc);
        return;
    }

    wzp_qconn_strip(qc);
    wzp_timer_set(&ep->timers, &qc->timer, ep->now_ns + rest);
}


/* Write the CONNECTION_CLOSE and keep a copy. */
static void
wzp_qconn_say_close(wzp_qconn_t *qc, const ngtcp2_ccerr *err)
{
    uint8_t              *buf;
    wzp_quic_t           *ep;
    ngtcp2_ssize          n;
    ngtcp2_pkt_info       pi;
    ngtcp2_path_storage   ps;

    ep = qc->ep;
    ngtcp2_path_storage_zero(&ps);
    buf = ep->conf.sink.buffer(ep->conf.sink.ctx);

    n = ngtcp2_conn_write_connection_close(qc->conn, &ps.path, &pi, buf,
                                           WZP_UDP_MTU_MAX, err, ep->now_ns);
    if (n <= 0) {
        /* Nothing may be sent yet: no keys, or the limit of RFC 9000, 8.1. */
        return;
    }

    qc->close_pkt = malloc((size_t) n);

    if (qc->close_pkt != NULL) {
        memcpy(qc->close_pkt, buf, (size_t) n);
        qc->close_len = (uint16_t) n;
    }

    ep->conf.sink.commit(ep->conf.sink.ctx, (size_t) n, qc->su, &qc->local,
                         &qc->peer, NGTCP2_ECN_NOT_ECT);
    qc->packets_out++;
    qc->packets_bare++;
}


void
wzp_qconn_end_local(wzp_qconn_t *qc)
{
    const char    *reason;
    ngtcp2_ccerr   err;
    wzp_qclose_t   why;

    reason = (qc->close_reason != NULL) ? qc->close_reason : "";

    memset(&why, 0, sizeof(why));
    why.how = WZP_QCLOSE_LOCAL;
    why.code = qc->close_code;
    wzp_qclose_text(&why, reason);

    ngtcp2_ccerr_default(&err);
    ngtcp2_ccerr_set_application_error(&err, qc->close_code,
                                       (const uint8_t *) reason,
                                       strlen(reason));

    wzp_qconn_say_close(qc, &err);
    wzp_qconn_gone(qc, &why, true);
}


/* The peer closed, or it has lost its state and said so. */
static void
wzp_qconn_end_peer(wzp_qconn_t *qc)
{
    wzp_qclose_t         why;
    const ngtcp2_ccerr  *err;

    memset(&why, 0, sizeof(why));

    if (qc->was_reset) {
        why.how = WZP_QCLOSE_RESET;
        wzp_qclose_text(&why, "the peer has lost the connection's state");
        wzp_qconn_gone(qc, &why, true);
        return;
    }

    err = ngtcp2_conn_get_ccerr(qc->conn);
    why.code = err->error_code;
    wzp_qclose_reason(&why, err->reason, err->reasonlen);

    if (err->type == NGTCP2_CCERR_TYPE_APPLICATION) {
        why.how = WZP_QCLOSE_PEER;

    } else {
        why.how = WZP_QCLOSE_PEER_TRANSPORT;

        if (why.reason[0] == '\0') {
            wzp_qclose_text(&why, wzp_qclose_name(why.code));
        }
    }

    wzp_qconn_gone(qc, &why, true);
}


/* An end without a word on the wire. */
static void
wzp_qconn_end_silent(wzp_qconn_t *qc, wzp_qclose_how_t how, const char *text)
{
    wzp_qclose_t  why;

    memset(&why, 0, sizeof(why));
    why.how = how;
    wzp_qclose_text(&why, text);

    wzp_qconn_gone(qc, &why, false);
}


static void
wzp_qconn_end_error(wzp_qconn_t *qc, int rv)
{
    ngtcp2_ccerr  err;
    wzp_qclose_t  why;

    memset(&why, 0, sizeof(why));
    ngtcp2_ccerr_default(&err);

    if (rv == NGTCP2_ERR_CRYPTO) {
        ngtcp2_ccerr_set_tls_alert(&err, ngtcp2_conn_get_tls_alert(qc->conn),
                                   NULL, 0);
        why.how = WZP_QCLOSE_TLS;

    } else {
        ngtcp2_ccerr_set_liberr(&err, rv, NULL, 0);
        why.how = WZP_QCLOSE_TRANSPORT;
    }

    why.code = err.error_code;

    if (why.how == WZP_QCLOSE_TLS) {
        wzp_qclose_text(&why, wzp_qclose_name(why.code));

    } else {
        snprintf(why.reason, sizeof(why.reason), "%s (%s)",
                 wzp_qclose_name(why.code), ngtcp2_strerror(rv));
    }

    wzp_qconn_say_close(qc, &err);
    wzp_qconn_gone(qc, &why, true);
}


void
wzp_qconn_fail(wzp_qconn_t *qc, int rv)
{
    if (qc->close_asked && rv != NGTCP2_ERR_DRAINING) {
        /* The application has spoken first. */
        wzp_qconn_end_local(qc);
        return;
    }

    switch (rv) {

    case NGTCP2_ERR_DRAINING:
    case NGTCP2_ERR_CLOSING:
        wzp_qconn_end_peer(qc);
        return;

    case NGTCP2_ERR_IDLE_CLOSE:
        wzp_qconn_end_silent(qc, WZP_QCLOSE_IDLE, "nothing was heard of it");
        return;

    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        wzp_qconn_end_silent(qc, WZP_QCLOSE_HANDSHAKE_TIMEOUT,
                             "the handshake took too long");
        return;

    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    case NGTCP2_ERR_VERSION_NEGOTIATION_FAILURE:
        wzp_qconn_end_silent(qc, WZP_QCLOSE_VERSION,
                             "no QUIC version in common");
        return;

    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
        wzp_qconn_end_silent(qc, WZP_QCLOSE_TRANSPORT,
                             "the first packet is not usable");
        return;

    default:
        wzp_qconn_end_error(qc, rv);
    }
}


/* Repeat the closing packet, ever less often, and never more than three times
 * what came (RFC 9000, 10.2.1).  After a close by the peer: silence. */
void
wzp_qconn_linger_input(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    uint32_t     n;
    uint8_t     *buf;
    wzp_quic_t  *ep;

    n = ++qc->close_seen;

    if (qc->close_pkt == NULL || (n & (n - 1)) != 0
        || qc->close_len > 3 * dg->len)
    {
        return;
    }

    ep = qc->ep;
    buf = ep->conf.sink.buffer(ep->conf.sink.ctx);
    memcpy(buf, qc->close_pkt, qc->close_len);

    /* by the socket that it came in by: its own may be gone */

    ep->conf.sink.commit(ep->conf.sink.ctx, qc->close_len, dg->socket,
                         &qc->local, &qc->peer, NGTCP2_ECN_NOT_ECT);
}
