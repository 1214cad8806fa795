/*
 * Sessions.  The connections that carry them are in ngx_wzp_carrier.c.
 */

#include "core/ngx_wzp_carry.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_carry_int.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_room.h"


#define NGX_WZP_CARRY_TTL       8
#define NGX_WZP_CARRY_SESSIONS  256     /* on one carrier                    */
#define NGX_WZP_CARRY_IDLE      (30 * WZP_SEC)  /* a carrier without any     */
#define NGX_WZP_CARRY_DEAD      (60 * WZP_SEC)  /* a session without media   */
#define NGX_WZP_CARRY_RETRY     (2 * WZP_SEC)
#define NGX_WZP_CARRY_RATE      500     /* packets/s of one session          */


static ngx_wzp_carried_t *ngx_wzp_carried(ngx_wzp_hub_t *hub,
    const char *id);
static ngx_wzp_carried_t *ngx_wzp_carried_create(ngx_wzp_hub_t *hub,
    const char *id, const char *room, const uint8_t *target);
static void ngx_wzp_carried_list(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd,
    const uint8_t *fp);
static const char *ngx_wzp_carry_way(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_t *sf, uint8_t *caller, ngx_wzp_carrier_t **to);
static ngx_uint_t ngx_wzp_carry_is_here(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_t *sf, uint8_t *caller);
static ngx_uint_t ngx_wzp_carry_load(ngx_wzp_carrier_t *cr);
static void ngx_wzp_carry_reply(ngx_wzp_carrier_t *cr, const char *id,
    const char *room, const char *error);


/* ---- sessions ---- */

static ngx_wzp_carried_t *
ngx_wzp_carried(ngx_wzp_hub_t *hub, const char *id)
{
    ngx_queue_t        *q;
    ngx_wzp_carried_t  *cd;

    for (q = ngx_queue_head(&hub->sessions);
         q != ngx_queue_sentinel(&hub->sessions);
         q = ngx_queue_next(q))
    {
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if (ngx_strcasecmp((u_char *) cd->id, (u_char *) id) == 0) {
            return cd;
        }
    }

    return NULL;
}


static ngx_wzp_carried_t *
ngx_wzp_carried_create(ngx_wzp_hub_t *hub, const char *id, const char *room,
    const uint8_t *target)
{
    uint8_t             hash[32];
    ngx_wzp_carried_t  *cd;

    cd = ngx_calloc(sizeof(ngx_wzp_carried_t), ngx_cycle->log);
    if (cd == NULL) {
        return NULL;
    }

    (void) ngx_cpystrn((u_char *) cd->id, (u_char *) id, sizeof(cd->id));
    (void) ngx_cpystrn((u_char *) cd->room, (u_char *) room,
                       sizeof(cd->room));
    wzp_room_key(cd->key, cd->room, ngx_strlen(cd->room));
    wzp_sha256(hash, cd->room, ngx_strlen(cd->room));
    ngx_memcpy(cd->tag, hash, WZP_TAG_SIZE);
    ngx_memcpy(cd->target, target, WZP_FP_SIZE);
    cd->ttl = NGX_WZP_CARRY_TTL;
    cd->index = NGX_WZP_NONE;
    cd->used_ns = ngx_wzp_worker->now_ns;
    wzp_bucket_init(&cd->rate, NGX_WZP_CARRY_RATE, NGX_WZP_CARRY_RATE,
                    ngx_wzp_worker->now_ns);

    ngx_queue_insert_tail(&hub->sessions, &cd->queue);

    return cd;
}


void
ngx_wzp_carried_free(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd)
{
    /* that the heir has it now is nobody's news */

    if (hub->ruling && !ngx_wzp_hub_has_heir(hub)
        && (cd->from == NULL || cd->to == NULL))
    {
        ngx_wzp_carried_list(hub, cd, NULL);
    }

    ngx_queue_remove(&cd->queue);
    ngx_free(cd);
}


