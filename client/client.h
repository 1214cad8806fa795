/*
 * What all of the client shares: exit statuses, clock, randomness.
 */

#ifndef _CLIENT_H_INCLUDED_
#define _CLIENT_H_INCLUDED_


#include "wzp/wzp_base.h"


#define CL_VERSION          "0.1.0"
#define CL_PORT             "4433"      /* PROTOCOL 1.1 */

#define CL_RATE_HZ          48000       /* all audio inside: mono, 16 bit    */
#define CL_TICK_SAMPLES     480         /* 10 ms                             */
#define CL_FRAME_MAX        5760        /* 120 ms: the longest Opus packet   */
#define CL_SILENCE_DB       -100.0f     /* level of nothing at all           */


/* Exit statuses; --help and the manual name them. */
typedef enum {
    CL_OK = 0,
    CL_INTERNAL = 1,
    CL_USAGE = 2,
    CL_REFUSED = 3,                     /* the relay said no                 */
    CL_AUTH = 4,                        /* a signature or binding is wrong   */
    CL_UNREACHABLE = 5,
    CL_IDENTITY = 6,                    /* not the relay it was before       */
    CL_IO = 7,                          /* files                             */
    CL_NOBODY = 8,                      /* no such person is there           */
    CL_DECLINED = 9,                    /* or busy                           */
    CL_NO_ANSWER = 10,
    CL_VERDICT = 11                     /* a test ran, and went badly        */
} cl_exit_t;


/* Monotonic clock. */
uint64_t cl_now(void);

/* Does a Ctrl-C, SIGTERM or SIGHUP that is blocked wait to be taken? */
bool cl_asked(void);

/* Cryptographic randomness; ctx is not used (wzp_quic_conf_t.random). */
void cl_random(void *ctx, uint8_t *buf, size_t len);


#endif /* _CLIENT_H_INCLUDED_ */
