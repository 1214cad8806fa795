/*
 * Signals of clients: the call offer, and what members say later.
 */

#include "core/ngx_wzp_signal.h"

#include "core/ngx_wzp_phone.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_session.h"
#include "core/ngx_wzp_watch.h"
#include "wzp/wzp_hs.h"
#include "wzp/wzp_resume.h"


static void ngx_wzp_signal_offer(ngx_wzp_conn_t *wc,
    const wzp_call_offer_t *of);
static wzp_close_t ngx_wzp_signal_admit(ngx_wzp_conn_t *wc,
    const wzp_call_offer_t *of, const uint8_t *exporter);
static ngx_int_t ngx_wzp_signal_answer(ngx_wzp_conn_t *wc,
    const wzp_call_offer_t *of, const uint8_t *exporter);
static void ngx_wzp_signal_member(ngx_wzp_conn_t *wc, const wzp_signal_t *sg);
static void ngx_wzp_signal_pong(ngx_wzp_conn_t *wc, uint64_t timestamp_ms);


void
ngx_wzp_signal_handle(ngx_wzp_conn_t *wc, const uint8_t *data, size_t len)
{
    wzp_rc_t      rc;
    wzp_signal_t  sg;

    rc = wzp_signal_parse(&sg, data, len);

    if (rc != WZP_OK) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_wzp_conn_log(wc), 0,
                            rc == WZP_EUNKNOWN ? "unknown signal ignored"
                                               : "malformed signal");

        if (rc != WZP_EUNKNOWN && wc->state == NGX_WZP_CONN_OFFER) {
            ngx_wzp_conn_close(wc, WZP_CLOSE_PROTOCOL);
        }

        return;
    }

    if (wc->state == NGX_WZP_CONN_JOINED) {
        ngx_wzp_signal_member(wc, &sg);

    } else if (wc->state == NGX_WZP_CONN_OFFER) {

        if (sg.type == WZP_SIG_CALL_OFFER) {
            ngx_wzp_signal_offer(wc, &sg.u.call_offer);

        } else if (sg.type != WZP_SIG_AUTH_TOKEN) {

            /* a token is for relays with auth; here it harms nobody (F32) */

            ngx_wzp_conn_close(wc, WZP_CLOSE_PROTOCOL);
        }
    }

    wzp_signal_done(&sg);
}


static void
ngx_wzp_signal_offer(ngx_wzp_conn_t *wc, const wzp_call_offer_t *of)
{
    uint8_t              exporter[WZP_EXPORTER_SIZE];
    uint16_t             resume;
    uint64_t             started;
    wzp_close_t          why;
    ngx_wzp_conn_t      *old;

    if (wzp_qconn_exporter(wc->qc, exporter) != WZP_OK) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    started = ngx_wzp_now();
    why = ngx_wzp_signal_admit(wc, of, exporter);

    ngx_wzp_count(wc->relay->stat, why == WZP_CLOSE_NORMAL
                                   ? NGX_WZP_STAT_AUTH_OK
                                   : NGX_WZP_STAT_AUTH_FAIL, 1);

    if (why != WZP_CLOSE_NORMAL) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                            ngx_wzp_conn_log(wc), 0,
                            "join of room \"%s\" refused: %s", wc->sni->name,
                            wzp_close_phrase(why));
        ngx_wzp_watch_refused(wc, why);
        ngx_wzp_conn_close(wc, why);
        return;
    }

    resume = 0;

    if (of->has_resume
        && wzp_resume_check(&resume, of->resume, wc->relay->conf->secret,
                            wc->fp, wc->sni->key)
           != WZP_OK)
    {
        resume = 0;             /* of another room or relay: a plain join */
    }

    why = ngx_wzp_room_join(wc, resume, &old);

    if (why != WZP_CLOSE_NORMAL) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_FULL, NGX_LOG_WARN,
                            ngx_wzp_conn_log(wc), 0,
                            "join of room \"%s\" refused: %s", wc->sni->name,
                            wzp_close_phrase(why));
        ngx_wzp_watch_refused(wc, why);
        ngx_wzp_conn_close(wc, why);
        return;
    }

    if (wc->deadline.timer_set) {
        ngx_del_timer(&wc->deadline);
    }

    wc->state = NGX_WZP_CONN_JOINED;

    if (old != NULL) {
        ngx_wzp_conn_close(old, WZP_CLOSE_REPLACED);
    }

    if (ngx_wzp_signal_answer(wc, of, exporter) != NGX_OK) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    ngx_wzp_stat_observe(wc->relay->stat, NGX_WZP_HIST_HANDSHAKE,
                         ngx_wzp_now() - started, 1);
}


