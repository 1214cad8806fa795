/*
 * Redundancy by loss and burst length.  See wzp_plan.h.
 */

#include "wzp/wzp_plan.h"


#define WZP_PLAN_LOSS_MAX   0.5f
#define WZP_PLAN_BURST_MAX  32.0f
#define WZP_PLAN_LOSS_LOW   0.01f       /* below: nothing is added           */
#define WZP_PLAN_LOSS_FEC   0.03f       /* below: in-band FEC is enough      */
#define WZP_PLAN_BURST_FEC  1.5f        /*   for bursts below                */
#define WZP_PLAN_LEFT       0.01f       /* frames that may stay lost         */

#define WZP_PLAN_BPS_MIN    6000u       /* of Opus                           */
#define WZP_PLAN_BPS_COPY   12000u      /* below, speech loses more by the
                                           rate than it gains by a copy      */
#define WZP_PLAN_WRAP       5u          /* bytes around a copy               */

#define WZP_PLAN_DRED_LOSS  0.4f        /* a frame out of DRED is worth less */

#define WZP_PLAN_RATIO_MAX  2.0f        /* RaptorQ                           */
#define WZP_PLAN_RATIO_MIN  0.1f


static const char *const  wzp_plan_modes[] = {
    [WZP_PLAN_AUTO] = "auto",
    [WZP_PLAN_OFF] = "off",
    [WZP_PLAN_INBAND] = "inband",
    [WZP_PLAN_DRED] = "dred",
    [WZP_PLAN_COPY] = "copies",
};


const char *
wzp_plan_mode_name(wzp_plan_mode_t mode)
{
    return (unsigned) mode < WZP_ARRAY_LEN(wzp_plan_modes)
           ? wzp_plan_modes[mode] : "auto";
}


bool
wzp_plan_mode_by_name(const char *name, wzp_plan_mode_t *mode)
{
    unsigned  i;

    for (i = 0; i < WZP_ARRAY_LEN(wzp_plan_modes); i++) {
        if (strcmp(wzp_plan_modes[i], name) == 0) {
            *mode = (wzp_plan_mode_t) i;
            return true;
        }
    }

    return false;
}


static float
wzp_plan_bound(float v, float low, float high)
{
    if (!(v > low)) {                   /* NaN as well */
        return low;
    }

    return v < high ? v : high;
}


/* What a copy costs besides its own bytes. */

static uint32_t
wzp_plan_wrap_bps(wzp_codec_t codec)
{
    return WZP_PLAN_WRAP * 8u * 1000u
           / wzp_codec_info((unsigned) codec)->frame_ms;
}


uint32_t
wzp_plan_bps(const wzp_plan_t *plan)
{
    uint32_t  bps;

    bps = plan->bitrate_bps * (1 + plan->ncopies)
          + wzp_plan_wrap_bps(plan->codec) * plan->ncopies;

    return bps + (uint32_t) ((float) bps * plan->fec_ratio);
}


bool
wzp_plan_equal(const wzp_plan_t *a, const wzp_plan_t *b)
{
    return a->codec == b->codec && a->bitrate_bps == b->bitrate_bps
           && a->inband_fec == b->inband_fec && a->loss_pct == b->loss_pct
           && a->dred_10ms == b->dred_10ms && a->ncopies == b->ncopies
           && memcmp(a->offset, b->offset, sizeof(a->offset)) == 0
           && a->fec_ratio == b->fec_ratio;
}


/*
 * A channel with two states, good and lost, left with constant probabilities.
 * What is lost now is lost d packets later with p + (1 - p) * memory ^ d.
 */

static float
wzp_plan_memory(float loss, float burst)
{
    float  m;

    m = 1 - 1 / burst - loss / (1 - loss) / burst;

    return WZP_MAX(m, 0);
}


static float
wzp_plan_power(float v, unsigned n)
{
    float  r;

    for (r = 1; n != 0; n--) {
        r *= v;
    }

    return r;
}


static float
wzp_plan_repaired(float ratio, float loss)
{
    float  spare;

    spare = ratio / (1 + ratio);

    if (loss < spare / 2) {
        return loss * 0.05f;
    }

    return loss < spare ? loss * 0.5f : loss;
}


