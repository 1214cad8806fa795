/*
 * Directives of the http module, and how answers are sent.
 */

#include "http/ngx_http_wzp.h"


#define NGX_HTTP_WZP_JSON   "application/json"


static void *ngx_http_wzp_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_wzp_content(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_wzp_commands[] = {

    { ngx_string("wzp_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_wzp_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_wzp_api_handler },

    { ngx_string("wzp_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_wzp_content,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      ngx_http_wzp_metrics_handler },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_wzp_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_wzp_create_loc_conf,          /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_wzp_module = {
    NGX_MODULE_V1,
    &ngx_http_wzp_module_ctx,              /* module context */
    ngx_http_wzp_commands,                 /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_wzp_create_loc_conf(ngx_conf_t *cf)
{
    /* zeroed: use.  Nothing is inherited: these are content handlers */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_wzp_loc_conf_t));
}


/* wzp_api and wzp_metrics: cmd->post is the content handler. */
static char *
ngx_http_wzp_content(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wzp_loc_conf_t   *wlcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (wlcf->use.directive.len == cmd->name.len) {
        return "is duplicate";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler != NULL) {
        return "is in conflict with another content directive of this "
               "location";
    }

#if (NGX_PCRE)
    if (clcf->regex != NULL) {
        return "needs a location that is a prefix, not a regular expression";
    }
#endif

    if (clcf->named) {
        return "needs a location that is a prefix, not a name";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        if (ngx_strncmp(value[1].data, "relay=", 6) != 0
            || value[1].len == 6)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\", want relay=NAME",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        wlcf->use.name.data = value[1].data + 6;
        wlcf->use.name.len = value[1].len - 6;
    }

    wlcf->use.directive = cmd->name;
    wlcf->use.many = (cmd->post == ngx_http_wzp_metrics_handler);

    clcf->handler = cmd->post;

    return ngx_wzp_conf_use(cf, &wlcf->use) == NGX_OK ? NGX_CONF_OK
                                                      : NGX_CONF_ERROR;
}


ngx_int_t
ngx_http_wzp_method(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return NGX_DECLINED;
    }

    if (ngx_http_wzp_header(r, "Allow", "GET, HEAD") != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_wzp_send_error(r, NGX_HTTP_NOT_ALLOWED,
                                   "only GET and HEAD are served here");
}


ngx_int_t
ngx_http_wzp_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);

    return NGX_OK;
}


ngx_int_t
ngx_http_wzp_send(ngx_http_request_t *r, ngx_uint_t status, const char *type,
    ngx_wzp_text_t *tx)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

    if (tx->failed || ngx_http_wzp_header(r, "Cache-Control", "no-store")
                      != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = (off_t) tx->len;
    r->headers_out.content_type.data = (u_char *) type;
    r->headers_out.content_type.len = ngx_strlen(type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    ngx_str_set(&r->headers_out.charset, "utf-8");

    /* before the header: the body must not fail afterwards */

    b = ngx_create_temp_buf(r->pool, tx->len);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->last, tx->data, tx->len);
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_wzp_send_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *text)
{
    ngx_int_t        rc;
    ngx_wzp_text_t   tx;
    ngx_wzp_json_t   js;

    ngx_memzero(&tx, sizeof(tx));

    ngx_wzp_json_init(&js, &tx);
    ngx_wzp_json_open(&js, NULL, '{');
    ngx_wzp_json_cstr(&js, "error", text);
    ngx_wzp_json_close(&js, '}');

    rc = ngx_http_wzp_send(r, status, NGX_HTTP_WZP_JSON, &tx);

    ngx_wzp_text_done(&tx);

    return rc;
}
