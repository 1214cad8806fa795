/*
 * UDP over loopback: batches, segmentation both ways, ECN, local addresses.
 */

#include "net/wzp_udp.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>


#define MAX     4096


typedef struct {
    unsigned    n;
    size_t      len[MAX];
    uint8_t     first[MAX];
    uint8_t     ecn;
    bool        mixed;                  /* a datagram's bytes are not one    */
    wzp_addr_t  peer;
    wzp_addr_t  local;
} inbox_t;


static wzp_addr_t
addr_of(int family, const char *ip, uint16_t port)
{
    wzp_addr_t  addr;

    memset(&addr, 0, sizeof(addr));
    addr.u.sa.sa_family = (sa_family_t) family;

    if (family == AF_INET) {
        inet_pton(AF_INET, ip, &addr.u.in.sin_addr);
        addr.u.in.sin_port = htons(port);
        addr.len = sizeof(struct sockaddr_in);

    } else {
        inet_pton(AF_INET6, ip, &addr.u.in6.sin6_addr);
        addr.u.in6.sin6_port = htons(port);
        addr.len = sizeof(struct sockaddr_in6);
    }

    return addr;
}


static uint16_t
port_of(const wzp_udp_socket_t *su)
{
    return ntohs(su->local.u.in.sin_port);
}


static void
on_datagram(void *ctx, const wzp_udp_dgram_t *dg)
{
    size_t    i;
    inbox_t  *in;

    in = ctx;

    if (in->n < MAX) {
        in->len[in->n] = dg->len;
        in->first[in->n] = (dg->len != 0) ? dg->data[0] : 0;
    }

    for (i = 1; i < dg->len; i++) {
        in->mixed |= (dg->data[i] != dg->data[0]);
    }

    in->n++;
    in->ecn = dg->ecn;
    in->peer = dg->peer;
    in->local = dg->local;
}


/* Receive until so many are there, or nothing comes for two seconds. */
static void
collect(wzp_udp_rx_t *rx, wzp_udp_socket_t *su, inbox_t *in, unsigned want)
{
    struct pollfd  pfd;

    pfd.fd = su->fd;
    pfd.events = POLLIN;

    while (in->n < want && poll(&pfd, 1, 2000) == 1) {
        (void) wzp_udp_recv(rx, su, on_datagram, in);
    }
}


static void
put(wzp_udp_tx_t *tx, wzp_udp_socket_t *su, const wzp_addr_t *local,
    const wzp_addr_t *peer, uint8_t fill, size_t len, uint8_t ecn)
{
    uint8_t  *buf;

    buf = wzp_udp_tx_buffer(tx);
    memset(buf, fill, len);
    wzp_udp_tx_commit(tx, len, su, local, peer, ecn);
}


static void
test_batch(bool gso, bool gro)
{
    int                     off;
    unsigned                i, wrong;
    inbox_t                 in;
    wzp_addr_t              any, to;
    wzp_udp_rx_t           *rx;
    wzp_udp_tx_t           *tx;
    wzp_udp_stats_t         st;
    wzp_udp_socket_t        a, b;

    any = addr_of(AF_INET, "127.0.0.1", 0);
    ok(wzp_udp_open(&a, &any, NULL) == WZP_OK
       && wzp_udp_open(&b, &any, NULL) == WZP_OK, "two sockets, GSO %s, "
       "GRO %s", gso ? "on" : "off", gro ? "on" : "off");

    ok((fcntl(a.fd, F_GETFL) & O_NONBLOCK) && port_of(&a) != 0
       && !a.wildcard && !a.connected, "as set up");

    a.gso = gso;

    if (!gro) {
        off = 0;
        (void) setsockopt(b.fd, IPPROTO_UDP, 104, &off, sizeof(off));
    }

    rx = wzp_udp_rx_create(64);
    tx = wzp_udp_tx_create(64);
    to = b.local;
    memset(&in, 0, sizeof(in));

    /* Runs of equal size, a shorter end, sizes that grow, odd ones. */

    for (i = 0; i < 200; i++) {
        put(tx, &a, NULL, &to, (uint8_t) i,
            (i < 100) ? 160 : (i < 110) ? 90 : 100 + i * 5, 0);
    }

    wzp_udp_tx_send(tx);
    collect(rx, &b, &in, 200);

    is_u64(in.n, 200, "200 datagrams");
    ok(!in.mixed, "each for itself");

    for (i = 0, wrong = 0; i < 200; i++) {
        wrong += (in.first[i] != (uint8_t) i
                  || in.len[i] != ((i < 100) ? 160U
                                   : (i < 110) ? 90U : 100U + i * 5));
    }

    is_u64(wrong, 0, "in order, whole");
    ok(wzp_addr_equal(&in.peer, &a.local), "from the sender");
    ok(wzp_addr_equal(&in.local, &b.local), "to the receiver");

    st = *wzp_udp_tx_stats(tx);
    is_u64(st.packets, 200, "counted");
    is_u64(st.dropped, 0, "none dropped");
    ok(st.syscalls <= 8, "in %u system calls", (unsigned) st.syscalls);
    is_u64(a.gso, gso, "segmentation is as before");

    is_u64((uint64_t) wzp_udp_recv(rx, &b, on_datagram, &in), 0,
           "nothing more");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&a);
    wzp_udp_close(&b);
}


