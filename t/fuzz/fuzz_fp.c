/*
 * Fingerprints, seeds and aliases as people type them: what parses, parses to
 * the same from its canonical text; what was cleaned stays clean.
 */

#include "wzp/wzp_ident.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_utf8.h"
#include "fuzz.h"


static void
check_fp(const char *text, size_t len)
{
    char     canon[WZP_FP_TEXT_LEN + 1];
    uint8_t  fp[WZP_FP_SIZE], back[WZP_FP_SIZE];

    if (wzp_fp_parse(fp, text, len) == WZP_OK) {
        wzp_fp_text(canon, fp);
        fuzz_check(strlen(canon) == WZP_FP_TEXT_LEN);
        fuzz_check(wzp_fp_parse(back, canon, WZP_FP_TEXT_LEN) == WZP_OK);
        fuzz_check(memcmp(fp, back, sizeof(fp)) == 0);
    }
}


static void
check_cert_fp(const char *text, size_t len)
{
    char     canon[WZP_CERT_FP_TEXT_LEN + 1];
    uint8_t  fp[WZP_CERT_FP_SIZE], back[WZP_CERT_FP_SIZE];

    if (wzp_cert_fp_parse(fp, text, len) == WZP_OK) {
        wzp_cert_fp_text(canon, fp);
        fuzz_check(strlen(canon) == WZP_CERT_FP_TEXT_LEN);
        fuzz_check(wzp_cert_fp_parse(back, canon, WZP_CERT_FP_TEXT_LEN)
                   == WZP_OK);
        fuzz_check(memcmp(fp, back, sizeof(fp)) == 0);
    }
}


static void
check_seed(const char *text, size_t len)
{
    char     hex[2 * WZP_SEED_SIZE + 1];
    uint8_t  seed[WZP_SEED_SIZE], back[WZP_SEED_SIZE];

    if (wzp_seed_parse(seed, text, len) == WZP_OK) {
        wzp_hex(hex, seed, sizeof(seed));
        fuzz_check(wzp_seed_parse(back, hex, sizeof(hex) - 1) == WZP_OK);
        fuzz_check(memcmp(seed, back, sizeof(seed)) == 0);
    }
}


static void
check_alias(const char *text, size_t len)
{
    char    clean[WZP_ALIAS_MAX + 1], again[WZP_ALIAS_MAX + 1];
    size_t  n;

    n = wzp_alias_clean(clean, text, len);

    fuzz_check(n <= WZP_ALIAS_MAX && strlen(clean) == n);
    fuzz_check(wzp_utf8_valid((const uint8_t *) clean, n));
    fuzz_check(wzp_alias_clean(again, clean, n) == n);
    fuzz_check(memcmp(clean, again, n) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char  *text;

    text = (const char *) data;

    check_fp(text, size);
    check_cert_fp(text, size);
    check_seed(text, size);
    check_alias(text, size);

    return 0;
}
