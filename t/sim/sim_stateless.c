/*
 * Answers without state: Retry, Version Negotiation, stateless reset, refusal;
 * and connection IDs of another owner.
 */

#include "../unit/tap.h"
#include "rig.h"


static void
test_retry(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.retry = WZP_RETRY_ON;
    rig = rig_create(301, &sc, &cc);

    ok(rig_up(rig, &cl, &sv), "connected, with Retry");
    is_u64(rig->server->results[WZP_QIN_REPLIED], 1, "one Retry was sent");
    is_u64(rig->admitted, 1, "admitted once");
    is_u64(rig->validated, 1, "with a proved address");

    /* The server left a token: no Retry the next time. */

    sim_run(rig->sim, WZP_SEC);
    wzp_qconn_close(cl->qc, 0, "bye");
    sim_run(rig->sim, WZP_SEC);
    ok(rig_up(rig, &cl, &sv), "connected again");
    is_u64(rig->server->results[WZP_QIN_REPLIED], 1, "without Retry");
    is_u64(rig->validated, 2, "and yet the address is proved");

    rig_destroy(rig);
}


/* Everything of a worker can be verified by its siblings. */
static void
test_retry_elsewhere(void)
{
    rig_t            *rig;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.retry = WZP_RETRY_ON;
    rig = rig_create(302, &sc, &cc);

    sc.slot = 3;
    (void) sim_node(rig->sim, &sc, &rig->server->sockets[0].local);

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, 11 * WZP_MS);
    is_u64(rig->server->results[WZP_QIN_REPLIED], 1, "Retry by one worker");

    /* The next Initial goes to the other. */

    rig->server->deaf = true;
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->confirmed, 1, "connected to the other");
    is_u64(rig->sim->nodes[2]->results[WZP_QIN_REPLIED], 0,
           "which asked for no other proof");

    rig_destroy(rig);
}


static sim_pkt_t  caught;

static bool
catch_initial(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    rig_t  *rig;

    rig = sim->filter_ctx;

    if (from == rig->client && (pkt->data[0] & 0xb0) == 0x80) {
        caught = *pkt;
    }

    return true;
}


/* A Retry token is bound to its address, and has an end. */
static void
test_retry_replayed(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        other;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.retry = WZP_RETRY_ON;
    rig = rig_create(303, &sc, &cc);
    rig->sim->filter = catch_initial;
    rig->sim->filter_ctx = rig;

    ok(rig_up(rig, &cl, &sv), "connected, with Retry");
    wzp_qconn_close(cl->qc, 0, "bye");
    sim_run(rig->sim, 5 * WZP_SEC);

    rig->admitted = 0;
    other = sim_addr(8, 8, 8);
    sim_inject(rig->sim, &other, &caught.to, caught.data, caught.len);
    sim_run(rig->sim, WZP_SEC);
    is_u64(rig->admitted, 0, "the token of another address is refused");
    is_u64(rig->server->results[WZP_QIN_REPLIED], 2, "and that is said");

    sim_run(rig->sim, 20 * WZP_SEC);
    sim_inject(rig->sim, &caught.from, &caught.to, caught.data, caught.len);
    sim_run(rig->sim, WZP_SEC);
    is_u64(rig->admitted, 0, "an old token is refused");

    rig_destroy(rig);
}


/* Retry switches itself on when handshakes pile up; beyond the limit they are
 * refused. */
static void
test_half_open(void)
{
    unsigned          i;
    uint32_t          half;
    rig_t            *rig;
    rig_rec_t        *cl, *last;
    sim_line_t        line;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.max_half_open = 8;
    rig = rig_create(304, &sc, &cc);
    rig->sim->filter = catch_initial;
    rig->sim->filter_ctx = rig;

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, 100 * WZP_MS);
    is_u64(cl->confirmed, 1, "one client, no Retry");
    is_u64(rig->server->results[WZP_QIN_REPLIED], 0, "indeed");

    /* Clients whose packets after the first are lost. */

    line = rig->sim->line;

    for (i = 0; i < 12; i++) {
        (void) rig_connect(rig, "general");
        wzp_quic_flush(rig->client->ep, rig->sim->now_ns);
    }

    sim_run(rig->sim, 10 * WZP_MS);
    rig->sim->line.loss = 1.0;
    sim_run(rig->sim, 50 * WZP_MS);
    (void) wzp_quic_count(rig->server->ep, &half);
    is_u64(half, 5, "just over half of the limit");
    is_u64(rig->server->results[WZP_QIN_REPLIED], 7,
           "the rest is asked for proof");

    rig->sim->line = line;
    last = rig_connect(rig, "general");
    sim_run(rig->sim, 2 * WZP_SEC);
    is_u64(last->confirmed, 1, "who proves its address gets in");

    rig_destroy(rig);
}


