/*
 * One relay: its addresses and the connection to it.  See link.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "event_log.h"
#include "link_int.h"
#include "say.h"


#define CL_LINK_TIMEOUT     (5 * WZP_SEC)       /* per address               */
#define CL_LINK_LOOKUP      (20 * WZP_SEC)
#define CL_LINK_IDLE_NS     (30 * WZP_SEC)      /* PROTOCOL 1.2              */
#define CL_LINK_KEEPALIVE   (5 * WZP_SEC)


static void cl_link_next(cl_link_t *ln, uint64_t now_ns);
static void cl_link_forget(cl_link_t *ln);


/* ---- events of the connection ---- */

static cl_link_t *
cl_link_of(wzp_qconn_t *qc)
{
    cl_link_t  *ln;

    ln = wzp_qconn_data(qc);

    return ln != NULL && ln->qc == qc && !ln->over ? ln : NULL;
}


static void
cl_link_end(cl_link_t *ln, const cl_ending_t *en)
{
    if (!ln->over) {
        ln->over = true;
        ln->ending = *en;
    }
}


static void
cl_link_handshake(wzp_qconn_t *qc)
{
    cl_link_t  *ln;

    ln = cl_link_of(qc);

    if (ln == NULL || !cl_link_identify(ln)) {
        return;
    }

    ln->state = CL_LINK_UP;
    ln->heard_ns = cl_now();
    ln->refused = 0;
    ln->probe_ns = ln->heard_ns + WZP_SEC;

    if (ln->ev.up != NULL) {
        ln->ev.up(ln->ctx, ln);
    }
}


static void
cl_link_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    cl_link_t  *ln;

    ln = cl_link_of(qc);

    if (ln != NULL && ln->ev.datagram != NULL) {
        ln->ev.datagram(ln->ctx, data, len);
    }
}


static void
cl_link_fate(wzp_qconn_t *qc, uint64_t number, bool lost)
{
    cl_link_t  *ln;

    ln = cl_link_of(qc);

    if (ln != NULL && ln->ev.fate != NULL) {
        ln->ev.fate(ln->ctx, number, lost);
    }
}


static void
cl_link_message(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    cl_link_t  *ln;

    ln = cl_link_of(qc);

    if (ln != NULL && ln->ev.message != NULL) {
        ln->ev.message(ln->ctx, data, len);
    }
}


static void
cl_link_uni(wzp_qconn_t *qc, const uint8_t *data, size_t len, bool fin)
{
    cl_link_t  *ln;

    ln = cl_link_of(qc);

    if (ln != NULL && ln->ev.uni != NULL) {
        ln->ev.uni(ln->ctx, data, len, fin);
    }
}


static void
cl_link_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    cl_link_t    *ln;
    cl_ending_t   en;

    ln = wzp_qconn_data(qc);

    if (ln == NULL || ln->qc != qc) {
        return;
    }

    ln->qc = NULL;

    cl_debug("closed: how %d, code 0x%llx, \"%s\"", (int) why->how,
             (unsigned long long) why->code, why->reason);

    cl_ending_of(&en, why, ln->where, ln->joined);
    cl_link_end(ln, &en);
}


static void
cl_link_keylog(void *ctx, const char *line)
{
    cl_link_t  *ln;

    ln = ctx;

    if (ln->keylog != NULL) {
        (void) fprintf(ln->keylog, "%s\n", line);
        (void) fflush(ln->keylog);
    }
}


/* ---- life ---- */

static cl_exit_t
cl_link_keylog_open(cl_link_t *ln)
{
    int  fd;

    if (ln->op->keylog == NULL) {
        return CL_OK;
    }

    fd = open(ln->op->keylog, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
              | O_NONBLOCK | O_NOCTTY, 0600);
    ln->keylog = fd != -1 ? fdopen(fd, "a") : NULL;

    if (ln->keylog == NULL) {
        return cl_fail(CL_IO, "\"%s\" cannot be written: %s", ln->op->keylog,
                       strerror(errno));
    }

    return CL_OK;
}


