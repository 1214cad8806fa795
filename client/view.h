/*
 * The terminal view: a screen that shows how the call goes, and keys.  Where
 * there is none, lines are said as ever (say.h).
 *
 *   view.c        what is shown when, and what keys do
 *   view_screen.c taken, stopped, fitted, painted, in the client's loop
 *   view_fill.c   call -> state         view_state.h
 *   view_draw.c   state -> cells        view_grid.h
 *   view_term.c   cells -> terminal     ncurses
 *   view_key.c    terminal -> keys
 */

#ifndef _VIEW_H_INCLUDED_
#define _VIEW_H_INCLUDED_


#include "loop.h"
#include "view_fill.h"


typedef struct cl_view_s  cl_view_t;


/* What is not done here. */
typedef enum {
    CL_VIEW_QUIT = 0,
    CL_VIEW_HANG_UP,
    CL_VIEW_ANSWER,
    CL_VIEW_TURN_AWAY
} cl_view_wish_t;


/* A terminal, nothing else is wanted, and not --plain. */
bool cl_view_wanted(const cl_options_t *op);

/*
 * Take the screen.  The loop reads the terminal from now on, and has been told
 * to catch the signals of one (cl_loop_screen).  NULL: there is no memory, or
 * the terminal cannot do it.
 */
cl_view_t *cl_view_create(cl_loop_t *lp);

/* Give the screen back, and say again what was said meanwhile.  vw may be
 * NULL. */
void cl_view_destroy(cl_view_t *vw);

/* Paint what has changed; returns when to be called again. */
uint64_t cl_view_turn(cl_view_t *vw, const cl_view_subject_t *su,
    uint64_t now_ns);

/* The terminal has something to read.  Wishes are told one by one. */
void cl_view_read(cl_view_t *vw, const cl_view_subject_t *su, uint64_t now_ns,
    void (*wish)(void *ctx, cl_view_wish_t what, uint64_t now_ns), void *ctx);

/* True: the signal was the view's. */
bool cl_view_signal(cl_view_t *vw, int signo);


#endif /* _VIEW_H_INCLUDED_ */
