/*
 * The directory in the zone: rooms and their members, of all workers.
 * Indices, not pointers.  All functions take the zone's lock themselves,
 * but for those that say _locked.
 *
 * Ownership: a member entry is written by the worker that has the connection
 * (its slot and epoch are in the entry), links between entries under the lock.
 * When that worker dies, whoever notices sweeps its entries.
 */

#ifndef _NGX_WZP_DIR_H_INCLUDED_
#define _NGX_WZP_DIR_H_INCLUDED_


#include "core/ngx_wzp_zone.h"
#include "wzp/wzp_quality.h"


#define NGX_WZP_RESTING     8           /* stream ids that rest, per room    */
#define NGX_WZP_REST_NS     (5 * WZP_SEC)
#define NGX_WZP_CALL_MEMBERS 2          /* in the room of a call             */
#define NGX_WZP_DIR_MISSED  (100 * WZP_MS)  /* nor looked for again in packets */


typedef struct {
    uint8_t            used;
    uint8_t            key[WZP_ROOM_KEY_SIZE];
    uint64_t           relay;           /* id                                */
    uint32_t           epoch;           /* of this use of the entry          */
    uint32_t           next;            /* in bucket or free list            */
    uint32_t           members;         /* first member                      */
    uint32_t           count;
    uint32_t           remotes;         /* first of those on other relays    */
    uint32_t           nremotes;
    _Atomic uint32_t   wanted;          /* some link wants its media         */
    _Atomic uint64_t   workers;         /* slots that have members           */
    _Atomic uint32_t   version;         /* of the list of members            */
    _Atomic uint32_t   tier;            /* weakest wzp_tier_t                */
    struct {
        uint16_t       id;
        uint64_t       until_ns;
    }                  resting[NGX_WZP_RESTING];
    char               name[WZP_ROOM_HASH_LEN * 2 + 1];  /* cut; for logs    */
} ngx_wzp_zone_room_t;


typedef struct {
    uint8_t            used;
    uint8_t            slot;
    uint16_t           epoch;           /* of the slot                       */
    uint16_t           stream_id;
    uint8_t            muted;
    uint8_t            held;
    uint8_t            tier;
    uint64_t           uid;             /* never used twice                  */
    uint32_t           room;
    uint32_t           prev;
    uint32_t           next;            /* in room or free list              */
    _Atomic uint32_t   peer;            /* bridge: the partner's index       */
    _Atomic uint64_t   peer_uid;        /* and number                        */
    _Atomic uint64_t   packets;         /* bridge: accepted from this one    */
    _Atomic uint32_t   rtt_us;          /* of the path to this one, by its   */
    _Atomic uint32_t   loss;            /* owner; loss in 1/1000 %           */
    uint64_t           forced_ns;       /* when it last had to change its id */
    uint8_t            fp[WZP_FP_SIZE];
    char               alias[WZP_ALIAS_MAX + 1];
} ngx_wzp_zone_member_t;


/* A member on another relay.  Written by the hub, under the lock. */
typedef struct {
    uint32_t           next;            /* in room or free list              */
    uint16_t           stream_id;       /* 0: not known                      */
    uint8_t            muted;
    uint8_t            held;
    uint8_t            fp[WZP_FP_SIZE];
    char               alias[WZP_ALIAS_MAX + 1];
    char               label[WZP_LABEL_MAX + 1];
} ngx_wzp_zone_remote_t;


typedef struct {
    ngx_wzp_relay_conf_t  *conf;
    const wzp_sni_t       *sni;
    const uint8_t         *fp;
    const char            *alias;
    uint16_t               resume;      /* stream id to take over; 0 = none  */
    ngx_uint_t             verified;    /* unsigned: it is who it says       */
    ngx_uint_t             slot;
    uint16_t               epoch;
    uint64_t               now_ns;
} ngx_wzp_dir_join_t;


/* What a join found.  The replaced member is already out of the room. */
typedef struct {
    uint32_t               room;
    uint32_t               room_epoch;
    uint32_t               member;
    uint64_t               uid;
    uint16_t               stream_id;

    uint32_t               old_member;  /* NGX_WZP_NONE: replaced nobody     */
    uint64_t               old_uid;
    uint8_t                old_slot;

    uint8_t                full;        /* refused because the zone is full  */
} ngx_wzp_dir_joined_t;


void ngx_wzp_dir_init(ngx_wzp_zone_t *zn);

/* Derive all links and counts anew from the entries; the lock is held and its
 * last owner died. */
void ngx_wzp_dir_rebuild_locked(ngx_wzp_zone_t *zn);

/*
 * Add a member, and its room if need be.  Returns WZP_CLOSE_NORMAL, or why
 * not: ROOM_FULL, TOO_MANY, ROOMS_FULL (also when the zone is full).
 */
wzp_close_t ngx_wzp_dir_join(ngx_wzp_zone_t *zn, const ngx_wzp_dir_join_t *in,
    ngx_wzp_dir_joined_t *out);

