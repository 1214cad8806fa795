/*
 * The jitter buffer: what is played, concealed, dropped, and when.
 */

#include "tap.h"
#include "wzp/wzp_jitter.h"


static wzp_jitter_t      jb;
static wzp_jitter_out_t  out;
static uint64_t          now;           /* of the playout clock              */


static wzp_rc_t
put_full(unsigned seq, uint32_t ts, wzp_codec_t codec, uint16_t dur_ms,
    size_t len, uint64_t at_ms)
{
    uint8_t      data[WZP_JITTER_PAYLOAD];
    wzp_frame_t  fr;

    memset(data, (int) seq & 0xff, sizeof(data));
    memset(&fr, 0, sizeof(fr));

    fr.seq = (uint16_t) seq;
    fr.timestamp = ts;
    fr.codec = codec;
    fr.dur_ms = dur_ms;
    fr.data = data;
    fr.len = len;

    return wzp_jitter_put(&jb, &fr, at_ms * WZP_MS);
}


/* Frame number seq, of 20 ms, at its timestamp. */

static wzp_rc_t
put(unsigned seq, uint64_t at_ms)
{
    return put_full(seq, seq * 20, WZP_CODEC_OPUS24K, 20, 40, at_ms);
}


static void
start(void)
{
    wzp_jitter_init(&jb, NULL);
    now = 0;
}


/* What is played from now on; time goes by. */

static wzp_jitter_what_t
get(void)
{
    wzp_jitter_get(&jb, &out, now * WZP_MS);
    now += out.dur_ms;

    return out.what;
}


/* One letter per answer: frames as F, and so on; "S" stands for any silence in
 * a row. */

static const char *
story(unsigned n)
{
    char         c;
    size_t       len;
    static char  text[600];

    static const char  letters[] = "FLDNS";

    for (len = 0; n-- > 0 && len < sizeof(text) - 1; /* void */ ) {
        c = letters[get()];

        if (c != 'S' || len == 0 || text[len - 1] != 'S') {
            text[len++] = c;
        }
    }

    text[len] = '\0';

    return text;
}


static void
test_order(void)
{
    unsigned  i, bad;

    start();
    is_str(story(5), "S", "nothing at first");

    start();

    for (i = 0; i < 4; i++) {
        is_i64(put(i, i * 20), WZP_OK, "packet %u", i);
    }

    is_str(story(3), "S", "it waits for 30 ms");
    now = 60;
    bad = 0;

    for (i = 4; i < 100; i++) {
        bad += get() != WZP_JITTER_FRAME || out.frame.seq != i - 4
               || out.dur_ms != 20 || out.frame.len != 40
               || out.frame.data[0] != (uint8_t) (i - 4);
        bad += put(i, i * 20) != WZP_OK;
    }

    is_u64(bad, 0, "then plays one after the other");
    is_u64(jb.st.played, 96, "played");
    is_u64(jb.st.lost + jb.st.dry + jb.st.late + jb.st.dup, 0,
           "nothing else happened");
}


static void
test_reorder(void)
{
    start();

    (void) put(2, 0);
    (void) put(0, 5);
    (void) put(3, 10);
    (void) put(1, 15);
    is_i64(put(1, 16), WZP_EDUP, "twice");
    is_i64(put(3, 16), WZP_EDUP, "twice");

    now = 60;
    is_str(story(4), "FFFF", "order is made");
    is_i64(put(2, 200), WZP_EDUP, "played already");
    is_u64(jb.st.late, 0, "which is not late");
    is_u64(jb.st.dup, 3, "but once more");
}


/* Every packet may come up to 50 ms late, none is lost by that. */

static void
test_jitter50(void)
{
    unsigned  i, k, bad, r, next, heard;
    uint64_t  at[500];

    start();
    r = 99;
    bad = 0;
    heard = 0;

    for (i = 0; i < 500; i++) {
        r = r * 1664525u + 1013904223u;
        at[i] = i * 20 + (r >> 16) % 51;
    }

    for (next = 0; next < 10000; next += 10) {

        for (k = 0; k < 500; k++) {
            if (at[k] >= next && at[k] < next + 10) {
                bad += put(k, at[k]) != WZP_OK;
            }
        }

        if (now <= next) {
            (void) get();
            heard += out.what == WZP_JITTER_FRAME;
            bad += out.what == WZP_JITTER_LOST || out.what == WZP_JITTER_DRY;
        }
    }

    is_u64(bad, 0, "jitter of 50 ms: nothing late, nothing concealed");
    ok(heard > 490, "%u frames heard", heard);
    ok(jb.st.jitter_us > 5000 && jb.st.jitter_us < 50000,
       "jitter is measured: %u us", jb.st.jitter_us);
}


