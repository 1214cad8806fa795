/*
 * Accounts of streams.  See analyze.h.
 */

#include <math.h>
#include <stdlib.h>

#include "analyze.h"
#include "wzp/wzp_opus_ext.h"
#include "wzp/wzp_seq.h"
#include "wzp/wzp_utf8.h"


#define CL_RATE_NS          WZP_SEC
#define CL_SPURT_NS         (400 * WZP_MS)      /* silence that ends one     */
#define CL_LEAP_MS          10000       /* another clock                     */
#define CL_PAUSE_MS         3600000     /* no silence is longer              */
#define CL_VOICE_MIN        3           /* bytes; Opus without sound is less */
#define CL_VOICE_SURE       64          /* whatever is in the padding        */
#define CL_SAMPLES_MS       48          /* an old client counts samples      */

/* wzp_account takes no number any more that is further behind. */
#define CL_JUDGE_BEHIND     WZP_ACCOUNT_BEHIND


/* Upper ends; what is longer is in the last bin. */

static const double  cl_gap_ends[CL_GAP_BINS - 1] = {
    1, 5, 10, 15, 18, 22, 25, 30, 40, 60, 100, 200, 500, 1000
};

static const uint64_t  cl_hole_ends[CL_HOLE_BINS - 1] = {
    1, 2, 3, 4, 6, 10, 20
};


void
cl_gap_label(size_t bin, char text[24])
{
    if (bin == CL_GAP_BINS - 1) {
        (void) snprintf(text, 24, "over %.0f ms", cl_gap_ends[bin - 1]);
        return;
    }

    (void) snprintf(text, 24, "%.0f-%.0f ms",
                    bin > 0 ? cl_gap_ends[bin - 1] : 0.0, cl_gap_ends[bin]);
}


void
cl_hole_label(size_t bin, char text[24])
{
    unsigned long long  low, high;

    low = bin > 0 ? cl_hole_ends[bin - 1] + 1 : 1;

    if (bin == CL_HOLE_BINS - 1) {
        (void) snprintf(text, 24, "over %llu", low - 1);
        return;
    }

    high = cl_hole_ends[bin];

    if (low == high) {
        (void) snprintf(text, 24, "%llu", low);

    } else {
        (void) snprintf(text, 24, "%llu-%llu", low, high);
    }
}


void
cl_analyze_init(cl_analyze_t *an)
{
    memset(an, 0, sizeof(cl_analyze_t));

    an->step_ns = CL_POINT_NS;
    an->rate_ns = CL_RATE_NS;
}


void
cl_analyze_done(cl_analyze_t *an)
{
    size_t  i;

    for (i = 0; i < an->n; i++) {
        free(an->talkers[i]);
    }

    an->n = 0;
}


/* ---- whose packet is it ---- */

/* Without stream ids: the sender whose numbers are nearest. */

static cl_talker_t *
cl_analyze_guess(const cl_analyze_t *an, uint16_t seq)
{
    size_t        i;
    int32_t       d, best;
    cl_talker_t  *tk, *found;

    best = INT32_MAX;
    found = NULL;

    for (i = 0; i < an->n; i++) {
        tk = an->talkers[i];
        d = wzp_account_distance(&tk->acc, seq);

        if (tk->id == 0 && d < best) {
            best = d;
            found = tk;
        }
    }

    return found;
}


static cl_talker_t *
cl_analyze_find(const cl_analyze_t *an, uint16_t id)
{
    size_t  i;

    for (i = 0; i < an->n; i++) {
        if (an->talkers[i]->id == id && !an->talkers[i]->retired) {
            return an->talkers[i];
        }
    }

    return NULL;
}


static cl_talker_t *
cl_analyze_new(cl_analyze_t *an, uint16_t id)
{
    cl_talker_t  *tk;

    if (an->n == CL_TALKERS_MAX) {
        return NULL;
    }

    tk = calloc(1, sizeof(cl_talker_t));
    if (tk == NULL) {
        return NULL;
    }

    tk->id = id;
    tk->unit = 1;
    tk->first_ns = an->now_ns;
    wzp_account_init(&tk->acc);
    wzp_loss_init(&tk->loss, WZP_LOSS_WAIT);

    an->talkers[an->n++] = tk;

    return tk;
}


