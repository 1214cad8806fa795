/*
 * Direct calls: signals of people and links, and what has to be said.
 * Bridges for media are in ngx_wzp_call_bridge.c.
 */

#include "core/ngx_wzp_call.h"

#include "core/ngx_wzp_call_int.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_session.h"


#define NGX_WZP_CALL_TTL        8       /* hops of an envelope               */
#define NGX_WZP_CALL_SIGNAL     8192    /* bytes in it                       */


static void ngx_wzp_call_count(ngx_wzp_hub_t *hub, const wzp_signal_t *sg,
    wzp_call_verdict_t verdict);
static void ngx_wzp_call_from(wzp_call_from_t *from, ngx_wzp_phone_t *ph);
static void ngx_wzp_call_hush(ngx_wzp_phone_t *ph, const char *id);
static void ngx_wzp_call_say_hangup(ngx_wzp_phone_t *ph, const char *id,
    wzp_hangup_t reason);
static void ngx_wzp_call_offer(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len);
static void ngx_wzp_call_routed(void *ctx, const wzp_route_response_t *rr);
static void ngx_wzp_call_place(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len, const wzp_call_target_t *target);
static ngx_wzp_link_t *ngx_wzp_call_existing(ngx_wzp_hub_t *hub);
static void ngx_wzp_call_here(ngx_wzp_link_t *ln,
    const wzp_federated_signal_t *fs, const wzp_signal_t *sg);
static ngx_uint_t ngx_wzp_call_is_behind(ngx_wzp_link_t *ln,
    const wzp_federated_signal_t *fs);
static ngx_uint_t ngx_wzp_call_onward(ngx_wzp_link_t *ln,
    const wzp_federated_signal_t *fs, const wzp_signal_t *sg);
static ngx_int_t ngx_wzp_call_parties(ngx_wzp_hub_t *hub,
    const wzp_federated_signal_t *fs, const wzp_direct_offer_t *offer,
    wzp_call_from_t *from, wzp_call_target_t *target);
static void ngx_wzp_call_far(ngx_wzp_link_t *ln,
    const wzp_federated_signal_t *fs, const char *id, ngx_uint_t create);
static void ngx_wzp_call_passed(ngx_wzp_hub_t *hub, ngx_wzp_span_t *sp,
    const wzp_signal_t *sg);
static const char *ngx_wzp_call_id(const wzp_signal_t *sg);
static void ngx_wzp_call_ring(ngx_wzp_hub_t *hub,
    const wzp_call_action_t *ac, const uint8_t *data, size_t len);
static void ngx_wzp_call_wrap(ngx_wzp_hub_t *hub,
    const wzp_call_action_t *ac, const uint8_t *data, size_t len);


/* Large, and used by one worker at a time. */
wzp_call_out_t  ngx_wzp_call_out;


void
ngx_wzp_call_room(char room[WZP_ROOM_NAME_MAX + 1], const char *id)
{
    u_char  *p;

    p = ngx_snprintf((u_char *) room, WZP_ROOM_NAME_MAX, WZP_CALL_ROOM "%s",
                     id);
    *p = '\0';

    ngx_strlow((u_char *) room, (u_char *) room, p - (u_char *) room);
}


/* ---- from people ---- */

void
ngx_wzp_call_signal(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len)
{
    ngx_wzp_hub_t       *hub;
    wzp_call_out_t      *out;
    wzp_call_from_t      from;
    wzp_call_verdict_t   verdict;

    hub = ph->hub;
    out = &ngx_wzp_call_out;

    if (sg->type == WZP_SIG_DIRECT_CALL_OFFER) {
        ngx_wzp_call_offer(ph, sg, data, len);
        return;
    }

    ngx_wzp_call_from(&from, ph);

    do {
        out->n = 0;
        out->more = false;
        verdict = WZP_CALL_UNKNOWN;

        ngx_wzp_call_lock(hub);

        if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
            verdict = wzp_calls_answer(hub->calls, &from,
                                       &sg->u.direct_answer, hub->addr,
                                       ngx_wzp_worker->now_ns, out);

        } else if (sg->type == WZP_SIG_HANGUP) {
            verdict = wzp_calls_hangup(hub->calls, &from,
                                       sg->u.hangup.call_id,
                                       sg->u.hangup.reason,
                                       ngx_wzp_worker->now_ns, out);

        } else if (sg->type == WZP_SIG_MEDIA_PATH_REPORT) {
            (void) wzp_calls_media_path(hub->calls, &from,
                                        sg->u.media_path.call_id, out);
        }

        ngx_wzp_call_unlock(hub);

        ngx_wzp_call_count(hub, sg, verdict);
        ngx_wzp_call_run(hub, out, data, len);

    } while (out->more);

    if (verdict != WZP_CALL_OK) {
        return;
    }

    if (sg->type == WZP_SIG_HANGUP) {
        ngx_wzp_call_hush(ph, sg->u.hangup.call_id);

    } else if (sg->u.direct_answer.mode == WZP_ACCEPT_REJECT) {
        ngx_wzp_call_hush(ph, sg->u.direct_answer.call_id);

    } else {
        ngx_wzp_call_answered(hub, sg->u.direct_answer.call_id);
    }
}


