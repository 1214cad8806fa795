/*
 * Token bucket: burst, rate, standing and backward clocks, long silence,
 * extreme rates, and not a token lost by rounding.
 */

#include "wzp/wzp_bucket.h"
#include "tap.h"


static unsigned
take_all(wzp_bucket_t *b, uint64_t now)
{
    unsigned  n;

    for (n = 0; n < 1000000 && wzp_bucket_take(b, now); n++) { /* void */ }

    return n;
}


static void
test_burst(void)
{
    wzp_bucket_t  b;

    wzp_bucket_init(&b, 100, 20, 5 * WZP_SEC);
    is_u64(take_all(&b, 5 * WZP_SEC), 20, "starts full");
    is_u64(take_all(&b, 5 * WZP_SEC), 0, "a clock that stands gives nothing");
    is_u64(take_all(&b, 4 * WZP_SEC), 0, "one that steps back, too");
    is_u64(take_all(&b, 5 * WZP_SEC), 0, "nor does its way forward again");
    is_u64(take_all(&b, 5 * WZP_SEC + 9999999), 0, "just before a token");
    is_u64(take_all(&b, 5 * WZP_SEC + 10 * WZP_MS), 1, "a token in 10 ms");
    is_u64(take_all(&b, 5 * WZP_SEC + 110 * WZP_MS), 10, "10 in 100 ms");
    is_u64(take_all(&b, 3600 * WZP_SEC), 20, "never more than the burst");

    (void) wzp_bucket_take(&b, 7200 * WZP_SEC);
    is_u64(take_all(&b, 14400 * WZP_SEC), 20, "nor after a partial use");
}


static void
test_spend(void)
{
    wzp_bucket_t  b;

    wzp_bucket_init(&b, 100, 20, 0);
    ok(wzp_bucket_spend(&b, 15, 0), "15 of 20 at once");
    ok(!wzp_bucket_spend(&b, 6, 0), "6 are not there");
    is_u64(take_all(&b, 0), 5, "and none of them was taken");
    ok(wzp_bucket_spend(&b, 20, WZP_SEC), "all of them");
    ok(!wzp_bucket_spend(&b, 21, 60 * WZP_SEC), "more than that: never");

    wzp_bucket_init(&b, 0, 1, 0);
    ok(wzp_bucket_spend(&b, UINT32_MAX, 0), "rate 0 is no limit");

    wzp_bucket_init(&b, 1, UINT32_MAX, 0);
    ok(wzp_bucket_spend(&b, UINT32_MAX, 0), "the largest burst");
    ok(!wzp_bucket_spend(&b, 1, 0), "leaves nothing");
}


static void
test_limits(void)
{
    wzp_bucket_t  b;

    wzp_bucket_init(&b, 0, 1, 0);
    is_u64(take_all(&b, 0), 1000000, "rate 0 is no limit");

    wzp_bucket_init(&b, 5, 0, 0);
    is_u64(take_all(&b, 0), 1, "burst 0 is 1");

    wzp_bucket_init(&b, UINT32_MAX, UINT32_MAX, 0);
    is_u64(take_all(&b, UINT64_MAX), 1000000, "the largest of all");
    b.level = 0;
    b.last_ns = 0;
    is_u64(take_all(&b, WZP_MS), 1000000, "refills without overflow");
    b.level = 0;
    b.last_ns = 0;
    is_u64(take_all(&b, 1000), 4294, "4294 tokens in a microsecond");

    wzp_bucket_init(&b, 1, UINT32_MAX, 0);
    b.level = 0;
    is_u64(take_all(&b, 99882 * WZP_SEC), 99882, "a slow and large one");
    is_u64(take_all(&b, UINT64_MAX), 1000000, "at the end of time");
}


/*
 * Asked every `step` ns for `seconds`: exactly rate x time tokens are given.
 */
static void
check_rate(uint32_t rate, uint64_t step, uint64_t seconds)
{
    uint64_t      now, n;
    wzp_bucket_t  b;

    wzp_bucket_init(&b, rate, 10, 0);
    b.level = 0;
    n = 0;

    for (now = 0; now < seconds * WZP_SEC; now += step) {
        n += wzp_bucket_take(&b, now);
    }

    n += wzp_bucket_take(&b, seconds * WZP_SEC);

    is_u64(n, rate * seconds, "%u/s asked every %u ns", rate,
           (unsigned) step);
}


int
main(void)
{
    test_burst();
    test_spend();
    test_limits();

    check_rate(1, 500, 3);
    check_rate(3, 777, 2);
    check_rate(7, 100000, 100);
    check_rate(500, 1000, 3);
    check_rate(1000, 997, 3);
    check_rate(99991, 1009, 3);
    check_rate(1000000, 333, 1);

    return done_testing();
}
