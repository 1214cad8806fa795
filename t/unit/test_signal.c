/*
 * Signals: every variant of PROTOCOL 2.3 as printed there, the frames of 2.1,
 * our extensions, and the way back: what we write is what was read.
 */

#include <math.h>

#include "wzp/wzp_signal.h"
#include "vec.h"


#define EIGHT(n)    #n "," #n "," #n "," #n "," #n "," #n "," #n "," #n
#define K32         "[" EIGHT(7) "," EIGHT(0) "," EIGHT(255) "," EIGHT(16) "]"
#define SIG         "[" EIGHT(1) "," EIGHT(2) "," EIGHT(3) "," EIGHT(4) ","   \
                    EIGHT(5) "," EIGHT(6) "," EIGHT(77) "," EIGHT(255) "]"
#define GOOD        "{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"               \
                    "\"frame_duration_ms\":20,\"frames_per_block\":5}"
#define POOR        "{\"codec\":\"Opus6k\",\"fec_ratio\":0.5,"                \
                    "\"frame_duration_ms\":40,\"frames_per_block\":10}"
#define ANN         "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"
#define BOB         "0258:ab5d:7c27:9b61:3b75:a4e3:7ce7:1bf9"


/* The examples of 2.3, in order; those that we can write are written again. */
static const struct {
    wzp_signal_type_t   type;
    bool                written;
    const char         *json;
} examples[] = {
    { WZP_SIG_CALL_OFFER, true,
      "{\"CallOffer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":" SIG ",\"supported_profiles\":[" GOOD
      "],\"alias\":\"Swift Wolf\"}}" },
    { WZP_SIG_CALL_ANSWER, true,
      "{\"CallAnswer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":" SIG ",\"chosen_profile\":" GOOD "}}" },
    { WZP_SIG_AUTH_TOKEN, true, "{\"AuthToken\":{\"token\":\"eyJ...\"}}" },
    { WZP_SIG_ROOM_UPDATE, true,
      "{\"RoomUpdate\":{\"count\":2,\"participants\":[{\"fingerprint\":\"" ANN
      "\",\"alias\":\"Ann\",\"relay_label\":null},{\"fingerprint\":\"" BOB
      "\",\"alias\":null,\"relay_label\":\"Relay B\"}]}}" },
    { WZP_SIG_QUALITY_DIRECTIVE, true,
      "{\"QualityDirective\":{\"recommended_profile\":" POOR
      ",\"reason\":\"weakest link: Degraded\"}}" },
    { WZP_SIG_HANGUP, true, "{\"Hangup\":{\"reason\":\"Normal\"}}" },
    { WZP_SIG_HANGUP, true,
      "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"18a5f0c3b2e1d004\"}}"
    },
    { WZP_SIG_HOLD, true, "\"Hold\"" },
    { WZP_SIG_UNHOLD, true, "\"Unhold\"" },
    { WZP_SIG_MUTE, true, "\"Mute\"" },
    { WZP_SIG_UNMUTE, true, "\"Unmute\"" },
    { WZP_SIG_TRANSFER_ACK, true, "\"TransferAck\"" },
    { WZP_SIG_TRANSFER, false,
      "{\"Transfer\":{\"target_fingerprint\":\"6871:1211:...\","
      "\"relay_addr\":null}}" },
    { WZP_SIG_ICE_CANDIDATE, false,
      "{\"IceCandidate\":{\"candidate\":\"candidate:1\"}}" },
    { WZP_SIG_REKEY, false,
      "{\"Rekey\":{\"new_ephemeral_pub\":" K32 ",\"signature\":" SIG "}}" },
    { WZP_SIG_QUALITY_UPDATE, false,
      "{\"QualityUpdate\":{\"report\":{\"loss_pct\":5,\"rtt_4ms\":12,"
      "\"jitter_ms\":3,\"bitrate_cap_kbps\":200},\"recommended_profile\":"
      GOOD "}}" },
    { WZP_SIG_LOSS_RECOVERY_UPDATE, false,
      "{\"LossRecoveryUpdate\":{\"dred_reconstructions\":10,"
      "\"classical_plc_invocations\":2,\"frames_decoded\":900}}" },
    { WZP_SIG_PING, true, "{\"Ping\":{\"timestamp_ms\":1776000000000}}" },
    { WZP_SIG_PONG, true, "{\"Pong\":{\"timestamp_ms\":1776000000000}}" },
    { WZP_SIG_PRESENCE_UPDATE, true,
      "{\"PresenceUpdate\":{\"fingerprints\":[\"" ANN
      "\"],\"relay_addr\":\"10.0.0.2:4433\"}}" },
    { WZP_SIG_ROUTE_QUERY, true,
      "{\"RouteQuery\":{\"fingerprint\":\"" ANN "\",\"ttl\":3}}" },
    { WZP_SIG_ROUTE_RESPONSE, true,
      "{\"RouteResponse\":{\"fingerprint\":\"" ANN "\",\"found\":true,"
      "\"relay_chain\":[\"0.0.0.0:4433\",\"10.0.0.2:4433\"]}}" },
    { WZP_SIG_SESSION_FORWARD, true,
      "{\"SessionForward\":{\"session_id\":\"abcd1234\","
      "\"target_fingerprint\":\"" ANN "\",\"source_relay\":"
      "\"10.0.0.1:4433\"}}" },
    { WZP_SIG_SESSION_FORWARD_ACK, true,
      "{\"SessionForwardAck\":{\"session_id\":\"abcd1234\","
      "\"room_name\":\"relay-room-42\"}}" },
    { WZP_SIG_FEDERATION_HELLO, true,
      "{\"FederationHello\":{\"tls_fingerprint\":\"0c:62:cf:b5:...:37:a9\"}}"
    },
    { WZP_SIG_GLOBAL_ROOM_ACTIVE, true,
      "{\"GlobalRoomActive\":{\"room\":\"general\",\"participants\":[{"
      "\"fingerprint\":\"6871:...\",\"alias\":\"Ann\",\"relay_label\":null}]"
      "}}" },
    { WZP_SIG_GLOBAL_ROOM_INACTIVE, true,
      "{\"GlobalRoomInactive\":{\"room\":\"general\"}}" },
    { WZP_SIG_FEDERATED_SIGNAL_FORWARD, true,
      "{\"FederatedSignalForward\":{\"inner\":{\"CallRinging\":{"
      "\"call_id\":\"18a5f0c3b2e1d004\"}},\"origin_relay_fp\":"
      "\"0c:62:cf:...\"}}" },
    { WZP_SIG_REGISTER_PRESENCE, true,
      "{\"RegisterPresence\":{\"identity_pub\":" K32
      ",\"signature\":[],\"alias\":null}}" },
    { WZP_SIG_REGISTER_PRESENCE_ACK, true,
      "{\"RegisterPresenceAck\":{\"success\":true,"
      "\"relay_build\":\"9377a90\"}}" },
    { WZP_SIG_DIRECT_CALL_OFFER, true,
      "{\"DirectCallOffer\":{\"caller_fingerprint\":\"" ANN "\","
      "\"caller_alias\":null,\"target_fingerprint\":\"" BOB "\","
      "\"call_id\":\"18a5f0c3b2e1d004\",\"identity_pub\":" K32
      ",\"ephemeral_pub\":" K32 ",\"signature\":[],\"supported_profiles\":["
      GOOD "],\"caller_reflexive_addr\":\"203.0.113.7:50123\","
      "\"caller_local_addrs\":[\"192.168.1.20:50123\"],"
      "\"caller_build_version\":\"9377a90\"}}" },
    { WZP_SIG_DIRECT_CALL_ANSWER, true,
      "{\"DirectCallAnswer\":{\"call_id\":\"18a5f0c3b2e1d004\","
      "\"accept_mode\":\"AcceptGeneric\",\"identity_pub\":" K32
      ",\"chosen_profile\":" GOOD "}}" },
    { WZP_SIG_CALL_SETUP, true,
      "{\"CallSetup\":{\"call_id\":\"18a5f0c3b2e1d004\","
      "\"room\":\"call-18a5f0c3b2e1d004\",\"relay_addr\":"
      "\"203.0.113.5:4433\",\"peer_direct_addr\":\"198.51.100.9:40000\"}}" },
    { WZP_SIG_CALL_RINGING, true,
      "{\"CallRinging\":{\"call_id\":\"18a5f0c3b2e1d004\"}}" },
    { WZP_SIG_REFLECT, true, "\"Reflect\"" },
    { WZP_SIG_REFLECT_RESPONSE, true,
      "{\"ReflectResponse\":{\"observed_addr\":\"203.0.113.7:50123\"}}" },
    { WZP_SIG_MEDIA_PATH_REPORT, true,
      "{\"MediaPathReport\":{\"call_id\":\"18a5f0c3b2e1d004\","
      "\"direct_ok\":true,\"race_winner\":\"Direct\"}}" },
};


