/*
 * What a sender adds against loss, and what the other end makes of it: copies
 * inside Opus packets, repair packets of Codec2, views; and blocks that a
 * hostile peer may send.
 */

#include <math.h>

#include "tap.h"
#include "../../client/narrow.c"
#include "../../client/codec.c"
#include "../../client/extra.c"
#include "../../client/stream.c"
#include "../../client/stream_red.c"


#define PI  3.14159265358979323846


static cl_stream_t   *sm;
static cl_encoder_t  *en;
static cl_extra_t     ex;
static wzp_fec_tx_t   fec;
static wzp_plan_t     plan;
static uint64_t       now;
static uint16_t       seq;
static uint32_t       ts;
static unsigned       views;
static float          view_loss;
static float          view_burst;
static uint16_t       view_about;
static int16_t        pcm[CL_FRAME_MAX];


static void
view(void *ctx, uint16_t about, uint16_t from, float loss, float burst)
{
    views += ctx == &views && from == sm->id;
    view_about = about;
    view_loss = loss;
    view_burst = burst;
}


static void
start(wzp_codec_t codec)
{
    cl_stream_destroy(sm);
    sm = cl_stream_create(1);
    ok(cl_stream_wake(sm, NULL, true), "a stream of %s",
       wzp_codec_info(codec)->name);

    memset(&ex, 0, sizeof(ex));
    memset(&plan, 0, sizeof(plan));
    plan.codec = codec;
    plan.bitrate_bps = wzp_codec_info(codec)->bitrate_bps;
    cl_encoder_plan(en, &plan);
    wzp_fec_tx_init(&fec, WZP_FEC_OURS);

    now = WZP_SEC;
    seq = 65500;
    ts = 0;
    views = 0;
}


static void
play(unsigned ms)
{
    int16_t  tick[CL_TICK_SAMPLES];

    for ( /* void */ ; ms > 0; ms -= 10) {
        (void) cl_stream_pull(sm, tick, now);
        now += 10 * WZP_MS;
    }
}


static void
put(wzp_packet_t *pk, bool lost)
{
    pk->seq = seq++;
    pk->timestamp = ts;
    pk->stream_id = sm->id;

    if (!lost) {
        cl_stream_views(pk, view, &views);
        cl_stream_put(sm, pk, now);
    }
}


static void
speak(size_t n)
{
    size_t         i;
    static size_t  at;

    for (i = 0; i < n; i++, at++) {
        pcm[i] = (int16_t) (6000 * sin(2 * PI * 150 * (double) at / 48000)
                            * sin(2 * PI * 3 * (double) at / 48000));
    }
}


static void
frame(bool lost)
{
    size_t        n, len;
    uint8_t       data[1275], out[WZP_PAYLOAD_SAFE];
    wzp_packet_t  pk;

    n = wzp_codec_info(plan.codec)->frame_ms * 48u;
    speak(n);

    memset(&pk, 0, sizeof(pk));
    len = cl_encoder_frame(en, pcm, n, data, sizeof(data));
    pk.codec = plan.codec;
    pk.payload.data = data;
    pk.payload.len = len;

    if (cl_codec_is_opus(plan.codec)) {
        pk.seq = seq;
        pk.timestamp = ts;
        pk.payload.len = cl_extra_wrap(&ex, &plan, &pk, out, sizeof(out));
        pk.payload.data = out;
        put(&pk, lost);
        pk.payload.data = data;
        pk.payload.len = len;
        cl_extra_sent(&ex, &pk);

    } else if (wzp_fec_tx_put(&fec, data, len, &pk) == WZP_OK) {
        put(&pk, lost);
    }

    ts += wzp_codec_info(plan.codec)->frame_ms;
    memset(&pk, 0, sizeof(pk));

    while (wzp_fec_tx_next(&fec, &pk)) {
        put(&pk, false);
    }

    play(wzp_codec_info(plan.codec)->frame_ms);
}


static void
test_copies(void)
{
    unsigned  i;

    start(WZP_CODEC_OPUS24K);
    plan.ncopies = 1;
    plan.offset[0] = 2;

    /* The delay follows what comes, so not the first ones. */

    for (i = 0; i < 400; i++) {
        frame(i > 5 && i % 5 == 0);
    }

    is_u64(wzp_account_missing(&sm->acc), 78, "so many packets were lost");
    ok(sm->st.concealed_copy >= 70, "nearly all came as copies (%u)",
       (unsigned) sm->st.concealed_copy);
    ok(sm->st.concealed_plc <= 8, "few were guessed (%u)",
       (unsigned) sm->st.concealed_plc);
    is_u64(sm->st.bad, 0, "and none was bad");
    is_u64(sm->acc.received, 400 - 78, "a copy is no packet");
}


