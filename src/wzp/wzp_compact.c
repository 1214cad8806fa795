/*
 * Compact headers.  See wzp_compact.h.
 */

#include "wzp/wzp_compact.h"


#define WZP_BIT_COMPACT     0x80
#define WZP_BIT_REPORT      0x40
#define WZP_BITS_RESERVED   0x03

#define WZP_TIMESTAMP_LOW   0xffffffu   /* what a compact header has of it   */


void
wzp_compact_init(wzp_compact_t *cp, bool on)
{
    memset(cp, 0, sizeof(wzp_compact_t));

    cp->on = on;
}


/* The timestamp with these low bits that is nearest to that of the last whole
 * packet: some may be out of order, or before it in time. */

static uint32_t
wzp_compact_timestamp(const wzp_compact_t *cp, uint32_t low)
{
    uint32_t  ahead;

    ahead = (low - cp->timestamp) & WZP_TIMESTAMP_LOW;

    if (ahead > WZP_TIMESTAMP_LOW / 2) {
        ahead |= ~WZP_TIMESTAMP_LOW;
    }

    return cp->timestamp + ahead;
}


wzp_rc_t
wzp_compact_parse(wzp_compact_t *cp, wzp_packet_t *pk, const uint8_t *data,
    size_t len)
{
    size_t    end;
    unsigned  codec;
    wzp_rc_t  rc;

    if (!cp->on || len == 0 || (data[0] & WZP_BIT_COMPACT) == 0) {
        rc = wzp_packet_parse(pk, data, len);

        if (rc == WZP_OK) {
            cp->timestamp = pk->timestamp;
        }

        return rc;
    }

    codec = (data[0] >> 2) & 0x0f;
    end = len;

    if (len < WZP_COMPACT_SIZE) {
        return WZP_ESHORT;
    }

    if (codec >= WZP_CODEC_N || (data[0] & WZP_BITS_RESERVED) != 0) {
        return WZP_EBAD;
    }

    if (data[0] & WZP_BIT_REPORT) {
        if (len < WZP_COMPACT_SIZE + WZP_REPORT_SIZE) {
            return WZP_ESHORT;
        }

        end -= WZP_REPORT_SIZE;
    }

    memset(pk, 0, sizeof(wzp_packet_t));

    pk->codec = (wzp_codec_t) codec;
    pk->seq = (uint16_t) (data[1] << 8 | data[2]);
    pk->timestamp = wzp_compact_timestamp(cp, (uint32_t) data[3] << 16
                                              | (uint32_t) data[4] << 8
                                              | data[5]);
    pk->payload.data = data + WZP_COMPACT_SIZE;
    pk->payload.len = end - WZP_COMPACT_SIZE;

    if (end != len) {
        pk->has_report = true;
        pk->report.loss = data[end];
        pk->report.rtt_4ms = data[end + 1];
        pk->report.jitter_ms = data[end + 2];
        pk->report.cap_kbps = data[end + 3];
    }

    return WZP_OK;
}


/* May this packet be shortened? */

static bool
wzp_compact_may(const wzp_compact_t *cp, const wzp_packet_t *pk)
{
    return cp->on && cp->first >= WZP_COMPACT_FIRST
           && cp->since < WZP_COMPACT_EVERY - 1
           && !pk->repair && pk->fec_ratio == 0 && pk->fec_block == 0
           && pk->fec_symbol == 0
           && wzp_compact_timestamp(cp, pk->timestamp & WZP_TIMESTAMP_LOW)
              == pk->timestamp;
}


wzp_rc_t
wzp_compact_encode(wzp_compact_t *cp, const wzp_packet_t *pk, uint8_t *buf,
    size_t size, size_t *len)
{
    size_t    n;
    wzp_rc_t  rc;

    /* Both forms end alike: the whole one is written, and its head moved. */

    rc = wzp_packet_encode(pk, buf, size, &n);
    if (rc != WZP_OK) {
        return rc;
    }

    if (!wzp_compact_may(cp, pk)) {
        cp->first = (uint8_t) WZP_MIN(cp->first + 1, WZP_COMPACT_FIRST);
        cp->since = 0;
        cp->timestamp = pk->timestamp;
        *len = n;

        return WZP_OK;
    }

    cp->since++;

    buf[0] = (uint8_t) (WZP_BIT_COMPACT | (unsigned) pk->codec << 2
                        | (pk->has_report ? WZP_BIT_REPORT : 0));
    buf[1] = (uint8_t) (pk->seq >> 8);
    buf[2] = (uint8_t) pk->seq;
    buf[3] = (uint8_t) (pk->timestamp >> 16);
    buf[4] = (uint8_t) (pk->timestamp >> 8);
    buf[5] = (uint8_t) pk->timestamp;

    *len = n - WZP_HEADER_SIZE + WZP_COMPACT_SIZE;
    memmove(buf + WZP_COMPACT_SIZE, buf + WZP_HEADER_SIZE,
            *len - WZP_COMPACT_SIZE);

    return WZP_OK;
}
