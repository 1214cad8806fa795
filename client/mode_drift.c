/*
 * --drift-test: how evenly time passes between a tone that is sent and the
 * same tone that comes back.  PROTOCOL 11.3.
 */

#include <math.h>
#include <stdlib.h>

#include "drift.h"
#include "modes.h"
#include "say.h"
#include "trial.h"


#define CL_DRIFT_TELL_NS    (5 * WZP_SEC)


typedef struct {
    cl_trial_t  tr;
    cl_drift_t  round;                  /* timestamps and arrivals           */
    cl_drift_t  pace;                   /* timestamps and departures         */
    uint32_t    first;                  /* timestamp                         */
    uint64_t    tell_ns;
} cl_drift_mode_t;


static void
cl_drift_back(void *ctx, const cl_trial_sent_t *ts, const wzp_packet_t *pk,
    uint64_t now_ns)
{
    uint64_t          media_ns;
    cl_drift_mode_t  *dm;

    dm = ctx;

    if (!dm->round.started) {
        dm->first = pk->timestamp;
    }

    /* One that was overtaken before the first one came would look like one
     * from the far future. */

    if (pk->timestamp - dm->first > INT32_MAX) {
        return;
    }

    media_ns = (pk->timestamp - dm->first) * WZP_MS;

    cl_drift_put(&dm->round, media_ns, now_ns);
    cl_drift_put(&dm->pace, media_ns, ts->sent_ns);
}


static void
cl_drift_turn(void *ctx, uint64_t now_ns)
{
    cl_drift_mode_t    *dm;
    cl_drift_result_t   rs;

    dm = ctx;

    if (now_ns < dm->tell_ns || !dm->round.started) {
        return;
    }

    dm->tell_ns = now_ns + CL_DRIFT_TELL_NS;
    cl_drift_result(&dm->round, &rs);

    if (rs.known) {
        cl_event("drift", json_pack("{s:f, s:f, s:f}", "seconds", rs.seconds,
                                    "ppm", rs.ppm, "drift_ms",
                                    rs.ppm * rs.seconds / 1000));
        cl_say("%6.1f s: %+.1f ppm, %+.2f ms", rs.seconds, rs.ppm,
               rs.ppm * rs.seconds / 1000);
    }
}


static const cl_trial_events_t  cl_drift_events = {
    .back = cl_drift_back,
    .turn = cl_drift_turn
};


/* PROTOCOL 11.3. */

static cl_exit_t
cl_drift_report(const cl_drift_mode_t *dm)
{
    double              ms, loss;
    cl_exit_t           rc;
    cl_grade_t          grade;
    cl_drift_result_t   round, pace;

    static const double  limits[3] = { 5, 20, 100 };

    cl_drift_result(&dm->round, &round);
    cl_drift_result(&dm->pace, &pace);

    if (!round.known) {
        return cl_fail(CL_VERDICT, "too few packets came back (%llu of %llu) "
                       "to tell anything about time",
                       (unsigned long long) dm->tr.back,
                       (unsigned long long) dm->tr.sent);
    }

    ms = round.ppm * round.seconds / 1000;
    loss = (double) (dm->tr.sent - dm->tr.back) * 100 / (double) dm->tr.sent;
    grade = cl_grade(fabs(ms), limits);
    rc = grade == CL_POOR ? CL_VERDICT : CL_OK;

    cl_say("\nsent %llu packets, %llu came back, %.1f %% lost\n"
           "drift %+.1f ppm (between %+.1f and %+.1f): %+.2f ms in %.1f s\n"
           "of this our own pace %+.1f ppm\n"
           "verdict: %s",
           (unsigned long long) dm->tr.sent, (unsigned long long) dm->tr.back,
           loss, round.ppm, round.low_ppm, round.high_ppm, ms, round.seconds,
           pace.ppm, cl_grade_name(grade));

    cl_event("verdict",
             json_pack("{s:s, s:i, s:s, s:I, s:I, s:f, s:f, s:f, s:f, s:f, "
                       "s:f, s:f}",
                       "test", "drift", "exit", (int) rc,
                       "verdict", cl_grade_name(grade),
                       "sent", (json_int_t) dm->tr.sent,
                       "received", (json_int_t) dm->tr.back,
                       "loss_pct", loss,
                       "seconds", round.seconds,
                       "ppm", round.ppm, "low_ppm", round.low_ppm,
                       "high_ppm", round.high_ppm, "pace_ppm", pace.ppm,
                       "drift_ms", ms));

    return rc;
}


cl_exit_t
cl_mode_drift(const cl_options_t *op)
{
    cl_exit_t         rc;
    cl_drift_mode_t  *dm;

    dm = calloc(1, sizeof(cl_drift_mode_t));
    if (dm == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_drift_init(&dm->round);
    cl_drift_init(&dm->pace);

    rc = cl_trial_run(&dm->tr, op, &cl_drift_events, dm);

    if (rc == CL_OK) {
        rc = cl_drift_report(dm);
    }

    free(dm);

    return rc;
}
