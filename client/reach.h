/*
 * Be reachable: a registration at a relay ("_signal", PROTOCOL 7.6), over as
 * many connections as it takes.  What is said there is for somebody else.
 */

#ifndef _REACH_H_INCLUDED_
#define _REACH_H_INCLUDED_


#include "ident_file.h"
#include "link.h"


typedef enum {
    CL_REACH_CONNECT = 0,               /* the link is at it                 */
    CL_REACH_REGISTER,                  /* waits for the relay's word        */
    CL_REACH_IN,
    CL_REACH_WAIT,                      /* before the next attempt           */
    CL_REACH_LEAVE,                     /* what was sent is on its way       */
    CL_REACH_OVER
} cl_reach_state_t;


typedef struct {
    void  (*registered)(void *ctx);     /* each time                         */
    void  (*signal)(void *ctx, const wzp_signal_t *sg);
    void  (*lost)(void *ctx);           /* it will be tried again; or NULL   */
} cl_reach_events_t;


typedef struct {
    const cl_options_t  *op;
    const cl_me_t       *me;
    cl_reach_events_t    ev;
    void                *ctx;
    cl_link_t           *ln;

    cl_reach_state_t     state;
    cl_exit_t            status;        /* OVER: why, and it was said        */
    bool                 extended;      /* the relay knows our extensions    */
    bool                 known;         /* was registered once               */
    unsigned             attempt;
    uint64_t             until_ns;      /* REGISTER, LEAVE: give up; WAIT:
                                           dial                              */
    uint64_t             entered_ns;
    uint64_t             lost_ns;
} cl_reach_t;


/* Dial and register.  op and me must outlive it.  Said. */
cl_exit_t cl_reach_create(cl_reach_t **re, const cl_options_t *op,
    const cl_me_t *me, const cl_reach_events_t *ev, void *ctx);
void cl_reach_destroy(cl_reach_t *re);

/* Send a signal; what cannot be sent is lost with the registration. */
void cl_reach_send(cl_reach_t *re, const wzp_signal_t *sg);

/* Go, as soon as everything that was sent has arrived. */
void cl_reach_leave(cl_reach_t *re, uint64_t now_ns);

/* Timers; returns the next. */
uint64_t cl_reach_turn(cl_reach_t *re, uint64_t now_ns);


#endif /* _REACH_H_INCLUDED_ */
