/*
 * Sending.  See sender.h.
 */

#include <stdlib.h>

#include "codec.h"
#include "extra.h"
#include "say.h"
#include "sender.h"
#include "silence.h"
#include "source.h"
#include "wzp/wzp_fec.h"


/* Later than this, frames are left out instead of sent in a burst. */
#define CL_SENDER_STALL     (2 * WZP_SEC)

#define CL_SENDER_LOSS_PCT  15          /* PROTOCOL 6.4: the floor           */
#define CL_SENDER_TELL_MS   1000        /* who is silent says what he hears  */


struct cl_sender_s {
    cl_source_t           *src;         /* NULL: we listen                   */
    cl_encoder_t          *en;
    bool                   started;
    bool                   over;
    bool                   muted;
    bool                   dtx;
    bool                   may_tell;
    bool                   tells;       /* when muted, or without a source   */
    bool                   spoke;       /* the last packet was speech        */
    bool                   closing;     /* and is the last before we are mute */
    uint64_t               tell_ns;     /* not before                        */

    wzp_profile_id_t       profile;
    const wzp_profile_t   *pr;
    wzp_plan_t             plan;

    uint16_t               stream_id;
    uint32_t               timestamp;   /* ms, of the next frame             */
    uint64_t               next_ns;     /* when it is due                    */

    wzp_compact_t          compact;

    bool                   has_report;
    wzp_report_t           report;

    cl_silence_t           silence;
    cl_extra_t             extra;
    wzp_fec_tx_t           fec;

    cl_sender_listen_pt    listen;      /* NULL: nobody                      */
    void                  *listen_ctx;

    cl_sender_stats_t      st;
};


cl_exit_t
cl_sender_create(cl_sender_t **out, const cl_options_t *op, bool tells)
{
    cl_exit_t     rc;
    cl_source_t  *src;
    cl_sender_t  *tx;

    *out = NULL;

    rc = cl_source_create(&src, op);
    if (rc != CL_OK || (src == NULL && !tells)) {
        return rc;
    }

    tx = calloc(1, sizeof(cl_sender_t));

    if (tx == NULL || (tx->en = cl_encoder_create()) == NULL) {
        cl_source_destroy(src);
        free(tx);
        return cl_fail(CL_INTERNAL, "no memory");
    }

    tx->src = src;
    tx->may_tell = tells;
    tx->profile = WZP_PROFILE_N;
    tx->dtx = !op->no_dtx;
    cl_encoder_dtx(tx->en, tx->dtx);
    wzp_fec_tx_init(&tx->fec, WZP_FEC_OURS);
    cl_sender_profile(tx, WZP_PROFILE_GOOD);
    *out = tx;

    return CL_OK;
}


void
cl_sender_destroy(cl_sender_t *tx)
{
    if (tx != NULL) {
        cl_source_destroy(tx->src);
        cl_encoder_destroy(tx->en);
        free(tx);
    }
}


void
cl_sender_start(cl_sender_t *tx, uint16_t stream_id, uint64_t now_ns)
{
    tx->stream_id = stream_id;

    if (!tx->started) {
        tx->started = true;
        tx->next_ns = now_ns;
    }
}


/* A path that nobody has measured yet: DRED, as existing clients have it.
 * PROTOCOL 6.2, 6.4. */

static void
cl_sender_default(wzp_plan_t *plan, wzp_profile_id_t id)
{
    const wzp_profile_t  *pr;

    memset(plan, 0, sizeof(wzp_plan_t));
    pr = wzp_profile(id);

    plan->codec = pr->codec;
    plan->bitrate_bps = wzp_codec_info((unsigned) pr->codec)->bitrate_bps;
    plan->loss_pct = CL_SENDER_LOSS_PCT;

    if (!cl_codec_is_opus(pr->codec)) {
        plan->fec_ratio = pr->fec_ratio;

    } else if (pr->codec == WZP_CODEC_OPUS6K) {
        plan->dred_10ms = 104;

    } else {
        plan->dred_10ms = plan->bitrate_bps > 24000 ? 10 : 20;
    }
}


void
cl_sender_compact(cl_sender_t *tx, bool on)
{
    wzp_compact_init(&tx->compact, on);
}


