/*
 * Signals on links.
 */

#include "core/ngx_wzp_link_signal.h"

#include "core/ngx_wzp_call.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_session.h"
#include "core/ngx_wzp_watch.h"


#define NGX_WZP_LINK_TOKEN      256     /* bytes that count as one signal    */


static ngx_uint_t ngx_wzp_link_younger(ngx_wzp_link_conn_t *lc);
static void ngx_wzp_link_first(ngx_wzp_link_conn_t *lc,
    const wzp_signal_t *sg);
static wzp_close_t ngx_wzp_link_claim(ngx_wzp_link_conn_t *lc,
    const wzp_federation_hello_t *fh);
static void ngx_wzp_link_later_hello(ngx_wzp_link_conn_t *lc,
    const wzp_federation_hello_t *fh);
static ngx_uint_t ngx_wzp_link_is_late(ngx_wzp_link_conn_t *lc,
    const wzp_federation_hello_t *fh);
static void ngx_wzp_link_take(ngx_wzp_link_conn_t *lc,
    const wzp_federation_hello_t *fh);
static void ngx_wzp_link_signal_in(ngx_wzp_link_conn_t *lc,
    const wzp_signal_t *sg);
static void ngx_wzp_link_room(ngx_wzp_link_conn_t *lc,
    const wzp_signal_t *sg);


void
ngx_wzp_link_ping(ngx_wzp_link_conn_t *lc)
{
    wzp_signal_t  sg;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_PING;
    sg.u.ping.timestamp_ms = ngx_wzp_worker->now_ns / WZP_MS;

    (void) ngx_wzp_conn_signal(lc->qc, &sg, 0);
}


void
ngx_wzp_link_tell(ngx_wzp_link_conn_t *lc)
{
    ngx_uint_t       again;
    ngx_wzp_link_t  *ln;

    ln = lc->link;

    if (!lc->ours && lc != ln->best) {
        return;                 /* one more; the link stays what it is */
    }

    /*
     * What the other end has told is in doubt when a younger process of it
     * begins to tell, until that has told all; the same one has forgotten
     * nothing, and an older one is not listened to.
     */
    again = lc->ours && !ngx_wzp_link_younger(lc);
    lc->told = 1;

    if (again) {
        wzp_fed_peer_tell(lc->hub->fed, (unsigned) ln->bit,
                          ngx_wzp_worker->now_ns);

    } else {
        wzp_fed_peer_up(lc->hub->fed, (unsigned) ln->bit, ln->id, lc->ours,
                        ln->label, ngx_wzp_worker->now_ns);
    }

    if (lc->ours) {
        ngx_wzp_presence_up(lc->hub, ln->bit, WZP_GOSSIP_OURS, ln->addr);
        ngx_wzp_link_say(lc);
    }
}


/* Is it with a younger process of the other end than all that are told? */
static ngx_uint_t
ngx_wzp_link_younger(ngx_wzp_link_conn_t *lc)
{
    ngx_queue_t          *q;
    ngx_wzp_link_conn_t  *other;

    for (q = ngx_queue_head(&lc->link->conns);
         q != ngx_queue_sentinel(&lc->link->conns);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

        if (other->told && other->epoch >= lc->epoch) {
            return 0;
        }
    }

    return 1;
}


ngx_uint_t
ngx_wzp_link_outdated(ngx_wzp_link_conn_t *lc)
{
    ngx_queue_t          *q;
    ngx_wzp_link_conn_t  *other;

    for (q = ngx_queue_head(&lc->link->conns);
         q != ngx_queue_sentinel(&lc->link->conns);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_wzp_link_conn_t, queue);

        if (lc->ours && other->told && other->epoch > lc->epoch) {
            return 1;
        }
    }

    return 0;
}


/*
 * That we have told all: when we are the hub, or have learned all that this
 * one is told, which is what the others know.  (Were two heirs to wait until
 * the other is the hub, both would wait in vain.)
 */
void
ngx_wzp_link_say(ngx_wzp_link_conn_t *lc)
{
    if (lc->ours && lc->told && !lc->said && lc->hub->lost_ns == 0
        && (lc->hub->ruling || ngx_wzp_link_synced(lc->hub, lc->link)))
    {
        lc->said = 1;
        ngx_wzp_hub_hello(lc->hub, lc->qc, 1, 0);
    }
}


