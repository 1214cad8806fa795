/*
 * A sender's quality: which profile and which redundancy, from what listeners
 * say they hear, from the way to the relay, and from what relay and person
 * allow.  PROTOCOL 6.5.  Time is a parameter; nothing is sent here.
 *
 * What the network carries is one number, the ceiling.  It falls when things
 * are bad three times in a row, to what got through; and stays down only if
 * that helped.  It rises after five or ten without queues, and only when a probe
 * that really sends more did no harm; each probe that fails doubles the time to
 * the next.  More redundancy is judged in the same way.
 */

#ifndef _WZP_ADAPT_H_INCLUDED_
#define _WZP_ADAPT_H_INCLUDED_


#include "wzp/wzp_plan.h"
#include "wzp/wzp_quality.h"


#define WZP_ADAPT_EARS      16          /* listeners that are remembered     */
#define WZP_ADAPT_TURN_NS   WZP_SEC     /* judged so often                   */
#define WZP_ADAPT_FRESH_NS  (5 * WZP_SEC)   /* what was seen counts so long  */


typedef struct {
    wzp_profile_id_t  best;             /* that the person allows            */
    uint32_t          budget_bps;       /* as in wzp_plan_input_t            */
    wzp_plan_mode_t   mode;
    bool              fixed;            /* the profile is not ours to change */
} wzp_adapt_conf_t;


/* Our own way to the relay, now. */
typedef struct {
    float     loss;                     /* as measured by wzp_loss           */
    float     burst;
    float     weight;
    uint64_t  fate_ns;                  /* what became of the newest datagram
                                           was learned; 0: of none           */
    uint32_t  rtt_us;                   /* smoothed; 0: unknown              */
    uint32_t  sent_bps;                 /* payload of the last second        */
} wzp_adapt_uplink_t;


/* What one listener says; 0: never said. */
typedef struct {
    uint16_t  id;                       /* his stream                        */
    uint64_t  view_ns;
    uint64_t  report_ns;
    float     loss;                     /* view: of our stream               */
    float     burst;
    float     left;                     /* report: of all that he hears      */
} wzp_adapt_ear_t;


typedef enum {
    WZP_ADAPT_STEADY = 0,
    WZP_ADAPT_CUT,                      /* less: does it help?               */
    WZP_ADAPT_RISE,                     /* more redundancy: does it harm?    */
    WZP_ADAPT_PROBE                     /* more than needed: does it harm?   */
} wzp_adapt_phase_t;


/* What the channel is like. */
typedef struct {
    float     loss;                     /* worst listener, raw               */
    float     burst;
    float     left;                     /* worst listener, after redundancy  */
    unsigned  queue_ms;                 /* round trip above the least        */
} wzp_adapt_seen_t;


/* Read profile, plan, reason, seen, phase and ceiling_bps; the rest is for the
 * functions below. */
typedef struct {
    wzp_profile_id_t    profile;
    wzp_plan_t          plan;
    const char         *reason;         /* of the last turn's change         */
    wzp_adapt_seen_t    seen;
    wzp_adapt_phase_t   phase;
    uint32_t            ceiling_bps;    /* UINT32_MAX: not known             */

    wzp_adapt_conf_t    conf;
    wzp_profile_id_t    wanted;         /* by the relay                      */
    wzp_adapt_uplink_t  up;
    wzp_adapt_ear_t     ears[WZP_ADAPT_EARS];

    uint64_t            turn_ns;        /* the next                          */
    uint64_t            rtt_since_ns;   /* least round trips of the last two */
    uint32_t            rtt_least_us;   /*   spans of a minute               */
    uint32_t            rtt_before_us;

    bool                unheard;        /* no listener has said anything     */
    float               loss;           /* plans are made for: fast up, slow */
    float               burst;          /*   down                            */
    float               left;           /* seen.left, smoothed               */
    wzp_plan_input_t    planned;        /* what the plan was made for        */
    uint64_t            replan_ns;      /* it stays until then               */
    uint64_t            boost_ns;       /* until then the network is new     */

    unsigned            worse;          /* in a row                          */
    unsigned            better;

    wzp_adapt_seen_t    before;         /* the phase began                   */
    uint32_t            before_bps;
    uint32_t            before_ceiling;
    uint64_t            before_retry_ns;
    uint64_t            before_backoff_ns;
    uint32_t            probe_bps;
    unsigned            turns;          /* of the phase, in which we talked  */
    unsigned            packets;        /* and these                         */

    uint64_t            rose_ns;        /* the last probe that succeeded     */
    uint64_t            rose_backoff_ns;    /* and the wait before it        */
    uint64_t            retry_ns;       /* the next one not before           */
    uint64_t            backoff_ns;
    uint64_t            futile_ns;      /* loss is no reason to cut          */
    uint64_t            futile_backoff_ns;
} wzp_adapt_t;


void wzp_adapt_init(wzp_adapt_t *ad, const wzp_adapt_conf_t *conf);

/* Another limit of the person's; what the relay directs. */
void wzp_adapt_limit(wzp_adapt_t *ad, wzp_profile_id_t best);
void wzp_adapt_directive(wzp_adapt_t *ad, wzp_profile_id_t wanted);

/* A listener says what he hears of us; what he hears at all (PROTOCOL 3.4). */
void wzp_adapt_view(wzp_adapt_t *ad, uint16_t from, float loss, float burst,
    uint64_t now_ns);
void wzp_adapt_report(wzp_adapt_t *ad, uint16_t from, const wzp_report_t *rp,
    uint64_t now_ns);

void wzp_adapt_uplink(wzp_adapt_t *ad, const wzp_adapt_uplink_t *up);

/* Another network: what was learned of the old one is no use. */
void wzp_adapt_moved(wzp_adapt_t *ad, uint64_t now_ns);

/* Judge, at most once in WZP_ADAPT_TURN_NS.  True: profile or plan is another
 * one. */
bool wzp_adapt_turn(wzp_adapt_t *ad, uint64_t now_ns);


#endif /* _WZP_ADAPT_H_INCLUDED_ */
