/*
 * New connections that are another worker's by their server name: nothing is
 * said before the name is read, and the other begins from the beginning.
 */

#include "../unit/tap.h"
#include "quic/wzp_quic_int.h"
#include "rig.h"

#include <stdio.h>


#define FIRST_INITIALS_MAX  64


/* What the first worker was asked, and what it gave away. */
static unsigned    asked, given, later;
static char        last_name[256];
static bool        all_mine;

static rig_t      *the_rig;
static sim_node_t *second;
static size_t      given_len[FIRST_INITIALS_MAX];


static bool
ev_mine(void *ctx, const char *sni, size_t len)
{
    asked++;

    snprintf(last_name, sizeof(last_name), "%.*s", (int) len, sni);

    return all_mine || ctx != the_rig->server;
}


static void
ev_elsewhere(void *ctx, const wzp_udp_dgram_t *dg)
{
    sim_node_t       *node;
    wzp_udp_dgram_t   copy;

    node = ctx;

    if (given < FIRST_INITIALS_MAX) {
        given_len[given] = dg->len;
    }

    given++;

    copy = *dg;
    copy.socket = &second->sockets[0];

    second->results[wzp_quic_input_forced(second->ep, &copy,
                                          node->sim->now_ns,
                                          &second->foreign)]++;
}


/* Two workers at one address; everything arrives at the first. */
static rig_t *
create(uint64_t seed, wzp_quic_conf_t *sc, wzp_quic_conf_t *cc)
{
    rig_t  *rig;

    asked = 0;
    given = 0;
    later = 0;
    all_mine = false;
    last_name[0] = '\0';

    sc->events.mine = ev_mine;
    sc->events.elsewhere = ev_elsewhere;

    rig = rig_create(seed, sc, cc);
    the_rig = rig;

    sc->slot = 3;
    sc->epoch = 0x0999;
    second = sim_node(rig->sim, sc, &rig->server->sockets[0].local);
    rig->server->neighbour = second;

    return rig;
}


/* With a list of protocols that fills so many datagrams. */
static rig_rec_t *
connect_long(rig_t *rig, const char *name, size_t more)
{
    size_t      i, n;
    uint8_t     list[6000];
    rig_rec_t  *cl;

    cl = rig_connect(rig, name);

    if (more == 0) {
        return cl;
    }

    memset(list, 'x', sizeof(list));

    for (i = 0, n = 0; i < more; i += 101) {
        list[n] = 100;
        n += 101;
    }

    memcpy(list + n, "\003wzp", 4);
    n += 4;

    SSL_set_alpn_protos(cl->qc->ssl, list, (unsigned) n);

    return cl;
}


/* The connection is at the second worker, and the first has no trace. */
static void
check_second(rig_t *rig, rig_rec_t *cl, const char *name, const char *what)
{
    uint32_t    half;
    rig_rec_t  *sv;

    sv = rig_accepted(rig);

    ok(cl->confirmed && sv != NULL && sv->handshakes, "%s: connected", what);
    is_u64(wzp_quic_count(rig->server->ep, &half), 0, "not to the first");
    is_u64(half, 0, "which has nothing half open");
    ok(!wzp_quic_lingering(rig->server->ep), "and nothing to remember");
    is_u64(wzp_quic_count(second->ep, &half), 1, "but to the second");
    is_u64(half, 0, "up");
    is_u64(rig->nrecs, 2, "nobody else heard of it");
    is_str(last_name, name, "the name was asked for");

    if (sv != NULL && sv->qc != NULL) {
        is_str(sv->sni, name, "the name arrived");
        ok(wzp_qconn_endpoint(sv->qc) == second->ep, "endpoint");
    }

    (void) ! rig_datagram(rig, cl, 1, 100);
    sim_run(rig->sim, WZP_SEC);
    ok(sv != NULL && sv->datagrams == 1, "and works");
}


