/*
 * wzp_metrics: ask the hub of every relay, then write all.
 */

#include "http/ngx_http_wzp_metrics.h"


#define NGX_HTTP_WZP_PROMETHEUS  "text/plain; version=0.0.4"


typedef struct {
    ngx_http_request_t    *request;
    ngx_uint_t             pending;     /* relays that have not answered     */
    ngx_uint_t             n;
    ngx_http_wzp_relay_t  *relays;
} ngx_http_wzp_metrics_t;


/* Which of them is answered. */
typedef struct {
    ngx_http_wzp_metrics_t  *metrics;
    ngx_uint_t               i;
} ngx_http_wzp_which_t;


static ngx_http_wzp_metrics_t *ngx_http_wzp_metrics_create(
    ngx_http_request_t *r);
static void ngx_http_wzp_metrics_answered(void *data, ngx_uint_t status,
    ngx_wzp_text_t *tx);
static ngx_int_t ngx_http_wzp_metrics_send(ngx_http_wzp_metrics_t *mt);
static void ngx_http_wzp_metrics_cleanup(void *data);


ngx_int_t
ngx_http_wzp_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_http_wzp_relay_t    *rl;
    ngx_http_wzp_which_t    *which;
    ngx_http_wzp_metrics_t  *mt;

    rc = ngx_http_wzp_method(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_wzp_worker == NULL) {
        return ngx_http_wzp_send_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "no relay runs");
    }

    mt = ngx_http_wzp_metrics_create(r);

    if (mt == NULL
        || ngx_handle_read_event(r->connection->read, 0) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    which = ngx_palloc(r->pool, mt->n * sizeof(ngx_http_wzp_which_t));
    if (which == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < mt->n; i++) {
        rl = &mt->relays[i];

        which[i].metrics = mt;
        which[i].i = i;

        rl->ask = ngx_wzp_ask(rl->conf, NGX_WZP_ASK_METRICS, NULL,
                              ngx_http_wzp_metrics_answered, &which[i]);
        mt->pending += (rl->ask != NULL);
    }

    if (mt->pending == 0) {
        return ngx_http_wzp_metrics_send(mt);
    }

    r->read_event_handler = ngx_http_test_reading;
    r->main->count++;

    return NGX_DONE;
}


static ngx_http_wzp_metrics_t *
ngx_http_wzp_metrics_create(ngx_http_request_t *r)
{
    ngx_uint_t                i;
    ngx_pool_cleanup_t       *cln;
    ngx_wzp_main_conf_t      *wmcf;
    ngx_wzp_relay_conf_t    **rf;
    ngx_http_wzp_metrics_t   *mt;
    ngx_http_wzp_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wzp_module);
    wmcf = (ngx_wzp_main_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                                ngx_wzp_module);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_wzp_metrics_t));
    if (cln == NULL) {
        return NULL;
    }

    mt = cln->data;
    ngx_memzero(mt, sizeof(ngx_http_wzp_metrics_t));

    mt->request = r;
    mt->n = wlcf->use.relay != NULL ? 1 : wmcf->relays->nelts;
    mt->relays = ngx_pcalloc(r->pool, mt->n * sizeof(ngx_http_wzp_relay_t));
    if (mt->relays == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_wzp_metrics_cleanup;

    rf = wmcf->relays->elts;

    for (i = 0; i < mt->n; i++) {
        mt->relays[i].conf = wlcf->use.relay != NULL ? wlcf->use.relay
                                                     : rf[i];
    }

    return mt;
}


static void
ngx_http_wzp_metrics_answered(void *data, ngx_uint_t status,
    ngx_wzp_text_t *tx)
{
    ngx_http_wzp_which_t *which = data;

    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_wzp_relay_t    *rl;
    ngx_http_wzp_metrics_t  *mt;

    mt = which->metrics;
    rl = &mt->relays[which->i];

    rl->ask = NULL;
    rl->status = status;

    /* the text is ours now */

    rl->text = *tx;
    ngx_memzero(tx, sizeof(ngx_wzp_text_t));

    if (--mt->pending != 0) {
        return;
    }

    r = mt->request;
    c = r->connection;

    ngx_http_finalize_request(r, ngx_http_wzp_metrics_send(mt));
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_wzp_metrics_send(ngx_http_wzp_metrics_t *mt)
{
    ngx_int_t       rc;
    ngx_wzp_text_t  tx;

    ngx_memzero(&tx, sizeof(tx));

    ngx_http_wzp_metrics_write(&tx, mt->relays, mt->n);

    rc = ngx_http_wzp_send(mt->request, NGX_HTTP_OK,
                           NGX_HTTP_WZP_PROMETHEUS, &tx);

    ngx_wzp_text_done(&tx);

    return rc;
}


/* The request ends, or the client has gone. */
static void
ngx_http_wzp_metrics_cleanup(void *data)
{
    ngx_http_wzp_metrics_t  *mt = data;

    ngx_uint_t  i;

    for (i = 0; i < mt->n; i++) {
        if (mt->relays[i].ask != NULL) {
            ngx_wzp_ask_cancel(mt->relays[i].ask);
        }

        ngx_wzp_text_done(&mt->relays[i].text);
    }
}
