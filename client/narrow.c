/*
 * Codec2 with its resampler.  See narrow.h.
 */

#include <codec2/codec2.h>
#include <speex/speex_resampler.h>
#include <stdlib.h>

#include "narrow.h"


#define CL_NARROW_HZ        8000
#define CL_NARROW_RATIO     (CL_RATE_HZ / CL_NARROW_HZ)
#define CL_NARROW_QUALITY   5           /* of the resampler: 5 ms of delay   */
#define CL_NARROW_FRAME     320         /* 40 ms: the longer of the two      */
#define CL_NARROW_BYTES     8           /* the larger of the two             */
#define CL_NARROW_FADE      4           /* frames until a guess is silent    */


struct cl_narrow_s {
    struct CODEC2        *mode[2];      /* 3200, 1200                        */
    SpeexResamplerState  *rs;

    wzp_codec_t           codec;        /* decoder: of the last frame        */
    uint8_t               last[CL_NARROW_BYTES];
    bool                  has_last;
    unsigned              guessed;      /* frames in a row                   */
    size_t                at;           /* of a guess: taken out of spare    */
    size_t                have;
    int16_t               spare[CL_NARROW_FRAME * CL_NARROW_RATIO];
};


bool
cl_narrow_codec(wzp_codec_t codec)
{
    return codec == WZP_CODEC_CODEC2_3200 || codec == WZP_CODEC_CODEC2_1200;
}


size_t
cl_narrow_bytes(wzp_codec_t codec)
{
    return codec == WZP_CODEC_CODEC2_3200 ? 8 : 6;
}


size_t
cl_narrow_samples(wzp_codec_t codec)
{
    return CL_RATE_HZ / 1000u * wzp_codec_info((unsigned) codec)->frame_ms;
}


static struct CODEC2 *
cl_narrow_mode(const cl_narrow_t *na, wzp_codec_t codec)
{
    return na->mode[codec == WZP_CODEC_CODEC2_1200];
}


cl_narrow_t *
cl_narrow_create(bool encoder)
{
    int           error;
    spx_uint32_t  in, out;
    cl_narrow_t  *na;

    na = calloc(1, sizeof(cl_narrow_t));
    if (na == NULL) {
        return NULL;
    }

    in = encoder ? CL_RATE_HZ : CL_NARROW_HZ;
    out = encoder ? CL_NARROW_HZ : CL_RATE_HZ;

    na->mode[0] = codec2_create(CODEC2_MODE_3200);
    na->mode[1] = codec2_create(CODEC2_MODE_1200);
    na->rs = speex_resampler_init(1, in, out, CL_NARROW_QUALITY, &error);

    if (na->mode[0] == NULL || na->mode[1] == NULL || na->rs == NULL) {
        cl_narrow_destroy(na);
        return NULL;
    }

    return na;
}


void
cl_narrow_destroy(cl_narrow_t *na)
{
    size_t  i;

    if (na == NULL) {
        return;
    }

    for (i = 0; i < WZP_ARRAY_LEN(na->mode); i++) {
        if (na->mode[i] != NULL) {
            codec2_destroy(na->mode[i]);
        }
    }

    if (na->rs != NULL) {
        speex_resampler_destroy(na->rs);
    }

    free(na);
}


/* Whole multiples of the ratio: all of the input is used, all of the output
 * is written. */

static void
cl_narrow_resample(cl_narrow_t *na, const int16_t *in, size_t nin,
    int16_t *out, size_t nout)
{
    spx_uint32_t  i, o;

    i = (spx_uint32_t) nin;
    o = (spx_uint32_t) nout;

    (void) speex_resampler_process_int(na->rs, 0, in, &i, out, &o);

    if (o < nout) {
        memset(out + o, 0, (nout - o) * sizeof(int16_t));
    }
}


void
cl_narrow_encode(cl_narrow_t *na, wzp_codec_t codec, const int16_t *pcm,
    uint8_t *out)
{
    size_t   n;
    int16_t  narrow[CL_NARROW_FRAME];

    n = cl_narrow_samples(codec);

    cl_narrow_resample(na, pcm, n, narrow, n / CL_NARROW_RATIO);
    codec2_encode(cl_narrow_mode(na, codec), out, narrow);
}


static void
cl_narrow_speak(cl_narrow_t *na, unsigned loud, int16_t *pcm)
{
    size_t   i, n;
    int16_t  narrow[CL_NARROW_FRAME];

    n = cl_narrow_samples(na->codec) / CL_NARROW_RATIO;

    codec2_decode(cl_narrow_mode(na, na->codec), narrow, na->last);

    for (i = 0; loud < CL_NARROW_FADE && i < n; i++) {
        narrow[i] = (int16_t) (narrow[i] * (int) loud / CL_NARROW_FADE);
    }

    cl_narrow_resample(na, narrow, n, pcm, n * CL_NARROW_RATIO);
}


void
cl_narrow_decode(cl_narrow_t *na, wzp_codec_t codec, const uint8_t *data,
    int16_t *pcm)
{
    na->codec = codec;
    na->has_last = true;
    na->guessed = 0;
    na->at = 0;
    na->have = 0;
    memcpy(na->last, data, cl_narrow_bytes(codec));

    cl_narrow_speak(na, CL_NARROW_FADE, pcm);
}


void
cl_narrow_conceal(cl_narrow_t *na, int16_t *pcm, size_t n)
{
    size_t  part;

    while (n > 0) {

        if (na->at == na->have) {

            if (!na->has_last || na->guessed + 1 >= CL_NARROW_FADE) {
                memset(pcm, 0, n * sizeof(int16_t));
                return;
            }

            /* The last frame once more, and softer each time. */

            na->guessed++;
            cl_narrow_speak(na, CL_NARROW_FADE - na->guessed, na->spare);
            na->at = 0;
            na->have = cl_narrow_samples(na->codec);
        }

        part = WZP_MIN(n, na->have - na->at);
        memcpy(pcm, na->spare + na->at, part * sizeof(int16_t));
        na->at += part;
        pcm += part;
        n -= part;
    }
}