static void
test_loss(void)
{
    start();

    (void) put(0, 0);
    (void) put(1, 20);
    (void) put(4, 60);
    now = 60;

    is_str(story(2), "FF", "two are there");

    is_u64(get(), WZP_JITTER_LOST, "the third is not");
    is_u64(out.frame.seq, 4, "the fifth may help");
    is_u64(out.gap_ms, 40, "it starts 40 ms later");
    is_u64(out.frame.data[0], 4, "with its payload");

    is_i64(put(3, 100), WZP_OK, "the fourth comes in time");
    is_u64(get(), WZP_JITTER_FRAME, "and is played");
    is_u64(out.frame.seq, 3, "in its place");
    is_str(story(1), "F", "and the fifth");
    is_u64(jb.st.lost, 1, "one was lost");
    is_i64(put(2, 120), WZP_ELATE, "its packet comes too late");
}


/* Frames that came once more inside later packets. */

static wzp_rc_t
put_copy(unsigned seq, uint64_t at_ms)
{
    uint8_t      data[40];
    wzp_frame_t  fr;

    memset(data, (int) seq & 0xff, sizeof(data));
    memset(&fr, 0, sizeof(fr));

    fr.seq = (uint16_t) seq;
    fr.timestamp = seq * 20;
    fr.dur_ms = 20;
    fr.copy = true;
    fr.data = data;
    fr.len = sizeof(data);

    return wzp_jitter_put(&jb, &fr, at_ms * WZP_MS);
}


static void
test_copy(void)
{
    start();

    is_i64(put_copy(7, 0), WZP_ELATE, "a copy begins no stream");
    (void) put(10, 0);
    (void) put(11, 20);
    (void) put(13, 60);
    is_i64(put_copy(11, 60), WZP_EDUP, "a copy of what is there");
    is_i64(put_copy(12, 60), WZP_OK, "of what is not");
    now = 60;
    is_str(story(2), "FF", "two frames");
    is_u64(out.frame.copy, false, "which came themselves");
    is_str(story(2), "FF", "and two more");
    is_u64(jb.st.lost, 0, "with no hole");
    is_i64(put_copy(12, 100), WZP_EDUP, "played already");
    is_i64(put_copy(200, 100), WZP_ELATE, "from nowhere");
    is_i64(put(12, 100), WZP_EDUP, "the frame itself comes at last");
    is_u64(jb.st.late + jb.st.resets, 0, "which is late for nobody");
    is_u64(jb.st.dup, 1, "but twice");
}


static void
test_dry(void)
{
    start();

    (void) put(0, 0);
    (void) put(1, 20);
    now = 60;

    is_str(story(20), "FFDDDDDS", "concealed for 100 ms, then silence");
    is_u64(jb.st.dry, 5, "five frames");

    now = 800;
    is_i64(put(40, now), WZP_OK, "speech again");
    (void) put(41, now + 20);
    (void) put(42, now + 40);
    is_str(story(6), "SFFF", "waits again, and nothing is concealed");
    is_u64(jb.st.lost, 0, "an outage is not played");

    start();
    (void) put(0, 0);
    (void) put(1, 20);
    now = 60;
    is_str(story(4), "FFDD", "40 ms late");
    (void) put(2, now);
    (void) put(3, now);
    is_str(story(2), "FF", "it goes on where it was");
}


/* The delay should grow, and a frame is missing: it grows there. */

static void
test_wait(void)
{
    start();

    (void) put(0, 0);
    (void) put(1, 20);
    (void) put(3, 60);
    now = 30;
    is_str(story(2), "FF", "two, and then a hole");

    jb.delay.start_ms = 120;
    is_str(story(2), "DD", "is waited for");
    is_i64(put_copy(2, 100), WZP_OK, "until a copy comes");
    is_str(story(2), "FF", "nothing was lost");
    is_u64(jb.st.lost, 0, "nor counted as such");

    jb.delay.start_ms = 400;
    (void) put(5, 100);
    is_str(story(7), "DDDDDLF", "but only for so long");
}


