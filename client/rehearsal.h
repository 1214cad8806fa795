/*
 * A call without a network and without waiting: the test tone through encoder,
 * packets, a line that loses and delays them, jitter buffer and decoder, in
 * virtual time.  The same seed gives the same fate.
 */

#ifndef _REHEARSAL_H_INCLUDED_
#define _REHEARSAL_H_INCLUDED_


#include "playout.h"
#include "tone.h"


/* What the line does. */
typedef struct {
    double    loss;                     /* 0 .. 1                            */
    double    burst;                    /* mean length in packets, >= 1      */
    unsigned  jitter_ms;                /* delays from 0 to this             */
    unsigned  stall_ms;                 /* every two seconds all stands still */
    uint32_t  seed;
} cl_line_t;


typedef struct {
    uint64_t            sent;           /* packets                           */
    uint64_t            lost;           /* by the line                       */
    cl_stream_stats_t   st;
    wzp_jitter_stats_t  jt;
    unsigned            marks;          /* that were heard                   */
    double              delay_ms;       /* mouth to ear: median, and worst   */
    double              delay_max_ms;
    cl_tone_result_t    tone;
    uint64_t            cpu_ns;         /* of receiving and playing          */
} cl_rehearsal_result_t;


typedef struct cl_rehearsal_s  cl_rehearsal_t;

/* Encode so many seconds.  NULL: no memory, said. */
cl_rehearsal_t *cl_rehearsal_create(const wzp_plan_t *plan, double seconds);
void cl_rehearsal_destroy(cl_rehearsal_t *rh);

/* What encoding took. */
uint64_t cl_rehearsal_cpu(const cl_rehearsal_t *rh);

/* Send it over a line, and listen with these settings.  CL_INTERNAL, said. */
cl_exit_t cl_rehearsal_run(const cl_rehearsal_t *rh, const cl_line_t *line,
    const wzp_jitter_conf_t *delay, cl_rehearsal_result_t *rs);

/* Processor time of this thread. */
uint64_t cl_rehearsal_clock(void);

/* From now on Ctrl-C, SIGTERM and SIGHUP do not kill: see cl_asked. */
void cl_rehearsal_catch(void);


#endif /* _REHEARSAL_H_INCLUDED_ */
