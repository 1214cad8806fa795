/*
 * What wzp_metrics shows.
 */

#ifndef _NGX_HTTP_WZP_METRICS_H_INCLUDED_
#define _NGX_HTTP_WZP_METRICS_H_INCLUDED_


#include "http/ngx_http_wzp.h"


/* A relay, and what its hub says of it. */
typedef struct {
    ngx_wzp_relay_conf_t  *conf;
    ngx_wzp_ask_t         *ask;         /* NULL: answered                    */
    ngx_uint_t             status;
    ngx_wzp_text_t         text;        /* samples, as ngx_wzp_metric.h      */
    uint64_t               sum[NGX_WZP_STAT_N];
} ngx_http_wzp_relay_t;


void ngx_http_wzp_metrics_write(ngx_wzp_text_t *tx,
    ngx_http_wzp_relay_t *relays, ngx_uint_t n);


#endif /* _NGX_HTTP_WZP_METRICS_H_INCLUDED_ */
