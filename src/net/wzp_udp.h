/*
 * Batched UDP: recvmmsg with UDP_GRO in, sendmmsg with UDP_SEGMENT out, ECN
 * and the local address both ways.  Linux.  Used by relay, client and tools;
 * knows nothing of QUIC.
 */

#ifndef _WZP_UDP_H_INCLUDED_
#define _WZP_UDP_H_INCLUDED_


#include "net/wzp_addr.h"


#define WZP_UDP_MTU_MAX     1500        /* largest datagram we send          */


/*
 * One bound UDP socket.  fd may be replaced by a duplicate at any time between
 * two calls (an old worker does that).  The struct must outlive the QUIC paths
 * that name it.
 */
typedef struct {
    int         fd;
    wzp_addr_t  local;                  /* as bound                          */
    bool        wildcard;               /* local address comes from PKTINFO  */
    bool        connected;              /* connect()ed: send without name    */
    bool        gro;                    /* UDP_GRO is on                     */
    bool        gso;                    /* UDP_SEGMENT not yet refused       */
    void       *data;                   /* the owner's                       */
} wzp_udp_socket_t;


typedef struct {
    const uint8_t     *data;
    size_t             len;
    wzp_addr_t         peer;
    wzp_addr_t         local;           /* never a wildcard                  */
    uint8_t            ecn;             /* two bits                          */
    wzp_udp_socket_t  *socket;          /* it came in here                   */
} wzp_udp_dgram_t;


typedef struct {
    uint64_t  syscalls;
    uint64_t  packets;
    uint64_t  bytes;
    uint64_t  dropped;                  /* refused by the kernel (EAGAIN...) */
} wzp_udp_stats_t;


typedef struct wzp_udp_rx_s  wzp_udp_rx_t;
typedef struct wzp_udp_tx_s  wzp_udp_tx_t;

typedef void (*wzp_udp_recv_pt)(void *ctx, const wzp_udp_dgram_t *dg);


/*
 * Prepare an open, bound socket: non-blocking, IP_MTU_DISCOVER probe, ECN and
 * (wildcard) PKTINFO reception, GRO, large buffers (FORCE variants first, then
 * the plain ones; rcvbuf/sndbuf 0 = leave).  Fills su from getsockname.
 * Each option that the kernel lacks is left out, never an error.
 * WZP_EIO when fd is no bound UDP socket.
 */
wzp_rc_t wzp_udp_setup(wzp_udp_socket_t *su, int fd, int rcvbuf, int sndbuf)
    WZP_MUST_CHECK;

/*
 * Open a socket bound to local (port 0: any) or, with peer != NULL, connected
 * to peer (local may be NULL), and set it up; close-on-exec.  WZP_EIO, errno
 * set.  Bound to "any" and port 0 it is what to dial from, to many peers; a
 * connected one also hears that nobody listens there.
 */
wzp_rc_t wzp_udp_open(wzp_udp_socket_t *su, const wzp_addr_t *local,
    const wzp_addr_t *peer) WZP_MUST_CHECK;

void wzp_udp_close(wzp_udp_socket_t *su);


/* A receive batch of n messages (64 is good).  NULL: no memory. */
wzp_udp_rx_t *wzp_udp_rx_create(unsigned n);
void wzp_udp_rx_destroy(wzp_udp_rx_t *rx);

/*
 * One recvmmsg; fn is called per datagram (GRO runs are split).  Returns the
 * number of datagrams; 0 when nothing was there; -1 on an error other than
 * EAGAIN/EINTR (errno; ECONNREFUSED of a connected socket arrives here).
 */
int wzp_udp_recv(wzp_udp_rx_t *rx, wzp_udp_socket_t *su, wzp_udp_recv_pt fn,
    void *ctx);


/*
 * A send batch.  Packets are written in place and leave together: runs of
 * equal size to one peer as one UDP_SEGMENT message, all in one sendmmsg.
 */
wzp_udp_tx_t *wzp_udp_tx_create(unsigned npackets);
void wzp_udp_tx_destroy(wzp_udp_tx_t *tx);

/* Room for one packet of up to WZP_UDP_MTU_MAX bytes; sends the batch first
 * when it is full.  Never NULL. */
uint8_t *wzp_udp_tx_buffer(wzp_udp_tx_t *tx);

/* The packet in the buffer is len bytes, goes out by su. local may have len 0
 * or a wildcard: the kernel chooses. */
void wzp_udp_tx_commit(wzp_udp_tx_t *tx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn);

/* Send what is there.  What the kernel refuses is dropped and counted. */
void wzp_udp_tx_send(wzp_udp_tx_t *tx);

const wzp_udp_stats_t *wzp_udp_tx_stats(const wzp_udp_tx_t *tx);


#endif /* _WZP_UDP_H_INCLUDED_ */
