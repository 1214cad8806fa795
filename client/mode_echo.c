/*
 * --echo-test: a tone to a relay that sends it back; what became of it on the
 * way, in windows of five seconds and as a whole.  PROTOCOL 11.3.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "modes.h"
#include "say.h"
#include "tone.h"
#include "trial.h"


#define CL_ECHO_WINDOW_S    5
#define CL_ECHO_WINDOW_NS   (CL_ECHO_WINDOW_S * WZP_SEC)
#define CL_ECHO_WINDOW      (CL_ECHO_WINDOW_S * CL_RATE_HZ)
#define CL_ECHO_WINDOWS     (CL_TEST_MAX_S / CL_ECHO_WINDOW_S + 1)
#define CL_ECHO_LATE_NS     (1 * WZP_SEC)       /* then a packet is lost     */
#define CL_ECHO_DEAF_NS     (3 * WZP_SEC)       /* then there is no sound    */
#define CL_ECHO_MARKS       8           /* on their way                      */
#define CL_ECHO_WANDER_MS   100         /* from one mark to the next         */
#define CL_ECHO_BINS        30000       /* of 0.1 ms                         */
#define CL_ECHO_HALVES      4           /* windows, to compare halves        */


typedef struct {
    unsigned          sent;
    unsigned          back;
    double            rtt_ms;           /* sum                               */
    unsigned          marks;
    double            delay_ms;         /* sum                               */
    cl_tone_result_t  tone;
} cl_echo_window_t;


typedef struct {
    uint32_t  n;
    uint32_t  bins[CL_ECHO_BINS];
} cl_echo_times_t;


typedef struct {
    double      loss_pct;
    double      corr;                   /* the mean                          */
    double      snr_db;                 /* the worst window                  */
    double      silent_pct;
    double      rtt_ms[3];              /* least, median, 95 %               */
    double      delay_ms[2];            /* median, 95 %                      */
    bool        sinking;                /* the second half is worse          */
    cl_grade_t  grade;
    char        why[128];
} cl_echo_sum_t;


typedef struct {
    cl_trial_t        tr;
    cl_tone_t         tone;
    uint64_t          spoken[CL_ECHO_MARKS];    /* when, each mark           */
    uint64_t          nspoken;
    size_t            heard;                    /* windows                   */
    size_t            told;
    double            least_ms;                 /* round trip                */
    double            mark_ms;                  /* delay of the last mark    */
    bool              mark_waits;               /* it is not counted yet     */
    cl_echo_times_t   rtt;
    cl_echo_times_t   delay;
    cl_echo_window_t  windows[CL_ECHO_WINDOWS];
} cl_echo_t;


static void
cl_echo_time(cl_echo_times_t *tm, double ms)
{
    double  bin;

    bin = WZP_MIN(WZP_MAX(ms, 0) * 10, CL_ECHO_BINS - 1);

    tm->n++;
    tm->bins[(size_t) bin]++;
}


static double
cl_echo_quantile(const cl_echo_times_t *tm, double q)
{
    size_t  i;
    double  left;

    left = q * tm->n;

    for (i = 0; i < CL_ECHO_BINS - 1 && left >= tm->bins[i]; i++) {
        left -= tm->bins[i];
    }

    return tm->n > 0 ? (double) i / 10 : 0;
}


static cl_echo_window_t *
cl_echo_window(cl_echo_t *ec, const cl_trial_sent_t *ts)
{
    return &ec->windows[WZP_MIN(ts->at / CL_ECHO_WINDOW, CL_ECHO_WINDOWS - 1)];
}


static void
cl_echo_sent(void *ctx, const cl_trial_sent_t *ts)
{
    cl_echo_window(ctx, ts)->sent++;
}


static void
cl_echo_back(void *ctx, const cl_trial_sent_t *ts, const wzp_packet_t *pk,
    uint64_t now_ns)
{
    double             ms;
    cl_echo_t         *ec;
    cl_echo_window_t  *ew;

    ec = ctx;
    ew = cl_echo_window(ec, ts);
    ms = (double) (now_ns - ts->sent_ns) / 1e6;

    ew->back++;
    ew->rtt_ms += ms;
    ec->least_ms = ec->rtt.n == 0 ? ms : WZP_MIN(ec->least_ms, ms);
    cl_echo_time(&ec->rtt, ms);

    (void) pk;
}


/* When each mark of the tone passed the microphone, if there were one. */

