/*
 * Load on a relay, and what it costs:
 *
 *     load --relay HOST:PORT --port PORT [--rooms N] [--members N]
 *          [--talkers N] ... [--pid PID]...
 *
 * Everybody joins; then, after a while of silence (--hold), talkers talk; what
 * they say from the end of --warm on, for --run milliseconds, is counted.
 * Prints name=value lines.  Exit code 1: it did not come to a measurement.
 */

#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>


#define BL_PENDING          64          /* joining at one time               */
#define BL_JOIN_LIMIT       (60 * WZP_SEC)
#define BL_DRAIN            WZP_SEC     /* for frames that are under way     */


static const struct option  bl_longs[] = {
    { "relay",     required_argument, NULL, 'r' },
    { "port",      required_argument, NULL, 'p' },
    { "rooms",     required_argument, NULL, 'R' },
    { "members",   required_argument, NULL, 'm' },
    { "talkers",   required_argument, NULL, 't' },
    { "size",      required_argument, NULL, 's' },
    { "rate",      required_argument, NULL, 'f' },
    { "join-rate", required_argument, NULL, 'j' },
    { "hold",      required_argument, NULL, 'h' },
    { "warm",      required_argument, NULL, 'w' },
    { "run",       required_argument, NULL, 'd' },
    { "unbound",   no_argument,       NULL, 'u' },
    { "trace",     required_argument, NULL, 'T' },
    { "pid",       required_argument, NULL, 'P' },
    { NULL, 0, NULL, 0 }
};


static unsigned
bl_number(const char *text, unsigned min, unsigned max)
{
    char           *end;
    unsigned long   n;

    n = strtoul(text, &end, 10);

    if (*text == '\0' || *end != '\0' || n < min || n > max) {
        (void) fprintf(stderr, "load: \"%s\" is not between %u and %u\n", text,
                       min, max);
        exit(2);
    }

    return (unsigned) n;
}


static void
bl_relay(wzp_addr_t *addr, const char *text)
{
    char         host[64];
    const char  *colon;

    colon = strrchr(text, ':');

    memset(addr, 0, sizeof(wzp_addr_t));
    addr->u.in.sin_family = AF_INET;
    addr->len = sizeof(struct sockaddr_in);

    if (colon != NULL && (size_t) (colon - text) < sizeof(host)) {
        memcpy(host, text, (size_t) (colon - text));
        host[colon - text] = '\0';
        addr->u.in.sin_port = htons((uint16_t) bl_number(colon + 1, 1, 65535));

        if (inet_pton(AF_INET, host, &addr->u.in.sin_addr) == 1) {
            return;
        }
    }

    (void) fprintf(stderr, "load: \"%s\" is not IPV4:PORT\n", text);
    exit(2);
}


static void
bl_option(bl_options_t *op, int c, const char *arg)
{
    switch (c) {

    case 'r':
        bl_relay(&op->relay, arg);
        break;

    case 'p':
        op->port = (uint16_t) bl_number(arg, 1, 65535);
        break;

    case 'R':
        op->rooms = bl_number(arg, 1, BL_MEMBERS);
        break;

    case 'm':
        op->members = bl_number(arg, 1, BL_MEMBERS);
        break;

    case 't':
        op->talkers = bl_number(arg, 0, BL_TALKERS);
        break;

    case 's':
        op->size = bl_number(arg, 40, WZP_PAYLOAD_SAFE);
        break;

    case 'f':
        op->rate = bl_number(arg, 1, 1000);
        break;

    case 'j':
        op->join_rate = bl_number(arg, 0, 100000);
        break;

    case 'h':
        op->hold_ns = bl_number(arg, 0, 600000) * WZP_MS;
        break;

    case 'w':
        op->warm_ns = bl_number(arg, 0, 600000) * WZP_MS;
        break;

    case 'd':
        op->run_ns = bl_number(arg, 0, 600000) * WZP_MS;
        break;

    case 'u':
        op->binding = false;
        break;

    case 'T':
        op->trace = arg;
        break;

    case 'P':
        if (op->npids < BL_PIDS) {
            op->pids[op->npids++] = (int) bl_number(arg, 1, 1 << 30);
        }
        break;

    default:
        exit(2);
    }
}


