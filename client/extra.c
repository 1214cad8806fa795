/*
 * Copies and views for our packets.  See extra.h.
 */

#include "extra.h"


#define CL_EXTRA_STEP_MS    40          /* the longest frame                 */
#define CL_EXTRA_CLOSE      8           /* receivers look at no more         */


/* Append a block; one that does not fit is left out. */

static bool
cl_extra_add(wzp_bytes_t *list, uint8_t *buf, size_t size,
    const wzp_block_t *bl)
{
    size_t  len;

    if (wzp_block_write(bl, buf + list->len, size - list->len, &len)
        != WZP_OK)
    {
        return false;
    }

    list->len += len;

    return true;
}


void
cl_extra_view(cl_extra_t *ex, uint16_t stream_id, float loss, float burst)
{
    size_t            i;
    cl_extra_view_t  *vw;

    for (i = 0; i < CL_EXTRA_VIEWS; i++) {
        if (ex->views[i].view.stream_id == stream_id) {
            break;
        }
    }

    if (i == CL_EXTRA_VIEWS) {
        i = ex->turn;
        ex->turn = (i + 1) % CL_EXTRA_VIEWS;
    }

    vw = &ex->views[i];
    vw->waits = true;
    vw->view.stream_id = stream_id;
    vw->view.loss = (uint8_t) (WZP_MIN(WZP_MAX(loss, 0), 1) * 255);
    vw->view.burst_16 = (uint8_t) WZP_MIN(WZP_MAX(burst, 0) * 16, 255);
}


/* One view, in turn. */

static void
cl_extra_tell(cl_extra_t *ex, wzp_bytes_t *list, uint8_t *buf, size_t size)
{
    size_t            i;
    wzp_block_t       bl;
    cl_extra_view_t  *vw;

    for (i = 0; i < CL_EXTRA_VIEWS; i++) {
        vw = &ex->views[(ex->turn + i) % CL_EXTRA_VIEWS];

        if (!vw->waits) {
            continue;
        }

        bl.type = WZP_BLOCK_VIEW;
        bl.u.view = vw->view;

        if (cl_extra_add(list, buf, size, &bl)) {
            vw->waits = false;
            ex->turn = (ex->turn + i + 1) % CL_EXTRA_VIEWS;
        }

        return;
    }
}


static void
cl_extra_copy(cl_extra_t *ex, const wzp_packet_t *pk, uint8_t back,
    wzp_bytes_t *list, uint8_t *buf, size_t size)
{
    uint32_t                ago_ms;
    wzp_block_t             bl;
    const cl_extra_sent_t  *se;

    if (back == 0 || back >= CL_EXTRA_RING) {
        return;
    }

    se = &ex->ring[(uint16_t) (pk->seq - back) % CL_EXTRA_RING];
    ago_ms = pk->timestamp - se->timestamp;

    /* Over a pause nobody waits for it, and a receiver whose delay follows
     * what comes would wait for the next one in vain. */

    if (se->len == 0 || se->seq != (uint16_t) (pk->seq - back)
        || ago_ms > back * CL_EXTRA_STEP_MS)
    {
        return;
    }

    bl.type = WZP_BLOCK_COPY;
    bl.u.copy.back = back;
    bl.u.copy.ago_10ms = (uint8_t) (ago_ms / 10);
    bl.u.copy.packet.data = se->data;
    bl.u.copy.packet.len = se->len;

    ex->copies += cl_extra_add(list, buf, size, &bl);
}


size_t
cl_extra_wrap(cl_extra_t *ex, const wzp_plan_t *plan, const wzp_packet_t *pk,
    uint8_t *out, size_t size)
{
    size_t       i, room, len;
    uint8_t      buf[WZP_PAYLOAD_SAFE];
    wzp_bytes_t  list;

    list.data = buf;
    list.len = 0;

    room = pk->payload.len + WZP_OPUS_EXT_COST;
    room = room < size ? WZP_MIN(size - room, sizeof(buf)) : 0;

    cl_extra_tell(ex, &list, buf, room);

    for (i = 0; i < WZP_MIN(plan->ncopies, WZP_PLAN_COPIES); i++) {
        cl_extra_copy(ex, pk, plan->offset[i], &list, buf, room);
    }

    if (list.len != 0
        && wzp_opus_ext_wrap(pk->payload.data, pk->payload.len, &list, out,
                             size, &len) == WZP_OK)
    {
        return len;
    }

    len = WZP_MIN(pk->payload.len, size);
    memcpy(out, pk->payload.data, len);

    return len;
}


size_t
cl_extra_noise(cl_extra_t *ex, uint8_t level, uint8_t *out, size_t size)
{
    wzp_bytes_t  list;

    out[0] = level;
    list.data = out + 1;
    list.len = 0;

    cl_extra_tell(ex, &list, out + 1, size - 1);

    return 1 + list.len;
}


size_t
cl_extra_close(cl_extra_t *ex, const wzp_plan_t *plan,
    const wzp_packet_t *pk, uint8_t *out, size_t size)
{
    uint8_t      back, last;
    wzp_bytes_t  list;

    out[0] = 0;
    list.data = out + 1;
    list.len = 0;

    /* No frame shall be later than planned: all of them are pending. */

    last = plan->ncopies ? plan->offset[plan->ncopies - 1] : 0;
    last = WZP_MIN(last, CL_EXTRA_CLOSE);

    for (back = 1; back <= last; back++) {
        cl_extra_copy(ex, pk, back, &list, out + 1, size - 1);
    }

    return 1 + list.len;
}


bool
cl_extra_waits(const cl_extra_t *ex)
{
    size_t  i;

    for (i = 0; i < CL_EXTRA_VIEWS; i++) {
        if (ex->views[i].waits) {
            return true;
        }
    }

    return false;
}


void
cl_extra_sent(cl_extra_t *ex, const wzp_packet_t *pk)
{
    cl_extra_sent_t  *se;

    se = &ex->ring[pk->seq % CL_EXTRA_RING];

    se->seq = pk->seq;
    se->timestamp = pk->timestamp;

    if (wzp_opus_ext_strip(pk->payload.data, pk->payload.len, se->data,
                           sizeof(se->data), &se->len) != WZP_OK)
    {
        se->len = 0;
    }
}


void
cl_extra_forget(cl_extra_t *ex)
{
    size_t  i;

    for (i = 0; i < CL_EXTRA_RING; i++) {
        ex->ring[i].len = 0;
    }
}
