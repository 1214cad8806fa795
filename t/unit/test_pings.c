/*
 * Windows of pings: loss, round trip, jitter.  PROTOCOL 9.2.
 */

#include "wzp/wzp_pings.h"
#include "tap.h"


static bool
near(double a, double b)
{
    return a - b < 0.0011 && b - a < 0.0011;
}


static void
test_simple(void)
{
    uint64_t          t1, t2;
    wzp_pings_t       pg;
    wzp_pings_stat_t  st;

    wzp_pings_init(&pg);
    wzp_pings_stat(&pg, 0, &st);
    ok(!st.up && st.sent == 0 && near(st.loss, 0), "nothing sent");

    t1 = wzp_pings_sent(&pg, 5 * WZP_SEC);
    t2 = wzp_pings_sent(&pg, 5 * WZP_SEC);
    is_u64(t1, 5000, "the timestamp is in ms");
    ok(t2 != t1, "and nobody else's");

    wzp_pings_stat(&pg, 5 * WZP_SEC + 999 * WZP_MS, &st);
    ok(st.sent == 0 && near(st.loss, 0), "in flight does not count");
    ok(wzp_pings_pong(&pg, t1, 5 * WZP_SEC + 12345678), "a pong");
    ok(!wzp_pings_pong(&pg, t1, 5 * WZP_SEC + 13345678), "twice");
    ok(!wzp_pings_pong(&pg, 4711, 5 * WZP_SEC), "of nothing");

    wzp_pings_stat(&pg, 5 * WZP_SEC + 999 * WZP_MS, &st);
    ok(st.up && st.sent == 1 && st.answered == 1 && near(st.loss, 0), "up");
    ok(near(st.rtt_ms, 12.345678) && near(st.mean_ms, 12.345678),
       "with fractions of ms");
    ok(near(st.jitter_ms, 0), "no jitter");

    wzp_pings_stat(&pg, 6 * WZP_SEC, &st);
    ok(st.sent == 2 && near(st.loss, 0.5), "after a second it is lost");
    ok(wzp_pings_pong(&pg, t2, 6 * WZP_SEC + 12345678), "until it comes");
    wzp_pings_stat(&pg, 7 * WZP_SEC, &st);
    ok(near(st.loss, 0) && near(st.mean_ms, 512.345678), "late");
    ok(near(st.jitter_ms, 500), "population standard deviation");

    t1 = wzp_pings_sent(&pg, 8 * WZP_SEC);
    wzp_pings_down(&pg);
    wzp_pings_stat(&pg, 8 * WZP_SEC, &st);
    ok(!st.up && st.sent == 3 && st.answered == 2,
       "down: what was under way is lost");
    ok(!wzp_pings_pong(&pg, t1, 8 * WZP_SEC + WZP_MS), "and stays so");
    ok(near(st.rtt_ms, 1012.345678), "the last round trip");
}


/* Nobody is there for a minute. */
static void
test_missed(void)
{
    unsigned          i;
    uint64_t          t, now;
    wzp_pings_t       pg;
    wzp_pings_stat_t  st;

    wzp_pings_init(&pg);
    now = 10 * WZP_SEC;

    for (i = 0; i < 60; i++, now += WZP_SEC) {
        t = wzp_pings_sent(&pg, now);
        (void) wzp_pings_pong(&pg, t, now + 5 * WZP_MS);
    }

    wzp_pings_down(&pg);

    for (i = 0; i < 15; i++, now += WZP_SEC) {
        wzp_pings_missed(&pg, now);
    }

    wzp_pings_stat(&pg, now, &st);
    ok(!st.up && st.sent == 60 && near(st.loss, 0.25), "a quarter of it");
    ok(near(st.rtt_ms, 5), "with the last round trip");
    ok(!wzp_pings_pong(&pg, now / WZP_MS - 1000, now), "never sent");

    for (i = 15; i < 60; i++, now += WZP_SEC) {
        wzp_pings_missed(&pg, now);
    }

    wzp_pings_stat(&pg, now, &st);
    ok(st.sent == 60 && st.answered == 0 && near(st.loss, 1), "all of it");

    (void) wzp_pings_pong(&pg, wzp_pings_sent(&pg, now), now + 7 * WZP_MS);
    wzp_pings_stat(&pg, now, &st);
    ok(st.up && near(st.rtt_ms, 7) && near(st.loss, 59 / 60.0), "back");

    for (i = 0; i < 60; i++, now += WZP_SEC) {
        (void) wzp_pings_sent(&pg, now);
    }

    wzp_pings_stat(&pg, now + 2 * WZP_SEC, &st);
    ok(!st.up && near(st.loss, 1), "a session without any answer is not up");
}


static void
test_window(void)
{
    unsigned          i;
    uint64_t          t, first;
    wzp_pings_t       pg;
    wzp_pings_stat_t  st;

    wzp_pings_init(&pg);
    first = wzp_pings_sent(&pg, WZP_SEC);

    for (i = 2; i <= 61; i++) {
        t = wzp_pings_sent(&pg, i * WZP_SEC);

        if (i % 4 != 0) {
            (void) wzp_pings_pong(&pg, t, i * WZP_SEC + i % 2 * 2 * WZP_MS
                                          + 10 * WZP_MS);
        }
    }

    wzp_pings_stat(&pg, 100 * WZP_SEC, &st);
    ok(st.sent == 60 && st.answered == 45, "sixty count");
    ok(near(st.loss, 0.25), "a quarter is lost");
    ok(near(st.mean_ms, 10 + 2 * 30 / 45.0), "mean");
    ok(near(st.jitter_ms, 0.942), "jitter, rounded down to us");
    ok(!wzp_pings_pong(&pg, first, 100 * WZP_SEC), "too late for the first");

    t = wzp_pings_sent(&pg, 200 * WZP_SEC);
    ok(!wzp_pings_pong(&pg, t, 199 * WZP_SEC), "before it was sent");
    ok(wzp_pings_pong(&pg, t, 90000 * WZP_SEC), "a day later");
    wzp_pings_stat(&pg, 90000 * WZP_SEC, &st);
    ok(near(st.rtt_ms, 100000), "is cut to what can be squared");
}


int
main(void)
{
    test_simple();
    test_window();
    test_missed();

    return done_testing();
}
