/*
 * How long frames should wait: what happens once is no reason to wait longer,
 * what happens again is.
 */

#include "tap.h"
#include "wzp/wzp_delay.h"


#define FRAME_MS    20
#define MIN_MS      20


static wzp_delay_t  dl;
static uint32_t     dice;
static uint32_t     nsent;
static unsigned     late;               /* of those sent since start()       */


static void
start(void)
{
    wzp_delay_init(&dl, 40, MIN_MS, 400);
    dice = 4711;
    nsent = 0;
    late = 0;
}


static unsigned
target_ms(void)
{
    return (unsigned) (wzp_delay_target(&dl) / 1000);
}


/* The next frame is so late. */

static void
frame(unsigned us)
{
    uint64_t  at_ns;

    at_ns = WZP_SEC + nsent * FRAME_MS * WZP_MS + us * 1000ULL;
    late += wzp_delay_excess(&dl, nsent * FRAME_MS, 1, at_ns) > 0;
    wzp_delay_put(&dl, nsent * FRAME_MS, 1, at_ns);
    nsent++;
}


static void
steady(unsigned n, unsigned jitter_ms)
{
    while (n-- > 0) {
        dice = dice * 1664525u + 1013904223u;
        frame((dice >> 12) % (jitter_ms * 1000 + 1));
    }
}


/* For `ms` nothing comes, then all at once: each a frame less late. */

static void
hiccup(unsigned ms)
{
    unsigned  left;

    for (left = ms; left > 0; left -= WZP_MIN(left, FRAME_MS)) {
        frame(left * 1000);
    }
}


static void
test_hiccup(unsigned before, unsigned ms)
{
    unsigned  i, worst;

    start();
    steady(before, 3);
    hiccup(ms);
    worst = 0;

    for (i = 0; i < 700; i++) {
        steady(1, 3);
        worst = i >= 100 ? WZP_MAX(worst, target_ms()) : worst;
    }

    is_u64(worst, MIN_MS, "%u ms once, after %u frames: 2 s later the target "
           "is as before", ms, before);
}


static void
test_again(void)
{
    unsigned  i;

    start();
    steady(100, 3);

    for (i = 0; i < 5; i++) {
        hiccup(100);
        steady(100, 3);
    }

    ok(target_ms() >= 100, "every 2 s: target %u ms", target_ms());
    late = 0;
    hiccup(100);
    is_u64(late, 0, "and nothing is late");

    steady(900, 3);
    is_u64(target_ms(), MIN_MS, "until it comes no more");
}


static void
test_steady(unsigned jitter_ms)
{
    start();
    steady(3000, jitter_ms);
    ok(late * 100 < nsent, "jitter of %u ms: %u of %u late", jitter_ms, late,
       (unsigned) nsent);
    ok(target_ms() <= WZP_MAX(jitter_ms + 2, MIN_MS), "target %u ms",
       target_ms());
}


int
main(void)
{
    static const unsigned  before[] = { 0, 1, 10, 30, 100, 150, 300, 600 };

    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(before); i++) {
        test_hiccup(before[i], 50);
        test_hiccup(before[i], 90);
        test_hiccup(before[i], 180);
    }

    test_again();
    test_steady(10);
    test_steady(50);
    test_steady(100);

    return done_testing();
}
