/*
 * Identities: seeds, keys, fingerprints, signatures.  PROTOCOL 1.3 and 4.
 * The only header of src/wzp behind which libsodium is used; no randomness of
 * its own (the caller brings it), no files.
 */

#ifndef _WZP_IDENT_H_INCLUDED_
#define _WZP_IDENT_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_SEED_SIZE           32
#define WZP_KEY_SIZE            32
#define WZP_SIG_SIZE            64
#define WZP_FP_SIZE             16
#define WZP_FP_TEXT_LEN         39      /* 8 groups of 4, colons; no NUL     */
#define WZP_CERT_MAX            289
#define WZP_CERT_FP_SIZE        32
#define WZP_CERT_FP_TEXT_LEN    95      /* 32 pairs, colons; no NUL          */
#define WZP_MNEMONIC_WORDS      24
#define WZP_MNEMONIC_MAX        216     /* 24 words of 8, blanks; with NUL   */


typedef struct {
    uint8_t  seed[WZP_SEED_SIZE];       /* secret                            */
    uint8_t  sign_seed[WZP_SEED_SIZE];  /* secret: Ed25519 private seed      */
    uint8_t  pub[WZP_KEY_SIZE];         /* Ed25519 public key                */
    uint8_t  fp[WZP_FP_SIZE];           /* SHA-256(pub), first half          */
} wzp_ident_t;


/* Derive everything from a seed.  PROTOCOL 4.1, 4.2. */
void wzp_ident_init(wzp_ident_t *id, const uint8_t seed[WZP_SEED_SIZE]);

/* Forget the secrets. */
void wzp_ident_wipe(wzp_ident_t *id);

/* Ed25519 over msg with the identity key. */
void wzp_ident_sign(const wzp_ident_t *id, const uint8_t *msg, size_t len,
    uint8_t sig[WZP_SIG_SIZE]);

/* WZP_EAUTH unless sig is pub's signature over msg (RFC 8032, 5.1.7); keys of
 * small order and values that are not canonical are refused. */
wzp_rc_t wzp_ident_verify(const uint8_t pub[WZP_KEY_SIZE], const uint8_t *msg,
    size_t len, const uint8_t sig[WZP_SIG_SIZE]) WZP_MUST_CHECK;

/* Fingerprint of a public key, and its canonical text with NUL. */
void wzp_fp_of_key(uint8_t fp[WZP_FP_SIZE], const uint8_t pub[WZP_KEY_SIZE]);
void wzp_fp_text(char text[WZP_FP_TEXT_LEN + 1],
    const uint8_t fp[WZP_FP_SIZE]);

/* Read a fingerprint in any case, with all its colons or none.  WZP_EBAD. */
wzp_rc_t wzp_fp_parse(uint8_t fp[WZP_FP_SIZE], const char *text, size_t len)
    WZP_MUST_CHECK;

/* 64 hex digits, any case, white space around allowed.  WZP_EBAD. */
wzp_rc_t wzp_seed_parse(uint8_t seed[WZP_SEED_SIZE], const char *text,
    size_t len) WZP_MUST_CHECK;

/*
 * BIP39 English words whose entropy is the seed itself (PROTOCOL 4.1); the
 * last word carries 8 check bits of SHA-256.
 * Words are separated by any white space, any case.
 * WZP_EBAD wrong count, unknown word or wrong check bits.
 */
wzp_rc_t wzp_mnemonic_parse(uint8_t seed[WZP_SEED_SIZE], const char *text,
    size_t len) WZP_MUST_CHECK;
void wzp_mnemonic_text(char text[WZP_MNEMONIC_MAX],
    const uint8_t seed[WZP_SEED_SIZE]);

/*
 * A relay's TLS key and certificate, a function of its seed alone, byte for
 * byte as PROTOCOL 1.3 says.  Returns the length of the DER.
 */
void wzp_cert_key(uint8_t tls_seed[WZP_SEED_SIZE],
    const uint8_t seed[WZP_SEED_SIZE]);
size_t wzp_cert_build(uint8_t der[WZP_CERT_MAX],
    const uint8_t seed[WZP_SEED_SIZE]);

/* SHA-256 of a DER certificate; text form with NUL; parse as wzp_fp_parse. */
void wzp_cert_fp(uint8_t fp[WZP_CERT_FP_SIZE], const uint8_t *der, size_t len);
void wzp_cert_fp_text(char text[WZP_CERT_FP_TEXT_LEN + 1],
    const uint8_t fp[WZP_CERT_FP_SIZE]);
wzp_rc_t wzp_cert_fp_parse(uint8_t fp[WZP_CERT_FP_SIZE], const char *text,
    size_t len) WZP_MUST_CHECK;

/* HKDF-SHA256 with no salt, 32 bytes out: sub-keys from a seed. */
void wzp_derive(uint8_t out[WZP_KEY_SIZE], const uint8_t ikm[WZP_SEED_SIZE],
    const char *label);

/* X25519 public key of a scalar. */
void wzp_x25519_public(uint8_t pub[WZP_KEY_SIZE],
    const uint8_t scalar[WZP_KEY_SIZE]);

/* X25519.  WZP_EAUTH for a peer key of low order (the result would be zero). */
wzp_rc_t wzp_x25519(uint8_t dh[WZP_KEY_SIZE],
    const uint8_t scalar[WZP_KEY_SIZE], const uint8_t peer[WZP_KEY_SIZE])
    WZP_MUST_CHECK;

/* Ed25519 (RFC 8032) with a bare private seed and its public key. */
void wzp_ed25519_public(uint8_t pub[WZP_KEY_SIZE],
    const uint8_t seed[WZP_SEED_SIZE]);
void wzp_ed25519_sign(uint8_t sig[WZP_SIG_SIZE],
    const uint8_t seed[WZP_SEED_SIZE], const uint8_t pub[WZP_KEY_SIZE],
    const uint8_t *msg, size_t len);

/* HMAC-SHA256 (RFC 2104). */
void wzp_hmac(uint8_t mac[32], const uint8_t key[WZP_KEY_SIZE],
    const void *data, size_t len);

/* SipHash-2-4, 8 bytes: short keyed tags that outsiders cannot guess. */
void wzp_shorthash(uint8_t tag[8], const uint8_t key[16], const void *data,
    size_t len);

/* Constant in time: for anything secret (resume tokens, keys). */
bool wzp_equal(const void *a, const void *b, size_t len);

/* Clear memory; never optimised away. */
void wzp_wipe(void *p, size_t len);

/* SHA-256 of one buffer. */
void wzp_sha256(uint8_t out[32], const void *data, size_t len);

/* Lower-case hex with NUL: out holds 2 * len + 1 bytes. */
void wzp_hex(char *out, const uint8_t *data, size_t len);

/* Exactly 2 * len hex digits, any case, and nothing else.  WZP_EBAD. */
wzp_rc_t wzp_unhex(uint8_t *out, size_t len, const char *text,
    size_t text_len) WZP_MUST_CHECK;


#endif /* _WZP_IDENT_H_INCLUDED_ */
