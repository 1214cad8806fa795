/*
 * What a client's signals do.  PROTOCOL 2 and 7.2.
 */

#ifndef _NGX_WZP_SIGNAL_H_INCLUDED_
#define _NGX_WZP_SIGNAL_H_INCLUDED_


#include "core/ngx_wzp_conn.h"


/* One signal of a client: in state OFFER the way in, in state JOINED an
 * event; never fatal for a member, whatever it is. */
void ngx_wzp_signal_handle(ngx_wzp_conn_t *wc, const uint8_t *data,
    size_t len);


#endif /* _NGX_WZP_SIGNAL_H_INCLUDED_ */
