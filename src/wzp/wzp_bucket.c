/*
 * Token bucket.  A token is 10^9 units, so that a nanosecond at a rate of
 * n tokens a second is n units: nothing is ever rounded.
 */

#include "wzp/wzp_bucket.h"


#define WZP_TOKEN           WZP_SEC


void
wzp_bucket_init(wzp_bucket_t *b, uint32_t rate, uint32_t burst,
    uint64_t now_ns)
{
    b->last_ns = now_ns;
    b->rate = rate;
    b->burst = burst == 0 ? 1 : burst;
    b->level = b->burst * WZP_TOKEN;
}


/* No overflow: elapsed * rate is under burst * 10^9, and so is level. */
static void
wzp_bucket_fill(wzp_bucket_t *b, uint64_t now_ns)
{
    uint64_t  elapsed, full;

    elapsed = now_ns - b->last_ns;
    full = b->burst * WZP_TOKEN;

    b->last_ns = now_ns;

    if (elapsed > full / b->rate) {
        b->level = full;
        return;
    }

    b->level = WZP_MIN(full, b->level + elapsed * b->rate);
}


bool
wzp_bucket_take(wzp_bucket_t *b, uint64_t now_ns)
{
    return wzp_bucket_spend(b, 1, now_ns);
}


bool
wzp_bucket_spend(wzp_bucket_t *b, uint32_t n, uint64_t now_ns)
{
    if (b->rate == 0) {
        return true;
    }

    if (now_ns > b->last_ns) {
        wzp_bucket_fill(b, now_ns);
    }

    if (b->level < n * WZP_TOKEN) {
        return false;
    }

    b->level -= n * WZP_TOKEN;

    return true;
}
