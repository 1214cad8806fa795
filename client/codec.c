/*
 * Opus and Codec2, both ways.  See codec.h.
 */

#include <opus.h>
#include <stdlib.h>

#include "codec.h"
#include "narrow.h"


/* From 7 on Opus analyses what it hears for music, a seventh of all work, which
 * nobody notices but DRED; 8 gains 0.002 of ESTOI. */
#define CL_ENCODER_COMPLEXITY   6
#define CL_ENCODER_DRED         7

#define CL_DECODER_PLC          5       /* deep concealment                  */
#define CL_DECODER_OSCE         7       /* and speech enhancement            */
#define CL_DECODER_FADE         480     /* samples: from codec to codec      */
#define CL_DRED_MAX             CL_RATE_HZ      /* samples: 1 s              */


struct cl_encoder_s {
    OpusEncoder  *opus;
    cl_narrow_t  *narrow;
    wzp_codec_t   codec;
};


struct cl_decoder_s {
    OpusDecoder      *opus;
    OpusDREDDecoder  *dred_opus;
    OpusDRED         *dred;
    cl_narrow_t      *narrow;
    bool              spoke;            /* there was a frame, and it was     */
    bool              narrowed;         /*   one of Codec2                   */
    bool              dred_valid;       /* dred is that of the packet `key`  */
    uint32_t          dred_key;
    int               dred_reach;       /* samples before the packet         */
    int               complexity;
    int16_t           tail[CL_DECODER_FADE];
};


bool
cl_codec_is_opus(wzp_codec_t codec)
{
    return codec <= WZP_CODEC_OPUS6K
           || (codec >= WZP_CODEC_OPUS32K && codec <= WZP_CODEC_OPUS64K);
}


bool
cl_codec_known(wzp_codec_t codec)
{
    return cl_codec_is_opus(codec) || cl_narrow_codec(codec);
}


cl_encoder_t *
cl_encoder_create(void)
{
    int            error;
    cl_encoder_t  *en;

    en = calloc(1, sizeof(cl_encoder_t));
    if (en == NULL) {
        return NULL;
    }

    en->opus = opus_encoder_create(CL_RATE_HZ, 1, OPUS_APPLICATION_VOIP,
                                   &error);
    en->narrow = cl_narrow_create(true);

    if (en->opus == NULL || en->narrow == NULL) {
        cl_encoder_destroy(en);
        return NULL;
    }

    (void) opus_encoder_ctl(en->opus, OPUS_SET_VBR(1));
    (void) opus_encoder_ctl(en->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));

    return en;
}


void
cl_encoder_destroy(cl_encoder_t *en)
{
    if (en == NULL) {
        return;
    }

    if (en->opus != NULL) {
        opus_encoder_destroy(en->opus);
    }

    cl_narrow_destroy(en->narrow);
    free(en);
}


void
cl_encoder_dtx(cl_encoder_t *en, bool on)
{
    (void) opus_encoder_ctl(en->opus, OPUS_SET_DTX(on));
}


void
cl_encoder_plan(cl_encoder_t *en, const wzp_plan_t *plan)
{
    /* After a time of Codec2 the other end knows nothing of what was before. */

    if (cl_codec_is_opus(plan->codec) && cl_narrow_codec(en->codec)) {
        (void) opus_encoder_ctl(en->opus, OPUS_RESET_STATE);
    }

    en->codec = plan->codec;

    if (cl_narrow_codec(plan->codec)) {
        return;
    }

    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_COMPLEXITY(plan->dred_10ms != 0
                                                ? CL_ENCODER_DRED
                                                : CL_ENCODER_COMPLEXITY));
    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_BITRATE((opus_int32) plan->bitrate_bps));
    (void) opus_encoder_ctl(en->opus, OPUS_SET_INBAND_FEC(plan->inband_fec));
    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_PACKET_LOSS_PERC((int) plan->loss_pct));
    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_DRED_DURATION((int) plan->dred_10ms));
}


