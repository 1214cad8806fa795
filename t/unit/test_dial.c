/*
 * A direct call as the client sees it: what it says, what it makes of what it
 * hears, and how each call ends.
 */

#include <strings.h>

#include "tap.h"
#include "../../client/dial.c"


#define SECOND  WZP_SEC


static cl_dial_t     dial;
static wzp_ident_t   me, ann, bob;
static wzp_signal_t  sent[8];           /* since the last reset              */
static size_t        nsent;
static char          told[64];          /* a letter for each piece of news   */


static void
on_send(void *ctx, const wzp_signal_t *sg)
{
    (void) ctx;

    if (nsent < WZP_ARRAY_LEN(sent)) {
        sent[nsent] = *sg;
    }

    nsent++;
}


static void
on_news(void *ctx, cl_dial_news_t news)
{
    size_t  n;

    (void) ctx;

    n = strlen(told);

    if (n + 1 < sizeof(told)) {
        told[n] = "RIASFBO"[news];
        told[n + 1] = '\0';
    }
}


static void
forget(void)
{
    nsent = 0;
    told[0] = '\0';
}


static void
person(wzp_ident_t *id, uint8_t n)
{
    uint8_t  seed[WZP_SEED_SIZE];

    memset(seed, n, sizeof(seed));
    wzp_ident_init(id, seed);
}


static void
begin(void)
{
    cl_dial_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.send = on_send;
    conf.news = on_news;
    conf.ring_ns = 40 * SECOND;
    memcpy(conf.pub, me.pub, WZP_KEY_SIZE);
    (void) snprintf(conf.alias, sizeof(conf.alias), "Me");

    cl_dial_init(&dial, &conf);
    forget();
}


/* ---- signals of the relay ---- */

static void
hear_hangup(const char *id, wzp_hangup_t reason, uint64_t now)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_HANGUP;
    sg.u.hangup.reason = reason;
    (void) snprintf(sg.u.hangup.call_id, sizeof(sg.u.hangup.call_id), "%s",
                    id);
    cl_dial_signal(&dial, &sg, now);
}


static void
hear_ringing(const char *id)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_RINGING;
    (void) snprintf(sg.u.call_ringing.call_id,
                    sizeof(sg.u.call_ringing.call_id), "%s", id);
    cl_dial_signal(&dial, &sg, 1);
}


static void
hear_answer(const char *id, wzp_accept_t mode)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_DIRECT_CALL_ANSWER;
    sg.u.direct_answer.mode = mode;
    (void) snprintf(sg.u.direct_answer.call_id,
                    sizeof(sg.u.direct_answer.call_id), "%s", id);
    cl_dial_signal(&dial, &sg, 2 * SECOND);
}


static void
hear_setup(const char *id, const char *room)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_SETUP;
    (void) snprintf(sg.u.call_setup.call_id, sizeof(sg.u.call_setup.call_id),
                    "%s", id);
    (void) snprintf(sg.u.call_setup.room, sizeof(sg.u.call_setup.room), "%s",
                    room);
    (void) snprintf(sg.u.call_setup.relay_addr,
                    sizeof(sg.u.call_setup.relay_addr), "192.0.2.1:4433");
    cl_dial_signal(&dial, &sg, 3 * SECOND);
}


static void
make_offer(wzp_signal_t *sg, const wzp_ident_t *from, const char *id)
{
    memset(sg, 0, sizeof(wzp_signal_t));
    sg->type = WZP_SIG_DIRECT_CALL_OFFER;
    wzp_fp_text(sg->u.direct_offer.caller, from->fp);
    wzp_fp_text(sg->u.direct_offer.target, me.fp);
    memcpy(sg->u.direct_offer.identity_pub, from->pub, WZP_KEY_SIZE);
    (void) snprintf(sg->u.direct_offer.alias, WZP_ALIAS_MAX, "Caller");
    (void) snprintf(sg->u.direct_offer.call_id,
                    sizeof(sg->u.direct_offer.call_id), "%s", id);
}


static void
hear_offer(const wzp_ident_t *from, const char *id, uint64_t now)
{
    wzp_signal_t  sg;

    make_offer(&sg, from, id);
    cl_dial_signal(&dial, &sg, now);
}


/* Ann is called and her telephone rings. */

static void
ring(const char *id)
{
    begin();
    cl_dial_call(&dial, ann.fp, id, 0);
    hear_ringing(id);
    forget();
}


