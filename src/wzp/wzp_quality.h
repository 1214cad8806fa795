/*
 * From quality reports to a tier, with hysteresis.  PROTOCOL 6.5, the part
 * that a relay runs for each member; pure counting, no clock.
 */

#ifndef _WZP_QUALITY_H_INCLUDED_
#define _WZP_QUALITY_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_signal.h"


/* Lowest first: the weakest link is the smallest value. */
typedef enum {
    WZP_TIER_CATASTROPHIC = 0,
    WZP_TIER_DEGRADED,
    WZP_TIER_GOOD,
    WZP_TIER_STUDIO_32K,
    WZP_TIER_STUDIO_48K,
    WZP_TIER_STUDIO_64K,
    WZP_TIER_N
} wzp_tier_t;


typedef struct {
    wzp_tier_t  tier;                   /* starts at GOOD                    */
    uint8_t     worse;                  /* reports in a row                  */
    uint8_t     better;
} wzp_quality_t;


void wzp_quality_init(wzp_quality_t *q);

/* Digest one report; true when the tier has changed. */
bool wzp_quality_report(wzp_quality_t *q, const wzp_report_t *rp);

/* The row of PROTOCOL 6.5 that one report belongs to. */
wzp_tier_t wzp_tier_of(const wzp_report_t *rp);

/* "Degraded", ...; the profile that goes with a tier. */
const char *wzp_tier_name(wzp_tier_t tier);
wzp_profile_id_t wzp_tier_profile(wzp_tier_t tier);


#endif /* _WZP_QUALITY_H_INCLUDED_ */
