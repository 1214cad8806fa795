/*
 * Sound files of the client: any rate and number of channels in, 48 kHz mono
 * out, and what it says about files that are none.
 */

#include <math.h>
#include <stdarg.h>
#include <unistd.h>

#include "tap.h"
#include "../../client/wav.c"


#define PI  3.14159265358979323846


static char  said[1024];
static char  dir[64];


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(said, sizeof(said), fmt, args);
    va_end(args);

    return status;
}


void
cl_warn(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(said, sizeof(said), fmt, args);
    va_end(args);
}


static const char *
name(const char *file)
{
    static char  path[128];

    (void) snprintf(path, sizeof(path), "%s/%s", dir, file);

    return path;
}


/* A file with 500 Hz on all channels; frames long. */

static void
make(const char *file, int rate, int channels, int format, int frames)
{
    int       i, c;
    float     v[8];
    SF_INFO   info;
    SNDFILE  *sf;

    memset(&info, 0, sizeof(info));
    info.samplerate = rate;
    info.channels = channels;
    info.format = format;

    sf = sf_open(name(file), SFM_WRITE, &info);

    for (i = 0; i < frames; i++) {
        for (c = 0; c < channels; c++) {
            v[c] = (float) (0.5 * sin(2 * PI * 500 * i / rate));
        }

        (void) sf_writef_float(sf, v, 1);
    }

    (void) sf_close(sf);
}


/* Signal and noise against an ideal 500 Hz at 48 kHz, any phase; dB. */

static double
snr(const int16_t *pcm, size_t from, size_t to)
{
    double  re, im, p, x, all, noise;
    size_t  i, n;

    re = 0;
    im = 0;
    n = (to - from) / 96 * 96;

    for (i = from; i < from + n; i++) {
        p = 2 * PI * 500 * (double) i / 48000;
        re += pcm[i] * cos(p);
        im += pcm[i] * sin(p);
    }

    re *= 2.0 / (double) n;
    im *= 2.0 / (double) n;
    all = 0;
    noise = 0;

    for (i = from; i < from + n; i++) {
        p = 2 * PI * 500 * (double) i / 48000;
        x = re * cos(p) + im * sin(p);
        all += x * x;
        noise += (pcm[i] - x) * (pcm[i] - x);
    }

    return noise > 0 ? 10 * log10(all / noise) : 200;
}


static void
test_rate(int rate, int channels, int format, const char *what)
{
    size_t        n, want, got;
    cl_wav_in_t  *in;

    static int16_t  pcm[60000];

    make("in.wav", rate, channels, format, rate);
    in = cl_wav_open(name("in.wav"));

    if (!ok(in != NULL, "%s: opens", what)) {
        return;
    }

    /* by frames, as it is sent */

    for (got = 0; got < 58000; got += n) {
        n = cl_wav_read(in, pcm + got, 960);

        if (n < 960) {
            got += n;
            break;
        }
    }

    want = 48000;
    ok(got > want - 100 && got < want + 100, "%s: a second is a second (%zu)",
       what, got);
    is_u64(cl_wav_read(in, pcm, 960), 0, "%s: and over", what);

    ok(snr(pcm, 4800, 43200) > 30, "%s: the same tone (%.1f dB)", what,
       snr(pcm, 4800, 43200));

    cl_wav_close(in);
}


static void
test_out(const char *file)
{
    size_t          i;
    int16_t         pcm[1000], back[2500];
    cl_wav_in_t    *in;
    cl_wav_out_t   *out;

    for (i = 0; i < 1000; i++) {
        pcm[i] = (int16_t) (i * 37 - 20000);
    }

    pcm[0] = INT16_MIN;
    pcm[1] = INT16_MAX;

    out = cl_wav_create(name(file));
    ok(out != NULL, "%s: created", file);
    ok(cl_wav_write(out, pcm, 1000), "%s: written", file);
    ok(cl_wav_write(out, pcm, 1000), "%s: written again", file);
    is_u64(cl_wav_count(out), 2000, "%s: counted", file);
    ok(cl_wav_finish(out), "%s: finished", file);

    in = cl_wav_open(name(file));
    ok(in != NULL, "%s: opens", file);
    is_u64(cl_wav_read(in, back, 2500), 2000, "%s: all samples", file);
    is_mem(back, pcm, sizeof(pcm), "%s: bit for bit", file);
    is_mem(back + 1000, pcm, sizeof(pcm), "%s: and again", file);
    cl_wav_close(in);
}


static void
test_long(void)
{
    int             i;
    FILE           *file;
    int16_t         pcm[4800];
    uint8_t         head[44];
    cl_wav_out_t   *out;

    memset(pcm, 1, sizeof(pcm));
    out = cl_wav_create(name("long.wav"));

    for (i = 0; i < 60; i++) {
        (void) cl_wav_write(out, pcm, 4800);
    }

    /* not finished: what a crash would leave */

    file = fopen(name("long.wav"), "r");
    ok(file != NULL && fread(head, 1, 44, file) == 44, "a header is there");
    (void) fclose(file);
    ok(head[42] != 0 || head[41] != 0, "and tells of the samples so far");

    (void) cl_wav_finish(out);
}


