/*
 * From a call to what the view shows of it.
 */

#ifndef _VIEW_FILL_H_INCLUDED_
#define _VIEW_FILL_H_INCLUDED_


#include "call.h"
#include "view_state.h"


/* What there is to be seen; strings are borrowed. */
typedef struct {
    cl_call_t   *cl;                    /* NULL: none at the moment          */
    const char  *title;                 /* without one, and the next         */
    const char  *relay;
    const char  *name;                  /* ours                              */
    const char  *caller;                /* wants an answer; NULL: nobody     */
    bool         phone;
} cl_view_subject_t;


/* How one stream has been heard of late. */
typedef struct {
    uint16_t  id;
    uint64_t  expected;
    uint64_t  missing;
    uint64_t  played;
    uint64_t  guessed;
    double    loss_pct;
    double    guessed_pct;
} cl_view_heard_t;


/* Somebody in the list. */
typedef struct {
    uint16_t  id;                       /* of the stream; 0: unknown         */
    char      fp[WZP_FP_TEXT_LEN + 1];
    int       stream;                   /* of the playout; -1: none          */
} cl_view_who_t;


typedef struct {
    uint64_t         look_ns;           /* at heard: next time               */
    cl_view_heard_t  heard[CL_STREAMS_MAX];
    cl_view_who_t    who[CL_VIEW_PEOPLE];       /* as vs->people             */
    cl_view_who_t    chosen;
} cl_view_fill_t;


/* Everything but help and messages. */
void cl_view_fill(cl_view_fill_t *vf, cl_view_state_t *vs,
    const cl_view_subject_t *su, uint64_t now_ns);

/* Choose the one above or below. */
void cl_view_choose(cl_view_fill_t *vf, const cl_view_state_t *vs, int step);


#endif /* _VIEW_FILL_H_INCLUDED_ */
