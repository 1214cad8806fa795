/*
 * Server names: roles, syntax, room keys.
 */

#include "wzp/wzp_sni.h"
#include "wzp/wzp_ident.h"


#define WZP_LABEL_LEN_MAX   63
#define WZP_ROOM_PREFIX     "featherchat-group:"
#define WZP_CALL_PREFIX     "call-"

/* Longest name that is hashed on the stack; no room name comes near. */
#define WZP_ROOM_NAME_MAX   1024


static const struct {
    const char      *name;
    wzp_sni_role_t   role;
} wzp_sni_roles[] = {
    { "ping",        WZP_SNI_PING },
    { "version",     WZP_SNI_VERSION },
    { "_probe",      WZP_SNI_PROBE },
    { "_federation", WZP_SNI_FEDERATION },
    { "_signal",     WZP_SNI_SIGNAL },
    { "_relay",      WZP_SNI_RELAY },
};


static bool
wzp_sni_is_digit(char c)
{
    return c >= '0' && c <= '9';
}


/* One label, lower case; *digits: it has nothing else. */
static bool
wzp_sni_label(const char *p, size_t len, bool *digits)
{
    size_t  i;

    if (len == 0 || len > WZP_LABEL_LEN_MAX || p[0] == '-'
        || p[len - 1] == '-')
    {
        return false;
    }

    *digits = true;

    for (i = 0; i < len; i++) {
        if (wzp_sni_is_digit(p[i])) {
            continue;
        }

        *digits = false;

        if ((p[i] < 'a' || p[i] > 'z') && p[i] != '_' && p[i] != '-') {
            return false;
        }
    }

    return true;
}


static bool
wzp_sni_valid(const char *name, size_t len)
{
    bool    digits;
    size_t  i, from;

    from = 0;
    digits = true;

    for (i = 0; i <= len; i++) {
        if (i < len && name[i] != '.') {
            continue;
        }

        if (!wzp_sni_label(&name[from], i - from, &digits)) {
            return false;
        }

        from = i + 1;
    }

    return !digits;
}


static wzp_sni_role_t
wzp_sni_role(const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(wzp_sni_roles); i++) {
        if (strcmp(name, wzp_sni_roles[i].name) == 0) {
            return wzp_sni_roles[i].role;
        }
    }

    if (name[0] == '_') {
        return WZP_SNI_RESERVED;
    }

    if (len > sizeof(WZP_CALL_PREFIX) - 1
        && memcmp(name, WZP_CALL_PREFIX, sizeof(WZP_CALL_PREFIX) - 1) == 0)
    {
        return WZP_SNI_CALL;
    }

    return WZP_SNI_ROOM;
}


/* 32 lower-case hex digits: already the output of hash_room_name. */
static bool
wzp_sni_is_hash(const char *name, size_t len)
{
    size_t  i;

    if (len != WZP_ROOM_HASH_LEN) {
        return false;
    }

    for (i = 0; i < len; i++) {
        if (!wzp_sni_is_digit(name[i]) && (name[i] < 'a' || name[i] > 'f')) {
            return false;
        }
    }

    return true;
}


wzp_rc_t
wzp_sni_parse(wzp_sni_t *sni, const char *name, size_t len)
{
    size_t     i;
    wzp_sni_t  tmp;

    if (len == 0) {
        name = "default";
        len = sizeof("default") - 1;
    }

    if (len > 1 && name[len - 1] == '.') {
        len--;
    }

    if (len > WZP_SNI_MAX) {
        return WZP_EBAD;
    }

    memset(&tmp, 0, sizeof(tmp));

    for (i = 0; i < len; i++) {
        tmp.name[i] = name[i];

        if (name[i] >= 'A' && name[i] <= 'Z') {
            tmp.name[i] = (char) (name[i] + ('a' - 'A'));
        }
    }

    tmp.len = len;

    if (!wzp_sni_valid(tmp.name, len)) {
        return WZP_EBAD;
    }

    tmp.role = wzp_sni_role(tmp.name, len);

    if (tmp.role == WZP_SNI_ROOM || tmp.role == WZP_SNI_CALL) {
        wzp_room_key(tmp.key, tmp.name, len);
        tmp.hashed = wzp_sni_is_hash(tmp.name, len);
    }

    *sni = tmp;

    return WZP_OK;
}


static void
wzp_room_digest(uint8_t key[WZP_ROOM_KEY_SIZE], const char *name, size_t len)
{
    size_t   n;
    uint8_t  msg[sizeof(WZP_ROOM_PREFIX) - 1 + WZP_ROOM_NAME_MAX], hash[32];

    n = sizeof(WZP_ROOM_PREFIX) - 1;

    WZP_ASSERT(len <= WZP_ROOM_NAME_MAX);
    len = WZP_MIN(len, WZP_ROOM_NAME_MAX);

    memcpy(msg, WZP_ROOM_PREFIX, n);

    if (len != 0) {
        memcpy(msg + n, name, len);
    }

    wzp_sha256(hash, msg, n + len);
    memcpy(key, hash, WZP_ROOM_KEY_SIZE);
}


void
wzp_room_key(uint8_t key[WZP_ROOM_KEY_SIZE], const char *name, size_t len)
{
    if (wzp_sni_is_hash(name, len)
        && wzp_unhex(key, WZP_ROOM_KEY_SIZE, name, len) == WZP_OK)
    {
        return;
    }

    wzp_room_digest(key, name, len);
}


void
wzp_room_hash(char hash[WZP_ROOM_HASH_LEN + 1], const char *name, size_t len)
{
    uint8_t  key[WZP_ROOM_KEY_SIZE];

    wzp_room_digest(key, name, len);
    wzp_hex(hash, key, sizeof(key));
}
