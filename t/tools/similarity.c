/*
 * How much of one recording's speech is in another: finds the first in the
 * second (cross-correlation), then measures intelligibility as STOI (Taal et
 * al. 2011) and ESTOI (Jensen and Taal 2016) do: 10 kHz, frames of 256, 15
 * third-octave bands from 150 Hz, segments of 384 ms, frames where the
 * reference is silent left out.
 *
 *     similarity [--wander MS] REFERENCE.wav RECORDING.wav
 *
 * Prints one JSON line:
 *
 *   delay_ms  where the reference begins in the recording
 *   corr      normalised correlation of the waveforms there, 0..1
 *   stoi, estoi
 *   level_db  loudness of the recording against the reference
 *   active_s  seconds of the reference that count
 *   missing   share of active frames where the recording is 30 dB too quiet
 *   segsnr_db mean over active frames of the signal-to-noise ratio of each,
 *             within -10 and 35 dB
 *   lsd_db    log-spectral distance, mean over active frames; 60 dB below the
 *             loudest bin is the floor
 *
 *   delay_p95_ms, delay_max_ms
 *             with --wander: of the delays of single seconds
 *
 * --wander lets the delay move so much from one second to the next, as a
 * jitter buffer that adapts does.
 */

#include <getopt.h>
#include <math.h>
#include <sndfile.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define RATE     10000
#define FRAME    256
#define HOP      128
#define FFT      512
#define BANDS    15
#define SEGMENT  30                     /* frames: 384 ms                   */
#define PI       3.14159265358979323846


typedef struct {
    double  *x;
    size_t   n;
} signal_t;


typedef struct {
    double  re;
    double  im;
} complex_t;


static void
fail(const char *what, const char *name)
{
    fprintf(stderr, "similarity: %s: %s\n", name, what);
    exit(1);
}


static void *
grab(size_t n, size_t size)
{
    void  *p;

    p = calloc(n + 1, size);
    if (p == NULL) {
        fail("no memory", "calloc");
    }

    return p;
}


/* Radix-2, in place; n is a power of two. */

static void
fft(complex_t *a, size_t n, bool inverse)
{
    size_t     i, j, k, len;
    double     angle, re, im;
    complex_t  t, w;

    for (i = 1, j = 0; i < n; i++) {
        for (k = n >> 1; j & k; k >>= 1) {
            j ^= k;
        }
        j ^= k;

        if (i < j) {
            t = a[i];
            a[i] = a[j];
            a[j] = t;
        }
    }

    for (len = 2; len <= n; len <<= 1) {
        angle = (inverse ? 2 : -2) * PI / (double) len;

        for (k = 0; k < len / 2; k++) {
            w.re = cos(angle * (double) k);
            w.im = sin(angle * (double) k);

            for (i = k; i < n; i += len) {
                j = i + len / 2;
                re = a[j].re * w.re - a[j].im * w.im;
                im = a[j].re * w.im + a[j].im * w.re;
                a[j].re = a[i].re - re;
                a[j].im = a[i].im - im;
                a[i].re += re;
                a[i].im += im;
            }
        }
    }
}


/* Windowed-sinc interpolation down to 10 kHz. */

static signal_t
resample(const double *in, size_t n, int rate)
{
    long      i, first, last;
    double    t, d, acc, cut, half;
    size_t    k;
    signal_t  s;

    cut = rate > RATE ? (double) RATE / rate * 0.95 : 0.95;
    half = 16 / cut;

    s.n = (size_t) ((double) n * RATE / rate);
    s.x = grab(s.n, sizeof(double));

    if (rate == RATE) {
        memcpy(s.x, in, n * sizeof(double));
        return s;
    }

    for (k = 0; k < s.n; k++) {
        t = (double) k * rate / RATE;
        first = (long) ceil(t - half);
        last = (long) floor(t + half);
        acc = 0;

        for (i = first < 0 ? 0 : first; i <= last && i < (long) n; i++) {
            d = t - (double) i;
            acc += in[i] * (d == 0 ? cut
                            : sin(PI * cut * d) / (PI * d)
                              * (0.5 + 0.5 * cos(PI * d / half)));
        }

        s.x[k] = acc;
    }

    return s;
}


