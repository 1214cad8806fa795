/*
 * Echo, gain, noise.  See chain.h.
 */

#include <math.h>
#include <rnnoise.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <stdlib.h>

#include "chain.h"


#define CL_CHAIN_TAIL       (CL_RATE_HZ * 15 / 100)  /* of echo: 150 ms      */
#define CL_CHAIN_FAR        65536               /* samples kept: over a
                                                   second, a power of two    */

/* Where in what was played the echo is looked for: a little early, since the
 * devices' numbers are rough, and moved only when they say for a while that it
 * is elsewhere, since each move has to be learned. */
#define CL_CHAIN_EARLY      240                 /* 5 ms                      */
#define CL_CHAIN_ASTRAY     240
#define CL_CHAIN_SMOOTH     32                  /* ticks                     */

#define CL_AGC_PEAK         24000               /* as loud as it should be   */
#define CL_AGC_GAIN_DB      24
#define CL_ECHO_DB          (-45)               /* what is left of an echo   */
#define CL_ECHO_ACTIVE_DB   (-15)               /* while somebody speaks     */


struct cl_chain_s {
    SpeexEchoState        *echo;        /* NULL: off                         */
    SpeexPreprocessState  *pre;         /* residual echo, gain; NULL: off    */
    DenoiseState          *rnn;         /* NULL: off                         */

    int16_t                far[CL_CHAIN_FAR];
    int64_t                nfar;        /* samples so far                    */
    int64_t                nnear;
    size_t                 delay;
    bool                   placed;
    int64_t                offset;      /* in far, of the same sample in near */
    double                 mean;        /* of what the devices say           */
};


static void
cl_chain_set(SpeexPreprocessState *pre, int request, int value)
{
    (void) speex_preprocess_ctl(pre, request, &value);
}


/* speexdsp has its own noise suppression: it is needed for what is left of an
 * echo, and told to leave noise alone. */

static bool
cl_chain_pre(cl_chain_t *ch, bool agc)
{
    float  level;

    ch->pre = speex_preprocess_state_init(CL_TICK_SAMPLES, CL_RATE_HZ);
    if (ch->pre == NULL) {
        return false;
    }

    cl_chain_set(ch->pre, SPEEX_PREPROCESS_SET_DENOISE, ch->echo != NULL);
    cl_chain_set(ch->pre, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, 0);
    cl_chain_set(ch->pre, SPEEX_PREPROCESS_SET_AGC, agc);

    if (agc) {
        level = CL_AGC_PEAK;
        (void) speex_preprocess_ctl(ch->pre, SPEEX_PREPROCESS_SET_AGC_LEVEL,
                                    &level);
        cl_chain_set(ch->pre, SPEEX_PREPROCESS_SET_AGC_MAX_GAIN,
                     CL_AGC_GAIN_DB);
    }

    if (ch->echo != NULL) {
        (void) speex_preprocess_ctl(ch->pre, SPEEX_PREPROCESS_SET_ECHO_STATE,
                                    ch->echo);
        cl_chain_set(ch->pre, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, CL_ECHO_DB);
        cl_chain_set(ch->pre, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE,
                     CL_ECHO_ACTIVE_DB);
    }

    return true;
}


