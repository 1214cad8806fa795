/*
 * Where is this person?  RouteQuery and RouteResponse over several relays.
 * PROTOCOL 9.3.
 *
 * Pure logic: no I/O, no clock, no randomness.  Questions and answers go in
 * and out by callbacks; time is a parameter.
 *
 * A question spreads to all neighbours, each with one hop less, and each relay
 * passes it on once: whoever it reaches a second time says that nobody is
 * there.  (Unless it has more hops to go than before: a short way may be slower
 * than a long one, and must not end early for it.)  The first answer that names
 * somebody goes back the way the question came; each relay puts its own address
 * in front of the chain, and remembers by which peer it came: that is the next
 * hop for the media of a call.
 *
 * Existing relays ask nobody, and what they believe of others never expires
 * (PROTOCOL 12.3, F13): they are answered, never asked.
 */

#ifndef _WZP_ROUTE_H_INCLUDED_
#define _WZP_ROUTE_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_bucket.h"
#include "wzp/wzp_signal.h"


#define WZP_ROUTE_PEERS         128
#define WZP_ROUTE_TTL           4       /* hops of a question, by default    */
#define WZP_ROUTE_TTL_MAX       15      /* as many as a chain can name       */
#define WZP_ROUTE_HOP_NS        WZP_SEC         /* patience for each hop     */

#define WZP_ROUTE_PENDING       256
#define WZP_ROUTE_FOREIGN       192     /* of them for the questions of peers */
#define WZP_ROUTE_PER_PEER      64
#define WZP_ROUTE_RATE          50      /* questions of one peer each second */

#define WZP_ROUTE_CACHE         4096
#define WZP_ROUTE_FOUND_NS      (5 * WZP_SEC)
#define WZP_ROUTE_MISSED_NS     (2 * WZP_SEC)


typedef struct wzp_route_s  wzp_route_t;


typedef enum {
    WZP_ROUTE_NOT_FOUND = 0,
    WZP_ROUTE_LOCAL,                    /* chain: our own address            */
    WZP_ROUTE_DIRECT_PEER,              /* ... and a neighbour's             */
    WZP_ROUTE_CHAIN                     /* ... and more                      */
} wzp_route_kind_t;


typedef struct {
    uint8_t    key[16];                 /* random: of hash tables and ids    */
    char       addr[WZP_HOST_MAX + 1];  /* our own listen address            */
    uint8_t    ttl;                     /* 0: WZP_ROUTE_TTL                  */

    /* Is this person here, as far as this peer may know (-1: we ask)? */
    bool     (*local)(void *ctx, const uint8_t fp[WZP_FP_SIZE], int peer);

    /* The peer at which presence says that this person is, and its address;
     * never `except` (-1: any).  -1: none. */
    int      (*direct)(void *ctx, const uint8_t fp[WZP_FP_SIZE], int except,
                       char addr[WZP_HOST_MAX + 1]);

    /* A signal for a peer; borrowed.  It must not call back. */
    void     (*send)(void *ctx, unsigned peer, const wzp_signal_t *sg);

    /* The answer to a question of our own; borrowed.  May ask again. */
    void     (*answer)(void *ctx, uint64_t cookie,
                       const wzp_route_response_t *rr);

    void      *ctx;
} wzp_route_conf_t;


typedef struct {
    uint64_t  asked;                    /* by ourselves                      */
    uint64_t  queries;                  /* taken from peers                  */
    uint64_t  refused;                  /* from peers, over a bound          */
    uint64_t  loops;                    /* came a second time                */
    uint64_t  cached;                   /* answered from the cache           */
    uint64_t  timeouts;
    unsigned  pending;
} wzp_route_stat_t;


/* NULL: no memory. */
wzp_route_t *wzp_route_create(const wzp_route_conf_t *conf);
void wzp_route_destroy(wzp_route_t *rt);

/* ours: it named our extension, so it may be asked. */
void wzp_route_peer_up(wzp_route_t *rt, unsigned peer, bool ours,
    uint64_t now_ns);

/* What was asked of it is not found there, what it asked is dropped, routes
 * by it are forgotten. */
void wzp_route_peer_down(wzp_route_t *rt, unsigned peer, uint64_t now_ns);

/* conf.answer is called exactly once, perhaps before this returns; unless
 * WZP_ENOSPC: too many questions, it is not called. */
wzp_rc_t wzp_route_ask(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE],
    uint64_t now_ns, uint64_t cookie) WZP_MUST_CHECK;

/* The same, of who may be here as well: in a room, say, but registered
 * elsewhere. */
wzp_rc_t wzp_route_ask_others(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE],
    uint64_t now_ns, uint64_t cookie) WZP_MUST_CHECK;

/* From a peer.  WZP_EAGAIN: over its rate, not answered; WZP_ECLOSED: it is
 * not up; for an answer WZP_EUNKNOWN: nobody asked it that. */
wzp_rc_t wzp_route_query(wzp_route_t *rt, unsigned peer,
    const wzp_route_query_t *rq, uint64_t now_ns) WZP_MUST_CHECK;
wzp_rc_t wzp_route_response(wzp_route_t *rt, unsigned peer,
    const wzp_route_response_t *rr, uint64_t now_ns) WZP_MUST_CHECK;

/* The peer by which this person is reached, as far as presence and the cache
 * know, never `except` (-1: any); -1: unknown.  Whether it is here as well, is
 * not asked. */
int wzp_route_next(wzp_route_t *rt, const uint8_t fp[WZP_FP_SIZE], int except,
    uint64_t now_ns);

void wzp_route_expire(wzp_route_t *rt, uint64_t now_ns);
uint64_t wzp_route_deadline(const wzp_route_t *rt);

/* Of an answer; and "local", "direct_peer", "chain", "not_found". */
wzp_route_kind_t wzp_route_kind(const wzp_route_response_t *rr);
const char *wzp_route_kind_name(wzp_route_kind_t kind);

void wzp_route_stat(const wzp_route_t *rt, wzp_route_stat_t *st);


#endif /* _WZP_ROUTE_H_INCLUDED_ */
