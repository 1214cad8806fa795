/*
 * Sequences of operations on two tables of calls, each of one relay, with
 * links between them and to a third, which says what it likes.  Whatever
 * happens: a call has two parties, one of them here; nobody but a party hears
 * of it; and none lives for ever.
 */

#include <strings.h>

#include "fuzz.h"
#include "wzp/wzp_calls.h"


#define N           12
#define PEOPLE      6                   /* even ones are at relay 0          */
#define LIAR        0x3333


typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
} input_t;


static union {
    uint64_t  align;
    uint8_t   bytes[65536];
} tables[2];

static const wzp_relay_id_t  relay_ids[2] = { 0x1111, 0x2222 };

static uint64_t  now;


static unsigned
byte(input_t *in)
{
    return in->p < in->end ? *in->p++ : 0;
}


static wzp_calls_t *
table(int r)
{
    return (wzp_calls_t *) (void *) &tables[r];
}


static void
fp_of(uint8_t fp[WZP_FP_SIZE], unsigned person)
{
    memset(fp, (int) (person + 1), WZP_FP_SIZE);
}


/* The same ids in both cases, and some that are none. */

static void
id_of(char id[WZP_CALL_ID_MAX + 1], unsigned n)
{
    static const char  *ids[16] = {
        "a", "b", "c", "d", "e", "f", "g", "h", "A", "B", "C", "D", "", "x.",
        "a b", "-"
    };

    strcpy(id, ids[n % 16]);
}


static bool
same_id(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}


/* What signals say about themselves. */

static const char *
id_in(const wzp_signal_t *sg)
{
    switch ((int) sg->type) {

    case WZP_SIG_DIRECT_CALL_OFFER:
        return sg->u.direct_offer.call_id;

    case WZP_SIG_DIRECT_CALL_ANSWER:
        return sg->u.direct_answer.call_id;

    case WZP_SIG_CALL_RINGING:
        return sg->u.call_ringing.call_id;

    case WZP_SIG_CALL_SETUP:
        return sg->u.call_setup.call_id;

    case WZP_SIG_MEDIA_PATH_REPORT:
        return sg->u.media_path.call_id;

    default:
        fuzz_check(sg->type == WZP_SIG_HANGUP);
        return sg->u.hangup.call_id;
    }
}


static bool
is_party(const wzp_call_t *call, const wzp_call_party_t *who)
{
    int  i;

    for (i = 0; i < 2; i++) {
        if (call->party[i].link == who->link
            && memcmp(call->party[i].fp, who->fp, WZP_FP_SIZE) == 0)
        {
            return true;
        }
    }

    return false;
}


/* Calls of one table: all there are. */

typedef struct {
    uint32_t    n;
    wzp_call_t  calls[N];
} view_t;


static void
look(int r, view_t *view)
{
    uint32_t   pos, i;
    wzp_call_t  *call;

    view->n = 0;

    for (pos = 0;
         view->n < N && wzp_calls_next(table(r), 0, &pos,
                                       &view->calls[view->n]); /* void */)
    {
        call = &view->calls[view->n];

        fuzz_check(call->relay == relay_ids[r]);
        fuzz_check(call->state < WZP_CALL_STATE_N);
        fuzz_check(call->party[0].link == 0 || call->party[1].link == 0);
        fuzz_check(memcmp(call->party[0].fp, call->party[1].fp, WZP_FP_SIZE)
                   != 0);
        fuzz_check(call->id[0] != '\0');

        for (i = 0; i < view->n; i++) {
            fuzz_check(!same_id(view->calls[i].id, call->id));
        }

        view->n++;
    }
}


static const wzp_call_t *
in_view(const view_t *view, const char *id)
{
    uint32_t  i;

    for (i = 0; i < view->n; i++) {
        if (same_id(view->calls[i].id, id)) {
            return &view->calls[i];
        }
    }

    return NULL;
}


/*
 * Each action goes to a party of a call that was there before or is now, or
 * back to where the signal came from.
 */
static void
check_out(const wzp_call_out_t *out, const wzp_call_from_t *from,
    const wzp_signal_t *sg, const view_t *before, const view_t *after)
{
    size_t                    i;
    const char               *id;
    const wzp_call_t         *call;
    const wzp_call_action_t  *act;

    fuzz_check(out->n <= WZP_CALLS_ACTIONS);

    for (i = 0; i < out->n; i++) {
        act = &out->actions[i];
        fuzz_check(!act->forward || sg != NULL);
        id = id_in(act->forward ? sg : &act->signal);

        call = in_view(before, id);

        if (call != NULL && is_party(call, &act->to)) {
            continue;
        }

        call = in_view(after, id);

        if (call != NULL && is_party(call, &act->to)) {
            continue;
        }

        fuzz_check(from != NULL && !act->forward
                   && act->signal.type == WZP_SIG_HANGUP
                   && act->to.link == from->who.link
                   && (!from->named
                       || memcmp(act->to.fp, from->who.fp, WZP_FP_SIZE)
                          == 0));
    }
}


