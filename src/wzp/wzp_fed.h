/*
 * Who is in which global room, across relays: what is learned from links, what
 * is told to them, where media goes.  PROTOCOL 8.5 and E.9.
 *
 * Pure logic: no I/O, no clock, no randomness.  Signals go in (wzp_fed_input)
 * and out (conf.send); time is a parameter.
 *
 * Between relays of ours this is a path vector.  Each relay tells its own
 * members of a room as an *offer* {room, origin, seq, path, participants}; who
 * learns one passes it on to all other links with itself in front of the path,
 * unless it is already in it.  For each link is kept what it offers; of
 * several offers of one origin the best (shortest path, then lowest id of the
 * neighbour) is used and passed on.  So a repeat is silent, a cycle ends, a
 * link that goes down takes exactly what came by it alone, and an alternative
 * takes over at once.  Nothing older than what was shown last is shown again
 * (seq), so nobody who has left comes back by a slower way.
 *
 * An existing relay knows no origins: what it tells is one offer of its own,
 * what it is told is the sum of all that we know without what came from it, at
 * most once per room and second, never a repeat.
 */

#ifndef _WZP_FED_H_INCLUDED_
#define _WZP_FED_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_sni.h"


#define WZP_FED_PEERS       64          /* links, one bit each               */
#define WZP_FED_ROOMS       4096        /* rooms, calls included             */
#define WZP_FED_OFFERS      65536       /* offers kept, over all links; an
                                           eighth of them from one link      */
#define WZP_FED_PEOPLE      1000        /* of one offer, and of what existing
                                           relays are told of a room         */


typedef struct wzp_fed_s       wzp_fed_t;
typedef struct wzp_fed_room_s  wzp_fed_room_t;


typedef struct {
    wzp_relay_id_t  self;

    /* Unix milliseconds at start: from here on our lists are numbered, so
     * that those of a later life are newer. */
    uint64_t        seq0;

    /* Random, for hash tables. */
    uint64_t        seed;

    /*
     * These are called from within functions that take a wzp_fed_t *, and may
     * call those that take it or a room to look at only.
     */

    /* A signal for a peer; the callee encodes and sends, sg is borrowed. */
    void          (*send)(void *ctx, unsigned peer, const wzp_signal_t *sg);

    /* The remote people of a room, or who wants its media, have changed. */
    void          (*changed)(void *ctx, wzp_fed_room_t *room);

    /*
     * A remote member has the stream id of one of ours, and we are the one
     * who gives way (the higher relay id, or the other an existing relay):
     * give ours a new one, then call wzp_fed_local with the new list (not from
     * inside this).  Called once when such lists meet, then not before one of
     * them changes.
     */
    void          (*collision)(void *ctx, wzp_fed_room_t *room,
                               uint16_t stream_id);

    void           *ctx;
} wzp_fed_conf_t;


/* NULL: no memory. */
wzp_fed_t *wzp_fed_create(const wzp_fed_conf_t *conf);
void wzp_fed_destroy(wzp_fed_t *fed);


/* What is kept, over all links. */
typedef struct {
    size_t          rooms;
    size_t          origins;            /* with members in one of them       */
    size_t          offers;
    size_t          people;             /* in all offers                     */
} wzp_fed_stat_t;


void wzp_fed_stat(const wzp_fed_t *fed, wzp_fed_stat_t *st);


/* ---- rooms ---- */

/*
 * Make a room global.  name is canonical: it is announced, and its hash is
 * the tag of media.  peers: which links may know of it (all ones for a global
 * room; the one bit of the other relay for a call).  data is the caller's.
 * The same key again changes peers and data.  NULL: no memory or too many.
 */
wzp_fed_room_t *wzp_fed_room_add(wzp_fed_t *fed, const char *name,
    uint64_t peers, void *data, uint64_t now_ns);

/* Withdraw it everywhere and forget it. */
void wzp_fed_room_remove(wzp_fed_t *fed, wzp_fed_room_t *room,
    uint64_t now_ns);

/* NULL: not global.  By key (name and hash are one room), or by media tag. */
wzp_fed_room_t *wzp_fed_room_find(wzp_fed_t *fed,
    const uint8_t key[WZP_ROOM_KEY_SIZE]);
wzp_fed_room_t *wzp_fed_room_by_tag(wzp_fed_t *fed,
    const uint8_t tag[WZP_TAG_SIZE]);

