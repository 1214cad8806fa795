/*
 * Two relays with a table of calls each, and the people there, for the tests
 * of wzp_calls.  People have one letter; what reaches them is written to
 * `heard` in the order of arrival: "B:offer(x) A:ringing(x)".
 */

#ifndef _CALLS_H_INCLUDED_
#define _CALLS_H_INCLUDED_


#include "wzp/wzp_calls.h"
#include "tap.h"


#define N           16
#define QUEUE       64

#define NOBODY      (-1)


typedef struct {
    int           to;                   /* relay                             */
    char          source;
    wzp_signal_t  sg;
} letter_t;


static wzp_calls_t      *calls[2];
static const wzp_relay_id_t  relay_ids[2] = { 0x1111, 0x2222 };
static int               home[128];     /* of a person: relay, or NOBODY     */
static bool              existing;      /* both take the other for one       */
static bool              unnamed;       /* links name nobody                 */
static uint64_t          now;
static char              heard[4096];
static letter_t          queue[QUEUE];
static size_t            first, last;


TAP_UNUSED static void
fp_of(uint8_t fp[WZP_FP_SIZE], char person)
{
    memset(fp, person, WZP_FP_SIZE);
}


TAP_UNUSED static void
reset(void)
{
    int  i;

    for (i = 0; i < 2; i++) {
        free(calls[i]);
        calls[i] = malloc(wzp_calls_size(N));

        if (calls[i] == NULL) {
            abort();
        }

        memset(calls[i], 0xa5, wzp_calls_size(N));
        wzp_calls_init(calls[i], N);
    }

    for (i = 0; i < 128; i++) {
        home[i] = NOBODY;
    }

    home['A'] = home['B'] = home['C'] = home['M'] = 0;
    home['X'] = home['Y'] = home['Z'] = home['N'] = 1;
    existing = false;
    unnamed = false;
    now = 1000 * WZP_SEC;
    heard[0] = '\0';
    first = last = 0;
}


TAP_UNUSED static const char *
heard_now(void)
{
    static char  copy[sizeof(heard)];

    memcpy(copy, heard, sizeof(copy));
    heard[0] = '\0';

    return copy;
}


TAP_UNUSED TAP_PRINTF(1) static void
note(const char *fmt, ...)
{
    size_t   len;
    va_list  args;

    len = strlen(heard);

    va_start(args, fmt);
    (void) vsnprintf(heard + len, sizeof(heard) - len, fmt, args);
    va_end(args);
}


/* A person hears a signal. */

TAP_UNUSED static void
hear(const uint8_t *fp, const wzp_signal_t *sg)
{
    const wzp_call_setup_t  *setup;

    if (heard[0] != '\0') {
        note(" ");
    }

    note("%c:", fp[0]);

    if (sg->type == WZP_SIG_HANGUP) {
        note("%s(%s)", wzp_hangup_name(sg->u.hangup.reason),
             sg->u.hangup.call_id);

    } else if (sg->type == WZP_SIG_DIRECT_CALL_OFFER) {
        note("offer(%s)", sg->u.direct_offer.call_id);

    } else if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
        note("answer(%s)", sg->u.direct_answer.call_id);

    } else if (sg->type == WZP_SIG_CALL_RINGING) {
        note("ringing(%s)", sg->u.call_ringing.call_id);

    } else if (sg->type == WZP_SIG_MEDIA_PATH_REPORT) {
        note("path(%s)", sg->u.media_path.call_id);

    } else if (sg->type == WZP_SIG_CALL_SETUP) {
        setup = &sg->u.call_setup;
        note("setup(%s,%s,%s,%s+%u)", setup->call_id, setup->room,
             setup->relay_addr, setup->peer.reflexive,
             (unsigned) setup->peer.nlocal);

    } else {
        note("?");
    }
}


/* Do what a relay was told to do; sg is what came in. */