void
cl_analyze_name(cl_analyze_t *an, uint16_t id, const char *fp,
    const char *alias)
{
    cl_talker_t  *tk;

    tk = id != 0 ? cl_analyze_find(an, id) : NULL;

    if (tk == NULL) {
        return;
    }

    if (tk->fp[0] != '\0' && strcmp(tk->fp, fp) != 0) {
        tk->retired = true;
        return;
    }

    (void) wzp_utf8_clean(tk->fp, WZP_FP_TEXT_LEN, fp, strlen(fp));
    (void) wzp_utf8_clean(tk->alias, WZP_ALIAS_MAX, alias, strlen(alias));
}


/* ---- holes ---- */

static uint64_t
cl_talker_frame_ms(const cl_talker_t *tk)
{
    return wzp_codec_info((unsigned) tk->time_codec)->frame_ms;
}


static void
cl_talker_hole(cl_talker_t *tk)
{
    size_t  i;

    if (tk->hole == 0) {
        return;
    }

    for (i = 0; i < CL_HOLE_BINS - 1 && tk->hole > cl_hole_ends[i]; i++) {
        /* void */
    }

    tk->holes[i]++;
    tk->gone += tk->hole;
    tk->longest = WZP_MAX(tk->longest, tk->hole);
    tk->cuts += tk->hole * cl_talker_frame_ms(tk) >= CL_CUT_MS;
    tk->hole = 0;
}


/* Bit of a number among those that are not judged, which are fewer than there
 * are bits: each is cleared when it has been judged. */

static uint8_t *
cl_talker_copy(cl_talker_t *tk, uint64_t ext, uint8_t *bit)
{
    *bit = (uint8_t) (1 << (ext & 7));

    return &tk->copied[(ext >> 3) % sizeof(tk->copied)];
}


static void
cl_talker_judge(cl_talker_t *tk, uint64_t end)
{
    bool      came;
    uint8_t  *byte, bit;
    uint64_t  ext;

    while (tk->judged < end) {
        ext = tk->judged++;
        came = tk->acc.seen[(ext & 0xffff) >> 3] & (1 << (ext & 7));
        byte = cl_talker_copy(tk, ext, &bit);

        if (came) {
            cl_talker_hole(tk);

        } else {
            tk->hole++;
            tk->healed += (*byte & bit) != 0;
        }

        *byte = (uint8_t) (*byte & ~bit);
    }
}


/* A new run of numbers: what the old one left open is not known any more. */

static void
cl_talker_restart(cl_talker_t *tk)
{
    cl_talker_hole(tk);
    memset(tk->copied, 0, sizeof(tk->copied));

    tk->judged = tk->acc.base;
    tk->timed = false;
}


/* ---- what came with it ---- */

static bool
cl_talker_opus(const wzp_packet_t *pk)
{
    return pk->codec != WZP_CODEC_COMFORT_NOISE
           && wzp_codec_info((unsigned) pk->codec)->rate_hz == CL_RATE_HZ;
}


static void
cl_talker_blocks(cl_talker_t *tk, const wzp_packet_t *pk)
{
    uint8_t      *byte, bit;
    uint64_t      ext, behind;
    wzp_bytes_t   list;
    wzp_block_t   bl;

    if (!cl_talker_opus(pk)
        || wzp_opus_ext_parse(pk->payload.data, pk->payload.len, &list)
           != WZP_OK)
    {
        return;
    }

    while (wzp_block_next(&list, &bl) == WZP_OK) {

        if (bl.type == WZP_BLOCK_VIEW) {
            tk->views++;
            continue;
        }

        tk->copies++;
        behind = (uint16_t) (tk->acc.last - pk->seq);
        ext = tk->acc.top - behind - bl.u.copy.back;

        if (behind < CL_JUDGE_BEHIND && ext >= tk->judged
            && ext <= tk->acc.top)
        {
            byte = cl_talker_copy(tk, ext, &bit);
            *byte |= bit;
        }
    }
}


static void
cl_talker_report(cl_talker_t *tk, const wzp_report_t *rp)
{
    wzp_report_t  *max;

    max = &tk->report_max;

    tk->reports++;
    tk->report = *rp;
    tk->report_loss += rp->loss;
    max->loss = WZP_MAX(max->loss, rp->loss);
    max->rtt_4ms = WZP_MAX(max->rtt_4ms, rp->rtt_4ms);
    max->jitter_ms = WZP_MAX(max->jitter_ms, rp->jitter_ms);
}


static void
cl_talker_spurt(cl_talker_t *tk)
{
    uint64_t  ns;

    if (tk->spurt_ns == 0) {
        return;
    }

    ns = tk->voice_ns - tk->spurt_ns + cl_talker_frame_ms(tk) * WZP_MS;
    tk->talk_ns += ns;
    tk->talk_max_ns = WZP_MAX(tk->talk_max_ns, ns);
    tk->spurt_ns = 0;
}


