/*
 * Adaptive quality in virtual time, over a simulated way: it finds what the
 * network carries, stays there, and comes back.
 */

#include "tap.h"
#include "wzp/wzp_adapt.h"
#include "wzp/wzp_loss.h"


/* A way with random loss, a rate and a buffer; packets of the plan's rate go
 * over it, and a listener measures. */
typedef struct {
    float     loss;
    float     burst;
    uint32_t  rate_bps;                 /* 0: any                            */
    uint32_t  buffer_ms;                /* 0: none, a policer                */
    uint32_t  rtt_ms;
} way_t;


static wzp_adapt_t         ad;
static wzp_adapt_conf_t    conf;
static wzp_loss_t          heard;
static way_t               way;
static uint32_t            dice;
static uint16_t            seq;
static bool                bad;
static bool                alone;       /* what is known is our own way      */
static bool                quiet;       /* nothing is said                   */
static uint64_t            sent_ns;     /* the last packet                   */
static double              queue_ms;
static uint64_t            now_ns;

/* of a run */
static unsigned            changes, profiles, cuts, probes;
static unsigned            over_s;      /* seconds above the way's rate      */
static unsigned            run_s;


static float
roll(void)
{
    dice = dice * 1664525u + 1013904223u;

    return (float) (dice >> 8) / 16777216.0f;
}


static void
begin(void)
{
    memset(&conf, 0, sizeof(conf));
    conf.best = WZP_PROFILE_STUDIO_64K;
    memset(&way, 0, sizeof(way));
    way.burst = 1;
    way.rtt_ms = 40;

    wzp_adapt_init(&ad, &conf);
    wzp_loss_init(&heard, WZP_LOSS_WAIT);
    dice = 1;
    queue_ms = 0;
    bad = alone = quiet = false;
    seq = 0;
    sent_ns = 0;
    now_ns = 1000 * WZP_SEC;
}


/* One packet: does it arrive? */
static bool
passes(unsigned frame_ms, double bps)
{
    double  most, add;

    if (way.rate_bps != 0) {
        queue_ms -= frame_ms;
        queue_ms = WZP_MAX(queue_ms, 0);

        add = frame_ms * bps / way.rate_bps;
        most = way.buffer_ms != 0 ? way.buffer_ms : 150;

        if (queue_ms + add > most) {
            return false;
        }

        queue_ms += add;
    }

    if (way.burst > 1) {
        bad = bad ? roll() >= 1 / way.burst
                  : roll() < way.loss / (1 - way.loss) / way.burst;
        return !bad;
    }

    return roll() >= way.loss;
}


/* A second's packets of the plan. */

static double
talk(void)
{
    double    bps;
    unsigned  ms, frame_ms;

    if (quiet) {
        queue_ms = WZP_MAX(queue_ms - 1000, 0);
        return 0;
    }

    if (alone && now_ns - sent_ns > WZP_ADAPT_FRESH_NS) {
        wzp_loss_init(&heard, WZP_LOSS_WAIT);
    }

    bps = ad.profile == WZP_PROFILE_N ? 24000 : wzp_plan_bps(&ad.plan);
    frame_ms = ad.profile == WZP_PROFILE_N
               ? 20 : wzp_codec_info((unsigned) ad.plan.codec)->frame_ms;

    for (ms = 0; ms < 1000; ms += frame_ms) {
        if (passes(frame_ms, bps)) {
            wzp_loss_put(&heard, seq, now_ns + ms * WZP_MS);
        }

        seq++;
    }

    sent_ns = now_ns + WZP_SEC;

    return bps;
}


static void
second(void)
{
    double              bps;
    wzp_profile_id_t    was;
    wzp_adapt_phase_t   phase;
    wzp_adapt_uplink_t  up;

    bps = talk();
    now_ns += WZP_SEC;

    memset(&up, 0, sizeof(up));
    up.rtt_us = (uint32_t) ((way.rtt_ms
                             + (way.buffer_ms != 0 ? queue_ms : 0)) * 1000);
    up.sent_bps = (uint32_t) bps;

    if (alone) {
        up.loss = wzp_loss_share(&heard);
        up.burst = wzp_loss_burst(&heard);
        up.weight = wzp_loss_weight(&heard);
        up.fate_ns = sent_ns;

    } else if (!quiet) {
        wzp_adapt_view(&ad, 7, wzp_loss_share(&heard), wzp_loss_burst(&heard),
                       now_ns);
    }

    wzp_adapt_uplink(&ad, &up);

    was = ad.profile;
    phase = ad.phase;
    changes += wzp_adapt_turn(&ad, now_ns);
    profiles += ad.profile != was;
    cuts += ad.phase == WZP_ADAPT_CUT && phase != WZP_ADAPT_CUT;
    probes += ad.phase == WZP_ADAPT_PROBE && phase != WZP_ADAPT_PROBE;
    over_s += way.rate_bps != 0 && wzp_plan_bps(&ad.plan) > way.rate_bps * 11 / 10;

    if (getenv("WZP_ADAPT_SHOW") != NULL) {
        diag("%4u %-11s %u bps x %u+1 loss %.3f burst %.1f left %.3f queue "
             "%u phase %u ceiling %u %s", run_s,
             wzp_codec_info((unsigned) ad.plan.codec)->name,
             ad.plan.bitrate_bps, ad.plan.ncopies, (double) ad.seen.loss,
             (double) ad.seen.burst, (double) ad.seen.left, ad.seen.queue_ms,
             (unsigned) ad.phase, ad.ceiling_bps,
             ad.reason != NULL ? ad.reason : "");
    }

    run_s++;
}


