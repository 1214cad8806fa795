/*
 * wzp_api: what a relay knows, as JSON.  What the zone knows is read here;
 * for the rest the relay's hub is asked.
 */

#include "http/ngx_http_wzp.h"

#include "http/ngx_http_wzp_rooms.h"


/* What is behind a path. */
typedef struct {
    ngx_str_t         name;
    ngx_uint_t        fp;               /* unsigned: a fingerprint follows   */
    ngx_wzp_ask_e     ask;
} ngx_http_wzp_path_t;


/* A request that waits for the hub. */
typedef struct {
    ngx_http_request_t  *request;
    ngx_wzp_ask_t       *ask;           /* NULL: answered                    */
    const char          *type;
} ngx_http_wzp_wait_t;


static ngx_uint_t ngx_http_wzp_split(ngx_http_request_t *r, ngx_str_t *path,
    ngx_str_t *arg);
static ngx_uint_t ngx_http_wzp_is(ngx_str_t *s, const char *name);
static ngx_uint_t ngx_http_wzp_wants_text(ngx_http_request_t *r);
static ngx_int_t ngx_http_wzp_ask(ngx_http_request_t *r,
    ngx_wzp_relay_conf_t *conf, ngx_wzp_ask_e kind, const uint8_t *fp);
static void ngx_http_wzp_answered(void *data, ngx_uint_t status,
    ngx_wzp_text_t *tx);
static void ngx_http_wzp_cleanup(void *data);


static const ngx_http_wzp_path_t  ngx_http_wzp_paths[] = {
    { ngx_string("presence"), 0, NGX_WZP_ASK_PRESENCE },
    { ngx_string("presence"), 1, NGX_WZP_ASK_PERSON },
    { ngx_string("peers"), 0, NGX_WZP_ASK_PEERS },
    { ngx_string("route"), 1, NGX_WZP_ASK_ROUTE },
    { ngx_string("links"), 0, NGX_WZP_ASK_LINKS },
    { ngx_string("mesh"), 0, NGX_WZP_ASK_MESH }
};


ngx_int_t
ngx_http_wzp_api_handler(ngx_http_request_t *r)
{
    uint8_t                     fp[WZP_FP_SIZE];
    ngx_int_t                   rc;
    ngx_str_t                   path, arg;
    ngx_uint_t                  i, has_arg;
    ngx_wzp_ask_e               kind;
    ngx_wzp_relay_conf_t       *conf;
    ngx_http_wzp_loc_conf_t    *wlcf;
    const ngx_http_wzp_path_t  *p;

    rc = ngx_http_wzp_method(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wzp_module);
    conf = wlcf->use.relay;

    if (ngx_wzp_worker == NULL || conf->zone == NULL) {
        return ngx_http_wzp_send_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "the relay does not run");
    }

    has_arg = ngx_http_wzp_split(r, &path, &arg);

    if (ngx_http_wzp_is(&path, "rooms")) {
        return has_arg ? ngx_http_wzp_room(r, conf, &arg)
                       : ngx_http_wzp_rooms(r, conf);
    }

    if (ngx_http_wzp_is(&path, "health") && !has_arg) {
        return ngx_http_wzp_health(r, conf);
    }

    for (i = 0; i < WZP_ARRAY_LEN(ngx_http_wzp_paths); i++) {
        p = &ngx_http_wzp_paths[i];

        if (p->fp != has_arg || p->name.len != path.len
            || ngx_memcmp(p->name.data, path.data, path.len) != 0)
        {
            continue;
        }

        if (p->fp && wzp_fp_parse(fp, (char *) arg.data, arg.len) != WZP_OK) {
            return ngx_http_wzp_send_error(r, NGX_HTTP_BAD_REQUEST,
                                           "not a fingerprint: want 32 hex "
                                           "digits, with or without colons");
        }

        kind = p->ask;

        if (kind == NGX_WZP_ASK_MESH && ngx_http_wzp_wants_text(r)) {
            kind = NGX_WZP_ASK_MESH_TEXT;
        }

        return ngx_http_wzp_ask(r, conf, kind, p->fp ? fp : NULL);
    }

    return ngx_http_wzp_send_error(r, NGX_HTTP_NOT_FOUND, "no such path");
}


