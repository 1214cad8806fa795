/*
 * Adaptive quality.  See wzp_adapt.h.
 */

#include "wzp/wzp_adapt.h"


#define WZP_ADAPT_NONE          UINT32_MAX      /* no ceiling                */
#define WZP_ADAPT_FLOOR_BPS     2400
#define WZP_ADAPT_OPUS_BPS      6000    /* Codec2 cannot be filled up to it  */

#define WZP_ADAPT_SPAN_NS       (60 * WZP_SEC)
#define WZP_ADAPT_PLAN_NS       (5 * WZP_SEC)   /* a plan stays so long      */
#define WZP_ADAPT_BOOST_NS      (10 * WZP_SEC)
#define WZP_ADAPT_BOOST         0.05f
#define WZP_ADAPT_WEIGHT        24      /* numbers, to be believed           */
#define WZP_ADAPT_FADE          0.15f   /* of what was seen, in a turn       */
#define WZP_ADAPT_LOSS_LEAST    0.003f  /* less is none                      */
#define WZP_ADAPT_LOSS_BURST    0.03f   /* enough to tell bursts             */

#define WZP_ADAPT_LITTLE        4       /* a part of the plan: who sends less
                                           says nothing                      */
#define WZP_ADAPT_MOST          2       /* enough to tell whether it passes  */

#define WZP_ADAPT_DOWN          3       /* PROTOCOL 6.5                      */
#define WZP_ADAPT_UP_LOW        5
#define WZP_ADAPT_UP_HIGH       10

#define WZP_ADAPT_PACKETS       250     /* that a phase takes                */
#define WZP_ADAPT_TURNS         20      /* or it says nothing                */
#define WZP_ADAPT_MEASURED      150     /* of them until loss is measured    */
#define WZP_ADAPT_HARM_LOSS     0.05f   /* more than before                  */
#define WZP_ADAPT_HARM_MS       60
#define WZP_ADAPT_CALM_MS       50      /* nearly none                       */
#define WZP_ADAPT_STILL         0.08f   /* after a cut: another one          */
#define WZP_ADAPT_QUEUE_MS      80      /* a full buffer                     */

#define WZP_ADAPT_BACKOFF_NS    (10 * WZP_SEC)
#define WZP_ADAPT_BACKOFF_MAX   (160 * WZP_SEC)
#define WZP_ADAPT_SETTLED_NS    (60 * WZP_SEC)  /* a rise that lasts so long
                                                   was right                 */


/* The least rate at which a profile is worth its name. */
static const struct {
    wzp_profile_id_t  profile;
    wzp_tier_t        tier;
    uint32_t          least_bps;
} wzp_adapt_rows[] = {
    { WZP_PROFILE_STUDIO_64K, WZP_TIER_STUDIO_64K, 56000 },
    { WZP_PROFILE_STUDIO_48K, WZP_TIER_STUDIO_48K, 40000 },
    { WZP_PROFILE_STUDIO_32K, WZP_TIER_STUDIO_32K, 28000 },
    { WZP_PROFILE_GOOD, WZP_TIER_GOOD, 16000 },
    { WZP_PROFILE_OPUS16K, WZP_TIER_GOOD, 12000 },
    { WZP_PROFILE_DEGRADED, WZP_TIER_DEGRADED, WZP_ADAPT_OPUS_BPS },
    { WZP_PROFILE_CATASTROPHIC, WZP_TIER_CATASTROPHIC, 0 },
};


void
wzp_adapt_init(wzp_adapt_t *ad, const wzp_adapt_conf_t *conf)
{
    memset(ad, 0, sizeof(wzp_adapt_t));

    ad->conf = *conf;
    ad->wanted = WZP_PROFILE_GOOD;
    ad->profile = WZP_PROFILE_N;
    ad->ceiling_bps = WZP_ADAPT_NONE;
    ad->backoff_ns = WZP_ADAPT_BACKOFF_NS;
    ad->futile_backoff_ns = WZP_ADAPT_BACKOFF_NS;
    ad->burst = 1;
}


void
wzp_adapt_limit(wzp_adapt_t *ad, wzp_profile_id_t best)
{
    ad->conf.best = best;
    ad->turn_ns = 0;
}


void
wzp_adapt_directive(wzp_adapt_t *ad, wzp_profile_id_t wanted)
{
    ad->wanted = wanted;
    ad->turn_ns = 0;
}


