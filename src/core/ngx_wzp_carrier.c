/*
 * Carriers: `_relay` connections with neighbours, dialed and accepted, and the
 * media on them.
 */

#include "core/ngx_wzp_carry.h"

#include "core/ngx_wzp_carry_int.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_session.h"


#define NGX_WZP_CARRY_SIGNALS   100     /* signals/s of one carrier          */


static void ngx_wzp_carrier_replace(ngx_wzp_carrier_t *cr);
static void ngx_wzp_carrier_ready(ngx_wzp_carrier_t *cr);
static void *ngx_wzp_carrier_up(void *ctx, ngx_wzp_out_t *out);
static void ngx_wzp_carrier_down(void *ctx, const char *why);
static void ngx_wzp_carrier_message(void *peer, const uint8_t *data,
    size_t len);
static void ngx_wzp_carrier_datagram(void *peer, const uint8_t *data,
    size_t len);
static ngx_uint_t ngx_wzp_carrier_room(ngx_wzp_hub_t *hub,
    ngx_wzp_carried_t *cd);
static void ngx_wzp_carrier_closed(void *peer, const char *why);


static const ngx_wzp_peer_ops_t  ngx_wzp_carrier_ops = {
    ngx_wzp_carrier_message,
    ngx_wzp_carrier_datagram,
    ngx_wzp_carrier_closed,
    NULL
};


/* That of a link; it is made, but not dialed. */
ngx_wzp_carrier_t *
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


/*
 * Where we are told to dial it; or where it is, by its link, on the port that it
 * says it listens on.  Whoever is only trusted cannot make us dial, or resolve,
 * somebody else.
 */
ngx_int_t
ngx_wzp_carrier_host(ngx_wzp_carrier_t *cr)
{
    char            *p;
    u_char          *port;
    ngx_int_t        n;
    ngx_wzp_link_t  *ln;

    ln = cr->link;

    if (ln->conf->host.text.len != 0) {
        cr->host = ln->conf->host;
        return NGX_OK;
    }

    port = (u_char *) strrchr(ln->addr, ':');

    if (port == NULL || ln->best == NULL || !ln->best->proved) {
        return NGX_DECLINED;
    }

    port++;
    n = ngx_atoi(port, ngx_strlen(port));

    if (n < 1 || n > 65535) {
        return NGX_DECLINED;
    }

    (void) ngx_sprintf((u_char *) cr->port, "%i%Z", n);
    cr->host.port.data = (u_char *) cr->port;
    cr->host.port.len = ngx_strlen(cr->port);

    (void) wzp_addr_text(wzp_qconn_peer(ln->best->qc), cr->ip);
    cr->host.host.data = (u_char *) cr->ip;

    p = strrchr(cr->ip, ':');

    if (cr->ip[0] == '[') {
        cr->host.host.data++;
        p--;
    }

    *p = '\0';
    cr->host.host.len = ngx_strlen(cr->host.host.data);

    return NGX_OK;
}


void
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
        ngx_wzp_conn_close(wc, WZP_CLOSE_STRANGER);
        return;
    }

    cr = ngx_wzp_carrier(ln);

    if (cr == NULL) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_INTERNAL);
        return;
    }

    /* both dial at the same time: one is enough, and both find that it is that
     * of the lower id */

    if (cr->out != NULL && hub->id < ln->id && !ngx_wzp_carrier_is_old(cr)) {
        ngx_wzp_conn_close(wc, WZP_CLOSE_REPLACED);
        return;
    }

    ngx_wzp_carrier_replace(cr);

    /* ours, if it comes to something, takes the place of theirs */

    if (cr->dial.out == NULL || hub->id > ln->id) {
        ngx_wzp_dial_stop(&cr->dial);
    }

    cr->qc = wc->qc;
    cr->epoch = ln->best != NULL ? ln->best->epoch : 0;
    cr->wc = wc;
    wzp_qconn_set_max_message(wc->qc, WZP_SIGNAL_MAX);
    wzp_bucket_init(&wc->signals, NGX_WZP_CARRY_SIGNALS,
                    NGX_WZP_CARRY_SIGNALS, ngx_wzp_worker->now_ns);

    ngx_wzp_conn_become_peer(wc, &ngx_wzp_carrier_ops, cr);
    ngx_wzp_carrier_ready(cr);
}


