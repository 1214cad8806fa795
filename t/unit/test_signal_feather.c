/*
 * featherChat's call payload: vectors both ways, the types that go with
 * signals, and what is no payload.
 */

#include "wzp/wzp_signal_feather.h"
#include "vec.h"


static uint8_t        golden[VEC_MAX];
static uint8_t        out[VEC_MAX];
static wzp_feather_t  ft;


static wzp_rc_t
parse(const char *json)
{
    return wzp_feather_parse(&ft, (const uint8_t *) json, strlen(json));
}


static void
test_vectors(void)
{
    size_t    i, len, written;
    wzp_rc_t  rc;

    static const struct {
        const char          *name;
        wzp_signal_type_t    signal;
        wzp_feather_type_t   type;
        const char          *relay;
        const char          *room;
    }  vectors[] = {
        { "hangup", WZP_SIG_HANGUP, WZP_FEATHER_HANGUP,
          "relay.example.com:4433", "myroom" },
        { "hold", WZP_SIG_HOLD, WZP_FEATHER_HOLD, "", "" },
        { "offer", WZP_SIG_CALL_OFFER, WZP_FEATHER_OFFER,
          "relay.example.com:4433", "Gr\xc3\xbc\xc3\x9f" "e \"dort\"" },
        { "answer", WZP_SIG_CALL_ANSWER, WZP_FEATHER_ANSWER, "", "a\\b" },
        { "ice", WZP_SIG_ICE_CANDIDATE, WZP_FEATHER_ICE_CANDIDATE,
          "[2001:db8::1]:4433", "" },
    };

    for (i = 0; i < WZP_ARRAY_LEN(vectors); i++) {
        len = vec_get("feather", vectors[i].name, golden, sizeof(golden));

        rc = wzp_feather_parse(&ft, golden, len);
        ok(rc == WZP_OK && ft.signal.type == vectors[i].signal
           && wzp_feather_type(ft.signal.type) == vectors[i].type
           && strcmp(ft.relay_addr, vectors[i].relay) == 0
           && strcmp(ft.room, vectors[i].room) == 0,
           "%s: is read", vectors[i].name);

        if (rc != WZP_OK) {
            continue;
        }

        written = 0;
        rc = wzp_feather_encode(&ft, out, sizeof(out), &written);
        ok(rc == WZP_OK && written == len && memcmp(out, golden, len) == 0,
           "%s: and written as it was", vectors[i].name);

        ok(wzp_feather_encode(&ft, out, len - 1, &written) == WZP_ENOSPC
           && written == len
           && wzp_feather_encode(&ft, NULL, 0, &written) == WZP_ENOSPC
           && written == len, "%s: tells its size", vectors[i].name);

        wzp_feather_done(&ft);
    }
}


static void
test_types(void)
{
    int  i, types;

    types = 0;

    for (i = 0; i < (int) WZP_FEATHER_N; i++) {
        types += wzp_feather_type_by_name(wzp_feather_type_name(
                     (wzp_feather_type_t) i)) == (wzp_feather_type_t) i;
    }

    is_i64(types, 12, "twelve names, and back");
    ok(wzp_feather_type_name(WZP_FEATHER_N) == NULL
       && wzp_feather_type_by_name("offer") == WZP_FEATHER_N, "and no other");

    ok(wzp_feather_type(WZP_SIG_DIRECT_CALL_OFFER) == WZP_FEATHER_OFFER
       && wzp_feather_type(WZP_SIG_DIRECT_CALL_ANSWER) == WZP_FEATHER_ANSWER
       && wzp_feather_type(WZP_SIG_CALL_RINGING) == WZP_FEATHER_RINGING
       && wzp_feather_type(WZP_SIG_MUTE) == WZP_FEATHER_MUTE
       && wzp_feather_type(WZP_SIG_UNMUTE) == WZP_FEATHER_UNMUTE
       && wzp_feather_type(WZP_SIG_UNHOLD) == WZP_FEATHER_UNHOLD
       && wzp_feather_type(WZP_SIG_TRANSFER) == WZP_FEATHER_TRANSFER
       && wzp_feather_type(WZP_SIG_PING) == WZP_FEATHER_OFFER,
       "the rest of 10.3");
}


static void
test_shapes(void)
{
    size_t    i;
    wzp_rc_t  rc;

    static const struct {
        wzp_rc_t     rc;
        const char  *json;
    }  shapes[] = {
        { WZP_OK, "{\"signal\":\"Hold\"}" },
        { WZP_OK, "{\"room\":null,\"more\":[1],\"signal\":\"Hold\"}" },
        { WZP_EBAD, "" },
        { WZP_EBAD, "null" },
        { WZP_EBAD, "\"Hold\"" },
        { WZP_EBAD, "{}" },
        { WZP_EBAD, "{\"signal\":null}" },
        { WZP_EBAD, "{\"signal\":{}}" },
        { WZP_EUNKNOWN, "{\"signal\":\"Sing\"}" },
        { WZP_EBAD, "{\"signal\":{\"Hangup\":{}}}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"relay_addr\":\"\"}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"relay_addr\":\"a b\"}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"relay_addr\":7}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"room\":\"\"}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"room\":\"a\\nb\"}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"room\":\"a\\u0000b\"}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"room\":\"\\u202ea\"}" },
        { WZP_EBAD, "{\"signal\":\"Hold\",\"room\":[]}" },
        { WZP_EBAD, "{\"signal\":\"Hold\"} x" },
        { WZP_EBAD, "{\"signal\":\"Hold\"" },
    };

    for (i = 0; i < WZP_ARRAY_LEN(shapes); i++) {
        rc = parse(shapes[i].json);
        is_i64(rc, shapes[i].rc, "%s", shapes[i].json);

        if (rc == WZP_OK) {
            wzp_feather_done(&ft);
        }
    }
}


/* Every length of a good one is none. */

static void
test_cut(void)
{
    size_t  i, len, read;

    len = vec_get("feather", "offer", golden, sizeof(golden));
    read = 0;

    for (i = 0; i < len; i++) {
        if (wzp_feather_parse(&ft, golden, i) == WZP_OK) {
            wzp_feather_done(&ft);
            read++;
        }
    }

    is_u64(read, 0, "cut anywhere: no payload");
}


static void
test_refused(void)
{
    size_t  len;

    memset(&ft, 0, sizeof(ft));
    ft.signal.type = WZP_SIG_HOLD;
    (void) strcpy(ft.relay_addr, "a b");
    is_i64(wzp_feather_encode(&ft, out, sizeof(out), &len), WZP_EBAD,
           "an address with a blank");

    ft.relay_addr[0] = '\0';
    (void) strcpy(ft.room, "a\n");
    is_i64(wzp_feather_encode(&ft, out, sizeof(out), &len), WZP_EBAD,
           "a room with a line feed");

    ft.room[0] = '\0';
    ft.signal.type = WZP_SIG_REKEY;
    is_i64(wzp_feather_encode(&ft, out, sizeof(out), &len), WZP_EUNKNOWN,
           "a variant without its body");

    memset(golden, 'x', 300);
    (void) snprintf((char *) out, sizeof(out),
                    "{\"signal\":\"Hold\",\"room\":\"%.254s\"}",
                    (char *) golden);
    is_i64(parse((char *) out), WZP_EBAD, "a room that is too long");
}


int
main(void)
{
    test_vectors();
    test_types();
    test_shapes();
    test_cut();
    test_refused();

    return done_testing();
}