/* What became of an offer, or of a call by its answer. */
static void
ngx_wzp_call_count(ngx_wzp_hub_t *hub, const wzp_signal_t *sg,
    wzp_call_verdict_t verdict)
{
    ngx_uint_t  what;

    if (sg->type == WZP_SIG_DIRECT_CALL_OFFER) {
        what = verdict == WZP_CALL_OK ? NGX_WZP_STAT_CALLS_OFFERED
                                      : NGX_WZP_STAT_CALLS_REFUSED;

    } else if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER
               && verdict == WZP_CALL_OK)
    {
        what = sg->u.direct_answer.mode == WZP_ACCEPT_REJECT
               ? NGX_WZP_STAT_CALLS_REJECTED : NGX_WZP_STAT_CALLS_ANSWERED;

    } else {
        return;
    }

    ngx_wzp_count(hub->relay->stat, what, 1);
}


static void
ngx_wzp_call_from(wzp_call_from_t *from, ngx_wzp_phone_t *ph)
{
    ngx_memzero(from, sizeof(wzp_call_from_t));

    from->relay = ph->hub->relay->conf->id;
    ngx_memcpy(from->who.fp, ph->fp, WZP_FP_SIZE);
    from->named = true;
}


/* What one phone of somebody has ended, must not ring on at the others.  (That
 * one has answered, they hear by CallSetup.) */
static void
ngx_wzp_call_hush(ngx_wzp_phone_t *ph, const char *id)
{
    ngx_wzp_phone_t  *other;

    for (other = ngx_wzp_phone_next(ph->hub, ph->fp, NULL);
         other != NULL && id[0] != '\0';
         other = ngx_wzp_phone_next(ph->hub, ph->fp, other))
    {
        if (other != ph) {
            ngx_wzp_call_say_hangup(other, id, WZP_HANGUP_NORMAL);
        }
    }
}


static void
ngx_wzp_call_say_hangup(ngx_wzp_phone_t *ph, const char *id,
    wzp_hangup_t reason)
{
    wzp_signal_t  sg;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_HANGUP;
    sg.u.hangup.reason = reason;
    (void) ngx_cpystrn((u_char *) sg.u.hangup.call_id, (u_char *) id,
                       sizeof(sg.u.hangup.call_id));

    (void) ngx_wzp_conn_signal(ph->wc->qc, &sg, 0);
}


/* Where is who is called?  That may take a moment. */
static void
ngx_wzp_call_offer(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len)
{
    uint8_t             fp[WZP_FP_SIZE];
    ngx_wzp_hub_t      *hub;
    wzp_call_target_t   target;
    ngx_wzp_waiting_t  *of;

    hub = ph->hub;
    ngx_memzero(&target, sizeof(target));
    target.ring_ns = hub->relay->conf->ring_timeout * WZP_MS;

    if (!wzp_bucket_take(&ph->offers, ngx_wzp_worker->now_ns)) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_wzp_conn_log(ph->wc), 0,
                            "call not placed: too many at once");
        ngx_wzp_call_say_hangup(ph, sg->u.direct_offer.call_id,
                                WZP_HANGUP_ERROR);
        return;
    }

    if (wzp_fp_parse(fp, sg->u.direct_offer.target,
                     ngx_strlen(sg->u.direct_offer.target))
        != WZP_OK
        || ngx_wzp_phone_find(hub, fp) != NULL)
    {
        target.known = true;
        ngx_wzp_call_place(ph, sg, data, len, &target);
        return;
    }

    of = ngx_alloc(sizeof(ngx_wzp_waiting_t) + len, ngx_cycle->log);
    if (of == NULL) {
        ngx_wzp_call_say_hangup(ph, sg->u.direct_offer.call_id,
                                WZP_HANGUP_ERROR);
        return;
    }

    of->hub = hub;
    of->number = ph->number;
    of->question = NULL;
    of->len = len;
    ngx_memcpy(of->caller, ph->fp, WZP_FP_SIZE);
    ngx_memcpy(of->target, fp, WZP_FP_SIZE);
    ngx_memcpy(of->data, data, len);

    ngx_queue_insert_tail(&hub->offers, &of->queue);

    /* who is in a room here, may be registered elsewhere */

    if (ngx_wzp_presence_ask(hub, of->target, 1, ngx_wzp_call_routed, of)
        == NULL)
    {
        ngx_queue_remove(&of->queue);
        ngx_wzp_call_place(ph, sg, data, len, &target);
        ngx_free(of);
    }
}


