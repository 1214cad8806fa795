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


/* The block that has just been put in comes out in two parts. */

static void
take(int16_t *out)
{
    int16_t         now[N];

    static int16_t  before[N];

    wzp_mix_take(&mx, now, N);
    memcpy(out, before + WZP_MIX_DELAY,
           (N - WZP_MIX_DELAY) * sizeof(int16_t));
    memcpy(out + N - WZP_MIX_DELAY, now, WZP_MIX_DELAY * sizeof(int16_t));
    memcpy(before, now, sizeof(before));
}


static void
test_one(void)
{
    size_t    i, bad;
    int16_t   in[N], last[N], out[N];
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
        take(out);
        bad += round > 0 && memcmp(last, out, sizeof(in)) != 0;
        memcpy(last, in, sizeof(in));
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
    wzp_mix_add(&mx, b, N, 2);
    take(out);
    take(out);

    bad = 0;

    for (i = 0; i < N; i++) {
        bad += out[i] != a[i] + 2 * b[i];
    }

    is_u64(bad, 0, "two talkers: their sum, one of them twice as loud");

    take(out);
    is_u64((uint64_t) peak(out), 0, "and nothing is left of them");
}


/* Eight loud ones begin at once. */

static void
test_limit(void)
{
    int       i, blocks, worst;
    size_t    k, bad;
    int16_t   loud[N], quiet[N], out[N];

    wzp_mix_init(&mx);
    fill(loud, 30000);
    fill(quiet, 3000);
    bad = 0;
    worst = 0;

    for (blocks = 0; blocks < 6; blocks++) {
        for (i = 0; i < 8; i++) {
            wzp_mix_add(&mx, loud, N, 1);
        }

        take(out);
        worst = blocks ? WZP_MAX(worst, peak(out)) : 0;

        for (k = 0; k < N; k++) {
            bad += blocks && (out[k] > 0) != (loud[k] > 0);
        }
    }

    is_u64(bad, 0, "eight loud ones do not wrap");
    ok(worst < 32767, "and do not clip, from the first sample on (%d)", worst);
    ok(worst > 31000, "but are as loud as they can be");

    wzp_mix_add(&mx, quiet, N, 1);
    take(out);
    wzp_mix_add(&mx, quiet, N, 1);
    take(out);
    ok(peak(out) < 1500, "right after that one is quieter (%d)", peak(out));

    for (blocks = 0; blocks < 200; blocks++) {
        wzp_mix_add(&mx, quiet, N, 1);
        take(out);
    }

    is_mem(out, quiet, sizeof(out), "2 s later as it was");
}


/* Any sums: nothing is clipped; how far from a plain gain. */

static void
test_many(void)
{
    int       i, k, clipped, round;
    int16_t   pcm[N], out[N];
    uint32_t  r;

    wzp_mix_init(&mx);
    r = 3;
    clipped = 0;

    for (round = 0; round < 2000; round++) {
        r = r * 1664525u + 1013904223u;

        for (i = (int) (r >> 8) % 12; i >= 0; i--) {

            for (k = 0; k < N; k++) {
                r = r * 1664525u + 1013904223u;
                pcm[k] = (int16_t) (((int) (r >> 16) - 32768)
                                    / (1 + (round / 7 + i) % 5));
            }

            wzp_mix_add(&mx, pcm, N, 1 + (float) (round % 3));
        }

        wzp_mix_take(&mx, out, N);

        for (k = 0; k < N; k++) {
            clipped += out[k] == INT16_MAX || out[k] == INT16_MIN;
        }
    }

    ok(clipped < 10, "a crowd of any size is not clipped (%d)", clipped);
}


/* The level of one talker does not move with another's voice, unless both
 * together are too loud. */

static void
test_pumping(void)
{
    int      i, k;
    float    least, most;
    int16_t  a[N], b[N], out[N];

    wzp_mix_init(&mx);
    least = 40000;
    most = 0;

    for (k = 0; k < 100; k++) {

        for (i = 0; i < N; i++) {
            a[i] = 20000;
            b[i] = (int16_t) ((k * N + i) % 400 < 4 ? 30000 : 0);
        }

        wzp_mix_add(&mx, a, N, 1);
        wzp_mix_add(&mx, b, N, 1);
        wzp_mix_take(&mx, out, N);

        for (i = 0; i < N && k > 10; i++) {
            if (out[i] < 25000) {
                least = WZP_MIN(least, (float) out[i]);
                most = WZP_MAX(most, (float) out[i]);
            }
        }
    }

    ok(most / least < 1.03f, "peaks of 120 Hz: the gain stays between them "
       "(%.3f)", (double) (most / least));
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

    last = 0;
    worst = 0;

    for (k = 0; k < 40; k++) {

        wzp_mix_add(&mx, flat, N, 1);

        if (k >= 10 && k < 20) {
            wzp_mix_add(&mx, flat, N, 1);
            wzp_mix_add(&mx, flat, N, 1);
        }

        take(out);

        for (i = 0; i < N; i++) {
            step = out[i] - last;
            step = step < 0 ? -step : step;

            /* where the talkers themselves begin and end, it may */

            if (k > 0 && !(i == 0 && (k == 1 || k == 11 || k == 21))) {
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
    test_many();
    test_pumping();
    test_smooth();

    return done_testing();
}
