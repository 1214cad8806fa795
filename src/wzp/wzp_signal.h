/*
 * Signals: the JSON messages of PROTOCOL 2, one table row per variant.
 * Bytes to host structs and back; what a signal does is decided elsewhere.
 * The 4-byte length in front and the stream around it belong to src/quic.
 */

#ifndef _WZP_SIGNAL_H_INCLUDED_
#define _WZP_SIGNAL_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_packet.h"


#define WZP_SIGNAL_MAX          1048576     /* bytes of JSON, PROTOCOL 2.1   */
#define WZP_ALIAS_MAX           64          /* bytes of clean UTF-8          */
#define WZP_PROFILES_MAX        16          /* more in an offer are skipped  */
#define WZP_LABEL_MAX           64
#define WZP_REASON_MAX          128
#define WZP_RESUME_SIZE         16          /* opaque token                  */
#define WZP_ROOM_NAME_MAX       253
#define WZP_CALL_ID_MAX         64
#define WZP_HOST_MAX            127         /* text of an address and port   */
#define WZP_PATH_MAX            8           /* relays on the way of news     */
#define WZP_CHAIN_MAX           16          /* addresses of a route          */
#define WZP_CANDIDATES_MAX      16          /* addresses of one client       */
#define WZP_BUILD_MAX           63


/* Extensions of ours that a peer names (design: PROTOCOL.md, "Extensions"). */
#define WZP_EXT_STREAM_ID       0x01        /* "stream-id"                   */
#define WZP_EXT_BINDING         0x02        /* "binding"                     */
#define WZP_EXT_RESUME          0x04        /* "resume"                      */
#define WZP_EXT_STATE           0x08        /* "state": muted/held in lists  */
#define WZP_EXT_LINK            0x10        /* "link": relay of ours (E.9)   */
#define WZP_EXT_COMPACT         0x20        /* "compact": headers (E.10)     */


/* All variants of PROTOCOL 2.3, in its order. */
typedef enum {
    WZP_SIG_CALL_OFFER = 0,
    WZP_SIG_CALL_ANSWER,
    WZP_SIG_AUTH_TOKEN,
    WZP_SIG_ROOM_UPDATE,
    WZP_SIG_QUALITY_DIRECTIVE,
    WZP_SIG_HANGUP,
    WZP_SIG_HOLD,
    WZP_SIG_UNHOLD,
    WZP_SIG_MUTE,
    WZP_SIG_UNMUTE,
    WZP_SIG_TRANSFER_ACK,
    WZP_SIG_TRANSFER,
    WZP_SIG_ICE_CANDIDATE,
    WZP_SIG_REKEY,
    WZP_SIG_QUALITY_UPDATE,
    WZP_SIG_LOSS_RECOVERY_UPDATE,
    WZP_SIG_PING,
    WZP_SIG_PONG,
    WZP_SIG_PRESENCE_UPDATE,
    WZP_SIG_ROUTE_QUERY,
    WZP_SIG_ROUTE_RESPONSE,
    WZP_SIG_SESSION_FORWARD,
    WZP_SIG_SESSION_FORWARD_ACK,
    WZP_SIG_FEDERATION_HELLO,
    WZP_SIG_GLOBAL_ROOM_ACTIVE,
    WZP_SIG_GLOBAL_ROOM_INACTIVE,
    WZP_SIG_FEDERATED_SIGNAL_FORWARD,
    WZP_SIG_REGISTER_PRESENCE,
    WZP_SIG_REGISTER_PRESENCE_ACK,
    WZP_SIG_DIRECT_CALL_OFFER,
    WZP_SIG_DIRECT_CALL_ANSWER,
    WZP_SIG_CALL_SETUP,
    WZP_SIG_CALL_RINGING,
    WZP_SIG_REFLECT,
    WZP_SIG_REFLECT_RESPONSE,
    WZP_SIG_MEDIA_PATH_REPORT,
    WZP_SIG_N
} wzp_signal_type_t;


