/*
 * What links are told.  Nothing here allocates, so nothing here fails.
 */

#include "wzp/wzp_fed_int.h"


/* May this peer hear our offer of this origin? */
static bool
wzp_fed_may_hear(const wzp_fed_t *fed, const wzp_fed_origin_t *og,
    unsigned peer)
{
    size_t                  i;
    const wzp_fed_offer_t  *of;

    of = og->best;

    if (of == NULL || of->list->n == 0 || of->npath >= WZP_PATH_MAX
        || (og->room->peers & wzp_fed_bit(peer)) == 0)
    {
        return false;
    }

    for (i = 0; i < of->npath; i++) {
        if (of->path[i] == fed->peers[peer].id) {
            return false;
        }
    }

    return true;
}


static void
wzp_fed_send(wzp_fed_t *fed, uint64_t peers)
{
    unsigned  peer;

    for (peer = 0; peers != 0; peer++, peers >>= 1) {
        if (peers & 1) {
            fed->conf.send(fed->conf.ctx, peer, &fed->sg);
        }
    }
}


static wzp_global_room_t *
wzp_fed_signal(wzp_fed_t *fed, const wzp_fed_room_t *room,
    wzp_signal_type_t type)
{
    wzp_global_room_t  *gr;

    fed->sg.type = type;

    gr = &fed->sg.u.global_room;
    memset(gr, 0, sizeof(wzp_global_room_t));
    memcpy(gr->room, room->name, sizeof(gr->room));

    return gr;
}


static void
wzp_fed_send_active(wzp_fed_t *fed, const wzp_fed_origin_t *og,
    uint64_t peers)
{
    size_t                  at;
    wzp_fed_person_t        ps;
    wzp_global_room_t      *gr;
    const wzp_fed_offer_t  *of;

    of = og->best;

    gr = wzp_fed_signal(fed, og->room, WZP_SIG_GLOBAL_ROOM_ACTIVE);
    gr->has_origin = true;
    gr->origin = og->id;
    gr->seq = of->seq;
    gr->path[0] = fed->conf.self;
    gr->npath = 1 + (size_t) of->npath;
    memcpy(gr->path + 1, of->path, of->npath * sizeof(wzp_relay_id_t));

    gr->participants = fed->told;
    at = 0;

    while (wzp_fed_list_next(of->list, &at, &ps)) {
        wzp_fed_person_write(&fed->told[gr->nparticipants++], &ps, of->label);
    }

    wzp_fed_send(fed, peers);
}


static void
wzp_fed_send_inactive(wzp_fed_t *fed, const wzp_fed_origin_t *og,
    uint64_t peers)
{
    wzp_global_room_t  *gr;

    gr = wzp_fed_signal(fed, og->room, WZP_SIG_GLOBAL_ROOM_INACTIVE);
    gr->has_origin = true;
    gr->origin = og->id;
    gr->seq = og->seq;
    gr->path[gr->npath++] = fed->conf.self;

    if (og->id != fed->conf.self) {
        gr->path[gr->npath++] = og->id;
    }

    wzp_fed_send(fed, peers);
}


void
wzp_fed_tell(wzp_fed_t *fed, wzp_fed_origin_t *og, uint64_t peers)
{
    uint64_t  left, active, gone;
    unsigned  peer;

    active = 0;
    gone = 0;
    left = peers & fed->ours;

    for (peer = 0; left != 0; peer++, left >>= 1) {
        if ((left & 1) == 0) {
            continue;
        }

        if (wzp_fed_may_hear(fed, og, peer)) {
            active |= wzp_fed_bit(peer);

        } else {
            gone |= og->told & wzp_fed_bit(peer);
        }
    }

    og->told = (og->told | active) & ~gone;

    if (active != 0) {
        wzp_fed_send_active(fed, og, active);
    }

    if (gone != 0) {
        wzp_fed_send_inactive(fed, og, gone);
    }
}


static uint64_t
wzp_fed_hash_text(uint64_t h, const char *s)
{
    do {
        h = (h ^ (uint8_t) *s) * 0x100000001b3ULL;
        h ^= h >> 29;
    } while (*s++ != '\0');

    return h;
}


/* What an existing relay understands of a list; never 0. */
static uint64_t
wzp_fed_hash_people(uint64_t h, const wzp_participant_t *list, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        h = wzp_fed_hash_text(h, list[i].fingerprint);
        h = wzp_fed_hash_text(h, list[i].alias);
        h = wzp_fed_hash_text(h, list[i].relay_label);
    }

    return h | 1;
}