/* Ask the next hop for it, or tell that it is over. */
void
ngx_wzp_carried_ask(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd, ngx_uint_t end)
{
    wzp_signal_t            sg;
    wzp_session_forward_t  *sf;

    if (!hub->ruling && ngx_wzp_hub_has_heir(hub)) {
        return;                 /* the heir does it */
    }

    cd->asked_ns = ngx_wzp_worker->now_ns;

    if (cd->to->qc == NULL) {
        if (!end && ngx_wzp_carrier_host(cd->to) == NGX_OK) {
            ngx_wzp_dial_start(&cd->to->dial);
        }

        return;
    }

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_SESSION_FORWARD;

    sf = &sg.u.session_forward;
    (void) ngx_cpystrn((u_char *) sf->session_id, (u_char *) cd->id,
                       sizeof(sf->session_id));
    (void) ngx_cpystrn((u_char *) sf->room, (u_char *) cd->room,
                       sizeof(sf->room));
    (void) ngx_cpystrn((u_char *) sf->source_relay, (u_char *) hub->addr,
                       sizeof(sf->source_relay));
    ngx_memcpy(sf->fp, cd->target, WZP_FP_SIZE);
    sf->ttl = cd->ttl;
    sf->end = end;

    (void) ngx_wzp_conn_signal(cd->to->qc, &sg, 0);
}


/* The room here has one member elsewhere, or (NULL) none any more. */
static void
ngx_wzp_carried_list(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd,
    const uint8_t *fp)
{
    uint32_t            index;
    uint64_t            workers;
    wzp_sni_t           sni;
    ngx_int_t           rc;
    wzp_participant_t   pa;

    ngx_memzero(&sni, sizeof(sni));
    ngx_memzero(&pa, sizeof(pa));

    (void) ngx_cpystrn((u_char *) sni.name, (u_char *) cd->room,
                       sizeof(sni.name));
    sni.len = ngx_strlen(sni.name);
    ngx_memcpy(sni.key, cd->key, sizeof(sni.key));

    if (fp != NULL) {
        wzp_fp_text(pa.fingerprint, fp);
    }

    workers = ngx_wzp_dir_remotes(ngx_wzp_worker->zone, hub->relay->conf->id,
                                  &sni, &pa, fp != NULL, fp != NULL, &index,
                                  &rc);

    if (index != NGX_WZP_NONE) {
        ngx_wzp_worker_tell_members(workers, index);
        ngx_wzp_room_news(index);
    }
}


ngx_int_t
ngx_wzp_carry_start(ngx_wzp_hub_t *hub, const char *id, const char *room,
    ngx_wzp_link_t *ln, const uint8_t *target)
{
    ngx_wzp_carrier_t  *cr;
    ngx_wzp_carried_t  *cd;

    cr = hub->ruling ? ngx_wzp_carrier(ln) : NULL;

    if (cr == NULL || ngx_wzp_carried(hub, id) != NULL) {
        return NGX_DECLINED;
    }

    cd = ngx_wzp_carried_create(hub, id, room, target);

    if (cd == NULL) {
        return NGX_DECLINED;
    }

    cd->to = cr;
    ngx_wzp_carried_ask(hub, cd, 0);

    return NGX_OK;
}


void
ngx_wzp_carry_end(ngx_wzp_hub_t *hub, const char *id)
{
    ngx_wzp_carried_t  *cd;

    cd = ngx_wzp_carried(hub, id);

    if (cd == NULL) {
        return;
    }

    if (cd->to != NULL) {
        ngx_wzp_carried_ask(hub, cd, 1);
    }

    ngx_wzp_carried_free(hub, cd);
}


