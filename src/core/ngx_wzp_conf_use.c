/*
 * Which relay do others mean?
 */

#include "core/ngx_wzp_conf_use.h"


#define NGX_WZP_CONF_USUAL  "main"


static ngx_int_t ngx_wzp_conf_resolve(ngx_cycle_t *cycle,
    ngx_wzp_main_conf_t *wmcf, ngx_wzp_conf_use_t *use);


ngx_int_t
ngx_wzp_conf_use(ngx_conf_t *cf, ngx_wzp_conf_use_t *use)
{
    ngx_wzp_conf_use_t   **slot;
    ngx_wzp_main_conf_t   *wmcf;

    wmcf = (ngx_wzp_main_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                ngx_wzp_module);

    if (wmcf->uses == NULL) {
        wmcf->uses = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_wzp_conf_use_t *));
        if (wmcf->uses == NULL) {
            return NGX_ERROR;
        }
    }

    slot = ngx_array_push(wmcf->uses);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    use->file = cf->conf_file->file.name.data;
    use->line = cf->conf_file->line;

    *slot = use;

    return NGX_OK;
}


ngx_int_t
ngx_wzp_conf_resolve_uses(ngx_cycle_t *cycle, ngx_wzp_main_conf_t *wmcf)
{
    ngx_uint_t            i;
    ngx_wzp_conf_use_t  **use;

    if (wmcf->uses == NULL) {
        return NGX_OK;
    }

    use = wmcf->uses->elts;

    for (i = 0; i < wmcf->uses->nelts; i++) {
        if (ngx_wzp_conf_resolve(cycle, wmcf, use[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The one that is named; else the only one, or the one with the usual name. */
static ngx_int_t
ngx_wzp_conf_resolve(ngx_cycle_t *cycle, ngx_wzp_main_conf_t *wmcf,
    ngx_wzp_conf_use_t *use)
{
    ngx_str_t               name;
    ngx_uint_t              i;
    ngx_wzp_relay_conf_t  **rf;

    if (wmcf->stream == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"%V\" in %s:%ui has no relay to look at: no server "
                      "in \"stream\" has \"wzp on\"",
                      &use->directive, use->file, use->line);
        return NGX_ERROR;
    }

    rf = wmcf->relays->elts;
    name = use->name;

    if (name.len == 0) {

        if (use->many) {
            return NGX_OK;
        }

        if (wmcf->relays->nelts == 1) {
            use->relay = rf[0];
            return NGX_OK;
        }

        ngx_str_set(&name, NGX_WZP_CONF_USUAL);
    }

    for (i = 0; i < wmcf->relays->nelts; i++) {
        if (rf[i]->name.len == name.len
            && ngx_memcmp(rf[i]->name.data, name.data, name.len) == 0)
        {
            use->relay = rf[i];
            return NGX_OK;
        }
    }

    if (use->name.len != 0) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "unknown relay \"%V\" in \"%V\" in %s:%ui",
                      &name, &use->directive, use->file, use->line);

    } else {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"%V\" in %s:%ui must say which of %ui relays it "
                      "means, write: %V relay=%V;",
                      &use->directive, use->file, use->line,
                      wmcf->relays->nelts, &use->directive, &rf[0]->name);
    }

    return NGX_ERROR;
}
