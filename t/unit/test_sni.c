/*
 * Server names: the table of PROTOCOL 1.4, its syntax, the hashes of 1.5.
 */

#include "wzp/wzp_sni.h"
#include "wzp/wzp_ident.h"
#include "vec.h"


static const struct {
    const char      *name;
    wzp_sni_role_t   role;
    const char      *lower;
} goods[] = {
    { "ping", WZP_SNI_PING, "ping" },
    { "PING", WZP_SNI_PING, "ping" },
    { "version", WZP_SNI_VERSION, "version" },
    { "_probe", WZP_SNI_PROBE, "_probe" },
    { "_federation", WZP_SNI_FEDERATION, "_federation" },
    { "_signal", WZP_SNI_SIGNAL, "_signal" },
    { "_Signal", WZP_SNI_SIGNAL, "_signal" },
    { "_relay", WZP_SNI_RELAY, "_relay" },
    { "_relay2", WZP_SNI_RESERVED, "_relay2" },
    { "_", WZP_SNI_RESERVED, "_" },
    { "_probe.example", WZP_SNI_RESERVED, "_probe.example" },
    { "call-17f5a0c3b2e1d004", WZP_SNI_CALL, "call-17f5a0c3b2e1d004" },
    { "call-call-17f5", WZP_SNI_CALL, "call-call-17f5" },
    { "Call-x", WZP_SNI_CALL, "call-x" },
    { "", WZP_SNI_ROOM, "default" },
    { "default", WZP_SNI_ROOM, "default" },
    { "General", WZP_SNI_ROOM, "general" },
    { "general.", WZP_SNI_ROOM, "general" },
    { "android", WZP_SNI_ROOM, "android" },
    { "localhost", WZP_SNI_ROOM, "localhost" },
    { "my-group", WZP_SNI_ROOM, "my-group" },
    { "a", WZP_SNI_ROOM, "a" },
    { "a_b", WZP_SNI_ROOM, "a_b" },
    { "room_", WZP_SNI_ROOM, "room_" },
    { "a--b", WZP_SNI_ROOM, "a--b" },
    { "pings", WZP_SNI_ROOM, "pings" },
    { "call", WZP_SNI_ROOM, "call" },
    { "caller-1", WZP_SNI_ROOM, "caller-1" },
    { "2024a", WZP_SNI_ROOM, "2024a" },
    { "1.2.a", WZP_SNI_ROOM, "1.2.a" },
    { "7_7", WZP_SNI_ROOM, "7_7" },
    { "1-1", WZP_SNI_ROOM, "1-1" },
    { "voice.example.org", WZP_SNI_ROOM, "voice.example.org" },
};


static const char *const  bads[] = {
    "room 1", "caf\xc3\xa9", "-x", "x-", "2024", "2024-", "0", "a.7", "1.2.3.4",
    "a..b", ".a", ".", "..", "a..", "a.-b", "a-.b", "a.b-", "call-", "a/b",
    "a:b", "a*", "a\tb", "a\n", "[::1]", "1.", "a@b", "a`b", "a{b", "a[b",
};


static void
test_names(void)
{
    size_t     i, len;
    wzp_sni_t  sni;

    for (i = 0; i < WZP_ARRAY_LEN(goods); i++) {
        len = strlen(goods[i].name);

        if (ok(wzp_sni_parse(&sni, goods[i].name, len) == WZP_OK,
               "\"%s\" is a name", goods[i].name))
        {
            is_u64(sni.role, goods[i].role, "its role");
            is_str(sni.name, goods[i].lower, "lower case");
            is_u64(sni.len, strlen(goods[i].lower), "its length");
        }
    }

    for (i = 0; i < WZP_ARRAY_LEN(bads); i++) {
        is_i64(wzp_sni_parse(&sni, bads[i], strlen(bads[i])), WZP_EBAD,
               "bad name %zu", i);
    }

    is_i64(wzp_sni_parse(&sni, "a\0b", 3), WZP_EBAD, "NUL inside");
    is_i64(wzp_sni_parse(&sni, "a\0", 2), WZP_EBAD, "NUL at the end");
}