static void
bl_options(bl_options_t *op, int argc, char **argv)
{
    int  c;

    memset(op, 0, sizeof(bl_options_t));
    op->rooms = 1;
    op->members = 2;
    op->talkers = 1;
    op->size = 80;
    op->rate = 50;
    op->hold_ns = 600 * WZP_MS;
    op->warm_ns = WZP_SEC;
    op->run_ns = 5 * WZP_SEC;
    op->binding = true;

    while ((c = getopt_long(argc, argv, "", bl_longs, NULL)) != -1) {
        bl_option(op, c, optarg);
    }

    if (op->relay.len == 0 || op->port == 0 || optind != argc
        || op->talkers > op->members
        || op->rooms > BL_MEMBERS / op->members)
    {
        (void) fprintf(stderr, "load: --relay and --port are needed, talkers "
                       "are members, members are at most %u\n", BL_MEMBERS);
        exit(2);
    }
}


/* ---- the loop ---- */

static uint64_t
bl_due(const bl_load_t *bl)
{
    if (!bl->talking || bl->ntalkers == 0) {
        return UINT64_MAX;
    }

    return bl->base_ns + bl->talkers[bl->turn]->phase_ns;
}


/* Those whose turn it is.  The stamp is taken after everything else has been
 * sent, so that no work of ours counts as delay. */
static void
bl_talk(bl_load_t *bl)
{
    uint64_t  now;

    now = bl_now();

    if (bl_due(bl) > now) {
        return;
    }

    while (bl_due(bl) <= now) {
        bl_member_talk(bl->talkers[bl->turn], bl_now());

        if (++bl->turn == bl->ntalkers) {
            bl->turn = 0;
            bl->base_ns += WZP_SEC / bl->op.rate;
        }
    }

    wzp_quic_flush(bl->ep, bl_now());
    wzp_udp_tx_send(bl_net_tx(bl->net));
}


static void
bl_sleep(bl_load_t *bl, uint64_t until_ns)
{
    uint64_t         now;
    struct pollfd    pfd;
    struct timespec  ts;

    until_ns = WZP_MIN(until_ns, wzp_quic_deadline(bl->ep));
    until_ns = WZP_MIN(until_ns, bl_due(bl));
    now = bl_now();

    if (until_ns <= now) {
        return;
    }

    ts.tv_sec = (time_t) ((until_ns - now) / WZP_SEC);
    ts.tv_nsec = (long) ((until_ns - now) % WZP_SEC);

    pfd.fd = bl_net_fd(bl->net);
    pfd.events = POLLIN;

    (void) ppoll(&pfd, 1, &ts, NULL);

    bl->slept_ns = until_ns - now;
}


/* How long the machine did not let us run, at least: a turn lasts less than
 * a millisecond. */
static void
bl_watch(bl_load_t *bl)
{
    uint64_t  now, gap;

    now = bl_now();
    gap = now - bl->turn_ns;

    if (bl->window && gap > bl->slept_ns) {
        bl->stall_ns = WZP_MAX(bl->stall_ns, gap - bl->slept_ns);
    }

    bl->turn_ns = now;
    bl->slept_ns = 0;
}


/* One turn; sleeps until until_ns at most when there is nothing to do. */
static void
bl_turn(bl_load_t *bl, uint64_t until_ns)
{
    int       n;
    uint64_t  now;

    bl_watch(bl);

    n = bl_net_recv(bl->net, bl_member_input, bl);

    now = bl_now();
    wzp_quic_expire(bl->ep, now);
    wzp_quic_flush(bl->ep, now);
    wzp_udp_tx_send(bl_net_tx(bl->net));

    bl_talk(bl);

    if (n == 0) {
        bl_sleep(bl, until_ns);
    }
}


static void
bl_turns(bl_load_t *bl, uint64_t until_ns)
{
    while (bl_now() < until_ns) {
        bl_turn(bl, until_ns);
    }
}


/* ---- phases ---- */

