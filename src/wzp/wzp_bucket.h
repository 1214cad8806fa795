/*
 * Token bucket: packet rates, signal rates, log limits.  Time is a parameter.
 */

#ifndef _WZP_BUCKET_H_INCLUDED_
#define _WZP_BUCKET_H_INCLUDED_


#include "wzp/wzp_base.h"


typedef struct {
    uint64_t  last_ns;
    uint64_t  level;                    /* tokens * 10^9                     */
    uint32_t  rate;                     /* tokens per second; 0 = no limit   */
    uint32_t  burst;                    /* most tokens held                  */
} wzp_bucket_t;


/* Starts full.  A burst of 0 counts as 1. */
void wzp_bucket_init(wzp_bucket_t *b, uint32_t rate, uint32_t burst,
    uint64_t now_ns);

/* Take one token.  False when there is none.  A clock that stands or steps
 * back gives nothing. */
bool wzp_bucket_take(wzp_bucket_t *b, uint64_t now_ns);

/* Take n of them, or none.  More than the burst are never there. */
bool wzp_bucket_spend(wzp_bucket_t *b, uint32_t n, uint64_t now_ns);


#endif /* _WZP_BUCKET_H_INCLUDED_ */
