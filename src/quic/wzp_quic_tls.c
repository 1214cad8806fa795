/*
 * TLS 1.3 for QUIC over BoringSSL.  Buffers instead of X.509 objects: nobody
 * here reads a certificate, its SHA-256 is the identity (PROTOCOL 1.3).
 */

#include "quic/wzp_quic_tls.h"
#include "quic/wzp_quic_int.h"
#include "wzp/wzp_sni.h"

#include <limits.h>
#include <ngtcp2/ngtcp2_crypto_boringssl.h>
#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pool.h>
#include <stdio.h>
#include <stdlib.h>


#define WZP_TLS_CHAIN_MAX   8


struct wzp_quic_tls_s {
    SSL_CTX     *ctx;
    bool         server;
    uint8_t      cert_fp[WZP_CERT_FP_SIZE];
    uint8_t      alpn[256];             /* one length-prefixed name          */
    unsigned     alpn_len;
    void       (*keylog)(void *ctx, const char *line);
    void        *keylog_ctx;
};


/* Ed25519 first: a relay's own certificate.  The others are for relays with
 * a certificate of a public authority. */
static const uint16_t  wzp_tls_schemes[] = {
    SSL_SIGN_ED25519,
    SSL_SIGN_ECDSA_SECP256R1_SHA256,
    SSL_SIGN_ECDSA_SECP384R1_SHA384,
    SSL_SIGN_RSA_PSS_RSAE_SHA256,
    SSL_SIGN_RSA_PSS_RSAE_SHA384,
    SSL_SIGN_RSA_PSS_RSAE_SHA512
};


static void
wzp_tls_error(char err[128], const char *what)
{
    uint32_t     code;
    const char  *reason;

    code = ERR_peek_last_error();
    reason = (code != 0) ? ERR_reason_error_string(code) : NULL;

    if (reason != NULL) {
        snprintf(err, 128, "%s: %s", what, reason);

    } else {
        snprintf(err, 128, "%s", what);
    }

    ERR_clear_error();
}


static wzp_qconn_t *
wzp_tls_conn(const SSL *ssl)
{
    ngtcp2_crypto_conn_ref  *ref;

    ref = SSL_get_app_data(ssl);

    return ref->user_data;
}


/* Server: pick our one protocol out of the client's list, or refuse with
 * no_application_protocol (RFC 7301, 3.2; RFC 9001, 8.1). */
static int
wzp_tls_alpn(SSL *ssl, const uint8_t **out, uint8_t *outlen,
    const uint8_t *in, unsigned inlen, void *arg)
{
    CBS              list, name;
    wzp_quic_tls_t  *tls;

    (void) ssl;

    tls = arg;
    CBS_init(&list, in, inlen);

    while (CBS_get_u8_length_prefixed(&list, &name)) {

        if (CBS_mem_equal(&name, tls->alpn + 1, tls->alpn[0])) {
            *out = CBS_data(&name);
            *outlen = (uint8_t) CBS_len(&name);
            return SSL_TLSEXT_ERR_OK;
        }
    }

    return SSL_TLSEXT_ERR_ALERT_FATAL;
}


/* Any certificate will do here; BoringSSL still verifies that the peer holds
 * its key.  Whether it is the right one is the application's to say. */
static enum ssl_verify_result_t
wzp_tls_verify(SSL *ssl, uint8_t *alert)
{
    (void) ssl;
    (void) alert;

    return ssl_verify_ok;
}


/* Names under which relays call relays; nobody else is asked for a
 * certificate, lest programs that have none to show stumble over it. */
static bool
wzp_tls_wants_cert(const char *name, size_t len)
{
    wzp_sni_t  sni;

    return wzp_sni_parse(&sni, name, len) == WZP_OK
           && (sni.role == WZP_SNI_FEDERATION || sni.role == WZP_SNI_PROBE
               || sni.role == WZP_SNI_RELAY);
}


