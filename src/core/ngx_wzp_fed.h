/*
 * Global rooms: what wzp_fed knows of them on one side, the directory and the
 * media of members and links on the other.
 */

#ifndef _NGX_WZP_FED_H_INCLUDED_
#define _NGX_WZP_FED_H_INCLUDED_


#include "core/ngx_wzp_channel.h"
#include "core/ngx_wzp_hub.h"


ngx_int_t ngx_wzp_fed_init(ngx_wzp_hub_t *hub);
void ngx_wzp_fed_done(ngx_wzp_hub_t *hub);

/* A room (NGX_WZP_NONE: any) has changed: look at it when the turn ends.  In
 * workers without a hub: nothing. */
void ngx_wzp_fed_news(uint32_t room);

/* The end of a turn: tell links of changed rooms, and the zone of what links
 * told. */
void ngx_wzp_fed_turn(ngx_wzp_hub_t *hub);

/* We have become the hub: what is in the zone is ours to write. */
void ngx_wzp_fed_rule(ngx_wzp_hub_t *hub);

/* Twice a second. */
void ngx_wzp_fed_tick(ngx_wzp_hub_t *hub);

/* Media of a local member, stamped, of a room that some link wants. */
void ngx_wzp_fed_send(ngx_wzp_relay_t *relay, const uint8_t *key,
    const uint8_t *data, size_t len);

/* Media from a link: tag and packet. */
void ngx_wzp_fed_receive(ngx_wzp_link_t *ln, const uint8_t *data, size_t len);

/* The same from another hub, for our links. */
void ngx_wzp_fed_forwarded(const ngx_wzp_msg_t *msg, const u_char *data);

/* The room of a call is bridged to this link, or no longer (NULL). */
ngx_int_t ngx_wzp_fed_call(ngx_wzp_hub_t *hub, const char *room,
    ngx_wzp_link_t *ln);

/* Does this room concern other relays? */
ngx_uint_t ngx_wzp_fed_is_global(const ngx_wzp_relay_conf_t *conf,
    const uint8_t *key);


#endif /* _NGX_WZP_FED_H_INCLUDED_ */
