/*
 * Direct calls: the table, and the state of each call.  What a signal means to
 * its parties is here; who is registered where, and sending, is not.
 */

#include "wzp/wzp_calls_table.h"


static const char  *wzp_call_verdict_names[] = {
    "ok", "repeat", "forged", "bad_id", "used_id", "unknown", "busy", "glare",
    "limit", "full", "state"
};


const char *
wzp_call_verdict_name(unsigned verdict)
{
    if (verdict >= WZP_ARRAY_LEN(wzp_call_verdict_names)) {
        return NULL;
    }

    return wzp_call_verdict_names[verdict];
}


/* ---- parties ---- */

/*
 * Which party speaks?  -1: none.  A link that names nobody speaks for the one
 * party that is behind it.
 */
static int
wzp_calls_side(const wzp_calls_head_t *h, const wzp_call_from_t *from)
{
    int  i;

    for (i = 0; i < 2; i++) {

        if (from->named ? wzp_calls_same(&h->party[i], &from->who)
                        : from->who.link != 0
                          && h->party[i].link == from->who.link)
        {
            return i;
        }
    }

    return -1;
}


/* ---- what there is to do ---- */

static wzp_call_action_t *
wzp_calls_action(wzp_call_out_t *out, const wzp_call_party_t *to,
    const wzp_call_party_t *source)
{
    wzp_call_action_t  *act;

    WZP_ASSERT(out->n < WZP_CALLS_ACTIONS);

    act = &out->actions[out->n++];
    act->to = *to;
    memcpy(act->source, source->fp, WZP_FP_SIZE);
    act->forward = false;

    return act;
}


static void
wzp_calls_forward(wzp_call_out_t *out, const wzp_calls_head_t *h, int to)
{
    wzp_calls_action(out, &h->party[to], &h->party[!to])->forward = true;
}


static wzp_signal_t *
wzp_calls_say(wzp_call_out_t *out, const wzp_call_party_t *to,
    const wzp_call_party_t *source, wzp_signal_type_t type)
{
    wzp_signal_t  *sg;

    sg = &wzp_calls_action(out, to, source)->signal;
    memset(sg, 0, sizeof(wzp_signal_t));
    sg->type = type;

    return sg;
}


static void
wzp_calls_say_hangup(wzp_call_out_t *out, const wzp_call_party_t *to,
    const wzp_call_party_t *source, wzp_hangup_t reason, const char *id)
{
    wzp_signal_t  *sg;

    sg = wzp_calls_say(out, to, source, WZP_SIG_HANGUP);
    sg->u.hangup.reason = reason;
    wzp_calls_id_copy(sg->u.hangup.call_id, id);
}


static void
wzp_calls_hangup_side(wzp_calls_t *cs, uint32_t i, int to,
    wzp_hangup_t reason, wzp_call_out_t *out)
{
    const wzp_calls_head_t  *h;

    h = &cs->head[i];
    wzp_calls_say_hangup(out, &h->party[to], &h->party[!to], reason,
                         wzp_calls_text(cs, i)->id);
}


static void
wzp_calls_out_init(wzp_call_out_t *out, wzp_relay_id_t relay)
{
    out->relay = relay;
    out->n = 0;
    out->more = false;
}


/* ---- offers ---- */

/*
 * May this call be, with nothing but the parties looked at?  *glare is the
 * callee's own call to the caller that has to give way, if any.
 */
static wzp_call_verdict_t
wzp_calls_check_people(const wzp_calls_t *cs, wzp_relay_id_t relay,
    const wzp_call_party_t party[2], const char *id, uint32_t *glare)
{
    bool                     active, busy;
    uint32_t                 i, mine, linked;
    const wzp_calls_head_t  *h;

    busy = false;
    mine = 0;
    linked = 0;

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];

        if (!wzp_calls_lives(h, relay)) {
            continue;
        }

        active = wzp_calls_state(h) == WZP_CALL_ACTIVE;

        mine += wzp_calls_same(&h->party[WZP_CALL_CALLER], &party[0]);
        linked += !active && party[0].link != 0
                  && h->party[WZP_CALL_CALLER].link == party[0].link;

        if (wzp_calls_same(&h->party[WZP_CALL_CALLEE], &party[1])) {
            busy = true;

        } else if (wzp_calls_same(&h->party[WZP_CALL_CALLER], &party[1])) {

            if (active) {
                busy = true;

            } else if (wzp_calls_same(&h->party[WZP_CALL_CALLEE],
                                      &party[0]))
            {
                *glare = i;
            }
        }
    }

    if (mine >= WZP_CALLS_PER_CALLER
        || linked >= WZP_MAX(cs->n / 4, WZP_CALLS_PER_CALLER))
    {
        return WZP_CALL_LIMIT;
    }

    if (*glare != WZP_CALLS_NONE) {
        return wzp_calls_id_cmp(wzp_calls_text(cs, *glare)->id, id) < 0
               ? WZP_CALL_GLARE : WZP_CALL_OK;
    }

    return busy ? WZP_CALL_BUSY : WZP_CALL_OK;
}


