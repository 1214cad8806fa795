/*
 * The duplicate filter: two seconds, wraps, full buckets, and threads that ask
 * for the same packets at the same time.
 */

#include <pthread.h>
#include <stdatomic.h>

#include "wzp/wzp_dup.h"
#include "tap.h"


#define THREADS     4
#define HASHES      200000
#define ENTRIES     65536


static wzp_dup_t         *shared;
static _Atomic unsigned   ready;
static _Atomic uint8_t    firsts[HASHES];


static uint64_t
mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x7fb5d329728ea185ULL;
    x ^= x >> 27;
    x *= 0x81dadef4bc2dd44dULL;
    x ^= x >> 33;

    return x;
}


static wzp_dup_t *
make(uint32_t entries)
{
    void  *mem;

    if (posix_memalign(&mem, 64, wzp_dup_size(entries)) != 0) {
        exit(1);
    }

    memset(mem, 0xee, wzp_dup_size(entries));
    wzp_dup_init(mem, entries);

    return mem;
}


static void
test_time(void)
{
    unsigned    i, bad;
    uint64_t    now, wrap;
    wzp_dup_t  *dp;

    dp = make(1024);
    now = 12345 * WZP_SEC;

    ok(!wzp_dup_known(dp, 77, now), "not known");
    ok(!wzp_dup_seen(dp, 77, now), "new: the question left nothing");
    ok(wzp_dup_known(dp, 77, now), "known");
    ok(wzp_dup_known(dp, 77, now + WZP_DUP_NS), "for two seconds");
    ok(!wzp_dup_known(dp, 77, now + WZP_DUP_NS * 108 / 100), "and no more");
    ok(wzp_dup_seen(dp, 77, now), "seen");
    ok(wzp_dup_seen(dp, 77, now + WZP_DUP_NS), "seen after two seconds");
    ok(wzp_dup_seen(dp, 77, now - 9 * WZP_SEC), "by a clock that is behind");
    ok(!wzp_dup_seen(dp, 77, now + WZP_DUP_NS * 108 / 100),
       "new after a little more");
    ok(!wzp_dup_seen(dp, 0, now) && wzp_dup_seen(dp, 0, now), "zero");
    ok(!wzp_dup_seen(dp, UINT64_MAX, now)
       && wzp_dup_seen(dp, UINT64_MAX, now), "all ones");

    /* about the end of the time in a word */

    wrap = 1ULL << 55;
    bad = 0;

    for (i = 0; i < 400; i++) {
        now = wrap - 20 * WZP_SEC + i * 100 * WZP_MS;
        bad += wzp_dup_seen(dp, mix(i), now);
        bad += !wzp_dup_seen(dp, mix(i), now + WZP_DUP_NS);
        bad += wzp_dup_seen(dp, mix(i), now + 2 * WZP_DUP_NS);
    }

    is_u64(bad, 0, "the wrap of time is not seen");

    /* one that is old, in a bucket that is looked into in between */

    now = 100 * WZP_SEC;
    (void) wzp_dup_seen(dp, 5ULL << 40, now);
    (void) wzp_dup_seen(dp, 6ULL << 40, now);
    (void) wzp_dup_seen(dp, 7ULL << 40, now + 10 * WZP_SEC);
    ok(!wzp_dup_seen(dp, 5ULL << 40, now + wrap), "never young again");

    free(dp);
}


static void
test_full(void)
{
    uint64_t    i, again, now;
    wzp_dup_t  *dp;

    dp = make(8);
    now = WZP_SEC;

    for (i = 0, again = 0; i < 8; i++) {
        again += wzp_dup_seen(dp, mix(i), now + i * 200 * WZP_MS);
    }

    is_u64(again, 0, "eight new ones");

    for (i = 0, again = 0; i < 8; i++) {
        again += wzp_dup_seen(dp, mix(i), now + 1600 * WZP_MS);
    }

    is_u64(again, 8, "are remembered");
    ok(!wzp_dup_seen(dp, mix(8), now + 1600 * WZP_MS), "a ninth");

    for (i = 1, again = 0; i < 9; i++) {
        again += wzp_dup_seen(dp, mix(i), now + 1600 * WZP_MS);
    }

    is_u64(again, 8, "takes the place of the oldest");

    free(dp);
}


/* At the load that is written in the header. */
static void
test_load(void)
{
    uint64_t    i, now, wrong, missed;
    wzp_dup_t  *dp;

    dp = make(ENTRIES);
    wrong = 0;
    missed = 0;

    for (i = 0; i < 400000; i++) {
        now = WZP_SEC + i * (WZP_SEC / 8000);
        wrong += wzp_dup_seen(dp, mix(i), now);

        if (i >= 8000) {
            missed += !wzp_dup_seen(dp, mix(i - 8000), now);
        }
    }

    is_u64(wrong, 0, "400,000 new packets, 8,000 per second: all new");
    ok(missed < 400, "%" PRIu64 " not known after a second", missed);

    free(dp);
}


static void *
asker(void *arg)
{
    uint64_t  i;

    atomic_fetch_add(&ready, 1);

    while (atomic_load(&ready) < THREADS) { /* void */ }

    for (i = 0; i < HASHES; i++) {
        if (!wzp_dup_seen(shared, mix(i), WZP_SEC + i * 1000)) {
            atomic_fetch_add(&firsts[i], 1);
        }
    }

    return arg;
}


static void
test_threads(uint32_t entries)
{
    unsigned   i, none, many;
    pthread_t  thread[THREADS];

    shared = make(entries);
    atomic_store(&ready, 0);

    for (i = 0; i < HASHES; i++) {
        atomic_store(&firsts[i], 0);
    }

    for (i = 0; i < THREADS; i++) {
        if (pthread_create(&thread[i], NULL, asker, NULL) != 0) {
            exit(1);
        }
    }

    for (i = 0; i < THREADS; i++) {
        (void) pthread_join(thread[i], NULL);
    }

    none = 0;
    many = 0;

    for (i = 0; i < HASHES; i++) {
        none += firsts[i] == 0;
        many += firsts[i] > 1;
    }

    is_u64(none, 0, "%u entries, four threads: nothing is lost", entries);
    is_u64(many, 0, "and nothing comes twice");

    free(shared);
}


int
main(void)
{
    test_time();
    test_full();
    test_load();
    test_threads(1 << 20);
    test_threads(1 << 22);

    return done_testing();
}
