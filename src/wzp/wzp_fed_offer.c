/*
 * What is learned of other relays' people, and which of several offers is
 * believed.
 *
 * The best offer of an origin is the one over the fewest relays; but nothing
 * that is older than what was shown last: who has left doesn't come back
 * because a link went down and another way has older news.  Only when there
 * is nothing to show for half a minute, older news will do (the origin's
 * clock may have been set back).
 *
 * Of a relay to which we have a link ourselves we believe nobody else: what it
 * has to say it says, and sooner or by a shorter way.  So when a relay goes, a
 * mesh doesn't try all ways through each other to one that is not there.
 */

#include <stdlib.h>

#include "wzp/wzp_fed_int.h"


/* A signal that has been checked. */
typedef struct {
    unsigned               peer;
    wzp_relay_id_t         origin;
    uint64_t               seq;
    wzp_relay_id_t         path[WZP_PATH_MAX];
    size_t                 npath;
} wzp_fed_news_t;


/* ---- choosing ---- */

/* Has a neighbour that has told us all it knows this id? */
static bool
wzp_fed_neighbour(const wzp_fed_t *fed, uint64_t peers, wzp_relay_id_t id)
{
    uint64_t  left;
    unsigned  peer;

    left = peers & fed->ours;

    for (peer = 0; left != 0; peer++, left >>= 1) {
        if ((left & 1) && fed->peers[peer].id == id
            && fed->peers[peer].synced)
        {
            return true;
        }
    }

    return false;
}


static bool
wzp_fed_usable(const wzp_fed_t *fed, const wzp_fed_origin_t *og,
    const wzp_fed_offer_t *of)
{
    size_t  i;

    if (of->seq < og->seq) {
        return false;
    }

    for (i = 1; i < of->npath; i++) {
        if (wzp_fed_neighbour(fed, og->room->peers, of->path[i])) {
            return false;
        }
    }

    return true;
}


static bool
wzp_fed_better(const wzp_fed_offer_t *a, const wzp_fed_offer_t *b)
{
    return a->npath < b->npath
           || (a->npath == b->npath && a->path[0] < b->path[0]);
}


static bool
wzp_fed_same_people(const wzp_fed_offer_t *a, const wzp_fed_offer_t *b)
{
    const wzp_fed_list_t  *la, *lb;

    la = a == NULL ? NULL : a->list;
    lb = b == NULL ? NULL : b->list;

    if (!wzp_fed_list_same(la, lb)) {
        return false;
    }

    return la == NULL || la->n == 0 || strcmp(a->label, b->label) == 0;
}


static bool
wzp_fed_same_offer(const wzp_fed_offer_t *a, const wzp_fed_offer_t *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }

    return a->seq == b->seq && a->npath == b->npath
           && memcmp(a->path, b->path, a->npath * sizeof(a->path[0])) == 0
           && wzp_fed_same_people(a, b);
}


static void
wzp_fed_keep(wzp_fed_t *fed, wzp_fed_origin_t *og)
{
    if (og->forget_ns == 0) {
        return;
    }

    *(og->prev != NULL ? &og->prev->next : &fed->oldest) = og->next;
    *(og->next != NULL ? &og->next->prev : &fed->newest) = og->prev;

    og->prev = NULL;
    og->next = NULL;
    og->forget_ns = 0;
}


static void
wzp_fed_forget_later(wzp_fed_t *fed, wzp_fed_origin_t *og, uint64_t now_ns)
{
    if (og->forget_ns != 0) {
        return;
    }

    og->forget_ns = now_ns + WZP_FED_FORGET_NS;
    og->prev = fed->newest;
    *(fed->newest != NULL ? &fed->newest->next : &fed->oldest) = og;
    fed->newest = og;
}


/* `was` was the best; it still exists, but perhaps is no offer any more. */
static void
wzp_fed_choose(wzp_fed_t *fed, wzp_fed_origin_t *og,
    const wzp_fed_offer_t *was, uint64_t now_ns)
{
    wzp_fed_offer_t  *of, *best;

    best = NULL;

    for (of = og->offers; of != NULL; of = of->next) {
        if (wzp_fed_usable(fed, og, of)
            && (best == NULL || wzp_fed_better(of, best)))
        {
            best = of;
        }
    }

    og->best = best;

    if (best != NULL) {
        og->seq = best->seq;
        wzp_fed_keep(fed, og);

    } else {
        wzp_fed_forget_later(fed, og, now_ns);
    }

    if (wzp_fed_same_offer(was, best)) {
        return;
    }

    wzp_fed_tell(fed, og, UINT64_MAX);

    if (!wzp_fed_same_people(was, best)) {
        og->room->changed = true;
        wzp_fed_collide(fed, og);
    }
}


