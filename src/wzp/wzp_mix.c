/*
 * Mixing with a limiter.  See wzp_mix.h.
 *
 * Each sum that comes in asks for a gain; the least of these is held, and what
 * goes out, WZP_MIX_DELAY later, gets the mean of the last WZP_MIX_DELAY held
 * gains.  So the gain has come down in a straight line when the loud sum
 * arrives.  A sum that asks for hardly more than what is held renews it, and
 * while the gain rises it does so by less than that "hardly" in WZP_MIX_DELAY:
 * so no sum gets more than 2 % above what it asked for.
 */

#include <math.h>

#include "wzp/wzp_mix.h"


#define WZP_MIX_ONE         (1u << 24)
#define WZP_MIX_HOLD        480         /* samples: a period of 100 Hz       */
#define WZP_MIX_HARDLY      1.02f
#define WZP_MIX_RISE        1.0000833f  /* per sample; 1 % in 120            */


void
wzp_mix_init(wzp_mix_t *mx)
{
    size_t  i;

    memset(mx, 0, sizeof(wzp_mix_t));

    for (i = 0; i < WZP_MIX_DELAY; i++) {
        mx->gain[i] = WZP_MIX_ONE;
    }

    mx->gains = WZP_MIX_DELAY * WZP_MIX_ONE;
    mx->hold = 1;
}


void
wzp_mix_add(wzp_mix_t *mx, const int16_t *pcm, size_t n, float gain)
{
    size_t  i;

    /* 600 talkers at full scale and gain are what it takes to overflow. */

    for (i = 0; i < n && i < WZP_MIX_MAX; i++) {
        mx->sum[i] += gain == 1 ? pcm[i] : (int32_t) lrintf(pcm[i] * gain);
    }
}


/* The least gain that was asked for lately, this sum included. */

static float
wzp_mix_hold(wzp_mix_t *mx, int32_t sum)
{
    float  want;

    /* What one talker alone can reach needs no limiter. */

    want = sum > INT16_MAX || sum < INT16_MIN
           ? (float) WZP_MIX_LIMIT / fabsf((float) sum) : 1;

    if (want < 1 && want <= mx->hold * WZP_MIX_HARDLY) {
        mx->hold = WZP_MIN(mx->hold, want);
        mx->held = WZP_MIX_HOLD;

    } else if (mx->held > 0) {
        mx->held--;

    } else if (mx->hold < 1) {
        mx->hold = WZP_MIN(mx->hold * WZP_MIX_RISE, 1);
    }

    return mx->hold;
}


void
wzp_mix_take(wzp_mix_t *mx, int16_t *pcm, size_t n)
{
    float     gain;
    size_t    i, at;
    int32_t   out;
    uint32_t  want;

    n = WZP_MIN(n, WZP_MIX_MAX);
    at = mx->at;

    for (i = 0; i < n; i++) {
        want = (uint32_t) (wzp_mix_hold(mx, mx->sum[i]) * (float) WZP_MIX_ONE);
        mx->gains += want - mx->gain[at];
        mx->gain[at] = want;

        gain = (float) mx->gains
               / ((float) WZP_MIX_DELAY * (float) WZP_MIX_ONE);

        out = gain == 1 ? mx->late[at]
                        : (int32_t) lrintf((float) mx->late[at] * gain);
        pcm[i] = (int16_t) WZP_MAX(WZP_MIN(out, INT16_MAX), INT16_MIN);

        mx->late[at] = mx->sum[i];
        at = at + 1 == WZP_MIX_DELAY ? 0 : at + 1;
    }

    mx->at = at;
    memset(mx->sum, 0, n * sizeof(mx->sum[0]));
}
