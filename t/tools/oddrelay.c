/*
 * A small relay for the tests of our client: as existing relays are (no
 * extensions, nothing stamped, every close with code 0), or wrong in a chosen
 * way.
 *
 *     oddrelay [options] PORT
 *
 *   --alpn NAME       agree on that instead of "wzp"
 *   --no-datagram     do not take DATAGRAM
 *   --silent          never answer the offer
 *   --refuse CODE     close with this code at the offer
 *   --bad-signature   an answer whose signature is wrong
 *   --no-version      tell no version
 *   --seed N          identity, 0 to 255 (1)
 *   --log             a line for each media packet
 *   --no-register     refuse every registration
 *   --no-setup        no room for calls that are answered
 *   --routes          tell where people are
 *   --chain ADDR      with it: there, if they are not here; up to 4 times
 *
 * Direct calls are as in existing relays, but one at a time: "_signal".
 * Events on standard output: ready, offer and signal (with the JSON), packet,
 * closed.
 * On 127.0.0.1; ends with SIGTERM.
 */

#include <arpa/inet.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "quic/wzp_quic.h"
#include "wzp/wzp_hs.h"
#include "wzp/wzp_signal.h"


#define MEMBERS  32
#define CHAIN    4


typedef struct {
    wzp_qconn_t       *qc;
    bool               in;
    bool               registered;      /* on "_signal"                      */
    wzp_participant_t  pt;
} member_t;


static struct {
    const char  *alpn;
    bool         no_datagram;
    bool         silent;
    int          refuse;                /* -1: no */
    bool         bad_signature;
    bool         no_version;
    int          seed;
    bool         log;
    bool         no_register;
    bool         no_setup;
    bool         routes;
    const char  *chain[CHAIN];
    size_t       nchain;
} opt = { .refuse = -1, .seed = 1 };

/* The direct call that there is. */
static struct {
    char         id[WZP_CALL_ID_MAX + 1];
    member_t    *party[2];              /* caller, callee; NULL: no call     */
} call;

static wzp_ident_t            ident;
static member_t               members[MEMBERS];
static volatile sig_atomic_t  stop;


static uint64_t
now_ns(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
}


static void
on_signal(int signo)
{
    (void) signo;
    stop = 1;
}


/* What cannot be sent is told by the end of the connection. */

static void
tried(wzp_rc_t rc)
{
    (void) rc;
}


static void
print_hex(const char *event, const uint8_t *data, size_t len)
{
    size_t  i;

    printf("{\"event\":\"%s\",\"hex\":\"", event);

    for (i = 0; i < len; i++) {
        printf("%02x", data[i]);
    }

    printf("\"}\n");
}


static void
send_signal(wzp_qconn_t *qc, const wzp_signal_t *sg)
{
    size_t       len;
    uint8_t      json[65536];
    wzp_qbuf_t  *qb;

    if (wzp_signal_encode(sg, json, sizeof(json), &len) != WZP_OK) {
        abort();
    }

    qb = wzp_qbuf_message(json, len);
    tried(wzp_qconn_message(qc, qb, 0));
    wzp_qbuf_unref(qb);
}


/* The whole list to everybody, as existing relays do. */

static void
send_room(void)
{
    size_t             i, n;
    wzp_signal_t       sg;
    wzp_participant_t  list[MEMBERS];

    n = 0;

    for (i = 0; i < MEMBERS; i++) {
        if (members[i].in) {
            list[n++] = members[i].pt;
        }
    }

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_ROOM_UPDATE;
    sg.u.room_update.count = (uint32_t) n;
    sg.u.room_update.participants = list;
    sg.u.room_update.nparticipants = n;

    for (i = 0; i < MEMBERS; i++) {
        if (members[i].in) {
            send_signal(members[i].qc, &sg);
        }
    }
}


static void
on_handshake(wzp_qconn_t *qc)
{
    size_t       i, len;
    const char  *sni;

    sni = wzp_qconn_sni(qc, &len);

    if (len == 4 && memcmp(sni, "ping", 4) == 0) {
        wzp_qconn_close(qc, 0, "");
        return;
    }

    if (len == 7 && memcmp(sni, "version", 7) == 0) {

        if (opt.no_version) {
            wzp_qconn_close(qc, 0, "");
            return;
        }

        tried(wzp_qconn_uni(qc, (const uint8_t *) "9377a90\033[m", 10));
        wzp_qconn_finish(qc, 0, "", WZP_SEC, now_ns());
        return;
    }

    for (i = 0; i < MEMBERS; i++) {
        if (members[i].qc == NULL) {
            members[i].qc = qc;
            wzp_qconn_set_data(qc, &members[i]);
            return;
        }
    }

    wzp_qconn_close(qc, 0, "normal close");
}


