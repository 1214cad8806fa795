/*
 * Signals between relays and of direct calls: golden frames with every member
 * of ours, what older and newer peers may do, wrong shapes, bounds.
 */

#include "wzp/wzp_signal.h"
#include "vec.h"


#define EIGHT(n)    #n "," #n "," #n "," #n "," #n "," #n "," #n "," #n
#define K32         "[" EIGHT(7) "," EIGHT(0) "," EIGHT(255) "," EIGHT(16) "]"
#define GOOD        "{\"codec\":\"Opus24k\",\"fec_ratio\":0.2,"               \
                    "\"frame_duration_ms\":20,\"frames_per_block\":5}"
#define ANN         "6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"
#define BOB         "0258:ab5d:7c27:9b61:3b75:a4e3:7ce7:1bf9"
#define ID          "0123456789abcdef"

#define HELLO       "{\"FederationHello\":{\"tls_fingerprint\":\"0c:62\""
#define ACTIVE      "{\"GlobalRoomActive\":{\"room\":\"general\","            \
                    "\"participants\":[]"
#define PRESENCE    "{\"PresenceUpdate\":{\"fingerprints\":[],"               \
                    "\"relay_addr\":\"10.0.0.2:4433\""
#define VERSION     ",\"epoch\":1,\"version\":2,\"base\":0,"                  \
                    "\"digest\":\"" ID "\""
#define QUERY       "{\"RouteQuery\":{\"fingerprint\":\"" ANN "\",\"ttl\":3"
#define RESPONSE    "{\"RouteResponse\":{\"fingerprint\":\"" ANN "\","        \
                    "\"found\":true,\"relay_chain\":[]"
#define FORWARD     "{\"SessionForward\":{\"session_id\":\"s1\","             \
                    "\"target_fingerprint\":\"" ANN "\","                     \
                    "\"source_relay\":\"10.0.0.1:4433\""
#define ACK         "{\"SessionForwardAck\":{\"session_id\":\"s1\","          \
                    "\"room_name\":\"r\""
#define ENVELOPE    "{\"FederatedSignalForward\":{\"inner\":\"Hold\","        \
                    "\"origin_relay_fp\":\"0c\""
#define REGISTER    "{\"RegisterPresence\":{\"identity_pub\":" K32 ","        \
                    "\"signature\":[],\"alias\":null"
#define CALL        "{\"DirectCallOffer\":{\"caller_fingerprint\":\"" ANN     \
                    "\",\"caller_alias\":null,\"target_fingerprint\":\"" BOB  \
                    "\",\"call_id\":\"c1\",\"identity_pub\":" K32             \
                    ",\"ephemeral_pub\":" K32 ",\"signature\":[],"            \
                    "\"supported_profiles\":[" GOOD "]"
#define TAKE        "{\"DirectCallAnswer\":{\"call_id\":\"c1\","              \
                    "\"accept_mode\":\"Reject\""
#define SETUP       "{\"CallSetup\":{\"call_id\":\"c1\",\"room\":\"call-c1\"," \
                    "\"relay_addr\":\"203.0.113.5:4433\""
#define REPORT      "{\"MediaPathReport\":{\"call_id\":\"c1\","               \
                    "\"direct_ok\":false"


static uint8_t  out[2 * WZP_SIGNAL_MAX];
static char     big[2 * WZP_SIGNAL_MAX];


static wzp_rc_t
parse(wzp_signal_t *sg, const char *json)
{
    return wzp_signal_parse(sg, (const uint8_t *) json, strlen(json));
}


static void
check_written(const wzp_signal_t *sg, const char *json, const char *what)
{
    size_t  len;

    len = 0;

    if (ok(wzp_signal_encode(sg, out, sizeof(out), &len) == WZP_OK,
           "%s is written", what)
        && is_u64(len, strlen(json), "%s: length", what))
    {
        is_mem(out, json, len, "%s: same bytes", what);
    }
}


