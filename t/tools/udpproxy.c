/*
 * A UDP proxy that spoils what it carries: loss, bursts of loss, delay,
 * jitter, reordering, duplicates, a rate limit, a small MTU, outages, and a
 * change of the address that the server sees (as a NAT does).  Seeded: one
 * seed, one fate.
 *
 *     udpproxy [options] LISTEN_PORT SERVER_PORT
 *
 * Everything is on 127.0.0.1.  One upstream socket per client.  SIGUSR1 gives
 * every client a new upstream port, SIGUSR2 begins or ends an outage, SIGHUP
 * sends the last packets (--keep) once more; each is answered by a JSON line.
 * SIGTERM prints a JSON line of counters and ends.
 */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define MAX_CLIENTS  256
#define MAX_SIZE     2048
#define MAX_KEEP     4096
#define MS           1000000ULL


typedef struct {
    struct sockaddr_in  addr;           /* the client                       */
    int                 fd;             /* towards the server               */
    bool                used;
} client_t;


typedef struct packet_s  packet_t;

struct packet_s {
    packet_t            *next;          /* by due time                      */
    uint64_t             due_ns;
    unsigned             client;
    bool                 up;            /* towards the server               */
    size_t               len;
    uint8_t              data[];
};


/* A packet that was carried, for replaying. */
typedef struct {
    unsigned             client;
    bool                 up;
    size_t               len;
    uint8_t              data[MAX_SIZE];
} kept_t;


/* One direction of the line. */
typedef struct {
    bool                 bad;           /* state of the burst model         */
    uint64_t             free_ns;       /* when the rate lets more through  */
    uint64_t             in;
    uint64_t             out;
    uint64_t             lost;
    uint64_t             duplicated;
    uint64_t             reordered;
    uint64_t             overrun;
    uint64_t             too_big;
} line_t;


static struct {
    double    loss;                     /* 0..1                             */
    double    burst;                    /* mean length of a burst, packets  */
    double    delay_ms;
    double    jitter_ms;
    double    reorder;
    double    duplicate;
    double    rate_kbps;                /* 0 = none                         */
    double    queue_ms;                 /* longest wait for the rate        */
    size_t    mtu;                      /* UDP payload                      */
    double    from_s;                   /* no loss before, nor after until  */
    double    until_s;
    double    outage_at_s;
    double    outage_s;
    double    rebind_s;                 /* every so often; 0 = never        */
    size_t    keep;                     /* packets, for replaying           */
    uint64_t  seed;
    char      direction;                /* 'b'oth, 'u'p, 'd'own             */
} conf = { .burst = 1, .queue_ms = 200, .mtu = MAX_SIZE, .until_s = 1e9,
           .outage_at_s = -1, .seed = 1, .direction = 'b' };


static client_t   clients[MAX_CLIENTS];
static packet_t  *queue;
static line_t     lines[2];             /* 0 down, 1 up                     */
static uint64_t   start_ns;
static uint64_t   rebinds;
static bool       outage;
static kept_t    *kept;                 /* ring of conf.keep                */
static size_t     nkept;                /* that were ever put there         */

static volatile sig_atomic_t  want_rebind, want_outage, want_replay, want_end;


static uint64_t
now_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000ULL + (uint64_t) ts.tv_nsec;
}


/* splitmix64, as a fraction of one. */

static double
chance(void)
{
    uint64_t  z;

    conf.seed += 0x9e3779b97f4a7c15ULL;
    z = conf.seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;

    return (double) (z >> 11) / 9007199254740992.0;
}


static void
on_signal(int sig)
{
    if (sig == SIGUSR1) {
        want_rebind = 1;

    } else if (sig == SIGUSR2) {
        want_outage = 1;

    } else if (sig == SIGHUP) {
        want_replay = 1;

    } else {
        want_end = 1;
    }
}


static int
udp_socket(unsigned port)
{
    int                 fd, size;
    struct sockaddr_in  sa;

    fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        perror("socket");
        exit(1);
    }

    size = 4 << 20;
    (void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));

    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_port = htons((uint16_t) port);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (bind(fd, (struct sockaddr *) &sa, sizeof(sa)) == -1) {
        perror("bind");
        exit(1);
    }

    return fd;
}


static int
upstream(unsigned server)
{
    int                 fd;
    struct sockaddr_in  sa;

    fd = udp_socket(0);

    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_port = htons((uint16_t) server);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (connect(fd, (struct sockaddr *) &sa, sizeof(sa)) == -1) {
        perror("connect");
        exit(1);
    }

    return fd;
}