void
ngx_wzp_link_signals(ngx_wzp_link_conn_t *lc, const uint8_t *data, size_t len)
{
    wzp_rc_t         rc;
    wzp_signal_t     sg;
    ngx_wzp_link_t  *ln;

    ln = lc->link;

    /* as long as it is nobody's, the limit of all connections holds */

    if (ln != NULL
        && !wzp_bucket_spend(&ln->signals,
                             1 + (uint32_t) len / NGX_WZP_LINK_TOKEN,
                             ngx_wzp_worker->now_ns))
    {
        ln->signals_dropped++;
        ngx_wzp_count(lc->hub->relay->stat, NGX_WZP_STAT_SIGNALS_DROPPED, 1);
        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_WARN,
                            ngx_cycle->log, 0,
                            "signal of %uz bytes from link \"%s\" dropped: it "
                            "says too much", len, ln->label);
        return;
    }

    rc = wzp_signal_parse(&sg, data, len);

    if (rc != WZP_OK) {

        /* whatever a younger relay says that we do not know: never fatal,
         * once we know who it is */

        ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_INFO,
                            ngx_cycle->log, 0,
                            "%s signal of %uz bytes from link \"%s\" skipped",
                            rc == WZP_EUNKNOWN ? "unknown" : "malformed", len,
                            ln != NULL ? ln->label : "?");

        if (!lc->ready && lc->wc != NULL) {
            ngx_wzp_link_close(lc, WZP_CLOSE_PROTOCOL);
        }

        return;
    }

    if (!lc->ready) {
        ngx_wzp_link_first(lc, &sg);

    } else {
        ln->signals_in++;
        ngx_wzp_link_signal_in(lc, &sg);
    }

    wzp_signal_done(&sg);
}


/* The first signal of a connection: who dialed has to say hello; who answers
 * says hello, if it is ours, or anything. */
static void
ngx_wzp_link_first(ngx_wzp_link_conn_t *lc, const wzp_signal_t *sg)
{
    wzp_close_t  why;

    if (sg->type == WZP_SIG_FEDERATION_HELLO) {
        why = ngx_wzp_link_claim(lc, &sg->u.federation_hello);

        if (why != WZP_CLOSE_NORMAL) {
            ngx_wzp_link_close(lc, why);
            return;
        }

        ngx_wzp_link_take(lc, &sg->u.federation_hello);

        if (lc->wc != NULL && lc->ours) {
            ngx_wzp_hub_hello(lc->hub, lc->qc, 0, 0);
        }

        ngx_wzp_link_ready(lc);
        ngx_wzp_link_later_hello(lc, &sg->u.federation_hello);
        return;
    }

    if (lc->wc != NULL) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                            ngx_wzp_conn_log(lc->wc), 0,
                            "relay refused: it said %s and not hello",
                            wzp_signal_name(sg->type));
        ngx_wzp_link_close(lc, WZP_CLOSE_PROTOCOL);
        return;
    }

    ngx_wzp_link_ready(lc);

    if (lc->ready) {
        ngx_wzp_link_signal_in(lc, sg);
    }
}


/* Is it who it says? */
static wzp_close_t
ngx_wzp_link_claim(ngx_wzp_link_conn_t *lc, const wzp_federation_hello_t *fh)
{
    uint8_t          fp[WZP_CERT_FP_SIZE];
    ngx_wzp_link_t  *ln;

    if (wzp_cert_fp_parse(fp, fh->tls_fingerprint,
                          ngx_strlen(fh->tls_fingerprint))
        != WZP_OK)
    {
        ngx_memzero(fp, sizeof(fp));

        if (!lc->proved) {
            return WZP_CLOSE_PROTOCOL;
        }
    }

    if (lc->proved) {

        if (ngx_memcmp(fp, lc->link->conf->fp, sizeof(fp)) != 0) {
            ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                                ngx_cycle->log, 0,
                                "relay \"%s\" refused: its hello names "
                                "another certificate than it has",
                                lc->link->label);
            return WZP_CLOSE_AUTH;
        }

        return WZP_CLOSE_NORMAL;
    }

    ln = ngx_wzp_link_find(lc->hub, fp);

    if (ln == NULL || ln->conf->verify != NGX_WZP_VERIFY_HELLO) {
        ngx_wzp_link_unknown(lc->wc, fp, 0);
        return WZP_CLOSE_STRANGER;
    }

    lc->link = ln;

    return WZP_CLOSE_NORMAL;
}


/* It comes again for as long as it is configured there: told seldom.  Who only
 * says who he is does not speak for the one who can prove it. */
void
ngx_wzp_link_unknown(ngx_wzp_conn_t *wc, const uint8_t *fp, ngx_uint_t proved)
{
    char         addr[WZP_ADDR_TEXT_MAX], text[WZP_CERT_FP_TEXT_LEN + 1];
    u_char       again[sizeof(" ( times since this was said)") + NGX_INT64_LEN];
    uint8_t      key[WZP_REPEAT_KEY];
    uint64_t     untold;
    const char  *why;

    key[0] = (uint8_t) proved;
    ngx_memcpy(&key[1], fp, WZP_CERT_FP_SIZE);

    if (!wzp_repeat_tell(&wc->relay->hub->unknown, key,
                         ngx_wzp_worker->now_ns, &untold))
    {
        return;
    }

    again[0] = '\0';

    if (untold != 0) {
        (void) ngx_sprintf(again, " (%uL times since this was said)%Z",
                           untold);
    }

    (void) wzp_addr_text(wzp_qconn_peer(wc->qc), addr);

    if (ngx_memcmp(fp, wc->relay->conf->cert_fp, WZP_CERT_FP_SIZE) == 0) {
        ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                            ngx_wzp_conn_log(wc), 0,
                            "relay %s refused: it is this relay itself, or "
                            "has the same certificate%s", addr, again);
        return;
    }

    wzp_cert_fp_text(text, fp);
    why = proved ? "not configured"
                 : "it shows no certificate, and is not configured with "
                   "verify=hello";

    ngx_wzp_log_limited(NGX_WZP_LIMIT_REFUSED, NGX_LOG_WARN,
                        ngx_wzp_conn_log(wc), 0,
                        "relay %s refused: %s%s; to admit it: "
                        "wzp_trusted fingerprint=%s%s;", addr, why, again,
                        text, proved ? "" : " verify=hello");
}


