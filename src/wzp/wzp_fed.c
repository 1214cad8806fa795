/*
 * Global rooms and links between relays: they come and go here.
 */

#include <stdlib.h>

#include "wzp/wzp_fed_int.h"


wzp_fed_t *
wzp_fed_create(const wzp_fed_conf_t *conf)
{
    wzp_fed_t  *fed;

    fed = calloc(1, sizeof(wzp_fed_t));

    if (fed == NULL) {
        return NULL;
    }

    fed->conf = *conf;
    fed->due_ns = UINT64_MAX;

    return fed;
}


/* Its offers go as well; nobody is told. */
static void
wzp_fed_room_free(wzp_fed_t *fed, wzp_fed_room_t *room)
{
    while (room->norigins != 0) {
        wzp_fed_origin_free(fed, room->origins[room->norigins - 1]);
    }

    wzp_fed_streams_drop(room);
    wzp_fed_list_unref(room->own_offer.list);
    free(room->origins);
    free(room);
}


void
wzp_fed_destroy(wzp_fed_t *fed)
{
    wzp_fed_room_t  *room;

    if (fed == NULL) {
        return;
    }

    while ((room = fed->rooms) != NULL) {
        fed->rooms = room->next;
        wzp_fed_room_free(fed, room);
    }

    free(fed->seen);
    free(fed);
}


void
wzp_fed_stat(const wzp_fed_t *fed, wzp_fed_stat_t *st)
{
    unsigned  peer;

    st->rooms = fed->nrooms;
    st->origins = fed->norigins;
    st->offers = fed->noffers;
    st->people = 0;

    for (peer = 0; peer < WZP_FED_PEERS; peer++) {
        st->people += fed->peers[peer].npeople;
    }
}


/* ---- rooms ---- */

static wzp_fed_room_t **
wzp_fed_key_bucket(wzp_fed_t *fed, const uint8_t *key)
{
    return &fed->by_key[(key[0] << 8 | key[1]) % WZP_FED_BUCKETS];
}


static wzp_fed_room_t **
wzp_fed_tag_bucket(wzp_fed_t *fed, const uint8_t *tag)
{
    return &fed->by_tag[(tag[0] << 8 | tag[1]) % WZP_FED_BUCKETS];
}


wzp_fed_room_t *
wzp_fed_room_find(wzp_fed_t *fed, const uint8_t key[WZP_ROOM_KEY_SIZE])
{
    wzp_fed_room_t  *room;

    room = *wzp_fed_key_bucket(fed, key);

    while (room != NULL && memcmp(room->key, key, WZP_ROOM_KEY_SIZE) != 0) {
        room = room->key_next;
    }

    return room;
}


wzp_fed_room_t *
wzp_fed_room_by_tag(wzp_fed_t *fed, const uint8_t tag[WZP_TAG_SIZE])
{
    wzp_fed_room_t  *room;

    room = *wzp_fed_tag_bucket(fed, tag);

    while (room != NULL && memcmp(room->tag, tag, WZP_TAG_SIZE) != 0) {
        room = room->tag_next;
    }

    return room;
}


/* What a peer said in a room (or what is stale of it) counts no more; and what
 * others say of it may count more, or less. */
static void
wzp_fed_room_review(wzp_fed_t *fed, wzp_fed_room_t *room, unsigned peer,
    bool only_stale, uint64_t now_ns)
{
    size_t             i;
    wzp_fed_offer_t   *of;
    wzp_fed_origin_t  *og;

    for (i = 0; i < room->norigins; i++) {
        og = room->origins[i];
        of = wzp_fed_offer_find(og, peer);

        if (of != NULL && (of->stale || !only_stale)) {
            wzp_fed_offer_replace(fed, og, of, NULL, now_ns);

        } else {
            wzp_fed_origin_select(fed, og, now_ns);
        }
    }
}