static uint8_t  out[65536];


static wzp_rc_t
parse(wzp_signal_t *sg, const char *json)
{
    return wzp_signal_parse(sg, (const uint8_t *) json, strlen(json));
}


/* Written again, it must be `json`. */
static void
check_written(const wzp_signal_t *sg, const char *json, const char *what)
{
    size_t  len, i, wrong;

    len = 0;

    if (!ok(wzp_signal_encode(sg, out, sizeof(out), &len) == WZP_OK,
            "%s is written", what))
    {
        return;
    }

    if (is_u64(len, strlen(json), "%s: length", what)) {
        is_mem(out, json, len, "%s: same bytes", what);
    }

    wrong = 0;

    for (i = 0; i < len; i++) {
        len = 0;
        wrong += wzp_signal_encode(sg, i == 0 ? NULL : out, i, &len)
                 != WZP_ENOSPC;
        wrong += len != strlen(json);
    }

    is_u64(wrong, 0, "%s: every smaller buffer is refused with its size",
           what);
}


static void
test_examples(void)
{
    size_t        i, len;
    unsigned      seen;
    const char   *name;
    wzp_signal_t  sg;

    seen = 0;

    for (i = 0; i < WZP_ARRAY_LEN(examples); i++) {
        name = wzp_signal_name(examples[i].type);

        if (!ok(parse(&sg, examples[i].json) == WZP_OK
                && sg.type == examples[i].type, "%s parses", name))
        {
            continue;
        }

        seen += i == 0 || examples[i].type != examples[i - 1].type;

        if (examples[i].written) {
            check_written(&sg, examples[i].json, name);

        } else {
            is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len),
                   WZP_EUNKNOWN, "%s is known by name only", name);
        }

        wzp_signal_done(&sg);
    }

    is_u64(seen, WZP_SIG_N, "all 36 variants were there");
}


