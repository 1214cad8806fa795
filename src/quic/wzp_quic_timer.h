/*
 * A binary heap of timers.  A timer lives inside the thing that it wakes;
 * setting and clearing cost O(log n), the next deadline is at the root.
 */

#ifndef _WZP_QUIC_TIMER_H_INCLUDED_
#define _WZP_QUIC_TIMER_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_TIMER_OFF       SIZE_MAX


typedef struct {
    uint64_t       due_ns;
    size_t         index;               /* in the heap, or WZP_TIMER_OFF     */
} wzp_timer_t;


typedef struct {
    wzp_timer_t  **heap;
    size_t         n;
    size_t         room;
} wzp_timers_t;


void wzp_timer_init(wzp_timer_t *tm);

/* Make room for one timer more, so that wzp_timer_set cannot fail: call it
 * once for each timer that may come to run at the same time. */
wzp_rc_t wzp_timers_reserve(wzp_timers_t *ts, size_t n) WZP_MUST_CHECK;
void wzp_timers_done(wzp_timers_t *ts);

/* Start, or move.  UINT64_MAX stops it. */
void wzp_timer_set(wzp_timers_t *ts, wzp_timer_t *tm, uint64_t due_ns);
void wzp_timer_clear(wzp_timers_t *ts, wzp_timer_t *tm);

/* The first that is due by now_ns, taken off the heap; or NULL. */
wzp_timer_t *wzp_timers_pop(wzp_timers_t *ts, uint64_t now_ns);

/* UINT64_MAX: none runs. */
uint64_t wzp_timers_next(const wzp_timers_t *ts);


#endif /* _WZP_QUIC_TIMER_H_INCLUDED_ */
