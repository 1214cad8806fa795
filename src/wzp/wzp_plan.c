/*
 * Redundancy by loss and burst length.  See wzp_plan.h.
 */

#include "wzp/wzp_plan.h"


#define WZP_PLAN_LOSS_MAX   0.5f
#define WZP_PLAN_BURST_MAX  32.0f

#define WZP_PLAN_BPS_MIN    6000u       /* of Opus                           */
#define WZP_PLAN_WRAP       5u          /* bytes around a copy               */
#define WZP_PLAN_MEMORY     0.1f        /* a copy comes when what is left of
                                           a burst is less likely than this  */

#define WZP_PLAN_LITTLE     0.01f       /* less loss: nothing is added       */
#define WZP_PLAN_SOME       0.05f       /* less: in-band FEC is modest       */

#define WZP_PLAN_LOST       0.8f        /* cost of a lost frame              */
#define WZP_PLAN_NO_LBRR    0.15f       /* frames that have none             */
#define WZP_PLAN_LOST_DRED  0.7f        /* a frame out of DRED is worth less */
#define WZP_PLAN_SENT       0.95f       /* of the rate that the encoder is
                                           told; measured                    */
#define WZP_PLAN_LBRR_HINT  2u          /* of the loss: copies do the rest   */
#define WZP_PLAN_LBRR_RATE  0.85f       /* rate of the encoder less these    */
#define WZP_PLAN_DRED_RATE  0.7f
#define WZP_PLAN_MANY       0.03f       /* more lost ones than that cost     */
#define WZP_PLAN_LOST_MORE  3.0f        /*   more: soon everybody is told to
                                           lower the quality (PROTOCOL 6.5)  */
#define WZP_PLAN_KBPS       0.0003f     /* cost of sending as much           */

#define WZP_PLAN_RATIO_MAX  2.0f        /* RaptorQ                           */
#define WZP_PLAN_RATIO_MIN  0.1f
#define WZP_PLAN_RATIO_LOSS 0.01f       /* below: none                       */

#define WZP_PLAN_UNHEARD_PCT  15u       /* PROTOCOL 6.4                      */


/* What speech loses by the rate of its encoding.  In units of ESTOI, as all
 * costs here are; measured. */
static const struct {
    float  bps;
    float  cost;
} wzp_plan_rates[] = {
    {  6000, 0.150f },
    {  9000, 0.090f },
    { 12000, 0.067f },
    { 16000, 0.050f },
    { 24000, 0.025f },
    { 48000, 0.007f },
    { 64000, 0.005f },
};


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


/* The share of its rate that the encoder makes use of: less at low ones, which
 * several copies make for, and with in-band FEC. */

static float
wzp_plan_sent(const wzp_plan_t *plan)
{
    return plan->ncopies > 1 || (plan->ncopies == 1 && plan->inband_fec)
           ? WZP_PLAN_SENT : 1;
}


uint32_t
wzp_plan_bps(const wzp_plan_t *plan)
{
    uint32_t  bps;

    bps = (uint32_t) ((float) plan->bitrate_bps * wzp_plan_sent(plan));
    bps = bps * (1 + plan->ncopies)
          + wzp_plan_wrap_bps(plan->codec) * plan->ncopies;

    return bps + (uint32_t) ((float) bps * plan->fec_ratio);
}


/* The primary rate that leaves room for the copies. */

static uint32_t
wzp_plan_share(const wzp_plan_t *plan, uint32_t budget_bps)
{
    uint32_t  wrap;

    wrap = wzp_plan_wrap_bps(plan->codec) * plan->ncopies;
    budget_bps = budget_bps > wrap ? budget_bps - wrap : 0;

    return (uint32_t) ((float) (budget_bps / (1 + plan->ncopies))
                       / wzp_plan_sent(plan));
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

    /* Redundancy is no answer to that: perhaps it is the reason. */

    if (loss > WZP_PLAN_LOSS_MAX) {
        return WZP_MIN(loss, 1);
    }

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

    /* LBRR is in the next packet. */

    if (plan->inband_fec) {
        one = loss + (1 - loss) * memory;
        left *= one + (1 - one) * WZP_PLAN_NO_LBRR;
    }

    if (plan->dred_10ms != 0) {
        i = plan->dred_10ms * 10
            / wzp_codec_info((unsigned) plan->codec)->frame_ms;
        one = WZP_PLAN_LOST_DRED
              + (1 - WZP_PLAN_LOST_DRED) * wzp_plan_power(1 - 1 / burst, i);
        left = WZP_MIN(left, loss * one);
    }

    return left;
}


void
wzp_plan_fill(wzp_plan_t *plan, uint32_t bps)
{
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

    plan->bitrate_bps = wzp_plan_share(plan, bps);
}


static float
wzp_plan_rate_cost(float bps)
{
    float   t;
    size_t  i;

    for (i = 1; i < WZP_ARRAY_LEN(wzp_plan_rates) - 1; i++) {
        if (bps < wzp_plan_rates[i].bps) {
            break;
        }
    }

    t = (bps - wzp_plan_rates[i - 1].bps)
        / (wzp_plan_rates[i].bps - wzp_plan_rates[i - 1].bps);

    return wzp_plan_rates[i - 1].cost
           + WZP_MIN(t, 1) * (wzp_plan_rates[i].cost
                              - wzp_plan_rates[i - 1].cost);
}


/* What speech loses in all, and a little for what it costs to send. */

