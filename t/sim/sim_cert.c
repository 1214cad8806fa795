/*
 * Certificates of clients: who is asked, what is proved, what is refused.
 */

#include "../unit/tap.h"
#include "quic/wzp_quic_int.h"
#include "pem.h"
#include "rig.h"

#include <ngtcp2/ngtcp2_crypto_boringssl.h>
#include <openssl/pool.h>


static const uint8_t  seed[WZP_SEED_SIZE] = { 9, 9, 9 };

static unsigned  asked;


/* Called when the server wants a certificate, and not otherwise. */
static int
on_request(SSL *ssl, void *arg)
{
    (void) ssl;
    (void) arg;

    asked++;

    return 1;
}


static rig_rec_t *
connect_as(rig_t *rig, const char *name)
{
    rig_rec_t  *cl;

    asked = 0;
    cl = rig_connect(rig, name);
    SSL_set_cert_cb(cl->qc->ssl, on_request, NULL);
    sim_run(rig->sim, WZP_SEC);

    return cl;
}


/* Each sees what the other is, and both see one and the same session. */
static void
check_mutual(rig_t *rig, const char *name, const char *what)
{
    uint8_t     a[32], b[32], fp[WZP_CERT_FP_SIZE];
    rig_rec_t  *cl, *sv;

    cl = connect_as(rig, name);
    sv = rig_accepted(rig);

    ok(cl->confirmed && sv != NULL && sv->handshakes, "%s, %s: connected",
       name, what);
    is_u64(asked, 1, "the client was asked");

    if (cl->qc == NULL || sv == NULL || sv->qc == NULL) {
        return;
    }

    wzp_quic_cert_fp(rig->client->ep, fp);
    ok(wzp_qconn_peer_cert(sv->qc, a) == WZP_OK
       && memcmp(a, fp, sizeof(fp)) == 0, "server knows the client");
    wzp_quic_cert_fp(rig->server->ep, fp);
    ok(wzp_qconn_peer_cert(cl->qc, a) == WZP_OK
       && memcmp(a, fp, sizeof(fp)) == 0, "client knows the server");
    ok(wzp_qconn_exporter(cl->qc, a) == WZP_OK
       && wzp_qconn_exporter(sv->qc, b) == WZP_OK
       && memcmp(a, b, sizeof(a)) == 0, "exporter is that of both");
    ok(cl->qc->ssl == NULL && sv->qc->ssl == NULL, "TLS is freed");
}


static void
test_seed(void)
{
    rig_t            *rig;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.seed = seed;
    rig = rig_create(501, &sc, &cc);

    check_mutual(rig, "_federation", "seed");
    check_mutual(rig, "_probe", "seed");
    check_mutual(rig, "_relay", "seed");
    check_mutual(rig, "_FEDERATION.", "seed");

    rig_destroy(rig);
}


static void
test_pem(void)
{
    rig_t            *rig;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.cert_pem = pem_cert;
    cc.cert_pem_len = sizeof(pem_cert) - 1;
    cc.key_pem = pem_key;
    cc.key_pem_len = sizeof(pem_key) - 1;
    rig = rig_create(502, &sc, &cc);

    check_mutual(rig, "_federation", "PEM");

    rig_destroy(rig);
}


/* Whoever has none is asked in vain; whoever is no relay is not asked. */
static void
test_without(void)
{
    rig_t            *rig;
    size_t            i;
    uint8_t           fp[WZP_CERT_FP_SIZE];
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    static const char *const  names[] = {
        "general", "", "_signal", "_federatio", "_federationx",
        "x._federation", "call-18a5", "ping", "version"
    };

    rig_conf(&sc, &cc);
    rig = rig_create(503, &sc, &cc);

    cl = connect_as(rig, "_federation");
    sv = rig_accepted(rig);
    ok(cl->confirmed && sv != NULL && sv->handshakes,
       "without a certificate: connected");
    is_u64(asked, 1, "though asked");
    ok(sv != NULL && wzp_qconn_peer_cert(sv->qc, fp) == WZP_EAGAIN,
       "server knows that there is none");

    rig_destroy(rig);

    rig_conf(&sc, &cc);
    cc.seed = seed;
    rig = rig_create(504, &sc, &cc);

    for (i = 0; i < WZP_ARRAY_LEN(names); i++) {
        cl = connect_as(rig, names[i]);
        sv = rig_accepted(rig);
        ok(cl->confirmed && asked == 0 && sv != NULL
           && wzp_qconn_peer_cert(sv->qc, fp) == WZP_EAGAIN,
           "\"%s\" is not asked", names[i]);
    }

    rig_destroy(rig);
}


