/*
 * What is sent: tones, and what a microphone heard.
 */

#include "tap.h"
#include "../../client/out.c"
#include "../../client/say.c"
#include "../../client/wav.c"
#include "../../client/chain.c"
#include "../../client/source.c"


#define TICK  CL_TICK_SAMPLES


uint64_t
cl_now(void)
{
    return 0;
}


bool
cl_asked(void)
{
    return false;
}


bool
cl_audio_real(const char *name)
{
    return strcmp(name, "card") == 0;
}


static cl_source_t *
source(const cl_options_t *op)
{
    cl_source_t  *src;

    return cl_source_create(&src, op) == CL_OK ? src : NULL;
}


static void
feed(cl_source_t *src, int16_t first)
{
    size_t   i;
    int16_t  pcm[TICK];

    for (i = 0; i < TICK; i++) {
        pcm[i] = (int16_t) (first + (int16_t) i);
    }

    cl_source_feed(src, pcm, 0);
}


static void
test_tone(void)
{
    size_t         i;
    int16_t        pcm[2 * TICK];
    cl_source_t   *src;
    cl_options_t   op;

    memset(&op, 0, sizeof(op));
    ok(source(&op) == NULL, "nothing is asked for");

    op.tone = true;
    op.tone_s = 0.105;
    src = source(&op);

    ok(!cl_source_live(src), "a tone is not live");
    is_u64(cl_source_ready(src), SIZE_MAX, "it is always ready");
    ok(cl_source_level(src) <= CL_SILENCE_DB, "no level yet");

    for (i = 0; cl_source_read(src, pcm, 2 * TICK); i++) { /* void */ }

    is_u64(i, 6, "a tone of five frames and a half");
    ok(cl_source_level(src) > -7 && cl_source_level(src) < -6,
       "its level (%.1f)", (double) cl_source_level(src));
    cl_source_destroy(src);
}


static void
test_live(void)
{
    size_t         i;
    int16_t        pcm[CL_FRAME_MAX];
    cl_source_t   *src;
    cl_options_t   op;

    memset(&op, 0, sizeof(op));
    op.live = true;
    op.capture = "null";
    src = source(&op);

    ok(cl_source_live(src), "a microphone is");
    is_u64(cl_source_ready(src), 0, "nothing was heard yet");

    feed(src, 1);
    feed(src, 1001);
    is_u64(cl_source_ready(src), 2 * TICK, "two ticks are there");
    ok(cl_source_read(src, pcm, 2 * TICK), "and can be read");
    ok(pcm[0] == 1 && pcm[TICK - 1] == TICK && pcm[TICK] == 1001,
       "as they were heard: no card, nothing is processed");
    is_u64(cl_source_ready(src), 0, "once");

    for (i = 0; i < 100; i++) {
        feed(src, (int16_t) (i * 100));
    }

    is_u64(cl_source_ready(src), CL_SOURCE_WAITING,
           "what nobody reads is not kept for long");
    ok(cl_source_read(src, pcm, TICK) && pcm[0] == 8700,
       "the oldest goes first");
    ok(cl_source_level(src) > -15, "its level is known");

    while (cl_source_ready(src) >= TICK) {
        (void) cl_source_read(src, pcm, TICK);
    }

    pcm[0] = 5;
    ok(cl_source_read(src, pcm, TICK) && pcm[0] == 0,
       "too early: silence, not the end");
    cl_source_destroy(src);
}


/* Which steps do the options ask for? */

static void
test_steps(void)
{
    cl_source_t   *src;
    cl_options_t   op;

    memset(&op, 0, sizeof(op));
    op.live = true;
    op.capture = "card";
    src = source(&op);
    ok(src->chain != NULL && src->chain->echo != NULL
       && src->chain->pre != NULL && src->chain->rnn != NULL,
       "a card: everything");
    feed(src, 0);
    cl_source_destroy(src);

    op.no_aec = true;
    op.no_agc = true;
    src = source(&op);
    ok(src->chain->echo == NULL && src->chain->pre == NULL
       && src->chain->rnn != NULL, "without echo cancellation and gain");
    cl_source_destroy(src);

    op.no_ns = true;
    src = source(&op);
    ok(src->chain == NULL, "without anything");
    cl_source_destroy(src);

    memset(&op, 0, sizeof(op));
    op.tone = true;
    op.tone_s = CL_FOREVER;
    op.process = true;
    src = source(&op);
    ok(src->chain->echo == NULL && src->chain->pre != NULL
       && src->chain->rnn != NULL, "--process: no echo without a loudspeaker");
    cl_source_destroy(src);
}


int
main(void)
{
    cl_say_init(true, false);

    test_tone();
    test_live();
    test_steps();

    return done_testing();
}
