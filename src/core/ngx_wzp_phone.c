/*
 * Registrations, and what people say on them.
 * What calls make the relay do is in ngx_wzp_call.c.
 */

#include "core/ngx_wzp_phone.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_session.h"
#include "wzp/wzp_hs.h"


#define NGX_WZP_PHONE_REGISTER  10000   /* ms, PROTOCOL 7.6                  */
#define NGX_WZP_PHONE_OFFERS    2       /* calls placed per second           */
#define NGX_WZP_PHONE_BURST     20
#define NGX_WZP_PHONE_QUESTIONS 2       /* per second, and at a time         */


static void ngx_wzp_phone_message(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_phone_datagram(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_phone_closed(void *peer, const char *why);
static void ngx_wzp_phone_register(ngx_wzp_phone_t *ph,
    const wzp_register_presence_t *rp);
static wzp_close_t ngx_wzp_phone_admit(ngx_wzp_phone_t *ph,
    const wzp_register_presence_t *rp);
static wzp_close_t ngx_wzp_phone_others(ngx_wzp_phone_t *ph);
static void ngx_wzp_phone_ack(ngx_wzp_phone_t *ph, wzp_close_t why,
    unsigned extensions);
static ngx_queue_t *ngx_wzp_phone_bucket(ngx_wzp_hub_t *hub,
    const uint8_t *fp);
static void ngx_wzp_phone_forget(ngx_wzp_phone_t *ph);
static void ngx_wzp_phone_signal(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len);
static void ngx_wzp_phone_reflect(ngx_wzp_phone_t *ph);
static void ngx_wzp_phone_route(ngx_wzp_phone_t *ph,
    const wzp_route_query_t *rq);
static void ngx_wzp_phone_routed(void *ctx, const wzp_route_response_t *rr);


/* A phone's question that other relays are asked. */
typedef struct {
    ngx_wzp_hub_t  *hub;
    uint8_t         fp[WZP_FP_SIZE];    /* of the phone                      */
    uint64_t        number;             /* of the phone                      */
    uint64_t        id;                 /* of its question                   */
} ngx_wzp_phone_question_t;


static uint64_t  ngx_wzp_phone_number;


static const ngx_wzp_peer_ops_t  ngx_wzp_phone_ops = {
    ngx_wzp_phone_message,
    ngx_wzp_phone_datagram,
    ngx_wzp_phone_closed,
    NULL
};


void
ngx_wzp_phone_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc)
{
    ngx_wzp_phone_t  *ph;

    if (hub->nphones >= NGX_WZP_PHONES_MAX) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_WARN,
                            ngx_wzp_conn_log(wc), 0,
                            "registration refused: there are %d already",
                            NGX_WZP_PHONES_MAX);
        ngx_wzp_conn_close(wc, WZP_CLOSE_TOO_MANY);
        return;
    }

    ph = ngx_calloc(sizeof(ngx_wzp_phone_t), ngx_cycle->log);
    if (ph == NULL) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    ph->hub = hub;
    ph->wc = wc;
    ph->number = ++ngx_wzp_phone_number;
    wzp_bucket_init(&ph->offers, NGX_WZP_PHONE_OFFERS, NGX_WZP_PHONE_BURST,
                    ngx_wzp_worker->now_ns);
    wzp_bucket_init(&ph->questions, NGX_WZP_PHONE_QUESTIONS,
                    NGX_WZP_PHONE_BURST, ngx_wzp_worker->now_ns);

    ngx_queue_insert_tail(&hub->phones, &ph->queue);
    hub->nphones++;

    ngx_wzp_conn_become_peer(wc, &ngx_wzp_phone_ops, ph);
    ngx_wzp_conn_wait(wc, NGX_WZP_PHONE_REGISTER);
}


static void
ngx_wzp_phone_closed(void *peer, const char *why)
{
    ngx_wzp_phone_t  *ph = peer;

    ngx_queue_remove(&ph->queue);
    ph->hub->nphones--;

    if (ph->registered) {
        ngx_wzp_phone_forget(ph);

        if (ngx_wzp_phone_find(ph->hub, ph->fp) == NULL) {
            ngx_wzp_call_gone(ph->hub, ph->fp);
        }
    }

    ngx_free(ph);
}


