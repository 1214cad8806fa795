/*
 * Messages on their way in: put together from stream bytes, delivered in the
 * order of stream numbers (PROTOCOL 2.1).  Everything here is hostile.
 */

#include "quic/wzp_qmsg.h"

#include <stdlib.h>


#define WZP_QIN_STEP        4           /* between streams of one kind       */
#define WZP_QIN_FIRST       1024        /* bytes of a fresh assembly         */


void
wzp_qin_init(wzp_qinbox_t *ib, int64_t first_id, size_t max_message,
    wzp_qinbox_pt deliver, void *ctx)
{
    memset(ib, 0, sizeof(wzp_qinbox_t));

    ib->next_id = first_id;
    ib->max_message = max_message;
    ib->deliver = deliver;
    ib->ctx = ctx;
}


/* Count memory before it is taken: 100 streams may be open at a time. */
static wzp_rc_t
wzp_qin_charge(wzp_qinbox_t *ib, size_t more)
{
    if (ib->memory + more > ib->max_message + WZP_QMSG_SLACK) {
        return WZP_ETOOBIG;
    }

    ib->memory += more;

    return WZP_OK;
}


static void
wzp_qpart_drop_data(wzp_qinbox_t *ib, wzp_qpart_t *qp)
{
    ib->memory -= qp->room;
    free(qp->data);
    qp->data = NULL;
    qp->room = 0;
}


/* Find the part of a stream, or make one in its place. */
static wzp_rc_t
wzp_qin_part(wzp_qinbox_t *ib, int64_t stream_id, wzp_qpart_t **part)
{
    wzp_rc_t      rc;
    wzp_qpart_t  *qp, **p;

    for (p = &ib->parts; *p != NULL && (*p)->stream_id < stream_id;
         p = &(*p)->next)
    {
        /* void */
    }

    if (*p != NULL && (*p)->stream_id == stream_id) {
        *part = *p;
        return WZP_OK;
    }

    rc = wzp_qin_charge(ib, sizeof(wzp_qpart_t));
    if (rc != WZP_OK) {
        return rc;
    }

    qp = calloc(1, sizeof(wzp_qpart_t));
    if (qp == NULL) {
        ib->memory -= sizeof(wzp_qpart_t);
        return WZP_ENOMEM;
    }

    qp->stream_id = stream_id;
    qp->next = *p;
    *p = qp;
    *part = qp;

    return WZP_OK;
}


static void
wzp_qin_pop(wzp_qinbox_t *ib)
{
    wzp_qpart_t  *qp;

    qp = ib->parts;
    ib->parts = qp->next;

    wzp_qpart_drop_data(ib, qp);
    ib->memory -= sizeof(wzp_qpart_t);
    free(qp);
}


/* Deliver what is whole, up to the first gap. */
static void
wzp_qin_advance(wzp_qinbox_t *ib)
{
    wzp_qpart_t  *qp;

    while ((qp = ib->parts) != NULL && qp->stream_id == ib->next_id
           && (qp->complete || qp->dead))
    {
        ib->next_id += WZP_QIN_STEP;
        ib->retired += qp->closed;

        if (qp->complete) {
            ib->deliver(ib->ctx, (qp->need != 0) ? qp->data : qp->head,
                        qp->need);
        }

        wzp_qin_pop(ib);
    }
}


static wzp_rc_t
wzp_qpart_room(wzp_qinbox_t *ib, wzp_qpart_t *qp, size_t size)
{
    size_t     room;
    uint8_t   *data;
    wzp_rc_t   rc;

    if (size <= qp->room) {
        return WZP_OK;
    }

    /* Memory follows the bytes that came, not the length that was claimed. */

    room = WZP_MAX((size_t) qp->room * 2, WZP_QIN_FIRST);
    room = WZP_MAX(room, size);
    room = WZP_MIN(room, (size_t) qp->need);

    rc = wzp_qin_charge(ib, room - qp->room);
    if (rc != WZP_OK) {
        return rc;
    }

    data = realloc(qp->data, room);
    if (data == NULL) {
        ib->memory -= room - qp->room;
        return WZP_ENOMEM;
    }

    qp->data = data;
    qp->room = (uint32_t) room;

    return WZP_OK;
}


static uint32_t
wzp_qin_length(const uint8_t head[4])
{
    return (uint32_t) head[0] << 24 | (uint32_t) head[1] << 16
           | (uint32_t) head[2] << 8 | head[3];
}


