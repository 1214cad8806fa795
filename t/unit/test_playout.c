/*
 * All streams together: from datagrams to mixed sound, through the real codec;
 * and whatever bytes a hostile peer may send.
 */

#include <math.h>

#include "tap.h"
#include "../../client/narrow.c"
#include "../../client/codec.c"
#include "../../client/stream.c"
#include "../../client/stream_red.c"
#include "../../client/playout.c"


#define TICK  (10 * WZP_MS)


static cl_playout_t  *po;
static uint64_t       now;
static int16_t        heard[61 * 48000];
static size_t         nheard;
static unsigned       talks;
static const char    *names[3][2];      /* fingerprint, alias by stream id   */


static bool
sink(void *ctx, const int16_t *pcm)
{
    (void) ctx;

    if (nheard + CL_TICK_SAMPLES <= WZP_ARRAY_LEN(heard)) {
        memcpy(heard + nheard, pcm, CL_TICK_SAMPLES * sizeof(int16_t));
        nheard += CL_TICK_SAMPLES;
    }

    return true;
}


static void
talk(void *ctx, const cl_stream_t *sm, bool talking)
{
    (void) ctx;
    (void) sm;
    talks += talking;
}


static void
who(void *ctx, cl_stream_t *sm)
{
    (void) ctx;

    if (sm->id < 3 && names[sm->id][0] != NULL) {
        (void) snprintf(sm->fp, sizeof(sm->fp), "%s", names[sm->id][0]);
        (void) snprintf(sm->alias, sizeof(sm->alias), "%s", names[sm->id][1]);
    }
}


static void
start(bool listen)
{
    cl_playout_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.sink = listen ? sink : NULL;
    conf.talk = talk;
    conf.who = who;

    cl_playout_destroy(po);
    po = cl_playout_create(&conf);
    now = WZP_SEC;
    nheard = 0;
    talks = 0;
    cl_playout_start(po, now);
}


static void
plan(cl_encoder_t *en, wzp_codec_t codec)
{
    wzp_plan_t  pl;

    memset(&pl, 0, sizeof(pl));
    pl.codec = codec;
    pl.bitrate_bps = wzp_codec_info(codec)->bitrate_bps;
    pl.loss_pct = 15;
    pl.dred_10ms = codec == WZP_CODEC_OPUS6K ? 104 : 20;
    cl_encoder_plan(en, &pl);
}


static void
play(unsigned ms)
{
    uint64_t  end;

    for (end = now + ms * WZP_MS; now < end; now += TICK) {
        (void) cl_playout_turn(po, now);
    }
}


static void
put(uint16_t id, uint16_t seq, uint32_t ts, wzp_codec_t codec,
    const uint8_t *data, size_t len)
{
    size_t        n;
    uint8_t       buf[2000];
    wzp_packet_t  pk;

    memset(&pk, 0, sizeof(pk));
    pk.codec = codec;
    pk.seq = seq;
    pk.timestamp = ts;
    pk.stream_id = id;
    pk.payload.data = data;
    pk.payload.len = len;

    if (wzp_packet_encode(&pk, buf, sizeof(buf), &n) == WZP_OK) {
        cl_playout_put(po, buf, n, now);
    }
}


typedef struct {
    cl_encoder_t  *en;
    double         hz;
    double         peak;
    uint32_t       at;                  /* samples */
    wzp_codec_t    codec;
    unsigned       ms;
} voice_t;


static size_t
voice(voice_t *vo, uint8_t *data)
{
    size_t   i, n;
    int16_t  pcm[1920];

    n = vo->ms * 48;

    for (i = 0; i < n; i++) {
        pcm[i] = (int16_t) (vo->peak
                            * sin(2 * 3.14159265358979 * vo->hz
                                  * (double) (vo->at + i) / 48000));
    }

    vo->at += (uint32_t) n;

    return cl_encoder_frame(vo->en, pcm, n, data, 1150);
}


/* Share of this frequency in the power of a stretch, 0 to 1. */