TAP_UNUSED static void
execute(int r, const wzp_signal_t *sg, const wzp_call_out_t *out)
{
    size_t                    i;
    letter_t                 *lt;
    const wzp_signal_t       *say;
    const wzp_call_action_t  *act;

    for (i = 0; i < out->n; i++) {
        act = &out->actions[i];
        say = act->forward ? sg : &act->signal;

        if (act->to.link == 0) {
            hear(act->to.fp, say);
            continue;
        }

        if (act->to.link != relay_ids[!r] || last == QUEUE) {
            continue;
        }

        lt = &queue[last++];
        lt->to = !r;
        lt->source = (char) act->source[0];
        lt->sg = *say;
    }
}


TAP_UNUSED static wzp_call_verdict_t
operate(int r, const wzp_call_from_t *from, const wzp_signal_t *sg,
    wzp_call_out_t *out)
{
    int                at;
    wzp_call_target_t  target;

    static const char  *addrs[2] = { "192.0.2.1:4433", "192.0.2.2:4433" };

    if (sg->type == WZP_SIG_DIRECT_CALL_OFFER) {
        at = home[strtol(sg->u.direct_offer.target, NULL, 16) >> 8 & 127];
        target.known = at != NOBODY;
        target.link = at == r ? 0 : relay_ids[!r];
        target.existing = existing;
        target.ring_ns = 0;

        return wzp_calls_offer(calls[r], from, &sg->u.direct_offer, &target,
                               now, out);
    }

    if (sg->type == WZP_SIG_DIRECT_CALL_ANSWER) {
        return wzp_calls_answer(calls[r], from, &sg->u.direct_answer,
                                addrs[r], now, out);
    }

    if (sg->type == WZP_SIG_CALL_RINGING) {
        return wzp_calls_ringing(calls[r], from, sg->u.call_ringing.call_id,
                                 out);
    }

    if (sg->type == WZP_SIG_MEDIA_PATH_REPORT) {
        return wzp_calls_media_path(calls[r], from, sg->u.media_path.call_id,
                                    out);
    }

    return wzp_calls_hangup(calls[r], from, sg->u.hangup.call_id,
                            sg->u.hangup.reason, now, out);
}


/* A signal comes to relay r, of a person (link 0) or through a link. */

TAP_UNUSED static wzp_call_verdict_t
signal_in(int r, char person, wzp_relay_id_t link, bool named,
    const wzp_signal_t *sg)
{
    wzp_call_from_t        from;
    wzp_call_verdict_t     verdict;
    static wzp_call_out_t  out;

    from.relay = relay_ids[r];
    from.who.link = link;
    from.named = named;
    fp_of(from.who.fp, person);

    do {
        memset(&out, 0xa5, sizeof(out));
        verdict = operate(r, &from, sg, &out);
        execute(r, sg, &out);
    } while (out.more);

    return verdict;
}


/* Letters between the relays arrive. */

TAP_UNUSED static void
pump(void)
{
    letter_t  lt;

    while (first < last) {
        lt = queue[first++];
        (void) signal_in(lt.to, lt.source, relay_ids[!lt.to], !unnamed,
                         &lt.sg);
    }

    first = last = 0;
}


TAP_UNUSED static void
expire(void)
{
    int                    r;
    static wzp_call_out_t  out;

    for (r = 0; r < 2; r++) {
        while (wzp_calls_expire(calls[r], 0, now, &out)) {
            execute(r, NULL, &out);
        }
    }
}


TAP_UNUSED static wzp_signal_t
offer_of(char caller, char target, const char *id)
{
    uint8_t              fp[WZP_FP_SIZE];
    wzp_signal_t         sg;
    wzp_direct_offer_t  *offer;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_DIRECT_CALL_OFFER;
    offer = &sg.u.direct_offer;

    fp_of(fp, caller);
    wzp_fp_text(offer->caller, fp);
    fp_of(fp, target);
    wzp_fp_text(offer->target, fp);
    (void) snprintf(offer->call_id, sizeof(offer->call_id), "%s", id);

    strcpy(offer->addrs.reflexive, "198.51.100.1:1");
    strcpy(offer->addrs.local[0], "10.0.0.1:1");
    strcpy(offer->addrs.local[1], "[fd00::1]:1");
    offer->addrs.nlocal = 2;

    return sg;
}


