/*
 * Tiers and their hysteresis.  Thresholds and counts are those of existing
 * relays on Wi-Fi and unknown networks (PROTOCOL 6.5).
 */

#include "wzp/wzp_quality.h"


#define WZP_QUALITY_DOWN        3       /* worse reports in a row: go there  */
#define WZP_QUALITY_UP_LOW      5       /* better ones below GOOD: one step  */
#define WZP_QUALITY_UP_HIGH     10      /* and from GOOD on                  */


/* A report that is at or above either bound belongs to the row's tier. */
static const struct {
    unsigned          loss_pct;
    unsigned          rtt_ms;
} wzp_tier_bounds[] = {
    [WZP_TIER_CATASTROPHIC] = { 15, 200 },
    [WZP_TIER_DEGRADED] = { 5, 100 },
    [WZP_TIER_GOOD] = { 2, 80 },
    [WZP_TIER_STUDIO_32K] = { 1, 50 },
    [WZP_TIER_STUDIO_48K] = { 101, 30 },
};


static const struct {
    const char        *name;
    wzp_profile_id_t   profile;
} wzp_tiers[WZP_TIER_N] = {
    { "Catastrophic", WZP_PROFILE_CATASTROPHIC },
    { "Degraded", WZP_PROFILE_DEGRADED },
    { "Good", WZP_PROFILE_GOOD },
    { "Studio32k", WZP_PROFILE_STUDIO_32K },
    { "Studio48k", WZP_PROFILE_STUDIO_48K },
    { "Studio64k", WZP_PROFILE_STUDIO_64K },
};


wzp_tier_t
wzp_tier_of(const wzp_report_t *rp)
{
    float     loss;
    size_t    i;
    unsigned  rtt;

    /* the wire truncates percent * 255 / 100: 2 % arrives as 5 */
    loss = ((float) rp->loss + 1) * 100 / 255;
    rtt = rp->rtt_4ms * 4U;

    if (rp->loss == 0) {
        loss = 0;
    }

    for (i = 0; i < WZP_ARRAY_LEN(wzp_tier_bounds); i++) {
        if (loss >= (float) wzp_tier_bounds[i].loss_pct
            || rtt >= wzp_tier_bounds[i].rtt_ms)
        {
            return (wzp_tier_t) i;
        }
    }

    return WZP_TIER_STUDIO_64K;
}


void
wzp_quality_init(wzp_quality_t *q)
{
    q->tier = WZP_TIER_GOOD;
    q->worse = 0;
    q->better = 0;
}


bool
wzp_quality_report(wzp_quality_t *q, const wzp_report_t *rp)
{
    uint8_t     need;
    wzp_tier_t  seen;

    seen = wzp_tier_of(rp);

    if (seen == q->tier) {
        q->worse = 0;
        q->better = 0;
        return false;
    }

    if (seen < q->tier) {
        q->better = 0;

        if (++q->worse < WZP_QUALITY_DOWN) {
            return false;
        }

        q->tier = seen;

    } else {
        q->worse = 0;
        need = q->tier < WZP_TIER_GOOD ? WZP_QUALITY_UP_LOW
                                       : WZP_QUALITY_UP_HIGH;

        if (++q->better < need) {
            return false;
        }

        q->tier++;
    }

    q->worse = 0;
    q->better = 0;

    return true;
}


const char *
wzp_tier_name(wzp_tier_t tier)
{
    return tier < WZP_TIER_N ? wzp_tiers[tier].name : "Good";
}


wzp_profile_id_t
wzp_tier_profile(wzp_tier_t tier)
{
    return tier < WZP_TIER_N ? wzp_tiers[tier].profile : WZP_PROFILE_GOOD;
}
