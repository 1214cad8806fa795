/*
 * Time stretching of speech.  See wzp_stretch.h.
 */

#include <math.h>

#include "wzp/wzp_stretch.h"


#define WZP_STRETCH_STEP    6           /* coarse search: at 8 kHz           */
#define WZP_STRETCH_LOOK    1920        /* samples looked at: 40 ms          */
#define WZP_STRETCH_LOOK_N  (WZP_STRETCH_LOOK / WZP_STRETCH_STEP)
#define WZP_STRETCH_WINDOW  480         /* that are compared                 */
#define WZP_STRETCH_SOFT    150         /* RMS of what is quiet              */


/* Correlation of x with itself `lag` later, 0 when there is nothing. */

static float
wzp_stretch_alike(const float *x, size_t n, size_t lag, size_t window)
{
    float   xy, xx, yy;
    size_t  i;

    window = WZP_MIN(window, n - lag);
    xy = 0;
    xx = 0;
    yy = 0;

    for (i = 0; i < window; i++) {
        xy += x[i] * x[i + lag];
        xx += x[i] * x[i];
        yy += x[i + lag] * x[i + lag];
    }

    return xx > 0 && yy > 0 ? xy / sqrtf(xx * yy) : 0;
}


static float
wzp_stretch_best(const float *x, size_t n, size_t from, size_t to,
    size_t window, size_t *lag)
{
    float   v, best;
    size_t  i;

    best = -1;
    *lag = from;

    for (i = from; i <= to; i++) {
        v = wzp_stretch_alike(x, n, i, window);

        if (v > best) {
            best = v;
            *lag = i;
        }
    }

    return best;
}


/* The period of the voice, at most `most`; 0: none that is good enough. */

static size_t
wzp_stretch_period(const int16_t *pcm, size_t n, size_t most, float alike)
{
    float   x[WZP_STRETCH_LOOK], y[WZP_STRETCH_LOOK_N];
    size_t  i, k, ny, lag, from, to;

    n = WZP_MIN(n, WZP_STRETCH_LOOK);
    most = WZP_MIN(WZP_MIN(most, WZP_STRETCH_MAX), n * 3 / 4);

    if (most < WZP_STRETCH_MIN) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        x[i] = pcm[i];
    }

    ny = n / WZP_STRETCH_STEP;

    for (i = 0; i < ny; i++) {
        y[i] = 0;

        for (k = 0; k < WZP_STRETCH_STEP; k++) {
            y[i] += x[i * WZP_STRETCH_STEP + k];
        }
    }

    (void) wzp_stretch_best(y, ny, WZP_STRETCH_MIN / WZP_STRETCH_STEP,
                            most / WZP_STRETCH_STEP,
                            WZP_STRETCH_WINDOW / WZP_STRETCH_STEP, &lag);

    lag *= WZP_STRETCH_STEP;
    from = WZP_MAX(lag - WZP_STRETCH_STEP, WZP_STRETCH_MIN);
    to = WZP_MIN(lag + WZP_STRETCH_STEP, most);

    return wzp_stretch_best(x, n, from, to, WZP_STRETCH_WINDOW, &lag) >= alike
           ? lag : 0;
}


static bool
wzp_stretch_quiet(const int16_t *pcm, size_t n)
{
    float   sum;
    size_t  i;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += (float) pcm[i] * pcm[i];
    }

    return sum < (float) n * WZP_STRETCH_SOFT * WZP_STRETCH_SOFT;
}


/* From a to b within n samples. */

static void
wzp_stretch_fade(int16_t *out, const int16_t *a, const int16_t *b, size_t n)
{
    float   w;
    size_t  i;

    for (i = 0; i < n; i++) {
        w = (float) (i + 1) / (float) (n + 1);
        out[i] = (int16_t) lrintf((1 - w) * a[i] + w * b[i]);
    }
}


size_t
wzp_stretch_shorten(int16_t *pcm, size_t n, size_t most, float alike)
{
    size_t  lag, fade;

    if (wzp_stretch_quiet(pcm, n)) {
        lag = most < WZP_STRETCH_TICK || n < WZP_STRETCH_TICK
              ? 0 : WZP_STRETCH_TICK;

    } else {
        lag = wzp_stretch_period(pcm, n, most, alike);
    }

    if (lag == 0) {
        return 0;
    }

    fade = WZP_MIN(lag, n - lag);

    wzp_stretch_fade(pcm, pcm, pcm + lag, fade);
    memmove(pcm + fade, pcm + lag + fade,
            (n - lag - fade) * sizeof(int16_t));

    return lag;
}


size_t
wzp_stretch_lengthen(int16_t *pcm, size_t n, float alike)
{
    size_t  lag, fade;

    if (wzp_stretch_quiet(pcm, n)) {
        lag = n < WZP_STRETCH_TICK ? 0 : WZP_STRETCH_TICK;

    } else {
        lag = wzp_stretch_period(pcm, n, WZP_STRETCH_MAX, alike);
    }

    if (lag == 0) {
        return 0;
    }

    fade = WZP_MIN(lag, n - lag);

    memmove(pcm + lag + fade, pcm + fade, (n - fade) * sizeof(int16_t));
    wzp_stretch_fade(pcm + lag, pcm + lag, pcm, fade);

    return lag;
}
