/*
 * The heap of timers.
 */

#include "quic/wzp_quic_timer.h"

#include <stdlib.h>


void
wzp_timer_init(wzp_timer_t *tm)
{
    tm->due_ns = UINT64_MAX;
    tm->index = WZP_TIMER_OFF;
}


wzp_rc_t
wzp_timers_reserve(wzp_timers_t *ts, size_t n)
{
    size_t         room;
    wzp_timer_t  **heap;

    if (n <= ts->room) {
        return WZP_OK;
    }

    room = WZP_MAX(ts->room * 2, 16);
    room = WZP_MAX(room, n);

    heap = realloc(ts->heap, room * sizeof(wzp_timer_t *));
    if (heap == NULL) {
        return WZP_ENOMEM;
    }

    ts->heap = heap;
    ts->room = room;

    return WZP_OK;
}


void
wzp_timers_done(wzp_timers_t *ts)
{
    free(ts->heap);
    memset(ts, 0, sizeof(wzp_timers_t));
}


static void
wzp_timers_put(wzp_timers_t *ts, size_t i, wzp_timer_t *tm)
{
    ts->heap[i] = tm;
    tm->index = i;
}


static void
wzp_timers_up(wzp_timers_t *ts, size_t i)
{
    size_t        parent;
    wzp_timer_t  *tm;

    tm = ts->heap[i];

    while (i != 0) {
        parent = (i - 1) / 2;

        if (ts->heap[parent]->due_ns <= tm->due_ns) {
            break;
        }

        wzp_timers_put(ts, i, ts->heap[parent]);
        i = parent;
    }

    wzp_timers_put(ts, i, tm);
}


static void
wzp_timers_down(wzp_timers_t *ts, size_t i)
{
    size_t        child;
    wzp_timer_t  *tm;

    tm = ts->heap[i];

    for ( ;; ) {
        child = 2 * i + 1;

        if (child >= ts->n) {
            break;
        }

        if (child + 1 < ts->n
            && ts->heap[child + 1]->due_ns < ts->heap[child]->due_ns)
        {
            child++;
        }

        if (tm->due_ns <= ts->heap[child]->due_ns) {
            break;
        }

        wzp_timers_put(ts, i, ts->heap[child]);
        i = child;
    }

    wzp_timers_put(ts, i, tm);
}


void
wzp_timer_set(wzp_timers_t *ts, wzp_timer_t *tm, uint64_t due_ns)
{
    if (due_ns == UINT64_MAX) {
        wzp_timer_clear(ts, tm);
        return;
    }

    if (tm->index == WZP_TIMER_OFF) {
        WZP_ASSERT(ts->n < ts->room);
        wzp_timers_put(ts, ts->n++, tm);
    }

    tm->due_ns = due_ns;

    wzp_timers_up(ts, tm->index);
    wzp_timers_down(ts, tm->index);
}


void
wzp_timer_clear(wzp_timers_t *ts, wzp_timer_t *tm)
{
    size_t        i;
    wzp_timer_t  *last;

    i = tm->index;

    if (i == WZP_TIMER_OFF) {
        return;
    }

    last = ts->heap[--ts->n];

    if (last != tm) {
        wzp_timers_put(ts, i, last);
        wzp_timers_up(ts, i);
        wzp_timers_down(ts, last->index);
    }

    wzp_timer_init(tm);
}


wzp_timer_t *
wzp_timers_pop(wzp_timers_t *ts, uint64_t now_ns)
{
    wzp_timer_t  *tm;

    if (ts->n == 0 || ts->heap[0]->due_ns > now_ns) {
        return NULL;
    }

    tm = ts->heap[0];
    wzp_timer_clear(ts, tm);

    return tm;
}


uint64_t
wzp_timers_next(const wzp_timers_t *ts)
{
    return (ts->n == 0) ? UINT64_MAX : ts->heap[0]->due_ns;
}
