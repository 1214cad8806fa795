/*
 * Identities: the vectors of PROTOCOL 4.1, 4.2 and 4.5, text forms, seeds.
 */

#include "wzp/wzp_ident.h"
#include "vec.h"


static void
check_ident(const char *who, const char *text)
{
    char         name[64], buf[WZP_FP_TEXT_LEN + 1];
    uint8_t      seed[32], want[32];
    wzp_ident_t  id;

    (void) snprintf(name, sizeof(name), "%s_seed", who);
    is_u64(vec_get("ident", name, seed, sizeof(seed)), 32, "%s", name);
    wzp_ident_init(&id, seed);

    (void) snprintf(name, sizeof(name), "%s_sign_seed", who);
    (void) vec_get("ident", name, want, sizeof(want));
    is_mem(id.sign_seed, want, 32, "%s: Ed25519 private seed", who);

    (void) snprintf(name, sizeof(name), "%s_pub", who);
    (void) vec_get("ident", name, want, sizeof(want));
    is_mem(id.pub, want, 32, "%s: Ed25519 public key", who);

    (void) snprintf(name, sizeof(name), "%s_fp", who);
    (void) vec_get("ident", name, want, sizeof(want));
    is_mem(id.fp, want, 16, "%s: fingerprint", who);

    wzp_fp_text(buf, id.fp);
    is_str(buf, text, "%s: its text", who);

    wzp_ident_wipe(&id);
    memset(want, 0, sizeof(want));
    ok(memcmp(id.seed, want, 32) == 0 && memcmp(id.sign_seed, want, 32) == 0,
       "%s: wiped", who);
}


static void
test_x25519(void)
{
    uint8_t  seed[32], scalar[32], pub[32], want[32], dh[32], zero[32];

    (void) vec_get("ident", "client_seed", seed, sizeof(seed));
    wzp_derive(scalar, seed, "warzone-x25519");
    (void) vec_get("ident", "client_x25519", want, sizeof(want));
    is_mem(scalar, want, 32, "X25519 scalar");

    wzp_x25519_public(pub, scalar);
    (void) vec_get("ident", "client_x25519_pub", want, sizeof(want));
    is_mem(pub, want, 32, "X25519 public key");

    memset(zero, 0, sizeof(zero));
    memset(dh, 0x5a, sizeof(dh));
    is_i64(wzp_x25519(dh, scalar, zero), WZP_EAUTH, "low order: zero");
    zero[0] = 1;
    is_i64(wzp_x25519(dh, scalar, zero), WZP_EAUTH, "low order: one");
    memset(zero, 0x5a, sizeof(zero));
    is_mem(dh, zero, 32, "nothing was written");
}


static void
test_zero_key(void)
{
    char     text[WZP_FP_TEXT_LEN + 1];
    uint8_t  key[32], fp[16], want[16];

    memset(key, 0, sizeof(key));
    wzp_fp_of_key(fp, key);
    (void) vec_get("ident", "zero_fp", want, sizeof(want));
    is_mem(fp, want, 16, "fingerprint of the zero key");
    wzp_fp_text(text, fp);
    is_str(text, "6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20", "its text");
}


