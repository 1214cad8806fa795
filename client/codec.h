/*
 * Opus, both ways: the encoder with deep redundancy (DRED), the decoder with
 * deep packet loss concealment.  PROTOCOL 6.2 and 6.4.
 */

#ifndef _CODEC_H_INCLUDED_
#define _CODEC_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_packet.h"


#define CL_CONCEAL_MAX_MS   100         /* of guessing in a row              */


typedef struct cl_encoder_s  cl_encoder_t;
typedef struct cl_decoder_s  cl_decoder_t;


/* Is this one of the Opus codecs of PROTOCOL 3.2? */
bool cl_codec_is_opus(wzp_codec_t codec);


/* NULL: no memory. */
cl_encoder_t *cl_encoder_create(void);
void cl_encoder_destroy(cl_encoder_t *en);

/* Bit rate and redundancy of this codec from the next frame on. */
void cl_encoder_set(cl_encoder_t *en, wzp_codec_t codec);

/* One frame of n samples (20 or 40 ms).  Bytes written, 0 on error. */
size_t cl_encoder_frame(cl_encoder_t *en, const int16_t *pcm, size_t n,
    uint8_t *out, size_t size);


/* NULL: no memory. */
cl_decoder_t *cl_decoder_create(void);
void cl_decoder_destroy(cl_decoder_t *de);

/* Samples in an Opus packet, 0 if it is none. */
size_t cl_decoder_samples(const uint8_t *data, size_t len);

/* Decode one packet.  Samples written to pcm (CL_FRAME_MAX), 0 if it is bad. */
size_t cl_decoder_frame(cl_decoder_t *de, wzp_codec_t codec,
    const uint8_t *data, size_t len, int16_t *pcm);

/* n samples of what might have come. */
void cl_decoder_conceal(cl_decoder_t *de, int16_t *pcm, size_t n);

/*
 * n samples out of the redundancy of a later packet, which starts `gap`
 * samples after them; key tells packets apart.  False when it does not reach
 * back so far.
 */
bool cl_decoder_recover(cl_decoder_t *de, const uint8_t *data, size_t len,
    uint32_t key, size_t gap, int16_t *pcm, size_t n);


#endif /* _CODEC_H_INCLUDED_ */
