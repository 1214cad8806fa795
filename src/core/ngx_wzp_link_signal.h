/*
 * What is said on a link.  For the files of links only.
 */

#ifndef _NGX_WZP_LINK_SIGNAL_H_INCLUDED_
#define _NGX_WZP_LINK_SIGNAL_H_INCLUDED_


#include "core/ngx_wzp_link.h"


/* ---- ngx_wzp_link.c ---- */

/* It is a connection of its link now. */
void ngx_wzp_link_ready(ngx_wzp_link_conn_t *lc);

/* What it is has changed: choose, and tell all that it has to know. */
void ngx_wzp_link_settle(ngx_wzp_link_conn_t *lc);

void ngx_wzp_link_close(ngx_wzp_link_conn_t *lc, wzp_close_t why);

/* Is there one with a younger process of the other end?  Then that one is
 * who tells. */
ngx_uint_t ngx_wzp_link_outdated(ngx_wzp_link_conn_t *lc);

/* The other end has told all it knows on this one. */
void ngx_wzp_link_learned(ngx_wzp_link_conn_t *lc);

/* It will end: dial another one. */
void ngx_wzp_link_moves(ngx_wzp_link_conn_t *lc);

void ngx_wzp_link_error(ngx_wzp_link_t *ln, const char *why);


/* ---- ngx_wzp_link_signal.c ---- */

/* Tell everything that a new connection has to know. */
void ngx_wzp_link_tell(ngx_wzp_link_conn_t *lc);

/* And that it is all, if it is. */
void ngx_wzp_link_say(ngx_wzp_link_conn_t *lc);

void ngx_wzp_link_ping(ngx_wzp_link_conn_t *lc);

/* One message. */
void ngx_wzp_link_signals(ngx_wzp_link_conn_t *lc, const uint8_t *data,
    size_t len);

/* Without proof, where the relay itself has a connection with it: anybody can
 * say that he is that relay, and is not heard. */
ngx_uint_t ngx_wzp_link_stranger(ngx_wzp_link_conn_t *lc);

/* Log how to admit a relay that is not configured, unless that was said a
 * moment ago. */
void ngx_wzp_link_unknown(ngx_wzp_conn_t *wc, const uint8_t *fp,
    ngx_uint_t proved);


#endif /* _NGX_WZP_LINK_SIGNAL_H_INCLUDED_ */
