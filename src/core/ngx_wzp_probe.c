/*
 * Probe connections, dialed and accepted.
 */

#include "core/ngx_wzp_probe.h"

#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_presence.h"
#include "core/ngx_wzp_session.h"


#define NGX_WZP_PROBE_EVERY     2       /* ticks                             */
#define NGX_WZP_PROBE_SILENT    WZP_SEC /* an existing relay says no hello   */
#define NGX_WZP_PROBE_ABSENT    WZP_SEC /* down for so long: pings are lost  */
#define NGX_WZP_PROBE_SIGNALS   50      /* per second of an incoming one     */
#define NGX_WZP_PROBE_BURST     200
#define NGX_WZP_PROBES          (WZP_GOSSIP_PEERS - NGX_WZP_PROBE_FIRST)


static ngx_int_t ngx_wzp_probe_place(ngx_wzp_probe_t *pr);
static void *ngx_wzp_probe_up(void *ctx, ngx_wzp_out_t *out);
static void ngx_wzp_probe_dial_down(void *ctx, const char *why);
static void ngx_wzp_probe_message(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_probe_datagram(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_probe_closed(void *peer, const char *why);
static void ngx_wzp_probe_greeted(ngx_wzp_probe_t *pr,
    const wzp_federation_hello_t *fh);
static void ngx_wzp_probe_begin(ngx_wzp_probe_t *pr, unsigned flags,
    const char *addr);
static void ngx_wzp_probe_ping(ngx_wzp_probe_t *pr);
static void ngx_wzp_probe_miss(ngx_wzp_probe_t *pr);
static void ngx_wzp_probe_judge(ngx_wzp_probe_t *pr);
static ngx_uint_t ngx_wzp_probe_allowed(ngx_wzp_probe_t *pr);


static const ngx_wzp_peer_ops_t  ngx_wzp_probe_ops = {
    ngx_wzp_probe_message,
    ngx_wzp_probe_datagram,
    ngx_wzp_probe_closed,
    NULL
};


ngx_int_t
ngx_wzp_probe_init(ngx_wzp_hub_t *hub)
{
    ngx_uint_t        i;
    ngx_array_t      *probes;
    ngx_wzp_host_t   *host;
    ngx_wzp_probe_t  *pr;

    probes = hub->relay->conf->probes;
    host = probes != NULL ? probes->elts : NULL;

    for (i = 0; host != NULL && i < probes->nelts; i++) {
        pr = ngx_calloc(sizeof(ngx_wzp_probe_t), ngx_cycle->log);

        if (pr == NULL) {
            return NGX_ERROR;
        }

        pr->hub = hub;
        pr->host = &host[i];
        pr->since_ns = ngx_wzp_worker->now_ns;
        wzp_pings_init(&pr->pings);

        if (ngx_wzp_probe_place(pr) != NGX_OK) {
            ngx_free(pr);
            return NGX_ERROR;
        }

        pr->dial.hub = hub;
        pr->dial.host = pr->host;
        pr->dial.sni = "_probe";
        pr->dial.ops = &ngx_wzp_probe_ops;
        pr->dial.up = ngx_wzp_probe_up;
        pr->dial.down = ngx_wzp_probe_dial_down;
        pr->dial.ctx = pr;

        ngx_wzp_dial_init(&pr->dial);
    }

    ngx_wzp_probe_start(hub);

    return NGX_OK;
}


void
ngx_wzp_probe_start(ngx_wzp_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_WZP_PROBES; i++) {
        if (hub->probes[i] != NULL && hub->probes[i]->host != NULL) {
            ngx_wzp_dial_start(&hub->probes[i]->dial);
        }
    }
}


/* A number for gossip. */
static ngx_int_t
ngx_wzp_probe_place(ngx_wzp_probe_t *pr)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_WZP_PROBES; i++) {
        if (pr->hub->probes[i] == NULL) {
            pr->hub->probes[i] = pr;
            pr->peer = NGX_WZP_PROBE_FIRST + i;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


void
ngx_wzp_probe_stop(ngx_wzp_hub_t *hub)
{
    ngx_uint_t        i;
    ngx_wzp_probe_t  *pr;

    for (i = 0; i < NGX_WZP_PROBES; i++) {
        pr = hub->probes[i];

        if (pr == NULL) {
            continue;
        }

        if (pr->host != NULL) {
            ngx_wzp_dial_stop(&pr->dial);
        }

        if (pr->wc != NULL) {
            ngx_wzp_conn_close(pr->wc, WZP_CLOSE_GOING_AWAY);

        } else if (pr->qc != NULL) {
            wzp_qconn_close(pr->qc, WZP_CLOSE_GOING_AWAY,
                            wzp_close_phrase(WZP_CLOSE_GOING_AWAY));
        }
    }
}


void
ngx_wzp_probe_done(ngx_wzp_hub_t *hub)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_WZP_PROBES; i++) {
        ngx_free(hub->probes[i]);
        hub->probes[i] = NULL;
    }
}