/* RFC 8032, 7.1, TEST 2, and what may not verify. */
static void
test_sign(void)
{
    size_t   i, accepted;
    uint8_t  seed[32], pub[32], sig[64], want_pub[32], want_sig[64];
    uint8_t  msg[1] = { 0x72 };

    static const char  seed_hex[] =
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    static const char  pub_hex[] =
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    static const char  sig_hex[] =
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    ok(wzp_unhex(seed, 32, seed_hex, 64) == WZP_OK
       && wzp_unhex(want_pub, 32, pub_hex, 64) == WZP_OK
       && wzp_unhex(want_sig, 64, sig_hex, 128) == WZP_OK, "RFC 8032 test 2");

    wzp_ed25519_public(pub, seed);
    is_mem(pub, want_pub, 32, "public key");
    wzp_ed25519_sign(sig, seed, pub, msg, 1);
    is_mem(sig, want_sig, 64, "signature");
    is_i64(wzp_ident_verify(pub, msg, 1, sig), WZP_OK, "verifies");

    accepted = 0;

    for (i = 0; i < 64 * 8; i++) {
        sig[i / 8] ^= (uint8_t) (1 << i % 8);
        accepted += wzp_ident_verify(pub, msg, 1, sig) == WZP_OK;
        sig[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    for (i = 0; i < 32 * 8; i++) {
        pub[i / 8] ^= (uint8_t) (1 << i % 8);
        accepted += wzp_ident_verify(pub, msg, 1, sig) == WZP_OK;
        pub[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    is_u64(accepted, 0, "no other bit pattern does");

    msg[0] ^= 1;
    is_i64(wzp_ident_verify(pub, msg, 1, sig), WZP_EAUTH, "another message");
    is_i64(wzp_ident_verify(pub, msg, 0, sig), WZP_EAUTH, "no message");

    memset(pub, 0, sizeof(pub));
    memset(sig, 0, sizeof(sig));
    is_i64(wzp_ident_verify(pub, msg, 1, sig), WZP_EAUTH, "all zero");
}


static void
test_fp_parse(void)
{
    size_t   i, accepted;
    char     text[64], canon[WZP_FP_TEXT_LEN + 1];
    uint8_t  fp[16], want[16];

    static const char  plain[] = "687112110e91ecb309f66f51d257ccaa";
    static const char  colons[] = "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa";
    static const char  upper[] = "6871:1211:0E91:ECB3:09F6:6F51:D257:CCAA";

    (void) vec_get("ident", "client_fp", want, sizeof(want));

    ok(wzp_fp_parse(fp, plain, 32) == WZP_OK && memcmp(fp, want, 16) == 0,
       "without colons");
    ok(wzp_fp_parse(fp, colons, 39) == WZP_OK && memcmp(fp, want, 16) == 0,
       "with colons");
    ok(wzp_fp_parse(fp, upper, 39) == WZP_OK && memcmp(fp, want, 16) == 0,
       "upper case");
    wzp_fp_text(canon, fp);
    is_str(canon, colons, "the text is canonical");

    accepted = 0;

    for (i = 0; i < 39; i++) {
        accepted += i != 32 && wzp_fp_parse(fp, colons, i) == WZP_OK;
    }

    for (i = 0; i < 32; i++) {
        accepted += wzp_fp_parse(fp, plain, i) == WZP_OK;
    }

    is_u64(accepted, 0, "cut at every length");

    for (i = 0; i < 39; i++) {
        memcpy(text, colons, 40);
        text[i] = text[i] == ':' ? '0' : ':';
        accepted += wzp_fp_parse(fp, text, 39) == WZP_OK;
        text[i] = 'g';
        accepted += wzp_fp_parse(fp, text, 39) == WZP_OK;
        text[i] = '\0';
        accepted += wzp_fp_parse(fp, text, 39) == WZP_OK;
    }

    is_u64(accepted, 0, "a wrong character at every place");
    ok(wzp_fp_parse(fp, "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa:", 40)
       == WZP_EBAD, "a colon more");
    ok(wzp_fp_parse(fp, "68:7112110e91ecb309f66f51d257ccaa", 33)
       == WZP_EBAD, "one colon");
}


static void
test_seed(void)
{
    size_t   i, accepted;
    char     text[80];
    uint8_t  seed[32], want[32];

    static const char  hex[] =
        "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";

    (void) vec_get("ident", "client_seed", want, sizeof(want));

    ok(wzp_seed_parse(seed, hex, 64) == WZP_OK && memcmp(seed, want, 32) == 0,
       "64 digits of any case");

    (void) snprintf(text, sizeof(text), " \t\r\n%s\r\n\v\f ", hex);
    ok(wzp_seed_parse(seed, text, strlen(text)) == WZP_OK,
       "white space around");

    accepted = 0;

    for (i = 0; i < 64; i++) {
        accepted += wzp_seed_parse(seed, hex, i) == WZP_OK;
    }

    for (i = 0; i < 64; i++) {
        memcpy(text, hex, 65);
        text[i] = 'x';
        accepted += wzp_seed_parse(seed, text, 64) == WZP_OK;
        text[i] = ' ';
        accepted += wzp_seed_parse(seed, text, 64) == WZP_OK;
    }

    (void) snprintf(text, sizeof(text), "%s0", hex);
    accepted += wzp_seed_parse(seed, text, 65) == WZP_OK;
    accepted += wzp_seed_parse(seed, "   ", 3) == WZP_OK;

    is_u64(accepted, 0, "nothing else");
}


/* RFC 4231, 4.3 (a shorter key is one with zeros behind), and SipHash's own. */
static void
test_mac(void)
{
    size_t   i;
    uint8_t  key[32], mac[32], want[32], data[15];

    static const char  hex[] =
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    static const uint8_t  tag[8] = {
        0xe5, 0x45, 0xbe, 0x49, 0x61, 0xca, 0x29, 0xa1
    };

    memset(key, 0, sizeof(key));
    memcpy(key, "Jefe", 4);
    wzp_hmac(mac, key, "what do ya want for nothing?", 28);
    ok(wzp_unhex(want, 32, hex, 64) == WZP_OK, "RFC 4231 test 2");
    is_mem(mac, want, 32, "HMAC-SHA256");

    for (i = 0; i < 16; i++) {
        key[i] = (uint8_t) i;
    }

    memcpy(data, key, sizeof(data));
    wzp_shorthash(mac, key, data, sizeof(data));
    is_mem(mac, tag, 8, "SipHash-2-4");
}


static void
test_small(void)
{
    char     hex[9];
    uint8_t  data[4] = { 0x00, 0x9f, 0xa0, 0xff };

    wzp_hex(hex, data, 4);
    is_str(hex, "009fa0ff", "hex");
    wzp_hex(hex, data, 0);
    is_str(hex, "", "hex of nothing");

    ok(wzp_equal("abc", "abc", 3) && !wzp_equal("abc", "abd", 3)
       && wzp_equal("abc", "xyz", 0), "comparison");

    wzp_wipe(data, sizeof(data));
    ok(data[0] == 0 && data[1] == 0 && data[2] == 0 && data[3] == 0, "wipe");
}


int
main(void)
{
    check_ident("client", "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa");
    check_ident("relay", "0258:ab5d:7c27:9b61:3b75:a4e3:7ce7:1bf9");

    test_x25519();
    test_zero_key();
    test_sign();
    test_fp_parse();
    test_seed();
    test_mac();
    test_small();

    return done_testing();
}
