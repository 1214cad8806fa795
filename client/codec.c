/*
 * Opus, both ways.  See codec.h.
 */

#include <opus.h>
#include <stdlib.h>

#include "codec.h"


#define CL_ENCODER_COMPLEXITY   7       /* PROTOCOL 6.2 */
#define CL_ENCODER_LOSS_PCT     15      /* PROTOCOL 6.4: the floor           */

#define CL_DECODER_PLC          5       /* deep concealment                  */
#define CL_DECODER_OSCE         7       /* and speech enhancement            */
#define CL_DRED_MAX             CL_RATE_HZ      /* samples: 1 s              */


struct cl_encoder_s {
    OpusEncoder  *opus;
};


struct cl_decoder_s {
    OpusDecoder      *opus;
    OpusDREDDecoder  *dred_opus;
    OpusDRED         *dred;
    bool              dred_valid;       /* dred is that of the packet `key`  */
    uint32_t          dred_key;
    int               dred_reach;       /* samples before the packet         */
    int               complexity;
};


bool
cl_codec_is_opus(wzp_codec_t codec)
{
    return codec <= WZP_CODEC_OPUS6K
           || (codec >= WZP_CODEC_OPUS32K && codec <= WZP_CODEC_OPUS64K);
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
    if (en->opus == NULL) {
        free(en);
        return NULL;
    }

    (void) opus_encoder_ctl(en->opus, OPUS_SET_VBR(1));
    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_COMPLEXITY(CL_ENCODER_COMPLEXITY));
    (void) opus_encoder_ctl(en->opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    (void) opus_encoder_ctl(en->opus, OPUS_SET_DTX(1));
    (void) opus_encoder_ctl(en->opus, OPUS_SET_INBAND_FEC(0));
    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_PACKET_LOSS_PERC(CL_ENCODER_LOSS_PCT));

    cl_encoder_set(en, WZP_CODEC_OPUS24K);

    return en;
}


void
cl_encoder_destroy(cl_encoder_t *en)
{
    if (en != NULL) {
        opus_encoder_destroy(en->opus);
        free(en);
    }
}


/* PROTOCOL 6.4, in units of 10 ms. */

static int
cl_encoder_dred(wzp_codec_t codec)
{
    if (codec == WZP_CODEC_OPUS6K) {
        return 104;
    }

    return codec == WZP_CODEC_OPUS16K || codec == WZP_CODEC_OPUS24K ? 20 : 10;
}


void
cl_encoder_set(cl_encoder_t *en, wzp_codec_t codec)
{
    const wzp_codec_info_t  *info;

    info = wzp_codec_info(codec);

    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_BITRATE((opus_int32) info->bitrate_bps));
    (void) opus_encoder_ctl(en->opus,
                            OPUS_SET_DRED_DURATION(cl_encoder_dred(codec)));
}


size_t
cl_encoder_frame(cl_encoder_t *en, const int16_t *pcm, size_t n, uint8_t *out,
    size_t size)
{
    opus_int32  len;

    len = opus_encode(en->opus, pcm, (int) n, out, (opus_int32) size);

    return len > 0 ? (size_t) len : 0;
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

    if (de->opus == NULL || de->dred_opus == NULL || de->dred == NULL) {
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

    free(de);
}


size_t
cl_decoder_samples(const uint8_t *data, size_t len)
{
    int  n;

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


size_t
cl_decoder_frame(cl_decoder_t *de, wzp_codec_t codec, const uint8_t *data,
    size_t len, int16_t *pcm)
{
    int  n;

    cl_decoder_effort(de, codec);

    n = opus_decode(de->opus, data, (opus_int32) len, pcm, CL_FRAME_MAX, 0);

    return n > 0 ? (size_t) n : 0;
}


void
cl_decoder_conceal(cl_decoder_t *de, int16_t *pcm, size_t n)
{
    int  done;

    done = opus_decode(de->opus, NULL, 0, pcm, (int) n, 0);

    if (done < (int) n) {
        done = WZP_MAX(done, 0);
        memset(pcm + done, 0, (n - (size_t) done) * sizeof(int16_t));
    }
}


bool
cl_decoder_recover(cl_decoder_t *de, const uint8_t *data, size_t len,
    uint32_t key, size_t gap, int16_t *pcm, size_t n)
{
    int  end;

    if (!de->dred_valid || de->dred_key != key) {
        de->dred_valid = true;
        de->dred_key = key;
        de->dred_reach = opus_dred_parse(de->dred_opus, de->dred, data,
                                         (opus_int32) len, CL_DRED_MAX,
                                         CL_RATE_HZ, &end, 0);
    }

    if (de->dred_reach <= 0 || (size_t) de->dred_reach < gap) {
        return false;
    }

    return opus_decoder_dred_decode(de->opus, de->dred, (opus_int32) gap, pcm,
                                    (opus_int32) n) == (int) n;
}
