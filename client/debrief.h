/*
 * The report after a call, for whoever shall find out what was wrong with it
 * (--report): a ZIP file with both sounds, their levels, statistics, the log,
 * and what is about the program.  No keys are in it.
 */

#ifndef _DEBRIEF_H_INCLUDED_
#define _DEBRIEF_H_INCLUDED_


#include "ident_file.h"
#include "options.h"


typedef struct cl_debrief_s  cl_debrief_t;


/* Keep what is said, from now on.  CL_INTERNAL, said. */
cl_exit_t cl_debrief_start(void);
void cl_debrief_stop(void);

/*
 * A call begins; one at a time.  It will be reported in op->report, whose
 * directory can be written, or CL_IO; said.  op and me must outlive it.
 */
cl_exit_t cl_debrief_create(cl_debrief_t **db, const cl_options_t *op,
    const cl_me_t *me);
void cl_debrief_destroy(cl_debrief_t *db);

/* Sound that is heard, and sent. */
void cl_debrief_heard(cl_debrief_t *db, const int16_t *pcm, size_t n);
void cl_debrief_sent(void *db, const int16_t *pcm, size_t n);

/* The call is over and its closing event was told: write the file, whole or
 * not at all.  CL_IO, said. */
cl_exit_t cl_debrief_finish(cl_debrief_t *db);


#endif /* _DEBRIEF_H_INCLUDED_ */
