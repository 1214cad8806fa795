/*
 * The debug tap: lines about a room in nginx's log, at notice level.  Fields
 * of headers, names and numbers only; never a payload.
 *
 *     TAP room=general dir="in" addr=10.0.0.9:51000 seq=31 codec=Opus24k ...
 *     TAP room=general dir="out" seq=31 ...
 *     TAP room=general dir="fed" peer="eu" seq=31 ...
 *     TAP room=general dir="out" peer="eu" seq=31 ...
 *     TAP SIGNAL room=general signal="RoomUpdate" count=2 participants=[...]
 *     TAP EVENT room=general event="join" detail="..."
 *     TAP STATS room=general period="5s" ...
 *     TAP SKIPPED count=41
 *
 * "in" is written where a member's packet came in, once, and its fan_out is of
 * all members who are to get it; "out" once in each worker that has some of
 * them.  Whatever a peer has chosen stands between quotes, escaped.
 */

#ifndef _NGX_WZP_TAP_H_INCLUDED_
#define _NGX_WZP_TAP_H_INCLUDED_


#include "core/ngx_wzp.h"
#include "wzp/wzp_packet.h"


/* Of a relay in one worker: lines of one kind in one second. */
typedef struct {
    time_t            sec;
    ngx_uint_t        count;
    ngx_uint_t        hidden;           /* not written, not told yet         */
} ngx_wzp_tap_limit_t;


typedef enum {
    NGX_WZP_TAP_PACKET = 0,             /* these do not silence the others   */
    NGX_WZP_TAP_OTHER,
    NGX_WZP_TAP_KINDS
} ngx_wzp_tap_kind_e;


/* Of a room in one worker, since the last statistics. */
typedef struct {
    uint64_t          in;
    uint64_t          out;
    uint64_t          seq_gaps;
    ngx_uint_t        codecs;           /* bits                              */
} ngx_wzp_tap_stats_t;


/* Is this room tapped? */
ngx_uint_t ngx_wzp_tap_wants(const ngx_wzp_relay_conf_t *conf,
    const uint8_t *key);

/* A member's packet, for so many others. */
void ngx_wzp_tap_in(ngx_wzp_member_t *mb, const wzp_packet_t *pk,
    ngx_uint_t fan_out);

/* Sent to so many members of this worker. */
void ngx_wzp_tap_out(ngx_wzp_room_t *rm, const wzp_packet_t *pk,
    ngx_uint_t fan_out);

/* To or from another relay: dir is "out" or "fed". */
void ngx_wzp_tap_link(ngx_wzp_relay_t *relay, const char *room,
    const char *dir, const char *label, const wzp_packet_t *pk,
    ngx_uint_t fan_out);

/* For the members of this worker. */
void ngx_wzp_tap_signal(ngx_wzp_room_t *rm, const wzp_signal_t *sg);

/* Who is in a room, to or from another relay. */
void ngx_wzp_tap_link_signal(ngx_wzp_relay_t *relay, const char *room,
    const char *dir, const char *label, const wzp_signal_t *sg);

/* Of a member. */
void ngx_wzp_tap_said(ngx_wzp_member_t *mb, const wzp_signal_t *sg);

void ngx_wzp_tap_join(ngx_wzp_member_t *mb);

/* last: the room ends with him. */
void ngx_wzp_tap_leave(ngx_wzp_member_t *mb, ngx_uint_t last);

/* Every five seconds. */
void ngx_wzp_tap_stats(ngx_wzp_room_t *rm);

/* Twice a second: say what was left out. */
void ngx_wzp_tap_tick(ngx_wzp_relay_t *relay);


#endif /* _NGX_WZP_TAP_H_INCLUDED_ */
