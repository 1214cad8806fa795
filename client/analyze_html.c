/*
 * The report as a page: one file that fetches nothing and runs nothing.  What
 * others have chosen, names above all, is text in it and never more.  See
 * analyze.h.
 */

#include "analyze.h"
#include "wzp/wzp_utf8.h"


#define CL_CHART_WIDTH      720
#define CL_CHART_HEIGHT     90

#define CL_ULL(v)           ((unsigned long long) (v))


typedef enum {
    CL_CURVE_RATE = 0,
    CL_CURVE_LOSS,
    CL_CURVE_JITTER,
    CL_CURVES
} cl_curve_t;


static const struct {
    const char  *name;
    const char  *unit;
    double       least;                 /* top of the chart                  */
}  cl_curves[CL_CURVES] = {
    { "bit rate", "kb/s", 10 },
    { "loss", "%", 1 },
    { "jitter", "ms", 5 },
};


static const char  cl_html_style[] =
    "body{font:15px/1.45 system-ui,sans-serif;max-width:60em;"
    "margin:2em auto;padding:0 1em;color:#1b1f24;background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2.2em;"
    "border-top:1px solid #d0d7de;padding-top:.8em}"
    "table{border-collapse:collapse}"
    "th,td{padding:.15em .7em;text-align:right;white-space:nowrap}"
    "th{font-weight:600;border-bottom:1px solid #d0d7de}"
    "th.t,td.t{text-align:left;white-space:normal}"
    "dl{display:grid;grid-template-columns:max-content auto;gap:.1em 1em}"
    "dt{color:#59636e}dd{margin:0}"
    "figure{margin:.8em 0}figcaption{color:#59636e;font-size:.9em}"
    "svg{display:block;width:100%;height:auto;background:#f6f8fa}"
    "svg text{font:11px sans-serif;fill:#59636e}"
    ".c0{stroke:#0969da}.c1{stroke:#cf222e}.c2{stroke:#8250df}"
    ".bar{height:.8em;background:#0969da}.wide{width:20em}"
    ".v{padding:0 .5em;border-radius:.3em;color:#fff;background:#59636e}"
    ".EXCELLENT,.GOOD{background:#1a7f37}.FAIR{background:#9a6700}"
    ".POOR{background:#cf222e}.scroll{overflow-x:auto}";


static void
cl_html_text(FILE *out, const char *text)
{
    char         clean[512];
    const char  *p;

    (void) wzp_utf8_clean(clean, sizeof(clean) - 1, text, strlen(text));

    for (p = clean; *p != '\0'; p++) {

        switch (*p) {

        case '&':
            (void) fputs("&amp;", out);
            break;

        case '<':
            (void) fputs("&lt;", out);
            break;

        case '>':
            (void) fputs("&gt;", out);
            break;

        case '"':
            (void) fputs("&quot;", out);
            break;

        case '\'':
            (void) fputs("&#39;", out);
            break;

        default:
            (void) fputc(*p, out);
        }
    }
}


static void
cl_html_verdict(FILE *out, const cl_sum_t *su)
{
    (void) fprintf(out, "<span class=\"v %s\">%s</span>",
                   su->judged ? cl_sum_verdict(su) : "",
                   su->judged ? cl_sum_verdict(su) : "not judged");
}


/* ---- the head ---- */

