/*
 * A sender and a receiver of blocks, and between them a line that loses,
 * repeats and mixes packets.  What the receiver finds is what was sent, unless
 * packets were forged.
 */

#include "fuzz.h"
#include "wzp/wzp_fec.h"


#define FUZZ_RING       64


typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
} input_t;


typedef struct {
    wzp_packet_t    pk;
    uint8_t         data[WZP_FEC_SYMBOL];
} sent_t;


static wzp_fec_tx_t  tx;
static wzp_fec_rx_t  rx;

static sent_t        ring[FUZZ_RING];
static unsigned      nsent;
static wzp_codec_t   codec;
static uint16_t      seq;
static uint32_t      timestamp;
static uint64_t      now_ns;
static bool          forged;


static unsigned
byte(input_t *in)
{
    return in->p < in->end ? *in->p++ : 0;
}


static void
keep(wzp_packet_t *pk)
{
    sent_t  *st;

    st = &ring[nsent++ % FUZZ_RING];

    pk->seq = seq++;
    pk->timestamp = timestamp;

    memcpy(st->data, pk->payload.data, pk->payload.len);
    st->pk = *pk;
    st->pk.payload.data = st->data;
}


static void
op_send(input_t *in)
{
    size_t         i, len;
    uint8_t        data[256];
    unsigned       dur_ms;
    wzp_rc_t       rc;
    wzp_packet_t   pk;

    len = byte(in);
    len = codec == WZP_CODEC_CODEC2_1200 && len < 240 ? 6
          : codec == WZP_CODEC_CODEC2_3200 && len < 240 ? 8 : len;

    for (i = 0; i < len; i++) {
        data[i] = (uint8_t) (seq * 7u + i * (seq >> 3));
    }

    memset(&pk, 0, sizeof(pk));
    pk.codec = codec;
    pk.payload.data = data;
    pk.payload.len = len;

    rc = wzp_fec_tx_put(&tx, data, len, &pk);
    fuzz_check(rc == WZP_OK || rc == WZP_EBAD);
    fuzz_check(pk.fec_ratio || (pk.fec_block | pk.fec_symbol) == 0);
    fuzz_check(pk.fec_symbol < WZP_FEC_K_MAX);
    keep(&pk);

    dur_ms = wzp_codec_info((unsigned) codec)->frame_ms;
    timestamp += dur_ms;
    now_ns += dur_ms * WZP_MS;

    while (wzp_fec_tx_next(&tx, &pk)) {
        fuzz_check(pk.repair && pk.payload.len <= WZP_FEC_SYMBOL);
        keep(&pk);
    }
}


/* The source packet that was found again; it may have left the ring. */

static const sent_t *
original(const wzp_fec_frame_t *fr)
{
    unsigned       i;
    const sent_t  *st;

    for (i = 0; i < WZP_MIN(nsent, FUZZ_RING); i++) {
        st = &ring[(nsent - 1 - i) % FUZZ_RING];

        if (!st->pk.repair && st->pk.fec_ratio
            && st->pk.fec_block == fr->block
            && st->pk.fec_symbol == fr->symbol)
        {
            return st;
        }
    }

    return NULL;
}


static void
check_found(const wzp_fec_frame_t *fr)
{
    bool                    before;
    unsigned                i;
    const sent_t           *st;
    const wzp_fec_block_t  *bk;

    fuzz_check(fr->symbol < rx.k && fr->data.len > 0
               && fr->data.len <= WZP_FEC_FRAME_MAX);

    st = original(fr);

    if (forged || st == NULL) {
        return;
    }

    fuzz_check(fr->data.len == st->pk.payload.len);
    fuzz_check(memcmp(fr->data.data, st->data, fr->data.len) == 0);

    bk = &rx.blocks[fr->block % WZP_FEC_BLOCKS];
    before = false;

    for (i = 0; i < fr->symbol; i++) {
        before |= bk->known[i];
    }

    fuzz_check(!before || !fr->placed
               || (fr->seq == st->pk.seq
                   && fr->timestamp == st->pk.timestamp));
}


static void
op_deliver(unsigned back, bool forge, input_t *in)
{
    unsigned         i, n;
    wzp_rc_t         rc;
    wzp_packet_t     pk;
    wzp_fec_frame_t  out[WZP_FEC_K_MAX];
    uint8_t          data[WZP_FEC_SYMBOL];

    if (back >= WZP_MIN(nsent, FUZZ_RING)) {
        return;
    }

    pk = ring[(nsent - 1 - back) % FUZZ_RING].pk;

    if (forge) {
        forged = true;
        memset(data, (int) byte(in), sizeof(data));
        pk.payload.data = data;
        pk.payload.len = byte(in) + (byte(in) & 1u);
        pk.fec_block = (uint8_t) (pk.fec_block + byte(in));
        pk.fec_symbol = (uint8_t) byte(in);
        pk.fec_ratio = (uint8_t) (byte(in) & 127);
        pk.codec = (wzp_codec_t) (byte(in) % WZP_CODEC_N);
        pk.repair = byte(in) & 1;
    }

    rc = wzp_fec_rx_put(&rx, &pk, now_ns, out, &n);

    fuzz_check(n <= WZP_FEC_K_MAX && (n == 0 || rc == WZP_OK));
    fuzz_check(rc != WZP_OK || pk.fec_ratio > 0);
    fuzz_check(forged || rc != WZP_EBAD);

    for (i = 0; i < n; i++) {
        check_found(&out[i]);
    }

    rc = wzp_fec_rx_put(&rx, &pk, now_ns, out, &n);
    fuzz_check(rc != WZP_OK && n == 0);
}


static void
op_restart(input_t *in)
{
    wzp_fec_tx_init(&tx, byte(in) & 1 ? WZP_FEC_OURS : WZP_FEC_EXISTING);
    wzp_fec_rx_reset(&rx);
    nsent = 0;
    forged = false;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  b;
    input_t   in;

    in.p = data;
    in.end = data + size;

    codec = WZP_CODEC_CODEC2_1200;
    seq = 65500;
    timestamp = 0;
    now_ns = WZP_SEC;

    wzp_fec_rx_init(&rx);
    op_restart(&in);
    wzp_fec_tx_set(&tx, codec, 1.0f);

    while (in.p < in.end) {

        switch (byte(&in) % 8) {

        case 0:
        case 1:
            op_send(&in);
            op_deliver(0, false, &in);
            break;

        case 2:
            op_send(&in);
            break;

        case 3:
        case 4:
            op_deliver(byte(&in) % FUZZ_RING, false, &in);
            break;

        case 5:
            op_deliver(byte(&in) % FUZZ_RING, byte(&in) > 200, &in);
            break;

        case 6:
            b = byte(&in);
            timestamp += b;
            now_ns += b * 10 * WZP_MS;
            seq = (uint16_t) (seq + (b & 1));

            if (b & 2) {
                wzp_fec_tx_abandon(&tx);
            }

            break;

        case 7:
            b = byte(&in);

            if (b > 250) {
                op_restart(&in);
            }

            codec = b < 100 ? WZP_CODEC_CODEC2_3200
                    : b < 200 ? WZP_CODEC_CODEC2_1200
                    : (wzp_codec_t) (b % WZP_CODEC_N);
            wzp_fec_tx_set(&tx, codec, (float) byte(&in) / 100 - 0.1f);
            break;
        }
    }

    return 0;
}
