/*
 * Socket addresses by value: copy, compare, print.  No look-ups live here.
 */

#include "net/wzp_addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>


wzp_rc_t
wzp_addr_set(wzp_addr_t *addr, const struct sockaddr *sa, socklen_t len)
{
    socklen_t  need;

    if (sa == NULL || len < sizeof(sa->sa_family)) {
        return WZP_EBAD;
    }

    switch (sa->sa_family) {

    case AF_INET:
        need = sizeof(struct sockaddr_in);
        break;

    case AF_INET6:
        need = sizeof(struct sockaddr_in6);
        break;

    default:
        return WZP_EBAD;
    }

    if (len < need) {
        return WZP_EBAD;
    }

    memset(addr, 0, sizeof(wzp_addr_t));
    memcpy(&addr->u, sa, need);
    addr->len = need;

    return WZP_OK;
}


bool
wzp_addr_same_ip(const wzp_addr_t *a, const wzp_addr_t *b)
{
    if (a->len == 0 || b->len == 0) {
        return a->len == b->len;
    }

    if (a->u.sa.sa_family != b->u.sa.sa_family) {
        return false;
    }

    if (a->u.sa.sa_family == AF_INET) {
        return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
    }

    return memcmp(&a->u.in6.sin6_addr, &b->u.in6.sin6_addr,
                  sizeof(struct in6_addr)) == 0
           && a->u.in6.sin6_scope_id == b->u.in6.sin6_scope_id;
}


bool
wzp_addr_equal(const wzp_addr_t *a, const wzp_addr_t *b)
{
    if (!wzp_addr_same_ip(a, b)) {
        return false;
    }

    if (a->len == 0) {
        return true;
    }

    if (a->u.sa.sa_family == AF_INET) {
        return a->u.in.sin_port == b->u.in.sin_port;
    }

    return a->u.in6.sin6_port == b->u.in6.sin6_port;
}


/* Link-local addresses mean nothing without their interface. */
static const char *
wzp_addr_scope(const wzp_addr_t *addr, char buf[IF_NAMESIZE])
{
    unsigned  scope;

    scope = addr->u.in6.sin6_scope_id;

    if (scope == 0) {
        return NULL;
    }

    if (if_indextoname(scope, buf) == NULL) {
        snprintf(buf, IF_NAMESIZE, "%u", scope);
    }

    return buf;
}


const char *
wzp_addr_text(const wzp_addr_t *addr, char buf[WZP_ADDR_TEXT_MAX])
{
    char         ip[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
    const char  *scope;

    if (addr->len == 0) {
        snprintf(buf, WZP_ADDR_TEXT_MAX, "-");
        return buf;
    }

    if (addr->u.sa.sa_family == AF_INET) {
        inet_ntop(AF_INET, &addr->u.in.sin_addr, ip, sizeof(ip));
        snprintf(buf, WZP_ADDR_TEXT_MAX, "%s:%u", ip,
                 (unsigned) ntohs(addr->u.in.sin_port));
        return buf;
    }

    inet_ntop(AF_INET6, &addr->u.in6.sin6_addr, ip, sizeof(ip));
    scope = wzp_addr_scope(addr, name);

    snprintf(buf, WZP_ADDR_TEXT_MAX, "[%.45s%s%.8s]:%u", ip,
             scope == NULL ? "" : "%", scope == NULL ? "" : scope,
             (unsigned) ntohs(addr->u.in6.sin6_port));

    return buf;
}