/* PROTOCOL 6.1. */
typedef enum {
    WZP_PROFILE_STUDIO_64K = 0,
    WZP_PROFILE_STUDIO_48K,
    WZP_PROFILE_STUDIO_32K,
    WZP_PROFILE_GOOD,                   /* Opus24k, the default              */
    WZP_PROFILE_OPUS16K,
    WZP_PROFILE_DEGRADED,               /* Opus6k                            */
    WZP_PROFILE_CODEC2_3200,
    WZP_PROFILE_CATASTROPHIC,           /* Codec2_1200                       */
    WZP_PROFILE_N
} wzp_profile_id_t;                     /* best first                        */


typedef struct {
    wzp_codec_t  codec;
    float        fec_ratio;
    uint8_t      frame_duration_ms;
    uint8_t      frames_per_block;
} wzp_profile_t;


typedef enum {
    WZP_HANGUP_NORMAL = 0,
    WZP_HANGUP_BUSY,
    WZP_HANGUP_DECLINED,
    WZP_HANGUP_TIMEOUT,
    WZP_HANGUP_ERROR
} wzp_hangup_t;


typedef struct {
    uint8_t        identity_pub[WZP_KEY_SIZE];
    uint8_t        ephemeral_pub[WZP_KEY_SIZE];
    uint8_t        signature[WZP_SIG_SIZE];
    size_t         signature_len;       /* as sent; 64 or it can't verify    */
    wzp_profile_t  profiles[WZP_PROFILES_MAX];
    size_t         nprofiles;
    char           alias[WZP_ALIAS_MAX + 1];     /* clean UTF-8; "" = null   */

    /* ours */
    unsigned       extensions;          /* WZP_EXT_*                         */
    bool           has_binding;
    uint8_t        binding[WZP_SIG_SIZE];
    bool           has_resume;
    uint8_t        resume[WZP_RESUME_SIZE];
} wzp_call_offer_t;


typedef struct {
    uint8_t        identity_pub[WZP_KEY_SIZE];
    uint8_t        ephemeral_pub[WZP_KEY_SIZE];
    uint8_t        signature[WZP_SIG_SIZE];
    size_t         signature_len;
    wzp_profile_t  chosen_profile;

    /* ours */
    unsigned       extensions;
    bool           has_binding;
    uint8_t        binding[WZP_SIG_SIZE];
    uint16_t       stream_id;           /* 0 = not given                     */
    bool           has_resume;
    uint8_t        resume[WZP_RESUME_SIZE];
} wzp_call_answer_t;


typedef struct {
    char           fingerprint[WZP_FP_TEXT_LEN + 1];
    char           alias[WZP_ALIAS_MAX + 1];         /* "" = null            */
    char           relay_label[WZP_LABEL_MAX + 1];   /* "" = null            */

    /* ours */
    uint16_t       stream_id;                        /* 0 = omitted          */
    bool           muted;
    bool           held;
} wzp_participant_t;


typedef struct {
    uint32_t            count;
    wzp_participant_t  *participants;   /* owned by the signal               */
    size_t              nparticipants;
} wzp_room_update_t;


typedef struct {
    wzp_profile_t  profile;
    char           reason[WZP_REASON_MAX + 1];       /* "" = omitted         */
} wzp_quality_directive_t;


/*
 * Relays have a 64-bit id: the first 8 bytes, big endian, of the SHA-256 of
 * their certificate.  On the wire 16 lower-case hex digits.
 */
typedef uint64_t  wzp_relay_id_t;

wzp_relay_id_t wzp_relay_id(const uint8_t cert_fp[WZP_CERT_FP_SIZE]);


/* FederationHello.  Ours is repeated during the life of a link, too: to say
 * that all that is known was told (sync), or that this connection will end
 * (goaway). */
