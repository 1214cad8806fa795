/*
 * Carriers and the sessions on them.
 */

#include "core/ngx_wzp_carry.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_fed.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_session.h"


#define NGX_WZP_CARRY_TTL       8
#define NGX_WZP_CARRY_SESSIONS  256     /* on one carrier                    */
#define NGX_WZP_CARRY_IDLE      (30 * WZP_SEC)  /* a carrier without any     */
#define NGX_WZP_CARRY_DEAD      (60 * WZP_SEC)  /* a session without media   */
#define NGX_WZP_CARRY_RETRY     (2 * WZP_SEC)
#define NGX_WZP_CARRY_RATE      500     /* packets/s of one session          */
#define NGX_WZP_CARRY_SIGNALS   100     /* signals/s of one carrier          */


/* What we have with one neighbour for this. */
struct ngx_wzp_carrier_s {
    ngx_queue_t      queue;
    ngx_wzp_hub_t   *hub;
    ngx_wzp_link_t  *link;
    ngx_wzp_host_t   host;              /* where it listens                  */
    char             text[WZP_HOST_MAX + 1];
    ngx_wzp_dial_t   dial;
    wzp_qconn_t     *qc;                /* NULL: not up                      */
    ngx_wzp_conn_t  *wc;                /* it dialed                         */
    uint64_t         idle_ns;           /* no session since; 0: has some     */
    wzp_bucket_t     signals;
};


typedef struct {
    ngx_queue_t         queue;
    char                id[WZP_CALL_ID_MAX + 1];
    char                room[WZP_ROOM_NAME_MAX + 1];
    uint8_t             key[WZP_ROOM_KEY_SIZE];
    uint8_t             tag[WZP_TAG_SIZE];
    uint8_t             target[WZP_FP_SIZE];
    ngx_wzp_carrier_t  *from;           /* NULL: the caller is here          */
    ngx_wzp_carrier_t  *to;             /* NULL: the callee is here          */
    uint8_t             ttl;
    uint64_t            asked_ns;       /* when the next one was             */
    uint64_t            used_ns;
    wzp_bucket_t        rate;
    ngx_uint_t          up;             /* unsigned: to the other end        */
} ngx_wzp_carried_t;


