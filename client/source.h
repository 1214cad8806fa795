/*
 * What is sent: a tone or a sound file, frame by frame.
 */

#ifndef _SOURCE_H_INCLUDED_
#define _SOURCE_H_INCLUDED_


#include "options.h"


typedef struct cl_source_s  cl_source_t;


/* The source that the options name; *src is NULL when there is none.  CL_IO,
 * CL_INTERNAL, said. */
cl_exit_t cl_source_create(cl_source_t **src, const cl_options_t *op);
void cl_source_destroy(cl_source_t *src);

/* n samples, the last frame filled up with silence.  False: it is over, and
 * nothing was written. */
bool cl_source_read(cl_source_t *src, int16_t *pcm, size_t n);


#endif /* _SOURCE_H_INCLUDED_ */
