/*
 * A chained hash table over one array.  Each entry is on two lists: its
 * bucket's, and its peer's.  Numbers, not pointers: the array moves when it
 * grows.
 */

#include <stdlib.h>

#include "wzp/wzp_people.h"


#define WZP_PEOPLE_FIRST    1024        /* entries at first, power of two    */
#define WZP_PEOPLE_NONE     UINT32_MAX


typedef struct {
    uint8_t         fp[WZP_FP_SIZE];
    uint64_t        digest;             /* wzp_people_digest_of(fp)          */
    uint32_t        chain;              /* next of the bucket, or free one   */
    uint32_t        next;               /* of the peer                       */
    uint32_t        prev;
    uint8_t         peer;
    uint8_t         sets;               /* bits of wzp_people_set_t; 0: free */
} wzp_person_t;


typedef struct {
    uint32_t        first;              /* WZP_PEOPLE_NONE: nobody           */
    uint32_t        count[WZP_PEOPLE_SETS];
    uint64_t        digest[WZP_PEOPLE_SETS];
} wzp_people_peer_t;


struct wzp_people_s {
    uint8_t            key[16];
    wzp_person_t      *persons;
    uint32_t          *buckets;         /* size of them                      */
    uint32_t           size;            /* power of two                      */
    uint32_t           used;            /* entries ever used, from the front */
    uint32_t           live;
    uint32_t           free;
    size_t             total;
    wzp_people_peer_t  peers[WZP_PEOPLE_PEERS];
};


static uint32_t
wzp_people_bucket(const wzp_people_t *pp, const uint8_t fp[WZP_FP_SIZE],
    uint32_t size)
{
    uint8_t   tag[8];
    uint32_t  h;

    wzp_shorthash(tag, pp->key, fp, WZP_FP_SIZE);
    memcpy(&h, tag, sizeof(h));

    return h & (size - 1);
}


/* Also the first growth, from nothing.  Nothing has changed on WZP_ENOMEM. */

static wzp_rc_t
wzp_people_grow(wzp_people_t *pp)
{
    uint32_t       i, b, size, *buckets;
    wzp_person_t  *persons;

    size = pp->size == 0 ? WZP_PEOPLE_FIRST : pp->size * 2;

    buckets = malloc(size * sizeof(uint32_t));
    if (buckets == NULL) {
        return WZP_ENOMEM;
    }

    persons = realloc(pp->persons, size * sizeof(wzp_person_t));
    if (persons == NULL) {
        free(buckets);
        return WZP_ENOMEM;
    }

    memset(buckets, 0xff, size * sizeof(uint32_t));

    /* it grows only when no entry is free */

    for (i = 0; i < pp->used; i++) {
        b = wzp_people_bucket(pp, persons[i].fp, size);
        persons[i].chain = buckets[b];
        buckets[b] = i;
    }

    free(pp->buckets);

    pp->persons = persons;
    pp->buckets = buckets;
    pp->size = size;

    return WZP_OK;
}


wzp_people_t *
wzp_people_create(const uint8_t key[16])
{
    unsigned       i;
    wzp_people_t  *pp;

    pp = calloc(1, sizeof(wzp_people_t));
    if (pp == NULL) {
        return NULL;
    }

    memcpy(pp->key, key, sizeof(pp->key));
    pp->free = WZP_PEOPLE_NONE;

    for (i = 0; i < WZP_PEOPLE_PEERS; i++) {
        pp->peers[i].first = WZP_PEOPLE_NONE;
    }

    if (wzp_people_grow(pp) != WZP_OK) {
        free(pp);
        return NULL;
    }

    return pp;
}


void
wzp_people_destroy(wzp_people_t *pp)
{
    if (pp == NULL) {
        return;
    }

    free(pp->persons);
    free(pp->buckets);
    free(pp);
}


uint64_t
wzp_people_digest_of(const uint8_t fp[WZP_FP_SIZE])
{
    uint8_t   hash[32];
    uint64_t  d;
    unsigned  i;

    wzp_sha256(hash, fp, WZP_FP_SIZE);

    for (d = 0, i = 0; i < 8; i++) {
        d = d << 8 | hash[i];
    }

    return d;
}


static uint32_t
wzp_people_get(const wzp_people_t *pp, unsigned peer,
    const uint8_t fp[WZP_FP_SIZE])
{
    uint32_t             i;
    const wzp_person_t  *ps;

    i = pp->buckets[wzp_people_bucket(pp, fp, pp->size)];

    for (/* void */; i != WZP_PEOPLE_NONE; i = ps->chain) {
        ps = &pp->persons[i];

        if (ps->peer == peer && memcmp(ps->fp, fp, WZP_FP_SIZE) == 0) {
            return i;
        }
    }

    return WZP_PEOPLE_NONE;
}


