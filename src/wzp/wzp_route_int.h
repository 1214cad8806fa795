/*
 * Shared by the files of wzp_route, and by nobody else: what was learned.
 */

#ifndef _WZP_ROUTE_INT_H_INCLUDED_
#define _WZP_ROUTE_INT_H_INCLUDED_


#include "wzp/wzp_route.h"


#define WZP_ROUTE_WAYS      4
#define WZP_ROUTE_SETS      (WZP_ROUTE_CACHE / WZP_ROUTE_WAYS)
#define WZP_ROUTE_SEEN      4096


/* An answer.  Of those in one set the one that ends first gives way. */
typedef struct {
    uint8_t   fp[WZP_FP_SIZE];
    uint64_t  until_ns;                 /* 0: none                           */
    int       next;                     /* the peer it came by; -1: nobody
                                           knows this person                 */
    size_t    nchain;
    char     *chain;                    /* NUL after each; owned             */
} wzp_route_entry_t;


/* Questions that were taken, by the hash of id and person. */
typedef struct {
    uint64_t  hash;
    uint64_t  until_ns;
    uint8_t   ttl;                      /* the most it came with             */
} wzp_route_seen_t;


typedef struct {
    uint8_t            key[16];
    wzp_route_entry_t  entries[WZP_ROUTE_SETS][WZP_ROUTE_WAYS];
    wzp_route_seen_t   seen[WZP_ROUTE_SEEN];
} wzp_route_cache_t;


void wzp_route_cache_done(wzp_route_cache_t *ca);

/* NULL: not known now. */
const wzp_route_entry_t *wzp_route_cache_get(const wzp_route_cache_t *ca,
    const uint8_t fp[WZP_FP_SIZE], uint64_t now_ns);

/* rr: as it came by `next`; or NULL, with -1: not found.  Without memory
 * nothing is remembered. */
void wzp_route_cache_put(wzp_route_cache_t *ca, const uint8_t fp[WZP_FP_SIZE],
    int next, const wzp_route_response_t *rr, uint64_t now_ns);

/* Forget what came by this peer. */
void wzp_route_cache_drop(wzp_route_cache_t *ca, int next);

/* Append the chain of an entry to that of an answer. */
void wzp_route_cache_chain(const wzp_route_entry_t *en,
    wzp_route_response_t *rr);

/* Was this question here before, with as many hops to go?  Now it was. */
bool wzp_route_cache_seen(wzp_route_cache_t *ca, uint64_t id,
    const uint8_t fp[WZP_FP_SIZE], uint8_t ttl, uint64_t now_ns,
    uint64_t for_ns);


#endif /* _WZP_ROUTE_INT_H_INCLUDED_ */
