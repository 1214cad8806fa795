/*
 * Resume tokens.
 */

#include <sodium.h>

#include "wzp/wzp_resume.h"


#define WZP_RESUME_LABEL    "wzp-resume"


void
wzp_resume_make(uint8_t token[WZP_RESUME_SIZE],
    const uint8_t secret[WZP_KEY_SIZE], const uint8_t fp[WZP_FP_SIZE],
    const uint8_t room[WZP_ROOM_KEY_SIZE], uint16_t stream_id)
{
    uint8_t                          mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state     st;

    token[0] = (uint8_t) (stream_id >> 8);
    token[1] = (uint8_t) stream_id;

    crypto_auth_hmacsha256_init(&st, secret, WZP_KEY_SIZE);
    crypto_auth_hmacsha256_update(&st, (const uint8_t *) WZP_RESUME_LABEL,
                                  sizeof(WZP_RESUME_LABEL) - 1);
    crypto_auth_hmacsha256_update(&st, fp, WZP_FP_SIZE);
    crypto_auth_hmacsha256_update(&st, room, WZP_ROOM_KEY_SIZE);
    crypto_auth_hmacsha256_update(&st, token, 2);
    crypto_auth_hmacsha256_final(&st, mac);

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

    if (id == 0 || sodium_memcmp(good, token, WZP_RESUME_SIZE) != 0) {
        return WZP_EAUTH;
    }

    *stream_id = id;

    return WZP_OK;
}
