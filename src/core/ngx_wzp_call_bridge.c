/*
 * Calls that leave this relay: how their media gets there, for as long as they
 * live.
 */

#include "core/ngx_wzp_call.h"

#include "core/ngx_wzp_call_int.h"
#include "core/ngx_wzp_carry.h"
#include "core/ngx_wzp_fed.h"
#include "core/ngx_wzp_link.h"


#define NGX_WZP_CALL_SPANS      1024    /* passed on, of one link            */
#define NGX_WZP_CALL_VIA        (600 * WZP_SEC)
#define NGX_WZP_CALL_VIA_RING   (60 * WZP_SEC)  /* until it is answered      */
#define NGX_WZP_CALL_ORPHAN     (60 * WZP_SEC)  /* its relay is no more      */


static void ngx_wzp_call_bridge(ngx_wzp_hub_t *hub, ngx_wzp_span_t *sp,
    const wzp_call_t *call);
static ngx_queue_t *ngx_wzp_call_bucket(ngx_wzp_hub_t *hub, const char *id);
static void ngx_wzp_call_expire(ngx_wzp_hub_t *hub);
static void ngx_wzp_call_take(ngx_wzp_hub_t *hub, const wzp_call_t *call);


/* Ids that differ in case are one. */
static ngx_queue_t *
ngx_wzp_call_bucket(ngx_wzp_hub_t *hub, const char *id)
{
    u_char      low[WZP_CALL_ID_MAX];
    size_t      len;
    ngx_uint_t  hash;

    len = ngx_min(ngx_strlen(id), sizeof(low));
    hash = ngx_hash_strlow(low, (u_char *) id, len);

    return &hub->called[hash % NGX_WZP_HUB_BUCKETS];
}


ngx_wzp_span_t *
ngx_wzp_call_span(ngx_wzp_hub_t *hub, const char *id, ngx_uint_t create)
{
    char             room[WZP_ROOM_NAME_MAX + 1];
    ngx_queue_t     *q, *bucket;
    ngx_wzp_span_t  *sp;

    bucket = ngx_wzp_call_bucket(hub, id);

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        sp = ngx_queue_data(q, ngx_wzp_span_t, same);

        if (ngx_strcasecmp((u_char *) sp->id, (u_char *) id) == 0) {
            return sp;
        }
    }

    sp = create ? ngx_calloc(sizeof(ngx_wzp_span_t), ngx_cycle->log) : NULL;

    if (sp != NULL) {
        (void) ngx_cpystrn((u_char *) sp->id, (u_char *) id, sizeof(sp->id));
        ngx_wzp_call_room(room, sp->id);
        wzp_room_key(sp->key, room, ngx_strlen(room));
        sp->used_ns = ngx_wzp_worker->now_ns;
        ngx_queue_insert_tail(&hub->spans, &sp->queue);
        ngx_queue_insert_tail(bucket, &sp->same);
    }

    return sp;
}


/* Our own people's calls are bounded by their table; those of others by this:
 * no neighbour takes all there are. */
ngx_wzp_span_t *
ngx_wzp_call_via(ngx_wzp_link_t *ln, ngx_wzp_link_t *to, const char *id)
{
    ngx_uint_t       n;
    ngx_queue_t     *q;
    ngx_wzp_span_t  *sp;

    n = 0;

    for (q = ngx_queue_head(&ln->hub->spans);
         q != ngx_queue_sentinel(&ln->hub->spans);
         q = ngx_queue_next(q))
    {
        sp = ngx_queue_data(q, ngx_wzp_span_t, queue);
        n += (sp->link2 != 0 && sp->link == ln->id);
    }

    sp = n < NGX_WZP_CALL_SPANS ? ngx_wzp_call_span(ln->hub, id, 1) : NULL;

    if (sp != NULL) {
        sp->link = ln->id;
        sp->link2 = to->id;
    }

    return sp;
}


/* Is it a call that leaves this relay?  Then its media must, too. */
void
ngx_wzp_call_answered(ngx_wzp_hub_t *hub, const char *id)
{
    bool             found;
    wzp_call_t       call;
    ngx_wzp_span_t  *sp;

    ngx_wzp_call_lock(hub);
    found = wzp_calls_find(hub->calls, hub->relay->conf->id, id, &call);
    ngx_wzp_call_unlock(hub);

    sp = ngx_wzp_call_span(hub, id, 0);

    if (found && call.state == WZP_CALL_ACTIVE && sp != NULL
        && sp->link2 == 0 && !sp->bridged)
    {
        ngx_wzp_call_bridge(hub, sp, &call);
    }
}