static float
wzp_plan_cost(const wzp_plan_t *plan, float loss, float burst)
{
    float  bps, cost, left;

    bps = (float) plan->bitrate_bps * wzp_plan_sent(plan);
    left = wzp_plan_left(plan, loss, burst);
    cost = WZP_PLAN_LOST * left + WZP_PLAN_KBPS
                                  * (float) wzp_plan_bps(plan) / 1000;

    if (left > WZP_PLAN_MANY) {
        cost += WZP_PLAN_LOST_MORE * (left - WZP_PLAN_MANY);
    }

    if (plan->inband_fec) {
        bps *= WZP_PLAN_LBRR_RATE;
    }

    if (plan->dred_10ms != 0) {
        bps *= WZP_PLAN_DRED_RATE;
    }

    return cost + wzp_plan_rate_cost(bps);
}


/* So far apart that a burst does not take a frame and its copy, as long as the
 * last one comes in time. */

static void
wzp_plan_spread(wzp_plan_t *plan, float loss, float burst)
{
    float     memory;
    unsigned  i, most, step;

    most = WZP_PLAN_SPREAD_MS
           / wzp_codec_info((unsigned) plan->codec)->frame_ms / plan->ncopies;

    memory = wzp_plan_memory(loss, WZP_MAX(burst, 1 / (1 - loss)));

    for (step = 2; step < most; step++) {
        if (wzp_plan_power(memory, step) < WZP_PLAN_MEMORY) {
            break;
        }
    }

    step = WZP_MIN(step, most);

    for (i = 0; i < plan->ncopies; i++) {
        plan->offset[i] = (uint8_t) (step * (i + 1));
    }
}


/* The better of two. */

static void
wzp_plan_better(wzp_plan_t *plan, const wzp_plan_t *one, float loss,
    float burst)
{
    if (wzp_plan_cost(one, loss, burst) < wzp_plan_cost(plan, loss, burst)) {
        *plan = *one;
    }
}


/* Copies: so many that the rest is worth most. */

static void
wzp_plan_copy(wzp_plan_t *plan, uint32_t budget_bps, bool inband, float loss,
    float burst)
{
    unsigned    n;
    uint32_t    bps;
    wzp_plan_t  one;

    one = *plan;

    if (inband) {
        one.inband_fec = true;
        one.loss_pct /= WZP_PLAN_LBRR_HINT;
    }

    for (n = 1; n <= WZP_PLAN_COPIES; n++) {
        one.ncopies = n;
        bps = wzp_plan_share(&one, budget_bps);

        if (bps < WZP_PLAN_BPS_MIN) {
            break;
        }

        one.bitrate_bps = WZP_MIN(one.bitrate_bps, bps);
        wzp_plan_spread(&one, loss, burst);
        wzp_plan_better(plan, &one, loss, burst);
    }
}


/* In-band FEC and DRED take their part of the encoder's rate: more of it. */

static void
wzp_plan_inside(wzp_plan_t *plan, wzp_plan_mode_t mode, uint32_t bps)
{
    plan->bitrate_bps = WZP_MAX(bps, WZP_PLAN_BPS_MIN);

    if (mode == WZP_PLAN_INBAND) {
        plan->inband_fec = true;

    } else {
        plan->dred_10ms = plan->codec == WZP_CODEC_OPUS6K ? 104 : 40;
    }
}


/* Whatever costs least. */

static void
wzp_plan_auto(wzp_plan_t *plan, const wzp_plan_input_t *in,
    uint32_t budget_bps, float loss, float burst)
{
    unsigned    i;
    uint32_t    bps;
    wzp_plan_t  one, plain;

    plain = *plan;

    if (loss >= WZP_PLAN_LITTLE) {
        for (i = 0; i < 2; i++) {
            one = plain;
            wzp_plan_copy(&one, budget_bps, i != 0, loss, burst);
            wzp_plan_better(plan, &one, loss, burst);
        }

        bps = loss < WZP_PLAN_SOME ? plain.bitrate_bps * 3 / 2
                                   : plain.bitrate_bps * 2;

        for (i = 0; i < 2; i++) {
            one = plain;
            wzp_plan_inside(&one, i != 0 ? WZP_PLAN_DRED : WZP_PLAN_INBAND,
                            WZP_MIN(bps, budget_bps));
            wzp_plan_better(plan, &one, loss, burst);
        }
    }

    if (in->unheard && plan->ncopies == 0 && !plan->inband_fec
        && plan->dred_10ms == 0)
    {
        plan->loss_pct = WZP_MAX(plan->loss_pct, WZP_PLAN_UNHEARD_PCT);
        plan->dred_10ms = plan->codec == WZP_CODEC_OPUS6K ? 104
                          : plan->bitrate_bps > 24000 ? 10 : 20;
    }
}


static void
wzp_plan_opus(wzp_plan_t *plan, const wzp_plan_input_t *in,
    uint32_t budget_bps, float loss, float burst)
{
    plan->bitrate_bps = WZP_MIN(plan->bitrate_bps, budget_bps);
    plan->bitrate_bps = WZP_MAX(plan->bitrate_bps, WZP_PLAN_BPS_MIN);

    switch (in->mode) {

    case WZP_PLAN_AUTO:
        wzp_plan_auto(plan, in, budget_bps, loss, burst);
        break;

    case WZP_PLAN_INBAND:
    case WZP_PLAN_DRED:
        wzp_plan_inside(plan, in->mode, budget_bps);
        break;

    case WZP_PLAN_COPY:
        wzp_plan_copy(plan, budget_bps, false, loss, burst);
        break;

    case WZP_PLAN_OFF:
        break;
    }
}


/* Repair packets for twice what is lost, and for a burst in a block. */

static void
wzp_plan_codec2(wzp_plan_t *plan, const wzp_plan_input_t *in,
    uint32_t budget_bps, float loss, float burst)
{
    float  share, most;

    if (in->mode == WZP_PLAN_OFF || loss < WZP_PLAN_RATIO_LOSS) {
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
