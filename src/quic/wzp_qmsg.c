/*
 * Messages on their way out: waiting for a stream, and waiting for the ACK.
 */

#include "quic/wzp_qmsg.h"

#include <stdlib.h>


static void
wzp_qmsg_free(wzp_qmsg_t *qm)
{
    wzp_qbuf_unref(qm->qb);
    free(qm);
}


static wzp_qmsg_t *
wzp_qout_keyed(const wzp_qoutbox_t *ob, unsigned key)
{
    wzp_qmsg_t  *qm;

    if (key == 0) {
        return NULL;
    }

    for (qm = ob->wait; qm != NULL; qm = qm->next) {

        if (qm->key == key) {
            return qm;
        }
    }

    return NULL;
}


wzp_rc_t
wzp_qout_put(wzp_qoutbox_t *ob, wzp_qbuf_t *qb, unsigned key, bool uni)
{
    uint32_t     max;
    wzp_qmsg_t  *qm;

    qm = wzp_qout_keyed(ob, key);

    if (qm != NULL) {
        wzp_qbuf_ref(qb);
        wzp_qbuf_unref(qm->qb);
        qm->qb = qb;
        return WZP_OK;
    }

    max = ob->wait_max != 0 ? ob->wait_max : WZP_QMSG_WAIT_MAX;

    if (ob->nwait >= max) {
        return WZP_ENOSPC;
    }

    qm = calloc(1, sizeof(wzp_qmsg_t));
    if (qm == NULL) {
        return WZP_ENOMEM;
    }

    qm->qb = wzp_qbuf_ref(qb);
    qm->stream_id = -1;
    qm->key = key;
    qm->uni = uni;

    if (ob->wait == NULL) {
        ob->wait = qm;

    } else {
        ob->wait_last->next = qm;
    }

    ob->wait_last = qm;
    ob->nwait++;

    return WZP_OK;
}


wzp_qmsg_t *
wzp_qout_first(const wzp_qoutbox_t *ob, bool uni)
{
    wzp_qmsg_t  *qm;

    for (qm = ob->wait; qm != NULL && qm->uni != uni; qm = qm->next) {
        /* void */
    }

    return qm;
}


static bool
wzp_qout_unlink(wzp_qmsg_t **list, wzp_qmsg_t **last, wzp_qmsg_t *qm)
{
    wzp_qmsg_t  **p, *prev;

    prev = NULL;

    for (p = list; *p != qm; p = &(*p)->next) {

        if (*p == NULL) {
            return false;
        }

        prev = *p;
    }

    *p = qm->next;

    if (*last == qm) {
        *last = prev;
    }

    qm->next = NULL;

    return true;
}


bool
wzp_qout_may_start(const wzp_qoutbox_t *ob, const wzp_qmsg_t *qm)
{
    return ob->live == NULL || ob->live_bytes + qm->qb->len <= WZP_QMSG_SLACK;
}


void
wzp_qout_start(wzp_qoutbox_t *ob, wzp_qmsg_t *qm, int64_t stream_id)
{
    if (!wzp_qout_unlink(&ob->wait, &ob->wait_last, qm)) {
        return;
    }

    ob->nwait--;
    qm->stream_id = stream_id;

    if (ob->live == NULL) {
        ob->live = qm;

    } else {
        ob->live_last->next = qm;
    }

    ob->live_last = qm;
    ob->live_bytes += qm->qb->len;
}


void
wzp_qout_drop(wzp_qoutbox_t *ob, wzp_qmsg_t *qm)
{
    if (wzp_qout_unlink(&ob->live, &ob->live_last, qm)) {
        ob->live_bytes -= qm->qb->len;
        wzp_qmsg_free(qm);
    }
}


void
wzp_qout_fin(wzp_qoutbox_t *ob, int64_t stream_id)
{
    int64_t   *fins;
    uint16_t   room;

    if (ob->nfins == ob->fins_room) {

        if (ob->fins_room >= UINT16_MAX / 2) {
            return;
        }

        room = (uint16_t) WZP_MAX(ob->fins_room * 2, 4);

        fins = realloc(ob->fins, room * sizeof(int64_t));
        if (fins == NULL) {
            /* The stream keeps its slot; nothing else is lost. */
            return;
        }

        ob->fins = fins;
        ob->fins_room = room;
    }

    ob->fins[ob->nfins++] = stream_id;
}


bool
wzp_qout_pending(const wzp_qoutbox_t *ob)
{
    return ob->wait != NULL || ob->live != NULL;
}


void
wzp_qout_done(wzp_qoutbox_t *ob)
{
    wzp_qmsg_t  *qm;

    while ((qm = ob->wait) != NULL) {
        ob->wait = qm->next;
        wzp_qmsg_free(qm);
    }

    while ((qm = ob->live) != NULL) {
        ob->live = qm->next;
        wzp_qmsg_free(qm);
    }

    free(ob->fins);
    memset(ob, 0, sizeof(wzp_qoutbox_t));
}
