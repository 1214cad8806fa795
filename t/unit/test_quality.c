/*
 * Tiers of PROTOCOL 6.5: thresholds, and how many reports move a member.
 */

#include "wzp/wzp_quality.h"
#include "tap.h"


static wzp_report_t
report(unsigned loss_pct, unsigned rtt_ms)
{
    wzp_report_t  rp;

    memset(&rp, 0, sizeof(rp));
    rp.loss = (uint8_t) (loss_pct * 255 / 100);
    rp.rtt_4ms = (uint8_t) (rtt_ms / 4);
    rp.cap_kbps = 200;

    return rp;
}


/* Feed the same report n times; how many of them changed the tier? */
static unsigned
feed(wzp_quality_t *q, unsigned loss_pct, unsigned rtt_ms, unsigned n)
{
    unsigned      changed;
    wzp_report_t  rp;

    rp = report(loss_pct, rtt_ms);

    for (changed = 0; n > 0; n--) {
        changed += wzp_quality_report(q, &rp);
    }

    return changed;
}


/* The tier where a flood of one report ends. */
static wzp_tier_t
settle(unsigned loss_pct, unsigned rtt_ms)
{
    wzp_quality_t  q;

    wzp_quality_init(&q);
    (void) feed(&q, loss_pct, rtt_ms, 100);

    return q.tier;
}


static void
test_thresholds(void)
{
    size_t  i;

    static const struct {
        unsigned    loss_pct;
        unsigned    rtt_ms;
        wzp_tier_t  tier;
    } rows[] = {
        { 0, 0, WZP_TIER_STUDIO_64K },
        { 0, 28, WZP_TIER_STUDIO_64K },
        { 0, 32, WZP_TIER_STUDIO_48K },
        { 0, 48, WZP_TIER_STUDIO_48K },
        { 0, 52, WZP_TIER_STUDIO_32K },
        { 0, 76, WZP_TIER_STUDIO_32K },
        { 0, 80, WZP_TIER_GOOD },
        { 0, 96, WZP_TIER_GOOD },
        { 0, 100, WZP_TIER_DEGRADED },
        { 0, 196, WZP_TIER_DEGRADED },
        { 0, 200, WZP_TIER_CATASTROPHIC },
        { 0, 1020, WZP_TIER_CATASTROPHIC },
        { 1, 0, WZP_TIER_STUDIO_32K },
        { 2, 0, WZP_TIER_GOOD },
        { 4, 0, WZP_TIER_GOOD },
        { 5, 0, WZP_TIER_DEGRADED },
        { 14, 0, WZP_TIER_DEGRADED },
        { 15, 0, WZP_TIER_CATASTROPHIC },
        { 100, 0, WZP_TIER_CATASTROPHIC },
        { 2, 100, WZP_TIER_DEGRADED },
        { 15, 20, WZP_TIER_CATASTROPHIC },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_u64(settle(rows[i].loss_pct, rows[i].rtt_ms), rows[i].tier,
               "%u %%, %u ms: %s", rows[i].loss_pct, rows[i].rtt_ms,
               wzp_tier_name(rows[i].tier));
    }
}


static void
test_steps(void)
{
    wzp_quality_t  q;

    wzp_quality_init(&q);
    is_u64(q.tier, WZP_TIER_GOOD, "starts at Good");
    is_u64(feed(&q, 20, 0, 2), 0, "two bad reports do nothing");
    is_u64(feed(&q, 20, 0, 1), 1, "the third counts");
    is_u64(q.tier, WZP_TIER_CATASTROPHIC, "all the way down");

    is_u64(feed(&q, 0, 0, 4), 0, "four good ones do nothing");
    is_u64(feed(&q, 0, 0, 1), 1, "the fifth counts");
    is_u64(q.tier, WZP_TIER_DEGRADED, "one step");
    is_u64(feed(&q, 0, 0, 5), 1, "five more");
    is_u64(q.tier, WZP_TIER_GOOD, "to Good");
    is_u64(feed(&q, 0, 0, 9), 0, "from there nine do nothing");
    is_u64(feed(&q, 0, 0, 1), 1, "the tenth counts");
    is_u64(q.tier, WZP_TIER_STUDIO_32K, "one step");

    wzp_quality_init(&q);
    (void) feed(&q, 20, 0, 2);
    (void) feed(&q, 3, 0, 1);
    is_u64(feed(&q, 20, 0, 2), 0, "an equal report between starts anew");
    (void) feed(&q, 0, 0, 1);
    is_u64(feed(&q, 20, 0, 2), 0, "a better one, too");
    is_u64(q.tier, WZP_TIER_GOOD, "still Good");
}


static void
test_names(void)
{
    is_str(wzp_tier_name(WZP_TIER_DEGRADED), "Degraded", "a name");
    is_u64(wzp_tier_profile(WZP_TIER_CATASTROPHIC), WZP_PROFILE_CATASTROPHIC,
           "a profile");
    is_u64(wzp_tier_profile(WZP_TIER_GOOD), WZP_PROFILE_GOOD, "a profile");
    is_u64(wzp_tier_profile(WZP_TIER_STUDIO_64K), WZP_PROFILE_STUDIO_64K,
           "a profile");
    is_str(wzp_tier_name(WZP_TIER_N), "Good", "out of range");
}


int
main(void)
{
    test_thresholds();
    test_steps();
    test_names();

    return done_testing();
}