static void
wzp_fed_room_peers(wzp_fed_t *fed, wzp_fed_room_t *room, uint64_t peers,
    uint64_t now_ns)
{
    uint64_t  was;
    unsigned  peer;

    was = room->peers;
    room->peers = peers;

    for (peer = 0; peer < WZP_FED_PEERS; peer++) {
        if (was & ~peers & wzp_fed_bit(peer)) {
            wzp_fed_tell_gone(fed, room, peer);
            wzp_fed_room_review(fed, room, peer, false, now_ns);

        } else if (peers & ~was & wzp_fed_bit(peer)) {
            wzp_fed_tell_room(fed, room, peer, now_ns);
        }
    }

    wzp_fed_room_settle(fed, room, now_ns);
}


wzp_fed_room_t *
wzp_fed_room_add(wzp_fed_t *fed, const char *name, uint64_t peers, void *data,
    uint64_t now_ns)
{
    size_t           len;
    uint8_t          key[WZP_ROOM_KEY_SIZE], hash[32];
    wzp_fed_room_t  *room, **bucket;

    len = strlen(name);

    if (len > WZP_ROOM_NAME_MAX) {
        return NULL;
    }

    wzp_room_key(key, name, len);
    room = wzp_fed_room_find(fed, key);

    if (room != NULL) {
        room->data = data;
        wzp_fed_room_peers(fed, room, peers, now_ns);
        return room;
    }

    if (fed->nrooms == WZP_FED_ROOMS) {
        return NULL;
    }

    room = calloc(1, sizeof(wzp_fed_room_t));

    if (room == NULL) {
        return NULL;
    }

    wzp_sha256(hash, (const uint8_t *) name, len);
    memcpy(room->tag, hash, WZP_TAG_SIZE);
    memcpy(room->key, key, WZP_ROOM_KEY_SIZE);
    memcpy(room->name, name, len + 1);

    room->peers = peers;
    room->data = data;
    room->own.room = room;
    room->own.id = fed->conf.self;

    bucket = wzp_fed_key_bucket(fed, room->key);
    room->key_next = *bucket;
    *bucket = room;

    bucket = wzp_fed_tag_bucket(fed, room->tag);
    room->tag_next = *bucket;
    *bucket = room;

    room->next = fed->rooms;

    if (room->next != NULL) {
        room->next->prev = room;
    }

    fed->rooms = room;
    fed->nrooms++;

    return room;
}


void
wzp_fed_room_remove(wzp_fed_t *fed, wzp_fed_room_t *room, uint64_t now_ns)
{
    unsigned         peer;
    wzp_fed_room_t **at;

    /* what nobody may know, everybody is told to forget */

    room->peers = 0;

    for (peer = 0; peer < WZP_FED_PEERS; peer++) {
        wzp_fed_tell_gone(fed, room, peer);
    }

    for (at = wzp_fed_key_bucket(fed, room->key); *at != room;
         at = &(*at)->key_next)
    {
        /* void */
    }

    *at = room->key_next;

    for (at = wzp_fed_tag_bucket(fed, room->tag); *at != room;
         at = &(*at)->tag_next)
    {
        /* void */
    }

    *at = room->tag_next;

    *(room->prev != NULL ? &room->prev->next : &fed->rooms) = room->next;

    if (room->next != NULL) {
        room->next->prev = room->prev;
    }

    fed->nrooms--;
    wzp_fed_room_free(fed, room);
}


void *
wzp_fed_room_data(const wzp_fed_room_t *room)
{
    return room->data;
}


const char *
wzp_fed_room_name(const wzp_fed_room_t *room)
{
    return room->name;
}


const uint8_t *
wzp_fed_room_key(const wzp_fed_room_t *room)
{
    return room->key;
}


const uint8_t *
wzp_fed_room_tag(const wzp_fed_room_t *room)
{
    return room->tag;
}


wzp_fed_room_t *
wzp_fed_room_next(wzp_fed_t *fed, wzp_fed_room_t *room)
{
    return room == NULL ? fed->rooms : room->next;
}


/* ---- links ---- */

