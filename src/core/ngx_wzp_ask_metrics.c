/*
 * Metrics of the hub.
 */

#include "core/ngx_wzp_ask_metrics.h"

#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_metric.h"
#include "core/ngx_wzp_probe.h"


static void ngx_wzp_metrics_links(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub);
static ngx_uint_t ngx_wzp_metrics_link_name(ngx_wzp_link_t *ln,
    u_char *name);
static void ngx_wzp_metrics_rooms(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub);
static void ngx_wzp_metrics_probes(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub);
static ngx_uint_t ngx_wzp_metrics_probed(ngx_wzp_hub_t *hub, ngx_uint_t i);
static void ngx_wzp_metrics_people(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub);
static void ngx_wzp_metrics_one(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub,
    ngx_wzp_metric_e metric, const char *labels, uint64_t n);


void
ngx_wzp_ask_metrics(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub)
{
    ngx_wzp_metrics_links(tx, hub);
    ngx_wzp_metrics_rooms(tx, hub);
    ngx_wzp_metrics_probes(tx, hub);
    ngx_wzp_metrics_people(tx, hub);
}


/* One sample, with a label that names the other end. */
static void
ngx_wzp_metrics_of(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub,
    ngx_wzp_metric_e metric, const char *label, const u_char *value,
    size_t len, const char *labels, uint64_t n, ngx_uint_t digits)
{
    ngx_wzp_sample_t  sm;

    ngx_wzp_sample(&sm, tx, ngx_wzp_metric_info[metric].metric, "",
                   &hub->relay->conf->name);
    ngx_wzp_sample_label(&sm, label, value, len);
    ngx_wzp_sample_labels(&sm, labels);
    ngx_wzp_sample_value(&sm, n, digits);
}


static void
ngx_wzp_metrics_links(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub)
{
    u_char           name[WZP_LABEL_MAX + NGX_INT_T_LEN + 2];
    ngx_uint_t       i, len;
    wzp_qstats_t     st;
    ngx_wzp_link_t  *ln;

    for (i = 0; i < hub->nlinks; i++) {
        ln = &hub->links[i];
        len = ngx_wzp_metrics_link_name(ln, name);

        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PEER_STATUS, "peer", name,
                           len, "", ln->best != NULL, 0);
        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PEER_PACKETS, "peer", name,
                           len, "direction=\"in\"", ln->packets_in, 0);
        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PEER_PACKETS, "peer", name,
                           len, "direction=\"out\"", ln->packets_out, 0);

        if (ln->best == NULL) {
            continue;
        }

        wzp_qconn_stats(ln->best->qc, &st);

        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PEER_RTT, "peer", name,
                           len, "", st.rtt_ns / 1000, 3);
        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PEER_LOSS, "peer", name,
                           len, "",
                           st.packets_out == 0
                           ? 0 : st.packets_lost * 100000 / st.packets_out,
                           3);
    }
}


/* The label, and a number behind it when another link has the same. */
static ngx_uint_t
ngx_wzp_metrics_link_name(ngx_wzp_link_t *ln, u_char *name)
{
    u_char      *p;
    ngx_uint_t   i;

    p = ngx_cpystrn(name, (u_char *) ln->label, WZP_LABEL_MAX + 1);

    for (i = 0; i < ln->bit; i++) {
        if (ngx_strcmp(ln->hub->links[i].label, ln->label) == 0) {
            p = ngx_sprintf(p, "#%ui", ln->bit);
            break;
        }
    }

    return p - name;
}


static void
ngx_wzp_metrics_rooms(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub)
{
    uint32_t         epoch;
    ngx_uint_t       n;
    wzp_fed_room_t  *fr;

    n = 0;

    for (fr = wzp_fed_room_next(hub->fed, NULL);
         fr != NULL;
         fr = wzp_fed_room_next(hub->fed, fr))
    {
        n += (ngx_wzp_dir_lookup(ngx_wzp_worker->zone, hub->relay->conf->id,
                                 wzp_fed_room_key(fr), &epoch)
              != NGX_WZP_NONE);
    }

    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_FED_ROOMS, "", n);
}


static void
ngx_wzp_metrics_probes(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub)
{
    ngx_str_t         *to;
    ngx_uint_t         i;
    wzp_pings_stat_t   st;

    for (i = 0; i < WZP_ARRAY_LEN(hub->probes); i++) {

        if (!ngx_wzp_metrics_probed(hub, i)) {
            continue;
        }

        to = &hub->probes[i]->host->text;

        wzp_pings_stat(&hub->probes[i]->pings, ngx_wzp_worker->now_ns, &st);

        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PROBE_UP, "target",
                           to->data, to->len, "", st.up, 0);

        if (st.sent != 0) {
            ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PROBE_LOSS, "target",
                               to->data, to->len, "",
                               (uint64_t) (st.loss * 100000), 3);
        }

        if (st.answered == 0) {
            continue;
        }

        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PROBE_RTT, "target",
                           to->data, to->len, "",
                           (uint64_t) (st.rtt_ms * 1000), 3);
        ngx_wzp_metrics_of(tx, hub, NGX_WZP_METRIC_PROBE_JITTER, "target",
                           to->data, to->len, "",
                           (uint64_t) (st.jitter_ms * 1000), 3);
    }
}


/* Did we dial it, and is it the first with this target? */
static ngx_uint_t
ngx_wzp_metrics_probed(ngx_wzp_hub_t *hub, ngx_uint_t i)
{
    ngx_str_t   *to, *other;
    ngx_uint_t   j;

    if (hub->probes[i] == NULL || hub->probes[i]->host == NULL) {
        return 0;
    }

    to = &hub->probes[i]->host->text;

    for (j = 0; j < i; j++) {

        if (hub->probes[j] == NULL || hub->probes[j]->host == NULL) {
            continue;
        }

        other = &hub->probes[j]->host->text;

        if (other->len == to->len
            && ngx_memcmp(other->data, to->data, to->len) == 0)
        {
            return 0;
        }
    }

    return 1;
}


static void
ngx_wzp_metrics_people(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub)
{
    size_t    n;
    uint32_t  calls[WZP_CALL_STATE_N];

    (void) wzp_gossip_people(hub->gossip, &n);

    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_PRESENCE,
                        "location=\"local\"", n);
    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_PRESENCE,
                        "location=\"remote\"",
                        wzp_gossip_remote(hub->gossip));

    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_PHONES, "", hub->nphones);

    ngx_wzp_zone_lock(ngx_wzp_worker->zone);
    wzp_calls_count(hub->calls, hub->relay->conf->id, calls);
    ngx_wzp_zone_unlock(ngx_wzp_worker->zone);

    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_CALLS, "state=\"pending\"",
                        calls[WZP_CALL_PENDING]);
    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_CALLS, "state=\"ringing\"",
                        calls[WZP_CALL_RINGING]);
    ngx_wzp_metrics_one(tx, hub, NGX_WZP_METRIC_CALLS, "state=\"active\"",
                        calls[WZP_CALL_ACTIVE]);
}


static void
ngx_wzp_metrics_one(ngx_wzp_text_t *tx, ngx_wzp_hub_t *hub,
    ngx_wzp_metric_e metric, const char *labels, uint64_t n)
{
    ngx_wzp_sample_t  sm;

    ngx_wzp_sample(&sm, tx, ngx_wzp_metric_info[metric].metric, "",
                   &hub->relay->conf->name);
    ngx_wzp_sample_labels(&sm, labels);
    ngx_wzp_sample_value(&sm, n, 0);
}
