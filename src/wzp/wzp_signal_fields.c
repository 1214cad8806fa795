/*
 * The members of each signal, in the order in which they are written.
 * PROTOCOL 2.3; those of ours, of chapter E, come last.
 */

#include "wzp/wzp_signal_int.h"


#define SIZE(m)         sizeof(((wzp_signal_t *) 0)->u.m)
#define COUNT(m)        WZP_ARRAY_LEN(((wzp_signal_t *) 0)->u.m)
#define AT(m)           offsetof(wzp_signal_t, u.m)

/* A member of one value; one with a bool beside it; a list; one that owns. */
#define ONE(name, kind, rule, m)                                              \
    { name, WZP_KIND_ ## kind, WZP_RULE_ ## rule, SIZE(m), AT(m), 0 }
#define TWO(name, kind, rule, m, aux)                                         \
    { name, WZP_KIND_ ## kind, WZP_RULE_ ## rule, SIZE(m), AT(m), AT(aux) }
#define LIST(name, kind, rule, m, aux)                                        \
    { name, WZP_KIND_ ## kind, WZP_RULE_ ## rule, COUNT(m), AT(m), AT(aux) }
#define HEAP(name, kind, rule, max, m, aux)                                   \
    { name, WZP_KIND_ ## kind, WZP_RULE_ ## rule, max, AT(m), AT(aux) }

#define BODY(fields)    { fields, WZP_ARRAY_LEN(fields), false }
#define UNIT            { NULL, 0, true }


static const wzp_field_t  wzp_f_call_offer[] = {
    ONE("identity_pub", BYTES, MUST, call_offer.identity_pub),
    ONE("ephemeral_pub", BYTES, MUST, call_offer.ephemeral_pub),
    LIST("signature", SIG, MUST, call_offer.signature,
         call_offer.signature_len),
    LIST("supported_profiles", PROFILES, MUST, call_offer.profiles,
         call_offer.nprofiles),
    ONE("alias", TEXT, NULL, call_offer.alias),
    ONE("extensions", EXTENSIONS, OMIT, call_offer.extensions),
    TWO("binding", BYTES, HAS, call_offer.binding, call_offer.has_binding),
    TWO("resume", HEX, HAS, call_offer.resume, call_offer.has_resume)
};


static const wzp_field_t  wzp_f_call_answer[] = {
    ONE("identity_pub", BYTES, MUST, call_answer.identity_pub),
    ONE("ephemeral_pub", BYTES, MUST, call_answer.ephemeral_pub),
    LIST("signature", SIG, MUST, call_answer.signature,
         call_answer.signature_len),
    ONE("chosen_profile", PROFILE, MUST, call_answer.chosen_profile),
    ONE("extensions", EXTENSIONS, OMIT, call_answer.extensions),
    TWO("binding", BYTES, HAS, call_answer.binding, call_answer.has_binding),
    ONE("stream_id", UINT, OMIT, call_answer.stream_id),
    TWO("resume", HEX, HAS, call_answer.resume, call_answer.has_resume)
};


static const wzp_field_t  wzp_f_auth_token[] = {
    ONE("token", TOKEN, MUST, auth_token.token)
};


static const wzp_field_t  wzp_f_room_update[] = {
    ONE("count", UINT, MUST, room_update.count),
    HEAP("participants", PEOPLE, MUST, SIZE_MAX, room_update.participants,
         room_update.nparticipants)
};


static const wzp_field_t  wzp_f_quality_directive[] = {
    ONE("recommended_profile", PROFILE, MUST, quality_directive.profile),
    ONE("reason", TEXT, OMIT, quality_directive.reason)
};


static const wzp_field_t  wzp_f_hangup[] = {
    ONE("reason", HANGUP, MUST, hangup.reason),
    ONE("call_id", ID, OMIT, hangup.call_id)
};


static const wzp_field_t  wzp_f_ping[] = {
    ONE("timestamp_ms", STAMP, MUST, ping.timestamp_ms)
};


static const wzp_field_t  wzp_f_presence_update[] = {
    HEAP("fingerprints", FPS, MUST, WZP_FPS_MAX, presence_update.fps,
         presence_update.nfps),
    ONE("relay_addr", ID, MAY, presence_update.relay_addr),
    TWO("epoch", UINT, HAS, presence_update.epoch,
        presence_update.has_version),
    TWO("version", UINT, WITH, presence_update.version,
        presence_update.has_version),
    TWO("base", UINT, WITH, presence_update.base,
        presence_update.has_version),
    ONE("more", BOOL, OMIT, presence_update.more),
    TWO("digest", HEX64, WITH, presence_update.digest,
        presence_update.has_version),
    ONE("want", BOOL, OMIT, presence_update.want),
    HEAP("removed", FPS, OMIT, WZP_FPS_MAX, presence_update.removed,
         presence_update.nremoved)
};


static const wzp_field_t  wzp_f_route_query[] = {
    ONE("fingerprint", FP, MUST, route_query.fp),
    ONE("ttl", UINT, MUST, route_query.ttl),
    ONE("id", UINT, OMIT, route_query.id)
};


static const wzp_field_t  wzp_f_route_response[] = {
    ONE("fingerprint", FP, MUST, route_response.fp),
    ONE("found", BOOL, MUST, route_response.found),
    LIST("relay_chain", HOSTS, MUST, route_response.chain,
         route_response.nchain),
    ONE("id", UINT, OMIT, route_response.id)
};


static const wzp_field_t  wzp_f_session_forward[] = {
    ONE("session_id", ID, MUST, session_forward.session_id),
    ONE("target_fingerprint", FP, MUST, session_forward.fp),
    ONE("source_relay", ID, MAY, session_forward.source_relay),
    ONE("room", ROOM, OMIT, session_forward.room),
    ONE("ttl", UINT, OMIT, session_forward.ttl),
    ONE("end", BOOL, OMIT, session_forward.end)
};


static const wzp_field_t  wzp_f_session_forward_ack[] = {
    ONE("session_id", ID, MUST, session_forward_ack.session_id),
    ONE("room_name", ROOM, MUST, session_forward_ack.room_name),
    ONE("error", TEXT, OMIT, session_forward_ack.error)
};


static const wzp_field_t  wzp_f_federation_hello[] = {
    ONE("tls_fingerprint", TEXT, MUST, federation_hello.tls_fingerprint),
    ONE("extensions", EXTENSIONS, OMIT, federation_hello.extensions),
    ONE("epoch", UINT, OMIT, federation_hello.epoch),
    ONE("addr", ID, OMIT, federation_hello.addr),
    ONE("sync", BOOL, OMIT, federation_hello.sync),
    ONE("goaway", BOOL, OMIT, federation_hello.goaway)
};


#define ORIGIN                                                                \
    TWO("origin", HEX64, HAS, global_room.origin, global_room.has_origin),    \
    TWO("seq", UINT, WITH, global_room.seq, global_room.has_origin),          \
    LIST("path", PATH, OMIT, global_room.path, global_room.npath)


static const wzp_field_t  wzp_f_global_room_active[] = {
    ONE("room", ROOM, MUST, global_room.room),
    HEAP("participants", PEOPLE, MAY, WZP_PEOPLE_MAX,
         global_room.participants, global_room.nparticipants),
    ORIGIN
};


static const wzp_field_t  wzp_f_global_room_inactive[] = {
    ONE("room", ROOM, MUST, global_room.room),
    ORIGIN
};


static const wzp_field_t  wzp_f_federated_signal_forward[] = {
    HEAP("inner", JSON, MUST, WZP_SIGNAL_MAX, federated_signal.inner,
         federated_signal.inner_len),
    ONE("origin_relay_fp", TEXT, MUST, federated_signal.origin_relay_fp),
    TWO("target", FP, HAS, federated_signal.target,
        federated_signal.has_target),
    TWO("source", FP, HAS, federated_signal.source,
        federated_signal.has_source),
    ONE("ttl", UINT, OMIT, federated_signal.ttl)
};


static const wzp_field_t  wzp_f_register_presence[] = {
    ONE("identity_pub", BYTES, MUST, register_presence.identity_pub),
    LIST("signature", SIG, MUST, register_presence.signature,
         register_presence.signature_len),
    ONE("alias", TEXT, NULL, register_presence.alias),
    ONE("extensions", EXTENSIONS, OMIT, register_presence.extensions),
    TWO("binding", BYTES, HAS, register_presence.binding,
        register_presence.has_binding)
};


static const wzp_field_t  wzp_f_register_presence_ack[] = {
    ONE("success", BOOL, MUST, register_presence_ack.success),
    ONE("error", TEXT, OMIT, register_presence_ack.error),
    ONE("relay_build", TEXT, OMIT, register_presence_ack.relay_build),
    ONE("extensions", EXTENSIONS, OMIT, register_presence_ack.extensions)
};


static const wzp_field_t  wzp_f_direct_call_offer[] = {
    ONE("caller_fingerprint", FP_TEXT, MUST, direct_offer.caller),
    ONE("caller_alias", TEXT, NULL, direct_offer.alias),
    ONE("target_fingerprint", FP_TEXT, MUST, direct_offer.target),
    ONE("call_id", ID, MUST, direct_offer.call_id),
    ONE("identity_pub", BYTES, MUST, direct_offer.identity_pub),
    ONE("ephemeral_pub", BYTES, MUST, direct_offer.ephemeral_pub),
    LIST("signature", SIG, MUST, direct_offer.signature,
         direct_offer.signature_len),
    LIST("supported_profiles", PROFILES, MUST, direct_offer.profiles,
         direct_offer.nprofiles),
    ONE("caller_reflexive_addr", ID, OMIT, direct_offer.addrs.reflexive),
    LIST("caller_local_addrs", CANDIDATES, OMIT, direct_offer.addrs.local,
         direct_offer.addrs.nlocal),
    ONE("caller_build_version", TEXT, OMIT, direct_offer.build)
};


static const wzp_field_t  wzp_f_direct_call_answer[] = {
    ONE("call_id", ID, MUST, direct_answer.call_id),
    ONE("accept_mode", ACCEPT, MUST, direct_answer.mode),
    TWO("identity_pub", BYTES, HAS, direct_answer.identity_pub,
        direct_answer.has_identity),
    TWO("ephemeral_pub", BYTES, HAS, direct_answer.ephemeral_pub,
        direct_answer.has_ephemeral),
    LIST("signature", SIG, OMIT, direct_answer.signature,
         direct_answer.signature_len),
    TWO("chosen_profile", PROFILE, HAS, direct_answer.profile,
        direct_answer.has_profile),
    ONE("callee_reflexive_addr", ID, OMIT, direct_answer.addrs.reflexive),
    LIST("callee_local_addrs", CANDIDATES, OMIT, direct_answer.addrs.local,
         direct_answer.addrs.nlocal),
    ONE("callee_build_version", TEXT, OMIT, direct_answer.build)
};


static const wzp_field_t  wzp_f_call_setup[] = {
    ONE("call_id", ID, MUST, call_setup.call_id),
    ONE("room", ROOM, MUST, call_setup.room),
    ONE("relay_addr", ID, MUST, call_setup.relay_addr),
    ONE("peer_direct_addr", ID, OMIT, call_setup.peer.reflexive),
    LIST("peer_local_addrs", CANDIDATES, OMIT, call_setup.peer.local,
         call_setup.peer.nlocal)
};


static const wzp_field_t  wzp_f_call_ringing[] = {
    ONE("call_id", ID, MUST, call_ringing.call_id)
};


static const wzp_field_t  wzp_f_reflect_response[] = {
    ONE("observed_addr", ID, MUST, reflect_response.observed)
};


static const wzp_field_t  wzp_f_media_path_report[] = {
    ONE("call_id", ID, MUST, media_path.call_id),
    ONE("direct_ok", BOOL, MUST, media_path.direct_ok),
    ONE("race_winner", TEXT, MAY, media_path.race_winner)
};


static const wzp_fields_t  wzp_bodies[WZP_SIG_N] = {
    [WZP_SIG_CALL_OFFER] = BODY(wzp_f_call_offer),
    [WZP_SIG_CALL_ANSWER] = BODY(wzp_f_call_answer),
    [WZP_SIG_AUTH_TOKEN] = BODY(wzp_f_auth_token),
    [WZP_SIG_ROOM_UPDATE] = BODY(wzp_f_room_update),
    [WZP_SIG_QUALITY_DIRECTIVE] = BODY(wzp_f_quality_directive),
    [WZP_SIG_HANGUP] = BODY(wzp_f_hangup),
    [WZP_SIG_HOLD] = UNIT,
    [WZP_SIG_UNHOLD] = UNIT,
    [WZP_SIG_MUTE] = UNIT,
    [WZP_SIG_UNMUTE] = UNIT,
    [WZP_SIG_TRANSFER_ACK] = UNIT,
    [WZP_SIG_PING] = BODY(wzp_f_ping),
    [WZP_SIG_PONG] = BODY(wzp_f_ping),
    [WZP_SIG_PRESENCE_UPDATE] = BODY(wzp_f_presence_update),
    [WZP_SIG_ROUTE_QUERY] = BODY(wzp_f_route_query),
    [WZP_SIG_ROUTE_RESPONSE] = BODY(wzp_f_route_response),
    [WZP_SIG_SESSION_FORWARD] = BODY(wzp_f_session_forward),
    [WZP_SIG_SESSION_FORWARD_ACK] = BODY(wzp_f_session_forward_ack),
    [WZP_SIG_FEDERATION_HELLO] = BODY(wzp_f_federation_hello),
    [WZP_SIG_GLOBAL_ROOM_ACTIVE] = BODY(wzp_f_global_room_active),
    [WZP_SIG_GLOBAL_ROOM_INACTIVE] = BODY(wzp_f_global_room_inactive),
    [WZP_SIG_FEDERATED_SIGNAL_FORWARD] = BODY(wzp_f_federated_signal_forward),
    [WZP_SIG_REGISTER_PRESENCE] = BODY(wzp_f_register_presence),
    [WZP_SIG_REGISTER_PRESENCE_ACK] = BODY(wzp_f_register_presence_ack),
    [WZP_SIG_DIRECT_CALL_OFFER] = BODY(wzp_f_direct_call_offer),
    [WZP_SIG_DIRECT_CALL_ANSWER] = BODY(wzp_f_direct_call_answer),
    [WZP_SIG_CALL_SETUP] = BODY(wzp_f_call_setup),
    [WZP_SIG_CALL_RINGING] = BODY(wzp_f_call_ringing),
    [WZP_SIG_REFLECT] = UNIT,
    [WZP_SIG_REFLECT_RESPONSE] = BODY(wzp_f_reflect_response),
    [WZP_SIG_MEDIA_PATH_REPORT] = BODY(wzp_f_media_path_report)
};


#define OF(m)           sizeof(((wzp_participant_t *) 0)->m),                 \
                        offsetof(wzp_participant_t, m), 0

static const wzp_field_t  wzp_f_participant[] = {
    { "fingerprint", WZP_KIND_TEXT, WZP_RULE_MUST, OF(fingerprint) },
    { "alias", WZP_KIND_TEXT, WZP_RULE_NULL, OF(alias) },
    { "relay_label", WZP_KIND_TEXT, WZP_RULE_NULL, OF(relay_label) },
    { "stream_id", WZP_KIND_UINT, WZP_RULE_OMIT, OF(stream_id) },
    { "muted", WZP_KIND_BOOL, WZP_RULE_OMIT, OF(muted) },
    { "held", WZP_KIND_BOOL, WZP_RULE_OMIT, OF(held) }
};

const wzp_fields_t  wzp_participant_fields = BODY(wzp_f_participant);


const wzp_fields_t *
wzp_signal_fields(wzp_signal_type_t type)
{
    const wzp_fields_t  *fs;

    if ((unsigned) type >= WZP_SIG_N) {
        return NULL;
    }

    fs = &wzp_bodies[type];

    return fs->n != 0 || fs->unit ? fs : NULL;
}