static void
cl_html_head(FILE *out, const cl_analyze_t *an, const cl_scene_t *sc)
{
    cl_sum_t  su;

    cl_analyze_sum(an, &su);

    (void) fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                 "<meta charset=\"utf-8\"/>\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\""
                 "default-src 'none'; style-src 'unsafe-inline'\"/>\n"
                 "<meta name=\"viewport\" content=\"width=device-width\"/>\n"
                 "<title>Analysis of room ", out);
    cl_html_text(out, sc->room);
    (void) fprintf(out, "</title>\n<style>%s</style>\n</head>\n<body>\n"
                   "<h1>Analysis of room ", cl_html_style);
    cl_html_text(out, sc->room);
    (void) fputs("</h1>\n<p>", out);
    cl_html_verdict(out, &su);
    (void) fputc(' ', out);
    cl_html_text(out, su.why);
    (void) fputs("</p>\n<dl>\n<dt>relay</dt><dd>", out);
    cl_html_text(out, sc->relay);
    (void) fputs("</dd>\n<dt>begun</dt><dd>", out);
    cl_html_text(out, sc->start);
    (void) fprintf(out, "</dd>\n<dt>time</dt><dd>%.1f s</dd>\n"
                   "<dt>packets</dt><dd>%llu, %.1f kb/s on average</dd>\n"
                   "<dt>lost</dt><dd>%.2f %%, %.2f %% without copies</dd>\n"
                   "<dt>not counted</dt><dd>%llu that were no packets, %llu "
                   "of streams that are too many</dd>\n</dl>\n", su.seconds,
                   CL_ULL(an->packets), su.kbps, su.loss_pct, su.left_pct,
                   CL_ULL(an->malformed), CL_ULL(an->untracked));
}


static void
cl_html_table(FILE *out, const cl_analyze_t *an)
{
    char                name[CL_TALKER_NAME];
    size_t              i;
    cl_sum_t            su;
    const cl_talker_t  *tk;

    (void) fputs("<div class=\"scroll\"><table>\n<tr><th>id</th>"
                 "<th class=\"t\">who</th><th>packets</th><th>kb/s</th>"
                 "<th>lost</th><th>without copies</th><th>jitter</th>"
                 "<th>talk</th><th class=\"t\">codec</th>"
                 "<th class=\"t\">verdict</th></tr>\n", out);

    for (i = 0; i < an->n; i++) {
        tk = an->talkers[i];
        cl_talker_sum(tk, &su);
        cl_talker_name(tk, name);

        (void) fprintf(out, "<tr><td>%u</td><td class=\"t\">", tk->id);
        cl_html_text(out, name);
        (void) fprintf(out, "</td><td>%llu</td><td>%.1f</td><td>%.2f %%</td>"
                       "<td>%.2f %%</td><td>%.1f ms</td><td>%.1f s</td>"
                       "<td class=\"t\">%s</td><td class=\"t\">",
                       CL_ULL(su.packets), su.kbps, su.loss_pct, su.left_pct,
                       su.jitter_ms, su.talk_s, cl_talker_codec(tk));
        cl_html_verdict(out, &su);
        (void) fputs("</td></tr>\n", out);
    }

    (void) fputs("</table></div>\n", out);
}


/* ---- curves ---- */

/* Seconds up to this point; the last span may be a short one. */

static double
cl_curve_time(const cl_analyze_t *an, size_t i)
{
    uint64_t  ns;

    ns = WZP_MIN((i + 1) * an->step_ns, an->now_ns);

    return (double) ns / 1e9;
}


static double
cl_curve_value(const cl_analyze_t *an, const cl_talker_t *tk, size_t i,
    cl_curve_t which)
{
    double             s, n, lost;
    const cl_point_t  *pt, *before;

    static const cl_point_t  none;

    pt = &tk->points[i];
    before = i > 0 ? &tk->points[i - 1] : &none;

    switch (which) {

    case CL_CURVE_RATE:
        s = cl_curve_time(an, i) - (i > 0 ? cl_curve_time(an, i - 1) : 0);

        /* Of hardly any time no rate can be told. */

        s = WZP_MAX(s, (double) an->step_ns / 4e9);

        return (double) (pt->bytes - before->bytes) * 8 / 1000 / s;

    case CL_CURVE_LOSS:
        n = (double) (pt->expected - before->expected);
        lost = (double) pt->missing - (double) before->missing;

        /* Those that came late after all make it less than nothing. */

        return n > 0 ? WZP_MIN(WZP_MAX(lost, 0) * 100 / n, 100) : 0;

    case CL_CURVE_JITTER:
        return (double) pt->jitter_ms;

    case CL_CURVES:
        break;
    }

    return 0;
}


