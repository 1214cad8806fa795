/*
 * The engine alone: a server endpoint and its clients in one process, without
 * a kernel in between, in virtual time.
 *
 *     engine [MEMBERS [TALKERS [ROUNDS]]]
 *
 * Each round lasts 20 ms; each talker's frame goes to all members and is
 * flushed by itself, as in a relay with nothing to pack.  What the server does
 * is timed: ns per packet that it writes, and per packet (ACKs) that it reads.
 * The best of five parts is printed beside the mean: others use the machine.
 */

#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define BE_PARTS            5
#define BE_FRAME            80
#define BE_ROUND            (20 * WZP_MS)
#define BE_WIRE             (100 * 1000)        /* ns, one way               */


typedef struct be_pkt_s  be_pkt_t;

struct be_pkt_s {
    be_pkt_t         *next;
    wzp_udp_dgram_t   dg;
    uint8_t           data[WZP_UDP_MTU_MAX];
};


/* Packets on their way to one side. */
typedef struct {
    be_pkt_t         *first;
    be_pkt_t        **last;
    be_pkt_t         *cur;              /* being written                     */
    be_pkt_t         *spare;
    uint64_t          n;                /* all that were written             */
} be_wire_t;


typedef struct {
    wzp_quic_t       *server;
    wzp_quic_t       *clients;
    be_wire_t         down;
    be_wire_t         up;
    wzp_udp_socket_t  su_server;
    wzp_udp_socket_t  su_client;
    wzp_qconn_t     **conns;            /* the server's                      */
    unsigned          nconns;
    uint64_t          now;
    uint64_t          frames;           /* that clients got                  */

    bool              cold;             /* real pauses between turns         */
    uint64_t          out_ns;
    uint64_t          in_ns;
    uint64_t          in_n;
} be_t;


/* ---- the wire ---- */

static uint8_t *
be_buffer(void *ctx)
{
    be_wire_t  *wi;

    wi = ctx;

    if (wi->cur == NULL) {
        wi->cur = wi->spare;

        if (wi->cur != NULL) {
            wi->spare = wi->cur->next;

        } else {
            wi->cur = malloc(sizeof(be_pkt_t));

            if (wi->cur == NULL) {
                abort();
            }
        }
    }

    return wi->cur->data;
}


static void
be_commit(void *ctx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn)
{
    be_pkt_t   *pk;
    be_wire_t  *wi;

    wi = ctx;
    pk = wi->cur;
    wi->cur = NULL;

    pk->next = NULL;
    pk->dg.data = pk->data;
    pk->dg.len = len;
    pk->dg.local = *peer;
    pk->dg.peer = *local;
    pk->dg.ecn = ecn;
    pk->dg.socket = su->data;

    *wi->last = pk;
    wi->last = &pk->next;
    wi->n++;
}


/* Feed what is on the wire to an endpoint; returns how many. */
static __attribute__((noinline)) unsigned
be_deliver(be_t *be, be_wire_t *wi, wzp_quic_t *ep)
{
    unsigned          n;
    be_pkt_t         *pk, *last;
    wzp_cid_owner_t   owner;

    n = 0;
    pk = wi->first;
    wi->first = NULL;
    wi->last = &wi->first;

    while (pk != NULL) {
        (void) wzp_quic_input(ep, &pk->dg, true, be->now, &owner);

        last = pk;
        pk = pk->next;
        last->next = wi->spare;
        wi->spare = last;
        n++;
    }

    return n;
}


/* ---- endpoints ---- */

static void
be_handshake(wzp_qconn_t *qc)
{
    be_t  *be;

    be = wzp_quic_ctx(wzp_qconn_endpoint(qc));

    if (be->conns[be->nconns] == NULL) {
        be->conns[be->nconns++] = qc;
    }
}


static void
be_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    be_t  *be;

    (void) data;
    (void) len;

    be = wzp_quic_ctx(wzp_qconn_endpoint(qc));
    be->frames++;
}


static wzp_quic_t *
be_endpoint(be_t *be, bool server, be_wire_t *out)
{
    char             err[128];
    uint8_t          seed[WZP_SEED_SIZE];
    wzp_quic_t      *ep;
    wzp_quic_conf_t  qf;

    memset(seed, 7, sizeof(seed));
    memset(&qf, 0, sizeof(qf));

    qf.server = server;
    qf.seed = server ? seed : NULL;
    qf.keepalive_ns = 5 * WZP_SEC;
    qf.ack_packets = server ? 0 : 2;
    qf.ctx = be;
    qf.sink.buffer = be_buffer;
    qf.sink.commit = be_commit;
    qf.sink.ctx = out;

    if (server) {
        qf.events.handshake = be_handshake;

    } else {
        qf.events.datagram = be_datagram;
    }

    out->last = &out->first;

    ep = wzp_quic_create(&qf, err);

    if (ep == NULL) {
        (void) fprintf(stderr, "engine: %s\n", err);
        exit(1);
    }

    return ep;
}


/* ---- the loop ---- */

static __attribute__((noinline)) unsigned
be_server_reads(be_t *be)
{
    return be_deliver(be, &be->up, be->server);
}


