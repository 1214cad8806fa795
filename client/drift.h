/*
 * How much faster or slower one clock runs than another, measured by packets
 * that carry the time of one and arrive by the other.  What is late says
 * nothing about clocks: of each span of time only the earliest packet counts,
 * and of the slopes between all of these the median (Theil and Sen).
 */

#ifndef _DRIFT_H_INCLUDED_
#define _DRIFT_H_INCLUDED_


#include "client.h"


#define CL_DRIFT_SPANS      240         /* even: they are merged in pairs    */
#define CL_DRIFT_SPAN_NS    (100 * WZP_MS)      /* at first */


typedef struct {
    bool    known;                      /* enough packets                    */
    double  ppm;                        /* > 0: arrivals run behind          */
    double  low_ppm;                    /* nine of ten estimates from other  */
    double  high_ppm;                   /*   packets would lie between these */
    double  seconds;                    /* from the first to the last        */
} cl_drift_result_t;


typedef struct {
    bool    used;
    double  sent;                       /* s, by the sender's clock          */
    double  delay;                      /* s, the least                      */
} cl_drift_span_t;


typedef struct {
    bool             started;
    uint64_t         first_ns;          /* sent, and arrived                 */
    uint64_t         zero_ns;
    double           last;              /* s, sent                           */
    uint64_t         packets;
    uint64_t         span_ns;
    cl_drift_span_t  spans[CL_DRIFT_SPANS];
} cl_drift_t;


void cl_drift_init(cl_drift_t *dr);

/* A packet that was sent then, by one clock, and arrived then, by the other.
 * In any order; before the first is not possible. */
void cl_drift_put(cl_drift_t *dr, uint64_t sent_ns, uint64_t arrived_ns);

/* O(CL_DRIFT_SPANS^2). */
void cl_drift_result(const cl_drift_t *dr, cl_drift_result_t *rs);


#endif /* _DRIFT_H_INCLUDED_ */
