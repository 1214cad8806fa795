/*
 * What the files of global rooms share, and nobody else looks at.
 */

#ifndef _NGX_WZP_FED_INT_H_INCLUDED_
#define _NGX_WZP_FED_INT_H_INCLUDED_


#include "core/ngx_wzp_fed.h"
#include "wzp/wzp_bucket.h"


/* What we keep of a room besides wzp_fed_room_t. */
typedef struct {
    wzp_fed_room_t   *fr;
    wzp_sni_t         sni;              /* name and key for the directory    */
    ngx_uint_t        call;             /* unsigned: of a call               */

    uint32_t          index;            /* in the zone; NGX_WZP_NONE         */
    uint32_t          epoch;
    uint64_t          missed_ns;        /* when it had none                  */
    uint32_t          version;          /* of the members told               */
    uint64_t          next_ns;          /* when to write remote ones again   */

    unsigned          dirty:1;          /* members may have changed          */
    unsigned          stale:1;          /* remote members have changed       */
    unsigned          clash:1;          /* a stream id has yet to change     */
    unsigned          watch:2;          /* NGX_WZP_WATCH_*                   */

    wzp_bucket_t      in[WZP_FED_PEERS];
    wzp_bucket_t      out[WZP_FED_PEERS];   /* to existing relays            */
} ngx_wzp_fed_room_t;


/* The room's place in the directory, if it has one. */
ngx_uint_t ngx_wzp_fed_find(ngx_wzp_hub_t *hub, ngx_wzp_fed_room_t *room);


#endif /* _NGX_WZP_FED_INT_H_INCLUDED_ */
