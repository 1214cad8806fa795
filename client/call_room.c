/*
 * What client and relay say to each other about a room: PROTOCOL 2.3, 4.4 and
 * the extensions.  See call.h.
 */

#include "call.h"
#include "event_log.h"
#include "say.h"


#define CL_ANSWER_NS        (10 * WZP_SEC)


static void
cl_call_abort(cl_call_t *cl, cl_exit_t status, const char *cause,
    const char *text)
{
    cl_ending_t  en;

    cl_ending_set(&en, status, CL_FINAL, cause, "%s: %s",
                  cl_link_where(cl->ln), text);
    cl_link_abort(cl->ln, &en);
}


/* Offer what we will send: nothing better than --profile. */

static void
cl_call_profiles(wzp_call_offer_t *of, wzp_profile_id_t best)
{
    int                   i;
    const wzp_profile_t  *pr;

    of->nprofiles = 0;

    for (i = (int) best; i < (int) WZP_PROFILE_N; i++) {
        pr = wzp_profile((wzp_profile_id_t) i);

        /* The reference does not list these: only where they are asked for. */

        if ((i == (int) WZP_PROFILE_OPUS16K
             || i == (int) WZP_PROFILE_CODEC2_3200) && i != (int) best)
        {
            continue;
        }

        of->profiles[of->nprofiles++] = *pr;
    }
}


void
cl_call_offer(cl_call_t *cl)
{
    uint8_t        scalar[WZP_KEY_SIZE];
    wzp_qconn_t   *qc;
    wzp_signal_t   sg;

    qc = cl_link_conn(cl->ln);

    cl_link_introduce(cl->ln);

    if (!wzp_qconn_has_datagram(qc)) {
        cl_call_abort(cl, CL_UNREACHABLE, "no_datagram",
                      "this relay does not support QUIC DATAGRAM: it is too "
                      "old, or not a WZP relay");
        return;
    }

    cl->has_exporter = wzp_qconn_exporter(qc, cl->exporter) == WZP_OK;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_CALL_OFFER;

    cl_random(NULL, scalar, sizeof(scalar));
    wzp_hs_offer(&sg.u.call_offer, &cl->me->id, scalar,
                 cl->has_exporter ? cl->exporter : NULL);
    wzp_wipe(scalar, sizeof(scalar));

    cl_call_profiles(&sg.u.call_offer, cl->op->profile);
    memcpy(sg.u.call_offer.alias, cl->me->alias, sizeof(cl->me->alias));

    sg.u.call_offer.extensions |= WZP_EXT_COMPACT;
    sg.u.call_offer.has_resume = cl->has_resume;
    memcpy(sg.u.call_offer.resume, cl->resume, sizeof(cl->resume));

    if (cl_link_signal(cl->ln, &sg) != WZP_OK) {
        cl_call_abort(cl, CL_INTERNAL, "internal", "the offer cannot be sent");
        return;
    }

    cl->state = CL_CALL_OFFER;
    cl->answer_ns = cl_now() + CL_ANSWER_NS;
}


void
cl_call_hangup(cl_call_t *cl)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_HANGUP;
    sg.u.hangup.reason = WZP_HANGUP_NORMAL;

    if (cl_link_signal(cl->ln, &sg) != WZP_OK) {
        cl_debug("Hangup cannot be sent");
    }
}


/* Row of PROTOCOL 6.1; what is none of them becomes the worst of Opus. */

static wzp_profile_id_t
cl_call_profile_id(const wzp_profile_t *pr)
{
    int                   i;
    const wzp_profile_t  *row;

    for (i = 0; i < (int) WZP_PROFILE_N; i++) {
        row = wzp_profile((wzp_profile_id_t) i);

        if (row != NULL && row->codec == pr->codec) {
            return (wzp_profile_id_t) i;
        }
    }

    return WZP_PROFILE_DEGRADED;
}


/* The worse of what the relay recommends and what the person allows; when the
 * network carries it. */

static void
cl_call_use(cl_call_t *cl, wzp_profile_id_t id)
{
    cl->wanted = id;
    id = (wzp_profile_id_t) WZP_MAX((int) id, (int) cl->limit);

    if (cl->adapt != NULL) {
        cl_adapt_want(cl->adapt, cl->wanted, cl->limit);
    }

    cl->profile = id;
}


void
cl_call_limit(cl_call_t *cl, wzp_profile_id_t best)
{
    cl->limit = best;
    cl_call_use(cl, cl->wanted);
}


static const char *
cl_call_codec(wzp_profile_id_t id)
{
    return wzp_codec_info((unsigned) wzp_profile(id)->codec)->name;
}


static void
cl_call_joined(cl_call_t *cl, bool again, bool resumed)
{
    cl_event("joined",
             json_pack("{s:s, s:s, s:i, s:b, s:b, s:s, s:s, s:s, s:s, s:b}",
                       "room", cl->op->room,
                       "sni", cl->op->sni,
                       "stream_id", (int) cl->stream_id,
                       "verified", cl->verified,
                       "extended", cl->extended,
                       "relay", cl->relay_fp,
                       "profile", cl_call_codec(cl->profile),
                       "fingerprint", cl->me->fp,
                       "alias", cl->me->alias,
                       "resumed", resumed));

    if (again) {
        cl_say("back in the room");
        return;
    }

    cl_say("joined \"%s\" at %s as %s (%s)\nrelay %s, %s", cl->title,
           cl_link_where(cl->ln), cl->me->alias, cl->me->fp, cl->relay_fp,
           cl->verified ? "bound to this connection"
                        : "not bound to this connection");
}


