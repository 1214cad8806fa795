/*
 * What a connection costs, and that it is given back: figures for people, and
 * bounds that a mistake would break.
 */

#include "../unit/tap.h"
#include "simnet.h"

#include <malloc.h>
#include <unistd.h>


#define CONNS   500


static unsigned  up;
static unsigned  closed;


static void
mem_handshake(wzp_qconn_t *qc)
{
    (void) qc;

    up++;
}


static void
mem_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    (void) qc;
    (void) why;

    closed++;
}


/* Bytes that malloc has handed out. */
static size_t
in_use(void)
{
    struct mallinfo2  mi;

    mi = mallinfo2();

    return mi.uordblks + mi.hblkhd;
}


/* A server and a client; what is allocated once is allocated afterwards. */
static void
set_up(sim_t *sim, sim_node_t **sv, sim_node_t **cl)
{
    uint8_t           seed[WZP_SEED_SIZE];
    wzp_addr_t        addr;
    wzp_qconn_t      *qc;
    wzp_quic_conf_t   conf;

    memset(seed, 7, sizeof(seed));
    memset(&conf, 0, sizeof(conf));
    conf.server = true;
    conf.seed = seed;
    conf.keepalive_ns = 5 * WZP_SEC;
    conf.events.handshake = mem_handshake;
    conf.events.closed = mem_closed;

    addr = sim_addr(0, 1, 4433);
    *sv = sim_node(sim, &conf, &addr);

    conf.server = false;
    conf.seed = NULL;
    addr = sim_addr(0, 2, 4433);
    *cl = sim_node(sim, &conf, &addr);

    qc = wzp_quic_connect((*cl)->ep, "general", &(*cl)->sockets[0],
                          &(*cl)->sockets[0].local,
                          &(*sv)->sockets[0].local, NULL, sim->now_ns);
    sim_run(sim, WZP_SEC);
    wzp_qconn_close(qc, 0, "");
    sim_run(sim, 10 * WZP_SEC);

    up = 0;
    closed = 0;
}


int
main(void)
{
    sim_t        *sim;
    size_t        start, clients, each, end;
    unsigned      i;
    sim_node_t   *sv, *cl;
    wzp_qconn_t  *qcs[CONNS];

    sim = sim_create(701);
    set_up(sim, &sv, &cl);
    start = in_use();

    for (i = 0; i < CONNS; i++) {
        qcs[i] = wzp_quic_connect(cl->ep, "general", &cl->sockets[0],
                                  &cl->sockets[0].local,
                                  &sv->sockets[0].local, NULL, sim->now_ns);
        if (qcs[i] == NULL) {
            fail("connect %u", i);
            return done_testing();
        }
    }

    clients = in_use();
    sim_run(sim, 30 * WZP_SEC);

    is_u64(up, 2 * CONNS, "%d connections", CONNS);
    each = (in_use() - start) / CONNS / 2;
    diag("before the handshake, client: %zu bytes each",
         (clients - start) / CONNS);
    diag("idle connection: %zu bytes of heap at each end", each);
    ok(each < 45 * 1024, "less than 45 kB each");

    for (i = 0; i < CONNS; i++) {
        wzp_qconn_close(qcs[i], 0, "bye");
    }

    sim_run(sim, 15 * WZP_MS);
    is_u64(closed, 2 * CONNS, "all closed");
    each = (in_use() - start) / CONNS / 2;
    diag("closed, lingering: %zu bytes each", each);
    ok(each < 3072, "less than 3 kB each");

    sim_run(sim, 30 * WZP_SEC);
    end = in_use();
    diag("afterwards: %zd bytes in all", (ssize_t) (end - start));

    /* Tables keep the size that they had to have. */
    ok(end < start + CONNS * 512, "everything is given back");

    sim_destroy(sim);

    return done_testing();
}
