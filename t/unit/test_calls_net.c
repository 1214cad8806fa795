/*
 * Direct calls between two relays: every signal across the link, glare with
 * offers that pass each other, a neighbour that lies, a link that goes down.
 */

#include "calls.h"


static void
test_remote(void)
{
    wzp_call_t    call;
    wzp_signal_t  sg;

    reset();

    verdict_is(offer('A', 'X', "x1"), "ok", "A calls X, who is elsewhere");
    is_str(heard_now(), "", "nothing rings yet");
    ok(wzp_calls_find(calls[0], relay_ids[0], "x1", &call)
       && call.state == WZP_CALL_PENDING
       && call.party[1].link == relay_ids[1], "pending, behind the link");
    pump();
    is_str(heard_now(), "X:offer(x1) A:ringing(x1)", "now it does");
    ok(wzp_calls_find(calls[0], relay_ids[0], "x1", &call)
       && call.state == WZP_CALL_RINGING, "A's relay knows");
    ok(!may_join(1, 'A', "x1") && may_join(0, 'A', "x1"),
       "A has a room at home only");

    sg = short_of(WZP_SIG_CALL_RINGING, "x1");
    verdict_is(signal_in(0, 'X', relay_ids[1], true, &sg), "repeat",
               "ringing, said again");
    sg = offer_of('A', 'X', "x1");
    verdict_is(signal_in(1, 'A', relay_ids[0], true, &sg), "repeat",
               "the offer, said again");
    is_str(heard_now(), "", "changes nothing");
    sg = offer_of('A', 'Y', "x1");
    verdict_is(signal_in(1, 'A', relay_ids[0], true, &sg), "used_id",
               "to another one: refused");
    first = last = 0;

    (void) answer('X', WZP_ACCEPT_TRUSTED, "x1");
    pump();
    is_str(heard_now(), "X:setup(x1,call-x1,192.0.2.2:4433,198.51.100.1:1+2) "
           "A:answer(x1) A:setup(x1,call-x1,192.0.2.1:4433,203.0.113.9:9+4)",
           "each is told to enter at home");
    ok(may_join(0, 'A', "x1") && may_join(1, 'X', "x1"), "and may");
    ok(!may_join(0, 'X', "x1") && !may_join(1, 'A', "x1"), "not elsewhere");
    sg = short_of(WZP_SIG_CALL_RINGING, "x1");
    verdict_is(signal_in(0, 'X', relay_ids[1], true, &sg), "state",
               "what is answered does not ring");

    (void) path('A', "x1");
    (void) path('X', "x1");
    pump();
    is_str(heard_now(), "X:path(x1) A:path(x1)", "paths cross the link");

    (void) hangup('A', "x1");
    pump();
    is_str(heard_now(), "X:Normal(x1)", "so does the caller's hang-up");
    is_u64(count(0) + count(1), 0, "it is over at both");
}


static void
test_remote_ends(void)
{
    reset();

    (void) offer('A', 'X', "x1");
    pump();
    (void) heard_now();
    (void) answer('X', WZP_ACCEPT_REJECT, "x1");
    pump();
    is_str(heard_now(), "A:Normal(x1)", "a reject crosses the link");
    is_u64(count(0) + count(1), 0, "it is over at both");

    (void) offer('A', 'X', "x2");
    pump();
    (void) answer('X', WZP_ACCEPT_GENERIC, "x2");
    pump();
    (void) heard_now();
    (void) hangup('X', "");
    pump();
    is_str(heard_now(), "A:Normal(x2)", "the callee's hang-up, without id");
    is_u64(count(0) + count(1), 0, "it is over at both");

    (void) offer('A', 'X', "x3");
    pump();
    (void) heard_now();
    (void) offer('Y', 'X', "y1");
    (void) offer('B', 'X', "b1");
    pump();
    is_str(heard_now(), "Y:Busy(y1) B:Busy(b1)", "busy crosses the link");
    is_u64(count(0), 1, "B's call is over");

    home['X'] = NOBODY;
    (void) hangup('A', "x3");
    pump();
    (void) heard_now();
    home['X'] = 1;
    (void) offer('A', 'X', "x4");
    home['X'] = NOBODY;
    pump();
    is_str(heard_now(), "A:Normal(x4)", "who has just left is not there");
    is_u64(count(0) + count(1), 0, "no relay keeps it");
}


