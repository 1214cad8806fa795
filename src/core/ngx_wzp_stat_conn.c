/*
 * What connections add to the counters.
 */

#include "core/ngx_wzp_stat_conn.h"

#include "core/ngx_wzp_room.h"
#include "wzp/wzp_packet.h"


static void ngx_wzp_stat_conn_path(ngx_wzp_conn_t *wc,
    const wzp_qstats_t *st);


/* The packet path. */
void
ngx_wzp_stat_conn_sent(wzp_qconn_t *qc, const wzp_qbuf_t *qb)
{
    wzp_packet_t      pk;
    ngx_wzp_conn_t   *wc;
    ngx_wzp_relay_t  *relay;

    wc = wzp_qconn_data(qc);

    if (wc != NULL && wc->state == NGX_WZP_CONN_PEER
        && wc->ops->sent != NULL)
    {
        wc->ops->sent(wc->peer, qb);
        return;
    }

    if (wc == NULL || wc->member == NULL
        || wzp_packet_parse(&pk, qb->data, qb->len) != WZP_OK)
    {
        return;
    }

    relay = wc->relay;

    ngx_wzp_health_out(&wc->member->health, qb->born_ns,
                       ngx_wzp_worker->flush_ns);
    ngx_wzp_count(relay->stat, NGX_WZP_STAT_PACKETS_OUT, 1);
    ngx_wzp_count(relay->stat, NGX_WZP_STAT_BYTES_OUT, pk.payload.len);
    ngx_wzp_stat_sent(&relay->turn, relay->stat, qb->born_ns);
}


void
ngx_wzp_stat_conn(ngx_wzp_conn_t *wc)
{
    wzp_qstats_t     st, *last;
    ngx_wzp_stat_t  *sum;

    if (wc->qc == NULL) {
        return;
    }

    wzp_qconn_stats(wc->qc, &st);

    sum = wc->relay->stat;
    last = &wc->last;

    ngx_wzp_count(sum, NGX_WZP_STAT_DATAGRAMS_OUT,
                  st.frames_out - last->frames_out);
    ngx_wzp_count(sum, NGX_WZP_STAT_QUIC_OUT,
                  st.packets_out - last->packets_out);
    ngx_wzp_count(sum, NGX_WZP_STAT_QUIC_BARE,
                  st.packets_out_bare - last->packets_out_bare);
    ngx_wzp_count(sum, NGX_WZP_STAT_QUIC_LOST,
                  st.packets_lost - last->packets_lost);
    ngx_wzp_count(sum, NGX_WZP_STAT_QUIC_IN,
                  st.packets_in - last->packets_in);
    ngx_wzp_count(sum, NGX_WZP_STAT_DROPS + WZP_DROP_TOO_BIG,
                  st.drop_too_big - last->drop_too_big);
    ngx_wzp_count(sum, NGX_WZP_STAT_DROPS + WZP_DROP_QUEUE,
                  st.drop_queue - last->drop_queue);
    ngx_wzp_count(sum, NGX_WZP_STAT_DROPS + WZP_DROP_STALE,
                  st.drop_stale - last->drop_stale);

    ngx_wzp_stat_conn_path(wc, &st);

    *last = st;
}


/* For the metrics of single members: the loss of the last five seconds. */
static void
ngx_wzp_stat_conn_path(ngx_wzp_conn_t *wc, const wzp_qstats_t *st)
{
    uint64_t                sent, lost, now;
    ngx_wzp_zone_member_t  *zm;

    if (wc->member == NULL) {
        return;
    }

    zm = ngx_wzp_dir_member(ngx_wzp_worker->zone, wc->member->index);

    if (zm->uid != wc->member->uid) {
        return;                 /* another member has its place already */
    }

    zm->rtt_us = (uint32_t) (st->rtt_ns / 1000);

    sent = st->packets_out - wc->last.packets_out;
    lost = st->packets_lost - wc->last.packets_lost;

    if (sent != 0) {
        now = ngx_min(lost * 100000 / sent, 100000);
        zm->loss = (uint32_t) ((zm->loss * 9 + now) / 10);
    }
}
