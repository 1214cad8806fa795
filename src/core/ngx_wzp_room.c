/*
 * Rooms: joining, leaving, and the fan-out of media.
 * What members are told about each other is in ngx_wzp_room_update.c.
 */

#include "core/ngx_wzp_room.h"

#include "core/ngx_wzp_fed.h"
#include "core/ngx_wzp_room_update.h"
#include "core/ngx_wzp_watch.h"


#define NGX_WZP_STAT_TICKS  10          /* statistics: every 5 s             */


static ngx_wzp_room_t *ngx_wzp_room_open(ngx_wzp_relay_t *relay,
    const ngx_wzp_dir_joined_t *in, ngx_uint_t call);
static wzp_close_t ngx_wzp_room_claim(ngx_wzp_conn_t *wc, uint16_t resume,
    ngx_wzp_dir_joined_t *out);
static ngx_wzp_conn_t *ngx_wzp_room_old(const ngx_wzp_dir_joined_t *joined);
static void ngx_wzp_room_evict(ngx_wzp_room_t *rm);
static void ngx_wzp_room_close(ngx_wzp_room_t *rm);
static wzp_qbuf_t *ngx_wzp_room_buffer(const uint8_t *data, size_t len,
    uint16_t stream_id);
static wzp_qbuf_t *ngx_wzp_room_expand(const wzp_packet_t *pk,
    uint16_t stream_id);
static void ngx_wzp_room_fanout(ngx_wzp_room_t *rm, ngx_wzp_member_t *from,
    wzp_qbuf_t *qb);
static void ngx_wzp_room_bridge(ngx_wzp_member_t *mb, wzp_qbuf_t *qb);
static void ngx_wzp_room_deliver(ngx_wzp_member_t *mb, wzp_qbuf_t *qb,
    ngx_wzp_room_tally_t *to);
static void ngx_wzp_room_deliver_one(ngx_wzp_member_t *mb, wzp_qbuf_t *qb);
static void ngx_wzp_room_ring(ngx_wzp_member_t *mb, uint64_t workers,
    ngx_wzp_msg_t *msg, wzp_qbuf_t *qb);
static void ngx_wzp_room_to_links(const ngx_wzp_msg_t *msg,
    const u_char *data);
static void ngx_wzp_room_bridge_stats(ngx_wzp_room_t *rm);


wzp_close_t
ngx_wzp_room_join(ngx_wzp_conn_t *wc, uint16_t resume, ngx_wzp_conn_t **old)
{
    wzp_close_t            why;
    ngx_wzp_room_t        *rm;
    ngx_wzp_worker_t      *wk;
    ngx_wzp_member_t      *mb;
    ngx_wzp_dir_joined_t   out;

    *old = NULL;
    wk = ngx_wzp_worker;

    mb = ngx_calloc(sizeof(ngx_wzp_member_t), ngx_cycle->log);
    if (mb == NULL) {
        return WZP_CLOSE_INTERNAL;
    }

    why = ngx_wzp_room_claim(wc, resume, &out);

    if (why != WZP_CLOSE_NORMAL) {
        ngx_free(mb);
        return why;
    }

    rm = wk->rooms[out.room];

    if (rm != NULL && rm->epoch != out.room_epoch) {
        ngx_wzp_room_evict(rm);
        rm = NULL;
    }

    if (rm == NULL) {
        rm = ngx_wzp_room_open(wc->relay, &out,
                               wc->sni->role == WZP_SNI_CALL);

        if (rm == NULL) {
            ngx_wzp_dir_leave(wk->zone, out.member, out.uid, wk->now_ns);
            ngx_free(mb);
            return WZP_CLOSE_INTERNAL;
        }
    }

    if (out.old_member != NGX_WZP_NONE) {
        *old = ngx_wzp_room_old(&out);
    }

    mb->room = rm;
    mb->conn = wc;
    mb->index = out.member;
    mb->uid = out.uid;
    wzp_quality_init(&mb->quality);
    wzp_bucket_init(&mb->rate, (uint32_t) wc->relay->conf->rate,
                    (uint32_t) wc->relay->conf->rate, wk->now_ns);

    ngx_queue_insert_tail(&rm->members, &mb->queue);
    rm->n++;
    wk->members[mb->index] = mb;

    mb->fresh = 1;
    rm->fresh = 1;

    wc->member = mb;
    wc->stream_id = out.stream_id;

    /* a newcomer has to learn what is recommended here */
    rm->profile = ngx_wzp_room_recommended(rm, WZP_TIER_GOOD);

    if (rm->watch) {
        ngx_wzp_watch_join(mb);
    }

    ngx_wzp_room_changed(rm);

    return WZP_CLOSE_NORMAL;
}


