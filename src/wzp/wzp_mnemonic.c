/*
 * BIP39 English mnemonics of 24 words: 256 bits of entropy and 8 check bits,
 * 11 bits a word.  Words only; no PBKDF2, the entropy is the seed.
 */

#include "wzp/wzp_ident.h"


#define WZP_WORD_MAX        8
#define WZP_WORD_BITS       11
#define WZP_WORD_N          (1 << WZP_WORD_BITS)


static const char  wzp_words[WZP_WORD_N][WZP_WORD_MAX + 1] = {
#include "wzp/wzp_mnemonic_x.h"
};


static int wzp_word_find(const char *text, size_t len);
static size_t wzp_word_next(const char **text, const char *end);


wzp_rc_t
wzp_mnemonic_parse(uint8_t seed[WZP_SEED_SIZE], const char *text, size_t len)
{
    int          word;
    size_t       n, wlen, bit, i;
    uint8_t      bits[WZP_SEED_SIZE + 1], hash[32];
    wzp_rc_t     rc;
    const char  *p, *end;

    memset(bits, 0, sizeof(bits));

    p = text;
    end = text + len;
    rc = WZP_EBAD;

    for (n = 0; (wlen = wzp_word_next(&p, end)) != 0; n++) {
        if (n == WZP_MNEMONIC_WORDS) {
            goto done;
        }

        word = wzp_word_find(p, wlen);

        if (word < 0) {
            goto done;
        }

        for (i = 0; i < WZP_WORD_BITS; i++) {
            bit = n * WZP_WORD_BITS + i;

            if ((word >> (WZP_WORD_BITS - 1 - i)) & 1) {
                bits[bit / 8] |= (uint8_t) (0x80 >> (bit % 8));
            }
        }

        p += wlen;
    }

    if (n != WZP_MNEMONIC_WORDS) {
        goto done;
    }

    wzp_sha256(hash, bits, WZP_SEED_SIZE);

    if (hash[0] == bits[WZP_SEED_SIZE]) {
        memcpy(seed, bits, WZP_SEED_SIZE);
        rc = WZP_OK;
    }

    wzp_wipe(hash, sizeof(hash));

done:

    wzp_wipe(bits, sizeof(bits));

    return rc;
}


void
wzp_mnemonic_text(char text[WZP_MNEMONIC_MAX],
    const uint8_t seed[WZP_SEED_SIZE])
{
    size_t    n, bit, i, len;
    uint8_t   bits[WZP_SEED_SIZE + 32];
    unsigned  word;

    memcpy(bits, seed, WZP_SEED_SIZE);
    wzp_sha256(bits + WZP_SEED_SIZE, seed, WZP_SEED_SIZE);

    for (n = 0; n < WZP_MNEMONIC_WORDS; n++) {
        word = 0;

        for (i = 0; i < WZP_WORD_BITS; i++) {
            bit = n * WZP_WORD_BITS + i;
            word = word << 1 | ((bits[bit / 8] >> (7 - bit % 8)) & 1u);
        }

        len = strlen(wzp_words[word]);
        memcpy(text, wzp_words[word], len);
        text += len;
        *text++ = ' ';
    }

    text[-1] = '\0';

    wzp_wipe(bits, sizeof(bits));
}


/* Step over white space; the length of the word there, 0 at the end. */
static size_t
wzp_word_next(const char **text, const char *end)
{
    const char  *p, *start;

    for (p = *text; p < end; p++) {
        if (*p != ' ' && (*p < '\t' || *p > '\r')) {
            break;
        }
    }

    start = p;

    while (p < end && *p != ' ' && (*p < '\t' || *p > '\r')) {
        p++;
    }

    *text = start;

    return (size_t) (p - start);
}


static int
wzp_word_find(const char *text, size_t len)
{
    int     lo, hi, mid, cmp;
    char    word[WZP_WORD_MAX + 1];
    size_t  i;

    if (len > WZP_WORD_MAX) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        word[i] = text[i];

        if (word[i] >= 'A' && word[i] <= 'Z') {
            word[i] = (char) (word[i] + ('a' - 'A'));
        }

        if (word[i] < 'a' || word[i] > 'z') {
            return -1;
        }
    }

    word[len] = '\0';

    lo = 0;
    hi = WZP_WORD_N - 1;

    while (lo <= hi) {
        mid = (lo + hi) / 2;
        cmp = strcmp(word, wzp_words[mid]);

        if (cmp == 0) {
            return mid;
        }

        if (cmp < 0) {
            hi = mid - 1;

        } else {
            lo = mid + 1;
        }
    }

    return -1;
}