/* A new entry, in no set yet. */

static wzp_rc_t
wzp_people_new(wzp_people_t *pp, unsigned peer, const uint8_t fp[WZP_FP_SIZE],
    uint32_t *number)
{
    uint32_t            i, b;
    wzp_person_t       *ps;
    wzp_people_peer_t  *pr;

    if (pp->live == WZP_PEOPLE_MAX) {
        return WZP_ENOSPC;
    }

    if (pp->free == WZP_PEOPLE_NONE && pp->used == pp->size
        && wzp_people_grow(pp) != WZP_OK)
    {
        return WZP_ENOMEM;
    }

    if (pp->free != WZP_PEOPLE_NONE) {
        i = pp->free;
        pp->free = pp->persons[i].chain;

    } else {
        i = pp->used++;
    }

    pr = &pp->peers[peer];
    ps = &pp->persons[i];
    b = wzp_people_bucket(pp, fp, pp->size);

    memcpy(ps->fp, fp, WZP_FP_SIZE);
    ps->digest = wzp_people_digest_of(fp);
    ps->peer = (uint8_t) peer;
    ps->sets = 0;
    ps->chain = pp->buckets[b];
    ps->prev = WZP_PEOPLE_NONE;
    ps->next = pr->first;

    if (pr->first != WZP_PEOPLE_NONE) {
        pp->persons[pr->first].prev = i;
    }

    pp->buckets[b] = i;
    pr->first = i;
    pp->live++;

    *number = i;

    return WZP_OK;
}


static void
wzp_people_free(wzp_people_t *pp, uint32_t i)
{
    uint32_t      *link;
    wzp_person_t  *ps;

    ps = &pp->persons[i];
    link = &pp->buckets[wzp_people_bucket(pp, ps->fp, pp->size)];

    while (*link != i) {
        link = &pp->persons[*link].chain;
    }

    *link = ps->chain;

    if (ps->prev != WZP_PEOPLE_NONE) {
        pp->persons[ps->prev].next = ps->next;

    } else {
        pp->peers[ps->peer].first = ps->next;
    }

    if (ps->next != WZP_PEOPLE_NONE) {
        pp->persons[ps->next].prev = ps->prev;
    }

    ps->chain = pp->free;
    pp->free = i;
    pp->live--;
}


/* Turn membership of one set over. */

static void
wzp_people_toggle(wzp_people_t *pp, wzp_person_t *ps, wzp_people_set_t set)
{
    bool                in;
    wzp_people_peer_t  *pr;

    pr = &pp->peers[ps->peer];

    ps->sets ^= (uint8_t) (1 << set);
    in = ps->sets & 1 << set;

    pr->digest[set] ^= ps->digest;
    pr->count[set] += in ? 1 : UINT32_MAX;

    if (set == WZP_PEOPLE_HAVE) {
        pp->total += in ? 1 : SIZE_MAX;
    }
}


wzp_rc_t
wzp_people_add(wzp_people_t *pp, unsigned peer, wzp_people_set_t set,
    const uint8_t fp[WZP_FP_SIZE])
{
    uint32_t  i;
    wzp_rc_t  rc;

    i = wzp_people_get(pp, peer, fp);

    if (i != WZP_PEOPLE_NONE && pp->persons[i].sets & 1 << set) {
        return WZP_OK;
    }

    if (pp->peers[peer].count[set] == WZP_PEOPLE_SET) {
        return WZP_ENOSPC;
    }

    if (i == WZP_PEOPLE_NONE) {
        rc = wzp_people_new(pp, peer, fp, &i);
        if (rc != WZP_OK) {
            return rc;
        }
    }

    wzp_people_toggle(pp, &pp->persons[i], set);

    return WZP_OK;
}


static void
wzp_people_leave(wzp_people_t *pp, uint32_t i, wzp_people_set_t set)
{
    wzp_person_t  *ps;

    ps = &pp->persons[i];

    if (ps->sets & 1 << set) {
        wzp_people_toggle(pp, ps, set);
    }

    if (ps->sets == 0) {
        wzp_people_free(pp, i);
    }
}


void
wzp_people_remove(wzp_people_t *pp, unsigned peer, wzp_people_set_t set,
    const uint8_t fp[WZP_FP_SIZE])
{
    uint32_t  i;

    i = wzp_people_get(pp, peer, fp);

    if (i != WZP_PEOPLE_NONE) {
        wzp_people_leave(pp, i, set);
    }
}


void
wzp_people_clear(wzp_people_t *pp, unsigned peer, wzp_people_set_t set)
{
    uint32_t  i, next;

    for (i = pp->peers[peer].first; i != WZP_PEOPLE_NONE; i = next) {
        next = pp->persons[i].next;
        wzp_people_leave(pp, i, set);
    }
}


