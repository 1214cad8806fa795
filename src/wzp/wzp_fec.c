/*
 * Blocks of one stream.  See wzp_fec.h.
 */

#include "wzp/wzp_fec.h"
#include "wzp/wzp_signal.h"


#define WZP_FEC_PREFIX      2           /* length, little endian             */


/* ---- what both sides know of a codec ---- */

/* How many frames a block of this codec has; 0: it has no blocks. */

static uint8_t
wzp_fec_k(wzp_codec_t codec)
{
    const wzp_profile_t  *pr;

    pr = wzp_profile_by_codec(codec);

    return pr == NULL ? 0 : pr->frames_per_block;
}


/* Codec2 has frames of one length; 0: any. */

static size_t
wzp_fec_fixed(wzp_codec_t codec)
{
    const wzp_codec_info_t  *ci;

    if (codec != WZP_CODEC_CODEC2_3200 && codec != WZP_CODEC_CODEC2_1200) {
        return 0;
    }

    ci = wzp_codec_info((unsigned) codec);

    return ci->bitrate_bps * ci->frame_ms / 8000;
}


static bool
wzp_fec_fits(wzp_codec_t codec, size_t len)
{
    size_t  fixed;

    fixed = wzp_fec_fixed(codec);

    return fixed ? len == fixed : len > 0 && len <= WZP_FEC_FRAME_MAX;
}


static void
wzp_fec_wrap(uint8_t symbol[WZP_FEC_SYMBOL], const uint8_t *frame, size_t len)
{
    memset(symbol, 0, WZP_FEC_SYMBOL);
    symbol[0] = (uint8_t) len;
    memcpy(symbol + WZP_FEC_PREFIX, frame, len);
}


/* ---- the sender's side ---- */

/* ceil(k * ratio), in single precision. */

static uint8_t
wzp_fec_repairs(unsigned k, float ratio)
{
    float     n;
    uint8_t   r;

    n = (float) k * ratio;
    r = (uint8_t) n;

    return (float) r < n ? (uint8_t) (r + 1) : r;
}


void
wzp_fec_tx_init(wzp_fec_tx_t *tx, wzp_fec_layout_t layout)
{
    memset(tx, 0, sizeof(wzp_fec_tx_t));
    tx->layout = layout;
}


void
wzp_fec_tx_set(wzp_fec_tx_t *tx, wzp_codec_t codec, float ratio)
{
    uint8_t  k, code, repairs;

    k = wzp_fec_k(codec);
    code = wzp_fec_ratio_code(ratio);

    if (k == 0 || (tx->layout == WZP_FEC_OURS && wzp_fec_fixed(codec) == 0)) {
        code = 0;
    }

    repairs = code ? wzp_fec_repairs(k, WZP_MIN(ratio, 2.0f)) : 0;

    if (tx->codec == codec && tx->ratio == code && tx->repairs == repairs) {
        return;
    }

    wzp_fec_tx_abandon(tx);

    tx->codec = codec;
    tx->ratio = code;
    tx->repairs = repairs;

    if (code == 0) {
        return;
    }

    tx->symbol = (uint16_t) (tx->layout == WZP_FEC_OURS ? wzp_fec_fixed(codec)
                                                        : WZP_FEC_SYMBOL);

    if (tx->k != k) {
        tx->k = k;
        tx->rq = wzp_raptorq_init(tx->code, k);
    }
}


bool
wzp_fec_tx_begun(const wzp_fec_tx_t *tx)
{
    return tx->frames != 0 && tx->frames < tx->k;
}


void
wzp_fec_tx_abandon(wzp_fec_tx_t *tx)
{
    tx->block = (uint8_t) (tx->block + (tx->frames > 0));
    tx->frames = 0;
    tx->sent = 0;
}


wzp_rc_t
wzp_fec_tx_put(wzp_fec_tx_t *tx, const uint8_t *frame, size_t len,
    wzp_packet_t *pk)
{
    uint8_t  *symbol;

    pk->fec_ratio = 0;
    pk->fec_block = 0;
    pk->fec_symbol = 0;

    if (tx->ratio == 0) {
        return WZP_OK;
    }

    if (!wzp_fec_fits(tx->codec, len)) {
        return WZP_EBAD;
    }

    if (tx->frames == tx->k) {
        wzp_fec_tx_abandon(tx);
    }

    symbol = tx->source + (size_t) tx->frames * tx->symbol;

    if (tx->layout == WZP_FEC_OURS) {
        memcpy(symbol, frame, len);

    } else {
        wzp_fec_wrap(symbol, frame, len);
    }

    pk->fec_ratio = tx->ratio;
    pk->fec_block = tx->block;
    pk->fec_symbol = tx->frames++;

    return WZP_OK;
}


