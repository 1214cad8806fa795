/*
 * Other modules that look at relays: which relay they mean is known only when
 * all of the configuration was read.
 */

#ifndef _NGX_WZP_CONF_USE_H_INCLUDED_
#define _NGX_WZP_CONF_USE_H_INCLUDED_


#include "core/ngx_wzp_conf.h"


typedef struct {
    ngx_str_t               directive;
    ngx_str_t               name;       /* of the relay; empty: not said     */
    ngx_uint_t              many;       /* unsigned: several can be meant    */
    ngx_wzp_relay_conf_t   *relay;      /* found later; NULL: all            */

    u_char                 *file;       /* where the directive stands        */
    ngx_uint_t              line;
} ngx_wzp_conf_use_t;


/* use stays where it is until the end of the configuration. */
ngx_int_t ngx_wzp_conf_use(ngx_conf_t *cf, ngx_wzp_conf_use_t *use);

/* Find the relays; NGX_ERROR: one is not there, and that was logged. */
ngx_int_t ngx_wzp_conf_resolve_uses(ngx_cycle_t *cycle,
    ngx_wzp_main_conf_t *wmcf);


#endif /* _NGX_WZP_CONF_USE_H_INCLUDED_ */
