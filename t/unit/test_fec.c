/*
 * Blocks of one stream: what a sender makes of frames, and what a receiver
 * makes of what is left of it.
 */

#include "tap.h"
#include "vec.h"
#include "wzp/wzp_fec.h"


#define PACKETS_MAX     512


/* A packet that has been sent, with a copy of its payload. */
typedef struct {
    wzp_packet_t     pk;
    uint8_t          data[WZP_FEC_SYMBOL];
} sent_t;


static wzp_fec_tx_t     tx;
static wzp_fec_rx_t     rx;

static sent_t           sent[PACKETS_MAX];
static unsigned         nsent;
static uint16_t         seq;
static uint32_t         timestamp;

static wzp_fec_frame_t  out[WZP_FEC_K_MAX];
static unsigned         n;
static uint64_t         now;
static uint32_t         seed = 5;


static uint32_t
any(uint32_t limit)
{
    seed = seed * 1664525u + 1013904223u;

    return (uint32_t) ((uint64_t) seed * limit >> 32);
}


static void
start(wzp_fec_layout_t layout)
{
    wzp_fec_tx_init(&tx, layout);
    wzp_fec_rx_init(&rx);

    nsent = 0;
    seq = 0;
    timestamp = 0;
    now = 10 * WZP_SEC;
}


static void
keep(wzp_packet_t *pk)
{
    sent_t  *st;

    st = &sent[nsent++];

    pk->seq = seq++;
    pk->timestamp = timestamp;

    memcpy(st->data, pk->payload.data, pk->payload.len);
    st->pk = *pk;
    st->pk.payload.data = st->data;
}


/* Frame number f: its bytes follow from that. */

static void
frame(uint8_t *data, size_t len, unsigned f)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        data[i] = (uint8_t) (16 * f + i);
    }
}


static void
send_frame(wzp_codec_t codec, unsigned f, size_t len)
{
    uint8_t        data[WZP_FEC_FRAME_MAX];
    wzp_packet_t   pk;

    frame(data, len, f);

    memset(&pk, 0, sizeof(pk));
    pk.codec = codec;
    pk.payload.data = data;
    pk.payload.len = len;

    if (wzp_fec_tx_put(&tx, data, len, &pk) != WZP_OK) {
        fail("frame %u is not taken", f);
    }

    keep(&pk);
    timestamp += wzp_codec_info((unsigned) codec)->frame_ms;

    memset(&pk, 0, sizeof(pk));

    while (wzp_fec_tx_next(&tx, &pk)) {
        keep(&pk);
    }
}


static void
send_frames(wzp_codec_t codec, unsigned count, size_t len)
{
    unsigned  f;

    for (f = 0; f < count; f++) {
        send_frame(codec, f, len);
    }
}


static wzp_rc_t
put(unsigned i)
{
    return wzp_fec_rx_put(&rx, &sent[i].pk, now, out, &n);
}


/* Put all packets whose place has a '+', in order; how many frames were
 * found, which are left in out. */

static unsigned
put_all(const char *pattern)
{
    unsigned  i, found;

    found = 0;

    for (i = 0; pattern[i] != '\0'; i++) {
        if (pattern[i] == '+') {
            (void) put(i);
            found += n;

            if (n) {
                return found;
            }
        }
    }

    return found;
}


static void
test_sender(void)
{
    size_t        len, at;
    uint8_t       want[256], buf[64];
    unsigned      i;

    start(WZP_FEC_OURS);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);
    send_frames(WZP_CODEC_CODEC2_1200, 17, 6);

    is_u64(nsent, 33, "8 + 8, 8 + 8, 1");
    at = vec_get("fec", "packets_k8", want, sizeof(want));
    is_u64(at, 54, "packets");

    for (i = 0; i < 3; i++) {
        is_i64(wzp_packet_encode(&sent[7 + i].pk, buf, sizeof(buf), &len),
               WZP_OK, "packet %u", 7 + i);
        is_mem(buf, want + i * 18, 18, "as it is written down");
    }

    is_u64(sent[16].pk.fec_block, 1, "the next block");
    is_u64(sent[16].pk.fec_symbol, 0, "begins at 0");
    ok(!sent[16].pk.repair && sent[24].pk.repair, "source, then repair");

    /* every profile that has blocks */

    start(WZP_FEC_EXISTING);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 0.5f);
    send_frames(WZP_CODEC_CODEC2_3200, 5, 8);
    is_u64(nsent, 8, "Codec2 3200: 5 + 3");
    is_u64(sent[7].pk.payload.len, 256, "of 256 bytes");
    is_u64(sent[7].pk.fec_ratio, 32, "ratio 0.5");

    start(WZP_FEC_EXISTING);
    wzp_fec_tx_set(&tx, WZP_CODEC_OPUS6K, 0.5f);
    send_frames(WZP_CODEC_OPUS6K, 10, 31);
    is_u64(nsent, 15, "Opus 6k: 10 + 5");

    start(WZP_FEC_EXISTING);
    wzp_fec_tx_set(&tx, WZP_CODEC_OPUS24K, 0.2f);
    send_frames(WZP_CODEC_OPUS24K, 5, 60);
    is_u64(nsent, 6, "5 x 0.2 in single precision: 1");

    start(WZP_FEC_OURS);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1000.0f);
    send_frames(WZP_CODEC_CODEC2_1200, 8, 6);
    is_u64(nsent, 24, "at most two for one");
}


