/*
 * Health lines.
 */

#include "core/ngx_wzp_health.h"

#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_session.h"


static ngx_uint_t ngx_wzp_health_due(ngx_wzp_health_t *he,
    const ngx_wzp_relay_conf_t *conf);
static u_char *ngx_wzp_health_line(u_char *p, u_char *last,
    ngx_wzp_health_t *he, wzp_qconn_t *qc, uint64_t packets_in,
    uint64_t drops_in);
static void ngx_wzp_health_member(ngx_wzp_member_t *mb);


void
ngx_wzp_health_members(void)
{
    ngx_queue_t       *q, *qm;
    ngx_wzp_room_t    *rm;
    ngx_wzp_member_t  *mb;

    for (q = ngx_queue_head(&ngx_wzp_worker->room_list);
         q != ngx_queue_sentinel(&ngx_wzp_worker->room_list);
         q = ngx_queue_next(q))
    {
        rm = ngx_queue_data(q, ngx_wzp_room_t, queue);

        for (qm = ngx_queue_head(&rm->members);
             qm != ngx_queue_sentinel(&rm->members);
             qm = ngx_queue_next(qm))
        {
            mb = ngx_queue_data(qm, ngx_wzp_member_t, queue);

            if (ngx_wzp_health_due(&mb->health, rm->relay->conf)
                && mb->conn->qc != NULL)
            {
                ngx_wzp_health_member(mb);
            }
        }
    }
}


/* Not for all at one time: for each since he came. */
static ngx_uint_t
ngx_wzp_health_due(ngx_wzp_health_t *he, const ngx_wzp_relay_conf_t *conf)
{
    uint64_t  now;

    now = ngx_wzp_worker->now_ns;

    if (he->since_ns == 0) {
        he->since_ns = now;
    }

    return conf->health != 0 && ngx_cycle->log->log_level >= NGX_LOG_INFO
           && now - he->since_ns >= conf->health * WZP_MS;
}


static void
ngx_wzp_health_member(ngx_wzp_member_t *mb)
{
    u_char          *p, buf[NGX_MAX_ERROR_STR];
    uint64_t         drops;
    ngx_uint_t       i;
    ngx_wzp_conn_t  *wc;

    wc = mb->conn;
    drops = 0;

    for (i = 0; i < WZP_DROP_N; i++) {
        drops += wc->drops[i];
    }

    p = ngx_wzp_health_line(buf, buf + sizeof(buf), &mb->health, wc->qc,
                            wc->packets_in, drops);

    ngx_log_error(NGX_LOG_INFO, ngx_wzp_conn_log(wc), 0,
                  "HEALTH room=%s stream=%04xi %*s", mb->room->zone->name,
                  (ngx_uint_t) wc->stream_id, (size_t) (p - buf), buf);
}


void
ngx_wzp_health_links(ngx_wzp_hub_t *hub)
{
    u_char          *p, buf[NGX_MAX_ERROR_STR];
    ngx_uint_t       i;
    ngx_wzp_link_t  *ln;

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];

        if (!ngx_wzp_health_due(&ln->health, hub->relay->conf)
            || ln->best == NULL)
        {
            continue;
        }

        p = ngx_wzp_health_line(buf, buf + sizeof(buf), &ln->health,
                                ln->best->qc, ln->packets_in, ln->dropped);

        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "HEALTH peer=\"%s\" %*s", ln->label,
                      (size_t) (p - buf), buf);
    }
}


/* All but whose it is; and begin anew. */
static u_char *
ngx_wzp_health_line(u_char *p, u_char *last, ngx_wzp_health_t *he,
    wzp_qconn_t *qc, uint64_t packets_in, uint64_t drops_in)
{
    uint64_t      sent, lost, drops, delay;
    wzp_qstats_t  st, *was;

    wzp_qconn_stats(qc, &st);

    was = &he->stats;

    if (st.packets_out < was->packets_out) {
        ngx_memzero(was, sizeof(wzp_qstats_t));     /* another connection */
    }

    sent = st.packets_out - was->packets_out;
    lost = st.packets_lost - was->packets_lost;
    drops = st.drop_too_big - was->drop_too_big
            + st.drop_queue - was->drop_queue
            + st.drop_stale - was->drop_stale;
    delay = he->delays != 0 ? he->delay_ns / he->delays : 0;

    p = ngx_slprintf(p, last,
                     "period=%uLs in_pkts=%uL in_drops=%uL gaps=%uD "
                     "gap_max=%uLms out_pkts=%uL out_drops=%uL "
                     "send_failures=%uD delay_avg=%uLus delay_max=%uLus "
                     "loss=%uL.%uL%% rtt=%uL.%uLms",
                     (ngx_wzp_worker->now_ns - he->since_ns + WZP_SEC / 2)
                     / WZP_SEC,
                     packets_in - he->packets_in, drops_in - he->drops_in,
                     he->gaps, he->gap_ns / WZP_MS,
                     st.frames_out - was->frames_out, drops, he->failures,
                     delay / 1000, he->delay_max_ns / 1000,
                     sent != 0 ? lost * 100 / sent : 0,
                     sent != 0 ? lost * 1000 / sent % 10 : 0,
                     st.rtt_ns / WZP_MS, st.rtt_ns / (WZP_MS / 10) % 10);

    he->since_ns = ngx_wzp_worker->now_ns;
    he->gap_ns = 0;
    he->gaps = 0;
    he->failures = 0;
    he->delay_ns = 0;
    he->delay_max_ns = 0;
    he->delays = 0;
    he->packets_in = packets_in;
    he->drops_in = drops_in;
    he->stats = st;

    return p;
}
