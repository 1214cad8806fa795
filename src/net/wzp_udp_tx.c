/*
 * Sending UDP in batches: packets are written in place, leave in one sendmmsg
 * per socket, runs of equal size to one peer as one UDP_SEGMENT message.
 */

#define _GNU_SOURCE

#include "net/wzp_udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>


#ifndef UDP_SEGMENT
#define UDP_SEGMENT         103
#endif

#define WZP_UDP_GSO_MAX     64          /* segments: UDP_MAX_SEGMENTS     */
#define WZP_UDP_GSO_BYTES   65000       /* of one message, headers excluded  */

#define WZP_UDP_TX_CTL      (CMSG_SPACE(sizeof(struct in6_pktinfo))           \
                             + CMSG_SPACE(sizeof(int))                        \
                             + CMSG_SPACE(sizeof(uint16_t)))


typedef struct {
    wzp_udp_socket_t  *su;
    wzp_addr_t         local;
    wzp_addr_t         peer;
    size_t             len;
    uint8_t            ecn;
} wzp_udp_pkt_t;


struct wzp_udp_tx_s {
    unsigned           n;               /* room for so many packets          */
    unsigned           used;
    wzp_udp_stats_t    stats;

    wzp_udp_pkt_t     *pkts;
    struct mmsghdr    *msgs;
    struct iovec      *iovs;            /* one per packet, in order          */
    uint8_t           *ctl;             /* n * WZP_UDP_TX_CTL                */
    uint8_t           *data;            /* n * WZP_UDP_MTU_MAX               */
};


wzp_udp_tx_t *
wzp_udp_tx_create(unsigned npackets)
{
    unsigned       i;
    wzp_udp_tx_t  *tx;

    tx = calloc(1, sizeof(wzp_udp_tx_t));
    if (tx == NULL || npackets == 0 || npackets > 65536) {
        free(tx);
        return NULL;
    }

    tx->n = npackets;
    tx->pkts = calloc(npackets, sizeof(wzp_udp_pkt_t));
    tx->msgs = calloc(npackets, sizeof(struct mmsghdr));
    tx->iovs = calloc(npackets, sizeof(struct iovec));
    tx->ctl = calloc(npackets, WZP_UDP_TX_CTL);
    tx->data = malloc((size_t) npackets * WZP_UDP_MTU_MAX);

    if (tx->pkts == NULL || tx->msgs == NULL || tx->iovs == NULL
        || tx->ctl == NULL || tx->data == NULL)
    {
        wzp_udp_tx_destroy(tx);
        return NULL;
    }

    for (i = 0; i < npackets; i++) {
        tx->iovs[i].iov_base = tx->data + (size_t) i * WZP_UDP_MTU_MAX;
    }

    return tx;
}


void
wzp_udp_tx_destroy(wzp_udp_tx_t *tx)
{
    if (tx == NULL) {
        return;
    }

    free(tx->pkts);
    free(tx->msgs);
    free(tx->iovs);
    free(tx->ctl);
    free(tx->data);
    free(tx);
}


uint8_t *
wzp_udp_tx_buffer(wzp_udp_tx_t *tx)
{
    if (tx->used == tx->n) {
        wzp_udp_tx_send(tx);
    }

    return tx->iovs[tx->used].iov_base;
}


void
wzp_udp_tx_commit(wzp_udp_tx_t *tx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn)
{
    wzp_udp_pkt_t  *pk;

    WZP_ASSERT(len != 0 && len <= WZP_UDP_MTU_MAX && tx->used < tx->n);

    pk = &tx->pkts[tx->used];
    pk->su = su;
    pk->peer = *peer;
    pk->len = len;
    pk->ecn = ecn & 3;

    if (local != NULL) {
        pk->local = *local;

    } else {
        pk->local.len = 0;
    }

    tx->iovs[tx->used].iov_len = len;
    tx->used++;
}


const wzp_udp_stats_t *
wzp_udp_tx_stats(const wzp_udp_tx_t *tx)
{
    return &tx->stats;
}


/* Packets i.. that may leave as one message: all of one size but the last,
 * which may be shorter. */
