/*
 * A screen in the client's loop: it is taken and given back, stopped and
 * continued with the job, fits the terminal, and has keys.  What is on it is
 * its owner's.
 */

#ifndef _VIEW_SCREEN_H_INCLUDED_
#define _VIEW_SCREEN_H_INCLUDED_


#include "loop.h"
#include "view_grid.h"
#include "view_key.h"


typedef struct {
    cl_loop_t  *lp;
    bool        away;                   /* stopped, or in the background     */
    bool        fresh;                  /* what the terminal shows is unknown */
    cl_grid_t   now;                    /* to be drawn                       */
    cl_grid_t   before;                 /* what it shows                     */
} cl_screen_t;


/*
 * Take the terminal.  The loop reads it from now on, and has been told to catch
 * the signals of one (cl_loop_screen).  False: the terminal cannot do it.
 */
bool cl_screen_open(cl_screen_t *sc, cl_loop_t *lp);

/* Give it back as it was. */
void cl_screen_close(cl_screen_t *sc);

/* The terminal is another job's; it is taken again if it is ours again: who
 * goes to the foreground without having been stopped gets no signal. */
bool cl_screen_away(cl_screen_t *sc);

/* What shall be shown, as large as the terminal, with anything on it.  NULL: it
 * takes nothing now; it gets the next picture. */
cl_grid_t *cl_screen_draw(cl_screen_t *sc);
void cl_screen_show(cl_screen_t *sc);

/* Ctrl-L: whatever the terminal shows, show all of it. */
void cl_screen_redraw(cl_screen_t *sc);

/* The keys that have been pressed; -1: the terminal is gone. */
int cl_screen_keys(cl_screen_t *sc, int keys[CL_KEYS_MAX]);

/* True: the signal was the screen's, which now wants to be painted. */
bool cl_screen_signal(cl_screen_t *sc, int signo);


#endif /* _VIEW_SCREEN_H_INCLUDED_ */
