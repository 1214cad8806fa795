/*
 * Redundancy that comes with a stream's packets: copies of earlier ones, repair
 * packets of Codec2, what the sender hears of others.  PROTOCOL E.11 and 5.  See
 * stream.h.
 */

#include "stream.h"
#include "wzp/wzp_opus_ext.h"


#define CL_COPIES_MAX       8           /* looked at in one packet           */
#define CL_MS               (CL_RATE_HZ / 1000u)


/* The blocks of a packet; false: it has none. */

static bool
cl_stream_blocks(const wzp_packet_t *pk, wzp_bytes_t *list)
{
    if (pk->codec == WZP_CODEC_COMFORT_NOISE) {

        if (pk->payload.len < 2) {
            return false;
        }

        list->data = pk->payload.data + 1;
        list->len = pk->payload.len - 1;

        return true;
    }

    return cl_codec_is_opus(pk->codec)
           && wzp_opus_ext_parse(pk->payload.data, pk->payload.len, list)
              == WZP_OK;
}


/* It takes the place of its original, if that one was lost. */

static void
cl_stream_copy(cl_stream_t *sm, const wzp_packet_t *pk,
    const wzp_block_copy_t *cp, uint64_t now_ns)
{
    size_t       n;
    wzp_frame_t  fr;

    n = cp->packet.len <= WZP_JITTER_PAYLOAD
        ? cl_decoder_samples(WZP_CODEC_OPUS24K, cp->packet.data,
                             cp->packet.len)
        : 0;

    if (n < CL_TICK_SAMPLES) {
        sm->st.bad++;
        return;
    }

    memset(&fr, 0, sizeof(wzp_frame_t));

    fr.seq = (uint16_t) (pk->seq - cp->back);
    fr.timestamp = pk->timestamp - cp->ago_10ms * 10u * sm->voice->jb.unit;
    fr.codec = cl_codec_is_opus(pk->codec) ? pk->codec : WZP_CODEC_OPUS24K;
    fr.dur_ms = (uint16_t) (n / CL_MS);
    fr.copy = true;
    fr.data = cp->packet.data;
    fr.len = cp->packet.len;

    (void) !wzp_jitter_put(&sm->voice->jb, &fr, now_ns);
}


/* Frames of Codec2 that this packet helps to compute. */

static void
cl_stream_repair(cl_stream_t *sm, const wzp_packet_t *pk, uint64_t now_ns)
{
    unsigned         i, n;
    wzp_frame_t      fr;
    wzp_fec_frame_t  found[WZP_FEC_K_MAX];

    (void) wzp_fec_rx_put(&sm->voice->fec, pk, now_ns, found, &n);

    memset(&fr, 0, sizeof(wzp_frame_t));
    fr.codec = pk->codec;
    fr.dur_ms = wzp_codec_info((unsigned) pk->codec)->frame_ms;
    fr.copy = true;

    for (i = 0; i < n; i++) {
        fr.seq = found[i].seq;
        fr.timestamp = found[i].timestamp;
        fr.data = found[i].data.data;
        fr.len = found[i].data.len;

        /* One that came after all is no news. */

        if (found[i].placed
            && cl_decoder_samples(fr.codec, fr.data, fr.len) != 0)
        {
            (void) !wzp_jitter_put(&sm->voice->jb, &fr, now_ns);
        }
    }
}


void
cl_stream_extra(cl_stream_t *sm, const wzp_packet_t *pk, uint64_t now_ns)
{
    unsigned     copies;
    wzp_block_t  bl;
    wzp_bytes_t  list;

    if (cl_codec_known(pk->codec) && !cl_codec_is_opus(pk->codec)) {
        cl_stream_repair(sm, pk, now_ns);
        return;
    }

    if (pk->repair || !cl_stream_blocks(pk, &list)) {
        return;
    }

    copies = 0;

    while (wzp_block_next(&list, &bl) == WZP_OK) {

        if (bl.type == WZP_BLOCK_COPY && copies++ < CL_COPIES_MAX) {
            cl_stream_copy(sm, pk, &bl.u.copy, now_ns);
        }
    }
}


void
cl_stream_views(const wzp_packet_t *pk, cl_stream_view_pt view, void *ctx)
{
    wzp_block_t  bl;
    wzp_bytes_t  list;

    if (pk->repair || !cl_stream_blocks(pk, &list)) {
        return;
    }

    while (wzp_block_next(&list, &bl) == WZP_OK) {

        if (bl.type == WZP_BLOCK_VIEW) {
            view(ctx, bl.u.view.stream_id, pk->stream_id,
                 (float) bl.u.view.loss / 255,
                 (float) bl.u.view.burst_16 / 16);
        }
    }
}