static bool
wzp_adapt_fresh(uint64_t said_ns, uint64_t now_ns)
{
    return said_ns != 0 && now_ns - said_ns < WZP_ADAPT_FRESH_NS;
}


/* What a listener says is lost; negative: nothing, or long ago. */

static float
wzp_adapt_said(const wzp_adapt_ear_t *e, uint64_t now_ns)
{
    return wzp_adapt_fresh(e->view_ns, now_ns) ? e->loss
           : wzp_adapt_fresh(e->report_ns, now_ns) ? e->left : -1;
}


/* The place of a listener.  A new one takes that of one who is silent, or else
 * of the one who loses least, if he himself loses more; NULL if he does not.  A
 * report may be about others: it takes no place from a view. */

static wzp_adapt_ear_t *
wzp_adapt_ear(wzp_adapt_t *ad, uint16_t from, float loss, bool view,
    uint64_t now_ns)
{
    float             said, least;
    size_t            i;
    wzp_adapt_ear_t  *e, *place;

    place = NULL;
    least = loss;

    for (i = 0; i < WZP_ADAPT_EARS; i++) {
        e = &ad->ears[i];

        if (e->id == from && (e->view_ns != 0 || e->report_ns != 0)) {
            return e;
        }

        if (!view && wzp_adapt_fresh(e->view_ns, now_ns)) {
            continue;
        }

        said = wzp_adapt_said(e, now_ns);

        if (said < least) {
            least = said;
            place = e;
        }
    }

    if (place != NULL) {
        memset(place, 0, sizeof(wzp_adapt_ear_t));
        place->id = from;
    }

    return place;
}


void
wzp_adapt_view(wzp_adapt_t *ad, uint16_t from, float loss, float burst,
    uint64_t now_ns)
{
    wzp_adapt_ear_t  *e;

    e = wzp_adapt_ear(ad, from, loss, true, now_ns);

    if (e != NULL) {
        e->view_ns = now_ns;
        e->loss = loss;
        e->burst = burst;
    }
}


void
wzp_adapt_report(wzp_adapt_t *ad, uint16_t from, const wzp_report_t *rp,
    uint64_t now_ns)
{
    float             left;
    wzp_adapt_ear_t  *e;

    left = (float) rp->loss / 255;
    e = wzp_adapt_ear(ad, from, left, false, now_ns);

    if (e != NULL) {
        e->report_ns = now_ns;
        e->left = left;
    }
}


void
wzp_adapt_uplink(wzp_adapt_t *ad, const wzp_adapt_uplink_t *up)
{
    ad->up = *up;
}


/* What would be sent at most without a ceiling. */

static uint32_t
wzp_adapt_most(const wzp_adapt_t *ad)
{
    int                      best;
    const wzp_codec_info_t  *info;

    if (ad->conf.budget_bps != 0) {
        return ad->conf.budget_bps;
    }

    best = WZP_MAX((int) ad->wanted, (int) ad->conf.best);
    info = wzp_codec_info((unsigned)
                          wzp_profile((wzp_profile_id_t) best)->codec);

    return 2 * info->bitrate_bps;
}


void
wzp_adapt_moved(wzp_adapt_t *ad, uint64_t now_ns)
{
    memset(ad->ears, 0, sizeof(ad->ears));
    memset(&ad->up, 0, sizeof(ad->up));

    /* The old ceiling may be wrong by far, either way. */

    if (ad->ceiling_bps != WZP_ADAPT_NONE) {
        ad->ceiling_bps = 2 * ad->ceiling_bps < wzp_adapt_most(ad)
                          ? 2 * ad->ceiling_bps : WZP_ADAPT_NONE;
    }

    ad->rtt_least_us = 0;
    ad->rtt_before_us = 0;
    ad->left = 0;
    ad->boost_ns = now_ns + WZP_ADAPT_BOOST_NS;
    ad->phase = WZP_ADAPT_STEADY;
    ad->worse = 0;
    ad->better = 0;
    ad->backoff_ns = WZP_ADAPT_BACKOFF_NS;
    ad->retry_ns = now_ns;
    ad->futile_ns = 0;
    ad->futile_backoff_ns = WZP_ADAPT_BACKOFF_NS;
}


/* ---- what is seen ---- */


static void
wzp_adapt_worst(wzp_adapt_t *ad, float loss, float burst, float left)
{
    if (loss > ad->seen.loss) {
        ad->seen.loss = loss;
        ad->seen.burst = burst;
    }

    ad->seen.left = WZP_MAX(ad->seen.left, left);
}