static void
test_no_blocks(void)
{
    uint8_t       data[16];
    wzp_packet_t  pk;

    start(WZP_FEC_OURS);
    send_frames(WZP_CODEC_CODEC2_1200, 9, 6);
    is_u64(nsent, 9, "nothing was asked for");
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 0);
    send_frames(WZP_CODEC_CODEC2_1200, 9, 6);
    wzp_fec_tx_set(&tx, WZP_CODEC_OPUS24K, 0.2f);
    send_frames(WZP_CODEC_OPUS24K, 9, 60);
    wzp_fec_tx_set(&tx, WZP_CODEC_COMFORT_NOISE, 1.0f);
    send_frames(WZP_CODEC_COMFORT_NOISE, 9, 1);
    is_u64(nsent, 36, "no ratio, no fixed length, no speech: no blocks");
    is_u64(sent[35].pk.fec_ratio | sent[35].pk.fec_symbol, 0, "no numbers");

    /* lengths */

    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 1.0f);
    frame(data, 16, 0);
    is_i64(wzp_fec_tx_put(&tx, data, 7, &pk), WZP_EBAD, "too short");
    is_i64(wzp_fec_tx_put(&tx, data, 9, &pk), WZP_EBAD, "too long");
    is_u64(pk.fec_ratio, 0, "not part of a block");

    /* what begins anew */

    send_frames(WZP_CODEC_CODEC2_3200, 2, 8);
    is_u64(sent[nsent - 1].pk.fec_symbol, 1, "two frames");
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 1.0f);
    send_frames(WZP_CODEC_CODEC2_3200, 1, 8);
    is_u64(sent[nsent - 1].pk.fec_symbol, 2, "the same again: it goes on");
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);
    send_frames(WZP_CODEC_CODEC2_1200, 1, 6);
    is_u64(sent[nsent - 1].pk.fec_symbol, 0, "another codec: a block");
    is_u64(sent[nsent - 1].pk.fec_block, 1, "with its own number");
    wzp_fec_tx_abandon(&tx);
    wzp_fec_tx_abandon(&tx);
    send_frames(WZP_CODEC_CODEC2_1200, 1, 6);
    is_u64(sent[nsent - 1].pk.fec_block, 2, "abandoned once");
}


static void
check_found(unsigned i, unsigned block, unsigned symbol, unsigned seq_is,
    size_t len)
{
    uint8_t  data[WZP_FEC_FRAME_MAX];

    frame(data, len, symbol);

    is_u64(out[i].symbol, symbol, "frame %u", symbol);
    is_u64(out[i].block, block, "of block %u", block);
    is_u64(out[i].data.len, len, "%u bytes", (unsigned) len);
    is_mem(out[i].data.data, data, len, "are right");
    ok(out[i].placed && out[i].seq == seq_is, "was packet %u", seq_is);
}


static void
test_receiver(void)
{
    unsigned  i, layout;

    for (layout = 0; layout < 2; layout++) {
        start((wzp_fec_layout_t) layout);
        wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);
        send_frames(WZP_CODEC_CODEC2_1200, 8, 6);

        is_u64(put_all("++++++++++++++++"), 0, "nothing is lost");
        is_u64(rx.st.failed + rx.st.repaired, 0, "nothing is repaired");

        wzp_fec_rx_init(&rx);
        is_u64(put_all("+-++-+++--++++++"), 2, "two of eight, layout %u",
               layout);
        check_found(0, 0, 1, 1, 6);
        check_found(1, 0, 4, 4, 6);
        is_u64(out[1].timestamp, 160, "and its time");
        is_i64(put(1), WZP_EDUP, "late, and known by now");
        is_i64(put(15), WZP_EDUP, "no more repairs");

        wzp_fec_rx_init(&rx);
        is_u64(put_all("--------++++++++"), 8, "all of them");
        check_found(0, 0, 0, 0, 6);
        check_found(7, 0, 7, 7, 6);
        is_u64(rx.st.repaired, 1, "one block");
        is_u64(rx.st.recovered, 8, "eight frames");

        wzp_fec_rx_init(&rx);
        is_u64(put_all("-----++++++++---"), 3 + 2, "the first ones");
        is_u64(put_all("-----+++--++----"), 0, "it was done before");

        /* repair packets first */

        wzp_fec_rx_init(&rx);

        for (i = 16; i-- > 8; /* void */ ) {
            is_i64(put(i), WZP_OK, "packet %u", i);
            is_i64(put(i), WZP_EDUP, "once is enough");
        }

        is_u64(rx.st.recovered, 8, "the last come first");
    }

    /* a block whose frames have several lengths */

    start(WZP_FEC_EXISTING);
    wzp_fec_tx_set(&tx, WZP_CODEC_OPUS6K, 0.5f);

    for (i = 0; i < 10; i++) {
        send_frame(WZP_CODEC_OPUS6K, i, i == 3 ? WZP_FEC_FRAME_MAX : 1 + i);
    }

    is_u64(put_all("+--++-++++++++++"), 3, "any lengths");
    check_found(0, 0, 1, 1, 2);
    check_found(1, 0, 2, 2, 3);
    check_found(2, 0, 5, 5, 6);
}