static void
test_restart(void)
{
    unsigned  i;

    start();

    for (i = 1000; i < 1004; i++) {
        (void) put(i, (i - 1000) * 20);
    }

    now = 60;
    is_str(story(3), "FFF", "a talker");

    is_i64(put_full(3, 60, WZP_CODEC_OPUS24K, 20, 40, 90), WZP_OK,
           "far behind: a new sender");
    (void) put_full(4, 80, WZP_CODEC_OPUS24K, 20, 40, 95);
    is_u64(jb.st.resets, 1, "one reset");

    now = 150;
    is_u64(get(), WZP_JITTER_FRAME, "is played");
    is_u64(out.frame.seq, 3, "from its beginning");

    is_i64(put(940, 160), WZP_OK, "far ahead");
    ok(jb.count <= 2, "only that is kept");
}


static void
test_jump(void)
{
    unsigned  i, conceal;

    start();

    for (i = 0; i < 3; i++) {
        (void) put(i, i * 20);
    }

    now = 60;
    is_str(story(1), "F", "a talker");

    /* 60 numbers later: more than a second */

    (void) put(62, 70);
    (void) put(63, 72);

    conceal = 0;

    for (i = 0; i < 20; i++) {
        (void) get();
        conceal += out.what == WZP_JITTER_LOST;
    }

    is_u64(conceal, 0, "a hole of over a second is jumped");
    is_u64(jb.st.played, 5, "all that came was played");
}


static void
test_timestamps(void)
{
    int64_t   target;
    unsigned  i, silent;

    /* 200 ms of suppressed silence between 1 and 2 (PROTOCOL 6.3) */

    start();
    (void) put_full(0, 0, WZP_CODEC_OPUS24K, 20, 40, 0);
    (void) put_full(1, 20, WZP_CODEC_OPUS24K, 20, 40, 20);
    (void) put_full(2, 240, WZP_CODEC_OPUS24K, 20, 40, 240);
    now = 30;
    is_str(story(2), "FF", "before the pause");

    for (silent = 0; get() == WZP_JITTER_SILENCE; silent++) { /* void */ }

    is_u64(silent * WZP_JITTER_TICK_MS, 200, "the pause keeps its length");
    is_u64(out.frame.seq, 2, "and then the next");

    /* timestamps in samples (12.3 F28) */

    start();

    for (i = 0; i < 8; i++) {
        if (i != 5) {
            (void) put_full(i, i * 960, WZP_CODEC_OPUS24K, 20, 40, i * 5);
        }
    }

    now = 60;
    is_str(story(5), "FFFFF", "timestamps in samples");
    is_u64(get(), WZP_JITTER_LOST, "a hole there");
    is_u64(out.gap_ms, 20, "is 20 ms long");
    is_str(story(2), "FF", "and is over");

    /* a pause that is as long as a frame in samples */

    start();

    for (i = 0; i < 100; i++) {
        (void) put_full(i, i * 20, WZP_CODEC_OPUS24K, 20, 40,
                        i * 20 + i % 2 * 100);
    }

    target = wzp_delay_target(&jb.delay);
    ok(target > 80000, "a bad line: %" PRId64 " us", target);
    (void) put_full(100, 100 * 20 + 940, WZP_CODEC_OPUS24K, 20, 40, 2940);
    (void) put_full(101, 101 * 20 + 940, WZP_CODEC_OPUS24K, 20, 40, 2960);
    is_u64(jb.unit, 1, "a pause is a pause");
    is_i64(wzp_delay_target(&jb.delay), target, "and forgets nothing");

    for (i = 102; i < 105; i++) {
        (void) put_full(i, 2980 + (i - 101) * 960, WZP_CODEC_OPUS24K, 20, 40,
                        2960 + (i - 101) * 20);
    }

    is_u64(jb.unit, 48, "two in a row are samples");

    /* nonsense */

    start();

    for (i = 0; i < 5; i++) {
        (void) put_full(i, i * 0x3fffffff, WZP_CODEC_OPUS24K, 20, 40, i);
    }

    now = 60;
    is_str(story(5), "FFFFF", "wild timestamps do not keep frames back");

    /* the wrap of both counters */

    start();

    for (i = 0; i < 4; i++) {
        (void) put_full(65534 + i, 0xffffffecu + i * 20, WZP_CODEC_OPUS24K,
                        20, 40, i);
    }

    now = 60;
    is_str(story(4), "FFFF", "over the wrap");
    is_u64(jb.st.lost + jb.st.dry, 0, "without a hole");
}