static void
test_ecn(int family, const char *ip, const char *to_ip)
{
    uint8_t            ecn;
    inbox_t            in;
    wzp_addr_t         any, to;
    wzp_udp_rx_t      *rx;
    wzp_udp_tx_t      *tx;
    wzp_udp_socket_t   a, b;

    any = addr_of(family, ip, 0);

    if (wzp_udp_open(&a, &any, NULL) != WZP_OK
        || wzp_udp_open(&b, &any, NULL) != WZP_OK)
    {
        pass("%s # SKIP: %s", ip, strerror(errno));
        return;
    }

    to = addr_of(family, to_ip, port_of(&b));
    rx = wzp_udp_rx_create(8);
    tx = wzp_udp_tx_create(8);

    for (ecn = 0; ecn < 4; ecn++) {
        memset(&in, 0, sizeof(in));
        put(tx, &a, NULL, &to, 1, 100, ecn);
        put(tx, &a, NULL, &to, 2, 100, ecn);
        wzp_udp_tx_send(tx);
        collect(rx, &b, &in, 2);
        ok(in.n == 2 && in.ecn == ecn, "%s: ECN %u arrives", to_ip, ecn);
    }

    memset(&in, 0, sizeof(in));
    put(tx, &a, NULL, &to, 1, 100, 2);
    put(tx, &a, NULL, &to, 2, 100, 0);
    wzp_udp_tx_send(tx);
    collect(rx, &b, &in, 2);
    ok(in.n == 2 && in.ecn == 0, "packets of other marks are not merged");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&a);
    wzp_udp_close(&b);
}


/* A wildcard socket tells which address was meant, and answers from it. */
static void
test_wildcard(int family, const char *any_ip, int from_family,
    const char *from_ip, const char *to_ip, const char *seen_ip)
{
    inbox_t            in, back;
    wzp_addr_t         any, to, from, seen;
    wzp_udp_rx_t      *rx;
    wzp_udp_tx_t      *tx;
    wzp_udp_socket_t   sv, cl;

    any = addr_of(family, any_ip, 0);
    from = addr_of(from_family, from_ip, 0);

    if (wzp_udp_open(&sv, &any, NULL) != WZP_OK) {
        pass("%s # SKIP: %s", any_ip, strerror(errno));
        return;
    }

    to = addr_of(from_family, to_ip, port_of(&sv));
    seen = addr_of(family, seen_ip, port_of(&sv));

    /* Connected: takes answers from that address alone. */

    ok(sv.wildcard && wzp_udp_open(&cl, &from, &to) == WZP_OK
       && cl.connected, "%s reached as %s", any_ip, to_ip);

    rx = wzp_udp_rx_create(8);
    tx = wzp_udp_tx_create(8);
    memset(&in, 0, sizeof(in));
    memset(&back, 0, sizeof(back));

    put(tx, &cl, NULL, &to, 1, 300, 1);
    put(tx, &cl, NULL, &to, 2, 300, 1);
    wzp_udp_tx_send(tx);
    collect(rx, &sv, &in, 2);
    is_u64(in.n, 2, "arrives");
    ok(wzp_addr_equal(&in.local, &seen), "at the address that was meant");
    is_u64(in.ecn, 1, "with its mark");

    put(tx, &sv, &in.local, &in.peer, 3, 300, 2);
    put(tx, &sv, &in.local, &in.peer, 4, 300, 2);
    wzp_udp_tx_send(tx);
    collect(rx, &cl, &back, 2);
    is_u64(back.n, 2, "the answer comes from there");
    is_u64(back.ecn, 2, "with its mark");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&sv);
    wzp_udp_close(&cl);
}


