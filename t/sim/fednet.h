/*
 * Links between relays in virtual time, without packets: messages arrive in
 * order, 1 to 50 ms later, or not at all when their link goes down.  Knows
 * nothing of what they say.  A node has its links at ports 0, 1, ...
 */

#ifndef _FEDNET_H_INCLUDED_
#define _FEDNET_H_INCLUDED_


#include "wzp/wzp_base.h"


#define FEDNET_NODES        128
#define FEDNET_PORTS        64
#define FEDNET_DELAY_NS     (50 * WZP_MS)       /* at most                   */


typedef struct fednet_s  fednet_t;


typedef struct {
    /* msg is the callee's from then on. */
    void    (*deliver)(void *ctx, unsigned node, unsigned port, void *msg);

    /* Both ends hear of a link at the same time that it is up, and each for
     * itself, up to 50 ms late, that it is down. */
    void    (*up)(void *ctx, unsigned node, unsigned port);
    void    (*down)(void *ctx, unsigned node, unsigned port);

    /* Nobody will get it. */
    void    (*lost)(void *ctx, void *msg);

    void     *ctx;
} fednet_conf_t;


fednet_t *fednet_create(const fednet_conf_t *conf, unsigned nodes,
    uint64_t seed);
void fednet_destroy(fednet_t *net);

/* 0 .. n - 1; all chance comes from here. */
uint32_t fednet_random(fednet_t *net, uint32_t n);
uint64_t fednet_now(const fednet_t *net);

/* A new link, down; its number, or -1: there is one, or too many. */
int fednet_link(fednet_t *net, unsigned a, unsigned b);
unsigned fednet_links(const fednet_t *net);
void fednet_link_up(fednet_t *net, unsigned link);
void fednet_link_down(fednet_t *net, unsigned link);
bool fednet_link_is_up(const fednet_t *net, unsigned link);

/* Number of ports of a node; the node and the link that are there. */
unsigned fednet_ports(const fednet_t *net, unsigned node);
unsigned fednet_neighbour(const fednet_t *net, unsigned node, unsigned port);
unsigned fednet_port_link(const fednet_t *net, unsigned node, unsigned port);

/* Hops of the shortest way between the two nodes farthest apart, counted over
 * links that are up; UINT_MAX: not connected. */
unsigned fednet_diameter(const fednet_t *net);

/* msg goes out; bytes are counted only. */
void fednet_send(fednet_t *net, unsigned node, unsigned port, void *msg,
    size_t bytes);

/* Let time pass; with UINT64_MAX: until nothing is under way. */
void fednet_run(fednet_t *net, uint64_t until_ns);

/* Messages and bytes since the beginning. */
uint64_t fednet_messages(const fednet_t *net);
uint64_t fednet_bytes(const fednet_t *net);


#endif /* _FEDNET_H_INCLUDED_ */
