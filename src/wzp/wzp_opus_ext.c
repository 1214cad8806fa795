/*
 * Blocks inside the padding of Opus packets.  See wzp_opus_ext.h.
 */

#include "wzp/wzp_opus_ext.h"


#define WZP_OPUS_FRAME_MAX  1275        /* RFC 6716, 3.4, R2                 */
#define WZP_OPUS_LONG       252         /* a length of two bytes begins so   */
#define WZP_OPUS_LIMIT_4TH  480         /* 120 ms in quarters: R5            */

#define WZP_OPUS_VBR        0x80
#define WZP_OPUS_PADDED     0x40

#define WZP_BLOCK_ARG         0x1f        /* low bits of a block's first byte  */


/* A packet taken apart.  Views into it. */
typedef struct {
    uint8_t      toc;
    unsigned     n;
    bool         vbr;
    wzp_bytes_t  frame[WZP_OPUS_FRAMES];
    wzp_bytes_t  padding;
} wzp_opus_t;


/* What is still to be written, or to be read. */
typedef struct {
    uint8_t  *p;
    uint8_t  *end;
} wzp_opus_out_t;


static void
wzp_bytes_skip(wzp_bytes_t *in, size_t n)
{
    in->data += n;
    in->len -= n;
}


/* RFC 6716, 3.1: duration of one frame in quarters of a millisecond. */

static unsigned
wzp_opus_quarters(uint8_t toc)
{
    unsigned  config;

    static const uint8_t  silk[4] = { 40, 80, 160, 240 };
    static const uint8_t  celt[4] = { 10, 20, 40, 80 };

    config = toc >> 3;

    if (config < 12) {
        return silk[config & 3];
    }

    return config < 16 ? silk[config & 1] : celt[config & 3];
}


/* RFC 6716, 3.2.1 */

static bool
wzp_opus_length(wzp_bytes_t *in, size_t *len)
{
    size_t  n;

    if (in->len == 0) {
        return false;
    }

    n = in->data[0];
    wzp_bytes_skip(in, 1);

    if (n >= WZP_OPUS_LONG) {

        if (in->len == 0) {
            return false;
        }

        n += 4u * in->data[0];
        wzp_bytes_skip(in, 1);
    }

    *len = n;

    return n <= in->len;
}


/* n frames of equal length are the whole rest. */

static bool
wzp_opus_equal(wzp_opus_t *op, wzp_bytes_t *in)
{
    size_t    len;
    unsigned  i;

    len = in->len / op->n;

    if (len * op->n != in->len || len > WZP_OPUS_FRAME_MAX) {
        return false;
    }

    for (i = 0; i < op->n; i++) {
        op->frame[i].data = in->data;
        op->frame[i].len = len;
        wzp_bytes_skip(in, len);
    }

    return true;
}


/* Lengths of all frames but the last, and then the frames. */

static bool
wzp_opus_unequal(wzp_opus_t *op, wzp_bytes_t *in)
{
    size_t    sum;
    unsigned  i;

    sum = 0;

    for (i = 0; i + 1 < op->n; i++) {
        if (!wzp_opus_length(in, &op->frame[i].len)) {
            return false;
        }

        sum += op->frame[i].len;
    }

    if (sum > in->len) {
        return false;
    }

    op->frame[i].len = in->len - sum;

    for (i = 0; i < op->n; i++) {
        if (op->frame[i].len > WZP_OPUS_FRAME_MAX) {
            return false;
        }

        op->frame[i].data = in->data;
        wzp_bytes_skip(in, op->frame[i].len);
    }

    return true;
}


/* Code 3: count, length of the padding; what is left in `in` are frames. */

static bool
wzp_opus_code3(wzp_opus_t *op, wzp_bytes_t *in)
{
    size_t   padding, part;
    uint8_t  count;

    if (in->len == 0) {
        return false;
    }

    count = in->data[0];
    wzp_bytes_skip(in, 1);

    op->n = count & 0x3f;
    op->vbr = (count & WZP_OPUS_VBR) != 0;

    if (op->n == 0
        || op->n * wzp_opus_quarters(op->toc) > WZP_OPUS_LIMIT_4TH)
    {
        return false;
    }

    if (!(count & WZP_OPUS_PADDED)) {
        return true;
    }

    padding = 0;

    do {
        if (in->len == 0) {
            return false;
        }

        part = in->data[0];
        wzp_bytes_skip(in, 1);
        padding += part == 255 ? 254 : part;

    } while (part == 255);

    if (padding > in->len) {
        return false;
    }

    in->len -= padding;
    op->padding.data = in->data + in->len;
    op->padding.len = padding;

    return true;
}


