/*
 * The ring: order, wrap, full, uncommitted reservations, damaged memory, two
 * threads and two processes with a doorbell that must not be lost.
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wzp/wzp_ring.h"
#include "tap.h"


#define CAPACITY    4096


static uint32_t
next_random(uint32_t *r)
{
    *r = *r * 1664525u + 1013904223u;

    return *r >> 8;
}


static void *
memory(size_t capacity)
{
    void  *mem;

    if (posix_memalign(&mem, 64, wzp_ring_size(capacity)) != 0) {
        exit(1);
    }

    memset(mem, 0xee, wzp_ring_size(capacity));

    return mem;
}


/* Message n: its number, then bytes that follow from it. */
static void
fill(uint8_t *p, size_t len, uint32_t n)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        p[i] = (uint8_t) (n * 31 + i * 7);
    }
}


static bool
good(const uint8_t *p, size_t len, uint32_t n)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (p[i] != (uint8_t) (n * 31 + i * 7)) {
            return false;
        }
    }

    return true;
}


static void
test_simple(void)
{
    void        *mem, *p;
    size_t       len;
    wzp_ring_t  *rg;

    mem = memory(CAPACITY);

    ok(wzp_ring_init(mem, 2048) == NULL && wzp_ring_init(mem, 5000) == NULL
       && wzp_ring_init(mem, 0) == NULL, "capacities that are refused");

    rg = wzp_ring_init(mem, CAPACITY);
    ok(rg != NULL, "init");

    p = wzp_ring_reserve(rg, 5);
    ok(p != NULL && (uintptr_t) p % 8 == 0, "reserved, aligned");
    ok(wzp_ring_peek(rg, &len) == NULL, "nothing before commit");

    memcpy(p, "hello", 5);
    ok(wzp_ring_commit(rg, 5), "commit asks for the doorbell");

    p = wzp_ring_reserve(rg, 100);
    memcpy(p, "second", 6);
    ok(!wzp_ring_commit(rg, 6), "once");

    len = 0;
    ok((p = (void *) (uintptr_t) wzp_ring_peek(rg, &len)) != NULL && len == 5
       && memcmp(p, "hello", 5) == 0, "first message");
    ok(wzp_ring_peek(rg, &len) == p && len == 5, "peek again, the same");
    wzp_ring_next(rg);

    ok((p = (void *) (uintptr_t) wzp_ring_peek(rg, &len)) != NULL && len == 6
       && memcmp(p, "second", 6) == 0, "second message, as committed");
    wzp_ring_next(rg);
    wzp_ring_next(rg);

    (void) wzp_ring_reserve(rg, 0);
    ok(!wzp_ring_commit(rg, 0), "the consumer has not seen it empty yet");
    ok(wzp_ring_peek(rg, &len) != NULL && len == 0, "an empty message");
    wzp_ring_next(rg);

    ok(wzp_ring_peek(rg, &len) == NULL, "empty");
    (void) wzp_ring_reserve(rg, 1);
    ok(wzp_ring_commit(rg, 1), "now it has");

    ok(wzp_ring_reserve(rg, CAPACITY / 4 + 1) == NULL, "too large");
    ok(wzp_ring_reserve(rg, SIZE_MAX) == NULL, "much too large");

    free(mem);
}


static void
test_full(void)
{
    void        *mem;
    size_t       len, n, k, round;
    uint8_t     *p;
    const void  *m;
    wzp_ring_t  *rg;

    mem = memory(CAPACITY);
    rg = wzp_ring_init(mem, CAPACITY);
    round = 0;

    for (k = 0; k < 50; k++) {
        for (n = 0; (p = wzp_ring_reserve(rg, 100 + k)) != NULL; n++) {
            fill(p, 100 + k, (uint32_t) n);
            (void) wzp_ring_commit(rg, 100 + k);
        }

        if (n < CAPACITY / (100 + k + 16) - 1) {
            diag("only %zu messages of %zu", n, 100 + k);
            break;
        }

        for (n = 0; (m = wzp_ring_peek(rg, &len)) != NULL; n++) {
            if (len != 100 + k || !good(m, len, (uint32_t) n)) {
                break;
            }

            wzp_ring_next(rg);
        }

        round += m == NULL;
    }

    is_u64(round, 50, "filled to the brim and emptied, 50 times");

    p = wzp_ring_reserve(rg, CAPACITY / 4);
    ok(p != NULL && wzp_ring_reserve(rg, 3) != NULL,
       "a second reserve replaces the first");
    fill(wzp_ring_reserve(rg, 3), 3, 9);
    (void) wzp_ring_commit(rg, 3);
    ok((m = wzp_ring_peek(rg, &len)) != NULL && len == 3 && good(m, 3, 9),
       "and is what arrives");

    free(mem);
}


