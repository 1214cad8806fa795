/*
 * All metrics, one after the other: what the zone holds, what workers have
 * counted, and what the hubs have said.
 */

#include "http/ngx_http_wzp_metrics.h"

#include "core/ngx_wzp_conn.h"
#include "core/ngx_wzp_dir_view.h"
#include "core/ngx_wzp_metric.h"


#define NGX_HTTP_WZP_SESSIONS   200     /* shown one by one, in all          */
#define NGX_HTTP_WZP_MEMBERS    50      /* copied at a time                  */


/* What is being written, and from what. */
typedef struct {
    ngx_wzp_text_t        *text;
    ngx_http_wzp_relay_t  *relays;
    ngx_uint_t             n;
} ngx_http_wzp_page_t;


typedef struct {
    const ngx_str_t       *relay;
    uint64_t               uid;
    uint32_t               rtt_us;
    uint32_t               loss;
} ngx_http_wzp_session_t;


static void ngx_http_wzp_page_zone(ngx_http_wzp_page_t *pg);
static void ngx_http_wzp_page_table(ngx_http_wzp_page_t *pg,
    ngx_wzp_metric_e metric, const ngx_wzp_dir_use_t *use);
static void ngx_http_wzp_page_relays(ngx_http_wzp_page_t *pg);
static void ngx_http_wzp_page_sessions(ngx_http_wzp_page_t *pg);
static ngx_uint_t ngx_http_wzp_page_session_list(ngx_http_wzp_page_t *pg,
    ngx_http_wzp_session_t *list);
static void ngx_http_wzp_page_counters(ngx_http_wzp_page_t *pg);
static void ngx_http_wzp_page_drops(ngx_http_wzp_page_t *pg);
static void ngx_http_wzp_page_histogram(ngx_http_wzp_page_t *pg,
    ngx_wzp_hist_e hist);
static void ngx_http_wzp_page_hubs(ngx_http_wzp_page_t *pg);
static ngx_uint_t ngx_http_wzp_page_hub(ngx_http_wzp_page_t *pg,
    ngx_wzp_text_t *said, const ngx_wzp_metric_info_t *info,
    ngx_uint_t some);
static void ngx_http_wzp_page_head(ngx_http_wzp_page_t *pg,
    ngx_wzp_metric_e metric);
static void ngx_http_wzp_page_one(ngx_http_wzp_page_t *pg,
    ngx_wzp_metric_e metric, const ngx_str_t *relay, const char *labels,
    uint64_t n);


void
ngx_http_wzp_metrics_write(ngx_wzp_text_t *tx, ngx_http_wzp_relay_t *relays,
    ngx_uint_t n)
{
    ngx_uint_t           i;
    ngx_http_wzp_page_t  pg;

    pg.text = tx;
    pg.relays = relays;
    pg.n = n;

    for (i = 0; i < n; i++) {
        ngx_wzp_stat_sum(ngx_wzp_worker->zone, relays[i].conf->zone,
                         relays[i].sum);
    }

    ngx_http_wzp_page_zone(&pg);
    ngx_http_wzp_page_relays(&pg);
    ngx_http_wzp_page_sessions(&pg);
    ngx_http_wzp_page_counters(&pg);
    ngx_http_wzp_page_drops(&pg);

    for (i = 0; i < NGX_WZP_HIST_N; i++) {
        ngx_http_wzp_page_histogram(&pg, (ngx_wzp_hist_e) i);
    }

    ngx_http_wzp_page_hubs(&pg);
}


