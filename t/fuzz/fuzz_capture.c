/*
 * A capture with any bytes in it: refused, or analyzed to the end, with sums
 * that add up and a page without anything of it that a browser would run.
 */

#include "../../client/analyze.c"
#include "../../client/analyze_html.c"
#include "../../client/analyze_sum.c"
#include "../../client/analyze_text.c"
#include "../../client/capture.c"
#include "../../client/grade.c"

#include "fuzz.h"


void
cl_say(const char *fmt, ...)
{
    (void) fmt;
}


void
cl_warn(const char *fmt, ...)
{
    (void) fmt;
}


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    (void) fmt;
    return status;
}


static cl_analyze_t     an;
static cl_capture_in_t  in;


static void
check(const cl_talker_t *tk)
{
    size_t     i;
    uint64_t   packets;
    cl_sum_t   su;

    cl_talker_sum(tk, &su);
    packets = 0;

    for (i = 0; i < WZP_CODEC_N; i++) {
        packets += tk->codec[i];
    }

    fuzz_check(su.expected == su.packets + su.missing);
    fuzz_check(su.healed <= su.missing);
    fuzz_check(packets <= an.packets && packets > 0);
    fuzz_check(tk->last_ns >= tk->first_ns && tk->last_ns <= an.now_ns);
    fuzz_check(su.loss_pct >= 0 && su.loss_pct <= 100);
    fuzz_check(su.jitter_ms >= 0 && su.jitter_ms <= CL_LEAP_MS);
    fuzz_check(su.kbps >= 0 && su.talk_s >= 0);
    fuzz_check(su.talk_max_s <= su.talk_s + 0.001);
}


static void
page(void)
{
    char        *text;
    FILE        *out;
    size_t       len;
    cl_scene_t   sc;

    sc.relay = in.relay;
    sc.room = in.room;
    sc.start = in.start;

    out = open_memstream(&text, &len);
    fuzz_check(out != NULL);
    fuzz_check(cl_analyze_html(&an, &sc, out));
    (void) fclose(out);

    fuzz_check(strstr(text, "<script") == NULL);
    fuzz_check(wzp_utf8_valid((const uint8_t *) text, len));
    free(text);
}


static void
analyze(FILE *file)
{
    bool           more;
    size_t         i;
    json_t        *ob;
    wzp_packet_t   pk;

    if (cl_capture_open(&in, file, "FILE") != CL_OK) {
        return;
    }

    while (cl_capture_next(&in, &more) == CL_OK && more) {

        if (wzp_packet_parse(&pk, in.data, in.len) == WZP_OK) {
            cl_analyze_put(&an, &pk, in.len, in.at_ns);
        }
    }

    for (i = 0; i < in.nnames; i++) {
        cl_analyze_name(&an, in.names[i].id, in.names[i].fp,
                        in.names[i].alias);
    }

    cl_analyze_finish(&an, in.at_ns);
    fuzz_check(an.npoints <= CL_POINTS_MAX);

    for (i = 0; i < an.n; i++) {
        check(an.talkers[i]);
    }

    cl_analyze_say_table(&an);
    cl_analyze_say(&an);

    ob = cl_analyze_json(&an);
    fuzz_check(json_object_size(ob) == 16);
    fuzz_check(json_array_size(json_object_get(ob, "streams")) == an.n);
    json_decref(ob);

    page();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE  *file;

    if (size == 0) {
        return 0;
    }

    cl_analyze_init(&an);

    file = fmemopen((void *) (uintptr_t) data, size, "r");
    fuzz_check(file != NULL);
    analyze(file);
    (void) fclose(file);

    cl_analyze_done(&an);

    return 0;
}
