/*
 * featherChat's call payload.  See wzp_signal_feather.h.
 */

#include <stdlib.h>

#include "wzp/wzp_signal_feather.h"
#include "wzp/wzp_signal_int.h"
#include "wzp/wzp_utf8.h"


static const char *const  wzp_feather_names[WZP_FEATHER_N] = {
    "Offer", "Answer", "IceCandidate", "Hangup", "Reject", "Ringing", "Busy",
    "Hold", "Unhold", "Mute", "Unmute", "Transfer"
};


wzp_feather_type_t
wzp_feather_type(wzp_signal_type_t type)
{
    switch ((int) type) {

    case WZP_SIG_CALL_ANSWER:
    case WZP_SIG_DIRECT_CALL_ANSWER:
        return WZP_FEATHER_ANSWER;

    case WZP_SIG_ICE_CANDIDATE:
        return WZP_FEATHER_ICE_CANDIDATE;

    case WZP_SIG_HANGUP:
        return WZP_FEATHER_HANGUP;

    case WZP_SIG_CALL_RINGING:
        return WZP_FEATHER_RINGING;

    case WZP_SIG_HOLD:
        return WZP_FEATHER_HOLD;

    case WZP_SIG_UNHOLD:
        return WZP_FEATHER_UNHOLD;

    case WZP_SIG_MUTE:
        return WZP_FEATHER_MUTE;

    case WZP_SIG_UNMUTE:
        return WZP_FEATHER_UNMUTE;

    case WZP_SIG_TRANSFER:
        return WZP_FEATHER_TRANSFER;

    default:
        return WZP_FEATHER_OFFER;
    }
}


const char *
wzp_feather_type_name(wzp_feather_type_t type)
{
    return (unsigned) type < WZP_FEATHER_N ? wzp_feather_names[type] : NULL;
}


wzp_feather_type_t
wzp_feather_type_by_name(const char *name)
{
    size_t  i;

    for (i = 0; i < WZP_FEATHER_N; i++) {
        if (strcmp(wzp_feather_names[i], name) == 0) {
            break;
        }
    }

    return (wzp_feather_type_t) i;
}


/* Null and missing are the same. */

static wzp_rc_t
wzp_feather_relay(char relay_addr[WZP_HOST_MAX + 1], const json_t *v)
{
    return v == NULL || json_is_null(v) ? WZP_OK
                                        : wzp_json_id(relay_addr, WZP_HOST_MAX,
                                                      v);
}


static bool
wzp_feather_room_good(const char *text, size_t len)
{
    char  clean[WZP_ROOM_NAME_MAX + 1];

    return len > 0 && len <= WZP_ROOM_NAME_MAX
           && wzp_utf8_clean(clean, WZP_ROOM_NAME_MAX, text, len) == len;
}


static wzp_rc_t
wzp_feather_room(char room[WZP_ROOM_NAME_MAX + 1], const json_t *v)
{
    if (v == NULL || json_is_null(v)) {
        return WZP_OK;
    }

    if (!json_is_string(v)
        || !wzp_feather_room_good(json_string_value(v), json_string_length(v)))
    {
        return WZP_EBAD;
    }

    memcpy(room, json_string_value(v), json_string_length(v) + 1);

    return WZP_OK;
}


/* Does wzp_signal_t have all of it? */

static bool
wzp_feather_by_name(const wzp_signal_t *sg)
{
    return wzp_signal_fields(sg->type) == NULL;
}


/* The signal as a text of its own, for who reads signals. */

static wzp_rc_t
wzp_feather_signal(wzp_feather_t *ft, const json_t *v)
{
    char      *text;
    size_t     flags, len, size;
    wzp_rc_t   rc;

    if (v == NULL) {
        return WZP_EBAD;
    }

    flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17);
    size = json_dumpb(v, NULL, 0, flags);

    if (size == 0) {
        return WZP_ENOMEM;
    }

    if (size > WZP_SIGNAL_MAX) {
        return WZP_ETOOBIG;
    }

    text = malloc(size);
    if (text == NULL) {
        return WZP_ENOMEM;
    }

    len = json_dumpb(v, text, size, flags);

    rc = len == size ? wzp_signal_parse(&ft->signal, (uint8_t *) text, len)
                     : WZP_ENOMEM;

    if (rc == WZP_OK && wzp_feather_by_name(&ft->signal)) {
        ft->json = (uint8_t *) text;
        ft->len = len;
        return WZP_OK;
    }

    free(text);

    return rc;
}