static signal_t
load(const char *name)
{
    int         c;
    double     *mono, *all;
    size_t      i, n;
    SF_INFO     info;
    SNDFILE    *sf;
    signal_t    s;
    sf_count_t  got;

    memset(&info, 0, sizeof(info));

    sf = sf_open(name, SFM_READ, &info);
    if (sf == NULL) {
        fail(sf_strerror(NULL), name);
    }

    if (info.frames <= 0 || info.channels <= 0) {
        fail("empty", name);
    }

    n = (size_t) info.frames;
    all = grab(n * (size_t) info.channels, sizeof(double));
    mono = grab(n, sizeof(double));

    got = sf_readf_double(sf, all, info.frames);
    sf_close(sf);

    for (i = 0; i < (size_t) got; i++) {
        for (c = 0; c < info.channels; c++) {
            mono[i] += all[i * (size_t) info.channels + (size_t) c]
                       / info.channels;
        }
    }

    s = resample(mono, (size_t) got, info.samplerate);

    free(all);
    free(mono);

    return s;
}


static double
at(const signal_t *s, long i)
{
    return i < 0 || i >= (long) s->n ? 0 : s->x[i];
}


/* Normalised correlation of r[from, to) with d, shifted by lag. */

static double
correlate(const signal_t *r, const signal_t *d, long from, long to, long lag)
{
    long    i;
    double  a, b, xy, xx, yy;

    xy = xx = yy = 0;

    for (i = from; i < to; i++) {
        a = at(r, i);
        b = at(d, i + lag);
        xy += a * b;
        xx += a * a;
        yy += b * b;
    }

    return xx <= 0 || yy <= 0 ? 0 : xy / sqrt(xx * yy);
}


/* The lag, in samples, where the reference fits the recording best. */

static long
find(const signal_t *r, const signal_t *d)
{
    size_t      i, n, best;
    double      re, im;
    complex_t  *a, *b;

    for (n = 1; n < r->n + d->n; n <<= 1) { /* void */ }

    a = grab(n, sizeof(complex_t));
    b = grab(n, sizeof(complex_t));

    for (i = 0; i < r->n; i++) {
        a[i].re = r->x[i];
    }

    for (i = 0; i < d->n; i++) {
        b[i].re = d->x[i];
    }

    fft(a, n, false);
    fft(b, n, false);

    for (i = 0; i < n; i++) {
        re = b[i].re * a[i].re + b[i].im * a[i].im;
        im = b[i].im * a[i].re - b[i].re * a[i].im;
        a[i].re = re;
        a[i].im = im;
    }

    fft(a, n, true);

    for (i = 1, best = 0; i < n; i++) {
        if (fabs(a[i].re) > fabs(a[best].re)) {
            best = i;
        }
    }

    free(a);
    free(b);

    return best > d->n ? (long) best - (long) n : (long) best;
}


/* Third-octave band amplitudes of one frame; returns its energy. */

static double
bands(const signal_t *s, long from, double out[BANDS])
{
    int        b;
    double     sum, lo, hi, x, energy;
    size_t     i, k0, k1;
    complex_t  a[FFT];

    memset(a, 0, sizeof(a));
    energy = 0;

    for (i = 0; i < FRAME; i++) {
        x = at(s, from + (long) i)
            * (0.5 - 0.5 * cos(2 * PI * (double) (i + 1) / (FRAME + 1)));
        a[i].re = x;
        energy += x * x;
    }

    fft(a, FFT, false);

    for (b = 0; b < BANDS; b++) {
        lo = 150 * pow(2, (b - 0.5) / 3);
        hi = 150 * pow(2, (b + 0.5) / 3);
        k0 = (size_t) lround(lo * FFT / RATE);
        k1 = (size_t) lround(hi * FFT / RATE);

        for (sum = 0, i = k0; i < k1 && i < FFT / 2; i++) {
            sum += a[i].re * a[i].re + a[i].im * a[i].im;
        }

        out[b] = sqrt(sum);
    }

    return energy;
}


/* Zero mean, unit norm. */