static void
run(unsigned seconds)
{
    changes = profiles = cuts = probes = over_s = run_s = 0;

    while (seconds-- != 0) {
        second();
    }
}


/* Run until the profile is this one; seconds, or 999. */
static unsigned
until(wzp_profile_id_t profile)
{
    unsigned  s;

    for (s = 0; s < 999; s++) {
        if (ad.profile == profile) {
            return s;
        }

        second();
    }

    return s;
}


static void
test_clean(void)
{
    begin();
    run(600);
    ok(ad.profile == WZP_PROFILE_GOOD && ad.plan.ncopies == 0
       && !ad.plan.inband_fec, "a clean way: nothing is added");
    is_u64(changes, 1, "ten minutes without a change");
}


static void
test_loss(float loss, float burst)
{
    begin();
    run(60);
    way.loss = loss;
    way.burst = burst;
    run(6);
    ok(ad.plan.ncopies != 0 || ad.plan.inband_fec,
       "%.0f %%, bursts of %.0f: redundancy within 6 s",
       (double) loss * 100, (double) burst);
    run(600);
    ok(ad.profile == WZP_PROFILE_GOOD && profiles == 0,
       "the profile stays, through %u plans", changes);
    is_u64(cuts, 0, "it is not taken for congestion");
    ok(changes <= 150, "the plan does not flap");
    ok(wzp_plan_bps(&ad.plan) <= 48000, "within the budget");

    way.loss = 0;
    run(60);
    ok(ad.plan.ncopies == 0 && ad.plan.bitrate_bps == 24000,
       "and nothing is added a minute after it");
}


/* Half an hour over a narrow way. */
static void
test_narrow(uint32_t rate_bps, uint32_t buffer_ms, wzp_profile_id_t want)
{
    begin();
    run(30);
    way.rate_bps = rate_bps;
    way.buffer_ms = buffer_ms;
    run(120);
    ok(ad.profile == want, "%u b/s, buffer of %u ms: %s", rate_bps, buffer_ms,
       wzp_codec_info((unsigned) ad.plan.codec)->name);
    ok(wzp_plan_bps(&ad.plan) <= rate_bps * 11 / 10
       || ad.phase == WZP_ADAPT_PROBE, "it fits: %u b/s",
       wzp_plan_bps(&ad.plan));

    run(1800);
    ok(over_s <= 1800 / 12, "too much for %u s of 1800", over_s);
    ok(cuts <= 12, "%u cuts", cuts);
    ok(profiles <= 24, "%u changes of profile", profiles);

    way.rate_bps = 0;
    ok(until(WZP_PROFILE_GOOD) <= 400, "back when there is room");
    run(600);
    ok(ad.ceiling_bps == UINT32_MAX, "without a bound");
}


static void
test_flapping(void)
{
    unsigned  i, worst;

    begin();
    run(30);
    changes = 0;

    for (i = 0, worst = 0; i < 60; i++) {
        way.rate_bps = i % 2 ? 0 : 16000;
        way.buffer_ms = 200;
        run(20);
        worst = WZP_MAX(worst, profiles);
    }

    ok(worst <= 4, "a way that changes every 20 s");

    way.rate_bps = 0;
    run(900);
    ok(ad.profile == WZP_PROFILE_GOOD && ad.ceiling_bps == UINT32_MAX,
       "steady again");
}


static void
test_futile(void)
{
    begin();
    conf.mode = WZP_PLAN_OFF;
    wzp_adapt_init(&ad, &conf);
    run(30);
    way.loss = 0.3f;
    run(600);
    ok(ad.profile == WZP_PROFILE_GOOD || ad.phase == WZP_ADAPT_CUT,
       "loss that does not mind how much is sent is no reason to send less");
    ok(cuts <= 8 && cuts >= 1, "tried %u times in ten minutes", cuts);
}


