/*
 * Time stretching: pitch stays, nothing clicks, noise is left alone, silence is
 * not.
 */

#include <math.h>

#include "tap.h"
#include "wzp/wzp_stretch.h"


#define PI      3.14159265358979
#define FRAME   960
#define N       (48000 * 3)


static int16_t   in[N], out[2 * N];
static unsigned  done;                  /* times                             */


/* Frame by frame, each one that lets itself be stretched. */

static size_t
stretch(size_t frame, bool longer, float alike)
{
    size_t   i, n, k;
    int16_t  pcm[5760 + WZP_STRETCH_MAX];

    done = 0;
    n = 0;

    for (i = 0; i + frame <= N; i += frame) {
        memcpy(pcm, in + i, frame * sizeof(int16_t));

        k = longer ? wzp_stretch_lengthen(pcm, frame, alike)
                   : wzp_stretch_shorten(pcm, frame, 720, alike);
        done += k > 0;

        k = longer ? frame + k : frame - k;
        memcpy(out + n, pcm, k * sizeof(int16_t));
        n += k;
    }

    return n;
}


static int
worst_step(const int16_t *pcm, size_t n)
{
    int     d, worst;
    size_t  i;

    worst = 0;

    for (i = 1; i < n; i++) {
        d = pcm[i] - pcm[i - 1];
        d = d < 0 ? -d : d;
        worst = d > worst ? d : worst;
    }

    return worst;
}


/* Zero crossings upward, per second. */

static double
pitch(const int16_t *pcm, size_t n)
{
    size_t    i;
    unsigned  k;

    k = 0;

    for (i = 1; i < n; i++) {
        k += pcm[i - 1] < 0 && pcm[i] >= 0;
    }

    return k * 48000.0 / (double) n;
}


static double
level(const int16_t *pcm, size_t n)
{
    double  sum;
    size_t  i;

    sum = 0;

    for (i = 0; i < n; i++) {
        sum += (double) pcm[i] * pcm[i];
    }

    return sqrt(sum / (double) n);
}


static void
test_tone(double hz, size_t frame)
{
    int     longer;
    size_t  i, n;

    for (i = 0; i < N; i++) {
        in[i] = (int16_t) (8000 * sin(2 * PI * hz * (double) i / 48000));
    }

    for (longer = 0; longer < 2; longer++) {
        n = stretch(frame, longer, WZP_STRETCH_CAREFUL);

        ok(done > N / frame / 2, "%.0f Hz, frames of %u ms: %u of %u %s", hz,
           (unsigned) frame / 48, done, (unsigned) (N / frame),
           longer ? "longer" : "shorter");
        ok(longer ? n > N * 10 / 9 : n < N * 9 / 10, "%.2f s instead of %.2f",
           (double) n / 48000, N / 48000.0);
        ok(fabs(pitch(out, n) - hz) < hz / 200 + 1, "pitch stays: %.1f Hz",
           pitch(out, n));
        ok(worst_step(out, n) < worst_step(in, N) * 12 / 10 + 20,
           "no click: steps of %d, %d before", worst_step(out, n),
           worst_step(in, N));
        ok(fabs(level(out, n) / level(in, N) - 1) < 0.05, "as loud");
    }
}


/* A voice: pulses of 120 Hz that vary, through two resonances. */

static void
speak(void)
{
    double  f0, phase, a1, a2, y1, y2, y3, y4, x, y, z;
    size_t  i;

    phase = 0;
    y1 = y2 = y3 = y4 = 0;
    a1 = 2 * 0.985 * cos(2 * PI * 600 / 48000);
    a2 = 2 * 0.98 * cos(2 * PI * 1700 / 48000);

    for (i = 0; i < N; i++) {
        f0 = 120 + 25 * sin(2 * PI * 1.3 * (double) i / 48000);
        phase += f0 / 48000;
        x = 0;

        if (phase >= 1) {
            phase -= 1;
            x = 800;
        }

        y = x + a1 * y1 - 0.985 * 0.985 * y2;
        y2 = y1;
        y1 = y;
        z = y + a2 * y3 - 0.98 * 0.98 * y4;
        y4 = y3;
        y3 = z;
        in[i] = (int16_t) (z > 30000 ? 30000 : z < -30000 ? -30000 : z);
    }
}


static void
test_voice(void)
{
    int     longer;
    size_t  n;

    speak();

    for (longer = 0; longer < 2; longer++) {
        n = stretch(FRAME, longer, WZP_STRETCH_CAREFUL);
        ok(done > N / FRAME / 2, "a voice: %u of %u frames %s", done,
           N / FRAME, longer ? "longer" : "shorter");
        ok(worst_step(out, n) < worst_step(in, N) * 13 / 10,
           "no click: steps of %d, %d before", worst_step(out, n),
           worst_step(in, N));
        ok(fabs(level(out, n) / level(in, N) - 1) < 0.1, "as loud");
    }
}


static void
test_noise(void)
{
    size_t    i, n;
    uint32_t  r;

    r = 1;

    for (i = 0; i < N; i++) {
        r = r * 1664525u + 1013904223u;
        in[i] = (int16_t) ((int) (r >> 16) % 8001 - 4000);
    }

    (void) stretch(FRAME, false, WZP_STRETCH_CAREFUL);
    is_u64(done, 0, "noise is left alone");
    (void) stretch(FRAME, true, WZP_STRETCH_HASTY);
    is_u64(done, 0, "in a hurry as well");

    for (i = 0; i < N; i++) {
        in[i] = (int16_t) (in[i] / 40);
    }

    n = stretch(FRAME, false, WZP_STRETCH_CAREFUL);
    is_u64(done, N / FRAME, "when it is soft, every frame");
    is_u64(n, N / 2, "gives half of itself");
    n = stretch(FRAME, true, WZP_STRETCH_CAREFUL);
    is_u64(n, N * 3 / 2, "or takes as much");
    ok(fabs(level(out, n) / level(in, N) - 1) < 0.2, "as soft");
}


/* Any length of frame and any wish stays within bounds. */

static void
test_bounds(void)
{
    size_t    i, n, most, k, bad;
    int16_t   pcm[5760 + WZP_STRETCH_MAX + 1];
    uint32_t  r;

    speak();
    r = 7;
    bad = 0;

    for (i = 0; i < 3000; i++) {
        r = r * 1664525u + 1013904223u;
        n = (r >> 8) % 5761;
        most = (r >> 12) % 2000;
        memcpy(pcm, in + i * 20, n * sizeof(int16_t));
        pcm[n + WZP_STRETCH_MAX] = 4711;

        k = i % 2 ? wzp_stretch_lengthen(pcm, n, 0.5f)
                  : wzp_stretch_shorten(pcm, n, most, 0.5f);

        bad += k > WZP_STRETCH_MAX || k > n || (i % 2 == 0 && k > most)
               || pcm[n + WZP_STRETCH_MAX] != 4711;
    }

    is_u64(bad, 0, "within bounds");
}


int
main(void)
{
    test_tone(440, FRAME);
    test_tone(110, FRAME);
    test_tone(200, 1920);
    test_tone(300, 480);
    test_voice();
    test_noise();
    test_bounds();

    return done_testing();
}
