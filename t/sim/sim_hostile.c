/*
 * Bytes that nobody should send: noise, real packets with changed bits, cut,
 * grown, replayed and out of place.  Nothing may crash, and calls that are not
 * theirs go on.
 */

#include "../unit/tap.h"
#include "rig.h"


#define KEPT    64


typedef struct {
    rig_t      *rig;
    sim_pkt_t   kept[KEPT];
    unsigned    n;
    double      rate;                   /* share of packets that are hurt    */
} vandal_t;


static void
spoil(sim_t *sim, sim_pkt_t *pkt)
{
    size_t    at;
    unsigned  i, n;

    switch (sim_random(sim) % 6) {

    case 0:                             /* flip a few bits */
        n = 1 + (unsigned) (sim_random(sim) % 8);
        for (i = 0; i < n; i++) {
            at = sim_random(sim) % pkt->len;
            pkt->data[at] ^= (uint8_t) (1u << (sim_random(sim) % 8));
        }
        break;

    case 1:                             /* cut */
        pkt->len = 1 + sim_random(sim) % pkt->len;
        break;

    case 2:                             /* the header */
        pkt->data[sim_random(sim) % WZP_MIN(pkt->len, 24)]
            = (uint8_t) sim_random(sim);
        break;

    case 3:                             /* noise behind */
        n = (unsigned) (sim_random(sim) % 200);
        while (n-- != 0 && pkt->len < sizeof(pkt->data)) {
            pkt->data[pkt->len++] = (uint8_t) sim_random(sim);
        }
        break;

    case 4:                             /* another type of packet */
        pkt->data[0] ^= (uint8_t) (sim_random(sim) & 0xf0);
        break;

    default:                            /* noise but for the ID */
        for (at = 13; at < pkt->len; at++) {
            pkt->data[at] = (uint8_t) sim_random(sim);
        }
        break;
    }
}


/* Every packet passes; spoilt copies of it, and of older ones, come along. */
static bool
vandal(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    vandal_t   *vd;
    sim_pkt_t   bad;

    (void) from;

    vd = sim->filter_ctx;
    vd->kept[vd->n++ % KEPT] = *pkt;

    if (sim_chance(sim) < vd->rate) {
        bad = *pkt;
        spoil(sim, &bad);
        sim_inject(sim, &bad.from, &bad.to, bad.data, bad.len);
    }

    if (sim_chance(sim) < vd->rate) {
        bad = vd->kept[sim_random(sim) % WZP_MIN(vd->n, KEPT)];

        if (sim_random(sim) & 1) {
            spoil(sim, &bad);
        }

        sim_inject(sim, &bad.from, &bad.to, bad.data, bad.len);
    }

    return true;
}


/*
 * A call among spoilt copies goes on: whoever does not have the keys cannot
 * end it.  (During the handshake he can: Initial packets are protected by
 * nothing but a known key.)
 */
static void
test_call(void)
{
    uint32_t          n;
    rig_t            *rig;
    vandal_t          vd;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(501, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, WZP_SEC);

    memset(&vd, 0, sizeof(vd));
    vd.rig = rig;
    vd.rate = 0.9;
    rig->sim->filter = vandal;
    rig->sim->filter_ctx = &vd;

    for (n = 0; n < 5000; n++) {
        (void) ! rig_datagram(rig, cl, n, 100);
        (void) ! rig_datagram(rig, sv, n, 100);

        if (n % 10 == 0) {
            (void) rig_message(cl, n / 10, 300, 0);
            (void) rig_message(sv, n / 10, 300, 0);
        }

        sim_run(rig->sim, 20 * WZP_MS);
    }

    sim_run(rig->sim, 2 * WZP_SEC);
    is_u64(cl->closed + sv->closed, 0, "still connected");
    is_u64(sv->datagrams, 5000, "all datagrams, each way");
    is_u64(cl->datagrams, 5000, "once");
    is_u64(sv->repeated + cl->repeated, 0, "only");
    is_u64(sv->messages, 500, "all messages");
    is_u64(cl->messages, 500, "each way");
    ok(!sv->damaged && !cl->damaged && !sv->disordered && !cl->disordered,
       "as they were sent");

    rig_destroy(rig);
}