void
cl_sender_tells(cl_sender_t *tx, bool on)
{
    tx->tells = on && tx->may_tell;
}


void
cl_sender_profile(cl_sender_t *tx, wzp_profile_id_t id)
{
    wzp_plan_t  plan;

    if (tx->profile != id) {
        cl_sender_default(&plan, id);
        cl_sender_plan(tx, &plan);
        tx->profile = id;
    }
}


void
cl_sender_plan(cl_sender_t *tx, const wzp_plan_t *plan)
{
    tx->plan = *plan;
    tx->pr = wzp_profile_by_codec(plan->codec);
    cl_encoder_plan(tx->en, plan);
    wzp_fec_tx_set(&tx->fec, plan->codec, plan->fec_ratio);
}


void
cl_sender_view(cl_sender_t *tx, uint16_t stream_id, float loss, float burst)
{
    cl_extra_view(&tx->extra, stream_id, loss, burst);
}


void
cl_sender_listen(cl_sender_t *tx, cl_sender_listen_pt listen, void *ctx)
{
    tx->listen = listen;
    tx->listen_ctx = ctx;
}


void
cl_sender_mute(cl_sender_t *tx, bool muted)
{
    if (tx->muted != muted) {
        tx->muted = muted;
        tx->closing = muted && tx->spoke;
        cl_silence_reset(&tx->silence);
        wzp_fec_tx_abandon(&tx->fec);

        if (!tx->closing) {
            cl_extra_forget(&tx->extra);
        }
    }
}


void
cl_sender_report(cl_sender_t *tx, const wzp_report_t *rp)
{
    tx->has_report = true;
    tx->report = *rp;
}


/* Whatever it is: number it, and off it goes. */

static void
cl_sender_packet(cl_sender_t *tx, wzp_qconn_t *qc, wzp_packet_t *pk,
    uint64_t now_ns)
{
    size_t       size;
    wzp_qbuf_t  *qb;

    pk->seq = tx->st.next_seq;
    pk->timestamp = tx->timestamp;
    pk->stream_id = tx->stream_id;
    pk->has_report = tx->has_report && !pk->repair;
    pk->report = tx->report;

    qb = wzp_qbuf_alloc(WZP_HEADER_SIZE + pk->payload.len + WZP_REPORT_SIZE);
    if (qb == NULL) {
        return;
    }

    if (wzp_compact_encode(&tx->compact, pk, qb->data, qb->size, &size)
        == WZP_OK)
    {
        qb->len = (uint32_t) size;
        qb->born_ns = now_ns;

        if (wzp_qconn_send(qc, qb, now_ns) == WZP_OK) {
            tx->st.packets++;
            tx->st.bytes += size;
            tx->st.payload += pk->payload.len;

        } else {
            tx->st.refused++;
        }

        tx->st.next_seq++;
        tx->has_report = tx->has_report && pk->repair;
    }

    wzp_qbuf_unref(qb);
}


static size_t
cl_sender_samples(const cl_sender_t *tx)
{
    return tx->pr->frame_duration_ms * (CL_RATE_HZ / 1000u);
}


static void
cl_sender_opus(cl_sender_t *tx, wzp_qconn_t *qc, wzp_packet_t *pk,
    uint64_t now_ns)
{
    uint8_t      buf[WZP_PAYLOAD_SAFE];
    wzp_bytes_t  bare;

    bare = pk->payload;
    pk->seq = tx->st.next_seq;
    pk->timestamp = tx->timestamp;

    pk->payload.len = cl_extra_wrap(&tx->extra, &tx->plan, pk, buf,
                                    sizeof(buf));
    pk->payload.data = buf;

    cl_sender_packet(tx, qc, pk, now_ns);

    pk->payload = bare;
    cl_extra_sent(&tx->extra, pk);
    tx->st.copies = tx->extra.copies;
}


static void
cl_sender_speech(cl_sender_t *tx, wzp_qconn_t *qc, const uint8_t *data,
    size_t len, uint64_t now_ns)
{
    wzp_packet_t  pk;

    tx->spoke = true;

    memset(&pk, 0, sizeof(wzp_packet_t));
    pk.codec = tx->pr->codec;
    pk.payload.data = data;
    pk.payload.len = len;

    if (cl_codec_is_opus(pk.codec)) {
        cl_sender_opus(tx, qc, &pk, now_ns);

    } else if (wzp_fec_tx_put(&tx->fec, data, len, &pk) == WZP_OK) {
        cl_sender_packet(tx, qc, &pk, now_ns);
    }
}