static double
share(double hz, size_t from, size_t to)
{
    double  re, im, p, all;
    size_t  i;

    re = 0;
    im = 0;
    all = 0;

    for (i = from; i < to; i++) {
        p = 2 * 3.14159265358979 * hz * (double) i / 48000;
        re += heard[i] * cos(p);
        im += heard[i] * sin(p);
        all += (double) heard[i] * heard[i];
    }

    return all > 0 ? 2 * (re * re + im * im) / ((double) (to - from) * all)
                   : 0;
}


static const cl_stream_t *
stream(uint16_t id)
{
    size_t  i;

    for (i = 0; i < cl_playout_count(po); i++) {
        if (cl_playout_stream(po, i)->id == id) {
            return cl_playout_stream(po, i);
        }
    }

    return NULL;
}


/* Two at once, 20 and 40 ms frames, one in ten lost. */

static void
test_two(void)
{
    unsigned     i;
    uint8_t      data[1150];
    size_t       len;
    voice_t      a, b;

    start(true);

    a.en = cl_encoder_create();
    a.hz = 500;
    a.peak = 8000;
    a.at = 0;
    a.codec = WZP_CODEC_OPUS24K;
    a.ms = 20;

    b = a;
    b.en = cl_encoder_create();
    b.hz = 800;
    b.codec = WZP_CODEC_OPUS6K;
    b.ms = 40;
    plan(a.en, a.codec);
    plan(b.en, b.codec);

    for (i = 0; i < 150; i++) {
        len = voice(&a, data);

        if (i % 10 != 7) {
            put(1, (uint16_t) i, i * 20, a.codec, data, len);
        }

        if (i % 2 == 0) {
            len = voice(&b, data);
            put(2, (uint16_t) (i / 2), i * 20, b.codec, data, len);
        }

        play(20);
    }

    is_u64(nheard, 3 * 48000, "real time");
    ok(share(500, 24000, 140000) > 0.3, "the first is heard (%.2f)",
       share(500, 24000, 140000));
    ok(share(800, 24000, 140000) > 0.25, "and the second (%.2f)",
       share(800, 24000, 140000));
    is_u64(talks, 2, "both are told to talk");

    is_u64(wzp_account_missing(&stream(1)->acc), 15, "15 of the first lost");
    is_u64(stream(1)->st.concealed_dred + stream(1)->st.concealed_plc, 15,
           "all were filled in");
    ok(stream(1)->st.concealed_dred >= 12, "by redundancy: %u",
       (unsigned) stream(1)->st.concealed_dred);
    is_u64(wzp_account_missing(&stream(2)->acc), 0, "none of the second");
    is_u64(stream(2)->st.concealed_plc, 0, "and nothing guessed");

    play(2000);
    ok(share(500, nheard - 48000, nheard) == 0, "silence when they stop");

    cl_encoder_destroy(a.en);
    cl_encoder_destroy(b.en);
}


static void
test_kinds(void)
{
    size_t    i;
    int       max;
    unsigned  k;
    uint8_t   level, codec2[8];

    start(true);
    level = 50;
    memset(codec2, 0x55, sizeof(codec2));

    put(1, 0, 0, WZP_CODEC_COMFORT_NOISE, &level, 1);
    is_u64(cl_playout_count(po), 0, "who has not spoken is nobody");

    put(1, 1, 0, WZP_CODEC_OPUS24K, (const uint8_t *) "\xf8\xff\xfe", 3);
    play(20);

    for (k = 0; k < 5; k++) {
        put(1, (uint16_t) (k + 2), 20 + k * 200, WZP_CODEC_COMFORT_NOISE,
            &level, 1);
        play(200);
    }

    max = 0;

    for (i = 12000; i < nheard; i++) {
        max = abs(heard[i]) > max ? abs(heard[i]) : max;
    }

    ok(max > 30 && max <= 50, "comfort noise is soft (%d)", max);
    ok(stream(1)->st.noise >= 4, "and counted");

    start(true);

    for (k = 0; k < 10; k++) {
        put(1, (uint16_t) k, k * 20, WZP_CODEC_CODEC2_3200, codec2, 8);
        play(20);
    }

    play(200);
    is_u64(stream(1)->st.bad, 0, "Codec2 is decoded");

    max = 0;

    for (i = 0; i < nheard; i++) {
        max = abs(heard[i]) > max ? abs(heard[i]) : max;
    }

    ok(max > 1000, "and can be heard (%d)", max);
}