static void
normalise(double *v, int n, int stride)
{
    int     i;
    double  mean, norm;

    for (mean = 0, i = 0; i < n; i++) {
        mean += v[i * stride] / n;
    }

    for (norm = 0, i = 0; i < n; i++) {
        v[i * stride] -= mean;
        norm += v[i * stride] * v[i * stride];
    }

    norm = sqrt(norm) + 1e-12;

    for (i = 0; i < n; i++) {
        v[i * stride] /= norm;
    }
}


static double
dot(const double *a, const double *b, int n)
{
    int     i;
    double  sum;

    for (sum = 0, i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }

    return sum;
}


/* One segment, x and y as [band][frame]. */

static void
segment(const double (*fx)[BANDS], const double (*fy)[BANDS], double *stoi,
    double *estoi)
{
    int     b, i;
    double  x[BANDS][SEGMENT], y[BANDS][SEGMENT], z[SEGMENT];
    double  scale, clip, nx, ny;

    *stoi = 0;

    for (b = 0; b < BANDS; b++) {

        for (nx = ny = 0, i = 0; i < SEGMENT; i++) {
            x[b][i] = fx[i][b];
            y[b][i] = fy[i][b];
            nx += x[b][i] * x[b][i];
            ny += y[b][i] * y[b][i];
        }

        scale = sqrt(nx / (ny + 1e-20));
        clip = 1 + pow(10, 15.0 / 20);

        for (i = 0; i < SEGMENT; i++) {
            z[i] = fmin(y[b][i] * scale, x[b][i] * clip);
        }

        normalise(x[b], SEGMENT, 1);
        normalise(y[b], SEGMENT, 1);
        normalise(z, SEGMENT, 1);

        *stoi += dot(x[b], z, SEGMENT) / BANDS;
    }

    for (i = 0; i < SEGMENT; i++) {
        normalise(&x[0][i], BANDS, SEGMENT);
        normalise(&y[0][i], BANDS, SEGMENT);
    }

    *estoi = dot(&x[0][0], &y[0][0], BANDS * SEGMENT) / SEGMENT;
}


/* Ratio of the frame to what the other differs from it, in dB. */

static double
frame_snr(const signal_t *r, long from, const signal_t *d, long other)
{
    long    i;
    double  x, y, signal, noise;

    signal = noise = 1e-12;

    for (i = 0; i < FRAME; i++) {
        x = at(r, from + i);
        y = at(d, other + i);
        signal += x * x;
        noise += (x - y) * (x - y);
    }

    return fmax(-10, fmin(35, 10 * log10(signal / noise)));
}


/* Power of each bin of one frame; returns the largest. */

static double
spectrum(const signal_t *s, long from, double out[FFT / 2])
{
    double     max;
    size_t     i;
    complex_t  a[FFT];

    memset(a, 0, sizeof(a));

    for (i = 0; i < FRAME; i++) {
        a[i].re = at(s, from + (long) i)
            * (0.5 - 0.5 * cos(2 * PI * (double) (i + 1) / (FRAME + 1)));
    }

    fft(a, FFT, false);

    for (max = 0, i = 0; i < FFT / 2; i++) {
        out[i] = a[i].re * a[i].re + a[i].im * a[i].im;
        max = fmax(max, out[i]);
    }

    return max;
}


static double
frame_lsd(const signal_t *r, long from, const signal_t *d, long other)
{
    double  x[FFT / 2], y[FFT / 2], floor_, db, sum;
    size_t  i;

    floor_ = spectrum(r, from, x) * 1e-6 + 1e-20;
    (void) spectrum(d, other, y);

    for (sum = 0, i = 1; i < FFT / 2; i++) {
        db = 10 * log10(fmax(x[i], floor_) / fmax(y[i], floor_));
        sum += db * db;
    }

    return sqrt(sum / (FFT / 2 - 1));
}


/* Where the second that begins at sample i lies, near the lag before. */

static long
follow(const signal_t *r, const signal_t *d, long i, long lag, long wander)
{
    long    k, best;
    double  c, top;

    best = lag;
    top = 0.3;                          /* below: nothing to hold on to     */

    for (k = -wander; k <= wander; k += 2) {
        c = fabs(correlate(r, d, i, i + RATE, lag + k));
        if (c > top) {
            top = c;
            best = lag + k;
        }
    }

    return best;
}


