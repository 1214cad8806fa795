/*
 * JSON: text to values, values to what signals are made of.  jansson parses;
 * before it sees a byte, nesting and number of values are bounded, so that no
 * message costs more than a few megabytes.
 */

#include <math.h>

#include "wzp/wzp_signal_int.h"


#define WZP_JSON_DEPTH      16
#define WZP_JSON_VALUES     65536
#define WZP_JSON_EXACT      9007199254740992.0      /* 2^53                  */


/*
 * Outside strings, count brackets and separators: every value but the first
 * stands behind one of them.  A NUL byte is never JSON, but jansson overlooks
 * one behind a number.
 */
static wzp_rc_t
wzp_json_scan(const uint8_t *json, size_t len)
{
    bool    text;
    size_t  i, depth, values;

    if (len == 0 || memchr(json, '\0', len) != NULL) {
        return WZP_EBAD;
    }

    text = false;
    depth = 0;
    values = 0;

    for (i = 0; i < len; i++) {

        if (text) {
            if (json[i] == '\\') {
                i++;

            } else if (json[i] == '"') {
                text = false;
            }

            continue;
        }

        switch (json[i]) {

        case '"':
            text = true;
            break;

        case '[':
        case '{':
            if (++depth > WZP_JSON_DEPTH) {
                return WZP_EBAD;
            }

            values++;
            break;

        case ']':
        case '}':
            if (depth == 0) {
                return WZP_EBAD;
            }

            depth--;
            break;

        case ',':
        case ':':
            values++;
            break;

        default:
            break;
        }
    }

    return values > WZP_JSON_VALUES ? WZP_ETOOBIG : WZP_OK;
}


/*
 * Strings may hold NUL (cleaned later).  Integers that do not fit 64 bits are
 * legal JSON and may stand in a member we ignore, so they get a second try as
 * floating point numbers.
 */
wzp_rc_t
wzp_json_load(json_t **root, const uint8_t *json, size_t len)
{
    size_t        flags;
    wzp_rc_t      rc;
    const char   *text;
    json_error_t  err;

    if (len > WZP_SIGNAL_MAX) {
        return WZP_ETOOBIG;
    }

    rc = wzp_json_scan(json, len);

    if (rc != WZP_OK) {
        return rc;
    }

    text = (const char *) json;
    flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;

    *root = json_loadb(text, len, flags, &err);

    if (*root == NULL && json_error_code(&err) == json_error_numeric_overflow) {
        *root = json_loadb(text, len, flags | JSON_DECODE_INT_AS_REAL, &err);
    }

    if (*root == NULL) {
        return json_error_code(&err) == json_error_out_of_memory ? WZP_ENOMEM
                                                                 : WZP_EBAD;
    }

    return WZP_OK;
}


wzp_rc_t
wzp_json_uint(uint64_t *n, const json_t *v, uint64_t max)
{
    double    d;
    uint64_t  u;

    if (json_is_integer(v) && json_integer_value(v) >= 0) {
        u = (uint64_t) json_integer_value(v);

    } else if (json_is_real(v)) {
        d = json_real_value(v);

        if (!(d >= 0 && d <= WZP_JSON_EXACT) || floor(d) < d) {
            return WZP_EBAD;
        }

        u = (uint64_t) d;

    } else {
        return WZP_EBAD;
    }

    if (u > max) {
        return WZP_EBAD;
    }

    *n = u;

    return WZP_OK;
}


static wzp_rc_t
wzp_json_u8(uint8_t *n, const json_t *v)
{
    uint64_t  u;

    if (wzp_json_uint(&u, v, UINT8_MAX) != WZP_OK) {
        return WZP_EBAD;
    }

    *n = (uint8_t) u;

    return WZP_OK;
}


/* Array of bytes; *len counts all of them, the first max are stored. */
wzp_rc_t
wzp_json_bytes(uint8_t *data, size_t max, size_t *len, const json_t *v)
{
    size_t   i, n;
    uint8_t  byte;

    if (!json_is_array(v)) {
        return WZP_EBAD;
    }

    n = json_array_size(v);

    for (i = 0; i < n; i++) {
        if (wzp_json_u8(&byte, json_array_get(v, i)) != WZP_OK) {
            return WZP_EBAD;
        }

        if (i < max) {
            data[i] = byte;
        }
    }

    *len = n;

    return WZP_OK;
}


/* WZP_EUNKNOWN: well formed, but of a codec that nobody knows. */
wzp_rc_t
wzp_json_profile(wzp_profile_t *pr, const json_t *v)
{
    float          ratio;
    uint8_t        frame, frames;
    wzp_codec_t    codec;
    const json_t  *name, *number;

    if (!json_is_object(v)) {
        return WZP_EBAD;
    }

    name = json_object_get(v, "codec");
    number = json_object_get(v, "fec_ratio");

    if (!json_is_string(name) || !json_is_number(number)) {
        return WZP_EBAD;
    }

    ratio = (float) json_number_value(number);

    if (!isfinite(ratio)
        || wzp_json_u8(&frame, json_object_get(v, "frame_duration_ms"))
           != WZP_OK
        || wzp_json_u8(&frames, json_object_get(v, "frames_per_block"))
           != WZP_OK)
    {
        return WZP_EBAD;
    }

    codec = wzp_codec_by_name(json_string_value(name),
                              json_string_length(name));

    if (codec == WZP_CODEC_N) {
        return WZP_EUNKNOWN;
    }

    pr->codec = codec;
    pr->fec_ratio = ratio;
    pr->frame_duration_ms = frame;
    pr->frames_per_block = frames;

    return WZP_OK;
}


/* An identifier or address, not empty: compared or dialled, never cut. */
wzp_rc_t
wzp_json_id(char *dst, size_t max, const json_t *v)
{
    size_t       i, len;
    const char  *text;

    text = json_string_value(v);
    len = json_string_length(v);

    if (len == 0 || len > max) {
        return WZP_EBAD;
    }

    for (i = 0; i < len; i++) {
        if (text[i] <= 0x20 || text[i] >= 0x7f) {
            return WZP_EBAD;
        }
    }

    memcpy(dst, text, len + 1);

    return WZP_OK;
}


wzp_rc_t
wzp_json_fp(uint8_t fp[WZP_FP_SIZE], const json_t *v)
{
    if (!json_is_string(v)) {
        return WZP_EBAD;
    }

    return wzp_fp_parse(fp, json_string_value(v), json_string_length(v));
}


wzp_rc_t
wzp_json_hex64(uint64_t *n, const json_t *v)
{
    size_t    i;
    uint8_t   be[8];
    uint64_t  u;

    if (!json_is_string(v)
        || wzp_unhex(be, sizeof(be), json_string_value(v),
                     json_string_length(v))
           != WZP_OK)
    {
        return WZP_EBAD;
    }

    u = 0;

    for (i = 0; i < sizeof(be); i++) {
        u = u << 8 | be[i];
    }

    *n = u;

    return WZP_OK;
}


/* The number of a name in one of the lists of wzp_signal.c. */
wzp_rc_t
wzp_json_name(unsigned *n, const json_t *v, const char *(*name)(unsigned))
{
    unsigned     i;
    const char  *text;

    text = json_string_value(v);

    if (text == NULL) {
        return WZP_EBAD;
    }

    for (i = 0; name(i) != NULL; i++) {
        if (strcmp(text, name(i)) == 0) {
            *n = i;
            return WZP_OK;
        }
    }

    return WZP_EUNKNOWN;
}