static unsigned
wzp_udp_tx_run(const wzp_udp_tx_t *tx, unsigned i, unsigned end)
{
    size_t                bytes;
    unsigned              n;
    const wzp_udp_pkt_t  *first, *pk;

    first = &tx->pkts[i];

    if (!first->su->gso) {
        return 1;
    }

    bytes = first->len;

    for (n = 1; i + n < end && n < WZP_UDP_GSO_MAX; n++) {
        pk = &tx->pkts[i + n];

        if (pk->len > first->len || bytes + pk->len > WZP_UDP_GSO_BYTES
            || pk->ecn != first->ecn
            || !wzp_addr_equal(&pk->peer, &first->peer)
            || !wzp_addr_equal(&pk->local, &first->local))
        {
            break;
        }

        bytes += pk->len;

        if (pk->len < first->len) {
            return n + 1;
        }
    }

    return n;
}


static struct cmsghdr *
wzp_udp_put(struct msghdr *mh, int level, int type, const void *data,
    size_t len)
{
    struct cmsghdr  *cm;

    cm = (struct cmsghdr *) ((uint8_t *) mh->msg_control + mh->msg_controllen);
    cm->cmsg_level = level;
    cm->cmsg_type = type;
    cm->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(cm), data, len);
    mh->msg_controllen += CMSG_SPACE(len);

    return cm;
}


/* The source address, where the kernel would have to guess it. */
static void
wzp_udp_put_local(struct msghdr *mh, const wzp_udp_pkt_t *pk)
{
    struct in_pktinfo   pi4;
    struct in6_pktinfo  pi6;

    if (!pk->su->wildcard || pk->local.len == 0
        || pk->local.u.sa.sa_family != pk->su->local.u.sa.sa_family)
    {
        return;
    }

    if (pk->local.u.sa.sa_family == AF_INET) {

        if (pk->local.u.in.sin_addr.s_addr != htonl(INADDR_ANY)) {
            memset(&pi4, 0, sizeof(pi4));
            pi4.ipi_spec_dst = pk->local.u.in.sin_addr;
            wzp_udp_put(mh, IPPROTO_IP, IP_PKTINFO, &pi4, sizeof(pi4));
        }

        return;
    }

    if (!IN6_IS_ADDR_UNSPECIFIED(&pk->local.u.in6.sin6_addr)) {
        memset(&pi6, 0, sizeof(pi6));
        pi6.ipi6_addr = pk->local.u.in6.sin6_addr;
        pi6.ipi6_ifindex = pk->local.u.in6.sin6_scope_id;
        wzp_udp_put(mh, IPPROTO_IPV6, IPV6_PKTINFO, &pi6, sizeof(pi6));
    }
}


/* A v4-mapped peer is served by the kernel's IPv4 half, which reads IP_TOS. */
static bool
wzp_udp_is_v4(const wzp_addr_t *addr)
{
    return addr->u.sa.sa_family == AF_INET
           || IN6_IS_ADDR_V4MAPPED(&addr->u.in6.sin6_addr);
}


static void
wzp_udp_tx_message(wzp_udp_tx_t *tx, struct mmsghdr *msg, unsigned i,
    unsigned n)
{
    int             ecn;
    uint16_t        segment;
    wzp_udp_pkt_t  *pk;
    struct msghdr  *mh;

    pk = &tx->pkts[i];
    mh = &msg->msg_hdr;

    memset(msg, 0, sizeof(struct mmsghdr));
    mh->msg_iov = &tx->iovs[i];
    mh->msg_iovlen = n;
    mh->msg_control = tx->ctl + i * WZP_UDP_TX_CTL;

    if (!pk->su->connected) {
        mh->msg_name = &pk->peer.u;
        mh->msg_namelen = pk->peer.len;
    }

    wzp_udp_put_local(mh, pk);

    if (pk->ecn != 0) {
        ecn = pk->ecn;

        if (wzp_udp_is_v4(&pk->peer)) {
            wzp_udp_put(mh, IPPROTO_IP, IP_TOS, &ecn, sizeof(ecn));

        } else {
            wzp_udp_put(mh, IPPROTO_IPV6, IPV6_TCLASS, &ecn, sizeof(ecn));
        }
    }

    if (n > 1) {
        segment = (uint16_t) pk->len;
        wzp_udp_put(mh, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment));
    }

    if (mh->msg_controllen == 0) {
        mh->msg_control = NULL;
    }
}


