/*
 * The stream module: directives, sessions, variables.
 */

#ifndef _NGX_STREAM_WZP_H_INCLUDED_
#define _NGX_STREAM_WZP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_stream.h>

#include "core/ngx_wzp_conf.h"


/*
 * Weak, so that a nginx without its stream module, or with load_module lines
 * in the wrong order, gets a sentence (ngx_wzp_module.c) instead of a linker's
 * complaint.
 */
#pragma weak ngx_stream_core_module
#pragma weak ngx_stream_add_variable
#pragma weak ngx_stream_finalize_session
#pragma weak ngx_stream_init_connection


/* The server configuration is the relay's, which src/core reads. */
typedef ngx_wzp_relay_conf_t  ngx_stream_wzp_srv_conf_t;


extern ngx_module_t  ngx_stream_wzp_module;


ngx_int_t ngx_stream_wzp_add_variables(ngx_conf_t *cf);

/*
 * The context of the server that a listening socket leads to (its first
 * address); *naddrs: how many addresses it serves.  The only place that knows
 * how nginx's versions differ.
 */
ngx_stream_conf_ctx_t *ngx_stream_wzp_server_ctx(ngx_listening_t *ls,
    ngx_uint_t i, ngx_uint_t *naddrs);


#endif /* _NGX_STREAM_WZP_H_INCLUDED_ */
