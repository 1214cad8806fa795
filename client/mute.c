/*
 * Whether we are heard: muting, push-to-talk, and what the others are told
 * (PROTOCOL E.4).  See call.h.
 */

#include "call.h"
#include "say.h"


static void
cl_mute_tell(cl_call_t *cl, bool muted)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = muted ? WZP_SIG_MUTE : WZP_SIG_UNMUTE;

    if (cl_link_signal(cl->ln, &sg) != WZP_OK) {
        cl_debug("%s cannot be sent", wzp_signal_name(sg.type));
    }
}


/* Pressed wins: who is muted can say a word in between. */

void
cl_mute_apply(cl_call_t *cl)
{
    bool  muted;

    if (cl->tx != NULL) {
        cl_sender_mute(cl->tx, !cl->pressed && (cl->muted || cl->radio));
    }

    muted = cl->muted && !cl->pressed;

    /* An existing relay has no use for it. */

    if (muted != cl->told_muted && cl->state == CL_CALL_IN && cl->extended) {
        cl_mute_tell(cl, muted);
        cl->told_muted = muted;
    }
}


void
cl_talk_mute(cl_call_t *cl, bool muted)
{
    cl->muted = muted;
    cl_mute_apply(cl);
}


void
cl_talk_ptt(cl_call_t *cl, bool pressed)
{
    cl->pressed = pressed;
    cl_mute_apply(cl);
}
