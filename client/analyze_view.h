/*
 * The analyzer's table on a terminal.  Ends with q.
 */

#ifndef _ANALYZE_VIEW_H_INCLUDED_
#define _ANALYZE_VIEW_H_INCLUDED_


#include "analyze.h"
#include "loop.h"


typedef struct cl_analyze_view_s  cl_analyze_view_t;


/* Take the screen; the loop reads the terminal and has been told to catch its
 * signals.  title and relay are borrowed.  NULL: no memory, or no terminal
 * for it. */
cl_analyze_view_t *cl_analyze_view_create(cl_loop_t *lp, const char *title,
    const char *relay);

/* Give it back.  vw may be NULL. */
void cl_analyze_view_destroy(cl_analyze_view_t *vw);

/* Paint when it is time; returns when to be called again. */
uint64_t cl_analyze_view_turn(cl_analyze_view_t *vw, const cl_analyze_t *an,
    uint64_t now_ns);

/* The terminal has something to read.  True: the person wants to leave. */
bool cl_analyze_view_read(cl_analyze_view_t *vw);

/* True: the signal was the view's. */
bool cl_analyze_view_signal(cl_analyze_view_t *vw, int signo);


#endif /* _ANALYZE_VIEW_H_INCLUDED_ */
