/*
 * Resume tokens: a member's right to take up its own place again, without
 * any state at the relay.  PROTOCOL.md, "Extensions".
 */

#ifndef _WZP_RESUME_H_INCLUDED_
#define _WZP_RESUME_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_sni.h"


/*
 * The token says that the identity fp had stream_id in the room: the id, big
 * endian, and 14 bytes of HMAC-SHA256(secret, label, fp, room, id).
 */
void wzp_resume_make(uint8_t token[WZP_RESUME_SIZE],
    const uint8_t secret[WZP_KEY_SIZE], const uint8_t fp[WZP_FP_SIZE],
    const uint8_t room[WZP_ROOM_KEY_SIZE], uint16_t stream_id);

/* The stream id in a token that is good for fp and room.  WZP_EAUTH. */
wzp_rc_t wzp_resume_check(uint16_t *stream_id,
    const uint8_t token[WZP_RESUME_SIZE], const uint8_t secret[WZP_KEY_SIZE],
    const uint8_t fp[WZP_FP_SIZE], const uint8_t room[WZP_ROOM_KEY_SIZE])
    WZP_MUST_CHECK;


#endif /* _WZP_RESUME_H_INCLUDED_ */