/* The client's number; MAX_CLIENTS when there are too many. */

static unsigned
find_client(const struct sockaddr_in *sa, unsigned server)
{
    unsigned  i;

    for (i = 0; i < MAX_CLIENTS && clients[i].used; i++) {
        if (clients[i].addr.sin_port == sa->sin_port
            && clients[i].addr.sin_addr.s_addr == sa->sin_addr.s_addr)
        {
            return i;
        }
    }

    if (i < MAX_CLIENTS) {
        clients[i].used = true;
        clients[i].addr = *sa;
        clients[i].fd = upstream(server);
    }

    return i;
}


/* Is this packet lost?  With burst > 1 two states: in the bad one everything
 * is lost, its mean length is conf.burst and the mean loss stays conf.loss. */

static bool
lost(line_t *ln, double age_s)
{
    double  leave, enter;

    if (outage
        || (conf.outage_at_s >= 0 && age_s >= conf.outage_at_s
            && age_s < conf.outage_at_s + conf.outage_s))
    {
        return true;
    }

    if (conf.loss <= 0 || age_s < conf.from_s || age_s >= conf.until_s) {
        return false;
    }

    if (conf.burst <= 1) {
        return chance() < conf.loss;
    }

    leave = 1 / conf.burst;
    enter = conf.loss >= 1 ? 1 : leave * conf.loss / (1 - conf.loss);

    ln->bad = ln->bad ? chance() >= leave : chance() < enter;

    return ln->bad;
}


static void
enqueue(const uint8_t *data, size_t len, unsigned client, bool up,
    uint64_t due_ns)
{
    packet_t  *pk, **p;

    pk = malloc(sizeof(packet_t) + len);
    if (pk == NULL) {
        return;
    }

    pk->due_ns = due_ns;
    pk->client = client;
    pk->up = up;
    pk->len = len;
    memcpy(pk->data, data, len);

    for (p = &queue; *p != NULL && (*p)->due_ns <= due_ns; p = &(*p)->next) {
        /* void */
    }

    pk->next = *p;
    *p = pk;
}


/* Decide the fate of one packet. */

static void
carry(const uint8_t *data, size_t len, unsigned client, bool up, uint64_t now)
{
    bool      touched;
    line_t   *ln;
    uint64_t  due;

    ln = &lines[up];
    ln->in++;

    touched = conf.direction == 'b' || (conf.direction == 'u') == up;

    if (!touched) {
        enqueue(data, len, client, up, now);
        return;
    }

    if (len > conf.mtu) {
        ln->too_big++;
        return;
    }

    if (lost(ln, (double) (now - start_ns) / 1e9)) {
        ln->lost++;
        return;
    }

    due = now + (uint64_t) (conf.delay_ms * (double) MS);

    if (conf.rate_kbps > 0) {
        if (ln->free_ns < now) {
            ln->free_ns = now;
        }

        if (ln->free_ns - now > (uint64_t) (conf.queue_ms * (double) MS)) {
            ln->overrun++;
            return;
        }

        ln->free_ns += (uint64_t) ((double) len * 8e6 / conf.rate_kbps);
        due += ln->free_ns - now;
    }

    due += (uint64_t) (chance() * conf.jitter_ms * (double) MS);

    if (conf.reorder > 0 && chance() < conf.reorder) {
        due += (uint64_t) ((10 + chance() * 50) * (double) MS);
        ln->reordered++;
    }

    enqueue(data, len, client, up, due);

    if (conf.duplicate > 0 && chance() < conf.duplicate) {
        enqueue(data, len, client, up, due + (uint64_t) (chance() * 5e6));
        ln->duplicated++;
    }
}


static void
keep(const packet_t *pk)
{
    kept_t  *kp;

    if (conf.keep == 0) {
        return;
    }

    kp = &kept[nkept++ % conf.keep];
    kp->client = pk->client;
    kp->up = pk->up;
    kp->len = pk->len;
    memcpy(kp->data, pk->data, pk->len);
}


/* The last packets once more, in their order, as if somebody had listened. */

static size_t
replay(uint64_t now)
{
    size_t         i, first;
    const kept_t  *kp;

    first = nkept > conf.keep ? nkept - conf.keep : 0;

    for (i = first; i < nkept; i++) {
        kp = &kept[i % conf.keep];
        enqueue(kp->data, kp->len, kp->client, kp->up, now);
    }

    nkept = 0;

    return i - first;
}


