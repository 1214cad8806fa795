/*
 * Resume tokens.
 */

#include "wzp/wzp_resume.h"


#define WZP_RESUME_LABEL    "wzp-resume"
#define WZP_RESUME_MSG      (sizeof(WZP_RESUME_LABEL) - 1 + WZP_FP_SIZE       \
                             + WZP_ROOM_KEY_SIZE + 2)


void
wzp_resume_make(uint8_t token[WZP_RESUME_SIZE],
    const uint8_t secret[WZP_KEY_SIZE], const uint8_t fp[WZP_FP_SIZE],
    const uint8_t room[WZP_ROOM_KEY_SIZE], uint16_t stream_id)
{
    uint8_t  *p, msg[WZP_RESUME_MSG], mac[32];

    token[0] = (uint8_t) (stream_id >> 8);
    token[1] = (uint8_t) stream_id;

    p = msg;
    memcpy(p, WZP_RESUME_LABEL, sizeof(WZP_RESUME_LABEL) - 1);
    p += sizeof(WZP_RESUME_LABEL) - 1;
    memcpy(p, fp, WZP_FP_SIZE);
    p += WZP_FP_SIZE;
    memcpy(p, room, WZP_ROOM_KEY_SIZE);
    p += WZP_ROOM_KEY_SIZE;
    memcpy(p, token, 2);

    wzp_hmac(mac, secret, msg, sizeof(msg));
    memcpy(token + 2, mac, WZP_RESUME_SIZE - 2);
}


wzp_rc_t
wzp_resume_check(uint16_t *stream_id, const uint8_t token[WZP_RESUME_SIZE],
    const uint8_t secret[WZP_KEY_SIZE], const uint8_t fp[WZP_FP_SIZE],
    const uint8_t room[WZP_ROOM_KEY_SIZE])
{
    uint8_t   good[WZP_RESUME_SIZE];
    uint16_t  id;

    id = (uint16_t) (token[0] << 8 | token[1]);

    wzp_resume_make(good, secret, fp, room, id);

    if (id == 0 || !wzp_equal(good, token, WZP_RESUME_SIZE)) {
        return WZP_EAUTH;
    }

    *stream_id = id;

    return WZP_OK;
}