static void
test_kinds(void)
{
    /* 40 ms frames */

    start();
    (void) put_full(0, 0, WZP_CODEC_OPUS6K, 40, 30, 0);
    (void) put_full(1, 40, WZP_CODEC_OPUS6K, 40, 30, 40);
    (void) put_full(3, 120, WZP_CODEC_OPUS6K, 40, 30, 55);
    now = 60;
    is_str(story(2), "FF", "40 ms frames");
    is_u64(out.dur_ms, 40, "are that long");
    is_u64(get(), WZP_JITTER_LOST, "one is lost");
    is_u64(out.dur_ms, 40, "as long");
    is_u64(out.gap_ms, 40, "and so far from the next");

    /* repair packets take a number, and no time */

    start();
    (void) put_full(0, 0, WZP_CODEC_CODEC2_3200, 20, 8, 0);
    (void) put_full(1, 20, WZP_CODEC_CODEC2_3200, 0, 0, 1);
    (void) put_full(2, 20, WZP_CODEC_CODEC2_3200, 0, 0, 2);
    (void) put_full(3, 20, WZP_CODEC_CODEC2_3200, 20, 8, 3);
    now = 60;
    is_str(story(2), "FF", "repair packets are passed over");
    is_u64(out.frame.seq, 3, "to the next frame");

    /* comfort noise goes on until the next is due */

    start();
    (void) put_full(0, 0, WZP_CODEC_OPUS24K, 20, 40, 0);
    (void) put_full(1, 20, WZP_CODEC_COMFORT_NOISE, 20, 0, 20);
    now = 60;
    is_str(story(2), "FF", "speech, then silence by name");
    is_str(story(3), "NNN", "it is filled with noise");
    (void) put_full(2, 220, WZP_CODEC_COMFORT_NOISE, 20, 0, 220);
    now = 280;
    is_str(story(1), "F", "until the next");
    is_str(story(60), "NNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNNS",
           "but not for ever");
}


static void
test_delay(void)
{
    unsigned  i;

    /* a burst after an outage: no half second of delay for ever */

    start();

    for (i = 0; i < 30; i++) {
        (void) put(i, 0);
    }

    now = 60;
    (void) get();
    ok(wzp_jitter_level(&jb) <= WZP_JITTER_START_MS, "cut to the depth: %u ms",
       wzp_jitter_level(&jb));
    ok(jb.st.skipped > 20, "%u skipped", (unsigned) jb.st.skipped);
    is_u64(out.what, WZP_JITTER_FRAME, "and plays on");

    /* frames of silence are left out to catch up */

    start();

    for (i = 0; i < 10; i++) {
        (void) put_full(i, i * 20, WZP_CODEC_OPUS24K, 20, 1, 0);
    }

    now = 60;

    while (get() == WZP_JITTER_FRAME) { /* void */ }

    ok(jb.st.skipped >= 2 && jb.st.skipped <= 6, "silence is shortened: %u",
       (unsigned) jb.st.skipped);
    is_u64(jb.st.lost, 0, "which is no loss");
}


static void
test_bounds(void)
{
    unsigned  i;

    start();
    is_i64(put_full(0, 0, WZP_CODEC_OPUS24K, 20, WZP_JITTER_PAYLOAD, 0),
           WZP_OK, "the longest payload");
    is_i64(put_full(1, 0, WZP_CODEC_OPUS24K, 20, WZP_JITTER_PAYLOAD + 1, 0),
           WZP_ETOOBIG, "one more");

    start();

    for (i = 0; i < 1000; i++) {
        (void) put_full(i * 7, i * 20, WZP_CODEC_OPUS24K, 20, 40, 0);
    }

    ok(jb.count <= WZP_JITTER_SLOTS, "never more than fit: %u", jb.count);

    /* 64 numbers apart, and half of all: they cannot be held together */

    start();
    (void) put(40, 0);
    (void) put(30, 0);
    (void) put(95, 0);
    is_u64(jb.count, 1, "65 numbers do not fit");

    start();
    (void) put(0x8000, 0);
    (void) put(0x8001, 0);
    (void) put(0, 0);
    is_u64(jb.count, 1, "nor half of them all");

    wzp_jitter_reset(&jb);
    is_u64(jb.count, 0, "reset empties it");
    is_str(story(3), "S", "and it is silent");
}


int
main(void)
{
    test_order();
    test_reorder();
    test_jitter50();
    test_loss();
    test_copy();
    test_dry();
    test_wait();
    test_restart();
    test_jump();
    test_timestamps();
    test_kinds();
    test_delay();
    test_bounds();

    return done_testing();
}
