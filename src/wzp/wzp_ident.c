/*
 * Identities and the primitives under them.  The only file that knows
 * libsodium.
 *
 * Nothing here needs sodium_init: none of these functions uses its random
 * generator, and those that choose an implementation at run time start with
 * the portable one.  A program that calls sodium_init gets a faster X25519.
 */

#include <sodium.h>

#include "wzp/wzp_ident.h"


#define WZP_LABEL_SIGN      "warzone-ed25519"
#define WZP_LABEL_MAX_LEN   64


static const char  wzp_hex_digits[] = "0123456789abcdef";


static int wzp_hex_value(char c);
static wzp_rc_t wzp_fp_read(uint8_t *fp, size_t size, size_t group,
    const char *text, size_t len);
static void wzp_fp_write(char *text, const uint8_t *fp, size_t size,
    size_t group);


void
wzp_ident_init(wzp_ident_t *id, const uint8_t seed[WZP_SEED_SIZE])
{
    memmove(id->seed, seed, WZP_SEED_SIZE);

    wzp_derive(id->sign_seed, id->seed, WZP_LABEL_SIGN);
    wzp_ed25519_public(id->pub, id->sign_seed);
    wzp_fp_of_key(id->fp, id->pub);
}


void
wzp_ident_wipe(wzp_ident_t *id)
{
    wzp_wipe(id->seed, sizeof(id->seed));
    wzp_wipe(id->sign_seed, sizeof(id->sign_seed));
}


void
wzp_ident_sign(const wzp_ident_t *id, const uint8_t *msg, size_t len,
    uint8_t sig[WZP_SIG_SIZE])
{
    wzp_ed25519_sign(sig, id->sign_seed, id->pub, msg, len);
}


wzp_rc_t
wzp_ident_verify(const uint8_t pub[WZP_KEY_SIZE], const uint8_t *msg,
    size_t len, const uint8_t sig[WZP_SIG_SIZE])
{
    if (crypto_sign_verify_detached(sig, msg, len, pub) != 0) {
        return WZP_EAUTH;
    }

    return WZP_OK;
}


void
wzp_ed25519_public(uint8_t pub[WZP_KEY_SIZE],
    const uint8_t seed[WZP_SEED_SIZE])
{
    uint8_t  sk[crypto_sign_SECRETKEYBYTES];

    (void) crypto_sign_seed_keypair(pub, sk, seed);

    wzp_wipe(sk, sizeof(sk));
}


void
wzp_ed25519_sign(uint8_t sig[WZP_SIG_SIZE], const uint8_t seed[WZP_SEED_SIZE],
    const uint8_t pub[WZP_KEY_SIZE], const uint8_t *msg, size_t len)
{
    uint8_t  sk[crypto_sign_SECRETKEYBYTES];

    memcpy(sk, seed, WZP_SEED_SIZE);
    memcpy(sk + WZP_SEED_SIZE, pub, WZP_KEY_SIZE);

    (void) crypto_sign_detached(sig, NULL, msg, len, sk);

    wzp_wipe(sk, sizeof(sk));
}


void
wzp_x25519_public(uint8_t pub[WZP_KEY_SIZE],
    const uint8_t scalar[WZP_KEY_SIZE])
{
    (void) crypto_scalarmult_base(pub, scalar);
}


wzp_rc_t
wzp_x25519(uint8_t dh[WZP_KEY_SIZE], const uint8_t scalar[WZP_KEY_SIZE],
    const uint8_t peer[WZP_KEY_SIZE])
{
    uint8_t  out[WZP_KEY_SIZE];

    if (crypto_scalarmult(out, scalar, peer) != 0) {
        return WZP_EAUTH;
    }

    memcpy(dh, out, sizeof(out));
    wzp_wipe(out, sizeof(out));

    return WZP_OK;
}


/* HKDF (RFC 5869): extract with 32 zero bytes, expand to one block. */
void
wzp_derive(uint8_t out[WZP_KEY_SIZE], const uint8_t ikm[WZP_SEED_SIZE],
    const char *label)
{
    size_t                len;
    uint8_t               prk[32], info[WZP_LABEL_MAX_LEN + 1];
    static const uint8_t  salt[WZP_KEY_SIZE];

    len = strlen(label);
    WZP_ASSERT(len <= WZP_LABEL_MAX_LEN);
    len = WZP_MIN(len, WZP_LABEL_MAX_LEN);

    memcpy(info, label, len);
    info[len] = 1;

    wzp_hmac(prk, salt, ikm, WZP_SEED_SIZE);
    wzp_hmac(out, prk, info, len + 1);

    wzp_wipe(prk, sizeof(prk));
}


void
wzp_sha256(uint8_t out[32], const void *data, size_t len)
{
    (void) crypto_hash_sha256(out, data, len);
}


