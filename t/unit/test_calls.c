/*
 * Direct calls at one relay: what each signal makes it say to whom, who may do
 * what, glare, time, and a table that is full or was left by a process that
 * died.
 */

#include "calls.h"


/* ---- one relay ---- */

static void
test_local(void)
{
    wzp_call_t  call;

    reset();

    verdict_is(offer('A', 'B', "x1"), "ok", "A calls B");
    is_str(heard_now(), "B:offer(x1) A:ringing(x1)", "both hear of it");
    ok(wzp_calls_find(calls[0], relay_ids[0], "x1", &call)
       && call.state == WZP_CALL_RINGING && call.party[0].fp[0] == 'A'
       && call.party[1].fp[0] == 'B' && call.party[1].link == 0,
       "the call is found");
    ok(!wzp_calls_find(calls[0], relay_ids[1], "x1", &call),
       "not at another relay of the table");
    ok(may_join(0, 'A', "x1") && !may_join(0, 'B', "x1"),
       "the room is the caller's until there is an answer");
    verdict_is(path('A', "x1"), "state", "no path before the answer");

    verdict_is(answer('B', WZP_ACCEPT_TRUSTED, "x1"), "ok", "B answers");
    is_str(heard_now(), "A:answer(x1) "
           "A:setup(x1,call-x1,192.0.2.1:4433,203.0.113.9:9+4) "
           "B:setup(x1,call-x1,192.0.2.1:4433,198.51.100.1:1+2)",
           "answer, then a setup each, with the other's addresses");
    ok(may_join(0, 'A', "x1") && may_join(0, 'B', "x1")
       && may_join(0, 'B', "X1"), "both may join");
    ok(!may_join(0, 'C', "x1") && !may_join(0, 'A', "x2")
       && !may_join(0, 'A', ""), "nobody else, nothing else");
    verdict_is(answer('B', WZP_ACCEPT_REJECT, "x1"), "state", "answered once");

    verdict_is(path('A', "x1"), "ok", "a path report");
    verdict_is(path('B', "x1"), "ok", "and one");
    is_str(heard_now(), "B:path(x1) A:path(x1)", "each to the other");

    verdict_is(hangup('A', "x1"), "ok", "A hangs up");
    is_str(heard_now(), "B:Normal(x1)", "B hears it");
    ok(!may_join(0, 'A', "x1") && count(0) == 0, "it is over");
    verdict_is(hangup('B', "x1"), "unknown", "B's own comes late");
    is_str(heard_now(), "", "and reaches nobody");
}


static void
test_answers(void)
{
    reset();

    (void) offer('A', 'B', "x1");
    (void) heard_now();
    verdict_is(answer('B', WZP_ACCEPT_REJECT, "x1"), "ok", "B rejects");
    is_str(heard_now(), "A:Normal(x1)", "A hears that it is over");
    is_u64(count(0), 0, "nothing is left");

    (void) offer('A', 'B', "x2");
    (void) heard_now();
    verdict_is(answer('B', WZP_ACCEPT_GENERIC, "x2"), "ok", "B is careful");
    is_str(heard_now(), "A:answer(x2) A:setup(x2,call-x2,192.0.2.1:4433,+0) "
           "B:setup(x2,call-x2,192.0.2.1:4433,+0)", "no addresses are told");

    (void) hangup('B', "x2");
    is_str(heard_now(), "A:Normal(x2)", "the callee may end it as well");

    (void) offer('A', 'B', "x3");
    (void) heard_now();
    verdict_is(hangup('A', "x3"), "ok", "A thinks better of it");
    is_str(heard_now(), "B:Normal(x3)", "and B's bell stops");
    verdict_is(answer('B', WZP_ACCEPT_TRUSTED, "x3"), "unknown", "too late");
    is_str(heard_now(), "", "nobody hears that");
}


