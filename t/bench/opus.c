/*
 * The floor of a call: what libopus alone takes for it, a frame each way every
 * 20 ms, with what a call asks of it, and nothing else done between.
 *
 *     opus --in FILE.wav [--seconds N]
 *
 * The profile is 24k without redundancy.  Prints cpu=SHARE of one processor
 * (0.01: 1 %).
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../../client/codec.h"
#include "../../client/wav.h"


#define BO_SECONDS      10
#define BO_WARM         50              /* frames                            */


static const struct option  bo_longs[] = {
    { "in",       required_argument, NULL, 'i' },
    { "seconds",  required_argument, NULL, 's' },
    { NULL, 0, NULL, 0 }
};


typedef struct {
    const char    *in;
    unsigned       seconds;

    wzp_plan_t     plan;
    cl_encoder_t  *en;
    cl_decoder_t  *de;
    cl_wav_in_t   *wav;
} bo_t;


static double
bo_cpu(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


static int
bo_frame(bo_t *bo, size_t n)
{
    size_t   len;
    uint8_t  data[WZP_PAYLOAD_SAFE];
    int16_t  pcm[CL_FRAME_MAX];

    if (cl_wav_read(bo->wav, pcm, n) < n) {
        cl_wav_close(bo->wav);          /* from the start */
        bo->wav = cl_wav_open(bo->in);

        if (bo->wav == NULL || cl_wav_read(bo->wav, pcm, n) < n) {
            return -1;
        }
    }

    len = cl_encoder_frame(bo->en, pcm, n, data, sizeof(data));

    return cl_decoder_frame(bo->de, bo->plan.codec, data, len, pcm) == n ? 0
                                                                         : -1;
}


static int
bo_run(bo_t *bo)
{
    double                   start, cpu;
    size_t                   n;
    unsigned                 i, frames;
    struct timespec          due;
    const wzp_codec_info_t  *info;

    info = wzp_codec_info((unsigned) bo->plan.codec);
    n = info->frame_ms * (CL_RATE_HZ / 1000u);
    frames = bo->seconds * 1000 / info->frame_ms;
    start = 0;

    (void) clock_gettime(CLOCK_MONOTONIC, &due);

    for (i = 0; i < BO_WARM + frames; i++) {

        if (i == BO_WARM) {
            start = bo_cpu();
        }

        if (bo_frame(bo, n) != 0) {
            (void) fprintf(stderr, "opus: %s: no frame\n", bo->in);
            return 1;
        }

        due.tv_nsec += (long) info->frame_ms * 1000000;

        if (due.tv_nsec >= 1000000000) {
            due.tv_nsec -= 1000000000;
            due.tv_sec++;
        }

        (void) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }

    cpu = bo_cpu() - start;
    (void) printf("cpu=%.5f\n", cpu / bo->seconds);

    return 0;
}


static bool
bo_option(bo_t *bo, int c, const char *value)
{
    switch (c) {

    case 'i':
        bo->in = value;
        return true;

    case 's':
        bo->seconds = (unsigned) strtoul(value, NULL, 10);
        return bo->seconds != 0;

    default:
        return false;
    }
}


int
main(int argc, char **argv)
{
    int               c, rc;
    bo_t              bo;
    wzp_plan_input_t  in;

    memset(&bo, 0, sizeof(bo_t));
    bo.seconds = BO_SECONDS;

    while ((c = getopt_long(argc, argv, "", bo_longs, NULL)) != -1) {
        if (!bo_option(&bo, c, optarg)) {
            return 2;
        }
    }

    memset(&in, 0, sizeof(wzp_plan_input_t));
    in.profile = WZP_PROFILE_GOOD;
    in.mode = WZP_PLAN_OFF;
    wzp_plan_choose(&bo.plan, &in);

    bo.wav = bo.in != NULL ? cl_wav_open(bo.in) : NULL;
    bo.en = cl_encoder_create();
    bo.de = cl_decoder_create();

    if (bo.wav == NULL || bo.en == NULL || bo.de == NULL) {
        return 1;
    }

    cl_encoder_plan(bo.en, &bo.plan);
    rc = bo_run(&bo);

    cl_wav_close(bo.wav);
    cl_encoder_destroy(bo.en);
    cl_decoder_destroy(bo.de);

    return rc;
}