static bool
cl_talker_silent(const wzp_packet_t *pk)
{
    size_t   len;
    uint8_t  bare[CL_VOICE_SURE];

    len = pk->payload.len;

    if (pk->codec == WZP_CODEC_COMFORT_NOISE) {
        return true;
    }

    if (cl_talker_opus(pk) && len < CL_VOICE_SURE
        && wzp_opus_ext_strip(pk->payload.data, len, bare, sizeof(bare), &len)
           != WZP_OK)
    {
        len = pk->payload.len;
    }

    return len < CL_VOICE_MIN;
}


static void
cl_talker_voice(cl_talker_t *tk, const wzp_packet_t *pk, uint64_t at_ns)
{
    if (tk->spurt_ns != 0 && at_ns > tk->voice_ns + CL_SPURT_NS) {
        cl_talker_spurt(tk);
    }

    if (cl_talker_silent(pk)) {
        return;
    }

    if (tk->spurt_ns == 0) {
        tk->spurts++;
        tk->spurt_ns = WZP_MAX(at_ns, 1);
    }

    tk->voice_ns = WZP_MAX(at_ns, 1);
}


/* ---- time ---- */

/* The next packet of a sender, and what its timestamp says: silence was left
 * out, or something is wrong with it.  Those around comfort noise are one
 * frame off (PROTOCOL 3.3). */

static void
cl_talker_stamp(cl_talker_t *tk, const wzp_packet_t *pk)
{
    bool     noise;
    int64_t  step, frame, most;

    step = wzp_time_diff(pk->timestamp, tk->timestamp);
    frame = (int64_t) cl_talker_frame_ms(tk);

    if (step == frame * CL_SAMPLES_MS) {
        tk->unit = CL_SAMPLES_MS;

    } else if (step == frame) {
        tk->unit = 1;
    }

    step /= tk->unit;
    noise = pk->codec == WZP_CODEC_COMFORT_NOISE
            || tk->time_codec == WZP_CODEC_COMFORT_NOISE;
    most = noise ? 2 * frame : frame;

    if (step < 0 || (step == 0 && !noise) || step > CL_PAUSE_MS) {
        tk->odd++;

    } else if (step > most) {
        tk->skips++;
        tk->skipped_ms += (uint64_t) (step - frame);
    }
}


static void
cl_talker_jitter(cl_talker_t *tk, const wzp_packet_t *pk, uint64_t at_ns)
{
    double  d;

    if (pk->codec == WZP_CODEC_COMFORT_NOISE
        || tk->time_codec == WZP_CODEC_COMFORT_NOISE)
    {
        return;
    }

    d = (double) (at_ns - tk->time_ns) / 1e6
        - (double) wzp_time_diff(pk->timestamp, tk->timestamp) / tk->unit;

    if (fabs(d) > CL_LEAP_MS) {
        return;
    }

    tk->stalls += d > CL_STALL_MS;
    tk->jitter_ms += (fabs(d) - tk->jitter_ms) / 16;
    tk->jitter_sum_ms += tk->jitter_ms;
    tk->njitter++;

    tk->jitter_max_ms = WZP_MAX(tk->jitter_max_ms, tk->jitter_ms);
    tk->peak_ms = WZP_MAX(tk->peak_ms, (float) tk->jitter_ms);
}


static void
cl_talker_time(cl_talker_t *tk, const wzp_packet_t *pk, uint64_t at_ns)
{
    if (tk->timed) {

        if ((uint16_t) (pk->seq - tk->seq) == 1) {
            cl_talker_stamp(tk, pk);
        }

        cl_talker_jitter(tk, pk, at_ns);
    }

    tk->timed = true;
    tk->seq = pk->seq;
    tk->timestamp = pk->timestamp;
    tk->time_ns = at_ns;
    tk->time_codec = pk->codec;
}


static void
cl_talker_gap(cl_talker_t *tk, uint64_t at_ns)
{
    size_t  i;
    double  ms;

    ms = (double) (at_ns - tk->last_ns) / 1e6;

    for (i = 0; i < CL_GAP_BINS - 1 && ms >= cl_gap_ends[i]; i++) {
        /* void */
    }

    tk->gaps[i]++;
}


