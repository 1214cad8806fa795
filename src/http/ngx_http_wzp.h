/*
 * The http module: what a relay does, as JSON and as metrics.
 */

#ifndef _NGX_HTTP_WZP_H_INCLUDED_
#define _NGX_HTTP_WZP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "core/ngx_wzp_ask.h"
#include "core/ngx_wzp_conf_use.h"
#include "core/ngx_wzp_text.h"


/* Weak: the module is loaded by an nginx without http as well. */
#pragma weak ngx_http_core_module
#pragma weak ngx_http_discard_request_body
#pragma weak ngx_http_finalize_request
#pragma weak ngx_http_output_filter
#pragma weak ngx_http_run_posted_requests
#pragma weak ngx_http_send_header
#pragma weak ngx_http_test_reading


typedef struct {
    ngx_wzp_conf_use_t   use;           /* empty directive: neither          */
} ngx_http_wzp_loc_conf_t;


extern ngx_module_t  ngx_http_wzp_module;


/* ---- content handlers ---- */

ngx_int_t ngx_http_wzp_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_wzp_metrics_handler(ngx_http_request_t *r);


/* ---- for both ---- */

/* NGX_DECLINED: GET or HEAD; else what the content handler returns. */
ngx_int_t ngx_http_wzp_method(ngx_http_request_t *r);

/* Send a whole answer.  type without charset. */
ngx_int_t ngx_http_wzp_send(ngx_http_request_t *r, ngx_uint_t status,
    const char *type, ngx_wzp_text_t *tx);

/* The same, with a sentence about what is wrong. */
ngx_int_t ngx_http_wzp_send_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *text);

/* Another response header.  Both are literals. */
ngx_int_t ngx_http_wzp_header(ngx_http_request_t *r, const char *name,
    const char *value);


#endif /* _NGX_HTTP_WZP_H_INCLUDED_ */