static void
test_whole(void)
{
    rig_t            *rig;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = create(601, &sc, &cc);

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, WZP_SEC);

    is_u64(asked, 1, "asked once");
    is_u64(given, 1, "one datagram was passed on");
    is_u64(rig->server->sent, 0, "the first said nothing");
    is_u64(rig->server->results[WZP_QIN_ELSEWHERE], 1, "result");
    check_second(rig, cl, "general", "hello in one datagram");

    rig_destroy(rig);

    rig_conf(&sc, &cc);
    rig = create(602, &sc, &cc);
    cl = rig_connect(rig, "");
    sim_run(rig->sim, WZP_SEC);
    check_second(rig, cl, "", "no name");
    rig_destroy(rig);
}


static void
test_mine(void)
{
    rig_t            *rig;
    size_t            more;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    for (more = 0; more <= 1010; more += 1010) {
        rig_conf(&sc, &cc);
        rig = create(603, &sc, &cc);
        all_mine = true;

        cl = connect_long(rig, "general", more);
        sim_run(rig->sim, WZP_SEC);
        sv = rig_accepted(rig);

        ok(cl->confirmed && sv != NULL && sv->handshakes, "mine: connected");
        is_u64(asked, 1, "asked once");
        is_u64(given, 0, "nothing was passed on");
        is_u64(wzp_quic_count(rig->server->ep, NULL), 1, "to the first");
        is_u64(wzp_quic_count(second->ep, NULL), 0, "not to the second");
        is_u64(rig->nrecs, 2, "accepted once");

        rig_destroy(rig);
    }
}


static void
test_split(void)
{
    rig_t            *rig;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = create(604, &sc, &cc);
    cl = connect_long(rig, "general", 1010);
    sim_run(rig->sim, WZP_SEC);

    is_u64(asked, 1, "asked once");
    is_u64(given, 2, "two datagrams were passed on");
    is_u64(rig->server->sent, 0, "the first said nothing");
    check_second(rig, cl, "general", "hello in two datagrams");
    rig_destroy(rig);

    rig_conf(&sc, &cc);
    rig = create(605, &sc, &cc);
    cl = connect_long(rig, "general", 2020);
    sim_run(rig->sim, WZP_SEC);

    is_u64(given, 3, "three datagrams were passed on");
    is_u64(rig->server->sent, 0, "the first said nothing");
    check_second(rig, cl, "general", "hello in three datagrams");
    rig_destroy(rig);
}


/* Four datagrams are more than we wait for: the first takes it, unasked. */
static void
test_endless(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = create(606, &sc, &cc);
    cl = connect_long(rig, "general", 4040);
    sim_run(rig->sim, WZP_SEC);

    sv = rig_accepted(rig);
    ok(cl->confirmed && sv != NULL && sv->handshakes,
       "hello in five datagrams: connected");
    is_u64(asked, 0, "nobody was asked");
    is_u64(given, 0, "nothing was passed on");
    is_u64(wzp_quic_count(rig->server->ep, NULL), 1, "to the first");
    is_u64(rig->nrecs, 2, "accepted once");

    rig_destroy(rig);
}


/* ---- bad lines ---- */


static unsigned  seen, lose_from, lose_to;


/* Lose the client's packets of these numbers, counted from 1. */
static bool
lose_some(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    rig_t  *rig;

    (void) pkt;

    rig = sim->filter_ctx;

    if (from != rig->client) {
        return true;
    }

    seen++;

    return seen < lose_from || seen > lose_to;
}


static void
lose(rig_t *rig, unsigned from, unsigned to)
{
    seen = 0;
    lose_from = from;
    lose_to = to;
    rig->sim->filter = lose_some;
    rig->sim->filter_ctx = rig;
}