static void
deliver(int front, uint64_t now)
{
    ssize_t    n;
    packet_t  *pk;
    client_t  *cl;

    while (queue != NULL && queue->due_ns <= now) {
        pk = queue;
        queue = pk->next;
        cl = &clients[pk->client];

        n = pk->up ? send(cl->fd, pk->data, pk->len, 0)
                   : sendto(front, pk->data, pk->len, 0,
                            (struct sockaddr *) &cl->addr, sizeof(cl->addr));
        if (n != -1) {
            lines[pk->up].out++;
        }

        keep(pk);
        free(pk);
    }
}


static void
rebind_all(unsigned server)
{
    unsigned  i;

    for (i = 0; i < MAX_CLIENTS && clients[i].used; i++) {
        close(clients[i].fd);
        clients[i].fd = upstream(server);
    }

    rebinds++;
}


static void
read_front(int front, unsigned server, uint64_t now)
{
    ssize_t             n;
    uint8_t             buf[MAX_SIZE];
    unsigned            i;
    socklen_t           len;
    struct sockaddr_in  sa;

    for ( ;; ) {
        len = sizeof(sa);
        n = recvfrom(front, buf, sizeof(buf), 0, (struct sockaddr *) &sa,
                     &len);
        if (n < 0) {
            return;
        }

        i = find_client(&sa, server);
        if (i < MAX_CLIENTS) {
            carry(buf, (size_t) n, i, true, now);
        }
    }
}


static void
read_client(unsigned i, uint64_t now)
{
    ssize_t  n;
    uint8_t  buf[MAX_SIZE];

    for ( ;; ) {
        n = recv(clients[i].fd, buf, sizeof(buf), 0);
        if (n < 0) {
            if (errno == ECONNREFUSED) {
                continue;
            }
            return;
        }

        carry(buf, (size_t) n, i, false, now);
    }
}


/* What was asked for by signal. */

static void
obey(unsigned server)
{
    if (want_rebind) {
        want_rebind = 0;
        rebind_all(server);
        printf("{\"event\":\"rebound\"}\n");
    }

    if (want_outage) {
        want_outage = 0;
        outage = !outage;
        printf("{\"event\":\"outage\",\"on\":%s}\n",
               outage ? "true" : "false");
    }

    if (want_replay) {
        want_replay = 0;
        printf("{\"event\":\"replayed\",\"packets\":%zu}\n",
               replay(now_ns()));
    }

    fflush(stdout);
}


static int
wait_ms(uint64_t now)
{
    if (queue == NULL) {
        return 50;
    }

    if (queue->due_ns <= now) {
        return 0;
    }

    return queue->due_ns - now > 50 * MS
           ? 50 : (int) ((queue->due_ns - now) / MS) + 1;
}


static void
run(int front, unsigned server)
{
    nfds_t         n, i;
    uint64_t       now, next_rebind;
    struct pollfd  pfd[MAX_CLIENTS + 1];

    now = now_ns();
    next_rebind = conf.rebind_s > 0
                  ? now + (uint64_t) (conf.rebind_s * 1e9) : UINT64_MAX;

    while (!want_end) {

        pfd[0].fd = front;
        pfd[0].events = POLLIN;

        for (n = 1; n <= MAX_CLIENTS && clients[n - 1].used; n++) {
            pfd[n].fd = clients[n - 1].fd;
            pfd[n].events = POLLIN;
        }

        (void) poll(pfd, n, wait_ms(now));
        now = now_ns();

        read_front(front, server, now);

        for (i = 1; i < n; i++) {
            read_client((unsigned) i - 1, now);
        }

        if (now >= next_rebind) {
            next_rebind = now + (uint64_t) (conf.rebind_s * 1e9);
            rebind_all(server);
        }

        if (want_rebind || want_outage || want_replay) {
            obey(server);
        }

        deliver(front, now_ns());
    }
}


static void
report_line(const char *name, const line_t *ln, const char *end)
{
    printf("\"%s\":{\"in\":%llu,\"out\":%llu,\"lost\":%llu,"
           "\"duplicated\":%llu,\"reordered\":%llu,\"overrun\":%llu,"
           "\"too_big\":%llu}%s",
           name, (unsigned long long) ln->in, (unsigned long long) ln->out,
           (unsigned long long) ln->lost,
           (unsigned long long) ln->duplicated,
           (unsigned long long) ln->reordered,
           (unsigned long long) ln->overrun,
           (unsigned long long) ln->too_big, end);
}


