/*
 * Messages between workers: values in rings, one ring per ordered pair of
 * worker slots, made on first use; a doorbell (eventfd) only when the reader
 * may be asleep.  What a full ring cannot take is dropped and counted.
 *
 * A ring is given back by the end that is still alive, or by the sweep when
 * both are dead: so no ring ever has two writers.
 */

#ifndef _NGX_WZP_CHANNEL_H_INCLUDED_
#define _NGX_WZP_CHANNEL_H_INCLUDED_


#include "core/ngx_wzp_zone.h"


typedef enum {
    NGX_WZP_MSG_MEDIA = 1,      /* for all members of a room                 */
    NGX_WZP_MSG_MEDIA_TO,       /* for one member (bridge)                   */
    NGX_WZP_MSG_ROOM,           /* a room changed: compare versions          */
    NGX_WZP_MSG_DATAGRAM,       /* came in here, belongs to you              */
    NGX_WZP_MSG_REPLACED,       /* one of your members was replaced          */
    NGX_WZP_MSG_INITIAL,        /* a new connection, for the hub             */
    NGX_WZP_MSG_FORWARD,        /* media of a link, for your links, too      */
    NGX_WZP_MSG_STREAM,         /* a member of yours has another stream id   */
    NGX_WZP_MSG_ASK,            /* the hub is asked, see ngx_wzp_ask.h       */
    NGX_WZP_MSG_TELL            /* and answers                               */
} ngx_wzp_msg_e;


/* The fixed part; `len` bytes follow it. */
typedef struct {
    uint8_t    type;
    uint8_t    ecn;                     /* MEDIA: 1, also for your links     */
    uint16_t   len;
    uint32_t   index;                   /* room or member                    */
    uint64_t   number;                  /* room epoch, member uid, relay id  */
} ngx_wzp_msg_t;


typedef void (*ngx_wzp_msg_handler_pt)(const ngx_wzp_msg_t *msg,
    const u_char *data, void *ctx);


typedef struct {
    ngx_wzp_zone_t          *zone;
    ngx_uint_t               slot;      /* this worker's                     */
    uint16_t                 epoch;
    ngx_wzp_stat_t          *stat;      /* of this worker                    */

    wzp_ring_t              *out[NGX_WZP_SLOTS];
    uint16_t                 out_epoch[NGX_WZP_SLOTS];
    uint16_t                 out_index[NGX_WZP_SLOTS];
    uint64_t                 dirty;     /* slots whose bell is due           */

    uint64_t                 sent;
    uint64_t                 received;
} ngx_wzp_channel_t;


/* Take a slot for this worker life.  NGX_AGAIN: all are taken. */
ngx_int_t ngx_wzp_channel_open(ngx_wzp_channel_t *ch, ngx_wzp_zone_t *zn,
    ngx_uint_t worker);

/* Give back slot and rings. */
void ngx_wzp_channel_close(ngx_wzp_channel_t *ch);

/* NGX_DECLINED: no such worker (any more); NGX_BUSY: ring full, or no ring to
 * be had.  data may be NULL when len is 0.  Bells ring in _flush. */
ngx_int_t ngx_wzp_channel_send(ngx_wzp_channel_t *ch, ngx_uint_t slot,
    const ngx_wzp_msg_t *msg, const void *data, size_t len);

/* Ring the bells that are due: once per turn of the event loop. */
void ngx_wzp_channel_flush(ngx_wzp_channel_t *ch);

/* Read what others sent: at most `most` messages per ring.  Returns 1 when
 * there is more. */
ngx_uint_t ngx_wzp_channel_read(ngx_wzp_channel_t *ch, ngx_uint_t most,
    ngx_wzp_msg_handler_pt handler, void *ctx);

/* Give back rings whose other end is gone: call now and then. */
void ngx_wzp_channel_sweep(ngx_wzp_channel_t *ch);

/* Free the rings that have lost both ends. */
void ngx_wzp_channel_reclaim_locked(ngx_wzp_zone_t *zn);


#endif /* _NGX_WZP_CHANNEL_H_INCLUDED_ */
