/*
 * Media packets: the vectors of PROTOCOL 3.3 and 3.4, every length, every
 * first byte, codecs and FEC ratios.
 */

#include <math.h>

#include "wzp/wzp_packet.h"
#include "vec.h"


typedef struct {
    const char   *name;
    bool          repair;
    wzp_codec_t   codec;
    uint8_t       ratio;
    uint16_t      seq;
    uint32_t      timestamp;
    uint8_t       block;
    uint8_t       symbol;
    uint16_t      stream_id;
    bool          report;
    size_t        payload;
} golden_t;


static const golden_t  goldens[] = {
    { "opus24k", false, WZP_CODEC_OPUS24K, 0, 1, 20, 0, 0, 0, false, 0 },
    { "opus64k", false, WZP_CODEC_OPUS64K, 0, 65535, 1310700, 0, 0, 0,
      false, 0 },
    { "codec2_3200", false, WZP_CODEC_CODEC2_3200, 32, 0, 0, 0, 0, 0,
      false, 0 },
    { "codec2_1200", false, WZP_CODEC_CODEC2_1200, 64, 17, 360, 1, 1, 0,
      false, 0 },
    { "codec2_1200_repair", true, WZP_CODEC_CODEC2_1200, 64, 8, 320, 0, 8, 0,
      false, 0 },
    { "comfort_noise", false, WZP_CODEC_COMFORT_NOISE, 0, 5, 300, 0, 0, 0,
      false, 1 },
    { "maximum", true, WZP_CODEC_CODEC2_1200, 127, 65535, 0xffffffffu, 255,
      255, 0xff00, false, 0 },
    { "opus6k_full", false, WZP_CODEC_OPUS6K, 0, 50, 2000, 0, 0, 0, true, 3 },
};


static void
check_golden(const golden_t *g)
{
    size_t        len, n;
    uint8_t       data[64], out[64];
    wzp_packet_t  pk;

    len = vec_get("packet", g->name, data, sizeof(data));

    if (!ok(wzp_packet_parse(&pk, data, len) == WZP_OK, "%s parses",
            g->name))
    {
        return;
    }

    ok(pk.repair == g->repair && pk.codec == g->codec
       && pk.fec_ratio == g->ratio && pk.has_report == g->report,
       "%s: kind, codec, ratio, report", g->name);
    is_u64(pk.seq, g->seq, "%s: sequence", g->name);
    is_u64(pk.timestamp, g->timestamp, "%s: timestamp", g->name);
    ok(pk.fec_block == g->block && pk.fec_symbol == g->symbol,
       "%s: block and symbol", g->name);
    is_u64(pk.stream_id, g->stream_id, "%s: bytes 10 and 11", g->name);
    is_u64(pk.payload.len, g->payload, "%s: payload", g->name);
    ok(pk.payload.data == data + WZP_HEADER_SIZE,
       "%s: payload is borrowed", g->name);

    n = 0;
    ok(wzp_packet_encode(&pk, out, sizeof(out), &n) == WZP_OK && n == len,
       "%s is written again", g->name);
    is_mem(out, data, len, "%s: same bytes", g->name);
}


static void
test_report(void)
{
    size_t        len;
    uint8_t       data[64], report[4];
    wzp_packet_t  pk;

    len = vec_get("packet", "opus6k_full", data, sizeof(data));
    ok(wzp_packet_parse(&pk, data, len) == WZP_OK, "packet with report");
    is_mem(pk.payload.data, "\xaa\xbb\xcc", 3, "payload before the report");

    (void) vec_get("packet", "report", report, sizeof(report));
    ok(pk.report.loss == report[0] && pk.report.rtt_4ms == report[1]
       && pk.report.jitter_ms == report[2] && pk.report.cap_kbps == report[3],
       "10 %%, 100 ms, 20 ms, 200 kbit/s");
    is_u64(pk.report.loss, 10 * 255 / 100, "loss");
    is_u64(pk.report.rtt_4ms, 100 / 4, "rtt");

    len = vec_get("packet", "opus6k_report", data, sizeof(data));
    is_i64(wzp_packet_parse(&pk, data, len), WZP_ESHORT,
           "Q without a trailer");

    len = vec_get("packet", "mixed_report", data, sizeof(data));
    memcpy(data + len, report, 4);
    ok(wzp_packet_parse(&pk, data, len + 4) == WZP_OK, "mixed header");
    ok(pk.fec_ratio == 42 && pk.seq == 12345 && pk.timestamp == 987654
       && pk.fec_block == 7 && pk.fec_symbol == 3 && pk.payload.len == 0,
       "its fields, and no payload");
}