static void
cl_echo_spoken(void *ctx, uint64_t samples, uint64_t now_ns)
{
    uint64_t    ago;
    cl_echo_t  *ec;

    ec = ctx;

    while ((ec->nspoken + 1) * CL_TONE_MARK <= samples) {
        ago = samples - (ec->nspoken + 1) * CL_TONE_MARK;
        ec->spoken[ec->nspoken++ % CL_ECHO_MARKS] = now_ns
                                                - ago * WZP_SEC / CL_RATE_HZ;
    }
}


static void
cl_echo_delay(cl_echo_t *ec, double ms)
{
    cl_echo_window_t  *ew;

    ew = &ec->windows[WZP_MIN(ec->heard, CL_ECHO_WINDOWS - 1)];

    ew->marks++;
    ew->delay_ms += ms;
    cl_echo_time(&ec->delay, ms);
}


/* Sound that was guessed may look like a mark.  Two marks with the same delay,
 * more or less, are no chance. */

static void
cl_echo_confirm(cl_echo_t *ec, double ms)
{
    bool  same;

    same = ec->mark_ms > 0 && fabs(ms - ec->mark_ms) < CL_ECHO_WANDER_MS;

    if (same) {
        if (ec->mark_waits) {
            cl_echo_delay(ec, ec->mark_ms);
        }

        cl_echo_delay(ec, ms);
    }

    ec->mark_ms = ms;
    ec->mark_waits = !same;
}


static void
cl_echo_mark(void *ctx, double at)
{
    double      ms;
    uint64_t    i, played;
    cl_echo_t  *ec;

    ec = ctx;

    played = ec->tr.cl->joined_ns + (uint64_t) (at * 1e9 / CL_RATE_HZ);

    /* The newest that can have come back so soon. */

    for (i = ec->nspoken; i > 0 && i + CL_ECHO_MARKS > ec->nspoken; i--) {

        ms = ((double) played - (double) ec->spoken[(i - 1) % CL_ECHO_MARKS])
             / 1e6;

        if (ms >= ec->least_ms) {
            cl_echo_confirm(ec, ms);
            return;
        }
    }
}


static void
cl_echo_heard(void *ctx, const int16_t *pcm)
{
    cl_echo_t  *ec;

    ec = ctx;

    /* What comes after the tone is no part of it. */

    if (cl_sender_over(ec->tr.cl->tx)
        && cl_tone_heard(&ec->tone) + CL_TICK_SAMPLES > ec->tr.samples)
    {
        return;
    }

    cl_tone_put(&ec->tone, pcm, CL_TICK_SAMPLES);

    if (cl_tone_heard(&ec->tone) >= (ec->heard + 1) * CL_ECHO_WINDOW
        && ec->heard < CL_ECHO_WINDOWS)
    {
        cl_tone_result(&ec->tone, &ec->windows[ec->heard++].tone);
    }
}


static double
cl_echo_loss(unsigned sent, unsigned back)
{
    return sent > 0 ? (double) (sent - back) * 100 / sent : 0;
}


static json_t *
cl_echo_window_json(const cl_echo_t *ec, size_t i)
{
    const cl_echo_window_t  *ew;

    ew = &ec->windows[i];

    return json_pack("{s:i, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:i, s:b}",
                     "window", (int) i + 1,
                     "from_s", (int) i * CL_ECHO_WINDOW_S,
                     "sent", (int) ew->sent,
                     "received", (int) ew->back,
                     "loss_pct", cl_echo_loss(ew->sent, ew->back),
                     "rtt_ms", ew->back ? ew->rtt_ms / ew->back : 0.0,
                     "delay_ms", ew->marks ? ew->delay_ms / ew->marks : 0.0,
                     "snr_db", ew->tone.snr_db,
                     "correlation", ew->tone.corr,
                     "peak", ew->tone.peak,
                     "silent", ew->tone.peak < CL_TONE_FLOOR);
}