static void
ngx_wzp_call_routed(void *ctx, const wzp_route_response_t *rr)
{
    ngx_int_t              bit;
    wzp_signal_t           sg;
    ngx_wzp_hub_t         *hub;
    ngx_wzp_link_t        *ln;
    ngx_wzp_phone_t       *ph;
    wzp_call_target_t      target;
    ngx_wzp_waiting_t     *of = ctx;

    hub = of->hub;
    ln = NULL;

    ngx_queue_remove(&of->queue);
    ngx_memzero(&target, sizeof(target));
    target.ring_ns = hub->relay->conf->ring_timeout * WZP_MS;

    if (ngx_wzp_phone_find(hub, of->target) != NULL) {
        target.known = true;            /* came while we asked */

    } else {
        bit = ngx_wzp_presence_next(hub, of->target, -1);

        ln = bit >= 0 && (ngx_uint_t) bit < hub->nlinks ? &hub->links[bit]
                                                        : NULL;
        if (ln == NULL || ln->best == NULL) {
            ln = ngx_wzp_call_existing(hub);
        }
    }

    if (ln != NULL) {
        target.known = true;
        target.link = ln->id;
        target.existing = !ln->ours;
    }

    ph = ngx_wzp_phone_by_number(hub, of->caller, of->number);

    if (ph != NULL && wzp_signal_parse(&sg, of->data, of->len) == WZP_OK) {
        ngx_wzp_call_place(ph, &sg, of->data, of->len, &target);
        wzp_signal_done(&sg);
    }

    ngx_free(of);
}


/* Nobody of ours knows the person: an existing relay may, and can only be
 * asked by calling. */
static ngx_wzp_link_t *
ngx_wzp_call_existing(ngx_wzp_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < hub->nlinks; i++) {
        if (hub->links[i].best != NULL && !hub->links[i].ours) {
            return &hub->links[i];
        }
    }

    return NULL;
}


static void
ngx_wzp_call_place(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len, const wzp_call_target_t *target)
{
    ngx_wzp_hub_t        *hub;
    wzp_call_out_t       *out;
    ngx_wzp_span_t       *sp;
    wzp_call_from_t       from;
    wzp_call_verdict_t    verdict;

    hub = ph->hub;
    out = &ngx_wzp_call_out;
    sp = ngx_wzp_call_span(hub, sg->u.direct_offer.call_id, 0);

    /* an id that others use through us, or what no envelope can hold */

    if ((sp != NULL && sp->link2 != 0)
        || (target->link != 0 && len > NGX_WZP_CALL_SIGNAL))
    {
        ngx_wzp_call_say_hangup(ph, sg->u.direct_offer.call_id,
                                WZP_HANGUP_ERROR);
        return;
    }

    ngx_wzp_call_from(&from, ph);

    ngx_wzp_call_lock(hub);

    verdict = wzp_calls_offer(hub->calls, &from, &sg->u.direct_offer, target,
                              ngx_wzp_worker->now_ns, out);

    ngx_wzp_call_unlock(hub);

    ngx_wzp_call_count(hub, sg, verdict);

    if (verdict == WZP_CALL_OK && target->link != 0) {
        sp = ngx_wzp_call_span(hub, sg->u.direct_offer.call_id, 1);

        if (sp != NULL) {
            sp->link = target->link;
        }
    }

    if (verdict != WZP_CALL_OK) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_wzp_conn_log(ph->wc), 0, "call not placed: %s",
                            wzp_call_verdict_name(verdict));
    }

    ngx_wzp_call_run(hub, out, data, len);
}


/* ---- from links ---- */

