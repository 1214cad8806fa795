/*
 * The deterministic certificate of PROTOCOL 1.3, byte for byte; two of the
 * seeds give serials from which DER drops one and two zero bytes.
 */

#include "wzp/wzp_ident.h"
#include "vec.h"


static void
check_cert(const char *kind, size_t want_len)
{
    char     name[64];
    size_t   len, got;
    uint8_t  seed[32], key[32], pub[32], der[WZP_CERT_MAX], fp[32];
    uint8_t  want[512];

    (void) snprintf(name, sizeof(name), "%s_seed", kind);
    (void) vec_get("cert", name, seed, sizeof(seed));

    wzp_cert_key(key, seed);
    (void) snprintf(name, sizeof(name), "%s_tls_seed", kind);
    (void) vec_get("cert", name, want, sizeof(want));
    is_mem(key, want, 32, "%s: TLS private seed", kind);

    wzp_ed25519_public(pub, key);
    (void) snprintf(name, sizeof(name), "%s_tls_pub", kind);
    (void) vec_get("cert", name, want, sizeof(want));
    is_mem(pub, want, 32, "%s: TLS public key", kind);

    (void) snprintf(name, sizeof(name), "%s_der", kind);
    len = vec_get("cert", name, want, sizeof(want));
    is_u64(len, want_len, "%s: the vector's length", kind);

    got = wzp_cert_build(der, seed);

    if (is_u64(got, len, "%s: length of the certificate", kind)) {
        is_mem(der, want, len, "%s: certificate", kind);
    }

    wzp_cert_fp(fp, der, got);
    (void) snprintf(name, sizeof(name), "%s_fp", kind);
    (void) vec_get("cert", name, want, sizeof(want));
    is_mem(fp, want, 32, "%s: fingerprint", kind);
}


static void
test_text(void)
{
    char     text[WZP_CERT_FP_TEXT_LEN + 1], plain[65];
    size_t   i, accepted;
    uint8_t  fp[32], back[32];

    static const char  want[] =
        "0c:62:cf:b5:b9:e3:7c:77:ae:81:3d:9b:c3:5d:5c:ef:"
        "53:e1:2b:0a:bb:d8:e6:3b:4b:42:99:95:7d:6f:37:a9";

    (void) vec_get("cert", "plain_fp", fp, sizeof(fp));
    wzp_cert_fp_text(text, fp);
    is_str(text, want, "fingerprint text");

    ok(wzp_cert_fp_parse(back, text, strlen(text)) == WZP_OK
       && memcmp(back, fp, 32) == 0, "and back");

    wzp_hex(plain, fp, 32);
    ok(wzp_cert_fp_parse(back, plain, 64) == WZP_OK
       && memcmp(back, fp, 32) == 0, "without colons");

    accepted = 0;

    for (i = 0; i < 95; i++) {
        accepted += i != 64 && wzp_cert_fp_parse(back, text, i) == WZP_OK;
    }

    accepted += wzp_cert_fp_parse(back, text, 64) == WZP_OK;

    for (i = 0; i < 95; i++) {
        text[i] = '-';
        accepted += wzp_cert_fp_parse(back, text, 95) == WZP_OK;
        text[i] = want[i];
    }

    is_u64(accepted, 0, "cut, and a wrong character at every place");
}


int
main(void)
{
    check_cert("plain", 289);
    check_cert("short", 288);
    check_cert("shorter", 287);

    test_text();

    return done_testing();
}
