/*
 * Shared by the files of wzp_gossip, and by nobody else.
 */

#ifndef _WZP_GOSSIP_INT_H_INCLUDED_
#define _WZP_GOSSIP_INT_H_INCLUDED_


#include "wzp/wzp_gossip.h"


/* One change of our own set. */
typedef struct {
    uint8_t   fp[WZP_FP_SIZE];
    bool      here;
    uint64_t  version;                  /* after it                          */
} wzp_gossip_change_t;


typedef struct {
    bool      known;                    /* up, or down with people kept      */
    bool      up;
    bool      ours;
    bool      repeat;
    char      addr[WZP_HOST_MAX + 1];

    /* what we have told */
    uint64_t  told;                     /* our version                       */
    uint64_t  whole_ns;                 /* no whole set before; existing: the
                                           next one                          */
    uint64_t  digest_ns;                /* the next digest                   */
    uint64_t  demand_ns;                /* none on demand before             */
    bool      asked;                    /* for the whole set                 */
    bool      cut;                      /* said that it did not fit          */

    /* what it has told */
    uint64_t  epoch;
    uint64_t  version;                  /* newest that was taken over        */
    bool      whole;                    /* ... and the copy is just that     */
    uint64_t  heard_ns;
    uint64_t  down_ns;
    uint64_t  want_ns;                  /* we do not ask before              */
    bool      want;                     /* but shall then                    */

    /* chunks of a newer set */
    bool      gathering;
    uint64_t  next_epoch;
    uint64_t  next_version;
    uint64_t  next_digest;
} wzp_gossip_link_t;


struct wzp_gossip_s {
    wzp_gossip_conf_t     conf;
    wzp_people_t         *people;       /* of all peers                      */
    uint64_t              moves;
    wzp_gossip_stat_t     stat;

    uint8_t             (*local)[WZP_FP_SIZE];
    size_t                nlocal;
    uint8_t             (*told)[WZP_FP_SIZE];   /* those whom others may know */
    size_t                ntold;
    uint64_t              version;      /* of told, from 1                   */
    uint64_t              digest;
    uint64_t              gather_ns;    /* changes are told then             */

    wzp_gossip_link_t     links[WZP_GOSSIP_PEERS];

    /* the last changes by version, and room to sum them up */
    wzp_gossip_change_t   log[WZP_GOSSIP_CHUNK];
    wzp_gossip_change_t   sorted[WZP_GOSSIP_CHUNK];
    uint8_t               added[WZP_GOSSIP_CHUNK][WZP_FP_SIZE];
    uint8_t               removed[WZP_GOSSIP_CHUNK][WZP_FP_SIZE];
};


void wzp_gossip_behind(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns);
void wzp_gossip_asked(wzp_gossip_t *gp, unsigned peer, uint64_t now_ns);
void wzp_gossip_drop_next(wzp_gossip_t *gp, unsigned peer);
uint64_t wzp_gossip_dead_ns(const wzp_gossip_t *gp,
    const wzp_gossip_link_t *ln);


#endif /* _WZP_GOSSIP_INT_H_INCLUDED_ */