static void
cl_echo_tell(cl_echo_t *ec)
{
    char                     delay[16], time[32];
    size_t                   i;
    double                   end;
    const cl_echo_window_t  *ew;

    i = ec->told++;
    ew = &ec->windows[i];

    if (i == 0) {
        cl_say("win   time          sent  recv   loss   rtt ms  delay ms  "
               "SNR dB   corr   peak");
    }

    end = WZP_MIN((double) (i + 1) * CL_ECHO_WINDOW_S, ec->tr.op.test_s);

    (void) snprintf(time, sizeof(time), "%zu-%.0f s", i * CL_ECHO_WINDOW_S,
                    end);
    (void) snprintf(delay, sizeof(delay), "%.0f",
                    ew->marks ? ew->delay_ms / ew->marks : 0);

    cl_event("echo_window", cl_echo_window_json(ec, i));
    cl_say("%3zu%s  %-12s %5u %5u %5.1f%% %8.1f %9s %7.1f %6.3f %6d",
           i + 1, ew->tone.peak < CL_TONE_FLOOR ? "!" : " ", time,
           ew->sent, ew->back, cl_echo_loss(ew->sent, ew->back),
           ew->back ? ew->rtt_ms / ew->back : 0, ew->marks ? delay : "-",
           ew->tone.snr_db, ew->tone.corr, ew->tone.peak);
}


/* A window is over when all of it had time to come back. */

static void
cl_echo_turn(void *ctx, uint64_t now_ns)
{
    uint64_t    end;
    cl_echo_t  *ec;

    ec = ctx;

    if (ec->tr.sent == 0) {
        return;
    }

    end = ec->tr.first_ns + (ec->told + 1) * CL_ECHO_WINDOW_NS;

    if (now_ns > end + CL_ECHO_LATE_NS && ec->told < CL_ECHO_WINDOWS
        && ec->windows[ec->told].sent > 0 && ec->tr.back > 0
        && (ec->heard > ec->told
            || (now_ns > end + CL_ECHO_DEAF_NS
                && !cl_sender_over(ec->tr.cl->tx))))
    {
        cl_echo_tell(ec);
    }
}


/* The last window may be a short one. */

static void
cl_echo_over(void *ctx)
{
    cl_echo_t  *ec;

    ec = ctx;

    if (ec->heard < CL_ECHO_WINDOWS) {
        cl_tone_result(&ec->tone, &ec->windows[ec->heard].tone);
    }

    while (ec->told < CL_ECHO_WINDOWS && ec->windows[ec->told].sent > 0) {
        cl_echo_tell(ec);
    }
}


static const cl_trial_events_t  cl_echo_events = {
    .sent = cl_echo_sent,
    .back = cl_echo_back,
    .heard = cl_echo_heard,
    .spoken = cl_echo_spoken,
    .turn = cl_echo_turn,
    .over = cl_echo_over
};


/* Five points more are lost in the second half than in the first, or it sounds
 * worse by a tenth. */

static bool
cl_echo_sinks(const cl_echo_t *ec, size_t n)
{
    double                   loss[2], corr[2];
    size_t                   i, half;
    const cl_echo_window_t  *ew;

    if (n < CL_ECHO_HALVES) {
        return false;
    }

    memset(loss, 0, sizeof(loss));
    memset(corr, 0, sizeof(corr));

    for (i = 0; i < n / 2 * 2; i++) {
        ew = &ec->windows[i];
        half = i / (n / 2);

        loss[half] += cl_echo_loss(ew->sent, ew->back) / (double) (n / 2);
        corr[half] += ew->tone.corr / (double) (n / 2);
    }

    return loss[1] > loss[0] + 5 || corr[1] < corr[0] - 0.1;
}


static void
cl_echo_judge(cl_echo_sum_t *es)
{
    size_t      i;
    double      bad[4];
    cl_grade_t  grade;

    static const struct {
        const char  *what;
        double       limits[3];
    }  rules[] = {
        { "% of the packets are lost", { 0.5, 2, 8 } },
        { "% of the sound is noise or missing", { 2, 5, 15 } },
        { "ms pass until it is heard", { 150, 250, 400 } },
        { "% of the sound is silence", { 0.5, 2, 8 } },
    };

    bad[0] = es->loss_pct;
    bad[1] = (1 - es->corr) * 100;
    bad[2] = es->delay_ms[1];
    bad[3] = es->silent_pct;

    es->grade = CL_EXCELLENT;
    (void) snprintf(es->why, sizeof(es->why), "nothing to complain about");

    for (i = 0; i < WZP_ARRAY_LEN(rules); i++) {
        grade = cl_grade(bad[i], rules[i].limits);

        if (grade > es->grade) {
            es->grade = grade;
            (void) snprintf(es->why, sizeof(es->why), "%.1f %s", bad[i],
                            rules[i].what);
        }
    }

    if (es->sinking && es->grade < CL_POOR) {
        es->grade++;
        (void) snprintf(es->why, sizeof(es->why),
                        "the second half is worse than the first");
    }
}


