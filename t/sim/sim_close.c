/*
 * Ends of connections: who, why, once, and what remains.
 */

#include "../unit/tap.h"
#include "rig.h"


static void
test_reasons(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(401, &sc, &cc);

    ok(rig_up(rig, &cl, &sv), "connected");
    wzp_qconn_close(cl->qc, 0, "normal close");
    wzp_qconn_close(cl->qc, 9, "twice");
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->closed, 1, "client closes: its event, once");
    is_u64(cl->why.how, WZP_QCLOSE_LOCAL, "by itself");
    is_u64(cl->why.code, 0, "code");
    is_str(cl->why.reason, "normal close", "reason");
    is_u64(sv->closed, 1, "server: once");
    is_u64(sv->why.how, WZP_QCLOSE_PEER, "by the peer");
    is_u64(sv->why.code, 0, "code");
    is_str(sv->why.reason, "normal close", "reason");

    ok(rig_up(rig, &cl, &sv), "connected");
    wzp_qconn_close(sv->qc, 0x30, "room is\n\033[1mfull\377");
    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->why.how, WZP_QCLOSE_LOCAL, "server closes: by itself");
    is_u64(cl->why.how, WZP_QCLOSE_PEER, "client: by the peer");
    is_u64(cl->why.code, 0x30, "code");
    is_str(cl->why.reason, "room is??[1mfull?", "reason, made printable");

    /* Both at once. */

    ok(rig_up(rig, &cl, &sv), "connected");
    wzp_qconn_close(sv->qc, 1, "one");
    wzp_qconn_close(cl->qc, 2, "two");
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->closed + sv->closed, 2, "both at once: once each");
    is_u64(cl->why.how + sv->why.how, WZP_QCLOSE_LOCAL, "each by itself");

    sim_run(rig->sim, 10 * WZP_SEC);
    ok(!wzp_quic_lingering(rig->client->ep)
       && !wzp_quic_lingering(rig->server->ep), "nothing lingers for ever");
    is_u64(wzp_quic_deadline(rig->server->ep), UINT64_MAX, "no timer runs");

    rig_destroy(rig);
}


static bool
drop_all(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    (void) sim;
    (void) from;
    (void) pkt;

    return false;
}


/* The CONNECTION_CLOSE is lost: it is repeated when the peer speaks, but ever
 * less often. */
static void
test_lost_close(void)
{
    unsigned          i;
    uint64_t          before;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(402, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, WZP_SEC);

    rig->sim->filter = drop_all;
    wzp_qconn_close(sv->qc, 5, "gone");
    wzp_quic_flush(rig->server->ep, rig->sim->now_ns);
    is_u64(sv->closed, 1, "server has closed");
    ok(wzp_quic_lingering(rig->server->ep), "and lingers");
    rig->sim->filter = NULL;

    (void) ! rig_datagram(rig, cl, 1, 100);
    sim_run(rig->sim, 50 * WZP_MS);
    is_u64(cl->closed, 1, "the client hears it with its next packet");
    is_u64(cl->why.code, 5, "code");

    /* A peer that does not listen. */

    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, WZP_SEC);
    before = rig->server->sent;
    rig->sim->filter = drop_all;
    wzp_qconn_close(sv->qc, 5, "gone");
    wzp_quic_flush(rig->server->ep, rig->sim->now_ns);
    rig->sim->filter = NULL;
    rig->client->deaf = true;

    for (i = 0; i < 64; i++) {
        (void) ! rig_datagram(rig, cl, i, 100);
        wzp_quic_flush(rig->client->ep, rig->sim->now_ns);
    }

    sim_run(rig->sim, 12 * WZP_MS);
    ok(rig->server->sent - before <= 8, "64 packets are answered %llu times",
       (unsigned long long) (rig->server->sent - before - 1));

    rig_destroy(rig);
}