/* ---- tests ---- */

static void
test_id(void)
{
    char     id[CL_CALL_ID_LEN + 1];
    uint8_t  random[16];
    size_t   i;

    for (i = 0; i < sizeof(random); i++) {
        random[i] = (uint8_t) (i * 17);
    }

    cl_dial_id(id, random);
    is_str(id, "00112233445566778899aabbccddeeff", "an id, all of its bits");
}


static void
test_outgoing(void)
{
    char                       fp[WZP_FP_TEXT_LEN + 1];
    const wzp_direct_offer_t  *of;

    begin();
    cl_dial_call(&dial, ann.fp, "a1", 0);
    is_u64(nsent, 1, "calling says one thing");
    is_u64(sent[0].type, WZP_SIG_DIRECT_CALL_OFFER, "an offer");

    of = &sent[0].u.direct_offer;
    wzp_fp_text(fp, ann.fp);
    is_str(of->target, fp, "to her");
    wzp_fp_text(fp, me.fp);
    is_str(of->caller, fp, "from us");
    is_str(of->call_id, "a1", "with the id");
    is_str(of->alias, "Me", "and our name");
    is_mem(of->identity_pub, me.pub, WZP_KEY_SIZE, "and key");
    is_u64(of->nprofiles, 5, "and what we can play");
    is_u64(of->signature_len, 0, "unsigned");

    hear_ringing("other");
    is_str(told, "", "another call's ringing is none of ours");
    hear_ringing("a1");
    hear_ringing("a1");
    is_str(told, "R", "it rings once");

    hear_setup("other", "call-other");
    is_u64(dial.state, CL_DIAL_RINGING, "another call's room neither");

    forget();
    hear_answer("a1", WZP_ACCEPT_GENERIC);
    is_str(told, "A", "she answers");
    hear_answer("a1", WZP_ACCEPT_REJECT);
    is_u64(dial.state, CL_DIAL_AGREED, "and cannot take it back");

    hear_setup("a1", "call-A1");
    is_str(told, "AS", "there is a room");
    is_str(dial.room, "call-a1", "in lower case");
    is_str(dial.relay, "192.0.2.1:4433", "and where the relay thinks it is");
    is_u64(nsent, 1, "we say how we come");
    is_u64(sent[0].type, WZP_SIG_MEDIA_PATH_REPORT, "in a report");
    ok(!sent[0].u.media_path.direct_ok, "not directly");
    is_str(sent[0].u.media_path.race_winner, "Relay", "but by the relay");

    is_u64(cl_dial_turn(&dial, 1000 * SECOND), UINT64_MAX,
           "a call has no end by itself");

    hear_hangup("other", WZP_HANGUP_NORMAL, 0);
    is_u64(dial.state, CL_DIAL_TALKING, "nor by another's");
    hear_hangup("a1", WZP_HANGUP_ERROR, 0);
    is_str(told, "ASO", "but when she hangs up");
    is_u64(dial.why, CL_DIAL_HUNG_UP, "whatever she says");
    ok(!dial.by_us, "she did");
    is_u64(cl_dial_why_exit(dial.why), CL_OK, "a good end");
}


static void
test_endings(void)
{
    size_t  i;

    static const struct {
        bool           rings;
        wzp_hangup_t   reason;
        cl_dial_why_t  why;
        cl_exit_t      status;
    }  rows[] = {
        { false, WZP_HANGUP_NORMAL, CL_DIAL_NOT_FOUND, CL_NOBODY },
        { false, WZP_HANGUP_ERROR, CL_DIAL_FAILED, CL_INTERNAL },
        { false, WZP_HANGUP_TIMEOUT, CL_DIAL_NO_ANSWER, CL_NO_ANSWER },
        { false, WZP_HANGUP_DECLINED, CL_DIAL_DECLINED, CL_DECLINED },
        { true, WZP_HANGUP_NORMAL, CL_DIAL_DECLINED, CL_DECLINED },
        { true, WZP_HANGUP_DECLINED, CL_DIAL_DECLINED, CL_DECLINED },
        { true, WZP_HANGUP_TIMEOUT, CL_DIAL_NO_ANSWER, CL_NO_ANSWER },
        { true, WZP_HANGUP_ERROR, CL_DIAL_FAILED, CL_INTERNAL },
    };

    for (i = 0; i < WZP_ARRAY_LEN(rows); i++) {
        begin();
        cl_dial_call(&dial, ann.fp, "a1", 0);

        if (rows[i].rings) {
            hear_ringing("a1");
        }

        forget();
        hear_hangup(i % 2 ? "a1" : "", rows[i].reason, 1);
        is_str(told, "O", "ending %zu: it is over", i);
        is_u64(dial.why, rows[i].why, "why");
        is_u64(cl_dial_why_exit(dial.why), rows[i].status, "exit status");
        is_u64(nsent, 0, "nothing to say");
    }
}