/* Larger than the interface takes: refused, and nothing else suffers. */
static void
test_refused(void)
{
    int                fd, pair[2];
    unsigned           i;
    inbox_t            in;
    wzp_addr_t         any, to, nowhere;
    wzp_udp_rx_t      *rx;
    wzp_udp_tx_t      *tx;
    wzp_udp_socket_t   a, b, bad;

    any = addr_of(AF_INET, "127.0.0.1", 0);
    nowhere = addr_of(AF_INET, "255.255.255.255", 9);

    ok(wzp_udp_open(&a, &any, NULL) == WZP_OK
       && wzp_udp_open(&b, &any, NULL) == WZP_OK, "two sockets");

    to = b.local;
    rx = wzp_udp_rx_create(64);
    tx = wzp_udp_tx_create(64);
    memset(&in, 0, sizeof(in));

    /* Broadcast is not allowed to us: EACCES, in the middle of a batch. */

    for (i = 0; i < 10; i++) {
        put(tx, &a, NULL, &to, 1, 200, 0);
        put(tx, &a, NULL, &nowhere, 2, 200, 0);
        put(tx, &a, NULL, &nowhere, 2, 200, 0);
    }

    wzp_udp_tx_send(tx);
    collect(rx, &b, &in, 10);
    is_u64(in.n, 10, "what can be sent is");
    is_u64(wzp_udp_tx_stats(tx)->dropped, 20, "the rest is counted");
    is_u64(wzp_udp_tx_stats(tx)->packets, 10, "once");

    /* Nobody listens: the error comes back on a connected socket. */

    wzp_udp_close(&b);
    ok(wzp_udp_open(&b, NULL, &to) == WZP_OK, "connected to nobody");
    put(tx, &b, NULL, &to, 1, 100, 0);
    wzp_udp_tx_send(tx);
    usleep(10000);
    errno = 0;
    ok(wzp_udp_recv(rx, &b, on_datagram, &in) == -1
       && errno == ECONNREFUSED, "ECONNREFUSED");
    put(tx, &b, NULL, &to, 1, 100, 0);
    put(tx, &b, NULL, &to, 1, 100, 0);
    wzp_udp_tx_send(tx);

    /* What is no bound UDP socket. */

    ok(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0
       && wzp_udp_setup(&bad, pair[0], 0, 0) == WZP_EIO, "a unix socket");
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ok(wzp_udp_setup(&bad, fd, 0, 0) == WZP_EIO, "a TCP socket");
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    ok(wzp_udp_setup(&bad, fd, 0, 0) == WZP_EIO, "one that is not bound");
    close(fd);
    ok(wzp_udp_setup(&bad, -1, 0, 0) == WZP_EIO, "none");
    close(pair[0]);
    close(pair[1]);

    ok(wzp_udp_open(&bad, NULL, NULL) == WZP_EIO, "nowhere to bind");
    any = addr_of(AF_INET, "192.0.2.1", 0);
    ok(wzp_udp_open(&bad, &any, NULL) == WZP_EIO, "an address not ours");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&a);
    wzp_udp_close(&b);
    wzp_udp_close(&b);
}


/* A kernel that refuses segmentation (it does without checksums): everything
 * arrives all the same, and it is not tried again. */
static void
test_no_gso(void)
{
    int                on;
    unsigned           i;
    inbox_t            in;
    wzp_addr_t         any;
    wzp_udp_rx_t      *rx;
    wzp_udp_tx_t      *tx;
    wzp_udp_socket_t   a, b;

    any = addr_of(AF_INET, "127.0.0.1", 0);
    ok(wzp_udp_open(&a, &any, NULL) == WZP_OK
       && wzp_udp_open(&b, &any, NULL) == WZP_OK, "two sockets");

    on = 1;
    ok(setsockopt(a.fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)) == 0,
       "without checksums");

    rx = wzp_udp_rx_create(64);
    tx = wzp_udp_tx_create(64);
    memset(&in, 0, sizeof(in));

    for (i = 0; i < 50; i++) {
        put(tx, &a, NULL, &b.local, (uint8_t) i, (i < 25) ? 200 : 300, 0);
    }

    wzp_udp_tx_send(tx);
    collect(rx, &b, &in, 50);
    is_u64(in.n, 50, "all arrive");
    ok(!in.mixed, "whole");
    ok(!a.gso, "no segmentation any more");
    is_u64(wzp_udp_tx_stats(tx)->dropped, 0, "none dropped");
    is_u64(wzp_udp_tx_stats(tx)->packets, 50, "counted once");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&a);
    wzp_udp_close(&b);
}


