/*
 * What the directives of the stream module do with their arguments.
 */

#ifndef _NGX_STREAM_WZP_SLOTS_H_INCLUDED_
#define _NGX_STREAM_WZP_SLOTS_H_INCLUDED_


#include "stream/ngx_stream_wzp.h"


/* Bounds of a time, as the post of a msec slot. */
typedef struct {
    ngx_conf_post_t  post;
    ngx_msec_t       min;
    ngx_msec_t       max;
} ngx_stream_wzp_msec_bounds_t;


/* A zeroed place in an array that is made when it is needed; NULL: no memory. */
void *ngx_stream_wzp_push(ngx_conf_t *cf, ngx_array_t **a, size_t size);

/* A room's name as it is or as its hash; NGX_ERROR after saying why not. */
ngx_int_t ngx_stream_wzp_room_name(ngx_conf_t *cf, ngx_str_t *name,
    wzp_sni_t *sni);


char *ngx_stream_wzp_room(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_limit(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_profile(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_global_room(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_stream_wzp_peer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_trusted(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_backoff(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_probe(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_probe_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_stream_wzp_debug_tap(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_event_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_interval(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_stream_wzp_check_msec(ngx_conf_t *cf, void *post, void *data);


#endif /* _NGX_STREAM_WZP_SLOTS_H_INCLUDED_ */