static void
cl_talker_put(cl_talker_t *tk, const wzp_packet_t *pk, uint64_t at_ns)
{
    bool                first;
    wzp_account_kind_t  kind;

    first = !tk->acc.started;
    kind = wzp_account_put(&tk->acc, pk->seq);
    wzp_loss_put(&tk->loss, pk->seq, at_ns);

    if (kind == WZP_ACCOUNT_DUP) {
        return;
    }

    if (first) {
        tk->judged = tk->acc.top;
        tk->time_codec = pk->codec;

    } else {
        cl_talker_gap(tk, at_ns);
    }

    if (kind == WZP_ACCOUNT_RESTART) {
        cl_talker_restart(tk);
    }

    if (tk->acc.top > CL_JUDGE_BEHIND) {
        cl_talker_judge(tk, tk->acc.top - CL_JUDGE_BEHIND);
    }

    tk->last_ns = at_ns;
    tk->codec[pk->codec]++;

    if (pk->has_report) {
        cl_talker_report(tk, &pk->report);
    }

    if (pk->repair) {
        tk->repair++;
        return;
    }

    if (kind != WZP_ACCOUNT_STRAY) {
        cl_talker_time(tk, pk, at_ns);
        cl_talker_voice(tk, pk, at_ns);
        cl_talker_blocks(tk, pk);
    }
}


void
cl_analyze_put(cl_analyze_t *an, const wzp_packet_t *pk, size_t len,
    uint64_t at_ns)
{
    cl_talker_t  *tk;

    cl_analyze_turn(an, at_ns);

    an->packets++;
    an->bytes += len;

    tk = pk->stream_id != 0 ? cl_analyze_find(an, pk->stream_id)
                            : cl_analyze_guess(an, pk->seq);

    if (tk == NULL) {
        tk = cl_analyze_new(an, pk->stream_id);
    }

    if (tk == NULL) {
        an->untracked++;
        return;
    }

    tk->bytes += len;
    cl_talker_put(tk, pk, an->now_ns);
}


/* ---- curves ---- */

/* Half as many points, twice as far apart. */

static void
cl_talker_thin(cl_talker_t *tk)
{
    size_t  i;
    float   before;

    for (i = 0; i < CL_POINTS_MAX / 2; i++) {
        before = tk->points[2 * i].jitter_ms;
        tk->points[i] = tk->points[2 * i + 1];
        tk->points[i].jitter_ms = WZP_MAX(tk->points[i].jitter_ms, before);
    }

    memset(&tk->points[i], 0, (CL_POINTS_MAX - i) * sizeof(cl_point_t));
}


static void
cl_analyze_point(cl_analyze_t *an)
{
    size_t        i;
    cl_point_t   *pt;
    cl_talker_t  *tk;

    if (an->npoints == CL_POINTS_MAX) {

        for (i = 0; i < an->n; i++) {
            cl_talker_thin(an->talkers[i]);
        }

        an->npoints /= 2;
        an->step_ns *= 2;
        return;
    }

    for (i = 0; i < an->n; i++) {
        tk = an->talkers[i];
        pt = &tk->points[an->npoints];

        pt->bytes = tk->bytes;
        pt->expected = wzp_account_expected(&tk->acc);
        pt->missing = wzp_account_missing(&tk->acc);
        pt->jitter_ms = tk->peak_ms;
        tk->peak_ms = 0;
    }

    an->npoints++;
}


static void
cl_analyze_rates(cl_analyze_t *an)
{
    size_t        i;
    double        ms;
    cl_talker_t  *tk;

    ms = (double) (an->now_ns - an->rate_ns + CL_RATE_NS) / 1e6;

    for (i = 0; i < an->n; i++) {
        tk = an->talkers[i];

        tk->kbps = (double) (tk->bytes - tk->rate_bytes) * 8 / ms;
        tk->rate_bytes = tk->bytes;
    }

    an->rate_ns = an->now_ns + CL_RATE_NS;
}


void
cl_analyze_turn(cl_analyze_t *an, uint64_t at_ns)
{
    while (at_ns >= (an->npoints + 1) * an->step_ns) {
        cl_analyze_point(an);
    }

    an->now_ns = WZP_MAX(an->now_ns, at_ns);

    if (an->now_ns >= an->rate_ns) {
        cl_analyze_rates(an);
    }
}


void
cl_analyze_finish(cl_analyze_t *an, uint64_t at_ns)
{
    size_t        i;
    cl_talker_t  *tk;

    cl_analyze_turn(an, at_ns);

    for (i = 0; i < an->n; i++) {
        tk = an->talkers[i];

        wzp_account_settle(&tk->acc);
        cl_talker_judge(tk, tk->acc.top + 1);
        cl_talker_hole(tk);
        cl_talker_spurt(tk);
    }

    /* The rest of the last span. */

    if (an->npoints == CL_POINTS_MAX) {
        cl_analyze_point(an);
    }

    cl_analyze_point(an);
}