/* Who is it, and may he? */
static wzp_close_t
ngx_wzp_signal_admit(ngx_wzp_conn_t *wc, const wzp_call_offer_t *of,
    const uint8_t *exporter)
{
    bool                   verified;
    ngx_uint_t             i, n;
    uint8_t               *fp;
    ngx_wzp_room_conf_t   *rf;
    ngx_wzp_relay_conf_t  *conf;

    conf = wc->relay->conf;

    if (wzp_hs_check_offer(of, exporter, &verified) != WZP_OK) {
        return WZP_CLOSE_AUTH;
    }

    wzp_fp_of_key(wc->fp, of->identity_pub);
    ngx_cpystrn((u_char *) wc->alias, (u_char *) of->alias,
                sizeof(wc->alias));
    wc->has_fp = 1;
    wc->verified = verified;

    if (conf->binding == NGX_WZP_BINDING_REQUIRED && !verified) {
        return WZP_CLOSE_BINDING;
    }

    if (wc->sni->role == WZP_SNI_CALL) {
        return ngx_wzp_phone_may_join(wc);
    }

    if (conf->rooms == NULL) {
        return WZP_CLOSE_NORMAL;
    }

    rf = conf->rooms->elts;
    n = conf->rooms->nelts;

    for (i = 0; i < n; i++) {
        if (ngx_memcmp(rf[i].key, wc->sni->key, WZP_ROOM_KEY_SIZE) == 0) {
            break;
        }
    }

    if (i == n || rf[i].allow == NULL) {
        return WZP_CLOSE_NORMAL;
    }

    fp = rf[i].allow->elts;
    n = rf[i].allow->nelts;

    for (i = 0; i < n; i++, fp += WZP_FP_SIZE) {
        if (ngx_memcmp(fp, wc->fp, WZP_FP_SIZE) == 0) {

            /* a bare offer can be a replay of what another relay heard */

            return verified ? WZP_CLOSE_NORMAL : WZP_CLOSE_BINDING;
        }
    }

    return WZP_CLOSE_FORBIDDEN;
}


static ngx_int_t
ngx_wzp_signal_answer(ngx_wzp_conn_t *wc, const wzp_call_offer_t *of,
    const uint8_t *exporter)
{
    uint8_t             scalar[WZP_KEY_SIZE];
    wzp_signal_t        sg;
    wzp_call_answer_t  *an;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_CALL_ANSWER;
    an = &sg.u.call_answer;

    ngx_wzp_random(scalar, sizeof(scalar));

    wzp_hs_answer(an, &wc->relay->conf->ident, scalar,
                  of->extensions & WZP_EXT_BINDING ? exporter : NULL);

    an->chosen_profile = *wzp_hs_choose(of, wc->relay->conf->profile);

    /* to existing clients the answer looks as it always did */

    if (of->extensions != 0) {
        an->extensions = WZP_EXT_STREAM_ID|WZP_EXT_BINDING|WZP_EXT_RESUME
                         |WZP_EXT_STATE|WZP_EXT_COMPACT;
        wzp_compact_init(&wc->compact,
                         (of->extensions & WZP_EXT_COMPACT) != 0);
        an->stream_id = wc->stream_id;
        an->has_resume = true;
        wzp_resume_make(an->resume, wc->relay->conf->secret, wc->fp,
                        wc->sni->key, wc->stream_id);

    } else {
        an->extensions = 0;
        an->has_binding = false;
    }

    return ngx_wzp_conn_signal(wc->qc, &sg, 0);
}


static void
ngx_wzp_signal_member(ngx_wzp_conn_t *wc, const wzp_signal_t *sg)
{
    ngx_wzp_member_t  *mb;

    mb = wc->member;

    if (mb->room->watch & NGX_WZP_WATCH_TAP) {
        ngx_wzp_tap_said(mb, sg);
    }

    /* everything else is for others, or for nobody: read and forgotten */

    if (sg->type == WZP_SIG_HANGUP) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_NORMAL);

    } else if (sg->type == WZP_SIG_MUTE) {
        ngx_wzp_room_state(mb, 1, mb->held);

    } else if (sg->type == WZP_SIG_UNMUTE) {
        ngx_wzp_room_state(mb, 0, mb->held);

    } else if (sg->type == WZP_SIG_HOLD) {
        ngx_wzp_room_state(mb, mb->muted, 1);

    } else if (sg->type == WZP_SIG_UNHOLD) {
        ngx_wzp_room_state(mb, mb->muted, 0);

    } else if (sg->type == WZP_SIG_PING) {
        ngx_wzp_signal_pong(wc, sg->u.ping.timestamp_ms);
    }
}


static void
ngx_wzp_signal_pong(ngx_wzp_conn_t *wc, uint64_t timestamp_ms)
{
    wzp_signal_t  sg;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_PONG;
    sg.u.ping.timestamp_ms = timestamp_ms;

    (void) ngx_wzp_conn_signal(wc->qc, &sg, 0);
}