cl_chain_t *
cl_chain_create(const cl_chain_conf_t *conf)
{
    int          rate;
    cl_chain_t  *ch;

    ch = calloc(1, sizeof(cl_chain_t));
    if (ch == NULL) {
        return NULL;
    }

    if (conf->aec) {
        ch->echo = speex_echo_state_init(CL_TICK_SAMPLES, CL_CHAIN_TAIL);

        if (ch->echo == NULL) {
            goto failed;
        }

        rate = CL_RATE_HZ;
        (void) speex_echo_ctl(ch->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    }

    if ((conf->aec || conf->agc) && !cl_chain_pre(ch, conf->agc)) {
        goto failed;
    }

    if (conf->ns) {
        ch->rnn = rnnoise_create(NULL);

        if (ch->rnn == NULL) {
            goto failed;
        }
    }

    return ch;

failed:

    cl_chain_destroy(ch);

    return NULL;
}


void
cl_chain_destroy(cl_chain_t *ch)
{
    if (ch == NULL) {
        return;
    }

    if (ch->rnn != NULL) {
        rnnoise_destroy(ch->rnn);
    }

    if (ch->pre != NULL) {
        speex_preprocess_state_destroy(ch->pre);
    }

    if (ch->echo != NULL) {
        speex_echo_state_destroy(ch->echo);
    }

    free(ch);
}


void
cl_chain_far(cl_chain_t *ch, const int16_t pcm[CL_TICK_SAMPLES])
{
    size_t  i;

    for (i = 0; i < CL_TICK_SAMPLES; i++) {
        ch->far[(uint64_t) (ch->nfar + (int64_t) i) % CL_CHAIN_FAR] = pcm[i];
    }

    ch->nfar += CL_TICK_SAMPLES;
}


void
cl_chain_delay(cl_chain_t *ch, size_t samples)
{
    ch->delay = WZP_MIN(samples, CL_CHAIN_FAR / 2);
}


/* Which sample was played when the first one of this tick was heard?  The last
 * ones of both, less what lies in the devices, are those of now. */

static void
cl_chain_place(cl_chain_t *ch)
{
    double   off;
    int64_t  now;

    now = ch->nfar - ch->nnear - CL_TICK_SAMPLES - (int64_t) ch->delay;

    if (!ch->placed) {
        ch->mean = (double) now;

    } else {
        ch->mean += ((double) now - ch->mean) / CL_CHAIN_SMOOTH;
    }

    off = ch->mean + CL_CHAIN_EARLY - (double) ch->offset;

    if (!ch->placed || fabs(off) > CL_CHAIN_ASTRAY) {
        ch->offset = WZP_MIN((int64_t) ch->mean + CL_CHAIN_EARLY,
                             ch->nfar - ch->nnear - CL_TICK_SAMPLES);
    }

    ch->placed = true;
}


static void
cl_chain_echo(cl_chain_t *ch, int16_t *pcm)
{
    size_t   i;
    int64_t  at;
    int16_t  far[CL_TICK_SAMPLES], out[CL_TICK_SAMPLES];

    cl_chain_place(ch);

    at = ch->nnear + ch->offset;

    for (i = 0; i < CL_TICK_SAMPLES; i++, at++) {
        far[i] = at >= 0 && at < ch->nfar && at + CL_CHAIN_FAR > ch->nfar
                 ? ch->far[(uint64_t) at % CL_CHAIN_FAR] : 0;
    }

    speex_echo_cancellation(ch->echo, pcm, far, out);
    memcpy(pcm, out, sizeof(out));
}


static void
cl_chain_noise(cl_chain_t *ch, int16_t *pcm)
{
    float   x[CL_TICK_SAMPLES];
    size_t  i;

    for (i = 0; i < CL_TICK_SAMPLES; i++) {
        x[i] = pcm[i];
    }

    (void) rnnoise_process_frame(ch->rnn, x, x);

    for (i = 0; i < CL_TICK_SAMPLES; i++) {
        pcm[i] = (int16_t) lrintf(fmaxf(-32768, fminf(x[i], 32767)));
    }
}


void
cl_chain_near(cl_chain_t *ch, int16_t pcm[CL_TICK_SAMPLES])
{
    if (ch->echo != NULL) {
        cl_chain_echo(ch, pcm);
    }

    if (ch->pre != NULL) {
        (void) speex_preprocess_run(ch->pre, pcm);
    }

    if (ch->rnn != NULL) {
        cl_chain_noise(ch, pcm);
    }

    ch->nnear += CL_TICK_SAMPLES;
}