/* Until it says that it has told all, what it told before still counts. */
static void
wzp_fed_peer_doubt(wzp_fed_t *fed, unsigned peer)
{
    size_t            i;
    wzp_fed_offer_t  *of;
    wzp_fed_room_t   *room;

    for (room = fed->rooms; room != NULL; room = room->next) {
        for (i = 0; i < room->norigins; i++) {
            of = wzp_fed_offer_find(room->origins[i], peer);

            if (of != NULL) {
                of->stale = true;
            }
        }
    }
}


void
wzp_fed_peer_up(wzp_fed_t *fed, unsigned peer, wzp_relay_id_t id, bool ours,
    const char *label, uint64_t now_ns)
{
    size_t           len;
    uint64_t         bit;
    wzp_fed_peer_t  *pr;

    pr = &fed->peers[peer];
    bit = wzp_fed_bit(peer);

    if ((fed->up & bit)
        && (pr->id != id || ((fed->ours & bit) != 0) != ours))
    {
        wzp_fed_peer_down(fed, peer, now_ns);
    }

    if ((fed->up & bit) && ours) {
        wzp_fed_peer_doubt(fed, peer);
    }

    fed->up |= bit;
    fed->ours = ours ? fed->ours | bit : fed->ours & ~bit;
    pr->id = id;

    len = strnlen(label, WZP_LABEL_MAX);
    memset(pr->label, 0, sizeof(pr->label));
    memcpy(pr->label, label, len);

    wzp_fed_peer_tell(fed, peer, now_ns);
}


void
wzp_fed_peer_tell(wzp_fed_t *fed, unsigned peer, uint64_t now_ns)
{
    wzp_fed_room_t  *room;

    for (room = fed->rooms; room != NULL; room = room->next) {
        wzp_fed_tell_room(fed, room, peer, now_ns);
    }
}


void
wzp_fed_peer_synced(wzp_fed_t *fed, unsigned peer, uint64_t now_ns)
{
    wzp_fed_room_t  *room;

    if ((fed->ours & wzp_fed_bit(peer)) == 0) {
        return;
    }

    fed->peers[peer].synced = true;

    for (room = fed->rooms; room != NULL; room = room->next) {
        wzp_fed_room_review(fed, room, peer, true, now_ns);
        wzp_fed_room_settle(fed, room, now_ns);
    }
}


void
wzp_fed_peer_down(wzp_fed_t *fed, unsigned peer, uint64_t now_ns)
{
    size_t           i;
    uint64_t         bit;
    wzp_fed_room_t  *room;

    bit = wzp_fed_bit(peer);

    if ((fed->up & bit) == 0) {
        return;
    }

    fed->up &= ~bit;
    fed->ours &= ~bit;
    fed->peers[peer].synced = false;

    for (room = fed->rooms; room != NULL; room = room->next) {

        room->own.told &= ~bit;
        room->waits &= ~bit;
        room->share[peer].sum = 0;
        room->share[peer].next_ns = 0;

        for (i = 0; i < room->norigins; i++) {
            room->origins[i]->told &= ~bit;
        }

        wzp_fed_room_review(fed, room, peer, false, now_ns);
        wzp_fed_room_settle(fed, room, now_ns);
    }
}


/* ---- time ---- */

void
wzp_fed_expire(wzp_fed_t *fed, uint64_t now_ns)
{
    bool               more;
    wzp_fed_origin_t  *og, *last;

    wzp_fed_tell_waiting(fed, now_ns);

    /* what cannot be forgotten yet goes to the end: not further than that */

    last = fed->newest;
    more = true;

    while (more && (og = fed->oldest) != NULL && og->forget_ns <= now_ns) {
        more = og != last;
        wzp_fed_origin_expire(fed, og, now_ns);
    }
}


uint64_t
wzp_fed_deadline(const wzp_fed_t *fed)
{
    return fed->oldest == NULL
           ? fed->due_ns : WZP_MIN(fed->due_ns, fed->oldest->forget_ns);
}