/* A way that was narrow, and later loses what redundancy could make good:
 * seconds until there is room for that. */
static unsigned
widened(uint32_t seed, float loss, float burst, uint32_t rate_bps)
{
    unsigned  s;

    begin();
    dice = seed;
    run(30);
    way.rate_bps = rate_bps;
    run(120);
    way.rate_bps = 0;
    way.loss = loss;
    way.burst = burst;

    for (s = 0; s < 1800 && ad.ceiling_bps < 40000; s++) {
        second();
    }

    return s;
}


static void
test_lossy(float loss, float burst, uint32_t rate_bps)
{
    uint32_t  seed;
    unsigned  sum;

    for (sum = 0, seed = 10; seed != 0; seed--) {
        sum += widened(seed, loss, burst, rate_bps);
    }

    ok(sum / 10 <= (burst > 1 ? 600 : 240), "%u b/s, then %.0f %% in bursts of "
       "%.0f: room is found in %u s", rate_bps, (double) loss * 100,
       (double) burst, sum / 10);
    run(600);
    ok(cuts == 0 && profiles == 0 && ad.left < 0.03f, "and used: %.1f %% left",
       (double) ad.left * 100);

    /* Both at once. */

    way.rate_bps = rate_bps;
    way.buffer_ms = 300;
    run(300);
    run(1800);
    ok(ad.ceiling_bps <= rate_bps * 5 / 4, "narrow and lossy: it stays low");
    ok(probes <= 18 && cuts <= 8, "half an hour, %u probes, %u cuts", probes,
       cuts);
    ok(profiles <= 2 * (probes + cuts), "%u changes of profile", profiles);
    ok(over_s <= 1800 / 12, "too much for %u s of 1800", over_s);
}


/* Four seconds of speech in thirty. */
static void
spurts(unsigned n)
{
    while (n-- != 0) {
        quiet = true;
        run(26);
        quiet = false;
        run(4);
    }
}


static void
test_quiet(bool listener)
{
    unsigned    n;
    wzp_plan_t  before;

    begin();
    alone = !listener;
    run(30);
    before = ad.plan;
    way.loss = 0.8f;
    run(3);
    n = cuts;
    way.loss = 0;
    quiet = true;
    run(100);
    ok(n + cuts <= 1, "%s: loss, then silence: cut %u + %u times",
       listener ? "a listener" : "alone", n, cuts);
    ok(ad.profile <= WZP_PROFILE_DEGRADED, "silence takes no quality");

    spurts(120);
    ok(wzp_plan_equal(&ad.plan, &before) && ad.ceiling_bps == UINT32_MAX,
       "a few words now and then bring it back");

    /* A narrow way is found in spurts, and left in spurts. */

    way.rate_bps = 9000;
    way.buffer_ms = 300;
    spurts(40);
    ok(ad.ceiling_bps < 12000 || ad.phase == WZP_ADAPT_PROBE,
       "a narrow way is known in spurts");
    way.rate_bps = 0;
    spurts(80);
    ok(ad.ceiling_bps == UINT32_MAX, "and left in spurts");
}


static void
test_orders(void)
{
    begin();
    run(20);
    wzp_adapt_directive(&ad, WZP_PROFILE_DEGRADED);
    ok(wzp_adapt_turn(&ad, now_ns) && ad.profile == WZP_PROFILE_DEGRADED
       && ad.plan.codec == WZP_CODEC_OPUS6K, "the relay is obeyed at once");
    is_str(ad.reason, "relay", "and named");

    wzp_adapt_directive(&ad, WZP_PROFILE_STUDIO_64K);
    (void) wzp_adapt_turn(&ad, now_ns);
    ok(ad.profile == WZP_PROFILE_STUDIO_64K, "upwards, too");

    wzp_adapt_limit(&ad, WZP_PROFILE_STUDIO_32K);
    (void) wzp_adapt_turn(&ad, now_ns);
    ok(ad.profile == WZP_PROFILE_STUDIO_32K, "but not beyond the person's");

    begin();
    conf.fixed = true;
    wzp_adapt_init(&ad, &conf);
    way.rate_bps = 8000;
    way.buffer_ms = 200;
    run(60);
    ok(ad.profile == WZP_PROFILE_GOOD, "fixed: it stays");
    wzp_adapt_directive(&ad, WZP_PROFILE_DEGRADED);
    run(2);
    ok(ad.profile == WZP_PROFILE_DEGRADED, "but for the relay");
}