static void
test_names(void)
{
    uint8_t  silence[3];

    memcpy(silence, "\xf8\xff\xfe", 3);
    names[1][0] = "aaaa";
    names[1][1] = "Ann";

    start(false);
    put(1, 0, 0, WZP_CODEC_OPUS24K, silence, 3);
    put(1, 1, 20, WZP_CODEC_OPUS24K, silence, 3);
    is_str(stream(1)->alias, "Ann", "a new stream gets its name");

    cl_playout_name(po, 1, "aaaa", "Anna");
    is_str(stream(1)->alias, "Anna", "which may change");

    names[1][0] = "bbbb";
    names[1][1] = "Bob";
    cl_playout_name(po, 1, "bbbb", "Bob");
    put(1, 0, 0, WZP_CODEC_OPUS24K, silence, 3);

    is_u64(cl_playout_count(po), 2, "the same id, another member");
    is_u64(cl_playout_stream(po, 0)->acc.unique, 2, "keeps the first account");
    is_u64(cl_playout_stream(po, 1)->acc.unique, 1, "and begins a second");
    is_u64(cl_playout_stream(po, 1)->acc.dup, 0, "where 0 is no repeat");
    is_str(cl_playout_stream(po, 1)->alias, "Bob", "by his name");
}


/* A sound card asks for sound; who is heard how loud. */

static void
test_volume(void)
{
    int                 i, peak[3];
    size_t              k;
    uint8_t             data[1150];
    int16_t             pcm[CL_TICK_SAMPLES];
    voice_t             a;
    cl_playout_conf_t   conf;
    const cl_stream_t  *sm;

    memset(&conf, 0, sizeof(conf));
    conf.who = who;
    conf.pull = true;
    names[1][0] = "0a1b:2c3d:0000:0000:0000:0000:0000:0000";
    names[1][1] = "Ann";

    cl_playout_destroy(po);
    po = cl_playout_create(&conf);
    now = WZP_SEC;
    cl_playout_tick(po, now, pcm);
    is_u64(cl_playout_turn(po, now), UINT64_MAX, "no clock of its own");
    cl_playout_start(po, now);
    is_u64(cl_playout_turn(po, now), UINT64_MAX, "when started neither");

    ok(cl_playout_volume(po, "ann", -20), "a wish for somebody to come");

    a.en = cl_encoder_create();
    a.hz = 500;
    a.peak = 8000;
    a.at = 0;
    memset(peak, 0, sizeof(peak));

    for (i = 0; i < 150; i++) {
        a.ms = 20;
        k = voice(&a, data);
        put(1, (uint16_t) i, (uint32_t) i * 20, WZP_CODEC_OPUS24K, data, k);

        if (i == 50) {
            sm = cl_playout_stream(po, 0);
            is_i64((int) (sm->volume_db * 10), -200, "is kept for her");
            ok(sm->level_db > -16 && sm->level_db < -10,
               "her level: %.1f dB", (double) sm->level_db);
            ok(cl_playout_volume(po, "0A1B2c", 6), "by fingerprint");
        }

        if (i == 100) {
            ok(cl_playout_mute(po, "0a1b:2", true), "muted");
        }

        for (k = 0; k < 2 * CL_TICK_SAMPLES; k++) {
            if (k % CL_TICK_SAMPLES == 0) {
                cl_playout_tick(po, now, pcm);
                now += TICK;
            }

            if (i % 50 > 25) {
                peak[i / 50] = WZP_MAX(peak[i / 50], pcm[k % CL_TICK_SAMPLES]);
            }
        }
    }

    ok(peak[0] > 600 && peak[0] < 1000, "a tenth as loud (%d)", peak[0]);
    ok(peak[1] > 14000 && peak[1] < 18000, "twice (%d)", peak[1]);
    is_u64((uint64_t) peak[2], 0, "not at all");

    cl_playout_adjust(po, 0, 100, false);
    sm = cl_playout_stream(po, 0);
    ok(sm->volume_db <= CL_VOLUME_DB && !sm->muted,
       "a stream by its place, within bounds");

    for (i = 0; i < CL_VOLUMES_MAX; i++) {
        (void) snprintf((char *) data, sizeof(data), "N%d", i);
        (void) cl_playout_volume(po, (char *) data, 1);
    }

    ok(!cl_playout_mute(po, "one more", true), "wishes are bounded");
    ok(cl_playout_mute(po, "N7", true), "old ones may change");
    cl_encoder_destroy(a.en);
}


