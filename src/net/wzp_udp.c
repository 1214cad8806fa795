/*
 * Opening and preparing UDP sockets, and receiving from them in batches.
 * Sending is in wzp_udp_tx.c.
 */

#define _GNU_SOURCE

#include "net/wzp_udp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <unistd.h>


#ifndef UDP_GRO
#define UDP_GRO             104
#endif

/* The largest UDP payload there is: a whole GRO run arrives as one. */
#define WZP_UDP_RX_SIZE     65536

/* PKTINFO, TOS or TCLASS, and GRO; of both families on dual-stack sockets. */
#define WZP_UDP_RX_CTL      (2 * CMSG_SPACE(sizeof(struct in6_pktinfo))       \
                             + 4 * CMSG_SPACE(sizeof(int)))


struct wzp_udp_rx_s {
    unsigned                  n;
    struct mmsghdr           *msgs;
    struct iovec             *iovs;
    struct sockaddr_storage  *names;
    uint8_t                  *ctl;      /* n * WZP_UDP_RX_CTL                */
    uint8_t                  *data;     /* n * WZP_UDP_RX_SIZE, lazily backed
                                           by the kernel                     */
};


static void
wzp_udp_on(int fd, int level, int name, int value)
{
    /* Options that a kernel lacks are left out. */
    (void) setsockopt(fd, level, name, &value, sizeof(value));
}


static void
wzp_udp_buffer_size(int fd, int forced, int plain, int size)
{
    if (size <= 0) {
        return;
    }

    if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) != 0) {
        wzp_udp_on(fd, SOL_SOCKET, plain, size);
    }
}


static bool
wzp_udp_is_any(const wzp_addr_t *addr)
{
    if (addr->u.sa.sa_family == AF_INET) {
        return addr->u.in.sin_addr.s_addr == htonl(INADDR_ANY);
    }

    return IN6_IS_ADDR_UNSPECIFIED(&addr->u.in6.sin6_addr);
}


/* Options of one socket.  A dual-stack socket needs those of both families. */
static void
wzp_udp_options(wzp_udp_socket_t *su)
{
    int  on;

    if (su->local.u.sa.sa_family == AF_INET6) {
        wzp_udp_on(su->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                   IPV6_PMTUDISC_PROBE);
        wzp_udp_on(su->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);

        if (su->wildcard) {
            wzp_udp_on(su->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        }
    }

    /* On AF_INET6 these concern v4-mapped peers. */

    wzp_udp_on(su->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    wzp_udp_on(su->fd, IPPROTO_IP, IP_RECVTOS, 1);

    if (su->wildcard && su->local.u.sa.sa_family == AF_INET) {
        wzp_udp_on(su->fd, IPPROTO_IP, IP_PKTINFO, 1);
    }

    on = 1;
    su->gro = setsockopt(su->fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) == 0;
    su->gso = true;
}


wzp_rc_t
wzp_udp_setup(wzp_udp_socket_t *su, int fd, int rcvbuf, int sndbuf)
{
    int                      type, flags;
    socklen_t                len;
    wzp_addr_t               local;
    struct sockaddr_storage  ss;

    len = sizeof(type);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0) {
        return WZP_EIO;
    }

    len = sizeof(ss);
    if (type != SOCK_DGRAM
        || getsockname(fd, (struct sockaddr *) &ss, &len) != 0
        || wzp_addr_set(&local, (struct sockaddr *) &ss, len) != WZP_OK
        || local.u.in.sin_port == 0)
    {
        errno = EINVAL;
        return WZP_EIO;
    }

    flags = fcntl(fd, F_GETFL);
    if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) {
        return WZP_EIO;
    }

    memset(su, 0, sizeof(wzp_udp_socket_t));
    su->fd = fd;
    su->local = local;
    su->wildcard = wzp_udp_is_any(&local);

    len = sizeof(ss);
    su->connected = getpeername(fd, (struct sockaddr *) &ss, &len) == 0;

    wzp_udp_options(su);
    wzp_udp_buffer_size(fd, SO_RCVBUFFORCE, SO_RCVBUF, rcvbuf);
    wzp_udp_buffer_size(fd, SO_SNDBUFFORCE, SO_SNDBUF, sndbuf);

    return WZP_OK;
}


