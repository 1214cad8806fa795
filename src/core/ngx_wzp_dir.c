/*
 * The directory of rooms and members.  Everything here happens under the
 * zone's lock and touches nothing but the zone.
 */

#include "core/ngx_wzp_channel.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_stat.h"


static uint32_t *ngx_wzp_dir_bucket(ngx_wzp_zone_t *zn, uint64_t relay,
    const uint8_t *key);
static ngx_wzp_zone_relay_t *ngx_wzp_dir_relay(ngx_wzp_zone_t *zn,
    uint64_t id);
static uint32_t ngx_wzp_dir_old(ngx_wzp_zone_t *zn, uint32_t r,
    const ngx_wzp_dir_join_t *in);
static void ngx_wzp_dir_link(ngx_wzp_zone_t *zn, uint32_t r, uint32_t m);
static void ngx_wzp_dir_unlink(ngx_wzp_zone_t *zn, uint32_t m,
    uint64_t now_ns);
static void ngx_wzp_dir_refresh(ngx_wzp_zone_t *zn, uint32_t r);
static ngx_uint_t ngx_wzp_dir_tier(ngx_wzp_zone_t *zn, uint32_t r);
static void ngx_wzp_dir_take_id(uint64_t *taken, uint16_t id);
static ngx_uint_t ngx_wzp_dir_id_taken(const uint64_t *taken, uint16_t id);
static void ngx_wzp_dir_pair(ngx_wzp_zone_t *zn, ngx_wzp_zone_room_t *zr,
    uint32_t m);


ngx_wzp_zone_room_t *
ngx_wzp_dir_room(ngx_wzp_zone_t *zn, uint32_t room)
{
    return (ngx_wzp_zone_room_t *) ((u_char *) zn->hdr + zn->hdr->off_rooms)
           + room;
}


ngx_wzp_zone_member_t *
ngx_wzp_dir_member(ngx_wzp_zone_t *zn, uint32_t member)
{
    return (ngx_wzp_zone_member_t *)
               ((u_char *) zn->hdr + zn->hdr->off_members)
           + member;
}


void
ngx_wzp_dir_init(ngx_wzp_zone_t *zn)
{
    uint32_t             i, *buckets;
    ngx_wzp_zone_hdr_t  *h;

    h = zn->hdr;
    buckets = (uint32_t *) ((u_char *) h + h->off_buckets);

    for (i = 0; i < h->nbuckets; i++) {
        buckets[i] = NGX_WZP_NONE;
    }

    h->free_room = NGX_WZP_NONE;
    h->free_member = NGX_WZP_NONE;

    for (i = h->nrooms; i-- > 0; /* void */) {
        ngx_wzp_dir_room(zn, i)->next = h->free_room;
        h->free_room = i;
    }

    for (i = h->nmembers; i-- > 0; /* void */) {
        ngx_wzp_dir_member(zn, i)->next = h->free_member;
        h->free_member = i;
    }

    ngx_wzp_dir_remotes_init(zn);
}


void
ngx_wzp_dir_rebuild_locked(ngx_wzp_zone_t *zn)
{
    uint32_t               i, *b;
    ngx_wzp_zone_hdr_t    *h;
    ngx_wzp_zone_room_t   *zr;
    ngx_wzp_zone_relay_t  *re;
    ngx_wzp_zone_member_t *zm;

    h = zn->hdr;

    for (i = 0; i < NGX_WZP_RELAYS; i++) {
        h->relays[i].sessions = 0;
        h->relays[i].rooms = 0;
    }

    for (i = 0; i < h->nrooms; i++) {
        zr = ngx_wzp_dir_room(zn, i);
        zr->members = NGX_WZP_NONE;
        zr->count = 0;
        zr->workers = 0;
    }

    ngx_wzp_dir_init(zn);       /* buckets and free lists, all free */
    h->rebuilt++;

    h->free_room = NGX_WZP_NONE;
    h->free_member = NGX_WZP_NONE;
    h->used_rooms = 0;
    h->used_members = 0;

    for (i = h->nmembers; i-- > 0; /* void */) {
        zm = ngx_wzp_dir_member(zn, i);

        if (!zm->used || zm->room >= h->nrooms
            || !ngx_wzp_dir_room(zn, zm->room)->used)
        {
            zm->used = 0;
            zm->next = h->free_member;
            h->free_member = i;
            continue;
        }

        ngx_wzp_dir_link(zn, zm->room, i);
        h->used_members++;
    }

    for (i = 0; i < h->nmembers; i++) {
        zm = ngx_wzp_dir_member(zn, i);

        if (zm->used && zm->peer != NGX_WZP_NONE
            && (zm->peer >= h->nmembers
                || !ngx_wzp_dir_member(zn, zm->peer)->used
                || ngx_wzp_dir_member(zn, zm->peer)->peer != i))
        {
            zm->peer = NGX_WZP_NONE;
        }
    }

    for (i = h->nrooms; i-- > 0; /* void */) {
        zr = ngx_wzp_dir_room(zn, i);

        if (!zr->used || zr->count == 0) {
            zr->used = 0;
            zr->next = h->free_room;
            h->free_room = i;
            continue;
        }

        b = ngx_wzp_dir_bucket(zn, zr->relay, zr->key);
        zr->next = *b;
        *b = i;
        h->used_rooms++;

        re = ngx_wzp_dir_relay(zn, zr->relay);
        if (re != NULL) {
            re->rooms++;
            re->sessions += zr->count;
        }

        ngx_wzp_dir_refresh(zn, i);
    }
}


