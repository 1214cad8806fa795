/*
 * --sweep: playout settings on lines of many kinds, in virtual time: which
 * delay buys how much.  PROTOCOL 11.3.
 */

#include <stdio.h>

#include "modes.h"
#include "rehearsal.h"
#include "say.h"
#include "wzp/wzp_plan.h"


#define CL_SWEEP_SECONDS    6
#define CL_SWEEP_WORTH      20.0        /* ms, of a percent that is missing  */


typedef struct {
    const char  *name;
    cl_line_t    line;
} cl_sweep_line_t;


typedef struct {
    uint16_t  min_ms;
    uint16_t  max_ms;
} cl_sweep_setting_t;


static const cl_sweep_line_t  cl_sweep_lines[] = {
    { "clean",                        { .seed = 1 } },
    { "jitter 20 ms",                 { .jitter_ms = 20, .seed = 2 } },
    { "jitter 80 ms",                 { .jitter_ms = 80, .seed = 3 } },
    { "5 % loss",                     { .loss = 0.05, .burst = 1,
                                        .seed = 4 } },
    { "15 % loss in bursts of 3",     { .loss = 0.15, .burst = 3,
                                        .seed = 5 } },
    { "250 ms stalls",                { .stall_ms = 250, .seed = 6 } },
    { "10 % loss, jitter 40, stalls", { .loss = 0.1, .burst = 2,
                                        .jitter_ms = 40, .stall_ms = 80,
                                        .seed = 7 } },
};


static const cl_sweep_setting_t  cl_sweep_settings[] = {
    { 10, 50 }, { 10, 100 }, { 10, 250 }, { 10, 500 }, { 50, 100 },
    { 50, 250 }, { 100, 250 }, { 100, 500 }, { 200, 500 }
};

#define CL_SWEEP_SETTINGS   WZP_ARRAY_LEN(cl_sweep_settings)


typedef struct {
    cl_rehearsal_t  *rh;
    size_t           lines;             /* complete ones                     */
    bool             flawed;
    double           cost[CL_SWEEP_SETTINGS];
} cl_sweep_t;


static double
cl_sweep_pct(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double) part * 100 / (double) whole : 0;
}


static double
cl_sweep_tell(const cl_sweep_line_t *sl, const cl_sweep_setting_t *ss,
    const cl_rehearsal_result_t *rs)
{
    double     late, missing, restored, cost;
    uint64_t   n;

    n = rs->st.concealed_dred + rs->st.concealed_fec + rs->st.concealed_copy;

    late = cl_sweep_pct(rs->jt.late, rs->sent - rs->lost);
    restored = cl_sweep_pct(n, rs->sent);

    /* Guessed, thrown away to catch up, or silence where there was a tone. */

    missing = cl_sweep_pct(rs->st.concealed_plc + rs->jt.skipped, rs->sent)
              + cl_sweep_pct(rs->tone.silent, rs->tone.blocks);

    cost = rs->delay_ms + CL_SWEEP_WORTH * missing;

    cl_say("%5u:%-4u %7.0f %7.0f %7.1f%% %8.1f%% %9.1f%% %5llu %5llu %7.1f "
           "%6.3f", ss->min_ms, ss->max_ms, rs->delay_ms, rs->delay_max_ms,
           late, restored, missing, (unsigned long long) rs->jt.shortened,
           (unsigned long long) rs->jt.lengthened, rs->tone.snr_db,
           rs->tone.corr);

    cl_event("sweep",
             json_pack("{s:s, s:i, s:i, s:I, s:I, s:f, s:f, s:f, s:f, s:f, "
                       "s:I, s:I, s:I, s:I, s:f, s:f}",
                       "line", sl->name,
                       "min_ms", (int) ss->min_ms, "max_ms", (int) ss->max_ms,
                       "sent", (json_int_t) rs->sent,
                       "lost", (json_int_t) rs->lost,
                       "delay_ms", rs->delay_ms,
                       "delay_max_ms", rs->delay_max_ms,
                       "late_pct", late, "restored_pct", restored,
                       "missing_pct", missing,
                       "guessed", (json_int_t) rs->st.concealed_plc,
                       "skipped", (json_int_t) rs->jt.skipped,
                       "shortened", (json_int_t) rs->jt.shortened,
                       "lengthened", (json_int_t) rs->jt.lengthened,
                       "snr_db", rs->tone.snr_db,
                       "correlation", rs->tone.corr));

    return cost;
}


/* Nothing may go wrong where nothing is wrong. */

