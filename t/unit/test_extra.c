/*
 * What rides along in our packets: which copies, which views, and never more
 * than fits; and what the receiver makes of them.
 */

#include "tap.h"
#include "../../client/extra.c"


static cl_extra_t    ex;
static wzp_plan_t    plan;
static wzp_packet_t  pk;
static uint8_t       frame[1300];
static uint8_t       out[WZP_PAYLOAD_SAFE];
static size_t        len;


/* A SILK packet of 20 ms whose bytes are its number. */

static void
send_one(uint16_t seq, uint32_t ts, size_t size)
{
    memset(frame, seq & 0xff, sizeof(frame));
    frame[0] = 0x48;

    memset(&pk, 0, sizeof(pk));
    pk.seq = seq;
    pk.timestamp = ts;
    pk.payload.data = frame;
    pk.payload.len = size;

    len = cl_extra_wrap(&ex, &plan, &pk, out, sizeof(out));
    cl_extra_sent(&ex, &pk);
}


/* Blocks in the payload; the nth in *bl. */

static unsigned
blocks(unsigned nth, wzp_block_t *bl)
{
    unsigned     n;
    wzp_bytes_t  list;
    wzp_block_t  one;

    if (wzp_opus_ext_parse(out, len, &list) != WZP_OK) {
        return 0;
    }

    for (n = 0; wzp_block_next(&list, &one) == WZP_OK; n++) {
        if (n == nth) {
            *bl = one;
        }
    }

    return n;
}


static void
test_copies(void)
{
    unsigned     i;
    wzp_block_t  bl;

    memset(&ex, 0, sizeof(ex));
    memset(&plan, 0, sizeof(plan));
    memset(&bl, 0, sizeof(bl));

    send_one(65530, 1000, 60);
    is_u64(len, 60, "no plan, no change");

    plan.ncopies = 2;
    plan.offset[0] = 2;
    plan.offset[1] = 5;

    for (i = 1; i < 20; i++) {
        send_one((uint16_t) (65530 + i), 1000 + 20 * i, 60);

        if (i == 1) {
            is_u64(len, 60, "nothing that far back yet");
        }

        if (i == 2) {
            is_u64(blocks(0, &bl), 1, "one copy");
        }
    }

    is_u64(blocks(1, &bl), 2, "two copies, over the wrap");
    is_u64(bl.type, WZP_BLOCK_COPY, "the second");
    is_u64(bl.u.copy.back, 5, "is five packets old");
    is_u64(bl.u.copy.ago_10ms, 10, "100 ms");
    is_u64(bl.u.copy.packet.len, 60, "whole");
    is_u64(bl.u.copy.packet.data[1], (65530 + 14) & 0xff, "that one");
    is_u64(ex.copies, 17 + 1 + 15, "counted");

    send_one((uint16_t) (65530 + 20), 1000 + 20 * 20 + 480, 60);
    is_u64(blocks(0, &bl), 0, "after a pause nobody waits for old ones");

    for (i = 21; i < 30; i++) {
        send_one((uint16_t) (65530 + i), 3000 + 20 * i, 500);
    }

    is_u64(blocks(0, &bl), 1, "of two large ones one fits");
    ok(len <= WZP_PAYLOAD_SAFE, "into what a packet may hold");

    send_one((uint16_t) (65530 + 30), 3000 + 600, 1149);
    is_u64(len, 1149, "and beside the largest none");

    for (i = 31; i < 40; i++) {
        send_one((uint16_t) (65530 + i), 3000 + 20 * i, 600);
    }

    is_u64(blocks(0, &bl), 0, "what is too large to keep goes once");

    send_one(100, 9000, 60);
    send_one(101, 9020, 60);
    cl_extra_forget(&ex);
    send_one(102, 9040, 60);
    is_u64(blocks(0, &bl), 0, "forgotten");

    plan.ncopies = 4;
    plan.offset[0] = 0;
    plan.offset[1] = 32;
    plan.offset[2] = 255;
    plan.offset[3] = 1;
    send_one(103, 9060, 60);
    is_u64(blocks(0, &bl), 1, "offsets that make no sense are left out");
}


