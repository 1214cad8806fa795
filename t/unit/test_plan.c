/*
 * Plans of redundancy: what is chosen for which loss, burst and budget.
 */

#include "wzp/wzp_plan.h"
#include "tap.h"


static wzp_plan_t
plan(wzp_profile_id_t profile, uint32_t budget_bps, float loss, float burst,
    wzp_plan_mode_t mode)
{
    wzp_plan_t        pl;
    wzp_plan_input_t  in;

    memset(&in, 0, sizeof(in));
    in.profile = profile;
    in.budget_bps = budget_bps;
    in.loss = loss;
    in.burst = burst;
    in.mode = mode;

    wzp_plan_choose(&pl, &in);

    return pl;
}


static void
test_bounds(void)
{
    float       loss, burst;
    unsigned    i, wrong;
    uint32_t    budget;
    wzp_plan_t  pl;
    int         mode, profile;

    for (wrong = 0, profile = 0; profile <= WZP_PROFILE_DEGRADED; profile++) {
        for (mode = WZP_PLAN_AUTO; mode <= WZP_PLAN_COPY; mode++) {
            for (budget = 8000; budget <= 128000; budget += 4000) {
                for (loss = 0; loss < 1; loss += 0.02f) {
                    for (burst = 1; burst < 40; burst *= 1.7f) {
                        pl = plan((wzp_profile_id_t) profile, budget, loss,
                                  burst, (wzp_plan_mode_t) mode);

                        wrong += wzp_plan_bps(&pl) > budget;
                        wrong += pl.bitrate_bps < 6000;

                        for (i = 0; i < pl.ncopies; i++) {
                            wrong += pl.offset[i] <= (i ? pl.offset[i - 1]
                                                        : 0);
                            wrong += pl.offset[i] * 20 > WZP_PLAN_SPREAD_MS;
                        }
                    }
                }
            }
        }
    }

    is_u64(wrong, 0, "every plan keeps to budget and bounds");
}


static void
test_modes(void)
{
    int              i;
    unsigned         wrong;
    wzp_plan_mode_t  mode;

    for (wrong = 0, i = WZP_PLAN_AUTO; i <= WZP_PLAN_COPY; i++) {
        wrong += !wzp_plan_mode_by_name(
                      wzp_plan_mode_name((wzp_plan_mode_t) i), &mode)
                 || (int) mode != i;
    }

    is_u64(wrong, 0, "names and back");
    ok(!wzp_plan_mode_by_name("some", &mode), "an unknown name");
}


/* What measurements say is best for 24k within 48 kbit/s. */
static void
test_table(void)
{
    size_t      i;
    wzp_plan_t  pl;

    static const struct {
        float     loss;
        float     burst;
        bool      inband;
        unsigned  copies;
        unsigned  far;                  /* the last one, at least            */
    } rows[] = {
        { 0, 1, false, 0, 0 },
        { 0.005f, 1, false, 0, 0 },
        { 0.02f, 1, true, 0, 0 },
        { 0.1f, 1.1f, true, 0, 0 },
        { 0.2f, 1.25f, true, 1, 2 },
        { 0.3f, 1.4f, true, 2, 4 },
        { 0.1f, 3, false, 1, 5 },
        { 0.1f, 6, false, 1, 10 },
        { 0.2f, 6, false, 2, 12 },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pl = plan(WZP_PROFILE_GOOD, 48000, rows[i].loss, rows[i].burst,
                  WZP_PLAN_AUTO);

        ok(pl.inband_fec == rows[i].inband && pl.ncopies == rows[i].copies
           && (pl.ncopies == 0
               || pl.offset[pl.ncopies - 1] >= rows[i].far),
           "%.1f %%, bursts of %.1f: %u b/s, %u copies, FEC %d",
           (double) rows[i].loss * 100, (double) rows[i].burst,
           pl.bitrate_bps, pl.ncopies, (int) pl.inband_fec);
    }
}


static void
test_others(void)
{
    wzp_plan_t        pl;
    wzp_plan_input_t  in;

    pl = plan(WZP_PROFILE_GOOD, 48000, 0.2f, 1, WZP_PLAN_OFF);
    ok(pl.bitrate_bps == 24000 && pl.ncopies == 0 && !pl.inband_fec
       && pl.dred_10ms == 0, "off");
    pl = plan(WZP_PROFILE_GOOD, 48000, 0.2f, 1, WZP_PLAN_INBAND);
    ok(pl.bitrate_bps == 48000 && pl.inband_fec && pl.loss_pct == 20,
       "in-band FEC only, with all of the budget");
    pl = plan(WZP_PROFILE_GOOD, 48000, 0.2f, 1, WZP_PLAN_DRED);
    ok(pl.dred_10ms != 0 && !pl.inband_fec, "DRED only");
    pl = plan(WZP_PROFILE_GOOD, 48000, 0.2f, 1, WZP_PLAN_COPY);
    ok(pl.ncopies != 0 && !pl.inband_fec, "copies only");
    pl = plan(WZP_PROFILE_GOOD, 20000, 0, 1, WZP_PLAN_AUTO);
    is_u64(pl.bitrate_bps, 20000, "a budget below the profile's rate");

    memset(&in, 0, sizeof(in));
    in.profile = WZP_PROFILE_GOOD;
    in.unheard = true;
    wzp_plan_choose(&pl, &in);
    ok(pl.dred_10ms == 20 && pl.loss_pct == 15 && pl.bitrate_bps == 24000,
       "nobody says what he hears: DRED");

    pl = plan(WZP_PROFILE_CATASTROPHIC, 0, 0, 1, WZP_PLAN_AUTO);
    ok(!(pl.fec_ratio > 0), "Codec2: no repair without loss");
    pl = plan(WZP_PROFILE_CATASTROPHIC, 6000, 0.1f, 1, WZP_PLAN_AUTO);
    ok(pl.fec_ratio > 0.2f && pl.fec_ratio < 0.5f, "for 10 %%: %.2f",
       (double) pl.fec_ratio);
    pl = plan(WZP_PROFILE_CATASTROPHIC, 6000, 0.4f, 6, WZP_PLAN_AUTO);
    ok(pl.fec_ratio > 1.5f && pl.fec_ratio <= 2, "for 40 %%: %.2f",
       (double) pl.fec_ratio);
}


/* Copies protect as the model says: less is left with more, and farther off. */
static void
test_left(void)
{
    wzp_plan_t  pl;

    memset(&pl, 0, sizeof(pl));
    ok(wzp_plan_left(&pl, 0.1f, 1) == 0.1f, "nothing: all that is lost");

    pl.ncopies = 1;
    pl.offset[0] = 2;
    ok(wzp_plan_left(&pl, 0.1f, 1) < 0.0101f, "a copy: both are lost");
    ok(wzp_plan_left(&pl, 0.1f, 6) > 0.05f, "too near for bursts of 6");
    pl.offset[0] = 12;
    ok(wzp_plan_left(&pl, 0.1f, 6) < 0.02f, "far enough");

    wzp_plan_fill(&pl, 30000);
    is_u64(wzp_plan_bps(&pl), 30000, "filled to the bit");
    pl.fec_ratio = 0;
    ok(wzp_plan_equal(&pl, &pl), "equal to itself");
}


int
main(void)
{
    test_bounds();
    test_table();
    test_others();
    test_left();
    test_modes();

    return done_testing();
}