/* Two sockets in one batch, by turns. */
static void
test_sockets(void)
{
    unsigned           i;
    inbox_t            in;
    wzp_addr_t         any;
    wzp_udp_rx_t      *rx;
    wzp_udp_tx_t      *tx;
    wzp_udp_socket_t   a, b, c;

    any = addr_of(AF_INET, "127.0.0.1", 0);
    ok(wzp_udp_open(&a, &any, NULL) == WZP_OK
       && wzp_udp_open(&b, &any, NULL) == WZP_OK
       && wzp_udp_open(&c, &any, NULL) == WZP_OK, "three sockets");

    rx = wzp_udp_rx_create(64);
    tx = wzp_udp_tx_create(16);
    memset(&in, 0, sizeof(in));

    for (i = 0; i < 40; i++) {
        put(tx, (i / 3 & 1) ? &a : &b, NULL, &c.local, (uint8_t) i, 100, 0);
    }

    wzp_udp_tx_send(tx);
    wzp_udp_tx_send(tx);
    collect(rx, &c, &in, 40);
    is_u64(in.n, 40, "40 packets by two sockets; a full batch leaves early");
    ok(!in.mixed, "whole");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&a);
    wzp_udp_close(&b);
    wzp_udp_close(&c);
}


/* A loopback of our own, over which no more than this passes. */
static bool
small_loopback(int mtu)
{
    int           fd;
    bool          done;
    struct ifreq  ifr;

    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET)
        != 0)
    {
        return false;
    }

    memset(&ifr, 0, sizeof(ifr));
    memcpy(ifr.ifr_name, "lo", 3);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    ifr.ifr_mtu = mtu;
    done = fd != -1 && ioctl(fd, SIOCSIFMTU, &ifr) == 0;

    ifr.ifr_flags = IFF_UP | IFF_RUNNING;
    done = done && ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
    (void) close(fd);

    return done;
}


/* A probe of path MTU discovery that our own device refuses takes nothing
 * along that stands behind it, nor segmentation for ever. */
static void
test_small_device(void)
{
    unsigned           i;
    inbox_t            in;
    wzp_addr_t         any;
    wzp_udp_rx_t      *rx;
    wzp_udp_tx_t      *tx;
    wzp_udp_socket_t   a, b;

    if (!small_loopback(1300)) {
        skip("no network of its own");
        return;
    }

    any = addr_of(AF_INET, "127.0.0.1", 0);
    ok(wzp_udp_open(&a, &any, NULL) == WZP_OK
       && wzp_udp_open(&b, &any, NULL) == WZP_OK, "a device of 1300 bytes");

    rx = wzp_udp_rx_create(64);
    tx = wzp_udp_tx_create(64);
    memset(&in, 0, sizeof(in));

    put(tx, &a, NULL, &b.local, 1, 1452, 0);
    put(tx, &a, NULL, &b.local, 2, 120, 0);

    for (i = 0; i < 5; i++) {
        put(tx, &a, NULL, &b.local, 3, 200, 0);
    }

    wzp_udp_tx_send(tx);
    collect(rx, &b, &in, 6);
    is_u64(in.n, 6, "all but the large one arrive");
    is_u64(wzp_udp_tx_stats(tx)->dropped, 1, "which is counted");
    ok(a.gso, "segmentation goes on");

    wzp_udp_rx_destroy(rx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&a);
    wzp_udp_close(&b);
}


int
main(void)
{
    test_batch(true, true);
    test_batch(true, false);
    test_batch(false, true);
    test_batch(false, false);
    test_ecn(AF_INET, "127.0.0.1", "127.0.0.1");
    test_ecn(AF_INET6, "::1", "::1");
    test_wildcard(AF_INET, "0.0.0.0", AF_INET, "127.0.0.1", "127.0.0.5",
                  "127.0.0.5");
    test_wildcard(AF_INET6, "::", AF_INET6, "::1", "::1", "::1");
    test_wildcard(AF_INET6, "::", AF_INET, "127.0.0.1", "127.0.0.7",
                  "::ffff:127.0.0.7");
    test_refused();
    test_no_gso();
    test_sockets();
    test_small_device();                /* the last: another network         */

    return done_testing();
}
