/*
 * Sound files.  See wav.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <samplerate.h>
#include <sndfile.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "wav.h"


#define CL_WAV_BLOCK        1024        /* frames read at a time             */
#define CL_WAV_CHANNELS     32
#define CL_WAV_PENDING      4800        /* samples written at a time: 100 ms */
#define CL_WAV_HEADER       (5 * CL_RATE_HZ)    /* and the header, in samples */


struct cl_wav_in_s {
    char       *path;
    SNDFILE    *file;
    SF_INFO     info;
    SRC_STATE  *src;                    /* NULL: is 48 kHz already           */
    double      ratio;
    bool        end;                    /* of the file                       */
    bool        flushed;                /* and of the resampler              */

    float       in[CL_WAV_BLOCK];
    long        in_at;
    long        in_have;
    float       raw[CL_WAV_BLOCK * CL_WAV_CHANNELS];
};


struct cl_wav_out_s {
    char       *path;
    SNDFILE    *file;
    uint64_t    count;
    uint64_t    header;                 /* write it again from here on       */
    bool        failed;
    size_t      have;
    int16_t     pending[CL_WAV_PENDING];
};


static bool
cl_wav_is_raw(const char *path)
{
    const char  *dot;

    dot = strrchr(path, '.');

    return dot != NULL
           && (strcasecmp(dot, ".raw") == 0 || strcasecmp(dot, ".pcm") == 0);
}


/* Neither does a pipe have sound when it is needed, nor can who waits for its
 * other end be interrupted. */

static bool
cl_wav_is_file(const char *path)
{
    struct stat  st;

    if (stat(path, &st) == 0 && S_ISFIFO(st.st_mode)) {
        (void) cl_fail(CL_IO, "\"%s\" is a pipe, and no file", path);
        return false;
    }

    return true;
}


static void
cl_wav_raw(SF_INFO *info)
{
    info->samplerate = CL_RATE_HZ;
    info->channels = 1;
    info->format = SF_FORMAT_RAW | SF_FORMAT_PCM_16 | SF_ENDIAN_LITTLE;
}


cl_wav_in_t *
cl_wav_open(const char *path)
{
    int           error;
    cl_wav_in_t  *in;

    in = calloc(1, sizeof(cl_wav_in_t));

    if (in == NULL || (in->path = strdup(path)) == NULL) {
        (void) cl_fail(CL_INTERNAL, "no memory");
        goto failed;
    }

    if (!cl_wav_is_file(path)) {
        goto failed;
    }

    if (cl_wav_is_raw(path)) {
        cl_wav_raw(&in->info);
    }

    in->file = sf_open(path, SFM_READ, &in->info);

    if (in->file == NULL) {
        (void) cl_fail(CL_IO, "\"%s\" cannot be read as sound: %s", path,
                       sf_strerror(NULL));
        goto failed;
    }

    if (in->info.channels > CL_WAV_CHANNELS) {
        (void) cl_fail(CL_IO, "\"%s\" has %d channels, more than %d", path,
                       in->info.channels, CL_WAV_CHANNELS);
        goto failed;
    }

    in->ratio = (double) CL_RATE_HZ / in->info.samplerate;

    if (in->info.samplerate == CL_RATE_HZ) {
        return in;
    }

    in->src = src_is_valid_ratio(in->ratio)
              ? src_new(SRC_SINC_MEDIUM_QUALITY, 1, &error) : NULL;

    if (in->src == NULL) {
        (void) cl_fail(CL_IO, "\"%s\" cannot be brought from %d Hz to %d Hz",
                       path, in->info.samplerate, CL_RATE_HZ);
        goto failed;
    }

    return in;

failed:

    cl_wav_close(in);
    return NULL;
}


void
cl_wav_close(cl_wav_in_t *in)
{
    if (in == NULL) {
        return;
    }

    if (in->file != NULL) {
        (void) sf_close(in->file);
    }

    if (in->src != NULL) {
        (void) src_delete(in->src);
    }

    free(in->path);
    free(in);
}


/* The next block as mono. */

static void
cl_wav_fill(cl_wav_in_t *in)
{
    int         c, channels;
    float       sum;
    sf_count_t  i, n;

    channels = in->info.channels;
    n = sf_readf_float(in->file, in->raw, CL_WAV_BLOCK);

    for (i = 0; i < n; i++) {
        sum = 0;

        for (c = 0; c < channels; c++) {
            sum += in->raw[i * channels + c];
        }

        in->in[i] = sum / (float) channels;
    }

    if (n <= 0) {
        n = 0;
        in->end = true;

        if (sf_error(in->file) != SF_ERR_NO_ERROR) {
            cl_warn("\"%s\" cannot be read on: %s", in->path,
                    sf_strerror(in->file));
        }
    }

    in->in_at = 0;
    in->in_have = (long) n;
}


