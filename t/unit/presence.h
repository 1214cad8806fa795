/*
 * PresenceUpdates on their way: copies that own what they hold.  For the
 * tests of gossip, the simulation and the fuzz target.
 */

#ifndef _PRESENCE_H_INCLUDED_
#define _PRESENCE_H_INCLUDED_


#include <stdlib.h>
#include <string.h>

#include "wzp/wzp_gossip.h"


#define PRESENCE_UNUSED     __attribute__((unused))


/* Person number n. */
PRESENCE_UNUSED static void
presence_person(uint8_t fp[WZP_FP_SIZE], uint32_t n)
{
    memset(fp, 0xa5, WZP_FP_SIZE);
    memcpy(fp, &n, sizeof(n));
    fp[15] = (uint8_t) (n * 7);
}


PRESENCE_UNUSED static uint8_t (*
presence_fps(uint8_t (*from)[WZP_FP_SIZE], size_t n))[WZP_FP_SIZE]
{
    uint8_t  (*fps)[WZP_FP_SIZE];

    fps = malloc((n + 1) * WZP_FP_SIZE);
    if (fps == NULL) {
        abort();
    }

    if (n != 0) {
        memcpy(fps, from, n * WZP_FP_SIZE);
    }

    return fps;
}


PRESENCE_UNUSED static void
presence_copy(wzp_presence_update_t *to, const wzp_presence_update_t *from)
{
    *to = *from;
    to->fps = presence_fps(from->fps, from->nfps);
    to->removed = presence_fps(from->removed, from->nremoved);
}


PRESENCE_UNUSED static void
presence_done(wzp_presence_update_t *pu)
{
    free(pu->fps);
    free(pu->removed);
}


/* What a peer has of a relay is what that relay says of itself. */
PRESENCE_UNUSED static bool
presence_equal(const wzp_gossip_t *copy, unsigned peer,
    const wzp_gossip_t *truth)
{
    size_t           i, n, peers, k;
    unsigned         at[WZP_GOSSIP_PEERS];
    const uint8_t  (*fps)[WZP_FP_SIZE];
    wzp_gossip_peer_t  info;

    fps = wzp_gossip_people(truth, &n);

    if (!wzp_gossip_peer(copy, peer, &info) || info.people != n) {
        return false;
    }

    for (i = 0; i < n; i++) {
        peers = wzp_gossip_find(copy, fps[i], at, WZP_GOSSIP_PEERS);

        for (k = 0; k < peers && at[k] != peer; k++) { /* void */ }

        if (k == peers) {
            return false;
        }
    }

    return true;
}


#endif /* _PRESENCE_H_INCLUDED_ */
