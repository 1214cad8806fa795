/*
 * Silence: which frames need not be sent, and how loud it is meanwhile.
 * PROTOCOL 6.3.
 */

#ifndef _SILENCE_H_INCLUDED_
#define _SILENCE_H_INCLUDED_


#include "client.h"


typedef enum {
    CL_SILENCE_SPEAK = 0,               /* encode it, and ask once more      */
    CL_SILENCE_NOISE,                   /* a comfort noise packet instead    */
    CL_SILENCE_NOTHING                  /* nothing at all                    */
} cl_silence_what_t;


/* Caller memory, all zero at first. */
typedef struct {
    unsigned  quiet;                    /* frames in a row                   */
    unsigned  left_out;                 /* frames in a row                   */
    float     rms;                      /* of the frame in hand              */
    float     floor;                    /* of silence, smoothed              */
} cl_silence_t;


/* The next frame: by its sound. */
cl_silence_what_t cl_silence_frame(cl_silence_t *si, const int16_t *pcm,
    size_t n);

/* The same frame, which was to be spoken: by what the encoder made of it. */
cl_silence_what_t cl_silence_encoded(cl_silence_t *si, bool silent);

/* A pause of another kind ended: nothing is known. */
void cl_silence_reset(cl_silence_t *si);

/* Peak of uniform noise as loud as the silence, at most 255. */
uint8_t cl_silence_level(const cl_silence_t *si);


#endif /* _SILENCE_H_INCLUDED_ */
