/*
 * Sound files in place of a microphone and a loudspeaker, in real time.  After
 * its end a file is a silent microphone.  See audio_int.h.
 */

#include "audio_int.h"
#include "wav.h"


/* What is wrong with a file, wav.c says. */

static bool
cl_file_open(cl_device_t *dev)
{
    dev->free = true;

    if (dev->capture) {
        dev->impl = cl_wav_open(dev->name);

    } else {
        dev->impl = cl_wav_create(dev->name);
    }

    return dev->impl != NULL;
}


static bool
cl_file_finish(cl_device_t *dev)
{
    bool  ok;

    if (dev->capture || dev->impl == NULL) {
        return true;
    }

    ok = cl_wav_finish(dev->impl);
    dev->impl = NULL;

    return ok;
}


static void
cl_file_close(cl_device_t *dev)
{
    if (dev->capture) {
        cl_wav_close(dev->impl);
        dev->impl = NULL;

    } else {
        (void) cl_file_finish(dev);
    }
}


static uint64_t
cl_file_turn(cl_device_t *dev, uint64_t now_ns, bool *ok)
{
    size_t    n;
    int16_t   pcm[CL_TICK_SAMPLES];
    uint64_t  at;

    while (cl_device_due(dev, now_ns, &at)) {

        if (dev->capture) {
            n = cl_wav_read(dev->impl, pcm, CL_TICK_SAMPLES);
            memset(pcm + n, 0, sizeof(pcm) - n * sizeof(int16_t));
            cl_device_heard(dev, pcm);
            continue;
        }

        /* A full disk is said once, and again by the exit status; the call is
         * worth more than the file. */

        cl_device_play(dev, pcm, at);
        (void) cl_wav_write(dev->impl, pcm, CL_TICK_SAMPLES);
    }

    (void) ok;

    return dev->next_ns;
}


const cl_device_ops_t  cl_device_file = {
    .open = cl_file_open,
    .close = cl_file_close,
    .finish = cl_file_finish,
    .turn = cl_file_turn
};
