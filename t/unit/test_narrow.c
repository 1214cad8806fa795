/*
 * Codec2 with its resampler: sizes, the delay, packing, how it fades; and the
 * change from codec to codec in one decoder.
 */

#include <codec2/codec2.h>
#include <math.h>

#include "tap.h"
#include "../../client/narrow.c"
#include "../../client/codec.c"


#define PI  3.14159265358979323846


static int16_t   pcm[CL_FRAME_MAX];
static int16_t   last;                  /* sample of the frame before        */
static unsigned  jump;                  /* largest step                      */


static void
voice(int16_t *out, size_t n, size_t at)
{
    size_t  i, k;
    double  v;

    for (i = 0; i < n; i++) {
        for (v = 0, k = 1; k < 12; k++) {
            v += sin(2 * PI * 120 * (double) (k * (at + i)) / CL_RATE_HZ)
                 / (double) k;
        }

        out[i] = (int16_t) (5000 * v);
    }
}


static unsigned
loud(const int16_t *in, size_t n)
{
    size_t    i;
    unsigned  max;

    for (max = 0, i = 0; i < n; i++) {
        max = WZP_MAX(max, (unsigned) abs(in[i]));
    }

    return max;
}


static void
test_mode(wzp_codec_t codec, int mode, size_t bytes, size_t samples)
{
    size_t          i, peak, at;
    uint8_t         a[8], b[8];
    int16_t         in[1920], half[320];
    unsigned        same;
    cl_narrow_t    *en, *de;
    struct CODEC2  *c2;

    en = cl_narrow_create(true);
    de = cl_narrow_create(false);
    c2 = codec2_create(mode);

    is_u64(cl_narrow_bytes(codec), bytes, "bytes of a frame");
    is_u64(cl_narrow_samples(codec), samples, "samples of a frame");
    is_u64((size_t) codec2_samples_per_frame(c2) * 6, samples,
           "as the library has it");

    for (same = 0, i = 0; i < 25; i++) {
        voice(in, samples, i * samples);
        memset(a, 0xee, sizeof(a));
        cl_narrow_encode(en, codec, in, a);

        /* An independent way to the same 8 kHz would not be bit exact: that
         * decoding and packing are the library's is what can be compared. */

        cl_narrow_decode(de, codec, a, pcm);
        codec2_decode(c2, half, a);
        same += a[bytes - 1] != 0xee && (bytes == 8 || a[bytes] == 0xee);
    }

    is_u64(same, 25, "so many bytes are written");
    ok(loud(pcm, samples) > 2000, "it is heard (%u)", loud(pcm, samples));

    /* The resampler's delay: a click. */

    memset(in, 0, sizeof(in));
    in[0] = 20000;
    cl_narrow_destroy(en);
    en = cl_narrow_create(true);
    cl_narrow_resample(en, in, samples, half, samples / CL_NARROW_RATIO);

    for (at = 0, peak = 0, i = 0; i < samples / CL_NARROW_RATIO; i++) {
        if ((size_t) abs(half[i]) > peak) {
            peak = (size_t) abs(half[i]);
            at = i;
        }
    }

    ok(at * 1000 / CL_NARROW_HZ <= 6, "a delay of %zu samples", at);

    cl_narrow_conceal(de, pcm, samples);
    ok(loud(pcm, samples) > 1000, "a guess goes on");

    for (i = 0; i < 4; i++) {
        cl_narrow_conceal(de, pcm, 480);
    }

    for (i = 0; i < 12; i++) {
        cl_narrow_conceal(de, pcm, samples);
    }

    is_u64(loud(pcm, samples), 0, "and fades to silence");
    memcpy(b, a, sizeof(b));

    codec2_destroy(c2);
    cl_narrow_destroy(en);
    cl_narrow_destroy(de);
}


/* Steps between neighbours, over the border of frames as well. */

static void
watch(size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        jump = WZP_MAX(jump, (unsigned) abs(pcm[i] - last));
        last = pcm[i];
    }
}


