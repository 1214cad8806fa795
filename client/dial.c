/*
 * A direct call as one of its two parties sees it.  See dial.h.
 */

#include <strings.h>

#include "dial.h"
#include "wzp/wzp_sni.h"


#define CL_DIAL_ASK_NS      (120 * WZP_SEC)     /* a lost Hangup ends here   */
#define CL_DIAL_SETUP_NS    (10 * WZP_SEC)
#define CL_DIAL_KEPT_NS     (4 * WZP_SEC)
#define CL_DIAL_CROSS_NS    (2 * WZP_SEC)       /* PROTOCOL 7.6              */


static void
cl_dial_news(cl_dial_t *dl, cl_dial_news_t news)
{
    dl->conf.news(dl->conf.ctx, news);
}


static void
cl_dial_send_hangup(cl_dial_t *dl, const char *id, wzp_hangup_t reason)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_HANGUP;
    sg.u.hangup.reason = reason;
    memcpy(sg.u.hangup.call_id, id, strlen(id));

    dl->conf.send(dl->conf.ctx, &sg);
}


static void
cl_dial_send_answer(cl_dial_t *dl, wzp_accept_t mode)
{
    wzp_signal_t          sg;
    wzp_direct_answer_t  *an;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_DIRECT_CALL_ANSWER;

    an = &sg.u.direct_answer;
    memcpy(an->call_id, dl->id, sizeof(dl->id));
    an->mode = mode;

    if (mode != WZP_ACCEPT_REJECT) {
        an->has_identity = true;
        memcpy(an->identity_pub, dl->conf.pub, WZP_KEY_SIZE);
        an->has_profile = true;
        an->profile = *wzp_profile(WZP_PROFILE_GOOD);
    }

    dl->conf.send(dl->conf.ctx, &sg);
}


static void
cl_dial_send_offer(cl_dial_t *dl)
{
    int                  i;
    wzp_signal_t         sg;
    wzp_direct_offer_t  *of;

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_DIRECT_CALL_OFFER;

    of = &sg.u.direct_offer;
    wzp_fp_text(of->caller, dl->me);
    wzp_fp_text(of->target, dl->peer);
    memcpy(of->alias, dl->conf.alias, sizeof(of->alias));
    memcpy(of->call_id, dl->id, sizeof(dl->id));
    memcpy(of->identity_pub, dl->conf.pub, WZP_KEY_SIZE);
    memcpy(of->build, CL_VERSION, sizeof(CL_VERSION));

    /* What we can play; the room's handshake says what we send. */

    for (i = 0; i <= (int) WZP_PROFILE_DEGRADED; i++) {
        if (i != (int) WZP_PROFILE_OPUS16K) {
            of->profiles[of->nprofiles++] = *wzp_profile((wzp_profile_id_t) i);
        }
    }

    dl->conf.send(dl->conf.ctx, &sg);
}


static void
cl_dial_over(cl_dial_t *dl, cl_dial_why_t why, bool by_us)
{
    dl->state = CL_DIAL_IDLE;
    dl->until_ns = UINT64_MAX;
    dl->crossing[0] = '\0';
    dl->engaged = false;
    dl->why = why;
    dl->by_us = by_us;

    cl_dial_news(dl, CL_DIAL_OVER);
}


/* Both want it. */

static void
cl_dial_agreed(cl_dial_t *dl, uint64_t now_ns)
{
    dl->state = CL_DIAL_AGREED;
    dl->until_ns = now_ns + CL_DIAL_SETUP_NS;
    dl->crossing[0] = '\0';
    dl->engaged = false;
}


/* ---- what we do ---- */

void
cl_dial_init(cl_dial_t *dl, const cl_dial_conf_t *conf)
{
    memset(dl, 0, sizeof(cl_dial_t));

    dl->conf = *conf;
    dl->until_ns = UINT64_MAX;
    wzp_fp_of_key(dl->me, conf->pub);
}


void
cl_dial_id(char id[CL_CALL_ID_LEN + 1], const uint8_t random[16])
{
    wzp_hex(id, random, 16);
}


