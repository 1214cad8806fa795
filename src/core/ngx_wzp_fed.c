/*
 * Global rooms: lists to and from the directory.  Media: ngx_wzp_fed_media.c.
 */

#include "core/ngx_wzp_fed_int.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_room_update.h"
#include "core/ngx_wzp_watch.h"


#define NGX_WZP_FED_PACE        20000   /* ns for each remote member told    */
#define NGX_WZP_FED_EXISTING    450     /* packets/s and room: 500 is theirs */


static ngx_wzp_fed_room_t *ngx_wzp_fed_add(ngx_wzp_hub_t *hub,
    const char *name, size_t len, uint64_t peers);
static void ngx_wzp_fed_told(void *ctx, unsigned peer,
    const wzp_signal_t *sg);
static void ngx_wzp_fed_changed(void *ctx, wzp_fed_room_t *fr);
static void ngx_wzp_fed_collision(void *ctx, wzp_fed_room_t *fr,
    uint16_t stream_id);
static void ngx_wzp_fed_members(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room);
static void ngx_wzp_fed_write(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room);
static void ngx_wzp_fed_clean(ngx_wzp_hub_t *hub);
static void ngx_wzp_fed_wipe(ngx_wzp_hub_t *hub, const uint8_t *key);


ngx_int_t
ngx_wzp_fed_init(ngx_wzp_hub_t *hub)
{
    ngx_uint_t              i;
    wzp_fed_conf_t          ff;
    ngx_array_t            *globals;
    ngx_wzp_global_conf_t  *gf;

    ngx_memzero(&ff, sizeof(ff));

    ff.self = hub->id;
    ff.seq0 = hub->epoch;
    ngx_wzp_random(&ff.seed, sizeof(ff.seed));
    ff.send = ngx_wzp_fed_told;
    ff.changed = ngx_wzp_fed_changed;
    ff.collision = ngx_wzp_fed_collision;
    ff.ctx = hub;

    hub->fed = wzp_fed_create(&ff);
    if (hub->fed == NULL) {
        return NGX_ERROR;
    }

    globals = hub->relay->conf->globals;
    gf = globals != NULL ? globals->elts : NULL;

    if (hub->relay->conf->mode != NGX_WZP_MODE_ROOM) {
        return NGX_OK;          /* an echo is for nobody else */
    }

    for (i = 0; gf != NULL && i < globals->nelts; i++) {
        if (ngx_wzp_fed_add(hub, (char *) gf[i].name.data, gf[i].name.len,
                            UINT64_MAX)
            == NULL)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


void
ngx_wzp_fed_done(ngx_wzp_hub_t *hub)
{
    wzp_fed_room_t  *fr;

    for (fr = wzp_fed_room_next(hub->fed, NULL);
         fr != NULL;
         fr = wzp_fed_room_next(hub->fed, fr))
    {
        ngx_free(wzp_fed_room_data(fr));
    }

    wzp_fed_destroy(hub->fed);
    hub->fed = NULL;
}


static ngx_wzp_fed_room_t *
ngx_wzp_fed_add(ngx_wzp_hub_t *hub, const char *name, size_t len,
    uint64_t peers)
{
    ngx_uint_t           i;
    uint32_t             rate;
    ngx_wzp_fed_room_t  *room;

    room = ngx_calloc(sizeof(ngx_wzp_fed_room_t), ngx_cycle->log);
    if (room == NULL) {
        return NULL;
    }

    /* the key is that of the name in its own case */

    (void) ngx_cpystrn((u_char *) room->sni.name, (u_char *) name,
                       ngx_min(len + 1, sizeof(room->sni.name)));
    room->sni.len = ngx_strlen(room->sni.name);
    wzp_room_key(room->sni.key, room->sni.name, room->sni.len);

    room->index = NGX_WZP_NONE;
    room->dirty = 1;
    hub->rooms_due = 1;
    room->watch = ngx_wzp_watch_room(hub->relay->conf, room->sni.key);

    rate = (uint32_t) hub->relay->conf->federation_rate;

    for (i = 0; i < WZP_FED_PEERS; i++) {
        wzp_bucket_init(&room->in[i], rate, rate, ngx_wzp_worker->now_ns);
        wzp_bucket_init(&room->out[i], NGX_WZP_FED_EXISTING,
                        NGX_WZP_FED_EXISTING / 2, ngx_wzp_worker->now_ns);
    }

    room->fr = wzp_fed_room_add(hub->fed, room->sni.name, peers, room,
                                ngx_wzp_worker->now_ns);
    if (room->fr == NULL) {
        ngx_free(room);
        return NULL;
    }

    return room;
}


ngx_int_t
ngx_wzp_fed_call(ngx_wzp_hub_t *hub, const char *name, ngx_wzp_link_t *ln)
{
    uint8_t              key[WZP_ROOM_KEY_SIZE];
    wzp_fed_room_t      *fr;
    ngx_wzp_fed_room_t  *room;

    wzp_room_key(key, name, ngx_strlen(name));
    fr = wzp_fed_room_find(hub->fed, key);

    if (ln == NULL) {
        if (fr != NULL) {
            room = wzp_fed_room_data(fr);
            wzp_fed_room_remove(hub->fed, fr, ngx_wzp_worker->now_ns);
            room->fr = NULL;

            if (hub->ruling) {
                ngx_wzp_fed_write(hub, room);
            }

            ngx_free(room);

        } else if (hub->ruling) {
            ngx_wzp_fed_wipe(hub, key);     /* it had a session */
        }

        return NGX_OK;
    }

    if (fr != NULL) {
        return NGX_OK;
    }

    room = ngx_wzp_fed_add(hub, name, ngx_strlen(name),
                           (uint64_t) 1 << ln->bit);
    if (room == NULL) {
        return NGX_ERROR;
    }

    room->call = 1;

    return NGX_OK;
}


ngx_uint_t
ngx_wzp_fed_is_global(const ngx_wzp_relay_conf_t *conf, const uint8_t *key)
{
    ngx_uint_t              i;
    ngx_wzp_global_conf_t  *gf;

    gf = conf->globals != NULL ? conf->globals->elts : NULL;

    for (i = 0; gf != NULL && i < conf->globals->nelts; i++) {
        if (ngx_memcmp(gf[i].key, key, WZP_ROOM_KEY_SIZE) == 0) {
            return 1;
        }
    }

    return 0;
}


/* ---- lists ---- */

static void
ngx_wzp_fed_told(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    ngx_wzp_hub_t  *hub = ctx;

    /* one that another hub follows is silent: it does not say that people are
     * gone only because its links go over */

    if (peer < hub->nlinks && hub->lost_ns == 0
        && ngx_wzp_link_signal(&hub->links[peer], sg) == NGX_OK)
    {
        ngx_wzp_watch_fed_signal(&hub->links[peer], "out", sg);
    }
}


static void
ngx_wzp_fed_changed(void *ctx, wzp_fed_room_t *fr)
{
    ngx_wzp_fed_room_t  *room;

    room = wzp_fed_room_data(fr);

    if (room != NULL) {
        room->stale = 1;        /* written when the turn ends */
        ((ngx_wzp_hub_t *) ctx)->rooms_due = 1;
    }
}


/* The member's worker is told, and stamps the new id from now on. */
static void
ngx_wzp_fed_collision(void *ctx, wzp_fed_room_t *fr, uint16_t stream_id)
{
    uint32_t                member;
    ngx_int_t               rc;
    ngx_wzp_msg_t           msg;
    ngx_wzp_hub_t          *hub = ctx;
    ngx_wzp_fed_room_t     *room;
    ngx_wzp_zone_member_t   zm;

    room = wzp_fed_room_data(fr);

    rc = NGX_AGAIN;

    if (hub->ruling && ngx_wzp_fed_find(hub, room)) {
        rc = ngx_wzp_dir_restream(ngx_wzp_worker->zone, room->index,
                                  room->epoch, stream_id,
                                  ngx_wzp_worker->now_ns, &member, &zm);
    }

    if (rc != NGX_OK) {
        room->clash |= (rc == NGX_AGAIN);
        return;
    }

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "stream id %04xi of a member of room \"%s\" is taken on "
                  "another relay: it has %04xi now", (ngx_uint_t) stream_id,
                  room->sni.name, (ngx_uint_t) zm.stream_id);

    room->dirty = 1;
    hub->rooms_due = 1;

    if (zm.slot == ngx_wzp_worker->channel.slot) {
        ngx_wzp_room_restream(member, zm.uid, zm.stream_id);
        return;
    }

    ngx_memzero(&msg, sizeof(msg));
    msg.type = NGX_WZP_MSG_STREAM;
    msg.index = member;
    msg.number = zm.uid;

    /* a full ring is no loss: see ngx_wzp_room_verify() */

    (void) ngx_wzp_channel_send(&ngx_wzp_worker->channel, zm.slot, &msg,
                                &zm.stream_id, sizeof(zm.stream_id));
}


void
ngx_wzp_fed_news(uint32_t index)
{
    ngx_uint_t            i;
    ngx_wzp_hub_t        *hub;
    wzp_fed_room_t       *fr;
    ngx_wzp_zone_room_t  *zr;

    for (i = 0; i < ngx_wzp_worker->nrelays; i++) {
        hub = ngx_wzp_worker->relays[i].hub;

        if (hub == NULL || hub->fed == NULL) {
            continue;
        }

        if (index >= ngx_wzp_worker->zone->hdr->nrooms) {
            ngx_wzp_fed_tick(hub);
            continue;
        }

        zr = ngx_wzp_dir_room(ngx_wzp_worker->zone, index);

        if (zr->relay != hub->relay->conf->id) {
            continue;
        }

        fr = wzp_fed_room_find(hub->fed, zr->key);

        if (fr != NULL) {
            ((ngx_wzp_fed_room_t *) wzp_fed_room_data(fr))->dirty = 1;
            hub->rooms_due = 1;
        }
    }
}


ngx_uint_t
ngx_wzp_fed_find(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room)
{
    ngx_wzp_zone_t       *zn;
    ngx_wzp_zone_room_t  *zr;

    zn = ngx_wzp_worker->zone;

    if (room->index != NGX_WZP_NONE) {
        zr = ngx_wzp_dir_room(zn, room->index);

        if (zr->used && zr->epoch == room->epoch) {
            return 1;
        }
    }

    room->index = ngx_wzp_dir_lookup(zn, hub->relay->conf->id, room->sni.key,
                                     &room->epoch);
    room->missed_ns = ngx_wzp_worker->now_ns;

    return room->index != NGX_WZP_NONE;
}


void
ngx_wzp_fed_turn(ngx_wzp_hub_t *hub)
{
    uint64_t             now;
    wzp_fed_room_t      *fr;
    ngx_wzp_fed_room_t  *room;

    now = ngx_wzp_worker->now_ns;

    if (!hub->rooms_due && now < hub->rooms_ns) {
        return;
    }

    hub->rooms_due = 0;
    hub->rooms_ns = UINT64_MAX;

    for (fr = wzp_fed_room_next(hub->fed, NULL);
         fr != NULL;
         fr = wzp_fed_room_next(hub->fed, fr))
    {
        room = wzp_fed_room_data(fr);

        if (room->dirty) {
            room->dirty = 0;
            ngx_wzp_fed_members(hub, room);
        }

        if (!room->stale || !hub->ruling) {
            continue;
        }

        if (now < room->next_ns) {
            hub->rooms_ns = ngx_min(hub->rooms_ns, room->next_ns);
            continue;
        }

        room->stale = 0;
        ngx_wzp_fed_write(hub, room);
    }
}


/* Our own members, for the links. */
static void
ngx_wzp_fed_members(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room)
{
    uint32_t                i, n, version;
    wzp_participant_t      *list;
    ngx_wzp_zone_member_t  *members;

    members = NULL;
    list = NULL;
    n = 0;
    version = 0;

    if (ngx_wzp_fed_find(hub, room)) {
        members = ngx_wzp_room_members(room->index, room->epoch, &n,
                                       &version);
    }

    if (n != 0) {
        n = ngx_min(n, WZP_FED_PEOPLE);
        list = ngx_calloc(n * sizeof(wzp_participant_t), ngx_cycle->log);

        if (list == NULL) {
            ngx_free(members);
            room->dirty = 1;    /* the tick comes again */
            return;
        }

        for (i = 0; i < n; i++) {
            ngx_wzp_room_participant(&list[i], &members[i]);
        }
    }

    room->version = version;
    room->stale = 1;            /* who is here is not listed as elsewhere */

    if (wzp_fed_local(hub->fed, room->fr, list, n, ngx_wzp_worker->now_ns)
        != WZP_OK)
    {
        room->dirty = 1;
    }

    ngx_free(list);
    ngx_free(members);
}


/* Those on other relays, for our members. */
static void
ngx_wzp_fed_write(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room)
{
    size_t              n, max;
    uint32_t            index;
    uint64_t            workers;
    ngx_int_t           rc;
    wzp_participant_t  *list;

    n = room->fr != NULL ? wzp_fed_remote(hub->fed, room->fr, NULL, 0) : 0;
    list = NULL;

    if (n != 0) {
        list = ngx_alloc(n * sizeof(wzp_participant_t), ngx_cycle->log);

        if (list == NULL) {
            room->stale = 1;
            return;
        }

        n = wzp_fed_remote(hub->fed, room->fr, list, n);
    }

    /* a relay that tells of crowds leaves place for those of others, and must
     * not keep us busy writing them down */

    room->next_ns = ngx_wzp_worker->now_ns + n * NGX_WZP_FED_PACE;
    max = ngx_min(WZP_FED_PEOPLE, ngx_wzp_worker->zone->hdr->nremotes / 4);

    if (n > max) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_WARN, ngx_cycle->log,
                            0, "room \"%s\" has %uz members on other relays: "
                            "%uz are listed", room->sni.name, n, max);
        n = max;
    }

    workers = ngx_wzp_dir_remotes(ngx_wzp_worker->zone, hub->relay->conf->id,
                                  &room->sni, list, (uint32_t) n,
                                  room->fr != NULL
                                  && wzp_fed_wants(room->fr) != 0,
                                  &index, &rc);

    if (rc != NGX_OK) {
        room->stale = 1;        /* the tick tries again */
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_CRIT, ngx_cycle->log,
                            0, "zone \"%V\" of %uz bytes is full: members on "
                            "other relays are not listed, make \"wzp_zone\" "
                            "larger", &ngx_wzp_worker->zone->name,
                            ngx_wzp_worker->zone->size);
    }

    ngx_free(list);

    if (index != NGX_WZP_NONE) {
        ngx_wzp_worker_tell_members(workers, index);
        ngx_wzp_room_news(index);
    }
}


