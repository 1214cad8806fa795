/*
 * Opus and Codec2, both ways.  Opus with what it has against loss: in-band FEC,
 * deep redundancy (DRED), deep packet loss concealment.  PROTOCOL 6.2 and 6.4.
 */

#ifndef _CODEC_H_INCLUDED_
#define _CODEC_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_plan.h"


#define CL_CONCEAL_MAX_MS   100         /* of guessing in a row              */


typedef struct cl_encoder_s  cl_encoder_t;
typedef struct cl_decoder_s  cl_decoder_t;


/* Is this one of the Opus codecs of PROTOCOL 3.2? */
bool cl_codec_is_opus(wzp_codec_t codec);

/* Or one of Codec2, which we speak as well? */
bool cl_codec_known(wzp_codec_t codec);


/* NULL: no memory. */
cl_encoder_t *cl_encoder_create(void);
void cl_encoder_destroy(cl_encoder_t *en);

/* Shall Opus save packets in silence? */
void cl_encoder_dtx(cl_encoder_t *en, bool on);

/* Codec, bit rate and redundancy from the next frame on. */
void cl_encoder_plan(cl_encoder_t *en, const wzp_plan_t *plan);

/* One frame of the codec's n samples (20 or 40 ms).  Bytes written, 0 on error. */
size_t cl_encoder_frame(cl_encoder_t *en, const int16_t *pcm, size_t n,
    uint8_t *out, size_t size);

/* Opus, with DTX: the last frame is silence, and need not be sent. */
bool cl_encoder_silent(const cl_encoder_t *en);


/* NULL: no memory. */
cl_decoder_t *cl_decoder_create(void);
void cl_decoder_destroy(cl_decoder_t *de);

/* Samples in a packet of this codec, 0 if it is none. */
size_t cl_decoder_samples(wzp_codec_t codec, const uint8_t *data, size_t len);

/* Decode one packet of any codec; a change is faded.  Samples written to pcm
 * (CL_FRAME_MAX), 0 if it is bad. */
size_t cl_decoder_frame(cl_decoder_t *de, wzp_codec_t codec,
    const uint8_t *data, size_t len, int16_t *pcm);

/* n samples of what might have come. */
void cl_decoder_conceal(cl_decoder_t *de, int16_t *pcm, size_t n);

/* Samples before this packet that its redundancy reaches back; key as below. */
size_t cl_decoder_reach(cl_decoder_t *de, wzp_codec_t codec,
    const uint8_t *data, size_t len, uint32_t key);

/*
 * n samples out of the redundancy of a later packet, which starts `gap`
 * samples after them; key tells packets apart.  False when it does not reach
 * back so far.
 */
bool cl_decoder_recover(cl_decoder_t *de, const uint8_t *data, size_t len,
    uint32_t key, size_t gap, int16_t *pcm, size_t n);

/*
 * n samples out of the in-band FEC of the packet that follows directly.  False
 * when it has none.
 */
bool cl_decoder_fec(cl_decoder_t *de, wzp_codec_t codec, const uint8_t *data,
    size_t len, int16_t *pcm, size_t n);


#endif /* _CODEC_H_INCLUDED_ */
