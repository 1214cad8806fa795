/*
 * Serial numbers: order, wrap, extension to 64 bits.
 */

#include "wzp/wzp_seq.h"
#include "tap.h"


static void
test_order(void)
{
    is_i64(wzp_seq_diff(5, 3), 2, "newer is positive");
    is_i64(wzp_seq_diff(3, 5), -2, "older is negative");
    is_i64(wzp_seq_diff(7, 7), 0, "same");
    is_i64(wzp_seq_diff(0, 65535), 1, "0 follows 65535");
    is_i64(wzp_seq_diff(65535, 0), -1, "65535 precedes 0");
    is_i64(wzp_seq_diff(0x7fff, 0), 32767, "farthest newer");
    is_i64(wzp_seq_diff(0x8000, 0), -32768, "half the circle is older");
    is_i64(wzp_seq_diff(0, 0x8000), -32768, "from the other side too");

    ok(wzp_seq_before(65535, 0), "before over the wrap");
    ok(!wzp_seq_before(0, 65535), "not before over the wrap");
    ok(wzp_seq_after(0, 65535), "after over the wrap");
    ok(!wzp_seq_after(9, 9) && !wzp_seq_before(9, 9), "equal is neither");
}


static void
test_extend(void)
{
    uint64_t  v, last;
    uint32_t  i, bad;

    is_u64(wzp_seq_extend(0, 0), 0, "start");
    is_u64(wzp_seq_extend(0, 100), 100, "small step");
    is_u64(wzp_seq_extend(65535, 0), 65536, "wrap up");
    is_u64(wzp_seq_extend(65536, 65535), 65535, "late over the wrap");
    is_u64(wzp_seq_extend(65546, 65530), 65530, "later over the wrap");
    is_u64(wzp_seq_extend(3, 65535), 65535, "nothing lies below zero");
    is_u64(wzp_seq_extend(0x123450010, 0x000f), 0x12345000f, "far away");

    last = 65536;
    bad = 0;

    for (i = 1; i < 300000; i++) {
        v = wzp_seq_extend(last, (uint16_t) (65536 + i));

        if (v != 65536 + (uint64_t) i) {
            bad++;
        }

        last = v;
    }

    is_u64(bad, 0, "300000 in a row");
}


static void
test_time(void)
{
    is_i64(wzp_time_diff(10, 4), 6, "time: newer");
    is_i64(wzp_time_diff(4, 10), -6, "time: older");
    is_i64(wzp_time_diff(2, 0xfffffffe), 4, "time: over the wrap");
    is_i64(wzp_time_diff(0x80000000u, 0), INT32_MIN, "time: half the circle");
    is_u64(wzp_time_extend(0xfffffff0u, 4), 0x100000004, "time: extend");
    is_u64(wzp_time_extend(0x100000004, 0xfffffff0u), 0xfffffff0u,
           "time: extend back");
}


int
main(void)
{
    test_order();
    test_extend();
    test_time();

    return done_testing();
}