static bool
wzp_opus_split(wzp_opus_t *op, const uint8_t *packet, size_t len)
{
    wzp_bytes_t  in;

    if (len == 0) {
        return false;
    }

    in.data = packet + 1;
    in.len = len - 1;

    op->toc = packet[0];
    op->padding.data = NULL;
    op->padding.len = 0;
    op->vbr = (packet[0] & 3) == 2;
    op->n = (packet[0] & 3) == 0 ? 1 : 2;

    if ((packet[0] & 3) == 3 && !wzp_opus_code3(op, &in)) {
        return false;
    }

    return op->vbr ? wzp_opus_unequal(op, &in) : wzp_opus_equal(op, &in);
}


static bool
wzp_opus_put(wzp_opus_out_t *out, size_t v)
{
    if (out->p == out->end) {
        return false;
    }

    *out->p++ = (uint8_t) v;

    return true;
}


static bool
wzp_opus_put_bytes(wzp_opus_out_t *out, const uint8_t *data, size_t len)
{
    if ((size_t) (out->end - out->p) < len) {
        return false;
    }

    if (len != 0) {
        memcpy(out->p, data, len);
        out->p += len;
    }

    return true;
}


/* step for each byte 255, and the rest in a smaller one. */

static bool
wzp_opus_put_lacing(wzp_opus_out_t *out, size_t n, size_t step)
{
    for ( /* void */ ; n >= 255; n -= step) {
        if (!wzp_opus_put(out, 255)) {
            return false;
        }
    }

    return wzp_opus_put(out, n);
}


static bool
wzp_opus_put_length(wzp_opus_out_t *out, size_t n)
{
    if (n < WZP_OPUS_LONG) {
        return wzp_opus_put(out, n);
    }

    return wzp_opus_put(out, WZP_OPUS_LONG + (n & 3))
           && wzp_opus_put(out, (n - WZP_OPUS_LONG - (n & 3)) >> 2);
}


/* Everything before the padding. */

static bool
wzp_opus_put_frames(wzp_opus_out_t *out, const wzp_opus_t *op, bool padded,
    size_t padding)
{
    unsigned  i;

    if (op->n == 1 && !padded) {
        return wzp_opus_put(out, op->toc & 0xfc)
               && wzp_opus_put_bytes(out, op->frame[0].data,
                                     op->frame[0].len);
    }

    if (!wzp_opus_put(out, op->toc | 3)
        || !wzp_opus_put(out, (op->vbr ? WZP_OPUS_VBR : 0u)
                              | (padded ? WZP_OPUS_PADDED : 0u) | op->n)
        || (padded && !wzp_opus_put_lacing(out, padding, 254)))
    {
        return false;
    }

    for (i = 0; op->vbr && i + 1 < op->n; i++) {
        if (!wzp_opus_put_length(out, op->frame[i].len)) {
            return false;
        }
    }

    for (i = 0; i < op->n; i++) {
        if (!wzp_opus_put_bytes(out, op->frame[i].data, op->frame[i].len)) {
            return false;
        }
    }

    return true;
}


wzp_rc_t
wzp_opus_ext_wrap(const uint8_t *packet, size_t len, const wzp_bytes_t *list,
    uint8_t *buf, size_t size, size_t *out_len)
{
    bool            last;
    size_t          padding;
    wzp_opus_t      op;
    wzp_opus_out_t  out;

    if (!wzp_opus_split(&op, packet, len)) {
        return WZP_EBAD;
    }

    out.p = buf;
    out.end = buf + size;

    /* An extension whose length is not told reaches to the end. */

    last = op.padding.len == 0;
    padding = 1 + list->len + (last ? 0 : 1 + list->len / 255)
              + op.padding.len;

    if (!wzp_opus_put_frames(&out, &op, true, padding)
        || !wzp_opus_put(&out, WZP_OPUS_EXT_ID << 1 | !last)
        || (!last && !wzp_opus_put_lacing(&out, list->len, 255))
        || !wzp_opus_put_bytes(&out, list->data, list->len)
        || !wzp_opus_put_bytes(&out, op.padding.data, op.padding.len))
    {
        return WZP_ENOSPC;
    }

    *out_len = (size_t) (out.p - buf);

    return WZP_OK;
}


wzp_rc_t
wzp_opus_ext_strip(const uint8_t *packet, size_t len, uint8_t *buf,
    size_t size, size_t *out_len)
{
    wzp_opus_t      op;
    wzp_opus_out_t  out;

    if (!wzp_opus_split(&op, packet, len)) {
        return WZP_EBAD;
    }

    out.p = buf;
    out.end = buf + size;

    if (!wzp_opus_put_frames(&out, &op, false, 0)) {
        return WZP_ENOSPC;
    }

    *out_len = (size_t) (out.p - buf);

    return WZP_OK;
}


/* Take one extension off; its body, whatever its id.  False: nonsense. */