static void
answer(member_t *mb, const wzp_call_offer_t *of)
{
    bool          verified;
    uint8_t       fp[WZP_FP_SIZE], scalar[WZP_KEY_SIZE];
    wzp_signal_t  sg;

    if (wzp_hs_check_offer(of, NULL, &verified) != WZP_OK) {
        wzp_qconn_close(mb->qc, 0, "normal close");
        return;
    }

    memset(scalar, 7, sizeof(scalar));
    memset(&sg, 0, sizeof(sg));

    sg.type = WZP_SIG_CALL_ANSWER;
    wzp_hs_answer(&sg.u.call_answer, &ident, scalar, NULL);
    sg.u.call_answer.chosen_profile = *wzp_profile(WZP_PROFILE_GOOD);
    sg.u.call_answer.signature[5] ^= opt.bad_signature ? 1 : 0;
    send_signal(mb->qc, &sg);

    wzp_fp_of_key(fp, of->identity_pub);
    wzp_fp_text(mb->pt.fingerprint, fp);
    memcpy(mb->pt.alias, of->alias, sizeof(of->alias));
    mb->in = true;
    send_room();
}


/* ---- direct calls ---- */

static member_t *
find_registered(const char *fp)
{
    size_t  i;

    for (i = 0; i < MEMBERS; i++) {
        if (members[i].registered
            && strcmp(members[i].pt.fingerprint, fp) == 0)
        {
            return &members[i];
        }
    }

    return NULL;
}


static void
forward(member_t *mb, const uint8_t *json, size_t len)
{
    wzp_qbuf_t  *qb;

    qb = wzp_qbuf_message(json, len);
    tried(wzp_qconn_message(mb->qc, qb, 0));
    wzp_qbuf_unref(qb);
}


static void
hang_up(member_t *mb, const char *id)
{
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_HANGUP;
    memcpy(sg.u.hangup.call_id, id, strlen(id));
    send_signal(mb->qc, &sg);
}


static void
on_register(member_t *mb, const wzp_register_presence_t *rp)
{
    uint8_t       fp[WZP_FP_SIZE];
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_REGISTER_PRESENCE_ACK;
    sg.u.register_presence_ack.success = !opt.no_register;
    (void) snprintf(sg.u.register_presence_ack.error, WZP_REASON_MAX, "%s",
                    opt.no_register ? "no more\033[m people" : "");
    (void) snprintf(sg.u.register_presence_ack.relay_build, WZP_BUILD_MAX,
                    "9377a90");

    wzp_fp_of_key(fp, rp->identity_pub);
    wzp_fp_text(mb->pt.fingerprint, fp);
    mb->registered = !opt.no_register;
    send_signal(mb->qc, &sg);
}


static void
on_direct_offer(member_t *mb, const wzp_direct_offer_t *of,
    const uint8_t *data, size_t len)
{
    member_t      *to;
    wzp_signal_t   sg;

    to = find_registered(of->target);

    if (to == NULL) {
        hang_up(mb, "");
        return;
    }

    if (call.party[0] == NULL) {
        memcpy(call.id, of->call_id, sizeof(call.id));
        call.party[0] = mb;
        call.party[1] = to;
    }

    forward(to, data, len);

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_RINGING;
    memcpy(sg.u.call_ringing.call_id, of->call_id, sizeof(of->call_id));
    send_signal(mb->qc, &sg);
}


static void
on_direct_answer(const wzp_direct_answer_t *an, const uint8_t *data,
    size_t len)
{
    wzp_signal_t  sg;

    if (call.party[0] == NULL || strcmp(an->call_id, call.id) != 0) {
        return;
    }

    if (an->mode == WZP_ACCEPT_REJECT) {
        hang_up(call.party[0], call.id);
        call.party[0] = NULL;
        return;
    }

    forward(call.party[0], data, len);

    if (opt.no_setup) {
        return;
    }

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_SETUP;
    memcpy(sg.u.call_setup.call_id, call.id, sizeof(call.id));
    (void) snprintf(sg.u.call_setup.room, WZP_ROOM_NAME_MAX, "call-%s",
                    call.id);
    (void) snprintf(sg.u.call_setup.relay_addr, WZP_HOST_MAX, "0.0.0.0:1");
    send_signal(call.party[0]->qc, &sg);
    send_signal(call.party[1]->qc, &sg);
}


/* To the other side of the call; from a third, about a call of its own, to
 * whoever called it (existing relays know all calls, this one knows one). */

static void
on_hangup(member_t *mb, const char *id, const uint8_t *data, size_t len)
{
    size_t  i;

    if (call.party[0] == NULL || strcmp(id, call.id) != 0) {

        for (i = 0; i < MEMBERS; i++) {
            if (members[i].registered && &members[i] != mb) {
                forward(&members[i], data, len);
            }
        }

        return;
    }

    forward(call.party[call.party[0] == mb], data, len);
    call.party[0] = NULL;
}