static int
ascending(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* Of n values, that which so large a share of them does not exceed. */

static double
quantile(double *v, size_t n, double share)
{
    if (n == 0) {
        return 0;
    }

    qsort(v, n, sizeof(double), ascending);

    return v[(size_t) ceil((double) n * share) - 1];
}


static void
judge(const signal_t *r, const signal_t *d, long lag, long wander)
{
    long     at0, here;
    double  *energy, (*fx)[BANDS], (*fy)[BANDS], max, ex, ey, s, e, stoi,
             estoi, snr, lsd, *delays;
    size_t   i, n, kept, missing, segments, ndelays;

    n = r->n < FRAME ? 0 : (r->n - FRAME) / HOP + 1;
    fx = grab(n, sizeof(*fx));
    fy = grab(n, sizeof(*fy));
    energy = grab(n, sizeof(double));
    delays = grab(n, sizeof(double));
    ndelays = 0;

    for (max = 0, i = 0; i < n; i++) {
        energy[i] = bands(r, (long) (i * HOP), fx[i]);
        max = fmax(max, energy[i]);
    }

    ex = ey = snr = lsd = 0;
    here = lag;

    for (i = kept = missing = 0; i < n; i++) {
        at0 = (long) (i * HOP);

        if (wander > 0 && i % (RATE / HOP) == 0) {
            here = follow(r, d, at0, here, wander);

            if (correlate(r, d, at0, at0 + RATE, here) > 0.5) {
                delays[ndelays++] = (double) here * 1000 / RATE;
            }
        }

        if (energy[i] < max * 1e-4) {
            continue;
        }

        memmove(fx[kept], fx[i], sizeof(*fx));
        s = bands(d, at0 + here, fy[kept]);
        kept++;

        ex += energy[i];
        ey += s;
        snr += frame_snr(r, at0, d, at0 + here);
        lsd += frame_lsd(r, at0, d, at0 + here);

        if (s < energy[i] * 1e-3) {
            missing++;
        }
    }

    stoi = estoi = 0;

    for (segments = 0; segments + SEGMENT <= kept; segments++) {
        segment((const double (*)[BANDS]) &fx[segments],
                (const double (*)[BANDS]) &fy[segments], &s, &e);
        stoi += s;
        estoi += e;
    }

    if (segments == 0) {
        fail("too short, or silent", "reference");
    }

    printf("{\"delay_ms\":%.1f,\"corr\":%.4f,\"stoi\":%.4f,\"estoi\":%.4f,"
           "\"level_db\":%.1f,\"active_s\":%.2f,\"missing\":%.4f,"
           "\"segsnr_db\":%.2f,\"lsd_db\":%.2f,"
           "\"delay_p95_ms\":%.1f,\"delay_max_ms\":%.1f}\n",
           (double) lag * 1000 / RATE,
           fabs(correlate(r, d, 0, (long) r->n, lag)),
           stoi / (double) segments, estoi / (double) segments,
           10 * log10((ey + 1e-20) / ex), (double) (kept * HOP) / RATE,
           (double) missing / (double) kept, snr / (double) kept,
           lsd / (double) kept, quantile(delays, ndelays, 0.95),
           quantile(delays, ndelays, 1));

    free(fx);
    free(fy);
    free(energy);
    free(delays);
}


int
main(int argc, char **argv)
{
    int       c;
    long      wander;
    signal_t  r, d;

    static const struct option  options[] = {
        { "wander", required_argument, NULL, 'w' },
        { NULL, 0, NULL, 0 }
    };

    wander = 0;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c != 'w') {
            return 2;
        }

        wander = atol(optarg) * RATE / 1000;
    }

    if (argc - optind != 2) {
        fprintf(stderr,
                "usage: similarity [--wander MS] REFERENCE RECORDING\n");
        return 2;
    }

    r = load(argv[optind]);
    d = load(argv[optind + 1]);

    judge(&r, &d, find(&r, &d), wander);

    free(r.x);
    free(d.x);

    return 0;
}