void
ngx_wzp_probe_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc)
{
    ngx_wzp_probe_t  *pr;

    pr = ngx_calloc(sizeof(ngx_wzp_probe_t), ngx_cycle->log);
    if (pr == NULL) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    pr->hub = hub;
    pr->qc = wc->qc;
    pr->wc = wc;
    pr->up = 1;
    pr->since_ns = ngx_wzp_worker->now_ns;

    ngx_wzp_probe_judge(pr);

    if (pr->trusted && ngx_wzp_probe_place(pr) != NGX_OK) {
        ngx_free(pr);
        ngx_wzp_conn_close(wc, WZP_CLOSE_TOO_MANY);
        return;
    }

    ngx_wzp_conn_become_peer(wc, &ngx_wzp_probe_ops, pr);
    wzp_bucket_init(&wc->signals, NGX_WZP_PROBE_SIGNALS, NGX_WZP_PROBE_BURST,
                    ngx_wzp_worker->now_ns);

    if (pr->trusted) {
        wzp_qconn_set_max_message(wc->qc, WZP_SIGNAL_MAX);
    }
}


/* Who is it, whoever dialed?  All that an address proves is where it is. */
static void
ngx_wzp_probe_judge(ngx_wzp_probe_t *pr)
{
    uint8_t  fp[WZP_CERT_FP_SIZE];

    pr->known = wzp_qconn_peer_cert(pr->qc, fp) == WZP_OK
                && ngx_wzp_link_find(pr->hub, fp) != NULL;
    pr->trusted = pr->known || ngx_wzp_probe_allowed(pr);
}


static ngx_uint_t
ngx_wzp_probe_allowed(ngx_wzp_probe_t *pr)
{
    wzp_addr_t    addr;
    ngx_array_t  *allow;

    allow = pr->hub->relay->conf->probe_allow;
    addr = *wzp_qconn_peer(pr->qc);

    return allow != NULL && ngx_cidr_match(&addr.u.sa, allow) == NGX_OK;
}


static void *
ngx_wzp_probe_up(void *ctx, ngx_wzp_out_t *out)
{
    ngx_wzp_probe_t  *pr = ctx;

    pr->qc = out->qc;
    pr->up = 1;
    pr->ours = 0;
    pr->begun = 0;
    pr->since_ns = ngx_wzp_worker->now_ns;
    pr->error[0] = '\0';

    ngx_wzp_probe_judge(pr);
    ngx_wzp_dial_proved(&pr->dial);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0, "probe of %V up",
                  &pr->host->text);

    if (pr->known) {
        /* ours know each other by it; an existing relay reads and forgets it */

    ngx_wzp_hub_hello(pr->hub, pr->qc, 0, 0);
    }

    ngx_wzp_probe_ping(pr);

    return pr;
}


/* Told on change only. */
static void
ngx_wzp_probe_dial_down(void *ctx, const char *why)
{
    ngx_uint_t        level;
    ngx_wzp_probe_t  *pr = ctx;

    if (ngx_strcmp(pr->error, why) == 0) {
        return;
    }

    (void) ngx_cpystrn((u_char *) pr->error, (u_char *) why,
                       sizeof(pr->error));

    level = pr->hub->lost_ns != 0 ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, ngx_cycle->log, 0, "probe of %V down: %s",
                  &pr->host->text, why);
}


static void
ngx_wzp_probe_closed(void *peer, const char *why)
{
    ngx_wzp_probe_t  *pr = peer;

    if (pr->peer != 0) {
        ngx_wzp_presence_down(pr->hub, pr->peer);
    }

    pr->qc = NULL;
    pr->up = 0;
    pr->since_ns = ngx_wzp_worker->now_ns;

    if (pr->host != NULL) {
        wzp_pings_down(&pr->pings);
        return;
    }

    if (pr->peer != 0) {
        if (pr->hub->gossip != NULL) {
            wzp_gossip_peer_forget(pr->hub->gossip, (unsigned) pr->peer);
        }

        pr->hub->probes[pr->peer - NGX_WZP_PROBE_FIRST] = NULL;
    }

    ngx_free(pr);
}


static void
ngx_wzp_probe_datagram(void *peer, const uint8_t *data, size_t len)
{
    /* there is no media on a probe */
}


