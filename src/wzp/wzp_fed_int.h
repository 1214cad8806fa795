/*
 * What the files of wzp_fed share, and nobody else sees.
 *
 *   wzp_fed.c        rooms and links come and go, time
 *   wzp_fed_list.c   lists of people, packed
 *   wzp_fed_offer.c  what is learned: offers, and the best of each origin
 *   wzp_fed_tell.c   what is told
 *   wzp_fed_view.c   what follows: people, stream ids
 */

#ifndef _WZP_FED_INT_H_INCLUDED_
#define _WZP_FED_INT_H_INCLUDED_


#include "wzp/wzp_fed.h"


#define WZP_FED_SHARE           (WZP_FED_OFFERS / 8)    /* of one link       */
#define WZP_FED_PEER_PEOPLE     131072      /* in all offers of one link     */
#define WZP_FED_ORIGINS         (2 * WZP_FED_OFFERS)    /* forgotten ones too */
#define WZP_FED_BUCKETS         1024
#define WZP_FED_SEQ_MAX         (1ULL << 53)

/* An existing relay gets one announcement per room in this time. */
#define WZP_FED_SUM_NS          WZP_SEC

/* Rooms that wait for it are looked through no more often than this. */
#define WZP_FED_PACE_NS         (50 * WZP_MS)

/* So long is remembered how new the last news of an origin was. */
#define WZP_FED_FORGET_NS       (30 * WZP_SEC)

#define wzp_fed_bit(peer)       (1ULL << (peer))


/* People, packed one after the other; shared by all who hold the same. */
typedef struct {
    uint32_t           refs;
    uint32_t           n;
    size_t             size;
    uint8_t            data[];
} wzp_fed_list_t;


/* One of them; the texts are not terminated. */
typedef struct {
    const uint8_t     *fp;                  /* its length is in front of it  */
    const uint8_t     *alias;
    const uint8_t     *label;
    uint8_t            fp_len;
    uint8_t            alias_len;
    uint8_t            label_len;           /* 0: the offer's label          */
    uint16_t           stream_id;
    bool               muted;
    bool               held;
} wzp_fed_person_t;


typedef struct wzp_fed_offer_s   wzp_fed_offer_t;
typedef struct wzp_fed_origin_s  wzp_fed_origin_t;


/* What one link says of one origin.  Never changed: replaced. */
struct wzp_fed_offer_s {
    wzp_fed_offer_t   *next;                /* of the same origin            */
    wzp_fed_list_t    *list;
    uint64_t           seq;                 /* 0: an existing relay's        */
    wzp_relay_id_t     path[WZP_PATH_MAX];  /* the peer first, origin last   */
    uint8_t            npath;               /* 0: our own                    */
    uint8_t            peer;
    bool               stale;               /* not repeated since its _up    */
    char               label[WZP_LABEL_MAX + 1];
};


/* A relay with members in a room; each room has itself as one, too. */
struct wzp_fed_origin_s {
    wzp_fed_room_t    *room;
    wzp_relay_id_t     id;
    wzp_fed_offer_t   *offers;
    wzp_fed_offer_t   *best;                /* NULL: nothing to show         */
    uint64_t           seq;                 /* shown last: nothing older may */
    uint64_t           told;                /* peers that have our offer     */

    /* while there is no best */
    wzp_fed_origin_t  *prev;
    wzp_fed_origin_t  *next;
    uint64_t           forget_ns;
};


/* A link as a room sees it. */
typedef struct {
    uint32_t           offers;              /* that make it want media       */
    uint64_t           sum;                 /* existing: hash of what it was
                                               told, 0: nothing              */
    uint64_t           next_ns;             /* and when it may be told again */
} wzp_fed_share_t;


typedef struct {
    uint64_t           peers;               /* that offered it               */
    uint16_t           id;
    bool               local;
    bool               remote;
} wzp_fed_stream_t;


struct wzp_fed_room_s {
    wzp_fed_room_t    *key_next;            /* same bucket                   */
    wzp_fed_room_t    *tag_next;
    wzp_fed_room_t    *prev;                /* all of them                   */
    wzp_fed_room_t    *next;
    uint8_t            key[WZP_ROOM_KEY_SIZE];
    uint8_t            tag[WZP_TAG_SIZE];
    char               name[WZP_ROOM_NAME_MAX + 1];
    uint64_t           peers;
    void              *data;

    wzp_fed_origin_t   own;
    wzp_fed_offer_t    own_offer;           /* own.best, or not              */

    wzp_fed_origin_t **origins;             /* sorted by id                  */
    size_t             norigins;
    size_t             origins_size;

    wzp_fed_share_t    share[WZP_FED_PEERS];
    uint64_t           wants;
    uint64_t           waits;               /* existing, not told yet        */
    size_t             people;              /* in all offers, and own        */
    bool               changed;             /* conf.changed is to be called  */

    wzp_fed_stream_t  *streams;             /* sorted by id; NULL: to be made */
    size_t             nstreams;
};


typedef struct {
    wzp_relay_id_t     id;
    bool               synced;
    size_t             noffers;
    size_t             npeople;
    char               label[WZP_LABEL_MAX + 1];
} wzp_fed_peer_t;