static ngx_wzp_carrier_t *ngx_wzp_carrier(ngx_wzp_link_t *ln);
static ngx_int_t ngx_wzp_carrier_host(ngx_wzp_carrier_t *cr);
static void ngx_wzp_carrier_close(ngx_wzp_carrier_t *cr, wzp_close_t why);
static void ngx_wzp_carrier_ready(ngx_wzp_carrier_t *cr);
static void *ngx_wzp_carrier_up(void *ctx, ngx_wzp_out_t *out);
static void ngx_wzp_carrier_down(void *ctx, const char *why);
static void ngx_wzp_carrier_message(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_carrier_datagram(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_carrier_closed(void *peer, const char *why);
static ngx_wzp_carried_t *ngx_wzp_carried(ngx_wzp_hub_t *hub,
    const char *id);
static ngx_wzp_carried_t *ngx_wzp_carried_create(ngx_wzp_hub_t *hub,
    const char *id, const char *room, const uint8_t *target);
static void ngx_wzp_carried_free(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd);
static void ngx_wzp_carried_ask(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd,
    ngx_uint_t end);
static void ngx_wzp_carried_list(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd,
    const uint8_t *fp);
static void ngx_wzp_carry_forward(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_t *sf);
static ngx_uint_t ngx_wzp_carry_is_here(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_t *sf, uint8_t *caller);
static void ngx_wzp_carry_ack(ngx_wzp_carrier_t *cr,
    const wzp_session_forward_ack_t *sa);
static ngx_uint_t ngx_wzp_carry_load(ngx_wzp_carrier_t *cr);
static void ngx_wzp_carry_reply(ngx_wzp_carrier_t *cr, const char *id,
    const char *room, const char *error);


static const ngx_wzp_peer_ops_t  ngx_wzp_carrier_ops = {
    ngx_wzp_carrier_message,
    ngx_wzp_carrier_datagram,
    ngx_wzp_carrier_closed
};


/* ---- carriers ---- */

/* That of a link; it is made, but not dialed. */
static ngx_wzp_carrier_t *
ngx_wzp_carrier(ngx_wzp_link_t *ln)
{
    ngx_queue_t        *q;
    ngx_wzp_carrier_t  *cr;

    for (q = ngx_queue_head(&ln->hub->carriers);
         q != ngx_queue_sentinel(&ln->hub->carriers);
         q = ngx_queue_next(q))
    {
        cr = ngx_queue_data(q, ngx_wzp_carrier_t, queue);

        if (cr->link == ln) {
            return cr;
        }
    }

    cr = ngx_calloc(sizeof(ngx_wzp_carrier_t), ngx_cycle->log);
    if (cr == NULL) {
        return NULL;
    }

    cr->hub = ln->hub;
    cr->link = ln;
    cr->idle_ns = ngx_wzp_worker->now_ns;
    wzp_bucket_init(&cr->signals, NGX_WZP_CARRY_SIGNALS,
                    NGX_WZP_CARRY_SIGNALS, ngx_wzp_worker->now_ns);

    cr->dial.hub = ln->hub;
    cr->dial.host = &cr->host;
    cr->dial.sni = "_relay";
    cr->dial.fp = ln->conf->fp;
    cr->dial.ops = &ngx_wzp_carrier_ops;
    cr->dial.up = ngx_wzp_carrier_up;
    cr->dial.down = ngx_wzp_carrier_down;
    cr->dial.ctx = cr;

    ngx_wzp_dial_init(&cr->dial);
    ngx_queue_insert_tail(&ln->hub->carriers, &cr->queue);

    return cr;
}


/* Where we are told to dial it, or where it says that it listens. */
static ngx_int_t
ngx_wzp_carrier_host(ngx_wzp_carrier_t *cr)
{
    u_char  *p;

    if (cr->link->conf->host.text.len != 0) {
        cr->host = cr->link->conf->host;
        return NGX_OK;
    }

    (void) ngx_cpystrn((u_char *) cr->text, (u_char *) cr->link->addr,
                       sizeof(cr->text));

    p = (u_char *) strrchr(cr->text, ':');

    if (p == NULL) {
        return NGX_DECLINED;
    }

    cr->host.text.data = (u_char *) cr->link->addr;
    cr->host.text.len = ngx_strlen(cr->link->addr);

    *p++ = '\0';
    cr->host.port.data = p;
    cr->host.port.len = ngx_strlen(p);
    cr->host.host.data = (u_char *) cr->text;

    if (cr->text[0] == '[' && p[-2] == ']') {
        p[-2] = '\0';
        cr->host.host.data++;
    }

    cr->host.host.len = ngx_strlen(cr->host.host.data);

    return NGX_OK;
}


static void
ngx_wzp_carrier_close(ngx_wzp_carrier_t *cr, wzp_close_t why)
{
    ngx_wzp_dial_stop(&cr->dial);

    if (cr->wc != NULL) {
        ngx_wzp_conn_close(cr->wc, why);

    } else if (cr->qc != NULL) {
        wzp_qconn_close(cr->qc, why, wzp_close_phrase(why));
    }
}


void
ngx_wzp_carry_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc)
{
    uint8_t             fp[WZP_CERT_FP_SIZE];
    ngx_wzp_link_t     *ln;
    ngx_wzp_carrier_t  *cr;

    ln = NULL;

    if (wzp_qconn_peer_cert(wc->qc, fp) == WZP_OK) {
        ln = ngx_wzp_link_find(hub, fp);
    }

    if (ln == NULL) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                            ngx_wzp_conn_log(wc), 0,
                            "session refused: from no relay that is "
                            "configured");
        ngx_wzp_conn_close(wc, WZP_CLOSE_FORBIDDEN);
        return;
    }

    cr = ngx_wzp_carrier(ln);

    if (cr == NULL || cr->qc != NULL) {

        /* both have opened one at the same time: one is enough, and both find
         * that it is that of the lower id */

        if (cr == NULL || hub->id < ln->id) {
            ngx_wzp_conn_close(wc, cr == NULL ? WZP_CLOSE_INTERNAL
                                              : WZP_CLOSE_REPLACED);
            return;
        }

        if (cr->wc != NULL) {
            cr->wc->peer = NULL;        /* a stale one of the same relay */
            ngx_wzp_conn_close(cr->wc, WZP_CLOSE_REPLACED);

        } else {
            ngx_wzp_dial_stop(&cr->dial);
            wzp_qconn_close(cr->qc, WZP_CLOSE_REPLACED,
                            wzp_close_phrase(WZP_CLOSE_REPLACED));
        }
    }

    ngx_wzp_dial_stop(&cr->dial);

    cr->qc = wc->qc;
    cr->wc = wc;
    wzp_qconn_set_max_message(wc->qc, WZP_SIGNAL_MAX);
    wzp_bucket_init(&wc->signals, NGX_WZP_CARRY_SIGNALS,
                    NGX_WZP_CARRY_SIGNALS, ngx_wzp_worker->now_ns);

    ngx_wzp_conn_become_peer(wc, &ngx_wzp_carrier_ops, cr);
    ngx_wzp_carrier_ready(cr);
}


