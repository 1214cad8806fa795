/*
 * One sender as we hear it.  See stream.h.
 */

#include <math.h>
#include <stdlib.h>

#include "stream.h"


#define CL_NOISE_PEAK       50          /* PROTOCOL 6.3 */
#define CL_PACKET_SILENT    2           /* bytes: an Opus packet of silence  */
#define CL_MS               (CL_RATE_HZ / 1000u)
#define CL_TICK_US          10000
#define CL_STRETCH_HASTY_US 60000       /* off by more: quickly              */
#define CL_FLOOR_RISE       1.008f      /* per frame                         */
#define CL_FLOOR_LEAST      0.05f
#define CL_FLOOR_MAX        60.0f
#define CL_FADE             240         /* samples: 5 ms                     */
#define CL_LEVEL_FALL_DB    3           /* per tick                          */


cl_stream_t *
cl_stream_create(uint16_t id)
{
    cl_stream_t  *sm;

    sm = calloc(1, sizeof(cl_stream_t));

    if (sm != NULL) {
        sm->id = id;
        sm->level_db = CL_LEVEL_MIN_DB;
        wzp_account_init(&sm->acc);
    }

    return sm;
}


void
cl_stream_destroy(cl_stream_t *sm)
{
    if (sm != NULL) {
        cl_stream_sleep(sm);
        free(sm);
    }
}


bool
cl_stream_wake(cl_stream_t *sm, const wzp_jitter_conf_t *conf, bool listen)
{
    cl_voice_t  *vo;

    vo = calloc(1, sizeof(cl_voice_t));
    if (vo == NULL) {
        return false;
    }

    if (listen) {
        vo->de = cl_decoder_create();

        if (vo->de == NULL) {
            free(vo);
            return false;
        }
    }

    wzp_jitter_init(&vo->jb, conf);
    wzp_fec_rx_init(&vo->fec);
    vo->seed = 1;
    vo->noise_peak = CL_NOISE_PEAK;
    sm->voice = vo;

    return true;
}


void
cl_stream_sleep(cl_stream_t *sm)
{
    if (sm->voice == NULL) {
        return;
    }

    cl_stream_jitter(sm, &sm->old);

    cl_decoder_destroy(sm->voice->de);
    free(sm->voice);
    sm->voice = NULL;
    sm->level_db = CL_LEVEL_MIN_DB;
}


void
cl_stream_jitter(const cl_stream_t *sm, wzp_jitter_stats_t *st)
{
    wzp_jitter_stats_t         sum;
    const wzp_jitter_stats_t  *now;

    sum = sm->old;

    if (sm->voice != NULL) {
        now = &sm->voice->jb.st;

        sum.late += now->late;
        sum.dup += now->dup;
        sum.played += now->played;
        sum.lost += now->lost;
        sum.dry += now->dry;
        sum.skipped += now->skipped;
        sum.resets += now->resets;
        sum.jitter_us = now->jitter_us;
        sum.waited_us += now->waited_us;
        sum.waited_max_us = WZP_MAX(sum.waited_max_us, now->waited_max_us);
        sum.waited_now_us = now->waited_now_us;
        sum.shortened += now->shortened;
        sum.shortened_us += now->shortened_us;
        sum.lengthened += now->lengthened;
        sum.lengthened_us += now->lengthened_us;
    }

    *st = sum;
}


/* What the jitter buffer shall know of a packet.  False: it is not for it. */

static bool
cl_stream_frame(cl_stream_t *sm, const wzp_packet_t *pk, wzp_frame_t *fr)
{
    size_t  n;

    fr->seq = pk->seq;
    fr->timestamp = pk->timestamp;
    fr->codec = pk->codec;
    fr->copy = false;
    fr->reach_ms = 0;
    fr->data = pk->payload.data;
    fr->len = pk->payload.len;
    fr->dur_ms = wzp_codec_info((unsigned) pk->codec)->frame_ms;

    if (pk->repair) {
        sm->st.repair++;
        fr->dur_ms = 0;
        fr->len = 0;
        return true;
    }

    if (pk->codec == WZP_CODEC_COMFORT_NOISE) {
        fr->len = WZP_MIN(fr->len, 1);
        return true;
    }

    n = fr->len <= WZP_JITTER_PAYLOAD
        ? cl_decoder_samples(fr->codec, fr->data, fr->len) : 0;

    if (n < CL_TICK_SAMPLES) {
        sm->st.bad++;
        return false;
    }

    fr->dur_ms = (uint16_t) (n / CL_MS);
    return true;
}