static void
test_frames(void)
{
    char          json[1024];
    size_t        len;
    uint8_t       frame[1024];
    wzp_signal_t  sg;

    len = vec_get("signal", "ping", frame, sizeof(frame));
    is_u64(frame[3], 31, "the frame of 2.1 has 31 bytes");
    ok(wzp_signal_parse(&sg, frame + 4, len - 4) == WZP_OK
       && sg.type == WZP_SIG_PING && sg.u.ping.timestamp_ms == 12345, "Ping");
    memcpy(json, frame + 4, len - 4);
    json[len - 4] = '\0';
    check_written(&sg, json, "Ping");

    len = vec_get("signal", "hold", frame, sizeof(frame));
    ok(frame[3] == 6 && wzp_signal_parse(&sg, frame + 4, len - 4) == WZP_OK
       && sg.type == WZP_SIG_HOLD, "Hold");

    len = vec_get("signal", "room_update_ext", frame, sizeof(frame));
    memcpy(json, frame + 4, len - 4);
    json[len - 4] = '\0';

    if (!ok(parse(&sg, json) == WZP_OK && sg.type == WZP_SIG_ROOM_UPDATE
            && sg.u.room_update.nparticipants == 2,
            "RoomUpdate with extensions"))
    {
        return;
    }

    ok(sg.u.room_update.participants[0].stream_id == 48879
       && sg.u.room_update.participants[0].muted
       && !sg.u.room_update.participants[0].held, "stream id and muted");
    ok(sg.u.room_update.participants[1].stream_id == 1
       && !sg.u.room_update.participants[1].muted
       && sg.u.room_update.participants[1].held, "stream id and held");
    check_written(&sg, json, "RoomUpdate with extensions");
    wzp_signal_done(&sg);
}


