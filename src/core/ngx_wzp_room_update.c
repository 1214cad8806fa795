/*
 * RoomUpdate and QualityDirective: PROTOCOL 2.3 (4, 5), 7.2, 7.3.
 *
 * A list goes to every member at every change.  To keep a room of hundreds
 * from drowning in its own news, changes within a short time, longer the
 * larger the room, are told as one; a newcomer gets his first list at once.
 */

#include "core/ngx_wzp_room_update.h"

#include "core/ngx_wzp_hub.h"
#include "core/ngx_wzp_watch.h"


#define NGX_WZP_KEY_UPDATE      1       /* newer replaces what waits         */
#define NGX_WZP_KEY_QUALITY     2

/*
 * 2 ms for each member, up to a quarter of a second.  From a hundred or so on
 * it is by bytes: n lists of n people, some 130 bytes each, at 8 MB/s.  One
 * who mutes and unmutes, or joins and leaves, makes us send no more than that.
 */
#define NGX_WZP_UPDATE_MS       2
#define NGX_WZP_UPDATE_SOON     250
#define NGX_WZP_UPDATE_US       16
#define NGX_WZP_UPDATE_MAX      60000

#define NGX_WZP_DIRECTIVE_MS    1000    /* between two                       */

/* JSON of one participant: names, both texts escaped, fingerprint */
#define NGX_WZP_PERSON_SIZE     (200 + 6 * (WZP_ALIAS_MAX + WZP_LABEL_MAX))


static void ngx_wzp_room_due(ngx_wzp_room_t *rm);
static void ngx_wzp_room_timer_handler(ngx_event_t *ev);
static ngx_msec_t ngx_wzp_room_pause(uint32_t n);
static void ngx_wzp_room_update(ngx_wzp_room_t *rm, ngx_uint_t fresh);
static ngx_wzp_zone_remote_t *ngx_wzp_room_remotes(ngx_wzp_room_t *rm,
    uint32_t *n);
static void ngx_wzp_room_elsewhere(wzp_participant_t *pa,
    const ngx_wzp_zone_remote_t *ze);
static void ngx_wzp_room_directive(ngx_wzp_room_t *rm);
static void ngx_wzp_room_send(ngx_wzp_room_t *rm, const wzp_signal_t *sg,
    size_t size, unsigned key, ngx_uint_t fresh);
static void ngx_wzp_room_verify(ngx_wzp_room_t *rm);


void
ngx_wzp_room_update_init(ngx_wzp_room_t *rm)
{
    ngx_wzp_event_init(&rm->timer, ngx_wzp_room_timer_handler);
    rm->timer.cancelable = 1;
    rm->told = ngx_current_msec - NGX_WZP_UPDATE_MAX;
    rm->directed = ngx_current_msec - NGX_WZP_DIRECTIVE_MS;
}


void
ngx_wzp_room_changed(ngx_wzp_room_t *rm)
{
    ngx_wzp_worker_tell(ngx_wzp_room_listeners(rm), rm->index);
    ngx_wzp_room_check(rm);
}


uint64_t
ngx_wzp_room_listeners(ngx_wzp_room_t *rm)
{
    return rm->zone->workers
           | (rm->global ? ngx_wzp_hub_forwarders(rm->relay->conf) : 0);
}


void
ngx_wzp_room_check(ngx_wzp_room_t *rm)
{
    if (rm->zone->version != rm->version
        && (!rm->timer.timer_set || rm->fresh))
    {
        ngx_wzp_room_due(rm);
    }

    ngx_wzp_room_directive(rm);
}


static void
ngx_wzp_room_due(ngx_wzp_room_t *rm)
{
    if (!rm->due) {
        rm->due = 1;
        ngx_queue_insert_tail(&ngx_wzp_worker->room_due, &rm->due_queue);
    }
}