static void
test_no_call(void)
{
    wzp_signal_t  sg;

    ring("a1");
    hear_answer("a1", WZP_ACCEPT_REJECT);
    is_u64(dial.why, CL_DIAL_DECLINED, "she refuses");
    hear_setup("a1", "call-a1");
    is_u64(dial.state, CL_DIAL_IDLE, "a room after that is ignored");

    ring("a1");
    is_u64(cl_dial_turn(&dial, 39 * SECOND), 40 * SECOND, "it may ring on");
    (void) cl_dial_turn(&dial, 40 * SECOND);
    is_u64(dial.why, CL_DIAL_NO_ANSWER, "and no longer");
    is_u64(sent[0].u.hangup.reason, WZP_HANGUP_TIMEOUT, "which we say");

    ring("a1");
    cl_dial_hangup(&dial, WZP_HANGUP_NORMAL);
    is_u64(dial.why, CL_DIAL_CANCELLED, "we give up");
    is_str(sent[0].u.hangup.call_id, "a1", "and say so");
    cl_dial_hangup(&dial, WZP_HANGUP_NORMAL);
    is_u64(nsent, 1, "once");

    ring("a1");
    hear_answer("a1", WZP_ACCEPT_TRUSTED);
    (void) cl_dial_turn(&dial, 12 * SECOND);
    is_u64(dial.why, CL_DIAL_FAILED, "no room comes");

    ring("a1");
    hear_answer("a1", WZP_ACCEPT_TRUSTED);
    forget();
    hear_setup("a1", "general");
    is_u64(dial.why, CL_DIAL_FAILED, "any other room is none");
    is_u64(sent[0].type, WZP_SIG_HANGUP, "we hang up");

    ring("a1");
    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_DIRECT_CALL_ANSWER;
    sg.u.direct_answer.mode = WZP_ACCEPT_GENERIC;
    memcpy(sg.u.direct_answer.call_id, "a1", 3);
    sg.u.direct_answer.has_identity = true;
    memcpy(sg.u.direct_answer.identity_pub, bob.pub, WZP_KEY_SIZE);
    cl_dial_signal(&dial, &sg, 1);
    is_u64(dial.why, CL_DIAL_FAILED, "somebody else answers");
    is_u64(sent[0].u.hangup.reason, WZP_HANGUP_ERROR, "we hang up");

    ring("a1");
    hear_setup("a1", "call-a1");
    is_u64(dial.state, CL_DIAL_TALKING, "a room before the answer will do");
}


static void
test_busy(void)
{
    ring("a1");
    hear_hangup("a1", WZP_HANGUP_BUSY, 5 * SECOND);
    is_str(told, "", "busy: perhaps she is calling us");
    (void) cl_dial_turn(&dial, 7 * SECOND);
    is_str(told, "O", "she is not");
    is_u64(dial.why, CL_DIAL_ENGAGED, "busy");
    is_u64(cl_dial_why_exit(dial.why), CL_DECLINED, "exit status");
    is_u64(nsent, 0, "nothing to say");

    ring("a1");
    hear_offer(&bob, "b1", 1);
    is_str(told, "B", "somebody else calls");
    is_str(sent[0].u.hangup.call_id, "b1", "his call");
    is_u64(sent[0].u.hangup.reason, WZP_HANGUP_BUSY, "hears busy");
    is_mem(dial.other, bob.fp, WZP_FP_SIZE, "we know whose");
    is_u64(dial.state, CL_DIAL_RINGING, "ours goes on");
}