/* A place in the directory. */
static wzp_close_t
ngx_wzp_room_claim(ngx_wzp_conn_t *wc, uint16_t resume,
    ngx_wzp_dir_joined_t *out)
{
    wzp_close_t          why;
    ngx_wzp_worker_t    *wk;
    ngx_wzp_dir_join_t   in;

    wk = ngx_wzp_worker;

    in.conf = wc->relay->conf;
    in.sni = wc->sni;
    in.fp = wc->fp;
    in.alias = wc->alias;
    in.resume = resume;
    in.verified = wc->verified;
    in.slot = wk->channel.slot;
    in.epoch = wk->channel.epoch;
    in.now_ns = wk->now_ns;

    why = ngx_wzp_dir_join(wk->zone, &in, out);

    if (why != WZP_CLOSE_NORMAL && out->full) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_CRIT, ngx_cycle->log,
                            0, "zone \"%V\" of %uz bytes is full: make "
                            "\"wzp_zone\" larger", &wk->zone->name,
                            wk->zone->size);
    }

    return why;
}


/* Who was replaced: our own connection, or somebody whose worker is told. */
static ngx_wzp_conn_t *
ngx_wzp_room_old(const ngx_wzp_dir_joined_t *joined)
{
    ngx_wzp_msg_t      msg;
    ngx_wzp_worker_t  *wk;
    ngx_wzp_member_t  *mb;

    wk = ngx_wzp_worker;

    if (joined->old_slot == wk->channel.slot) {
        mb = wk->members[joined->old_member];

        return mb != NULL && mb->uid == joined->old_uid ? mb->conn : NULL;
    }

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_REPLACED;
    msg.index = joined->old_member;
    msg.number = joined->old_uid;

    /* a full ring is no loss: see ngx_wzp_room_verify() */

    (void) ngx_wzp_channel_send(&wk->channel, joined->old_slot, &msg, NULL,
                                0);

    return NULL;
}


void
ngx_wzp_room_leave(ngx_wzp_member_t *mb)
{
    uint64_t           workers;
    ngx_wzp_room_t    *rm;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;
    rm = mb->room;

    if (rm->watch) {
        ngx_wzp_watch_leave(mb);
    }

    /* while we are in it, the room's entry is not reused */
    workers = ngx_wzp_room_listeners(rm);

    ngx_wzp_dir_leave(wk->zone, mb->index, mb->uid, wk->now_ns);

    ngx_queue_remove(&mb->queue);
    rm->n--;

    if (wk->members[mb->index] == mb) {
        wk->members[mb->index] = NULL;
    }

    ngx_free(mb);

    ngx_wzp_worker_tell(workers, rm->index);

    if (rm->n == 0) {
        ngx_wzp_room_close(rm);
        return;
    }

    ngx_wzp_room_check(rm);
}