/* Offer and answer of PROTOCOL A.1, A.2, and with everything of ours. */
static void
test_handshakes(void)
{
    char          json[2048];
    size_t        i, len;
    uint8_t       frame[2048];
    wzp_signal_t  sg;

    static const char *const  names[] = {
        "offer_frame", "answer_frame", "offer_ext_frame", "answer_ext_frame"
    };

    for (i = 0; i < WZP_ARRAY_LEN(names); i++) {
        len = vec_get("hs", names[i], frame, sizeof(frame)) - 4;
        memcpy(json, frame + 4, len);
        json[len] = '\0';

        if (ok(parse(&sg, json) == WZP_OK, "%s parses", names[i])) {
            check_written(&sg, json, names[i]);
        }
    }

    ok(sg.type == WZP_SIG_CALL_ANSWER && sg.u.call_answer.stream_id == 48879
       && sg.u.call_answer.extensions == 0x0f && sg.u.call_answer.has_binding
       && sg.u.call_answer.has_resume && sg.u.call_answer.resume[15] == 15,
       "the answer's extensions");
}


/* What 2.2 allows a writer, and what older or newer peers may do. */
static const struct {
    const char  *what;
    const char  *json;
    const char  *same;
} variants[] = {
    { "alias missing",
      "{\"CallOffer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":[],\"supported_profiles\":[]}}",
      "{\"CallOffer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":[],\"supported_profiles\":[],\"alias\":null}}" },
    { "other order, blanks, unknown members, floats as they come",
      " {\n\t\"CallOffer\" : { \"alias\" : null , \"new\":{\"a\":[1,[2]]},"
      "\"supported_profiles\":[{\"frames_per_block\":5,\"x\":0,"
      "\"frame_duration_ms\":20,\"fec_ratio\":2e-1,\"codec\":\"Opus24k\"}],"
      "\"signature\":[1,2],\"ephemeral_pub\":" K32 ",\"identity_pub\":" K32
      "} } \r\n",
      "{\"CallOffer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":[1,2],\"supported_profiles\":[" GOOD
      "],\"alias\":null}}" },
    { "a codec from the future is skipped",
      "{\"CallOffer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":" SIG ",\"supported_profiles\":[{\"codec\":\"Lyra9\","
      "\"fec_ratio\":1,\"frame_duration_ms\":20,\"frames_per_block\":5},"
      GOOD "],\"alias\":null,\"extensions\":[\"teleport\",\"state\"]}}",
      "{\"CallOffer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":" SIG ",\"supported_profiles\":[" GOOD
      "],\"alias\":null,\"extensions\":[\"state\"]}}" },
    { "our members as null",
      "{\"CallAnswer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":" SIG ",\"chosen_profile\":" GOOD ",\"extensions\":null,"
      "\"binding\":null,\"stream_id\":null,\"resume\":null}}",
      "{\"CallAnswer\":{\"identity_pub\":" K32 ",\"ephemeral_pub\":" K32
      ",\"signature\":" SIG ",\"chosen_profile\":" GOOD "}}" },
    { "optional members of a participant missing",
      "{\"RoomUpdate\":{\"count\":4294967295,\"participants\":[{"
      "\"fingerprint\":\"" ANN "\"}]}}",
      "{\"RoomUpdate\":{\"count\":4294967295,\"participants\":[{"
      "\"fingerprint\":\"" ANN "\",\"alias\":null,\"relay_label\":null}]}}" },
    { "an empty room",
      "{\"RoomUpdate\":{\"participants\":[],\"count\":0}}",
      "{\"RoomUpdate\":{\"count\":0,\"participants\":[]}}" },
    { "escapes",
      "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\"x\","
      "\"alias\":\"\\\"\\\\\\/\\u00e9\\ud83d\\ude00\\u0041\"}]}}",
      "{\"RoomUpdate\":{\"count\":1,\"participants\":[{\"fingerprint\":\"x\","
      "\"alias\":\"\\\"\\\\/\xc3\xa9\xf0\x9f\x98\x80" "A\","
      "\"relay_label\":null}]}}" },
    { "a directive without reason",
      "{\"QualityDirective\":{\"recommended_profile\":" POOR
      ",\"reason\":null}}",
      "{\"QualityDirective\":{\"recommended_profile\":" POOR "}}" },
    { "a unit variant as an object", "{\"Mute\":null}", "\"Mute\"" },
    { "the last of two members with one name",
      "{\"Ping\":{\"timestamp_ms\":1,\"timestamp_ms\":2}}",
      "{\"Ping\":{\"timestamp_ms\":2}}" },
    { "a variant's name in escapes",
      "{\"\\u0050ing\":{\"timestamp_ms\":1}}",
      "{\"Ping\":{\"timestamp_ms\":1}}" },
    { "a number beyond 64 bits in a member that nobody reads",
      "{\"Ping\":{\"x\":123456789012345678901234567890,"
      "\"timestamp_ms\":1776000000000}}",
      "{\"Ping\":{\"timestamp_ms\":1776000000000}}" },
};


