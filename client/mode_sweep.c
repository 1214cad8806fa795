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
    double    cost;                     /* on all lines                      */
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


static cl_exit_t
cl_sweep_line(const cl_rehearsal_t *rh, const cl_sweep_line_t *sl,
    cl_sweep_setting_t *settings, size_t n, bool *perfect)
{
    double                  cost, best;
    size_t                  i, at;
    cl_exit_t               rc;
    wzp_jitter_conf_t       delay;
    cl_rehearsal_result_t   rs;

    cl_say("\n%s\n  min:max    delay   worst     late restored   missing "
           "short  long  SNR dB   corr", sl->name);

    best = 1e9;
    at = 0;

    for (i = 0; i < n; i++) {

        memset(&delay, 0, sizeof(wzp_jitter_conf_t));
        delay.start_ms = WZP_MAX(WZP_JITTER_START_MS, settings[i].min_ms);
        delay.min_ms = settings[i].min_ms;
        delay.max_ms = settings[i].max_ms;
        delay.hold_ms = WZP_JITTER_HOLD_MS;

        rc = cl_rehearsal_run(rh, &sl->line, &delay, &rs);
        if (rc != CL_OK) {
            return rc;
        }

        cost = cl_sweep_tell(sl, &settings[i], &rs);
        settings[i].cost += cost;

        if (cost < best) {
            best = cost;
            at = i;
        }

        /* Nothing may go wrong where nothing is wrong. */

        if (sl == &cl_sweep_lines[0]) {
            *perfect &= rs.jt.late == 0 && rs.st.concealed_plc == 0
                        && rs.jt.skipped == 0 && rs.marks > 0;
        }
    }

    cl_say("  best %u:%u", settings[at].min_ms, settings[at].max_ms);

    return CL_OK;
}


cl_exit_t
cl_mode_sweep(const cl_options_t *op)
{
    bool               perfect;
    size_t             i, best;
    cl_exit_t          rc;
    wzp_plan_t         plan;
    cl_rehearsal_t    *rh;
    wzp_plan_input_t   in;

    cl_sweep_setting_t  settings[] = {
        { 10, 50, 0 },  { 10, 100, 0 }, { 10, 250, 0 },  { 10, 500, 0 },
        { 50, 100, 0 }, { 50, 250, 0 }, { 100, 250, 0 }, { 100, 500, 0 },
        { 200, 500, 0 }
    };

    memset(&in, 0, sizeof(wzp_plan_input_t));
    in.profile = op->profile_name != NULL ? op->profile : WZP_PROFILE_GOOD;
    in.burst = 1;
    in.mode = WZP_PLAN_DRED;
    in.loss = 0.1f;
    wzp_plan_choose(&plan, &in);

    rh = cl_rehearsal_create(&plan, CL_SWEEP_SECONDS);
    if (rh == NULL) {
        return CL_INTERNAL;
    }

    rc = CL_OK;
    perfect = true;

    for (i = 0; rc == CL_OK && i < WZP_ARRAY_LEN(cl_sweep_lines); i++) {
        rc = cl_sweep_line(rh, &cl_sweep_lines[i], settings,
                           WZP_ARRAY_LEN(settings), &perfect);
    }

    cl_rehearsal_destroy(rh);

    if (rc != CL_OK) {
        return rc;
    }

    best = 0;

    for (i = 1; i < WZP_ARRAY_LEN(settings); i++) {
        if (settings[i].cost < settings[best].cost) {
            best = i;
        }
    }

    rc = perfect ? CL_OK : CL_VERDICT;

    cl_say("\nbest for all of these: %u:%u\nverdict: %s",
           settings[best].min_ms, settings[best].max_ms,
           perfect ? "GOOD" : "POOR: even on a clean line something is late "
                              "or missing");
    cl_event("verdict", json_pack("{s:s, s:i, s:s, s:i, s:i}", "test", "sweep",
                                  "exit", (int) rc,
                                  "verdict", perfect ? "GOOD" : "POOR",
                                  "min_ms", (int) settings[best].min_ms,
                                  "max_ms", (int) settings[best].max_ms));

    return rc;
}
