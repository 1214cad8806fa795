/*
 * Signals to JSON: compact, members in the order of their table, numbers and
 * escapes as the reference's serialiser writes them.  PROTOCOL 2.2.
 */

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "wzp/wzp_signal_int.h"
#include "wzp/wzp_utf8.h"


typedef struct {
    uint8_t   *buf;
    size_t     size;
    size_t     len;                     /* needed so far, may exceed size    */
    wzp_rc_t   rc;                      /* sticky                            */
} wzp_jw_t;


typedef void (*wzp_write_pt)(wzp_jw_t *w, const wzp_field_t *f,
    const void *base);


static void wzp_write_fields(wzp_jw_t *w, const wzp_fields_t *fs,
    const void *base);


static void
wzp_jw_bytes(wzp_jw_t *w, const void *data, size_t len)
{
    if (w->len <= w->size && len <= w->size - w->len && len != 0) {
        memcpy(w->buf + w->len, data, len);
    }

    w->len += len;
}


static void
wzp_jw_text(wzp_jw_t *w, const char *text)
{
    wzp_jw_bytes(w, text, strlen(text));
}


static void
wzp_jw_uint(wzp_jw_t *w, uint64_t n)
{
    char    buf[20];
    size_t  i;

    i = sizeof(buf);

    do {
        buf[--i] = (char) ('0' + n % 10);
        n /= 10;
    } while (n != 0);

    wzp_jw_bytes(w, &buf[i], sizeof(buf) - i);
}


static void
wzp_jw_escape(wzp_jw_t *w, uint8_t ch)
{
    char         esc[7];
    const char  *p;

    static const char  plain[] = "\"\\\b\f\n\r\t";
    static const char  letter[] = "\"\\bfnrt";
    static const char  hex[] = "0123456789abcdef";

    p = ch == 0 ? NULL : strchr(plain, ch);

    if (p != NULL) {
        esc[0] = '\\';
        esc[1] = letter[p - plain];
        wzp_jw_bytes(w, esc, 2);
        return;
    }

    memcpy(esc, "\\u00", 4);
    esc[4] = hex[ch >> 4];
    esc[5] = hex[ch & 0x0f];
    wzp_jw_bytes(w, esc, 6);
}


static void
wzp_jw_string(wzp_jw_t *w, const char *text)
{
    size_t          i, from, len;
    const uint8_t  *p;

    p = (const uint8_t *) text;
    len = strlen(text);

    if (!wzp_utf8_valid(p, len)) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_text(w, "\"");

    from = 0;

    for (i = 0; i < len; i++) {
        if (p[i] < 0x20 || p[i] == '"' || p[i] == '\\') {
            wzp_jw_bytes(w, &p[from], i - from);
            wzp_jw_escape(w, p[i]);
            from = i + 1;
        }
    }

    wzp_jw_bytes(w, &p[from], len - from);
    wzp_jw_text(w, "\"");
}


static void
wzp_jw_array(wzp_jw_t *w, const uint8_t *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        wzp_jw_text(w, i == 0 ? "[" : ",");
        wzp_jw_uint(w, data[i]);
    }

    wzp_jw_text(w, len == 0 ? "[]" : "]");
}


/*
 * The digits of the shortest decimal that reads back as v, and the power of
 * ten of the first.  Locale safe: whatever printf uses as decimal point is
 * skipped, and strtof reads what the same locale wrote.
 */
static size_t
wzp_float_digits(char digits[16], int *exp10, float v)
{
    int     prec;
    char    buf[64];
    size_t  n;
    char   *p;

    for (prec = 0; prec < FLT_DECIMAL_DIG - 1; prec++) {
        (void) snprintf(buf, sizeof(buf), "%.*e", prec, (double) v);

        if (!(strtof(buf, NULL) < v) && !(strtof(buf, NULL) > v)) {
            break;
        }
    }

    (void) snprintf(buf, sizeof(buf), "%.*e", prec, (double) v);

    n = 0;

    for (p = buf; *p != 'e' && *p != '\0' && n < 15; p++) {
        if (*p >= '0' && *p <= '9') {
            digits[n++] = *p;
        }
    }

    *exp10 = *p == 'e' ? atoi(p + 1) : 0;

    while (n > 1 && digits[n - 1] == '0') {
        n--;
    }

    return n;
}


/*
 * A 32-bit float in the shortest form that reads back the same; plain
 * notation with a point from 1e-6 to below 1e13, else an exponent.
 */
