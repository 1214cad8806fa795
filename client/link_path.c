/*
 * Sockets of a link, and its moves between networks.  See link.h.
 */

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include "link_int.h"
#include "say.h"


#define CL_PATH_PROBE       (1500 * WZP_MS)
#define CL_PATH_HASTE       (250 * WZP_MS)      /* after a failed send       */
#define CL_PATH_SETTLE      (50 * WZP_MS)       /* after news of a route     */
#define CL_PATH_RETIRE      (10 * WZP_SEC)
#define CL_PATH_SILENCE     (15 * WZP_SEC)      /* three keep-alives         */
#define CL_PATH_REFUSED     (1500 * WZP_MS)     /* ICMP, and nothing else    */
#define CL_PATH_REFUSALS    3


typedef struct {
    cl_link_t  *ln;
    uint64_t    now_ns;
    unsigned    sock;
} cl_path_rx_t;


/* A place for one more socket: a free one, else that which nobody has needed
 * for the longest time.  Attempts that fail at once use up places faster than
 * retirement gives them back.  CL_LINK_SOCKETS: there is none. */

static unsigned
cl_path_place(cl_link_t *ln)
{
    unsigned           i, oldest;
    cl_link_socket_t  *so;

    oldest = CL_LINK_SOCKETS;

    for (i = 0; i < CL_LINK_SOCKETS; i++) {
        so = &ln->socks[i];

        if (so->su.fd == -1) {
            return i;
        }

        if (so->retire_ns != 0
            && (ln->qc == NULL || wzp_qconn_socket(ln->qc) != &so->su)
            && (oldest == CL_LINK_SOCKETS
                || so->retire_ns < ln->socks[oldest].retire_ns))
        {
            oldest = i;
        }
    }

    if (oldest != CL_LINK_SOCKETS) {
        wzp_udp_close(&ln->socks[oldest].su);
        ln->socks[oldest].su.fd = -1;
    }

    return oldest;
}


wzp_rc_t
cl_path_open(cl_link_t *ln, const wzp_addr_t *peer)
{
    unsigned           i;
    wzp_rc_t           rc;
    cl_link_socket_t  *so;

    i = cl_path_place(ln);

    if (i == CL_LINK_SOCKETS) {
        return WZP_EAGAIN;
    }

    so = &ln->socks[i];

    rc = wzp_udp_open(&so->su, NULL, peer);
    if (rc != WZP_OK) {
        so->su.fd = -1;
        return rc;
    }

    so->retire_ns = 0;
    ln->cur = i;

    return WZP_OK;
}


void
cl_path_retire(cl_link_t *ln, uint64_t now_ns)
{
    unsigned           i;
    cl_link_socket_t  *so;

    for (i = 0; i < CL_LINK_SOCKETS; i++) {
        so = &ln->socks[i];

        if (so->su.fd == -1) {
            continue;
        }

        if (i == ln->cur && ln->qc != NULL) {
            so->retire_ns = 0;

        } else if (so->retire_ns == 0) {
            so->retire_ns = now_ns + CL_PATH_RETIRE;

        } else if (now_ns >= so->retire_ns
                   && (ln->qc == NULL || wzp_qconn_socket(ln->qc) != &so->su))
        {
            wzp_udp_close(&so->su);
            so->su.fd = -1;
        }
    }
}


void
cl_path_close(cl_link_t *ln)
{
    unsigned  i;

    for (i = 0; i < CL_LINK_SOCKETS; i++) {
        if (ln->socks[i].su.fd != -1) {
            wzp_udp_close(&ln->socks[i].su);
            ln->socks[i].su.fd = -1;
        }
    }
}


static void
cl_path_datagram(void *ctx, const wzp_udp_dgram_t *dg)
{
    cl_link_t     *ln;
    wzp_addr_t     from;
    cl_path_rx_t  *rx;

    wzp_cid_owner_t  owner;

    rx = ctx;
    ln = rx->ln;

    ln->heard_ns = rx->now_ns;
    ln->refused = 0;

    (void) wzp_quic_input(ln->ep, dg, false, rx->now_ns, &owner);

    if (ln->moving && rx->sock == ln->cur) {
        ln->moving = false;
        from = ln->moved_from;

        if (ln->ev.moved != NULL) {
            ln->ev.moved(ln->ctx, &from, &dg->local);
        }
    }
}


/* ICMP: nobody there. */

static void
cl_path_refused(cl_link_t *ln, int error)
{
    cl_ending_t  en;

    ln->refused++;

    if (error != ECONNREFUSED || ln->state != CL_LINK_DIAL) {
        return;
    }

    cl_ending_set(&en, CL_UNREACHABLE, CL_NEXT_ADDRESS, "refused",
                  "%s: nothing listens there: is the relay running, and on "
                  "this port?", ln->where);
    cl_link_abort(ln, &en);
}


