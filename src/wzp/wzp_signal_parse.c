/*
 * JSON to signals.  jansson parses; before it sees a byte, nesting and number
 * of values are bounded, so that no message costs more than a few megabytes.
 */

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "wzp/wzp_signal.h"
#include "wzp/wzp_utf8.h"


#define WZP_JSON_DEPTH      16
#define WZP_JSON_VALUES     65536
#define WZP_JSON_EXACT      9007199254740992.0      /* 2^53                  */


typedef wzp_rc_t (*wzp_parse_pt)(wzp_signal_t *sg, const json_t *body);


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
static wzp_rc_t
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


/* A member that is there and not null, or NULL. */
static const json_t *
wzp_json_member(const json_t *obj, const char *name)
{
    const json_t  *v;

    v = json_object_get(obj, name);

    return v == NULL || json_is_null(v) ? NULL : v;
}


static wzp_rc_t
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
static wzp_rc_t
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


static wzp_rc_t
wzp_json_bytes_exact(uint8_t *data, size_t size, const json_t *v)
{
    size_t  len;

    if (wzp_json_bytes(data, size, &len, v) != WZP_OK || len != size) {
        return WZP_EBAD;
    }

    return WZP_OK;
}


/* A string to show: cleaned, cut to max bytes.  NULL gives "". */
static wzp_rc_t
wzp_json_text(char *dst, size_t max, const json_t *v)
{
    if (v == NULL) {
        dst[0] = '\0';
        return WZP_OK;
    }

    if (!json_is_string(v)) {
        return WZP_EBAD;
    }

    (void) wzp_utf8_clean(dst, max, json_string_value(v),
                          json_string_length(v));

    return WZP_OK;
}


/* A string to compare: whole and without NUL, or WZP_EBAD. */
static wzp_rc_t
wzp_json_token(char *dst, size_t max, const json_t *v)
{
    size_t  len;

    if (v == NULL) {
        dst[0] = '\0';
        return WZP_OK;
    }

    len = json_string_length(v);

    if (!json_is_string(v) || len > max
        || strlen(json_string_value(v)) != len)
    {
        return WZP_EBAD;
    }

    memcpy(dst, json_string_value(v), len + 1);

    return WZP_OK;
}


static wzp_rc_t
wzp_json_bool(bool *b, const json_t *v)
{
    if (v != NULL && !json_is_boolean(v)) {
        return WZP_EBAD;
    }

    *b = json_is_true(v);

    return WZP_OK;
}


/* WZP_EUNKNOWN: well formed, but of a codec that nobody knows. */
static wzp_rc_t
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


/* identity_pub, ephemeral_pub and signature of offer and answer. */
static wzp_rc_t
wzp_json_keys(const json_t *body, uint8_t identity[WZP_KEY_SIZE],
    uint8_t ephemeral[WZP_KEY_SIZE], uint8_t signature[WZP_SIG_SIZE],
    size_t *signature_len)
{
    if (wzp_json_bytes_exact(identity, WZP_KEY_SIZE,
                             json_object_get(body, "identity_pub"))
        != WZP_OK
        || wzp_json_bytes_exact(ephemeral, WZP_KEY_SIZE,
                                json_object_get(body, "ephemeral_pub"))
           != WZP_OK)
    {
        return WZP_EBAD;
    }

    return wzp_json_bytes(signature, WZP_SIG_SIZE, signature_len,
                          json_object_get(body, "signature"));
}