static void
test_ids(void)
{
    char  id[WZP_CALL_ID_MAX + 1];

    static const char  *bad[] = {
        "", "a b", "a/b", "a.", "a..b", "a-", "-.a", "a.1", "\xc3\xa9", ".a",
        "a.-b"
    };
    static const char  *good[] = {
        "-a", "0", "a_b", "a.b", "18a5f0c3b2e1d004", "call-x"
    };
    size_t  i;

    reset();

    for (i = 0; i < WZP_ARRAY_LEN(bad); i++) {
        verdict_is(offer('A', 'B', bad[i]), "bad_id", "no id: %s", bad[i]);
        ok(strncmp(heard_now(), "A:Error(", 8) == 0, "its caller is told");
    }

    for (i = 0; i < WZP_ARRAY_LEN(good); i++) {
        verdict_is(offer('A', 'B', good[i]), "ok", "an id: %s", good[i]);
        (void) hangup('A', good[i]);
    }

    memset(id, 'a', sizeof(id));
    id[WZP_CALL_ID_MAX] = '\0';
    verdict_is(offer('A', 'B', id), "bad_id", "too long for one label");
    id[30] = '.';
    verdict_is(offer('A', 'B', id), "ok", "not for two");
    (void) hangup('A', id);
    id[30] = 'a';
    id[58] = '\0';
    verdict_is(offer('A', 'B', id), "ok", "just fits");
    (void) hangup('A', id);
    (void) heard_now();

    verdict_is(offer('A', 'B', "MiXed"), "ok", "an id in both cases");
    (void) heard_now();
    verdict_is(offer('C', 'M', "mIxED"), "used_id", "is one id");
    is_str(heard_now(), "C:Error(mIxED)", "which is taken");
    verdict_is(answer('B', WZP_ACCEPT_GENERIC, "mixed"), "ok", "answered so");
    is_str(heard_now(), "A:answer(mixed) "
           "A:setup(MiXed,call-mixed,192.0.2.1:4433,+0) "
           "B:setup(MiXed,call-mixed,192.0.2.1:4433,+0)",
           "the caller reads its own spelling, the room is lower case");
    ok(may_join(0, 'B', "mixed"), "as which its name arrives");
    (void) hangup('A', "MIXED");
    (void) heard_now();

    verdict_is(offer('A', 'B', "mixed"), "used_id", "an id is used once");
    is_str(heard_now(), "A:Error(mixed)", "says the relay");
    now += WZP_CALLS_MEMORY;
    verdict_is(offer('A', 'B', "mixed"), "ok", "until it is forgotten");
}


/* Whoever is no party, or says to be somebody else. */

static void
test_attacks(void)
{
    wzp_signal_t  sg;

    reset();

    sg = offer_of('A', 'B', "x1");
    verdict_is(signal_in(0, 'M', 0, true, &sg), "forged", "M calls as A");
    is_str(heard_now(), "M:Error(x1)", "only M hears of it");
    strcpy(sg.u.direct_offer.caller, "nonsense");
    verdict_is(signal_in(0, 'M', 0, true, &sg), "forged", "as nobody");
    is_str(heard_now(), "M:Error(x1)", "the same");
    is_u64(count(0), 0, "there is no call");

    (void) offer('A', 'B', "x1");
    (void) heard_now();

    verdict_is(answer('M', WZP_ACCEPT_TRUSTED, "x1"), "forged", "M answers");
    verdict_is(answer('A', WZP_ACCEPT_TRUSTED, "x1"), "forged", "A itself");
    verdict_is(answer('M', WZP_ACCEPT_REJECT, "x1"), "forged", "M rejects");
    verdict_is(hangup('M', "x1"), "forged", "M hangs up");
    verdict_is(hangup('M', ""), "unknown", "M hangs up all");
    verdict_is(offer('M', 'C', "X1"), "used_id", "M takes the id");
    is_str(heard_now(), "M:Error(X1)", "of all that, nobody hears");
    ok(!may_join(0, 'M', "x1") && !may_join(0, 'C', "x1")
       && may_join(0, 'A', "x1"), "the room is still A's");

    sg = short_of(WZP_SIG_CALL_RINGING, "x1");
    verdict_is(signal_in(0, 'B', 0, true, &sg), "forged", "B says it rings");

    (void) answer('B', WZP_ACCEPT_GENERIC, "x1");
    (void) heard_now();
    verdict_is(path('M', "x1"), "forged", "M reports a path");
    verdict_is(hangup('M', "x1"), "forged", "M hangs up now");
    verdict_is(offer('M', 'C', "x1"), "used_id", "M takes the id now");
    is_str(heard_now(), "M:Error(x1)", "still nobody hears");

    /* the same with the neighbour's tongue */

    sg = short_of(WZP_SIG_HANGUP, "x1");
    verdict_is(signal_in(0, 'A', relay_ids[1], true, &sg), "forged",
               "a neighbour hangs up as A, who is here");
    verdict_is(signal_in(0, 'A', relay_ids[1], false, &sg), "forged",
               "or as nobody");
    sg = short_of(WZP_SIG_HANGUP, "");
    verdict_is(signal_in(0, 'A', relay_ids[1], true, &sg), "unknown",
               "or all of A's calls");
    verdict_is(signal_in(0, 'A', relay_ids[1], false, &sg), "forged",
               "or all there are");
    sg = offer_of('X', 'C', "x1");
    verdict_is(signal_in(0, 'X', relay_ids[1], true, &sg), "used_id",
               "or takes the id");
    sg = offer_of('A', 'C', "x9");
    verdict_is(signal_in(0, 'X', relay_ids[1], true, &sg), "forged",
               "or lets X call as A");
    is_str(heard_now(), "", "nobody here hears");
    is_u64(count(0), 1, "the one call is there");
}