static bool
bl_join(bl_load_t *bl)
{
    uint64_t  start, now, next;

    start = bl_now();

    for ( ;; ) {
        now = bl_now();
        next = start;

        if (bl->op.join_rate != 0) {
            next += bl->asked * WZP_SEC / bl->op.join_rate;
        }

        if (bl->asked < bl->nmembers && now >= next
            && bl->pending < BL_PENDING)
        {
            bl_member_connect(&bl->members[bl->asked], now);
        }

        if (bl->joined == bl->nmembers) {
            return true;
        }

        if (bl->gone != 0 || now - start > BL_JOIN_LIMIT) {
            (void) fprintf(stderr, "load: only %u of %u have joined\n",
                           bl->joined, bl->nmembers);
            return false;
        }

        bl_turn(bl, (next > now) ? next : now + 50 * WZP_MS);
    }
}


/* false: nothing at all came through. */
static bool
bl_run(bl_load_t *bl)
{
    unsigned   i;
    uint64_t   now;
    bl_sums_t  before, after, sums;

    now = bl_now();
    bl->base_ns = now + WZP_MS;
    bl->talking = true;
    bl_turns(bl, now + bl->op.warm_ns);

    for (i = 0; i < bl->ntalkers; i++) {
        bl->talkers[i]->from = bl->talkers[i]->next;
    }

    now = bl_now();
    bl_sums_take(bl, &before, now);
    bl->window = true;

    bl_turns(bl, now + bl->op.run_ns);

    bl->window = false;
    bl_sums_take(bl, &after, bl_now());

    for (i = 0; i < bl->ntalkers; i++) {
        bl->talkers[i]->until = bl->talkers[i]->next;
    }

    /* They talk on: the last frames of the window shall not be special. */

    bl_turns(bl, bl_now() + BL_DRAIN);

    bl_sums_diff(&sums, &after, &before);
    bl_report_run(bl, &sums);

    if (sums.frames_out != 0 && sums.frames_in == 0) {
        (void) fprintf(stderr, "load: %llu frames were sent, none arrived; "
                       "the relay's worker used %.0f %% of a CPU\n",
                       (unsigned long long) sums.frames_out,
                       (double) sums.cpu_ns[0] * 100 / (double) sums.at_ns);
        return false;
    }

    return true;
}


static bool
bl_write_trace(bl_load_t *bl)
{
    FILE      *f;
    bool       ok;
    unsigned   i;

    for (i = bl->ntrace; i-- != 0; /* void */) {
        bl->trace[i].at_ns = (bl->trace[i].at_ns > bl->trace[0].at_ns)
                             ? bl->trace[i].at_ns - bl->trace[0].at_ns : 0;
    }

    f = fopen(bl->op.trace, "wb");
    ok = f != NULL
         && fwrite(bl->trace, sizeof(bl_trace_t), bl->ntrace, f) == bl->ntrace;

    if (f != NULL && fclose(f) != 0) {
        ok = false;
    }

    if (!ok) {
        (void) fprintf(stderr, "load: cannot write %s\n", bl->op.trace);
    }

    return ok;
}


int
main(int argc, char **argv)
{
    bool       ok;
    bl_sums_t  before, after;

    static bl_load_t  bl;

    bl_options(&bl.op, argc, argv);

    if (sodium_init() < 0) {
        return 1;
    }

    bl.net = bl_net_open(bl.op.port);
    if (bl.net == NULL) {
        return 1;
    }

    ok = bl_members_init(&bl);

    if (ok) {
        bl_sums_take(&bl, &before, bl_now());
        ok = bl_join(&bl);
    }

    if (ok) {
        bl_turns(&bl, bl_now() + bl.op.hold_ns);
        bl_sums_take(&bl, &after, bl_now());
        bl_report_join(&bl, &before, &after);

        if (bl.op.run_ns != 0) {
            ok = bl_run(&bl);
        }

        if (ok && bl.op.trace != NULL) {
            ok = bl_write_trace(&bl);
        }
    }

    bl_members_done(&bl);
    bl_net_close(bl.net);

    return ok ? 0 : 1;
}