/* One process, random steps, against a plain counter. */
static void
test_random(void)
{
    void        *mem;
    size_t       len;
    uint8_t     *p;
    uint32_t     r, in, out, lens[4096], i, wrong, want;
    const void  *m;
    wzp_ring_t  *rg;

    mem = memory(CAPACITY);
    rg = wzp_ring_init(mem, CAPACITY);
    r = 42;
    in = 0;
    out = 0;
    wrong = 0;

    for (i = 0; i < 400000; i++) {
        if (next_random(&r) & 1) {
            want = next_random(&r) % (CAPACITY / 4 + 1);
            p = wzp_ring_reserve(rg, want);

            if (p == NULL || next_random(&r) % 8 == 0) {
                continue;
            }

            want -= want == 0 ? 0 : next_random(&r) % want;
            fill(p, want, in);
            (void) wzp_ring_commit(rg, want);
            lens[in++ % WZP_ARRAY_LEN(lens)] = want;
            continue;
        }

        m = wzp_ring_peek(rg, &len);
        wrong += (m == NULL) != (in == out);

        if (m != NULL) {
            wrong += len != lens[out % WZP_ARRAY_LEN(lens)]
                     || !good(m, len, out);
            out++;
            wzp_ring_next(rg);
        }
    }

    ok(in > 10000, "%u messages", in);
    is_u64(wrong, 0, "400000 random steps");

    free(mem);
}


/*
 * Write over any part of the ring but its first line: the consumer neither
 * crashes nor reads outside (a sanitizer's redzone is right behind), and a
 * message that is sent after a full turn arrives.
 */
static void
test_damage(void)
{
    void        *mem;
    size_t       len, size, at, k;
    uint8_t     *p, *bytes;
    uint32_t     r, i, n, lost, outside;
    const void  *m;
    wzp_ring_t  *rg;

    size = wzp_ring_size(CAPACITY);
    r = 99;
    lost = 0;
    outside = 0;

    for (i = 0; i < 20000; i++) {
        mem = memory(CAPACITY);
        bytes = mem;
        rg = wzp_ring_init(mem, CAPACITY);

        for (k = 0; k < 20; k++) {
            p = wzp_ring_reserve(rg, next_random(&r) % 300);

            if (p != NULL) {
                (void) wzp_ring_commit(rg, 0);
            }
        }

        n = next_random(&r) % 20;

        for (k = 0; k < n; k++) {
            /* not the producer's own line: that is its business */

            do {
                at = 64 + next_random(&r) % (size - 64);
            } while (i % 2 && at < 128);

            bytes[at] = (uint8_t) next_random(&r);
        }

        for (k = 0; k < 200; k++) {
            m = wzp_ring_peek(rg, &len);

            if (m == NULL) {
                break;
            }

            outside += (const uint8_t *) m < bytes
                       || (const uint8_t *) m + len > bytes + size;
            wzp_ring_next(rg);
        }

        lost += k == 200;
        free(mem);
    }

    is_u64(outside, 0, "no view leaves the ring, whatever lies in it");
    is_u64(lost, 0, "and it is empty in the end");
}


static void
test_resync(void)
{
    void        *mem;
    size_t       len, i;
    uint8_t     *p;
    const void  *m;
    wzp_ring_t  *rg;

    mem = memory(CAPACITY);
    rg = wzp_ring_init(mem, CAPACITY);

    for (i = 0; i < 5; i++) {
        p = wzp_ring_reserve(rg, 16);
        memset(p, 'a', 16);
        (void) wzp_ring_commit(rg, 16);

        if (i == 0) {
            memset(p - 8, 0xff, 8);
        }
    }

    ok(wzp_ring_peek(rg, &len) == NULL, "a damaged head: all is skipped");

    p = wzp_ring_reserve(rg, 3);
    memcpy(p, "new", 3);
    ok(wzp_ring_commit(rg, 3), "the doorbell is wanted");
    m = wzp_ring_peek(rg, &len);
    ok(m != NULL && len == 3 && memcmp(m, "new", 3) == 0,
       "the next message arrives");

    memset((uint8_t *) mem, 0xff, 16);
    ok(wzp_ring_peek(rg, &len) == NULL, "a damaged capacity: empty");

    free(mem);
}


