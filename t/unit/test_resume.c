/*
 * Resume tokens: the vector of PROTOCOL E.3, and nothing but the token of this
 * identity, room and relay.
 */

#include "wzp/wzp_resume.h"
#include "vec.h"


int
main(void)
{
    size_t    i, accepted;
    uint8_t   secret[32], fp[16], room[16], want[16], token[16];
    uint16_t  id;

    (void) vec_get("resume", "secret", secret, sizeof(secret));
    (void) vec_get("resume", "token", want, sizeof(want));
    (void) vec_get("ident", "client_fp", fp, sizeof(fp));
    (void) vec_get("room", "general", room, sizeof(room));

    wzp_resume_make(token, secret, fp, room, 0xbeef);
    is_mem(token, want, sizeof(token), "the vector");

    id = 0;
    ok(wzp_resume_check(&id, token, secret, fp, room) == WZP_OK
       && id == 0xbeef, "is good, and names the stream id");

    accepted = 0;
    id = 7;

    for (i = 0; i < 16 * 8; i++) {
        token[i / 8] ^= (uint8_t) (1 << i % 8);
        accepted += wzp_resume_check(&id, token, secret, fp, room) == WZP_OK;
        token[i / 8] ^= (uint8_t) (1 << i % 8);

        fp[i / 8] ^= (uint8_t) (1 << i % 8);
        accepted += wzp_resume_check(&id, token, secret, fp, room) == WZP_OK;
        fp[i / 8] ^= (uint8_t) (1 << i % 8);

        room[i / 8] ^= (uint8_t) (1 << i % 8);
        accepted += wzp_resume_check(&id, token, secret, fp, room) == WZP_OK;
        room[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    for (i = 0; i < 32 * 8; i++) {
        secret[i / 8] ^= (uint8_t) (1 << i % 8);
        accepted += wzp_resume_check(&id, token, secret, fp, room) == WZP_OK;
        secret[i / 8] ^= (uint8_t) (1 << i % 8);
    }

    is_u64(accepted, 0, "another token, identity, room or relay is not");
    is_u64(id, 7, "and nothing was written");

    wzp_resume_make(token, secret, fp, room, 0);
    is_i64(wzp_resume_check(&id, token, secret, fp, room), WZP_EAUTH,
           "stream id 0 is none");

    return done_testing();
}