/* Parse a frame of signal.hex; it must be written as it was. */
static void
frame(wzp_signal_t *sg, const char *name)
{
    char     json[4096];
    size_t   len;
    uint8_t  bytes[4096];

    memset(sg, 0, sizeof(*sg));
    len = vec_get("signal", name, bytes, sizeof(bytes)) - 4;
    memcpy(json, bytes + 4, len);
    json[len] = '\0';

    if (ok(parse(sg, json) == WZP_OK, "%s parses", name)) {
        check_written(sg, json, name);
    }
}


static void
test_rooms(void)
{
    wzp_signal_t             sg;
    wzp_global_room_t       *gr;
    wzp_federation_hello_t  *fh;

    frame(&sg, "hello_ext");
    fh = &sg.u.federation_hello;
    ok(fh->extensions == WZP_EXT_LINK && fh->epoch == 1776000000000
       && fh->sync && fh->goaway, "extensions, epoch, sync, goaway");
    is_str(fh->addr, "[2001:db8::1]:4433", "address");
    is_u64(strlen(fh->tls_fingerprint), WZP_CERT_FP_TEXT_LEN, "fingerprint");

    frame(&sg, "active_ext");
    gr = &sg.u.global_room;
    is_str(gr->room, "general", "room");
    ok(gr->has_origin && gr->npath == 2 && gr->path[1] == gr->origin
       && gr->path[0] != gr->origin && gr->seq == (1ULL << 53) - 1,
       "origin, path, seq");
    ok(gr->nparticipants == 1 && gr->participants[0].stream_id == 48879
       && gr->participants[0].muted && !gr->participants[0].held,
       "a participant with all that we know of it");
    wzp_signal_done(&sg);
    ok(gr->participants == NULL && gr->nparticipants == 0, "let go");

    frame(&sg, "inactive_ext");
    ok(gr->has_origin && gr->npath == 2 && gr->nparticipants == 0,
       "origin, path");
    wzp_signal_done(&sg);
}


static void
test_gossip(void)
{
    uint8_t                 ann[WZP_FP_SIZE], bob[WZP_FP_SIZE];
    wzp_signal_t            sg;
    wzp_presence_update_t  *pu;

    (void) vec_get("ident", "client_fp", ann, sizeof(ann));
    (void) vec_get("ident", "relay_fp", bob, sizeof(bob));

    frame(&sg, "presence_ext");
    pu = &sg.u.presence_update;
    ok(pu->has_version && pu->epoch == 1776000000000 && pu->version == 8
       && pu->base == 7 && pu->more && pu->want
       && pu->digest == 0x0123456789abcdef, "all of the version");
    ok(pu->nfps == 1 && memcmp(pu->fps[0], ann, sizeof(ann)) == 0, "came");
    ok(pu->nremoved == 1 && memcmp(pu->removed[0], bob, sizeof(bob)) == 0,
       "went");
    wzp_signal_done(&sg);
    ok(pu->fps == NULL && pu->removed == NULL, "let go");
    wzp_signal_done(&sg);
    pass("twice");

    frame(&sg, "query_ext");
    ok(sg.u.route_query.ttl == 255 && sg.u.route_query.id == 77
       && memcmp(sg.u.route_query.fp, ann, sizeof(ann)) == 0, "query");
    frame(&sg, "response_ext");
    ok(!sg.u.route_response.found && sg.u.route_response.nchain == 0
       && sg.u.route_response.id == 77, "response");
    frame(&sg, "forward_ext");
    ok(sg.u.session_forward.ttl == 7 && sg.u.session_forward.end, "forward");
    is_str(sg.u.session_forward.room, "call-abcd1234", "room");
    frame(&sg, "ack_ext");
    is_str(sg.u.session_forward_ack.error, "no way", "error");

    frame(&sg, "envelope_ext");
    ok(sg.u.federated_signal.has_target && sg.u.federated_signal.has_source
       && memcmp(sg.u.federated_signal.target, bob, sizeof(bob)) == 0
       && memcmp(sg.u.federated_signal.source, ann, sizeof(ann)) == 0
       && sg.u.federated_signal.ttl == 4, "envelope");
    wzp_signal_done(&sg);
    ok(sg.u.federated_signal.inner == NULL, "let go");
}


