/*
 * The account of sequence numbers, by facts and against a slow model.
 */

#include "tap.h"
#include "wzp/wzp_account.h"


static wzp_account_t  ac;


static void
put_range(unsigned from, unsigned to)
{
    unsigned  i;

    for (i = from; i < to; i++) {
        (void) wzp_account_put(&ac, (uint16_t) i);
    }
}


static void
is_totals(uint64_t unique, uint64_t dup, uint64_t missing, const char *what)
{
    wzp_account_settle(&ac);

    is_u64(ac.unique, unique, "%s: unique", what);
    is_u64(ac.dup, dup, "%s: twice", what);
    is_u64(wzp_account_missing(&ac), missing, "%s: missing", what);
    is_u64(ac.received, ac.unique + ac.dup + ac.strays,
           "%s: nothing is counted twice or not at all", what);
}


static void
test_simple(void)
{
    wzp_account_init(&ac);
    is_u64(wzp_account_expected(&ac), 0, "nothing is expected at first");

    put_range(0, 100);
    is_totals(100, 0, 0, "in order");
    is_u64(ac.first, 0, "first");
    is_u64(ac.last, 99, "last");

    put_range(110, 120);
    is_totals(110, 0, 10, "a hole");

    put_range(100, 110);
    is_totals(120, 0, 0, "filled later");
    is_u64(ac.reordered, 10, "these were late");

    put_range(90, 120);
    is_totals(120, 30, 0, "repeats");
}


static void
test_start(void)
{
    wzp_account_init(&ac);

    is_u64(wzp_account_put(&ac, 5), WZP_ACCOUNT_NEW, "begins at 5");
    is_u64(wzp_account_put(&ac, 3), WZP_ACCOUNT_NEW, "then 3");
    is_u64(ac.first, 3, "the first is 3 now");
    is_totals(2, 0, 1, "4 is missing");

    wzp_account_init(&ac);
    put_range(0, 1);
    is_u64(wzp_account_put(&ac, 65535), WZP_ACCOUNT_NEW, "one before 0");
    is_u64(ac.first, 65535, "is the first");
    is_totals(2, 0, 0, "over the wrap, backwards");
}


static void
test_wrap(void)
{
    unsigned  i;

    wzp_account_init(&ac);

    for (i = 0; i < 200000; i++) {
        if (i % 1000 != 7) {
            (void) wzp_account_put(&ac, (uint16_t) i);
        }
    }

    is_totals(199800, 0, 200, "three wraps");
    is_u64(wzp_account_expected(&ac), 200000, "all are expected");

    is_u64(wzp_account_put(&ac, (uint16_t) (200000 - 50)), WZP_ACCOUNT_DUP,
           "a repeat after the wraps");
    is_u64(wzp_account_put(&ac, (uint16_t) (199007 + 1000 - 65536 * 3)),
           WZP_ACCOUNT_NEW, "ahead by 7");
}


static void
test_stray(void)
{
    wzp_account_init(&ac);
    put_range(0, 1000);

    is_u64(wzp_account_put(&ac, 500), WZP_ACCOUNT_STRAY, "500 behind");
    put_range(1000, 1010);
    is_totals(1010, 1, 0, "was a repeat");

    is_u64(wzp_account_put(&ac, 40000), WZP_ACCOUNT_STRAY, "far off");
    put_range(1010, 1020);
    is_totals(1020, 1, 0, "belongs nowhere");
    is_u64(ac.strays, 1, "and is counted as that");

    wzp_account_init(&ac);
    put_range(0, 100);
    put_range(101, 1000);
    is_u64(wzp_account_put(&ac, 100), WZP_ACCOUNT_STRAY, "900 behind");
    is_totals(1000, 0, 0, "was the one that was missing");
}


static void
test_restart(void)
{
    wzp_account_init(&ac);
    put_range(1000, 2000);

    is_u64(wzp_account_put(&ac, 0), WZP_ACCOUNT_STRAY, "back to 0");
    is_u64(wzp_account_put(&ac, 0), WZP_ACCOUNT_DUP, "the same again");
    is_u64(wzp_account_put(&ac, 1), WZP_ACCOUNT_RESTART,
           "1 follows: a new sender");
    put_range(2, 500);
    is_totals(1500, 1, 0, "both runs");
    is_u64(ac.restarts, 1, "one restart");
    is_u64(wzp_account_expected(&ac), 1500, "of 1000 and 500");
    is_u64(ac.first, 1000, "the first of all");
    is_u64(ac.last, 499, "the last of all");

    wzp_account_init(&ac);
    put_range(0, 10);
    put_range(2500, 2600);
    is_u64(ac.restarts, 0, "an outage of 50 s is no restart");
    is_totals(110, 0, 2490, "but a loss");

    put_range(9000, 9010);
    is_u64(ac.restarts, 1, "one of two minutes is");
    is_totals(120, 0, 2490, "and no loss");
}


/* Random loss, repeats and order within 50 packets, judged by a table. */

static void
test_model(void)
{
    bool      came[70000];
    size_t    i, n, unique, first, last;
    uint32_t  r;
    uint16_t  seqs[70000];

    memset(came, 0, sizeof(came));
    r = 12345;
    n = 0;

    for (i = 0; i < 60000; i++) {
        r = r * 1664525u + 1013904223u;

        if ((r >> 24) < 25) {
            continue;
        }

        seqs[n++] = (uint16_t) (i + 30000);

        if ((r >> 16 & 0xff) < 10) {
            seqs[n++] = (uint16_t) (i + 30000);
        }
    }

    /* in blocks of 50, any order */

    for (i = 0; i < n; i++) {
        uint16_t  t;
        size_t    j, block;

        r = r * 1664525u + 1013904223u;
        block = i - i % 50;
        j = block + (r >> 16) % (i - block + 1);
        t = seqs[i];
        seqs[i] = seqs[j];
        seqs[j] = t;
    }

    wzp_account_init(&ac);
    unique = 0;
    first = SIZE_MAX;
    last = 0;

    for (i = 0; i < n; i++) {
        size_t  at;

        (void) wzp_account_put(&ac, seqs[i]);

        at = (uint16_t) (seqs[i] - 30000);
        unique += !came[at];
        came[at] = true;
        first = at < first ? at : first;
        last = at > last ? at : last;
    }

    is_totals(unique, n - unique, last - first + 1 - unique, "random");
    is_u64(ac.restarts + ac.strays, 0, "random: nothing far off");
}


static void
test_distance(void)
{
    wzp_account_init(&ac);
    put_range(65500, 65530);

    ok(wzp_account_distance(&ac, ac.last) == 0, "the newest itself");
    ok(wzp_account_distance(&ac, (uint16_t) (ac.last + 200)) == 200,
       "200 ahead, over the wrap");
    ok(wzp_account_distance(&ac, (uint16_t) (ac.last - 50)) == 50,
       "50 behind");
    ok(wzp_account_distance(&ac, (uint16_t) (ac.last + 201)) == INT32_MAX,
       "further ahead is somebody else");
    ok(wzp_account_distance(&ac, (uint16_t) (ac.last - 51)) == INT32_MAX,
       "as is further behind");
}


int
main(void)
{
    test_distance();
    test_simple();
    test_start();
    test_wrap();
    test_stray();
    test_restart();
    test_model();

    return done_testing();
}