/* long: one transaction, read from top to bottom */
wzp_close_t
ngx_wzp_dir_join(ngx_wzp_zone_t *zn, const ngx_wzp_dir_join_t *in,
    ngx_wzp_dir_joined_t *out)
{
    uint32_t                r, m, max;
    wzp_close_t             rc;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_relay_t   *re;
    ngx_wzp_zone_member_t  *zm;

    out->old_member = NGX_WZP_NONE;
    out->full = 0;
    rc = WZP_CLOSE_TOO_MANY;

    ngx_wzp_zone_lock(zn);

    re = ngx_wzp_dir_relay(zn, in->conf->id);
    if (re == NULL) {
        goto failed;
    }

    r = ngx_wzp_dir_find_locked(zn, in->conf->id, in->sni->key);

    out->old_member = ngx_wzp_dir_old(zn, r, in);

    if (out->old_member != NGX_WZP_NONE) {
        zm = ngx_wzp_dir_member(zn, out->old_member);
        out->old_uid = zm->uid;
        out->old_slot = zm->slot;

    } else {
        max = in->sni->role == WZP_SNI_CALL ? NGX_WZP_CALL_MEMBERS
                                            : (uint32_t) in->conf->room_members;

        if (in->conf->max_sessions != 0
            && re->sessions >= in->conf->max_sessions)
        {
            goto failed;
        }

        if (r != NGX_WZP_NONE && max != 0
            && ngx_wzp_dir_room(zn, r)->count >= max)
        {
            rc = WZP_CLOSE_ROOM_FULL;
            goto failed;
        }
    }

    m = zn->hdr->free_member;
    if (m == NGX_WZP_NONE) {
        out->full = 1;
        goto failed;
    }

    if (r == NGX_WZP_NONE || ngx_wzp_dir_room(zn, r)->count == 0) {
        rc = WZP_CLOSE_ROOMS_FULL;

        if (in->conf->max_rooms != 0 && re->rooms >= in->conf->max_rooms) {
            goto failed;
        }

        if (r == NGX_WZP_NONE) {
            r = ngx_wzp_dir_create_locked(zn, in->conf->id, in->sni);
        }

        if (r == NGX_WZP_NONE) {
            out->full = 1;
            goto failed;
        }

        re->rooms++;
    }

    zr = ngx_wzp_dir_room(zn, r);
    zm = ngx_wzp_dir_member(zn, m);

    zn->hdr->free_member = zm->next;

    zm->slot = (uint8_t) in->slot;
    zm->epoch = in->epoch;
    zm->uid = ++zn->hdr->uid;
    zm->room = r;
    zm->muted = 0;
    zm->held = 0;
    zm->tier = WZP_TIER_GOOD;
    zm->peer = NGX_WZP_NONE;
    zm->packets = 0;
    zm->rtt_us = 0;
    zm->loss = 0;
    zm->forced_ns = 0;
    ngx_memcpy(zm->fp, in->fp, WZP_FP_SIZE);
    ngx_cpystrn((u_char *) zm->alias, (u_char *) in->alias,
                sizeof(zm->alias));

    ngx_wzp_dir_link(zn, r, m);     /* first, so that the room can't go */

    if (out->old_member != NGX_WZP_NONE) {
        ngx_wzp_dir_unlink(zn, out->old_member, 0);
    }

    zm->stream_id = ngx_wzp_dir_stream_id_locked(zn, zr, in->resume, in->now_ns);
    zm->used = 1;

    re->sessions++;
    re->people++;
    zn->hdr->used_members++;
    ngx_wzp_count(ngx_wzp_stat(zn, NGX_WZP_STAT_ENDED, re),
                  NGX_WZP_STAT_JOINS, 1);

    if (in->conf->mode == NGX_WZP_MODE_BRIDGE) {
        ngx_wzp_dir_pair(zn, zr, m);
    }

    ngx_wzp_dir_refresh(zn, r);

    out->room = r;
    out->room_epoch = zr->epoch;
    out->member = m;
    out->uid = zm->uid;
    out->stream_id = zm->stream_id;

    ngx_wzp_zone_unlock(zn);

    return WZP_CLOSE_NORMAL;

failed:

    ngx_wzp_zone_unlock(zn);

    return rc;
}