static void
test_calls(void)
{
    wzp_signal_t          sg;
    wzp_direct_offer_t   *of;
    wzp_direct_answer_t  *an;

    frame(&sg, "register_ack_ext");
    ok(!sg.u.register_presence_ack.success
       && sg.u.register_presence_ack.extensions
          == (WZP_EXT_BINDING | WZP_EXT_LINK), "registration");

    frame(&sg, "direct_offer");
    of = &sg.u.direct_offer;
    is_str(of->caller, ANN, "caller");
    is_str(of->target, BOB, "target");
    ok(of->signature_len == 64 && of->nprofiles == 6
       && of->addrs.nlocal == 2, "signature, profiles, addresses");
    is_str(of->addrs.local[1], "[fd00::1]:50123", "address");

    frame(&sg, "direct_answer");
    an = &sg.u.direct_answer;
    ok(an->mode == WZP_ACCEPT_TRUSTED && an->has_identity
       && an->has_ephemeral && an->has_profile && an->signature_len == 64
       && an->addrs.nlocal == 1, "answer with everything");

    frame(&sg, "call_setup");
    is_str(sg.u.call_setup.peer.reflexive, "198.51.100.9:40000", "the other");
    is_u64(sg.u.call_setup.peer.nlocal, 2, "its addresses");
}


/* The inner signal of an envelope is kept as text that parses by itself. */
static void
test_inner(void)
{
    size_t                   i, len;
    wzp_signal_t             sg, in;
    wzp_federated_signal_t  *fs;

    static const struct {
        const char  *json;
        const char  *inner;
    } inners[] = {
        { "\"Hold\"", "\"Hold\"" },
        { " { \"CallRinging\" : {\n\"call_id\":\"c1\" , \"new\":[1,{}]} } ",
          "{\"CallRinging\":{\"call_id\":\"c1\",\"new\":[1,{}]}}" },
        { "{\"Teleport\":{\"to\":\"\xc3\xa9\\u0001/\"}}",
          "{\"Teleport\":{\"to\":\"\xc3\xa9\\u0001/\"}}" },
        { "{\"QualityDirective\":{\"recommended_profile\":" GOOD "}}",
          "{\"QualityDirective\":{\"recommended_profile\":" GOOD "}}" },
    };

    fs = &sg.u.federated_signal;

    for (i = 0; i < WZP_ARRAY_LEN(inners); i++) {
        (void) snprintf(big, sizeof(big), "{\"FederatedSignalForward\":{"
                        "\"origin_relay_fp\":\"0c\",\"inner\":%s}}",
                        inners[i].json);

        if (!ok(parse(&sg, big) == WZP_OK, "an envelope parses")) {
            continue;
        }

        if (is_u64(fs->inner_len, strlen(inners[i].inner), "inner length")) {
            is_mem(fs->inner, inners[i].inner, fs->inner_len, "inner");
        }

        (void) snprintf(big, sizeof(big), "{\"FederatedSignalForward\":{"
                        "\"inner\":%s,\"origin_relay_fp\":\"0c\"}}",
                        inners[i].inner);
        check_written(&sg, big, "envelope");
        wzp_signal_done(&sg);
    }

    /* one in another, as far as nesting goes */

    len = 0;

    for (i = 0; i < 7; i++) {
        len += (size_t) snprintf(big + len, sizeof(big) - len,
                                 "{\"FederatedSignalForward\":{"
                                 "\"origin_relay_fp\":\"0c\",\"inner\":");
    }

    (void) snprintf(big + len, sizeof(big) - len, "\"Hold\"}}}}}}}}}}}}}}");

    if (ok(parse(&sg, big) == WZP_OK, "seven envelopes")) {
        ok(wzp_signal_parse(&in, fs->inner, fs->inner_len) == WZP_OK
           && in.type == WZP_SIG_FEDERATED_SIGNAL_FORWARD, "and six of them");
        wzp_signal_done(&in);
        wzp_signal_done(&sg);
    }
}