/* A neighbour may say a thing twice, until the call is answered. */

static bool
wzp_calls_repeated(const wzp_calls_head_t *h, const wzp_call_party_t party[2])
{
    return party[0].link != 0
           && wzp_calls_lives(h, 0)
           && wzp_calls_state(h) != WZP_CALL_ACTIVE
           && wzp_calls_same(&h->party[0], &party[0])
           && wzp_calls_same(&h->party[1], &party[1]);
}


/* Who calls whom, if the sender may say so. */

static wzp_call_verdict_t
wzp_calls_offer_parties(const wzp_call_from_t *from,
    const wzp_direct_offer_t *offer, const wzp_call_target_t *target,
    wzp_call_party_t party[2])
{
    memset(party, 0, 2 * sizeof(wzp_call_party_t));
    party[0].link = from->who.link;
    party[1].link = target->known ? target->link : 0;

    if (wzp_fp_parse(party[1].fp, offer->target, strlen(offer->target))
        != WZP_OK
        || wzp_fp_parse(party[0].fp, offer->caller, strlen(offer->caller))
           != WZP_OK)
    {
        return WZP_CALL_FORGED;
    }

    if (from->named ? !wzp_calls_same(&party[0], &from->who)
                    : from->who.link == 0)
    {
        return WZP_CALL_FORGED;
    }

    return WZP_CALL_OK;
}


static wzp_call_verdict_t
wzp_calls_check_offer(const wzp_calls_t *cs, const wzp_call_from_t *from,
    const wzp_call_party_t party[2], const char *id,
    const wzp_call_target_t *target, uint64_t now_ns, uint32_t *glare)
{
    uint32_t  i;

    if (!wzp_calls_id_valid(id)) {
        return WZP_CALL_BAD_ID;
    }

    i = wzp_calls_lookup(cs, from->relay, id, now_ns);

    if (i != WZP_CALLS_NONE) {
        return wzp_calls_repeated(&cs->head[i], party) ? WZP_CALL_REPEAT
                                                       : WZP_CALL_USED_ID;
    }

    if (!target->known || (party[0].link != 0 && party[1].link != 0)) {
        return WZP_CALL_UNKNOWN;
    }

    /* who calls oneself is on the phone */

    if (memcmp(party[0].fp, party[1].fp, WZP_FP_SIZE) == 0) {
        return WZP_CALL_BUSY;
    }

    return wzp_calls_check_people(cs, from->relay, party, id, glare);
}


/* What the sender hears.  That a link lied is told to whom it named. */

static void
wzp_calls_refuse(wzp_call_out_t *out, wzp_call_verdict_t verdict,
    const wzp_call_from_t *from, const wzp_call_party_t party[2],
    const char *id)
{
    wzp_hangup_t             reason;
    const wzp_call_party_t  *to;

    to = &party[0];
    reason = WZP_HANGUP_ERROR;

    switch (verdict) {

    case WZP_CALL_REPEAT:
        return;

    case WZP_CALL_FORGED:

        if (!from->named) {
            return;
        }

        to = &from->who;
        break;

    case WZP_CALL_BUSY:
    case WZP_CALL_GLARE:
        reason = WZP_HANGUP_BUSY;
        break;

    case WZP_CALL_UNKNOWN:
        reason = WZP_HANGUP_NORMAL;

        /* existing clients expect no id here; a relay cannot do without */

        if (to->link == 0) {
            id = "";
        }

        break;

    case WZP_CALL_OK:
    case WZP_CALL_BAD_ID:
    case WZP_CALL_USED_ID:
    case WZP_CALL_LIMIT:
    case WZP_CALL_FULL:
    case WZP_CALL_STATE:
    case WZP_CALL_N:
        break;
    }

    wzp_calls_say_hangup(out, to, &party[1], reason, id);
}