/*
 * Whose place is it?  That of the stream id that is taken over; and in a call,
 * where each party has one place, that of the same person.
 */
static uint32_t
ngx_wzp_dir_old(ngx_wzp_zone_t *zn, uint32_t r, const ngx_wzp_dir_join_t *in)
{
    uint32_t                i;
    ngx_uint_t              call;
    ngx_wzp_zone_member_t  *zm;

    call = in->sni->role == WZP_SNI_CALL && in->verified;

    if (r == NGX_WZP_NONE || (in->resume == 0 && !call)) {
        return NGX_WZP_NONE;
    }

    for (i = ngx_wzp_dir_room(zn, r)->members; i != NGX_WZP_NONE; i = zm->next) {
        zm = ngx_wzp_dir_member(zn, i);

        if ((call || zm->stream_id == in->resume)
            && ngx_memcmp(zm->fp, in->fp, WZP_FP_SIZE) == 0)
        {
            return i;
        }
    }

    return NGX_WZP_NONE;
}


void
ngx_wzp_dir_leave(ngx_wzp_zone_t *zn, uint32_t member, uint64_t uid,
    uint64_t now_ns)
{
    ngx_wzp_zone_member_t  *zm;

    ngx_wzp_zone_lock(zn);

    zm = ngx_wzp_dir_member(zn, member);

    if (zm->used && zm->uid == uid) {
        ngx_wzp_dir_unlink(zn, member, now_ns);
    }

    ngx_wzp_zone_unlock(zn);
}


ngx_uint_t
ngx_wzp_dir_state(ngx_wzp_zone_t *zn, uint32_t member, uint64_t uid,
    ngx_uint_t muted, ngx_uint_t held, ngx_uint_t tier)
{
    ngx_uint_t              was;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_member_t  *zm;

    ngx_wzp_zone_lock(zn);

    zm = ngx_wzp_dir_member(zn, member);

    if (!zm->used || zm->uid != uid) {
        ngx_wzp_zone_unlock(zn);
        return 0;
    }

    zr = ngx_wzp_dir_room(zn, zm->room);
    was = zr->tier;

    if (zm->muted != muted || zm->held != held) {
        zm->muted = (uint8_t) muted;
        zm->held = (uint8_t) held;
        zr->version++;
    }

    if (zm->tier != tier) {
        zm->tier = (uint8_t) tier;
        zr->tier = ngx_wzp_dir_tier(zn, zm->room);
    }

    was = (was != zr->tier);

    ngx_wzp_zone_unlock(zn);

    return was;
}


uint32_t
ngx_wzp_dir_list(ngx_wzp_zone_t *zn, uint32_t room, uint32_t epoch,
    ngx_wzp_zone_member_t *list, uint32_t n, uint32_t *version)
{
    uint32_t                i, count;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_member_t  *zm;

    count = 0;

    ngx_wzp_zone_lock(zn);

    zr = ngx_wzp_dir_room(zn, room);

    if (zr->used && zr->epoch == epoch) {
        *version = zr->version;

        for (i = zr->members; i != NGX_WZP_NONE; i = zm->next) {
            zm = ngx_wzp_dir_member(zn, i);

            if (count < n) {
                ngx_memcpy(&list[count], zm, sizeof(*zm));
            }

            count++;
        }
    }

    ngx_wzp_zone_unlock(zn);

    return count;
}