/* The family of the peer, else of the local address. */
static int
wzp_udp_bind(int fd, const wzp_addr_t *local, const wzp_addr_t *peer)
{
    wzp_addr_t  any;

    if (local != NULL) {
        return bind(fd, &local->u.sa, local->len);
    }

    memset(&any, 0, sizeof(any));
    any.u.sa.sa_family = peer->u.sa.sa_family;

    return bind(fd, &any.u.sa, peer->len);
}


wzp_rc_t
wzp_udp_open(wzp_udp_socket_t *su, const wzp_addr_t *local,
    const wzp_addr_t *peer)
{
    int                fd, saved;
    const wzp_addr_t  *addr;

    addr = (peer != NULL) ? peer : local;

    if (addr == NULL || addr->len == 0 || (local != NULL && local->len == 0)) {
        errno = EINVAL;
        return WZP_EIO;
    }

    fd = socket(addr->u.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return WZP_EIO;
    }

    if (wzp_udp_bind(fd, local, peer) != 0
        || (peer != NULL && connect(fd, &peer->u.sa, peer->len) != 0)
        || wzp_udp_setup(su, fd, 1024 * 1024, 1024 * 1024) != WZP_OK)
    {
        saved = errno;
        close(fd);
        errno = saved;
        return WZP_EIO;
    }

    return WZP_OK;
}


void
wzp_udp_close(wzp_udp_socket_t *su)
{
    if (su->fd != -1) {
        close(su->fd);
        su->fd = -1;
    }
}


wzp_udp_rx_t *
wzp_udp_rx_create(unsigned n)
{
    unsigned       i;
    wzp_udp_rx_t  *rx;

    rx = calloc(1, sizeof(wzp_udp_rx_t));
    if (rx == NULL || n == 0 || n > 1024) {
        free(rx);
        return NULL;
    }

    rx->n = n;
    rx->msgs = calloc(n, sizeof(struct mmsghdr));
    rx->iovs = calloc(n, sizeof(struct iovec));
    rx->names = calloc(n, sizeof(struct sockaddr_storage));
    rx->ctl = calloc(n, WZP_UDP_RX_CTL);
    rx->data = malloc((size_t) n * WZP_UDP_RX_SIZE);

    if (rx->msgs == NULL || rx->iovs == NULL || rx->names == NULL
        || rx->ctl == NULL || rx->data == NULL)
    {
        wzp_udp_rx_destroy(rx);
        return NULL;
    }

    for (i = 0; i < n; i++) {
        rx->iovs[i].iov_base = rx->data + (size_t) i * WZP_UDP_RX_SIZE;
        rx->iovs[i].iov_len = WZP_UDP_RX_SIZE;
        rx->msgs[i].msg_hdr.msg_iov = &rx->iovs[i];
        rx->msgs[i].msg_hdr.msg_iovlen = 1;
        rx->msgs[i].msg_hdr.msg_name = &rx->names[i];
        rx->msgs[i].msg_hdr.msg_control = rx->ctl + i * WZP_UDP_RX_CTL;
    }

    return rx;
}


void
wzp_udp_rx_destroy(wzp_udp_rx_t *rx)
{
    if (rx == NULL) {
        return;
    }

    free(rx->msgs);
    free(rx->iovs);
    free(rx->names);
    free(rx->ctl);
    free(rx->data);
    free(rx);
}


static void
wzp_udp_local_v4(wzp_udp_dgram_t *dg, const struct cmsghdr *cm)
{
    struct in_pktinfo  pi;

    /* On an AF_INET6 socket IPV6_PKTINFO tells the mapped form. */

    if (dg->local.u.sa.sa_family == AF_INET) {
        memcpy(&pi, CMSG_DATA(cm), sizeof(pi));
        dg->local.u.in.sin_addr = pi.ipi_addr;
    }
}