float
wzp_plan_left(const wzp_plan_t *plan, float loss, float burst)
{
    float     memory, left, one;
    unsigned  i, at;

    loss = wzp_plan_bound(loss, 0, WZP_PLAN_LOSS_MAX);
    burst = wzp_plan_bound(burst, 1 / (1 - loss), WZP_PLAN_BURST_MAX);
    memory = wzp_plan_memory(loss, burst);

    if (plan->fec_ratio > 0) {
        return wzp_plan_repaired(plan->fec_ratio, loss);
    }

    for (left = loss, i = 0, at = 0; i < plan->ncopies; i++) {
        left *= loss + (1 - loss) * wzp_plan_power(memory,
                                                   plan->offset[i] - at);
        at = plan->offset[i];
    }

    one = loss * (loss + (1 - loss) * memory);

    if (plan->inband_fec) {
        left = WZP_MIN(left, one);
    }

    if (plan->dred_10ms != 0) {
        i = plan->dred_10ms * 10
            / wzp_codec_info((unsigned) plan->codec)->frame_ms;
        one = WZP_PLAN_DRED_LOSS
              + (1 - WZP_PLAN_DRED_LOSS) * wzp_plan_power(1 - 1 / burst, i);
        left = WZP_MIN(left, loss * one);
    }

    return left;
}


void
wzp_plan_fill(wzp_plan_t *plan, uint32_t bps)
{
    uint32_t  wrap;

    if (wzp_plan_bps(plan) >= bps) {
        return;
    }

    if (plan->codec == WZP_CODEC_CODEC2_3200
        || plan->codec == WZP_CODEC_CODEC2_1200)
    {
        plan->fec_ratio = wzp_plan_bound((float) bps
                                         / (float) plan->bitrate_bps - 1,
                                         0, WZP_PLAN_RATIO_MAX);
        return;
    }

    wrap = wzp_plan_wrap_bps(plan->codec) * plan->ncopies;
    plan->bitrate_bps = (bps - wrap) / (1 + plan->ncopies);
}


/* The primary rate that leaves room for n copies. */

static uint32_t
wzp_plan_share(const wzp_plan_t *plan, uint32_t budget_bps, unsigned n)
{
    uint32_t  wrap, most;

    wrap = wzp_plan_wrap_bps(plan->codec) * n;
    most = budget_bps > wrap ? (budget_bps - wrap) / (n + 1) : 0;

    return WZP_MAX(WZP_MIN(plan->bitrate_bps, most), WZP_PLAN_BPS_MIN);
}


/* So many that what is lost in all of its copies is rare. */

static unsigned
wzp_plan_copies(const wzp_plan_t *plan, uint32_t budget_bps, float loss)
{
    float     left;
    unsigned  n;

    for (n = 0, left = loss; n < WZP_PLAN_COPIES && left > WZP_PLAN_LEFT; n++)
    {
        if (wzp_plan_share(plan, budget_bps, n + 1) < WZP_PLAN_BPS_COPY) {
            break;
        }

        left *= loss;
    }

    return n;
}


/* Twice the mean burst between a frame and its copies, as far as the bound on
 * the last one allows. */

static void
wzp_plan_spread(wzp_plan_t *plan, float burst)
{
    unsigned  i, most, step;

    if (plan->ncopies == 0) {
        return;
    }

    most = WZP_PLAN_SPREAD_MS
           / wzp_codec_info((unsigned) plan->codec)->frame_ms;

    step = (unsigned) (2 * burst + 0.5f);
    step = WZP_MIN(step, most / plan->ncopies);
    step = WZP_MAX(step, 1);

    for (i = 0; i < plan->ncopies; i++) {
        plan->offset[i] = (uint8_t) (step * (i + 1));
    }
}


static void
wzp_plan_copy(wzp_plan_t *plan, uint32_t budget_bps, float loss, float burst)
{
    plan->ncopies = wzp_plan_copies(plan, budget_bps, loss);
    plan->bitrate_bps = wzp_plan_share(plan, budget_bps, plan->ncopies);
    wzp_plan_spread(plan, burst);
}


/* In-band FEC and DRED take their part of the encoder's rate: more of it. */