static void
test_limits(void)
{
    rig_t            *rig;
    rig_rec_t        *a, *b, *c;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.max_conns = 2;
    rig = rig_create(305, &sc, &cc);

    a = rig_connect(rig, "general");
    b = rig_connect(rig, "general");
    sim_run(rig->sim, WZP_SEC);
    c = rig_connect(rig, "general");
    ok(rig_wait_closed(rig, c, WZP_SEC), "the third of two is refused");
    is_u64(c->why.how, WZP_QCLOSE_PEER_TRANSPORT, "by the endpoint");
    is_u64(c->why.code, 0x02, "CONNECTION_REFUSED");
    is_str(c->why.reason, "too many connections", "reason");
    ok(a->confirmed && b->confirmed && !a->closed && !b->closed,
       "the others stay");

    rig->server->refuse_new = true;
    wzp_qconn_close(a->qc, 0, "");
    sim_run(rig->sim, WZP_SEC);
    c = rig_connect(rig, "general");
    ok(rig_wait_closed(rig, c, WZP_SEC), "one that is leaving refuses");
    is_u64(c->why.code, 0x02, "CONNECTION_REFUSED");

    rig->server->refuse_new = false;
    rig->refuse_admit = true;
    c = rig_connect(rig, "general");
    ok(rig_wait_closed(rig, c, WZP_SEC), "the application refuses");
    is_u64(c->why.code, 0x02, "CONNECTION_REFUSED");

    rig->refuse_admit = false;
    c = rig_connect(rig, "general");
    sim_run(rig->sim, WZP_SEC);
    is_u64(c->confirmed, 1, "and lets in again");

    rig_destroy(rig);
}


static unsigned   vn_packets;
static sim_pkt_t  vn_last;

static bool
catch_from_server(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    rig_t  *rig;

    rig = sim->filter_ctx;

    if (from == rig->server) {
        vn_packets++;
        vn_last = *pkt;
    }

    return true;
}


static void
test_version(void)
{
    size_t            i, n;
    bool              v1;
    rig_t            *rig;
    uint8_t           pkt[1200];
    wzp_addr_t        from;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(306, &sc, &cc);
    rig->sim->filter = catch_from_server;
    rig->sim->filter_ctx = rig;
    from = sim_addr(7, 7, 7);

    memset(pkt, 0x77, sizeof(pkt));
    pkt[0] = 0xc0;
    memcpy(pkt + 1, "\xff\x00\x00\x1d", 4);
    pkt[5] = 8;
    pkt[14] = 5;

    vn_packets = 0;
    sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, 1199);
    sim_run(rig->sim, WZP_SEC);
    is_u64(vn_packets, 0, "a small packet of unknown version: silence");

    sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, 1200);
    sim_run(rig->sim, WZP_SEC);
    is_u64(vn_packets, 1, "a full one is answered");
    ok(vn_last.len < 100 && memcmp(vn_last.data + 1, "\0\0\0\0", 4) == 0,
       "by Version Negotiation of %zu bytes", vn_last.len);
    ok(vn_last.data[5] == 5 && vn_last.data[11] == 8, "IDs are exchanged");

    n = 7 + 5 + 8;
    v1 = false;
    for (i = n; i + 4 <= vn_last.len; i += 4) {
        v1 |= memcmp(vn_last.data + i, "\0\0\0\1", 4) == 0;
    }
    ok(v1, "version 1 is offered");

    /* Version Negotiation itself is never answered. */

    memset(pkt + 1, 0, 4);
    sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, 1200);
    sim_run(rig->sim, WZP_SEC);
    is_u64(vn_packets, 1, "Version Negotiation is not answered");

    rig_destroy(rig);
}


/* A client that is offered only strange versions. */
static bool
answer_with_version(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    rig_t    *rig;
    size_t    dlen, slen;
    uint8_t   vn[64], *p;

    rig = sim->filter_ctx;

    if (from != rig->client || (pkt->data[0] & 0x80) == 0) {
        return true;
    }

    dlen = pkt->data[5];
    slen = pkt->data[6 + dlen];

    p = vn;
    *p++ = 0xc0;
    memset(p, 0, 4);
    p += 4;
    *p++ = (uint8_t) slen;
    memcpy(p, pkt->data + 7 + dlen, slen);
    p += slen;
    *p++ = (uint8_t) dlen;
    memcpy(p, pkt->data + 6, dlen);
    p += dlen;
    memcpy(p, "\x6b\x33\x43\xcf", 4);
    p += 4;

    sim_inject(sim, &pkt->to, &pkt->from, vn, (size_t) (p - vn));

    return false;
}


static void
test_version_client(void)
{
    rig_t            *rig;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(307, &sc, &cc);
    rig->sim->filter = answer_with_version;
    rig->sim->filter_ctx = rig;

    cl = rig_connect(rig, "general");
    ok(rig_wait_closed(rig, cl, 5 * WZP_SEC), "no version in common: closed");
    is_u64(cl->why.how, WZP_QCLOSE_VERSION, "for that reason");

    rig_destroy(rig);
}