ngx_uint_t
ngx_wzp_dir_sweep(ngx_wzp_zone_t *zn, uint64_t now_ns, uint64_t *tell)
{
    uint32_t                i, pid[NGX_WZP_SLOTS];
    uint64_t                dead;
    ngx_uint_t              n;
    ngx_wzp_slot_t         *sl;
    ngx_wzp_zone_member_t  *zm;

    dead = 0;
    n = 0;
    *tell = 0;

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        pid[i] = zn->hdr->slots[i].pid;

        if (pid[i] != 0 && !ngx_wzp_pid_alive(pid[i])) {
            dead |= (uint64_t) 1 << i;
        }
    }

    if (dead == 0) {
        return 0;
    }

    ngx_wzp_zone_lock(zn);

    /* another one may have swept it meanwhile, and a third taken the slot */

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        if (zn->hdr->slots[i].pid != pid[i]) {
            dead &= ~((uint64_t) 1 << i);
        }
    }

    for (i = 0; i < zn->hdr->nmembers; i++) {
        zm = ngx_wzp_dir_member(zn, i);

        if (zm->used && (dead >> zm->slot & 1)) {
            *tell |= ngx_wzp_dir_room(zn, zm->room)->workers;
            ngx_wzp_dir_unlink(zn, i, now_ns);
            n++;
        }
    }

    for (i = 0; i < NGX_WZP_RELAYS; i++) {
        zn->hdr->relays[i].forwarders &= ~dead;
    }

    for (i = 0; i < NGX_WZP_SLOTS; i++) {
        if (dead >> i & 1) {
            sl = &zn->hdr->slots[i];
            sl->epoch = 0;
            sl->pid = 0;
        }
    }

    ngx_wzp_channel_reclaim_locked(zn);

    ngx_wzp_zone_unlock(zn);

    *tell &= ~dead;

    return n;
}


static uint32_t *
ngx_wzp_dir_bucket(ngx_wzp_zone_t *zn, uint64_t relay, const uint8_t *key)
{
    uint64_t  h;

    /* keys are SHA-256 output, chosen by hashing only: no attack worth it */

    ngx_memcpy(&h, key, sizeof(h));

    return (uint32_t *) ((u_char *) zn->hdr + zn->hdr->off_buckets)
           + (h ^ relay) % zn->hdr->nbuckets;
}


uint32_t
ngx_wzp_dir_find_locked(ngx_wzp_zone_t *zn, uint64_t relay, const uint8_t *key)
{
    uint32_t              r;
    ngx_wzp_zone_room_t  *zr;

    for (r = *ngx_wzp_dir_bucket(zn, relay, key);
         r != NGX_WZP_NONE;
         r = zr->next)
    {
        zr = ngx_wzp_dir_room(zn, r);

        if (zr->relay == relay
            && ngx_memcmp(zr->key, key, WZP_ROOM_KEY_SIZE) == 0)
        {
            break;
        }
    }

    return r;
}


uint32_t
ngx_wzp_dir_create_locked(ngx_wzp_zone_t *zn, uint64_t relay,
    const wzp_sni_t *sni)
{
    uint32_t              r, *b;
    ngx_wzp_zone_room_t  *zr;

    r = zn->hdr->free_room;
    if (r == NGX_WZP_NONE) {
        return r;
    }

    zr = ngx_wzp_dir_room(zn, r);
    zn->hdr->free_room = zr->next;

    zr->relay = relay;
    zr->epoch++;
    zr->members = NGX_WZP_NONE;
    zr->count = 0;
    zr->remotes = NGX_WZP_NONE;
    zr->nremotes = 0;
    zr->wanted = 0;
    zr->workers = 0;
    zr->tier = WZP_TIER_GOOD;
    ngx_memzero(zr->resting, sizeof(zr->resting));
    ngx_memcpy(zr->key, sni->key, WZP_ROOM_KEY_SIZE);
    ngx_cpystrn((u_char *) zr->name, (u_char *) sni->name, sizeof(zr->name));

    b = ngx_wzp_dir_bucket(zn, zr->relay, zr->key);
    zr->next = *b;
    *b = r;

    zr->used = 1;
    zn->hdr->used_rooms++;

    return r;
}