struct wzp_fed_s {
    wzp_fed_conf_t     conf;

    wzp_fed_peer_t     peers[WZP_FED_PEERS];
    uint64_t           up;
    uint64_t           ours;                /* those of them                 */

    wzp_fed_room_t    *by_key[WZP_FED_BUCKETS];
    wzp_fed_room_t    *by_tag[WZP_FED_BUCKETS];
    wzp_fed_room_t    *rooms;
    size_t             nrooms;
    size_t             noffers;
    size_t             norigins;

    wzp_fed_origin_t  *oldest;              /* origins without a best, in    */
    wzp_fed_origin_t  *newest;              /* the order in which they end   */
    uint64_t           due_ns;              /* of rooms with waits           */

    bool               started;
    uint64_t           start_ns;
    uint64_t           last_seq;

    /* made beforehand, so that telling cannot fail */
    wzp_signal_t       sg;
    wzp_participant_t  told[WZP_FED_PEOPLE];
    const uint8_t    **seen;                /* fingerprints, a hash table    */
    size_t             seen_size;           /* a power of two                */
};


/* ---- wzp_fed_list.c ---- */

/*
 * Pack people; whoever has no fingerprint is left out.  If all have one and
 * the same label, it comes back in `label` and isn't in the list; those
 * without one have `via`.  via NULL: no labels at all.  NULL: no memory.
 */
wzp_fed_list_t *wzp_fed_list_create(const wzp_participant_t *people, size_t n,
    const char *via, char label[WZP_LABEL_MAX + 1]);
void wzp_fed_list_unref(wzp_fed_list_t *ls);

/* The same people in the same order; NULL is an empty list. */
bool wzp_fed_list_same(const wzp_fed_list_t *a, const wzp_fed_list_t *b);

/* Walk it: *at is 0 before the first.  False: that was the last. */
bool wzp_fed_list_next(const wzp_fed_list_t *ls, size_t *at,
    wzp_fed_person_t *ps);

void wzp_fed_person_write(wzp_participant_t *pt, const wzp_fed_person_t *ps,
    const char *label);


/* ---- wzp_fed_offer.c ---- */

/* Make way for `more` people in a room. */
wzp_rc_t wzp_fed_reserve(wzp_fed_t *fed, const wzp_fed_room_t *room,
    size_t more) WZP_MUST_CHECK;

wzp_fed_offer_t *wzp_fed_offer_find(const wzp_fed_origin_t *og, unsigned peer);

/* Take an offer's place: `old` goes and is freed, `of` comes (either may be
 * NULL); the best is chosen again, and told. */
void wzp_fed_offer_replace(wzp_fed_t *fed, wzp_fed_origin_t *og,
    wzp_fed_offer_t *old, wzp_fed_offer_t *of, uint64_t now_ns);

/* Choose the best again after something else has changed. */
void wzp_fed_origin_select(wzp_fed_t *fed, wzp_fed_origin_t *og,
    uint64_t now_ns);

/* For long there was nothing to show of it: forget it, or how new it was. */
void wzp_fed_origin_expire(wzp_fed_t *fed, wzp_fed_origin_t *og,
    uint64_t now_ns);

/* Take it out of its room, with its offers, telling nobody. */
void wzp_fed_origin_free(wzp_fed_t *fed, wzp_fed_origin_t *og);

/* All offers are dealt with: now say that the room has changed. */
void wzp_fed_room_settle(wzp_fed_t *fed, wzp_fed_room_t *room,
    uint64_t now_ns);


/* ---- wzp_fed_tell.c ---- */

/* Tell those relays of ours that are in the mask what there is of an origin,
 * or that there is nothing any more. */
void wzp_fed_tell(wzp_fed_t *fed, wzp_fed_origin_t *og, uint64_t peers);

/* Everything of a room to one peer. */
void wzp_fed_tell_room(wzp_fed_t *fed, wzp_fed_room_t *room, unsigned peer,
    uint64_t now_ns);

/* Existing relays: the sum to each of them, or a note that they wait. */
void wzp_fed_tell_sums(wzp_fed_t *fed, wzp_fed_room_t *room, uint64_t now_ns);

/* The sums that have waited long enough. */
void wzp_fed_tell_waiting(wzp_fed_t *fed, uint64_t now_ns);

/* A peer may not know of the room any more. */
void wzp_fed_tell_gone(wzp_fed_t *fed, wzp_fed_room_t *room, unsigned peer);


/* ---- wzp_fed_view.c ---- */

/*
 * wzp_fed_remote but for what came by one link (WZP_FED_PEERS: none), after
 * the local list if that is asked for.
 */
size_t wzp_fed_people(const wzp_fed_t *fed, const wzp_fed_room_t *room,
    unsigned except, bool local, wzp_participant_t *list, size_t n);

/* Whom of ours we have to rename because of this origin's people. */
void wzp_fed_collide(wzp_fed_t *fed, const wzp_fed_origin_t *og);

/* The lists have changed. */
void wzp_fed_streams_drop(wzp_fed_room_t *room);


#endif /* _WZP_FED_INT_H_INCLUDED_ */