/* Names we do not know are somebody else's extensions. */
static wzp_rc_t
wzp_json_extensions(unsigned *extensions, const json_t *v)
{
    size_t       i;
    unsigned     bit;
    const char  *name;

    *extensions = 0;

    if (v == NULL) {
        return WZP_OK;
    }

    if (!json_is_array(v)) {
        return WZP_EBAD;
    }

    for (i = 0; i < json_array_size(v); i++) {
        name = json_string_value(json_array_get(v, i));

        if (name == NULL) {
            return WZP_EBAD;
        }

        for (bit = 0; wzp_extension_name(bit) != NULL; bit++) {
            if (strcmp(name, wzp_extension_name(bit)) == 0) {
                *extensions |= 1u << bit;
            }
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_json_binding(bool *has, uint8_t binding[WZP_SIG_SIZE], const json_t *v)
{
    *has = v != NULL;

    return v == NULL ? WZP_OK
                     : wzp_json_bytes_exact(binding, WZP_SIG_SIZE, v);
}


static wzp_rc_t
wzp_json_resume(bool *has, uint8_t resume[WZP_RESUME_SIZE], const json_t *v)
{
    *has = v != NULL;

    if (v == NULL) {
        return WZP_OK;
    }

    if (!json_is_string(v)) {
        return WZP_EBAD;
    }

    return wzp_unhex(resume, WZP_RESUME_SIZE, json_string_value(v),
                     json_string_length(v));
}


static wzp_rc_t
wzp_json_stream_id(uint16_t *id, const json_t *v)
{
    uint64_t  n;

    n = 0;

    if (v != NULL && wzp_json_uint(&n, v, UINT16_MAX) != WZP_OK) {
        return WZP_EBAD;
    }

    *id = (uint16_t) n;

    return WZP_OK;
}


static wzp_rc_t
wzp_parse_profiles(wzp_call_offer_t *of, const json_t *v)
{
    size_t         i, n;
    wzp_rc_t       rc;
    wzp_profile_t  pr;

    if (!json_is_array(v)) {
        return WZP_EBAD;
    }

    n = 0;

    for (i = 0; i < json_array_size(v) && n < WZP_PROFILES_MAX; i++) {
        rc = wzp_json_profile(&pr, json_array_get(v, i));

        if (rc == WZP_OK) {
            of->profiles[n++] = pr;

        } else if (rc != WZP_EUNKNOWN) {
            return rc;
        }
    }

    of->nprofiles = n;

    return WZP_OK;
}


static wzp_rc_t
wzp_parse_offer(wzp_signal_t *sg, const json_t *body)
{
    wzp_call_offer_t  *of;

    of = &sg->u.call_offer;

    if (wzp_json_keys(body, of->identity_pub, of->ephemeral_pub,
                      of->signature, &of->signature_len)
        != WZP_OK
        || wzp_parse_profiles(of, json_object_get(body, "supported_profiles"))
           != WZP_OK
        || wzp_json_text(of->alias, WZP_ALIAS_MAX,
                         wzp_json_member(body, "alias"))
           != WZP_OK
        || wzp_json_extensions(&of->extensions,
                               wzp_json_member(body, "extensions"))
           != WZP_OK
        || wzp_json_binding(&of->has_binding, of->binding,
                            wzp_json_member(body, "binding"))
           != WZP_OK)
    {
        return WZP_EBAD;
    }

    return wzp_json_resume(&of->has_resume, of->resume,
                           wzp_json_member(body, "resume"));
}


static wzp_rc_t
wzp_parse_answer(wzp_signal_t *sg, const json_t *body)
{
    wzp_call_answer_t  *an;

    an = &sg->u.call_answer;

    if (wzp_json_keys(body, an->identity_pub, an->ephemeral_pub,
                      an->signature, &an->signature_len)
        != WZP_OK
        || wzp_json_profile(&an->chosen_profile,
                            json_object_get(body, "chosen_profile"))
           != WZP_OK
        || wzp_json_extensions(&an->extensions,
                               wzp_json_member(body, "extensions"))
           != WZP_OK
        || wzp_json_binding(&an->has_binding, an->binding,
                            wzp_json_member(body, "binding"))
           != WZP_OK
        || wzp_json_stream_id(&an->stream_id,
                              wzp_json_member(body, "stream_id"))
           != WZP_OK)
    {
        return WZP_EBAD;
    }

    return wzp_json_resume(&an->has_resume, an->resume,
                           wzp_json_member(body, "resume"));
}


static wzp_rc_t
wzp_parse_token(wzp_signal_t *sg, const json_t *body)
{
    char          *token;
    size_t         len;
    const json_t  *v;

    v = json_object_get(body, "token");
    len = json_string_length(v);

    if (!json_is_string(v) || strlen(json_string_value(v)) != len) {
        return WZP_EBAD;
    }

    token = malloc(len + 1);

    if (token == NULL) {
        return WZP_ENOMEM;
    }

    memcpy(token, json_string_value(v), len + 1);
    sg->u.auth_token.token = token;

    return WZP_OK;
}


static wzp_rc_t
wzp_parse_participant(wzp_participant_t *pt, const json_t *v)
{
    const json_t  *fp;

    fp = json_object_get(v, "fingerprint");

    if (!json_is_string(fp)
        || wzp_json_text(pt->fingerprint, WZP_FP_TEXT_LEN, fp) != WZP_OK
        || wzp_json_text(pt->alias, WZP_ALIAS_MAX,
                         wzp_json_member(v, "alias"))
           != WZP_OK
        || wzp_json_text(pt->relay_label, WZP_LABEL_MAX,
                         wzp_json_member(v, "relay_label"))
           != WZP_OK
        || wzp_json_stream_id(&pt->stream_id, wzp_json_member(v, "stream_id"))
           != WZP_OK
        || wzp_json_bool(&pt->muted, wzp_json_member(v, "muted")) != WZP_OK)
    {
        return WZP_EBAD;
    }

    return wzp_json_bool(&pt->held, wzp_json_member(v, "held"));
}


static wzp_rc_t
wzp_parse_room_update(wzp_signal_t *sg, const json_t *body)
{
    size_t              i, n;
    uint64_t            count;
    const json_t       *list;
    wzp_room_update_t  *ru;

    ru = &sg->u.room_update;
    list = json_object_get(body, "participants");

    if (wzp_json_uint(&count, json_object_get(body, "count"), UINT32_MAX)
        != WZP_OK || !json_is_array(list))
    {
        return WZP_EBAD;
    }

    n = json_array_size(list);

    ru->count = (uint32_t) count;
    ru->nparticipants = n;
    ru->participants = NULL;

    if (n == 0) {
        return WZP_OK;
    }

    ru->participants = calloc(n, sizeof(wzp_participant_t));

    if (ru->participants == NULL) {
        return WZP_ENOMEM;
    }

    for (i = 0; i < n; i++) {
        if (wzp_parse_participant(&ru->participants[i],
                                  json_array_get(list, i))
            != WZP_OK)
        {
            free(ru->participants);
            return WZP_EBAD;
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_parse_directive(wzp_signal_t *sg, const json_t *body)
{
    wzp_quality_directive_t  *qd;

    qd = &sg->u.quality_directive;

    if (wzp_json_profile(&qd->profile,
                         json_object_get(body, "recommended_profile"))
        != WZP_OK)
    {
        return WZP_EBAD;
    }

    return wzp_json_text(qd->reason, WZP_REASON_MAX,
                         wzp_json_member(body, "reason"));
}


static wzp_rc_t
wzp_parse_hangup(wzp_signal_t *sg, const json_t *body)
{
    unsigned     i;
    const char  *reason;

    reason = json_string_value(json_object_get(body, "reason"));

    if (reason == NULL) {
        return WZP_EBAD;
    }

    for (i = 0; wzp_hangup_name(i) != NULL; i++) {
        if (strcmp(reason, wzp_hangup_name(i)) == 0) {
            sg->u.hangup.reason = (wzp_hangup_t) i;

            return wzp_json_token(sg->u.hangup.call_id,
                                  sizeof(sg->u.hangup.call_id) - 1,
                                  wzp_json_member(body, "call_id"));
        }
    }

    return WZP_EBAD;
}


static wzp_rc_t
wzp_parse_ping(wzp_signal_t *sg, const json_t *body)
{
    return wzp_json_uint(&sg->u.ping.timestamp_ms,
                         json_object_get(body, "timestamp_ms"), UINT64_MAX);
}


/* A variant without fields: a bare string, or an object around null. */
static wzp_rc_t
wzp_parse_unit(wzp_signal_t *sg, const json_t *body)
{
    return json_is_null(body) ? WZP_OK : WZP_EBAD;
}


/* Not of rooms: known by name, and read by whoever needs it. */
static wzp_rc_t
wzp_parse_other(wzp_signal_t *sg, const json_t *body)
{
    return json_is_object(body) ? WZP_OK : WZP_EBAD;
}


static const wzp_parse_pt  wzp_parsers[WZP_SIG_N] = {
    [WZP_SIG_CALL_OFFER] = wzp_parse_offer,
    [WZP_SIG_CALL_ANSWER] = wzp_parse_answer,
    [WZP_SIG_AUTH_TOKEN] = wzp_parse_token,
    [WZP_SIG_ROOM_UPDATE] = wzp_parse_room_update,
    [WZP_SIG_QUALITY_DIRECTIVE] = wzp_parse_directive,
    [WZP_SIG_HANGUP] = wzp_parse_hangup,
    [WZP_SIG_HOLD] = wzp_parse_unit,
    [WZP_SIG_UNHOLD] = wzp_parse_unit,
    [WZP_SIG_MUTE] = wzp_parse_unit,
    [WZP_SIG_UNMUTE] = wzp_parse_unit,
    [WZP_SIG_TRANSFER_ACK] = wzp_parse_unit,
    [WZP_SIG_REFLECT] = wzp_parse_unit,
    [WZP_SIG_PING] = wzp_parse_ping,
    [WZP_SIG_PONG] = wzp_parse_ping,
};


static wzp_rc_t
wzp_parse_variant(wzp_signal_t *sg, const char *name, size_t len,
    const json_t *body)
{
    wzp_signal_type_t  type;

    for (type = 0; type < WZP_SIG_N; type++) {
        if (strlen(wzp_signal_name(type)) == len
            && memcmp(wzp_signal_name(type), name, len) == 0)
        {
            break;
        }
    }

    if (type == WZP_SIG_N) {
        return WZP_EUNKNOWN;
    }

    sg->type = type;

    return wzp_parsers[type] == NULL ? wzp_parse_other(sg, body)
                                     : wzp_parsers[type](sg, body);
}


wzp_rc_t
wzp_signal_parse(wzp_signal_t *sg, const uint8_t *json, size_t len)
{
    void         *member;
    json_t       *root;
    wzp_rc_t      rc;
    const char   *name;
    wzp_signal_t  tmp;

    rc = wzp_json_load(&root, json, len);

    if (rc != WZP_OK) {
        return rc;
    }

    memset(&tmp, 0, sizeof(tmp));

    if (json_is_string(root)) {
        rc = wzp_parse_variant(&tmp, json_string_value(root),
                               json_string_length(root), json_null());

    } else if (json_is_object(root) && json_object_size(root) == 1) {
        member = json_object_iter(root);
        name = json_object_iter_key(member);

        rc = wzp_parse_variant(&tmp, name, strlen(name),
                               json_object_iter_value(member));

    } else {
        rc = WZP_EBAD;
    }

    json_decref(root);

    if (rc == WZP_OK) {
        *sg = tmp;
    }

    return rc;
}