static size_t
cl_echo_sum(const cl_echo_t *ec, cl_echo_sum_t *es)
{
    double                   corr;
    size_t                   i, n, heard, blocks, silent;
    const cl_echo_window_t  *ew;

    memset(es, 0, sizeof(cl_echo_sum_t));
    es->snr_db = CL_TONE_SNR_MAX;

    corr = 0;
    heard = 0;
    blocks = 0;
    silent = 0;

    for (n = 0; n < CL_ECHO_WINDOWS && ec->windows[n].sent > 0; n++) {
        ew = &ec->windows[n];

        corr += ew->tone.corr * (double) ew->tone.blocks;
        blocks += ew->tone.blocks;
        silent += ew->tone.silent;
        es->snr_db = WZP_MIN(es->snr_db, ew->tone.snr_db);
        heard += ew->tone.blocks > 0;
    }

    for (i = 0; i < 3; i++) {
        es->rtt_ms[i] = cl_echo_quantile(&ec->rtt, i == 0 ? 0
                                                 : i == 1 ? 0.5 : 0.95);
    }

    es->delay_ms[0] = cl_echo_quantile(&ec->delay, 0.5);
    es->delay_ms[1] = cl_echo_quantile(&ec->delay, 0.95);
    es->loss_pct = cl_echo_loss((unsigned) ec->tr.sent,
                                (unsigned) ec->tr.back);
    es->corr = blocks > 0 ? corr / (double) blocks : 0;
    es->silent_pct = blocks > 0 ? (double) silent * 100 / (double) blocks
                                : 100;
    es->sinking = cl_echo_sinks(ec, heard);

    cl_echo_judge(es);

    return n;
}


static cl_exit_t
cl_echo_report(cl_echo_t *ec)
{
    size_t          i, n;
    json_t         *list;
    cl_exit_t       rc;
    cl_echo_sum_t   es;

    n = cl_echo_sum(ec, &es);
    list = json_array();

    for (i = 0; list != NULL && i < n; i++) {
        (void) json_array_append_new(list, cl_echo_window_json(ec, i));
    }

    rc = es.grade == CL_POOR ? CL_VERDICT : CL_OK;

    cl_say("\nsent %llu packets, %llu came back, %.1f %% lost, %llu came "
           "twice\n"
           "round trip least/median/95 %% %.1f/%.1f/%.1f ms\n"
           "mouth to ear median/95 %% %.0f/%.0f ms\n"
           "worst SNR %.1f dB, correlation %.3f, %.1f %% silent\n"
           "verdict: %s: %s",
           (unsigned long long) ec->tr.sent, (unsigned long long) ec->tr.back,
           es.loss_pct, (unsigned long long) ec->tr.twice,
           es.rtt_ms[0], es.rtt_ms[1], es.rtt_ms[2],
           es.delay_ms[0], es.delay_ms[1], es.snr_db, es.corr, es.silent_pct,
           cl_grade_name(es.grade), es.why);

    cl_event("verdict",
             json_pack("{s:s, s:i, s:s, s:s, s:b, s:I, s:I, s:I, s:f, s:f, "
                       "s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o}",
                       "test", "echo", "exit", (int) rc,
                       "verdict", cl_grade_name(es.grade), "reason", es.why,
                       "sinking", es.sinking,
                       "sent", (json_int_t) ec->tr.sent,
                       "received", (json_int_t) ec->tr.back,
                       "twice", (json_int_t) ec->tr.twice,
                       "loss_pct", es.loss_pct,
                       "rtt_min_ms", es.rtt_ms[0], "rtt_ms", es.rtt_ms[1],
                       "rtt_p95_ms", es.rtt_ms[2],
                       "delay_ms", es.delay_ms[0],
                       "delay_p95_ms", es.delay_ms[1],
                       "snr_db", es.snr_db, "correlation", es.corr,
                       "silent_pct", es.silent_pct, "windows", list));

    return rc;
}


cl_exit_t
cl_mode_echo(const cl_options_t *op)
{
    cl_exit_t   rc;
    cl_echo_t  *ec;

    ec = calloc(1, sizeof(cl_echo_t));
    if (ec == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_tone_init(&ec->tone, cl_echo_mark, ec);

    rc = cl_trial_run(&ec->tr, op, &cl_echo_events, ec);

    if (rc == CL_OK) {
        rc = cl_echo_report(ec);
    }

    free(ec);

    return rc;
}