void
ngx_wzp_call_envelope(ngx_wzp_link_t *ln, const wzp_federated_signal_t *fs)
{
    uint8_t         fp[WZP_CERT_FP_SIZE];
    wzp_signal_t    sg;
    ngx_wzp_hub_t  *hub;

    hub = ln->hub;

    if (!wzp_bucket_take(&ln->envelopes, ngx_wzp_worker->now_ns)
        || wzp_cert_fp_parse(fp, fs->origin_relay_fp,
                             ngx_strlen(fs->origin_relay_fp))
           != WZP_OK
        || ngx_memcmp(fp, hub->relay->conf->cert_fp, sizeof(fp)) == 0)
    {
        return;
    }

    /* an existing relay speaks for itself only */

    if (!ln->ours && ngx_memcmp(fp, ln->conf->fp, sizeof(fp)) != 0) {
        return;
    }

    if (wzp_signal_parse(&sg, fs->inner, fs->inner_len) != WZP_OK) {
        return;
    }

    if (ngx_wzp_call_is_behind(ln, fs) && !ngx_wzp_call_onward(ln, fs, &sg)) {
        ngx_wzp_call_here(ln, fs, &sg);
    }

    wzp_signal_done(&sg);
}


/* Can what the source says come by this link?  It cannot, if we know where the
 * source is, and that is elsewhere. */
static ngx_uint_t
ngx_wzp_call_is_behind(ngx_wzp_link_t *ln, const wzp_federated_signal_t *fs)
{
    size_t          i, n;
    unsigned        peers[WZP_FED_PEERS];
    ngx_wzp_hub_t  *hub;

    hub = ln->hub;

    if (!ln->ours || !fs->has_source) {
        return 1;
    }

    n = wzp_gossip_find(hub->gossip, fs->source, peers, WZP_FED_PEERS);

    for (i = 0; i < ngx_min(n, WZP_FED_PEERS); i++) {
        if (peers[i] == ln->bit) {
            return 1;
        }
    }

    return n == 0 && ngx_wzp_phone_find(hub, fs->source) == NULL;
}


/* For people at another relay: pass it on.  Returns 0 if it is for us. */
static ngx_uint_t
ngx_wzp_call_onward(ngx_wzp_link_t *ln, const wzp_federated_signal_t *fs,
    const wzp_signal_t *sg)
{
    bool              mine;
    ngx_int_t         bit;
    wzp_call_t        call;
    const char       *id;
    wzp_signal_t      on;
    ngx_wzp_hub_t    *hub;
    ngx_wzp_link_t   *to;
    ngx_wzp_span_t   *sp;

    hub = ln->hub;
    id = ngx_wzp_call_id(sg);

    if (!ln->ours || !fs->has_target || id == NULL) {
        return 0;
    }

    ngx_wzp_call_lock(hub);
    mine = wzp_calls_find(hub->calls, hub->relay->conf->id, id, &call);
    ngx_wzp_call_unlock(hub);

    if (mine || ngx_wzp_phone_find(hub, fs->target) != NULL) {
        return 0;
    }

    sp = ngx_wzp_call_span(hub, id, 0);
    to = NULL;

    if (sp != NULL && sp->link2 != 0 && sp->link == ln->id) {
        to = ngx_wzp_link_by_id(hub, sp->link2);

    } else if (sp != NULL && sp->link2 == ln->id) {
        to = ngx_wzp_link_by_id(hub, sp->link);

    } else if (sp == NULL) {

        /* an offer; or we have been restarted since */

        bit = ngx_wzp_presence_next(hub, fs->target, (ngx_int_t) ln->bit);
        to = bit >= 0 && (ngx_uint_t) bit < hub->nlinks ? &hub->links[bit]
                                                        : NULL;
    }

    if (to == NULL || to->best == NULL || !to->ours || to == ln
        || fs->ttl <= 1)
    {
        return 0;               /* which says that there is nobody */
    }

    if (sp == NULL && (sp = ngx_wzp_call_via(ln, to, id)) == NULL) {
        return 0;
    }

    ngx_wzp_call_passed(hub, sp, sg);

    ngx_memzero(&on, sizeof(on));
    on.type = WZP_SIG_FEDERATED_SIGNAL_FORWARD;
    on.u.federated_signal = *fs;
    on.u.federated_signal.ttl--;

    (void) ngx_wzp_link_signal(to, &on);

    return 1;
}


/* What ends a call, ends the memory of its way. */
static void
ngx_wzp_call_passed(ngx_wzp_hub_t *hub, ngx_wzp_span_t *sp,
    const wzp_signal_t *sg)
{
    sp->used_ns = ngx_wzp_worker->now_ns;

    if (sg->type == WZP_SIG_HANGUP
        || (sg->type == WZP_SIG_DIRECT_CALL_ANSWER
            && sg->u.direct_answer.mode == WZP_ACCEPT_REJECT))
    {
        ngx_wzp_call_free(hub, sp);

    } else if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
        sp->answered = 1;
    }
}


