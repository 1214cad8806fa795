/*
 * Rooms as one worker sees them: its own members, and where the others are.
 * The list of all members is the directory's (ngx_wzp_dir.h).
 */

#ifndef _NGX_WZP_ROOM_H_INCLUDED_
#define _NGX_WZP_ROOM_H_INCLUDED_


#include "core/ngx_wzp_conn.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_health.h"


/* A room with members in this worker. */
struct ngx_wzp_room_s {
    ngx_queue_t          queue;         /* in the worker's list              */
    ngx_wzp_relay_t     *relay;
    ngx_wzp_zone_room_t *zone;
    uint32_t             index;
    uint32_t             epoch;

    ngx_queue_t          members;
    ngx_uint_t           n;

    uint32_t             version;       /* of the list last told             */
    wzp_profile_id_t     profile;       /* last recommended                  */
    ngx_event_t          timer;         /* an update that has to wait        */
    ngx_msec_t           told;          /* when                              */
    ngx_msec_t           directed;      /* when a profile was recommended    */
    ngx_queue_t          due_queue;     /* in the worker's list, while due   */
    unsigned             due:1;
    unsigned             fresh:1;       /* some member has no list yet       */
    unsigned             global:1;      /* other relays may have members     */
    unsigned             watch:2;       /* NGX_WZP_WATCH_*                   */
    ngx_wzp_tap_stats_t  tap;
};


/* A member with its connection in this worker. */
struct ngx_wzp_member_s {
    ngx_queue_t          queue;         /* in the room                       */
    ngx_wzp_room_t      *room;
    ngx_wzp_conn_t      *conn;
    uint32_t             index;         /* in the zone                       */
    uint64_t             uid;

    wzp_bucket_t         rate;
    wzp_quality_t        quality;
    ngx_wzp_health_t     health;
    unsigned             muted:1;
    unsigned             held:1;
    unsigned             fresh:1;       /* has not been told of the others   */
    unsigned             heard:1;       /* seq is of a packet                */
    uint16_t             seq;           /* the last one, for the tap         */
};


/* What became of a packet among members of this worker. */
typedef struct {
    ngx_uint_t           sent;
    ngx_uint_t           failed;
    wzp_rc_t             rc;            /* of the last one that failed       */
} ngx_wzp_room_tally_t;


/*
 * Let a connection join the room of its server name.  WZP_CLOSE_NORMAL: it is
 * wc->member; *old is the connection in this worker that it replaced, or NULL
 * (in another worker it has been told).
 */
wzp_close_t ngx_wzp_room_join(ngx_wzp_conn_t *wc, uint16_t resume,
    ngx_wzp_conn_t **old);

/* Frees the member. */
void ngx_wzp_room_leave(ngx_wzp_member_t *mb);

void ngx_wzp_room_state(ngx_wzp_member_t *mb, ngx_uint_t muted,
    ngx_uint_t held);

/* Within wzp_rate? */
ngx_uint_t ngx_wzp_room_may_send(ngx_wzp_member_t *mb);

/* A media packet of a local member: to all whom it concerns. */
void ngx_wzp_room_media(ngx_wzp_member_t *mb, const wzp_packet_t *pk,
    const uint8_t *data, size_t len);

/* Media from another worker. */
void ngx_wzp_room_remote(const ngx_wzp_msg_t *msg, const u_char *data);

/* Media of a link: to all local members, of all workers. */
void ngx_wzp_room_deliver_all(uint32_t room, uint32_t epoch,
    const uint8_t *data, size_t len);

/* This member of ours has another stream id. */
void ngx_wzp_room_restream(uint32_t member, uint64_t uid,
    uint16_t stream_id);

/* Another worker has taken over the place of this member of ours. */
void ngx_wzp_room_replaced(uint32_t member, uint64_t uid);

/* Compare a room, or all (NGX_WZP_NONE), with the directory; what changed is
 * due. */
void ngx_wzp_room_news(uint32_t room);

/* Send what is due: once per turn. */
void ngx_wzp_room_updates(void);

/* Twice a second. */
void ngx_wzp_room_tick(void);

/* The worker exits: forget all. */
void ngx_wzp_room_done(void);


#endif /* _NGX_WZP_ROOM_H_INCLUDED_ */