/* 1, 2 or 5 times a power of ten. */

static double
cl_curve_top(double most)
{
    double  top;

    for (top = 1; top * 10 <= most; top *= 10) { /* void */ }

    return most <= top ? top : most <= 2 * top ? 2 * top
           : most <= 5 * top ? 5 * top : 10 * top;
}


static void
cl_html_curve(FILE *out, const cl_analyze_t *an, const cl_talker_t *tk,
    cl_curve_t which)
{
    double  v, most, top, end;
    size_t  i;

    most = cl_curves[which].least;

    for (i = 0; i < an->npoints; i++) {
        v = cl_curve_value(an, tk, i, which);
        most = WZP_MAX(most, v);
    }

    top = cl_curve_top(most);
    end = WZP_MAX((double) an->now_ns / 1e9, 0.001);

    (void) fprintf(out, "<figure><figcaption>%s, %s</figcaption>\n"
                   "<svg viewBox=\"0 0 %d %d\" role=\"img\">"
                   "<title>%s over time</title>"
                   "<text x=\"4\" y=\"12\">%.0f</text>"
                   "<text x=\"4\" y=\"%d\">0</text>"
                   "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.0f s</text>"
                   "<polyline class=\"c%d\" fill=\"none\" stroke-width=\"1.5\""
                   " points=\"", cl_curves[which].name, cl_curves[which].unit,
                   CL_CHART_WIDTH, CL_CHART_HEIGHT, cl_curves[which].name,
                   top, CL_CHART_HEIGHT - 4, CL_CHART_WIDTH - 4,
                   CL_CHART_HEIGHT - 4, end, (int) which);

    for (i = 0; i < an->npoints; i++) {
        v = cl_curve_value(an, tk, i, which);

        (void) fprintf(out, "%s%.1f,%.1f", i > 0 ? " " : "",
                       cl_curve_time(an, i) / end * CL_CHART_WIDTH,
                       (1 - v / top) * (CL_CHART_HEIGHT - 2) + 1);
    }

    (void) fputs("\"/></svg></figure>\n", out);
}


/* ---- streams ---- */

static void
cl_html_bins(FILE *out, const char *title, const uint64_t *bins, size_t n,
    void (*label)(size_t bin, char text[24]))
{
    char      name[24];
    size_t    i;
    uint64_t  most;

    most = 0;

    for (i = 0; i < n; i++) {
        most = WZP_MAX(most, bins[i]);
    }

    if (most == 0) {
        return;
    }

    (void) fprintf(out, "<figure><figcaption>%s</figcaption><table>\n", title);

    for (i = 0; i < n; i++) {

        if (bins[i] == 0) {
            continue;
        }

        label(i, name);
        (void) fprintf(out, "<tr><td>%s</td><td class=\"wide\"><div "
                       "class=\"bar\" style=\"width:%.1f%%\"></div></td>"
                       "<td>%llu</td></tr>\n", name,
                       (double) bins[i] * 100 / (double) most,
                       CL_ULL(bins[i]));
    }

    (void) fputs("</table></figure>\n", out);
}


static void
cl_html_codecs(FILE *out, const cl_talker_t *tk)
{
    bool    first;
    size_t  i;

    first = true;

    for (i = 0; i < WZP_CODEC_N; i++) {
        if (tk->codec[i] > 0) {
            (void) fprintf(out, "%s%s: %llu", first ? "" : ", ",
                           wzp_codec_info((unsigned) i)->name,
                           CL_ULL(tk->codec[i]));
            first = false;
        }
    }
}


