/*
 * The judge of the test tone: what is done to the tone is what it says.
 */

#include "tap.h"
#include "../../client/tone.c"


#define SECONDS  10
#define N        (SECONDS * CL_RATE_HZ)


static int16_t           wave[N];
static cl_tone_t         tn;
static cl_tone_result_t  rs;
static double            marks[16];
static size_t            nmarks;
static uint32_t          seed;


static double
noise(void)
{
    seed = seed * 1664525u + 1013904223u;

    return (double) (seed >> 8) / (1 << 23) - 1;
}


static void
on_mark(void *ctx, double at)
{
    (void) ctx;

    if (nmarks < WZP_ARRAY_LEN(marks)) {
        marks[nmarks] = at;
    }

    nmarks++;
}


/* Begin anew with `lead` samples of silence, and noise of this amplitude. */

static void
make(size_t lead, double amplitude)
{
    double  v;
    size_t  i, at;

    for (i = 0; i < N; i++) {
        at = i - lead;
        v = 0;

        if (i >= lead) {
            v = 16000 * sin(cl_tone_phase(at % CL_TONE_PERIOD))
                * (at / CL_TONE_MARK % 2 != 0 ? -1 : 1);
        }

        wave[i] = (int16_t) lrint(v + amplitude * noise());
    }
}


static void
judge(size_t tick)
{
    size_t  i;

    nmarks = 0;
    cl_tone_init(&tn, on_mark, NULL);

    for (i = 0; i < N; i += tick) {
        cl_tone_put(&tn, wave + i, WZP_MIN(tick, N - i));
    }

    cl_tone_result(&tn, &rs);
}


static double
marks_off(double lead)
{
    double  off, worst;
    size_t  i;

    worst = nmarks == SECONDS - 1 ? 0 : 1e9;

    for (i = 0; i < nmarks; i++) {
        off = fabs(marks[i] - lead - (double) ((i + 1) * CL_TONE_MARK));
        worst = WZP_MAX(worst, off);
    }

    return worst;
}


static void
test_clean(void)
{
    make(0, 0);
    judge(CL_TICK_SAMPLES);

    ok(rs.snr_db > 80, "the tone itself: %.1f dB", rs.snr_db);
    ok(rs.corr > 0.9999, "correlation %.5f", rs.corr);
    ok(rs.peak == 16000, "peak %d", rs.peak);
    ok(rs.silent == 0, "nothing is silent");
    ok(marks_off(0) < 40, "each mark is found, off by %.0f", marks_off(0));

    cl_tone_result(&tn, &rs);
    ok(rs.blocks == 0 && rs.peak == 0, "a result begins anew");
}


static void
test_delay(void)
{
    size_t  lead;
    double  off, corr, worst;

    worst = 0;
    corr = 1;

    for (lead = 1; lead < 5000; lead += 431) {
        make(lead, 0);
        judge(333);
        off = marks_off((double) lead);
        worst = WZP_MAX(worst, off);
        corr = WZP_MIN(corr, rs.corr);
    }

    ok(corr > 0.9999, "a delay is no error: %.5f", corr);
    ok(worst < 60, "marks move with it, off by %.0f", worst);
    ok(cl_tone_heard(&tn) <= N - lead + 431 + 2
       && cl_tone_heard(&tn) >= N - lead, "what is before does not count");
}


static void
test_noise(void)
{
    double  want;

    /* power 16000^2 / 2 against amplitude^2 / 3 */

    make(0, 2000);
    judge(CL_TICK_SAMPLES);
    want = 10 * log10(16000.0 * 16000 / 2 / (2000.0 * 2000 / 3));
    ok(fabs(rs.snr_db - want) < 0.5, "noise: %.1f dB of %.1f", rs.snr_db,
       want);
    ok(marks_off(0) < 100, "marks in noise, off by %.0f", marks_off(0));

    make(0, 9000);
    judge(CL_TICK_SAMPLES);
    ok(rs.corr < 0.95 && rs.corr > 0.8, "much noise: %.3f", rs.corr);
}


static void
test_holes(void)
{
    size_t  i;

    make(0, 0);

    for (i = 0; i < N; i++) {
        if (i / 960 % 10 == 9) {
            wave[i] = 0;
        }
    }

    judge(CL_TICK_SAMPLES);
    ok(rs.corr < 0.97 && rs.corr > 0.9, "a hole in ten: %.3f", rs.corr);
    ok(rs.snr_db < 15, "and %.1f dB", rs.snr_db);

    make(0, 0);
    memset(wave + N / 2, 0, N / 2 * sizeof(int16_t));
    judge(CL_TICK_SAMPLES);
    ok(rs.silent >= rs.blocks / 2 - 2 && rs.silent <= rs.blocks / 2 + 4,
       "half of it is silent: %zu of %zu", rs.silent, rs.blocks);
    ok(rs.corr < 0.75, "%.3f", rs.corr);
}


/* The phase jumps where something was guessed: no mark. */

static void
test_jumps(void)
{
    size_t  i;

    make(0, 0);

    for (i = 0; i < N; i++) {
        if (i / 1200 % 13 == 7 && i / 1200 % 40 > 3 && i / 1200 % 40 < 36) {
            wave[i] = (int16_t) -wave[i];
        }
    }

    judge(CL_TICK_SAMPLES);

    for (i = 0; i < nmarks; i++) {
        if (fmod(marks[i] + 60, CL_TONE_MARK) > 120) {
            break;
        }
    }

    ok(i == nmarks && nmarks == SECONDS - 1,
       "jumps are no marks, %zu marks are left", nmarks);
}


static void
test_nothing(void)
{
    memset(wave, 0, sizeof(wave));
    judge(CL_TICK_SAMPLES);
    ok(rs.blocks == 0 && rs.corr <= 0 && cl_tone_heard(&tn) == 0,
       "silence is nothing");

    make(0, 20000);
    memset(wave, 0, sizeof(wave));
    nmarks = 0;
    cl_tone_init(&tn, on_mark, NULL);

    for (seed = 1; seed < 10; seed++) {
        int16_t   full[1000];
        size_t    i;
        uint32_t  keep;

        keep = seed;

        for (i = 0; i < 1000; i++) {
            full[i] = (int16_t) (noise() > 0 ? 32767 : -32768);
        }

        cl_tone_put(&tn, full, 1000);
        seed = keep;
    }

    cl_tone_result(&tn, &rs);
    ok(rs.peak == 32768 && rs.corr < 0.5, "the loudest noise: %.3f", rs.corr);
}


int
main(void)
{
    seed = 1;

    test_clean();
    test_delay();
    test_noise();
    test_holes();
    test_jumps();
    test_nothing();

    return done_testing();
}
