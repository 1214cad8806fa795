/*
 * Silence, by our clock.  See audio_int.h.
 */

#include "audio_int.h"


static bool
cl_null_open(cl_device_t *dev)
{
    dev->free = true;

    return true;
}


static void
cl_null_close(cl_device_t *dev)
{
    (void) dev;
}


static uint64_t
cl_null_turn(cl_device_t *dev, uint64_t now_ns, bool *ok)
{
    int16_t   pcm[CL_TICK_SAMPLES];
    uint64_t  at;

    while (cl_device_due(dev, now_ns, &at)) {

        if (dev->capture) {
            memset(pcm, 0, sizeof(pcm));
            cl_device_heard(dev, pcm);

        } else {
            cl_device_play(dev, pcm, at);
        }
    }

    (void) ok;

    return dev->next_ns;
}


const cl_device_ops_t  cl_device_null = {
    .open = cl_null_open,
    .close = cl_null_close,
    .turn = cl_null_turn
};