static void
wzp_jw_float(wzp_jw_t *w, float v)
{
    int     exp10;
    char    d[16];
    size_t  i, n;

    if (!(v >= -FLT_MAX && v <= FLT_MAX)) {
        w->rc = WZP_EBAD;
        return;
    }

    if (v < 0) {
        wzp_jw_text(w, "-");
        v = -v;
    }

    n = wzp_float_digits(d, &exp10, v);

    if (exp10 < -6 || exp10 > 12) {
        wzp_jw_bytes(w, d, 1);

        if (n > 1) {
            wzp_jw_text(w, ".");
            wzp_jw_bytes(w, &d[1], n - 1);
        }

        wzp_jw_text(w, exp10 < 0 ? "e-" : "e");
        wzp_jw_uint(w, (uint64_t) (exp10 < 0 ? -exp10 : exp10));
        return;
    }

    if (exp10 < 0) {
        wzp_jw_text(w, "0.");

        for (; exp10 < -1; exp10++) {
            wzp_jw_text(w, "0");
        }

        wzp_jw_bytes(w, d, n);
        return;
    }

    for (i = 0; i <= (size_t) exp10; i++) {
        wzp_jw_bytes(w, i < n ? &d[i] : "0", 1);
    }

    wzp_jw_text(w, ".");

    if (i < n) {
        wzp_jw_bytes(w, &d[i], n - i);

    } else {
        wzp_jw_text(w, "0");
    }
}


static void
wzp_jw_profile(wzp_jw_t *w, const wzp_profile_t *pr)
{
    const wzp_codec_info_t  *info;

    info = wzp_codec_info(pr->codec);

    if (info == NULL) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_text(w, "{\"codec\":");
    wzp_jw_string(w, info->name);
    wzp_jw_text(w, ",\"fec_ratio\":");
    wzp_jw_float(w, pr->fec_ratio);
    wzp_jw_text(w, ",\"frame_duration_ms\":");
    wzp_jw_uint(w, pr->frame_duration_ms);
    wzp_jw_text(w, ",\"frames_per_block\":");
    wzp_jw_uint(w, pr->frames_per_block);
    wzp_jw_text(w, "}");
}


static void
wzp_jw_hex64(wzp_jw_t *w, uint64_t n)
{
    char     hex[17];
    size_t   i;
    uint8_t  be[8];

    for (i = 0; i < sizeof(be); i++) {
        be[i] = (uint8_t) (n >> (56 - 8 * i));
    }

    wzp_hex(hex, be, sizeof(be));
    wzp_jw_string(w, hex);
}


/* How many of a list there are; never more than fit. */
static size_t
wzp_jw_count(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    size_t  n;

    n = *(const size_t *) wzp_at_const(base, f->aux);

    if (n > f->size) {
        w->rc = WZP_EBAD;
        return 0;
    }

    return n;
}


/* What a signal owns; memcpy, because the kinds of pointer differ. */
static const void *
wzp_owned(const wzp_field_t *f, const void *base)
{
    const void  *p;

    memcpy(&p, wzp_at_const(base, f->at), sizeof(p));

    return p;
}


static uint64_t
wzp_uint(const wzp_field_t *f, const void *base)
{
    const void  *p;

    p = wzp_at_const(base, f->at);

    switch (f->size) {

    case sizeof(uint8_t):
        return *(const uint8_t *) p;

    case sizeof(uint16_t):
        return *(const uint16_t *) p;

    case sizeof(uint32_t):
        return *(const uint32_t *) p;

    default:
        return *(const uint64_t *) p;
    }
}


static void
wzp_write_text(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_string(w, wzp_at_const(base, f->at));
}


static void
wzp_write_fp(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    char  text[WZP_FP_TEXT_LEN + 1];

    wzp_fp_text(text, wzp_at_const(base, f->at));
    wzp_jw_string(w, text);
}


static void
wzp_write_bytes(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_array(w, wzp_at_const(base, f->at), f->size);
}


static void
wzp_write_hex(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    char  hex[2 * WZP_RESUME_SIZE + 1];

    WZP_ASSERT(f->size == WZP_RESUME_SIZE);

    wzp_hex(hex, wzp_at_const(base, f->at), WZP_RESUME_SIZE);
    wzp_jw_string(w, hex);
}


static void
wzp_write_hex64(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_hex64(w, wzp_uint(f, base));
}


static void
wzp_write_uint(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    uint64_t  n;

    n = wzp_uint(f, base);

    if (n > WZP_INT_MAX && f->kind != WZP_KIND_STAMP) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_uint(w, n);
}


