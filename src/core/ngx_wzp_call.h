/*
 * Direct calls: what people and links say of them goes through wzp_calls, and
 * what comes out goes to people and links; media of a call between two relays
 * gets its bridge.  PROTOCOL 7.6, 8.5, E.9.
 */

#ifndef _NGX_WZP_CALL_H_INCLUDED_
#define _NGX_WZP_CALL_H_INCLUDED_


#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_phone.h"


/* A signal of somebody who is registered here; data is its JSON. */
void ngx_wzp_call_signal(ngx_wzp_phone_t *ph, const wzp_signal_t *sg,
    const uint8_t *data, size_t len);

/* An envelope from a link. */
void ngx_wzp_call_envelope(ngx_wzp_link_t *ln,
    const wzp_federated_signal_t *fs);

/* The last registration of somebody has ended; somebody is back. */
void ngx_wzp_call_gone(ngx_wzp_hub_t *hub, const uint8_t *fp);
void ngx_wzp_call_back(ngx_wzp_hub_t *hub, const uint8_t *fp);

/* The same of a link. */
void ngx_wzp_call_link_up(ngx_wzp_link_t *ln);
void ngx_wzp_call_link_down(ngx_wzp_link_t *ln);

/* Twice a second. */
void ngx_wzp_call_tick(ngx_wzp_hub_t *hub);

/*
 * Calls of another hub that go on need their bridges: of an heir before its
 * links come up, or nobody would tell them who is in these rooms; and of the
 * hub.
 */
void ngx_wzp_call_inherit(ngx_wzp_hub_t *hub);

/* A link tells an heir of a room that it does not know: is it that of a call
 * which the old hub has begun since?  Then its bridge is there now. */
ngx_uint_t ngx_wzp_call_inherit_room(ngx_wzp_hub_t *hub, const char *room);

/* Is this the room of a call that leaves this relay? */
ngx_uint_t ngx_wzp_call_has_room(ngx_wzp_hub_t *hub, const uint8_t *key);

/* The worker exits. */
void ngx_wzp_call_done(ngx_wzp_hub_t *hub);

/* "call-" and the id in lower case. */
void ngx_wzp_call_room(char room[WZP_ROOM_NAME_MAX + 1], const char *id);


#endif /* _NGX_WZP_CALL_H_INCLUDED_ */
