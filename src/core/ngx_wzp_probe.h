/*
 * Probes: how far other relays are, and who is there.  PROTOCOL 9.
 *
 * A probe is a `_probe` connection, dialed by us (wzp_probe) or by another
 * relay.  Pings are for everybody; presence and routes are for relays that are
 * configured, by their certificate, and for addresses in wzp_probe_allow.
 */

#ifndef _NGX_WZP_PROBE_H_INCLUDED_
#define _NGX_WZP_PROBE_H_INCLUDED_


#include "core/ngx_wzp_dial.h"
#include "core/ngx_wzp_hub.h"
#include "wzp/wzp_pings.h"


struct ngx_wzp_probe_s {
    ngx_wzp_hub_t    *hub;
    ngx_uint_t        peer;             /* number for gossip                 */
    ngx_wzp_host_t   *host;             /* NULL: it dialed                   */
    ngx_wzp_dial_t    dial;
    wzp_qconn_t      *qc;               /* NULL: down                        */
    ngx_wzp_conn_t   *wc;               /* it dialed                         */
    wzp_pings_t       pings;            /* if we dialed                      */
    uint64_t          since_ns;         /* up, or down                       */
    char              error[NGX_WZP_REASON_SIZE];

    unsigned          up:1;
    unsigned          trusted:1;        /* may ask and tell who is where     */
    unsigned          ours:1;           /* its presence has versions         */
    unsigned          begun:1;          /* takes part in gossip              */
    unsigned          known:1;          /* by the certificate of a peer      */
};


ngx_int_t ngx_wzp_probe_init(ngx_wzp_hub_t *hub);

/* Dial those that are configured; harmless while it goes on. */
void ngx_wzp_probe_start(ngx_wzp_hub_t *hub);

/* The worker exits or hands over: no more of them. */
void ngx_wzp_probe_stop(ngx_wzp_hub_t *hub);
void ngx_wzp_probe_done(ngx_wzp_hub_t *hub);

/* Twice a second. */
void ngx_wzp_probe_tick(ngx_wzp_hub_t *hub);

void ngx_wzp_probe_accept(ngx_wzp_hub_t *hub, ngx_wzp_conn_t *wc);

/* Gossip for the peer with this number. */
void ngx_wzp_probe_signal(ngx_wzp_hub_t *hub, ngx_uint_t peer,
    const wzp_signal_t *sg);


#endif /* _NGX_WZP_PROBE_H_INCLUDED_ */
