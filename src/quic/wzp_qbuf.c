/*
 * Reference-counted buffers.  The common sizes are kept on free lists: the
 * packet path neither calls malloc nor free in steady state.
 */

#include "quic/wzp_quic.h"

#include <stdlib.h>


/* Two classes: most voice packets, and the largest datagram. */
#define WZP_QBUF_SMALL      256
#define WZP_QBUF_LARGE      WZP_UDP_MTU_MAX
#define WZP_QBUF_KEEP       1024        /* free buffers kept per class       */


typedef struct {
    wzp_qbuf_t  *list;                  /* linked through data               */
    unsigned     n;
} wzp_qbuf_pool_t;


/* One process, one thread (see the header). */
static wzp_qbuf_pool_t  wzp_qbuf_small;
static wzp_qbuf_pool_t  wzp_qbuf_large;


static wzp_qbuf_pool_t *
wzp_qbuf_pool(size_t size)
{
    if (size <= WZP_QBUF_SMALL) {
        return &wzp_qbuf_small;
    }

    return (size <= WZP_QBUF_LARGE) ? &wzp_qbuf_large : NULL;
}


static wzp_qbuf_t *
wzp_qbuf_take(wzp_qbuf_pool_t *pool)
{
    wzp_qbuf_t  *qb;

    qb = pool->list;

    if (qb != NULL) {
        memcpy(&pool->list, qb->data, sizeof(pool->list));
        pool->n--;
    }

    return qb;
}


wzp_qbuf_t *
wzp_qbuf_alloc(size_t size)
{
    size_t            room;
    wzp_qbuf_t       *qb;
    wzp_qbuf_pool_t  *pool;

    if (size > UINT32_MAX - sizeof(wzp_qbuf_t)) {
        return NULL;
    }

    room = size;
    pool = wzp_qbuf_pool(size);
    qb = NULL;

    if (pool != NULL) {
        room = (pool == &wzp_qbuf_small) ? WZP_QBUF_SMALL : WZP_QBUF_LARGE;
        qb = wzp_qbuf_take(pool);
    }

    if (qb == NULL) {
        qb = malloc(sizeof(wzp_qbuf_t) + room);
        if (qb == NULL) {
            return NULL;
        }
    }

    qb->refs = 1;
    qb->size = (uint32_t) room;
    qb->len = 0;
    qb->born_ns = 0;

    return qb;
}


wzp_qbuf_t *
wzp_qbuf_ref(wzp_qbuf_t *qb)
{
    WZP_ASSERT(qb->refs != 0);

    qb->refs++;

    return qb;
}


void
wzp_qbuf_unref(wzp_qbuf_t *qb)
{
    wzp_qbuf_pool_t  *pool;

    if (qb == NULL) {
        return;
    }

    WZP_ASSERT(qb->refs != 0);

    if (--qb->refs != 0) {
        return;
    }

    pool = wzp_qbuf_pool(qb->size);

    if (pool == NULL || pool->n == WZP_QBUF_KEEP) {
        free(qb);
        return;
    }

    memcpy(qb->data, &pool->list, sizeof(pool->list));
    pool->list = qb;
    pool->n++;
}


wzp_qbuf_t *
wzp_qbuf_message(const uint8_t *json, size_t len)
{
    wzp_qbuf_t  *qb;

    if (len > UINT32_MAX / 2) {
        return NULL;
    }

    qb = wzp_qbuf_alloc(len + 4);
    if (qb == NULL) {
        return NULL;
    }

    qb->data[0] = (uint8_t) (len >> 24);
    qb->data[1] = (uint8_t) (len >> 16);
    qb->data[2] = (uint8_t) (len >> 8);
    qb->data[3] = (uint8_t) len;

    if (len != 0) {
        memcpy(qb->data + 4, json, len);
    }

    qb->len = (uint32_t) len + 4;

    return qb;
}