/* Ours must not write what breaks the envelope. */
static void
test_refused(void)
{
    char                     text[64];
    size_t                   i, len;
    wzp_signal_t             sg;

    static const char *const  bad[] = {
        "", " ", "{}}", "{},\"x\":1", "\"Hold\",", "\"Hold", "nonsense",
        "{\"a\":\"\xff\"}"
    };

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_FEDERATED_SIGNAL_FORWARD;
    sg.u.federated_signal.inner = (uint8_t *) text;

    for (i = 0; i < WZP_ARRAY_LEN(bad); i++) {
        (void) snprintf(text, sizeof(text), "%s", bad[i]);
        sg.u.federated_signal.inner_len = strlen(text);
        is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
               "inner signal %zu is no JSON", i);
    }

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_ROUTE_QUERY;
    sg.u.route_query.id = 1ULL << 53;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "a number of 2^53");
    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_ROUTE_RESPONSE;
    sg.u.route_response.nchain = WZP_CHAIN_MAX + 1;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "a chain that is not there");
    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_GLOBAL_ROOM_INACTIVE;
    sg.u.global_room.npath = WZP_PATH_MAX + 1;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "a path that is not there");
    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_DIRECT_CALL_ANSWER;
    sg.u.direct_answer.mode = (wzp_accept_t) 3;
    is_i64(wzp_signal_encode(&sg, out, sizeof(out), &len), WZP_EBAD,
           "an answer without name");
}


