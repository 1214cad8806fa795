/*
 * The meter of loss and bursts: facts, and simulated channels.
 */

#include <math.h>

#include "tap.h"
#include "wzp/wzp_loss.h"


static wzp_loss_t  lm;
static uint32_t    dice;


static float
roll(void)
{
    dice = dice * 1664525u + 1013904223u;

    return (float) (dice >> 8) / 16777216.0f;
}


static bool
near(float v, float want, float by)
{
    return fabsf(v - want) <= by;
}


/* n numbers from `from` on, of which every `nth` is lost (0: none). */
static uint16_t
run(unsigned from, unsigned n, unsigned nth)
{
    unsigned  i;

    for (i = from; i < from + n; i++) {
        if (nth == 0 || i % nth != 0) {
            wzp_loss_put(&lm, (uint16_t) i, i * 20 * WZP_MS);
        }
    }

    return (uint16_t) i;
}


static void
test_facts(void)
{
    wzp_loss_init(&lm, WZP_LOSS_WAIT);
    ok(wzp_loss_share(&lm) == 0 && wzp_loss_burst(&lm) == 1
       && wzp_loss_weight(&lm) == 0, "nothing is known at first");

    (void) run(0, 1000, 0);
    ok(wzp_loss_share(&lm) == 0, "nothing is lost");
    ok(near(wzp_loss_weight(&lm), WZP_LOSS_SPAN, 1), "the weight is bounded");

    (void) run(1000, 16, 0);
    (void) run(1017, 16, 0);
    ok(wzp_loss_share(&lm) == 0, "1016 may still come");
    (void) run(1016, 1, 0);
    (void) run(1033, 100, 0);
    ok(wzp_loss_share(&lm) == 0, "and came");

    (void) run(1134, 17, 0);
    ok(near(wzp_loss_share(&lm), 1.0f / WZP_LOSS_SPAN, 0.001f),
       "seventeen later one is lost");
    (void) run(1133, 1, 0);
    ok(wzp_loss_share(&lm) > 0, "too late to change that");

    wzp_loss_init(&lm, WZP_LOSS_WAIT);
    (void) run(65000, 1100, 10);
    ok(near(wzp_loss_share(&lm), 0.1f, 0.01f), "through the wrap: %.3f",
       (double) wzp_loss_share(&lm));
    ok(near(wzp_loss_burst(&lm), 1, 0.001f), "one at a time");
}


static void
test_age(void)
{
    wzp_loss_init(&lm, WZP_LOSS_WAIT);

    wzp_loss_put(&lm, 1, 1 * WZP_SEC);
    wzp_loss_put(&lm, 3, 1 * WZP_SEC);
    ok(wzp_loss_share(&lm) == 0, "2 may still come");
    wzp_loss_put(&lm, 4, 2 * WZP_SEC);
    ok(near(wzp_loss_share(&lm), 0.25f, 0.01f), "not after a second");
}


static void
test_gone(void)
{
    wzp_loss_init(&lm, 40);

    wzp_loss_gone(&lm, 5);
    wzp_loss_put(&lm, 1, 0);
    wzp_loss_put(&lm, 4, 0);
    wzp_loss_gone(&lm, 3);
    ok(wzp_loss_share(&lm) == 0, "2 is open");
    wzp_loss_gone(&lm, 2);
    ok(near(wzp_loss_share(&lm), 0.5f, 0.01f)
       && near(wzp_loss_burst(&lm), 5.0f / 3, 0.02f), "a hole of two");
    wzp_loss_gone(&lm, 2);
    wzp_loss_put(&lm, 3, 0);
    wzp_loss_gone(&lm, 100);
    ok(near(wzp_loss_share(&lm), 0.5f, 0.01f), "repeats change nothing");
}