static void
test_busy(void)
{
    unsigned  i;
    char      id[8];

    reset();

    verdict_is(offer('A', 'A', "s"), "busy", "A calls A");
    is_str(heard_now(), "A:Busy(s)", "who is on the phone");
    verdict_is(offer('A', 'Q', "q"), "unknown", "A calls nobody");
    is_str(heard_now(), "A:Normal()", "over, without an id");

    (void) offer('A', 'B', "x1");
    (void) heard_now();
    verdict_is(offer('C', 'B', "x2"), "busy", "B is rung already");
    is_str(heard_now(), "C:Busy(x2)", "C hears that, B nothing");
    verdict_is(offer('A', 'B', "x3"), "busy", "also to A");
    verdict_is(offer('C', 'A', "x4"), "ok", "A, who only tries, is not busy");
    (void) hangup('C', "x4");

    (void) answer('B', WZP_ACCEPT_GENERIC, "x1");
    (void) heard_now();
    verdict_is(offer('C', 'A', "x5"), "busy", "A talks");
    verdict_is(offer('C', 'B', "x6"), "busy", "B talks");
    verdict_is(offer('B', 'A', "x7"), "busy", "A talks even with B");
    is_str(heard_now(), "C:Busy(x5) C:Busy(x6) B:Busy(x7)", "all hear it");
    (void) hangup('A', "");
    is_str(heard_now(), "B:Normal(x1)", "no id: all; B hears which");
    verdict_is(offer('C', 'B', "x6"), "ok", "B is free again, and the id");

    reset();

    for (i = 0; i < 10; i++) {
        home['a' + i] = 0;
        (void) snprintf(id, sizeof(id), "n%u", i);
        verdict_is(offer('A', (char) ('a' + i), id),
                   i < WZP_CALLS_PER_CALLER ? "ok" : "limit",
                   "call %u of one caller", i + 1);
    }

    (void) heard_now();
    verdict_is(hangup('A', ""), "ok", "A ends them all");
    is_str(heard_now(), "a:Normal(n0) b:Normal(n1) c:Normal(n2) d:Normal(n3) "
           "e:Normal(n4) f:Normal(n5) g:Normal(n6) h:Normal(n7)",
           "each hears of its own");
    is_u64(count(0), 0, "none is left");
}


static void
test_glare(void)
{
    reset();

    (void) offer('A', 'B', "a1");
    (void) heard_now();
    verdict_is(offer('B', 'A', "b1"), "glare", "B calls back, higher id");
    is_str(heard_now(), "B:Busy(b1)", "A's call rings on");
    verdict_is(answer('B', WZP_ACCEPT_GENERIC, "a1"), "ok", "B takes it");
    is_u64(count(0), 1, "one call");

    reset();

    (void) offer('A', 'B', "b1");
    (void) heard_now();
    verdict_is(offer('B', 'A', "A1"), "ok", "B calls back, lower id");
    is_str(heard_now(), "A:Busy(b1) B:Normal(b1) A:offer(A1) B:ringing(A1)",
           "B's call rings instead");
    verdict_is(answer('A', WZP_ACCEPT_GENERIC, "a1"), "ok", "A takes it");
    is_u64(count(0), 1, "one call");
    verdict_is(answer('B', WZP_ACCEPT_GENERIC, "b1"), "unknown",
               "the other one is over");
}


