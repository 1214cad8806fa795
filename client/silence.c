/*
 * Silence detection.  See silence.h.
 */

#include <math.h>

#include "silence.h"


#define CL_SILENCE_RMS      100         /* PROTOCOL 6.3                      */
#define CL_SILENCE_HANG     5           /* silent frames that still go       */
#define CL_SILENCE_EVERY    10          /* frames left out to one packet     */
#define CL_SILENCE_SMOOTH   8
#define CL_SILENCE_PEAK     1.7320508f  /* of uniform noise, to its RMS      */


static float
cl_silence_rms(const int16_t *pcm, size_t n)
{
    size_t  i;
    double  sum;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += (double) pcm[i] * pcm[i];
    }

    return n > 0 ? (float) sqrt(sum / (double) n) : 0;
}


/* A frame is left out.  The first of them is told of, so that nobody takes it
 * for lost. */

static cl_silence_what_t
cl_silence_skip(cl_silence_t *si)
{
    if (si->left_out == 0) {
        si->floor = si->rms;
    }

    si->floor += (si->rms - si->floor) / CL_SILENCE_SMOOTH;

    return si->left_out++ % CL_SILENCE_EVERY == 0 ? CL_SILENCE_NOISE
                                                  : CL_SILENCE_NOTHING;
}


cl_silence_what_t
cl_silence_frame(cl_silence_t *si, const int16_t *pcm, size_t n)
{
    si->rms = cl_silence_rms(pcm, n);

    if (si->rms >= CL_SILENCE_RMS) {
        si->quiet = 0;
        return CL_SILENCE_SPEAK;
    }

    if (si->quiet < CL_SILENCE_HANG) {
        si->quiet++;
        return CL_SILENCE_SPEAK;
    }

    return cl_silence_skip(si);
}


cl_silence_what_t
cl_silence_encoded(cl_silence_t *si, bool silent)
{
    /* What is louder than a comfort noise packet can say, the codec's own
     * silence renders better. */

    if (silent && si->rms * CL_SILENCE_PEAK <= UINT8_MAX) {
        return cl_silence_skip(si);
    }

    si->left_out = 0;

    return CL_SILENCE_SPEAK;
}


void
cl_silence_reset(cl_silence_t *si)
{
    si->quiet = 0;
    si->left_out = 0;
}


uint8_t
cl_silence_level(const cl_silence_t *si)
{
    return (uint8_t) WZP_MIN(lrintf(si->floor * CL_SILENCE_PEAK), UINT8_MAX);
}