/* What follows the location: a word, and after a slash perhaps another. */
static ngx_uint_t
ngx_http_wzp_split(ngx_http_request_t *r, ngx_str_t *path, ngx_str_t *arg)
{
    u_char                    *p;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    *path = r->uri;

    if (clcf->exact_match) {

        /* the path is the last word of the location itself */

        for (p = path->data + path->len;
             p > path->data && p[-1] != '/';
             p--)
        {
            /* void */
        }

        path->len -= p - path->data;
        path->data = p;

    } else {
        path->data += ngx_min(clcf->name.len, path->len);
        path->len -= ngx_min(clcf->name.len, path->len);

        if (path->len != 0 && path->data[0] == '/'
            && (clcf->name.len == 0
                || clcf->name.data[clcf->name.len - 1] != '/'))
        {
            path->data++;
            path->len--;
        }
    }

    p = memchr(path->data, '/', path->len);

    if (p == NULL) {
        return 0;
    }

    arg->data = p + 1;
    arg->len = path->data + path->len - arg->data;
    path->len = p - path->data;

    return 1;
}


static ngx_uint_t
ngx_http_wzp_is(ngx_str_t *s, const char *name)
{
    return s->len == ngx_strlen(name)
           && ngx_memcmp(s->data, name, s->len) == 0;
}


/* Does the client ask for plain text, and not for JSON? */
static ngx_uint_t
ngx_http_wzp_wants_text(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part;
         part != NULL;
         part = part->next)
    {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == sizeof("Accept") - 1
                && ngx_strcasecmp(h[i].key.data, (u_char *) "Accept") == 0)
            {
                return ngx_strnstr(h[i].value.data, "text/plain",
                                   h[i].value.len) != NULL
                       && ngx_strnstr(h[i].value.data, "json",
                                      h[i].value.len) == NULL;
            }
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_wzp_ask(ngx_http_request_t *r, ngx_wzp_relay_conf_t *conf,
    ngx_wzp_ask_e kind, const uint8_t *fp)
{
    ngx_pool_cleanup_t   *cln;
    ngx_http_wzp_wait_t  *wt;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_wzp_wait_t));

    if (cln == NULL
        || ngx_handle_read_event(r->connection->read, 0) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    wt = cln->data;
    wt->request = r;
    wt->type = kind == NGX_WZP_ASK_MESH_TEXT ? "text/plain"
                                             : "application/json";
    wt->ask = ngx_wzp_ask(conf, kind, fp, ngx_http_wzp_answered, wt);

    if (wt->ask == NULL) {
        return ngx_http_wzp_send_error(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                       "too many questions at a time");
    }

    cln->handler = ngx_http_wzp_cleanup;

    r->read_event_handler = ngx_http_test_reading;
    r->main->count++;

    return NGX_DONE;
}


static void
ngx_http_wzp_answered(void *data, ngx_uint_t status, ngx_wzp_text_t *tx)
{
    ngx_http_wzp_wait_t  *wt = data;

    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    wt->ask = NULL;

    r = wt->request;
    c = r->connection;

    switch (status) {

    case NGX_HTTP_OK:
        rc = ngx_http_wzp_send(r, status, wt->type, tx);
        break;

    case NGX_HTTP_GATEWAY_TIME_OUT:
        rc = ngx_http_wzp_send_error(r, status,
                                     "the relay's hub does not answer");
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        rc = ngx_http_wzp_send_error(r, status,
                                     "the relay has no hub at the moment");
        break;

    default:
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


/* The client has gone. */
static void
ngx_http_wzp_cleanup(void *data)
{
    ngx_http_wzp_wait_t  *wt = data;

    if (wt->ask != NULL) {
        ngx_wzp_ask_cancel(wt->ask);
        wt->ask = NULL;
    }
}