static cl_exit_t
cl_link_endpoint(cl_link_t *ln)
{
    char             err[128];
    wzp_quic_conf_t  conf;

    memset(&conf, 0, sizeof(wzp_quic_conf_t));

    cl_random(NULL, conf.secret, sizeof(conf.secret));

    conf.handshake_ns = CL_LINK_TIMEOUT;
    conf.idle_ns = CL_LINK_IDLE_NS;
    conf.keepalive_ns = CL_LINK_KEEPALIVE;
    conf.random = cl_random;
    conf.ctx = ln;
    conf.sink = wzp_quic_sink_udp(ln->tx);

    conf.events.handshake = cl_link_handshake;
    conf.events.datagram = cl_link_datagram;
    conf.events.fate = cl_link_fate;
    conf.events.message = cl_link_message;
    conf.events.uni = cl_link_uni;
    conf.events.closed = cl_link_closed;

    if (ln->keylog != NULL) {
        conf.events.keylog = cl_link_keylog;
    }

    err[0] = '\0';
    ln->ep = wzp_quic_create(&conf, err);

    if (ln->ep == NULL) {
        return cl_fail(CL_INTERNAL, "QUIC cannot be set up: %s", err);
    }

    return CL_OK;
}


static void
cl_link_name(cl_link_t *ln)
{
    (void) snprintf(ln->where, sizeof(ln->where),
                    strchr(ln->op->host, ':') ? "[%s]:%s" : "%s:%s",
                    ln->op->host, ln->op->port);
}