/* What is no part of a block, or of none that there could be. */

static void
test_strange(void)
{
    wzp_packet_t  *pk;

    start(WZP_FEC_EXISTING);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);
    send_frames(WZP_CODEC_CODEC2_1200, 8, 6);

    pk = &sent[0].pk;
    pk->fec_ratio = 0;
    is_i64(put(0), WZP_EUNKNOWN, "ratio 0: not in a block");
    pk->fec_ratio = 64;
    pk->codec = WZP_CODEC_COMFORT_NOISE;
    is_i64(put(0), WZP_EUNKNOWN, "comfort noise is not");

    start(WZP_FEC_OURS);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 0.5f);
    send_frames(WZP_CODEC_CODEC2_3200, 5, 8);

    pk = &sent[1].pk;
    pk->fec_symbol = 5;
    is_i64(put(1), WZP_EBAD, "a source symbol of a repair packet");
    pk->fec_symbol = 1;
    pk->payload.len = 7;
    is_i64(put(1), WZP_EBAD, "too short");
    pk->payload.len = 0;
    is_i64(put(1), WZP_EBAD, "empty");

    pk = &sent[5].pk;
    pk->payload.len = 9;
    is_i64(put(5), WZP_EBAD, "a repair packet of no layout");
    pk->payload.len = 8;
    pk->fec_symbol = 4;
    is_i64(put(5), WZP_EBAD, "with a source symbol's number");
    pk->fec_symbol = 255;
    is_i64(put(5), WZP_OK, "any repair symbol is one");
    pk = &sent[6].pk;
    pk->payload.len = 256;
    is_i64(put(6), WZP_EBAD, "one block, one layout");
    is_u64(rx.st.recovered, 0, "nothing came of that");
}


static void
test_places(void)
{
    unsigned  i;

    /* a pause between two frames: what was lost at it may be on either side */

    start(WZP_FEC_OURS);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 1.0f);
    send_frame(WZP_CODEC_CODEC2_3200, 0, 8);
    send_frame(WZP_CODEC_CODEC2_3200, 1, 8);
    timestamp += 400;
    send_frame(WZP_CODEC_CODEC2_3200, 2, 8);
    send_frame(WZP_CODEC_CODEC2_3200, 3, 8);
    send_frame(WZP_CODEC_CODEC2_3200, 4, 8);

    is_u64(put_all("+-+-+++"), 2, "two are found");
    ok(!out[0].placed, "the first could have been before or after it");
    check_found(1, 0, 3, 3, 8);
    is_u64(out[1].timestamp, 460, "the second could not");

    wzp_fec_rx_init(&rx);
    is_u64(put_all("--++++++"), 2, "nothing before it");
    ok(out[0].placed && out[1].placed, "taken for what followed");

    /* samples instead of milliseconds, and both counters wrap */

    start(WZP_FEC_OURS);
    seq = 65533;
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 1.0f);
    send_frames(WZP_CODEC_CODEC2_3200, 5, 8);

    for (i = 0; i < nsent; i++) {
        sent[i].pk.timestamp = (uint32_t) (WZP_MIN(i, 5) * 960 - 2000);
    }

    is_u64(put_all("+-+--+++"), 3, "three are found");
    check_found(0, 0, 1, 65534, 8);
    check_found(1, 0, 3, 0, 8);
    check_found(2, 0, 4, 1, 8);
    is_u64(out[0].timestamp, (uint32_t) (960 - 2000), "in samples");
    is_u64(out[2].timestamp, 4 * 960 - 2000, "over the wrap");

    wzp_fec_rx_init(&rx);
    is_u64(put_all("+----+++++"), 4, "four from one and repair packets");
    check_found(3, 0, 4, 1, 8);
}