static void
ngx_http_wzp_page_zone(ngx_http_wzp_page_t *pg)
{
    ngx_uint_t          reading, closing;
    ngx_wzp_zone_t     *zn;
    ngx_wzp_dir_use_t   use;

    zn = ngx_wzp_worker->zone;

    reading = ngx_wzp_dir_view_workers(zn, &closing);
    ngx_wzp_dir_view_use(zn, &use);

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_BUILD);
    ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_BUILD, NULL,
                          "version=\"" NGX_WZP_BUILD "\"", 1);

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_GENERATION);
    ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_GENERATION, NULL, "",
                          zn->hdr->generation);

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_WORKERS);
    ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_WORKERS, NULL,
                          "state=\"reading\"", reading);
    ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_WORKERS, NULL,
                          "state=\"leaving\"", closing);

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_ZONE_BYTES);
    ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_ZONE_BYTES, NULL, "", zn->size);

    ngx_http_wzp_page_table(pg, NGX_WZP_METRIC_ZONE_USED, &use);
    ngx_http_wzp_page_table(pg, NGX_WZP_METRIC_ZONE_MAX, &use);
}


static void
ngx_http_wzp_page_table(ngx_http_wzp_page_t *pg, ngx_wzp_metric_e metric,
    const ngx_wzp_dir_use_t *use)
{
    ngx_uint_t  max;

    max = (metric == NGX_WZP_METRIC_ZONE_MAX);

    ngx_http_wzp_page_head(pg, metric);
    ngx_http_wzp_page_one(pg, metric, NULL, "table=\"members\"",
                          max ? use->max_members : use->members);
    ngx_http_wzp_page_one(pg, metric, NULL, "table=\"remote_members\"",
                          max ? use->max_remotes : use->remotes);
    ngx_http_wzp_page_one(pg, metric, NULL, "table=\"rooms\"",
                          max ? use->max_rooms : use->rooms);
    ngx_http_wzp_page_one(pg, metric, NULL, "table=\"rings\"",
                          max ? use->max_rings : use->rings);
    ngx_http_wzp_page_one(pg, metric, NULL, "table=\"workers\"",
                          max ? use->max_slots : use->slots);
}


static void
ngx_http_wzp_page_relays(ngx_http_wzp_page_t *pg)
{
    ngx_uint_t             i;
    ngx_http_wzp_relay_t  *rl;

    rl = pg->relays;

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_SESSIONS);

    for (i = 0; i < pg->n; i++) {
        ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_SESSIONS, &rl[i].conf->name,
                              "", rl[i].conf->zone->sessions);
    }

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_ROOMS);

    for (i = 0; i < pg->n; i++) {
        ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_ROOMS, &rl[i].conf->name, "",
                              rl[i].conf->zone->rooms);
    }

    ngx_http_wzp_page_head(pg, NGX_WZP_METRIC_HUB_UP);

    for (i = 0; i < pg->n; i++) {
        ngx_http_wzp_page_one(pg, NGX_WZP_METRIC_HUB_UP, &rl[i].conf->name,
                              "", rl[i].status == NGX_HTTP_OK);
    }
}


/* Single members: only so many, or there would be no end of time series. */
static void
ngx_http_wzp_page_sessions(ngx_http_wzp_page_t *pg)
{
    u_char                  *p, id[NGX_INT64_LEN];
    ngx_uint_t               i, k, n;
    ngx_wzp_sample_t         sm;
    ngx_http_wzp_session_t   list[NGX_HTTP_WZP_SESSIONS];

    static const ngx_wzp_metric_e  metrics[] = {
        NGX_WZP_METRIC_SESSION_RTT, NGX_WZP_METRIC_SESSION_LOSS
    };

    n = ngx_http_wzp_page_session_list(pg, list);

    for (k = 0; n != 0 && k < WZP_ARRAY_LEN(metrics); k++) {
        ngx_http_wzp_page_head(pg, metrics[k]);

        for (i = 0; i < n; i++) {
            p = ngx_sprintf(id, "%016xL", list[i].uid);

            ngx_wzp_sample(&sm, pg->text,
                           ngx_wzp_metric_info[metrics[k]].metric, "",
                           list[i].relay);
            ngx_wzp_sample_label(&sm, "session_id", id, p - id);
            ngx_wzp_sample_value(&sm, metrics[k] == NGX_WZP_METRIC_SESSION_RTT
                                      ? list[i].rtt_us : list[i].loss, 3);
        }
    }
}