/* The least round trip of the last one to two minutes is what the way takes;
 * the rest stands in queues. */

static unsigned
wzp_adapt_queue(wzp_adapt_t *ad, uint64_t now_ns)
{
    uint32_t  rtt, least;

    rtt = ad->up.rtt_us;

    if (rtt == 0) {
        return 0;
    }

    if (ad->rtt_least_us == 0
        || now_ns - ad->rtt_since_ns >= WZP_ADAPT_SPAN_NS)
    {
        ad->rtt_before_us = ad->rtt_least_us;
        ad->rtt_least_us = rtt;
        ad->rtt_since_ns = now_ns;
    }

    ad->rtt_least_us = WZP_MIN(ad->rtt_least_us, rtt);
    least = ad->rtt_least_us;

    if (ad->rtt_before_us != 0) {
        least = WZP_MIN(least, ad->rtt_before_us);
    }

    return (rtt - least) / 1000;
}


static void
wzp_adapt_look(wzp_adapt_t *ad, uint64_t now_ns)
{
    size_t                  i;
    uint64_t                said_ns;
    const wzp_adapt_ear_t  *e;

    said_ns = 0;
    memset(&ad->seen, 0, sizeof(ad->seen));
    ad->seen.burst = 1;

    for (i = 0; i < WZP_ADAPT_EARS; i++) {
        e = &ad->ears[i];
        said_ns = WZP_MAX(said_ns, WZP_MAX(e->view_ns, e->report_ns));

        if (wzp_adapt_fresh(e->view_ns, now_ns)) {
            wzp_adapt_worst(ad, e->loss, e->burst,
                            wzp_plan_left(&ad->plan, e->loss, e->burst));

        } else if (wzp_adapt_fresh(e->report_ns, now_ns)) {
            wzp_adapt_worst(ad, e->left, 1, e->left);
        }
    }

    ad->unheard = said_ns == 0 || now_ns - said_ns >= WZP_ADAPT_FRESH_NS;

    if (ad->up.weight >= WZP_ADAPT_WEIGHT
        && wzp_adapt_fresh(ad->up.fate_ns, now_ns))
    {
        wzp_adapt_worst(ad, ad->up.loss, ad->up.burst,
                        wzp_plan_left(&ad->plan, ad->up.loss, ad->up.burst));
    }

    ad->seen.queue_ms = wzp_adapt_queue(ad, now_ns);

    if (ad->seen.loss > ad->loss) {
        ad->loss = ad->seen.loss;

    } else {
        ad->loss += (ad->seen.loss - ad->loss) * WZP_ADAPT_FADE;
        ad->loss = ad->loss < WZP_ADAPT_LOSS_LEAST ? 0 : ad->loss;
    }

    ad->left += (ad->seen.left - ad->left) * 2 * WZP_ADAPT_FADE;

    if (ad->seen.loss > WZP_ADAPT_LOSS_BURST
        && ad->seen.burst > ad->burst)
    {
        ad->burst = ad->seen.burst;

    } else if (ad->seen.loss > 0) {
        ad->burst += (ad->seen.burst - ad->burst) * WZP_ADAPT_FADE;
    }
}


static wzp_tier_t
wzp_adapt_tier(const wzp_adapt_t *ad)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(wzp_adapt_rows); i++) {
        if (wzp_adapt_rows[i].profile == ad->profile) {
            return wzp_adapt_rows[i].tier;
        }
    }

    return WZP_TIER_DEGRADED;
}


/* Is so much sent as this part of the plan? */

static bool
wzp_adapt_sends(const wzp_adapt_t *ad, unsigned part)
{
    return ad->up.sent_bps >= wzp_plan_bps(&ad->plan) / part;
}


/* Three worse, or so many better ones in a row?  -1, 1, or 0. */