/* The input has exactly `len` bytes, so a sanitizer sees any read beyond. */
static void
test_cut(void)
{
    size_t        len;
    uint8_t      *copy, data[64];
    wzp_rc_t      rc;
    unsigned      first, wrong;
    wzp_packet_t  pk;

    (void) vec_get("packet", "opus6k_full", data, sizeof(data));
    wrong = 0;

    for (first = 0; first < 256; first++) {
        data[0] = (uint8_t) first;

        for (len = 0; len <= 24; len++) {
            copy = malloc(len + 1);
            memcpy(copy + 1, data, len);

            rc = wzp_packet_parse(&pk, copy + 1, len);

            if (len < 12) {
                wrong += rc != WZP_ESHORT;

            } else if (((first >> 2) & 15) > 8) {
                wrong += rc != WZP_EBAD;

            } else if (first & 2) {
                wrong += rc != (len < 16 ? WZP_ESHORT : WZP_OK);
                wrong += rc == WZP_OK && pk.payload.len != len - 16;

            } else {
                wrong += rc != WZP_OK || pk.payload.len != len - 12;
            }

            free(copy);
        }
    }

    is_u64(wrong, 0, "every first byte at every length");
}


static void
test_version(void)
{
    size_t        len;
    uint8_t       data[64];
    wzp_packet_t  pk;

    len = vec_get("packet", "opus24k", data, sizeof(data));
    data[0] |= 0x80;
    data[1] |= 0x03;
    ok(wzp_packet_parse(&pk, data, len) == WZP_OK && pk.seq == 1
       && pk.fec_ratio == 0, "version and unused bits are not looked at");
}


static void
test_encode(void)
{
    size_t        n, size, wrong;
    uint8_t       out[64], payload[5] = { 1, 2, 3, 4, 5 };
    wzp_packet_t  pk;

    memset(&pk, 0, sizeof(pk));
    pk.codec = WZP_CODEC_OPUS64K;
    pk.fec_ratio = 127;
    pk.stream_id = 0xbeef;
    pk.has_report = true;
    pk.payload.data = payload;
    pk.payload.len = sizeof(payload);

    wrong = 0;
    n = 4711;

    for (size = 0; size < 12 + 5 + 4; size++) {
        wrong += wzp_packet_encode(&pk, out, size, &n) != WZP_ENOSPC;
    }

    ok(wrong == 0 && n == 4711, "every size that is too small");
    ok(wzp_packet_encode(&pk, out, size, &n) == WZP_OK && n == size,
       "the smallest that is not");
    is_mem(out + 10, "\xbe\xef", 2, "stream id, big endian");

    pk.codec = WZP_CODEC_N;
    is_i64(wzp_packet_encode(&pk, out, sizeof(out), &n), WZP_EBAD,
           "no such codec");
    pk.codec = WZP_CODEC_OPUS24K;
    pk.fec_ratio = 128;
    is_i64(wzp_packet_encode(&pk, out, sizeof(out), &n), WZP_EBAD,
           "ratio code of 8 bits");
    pk.fec_ratio = 0;
    pk.payload.len = SIZE_MAX;
    is_i64(wzp_packet_encode(&pk, out, sizeof(out), &n), WZP_ENOSPC,
           "length that would wrap");
}