static void
test_idle(void)
{
    uint64_t          t;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(403, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, 600 * WZP_SEC);
    is_u64(cl->closed + sv->closed, 0, "ten minutes of silence: kept alive");

    t = rig->sim->now_ns;
    rig->sim->filter = drop_all;
    ok(rig_wait_closed(rig, sv, 60 * WZP_SEC), "the line is cut: closed");
    is_u64(sv->why.how, WZP_QCLOSE_IDLE, "because of silence");
    ok(rig->sim->now_ns - t > 24 * WZP_SEC
       && rig->sim->now_ns - t <= 36 * WZP_SEC,
       "after %llu s", (unsigned long long) (rig->sim->now_ns - t) / WZP_SEC);
    sim_run(rig->sim, 60 * WZP_SEC);
    is_u64(cl->why.how, WZP_QCLOSE_IDLE, "the client too");
    is_u64(wzp_quic_count(rig->server->ep, NULL), 0, "nothing is left");

    rig_destroy(rig);

    /* Without keep-alive. */

    rig_conf(&sc, &cc);
    sc.keepalive_ns = 0;
    cc.keepalive_ns = 0;
    cc.idle_ns = 8 * WZP_SEC;
    rig = rig_create(404, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected, no keep-alive, one side 8 s");
    sim_run(rig->sim, 12 * WZP_SEC);
    is_u64(cl->closed + sv->closed, 2, "the shorter time counts for both");

    rig_destroy(rig);
}


/* The endpoint goes: every connection is told, the peers hear. */
static void
test_destroy(void)
{
    unsigned          i, closed, heard;
    rig_t            *rig;
    rig_rec_t        *cl[10];
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(405, &sc, &cc);

    for (i = 0; i < 10; i++) {
        cl[i] = rig_connect(rig, "general");
    }

    sim_run(rig->sim, WZP_SEC);
    is_u64(wzp_quic_count(rig->server->ep, NULL), 10, "ten connections");

    wzp_quic_destroy(rig->server->ep, rig->sim->now_ns, 0x41, "leaving");
    rig->server->ep = NULL;

    for (i = 0, closed = 0; i < rig->nrecs; i++) {
        closed += (rig->recs[i]->server && rig->recs[i]->closed == 1
                   && rig->recs[i]->why.code == 0x41);
    }

    is_u64(closed, 10, "ten closed events, at once");
    sim_run(rig->sim, WZP_SEC);

    for (i = 0, heard = 0; i < 10; i++) {
        heard += (cl[i]->closed == 1 && cl[i]->why.code == 0x41);
    }

    is_u64(heard, 10, "ten clients hear why");

    rig_destroy(rig);
}


/* A client with many connections goes, as a relay does that has dialled
 * others: each peer hears, also one that is not up yet. */
static void
test_destroy_client(void)
{
    unsigned          i, up, heard, closed;
    rig_t            *rig;
    rig_rec_t        *cl[8];
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(408, &sc, &cc);

    for (i = 0; i < 6; i++) {
        cl[i] = rig_connect(rig, "_federation");
    }

    sim_run(rig->sim, WZP_SEC);

    /* One that has just been answered, and one that never spoke. */

    cl[6] = rig_connect(rig, "_federation");
    sim_run(rig->sim, 21 * WZP_MS);
    cl[7] = rig_connect(rig, "_federation");
    is_u64(wzp_quic_count(rig->client->ep, NULL), 8, "eight connections");

    wzp_quic_destroy(rig->client->ep, rig->sim->now_ns, 0x41, "leaving");
    rig->client->ep = NULL;

    for (i = 0, closed = 0; i < 8; i++) {
        closed += (cl[i]->closed == 1 && cl[i]->why.code == 0x41
                   && cl[i]->why.how == WZP_QCLOSE_LOCAL);
    }

    is_u64(closed, 8, "eight closed events, at once");
    sim_run(rig->sim, WZP_SEC);

    for (i = 0, up = 0, heard = 0; i < rig->nrecs; i++) {

        if (rig->recs[i]->server) {
            up++;
            heard += (rig->recs[i]->closed == 1
                      && rig->recs[i]->why.code == 0x41);
        }
    }

    is_u64(up, 7, "seven had reached the peer");
    is_u64(heard, 7, "and it hears of the end of all");

    rig_destroy(rig);
}


/* During the handshake, from either side. */
static void
test_early(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(406, &sc, &cc);

    cl = rig_connect(rig, "general");
    wzp_qconn_close(cl->qc, 0, "changed my mind");
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->closed, 1, "before the first packet: closed");
    is_u64(cl->why.how, WZP_QCLOSE_LOCAL, "by itself");

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, 12 * WZP_MS);
    wzp_qconn_close(cl->qc, 0, "changed my mind");
    sim_run(rig->sim, 2 * WZP_SEC);
    sv = rig_accepted(rig);
    is_u64(cl->closed, 1, "before the answer: closed");
    ok(sv != NULL && sv->closed == 1, "and the server knows");

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, 12 * WZP_MS);
    sv = rig_accepted(rig);
    wzp_qconn_close(sv->qc, 0x13, "no");
    ok(rig_wait_closed(rig, cl, 2 * WZP_SEC), "server closes in handshake");
    is_u64(sv->closed, 1, "server: once");
    ok(cl->why.how == WZP_QCLOSE_PEER_TRANSPORT
       || cl->why.how == WZP_QCLOSE_PEER, "client hears at once: %s",
       cl->why.reason);

    rig_destroy(rig);
}


/* After the end everything is refused, nothing crashes. */
static void
test_after(void)
{
    rig_t            *rig;
    wzp_qconn_t      *qc;
    wzp_qbuf_t       *qb;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(407, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    qc = cl->qc;
    qb = wzp_qbuf_message((const uint8_t *) "\"Hold\"", 6);
    wzp_qconn_close(qc, 0, "");

    ok(wzp_qconn_send(qc, qb, rig->sim->now_ns) == WZP_ECLOSED, "send");
    ok(wzp_qconn_message(qc, qb, 0) == WZP_ECLOSED, "message");
    ok(wzp_qconn_uni(qc, qb->data, 4) == WZP_ECLOSED, "uni");
    ok(wzp_qconn_key_update(qc, rig->sim->now_ns) == WZP_ECLOSED, "key");
    ok(wzp_qconn_migrate(qc, NULL, &rig->client->outside[0],
                         rig->sim->now_ns) == WZP_ECLOSED, "migrate");
    wzp_qconn_finish(qc, 1, "later", WZP_SEC, rig->sim->now_ns);
    is_u64(qb->refs, 1, "nobody keeps the buffer");
    wzp_qbuf_unref(qb);

    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->why.code, 0, "the first close counts");

    rig_destroy(rig);
}


int
main(void)
{
    test_reasons();
    test_lost_close();
    test_idle();
    test_destroy();
    test_destroy_client();
    test_early();
    test_after();

    return done_testing();
}
