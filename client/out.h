/*
 * Standard output and standard error, as bytes.  Nobody waits for a reader
 * while a loop runs: what is not taken at once is kept, and what does not fit
 * any more is left out, a line at a time.
 */

#ifndef _OUT_H_INCLUDED_
#define _OUT_H_INCLUDED_


#include <poll.h>

#include "client.h"


typedef enum {
    CL_OUT,
    CL_OUT_ERR,
    CL_OUT_N
} cl_out_to_t;


/* One line, or a part of a terminal's line, as a whole. */
void cl_out_print(cl_out_to_t to, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Signals are blocked from now on, so writing must not be. */
void cl_out_keep(void);

/* A loop runs: nothing waits.  Else a reader has a second to take something
 * before he is given up. */
void cl_out_live(bool live);

/* Is something kept? */
bool cl_out_busy(cl_out_to_t to);

/* What to wait for until more can be written; returns how many, at most
 * CL_OUT_N. */
size_t cl_out_fds(struct pollfd *fds);

/* Write what can be; returns how many lines had to be left out, each told
 * once, as soon as all before them is written. */
uint64_t cl_out_turn(void);

/* The end: how many lines of standard output were not taken; returns the errno
 * it failed with, or 0.  A reader that has gone is no failure. */
int cl_out_end(uint64_t *lines);


#endif /* _OUT_H_INCLUDED_ */