static cl_exit_t
cl_link_init(cl_link_t *ln)
{
    unsigned   i;
    cl_exit_t  rc;

    for (i = 0; i < CL_LINK_SOCKETS; i++) {
        ln->socks[i].su.fd = -1;
    }

    cl_link_name(ln);
    cl_path_listen(ln);

    ln->tx = wzp_udp_tx_create(CL_LINK_BATCH);
    ln->rx = wzp_udp_rx_create(CL_LINK_BATCH);

    if (ln->tx == NULL || ln->rx == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    rc = cl_link_keylog_open(ln);

    return rc == CL_OK ? cl_link_endpoint(ln) : rc;
}


cl_exit_t
cl_link_create(cl_link_t **out, const cl_options_t *op,
    const cl_link_events_t *ev, void *ctx)
{
    cl_exit_t   rc;
    cl_link_t  *ln;

    *out = NULL;

    ln = calloc(1, sizeof(cl_link_t));
    if (ln == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    ln->op = op;
    ln->ev = *ev;
    ln->ctx = ctx;

    rc = cl_link_init(ln);

    if (rc != CL_OK) {
        cl_link_destroy(ln);
        return rc;
    }

    *out = ln;

    return CL_OK;
}


void
cl_link_destroy(cl_link_t *ln)
{
    if (ln == NULL) {
        return;
    }

    cl_link_forget(ln);
    wzp_resolve_destroy(ln->resolve);

    if (ln->ep != NULL) {
        wzp_quic_destroy(ln->ep, cl_now(), 0, "normal close");
        wzp_udp_tx_send(ln->tx);
    }

    cl_path_close(ln);

    if (ln->routes != -1) {
        (void) close(ln->routes);
    }

    wzp_udp_tx_destroy(ln->tx);
    wzp_udp_rx_destroy(ln->rx);

    if (ln->keylog != NULL) {
        (void) fclose(ln->keylog);
    }

    free(ln);
}


/* Let go of the connection there is; its last events are not for us. */

static void
cl_link_forget(cl_link_t *ln)
{
    wzp_qconn_t  *qc;

    qc = ln->qc;
    ln->qc = NULL;
    ln->over = false;
    ln->moving = false;
    ln->state = CL_LINK_IDLE;

    if (qc != NULL) {
        wzp_qconn_set_data(qc, NULL);
        wzp_qconn_close(qc, 0, "normal close");
    }
}


void
cl_link_dial(cl_link_t *ln, const char *sni)
{
    cl_ending_t  en;

    cl_link_forget(ln);
    wzp_resolve_destroy(ln->resolve);

    ln->joined = false;
    (void) snprintf(ln->sni, sizeof(ln->sni), "%s", sni);

    ln->resolve = wzp_resolve_create(ln->op->host, ln->op->port,
                                     ln->op->family);
    ln->resolve_ns = cl_now() + CL_LINK_LOOKUP;
    ln->state = CL_LINK_RESOLVE;

    if (ln->resolve == NULL) {
        cl_ending_set(&en, CL_INTERNAL, CL_AGAIN, "resolve",
                      "%s: cannot be looked up: no memory", ln->where);
        cl_link_end(ln, &en);
    }
}


static void
cl_link_resolved(cl_link_t *ln, uint64_t now_ns)
{
    const char   *error;
    cl_ending_t   en;

    ln->naddrs = wzp_resolve_take(ln->resolve, ln->addrs,
                                  WZP_RESOLVE_MAX, &error);
    ln->resolve = NULL;
    ln->addr = 0;

    if (ln->naddrs == 0) {
        cl_ending_set(&en, CL_UNREACHABLE, CL_AGAIN, "resolve",
                      "\"%s\" has no address (%s): is the name right%s?",
                      ln->op->host, error,
                      ln->op->family == AF_UNSPEC
                      ? "" : ", and meant for -4 or -6");
        cl_link_end(ln, &en);
        return;
    }

    cl_link_next(ln, now_ns);
}


/* Connect to the address whose turn it is; failing that, the next. */

static void
cl_link_next(cl_link_t *ln, uint64_t now_ns)
{
    int                error;
    char               text[WZP_ADDR_TEXT_MAX];
    size_t             len;
    cl_ending_t        en;
    const wzp_addr_t  *peer;

    for ( /* void */ ; ln->addr < ln->naddrs; ln->addr++) {

        peer = &ln->addrs[ln->addr];

        cl_link_name(ln);
        (void) wzp_addr_text(peer, text);

        if (strcmp(ln->where, text) != 0) {
            len = strlen(ln->where);
            (void) snprintf(ln->where + len, sizeof(ln->where) - len, " (%s)",
                            text);
        }

        error = ENETUNREACH;
        errno = 0;

        if (cl_path_open(ln, peer) == WZP_OK) {
            ln->qc = wzp_quic_connect(ln->ep, ln->sni,
                                      &ln->socks[ln->cur].su,
                                      &ln->socks[ln->cur].su.local, peer, ln,
                                      now_ns);
            error = ENOMEM;

            if (ln->qc != NULL) {
                ln->state = CL_LINK_DIAL;
                ln->dial_ns = now_ns + CL_LINK_TIMEOUT;
                cl_debug("connecting to %s", ln->where);
                return;
            }

        } else if (errno != 0) {
            error = errno;
        }

        cl_ending_set(&en, CL_UNREACHABLE, CL_AGAIN, "unreachable",
                      "%s: %s", ln->where, strerror(error));
        cl_debug("%s", en.text);
        ln->ending = en;
    }

    ln->over = true;
}


size_t
cl_link_fds(const cl_link_t *ln, struct pollfd fds[CL_LINK_FDS])
{
    size_t    n;
    unsigned  i;

    n = 0;

    if (ln->resolve != NULL) {
        fds[n].fd = wzp_resolve_fd(ln->resolve);
        fds[n++].events = POLLIN;
    }

    if (ln->routes != -1) {
        fds[n].fd = ln->routes;
        fds[n++].events = POLLIN;
    }

    for (i = 0; i < CL_LINK_SOCKETS; i++) {
        if (ln->socks[i].su.fd != -1) {
            fds[n].fd = ln->socks[i].su.fd;
            fds[n++].events = POLLIN;
        }
    }

    return n;
}


void
cl_link_read(cl_link_t *ln, uint64_t now_ns)
{
    struct pollfd  pfd;

    cl_path_read(ln, now_ns);
    cl_path_news(ln, now_ns);

    if (ln->resolve != NULL) {
        pfd.fd = wzp_resolve_fd(ln->resolve);
        pfd.events = POLLIN;

        if (poll(&pfd, 1, 0) == 1) {
            cl_link_resolved(ln, now_ns);
        }
    }
}


static void
cl_link_deadlines(cl_link_t *ln, uint64_t now_ns)
{
    cl_ending_t  en;

    if (ln->state == CL_LINK_RESOLVE && ln->resolve != NULL
        && now_ns >= ln->resolve_ns)
    {
        wzp_resolve_destroy(ln->resolve);
        ln->resolve = NULL;

        cl_ending_set(&en, CL_UNREACHABLE, CL_AGAIN, "resolve",
                      "\"%s\" cannot be looked up: no name server answers",
                      ln->op->host);
        cl_link_end(ln, &en);
    }

    if (ln->state == CL_LINK_DIAL && ln->qc != NULL && !ln->over
        && now_ns >= ln->dial_ns)
    {
        cl_ending_set(&en, CL_UNREACHABLE, CL_NEXT_ADDRESS, "timeout",
                      "%s: no answer within %u s: is the relay running, is "
                      "UDP to this port let through?", ln->where,
                      (unsigned) (CL_LINK_TIMEOUT / WZP_SEC));
        cl_link_abort(ln, &en);
    }
}


void
cl_link_turn(cl_link_t *ln, uint64_t now_ns)
{
    cl_ending_t      en;
    cl_link_state_t  state;

    wzp_quic_expire(ln->ep, now_ns);
    cl_link_deadlines(ln, now_ns);
    cl_path_watch(ln, now_ns);

    if (!ln->over) {
        return;
    }

    state = ln->state;
    en = ln->ending;

    cl_link_forget(ln);
    cl_path_retire(ln, now_ns);

    if (state == CL_LINK_DIAL && en.remedy == CL_NEXT_ADDRESS
        && ln->addr + 1 < ln->naddrs)
    {
        cl_debug("%s", en.text);
        ln->addr++;
        cl_link_next(ln, now_ns);
        return;
    }

    if (en.remedy == CL_NEXT_ADDRESS) {
        en.remedy = CL_AGAIN;
    }

    if (ln->ev.down != NULL) {
        ln->ev.down(ln->ctx, &en);
    }
}


uint64_t
cl_link_flush(cl_link_t *ln, uint64_t now_ns)
{
    uint64_t  next;

    wzp_quic_flush(ln->ep, now_ns);
    wzp_udp_tx_send(ln->tx);

    next = wzp_quic_deadline(ln->ep);

    if (ln->over) {
        return now_ns;
    }

    if (ln->state == CL_LINK_RESOLVE && ln->resolve != NULL) {
        next = WZP_MIN(next, ln->resolve_ns);
    }

    if (ln->state == CL_LINK_DIAL) {
        next = WZP_MIN(next, ln->dial_ns);
    }

    if (ln->state == CL_LINK_UP) {
        next = WZP_MIN(next, ln->probe_ns);
    }

    return next;
}


/* ---- questions and orders ---- */

wzp_qconn_t *
cl_link_conn(const cl_link_t *ln)
{
    return ln->over ? NULL : ln->qc;
}


const char *
cl_link_where(const cl_link_t *ln)
{
    return ln->where;
}


wzp_rc_t
cl_link_signal(cl_link_t *ln, const wzp_signal_t *sg)
{
    size_t        len;
    uint8_t      *json;
    wzp_rc_t      rc;
    wzp_qbuf_t   *qb;
    wzp_qconn_t  *qc;

    qc = cl_link_conn(ln);

    if (qc == NULL || wzp_signal_encode(sg, NULL, 0, &len) != WZP_ENOSPC) {
        return WZP_ERROR;
    }

    json = malloc(len);
    if (json == NULL) {
        return WZP_ENOMEM;
    }

    rc = wzp_signal_encode(sg, json, len, &len);
    qb = rc == WZP_OK ? wzp_qbuf_message(json, len) : NULL;
    free(json);

    if (qb == NULL) {
        return WZP_ENOMEM;
    }

    cl_event_log("signal", json_pack("{s:i, s:s, s:s}", "len", (int) len,
                                     "action", wzp_signal_name(sg->type),
                                     "direction", "out"));

    rc = wzp_qconn_message(qc, qb, 0);
    wzp_qbuf_unref(qb);

    return rc;
}


void
cl_link_joined(cl_link_t *ln, bool joined)
{
    ln->joined = joined;
}


void
cl_link_abort(cl_link_t *ln, const cl_ending_t *en)
{
    cl_link_end(ln, en);
}
