/*
 * The analyzer: what accounts say of streams whose fate is known, pages and
 * lines made from them.
 */

#include <math.h>
#include <stdarg.h>
#include <unistd.h>

#include "said.h"
#include "tap.h"
#include "../../client/analyze.c"
#include "../../client/analyze_html.c"
#include "../../client/analyze_sum.c"
#include "../../client/analyze_text.c"
#include "../../client/grade.c"

#if !defined(__SANITIZE_ADDRESS__)
#include "oom.h"
#define WITH_OOM    1
#endif


#define FRAME       (20 * WZP_MS)
#define NAME        "<b>&\"Ann\" 'x'"


static cl_analyze_t  an;
static uint8_t       sound[80];
static wzp_packet_t  pk;
static uint64_t      now;


/* ---- what is said ---- */

void
cl_say(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    said_line(fmt, args);
    va_end(args);
}


/* ---- packets ---- */

static void
begin(uint16_t id)
{
    cl_analyze_done(&an);
    cl_analyze_init(&an);

    memset(&pk, 0, sizeof(pk));
    pk.stream_id = id;
    pk.payload.data = sound;
    pk.payload.len = sizeof(sound);
    sound[0] = 0x78;                            /* one frame of Opus */

    now = 0;
    said[0] = '\0';
}


static void
put(void)
{
    cl_analyze_put(&an, &pk, WZP_HEADER_SIZE + pk.payload.len, now);
}


/* The next frame, which comes when it should, or is lost. */

static void
frame(bool lost)
{
    if (!lost) {
        put();
    }

    pk.seq++;
    pk.timestamp += 20;
    now += FRAME;
}


static void
frames(size_t n)
{
    while (n-- > 0) {
        frame(false);
    }
}


static cl_sum_t
sum(void)
{
    cl_sum_t  su;

    cl_talker_sum(an.talkers[0], &su);

    return su;
}


/* ---- accounts ---- */

static void
test_plain(void)
{
    cl_sum_t            su;
    const cl_talker_t  *tk;

    begin(7);
    pk.seq = 65500;
    pk.timestamp = 0xffffff00;
    frames(500);
    cl_analyze_finish(&an, now);

    tk = an.talkers[0];
    su = sum();

    is_u64(an.n, 1, "one stream");
    is_u64(su.packets, 500, "all packets");
    is_u64(su.missing, 0, "none lost, over the wrap of the numbers");
    ok(fabs(su.kbps - 36.8) < 0.01, "bit rate %.2f", su.kbps);
    ok(su.jitter_ms == 0 && tk->jitter_max_ms == 0, "no jitter");
    is_u64(tk->gaps[5], 499, "20 ms between all");
    is_u64(tk->spurts, 1, "one spurt");
    ok(fabs(su.talk_s - 10) < 0.001, "of %.3f s", su.talk_s);
    is_u64(tk->skips + tk->odd + tk->cuts + tk->stalls, 0, "nothing odd");
    is_u64(an.npoints, 11, "a point each second");
    is_u64(tk->points[0].expected, 50, "which says how it stood");
    ok(su.judged && su.grade == CL_EXCELLENT, "%s: %s", cl_sum_verdict(&su),
       su.why);
    ok(fabs(tk->kbps - 36.8) < 0.8, "and of late %.2f", tk->kbps);
}


static void
test_losses(void)
{
    size_t              i;
    cl_sum_t            su;
    const cl_talker_t  *tk;

    /* Three holes of one, one of two, one of seven, at known places. */

    static const uint16_t  lost[] = {
        50, 90, 91, 130, 200, 300, 301, 302, 303, 304, 305, 306
    };

    begin(7);

    for (i = 0; i < 500; i++) {
        frame(pk.seq == lost[0] || pk.seq == lost[1] || pk.seq == lost[2]
              || pk.seq == lost[3] || pk.seq == lost[4]
              || (pk.seq >= lost[5] && pk.seq <= lost[11]));
    }

    cl_analyze_finish(&an, now);

    tk = an.talkers[0];
    su = sum();

    is_u64(su.missing, 12, "twelve lost");
    ok(fabs(su.loss_pct - 2.4) < 1e-9, "%.2f %%", su.loss_pct);
    is_u64(tk->holes[0], 3, "three holes of one");
    is_u64(tk->holes[1], 1, "one of two");
    is_u64(tk->holes[5], 1, "one of seven");
    is_u64(tk->longest, 7, "the longest");
    ok(fabs(su.burst - 12.0 / 5) < 1e-9, "mean %.2f", su.burst);
    is_u64(tk->cuts, 1, "one that is heard as a break");
    ok(su.grade == CL_FAIR, "%s: %s", cl_sum_verdict(&su), su.why);
    ok(strstr(su.why, "2.4 % of the packets are lost") != NULL, "and why");
    is_u64(su.healed, 0, "no copies");
    is_u64(tk->spurts, 1, "and still one spurt");
}