static const struct {
    const char  *json;
    const char  *same;
} variants[] = {
    { HELLO ",\"extensions\":[\"warp\",\"link\"],\"epoch\":null,\"addr\":\"\","
      "\"sync\":false,\"goaway\":null}}",
      HELLO ",\"extensions\":[\"link\"]}}" },
    { "{\"GlobalRoomActive\":{\"room\":\"general\"}}", ACTIVE "}}" },
    { "{\"GlobalRoomActive\":{\"room\":\"G\xc3\xa9n \xc3\xa9\","
      "\"participants\":null,\"origin\":\"0123456789ABCDEF\",\"seq\":0}}",
      "{\"GlobalRoomActive\":{\"room\":\"G\xc3\xa9n \xc3\xa9\","
      "\"participants\":[],\"origin\":\"" ID "\",\"seq\":0}}" },
    { ACTIVE ",\"seq\":\"not looked at without origin\"}}", ACTIVE "}}" },
    { PRESENCE ",\"fingerprints\":[\"ann@example\",\"" ANN "\",\"\","
      "\"02580000000000000000000000001BF9\"]}}",
      "{\"PresenceUpdate\":{\"fingerprints\":[\"" ANN "\","
      "\"0258:0000:0000:0000:0000:0000:0000:1bf9\"],"
      "\"relay_addr\":\"10.0.0.2:4433\"}}" },
    { PRESENCE VERSION ",\"removed\":[\"x\"]}}", PRESENCE VERSION "}}" },
    { PRESENCE ",\"version\":5,\"want\":true}}",
      PRESENCE ",\"want\":true}}" },
    { PRESENCE ",\"relay_addr\":\"\"}}",
      "{\"PresenceUpdate\":{\"fingerprints\":[],\"relay_addr\":\"\"}}" },
    { QUERY ",\"id\":9007199254740991}}", QUERY ",\"id\":9007199254740991}}" },
    { QUERY ",\"id\":0,\"ttl\":3.0}}", QUERY "}}" },
    { RESPONSE ",\"relay_chain\":[\"a:1\",\"b:2\"]}}",
      "{\"RouteResponse\":{\"fingerprint\":\"" ANN "\",\"found\":true,"
      "\"relay_chain\":[\"a:1\",\"b:2\"]}}" },
    { FORWARD ",\"room\":null,\"ttl\":0,\"end\":false}}", FORWARD "}}" },
    { ENVELOPE ",\"target\":null,\"source\":null}}", ENVELOPE "}}" },
    { "{\"RegisterPresence\":{\"identity_pub\":" K32 ",\"signature\":[1,2]}}",
      "{\"RegisterPresence\":{\"identity_pub\":" K32 ",\"signature\":[1,2],"
      "\"alias\":null}}" },
    { "{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"a\\u001b[31m\","
      "\"relay_build\":null}}",
      "{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"a[31m\"}}" },
    { CALL ",\"caller_local_addrs\":[],\"caller_alias\":\"\","
      "\"caller_fingerprint\":\"687112110E91ECB309F66F51D257CCAA\"}}",
      CALL "}}" },
    { TAKE ",\"identity_pub\":null,\"signature\":[],\"callee_local_addrs\":["
      "]}}", TAKE "}}" },
    { SETUP ",\"peer_direct_addr\":null}}", SETUP "}}" },
    { REPORT "}}", REPORT ",\"race_winner\":\"\"}}" },
};


static void
test_variants(void)
{
    size_t        i;
    wzp_signal_t  sg;

    for (i = 0; i < WZP_ARRAY_LEN(variants); i++) {
        if (ok(parse(&sg, variants[i].json) == WZP_OK, "parses: %.70s",
               variants[i].json))
        {
            check_written(&sg, variants[i].same, "as it should be");
            wzp_signal_done(&sg);
        }
    }
}


static const char *const  bads[] = {
    "{\"FederationHello\":{}}",
    HELLO ",\"tls_fingerprint\":7}}",
    HELLO ",\"extensions\":\"link\"}}",
    HELLO ",\"epoch\":9007199254740992}}",
    HELLO ",\"epoch\":-1}}",
    HELLO ",\"epoch\":\"1\"}}",
    HELLO ",\"addr\":7}}",
    HELLO ",\"addr\":\"a b\"}}",
    HELLO ",\"addr\":\"a\\u0000\"}}",
    HELLO ",\"sync\":1}}",
    HELLO ",\"goaway\":\"true\"}}",

    "{\"GlobalRoomActive\":{\"participants\":[]}}",
    "{\"GlobalRoomInactive\":{}}",
    ACTIVE ",\"room\":\"\"}}",
    ACTIVE ",\"room\":\"a\\u0000b\"}}",
    ACTIVE ",\"room\":\"a\\u001bb\"}}",
    ACTIVE ",\"room\":\"a\\u202eb\"}}",
    ACTIVE ",\"room\":7}}",
    ACTIVE ",\"participants\":{}}}",
    ACTIVE ",\"participants\":[{}]}}",
    ACTIVE ",\"participants\":[{\"fingerprint\":\"a\",\"held\":1}]}}",
    ACTIVE ",\"origin\":\"0123\",\"seq\":1}}",
    ACTIVE ",\"origin\":\"" ID "0\",\"seq\":1}}",
    ACTIVE ",\"origin\":\"0123456789abcdeg\",\"seq\":1}}",
    ACTIVE ",\"origin\":1,\"seq\":1}}",
    ACTIVE ",\"origin\":\"" ID "\"}}",
    ACTIVE ",\"origin\":\"" ID "\",\"seq\":9007199254740992}}",
    ACTIVE ",\"path\":\"" ID "\"}}",
    ACTIVE ",\"path\":[1]}}",
    ACTIVE ",\"path\":[\"" ID "\",\"\"]}}",
    ACTIVE ",\"path\":[" EIGHT("0123456789abcdef") ",\"" ID "\"]}}",

    PRESENCE ",\"fingerprints\":null}}",
    PRESENCE ",\"fingerprints\":{}}}",
    PRESENCE ",\"fingerprints\":[\"" ANN "\",1]}}",
    PRESENCE ",\"relay_addr\":7}}",
    PRESENCE ",\"relay_addr\":\"a b\"}}",
    PRESENCE ",\"epoch\":1}}",
    PRESENCE ",\"epoch\":1,\"version\":1,\"base\":1}}",
    PRESENCE VERSION ",\"version\":null}}",
    PRESENCE VERSION ",\"base\":9007199254740992}}",
    PRESENCE VERSION ",\"digest\":7}}",
    PRESENCE VERSION ",\"digest\":\"0123\"}}",
    PRESENCE VERSION ",\"more\":1}}",
    PRESENCE VERSION ",\"want\":[]}}",
    PRESENCE VERSION ",\"removed\":\"" ANN "\"}}",
    PRESENCE VERSION ",\"removed\":[\"" ANN "\",null]}}",

    QUERY ",\"fingerprint\":\"6871\"}}",
    QUERY ",\"fingerprint\":null}}",
    QUERY ",\"ttl\":256}}",
    QUERY ",\"ttl\":null}}",
    QUERY ",\"id\":1.5}}",
    QUERY ",\"id\":9007199254740992}}",
    RESPONSE ",\"found\":null}}",
    RESPONSE ",\"found\":1}}",
    RESPONSE ",\"relay_chain\":null}}",
    RESPONSE ",\"relay_chain\":[7]}}",
    RESPONSE ",\"relay_chain\":[\"\"]}}",
    RESPONSE ",\"relay_chain\":[\"a b\"]}}",
    RESPONSE ",\"relay_chain\":[" EIGHT("a") "," EIGHT("a") ",\"a\"]}}",

    FORWARD ",\"session_id\":\"\"}}",
    FORWARD ",\"session_id\":\"a b\"}}",
    FORWARD ",\"session_id\":\"\xc3\xa9\"}}",
    FORWARD ",\"target_fingerprint\":\"x\"}}",
    FORWARD ",\"source_relay\":\" \"}}",
    FORWARD ",\"room\":\"\"}}",
    FORWARD ",\"ttl\":256}}",
    FORWARD ",\"end\":0}}",
    ACK ",\"room_name\":null}}",
    ACK ",\"error\":7}}",

    ENVELOPE ",\"inner\":null}}",
    ENVELOPE ",\"inner\":7}}",
    ENVELOPE ",\"inner\":[]}}",
    ENVELOPE ",\"origin_relay_fp\":null}}",
    ENVELOPE ",\"target\":\"x\"}}",
    ENVELOPE ",\"source\":7}}",
    ENVELOPE ",\"ttl\":-1}}",

    REGISTER ",\"identity_pub\":[1]}}",
    REGISTER ",\"signature\":null}}",
    REGISTER ",\"alias\":7}}",
    REGISTER ",\"extensions\":{}}}",
    REGISTER ",\"binding\":[1,2]}}",
    "{\"RegisterPresenceAck\":{}}",
    "{\"RegisterPresenceAck\":{\"success\":\"yes\"}}",
    "{\"RegisterPresenceAck\":{\"success\":true,\"error\":1}}",
    "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":1}}",
    "{\"RegisterPresenceAck\":{\"success\":true,\"extensions\":1}}",

    CALL ",\"caller_fingerprint\":\"x\"}}",
    CALL ",\"target_fingerprint\":null}}",
    CALL ",\"call_id\":null}}",
    CALL ",\"call_id\":\"\"}}",
    CALL ",\"call_id\":\"a\\u007f\"}}",
    CALL ",\"identity_pub\":null}}",
    CALL ",\"supported_profiles\":null}}",
    CALL ",\"caller_reflexive_addr\":7}}",
    CALL ",\"caller_local_addrs\":\"a\"}}",
    CALL ",\"caller_local_addrs\":[null]}}",
    CALL ",\"caller_build_version\":7}}",
    TAKE ",\"accept_mode\":\"reject\"}}",
    TAKE ",\"accept_mode\":0}}",
    TAKE ",\"identity_pub\":[]}}",
    TAKE ",\"signature\":\"x\"}}",
    TAKE ",\"chosen_profile\":{\"codec\":\"Lyra9\",\"fec_ratio\":0,"
    "\"frame_duration_ms\":20,\"frames_per_block\":5}}}",
    SETUP ",\"room\":null}}",
    SETUP ",\"relay_addr\":\"\"}}",
    SETUP ",\"peer_local_addrs\":[\"\"]}}",
    "{\"CallRinging\":{}}",
    "{\"CallRinging\":{\"call_id\":\"a\\nb\"}}",
    "{\"ReflectResponse\":{\"observed_addr\":null}}",
    "{\"Hangup\":{\"reason\":\"Busy\",\"call_id\":\"a b\"}}",
    REPORT ",\"direct_ok\":null}}",
    REPORT ",\"race_winner\":7}}",
};