TAP_UNUSED static wzp_signal_t
short_of(wzp_signal_type_t type, const char *id)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = type;

    if (type == WZP_SIG_CALL_RINGING) {
        (void) snprintf(sg.u.call_ringing.call_id, WZP_CALL_ID_MAX + 1, "%s",
                        id);

    } else if (type == WZP_SIG_MEDIA_PATH_REPORT) {
        (void) snprintf(sg.u.media_path.call_id, WZP_CALL_ID_MAX + 1, "%s",
                        id);

    } else {
        (void) snprintf(sg.u.hangup.call_id, WZP_CALL_ID_MAX + 1, "%s", id);
    }

    return sg;
}


TAP_UNUSED static wzp_signal_t
answer_of(wzp_accept_t mode, const char *id)
{
    size_t         i;
    wzp_signal_t   sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_DIRECT_CALL_ANSWER;
    sg.u.direct_answer.mode = mode;
    (void) snprintf(sg.u.direct_answer.call_id, WZP_CALL_ID_MAX + 1, "%s",
                    id);
    strcpy(sg.u.direct_answer.addrs.reflexive, "203.0.113.9:9");

    for (i = 0; i < 6; i++) {
        strcpy(sg.u.direct_answer.addrs.local[i], "10.0.0.9:9");
    }

    sg.u.direct_answer.addrs.nlocal = 6;

    return sg;
}


/* The shorthands of the tests: a person does something at home. */

TAP_UNUSED static wzp_call_verdict_t
offer(char caller, char target, const char *id)
{
    wzp_signal_t  sg;

    sg = offer_of(caller, target, id);

    return signal_in(home[(int) caller], caller, 0, true, &sg);
}


TAP_UNUSED static wzp_call_verdict_t
answer(char person, wzp_accept_t mode, const char *id)
{
    wzp_signal_t  sg;

    sg = answer_of(mode, id);

    return signal_in(home[(int) person], person, 0, true, &sg);
}


TAP_UNUSED static wzp_call_verdict_t
hangup(char person, const char *id)
{
    wzp_signal_t  sg;

    sg = short_of(WZP_SIG_HANGUP, id);

    return signal_in(home[(int) person], person, 0, true, &sg);
}


TAP_UNUSED static wzp_call_verdict_t
path(char person, const char *id)
{
    wzp_signal_t  sg;

    sg = short_of(WZP_SIG_MEDIA_PATH_REPORT, id);

    return signal_in(home[(int) person], person, 0, true, &sg);
}


TAP_UNUSED static bool
may_join(int r, char person, const char *id)
{
    uint8_t  fp[WZP_FP_SIZE];

    fp_of(fp, person);

    return wzp_calls_may_join(calls[r], relay_ids[r], id, fp);
}


TAP_UNUSED static uint32_t
count(int r)
{
    uint32_t  n[WZP_CALL_STATE_N];

    wzp_calls_count(calls[r], relay_ids[r], n);

    return n[WZP_CALL_PENDING] + n[WZP_CALL_RINGING] + n[WZP_CALL_ACTIVE];
}


TAP_UNUSED static void
gone(char person, bool is_gone)
{
    int                    r;
    uint8_t                fp[WZP_FP_SIZE];
    static wzp_call_out_t  out;

    r = home[(int) person];
    fp_of(fp, person);

    if (is_gone) {
        wzp_calls_gone(calls[r], relay_ids[r], fp, now);

        return;
    }

    do {
        wzp_calls_back(calls[r], relay_ids[r], fp, "192.0.2.1:4433", now,
                       &out);
        execute(r, NULL, &out);
    } while (out.more);
}


/* The link goes, or comes, at both ends. */

TAP_UNUSED static void
link_is(bool up)
{
    int                    r;
    static wzp_call_out_t  out;

    for (r = 0; r < 2; r++) {

        if (!up) {
            wzp_calls_link_down(calls[r], relay_ids[r], relay_ids[!r], now);
            continue;
        }

        do {
            wzp_calls_link_up(calls[r], relay_ids[r], relay_ids[!r], now,
                              &out);
            execute(r, NULL, &out);
        } while (out.more);
    }
}


#define verdict_is(got, want, ...)                                            \
    is_str(wzp_call_verdict_name(got), want, __VA_ARGS__)


#endif /* _CALLS_H_INCLUDED_ */
