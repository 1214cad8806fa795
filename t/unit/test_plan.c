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


int
main(void)
{
    test_bounds();
    test_modes();

    return done_testing();
}
