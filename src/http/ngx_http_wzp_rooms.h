/*
 * Paths of wzp_api that any worker can serve from the zone.
 */

#ifndef _NGX_HTTP_WZP_ROOMS_H_INCLUDED_
#define _NGX_HTTP_WZP_ROOMS_H_INCLUDED_


#include "http/ngx_http_wzp.h"


ngx_int_t ngx_http_wzp_rooms(ngx_http_request_t *r,
    ngx_wzp_relay_conf_t *conf);

/* name: of the room, or its hash. */
ngx_int_t ngx_http_wzp_room(ngx_http_request_t *r,
    ngx_wzp_relay_conf_t *conf, ngx_str_t *name);

ngx_int_t ngx_http_wzp_health(ngx_http_request_t *r,
    ngx_wzp_relay_conf_t *conf);


#endif /* _NGX_HTTP_WZP_ROOMS_H_INCLUDED_ */