static ngx_wzp_room_t *
ngx_wzp_room_open(ngx_wzp_relay_t *relay, const ngx_wzp_dir_joined_t *in,
    ngx_uint_t call)
{
    ngx_wzp_room_t    *rm;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;

    rm = ngx_calloc(sizeof(ngx_wzp_room_t), ngx_cycle->log);
    if (rm == NULL) {
        return NULL;
    }

    rm->relay = relay;
    rm->index = in->room;
    rm->epoch = in->room_epoch;
    rm->zone = ngx_wzp_dir_room(wk->zone, in->room);
    rm->profile = ngx_wzp_room_recommended(rm, WZP_TIER_GOOD);

    rm->global = relay->conf->mode == NGX_WZP_MODE_ROOM
                 && (call || ngx_wzp_fed_is_global(relay->conf,
                                                   rm->zone->key));
    rm->watch = ngx_wzp_watch_room(relay->conf, rm->zone->key);

    ngx_queue_init(&rm->members);
    ngx_queue_insert_tail(&wk->room_list, &rm->queue);
    ngx_wzp_room_update_init(rm);

    wk->rooms[in->room] = rm;

    return rm;
}


/*
 * The directory has given this room's entry to another room: so all members
 * here have been replaced from another worker.
 */
static void
ngx_wzp_room_evict(ngx_wzp_room_t *rm)
{
    ngx_uint_t         n;
    ngx_queue_t       *q;
    ngx_wzp_member_t  *mb;

    for (n = rm->n; n > 0; n--) {   /* the last one to leave frees rm */
        q = ngx_queue_head(&rm->members);
        mb = ngx_queue_data(q, ngx_wzp_member_t, queue);

        ngx_wzp_conn_close(mb->conn, WZP_CLOSE_REPLACED);
    }
}


static void
ngx_wzp_room_close(ngx_wzp_room_t *rm)
{
    if (rm->timer.timer_set) {
        ngx_del_timer(&rm->timer);
    }

    if (ngx_wzp_worker->rooms[rm->index] == rm) {
        ngx_wzp_worker->rooms[rm->index] = NULL;
    }

    if (rm->due) {
        ngx_queue_remove(&rm->due_queue);
    }

    ngx_queue_remove(&rm->queue);
    ngx_free(rm);
}


ngx_uint_t
ngx_wzp_room_may_send(ngx_wzp_member_t *mb)
{
    return wzp_bucket_take(&mb->rate, ngx_wzp_worker->now_ns);
}


void
ngx_wzp_room_media(ngx_wzp_member_t *mb, const wzp_packet_t *pk,
    const uint8_t *data, size_t len)
{
    wzp_qbuf_t      *qb;
    ngx_wzp_room_t  *rm;

    rm = mb->room;

    ngx_wzp_health_in(&mb->health, ngx_wzp_worker->now_ns);

    if (pk->has_report && wzp_quality_report(&mb->quality, &pk->report)) {
        ngx_wzp_room_quality(mb);
    }

    qb = wzp_compact_was(pk, data)
         ? ngx_wzp_room_expand(pk, mb->conn->stream_id)
         : ngx_wzp_room_buffer(data, len, mb->conn->stream_id);

    if (qb == NULL) {
        return;
    }

    if (rm->watch) {
        ngx_wzp_watch_in(mb, pk);
    }

    switch (rm->relay->conf->mode) {

    case NGX_WZP_MODE_ECHO:
        ngx_wzp_room_deliver_one(mb, qb);
        break;

    case NGX_WZP_MODE_BRIDGE:
        ngx_wzp_room_bridge(mb, qb);
        break;

    default:
        ngx_wzp_room_fanout(rm, mb, qb);
    }

    wzp_qbuf_unref(qb);
}


/* The one copy, shared by all receivers. */
static wzp_qbuf_t *
ngx_wzp_room_buffer(const uint8_t *data, size_t len, uint16_t stream_id)
{
    wzp_qbuf_t  *qb;

    qb = wzp_qbuf_alloc(len);
    if (qb == NULL) {
        return NULL;
    }

    ngx_memcpy(qb->data, data, len);
    qb->len = (uint32_t) len;
    qb->born_ns = ngx_wzp_worker->now_ns;

    if (stream_id != 0) {
        wzp_packet_stamp(qb->data, stream_id);
    }

    return qb;
}


