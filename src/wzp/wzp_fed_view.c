/*
 * What follows from all offers: who is in a room, and whose stream ids may
 * come from where.
 */

#include <stdlib.h>

#include "wzp/wzp_fed_int.h"


/* ---- people ---- */

typedef struct {
    const uint8_t    **slot;
    size_t             mask;
    uint64_t           seed;
    unsigned           except;
    wzp_participant_t *list;
    size_t             size;
    size_t             n;
} wzp_fed_walk_t;


/* fp is a text with its length in front of it.  True: it is new. */
static bool
wzp_fed_see(wzp_fed_walk_t *wk, const uint8_t *fp, size_t len)
{
    size_t          i;
    uint64_t        h;
    const uint8_t  *other;

    h = wk->seed;

    for (i = 0; i < len; i++) {
        h = (h ^ fp[i]) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 32;
    }

    for (i = (size_t) h & wk->mask; /* void */; i = (i + 1) & wk->mask) {

        other = wk->slot[i];

        if (other == NULL) {
            wk->slot[i] = fp;
            return true;
        }

        if (other[-1] == len && memcmp(other, fp, len) == 0) {
            return false;
        }
    }
}


static void
wzp_fed_walk_offer(wzp_fed_walk_t *wk, const wzp_fed_offer_t *of, bool write)
{
    size_t            at;
    wzp_fed_person_t  ps;

    at = 0;

    while (wzp_fed_list_next(of->list, &at, &ps)) {

        if (!wzp_fed_see(wk, ps.fp, ps.fp_len) || !write) {
            continue;
        }

        if (wk->n < wk->size) {
            wzp_fed_person_write(&wk->list[wk->n], &ps, of->label);
        }

        wk->n++;
    }
}


/* The origins at so many hops, by id; existing relays after all of ours. */
static void
wzp_fed_walk_hops(wzp_fed_walk_t *wk, const wzp_fed_room_t *room,
    unsigned hops, bool existing)
{
    size_t                  i;
    const wzp_fed_offer_t  *of;

    for (i = 0; i < room->norigins; i++) {
        of = room->origins[i]->best;

        if (of != NULL && of->npath == hops && (of->seq == 0) == existing
            && of->peer != wk->except)
        {
            wzp_fed_walk_offer(wk, of, true);
        }
    }
}


size_t
wzp_fed_people(const wzp_fed_t *fed, const wzp_fed_room_t *room,
    unsigned except, bool local, wzp_participant_t *list, size_t n)
{
    size_t          size;
    unsigned        hops;
    wzp_fed_walk_t  wk;

    if (room->people == 0) {
        return 0;
    }

    /* wzp_fed_reserve made the table for all people of this room */

    for (size = 1; size < 2 * room->people; size *= 2) { /* void */ }

    WZP_ASSERT(size <= fed->seen_size);

    memset(fed->seen, 0, size * sizeof(fed->seen[0]));

    wk.slot = fed->seen;
    wk.mask = size - 1;
    wk.seed = fed->conf.seed;
    wk.except = except;
    wk.list = list;
    wk.size = n;
    wk.n = 0;

    wzp_fed_walk_offer(&wk, &room->own_offer, local);

    for (hops = 1; hops <= WZP_PATH_MAX; hops++) {
        wzp_fed_walk_hops(&wk, room, hops, false);
    }

    for (hops = 1; hops <= WZP_PATH_MAX; hops++) {
        wzp_fed_walk_hops(&wk, room, hops, true);
    }

    return wk.n;
}


size_t
wzp_fed_remote(const wzp_fed_t *fed, const wzp_fed_room_t *room,
    wzp_participant_t *list, size_t n)
{
    return wzp_fed_people(fed, room, WZP_FED_PEERS, false, list, n);
}


uint64_t
wzp_fed_wants(const wzp_fed_room_t *room)
{
    return room->wants;
}


/* ---- stream ids ---- */

typedef struct {
    uint64_t  word[65536 / 64];
} wzp_fed_ids_t;


static bool
wzp_fed_has_id(const wzp_fed_list_t *ls, uint16_t id)
{
    size_t            at;
    wzp_fed_person_t  ps;

    at = 0;

    while (wzp_fed_list_next(ls, &at, &ps)) {
        if (ps.stream_id == id) {
            return true;
        }
    }

    return false;
}


static void
wzp_fed_ids_of(wzp_fed_ids_t *ids, const wzp_fed_list_t *ls)
{
    size_t            at;
    wzp_fed_person_t  ps;

    at = 0;

    while (wzp_fed_list_next(ls, &at, &ps)) {
        ids->word[ps.stream_id / 64] |= 1ULL << ps.stream_id % 64;
    }
}


static wzp_fed_stream_t *
wzp_fed_stream_find(const wzp_fed_room_t *room, uint16_t id)
{
    size_t  lo, hi, mid;

    lo = 0;
    hi = room->nstreams;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (room->streams[mid].id < id) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return lo < room->nstreams && room->streams[lo].id == id
           ? &room->streams[lo] : NULL;
}


