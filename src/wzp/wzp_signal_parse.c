/*
 * JSON values to signals: a reader for each kind of member, and the walk over
 * a variant's table.
 */

#include <stdlib.h>

#include "wzp/wzp_signal_int.h"
#include "wzp/wzp_utf8.h"


#define WZP_JSON_EXACT      9007199254740992.0      /* 2^53                  */

/* 15 digits give every 32-bit float, and every decimal that somebody wrote
 * with as many, back as it was. */
#define WZP_JSON_DUMP       (JSON_COMPACT | JSON_ENCODE_ANY                   \
                             | JSON_REAL_PRECISION(15))


typedef wzp_rc_t (*wzp_read_pt)(const wzp_field_t *f, void *base,
    const json_t *v);


static wzp_rc_t wzp_read_fields(const wzp_fields_t *fs, void *base,
    const json_t *obj);


/* A string to show: cleaned, cut to fit. */
static wzp_rc_t
wzp_read_text(const wzp_field_t *f, void *base, const json_t *v)
{
    if (!json_is_string(v)) {
        return WZP_EBAD;
    }

    (void) wzp_utf8_clean(wzp_at(base, f->at), f->size - 1,
                          json_string_value(v), json_string_length(v));

    return WZP_OK;
}


static wzp_rc_t
wzp_read_id(const wzp_field_t *f, void *base, const json_t *v)
{
    if (f->rule != WZP_RULE_MUST && json_is_string(v)
        && json_string_length(v) == 0)
    {
        return WZP_OK;
    }

    return wzp_json_id(wzp_at(base, f->at), f->size - 1, v);
}


