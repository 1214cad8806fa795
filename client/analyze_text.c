/*
 * What is said about streams: a table that goes on, everything at the end, and
 * both as JSON.  See analyze.h.
 */

#include "analyze.h"
#include "say.h"


#define CL_ULL(v)       ((unsigned long long) (v))
#define CL_INT(v)       ((json_int_t) (v))


const char  cl_talker_head[] =
    "   id  who             packets   kb/s  loss%  now%  hole jitter codec"
    "    verdict";


void
cl_talker_row(const cl_talker_t *tk, char row[CL_ROW_MAX])
{
    cl_sum_t  su;

    cl_talker_sum(tk, &su);

    (void) snprintf(row, CL_ROW_MAX, "%8llu %6.1f %6.2f %5.1f %5.1f %6.1f "
                    "%-8.8s %s", CL_ULL(su.packets), tk->kbps, su.loss_pct,
                    100 * (double) wzp_loss_share(&tk->loss), su.burst,
                    tk->jitter_ms, cl_talker_codec(tk), cl_sum_verdict(&su));
}


/* A name in so many columns, if every character takes one. */

static void
cl_talker_column(const cl_talker_t *tk, char text[CL_TALKER_NAME + 16])
{
    char    name[CL_TALKER_NAME];
    size_t  i, columns;

    cl_talker_name(tk, name);
    columns = 0;

    for (i = 0; name[i] != '\0'; i++) {

        if (((unsigned char) name[i] & 0xc0) == 0x80) {
            continue;
        }

        if (columns == CL_ROW_NAME) {
            name[i] = '\0';
            break;
        }

        columns++;
    }

    (void) snprintf(text, CL_TALKER_NAME + 16, "%s%*s", name,
                    (int) (CL_ROW_NAME - columns), "");
}


void
cl_analyze_say_table(const cl_analyze_t *an)
{
    char    row[CL_ROW_MAX], name[CL_TALKER_NAME + 16];
    size_t  i;

    cl_say("%.0f s, %llu packets, %zu stream%s", (double) an->now_ns / 1e9,
           CL_ULL(an->packets), an->n, an->n == 1 ? "" : "s");

    if (an->n > 0) {
        cl_say("%s", cl_talker_head);
    }

    for (i = 0; i < an->n; i++) {
        cl_talker_row(an->talkers[i], row);
        cl_talker_column(an->talkers[i], name);
        cl_say("%5u  %s %s", an->talkers[i]->id, name, row);
    }
}


/* ---- everything, for people ---- */

/* "label count, label count": of those bins in which there is something. */

static void
cl_bins_text(char *text, size_t size, const uint64_t *bins, size_t n,
    void (*label)(size_t bin, char text[24]))
{
    int     len;
    char    name[24];
    size_t  i, at;

    at = 0;
    text[0] = '\0';

    for (i = 0; i < n && at < size; i++) {

        if (bins[i] == 0) {
            continue;
        }

        label(i, name);
        len = snprintf(text + at, size - at, "%s%s: %llu", at > 0 ? ", " : "",
                       name, CL_ULL(bins[i]));
        at += (size_t) len;
    }
}


static void
cl_codecs_text(char *text, size_t size, const cl_talker_t *tk)
{
    int       len;
    size_t    i, at;
    uint64_t  all;

    all = 0;
    at = 0;

    for (i = 0; i < WZP_CODEC_N; i++) {
        all += tk->codec[i];
    }

    for (i = 0; i < WZP_CODEC_N && at < size; i++) {

        if (tk->codec[i] == 0) {
            continue;
        }

        len = snprintf(text + at, size - at, "%s%s %.1f %%",
                       at > 0 ? ", " : "", wzp_codec_info((unsigned) i)->name,
                       (double) tk->codec[i] * 100 / (double) all);
        at += (size_t) len;
    }
}


static void
cl_talker_say_losses(const cl_talker_t *tk, const cl_sum_t *su)
{
    char  bins[256];

    cl_say("  lost %llu of %llu (%.2f %%), %llu of them came as copies; %llu "
           "twice, %llu out of order, %llu restarts",
           CL_ULL(su->missing), CL_ULL(su->expected), su->loss_pct,
           CL_ULL(su->healed), CL_ULL(tk->acc.dup), CL_ULL(tk->acc.reordered),
           CL_ULL(tk->acc.restarts));

    if (tk->longest > 0) {
        cl_bins_text(bins, sizeof(bins), tk->holes, CL_HOLE_BINS,
                     cl_hole_label);
        cl_say("  holes: mean %.1f packets, longest %llu (%s)", su->burst,
               CL_ULL(tk->longest), bins);
    }
}