/* The same of a packet with a compact header: in the plain form. */
static wzp_qbuf_t *
ngx_wzp_room_expand(const wzp_packet_t *pk, uint16_t stream_id)
{
    size_t       len;
    wzp_qbuf_t  *qb;

    qb = wzp_qbuf_alloc(WZP_HEADER_SIZE + pk->payload.len + WZP_REPORT_SIZE);
    if (qb == NULL) {
        return NULL;
    }

    if (wzp_packet_encode(pk, qb->data, qb->size, &len) != WZP_OK) {
        wzp_qbuf_unref(qb);
        return NULL;
    }

    qb->len = (uint32_t) len;
    qb->born_ns = ngx_wzp_worker->now_ns;
    wzp_packet_stamp(qb->data, stream_id);

    return qb;
}


static void
ngx_wzp_room_fanout(ngx_wzp_room_t *rm, ngx_wzp_member_t *from,
    wzp_qbuf_t *qb)
{
    uint64_t               workers, links, own;
    ngx_queue_t           *q;
    ngx_wzp_msg_t          msg;
    ngx_wzp_member_t      *mb;
    ngx_wzp_room_tally_t   to;

    ngx_memzero(&to, sizeof(to));

    for (q = ngx_queue_head(&rm->members);
         q != ngx_queue_sentinel(&rm->members);
         q = ngx_queue_next(q))
    {
        mb = ngx_queue_data(q, ngx_wzp_member_t, queue);

        if (mb != from) {
            ngx_wzp_room_deliver(mb, qb, &to);
        }
    }

    if (rm->watch) {
        ngx_wzp_watch_out(rm, qb, &to);
    }

    if (from == NULL) {
        return;                 /* from another worker, which told the rest */
    }

    own = (uint64_t) 1 << ngx_wzp_worker->channel.slot;
    links = rm->zone->wanted ? ngx_wzp_hub_forwarders(rm->relay->conf) : 0;
    workers = (rm->zone->workers | links) & ~own;

    if (workers != 0) {
        ngx_memzero(&msg, sizeof(msg));
        msg.type = NGX_WZP_MSG_MEDIA;
        msg.index = rm->index;
        msg.number = rm->epoch;
        msg.ecn = (links != 0);

        ngx_wzp_room_ring(from, workers, &msg, qb);
    }

    if (links & own) {
        ngx_wzp_fed_send(rm->relay, rm->zone->key, qb->data, qb->len);
    }
}


/*
 * To the partner; back to the sender while he has none.  The partner may
 * leave at this moment, and somebody else get his entry: who is meant is said
 * by the number.
 */
static void
ngx_wzp_room_bridge(ngx_wzp_member_t *mb, wzp_qbuf_t *qb)
{
    uint8_t                 slot;
    uint32_t                peer;
    uint64_t                uid;
    ngx_wzp_msg_t           msg;
    ngx_wzp_worker_t       *wk;
    ngx_wzp_member_t       *to;
    ngx_wzp_zone_member_t  *zm;

    wk = ngx_wzp_worker;

    zm = ngx_wzp_dir_member(wk->zone, mb->index);
    zm->packets++;

    peer = zm->peer;
    uid = zm->peer_uid;

    if (peer == NGX_WZP_NONE) {
        ngx_wzp_room_deliver_one(mb, qb);
        return;
    }

    slot = ngx_wzp_dir_member(wk->zone, peer)->slot;

    if (slot == wk->channel.slot) {
        to = wk->members[peer];

        if (to != NULL && to->uid == uid) {
            ngx_wzp_room_deliver_one(to, qb);
        }

        return;
    }

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_MEDIA_TO;
    msg.index = peer;
    msg.number = uid;

    ngx_wzp_room_ring(mb, (uint64_t) 1 << slot, &msg, qb);
}