bool
wzp_fec_tx_next(wzp_fec_tx_t *tx, wzp_packet_t *pk)
{
    if (tx->ratio == 0 || tx->frames < tx->k || tx->sent == tx->repairs) {
        return false;
    }

    pk->repair = true;
    pk->codec = tx->codec;
    pk->fec_ratio = tx->ratio;
    pk->fec_block = tx->block;
    pk->fec_symbol = (uint8_t) (tx->k + tx->sent++);
    pk->payload.data = tx->repair;
    pk->payload.len = tx->symbol;

    wzp_raptorq_encode(tx->rq, tx->source, tx->symbol, pk->fec_symbol,
                       tx->repair);

    return true;
}


/* ---- the receiver's side ---- */

void
wzp_fec_rx_init(wzp_fec_rx_t *rx)
{
    memset(rx, 0, sizeof(wzp_fec_rx_t));
}


void
wzp_fec_rx_reset(wzp_fec_rx_t *rx)
{
    unsigned  i;

    for (i = 0; i < WZP_FEC_BLOCKS; i++) {
        rx->blocks[i].used = false;
    }

    rx->started = false;
}


/* The source symbol i as the repair packets of this block see it. */

static const uint8_t *
wzp_fec_source(const wzp_fec_block_t *bk, unsigned i)
{
    return bk->source[i] + (bk->symbol == WZP_FEC_SYMBOL ? 0 : WZP_FEC_PREFIX);
}


static void
wzp_fec_rx_begin(wzp_fec_rx_t *rx, wzp_fec_block_t *bk, const wzp_packet_t *pk)
{
    rx->st.failed += bk->used && !bk->done;

    bk->used = true;
    bk->done = false;
    bk->id = pk->fec_block;
    bk->nsource = 0;
    bk->codec = pk->codec;
    bk->symbol = 0;
    memset(bk->known, 0, sizeof(bk->known));
}


/* The block of a packet; NULL: it was given up.  Ids of 4 to 128 before the
 * newest were, unless nothing has come for so long that it is somebody else
 * who counts. */

static wzp_fec_block_t *
wzp_fec_rx_block(wzp_fec_rx_t *rx, const wzp_packet_t *pk, uint64_t now_ns)
{
    uint8_t           behind;
    wzp_fec_block_t  *bk;

    behind = (uint8_t) (rx->newest - pk->fec_block);

    if (rx->started && behind >= WZP_FEC_BLOCKS && behind <= 128) {

        if (now_ns - rx->fresh_ns < WZP_FEC_REUSE) {
            return NULL;
        }

        wzp_fec_rx_reset(rx);
    }

    if (!rx->started || behind > 128) {
        rx->started = true;
        rx->newest = pk->fec_block;
    }

    bk = &rx->blocks[pk->fec_block % WZP_FEC_BLOCKS];

    if (!bk->used || bk->id != pk->fec_block || bk->codec != pk->codec
        || now_ns - bk->fresh_ns >= WZP_FEC_REUSE)
    {
        wzp_fec_rx_begin(rx, bk, pk);
        bk->fresh_ns = now_ns;
    }

    return bk;
}


static wzp_rc_t
wzp_fec_rx_source(wzp_fec_rx_t *rx, wzp_fec_block_t *bk,
    const wzp_packet_t *pk)
{
    unsigned  i;

    i = pk->fec_symbol;

    if (bk->known[i]) {
        return WZP_EDUP;
    }

    wzp_fec_wrap(bk->source[i], pk->payload.data, pk->payload.len);

    bk->known[i] = true;
    bk->seq[i] = pk->seq;
    bk->timestamp[i] = pk->timestamp;
    bk->nsource++;
    bk->done = bk->nsource == rx->k;

    if (bk->symbol && !bk->done) {
        (void) wzp_raptorq_block_put(bk->rows, i, wzp_fec_source(bk, i));
    }

    return WZP_OK;
}


/* The first one tells the layout. */

static wzp_rc_t
wzp_fec_rx_repair(wzp_fec_rx_t *rx, wzp_fec_block_t *bk,
    const wzp_packet_t *pk)
{
    unsigned  i;

    if (bk->symbol == 0) {
        bk->symbol = (uint16_t) pk->payload.len;
        bk->rows = wzp_raptorq_block_init(bk->mem, rx->rq, bk->symbol);

        for (i = 0; i < rx->k; i++) {
            if (bk->known[i]) {
                (void) wzp_raptorq_block_put(bk->rows, i,
                                             wzp_fec_source(bk, i));
            }
        }

        bk->known[rx->k] = true;
        bk->seq[rx->k] = (uint16_t) (pk->seq - (pk->fec_symbol - rx->k));
        bk->timestamp[rx->k] = pk->timestamp;

    } else if (bk->symbol != pk->payload.len) {
        return WZP_EBAD;
    }

    return wzp_raptorq_block_put(bk->rows, pk->fec_symbol, pk->payload.data);
}


/*
 * Where a lost frame was: what follows it is known, be it the end of the block.
 * If what is before it is known too, both must say the same, else the sender
 * has paused in between.
 */

