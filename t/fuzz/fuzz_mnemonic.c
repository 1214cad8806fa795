/*
 * Mnemonics: what parses is, in its canonical text, the same seed.  Input of
 * 32 bytes is taken for a seed.
 */

#include "wzp/wzp_ident.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char     text[WZP_MNEMONIC_MAX];
    size_t   len;
    uint8_t  seed[WZP_SEED_SIZE], back[WZP_SEED_SIZE];

    if (size == WZP_SEED_SIZE) {
        memcpy(seed, data, size);

    } else if (wzp_mnemonic_parse(seed, (const char *) data, size)
               != WZP_OK)
    {
        return 0;
    }

    wzp_mnemonic_text(text, seed);
    len = strlen(text);

    fuzz_check(len < sizeof(text));
    fuzz_check(wzp_mnemonic_parse(back, text, len) == WZP_OK);
    fuzz_check(memcmp(seed, back, sizeof(seed)) == 0);

    return 0;
}
