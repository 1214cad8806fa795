/*
 * --metrics-file: how the call is going, a line a second.  PROTOCOL 11.1; what
 * is ours stands at the end of the line.
 */

#ifndef _METRICS_H_INCLUDED_
#define _METRICS_H_INCLUDED_


#include "call.h"


/* CL_IO, CL_INTERNAL, said; *mt is NULL then. */
cl_exit_t cl_metrics_create(cl_metrics_t **mt, const char *path);
void cl_metrics_destroy(cl_metrics_t *mt);

/* Write a line if it is time; returns when the next one is due. */
uint64_t cl_metrics_turn(cl_metrics_t *mt, const cl_call_t *cl,
    uint64_t now_ns);


#endif /* _METRICS_H_INCLUDED_ */
