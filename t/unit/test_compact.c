/*
 * Compact headers: the vectors of PROTOCOL E.10, every first byte, every
 * length, timestamps around their wrap, and what a sender may shorten.
 */

#include "vec.h"
#include "wzp/wzp_compact.h"


static wzp_compact_t  cp;


/* Read a compact vector after a whole packet with this timestamp. */
static void
check_golden(const char *name, uint32_t timestamp)
{
    char          plain[64];
    size_t        len, n, want_len;
    uint8_t       data[64], out[64], want[64];
    wzp_packet_t  pk;

    (void) snprintf(plain, sizeof(plain), "%s_plain", name);
    len = vec_get("compact", name, data, sizeof(data));
    want_len = vec_get("compact", plain, want, sizeof(want));

    wzp_compact_init(&cp, true);
    cp.timestamp = timestamp;

    ok(wzp_compact_parse(&cp, &pk, data, len) == WZP_OK
       && wzp_compact_was(&pk, data), "%s parses", name);
    ok(wzp_packet_encode(&pk, out, sizeof(out), &n) == WZP_OK
       && n == want_len && memcmp(out, want, n) == 0,
       "%s: the plain form", name);

    cp.first = WZP_COMPACT_FIRST;

    ok(wzp_compact_encode(&cp, &pk, out, sizeof(out), &n) == WZP_OK
       && n == len && memcmp(out, data, n) == 0, "%s: written", name);

    wzp_compact_init(&cp, true);

    ok(wzp_compact_parse(&cp, &pk, want, want_len) == WZP_OK
       && !wzp_compact_was(&pk, want), "%s: the plain form is read, too",
       name);
}


static void
test_bytes(void)
{
    bool          good;
    size_t        len;
    uint8_t       data[32];
    unsigned      i, wrong;
    wzp_rc_t      rc;
    wzp_packet_t  pk;

    for (i = 0x80, wrong = 0; i < 0x100; i++) {
        memset(data, 0, sizeof(data));
        data[0] = (uint8_t) i;

        wzp_compact_init(&cp, true);
        good = (i & 3) == 0 && ((i >> 2) & 15) < WZP_CODEC_N;

        for (len = 0; len < 20; len++) {
            rc = wzp_compact_parse(&cp, &pk, data, len);

            if (len < 6) {
                wrong += rc == WZP_OK;

            } else if (!good) {
                wrong += rc != WZP_EBAD;

            } else if (i & 0x40) {
                wrong += rc != (len < 10 ? WZP_ESHORT : WZP_OK);

            } else {
                wrong += rc != WZP_OK || pk.payload.len != len - 6;
            }
        }
    }

    is_u64(wrong, 0, "every first byte at every length");

    data[0] = 0x80;
    wzp_compact_init(&cp, false);
    ok(wzp_compact_parse(&cp, &pk, data, 20) == WZP_OK
       && !wzp_compact_was(&pk, data) && pk.payload.len == 8,
       "where it was not agreed, bit 7 means nothing");
}


static void
plain(wzp_packet_t *pk, uint16_t seq, uint32_t timestamp)
{
    memset(pk, 0, sizeof(wzp_packet_t));

    pk->seq = seq;
    pk->timestamp = timestamp;
    pk->payload.data = (const uint8_t *) "voice";
    pk->payload.len = 5;
}


/* Half of all packets get lost, the first ones as well: each one that comes
 * is read as it was meant. */
static void
test_stream(uint32_t start)
{
    size_t         len;
    uint8_t        data[64];
    unsigned       i, whole, gap, longest, wrong;
    uint32_t       dice;
    wzp_packet_t   pk, got;
    wzp_compact_t  tx;

    wzp_compact_init(&tx, true);
    wzp_compact_init(&cp, true);

    dice = 1;
    whole = gap = longest = wrong = 0;

    for (i = 0; i < 20000; i++) {
        plain(&pk, (uint16_t) i, start + i * 20);
        pk.has_report = i % 50 == 7;

        if (wzp_compact_encode(&tx, &pk, data, sizeof(data), &len) != WZP_OK) {
            wrong++;
            continue;
        }

        if (data[0] & 0x80) {
            wrong += len != 11 + (pk.has_report ? 4 : 0);
            wrong += i < WZP_COMPACT_FIRST;
            gap++;
            longest = WZP_MAX(longest, gap);

        } else {
            whole++;
            gap = 0;
        }

        dice = dice * 1664525u + 1013904223u;

        if (dice >> 31 || i == 0) {
            continue;
        }

        wrong += wzp_compact_parse(&cp, &got, data, len) != WZP_OK
                 || got.seq != pk.seq || got.timestamp != pk.timestamp
                 || got.has_report != pk.has_report
                 || got.payload.len != 5
                 || memcmp(got.payload.data, "voice", 5) != 0;
    }

    is_u64(wrong, 0, "from %08x on, half of them lost", start);
    is_u64(longest, WZP_COMPACT_EVERY - 1, "every 50th is whole");
    is_u64(whole, WZP_COMPACT_FIRST
                  + (20000 - WZP_COMPACT_FIRST) / WZP_COMPACT_EVERY,
           "and no more than that, but for the first");
}


static void
test_whole(void)
{
    size_t        len;
    uint8_t       data[64];
    unsigned      i;
    wzp_packet_t  pk;

    for (i = 0; i < 5; i++) {
        wzp_compact_init(&cp, i != 4);
        cp.first = WZP_COMPACT_FIRST;
        plain(&pk, 1, 20);

        pk.repair = i == 0;
        pk.fec_ratio = i == 1 ? 13 : 0;
        pk.fec_block = i == 2;
        pk.fec_symbol = i == 3;

        ok(wzp_compact_encode(&cp, &pk, data, sizeof(data), &len) == WZP_OK
           && len == 17 && (data[0] & 0x80) == 0, "whole: %u", i);
    }

    wzp_compact_init(&cp, true);
    cp.first = WZP_COMPACT_FIRST;
    plain(&pk, 1, 0x02000000);
    ok(wzp_compact_encode(&cp, &pk, data, sizeof(data), &len) == WZP_OK
       && len == 17, "a leap in time needs a whole one");

    pk.payload.len = 0;
    ok(wzp_compact_encode(&cp, &pk, data, WZP_HEADER_SIZE - 1, &len)
       == WZP_ENOSPC, "no room");
}


int
main(void)
{
    check_golden("opus24k", 0);
    check_golden("opus6k_report", 0);
    check_golden("opus64k", 0);
    check_golden("comfort_noise", 0);
    check_golden("later", 0x00fffff0);
    check_golden("earlier", 0x01000004);

    test_bytes();
    test_stream(0);
    test_stream(0x00ffff00);
    test_stream(0xffffff00);
    test_whole();

    return done_testing();
}
