/*
 * Clock drift out of arrival times, through jitter, loss and delays that
 * change for good.
 */

#include <math.h>

#include "tap.h"
#include "../../client/drift.c"


static cl_drift_t         dr;
static cl_drift_result_t  rs;
static uint32_t           seed;


static double
uniform(void)
{
    seed = seed * 1664525u + 1013904223u;

    return (double) (seed >> 8) / (1 << 24);
}


/* Packets each 20 ms, the arrival clock off by ppm; jitter falls off fast, as
 * queues do. */

static void
run(double seconds, double ppm, double jitter_ms, double loss)
{
    double    t, arrived;
    uint64_t  i;

    seed = 7;
    cl_drift_init(&dr);

    for (i = 0; (double) i * 0.02 < seconds; i++) {
        t = (double) i * 0.02;

        if (uniform() < loss) {
            continue;
        }

        arrived = 1000 + t * (1 + ppm / 1e6) + 0.03
                  - log(1 - uniform()) * jitter_ms / 1000;

        cl_drift_put(&dr, 5 * WZP_SEC + i * 20 * WZP_MS,
                     (uint64_t) (arrived * 1e9));
    }

    cl_drift_result(&dr, &rs);
}


static void
test_exact(void)
{
    run(60, 100, 0, 0);
    ok(rs.known && fabs(rs.ppm - 100) < 0.1, "100 ppm: %.3f", rs.ppm);
    ok(fabs(rs.seconds - 59.98) < 0.01, "over %.2f s", rs.seconds);

    run(60, -37, 0, 0);
    ok(fabs(rs.ppm + 37) < 0.1, "-37 ppm: %.3f", rs.ppm);

    run(10, 0, 0, 0);
    ok(fabs(rs.ppm) < 0.1, "none: %.3f", rs.ppm);
}


static void
test_jitter(void)
{
    run(60, 100, 10, 0.2);
    ok(fabs(rs.ppm - 100) < 20, "10 ms of jitter, a fifth lost: %.1f",
       rs.ppm);
    ok(rs.low_ppm < 100 && rs.high_ppm > 100, "%.0f to %.0f", rs.low_ppm,
       rs.high_ppm);

    run(1000, 20, 10, 0.2);
    ok(fabs(rs.ppm - 20) < 2, "for longer: %.2f", rs.ppm);
}


/* A fifth of the packets is half a second late: no matter. */

static void
test_outliers(void)
{
    uint64_t  i, late;

    seed = 3;
    cl_drift_init(&dr);

    for (i = 0; i < 3000; i++) {
        late = uniform() < 0.2 ? 500 * WZP_MS : 0;
        cl_drift_put(&dr, i * 20 * WZP_MS, i * 20 * WZP_MS + i * 1000 + late);
    }

    cl_drift_result(&dr, &rs);
    ok(fabs(rs.ppm - 50) < 0.5, "outliers: %.2f", rs.ppm);
}


static void
test_little(void)
{
    cl_drift_init(&dr);
    cl_drift_result(&dr, &rs);
    ok(!rs.known, "nothing");

    cl_drift_put(&dr, WZP_SEC, WZP_SEC);
    cl_drift_put(&dr, 0, 0);
    cl_drift_result(&dr, &rs);
    ok(!rs.known && dr.packets == 1, "one packet, and one before it");

    /* The far ends of what can come. */

    cl_drift_put(&dr, UINT64_MAX, 0);
    cl_drift_put(&dr, UINT64_MAX, UINT64_MAX);
    cl_drift_result(&dr, &rs);
    ok(!rs.known, "two, a life apart");

    run(86400, 3, 5, 0);
    ok(fabs(rs.ppm - 3) < 0.1, "a day: %.3f", rs.ppm);
}


int
main(void)
{
    test_exact();
    test_jitter();
    test_outliers();
    test_little();

    return done_testing();
}