/* Take the length from the front of the bytes. */
static wzp_rc_t
wzp_qpart_head(wzp_qinbox_t *ib, wzp_qpart_t *qp, const uint8_t **data,
    size_t *len)
{
    while (qp->nhead < 4 && *len != 0) {
        qp->head[qp->nhead++] = *(*data)++;
        (*len)--;

        if (qp->nhead == 4) {
            qp->need = wzp_qin_length(qp->head);

            if (qp->need > ib->max_message) {
                return WZP_ETOOBIG;
            }
        }
    }

    return WZP_OK;
}


static wzp_rc_t
wzp_qpart_data(wzp_qinbox_t *ib, wzp_qpart_t *qp, const uint8_t *data,
    size_t len, bool fin)
{
    wzp_rc_t  rc;

    rc = wzp_qpart_head(ib, qp, &data, &len);
    if (rc != WZP_OK) {
        return rc;
    }

    len = WZP_MIN(len, (size_t) (qp->need - qp->have));

    if (len != 0) {
        rc = wzp_qpart_room(ib, qp, qp->have + len);
        if (rc != WZP_OK) {
            return rc;
        }

        memcpy(qp->data + qp->have, data, len);
        qp->have += (uint32_t) len;
    }

    qp->complete = (qp->nhead == 4 && qp->have == qp->need);

    return (fin && !qp->complete) ? WZP_EBAD : WZP_OK;
}


/* The usual case: a whole message in one piece, and its turn: no copy. */
static bool
wzp_qin_direct(wzp_qinbox_t *ib, int64_t stream_id, const uint8_t *data,
    size_t len)
{
    uint32_t  need;

    if (stream_id != ib->next_id || len < 4
        || (ib->parts != NULL && ib->parts->stream_id == stream_id))
    {
        return false;
    }

    need = wzp_qin_length(data);

    if (need > ib->max_message || need > len - 4) {
        return false;
    }

    ib->next_id += WZP_QIN_STEP;
    ib->deliver(ib->ctx, data + 4, need);
    wzp_qin_advance(ib);

    return true;
}


wzp_rc_t
wzp_qin_data(wzp_qinbox_t *ib, int64_t stream_id, const uint8_t *data,
    size_t len, bool fin, bool *whole)
{
    wzp_rc_t      rc;
    wzp_qpart_t  *qp;

    *whole = false;

    if (stream_id < ib->next_id) {
        return WZP_OK;
    }

    if (wzp_qin_direct(ib, stream_id, data, len)) {
        *whole = true;
        return WZP_OK;
    }

    rc = wzp_qin_part(ib, stream_id, &qp);
    if (rc != WZP_OK) {
        return rc;
    }

    if (qp->complete || qp->dead) {
        return WZP_OK;
    }

    rc = wzp_qpart_data(ib, qp, data, len, fin);
    if (rc != WZP_OK) {
        return rc;
    }

    *whole = qp->complete;
    wzp_qin_advance(ib);

    return WZP_OK;
}


wzp_rc_t
wzp_qin_reset(wzp_qinbox_t *ib, int64_t stream_id)
{
    wzp_rc_t      rc;
    wzp_qpart_t  *qp;

    if (stream_id < ib->next_id) {
        return WZP_OK;
    }

    rc = wzp_qin_part(ib, stream_id, &qp);
    if (rc != WZP_OK) {
        return rc;
    }

    if (!qp->complete) {
        qp->dead = true;
        wzp_qpart_drop_data(ib, qp);
        wzp_qin_advance(ib);
    }

    return WZP_OK;
}


/* The peer gets the stream's credit back when its turn has come, so that at
 * most 100 messages can wait behind an unfinished one. */
wzp_rc_t
wzp_qin_closed(wzp_qinbox_t *ib, int64_t stream_id)
{
    wzp_rc_t      rc;
    wzp_qpart_t  *qp;

    if (stream_id < ib->next_id) {
        ib->retired++;
        return WZP_OK;
    }

    rc = wzp_qin_part(ib, stream_id, &qp);
    if (rc != WZP_OK) {
        return rc;
    }

    qp->closed = true;
    qp->dead = !qp->complete;
    wzp_qin_advance(ib);

    return WZP_OK;
}


void
wzp_qin_done(wzp_qinbox_t *ib)
{
    while (ib->parts != NULL) {
        wzp_qin_pop(ib);
    }
}