static void
test_outage(void)
{
    wzp_loss_init(&lm, WZP_LOSS_WAIT);

    (void) run(0, 500, 0);
    (void) run(1500, 500, 0);
    ok(wzp_loss_share(&lm) < 0.01f, "an outage is soon forgotten");

    (void) run(3500, 17, 0);
    ok(near(wzp_loss_share(&lm), 0.195f, 0.01f), "counts as 32: %.3f",
       (double) wzp_loss_share(&lm));

    wzp_loss_init(&lm, WZP_LOSS_WAIT);
    (void) run(0, 500, 0);
    (void) run(20000, 500, 0);
    (void) run(3, 500, 0);
    ok(wzp_loss_share(&lm) == 0, "a leap is another sender");
}


/* A Gilbert channel: what is measured, on the average and at the worst? */
static void
channel(float loss, float burst, float by, float burst_by)
{
    bool      bad;
    float     share, len, worst, enter;
    unsigned  i, n;

    wzp_loss_init(&lm, WZP_LOSS_WAIT);
    dice = 1;
    enter = loss / (1 - loss) / burst;
    bad = false;

    for (i = 0, n = 0, share = 0, len = 0, worst = 0; i < 60000; i++) {
        bad = bad ? roll() >= 1 / burst : roll() < enter;

        if (!bad) {
            wzp_loss_put(&lm, (uint16_t) i, i * 20 * WZP_MS);
        }

        if (i > 1000) {
            share += wzp_loss_share(&lm);
            len += wzp_loss_burst(&lm);
            worst = WZP_MAX(worst, fabsf(wzp_loss_share(&lm) - loss));
            n++;
        }
    }

    share /= (float) n;
    len /= (float) n;

    ok(near(share, loss, by) && near(len, burst, burst_by),
       "%.0f %%, bursts of %.1f: %.3f and %.2f, never off by more than %.3f",
       (double) loss * 100, (double) burst, (double) share, (double) len,
       (double) worst);
}


/* Reordering alone is no loss. */
static void
test_reorder(void)
{
    unsigned  i, j, k;
    uint16_t  block[8], t;

    wzp_loss_init(&lm, WZP_LOSS_WAIT);
    dice = 7;

    for (i = 0; i < 8000; i += 8) {
        for (j = 0; j < 8; j++) {
            block[j] = (uint16_t) (i + j);
        }

        for (j = 7; j > 0; j--) {
            k = (unsigned) (roll() * (float) (j + 1));
            t = block[j];
            block[j] = block[k];
            block[k] = t;
        }

        for (j = 0; j < 8; j++) {
            wzp_loss_put(&lm, block[j], i * 20 * WZP_MS);
        }
    }

    ok(wzp_loss_share(&lm) < 0.0001f, "reordering within 8 is no loss");
}


/* Anything at all: no number leaves its range. */
static void
test_anything(void)
{
    unsigned  i, wrong;
    uint16_t  seq;
    uint64_t  now;

    wzp_loss_init(&lm, 1000);
    dice = 3;

    for (i = 0, now = 0, wrong = 0; i < 200000; i++) {
        seq = (uint16_t) (roll() < 0.9f ? i + (unsigned) (roll() * 200)
                                        : dice >> 16);

        if (roll() < 0.7f) {
            wzp_loss_put(&lm, seq, now);

        } else {
            wzp_loss_gone(&lm, seq);
        }

        now += (uint64_t) (roll() * 100) * WZP_MS;

        wrong += !(wzp_loss_share(&lm) >= 0 && wzp_loss_share(&lm) <= 1
                   && wzp_loss_burst(&lm) >= 1
                   && wzp_loss_burst(&lm) <= WZP_LOSS_HOLE_MAX + 1
                   && lm.pending <= 64);
    }

    is_u64(wrong, 0, "any numbers in any order");
}


int
main(void)
{
    test_facts();
    test_age();
    test_gone();
    test_outage();
    channel(0.01f, 1, 0.003f, 0.1f);
    channel(0.1f, 1.1f, 0.01f, 0.1f);
    channel(0.2f, 1.25f, 0.01f, 0.1f);
    channel(0.1f, 3, 0.01f, 0.5f);
    channel(0.2f, 6, 0.02f, 1.2f);
    test_reorder();
    test_anything();

    return done_testing();
}
