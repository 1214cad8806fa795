/*
 * Signals: names of variants, the profiles they carry, memory they own.
 */

#include <stdlib.h>

#include "wzp/wzp_signal_int.h"
#include "wzp/wzp_utf8.h"


/* Rows in the order of wzp_profile_id_t. */
static const wzp_profile_t  wzp_profiles[WZP_PROFILE_N] = {
    { WZP_CODEC_OPUS64K,     0.1f, 20,  5 },
    { WZP_CODEC_OPUS48K,     0.1f, 20,  5 },
    { WZP_CODEC_OPUS32K,     0.1f, 20,  5 },
    { WZP_CODEC_OPUS24K,     0.2f, 20,  5 },
    { WZP_CODEC_OPUS16K,     0.3f, 20,  5 },
    { WZP_CODEC_OPUS6K,      0.5f, 40, 10 },
    { WZP_CODEC_CODEC2_3200, 0.5f, 20,  5 },
    { WZP_CODEC_CODEC2_1200, 1.0f, 40,  8 },
};


/* Rows in the order of wzp_signal_type_t. */
static const char *const  wzp_signal_names[WZP_SIG_N] = {
    "CallOffer",
    "CallAnswer",
    "AuthToken",
    "RoomUpdate",
    "QualityDirective",
    "Hangup",
    "Hold",
    "Unhold",
    "Mute",
    "Unmute",
    "TransferAck",
    "Transfer",
    "IceCandidate",
    "Rekey",
    "QualityUpdate",
    "LossRecoveryUpdate",
    "Ping",
    "Pong",
    "PresenceUpdate",
    "RouteQuery",
    "RouteResponse",
    "SessionForward",
    "SessionForwardAck",
    "FederationHello",
    "GlobalRoomActive",
    "GlobalRoomInactive",
    "FederatedSignalForward",
    "RegisterPresence",
    "RegisterPresenceAck",
    "DirectCallOffer",
    "DirectCallAnswer",
    "CallSetup",
    "CallRinging",
    "Reflect",
    "ReflectResponse",
    "MediaPathReport",
};


/* Rows in the order of wzp_hangup_t. */
static const char *const  wzp_hangups[] = {
    "Normal",
    "Busy",
    "Declined",
    "Timeout",
    "Error",
};


/* Rows in the order of wzp_accept_t. */
static const char *const  wzp_accepts[] = {
    "Reject",
    "AcceptTrusted",
    "AcceptGeneric",
};


/* Row n is bit n: WZP_EXT_*. */
static const char *const  wzp_extensions[] = {
    "stream-id",
    "binding",
    "resume",
    "state",
    "link",
    "compact",
};


const wzp_profile_t *
wzp_profile(wzp_profile_id_t id)
{
    return (unsigned) id < WZP_PROFILE_N ? &wzp_profiles[id] : NULL;
}


const wzp_profile_t *
wzp_profile_by_codec(wzp_codec_t codec)
{
    size_t  i;

    for (i = 0; i < WZP_PROFILE_N; i++) {
        if (wzp_profiles[i].codec == codec) {
            return &wzp_profiles[i];
        }
    }

    return NULL;
}


const char *
wzp_signal_name(wzp_signal_type_t type)
{
    return (unsigned) type < WZP_SIG_N ? wzp_signal_names[type] : NULL;
}


wzp_relay_id_t
wzp_relay_id(const uint8_t cert_fp[WZP_CERT_FP_SIZE])
{
    size_t          i;
    wzp_relay_id_t  id;

    id = 0;

    for (i = 0; i < sizeof(id); i++) {
        id = id << 8 | cert_fp[i];
    }

    return id;
}


const char *
wzp_hangup_name(unsigned reason)
{
    return reason < WZP_ARRAY_LEN(wzp_hangups) ? wzp_hangups[reason] : NULL;
}


const char *
wzp_accept_name(unsigned mode)
{
    return mode < WZP_ARRAY_LEN(wzp_accepts) ? wzp_accepts[mode] : NULL;
}


const char *
wzp_extension_name(unsigned bit)
{
    return bit < WZP_ARRAY_LEN(wzp_extensions) ? wzp_extensions[bit] : NULL;
}


void
wzp_signal_done(wzp_signal_t *sg)
{
    void                *p;
    size_t               i;
    const wzp_field_t   *f;
    const wzp_fields_t  *fs;

    fs = wzp_signal_fields(sg->type);

    for (i = 0; fs != NULL && i < fs->n; i++) {
        f = &fs->fields[i];

        if (f->kind < WZP_KIND_TOKEN) {
            continue;
        }

        memcpy(&p, wzp_at(sg, f->at), sizeof(p));

        if (f->kind != WZP_KIND_TOKEN) {
            *(size_t *) wzp_at(sg, f->aux) = 0;

        } else if (p != NULL) {
            wzp_wipe(p, strlen(p));
        }

        free(p);
        p = NULL;
        memcpy(wzp_at(sg, f->at), &p, sizeof(p));
    }
}


size_t
wzp_alias_clean(char dst[WZP_ALIAS_MAX + 1], const char *src, size_t len)
{
    return wzp_utf8_clean(dst, WZP_ALIAS_MAX, src, len);
}