typedef struct {
    char            tls_fingerprint[WZP_CERT_FP_TEXT_LEN + 1];  /* cut to fit */

    /* ours */
    unsigned        extensions;
    uint64_t        epoch;              /* of the sender's process; newer
                                           wins; under 2^53; 0 = omitted     */
    char            addr[WZP_HOST_MAX + 1];     /* its own; "" = omitted    */
    bool            sync;
    bool            goaway;
} wzp_federation_hello_t;


/* GlobalRoomActive and GlobalRoomInactive (which has no participants). */
typedef struct {
    char                room[WZP_ROOM_NAME_MAX + 1];
    wzp_participant_t  *participants;   /* owned by the signal               */
    size_t              nparticipants;

    /* ours */
    bool                has_origin;
    wzp_relay_id_t      origin;         /* whose members these are           */
    uint64_t            seq;            /* the origin's; under 2^53          */
    wzp_relay_id_t      path[WZP_PATH_MAX];     /* sender first, origin last */
    size_t              npath;
} wzp_global_room_t;


typedef struct {
    uint8_t          (*fps)[WZP_FP_SIZE];       /* owned by the signal       */
    size_t             nfps;
    char               relay_addr[WZP_HOST_MAX + 1];

    /* ours */
    bool               has_version;     /* the six below are there           */
    uint64_t           epoch;           /* of the sender; under 2^53         */
    uint64_t           version;         /* of its set, after this message    */
    uint64_t           base;            /* a change of that version; 0: the
                                           whole set begins                  */
    bool               more;            /* another chunk follows             */
    uint64_t           digest;          /* of the whole set at `version`; on
                                           the wire 16 hex digits            */
    bool               want;            /* asks for the whole set            */
    uint8_t          (*removed)[WZP_FP_SIZE];   /* owned by the signal       */
    size_t             nremoved;
} wzp_presence_update_t;


typedef struct {
    uint8_t   fp[WZP_FP_SIZE];
    uint8_t   ttl;
    uint64_t  id;                       /* ours; under 2^53; 0 = omitted     */
} wzp_route_query_t;


typedef struct {
    uint8_t   fp[WZP_FP_SIZE];
    bool      found;
    char      chain[WZP_CHAIN_MAX][WZP_HOST_MAX + 1];
    size_t    nchain;
    uint64_t  id;                       /* ours; as in the query             */
} wzp_route_response_t;


typedef struct {
    char      session_id[WZP_CALL_ID_MAX + 1];
    uint8_t   fp[WZP_FP_SIZE];          /* target_fingerprint                */
    char      source_relay[WZP_HOST_MAX + 1];

    /* ours */
    char      room[WZP_ROOM_NAME_MAX + 1];      /* "" = omitted              */
    uint8_t   ttl;                              /* 0 = omitted               */
    bool      end;                      /* the session is over               */
} wzp_session_forward_t;


typedef struct {
    char      session_id[WZP_CALL_ID_MAX + 1];
    char      room_name[WZP_ROOM_NAME_MAX + 1];
    char      error[WZP_REASON_MAX + 1];        /* ours; "" = omitted: good  */
} wzp_session_forward_ack_t;


typedef struct {
    uint8_t  *inner;                    /* JSON of a signal, parses by itself;
                                           owned                             */
    size_t    inner_len;
    char      origin_relay_fp[WZP_CERT_FP_TEXT_LEN + 1];

    /* ours */
    bool      has_target;
    uint8_t   target[WZP_FP_SIZE];      /* the person it is for              */
    bool      has_source;
    uint8_t   source[WZP_FP_SIZE];      /* the person it is from             */
    uint8_t   ttl;                      /* 0 = omitted                       */
} wzp_federated_signal_t;


typedef struct {
    uint8_t   identity_pub[WZP_KEY_SIZE];
    uint8_t   signature[WZP_SIG_SIZE];
    size_t    signature_len;            /* as sent; 0 from existing clients  */
    char      alias[WZP_ALIAS_MAX + 1];

    /* ours */
    unsigned  extensions;
    bool      has_binding;
    uint8_t   binding[WZP_SIG_SIZE];
} wzp_register_presence_t;


