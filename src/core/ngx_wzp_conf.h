/*
 * Configuration of the core: the zone, the list of relays, identities.
 * Directives are the stream module's; what they mean for a process is here.
 */

#ifndef _NGX_WZP_CONF_H_INCLUDED_
#define _NGX_WZP_CONF_H_INCLUDED_


#include "core/ngx_wzp.h"
#include "core/ngx_wzp_zone.h"


typedef struct {
    ngx_str_t              zone_name;
    size_t                 zone_size;
    ngx_wzp_zone_t        *zone;
    ngx_array_t           *relays;      /* of ngx_wzp_relay_conf_t *         */
    ngx_wzp_stream_api_t  *stream;      /* NULL: no relay is configured      */
    ngx_array_t           *uses;        /* of ngx_wzp_conf_use_t *, or NULL  */
} ngx_wzp_main_conf_t;


extern ngx_module_t  ngx_wzp_module;


void *ngx_wzp_create_main_conf(ngx_cycle_t *cycle);

/* The whole file was read: check what no single directive can. */
char *ngx_wzp_init_main_conf(ngx_cycle_t *cycle, void *conf);

/*
 * A relay's files: identity (created with mode 0600 when it is missing, never
 * overwritten), certificate and key; and whether QUIC can work with them.
 */
char *ngx_wzp_conf_relay(ngx_conf_t *cf, ngx_wzp_relay_conf_t *conf);

/* Master: the configuration is certain. */
ngx_int_t ngx_wzp_conf_commit(ngx_cycle_t *cycle);


#endif /* _NGX_WZP_CONF_H_INCLUDED_ */