/* ---- time ---- */

static void
test_time(void)
{
    reset();

    is_u64(wzp_calls_deadline(calls[0]), UINT64_MAX, "nothing waits");
    (void) offer('A', 'B', "x1");
    (void) heard_now();
    is_u64(wzp_calls_deadline(calls[0]), now + 45 * WZP_SEC, "45 s of bell");
    now += 45 * WZP_SEC - 1;
    expire();
    is_str(heard_now(), "", "not yet");
    now++;
    expire();
    is_str(heard_now(), "A:Timeout(x1) B:Timeout(x1)", "both hear the end");
    is_u64(count(0), 0, "it is over");

    (void) offer('A', 'X', "x2");
    pump();
    (void) heard_now();
    now += 45 * WZP_SEC;
    expire();
    pump();
    is_str(heard_now(), "A:Timeout(x2) X:Timeout(x2)",
           "with a relay at each end they hear it once");
    is_u64(count(0) + count(1), 0, "it is over");

    (void) offer('A', 'B', "x3");
    (void) answer('B', WZP_ACCEPT_GENERIC, "x3");
    (void) heard_now();
    now += 1000000 * WZP_SEC;
    expire();
    is_str(heard_now(), "", "a talk has no limit");
    is_u64(wzp_calls_deadline(calls[0]), UINT64_MAX, "nothing waits for it");
}


/* A relay has nothing to say about the calls of another in the same table. */

static void
test_time_of(void)
{
    static wzp_call_out_t  out;

    reset();

    (void) offer('A', 'B', "x1");
    (void) heard_now();
    now += 45 * WZP_SEC;
    ok(!wzp_calls_expire(calls[0], relay_ids[1], now, &out),
       "it is not the other relay's call");
    is_u64(count(0), 1, "so it is left to its own");
    ok(wzp_calls_expire(calls[0], relay_ids[0], now, &out),
       "which ends it");
    ok(out.relay == relay_ids[0] && out.n == 2, "and tells both");
}


/* Who is at the other end outlives the process that has learned it. */

static void
test_far(void)
{
    wzp_call_t  call;

    reset();

    (void) offer('A', 'X', "x1");
    ok(wzp_calls_find(calls[0], relay_ids[0], "x1", &call) && call.far == 0,
       "not known yet");
    wzp_calls_set_far(calls[0], relay_ids[0], "X1", 0x3333);
    wzp_calls_set_far(calls[0], relay_ids[0], "x2", 0x4444);
    ok(wzp_calls_find(calls[0], relay_ids[0], "x1", &call)
       && call.far == 0x3333, "a third relay is there");
    wzp_calls_rebuild(calls[0]);
    ok(wzp_calls_find(calls[0], relay_ids[0], "x1", &call)
       && call.far == 0x3333, "after a rebuild as before");
}


static void
test_gone(void)
{
    reset();

    (void) offer('A', 'B', "x1");
    (void) answer('B', WZP_ACCEPT_GENERIC, "x1");
    (void) heard_now();
    gone('A', true);
    now += 10 * WZP_SEC;
    gone('A', true);
    is_u64(wzp_calls_deadline(calls[0]), now + 5 * WZP_SEC,
           "a grace that runs goes on");
    gone('A', false);
    now += 100 * WZP_SEC;
    expire();
    is_str(heard_now(), "", "who is back in time has lost nothing");

    gone('A', true);
    now += 15 * WZP_SEC;
    expire();
    is_str(heard_now(), "B:Normal(x1)", "who isn't is missed by the other");
    is_u64(count(0), 0, "it is over");

    (void) offer('A', 'B', "x2");
    (void) heard_now();
    gone('B', true);
    now += 5 * WZP_SEC;
    expire();
    is_str(heard_now(), "A:Normal(x2)", "5 s while it rings");

    (void) offer('A', 'B', "x3");
    gone('A', true);
    now += 4 * WZP_SEC;
    (void) answer('B', WZP_ACCEPT_GENERIC, "x3");
    (void) heard_now();
    is_u64(wzp_calls_deadline(calls[0]), now + 15 * WZP_SEC,
           "answered meanwhile: the longer grace");
    gone('B', true);
    now += 15 * WZP_SEC;
    expire();
    is_str(heard_now(), "B:Normal(x3) A:Normal(x3)", "both gone");
    is_u64(count(0), 0, "it is over");
}