void
ngx_wzp_dir_release_locked(ngx_wzp_zone_t *zn, uint32_t r)
{
    uint32_t             *b;
    ngx_wzp_zone_room_t  *zr;

    zr = ngx_wzp_dir_room(zn, r);

    if (zr->count != 0 || zr->nremotes != 0) {
        return;
    }

    for (b = ngx_wzp_dir_bucket(zn, zr->relay, zr->key);
         *b != NGX_WZP_NONE;
         b = &ngx_wzp_dir_room(zn, *b)->next)
    {
        if (*b == r) {
            *b = zr->next;
            break;
        }
    }

    zn->hdr->used_rooms--;
    zr->used = 0;
    zr->wanted = 0;
    zr->version++;
    zr->next = zn->hdr->free_room;
    zn->hdr->free_room = r;
}


static ngx_wzp_zone_relay_t *
ngx_wzp_dir_relay(ngx_wzp_zone_t *zn, uint64_t id)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_WZP_RELAYS; i++) {
        if (zn->hdr->relays[i].id == id) {
            return &zn->hdr->relays[i];
        }
    }

    return NULL;
}


/* At the end of the list: order of arrival. */
static void
ngx_wzp_dir_link(ngx_wzp_zone_t *zn, uint32_t r, uint32_t m)
{
    uint32_t                last;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_member_t  *zm;

    zr = ngx_wzp_dir_room(zn, r);
    zm = ngx_wzp_dir_member(zn, m);

    zm->prev = NGX_WZP_NONE;
    zm->next = NGX_WZP_NONE;

    if (zr->members == NGX_WZP_NONE) {
        zm->prev = m;               /* the first knows the last */
        zr->members = m;

    } else {
        last = ngx_wzp_dir_member(zn, zr->members)->prev;

        ngx_wzp_dir_member(zn, last)->next = m;
        ngx_wzp_dir_member(zn, zr->members)->prev = m;
        zm->prev = last;
    }

    zr->count++;
}


static void
ngx_wzp_dir_unlink(ngx_wzp_zone_t *zn, uint32_t m, uint64_t now_ns)
{
    uint32_t                i, peer, r;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_relay_t   *re;
    ngx_wzp_zone_member_t  *zm;

    zm = ngx_wzp_dir_member(zn, m);
    r = zm->room;
    zr = ngx_wzp_dir_room(zn, r);

    peer = zm->peer;
    if (peer != NGX_WZP_NONE) {
        ngx_wzp_dir_member(zn, peer)->peer = NGX_WZP_NONE;
    }

    if (now_ns != 0) {
        /* the oldest of the resting ids makes room */

        for (peer = 0, i = 1; i < NGX_WZP_RESTING; i++) {
            if (zr->resting[i].until_ns < zr->resting[peer].until_ns) {
                peer = i;
            }
        }

        zr->resting[peer].id = zm->stream_id;
        zr->resting[peer].until_ns = now_ns + NGX_WZP_REST_NS;
    }

    if (zr->members == m) {
        zr->members = zm->next;

        if (zm->next != NGX_WZP_NONE) {
            ngx_wzp_dir_member(zn, zm->next)->prev = zm->prev;
        }

    } else {
        ngx_wzp_dir_member(zn, zm->prev)->next = zm->next;

        i = zm->next != NGX_WZP_NONE ? zm->next : zr->members;
        ngx_wzp_dir_member(zn, i)->prev = zm->prev;
    }

    zr->count--;

    zn->hdr->used_members--;
    zm->used = 0;
    zm->next = zn->hdr->free_member;
    zn->hdr->free_member = m;

    re = ngx_wzp_dir_relay(zn, zr->relay);

    if (re != NULL) {
        re->sessions -= (re->sessions > 0);
        re->rooms -= (zr->count == 0 && re->rooms > 0);
        re->people++;
        ngx_wzp_count(ngx_wzp_stat(zn, NGX_WZP_STAT_ENDED, re),
                      NGX_WZP_STAT_LEAVES, 1);
    }

    ngx_wzp_dir_refresh(zn, r);
    ngx_wzp_dir_release_locked(zn, r);
}


