/*
 * What is sent: a tone, a sound file or a microphone, frame by frame.
 */

#ifndef _SOURCE_H_INCLUDED_
#define _SOURCE_H_INCLUDED_


#include "options.h"


#define CL_TONE_HZ          440         /* PROTOCOL 11.1 */
#define CL_TONE_PERIOD      (CL_RATE_HZ / 40)   /* samples: 11 whole waves   */
#define CL_TONE_MARK        CL_RATE_HZ  /* samples from one mark to the next,
                                           where its phase turns over        */


typedef struct cl_source_s  cl_source_t;


/* The source that the options name; *src is NULL when there is none.  CL_IO,
 * CL_INTERNAL, said. */
cl_exit_t cl_source_create(cl_source_t **src, const cl_options_t *op);
void cl_source_destroy(cl_source_t *src);

/* n samples, the last frame filled up with silence.  False: it is over, and
 * nothing was written. */
bool cl_source_read(cl_source_t *src, int16_t *pcm, size_t n);

/* A microphone: its clock says when a frame is there, and not ours. */
bool cl_source_live(const cl_source_t *src);

/* Samples that can be read now; SIZE_MAX for tones and files. */
size_t cl_source_ready(const cl_source_t *src);

/* Live: what the microphone heard, processed in place as the options say, is
 * there to be read; delay as for cl_chain_delay.  What nobody reads is lost. */
void cl_source_feed(cl_source_t *src, int16_t pcm[CL_TICK_SAMPLES],
    size_t delay);

/* Live: what is played, of which an echo may be heard. */
void cl_source_far(cl_source_t *src, const int16_t pcm[CL_TICK_SAMPLES]);

/* Peak of the last 100 ms that were read or fed, in dBFS; CL_SILENCE_DB: nothing. */
float cl_source_level(const cl_source_t *src);


#endif /* _SOURCE_H_INCLUDED_ */