static void
test_crossing(void)
{
    ring("b2");
    hear_offer(&ann, "a1", 1);
    is_str(told, "A", "crossing, theirs is lower: it is taken");
    is_u64(nsent, 2, "ours ends, theirs is answered");
    is_str(sent[0].u.hangup.call_id, "b2", "ours");
    is_str(sent[1].u.direct_answer.call_id, "a1", "theirs");
    is_u64(sent[1].u.direct_answer.mode, WZP_ACCEPT_GENERIC, "with yes");
    hear_hangup("b2", WZP_HANGUP_BUSY, 2);
    is_u64(dial.state, CL_DIAL_AGREED, "ours is forgotten");
    hear_setup("a1", "call-a1");
    is_u64(dial.state, CL_DIAL_TALKING, "one call");

    ring("b2");
    hear_offer(&ann, "c3", 1);
    is_u64(nsent, 0, "theirs is higher: ours waits");
    hear_hangup("c3", WZP_HANGUP_NORMAL, 2);
    hear_answer("b2", WZP_ACCEPT_GENERIC);
    is_u64(dial.state, CL_DIAL_AGREED, "and is answered");

    ring("b2");
    hear_offer(&ann, "c3", 1);
    hear_hangup("b2", WZP_HANGUP_BUSY, 2);
    is_str(told, "A", "a relay that chose theirs: it is taken");
    is_u64(nsent, 1, "ours needs no end");
    is_str(sent[0].u.direct_answer.call_id, "c3", "theirs is answered");

    ring("b2");
    hear_hangup("b2", WZP_HANGUP_BUSY, 2);
    hear_offer(&ann, "c3", SECOND);
    is_str(told, "A", "theirs comes after that");
    is_u64(dial.state, CL_DIAL_AGREED, "it is taken, too");
}


static void
test_incoming(void)
{
    wzp_signal_t  sg;

    begin();
    hear_offer(&ann, "a1", 0);
    is_str(told, "I", "somebody calls");
    is_u64(nsent, 0, "nothing is said yet");
    is_mem(dial.peer, ann.fp, WZP_FP_SIZE, "who");
    is_str(dial.alias, "Caller", "as she calls herself");
    hear_offer(&ann, "a1", 0);
    is_str(told, "I", "the same again is nothing new");

    hear_ringing("a1");
    hear_answer("a1", WZP_ACCEPT_GENERIC);
    hear_setup("b1", "call-b1");
    is_u64(dial.state, CL_DIAL_ASKED, "nobody answers for us");

    cl_dial_answer(&dial, WZP_ACCEPT_TRUSTED, SECOND);
    is_u64(nsent, 1, "we answer");
    is_u64(sent[0].u.direct_answer.mode, WZP_ACCEPT_TRUSTED, "as we like");
    ok(sent[0].u.direct_answer.has_identity, "with our key");
    is_u64(sent[0].u.direct_answer.addrs.nlocal, 0, "without addresses");
    cl_dial_answer(&dial, WZP_ACCEPT_REJECT, SECOND);
    is_u64(nsent, 1, "once");
    hear_setup("a1", "call-a1");
    is_str(told, "IS", "a room");
    cl_dial_hangup(&dial, WZP_HANGUP_NORMAL);
    is_u64(dial.why, CL_DIAL_HUNG_UP, "until we hang up");
    ok(dial.by_us, "we did");

    begin();
    hear_offer(&ann, "a1", 0);
    cl_dial_answer(&dial, WZP_ACCEPT_REJECT, 0);
    is_str(told, "IO", "no");
    is_u64(sent[0].u.direct_answer.mode, WZP_ACCEPT_REJECT, "is said");
    ok(!sent[0].u.direct_answer.has_identity, "without our key");

    begin();
    hear_offer(&ann, "a1", 0);
    hear_hangup("", WZP_HANGUP_NORMAL, 1);
    is_u64(dial.why, CL_DIAL_CANCELLED, "she gives up");

    begin();
    hear_offer(&ann, "a1", 0);
    hear_hangup("a1", WZP_HANGUP_TIMEOUT, 1);
    is_u64(dial.why, CL_DIAL_NO_ANSWER, "the relay gives up");

    begin();
    hear_offer(&ann, "a1", 0);
    (void) cl_dial_turn(&dial, 120 * SECOND);
    is_u64(dial.why, CL_DIAL_NO_ANSWER, "we give up");

    /* what is wrong */

    begin();
    make_offer(&sg, &ann, "a1");
    wzp_fp_text(sg.u.direct_offer.target, bob.fp);
    cl_dial_signal(&dial, &sg, 0);
    make_offer(&sg, &ann, "a1");
    memcpy(sg.u.direct_offer.identity_pub, bob.pub, WZP_KEY_SIZE);
    cl_dial_signal(&dial, &sg, 0);
    make_offer(&sg, &ann, "");
    cl_dial_signal(&dial, &sg, 0);
    make_offer(&sg, &me, "a1");
    cl_dial_signal(&dial, &sg, 0);
    is_str(told, "", "not to us, not hers, no id, from ourselves: ignored");

    make_offer(&sg, &ann, "a1");
    memset(sg.u.direct_offer.identity_pub, 0, WZP_KEY_SIZE);
    cl_dial_signal(&dial, &sg, 0);
    is_str(told, "I", "without a key, as existing clients: a call");
}