void
cl_dial_call(cl_dial_t *dl, const uint8_t peer[WZP_FP_SIZE], const char *id,
    uint64_t now_ns)
{
    if (dl->state == CL_DIAL_IDLE) {
        dl->until_ns = now_ns + dl->conf.ring_ns;

    } else if (dl->state != CL_DIAL_CALLING && dl->state != CL_DIAL_RINGING) {
        return;

    } else {

        /* It may have been answered, and the news of that been lost. */

        cl_dial_send_hangup(dl, dl->id, WZP_HANGUP_NORMAL);
    }

    dl->state = CL_DIAL_CALLING;
    dl->outgoing = true;
    dl->repeated = false;
    dl->engaged = false;
    dl->alias[0] = '\0';
    dl->crossing[0] = '\0';
    memcpy(dl->peer, peer, WZP_FP_SIZE);
    memset(dl->id, 0, sizeof(dl->id));
    memcpy(dl->id, id, WZP_MIN(strlen(id), WZP_CALL_ID_MAX));

    cl_dial_send_offer(dl);
}


void
cl_dial_registered(cl_dial_t *dl, bool extended, uint64_t away_ns)
{
    dl->extended = extended;

    if ((dl->state == CL_DIAL_CALLING || dl->state == CL_DIAL_RINGING)
        && !dl->engaged)
    {
        dl->repeated = true;
        dl->kept = away_ns < CL_DIAL_KEPT_NS;
        cl_dial_send_offer(dl);
    }
}


void
cl_dial_answer(cl_dial_t *dl, wzp_accept_t mode, uint64_t now_ns)
{
    if (dl->state != CL_DIAL_ASKED) {
        return;
    }

    cl_dial_send_answer(dl, mode);

    if (mode == WZP_ACCEPT_REJECT) {
        cl_dial_over(dl, CL_DIAL_DECLINED, true);
        return;
    }

    cl_dial_agreed(dl, now_ns);
}


void
cl_dial_hangup(cl_dial_t *dl, wzp_hangup_t reason)
{
    cl_dial_why_t  why;

    switch (dl->state) {

    case CL_DIAL_IDLE:
        return;

    case CL_DIAL_TALKING:
        why = CL_DIAL_HUNG_UP;
        break;

    case CL_DIAL_ASKED:
        why = CL_DIAL_DECLINED;
        break;

    case CL_DIAL_CALLING:
    case CL_DIAL_RINGING:
    case CL_DIAL_AGREED:
    default:
        why = CL_DIAL_CANCELLED;
        break;
    }

    cl_dial_send_hangup(dl, dl->id, reason);
    cl_dial_over(dl, why, true);
}


uint64_t
cl_dial_turn(cl_dial_t *dl, uint64_t now_ns)
{
    cl_dial_why_t  why;

    if (now_ns < dl->until_ns) {
        return dl->until_ns;
    }

    if (dl->engaged) {
        cl_dial_over(dl, CL_DIAL_ENGAGED, false);
        return dl->until_ns;
    }

    why = dl->state == CL_DIAL_AGREED ? CL_DIAL_FAILED : CL_DIAL_NO_ANSWER;

    cl_dial_send_hangup(dl, dl->id, why == CL_DIAL_FAILED ? WZP_HANGUP_ERROR
                                                          : WZP_HANGUP_TIMEOUT);
    cl_dial_over(dl, why, true);

    return dl->until_ns;
}


/* ---- what we hear ---- */

/* Whose key is it?  Existing graphical clients send none. */

static bool
cl_dial_key_good(const uint8_t pub[WZP_KEY_SIZE],
    const uint8_t whose[WZP_FP_SIZE])
{
    uint8_t  fp[WZP_FP_SIZE];

    static const uint8_t  none[WZP_KEY_SIZE];

    wzp_fp_of_key(fp, pub);

    return memcmp(pub, none, WZP_KEY_SIZE) == 0
           || memcmp(fp, whose, WZP_FP_SIZE) == 0;
}


/* Is it to us, and from whom it says? */