static void
test_variants(void)
{
    size_t        i;
    wzp_signal_t  sg;

    for (i = 0; i < WZP_ARRAY_LEN(variants); i++) {
        if (ok(parse(&sg, variants[i].json) == WZP_OK, "%s: parses",
               variants[i].what))
        {
            check_written(&sg, variants[i].same, variants[i].what);
            wzp_signal_done(&sg);
        }
    }
}


/* Shortest decimal that reads back as the same 32-bit float. */
static void
test_floats(void)
{
    char            want[128], *end;
    size_t          i, len, wrong;
    float           v;
    uint32_t        bits;
    wzp_signal_t    sg, back;

    static const struct {
        float        value;
        const char  *text;
    } floats[] = {
        { 0.0f, "0.0" }, { 0.1f, "0.1" }, { 0.2f, "0.2" }, { 0.3f, "0.3" },
        { 0.5f, "0.5" }, { 1.0f, "1.0" }, { 2.0f, "2.0" }, { 10.0f, "10.0" },
        { 0.25f, "0.25" }, { 1234.5f, "1234.5" }, { -0.5f, "-0.5" },
        { 16777216.0f, "16777216.0" }, { 1e12f, "1000000000000.0" },
        { 1e13f, "1e13" }, { 1e-6f, "0.000001" }, { 1e-7f, "1e-7" },
        { 1.5e-10f, "1.5e-10" }, { 0.33333334f, "0.33333334" },
        { 3.4028235e38f, "3.4028235e38" }, { 1e-45f, "1e-45" },
    };

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_QUALITY_DIRECTIVE;

    for (i = 0; i < WZP_ARRAY_LEN(floats); i++) {
        sg.u.quality_directive.profile.fec_ratio = floats[i].value;
        (void) snprintf(want, sizeof(want), "\"fec_ratio\":%s,",
                        floats[i].text);
        ok(wzp_signal_encode(&sg, out, sizeof(out) - 1, &len) == WZP_OK,
           "a float is written");
        out[len] = '\0';
        end = strstr((char *) out, "\"fec_ratio\"");
        ok(end != NULL && strncmp(end, want, strlen(want)) == 0, "as %s",
           floats[i].text);
    }

    wrong = 0;
    bits = 1;

    for (i = 0; i < 20000; i++) {
        bits = bits * 1664525u + 1013904223u;
        memcpy(&v, &bits, sizeof(v));

        if (!isfinite(v)) {
            continue;
        }

        sg.u.quality_directive.profile.fec_ratio = v;

        if (wzp_signal_encode(&sg, out, sizeof(out), &len) != WZP_OK
            || wzp_signal_parse(&back, out, len) != WZP_OK
            || back.u.quality_directive.profile.fec_ratio < v
            || back.u.quality_directive.profile.fec_ratio > v)
        {
            wrong++;
        }
    }

    is_u64(wrong, 0, "20000 random floats there and back");
}