static void
test_bad(void)
{
    size_t        i;
    wzp_rc_t      rc;
    wzp_signal_t  sg;

    static const char *const  good[] = {
        HELLO, ACTIVE, PRESENCE VERSION, QUERY, RESPONSE, FORWARD, ACK,
        ENVELOPE, REGISTER, CALL, TAKE, SETUP, REPORT
    };

    for (i = 0; i < WZP_ARRAY_LEN(good); i++) {
        (void) snprintf(big, sizeof(big), "%s}}", good[i]);

        if (ok(parse(&sg, big) == WZP_OK, "good: %.60s", big)) {
            wzp_signal_done(&sg);
        }
    }

    for (i = 0; i < WZP_ARRAY_LEN(bads); i++) {
        rc = parse(&sg, bads[i]);
        is_i64(rc, WZP_EBAD, "refused, %zu", i);

        if (rc == WZP_OK) {
            wzp_signal_done(&sg);
        }
    }
}


/* {head}{n times one}{tail}, in big. */
static wzp_rc_t
repeated(wzp_signal_t *sg, const char *head, const char *one, size_t n,
    const char *tail)
{
    size_t  at, len;

    len = strlen(one);
    at = strlen(head);
    memcpy(big, head, at);

    for (; n > 0 && at + len < sizeof(big) - 64; n--) {
        memcpy(&big[at], one, len);
        at += len;
    }

    (void) snprintf(&big[at], sizeof(big) - at, "%s", tail);

    return parse(sg, big);
}