static int16_t
cl_wav_sample(float v)
{
    if (isnan(v)) {
        return 0;                       /* files of floats may hold it       */
    }

    v *= 32768;

    if (v >= INT16_MAX) {
        return INT16_MAX;
    }

    if (v <= INT16_MIN) {
        return INT16_MIN;
    }

    return (int16_t) (v < 0 ? v - 0.5f : v + 0.5f);
}


/* Resample into out; the number of samples made. */

static long
cl_wav_convert(cl_wav_in_t *in, float *out, long n)
{
    SRC_DATA  data;

    memset(&data, 0, sizeof(SRC_DATA));

    data.data_in = in->in + in->in_at;
    data.input_frames = in->in_have - in->in_at;
    data.data_out = out;
    data.output_frames = n;
    data.src_ratio = in->ratio;
    data.end_of_input = in->end;

    if (src_process(in->src, &data) != 0) {
        in->flushed = true;
        return 0;
    }

    in->in_at += data.input_frames_used;

    if (in->end && data.output_frames_gen == 0) {
        in->flushed = true;
    }

    return data.output_frames_gen;
}


static long
cl_wav_copy(cl_wav_in_t *in, float *out, long n)
{
    n = WZP_MIN(n, in->in_have - in->in_at);
    memcpy(out, in->in + in->in_at, (size_t) n * sizeof(float));
    in->in_at += n;

    if (in->end && n == 0) {
        in->flushed = true;
    }

    return n;
}


size_t
cl_wav_read(cl_wav_in_t *in, int16_t *pcm, size_t n)
{
    long    i, made;
    float   out[CL_WAV_BLOCK];
    size_t  done;

    for (done = 0; done < n && !in->flushed; done += (size_t) made) {

        if (in->in_at == in->in_have && !in->end) {
            cl_wav_fill(in);
        }

        made = (long) WZP_MIN(n - done, CL_WAV_BLOCK);
        made = in->src != NULL ? cl_wav_convert(in, out, made)
                               : cl_wav_copy(in, out, made);

        for (i = 0; i < made; i++) {
            pcm[done + (size_t) i] = cl_wav_sample(out[i]);
        }
    }

    return done;
}


cl_wav_out_t *
cl_wav_create(const char *path)
{
    int            fd;
    SF_INFO        info;
    cl_wav_out_t  *out;

    if (!cl_wav_is_file(path)) {
        return NULL;
    }

    out = calloc(1, sizeof(cl_wav_out_t));

    if (out == NULL || (out->path = strdup(path)) == NULL) {
        (void) cl_fail(CL_INTERNAL, "no memory");
        free(out);
        return NULL;
    }

    memset(&info, 0, sizeof(SF_INFO));
    cl_wav_raw(&info);

    if (!cl_wav_is_raw(path)) {
        info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    }

    /* Opened here: libsndfile's own message for it says very little. */

    fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd != -1) {
        out->file = sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
    }

    if (out->file == NULL) {
        (void) cl_fail(CL_IO, "\"%s\" cannot be written: %s", path,
                       fd == -1 ? strerror(errno) : sf_strerror(NULL));
        free(out->path);
        free(out);
        return NULL;
    }

    return out;
}


static bool
cl_wav_flush(cl_wav_out_t *out)
{
    sf_count_t  n;

    if (out->failed) {
        return false;
    }

    n = (sf_count_t) out->have;
    out->have = 0;

    if (n > 0 && sf_write_short(out->file, out->pending, n) != n) {
        out->failed = true;
        (void) cl_fail(CL_IO, "\"%s\" cannot be written on: %s", out->path,
                       sf_strerror(out->file));
        return false;
    }

    /* Whatever happens to us: so far it is a valid file. */

    if (out->count >= out->header) {
        out->header = out->count + CL_WAV_HEADER;
        (void) sf_command(out->file, SFC_UPDATE_HEADER_NOW, NULL, 0);
    }

    return true;
}


bool
cl_wav_write(cl_wav_out_t *out, const int16_t *pcm, size_t n)
{
    size_t  part;

    out->count += n;

    while (n > 0) {
        part = WZP_MIN(n, CL_WAV_PENDING - out->have);

        memcpy(out->pending + out->have, pcm, part * sizeof(int16_t));
        out->have += part;
        pcm += part;
        n -= part;

        if (out->have == CL_WAV_PENDING && !cl_wav_flush(out)) {
            return false;
        }
    }

    return !out->failed;
}


uint64_t
cl_wav_count(const cl_wav_out_t *out)
{
    return out->count;
}


bool
cl_wav_finish(cl_wav_out_t *out)
{
    bool  ok;

    ok = cl_wav_flush(out);

    if (sf_close(out->file) != 0 && ok) {
        (void) cl_fail(CL_IO, "\"%s\" cannot be completed", out->path);
        ok = false;
    }

    free(out->path);
    free(out);

    return ok;
}