static ngx_uint_t
ngx_http_wzp_page_session_list(ngx_http_wzp_page_t *pg,
    ngx_http_wzp_session_t *list)
{
    uint32_t               next;
    ngx_uint_t             i, j, n, count;
    ngx_wzp_zone_member_t  zm[NGX_HTTP_WZP_MEMBERS];

    count = 0;

    for (i = 0; i < pg->n; i++) {
        next = 0;

        while (count < NGX_HTTP_WZP_SESSIONS) {
            n = ngx_wzp_dir_view_members(ngx_wzp_worker->zone,
                                         pg->relays[i].conf->id, &next, zm,
                                         NGX_HTTP_WZP_MEMBERS);
            if (n == 0) {
                break;
            }

            for (j = 0; j < n && count < NGX_HTTP_WZP_SESSIONS; j++) {
                list[count].relay = &pg->relays[i].conf->name;
                list[count].uid = zm[j].uid;
                list[count].rtt_us = zm[j].rtt_us;
                list[count].loss = zm[j].loss;
                count++;
            }
        }
    }

    return count;
}


static void
ngx_http_wzp_page_counters(ngx_http_wzp_page_t *pg)
{
    uint64_t                    sum[NGX_WZP_STAT_N];
    ngx_uint_t                  i, j, k;
    const char                 *metric;
    ngx_wzp_sample_t            sm;
    const ngx_wzp_stat_info_t  *info;

    info = ngx_wzp_stat_info;
    ngx_wzp_stat_sum(ngx_wzp_worker->zone, NULL, sum);

    for (i = 0; i < NGX_WZP_STAT_DROPS; i = j) {
        metric = info[i].metric;

        ngx_wzp_metric_head(pg->text, metric, "counter", info[i].text);

        for (j = i; j < NGX_WZP_STAT_DROPS
                    && ngx_strcmp(info[j].metric, metric) == 0; j++)
        {
            if (info[j].scope == NGX_WZP_SCOPE_WORKER) {
                ngx_wzp_sample(&sm, pg->text, metric, "", NULL);
                ngx_wzp_sample_labels(&sm, info[j].labels);
                ngx_wzp_sample_value(&sm, sum[j], 0);
                continue;
            }

            for (k = 0; k < pg->n; k++) {
                ngx_wzp_sample(&sm, pg->text, metric, "",
                               &pg->relays[k].conf->name);
                ngx_wzp_sample_labels(&sm, info[j].labels);
                ngx_wzp_sample_value(&sm, pg->relays[k].sum[j], 0);
            }
        }
    }
}


static void
ngx_http_wzp_page_drops(ngx_http_wzp_page_t *pg)
{
    const char        *label;
    ngx_uint_t         i, k;
    ngx_wzp_sample_t   sm;

    ngx_wzp_metric_head(pg->text, "wzp_drops_total", "counter",
                        "Media packets that were not forwarded.");

    for (k = 0; k < pg->n; k++) {
        for (i = 0; i < WZP_DROP_N; i++) {
            label = wzp_drop_label((unsigned) i);

            ngx_wzp_sample(&sm, pg->text, "wzp_drops_total", "",
                           &pg->relays[k].conf->name);
            ngx_wzp_sample_label(&sm, "reason", label, ngx_strlen(label));
            ngx_wzp_sample_value(&sm,
                                 pg->relays[k].sum[NGX_WZP_STAT_DROPS + i], 0);
        }
    }
}


