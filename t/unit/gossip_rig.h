/*
 * Relays that gossip by hand: what they send waits in posts[] until a test
 * delivers it.
 */

#ifndef _GOSSIP_RIG_H_INCLUDED_
#define _GOSSIP_RIG_H_INCLUDED_


#include <stdio.h>

#include "presence.h"


#define POSTS       65536
#define RELAYS      4


typedef struct {
    unsigned               from;
    unsigned               to;
    wzp_presence_update_t  pu;
} post_t;


static post_t         posts[POSTS];     /* sent, not yet delivered           */
static size_t         nposts;
static unsigned       ids[RELAYS] = { 0, 1, 2, 3 };
static wzp_gossip_t  *relays[RELAYS];
static size_t         left_out;
static unsigned       cuts;
static uint32_t       rnd = 1;


PRESENCE_UNUSED static uint32_t
next_random(uint32_t below)
{
    rnd = rnd * 1664525u + 1013904223u;

    return (uint32_t) ((uint64_t) (rnd >> 4) * below >> 28);
}


PRESENCE_UNUSED static void
send_cb(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    post_t  *po;

    if (nposts == POSTS || sg->type != WZP_SIG_PRESENCE_UPDATE) {
        abort();
    }

    po = &posts[nposts++];
    po->from = *(unsigned *) ctx;
    po->to = peer;
    presence_copy(&po->pu, &sg->u.presence_update);
}


PRESENCE_UNUSED static void
cut_cb(void *ctx, unsigned peer, size_t n)
{
    (void) ctx;
    (void) peer;
    left_out = n;
    cuts++;
}


PRESENCE_UNUSED static wzp_gossip_t *
make(unsigned id, uint64_t epoch, uint64_t keep_ns)
{
    wzp_gossip_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.epoch = epoch;
    memset(conf.key, (int) id, sizeof(conf.key));
    (void) snprintf(conf.addr, sizeof(conf.addr), "10.0.0.%u:4433", id);
    conf.keep_ns = keep_ns;
    conf.send = send_cb;
    conf.cut = cut_cb;
    conf.ctx = &ids[id];

    return wzp_gossip_create(&conf);
}


PRESENCE_UNUSED static void
forget_post(size_t i)
{
    presence_done(&posts[i].pu);
    posts[i] = posts[--nposts];
}


PRESENCE_UNUSED static void
forget_posts(void)
{
    while (nposts > 0) {
        forget_post(nposts - 1);
    }
}


/* Deliver what was sent, and what is sent for it; in any order, some twice. */
PRESENCE_UNUSED static void
deliver(uint64_t now_ns, bool shuffle)
{
    size_t  i;
    post_t  po;

    while (nposts > 0) {
        i = shuffle ? next_random((uint32_t) nposts) : 0;
        po = posts[i];

        if (shuffle && next_random(8) == 0) {
            (void) !wzp_gossip_input(relays[po.to], po.from, &po.pu, now_ns);
            continue;
        }

        nposts--;
        memmove(&posts[i], &posts[i + 1], (nposts - i) * sizeof(post_t));

        (void) !wzp_gossip_input(relays[po.to], po.from, &po.pu, now_ns);
        presence_done(&po.pu);
    }
}


/* People first, first + 1, ... are at a relay. */
PRESENCE_UNUSED static void
people(wzp_gossip_t *gp, uint32_t first, uint32_t n, uint64_t now_ns)
{
    uint32_t    i;
    uint8_t   (*fps)[WZP_FP_SIZE];

    fps = presence_fps(NULL, 0);
    fps = realloc(fps, (n + 1) * WZP_FP_SIZE);

    for (i = 0; i < n; i++) {
        presence_person(fps[n - 1 - i], first + i);
    }

    if (wzp_gossip_local(gp, (const uint8_t (*)[WZP_FP_SIZE]) fps, n, n,
                         now_ns)
        != WZP_OK)
    {
        abort();
    }

    free(fps);
}


#endif /* _GOSSIP_RIG_H_INCLUDED_ */