static wzp_rc_t
wzp_read_room(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t  len;

    len = json_string_length(v);

    if (len == 0 || len >= f->size
        || wzp_utf8_clean(wzp_at(base, f->at), f->size - 1,
                          json_string_value(v), len)
           != len)
    {
        return WZP_EBAD;
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_read_fp_text(const wzp_field_t *f, void *base, const json_t *v)
{
    uint8_t  fp[WZP_FP_SIZE];

    if (wzp_json_fp(fp, v) != WZP_OK) {
        return WZP_EBAD;
    }

    wzp_fp_text(wzp_at(base, f->at), fp);

    return WZP_OK;
}


static wzp_rc_t
wzp_read_fp(const wzp_field_t *f, void *base, const json_t *v)
{
    return wzp_json_fp(wzp_at(base, f->at), v);
}


static wzp_rc_t
wzp_read_bytes(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t  len;

    if (wzp_json_bytes(wzp_at(base, f->at), f->size, &len, v) != WZP_OK
        || len != f->size)
    {
        return WZP_EBAD;
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_read_hex(const wzp_field_t *f, void *base, const json_t *v)
{
    if (!json_is_string(v)) {
        return WZP_EBAD;
    }

    return wzp_unhex(wzp_at(base, f->at), f->size, json_string_value(v),
                     json_string_length(v));
}


static wzp_rc_t
wzp_read_hex64(const wzp_field_t *f, void *base, const json_t *v)
{
    return wzp_json_hex64(wzp_at(base, f->at), v);
}


static wzp_rc_t
wzp_read_uint(const wzp_field_t *f, void *base, const json_t *v)
{
    uint64_t  n, max;

    max = f->size == sizeof(uint64_t) ? WZP_INT_MAX
                                      : (1ULL << 8 * f->size) - 1;

    if (wzp_json_uint(&n, v, max) != WZP_OK) {
        return WZP_EBAD;
    }

    switch (f->size) {

    case sizeof(uint8_t):
        *(uint8_t *) wzp_at(base, f->at) = (uint8_t) n;
        break;

    case sizeof(uint16_t):
        *(uint16_t *) wzp_at(base, f->at) = (uint16_t) n;
        break;

    case sizeof(uint32_t):
        *(uint32_t *) wzp_at(base, f->at) = (uint32_t) n;
        break;

    default:
        *(uint64_t *) wzp_at(base, f->at) = n;
        break;
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_read_stamp(const wzp_field_t *f, void *base, const json_t *v)
{
    return wzp_json_uint(wzp_at(base, f->at), v, UINT64_MAX);
}


static wzp_rc_t
wzp_read_bool(const wzp_field_t *f, void *base, const json_t *v)
{
    if (!json_is_boolean(v)) {
        return WZP_EBAD;
    }

    *(bool *) wzp_at(base, f->at) = json_is_true(v);

    return WZP_OK;
}


static wzp_rc_t
wzp_read_hangup(const wzp_field_t *f, void *base, const json_t *v)
{
    unsigned  n;

    if (wzp_json_name(&n, v, wzp_hangup_name) != WZP_OK) {
        return WZP_EBAD;
    }

    *(wzp_hangup_t *) wzp_at(base, f->at) = (wzp_hangup_t) n;

    return WZP_OK;
}


static wzp_rc_t
wzp_read_accept(const wzp_field_t *f, void *base, const json_t *v)
{
    unsigned  n;

    if (wzp_json_name(&n, v, wzp_accept_name) != WZP_OK) {
        return WZP_EBAD;
    }

    *(wzp_accept_t *) wzp_at(base, f->at) = (wzp_accept_t) n;

    return WZP_OK;
}


/* Names we do not know are somebody else's extensions. */
static wzp_rc_t
wzp_read_extensions(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t     i;
    unsigned   bit, *extensions;
    wzp_rc_t   rc;

    if (!json_is_array(v)) {
        return WZP_EBAD;
    }

    extensions = wzp_at(base, f->at);

    for (i = 0; i < json_array_size(v); i++) {
        rc = wzp_json_name(&bit, json_array_get(v, i), wzp_extension_name);

        if (rc == WZP_OK) {
            *extensions |= 1u << bit;

        } else if (rc != WZP_EUNKNOWN) {
            return rc;
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_read_profile(const wzp_field_t *f, void *base, const json_t *v)
{
    return wzp_json_profile(wzp_at(base, f->at), v) == WZP_OK ? WZP_OK
                                                              : WZP_EBAD;
}


static wzp_rc_t
wzp_read_sig(const wzp_field_t *f, void *base, const json_t *v)
{
    return wzp_json_bytes(wzp_at(base, f->at), f->size,
                          wzp_at(base, f->aux), v);
}


static wzp_rc_t
wzp_read_profiles(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t          i, *n;
    wzp_rc_t        rc;
    wzp_profile_t   pr, *profiles;

    if (!json_is_array(v)) {
        return WZP_EBAD;
    }

    profiles = wzp_at(base, f->at);
    n = wzp_at(base, f->aux);

    for (i = 0; i < json_array_size(v) && *n < f->size; i++) {
        rc = wzp_json_profile(&pr, json_array_get(v, i));

        if (rc == WZP_OK) {
            profiles[(*n)++] = pr;

        } else if (rc != WZP_EUNKNOWN) {
            return rc;
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_read_hosts(const wzp_field_t *f, void *base, const json_t *v)
{
    char    (*hosts)[WZP_HOST_MAX + 1];
    size_t    i, n;

    n = json_array_size(v);

    if (!json_is_array(v)
        || (n > f->size && f->kind != WZP_KIND_CANDIDATES))
    {
        return WZP_EBAD;
    }

    n = WZP_MIN(n, f->size);
    hosts = wzp_at(base, f->at);

    for (i = 0; i < n; i++) {
        if (wzp_json_id(hosts[i], WZP_HOST_MAX, json_array_get(v, i))
            != WZP_OK)
        {
            return WZP_EBAD;
        }
    }

    *(size_t *) wzp_at(base, f->aux) = n;

    return WZP_OK;
}


static wzp_rc_t
wzp_read_path(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t     i, n;
    uint64_t  *path;

    n = json_array_size(v);

    if (!json_is_array(v) || n > f->size) {
        return WZP_EBAD;
    }

    path = wzp_at(base, f->at);

    for (i = 0; i < n; i++) {
        if (wzp_json_hex64(&path[i], json_array_get(v, i)) != WZP_OK) {
            return WZP_EBAD;
        }
    }

    *(size_t *) wzp_at(base, f->aux) = n;

    return WZP_OK;
}


/* Zeroed memory that the signal owns from here on, with its length or count;
 * wzp_signal_done frees it, also when what follows fails. */
static void *
wzp_own(const wzp_field_t *f, void *base, size_t n, size_t size)
{
    void  *p;

    p = calloc(n, size);

    if (p != NULL) {
        memcpy(wzp_at(base, f->at), &p, sizeof(p));
    }

    return p;
}


static wzp_rc_t
wzp_read_token(const wzp_field_t *f, void *base, const json_t *v)
{
    char    *token;
    size_t   len;

    len = json_string_length(v);

    if (!json_is_string(v) || strlen(json_string_value(v)) != len) {
        return WZP_EBAD;
    }

    token = wzp_own(f, base, len + 1, 1);

    if (token == NULL) {
        return WZP_ENOMEM;
    }

    memcpy(token, json_string_value(v), len);

    return WZP_OK;
}


/* A signal within a signal, as text again: it is read when it is needed. */
static wzp_rc_t
wzp_read_json(const wzp_field_t *f, void *base, const json_t *v)
{
    char    *text;
    size_t   len;

    if (!json_is_object(v) && !json_is_string(v)) {
        return WZP_EBAD;
    }

    len = json_dumpb(v, NULL, 0, WZP_JSON_DUMP);

    if (len == 0) {
        return WZP_ENOMEM;
    }

    if (len > f->size) {
        return WZP_EBAD;
    }

    text = wzp_own(f, base, len, 1);

    if (text == NULL || json_dumpb(v, text, len, WZP_JSON_DUMP) != len) {
        return WZP_ENOMEM;
    }

    *(size_t *) wzp_at(base, f->aux) = len;

    return WZP_OK;
}


/* Some relays know people by other names, too; these are skipped. */
static wzp_rc_t
wzp_read_fps(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t          i, n, *kept;
    uint8_t       (*fps)[WZP_FP_SIZE];
    const json_t   *fp;

    n = json_array_size(v);

    if (!json_is_array(v) || n > f->size) {
        return WZP_EBAD;
    }

    if (n == 0) {
        return WZP_OK;
    }

    fps = wzp_own(f, base, n, WZP_FP_SIZE);

    if (fps == NULL) {
        return WZP_ENOMEM;
    }

    kept = wzp_at(base, f->aux);

    for (i = 0; i < n; i++) {
        fp = json_array_get(v, i);

        if (!json_is_string(fp)) {
            return WZP_EBAD;
        }

        if (wzp_json_fp(fps[*kept], fp) == WZP_OK) {
            (*kept)++;
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_read_people(const wzp_field_t *f, void *base, const json_t *v)
{
    size_t              i, n;
    wzp_rc_t            rc;
    wzp_participant_t  *people;

    n = json_array_size(v);

    if (!json_is_array(v) || n > f->size) {
        return WZP_EBAD;
    }

    if (n == 0) {
        return WZP_OK;
    }

    people = wzp_own(f, base, n, sizeof(wzp_participant_t));

    if (people == NULL) {
        return WZP_ENOMEM;
    }

    for (i = 0; i < n; i++) {
        rc = wzp_read_fields(&wzp_participant_fields, &people[i],
                             json_array_get(v, i));

        if (rc != WZP_OK) {
            return rc;
        }
    }

    *(size_t *) wzp_at(base, f->aux) = n;

    return WZP_OK;
}


static const wzp_read_pt  wzp_readers[WZP_KIND_N] = {
    [WZP_KIND_TEXT] = wzp_read_text,
    [WZP_KIND_ID] = wzp_read_id,
    [WZP_KIND_ROOM] = wzp_read_room,
    [WZP_KIND_FP_TEXT] = wzp_read_fp_text,
    [WZP_KIND_FP] = wzp_read_fp,
    [WZP_KIND_BYTES] = wzp_read_bytes,
    [WZP_KIND_HEX] = wzp_read_hex,
    [WZP_KIND_HEX64] = wzp_read_hex64,
    [WZP_KIND_UINT] = wzp_read_uint,
    [WZP_KIND_STAMP] = wzp_read_stamp,
    [WZP_KIND_BOOL] = wzp_read_bool,
    [WZP_KIND_HANGUP] = wzp_read_hangup,
    [WZP_KIND_ACCEPT] = wzp_read_accept,
    [WZP_KIND_EXTENSIONS] = wzp_read_extensions,
    [WZP_KIND_PROFILE] = wzp_read_profile,
    [WZP_KIND_SIG] = wzp_read_sig,
    [WZP_KIND_PROFILES] = wzp_read_profiles,
    [WZP_KIND_HOSTS] = wzp_read_hosts,
    [WZP_KIND_CANDIDATES] = wzp_read_hosts,
    [WZP_KIND_PATH] = wzp_read_path,
    [WZP_KIND_TOKEN] = wzp_read_token,
    [WZP_KIND_JSON] = wzp_read_json,
    [WZP_KIND_FPS] = wzp_read_fps,
    [WZP_KIND_PEOPLE] = wzp_read_people
};


/* base is zeroed: what is missing is empty. */
static wzp_rc_t
wzp_read_fields(const wzp_fields_t *fs, void *base, const json_t *obj)
{
    bool               *has;
    size_t              i;
    wzp_rc_t            rc;
    const json_t       *v;
    const wzp_field_t  *f;

    for (i = 0; i < fs->n; i++) {
        f = &fs->fields[i];
        v = json_object_get(obj, f->name);
        has = f->rule == WZP_RULE_HAS || f->rule == WZP_RULE_WITH
              ? wzp_at(base, f->aux) : NULL;

        if (f->rule == WZP_RULE_WITH && !*has) {
            continue;
        }

        if (v == NULL || json_is_null(v)) {
            if (f->rule == WZP_RULE_MUST || f->rule == WZP_RULE_WITH) {
                return WZP_EBAD;
            }

            continue;
        }

        rc = wzp_readers[f->kind](f, base, v);

        if (rc != WZP_OK) {
            return rc;
        }

        if (has != NULL) {
            *has = true;
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_parse_variant(wzp_signal_t *sg, const char *name, size_t len,
    const json_t *body)
{
    wzp_signal_type_t    type;
    const wzp_fields_t  *fs;

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
    fs = wzp_signal_fields(type);

    /* a variant without members: a bare string, or an object around null */

    if (fs != NULL && fs->unit) {
        return json_is_null(body) ? WZP_OK : WZP_EBAD;
    }

    if (!json_is_object(body)) {
        return WZP_EBAD;
    }

    return fs == NULL ? WZP_OK : wzp_read_fields(fs, sg, body);
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

    } else {
        wzp_signal_done(&tmp);
    }

    return rc;
}