static void
test_moved(void)
{
    begin();
    way.rate_bps = 9000;
    way.buffer_ms = 200;
    run(300);
    ok(ad.ceiling_bps != UINT32_MAX, "a narrow way");

    wzp_adapt_moved(&ad, now_ns);
    wzp_loss_init(&heard, WZP_LOSS_WAIT);
    way.rate_bps = 0;
    way.rtt_ms = 300;
    queue_ms = 0;
    run(2);
    is_u64(ad.seen.queue_ms, 0, "another network has its own round trip");
    ok(until(WZP_PROFILE_GOOD) < 60, "and is tried soon");

    wzp_adapt_moved(&ad, now_ns);
    run(2);
    ok(ad.plan.inband_fec || ad.plan.ncopies != 0 || ad.plan.dred_10ms != 0,
       "while it is new there is some redundancy");
    run(60);
    ok(ad.plan.ncopies == 0, "not for ever");
}


static void
test_ears(void)
{
    unsigned      i;
    wzp_report_t  rp;

    begin();
    memset(&rp, 0, sizeof(rp));

    for (i = 1; i < 100; i++) {
        wzp_adapt_view(&ad, (uint16_t) i, 0, 1, now_ns + i);
    }

    wzp_adapt_view(&ad, 99, 0.2f, 2, now_ns + 200);
    (void) wzp_adapt_turn(&ad, now_ns + 300);
    ok(ad.seen.loss == 0.2f && ad.seen.burst == 2, "the worst listener counts");

    rp.loss = 255;
    wzp_adapt_report(&ad, 99, &rp, now_ns + 400);
    ad.turn_ns = 0;
    (void) wzp_adapt_turn(&ad, now_ns + 500);
    ok(ad.seen.loss == 0.2f, "what he hears of us, not of others");

    ad.turn_ns = 0;
    (void) wzp_adapt_turn(&ad, now_ns + 10 * WZP_SEC);
    ok(ad.seen.loss == 0, "while it is news");

    wzp_adapt_report(&ad, 5, &rp, now_ns + 10 * WZP_SEC);
    ad.turn_ns = 0;
    (void) wzp_adapt_turn(&ad, now_ns + 10 * WZP_SEC);
    ok(ad.seen.left == 1, "others have only reports");
}


/* A hundred listeners, all of them heard from every second, in any order: the
 * one who loses a fifth is not forgotten. */

static void
test_many_ears(void)
{
    unsigned      i, s, known;
    wzp_report_t  rp;

    begin();
    memset(&rp, 0, sizeof(rp));
    known = 0;

    for (s = 0; s < 20; s++) {

        for (i = 0; i < 100; i++) {
            now_ns += 5 * WZP_MS;
            wzp_adapt_view(&ad, (uint16_t) i, i == 40 ? 0.2f : i % 5 ? 0.01f : 0,
                           1, now_ns);
            rp.loss = 128;
            wzp_adapt_report(&ad, (uint16_t) i, &rp, now_ns);
        }

        now_ns += WZP_SEC / 2;
        ad.turn_ns = 0;
        (void) wzp_adapt_turn(&ad, now_ns);
        known += ad.seen.loss == 0.2f;
    }

    is_u64(known, 20, "one of a hundred listeners loses: known all the time");

    for (i = 0; i < 100; i++) {
        wzp_adapt_view(&ad, (uint16_t) i, 0, 1, now_ns);
    }

    ad.turn_ns = 0;
    (void) wzp_adapt_turn(&ad, now_ns);
    ok(ad.seen.loss < 0.2f, "until he says that he does not");

    now_ns += 10 * WZP_SEC;

    for (i = 100; i < 200; i++) {
        wzp_adapt_report(&ad, (uint16_t) i, &rp, now_ns);
        rp.loss = i == 170 ? 255 : 10;
    }

    ad.turn_ns = 0;
    (void) wzp_adapt_turn(&ad, now_ns);
    ok(ad.seen.left == 1, "reports take the places of those who are silent");
}


int
main(void)
{
    test_clean();
    test_loss(0.1f, 1);
    test_loss(0.2f, 1);
    test_loss(0.1f, 3);
    test_loss(0.1f, 6);
    test_narrow(20000, 300, WZP_PROFILE_GOOD);
    test_narrow(20000, 0, WZP_PROFILE_GOOD);
    test_narrow(9000, 300, WZP_PROFILE_DEGRADED);
    test_narrow(9000, 0, WZP_PROFILE_DEGRADED);
    test_narrow(4000, 500, WZP_PROFILE_CATASTROPHIC);
    test_flapping();
    test_futile();
    test_lossy(0.1f, 1, 15000);
    test_lossy(0.1f, 1, 20000);
    test_lossy(0.15f, 1, 20000);
    test_lossy(0.1f, 3, 12000);
    test_lossy(0.06f, 4, 15000);
    test_quiet(false);
    test_quiet(true);
    test_orders();
    test_moved();
    test_ears();
    test_many_ears();

    return done_testing();
}