static void
on_route_query(member_t *mb, const wzp_route_query_t *rq)
{
    char                   fp[WZP_FP_TEXT_LEN + 1];
    size_t                 i;
    wzp_signal_t           sg;
    wzp_route_response_t  *rr;

    if (!opt.routes) {
        return;
    }

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_ROUTE_RESPONSE;
    rr = &sg.u.route_response;

    memcpy(rr->fp, rq->fp, WZP_FP_SIZE);
    rr->id = rq->id;
    wzp_fp_text(fp, rq->fp);

    (void) snprintf(rr->chain[0], WZP_HOST_MAX, "192.0.2.1:4433");
    rr->nchain = 1;
    rr->found = find_registered(fp) != NULL;

    if (!rr->found && opt.nchain > 0) {
        rr->found = true;

        for (i = 0; i < opt.nchain; i++) {
            (void) snprintf(rr->chain[rr->nchain++], WZP_HOST_MAX, "%s",
                            opt.chain[i]);
        }
    }

    send_signal(mb->qc, &sg);
}


static void
on_signal_message(member_t *mb, const wzp_signal_t *sg, const uint8_t *data,
    size_t len)
{
    printf("{\"event\":\"signal\",\"json\":%.*s}\n", (int) len, data);

    if (sg->type == WZP_SIG_REGISTER_PRESENCE) {
        on_register(mb, &sg->u.register_presence);
        return;
    }

    if (!mb->registered) {
        return;
    }

    switch ((int) sg->type) {

    case WZP_SIG_DIRECT_CALL_OFFER:
        on_direct_offer(mb, &sg->u.direct_offer, data, len);
        break;

    case WZP_SIG_DIRECT_CALL_ANSWER:
        on_direct_answer(&sg->u.direct_answer, data, len);
        break;

    case WZP_SIG_HANGUP:
        on_hangup(mb, sg->u.hangup.call_id, data, len);
        break;

    case WZP_SIG_ROUTE_QUERY:
        on_route_query(mb, &sg->u.route_query);
        break;

    default:
        break;
    }
}


static bool
is_signal(const wzp_qconn_t *qc)
{
    size_t       len;
    const char  *sni;

    sni = wzp_qconn_sni(qc, &len);

    return len == 7 && memcmp(sni, "_signal", 7) == 0;
}


static void
on_message(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    member_t      *mb;
    wzp_signal_t   sg;

    mb = wzp_qconn_data(qc);

    if (mb == NULL || mb->in || wzp_signal_parse(&sg, data, len) != WZP_OK) {
        return;
    }

    if (is_signal(qc)) {
        on_signal_message(mb, &sg, data, len);

    } else if (sg.type == WZP_SIG_CALL_OFFER) {
        printf("{\"event\":\"offer\",\"json\":%.*s}\n", (int) len, data);

        if (opt.refuse >= 0) {
            wzp_qconn_close(qc, (uint64_t) opt.refuse, "");

        } else if (!opt.silent) {
            answer(mb, &sg.u.call_offer);
        }
    }

    wzp_signal_done(&sg);
}


static void
on_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    size_t       i;
    wzp_qbuf_t  *qb;

    if (opt.log) {
        print_hex("packet", data, len);
    }

    qb = wzp_qbuf_alloc(len);
    memcpy(qb->data, data, len);
    qb->len = (uint32_t) len;
    qb->born_ns = now_ns();

    for (i = 0; i < MEMBERS; i++) {
        if (members[i].in && members[i].qc != qc) {
            tried(wzp_qconn_send(members[i].qc, qb, now_ns()));
        }
    }

    wzp_qbuf_unref(qb);
}


static void
on_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    member_t  *mb;

    printf("{\"event\":\"closed\",\"how\":%d,\"code\":%llu,\"reason\":\"%s\"}"
           "\n", (int) why->how, (unsigned long long) why->code, why->reason);

    mb = wzp_qconn_data(qc);

    if (mb != NULL) {

        if (call.party[0] != NULL
            && (mb == call.party[0] || mb == call.party[1]))
        {
            hang_up(call.party[mb == call.party[0]], call.id);
            call.party[0] = NULL;
        }

        memset(mb, 0, sizeof(member_t));
        send_room();
    }
}


typedef struct {
    wzp_quic_t  *ep;
} feed_t;


static void
on_udp(void *ctx, const wzp_udp_dgram_t *dg)
{
    feed_t           *fd;
    wzp_cid_owner_t   owner;

    fd = ctx;
    (void) wzp_quic_input(fd->ep, dg, true, now_ns(), &owner);
}


