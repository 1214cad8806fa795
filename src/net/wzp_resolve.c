/*
 * Host names to addresses in a thread.
 */

#include "net/wzp_resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>


#define WZP_HOST_TEXT   256


/* Owned by two, the thread and the loop; the last one frees it. */
struct wzp_resolve_s {
    atomic_int        owners;
    int               fd;
    char              host[WZP_HOST_TEXT];
    char              port[8];
    struct addrinfo   hints;
    struct addrinfo  *found;
    int               error;
};


static void
wzp_resolve_release(wzp_resolve_t *rs)
{
    if (atomic_fetch_sub(&rs->owners, 1) != 1) {
        return;
    }

    if (rs->found != NULL) {
        freeaddrinfo(rs->found);
    }

    (void) close(rs->fd);
    free(rs);
}


static void *
wzp_resolve_thread(void *arg)
{
    ssize_t        n;
    uint64_t       one;
    wzp_resolve_t  *rs;

    rs = arg;
    rs->error = getaddrinfo(rs->host, rs->port, &rs->hints, &rs->found);

    one = 1;
    n = write(rs->fd, &one, sizeof(one));
    (void) n;

    wzp_resolve_release(rs);

    return NULL;
}


/* The thread inherits its mask: whoever calls us goes on getting all signals
 * himself.  False: no thread. */
static bool
wzp_resolve_start(wzp_resolve_t *rs)
{
    int             rc;
    sigset_t        all, before;
    pthread_t       thread;
    pthread_attr_t  attr;

    (void) pthread_attr_init(&attr);
    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &before);

    rc = pthread_create(&thread, &attr, wzp_resolve_thread, rs);

    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void) pthread_attr_destroy(&attr);

    return rc == 0;
}


wzp_resolve_t *
wzp_resolve_create(const char *host, const char *port, int family)
{
    size_t          nhost, nport;
    wzp_resolve_t  *rs;

    nhost = strlen(host);
    nport = strlen(port);

    if (nhost >= sizeof(rs->host) || nport >= sizeof(rs->port)) {
        return NULL;
    }

    rs = calloc(1, sizeof(wzp_resolve_t));
    if (rs == NULL) {
        return NULL;
    }

    rs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (rs->fd == -1) {
        free(rs);
        return NULL;
    }

    memcpy(rs->host, host, nhost + 1);
    memcpy(rs->port, port, nport + 1);

    rs->hints.ai_family = family;
    rs->hints.ai_socktype = SOCK_DGRAM;
    rs->hints.ai_flags = AI_NUMERICSERV;

    atomic_init(&rs->owners, 2);

    if (!wzp_resolve_start(rs)) {
        atomic_store(&rs->owners, 1);
        wzp_resolve_release(rs);
        return NULL;
    }

    return rs;
}


int
wzp_resolve_fd(const wzp_resolve_t *rs)
{
    return rs->fd;
}


/* The resolver's order, but with families in turn: when one of them leads
 * nowhere, the next attempt takes the other (RFC 8305, 4). */
static size_t
wzp_resolve_order(const struct addrinfo *ai, wzp_addr_t *addrs, size_t max)
{
    size_t                  i, n, left[2];
    const struct addrinfo  *p, *list[2][WZP_RESOLVE_MAX];

    left[0] = 0;
    left[1] = 0;

    for (p = ai; p != NULL; p = p->ai_next) {
        i = p->ai_family != ai->ai_family;

        if (left[i] < WZP_RESOLVE_MAX) {
            list[i][left[i]++] = p;
        }
    }

    n = 0;

    for (i = 0; i < 2 * WZP_RESOLVE_MAX && n < max; i++) {

        if (i / 2 >= left[i & 1]) {
            continue;
        }

        p = list[i & 1][i / 2];

        if (wzp_addr_set(&addrs[n], p->ai_addr, p->ai_addrlen) == WZP_OK) {
            n++;
        }
    }

    return n;
}


size_t
wzp_resolve_take(wzp_resolve_t *rs, wzp_addr_t *addrs, size_t max,
    const char **error)
{
    size_t  n;

    n = 0;
    *error = NULL;

    if (rs->error != 0) {
        *error = gai_strerror(rs->error);

    } else {
        n = wzp_resolve_order(rs->found, addrs,
                              WZP_MIN(max, (size_t) WZP_RESOLVE_MAX));

        if (n == 0) {
            *error = "no usable address";
        }
    }

    wzp_resolve_release(rs);

    return n;
}


void
wzp_resolve_destroy(wzp_resolve_t *rs)
{
    if (rs != NULL) {
        wzp_resolve_release(rs);
    }
}