static bool
wzp_opus_extension(wzp_bytes_t *in, unsigned *id, wzp_bytes_t *body)
{
    bool    told;
    size_t  n, part;

    *id = in->data[0] >> 1;
    told = (in->data[0] & 1) != 0;
    wzp_bytes_skip(in, 1);

    if (*id < 32) {

        /* 0: one byte of padding, or nothing but padding from here on. */

        n = *id == 0 ? (told ? 0 : in->len) : told;

    } else if (!told) {
        n = in->len;

    } else {
        n = 0;

        do {
            if (in->len == 0) {
                return false;
            }

            part = in->data[0];
            n += part;
            wzp_bytes_skip(in, 1);

        } while (part == 255);
    }

    if (n > in->len) {
        return false;
    }

    body->data = in->data;
    body->len = n;
    wzp_bytes_skip(in, n);

    return true;
}


wzp_rc_t
wzp_opus_ext_parse(const uint8_t *packet, size_t len, wzp_bytes_t *list)
{
    unsigned     id;
    wzp_opus_t   op;
    wzp_bytes_t  body;

    if (!wzp_opus_split(&op, packet, len)) {
        return WZP_EBAD;
    }

    while (op.padding.len > 0) {

        if (!wzp_opus_extension(&op.padding, &id, &body)) {
            break;
        }

        if (id == WZP_OPUS_EXT_ID) {
            *list = body;
            return WZP_OK;
        }
    }

    return WZP_EAGAIN;
}


wzp_rc_t
wzp_block_write(const wzp_block_t *bl, uint8_t *buf, size_t size,
    size_t *len)
{
    bool                   fits;
    wzp_opus_out_t         out;
    const wzp_block_copy_t  *cp;
    const wzp_block_view_t  *vw;

    out.p = buf;
    out.end = buf + size;

    if (bl->type == WZP_BLOCK_COPY) {
        cp = &bl->u.copy;

        if (cp->back == 0 || cp->back > WZP_BLOCK_BACK_MAX
            || cp->packet.len == 0)
        {
            return WZP_EBAD;
        }

        fits = wzp_opus_put(&out, WZP_BLOCK_COPY << 5 | cp->back)
               && wzp_opus_put_lacing(&out, 1 + cp->packet.len, 255)
               && wzp_opus_put(&out, cp->ago_10ms)
               && wzp_opus_put_bytes(&out, cp->packet.data, cp->packet.len);

    } else if (bl->type == WZP_BLOCK_VIEW) {
        vw = &bl->u.view;

        fits = wzp_opus_put(&out, WZP_BLOCK_VIEW << 5)
               && wzp_opus_put(&out, 4)
               && wzp_opus_put(&out, vw->stream_id >> 8)
               && wzp_opus_put(&out, vw->stream_id & 0xff)
               && wzp_opus_put(&out, vw->loss)
               && wzp_opus_put(&out, vw->burst_16);

    } else {
        return WZP_EBAD;
    }

    if (!fits) {
        return WZP_ENOSPC;
    }

    *len = (size_t) (out.p - buf);

    return WZP_OK;
}


/* What one block says.  WZP_EUNKNOWN: of a type that we don't know. */

static wzp_rc_t
wzp_block_read(uint8_t head, const wzp_bytes_t *body, wzp_block_t *bl)
{
    unsigned  type;

    type = head >> 5;

    if (type == WZP_BLOCK_COPY) {

        if (body->len < 2 || (head & WZP_BLOCK_ARG) == 0) {
            return WZP_EBAD;
        }

        bl->type = WZP_BLOCK_COPY;
        bl->u.copy.back = head & WZP_BLOCK_ARG;
        bl->u.copy.ago_10ms = body->data[0];
        bl->u.copy.packet.data = body->data + 1;
        bl->u.copy.packet.len = body->len - 1;

        return WZP_OK;
    }

    if (type == WZP_BLOCK_VIEW) {

        if (body->len < 4) {
            return WZP_EBAD;
        }

        bl->type = WZP_BLOCK_VIEW;
        bl->u.view.stream_id = (uint16_t) (body->data[0] << 8
                                           | body->data[1]);
        bl->u.view.loss = body->data[2];
        bl->u.view.burst_16 = body->data[3];

        return WZP_OK;
    }

    return WZP_EUNKNOWN;
}


wzp_rc_t
wzp_block_next(wzp_bytes_t *list, wzp_block_t *bl)
{
    size_t       n, part;
    uint8_t      head;
    wzp_rc_t     rc;
    wzp_bytes_t  in, body;

    in = *list;

    do {
        if (in.len == 0) {
            return WZP_EAGAIN;
        }

        head = in.data[0];
        wzp_bytes_skip(&in, 1);
        n = 0;

        do {
            if (in.len == 0) {
                return WZP_EBAD;
            }

            part = in.data[0];
            n += part;
            wzp_bytes_skip(&in, 1);

        } while (part == 255);

        if (n > in.len) {
            return WZP_EBAD;
        }

        body.data = in.data;
        body.len = n;
        wzp_bytes_skip(&in, n);

        rc = wzp_block_read(head, &body, bl);

    } while (rc == WZP_EUNKNOWN);

    if (rc == WZP_OK) {
        *list = in;
    }

    return rc;
}
