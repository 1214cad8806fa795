/*
 * Signals from hostile peers: every cut, every changed byte, wrong types,
 * depth, size, numbers, UTF-8.  Each input lies in a heap block of exactly its
 * length, so a sanitizer sees any read beyond.
 */

#include "wzp/wzp_signal.h"
#include "vec.h"


#define EIGHT(n)    #n "," #n "," #n "," #n "," #n "," #n "," #n "," #n
#define K32         "[" EIGHT(7) "," EIGHT(0) "," EIGHT(255) "," EIGHT(16) "]"
#define GOOD        "{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"               \
                    "\"frame_duration_ms\":20,\"frames_per_block\":5}"
#define OFFER       "{\"CallOffer\":{\"identity_pub\":" K32                   \
                    ",\"ephemeral_pub\":" K32 ",\"signature\":[1,2],"         \
                    "\"supported_profiles\":[" GOOD "],\"alias\":null"
#define ANSWER      "{\"CallAnswer\":{\"identity_pub\":" K32                  \
                    ",\"ephemeral_pub\":" K32 ",\"signature\":[1,2]"


static wzp_rc_t
parse(const void *json, size_t len)
{
    uint8_t       *copy;
    wzp_rc_t       rc;
    wzp_signal_t   sg;

    copy = malloc(len + 1);
    memcpy(copy + 1, json, len);

    memset(&sg, 0x5a, sizeof(sg));
    rc = wzp_signal_parse(&sg, copy + 1, len);
    free(copy);

    if (rc == WZP_OK) {
        wzp_signal_done(&sg);
    }

    return rc;
}


