/*
 * Media packets: 12 bytes of header, payload, 4 bytes of report.
 */

#include "wzp/wzp_packet.h"


#define WZP_BIT_REPAIR      0x40
#define WZP_BIT_REPORT      0x02
#define WZP_RATIO_MAX       127u


/* Rows in the order of wzp_codec_t. */
static const wzp_codec_info_t  wzp_codecs[WZP_CODEC_N] = {
    { "Opus24k",      24000, 20, 48000 },
    { "Opus16k",      16000, 20, 48000 },
    { "Opus6k",        6000, 40, 48000 },
    { "Codec2_3200",   3200, 20,  8000 },
    { "Codec2_1200",   1200, 40,  8000 },
    { "ComfortNoise",     0, 20, 48000 },
    { "Opus32k",      32000, 20, 48000 },
    { "Opus48k",      48000, 20, 48000 },
    { "Opus64k",      64000, 20, 48000 },
};


const wzp_codec_info_t *
wzp_codec_info(unsigned codec)
{
    return codec < WZP_CODEC_N ? &wzp_codecs[codec] : NULL;
}


wzp_codec_t
wzp_codec_by_name(const char *name, size_t len)
{
    wzp_codec_t  i;

    for (i = 0; i < WZP_CODEC_N; i++) {
        if (strlen(wzp_codecs[i].name) == len
            && memcmp(wzp_codecs[i].name, name, len) == 0)
        {
            break;
        }
    }

    return i;
}


static inline uint16_t
wzp_get_u16(const uint8_t *p)
{
    return (uint16_t) (p[0] << 8 | p[1]);
}


static inline uint32_t
wzp_get_u32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


static inline void
wzp_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t) (v >> 8);
    p[1] = (uint8_t) v;
}


static inline void
wzp_put_u32(uint8_t *p, uint32_t v)
{
    wzp_put_u16(p, (uint16_t) (v >> 16));
    wzp_put_u16(p + 2, (uint16_t) v);
}


wzp_rc_t
wzp_packet_parse(wzp_packet_t *pk, const uint8_t *data, size_t len)
{
    bool            report;
    unsigned        codec;
    const uint8_t  *end;

    if (len < WZP_HEADER_SIZE) {
        return WZP_ESHORT;
    }

    codec = (data[0] >> 2) & 0x0f;

    if (codec >= WZP_CODEC_N) {
        return WZP_EBAD;
    }

    report = (data[0] & WZP_BIT_REPORT) != 0;
    end = data + len;

    if (report) {
        if (len < WZP_HEADER_SIZE + WZP_REPORT_SIZE) {
            return WZP_ESHORT;
        }

        end -= WZP_REPORT_SIZE;

        pk->report.loss = end[0];
        pk->report.rtt_4ms = end[1];
        pk->report.jitter_ms = end[2];
        pk->report.cap_kbps = end[3];

    } else {
        memset(&pk->report, 0, sizeof(pk->report));
    }

    pk->repair = (data[0] & WZP_BIT_REPAIR) != 0;
    pk->codec = (wzp_codec_t) codec;
    pk->fec_ratio = (uint8_t) ((data[0] & 1) << 6 | data[1] >> 2);
    pk->seq = wzp_get_u16(data + 2);
    pk->timestamp = wzp_get_u32(data + 4);
    pk->fec_block = data[8];
    pk->fec_symbol = data[9];
    pk->stream_id = wzp_get_u16(data + 10);
    pk->has_report = report;
    pk->payload.data = data + WZP_HEADER_SIZE;
    pk->payload.len = (size_t) (end - pk->payload.data);

    return WZP_OK;
}


wzp_rc_t
wzp_packet_encode(const wzp_packet_t *pk, uint8_t *buf, size_t size,
    size_t *len)
{
    size_t    need;
    uint8_t  *p;

    if ((unsigned) pk->codec >= WZP_CODEC_N || pk->fec_ratio > WZP_RATIO_MAX) {
        return WZP_EBAD;
    }

    need = WZP_HEADER_SIZE + (pk->has_report ? WZP_REPORT_SIZE : 0);

    if (size < need || size - need < pk->payload.len) {
        return WZP_ENOSPC;
    }

    buf[0] = (uint8_t) ((pk->repair ? WZP_BIT_REPAIR : 0)
                        | (unsigned) pk->codec << 2
                        | (pk->has_report ? WZP_BIT_REPORT : 0)
                        | pk->fec_ratio >> 6);
    buf[1] = (uint8_t) (pk->fec_ratio << 2);
    wzp_put_u16(buf + 2, pk->seq);
    wzp_put_u32(buf + 4, pk->timestamp);
    buf[8] = pk->fec_block;
    buf[9] = pk->fec_symbol;
    wzp_put_u16(buf + 10, pk->stream_id);

    p = buf + WZP_HEADER_SIZE;

    if (pk->payload.len != 0) {
        memmove(p, pk->payload.data, pk->payload.len);
        p += pk->payload.len;
    }

    if (pk->has_report) {
        p[0] = pk->report.loss;
        p[1] = pk->report.rtt_4ms;
        p[2] = pk->report.jitter_ms;
        p[3] = pk->report.cap_kbps;
    }

    *len = need + pk->payload.len;

    return WZP_OK;
}


void
wzp_packet_stamp(uint8_t *data, uint16_t stream_id)
{
    wzp_put_u16(data + 10, stream_id);
}


uint8_t
wzp_fec_ratio_code(float ratio)
{
    float    v;
    uint8_t  code;

    v = ratio * 63.5f;

    if (!(v > 0)) {
        return 0;
    }

    if (v >= WZP_RATIO_MAX) {
        return WZP_RATIO_MAX;
    }

    code = (uint8_t) v;

    return v - (float) code < 0.5f ? code : (uint8_t) (code + 1);
}


float
wzp_fec_ratio(uint8_t code)
{
    return (float) WZP_MIN(code, WZP_RATIO_MAX) / 63.5f;
}