wzp_rc_t
wzp_feather_parse(wzp_feather_t *out, const uint8_t *json, size_t len)
{
    json_t         *root;
    wzp_rc_t        rc;
    wzp_feather_t   ft;

    memset(&ft, 0, sizeof(wzp_feather_t));

    rc = wzp_json_load(&root, json, len);
    if (rc != WZP_OK) {
        return rc;
    }

    rc = wzp_feather_relay(ft.relay_addr, json_object_get(root, "relay_addr"));

    if (rc == WZP_OK) {
        rc = wzp_feather_room(ft.room, json_object_get(root, "room"));
    }

    if (rc == WZP_OK) {
        rc = wzp_feather_signal(&ft, json_object_get(root, "signal"));
    }

    json_decref(root);

    if (rc == WZP_OK) {
        *out = ft;
    }

    return rc;
}


void
wzp_feather_done(wzp_feather_t *ft)
{
    wzp_signal_done(&ft->signal);
    free(ft->json);
    ft->json = NULL;
}


/* Appends if it fits; counts in any case. */

static void
wzp_feather_put(uint8_t *buf, size_t size, size_t *len, const void *data,
    size_t n)
{
    if (*len <= size && n <= size - *len && n != 0) {
        memcpy(buf + *len, data, n);
    }

    *len += n;
}


/* A text that has nothing to clean: only two characters are special. */

static void
wzp_feather_text(uint8_t *buf, size_t size, size_t *len, const char *text)
{
    const char  *p;

    if (text[0] == '\0') {
        wzp_feather_put(buf, size, len, "null", 4);
        return;
    }

    wzp_feather_put(buf, size, len, "\"", 1);

    for (p = text; *p != '\0'; p++) {

        if (*p == '"' || *p == '\\') {
            wzp_feather_put(buf, size, len, "\\", 1);
        }

        wzp_feather_put(buf, size, len, p, 1);
    }

    wzp_feather_put(buf, size, len, "\"", 1);
}


static bool
wzp_feather_good(const wzp_feather_t *ft)
{
    const char  *p;

    for (p = ft->relay_addr; *p != '\0'; p++) {
        if (*p <= 0x20 || *p >= 0x7f) {
            return false;
        }
    }

    return ft->room[0] == '\0'
           || wzp_feather_room_good(ft->room, strlen(ft->room));
}


wzp_rc_t
wzp_feather_encode(const wzp_feather_t *ft, uint8_t *buf, size_t size,
    size_t *len)
{
    size_t    n, room;
    wzp_rc_t  rc;

    static const char  head[] = "{\"signal\":";
    static const char  relay[] = ",\"relay_addr\":";
    static const char  name[] = ",\"room\":";

    if (!wzp_feather_good(ft)) {
        return WZP_EBAD;
    }

    n = 0;
    wzp_feather_put(buf, size, &n, head, sizeof(head) - 1);

    if (ft->json != NULL) {
        wzp_feather_put(buf, size, &n, ft->json, ft->len);

    } else {
        room = n < size ? size - n : 0;
        rc = wzp_signal_encode(&ft->signal, room ? buf + n : NULL, room, len);

        if (rc != WZP_OK && rc != WZP_ENOSPC) {
            return rc;
        }

        n += *len;
    }

    wzp_feather_put(buf, size, &n, relay, sizeof(relay) - 1);
    wzp_feather_text(buf, size, &n, ft->relay_addr);
    wzp_feather_put(buf, size, &n, name, sizeof(name) - 1);
    wzp_feather_text(buf, size, &n, ft->room);
    wzp_feather_put(buf, size, &n, "}", 1);

    *len = n;

    return n <= size ? WZP_OK : WZP_ENOSPC;
}