void
ngx_wzp_fed_rule(ngx_wzp_hub_t *hub)
{
    wzp_fed_room_t      *fr;
    ngx_wzp_fed_room_t  *room;

    hub->rebuilt = ngx_wzp_worker->zone->hdr->rebuilt;
    hub->rooms_due = 1;

    ngx_wzp_fed_clean(hub);

    for (fr = wzp_fed_room_next(hub->fed, NULL);
         fr != NULL;
         fr = wzp_fed_room_next(hub->fed, fr))
    {
        room = wzp_fed_room_data(fr);
        room->stale = 1;
    }
}


/* Rooms that are not global any more, and those of calls that have ended: what
 * the last hub has written goes. */
static void
ngx_wzp_fed_clean(ngx_wzp_hub_t *hub)
{
    uint32_t    i, n, had;
    uint8_t   (*keys)[WZP_ROOM_KEY_SIZE];

    n = ngx_wzp_dir_remote_rooms(ngx_wzp_worker->zone, hub->relay->conf->id,
                                 NULL, 0);
    had = n + 16;

    keys = ngx_alloc(had * sizeof(keys[0]), ngx_cycle->log);
    if (keys == NULL) {
        return;
    }

    n = ngx_wzp_dir_remote_rooms(ngx_wzp_worker->zone, hub->relay->conf->id,
                                 keys, had);

    for (i = 0; i < ngx_min(n, had); i++) {

        if (wzp_fed_room_find(hub->fed, keys[i]) == NULL
            && !ngx_wzp_call_has_room(hub, keys[i]))
        {
            ngx_wzp_fed_wipe(hub, keys[i]);
        }
    }

    ngx_free(keys);
}