wzp_call_verdict_t
wzp_calls_offer(wzp_calls_t *cs, const wzp_call_from_t *from,
    const wzp_direct_offer_t *offer, const wzp_call_target_t *target,
    uint64_t now_ns, wzp_call_out_t *out)
{
    uint32_t             i, glare;
    uint64_t             ring_ns;
    wzp_signal_t        *sg;
    wzp_call_party_t     party[2];
    wzp_call_verdict_t   verdict;

    wzp_calls_out_init(out, from->relay);

    glare = WZP_CALLS_NONE;
    verdict = wzp_calls_offer_parties(from, offer, target, party);

    if (verdict == WZP_CALL_OK) {
        verdict = wzp_calls_check_offer(cs, from, party, offer->call_id,
                                        target, now_ns, &glare);
    }

    if (verdict == WZP_CALL_OK && glare == WZP_CALLS_NONE
        && wzp_calls_place(cs) == WZP_CALLS_NONE)
    {
        verdict = WZP_CALL_FULL;
    }

    if (verdict != WZP_CALL_OK) {
        wzp_calls_refuse(out, verdict, from, party, offer->call_id);
        return verdict;
    }

    if (glare != WZP_CALLS_NONE) {
        wzp_calls_hangup_side(cs, glare, WZP_CALL_CALLER, WZP_HANGUP_BUSY,
                              out);
        wzp_calls_hangup_side(cs, glare, WZP_CALL_CALLEE, WZP_HANGUP_NORMAL,
                              out);
        wzp_calls_end(cs, glare, now_ns);
    }

    ring_ns = target->ring_ns != 0 ? target->ring_ns : WZP_CALLS_RING;
    i = wzp_calls_place(cs);
    wzp_calls_make(cs, i, from->relay, party, offer, now_ns + ring_ns);
    wzp_calls_forward(out, &cs->head[i], WZP_CALL_CALLEE);

    if (party[1].link == 0 || target->existing) {
        sg = wzp_calls_say(out, &party[0], &party[1], WZP_SIG_CALL_RINGING);
        wzp_calls_id_copy(sg->u.call_ringing.call_id, offer->call_id);
        wzp_calls_set_state(&cs->head[i], WZP_CALL_RINGING);
    }

    return WZP_CALL_OK;
}


/* ---- during a call ---- */

/* The call of this id and who of its parties speaks. */

static wzp_call_verdict_t
wzp_calls_party(const wzp_calls_t *cs, const wzp_call_from_t *from,
    const char *id, uint32_t *i, int *side)
{
    *i = wzp_calls_lookup(cs, from->relay, id, UINT64_MAX);

    if (*i == WZP_CALLS_NONE) {
        return WZP_CALL_UNKNOWN;
    }

    *side = wzp_calls_side(&cs->head[*i], from);

    return *side < 0 ? WZP_CALL_FORGED : WZP_CALL_OK;
}


wzp_call_verdict_t
wzp_calls_ringing(wzp_calls_t *cs, const wzp_call_from_t *from,
    const char *call_id, wzp_call_out_t *out)
{
    int                  side;
    uint32_t             i;
    wzp_calls_head_t    *h;
    wzp_call_verdict_t   verdict;

    wzp_calls_out_init(out, from->relay);
    verdict = wzp_calls_party(cs, from, call_id, &i, &side);

    if (verdict != WZP_CALL_OK) {
        return verdict;
    }

    h = &cs->head[i];

    /* that somebody here rings, we know ourselves */

    if (side != WZP_CALL_CALLEE || h->party[side].link == 0) {
        return WZP_CALL_FORGED;
    }

    switch (wzp_calls_state(h)) {

    case WZP_CALL_PENDING:
        break;

    case WZP_CALL_RINGING:
        return WZP_CALL_REPEAT;

    case WZP_CALL_ACTIVE:
    case WZP_CALL_STATE_N:
        return WZP_CALL_STATE;
    }

    wzp_calls_set_state(h, WZP_CALL_RINGING);
    wzp_calls_forward(out, h, WZP_CALL_CALLER);

    return WZP_CALL_OK;
}


/* CallSetup for a party that is here; addrs: the other's addresses or NULL. */