static void
wzp_write_bool(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_text(w, *(const bool *) wzp_at_const(base, f->at) ? "true"
                                                             : "false");
}


static void
wzp_jw_name(wzp_jw_t *w, const char *name)
{
    if (name == NULL) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_string(w, name);
}


static void
wzp_write_hangup(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_name(w, wzp_hangup_name(*(const wzp_hangup_t *)
                                   wzp_at_const(base, f->at)));
}


static void
wzp_write_accept(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_name(w, wzp_accept_name(*(const wzp_accept_t *)
                                   wzp_at_const(base, f->at)));
}


static void
wzp_write_extensions(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    unsigned     i, extensions;
    const char  *sep;

    extensions = *(const unsigned *) wzp_at_const(base, f->at);
    sep = "[";

    for (i = 0; wzp_extension_name(i) != NULL; i++) {
        if (extensions & (1u << i)) {
            wzp_jw_text(w, sep);
            wzp_jw_string(w, wzp_extension_name(i));
            sep = ",";
        }
    }

    wzp_jw_text(w, *sep == '[' ? "[]" : "]");
}


static void
wzp_write_profile(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_profile(w, wzp_at_const(base, f->at));
}


static void
wzp_write_sig(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_array(w, wzp_at_const(base, f->at), wzp_jw_count(w, f, base));
}


/* What stands in front of element i of a list. */
static const char *
wzp_jw_sep(size_t i)
{
    return i == 0 ? "" : ",";
}


static void
wzp_write_profiles(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    size_t                i, n;
    const wzp_profile_t  *profiles;

    profiles = wzp_at_const(base, f->at);
    n = wzp_jw_count(w, f, base);

    wzp_jw_text(w, "[");

    for (i = 0; i < n; i++) {
        wzp_jw_text(w, wzp_jw_sep(i));
        wzp_jw_profile(w, &profiles[i]);
    }

    wzp_jw_text(w, "]");
}


static void
wzp_write_hosts(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    size_t       i, n;
    const char  *hosts;

    hosts = wzp_at_const(base, f->at);
    n = wzp_jw_count(w, f, base);

    wzp_jw_text(w, "[");

    for (i = 0; i < n; i++) {
        wzp_jw_text(w, wzp_jw_sep(i));
        wzp_jw_string(w, hosts + i * (WZP_HOST_MAX + 1));
    }

    wzp_jw_text(w, "]");
}


static void
wzp_write_path(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    size_t           i, n;
    const uint64_t  *path;

    path = wzp_at_const(base, f->at);
    n = wzp_jw_count(w, f, base);

    wzp_jw_text(w, "[");

    for (i = 0; i < n; i++) {
        wzp_jw_text(w, wzp_jw_sep(i));
        wzp_jw_hex64(w, path[i]);
    }

    wzp_jw_text(w, "]");
}


static void
wzp_write_token(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    wzp_jw_name(w, wzp_owned(f, base));
}


/* Embedded as it is, so it must be one whole value. */
static void
wzp_write_json(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    size_t       len;
    json_t      *root;
    wzp_rc_t     rc;
    const void  *json;

    len = wzp_jw_count(w, f, base);
    json = wzp_owned(f, base);

    if (len == 0) {
        w->rc = WZP_EBAD;
        return;
    }

    rc = wzp_json_load(&root, json, len);

    if (rc != WZP_OK) {
        w->rc = rc;
        return;
    }

    json_decref(root);
    wzp_jw_bytes(w, json, len);
}


static void
wzp_write_fps(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    char            text[WZP_FP_TEXT_LEN + 1];
    size_t          i, n;
    const uint8_t  *fps;

    fps = wzp_owned(f, base);
    n = wzp_jw_count(w, f, base);

    wzp_jw_text(w, "[");

    for (i = 0; i < n; i++) {
        wzp_fp_text(text, fps + i * WZP_FP_SIZE);
        wzp_jw_text(w, wzp_jw_sep(i));
        wzp_jw_string(w, text);
    }

    wzp_jw_text(w, "]");
}


static void
wzp_write_people(wzp_jw_t *w, const wzp_field_t *f, const void *base)
{
    size_t                    i, n;
    const wzp_participant_t  *people;

    people = wzp_owned(f, base);
    n = wzp_jw_count(w, f, base);

    wzp_jw_text(w, "[");

    for (i = 0; i < n; i++) {
        wzp_jw_text(w, wzp_jw_sep(i));
        wzp_write_fields(w, &wzp_participant_fields, &people[i]);
    }

    wzp_jw_text(w, "]");
}