static void
ngx_wzp_phone_datagram(void *peer, const uint8_t *data, size_t len)
{
    /* media of calls has connections of its own */
}


static void
ngx_wzp_phone_message(void *peer, const uint8_t *data, size_t len)
{
    wzp_rc_t          rc;
    wzp_signal_t      sg, pong;
    ngx_wzp_phone_t  *ph = peer;

    rc = wzp_signal_parse(&sg, data, len);

    if (rc != WZP_OK) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_wzp_conn_log(ph->wc), 0,
                            "%s signal of %uz bytes ignored",
                            rc == WZP_EUNKNOWN ? "unknown" : "malformed",
                            len);
        return;
    }

    if (sg.type == WZP_SIG_PING) {
        pong = sg;
        pong.type = WZP_SIG_PONG;
        (void) ngx_wzp_conn_signal(ph->wc->qc, &pong, 0);

    } else if (ph->registered) {
        ngx_wzp_phone_signal(ph, &sg, data, len);

    } else if (sg.type == WZP_SIG_REGISTER_PRESENCE) {
        ngx_wzp_phone_register(ph, &sg.u.register_presence);
    }

    wzp_signal_done(&sg);
}


/* ---- registration ---- */

static void
ngx_wzp_phone_register(ngx_wzp_phone_t *ph, const wzp_register_presence_t *rp)
{
    wzp_close_t  why;

    why = ngx_wzp_phone_admit(ph, rp);

    ngx_wzp_phone_ack(ph, why, rp->extensions);

    if (why != WZP_CLOSE_NORMAL) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                            ngx_wzp_conn_log(ph->wc), 0,
                            "registration refused: %s",
                            wzp_close_phrase(why));
        ngx_wzp_conn_finish(ph->wc, why);
        return;
    }

    ngx_wzp_conn_wait(ph->wc, 0);

    ph->registered = 1;
    ph->hub->phoned = 1;
    ngx_queue_insert_tail(ngx_wzp_phone_bucket(ph->hub, ph->fp), &ph->same);

    ngx_wzp_call_back(ph->hub, ph->fp);
}


/* Who is it?  And may somebody be that, unproved? */
static wzp_close_t
ngx_wzp_phone_admit(ngx_wzp_phone_t *ph, const wzp_register_presence_t *rp)
{
    bool             verified;
    uint8_t          exporter[WZP_EXPORTER_SIZE];
    ngx_wzp_conn_t  *wc;

    wc = ph->wc;

    if (wzp_qconn_exporter(wc->qc, exporter) != WZP_OK) {
        return WZP_CLOSE_INTERNAL;
    }

    if (wzp_hs_check_register(rp, exporter, &verified) != WZP_OK) {
        return WZP_CLOSE_AUTH;
    }

    wzp_fp_of_key(ph->fp, rp->identity_pub);
    ngx_memcpy(wc->fp, ph->fp, WZP_FP_SIZE);
    ngx_cpystrn((u_char *) wc->alias, (u_char *) rp->alias,
                sizeof(wc->alias));
    wc->has_fp = 1;
    wc->verified = verified;
    ph->verified = verified;

    if (!verified && !ph->hub->relay->conf->signal_unverified) {
        return WZP_CLOSE_BINDING;
    }

    return ngx_wzp_phone_others(ph);
}


/*
 * The same person's other registrations.  Proved ones stay beside each other,
 * up to a number; an unproved one may not stand where one is proved, nor beside
 * another unproved one, which it replaces.
 */
static wzp_close_t
ngx_wzp_phone_others(ngx_wzp_phone_t *ph)
{
    ngx_uint_t        n;
    ngx_wzp_phone_t  *other, *next;

    n = 0;

    for (other = ngx_wzp_phone_next(ph->hub, ph->fp, NULL);
         other != NULL;
         other = next)
    {
        next = ngx_wzp_phone_next(ph->hub, ph->fp, other);

        if (!other->verified) {
            ngx_wzp_phone_forget(other);
            ngx_wzp_conn_close(other->wc, WZP_CLOSE_REPLACED);

        } else if (!ph->verified) {
            return WZP_CLOSE_BINDING;

        } else if (++n >= NGX_WZP_PHONES_OF) {
            return WZP_CLOSE_TOO_MANY;
        }
    }

    return WZP_CLOSE_NORMAL;
}


