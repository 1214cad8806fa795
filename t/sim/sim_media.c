/*
 * Datagrams: all of them, once; packed; too large; too old; ACKs in company.
 */

#include "../unit/tap.h"
#include "rig.h"
#include "wzp/wzp_loss.h"


static wzp_loss_t  uplink;
static unsigned    fates;


static void
on_fate(wzp_qconn_t *qc, uint64_t number, bool lost)
{
    (void) qc;

    fates++;

    if (lost) {
        wzp_loss_gone(&uplink, (uint16_t) number);

    } else {
        wzp_loss_put(&uplink, (uint16_t) number, 0);
    }
}


static void
test_all_once(void)
{
    uint32_t          n, k;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(11, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    for (n = 0; n < 10000; ) {

        for (k = 0; k < 5; k++, n++) {
            if (rig_datagram(rig, cl, n, 160) != WZP_OK
                || rig_datagram(rig, sv, n, 160) != WZP_OK)
            {
                fail("queue datagram %u", n);
                break;
            }
        }

        sim_run(rig->sim, 20 * WZP_MS);
    }

    sim_run(rig->sim, WZP_SEC);

    is_u64(sv->datagrams, 10000, "client to server: all 10000");
    is_u64(sv->repeated, 0, "each once");
    is_u64(cl->datagrams, 10000, "server to client: all 10000");
    is_u64(cl->repeated, 0, "each once");

    wzp_qconn_stats(cl->qc, &st);
    is_u64(st.frames_out, 10000, "frames out");
    is_u64(st.frames_in, 10000, "frames in");
    is_u64(st.drop_queue + st.drop_stale + st.drop_too_big, 0, "no drops");
    ok(st.packets_out <= 10000 / 5 + 400,
       "five in a packet: %llu packets, %llu of them bare",
       (unsigned long long) st.packets_out,
       (unsigned long long) st.packets_out_bare);
    ok(st.packets_out_bare < 2000 / 5,
       "ACKs travel with media when there is some");
    ok(st.rtt_ns > 15 * WZP_MS && st.rtt_ns < 40 * WZP_MS, "RTT %llu us",
       (unsigned long long) st.rtt_ns / 1000);

    rig_destroy(rig);
}


/* As many frames as fit: 7 of 160 bytes at 1200, 8 at 1452. */
static void
test_packing(void)
{
    uint32_t          n;
    uint64_t          before;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.mtu_max = 1200;
    cc.mtu_max = 1200;
    rig = rig_create(12, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected, MTU 1200");
    sim_run(rig->sim, WZP_SEC);

    wzp_qconn_stats(sv->qc, &st);
    before = st.packets_out;

    for (n = 0; n < 70; n++) {
        (void) ! rig_datagram(rig, sv, n, 160);
    }

    sim_run(rig->sim, 5 * WZP_MS);
    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.packets_out - before, 10, "70 frames of 160 in 10 packets");
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->datagrams, 70, "all arrive");

    rig_destroy(rig);
}


/* Listeners: the only thing to send is ACKs. */
static void
test_listener_acks(void)
{
    uint32_t          n;
    uint64_t          bare;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(13, &sc, &cc);
    rig->sim->line.delay_ns = WZP_MS;
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, 3 * WZP_SEC);

    wzp_qconn_stats(cl->qc, &st);
    bare = st.packets_out_bare;

    /* Three talkers, 50 packets a second each. */

    for (n = 0; n < 3000; n++) {
        (void) ! rig_datagram(rig, sv, n, 80);
        sim_run(rig->sim, 20 * WZP_MS / 3);
    }

    wzp_qconn_stats(cl->qc, &st);
    is_u64(cl->datagrams, 3000, "3000 packets heard");
    ok(st.packets_out_bare - bare <= 3000 / 3,
       "%llu ACK packets for 3000",
       (unsigned long long) (st.packets_out_bare - bare));

    rig_destroy(rig);
}


/* An answer to each packet at once: ACKs find company both ways, whatever the
 * phase of the two streams of packets. */
