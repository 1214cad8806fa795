/*
 * A server connection before its ClientHello is whole.  Where the application
 * wants to see the server name first (the `mine` event), nothing is written
 * until then, so that another worker can still begin from the beginning: what
 * came is kept for it.
 */

#include "quic/wzp_quic_int.h"

#include <stdlib.h>


/* What a hello may take: more datagrams than a long one has, and less time
 * than a client waits before it repeats itself (RFC 9002, 6.2.2). */
#define WZP_HELLO_DGRAMS    3
#define WZP_HELLO_NS        (100 * WZP_MS)


/* The last one needs no copy: it decides. */
struct wzp_qhello_s {
    unsigned          n;
    wzp_udp_dgram_t   dgrams[WZP_HELLO_DGRAMS - 1];
    uint8_t           data[WZP_HELLO_DGRAMS - 1][WZP_UDP_MTU_MAX];
};


/* Keep a copy.  False: there have been enough, or it is too long, or there is
 * no memory. */
static bool
wzp_qconn_hello_keep(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    uint8_t       *data;
    wzp_qhello_t  *he;

    if (qc->hello == NULL) {
        qc->hello = malloc(sizeof(wzp_qhello_t));
        if (qc->hello == NULL) {
            return false;
        }

        qc->hello->n = 0;
        qc->hello_ns = qc->ep->now_ns;
    }

    he = qc->hello;

    if (he->n == WZP_ARRAY_LEN(he->dgrams) || dg->len > WZP_UDP_MTU_MAX) {
        return false;
    }

    data = he->data[he->n];
    memcpy(data, dg->data, dg->len);

    he->dgrams[he->n] = *dg;
    he->dgrams[he->n].data = data;
    he->n++;

    return true;
}


/* All that came, in order, and no trace of it here. */
static void
wzp_qconn_hello_pass(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg)
{
    unsigned       i;
    wzp_quic_t    *ep;
    wzp_qhello_t  *he;

    ep = qc->ep;
    he = qc->hello;
    qc->hello = NULL;

    wzp_qconn_free(qc);

    if (ep->conf.events.elsewhere != NULL) {

        for (i = 0; he != NULL && i < he->n; i++) {
            ep->conf.events.elsewhere(ep->conf.ctx, &he->dgrams[i]);
        }

        ep->conf.events.elsewhere(ep->conf.ctx, dg);
    }

    free(he);
}


void
wzp_qconn_settle(wzp_qconn_t *qc)
{
    wzp_quic_t  *ep;

    ep = qc->ep;

    qc->waiting = 0;
    free(qc->hello);
    qc->hello = NULL;

    qc->announced = 1;
    wzp_quic_touch(qc);

    if (ep->conf.events.accepted != NULL) {
        ep->conf.events.accepted(ep->conf.ctx, qc);
    }
}


wzp_qin_t
wzp_qconn_hello(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg, int rv,
    wzp_qin_t in)
{
    if (qc->declined) {
        wzp_qconn_hello_pass(qc, dg);
        return WZP_QIN_ELSEWHERE;
    }

    if (rv == 0 && qc->waiting && wzp_qconn_hello_keep(qc, dg)) {
        wzp_timer_set(&qc->ep->timers, &qc->timer,
                      qc->hello_ns + WZP_HELLO_NS);
        return in;
    }

    wzp_qconn_settle(qc);

    if (rv != 0) {
        wzp_qconn_fail(qc, rv);
    }

    return in;
}
