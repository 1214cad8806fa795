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


/* Extensions of ours that a peer names (design: PROTOCOL.md, "Extensions"). */
#define WZP_EXT_STREAM_ID       0x01        /* "stream-id"                   */
#define WZP_EXT_BINDING         0x02        /* "binding"                     */
#define WZP_EXT_RESUME          0x04        /* "resume"                      */
#define WZP_EXT_STATE           0x08        /* "state": muted/held in lists  */


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


typedef struct {
    wzp_signal_type_t            type;
    union {
        wzp_call_offer_t         call_offer;
        wzp_call_answer_t        call_answer;
        wzp_room_update_t        room_update;
        wzp_quality_directive_t  quality_directive;
        struct {
            wzp_hangup_t         reason;
            char                 call_id[65];        /* "" = omitted         */
        }                        hangup;
        struct {
            uint64_t             timestamp_ms;
        }                        ping;               /* and pong             */
        struct {
            char                *token;              /* owned by the signal  */
        }                        auth_token;
    } u;
} wzp_signal_t;


/* The constants of PROTOCOL 6.1 (NULL when out of range), and the row whose
 * codec this is (NULL: none, as for comfort noise). */
const wzp_profile_t *wzp_profile(wzp_profile_id_t id);
const wzp_profile_t *wzp_profile_by_codec(wzp_codec_t codec);

/* "CallOffer", ...; NULL when out of range. */
const char *wzp_signal_name(wzp_signal_type_t type);

/* "Normal", ...; the name of extension bit n.  NULL when out of range. */
const char *wzp_hangup_name(unsigned reason);
const char *wzp_extension_name(unsigned bit);

/*
 * Parse the JSON of one signal (at most WZP_SIGNAL_MAX bytes, nesting bounded,
 * unknown members ignored, missing optional members = null).
 * Variants of other issues than rooms are recognised by name: their type is
 * set and their body is not looked at.
 *
 * Texts that people see (alias, relay_label, reason, fingerprint) are cleaned
 * as wzp_alias_clean does and cut to fit; profiles with a codec that nobody
 * knows are skipped in an offer.
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
 * is not UTF-8 or a number that JSON cannot write; WZP_EUNKNOWN for a variant
 * whose body is not ours yet.
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
