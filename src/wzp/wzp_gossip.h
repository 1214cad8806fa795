/*
 * Presence: who is at this relay, told to its peers; who is at theirs, learned
 * from them.  One hop: a relay tells only its own people, or some of them.
 *
 * Pure logic: no I/O, no clock, no randomness.  Signals go in
 * (wzp_gossip_input) and out (conf.send); time is a parameter.
 *
 * The set that a relay tells has a version that grows by one with each change,
 * and an epoch that grows with each start; (epoch, version) orders news.
 * Between relays of ours one PresenceUpdate is one of
 *
 *   a chunk    base 0 in the first, base = version in those that follow: a part
 *              of the whole set
 *   a change   0 < base < version: people added and removed since base
 *   a digest   base = version, nobody in it
 *   a request  want, for the whole set; nothing else of it is looked at
 *
 * The digest of the whole set is in all of them: the XOR over its people of
 * the first 8 bytes, big endian, of SHA-256(fingerprint).  So chunks may come
 * in any order, twice, or not at all: the new set holds as soon as what was
 * gathered has the digest that was named, and who finds that his copy differs
 * asks.
 *
 * An existing relay is told the whole set in one message, and tells its own so.
 */

#ifndef _WZP_GOSSIP_H_INCLUDED_
#define _WZP_GOSSIP_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_people.h"
#include "wzp/wzp_signal.h"


#define WZP_GOSSIP_PEERS        WZP_PEOPLE_PEERS
#define WZP_GOSSIP_CHUNK        1000            /* people in one message     */
#define WZP_GOSSIP_WHOLE        20000           /* in one to existing relays */

#define WZP_GOSSIP_GATHER_NS    (200 * WZP_MS)  /* changes wait for company  */
#define WZP_GOSSIP_DIGEST_NS    (10 * WZP_SEC)
#define WZP_GOSSIP_FIRST_NS     WZP_SEC         /* digest after _peer_up     */
#define WZP_GOSSIP_EXISTING_NS  (10 * WZP_SEC)  /* between whole sets        */
#define WZP_GOSSIP_WANT_NS      WZP_SEC         /* asked, or answered        */
#define WZP_GOSSIP_FULL_NS      (60 * WZP_SEC)  /* asked after WZP_ENOSPC    */
#define WZP_GOSSIP_SILENT_NS    (30 * WZP_SEC)  /* entries live without news */

/* Of a peer. */
#define WZP_GOSSIP_OURS         0x01    /* it named our extension            */
#define WZP_GOSSIP_REPEAT       0x02    /* existing: the set every 10 s      */


typedef struct wzp_gossip_s  wzp_gossip_t;


typedef struct {
    uint64_t   epoch;                   /* over 0, under 2^53; grows over
                                           restarts                          */
    uint8_t    key[16];                 /* random: of the hash table         */
    char       addr[WZP_HOST_MAX + 1];  /* our own listen address            */
    uint64_t   keep_ns;                 /* a peer's people outlive its
                                           connection so long; 0 = not       */

    /* A PresenceUpdate for a peer; the callee encodes and sends, sg is
     * borrowed.  It must not call back into wzp_gossip. */
    void     (*send)(void *ctx, unsigned peer, const wzp_signal_t *sg);

    /* May be NULL.  So many people did not fit the message to an existing
     * relay; said once for each of its connections. */
    void     (*cut)(void *ctx, unsigned peer, size_t left_out);

    void      *ctx;
} wzp_gossip_conf_t;


/* What is known of one peer. */
typedef struct {
    bool      up;
    bool      ours;
    bool      whole;                    /* the copy is its set, as far as it
                                           has told                          */
    char      addr[WZP_HOST_MAX + 1];
    size_t    people;
    uint64_t  epoch;
    uint64_t  version;
    uint64_t  heard_ns;
} wzp_gossip_peer_t;


typedef struct {
    uint64_t  wholes;                   /* whole sets sent                   */
    uint64_t  changes;                  /* messages with changes             */
    uint64_t  digests;
    uint64_t  wants;
    uint64_t  old;                      /* received, older than what we know */
    uint64_t  full;                     /* received, did not fit a bound     */
} wzp_gossip_stat_t;


