/*
 * Who looks at what happens in a room: the debug tap and the event log.  The
 * packet path asks once, by bits that were set when the room was opened; only
 * then is any of this called.
 */

#ifndef _NGX_WZP_WATCH_H_INCLUDED_
#define _NGX_WZP_WATCH_H_INCLUDED_


#include "core/ngx_wzp_event_log.h"
#include "core/ngx_wzp_link.h"
#include "core/ngx_wzp_room.h"
#include "core/ngx_wzp_tap.h"


#define NGX_WZP_WATCH_TAP       1
#define NGX_WZP_WATCH_LOG       2


/* Bits of a room. */
ngx_uint_t ngx_wzp_watch_room(const ngx_wzp_relay_conf_t *conf,
    const uint8_t *key);

/* A member's packet, already stamped, on its way. */
void ngx_wzp_watch_in(ngx_wzp_member_t *mb, const wzp_packet_t *pk);

/* It went to members of this worker. */
void ngx_wzp_watch_out(ngx_wzp_room_t *rm, const wzp_qbuf_t *qb,
    const ngx_wzp_room_tally_t *to);

/* It will not, or not everywhere. */
void ngx_wzp_watch_drop(ngx_wzp_member_t *mb, wzp_drop_t why);

void ngx_wzp_watch_join(ngx_wzp_member_t *mb);
void ngx_wzp_watch_leave(ngx_wzp_member_t *mb);
void ngx_wzp_watch_refused(ngx_wzp_conn_t *wc, wzp_close_t why);

/* A packet of a link in a room with these bits, for so many members; or that
 * goes nowhere (why is not WZP_DROP_N). */
void ngx_wzp_watch_fed_in(ngx_wzp_link_t *ln, const char *room,
    ngx_uint_t watch, const wzp_packet_t *pk, ngx_uint_t members,
    wzp_drop_t why);

/* One for no room; pk is NULL: malformed. */
void ngx_wzp_watch_fed_stray(ngx_wzp_link_t *ln, const wzp_packet_t *pk,
    size_t len);

/* A packet with its tag for a link; ok is 0: it does not take it. */
void ngx_wzp_watch_fed_out(ngx_wzp_link_t *ln, const char *room,
    ngx_uint_t watch, const wzp_qbuf_t *qb, ngx_uint_t ok);

/* What is said on a link; dir is "out" or "fed". */
void ngx_wzp_watch_fed_signal(ngx_wzp_link_t *ln, const char *dir,
    const wzp_signal_t *sg);

/* A link came up (why is NULL) or went down. */
void ngx_wzp_watch_link(ngx_wzp_link_t *ln, const char *why);

/* Twice a second, at the end of each turn, and at the worker's. */
void ngx_wzp_watch_tick(ngx_wzp_relay_t *relay);
void ngx_wzp_watch_turn(ngx_wzp_relay_t *relay);
void ngx_wzp_watch_exit(ngx_wzp_relay_t *relay);


#endif /* _NGX_WZP_WATCH_H_INCLUDED_ */