static int
wzp_adapt_trend(wzp_adapt_t *ad, uint64_t now_ns)
{
    float         v;
    unsigned      need;
    wzp_tier_t    own, seen;
    wzp_report_t  rp;

    v = now_ns < ad->futile_ns ? 0 : WZP_MIN(ad->seen.left, ad->left) * 255;

    memset(&rp, 0, sizeof(wzp_report_t));
    rp.loss = (uint8_t) WZP_MIN(v, 255);
    rp.rtt_4ms = (uint8_t) WZP_MIN(ad->seen.queue_ms / 4, 255);

    own = wzp_adapt_tier(ad);
    seen = wzp_tier_of(&rp);

    ad->worse = seen < own ? ad->worse + 1 : 0;

    /* Where nothing queues more may be tried, whatever is lost: at a low rate
     * there is no room for what would make it good. */

    ad->better = seen > own || ad->seen.queue_ms < WZP_ADAPT_CALM_MS
                 ? ad->better + 1 : 0;

    need = own < WZP_TIER_GOOD ? WZP_ADAPT_UP_LOW : WZP_ADAPT_UP_HIGH;

    return ad->worse >= WZP_ADAPT_DOWN ? -1 : ad->better >= need;
}


/* ---- trials ---- */


static void
wzp_adapt_begin(wzp_adapt_t *ad, wzp_adapt_phase_t phase)
{
    ad->phase = phase;
    ad->turns = 0;
    ad->packets = 0;
    ad->worse = 0;
    ad->better = 0;
    ad->before = ad->seen;
    ad->before_bps = wzp_plan_bps(&ad->plan);
    ad->before_ceiling = ad->ceiling_bps;
    ad->before_retry_ns = ad->retry_ns;
    ad->before_backoff_ns = ad->backoff_ns;
}


/* No probe for a while; for twice as long the next time. */

static void
wzp_adapt_wait(wzp_adapt_t *ad, uint64_t now_ns)
{
    /* A rise that did not last has succeeded by mistake. */

    if (ad->rose_ns != 0 && now_ns - ad->rose_ns < WZP_ADAPT_SETTLED_NS) {
        ad->backoff_ns = WZP_MAX(ad->backoff_ns, ad->rose_backoff_ns);
    }

    ad->rose_ns = 0;
    ad->retry_ns = now_ns + ad->backoff_ns;
    ad->backoff_ns = WZP_MIN(2 * ad->backoff_ns, WZP_ADAPT_BACKOFF_MAX);
}


/* Down to what got through, and a little less; at most to this. */

static void
wzp_adapt_cut(wzp_adapt_t *ad, uint32_t most_bps, uint64_t now_ns)
{
    float  bps;

    wzp_adapt_begin(ad, WZP_ADAPT_CUT);

    bps = (float) ad->before_bps * (1 - ad->seen.loss);
    bps = 0.9f * WZP_MIN(bps, (float) most_bps);

    ad->ceiling_bps = (uint32_t) WZP_MAX(bps, WZP_ADAPT_FLOOR_BPS);
    ad->reason = "congestion";

    wzp_adapt_wait(ad, now_ns);
}


/*
 * Does it harm that we send more?  Queues tell at once.  More loss does in a
 * probe, which can be repeated.  Redundancy is added while loss grows by
 * itself; but if the network is full, of what was added less than half arrives
 * in the end.
 */

static bool
wzp_adapt_harm(const wzp_adapt_t *ad)
{
    float  added, gained, was, is;

    if (ad->seen.queue_ms > ad->before.queue_ms + WZP_ADAPT_HARM_MS) {
        return true;
    }

    if (ad->packets < WZP_ADAPT_MEASURED
        || ad->seen.loss < ad->before.loss + WZP_ADAPT_HARM_LOSS)
    {
        return false;
    }

    if (ad->phase == WZP_ADAPT_PROBE) {
        return true;
    }

    was = (float) ad->before_bps;
    is = (float) wzp_plan_bps(&ad->plan);

    added = is - was;
    gained = is * (1 - ad->seen.loss) - was * (1 - ad->before.loss);

    return gained < added / 2;
}


/* Loss that does not mind how much we send. */

static bool
wzp_adapt_futile(const wzp_adapt_t *ad)
{
    return ad->before.queue_ms < WZP_ADAPT_QUEUE_MS
           && ad->seen.loss > 0.6f * ad->before.loss;
}