/*
 * Between neighbours the link carries it, also one that is still to come up: it
 * then finds the room there.  Where the other end is further away, the caller's
 * relay opens a session along the way.
 */
static void
ngx_wzp_call_bridge(ngx_wzp_hub_t *hub, ngx_wzp_span_t *sp,
    const wzp_call_t *call)
{
    char                     room[WZP_ROOM_NAME_MAX + 1];
    ngx_wzp_link_t          *ln;
    const wzp_call_party_t  *far;

    far = &call->party[call->party[WZP_CALL_CALLER].link == 0
                       ? WZP_CALL_CALLEE : WZP_CALL_CALLER];
    ln = ngx_wzp_link_by_id(hub, far->link);

    if (ln == NULL) {
        return;
    }

    ngx_wzp_call_room(room, sp->id);

    if (call->far == ln->id || (ln->best != NULL && !ln->ours)) {
        sp->bridged = (ngx_wzp_fed_call(hub, room, ln) == NGX_OK);

    } else if (ln->best != NULL && far == &call->party[WZP_CALL_CALLEE]) {
        sp->bridged = (ngx_wzp_carry_start(hub, sp->id, room, ln, far->fp)
                       == NGX_OK);
    }
}


void
ngx_wzp_call_free(ngx_wzp_hub_t *hub, ngx_wzp_span_t *sp)
{
    char  room[WZP_ROOM_NAME_MAX + 1];

    if (sp->link2 == 0) {
        ngx_wzp_call_room(room, sp->id);
        (void) ngx_wzp_fed_call(hub, room, NULL);
        ngx_wzp_carry_end(hub, sp->id);
    }

    ngx_queue_remove(&sp->queue);
    ngx_queue_remove(&sp->same);
    ngx_free(sp);
}


/* ---- time ---- */

void
ngx_wzp_call_gone(ngx_wzp_hub_t *hub, const uint8_t *fp)
{
    ngx_wzp_call_lock(hub);
    wzp_calls_gone(hub->calls, hub->relay->conf->id, fp,
                   ngx_wzp_worker->now_ns);
    ngx_wzp_call_unlock(hub);
}


void
ngx_wzp_call_back(ngx_wzp_hub_t *hub, const uint8_t *fp)
{
    wzp_call_out_t  *out;

    out = &ngx_wzp_call_out;

    do {
        ngx_wzp_call_lock(hub);
        wzp_calls_back(hub->calls, hub->relay->conf->id, fp, hub->addr,
                       ngx_wzp_worker->now_ns, out);
        ngx_wzp_call_unlock(hub);

        ngx_wzp_call_run(hub, out, NULL, 0);

    } while (out->more);
}


void
ngx_wzp_call_link_up(ngx_wzp_link_t *ln)
{
    ngx_wzp_hub_t   *hub;
    wzp_call_out_t  *out;

    hub = ln->hub;
    out = &ngx_wzp_call_out;

    do {
        ngx_wzp_call_lock(hub);
        wzp_calls_link_up(hub->calls, hub->relay->conf->id, ln->id,
                          ngx_wzp_worker->now_ns, out);
        ngx_wzp_call_unlock(hub);

        ngx_wzp_call_run(hub, out, NULL, 0);

    } while (out->more);
}


void
ngx_wzp_call_link_down(ngx_wzp_link_t *ln)
{
    ngx_wzp_hub_t  *hub;

    hub = ln->hub;

    ngx_wzp_call_lock(hub);
    wzp_calls_link_down(hub->calls, hub->relay->conf->id, ln->id,
                        ngx_wzp_worker->now_ns);
    ngx_wzp_call_unlock(hub);
}


void
ngx_wzp_call_tick(ngx_wzp_hub_t *hub)
{
    bool             found;
    wzp_call_t       call;
    ngx_queue_t     *q, *next;
    ngx_wzp_span_t  *sp;

    /* while one hub takes over from another, nothing runs out */

    if (hub->ruling && hub->lost_ns == 0) {
        ngx_wzp_call_expire(hub);

    } else if (hub->lost_ns == 0) {
        ngx_wzp_call_inherit(hub);      /* what the old hub still begins */
    }

    for (q = ngx_queue_head(&hub->spans);
         q != ngx_queue_sentinel(&hub->spans);
         q = next)
    {
        next = ngx_queue_next(q);
        sp = ngx_queue_data(q, ngx_wzp_span_t, queue);

        if (sp->link2 != 0) {
            if (ngx_wzp_worker->now_ns - sp->used_ns
                > (sp->answered ? NGX_WZP_CALL_VIA : NGX_WZP_CALL_VIA_RING))
            {
                ngx_wzp_call_free(hub, sp);
            }

            continue;
        }

        ngx_wzp_call_lock(hub);
        found = wzp_calls_find(hub->calls, hub->relay->conf->id, sp->id,
                               &call);
        ngx_wzp_call_unlock(hub);

        if (!found) {
            ngx_wzp_call_free(hub, sp);

        } else if (!sp->bridged) {
            ngx_wzp_call_answered(hub, sp->id);
        }
    }
}