void
cl_path_read(cl_link_t *ln, uint64_t now_ns)
{
    int           n, error;
    unsigned      i, budget;
    cl_path_rx_t  rx;

    rx.ln = ln;
    rx.now_ns = now_ns;

    for (i = 0; i < CL_LINK_SOCKETS; i++) {

        rx.sock = i;

        for (budget = 16; budget > 0 && ln->socks[i].su.fd != -1; budget--) {

            n = wzp_udp_recv(ln->rx, &ln->socks[i].su, cl_path_datagram, &rx);

            if (n == -1) {
                error = errno;
                cl_debug("receive: %s", strerror(error));

                if (i == ln->cur) {
                    cl_path_refused(ln, error);
                }

                break;
            }

            if (n < CL_LINK_BATCH) {
                break;          /* that was all: spare the call to see it */
            }
        }
    }
}


wzp_rc_t
cl_link_migrate(cl_link_t *ln, uint64_t now_ns)
{
    unsigned     old;
    wzp_rc_t     rc;
    wzp_addr_t   from;

    if (ln->state != CL_LINK_UP || ln->qc == NULL || ln->over) {
        return WZP_EAGAIN;
    }

    old = ln->cur;
    from = *wzp_qconn_local(ln->qc);

    rc = cl_path_open(ln, wzp_qconn_peer(ln->qc));
    if (rc != WZP_OK) {
        return rc;
    }

    rc = wzp_qconn_migrate(ln->qc, &ln->socks[ln->cur].su,
                           &ln->socks[ln->cur].su.local, now_ns);
    if (rc != WZP_OK) {
        wzp_udp_close(&ln->socks[ln->cur].su);
        ln->socks[ln->cur].su.fd = -1;
        ln->cur = old;
        return rc;
    }

    ln->moving = true;
    ln->moved_from = from;

    return WZP_OK;
}


/* Where would packets to the relay leave from now? */

static bool
cl_path_source(cl_link_t *ln, wzp_addr_t *local)
{
    int                fd;
    bool               ok;
    const wzp_addr_t  *peer;

    struct sockaddr_storage  ss;
    socklen_t                len;

    peer = wzp_qconn_peer(ln->qc);

    fd = socket(peer->u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return false;
    }

    len = sizeof(ss);

    ok = connect(fd, &peer->u.sa, peer->len) == 0
         && getsockname(fd, (struct sockaddr *) &ss, &len) == 0
         && wzp_addr_set(local, (struct sockaddr *) &ss, len) == WZP_OK;

    (void) close(fd);

    return ok;
}


static void
cl_path_route(cl_link_t *ln, uint64_t now_ns)
{
    char        a[WZP_ADDR_TEXT_MAX], b[WZP_ADDR_TEXT_MAX];
    wzp_addr_t  local;

    if (!cl_path_source(ln, &local)
        || wzp_addr_same_ip(&local, wzp_qconn_local(ln->qc)))
    {
        return;
    }

    cl_debug("the way to the relay changed from %s to %s",
             wzp_addr_text(wzp_qconn_local(ln->qc), a),
             wzp_addr_text(&local, b));

    (void) cl_link_migrate(ln, now_ns);
}


void
cl_path_listen(cl_link_t *ln)
{
    struct sockaddr_nl  nl;

    ln->routes = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                        NETLINK_ROUTE);
    if (ln->routes == -1) {
        return;
    }

    memset(&nl, 0, sizeof(nl));
    nl.nl_family = AF_NETLINK;
    nl.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR
                   | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;

    if (bind(ln->routes, (struct sockaddr *) &nl, sizeof(nl)) == -1) {
        (void) close(ln->routes);
        ln->routes = -1;
    }
}


/* Whatever it says: look at the route. */

void
cl_path_news(cl_link_t *ln, uint64_t now_ns)
{
    bool  news;
    char  buf[8192];

    if (ln->routes == -1) {
        return;
    }

    news = false;

    while (recv(ln->routes, buf, sizeof(buf), 0) > 0) {
        news = true;
    }

    if (news) {
        ln->probe_ns = WZP_MIN(ln->probe_ns, now_ns + CL_PATH_SETTLE);
    }
}


static void
cl_path_silence(cl_link_t *ln, uint64_t now_ns)
{
    uint64_t     silent;
    cl_ending_t  en;

    if (!ln->joined) {
        return;
    }

    silent = now_ns - ln->heard_ns;

    if (silent > CL_PATH_SILENCE
        || (ln->refused >= CL_PATH_REFUSALS && silent > CL_PATH_REFUSED))
    {
        cl_ending_set(&en, CL_UNREACHABLE, CL_AGAIN, "silent",
                      "%s: the relay does not answer any more", ln->where);
        cl_link_abort(ln, &en);
    }
}


void
cl_path_watch(cl_link_t *ln, uint64_t now_ns)
{
    uint64_t  dropped;

    dropped = wzp_udp_tx_stats(ln->tx)->dropped;

    if (dropped != ln->dropped) {
        ln->dropped = dropped;
        ln->probe_ns = WZP_MIN(ln->probe_ns, now_ns + CL_PATH_HASTE);
    }

    if (ln->state != CL_LINK_UP || ln->qc == NULL || ln->over
        || now_ns < ln->probe_ns)
    {
        return;
    }

    ln->probe_ns = now_ns + CL_PATH_PROBE;

    cl_path_route(ln, now_ns);
    cl_path_silence(ln, now_ns);
    cl_path_retire(ln, now_ns);
}
