/*
 * What is done to the microphone's sound before it is sent: echo cancellation,
 * gain control, noise suppression, by speexdsp and RNNoise.  48 kHz, ten
 * milliseconds at a time; nothing is allocated once it was made.
 */

#ifndef _CHAIN_H_INCLUDED_
#define _CHAIN_H_INCLUDED_


#include "client.h"


typedef struct cl_chain_s  cl_chain_t;


typedef struct {
    bool  aec;                          /* echo of what was played           */
    bool  agc;                          /* as loud as others                 */
    bool  ns;                           /* noise                             */
} cl_chain_conf_t;


/* Without any step it changes nothing.  NULL: no memory. */
cl_chain_t *cl_chain_create(const cl_chain_conf_t *conf);
void cl_chain_destroy(cl_chain_t *ch);

/* Handed to the loudspeaker. */
void cl_chain_far(cl_chain_t *ch, const int16_t pcm[CL_TICK_SAMPLES]);

/*
 * Before cl_chain_near, if the devices know: so many samples lie in them, some
 * that will be played and some that were heard, but not yet handed over.
 */
void cl_chain_delay(cl_chain_t *ch, size_t samples);

/* Heard by the microphone; in place. */
void cl_chain_near(cl_chain_t *ch, int16_t pcm[CL_TICK_SAMPLES]);


#endif /* _CHAIN_H_INCLUDED_ */
