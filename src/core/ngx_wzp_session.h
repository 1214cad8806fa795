/*
 * One nginx stream session for each QUIC connection, so that access rules,
 * limits, variables and logs of nginx apply to voice.  How it is built, and
 * why just so: quic "part two" in src/README.md.
 */

#ifndef _NGX_WZP_SESSION_H_INCLUDED_
#define _NGX_WZP_SESSION_H_INCLUDED_


#include "core/ngx_wzp_conn.h"


/* NGX_DECLINED when so few nginx connections are left that others of this
 * nginx would starve. */
ngx_int_t ngx_wzp_session_reserve(void);

/*
 * Build the nginx connection and run it through the listener's handler.
 * NGX_OK: accepted, or still under way; NGX_DECLINED: refused by a phase
 * (wc->refused; nginx has logged and freed) or no connection to be had.
 */
ngx_int_t ngx_wzp_session_create(ngx_wzp_conn_t *wc);

/* Accepted: from now on nginx's events on c come to us. */
void ngx_wzp_session_attach(ngx_connection_t *c);

/* Log and free, if there is a session. */
void ngx_wzp_session_finalize(ngx_wzp_conn_t *wc);

/* nginx has closed the listening socket: c->fd must not name it longer. */
void ngx_wzp_session_quit(ngx_wzp_conn_t *wc);

/* The connection's own log while it has one, else the cycle's. */
ngx_log_t *ngx_wzp_conn_log(ngx_wzp_conn_t *wc);


#endif /* _NGX_WZP_SESSION_H_INCLUDED_ */
