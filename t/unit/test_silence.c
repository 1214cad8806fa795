/*
 * Silence: what is left out, what is told, how loud.
 */

#include <math.h>

#include "tap.h"
#include "../../client/silence.c"


#define FRAME  960


static cl_silence_t  si;


/* A frame of uniform noise of this peak; what becomes of it. */

static cl_silence_what_t
frame(int peak, bool encoder_silent)
{
    size_t             i;
    int16_t            pcm[FRAME];
    cl_silence_what_t  what;

    static uint32_t    seed = 1;

    for (i = 0; i < FRAME; i++) {
        seed = seed * 1664525u + 1013904223u;
        pcm[i] = (int16_t) ((int) (seed >> 16) % (2 * peak + 1) - peak);
    }

    what = cl_silence_frame(&si, pcm, FRAME);

    return what == CL_SILENCE_SPEAK ? cl_silence_encoded(&si, encoder_silent)
                                    : what;
}


static void
test_rms(void)
{
    unsigned  i, speak, noise;

    memset(&si, 0, sizeof(si));

    is_i64(frame(8000, false), CL_SILENCE_SPEAK, "speech goes");

    for (i = 0; i < 5; i++) {
        is_i64(frame(20, false), CL_SILENCE_SPEAK, "silent frame %u, too", i);
    }

    is_i64(frame(20, false), CL_SILENCE_NOISE, "the sixth is told of");

    speak = noise = 0;

    for (i = 0; i < 1000; i++) {
        switch (frame(20, false)) {

        case CL_SILENCE_SPEAK:
            speak++;
            break;

        case CL_SILENCE_NOISE:
            noise++;
            break;

        case CL_SILENCE_NOTHING:
            break;
        }
    }

    is_u64(speak, 0, "then nothing is spoken");
    is_u64(noise, 100, "and every tenth frame tells how loud it is");
    ok(cl_silence_level(&si) >= 17 && cl_silence_level(&si) <= 22,
       "which is %u", cl_silence_level(&si));

    is_i64(frame(8000, false), CL_SILENCE_SPEAK, "the first loud one goes");
    is_i64(frame(20, false), CL_SILENCE_SPEAK, "and five more after it");

    for (i = 0; i < 4; i++) {
        (void) frame(20, false);
    }

    is_i64(frame(20, false), CL_SILENCE_NOISE, "again");
    is_i64(frame(0, false), CL_SILENCE_NOTHING, "nothing at all");

    for (i = 0; i < 100; i++) {
        (void) frame(0, false);
    }

    is_u64(cl_silence_level(&si), 0, "is no noise");
}


static void
test_encoder(void)
{
    memset(&si, 0, sizeof(si));

    is_i64(frame(220, false), CL_SILENCE_SPEAK, "a soft voice goes");
    is_i64(frame(220, true), CL_SILENCE_NOISE,
           "what the encoder calls silence does not");
    is_i64(frame(220, true), CL_SILENCE_NOTHING, "nor the next");
    is_i64(frame(220, false), CL_SILENCE_SPEAK, "until it is a voice again");
    is_i64(frame(3000, true), CL_SILENCE_SPEAK,
           "what is too loud for a comfort noise packet is left to the codec");

    cl_silence_reset(&si);
    is_i64(frame(20, false), CL_SILENCE_SPEAK, "a reset starts anew");
}


int
main(void)
{
    test_rms();
    test_encoder();

    return done_testing();
}