static void
ngx_wzp_phone_ack(ngx_wzp_phone_t *ph, wzp_close_t why, unsigned extensions)
{
    wzp_signal_t                  sg;
    wzp_register_presence_ack_t  *ra;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_REGISTER_PRESENCE_ACK;

    ra = &sg.u.register_presence_ack;
    ra->success = (why == WZP_CLOSE_NORMAL);

    /* to existing clients the answer looks as it always did */

    if (extensions != 0) {
        ra->extensions = WZP_EXT_BINDING;
    }

    (void) ngx_cpystrn((u_char *) ra->relay_build, (u_char *) NGX_WZP_BUILD,
                       sizeof(ra->relay_build));

    if (!ra->success) {
        (void) ngx_cpystrn((u_char *) ra->error,
                           (u_char *) wzp_close_phrase(why),
                           sizeof(ra->error));
    }

    (void) ngx_wzp_conn_signal(ph->wc->qc, &sg, 0);
}


/* ---- who is registered ---- */

static ngx_queue_t *
ngx_wzp_phone_bucket(ngx_wzp_hub_t *hub, const uint8_t *fp)
{
    return &hub->registered[fp[0] % NGX_WZP_HUB_BUCKETS];
}


static void
ngx_wzp_phone_forget(ngx_wzp_phone_t *ph)
{
    ngx_queue_remove(&ph->same);
    ph->registered = 0;
    ph->hub->phoned = 1;
}


ngx_wzp_phone_t *
ngx_wzp_phone_next(ngx_wzp_hub_t *hub, const uint8_t *fp, ngx_wzp_phone_t *ph)
{
    ngx_queue_t  *q, *bucket;

    bucket = ngx_wzp_phone_bucket(hub, fp);

    for (q = ph == NULL ? ngx_queue_head(bucket) : ngx_queue_next(&ph->same);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        ph = ngx_queue_data(q, ngx_wzp_phone_t, same);

        if (ngx_memcmp(ph->fp, fp, WZP_FP_SIZE) == 0) {
            return ph;
        }
    }

    return NULL;
}


ngx_wzp_phone_t *
ngx_wzp_phone_find(ngx_wzp_hub_t *hub, const uint8_t *fp)
{
    return ngx_wzp_phone_next(hub, fp, NULL);
}


ngx_wzp_phone_t *
ngx_wzp_phone_by_number(ngx_wzp_hub_t *hub, const uint8_t *fp,
    uint64_t number)
{
    ngx_wzp_phone_t  *ph;

    for (ph = ngx_wzp_phone_next(hub, fp, NULL);
         ph != NULL && ph->number != number;
         ph = ngx_wzp_phone_next(hub, fp, ph))
    {
        /* void */
    }

    return ph;
}


size_t
ngx_wzp_phone_people(ngx_wzp_hub_t *hub, uint8_t (*fps)[WZP_FP_SIZE])
{
    size_t            n;
    ngx_queue_t      *q;
    ngx_wzp_phone_t  *ph;

    n = 0;

    for (q = ngx_queue_head(&hub->phones);
         q != ngx_queue_sentinel(&hub->phones);
         q = ngx_queue_next(q))
    {
        ph = ngx_queue_data(q, ngx_wzp_phone_t, queue);

        if (ph->registered) {
            ngx_memcpy(fps[n++], ph->fp, WZP_FP_SIZE);
        }
    }

    return n;
}


/* ---- what they say ---- */

static void
ngx_wzp_phone_signal(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len)
{
    if (sg->type == WZP_SIG_REFLECT) {
        ngx_wzp_phone_reflect(ph);

    } else if (sg->type == WZP_SIG_ROUTE_QUERY) {
        ngx_wzp_phone_route(ph, &sg->u.route_query);

    } else {
        ngx_wzp_call_signal(ph, sg, data, len);
    }
}