void
wzp_fed_origin_select(wzp_fed_t *fed, wzp_fed_origin_t *og, uint64_t now_ns)
{
    wzp_fed_choose(fed, og, og->best, now_ns);
}


/* ---- keeping ---- */

wzp_rc_t
wzp_fed_reserve(wzp_fed_t *fed, const wzp_fed_room_t *room, size_t more)
{
    size_t           size;
    const uint8_t  **seen;

    for (size = 1; size < 2 * (room->people + more); size *= 2) { /* void */ }

    if (size <= fed->seen_size) {
        return WZP_OK;
    }

    seen = malloc(size * sizeof(seen[0]));

    if (seen == NULL) {
        return WZP_ENOMEM;
    }

    free(fed->seen);
    fed->seen = seen;
    fed->seen_size = size;

    return WZP_OK;
}


/* An offer is there now, or isn't any more. */
static void
wzp_fed_offer_count(wzp_fed_t *fed, wzp_fed_room_t *room,
    const wzp_fed_offer_t *of, bool there)
{
    size_t            n;
    uint64_t          bit, wants;
    wzp_fed_peer_t   *pr;
    wzp_fed_share_t  *sh;

    n = of->list->n;
    bit = wzp_fed_bit(of->peer);
    pr = &fed->peers[of->peer];
    sh = &room->share[of->peer];

    if (there) {
        fed->noffers++;
        pr->noffers++;
        pr->npeople += n;
        room->people += n;
        sh->offers += (n != 0 || of->seq == 0);

    } else {
        fed->noffers--;
        pr->noffers--;
        pr->npeople -= n;
        room->people -= n;
        sh->offers -= (n != 0 || of->seq == 0);
    }

    wants = sh->offers != 0 ? room->wants | bit : room->wants & ~bit;

    if (wants != room->wants) {
        room->wants = wants;
        room->changed = true;
    }

    wzp_fed_streams_drop(room);
}


static void
wzp_fed_offer_free(wzp_fed_offer_t *of)
{
    wzp_fed_list_unref(of->list);
    free(of);
}


wzp_fed_offer_t *
wzp_fed_offer_find(const wzp_fed_origin_t *og, unsigned peer)
{
    wzp_fed_offer_t  *of;

    for (of = og->offers; of != NULL && of->peer != peer; of = of->next) {
        /* void */
    }

    return of;
}


void
wzp_fed_offer_replace(wzp_fed_t *fed, wzp_fed_origin_t *og,
    wzp_fed_offer_t *old, wzp_fed_offer_t *of, uint64_t now_ns)
{
    wzp_fed_offer_t  *was, **at;

    was = og->best;

    /* the new one first: a link that offers all the time is wanted */

    if (of != NULL) {
        of->next = og->offers;
        og->offers = of;
        wzp_fed_offer_count(fed, og->room, of, true);
    }

    if (old != NULL) {
        for (at = &og->offers; *at != old; at = &(*at)->next) { /* void */ }

        *at = old->next;
        wzp_fed_offer_count(fed, og->room, old, false);
    }

    wzp_fed_choose(fed, og, was, now_ns);

    if (old != NULL) {
        wzp_fed_offer_free(old);
    }
}


/* Where an origin is, or would be. */
static size_t
wzp_fed_origin_at(const wzp_fed_room_t *room, wzp_relay_id_t id)
{
    size_t  lo, hi, mid;

    lo = 0;
    hi = room->norigins;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (room->origins[mid]->id < id) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return lo;
}


static wzp_fed_origin_t *
wzp_fed_origin_find(const wzp_fed_room_t *room, wzp_relay_id_t id)
{
    size_t  i;

    i = wzp_fed_origin_at(room, id);

    return i < room->norigins && room->origins[i]->id == id
           ? room->origins[i] : NULL;
}


