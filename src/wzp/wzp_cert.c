/*
 * The relay's deterministic TLS certificate, PROTOCOL 1.3: DER by hand, from
 * fixed parts around serial, key and signature.
 */

#include "wzp/wzp_ident.h"


#define WZP_LABEL_TLS       "wzp-tls-ed25519"
#define WZP_SERIAL_MAX      20


/* [0] version 3 */
static const uint8_t  wzp_cert_version[] = {
    0xa0, 0x03, 0x02, 0x01, 0x02
};


/* AlgorithmIdentifier: 1.3.101.112, no parameters (RFC 8410, 3) */
static const uint8_t  wzp_cert_alg[] = {
    0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70
};


/* CN = UTF8String "rcgen self signed cert" */
static const uint8_t  wzp_cert_name[] = {
    0x30, 0x21, 0x31, 0x1f, 0x30, 0x1d, 0x06, 0x03, 0x55, 0x04, 0x03,
    0x0c, 0x16, 'r', 'c', 'g', 'e', 'n', ' ', 's', 'e', 'l', 'f', ' ',
    's', 'i', 'g', 'n', 'e', 'd', ' ', 'c', 'e', 'r', 't'
};


/* UTCTime 750101000000Z, GeneralizedTime 40960101000000Z */
static const uint8_t  wzp_cert_validity[] = {
    0x30, 0x20,
    0x17, 0x0d, '7', '5', '0', '1', '0', '1', '0', '0', '0', '0', '0', '0',
    'Z',
    0x18, 0x0f, '4', '0', '9', '6', '0', '1', '0', '1', '0', '0', '0', '0',
    '0', '0', 'Z'
};


/* SubjectPublicKeyInfo up to the key's 32 bytes */
static const uint8_t  wzp_cert_spki[] = {
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00
};


/* [3] subjectAltName, dNSName "localhost" */
static const uint8_t  wzp_cert_san[] = {
    0xa3, 0x18, 0x30, 0x16, 0x30, 0x14, 0x06, 0x03, 0x55, 0x1d, 0x11,
    0x04, 0x0d, 0x30, 0x0b, 0x82, 0x09,
    'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'
};


/* BIT STRING up to the signature's 64 bytes */
static const uint8_t  wzp_cert_sig[] = {
    0x03, 0x41, 0x00
};


static uint8_t *
wzp_cert_put(uint8_t *p, const uint8_t *data, size_t len)
{
    memcpy(p, data, len);

    return p + len;
}


/* SEQUENCE around 128 bytes or more; returns the whole length. */
static size_t
wzp_cert_wrap(uint8_t *der, const uint8_t *body, size_t len)
{
    uint8_t  *p;

    p = der;
    *p++ = 0x30;

    if (len < 0x100) {
        *p++ = 0x81;

    } else {
        *p++ = 0x82;
        *p++ = (uint8_t) (len >> 8);
    }

    *p++ = (uint8_t) len;
    p = wzp_cert_put(p, body, len);

    return (size_t) (p - der);
}


/* Positive INTEGER from the key's hash, without superfluous zero bytes. */
static uint8_t *
wzp_cert_serial(uint8_t *p, const uint8_t pub[WZP_KEY_SIZE])
{
    size_t   from;
    uint8_t  hash[32];

    wzp_sha256(hash, pub, WZP_KEY_SIZE);
    hash[0] &= 0x7f;

    from = 0;

    while (from < WZP_SERIAL_MAX - 1 && hash[from] == 0
           && hash[from + 1] < 0x80)
    {
        from++;
    }

    *p++ = 0x02;
    *p++ = (uint8_t) (WZP_SERIAL_MAX - from);

    return wzp_cert_put(p, &hash[from], WZP_SERIAL_MAX - from);
}


static size_t
wzp_cert_tbs(uint8_t *buf, const uint8_t pub[WZP_KEY_SIZE])
{
    uint8_t  *p;

    p = wzp_cert_put(buf, wzp_cert_version, sizeof(wzp_cert_version));
    p = wzp_cert_serial(p, pub);
    p = wzp_cert_put(p, wzp_cert_alg, sizeof(wzp_cert_alg));
    p = wzp_cert_put(p, wzp_cert_name, sizeof(wzp_cert_name));
    p = wzp_cert_put(p, wzp_cert_validity, sizeof(wzp_cert_validity));
    p = wzp_cert_put(p, wzp_cert_name, sizeof(wzp_cert_name));
    p = wzp_cert_put(p, wzp_cert_spki, sizeof(wzp_cert_spki));
    p = wzp_cert_put(p, pub, WZP_KEY_SIZE);
    p = wzp_cert_put(p, wzp_cert_san, sizeof(wzp_cert_san));

    return (size_t) (p - buf);
}


void
wzp_cert_key(uint8_t tls_seed[WZP_SEED_SIZE],
    const uint8_t seed[WZP_SEED_SIZE])
{
    wzp_derive(tls_seed, seed, WZP_LABEL_TLS);
}


size_t
wzp_cert_build(uint8_t der[WZP_CERT_MAX], const uint8_t seed[WZP_SEED_SIZE])
{
    size_t    len, tbs_len;
    uint8_t  *p, body[WZP_CERT_MAX], tbs[WZP_CERT_MAX];
    uint8_t   key[WZP_SEED_SIZE], pub[WZP_KEY_SIZE], sig[WZP_SIG_SIZE];

    wzp_cert_key(key, seed);
    wzp_ed25519_public(pub, key);

    len = wzp_cert_tbs(body, pub);
    tbs_len = wzp_cert_wrap(tbs, body, len);

    wzp_ed25519_sign(sig, key, pub, tbs, tbs_len);
    wzp_wipe(key, sizeof(key));

    p = wzp_cert_put(body, tbs, tbs_len);
    p = wzp_cert_put(p, wzp_cert_alg, sizeof(wzp_cert_alg));
    p = wzp_cert_put(p, wzp_cert_sig, sizeof(wzp_cert_sig));
    p = wzp_cert_put(p, sig, sizeof(sig));

    return wzp_cert_wrap(der, body, (size_t) (p - body));
}