/* Tell an existing relay all that did not come from it, if that is new. */
static void
wzp_fed_sum(wzp_fed_t *fed, wzp_fed_room_t *room, unsigned peer,
    uint64_t now_ns)
{
    size_t              i, n;
    uint64_t            sum;
    wzp_fed_share_t    *sh;
    wzp_global_room_t  *gr;

    n = wzp_fed_people(fed, room, peer, true, fed->told, WZP_FED_PEOPLE);
    n = WZP_MIN(n, WZP_FED_PEOPLE);
    sum = n == 0 ? 0 : wzp_fed_hash_people(fed->conf.seed, fed->told, n);

    sh = &room->share[peer];
    room->waits &= ~wzp_fed_bit(peer);

    if (sum == sh->sum) {
        return;
    }

    sh->sum = sum;
    sh->next_ns = now_ns + WZP_FED_SUM_NS;

    /* It would not understand these, and need not hear when they change. */

    for (i = 0; i < n; i++) {
        fed->told[i].stream_id = 0;
        fed->told[i].muted = false;
        fed->told[i].held = false;
    }

    gr = wzp_fed_signal(fed, room, n == 0 ? WZP_SIG_GLOBAL_ROOM_INACTIVE
                                          : WZP_SIG_GLOBAL_ROOM_ACTIVE);
    gr->participants = n == 0 ? NULL : fed->told;
    gr->nparticipants = n;

    wzp_fed_send(fed, wzp_fed_bit(peer));
}


void
wzp_fed_tell_sums(wzp_fed_t *fed, wzp_fed_room_t *room, uint64_t now_ns)
{
    uint64_t  left, next;
    unsigned  peer;

    left = fed->up & ~fed->ours & room->peers;

    for (peer = 0; left != 0; peer++, left >>= 1) {
        if ((left & 1) == 0) {
            continue;
        }

        next = room->share[peer].next_ns;

        if (next <= now_ns) {
            wzp_fed_sum(fed, room, peer, now_ns);

        } else {
            room->waits |= wzp_fed_bit(peer);
            fed->due_ns = WZP_MIN(fed->due_ns, next);
        }
    }
}


void
wzp_fed_tell_waiting(wzp_fed_t *fed, uint64_t now_ns)
{
    uint64_t         left, due;
    unsigned         peer;
    wzp_fed_room_t  *room;

    if (now_ns < fed->due_ns) {
        return;
    }

    due = UINT64_MAX;

    for (room = fed->rooms; room != NULL; room = room->next) {

        left = room->waits;

        for (peer = 0; left != 0; peer++, left >>= 1) {
            if ((left & 1) == 0) {
                continue;
            }

            if (room->share[peer].next_ns <= now_ns) {
                wzp_fed_sum(fed, room, peer, now_ns);

            } else {
                due = WZP_MIN(due, room->share[peer].next_ns);
            }
        }
    }

    fed->due_ns = due == UINT64_MAX ? due
                                    : WZP_MAX(due, now_ns + WZP_FED_PACE_NS);
}


void
wzp_fed_tell_room(wzp_fed_t *fed, wzp_fed_room_t *room, unsigned peer,
    uint64_t now_ns)
{
    size_t    i;
    uint64_t  bit;

    bit = wzp_fed_bit(peer);

    if ((fed->up & room->peers & bit) == 0) {
        return;
    }

    if ((fed->ours & bit) == 0) {
        room->share[peer].sum = 0;
        wzp_fed_sum(fed, room, peer, now_ns);
        return;
    }

    wzp_fed_tell(fed, &room->own, bit);

    for (i = 0; i < room->norigins; i++) {
        wzp_fed_tell(fed, room->origins[i], bit);
    }
}


void
wzp_fed_tell_gone(wzp_fed_t *fed, wzp_fed_room_t *room, unsigned peer)
{
    size_t    i;
    uint64_t  bit;

    bit = wzp_fed_bit(peer);
    room->waits &= ~bit;

    if ((fed->up & bit) == 0) {
        return;
    }

    if ((fed->ours & bit) == 0) {
        if (room->share[peer].sum != 0) {
            room->share[peer].sum = 0;
            (void) wzp_fed_signal(fed, room, WZP_SIG_GLOBAL_ROOM_INACTIVE);
            wzp_fed_send(fed, bit);
        }

        return;
    }

    /* the room's mask says that it may not hear of it */

    wzp_fed_tell(fed, &room->own, bit);

    for (i = 0; i < room->norigins; i++) {
        wzp_fed_tell(fed, room->origins[i], bit);
    }
}