/* NULL: no memory. */
wzp_gossip_t *wzp_gossip_create(const wzp_gossip_conf_t *conf);
void wzp_gossip_destroy(wzp_gossip_t *gp);


/* ---- this relay's own people ---- */

/* The people who are here now, the whole set, in any order, but that peers are
 * told of the first `told` of them only.  Copied.
 * WZP_ENOSPC: over WZP_PEOPLE_SET; WZP_ENOMEM.  Nothing has changed then. */
wzp_rc_t wzp_gossip_local(wzp_gossip_t *gp, const uint8_t (*fps)[WZP_FP_SIZE],
    size_t n, size_t told, uint64_t now_ns) WZP_MUST_CHECK;

/* Is this person here?  And may peers know? */
bool wzp_gossip_is_local(const wzp_gossip_t *gp,
    const uint8_t fp[WZP_FP_SIZE]);
bool wzp_gossip_is_told(const wzp_gossip_t *gp,
    const uint8_t fp[WZP_FP_SIZE]);

/* Sorted, each once; valid until the next wzp_gossip_local. */
const uint8_t (*wzp_gossip_people(const wzp_gossip_t *gp,
    size_t *n))[WZP_FP_SIZE];


/* ---- peers ---- */

/*
 * A connection is up: it is told the whole set.  flags: WZP_GOSSIP_*; addr:
 * where the caller believes the peer to listen.  Up already: a new connection
 * took over, everything is told again, nothing that it told is forgotten.
 */
void wzp_gossip_peer_up(wzp_gossip_t *gp, unsigned peer, unsigned flags,
    const char *addr, uint64_t now_ns);
void wzp_gossip_peer_down(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns);

/* Nothing of it stays: for a number that shall be another relay's. */
void wzp_gossip_peer_forget(wzp_gossip_t *gp, unsigned peer);

/* Any other traffic came from this peer. */
void wzp_gossip_alive(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns);

/* Tell it the whole set now, if that was not done within the last second. */
void wzp_gossip_whole(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns);

/*
 * PresenceUpdate from a peer.  The address in one with a version is the
 * peer's, unless it is empty or our own; existing relays write anything there
 * (PROTOCOL 12.3, F12), for them that of _peer_up holds.
 *
 * WZP_ECLOSED the peer is not up; WZP_EBAD not one of the forms above;
 * WZP_ELATE older than what is known; WZP_ENOSPC a bound, WZP_ENOMEM: the copy
 * is not whole then.
 */
wzp_rc_t wzp_gossip_input(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns) WZP_MUST_CHECK;

/* What is due; and when something is next (UINT64_MAX: never). */
void wzp_gossip_expire(wzp_gossip_t *gp, uint64_t now_ns);
uint64_t wzp_gossip_deadline(const wzp_gossip_t *gp);


/* ---- what is known ---- */

/* The peers at which this person is, lowest first; at most n are written,
 * their number is returned.  Our own people are not asked. */
size_t wzp_gossip_find(const wzp_gossip_t *gp, const uint8_t fp[WZP_FP_SIZE],
    unsigned *peers, size_t n);

/* False when nothing is known of it. */
bool wzp_gossip_peer(const wzp_gossip_t *gp, unsigned peer,
    wzp_gossip_peer_t *info);

/* The people of a peer one by one: *at is 0 at first, NULL is the end.
 * Nothing may change meanwhile. */
const uint8_t *wzp_gossip_walk(const wzp_gossip_t *gp, unsigned peer,
    uint32_t *at);

/* Entries of all peers; and a number that moves with each change to them. */
size_t wzp_gossip_remote(const wzp_gossip_t *gp);
uint64_t wzp_gossip_moves(const wzp_gossip_t *gp);

void wzp_gossip_stat(const wzp_gossip_t *gp, wzp_gossip_stat_t *st);

/* Counts, lists and digests agree.  For tests. */
bool wzp_gossip_sound(const wzp_gossip_t *gp);


#endif /* _WZP_GOSSIP_H_INCLUDED_ */
