/*
 * Messages: whole, in order, bounded; credit that ends, and peers that cheat.
 */

#include "../unit/tap.h"
#include "rig.h"

#include <stdlib.h>


/* 300 in each direction: three times the streams that are free at first. */
static void
test_order(uint64_t seed, double loss)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(seed, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected, then %.0f %% loss", loss * 100);

    rig->sim->line.loss = loss;
    rig->sim->line.dup = loss;
    rig->sim->line.reorder = loss;
    rig->sim->line.hold_ns = 50 * WZP_MS;
    rig->sim->line.jitter_ns = (loss > 0) ? 10 * WZP_MS : 0;

    for (n = 0; n < 300; n++) {

        if (rig_message(cl, n, 20 + n * 7 % 3000, 0) != WZP_OK
            || rig_message(sv, n, 20 + n * 13 % 3000, 0) != WZP_OK)
        {
            fail("queue message %u", n);
            break;
        }

        sim_run(rig->sim, 10 * WZP_MS);
    }

    sim_run(rig->sim, 60 * WZP_SEC);

    is_u64(sv->messages, 300, "client to server: all");
    is_u64(cl->messages, 300, "server to client: all");
    is_u64(sv->disordered + cl->disordered, 0, "in order");
    ok(!sv->damaged && !cl->damaged, "undamaged");
    is_u64(sv->closed + cl->closed, 0, "and nobody closed");

    rig_destroy(rig);
}


/* One of 1 MiB exceeds every window there is. */
static void
test_large(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(31, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    ok(rig_message(cl, 0, WZP_SIGNAL_MAX, 0) == WZP_OK, "1 MiB is queued");
    ok(rig_message(cl, 1, 50, 0) == WZP_OK, "and a small one");
    sim_run(rig->sim, 30 * WZP_SEC);
    is_u64(sv->messages, 2, "both arrive");
    ok(!sv->damaged && sv->disordered == 0, "whole and in order");

    ok(rig_message(cl, 2, WZP_SIGNAL_MAX + 1, 0) == WZP_OK,
       "one byte more is queued");
    ok(rig_wait_closed(rig, cl, 30 * WZP_SEC), "the connection ends");
    is_u64(cl->why.how, WZP_QCLOSE_PEER, "by the receiver");
    is_u64(cl->why.code, 0x02, "as a protocol error");

    rig_destroy(rig);
}


/* One endpoint, two kinds of peers: 64 KiB of one, 1 MiB of the other. */
static void
test_own_limit(void)
{
    rig_t            *rig;
    rig_rec_t        *relay, *sv1, *member, *sv2;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.max_message = 65536;
    rig = rig_create(38, &sc, &cc);
    ok(rig_up(rig, &relay, &sv1), "a relay");
    wzp_qconn_set_max_message(sv1->qc, WZP_SIGNAL_MAX);
    ok(rig_up(rig, &member, &sv2), "and a member");

    ok(rig_message(relay, 0, WZP_SIGNAL_MAX, 0) == WZP_OK
       && rig_message(relay, 1, WZP_SIGNAL_MAX, 0) == WZP_OK
       && rig_message(member, 0, 65536, 0) == WZP_OK, "queued");
    sim_run(rig->sim, 30 * WZP_SEC);
    is_u64(sv1->messages, 2, "1 MiB of the relay arrive, twice");
    is_u64(sv2->messages, 1, "64 KiB of the member");

    ok(rig_message(member, 1, 65537, 0) == WZP_OK, "one byte more");
    ok(rig_wait_closed(rig, member, 30 * WZP_SEC), "of the member: closed");
    is_u64(member->why.code, 0x02, "as a protocol error");

    wzp_qconn_set_max_message(sv1->qc, 0);
    ok(rig_message(relay, 2, 65537, 0) == WZP_OK, "the relay's limit ends");
    ok(rig_wait_closed(rig, relay, 30 * WZP_SEC), "closed as well");

    rig_destroy(rig);
}


static void
test_empty(void)
{
    rig_t            *rig;
    wzp_qbuf_t       *qb;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(32, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    sv->last_len = 99;
    qb = wzp_qbuf_message(NULL, 0);
    ok(wzp_qconn_message(cl->qc, qb, 0) == WZP_OK, "an empty message");
    wzp_qbuf_unref(qb);
    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->messages, 1, "is delivered");
    is_u64(sv->last_len, 0, "as such");

    rig_destroy(rig);
}


/* Raw bytes on a message stream: what our own sender never does. */
static void
test_malformed(void)
{
    size_t            i;
    rig_t            *rig;
    wzp_qbuf_t       *qb;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    static const struct {
        const char  *what;
        const char  *bytes;
        size_t       len;
        unsigned     delivered;
        bool         closes;
    } cases[] = {
        { "no length at all", "", 0, 0, true },
        { "half a length", "\0\0", 2, 0, true },
        { "less than the length says", "\0\0\0\5abcd", 8, 0, true },
        { "a huge length", "\377\377\377\377abcd", 8, 0, true },
        { "more than the length says", "\0\0\0\4abcdefgh", 12, 1, false }
    };

    for (i = 0; i < WZP_ARRAY_LEN(cases); i++) {
        rig_conf(&sc, &cc);
        rig = rig_create(40 + i, &sc, &cc);
        (void) rig_up(rig, &cl, &sv);

        qb = wzp_qbuf_alloc(64);
        memcpy(qb->data, cases[i].bytes, cases[i].len);
        qb->len = (uint32_t) cases[i].len;
        ok(wzp_qconn_message(cl->qc, qb, 0) == WZP_OK, "%s", cases[i].what);
        wzp_qbuf_unref(qb);
        sim_run(rig->sim, WZP_SEC);

        is_u64(sv->messages, cases[i].delivered, "delivered");
        is_u64(cl->closed, cases[i].closes, "closed");

        if (cases[i].closes) {
            is_u64(cl->why.code, 0x02, "as a protocol error: %s",
                   cl->why.reason);
        }

        rig_destroy(rig);
    }
}


/*
 * A peer that never accepts streams (the existing command line client): 100
 * messages use up its credit.  Nothing else suffers, and of what waits with a
 * key only the newest is kept.
 */
static void
test_starved(void)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.ignore_streams = true;
    rig = rig_create(50, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected to a client that reads no stream");

    for (n = 0; n < 100; n++) {
        ok(rig_message(sv, n, 200, 1) == WZP_OK, "message %u", n);
        sim_run(rig->sim, 50 * WZP_MS);
    }

    ok(!wzp_qconn_starved(sv->qc), "100 messages have their streams");

    for (n = 100; n < 150; n++) {
        (void) rig_message(sv, n, 200, 1);
        (void) rig_message(sv, n, 200, 2);
        sim_run(rig->sim, 50 * WZP_MS);
    }

    ok(wzp_qconn_starved(sv->qc), "the next ones have none");
    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.messages_queued, 2, "one of each key waits");

    for (n = 0; n < 254; n++) {
        (void) rig_message(sv, n, 20, 0);
    }

    ok(rig_message(sv, n, 20, 0) == WZP_ENOSPC, "no more than 256 wait");
    ok(rig_message(sv, n, 20, 2) == WZP_OK, "but one with a key is replaced");

    for (n = 0; n < 100; n++) {
        (void) ! rig_datagram(rig, sv, n, 100);
        (void) rig_message(cl, n, 100, 0);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->datagrams, 100, "media is not held up");
    is_u64(sv->messages, 100, "nor are the client's own messages");
    is_u64(cl->closed + sv->closed, 0, "nobody closed");

    wzp_qconn_finish(sv->qc, 0, "done", 2 * WZP_SEC, rig->sim->now_ns);
    ok(rig_wait_closed(rig, cl, 10 * WZP_SEC), "and it can be closed");

    rig_destroy(rig);
}