static void
ngx_wzp_room_deliver(ngx_wzp_member_t *mb, wzp_qbuf_t *qb,
    ngx_wzp_room_tally_t *to)
{
    wzp_rc_t  rc;

    rc = mb->conn->qc != NULL
         ? wzp_qconn_send(mb->conn->qc, qb, ngx_wzp_worker->now_ns)
         : WZP_ECLOSED;

    if (rc == WZP_OK) {
        mb->conn->sent += qb->len;
        to->sent++;
        return;
    }

    /* what is dropped here, the engine has counted by reason */

    to->failed++;
    to->rc = rc;
    mb->health.failures++;
}


static void
ngx_wzp_room_deliver_one(ngx_wzp_member_t *mb, wzp_qbuf_t *qb)
{
    ngx_wzp_room_tally_t  to;

    ngx_memzero(&to, sizeof(to));
    ngx_wzp_room_deliver(mb, qb, &to);

    if (mb->room->watch) {
        ngx_wzp_watch_out(mb->room, qb, &to);
    }
}


static void
ngx_wzp_room_ring(ngx_wzp_member_t *mb, uint64_t workers, ngx_wzp_msg_t *msg,
    wzp_qbuf_t *qb)
{
    ngx_uint_t  i;

    for (i = 0; workers != 0; i++, workers >>= 1) {

        if ((workers & 1)
            && ngx_wzp_channel_send(&ngx_wzp_worker->channel, i, msg,
                                    qb->data, qb->len)
               == NGX_BUSY)
        {
            ngx_wzp_conn_drop(mb->conn, WZP_DROP_RING);
        }
    }
}


void
ngx_wzp_room_remote(const ngx_wzp_msg_t *msg, const u_char *data)
{
    wzp_qbuf_t        *qb;
    ngx_wzp_room_t    *rm;
    ngx_wzp_worker_t  *wk;
    ngx_wzp_member_t  *mb;

    wk = ngx_wzp_worker;
    rm = NULL;
    mb = NULL;

    if (msg->type == NGX_WZP_MSG_MEDIA) {
        if (msg->ecn) {
            ngx_wzp_room_to_links(msg, data);
        }

        rm = msg->index < wk->zone->hdr->nrooms ? wk->rooms[msg->index] : NULL;

        if (rm == NULL || rm->epoch != msg->number) {
            return;
        }

    } else {
        mb = msg->index < wk->zone->hdr->nmembers ? wk->members[msg->index]
                                                  : NULL;

        if (mb == NULL || mb->uid != msg->number) {
            return;
        }
    }

    qb = ngx_wzp_room_buffer(data, msg->len, 0);
    if (qb == NULL) {
        return;
    }

    if (rm != NULL) {
        ngx_wzp_room_fanout(rm, NULL, qb);

    } else {
        ngx_wzp_room_deliver_one(mb, qb);
    }

    wzp_qbuf_unref(qb);
}


/* A member of another worker speaks, and we are a hub. */
static void
ngx_wzp_room_to_links(const ngx_wzp_msg_t *msg, const u_char *data)
{
    ngx_uint_t            i;
    ngx_wzp_worker_t     *wk;
    ngx_wzp_zone_room_t  *zr;

    wk = ngx_wzp_worker;

    if (msg->index >= wk->zone->hdr->nrooms) {
        return;
    }

    zr = ngx_wzp_dir_room(wk->zone, msg->index);

    if (!zr->used || zr->epoch != msg->number) {
        return;
    }

    for (i = 0; i < wk->nrelays; i++) {
        if (wk->relays[i].conf->id == zr->relay) {
            ngx_wzp_fed_send(&wk->relays[i], zr->key, data, msg->len);
        }
    }
}