/* Nobody is elsewhere. */
static void
ngx_wzp_fed_wipe(ngx_wzp_hub_t *hub, const uint8_t *key)
{
    uint32_t   index;
    uint64_t   workers;
    ngx_int_t  rc;
    wzp_sni_t  sni;

    ngx_memzero(&sni, sizeof(sni));
    ngx_memcpy(sni.key, key, sizeof(sni.key));

    workers = ngx_wzp_dir_remotes(ngx_wzp_worker->zone, hub->relay->conf->id,
                                  &sni, NULL, 0, 0, &index, &rc);

    if (index != NGX_WZP_NONE) {
        ngx_wzp_worker_tell_members(workers, index);
        ngx_wzp_room_news(index);
    }
}


/* What no message has told: one that did not fit its ring, the sweep of a dead
 * worker, a zone that was derived anew. */
void
ngx_wzp_fed_tick(ngx_wzp_hub_t *hub)
{
    ngx_uint_t            there;
    wzp_fed_room_t       *fr;
    ngx_wzp_zone_t       *zn;
    ngx_wzp_fed_room_t   *room;

    zn = ngx_wzp_worker->zone;

    if (hub->ruling && hub->rebuilt != zn->hdr->rebuilt) {
        ngx_wzp_fed_rule(hub);
    }

    for (fr = wzp_fed_room_next(hub->fed, NULL);
         fr != NULL;
         fr = wzp_fed_room_next(hub->fed, fr))
    {
        room = wzp_fed_room_data(fr);
        there = ngx_wzp_fed_find(hub, room);

        if (room->version != (there ? ngx_wzp_dir_room(zn, room->index)->version
                                    : 0))
        {
            room->dirty = 1;
        }

        if (room->clash && hub->ruling) {
            room->clash = 0;
            wzp_fed_room_collide(hub->fed, fr);
        }

        hub->rooms_due |= (room->dirty || room->stale);
    }
}