/* A neighbour that cannot do what ours do. */

static void
test_remote_existing(void)
{
    reset();
    existing = true;
    unnamed = true;

    (void) offer('A', 'X', "x1");
    is_str(heard_now(), "A:ringing(x1)", "we ring for an existing relay");
    pump();
    is_str(heard_now(), "X:offer(x1)", "its own comes as no surprise");
    (void) answer('X', WZP_ACCEPT_GENERIC, "x1");
    pump();
    is_str(heard_now(), "X:setup(x1,call-x1,192.0.2.2:4433,+0) A:answer(x1) "
           "A:setup(x1,call-x1,192.0.2.1:4433,+0)",
           "a link that names nobody speaks for the party behind it");
    (void) hangup('X', "x1");
    pump();
    is_str(heard_now(), "A:Normal(x1)", "for its hang-up, too");
}


static void
test_remote_attacks(void)
{
    unsigned      i, n;
    char          id[8];
    wzp_signal_t  sg;

    reset();

    (void) offer('A', 'X', "x1");
    pump();
    (void) heard_now();

    sg = answer_of(WZP_ACCEPT_TRUSTED, "x1");
    verdict_is(signal_in(0, 'Y', relay_ids[1], true, &sg), "forged",
               "the right link, another person");
    verdict_is(signal_in(0, 'X', 0x3333, true, &sg), "forged",
               "the right person, another link");
    verdict_is(signal_in(0, 'X', 0x3333, false, &sg), "forged",
               "another link that names nobody");
    verdict_is(signal_in(0, 'X', 0, true, &sg), "forged",
               "the person, come here");
    sg = short_of(WZP_SIG_HANGUP, "x1");
    verdict_is(signal_in(0, 'X', 0x3333, false, &sg), "forged",
               "another link hangs up");
    sg = short_of(WZP_SIG_CALL_RINGING, "x1");
    verdict_is(signal_in(1, 'A', relay_ids[0], true, &sg), "forged",
               "the caller's link says it rings");
    sg = answer_of(WZP_ACCEPT_TRUSTED, "x1");
    verdict_is(signal_in(1, 'A', relay_ids[0], false, &sg), "forged",
               "the caller's link answers");
    is_str(heard_now(), "", "nobody hears");

    /* another link cannot end the call by glare */

    sg = offer_of('X', 'A', "a0");
    verdict_is(signal_in(0, 'X', 0x3333, true, &sg), "ok",
               "X calls A, says another link");
    is_str(heard_now(), "A:offer(a0)", "it rings");
    is_u64(count(0), 2, "beside A's own call, which goes on");

    /* a link is no target of a link */

    sg = offer_of('P', 'X', "p1");
    verdict_is(signal_in(0, 'P', 0x3333, true, &sg), "unknown",
               "a link calls another link");

    /* a flood of one link leaves room for others */

    reset();
    n = 0;

    for (i = 0; i < N; i++) {
        home['a' + i] = 0;
    }

    for (i = 0; i < N; i++) {
        (void) snprintf(id, sizeof(id), "f%u", i);
        sg = offer_of((char) ('a' + i), (char) ('a' + (i + 1) % N), id);
        n += signal_in(0, (char) ('a' + i), 0x3333, true, &sg) == WZP_CALL_OK;
    }

    is_u64(n, 8, "calls of one link are limited");
    verdict_is(offer('A', 'B', "x1"), "ok", "others are not");
}


/* Two offers pass each other on the link. */

