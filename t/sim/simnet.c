/*
 * The simulated network.
 */

#include "simnet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>


bool  sim_under_test;


void *
sim_alloc(size_t size)
{
    bool   was;
    void  *p;

    was = sim_under_test;
    sim_under_test = false;

    p = calloc(1, size);
    if (p == NULL) {
        exit(1);
    }

    sim_under_test = was;

    return p;
}


static uint64_t
sim_mix(uint64_t *x)
{
    uint64_t  z;

    /* splitmix64 */

    z = (*x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;

    return z ^ (z >> 31);
}


uint64_t
sim_random(sim_t *sim)
{
    uint64_t  a, b;

    /* xorshift128+ */

    a = sim->rnd[0];
    b = sim->rnd[1];
    sim->rnd[0] = b;
    a ^= a << 23;
    sim->rnd[1] = a ^ b ^ (a >> 17) ^ (b >> 26);

    return sim->rnd[1] + b;
}


double
sim_chance(sim_t *sim)
{
    return (double) (sim_random(sim) >> 11) / 9007199254740992.0;
}


sim_t *
sim_create(uint64_t seed)
{
    sim_t       *sim;
    const char  *env;

    env = getenv("WZP_SIM_SEED");
    if (env != NULL) {
        seed += 1000 * strtoull(env, NULL, 0);
    }

    printf("# seed %llu\n", (unsigned long long) seed);

    sim = sim_alloc(sizeof(sim_t));

    sim->rnd[0] = sim_mix(&seed);
    sim->rnd[1] = sim_mix(&seed);
    sim->now_ns = 1000 * WZP_SEC;
    sim->line.delay_ns = 10 * WZP_MS;

    return sim;
}


void
sim_destroy(sim_t *sim)
{
    unsigned    i;
    sim_pkt_t  *pkt;

    for (i = 0; i < sim->nnodes; i++) {
        wzp_quic_destroy(sim->nodes[i]->ep, sim->now_ns, 0, "");
        free(sim->nodes[i]);
    }

    while ((pkt = sim->queue) != NULL) {
        sim->queue = pkt->next;
        free(pkt);
    }

    free(sim);
}


wzp_addr_t
sim_addr(unsigned x, unsigned y, uint16_t port)
{
    wzp_addr_t  addr;

    memset(&addr, 0, sizeof(addr));
    addr.u.in.sin_family = AF_INET;
    addr.u.in.sin_addr.s_addr = htonl(0x0a000000 | x << 8 | y);
    addr.u.in.sin_port = htons(port);
    addr.len = sizeof(struct sockaddr_in);

    return addr;
}


static void
sim_node_random(void *ctx, uint8_t *buf, size_t len)
{
    size_t       i;
    sim_node_t  *node;

    node = ctx;

    for (i = 0; i < len; i++) {
        buf[i] = (uint8_t) (sim_random(node->sim) >> 32);
    }
}


static uint8_t *
sim_node_buffer(void *ctx)
{
    sim_node_t  *node;

    node = ctx;

    return node->buf;
}


static void
sim_enqueue(sim_t *sim, const sim_pkt_t *pkt, uint64_t at_ns)
{
    sim_pkt_t  *copy, **p;

    copy = sim_alloc(sizeof(sim_pkt_t));
    *copy = *pkt;
    copy->at_ns = at_ns;
    copy->seq = sim->seq++;

    for (p = &sim->queue; *p != NULL && (*p)->at_ns <= at_ns;
         p = &(*p)->next)
    {
        /* void */
    }

    copy->next = *p;
    *p = copy;
}


/* When a packet sent now leaves the line, or 0 when its queue is full. */
static uint64_t
sim_leaves(sim_node_t *node, size_t len)
{
    uint64_t  start;
    sim_t    *sim;

    sim = node->sim;

    if (sim->line.rate_bps == 0) {
        return sim->now_ns;
    }

    start = WZP_MAX(sim->now_ns, node->busy_ns);

    if (start - sim->now_ns > sim->line.buffer_ns) {
        return 0;
    }

    node->busy_ns = start + (len + 28) * 8 * WZP_SEC / sim->line.rate_bps;

    return node->busy_ns;
}


static void
sim_transmit(sim_node_t *node, sim_pkt_t *pkt)
{
    sim_t     *sim;
    uint64_t   at, extra;

    sim = node->sim;

    node->sent++;
    node->sent_bytes += pkt->len;

    if (sim->filter != NULL && !sim->filter(sim, node, pkt)) {
        return;
    }

    at = sim_leaves(node, pkt->len);

    if (at == 0 || (sim->line.mtu != 0 && pkt->len > sim->line.mtu)
        || sim_chance(sim) < sim->line.loss)
    {
        return;
    }

    extra = 0;

    if (sim->line.jitter_ns != 0) {
        extra = sim_random(sim) % sim->line.jitter_ns;
    }

    if (sim_chance(sim) < sim->line.reorder) {
        extra += sim->line.hold_ns;
    }

    sim_enqueue(sim, pkt, at + sim->line.delay_ns + extra);

    if (sim_chance(sim) < sim->line.dup) {
        sim_enqueue(sim, pkt, at + sim->line.delay_ns + extra + WZP_MS);
    }
}


static void
sim_node_commit(void *ctx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn)
{
    sim_pkt_t    pkt;
    sim_node_t  *node;

    (void) local;

    node = ctx;

    memset(&pkt, 0, offsetof(sim_pkt_t, data));
    pkt.from = node->outside[su - node->sockets];
    pkt.to = *peer;
    pkt.ecn = ecn;
    pkt.len = len;
    memcpy(pkt.data, node->buf, len);

    sim_transmit(node, &pkt);
}


sim_node_t *
sim_node(sim_t *sim, wzp_quic_conf_t *conf, const wzp_addr_t *addr)
{
    char         err[128];
    sim_node_t  *node;

    if (sim->nnodes == SIM_NODES_MAX) {
        exit(1);
    }

    node = sim_alloc(sizeof(sim_node_t));
    node->sim = sim;
    (void) sim_socket(node, addr);

    conf->random = sim_node_random;
    conf->ctx = node;
    conf->sink.buffer = sim_node_buffer;
    conf->sink.commit = sim_node_commit;
    conf->sink.ctx = node;

    node->ep = wzp_quic_create(conf, err);

    if (node->ep == NULL) {
        printf("Bail out! %s\n", err);
        exit(1);
    }

    sim->nodes[sim->nnodes++] = node;

    return node;
}


wzp_udp_socket_t *
sim_socket(sim_node_t *node, const wzp_addr_t *addr)
{
    wzp_udp_socket_t  *su;

    if (node->nsockets == SIM_SOCKETS_MAX) {
        exit(1);
    }

    su = &node->sockets[node->nsockets];
    su->fd = -1;
    su->local = *addr;
    su->data = node;
    node->outside[node->nsockets++] = *addr;

    return su;
}


void
sim_rebind(sim_node_t *node, unsigned i, const wzp_addr_t *outside)
{
    node->outside[i] = *outside;
}


void
sim_inject(sim_t *sim, const wzp_addr_t *from, const wzp_addr_t *to,
    const uint8_t *data, size_t len)
{
    sim_pkt_t  pkt;

    memset(&pkt, 0, offsetof(sim_pkt_t, data));
    pkt.from = *from;
    pkt.to = *to;
    pkt.len = WZP_MIN(len, sizeof(pkt.data));

    if (pkt.len != 0) {
        memcpy(pkt.data, data, pkt.len);
    }

    sim_enqueue(sim, &pkt, sim->now_ns);
}


static void
sim_hand_over(sim_node_t *node, wzp_udp_dgram_t *dg)
{
    wzp_qin_t  in;

    in = wzp_quic_input(node->ep, dg, !node->refuse_new, node->sim->now_ns,
                        &node->foreign);
    node->results[in]++;

    if (in != WZP_QIN_FOREIGN || node->neighbour == NULL) {
        return;
    }

    if (node->neighbour->ep != NULL) {
        dg->socket = &node->neighbour->sockets[0];
        in = wzp_quic_input(node->neighbour->ep, dg, true, node->sim->now_ns,
                            &node->neighbour->foreign);
        node->neighbour->results[in]++;

    } else {
        wzp_quic_reset(node->ep, dg, node->sim->now_ns);
    }
}


static void
sim_deliver(sim_t *sim, sim_pkt_t *pkt)
{
    unsigned          i, k;
    sim_node_t       *node;
    wzp_udp_dgram_t   dg;

    for (i = 0; i < sim->nnodes; i++) {
        node = sim->nodes[i];

        for (k = 0; k < node->nsockets; k++) {

            if (node->ep == NULL || node->deaf
                || !wzp_addr_equal(&node->outside[k], &pkt->to))
            {
                continue;
            }

            memset(&dg, 0, sizeof(dg));
            dg.data = pkt->data;
            dg.len = pkt->len;
            dg.peer = pkt->from;
            dg.local = node->sockets[k].wildcard ? node->outside[k]
                                                 : node->sockets[k].local;
            dg.ecn = pkt->ecn;
            dg.socket = &node->sockets[k];

            node->received++;
            sim_hand_over(node, &dg);
            return;
        }
    }
}


/* One turn of every node's event loop. */
static void
sim_turn(sim_t *sim)
{
    unsigned    i;
    sim_pkt_t  *pkt;

    sim_under_test = true;

    while ((pkt = sim->queue) != NULL && pkt->at_ns <= sim->now_ns) {
        sim->queue = pkt->next;
        sim_deliver(sim, pkt);
        free(pkt);
    }

    for (i = 0; i < sim->nnodes; i++) {

        if (sim->nodes[i]->ep != NULL) {
            wzp_quic_expire(sim->nodes[i]->ep, sim->now_ns);
            wzp_quic_flush(sim->nodes[i]->ep, sim->now_ns);
        }
    }

    sim_under_test = false;
}


static uint64_t
sim_next(const sim_t *sim)
{
    uint64_t  t, due;
    unsigned  i;

    t = (sim->queue != NULL) ? sim->queue->at_ns : UINT64_MAX;

    for (i = 0; i < sim->nnodes; i++) {

        if (sim->nodes[i]->ep != NULL) {
            due = wzp_quic_deadline(sim->nodes[i]->ep);
            t = WZP_MIN(t, due);
        }
    }

    return t;
}


bool
sim_until(sim_t *sim, uint64_t for_ns, bool (*cond)(void *ctx), void *ctx)
{
    uint64_t  end, t;

    end = sim->now_ns + for_ns;

    for ( ;; ) {
        sim_turn(sim);

        if (cond != NULL && cond(ctx)) {
            return true;
        }

        t = sim_next(sim);

        if (t >= end) {
            sim->now_ns = end;
            sim_turn(sim);
            return cond != NULL && cond(ctx);
        }

        sim->now_ns = WZP_MAX(t, sim->now_ns);
    }
}


void
sim_run(sim_t *sim, uint64_t for_ns)
{
    (void) sim_until(sim, for_ns, NULL, NULL);
}


static bool
sim_lose(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    (void) sim;
    (void) from;
    (void) pkt;

    return false;
}


void
sim_crash(sim_node_t *node)
{
    sim_filter_pt  filter;

    filter = node->sim->filter;
    node->sim->filter = sim_lose;
    wzp_quic_destroy(node->ep, node->sim->now_ns, 0, "");
    node->sim->filter = filter;

    node->ep = NULL;
}
