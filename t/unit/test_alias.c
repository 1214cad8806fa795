/*
 * Aliases and UTF-8: what is kept, what is left out, where it is cut.
 */

#include "wzp/wzp_signal.h"
#include "wzp/wzp_utf8.h"
#include "tap.h"


static const struct {
    const char  *what;
    const char  *dirty;
    const char  *clean;
} cases[] = {
    { "nothing", "", "" },
    { "ASCII", "Swift Wolf", "Swift Wolf" },
    { "two bytes", "Zo\xc3\xab", "Zo\xc3\xab" },
    { "three bytes", "\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87" },
    { "four bytes", "\xf0\x9f\x90\xba", "\xf0\x9f\x90\xba" },
    { "a joined emoji", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
      "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80" },
    { "no-break space", "a\xc2\xa0z", "a\xc2\xa0z" },
    { "last before C1", "a~z", "a~z" },
    { "highest code point but two", "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },

    { "C0", "a\x01\x1b[31m\r\n\tb", "a[31mb" },
    { "DEL", "a\x7f" "b", "ab" },
    { "C1", "a\xc2\x80\xc2\x9b\xc2\x9f" "b", "ab" },
    { "line and paragraph separator", "a\xe2\x80\xa8\xe2\x80\xa9" "b", "ab" },
    { "embeddings and overrides",
      "a\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae" "b",
      "ab" },
    { "isolates", "a\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9" "b",
      "ab" },
    { "direction marks", "a\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c" "b", "ab" },
    { "byte order mark", "\xef\xbb\xbf" "ab", "ab" },
    { "annotation", "a\xef\xbf\xb9\xef\xbf\xba\xef\xbf\xbb" "b", "ab" },
    { "non-characters", "a\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90"
      "\xf0\x9f\xbf\xbe\xf4\x8f\xbf\xbf" "b", "ab" },
    { "the neighbours of what is left out",
      "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xef\xb7\x8f"
      "\xef\xb7\xb0\xef\xbf\xb8\xef\xbf\xbc",
      "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\xef\xb7\x8f"
      "\xef\xb7\xb0\xef\xbf\xb8\xef\xbf\xbc" },

    { "a lone continuation", "a\x80z", "az" },
    { "Latin-1", "Jos\xe9 M", "Jos M" },
    { "overlong, two bytes", "a\xc0\xafz", "az" },
    { "overlong, three bytes", "a\xe0\x80\xafz", "az" },
    { "overlong, four bytes", "a\xf0\x80\x80\xafz", "az" },
    { "surrogate", "a\xed\xa0\x80z", "az" },
    { "beyond 10FFFF", "a\xf4\x90\x80\x80z", "az" },
    { "five bytes", "a\xf8\x88\x80\x80\x80z", "az" },
    { "cut short at the end", "a\xe2\x82", "a" },
    { "cut short in the middle", "a\xe2\x82z", "az" },
    { "only rubbish", "\xff\xfe\x01\x02", "" },
};


static size_t
clean(char dst[WZP_ALIAS_MAX + 1], const char *src, size_t len)
{
    char    *copy;
    size_t   n;

    copy = malloc(len + 1);
    memcpy(copy + 1, src, len);
    n = wzp_alias_clean(dst, copy + 1, len);
    free(copy);

    return n;
}


static void
test_cases(void)
{
    char    dst[WZP_ALIAS_MAX + 1];
    size_t  i, n;

    for (i = 0; i < WZP_ARRAY_LEN(cases); i++) {
        memset(dst, '#', sizeof(dst));
        n = clean(dst, cases[i].dirty, strlen(cases[i].dirty));
        is_str(dst, cases[i].clean, "%s", cases[i].what);
        is_u64(n, strlen(cases[i].clean), "its length");
    }

    n = clean(dst, "a\0b", 3);
    ok(n == 2 && strcmp(dst, "ab") == 0, "NUL");
}


static void
test_cut(void)
{
    char    src[256], dst[WZP_ALIAS_MAX + 1];
    size_t  n;

    memset(src, 'x', sizeof(src));
    n = clean(dst, src, 64);
    ok(n == 64 && strlen(dst) == 64, "64 bytes stay");
    n = clean(dst, src, 65);
    ok(n == 64 && strlen(dst) == 64, "of 65 bytes, 64");

    memcpy(&src[63], "\xc3\xa9", 2);
    n = clean(dst, src, 65);
    ok(n == 63 && strlen(dst) == 63, "no half character of two");
    memcpy(&src[62], "\xc3\xa9", 2);
    n = clean(dst, src, 64);
    ok(n == 64, "one that just fits");

    memset(src, 'x', sizeof(src));
    memcpy(&src[61], "\xf0\x9f\x90\xba" "ab", 6);
    n = clean(dst, src, 67);
    ok(n == 61, "nothing is taken from behind the cut");

    memset(src, '\x01', sizeof(src));
    memcpy(&src[200], "Ann", 3);
    n = clean(dst, src, sizeof(src));
    ok(n == 3 && strcmp(dst, "Ann") == 0, "what is left out takes no room");
}


/* Every output is valid, clean, and stays as it is when cleaned again. */
static void
test_random(void)
{
    char      dst[WZP_ALIAS_MAX + 1], again[WZP_ALIAS_MAX + 1];
    size_t    i, k, n, len, wrong;
    uint8_t   src[128];
    uint32_t  r;

    wrong = 0;
    r = 7;

    for (i = 0; i < 50000; i++) {
        r = r * 1664525u + 1013904223u;
        len = (r >> 16) % sizeof(src);

        for (k = 0; k < len; k++) {
            r = r * 1664525u + 1013904223u;
            src[k] = (uint8_t) (r >> 24);

            /* favour sequences that nearly are UTF-8 */

            if (k > 0 && src[k - 1] >= 0xc0 && (r & 0x1800)) {
                src[k] = (uint8_t) (0x80 | (src[k] & 0x3f));
            }
        }

        n = clean(dst, (char *) src, len);

        wrong += n > WZP_ALIAS_MAX || strlen(dst) != n;
        wrong += !wzp_utf8_valid((uint8_t *) dst, n);
        wrong += clean(again, dst, n) != n || memcmp(dst, again, n + 1) != 0;
    }

    is_u64(wrong, 0, "50000 random inputs");
}


/* Encode each code point by hand; it must decode to itself. */
static void
test_decode(void)
{
    size_t    n, got;
    uint8_t   b[4];
    uint32_t  cp, back, wrong;

    wrong = 0;

    for (cp = 0; cp < 0x120000; cp++) {
        if (cp < 0x80) {
            b[0] = (uint8_t) cp;
            n = 1;

        } else if (cp < 0x800) {
            b[0] = (uint8_t) (0xc0 | cp >> 6);
            b[1] = (uint8_t) (0x80 | (cp & 0x3f));
            n = 2;

        } else if (cp < 0x10000) {
            b[0] = (uint8_t) (0xe0 | cp >> 12);
            b[1] = (uint8_t) (0x80 | (cp >> 6 & 0x3f));
            b[2] = (uint8_t) (0x80 | (cp & 0x3f));
            n = 3;

        } else {
            b[0] = (uint8_t) (0xf0 | cp >> 18);
            b[1] = (uint8_t) (0x80 | (cp >> 12 & 0x3f));
            b[2] = (uint8_t) (0x80 | (cp >> 6 & 0x3f));
            b[3] = (uint8_t) (0x80 | (cp & 0x3f));
            n = 4;
        }

        back = 0;
        got = wzp_utf8_decode(&back, b, n);

        if ((cp >= 0xd800 && cp <= 0xdfff) || cp > 0x10ffff) {
            wrong += got != 0;

        } else {
            wrong += got != n || back != cp;
        }

        wrong += n > 1 && wzp_utf8_decode(&back, b, n - 1) != 0;
    }

    is_u64(wrong, 0, "every code point, and cut by one byte");
}


int
main(void)
{
    test_cases();
    test_cut();
    test_random();
    test_decode();

    return done_testing();
}
