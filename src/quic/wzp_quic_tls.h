/*
 * TLS 1.3 for QUIC: contexts, certificates, ALPN, what is learnt from the
 * peer.  PROTOCOL 1.1, 1.3, 1.4.
 */

#ifndef _WZP_QUIC_TLS_H_INCLUDED_
#define _WZP_QUIC_TLS_H_INCLUDED_


#include <ngtcp2/ngtcp2_crypto.h>
#include <openssl/ssl.h>

#include "quic/wzp_quic.h"


typedef struct wzp_quic_tls_s  wzp_quic_tls_t;


/* NULL and a sentence in err on failure. */
wzp_quic_tls_t *wzp_quic_tls_create(const wzp_quic_conf_t *conf,
    char err[128]);
void wzp_quic_tls_destroy(wzp_quic_tls_t *tls);

/* SHA-256 of our certificate; zeroes when there is none. */
const uint8_t *wzp_quic_tls_fp(const wzp_quic_tls_t *tls);

/*
 * The TLS half of one connection; the caller frees it (SSL_free).  ref must
 * live as long; ref->user_data is the wzp_qconn_t.  sni may be NULL or empty.
 * NULL: no memory or, for a client, a bad server name.
 */
SSL *wzp_quic_tls_open(wzp_quic_tls_t *tls, ngtcp2_crypto_conn_ref *ref,
    const char *sni);

/* After the handshake.  False: the peer showed no certificate. */
bool wzp_quic_tls_peer_fp(const SSL *ssl, uint8_t fp[WZP_CERT_FP_SIZE]);

bool wzp_quic_tls_exporter(SSL *ssl, uint8_t out[WZP_EXPORTER_SIZE]);

/* What an alert means, for the log: "no application protocol". */
const char *wzp_quic_tls_alert(uint8_t alert);


#endif /* _WZP_QUIC_TLS_H_INCLUDED_ */
