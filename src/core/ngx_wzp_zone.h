/*
 * The zone: one memory file shared by all workers of all generations.
 *
 * It is a memfd and not an nginx shared zone for one reason: a binary upgrade
 * (USR2) starts a master whose zones are empty, while calls go on in the old
 * workers.  The memfd, like the listening sockets, passes through exec; so
 * members of both generations stay in one room.  It holds no pointers, only
 * indices, and may be mapped anywhere.
 *
 * One lock, a robust mutex: when its owner dies, the next one to lock it is
 * told so and rebuilds what is derived (ngx_wzp_dir_rebuild).  Under it: no
 * log, no send, no system call.
 */

#ifndef _NGX_WZP_ZONE_H_INCLUDED_
#define _NGX_WZP_ZONE_H_INCLUDED_


#include "core/ngx_wzp.h"
#include "wzp/wzp_ring.h"

#include <pthread.h>
#include <stdatomic.h>


#define NGX_WZP_ZONE_LAYOUT     4           /* raise on any change below     */
#define NGX_WZP_ZONE_MIN        (1024 * 1024)
#define NGX_WZP_ZONE_MAX        (1024 * 1024 * 1024)
#define NGX_WZP_ZONE_DEFAULT    (16 * 1024 * 1024)

#define NGX_WZP_SLOTS           64          /* worker lives at one time      */
#define NGX_WZP_RINGS           (NGX_WZP_SLOTS * NGX_WZP_SLOTS)
#define NGX_WZP_RELAYS          32          /* relays at one time            */
#define NGX_WZP_LISTENS         64          /* listening addresses           */
#define NGX_WZP_NONE            0xffffffffU /* no index                      */


/* A worker life. Written by its owner, except as noted. */
typedef struct {
    _Atomic uint32_t   pid;             /* 0: free; last word of a claim     */
    _Atomic uint16_t   epoch;           /* random, of this life              */
    uint16_t           worker;          /* ngx_worker                        */
    uint32_t           generation;
    uint32_t           master;          /* pid                               */
    _Atomic uint32_t   closing;         /* told to quit                      */
    _Atomic uint32_t   evict;           /* by anyone: leave, slots ran out   */

    /* Ring from slot i to this one: index + 1, 0 = none.  Under the lock. */
    _Atomic uint16_t   ring[NGX_WZP_SLOTS];
} ngx_wzp_slot_t;


/* A ring in the ring area.  Under the lock. */
typedef struct {
    uint8_t            used;
    uint8_t            from;
    uint8_t            to;
    uint16_t           from_epoch;
    uint16_t           to_epoch;
} ngx_wzp_ring_slot_t;


/*
 * One relay.  Under the lock, but for the atomics: those are written by the
 * hub (ngx_wzp_hub.h) and by whoever sweeps a dead one.
 */
struct ngx_wzp_zone_relay_s {
    uint64_t           id;              /* 0: free                           */
    uint32_t           generation;      /* the last that has configured it   */
    uint32_t           sessions;        /* members in all rooms              */
    uint32_t           rooms;           /* that have members                 */

    _Atomic uint32_t   hub;             /* worker life that speaks for the
                                           relay: NGX_WZP_LIFE(); 0 = none   */
    _Atomic uint32_t   heir;            /* new connections of other relays
                                           and phones go to this one         */
    _Atomic uint64_t   forwarders;      /* slots that have links: the hub,
                                           and those before it that still
                                           end theirs                        */
    _Atomic uint32_t   people;          /* changes with any membership       */
};


/* A worker life in one word: not 0, and never twice. */
#define NGX_WZP_LIFE(slot, epoch)                                             \
    ((uint32_t) (epoch) << 16 | ((uint32_t) (slot) + 1))
#define NGX_WZP_LIFE_SLOT(life)  (((life) & 0xffff) - 1)