static void
test_missed(void)
{
    reset();

    (void) offer('A', 'B', "x1");
    (void) heard_now();
    gone('A', true);
    (void) answer('B', WZP_ACCEPT_TRUSTED, "x1");
    (void) heard_now();
    gone('A', false);
    is_str(heard_now(), "A:setup(x1,call-x1,192.0.2.1:4433,+0)",
           "who was away hears that it was answered");
    gone('A', true);
    gone('A', false);
    is_str(heard_now(), "", "once");

    gone('B', true);
    (void) hangup('A', "x1");
    (void) heard_now();
    now += 100 * WZP_SEC;
    gone('B', false);
    is_str(heard_now(), "B:Normal(x1)", "and that it is over");

    (void) offer('A', 'B', "x2");
    (void) heard_now();
    gone('B', true);
    now += WZP_CALLS_GRACE_RING;
    expire();
    is_str(heard_now(), "A:Normal(x2)", "too late for one that rang");
    gone('B', false);
    is_str(heard_now(), "B:Normal(x2)", "which must not ring on");

    (void) offer('A', 'B', "x3");
    gone('B', true);
    now += WZP_CALLS_GRACE_RING;
    expire();
    (void) heard_now();
    now += WZP_CALLS_MEMORY;
    gone('B', false);
    is_str(heard_now(), "", "nobody remembers for ever");
}


/* ---- the table ---- */

static void
test_full(void)
{
    char      id[8];
    unsigned  i;

    reset();

    for (i = 0; i < N; i++) {
        home['a' + i] = 0;
        home['0' + i] = 0;
        (void) snprintf(id, sizeof(id), "n%u", i);
        (void) offer((char) ('a' + i), (char) ('0' + i), id);
    }

    (void) heard_now();
    is_u64(count(0), N, "as many calls as there are places");
    verdict_is(offer('A', 'B', "x1"), "full", "one more");
    is_str(heard_now(), "A:Error(x1)", "is refused");

    verdict_is(offer('5', 'f', "a"), "ok", "but glare needs no more place");
    is_u64(count(0), N, "as many");
    (void) hangup('a', "n0");
    (void) heard_now();
    verdict_is(offer('A', 'B', "x1"), "ok", "a place for the next");
    verdict_is(offer('M', 'C', "x2"), "full", "for one");

    (void) hangup('b', "n1");
    now++;
    (void) hangup('c', "n2");
    verdict_is(offer('M', 'C', "n2"), "used_id", "ids are remembered");
    verdict_is(offer('M', 'C', "n1"), "used_id", "while there is place");
    verdict_is(offer('M', 'C', "x2"), "ok", "the oldest gives way");
    verdict_is(offer('b', '1', "n2"), "used_id", "the younger is there");
}


/* A group of relays has one table. */

static void
test_shared(void)
{
    uint32_t      pos, n[WZP_CALL_STATE_N];
    wzp_call_t    call;
    wzp_calls_t  *other;

    reset();

    other = calls[1];
    calls[1] = calls[0];

    (void) offer('A', 'X', "x1");
    pump();
    is_str(heard_now(), "X:offer(x1) A:ringing(x1)",
           "two relays, one table: a call between them");
    (void) answer('X', WZP_ACCEPT_GENERIC, "x1");
    pump();
    (void) offer('B', 'C', "X1");
    is_str(strrchr(heard_now(), ' '), " B:Error(X1)", "an id at one relay");
    (void) offer('Y', 'Z', "y1");

    wzp_calls_count(calls[0], 0, n);
    is_u64(n[WZP_CALL_ACTIVE], 2, "an entry at each relay");
    is_u64(n[WZP_CALL_RINGING], 1, "and one more");
    is_u64(count(0), 1, "one at the first");

    pos = 0;
    ok(wzp_calls_next(calls[0], relay_ids[1], &pos, &call)
       && strcmp(call.id, "x1") == 0 && call.relay == relay_ids[1]
       && wzp_calls_next(calls[0], relay_ids[1], &pos, &call)
       && strcmp(call.id, "y1") == 0
       && !wzp_calls_next(calls[0], relay_ids[1], &pos, &call),
       "two at the second");

    calls[1] = other;
}


