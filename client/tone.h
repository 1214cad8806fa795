/*
 * What has become of the test tone (source.h): how much of it is noise, how
 * much is missing, and where its marks are.  Each period of 25 ms is compared
 * with the wave that fits it best, so that a delay does not count as an error.
 */

#ifndef _TONE_H_INCLUDED_
#define _TONE_H_INCLUDED_


#include "source.h"


#define CL_TONE_BLOCKS      5           /* looked at together                */
#define CL_TONE_FLOOR       100         /* a lower peak is silence           */
#define CL_TONE_SNR_MAX     99.0


/* A mark was found, so many samples after the first that was put. */
typedef void (*cl_tone_mark_pt)(void *ctx, double at);


typedef struct {
    size_t   blocks;                    /* of CL_TONE_PERIOD, marks left out */
    size_t   silent;
    int      peak;
    double   snr_db;
    double   corr;                      /* 0 .. 1                            */
} cl_tone_result_t;


/* The wave that fits a block. */
typedef struct {
    double   re;
    double   im;
    double   energy;                    /* of the block                      */
    int      peak;
} cl_tone_fit_t;


typedef struct {
    cl_tone_mark_pt  mark;
    void            *ctx;

    bool             started;           /* there was something to hear       */
    uint64_t         put;               /* samples                           */
    uint64_t         begin;             /* the first that was to be heard    */
    double           marked;            /* where the last mark is            */

    size_t           have;              /* in the newest block               */
    size_t           nblocks;           /* complete ones                     */
    int16_t          pcm[CL_TONE_BLOCKS * CL_TONE_PERIOD];
    cl_tone_fit_t    fit[CL_TONE_BLOCKS];

    cl_tone_result_t  now;              /* since the last result             */
    double           sum_energy;
    double           sum_residual;
    double           sum_level;
    double           sum_level2;
} cl_tone_t;


/* mark NULL: nobody wants to know. */
void cl_tone_init(cl_tone_t *tn, cl_tone_mark_pt mark, void *ctx);

/* The next samples; what is silent before the tone begins does not count. */
void cl_tone_put(cl_tone_t *tn, const int16_t *pcm, size_t n);

/* Samples since it began. */
uint64_t cl_tone_heard(const cl_tone_t *tn);

/* Of all since the last call. */
void cl_tone_result(cl_tone_t *tn, cl_tone_result_t *rs);


#endif /* _TONE_H_INCLUDED_ */