static const char *
ngx_wzp_call_id(const wzp_signal_t *sg)
{
    if (sg->type == WZP_SIG_DIRECT_CALL_OFFER) {
        return sg->u.direct_offer.call_id;
    }

    if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
        return sg->u.direct_answer.call_id;
    }

    if (sg->type == WZP_SIG_CALL_RINGING) {
        return sg->u.call_ringing.call_id;
    }

    if (sg->type == WZP_SIG_HANGUP) {
        return sg->u.hangup.call_id;
    }

    return sg->type == WZP_SIG_MEDIA_PATH_REPORT ? sg->u.media_path.call_id
                                                 : NULL;
}


/* About a call of our people. */
static void
ngx_wzp_call_here(ngx_wzp_link_t *ln, const wzp_federated_signal_t *fs,
    const wzp_signal_t *sg)
{
    const char         *id;
    ngx_wzp_hub_t      *hub;
    wzp_call_out_t     *out;
    wzp_call_from_t     from;
    wzp_call_target_t   target;
    wzp_call_verdict_t  verdict;

    hub = ln->hub;
    out = &ngx_wzp_call_out;
    id = ngx_wzp_call_id(sg);

    if (id == NULL) {
        return;
    }

    ngx_memzero(&from, sizeof(from));
    from.relay = hub->relay->conf->id;
    from.who.link = ln->id;
    from.named = fs->has_source;
    ngx_memcpy(from.who.fp, fs->source, WZP_FP_SIZE);

    out->n = 0;
    out->more = false;
    verdict = WZP_CALL_UNKNOWN;

    if (sg->type == WZP_SIG_DIRECT_CALL_OFFER
        && ngx_wzp_call_parties(hub, fs, &sg->u.direct_offer, &from, &target)
           != NGX_OK)
    {
        return;
    }

    ngx_wzp_call_lock(hub);

    if (sg->type == WZP_SIG_DIRECT_CALL_OFFER) {
        verdict = wzp_calls_offer(hub->calls, &from, &sg->u.direct_offer,
                                  &target, ngx_wzp_worker->now_ns, out);

    } else if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
        verdict = wzp_calls_answer(hub->calls, &from, &sg->u.direct_answer,
                                   hub->addr, ngx_wzp_worker->now_ns, out);

    } else if (sg->type == WZP_SIG_CALL_RINGING) {
        (void) wzp_calls_ringing(hub->calls, &from, id, out);

    } else if (sg->type == WZP_SIG_HANGUP) {
        (void) wzp_calls_hangup(hub->calls, &from, id, sg->u.hangup.reason,
                                ngx_wzp_worker->now_ns, out);

    } else if (sg->type == WZP_SIG_MEDIA_PATH_REPORT) {
        (void) wzp_calls_media_path(hub->calls, &from, id, out);
    }

    ngx_wzp_call_unlock(hub);

    ngx_wzp_call_count(hub, sg, verdict);

    if (verdict == WZP_CALL_OK) {
        ngx_wzp_call_far(ln, fs, id, sg->type == WZP_SIG_DIRECT_CALL_OFFER);
    }

    ngx_wzp_call_run(hub, out, fs->inner, fs->inner_len);

    if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
        ngx_wzp_call_answered(hub, id);
    }
}


/* Who calls whom?  NGX_DECLINED: it is not from who it says. */
static ngx_int_t
ngx_wzp_call_parties(ngx_wzp_hub_t *hub, const wzp_federated_signal_t *fs,
    const wzp_direct_offer_t *offer, wzp_call_from_t *from,
    wzp_call_target_t *target)
{
    uint8_t  fp[WZP_FP_SIZE];

    ngx_memzero(target, sizeof(wzp_call_target_t));
    target->ring_ns = hub->relay->conf->ring_timeout * WZP_MS;

    if (wzp_fp_parse(fp, offer->caller, ngx_strlen(offer->caller)) != WZP_OK
        || (fs->has_source && ngx_memcmp(fp, fs->source, WZP_FP_SIZE) != 0))
    {
        return NGX_DECLINED;
    }

    from->named = true;
    ngx_memcpy(from->who.fp, fp, WZP_FP_SIZE);

    if (wzp_fp_parse(fp, offer->target, ngx_strlen(offer->target)) == WZP_OK) {
        target->known = ngx_wzp_phone_find(hub, fp) != NULL;
    }

    return NGX_OK;
}