size_t
cl_encoder_frame(cl_encoder_t *en, const int16_t *pcm, size_t n, uint8_t *out,
    size_t size)
{
    opus_int32  len;

    if (cl_narrow_codec(en->codec)) {

        if (size < cl_narrow_bytes(en->codec)
            || n != cl_narrow_samples(en->codec))
        {
            return 0;
        }

        cl_narrow_encode(en->narrow, en->codec, pcm, out);
        return cl_narrow_bytes(en->codec);
    }

    len = opus_encode(en->opus, pcm, (int) n, out, (opus_int32) size);

    return len > 0 ? (size_t) len : 0;
}


bool
cl_encoder_silent(const cl_encoder_t *en)
{
    opus_int32  dtx;

    return cl_codec_is_opus(en->codec)
           && opus_encoder_ctl(en->opus, OPUS_GET_IN_DTX(&dtx)) == OPUS_OK
           && dtx != 0;
}


cl_decoder_t *
cl_decoder_create(void)
{
    int            error;
    cl_decoder_t  *de;

    de = calloc(1, sizeof(cl_decoder_t));
    if (de == NULL) {
        return NULL;
    }

    de->opus = opus_decoder_create(CL_RATE_HZ, 1, &error);
    de->dred_opus = opus_dred_decoder_create(&error);
    de->dred = opus_dred_alloc(&error);
    de->narrow = cl_narrow_create(false);

    if (de->opus == NULL || de->dred_opus == NULL || de->dred == NULL
        || de->narrow == NULL)
    {
        cl_decoder_destroy(de);
        return NULL;
    }

    return de;
}


void
cl_decoder_destroy(cl_decoder_t *de)
{
    if (de == NULL) {
        return;
    }

    if (de->opus != NULL) {
        opus_decoder_destroy(de->opus);
    }

    if (de->dred_opus != NULL) {
        opus_dred_decoder_destroy(de->dred_opus);
    }

    if (de->dred != NULL) {
        opus_dred_free(de->dred);
    }

    cl_narrow_destroy(de->narrow);
    free(de);
}


size_t
cl_decoder_samples(wzp_codec_t codec, const uint8_t *data, size_t len)
{
    int  n;

    if (cl_narrow_codec(codec)) {
        return len == cl_narrow_bytes(codec) ? cl_narrow_samples(codec) : 0;
    }

    if (len == 0) {
        return 0;
    }

    n = opus_packet_get_nb_samples(data, (opus_int32) len, CL_RATE_HZ);

    return n > 0 && n <= CL_FRAME_MAX ? (size_t) n : 0;
}


/* Enhancement is for low bit rates, and costs most of the work. */

static void
cl_decoder_effort(cl_decoder_t *de, wzp_codec_t codec)
{
    int  want;

    want = codec == WZP_CODEC_OPUS6K || codec == WZP_CODEC_OPUS16K
           ? CL_DECODER_OSCE : CL_DECODER_PLC;

    if (de->complexity != want) {
        de->complexity = want;
        (void) opus_decoder_ctl(de->opus, OPUS_SET_COMPLEXITY(want));
    }
}


/* The next frame is of another family than the last: let the last one die away
 * under the beginning of the next. */

static bool
cl_decoder_switch(cl_decoder_t *de, bool narrow)
{
    if (!de->spoke || de->narrowed == narrow) {
        de->spoke = true;
        de->narrowed = narrow;
        return false;
    }

    cl_decoder_conceal(de, de->tail, CL_DECODER_FADE);

    if (!narrow) {
        (void) opus_decoder_ctl(de->opus, OPUS_RESET_STATE);
    }

    de->narrowed = narrow;

    return true;
}


static void
cl_decoder_blend(const cl_decoder_t *de, int16_t *pcm, size_t n)
{
    int     i, len;

    len = (int) WZP_MIN(n, CL_DECODER_FADE);

    for (i = 0; i < len; i++) {
        pcm[i] = (int16_t) ((de->tail[i] * (len - i) + pcm[i] * i) / len);
    }
}