/* One without offers; it will be forgotten unless it gets one. */
static wzp_rc_t
wzp_fed_origin_create(wzp_fed_t *fed, wzp_fed_room_t *room, wzp_relay_id_t id,
    uint64_t now_ns, wzp_fed_origin_t **ogp)
{
    size_t             i, size;
    wzp_fed_origin_t  *og, **origins;

    if (fed->norigins >= WZP_FED_ORIGINS) {
        if (fed->oldest == NULL || fed->oldest->offers != NULL) {
            return WZP_ENOSPC;
        }

        wzp_fed_origin_free(fed, fed->oldest);
    }

    if (room->norigins == room->origins_size) {
        size = room->origins_size == 0 ? 4 : 2 * room->origins_size;
        origins = realloc(room->origins, size * sizeof(origins[0]));

        if (origins == NULL) {
            return WZP_ENOMEM;
        }

        room->origins = origins;
        room->origins_size = size;
    }

    og = calloc(1, sizeof(wzp_fed_origin_t));

    if (og == NULL) {
        return WZP_ENOMEM;
    }

    i = wzp_fed_origin_at(room, id);
    memmove(room->origins + i + 1, room->origins + i,
            (room->norigins - i) * sizeof(room->origins[0]));
    room->origins[i] = og;
    room->norigins++;
    fed->norigins++;

    og->room = room;
    og->id = id;
    wzp_fed_forget_later(fed, og, now_ns);

    *ogp = og;

    return WZP_OK;
}


void
wzp_fed_origin_free(wzp_fed_t *fed, wzp_fed_origin_t *og)
{
    size_t            i;
    wzp_fed_room_t   *room;
    wzp_fed_offer_t  *of;

    while ((of = og->offers) != NULL) {
        og->offers = of->next;
        wzp_fed_offer_count(fed, og->room, of, false);
        wzp_fed_offer_free(of);
    }

    wzp_fed_keep(fed, og);

    room = og->room;
    i = wzp_fed_origin_at(room, og->id);
    room->norigins--;
    fed->norigins--;
    memmove(room->origins + i, room->origins + i + 1,
            (room->norigins - i) * sizeof(room->origins[0]));

    free(og);
}


void
wzp_fed_origin_expire(wzp_fed_t *fed, wzp_fed_origin_t *og, uint64_t now_ns)
{
    wzp_fed_room_t  *room;

    if (og->offers == NULL) {
        wzp_fed_origin_free(fed, og);
        return;
    }

    room = og->room;
    og->seq = 0;

    wzp_fed_keep(fed, og);
    wzp_fed_origin_select(fed, og, now_ns);
    wzp_fed_room_settle(fed, room, now_ns);
}


void
wzp_fed_room_settle(wzp_fed_t *fed, wzp_fed_room_t *room, uint64_t now_ns)
{
    if (!room->changed) {
        return;
    }

    room->changed = false;

    wzp_fed_tell_sums(fed, room, now_ns);
    fed->conf.changed(fed->conf.ctx, room);
}


/* ---- signals ---- */

static wzp_rc_t
wzp_fed_check(wzp_fed_news_t *nw, const wzp_fed_t *fed, unsigned peer,
    const wzp_global_room_t *gr)
{
    size_t          i, j;
    wzp_relay_id_t  id;

    id = fed->peers[peer].id;

    memset(nw, 0, sizeof(wzp_fed_news_t));
    nw->peer = peer;

    if ((fed->ours & wzp_fed_bit(peer)) == 0) {
        nw->origin = id;
        nw->path[nw->npath++] = id;
        return WZP_OK;
    }

    if (!gr->has_origin || gr->npath == 0 || gr->npath > WZP_PATH_MAX
        || gr->seq >= WZP_FED_SEQ_MAX)
    {
        return WZP_EBAD;
    }

    if (gr->path[0] != id || gr->path[gr->npath - 1] != gr->origin) {
        return WZP_EAUTH;
    }

    for (i = 1; i < gr->npath; i++) {
        for (j = 0; j < i; j++) {
            if (gr->path[i] == gr->path[j]) {
                return WZP_EBAD;
            }
        }
    }

    nw->origin = gr->origin;
    nw->seq = gr->seq;
    nw->npath = gr->npath;
    memcpy(nw->path, gr->path, gr->npath * sizeof(gr->path[0]));

    return WZP_OK;
}