static void
test_switch(void)
{
    size_t         i, n, len, at;
    uint8_t        data[1275];
    int16_t        in[1920];
    unsigned       bad, calm;
    wzp_plan_t     plan;
    cl_encoder_t  *en;
    cl_decoder_t  *de;

    static const wzp_codec_t  order[] = {
        WZP_CODEC_OPUS24K, WZP_CODEC_CODEC2_3200, WZP_CODEC_OPUS6K,
        WZP_CODEC_CODEC2_1200, WZP_CODEC_CODEC2_3200, WZP_CODEC_OPUS64K
    };

    en = cl_encoder_create();
    de = cl_decoder_create();
    memset(&plan, 0, sizeof(plan));
    at = 0;
    bad = 0;
    calm = 0;

    for (i = 0; i < 6 * 25; i++) {
        plan.codec = order[i / 25];
        plan.bitrate_bps = wzp_codec_info(plan.codec)->bitrate_bps;

        if (i % 25 == 0) {
            cl_encoder_plan(en, &plan);
        }

        n = wzp_codec_info(plan.codec)->frame_ms * 48u;
        voice(in, n, at);
        at += n;

        len = cl_encoder_frame(en, in, n, data, sizeof(data));
        bad += cl_decoder_samples(plan.codec, data, len) != n
               || cl_decoder_frame(de, plan.codec, data, len, pcm) != n;

        if (i == 25) {
            calm = jump;
            jump = 0;
        }

        watch(n);
    }

    is_u64(bad, 0, "every frame of six codecs in a row");
    ok(jump < 3 * calm, "no click between them (%u, in speech %u)", jump,
       calm);

    is_u64(cl_decoder_frame(de, WZP_CODEC_CODEC2_3200, data, 6, pcm), 0,
           "a frame of the wrong size is none");
    is_u64(cl_decoder_frame(de, WZP_CODEC_CODEC2_1200, data, 8, pcm), 0,
           "either way");
    is_u64(cl_decoder_frame(de, WZP_CODEC_COMFORT_NOISE, data, 1, pcm), 0,
           "nor is noise");
    is_u64(cl_decoder_frame(de, WZP_CODEC_OPUS24K, data, 0, pcm), 0,
           "nor nothing");

    cl_encoder_destroy(en);
    cl_decoder_destroy(de);
}


static void
test_fec(void)
{
    size_t         i, len;
    uint8_t        data[1275];
    int16_t        in[960];
    unsigned       good;
    wzp_plan_t     plan;
    cl_encoder_t  *en;
    cl_decoder_t  *de;

    en = cl_encoder_create();
    de = cl_decoder_create();
    memset(&plan, 0, sizeof(plan));
    plan.codec = WZP_CODEC_OPUS24K;
    plan.bitrate_bps = 24000;
    plan.inband_fec = true;
    plan.loss_pct = 20;
    cl_encoder_plan(en, &plan);
    good = 0;

    for (i = 0; i < 50; i++) {
        voice(in, 960, i * 960);
        len = cl_encoder_frame(en, in, 960, data, sizeof(data));

        if (i % 5 == 4) {
            continue;
        }

        if (i % 5 == 0 && i > 0) {
            good += cl_decoder_fec(de, plan.codec, data, len, pcm, 960)
                    && loud(pcm, 960) > 1000;
        }

        (void) cl_decoder_frame(de, plan.codec, data, len, pcm);
    }

    ok(good >= 3, "%u of 9 lost frames come with the next", good);
    ok(!cl_decoder_fec(de, plan.codec, data, len, pcm, 480),
       "not a part of one");
    ok(!cl_decoder_fec(de, plan.codec, (const uint8_t *) "\x48", 1, pcm, 960),
       "not from an empty one");
    ok(!cl_decoder_fec(de, WZP_CODEC_CODEC2_3200, data, 8, pcm, 960),
       "not from Codec2");

    cl_encoder_destroy(en);
    cl_decoder_destroy(de);
}


int
main(void)
{
    test_mode(WZP_CODEC_CODEC2_3200, CODEC2_MODE_3200, 8, 960);
    test_mode(WZP_CODEC_CODEC2_1200, CODEC2_MODE_1200, 6, 1920);
    test_switch();
    test_fec();

    return done_testing();
}