static void
test_bad(void)
{
    FILE  *file;

    ok(cl_wav_open(name("none.wav")) == NULL, "no file");
    ok(strstr(said, "none.wav") != NULL, "is told: %s", said);

    file = fopen(name("text.wav"), "w");
    (void) fputs("this is no sound", file);
    (void) fclose(file);
    ok(cl_wav_open(name("text.wav")) == NULL, "no sound");
    ok(strstr(said, "text.wav") != NULL, "is told: %s", said);

    ok(cl_wav_create(name("no/such/dir.wav")) == NULL, "no directory");
    ok(strstr(said, "No such file") != NULL, "is told: %s", said);
}


static void
test_full(void)
{
    int             i;
    bool            ok1;
    int16_t         pcm[4800];
    cl_wav_out_t   *out;

    out = cl_wav_create("/dev/full");

    if (out == NULL) {
        ok(strstr(said, "/dev/full") != NULL, "a full disk is told: %s", said);
        return;
    }

    memset(pcm, 1, sizeof(pcm));
    ok1 = true;

    for (i = 0; i < 30; i++) {
        ok1 &= cl_wav_write(out, pcm, 4800);
    }

    ok1 &= cl_wav_finish(out);
    ok(!ok1, "a full disk is noticed");
}


/* Floats that are no numbers. */

static void
test_nan(void)
{
    float        v[4];
    int16_t      pcm[4];
    SF_INFO      info;
    SNDFILE     *sf;
    cl_wav_in_t *in;

    memset(&info, 0, sizeof(info));
    info.samplerate = 48000;
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_FLOAT;

    v[0] = NAN;
    v[1] = INFINITY;
    v[2] = -INFINITY;
    v[3] = 0.5f;

    sf = sf_open(name("in.wav"), SFM_WRITE, &info);
    (void) sf_writef_float(sf, v, 4);
    (void) sf_close(sf);

    memset(pcm, 1, sizeof(pcm));
    in = cl_wav_open(name("in.wav"));
    is_u64(in != NULL ? cl_wav_read(in, pcm, 4) : 0, 4, "four odd samples");
    is_i64(pcm[0], 0, "what is no number is silence");
    is_i64(pcm[1], INT16_MAX, "infinite is loud");
    is_i64(pcm[2], INT16_MIN, "either way");
    is_i64(pcm[3], 16384, "and the rest is as it was");
    cl_wav_close(in);
}


/* No samples at all; half a sample too many. */

static void
test_odd(void)
{
    FILE         *file;
    int16_t       pcm[8];
    cl_wav_in_t  *in;

    make("in.wav", 16000, 8, SF_FORMAT_WAV | SF_FORMAT_PCM_16, 0);
    in = cl_wav_open(name("in.wav"));
    is_u64(in != NULL ? cl_wav_read(in, pcm, 8) : 99, 0, "no samples");
    cl_wav_close(in);

    file = fopen(name("a.raw"), "w");
    (void) fwrite("\1\0\2\0\3", 1, 5, file);
    (void) fclose(file);

    in = cl_wav_open(name("a.raw"));
    is_u64(in != NULL ? cl_wav_read(in, pcm, 8) : 0, 2,
           "5 bytes are two samples");
    is_i64(pcm[1], 2, "as they are");
    cl_wav_close(in);
}


int
main(void)
{
    (void) snprintf(dir, sizeof(dir), "/tmp/wzp-test-wav.XXXXXX");

    if (mkdtemp(dir) == NULL) {
        return 1;
    }

    test_rate(48000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, "48 kHz mono");
    test_rate(48000, 2, SF_FORMAT_WAV | SF_FORMAT_PCM_24, "48 kHz stereo");
    test_rate(44100, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT, "44.1 kHz stereo");
    test_rate(22050, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, "22.05 kHz");
    test_rate(16000, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16, "16 kHz FLAC");
    test_rate(8000, 4, SF_FORMAT_WAV | SF_FORMAT_ULAW, "8 kHz, 4 channels");
    test_rate(96000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16, "96 kHz");
    test_rate(192000, 8, SF_FORMAT_WAV | SF_FORMAT_FLOAT,
              "192 kHz, 8 channels");

    test_out("a.wav");
    test_out("a.raw");
    test_out("a.PCM");
    test_long();
    test_bad();
    test_full();
    test_nan();
    test_odd();

    (void) unlink(name("in.wav"));
    (void) unlink(name("a.wav"));
    (void) unlink(name("a.raw"));
    (void) unlink(name("a.PCM"));
    (void) unlink(name("long.wav"));
    (void) unlink(name("text.wav"));
    (void) rmdir(dir);

    return done_testing();
}