/* A pause, as between the packets of a call: caches get cold. */
static void
be_cold(be_t *be)
{
    struct timespec  ts;

    if (be->cold) {
        ts.tv_sec = 0;
        ts.tv_nsec = 10000000;
        nanosleep(&ts, NULL);
    }
}


/* Both ways once: what the server wrote reaches the clients, and back. */
static void
be_exchange(be_t *be)
{
    uint64_t  start;

    be->now += BE_WIRE;
    (void) be_deliver(be, &be->down, be->clients);
    wzp_quic_expire(be->clients, be->now);
    wzp_quic_flush(be->clients, be->now);

    be->now += BE_WIRE;
    be_cold(be);
    start = bl_now();
    be->in_n += be_server_reads(be);
    be->in_ns += bl_now() - start;
}


static __attribute__((noinline)) void
be_server_turn(be_t *be, wzp_qbuf_t *qb)
{
    unsigned  i;
    uint64_t  start;

    start = bl_now();

    for (i = 0; qb != NULL && i < be->nconns; i++) {
        (void) !wzp_qconn_send(be->conns[i], qb, be->now);
    }

    wzp_quic_expire(be->server, be->now);
    wzp_quic_flush(be->server, be->now);

    be->out_ns += bl_now() - start;
}


static void
be_connect(be_t *be, unsigned n)
{
    unsigned     i;
    wzp_addr_t   local, peer;

    bl_net_addr(&peer, 1000000, 4433);

    for (i = 0; i < n; i++) {
        bl_net_addr(&local, i, 1000);

        if (wzp_quic_connect(be->clients, "bench", &be->su_client, &local,
                             &peer, be, be->now)
            == NULL)
        {
            abort();
        }

        wzp_quic_flush(be->clients, be->now);
    }

    for (i = 0; i < 2000; i++) {
        be->now += WZP_MS;
        be_exchange(be);
        be_server_turn(be, NULL);
    }

    if (be->nconns != n) {
        (void) fprintf(stderr, "engine: %u of %u connections\n", be->nconns,
                       n);
        exit(1);
    }
}


static __attribute__((noinline)) void
be_round(be_t *be, unsigned talkers)
{
    unsigned     t;
    wzp_qbuf_t  *qb;

    for (t = 0; t < talkers; t++) {
        qb = wzp_qbuf_alloc(BE_FRAME);

        if (qb == NULL) {
            abort();
        }

        memset(qb->data, 0, BE_FRAME);
        qb->len = BE_FRAME;
        qb->born_ns = be->now;

        be_cold(be);
        be_server_turn(be, qb);
        wzp_qbuf_unref(qb);

        be_exchange(be);
        be->now += BE_ROUND / talkers - 2 * BE_WIRE;
    }
}


static void
be_run(be_t *be, unsigned talkers, unsigned rounds)
{
    double    out, in, best_out, best_in, sum_out, sum_in;
    unsigned  part, i;
    uint64_t  n, frames, sent;

    best_out = best_in = 1e9;
    sum_out = sum_in = 0;
    frames = be->frames;
    sent = be->down.n;

    for (part = 0; part < BE_PARTS; part++) {
        be->out_ns = 0;
        be->in_ns = 0;
        be->in_n = 0;
        n = be->down.n;

        for (i = 0; i < rounds; i++) {
            be_round(be, talkers);
        }

        n = be->down.n - n;
        out = (double) be->out_ns / (double) WZP_MAX(n, 1);
        in = (double) be->in_ns / (double) WZP_MAX(be->in_n, 1);

        best_out = WZP_MIN(best_out, out);
        best_in = WZP_MIN(best_in, in);
        sum_out += out;
        sum_in += in;
    }

    frames = be->frames - frames;
    sent = be->down.n - sent;

    printf("frames=%llu packets=%llu\n", (unsigned long long) frames,
           (unsigned long long) sent);
    printf("write_ns=%.0f write_mean_ns=%.0f\n", best_out,
           sum_out / BE_PARTS);
    printf("read_ns=%.0f read_mean_ns=%.0f\n", best_in, sum_in / BE_PARTS);
}


int
main(int argc, char **argv)
{
    unsigned  members, talkers, rounds;

    static be_t  be;

    members = (argc > 1) ? (unsigned) atoi(argv[1]) : 200;
    talkers = (argc > 2) ? (unsigned) atoi(argv[2]) : 10;
    rounds = (argc > 3) ? (unsigned) atoi(argv[3]) : 50;

    if (members == 0 || members > 10000 || talkers == 0 || talkers > 50
        || rounds == 0)
    {
        (void) fprintf(stderr, "engine: [MEMBERS [TALKERS [ROUNDS]]]\n");
        return 2;
    }

    be.now = 1000 * WZP_SEC;
    be.conns = calloc(members + 1, sizeof(wzp_qconn_t *));

    if (be.conns == NULL) {
        return 1;
    }

    be.su_server.data = &be.su_client;
    be.su_client.data = &be.su_server;

    be.server = be_endpoint(&be, true, &be.down);
    be.clients = be_endpoint(&be, false, &be.up);

    be_connect(&be, members);
    be_round(&be, talkers);
    be_run(&be, talkers, rounds);

    be.cold = true;

    printf("cold:\n");
    be_run(&be, talkers, WZP_MAX(rounds / 50, 1));

    return 0;
}