static void
wzp_calls_say_setup(wzp_calls_t *cs, uint32_t i, int to,
    const wzp_calls_addrs_t *addrs, const char *relay_addr,
    wzp_call_out_t *out)
{
    wzp_call_setup_t        *setup;
    const wzp_calls_head_t  *h;

    h = &cs->head[i];

    if (h->party[to].link != 0) {
        return;
    }

    setup = &wzp_calls_say(out, &h->party[to], &h->party[!to],
                           WZP_SIG_CALL_SETUP)->u.call_setup;

    wzp_calls_id_copy(setup->call_id, wzp_calls_text(cs, i)->id);
    wzp_calls_room(setup->room, setup->call_id);
    memcpy(setup->relay_addr, relay_addr, strnlen(relay_addr, WZP_HOST_MAX));

    if (addrs != NULL) {
        wzp_calls_addrs_give(&setup->peer, addrs);
    }
}


static void
wzp_calls_accept(wzp_calls_t *cs, uint32_t i,
    const wzp_direct_answer_t *answer, const char *relay_addr,
    uint64_t now_ns, wzp_call_out_t *out)
{
    int                side;
    bool               trusted;
    wzp_calls_head_t  *h;
    wzp_calls_addrs_t  callee;

    h = &cs->head[i];
    trusted = answer->mode == WZP_ACCEPT_TRUSTED;
    wzp_calls_addrs_keep(&callee, &answer->addrs);

    for (side = 0; side < 2; side++) {
        if (h->grace_ns[side] != 0) {
            h->grace_ns[side] = now_ns + WZP_CALLS_GRACE;
            h->missed[side] = true;
        }
    }

    wzp_calls_set_state(h, WZP_CALL_ACTIVE);

    wzp_calls_forward(out, h, WZP_CALL_CALLER);
    wzp_calls_say_setup(cs, i, WZP_CALL_CALLER, trusted ? &callee : NULL,
                        relay_addr, out);
    wzp_calls_say_setup(cs, i, WZP_CALL_CALLEE,
                        trusted ? &wzp_calls_text(cs, i)->caller : NULL,
                        relay_addr, out);
}


wzp_call_verdict_t
wzp_calls_answer(wzp_calls_t *cs, const wzp_call_from_t *from,
    const wzp_direct_answer_t *answer, const char *relay_addr,
    uint64_t now_ns, wzp_call_out_t *out)
{
    int                 side;
    uint32_t            i;
    wzp_call_verdict_t  verdict;

    wzp_calls_out_init(out, from->relay);
    verdict = wzp_calls_party(cs, from, answer->call_id, &i, &side);

    if (verdict != WZP_CALL_OK) {
        return verdict;
    }

    if (side != WZP_CALL_CALLEE) {
        return WZP_CALL_FORGED;
    }

    if (wzp_calls_state(&cs->head[i]) == WZP_CALL_ACTIVE) {
        return WZP_CALL_STATE;
    }

    if (answer->mode == WZP_ACCEPT_REJECT) {
        wzp_calls_hangup_side(cs, i, WZP_CALL_CALLER, WZP_HANGUP_NORMAL, out);
        wzp_calls_end(cs, i, now_ns);

    } else {
        wzp_calls_accept(cs, i, answer, relay_addr, now_ns, out);
    }

    return WZP_CALL_OK;
}


wzp_call_verdict_t
wzp_calls_media_path(wzp_calls_t *cs, const wzp_call_from_t *from,
    const char *call_id, wzp_call_out_t *out)
{
    int                 side;
    uint32_t            i;
    wzp_call_verdict_t  verdict;

    wzp_calls_out_init(out, from->relay);
    verdict = wzp_calls_party(cs, from, call_id, &i, &side);

    if (verdict != WZP_CALL_OK) {
        return verdict;
    }

    if (wzp_calls_state(&cs->head[i]) != WZP_CALL_ACTIVE) {
        return WZP_CALL_STATE;
    }

    wzp_calls_forward(out, &cs->head[i], !side);

    return WZP_CALL_OK;
}


/* The first call of this person from entry i on. */

static uint32_t
wzp_calls_first_of(const wzp_calls_t *cs, const wzp_call_from_t *from,
    uint32_t i, int *side)
{
    const wzp_calls_head_t  *h;

    for ( /* void */ ; from->named && i < cs->n; i++) {
        h = &cs->head[i];

        if (!wzp_calls_lives(h, from->relay)) {
            continue;
        }

        *side = wzp_calls_side(h, from);

        if (*side >= 0) {
            return i;
        }
    }

    return WZP_CALLS_NONE;
}


