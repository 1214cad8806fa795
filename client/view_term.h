/*
 * The terminal of the view: the only file that knows ncurses.  A process has
 * one terminal, and so there is no object.
 */

#ifndef _VIEW_TERM_H_INCLUDED_
#define _VIEW_TERM_H_INCLUDED_


#include "view_grid.h"


/* Standard input and output are a terminal that can be painted on, and is ours
 * now. */
bool cl_term_able(void);

/* Take the screen.  False: it cannot be done, and nothing has happened. */
bool cl_term_open(void);

/* Give it back as it was.  May be called when it is not taken. */
void cl_term_close(void);

/* Ctrl-Z and what follows: give it back for a while, take it again. */
void cl_term_leave(void);
void cl_term_return(void);

/* We may write and read: no other job has the terminal now. */
bool cl_term_is_ours(void);

/* The terminal's size as it is now; a change is taken over. */
void cl_term_size(unsigned *rows, unsigned *cols);

/* It shows more than ASCII. */
bool cl_term_utf8(void);

/* It takes what is written at once: a stalled one shall not stop a call. */
bool cl_term_ready(void);

/* Show the grid; before: what is on the screen, NULL: unknown. */
void cl_term_show(const cl_grid_t *gr, const cl_grid_t *before);

void cl_term_bell(void);


#endif /* _VIEW_TERM_H_INCLUDED_ */
