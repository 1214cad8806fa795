/*
 * The test tone, as it comes back.  See tone.h.
 */

#include <math.h>

#include "tone.h"


#define CL_TONE_N           ((double) CL_TONE_PERIOD)
#define CL_TONE_MIDDLE      (CL_TONE_BLOCKS / 2)

/* Cosine between the phases of two blocks. */
#define CL_TONE_TURNED      -0.8
#define CL_TONE_SAME        0.9


void
cl_tone_init(cl_tone_t *tn, cl_tone_mark_pt mark, void *ctx)
{
    memset(tn, 0, sizeof(cl_tone_t));

    tn->mark = mark;
    tn->ctx = ctx;
    tn->marked = -CL_TONE_MARK;
}


static double
cl_tone_phase(size_t i)
{
    return 2 * 3.14159265358979323846 * CL_TONE_HZ * (double) i / CL_RATE_HZ;
}


static void
cl_tone_fit(cl_tone_fit_t *ft, const int16_t *pcm)
{
    size_t  i;

    memset(ft, 0, sizeof(cl_tone_fit_t));

    for (i = 0; i < CL_TONE_PERIOD; i++) {
        ft->re += pcm[i] * cos(cl_tone_phase(i));
        ft->im -= pcm[i] * sin(cl_tone_phase(i));
        ft->energy += (double) pcm[i] * pcm[i];
        ft->peak = WZP_MAX(ft->peak, pcm[i] < 0 ? -pcm[i] : pcm[i]);
    }
}


/* Amplitude of the wave. */

static double
cl_tone_level(const cl_tone_fit_t *ft)
{
    return 2 * hypot(ft->re, ft->im) / CL_TONE_N;
}


/* The middle one of the blocks. */

static void
cl_tone_count(cl_tone_t *tn)
{
    double                level;
    const cl_tone_fit_t  *ft;

    ft = &tn->fit[CL_TONE_MIDDLE];
    level = cl_tone_level(ft);

    tn->now.blocks++;
    tn->now.silent += ft->peak < CL_TONE_FLOOR;
    tn->now.peak = WZP_MAX(tn->now.peak, ft->peak);

    tn->sum_energy += ft->energy;
    tn->sum_residual += ft->energy - level * level * CL_TONE_N / 2;
    tn->sum_level += level;
    tn->sum_level2 += level * level;
}


/* Where the phase turns, what the wave before it adds up with what comes has
 * its highest sum. */

static double
cl_tone_turn(const cl_tone_t *tn)
{
    double  phi, sum, best;
    size_t  i, at, first;

    phi = atan2(tn->fit[CL_TONE_MIDDLE - 1].im,
                tn->fit[CL_TONE_MIDDLE - 1].re);
    first = (CL_TONE_MIDDLE - 1) * CL_TONE_PERIOD;
    sum = 0;
    best = 0;
    at = 0;

    for (i = 0; i < 3 * CL_TONE_PERIOD; i++) {
        sum += tn->pcm[first + i] * cos(cl_tone_phase(i % CL_TONE_PERIOD) + phi);

        if (sum > best) {
            best = sum;
            at = i + 1;
        }
    }

    return (double) (tn->put - CL_TONE_BLOCKS * CL_TONE_PERIOD + first + at);
}


static double
cl_tone_cosine(const cl_tone_fit_t *a, const cl_tone_fit_t *b)
{
    if (cl_tone_level(a) < CL_TONE_FLOOR || cl_tone_level(b) < CL_TONE_FLOOR) {
        return 0;
    }

    return (a->re * b->re + a->im * b->im)
           / (hypot(a->re, a->im) * hypot(b->re, b->im));
}


/* Is there a mark in the middle?  What was lost and guessed may end in any
 * phase, so the wave must be steady before and after it. */

static void
cl_tone_look(cl_tone_t *tn)
{
    double                at;
    const cl_tone_fit_t  *mid;

    mid = &tn->fit[CL_TONE_MIDDLE];

    if (cl_tone_cosine(mid - 1, mid + 1) > CL_TONE_TURNED
        || cl_tone_cosine(mid - 2, mid - 1) < CL_TONE_SAME
        || cl_tone_cosine(mid + 1, mid + 2) < CL_TONE_SAME)
    {
        cl_tone_count(tn);
        return;
    }

    at = cl_tone_turn(tn);

    if (tn->mark != NULL && at > tn->marked + CL_TONE_MARK / 2.0) {
        tn->marked = at;
        tn->mark(tn->ctx, at);
    }
}


/* The newest block is complete. */

static void
cl_tone_block(cl_tone_t *tn)
{
    cl_tone_fit(&tn->fit[tn->nblocks], tn->pcm + tn->nblocks * CL_TONE_PERIOD);

    tn->nblocks++;
    tn->have = 0;

    if (tn->nblocks < CL_TONE_BLOCKS) {
        return;
    }

    cl_tone_look(tn);

    tn->nblocks--;
    memmove(tn->fit, tn->fit + 1, tn->nblocks * sizeof(cl_tone_fit_t));
    memmove(tn->pcm, tn->pcm + CL_TONE_PERIOD,
            tn->nblocks * CL_TONE_PERIOD * sizeof(int16_t));
}


void
cl_tone_put(cl_tone_t *tn, const int16_t *pcm, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {

        if (!tn->started) {
            tn->started = pcm[i] >= CL_TONE_FLOOR || pcm[i] <= -CL_TONE_FLOOR;
            tn->begin = tn->put;
        }

        tn->put++;

        if (tn->started) {
            tn->pcm[tn->nblocks * CL_TONE_PERIOD + tn->have++] = pcm[i];

            if (tn->have == CL_TONE_PERIOD) {
                cl_tone_block(tn);
            }
        }
    }
}


uint64_t
cl_tone_heard(const cl_tone_t *tn)
{
    return tn->started ? tn->put - tn->begin : 0;
}


/* A level that goes up and down is noise as well. */

void
cl_tone_result(cl_tone_t *tn, cl_tone_result_t *rs)
{
    double  n, mean, noise, signal;

    *rs = tn->now;
    n = (double) rs->blocks;

    if (rs->blocks > 0 && tn->sum_energy > 0) {
        mean = tn->sum_level / n;
        signal = n * mean * mean * CL_TONE_N / 2;
        noise = tn->sum_residual
                + (tn->sum_level2 - n * mean * mean) * CL_TONE_N / 2;

        rs->corr = tn->sum_level * CL_TONE_N / 2
                   / sqrt(tn->sum_energy * n * CL_TONE_N / 2);
        rs->corr = WZP_MIN(rs->corr, 1);

        rs->snr_db = CL_TONE_SNR_MAX;

        if (noise > 1 && signal > 0) {
            rs->snr_db = WZP_MIN(10 * log10(signal / noise), CL_TONE_SNR_MAX);
        }
    }

    memset(&tn->now, 0, sizeof(cl_tone_result_t));
    tn->sum_energy = 0;
    tn->sum_residual = 0;
    tn->sum_level = 0;
    tn->sum_level2 = 0;
}