/* The same rule for each byte alone and in the middle. */
static void
test_bytes(void)
{
    char        name[3];
    bool        inside, alone;
    unsigned    c, wrong;
    wzp_sni_t   sni;

    wrong = 0;

    for (c = 0; c < 256; c++) {
        inside = c < 128 && c != 0
                 && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789-_.", (int) c) != NULL;
        alone = inside && strchr("0123456789-.", (int) c) == NULL;

        name[0] = 'a';
        name[1] = (char) c;
        name[2] = 'b';
        wrong += (wzp_sni_parse(&sni, name, 3) == WZP_OK) != inside;
        wrong += (wzp_sni_parse(&sni, name + 1, 1) == WZP_OK) != alone;
    }

    is_u64(wrong, 0, "all 256 bytes");
}


static void
test_lengths(void)
{
    char       name[300];
    size_t     i;
    wzp_sni_t  sni;

    memset(name, 'x', sizeof(name));

    is_i64(wzp_sni_parse(&sni, name, 63), WZP_OK, "63 bytes in a label");
    is_i64(wzp_sni_parse(&sni, name, 64), WZP_EBAD, "64 bytes in a label");

    for (i = 63; i < sizeof(name); i += 64) {
        name[i] = '.';
    }

    ok(wzp_sni_parse(&sni, name, 253) == WZP_OK && sni.len == 253,
       "253 bytes in all");
    is_i64(wzp_sni_parse(&sni, name, 254), WZP_EBAD, "254 bytes in all");

    name[253] = '.';
    ok(wzp_sni_parse(&sni, name, 254) == WZP_OK && sni.len == 253,
       "253 and the last dot");
}


static void
test_hashes(void)
{
    char       hash[WZP_ROOM_HASH_LEN + 1], hex[33];
    size_t     i, len;
    uint8_t    want[16], key[16];
    wzp_sni_t  plain, hashed;

    static const char *const  names[] = {
        "general", "General", "default", "android", "my-group"
    };

    for (i = 0; i < WZP_ARRAY_LEN(names); i++) {
        len = strlen(names[i]);
        (void) vec_get("room", names[i], want, sizeof(want));
        wzp_hex(hex, want, 16);

        wzp_room_hash(hash, names[i], len);
        is_str(hash, hex, "hash of \"%s\"", names[i]);

        wzp_room_key(key, names[i], len);
        is_mem(key, want, 16, "is its key");

        memset(key, 0, sizeof(key));
        wzp_room_key(key, hash, 32);
        is_mem(key, want, 16, "and the hash's own key");
    }

    ok(wzp_sni_parse(&plain, "General", 7) == WZP_OK
       && wzp_sni_parse(&hashed, "a47b63f7d5b511ba5bc4089a74446906", 32)
          == WZP_OK
       && memcmp(plain.key, hashed.key, 16) == 0
       && !plain.hashed && hashed.hashed,
       "a name and its hash are one room");

    ok(wzp_sni_parse(&hashed, "A47B63F7D5B511BA5BC4089A74446906", 32)
       == WZP_OK && memcmp(plain.key, hashed.key, 16) == 0 && hashed.hashed,
       "a server name's case says nothing");

    wzp_room_key(key, "A47B63F7D5B511BA5BC4089A74446906", 32);
    ok(memcmp(plain.key, key, 16) != 0, "a configured name's does");

    wzp_room_hash(hash, "a47b63f7d5b511ba5bc4089a74446906", 32);
    ok(strcmp(hash, "a47b63f7d5b511ba5bc4089a74446906") != 0,
       "hashing a hash gives another");

    wzp_room_key(key, "a47b63f7d5b511ba5bc4089a7444690", 31);
    ok(memcmp(plain.key, key, 16) != 0, "31 digits are a name");
    wzp_room_key(key, "a47b63f7d5b511ba5bc4089a7444690g", 32);
    ok(memcmp(plain.key, key, 16) != 0, "a g among them, too");

    memset(want, 0, sizeof(want));
    ok(wzp_sni_parse(&plain, "ping", 4) == WZP_OK
       && memcmp(plain.key, want, 16) == 0, "a role has no key");
    ok(wzp_sni_parse(&plain, "call-x", 6) == WZP_OK
       && memcmp(plain.key, want, 16) != 0, "a call has one");
}


int
main(void)
{
    test_names();
    test_bytes();
    test_lengths();
    test_hashes();

    return done_testing();
}