/* Muted in the middle of a word, of which the end is lost. */

static void
test_close(void)
{
    unsigned      i;
    uint8_t       out[WZP_PAYLOAD_SAFE];
    wzp_packet_t  pk;

    start(WZP_CODEC_OPUS24K);
    plan.ncopies = 2;
    plan.offset[0] = 2;
    plan.offset[1] = 4;

    for (i = 0; i < 100; i++) {
        frame(i >= 99);
    }

    memset(&pk, 0, sizeof(pk));
    pk.codec = WZP_CODEC_COMFORT_NOISE;
    pk.seq = seq;
    pk.timestamp = ts;
    pk.payload.len = cl_extra_close(&ex, &plan, &pk, out, sizeof(out));
    pk.payload.data = out;
    put(&pk, false);
    play(1000);

    is_u64(sm->st.concealed_copy, 1, "the last word comes with the silence");
    is_u64(sm->st.concealed_plc, 0, "nothing is guessed");
    is_u64(sm->st.noise, 1, "and it is silent");
}


static void
test_views(void)
{
    start(WZP_CODEC_OPUS24K);
    cl_extra_view(&ex, 0xbeef, 0.2f, 3);
    frame(false);
    frame(false);

    is_u64(views, 1, "a view comes once");
    is_u64(view_about, 0xbeef, "about that stream");
    ok(fabsf(view_loss - 0.2f) < 0.01f && fabsf(view_burst - 3) < 0.1f,
       "loss %.2f in bursts of %.1f", (double) view_loss, (double) view_burst);
}


static void
test_codec2(wzp_codec_t codec, float ratio, unsigned lost_of_5)
{
    unsigned  i;

    start(codec);
    plan.fec_ratio = ratio;
    wzp_fec_tx_set(&fec, codec, ratio);

    for (i = 0; i < 400; i++) {
        frame(i > 20 && i % 5 < lost_of_5);
    }

    ok(sm->st.repair > 100, "%u repair packets",
       (unsigned) sm->st.repair);
    ok(sm->st.concealed_copy > 76 * lost_of_5 * 8 / 10,
       "%u frames were found by them", (unsigned) sm->st.concealed_copy);
    ok(sm->st.concealed_plc < 76 * lost_of_5 / 5, "%u were guessed",
       (unsigned) sm->st.concealed_plc);
    is_u64(sm->st.bad, 0, "none was bad");
}


static void
test_hostile(void)
{
    size_t        len;
    uint8_t       list[1100], out[1400];
    unsigned      i, k, fine;
    wzp_bytes_t   blocks;
    wzp_packet_t  pk;

    static uint32_t       r = 1;
    static const uint8_t  dtx[] = { 0x48, 0x01, 0x02, 0x03 };

    start(WZP_CODEC_OPUS24K);
    fine = 0;

    for (i = 0; i < 3000; i++) {
        memset(&pk, 0, sizeof(pk));
        blocks.data = list;
        blocks.len = 0;

        /* Lists of bytes that are half likely to be blocks. */

        while (blocks.len + 60 < sizeof(list)) {
            r = r * 1664525u + 1013904223u;
            k = r >> 26;

            list[blocks.len] = (uint8_t) (r >> 8);
            list[blocks.len + 1] = (uint8_t) (k & 0x30 ? k : 255);
            list[blocks.len + 2] = (uint8_t) (r >> 16);
            list[blocks.len + 3] = (uint8_t) (r & 0xff ? 0x48 : r >> 4);
            blocks.len += 2 + WZP_MIN(k, 58);
        }

        fine += wzp_opus_ext_wrap(dtx, sizeof(dtx), &blocks, out, sizeof(out),
                                  &len) == WZP_OK;

        pk.codec = i % 7 == 0 ? WZP_CODEC_COMFORT_NOISE : WZP_CODEC_OPUS24K;
        pk.repair = i % 11 == 0;
        pk.payload.data = out;
        pk.payload.len = len;
        put(&pk, i % 3 == 0);
        ts += 20;
        play(20);
    }

    is_u64(fine, 3000, "3000 packets of nonsense");
    ok(sm->acc.received == 2000, "are 2000 that came");
}


int
main(void)
{
    en = cl_encoder_create();

    test_copies();
    test_close();
    test_views();
    test_codec2(WZP_CODEC_CODEC2_3200, 0.5f, 1);
    test_codec2(WZP_CODEC_CODEC2_1200, 1.0f, 2);
    test_hostile();

    cl_stream_destroy(sm);
    cl_encoder_destroy(en);

    return done_testing();
}