/* The relay at the other end is where the envelope was written. */
static void
ngx_wzp_call_far(ngx_wzp_link_t *ln, const wzp_federated_signal_t *fs,
    const char *id, ngx_uint_t create)
{
    uint8_t          fp[WZP_CERT_FP_SIZE];
    ngx_wzp_hub_t   *hub;
    ngx_wzp_span_t  *sp;

    hub = ln->hub;
    sp = ngx_wzp_call_span(hub, id, create);

    if (sp != NULL && sp->link == 0) {
        sp->link = ln->id;
    }

    if (wzp_cert_fp_parse(fp, fs->origin_relay_fp,
                          ngx_strlen(fs->origin_relay_fp))
        == WZP_OK)
    {
        ngx_wzp_call_lock(hub);
        wzp_calls_set_far(hub->calls, hub->relay->conf->id, id,
                          wzp_relay_id(fp));
        ngx_wzp_call_unlock(hub);
    }
}


/* ---- what has to be said ---- */

void
ngx_wzp_call_run(ngx_wzp_hub_t *hub, const wzp_call_out_t *out,
    const uint8_t *data, size_t len)
{
    size_t  i;

    for (i = 0; i < out->n; i++) {
        if (out->actions[i].to.link == 0) {
            ngx_wzp_call_ring(hub, &out->actions[i], data, len);

        } else {
            ngx_wzp_call_wrap(hub, &out->actions[i], data, len);
        }
    }
}


/* To somebody here, wherever he is registered. */
static void
ngx_wzp_call_ring(ngx_wzp_hub_t *hub, const wzp_call_action_t *ac,
    const uint8_t *data, size_t len)
{
    char              text[WZP_ADDR_TEXT_MAX];
    wzp_qbuf_t       *qb;
    wzp_signal_t      sg;
    ngx_wzp_phone_t  *ph;

    for (ph = ngx_wzp_phone_next(hub, ac->to.fp, NULL);
         ph != NULL;
         ph = ngx_wzp_phone_next(hub, ac->to.fp, ph))
    {
        if (ac->forward) {
            qb = wzp_qbuf_message(data, len);

            if (qb != NULL) {
                (void) !wzp_qconn_message(ph->wc->qc, qb, 0);
                wzp_qbuf_unref(qb);
            }

            continue;
        }

        sg = ac->signal;

        /* on a wildcard socket, the address by which he has come is better */

        if (sg.type == WZP_SIG_CALL_SETUP && hub->relay->conf->wildcard) {
            (void) ngx_cpystrn((u_char *) sg.u.call_setup.relay_addr,
                (u_char *) wzp_addr_text(wzp_qconn_local(ph->wc->qc), text),
                sizeof(sg.u.call_setup.relay_addr));
        }

        (void) ngx_wzp_conn_signal(ph->wc->qc, &sg, 0);
    }
}


/* To somebody behind a link. */
static void
ngx_wzp_call_wrap(ngx_wzp_hub_t *hub, const wzp_call_action_t *ac,
    const uint8_t *data, size_t len)
{
    uint8_t                  buf[NGX_WZP_CALL_SIGNAL];
    wzp_signal_t             sg;
    ngx_wzp_link_t          *ln;
    wzp_federated_signal_t  *fs;

    ln = ngx_wzp_link_by_id(hub, ac->to.link);

    if (ln == NULL || ln->best == NULL) {
        return;
    }

    ngx_memcpy(buf, data, ngx_min(len, sizeof(buf)));

    if (!ac->forward
        && wzp_signal_encode(&ac->signal, buf, sizeof(buf), &len) != WZP_OK)
    {
        return;
    }

    if (len > sizeof(buf)) {
        return;                 /* no signal of a call is so long */
    }

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_FEDERATED_SIGNAL_FORWARD;

    fs = &sg.u.federated_signal;
    fs->inner = buf;
    fs->inner_len = len;
    wzp_cert_fp_text(fs->origin_relay_fp, hub->relay->conf->cert_fp);

    if (ln->ours) {
        fs->has_target = true;
        ngx_memcpy(fs->target, ac->to.fp, WZP_FP_SIZE);
        fs->has_source = true;
        ngx_memcpy(fs->source, ac->source, WZP_FP_SIZE);
        fs->ttl = NGX_WZP_CALL_TTL;
    }

    (void) ngx_wzp_link_signal(ln, &sg);
}
