/*
 * A network in one process, in virtual time.  Nodes are QUIC endpoints with
 * addresses; between them packets are lost, delayed, reordered, doubled,
 * queued at a given rate, translated by a NAT, or handed to a filter that may
 * change them.  All chance comes from one seed, which is printed.
 */

#ifndef _SIMNET_H_INCLUDED_
#define _SIMNET_H_INCLUDED_


#include "quic/wzp_quic.h"


#define SIM_NODES_MAX       8
#define SIM_SOCKETS_MAX     2           /* of a node                         */


typedef struct sim_s       sim_t;
typedef struct sim_node_s  sim_node_t;
typedef struct sim_pkt_s   sim_pkt_t;


/* What the line does to a packet. */
typedef struct {
    double    loss;                     /* 0..1                              */
    double    dup;
    double    reorder;                  /* share that is held back           */
    uint64_t  delay_ns;                 /* one way                           */
    uint64_t  jitter_ns;                /* uniform on top                    */
    uint64_t  hold_ns;                  /* for those that are held back      */
    uint64_t  rate_bps;                 /* 0: infinite; per sending node     */
    uint64_t  buffer_ns;                /* longest queue at that rate        */
    size_t    mtu;                      /* UDP payload; 0: any               */
} sim_line_t;


struct sim_pkt_s {
    sim_pkt_t   *next;
    uint64_t     at_ns;
    uint64_t     seq;
    wzp_addr_t   from;                  /* as the receiver sees it           */
    wzp_addr_t   to;
    uint8_t      ecn;
    size_t       len;
    uint8_t      data[WZP_UDP_MTU_MAX];
};


/* May change the packet; false: it is lost. */
typedef bool (*sim_filter_pt)(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt);


struct sim_node_s {
    sim_t             *sim;
    wzp_quic_t        *ep;              /* NULL: destroyed                   */
    wzp_udp_socket_t   sockets[SIM_SOCKETS_MAX];
    wzp_addr_t         outside[SIM_SOCKETS_MAX];    /* behind a NAT          */
    unsigned           nsockets;
    bool               refuse_new;
    bool               deaf;            /* others at its address hear        */
    sim_node_t        *neighbour;       /* gets what is foreign              */
    uint64_t           busy_ns;         /* its line is in use until then     */
    uint8_t            buf[WZP_UDP_MTU_MAX];
    uint64_t           sent;            /* packets                           */
    uint64_t           sent_bytes;
    uint64_t           received;
    unsigned           results[WZP_QIN_JUNK + 1];   /* of wzp_quic_input     */
    wzp_cid_owner_t    foreign;         /* of the last                       */
};


struct sim_s {
    uint64_t        now_ns;
    uint64_t        rnd[2];
    uint64_t        seq;
    sim_line_t      line;
    sim_filter_pt   filter;
    void           *filter_ctx;
    sim_pkt_t      *queue;              /* by time                           */
    sim_node_t     *nodes[SIM_NODES_MAX];
    unsigned        nnodes;
};


/* Set while code under test runs: a test of memory running out (sim_oom)
 * spares the simulation itself. */
extern bool  sim_under_test;

/* Zeroed memory for the simulation.  Exits when there is none. */
void *sim_alloc(size_t size);

/* The seed is the given one, printed as a comment.  WZP_SIM_SEED=1, 2, ...
 * gives other ones. */
sim_t *sim_create(uint64_t seed);
void sim_destroy(sim_t *sim);

uint64_t sim_random(sim_t *sim);
double sim_chance(sim_t *sim);

/* 10.0.x.y:port */
wzp_addr_t sim_addr(unsigned x, unsigned y, uint16_t port);

/*
 * A node with one socket and an endpoint by conf, whose sink, random and ctx
 * are filled in (ctx: the node).  Exits on failure.
 */
sim_node_t *sim_node(sim_t *sim, wzp_quic_conf_t *conf,
    const wzp_addr_t *addr);

/* One more socket of the node. */
wzp_udp_socket_t *sim_socket(sim_node_t *node, const wzp_addr_t *addr);

/* From now on others see socket i of the node at this address. */
void sim_rebind(sim_node_t *node, unsigned i, const wzp_addr_t *outside);

/* Put a packet on the line by hand. */
void sim_inject(sim_t *sim, const wzp_addr_t *from, const wzp_addr_t *to,
    const uint8_t *data, size_t len);

/* Let time pass; sim_until stops early when cond returns true, and says so. */
void sim_run(sim_t *sim, uint64_t for_ns);
bool sim_until(sim_t *sim, uint64_t for_ns, bool (*cond)(void *ctx),
    void *ctx);

/* Destroy a node's endpoint without a word on the wire: it crashed. */
void sim_crash(sim_node_t *node);


#endif /* _SIMNET_H_INCLUDED_ */