static void
wzp_udp_local_v6(wzp_udp_dgram_t *dg, const struct cmsghdr *cm)
{
    struct in6_pktinfo  pi;

    if (dg->local.u.sa.sa_family != AF_INET6) {
        return;
    }

    memcpy(&pi, CMSG_DATA(cm), sizeof(pi));
    dg->local.u.in6.sin6_addr = pi.ipi6_addr;

    if (IN6_IS_ADDR_LINKLOCAL(&pi.ipi6_addr)) {
        dg->local.u.in6.sin6_scope_id = pi.ipi6_ifindex;
    }
}


/* Read local address and ECN; returns the segment size of a GRO run or 0. */
static size_t
wzp_udp_control(wzp_udp_dgram_t *dg, struct msghdr *mh)
{
    int              value;
    size_t           segment;
    uint8_t          tos;
    struct cmsghdr  *cm;

    segment = 0;

    for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {

        if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_PKTINFO) {
            wzp_udp_local_v4(dg, cm);

        } else if (cm->cmsg_level == IPPROTO_IPV6
                   && cm->cmsg_type == IPV6_PKTINFO)
        {
            wzp_udp_local_v6(dg, cm);

        } else if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_TOS) {
            memcpy(&tos, CMSG_DATA(cm), sizeof(tos));
            dg->ecn = tos & 3;

        } else if (cm->cmsg_level == IPPROTO_IPV6
                   && cm->cmsg_type == IPV6_TCLASS)
        {
            memcpy(&value, CMSG_DATA(cm), sizeof(value));
            dg->ecn = (uint8_t) (value & 3);

        } else if (cm->cmsg_level == SOL_UDP && cm->cmsg_type == UDP_GRO) {
            memcpy(&value, CMSG_DATA(cm), sizeof(value));
            segment = (value > 0) ? (size_t) value : 0;
        }
    }

    return segment;
}


/* One message of the kernel: one datagram, or a GRO run of equal ones. */
static int
wzp_udp_message(wzp_udp_socket_t *su, struct mmsghdr *msg, wzp_udp_recv_pt fn,
    void *ctx)
{
    int              count;
    size_t           left, segment;
    const uint8_t   *p;
    struct msghdr   *mh;
    wzp_udp_dgram_t  dg;

    mh = &msg->msg_hdr;

    memset(&dg, 0, sizeof(dg));
    dg.socket = su;
    dg.local = su->local;

    if ((mh->msg_flags & MSG_TRUNC)
        || wzp_addr_set(&dg.peer, mh->msg_name, mh->msg_namelen) != WZP_OK)
    {
        return 0;
    }

    segment = wzp_udp_control(&dg, mh);
    p = mh->msg_iov->iov_base;
    left = msg->msg_len;
    count = 0;

    do {
        dg.data = p;
        dg.len = (segment != 0 && segment < left) ? segment : left;
        p += dg.len;
        left -= dg.len;
        count++;

        fn(ctx, &dg);

    } while (left != 0);

    return count;
}


int
wzp_udp_recv(wzp_udp_rx_t *rx, wzp_udp_socket_t *su, wzp_udp_recv_pt fn,
    void *ctx)
{
    int       i, n, count;
    unsigned  k;

    for (k = 0; k < rx->n; k++) {
        rx->msgs[k].msg_hdr.msg_namelen = sizeof(struct sockaddr_storage);
        rx->msgs[k].msg_hdr.msg_controllen = WZP_UDP_RX_CTL;
        rx->msgs[k].msg_hdr.msg_flags = 0;
    }

    n = recvmmsg(su->fd, rx->msgs, rx->n, MSG_DONTWAIT, NULL);

    if (n < 0) {
        return (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }

    for (i = 0, count = 0; i < n; i++) {
        count += wzp_udp_message(su, &rx->msgs[i], fn, ctx);
    }

    return count;
}