typedef struct {
    bool      success;
    char      error[WZP_REASON_MAX + 1];        /* "" = omitted              */
    char      relay_build[WZP_BUILD_MAX + 1];   /* "" = omitted              */
    unsigned  extensions;                       /* ours                      */
} wzp_register_presence_ack_t;


/* Addresses at which a client may be reached directly. */
typedef struct {
    char    reflexive[WZP_HOST_MAX + 1];        /* "" = omitted              */
    char    local[WZP_CANDIDATES_MAX][WZP_HOST_MAX + 1];
    size_t  nlocal;                             /* 0 = omitted               */
} wzp_candidates_t;


typedef struct {
    char              caller[WZP_FP_TEXT_LEN + 1];      /* canonical text    */
    char              target[WZP_FP_TEXT_LEN + 1];
    char              alias[WZP_ALIAS_MAX + 1];
    char              call_id[WZP_CALL_ID_MAX + 1];
    uint8_t           identity_pub[WZP_KEY_SIZE];
    uint8_t           ephemeral_pub[WZP_KEY_SIZE];
    uint8_t           signature[WZP_SIG_SIZE];
    size_t            signature_len;
    wzp_profile_t     profiles[WZP_PROFILES_MAX];
    size_t            nprofiles;
    wzp_candidates_t  addrs;
    char              build[WZP_BUILD_MAX + 1];         /* "" = omitted      */
} wzp_direct_offer_t;


typedef enum {
    WZP_ACCEPT_REJECT = 0,
    WZP_ACCEPT_TRUSTED,
    WZP_ACCEPT_GENERIC
} wzp_accept_t;


/* Every optional member is omitted when its has_ or length is zero. */
typedef struct {
    char              call_id[WZP_CALL_ID_MAX + 1];
    wzp_accept_t      mode;
    bool              has_identity;
    uint8_t           identity_pub[WZP_KEY_SIZE];
    bool              has_ephemeral;
    uint8_t           ephemeral_pub[WZP_KEY_SIZE];
    uint8_t           signature[WZP_SIG_SIZE];
    size_t            signature_len;
    bool              has_profile;
    wzp_profile_t     profile;
    wzp_candidates_t  addrs;            /* callee_reflexive_addr, ...        */
    char              build[WZP_BUILD_MAX + 1];   /* callee_build_version */
} wzp_direct_answer_t;


typedef struct {
    char              call_id[WZP_CALL_ID_MAX + 1];
    char              room[WZP_ROOM_NAME_MAX + 1];
    char              relay_addr[WZP_HOST_MAX + 1];
    wzp_candidates_t  peer;             /* peer_direct_addr, peer_local_addrs */
} wzp_call_setup_t;


typedef struct {
    char              call_id[WZP_CALL_ID_MAX + 1];
    bool              direct_ok;
    char              race_winner[32];
} wzp_media_path_t;


typedef struct {
    wzp_signal_type_t            type;
    union {
        wzp_call_offer_t         call_offer;
        wzp_call_answer_t        call_answer;
        wzp_room_update_t        room_update;
        wzp_quality_directive_t  quality_directive;
        struct {
            wzp_hangup_t         reason;
            char                 call_id[WZP_CALL_ID_MAX + 1];   /* or "" */
        }                        hangup;
        struct {
            uint64_t             timestamp_ms;
        }                        ping;               /* and pong             */
        struct {
            char                *token;              /* owned by the signal  */
        }                        auth_token;
        wzp_federation_hello_t       federation_hello;
        wzp_global_room_t            global_room;    /* active and inactive  */
        wzp_presence_update_t        presence_update;
        wzp_route_query_t            route_query;
        wzp_route_response_t         route_response;
        wzp_session_forward_t        session_forward;
        wzp_session_forward_ack_t    session_forward_ack;
        wzp_federated_signal_t       federated_signal;
        wzp_register_presence_t      register_presence;
        wzp_register_presence_ack_t  register_presence_ack;
        wzp_direct_offer_t           direct_offer;
        wzp_direct_answer_t          direct_answer;
        wzp_call_setup_t             call_setup;
        struct {
            char                     call_id[WZP_CALL_ID_MAX + 1];
        }                            call_ringing;
        struct {
            char                     observed[WZP_HOST_MAX + 1];
        }                            reflect_response;
        wzp_media_path_t             media_path;
    } u;
} wzp_signal_t;