static void
test_stamp(void)
{
    size_t        len;
    uint8_t       data[64], want[64];
    wzp_packet_t  pk;

    len = vec_get("packet", "opus6k_full", data, sizeof(data));
    memcpy(want, data, len);
    want[10] = 0x12;
    want[11] = 0x34;

    wzp_packet_stamp(data, 0x1234);
    is_mem(data, want, len, "stamp changes bytes 10 and 11 alone");
    ok(wzp_packet_parse(&pk, data, len) == WZP_OK && pk.stream_id == 0x1234,
       "and reads back");
}


static void
test_codecs(void)
{
    unsigned                 i, wrong;
    const wzp_codec_info_t  *info;

    static const wzp_codec_info_t  want[] = {
        { "Opus24k", 24000, 20, 48000 },
        { "Opus16k", 16000, 20, 48000 },
        { "Opus6k", 6000, 40, 48000 },
        { "Codec2_3200", 3200, 20, 8000 },
        { "Codec2_1200", 1200, 40, 8000 },
        { "ComfortNoise", 0, 20, 48000 },
        { "Opus32k", 32000, 20, 48000 },
        { "Opus48k", 48000, 20, 48000 },
        { "Opus64k", 64000, 20, 48000 },
    };

    is_u64(WZP_CODEC_N, WZP_ARRAY_LEN(want), "nine codecs");

    for (i = 0; i < WZP_ARRAY_LEN(want); i++) {
        info = wzp_codec_info(i);
        ok(info != NULL && strcmp(info->name, want[i].name) == 0
           && info->bitrate_bps == want[i].bitrate_bps
           && info->frame_ms == want[i].frame_ms
           && info->rate_hz == want[i].rate_hz, "codec %u is %s", i,
           want[i].name);
        is_u64(wzp_codec_by_name(want[i].name, strlen(want[i].name)), i,
               "and is found by name");
    }

    wrong = 0;

    for (i = WZP_CODEC_N; i < 300; i++) {
        wrong += wzp_codec_info(i) != NULL;
    }

    is_u64(wrong, 0, "no other codec");
    is_u64(wzp_codec_by_name("opus24k", 7), WZP_CODEC_N, "case matters");
    is_u64(wzp_codec_by_name("Opus24", 6), WZP_CODEC_N, "a prefix");
    is_u64(wzp_codec_by_name("Opus24k\0", 8), WZP_CODEC_N, "a NUL more");
    is_u64(wzp_codec_by_name("", 0), WZP_CODEC_N, "no name");
}


static void
test_ratio(void)
{
    unsigned  code, wrong;

    is_u64(wzp_fec_ratio_code(0.0f), 0, "ratio 0.0");
    is_u64(wzp_fec_ratio_code(0.1f), 6, "ratio 0.1");
    is_u64(wzp_fec_ratio_code(0.2f), 13, "ratio 0.2");
    is_u64(wzp_fec_ratio_code(0.3f), 19, "ratio 0.3");
    is_u64(wzp_fec_ratio_code(0.5f), 32, "ratio 0.5");
    is_u64(wzp_fec_ratio_code(1.0f), 64, "ratio 1.0");
    is_u64(wzp_fec_ratio_code(2.0f), 127, "ratio 2.0");
    is_u64(wzp_fec_ratio_code(1e30f), 127, "a huge one");
    is_u64(wzp_fec_ratio_code(-1.0f), 0, "a negative one");
    is_u64(wzp_fec_ratio_code(NAN), 0,
           "not a number");

    wrong = 0;

    for (code = 0; code <= 127; code++) {
        wrong += wzp_fec_ratio_code(wzp_fec_ratio((uint8_t) code)) != code;
    }

    is_u64(wrong, 0, "all 128 codes there and back");
    ok(wzp_fec_ratio(255) <= 2.0f, "a code of 8 bits stays in range");
}


int
main(void)
{
    size_t  i;

    for (i = 0; i < WZP_ARRAY_LEN(goldens); i++) {
        check_golden(&goldens[i]);
    }

    test_report();
    test_cut();
    test_version();
    test_encode();
    test_stamp();
    test_codecs();
    test_ratio();

    return done_testing();
}
