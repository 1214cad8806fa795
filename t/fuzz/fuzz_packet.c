/*
 * Media packets: what parses is written again as it was, but for the bits
 * that nobody looks at.
 */

#include "wzp/wzp_compact.h"
#include "fuzz.h"


/* What is read from a compact header can be written as one, and in the plain
 * form says the same. */
static void
fuzz_compact(const uint8_t *data, size_t size)
{
    size_t         len;
    uint8_t       *buf;
    wzp_packet_t   pk, again;
    wzp_compact_t  cp;

    wzp_compact_init(&cp, true);
    cp.timestamp = size != 0 ? data[size - 1] * 0x01010101u : 0;

    if (wzp_compact_parse(&cp, &pk, data, size) != WZP_OK
        || !wzp_compact_was(&pk, data))
    {
        return;
    }

    len = WZP_COMPACT_SIZE + pk.payload.len
          + (pk.has_report ? WZP_REPORT_SIZE : 0);
    fuzz_check(len == size && pk.codec < WZP_CODEC_N && pk.stream_id == 0);

    buf = malloc(size + WZP_HEADER_SIZE);
    fuzz_check(buf != NULL);

    cp.first = WZP_COMPACT_FIRST;
    fuzz_check(wzp_compact_encode(&cp, &pk, buf, size + WZP_HEADER_SIZE, &len)
               == WZP_OK);
    fuzz_check(len == size && memcmp(buf, data, size) == 0);

    fuzz_check(wzp_packet_encode(&pk, buf, size + WZP_HEADER_SIZE, &len)
               == WZP_OK);
    fuzz_check(wzp_packet_parse(&again, buf, len) == WZP_OK);
    fuzz_check(again.seq == pk.seq && again.timestamp == pk.timestamp
               && again.payload.len == pk.payload.len);

    free(buf);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        len;
    uint8_t      *buf, *want;
    wzp_packet_t  pk;

    fuzz_compact(data, size);

    if (wzp_packet_parse(&pk, data, size) != WZP_OK) {
        return 0;
    }

    fuzz_check(pk.codec < WZP_CODEC_N && pk.fec_ratio <= 127);
    fuzz_check(pk.payload.data == data + WZP_HEADER_SIZE);
    fuzz_check(pk.payload.len + WZP_HEADER_SIZE
               + (pk.has_report ? WZP_REPORT_SIZE : 0) == size);

    buf = malloc(size);
    want = malloc(size);
    fuzz_check(buf != NULL && want != NULL);

    len = 0;
    fuzz_check(wzp_packet_encode(&pk, buf, size - 1, &len) == WZP_ENOSPC);
    fuzz_check(wzp_packet_encode(&pk, buf, size, &len) == WZP_OK);
    fuzz_check(len == size);

    memcpy(want, data, size);
    want[0] &= 0x7f;
    want[1] &= 0xfc;
    fuzz_check(memcmp(buf, want, size) == 0);

    wzp_packet_stamp(buf, (uint16_t) (pk.stream_id ^ 0xa55a));
    fuzz_check(wzp_packet_parse(&pk, buf, size) == WZP_OK);

    free(buf);
    free(want);

    return 0;
}