static void
ngx_wzp_phone_reflect(ngx_wzp_phone_t *ph)
{
    char          text[WZP_ADDR_TEXT_MAX];
    wzp_signal_t  sg;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_REFLECT_RESPONSE;
    (void) ngx_cpystrn((u_char *) sg.u.reflect_response.observed,
                       (u_char *) wzp_addr_text(wzp_qconn_peer(ph->wc->qc),
                                                text),
                       sizeof(sg.u.reflect_response.observed));

    (void) ngx_wzp_conn_signal(ph->wc->qc, &sg, 0);
}


/* Where somebody is, is told to those who have proved who they are; a few at a
 * time, since other relays may have to be asked, and all share these questions.
 */
static void
ngx_wzp_phone_route(ngx_wzp_phone_t *ph, const wzp_route_query_t *rq)
{
    ngx_wzp_phone_question_t  *pq;

    if (!ph->verified || ph->asking >= NGX_WZP_PHONE_QUESTIONS
        || !wzp_bucket_take(&ph->questions, ngx_wzp_worker->now_ns))
    {
        return;
    }

    pq = ngx_alloc(sizeof(ngx_wzp_phone_question_t), ngx_cycle->log);
    if (pq == NULL) {
        return;
    }

    pq->hub = ph->hub;
    ngx_memcpy(pq->fp, ph->fp, WZP_FP_SIZE);
    pq->number = ph->number;
    pq->id = rq->id;
    ph->asking++;

    if (ngx_wzp_presence_ask(ph->hub, rq->fp, 0, ngx_wzp_phone_routed, pq)
        == NULL)
    {
        ph->asking--;
        ngx_free(pq);
    }
}


static void
ngx_wzp_phone_routed(void *ctx, const wzp_route_response_t *rr)
{
    wzp_signal_t               sg;
    ngx_wzp_phone_t           *ph;
    ngx_wzp_phone_question_t  *pq = ctx;

    ph = ngx_wzp_phone_by_number(pq->hub, pq->fp, pq->number);

    if (ph != NULL) {
        ph->asking--;

        ngx_memzero(&sg, sizeof(sg));
        sg.type = WZP_SIG_ROUTE_RESPONSE;
        sg.u.route_response = *rr;
        sg.u.route_response.id = pq->id;

        (void) ngx_wzp_conn_signal(ph->wc->qc, &sg, 0);
    }

    ngx_free(pq);
}


/* ---- time ---- */

void
ngx_wzp_phone_leave(ngx_wzp_hub_t *hub)
{
    ngx_queue_t      *q, *next;
    ngx_wzp_phone_t  *ph;

    for (q = ngx_queue_head(&hub->phones);
         q != ngx_queue_sentinel(&hub->phones);
         q = next)
    {
        next = ngx_queue_next(q);
        ph = ngx_queue_data(q, ngx_wzp_phone_t, queue);

        if (ph->wc->state != NGX_WZP_CONN_CLOSING) {
            ngx_wzp_conn_close(ph->wc, WZP_CLOSE_GOING_AWAY);
        }
    }
}


wzp_close_t
ngx_wzp_phone_may_join(ngx_wzp_conn_t *wc)
{
    bool             may;
    ngx_wzp_zone_t  *zn;

    zn = ngx_wzp_worker->zone;

    ngx_wzp_zone_lock(zn);

    may = wzp_calls_may_join((wzp_calls_t *) ((u_char *) zn->hdr
                                              + zn->hdr->off_calls),
                             wc->relay->conf->id,
                             wc->sni->name + sizeof(WZP_CALL_ROOM) - 1,
                             wc->fp);

    ngx_wzp_zone_unlock(zn);

    if (!may) {
        return WZP_CLOSE_FORBIDDEN;
    }

    /* a bare offer can be a replay of what another relay heard */

    return wc->verified || wc->relay->conf->signal_unverified
           ? WZP_CLOSE_NORMAL : WZP_CLOSE_BINDING;
}