static void
ngx_wzp_probe_message(void *peer, const uint8_t *data, size_t len)
{
    wzp_signal_t      sg, pong;
    ngx_wzp_probe_t  *pr = peer;

    if (wzp_signal_parse(&sg, data, len) != WZP_OK) {
        return;
    }

    if (sg.type == WZP_SIG_PING) {
        pong = sg;
        pong.type = WZP_SIG_PONG;
        (void) ngx_wzp_conn_signal(pr->qc, &pong, 0);

    } else if (sg.type == WZP_SIG_PONG) {
        if (pr->host != NULL) {
            (void) wzp_pings_pong(&pr->pings, sg.u.ping.timestamp_ms,
                                  ngx_wzp_worker->now_ns);
        }

    } else if (pr->trusted) {

        if (sg.type == WZP_SIG_FEDERATION_HELLO) {
            ngx_wzp_probe_greeted(pr, &sg.u.federation_hello);

        } else {
            if (!pr->begun) {
                ngx_wzp_probe_begin(pr, 0, "");
            }

            ngx_wzp_presence_signal(pr->hub, pr->peer, &sg);

            /* an existing prober expects the answer at once */

            if (sg.type == WZP_SIG_PRESENCE_UPDATE && !pr->ours
                && pr->host == NULL)
            {
                wzp_gossip_whole(pr->hub->gossip, (unsigned) pr->peer,
                                 ngx_wzp_worker->now_ns);
            }
        }
    }

    if (pr->peer != 0) {
        ngx_wzp_presence_alive(pr->hub, pr->peer);
    }

    wzp_signal_done(&sg);
}


static void
ngx_wzp_probe_greeted(ngx_wzp_probe_t *pr, const wzp_federation_hello_t *fh)
{
    if ((fh->extensions & WZP_EXT_LINK) == 0 || !pr->known || pr->ours) {
        return;
    }

    pr->ours = 1;

    if (pr->host == NULL) {
        ngx_wzp_hub_hello(pr->hub, pr->qc, 0, 0);
    }

    ngx_wzp_probe_begin(pr, WZP_GOSSIP_OURS, fh->addr);
}


/* It takes part in gossip from now on. */
static void
ngx_wzp_probe_begin(ngx_wzp_probe_t *pr, unsigned flags, const char *addr)
{
    char  text[WZP_ADDR_TEXT_MAX];

    pr->begun = 1;

    if (addr[0] == '\0') {
        addr = wzp_addr_text(wzp_qconn_peer(pr->qc), text);
    }

    ngx_wzp_presence_up(pr->hub, pr->peer, flags, addr);
}


void
ngx_wzp_probe_signal(ngx_wzp_hub_t *hub, ngx_uint_t peer,
    const wzp_signal_t *sg)
{
    ngx_wzp_probe_t  *pr;

    pr = hub->probes[peer - NGX_WZP_PROBE_FIRST];

    if (pr != NULL && pr->qc != NULL) {
        (void) ngx_wzp_conn_signal(pr->qc, sg, 0);
    }
}


static void
ngx_wzp_probe_ping(ngx_wzp_probe_t *pr)
{
    wzp_signal_t  sg;

    ngx_memzero(&sg, sizeof(sg));
    sg.type = WZP_SIG_PING;
    sg.u.ping.timestamp_ms = wzp_pings_sent(&pr->pings,
                                            ngx_wzp_worker->now_ns);

    (void) ngx_wzp_conn_signal(pr->qc, &sg, 0);
}


void
ngx_wzp_probe_tick(ngx_wzp_hub_t *hub)
{
    ngx_uint_t        i;
    ngx_wzp_probe_t  *pr;

    for (i = 0; i < NGX_WZP_PROBES; i++) {
        pr = hub->probes[i];

        if (pr == NULL || pr->host == NULL) {
            continue;
        }

        if (!pr->up) {
            ngx_wzp_probe_miss(pr);
            continue;
        }

        if (hub->ticks % NGX_WZP_PROBE_EVERY == 0) {
            ngx_wzp_probe_ping(pr);
        }

        if (pr->trusted && !pr->begun
            && ngx_wzp_worker->now_ns - pr->since_ns > NGX_WZP_PROBE_SILENT)
        {
            ngx_wzp_probe_begin(pr, WZP_GOSSIP_REPEAT, "");
        }
    }
}


/* It is not there: what it would have been sent is lost.  Not at once, for to
 * dial takes a moment; and an old hub has no probes any more. */
static void
ngx_wzp_probe_miss(ngx_wzp_probe_t *pr)
{
    ngx_wzp_hub_t  *hub;

    hub = pr->hub;

    if (hub->lost_ns == 0 && hub->ticks % NGX_WZP_PROBE_EVERY == 0
        && ngx_wzp_worker->now_ns - pr->since_ns > NGX_WZP_PROBE_ABSENT)
    {
        wzp_pings_missed(&pr->pings, ngx_wzp_worker->now_ns);
    }
}