wzp_call_verdict_t
wzp_calls_hangup(wzp_calls_t *cs, const wzp_call_from_t *from,
    const char *call_id, wzp_hangup_t reason, uint64_t now_ns,
    wzp_call_out_t *out)
{
    int                 side, next;
    uint32_t            i;
    wzp_call_verdict_t  verdict;

    wzp_calls_out_init(out, from->relay);

    if (call_id[0] != '\0') {
        verdict = wzp_calls_party(cs, from, call_id, &i, &side);

        if (verdict != WZP_CALL_OK) {
            return verdict;
        }

        wzp_calls_forward(out, &cs->head[i], !side);
        wzp_calls_end(cs, i, now_ns);

        return WZP_CALL_OK;
    }

    if (!from->named) {
        return WZP_CALL_FORGED;
    }

    i = wzp_calls_first_of(cs, from, 0, &side);

    if (i == WZP_CALLS_NONE) {
        return WZP_CALL_UNKNOWN;
    }

    wzp_calls_hangup_side(cs, i, !side, reason, out);
    wzp_calls_end(cs, i, now_ns);
    out->more = wzp_calls_first_of(cs, from, i + 1, &next) != WZP_CALLS_NONE;

    return WZP_CALL_OK;
}


/* ---- presence ---- */

/* Is this side who has gone or is back: a person, or all behind a link? */

static bool
wzp_calls_is(const wzp_call_party_t *party, wzp_relay_id_t link,
    const uint8_t *fp)
{
    return party->link == link
           && (fp == NULL || memcmp(party->fp, fp, WZP_FP_SIZE) == 0);
}


/* A grace that runs goes on. */

static void
wzp_calls_leave(wzp_calls_t *cs, wzp_relay_id_t relay, wzp_relay_id_t link,
    const uint8_t *fp, uint64_t now_ns)
{
    int                side;
    uint32_t           i;
    wzp_calls_head_t  *h;

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];

        for (side = 0; side < 2; side++) {

            if (wzp_calls_lives(h, relay) && h->grace_ns[side] == 0
                && wzp_calls_is(&h->party[side], link, fp))
            {
                h->grace_ns[side] = now_ns
                                    + (wzp_calls_state(h) == WZP_CALL_ACTIVE
                                       ? WZP_CALLS_GRACE
                                       : WZP_CALLS_GRACE_RING);
            }
        }
    }
}


/* The last that was said to a party: it was not there. */

static void
wzp_calls_repeat(wzp_calls_t *cs, uint32_t i, int side, bool lives,
    const char *relay_addr, wzp_call_out_t *out)
{
    wzp_signal_t      *sg;
    wzp_calls_head_t  *h;

    h = &cs->head[i];

    if (!lives) {
        wzp_calls_hangup_side(cs, i, side, WZP_HANGUP_NORMAL, out);

    } else if (h->party[side].link == 0) {
        wzp_calls_say_setup(cs, i, side, NULL, relay_addr, out);

    } else if (side == WZP_CALL_CALLER) {
        sg = wzp_calls_say(out, &h->party[side], &h->party[!side],
                           WZP_SIG_DIRECT_CALL_ANSWER);
        sg->u.direct_answer.mode = WZP_ACCEPT_GENERIC;
        wzp_calls_id_copy(sg->u.direct_answer.call_id,
                          wzp_calls_text(cs, i)->id);
    }
}


static void
wzp_calls_return(wzp_calls_t *cs, wzp_relay_id_t relay, wzp_relay_id_t link,
    const uint8_t *fp, const char *relay_addr, uint64_t now_ns,
    wzp_call_out_t *out)
{
    int                side;
    bool               lives;
    uint32_t           i;
    wzp_calls_head_t  *h;

    wzp_calls_out_init(out, relay);

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];
        lives = wzp_calls_lives(h, relay);

        if (!lives && !wzp_calls_remembered(h, relay, now_ns)) {
            continue;
        }

        for (side = 0; side < 2; side++) {

            if (!wzp_calls_is(&h->party[side], link, fp)) {
                continue;
            }

            h->grace_ns[side] = 0;

            if (!h->missed[side]) {
                continue;
            }

            if (out->n == WZP_CALLS_ACTIONS) {
                out->more = true;
                return;
            }

            h->missed[side] = false;
            wzp_calls_repeat(cs, i, side, lives, relay_addr, out);
        }
    }
}


