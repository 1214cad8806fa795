/*
 * A call with microphone and loudspeaker: whose clocks drive it.  See call.h.
 */

#include "call.h"
#include "say.h"


static void
cl_live_heard(void *ctx, int16_t pcm[CL_TICK_SAMPLES])
{
    cl_call_t  *cl;

    cl = ctx;
    cl_source_feed(cl_sender_source(cl->tx), pcm, cl_audio_delay(cl->au));
}


static void
cl_live_play(void *ctx, int16_t pcm[CL_TICK_SAMPLES], uint64_t now_ns)
{
    cl_call_t  *cl;

    cl = ctx;
    cl_playout_tick(cl->po, now_ns, pcm);
    cl_source_far(cl_sender_source(cl->tx), pcm);
}


static cl_exit_t
cl_live_open(cl_audio_t **au, const cl_options_t *op, void *ctx)
{
    cl_audio_conf_t  conf;

    conf.capture = op->capture;
    conf.playback = op->playback;
    conf.heard = cl_live_heard;
    conf.play = cl_live_play;
    conf.ctx = ctx;

    return cl_audio_create(au, &conf);
}


cl_exit_t
cl_live_create(cl_call_t *cl)
{
    return cl->op->live ? cl_live_open(&cl->au, cl->op, cl) : CL_OK;
}


cl_exit_t
cl_live_check(const cl_options_t *op)
{
    cl_exit_t    rc;
    cl_audio_t  *au;

    if (!op->live) {
        return CL_OK;
    }

    rc = cl_live_open(&au, op, NULL);
    cl_audio_destroy(au);

    return rc;
}


/* Nobody is spoken to, and nothing is heard, before the first join. */

uint64_t
cl_live_turn(cl_call_t *cl, uint64_t now_ns)
{
    if (cl->au == NULL || !cl->joined) {
        return UINT64_MAX;
    }

    cl_audio_start(cl->au, now_ns);

    return cl_audio_turn(cl->au, now_ns);
}


bool
cl_live_finish(cl_call_t *cl)
{
    if (cl->au == NULL) {
        return true;
    }

    cl_event("audio", cl_audio_report(cl->au));

    return cl_audio_finish(cl->au);
}


void
cl_live_toggle(cl_call_t *cl)
{
    bool  open;

    if (cl->radio) {
        cl_talk_ptt(cl, !cl->pressed);

    } else {
        cl_talk_mute(cl, !cl->muted);
    }

    open = cl->pressed || (!cl->muted && !cl->radio);

    cl_event("microphone", json_pack("{s:b}", "open", open));
    cl_say(open ? "you are heard" : "you are not heard");
}
