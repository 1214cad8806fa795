/*
 * What is sent.  See source.h.
 */

#include <math.h>
#include <stdlib.h>

#include "audio.h"
#include "chain.h"
#include "say.h"
#include "source.h"
#include "wav.h"


#define CL_TONE_PEAK        16000
#define CL_LEVEL_PART       (CL_RATE_HZ / 10)   /* samples: 100 ms           */
#define CL_SOURCE_WAITING   (CL_FRAME_MAX + CL_TICK_SAMPLES)


struct cl_source_s {
    cl_wav_in_t  *file;                 /* NULL: a tone                      */
    uint64_t      at;
    uint64_t      end;                  /* samples; UINT64_MAX: for ever     */
    bool          marks;                /* in the tone                       */
    int16_t       tone[CL_TONE_PERIOD];

    bool          live;
    cl_chain_t   *chain;                /* NULL: nothing to do               */
    int16_t       waiting[CL_SOURCE_WAITING];
    size_t        first;                /* of these, in a circle             */
    size_t        nwaiting;

    int           peak;                 /* of the part that is being read    */
    size_t        seen;                 /* samples of it                     */
    float         level_db;             /* of the last whole part            */
};


static void
cl_source_tone(cl_source_t *src, double seconds)
{
    double    phase;
    unsigned  i;

    for (i = 0; i < CL_TONE_PERIOD; i++) {
        phase = 2 * 3.14159265358979323846 * CL_TONE_HZ * i / CL_RATE_HZ;
        src->tone[i] = (int16_t) lrint(CL_TONE_PEAK * sin(phase));
    }

    src->end = seconds < 0 ? UINT64_MAX : (uint64_t) (seconds * CL_RATE_HZ);
}


/* A turn of the phase where the wave is at zero: nothing clicks. */

static int16_t
cl_source_wave(const cl_source_t *src, uint64_t at)
{
    int16_t  v;

    v = src->tone[at % CL_TONE_PERIOD];

    return src->marks && at / CL_TONE_MARK % 2 != 0 ? (int16_t) -v : v;
}


/* A room has echo and noise; a file is sent as it is, unless asked. */

static bool
cl_source_chain(cl_source_t *src, const cl_options_t *op)
{
    cl_chain_conf_t  conf;

    if (!op->process && !(op->live && cl_audio_real(op->capture))) {
        return true;
    }

    conf.aec = op->live && !op->no_aec;
    conf.agc = !op->no_agc;
    conf.ns = !op->no_ns;

    if (!conf.aec && !conf.agc && !conf.ns) {
        return true;
    }

    src->chain = cl_chain_create(&conf);

    return src->chain != NULL;
}


cl_exit_t
cl_source_create(cl_source_t **out, const cl_options_t *op)
{
    cl_source_t  *src;

    *out = NULL;

    if (!op->tone && op->send_file == NULL && !op->live) {
        return CL_OK;
    }

    src = calloc(1, sizeof(cl_source_t));

    if (src == NULL || !cl_source_chain(src, op)) {
        free(src);
        return cl_fail(CL_INTERNAL, "no memory");
    }

    src->level_db = CL_SILENCE_DB;
    src->live = op->live;

    if (op->tone) {
        src->marks = op->tone_marks;
        cl_source_tone(src, op->tone_s);
    }

    if (op->send_file != NULL) {
        src->file = cl_wav_open(op->send_file);

        if (src->file == NULL) {
            cl_source_destroy(src);
            return CL_IO;
        }
    }

    *out = src;

    return CL_OK;
}


void
cl_source_destroy(cl_source_t *src)
{
    if (src != NULL) {
        cl_wav_close(src->file);
        cl_chain_destroy(src->chain);
        free(src);
    }
}


static void
cl_source_measure(cl_source_t *src, const int16_t *pcm, size_t n)
{
    int     peak;
    size_t  i;

    peak = src->peak;

    for (i = 0; i < n; i++) {
        peak = WZP_MAX(peak, pcm[i] < 0 ? -pcm[i] : pcm[i]);
    }

    src->peak = peak;
    src->seen += n;

    if (src->seen >= CL_LEVEL_PART) {
        src->level_db = peak > 0 ? 20 * log10f((float) peak / 32768)
                                 : CL_SILENCE_DB;
        src->peak = 0;
        src->seen = 0;
    }
}


static size_t
cl_source_take(cl_source_t *src, int16_t *pcm, size_t n)
{
    size_t  i;

    n = WZP_MIN(n, src->nwaiting);

    for (i = 0; i < n; i++) {
        pcm[i] = src->waiting[(src->first + i) % CL_SOURCE_WAITING];
    }

    src->first = (src->first + n) % CL_SOURCE_WAITING;
    src->nwaiting -= n;

    return n;
}


void
cl_source_feed(cl_source_t *src, int16_t pcm[CL_TICK_SAMPLES], size_t delay)
{
    size_t   i, at;
    int16_t  old[CL_TICK_SAMPLES];

    if (src->chain != NULL) {
        cl_chain_delay(src->chain, delay);
        cl_chain_near(src->chain, pcm);
    }

    cl_source_measure(src, pcm, CL_TICK_SAMPLES);

    if (src->nwaiting + CL_TICK_SAMPLES > CL_SOURCE_WAITING) {
        (void) cl_source_take(src, old, CL_TICK_SAMPLES);
    }

    at = src->first + src->nwaiting;

    for (i = 0; i < CL_TICK_SAMPLES; i++) {
        src->waiting[(at + i) % CL_SOURCE_WAITING] = pcm[i];
    }

    src->nwaiting += CL_TICK_SAMPLES;
}


void
cl_source_far(cl_source_t *src, const int16_t pcm[CL_TICK_SAMPLES])
{
    if (src->chain != NULL) {
        cl_chain_far(src->chain, pcm);
    }
}


/* Of a tone or a file. */

static bool
cl_source_make(cl_source_t *src, int16_t *pcm, size_t n)
{
    size_t  done, i;

    if (src->file != NULL) {
        done = cl_wav_read(src->file, pcm, n);

    } else {

        for (done = 0; done < n && src->at < src->end; done++) {
            pcm[done] = cl_source_wave(src, src->at++);
        }
    }

    memset(pcm + done, 0, (n - done) * sizeof(int16_t));

    if (src->chain != NULL) {

        for (i = 0; i + CL_TICK_SAMPLES <= n; i += CL_TICK_SAMPLES) {
            cl_chain_near(src->chain, pcm + i);
        }
    }

    cl_source_measure(src, pcm, n);

    return done > 0;
}


bool
cl_source_read(cl_source_t *src, int16_t *pcm, size_t n)
{
    size_t  done;

    if (!src->live) {
        return cl_source_make(src, pcm, n);
    }

    done = cl_source_take(src, pcm, n);
    memset(pcm + done, 0, (n - done) * sizeof(int16_t));

    return true;
}


bool
cl_source_live(const cl_source_t *src)
{
    return src->live;
}


size_t
cl_source_ready(const cl_source_t *src)
{
    return src->live ? src->nwaiting : SIZE_MAX;
}


float
cl_source_level(const cl_source_t *src)
{
    return src->level_db;
}