static void
cl_sender_noise(cl_sender_t *tx, wzp_qconn_t *qc, uint8_t level,
    uint64_t now_ns)
{
    uint8_t       buf[64];
    wzp_packet_t  pk;

    tx->spoke = false;

    memset(&pk, 0, sizeof(wzp_packet_t));
    pk.codec = WZP_CODEC_COMFORT_NOISE;
    pk.payload.data = buf;
    pk.payload.len = cl_extra_noise(&tx->extra, level, buf, sizeof(buf));

    cl_sender_packet(tx, qc, &pk, now_ns);
    tx->st.noise++;
}


/* The last words are as well protected as all others, and nobody takes what
 * follows for lost. */

static void
cl_sender_close(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    uint8_t       buf[WZP_PAYLOAD_SAFE];
    wzp_packet_t  pk;

    tx->spoke = false;
    tx->closing = false;

    memset(&pk, 0, sizeof(wzp_packet_t));
    pk.codec = WZP_CODEC_COMFORT_NOISE;
    pk.seq = tx->st.next_seq;
    pk.timestamp = tx->timestamp;
    pk.payload.data = buf;
    pk.payload.len = cl_extra_close(&tx->extra, &tx->plan, &pk, buf,
                                    sizeof(buf));

    if (qc != NULL) {
        cl_sender_packet(tx, qc, &pk, now_ns);
        tx->st.noise++;
        tx->st.copies = tx->extra.copies;
    }

    cl_extra_forget(&tx->extra);
}


/* We say nothing; but who speaks wants to know how he is heard. */

static void
cl_sender_tell(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    if (tx->tells && qc != NULL && now_ns >= tx->tell_ns
        && cl_extra_waits(&tx->extra))
    {
        tx->tell_ns = now_ns + CL_SENDER_TELL_MS * WZP_MS;
        cl_sender_noise(tx, qc, 0, now_ns);
    }
}


static void
cl_sender_repair(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    wzp_packet_t  pk;

    memset(&pk, 0, sizeof(wzp_packet_t));

    while (wzp_fec_tx_next(&tx->fec, &pk)) {
        cl_sender_packet(tx, qc, &pk, now_ns);
        tx->st.repair++;
    }
}


/* Encode a frame, unless it is silence. */

static cl_silence_what_t
cl_sender_encode(cl_sender_t *tx, const int16_t *pcm, size_t n, uint8_t *data,
    size_t *len)
{
    cl_silence_what_t  what;

    what = tx->dtx ? cl_silence_frame(&tx->silence, pcm, n)
                   : CL_SILENCE_SPEAK;

    if (what == CL_SILENCE_SPEAK) {
        *len = cl_encoder_frame(tx->en, pcm, n, data, WZP_PAYLOAD_SAFE);

        if (tx->dtx) {
            what = cl_silence_encoded(&tx->silence,
                                      cl_encoder_silent(tx->en));
        }
    }

    if (what != CL_SILENCE_SPEAK) {
        tx->st.suppressed++;
        wzp_fec_tx_abandon(&tx->fec);
    }

    return what;
}


/* Time passes; packets that tell of what was before carry the time after it. */

static void
cl_sender_step(cl_sender_t *tx)
{
    tx->timestamp += tx->pr->frame_duration_ms;
    tx->next_ns += tx->pr->frame_duration_ms * WZP_MS;
}


/* The source is over.  Copies of its last frames go with a packet of their own;
 * the last block of Codec2 is completed with silence, so that it has repairs. */

