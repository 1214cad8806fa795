/*
 * What connections add to the counters.
 */

#ifndef _NGX_WZP_STAT_CONN_H_INCLUDED_
#define _NGX_WZP_STAT_CONN_H_INCLUDED_


#include "core/ngx_wzp_conn.h"


/* Event: a media packet is on its way to the peer. */
void ngx_wzp_stat_conn_sent(wzp_qconn_t *qc, const wzp_qbuf_t *qb);

/* Count what this connection has done since the last time, and note how its
 * path is; wc->last is what QUIC says now. */
void ngx_wzp_stat_conn(ngx_wzp_conn_t *wc);


#endif /* _NGX_WZP_STAT_CONN_H_INCLUDED_ */
