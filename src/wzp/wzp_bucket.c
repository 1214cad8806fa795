/*
 * Token bucket in fixed point: a token is 2^20 units.
 */

#include "wzp/wzp_bucket.h"


#define WZP_TOKEN_SHIFT     20
#define WZP_TOKEN           (1ULL << WZP_TOKEN_SHIFT)


void
wzp_bucket_init(wzp_bucket_t *b, uint32_t rate, uint32_t burst,
    uint64_t now_ns)
{
    b->last_ns = now_ns;
    b->rate = rate;
    b->burst = burst == 0 ? 1 : burst;
    b->level = b->burst * WZP_TOKEN;
}


/*
 * Add what has flowed in since last_ns.  Time that was too short for a unit
 * stays on the account: last_ns only advances by what was turned into units.
 *
 * No overflow: elapsed is under burst / rate seconds, so the product with
 * rate is under 2^32 * 10^9.
 */
static void
wzp_bucket_fill(wzp_bucket_t *b, uint64_t now_ns)
{
    uint64_t  elapsed, product, rest, units, full;

    elapsed = now_ns - b->last_ns;
    full = b->burst * WZP_TOKEN;

    if (elapsed >= b->burst * WZP_SEC / b->rate) {
        b->level = full;
        b->last_ns = now_ns;
        return;
    }

    product = elapsed * b->rate;
    rest = (product % WZP_SEC) << WZP_TOKEN_SHIFT;
    units = (product / WZP_SEC << WZP_TOKEN_SHIFT) + rest / WZP_SEC;

    b->level = WZP_MIN(full, b->level + units);
    b->last_ns = now_ns
                 - rest % WZP_SEC / ((uint64_t) b->rate << WZP_TOKEN_SHIFT);
}


bool
wzp_bucket_take(wzp_bucket_t *b, uint64_t now_ns)
{
    if (b->rate == 0) {
        return true;
    }

    if (now_ns > b->last_ns) {
        wzp_bucket_fill(b, now_ns);
    }

    if (b->level < WZP_TOKEN) {
        return false;
    }

    b->level -= WZP_TOKEN;

    return true;
}
