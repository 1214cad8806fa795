/*
 * Media packets as they travel in one QUIC DATAGRAM.  PROTOCOL 3.
 * Parses and writes bytes; knows no rooms, no codecs, no connections.
 */

#ifndef _WZP_PACKET_H_INCLUDED_
#define _WZP_PACKET_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_HEADER_SIZE     12
#define WZP_REPORT_SIZE     4
#define WZP_TAG_SIZE        8           /* federation room tag, PROTOCOL 3.7 */

#define WZP_PACKET_MAX      1414        /* largest a reference peer can send */
#define WZP_PAYLOAD_SAFE    1150        /* our client never sends more       */


/* PROTOCOL 3.2; the order is the wire's. */
typedef enum {
    WZP_CODEC_OPUS24K = 0,
    WZP_CODEC_OPUS16K,
    WZP_CODEC_OPUS6K,
    WZP_CODEC_CODEC2_3200,
    WZP_CODEC_CODEC2_1200,
    WZP_CODEC_COMFORT_NOISE,
    WZP_CODEC_OPUS32K,
    WZP_CODEC_OPUS48K,
    WZP_CODEC_OPUS64K,
    WZP_CODEC_N
} wzp_codec_t;


typedef struct {
    const char  *name;                  /* as in JSON: "Opus24k"             */
    uint32_t     bitrate_bps;
    uint16_t     frame_ms;
    uint32_t     rate_hz;
} wzp_codec_info_t;


/* A receiver's view of its path, PROTOCOL 3.4. */
typedef struct {
    uint8_t  loss;                      /* percent * 255 / 100               */
    uint8_t  rtt_4ms;
    uint8_t  jitter_ms;
    uint8_t  cap_kbps;
} wzp_report_t;


typedef struct {
    bool            repair;             /* T: FEC repair packet              */
    wzp_codec_t     codec;
    uint8_t         fec_ratio;          /* 7 bit code, ratio * 63.5          */
    uint16_t        seq;
    uint32_t        timestamp;          /* ms, wraps                         */
    uint8_t         fec_block;
    uint8_t         fec_symbol;
    uint16_t        stream_id;          /* bytes 10-11; 0 = unknown          */
    bool            has_report;         /* Q                                 */
    wzp_report_t    report;
    wzp_bytes_t     payload;            /* borrowed from the input           */
} wzp_packet_t;


/* NULL when codec is out of range. */
const wzp_codec_info_t *wzp_codec_info(unsigned codec);

/* WZP_CODEC_N when no codec has this JSON name. */
wzp_codec_t wzp_codec_by_name(const char *name, size_t len);

/*
 * Parse one datagram; pk->payload points into data.  The version bit is not
 * checked (PROTOCOL 3.1).
 *
 * WZP_ESHORT shorter than header (and trailer, when Q is set); WZP_EBAD codec
 * id 9..15.
 */
wzp_rc_t wzp_packet_parse(wzp_packet_t *pk, const uint8_t *data, size_t len)
    WZP_MUST_CHECK;

/*
 * Write header, payload and trailer; *len is the number of bytes written.
 * WZP_ENOSPC if size is too small, WZP_EBAD for a codec out of range.
 */
wzp_rc_t wzp_packet_encode(const wzp_packet_t *pk, uint8_t *buf, size_t size,
    size_t *len) WZP_MUST_CHECK;

/* Write stream_id into bytes 10-11 of a packet that parsed. */
void wzp_packet_stamp(uint8_t *data, uint16_t stream_id);

/* min(127, round-half-away(ratio * 63.5)) in single precision, and back. */
uint8_t wzp_fec_ratio_code(float ratio);
float wzp_fec_ratio(uint8_t code);


#endif /* _WZP_PACKET_H_INCLUDED_ */