/* A neighbour that has died tells us by its next life only. */
ngx_uint_t
ngx_wzp_carrier_is_old(ngx_wzp_carrier_t *cr)
{
    return cr->qc != NULL && cr->link->best != NULL
           && cr->link->best->epoch > cr->epoch;
}


void
ngx_wzp_carrier_renew(ngx_wzp_carrier_t *cr)
{
    ngx_queue_t        *q;
    ngx_wzp_carried_t  *cd;

    for (q = ngx_queue_head(&cr->hub->sessions);
         q != ngx_queue_sentinel(&cr->hub->sessions);
         q = ngx_queue_next(q))
    {
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if (cd->to == cr) {
            break;
        }
    }

    if (q == ngx_queue_sentinel(&cr->hub->sessions)
        || ngx_wzp_hub_has_heir(cr->hub))
    {
        return;
    }

    if (cr->out != NULL && cr->out == cr->dial.out) {
        ngx_wzp_dial_renew(&cr->dial);

    } else if (!cr->dial.running && ngx_wzp_carrier_host(cr) == NGX_OK) {
        ngx_wzp_dial_start(&cr->dial);
    }
}


/* Another connection takes over: that this one ends is nobody's news. */
static void
ngx_wzp_carrier_replace(ngx_wzp_carrier_t *cr)
{
    ngx_wzp_out_t  *out;

    out = cr->out;

    if (cr->wc != NULL) {
        cr->wc->peer = NULL;
        ngx_wzp_conn_close(cr->wc, WZP_CLOSE_REPLACED);

    } else if (out != NULL) {
        if (out == cr->dial.out) {
            ngx_wzp_dial_stop(&cr->dial);
        }

        out->peer = NULL;
        wzp_qconn_close(out->qc, WZP_CLOSE_REPLACED,
                        wzp_close_phrase(WZP_CLOSE_REPLACED));
    }

    cr->qc = NULL;
    cr->wc = NULL;
    cr->out = NULL;
}


static void *
ngx_wzp_carrier_up(void *ctx, ngx_wzp_out_t *out)
{
    ngx_wzp_carrier_t  *cr = ctx;

    ngx_wzp_carrier_replace(cr);

    cr->qc = out->qc;
    cr->epoch = cr->link->best != NULL ? cr->link->best->epoch : 0;
    cr->out = out;

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

    if (cr->qc != NULL) {
        ngx_wzp_dial_stop(&cr->dial);   /* the other end's will do */
    }
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
    cr->out = NULL;

    for (q = ngx_queue_head(&cr->hub->sessions);
         q != ngx_queue_sentinel(&cr->hub->sessions);
         q = next)
    {
        next = ngx_queue_next(q);
        cd = ngx_queue_data(q, ngx_wzp_carried_t, queue);

        if (cd->from == cr) {
            if (cd->to != NULL && !ngx_wzp_hub_has_heir(cr->hub)) {
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


/* Where is the call's room?  Only when that has changed, and if it is nowhere
 * for a moment, the zone's lock is taken for it. */
static ngx_uint_t
ngx_wzp_carrier_room(ngx_wzp_hub_t *hub, ngx_wzp_carried_t *cd)
{
    uint64_t              now;
    ngx_wzp_zone_room_t  *zr;

    now = ngx_wzp_worker->now_ns;

    if (cd->index != NGX_WZP_NONE) {
        zr = ngx_wzp_dir_room(ngx_wzp_worker->zone, cd->index);

        if (zr->used && zr->epoch == cd->epoch) {
            return 1;
        }

    } else if (now - cd->missed_ns < NGX_WZP_DIR_MISSED) {
        return 0;
    }

    cd->index = ngx_wzp_dir_lookup(ngx_wzp_worker->zone,
                                   hub->relay->conf->id, cd->key, &cd->epoch);
    cd->missed_ns = now;

    return cd->index != NGX_WZP_NONE;
}


/* Tag and packet, unchanged to the next hop, or to the member here. */
static void
ngx_wzp_carrier_datagram(void *peer, const uint8_t *data, size_t len)
{
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
            if (ngx_wzp_carrier_room(cr->hub, cd)) {
                ngx_wzp_room_deliver_all(cd->index, cd->epoch,
                                         data + WZP_TAG_SIZE,
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