/* A server that died and came back with the same secret. */
static void
test_reset(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(308, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, WZP_SEC);

    sim_crash(rig->server);
    (void) sim_node(rig->sim, &sc, &rig->server->sockets[0].local);

    (void) ! rig_datagram(rig, cl, 1, 100);
    ok(rig_wait_closed(rig, cl, 5 * WZP_SEC), "the successor knows nothing");
    is_u64(cl->why.how, WZP_QCLOSE_RESET, "and says so: stateless reset");
    is_u64(cl->closed, 1, "closed once");

    rig_destroy(rig);
}


static bool
catch_short(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    rig_t  *rig;

    rig = sim->filter_ctx;

    if (from == rig->client && (pkt->data[0] & 0x80) == 0) {
        caught = *pkt;
    }

    return true;
}


/* A reset is smaller than its cause, none answers the smallest, and their
 * rate is bounded. */
static void
test_reset_rules(void)
{
    size_t            len, low, high;
    uint8_t           pkt[100];
    rig_t            *rig;
    unsigned          i;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        from;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(309, &sc, &cc);
    rig->sim->filter = catch_from_server;
    rig->sim->filter_ctx = rig;
    ok(rig_up(rig, &cl, &sv), "connected");

    /* An ID of the server, whose connection is then over. */

    rig->sim->filter = catch_short;
    (void) ! rig_datagram(rig, cl, 1, 50);
    sim_run(rig->sim, WZP_MS);
    memset(pkt, 0, sizeof(pkt));
    memcpy(pkt, caught.data, 30);
    rig->sim->filter = catch_from_server;

    wzp_qconn_close(cl->qc, 0, "");
    sim_run(rig->sim, 10 * WZP_SEC);

    from = sim_addr(7, 7, 7);
    low = 0;
    high = 0;

    for (len = 13; len <= 100; len++) {
        vn_packets = 0;
        sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, len);
        sim_run(rig->sim, WZP_SEC);

        low += (len <= 21 && vn_packets == 0);
        high += (len > 21 && vn_packets == 1 && vn_last.len < len
                 && vn_last.len >= 21 && (vn_last.data[0] & 0xc0) == 0x40);
    }

    is_u64(low, 21 - 12, "packets up to 21 bytes: silence");
    is_u64(high, 100 - 21, "longer ones: a smaller reset");

    vn_packets = 0;

    for (i = 0; i < 1000; i++) {
        sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, 100);
    }

    sim_run(rig->sim, 10 * WZP_MS);
    ok(vn_packets >= 100 && vn_packets <= 250, "of 1000 at once %u are "
       "answered", vn_packets);

    /* A foreign tag or a random ID gives nothing away. */

    pkt[12] ^= 1;
    vn_packets = 0;
    sim_run(rig->sim, 5 * WZP_SEC);
    sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, 100);
    sim_run(rig->sim, WZP_SEC);
    is_u64(vn_packets, 0, "an ID that is none of ours: silence");

    rig_destroy(rig);
}


/*
 * Two workers behind one address.  Whatever of the first one's arrives at the
 * second is recognised, from the client's second Initial on, and passed over.
 */
static void
test_foreign(void)
{
    uint32_t          n;
    rig_t            *rig;
    sim_node_t       *second;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(310, &sc, &cc);

    sc.slot = 3;
    sc.epoch = 0x0999;
    second = sim_node(rig->sim, &sc, &rig->server->sockets[0].local);
    second->neighbour = rig->server;

    /* After the first Initial everything arrives at the second. */

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, 11 * WZP_MS);
    rig->server->deaf = true;
    sim_run(rig->sim, WZP_SEC);

    sv = rig_accepted(rig);
    ok(cl->confirmed && sv != NULL && sv->handshakes, "handshake by detour");
    is_u64(wzp_quic_count(second->ep, NULL), 0, "the second has none of it");
    ok(second->results[WZP_QIN_FOREIGN] > 0, "%u foreign datagrams",
       second->results[WZP_QIN_FOREIGN]);
    is_u64(second->foreign.slot, 2, "slot of the owner");
    is_u64(second->foreign.epoch, 0x0304, "epoch of the owner");
    is_u64(second->foreign.steer, 1, "steering byte");

    for (n = 0; n < 500; n++) {
        (void) ! rig_datagram(rig, cl, n, 100);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->datagrams, 500, "media by detour: nothing lost");
    is_u64(sv->repeated, 0, "nothing twice");

    /* The owner dies: its neighbour answers for it. */

    sim_crash(rig->server);
    (void) ! rig_datagram(rig, cl, 1000, 100);
    ok(rig_wait_closed(rig, cl, WZP_SEC), "the owner dies");
    is_u64(cl->why.how, WZP_QCLOSE_RESET, "its neighbour resets");

    rig_destroy(rig);
}


int
main(void)
{
    test_retry();
    test_retry_elsewhere();
    test_retry_replayed();
    test_half_open();
    test_limits();
    test_version();
    test_version_client();
    test_reset();
    test_reset_rules();
    test_foreign();

    return done_testing();
}
