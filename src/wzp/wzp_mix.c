/*
 * Mixing with a limiter.  See wzp_mix.h.
 */

#include <math.h>

#include "wzp/wzp_mix.h"


#define WZP_MIX_ATTACK      120         /* samples: 2.5 ms */
#define WZP_MIX_RELEASE     0.05f       /* of the rest, per block            */
#define WZP_MIX_UNITY       0.999f


void
wzp_mix_init(wzp_mix_t *mx)
{
    memset(mx, 0, sizeof(wzp_mix_t));
    mx->gain = 1;
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


/* The gain that this block should end with. */

static float
wzp_mix_target(const wzp_mix_t *mx, size_t n)
{
    float    gain;
    size_t   i;
    int32_t  v, peak;

    peak = 0;

    for (i = 0; i < n; i++) {
        v = mx->sum[i] < 0 ? -mx->sum[i] : mx->sum[i];
        peak = WZP_MAX(peak, v);
    }

    /* What one talker alone can reach needs no limiter. */

    if (peak > INT16_MAX + 1) {
        gain = (float) WZP_MIX_LIMIT / (float) peak;

    } else {
        gain = 1;
    }

    if (gain < mx->gain) {
        return gain;
    }

    gain = mx->gain + (gain - mx->gain) * WZP_MIX_RELEASE;

    return gain > WZP_MIX_UNITY ? 1 : gain;
}


static int16_t
wzp_mix_clip(float v)
{
    if (v >= INT16_MAX) {
        return INT16_MAX;
    }

    if (v <= INT16_MIN) {
        return INT16_MIN;
    }

    return (int16_t) (v < 0 ? v - 0.5f : v + 0.5f);
}


void
wzp_mix_take(wzp_mix_t *mx, int16_t *pcm, size_t n)
{
    float   gain, step, target;
    size_t  i;

    n = WZP_MIN(n, WZP_MIX_MAX);

    target = wzp_mix_target(mx, n);
    step = (target - mx->gain)
           / (float) (target < mx->gain ? WZP_MIX_ATTACK : WZP_MIX_MAX);
    gain = mx->gain;

    for (i = 0; i < n; i++) {

        if ((step < 0 && gain > target) || (step > 0 && gain < target)) {
            gain += step;
        }

        pcm[i] = wzp_mix_clip((float) mx->sum[i] * gain);
    }

    mx->gain = target;
    memset(mx->sum, 0, n * sizeof(mx->sum[0]));
}