static void
wzp_fec_rx_place(const wzp_fec_block_t *bk, unsigned i, uint32_t step,
    wzp_fec_frame_t *fr)
{
    unsigned  after, before;

    for (after = i + 1; !bk->known[after]; after++) { /* void */ }

    fr->seq = (uint16_t) (bk->seq[after] - (after - i));
    fr->timestamp = bk->timestamp[after] - (after - i) * step;
    fr->placed = true;

    for (before = i; before-- > 0; /* void */ ) {

        if (bk->known[before]) {
            fr->placed = fr->seq == (uint16_t) (bk->seq[before] + i - before)
                         && fr->timestamp == bk->timestamp[before]
                                             + (i - before) * step;
            break;
        }
    }
}


/* From one frame to the next: milliseconds, or an old sender's samples. */

static uint32_t
wzp_fec_rx_step(const wzp_fec_block_t *bk, unsigned k)
{
    uint32_t                 d;
    unsigned                 i, last;
    const wzp_codec_info_t  *ci;

    ci = wzp_codec_info((unsigned) bk->codec);
    last = k;

    for (i = k; i-- > 0; /* void */ ) {

        if (bk->known[i]) {
            d = bk->timestamp[last] - bk->timestamp[i];

            if (d == (last - i) * ci->frame_ms * 48u) {
                return ci->frame_ms * 48u;
            }

            last = i;
        }
    }

    return ci->frame_ms;
}


/* All source symbols are there now.  A length that cannot be says that what was
 * added up did not belong together: then none is to be believed. */

static wzp_rc_t
wzp_fec_rx_found(wzp_fec_rx_t *rx, wzp_fec_block_t *bk, wzp_fec_frame_t *out,
    unsigned *n)
{
    size_t           len;
    uint32_t         step;
    unsigned         i, found;
    const uint8_t   *p;
    wzp_fec_frame_t  *fr;

    found = 0;
    step = wzp_fec_rx_step(bk, rx->k);

    for (i = 0; i < rx->k; i++) {

        if (bk->known[i]) {
            continue;
        }

        p = wzp_raptorq_block_symbol(bk->rows, i);
        len = bk->symbol;

        if (p != NULL && len == WZP_FEC_SYMBOL) {
            len = (size_t) p[1] << 8 | p[0];
            p += WZP_FEC_PREFIX;
        }

        if (p == NULL || !wzp_fec_fits(bk->codec, len)) {
            return WZP_EBAD;
        }

        fr = &out[found++];

        fr->block = bk->id;
        fr->symbol = (uint8_t) i;
        fr->data.data = p;
        fr->data.len = len;
        wzp_fec_rx_place(bk, i, step, fr);
    }

    rx->st.repaired++;
    rx->st.recovered += found;
    *n = found;

    return WZP_OK;
}


/* Is it part of a block at all, and can it be? */

static wzp_rc_t
wzp_fec_rx_check(const wzp_packet_t *pk, unsigned k)
{
    if (pk->fec_ratio == 0 || k == 0) {
        return WZP_EUNKNOWN;
    }

    if (!pk->repair) {
        return pk->fec_symbol < k && wzp_fec_fits(pk->codec, pk->payload.len)
               ? WZP_OK : WZP_EBAD;
    }

    return pk->fec_symbol >= k
           && (pk->payload.len == WZP_FEC_SYMBOL
               || (wzp_fec_fixed(pk->codec) > 0
                   && pk->payload.len == wzp_fec_fixed(pk->codec)))
           ? WZP_OK : WZP_EBAD;
}


wzp_rc_t
wzp_fec_rx_put(wzp_fec_rx_t *rx, const wzp_packet_t *pk, uint64_t now_ns,
    wzp_fec_frame_t out[WZP_FEC_K_MAX], unsigned *n)
{
    uint8_t           k;
    wzp_rc_t          rc;
    wzp_fec_block_t  *bk;

    *n = 0;
    k = wzp_fec_k(pk->codec);

    rc = wzp_fec_rx_check(pk, k);
    if (rc != WZP_OK) {
        return rc;
    }

    if (rx->k != k) {
        wzp_fec_rx_reset(rx);
        rx->k = k;
        rx->rq = wzp_raptorq_init(rx->code, k);
    }

    bk = wzp_fec_rx_block(rx, pk, now_ns);

    if (bk == NULL) {
        return WZP_ELATE;
    }

    if (bk->done) {
        return WZP_EDUP;
    }

    rc = pk->repair ? wzp_fec_rx_repair(rx, bk, pk)
                    : wzp_fec_rx_source(rx, bk, pk);

    if (rc != WZP_OK) {
        return rc;
    }

    bk->fresh_ns = now_ns;
    rx->fresh_ns = now_ns;

    if (!bk->done && bk->symbol && wzp_raptorq_block_done(bk->rows)) {
        bk->done = true;
        return wzp_fec_rx_found(rx, bk, out, n);
    }

    return WZP_OK;
}
