/*
 * The hub: the one worker that speaks for a relay.  It has the links to other
 * relays, the probes, the phones (_signal) and the calls.  All workers share
 * rooms; only the hub knows other relays.
 *
 * It is worker 0 of the youngest generation, which a master brings back at
 * once when it dies.  Connections of other relays and of phones that arrive
 * at another worker are passed on to it before anything is answered
 * (wzp_quic.h, mine and elsewhere).
 *
 * After a reload there are two for a moment, and nothing is missed:
 *
 *     heir       the new one, from its start: connections come to it, it dials
 *     hub        who is asked, and who writes what other relays tell into the
 *                zone; the old one, until the heir has learned from all other
 *                relays what they know, or enough time has passed
 *     forwarder  both: media of local members goes to all of them, each sends
 *                it by the links that it has; who gets it twice drops one
 *
 * Media of members: ngx_wzp_room.c rings it to the forwarders when some link
 * wants that of the room.  Media of links: ngx_wzp_fed.c.
 */

#ifndef _NGX_WZP_HUB_H_INCLUDED_
#define _NGX_WZP_HUB_H_INCLUDED_


#include "core/ngx_wzp_conn.h"
#include "wzp/wzp_calls.h"
#include "wzp/wzp_fed.h"
#include "wzp/wzp_gossip.h"
#include "wzp/wzp_repeat.h"
#include "wzp/wzp_route.h"


/* Numbers of peers for gossip and routes: links, then probes. */
#define NGX_WZP_PROBE_FIRST     WZP_FED_PEERS

#define NGX_WZP_HUB_BUCKETS     256     /* one byte of what is looked for    */


typedef struct ngx_wzp_link_s   ngx_wzp_link_t;
typedef struct ngx_wzp_probe_s  ngx_wzp_probe_t;
typedef struct ngx_wzp_carrier_s  ngx_wzp_carrier_t;


/* What worker 0 has for each relay. */
struct ngx_wzp_hub_s {
    ngx_wzp_relay_t      *relay;
    uint32_t              life;         /* NGX_WZP_LIFE of this worker       */
    uint64_t              started_ns;
    uint64_t              epoch;        /* Unix ms of the start              */
    wzp_relay_id_t        id;           /* of our certificate                */
    char                  addr[WZP_HOST_MAX + 1];   /* as others reach us    */
    wzp_addr_t            bind;         /* to dial from; len 0: any          */

    wzp_quic_t           *quic;         /* client endpoint                   */
    ngx_event_t           timer;        /* its deadline                      */
    ngx_event_t           logic;        /* that of fed, gossip, route, calls */
    ngx_queue_t           outs;         /* of ngx_wzp_out_t                  */

    wzp_fed_t            *fed;
    wzp_gossip_t         *gossip;
    wzp_route_t          *route;
    wzp_calls_t          *calls;        /* in the zone, under its lock       */

    ngx_wzp_link_t       *links;        /* by bit                            */
    ngx_uint_t            nlinks;
    wzp_repeat_t          unknown;      /* relays that are not configured    */
    ngx_wzp_probe_t      *probes[WZP_GOSSIP_PEERS - NGX_WZP_PROBE_FIRST];
    ngx_queue_t           phones;       /* of ngx_wzp_phone_t                */
    ngx_uint_t            nphones;
    ngx_queue_t           registered[NGX_WZP_HUB_BUCKETS];  /* of them       */
    ngx_queue_t           offers;       /* of ngx_wzp_call_offer_t           */
    ngx_queue_t           spans;        /* of ngx_wzp_span_t                 */
    ngx_queue_t           called[NGX_WZP_HUB_BUCKETS];      /* of them       */
    ngx_queue_t           carriers;     /* of ngx_wzp_carrier_t              */
    ngx_queue_t           sessions;     /* of ngx_wzp_carried_t              */

    ngx_uint_t            ticks;        /* of half a second                  */
    ngx_uint_t            rooms_due;    /* unsigned: some room has news      */
    uint64_t              rooms_ns;     /* when one that waits is written    */
    uint32_t              people;       /* version of those told             */
    ngx_uint_t            phoned;       /* unsigned: registrations changed   */
    uint32_t              rebuilt;      /* of the zone, when last written    */
    uint64_t              took_ns;      /* when it became the hub            */
    uint64_t              lost_ns;      /* when an heir came; 0: none        */
    uint64_t              doubt_ns;     /* when who has not come back after
                                           that heir has gone                */
    unsigned              ruling:1;     /* it is the hub, not only heir      */
    unsigned              leaving:1;    /* told to quit                      */
};


/* Worker 0, after its endpoints were made. */
ngx_int_t ngx_wzp_hub_init(ngx_cycle_t *cycle, ngx_wzp_relay_t *relay);

/* All below are for every worker: they do nothing where there is no hub. */

/* The worker exits: end all connections; and later, when the last packets are
 * sent, free all. */
void ngx_wzp_hub_close(ngx_wzp_relay_t *relay);
void ngx_wzp_hub_exit(ngx_wzp_relay_t *relay);

/* A graceful quit: links go over to the heir, phones are told to come back. */
void ngx_wzp_hub_quit(ngx_wzp_relay_t *relay);

/* Twice a second. */
void ngx_wzp_hub_tick(ngx_wzp_relay_t *relay);

/* At the end of each turn, in this order. */
void ngx_wzp_hub_turn(ngx_wzp_relay_t *relay);
void ngx_wzp_hub_flush(ngx_wzp_relay_t *relay);
void ngx_wzp_hub_arm(ngx_wzp_relay_t *relay);

/* A connection with a server name that is not a room's. */
void ngx_wzp_hub_accept(ngx_wzp_conn_t *wc);

/* Our hello, on a connection with another relay: a link or a probe. */
void ngx_wzp_hub_hello(ngx_wzp_hub_t *hub, wzp_qconn_t *qc, ngx_uint_t sync,
    ngx_uint_t goaway);

/* The slot of the hub, or of the heir, or NGX_WZP_NONE. */
uint32_t ngx_wzp_hub_slot(const ngx_wzp_relay_conf_t *conf);
uint32_t ngx_wzp_hub_heir(const ngx_wzp_relay_conf_t *conf);

/* Another one has come after this one. */
ngx_uint_t ngx_wzp_hub_has_heir(ngx_wzp_hub_t *hub);

/* Slots that send media to links. */
uint64_t ngx_wzp_hub_forwarders(const ngx_wzp_relay_conf_t *conf);


#endif /* _NGX_WZP_HUB_H_INCLUDED_ */