/* The next frame with a copy of the one `back` before it. */

static void
copying(unsigned back, bool lost)
{
    size_t       len;
    uint8_t      list[128], wrapped[512];
    wzp_bytes_t  was, blocks;
    wzp_block_t  bl;

    memset(&bl, 0, sizeof(bl));
    bl.type = WZP_BLOCK_COPY;
    bl.u.copy.back = (uint8_t) back;
    bl.u.copy.ago_10ms = (uint8_t) (2 * back);
    bl.u.copy.packet.data = sound;
    bl.u.copy.packet.len = sizeof(sound);

    was = pk.payload;

    if (wzp_block_write(&bl, list, sizeof(list), &len) != WZP_OK) {
        fail("a block");
        return;
    }

    blocks.data = list;
    blocks.len = len;

    if (wzp_opus_ext_wrap(sound, sizeof(sound), &blocks, wrapped,
                          sizeof(wrapped), &len) != WZP_OK)
    {
        fail("a packet");
        return;
    }

    pk.payload.data = wrapped;
    pk.payload.len = len;
    frame(lost);
    pk.payload = was;
}


static void
test_copies(void)
{
    size_t    i;
    cl_sum_t  su;

    begin(7);

    for (i = 0; i < 400; i++) {
        copying(3, i % 20 == 10 || (i >= 200 && i < 205));
    }

    cl_analyze_finish(&an, now);
    su = sum();

    is_u64(an.talkers[0]->copies, su.packets, "a copy in each packet");
    is_u64(su.missing, 25, "lost, and a hole of five");

    /* 200 .. 204: copies of 200 and 201 are lost with 203 and 204. */

    is_u64(su.healed, 23, "of which copies came");
    ok(fabs(su.left_pct - 0.5) < 1e-9, "but for %.2f %%", su.left_pct);
}


static void
test_order(void)
{
    const cl_talker_t  *tk;

    begin(7);
    frames(10);
    put();
    now += WZP_MS;
    pk.seq = 3;
    put();                                      /* twice */
    is_u64(an.talkers[0]->acc.dup, 1, "one twice");

    pk.seq = 12;
    put();
    pk.seq = 11;
    put();
    is_u64(an.talkers[0]->acc.reordered, 1, "one late");

    pk.seq = 30000;
    pk.timestamp = 5;
    frames(300);
    cl_analyze_finish(&an, now);

    tk = an.talkers[0];
    is_u64(tk->acc.restarts, 1, "another beginning");
    is_u64(wzp_account_missing(&tk->acc), 0, "which loses nothing");
    is_u64(tk->longest, 0, "and leaves no hole");
    is_u64(tk->stalls, 0, "and no stall");
}


static void
test_jitter(void)
{
    size_t    i;
    double    want;
    cl_sum_t  su;

    begin(7);
    want = 0;

    for (i = 0; i < 200; i++) {
        now = i * FRAME + (i % 2) * 8 * WZP_MS;
        put();
        pk.seq++;
        pk.timestamp += 20;
        want += i > 0 ? (8 - want) / 16 : 0;
    }

    ok(fabs(an.talkers[0]->jitter_ms - want) < 1e-6, "RFC 3550: %.4f",
       an.talkers[0]->jitter_ms);
    ok(fabs(want - 8) < 0.01, "which is 8 ms");

    /* Half a second in which nothing comes, and then everything. */

    now += 500 * WZP_MS;
    put();
    cl_analyze_finish(&an, now);
    su = sum();

    is_u64(an.talkers[0]->stalls, 1, "a stall");
    is_u64(su.missing, 0, "is no loss");
    ok(su.grade == CL_GOOD, "%s: %s", cl_sum_verdict(&su), su.why);
    is_u64(an.talkers[0]->gaps[CL_GAP_BINS - 2], 1, "508 ms between two");
}