static bool
cl_dial_offer_good(const cl_dial_t *dl, const wzp_direct_offer_t *of,
    uint8_t from[WZP_FP_SIZE])
{
    uint8_t  fp[WZP_FP_SIZE];

    if (of->call_id[0] == '\0'
        || wzp_fp_parse(fp, of->target, strlen(of->target)) != WZP_OK
        || memcmp(fp, dl->me, WZP_FP_SIZE) != 0
        || wzp_fp_parse(from, of->caller, strlen(of->caller)) != WZP_OK
        || memcmp(from, dl->me, WZP_FP_SIZE) == 0)
    {
        return false;
    }

    return cl_dial_key_good(of->identity_pub, from);
}


/* Take their call for ours, which both want. */

static void
cl_dial_cross(cl_dial_t *dl, const char *id, uint64_t now_ns)
{
    char  theirs[WZP_CALL_ID_MAX + 1];

    memcpy(theirs, id, sizeof(theirs));

    if (!dl->engaged) {
        cl_dial_send_hangup(dl, dl->id, WZP_HANGUP_NORMAL);
    }

    memcpy(dl->id, theirs, sizeof(theirs));
    dl->outgoing = false;

    cl_dial_send_answer(dl, WZP_ACCEPT_GENERIC);
    cl_dial_agreed(dl, now_ns);
    cl_dial_news(dl, CL_DIAL_ACCEPTED);
}


/*
 * Two call each other at the same time: the call with the lower id is the one.
 * Our relays see to it, and say Busy for the other call, perhaps before the
 * one that lives arrives; where nobody sees to it, we do.
 */

static bool
cl_dial_crossing(cl_dial_t *dl, const wzp_direct_offer_t *of,
    const uint8_t from[WZP_FP_SIZE], uint64_t now_ns)
{
    if ((dl->state != CL_DIAL_CALLING && dl->state != CL_DIAL_RINGING)
        || memcmp(from, dl->peer, WZP_FP_SIZE) != 0)
    {
        return false;
    }

    memcpy(dl->alias, of->alias, sizeof(dl->alias));

    if (dl->engaged || strcasecmp(of->call_id, dl->id) < 0) {
        cl_dial_cross(dl, of->call_id, now_ns);

    } else {
        memcpy(dl->crossing, of->call_id, sizeof(dl->crossing));
    }

    return true;
}


static void
cl_dial_on_offer(cl_dial_t *dl, const wzp_direct_offer_t *of, uint64_t now_ns)
{
    uint8_t  from[WZP_FP_SIZE];

    if (!cl_dial_offer_good(dl, of, from)
        || (dl->state != CL_DIAL_IDLE && strcmp(of->call_id, dl->id) == 0)
        || cl_dial_crossing(dl, of, from, now_ns))
    {
        return;
    }

    if (dl->state != CL_DIAL_IDLE) {
        memcpy(dl->other, from, WZP_FP_SIZE);
        memcpy(dl->other_alias, of->alias, sizeof(dl->other_alias));
        cl_dial_send_hangup(dl, of->call_id, WZP_HANGUP_BUSY);
        cl_dial_news(dl, CL_DIAL_BUSY);
        return;
    }

    dl->state = CL_DIAL_ASKED;
    dl->outgoing = false;
    dl->until_ns = now_ns + CL_DIAL_ASK_NS;
    memcpy(dl->id, of->call_id, sizeof(dl->id));
    memcpy(dl->peer, from, WZP_FP_SIZE);
    memcpy(dl->alias, of->alias, sizeof(dl->alias));

    cl_dial_news(dl, CL_DIAL_INCOMING);
}


static void
cl_dial_on_ringing(cl_dial_t *dl, const char *id)
{
    if (dl->state == CL_DIAL_CALLING && strcmp(id, dl->id) == 0) {
        dl->state = CL_DIAL_RINGING;
        cl_dial_news(dl, CL_DIAL_RINGS);
    }
}