static wzp_rc_t
refused(const char *head, const char *one, size_t n, const char *tail)
{
    wzp_rc_t      rc;
    wzp_signal_t  sg;

    rc = repeated(&sg, head, one, n, tail);

    if (rc == WZP_OK) {
        wzp_signal_done(&sg);
    }

    return rc;
}


static void
test_lists(void)
{
    wzp_signal_t  sg;

    static const char  person[] = "{\"fingerprint\":\"x\"},";
    static const char  room[] = "{\"GlobalRoomActive\":{\"room\":\"r\","
                                "\"participants\":[";
    static const char  presence[] = "{\"PresenceUpdate\":{\"relay_addr\":"
                                    "\"a:1\",\"fingerprints\":[";
    static const char  fp[] = "\"687112110e91ecb309f66f51d257ccaa\",";
    static const char  removed[] = "{\"PresenceUpdate\":{\"relay_addr\":"
                                   "\"a:1\",\"fingerprints\":[],\"removed\":[";

    if (ok(repeated(&sg, room, person, 999, "{\"fingerprint\":\"y\"}]}}")
           == WZP_OK, "1000 people"))
    {
        is_u64(sg.u.global_room.nparticipants, 1000, "all of them");
        is_str(sg.u.global_room.participants[999].fingerprint, "y", "last");
        wzp_signal_done(&sg);
    }

    is_i64(refused(room, person, 1000, "{\"fingerprint\":\"y\"}]}}"),
           WZP_EBAD, "1001 people");

    if (ok(repeated(&sg, presence, fp, 24999, "\"" ANN "\"]}}") == WZP_OK,
           "25000 fingerprints"))
    {
        is_u64(sg.u.presence_update.nfps, 25000, "all of them");
        wzp_signal_done(&sg);
    }

    is_i64(refused(presence, fp, 25000, "\"" ANN "\"]}}"), WZP_EBAD,
           "25001 fingerprints");
    is_i64(refused(removed, fp, 24999, "\"" ANN "\"]}}"), WZP_OK,
           "25000 removed");
    is_i64(refused(removed, fp, 25000, "\"" ANN "\"]}}"), WZP_EBAD,
           "25001 removed");

    if (ok(repeated(&sg, SETUP ",\"peer_local_addrs\":[", "\"a:1\",", 20,
                    "\"b:2\"]}}") == WZP_OK, "21 candidates"))
    {
        is_u64(sg.u.call_setup.peer.nlocal, WZP_CANDIDATES_MAX, "16 of them");
    }
}