static bool
wzp_fed_on_path(const wzp_fed_news_t *nw, wzp_relay_id_t id)
{
    size_t  i;

    for (i = 0; i < nw->npath; i++) {
        if (nw->path[i] == id) {
            return true;
        }
    }

    return false;
}


static void
wzp_fed_withdraw(wzp_fed_t *fed, wzp_fed_room_t *room,
    const wzp_fed_news_t *nw, uint64_t now_ns)
{
    wzp_fed_offer_t   *of;
    wzp_fed_origin_t  *og;

    og = wzp_fed_origin_find(room, nw->origin);
    of = og == NULL ? NULL : wzp_fed_offer_find(og, nw->peer);

    /* the other connection of a link may be late with it */

    if (of == NULL || (!of->stale && nw->seq < of->seq)) {
        return;
    }

    /* nobody is left there: other links' older news is not true any more */

    if (og->best == of && nw->seq > og->seq) {
        og->seq = nw->seq;
    }

    wzp_fed_offer_replace(fed, og, of, NULL, now_ns);
}


static wzp_fed_offer_t *
wzp_fed_offer_create(const wzp_fed_news_t *nw, const wzp_global_room_t *gr,
    const char *via)
{
    wzp_fed_offer_t  *of;

    of = calloc(1, sizeof(wzp_fed_offer_t));

    if (of == NULL) {
        return NULL;
    }

    of->list = wzp_fed_list_create(gr->participants, gr->nparticipants, via,
                                   of->label);

    if (of->list == NULL) {
        free(of);
        return NULL;
    }

    of->seq = nw->seq;
    of->npath = (uint8_t) nw->npath;
    of->peer = (uint8_t) nw->peer;
    memcpy(of->path, nw->path, sizeof(of->path));

    return of;
}


/* If another link has offered the same list, there need not be two of it. */
static void
wzp_fed_offer_share(const wzp_fed_origin_t *og, wzp_fed_offer_t *of)
{
    wzp_fed_offer_t  *other;

    for (other = og->offers; other != NULL; other = other->next) {
        if (wzp_fed_list_same(other->list, of->list)) {
            other->list->refs++;
            wzp_fed_list_unref(of->list);
            of->list = other->list;
            return;
        }
    }
}


static bool
wzp_fed_room_for(const wzp_fed_t *fed, unsigned peer,
    const wzp_fed_offer_t *old, size_t n)
{
    size_t                 people;
    const wzp_fed_peer_t  *pr;

    pr = &fed->peers[peer];
    people = pr->npeople - (old == NULL ? 0 : old->list->n);

    if (n > WZP_FED_PEOPLE || people + n > WZP_FED_PEER_PEOPLE) {
        return false;
    }

    return old != NULL || (pr->noffers < WZP_FED_SHARE
                           && fed->noffers < WZP_FED_OFFERS);
}


static wzp_rc_t
wzp_fed_offer(wzp_fed_t *fed, wzp_fed_room_t *room, const wzp_fed_news_t *nw,
    const wzp_global_room_t *gr, uint64_t now_ns)
{
    wzp_rc_t           rc;
    wzp_fed_offer_t   *of, *old;
    wzp_fed_origin_t  *og;

    og = wzp_fed_origin_find(room, nw->origin);
    old = og == NULL ? NULL : wzp_fed_offer_find(og, nw->peer);

    if (old != NULL && !old->stale && nw->seq < old->seq) {
        return WZP_OK;
    }

    if (!wzp_fed_room_for(fed, nw->peer, old, gr->nparticipants)) {
        return WZP_ENOSPC;
    }

    rc = wzp_fed_reserve(fed, room, gr->nparticipants);

    if (rc != WZP_OK) {
        return rc;
    }

    of = wzp_fed_offer_create(nw, gr, fed->peers[nw->peer].label);

    if (of == NULL) {
        return WZP_ENOMEM;
    }

    if (old != NULL && wzp_fed_same_offer(old, of)) {
        wzp_fed_offer_free(of);
        old->stale = false;
        return WZP_OK;
    }

    if (og == NULL) {
        rc = wzp_fed_origin_create(fed, room, nw->origin, now_ns, &og);

        if (rc != WZP_OK) {
            wzp_fed_offer_free(of);
            return rc;
        }
    }

    /* the origin itself, on a new connection: it may count from anew */

    if (old != NULL && old->stale && old == og->best && of->npath == 1) {
        og->seq = of->seq;
    }

    wzp_fed_offer_share(og, of);
    wzp_fed_offer_replace(fed, og, old, of, now_ns);

    return WZP_OK;
}