static void
test_lost(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    /* The whole hello: it comes again. */

    rig_conf(&sc, &cc);
    rig = create(607, &sc, &cc);
    lose(rig, 1, 1);
    cl = rig_connect(rig, "general");
    sim_run(rig->sim, 5 * WZP_SEC);
    check_second(rig, cl, "general", "only datagram lost");
    rig_destroy(rig);

    /* The first half: what is left cannot be kept for nothing. */

    rig_conf(&sc, &cc);
    rig = create(608, &sc, &cc);
    lose(rig, 1, 1);
    cl = connect_long(rig, "general", 1010);
    sim_run(rig->sim, 5 * WZP_SEC);
    is_u64(rig->server->sent, 1, "the second half is answered");
    is_u64(rig->server->results[WZP_QIN_REPLIED], 1, "by a Retry");
    check_second(rig, cl, "general", "first datagram lost");
    rig_destroy(rig);

    /* The second half: after 100 ms it is ours. */

    rig_conf(&sc, &cc);
    rig = create(609, &sc, &cc);
    lose(rig, 2, 2);
    cl = connect_long(rig, "general", 1010);
    sim_run(rig->sim, 105 * WZP_MS);
    is_u64(rig->server->sent, 0, "second datagram lost: silence for 95 ms");
    is_u64(rig->nrecs, 1, "nobody has heard of it");
    is_u64(wzp_quic_deadline(rig->server->ep),
           rig->sim->now_ns + 5 * WZP_MS, "it wakes up when it must");
    sim_run(rig->sim, 10 * WZP_MS);
    ok(rig->server->sent > 0, "then an ACK");
    sim_run(rig->sim, 5 * WZP_SEC);
    sv = rig_accepted(rig);
    ok(cl->confirmed && sv != NULL && sv->handshakes, "connected");
    is_u64(wzp_quic_count(rig->server->ep, NULL), 1, "to the first");
    is_u64(asked + given, 0, "nobody was asked");
    is_u64(rig->nrecs, 2, "accepted once");
    rig_destroy(rig);
}


/* Everything twice. */
static void
test_doubled(void)
{
    rig_t            *rig;
    size_t            more;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    for (more = 0; more <= 1010; more += 1010) {
        rig_conf(&sc, &cc);
        rig = create(610, &sc, &cc);
        rig->sim->line.dup = 1.0;

        cl = connect_long(rig, "general", more);
        sim_run(rig->sim, 50 * WZP_MS);
        rig->sim->line.dup = 0;
        sim_run(rig->sim, WZP_SEC);
        check_second(rig, cl, "general", "doubled");

        rig_destroy(rig);
    }
}


static bool
lose_from_second(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    (void) pkt;

    return from != second || later++ >= *(unsigned *) sim->filter_ctx;
}


/* The answer is lost: repeated Initials find the connection at the second. */
static void
test_answer_lost(void)
{
    rig_t            *rig;
    size_t            more;
    unsigned          n;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    n = 4;

    for (more = 0; more <= 1010; more += 1010) {
        rig_conf(&sc, &cc);
        rig = create(611, &sc, &cc);
        rig->sim->filter = lose_from_second;
        rig->sim->filter_ctx = &n;

        cl = connect_long(rig, "general", more);
        sim_run(rig->sim, 5 * WZP_SEC);
        ok(later >= 4, "%u answers, the first 4 lost", later);
        check_second(rig, cl, "general", "answers lost");

        rig_destroy(rig);
    }
}


static void
test_retry(void)
{
    rig_t            *rig;
    size_t            more;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    for (more = 0; more <= 1010; more += 1010) {
        rig_conf(&sc, &cc);
        sc.retry = WZP_RETRY_ON;
        rig = create(612, &sc, &cc);

        cl = connect_long(rig, "general", more);
        sim_run(rig->sim, WZP_SEC);

        ok(rig->server->results[WZP_QIN_REPLIED] >= 1, "Retry by the first");
        is_u64(second->results[WZP_QIN_REPLIED], 0, "none by the second");
        is_u64(rig->validated, rig->admitted, "the token is good for both");
        check_second(rig, cl, "general", "with Retry");

        rig_destroy(rig);
    }
}