static void *
ngx_wzp_carrier_up(void *ctx, ngx_wzp_out_t *out)
{
    ngx_wzp_carrier_t  *cr = ctx;

    cr->qc = out->qc;
    cr->wc = NULL;

    ngx_wzp_dial_proved(&cr->dial);
    ngx_wzp_carrier_ready(cr);

    return cr;
}


/* What was waiting for it. */
static void
ngx_wzp_carrier_ready(ngx_wzp_carrier_t *cr)
{
    ngx_queue_t        *q;
    ngx_wzp_carried_t  *cd;

    for (q = ngx_queue_head(&cr->hub->sessions);
         q != ngx_queue_sentinel(&cr->hub->sessions);
         q = ngx_queue_next(q))
    {
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if (cd->to == cr) {
            ngx_wzp_carried_ask(cr->hub, cd, 0);
        }
    }
}


static void
ngx_wzp_carrier_down(void *ctx, const char *why)
{
    ngx_wzp_carrier_t  *cr = ctx;

    ngx_wzp_log_limited(NGX_WZP_LIMIT_CONN, NGX_LOG_INFO, ngx_cycle->log, 0,
                        "no carrier to \"%s\": %s", cr->link->label, why);
}


/* Sessions that came by it have lost their caller; those that went by it are
 * asked for again by the tick. */
static void
ngx_wzp_carrier_closed(void *peer, const char *why)
{
    ngx_queue_t        *q, *next;
    ngx_wzp_carrier_t  *cr = peer;
    ngx_wzp_carried_t  *cd;

    if (cr == NULL) {
        return;
    }

    cr->qc = NULL;
    cr->wc = NULL;

    for (q = ngx_queue_head(&cr->hub->sessions);
         q != ngx_queue_sentinel(&cr->hub->sessions);
         q = next)
    {
        next = ngx_queue_next(q);
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if (cd->from == cr) {
            if (cd->to != NULL) {
                ngx_wzp_carried_ask(cr->hub, cd, 1);
            }

            ngx_wzp_carried_free(cr->hub, cd);

        } else if (cd->to == cr) {
            cd->up = 0;
        }
    }
}


static void
ngx_wzp_carrier_message(void *peer, const uint8_t *data, size_t len)
{
    wzp_signal_t        sg;
    ngx_wzp_carrier_t  *cr = peer;

    if (cr == NULL || !wzp_bucket_take(&cr->signals, ngx_wzp_worker->now_ns)
        || wzp_signal_parse(&sg, data, len) != WZP_OK)
    {
        return;
    }

    if (sg.type == WZP_SIG_SESSION_FORWARD) {
        ngx_wzp_carry_forward(cr, &sg.u.session_forward);

    } else if (sg.type == WZP_SIG_SESSION_FORWARD_ACK) {
        ngx_wzp_carry_ack(cr, &sg.u.session_forward_ack);
    }

    wzp_signal_done(&sg);
}


