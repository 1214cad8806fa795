/*
 * Mixing of simultaneous talkers, with a limiter.  16 bit samples in and out;
 * a single talker who does not clip passes bit for bit.
 */

#ifndef _WZP_MIX_H_INCLUDED_
#define _WZP_MIX_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_MIX_MAX         480         /* samples per block: 10 ms at 48 kHz */
#define WZP_MIX_LIMIT       32000       /* peaks are brought below this      */


typedef struct {
    int32_t  sum[WZP_MIX_MAX];
    float    gain;                      /* 0 .. 1, of the last sample        */
} wzp_mix_t;


void wzp_mix_init(wzp_mix_t *mx);

/* Add n <= WZP_MIX_MAX samples of one talker, times gain (at most 100), to the
 * block under way. */
void wzp_mix_add(wzp_mix_t *mx, const int16_t *pcm, size_t n, float gain);

/*
 * Write the block's n samples and begin the next.  The gain falls within
 * 2.5 ms when the sum is too loud (what still exceeds is clipped) and comes
 * back over some 200 ms.
 */
void wzp_mix_take(wzp_mix_t *mx, int16_t *pcm, size_t n);


#endif /* _WZP_MIX_H_INCLUDED_ */