/*
 * A peer that allows any number of streams and acknowledges none: what is on
 * its way to it is bounded all the same, and of what waits with a key only the
 * newest is kept.
 */
static void
test_greedy(void)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.streams = 1000000;
    rig = rig_create(54, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected to a client with much credit");
    rig->sim->line.loss = 1.0;

    for (n = 0; n < 300; n++) {
        (void) rig_message(sv, n, 200, 1);
        sim_run(rig->sim, 10 * WZP_MS);
    }

    ok(wzp_qconn_starved(sv->qc), "300 messages do not get 300 streams");
    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.messages_queued, 1, "one of the key waits");

    rig->sim->line.loss = 0;
    sim_run(rig->sim, 20 * WZP_SEC);
    is_u64(cl->messages, 129, "128 were on their way, and the newest");
    is_u64(cl->last_number, 299, "comes at last");
    ok(!wzp_qconn_starved(sv->qc), "then there are streams again");

    for (n = 300; n < 700; n++) {
        (void) rig_message(sv, n, 200, 0);
        sim_run(rig->sim, 10 * WZP_MS);
    }

    sim_run(rig->sim, 2 * WZP_SEC);
    is_u64(cl->messages, 129 + 400, "for any number of messages");

    rig_destroy(rig);
}


/* What replaces a message of its key takes the place of that one. */
static void
test_replace(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(51, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    (void) rig_message(sv, 0, 50, 7);
    (void) rig_message(sv, 2, 50, 0);
    (void) rig_message(sv, 1, 50, 7);
    sim_run(rig->sim, WZP_SEC);

    is_u64(cl->messages, 2, "two of three are sent");
    is_u64(cl->disordered, 0, "1 in place of 0, then 2");

    rig_destroy(rig);
}


static void
test_uni(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(52, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    ok(wzp_qconn_uni(sv->qc, (const uint8_t *) "9377a90", 7) == WZP_OK,
       "the answer to \"version\"");
    sim_run(rig->sim, WZP_SEC);
    is_str(cl->uni_text, "9377a90", "arrives");
    ok(cl->uni_fin, "and ends");

    ok(wzp_qconn_uni(cl->qc, NULL, 0) == WZP_OK, "an empty one");
    sim_run(rig->sim, WZP_SEC);
    ok(sv->uni_fin, "ends too");

    rig_destroy(rig);
}


/* Messages that the application queues before the handshake is over. */
static void
test_early(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(53, &sc, &cc);

    cl = rig_connect(rig, "general");
    ok(rig_message(cl, 0, 100, 0) == WZP_OK, "queued before the handshake");
    ok(!wzp_qconn_starved(cl->qc), "that is not starvation");
    sim_run(rig->sim, WZP_SEC);
    sv = rig_accepted(rig);
    is_u64(sv != NULL ? sv->messages : 0, 1, "arrives after it");

    rig_destroy(rig);
}


/* finish() delivers what was queued before the close, also over loss. */
static void
test_finish(void)
{
    unsigned          i, got;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    for (i = 0, got = 0; i < 20; i++) {
        rig_conf(&sc, &cc);
        rig = rig_create(60 + i, &sc, &cc);
        (void) rig_up(rig, &cl, &sv);
        rig->sim->line.loss = 0.2;

        (void) rig_message(cl, 0, 5000, 0);
        wzp_qconn_finish(cl->qc, 0, "hangup", 10 * WZP_SEC,
                         rig->sim->now_ns);
        (void) rig_wait_closed(rig, cl, 20 * WZP_SEC);
        sim_run(rig->sim, 20 * WZP_SEC);

        got += (sv->messages == 1 && cl->closed == 1
                && cl->why.how == WZP_QCLOSE_LOCAL);
        rig_destroy(rig);
    }

    is_u64(got, 20, "20 of 20 last messages arrive over 20 %% loss");

    rig_conf(&sc, &cc);
    rig = rig_create(90, &sc, &cc);
    (void) rig_up(rig, &cl, &sv);
    rig->sim->line.loss = 1.0;
    (void) rig_message(cl, 0, 5000, 0);
    wzp_qconn_finish(cl->qc, 0, "hangup", 3 * WZP_SEC, rig->sim->now_ns);
    sim_run(rig->sim, 2900 * WZP_MS);
    is_u64(cl->closed, 0, "over a dead line it waits");
    sim_run(rig->sim, 200 * WZP_MS);
    is_u64(cl->closed, 1, "for three seconds");
    rig_destroy(rig);
}


static bool
rec_has_message(void *ctx)
{
    rig_rec_t  *rec;

    rec = ctx;

    return rec->messages != 0;
}


/* A client that is slow to read has some time for a server's last words; one
 * that is told nothing does not wait. */
static void
test_last_words(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(91, &sc, &cc);
    (void) rig_up(rig, &cl, &sv);
    sim_run(rig->sim, WZP_SEC);

    (void) rig_message(sv, 0, 100, 0);
    wzp_qconn_finish(sv->qc, 1, "refused", WZP_SEC, rig->sim->now_ns);
    ok(sim_until(rig->sim, WZP_SEC, rec_has_message, cl), "last words");
    sim_run(rig->sim, 49 * WZP_MS);
    is_u64(cl->closed, 0, "there is time to read them");
    ok(rig_wait_closed(rig, cl, 500 * WZP_MS), "not for ever");
    rig_destroy(rig);

    rig_conf(&sc, &cc);
    rig = rig_create(92, &sc, &cc);
    (void) rig_up(rig, &cl, &sv);
    sim_run(rig->sim, WZP_SEC);

    wzp_qconn_finish(sv->qc, 1, "refused", WZP_SEC, rig->sim->now_ns);
    sim_run(rig->sim, 49 * WZP_MS);
    is_u64(cl->closed, 1, "without last words it is at once");
    rig_destroy(rig);
}


int
main(void)
{
    test_order(21, 0.0);
    test_order(22, 0.2);
    test_large();
    test_own_limit();
    test_empty();
    test_malformed();
    test_starved();
    test_greedy();
    test_replace();
    test_uni();
    test_early();
    test_finish();
    test_last_words();

    return done_testing();
}