ngx_int_t
ngx_wzp_carry_send(ngx_wzp_hub_t *hub, const uint8_t *key,
    const uint8_t *data, size_t len)
{
    wzp_qbuf_t         *qb;
    ngx_queue_t        *q;
    ngx_wzp_carrier_t  *to;
    ngx_wzp_carried_t  *cd;

    for (q = ngx_queue_head(&hub->sessions);
         q != ngx_queue_sentinel(&hub->sessions);
         q = ngx_queue_next(q))
    {
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if ((cd->from != NULL && cd->to != NULL)
            || ngx_memcmp(cd->key, key, WZP_ROOM_KEY_SIZE) != 0)
        {
            continue;
        }

        to = cd->from != NULL ? cd->from : cd->to;

        if (!cd->up || to->qc == NULL) {
            return NGX_DECLINED;
        }

        qb = wzp_qbuf_alloc(WZP_TAG_SIZE + len);
        if (qb == NULL) {
            return NGX_DECLINED;
        }

        ngx_memcpy(qb->data, cd->tag, WZP_TAG_SIZE);
        ngx_memcpy(qb->data + WZP_TAG_SIZE, data, len);
        qb->len = (uint32_t) (WZP_TAG_SIZE + len);
        qb->born_ns = ngx_wzp_worker->now_ns;

        cd->used_ns = ngx_wzp_worker->now_ns;
        (void) !wzp_qconn_send(to->qc, qb, ngx_wzp_worker->now_ns);
        wzp_qbuf_unref(qb);

        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* ---- signals ---- */

void
ngx_wzp_carry_forward(ngx_wzp_carrier_t *cr, const wzp_session_forward_t *sf)
{
    uint8_t             caller[WZP_FP_SIZE];
    const char         *error;
    ngx_wzp_hub_t      *hub;
    ngx_wzp_carrier_t  *to;
    ngx_wzp_carried_t  *cd;

    hub = cr->hub;
    cd = ngx_wzp_carried(hub, sf->session_id);

    if (sf->end) {
        if (cd != NULL && cd->from == cr) {
            if (cd->to != NULL) {
                ngx_wzp_carried_ask(hub, cd, 1);
            }

            ngx_wzp_carried_free(hub, cd);
        }

        return;
    }

    if (cd != NULL) {
        if (cd->from != cr) {
            ngx_wzp_carry_reply(cr, sf->session_id, "", "session is in use");

        } else if (cd->up) {
            ngx_wzp_carry_reply(cr, cd->id, cd->room, "");
        }

        return;
    }

    error = ngx_wzp_carry_way(cr, sf, caller, &to);

    if (error != NULL) {
        ngx_wzp_carry_reply(cr, sf->session_id, "", error);
        return;
    }

    if (ngx_wzp_carry_load(cr) >= NGX_WZP_CARRY_SESSIONS
        || (cd = ngx_wzp_carried_create(hub, sf->session_id, sf->room,
                                        sf->fp))
           == NULL)
    {
        ngx_wzp_carry_reply(cr, sf->session_id, "", "too many sessions");
        return;
    }

    cd->from = cr;
    cd->to = to;
    cd->ttl = sf->ttl - (sf->ttl != 0);

    if (to != NULL) {
        ngx_wzp_carried_ask(hub, cd, 0);
        return;
    }

    cd->up = 1;
    ngx_wzp_carried_list(hub, cd, caller);
    ngx_wzp_carry_reply(cr, cd->id, cd->room, "");
}


/* Where does it go on?  *to is NULL when it ends here.  Returns why it cannot, or
 * NULL. */
static const char *
ngx_wzp_carry_way(ngx_wzp_carrier_t *cr, const wzp_session_forward_t *sf,
    uint8_t *caller, ngx_wzp_carrier_t **to)
{
    char            room[WZP_ROOM_NAME_MAX + 1];
    ngx_int_t       bit;
    ngx_wzp_hub_t  *hub;

    hub = cr->hub;
    *to = NULL;

    /* its packets are told by the room: they may be those of no other one */

    ngx_wzp_call_room(room, sf->session_id);

    if (ngx_strcmp(room, sf->room) != 0) {
        return "not the call's room";
    }

    if (ngx_wzp_carry_is_here(cr, sf, caller)) {
        return NULL;
    }

    bit = ngx_wzp_presence_next(hub, sf->fp, (ngx_int_t) cr->link->bit);

    if (bit < 0 || (ngx_uint_t) bit >= hub->nlinks || sf->ttl <= 1
        || !hub->links[bit].ours)
    {
        return "no way to the target";
    }

    *to = ngx_wzp_carrier(&hub->links[bit]);

    return *to != NULL ? NULL : "no memory";
}


/* Is it of a call to somebody here, which came by that neighbour's link? */
static ngx_uint_t
ngx_wzp_carry_is_here(ngx_wzp_carrier_t *cr, const wzp_session_forward_t *sf,
    uint8_t *caller)
{
    bool            found;
    wzp_call_t      call;
    ngx_wzp_hub_t  *hub;

    hub = cr->hub;

    ngx_wzp_zone_lock(ngx_wzp_worker->zone);
    found = wzp_calls_find(hub->calls, hub->relay->conf->id, sf->session_id,
                           &call);
    ngx_wzp_zone_unlock(ngx_wzp_worker->zone);

    if (!found || call.party[WZP_CALL_CALLER].link != cr->link->id
        || call.party[WZP_CALL_CALLEE].link != 0
        || ngx_memcmp(call.party[WZP_CALL_CALLEE].fp, sf->fp, WZP_FP_SIZE) != 0)
    {
        return 0;
    }

    ngx_memcpy(caller, call.party[WZP_CALL_CALLER].fp, WZP_FP_SIZE);

    return 1;
}


void
ngx_wzp_carry_ack(ngx_wzp_carrier_t *cr, const wzp_session_forward_ack_t *sa)
{
    ngx_wzp_hub_t      *hub;
    ngx_wzp_carried_t  *cd;

    hub = cr->hub;
    cd = ngx_wzp_carried(hub, sa->session_id);

    if (cd == NULL || cd->to != cr) {
        return;
    }

    if (sa->error[0] != '\0') {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_CONN, NGX_LOG_WARN, ngx_cycle->log,
                            0, "media of call %s is not carried by \"%s\": %s",
                            cd->id, cr->link->label, sa->error);
        cd->up = 0;

        if (cd->from != NULL) {
            ngx_wzp_carry_reply(cd->from, cd->id, "", sa->error);
            ngx_wzp_carried_free(hub, cd);
        }

        return;
    }

    cd->up = 1;
    cd->used_ns = ngx_wzp_worker->now_ns;

    if (cd->from != NULL) {
        ngx_wzp_carry_reply(cd->from, cd->id, cd->room, "");

    } else {
        ngx_wzp_carried_list(hub, cd, cd->target);
    }
}


static void
ngx_wzp_carry_reply(ngx_wzp_carrier_t *cr, const char *id, const char *room,
    const char *error)
{
    wzp_signal_t                sg;
    wzp_session_forward_ack_t  *sa;

    if (cr->qc == NULL) {
        return;
    }

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_SESSION_FORWARD_ACK;

    sa = &sg.u.session_forward_ack;
    (void) ngx_cpystrn((u_char *) sa->session_id, (u_char *) id,
                       sizeof(sa->session_id));
    (void) ngx_cpystrn((u_char *) sa->room_name,
                       (u_char *) (room[0] != '\0' ? room : "-"),
                       sizeof(sa->room_name));
    (void) ngx_cpystrn((u_char *) sa->error, (u_char *) error,
                       sizeof(sa->error));

    (void) ngx_wzp_conn_signal(cr->qc, &sg, 0);
}


/* ---- time ---- */

static ngx_uint_t
ngx_wzp_carry_load(ngx_wzp_carrier_t *cr)
{
    ngx_uint_t          n;
    ngx_queue_t        *q;
    ngx_wzp_carried_t  *cd;

    n = 0;

    for (q = ngx_queue_head(&cr->hub->sessions);
         q != ngx_queue_sentinel(&cr->hub->sessions);
         q = ngx_queue_next(q))
    {
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);
        n += (cd->from == cr || cd->to == cr);
    }

    return n;
}


