/*
 * Connections that the hub dials, each from a socket of its own: the name is
 * resolved anew for every attempt, the other end's certificate is compared
 * with the configured one, and what fails is tried again with growing pauses.
 */

#ifndef _NGX_WZP_DIAL_H_INCLUDED_
#define _NGX_WZP_DIAL_H_INCLUDED_


#include "core/ngx_wzp_conn.h"
#include "net/wzp_resolve.h"


#define NGX_WZP_DIAL_ADDRS  8


typedef struct ngx_wzp_dial_s  ngx_wzp_dial_t;


/* One connection.  Freed by itself, some time after it has closed. */
typedef struct {
    ngx_wzp_hub_t             *hub;
    ngx_wzp_dial_t            *dial;    /* NULL: it has let go of this       */
    wzp_qconn_t               *qc;      /* NULL: closed                      */
    wzp_udp_socket_t           su;
    ngx_connection_t          *reader;
    ngx_event_t                linger;
    ngx_queue_t                queue;   /* in hub->outs                      */
    const ngx_wzp_peer_ops_t  *ops;
    void                      *peer;    /* NULL: not up, or nobody's         */
    unsigned                   stranger:1;  /* has the wrong certificate     */
} ngx_wzp_out_t;


struct ngx_wzp_dial_s {
    ngx_wzp_hub_t             *hub;
    const ngx_wzp_host_t      *host;
    const char                *sni;
    const uint8_t             *fp;      /* certificate; NULL: any            */
    const ngx_wzp_peer_ops_t  *ops;

    /* A connection stands (the other end has confirmed it): returns the peer
     * for ops, or NULL: it is closed. */
    void                    *(*up)(void *ctx, ngx_wzp_out_t *out);

    /* An attempt failed, or a connection that was up has ended; the next
     * attempt is on its way, unless ngx_wzp_dial_stop is called. */
    void                     (*down)(void *ctx, const char *why);
    void                      *ctx;

    /* its own */
    ngx_wzp_out_t             *out;
    wzp_resolve_t             *resolve;
    ngx_connection_t          *resolver;
    ngx_event_t                timer;
    ngx_msec_t                 pause;   /* before the next attempt           */
    wzp_addr_t                 addrs[NGX_WZP_DIAL_ADDRS];
    ngx_uint_t                 naddrs;
    ngx_uint_t                 next;    /* of addrs                          */
    ngx_uint_t                 running; /* unsigned: not stopped             */
};


/* All but its own fields are set.  Does nothing yet. */
void ngx_wzp_dial_init(ngx_wzp_dial_t *dl);

/* Go on, at once or, after failures, when it is time.  Harmless when it is
 * running. */
void ngx_wzp_dial_start(ngx_wzp_dial_t *dl);

/* No more attempts; a connection that stands goes on and belongs to its peer
 * alone. */
void ngx_wzp_dial_stop(ngx_wzp_dial_t *dl);

/* A second connection; the first belongs to its peer alone. */
void ngx_wzp_dial_renew(ngx_wzp_dial_t *dl);

/* The connection was worth it: the next failure is the first one. */
void ngx_wzp_dial_proved(ngx_wzp_dial_t *dl);

/* The client endpoint's events; hub is the endpoint's ctx. */
void ngx_wzp_dial_events(wzp_quic_events_t *events);

/* The worker exits: close what is open, without a word. */
void ngx_wzp_dial_free_all(ngx_wzp_hub_t *hub);


#endif /* _NGX_WZP_DIAL_H_INCLUDED_ */