wzp_rc_t
wzp_fed_input(wzp_fed_t *fed, unsigned peer, const wzp_signal_t *sg,
    uint64_t now_ns)
{
    bool                      first;
    uint8_t                   key[WZP_ROOM_KEY_SIZE];
    wzp_rc_t                  rc;
    wzp_fed_room_t           *room;
    wzp_fed_news_t            nw;
    const wzp_global_room_t  *gr;

    if (peer >= WZP_FED_PEERS || (fed->up & wzp_fed_bit(peer)) == 0) {
        return WZP_ECLOSED;
    }

    if (sg->type != WZP_SIG_GLOBAL_ROOM_ACTIVE
        && sg->type != WZP_SIG_GLOBAL_ROOM_INACTIVE)
    {
        return WZP_EUNKNOWN;
    }

    gr = &sg->u.global_room;
    wzp_room_key(key, gr->room, strlen(gr->room));
    room = wzp_fed_room_find(fed, key);

    if (room == NULL || (room->peers & wzp_fed_bit(peer)) == 0) {
        return WZP_EUNKNOWN;
    }

    rc = wzp_fed_check(&nw, fed, peer, gr);

    if (rc != WZP_OK) {
        return rc;
    }

    first = room->share[peer].offers == 0;

    /*
     * A way through us leads nowhere, it only says that the way told before
     * is gone.  That is how splitting horizons works, not an error.
     */

    if (sg->type == WZP_SIG_GLOBAL_ROOM_INACTIVE
        || wzp_fed_on_path(&nw, fed->conf.self)
        || ((fed->ours & wzp_fed_bit(peer)) && gr->nparticipants == 0))
    {
        wzp_fed_withdraw(fed, room, &nw, now_ns);

    } else {
        rc = wzp_fed_offer(fed, room, &nw, gr, now_ns);
    }

    wzp_fed_room_settle(fed, room, now_ns);

    /*
     * A room for few is made at each end in its own time: the other one may
     * not have had it when it was told of our members.
     */

    if (first && room->share[peer].offers != 0 && room->peers != UINT64_MAX) {
        wzp_fed_tell(fed, &room->own, wzp_fed_bit(peer));
    }

    return rc;
}


/* ---- our own people ---- */

/* Grows over restarts and moves to other processes, if clocks are right. */
static uint64_t
wzp_fed_next_seq(wzp_fed_t *fed, uint64_t now_ns)
{
    uint64_t  seq;

    if (!fed->started) {
        fed->started = true;
        fed->start_ns = now_ns;
    }

    seq = fed->conf.seq0 + (now_ns - fed->start_ns) / WZP_MS;
    fed->last_seq = WZP_MAX(fed->last_seq + 1, seq);

    return fed->last_seq;
}


wzp_rc_t
wzp_fed_local(wzp_fed_t *fed, wzp_fed_room_t *room,
    const wzp_participant_t *list, size_t n, uint64_t now_ns)
{
    wzp_rc_t          rc;
    wzp_fed_list_t   *ls;
    wzp_fed_offer_t  *of;

    if (n > WZP_FED_PEOPLE) {
        return WZP_ENOSPC;
    }

    rc = wzp_fed_reserve(fed, room, n);

    if (rc != WZP_OK) {
        return rc;
    }

    of = &room->own_offer;
    ls = wzp_fed_list_create(list, n, NULL, of->label);

    if (ls == NULL) {
        return WZP_ENOMEM;
    }

    if (wzp_fed_list_same(of->list, ls)) {
        wzp_fed_list_unref(ls);
        return WZP_OK;
    }

    room->people -= of->list == NULL ? 0 : of->list->n;
    room->people += ls->n;
    wzp_fed_list_unref(of->list);
    wzp_fed_streams_drop(room);

    of->list = ls;
    of->seq = wzp_fed_next_seq(fed, now_ns);
    room->own.best = ls->n == 0 ? NULL : of;
    room->own.seq = of->seq;

    wzp_fed_tell(fed, &room->own, UINT64_MAX);
    wzp_fed_tell_sums(fed, room, now_ns);
    wzp_fed_room_collide(fed, room);

    return WZP_OK;
}
