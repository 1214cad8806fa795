/*
 * Host names to addresses in a thread.  See resolve.h.
 */

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolve.h"


#define CL_HOST_TEXT    256


/* Owned by two, the thread and the loop; the last one frees it. */
struct cl_resolve_s {
    atomic_int        owners;
    int               fd;
    char              host[CL_HOST_TEXT];
    char              port[8];
    struct addrinfo   hints;
    struct addrinfo  *found;
    int               error;
};


static void
cl_resolve_release(cl_resolve_t *rs)
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
cl_resolve_thread(void *arg)
{
    ssize_t        n;
    uint64_t       one;
    cl_resolve_t  *rs;

    rs = arg;
    rs->error = getaddrinfo(rs->host, rs->port, &rs->hints, &rs->found);

    one = 1;
    n = write(rs->fd, &one, sizeof(one));
    (void) n;

    cl_resolve_release(rs);

    return NULL;
}


cl_resolve_t *
cl_resolve_create(const char *host, const char *port, int family)
{
    pthread_t       thread;
    cl_resolve_t   *rs;
    pthread_attr_t  attr;

    rs = calloc(1, sizeof(cl_resolve_t));
    if (rs == NULL) {
        return NULL;
    }

    rs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (rs->fd == -1) {
        free(rs);
        return NULL;
    }

    (void) snprintf(rs->host, sizeof(rs->host), "%s", host);
    (void) snprintf(rs->port, sizeof(rs->port), "%s", port);

    rs->hints.ai_family = family;
    rs->hints.ai_socktype = SOCK_DGRAM;
    rs->hints.ai_flags = AI_NUMERICSERV;

    atomic_init(&rs->owners, 2);

    (void) pthread_attr_init(&attr);
    (void) pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

    if (pthread_create(&thread, &attr, cl_resolve_thread, rs) != 0) {
        atomic_store(&rs->owners, 1);
        cl_resolve_release(rs);
        rs = NULL;
    }

    (void) pthread_attr_destroy(&attr);

    return rs;
}


int
cl_resolve_fd(const cl_resolve_t *rs)
{
    return rs->fd;
}


/* The resolver's order, but with families in turn: when one of them leads
 * nowhere, the next attempt takes the other (RFC 8305, 4). */

static size_t
cl_resolve_order(const struct addrinfo *ai, wzp_addr_t *addrs)
{
    size_t                  i, n, left[2];
    const struct addrinfo  *p, *list[2][CL_ADDRS_MAX];

    left[0] = 0;
    left[1] = 0;

    for (p = ai; p != NULL; p = p->ai_next) {
        i = p->ai_family != ai->ai_family;

        if (left[i] < CL_ADDRS_MAX) {
            list[i][left[i]++] = p;
        }
    }

    n = 0;

    for (i = 0; i < 2 * CL_ADDRS_MAX && n < CL_ADDRS_MAX; i++) {

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
cl_resolve_take(cl_resolve_t *rs, wzp_addr_t addrs[CL_ADDRS_MAX],
    const char **error)
{
    size_t  n;

    n = 0;
    *error = NULL;

    if (rs->error != 0) {
        *error = gai_strerror(rs->error);

    } else {
        n = cl_resolve_order(rs->found, addrs);

        if (n == 0) {
            *error = "no usable address";
        }
    }

    cl_resolve_release(rs);

    return n;
}


void
cl_resolve_destroy(cl_resolve_t *rs)
{
    if (rs != NULL) {
        cl_resolve_release(rs);
    }
}