static void
cl_talker_say_more(const cl_talker_t *tk, const cl_sum_t *su)
{
    if (tk->repair + tk->copies + tk->views > 0) {
        cl_say("  redundancy: %llu repair packets, %llu copies; %llu views of "
               "others", CL_ULL(tk->repair), CL_ULL(tk->copies),
               CL_ULL(tk->views));
    }

    if (tk->reports > 0) {
        cl_say("  quality reports: %llu, loss %.1f %% (at most %.1f), round "
               "trip %u ms (%u), jitter %u ms (%u)", CL_ULL(tk->reports),
               (double) tk->report_loss / (double) tk->reports * 100 / 255,
               tk->report_max.loss * 100 / 255.0, tk->report.rtt_4ms * 4u,
               tk->report_max.rtt_4ms * 4u, tk->report.jitter_ms,
               tk->report_max.jitter_ms);
    }

    cl_say("  verdict: %s: %s", cl_sum_verdict(su), su->why);
}


static void
cl_talker_say(const cl_talker_t *tk)
{
    char      name[CL_TALKER_NAME], text[512];
    cl_sum_t  su;

    cl_talker_sum(tk, &su);
    cl_talker_name(tk, name);

    cl_say("\nstream %u, %s%s%s%s", tk->id, name, tk->fp[0] ? " (" : "",
           tk->fp, tk->fp[0] ? ")" : "");

    cl_codecs_text(text, sizeof(text), tk);
    cl_say("  %llu packets in %.1f s, %.1f kb/s: %s", CL_ULL(su.packets),
           su.seconds, su.kbps, text);

    cl_talker_say_losses(tk, &su);

    cl_say("  jitter: mean %.1f ms, highest %.1f; stalls: %llu, long holes: "
           "%llu", su.jitter_ms, tk->jitter_max_ms, CL_ULL(tk->stalls),
           CL_ULL(tk->cuts));

    cl_bins_text(text, sizeof(text), tk->gaps, CL_GAP_BINS, cl_gap_label);

    if (text[0] != '\0') {
        cl_say("  between arrivals: %s", text);
    }

    cl_say("  talk: %.1f s in %llu spurts, longest %.1f s; timestamps: %llu "
           "leaps over %.1f s, %llu odd", su.talk_s, CL_ULL(tk->spurts),
           su.talk_max_s, CL_ULL(tk->skips), (double) tk->skipped_ms / 1000,
           CL_ULL(tk->odd));

    cl_talker_say_more(tk, &su);
}


void
cl_analyze_say(const cl_analyze_t *an)
{
    size_t    i;
    cl_sum_t  su;

    for (i = 0; i < an->n; i++) {
        cl_talker_say(an->talkers[i]);
    }

    cl_analyze_sum(an, &su);

    cl_say("\nall: %zu streams, %llu packets in %.1f s, %.1f kb/s, %.2f %% "
           "lost; %llu were no packets, %llu of streams that are too many\n"
           "verdict: %s: %s", an->n, CL_ULL(an->packets), su.seconds, su.kbps,
           su.loss_pct, CL_ULL(an->malformed), CL_ULL(an->untracked),
           cl_sum_verdict(&su), su.why);
}


/* ---- everything, for programs ---- */

static json_t *
cl_bins_json(const uint64_t *bins, size_t n,
    void (*label)(size_t bin, char text[24]))
{
    char     name[24];
    size_t   i;
    json_t  *ob;

    ob = json_object();

    for (i = 0; i < n && ob != NULL; i++) {
        label(i, name);
        (void) json_object_set_new(ob, name, json_integer(CL_INT(bins[i])));
    }

    return ob;
}


static json_t *
cl_codecs_json(const cl_talker_t *tk)
{
    size_t   i;
    json_t  *ob;

    ob = json_object();

    for (i = 0; i < WZP_CODEC_N && ob != NULL; i++) {
        if (tk->codec[i] > 0) {
            (void) json_object_set_new(ob,
                                       wzp_codec_info((unsigned) i)->name,
                                       json_integer(CL_INT(tk->codec[i])));
        }
    }

    return ob;
}


/* Takes more (may be NULL). */

static void
cl_json_add(json_t *ob, json_t *more)
{
    if (ob != NULL && more != NULL) {
        (void) json_object_update(ob, more);
    }

    json_decref(more);
}