static void
test_views(void)
{
    unsigned     i, seen;
    wzp_block_t  bl;
    wzp_bytes_t  list;

    memset(&ex, 0, sizeof(ex));
    memset(&plan, 0, sizeof(plan));
    memset(&bl, 0, sizeof(bl));

    cl_extra_view(&ex, 7, 0.5f, 2);
    cl_extra_view(&ex, 7, 0.25f, 3);
    cl_extra_view(&ex, 8, 9, 1000);

    send_one(1, 0, 60);
    is_u64(blocks(0, &bl), 1, "a view");
    is_u64(bl.type, WZP_BLOCK_VIEW, "of");
    is_u64(bl.u.view.stream_id, 7, "a stream");
    ok(bl.u.view.loss == 63 && bl.u.view.burst_16 == 48, "the newest");

    send_one(2, 20, 60);
    is_u64(blocks(0, &bl), 1, "the other one");
    ok(bl.u.view.stream_id == 8 && bl.u.view.loss == 255
       && bl.u.view.burst_16 == 255, "bounded");

    send_one(3, 40, 60);
    is_u64(blocks(0, &bl), 0, "each once");

    for (i = 0; i < 100; i++) {
        cl_extra_view(&ex, (uint16_t) (1000 + i), 0.1f, 1);
    }

    for (seen = 0, i = 0; i < 200; i++) {
        send_one((uint16_t) (10 + i), 100 + 20 * i, 60);
        seen += blocks(0, &bl);
    }

    is_u64(seen, CL_EXTRA_VIEWS, "so many wait");

    cl_extra_view(&ex, 7, 0.5f, 2);
    len = cl_extra_noise(&ex, 50, out, sizeof(out));
    is_u64(len, 1 + WZP_BLOCK_VIEW_SIZE, "a view in comfort noise");
    list.data = out + 1;
    list.len = len - 1;
    ok(out[0] == 50 && wzp_block_next(&list, &bl) == WZP_OK
       && bl.u.view.stream_id == 7, "behind the level");
    ok(!cl_extra_waits(&ex), "all is told");
    is_u64(cl_extra_noise(&ex, 50, out, sizeof(out)), 1, "else only that");
    cl_extra_view(&ex, 7, 0.5f, 2);
    ok(cl_extra_waits(&ex), "something waits");
}


static void
test_close(void)
{
    unsigned     i;
    wzp_block_t  bl;
    wzp_bytes_t  list;

    memset(&ex, 0, sizeof(ex));
    memset(&plan, 0, sizeof(plan));

    for (i = 0; i < 30; i++) {
        send_one((uint16_t) (65530 + i), 20 * i, 60);
    }

    pk.seq++;
    pk.timestamp += 20;
    is_u64(cl_extra_close(&ex, &plan, &pk, out, sizeof(out)), 1,
           "no copies, nothing is pending");

    plan.ncopies = 2;
    plan.offset[0] = 1;
    plan.offset[1] = 3;
    len = cl_extra_close(&ex, &plan, &pk, out, sizeof(out));
    list.data = out + 1;
    list.len = len - 1;

    for (i = 1; wzp_block_next(&list, &bl) == WZP_OK; i++) {
        ok(bl.type == WZP_BLOCK_COPY && bl.u.copy.back == i
           && bl.u.copy.ago_10ms == 2 * i, "%u before the end", i);
    }

    is_u64(i, 4, "as far back as planned");
    is_u64(out[0], 0, "of silence");

    pk.timestamp += 1000;
    is_u64(cl_extra_close(&ex, &plan, &pk, out, sizeof(out)), 1,
           "not much later");
}


int
main(void)
{
    test_copies();
    test_views();
    test_close();

    return done_testing();
}