/* The name is what a connection waits for, if it does: is it wanted here? */
static bool
wzp_tls_is_mine(wzp_qconn_t *qc, const char *name, size_t len)
{
    wzp_quic_t  *ep;

    if (!qc->waiting) {
        return true;
    }

    ep = qc->ep;
    qc->waiting = 0;
    qc->declined = !ep->conf.events.mine(ep->conf.ctx, name, len);

    return !qc->declined;
}


/* Server: the ClientHello is read, nothing is decided.  BoringSSL has refused
 * names with a zero byte already. */
static enum ssl_select_cert_result_t
wzp_tls_client_hello(const SSL_CLIENT_HELLO *hello)
{
    char         *copy;
    size_t        len;
    const char   *name;
    wzp_qconn_t  *qc;

    qc = wzp_tls_conn(hello->ssl);
    name = SSL_get_servername(hello->ssl, TLSEXT_NAMETYPE_host_name);
    len = (name != NULL) ? strlen(name) : 0;

    if (!wzp_tls_is_mine(qc, (name != NULL) ? name : "", len)) {
        return ssl_select_cert_error;
    }

    if (name == NULL) {
        return ssl_select_cert_success;
    }

    copy = malloc(len + 1);

    if (copy == NULL) {
        return ssl_select_cert_error;
    }

    memcpy(copy, name, len + 1);

    free(qc->sni);
    qc->sni = copy;
    qc->sni_len = (uint16_t) len;

    if (wzp_tls_wants_cert(name, len)) {
        /* Without one the connection is made as well. */
        SSL_set_custom_verify(hello->ssl, SSL_VERIFY_PEER, wzp_tls_verify);
    }

    return ssl_select_cert_success;
}


static void
wzp_tls_keylog(const SSL *ssl, const char *line)
{
    wzp_quic_tls_t  *tls;

    tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    tls->keylog(tls->keylog_ctx, line);
}


static wzp_rc_t
wzp_tls_use(wzp_quic_tls_t *tls, CRYPTO_BUFFER *const *chain, size_t n,
    EVP_PKEY *key)
{
    if (n == 0 || key == NULL
        || SSL_CTX_set_chain_and_key(tls->ctx, chain, n, key, NULL) != 1)
    {
        return WZP_EBAD;
    }

    wzp_cert_fp(tls->cert_fp, CRYPTO_BUFFER_data(chain[0]),
                CRYPTO_BUFFER_len(chain[0]));

    return WZP_OK;
}


/* Key and certificate as a function of the seed: PROTOCOL 1.3. */
static wzp_rc_t
wzp_tls_use_seed(wzp_quic_tls_t *tls, const uint8_t seed[WZP_SEED_SIZE])
{
    size_t          len;
    uint8_t         der[WZP_CERT_MAX], secret[WZP_SEED_SIZE];
    wzp_rc_t        rc;
    EVP_PKEY       *key;
    CRYPTO_BUFFER  *leaf;

    len = wzp_cert_build(der, seed);
    wzp_cert_key(secret, seed);

    leaf = CRYPTO_BUFFER_new(der, len, NULL);
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret,
                                       sizeof(secret));
    OPENSSL_cleanse(secret, sizeof(secret));

    rc = (leaf == NULL) ? WZP_ENOMEM : wzp_tls_use(tls, &leaf, 1, key);

    CRYPTO_BUFFER_free(leaf);
    EVP_PKEY_free(key);

    return rc;
}


/* Collect the certificates of a PEM file, leaf first. */
static size_t
wzp_tls_read_chain(const char *pem, size_t len,
    CRYPTO_BUFFER *chain[WZP_TLS_CHAIN_MAX])
{
    BIO      *bio;
    char     *name, *header;
    long      der_len;
    size_t    n;
    uint8_t  *der;

    bio = BIO_new_mem_buf(pem, (int) len);
    n = 0;

    while (bio != NULL && n < WZP_TLS_CHAIN_MAX
           && PEM_read_bio(bio, &name, &header, &der, &der_len) == 1)
    {
        if (strcmp(name, PEM_STRING_X509) == 0) {
            chain[n] = CRYPTO_BUFFER_new(der, (size_t) der_len, NULL);
            n += (chain[n] != NULL);
        }

        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }

    BIO_free(bio);
    ERR_clear_error();

    return n;
}