/* A minute of a sender whose clock is `ppm` faster; a sound card that asks for
 * `ticks` at once. */

static void
test_drift(int ppm, unsigned ticks)
{
    size_t               i, len;
    unsigned             sent, k;
    int                  d, worst;
    double               first;
    uint8_t              data[1150];
    int16_t              pcm[CL_TICK_SAMPLES];
    uint64_t             due;
    voice_t              a;
    wzp_jitter_stats_t   st;

    cl_playout_conf_t    conf;

    memset(&conf, 0, sizeof(conf));
    conf.sink = sink;
    conf.pull = true;

    cl_playout_destroy(po);
    po = cl_playout_create(&conf);
    now = WZP_SEC;
    nheard = 0;
    cl_playout_start(po, now);

    a.en = cl_encoder_create();
    a.hz = 220;
    a.peak = 8000;
    a.at = 0;
    a.ms = 20;
    first = 0;

    for (sent = 0; now < 61 * WZP_SEC; now += ticks * TICK) {

        for (k = 0; k < ticks; k++) {
            cl_playout_tick(po, now, pcm);
        }

        for ( ;; ) {
            due = WZP_SEC + (uint64_t) (sent * 20e6 / (1 + ppm / 1e6));

            if (due > now) {
                break;
            }

            len = voice(&a, data);
            put(1, (uint16_t) sent, sent * 20, WZP_CODEC_OPUS24K, data, len);
            sent++;
        }

        if (first == 0 && now > 11 * WZP_SEC) {
            cl_stream_jitter(cl_playout_stream(po, 0), &st);
            first = st.waited_now_us / 1000.0;
        }
    }

    cl_stream_jitter(cl_playout_stream(po, 0), &st);
    worst = 0;

    for (i = 48000; i + 48000 < nheard; i++) {
        d = abs(heard[i + 1] - heard[i]);
        worst = WZP_MAX(worst, d);
    }

    ok(st.shortened + st.lengthened <= 4, "%d ppm, %u ticks at once: %u "
       "corrections", ppm, ticks, (unsigned) (st.shortened + st.lengthened));
    ok(st.waited_now_us < 40000 && first < 40, "no growing delay: %.1f ms, "
       "%.1f after 10 s", st.waited_now_us / 1000.0, first);
    ok(st.late + st.lost + st.dry <= (ticks > 1 ? 3 : 0),
       "nothing is missing");
    ok(worst < 8000 * 2 * 3.1416 * 220 / 48000 * 1.3, "nothing clicks (%d)",
       worst);
    cl_encoder_destroy(a.en);
}


/* 400 ms are lost in the middle of a loud tone on soft noise. */

