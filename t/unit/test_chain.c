/*
 * Echo cancellation, gain control, noise suppression: what each takes away,
 * and that the speech stays.
 */

#include <math.h>

#include "tap.h"
#include "../../client/chain.c"


#define SECONDS   12
#define TICKS     (SECONDS * 100)
#define SAMPLES   (TICKS * CL_TICK_SAMPLES)
#define ROOM      2400                  /* 50 ms of reverberation            */


static int16_t   near_in[SAMPLES];
static int16_t   far_in[SAMPLES];
static int16_t   out[SAMPLES];
static uint32_t  seed;


static double
uniform(void)
{
    seed = seed * 1664525u + 1013904223u;

    return (double) (seed >> 8) / (1 << 23) - 1;
}


/* Something like a voice: pulses through four formants that wander, in
 * syllables, with a pause now and then. */

static void
speech(int16_t *pcm, double pitch_hz, double peak, uint32_t start)
{
    size_t  i, k;
    double  x, y, t, env, phase, max, r, f, y1[4], y2[4];

    static double        wave[SAMPLES];
    static const double  hz[3][4] = {
        { 730, 1090, 2440, 3400 },
        { 270, 2290, 3010, 3600 },
        { 570, 840, 2410, 3300 }
    };

    seed = start;
    phase = 0;
    max = 1;
    memset(y1, 0, sizeof(y1));
    memset(y2, 0, sizeof(y2));

    for (i = 0; i < SAMPLES; i++) {
        t = (double) i / CL_RATE_HZ;
        phase += pitch_hz * (1 + 0.1 * sin(2 * t)) / CL_RATE_HZ;
        x = uniform() * 0.02;

        if (phase >= 1) {
            phase -= 1;
            x += 1;
        }

        env = sin(3.14159 * fmod(t * 4.1, 1));
        env = fmod(t, 2.3) > 1.7 ? 0 : env * env;
        y = 0;

        for (k = 0; k < 4; k++) {
            f = hz[(size_t) (t * 4.1) % 3][k] * 2 * 3.14159 / CL_RATE_HZ;
            r = 0.995 - 0.002 * (double) k;
            x = x + 2 * r * cos(f) * y1[k] - r * r * y2[k];
            y2[k] = y1[k];
            y1[k] = x;
            y += x / (1 << (2 * k));
            x = y1[k] * 0.02;
        }

        wave[i] = y * env;
        max = fmax(max, fabs(wave[i]));
    }

    for (i = 0; i < SAMPLES; i++) {
        pcm[i] = (int16_t) lrint(wave[i] / max * peak);
    }
}


/* dB of a part of it. */

static double
level(const int16_t *pcm, size_t from_s, size_t to_s)
{
    size_t  i;
    double  sum;

    sum = 1e-9;

    for (i = from_s * CL_RATE_HZ; i < to_s * CL_RATE_HZ; i++) {
        sum += (double) pcm[i] * pcm[i];
    }

    return 10 * log10(sum / ((double) (to_s - from_s) * CL_RATE_HZ))
           - 20 * log10(32768);
}


/* How alike are two of them, 0 to 1, whatever the delay (up to 60 ms)? */

static double
alike(const int16_t *a, const int16_t *b, size_t from_s, size_t to_s)
{
    size_t  i, lag;
    double  ab, aa, bb, best;

    best = 0;

    for (lag = 0; lag < 2880; lag += 6) {
        ab = 0;
        aa = 1e-9;
        bb = 1e-9;

        for (i = from_s * CL_RATE_HZ; i < to_s * CL_RATE_HZ - 2880; i += 7) {
            ab += (double) a[i] * b[i + lag];
            aa += (double) a[i] * a[i];
            bb += (double) b[i + lag] * b[i + lag];
        }

        best = fmax(best, ab / sqrt(aa * bb));
    }

    return best;
}


static int
peak(const int16_t *pcm, size_t from_s, size_t to_s)
{
    int     max;
    size_t  i;

    max = 0;

    for (i = from_s * CL_RATE_HZ; i < to_s * CL_RATE_HZ; i++) {
        max = WZP_MAX(max, pcm[i] < 0 ? -pcm[i] : pcm[i]);
    }

    return max;
}


/* Far and near through a chain; delay: told to it. */

static void
run(bool aec, bool agc, bool ns, size_t delay)
{
    size_t            i;
    int16_t           pcm[CL_TICK_SAMPLES];
    cl_chain_t       *ch;
    cl_chain_conf_t   conf;

    conf.aec = aec;
    conf.agc = agc;
    conf.ns = ns;

    ch = cl_chain_create(&conf);

    for (i = 0; i < TICKS; i++) {
        cl_chain_far(ch, far_in + i * CL_TICK_SAMPLES);
        cl_chain_delay(ch, delay);
        memcpy(pcm, near_in + i * CL_TICK_SAMPLES, sizeof(pcm));
        cl_chain_near(ch, pcm);
        memcpy(out + i * CL_TICK_SAMPLES, pcm, sizeof(pcm));
    }

    cl_chain_destroy(ch);
}