void
wzp_calls_gone(wzp_calls_t *cs, wzp_relay_id_t relay,
    const uint8_t fp[WZP_FP_SIZE], uint64_t now_ns)
{
    wzp_calls_leave(cs, relay, 0, fp, now_ns);
}


void
wzp_calls_back(wzp_calls_t *cs, wzp_relay_id_t relay,
    const uint8_t fp[WZP_FP_SIZE], const char *relay_addr, uint64_t now_ns,
    wzp_call_out_t *out)
{
    wzp_calls_return(cs, relay, 0, fp, relay_addr, now_ns, out);
}


void
wzp_calls_link_down(wzp_calls_t *cs, wzp_relay_id_t relay,
    wzp_relay_id_t link, uint64_t now_ns)
{
    wzp_calls_leave(cs, relay, link, NULL, now_ns);
}


void
wzp_calls_link_up(wzp_calls_t *cs, wzp_relay_id_t relay, wzp_relay_id_t link,
    uint64_t now_ns, wzp_call_out_t *out)
{
    wzp_calls_return(cs, relay, link, NULL, "", now_ns, out);
}


/* ---- time ---- */

/* When this call has to end by itself; UINT64_MAX: never. */

static uint64_t
wzp_calls_end_ns(const wzp_calls_head_t *h)
{
    int       side;
    uint64_t  end;

    end = wzp_calls_state(h) == WZP_CALL_ACTIVE ? UINT64_MAX : h->until_ns;

    for (side = 0; side < 2; side++) {
        if (h->grace_ns[side] != 0) {
            end = WZP_MIN(end, h->grace_ns[side]);
        }
    }

    return end;
}


bool
wzp_calls_expire(wzp_calls_t *cs, wzp_relay_id_t relay, uint64_t now_ns,
    wzp_call_out_t *out)
{
    int                side;
    uint32_t           i;
    wzp_calls_head_t  *h;

    wzp_calls_out_init(out, 0);

    for (i = 0; i < cs->n; i++) {
        h = &cs->head[i];

        if (wzp_calls_lives(h, relay) && wzp_calls_end_ns(h) <= now_ns) {
            break;
        }
    }

    if (i == cs->n) {
        return false;
    }

    h = &cs->head[i];
    out->relay = h->relay;

    /* of who is gone, only the other one needs to know */

    for (side = 0; side < 2; side++) {

        if (h->grace_ns[side] != 0 && h->grace_ns[side] <= now_ns) {
            wzp_calls_hangup_side(cs, i, !side, WZP_HANGUP_NORMAL, out);
        }
    }

    if (out->n == 0) {
        wzp_calls_hangup_side(cs, i, WZP_CALL_CALLER, WZP_HANGUP_TIMEOUT, out);
        wzp_calls_hangup_side(cs, i, WZP_CALL_CALLEE, WZP_HANGUP_TIMEOUT, out);
    }

    wzp_calls_end(cs, i, now_ns);

    return true;
}


uint64_t
wzp_calls_deadline(const wzp_calls_t *cs)
{
    uint32_t  i;
    uint64_t  end, next;

    next = UINT64_MAX;

    for (i = 0; i < cs->n; i++) {

        if (wzp_calls_lives(&cs->head[i], 0)) {
            end = wzp_calls_end_ns(&cs->head[i]);
            next = WZP_MIN(next, end);
        }
    }

    return next;
}


/* ---- questions ---- */

bool
wzp_calls_may_join(const wzp_calls_t *cs, wzp_relay_id_t relay,
    const char *call_id, const uint8_t fp[WZP_FP_SIZE])
{
    int              side;
    uint32_t         i;
    wzp_call_from_t  from;

    from.relay = relay;
    memcpy(from.who.fp, fp, WZP_FP_SIZE);
    from.who.link = 0;
    from.named = true;

    if (wzp_calls_party(cs, &from, call_id, &i, &side) != WZP_CALL_OK) {
        return false;
    }

    return side == WZP_CALL_CALLER
           || wzp_calls_state(&cs->head[i]) == WZP_CALL_ACTIVE;
}