static void
test_echo_acks(uint64_t delay_ns)
{
    uint32_t          n;
    uint64_t          cbare, sbare;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(19, &sc, &cc);
    rig->sim->line.delay_ns = delay_ns;
    ok(rig_up(rig, &cl, &sv), "connected, RTT %llu us",
       (unsigned long long) delay_ns / 500);
    sim_run(rig->sim, 3 * WZP_SEC);
    rig->echo = true;

    wzp_qconn_stats(cl->qc, &st);
    cbare = st.packets_out_bare;
    wzp_qconn_stats(sv->qc, &st);
    sbare = st.packets_out_bare;

    for (n = 0; n < 1000; n++) {
        (void) ! rig_datagram(rig, cl, n, 80);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    wzp_qconn_stats(cl->qc, &st);
    is_u64(cl->datagrams, 1000, "1000 come back");
    ok(st.packets_out_bare - cbare <= 20, "client: %llu bare packets",
       (unsigned long long) (st.packets_out_bare - cbare));
    wzp_qconn_stats(sv->qc, &st);
    ok(st.packets_out_bare - sbare <= 20, "server: %llu bare packets",
       (unsigned long long) (st.packets_out_bare - sbare));

    rig_destroy(rig);
}


static void
test_bundle(void)
{
    uint32_t          n;
    uint64_t          before, t;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.bundle_ns = 5 * WZP_MS;
    rig = rig_create(14, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected, media waits 5 ms for company");
    sim_run(rig->sim, 3 * WZP_SEC);

    wzp_qconn_stats(sv->qc, &st);
    before = st.packets_out;

    for (n = 0; n < 1000; n++) {
        (void) ! rig_datagram(rig, sv, n, 80);
        sim_run(rig->sim, WZP_MS);
    }

    sim_run(rig->sim, WZP_SEC);
    wzp_qconn_stats(sv->qc, &st);
    is_u64(cl->datagrams, 1000, "all arrive");
    ok(st.packets_out - before <= 1000 / 4,
       "%llu packets for 1000 frames, 1 ms apart",
       (unsigned long long) (st.packets_out - before));

    /* One alone waits no longer than it must. */

    t = rig->sim->now_ns;
    (void) ! rig_datagram(rig, sv, 5000, 80);
    sim_run(rig->sim, 100 * WZP_MS);
    ok(cl->last_ns - t <= 16 * WZP_MS, "a lonely one arrives after %llu us",
       (unsigned long long) (cl->last_ns - t) / 1000);

    /* A message does not wait, and takes media along. */

    t = rig->sim->now_ns;
    (void) ! rig_datagram(rig, sv, 5001, 80);
    (void) ! rig_message(sv, 1, 100, 0);
    sim_run(rig->sim, 100 * WZP_MS);
    ok(cl->last_ns - t <= 11 * WZP_MS, "with a message: after %llu us",
       (unsigned long long) (cl->last_ns - t) / 1000);
    is_u64(cl->messages, 1, "the message is there too");

    rig_destroy(rig);
}


static void
test_too_big(void)
{
    size_t            max;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(15, &sc, &cc);
    rig->sim->line.mtu = 1300;
    ok(rig_up(rig, &cl, &sv), "connected over a path of 1300 bytes");
    sim_run(rig->sim, 10 * WZP_SEC);

    max = wzp_qconn_max_datagram(cl->qc);
    ok(max > 1150 && max < 1300, "media may have %zu bytes", max);

    ok(rig_datagram(rig, cl, 1, max + 1) == WZP_ETOOBIG, "one more is refused");
    ok(rig_datagram(rig, cl, 2, max) == WZP_OK, "so many are taken");
    ok(rig_datagram(rig, cl, 3, 20) == WZP_OK, "and a small one behind");
    sim_run(rig->sim, WZP_SEC);
    is_u64(sv->datagrams, 2, "both arrive");
    is_u64(sv->seen[1], 0, "the large one does not");

    wzp_qconn_stats(cl->qc, &st);
    is_u64(st.drop_too_big, 1, "it is counted");

    rig_destroy(rig);
}


/* Ten times more than the line takes: old media makes room, nothing stalls,
 * and what arrives is fresh. */
static void
test_stale(void)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(16, &sc, &cc);
    rig->sim->line.rate_bps = 200000;
    rig->sim->line.buffer_ns = 300 * WZP_MS;
    ok(rig_up(rig, &cl, &sv), "connected over 200 kbit/s");
    sim_run(rig->sim, 5 * WZP_SEC);

    for (n = 0; n < 5000; n++) {
        (void) ! rig_datagram(rig, sv, n, 500);
        sim_run(rig->sim, 2 * WZP_MS);
    }

    wzp_qconn_stats(sv->qc, &st);
    ok(cl->datagrams > 250, "%u of 5000 pass", cl->datagrams);
    ok(st.drop_queue + st.drop_stale > 3000,
       "dropped: %llu by a full queue, %llu too old",
       (unsigned long long) st.drop_queue,
       (unsigned long long) st.drop_stale);
    ok(st.queued <= 128, "%u wait", st.queued);

    sim_run(rig->sim, 5 * WZP_SEC);
    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.queued, 0, "afterwards nothing waits");
    is_u64(st.frames_out + st.drop_queue + st.drop_stale, 5000,
           "every frame is accounted for");

    (void) ! rig_datagram(rig, sv, 9000, 100);
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->seen[9000], 1, "and the line is usable again");

    rig_destroy(rig);
}


static bool
lose_all(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    (void) sim;
    (void) from;
    (void) pkt;

    return false;
}


