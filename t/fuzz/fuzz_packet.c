/*
 * Media packets: what parses is written again as it was, but for the bits
 * that nobody looks at.
 */

#include "wzp/wzp_packet.h"
#include "fuzz.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        len;
    uint8_t      *buf, *want;
    wzp_packet_t  pk;

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