static void
test_noise(void)
{
    rig_t            *rig;
    uint32_t          half;
    unsigned          i, up;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    for (i = 0, up = 0; i < 40; i++) {
        rig_conf(&sc, &cc);
        sc.retry = (i & 1) ? WZP_RETRY_ON : WZP_RETRY_OFF;
        rig = create(620 + i, &sc, &cc);
        rig->sim->line.loss = 0.2;
        rig->sim->line.dup = 0.2;
        rig->sim->line.reorder = 0.2;
        rig->sim->line.hold_ns = 15 * WZP_MS;
        rig->sim->line.jitter_ns = 20 * WZP_MS;

        cl = connect_long(rig, "general", (i & 2) ? 1010 : 0);
        sim_run(rig->sim, 25 * WZP_SEC);
        up += (cl->confirmed && cl->qc != NULL);
        wzp_quic_count(rig->server->ep, &half);
        up -= (half != 0);

        rig_destroy(rig);
    }

    is_u64(up, 40, "40 handshakes over loss, duplicates and disorder");
}


/* ---- hostile ---- */


/* Hellos that never end, from everywhere. */
static void
test_hostile(void)
{
    rig_t            *rig;
    uint32_t          half;
    unsigned          i, closed;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.handshake_ns = 4 * WZP_SEC;
    sc.max_half_open = 60;
    rig = create(613, &sc, &cc);
    lose(rig, 0, 0);

    for (i = 0; i < 20; i++) {
        lose(rig, 2, UINT32_MAX);
        (void) connect_long(rig, "general", 1010);
        wzp_quic_flush(rig->client->ep, rig->sim->now_ns);
    }

    sim_run(rig->sim, 50 * WZP_MS);
    is_u64(wzp_quic_count(rig->server->ep, &half), 20, "20 that wait");
    is_u64(half, 20, "count as half open");
    is_u64(rig->nrecs, 20, "and nobody has heard of them");

    sim_run(rig->sim, 20 * WZP_SEC);

    for (i = 0, closed = 0; i < rig->nrecs; i++) {
        closed += (rig->recs[i]->server && rig->recs[i]->closed == 1
                   && rig->recs[i]->why.how == WZP_QCLOSE_HANDSHAKE_TIMEOUT);
    }

    is_u64(closed, 20, "they end as all do that say no more");
    is_u64(wzp_quic_count(rig->server->ep, &half), 0, "nothing is left");
    is_u64(half, 0, "nor half open");
    ok(rig->server->sent_bytes <= 3 * 20 * 1200, "%llu bytes were answered",
       (unsigned long long) rig->server->sent_bytes);
    is_u64(asked + given, 0, "the second was spared");

    rig_destroy(rig);

    /* The endpoint goes while they wait. */

    rig_conf(&sc, &cc);
    rig = create(614, &sc, &cc);
    lose(rig, 2, UINT32_MAX);
    (void) connect_long(rig, "general", 1010);
    sim_run(rig->sim, 50 * WZP_MS);
    is_u64(wzp_quic_count(rig->server->ep, NULL), 1, "one waits");
    wzp_quic_destroy(rig->server->ep, rig->sim->now_ns, 0, "leaving");
    rig->server->ep = NULL;
    is_u64(rig->nrecs, 1, "destroyed, unheard of");

    rig_destroy(rig);
}


/* No limit of the first wears out. */
static void
test_many(void)
{
    rig_t            *rig;
    uint32_t          half;
    unsigned          i, up;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.max_half_open = 2;
    sc.max_conns = 2;
    rig = create(615, &sc, &cc);

    for (i = 0, up = 0; i < 30; i++) {
        cl = connect_long(rig, "general", (i & 1) ? 1010 : 0);
        sim_run(rig->sim, 300 * WZP_MS);
        up += (cl->confirmed != 0);

        if (cl->qc != NULL) {
            wzp_qconn_close(cl->qc, 0, "next");
        }

        sim_run(rig->sim, WZP_SEC);
    }

    is_u64(up, 30, "one after the other, with room for two");
    is_u64(wzp_quic_count(rig->server->ep, &half) + half, 0,
           "the first counts none");
    is_u64(wzp_quic_deadline(rig->server->ep), UINT64_MAX, "no timer runs");

    rig_destroy(rig);
}


int
main(void)
{
    test_whole();
    test_mine();
    test_split();
    test_endless();
    test_lost();
    test_doubled();
    test_answer_lost();
    test_retry();
    test_noise();
    test_hostile();
    test_many();

    return done_testing();
}
