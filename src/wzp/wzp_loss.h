/*
 * Share of packets that are lost and mean length of the holes, from rising
 * 16-bit numbers.  A receiver puts the sequence numbers that arrive; a sender
 * the numbers of its datagrams that QUIC says were acknowledged or lost.  Old
 * numbers fade away; no clock of its own.
 */

#ifndef _WZP_LOSS_H_INCLUDED_
#define _WZP_LOSS_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_LOSS_SPAN       128         /* numbers after which one counts for
                                           1/e                               */
#define WZP_LOSS_WAIT       16          /* later numbers until one is lost   */
#define WZP_LOSS_WAIT_MAX   62
#define WZP_LOSS_AGE_NS     (500 * WZP_MS)  /* or so long after the last     */
#define WZP_LOSS_HOLE_MAX   32          /* a hole counts as so many: what is
                                           longer is an outage               */
#define WZP_LOSS_AHEAD      3000        /* further on: another sender        */


/* Read by the functions below only. */
typedef struct {
    bool      started;
    uint8_t   wait;
    uint16_t  top;                      /* newest                            */
    uint8_t   pending;                  /* numbers below, top included, that
                                           are not judged                    */
    uint64_t  seen;                     /* bit i: top - i came               */
    uint64_t  gone;                     /* bit i: and this will not          */
    uint64_t  put_ns;
    unsigned  hole;                     /* length of the one at the end of
                                           what is judged                    */
    float     total;                    /* faded sums: numbers, lost ones,   */
    float     lost;                     /*   and holes                       */
    float     holes;
} wzp_loss_t;


/* wait: so many later numbers make one lost, at most WZP_LOSS_WAIT_MAX. */
void wzp_loss_init(wzp_loss_t *lm, unsigned wait);

/* Another run of numbers; what was measured stays. */
void wzp_loss_restart(wzp_loss_t *lm);

/* This number came; this one is known to be lost.  Repeats and what is too
 * late change nothing. */
void wzp_loss_put(wzp_loss_t *lm, uint16_t seq, uint64_t now_ns);
void wzp_loss_gone(wzp_loss_t *lm, uint16_t seq);

/* 0 .. 1; mean length of a hole, 1 or more. */
float wzp_loss_share(const wzp_loss_t *lm);
float wzp_loss_burst(const wzp_loss_t *lm);

/* Numbers that this rests on: not more than WZP_LOSS_SPAN. */
float wzp_loss_weight(const wzp_loss_t *lm);


#endif /* _WZP_LOSS_H_INCLUDED_ */