/* Everything that follows from the list of members. */
static void
ngx_wzp_dir_refresh(ngx_wzp_zone_t *zn, uint32_t r)
{
    uint32_t                i;
    uint64_t                workers;
    ngx_wzp_zone_room_t    *zr;
    ngx_wzp_zone_member_t  *zm;

    zr = ngx_wzp_dir_room(zn, r);
    workers = 0;

    for (i = zr->members; i != NGX_WZP_NONE; i = zm->next) {
        zm = ngx_wzp_dir_member(zn, i);
        workers |= (uint64_t) 1 << zm->slot;
    }

    zr->workers = workers;
    zr->tier = ngx_wzp_dir_tier(zn, r);
    zr->version++;
}


/* The weakest link; nobody is better than GOOD until his reports say so. */
static ngx_uint_t
ngx_wzp_dir_tier(ngx_wzp_zone_t *zn, uint32_t r)
{
    uint32_t                i;
    ngx_uint_t              tier;
    ngx_wzp_zone_member_t  *zm;

    tier = WZP_TIER_N;

    for (i = ngx_wzp_dir_room(zn, r)->members;
         i != NGX_WZP_NONE;
         i = zm->next)
    {
        zm = ngx_wzp_dir_member(zn, i);

        if (zm->tier < tier) {
            tier = zm->tier;
        }
    }

    return tier == WZP_TIER_N ? WZP_TIER_GOOD : tier;
}


uint16_t
ngx_wzp_dir_stream_id_locked(ngx_wzp_zone_t *zn, ngx_wzp_zone_room_t *zr,
    uint16_t wanted, uint64_t now_ns)
{
    uint16_t                id;
    uint32_t                i, n;
    uint64_t                taken[(UINT16_MAX + 1) / 64];
    ngx_wzp_zone_member_t  *zm;
    ngx_wzp_zone_remote_t  *ze;

    ngx_memzero(taken, sizeof(taken));

    taken[0] = 1;                       /* 0 is nobody's */

    for (i = zr->members; i != NGX_WZP_NONE; i = zm->next) {
        zm = ngx_wzp_dir_member(zn, i);

        if (zm->used) {
            ngx_wzp_dir_take_id(taken, zm->stream_id);
        }
    }

    for (i = zr->remotes; i != NGX_WZP_NONE; i = ze->next) {
        ze = ngx_wzp_dir_remote(zn, i);
        ngx_wzp_dir_take_id(taken, ze->stream_id);
    }

    if (!ngx_wzp_dir_id_taken(taken, wanted)) {
        return wanted;                  /* its own id comes back */
    }

    for (i = 0; i < NGX_WZP_RESTING; i++) {
        if (zr->resting[i].until_ns > now_ns) {
            ngx_wzp_dir_take_id(taken, zr->resting[i].id);
        }
    }

    id = (uint16_t) ngx_random();

    for (n = 0; n <= UINT16_MAX; n++, id++) {
        if (!ngx_wzp_dir_id_taken(taken, id)) {
            return id;
        }
    }

    return 0;                           /* a room of 65,535 */
}


static void
ngx_wzp_dir_take_id(uint64_t *taken, uint16_t id)
{
    taken[id / 64] |= (uint64_t) 1 << id % 64;
}


static ngx_uint_t
ngx_wzp_dir_id_taken(const uint64_t *taken, uint16_t id)
{
    return taken[id / 64] >> id % 64 & 1;
}


/* Bridge mode: the first one that is alone. */
static void
ngx_wzp_dir_pair(ngx_wzp_zone_t *zn, ngx_wzp_zone_room_t *zr, uint32_t m)
{
    uint32_t                i;
    ngx_wzp_zone_member_t  *zm;

    for (i = zr->members; i != NGX_WZP_NONE; i = zm->next) {
        zm = ngx_wzp_dir_member(zn, i);

        if (i != m && zm->peer == NGX_WZP_NONE) {
            zm->peer_uid = ngx_wzp_dir_member(zn, m)->uid;
            zm->peer = m;

            ngx_wzp_dir_member(zn, m)->peer_uid = zm->uid;
            ngx_wzp_dir_member(zn, m)->peer = i;
            return;
        }
    }
}