static void
wzp_adapt_passed(wzp_adapt_t *ad, uint64_t now_ns)
{
    switch (ad->phase) {

    case WZP_ADAPT_CUT:
        if (!wzp_adapt_futile(ad)) {
            if (ad->seen.loss > WZP_ADAPT_STILL) {
                wzp_adapt_cut(ad, UINT32_MAX, now_ns);
                return;
            }

        } else {
            ad->ceiling_bps = ad->before_ceiling;
            ad->retry_ns = ad->before_retry_ns;
            ad->backoff_ns = ad->before_backoff_ns;
            ad->futile_ns = now_ns + ad->futile_backoff_ns;
            ad->futile_backoff_ns = WZP_MIN(2 * ad->futile_backoff_ns,
                                            WZP_ADAPT_BACKOFF_MAX);
            ad->reason = "no congestion";
        }

        break;

    case WZP_ADAPT_PROBE:
        ad->ceiling_bps = ad->probe_bps < wzp_adapt_most(ad)
                          ? ad->probe_bps : WZP_ADAPT_NONE;
        ad->rose_ns = now_ns;
        ad->rose_backoff_ns = ad->backoff_ns;
        ad->backoff_ns = WZP_ADAPT_BACKOFF_NS;
        ad->reason = "probe";
        break;

    case WZP_ADAPT_RISE:
    case WZP_ADAPT_STEADY:
        break;
    }

    ad->phase = WZP_ADAPT_STEADY;
    ad->better = 0;
}


static void
wzp_adapt_judge(wzp_adapt_t *ad, uint64_t now_ns)
{
    ad->turns++;

    if (ad->phase == WZP_ADAPT_RISE && wzp_adapt_harm(ad)) {

        /* It was too much before, already. */

        wzp_adapt_cut(ad, ad->before_bps, now_ns);
        return;
    }

    if (ad->phase == WZP_ADAPT_PROBE && wzp_adapt_harm(ad)) {
        ad->reason = "probe failed";
        ad->phase = WZP_ADAPT_STEADY;
        ad->better = 0;
        wzp_adapt_wait(ad, now_ns);
        return;
    }

    if (wzp_adapt_sends(ad, WZP_ADAPT_MOST)) {
        ad->packets += 1000u / wzp_codec_info((unsigned) ad->plan.codec)
                               ->frame_ms;
    }

    if (ad->packets > WZP_ADAPT_PACKETS) {
        wzp_adapt_passed(ad, now_ns);

    } else if (ad->turns > WZP_ADAPT_TURNS) {
        ad->phase = WZP_ADAPT_STEADY;
    }
}


/* ---- what is done ---- */


/* A probe is above it: what cannot be sent in the old profile is in the next. */

static uint32_t
wzp_adapt_ceiling(const wzp_adapt_t *ad)
{
    return ad->phase == WZP_ADAPT_PROBE ? ad->probe_bps : ad->ceiling_bps;
}


/* The best profile that relay, person and ceiling allow. */

static wzp_profile_id_t
wzp_adapt_profile(const wzp_adapt_t *ad)
{
    size_t            i;
    uint32_t          ceiling;
    wzp_profile_id_t  best;

    ceiling = wzp_adapt_ceiling(ad);
    best = (wzp_profile_id_t) WZP_MAX((int) ad->wanted, (int) ad->conf.best);

    if (ad->conf.fixed) {
        return best;
    }

    for (i = 0; i < WZP_ARRAY_LEN(wzp_adapt_rows); i++) {
        if (wzp_adapt_rows[i].profile >= best
            && wzp_adapt_rows[i].least_bps <= ceiling)
        {
            return wzp_adapt_rows[i].profile;
        }
    }

    return best;
}


static uint32_t
wzp_adapt_budget(const wzp_adapt_t *ad, wzp_profile_id_t profile)
{
    uint32_t              budget;
    const wzp_profile_t  *pr;

    pr = wzp_profile(profile);

    budget = ad->conf.budget_bps != 0
             ? ad->conf.budget_bps
             : 2 * wzp_codec_info((unsigned) pr->codec)->bitrate_bps;

    budget = WZP_MIN(budget, wzp_adapt_ceiling(ad));

    /* Where packets queue, loss is no reason to send more. */

    if (ad->seen.queue_ms >= WZP_ADAPT_QUEUE_MS && profile == ad->profile) {
        budget = WZP_MIN(budget, wzp_plan_bps(&ad->plan));
    }

    return budget;
}


/* Is this input so near to the one of the plan that it may stay?  Less loss
 * and shorter bursts have time. */