static void
cl_dial_on_answer(cl_dial_t *dl, const wzp_direct_answer_t *an,
    uint64_t now_ns)
{
    if ((dl->state != CL_DIAL_CALLING && dl->state != CL_DIAL_RINGING)
        || strcmp(an->call_id, dl->id) != 0)
    {
        return;
    }

    if (an->mode == WZP_ACCEPT_REJECT) {
        cl_dial_over(dl, CL_DIAL_DECLINED, false);
        return;
    }

    if (an->has_identity && !cl_dial_key_good(an->identity_pub, dl->peer)) {
        cl_dial_send_hangup(dl, dl->id, WZP_HANGUP_ERROR);
        cl_dial_over(dl, CL_DIAL_FAILED, true);
        return;
    }

    cl_dial_agreed(dl, now_ns);
    cl_dial_news(dl, CL_DIAL_ACCEPTED);
}


/* PROTOCOL 7.5: any other room is none of a call's. */

static bool
cl_dial_room(cl_dial_t *dl, const char *room)
{
    wzp_sni_t  sni, want;
    char       name[sizeof("call-") + WZP_CALL_ID_MAX];

    memcpy(name, "call-", 5);
    memcpy(name + 5, dl->id, sizeof(dl->id));

    if (wzp_sni_parse(&sni, room, strlen(room)) != WZP_OK
        || wzp_sni_parse(&want, name, strlen(name)) != WZP_OK
        || sni.role != WZP_SNI_CALL || strcmp(sni.name, want.name) != 0)
    {
        return false;
    }

    memcpy(dl->room, sni.name, sni.len + 1);

    return true;
}


static void
cl_dial_on_setup(cl_dial_t *dl, const wzp_call_setup_t *cs)
{
    wzp_signal_t  sg;

    /* All devices of ours hear of the room, and one has answered. */

    if (dl->state == CL_DIAL_ASKED && strcmp(cs->call_id, dl->id) == 0) {
        cl_dial_over(dl, CL_DIAL_ELSEWHERE, true);
        return;
    }

    /* A caller may hear of the room before the answer arrives. */

    if ((dl->state != CL_DIAL_AGREED
         && !(dl->outgoing && (dl->state == CL_DIAL_CALLING
                               || dl->state == CL_DIAL_RINGING)))
        || strcmp(cs->call_id, dl->id) != 0)
    {
        return;
    }

    if (!cl_dial_room(dl, cs->room)) {
        cl_dial_send_hangup(dl, dl->id, WZP_HANGUP_ERROR);
        cl_dial_over(dl, CL_DIAL_FAILED, true);
        return;
    }

    memcpy(dl->relay, cs->relay_addr, sizeof(dl->relay));
    dl->state = CL_DIAL_TALKING;
    dl->until_ns = UINT64_MAX;
    dl->crossing[0] = '\0';

    /* The other side waits for this before it uses the relay. */

    memset(&sg, 0, sizeof(wzp_signal_t));
    sg.type = WZP_SIG_MEDIA_PATH_REPORT;
    memcpy(sg.u.media_path.call_id, dl->id, sizeof(dl->id));
    sg.u.media_path.direct_ok = false;
    memcpy(sg.u.media_path.race_winner, "Relay", sizeof("Relay"));
    dl->conf.send(dl->conf.ctx, &sg);

    cl_dial_news(dl, CL_DIAL_SETUP);
}


/* Existing relays say Normal for nearly everything: when counts. */

static cl_dial_why_t
cl_dial_reason(const cl_dial_t *dl, wzp_hangup_t reason, bool bare)
{
    if (dl->state == CL_DIAL_TALKING) {
        return CL_DIAL_HUNG_UP;
    }

    if (!dl->outgoing) {
        return reason == WZP_HANGUP_TIMEOUT ? CL_DIAL_NO_ANSWER
               : reason == WZP_HANGUP_ERROR ? CL_DIAL_FAILED
               : CL_DIAL_CANCELLED;
    }

    switch (reason) {

    case WZP_HANGUP_BUSY:
        return CL_DIAL_ENGAGED;

    case WZP_HANGUP_TIMEOUT:
        return CL_DIAL_NO_ANSWER;

    case WZP_HANGUP_DECLINED:
        return CL_DIAL_DECLINED;

    case WZP_HANGUP_NORMAL:
    case WZP_HANGUP_ERROR:
        break;
    }

    if (reason == WZP_HANGUP_ERROR || dl->state == CL_DIAL_AGREED) {
        return CL_DIAL_FAILED;
    }

    return dl->state == CL_DIAL_CALLING || (dl->repeated && bare)
           ? CL_DIAL_NOT_FOUND : CL_DIAL_DECLINED;
}


