/*
 * A socket address by value.
 */

#ifndef _WZP_ADDR_H_INCLUDED_
#define _WZP_ADDR_H_INCLUDED_


#include <netinet/in.h>
#include <sys/socket.h>

#include "wzp/wzp_base.h"


#define WZP_ADDR_TEXT_MAX   64          /* "[v6%scope]:port" and NUL */


typedef struct {
    union {
        struct sockaddr      sa;
        struct sockaddr_in   in;
        struct sockaddr_in6  in6;
    }                        u;
    socklen_t                len;       /* 0 = no address                    */
} wzp_addr_t;


/* WZP_EBAD for a family other than AF_INET and AF_INET6. */
wzp_rc_t wzp_addr_set(wzp_addr_t *addr, const struct sockaddr *sa,
    socklen_t len) WZP_MUST_CHECK;

/* Address and port are equal. */
bool wzp_addr_equal(const wzp_addr_t *a, const wzp_addr_t *b);

/* The IP alone is equal. */
bool wzp_addr_same_ip(const wzp_addr_t *a, const wzp_addr_t *b);

/* "192.0.2.1:4433", "[2001:db8::1]:4433"; returns buf. */
const char *wzp_addr_text(const wzp_addr_t *addr,
    char buf[WZP_ADDR_TEXT_MAX]);


#endif /* _WZP_ADDR_H_INCLUDED_ */