/* The constants of PROTOCOL 6.1 (NULL when out of range), and the row whose
 * codec this is (NULL: none, as for comfort noise). */
const wzp_profile_t *wzp_profile(wzp_profile_id_t id);
const wzp_profile_t *wzp_profile_by_codec(wzp_codec_t codec);

/* "CallOffer", ...; NULL when out of range. */
const char *wzp_signal_name(wzp_signal_type_t type);

/* "Normal", ...; "Reject", ...; the name of extension bit n.  NULL when out of
 * range. */
const char *wzp_hangup_name(unsigned reason);
const char *wzp_accept_name(unsigned mode);
const char *wzp_extension_name(unsigned bit);

/*
 * Parse the JSON of one signal (at most WZP_SIGNAL_MAX bytes, nesting bounded,
 * unknown members ignored, missing optional members = null).
 * Variants that nobody uses (Transfer, IceCandidate, Rekey, QualityUpdate,
 * LossRecoveryUpdate) are recognised by name: their type is set and their body
 * is not looked at.
 *
 * Texts that people see (alias, relay_label, reason, a participant's
 * fingerprint, ...) are cleaned as wzp_alias_clean does and cut to fit.  Call
 * and session ids and addresses are printable ASCII without blanks, room names
 * have nothing to clean; all of them whole or WZP_EBAD.  Skipped are profiles
 * with a codec that nobody knows, candidates beyond WZP_CANDIDATES_MAX, and in
 * PresenceUpdate what is no fingerprint.
 *
 * WZP_EBAD not JSON, or a member missing or of the wrong shape; WZP_EUNKNOWN
 * a variant nobody knows; WZP_ETOOBIG over the size bound, or more values than
 * any signal has; WZP_ENOMEM.
 * After WZP_OK the signal owns memory: wzp_signal_done.
 */
wzp_rc_t wzp_signal_parse(wzp_signal_t *sg, const uint8_t *json, size_t len)
    WZP_MUST_CHECK;

void wzp_signal_done(wzp_signal_t *sg);

/*
 * Write compact JSON, members in the reference's order (PROTOCOL 2.3), ours
 * after them and only when set.  *len is the size of the JSON; on WZP_ENOSPC
 * *len is set to the size that is needed (the one exception to "written only
 * on success").  buf may be NULL when size is 0.  WZP_EBAD for a string that
 * is not UTF-8, a number that JSON cannot write, a list longer than its bound,
 * or an inner signal that is no JSON; WZP_EUNKNOWN for a variant that is known
 * by name only; WZP_ENOMEM.
 */
wzp_rc_t wzp_signal_encode(const wzp_signal_t *sg, uint8_t *buf, size_t size,
    size_t *len) WZP_MUST_CHECK;

/*
 * Clean an alias: at most WZP_ALIAS_MAX bytes of valid UTF-8, without control
 * characters, bidirectional controls, line and paragraph separators (and
 * without whatever was not UTF-8).  Returns its length; dst is NUL
 * terminated.  dst and src may not overlap.
 */
size_t wzp_alias_clean(char dst[WZP_ALIAS_MAX + 1], const char *src,
    size_t len);


#endif /* _WZP_SIGNAL_H_INCLUDED_ */