static void
cl_dial_on_hangup(cl_dial_t *dl, const char *id, wzp_hangup_t reason,
    uint64_t now_ns)
{
    if (dl->crossing[0] != '\0' && strcmp(id, dl->crossing) == 0) {
        dl->crossing[0] = '\0';
        return;
    }

    /* Without an id it is the call that there is, unless that can have one:
     * then it is about a call of another device of ours. */

    if (dl->state == CL_DIAL_IDLE
        || (id[0] != '\0' && strcmp(id, dl->id) != 0)
        || (id[0] == '\0' && dl->extended
            && (!dl->outgoing || dl->state > CL_DIAL_RINGING)))
    {
        return;
    }

    if (reason == WZP_HANGUP_BUSY && dl->outgoing && !dl->engaged
        && dl->state <= CL_DIAL_RINGING)
    {
        dl->engaged = true;
        dl->until_ns = now_ns + CL_DIAL_CROSS_NS;

        if (dl->crossing[0] != '\0') {
            cl_dial_cross(dl, dl->crossing, now_ns);
        }

        return;
    }

    if (reason == WZP_HANGUP_ERROR && dl->repeated
        && dl->state <= CL_DIAL_RINGING)
    {
        dl->repeated = false;

        if (!dl->kept) {
            cl_dial_news(dl, CL_DIAL_FORGOTTEN);
        }

        return;
    }

    cl_dial_over(dl, cl_dial_reason(dl, reason, id[0] == '\0'), false);
}


void
cl_dial_signal(cl_dial_t *dl, const wzp_signal_t *sg, uint64_t now_ns)
{
    switch ((int) sg->type) {

    case WZP_SIG_DIRECT_CALL_OFFER:
        cl_dial_on_offer(dl, &sg->u.direct_offer, now_ns);
        break;

    case WZP_SIG_CALL_RINGING:
        cl_dial_on_ringing(dl, sg->u.call_ringing.call_id);
        break;

    case WZP_SIG_DIRECT_CALL_ANSWER:
        cl_dial_on_answer(dl, &sg->u.direct_answer, now_ns);
        break;

    case WZP_SIG_CALL_SETUP:
        cl_dial_on_setup(dl, &sg->u.call_setup);
        break;

    case WZP_SIG_HANGUP:
        cl_dial_on_hangup(dl, sg->u.hangup.call_id, sg->u.hangup.reason,
                          now_ns);
        break;

    default:
        break;
    }
}


const char *
cl_dial_why_name(cl_dial_why_t why)
{
    static const char *const  names[] = {
        [CL_DIAL_HUNG_UP] = "hung_up",
        [CL_DIAL_CANCELLED] = "cancelled",
        [CL_DIAL_NOT_FOUND] = "not_found",
        [CL_DIAL_DECLINED] = "declined",
        [CL_DIAL_ENGAGED] = "busy",
        [CL_DIAL_ELSEWHERE] = "elsewhere",
        [CL_DIAL_NO_ANSWER] = "no_answer",
        [CL_DIAL_FAILED] = "failed"
    };

    return names[why];
}


cl_exit_t
cl_dial_why_exit(cl_dial_why_t why)
{
    switch (why) {

    case CL_DIAL_NOT_FOUND:
        return CL_NOBODY;

    case CL_DIAL_DECLINED:
    case CL_DIAL_ENGAGED:
        return CL_DECLINED;

    case CL_DIAL_NO_ANSWER:
        return CL_NO_ANSWER;

    case CL_DIAL_FAILED:
        return CL_INTERNAL;

    case CL_DIAL_HUNG_UP:
    case CL_DIAL_CANCELLED:
    case CL_DIAL_ELSEWHERE:
        break;
    }

    return CL_OK;
}