/* Take a member out, if it is still this one. */
void ngx_wzp_dir_leave(ngx_wzp_zone_t *zn, uint32_t member, uint64_t uid,
    uint64_t now_ns);

/* Set state flags and tier.  Returns 1 if the room's tier has changed. */
ngx_uint_t ngx_wzp_dir_state(ngx_wzp_zone_t *zn, uint32_t member,
    uint64_t uid, ngx_uint_t muted, ngx_uint_t held, ngx_uint_t tier);

/*
 * Copy the members of a room: at most n.  Returns how many there are (0 when
 * the room is not that one any more) and the version of the list.
 */
uint32_t ngx_wzp_dir_list(ngx_wzp_zone_t *zn, uint32_t room, uint32_t epoch,
    ngx_wzp_zone_member_t *list, uint32_t n, uint32_t *version);

/*
 * Hub: the members of a room on other relays are these now, and links want
 * its media, or not.  A room without local members is kept while there are
 * any.  Returns the slots whose workers must be told; *room: which has changed
 * (or NGX_WZP_NONE).  NGX_ERROR in *rc: the zone is full, some are missing.
 */
uint64_t ngx_wzp_dir_remotes(ngx_wzp_zone_t *zn, uint64_t relay,
    const wzp_sni_t *sni, const wzp_participant_t *list, uint32_t n,
    ngx_uint_t wanted, uint32_t *room, ngx_int_t *rc);

/* Keys of a relay's rooms that have such members, at most n.  Returns how many
 * there are. */
uint32_t ngx_wzp_dir_remote_rooms(ngx_wzp_zone_t *zn, uint64_t relay,
    uint8_t (*keys)[WZP_ROOM_KEY_SIZE], uint32_t n);

/* As ngx_wzp_dir_list, for those on other relays. */
uint32_t ngx_wzp_dir_list_remotes(ngx_wzp_zone_t *zn, uint32_t room,
    uint32_t epoch, ngx_wzp_zone_remote_t *list, uint32_t n);

/* The room with this key, or NGX_WZP_NONE; *epoch: of its entry. */
uint32_t ngx_wzp_dir_lookup(ngx_wzp_zone_t *zn, uint64_t relay,
    const uint8_t *key, uint32_t *epoch);

/*
 * Hub: give the member with this stream id another one, that no other relay's
 * member has, but to each not more often than every 5 s: NGX_AGAIN.  Returns
 * the member (uid, slot and the new id); NGX_DECLINED: nobody has that id.
 */
ngx_int_t ngx_wzp_dir_restream(ngx_wzp_zone_t *zn, uint32_t room, uint32_t epoch,
    uint16_t stream_id, uint64_t now_ns, uint32_t *member,
    ngx_wzp_zone_member_t *copy);

/*
 * Fingerprints of all local members of a relay, at most n; with repeats.
 * Returns how many there are.
 */
uint32_t ngx_wzp_dir_people(ngx_wzp_zone_t *zn, uint64_t relay,
    uint8_t (*fps)[WZP_FP_SIZE], uint32_t n);

/*
 * Remove all members of dead worker lives, and the slots and rings of those.
 * Rooms that changed go to *changed (slots whose workers must be told).
 * Returns the number of members removed.
 */
ngx_uint_t ngx_wzp_dir_sweep(ngx_wzp_zone_t *zn, uint64_t now_ns,
    uint64_t *tell);

/* ---- with the lock held: for the files of the directory ---- */

uint32_t ngx_wzp_dir_find_locked(ngx_wzp_zone_t *zn, uint64_t relay,
    const uint8_t *key);

/* A room without members.  NGX_WZP_NONE: there is no place. */
uint32_t ngx_wzp_dir_create_locked(ngx_wzp_zone_t *zn, uint64_t relay,
    const wzp_sni_t *sni);

/* Free it, if nobody is in it or heard of. */
void ngx_wzp_dir_release_locked(ngx_wzp_zone_t *zn, uint32_t r);

/* wanted, if nobody has it; else a random one that is free and not at rest.
 * A room has far fewer members than there are ids. */
uint16_t ngx_wzp_dir_stream_id_locked(ngx_wzp_zone_t *zn,
    ngx_wzp_zone_room_t *zr, uint16_t wanted, uint64_t now_ns);

/* All remote members are forgotten; the hub will tell them anew. */
void ngx_wzp_dir_remotes_init(ngx_wzp_zone_t *zn);


ngx_wzp_zone_room_t *ngx_wzp_dir_room(ngx_wzp_zone_t *zn, uint32_t room);
ngx_wzp_zone_member_t *ngx_wzp_dir_member(ngx_wzp_zone_t *zn,
    uint32_t member);
ngx_wzp_zone_remote_t *ngx_wzp_dir_remote(ngx_wzp_zone_t *zn,
    uint32_t remote);


#endif /* _NGX_WZP_DIR_H_INCLUDED_ */
