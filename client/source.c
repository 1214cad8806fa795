/*
 * What is sent.  See source.h.
 */

#include <math.h>
#include <stdlib.h>

#include "say.h"
#include "source.h"
#include "wav.h"


#define CL_TONE_HZ          440         /* PROTOCOL 11.1 */
#define CL_TONE_PEAK        16000
#define CL_TONE_PERIOD      (CL_RATE_HZ / 40)   /* samples: 11 whole waves   */


struct cl_source_s {
    cl_wav_in_t  *file;                 /* NULL: a tone                      */
    uint64_t      at;
    uint64_t      end;                  /* samples; UINT64_MAX: for ever     */
    int16_t       tone[CL_TONE_PERIOD];
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


cl_exit_t
cl_source_create(cl_source_t **src, const cl_options_t *op)
{
    *src = NULL;

    if (!op->tone && op->send_file == NULL) {
        return CL_OK;
    }

    *src = calloc(1, sizeof(cl_source_t));
    if (*src == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    if (op->tone) {
        cl_source_tone(*src, op->tone_s);
        return CL_OK;
    }

    (*src)->file = cl_wav_open(op->send_file);

    if ((*src)->file == NULL) {
        cl_source_destroy(*src);
        *src = NULL;
        return CL_IO;
    }

    return CL_OK;
}


void
cl_source_destroy(cl_source_t *src)
{
    if (src != NULL) {
        cl_wav_close(src->file);
        free(src);
    }
}


bool
cl_source_read(cl_source_t *src, int16_t *pcm, size_t n)
{
    size_t  done;

    if (src->file != NULL) {
        done = cl_wav_read(src->file, pcm, n);

    } else {

        for (done = 0; done < n && src->at < src->end; done++) {
            pcm[done] = src->tone[src->at++ % CL_TONE_PERIOD];
        }
    }

    memset(pcm + done, 0, (n - done) * sizeof(int16_t));

    return done > 0;
}