static void
test_lengths(void)
{
    size_t        i;
    wzp_signal_t  sg;

    static const struct {
        const char  *head;
        size_t       max;
    } whole[] = {
        { HELLO ",\"addr\":\"", WZP_HOST_MAX },
        { "{\"GlobalRoomInactive\":{\"room\":\"", WZP_ROOM_NAME_MAX },
        { PRESENCE ",\"relay_addr\":\"", WZP_HOST_MAX },
        { FORWARD ",\"session_id\":\"", WZP_CALL_ID_MAX },
        { FORWARD ",\"room\":\"", WZP_ROOM_NAME_MAX },
        { CALL ",\"call_id\":\"", WZP_CALL_ID_MAX },
        { SETUP ",\"room\":\"", WZP_ROOM_NAME_MAX },
        { SETUP ",\"peer_direct_addr\":\"", WZP_HOST_MAX },
        { "{\"CallRinging\":{\"call_id\":\"", WZP_CALL_ID_MAX },
        { "{\"ReflectResponse\":{\"observed_addr\":\"", WZP_HOST_MAX },
    };

    for (i = 0; i < WZP_ARRAY_LEN(whole); i++) {
        is_i64(refused(whole[i].head, "a", whole[i].max, "\"}}"), WZP_OK,
               "%zu of %.40s", whole[i].max, whole[i].head);
        is_i64(refused(whole[i].head, "a", whole[i].max + 1, "\"}}"),
               WZP_EBAD, "and no more");
    }

    is_i64(refused(RESPONSE ",\"relay_chain\":[\"", "a", WZP_HOST_MAX + 1,
                   "\"]}}"), WZP_EBAD, "an address in a chain");

    if (ok(repeated(&sg, REPORT ",\"race_winner\":\"", "\xc3\xa9", 100, "\"}}")
           == WZP_OK, "a long winner"))
    {
        is_u64(strlen(sg.u.media_path.race_winner), 30, "is cut");
    }

    if (ok(repeated(&sg, HELLO ",\"tls_fingerprint\":\"", "0c:", 100, "\"}}")
           == WZP_OK, "a long fingerprint"))
    {
        is_u64(strlen(sg.u.federation_hello.tls_fingerprint),
               WZP_CERT_FP_TEXT_LEN, "is cut");
    }
}


int
main(void)
{
    test_rooms();
    test_gossip();
    test_calls();
    test_inner();
    test_refused();
    test_variants();
    test_bad();
    test_lists();
    test_lengths();

    return done_testing();
}
