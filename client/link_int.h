/*
 * Insides of a link, shared by link.c (connection), link_cert.c (whose
 * certificate) and link_path.c (sockets and moves).
 */

#ifndef _LINK_INT_H_INCLUDED_
#define _LINK_INT_H_INCLUDED_


#include <stdio.h>

#include "link.h"
#include "net/wzp_resolve.h"


#define CL_LINK_BATCH   64              /* packets of one call to the kernel */


typedef enum {
    CL_LINK_IDLE = 0,
    CL_LINK_RESOLVE,
    CL_LINK_DIAL,                       /* a handshake is under way          */
    CL_LINK_UP
} cl_link_state_t;


typedef struct {
    wzp_udp_socket_t   su;              /* fd -1: closed.  Stays where it is:
                                           QUIC paths may name it            */
    uint64_t           retire_ns;       /* 0: in use                         */
} cl_link_socket_t;


struct cl_link_s {
    const cl_options_t  *op;
    cl_link_events_t     ev;
    void                *ctx;

    wzp_quic_t          *ep;
    wzp_udp_tx_t        *tx;
    wzp_udp_rx_t        *rx;
    FILE                *keylog;

    cl_link_state_t      state;
    char                 sni[WZP_SNI_MAX + 1];
    char                 where[CL_WHERE_MAX];

    wzp_resolve_t       *resolve;
    uint64_t             resolve_ns;    /* give up                           */
    wzp_addr_t           addrs[WZP_RESOLVE_MAX];
    size_t               naddrs;
    size_t               addr;          /* being tried                       */
    uint64_t             dial_ns;       /* give this address up              */

    wzp_qconn_t         *qc;
    bool                 joined;
    bool                 is_new;        /* certificate not known before      */
    uint8_t              cert_fp[WZP_CERT_FP_SIZE];

    bool                 over;          /* ending is set, down is to come    */
    bool                 told;          /* ending is ours, not the close's   */
    cl_ending_t          ending;

    cl_link_socket_t     socks[CL_LINK_SOCKETS];
    unsigned             cur;           /* socket in use                     */

    uint64_t             heard_ns;      /* last datagram                     */
    unsigned             refused;       /* ICMP since then                   */

    bool                 moving;        /* moved is to be told               */
    wzp_addr_t           moved_from;
    int                  routes;        /* netlink; -1: there is none        */
    uint64_t             probe_ns;      /* look at the route again           */
    uint64_t             dropped;       /* packets the kernel refused        */
};


/* The pin, or what we remember; false: the link was aborted. */
bool cl_link_identify(cl_link_t *ln);

/* Make a socket to this address the current one.  WZP_EIO, errno. */
wzp_rc_t cl_path_open(cl_link_t *ln, const wzp_addr_t *peer);

/* Close sockets whose time is over; after a while where retired. */
void cl_path_retire(cl_link_t *ln, uint64_t now_ns);
void cl_path_close(cl_link_t *ln);

/* Has the way to the relay changed, is the relay silent?  Returns when to
 * look again. */
void cl_path_watch(cl_link_t *ln, uint64_t now_ns);

/* Be told of changes of addresses and routes, where the system can. */
void cl_path_listen(cl_link_t *ln);
void cl_path_news(cl_link_t *ln, uint64_t now_ns);

/* Datagrams in. */
void cl_path_read(cl_link_t *ln, uint64_t now_ns);


#endif /* _LINK_INT_H_INCLUDED_ */
