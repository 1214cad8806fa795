/*
 * Host names to addresses without making an event loop wait: getaddrinfo in
 * a thread of its own, which tells of its end by an eventfd.
 *
 * The thread is detached and takes no signals, so that it may run inside a
 * program that handles them, as an nginx worker does; it touches nothing but
 * what is its own, and the process may exit while it runs.  It cannot be
 * stopped: who destroys a question that is not answered leaves a thread behind
 * until the resolver gives up (5 to 30 s).  So ask no more often than that.
 */

#ifndef _WZP_RESOLVE_H_INCLUDED_
#define _WZP_RESOLVE_H_INCLUDED_


#include "net/wzp_addr.h"


#define WZP_RESOLVE_MAX     16          /* addresses of one name             */


typedef struct wzp_resolve_s  wzp_resolve_t;


/*
 * Begin.  The strings are copied; port is a number; family is AF_INET,
 * AF_INET6 or AF_UNSPEC.  NULL: no memory, no descriptor or no thread, or
 * the host is longer than 255 bytes or the port than 7.
 */
wzp_resolve_t *wzp_resolve_create(const char *host, const char *port,
    int family);

/* Readable when there is an answer; for poll and epoll.  It is closed with
 * the answer taken or rs destroyed: take it out of an epoll set before. */
int wzp_resolve_fd(const wzp_resolve_t *rs);

/*
 * The answer, once the descriptor is readable: at most max addresses (and at
 * most WZP_RESOLVE_MAX) in the order in which they should be tried: as the
 * resolver ordered them, but families in turn.  Returns their number; 0 with
 * *error set (static text).  Destroys rs.
 */
size_t wzp_resolve_take(wzp_resolve_t *rs, wzp_addr_t *addrs, size_t max,
    const char **error);

/* Not interested any more; the thread ends by itself.  NULL is allowed. */
void wzp_resolve_destroy(wzp_resolve_t *rs);


#endif /* _WZP_RESOLVE_H_INCLUDED_ */
