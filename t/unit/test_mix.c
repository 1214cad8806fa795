/*
 * Mixer and limiter.
 */

#include "tap.h"
#include "wzp/wzp_mix.h"


#define N   WZP_MIX_MAX


static wzp_mix_t  mx;


static void
fill(int16_t *pcm, int16_t v)
{
    size_t  i;

    for (i = 0; i < N; i++) {
        pcm[i] = (int16_t) (i % 2 ? -v : v);
    }
}


static int
peak(const int16_t *pcm)
{
    int     max, v;
    size_t  i;

    max = 0;

    for (i = 0; i < N; i++) {
        v = pcm[i] < 0 ? -pcm[i] : pcm[i];
        max = v > max ? v : max;
    }

    return max;
}


static void
test_one(void)
{
    size_t    i, bad;
    int16_t   in[N], out[N];
    uint32_t  r, round;

    wzp_mix_init(&mx);
    wzp_mix_take(&mx, out, N);
    is_u64((uint64_t) peak(out), 0, "nobody: silence");

    bad = 0;
    r = 1;

    for (round = 0; round < 50; round++) {
        for (i = 0; i < N; i++) {
            r = r * 1664525u + 1013904223u;
            in[i] = (int16_t) (r >> 16);
        }

        in[0] = INT16_MIN;
        in[1] = INT16_MAX;

        wzp_mix_add(&mx, in, N, 1);
        wzp_mix_take(&mx, out, N);
        bad += memcmp(in, out, sizeof(in)) != 0;
    }

    is_u64(bad, 0, "one talker passes bit for bit, at any level");
}


static void
test_sum(void)
{
    size_t   i, bad;
    int16_t  a[N], b[N], out[N];

    wzp_mix_init(&mx);
    fill(a, 1000);
    fill(b, 2500);
    wzp_mix_add(&mx, a, N, 1);
    wzp_mix_add(&mx, b, N, 1);
    wzp_mix_take(&mx, out, N);

    bad = 0;

    for (i = 0; i < N; i++) {
        bad += out[i] != a[i] + b[i];
    }

    is_u64(bad, 0, "two quiet talkers: their sum");

    wzp_mix_take(&mx, out, N);
    is_u64((uint64_t) peak(out), 0, "and nothing is left of them");
}


static void
test_limit(void)
{
    int       i, blocks;
    size_t    bad;
    int16_t   loud[N], quiet[N], out[N];
    bool      clipped;

    wzp_mix_init(&mx);
    fill(loud, 30000);
    fill(quiet, 3000);

    for (i = 0; i < 8; i++) {
        wzp_mix_add(&mx, loud, N, 1);
    }

    wzp_mix_take(&mx, out, N);
    bad = 0;

    for (i = 0; i < N; i++) {
        bad += (out[i] > 0) != (loud[i] > 0);
    }

    is_u64(bad, 0, "eight loud ones do not wrap");
    ok(out[N - 1] < 0 && out[N - 1] > -WZP_MIX_LIMIT - 300,
       "after 2.5 ms the limiter has them (%d)", out[N - 1]);

    clipped = false;

    for (blocks = 0; blocks < 5; blocks++) {
        for (i = 0; i < 8; i++) {
            wzp_mix_add(&mx, loud, N, 1);
        }

        wzp_mix_take(&mx, out, N);
        clipped |= peak(out) > WZP_MIX_LIMIT + 1;
    }

    ok(!clipped, "and does not clip any more");

    wzp_mix_add(&mx, quiet, N, 1);
    wzp_mix_take(&mx, out, N);
    ok(peak(out) < 1500, "right after that one is quieter (%d)", peak(out));

    for (blocks = 0; blocks < 200; blocks++) {
        wzp_mix_add(&mx, quiet, N, 1);
        wzp_mix_take(&mx, out, N);
    }

    is_mem(out, quiet, sizeof(out), "2 s later as it was");
}


/* The gain never jumps. */

static void
test_smooth(void)
{
    int       i, k, step, worst;
    int16_t   flat[N], out[N], last;

    wzp_mix_init(&mx);

    for (i = 0; i < N; i++) {
        flat[i] = 16000;
    }

    last = 16000;
    worst = 0;

    for (k = 0; k < 40; k++) {

        wzp_mix_add(&mx, flat, N, 1);

        if (k >= 10 && k < 20) {
            wzp_mix_add(&mx, flat, N, 1);
            wzp_mix_add(&mx, flat, N, 1);
        }

        wzp_mix_take(&mx, out, N);

        for (i = 0; i < N; i++) {
            step = out[i] - last;
            step = step < 0 ? -step : step;

            /* where the talkers themselves begin and end, it may */

            if (!(i == 0 && (k == 10 || k == 20))) {
                worst = step > worst ? step : worst;
            }

            last = out[i];
        }
    }

    ok(worst < 400, "steps of the gain are small (%d)", worst);
}


int
main(void)
{
    test_one();
    test_sum();
    test_limit();
    test_smooth();

    return done_testing();
}