static void
wzp_fed_streams_fill(wzp_fed_room_t *room)
{
    size_t                  i, at;
    wzp_fed_person_t        ps;
    wzp_fed_stream_t       *sm;
    const wzp_fed_offer_t  *of;

    at = 0;

    while (wzp_fed_list_next(room->own_offer.list, &at, &ps)) {
        sm = wzp_fed_stream_find(room, ps.stream_id);

        if (sm != NULL) {
            sm->local = true;
        }
    }

    for (i = 0; i < room->norigins; i++) {
        for (of = room->origins[i]->offers; of != NULL; of = of->next) {

            at = 0;

            while (wzp_fed_list_next(of->list, &at, &ps)) {
                sm = wzp_fed_stream_find(room, ps.stream_id);

                if (sm != NULL) {
                    sm->remote = true;
                    sm->peers |= wzp_fed_bit(of->peer);
                }
            }
        }
    }
}


/* Sort all ids into a table.  Without memory there is none. */
static void
wzp_fed_streams_make(wzp_fed_room_t *room)
{
    size_t                  i, n;
    uint64_t                word;
    wzp_fed_ids_t           ids;
    const wzp_fed_offer_t  *of;

    memset(&ids, 0, sizeof(ids));

    wzp_fed_ids_of(&ids, room->own_offer.list);

    for (i = 0; i < room->norigins; i++) {
        for (of = room->origins[i]->offers; of != NULL; of = of->next) {
            wzp_fed_ids_of(&ids, of->list);
        }
    }

    ids.word[0] &= ~1ULL;
    n = 0;

    for (i = 0; i < WZP_ARRAY_LEN(ids.word); i++) {
        n += (size_t) __builtin_popcountll(ids.word[i]);
    }

    room->streams = calloc(n + 1, sizeof(wzp_fed_stream_t));

    if (room->streams == NULL) {
        return;
    }

    room->nstreams = 0;

    for (i = 0; i < WZP_ARRAY_LEN(ids.word); i++) {
        for (word = ids.word[i]; word != 0; word &= word - 1) {
            room->streams[room->nstreams++].id
                = (uint16_t) (i * 64 + (size_t) __builtin_ctzll(word));
        }
    }

    wzp_fed_streams_fill(room);
}


void
wzp_fed_streams_drop(wzp_fed_room_t *room)
{
    free(room->streams);
    room->streams = NULL;
    room->nstreams = 0;
}


/* The same by looking everywhere. */
static wzp_fed_stream_t
wzp_fed_stream_seek(const wzp_fed_room_t *room, uint16_t id)
{
    size_t                  i;
    wzp_fed_stream_t        sm;
    const wzp_fed_offer_t  *of;

    memset(&sm, 0, sizeof(sm));
    sm.local = wzp_fed_has_id(room->own_offer.list, id);

    for (i = 0; i < room->norigins; i++) {
        for (of = room->origins[i]->offers; of != NULL; of = of->next) {
            if (wzp_fed_has_id(of->list, id)) {
                sm.remote = true;
                sm.peers |= wzp_fed_bit(of->peer);
            }
        }
    }

    return sm;
}


static wzp_fed_stream_t
wzp_fed_stream_get(wzp_fed_room_t *room, uint16_t id)
{
    wzp_fed_stream_t  none, *sm;

    if (room->streams == NULL) {
        wzp_fed_streams_make(room);
    }

    if (room->streams == NULL) {
        return wzp_fed_stream_seek(room, id);
    }

    memset(&none, 0, sizeof(none));
    sm = wzp_fed_stream_find(room, id);

    return sm == NULL ? none : *sm;
}


bool
wzp_fed_admit(wzp_fed_room_t *room, unsigned peer, uint16_t stream_id)
{
    wzp_fed_stream_t  sm;

    if ((room->peers & wzp_fed_bit(peer)) == 0) {
        return false;
    }

    if (stream_id == 0) {
        return true;
    }

    sm = wzp_fed_stream_get(room, stream_id);

    return !sm.local && (!sm.remote || (sm.peers & wzp_fed_bit(peer)) != 0);
}


bool
wzp_fed_stream_taken(wzp_fed_room_t *room, uint16_t stream_id)
{
    return stream_id != 0 && wzp_fed_stream_get(room, stream_id).remote;
}


void
wzp_fed_collide(wzp_fed_t *fed, const wzp_fed_origin_t *og)
{
    size_t            at;
    wzp_fed_ids_t     ids;
    wzp_fed_room_t   *room;
    wzp_fed_person_t  ps;

    room = og->room;

    /* an existing relay (0) cannot give way, lower ids need not */

    if (og->best == NULL || room->own.best == NULL
        || (og->best->seq != 0 && fed->conf.self < og->id))
    {
        return;
    }

    memset(&ids, 0, sizeof(ids));
    wzp_fed_ids_of(&ids, room->own_offer.list);
    ids.word[0] &= ~1ULL;

    at = 0;

    while (wzp_fed_list_next(og->best->list, &at, &ps)) {
        if (ids.word[ps.stream_id / 64] >> ps.stream_id % 64 & 1) {
            fed->conf.collision(fed->conf.ctx, room, ps.stream_id);
        }
    }
}


void
wzp_fed_room_collide(wzp_fed_t *fed, wzp_fed_room_t *room)
{
    size_t  i;

    for (i = 0; i < room->norigins; i++) {
        wzp_fed_collide(fed, room->origins[i]);
    }
}