/* Several devices may be registered under one identity: all of them hear all
 * of it. */

static void
test_devices(void)
{
    begin();
    hear_offer(&ann, "a1", 0);
    hear_setup("a1", "call-a1");
    is_u64(dial.why, CL_DIAL_ELSEWHERE, "another device has answered");
    is_u64(nsent, 0, "nothing to say");

    begin();
    cl_dial_registered(&dial, true, SECOND);
    hear_offer(&ann, "a1", 0);
    hear_hangup("", WZP_HANGUP_NORMAL, 1);
    is_u64(dial.state, CL_DIAL_ASKED, "another device has found nobody");
    cl_dial_answer(&dial, WZP_ACCEPT_GENERIC, 1);
    hear_setup("a1", "call-a1");
    hear_hangup("", WZP_HANGUP_NORMAL, 1);
    is_u64(dial.state, CL_DIAL_TALKING, "during our call, too");

    begin();
    cl_dial_registered(&dial, true, SECOND);
    cl_dial_call(&dial, ann.fp, "a1", 0);
    hear_hangup("", WZP_HANGUP_NORMAL, 1);
    is_u64(dial.why, CL_DIAL_NOT_FOUND, "or we have");
}


static void
test_again(void)
{
    ring("a1");
    cl_dial_registered(&dial, true, SECOND);
    is_u64(nsent, 1, "registered again: once more");
    is_str(sent[0].u.direct_offer.call_id, "a1", "the same");
    hear_answer("a1", WZP_ACCEPT_GENERIC);
    is_u64(dial.state, CL_DIAL_AGREED, "the relay knew it still");

    ring("a1");
    cl_dial_registered(&dial, false, SECOND);
    hear_hangup("", WZP_HANGUP_NORMAL, 1);
    is_u64(dial.why, CL_DIAL_NOT_FOUND, "she is not there any more");

    ring("a1");
    cl_dial_registered(&dial, true, SECOND);
    hear_hangup("a1", WZP_HANGUP_ERROR, 1);
    is_u64(dial.state, CL_DIAL_RINGING, "an id that is in use: so it rings");
    hear_hangup("a1", WZP_HANGUP_ERROR, 2);
    is_u64(dial.why, CL_DIAL_FAILED, "the second time it is an error");

    ring("a1");
    cl_dial_registered(&dial, true, 10 * SECOND);
    forget();
    hear_hangup("a1", WZP_HANGUP_ERROR, 1);
    is_str(told, "F", "the relay has ended it meanwhile");
    cl_dial_call(&dial, ann.fp, "a2", 30 * SECOND);
    is_u64(sent[0].type, WZP_SIG_HANGUP, "we end it, too");
    is_str(sent[1].u.direct_offer.call_id, "a2", "a new one begins");
    (void) cl_dial_turn(&dial, 40 * SECOND);
    is_u64(dial.why, CL_DIAL_NO_ANSWER, "the time does not begin anew");

    ring("a1");
    hear_answer("a1", WZP_ACCEPT_GENERIC);
    forget();
    cl_dial_call(&dial, ann.fp, "a2", 30 * SECOND);
    cl_dial_registered(&dial, true, SECOND);
    is_u64(nsent, 0, "what is answered is not called again");

    begin();
    cl_dial_registered(&dial, true, SECOND);
    is_u64(nsent, 0, "nor is nobody");
}


int
main(void)
{
    person(&me, 1);
    person(&ann, 2);
    person(&bob, 3);

    test_id();
    test_outgoing();
    test_endings();
    test_no_call();
    test_busy();
    test_crossing();
    test_incoming();
    test_devices();
    test_again();

    return done_testing();
}
