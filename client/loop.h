/*
 * The event loop: one link or two, signals, lines from the terminal, and
 * whoever wants to do something at a certain time.
 */

#ifndef _LOOP_H_INCLUDED_
#define _LOOP_H_INCLUDED_


#include "audio.h"
#include "link.h"


typedef struct {
    cl_link_t  *ln;
    cl_link_t  *also;                   /* a second one; NULL: none          */
    cl_audio_t *audio;                  /* NULL: none                        */
    int         sigfd;
    int         input;                  /* to read from; -1: none            */
    bool        done;                   /* set it to leave the loop          */

    /* Do what is due; returns when to be called next. */
    uint64_t  (*turn)(void *ctx, uint64_t now_ns);

    /* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2; see also cl_loop_screen. */
    void      (*signal)(void *ctx, int signo, uint64_t now_ns);

    /* There is something to read. */
    void      (*read)(void *ctx, uint64_t now_ns);
    void       *ctx;
} cl_loop_t;


/* Take the signals.  Before any thread is made.  CL_INTERNAL, said. */
cl_exit_t cl_loop_init(cl_loop_t *lp);

/* Catch those of a terminal that is painted on as well: SIGWINCH, SIGTSTP and
 * SIGCONT.  As cl_loop_init. */
cl_exit_t cl_loop_screen(cl_loop_t *lp);

void cl_loop_run(cl_loop_t *lp);
void cl_loop_done(cl_loop_t *lp);


#endif /* _LOOP_H_INCLUDED_ */