typedef struct {
    uint64_t           magic;
    uint32_t           layout;
    uint32_t           ready;           /* initialised to the end            */
    uint64_t           size;

    pthread_mutex_t    mutex;           /* robust, process-shared            */
    _Atomic uint32_t   generation;      /* newest configuration cycle        */
    _Atomic uint32_t   abandoned;       /* by a reload with another zone     */

    /* what the newest generation listens on: hashes of addresses, and of the
     * secrets of the relays there; written by the master */
    _Atomic uint32_t   nlistens;
    _Atomic uint32_t   listens[NGX_WZP_LISTENS];
    _Atomic uint32_t   secrets[NGX_WZP_LISTENS];

    uint8_t            dup_key[16];     /* of the filter of duplicates       */
    uint64_t           uid;             /* last given member number          */
    _Atomic uint32_t   rebuilt;         /* how often all was derived anew    */
    uint64_t           quiet_ns;        /* no stateless resets before: calls
                                           of an older zone still end        */
    uint32_t           next_slot;       /* slots are taken in turn           */

    uint32_t           nrooms;          /* sizes of the tables               */
    uint32_t           nbuckets;
    uint32_t           nmembers;
    uint32_t           nremotes;
    uint32_t           ndups;
    uint32_t           ncalls;
    uint32_t           nrings;
    uint32_t           ring_capacity;

    uint32_t           free_room;       /* heads of free lists               */
    uint32_t           free_member;
    uint32_t           free_remote;

    uint32_t           used_rooms;      /* entries of the tables             */
    uint32_t           used_members;
    uint32_t           used_remotes;

    uint64_t           off_buckets;     /* offsets from the start            */
    uint64_t           off_rooms;
    uint64_t           off_members;
    uint64_t           off_remotes;
    uint64_t           off_dups;        /* wzp_dup_t: media of links         */
    uint64_t           off_calls;       /* wzp_calls_t, under the lock       */
    uint64_t           off_ring_slots;
    uint64_t           off_rings;
    uint64_t           off_stats;

    ngx_wzp_zone_relay_t  relays[NGX_WZP_RELAYS];
    ngx_wzp_slot_t        slots[NGX_WZP_SLOTS];
} ngx_wzp_zone_hdr_t;


/* The process's view of a zone. */
struct ngx_wzp_zone_s {
    ngx_wzp_zone_hdr_t  *hdr;
    size_t               size;          /* as configured                     */
    size_t               mapped;        /* with all rings; most of it empty  */
    ngx_fd_t             fd;            /* the memfd                         */
    ngx_fd_t             bells[NGX_WZP_SLOTS];   /* eventfds                 */
    ngx_str_t            name;
};


/*
 * Master: find the zone of this name and size among what earlier cycles, or
 * the master before this one, have left; or make it.  Called for each new
 * configuration.  NULL: logged.
 */
ngx_wzp_zone_t *ngx_wzp_zone_open(ngx_cycle_t *cycle, ngx_str_t *name,
    size_t size);

/*
 * Master, once the new configuration is certain: any zone but this one is
 * abandoned (its calls end when the old workers quit); a new binary will find
 * this one in its environment.
 */
ngx_int_t ngx_wzp_zone_commit(ngx_cycle_t *cycle, ngx_wzp_zone_t *zn);

/* Master: an address of the new generation; ls is NULL: the end of the list,
 * with which that generation begins. */
void ngx_wzp_zone_listen(ngx_wzp_zone_t *zn, ngx_uint_t i,
    ngx_listening_t *ls, const ngx_wzp_relay_conf_t *conf);

/* Worker: is this address of conf still listened on?  NGX_OK: yes, or that is
 * not known; NGX_DECLINED: by a relay with another secret, which does not know
 * our connection IDs; NGX_DONE: no. */
ngx_int_t ngx_wzp_zone_listens(ngx_wzp_zone_t *zn, ngx_listening_t *ls,
    const ngx_wzp_relay_conf_t *conf);

void ngx_wzp_zone_lock(ngx_wzp_zone_t *zn);
void ngx_wzp_zone_unlock(ngx_wzp_zone_t *zn);

/*
 * Master: the place of a relay in the zone, made if need be; it stays the
 * same over reloads.  NULL: there is none left.
 */
ngx_wzp_zone_relay_t *ngx_wzp_zone_relay(ngx_wzp_zone_t *zn, uint64_t id,
    uint32_t generation);

/* Is that worker life still there? */
ngx_uint_t ngx_wzp_zone_lives(ngx_wzp_zone_t *zn, uint32_t life);

/* How many members, at most, a zone of this size holds. */
uint32_t ngx_wzp_zone_members(size_t size);

/* Is that process running? */
ngx_uint_t ngx_wzp_pid_alive(uint32_t pid);


#endif /* _NGX_WZP_ZONE_H_INCLUDED_ */