static void
ngx_http_wzp_page_histogram(ngx_http_wzp_page_t *pg, ngx_wzp_hist_e hist)
{
    uint64_t                    count;
    ngx_str_t                  *name;
    ngx_uint_t                  i, k;
    const uint64_t             *n;
    ngx_wzp_sample_t            sm;
    const ngx_wzp_hist_info_t  *info;

    info = &ngx_wzp_hist_info[hist];

    ngx_wzp_metric_head(pg->text, info->metric, "histogram", info->text);

    for (k = 0; k < pg->n; k++) {
        name = &pg->relays[k].conf->name;
        n = &pg->relays[k].sum[NGX_WZP_STAT_HISTS
                               + hist * (NGX_WZP_STAT_BUCKETS + 2)];
        count = 0;

        for (i = 0; i <= NGX_WZP_STAT_BUCKETS; i++) {
            count += n[i];

            ngx_wzp_sample(&sm, pg->text, info->metric, "_bucket", name);

            if (i < NGX_WZP_STAT_BUCKETS) {
                ngx_wzp_sample_labels(&sm, "le=\"");
                ngx_wzp_text_decimal(pg->text, info->bounds[i], 6);
                ngx_wzp_text_add(pg->text, "\"", 1);

            } else {
                ngx_wzp_sample_labels(&sm, "le=\"+Inf\"");
            }

            ngx_wzp_sample_value(&sm, count, 0);
        }

        ngx_wzp_sample(&sm, pg->text, info->metric, "_sum", name);
        ngx_wzp_sample_value(&sm, n[NGX_WZP_STAT_BUCKETS + 1], 6);

        ngx_wzp_sample(&sm, pg->text, info->metric, "_count", name);
        ngx_wzp_sample_value(&sm, count, 0);
    }
}


/* What the hubs have said, sorted by metric. */
static void
ngx_http_wzp_page_hubs(ngx_http_wzp_page_t *pg)
{
    ngx_uint_t                    i, k, some;
    const ngx_wzp_metric_info_t  *info;

    for (i = 0; i < NGX_WZP_METRIC_N; i++) {
        info = &ngx_wzp_metric_info[i];

        if (info->source != NGX_WZP_SOURCE_HUB) {
            continue;
        }

        some = 0;

        for (k = 0; k < pg->n; k++) {
            if (pg->relays[k].status == NGX_HTTP_OK) {
                some = ngx_http_wzp_page_hub(pg, &pg->relays[k].text, info,
                                             some);
            }
        }
    }
}


/* Those of one metric: the lines that begin with its name.  Without any there
 * is no heading. */
static ngx_uint_t
ngx_http_wzp_page_hub(ngx_http_wzp_page_t *pg, ngx_wzp_text_t *said,
    const ngx_wzp_metric_info_t *info, ngx_uint_t some)
{
    size_t   len;
    u_char  *p, *next, *end;

    len = ngx_strlen(info->metric);
    end = said->data + said->len;

    for (p = said->data; p < end; p = next) {
        next = ngx_strlchr(p, end, '\n');
        next = (next != NULL) ? next + 1 : end;

        if ((size_t) (next - p) > len
            && ngx_memcmp(p, info->metric, len) == 0
            && (p[len] == '{' || p[len] == ' '))
        {
            if (!some) {
                ngx_wzp_metric_head(pg->text, info->metric, info->type,
                                    info->text);
                some = 1;
            }

            ngx_wzp_text_add(pg->text, p, next - p);
        }
    }

    return some;
}


static void
ngx_http_wzp_page_head(ngx_http_wzp_page_t *pg, ngx_wzp_metric_e metric)
{
    ngx_wzp_metric_head(pg->text, ngx_wzp_metric_info[metric].metric,
                        ngx_wzp_metric_info[metric].type,
                        ngx_wzp_metric_info[metric].text);
}


static void
ngx_http_wzp_page_one(ngx_http_wzp_page_t *pg, ngx_wzp_metric_e metric,
    const ngx_str_t *relay, const char *labels, uint64_t n)
{
    ngx_wzp_sample_t  sm;

    ngx_wzp_sample(&sm, pg->text, ngx_wzp_metric_info[metric].metric, "",
                   relay);
    ngx_wzp_sample_labels(&sm, labels);
    ngx_wzp_sample_value(&sm, n, 0);
}
