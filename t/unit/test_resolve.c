/*
 * Host names to addresses: numbers only, a test asks no name server.
 */

#include "net/wzp_resolve.h"
#include "tap.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>


static wzp_resolve_t *
ask(const char *host, const char *port, int family)
{
    struct pollfd   pfd;
    wzp_resolve_t  *rs;

    rs = wzp_resolve_create(host, port, family);

    if (rs != NULL) {
        pfd.fd = wzp_resolve_fd(rs);
        pfd.events = POLLIN;
        ok(poll(&pfd, 1, 10000) == 1, "%s: an answer", host);
    }

    return rs;
}


static void
test_answers(void)
{
    char            text[WZP_ADDR_TEXT_MAX];
    size_t          n;
    wzp_addr_t      addrs[WZP_RESOLVE_MAX];
    const char     *error;
    wzp_resolve_t  *rs;

    rs = ask("127.0.0.1", "4433", AF_UNSPEC);
    n = (rs != NULL) ? wzp_resolve_take(rs, addrs, WZP_RESOLVE_MAX, &error)
                     : 0;
    is_u64(n, 1, "one address");
    ok(n == 1 && error == NULL, "no error");
    is_str(n == 1 ? wzp_addr_text(&addrs[0], text) : "", "127.0.0.1:4433",
           "it");

    rs = ask("::1", "1", AF_UNSPEC);
    n = (rs != NULL) ? wzp_resolve_take(rs, addrs, 1, &error) : 0;
    is_str(n == 1 ? wzp_addr_text(&addrs[0], text) : "", "[::1]:1",
           "IPv6, and room for one");

    rs = ask("127.0.0.1", "1", AF_UNSPEC);
    error = NULL;
    n = (rs != NULL) ? wzp_resolve_take(rs, addrs, 0, &error) : 1;
    ok(n == 0 && error != NULL, "room for none: %s", error ? error : "?");

    rs = ask("::1", "1", AF_INET);
    error = NULL;
    n = (rs != NULL) ? wzp_resolve_take(rs, addrs, 1, &error) : 1;
    ok(n == 0 && error != NULL, "the other family: %s", error ? error : "?");

    rs = ask("127.0.0.1", "http", AF_INET);
    error = NULL;
    n = (rs != NULL) ? wzp_resolve_take(rs, addrs, 1, &error) : 1;
    ok(n == 0 && error != NULL, "port by name: %s", error ? error : "?");
}


static void
test_limits(void)
{
    char  host[257];

    memset(host, 'a', 256);
    host[256] = '\0';

    ok(wzp_resolve_create(host, "1", AF_UNSPEC) == NULL, "host too long");
    ok(wzp_resolve_create("::1", "12345678", AF_UNSPEC) == NULL,
       "port too long");
    wzp_resolve_destroy(NULL);
}


/* Whoever asks keeps his signals; whoever loses interest leaves nothing. */
static void
test_manners(void)
{
    int             i, same;
    sigset_t        before, after;
    wzp_resolve_t  *rs;

    (void) sigemptyset(&before);
    (void) sigaddset(&before, SIGUSR2);
    (void) sigprocmask(SIG_SETMASK, &before, NULL);

    for (i = 0; i < 50; i++) {
        rs = wzp_resolve_create("127.0.0.1", "1", AF_INET);
        wzp_resolve_destroy(rs);
    }

    (void) sigprocmask(SIG_SETMASK, NULL, &after);

    for (i = 1, same = 1; i < 32; i++) {
        same &= (sigismember(&before, i) == sigismember(&after, i));
    }

    ok(same, "the signal mask is as before");

    rs = ask("127.0.0.1", "1", AF_INET);
    wzp_resolve_destroy(rs);
    ok(rs != NULL, "an answer that nobody wants");
}


int
main(void)
{
    test_answers();
    test_limits();
    test_manners();

    return done_testing();
}