static void
serve(wzp_quic_t *ep, wzp_udp_socket_t *su, wzp_udp_tx_t *tx)
{
    feed_t          fd;
    uint64_t        now, next;
    wzp_udp_rx_t   *rx;
    struct pollfd   pfd;

    rx = wzp_udp_rx_create(64);
    fd.ep = ep;

    while (!stop) {
        now = now_ns();
        wzp_quic_expire(ep, now);
        wzp_quic_flush(ep, now);
        wzp_udp_tx_send(tx);

        next = wzp_quic_deadline(ep);
        next = next > now ? (next - now) / WZP_MS + 1 : 0;

        pfd.fd = su->fd;
        pfd.events = POLLIN;
        (void) poll(&pfd, 1, (int) WZP_MIN(next, 100));

        while (wzp_udp_recv(rx, su, on_udp, &fd) > 0) { /* void */ }
    }

    wzp_udp_rx_destroy(rx);
}


static int
run(unsigned port)
{
    char              err[128];
    uint8_t           seed[WZP_SEED_SIZE];
    wzp_addr_t        local;
    wzp_quic_t       *ep;
    wzp_udp_tx_t     *tx;
    wzp_quic_conf_t   conf;
    wzp_udp_socket_t  su;

    struct sockaddr_in  in;

    memset(seed, opt.seed, sizeof(seed));
    wzp_ident_init(&ident, seed);

    memset(&in, 0, sizeof(in));
    in.sin_family = AF_INET;
    in.sin_port = htons((uint16_t) port);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    tx = wzp_udp_tx_create(64);

    if (wzp_addr_set(&local, (struct sockaddr *) &in, sizeof(in)) != WZP_OK
        || wzp_udp_open(&su, &local, NULL) != WZP_OK)
    {
        perror("oddrelay");
        return 1;
    }

    memset(&conf, 0, sizeof(conf));
    conf.server = true;
    conf.seed = seed;
    conf.handshake_ns = 10 * WZP_SEC;
    conf.idle_ns = 30 * WZP_SEC;
    conf.max_half_open = 100;
    conf.alpn = opt.alpn;
    conf.no_datagram = opt.no_datagram;
    conf.sink = wzp_quic_sink_udp(tx);
    conf.events.handshake = on_handshake;
    conf.events.message = on_message;
    conf.events.datagram = on_datagram;
    conf.events.closed = on_closed;
    memset(conf.secret, 1, sizeof(conf.secret));

    ep = wzp_quic_create(&conf, err);

    if (ep == NULL) {
        fprintf(stderr, "oddrelay: %s\n", err);
        return 1;
    }

    printf("{\"event\":\"ready\",\"port\":%u}\n", port);
    serve(ep, &su, tx);

    wzp_quic_destroy(ep, now_ns(), 0, "normal close");
    wzp_udp_tx_send(tx);
    wzp_udp_tx_destroy(tx);
    wzp_udp_close(&su);

    return 0;
}


int
main(int argc, char **argv)
{
    int               c;
    struct sigaction  sa;

    static const struct option  options[] = {
        { "alpn", required_argument, NULL, 'a' },
        { "no-datagram", no_argument, NULL, 'd' },
        { "silent", no_argument, NULL, 's' },
        { "refuse", required_argument, NULL, 'r' },
        { "bad-signature", no_argument, NULL, 'b' },
        { "no-version", no_argument, NULL, 'n' },
        { "seed", required_argument, NULL, 'S' },
        { "log", no_argument, NULL, 'l' },
        { "no-register", no_argument, NULL, 'R' },
        { "no-setup", no_argument, NULL, 'U' },
        { "routes", no_argument, NULL, 'q' },
        { "chain", required_argument, NULL, 'c' },
        { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'a': opt.alpn = optarg; break;
        case 'd': opt.no_datagram = true; break;
        case 's': opt.silent = true; break;
        case 'r': opt.refuse = atoi(optarg); break;
        case 'b': opt.bad_signature = true; break;
        case 'n': opt.no_version = true; break;
        case 'S': opt.seed = atoi(optarg); break;
        case 'l': opt.log = true; break;
        case 'R': opt.no_register = true; break;
        case 'U': opt.no_setup = true; break;
        case 'q': opt.routes = true; break;

        case 'c':
            if (opt.nchain == CHAIN) {
                return 2;
            }

            opt.chain[opt.nchain++] = optarg;
            break;

        default: return 2;
        }
    }

    if (optind + 1 != argc) {
        fprintf(stderr, "usage: oddrelay [options] PORT\n");
        return 2;
    }

    (void) setvbuf(stdout, NULL, _IOLBF, 0);

    memset(&sa, 0, sizeof(sa));
    sa.sa_handler = on_signal;
    (void) sigaction(SIGTERM, &sa, NULL);
    (void) sigaction(SIGINT, &sa, NULL);

    return run((unsigned) atoi(argv[optind]));
}
