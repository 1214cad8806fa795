/*
 * The one socket of the load generator, read with the kernel's time stamps: a
 * frame's delay ends when it arrives, not when we get round to reading it.
 */

#include "load.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define BL_NET_BATCH        32
#define BL_NET_TX           256
#define BL_NET_SIZE         2048
#define BL_NET_BUFFER       (64 * 1024 * 1024)
#define BL_NET_BASE         0x7f400000U         /* 127.64.0.0 */
#define BL_NET_CTL          (CMSG_SPACE(sizeof(struct in_pktinfo))            \
                             + CMSG_SPACE(sizeof(struct timespec))            \
                             + CMSG_SPACE(sizeof(int)))

#ifndef SO_MEMINFO
#define SO_MEMINFO          55
#endif

#ifndef UDP_GRO
#define UDP_GRO             104
#endif


struct bl_net_s {
    wzp_udp_socket_t    su;
    wzp_udp_tx_t       *tx;
    struct mmsghdr      msgs[BL_NET_BATCH];
    struct iovec        iovs[BL_NET_BATCH];
    struct sockaddr_in  names[BL_NET_BATCH];
    _Alignas(struct cmsghdr)
    uint8_t             ctl[BL_NET_BATCH][BL_NET_CTL];
    uint8_t             data[BL_NET_BATCH][BL_NET_SIZE];
};


static uint64_t
bl_clock(clockid_t id)
{
    struct timespec  ts;

    (void) clock_gettime(id, &ts);

    return (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
}


uint64_t
bl_now(void)
{
    return bl_clock(CLOCK_MONOTONIC);
}


void
bl_net_addr(wzp_addr_t *addr, unsigned n, uint16_t port)
{
    memset(addr, 0, sizeof(wzp_addr_t));

    addr->u.in.sin_family = AF_INET;
    addr->u.in.sin_addr.s_addr = htonl(BL_NET_BASE + n + 1);
    addr->u.in.sin_port = htons(port);
    addr->len = sizeof(struct sockaddr_in);
}


uint32_t
bl_net_member(const wzp_addr_t *addr)
{
    return ntohl(addr->u.in.sin_addr.s_addr) - BL_NET_BASE - 1;
}


bl_net_t *
bl_net_open(uint16_t port)
{
    int         fd, on, off;
    bl_net_t   *nt;
    wzp_addr_t  any;

    nt = calloc(1, sizeof(bl_net_t));
    if (nt == NULL) {
        (void) fprintf(stderr, "no memory\n");
        return NULL;
    }

    memset(&any, 0, sizeof(any));
    any.u.in.sin_family = AF_INET;
    any.u.in.sin_port = htons(port);

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd == -1
        || bind(fd, &any.u.sa, sizeof(struct sockaddr_in)) != 0
        || wzp_udp_setup(&nt->su, fd, BL_NET_BUFFER, BL_NET_BUFFER) != WZP_OK)
    {
        (void) fprintf(stderr, "UDP port %u: %s\n", port, strerror(errno));
        goto failed;
    }

    on = 1;
    off = 0;
    (void) setsockopt(fd, IPPROTO_UDP, UDP_GRO, &off, sizeof(off));
    nt->su.gro = false;

    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0) {
        (void) fprintf(stderr, "SO_TIMESTAMPNS: %s\n", strerror(errno));
        goto failed;
    }

    nt->tx = wzp_udp_tx_create(BL_NET_TX);
    if (nt->tx == NULL) {
        (void) fprintf(stderr, "no memory\n");
        goto failed;
    }

    return nt;

failed:

    if (fd != -1) {
        (void) close(fd);
    }

    free(nt);

    return NULL;
}


void
bl_net_close(bl_net_t *nt)
{
    wzp_udp_tx_destroy(nt->tx);
    wzp_udp_close(&nt->su);
    free(nt);
}


int
bl_net_fd(const bl_net_t *nt)
{
    return nt->su.fd;
}


wzp_udp_socket_t *
bl_net_socket(bl_net_t *nt)
{
    return &nt->su;
}


wzp_udp_tx_t *
bl_net_tx(bl_net_t *nt)
{
    return nt->tx;
}


/* Local address and ECN; returns the time stamp (real time), or 0. */
static uint64_t
bl_net_control(wzp_udp_dgram_t *dg, struct msghdr *mh)
{
    uint8_t            tos;
    uint64_t           at;
    struct cmsghdr    *cm;
    struct timespec    ts;
    struct in_pktinfo  pi;

    at = 0;

    for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {

        if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_PKTINFO) {
            memcpy(&pi, CMSG_DATA(cm), sizeof(pi));
            dg->local.u.in.sin_addr = pi.ipi_addr;

        } else if (cm->cmsg_level == IPPROTO_IP && cm->cmsg_type == IP_TOS) {
            memcpy(&tos, CMSG_DATA(cm), sizeof(tos));
            dg->ecn = tos & 3;

        } else if (cm->cmsg_level == SOL_SOCKET
                   && cm->cmsg_type == SO_TIMESTAMPNS)
        {
            memcpy(&ts, CMSG_DATA(cm), sizeof(ts));
            at = (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
        }
    }

    return at;
}


static void
bl_net_message(bl_net_t *nt, int i, uint64_t gap, uint64_t now,
    bl_net_recv_pt fn, void *ctx)
{
    uint64_t          at;
    struct msghdr    *mh;
    wzp_udp_dgram_t   dg;

    mh = &nt->msgs[i].msg_hdr;

    memset(&dg, 0, sizeof(dg));
    dg.socket = &nt->su;
    dg.local = nt->su.local;
    dg.data = nt->data[i];
    dg.len = nt->msgs[i].msg_len;

    if ((mh->msg_flags & MSG_TRUNC)
        || wzp_addr_set(&dg.peer, mh->msg_name, mh->msg_namelen) != WZP_OK)
    {
        return;
    }

    at = bl_net_control(&dg, mh);

    fn(ctx, &dg, (at > gap) ? at - gap : now);
}


int
bl_net_recv(bl_net_t *nt, bl_net_recv_pt fn, void *ctx)
{
    int             i, n;
    uint64_t        gap, now;
    struct msghdr  *mh;

    for (i = 0; i < BL_NET_BATCH; i++) {
        nt->iovs[i].iov_base = nt->data[i];
        nt->iovs[i].iov_len = BL_NET_SIZE;

        mh = &nt->msgs[i].msg_hdr;
        mh->msg_iov = &nt->iovs[i];
        mh->msg_iovlen = 1;
        mh->msg_name = &nt->names[i];
        mh->msg_namelen = sizeof(struct sockaddr_in);
        mh->msg_control = nt->ctl[i];
        mh->msg_controllen = BL_NET_CTL;
        mh->msg_flags = 0;
    }

    n = recvmmsg(nt->su.fd, nt->msgs, BL_NET_BATCH, MSG_DONTWAIT, NULL);

    if (n <= 0) {
        return 0;
    }

    now = bl_now();
    gap = bl_clock(CLOCK_REALTIME) - now;

    for (i = 0; i < n; i++) {
        bl_net_message(nt, i, gap, now, fn, ctx);
    }

    return n;
}


uint64_t
bl_net_drops(const bl_net_t *nt)
{
    uint32_t   info[SK_MEMINFO_VARS];
    socklen_t  len;

    len = sizeof(info);

    if (getsockopt(nt->su.fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0
        || len < (SK_MEMINFO_DROPS + 1) * sizeof(uint32_t))
    {
        return 0;
    }

    return info[SK_MEMINFO_DROPS];
}
