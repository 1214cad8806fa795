/*
 * What members are told about their room: RoomUpdate, QualityDirective.
 */

#ifndef _NGX_WZP_ROOM_UPDATE_H_INCLUDED_
#define _NGX_WZP_ROOM_UPDATE_H_INCLUDED_


#include "core/ngx_wzp_room.h"


void ngx_wzp_room_update_init(ngx_wzp_room_t *rm);

/* We changed the directory: tell the other workers and our own members. */
void ngx_wzp_room_changed(ngx_wzp_room_t *rm);

/* Who has to be told of changes: workers with members, and hubs. */
uint64_t ngx_wzp_room_listeners(ngx_wzp_room_t *rm);

/* Has the directory changed?  Then our members will be told. */
void ngx_wzp_room_check(ngx_wzp_room_t *rm);

/* A copy of all members of a room, to be freed with ngx_free; *n of them.
 * NULL: no memory. */
ngx_wzp_zone_member_t *ngx_wzp_room_members(uint32_t room, uint32_t epoch,
    uint32_t *n, uint32_t *version);

/* What others are told of a member. */
void ngx_wzp_room_participant(wzp_participant_t *pa,
    const ngx_wzp_zone_member_t *zm);

/* A member's tier changed by his reports. */
void ngx_wzp_room_quality(ngx_wzp_member_t *mb);

/* The profile for a tier, under the relay's wzp_profile. */
wzp_profile_id_t ngx_wzp_room_recommended(ngx_wzp_room_t *rm,
    wzp_tier_t tier);


#endif /* _NGX_WZP_ROOM_UPDATE_H_INCLUDED_ */
