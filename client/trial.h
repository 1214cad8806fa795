/*
 * A test by a real call: the tone is sent through everything that a voice goes
 * through, to a relay that sends it back (wzp_mode echo), and each packet that
 * comes is matched with the one that went.  What is made of that, a test mode
 * decides.
 */

#ifndef _TRIAL_H_INCLUDED_
#define _TRIAL_H_INCLUDED_


#include "call.h"
#include "grade.h"
#include "loop.h"


/* A packet that left. */
typedef struct {
    bool      used;
    bool      back;
    uint64_t  index;                    /* 0, 1, ...                         */
    uint64_t  at;                       /* samples of the tone before it     */
    uint64_t  sent_ns;
} cl_trial_sent_t;


typedef struct cl_trial_s  cl_trial_t;

/* NULL: nobody wants to know. */
typedef struct {
    void (*sent)(void *ctx, const cl_trial_sent_t *ts);

    /* For the first time. */
    void (*back)(void *ctx, const cl_trial_sent_t *ts, const wzp_packet_t *pk,
                 uint64_t now_ns);

    void (*heard)(void *ctx, const int16_t *pcm);

    /* Samples of the tone that were spoken until now. */
    void (*spoken)(void *ctx, uint64_t samples, uint64_t now_ns);

    /* Now and then. */
    void (*turn)(void *ctx, uint64_t now_ns);

    /* Something came back, and no more will. */
    void (*over)(void *ctx);
} cl_trial_events_t;


struct cl_trial_s {
    cl_loop_t                 loop;
    cl_call_t                *cl;
    cl_tap_t                  tap;
    cl_options_t              op;       /* with the tone                     */
    const cl_trial_events_t  *ev;
    void                     *ctx;

    uint64_t                  sent;     /* packets                           */
    uint64_t                  back;
    uint64_t                  twice;
    uint64_t                  first_ns; /* when the first one left           */
    uint64_t                  over_ns;  /* when the last one did; 0: not yet */
    uint64_t                  samples;  /* spoken                            */
    uint64_t                  frames;
    uint16_t                  next_seq;
    bool                      mute;     /* nothing came back: given up       */

    cl_trial_sent_t           log[65536];       /* by number                 */
};


/*
 * Call, test, hang up.  tr is memory for it, about 2 MB.  CL_OK though what
 * was measured may be bad, or CL_VERDICT when nothing came back; else why
 * there was no call.  All of that is said.
 */
cl_exit_t cl_trial_run(cl_trial_t *tr, const cl_options_t *op,
    const cl_trial_events_t *ev, void *ctx);


#endif /* _TRIAL_H_INCLUDED_ */
