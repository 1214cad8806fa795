/*
 * Health lines: how it goes to each member and on each link, every so often.
 *
 *     HEALTH room=general stream=1f0a in_pkts=750 gaps=2 gap_max=412ms ...
 *     HEALTH peer="eu" in_pkts=750 ...
 */

#ifndef _NGX_WZP_HEALTH_H_INCLUDED_
#define _NGX_WZP_HEALTH_H_INCLUDED_


#include "core/ngx_wzp.h"


#define NGX_WZP_HEALTH_GAP      (200 * WZP_MS)  /* PROTOCOL 7.3              */


/* Of a member or a link, since the last line. */
typedef struct {
    uint64_t       since_ns;
    uint64_t       last_ns;             /* packet that came in; 0: none      */
    uint64_t       gap_ns;              /* the longest                       */
    uint32_t       gaps;                /* that were too long                */
    uint32_t       failures;            /* packets that QUIC did not take    */
    uint64_t       delay_ns;            /* sum: from coming in to going out  */
    uint64_t       delay_max_ns;
    uint64_t       delays;

    uint64_t       packets_in;          /* as they were at that time         */
    uint64_t       drops_in;
    wzp_qstats_t   stats;
} ngx_wzp_health_t;


/* Twice a second. */
void ngx_wzp_health_members(void);
void ngx_wzp_health_links(ngx_wzp_hub_t *hub);


/* Media came in. */
static ngx_inline void
ngx_wzp_health_in(ngx_wzp_health_t *he, uint64_t now)
{
    uint64_t  gap;

    gap = now - he->last_ns;

    if (gap > NGX_WZP_HEALTH_GAP && he->last_ns != 0) {
        he->gaps++;
        he->gap_ns = ngx_max(he->gap_ns, gap);
    }

    he->last_ns = now;
}


/* Media that came in at born_ns goes out. */
static ngx_inline void
ngx_wzp_health_out(ngx_wzp_health_t *he, uint64_t born_ns, uint64_t now)
{
    uint64_t  delay;

    delay = now > born_ns ? now - born_ns : 0;

    he->delays++;
    he->delay_ns += delay;
    he->delay_max_ns = ngx_max(he->delay_max_ns, delay);
}


#endif /* _NGX_WZP_HEALTH_H_INCLUDED_ */