static void
test_timestamps(void)
{
    size_t              i;
    const cl_talker_t  *tk;

    /* A second of speech, two of silence, a second of speech. */

    begin(7);
    frames(50);
    pk.timestamp += 2000;
    now += 2 * WZP_SEC;
    frames(50);

    tk = an.talkers[0];
    is_u64(tk->skips, 1, "a leap");
    is_u64(tk->skipped_ms, 2000, "over the silence");
    is_u64(tk->spurts, 2, "between two spurts");
    is_u64(tk->stalls, 0, "and no stall");
    ok(tk->jitter_ms < 1e-9, "nor jitter");

    pk.timestamp -= 60;
    put();
    is_u64(tk->odd, 1, "one goes back");

    /* An old client counts samples. */

    begin(7);

    for (i = 0; i < 100; i++) {
        put();
        pk.seq++;
        pk.timestamp += 960;
        now += FRAME;
    }

    tk = an.talkers[0];
    is_u64(tk->unit, 48, "samples are seen to be such");
    ok(tk->jitter_max_ms < 60, "and are no jitter");
    is_u64(tk->odd + tk->skips, 0, "nor odd");
}


static void
test_kinds(void)
{
    size_t              i;
    const cl_talker_t  *tk;

    begin(7);
    pk.codec = WZP_CODEC_CODEC2_3200;
    pk.payload.len = 8;

    for (i = 0; i < 10; i++) {
        frames(5);
        pk.repair = true;
        put();
        pk.repair = false;
        pk.seq++;
    }

    /* Silence: comfort noise each 200 ms, one frame ahead. */

    pk.codec = WZP_CODEC_COMFORT_NOISE;
    pk.payload.len = 1;

    for (i = 0; i < 10; i++) {
        now += 200 * WZP_MS;
        pk.timestamp += 200;
        put();
        pk.seq++;
    }

    pk.codec = WZP_CODEC_OPUS24K;
    pk.has_report = true;
    pk.report.loss = 51;
    pk.report.rtt_4ms = 10;
    pk.report.jitter_ms = 7;
    pk.payload.len = 2;                         /* no sound */
    put();

    tk = an.talkers[0];
    is_u64(tk->repair, 10, "repair packets");
    is_u64(tk->codec[WZP_CODEC_CODEC2_3200], 60, "codecs");
    is_u64(tk->codec[WZP_CODEC_COMFORT_NOISE], 10, "comfort noise");
    is_str(cl_talker_codec(tk), "Codec2_3200", "the one of most");
    is_u64(tk->spurts, 1, "silence is no talk");
    is_u64(tk->odd, 0, "nothing odd about it");
    is_u64(tk->reports, 1, "a quality report");
    is_u64(tk->report_max.loss, 51, "20 %%");
    is_u64(tk->report_max.rtt_4ms, 10, "40 ms");
}


/* ---- whose packets ---- */

