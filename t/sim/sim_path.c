/*
 * Paths: a NAT that forgets, a client that moves, keys that change.
 */

#include "../unit/tap.h"
#include "rig.h"


/* Media both ways for a while; counts what was sent. */
static uint32_t
talk(rig_t *rig, rig_rec_t *cl, rig_rec_t *sv, uint32_t from, uint32_t count)
{
    uint32_t  n;

    for (n = from; n < from + count; n++) {
        (void) ! rig_datagram(rig, cl, n, 100);
        (void) ! rig_datagram(rig, sv, n, 100);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    return n;
}


static uint32_t
seen(const rig_rec_t *rec, uint32_t from, uint32_t to)
{
    uint32_t  n, count;

    for (n = from, count = 0; n < to; n++) {
        count += rec->seen[n];
    }

    return count;
}


/* The NAT gives the client another port, then another address. */
static void
test_rebinding(void)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        outside;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(201, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    n = talk(rig, cl, sv, 0, 100);

    outside = sim_addr(1, 1, 50001);
    sim_rebind(rig->client, 0, &outside);
    n = talk(rig, cl, sv, n, 100);

    is_u64(sv->migrated, 1, "another port: one event");
    ok(wzp_addr_equal(&sv->moved_to, &outside), "with the new address");
    ok(wzp_addr_equal(wzp_qconn_peer(sv->qc), &outside), "which is used now");

    outside = sim_addr(2, 2, 1234);
    sim_rebind(rig->client, 0, &outside);
    n = talk(rig, cl, sv, n, 100);
    is_u64(sv->migrated, 2, "another address: one event");

    /* Back to the first: a path that was validated before. */

    outside = sim_addr(1, 1, 50001);
    sim_rebind(rig->client, 0, &outside);
    n = talk(rig, cl, sv, n, 100);
    ok(wzp_addr_equal(wzp_qconn_peer(sv->qc), &outside),
       "and back to a known one");
    is_u64(sv->migrated, 3, "one event");

    sim_run(rig->sim, WZP_SEC);
    is_u64(seen(sv, 0, n), 400, "client to server: nothing lost");
    ok(seen(cl, 0, n) >= 400 - 9,
       "server to client: only what was on its way: %u of 400",
       seen(cl, 0, n));
    is_u64(cl->closed + sv->closed, 0, "still connected");

    rig_destroy(rig);
}


static void
test_refused(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        outside;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(202, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    rig->refuse_migration = true;

    outside = sim_addr(2, 2, 1234);
    sim_rebind(rig->client, 0, &outside);
    (void) talk(rig, cl, sv, 0, 50);

    is_u64(sv->closed, 1, "a move that is not allowed ends it");
    is_u64(cl->why.how, WZP_QCLOSE_PEER, "the client hears of it");
    is_u64(cl->why.code, 0x13, "by the access code");

    rig_destroy(rig);
}


/* The client itself goes on from another socket. */
static void
test_migrate(void)
{
    uint32_t           n;
    rig_t             *rig;
    rig_rec_t         *cl, *sv;
    wzp_addr_t         addr;
    wzp_quic_conf_t    sc, cc;
    wzp_udp_socket_t  *su;

    rig_conf(&sc, &cc);
    rig = rig_create(203, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    n = talk(rig, cl, sv, 0, 50);

    addr = sim_addr(3, 3, 3333);
    su = sim_socket(rig->client, &addr);
    ok(wzp_qconn_migrate(cl->qc, su, &addr, rig->sim->now_ns) == WZP_OK,
       "the client moves");
    n = talk(rig, cl, sv, n, 100);

    is_u64(sv->migrated, 1, "the server has seen it");
    ok(wzp_addr_equal(wzp_qconn_peer(sv->qc), &addr), "and follows");
    ok(wzp_qconn_socket(cl->qc) == su, "the client uses the new socket");
    is_u64(seen(sv, 0, n), 150, "client to server: nothing lost");
    ok(seen(cl, 0, n) >= 147, "server to client: %u of 150", seen(cl, 0, n));
    ok(wzp_qconn_migrate(sv->qc, su, &addr, rig->sim->now_ns) != WZP_OK,
       "a server does not move");

    sim_run(rig->sim, 5 * WZP_SEC);
    ok(wzp_qconn_max_datagram(cl->qc) > 1400, "path MTU is found again");

    rig_destroy(rig);
}


/* Somebody copies packets from a false address: nothing must follow. */
static void
test_spoofed(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        real, outside;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(204, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    (void) talk(rig, cl, sv, 0, 50);

    real = rig->client->outside[0];
    outside = sim_addr(9, 9, 9);

    /* One packet leaves with a false source; answers to it go nowhere. */

    sim_rebind(rig->client, 0, &outside);
    (void) ! rig_datagram(rig, cl, 1000, 100);
    wzp_quic_flush(rig->client->ep, rig->sim->now_ns);
    sim_rebind(rig->client, 0, &real);

    (void) talk(rig, cl, sv, 100, 200);

    is_u64(sv->migrated, 0, "the address is not believed");
    ok(wzp_addr_equal(wzp_qconn_peer(sv->qc), &real), "peer is as before");
    is_u64(cl->closed + sv->closed, 0, "still connected");
    ok(seen(cl, 150, 300) == 150, "and heard: %u of 150", seen(cl, 150, 300));

    rig_destroy(rig);
}


static void
test_key_update(void)
{
    unsigned          i, done;
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(205, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    n = talk(rig, cl, sv, 0, 20);

    for (i = 0, done = 0; i < 6; i++) {
        done += wzp_qconn_key_update((i & 1) ? cl->qc : sv->qc,
                                     rig->sim->now_ns)
                == WZP_OK;
        n = talk(rig, cl, sv, n, 50);
    }

    is_u64(done, 6, "six key updates, by turns");
    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->datagrams, n, "client to server: nothing lost");
    is_u64(cl->datagrams, n, "server to client: nothing lost");

    ok(wzp_qconn_key_update(cl->qc, rig->sim->now_ns) == WZP_OK, "one more");
    ok(wzp_qconn_key_update(cl->qc, rig->sim->now_ns) == WZP_EAGAIN,
       "but not two at once");

    rig_destroy(rig);
}


/* ECN: set on the way out, counted on the way in, CE is congestion. */
static unsigned  ecn_marked;
static unsigned  ecn_seen;

static bool
mark_ce(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    (void) from;

    if (pkt->ecn == 1 || pkt->ecn == 2) {
        ecn_seen++;

        if (sim_chance(sim) < 0.2) {
            pkt->ecn = 3;
            ecn_marked++;
        }
    }

    return true;
}


static void
test_ecn(void)
{
    uint32_t          n, k;
    uint64_t          before;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(206, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    for (n = 0; n < 2000; n += 40) {

        for (k = 0; k < 40; k++) {
            (void) ! rig_datagram(rig, cl, n + k, 500);
        }

        sim_run(rig->sim, 25 * WZP_MS);
    }

    wzp_qconn_stats(cl->qc, &st);
    before = st.cwnd;
    rig->sim->filter = mark_ce;

    for (n = 0; n < 2000; n += 40) {

        for (k = 0; k < 40; k++) {
            (void) ! rig_datagram(rig, cl, n + k, 500);
        }

        sim_run(rig->sim, 25 * WZP_MS);
    }

    wzp_qconn_stats(cl->qc, &st);
    ok(ecn_seen > 100, "%u packets are ECN capable", ecn_seen);
    ok(st.cwnd < before, "%u marks: window %llu -> %llu", ecn_marked,
       (unsigned long long) before, (unsigned long long) st.cwnd);

    rig_destroy(rig);
}


int
main(void)
{
    test_rebinding();
    test_refused();
    test_migrate();
    test_spoofed();
    test_key_update();
    test_ecn();

    return done_testing();
}