void
ngx_wzp_room_news(uint32_t room)
{
    ngx_queue_t     *q;
    ngx_wzp_room_t  *rm;

    if (room < ngx_wzp_worker->zone->hdr->nrooms) {
        rm = ngx_wzp_worker->rooms[room];

        if (rm != NULL) {
            ngx_wzp_room_check(rm);
        }

        return;
    }

    for (q = ngx_queue_head(&ngx_wzp_worker->room_list);
         q != ngx_queue_sentinel(&ngx_wzp_worker->room_list);
         q = ngx_queue_next(q))
    {
        rm = ngx_queue_data(q, ngx_wzp_room_t, queue);

        ngx_wzp_room_check(rm);
    }
}


void
ngx_wzp_room_updates(void)
{
    ngx_msec_t       age, wait;
    ngx_queue_t     *q;
    ngx_wzp_room_t  *rm;

    while (!ngx_queue_empty(&ngx_wzp_worker->room_due)) {
        q = ngx_queue_head(&ngx_wzp_worker->room_due);
        rm = ngx_queue_data(q, ngx_wzp_room_t, due_queue);

        ngx_queue_remove(q);
        rm->due = 0;

        age = ngx_current_msec - rm->told;
        wait = ngx_wzp_room_pause(rm->zone->count);

        if (age >= wait) {
            ngx_wzp_room_update(rm, 0);
            continue;
        }

        if (rm->fresh && wait > NGX_WZP_UPDATE_SOON) {
            ngx_wzp_room_update(rm, 1);
        }

        if (!rm->timer.timer_set) {
            ngx_add_timer(&rm->timer, wait - age);
        }
    }
}


/* From one list to the next, in a room of n. */
static ngx_msec_t
ngx_wzp_room_pause(uint32_t n)
{
    uint64_t  soon, slow;

    soon = ngx_min((uint64_t) n * NGX_WZP_UPDATE_MS, NGX_WZP_UPDATE_SOON);
    slow = ngx_min((uint64_t) n * n * NGX_WZP_UPDATE_US / 1000,
                   NGX_WZP_UPDATE_MAX);

    return (ngx_msec_t) ngx_max(soon, slow);
}


/* The wait is over; the end of this turn sends it. */
static void
ngx_wzp_room_timer_handler(ngx_event_t *ev)
{
    ngx_wzp_room_t  *rm;

    rm = ngx_wzp_event_owner(ev, ngx_wzp_room_t, timer);
    rm->told = ngx_current_msec - NGX_WZP_UPDATE_MAX;

    ngx_wzp_worker_turn();
    ngx_wzp_room_due(rm);
}


/* The list to all our members, or to those who have had none. */
static void
ngx_wzp_room_update(ngx_wzp_room_t *rm, ngx_uint_t fresh)
{
    uint32_t                i, n, m, version;
    wzp_signal_t            sg;
    wzp_participant_t      *pa;
    ngx_wzp_zone_member_t  *list;
    ngx_wzp_zone_remote_t  *remotes;

    version = rm->version;
    rm->fresh = 0;

    list = ngx_wzp_room_members(rm->index, rm->epoch, &n, &version);
    remotes = ngx_wzp_room_remotes(rm, &m);

    if (list == NULL || (m != 0 && remotes == NULL)) {
        ngx_free(list);
        ngx_free(remotes);
        return;
    }

    if (!fresh) {
        if (rm->timer.timer_set) {
            ngx_del_timer(&rm->timer);
        }

        rm->told = ngx_current_msec;
        rm->version = version;
        ngx_wzp_room_verify(rm);
    }

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_ROOM_UPDATE;
    sg.u.room_update.count = n + m;
    sg.u.room_update.nparticipants = n + m;
    sg.u.room_update.participants = ngx_calloc(
        (n + m + 1) * sizeof(wzp_participant_t), ngx_cycle->log);

    if (sg.u.room_update.participants != NULL) {
        pa = sg.u.room_update.participants;

        for (i = 0; i < n; i++) {
            ngx_wzp_room_participant(pa++, &list[i]);
        }

        for (i = 0; i < m; i++) {
            ngx_wzp_room_elsewhere(pa++, &remotes[i]);
        }

        ngx_wzp_room_send(rm, &sg, 64 + (n + m) * NGX_WZP_PERSON_SIZE,
                          NGX_WZP_KEY_UPDATE, fresh);

        ngx_free(sg.u.room_update.participants);
    }

    ngx_free(list);
    ngx_free(remotes);
}