void
wzp_hmac(uint8_t mac[32], const uint8_t key[WZP_KEY_SIZE], const void *data,
    size_t len)
{
    crypto_auth_hmacsha256_state  st;

    (void) crypto_auth_hmacsha256_init(&st, key, WZP_KEY_SIZE);
    (void) crypto_auth_hmacsha256_update(&st, data, len);
    (void) crypto_auth_hmacsha256_final(&st, mac);

    wzp_wipe(&st, sizeof(st));
}


void
wzp_shorthash(uint8_t tag[8], const uint8_t key[16], const void *data,
    size_t len)
{
    (void) crypto_shorthash(tag, data, len, key);
}


bool
wzp_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}


void
wzp_wipe(void *p, size_t len)
{
    sodium_memzero(p, len);
}


void
wzp_hex(char *out, const uint8_t *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        *out++ = wzp_hex_digits[data[i] >> 4];
        *out++ = wzp_hex_digits[data[i] & 0x0f];
    }

    *out = '\0';
}


static int
wzp_hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }

    return -1;
}


wzp_rc_t
wzp_unhex(uint8_t *out, size_t len, const char *text, size_t text_len)
{
    int     hi, lo;
    size_t  i;

    if (text_len / 2 != len || text_len % 2 != 0) {
        return WZP_EBAD;
    }

    for (i = 0; i < text_len; i++) {
        if (wzp_hex_value(text[i]) < 0) {
            return WZP_EBAD;
        }
    }

    for (i = 0; i < len; i++) {
        hi = wzp_hex_value(text[2 * i]);
        lo = wzp_hex_value(text[2 * i + 1]);

        out[i] = (uint8_t) (hi * 16 + lo);
    }

    return WZP_OK;
}


void
wzp_fp_of_key(uint8_t fp[WZP_FP_SIZE], const uint8_t pub[WZP_KEY_SIZE])
{
    uint8_t  hash[32];

    wzp_sha256(hash, pub, WZP_KEY_SIZE);
    memcpy(fp, hash, WZP_FP_SIZE);
}


void
wzp_fp_text(char text[WZP_FP_TEXT_LEN + 1], const uint8_t fp[WZP_FP_SIZE])
{
    wzp_fp_write(text, fp, WZP_FP_SIZE, 2);
}


wzp_rc_t
wzp_fp_parse(uint8_t fp[WZP_FP_SIZE], const char *text, size_t len)
{
    return wzp_fp_read(fp, WZP_FP_SIZE, 2, text, len);
}


void
wzp_cert_fp(uint8_t fp[WZP_CERT_FP_SIZE], const uint8_t *der, size_t len)
{
    wzp_sha256(fp, der, len);
}


void
wzp_cert_fp_text(char text[WZP_CERT_FP_TEXT_LEN + 1],
    const uint8_t fp[WZP_CERT_FP_SIZE])
{
    wzp_fp_write(text, fp, WZP_CERT_FP_SIZE, 1);
}


wzp_rc_t
wzp_cert_fp_parse(uint8_t fp[WZP_CERT_FP_SIZE], const char *text, size_t len)
{
    return wzp_fp_read(fp, WZP_CERT_FP_SIZE, 1, text, len);
}


/* size bytes as hex, a colon after each group but the last. */
static void
wzp_fp_write(char *text, const uint8_t *fp, size_t size, size_t group)
{
    size_t  i;

    for (i = 0; i < size; i += group) {
        wzp_hex(text, &fp[i], group);
        text += 2 * group;
        *text++ = ':';
    }

    text[-1] = '\0';
}


static wzp_rc_t
wzp_fp_read(uint8_t *fp, size_t size, size_t group, const char *text,
    size_t len)
{
    char    plain[2 * WZP_CERT_FP_SIZE];
    size_t  i, n;

    WZP_ASSERT(size <= WZP_CERT_FP_SIZE);

    if (len == 2 * size) {
        return wzp_unhex(fp, size, text, len);
    }

    if (len != 2 * size + size / group - 1) {
        return WZP_EBAD;
    }

    n = 0;

    for (i = 0; i < len; i++) {
        if (i % (2 * group + 1) != 2 * group) {
            plain[n++] = text[i];

        } else if (text[i] != ':') {
            return WZP_EBAD;
        }
    }

    return wzp_unhex(fp, size, plain, n);
}


static bool
wzp_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


wzp_rc_t
wzp_seed_parse(uint8_t seed[WZP_SEED_SIZE], const char *text, size_t len)
{
    while (len > 0 && wzp_is_space(text[len - 1])) {
        len--;
    }

    while (len > 0 && wzp_is_space(*text)) {
        text++;
        len--;
    }

    return wzp_unhex(seed, WZP_SEED_SIZE, text, len);
}