void
cl_stream_put(cl_stream_t *sm, const wzp_packet_t *pk, uint64_t now_ns)
{
    wzp_frame_t           fr;
    wzp_account_kind_t    kind;

    kind = wzp_account_put(&sm->acc, pk->seq);

    sm->heard_ns = now_ns;
    sm->st.bytes += pk->payload.len;
    sm->codec = pk->codec;

    if (pk->codec != WZP_CODEC_COMFORT_NOISE
        && pk->payload.len > CL_PACKET_SILENT)
    {
        sm->loud_ns = now_ns;
    }

    if (!cl_stream_frame(sm, pk, &fr) || sm->voice == NULL
        || kind == WZP_ACCOUNT_DUP || kind == WZP_ACCOUNT_STRAY)
    {
        return;
    }

    if (kind == WZP_ACCOUNT_RESTART) {
        wzp_jitter_reset(&sm->voice->jb);
        wzp_fec_rx_reset(&sm->voice->fec);
    }

    if (sm->voice->de != NULL && wzp_jitter_gap(&sm->voice->jb, fr.seq)) {
        fr.reach_ms = (uint16_t) (cl_decoder_reach(sm->voice->de, fr.codec,
                                                   fr.data, fr.len, fr.seq)
                                  / CL_MS);
    }

    /* What comes too late is counted there. */

    (void) !wzp_jitter_put(&sm->voice->jb, &fr, now_ns);

    cl_stream_extra(sm, pk, now_ns);
}


static void
cl_stream_noise(cl_voice_t *vo, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        vo->seed = vo->seed * 1664525u + 1013904223u;
        vo->pcm[i] = (int16_t) ((int) (vo->seed >> 16)
                                % (2 * vo->noise_peak + 1) - vo->noise_peak);
    }
}


/* How loud is it behind the voice?  Down at once, up by half in a second. */

static void
cl_stream_floor(cl_voice_t *vo, size_t n)
{
    float   sum, rms;
    size_t  i;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += (float) vo->pcm[i] * vo->pcm[i];
    }

    rms = n ? sqrtf(sum / (float) n) : 0;

    vo->floor = vo->floor * CL_FLOOR_RISE + CL_FLOOR_LEAST;
    vo->floor = WZP_MIN(WZP_MIN(vo->floor, rms), CL_FLOOR_MAX);
}


/* From what is in pcm to soft noise like the background. */

static void
cl_stream_hush(cl_voice_t *vo, size_t n)
{
    float   w, x;
    size_t  i;

    for (i = 0; i < n; i++) {
        vo->seed = vo->seed * 1664525u + 1013904223u;
        x = (float) (vo->seed >> 16) / 32768 - 1;

        /* Uniform noise has a third of its peak's power, and the filter leaves
         * a third of that. */

        vo->hiss += (x * 3 * vo->floor - vo->hiss) / 2;
        w = vo->hushed ? 1 : (float) (i + 1) / (float) n;
        vo->pcm[i] = (int16_t) lrintf((1 - w) * vo->pcm[i] + w * vo->hiss);
    }

    vo->hushed = true;
}


/* The voice is back after it had faded away. */

static void
cl_stream_return(cl_voice_t *vo, size_t n)
{
    size_t  i, fade;

    fade = WZP_MIN(n, CL_FADE);

    for (i = 0; vo->hushed && i < fade; i++) {
        vo->pcm[i] = (int16_t) (vo->pcm[i] * (int) i / (int) fade);
    }

    vo->hushed = false;
    vo->guessed_ms = 0;
}


/* Out of the redundancy of a later packet. */

static bool
cl_stream_recover(cl_stream_t *sm, const wzp_jitter_out_t *out, size_t n)
{
    size_t              gap;
    cl_decoder_t       *de;
    const wzp_frame_t  *fr;

    de = sm->voice->de;
    fr = &out->frame;
    gap = out->gap_ms * CL_MS;

    if (de == NULL || !cl_codec_is_opus(fr->codec)) {
        return false;
    }

    if (gap == n
        && cl_decoder_fec(de, fr->codec, fr->data, fr->len, sm->voice->pcm, n))
    {
        sm->st.concealed_fec++;
        return true;
    }

    if (cl_decoder_recover(de, fr->data, fr->len, fr->seq, gap,
                           sm->voice->pcm, n))
    {
        sm->st.concealed_dred++;
        return true;
    }

    return false;
}


/* A frame that is not there: redundancy, a guess, and in the end silence. */