static void
block(unsigned id)
{
    nsent = 0;
    tx.block = (uint8_t) id;
    tx.frames = 0;
    tx.sent = 0;

    send_frames(WZP_CODEC_CODEC2_1200, 8, 6);
}


static void
test_expiry(void)
{
    unsigned  i, id, bad;

    start(WZP_FEC_OURS);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);

    /* round the wrap, one frame of each lost */

    for (id = 250; id < 250 + 520; id++) {
        block(id & 0xff);

        if (put_all("+++-+++++") != 1) {
            break;
        }

        now += 320 * WZP_MS;
    }

    is_u64(id, 770, "520 blocks one after the other");
    is_u64(rx.st.repaired, 520, "each is repaired");
    is_u64(rx.st.failed, 0, "none is given up");

    /* four at a time, the fifth drives out the first */

    wzp_fec_rx_init(&rx);

    for (id = 0; id < 5; id++) {
        block(id);
        (void) put_all("+-++++++");
    }

    is_u64(rx.st.failed, 1, "five are too many");
    block(0);
    is_i64(put(8), WZP_ELATE, "the first is gone");

    for (id = 1; id < 5; id++) {
        block(id);
        is_u64(put_all("--------+"), 1, "but not block %u", id);
    }

    /* ids that went by */

    bad = 0;
    wzp_fec_rx_init(&rx);
    block(10);
    (void) put_all("+");

    for (i = 4; i <= 128; i++) {
        block((10 - i) & 0xff);
        bad += put(0) != WZP_ELATE;
    }

    is_u64(bad, 0, "4 to 128 before the newest");
    block(10 + 127);
    is_i64(put(0), WZP_OK, "127 after it");
}


/* Somebody else counts. */

static void
test_reuse(void)
{
    start(WZP_FEC_OURS);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);

    block(10 + 127);
    (void) put(0);
    block(100);
    is_i64(put(0), WZP_ELATE, "37 before");
    now += WZP_FEC_REUSE;
    is_i64(put(0), WZP_OK, "two seconds later it is new");

    wzp_fec_rx_init(&rx);
    block(7);
    is_u64(put_all("++++-++++"), 1, "done");
    now += WZP_FEC_REUSE - 1;
    is_i64(put(4), WZP_EDUP, "still the same block");
    now += 1;
    is_i64(put(4), WZP_OK, "another block with its id");
    is_u64(put_all("++++-++++"), 0, "of which it is a part");

    wzp_fec_rx_init(&rx);
    block(7);
    (void) put_all("++++");
    now += WZP_FEC_REUSE;
    is_u64(put_all("----++++-++++"), 4, "what was before is not mixed in");
    check_found(0, 7, 0, (unsigned) sent[0].pk.seq, 6);

    /* another codec under the same id */

    wzp_fec_rx_init(&rx);
    block(3);
    (void) put_all("++++++");
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_3200, 1.0f);
    tx.block = 3;
    nsent = 0;
    send_frames(WZP_CODEC_CODEC2_3200, 5, 8);
    is_u64(put_all("++-+++++"), 1, "is another block");
    check_found(0, 3, 2, (unsigned) sent[2].pk.seq, 8);

    wzp_fec_rx_reset(&rx);
    is_i64(put(0), WZP_OK, "all is forgotten");
    is_u64(rx.st.repaired, 1, "but what was counted");
}


/* A peer that adds up something else: prefixes show it. */

static void
test_lies(void)
{
    unsigned  i, j, bad;

    start(WZP_FEC_EXISTING);
    wzp_fec_tx_set(&tx, WZP_CODEC_CODEC2_1200, 1.0f);
    send_frames(WZP_CODEC_CODEC2_1200, 8, 6);

    sent[8].data[0] ^= 1;
    is_u64(put_all("++++++"), 0, "two are missing");
    is_i64(put(8), WZP_OK, "a repair packet that lies");
    is_i64(put(9), WZP_EBAD, "shows when the block is complete");
    is_u64(n, 0, "nothing is given out");

    bad = 0;
    now += 10 * WZP_SEC;

    for (i = 0; i < 20000; i++) {
        j = any(nsent);
        sent[j].pk.fec_block = (uint8_t) any(any(2) ? 6 : 256);
        sent[j].pk.fec_symbol = (uint8_t) any(any(2) ? 20 : 256);
        sent[j].data[any(6)] = (uint8_t) any(256);
        now += any(40) * WZP_MS;
        (void) put(j);
        bad += n > 8;
    }

    is_u64(bad, 0, "any numbers, any bytes");
}


int
main(void)
{
    test_sender();
    test_no_blocks();
    test_receiver();
    test_strange();
    test_places();
    test_expiry();
    test_reuse();
    test_lies();

    return done_testing();
}
