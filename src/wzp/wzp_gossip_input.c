/*
 * What a peer tells of its people, and when it is believed.
 */

#include "wzp/wzp_gossip_int.h"


/* Of (epoch, version) pairs: below, the same, above. */

static int
wzp_gossip_order(uint64_t epoch, uint64_t version, uint64_t other_epoch,
    uint64_t other_version)
{
    if (epoch != other_epoch) {
        return epoch < other_epoch ? -1 : 1;
    }

    return (version > other_version) - (version < other_version);
}


static uint64_t
wzp_gossip_digest(const wzp_gossip_t *gp, unsigned peer)
{
    return wzp_people_digest(gp->people, peer, WZP_PEOPLE_HAVE);
}


/* The copy is what the peer has at this version. */

static void
wzp_gossip_settle(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];
    ln->epoch = pu->epoch;
    ln->version = pu->version;
    ln->whole = true;
    ln->want = false;
}


/* A bound, or no memory: not asked again soon, it would be so again. */

static wzp_rc_t
wzp_gossip_full(wzp_gossip_t *gp, unsigned peer, wzp_rc_t rc, uint64_t now_ns)
{
    wzp_gossip_drop_next(gp, peer);

    gp->links[peer].want_ns = now_ns + WZP_GOSSIP_FULL_NS;
    gp->stat.full++;

    return rc;
}


static wzp_rc_t
wzp_gossip_add_next(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    size_t    i;
    wzp_rc_t  rc;

    for (i = 0; i < pu->nfps; i++) {
        rc = wzp_people_add(gp->people, peer, WZP_PEOPLE_NEXT, pu->fps[i]);

        if (rc != WZP_OK) {
            return wzp_gossip_full(gp, peer, rc, now_ns);
        }
    }

    return WZP_OK;
}


static void
wzp_gossip_commit(wzp_gossip_t *gp, unsigned peer)
{
    gp->moves++;
    wzp_people_commit(gp->people, peer);
    gp->links[peer].gathering = false;
}


/* Existing relays: each message is the whole set. */

static wzp_rc_t
wzp_gossip_input_plain(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    wzp_rc_t  rc;

    if (gp->links[peer].ours) {
        return WZP_EBAD;
    }

    wzp_gossip_drop_next(gp, peer);

    rc = wzp_gossip_add_next(gp, peer, pu, now_ns);
    if (rc != WZP_OK) {
        return rc;
    }

    wzp_gossip_commit(gp, peer);
    gp->links[peer].whole = true;

    return WZP_OK;
}


static wzp_rc_t
wzp_gossip_input_chunk(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    int                 order;
    wzp_rc_t            rc;
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (ln->whole && pu->epoch == ln->epoch && pu->version == ln->version
        && pu->digest == wzp_gossip_digest(gp, peer))
    {
        return WZP_OK;
    }

    order = ln->gathering ? wzp_gossip_order(pu->epoch, pu->version,
                                             ln->next_epoch, ln->next_version)
                          : 1;
    if (order < 0) {
        gp->stat.old++;
        return WZP_ELATE;
    }

    if (order > 0 || pu->digest != ln->next_digest) {
        wzp_gossip_drop_next(gp, peer);
        ln->gathering = true;
        ln->next_epoch = pu->epoch;
        ln->next_version = pu->version;
        ln->next_digest = pu->digest;
    }

    rc = wzp_gossip_add_next(gp, peer, pu, now_ns);
    if (rc != WZP_OK) {
        return rc;
    }

    if (wzp_people_digest(gp->people, peer, WZP_PEOPLE_NEXT) == pu->digest) {
        wzp_gossip_commit(gp, peer);
        wzp_gossip_settle(gp, peer, pu);
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_gossip_input_change(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    size_t              i;
    wzp_rc_t            rc;
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (pu->epoch == ln->epoch && pu->version == ln->version) {
        return WZP_OK;
    }

    if (!ln->whole || pu->epoch != ln->epoch || pu->base > ln->version) {
        wzp_gossip_behind(gp, peer, now_ns);
        return WZP_OK;
    }

    gp->moves++;

    for (i = 0; i < pu->nremoved; i++) {
        wzp_people_remove(gp->people, peer, WZP_PEOPLE_HAVE, pu->removed[i]);
    }

    wzp_gossip_settle(gp, peer, pu);

    for (i = 0; i < pu->nfps; i++) {
        rc = wzp_people_add(gp->people, peer, WZP_PEOPLE_HAVE, pu->fps[i]);

        if (rc != WZP_OK) {
            ln->whole = false;
            return wzp_gossip_full(gp, peer, rc, now_ns);
        }
    }

    if (wzp_gossip_digest(gp, peer) != pu->digest) {
        ln->whole = false;
        wzp_gossip_behind(gp, peer, now_ns);
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_gossip_input_digest(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    if (gp->links[peer].whole && wzp_gossip_digest(gp, peer) == pu->digest) {
        wzp_gossip_settle(gp, peer, pu);

    } else {
        wzp_gossip_behind(gp, peer, now_ns);
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_gossip_input_versioned(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    wzp_gossip_link_t  *ln;

    ln = &gp->links[peer];

    if (pu->want) {
        wzp_gossip_asked(gp, peer, now_ns);
        return WZP_OK;
    }

    if (pu->version == 0 || pu->base > pu->version
        || (pu->nremoved != 0 && (pu->base == 0 || pu->base == pu->version)))
    {
        return WZP_EBAD;
    }

    if (wzp_gossip_order(pu->epoch, pu->version, ln->epoch, ln->version) < 0) {
        gp->stat.old++;
        return WZP_ELATE;
    }

    if (pu->relay_addr[0] != '\0'
        && strcmp(pu->relay_addr, gp->conf.addr) != 0)
    {
        memcpy(ln->addr, pu->relay_addr, sizeof(ln->addr));
    }

    if (pu->base != 0 && pu->base < pu->version) {
        return wzp_gossip_input_change(gp, peer, pu, now_ns);
    }

    if (pu->base == 0 || pu->nfps != 0) {
        return wzp_gossip_input_chunk(gp, peer, pu, now_ns);
    }

    return wzp_gossip_input_digest(gp, peer, pu, now_ns);
}


wzp_rc_t
wzp_gossip_input(wzp_gossip_t *gp, unsigned peer,
    const wzp_presence_update_t *pu, uint64_t now_ns)
{
    if (peer >= WZP_GOSSIP_PEERS || !gp->links[peer].up) {
        return WZP_ECLOSED;
    }

    wzp_gossip_alive(gp, peer, now_ns);

    if (!pu->has_version) {
        return wzp_gossip_input_plain(gp, peer, pu, now_ns);
    }

    return wzp_gossip_input_versioned(gp, peer, pu, now_ns);
}
