/*
 * Adaptive quality of a call.  See adapt.h.
 */

#include <stdlib.h>

#include "adapt.h"


#define CL_ADAPT_HEARD      16          /* streams that are measured         */
#define CL_ADAPT_FRESH_NS   (2 * WZP_SEC)
#define CL_ADAPT_WEIGHT     16          /* packets before a view is told     */
#define CL_ADAPT_WAIT       48          /* datagrams: acknowledgements come
                                           many at a time                    */
#define CL_ADAPT_REPORT     50          /* frames between two reports        */
#define CL_ADAPT_CAP_KBPS   200
#define CL_ADAPT_LEFT       5           /* turns: so long redundancy takes to
                                           get going                         */
#define CL_ADAPT_PLAYED     10          /* frames that tell of a stream      */


/* One sender as he arrives here. */
typedef struct {
    uint16_t            id;
    uint64_t            heard_ns;       /* 0: nobody                         */
    wzp_loss_t          loss;
    const cl_stream_t  *stream;         /* that was played under the id at the
                                           last turn; only to be compared    */
    uint64_t            guessed;        /* its frames then                   */
    uint64_t            played;
} cl_adapt_heard_t;


struct cl_adapt_s {
    wzp_adapt_t       ad;
    const char       *redundancy;       /* its mode                          */
    bool              report;           /* to this relay                     */
    cl_tell_t         tell;

    wzp_loss_t        uplink;
    uint64_t          fate_ns;          /* its newest                        */
    cl_adapt_heard_t  heard[CL_ADAPT_HEARD];

    uint64_t          turn_ns;
    uint64_t          report_ns;        /* the next                          */
    uint64_t          seen_ns;          /* the last turn, and the sums then  */
    uint64_t          sent_bytes;
    float             left[CL_ADAPT_LEFT];  /* guessed of what was played,
                                               of the last turns             */
};


cl_adapt_t *
cl_adapt_create(const cl_options_t *op)
{
    cl_adapt_t        *aq;
    wzp_adapt_conf_t   conf;

    aq = calloc(1, sizeof(cl_adapt_t));
    if (aq == NULL) {
        return NULL;
    }

    memset(&conf, 0, sizeof(wzp_adapt_conf_t));
    conf.best = op->profile;
    conf.budget_bps = op->budget_bps;
    conf.mode = op->redundancy;
    conf.fixed = op->no_adapt;

    wzp_adapt_init(&aq->ad, &conf);
    aq->redundancy = wzp_plan_mode_name(op->redundancy);
    aq->tell = op->report_quality;

    return aq;
}


void
cl_adapt_destroy(cl_adapt_t *aq)
{
    free(aq);
}


void
cl_adapt_joined(cl_adapt_t *aq, bool ours, uint64_t now_ns)
{
    aq->report = aq->tell == CL_TELL_ANY || (ours && aq->tell == CL_TELL_OURS);

    cl_adapt_moved(aq, now_ns);
}


void
cl_adapt_moved(cl_adapt_t *aq, uint64_t now_ns)
{
    aq->fate_ns = 0;
    wzp_adapt_moved(&aq->ad, now_ns);
}


void
cl_adapt_want(cl_adapt_t *aq, wzp_profile_id_t wanted, wzp_profile_id_t limit)
{
    wzp_adapt_directive(&aq->ad, wanted);
    wzp_adapt_limit(&aq->ad, limit);

    aq->turn_ns = 0;
}


void
cl_adapt_fate(cl_adapt_t *aq, uint64_t number, bool lost, uint64_t now_ns)
{
    /* After a pause what was before it is no news. */

    if (aq->fate_ns == 0 || now_ns - aq->fate_ns >= WZP_ADAPT_FRESH_NS) {
        wzp_loss_init(&aq->uplink, CL_ADAPT_WAIT);
    }

    aq->fate_ns = now_ns;

    if (lost) {
        wzp_loss_gone(&aq->uplink, (uint16_t) number);

    } else {
        wzp_loss_put(&aq->uplink, (uint16_t) number, now_ns);
    }
}


void
cl_adapt_view(cl_adapt_t *aq, uint16_t from, float loss, float burst,
    uint64_t now_ns)
{
    wzp_adapt_view(&aq->ad, from, loss, burst, now_ns);
}