static json_t *
cl_sum_json(const cl_sum_t *su)
{
    return json_pack("{s:I, s:f, s:f, s:I, s:I, s:I, s:f, s:f, s:f, s:s, "
                     "s:s}",
                     "packets", CL_INT(su->packets),
                     "seconds", su->seconds,
                     "kbps", su->kbps,
                     "expected", CL_INT(su->expected),
                     "lost", CL_INT(su->missing),
                     "healed", CL_INT(su->healed),
                     "loss_pct", su->loss_pct,
                     "left_pct", su->left_pct,
                     "talk_s", su->talk_s,
                     "verdict", cl_sum_verdict(su),
                     "reason", su->why);
}


static json_t *
cl_reports_json(const cl_talker_t *tk)
{
    return json_pack("{s:I, s:f, s:f, s:i, s:i, s:i, s:i}",
                     "count", CL_INT(tk->reports),
                     "loss_pct", tk->reports > 0
                         ? (double) tk->report_loss / (double) tk->reports
                           * 100 / 255 : 0.0,
                     "loss_max_pct", tk->report_max.loss * 100 / 255.0,
                     "rtt_ms", tk->report.rtt_4ms * 4,
                     "rtt_max_ms", tk->report_max.rtt_4ms * 4,
                     "jitter_ms", (int) tk->report.jitter_ms,
                     "jitter_max_ms", (int) tk->report_max.jitter_ms);
}


static json_t *
cl_talker_json(const cl_talker_t *tk)
{
    json_t    *ob;
    cl_sum_t   su;

    cl_talker_sum(tk, &su);
    ob = cl_sum_json(&su);

    cl_json_add(ob,
        json_pack("{s:i, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:I}",
                  "stream_id", (int) tk->id,
                  "fingerprint", tk->fp,
                  "alias", tk->alias,
                  "bytes", CL_INT(tk->bytes),
                  "codecs", cl_codecs_json(tk),
                  "duplicates", CL_INT(tk->acc.dup),
                  "reordered", CL_INT(tk->acc.reordered),
                  "restarts", CL_INT(tk->acc.restarts),
                  "strays", CL_INT(tk->acc.strays)));

    cl_json_add(ob,
        json_pack("{s:f, s:f, s:I, s:o, s:f, s:f, s:f, s:I, s:I, s:o}",
                  "loss_now_pct", 100 * (double) wzp_loss_share(&tk->loss),
                  "hole", su.burst,
                  "hole_longest", CL_INT(tk->longest),
                  "holes", cl_bins_json(tk->holes, CL_HOLE_BINS,
                                        cl_hole_label),
                  "jitter_ms", su.jitter_ms,
                  "jitter_now_ms", tk->jitter_ms,
                  "jitter_max_ms", tk->jitter_max_ms,
                  "stalls", CL_INT(tk->stalls),
                  "long_holes", CL_INT(tk->cuts),
                  "arrivals", cl_bins_json(tk->gaps, CL_GAP_BINS,
                                           cl_gap_label)));

    cl_json_add(ob,
        json_pack("{s:I, s:f, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:o}",
                  "spurts", CL_INT(tk->spurts),
                  "spurt_longest_s", su.talk_max_s,
                  "timestamp_leaps", CL_INT(tk->skips),
                  "timestamp_leaps_s", (double) tk->skipped_ms / 1000,
                  "timestamps_odd", CL_INT(tk->odd),
                  "comfort_noise", CL_INT(tk->codec[WZP_CODEC_COMFORT_NOISE]),
                  "repair", CL_INT(tk->repair),
                  "copies", CL_INT(tk->copies),
                  "views", CL_INT(tk->views),
                  "reports", cl_reports_json(tk)));

    return ob;
}


json_t *
cl_analyze_streams(const cl_analyze_t *an)
{
    size_t   i;
    json_t  *list;

    list = json_array();

    for (i = 0; i < an->n && list != NULL; i++) {
        (void) json_array_append_new(list, cl_talker_json(an->talkers[i]));
    }

    return list;
}


json_t *
cl_analyze_json(const cl_analyze_t *an)
{
    json_t    *ob;
    cl_sum_t   su;

    cl_analyze_sum(an, &su);
    ob = cl_sum_json(&su);

    cl_json_add(ob, json_pack("{s:s, s:I, s:I, s:I, s:o}",
                              "test", "analyze",
                              "bytes", CL_INT(an->bytes),
                              "malformed", CL_INT(an->malformed),
                              "untracked", CL_INT(an->untracked),
                              "streams", cl_analyze_streams(an)));

    return ob;
}
