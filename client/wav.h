/*
 * Sound files: anything that libsndfile reads comes in as 48 kHz mono, and
 * 48 kHz mono goes out, as WAV or raw (.raw, .pcm: signed 16 bit little
 * endian, PROTOCOL 11.1).
 */

#ifndef _WAV_H_INCLUDED_
#define _WAV_H_INCLUDED_


#include "client.h"


typedef struct cl_wav_in_s   cl_wav_in_t;
typedef struct cl_wav_out_s  cl_wav_out_t;


/* NULL after saying why (CL_IO). */
cl_wav_in_t *cl_wav_open(const char *path);
void cl_wav_close(cl_wav_in_t *in);

/* Up to n samples; fewer only at the end.  A file that goes bad on the way
 * ends there, said. */
size_t cl_wav_read(cl_wav_in_t *in, int16_t *pcm, size_t n);


/* Create or overwrite.  NULL after saying why (CL_IO). */
cl_wav_out_t *cl_wav_create(const char *path);

/* False when the disk is full or broken; said once. */
bool cl_wav_write(cl_wav_out_t *out, const int16_t *pcm, size_t n);

/* Samples so far. */
uint64_t cl_wav_count(const cl_wav_out_t *out);

/* Complete the file.  False as cl_wav_write. */
bool cl_wav_finish(cl_wav_out_t *out);


#endif /* _WAV_H_INCLUDED_ */