/* Tag and packet, unchanged to the next hop, or to the member here. */
static void
ngx_wzp_carrier_datagram(void *peer, const uint8_t *data, size_t len)
{
    uint32_t            room, epoch;
    wzp_qbuf_t         *qb;
    ngx_queue_t        *q;
    wzp_packet_t        pk;
    ngx_wzp_carrier_t  *cr = peer, *to;
    ngx_wzp_carried_t  *cd;

    if (cr == NULL || len < WZP_TAG_SIZE
        || wzp_packet_parse(&pk, data + WZP_TAG_SIZE, len - WZP_TAG_SIZE)
           != WZP_OK)
    {
        return;
    }

    for (q = ngx_queue_head(&cr->hub->sessions);
         q != ngx_queue_sentinel(&cr->hub->sessions);
         q = ngx_queue_next(q))
    {
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if ((cd->from != cr && cd->to != cr)
            || ngx_memcmp(cd->tag, data, WZP_TAG_SIZE) != 0)
        {
            continue;
        }

        if (!wzp_bucket_take(&cd->rate, ngx_wzp_worker->now_ns)) {
            return;
        }

        cd->used_ns = ngx_wzp_worker->now_ns;
        to = cd->from == cr ? cd->to : cd->from;

        if (to == NULL) {
            room = ngx_wzp_dir_lookup(ngx_wzp_worker->zone,
                                      cr->hub->relay->conf->id, cd->key,
                                      &epoch);

            if (room != NGX_WZP_NONE) {
                ngx_wzp_room_deliver_all(room, epoch, data + WZP_TAG_SIZE,
                                         len - WZP_TAG_SIZE);
            }

            return;
        }

        qb = to->qc != NULL ? wzp_qbuf_alloc(len) : NULL;

        if (qb != NULL) {
            ngx_memcpy(qb->data, data, len);
            qb->len = (uint32_t) len;
            qb->born_ns = ngx_wzp_worker->now_ns;
            (void) !wzp_qconn_send(to->qc, qb, ngx_wzp_worker->now_ns);
            wzp_qbuf_unref(qb);
        }

        return;
    }
}


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
    cd->used_ns = ngx_wzp_worker->now_ns;
    wzp_bucket_init(&cd->rate, NGX_WZP_CARRY_RATE, NGX_WZP_CARRY_RATE,
                    ngx_wzp_worker->now_ns);

    ngx_queue_insert_tail(&hub->sessions, &cd->queue);

    return cd;
}


static void
ngx_wzp_carried_free(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd)
{
    if (cd->from == NULL || cd->to == NULL) {
        ngx_wzp_carried_list(hub, cd, NULL);
    }

    ngx_queue_remove(&cd->queue);
    ngx_free(cd);
}


/* Ask the next hop for it, or tell that it is over. */
static void
ngx_wzp_carried_ask(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd, ngx_uint_t end)
{
    wzp_signal_t            sg;
    wzp_session_forward_t  *sf;

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


void
ngx_wzp_carry_start(ngx_wzp_hub_t *hub, const char *id, const char *room,
    ngx_wzp_link_t *ln, const uint8_t *target)
{
    ngx_wzp_carrier_t  *cr;
    ngx_wzp_carried_t  *cd;

    cr = ngx_wzp_carrier(ln);

    if (cr == NULL || ngx_wzp_carried(hub, id) != NULL) {
        return;
    }

    cd = ngx_wzp_carried_create(hub, id, room, target);

    if (cd != NULL) {
        cd->to = cr;
        ngx_wzp_carried_ask(hub, cd, 0);
    }
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

static void
ngx_wzp_carry_forward(ngx_wzp_carrier_t *cr, const wzp_session_forward_t *sf)
{
    uint8_t             caller[WZP_FP_SIZE];
    ngx_int_t           bit;
    ngx_uint_t          here;
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

    here = ngx_wzp_carry_is_here(cr, sf, caller);
    to = NULL;

    if (!here) {
        bit = ngx_wzp_presence_next(hub, sf->fp, (ngx_int_t) cr->link->bit);

        if (bit < 0 || (ngx_uint_t) bit >= hub->nlinks || sf->ttl <= 1
            || !hub->links[bit].ours)
        {
            ngx_wzp_carry_reply(cr, sf->session_id, "", "no way to the target");
            return;
        }

        to = ngx_wzp_carrier(&hub->links[bit]);

        if (to == NULL) {
            return;
        }
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


/* Is it of a call to somebody here, which came by that neighbour's link? */
static ngx_uint_t
ngx_wzp_carry_is_here(ngx_wzp_carrier_t *cr, const wzp_session_forward_t *sf,
    uint8_t *caller)
{
    bool            found;
    char            room[WZP_ROOM_NAME_MAX + 1];
    wzp_call_t      call;
    ngx_wzp_hub_t  *hub;

    hub = cr->hub;

    ngx_wzp_zone_lock(ngx_wzp_worker->zone);
    found = wzp_calls_find(hub->calls, hub->relay->conf->id, sf->session_id,
                           &call);
    ngx_wzp_zone_unlock(ngx_wzp_worker->zone);

    ngx_wzp_call_room(room, sf->session_id);

    if (!found || call.party[WZP_CALL_CALLER].link != cr->link->id
        || call.party[WZP_CALL_CALLEE].link != 0
        || ngx_memcmp(call.party[WZP_CALL_CALLEE].fp, sf->fp, WZP_FP_SIZE) != 0
        || ngx_strcmp(room, sf->room) != 0)
    {
        return 0;
    }

    ngx_memcpy(caller, call.party[WZP_CALL_CALLER].fp, WZP_FP_SIZE);

    return 1;
}


static void
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