static bool
cl_sweep_perfect(const cl_rehearsal_result_t *rs)
{
    return rs->jt.late == 0 && rs->st.concealed_plc == 0
           && rs->jt.skipped == 0 && rs->marks > 0;
}


/* All settings on one line.  False: interrupted, or *rc says why. */

static bool
cl_sweep_line(cl_sweep_t *sw, const cl_sweep_line_t *sl, cl_exit_t *rc)
{
    double                  cost[CL_SWEEP_SETTINGS];
    size_t                  i, best;
    wzp_jitter_conf_t       delay;
    cl_rehearsal_result_t   rs;

    cl_say("\n%s\n  min:max    delay   worst     late restored   missing "
           "short  long  SNR dB   corr", sl->name);

    best = 0;

    for (i = 0; i < CL_SWEEP_SETTINGS; i++) {

        memset(&delay, 0, sizeof(wzp_jitter_conf_t));
        delay.start_ms = WZP_MAX(WZP_JITTER_START_MS,
                                 cl_sweep_settings[i].min_ms);
        delay.min_ms = cl_sweep_settings[i].min_ms;
        delay.max_ms = cl_sweep_settings[i].max_ms;
        delay.hold_ms = WZP_JITTER_HOLD_MS;

        if (cl_asked()) {
            return false;
        }

        *rc = cl_rehearsal_run(sw->rh, &sl->line, &delay, &rs);

        if (*rc != CL_OK) {
            return false;
        }

        cost[i] = cl_sweep_tell(sl, &cl_sweep_settings[i], &rs);
        best = cost[i] < cost[best] ? i : best;

        if (sl == &cl_sweep_lines[0]) {
            sw->flawed |= !cl_sweep_perfect(&rs);
        }
    }

    for (i = 0; i < CL_SWEEP_SETTINGS; i++) {
        sw->cost[i] += cost[i];
    }

    sw->lines++;
    cl_say("  best %u:%u", cl_sweep_settings[best].min_ms,
           cl_sweep_settings[best].max_ms);

    return true;
}


static cl_exit_t
cl_sweep_verdict(const cl_sweep_t *sw)
{
    size_t                     i, best;
    cl_exit_t                  rc;
    const cl_sweep_setting_t  *ss;

    if (sw->lines == 0) {
        return cl_fail(CL_VERDICT, "interrupted before anything was measured");
    }

    best = 0;

    for (i = 1; i < CL_SWEEP_SETTINGS; i++) {
        best = sw->cost[i] < sw->cost[best] ? i : best;
    }

    ss = &cl_sweep_settings[best];
    rc = sw->flawed ? CL_VERDICT : CL_OK;

    cl_say("\nbest for %s: %u:%u\nverdict: %s",
           sw->lines < WZP_ARRAY_LEN(cl_sweep_lines)
           ? "those that were tried" : "all of these", ss->min_ms, ss->max_ms,
           sw->flawed ? "POOR: even on a clean line something is late or "
                        "missing" : "GOOD");
    cl_event("verdict", json_pack("{s:s, s:i, s:s, s:i, s:i, s:i}",
                                  "test", "sweep", "exit", (int) rc,
                                  "verdict", sw->flawed ? "POOR" : "GOOD",
                                  "lines", (int) sw->lines,
                                  "min_ms", (int) ss->min_ms,
                                  "max_ms", (int) ss->max_ms));

    return rc;
}


cl_exit_t
cl_mode_sweep(const cl_options_t *op)
{
    size_t             i;
    cl_exit_t          rc;
    wzp_plan_t         plan;
    cl_sweep_t         sw;
    wzp_plan_input_t   in;

    memset(&in, 0, sizeof(wzp_plan_input_t));
    in.profile = op->profile_name != NULL ? op->profile : WZP_PROFILE_GOOD;
    in.burst = 1;
    in.mode = WZP_PLAN_DRED;
    in.loss = 0.1f;
    wzp_plan_choose(&plan, &in);

    memset(&sw, 0, sizeof(cl_sweep_t));
    cl_rehearsal_catch();

    sw.rh = cl_rehearsal_create(&plan, CL_SWEEP_SECONDS);
    if (sw.rh == NULL) {
        return CL_INTERNAL;
    }

    rc = CL_OK;

    for (i = 0; i < WZP_ARRAY_LEN(cl_sweep_lines); i++) {
        if (!cl_sweep_line(&sw, &cl_sweep_lines[i], &rc)) {
            break;
        }
    }

    cl_rehearsal_destroy(sw.rh);

    return rc == CL_OK ? cl_sweep_verdict(&sw) : rc;
}