/* Handshakes among spoilt copies may fail, but everything is cleaned up. */
static void
test_handshakes(void)
{
    unsigned          i, up;
    uint32_t          half;
    rig_t            *rig;
    vandal_t          vd;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    for (i = 0, up = 0; i < 100; i++) {
        rig_conf(&sc, &cc);
        sc.retry = (i & 1) ? WZP_RETRY_ON : WZP_RETRY_OFF;
        rig = rig_create(600 + i, &sc, &cc);

        memset(&vd, 0, sizeof(vd));
        vd.rig = rig;
        vd.rate = 0.7;
        rig->sim->filter = vandal;
        rig->sim->filter_ctx = &vd;

        up += rig_up(rig, &cl, &sv);
        sim_run(rig->sim, 5 * WZP_SEC);

        rig->sim->filter = NULL;

        if (cl->qc != NULL) {
            wzp_qconn_close(cl->qc, 0, "");
        }

        sim_run(rig->sim, 60 * WZP_SEC);
        half = 99;

        if (wzp_quic_count(rig->server->ep, &half) != 0 || half != 0
            || wzp_quic_lingering(rig->server->ep))
        {
            fail("server is clean after handshake %u", i);
        }

        rig_destroy(rig);
    }

    ok(up > 50, "%u of 100 handshakes succeed all the same", up);
}


static void
test_noise(void)
{
    size_t            len, k;
    unsigned          i;
    uint8_t           pkt[1500];
    uint64_t          injected;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        from;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(502, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    injected = rig->client->sent_bytes;

    for (i = 0; i < 20000; i++) {
        len = sim_random(rig->sim) % 1501;

        for (k = 0; k < len; k++) {
            pkt[k] = (uint8_t) sim_random(rig->sim);
        }

        if (i % 4 == 1 && len >= 1200) {
            /* Something like an Initial of version 1. */
            pkt[0] = (uint8_t) (0xc0 | (pkt[0] & 0x0f));
            memcpy(pkt + 1, "\0\0\0\1", 4);
            pkt[5] = (uint8_t) (8 + pkt[5] % 13);
            pkt[6 + pkt[5]] %= 21;
        }

        injected += len;
        from = sim_addr(50, i & 0xff, (uint16_t) (1 + i));
        sim_inject(rig->sim, &from, &rig->server->sockets[0].local, pkt, len);
        sim_inject(rig->sim, &rig->server->sockets[0].local,
                   &rig->client->sockets[0].local, pkt, len);

        if (i % 100 == 0) {
            sim_run(rig->sim, WZP_MS);
        }
    }

    sim_run(rig->sim, 20 * WZP_SEC);
    is_u64(wzp_quic_count(rig->server->ep, NULL), 1,
           "20000 packets of noise: no connection of it");
    is_u64(rig->nrecs, 2, "and no event");
    is_u64(cl->closed + sv->closed, 0, "the real one goes on");
    ok(rig->server->sent_bytes < injected, "%llu bytes said to %llu",
       (unsigned long long) rig->server->sent_bytes,
       (unsigned long long) injected);

    (void) rig_message(cl, 0, 100, 0);
    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->messages, 1, "and is heard");

    rig_destroy(rig);
}


/* A clock that goes back, and calls that come in any order. */
static void
test_clock(void)
{
    uint64_t          t;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(503, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, WZP_SEC);

    t = rig->sim->now_ns;
    (void) ! rig_datagram(rig, cl, 1, 100);
    wzp_quic_flush(rig->client->ep, 0);
    wzp_quic_expire(rig->client->ep, t - WZP_SEC);
    wzp_quic_flush(rig->server->ep, 5);
    wzp_quic_expire(rig->server->ep, 0);
    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->datagrams, 1, "a clock that goes back does no harm");

    sim_run(rig->sim, 20 * WZP_SEC);
    is_u64(cl->closed + sv->closed, 0, "afterwards either");

    rig_destroy(rig);
}


int
main(void)
{
    test_call();
    test_handshakes();
    test_noise();
    test_clock();

    return done_testing();
}