static const struct {
    wzp_rc_t     rc;
    const char  *json;
} bads[] = {
    /* not JSON, or not a signal */
    { WZP_EBAD, "" },
    { WZP_EBAD, " " },
    { WZP_EBAD, "nonsense" },
    { WZP_EBAD, "\"Hold" },
    { WZP_EBAD, "\"Hold\"\"Hold\"" },
    { WZP_EBAD, "\"Hold\" x" },
    { WZP_EBAD, "'Hold'" },
    { WZP_EBAD, "null" },
    { WZP_EBAD, "true" },
    { WZP_EBAD, "42" },
    { WZP_EBAD, "[]" },
    { WZP_EBAD, "[\"Hold\"]" },
    { WZP_EBAD, "{}" },
    { WZP_EBAD, "{\"Hold\":null,\"Mute\":null}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":1}}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":1},}" },
    { WZP_EBAD, "{Ping:{\"timestamp_ms\":1}}" },
    { WZP_EBAD, "\xef\xbb\xbf\"Hold\"" },

    /* names */
    { WZP_EUNKNOWN, "\"\"" },
    { WZP_EUNKNOWN, "\"hold\"" },
    { WZP_EUNKNOWN, "\"Hold \"" },
    { WZP_EUNKNOWN, "\"Hold\\u0000\"" },
    { WZP_EUNKNOWN, "{\"Teleport\":{}}" },
    { WZP_EUNKNOWN, "{\"\":{}}" },
    { WZP_EBAD, "{\"Ping\\u0000\":{\"timestamp_ms\":1}}" },

    /* unit variants with a body, and others without */
    { WZP_EBAD, "{\"Hold\":{}}" },
    { WZP_EBAD, "{\"Hold\":1}" },
    { WZP_EBAD, "\"Ping\"" },
    { WZP_EBAD, "\"CallOffer\"" },
    { WZP_EBAD, "{\"CallOffer\":null}" },
    { WZP_EBAD, "{\"CallOffer\":[]}" },
    { WZP_EBAD, "{\"CallOffer\":\"x\"}" },
    { WZP_EBAD, "{\"Transfer\":null}" },
    { WZP_EBAD, "\"FederationHello\"" },

    /* numbers */
    { WZP_EBAD, "{\"Ping\":{}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":null}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":\"1\"}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":-1}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":1.5}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":01}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":+1}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":1e400}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":NaN}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":99999999999999999999}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":true}}" },
    { WZP_EBAD, "{\"Ping\":{\"timestamp_ms\":[1]}}" },

    /* strings */
    { WZP_EBAD, "{\"AuthToken\":{}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":null}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":7}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"a\\u0000b\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"a\nb\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\\ud800\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\\udc00\\ud800\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\\x41\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\xff\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\xc0\xaf\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\xed\xa0\x80\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\xf5\x80\x80\x80\"}}" },
    { WZP_EBAD, "{\"AuthToken\":{\"token\":\"\xe2\x82\"}}" },
    { WZP_EBAD, "{\"\xff\":{}}" },

    /* hangup */
    { WZP_EBAD, "{\"Hangup\":{}}" },
    { WZP_EBAD, "{\"Hangup\":{\"reason\":null}}" },
    { WZP_EBAD, "{\"Hangup\":{\"reason\":\"normal\"}}" },
    { WZP_EBAD, "{\"Hangup\":{\"reason\":{\"Normal\":null}}}" },
    { WZP_EBAD, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":5}}" },
    { WZP_EBAD, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"a\\u0000\""
      "}}" },

    /* offer */
    { WZP_EBAD, OFFER ",\"alias\":7}}" },
    { WZP_EBAD, OFFER ",\"identity_pub\":[1,2]}}" },
    { WZP_EBAD, OFFER ",\"identity_pub\":\"abc\"}}" },
    { WZP_EBAD, OFFER ",\"identity_pub\":null}}" },
    { WZP_EBAD, OFFER ",\"ephemeral_pub\":[" EIGHT(1) "," EIGHT(1) "," EIGHT(1)
      "," EIGHT(1) ",1]}}" },
    { WZP_EBAD, OFFER ",\"ephemeral_pub\":[" EIGHT(1) "," EIGHT(1) "," EIGHT(1)
      "," EIGHT(256) "]}}" },
    { WZP_EBAD, OFFER ",\"ephemeral_pub\":[" EIGHT(1) "," EIGHT(1) "," EIGHT(1)
      "," EIGHT(-1) "]}}" },
    { WZP_EBAD, OFFER ",\"ephemeral_pub\":[" EIGHT(1) "," EIGHT(1) "," EIGHT(1)
      "," EIGHT("1") "]}}" },
    { WZP_EBAD, OFFER ",\"signature\":null}}" },
    { WZP_EBAD, OFFER ",\"signature\":[256]}}" },
    { WZP_EBAD, OFFER ",\"supported_profiles\":null}}" },
    { WZP_EBAD, OFFER ",\"supported_profiles\":{}}}" },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[null]}}" },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[{}]}}" },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[{\"codec\":1,"
      "\"fec_ratio\":0.2,\"frame_duration_ms\":20,\"frames_per_block\":5}]}}"
    },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[{\"codec\":\"Opus24k\","
      "\"fec_ratio\":\"0.2\",\"frame_duration_ms\":20,\"frames_per_block\":5}"
      "]}}" },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[{\"codec\":\"Opus24k\","
      "\"fec_ratio\":1e39,\"frame_duration_ms\":20,\"frames_per_block\":5}]}}"
    },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[{\"codec\":\"Opus24k\","
      "\"fec_ratio\":0.2,\"frame_duration_ms\":256,\"frames_per_block\":5}]}}"
    },
    { WZP_EBAD, OFFER ",\"supported_profiles\":[{\"codec\":\"Opus24k\","
      "\"fec_ratio\":0.2,\"frame_duration_ms\":20,\"frames_per_block\":-1}]}}"
    },
    { WZP_EBAD, OFFER ",\"extensions\":\"state\"}}" },
    { WZP_EBAD, OFFER ",\"extensions\":[1]}}" },
    { WZP_EBAD, OFFER ",\"binding\":[1,2,3]}}" },
    { WZP_EBAD, OFFER ",\"binding\":\"x\"}}" },
    { WZP_EBAD, OFFER ",\"resume\":\"00\"}}" },
    { WZP_EBAD, OFFER ",\"resume\":\"000102030405060708090a0b0c0d0e0g\"}}" },
    { WZP_EBAD, OFFER ",\"resume\":[0]}}" },

    /* answer */
    { WZP_EBAD, ANSWER "}}" },
    { WZP_EBAD, ANSWER ",\"chosen_profile\":null}}" },
    { WZP_EBAD, ANSWER ",\"chosen_profile\":{\"codec\":\"Lyra\","
      "\"fec_ratio\":0.2,\"frame_duration_ms\":20,\"frames_per_block\":5}}}" },
    { WZP_EBAD, ANSWER ",\"chosen_profile\":" GOOD ",\"stream_id\":65536}}" },
    { WZP_EBAD, ANSWER ",\"chosen_profile\":" GOOD ",\"stream_id\":-1}}" },
    { WZP_EBAD, ANSWER ",\"chosen_profile\":" GOOD ",\"stream_id\":\"1\"}}" },

    /* room update and directive */
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":1}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"participants\":[]}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":4294967296,\"participants\":[]}}"
    },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":{}}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":[1]}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":[{}]}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":[{"
      "\"fingerprint\":null}]}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":[{"
      "\"fingerprint\":\"a\"},{\"fingerprint\":\"a\",\"alias\":{}}]}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":[{"
      "\"fingerprint\":\"a\",\"muted\":1}]}}" },
    { WZP_EBAD, "{\"RoomUpdate\":{\"count\":0,\"participants\":[{"
      "\"fingerprint\":\"a\",\"held\":\"true\"}]}}" },
    { WZP_EBAD, "{\"QualityDirective\":{\"reason\":\"x\"}}" },
    { WZP_EBAD, "{\"QualityDirective\":{\"recommended_profile\":" GOOD
      ",\"reason\":5}}" },
};


static void
test_bad(void)
{
    size_t  i;

    ok(parse(OFFER "}}", strlen(OFFER "}}")) == WZP_OK,
       "the offer that the others are made from is good");

    for (i = 0; i < WZP_ARRAY_LEN(bads); i++) {
        is_i64(parse(bads[i].json, strlen(bads[i].json)), bads[i].rc,
               "refused: %.60s", bads[i].json[0] == '\xef'
                                 || strchr(bads[i].json, '\n') != NULL
                                 ? "..." : bads[i].json);
    }
}


/* A whole frame, cut and with each byte changed. */
static void
check_damage(const char *file, const char *name)
{
    size_t         i, k, len, accepted;
    uint8_t        json[4096], old;
    wzp_rc_t       rc;
    wzp_signal_t   sg;

    static const uint8_t  wrong[] = { 0x00, 0x01, 0x1f, 0xff };

    len = vec_get(file, name, json, sizeof(json)) - 4;
    memmove(json, json + 4, len);

    accepted = 0;

    for (i = 0; i < len; i++) {
        accepted += parse(json, i) == WZP_OK;
    }

    is_u64(accepted, 0, "%s cut at every length", name);

    memset(&sg, 0x5a, sizeof(sg));

    for (i = 0; i < len; i++) {
        old = json[i];

        for (k = 0; k < WZP_ARRAY_LEN(wrong); k++) {
            json[i] = wrong[k];
            rc = wzp_signal_parse(&sg, json, len);
            accepted += rc == WZP_OK;
        }

        json[i] = old;
    }

    is_u64(accepted, 0, "%s with a bad byte at every place", name);

    for (i = 0; i < sizeof(sg); i++) {
        if (((uint8_t *) &sg)[i] != 0x5a) {
            break;
        }
    }

    is_u64(i, sizeof(sg), "nothing was written");
}


static char  big[2 * WZP_SIGNAL_MAX];


static size_t
repeat(size_t at, const char *text, size_t n)
{
    size_t  len;

    for (len = strlen(text); n > 0; n--) {
        memcpy(&big[at], text, len);
        at += len;
    }

    return at;
}


static void
test_depth(void)
{
    size_t  len;

    /* 14 arrays inside the two objects make 16 */

    len = repeat(0, "{\"Ping\":{\"timestamp_ms\":1,\"x\":", 1);
    len = repeat(len, "[", 14);
    len = repeat(len, "]", 14);
    len = repeat(len, "}}", 1);
    is_i64(parse(big, len), WZP_OK, "16 levels");

    len = repeat(0, "{\"Ping\":{\"timestamp_ms\":1,\"x\":", 1);
    len = repeat(len, "[", 15);
    len = repeat(len, "]", 15);
    len = repeat(len, "}}", 1);
    is_i64(parse(big, len), WZP_EBAD, "17 levels");

    len = repeat(0, "[", WZP_SIGNAL_MAX);
    is_i64(parse(big, len), WZP_EBAD, "a million levels");
    len = repeat(0, "{\"a\":", WZP_SIGNAL_MAX / 5);
    is_i64(parse(big, len), WZP_EBAD, "of objects");
    len = repeat(0, "]", WZP_SIGNAL_MAX);
    is_i64(parse(big, len), WZP_EBAD, "downwards");

    len = repeat(0, "{\"AuthToken\":{\"token\":\"", 1);
    len = repeat(len, "[{", 100);
    len = repeat(len, "\\\"", 100);
    len = repeat(len, "\"}}", 1);
    is_i64(parse(big, len), WZP_OK, "brackets in a string do not count");
}


static void
test_size(void)
{
    size_t        len, head;
    wzp_signal_t  sg;

    head = repeat(0, "{\"AuthToken\":{\"token\":\"", 1);
    len = repeat(head, "x", WZP_SIGNAL_MAX - head - 3);
    len = repeat(len, "\"}}", 1);
    is_u64(len, WZP_SIGNAL_MAX, "1 MiB");

    if (ok(wzp_signal_parse(&sg, (uint8_t *) big, len) == WZP_OK, "parses")) {
        is_u64(strlen(sg.u.auth_token.token), len - head - 3, "all of it");
        wzp_signal_done(&sg);
        ok(sg.u.auth_token.token == NULL, "and is let go");
    }

    len = repeat(head, "x", WZP_SIGNAL_MAX - head - 2);
    len = repeat(len, "\"}}", 1);
    is_i64(parse(big, len), WZP_ETOOBIG, "a byte more");

    len = repeat(0, "[", 1);
    len = repeat(len, "{},", WZP_SIGNAL_MAX / 3 - 1);
    len = repeat(len, "{}]", 1);
    is_i64(parse(big, WZP_MIN(len, WZP_SIGNAL_MAX)), WZP_ETOOBIG,
           "300000 objects");

    len = repeat(0, "{\"CallOffer\":{\"identity_pub\":[", 1);
    len = repeat(len, "1,", 200000);
    len = repeat(len, "1]}}", 1);
    is_i64(parse(big, len), WZP_ETOOBIG, "200000 integers");

    len = repeat(0, "{\"CallOffer\":{\"identity_pub\":[", 1);
    len = repeat(len, "1,", 60000);
    len = repeat(len, "1]}}", 1);
    is_i64(parse(big, len), WZP_EBAD, "60001 integers are no key");

    len = repeat(0, "{\"Ping\":{\"timestamp_ms\":", 1);
    len = repeat(len, "9", 500000);
    len = repeat(len, "}}", 1);
    is_i64(parse(big, len), WZP_EBAD, "a number of 500000 digits");

    len = repeat(0, "{\"Ping\":{\"timestamp_ms\":0.", 1);
    len = repeat(len, "0", 500000);
    len = repeat(len, "}}", 1);
    is_i64(parse(big, len), WZP_OK, "zero in 500000 digits");
}


/* More than fits: cut, skipped or counted, never stored beyond the end. */
static void
test_bounds(void)
{
    size_t             i, len;
    wzp_signal_t       sg;
    wzp_participant_t  *pt;

    len = repeat(0, "{\"CallOffer\":{\"identity_pub\":" K32
                    ",\"ephemeral_pub\":" K32 ",\"signature\":[", 1);
    len = repeat(len, "9,", 499);
    len = repeat(len, "9],\"supported_profiles\":[", 1);
    len = repeat(len, GOOD ",", 99);
    len = repeat(len, GOOD "],\"alias\":\"", 1);
    len = repeat(len, "\xc3\xa9", 300);
    len = repeat(len, "\"}}", 1);

    if (ok(wzp_signal_parse(&sg, (uint8_t *) big, len) == WZP_OK,
           "an offer with too much of everything"))
    {
        is_u64(sg.u.call_offer.signature_len, 500, "signature's length");
        is_u64(sg.u.call_offer.nprofiles, WZP_PROFILES_MAX, "16 profiles");
        is_u64(strlen(sg.u.call_offer.alias), 64, "64 bytes of alias");
    }

    len = repeat(0, "{\"RoomUpdate\":{\"count\":5000,\"participants\":[", 1);

    for (i = 0; i < 5000; i++) {
        len = repeat(len, i == 0 ? "{\"fingerprint\":\"" : ",{\"fingerprint\":\"",
                     1);
        len = repeat(len, "f", 50);
        len = repeat(len, "\",\"alias\":\"", 1);
        len = repeat(len, "\xe2\x82\xac", 22);
        len = repeat(len, "\"}", 1);
    }

    len = repeat(len, "]}}", 1);

    if (ok(wzp_signal_parse(&sg, (uint8_t *) big, len) == WZP_OK,
           "5000 participants in %zu bytes", len))
    {
        pt = &sg.u.room_update.participants[4999];
        is_u64(sg.u.room_update.nparticipants, 5000, "all of them");
        is_u64(strlen(pt->fingerprint), WZP_FP_TEXT_LEN, "fingerprint cut");
        is_u64(strlen(pt->alias), 63, "alias cut between characters");
        wzp_signal_done(&sg);
    }

    len = repeat(0, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"", 1);
    i = repeat(len, "a", 64);
    i = repeat(i, "\"}}", 1);
    is_i64(parse(big, i), WZP_OK, "a call id of 64");
    i = repeat(len, "a", 65);
    i = repeat(i, "\"}}", 1);
    is_i64(parse(big, i), WZP_EBAD, "a call id of 65");

    len = repeat(0, "{\"QualityDirective\":{\"recommended_profile\":" GOOD
                    ",\"reason\":\"", 1);
    len = repeat(len, "\\u001b[31mx", 100);
    len = repeat(len, "\"}}", 1);

    if (ok(wzp_signal_parse(&sg, (uint8_t *) big, len) == WZP_OK,
           "a long reason full of escapes"))
    {
        is_u64(strlen(sg.u.quality_directive.reason), WZP_REASON_MAX, "cut");
        ok(strchr(sg.u.quality_directive.reason, 0x1b) == NULL, "and clean");
    }
}


static const struct {
    const char  *file;
    const char  *name;
} frames[] = {
    { "signal", "ping" }, { "signal", "hold" },
    { "signal", "room_update_ext" }, { "signal", "hello_ext" },
    { "signal", "active_ext" }, { "signal", "inactive_ext" },
    { "signal", "presence_ext" }, { "signal", "query_ext" },
    { "signal", "response_ext" }, { "signal", "forward_ext" },
    { "signal", "ack_ext" }, { "signal", "envelope_ext" },
    { "signal", "register_ack_ext" }, { "signal", "direct_offer" },
    { "signal", "direct_answer" }, { "signal", "call_setup" },
    { "hs", "offer_ext_frame" }, { "hs", "answer_ext_frame" },
    { "hs", "register_ext_frame" }
};


int
main(void)
{
    size_t  i;

    test_bad();

    for (i = 0; i < WZP_ARRAY_LEN(frames); i++) {
        check_damage(frames[i].file, frames[i].name);
    }

    test_depth();
    test_size();
    test_bounds();

    return done_testing();
}