/* Both sides of a run: n messages, blocking on the doorbell when empty. */

typedef struct {
    wzp_ring_t  *rg;
    int          bell;
    int          room;
    uint32_t     n;
    uint32_t     wrong;
    uint32_t     slept;
} side_t;


static void
wait_for(int fd)
{
    uint64_t  v;

    if (read(fd, &v, sizeof(v)) != sizeof(v)) {
        _exit(3);
    }
}


static void
wake(int fd)
{
    uint64_t  v;

    v = 1;

    if (write(fd, &v, sizeof(v)) != sizeof(v)) {
        _exit(3);
    }
}


static void *
produce(void *data)
{
    size_t     len;
    side_t    *sd;
    uint8_t   *p;
    uint32_t   i, r;

    sd = data;
    r = 5;

    for (i = 0; i < sd->n; i++) {
        len = next_random(&r) % 200;

        while ((p = wzp_ring_reserve(sd->rg, len)) == NULL) {
            wait_for(sd->room);
        }

        fill(p, len, i);

        if (wzp_ring_commit(sd->rg, len)) {
            wake(sd->bell);
        }

        /* let the consumer run dry now and then */

        if (next_random(&r) % 64 == 0) {
            (void) usleep(1);
        }
    }

    return NULL;
}


/*
 * The only thing that wakes this side is its doorbell: a lost one would hang
 * the test, and alarm() ends it.
 */
static void *
consume(void *data)
{
    size_t       len;
    side_t      *sd;
    uint32_t     i, r;
    const void  *m;

    sd = data;
    r = 5;

    for (i = 0; i < sd->n; i++) {

        while ((m = wzp_ring_peek(sd->rg, &len)) == NULL) {
            wake(sd->room);
            wait_for(sd->bell);
            sd->slept++;
        }

        sd->wrong += len != next_random(&r) % 200 || !good(m, len, i);
        (void) next_random(&r);
        wzp_ring_next(sd->rg);

        if (i % 8 == 0) {
            wake(sd->room);
        }
    }

    return NULL;
}


static void
setup(side_t *sd, void *mem, uint32_t n)
{
    memset(sd, 0, sizeof(*sd));
    sd->rg = wzp_ring_init(mem, CAPACITY);
    sd->bell = eventfd(0, 0);
    sd->room = eventfd(0, 0);
    sd->n = n;
}


static void
test_threads(void)
{
    void       *mem;
    side_t      in, out;
    pthread_t   tid;

    mem = memory(CAPACITY);
    setup(&in, mem, 100000);
    out = in;

    (void) alarm(300);

    if (!ok(pthread_create(&tid, NULL, produce, &in) == 0, "a thread")) {
        return;
    }

    (void) consume(&out);
    (void) pthread_join(tid, NULL);
    (void) alarm(0);

    is_u64(out.wrong, 0, "two threads: 100000 messages, in order");
    diag("slept %u times", out.slept);

    free(mem);
}


