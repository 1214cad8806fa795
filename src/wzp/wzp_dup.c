/*
 * Duplicate filter over shared memory.
 *
 * A bucket is a cache line of eight words: 36 bits of hash, 28 bits of time in
 * ticks of 134 ms.  Whoever adds one puts it into the first word, by compare
 * and swap with what was there when he looked: so it fails if anybody else has
 * added anything since, and he looks again.  What was in the first word is
 * copied to another before that, so nothing is ever out of sight.
 *
 * The time wraps after 417 days.  An entry would look young again then, but
 * every look into a bucket wipes what has expired: it would have to be one
 * into which nobody looked all the time, and the same hash.
 */

#include <stdalign.h>
#include <stdatomic.h>

#include "wzp/wzp_dup.h"


#if ATOMIC_LLONG_LOCK_FREE != 2
#error "64-bit atomics must be lock free: they are shared by processes"
#endif


#define WZP_DUP_LINE        64
#define WZP_DUP_SLOTS       8
#define WZP_DUP_TICK_BITS   27              /* of nanoseconds                */
#define WZP_DUP_TIME_BITS   28
#define WZP_DUP_TIME        ((1ULL << WZP_DUP_TIME_BITS) - 1)
#define WZP_DUP_TICKS       (WZP_DUP_NS / (1 << WZP_DUP_TICK_BITS) + 1)
#define WZP_DUP_AHEAD       75              /* ticks of another's clock      */
#define WZP_DUP_TRIES       64


typedef struct {
    alignas(WZP_DUP_LINE)
    _Atomic uint64_t   slot[WZP_DUP_SLOTS];
} wzp_dup_bucket_t;


struct wzp_dup_s {
    alignas(WZP_DUP_LINE)
    uint64_t           mask;                /* of buckets; written once      */

    wzp_dup_bucket_t   bucket[];
};


/* What one look into a bucket has found. */
typedef struct {
    uint64_t           head;
    uint64_t           old;                 /* may be overwritten            */
    unsigned           at;                  /* where that is                 */
    bool               seen;
    bool               copied;              /* head is elsewhere, too        */
} wzp_dup_look_t;


size_t
wzp_dup_size(uint32_t entries)
{
    return sizeof(wzp_dup_t)
           + entries / WZP_DUP_SLOTS * sizeof(wzp_dup_bucket_t);
}


void
wzp_dup_init(void *mem, uint32_t entries)
{
    size_t      i, k;
    wzp_dup_t  *dp;

    WZP_ASSERT(entries >= WZP_DUP_SLOTS && entries <= 1u << 24
               && (entries & (entries - 1)) == 0);

    dp = mem;
    dp->mask = entries / WZP_DUP_SLOTS - 1;

    for (i = 0; i <= dp->mask; i++) {
        for (k = 0; k < WZP_DUP_SLOTS; k++) {
            atomic_init(&dp->bucket[i].slot[k], 0);
        }
    }
}


static uint64_t
wzp_dup_age(uint64_t word, uint64_t tick)
{
    uint64_t  age;

    age = (tick - word) & WZP_DUP_TIME;

    return age > WZP_DUP_TIME - WZP_DUP_AHEAD ? 0 : age;
}


static void
wzp_dup_look(wzp_dup_look_t *lk, wzp_dup_bucket_t *bk, uint64_t tag,
    uint64_t tick)
{
    uint64_t  word, age, oldest;
    unsigned  i;

    memset(lk, 0, sizeof(wzp_dup_look_t));
    oldest = 0;

    /* the first word first: nothing can be added unseen after that */

    for (i = 0; i < WZP_DUP_SLOTS; i++) {

        word = atomic_load_explicit(&bk->slot[i], memory_order_acquire);
        age = word == 0 ? WZP_DUP_TIME : wzp_dup_age(word, tick);

        if (i != 0 && word != 0 && age > WZP_DUP_TICKS) {
            (void) atomic_compare_exchange_strong(&bk->slot[i], &word, 0);
            word = 0;
            age = WZP_DUP_TIME;
        }

        if (age <= WZP_DUP_TICKS && word >> WZP_DUP_TIME_BITS == tag) {
            lk->seen = true;
            return;
        }

        if (i == 0) {
            lk->head = word;
            lk->copied = age > WZP_DUP_TICKS;
            continue;
        }

        lk->copied = lk->copied || word == lk->head;

        if (lk->at == 0 || age > oldest) {
            lk->at = i;
            lk->old = word;
            oldest = age;
        }
    }
}


static uint64_t
wzp_dup_tag(uint64_t hash)
{
    uint64_t  tag;

    tag = hash >> WZP_DUP_TIME_BITS;

    return tag == 0 ? 1 : tag;          /* 0 is an empty word */
}


static uint64_t
wzp_dup_tick(uint64_t now_ns)
{
    return now_ns >> WZP_DUP_TICK_BITS & WZP_DUP_TIME;
}


bool
wzp_dup_seen(wzp_dup_t *dp, uint64_t hash, uint64_t now_ns)
{
    unsigned           tries;
    uint64_t           tag, tick;
    wzp_dup_look_t     lk;
    wzp_dup_bucket_t  *bk;

    bk = &dp->bucket[hash & dp->mask];
    tag = wzp_dup_tag(hash);
    tick = wzp_dup_tick(now_ns);

    for (tries = 0; tries < WZP_DUP_TRIES; tries++) {

        wzp_dup_look(&lk, bk, tag, tick);

        if (lk.seen) {
            return true;
        }

        if (!lk.copied
            && !atomic_compare_exchange_strong(&bk->slot[lk.at], &lk.old,
                                               lk.head))
        {
            continue;
        }

        if (atomic_compare_exchange_strong(&bk->slot[0], &lk.head,
                                           tag << WZP_DUP_TIME_BITS | tick))
        {
            return false;
        }
    }

    return false;
}


bool
wzp_dup_known(wzp_dup_t *dp, uint64_t hash, uint64_t now_ns)
{
    wzp_dup_look_t  lk;

    wzp_dup_look(&lk, &dp->bucket[hash & dp->mask], wzp_dup_tag(hash),
                 wzp_dup_tick(now_ns));

    return lk.seen;
}