static void
test_names(void)
{
    unsigned  i;

    is_str(wzp_signal_name(WZP_SIG_CALL_OFFER), "CallOffer", "first name");
    is_str(wzp_signal_name(WZP_SIG_MEDIA_PATH_REPORT), "MediaPathReport",
           "last name");
    ok(wzp_signal_name(WZP_SIG_N) == NULL, "no more names");

    is_str(wzp_hangup_name(WZP_HANGUP_ERROR), "Error", "hangup reason");
    ok(wzp_hangup_name(5) == NULL, "no more reasons");
    is_str(wzp_extension_name(0), "stream-id", "extension");
    is_str(wzp_extension_name(4), "link", "extension");
    is_str(wzp_extension_name(5), "compact", "extension");
    ok(wzp_extension_name(6) == NULL, "no more extensions");
    is_str(wzp_accept_name(WZP_ACCEPT_GENERIC), "AcceptGeneric", "answer");
    ok(wzp_accept_name(3) == NULL, "no more answers");

    for (i = 0; i < WZP_PROFILE_N; i++) {
        ok(wzp_profile_by_codec(wzp_profile((wzp_profile_id_t) i)->codec)
           == wzp_profile((wzp_profile_id_t) i), "profile %u by codec", i);
    }

    ok(wzp_profile(WZP_PROFILE_N) == NULL
       && wzp_profile_by_codec(WZP_CODEC_COMFORT_NOISE) == NULL,
       "no profile");
}


/* Structs that our own code may not write. */
static void
test_refused(void)
{
    size_t        len;
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_OFFER;
    memcpy(sg.u.call_offer.alias, "a\xff", 3);
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "an alias that is not UTF-8");
    sg.u.call_offer.alias[0] = '\0';
    sg.u.call_offer.signature_len = 65;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "a signature that is not there");
    sg.u.call_offer.signature_len = 0;
    sg.u.call_offer.nprofiles = WZP_PROFILES_MAX + 1;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "profiles that are not there");

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_QUALITY_DIRECTIVE;
    sg.u.quality_directive.profile.codec = WZP_CODEC_N;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "a codec without name");
    sg.u.quality_directive.profile.codec = WZP_CODEC_OPUS24K;
    sg.u.quality_directive.profile.fec_ratio = INFINITY;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "an infinite ratio");

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_HANGUP;
    sg.u.hangup.reason = (wzp_hangup_t) 5;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "a reason without name");
    sg.type = WZP_SIG_AUTH_TOKEN;
    sg.u.auth_token.token = NULL;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "no token");
    sg.type = WZP_SIG_N;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EUNKNOWN,
           "no variant");
}


int
main(void)
{
    test_examples();
    test_frames();
    test_handshakes();
    test_variants();
    test_floats();
    test_names();
    test_refused();

    return done_testing();
}