static void
wzp_udp_tx_count(wzp_udp_tx_t *tx, const struct mmsghdr *msg, bool sent)
{
    size_t  i, n;

    n = msg->msg_hdr.msg_iovlen;

    if (!sent) {
        tx->stats.dropped += n;
        return;
    }

    tx->stats.packets += n;

    for (i = 0; i < n; i++) {
        tx->stats.bytes += msg->msg_hdr.msg_iov[i].iov_len;
    }
}


/*
 * The kernel refused a UDP_SEGMENT message: send its packets one by one.  If
 * the first passes, segmentation was the fault, and is not tried on this
 * socket again (EIO: no checksum offload on the device; EINVAL: old kernel).
 * If not, its size was, which is that of the segments: a probe of path MTU
 * discovery, and those behind it shall not suffer for that.
 */
static void
wzp_udp_tx_split(wzp_udp_tx_t *tx, wzp_udp_socket_t *su, struct mmsghdr *msg)
{
    size_t          i;
    ssize_t         n;
    struct msghdr   mh;
    struct cmsghdr  *cm;
    struct mmsghdr  one;

    mh = msg->msg_hdr;

    /* UDP_SEGMENT is the last control message. */

    mh.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
    cm = (mh.msg_controllen != 0) ? mh.msg_control : NULL;
    mh.msg_control = cm;
    mh.msg_iovlen = 1;

    for (i = 0; i < msg->msg_hdr.msg_iovlen; i++) {
        mh.msg_iov = &msg->msg_hdr.msg_iov[i];

        n = sendmsg(su->fd, &mh, MSG_DONTWAIT);
        tx->stats.syscalls++;

        if (n >= 0 && i == 0) {
            su->gso = false;
        }

        one.msg_hdr = mh;
        wzp_udp_tx_count(tx, &one, n >= 0);
    }
}


/*
 * msgs[0] was refused with errno.  Returns how many messages are done with:
 * 0 = try again, n = give up on all of them.
 */
static unsigned
wzp_udp_tx_refused(wzp_udp_tx_t *tx, wzp_udp_socket_t *su,
    struct mmsghdr *msgs, unsigned n, bool *again)
{
    unsigned  i;

    switch (errno) {

    case EINTR:
        return 0;

    case EAGAIN:
    case ENOBUFS:
#if EAGAIN != EWOULDBLOCK
    case EWOULDBLOCK:
#endif
        for (i = 0; i < n; i++) {
            wzp_udp_tx_count(tx, &msgs[i], false);
        }
        return n;

    case EIO:
    case EINVAL:
    case EMSGSIZE:
        if (msgs->msg_hdr.msg_iovlen > 1) {
            wzp_udp_tx_split(tx, su, msgs);
            return 1;
        }
        break;

    case ECONNREFUSED:
        /* An ICMP error of an earlier packet; this one was not tried. */
        if (!*again) {
            *again = true;
            return 0;
        }
        break;

    default:
        /* A peer that cannot be reached; the next may. */
        break;
    }

    wzp_udp_tx_count(tx, msgs, false);

    return 1;
}


static void
wzp_udp_tx_flush(wzp_udp_tx_t *tx, wzp_udp_socket_t *su, unsigned n)
{
    int              sent, k;
    bool             again;
    unsigned         done;
    struct mmsghdr  *msgs;

    msgs = tx->msgs;
    again = false;

    while (n != 0) {
        sent = sendmmsg(su->fd, msgs, n, MSG_DONTWAIT);
        tx->stats.syscalls++;

        if (sent > 0) {
            for (k = 0; k < sent; k++) {
                wzp_udp_tx_count(tx, &msgs[k], true);
            }

            done = (unsigned) sent;
            again = false;

        } else {
            done = wzp_udp_tx_refused(tx, su, msgs, n, &again);
        }

        msgs += done;
        n -= done;
    }
}


void
wzp_udp_tx_send(wzp_udp_tx_t *tx)
{
    unsigned           i, end, run, nmsgs;
    wzp_udp_socket_t  *su;

    for (i = 0; i < tx->used; i = end) {

        su = tx->pkts[i].su;

        for (end = i + 1; end < tx->used && tx->pkts[end].su == su; end++) {
            /* void */
        }

        for (nmsgs = 0; i < end; i += run, nmsgs++) {
            run = wzp_udp_tx_run(tx, i, end);
            wzp_udp_tx_message(tx, &tx->msgs[nmsgs], i, run);
        }

        wzp_udp_tx_flush(tx, su, nmsgs);
    }

    tx->used = 0;
}
