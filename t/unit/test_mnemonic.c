/*
 * BIP39 mnemonics: the list itself, the vector of PROTOCOL 4.2, three vectors
 * of BIP39, and whatever must not parse.
 */

#include "wzp/wzp_ident.h"
#include "vec.h"


static const char  protocol_words[] =
    "abandon amount liar amount expire adjust cage candy arch gather drum "
    "bullet absurd math era live bid rhythm alien crouch range attend journey "
    "unaware";


/* The test vectors of BIP39 with 256 bits of equal bytes. */
static const struct {
    uint8_t      byte;
    const char  *words;
} standard[] = {
    { 0x00,
      "abandon abandon abandon abandon abandon abandon abandon abandon "
      "abandon abandon abandon abandon abandon abandon abandon abandon "
      "abandon abandon abandon abandon abandon abandon abandon art" },
    { 0x7f,
      "legal winner thank year wave sausage worth useful legal winner thank "
      "year wave sausage worth useful legal winner thank year wave sausage "
      "worth title" },
    { 0x80,
      "letter advice cage absurd amount doctor acoustic avoid letter advice "
      "cage absurd amount doctor acoustic avoid letter advice cage absurd "
      "amount doctor acoustic bless" },
    { 0xff,
      "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo "
      "zoo zoo zoo zoo zoo zoo vote" },
};


/*
 * Word n of the list is the first word of the mnemonic of a seed that starts
 * with the bits n; so the whole list is read through the public interface.
 */
static void
test_list(void)
{
    char      text[WZP_MNEMONIC_MAX], hex[65], *end;
    size_t    len;
    uint8_t   seed[32], hash[32];
    unsigned  n;

    static char  list[2048 * 9 + 1];

    len = 0;
    memset(seed, 0, sizeof(seed));
    text[0] = '\0';

    for (n = 0; n < 2048; n++) {
        seed[0] = (uint8_t) (n >> 3);
        seed[1] = (uint8_t) (n << 5);

        wzp_mnemonic_text(text, seed);
        end = strchr(text, ' ');

        if (end == NULL || end - text > 8) {
            break;
        }

        memcpy(&list[len], text, (size_t) (end - text));
        len += (size_t) (end - text);
        list[len++] = '\n';
    }

    is_u64(n, 2048, "2048 words of at most 8 letters");

    wzp_sha256(hash, list, len);
    wzp_hex(hex, hash, 32);
    is_str(hex,
           "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda",
           "SHA-256 of the standard list");
}


static void
test_vectors(void)
{
    char     text[WZP_MNEMONIC_MAX];
    size_t   i;
    uint8_t  seed[32], want[32];

    (void) vec_get("ident", "client_seed", want, sizeof(want));
    wzp_mnemonic_text(text, want);
    is_str(text, protocol_words, "the protocol's words");

    ok(wzp_mnemonic_parse(seed, text, strlen(text)) == WZP_OK
       && memcmp(seed, want, 32) == 0, "and back");

    for (i = 0; i < WZP_ARRAY_LEN(standard); i++) {
        memset(want, standard[i].byte, 32);
        wzp_mnemonic_text(text, want);
        is_str(text, standard[i].words, "BIP39: 32 times %02x",
               standard[i].byte);
        ok(wzp_mnemonic_parse(seed, text, strlen(text)) == WZP_OK
           && memcmp(seed, want, 32) == 0, "and back");
    }
}


static void
test_space(void)
{
    char     text[512];
    char    *p;
    size_t   i;
    uint8_t  seed[32], want[32];

    (void) vec_get("ident", "client_seed", want, sizeof(want));

    p = text;
    p += sprintf(p, "\n\t ");

    for (i = 0; protocol_words[i] != '\0'; i++) {
        if (protocol_words[i] == ' ') {
            p += sprintf(p, "\r\n\t ");

        } else {
            *p++ = (char) (i % 2 ? protocol_words[i]
                                 : protocol_words[i] & ~0x20);
        }
    }

    p += sprintf(p, " \n");

    ok(wzp_mnemonic_parse(seed, text, strlen(text)) == WZP_OK
       && memcmp(seed, want, 32) == 0, "any white space, any case");
}


/* A heap copy of exactly the length, so a sanitizer sees any read beyond. */
static wzp_rc_t
parse_copy(const char *text, size_t len)
{
    char      *copy;
    uint8_t    seed[32];
    wzp_rc_t   rc;

    copy = malloc(len + 1);
    memcpy(copy + 1, text, len);
    rc = wzp_mnemonic_parse(seed, copy + 1, len);
    free(copy);

    return rc;
}


static void
test_bad(void)
{
    char    text[512];
    size_t  i, accepted, len;

    accepted = 0;
    len = strlen(protocol_words);

    for (i = 0; i < len; i++) {
        accepted += parse_copy(protocol_words, i) == WZP_OK;
    }

    is_u64(accepted, 0, "cut at every length");

    for (i = 0; i < len; i++) {
        memcpy(text, protocol_words, len + 1);
        text[i] = '1';
        accepted += parse_copy(text, len) == WZP_OK;
        text[i] = '\0';
        accepted += parse_copy(text, len) == WZP_OK;
        text[i] = (char) 0xe9;
        accepted += parse_copy(text, len) == WZP_OK;
    }

    is_u64(accepted, 0, "a wrong character at every place");

    (void) snprintf(text, sizeof(text), "%s abandon", protocol_words);
    is_i64(parse_copy(text, strlen(text)), WZP_EBAD, "25 words");
    is_i64(parse_copy("", 0), WZP_EBAD, "no words");

    memcpy(text, protocol_words, len + 1);
    memcpy(text, "ability", 7);
    is_i64(parse_copy(text, len), WZP_EBAD, "check bits");

    (void) snprintf(text, sizeof(text), "%.*s unawares", (int) (len - 8),
                    protocol_words);
    is_i64(parse_copy(text, strlen(text)), WZP_EBAD, "an unknown word");
    (void) snprintf(text, sizeof(text), "%.*s unawarenesses", (int) (len - 8),
                    protocol_words);
    is_i64(parse_copy(text, strlen(text)), WZP_EBAD, "a long word");
}


/* 8 check bits: of 256 changes of one word about one passes, not more. */
static void
test_check_bits(void)
{
    char      text[WZP_MNEMONIC_MAX];
    uint8_t   seed[32];
    unsigned  n, passed, round;

    passed = 0;
    round = 0;
    memset(seed, 0x31, sizeof(seed));

    for (n = 0; n < 256; n++) {
        seed[0] = (uint8_t) n;
        wzp_mnemonic_text(text, seed);

        round += parse_copy(text, strlen(text)) == WZP_OK;

        memcpy(text + strlen(text) - strlen(strrchr(text, ' ')), " zoo", 5);
        passed += parse_copy(text, strlen(text)) == WZP_OK;
    }

    is_u64(round, 256, "256 seeds there and back");
    ok(passed < 16, "another last word seldom passes (%u of 256)", passed);
}


int
main(void)
{
    test_list();
    test_vectors();
    test_space();
    test_bad();
    test_check_bits();

    return done_testing();
}