/* The queue of one connection only; what is dropped is the oldest. */
static void
test_own_queue(void)
{
    uint32_t          n;
    rig_t            *rig;
    wzp_qstats_t      st;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(61, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    wzp_qconn_set_queue(sv->qc, 4096);

    for (n = 0; n < 5000; n++) {
        (void) ! rig_datagram(rig, cl, n, 100);
        (void) ! rig_datagram(rig, sv, n, 100);
    }

    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.queued, 4096, "a link keeps 4096");
    is_u64(st.drop_queue, 5000 - 4096, "the rest is counted");
    wzp_qconn_stats(cl->qc, &st);
    is_u64(st.queued, 128, "others keep 128");

    wzp_qconn_set_queue(sv->qc, 10);
    (void) ! rig_datagram(rig, sv, 5000, 100);
    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.queued, 10, "a smaller queue from now on");
    is_u64(st.drop_queue, 5001 - 10, "dropped what was too much");

    sim_run(rig->sim, WZP_SEC);
    ok(cl->seen[5000] && cl->seen[4991] && !cl->seen[4990],
       "the newest arrive");

    wzp_qconn_set_queue(sv->qc, 0);

    for (n = 0; n < 500; n++) {
        (void) ! rig_datagram(rig, sv, n, 100);
    }

    wzp_qconn_stats(sv->qc, &st);
    is_u64(st.queued, 128, "0: as the endpoint's");

    rig_destroy(rig);
}


/* The path is dead for two seconds: what was queued before is not played into
 * it afterwards. */
static void
test_outage(void)
{
    uint32_t          n;
    uint64_t          t;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.queue_len = 4096;
    rig = rig_create(17, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");
    sim_run(rig->sim, WZP_SEC);

    rig->sim->filter = lose_all;

    for (n = 0; n < 1000; n++) {
        (void) ! rig_datagram(rig, sv, n, 200);
        sim_run(rig->sim, 2 * WZP_MS);
    }

    wzp_qconn_stats(sv->qc, &st);
    ok(st.drop_stale > 500, "%llu frames got too old meanwhile",
       (unsigned long long) st.drop_stale);
    ok(st.queued <= 201, "none older than 400 ms waits: %u", st.queued);

    rig->sim->filter = NULL;
    t = rig->sim->now_ns;
    cl->last_ns = 0;

    for (n = 1000; n < 3000 && cl->last_ns == 0; n++) {
        (void) ! rig_datagram(rig, sv, n, 200);
        sim_run(rig->sim, 2 * WZP_MS);
    }

    /* The window is full of what was lost: only a probe opens it, and probes
     * come at doubling intervals (RFC 9002, 6.2.1), so the delay is up to the
     * length of the outage. */

    ok(cl->last_ns != 0 && cl->last_ns - t < 2500 * WZP_MS,
       "after the outage talk resumes within %llu ms",
       (unsigned long long) (cl->last_ns - t) / WZP_MS);

    rig_destroy(rig);
}


/* Loss, reorder and duplicates do not add or repeat. */
static void
test_rough(void)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(18, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    rig->sim->line.loss = 0.1;
    rig->sim->line.dup = 0.2;
    rig->sim->line.reorder = 0.2;
    rig->sim->line.hold_ns = 30 * WZP_MS;
    rig->sim->line.jitter_ns = 10 * WZP_MS;

    for (n = 0; n < 5000; n++) {
        (void) ! rig_datagram(rig, sv, n, 80);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->repeated, 0, "nothing twice");
    ok(cl->datagrams > 4200 && cl->datagrams < 4800,
       "about nine in ten pass: %u", cl->datagrams);

    wzp_qconn_stats(sv->qc, &st);
    ok(st.packets_lost > 200, "the sender knows of %llu losses",
       (unsigned long long) st.packets_lost);

    rig_destroy(rig);
}


/* A sender learns from the acknowledgements what is lost of its media. */
static void
test_fate(double loss)
{
    uint32_t          n;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_qstats_t      st;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.events.fate = on_fate;
    rig = rig_create(20, &sc, &cc);
    ok(rig_up(rig, &cl, &sv), "connected");

    wzp_loss_init(&uplink, 48);
    fates = 0;
    rig->sim->line.loss = loss;

    for (n = 0; n < 2000; n++) {
        (void) ! rig_datagram(rig, cl, n, 80);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    rig->sim->line.loss = 0;
    sim_run(rig->sim, WZP_SEC);

    wzp_qconn_stats(cl->qc, &st);
    ok(fates >= st.frames_out - 20, "%u fates of %u datagrams", fates,
       (unsigned) st.frames_out);
    ok(wzp_loss_share(&uplink) > loss * 0.6 - 0.001
       && wzp_loss_share(&uplink) < loss * 1.4 + 0.001,
       "%.0f %% of loss are seen as %.1f %%", loss * 100,
       (double) wzp_loss_share(&uplink) * 100);

    rig_destroy(rig);
}


int
main(void)
{
    test_all_once();
    test_packing();
    test_listener_acks();
    test_echo_acks(100000);
    test_echo_acks(5 * WZP_MS);
    test_bundle();
    test_too_big();
    test_stale();
    test_own_queue();
    test_outage();
    test_rough();
    test_fate(0);
    test_fate(0.1);
    test_fate(0.3);

    return done_testing();
}