static void
ngx_wzp_link_take(ngx_wzp_link_conn_t *lc, const wzp_federation_hello_t *fh)
{
    if ((fh->extensions & WZP_EXT_LINK) == 0 || !lc->proved) {
        return;                 /* without proof it gets what anybody gets */
    }

    lc->ours = 1;
    lc->epoch = fh->epoch;

    if (fh->addr[0] != '\0') {
        (void) ngx_cpystrn((u_char *) lc->link->addr, (u_char *) fh->addr,
                           sizeof(lc->link->addr));
    }
}


static void
ngx_wzp_link_later_hello(ngx_wzp_link_conn_t *lc,
    const wzp_federation_hello_t *fh)
{
    if (!lc->ours && !ngx_wzp_link_is_late(lc, fh)) {
        return;
    }

    if (fh->sync && !lc->synced) {
        ngx_wzp_link_learned(lc);
    }

    if (fh->goaway && !lc->goaway) {
        ngx_wzp_link_moves(lc);
    }
}


/* The hello of one of ours that seemed to be an existing relay. */
static ngx_uint_t
ngx_wzp_link_is_late(ngx_wzp_link_conn_t *lc,
    const wzp_federation_hello_t *fh)
{
    if (!lc->ready || ngx_wzp_link_claim(lc, fh) != WZP_CLOSE_NORMAL) {
        return 0;
    }

    ngx_wzp_link_take(lc, fh);

    if (lc->ours) {
        lc->told = 0;           /* as to an existing relay */
        ngx_wzp_link_settle(lc);
    }

    return lc->ours;
}


ngx_uint_t
ngx_wzp_link_stranger(ngx_wzp_link_conn_t *lc)
{
    return !lc->proved && lc->link->best != NULL && lc->link->ours;
}


/* long: one case for each signal that relays send each other */
static void
ngx_wzp_link_signal_in(ngx_wzp_link_conn_t *lc, const wzp_signal_t *sg)
{
    wzp_signal_t     pong;
    ngx_wzp_hub_t   *hub;
    ngx_wzp_link_t  *ln;

    ln = lc->link;
    hub = lc->hub;

    if (lc->ours) {
        ngx_wzp_presence_alive(hub, ln->bit);
    }

    if (sg->type == WZP_SIG_PING) {
        pong = *sg;
        pong.type = WZP_SIG_PONG;
        (void) ngx_wzp_conn_signal(lc->qc, &pong, 0);

    } else if (ngx_wzp_link_stranger(lc)) {
        return;

    } else if (sg->type == WZP_SIG_FEDERATION_HELLO) {
        ngx_wzp_link_later_hello(lc, &sg->u.federation_hello);

    } else if (sg->type == WZP_SIG_GLOBAL_ROOM_ACTIVE
               || sg->type == WZP_SIG_GLOBAL_ROOM_INACTIVE)
    {
        ngx_wzp_link_room(lc, sg);

    } else if (sg->type == WZP_SIG_FEDERATED_SIGNAL_FORWARD) {
        ngx_wzp_call_envelope(ln, &sg->u.federated_signal);

    } else if (lc->ours) {
        ngx_wzp_presence_signal(hub, ln->bit, sg);
    }
}


static void
ngx_wzp_link_room(ngx_wzp_link_conn_t *lc, const wzp_signal_t *sg)
{
    wzp_rc_t    rc;
    ngx_uint_t  again;

    if (ngx_wzp_link_outdated(lc)) {
        return;
    }

    again = 0;
    ngx_wzp_watch_fed_signal(lc->link, "fed", sg);

    do {
        rc = wzp_fed_input(lc->hub->fed, (unsigned) lc->link->bit, sg,
                           ngx_wzp_worker->now_ns);

    } while (rc == WZP_EUNKNOWN && !again++
             && ngx_wzp_call_inherit_room(lc->hub, sg->u.global_room.room));

    if (rc == WZP_OK || rc == WZP_EUNKNOWN) {
        return;
    }

    ngx_wzp_log_limited(NGX_WZP_LIMIT_SIGNAL, NGX_LOG_WARN, ngx_cycle->log, 0,
                        "%s of room \"%s\" from link \"%s\" refused: %s",
                        wzp_signal_name(sg->type), sg->u.global_room.room,
                        lc->link->label,
                        rc == WZP_EAUTH ? "its origin is forged"
                        : rc == WZP_ENOSPC ? "it has too many" : "no memory");
}