void
ngx_wzp_room_deliver_all(uint32_t room, uint32_t epoch, const uint8_t *data,
    size_t len)
{
    uint64_t           workers;
    ngx_uint_t         i;
    wzp_qbuf_t        *qb;
    ngx_wzp_msg_t      msg;
    ngx_wzp_room_t    *rm;
    ngx_wzp_worker_t  *wk;

    wk = ngx_wzp_worker;
    rm = wk->rooms[room];

    if (rm != NULL && rm->epoch == epoch) {
        qb = ngx_wzp_room_buffer(data, len, 0);

        if (qb != NULL) {
            ngx_wzp_room_fanout(rm, NULL, qb);
            wzp_qbuf_unref(qb);
        }
    }

    workers = ngx_wzp_dir_room(wk->zone, room)->workers
              & ~((uint64_t) 1 << wk->channel.slot);

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_MEDIA;
    msg.index = room;
    msg.number = epoch;

    for (i = 0; workers != 0; i++, workers >>= 1) {
        if (workers & 1) {
            (void) ngx_wzp_channel_send(&wk->channel, i, &msg, data, len);
        }
    }
}


void
ngx_wzp_room_restream(uint32_t member, uint64_t uid, uint16_t stream_id)
{
    ngx_wzp_member_t  *mb;

    if (member >= ngx_wzp_worker->zone->hdr->nmembers) {
        return;
    }

    mb = ngx_wzp_worker->members[member];

    if (mb != NULL && mb->uid == uid) {
        mb->conn->stream_id = stream_id;
    }
}


void
ngx_wzp_room_replaced(uint32_t member, uint64_t uid)
{
    ngx_wzp_member_t  *mb;

    if (member >= ngx_wzp_worker->zone->hdr->nmembers) {
        return;
    }

    mb = ngx_wzp_worker->members[member];

    if (mb != NULL && mb->uid == uid) {
        ngx_wzp_conn_close(mb->conn, WZP_CLOSE_REPLACED);
    }
}


void
ngx_wzp_room_tick(void)
{
    static ngx_uint_t  ticks;

    ngx_queue_t       *q;
    ngx_wzp_room_t    *rm;

    if (++ticks % NGX_WZP_STAT_TICKS != 0) {
        return;
    }

    for (q = ngx_queue_head(&ngx_wzp_worker->room_list);
         q != ngx_queue_sentinel(&ngx_wzp_worker->room_list);
         q = ngx_queue_next(q))
    {
        rm = ngx_queue_data(q, ngx_wzp_room_t, queue);

        if (rm->relay->conf->mode == NGX_WZP_MODE_BRIDGE) {
            ngx_wzp_room_bridge_stats(rm);
        }

        if (rm->watch & NGX_WZP_WATCH_TAP) {
            ngx_wzp_tap_stats(rm);
        }
    }
}


/* One line for each pair, from the worker of the one who came first. */
static void
ngx_wzp_room_bridge_stats(ngx_wzp_room_t *rm)
{
    uint32_t                peer;
    ngx_queue_t            *q;
    ngx_wzp_zone_t         *zn;
    ngx_wzp_member_t       *mb;
    ngx_wzp_zone_member_t  *a, *b;

    zn = ngx_wzp_worker->zone;

    for (q = ngx_queue_head(&rm->members);
         q != ngx_queue_sentinel(&rm->members);
         q = ngx_queue_next(q))
    {
        mb = ngx_queue_data(q, ngx_wzp_member_t, queue);

        a = ngx_wzp_dir_member(zn, mb->index);
        peer = a->peer;

        if (peer == NGX_WZP_NONE) {
            continue;
        }

        b = ngx_wzp_dir_member(zn, peer);

        if (a->uid < b->uid) {
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "bridge \"%s\": a_to_b %uL, b_to_a %uL packets",
                          rm->zone->name, (uint64_t) a->packets,
                          (uint64_t) b->packets);
        }
    }
}


void
ngx_wzp_room_done(void)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&ngx_wzp_worker->room_list)) {
        q = ngx_queue_head(&ngx_wzp_worker->room_list);
        ngx_wzp_room_close(ngx_queue_data(q, ngx_wzp_room_t, queue));
    }
}