void
ngx_wzp_room_participant(wzp_participant_t *pa,
    const ngx_wzp_zone_member_t *zm)
{
    wzp_fp_text(pa->fingerprint, zm->fp);
    ngx_cpystrn((u_char *) pa->alias, (u_char *) zm->alias,
                sizeof(pa->alias));
    pa->stream_id = zm->stream_id;
    pa->muted = zm->muted;
    pa->held = zm->held;
}


static void
ngx_wzp_room_elsewhere(wzp_participant_t *pa,
    const ngx_wzp_zone_remote_t *ze)
{
    wzp_fp_text(pa->fingerprint, ze->fp);
    ngx_cpystrn((u_char *) pa->alias, (u_char *) ze->alias,
                sizeof(pa->alias));
    ngx_cpystrn((u_char *) pa->relay_label, (u_char *) ze->label,
                sizeof(pa->relay_label));
    pa->stream_id = ze->stream_id;
    pa->muted = ze->muted;
    pa->held = ze->held;
}


/* More may come while we look. */
ngx_wzp_zone_member_t *
ngx_wzp_room_members(uint32_t room, uint32_t epoch, uint32_t *n,
    uint32_t *version)
{
    uint32_t                had;
    ngx_wzp_zone_t         *zn;
    ngx_wzp_zone_member_t  *list;

    zn = ngx_wzp_worker->zone;
    *n = ngx_wzp_dir_room(zn, room)->count;

    do {
        had = *n + 16;

        list = ngx_alloc(had * sizeof(ngx_wzp_zone_member_t), ngx_cycle->log);
        if (list == NULL) {
            *n = 0;
            return NULL;
        }

        *n = ngx_wzp_dir_list(zn, room, epoch, list, had, version);
        if (*n <= had) {
            return list;
        }

        ngx_free(list);

    } while (1);
}


/* Likewise those on other relays; NULL: there are none, or no memory. */
static ngx_wzp_zone_remote_t *
ngx_wzp_room_remotes(ngx_wzp_room_t *rm, uint32_t *n)
{
    uint32_t                had;
    ngx_wzp_zone_remote_t  *list;

    *n = rm->zone->nremotes;

    while (*n != 0) {
        had = *n + 16;

        list = ngx_alloc(had * sizeof(ngx_wzp_zone_remote_t), ngx_cycle->log);
        if (list == NULL) {
            break;
        }

        *n = ngx_wzp_dir_list_remotes(ngx_wzp_worker->zone, rm->index,
                                      rm->epoch, list, had);
        if (*n <= had) {
            return list;
        }

        ngx_free(list);
    }

    return NULL;
}


/*
 * Somebody of ours who is not in the directory any more was replaced from
 * another worker, whose message has not come, or had no room in its ring; and
 * so may have been that of a new stream id.
 */
static void
ngx_wzp_room_verify(ngx_wzp_room_t *rm)
{
    ngx_queue_t            *q;
    ngx_wzp_member_t       *mb;
    ngx_wzp_zone_member_t  *zm;

    for (q = ngx_queue_head(&rm->members);
         q != ngx_queue_sentinel(&rm->members);
         q = ngx_queue_next(q))
    {
        mb = ngx_queue_data(q, ngx_wzp_member_t, queue);
        zm = ngx_wzp_dir_member(ngx_wzp_worker->zone, mb->index);

        if (zm->used && zm->uid == mb->uid) {
            mb->conn->stream_id = zm->stream_id;

        } else {
            mb->conn->status = WZP_CLOSE_REPLACED;
            wzp_qconn_close(mb->conn->qc, WZP_CLOSE_REPLACED,
                            wzp_close_phrase(WZP_CLOSE_REPLACED));
        }
    }
}