static bool
wzp_adapt_near(const wzp_plan_input_t *a, const wzp_plan_input_t *b,
    bool due)
{
    float  loss, burst;

    if (a->profile != b->profile || a->budget_bps != b->budget_bps
        || a->mode != b->mode || a->unheard != b->unheard
        || (a->loss > 0) != (b->loss > 0))
    {
        return false;
    }

    loss = a->loss - b->loss;

    if (loss > 0.005f + 0.3f * b->loss) {
        return false;
    }

    burst = a->burst - b->burst;

    if (burst > 0.4f * b->burst) {
        return false;
    }

    return !due
           || (-loss <= 0.005f + 0.3f * b->loss && -burst <= 0.4f * b->burst);
}


static bool
wzp_adapt_plan(wzp_adapt_t *ad, uint64_t now_ns)
{
    uint32_t          bps;
    wzp_plan_t        plan;
    wzp_plan_input_t  in;

    memset(&in, 0, sizeof(wzp_plan_input_t));
    in.profile = wzp_adapt_profile(ad);
    in.budget_bps = wzp_adapt_budget(ad, in.profile);
    in.loss = ad->loss;
    in.burst = ad->burst;
    in.mode = ad->conf.mode;
    in.unheard = ad->unheard;

    if (now_ns < ad->boost_ns) {
        in.loss = WZP_MAX(in.loss, WZP_ADAPT_BOOST);
    }

    if (wzp_adapt_near(&in, &ad->planned, now_ns >= ad->replan_ns)
        || (ad->phase == WZP_ADAPT_PROBE && in.profile == ad->profile))
    {
        in = ad->planned;
    }

    wzp_plan_choose(&plan, &in);
    bps = wzp_plan_bps(&plan);

    if (ad->phase == WZP_ADAPT_PROBE) {
        wzp_plan_fill(&plan, ad->probe_bps);
    }

    if (wzp_plan_equal(&plan, &ad->plan) && in.profile == ad->profile) {
        ad->planned = in;
        return false;
    }

    if (ad->phase == WZP_ADAPT_STEADY && ad->profile != WZP_PROFILE_N
        && bps > wzp_plan_bps(&ad->plan) * 11 / 10)
    {
        wzp_adapt_begin(ad, WZP_ADAPT_RISE);
    }

    if (ad->reason == NULL) {
        ad->reason = ad->profile == WZP_PROFILE_N ? "start"
                     : in.profile != ad->profile ? "relay" : "loss";
    }

    ad->plan = plan;
    ad->planned = in;
    ad->profile = in.profile;
    ad->replan_ns = now_ns + WZP_ADAPT_PLAN_NS;

    /* It shall have time to work, but not against queues. */

    if (ad->seen.queue_ms < WZP_ADAPT_QUEUE_MS) {
        ad->worse = 0;
    }

    return true;
}


/* A quarter more; without a ceiling as soon as there is room for all. */

static void
wzp_adapt_probe(wzp_adapt_t *ad)
{
    wzp_adapt_begin(ad, WZP_ADAPT_PROBE);

    ad->probe_bps = WZP_MAX(ad->ceiling_bps + ad->ceiling_bps / 4,
                            WZP_ADAPT_OPUS_BPS);
    ad->probe_bps = WZP_MIN(ad->probe_bps, wzp_adapt_most(ad));
}


bool
wzp_adapt_turn(wzp_adapt_t *ad, uint64_t now_ns)
{
    int  trend;

    if (now_ns < ad->turn_ns) {
        return false;
    }

    ad->turn_ns = now_ns + WZP_ADAPT_TURN_NS;
    ad->reason = NULL;

    wzp_adapt_look(ad, now_ns);

    if (ad->profile == WZP_PROFILE_N || ad->conf.fixed) {
        return wzp_adapt_plan(ad, now_ns);
    }

    /* In silence nothing is learned, and time stands still: what is known is
     * old, and less would not be more. */

    if (!wzp_adapt_sends(ad, WZP_ADAPT_LITTLE)) {
        return wzp_adapt_plan(ad, now_ns);
    }

    if (ad->phase != WZP_ADAPT_STEADY) {
        wzp_adapt_judge(ad, now_ns);
        return wzp_adapt_plan(ad, now_ns);
    }

    trend = wzp_adapt_trend(ad, now_ns);

    if (trend < 0 && ad->profile != WZP_PROFILE_CATASTROPHIC) {
        wzp_adapt_cut(ad, UINT32_MAX, now_ns);

    } else if (trend > 0 && ad->ceiling_bps != WZP_ADAPT_NONE
               && now_ns >= ad->retry_ns)
    {
        wzp_adapt_probe(ad);
    }

    return wzp_adapt_plan(ad, now_ns);
}