static wzp_rc_t
wzp_tls_use_pem(wzp_quic_tls_t *tls, const wzp_quic_conf_t *conf)
{
    BIO            *bio;
    size_t          i, n;
    wzp_rc_t        rc;
    EVP_PKEY       *key;
    CRYPTO_BUFFER  *chain[WZP_TLS_CHAIN_MAX];

    n = wzp_tls_read_chain(conf->cert_pem, conf->cert_pem_len, chain);

    bio = BIO_new_mem_buf(conf->key_pem, (int) conf->key_pem_len);
    key = (bio != NULL) ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
                        : NULL;
    BIO_free(bio);

    rc = wzp_tls_use(tls, chain, n, key);

    for (i = 0; i < n; i++) {
        CRYPTO_BUFFER_free(chain[i]);
    }

    EVP_PKEY_free(key);

    return rc;
}


static wzp_rc_t
wzp_tls_identity(wzp_quic_tls_t *tls, const wzp_quic_conf_t *conf,
    char err[128])
{
    if (conf->cert_pem != NULL && conf->key_pem != NULL) {

        if (conf->cert_pem_len > INT_MAX || conf->key_pem_len > INT_MAX) {
            snprintf(err, 128, "certificate or key is too long");
            return WZP_ETOOBIG;
        }

        if (wzp_tls_use_pem(tls, conf) != WZP_OK) {
            wzp_tls_error(err, "certificate and key cannot be used");
            return WZP_EBAD;
        }

        return WZP_OK;
    }

    if (conf->seed != NULL) {

        if (wzp_tls_use_seed(tls, conf->seed) != WZP_OK) {
            wzp_tls_error(err, "no certificate from the seed");
            return WZP_EBAD;
        }

        return WZP_OK;
    }

    if (conf->server) {
        snprintf(err, 128, "a server needs a seed or a certificate");
        return WZP_EBAD;
    }

    return WZP_OK;
}


static void
wzp_tls_roles(wzp_quic_tls_t *tls)
{
    if (tls->server) {
        ngtcp2_crypto_boringssl_configure_server_context(tls->ctx);
        SSL_CTX_set_alpn_select_cb(tls->ctx, wzp_tls_alpn, tls);
        SSL_CTX_set_select_certificate_cb(tls->ctx, wzp_tls_client_hello);
        return;
    }

    ngtcp2_crypto_boringssl_configure_client_context(tls->ctx);
    SSL_CTX_set_custom_verify(tls->ctx, SSL_VERIFY_PEER, wzp_tls_verify);
}


static wzp_rc_t
wzp_tls_setup(wzp_quic_tls_t *tls, const wzp_quic_conf_t *conf,
    char err[128])
{
    size_t       len;
    const char  *alpn;

    alpn = (conf->alpn != NULL) ? conf->alpn : "wzp";
    len = strlen(alpn);

    if (len == 0 || len > 255) {
        snprintf(err, 128, "bad ALPN name");
        return WZP_EBAD;
    }

    tls->alpn[0] = (uint8_t) len;
    memcpy(tls->alpn + 1, alpn, len);
    tls->alpn_len = (unsigned) len + 1;

    wzp_tls_roles(tls);

    /* No resumption: a resumed session makes no certificate request and
     * carries an old identity. */

    SSL_CTX_set_options(tls->ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(tls->ctx, SSL_SESS_CACHE_OFF);

    if (SSL_CTX_set_verify_algorithm_prefs(tls->ctx, wzp_tls_schemes,
                                           WZP_ARRAY_LEN(wzp_tls_schemes))
        != 1
        || SSL_CTX_set_app_data(tls->ctx, tls) != 1)
    {
        wzp_tls_error(err, "no TLS context");
        return WZP_ENOMEM;
    }

    if (conf->events.keylog != NULL) {
        tls->keylog = conf->events.keylog;
        tls->keylog_ctx = conf->ctx;
        SSL_CTX_set_keylog_callback(tls->ctx, wzp_tls_keylog);
    }

    return wzp_tls_identity(tls, conf, err);
}


wzp_quic_tls_t *
wzp_quic_tls_create(const wzp_quic_conf_t *conf, char err[128])
{
    wzp_quic_tls_t  *tls;

    tls = calloc(1, sizeof(wzp_quic_tls_t));
    if (tls == NULL) {
        snprintf(err, 128, "no memory");
        return NULL;
    }

    tls->server = conf->server;
    tls->ctx = SSL_CTX_new(TLS_with_buffers_method());

    if (tls->ctx == NULL) {
        wzp_tls_error(err, "no TLS context");
        wzp_quic_tls_destroy(tls);
        return NULL;
    }

    if (wzp_tls_setup(tls, conf, err) != WZP_OK) {
        wzp_quic_tls_destroy(tls);
        return NULL;
    }

    return tls;
}


void
wzp_quic_tls_destroy(wzp_quic_tls_t *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->ctx);
        free(tls);
    }
}