static void
wzp_plan_inside(wzp_plan_t *plan, uint32_t budget_bps)
{
    plan->bitrate_bps = WZP_MIN(budget_bps, plan->bitrate_bps * 3 / 2);
    plan->bitrate_bps = WZP_MAX(plan->bitrate_bps, WZP_PLAN_BPS_MIN);
}


static void
wzp_plan_opus(wzp_plan_t *plan, const wzp_plan_input_t *in,
    uint32_t budget_bps, float loss, float burst)
{
    wzp_plan_mode_t  mode;

    mode = in->mode;

    if (mode == WZP_PLAN_AUTO) {
        wzp_plan_copy(plan, budget_bps, loss, burst);

        if (loss < WZP_PLAN_LOSS_LOW) {
            mode = WZP_PLAN_OFF;

        } else if (loss < WZP_PLAN_LOSS_FEC && burst < WZP_PLAN_BURST_FEC) {
            mode = WZP_PLAN_INBAND;

        } else {
            mode = plan->ncopies != 0 ? WZP_PLAN_COPY : WZP_PLAN_DRED;
        }

        plan->ncopies = 0;
        plan->bitrate_bps = wzp_codec_info((unsigned) plan->codec)
                            ->bitrate_bps;
    }

    switch (mode) {

    case WZP_PLAN_INBAND:
        plan->inband_fec = true;
        wzp_plan_inside(plan, budget_bps);
        break;

    case WZP_PLAN_DRED:
        plan->dred_10ms = plan->codec == WZP_CODEC_OPUS6K ? 104 : 40;
        wzp_plan_inside(plan, budget_bps);
        break;

    case WZP_PLAN_COPY:
        wzp_plan_copy(plan, budget_bps, loss, burst);
        break;

    case WZP_PLAN_AUTO:
    case WZP_PLAN_OFF:
    default:
        plan->bitrate_bps = WZP_MIN(plan->bitrate_bps, budget_bps);
        plan->bitrate_bps = WZP_MAX(plan->bitrate_bps, WZP_PLAN_BPS_MIN);
    }
}


/* Repair packets for twice what is lost, and for a burst in a block. */

static void
wzp_plan_codec2(wzp_plan_t *plan, const wzp_plan_input_t *in,
    uint32_t budget_bps, float loss, float burst)
{
    float  share, most;

    if (in->mode == WZP_PLAN_OFF || loss < WZP_PLAN_LOSS_LOW) {
        return;
    }

    share = wzp_plan_bound(2 * loss + 0.02f * burst, 0, 0.66f);
    most = (float) budget_bps / (float) plan->bitrate_bps - 1;
    most = wzp_plan_bound(most, WZP_PLAN_RATIO_MIN, WZP_PLAN_RATIO_MAX);

    plan->fec_ratio = wzp_plan_bound(share / (1 - share), WZP_PLAN_RATIO_MIN,
                                     most);
}


void
wzp_plan_choose(wzp_plan_t *plan, const wzp_plan_input_t *in)
{
    float                    loss, burst;
    uint32_t                 budget;
    const wzp_profile_t     *pr;

    memset(plan, 0, sizeof(wzp_plan_t));

    pr = wzp_profile(in->profile);
    pr = pr != NULL ? pr : wzp_profile(WZP_PROFILE_GOOD);

    loss = wzp_plan_bound(in->loss, 0, WZP_PLAN_LOSS_MAX);
    burst = wzp_plan_bound(in->burst, 1, WZP_PLAN_BURST_MAX);

    plan->codec = pr->codec;
    plan->bitrate_bps = wzp_codec_info((unsigned) pr->codec)->bitrate_bps;
    plan->loss_pct = ((unsigned) (loss * 100) + 4) / 5 * 5;

    budget = in->budget_bps != 0 ? in->budget_bps : 2 * plan->bitrate_bps;

    if (pr->codec == WZP_CODEC_CODEC2_3200
        || pr->codec == WZP_CODEC_CODEC2_1200)
    {
        wzp_plan_codec2(plan, in, budget, loss, burst);
        return;
    }

    wzp_plan_opus(plan, in, budget, loss, burst);
}