static const wzp_write_pt  wzp_writers[WZP_KIND_N] = {
    [WZP_KIND_TEXT] = wzp_write_text,
    [WZP_KIND_ID] = wzp_write_text,
    [WZP_KIND_ROOM] = wzp_write_text,
    [WZP_KIND_FP_TEXT] = wzp_write_text,
    [WZP_KIND_FP] = wzp_write_fp,
    [WZP_KIND_BYTES] = wzp_write_bytes,
    [WZP_KIND_HEX] = wzp_write_hex,
    [WZP_KIND_HEX64] = wzp_write_hex64,
    [WZP_KIND_UINT] = wzp_write_uint,
    [WZP_KIND_STAMP] = wzp_write_uint,
    [WZP_KIND_BOOL] = wzp_write_bool,
    [WZP_KIND_HANGUP] = wzp_write_hangup,
    [WZP_KIND_ACCEPT] = wzp_write_accept,
    [WZP_KIND_EXTENSIONS] = wzp_write_extensions,
    [WZP_KIND_PROFILE] = wzp_write_profile,
    [WZP_KIND_SIG] = wzp_write_sig,
    [WZP_KIND_PROFILES] = wzp_write_profiles,
    [WZP_KIND_HOSTS] = wzp_write_hosts,
    [WZP_KIND_CANDIDATES] = wzp_write_hosts,
    [WZP_KIND_PATH] = wzp_write_path,
    [WZP_KIND_TOKEN] = wzp_write_token,
    [WZP_KIND_JSON] = wzp_write_json,
    [WZP_KIND_FPS] = wzp_write_fps,
    [WZP_KIND_PEOPLE] = wzp_write_people
};


/* Only kinds that a table omits or writes as null get here. */
static bool
wzp_field_empty(const wzp_field_t *f, const void *base)
{
    const void  *p;

    p = wzp_at_const(base, f->at);

    if (f->kind <= WZP_KIND_FP_TEXT) {
        return *(const char *) p == '\0';
    }

    if (f->kind == WZP_KIND_BOOL) {
        return !*(const bool *) p;
    }

    if (f->kind == WZP_KIND_EXTENSIONS) {
        return *(const unsigned *) p == 0;
    }

    if (f->kind == WZP_KIND_UINT) {
        return wzp_uint(f, base) == 0;
    }

    return *(const size_t *) wzp_at_const(base, f->aux) == 0;
}


static bool
wzp_field_omitted(const wzp_field_t *f, const void *base)
{
    if (f->rule == WZP_RULE_HAS || f->rule == WZP_RULE_WITH) {
        return !*(const bool *) wzp_at_const(base, f->aux);
    }

    return f->rule == WZP_RULE_OMIT && wzp_field_empty(f, base);
}


static void
wzp_write_fields(wzp_jw_t *w, const wzp_fields_t *fs, const void *base)
{
    size_t              i;
    const char         *sep;
    const wzp_field_t  *f;

    sep = "{\"";

    for (i = 0; i < fs->n; i++) {
        f = &fs->fields[i];

        if (wzp_field_omitted(f, base)) {
            continue;
        }

        wzp_jw_text(w, sep);
        wzp_jw_text(w, f->name);
        wzp_jw_text(w, "\":");
        sep = ",\"";

        if (f->rule == WZP_RULE_NULL && wzp_field_empty(f, base)) {
            wzp_jw_text(w, "null");

        } else {
            wzp_writers[f->kind](w, f, base);
        }
    }

    wzp_jw_text(w, "}");
}


wzp_rc_t
wzp_signal_encode(const wzp_signal_t *sg, uint8_t *buf, size_t size,
    size_t *len)
{
    wzp_jw_t             w;
    const wzp_fields_t  *fs;

    fs = wzp_signal_fields(sg->type);

    if (fs == NULL) {
        return WZP_EUNKNOWN;
    }

    w.buf = buf;
    w.size = size;
    w.len = 0;
    w.rc = WZP_OK;

    if (fs->unit) {
        wzp_jw_string(&w, wzp_signal_name(sg->type));

    } else {
        wzp_jw_text(&w, "{");
        wzp_jw_string(&w, wzp_signal_name(sg->type));
        wzp_jw_text(&w, ":");
        wzp_write_fields(&w, fs, sg);
        wzp_jw_text(&w, "}");
    }

    if (w.rc != WZP_OK) {
        return w.rc;
    }

    *len = w.len;

    return w.len <= size ? WZP_OK : WZP_ENOSPC;
}
