/*
 * The last 60 pings of a probe: loss, round trip, jitter.  PROTOCOL 9.2.
 * Time is a parameter; who sends, and when a session is lost, is the caller's.
 */

#ifndef _WZP_PINGS_H_INCLUDED_
#define _WZP_PINGS_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_PINGS_WINDOW    60
#define WZP_PINGS_LATE_NS   WZP_SEC     /* younger ones may yet be answered  */


typedef struct {
    uint64_t    timestamp_ms;           /* as in the Ping                    */
    uint64_t    sent_ns;
    uint64_t    rtt_ns;
    bool        open;                   /* may yet be answered               */
    bool        answered;
} wzp_ping_t;


typedef struct {
    wzp_ping_t  ring[WZP_PINGS_WINDOW];
    uint64_t    sent;                   /* in all; the last is ring[sent-1]  */
    bool        up;                     /* answered since wzp_pings_down     */
} wzp_pings_t;


/* Of the window.  Loss says something if sent is not 0, times if answered. */
typedef struct {
    bool      up;                       /* it has answered in this session   */
    unsigned  sent;                     /* those that count for loss         */
    unsigned  answered;
    double    loss;                     /* 0 to 1                            */
    double    rtt_ms;                   /* of the last one answered          */
    double    mean_ms;
    double    jitter_ms;                /* standard deviation (population)   */
} wzp_pings_stat_t;


void wzp_pings_init(wzp_pings_t *pg);

/* A Ping is sent now: the timestamp to put into it, no other's. */
uint64_t wzp_pings_sent(wzp_pings_t *pg, uint64_t now_ns);

/* There is nobody to send it to: it is lost at once. */
void wzp_pings_missed(wzp_pings_t *pg, uint64_t now_ns);

/* A Pong.  False: of no ping in the window, or not the first for it. */
bool wzp_pings_pong(wzp_pings_t *pg, uint64_t timestamp_ms, uint64_t now_ns);

/* The session is lost.  What was under way is not answered any more. */
void wzp_pings_down(wzp_pings_t *pg);

void wzp_pings_stat(const wzp_pings_t *pg, uint64_t now_ns,
    wzp_pings_stat_t *st);


#endif /* _WZP_PINGS_H_INCLUDED_ */
