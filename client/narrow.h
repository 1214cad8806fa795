/*
 * Codec2, both ways: speech at 8 kHz, resampled from and to our 48.  The delay
 * is constant, and nothing is allocated once it was made.
 */

#ifndef _NARROW_H_INCLUDED_
#define _NARROW_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_packet.h"


typedef struct cl_narrow_s  cl_narrow_t;


/* Is this one of the Codec2 modes of PROTOCOL 3.2? */
bool cl_narrow_codec(wzp_codec_t codec);

/* Bytes and samples (48 kHz) of a frame. */
size_t cl_narrow_bytes(wzp_codec_t codec);
size_t cl_narrow_samples(wzp_codec_t codec);


/* For one direction only: to encode, or to decode.  NULL: no memory. */
cl_narrow_t *cl_narrow_create(bool encoder);
void cl_narrow_destroy(cl_narrow_t *na);

/* cl_narrow_samples in, cl_narrow_bytes out. */
void cl_narrow_encode(cl_narrow_t *na, wzp_codec_t codec, const int16_t *pcm,
    uint8_t *out);

/* The other way. */
void cl_narrow_decode(cl_narrow_t *na, wzp_codec_t codec, const uint8_t *data,
    int16_t *pcm);

/* n samples of how it might go on, fading; silence if there was nothing. */
void cl_narrow_conceal(cl_narrow_t *na, int16_t *pcm, size_t n);


#endif /* _NARROW_H_INCLUDED_ */