static cl_adapt_heard_t *
cl_adapt_find(cl_adapt_t *aq, uint16_t id)
{
    size_t  i;

    for (i = 0; i < CL_ADAPT_HEARD; i++) {
        if (aq->heard[i].heard_ns != 0 && aq->heard[i].id == id) {
            return &aq->heard[i];
        }
    }

    return NULL;
}


/* A new stream takes the place of the longest silence. */

static cl_adapt_heard_t *
cl_adapt_add(cl_adapt_t *aq, uint16_t id)
{
    size_t             i;
    cl_adapt_heard_t  *oldest;

    oldest = &aq->heard[0];

    for (i = 1; i < CL_ADAPT_HEARD; i++) {
        if (aq->heard[i].heard_ns < oldest->heard_ns) {
            oldest = &aq->heard[i];
        }
    }

    memset(oldest, 0, sizeof(cl_adapt_heard_t));
    oldest->id = id;
    wzp_loss_init(&oldest->loss, WZP_LOSS_WAIT);

    return oldest;
}


void
cl_adapt_packet(cl_adapt_t *aq, const wzp_packet_t *pk, uint64_t now_ns)
{
    bool               quiet;
    cl_adapt_heard_t  *hd;

    if (pk->has_report) {
        wzp_adapt_report(&aq->ad, pk->stream_id, &pk->report, now_ns);
    }

    if (pk->stream_id == 0) {
        return;
    }

    /* Who is silent needs no view: else all that listen told each other. */

    quiet = pk->codec == WZP_CODEC_COMFORT_NOISE;
    hd = cl_adapt_find(aq, pk->stream_id);

    if (hd == NULL && !quiet) {
        hd = cl_adapt_add(aq, pk->stream_id);
    }

    if (hd != NULL) {
        hd->heard_ns = quiet ? hd->heard_ns : now_ns;
        wzp_loss_put(&hd->loss, pk->seq, now_ns);
    }
}


/* Of what was played of one stream since the last turn: how much of it was
 * guessed?  Less than 0: too little was played, or it is the first turn of the
 * stream, under an id that may have been another one's. */

static float
cl_adapt_guessed(cl_adapt_heard_t *hd, const cl_stream_t *sm)
{
    bool                 known;
    uint64_t             guessed, played;
    wzp_jitter_stats_t   st;

    cl_stream_jitter(sm, &st);

    known = hd->stream == sm && sm->st.concealed_plc >= hd->guessed
            && st.played + st.lost >= hd->played;

    if (hd->stream != NULL && !known) {
        wzp_loss_init(&hd->loss, WZP_LOSS_WAIT);
    }

    guessed = sm->st.concealed_plc - hd->guessed;
    played = st.played + st.lost - hd->played;

    hd->stream = sm;
    hd->guessed = sm->st.concealed_plc;
    hd->played = st.played + st.lost;

    return !known || played < CL_ADAPT_PLAYED || guessed > played
           ? -1 : (float) guessed / (float) played;
}


/* What all streams have in common is our own way; who cannot be understood by
 * anybody is no reason for all others to lower their quality. */

static void
cl_adapt_left(cl_adapt_t *aq, cl_playout_t *po)
{
    float               v, least;
    size_t              i;
    cl_adapt_heard_t   *hd;
    const cl_stream_t  *sm;

    least = 1;
    memmove(aq->left + 1, aq->left, sizeof(aq->left) - sizeof(aq->left[0]));
    aq->left[0] = 0;

    for (i = 0; i < cl_playout_count(po); i++) {
        sm = cl_playout_stream(po, i);
        hd = sm->retired ? NULL : cl_adapt_find(aq, sm->id);

        if (hd == NULL) {
            continue;
        }

        v = cl_adapt_guessed(hd, sm);

        if (v >= 0 && v <= least) {
            least = v;
            aq->left[0] = v;
        }
    }
}


/* PROTOCOL 3.4. */

static void
cl_adapt_report(cl_adapt_t *aq, cl_sender_t *tx, cl_playout_t *po)
{
    float         v;
    size_t        i;
    wzp_report_t  rp;

    for (i = 1, v = aq->left[0]; i < CL_ADAPT_LEFT; i++) {
        v = WZP_MIN(v, aq->left[i]);
    }

    v *= 255;
    rp.loss = (uint8_t) WZP_MIN(v, 255);
    rp.rtt_4ms = (uint8_t) WZP_MIN(aq->ad.seen.queue_ms / 4, 255);

    v = (float) cl_playout_jitter(po);
    rp.jitter_ms = (uint8_t) WZP_MIN(v, 255);
    rp.cap_kbps = CL_ADAPT_CAP_KBPS;

    cl_sender_report(tx, &rp);
}