static void
cl_call_enter(cl_call_t *cl, bool resumed)
{
    bool      again;
    uint64_t  now;

    now = cl_now();
    again = cl->joined;

    cl->state = CL_CALL_IN;
    cl->entered_ns = now;
    cl->reconnects += again;

    if (!again) {
        cl->joined = true;
        cl->joined_ns = now;
    }

    cl_link_joined(cl->ln, true);

    if (cl->adapt != NULL) {
        cl_adapt_joined(cl->adapt, cl->extended, now);
    }

    cl_playout_start(cl->po, now);

    if (cl->tx != NULL && (!cl->pair || again)) {
        cl_sender_start(cl->tx, cl->stream_id, now);
    }

    /* The relay takes nobody who joins for muted. */

    cl->told_muted = false;
    cl_mute_apply(cl);

    cl_call_joined(cl, again, resumed);
}


static void
cl_call_answer(cl_call_t *cl, const wzp_call_answer_t *an)
{
    bool       resumed;
    uint8_t    fp[WZP_FP_SIZE];
    wzp_rc_t   rc;
    cl_exit_t  status;

    if (cl->state != CL_CALL_OFFER) {
        cl_debug("another CallAnswer, ignored");
        return;
    }

    rc = wzp_hs_check_answer(an, cl->has_exporter ? cl->exporter : NULL,
                             &cl->verified);
    if (rc != WZP_OK) {
        cl_call_abort(cl, CL_AUTH, "auth", "the relay's signature does not "
                      "verify: somebody may be in between");
        return;
    }

    status = cl_link_trust(cl->ln);
    if (status != CL_OK) {
        cl_call_abort(cl, status, "known_hosts",
                      "the relay cannot be remembered");
        return;
    }

    wzp_fp_of_key(fp, an->identity_pub);
    wzp_fp_text(cl->relay_fp, fp);

    cl->extended = an->extensions != 0 || an->stream_id != 0;

    if (cl->tx != NULL) {
        cl_sender_compact(cl->tx, (an->extensions & WZP_EXT_COMPACT) != 0);
        cl_sender_tells(cl->tx, cl->extended);
    }

    resumed = cl->joined && cl->has_resume && an->stream_id == cl->stream_id;

    if (an->stream_id != 0) {
        cl->stream_id = an->stream_id;
    }

    /* An existing relay gives none: our own choice separates us as well. */

    while (cl->stream_id == 0) {
        cl_random(NULL, (uint8_t *) &cl->stream_id, sizeof(cl->stream_id));
    }

    cl->has_resume = an->has_resume;
    memcpy(cl->resume, an->resume, sizeof(cl->resume));

    cl->chosen = cl_call_profile_id(&an->chosen_profile);

    /* An existing relay has not looked at our list (PROTOCOL 12.3, F38). */

    cl_call_use(cl, cl->extended || cl->op->profile_name == NULL
                    ? cl->chosen : cl->op->profile);
    cl_call_enter(cl, resumed);
}


static void
cl_call_directive(cl_call_t *cl, const wzp_quality_directive_t *qd)
{
    wzp_profile_id_t  id;

    id = cl_call_profile_id(&qd->profile);
    cl_call_use(cl, id);

    cl_event("directive", json_pack("{s:s, s:s, s:s}",
             "profile", wzp_codec_info((unsigned) qd->profile.codec)->name,
             "reason", qd->reason, "using", cl_call_codec(cl->profile)));
    cl_debug("directive: %s (%s), using %s", cl_call_codec(id), qd->reason,
             cl_call_codec(cl->profile));
}


static void
cl_call_room_update(cl_call_t *cl, const wzp_room_update_t *up)
{
    size_t                    i;
    const wzp_participant_t  *pt;

    cl_room_update(&cl->room, up, cl->me->fp, cl->stream_id);

    for (i = 0; i < cl->room.n; i++) {
        pt = &cl->room.list[i];
        cl_playout_name(cl->po, pt->stream_id, pt->fingerprint, pt->alias);
    }

    if (cl->tx != NULL && cl->state == CL_CALL_IN && cl->room.count > 1) {
        cl_sender_start(cl->tx, cl->stream_id, cl_now());
    }
}


void
cl_call_message(cl_call_t *cl, const uint8_t *data, size_t len)
{
    wzp_rc_t      rc;
    wzp_signal_t  sg;

    rc = wzp_signal_parse(&sg, data, len);

    if (rc != WZP_OK) {
        cl_debug("a message of %zu bytes that cannot be read (%d)", len,
                 (int) rc);

        if (rc != WZP_EUNKNOWN && cl->state == CL_CALL_OFFER) {
            cl_call_abort(cl, CL_INTERNAL, "protocol",
                          "the relay's answer cannot be read");
        }

        return;
    }

    cl_debug("message %s", wzp_signal_name(sg.type));
    cl_event_log("signal", json_pack("{s:i, s:s, s:s}", "len", (int) len,
                                     "action", wzp_signal_name(sg.type),
                                     "direction", "in"));

    switch ((int) sg.type) {

    case WZP_SIG_CALL_ANSWER:
        cl_call_answer(cl, &sg.u.call_answer);
        break;

    case WZP_SIG_ROOM_UPDATE:
        cl_call_room_update(cl, &sg.u.room_update);
        break;

    case WZP_SIG_QUALITY_DIRECTIVE:
        cl_call_directive(cl, &sg.u.quality_directive);
        break;

    case WZP_SIG_HANGUP:
        cl_say("the relay has ended the call");
        cl_call_leave(cl, cl_now());
        break;

    default:
        break;
    }

    wzp_signal_done(&sg);
}