static void
test_processes(void)
{
    int      status;
    void    *mem;
    pid_t    pid;
    side_t   in, out;

    mem = mmap(NULL, wzp_ring_size(CAPACITY), PROT_READ|PROT_WRITE,
               MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    if (!ok(mem != MAP_FAILED, "shared memory")) {
        return;
    }

    setup(&in, mem, 100000);
    out = in;

    (void) alarm(300);
    pid = fork();

    if (pid == 0) {
        (void) alarm(300);
        (void) produce(&in);
        _exit(0);
    }

    ok(pid > 0, "a process");
    (void) consume(&out);

    status = -1;
    (void) waitpid(pid, &status, 0);
    (void) alarm(0);

    is_u64(out.wrong, 0, "two processes: 100000 messages, in order");
    is_i64(status, 0, "the producer ended well");
    diag("slept %u times", out.slept);
}


/*
 * A ball game over two rings: each side waits for its doorbell, so a single
 * lost wake-up ends the game (and alarm() the test).  The doorbells are flags
 * that are polled, and pauses are random, so that commit and peek meet at
 * every possible moment.
 */

#define BALLS       1000000


typedef struct {
    wzp_ring_t  *in;
    wzp_ring_t  *out;
    atomic_int  *my_bell;
    atomic_int  *other_bell;
    bool         serves;
    uint32_t     seed;
    uint32_t     wrong;
    uint32_t     waited;
} player_t;


static void
pause_for(uint32_t n)
{
    uint32_t           i;
    volatile uint32_t  x;

    x = 0;

    for (i = 0; i < n; i++) {
        x = x + i;
    }
}


static void
hit(player_t *pl, uint32_t ball)
{
    void  *p;

    p = wzp_ring_reserve(pl->out, sizeof(ball));

    if (p == NULL) {
        pl->wrong++;
        return;
    }

    memcpy(p, &ball, sizeof(ball));

    if (wzp_ring_commit(pl->out, sizeof(ball))) {
        atomic_store_explicit(pl->other_bell, 1, memory_order_release);
    }
}


static void
wait_bell(player_t *pl)
{
    uint32_t  i;

    for (i = 0; atomic_exchange(pl->my_bell, 0) == 0; i++) {
        if (i > 500) {
            (void) sched_yield();
        }
    }

    pl->waited++;
}


static void *
play(void *data)
{
    size_t       len;
    uint32_t     i, ball;
    player_t    *pl;
    const void  *m;

    pl = data;

    for (i = 0; i < BALLS; i++) {
        pause_for(next_random(&pl->seed) % 32);

        while ((m = wzp_ring_peek(pl->in, &len)) == NULL) {
            wait_bell(pl);
        }

        memcpy(&ball, m, sizeof(ball));
        pl->wrong += len != sizeof(ball) || ball != i;
        wzp_ring_next(pl->in);

        pause_for(next_random(&pl->seed) % 32);
        hit(pl, pl->serves ? i + 1 : i);
    }

    return NULL;
}


static void
test_ball(void)
{
    void        *there, *back;
    player_t     a, b;
    pthread_t    tid;
    atomic_int   bell_a, bell_b;

    there = memory(CAPACITY);
    back = memory(CAPACITY);

    atomic_init(&bell_a, 0);
    atomic_init(&bell_b, 0);

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));

    a.in = wzp_ring_init(back, CAPACITY);
    a.out = wzp_ring_init(there, CAPACITY);
    a.my_bell = &bell_a;
    a.other_bell = &bell_b;
    a.seed = 3;

    b.in = a.out;
    b.out = a.in;
    b.my_bell = &bell_b;
    b.other_bell = &bell_a;
    b.seed = 4;

    /* the one who serves adds one to what comes back */

    a.serves = true;
    hit(&a, 0);

    (void) alarm(300);

    if (!ok(pthread_create(&tid, NULL, play, &b) == 0, "a thread")) {
        return;
    }

    (void) play(&a);
    (void) pthread_join(tid, NULL);
    (void) alarm(0);

    ok(a.wrong == 0 && b.wrong == 0, "%u balls there and back", BALLS);
    diag("waited %u and %u times", a.waited, b.waited);

    free(there);
    free(back);
}


/* A producer that dies between reserve and commit leaves nothing behind. */
static void
test_death(void)
{
    int          status;
    void        *mem, *p;
    pid_t        pid;
    size_t       len;
    const void  *m;
    wzp_ring_t  *rg;

    mem = mmap(NULL, wzp_ring_size(CAPACITY), PROT_READ|PROT_WRITE,
               MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    rg = wzp_ring_init(mem, CAPACITY);

    pid = fork();

    if (pid == 0) {
        p = wzp_ring_reserve(rg, 10);
        memset(p, 'x', 10);
        (void) wzp_ring_commit(rg, 10);
        p = wzp_ring_reserve(rg, 1000);
        memset(p, 'y', 1000);
        _exit(0);
    }

    (void) waitpid(pid, &status, 0);

    m = wzp_ring_peek(rg, &len);
    ok(m != NULL && len == 10, "what was committed is there");
    wzp_ring_next(rg);
    ok(wzp_ring_peek(rg, &len) == NULL, "what was not is not");

    p = wzp_ring_reserve(rg, 3);
    memcpy(p, "abc", 3);
    ok(wzp_ring_commit(rg, 3), "a successor goes on");
    m = wzp_ring_peek(rg, &len);
    ok(m != NULL && len == 3 && memcmp(m, "abc", 3) == 0, "and is heard");
}


int
main(void)
{
    test_simple();
    test_full();
    test_random();
    test_damage();
    test_resync();
    test_threads();
    test_ball();
    test_processes();
    test_death();

    return done_testing();
}