static void
test_loss(void)
{
    rig_t            *rig;
    uint8_t           fp[WZP_CERT_FP_SIZE];
    unsigned          i, n;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    for (i = 0, n = 0; i < 20; i++) {
        rig_conf(&sc, &cc);
        cc.seed = seed;
        rig = rig_create(510 + i, &sc, &cc);
        rig->sim->line.loss = 0.2;
        rig->sim->line.dup = 0.1;

        cl = rig_connect(rig, "_federation");
        sim_run(rig->sim, 10 * WZP_SEC);
        sv = rig_accepted(rig);
        n += cl->confirmed && sv != NULL && sv->qc != NULL
             && wzp_qconn_peer_cert(sv->qc, fp) == WZP_OK;

        rig_destroy(rig);
    }

    is_u64(n, 20, "20 relays show theirs over 20 %% loss");
}


/* ---- liars ---- */


/* A signature by nobody. */
static enum ssl_private_key_result_t
forge_sign(SSL *ssl, uint8_t *out, size_t *len, size_t max,
    uint16_t scheme, const uint8_t *in, size_t in_len)
{
    (void) ssl;
    (void) scheme;
    (void) in;
    (void) in_len;

    if (max < 64) {
        return ssl_private_key_failure;
    }

    memset(out, 0x42, 64);
    *len = 64;

    return ssl_private_key_success;
}


static enum ssl_private_key_result_t
forge_none(SSL *ssl, uint8_t *out, size_t *len, size_t max,
    const uint8_t *in, size_t in_len)
{
    (void) ssl;
    (void) out;
    (void) len;
    (void) max;
    (void) in;
    (void) in_len;

    return ssl_private_key_failure;
}


static enum ssl_private_key_result_t
forge_complete(SSL *ssl, uint8_t *out, size_t *len, size_t max)
{
    return forge_none(ssl, out, len, max, NULL, 0);
}


static const SSL_PRIVATE_KEY_METHOD  forger = {
    .sign = forge_sign,
    .decrypt = forge_none,
    .complete = forge_complete
};


/* Judge a client that is set up by now. */
static void
check_refused(rig_t *rig, rig_rec_t *cl, const char *what)
{
    uint32_t    half;
    rig_rec_t  *sv;

    ok(rig_wait_closed(rig, cl, 5 * WZP_SEC), "%s: closed", what);
    is_u64(cl->handshakes, 1, "after the client believed to be through");
    is_u64(cl->confirmed, 0, "but before it was confirmed");
    is_u64(cl->why.how, WZP_QCLOSE_PEER_TRANSPORT, "by the server's TLS: %s",
           cl->why.reason);

    sv = rig_accepted(rig);
    ok(sv != NULL && sv->handshakes == 0 && sv->closed == 1
       && sv->why.how == WZP_QCLOSE_TLS, "the server never was up");
    is_u64(wzp_quic_count(rig->server->ep, &half), 0, "nothing is left");
    is_u64(half, 0, "nor half open");
}


static void
test_stolen(void)
{
    size_t            len;
    rig_t            *rig;
    uint8_t           der[WZP_CERT_MAX];
    rig_rec_t        *cl;
    CRYPTO_BUFFER    *leaf;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(540, &sc, &cc);

    len = wzp_cert_build(der, seed);
    leaf = CRYPTO_BUFFER_new(der, len, NULL);
    cl = rig_connect(rig, "_federation");

    ok(SSL_set_chain_and_key(cl->qc->ssl, &leaf, 1, NULL, &forger) == 1,
       "another's certificate");
    CRYPTO_BUFFER_free(leaf);

    check_refused(rig, cl, "stolen");

    rig_destroy(rig);
}


