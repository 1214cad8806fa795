/*
 * Sound that is kept while a call goes on, the last ten minutes of it, in a
 * file that has no name; and how loud all of it was.
 */

#ifndef _SPOOL_H_INCLUDED_
#define _SPOOL_H_INCLUDED_


#include "client.h"


#define CL_SPOOL_BLOCK      4800        /* samples: 100 ms                   */
#define CL_SPOOL_BLOCKS     6000        /* kept: 10 minutes                  */
#define CL_SPOOL_FLOOR      96          /* dB below full scale: silence      */


typedef struct {
    int       fd;
    int       error;                    /* errno; nothing is kept since      */
    uint64_t  start_ns;                 /* of the first sample; 0: none      */
    uint64_t  blocks;                   /* whole ones, all                   */
    size_t    have;                     /* samples of the next one           */
    int16_t   block[CL_SPOOL_BLOCK];
    float     level[CL_SPOOL_BLOCKS];   /* dBFS of blocks that are kept      */
    uint64_t  histogram[CL_SPOOL_FLOOR + 1];    /* blocks by dB below full   */
} cl_spool_t;


/* The file is in the directory of this one, where there has to be room.
 * CL_IO, said. */
cl_exit_t cl_spool_open(cl_spool_t *sp, const char *beside);
void cl_spool_close(cl_spool_t *sp);

/* A disk that is full ends what is kept; see sp->error. */
void cl_spool_write(cl_spool_t *sp, const int16_t *pcm, size_t n,
    uint64_t now_ns);

/* The last samples: no more are written. */
void cl_spool_finish(cl_spool_t *sp);

/* The first block that is kept. */
uint64_t cl_spool_first(const cl_spool_t *sp);

/* What is kept as a WAV file: its bytes, and some of them.  0: the end, or
 * they cannot be read (errno). */
uint64_t cl_spool_size(const cl_spool_t *sp);
size_t cl_spool_read(const cl_spool_t *sp, uint64_t at, uint8_t *buf,
    size_t len);


#endif /* _SPOOL_H_INCLUDED_ */
