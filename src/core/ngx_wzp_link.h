/*
 * Links: what a relay has with one other relay.  PROTOCOL 8 and E.9.
 *
 * A link has one or more QUIC connections, whoever dialed: one with a relay
 * of ours, for moments two (when both dial, or one of them was reloaded); one
 * or two with an existing relay, which would lose the other if we closed one.
 * The best of them carries what we send; all are listened to.
 */

#ifndef _NGX_WZP_LINK_H_INCLUDED_
#define _NGX_WZP_LINK_H_INCLUDED_


#include "core/ngx_wzp_dial.h"
#include "core/ngx_wzp_health.h"
#include "core/ngx_wzp_hub.h"
#include "wzp/wzp_bucket.h"


/* One connection of a link; in a hub that does not know yet whose, link is
 * NULL. */
typedef struct {
    ngx_queue_t            queue;       /* in the link                       */
    ngx_wzp_hub_t         *hub;
    ngx_wzp_link_t        *link;
    wzp_qconn_t           *qc;
    ngx_wzp_conn_t        *wc;          /* they dialed; or                   */
    ngx_wzp_out_t         *out;         /* we did                            */

    uint64_t               epoch;       /* of the other end's process        */
    uint64_t               since_ns;
    uint64_t               doomed_ns;   /* when to close it; 0: never        */
    uint64_t               ping_ns;     /* when the last Ping went out       */

    unsigned               proved:1;    /* by its certificate                */
    unsigned               ready:1;     /* the hello is here, or its time is
                                           over                              */
    unsigned               ours:1;      /* it named our extension            */
    unsigned               synced:1;    /* it has told all it knows          */
    unsigned               told:1;      /* we told it what we know           */
    unsigned               said:1;      /* and that this is all              */
    unsigned               goaway:1;    /* it said that it will end          */
    unsigned               failed:1;    /* it did not take what we had to tell */
} ngx_wzp_link_conn_t;


struct ngx_wzp_link_s {
    ngx_wzp_hub_t         *hub;
    ngx_uint_t             bit;         /* number among the peers            */
    ngx_wzp_peer_conf_t   *conf;
    wzp_relay_id_t         id;
    char                   label[WZP_LABEL_MAX + 1];

    ngx_wzp_dial_t         dial;        /* unless it is only trusted         */
    ngx_queue_t            conns;       /* of ngx_wzp_link_conn_t            */
    ngx_wzp_link_conn_t   *best;        /* ready; NULL: the link is down     */
    uint64_t               since_ns;    /* up or down                        */
    char                   error[NGX_WZP_REASON_SIZE];      /* the last      */
    char                   addr[WZP_HOST_MAX + 1];  /* where it listens, as
                                                       it says; "": unknown  */
    wzp_bucket_t           rate;        /* of media, all rooms               */
    wzp_bucket_t           signals;     /* by number and size                */
    wzp_bucket_t           envelopes;   /* signals of calls                  */
    wzp_bucket_t           news;        /* lines in the log: up and down     */

    uint64_t               packets_in;  /* media accepted                    */
    uint64_t               packets_out;
    uint64_t               signals_in;
    ngx_wzp_health_t       health;
    uint64_t               dropped;     /* media not accepted, and why       */
    uint64_t               drops[WZP_DROP_N];
    uint64_t               signals_dropped;     /* beyond the rate           */

    unsigned               ours:1;      /* while up                          */
    unsigned               tried:1;     /* a first attempt has ended         */
};


ngx_int_t ngx_wzp_link_init(ngx_wzp_hub_t *hub);

/* An incoming `_federation` connection. */
void ngx_wzp_link_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc);

/* Which configured relay has this certificate?  NULL: none. */
ngx_wzp_link_t *ngx_wzp_link_find(ngx_wzp_hub_t *hub, const uint8_t *fp);

/* The link with this id, up (it has a best connection) or not.  NULL: none. */
ngx_wzp_link_t *ngx_wzp_link_by_id(ngx_wzp_hub_t *hub, wzp_relay_id_t id);

/* A signal for the other relay.  NGX_DECLINED: the link is down. */
ngx_int_t ngx_wzp_link_signal(ngx_wzp_link_t *ln, const wzp_signal_t *sg);

/* Media with its tag.  NGX_DECLINED as above. */
ngx_int_t ngx_wzp_link_media(ngx_wzp_link_t *ln, wzp_qbuf_t *qb);

/* Twice a second. */
void ngx_wzp_link_tick(ngx_wzp_hub_t *hub);

/* All relays that we could learn from, but that one (or NULL), have told all
 * they know. */
ngx_uint_t ngx_wzp_link_synced(ngx_wzp_hub_t *hub, ngx_wzp_link_t *but);

/* We have become the hub: dial those that would have lost the old one's. */
void ngx_wzp_link_rule(ngx_wzp_hub_t *hub);

/* Told to quit: ask those who dialed to come anew; with force: close. */
void ngx_wzp_link_leave(ngx_wzp_hub_t *hub, ngx_uint_t force);

/* The people behind links that did not come back are gone. */
void ngx_wzp_link_absent(ngx_wzp_hub_t *hub);

/* Dial again, after ngx_wzp_link_stop. */
void ngx_wzp_link_start(ngx_wzp_hub_t *hub);

/* The worker exits: dial no more. */
void ngx_wzp_link_stop(ngx_wzp_hub_t *hub);

/* Connections that are not closed. */
ngx_uint_t ngx_wzp_link_count(ngx_wzp_hub_t *hub);


#endif /* _NGX_WZP_LINK_H_INCLUDED_ */
