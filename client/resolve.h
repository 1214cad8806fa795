/*
 * Host names to addresses without making the loop wait: getaddrinfo in a
 * thread of its own.
 */

#ifndef _RESOLVE_H_INCLUDED_
#define _RESOLVE_H_INCLUDED_


#include "client.h"
#include "net/wzp_addr.h"


#define CL_ADDRS_MAX    16


typedef struct cl_resolve_s  cl_resolve_t;


/* Begin.  NULL: no memory, no descriptor or no thread.  The strings are
 * copied. */
cl_resolve_t *cl_resolve_create(const char *host, const char *port,
    int family);

/* Readable when there is an answer. */
int cl_resolve_fd(const cl_resolve_t *rs);

/*
 * The answer: the number of addresses, families in turn as the resolver
 * ordered them; 0 with *error set (static text).  Destroys rs.
 */
size_t cl_resolve_take(cl_resolve_t *rs, wzp_addr_t addrs[CL_ADDRS_MAX],
    const char **error);

/* Not interested any more; the thread ends by itself. */
void cl_resolve_destroy(cl_resolve_t *rs);


#endif /* _RESOLVE_H_INCLUDED_ */