static void
cl_sender_end(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    size_t    n, len;
    uint8_t   data[WZP_PAYLOAD_SAFE];
    int16_t   pcm[CL_FRAME_MAX];
    unsigned  i;

    tx->over = true;
    tx->tell_ns = now_ns + CL_SENDER_TELL_MS * WZP_MS;

    if (!tx->may_tell || qc == NULL) {
        return;
    }

    if (tx->spoke && tx->plan.ncopies != 0) {
        cl_sender_close(tx, qc, now_ns);
    }

    n = cl_sender_samples(tx);
    memset(pcm, 0, sizeof(pcm));

    for (i = 0; i < WZP_FEC_K_MAX && wzp_fec_tx_begun(&tx->fec); i++) {
        len = cl_encoder_frame(tx->en, pcm, n, data, sizeof(data));

        cl_sender_speech(tx, qc, data, len, now_ns);
        cl_sender_repair(tx, qc, now_ns);
        cl_sender_step(tx);
    }
}


static void
cl_sender_frame(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    size_t             n, len;
    int16_t            pcm[CL_FRAME_MAX];
    uint8_t            data[WZP_PAYLOAD_SAFE];
    cl_silence_what_t  what;

    n = cl_sender_samples(tx);

    if (!cl_source_read(tx->src, pcm, n)) {
        cl_sender_end(tx, qc, now_ns);
        return;
    }

    if (tx->muted) {
        memset(pcm, 0, sizeof(pcm));
    }

    if (tx->listen != NULL) {
        tx->listen(tx->listen_ctx, pcm, n);
    }

    if (tx->muted) {

        if (tx->closing) {
            cl_sender_close(tx, qc, now_ns);

        } else {
            cl_sender_tell(tx, qc, now_ns);
        }

        cl_sender_step(tx);
        return;
    }

    tx->st.frames++;
    len = 0;
    what = cl_sender_encode(tx, pcm, n, data, &len);

    if (what == CL_SILENCE_SPEAK && qc != NULL && len > 0) {
        cl_sender_speech(tx, qc, data, len, now_ns);

    } else if (what == CL_SILENCE_SPEAK) {
        tx->st.missed++;
    }

    cl_sender_step(tx);

    if (qc != NULL && what == CL_SILENCE_NOISE) {
        cl_sender_noise(tx, qc, cl_silence_level(&tx->silence), now_ns);

    } else if (qc != NULL) {
        cl_sender_repair(tx, qc, now_ns);
    }
}


/* Without a source, or after its end. */

static uint64_t
cl_sender_idle(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    uint64_t  ms;

    if (now_ns >= tx->next_ns) {
        ms = CL_SENDER_TELL_MS + (now_ns - tx->next_ns) / WZP_MS;

        cl_sender_tell(tx, qc, now_ns);
        tx->timestamp += (uint32_t) ms;
        tx->next_ns += ms * WZP_MS;
    }

    return tx->next_ns;
}


uint64_t
cl_sender_turn(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns)
{
    uint64_t  skip_ms;

    if (!tx->started) {
        return UINT64_MAX;
    }

    if (tx->src == NULL || tx->over) {
        return cl_sender_idle(tx, qc, now_ns);
    }

    if (cl_source_live(tx->src)) {

        /* The clock of a microphone decides, not ours. */

        while (!tx->over && cl_source_ready(tx->src) >= cl_sender_samples(tx))
        {
            cl_sender_frame(tx, qc, now_ns);
        }

        return tx->over ? now_ns : UINT64_MAX;
    }

    /* The machine slept: time has passed, but nobody wants to hear it now. */

    if (now_ns > tx->next_ns + CL_SENDER_STALL) {
        skip_ms = (now_ns - tx->next_ns) / WZP_MS;
        skip_ms -= skip_ms % tx->pr->frame_duration_ms;

        tx->next_ns += skip_ms * WZP_MS;
        tx->timestamp += (uint32_t) skip_ms;
    }

    while (!tx->over && now_ns >= tx->next_ns) {
        cl_sender_frame(tx, qc, now_ns);
    }

    return tx->next_ns;
}


const wzp_plan_t *
cl_sender_planned(const cl_sender_t *tx)
{
    return &tx->plan;
}


float
cl_sender_level(const cl_sender_t *tx)
{
    return cl_source_level(tx->src);
}


bool
cl_sender_over(const cl_sender_t *tx)
{
    return tx->over;
}


cl_source_t *
cl_sender_source(cl_sender_t *tx)
{
    return tx->src;
}


const cl_sender_stats_t *
cl_sender_stats(const cl_sender_t *tx)
{
    return &tx->st;
}