const uint8_t *
wzp_quic_tls_fp(const wzp_quic_tls_t *tls)
{
    return tls->cert_fp;
}


/* BoringSSL takes any bytes as a name; underscores are ours (PROTOCOL 1.4). */
static bool
wzp_tls_client(wzp_quic_tls_t *tls, SSL *ssl, const char *sni)
{
    SSL_set_connect_state(ssl);

    if (SSL_set_alpn_protos(ssl, tls->alpn, tls->alpn_len) != 0) {
        return false;
    }

    return sni == NULL || *sni == '\0'
           || SSL_set_tlsext_host_name(ssl, sni) == 1;
}


SSL *
wzp_quic_tls_open(wzp_quic_tls_t *tls, ngtcp2_crypto_conn_ref *ref,
    const char *sni)
{
    SSL  *ssl;

    ssl = SSL_new(tls->ctx);
    if (ssl == NULL) {
        return NULL;
    }

    if (SSL_set_app_data(ssl, ref) != 1) {
        ERR_clear_error();
        SSL_free(ssl);
        return NULL;
    }

    SSL_set_quic_use_legacy_codepoint(ssl, 0);
    SSL_set_shed_handshake_config(ssl, 1);

    if (tls->server) {
        SSL_set_accept_state(ssl);
        return ssl;
    }

    if (!wzp_tls_client(tls, ssl, sni)) {
        ERR_clear_error();
        SSL_free(ssl);
        return NULL;
    }

    return ssl;
}


bool
wzp_quic_tls_peer_fp(const SSL *ssl, uint8_t fp[WZP_CERT_FP_SIZE])
{
    const CRYPTO_BUFFER           *leaf;
    const STACK_OF(CRYPTO_BUFFER) *chain;

    chain = SSL_get0_peer_certificates(ssl);

    if (chain == NULL || sk_CRYPTO_BUFFER_num(chain) == 0) {
        return false;
    }

    leaf = sk_CRYPTO_BUFFER_value(chain, 0);
    wzp_cert_fp(fp, CRYPTO_BUFFER_data(leaf), CRYPTO_BUFFER_len(leaf));

    return true;
}


bool
wzp_quic_tls_exporter(SSL *ssl, uint8_t out[WZP_EXPORTER_SIZE])
{
    return SSL_export_keying_material(ssl, out, WZP_EXPORTER_SIZE,
                                      WZP_EXPORTER_LABEL,
                                      sizeof(WZP_EXPORTER_LABEL) - 1,
                                      (const uint8_t *) "", 0, 1)
           == 1;
}


const char *
wzp_quic_tls_alert(uint8_t alert)
{
    /* BoringSSL does not know this one by a readable name. */

    if (alert == SSL_AD_NO_APPLICATION_PROTOCOL) {
        return "no application protocol (ALPN) in common";
    }

    return SSL_alert_desc_string_long(alert);
}
