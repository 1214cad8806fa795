/*
 * Signals to JSON: compact, members in the reference's order, numbers and
 * escapes as its serialiser writes them.  PROTOCOL 2.2.
 */

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

#include "wzp/wzp_signal.h"
#include "wzp/wzp_utf8.h"


typedef struct {
    uint8_t   *buf;
    size_t     size;
    size_t     len;                     /* needed so far, may exceed size    */
    wzp_rc_t   rc;                      /* sticky                            */
} wzp_jw_t;


typedef void (*wzp_encode_pt)(wzp_jw_t *w, const wzp_signal_t *sg);


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
wzp_jw_string_or_null(wzp_jw_t *w, const char *text)
{
    if (*text == '\0') {
        wzp_jw_text(w, "null");

    } else {
        wzp_jw_string(w, text);
    }
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
wzp_jw_extensions(wzp_jw_t *w, unsigned extensions)
{
    unsigned     i;
    const char  *sep;

    if (extensions == 0) {
        return;
    }

    wzp_jw_text(w, ",\"extensions\":");
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
wzp_jw_binding(wzp_jw_t *w, bool has, const uint8_t binding[WZP_SIG_SIZE])
{
    if (has) {
        wzp_jw_text(w, ",\"binding\":");
        wzp_jw_array(w, binding, WZP_SIG_SIZE);
    }
}


static void
wzp_jw_resume(wzp_jw_t *w, bool has, const uint8_t resume[WZP_RESUME_SIZE])
{
    char  hex[2 * WZP_RESUME_SIZE + 1];

    if (has) {
        wzp_hex(hex, resume, WZP_RESUME_SIZE);
        wzp_jw_text(w, ",\"resume\":");
        wzp_jw_string(w, hex);
    }
}


static void
wzp_jw_keys(wzp_jw_t *w, const uint8_t *identity, const uint8_t *ephemeral,
    const uint8_t *sig, size_t sig_len)
{
    if (sig_len > WZP_SIG_SIZE) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_text(w, "{\"identity_pub\":");
    wzp_jw_array(w, identity, WZP_KEY_SIZE);
    wzp_jw_text(w, ",\"ephemeral_pub\":");
    wzp_jw_array(w, ephemeral, WZP_KEY_SIZE);
    wzp_jw_text(w, ",\"signature\":");
    wzp_jw_array(w, sig, sig_len);
}


static void
wzp_encode_offer(wzp_jw_t *w, const wzp_signal_t *sg)
{
    size_t                   i;
    const wzp_call_offer_t  *of;

    of = &sg->u.call_offer;

    if (of->nprofiles > WZP_PROFILES_MAX) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_keys(w, of->identity_pub, of->ephemeral_pub, of->signature,
                of->signature_len);

    wzp_jw_text(w, ",\"supported_profiles\":[");

    for (i = 0; i < of->nprofiles; i++) {
        wzp_jw_text(w, i == 0 ? "" : ",");
        wzp_jw_profile(w, &of->profiles[i]);
    }

    wzp_jw_text(w, "],\"alias\":");
    wzp_jw_string_or_null(w, of->alias);

    wzp_jw_extensions(w, of->extensions);
    wzp_jw_binding(w, of->has_binding, of->binding);
    wzp_jw_resume(w, of->has_resume, of->resume);
    wzp_jw_text(w, "}");
}


static void
wzp_encode_answer(wzp_jw_t *w, const wzp_signal_t *sg)
{
    const wzp_call_answer_t  *an;

    an = &sg->u.call_answer;

    wzp_jw_keys(w, an->identity_pub, an->ephemeral_pub, an->signature,
                an->signature_len);

    wzp_jw_text(w, ",\"chosen_profile\":");
    wzp_jw_profile(w, &an->chosen_profile);

    wzp_jw_extensions(w, an->extensions);
    wzp_jw_binding(w, an->has_binding, an->binding);

    if (an->stream_id != 0) {
        wzp_jw_text(w, ",\"stream_id\":");
        wzp_jw_uint(w, an->stream_id);
    }

    wzp_jw_resume(w, an->has_resume, an->resume);
    wzp_jw_text(w, "}");
}


static void
wzp_encode_token(wzp_jw_t *w, const wzp_signal_t *sg)
{
    if (sg->u.auth_token.token == NULL) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_text(w, "{\"token\":");
    wzp_jw_string(w, sg->u.auth_token.token);
    wzp_jw_text(w, "}");
}


static void
wzp_jw_participant(wzp_jw_t *w, const wzp_participant_t *pt)
{
    wzp_jw_text(w, "{\"fingerprint\":");
    wzp_jw_string(w, pt->fingerprint);
    wzp_jw_text(w, ",\"alias\":");
    wzp_jw_string_or_null(w, pt->alias);
    wzp_jw_text(w, ",\"relay_label\":");
    wzp_jw_string_or_null(w, pt->relay_label);

    if (pt->stream_id != 0) {
        wzp_jw_text(w, ",\"stream_id\":");
        wzp_jw_uint(w, pt->stream_id);
    }

    wzp_jw_text(w, pt->muted ? ",\"muted\":true" : "");
    wzp_jw_text(w, pt->held ? ",\"held\":true}" : "}");
}


static void
wzp_encode_room_update(wzp_jw_t *w, const wzp_signal_t *sg)
{
    size_t                    i;
    const wzp_room_update_t  *ru;

    ru = &sg->u.room_update;

    wzp_jw_text(w, "{\"count\":");
    wzp_jw_uint(w, ru->count);
    wzp_jw_text(w, ",\"participants\":[");

    for (i = 0; i < ru->nparticipants; i++) {
        wzp_jw_text(w, i == 0 ? "" : ",");
        wzp_jw_participant(w, &ru->participants[i]);
    }

    wzp_jw_text(w, "]}");
}


static void
wzp_encode_directive(wzp_jw_t *w, const wzp_signal_t *sg)
{
    wzp_jw_text(w, "{\"recommended_profile\":");
    wzp_jw_profile(w, &sg->u.quality_directive.profile);

    if (sg->u.quality_directive.reason[0] != '\0') {
        wzp_jw_text(w, ",\"reason\":");
        wzp_jw_string(w, sg->u.quality_directive.reason);
    }

    wzp_jw_text(w, "}");
}


static void
wzp_encode_hangup(wzp_jw_t *w, const wzp_signal_t *sg)
{
    const char  *reason;

    reason = wzp_hangup_name(sg->u.hangup.reason);

    if (reason == NULL) {
        w->rc = WZP_EBAD;
        return;
    }

    wzp_jw_text(w, "{\"reason\":");
    wzp_jw_string(w, reason);

    if (sg->u.hangup.call_id[0] != '\0') {
        wzp_jw_text(w, ",\"call_id\":");
        wzp_jw_string(w, sg->u.hangup.call_id);
    }

    wzp_jw_text(w, "}");
}


static void
wzp_encode_ping(wzp_jw_t *w, const wzp_signal_t *sg)
{
    wzp_jw_text(w, "{\"timestamp_ms\":");
    wzp_jw_uint(w, sg->u.ping.timestamp_ms);
    wzp_jw_text(w, "}");
}


/* A variant without fields: nothing but its name. */
static void
wzp_encode_unit(wzp_jw_t *w, const wzp_signal_t *sg)
{
    wzp_jw_string(w, wzp_signal_name(sg->type));
}


static const wzp_encode_pt  wzp_encoders[WZP_SIG_N] = {
    [WZP_SIG_CALL_OFFER] = wzp_encode_offer,
    [WZP_SIG_CALL_ANSWER] = wzp_encode_answer,
    [WZP_SIG_AUTH_TOKEN] = wzp_encode_token,
    [WZP_SIG_ROOM_UPDATE] = wzp_encode_room_update,
    [WZP_SIG_QUALITY_DIRECTIVE] = wzp_encode_directive,
    [WZP_SIG_HANGUP] = wzp_encode_hangup,
    [WZP_SIG_HOLD] = wzp_encode_unit,
    [WZP_SIG_UNHOLD] = wzp_encode_unit,
    [WZP_SIG_MUTE] = wzp_encode_unit,
    [WZP_SIG_UNMUTE] = wzp_encode_unit,
    [WZP_SIG_TRANSFER_ACK] = wzp_encode_unit,
    [WZP_SIG_REFLECT] = wzp_encode_unit,
    [WZP_SIG_PING] = wzp_encode_ping,
    [WZP_SIG_PONG] = wzp_encode_ping,
};


wzp_rc_t
wzp_signal_encode(const wzp_signal_t *sg, uint8_t *buf, size_t size,
    size_t *len)
{
    wzp_jw_t       w;
    wzp_encode_pt  encode;

    if ((unsigned) sg->type >= WZP_SIG_N) {
        return WZP_EUNKNOWN;
    }

    encode = wzp_encoders[sg->type];

    if (encode == NULL) {
        return WZP_EUNKNOWN;
    }

    w.buf = buf;
    w.size = size;
    w.len = 0;
    w.rc = WZP_OK;

    if (encode == wzp_encode_unit) {
        encode(&w, sg);

    } else {
        wzp_jw_text(&w, "{");
        wzp_jw_string(&w, wzp_signal_name(sg->type));
        wzp_jw_text(&w, ":");
        encode(&w, sg);
        wzp_jw_text(&w, "}");
    }

    if (w.rc != WZP_OK) {
        return w.rc;
    }

    *len = w.len;

    return w.len <= size ? WZP_OK : WZP_ENOSPC;
}