static void
test_hole(void)
{
    int       d, worst, i;
    size_t    k, len, n;
    double    loud, soft;
    uint8_t   data[1150];
    int16_t   pcm[960];
    uint32_t  r;

    cl_encoder_t  *en;

    start(true);
    en = cl_encoder_create();
    cl_encoder_dtx(en, false);
    r = 5;

    for (i = 0; i < 200; i++) {

        for (k = 0; k < 960; k++) {
            r = r * 1664525u + 1013904223u;
            pcm[k] = (int16_t) ((int) (r >> 16) % 61 - 30
                                + (i % 50 < 25 ? 0 : (int) (8000
                                   * sin(2 * 3.1416 * 200 / 48000
                                         * (double) (i * 960 + (int) k)))));
        }

        len = cl_encoder_frame(en, pcm, 960, data, sizeof(data));

        if (i < 130 || i >= 150) {
            put(1, (uint16_t) i, (uint32_t) i * 20, WZP_CODEC_OPUS24K, data,
                len);
        }

        play(20);
    }

    worst = 0;

    for (n = 48000; n + 1 < nheard; n++) {
        d = abs(heard[n + 1] - heard[n]);
        worst = WZP_MAX(worst, d);
    }

    /* the hole begins at 2.6 s, and what is heard 40 ms later */

    loud = 0;
    soft = 0;

    for (n = 0; n < 4800; n++) {
        loud += (double) heard[2400 + 48 * 2540 + n - 4800]
                * heard[2400 + 48 * 2540 + n - 4800];
        soft += (double) heard[48 * 2840 + n] * heard[48 * 2840 + n];
    }

    loud = sqrt(loud / 4800);
    soft = sqrt(soft / 4800);

    ok(loud > 3000, "a tone (%.0f)", loud);
    ok(soft < 60, "fades away, to noise at most (%.1f)",
       soft);
    ok(worst < 1000, "and nothing clicks, when it comes back neither (%d)",
       worst);
    cl_encoder_destroy(en);
}


static void
test_many(void)
{
    unsigned  i, voices;
    uint8_t   silence[3];

    memcpy(silence, "\xf8\xff\xfe", 3);
    start(true);

    for (i = 1; i <= 400; i++) {
        put((uint16_t) i, 0, 0, WZP_CODEC_OPUS24K, silence, 3);
        now += WZP_MS;
    }

    is_u64(cl_playout_count(po), CL_STREAMS_MAX, "no more than fit");
    is_u64(cl_playout_evicted(po), 400 - CL_STREAMS_MAX, "the rest is told");
    ok(stream(400) != NULL && stream(1) == NULL, "the oldest have gone");

    voices = 0;

    for (i = 0; i < CL_STREAMS_MAX; i++) {
        voices += cl_playout_stream(po, i)->voice != NULL;
    }

    is_u64(voices, CL_VOICES_MAX, "and no more decoders than allowed");

    play(40000);
    voices = 0;

    for (i = 0; i < CL_STREAMS_MAX; i++) {
        voices += cl_playout_stream(po, i)->voice != NULL;
    }

    is_u64(voices, 0, "which go when nobody speaks for long");
}


/* Real packets with some bits turned, and pure noise. */

static void
test_hostile(void)
{
    unsigned   i, k;
    uint8_t    data[1500];
    size_t     len;
    voice_t    a;
    uint32_t   r;

    start(true);

    a.en = cl_encoder_create();
    a.hz = 500;
    a.peak = 8000;
    a.at = 0;
    a.codec = WZP_CODEC_OPUS24K;
    a.ms = 20;
    r = 4711;

    for (i = 0; i < 1500; i++) {
        len = voice(&a, data);

        for (k = 0; k < i % 7; k++) {
            r = r * 1664525u + 1013904223u;
            data[(r >> 8) % len] ^= (uint8_t) (1 << (r & 7));
        }

        r = r * 1664525u + 1013904223u;

        if (i % 11 == 3) {
            len = (r >> 8) % sizeof(data);
            memset(data, (int) r >> 24, len);
        }

        if (i % 13 != 5) {
            put((uint16_t) (1 + i % 3), (uint16_t) (i / 3), i / 3 * 20,
                (wzp_codec_t) (i % 17 == 2 ? r % WZP_CODEC_N : 0), data, len);
        }

        for (k = 0; k < 20; k++) {
            r = r * 1664525u + 1013904223u;
            data[k] = (uint8_t) (r >> 24);
        }

        cl_playout_put(po, data, (r >> 8) % 20, now);

        if (i % 3 == 2) {
            play(20);
        }
    }

    ok(nheard >= 480000, "ten seconds of rubbish are survived");
    ok(cl_playout_malformed(po) > 100, "what is no packet is counted");
    json_decref(cl_playout_report(po, true));
    cl_encoder_destroy(a.en);
}


int
main(void)
{
    test_two();
    test_kinds();
    test_names();
    test_volume();
    test_hole();
    test_drift(100, 1);
    test_drift(-100, 1);
    test_drift(100, 3);
    test_many();
    test_hostile();

    cl_playout_destroy(po);

    return done_testing();
}
