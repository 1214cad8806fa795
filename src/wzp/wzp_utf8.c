/*
 * UTF-8: decode, and clean what is shown to people.
 */

#include "wzp/wzp_utf8.h"


size_t
wzp_utf8_decode(uint32_t *cp, const uint8_t *p, size_t len)
{
    size_t    i, n;
    uint32_t  v, min;

    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    }

    if (p[0] < 0xe0) {
        n = 2;
        v = p[0] & 0x1fu;
        min = 0x80;

    } else if (p[0] < 0xf0) {
        n = 3;
        v = p[0] & 0x0fu;
        min = 0x800;

    } else {
        n = 4;
        v = p[0] & 0x07u;
        min = 0x10000;
    }

    if (len < n) {
        return 0;
    }

    for (i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        v = v << 6 | (p[i] & 0x3fu);
    }

    if (v < min || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) {
        return 0;
    }

    *cp = v;

    return n;
}


bool
wzp_utf8_valid(const uint8_t *p, size_t len)
{
    size_t    i, n;
    uint32_t  cp;

    for (i = 0; i < len; i += n) {
        n = wzp_utf8_decode(&cp, &p[i], len - i);

        if (n == 0) {
            return false;
        }
    }

    return true;
}


/* Ranges that are never shown, in order. */
static const struct {
    uint32_t  first;
    uint32_t  last;
} wzp_utf8_hidden[] = {
    { 0x0000, 0x001f },
    { 0x007f, 0x009f },
    { 0x061c, 0x061c },                 /* Arabic letter mark                */
    { 0x200e, 0x200f },                 /* left-to-right, right-to-left mark */
    { 0x2028, 0x202e },                 /* separators, embeddings, overrides */
    { 0x2066, 0x2069 },                 /* isolates                          */
    { 0xfdd0, 0xfdef },                 /* non-characters                    */
    { 0xfeff, 0xfeff },
    { 0xfff9, 0xfffb },                 /* interlinear annotation            */
};


static bool
wzp_utf8_shown(uint32_t cp)
{
    size_t  i;

    if (cp >= 0x20 && cp < 0x7f) {
        return true;
    }

    if ((cp & 0xfffe) == 0xfffe) {
        return false;
    }

    for (i = 0; i < WZP_ARRAY_LEN(wzp_utf8_hidden); i++) {
        if (cp >= wzp_utf8_hidden[i].first && cp <= wzp_utf8_hidden[i].last) {
            return false;
        }
    }

    return true;
}


size_t
wzp_utf8_clean(char *dst, size_t max, const char *src, size_t len)
{
    size_t          i, n, out;
    uint32_t        cp;
    const uint8_t  *p;

    p = (const uint8_t *) src;
    out = 0;

    for (i = 0; i < len; i += n) {
        n = wzp_utf8_decode(&cp, &p[i], len - i);

        if (n == 0) {
            n = 1;
            continue;
        }

        if (!wzp_utf8_shown(cp)) {
            continue;
        }

        if (n > max - out) {
            break;
        }

        memcpy(&dst[out], &p[i], n);
        out += n;
    }

    dst[out] = '\0';

    return out;
}