static size_t
cl_decoder_any(cl_decoder_t *de, wzp_codec_t codec, const uint8_t *data,
    size_t len, int16_t *pcm)
{
    int  n;

    if (cl_narrow_codec(codec)) {
        cl_narrow_decode(de->narrow, codec, data, pcm);
        return cl_narrow_samples(codec);
    }

    cl_decoder_effort(de, codec);

    n = opus_decode(de->opus, data, (opus_int32) len, pcm, CL_FRAME_MAX, 0);

    return n > 0 ? (size_t) n : 0;
}


size_t
cl_decoder_frame(cl_decoder_t *de, wzp_codec_t codec, const uint8_t *data,
    size_t len, int16_t *pcm)
{
    bool    other;
    size_t  n;

    if (!cl_codec_known(codec) || cl_decoder_samples(codec, data, len) == 0) {
        return 0;
    }

    other = cl_decoder_switch(de, cl_narrow_codec(codec));
    n = cl_decoder_any(de, codec, data, len, pcm);

    if (other) {
        cl_decoder_blend(de, pcm, n);
    }

    return n;
}


void
cl_decoder_conceal(cl_decoder_t *de, int16_t *pcm, size_t n)
{
    int  done;

    if (de->narrowed) {
        cl_narrow_conceal(de->narrow, pcm, n);
        return;
    }

    done = opus_decode(de->opus, NULL, 0, pcm, (int) n, 0);

    if (done < (int) n) {
        done = WZP_MAX(done, 0);
        memset(pcm + done, 0, (n - (size_t) done) * sizeof(int16_t));
    }
}


/* Is there an LBRR frame in it?  libopus looks at the first byte of the first
 * frame without asking whether there is one. */

static bool
cl_decoder_has_fec(const uint8_t *data, size_t len)
{
    opus_int16            size[48];
    const unsigned char  *frame[48];

    return opus_packet_parse(data, (opus_int32) len, NULL, frame, size, NULL)
               > 0
           && size[0] > 0
           && opus_packet_has_lbrr(data, (opus_int32) len) > 0;
}


bool
cl_decoder_fec(cl_decoder_t *de, wzp_codec_t codec, const uint8_t *data,
    size_t len, int16_t *pcm, size_t n)
{
    if (!cl_codec_is_opus(codec) || de->narrowed
        || cl_decoder_samples(codec, data, len) != n
        || !cl_decoder_has_fec(data, len))
    {
        return false;
    }

    return opus_decode(de->opus, data, (opus_int32) len, pcm, (int) n, 1)
           == (int) n;
}


/* Parsing is cheap and tells the reach.  What takes time is processing, and
 * where a copy heals the gap nobody asks for it. */

static void
cl_decoder_dred(cl_decoder_t *de, const uint8_t *data, size_t len,
    uint32_t key)
{
    int  end;

    if (!de->dred_valid || de->dred_key != key) {
        de->dred_valid = true;
        de->dred_key = key;
        de->dred_reach = opus_dred_parse(de->dred_opus, de->dred, data,
                                         (opus_int32) len, CL_DRED_MAX,
                                         CL_RATE_HZ, &end, 1);
    }
}


size_t
cl_decoder_reach(cl_decoder_t *de, wzp_codec_t codec, const uint8_t *data,
    size_t len, uint32_t key)
{
    size_t  reach;

    if (!cl_codec_is_opus(codec) || len == 0) {
        return 0;
    }

    cl_decoder_dred(de, data, len, key);

    reach = de->dred_reach > 0 ? (size_t) de->dred_reach : 0;

    return reach == 0 && cl_decoder_has_fec(data, len)
           ? cl_decoder_samples(codec, data, len) : reach;
}


bool
cl_decoder_recover(cl_decoder_t *de, const uint8_t *data, size_t len,
    uint32_t key, size_t gap, int16_t *pcm, size_t n)
{
    if (de->narrowed) {
        return false;
    }

    cl_decoder_dred(de, data, len, key);

    if (de->dred_reach <= 0 || (size_t) de->dred_reach < gap) {
        return false;
    }

    /* Done once for a packet: libopus knows. */

    if (opus_dred_process(de->dred_opus, de->dred, de->dred) != OPUS_OK) {
        return false;
    }

    return opus_decoder_dred_decode(de->opus, de->dred, (opus_int32) gap, pcm,
                                    (opus_int32) n) == (int) n;
}
