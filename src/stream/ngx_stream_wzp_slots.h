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
