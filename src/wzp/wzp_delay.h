/*
 * How long the frames of one stream should wait before they are played: as
 * long as nearly all of the last arrivals would have needed.  NetEq's idea, a
 * histogram of arrival delay and its quantile; here the window is kept as it
 * is, so the quantile is exact and moves along with the clocks.
 *
 * Transit is arrival minus timestamp, in microseconds of two clocks that have
 * nothing to do with each other: only differences mean anything.
 */

#ifndef _WZP_DELAY_H_INCLUDED_
#define _WZP_DELAY_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_DELAY_WINDOW    512         /* packets: 10 s of 20 ms frames     */


/* About 4 kB; written by the functions below only. */
typedef struct {
    uint16_t  start_ms;                 /* while there is no experience yet  */
    uint16_t  min_ms;
    uint16_t  max_ms;

    bool      started;                  /* ts and media_us are meant         */
    bool      late;                     /* an event goes on                  */
    uint32_t  ts;                       /* of the newest packet              */
    int64_t   media_us;                 /* the same, unwrapped               */

    unsigned  n;                        /* in the window                     */
    unsigned  at;                       /* where the next goes               */
    uint64_t  put_ns;                   /* last sample                       */
    uint64_t  strange_ns;               /* since when they make no sense     */
    int64_t   base_us;                  /* fastest in the window             */
    int64_t   need_us;                  /* slowest but a few; falls slowly   */
    int64_t   transit_us[WZP_DELAY_WINDOW];
} wzp_delay_t;


void wzp_delay_init(wzp_delay_t *dl, uint16_t start_ms, uint16_t min_ms,
    uint16_t max_ms);

/* Another sender: forget all samples. */
void wzp_delay_reset(wzp_delay_t *dl);

/* Media time of a timestamp near those that were put; unit: per ms. */
int64_t wzp_delay_media(const wzp_delay_t *dl, uint32_t ts, uint32_t unit);

/*
 * A frame with this timestamp has come.  Of those that come together with a
 * late one only that counts: it is one event, and one alone moves nothing.  A
 * frame that is over max_ms behind the fastest does not count, unless for a
 * second there is no other.
 */
void wzp_delay_put(wzp_delay_t *dl, uint32_t ts, uint32_t unit,
    uint64_t now_ns);

/* Is the last packet like those before it? */
bool wzp_delay_known(const wzp_delay_t *dl);

/* How long the fastest frames should wait, min_ms .. max_ms. */
int64_t wzp_delay_target(const wzp_delay_t *dl);

/* How late it is to play the frame with this timestamp now, against that
 * target; negative: early.  0 while that is unknown. */
int64_t wzp_delay_excess(const wzp_delay_t *dl, uint32_t ts, uint32_t unit,
    uint64_t now_ns);


#endif /* _WZP_DELAY_H_INCLUDED_ */
