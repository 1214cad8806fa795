/*
 * Rings and doorbells between workers.
 */

#include "core/ngx_wzp_channel.h"

#include "core/ngx_wzp_stat.h"


static wzp_ring_t *ngx_wzp_channel_ring(ngx_wzp_zone_t *zn, ngx_uint_t i);
static ngx_wzp_ring_slot_t *ngx_wzp_channel_slots(ngx_wzp_zone_t *zn);
static wzp_ring_t *ngx_wzp_channel_connect(ngx_wzp_channel_t *ch,
    ngx_uint_t slot);
static void ngx_wzp_channel_disconnect(ngx_wzp_channel_t *ch,
    ngx_uint_t slot);


ngx_int_t
ngx_wzp_channel_open(ngx_wzp_channel_t *ch, ngx_wzp_zone_t *zn,
    ngx_uint_t worker)
{
    uint64_t         drain;
    ngx_uint_t       i, j, n;
    ngx_wzp_slot_t  *sl;

    ngx_memzero(ch, sizeof(ngx_wzp_channel_t));

    ngx_wzp_zone_lock(zn);

    /*
     * In turn, not the lowest: the readers of this slot's last life need a
     * moment to give back the rings that it wrote.
     */
    for (n = 0; n < NGX_WZP_SLOTS; n++) {
        i = zn->hdr->next_slot++ % NGX_WZP_SLOTS;

        if (zn->hdr->slots[i].pid == 0) {
            break;
        }
    }

    if (n == NGX_WZP_SLOTS) {
        ngx_wzp_zone_unlock(zn);
        return NGX_AGAIN;
    }

    sl = &zn->hdr->slots[i];

    ch->zone = zn;
    ch->slot = i;

    do {
        ngx_wzp_random(&ch->epoch, sizeof(ch->epoch));
    } while (ch->epoch == 0 || ch->epoch == sl->epoch);

    for (j = 0; j < NGX_WZP_SLOTS; j++) {
        sl->ring[j] = 0;
    }

    ngx_wzp_stat_retire_locked(zn, i);
    ch->stat = ngx_wzp_stat(zn, i, NULL);

    sl->worker = (uint16_t) worker;
    sl->generation = zn->hdr->generation;
    sl->master = (uint32_t) ngx_parent;
    sl->closing = 0;
    sl->evict = 0;
    sl->epoch = ch->epoch;
    sl->pid = (uint32_t) ngx_pid;

    ngx_wzp_zone_unlock(zn);

    /* the last life's unheard ringing */
    (void) !read(zn->bells[i], &drain, sizeof(drain));

    return NGX_OK;
}


void
ngx_wzp_channel_close(ngx_wzp_channel_t *ch)
{
    ngx_wzp_slot_t  *sl;
    ngx_wzp_zone_t  *zn;

    zn = ch->zone;
    if (zn == NULL) {
        return;
    }

    sl = &zn->hdr->slots[ch->slot];

    ngx_wzp_zone_lock(zn);

    sl->epoch = 0;
    sl->pid = 0;

    ngx_wzp_channel_reclaim_locked(zn);

    ngx_wzp_zone_unlock(zn);

    ch->zone = NULL;
}


ngx_int_t
ngx_wzp_channel_send(ngx_wzp_channel_t *ch, ngx_uint_t slot,
    const ngx_wzp_msg_t *msg, const void *data, size_t len)
{
    u_char         *p;
    wzp_ring_t     *rg;
    ngx_wzp_msg_t   head;

    rg = ch->out[slot];

    if (rg == NULL
        || ch->zone->hdr->slots[slot].epoch != ch->out_epoch[slot])
    {
        rg = ngx_wzp_channel_connect(ch, slot);
        if (rg == NULL) {
            return ch->zone->hdr->slots[slot].pid == 0 ? NGX_DECLINED
                                                       : NGX_BUSY;
        }
    }

    p = wzp_ring_reserve(rg, sizeof(ngx_wzp_msg_t) + len);
    if (p == NULL) {
        ngx_wzp_count(ch->stat, NGX_WZP_STAT_RING_FULL, 1);
        ch->dirty |= (uint64_t) 1 << slot;
        return NGX_BUSY;
    }

    head = *msg;
    head.len = (uint16_t) len;

    ngx_memcpy(p, &head, sizeof(ngx_wzp_msg_t));

    if (len != 0) {
        ngx_memcpy(p + sizeof(ngx_wzp_msg_t), data, len);
    }

    if (wzp_ring_commit(rg, sizeof(ngx_wzp_msg_t) + len)) {
        ch->dirty |= (uint64_t) 1 << slot;
    }

    ch->sent++;

    return NGX_OK;
}


void
ngx_wzp_channel_flush(ngx_wzp_channel_t *ch)
{
    uint64_t    one;
    ngx_uint_t  i;

    one = 1;

    for (i = 0; ch->dirty != 0; i++) {
        if (ch->dirty >> i & 1) {
            ch->dirty &= ~((uint64_t) 1 << i);
            (void) !write(ch->zone->bells[i], &one, sizeof(one));
        }
    }
}