static void
cl_stream_conceal(cl_stream_t *sm, const wzp_jitter_out_t *out, size_t n)
{
    cl_voice_t  *vo;

    vo = sm->voice;

    if (out->what == WZP_JITTER_LOST && cl_stream_recover(sm, out, n)) {
        cl_stream_return(vo, n);
        return;
    }

    vo->guessed_ms += out->dur_ms;

    if (out->what == WZP_JITTER_LOST) {
        sm->st.concealed_plc++;

    } else {
        vo->tail++;
    }

    if (vo->de == NULL) {
        memset(vo->pcm, 0, n * sizeof(int16_t));
        return;
    }

    if (!vo->hushed) {
        cl_decoder_conceal(vo->de, vo->pcm, n);
    }

    if (vo->hushed || vo->guessed_ms + out->dur_ms > CL_CONCEAL_MAX_MS) {
        cl_stream_hush(vo, n);
    }
}


static size_t
cl_stream_play(cl_stream_t *sm, const wzp_jitter_out_t *out, size_t n)
{
    size_t       made;
    cl_voice_t  *vo;

    vo = sm->voice;

    /* It goes on: what was guessed before this frame was a hole in the
     * speech, not its end. */

    sm->st.concealed_plc += vo->tail;
    sm->st.concealed_copy += out->frame.copy;
    vo->tail = 0;

    if (out->frame.codec == WZP_CODEC_COMFORT_NOISE) {
        sm->st.noise++;
        vo->noise_peak = out->frame.len ? out->frame.data[0] : CL_NOISE_PEAK;
        cl_stream_noise(vo, n);
        return n;
    }

    if (vo->de == NULL) {
        memset(vo->pcm, 0, n * sizeof(int16_t));
        return n;
    }

    made = cl_decoder_frame(vo->de, out->frame.codec, out->frame.data,
                            out->frame.len, vo->pcm);

    if (made == 0) {
        sm->st.bad++;
        cl_decoder_conceal(vo->de, vo->pcm, n);
        return n;
    }

    cl_stream_return(vo, made);
    cl_stream_floor(vo, made);

    return made;
}


/* Bring the delay nearer to where it should be; less carefully only when it is
 * far off. */

static size_t
cl_stream_stretch(cl_voice_t *vo, int32_t excess_us, size_t n,
    uint64_t now_ns)
{
    float   alike;
    size_t  k;

    if (n > CL_FRAME_MAX || vo->de == NULL) {
        return n;
    }

    alike = excess_us > -CL_STRETCH_HASTY_US && excess_us < CL_STRETCH_HASTY_US
            ? WZP_STRETCH_CAREFUL : WZP_STRETCH_HASTY;

    if (excess_us < 0) {
        k = wzp_stretch_lengthen(vo->pcm, n, alike);

        if (k > 0) {
            wzp_jitter_stretched(&vo->jb, (int32_t) (k * 1000 / CL_MS),
                                 now_ns);
        }

        return n + k;
    }

    /* A frame is taken with the tick that its beginning falls into: whatever
     * is cut may count as whole ticks. */

    k = wzp_stretch_shorten(vo->pcm, n, (size_t) (excess_us / CL_TICK_US)
                                        * CL_TICK_SAMPLES, alike);

    if (k > 0) {
        wzp_jitter_stretched(&vo->jb, -(int32_t) (k * 1000 / CL_MS), now_ns);
    }

    return n - k;
}


/* More samples; false: nothing to be heard for a tick. */

static bool
cl_stream_refill(cl_stream_t *sm, uint64_t now_ns)
{
    size_t             n;
    cl_voice_t        *vo;
    wzp_jitter_out_t   out;

    vo = sm->voice;
    wzp_jitter_get(&vo->jb, &out, now_ns);

    n = WZP_MIN(out.dur_ms * CL_MS, CL_FRAME_MAX);
    vo->at = 0;
    vo->have = n;

    switch (out.what) {

    case WZP_JITTER_FRAME:
        n = cl_stream_play(sm, &out, n);
        vo->have = out.excess_us == 0
                   ? n : cl_stream_stretch(vo, out.excess_us, n, now_ns);
        return true;

    case WZP_JITTER_LOST:
    case WZP_JITTER_DRY:
        cl_stream_conceal(sm, &out, n);
        return true;

    case WZP_JITTER_NOISE:
        cl_stream_noise(vo, n);
        return true;

    case WZP_JITTER_SILENCE:
        break;
    }

    vo->tail = 0;
    memset(vo->pcm, 0, n * sizeof(int16_t));

    return false;
}


bool
cl_stream_pull(cl_stream_t *sm, int16_t *pcm, uint64_t now_ns)
{
    bool         heard;
    size_t       n, done;
    cl_voice_t  *vo;

    vo = sm->voice;
    heard = false;

    for (done = 0; done < CL_TICK_SAMPLES; done += n) {

        if (vo->at == vo->have) {
            vo->sounds = cl_stream_refill(sm, now_ns);
        }

        heard |= vo->sounds;
        n = WZP_MIN(vo->have - vo->at, CL_TICK_SAMPLES - done);
        memcpy(pcm + done, vo->pcm + vo->at, n * sizeof(int16_t));
        vo->at += n;
    }

    return heard;
}