/* Between TLS and QUIC of the client: one byte of its Certificate message is
 * changed on the way out. */

static size_t   spoil_at;
static uint8_t  spoil_bits;


static ngtcp2_conn *
spoil_conn(SSL *ssl)
{
    ngtcp2_crypto_conn_ref  *ref;

    ref = SSL_get_app_data(ssl);

    return ref->get_conn(ref);
}


static int
spoil_read_secret(SSL *ssl, enum ssl_encryption_level_t level,
    const SSL_CIPHER *cipher, const uint8_t *secret, size_t len)
{
    (void) cipher;

    return ngtcp2_crypto_derive_and_install_rx_key(
               spoil_conn(ssl), NULL, NULL, NULL,
               ngtcp2_crypto_boringssl_from_ssl_encryption_level(level),
               secret, len)
           == 0;
}


static int
spoil_write_secret(SSL *ssl, enum ssl_encryption_level_t level,
    const SSL_CIPHER *cipher, const uint8_t *secret, size_t len)
{
    (void) cipher;

    return ngtcp2_crypto_derive_and_install_tx_key(
               spoil_conn(ssl), NULL, NULL, NULL,
               ngtcp2_crypto_boringssl_from_ssl_encryption_level(level),
               secret, len)
           == 0;
}


static int
spoil_data(SSL *ssl, enum ssl_encryption_level_t level, const uint8_t *data,
    size_t len)
{
    uint8_t  buf[4096];

    if (len > sizeof(buf)) {
        return 0;
    }

    memcpy(buf, data, len);

    if (level == ssl_encryption_handshake && buf[0] == SSL3_MT_CERTIFICATE) {
        buf[spoil_at] ^= spoil_bits;
    }

    return ngtcp2_conn_submit_crypto_data(
               spoil_conn(ssl),
               ngtcp2_crypto_boringssl_from_ssl_encryption_level(level), buf,
               len)
           == 0;
}


static int
spoil_flush(SSL *ssl)
{
    (void) ssl;

    return 1;
}


static int
spoil_alert(SSL *ssl, enum ssl_encryption_level_t level, uint8_t alert)
{
    (void) level;

    ngtcp2_conn_set_tls_alert(spoil_conn(ssl), alert);

    return 1;
}


static const SSL_QUIC_METHOD  spoiler = {
    spoil_read_secret,
    spoil_write_secret,
    spoil_data,
    spoil_flush,
    spoil_alert
};


/* Message header 4, context 1, list 3, certificate 3, then DER. */
static void
test_broken(void)
{
    rig_t            *rig;
    size_t            i;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    static const struct {
        const char  *what;
        size_t       at;
        uint8_t      bits;
    } spoils[] = {
        { "longer than it is", 3, 0x01 },
        { "with a context", 4, 0x01 },
        { "list too long", 7, 0x01 },
        { "certificate too long", 10, 0x80 },
        { "no DER", 11, 0xff },
        { "other bytes in it", 60, 0x01 }
    };

    for (i = 0; i < WZP_ARRAY_LEN(spoils); i++) {
        rig_conf(&sc, &cc);
        cc.seed = seed;
        rig = rig_create(550 + i, &sc, &cc);

        spoil_at = spoils[i].at;
        spoil_bits = spoils[i].bits;

        cl = rig_connect(rig, "_federation");
        SSL_set_quic_method(cl->qc->ssl, &spoiler);
        check_refused(rig, cl, spoils[i].what);

        rig_destroy(rig);
    }
}


int
main(void)
{
    test_seed();
    test_pem();
    test_without();
    test_loss();
    test_stolen();
    test_broken();

    return done_testing();
}