ngx_uint_t
ngx_wzp_channel_read(ngx_wzp_channel_t *ch, ngx_uint_t most,
    ngx_wzp_msg_handler_pt handler, void *ctx)
{
    size_t                len;
    ngx_uint_t            i, n, k, more;
    wzp_ring_t           *rg;
    const ngx_wzp_msg_t  *msg;

    more = 0;

    for (i = 0; i < NGX_WZP_SLOTS; i++) {

        k = ch->zone->hdr->slots[ch->slot].ring[i];

        if (k == 0 || k > ch->zone->hdr->nrings) {
            continue;
        }

        rg = ngx_wzp_channel_ring(ch->zone, k - 1);

        for (n = 0; n < most; n++) {
            msg = wzp_ring_peek(rg, &len);
            if (msg == NULL) {
                break;
            }

            if (len >= sizeof(ngx_wzp_msg_t)
                && len - sizeof(ngx_wzp_msg_t) >= msg->len)
            {
                ch->received++;
                handler(msg, (const u_char *) (msg + 1), ctx);
            }

            wzp_ring_next(rg);
        }

        if (n == most) {
            more = 1;
        }
    }

    return more;
}


void
ngx_wzp_channel_sweep(ngx_wzp_channel_t *ch)
{
    ngx_uint_t            i, k;
    ngx_wzp_zone_t       *zn;
    ngx_wzp_slot_t       *sl;
    ngx_wzp_ring_slot_t  *rs;

    zn = ch->zone;
    sl = &zn->hdr->slots[ch->slot];
    rs = ngx_wzp_channel_slots(zn);

    for (i = 0; i < NGX_WZP_SLOTS; i++) {

        if (ch->out[i] != NULL
            && zn->hdr->slots[i].epoch != ch->out_epoch[i])
        {
            ngx_wzp_channel_disconnect(ch, i);
        }

        k = sl->ring[i];

        if (k == 0 || rs[k - 1].from_epoch == zn->hdr->slots[i].epoch) {
            continue;
        }

        /* its writer is gone, and what it wrote has been read by now */

        ngx_wzp_zone_lock(zn);

        if (sl->ring[i] == k
            && rs[k - 1].from_epoch != zn->hdr->slots[i].epoch)
        {
            sl->ring[i] = 0;
            rs[k - 1].used = 0;
        }

        ngx_wzp_zone_unlock(zn);
    }
}


void
ngx_wzp_channel_reclaim_locked(ngx_wzp_zone_t *zn)
{
    ngx_uint_t            i;
    ngx_wzp_ring_slot_t  *rs;

    rs = ngx_wzp_channel_slots(zn);

    for (i = 0; i < zn->hdr->nrings; i++) {
        if (rs[i].used
            && zn->hdr->slots[rs[i].from].epoch != rs[i].from_epoch
            && zn->hdr->slots[rs[i].to].epoch != rs[i].to_epoch)
        {
            rs[i].used = 0;
        }
    }
}


static ngx_wzp_ring_slot_t *
ngx_wzp_channel_slots(ngx_wzp_zone_t *zn)
{
    return (ngx_wzp_ring_slot_t *)
               ((u_char *) zn->hdr + zn->hdr->off_ring_slots);
}


static wzp_ring_t *
ngx_wzp_channel_ring(ngx_wzp_zone_t *zn, ngx_uint_t i)
{
    return (wzp_ring_t *)
               ((u_char *) zn->hdr + zn->hdr->off_rings
                + i * ngx_align(wzp_ring_size(zn->hdr->ring_capacity), 64));
}


static wzp_ring_t *
ngx_wzp_channel_connect(ngx_wzp_channel_t *ch, ngx_uint_t slot)
{
    ngx_uint_t            i;
    ngx_wzp_zone_t       *zn;
    ngx_wzp_slot_t       *sl;
    ngx_wzp_ring_slot_t  *rs;

    zn = ch->zone;
    sl = &zn->hdr->slots[slot];

    if (ch->out[slot] != NULL) {
        ngx_wzp_channel_disconnect(ch, slot);
    }

    if (sl->pid == 0) {
        return NULL;
    }

    rs = ngx_wzp_channel_slots(zn);

    ngx_wzp_zone_lock(zn);

    for (i = 0; i < zn->hdr->nrings; i++) {
        if (!rs[i].used) {
            break;
        }
    }

    if (sl->pid == 0 || i == zn->hdr->nrings || sl->ring[ch->slot] != 0) {

        /* the ring of this slot's last life is still there: the reader gives
         * it back within its next sweep */

        ngx_wzp_zone_unlock(zn);
        return NULL;
    }

    rs[i].used = 1;
    rs[i].from = (uint8_t) ch->slot;
    rs[i].from_epoch = ch->epoch;
    rs[i].to = (uint8_t) slot;
    rs[i].to_epoch = sl->epoch;

    ch->out[slot] = wzp_ring_init(ngx_wzp_channel_ring(zn, i),
                                  zn->hdr->ring_capacity);
    ch->out_epoch[slot] = sl->epoch;
    ch->out_index[slot] = (uint16_t) i;

    sl->ring[ch->slot] = (uint16_t) (i + 1);

    ngx_wzp_zone_unlock(zn);

    return ch->out[slot];
}


/* The reader is gone. */
static void
ngx_wzp_channel_disconnect(ngx_wzp_channel_t *ch, ngx_uint_t slot)
{
    ngx_wzp_ring_slot_t  *rs;

    rs = ngx_wzp_channel_slots(ch->zone) + ch->out_index[slot];

    ngx_wzp_zone_lock(ch->zone);

    if (rs->used && rs->from == ch->slot && rs->from_epoch == ch->epoch
        && rs->to == slot && rs->to_epoch == ch->out_epoch[slot])
    {
        rs->used = 0;
    }

    ngx_wzp_zone_unlock(ch->zone);

    ch->out[slot] = NULL;
}