/* The table is in the zone, and other relays have calls in it, too; only their
 * own hubs can tell whose they are.  What is overdue for long, has none. */
static void
ngx_wzp_call_expire(ngx_wzp_hub_t *hub)
{
    bool      found;
    uint64_t  now;

    now = ngx_wzp_worker->now_ns;

    do {
        ngx_wzp_call_lock(hub);
        found = wzp_calls_expire(hub->calls, hub->relay->conf->id, now,
                                 &ngx_wzp_call_out);
        ngx_wzp_call_unlock(hub);

        if (found) {
            ngx_wzp_count(hub->relay->stat, NGX_WZP_STAT_CALLS_EXPIRED, 1);
            ngx_wzp_call_run(hub, &ngx_wzp_call_out, NULL, 0);
        }

    } while (found);

    if (now > NGX_WZP_CALL_ORPHAN) {
        ngx_wzp_call_lock(hub);
        (void) wzp_calls_expire(hub->calls, 0, now - NGX_WZP_CALL_ORPHAN,
                                &ngx_wzp_call_out);
        ngx_wzp_call_unlock(hub);
    }
}


/* If it leaves this relay, it has a span here as well, and a bridge. */
static void
ngx_wzp_call_take(ngx_wzp_hub_t *hub, const wzp_call_t *call)
{
    wzp_relay_id_t   link;
    ngx_wzp_span_t  *sp;

    link = call->party[WZP_CALL_CALLER].link != 0
           ? call->party[WZP_CALL_CALLER].link
           : call->party[WZP_CALL_CALLEE].link;

    sp = link != 0 ? ngx_wzp_call_span(hub, call->id, 1) : NULL;

    if (sp != NULL) {
        sp->link = link;
        sp->bridged = 0;
        ngx_wzp_call_answered(hub, call->id);
    }
}


void
ngx_wzp_call_inherit(ngx_wzp_hub_t *hub)
{
    bool        found;
    uint32_t    pos;
    wzp_call_t  call;

    pos = 0;

    do {
        ngx_wzp_call_lock(hub);
        found = wzp_calls_next(hub->calls, hub->relay->conf->id, &pos, &call);
        ngx_wzp_call_unlock(hub);

        if (found) {
            ngx_wzp_call_take(hub, &call);
        }

    } while (found);
}


ngx_uint_t
ngx_wzp_call_has_room(ngx_wzp_hub_t *hub, const uint8_t *key)
{
    ngx_queue_t     *q;
    ngx_wzp_span_t  *sp;

    for (q = ngx_queue_head(&hub->spans);
         q != ngx_queue_sentinel(&hub->spans);
         q = ngx_queue_next(q))
    {
        sp = ngx_queue_data(q, ngx_wzp_span_t, queue);

        if (sp->link2 == 0
            && ngx_memcmp(sp->key, key, WZP_ROOM_KEY_SIZE) == 0)
        {
            return ngx_wzp_link_by_id(hub, sp->link) != NULL;
        }
    }

    return 0;
}


ngx_uint_t
ngx_wzp_call_inherit_room(ngx_wzp_hub_t *hub, const char *room)
{
    bool        found;
    wzp_call_t  call;

    if (hub->ruling || hub->lost_ns != 0
        || ngx_strncmp(room, WZP_CALL_ROOM, sizeof(WZP_CALL_ROOM) - 1) != 0)
    {
        return 0;
    }

    ngx_wzp_call_lock(hub);
    found = wzp_calls_find(hub->calls, hub->relay->conf->id,
                           room + sizeof(WZP_CALL_ROOM) - 1, &call);
    ngx_wzp_call_unlock(hub);

    if (found) {
        ngx_wzp_call_take(hub, &call);
    }

    return found;
}


void
ngx_wzp_call_done(ngx_wzp_hub_t *hub)
{
    ngx_queue_t           *q;
    ngx_wzp_waiting_t  *of;

    while (!ngx_queue_empty(&hub->spans)) {
        q = ngx_queue_head(&hub->spans);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_wzp_span_t, queue));
    }

    while (!ngx_queue_empty(&hub->offers)) {
        q = ngx_queue_head(&hub->offers);
        of = ngx_queue_data(q, ngx_wzp_waiting_t, queue);
        ngx_queue_remove(q);
        ngx_free(of);
    }
}