void
cl_stream_meter(cl_stream_t *sm, const int16_t *pcm)
{
    int     v, peak;
    float   db;
    size_t  i;

    peak = 0;

    for (i = 0; pcm != NULL && i < CL_TICK_SAMPLES; i++) {
        v = pcm[i] < 0 ? -pcm[i] : pcm[i];
        peak = WZP_MAX(peak, v);
    }

    db = peak ? 20 * log10f((float) peak / 32768) : CL_LEVEL_MIN_DB;
    sm->level_db = WZP_MAX(db, sm->level_db - CL_LEVEL_FALL_DB);
    sm->level_db = WZP_MAX(sm->level_db, CL_LEVEL_MIN_DB);
}


/* How long frames waited, and what was done instead of those missing. */

static json_t *
cl_stream_report_delay(const cl_stream_t *sm, const wzp_jitter_stats_t *jt)
{
    double    expected, guessed, frames;
    uint64_t  target_ms, level_ms;

    expected = (double) wzp_account_expected(&sm->acc);
    guessed = (double) (sm->st.concealed_plc + sm->st.concealed_fec
                        + sm->st.concealed_dred);
    frames = (double) jt->played + guessed;
    target_ms = sm->voice != NULL ? wzp_jitter_target(&sm->voice->jb) : 0;
    level_ms = sm->voice != NULL ? wzp_jitter_level(&sm->voice->jb) : 0;

    return json_pack("{s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, "
                     "s:I, s:I}",
                     "playout_ms", jt->played
                                   ? (double) jt->waited_us / 1000
                                     / (double) jt->played : 0.0,
                     "playout_max_ms", jt->waited_max_us / 1000.0,
                     "playout_now_ms", jt->waited_now_us / 1000.0,
                     "target_ms", (json_int_t) target_ms,
                     "level_ms", (json_int_t) level_ms,
                     "late_pct", expected > 0
                                 ? (double) jt->late * 100 / expected : 0.0,
                     "concealed_pct", frames > 0
                                      ? guessed * 100 / frames : 0.0,
                     "concealed_copy", (json_int_t) sm->st.concealed_copy,
                     "concealed_fec", (json_int_t) sm->st.concealed_fec,
                     "accelerated_ms", (json_int_t) (jt->shortened_us / 1000),
                     "expanded_ms", (json_int_t) (jt->lengthened_us / 1000),
                     "accelerated", (json_int_t) jt->shortened,
                     "expanded", (json_int_t) jt->lengthened);
}


json_t *
cl_stream_report(const cl_stream_t *sm)
{
    double               expected, missing;
    json_t              *ob, *more, *delay;
    wzp_jitter_stats_t   jt;

    cl_stream_jitter(sm, &jt);

    expected = (double) wzp_account_expected(&sm->acc);
    missing = (double) wzp_account_missing(&sm->acc);

    ob = json_pack("{s:i, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, "
                   "s:i}",
                   "stream_id", (int) sm->id,
                   "fingerprint", sm->fp,
                   "alias", sm->alias,
                   "received", (json_int_t) sm->acc.received,
                   "unique", (json_int_t) sm->acc.unique,
                   "dup", (json_int_t) sm->acc.dup,
                   "lost", (json_int_t) wzp_account_missing(&sm->acc),
                   "reordered", (json_int_t) sm->acc.reordered,
                   "strays", (json_int_t) sm->acc.strays,
                   "restarts", (json_int_t) sm->acc.restarts,
                   "first_seq", (int) sm->acc.first,
                   "last_seq", (int) sm->acc.last);

    more = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
                     "s:f, s:f}",
                     "late", (json_int_t) jt.late,
                     "played", (json_int_t) jt.played,
                     "skipped", (json_int_t) jt.skipped,
                     "concealed_plc", (json_int_t) sm->st.concealed_plc,
                     "concealed_dred", (json_int_t) sm->st.concealed_dred,
                     "noise", (json_int_t) sm->st.noise,
                     "repair", (json_int_t) sm->st.repair,
                     "bad", (json_int_t) sm->st.bad,
                     "bytes", (json_int_t) sm->st.bytes,
                     "jitter_ms", jt.jitter_us / 1000.0,
                     "loss_pct", expected > 0 ? missing * 100 / expected : 0);

    delay = cl_stream_report_delay(sm, &jt);

    if (ob != NULL && more != NULL && delay != NULL) {
        (void) json_object_update(ob, more);
        (void) json_object_update(ob, delay);
    }

    json_decref(more);
    json_decref(delay);

    return ob;
}
