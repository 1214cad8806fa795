/*
 * The floor: what the kernel alone takes to send what a relay has sent.
 *
 *     floor --trace FILE --port PORT [--run MS] [--batch N] [--paced]
 *           [--cpu N] [--sink-cpu N]
 *
 * Packets of the sizes, in the order and to the addresses of the trace that
 * the load generator has written leave by sendmmsg from one socket; a second
 * process reads them, as the load generator did.  As fast as can be, or, with
 * --paced, at the times of the trace.  Prints name=value lines.
 */

#include "load.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


#define BF_BATCH_MAX        256


typedef struct {
    const char          *trace;
    uint16_t             port;
    uint64_t             run_ns;
    unsigned             batch;
    bool                 paced;
    int                  cpu;           /* -1: any                           */
    int                  sink_cpu;

    int                  fd;
    bl_trace_t          *pkts;
    unsigned             npkts;
    unsigned             next;
    uint64_t             sent;
    uint64_t             bytes;
    _Atomic uint64_t    *received;      /* by the sink                       */

    struct sockaddr_in  *names;         /* of each packet of the trace       */
    struct mmsghdr       msgs[BF_BATCH_MAX];
    struct iovec         iovs[BF_BATCH_MAX];
    uint8_t              data[WZP_UDP_MTU_MAX];
} bf_t;


static const struct option  bf_longs[] = {
    { "trace",    required_argument, NULL, 'T' },
    { "port",     required_argument, NULL, 'p' },
    { "run",      required_argument, NULL, 'd' },
    { "batch",    required_argument, NULL, 'b' },
    { "paced",    no_argument,       NULL, 'P' },
    { "cpu",      required_argument, NULL, 'c' },
    { "sink-cpu", required_argument, NULL, 's' },
    { NULL, 0, NULL, 0 }
};


static void
bf_options(bf_t *bf, int argc, char **argv)
{
    int  c;

    bf->run_ns = WZP_SEC;
    bf->batch = BF_BATCH_MAX;
    bf->cpu = -1;
    bf->sink_cpu = -1;

    while ((c = getopt_long(argc, argv, "", bf_longs, NULL)) != -1) {

        switch (c) {

        case 'T':
            bf->trace = optarg;
            break;

        case 'p':
            bf->port = (uint16_t) atoi(optarg);
            break;

        case 'd':
            bf->run_ns = strtoull(optarg, NULL, 10) * WZP_MS;
            break;

        case 'b':
            bf->batch = (unsigned) atoi(optarg);
            break;

        case 'P':
            bf->paced = true;
            break;

        case 'c':
            bf->cpu = atoi(optarg);
            break;

        case 's':
            bf->sink_cpu = atoi(optarg);
            break;

        default:
            exit(2);
        }
    }

    if (bf->trace == NULL || bf->port == 0 || bf->batch == 0
        || bf->batch > BF_BATCH_MAX || optind != argc)
    {
        (void) fprintf(stderr, "floor: --trace and --port are needed, --batch "
                       "is at most %d\n", BF_BATCH_MAX);
        exit(2);
    }
}


static bool
bf_read(bf_t *bf)
{
    FILE      *f;
    size_t     n;
    unsigned   i;
    wzp_addr_t addr;

    bf->pkts = calloc(BL_TRACE, sizeof(bl_trace_t));
    bf->names = calloc(BL_TRACE, sizeof(struct sockaddr_in));

    f = fopen(bf->trace, "rb");

    if (f == NULL || bf->pkts == NULL || bf->names == NULL) {
        (void) fprintf(stderr, "floor: %s: %s\n", bf->trace, strerror(errno));
        return false;
    }

    n = fread(bf->pkts, sizeof(bl_trace_t), BL_TRACE, f);
    (void) fclose(f);

    bf->npkts = (unsigned) n;

    for (i = 0; i < bf->npkts; i++) {
        bl_net_addr(&addr, bf->pkts[i].member, bf->port);
        bf->names[i] = addr.u.in;

        if (bf->pkts[i].len > sizeof(bf->data)) {
            bf->pkts[i].len = sizeof(bf->data);
        }
    }

    if (n == 0) {
        (void) fprintf(stderr, "floor: %s is empty\n", bf->trace);
    }

    return n != 0;
}


static void
bf_pin(int cpu)
{
    cpu_set_t  set;

    if (cpu >= 0) {
        CPU_ZERO(&set);
        CPU_SET((unsigned) cpu, &set);
        (void) sched_setaffinity(0, sizeof(set), &set);
    }
}


/* ---- the sink ---- */

static void
bf_sink_input(void *ctx, const wzp_udp_dgram_t *dg, uint64_t arrived_ns)
{
    bf_t  *bf;

    (void) dg;
    (void) arrived_ns;

    bf = ctx;
    (*bf->received)++;
}


static void
bf_sink(bf_t *bf, int ready)
{
    bl_net_t       *nt;
    struct pollfd   pfd;

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    bf_pin(bf->sink_cpu);

    nt = bl_net_open(bf->port);

    if (nt == NULL || write(ready, "+", 1) != 1) {
        _exit(1);
    }

    (void) close(ready);

    pfd.fd = bl_net_fd(nt);
    pfd.events = POLLIN;

    for ( ;; ) {
        if (bl_net_recv(nt, bf_sink_input, bf) == 0) {
            (void) poll(&pfd, 1, -1);
        }
    }
}


