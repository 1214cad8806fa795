/*
 * The queue of media packets.
 */

#include "quic/wzp_qmedia.h"

#include <stdlib.h>


#define WZP_QMEDIA_FIRST    8           /* slots of a fresh ring             */


static wzp_rc_t
wzp_qmedia_grow(wzp_qmedia_t *qm)
{
    uint32_t      i, room;
    wzp_qbuf_t  **ring;

    room = (qm->room == 0) ? WZP_QMEDIA_FIRST : qm->room * 2;

    ring = malloc(room * sizeof(wzp_qbuf_t *));
    if (ring == NULL) {
        return WZP_ENOMEM;
    }

    for (i = 0; i < qm->n; i++) {
        ring[i] = qm->ring[(qm->head + i) & (qm->room - 1)];
    }

    free(qm->ring);
    qm->ring = ring;
    qm->room = room;
    qm->head = 0;

    return WZP_OK;
}


wzp_rc_t
wzp_qmedia_put(wzp_qmedia_t *qm, wzp_qbuf_t *qb, uint32_t max,
    uint64_t now_ns)
{
    while (qm->n != 0 && qm->n >= max) {
        wzp_qmedia_pop(qm);
        qm->drop_queue++;
    }

    if (qm->n == qm->room && wzp_qmedia_grow(qm) != WZP_OK) {
        return WZP_ENOMEM;
    }

    if (qm->n == 0) {
        qm->since_ns = now_ns;
    }

    qm->ring[(qm->head + qm->n) & (qm->room - 1)] = wzp_qbuf_ref(qb);
    qm->n++;
    qm->bytes += qb->len;

    return WZP_OK;
}


wzp_qbuf_t *
wzp_qmedia_head(const wzp_qmedia_t *qm)
{
    return (qm->n == 0) ? NULL : qm->ring[qm->head];
}


void
wzp_qmedia_pop(wzp_qmedia_t *qm)
{
    wzp_qbuf_t  *qb;

    qb = qm->ring[qm->head];

    qm->head = (qm->head + 1) & (qm->room - 1);
    qm->n--;
    qm->bytes -= qb->len;

    wzp_qbuf_unref(qb);
}


void
wzp_qmedia_expire(wzp_qmedia_t *qm, uint64_t stale_ns, uint64_t now_ns)
{
    wzp_qbuf_t  *qb;

    while ((qb = wzp_qmedia_head(qm)) != NULL && qb->born_ns != 0
           && now_ns > qb->born_ns && now_ns - qb->born_ns >= stale_ns)
    {
        wzp_qmedia_pop(qm);
        qm->drop_stale++;
    }
}


void
wzp_qmedia_done(wzp_qmedia_t *qm)
{
    while (qm->n != 0) {
        wzp_qmedia_pop(qm);
    }

    free(qm->ring);
    qm->ring = NULL;
    qm->room = 0;
}