/* Who has no part in a call has not changed it. */

static void
check_untouched(const wzp_call_from_t *from, wzp_call_verdict_t verdict,
    const view_t *before, const view_t *after)
{
    uint32_t           i, same;
    const wzp_call_t  *was, *is;

    same = 0;

    for (i = 0; i < before->n; i++) {
        was = &before->calls[i];
        is = in_view(after, was->id);

        if (is != NULL && is->state == was->state) {
            same++;
            continue;
        }

        fuzz_check(verdict == WZP_CALL_OK);
        fuzz_check(from->named ? is_party(was, &from->who)
                               : was->party[0].link == from->who.link
                                 || was->party[1].link == from->who.link);
    }

    fuzz_check(verdict == WZP_CALL_OK
               || (same == before->n && same == after->n));
}


static void
signal_of(input_t *in, wzp_signal_t *sg, unsigned who)
{
    char      id[WZP_CALL_ID_MAX + 1];
    uint8_t   fp[WZP_FP_SIZE];
    unsigned  kind;

    kind = byte(in);
    memset(sg, 0, sizeof(*sg));
    id_of(id, kind >> 4);

    switch (kind % 8) {

    case 0:
    case 1:
    case 2:
        sg->type = WZP_SIG_DIRECT_CALL_OFFER;
        strcpy(sg->u.direct_offer.call_id, id);
        kind = byte(in);
        fp_of(fp, (kind & 0x80) ? byte(in) % PEOPLE : who);
        wzp_fp_text(sg->u.direct_offer.caller, fp);
        fp_of(fp, kind % (PEOPLE + 1));
        wzp_fp_text(sg->u.direct_offer.target, fp);
        sg->u.direct_offer.addrs.nlocal = kind % WZP_CANDIDATES_MAX;
        memset(sg->u.direct_offer.addrs.reflexive, '1', kind % WZP_HOST_MAX);
        break;

    case 3:
    case 4:
        sg->type = WZP_SIG_DIRECT_CALL_ANSWER;
        strcpy(sg->u.direct_answer.call_id, id);
        sg->u.direct_answer.mode = (wzp_accept_t) (byte(in) % 3);
        break;

    case 5:
        sg->type = WZP_SIG_CALL_RINGING;
        strcpy(sg->u.call_ringing.call_id, id);
        break;

    case 6:
        sg->type = WZP_SIG_MEDIA_PATH_REPORT;
        strcpy(sg->u.media_path.call_id, id);
        break;

    default:
        sg->type = WZP_SIG_HANGUP;
        strcpy(sg->u.hangup.call_id, id);
        break;
    }
}


static wzp_call_verdict_t
operate(int r, const wzp_call_from_t *from, const wzp_signal_t *sg,
    wzp_call_out_t *out)
{
    uint8_t            fp[WZP_FP_SIZE];
    wzp_call_target_t  target;

    switch ((int) sg->type) {

    case WZP_SIG_DIRECT_CALL_OFFER:
        fuzz_check(wzp_fp_parse(fp, sg->u.direct_offer.target,
                                strlen(sg->u.direct_offer.target))
                   == WZP_OK);
        target.known = fp[0] <= PEOPLE;
        target.link = (fp[0] - 1) % 2 == r ? 0 : relay_ids[!r];
        target.existing = sg->u.direct_offer.addrs.nlocal == 3;
        target.ring_ns = 0;

        return wzp_calls_offer(table(r), from, &sg->u.direct_offer, &target,
                               now, out);

    case WZP_SIG_DIRECT_CALL_ANSWER:
        return wzp_calls_answer(table(r), from, &sg->u.direct_answer,
                                "192.0.2.1:4433", now, out);

    case WZP_SIG_CALL_RINGING:
        return wzp_calls_ringing(table(r), from, sg->u.call_ringing.call_id,
                                 out);

    case WZP_SIG_MEDIA_PATH_REPORT:
        return wzp_calls_media_path(table(r), from,
                                    sg->u.media_path.call_id, out);

    default:
        return wzp_calls_hangup(table(r), from, sg->u.hangup.call_id,
                                sg->u.hangup.reason, now, out);
    }
}


/* One signal, and what follows at the other relay: one hop, then one back,
 * and so on; what is never answered stops by itself. */

