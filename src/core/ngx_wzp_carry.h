/*
 * Sessions: media of a call between people on relays that have no link with
 * each other, hop by hop along the way that a route has found.  PROTOCOL E.9.
 *
 * Between two neighbours on that way all sessions share one `_relay`
 * connection (a carrier), opened when there is something to carry and closed
 * when there has been nothing for a while.
 */

#ifndef _NGX_WZP_CARRY_H_INCLUDED_
#define _NGX_WZP_CARRY_H_INCLUDED_


#include "core/ngx_wzp_link.h"


/* Our people's call leaves by this link for that person.  NGX_DECLINED: not now. */
ngx_int_t ngx_wzp_carry_start(ngx_wzp_hub_t *hub, const char *id,
    const char *room, ngx_wzp_link_t *ln, const uint8_t *target);

/* It is over. */
void ngx_wzp_carry_end(ngx_wzp_hub_t *hub, const char *id);

/* Media of a local member of that room.  NGX_DECLINED: nothing carries it. */
ngx_int_t ngx_wzp_carry_send(ngx_wzp_hub_t *hub, const uint8_t *key,
    const uint8_t *data, size_t len);

/* A neighbour has opened one. */
void ngx_wzp_carry_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc);

/* Twice a second. */
void ngx_wzp_carry_tick(ngx_wzp_hub_t *hub);

/* Handing over: the heir opens its own. */
void ngx_wzp_carry_leave(ngx_wzp_hub_t *hub);

/* The worker exits. */
void ngx_wzp_carry_stop(ngx_wzp_hub_t *hub);
void ngx_wzp_carry_done(ngx_wzp_hub_t *hub);

/* Sessions under way. */
ngx_uint_t ngx_wzp_carry_count(ngx_wzp_hub_t *hub);


#endif /* _NGX_WZP_CARRY_H_INCLUDED_ */