void
ngx_wzp_room_state(ngx_wzp_member_t *mb, ngx_uint_t muted, ngx_uint_t held)
{
    mb->muted = muted ? 1 : 0;
    mb->held = held ? 1 : 0;

    (void) ngx_wzp_dir_state(ngx_wzp_worker->zone, mb->index, mb->uid, muted,
                             held, mb->quality.tier);

    ngx_wzp_room_changed(mb->room);
}


void
ngx_wzp_room_quality(ngx_wzp_member_t *mb)
{
    if (ngx_wzp_dir_state(ngx_wzp_worker->zone, mb->index, mb->uid, mb->muted,
                          mb->held, mb->quality.tier))
    {
        ngx_wzp_room_changed(mb->room);
    }
}


wzp_profile_id_t
ngx_wzp_room_recommended(ngx_wzp_room_t *rm, wzp_tier_t tier)
{
    wzp_profile_id_t  profile;

    profile = wzp_tier_profile(tier);

    return ngx_max(profile, rm->relay->conf->profile);
}


/* The room's weakest link has changed: tell everybody what suits it. */
static void
ngx_wzp_room_directive(ngx_wzp_room_t *rm)
{
    uint32_t          tier;
    wzp_signal_t      sg;
    wzp_profile_id_t  profile;

    tier = rm->zone->tier;
    profile = ngx_wzp_room_recommended(rm, tier);

    if (profile == rm->profile
        || ngx_current_msec - rm->directed < NGX_WZP_DIRECTIVE_MS)
    {
        return;                 /* ticks look again */
    }

    rm->profile = profile;
    rm->directed = ngx_current_msec;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_QUALITY_DIRECTIVE;
    sg.u.quality_directive.profile = *wzp_profile(profile);
    (void) ngx_snprintf((u_char *) sg.u.quality_directive.reason,
                        sizeof(sg.u.quality_directive.reason),
                        "weakest link: %s%Z", wzp_tier_name(tier));

    ngx_wzp_room_send(rm, &sg, 1024, NGX_WZP_KEY_QUALITY, 0);
}


/* One encoding, shared by all local members, or the fresh ones. */
static void
ngx_wzp_room_send(ngx_wzp_room_t *rm, const wzp_signal_t *sg, size_t size,
    unsigned key, ngx_uint_t fresh)
{
    size_t             len;
    uint8_t           *buf;
    wzp_qbuf_t        *qb;
    ngx_queue_t       *q;
    ngx_wzp_member_t  *mb;

    buf = ngx_alloc(size, ngx_cycle->log);
    if (buf == NULL) {
        return;
    }

    if (wzp_signal_encode(sg, buf, size, &len) != WZP_OK) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "could not encode %s for room \"%s\"",
                      wzp_signal_name(sg->type), rm->zone->name);
        ngx_free(buf);
        return;
    }

    if (rm->watch & NGX_WZP_WATCH_TAP) {
        ngx_wzp_tap_signal(rm, sg);
    }

    qb = wzp_qbuf_message(buf, len);

    ngx_free(buf);

    if (qb == NULL) {
        return;
    }

    for (q = ngx_queue_head(&rm->members);
         q != ngx_queue_sentinel(&rm->members);
         q = ngx_queue_next(q))
    {
        mb = ngx_queue_data(q, ngx_wzp_member_t, queue);

        if (fresh && !mb->fresh) {
            continue;
        }

        if (key == NGX_WZP_KEY_UPDATE) {
            mb->fresh = 0;
        }

        if (mb->conn->qc != NULL
            && wzp_qconn_message(mb->conn->qc, qb, key) != WZP_OK)
        {
            ngx_log_debug1(NGX_LOG_DEBUG_EVENT, ngx_cycle->log, 0,
                           "wzp: %s not queued: member is leaving",
                           wzp_signal_name(sg->type));
        }
    }

    wzp_qbuf_unref(qb);
}
