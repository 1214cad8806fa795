/*
 * Looking at the whole directory: for people and for metrics.  The lock is
 * given back now and then, so what is seen is never all of one moment.
 */

#ifndef _NGX_WZP_DIR_VIEW_H_INCLUDED_
#define _NGX_WZP_DIR_VIEW_H_INCLUDED_


#include "core/ngx_wzp_dir.h"


/* Entries in use, and how many there can be. */
typedef struct {
    uint32_t  members;
    uint32_t  max_members;
    uint32_t  remotes;
    uint32_t  max_remotes;
    uint32_t  rooms;
    uint32_t  max_rooms;
    uint32_t  rings;
    uint32_t  max_rings;
    uint32_t  slots;                    /* lives of workers                  */
    uint32_t  max_slots;
} ngx_wzp_dir_use_t;


/*
 * Copy rooms (or members) of a relay, at most n, from entry *next on, which
 * is 0 at first and moves on; the end has come when 0 are returned.
 */
uint32_t ngx_wzp_dir_view_rooms(ngx_wzp_zone_t *zn, uint64_t relay,
    uint32_t *next, ngx_wzp_zone_room_t *list, uint32_t n);
uint32_t ngx_wzp_dir_view_members(ngx_wzp_zone_t *zn, uint64_t relay,
    uint32_t *next, ngx_wzp_zone_member_t *list, uint32_t n);

/* How full is the zone? */
void ngx_wzp_dir_view_use(ngx_wzp_zone_t *zn, ngx_wzp_dir_use_t *use);

/* Workers that take new members, and those that end their calls. */
ngx_uint_t ngx_wzp_dir_view_workers(ngx_wzp_zone_t *zn, ngx_uint_t *closing);


#endif /* _NGX_WZP_DIR_VIEW_H_INCLUDED_ */
