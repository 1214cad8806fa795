/*
 * Socket addresses.
 */

#include "net/wzp_addr.h"
#include "tap.h"

#include <arpa/inet.h>
#include <sys/un.h>


static wzp_addr_t
v4(const char *ip, uint16_t port)
{
    wzp_addr_t          addr;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    memset(&addr, 0, sizeof(addr));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    inet_pton(AF_INET, ip, &sin.sin_addr);

    if (wzp_addr_set(&addr, (struct sockaddr *) &sin, sizeof(sin)) != WZP_OK) {
        fail("set %s", ip);
    }

    return addr;
}


static wzp_addr_t
v6(const char *ip, uint16_t port, uint32_t scope)
{
    wzp_addr_t           addr;
    struct sockaddr_in6  sin6;

    memset(&sin6, 0, sizeof(sin6));
    memset(&addr, 0, sizeof(addr));
    sin6.sin6_family = AF_INET6;
    sin6.sin6_port = htons(port);
    sin6.sin6_scope_id = scope;
    inet_pton(AF_INET6, ip, &sin6.sin6_addr);

    if (wzp_addr_set(&addr, (struct sockaddr *) &sin6, sizeof(sin6))
        != WZP_OK)
    {
        fail("set %s", ip);
    }

    return addr;
}


static void
test_set(void)
{
    wzp_addr_t           addr;
    struct sockaddr_un   un;
    struct sockaddr_in6  in6;

    memset(&un, 0, sizeof(un));
    un.sun_family = AF_UNIX;
    addr.len = 77;

    ok(wzp_addr_set(&addr, (struct sockaddr *) &un, sizeof(un)) == WZP_EBAD,
       "a unix socket's address");
    is_u64(addr.len, 77, "leaves the output alone");
    ok(wzp_addr_set(&addr, NULL, 0) == WZP_EBAD, "no address");

    memset(&in6, 0, sizeof(in6));
    in6.sin6_family = AF_INET6;
    ok(wzp_addr_set(&addr, (struct sockaddr *) &in6, sizeof(in6) - 1)
       == WZP_EBAD, "an IPv6 address that is cut");
    ok(wzp_addr_set(&addr, (struct sockaddr *) &in6, 1) == WZP_EBAD,
       "one byte");
}


static void
test_compare(void)
{
    wzp_addr_t  a, b, c, d, none;

    a = v4("192.0.2.1", 4433);
    b = v4("192.0.2.1", 4434);
    c = v4("192.0.2.2", 4433);
    d = v6("::ffff:192.0.2.1", 4433, 0);
    memset(&none, 0, sizeof(none));

    ok(wzp_addr_equal(&a, &a), "equal to itself");
    ok(!wzp_addr_equal(&a, &b) && wzp_addr_same_ip(&a, &b), "other port");
    ok(!wzp_addr_equal(&a, &c) && !wzp_addr_same_ip(&a, &c), "other IP");
    ok(!wzp_addr_equal(&a, &d) && !wzp_addr_same_ip(&a, &d), "other family");
    ok(wzp_addr_equal(&none, &none) && !wzp_addr_equal(&a, &none)
       && !wzp_addr_equal(&none, &a), "no address equals none alone");

    a = v6("fe80::1", 1, 2);
    b = v6("fe80::1", 1, 3);
    ok(!wzp_addr_same_ip(&a, &b), "link-local on another interface");
    b = v6("fe80::1", 2, 2);
    ok(!wzp_addr_equal(&a, &b) && wzp_addr_same_ip(&a, &b), "IPv6 port");
}


static void
test_text(void)
{
    char        buf[WZP_ADDR_TEXT_MAX];
    wzp_addr_t  addr;

    addr = v4("192.0.2.1", 4433);
    is_str(wzp_addr_text(&addr, buf), "192.0.2.1:4433", "IPv4");

    addr = v6("2001:db8::1", 4433, 0);
    is_str(wzp_addr_text(&addr, buf), "[2001:db8::1]:4433", "IPv6");

    addr = v6("fe80::1", 65535, 1);
    is_str(wzp_addr_text(&addr, buf), "[fe80::1%lo]:65535", "with scope");

    addr = v6("fe80::1", 1, 4000000000U);
    ok(strlen(wzp_addr_text(&addr, buf)) < WZP_ADDR_TEXT_MAX,
       "an interface that is not there: %s", buf);

    addr = v6("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535,
              4294967295U);
    ok(strlen(wzp_addr_text(&addr, buf)) < WZP_ADDR_TEXT_MAX,
       "the longest: %s", buf);

    memset(&addr, 0, sizeof(addr));
    is_str(wzp_addr_text(&addr, buf), "-", "none");
}


int
main(void)
{
    test_set();
    test_compare();
    test_text();

    return done_testing();
}
