/*
 * Mixing of simultaneous talkers, with a limiter that looks ahead.  16 bit
 * samples in and out, WZP_MIX_DELAY later; a single talker at most at full
 * scale passes bit for bit, and nothing is ever clipped.
 */

#ifndef _WZP_MIX_H_INCLUDED_
#define _WZP_MIX_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_MIX_MAX         480         /* samples per block: 10 ms at 48 kHz */
#define WZP_MIX_DELAY       120         /* 2.5 ms: the limiter looks so far  */
#define WZP_MIX_LIMIT       32000       /* louder sums are brought below this */


typedef struct {
    int32_t   sum[WZP_MIX_MAX];         /* of the block under way            */
    int32_t   late[WZP_MIX_DELAY];      /* sums on their way out             */
    uint32_t  gain[WZP_MIX_DELAY];      /* that they asked for, 24 bits      */
    uint32_t  gains;                    /* all of these together             */
    size_t    at;                       /* the oldest of them                */
    float     hold;                     /* least gain needed of late         */
    unsigned  held;                     /* samples until it may rise         */
} wzp_mix_t;


void wzp_mix_init(wzp_mix_t *mx);

/* Add n <= WZP_MIX_MAX samples of one talker, times gain (at most 100), to the
 * block under way. */
void wzp_mix_add(wzp_mix_t *mx, const int16_t *pcm, size_t n, float gain);

/*
 * Take n samples and begin the next block.  The gain falls within the 2.5 ms
 * before what is too loud, stays for 10 ms, and comes back by 6 dB in some
 * 170 ms.
 */
void wzp_mix_take(wzp_mix_t *mx, int16_t *pcm, size_t n);


#endif /* _WZP_MIX_H_INCLUDED_ */