static void
check_cross(const char *a, const char *x, char winner, const char *what)
{
    const char  *id;

    reset();

    (void) offer('A', 'X', a);
    (void) offer('X', 'A', x);
    pump();

    diag("%s: %s", what, heard_now());
    id = winner == 'A' ? a : x;

    is_u64(count(0), 1, "%s: one call here", what);
    is_u64(count(1), 1, "%s: one call there", what);
    verdict_is(answer(winner == 'A' ? 'X' : 'A', WZP_ACCEPT_GENERIC, id),
               "ok", "%s: it can be answered", what);
    pump();
    ok(may_join(0, 'A', id) && may_join(1, 'X', id), "%s: both join", what);
}


static void
test_remote_glare(void)
{
    check_cross("a1", "x1", 'A', "crossing, the lower id is A's");
    check_cross("z1", "x1", 'X', "crossing, the lower id is X's");
    check_cross("Z1", "x1", 'X', "crossing, upper case");
}


static void
test_remote_glare_in_turn(void)
{
    reset();

    (void) offer('A', 'X', "b1");
    pump();
    (void) heard_now();
    (void) offer('X', 'A', "a1");
    pump();
    is_str(heard_now(), "X:Normal(b1) A:Busy(b1) A:offer(a1) X:ringing(a1)",
           "in turn, lower id second");
    is_u64(count(0) + count(1), 2, "one call at each");

    reset();

    (void) offer('A', 'X', "a1");
    pump();
    (void) heard_now();
    (void) offer('X', 'A', "b1");
    pump();
    is_str(heard_now(), "X:Busy(b1)", "in turn, lower id first");
    is_u64(count(0) + count(1), 2, "one call at each");

    /* the offer overtakes the hang-up: signals have streams of their own */

    reset();

    (void) offer('A', 'X', "b1");
    pump();
    (void) offer('X', 'A', "a1");
    (void) heard_now();
    queue[QUEUE - 1] = queue[0];
    queue[0] = queue[1];
    queue[1] = queue[QUEUE - 1];
    pump();
    is_str(heard_now(), "A:Busy(b1) A:offer(a1) X:ringing(a1)",
           "the same when signals overtake each other");
    is_u64(count(0) + count(1), 2, "one call at each");
}


static void
test_link_down(void)
{
    reset();

    (void) offer('A', 'X', "x1");
    pump();
    (void) answer('X', WZP_ACCEPT_GENERIC, "x1");
    pump();
    (void) heard_now();

    link_is(false);
    now += 14 * WZP_SEC;
    link_is(true);
    now += 14 * WZP_SEC;
    expire();
    is_str(heard_now(), "", "a link that is back in time");

    link_is(false);
    wzp_calls_link_down(calls[0], relay_ids[0], 0x3333, now);
    now += 15 * WZP_SEC;
    expire();
    is_str(heard_now(), "A:Normal(x1) X:Normal(x1)", "one that stays down");
    is_u64(count(0) + count(1), 0, "it is over at both");
}


/* Letters that are written while the link is down are lost. */

static void
test_link_missed(void)
{
    reset();

    (void) offer('A', 'X', "x1");
    pump();
    (void) heard_now();

    link_is(false);
    (void) answer('X', WZP_ACCEPT_TRUSTED, "x1");
    first = last = 0;
    is_str(heard_now(), "X:setup(x1,call-x1,192.0.2.2:4433,198.51.100.1:1+2)",
           "answered while the link is down");
    now += 4 * WZP_SEC;
    link_is(true);
    pump();
    is_str(heard_now(), "A:answer(x1) A:setup(x1,call-x1,192.0.2.1:4433,+0)",
           "the caller hears it when the link is back");

    link_is(false);
    (void) hangup('A', "x1");
    first = last = 0;
    link_is(true);
    pump();
    is_str(heard_now(), "X:Normal(x1)", "so does who was hung up");
    is_u64(count(0) + count(1), 0, "it is over at both");
    link_is(false);
    link_is(true);
    pump();
    is_str(heard_now(), "", "once");
}


int
main(void)
{
    test_remote();
    test_remote_ends();
    test_remote_existing();
    test_remote_attacks();
    test_remote_glare();
    test_remote_glare_in_turn();
    test_link_down();
    test_link_missed();

    free(calls[0]);
    free(calls[1]);

    return done_testing();
}