static void
signal_in(int r, const wzp_call_from_t *from, const wzp_signal_t *sg,
    unsigned depth)
{
    size_t                     i;
    unsigned                   rounds;
    view_t                     before, after;
    wzp_call_out_t            *out;
    wzp_call_from_t            next;
    const wzp_signal_t        *say;
    wzp_call_verdict_t         verdict;

    static wzp_call_out_t      outs[8];

    fuzz_check(depth < 8);
    out = &outs[depth];
    rounds = 0;

    do {
        fuzz_check(rounds++ <= N);
        look(r, &before);
        verdict = operate(r, from, sg, out);
        look(r, &after);
        fuzz_check(out->relay == relay_ids[r]);
        check_out(out, from, sg, &before, &after);
        check_untouched(from, verdict, &before, &after);

        for (i = 0; i < out->n; i++) {

            if (out->actions[i].to.link != relay_ids[!r]) {
                continue;
            }

            say = out->actions[i].forward ? sg : &out->actions[i].signal;
            next.relay = relay_ids[!r];
            next.who.link = relay_ids[r];
            next.named = true;
            memcpy(next.who.fp, out->actions[i].source, WZP_FP_SIZE);
            signal_in(!r, &next, say, depth + 1);
        }

    } while (out->more);
}


static void
expire(int r)
{
    view_t                 before, after;
    unsigned               rounds;
    uint64_t               due;
    static wzp_call_out_t  out;

    for (rounds = 0; /* void */; rounds++) {
        fuzz_check(rounds <= N);
        due = wzp_calls_deadline(table(r));
        look(r, &before);

        if (!wzp_calls_expire(table(r), 0, now, &out)) {
            fuzz_check(due > now);
            return;
        }

        look(r, &after);
        fuzz_check(due <= now && after.n + 1 == before.n && out.n > 0);
        check_out(&out, NULL, NULL, &before, &after);
    }
}


static void
op_signal(input_t *in)
{
    int              r;
    unsigned         how, who;
    wzp_signal_t     sg;
    wzp_call_from_t  from;

    how = byte(in);
    who = how % PEOPLE;
    r = (int) (who % 2);

    from.relay = relay_ids[r];
    from.who.link = 0;
    from.named = true;
    fp_of(from.who.fp, who);

    if (how >= 0xc0) {
        from.who.link = (how & 1) ? LIAR : relay_ids[!r];
        from.named = (how & 2) != 0;
    }

    signal_of(in, &sg, who);
    signal_in(r, &from, &sg, 0);
}


static void
op_presence(input_t *in)
{
    int                    r;
    uint8_t                fp[WZP_FP_SIZE];
    unsigned               how;
    wzp_relay_id_t         link;
    static wzp_call_out_t  out;

    how = byte(in);
    r = (how >> 2) & 1;
    link = (how & 0x80) ? LIAR : relay_ids[!r];
    fp_of(fp, (how >> 3) % PEOPLE);

    switch (how & 3) {

    case 0:
        wzp_calls_gone(table(r), relay_ids[r], fp, now);
        break;

    case 1:
        do {
            wzp_calls_back(table(r), relay_ids[r], fp, "192.0.2.1:4433", now,
                           &out);
        } while (out.more);

        break;

    case 2:
        wzp_calls_link_down(table(r), relay_ids[r], link, now);
        break;

    default:
        do {
            wzp_calls_link_up(table(r), relay_ids[r], link, now, &out);
        } while (out.more);

        break;
    }
}


/* Rebuilding a table that is whole changes nothing. */

static void
op_rebuild(int r)
{
    static uint8_t  copy[sizeof(tables[0].bytes)];

    memcpy(copy, tables[r].bytes, sizeof(copy));
    wzp_calls_rebuild(table(r));
    fuzz_check(memcmp(copy, tables[r].bytes, sizeof(copy)) == 0);
}


/* Everybody leaves: soon there is no call. */

static void
finish(void)
{
    int       r;
    view_t    view;
    uint8_t   fp[WZP_FP_SIZE];
    unsigned  i;

    for (r = 0; r < 2; r++) {

        for (i = 0; i < PEOPLE; i++) {
            fp_of(fp, i);
            wzp_calls_gone(table(r), relay_ids[r], fp, now);
        }
    }

    now += WZP_CALLS_RING;

    for (r = 0; r < 2; r++) {
        expire(r);
        look(r, &view);
        fuzz_check(view.n == 0);
        fuzz_check(wzp_calls_deadline(table(r)) == UINT64_MAX);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int       r;
    input_t   in;
    unsigned  op;

    in.p = data;
    in.end = data + size;
    now = 1;

    fuzz_check(wzp_calls_size(N) <= sizeof(tables[0].bytes));

    for (r = 0; r < 2; r++) {
        wzp_calls_init(table(r), N);
    }

    while (in.p < in.end) {
        op = byte(&in);

        switch (op % 8) {

        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            op_signal(&in);
            break;

        case 5:
            op_presence(&in);
            break;

        case 6:
            now += byte(&in) * WZP_SEC / 4;
            expire(0);
            expire(1);
            break;

        default:
            op_rebuild(0);
            op_rebuild(1);
            break;
        }
    }

    finish();

    return 0;
}