void *wzp_fed_room_data(const wzp_fed_room_t *room);
const char *wzp_fed_room_name(const wzp_fed_room_t *room);
const uint8_t *wzp_fed_room_key(const wzp_fed_room_t *room);
const uint8_t *wzp_fed_room_tag(const wzp_fed_room_t *room);

/* Walk all of them: NULL gives the first, NULL is the end. */
wzp_fed_room_t *wzp_fed_room_next(wzp_fed_t *fed, wzp_fed_room_t *room);


/* ---- this relay's own members ---- */

/*
 * The members of a room here and now, the whole list (n = 0: nobody).  Copied.
 * What has not changed is not told again.  WZP_ENOSPC: over WZP_FED_PEOPLE;
 * WZP_ENOMEM: the list before still counts.
 */
wzp_rc_t wzp_fed_local(wzp_fed_t *fed, wzp_fed_room_t *room,
    const wzp_participant_t *list, size_t n, uint64_t now_ns) WZP_MUST_CHECK;


/* ---- links ---- */

/*
 * A link is up: everything that may be told is told.  ours: the other end
 * named our extension.  A peer that is up already: everything is told again
 * (a new connection took over), nothing that it told is forgotten before
 * wzp_fed_peer_synced.
 */
void wzp_fed_peer_up(wzp_fed_t *fed, unsigned peer, wzp_relay_id_t id,
    bool ours, const char *label, uint64_t now_ns);

/* One more connection of a peer that is up, with the same process of the other
 * end or an older one: told everything again, and nothing is in doubt. */
void wzp_fed_peer_tell(wzp_fed_t *fed, unsigned peer, uint64_t now_ns);

/* It has told everything it knows since the last _up: what it did not repeat
 * is gone.  (Only relays of ours can say so.) */
void wzp_fed_peer_synced(wzp_fed_t *fed, unsigned peer, uint64_t now_ns);

/* It is down: what came by it alone is gone. */
void wzp_fed_peer_down(wzp_fed_t *fed, unsigned peer, uint64_t now_ns);

/*
 * GlobalRoomActive or GlobalRoomInactive from a peer.  WZP_EUNKNOWN: another
 * signal, not a global room here, or not for this peer; WZP_EAUTH: a path that
 * does not begin with the peer or end with the origin (forged); WZP_EBAD: no
 * path, or one with a loop; WZP_ENOSPC: a bound; WZP_ENOMEM; WZP_ECLOSED: the
 * peer is not up.  Nothing has changed unless WZP_OK.
 *
 * A path that leads through us is no error, it is worth as much as none.
 * From an existing relay origin, path and seq are not looked at.
 */
wzp_rc_t wzp_fed_input(wzp_fed_t *fed, unsigned peer, const wzp_signal_t *sg,
    uint64_t now_ns) WZP_MUST_CHECK;

/* What had to wait for an existing relay's rate, and what is old enough to be
 * forgotten; and when that is next (UINT64_MAX: nothing waits). */
void wzp_fed_expire(wzp_fed_t *fed, uint64_t now_ns);
uint64_t wzp_fed_deadline(const wzp_fed_t *fed);


/* ---- what follows for members and media ---- */

/*
 * Remote people of a room: at most n are written, the number there is
 * returned.  Each fingerprint once (best offer wins; that of an existing
 * relay comes last), none that is among the local list; with relay_label (the
 * link's by which they came, unless it had one) and, if known, stream_id.
 * Order is stable: by hops, then by origin.
 */
size_t wzp_fed_remote(const wzp_fed_t *fed, const wzp_fed_room_t *room,
    wzp_participant_t *list, size_t n);

/* The peers that want media of this room: those that offer it, whoever's
 * members these are. */
uint64_t wzp_fed_wants(const wzp_fed_room_t *room);

/*
 * May a packet with this stream id come from this peer?  False: the room is
 * not for this peer (a call of others), it is the id
 * of a local member, or of remote members none of whom this peer has offered.
 * 0 and ids that nobody has may.  The packet path: a binary search in a table
 * that is made when it is first asked for after a change.
 */
bool wzp_fed_admit(wzp_fed_room_t *room, unsigned peer,
    uint16_t stream_id);

/* The stream id is a remote member's: not to be given to one of ours. */
bool wzp_fed_stream_taken(wzp_fed_room_t *room, uint16_t stream_id);

/* Say again which of our stream ids collide: who could not give way when it
 * was told first. */
void wzp_fed_room_collide(wzp_fed_t *fed, wzp_fed_room_t *room);


#endif /* _WZP_FED_H_INCLUDED_ */
