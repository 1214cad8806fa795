/*
 * What one worker process has: its slot, its relays' endpoints and sockets,
 * the batches, the clock of this turn of the event loop.
 */

#ifndef _NGX_WZP_WORKER_H_INCLUDED_
#define _NGX_WZP_WORKER_H_INCLUDED_


#include "core/ngx_wzp.h"
#include "core/ngx_wzp_channel.h"
#include "core/ngx_wzp_log.h"
#include "core/ngx_wzp_stat.h"
#include "core/ngx_wzp_tap.h"
#include "core/ngx_wzp_udp.h"
#include "core/ngx_wzp_zone.h"


/* A relay in this worker. */
struct ngx_wzp_relay_s {
    ngx_wzp_relay_conf_t   *conf;
    wzp_quic_t             *quic;
    ngx_event_t             timer;      /* the endpoint's deadline           */
    ngx_wzp_hub_t          *hub;        /* NULL: in another worker           */
    ngx_wzp_stat_t         *stat;       /* what this worker counts           */
    ngx_wzp_stat_turn_t     turn;
    ngx_wzp_tap_limit_t     tap[NGX_WZP_TAP_KINDS];
};


typedef struct {
    ngx_cycle_t            *cycle;
    ngx_wzp_zone_t         *zone;
    ngx_wzp_channel_t       channel;
    ngx_wzp_stream_api_t   *stream;

    uint64_t                now_ns;     /* of this turn                      */
    uint64_t                flush_ns;   /* when what it produced was sent    */

    wzp_udp_rx_t           *rx;
    wzp_udp_tx_t           *tx;

    ngx_uint_t              nrelays;
    ngx_wzp_relay_t        *relays;
    ngx_uint_t              nlistens;
    ngx_wzp_listen_t       *listens;

    ngx_wzp_room_t        **rooms;      /* by index in the zone; local only  */
    ngx_wzp_member_t      **members;    /* likewise                          */
    ngx_queue_t             room_list;  /* of all local rooms                */
    ngx_queue_t             room_due;   /* of those with news to tell        */

    ngx_event_t             flush;      /* posted: end of this turn          */
    ngx_event_t             tick;       /* twice a second                    */
    ngx_connection_t       *bell;

    ngx_uint_t              closing;    /* unsigned: told to quit            */
    ngx_uint_t              handed_over;   /* unsigned: others read for us   */
    uint32_t                reviewed;   /* generation: see ..._review()      */

    ngx_wzp_log_limit_t     limits[NGX_WZP_LIMIT_N];
} ngx_wzp_worker_t;


/* NULL in a process that runs no relay (the master, cache managers). */
extern ngx_wzp_worker_t  *ngx_wzp_worker;


ngx_int_t ngx_wzp_worker_init(ngx_cycle_t *cycle, ngx_wzp_zone_t *zn,
    ngx_wzp_stream_api_t *stream);
void ngx_wzp_worker_exit(ngx_cycle_t *cycle);

/* Something happens: read the clock, and flush when this turn ends. */
void ngx_wzp_worker_turn(void);

/* Pass a datagram on to another worker: NGX_WZP_MSG_DATAGRAM or _INITIAL. */
void ngx_wzp_worker_pass(ngx_uint_t slot, ngx_uint_t type,
    const wzp_udp_dgram_t *dg);

/* A datagram for a relay, from a socket or from another worker. */
void ngx_wzp_worker_input(ngx_wzp_relay_t *relay, const wzp_udp_dgram_t *dg);

/* The members of a room (NGX_WZP_NONE: any) have changed: tell the workers in
 * this mask (never ourselves), and our own hub. */
void ngx_wzp_worker_tell(uint64_t workers, uint32_t room);

/* The same where only members have to know. */
void ngx_wzp_worker_tell_members(uint64_t workers, uint32_t room);

/* ---- ngx_wzp_worker_quit.c ---- */

/* A graceful quit. */
void ngx_wzp_worker_quit(void);

/* Another generation has come since: what does it do with our addresses? */
void ngx_wzp_worker_review(void);

/* Do those still live who read where we stopped? */
void ngx_wzp_worker_orphan(void);

/* Ring every bell. */
void ngx_wzp_worker_wake(void);


/* The event's `data` must look like a connection in debug builds. */
void ngx_wzp_event_init(ngx_event_t *ev, ngx_event_handler_pt handler);

/* Arm a timer for a deadline in monotonic nanoseconds (UINT64_MAX: none). */
void ngx_wzp_event_arm(ngx_event_t *ev, uint64_t deadline);

#define ngx_wzp_event_owner(ev, type, link)                                   \
    ((type *) ((u_char *) (ev) - offsetof(type, link)))


#endif /* _NGX_WZP_WORKER_H_INCLUDED_ */