/* PROTOCOL E.11. */

static void
cl_adapt_views(cl_adapt_t *aq, cl_sender_t *tx, uint64_t now_ns)
{
    size_t                   i;
    const cl_adapt_heard_t  *hd;

    for (i = 0; i < CL_ADAPT_HEARD; i++) {
        hd = &aq->heard[i];

        if (hd->heard_ns != 0 && now_ns - hd->heard_ns < CL_ADAPT_FRESH_NS
            && wzp_loss_weight(&hd->loss) >= CL_ADAPT_WEIGHT)
        {
            cl_sender_view(tx, hd->id, wzp_loss_share(&hd->loss),
                           wzp_loss_burst(&hd->loss));
        }
    }
}


static void
cl_adapt_uplink(cl_adapt_t *aq, const cl_sender_t *tx,
    const wzp_qstats_t *qs, uint64_t now_ns)
{
    uint64_t            bytes;
    wzp_adapt_uplink_t  up;

    bytes = cl_sender_stats(tx)->bytes;

    up.loss = wzp_loss_share(&aq->uplink);
    up.burst = wzp_loss_burst(&aq->uplink);
    up.weight = wzp_loss_weight(&aq->uplink);
    up.fate_ns = aq->fate_ns;
    up.rtt_us = (uint32_t) (qs->rtt_ns / 1000);
    up.sent_bps = (uint32_t) ((double) (bytes - aq->sent_bytes) * 8e9
                              / (double) (now_ns - aq->seen_ns));

    aq->sent_bytes = bytes;

    wzp_adapt_uplink(&aq->ad, &up);
}


uint64_t
cl_adapt_turn(cl_adapt_t *aq, cl_sender_t *tx, cl_playout_t *po,
    const wzp_qstats_t *qs, uint64_t now_ns, bool *changed)
{
    *changed = false;

    if (now_ns < aq->turn_ns) {
        return aq->turn_ns;
    }

    aq->turn_ns = now_ns + WZP_ADAPT_TURN_NS;

    /* An order comes between two turns, in which nothing can be measured. */

    if (now_ns - aq->seen_ns >= WZP_ADAPT_TURN_NS / 2) {
        cl_adapt_left(aq, po);
        cl_adapt_uplink(aq, tx, qs, now_ns);
        cl_adapt_views(aq, tx, now_ns);
        aq->seen_ns = now_ns;
    }

    if (wzp_adapt_turn(&aq->ad, now_ns)) {
        *changed = true;
        cl_sender_plan(tx, &aq->ad.plan);
    }

    if (aq->report && now_ns >= aq->report_ns) {
        aq->report_ns = now_ns + CL_ADAPT_REPORT * WZP_MS
                                 * wzp_codec_info((unsigned) aq->ad.plan.codec)
                                   ->frame_ms;
        cl_adapt_report(aq, tx, po);
    }

    return aq->turn_ns;
}


const wzp_adapt_t *
cl_adapt_state(const cl_adapt_t *aq)
{
    return &aq->ad;
}


json_t *
cl_adapt_json(const cl_adapt_t *aq)
{
    const wzp_plan_t   *pl;
    const wzp_adapt_t  *ad;

    ad = &aq->ad;
    pl = &ad->plan;

    return json_pack("{s:s, s:i, s:s, s:b, s:i, s:i, s:f, s:f, s:f, s:f, "
                     "s:i}",
                     "profile", wzp_codec_info((unsigned) pl->codec)->name,
                     "bitrate_bps", (int) pl->bitrate_bps,
                     "redundancy", aq->redundancy,
                     "inband_fec", pl->inband_fec,
                     "dred_ms", (int) pl->dred_10ms * 10,
                     "copies", (int) pl->ncopies,
                     "fec_ratio", (double) pl->fec_ratio,
                     "heard_loss_pct", (double) ad->seen.loss * 100,
                     "heard_burst", (double) ad->seen.burst,
                     "heard_left_pct", (double) ad->seen.left * 100,
                     "queue_ms", (int) ad->seen.queue_ms);
}