static uint32_t
rnd(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;

    return *state;
}


/*
 * A process dies in the middle of a change: of the words that differ before
 * and after, any set may have been written.  Whatever is left is a table, and
 * the call that was not touched is as it was.
 */
static void
check_torn(void (*change)(void), bool may_be_new, const char *what)
{
    bool       good, other;
    size_t     i, size;
    unsigned   round;
    uint8_t   *before, *after, *mem;
    uint32_t   pos, seed;
    wzp_call_t call;

    size = wzp_calls_size(N);
    before = malloc(size);
    after = malloc(size);

    if (before == NULL || after == NULL) {
        abort();
    }

    mem = (uint8_t *) (void *) calls[0];
    memcpy(before, mem, size);
    change();
    memcpy(after, mem, size);

    good = true;
    seed = 20231;

    for (round = 0; round < 5000; round++) {
        memcpy(mem, before, size);

        for (i = 0; i + 4 <= size; i += 4) {
            if (rnd(&seed) & 1) {
                memcpy(mem + i, after + i, 4);
            }
        }

        wzp_calls_rebuild(calls[0]);
        other = false;

        for (pos = 0;
             wzp_calls_next(calls[0], relay_ids[0], &pos, &call); /* void */)
        {
            other |= strcmp(call.id, "other") == 0
                     && call.state == WZP_CALL_ACTIVE
                     && call.party[0].fp[0] == 'C'
                     && call.party[1].fp[0] == 'M';

            good &= call.id[WZP_CALL_ID_MAX] == '\0'
                    && call.state < WZP_CALL_STATE_N
                    && (call.party[0].link == 0 || call.party[1].link == 0)
                    && (may_be_new || strcmp(call.id, "new") != 0);
        }

        good &= other;
    }

    ok(good, "torn: %s", what);
    memcpy(mem, after, size);
    free(before);
    free(after);
}


static void
change_offer(void)
{
    (void) offer('A', 'B', "new");
}


static void
change_answer(void)
{
    (void) answer('B', WZP_ACCEPT_TRUSTED, "new");
}


static void
change_hangup(void)
{
    (void) hangup('B', "new");
}


static void
change_glare(void)
{
    (void) offer('B', 'A', "a");
}


static void
test_torn(void)
{
    uint8_t     *mem;
    size_t       i, size;
    uint32_t     seed, pos;
    wzp_call_t   call;

    reset();
    (void) offer('C', 'M', "other");
    (void) answer('M', WZP_ACCEPT_GENERIC, "other");

    check_torn(change_offer, true, "an offer");
    check_torn(change_answer, true, "an answer");
    check_torn(change_hangup, true, "a hang-up");
    now += WZP_CALLS_MEMORY;
    check_torn(change_offer, true, "an offer, in a place that was used");
    check_torn(change_glare, true, "glare");

    /* garbage is no call */

    reset();
    mem = (uint8_t *) (void *) calls[0];
    size = wzp_calls_size(N);
    seed = 7;

    for (i = sizeof(uint64_t); i < size; i++) {
        mem[i] = (uint8_t) rnd(&seed);
    }

    wzp_calls_rebuild(calls[0]);
    pos = 0;
    ok(!wzp_calls_next(calls[0], 0, &pos, &call), "garbage is no call");
    verdict_is(offer('A', 'B', "x1"), "ok", "and leaves room for one");
}


int
main(void)
{
    unsigned  i;

    for (i = 0; i < WZP_CALL_N; i++) {
        ok(wzp_call_verdict_name(i) != NULL, "verdict %u has a name", i);
    }

    ok(wzp_call_verdict_name(i) == NULL, "no other has");

    test_local();
    test_answers();
    test_ids();
    test_attacks();
    test_busy();
    test_glare();
    test_time();
    test_time_of();
    test_far();
    test_gone();
    test_missed();
    test_full();
    test_shared();
    test_torn();

    free(calls[0]);
    free(calls[1]);

    return done_testing();
}