void
wzp_people_commit(wzp_people_t *pp, unsigned peer)
{
    uint32_t       i, next;
    wzp_person_t  *ps;

    for (i = pp->peers[peer].first; i != WZP_PEOPLE_NONE; i = next) {
        ps = &pp->persons[i];
        next = ps->next;

        if (!(ps->sets & 1 << WZP_PEOPLE_NEXT)) {
            wzp_people_leave(pp, i, WZP_PEOPLE_HAVE);
            continue;
        }

        if (!(ps->sets & 1 << WZP_PEOPLE_HAVE)) {
            wzp_people_toggle(pp, ps, WZP_PEOPLE_HAVE);
        }

        wzp_people_toggle(pp, ps, WZP_PEOPLE_NEXT);
    }
}


size_t
wzp_people_count(const wzp_people_t *pp, unsigned peer, wzp_people_set_t set)
{
    return pp->peers[peer].count[set];
}


uint64_t
wzp_people_digest(const wzp_people_t *pp, unsigned peer, wzp_people_set_t set)
{
    return pp->peers[peer].digest[set];
}


size_t
wzp_people_total(const wzp_people_t *pp)
{
    return pp->total;
}


size_t
wzp_people_find(const wzp_people_t *pp, const uint8_t fp[WZP_FP_SIZE],
    unsigned *peers, size_t n)
{
    size_t               found, at;
    uint32_t             i;
    unsigned             peer, lower;
    const wzp_person_t  *ps;

    found = 0;
    i = pp->buckets[wzp_people_bucket(pp, fp, pp->size)];

    for (/* void */; i != WZP_PEOPLE_NONE; i = ps->chain) {
        ps = &pp->persons[i];

        if (!(ps->sets & 1 << WZP_PEOPLE_HAVE)
            || memcmp(ps->fp, fp, WZP_FP_SIZE) != 0)
        {
            continue;
        }

        peer = ps->peer;

        for (at = 0; at < WZP_MIN(found, n); at++) {
            if (peers[at] > peer) {
                lower = peer;
                peer = peers[at];
                peers[at] = lower;
            }
        }

        if (found < n) {
            peers[found] = peer;
        }

        found++;
    }

    return found;
}


const uint8_t *
wzp_people_walk(const wzp_people_t *pp, unsigned peer, uint32_t *at)
{
    uint32_t  i;

    i = *at == 0 ? pp->peers[peer].first : pp->persons[*at - 1].next;

    while (i != WZP_PEOPLE_NONE) {
        if (pp->persons[i].sets & 1 << WZP_PEOPLE_HAVE) {
            *at = i + 1;
            return pp->persons[i].fp;
        }

        i = pp->persons[i].next;
    }

    return NULL;
}


static bool
wzp_people_peer_sound(const wzp_people_t *pp, unsigned peer, uint32_t *seen)
{
    unsigned             set;
    uint32_t             i, prev, count[WZP_PEOPLE_SETS];
    uint64_t             digest[WZP_PEOPLE_SETS];
    const wzp_person_t  *ps;

    memset(count, 0, sizeof(count));
    memset(digest, 0, sizeof(digest));
    prev = WZP_PEOPLE_NONE;

    for (i = pp->peers[peer].first; i != WZP_PEOPLE_NONE; i = ps->next) {
        ps = &pp->persons[i];

        if (ps->prev != prev || ps->peer != peer || ps->sets == 0
            || wzp_people_get(pp, peer, ps->fp) != i || ++*seen > pp->live)
        {
            return false;
        }

        for (set = 0; set < WZP_PEOPLE_SETS; set++) {
            if (ps->sets & 1 << set) {
                count[set]++;
                digest[set] ^= wzp_people_digest_of(ps->fp);
            }
        }

        prev = i;
    }

    return memcmp(count, pp->peers[peer].count, sizeof(count)) == 0
           && memcmp(digest, pp->peers[peer].digest, sizeof(digest)) == 0;
}


bool
wzp_people_sound(const wzp_people_t *pp)
{
    size_t    total;
    uint32_t  i, seen, spare;
    unsigned  peer;

    seen = 0;
    total = 0;

    for (peer = 0; peer < WZP_PEOPLE_PEERS; peer++) {
        if (!wzp_people_peer_sound(pp, peer, &seen)) {
            return false;
        }

        total += pp->peers[peer].count[WZP_PEOPLE_HAVE];
    }

    spare = 0;

    for (i = pp->free; i != WZP_PEOPLE_NONE; i = pp->persons[i].chain) {
        if (++spare > pp->used) {
            return false;
        }
    }

    return seen == pp->live && total == pp->total
           && seen + spare == pp->used && pp->used <= pp->size;
}