/* The far sound comes back into the microphone: a direct way and a room. */

static void
echo(size_t delay, double gain)
{
    size_t  i, k;
    double  y;

    static double  h[ROOM];

    seed = 99;

    for (k = 0; k < ROOM; k++) {
        h[k] = uniform() * exp(-(double) k / 400) * 0.1;
    }

    h[0] = 1;

    for (i = 0; i < SAMPLES; i++) {
        y = 0;

        for (k = 0; k < ROOM && k + delay <= i; k += 1 + k / 64) {
            y += h[k] * far_in[i - delay - k];
        }

        y = near_in[i] + gain * y;
        near_in[i] = (int16_t) lrint(fmax(-32768, fmin(y, 32767)));
    }
}


static void
noise(double rms)
{
    size_t  i;
    double  y;

    seed = 5;

    for (i = 0; i < SAMPLES; i++) {
        y = near_in[i] + uniform() * rms * 1.732;
        near_in[i] = (int16_t) lrint(fmax(-32768, fmin(y, 32767)));
    }
}


static void
test_off(void)
{
    speech(near_in, 120, 20000, 1);
    run(false, false, false, 0);

    ok(memcmp(near_in, out, sizeof(out)) == 0, "no step: not a bit changes");
}


static void
test_echo(size_t delay, size_t told, double least, const char *name)
{
    double  before, after;

    memset(near_in, 0, sizeof(near_in));
    speech(far_in, 190, 16000, 2);
    echo(delay, 0.4);
    noise(2);
    run(true, false, false, told);

    before = level(near_in, 6, 12);
    after = level(out, 6, 12);

    ok(before - after > least, "%s: the echo is down by %.1f dB", name,
       before - after);
}


static void
test_double_talk(void)
{
    double  a, before;

    static int16_t  own[SAMPLES];

    speech(own, 120, 12000, 3);
    memset(own, 0, 5 * CL_RATE_HZ * sizeof(int16_t));
    memcpy(near_in, own, sizeof(own));
    speech(far_in, 190, 12000, 2);
    echo(960, 0.4);
    run(true, false, false, 0);

    before = alike(own, near_in, 6, 12);
    a = alike(own, out, 6, 12);

    ok(a > 0.88, "both at once: ours stays (%.3f, was %.3f)", a, before);
    ok(fabs(level(out, 6, 12) - level(own, 6, 12)) < 4,
       "as loud as it was (%.1f dB)", level(out, 6, 12) - level(own, 6, 12));
}


static void
test_gain(double loud, const char *name)
{
    int     p;
    double  a;

    memset(far_in, 0, sizeof(far_in));
    speech(near_in, 120, loud, 1);
    run(false, true, false, 0);

    p = peak(out, 6, 12);
    a = alike(near_in, out, 6, 12);

    ok(level(out, 6, 12) > -26 && level(out, 6, 12) < -12,
       "%s: %.1f dB becomes %.1f", name, level(near_in, 6, 12),
       level(out, 6, 12));
    ok(p < 32700 && a > 0.95, "%s: nothing is clipped (%d, %.3f)", name, p, a);
}


static void
test_noise(void)
{
    double  a, before, after;

    static int16_t  clean[SAMPLES];

    speech(clean, 120, 14000, 1);
    memset(clean + 8 * CL_RATE_HZ, 0, 4 * CL_RATE_HZ * sizeof(int16_t));
    memcpy(near_in, clean, sizeof(clean));
    noise(300);
    run(false, false, true, 0);

    before = level(near_in, 9, 12);
    after = level(out, 9, 12);
    ok(before - after > 10, "noise is down by %.1f dB", before - after);

    a = alike(clean, out, 2, 8);
    ok(a > 0.9, "speech stays (%.3f)", a);
    ok(fabs(level(out, 2, 8) - level(clean, 2, 8)) < 3,
       "as loud as it was (%.1f dB)", level(out, 2, 8) - level(clean, 2, 8));
}


static void
test_all(void)
{
    speech(near_in, 120, 3000, 1);
    speech(far_in, 190, 30000, 2);
    echo(500, 0.9);
    noise(3000);
    run(true, true, true, 100000);

    ok(peak(out, 0, SECONDS) > 0, "all together: something is left");
}


int
main(void)
{
    test_off();
    test_echo(960, 0, 20, "near");
    test_echo(960 + 1440 + 480, 1440 + 480, 20, "with what lies in devices");
    test_echo(6000, 0, 20, "far, not told");
    test_double_talk();
    test_gain(800, "quiet");
    test_gain(30000, "loud");
    test_noise();
    test_all();

    return done_testing();
}