void
ngx_wzp_carry_tick(ngx_wzp_hub_t *hub)
{
    uint64_t            now;
    ngx_queue_t        *q, *next;
    ngx_wzp_carried_t  *cd;
    ngx_wzp_carrier_t  *cr;

    now = ngx_wzp_worker->now_ns;

    for (q = ngx_queue_head(&hub->sessions);
         q != ngx_queue_sentinel(&hub->sessions);
         q = next)
    {
        next = ngx_queue_next(q);
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        /* those of our own people live as long as their calls */

        if (cd->from != NULL && cd->to != NULL
            && now - cd->used_ns > NGX_WZP_CARRY_DEAD)
        {
            ngx_wzp_carried_ask(hub, cd, 1);
            ngx_wzp_carried_free(hub, cd);
            continue;
        }

        if (cd->to != NULL && !cd->up
            && now - cd->asked_ns > NGX_WZP_CARRY_RETRY)
        {
            ngx_wzp_carried_ask(hub, cd, 0);
        }
    }

    for (q = ngx_queue_head(&hub->carriers);
         q != ngx_queue_sentinel(&hub->carriers);
         q = ngx_queue_next(q))
    {
        cr = ngx_queue_data(q, ngx_wzp_carrier_t, queue);

        if (ngx_wzp_carrier_is_old(cr)) {
            ngx_wzp_carrier_renew(cr);
        }

        if (ngx_wzp_carry_load(cr) != 0) {
            cr->idle_ns = now;

        } else if (now - cr->idle_ns > NGX_WZP_CARRY_IDLE
                   && (cr->qc != NULL || cr->dial.running))
        {
            ngx_wzp_carrier_close(cr, WZP_CLOSE_NORMAL);
        }
    }
}