static void
test_names(void)
{
    size_t  i;
    char    name[CL_TALKER_NAME];

    begin(7);
    frames(3);
    cl_talker_name(an.talkers[0], name);
    is_str(name, "stream 7", "nobody knows who it is");

    cl_analyze_name(&an, 7, "aaaa:bbbb:cccc:dddd:eeee:ffff:0000:1111", "");
    cl_talker_name(an.talkers[0], name);
    is_str(name, "aaaa:bbbb...", "a fingerprint");

    cl_analyze_name(&an, 7, an.talkers[0]->fp, "Ann");
    cl_talker_name(an.talkers[0], name);
    is_str(name, "Ann", "a name");

    cl_analyze_name(&an, 7, "2222", "Bob");
    frames(3);
    cl_analyze_name(&an, 7, "2222", "Bob");
    is_u64(an.n, 2, "the id is somebody else's: another account");
    is_str(an.talkers[0]->alias, "Ann", "the old one stays hers");
    is_str(an.talkers[1]->alias, "Bob", "the new one is his");
    cl_analyze_name(&an, 9, "3333", "Zoe");
    is_u64(an.n, 2, "who says nothing has none");

    /* Without ids: by numbers. */

    begin(0);

    for (i = 0; i < 60; i++) {
        pk.seq = (uint16_t) (100 + i);
        put();
        pk.seq = (uint16_t) (40000 + i);
        put();
        now += FRAME;
    }

    is_u64(an.n, 2, "two senders");
    is_u64(an.talkers[0]->acc.unique, 60, "each with its packets");
    cl_talker_name(an.talkers[1], name);
    is_str(name, "somebody", "whoever it is");
}


static void
test_many(void)
{
    unsigned  i;

    begin(1);

    for (i = 1; i <= 300; i++) {
        pk.stream_id = (uint16_t) i;
        put();
    }

    is_u64(an.n, CL_TALKERS_MAX, "not without end");
    is_u64(an.untracked, 300 - CL_TALKERS_MAX, "the others are counted");
}


static void
test_long(void)
{
    size_t              i;
    const cl_talker_t  *tk;

    begin(7);

    /* Two hours, a packet each second. */

    for (i = 0; i < 7200; i++) {
        put();
        pk.seq++;
        pk.timestamp += 1000;
        now += WZP_SEC;
    }

    cl_analyze_finish(&an, now);
    tk = an.talkers[0];

    is_u64(an.step_ns / WZP_SEC, 16, "points 16 s apart");
    is_u64(an.npoints, 451, "all of the time");
    is_u64(tk->points[an.npoints - 1].expected, 7200, "the last one is now");
    is_u64(tk->points[0].expected, 16, "the first one was then");
    is_u64(tk->points[1].bytes, 32 * 92, "sums all along");

    now += 31 * 86400 * WZP_SEC;
    put();
    ok(an.npoints <= CL_POINTS_MAX, "a month later: %zu points", an.npoints);
}


static void
test_verdict(void)
{
    cl_sum_t  su;

    begin(7);
    frames(10);
    su = sum();
    ok(!su.judged, "ten packets: %s", su.why);
    is_str(cl_sum_verdict(&su), "-", "no verdict");
    cl_analyze_sum(&an, &su);
    ok(!su.judged, "nor one of all");

    frames(500);
    pk.stream_id = 8;

    while (pk.seq < 1000) {
        frame(pk.seq % 5 == 0);
    }

    cl_analyze_name(&an, 8, "1234", "Bob");
    cl_analyze_finish(&an, now);
    cl_analyze_sum(&an, &su);

    ok(su.judged && su.grade == CL_POOR, "the worst counts: %s", su.why);
    ok(strstr(su.why, "Bob: ") == su.why, "and is named");
    is_u64(su.packets, an.packets, "all packets");
}


/* ---- said and written ---- */

static size_t
times(const char *text, const char *what)
{
    size_t  n;

    for (n = 0; (text = strstr(text, what)) != NULL; n++) {
        text += strlen(what);
    }

    return n;
}


