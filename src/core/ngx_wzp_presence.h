/*
 * Who is where: gossip and routes, between what the zone knows of this relay's
 * people and what its peers (links and probes, by number) say of theirs.
 */

#ifndef _NGX_WZP_PRESENCE_H_INCLUDED_
#define _NGX_WZP_PRESENCE_H_INCLUDED_


#include "core/ngx_wzp_hub.h"


/* The answer to a question: where is this person? */
typedef void (*ngx_wzp_route_pt)(void *ctx, const wzp_route_response_t *rr);


ngx_int_t ngx_wzp_presence_init(ngx_wzp_hub_t *hub);
void ngx_wzp_presence_done(ngx_wzp_hub_t *hub);

/* Twice a second: look who is here. */
void ngx_wzp_presence_tick(ngx_wzp_hub_t *hub);

uint64_t ngx_wzp_presence_deadline(ngx_wzp_hub_t *hub);
void ngx_wzp_presence_expire(ngx_wzp_hub_t *hub);

/* A peer has come (flags: WZP_GOSSIP_*), or gone. */
void ngx_wzp_presence_up(ngx_wzp_hub_t *hub, ngx_uint_t peer,
    unsigned flags, const char *addr);
void ngx_wzp_presence_down(ngx_wzp_hub_t *hub, ngx_uint_t peer);
void ngx_wzp_presence_alive(ngx_wzp_hub_t *hub, ngx_uint_t peer);

/* PresenceUpdate, RouteQuery, RouteResponse of a peer; others are ignored. */
void ngx_wzp_presence_signal(ngx_wzp_hub_t *hub, ngx_uint_t peer,
    const wzp_signal_t *sg);

/*
 * Where is somebody?  handler is called once, perhaps at once, unless
 * ngx_wzp_presence_forget is.  NULL: too many questions.  With others set:
 * at which other relay, even if he is here as well.
 */
void *ngx_wzp_presence_ask(ngx_wzp_hub_t *hub, const uint8_t *fp,
    ngx_uint_t others, ngx_wzp_route_pt handler, void *ctx);
void ngx_wzp_presence_forget(void *question);

/* The link (by bit) by which somebody is reached; -1: none is known. */
ngx_int_t ngx_wzp_presence_next(ngx_wzp_hub_t *hub, const uint8_t *fp,
    ngx_int_t except);


#endif /* _NGX_WZP_PRESENCE_H_INCLUDED_ */