/* Its process id, once it listens; or -1. */
static pid_t
bf_sink_start(bf_t *bf)
{
    int    fds[2];
    char   c;
    pid_t  pid;

    bf->received = mmap(NULL, sizeof(*bf->received), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (bf->received == MAP_FAILED || pipe(fds) != 0) {
        return -1;
    }

    pid = fork();

    if (pid == 0) {
        (void) close(fds[0]);
        bf_sink(bf, fds[1]);
    }

    (void) close(fds[1]);

    if (pid > 0 && read(fds[0], &c, 1) != 1) {
        (void) waitpid(pid, NULL, 0);
        pid = -1;
    }

    (void) close(fds[0]);

    return pid;
}


/* ---- sending ---- */

/* Up to n packets of the trace, round and round; false: an error. */
static bool
bf_send(bf_t *bf, unsigned n)
{
    int       sent;
    unsigned  i, k;

    for (i = 0; i < n; i++) {
        k = (bf->next + i) % bf->npkts;

        bf->iovs[i].iov_base = bf->data;
        bf->iovs[i].iov_len = bf->pkts[k].len;
        bf->bytes += bf->pkts[k].len;

        memset(&bf->msgs[i], 0, sizeof(struct mmsghdr));
        bf->msgs[i].msg_hdr.msg_name = &bf->names[k];
        bf->msgs[i].msg_hdr.msg_namelen = sizeof(struct sockaddr_in);
        bf->msgs[i].msg_hdr.msg_iov = &bf->iovs[i];
        bf->msgs[i].msg_hdr.msg_iovlen = 1;
    }

    for (i = 0; i < n; i += (unsigned) sent) {
        sent = sendmmsg(bf->fd, bf->msgs + i, n - i, 0);

        if (sent <= 0) {
            (void) fprintf(stderr, "floor: sendmmsg: %s\n", strerror(errno));
            return false;
        }
    }

    bf->next = (bf->next + n) % bf->npkts;
    bf->sent += n;

    return true;
}


static bool
bf_run_flat(bf_t *bf, uint64_t until_ns)
{
    while (bl_now() < until_ns) {
        if (!bf_send(bf, bf->batch)) {
            return false;
        }
    }

    return true;
}


static bool
bf_run_paced(bf_t *bf, uint64_t until_ns)
{
    unsigned         n;
    uint64_t         base, now, at;
    struct timespec  ts;

    base = bl_now() - bf->pkts[bf->next].at_ns;

    while ((now = bl_now()) < until_ns) {

        for (n = 0; n < bf->batch && bf->next + n < bf->npkts; n++) {
            if (base + bf->pkts[bf->next + n].at_ns > now) {
                break;
            }
        }

        if (n != 0) {
            if (!bf_send(bf, n)) {
                return false;
            }

            if (bf->next == 0) {
                base = bl_now();
            }

            continue;
        }

        at = base + bf->pkts[bf->next].at_ns;
        ts.tv_sec = (time_t) (at / WZP_SEC);
        ts.tv_nsec = (long) (at % WZP_SEC);
        (void) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
    }

    return true;
}


static bool
bf_run(bf_t *bf, uint64_t run_ns)
{
    uint64_t  until;

    until = bl_now() + run_ns;

    return bf->paced ? bf_run_paced(bf, until) : bf_run_flat(bf, until);
}


/* Warm up, then measure. */
static bool
bf_measure(bf_t *bf)
{
    int         size;
    uint64_t    cpu, sent, received, arrived, bytes, at;
    wzp_addr_t  any;

    bf->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    memset(&any, 0, sizeof(any));
    any.u.in.sin_family = AF_INET;
    any.u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (bf->fd == -1
        || bind(bf->fd, &any.u.sa, sizeof(struct sockaddr_in)) != 0)
    {
        (void) fprintf(stderr, "floor: socket: %s\n", strerror(errno));
        return false;
    }

    size = 4 * 1024 * 1024;
    (void) setsockopt(bf->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));

    if (!bf_run(bf, bf->run_ns / 4)) {
        return false;
    }

    sent = bf->sent;
    bytes = bf->bytes;
    received = *bf->received;
    cpu = bl_cpu_ns(getpid());
    at = bl_now();

    if (!bf_run(bf, bf->run_ns)) {
        return false;
    }

    cpu = bl_cpu_ns(getpid()) - cpu;
    at = bl_now() - at;
    sent = bf->sent - sent;
    bytes = bf->bytes - bytes;

    (void) poll(NULL, 0, 100);          /* the sink reads what there is */
    arrived = *bf->received - received;

    if (sent == 0) {
        (void) fprintf(stderr, "floor: nothing was due\n");
        return false;
    }

    printf("packet_us=%.3f\n", (double) cpu / 1e3 / (double) sent);
    printf("packets_s=%.0f\n", (double) sent * 1e9 / (double) at);
    printf("bytes=%.1f\n", (double) bytes / (double) sent);
    printf("arrived_pct=%.2f\n", 100 * (double) arrived / (double) sent);

    return true;
}


int
main(int argc, char **argv)
{
    bool   ok;
    pid_t  sink;

    static bf_t  bf;

    bf_options(&bf, argc, argv);

    if (!bf_read(&bf)) {
        return 1;
    }

    sink = bf_sink_start(&bf);
    if (sink == -1) {
        return 1;
    }

    bf_pin(bf.cpu);
    ok = bf_measure(&bf);

    (void) kill(sink, SIGKILL);
    (void) waitpid(sink, NULL, 0);

    return ok ? 0 : 1;
}