static void
usage(FILE *f)
{
    fprintf(f,
        "usage: udpproxy [options] LISTEN_PORT SERVER_PORT\n"
        "  --loss PCT         mean loss\n"
        "  --burst N          mean length of a loss, in packets (1)\n"
        "  --from S --until S lose only in this span of time\n"
        "  --delay MS         one way\n"
        "  --jitter MS        added, 0 to so much\n"
        "  --reorder PCT      held back another 10 to 60 ms\n"
        "  --duplicate PCT\n"
        "  --rate KBPS        bit rate; --queue MS: longest wait (200)\n"
        "  --mtu BYTES        larger UDP payloads are lost\n"
        "  --outage AT,FOR    seconds\n"
        "  --rebind S         a new upstream port every S seconds\n"
        "  --keep N           packets, to replay on SIGHUP\n"
        "  --direction D      both, up (to the server) or down\n"
        "  --seed N           (1)\n");
}


static void
parse(int argc, char **argv)
{
    int  c;

    static const struct option  options[] = {
        { "loss", required_argument, NULL, 'l' },
        { "burst", required_argument, NULL, 'b' },
        { "from", required_argument, NULL, 'f' },
        { "until", required_argument, NULL, 'u' },
        { "delay", required_argument, NULL, 'd' },
        { "jitter", required_argument, NULL, 'j' },
        { "reorder", required_argument, NULL, 'r' },
        { "duplicate", required_argument, NULL, 'D' },
        { "rate", required_argument, NULL, 'k' },
        { "queue", required_argument, NULL, 'q' },
        { "mtu", required_argument, NULL, 'm' },
        { "outage", required_argument, NULL, 'o' },
        { "rebind", required_argument, NULL, 'R' },
        { "keep", required_argument, NULL, 'K' },
        { "direction", required_argument, NULL, 'w' },
        { "seed", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (c) {

        case 'l': conf.loss = atof(optarg) / 100; break;
        case 'b': conf.burst = atof(optarg); break;
        case 'f': conf.from_s = atof(optarg); break;
        case 'u': conf.until_s = atof(optarg); break;
        case 'd': conf.delay_ms = atof(optarg); break;
        case 'j': conf.jitter_ms = atof(optarg); break;
        case 'r': conf.reorder = atof(optarg) / 100; break;
        case 'D': conf.duplicate = atof(optarg) / 100; break;
        case 'k': conf.rate_kbps = atof(optarg); break;
        case 'q': conf.queue_ms = atof(optarg); break;
        case 'R': conf.rebind_s = atof(optarg); break;
        case 'm': conf.mtu = (size_t) atol(optarg); break;
        case 'K': conf.keep = (size_t) atol(optarg); break;
        case 'w': conf.direction = optarg[0]; break;
        case 's': conf.seed = strtoull(optarg, NULL, 10); break;

        case 'o':
            if (sscanf(optarg, "%lf,%lf", &conf.outage_at_s,
                       &conf.outage_s) != 2)
            {
                usage(stderr);
                exit(2);
            }
            break;

        case 'h':
            usage(stdout);
            exit(0);

        default:
            usage(stderr);
            exit(2);
        }
    }

    if (argc - optind != 2 || conf.keep > MAX_KEEP) {
        usage(stderr);
        exit(2);
    }
}


int
main(int argc, char **argv)
{
    int               front;
    unsigned          server;
    struct sigaction  sa;

    parse(argc, argv);

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = on_signal;
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGUSR2, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);

    server = (unsigned) atoi(argv[optind + 1]);
    front = udp_socket((unsigned) atoi(argv[optind]));
    start_ns = now_ns();

    if (conf.keep > 0) {
        kept = calloc(conf.keep, sizeof(kept_t));
        if (kept == NULL) {
            perror("calloc");
            return 1;
        }
    }

    printf("{\"event\":\"ready\",\"port\":%d}\n", atoi(argv[optind]));
    fflush(stdout);

    run(front, server);

    printf("{\"event\":\"report\",\"rebinds\":%llu,",
           (unsigned long long) rebinds);
    report_line("up", &lines[1], ",");
    report_line("down", &lines[0], "}\n");

    free(kept);

    return 0;
}