static void
test_text(void)
{
    char      row[CL_ROW_MAX], label[24];
    size_t    i;
    json_t   *ob, *streams;

    begin(7);

    for (i = 0; i < 300; i++) {
        frame(i == 100 || i == 101);
    }

    cl_analyze_name(&an, 7, "1234:5678", "Zo\xc3\xab with a very long name");
    cl_analyze_finish(&an, now);

    cl_analyze_say_table(&an);
    ok(strstr(said, "    7  Zo\xc3\xab with a ver      298   36.8   0.67")
       != NULL, "a row, cut at the right place");
    ok(strlen(cl_talker_head) <= 80, "80 columns are enough for the heading");
    cl_talker_row(an.talkers[0], row);
    ok(strlen(row) + 22 <= 80, "and for a row: %zu", strlen(row) + 22);

    said[0] = '\0';
    cl_analyze_say(&an);
    ok(strstr(said, "stream 7, Zo\xc3\xab with a very long name (1234:5678)")
       != NULL, "whose stream");
    ok(strstr(said, "lost 2 of 300 (0.67 %), 0 of them came as copies")
       != NULL, "losses");
    ok(strstr(said, "holes: mean 2.0 packets, longest 2 (2: 1)") != NULL,
       "holes");
    ok(strstr(said, "between arrivals: 18-22 ms: 296, 60-100 ms: 1")
       != NULL, "arrivals");
    ok(strstr(said, "verdict: GOOD: ") != NULL, "verdict");

    ob = cl_analyze_json(&an);
    streams = json_object_get(ob, "streams");
    is_u64(json_object_size(ob), 16, "all in JSON");
    is_u64(json_array_size(streams), 1, "one stream");
    is_u64(json_object_size(json_array_get(streams, 0)), 40,
           "with all of its numbers");
    is_u64(json_integer_value(json_object_get(json_object_get(
               json_array_get(streams, 0), "holes"), "2")), 1, "and holes");
    json_decref(ob);

    cl_gap_label(CL_GAP_BINS - 1, label);
    is_str(label, "over 1000 ms", "the last bin");
    cl_hole_label(CL_HOLE_BINS - 1, label);
    is_str(label, "over 20", "of holes");
    cl_hole_label(4, label);
    is_str(label, "5-6", "one in between");
}


static void
test_page(void)
{
    char        *page;
    FILE        *out;
    size_t       len;
    cl_scene_t   sc;

    begin(7);
    frames(200);
    frame(true);
    frames(200);
    cl_analyze_name(&an, 7, "1234", NAME);
    cl_analyze_finish(&an, now - 10 * WZP_MS);

    sc.relay = "<relay>";
    sc.room = "\"room\xff\x07\"&";
    sc.start = "</title><script>";

    out = open_memstream(&page, &len);
    ok(out != NULL && cl_analyze_html(&an, &sc, out), "a page");
    (void) fclose(out);

    is_u64(times(page, "<script"), 0, "nothing of it runs");
    is_u64(times(page, "<b>"), 0, "names are no markup");
    is_u64(times(page, "&lt;b&gt;&amp;&quot;Ann&quot; &#39;x&#39;"), 2,
           "but text");
    is_u64(times(page, "&quot;room&quot;&amp;"), 2,
           "and so is the room, without what cannot be shown");
    is_u64(times(page, "<polyline"), CL_CURVES, "curves");
    is_u64(times(page, "nan") + times(page, "inf"), 0, "of numbers");
    is_u64(times(page, "0-1 ms"), 0, "no empty bins");
    free(page);

    /* Of nothing at all. */

    begin(7);
    cl_analyze_finish(&an, 0);
    out = open_memstream(&page, &len);
    ok(out != NULL && cl_analyze_html(&an, &sc, out), "a page of nothing");
    (void) fclose(out);
    ok(strstr(page, "too little to judge") != NULL, "which says so");
    free(page);

    out = fopen("/dev/full", "w");

    if (out != NULL) {
        ok(!cl_analyze_html(&an, &sc, out), "a full disk is noticed");
        (void) fclose(out);
    }
}


/* ---- memory ---- */

static void
test_memory(void)
{
#ifdef WITH_OOM
    long  before;

    begin(7);
    before = live;

    testing = true;
    count = 0;
    fail_at = 1;
    frames(1);
    testing = false;

    is_u64(an.n, 0, "no memory for a stream");
    is_u64(an.untracked, 1, "its packet is counted");
    frames(1);
    is_u64(an.n, 1, "later there is some");
    cl_analyze_done(&an);
    is_i64(live - before, 0, "and all is given back");
#else
    skip("needs malloc of its own");
#endif
}


int
main(void)
{
    test_plain();
    test_losses();
    test_copies();
    test_order();
    test_jitter();
    test_timestamps();
    test_kinds();
    test_names();
    test_many();
    test_long();
    test_verdict();
    test_text();
    test_page();
    test_memory();

    cl_analyze_done(&an);

    return done_testing();
}