void
ngx_wzp_carry_leave(ngx_wzp_hub_t *hub)
{
    ngx_queue_t        *q;
    ngx_wzp_carrier_t  *cr;

    while (!ngx_queue_empty(&hub->sessions)) {
        q = ngx_queue_head(&hub->sessions);
        ngx_wzp_carried_free(hub,
                             ngx_queue_data(q, ngx_wzp_carried_t, queue));
    }

    for (q = ngx_queue_head(&hub->carriers);
         q != ngx_queue_sentinel(&hub->carriers);
         q = ngx_queue_next(q))
    {
        cr = ngx_queue_data(q, ngx_wzp_carrier_t, queue);
        ngx_wzp_carrier_close(cr, WZP_CLOSE_GOING_AWAY);
    }
}


void
ngx_wzp_carry_stop(ngx_wzp_hub_t *hub)
{
    ngx_queue_t        *q;
    ngx_wzp_carrier_t  *cr;

    for (q = ngx_queue_head(&hub->carriers);
         q != ngx_queue_sentinel(&hub->carriers);
         q = ngx_queue_next(q))
    {
        cr = ngx_queue_data(q, ngx_wzp_carrier_t, queue);
        ngx_wzp_dial_stop(&cr->dial);
    }
}


void
ngx_wzp_carry_done(ngx_wzp_hub_t *hub)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&hub->sessions)) {
        q = ngx_queue_head(&hub->sessions);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_wzp_carried_t, queue));
    }

    while (!ngx_queue_empty(&hub->carriers)) {
        q = ngx_queue_head(&hub->carriers);
        ngx_queue_remove(q);
        ngx_free(ngx_queue_data(q, ngx_wzp_carrier_t, queue));
    }
}


ngx_uint_t
ngx_wzp_carry_count(ngx_wzp_hub_t *hub)
{
    ngx_uint_t    n;
    ngx_queue_t  *q;

    n = 0;

    for (q = ngx_queue_head(&hub->sessions);
         q != ngx_queue_sentinel(&hub->sessions);
         q = ngx_queue_next(q))
    {
        n++;
    }

    return n;
}