static void
cl_html_facts(FILE *out, const cl_talker_t *tk, const cl_sum_t *su)
{
    (void) fputs("<dl>\n<dt>fingerprint</dt><dd>", out);
    cl_html_text(out, tk->fp[0] != '\0' ? tk->fp : "unknown");
    (void) fputs("</dd>\n<dt>packets of each codec</dt><dd>", out);
    cl_html_codecs(out, tk);
    (void) fprintf(out, "</dd>\n"
                   "<dt>lost</dt><dd>%llu of %llu, %llu of them came as "
                   "copies</dd>\n"
                   "<dt>holes</dt><dd>%.1f packets long on average, the "
                   "longest %llu</dd>\n"
                   "<dt>twice, out of order</dt><dd>%llu, %llu</dd>\n"
                   "<dt>restarts</dt><dd>%llu</dd>\n"
                   "<dt>jitter</dt><dd>%.1f ms on average, %.1f ms at most; "
                   "%llu stalls</dd>\n"
                   "<dt>talk</dt><dd>%.1f s in %llu spurts, the longest "
                   "%.1f s</dd>\n", CL_ULL(su->missing), CL_ULL(su->expected),
                   CL_ULL(su->healed), su->burst, CL_ULL(tk->longest),
                   CL_ULL(tk->acc.dup), CL_ULL(tk->acc.reordered),
                   CL_ULL(tk->acc.restarts), su->jitter_ms, tk->jitter_max_ms,
                   CL_ULL(tk->stalls), su->talk_s, CL_ULL(tk->spurts),
                   su->talk_max_s);
    (void) fprintf(out, "<dt>timestamps</dt><dd>%llu leaps over %.1f s in "
                   "all, %llu odd ones</dd>\n"
                   "<dt>redundancy</dt><dd>%llu repair packets, %llu copies, "
                   "%llu views of others</dd>\n"
                   "<dt>quality reports</dt><dd>%llu, at most %.1f %% loss, "
                   "%u ms round trip, %u ms jitter</dd>\n</dl>\n",
                   CL_ULL(tk->skips), (double) tk->skipped_ms / 1000,
                   CL_ULL(tk->odd), CL_ULL(tk->repair), CL_ULL(tk->copies),
                   CL_ULL(tk->views), CL_ULL(tk->reports),
                   tk->report_max.loss * 100 / 255.0,
                   tk->report_max.rtt_4ms * 4u, tk->report_max.jitter_ms);
}


static void
cl_html_talker(FILE *out, const cl_analyze_t *an, const cl_talker_t *tk)
{
    int       i;
    char      name[CL_TALKER_NAME];
    cl_sum_t  su;

    cl_talker_sum(tk, &su);
    cl_talker_name(tk, name);

    (void) fprintf(out, "<section>\n<h2>Stream %u, ", tk->id);
    cl_html_text(out, name);
    (void) fputs("</h2>\n<p>", out);
    cl_html_verdict(out, &su);
    (void) fputc(' ', out);
    cl_html_text(out, su.why);
    (void) fputs("</p>\n", out);

    cl_html_facts(out, tk, &su);

    for (i = 0; i < CL_CURVES; i++) {
        cl_html_curve(out, an, tk, (cl_curve_t) i);
    }

    cl_html_bins(out, "lost in a row, packets", tk->holes, CL_HOLE_BINS,
                 cl_hole_label);
    cl_html_bins(out, "between arrivals", tk->gaps, CL_GAP_BINS,
                 cl_gap_label);

    (void) fputs("</section>\n", out);
}


bool
cl_analyze_html(const cl_analyze_t *an, const cl_scene_t *sc, FILE *out)
{
    size_t  i;

    cl_html_head(out, an, sc);
    cl_html_table(out, an);

    for (i = 0; i < an->n; i++) {
        cl_html_talker(out, an, an->talkers[i]);
    }

    (void) fputs("</body>\n</html>\n", out);

    return fflush(out) == 0 && !ferror(out);
}
