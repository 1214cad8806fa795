/*
 * Members: joining as our client does, talking, listening.
 */

#include "load.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "wzp/wzp_hs.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_signal.h"


#define BL_MAGIC            0x4c42505aU
#define BL_TIME_LIMIT       (30 * WZP_SEC)
#define BL_KEEPALIVE        (5 * WZP_SEC)

#define BL_NOBODY           UINT32_MAX


/* What a frame carries, in the order of this machine; then filling. */
typedef struct {
    uint32_t  magic;
    uint32_t  member;
    uint32_t  number;
    uint32_t  unused;
    uint64_t  sent_ns;
} bl_frame_t;


static void
bl_member_gone(bl_member_t *bm, const char *why)
{
    bl_load_t  *bl;

    bl = bm->bl;

    if (bm->state == BL_GONE) {
        return;
    }

    if (bm->state == BL_JOINED) {
        bl->joined--;

    } else {
        bl->pending--;
    }

    bm->state = BL_GONE;

    if (bl->gone++ < 5) {
        (void) fprintf(stderr, "member %u: %s\n", bm->index, why);
    }
}


/* ---- joining ---- */

static void
bl_member_offer(bl_member_t *bm)
{
    size_t         len;
    uint8_t        seed[WZP_SEED_SIZE], scalar[WZP_KEY_SIZE];
    uint8_t        exporter[WZP_EXPORTER_SIZE], buf[4096];
    wzp_qbuf_t    *qb;
    wzp_ident_t    id;
    wzp_signal_t   sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_OFFER;

    randombytes_buf(seed, sizeof(seed));
    randombytes_buf(scalar, sizeof(scalar));
    wzp_ident_init(&id, seed);

    wzp_hs_offer(&sg.u.call_offer, &id, scalar,
                 bm->bl->op.binding
                 && wzp_qconn_exporter(bm->qc, exporter) == WZP_OK
                 ? exporter : NULL);

    (void) snprintf(sg.u.call_offer.alias, sizeof(sg.u.call_offer.alias),
                    "Member %u", bm->index);

    if (wzp_signal_encode(&sg, buf, sizeof(buf), &len) != WZP_OK) {
        bl_member_gone(bm, "the offer cannot be encoded");
        return;
    }

    qb = wzp_qbuf_message(buf, len);

    if (qb == NULL || wzp_qconn_message(bm->qc, qb, 0) != WZP_OK) {
        bl_member_gone(bm, "the offer cannot be sent");

    } else {
        bm->state = BL_OFFER;
    }

    if (qb != NULL) {
        wzp_qbuf_unref(qb);
    }
}


static void
bl_member_answer(bl_member_t *bm, const uint8_t *data, size_t len)
{
    bool          verified;
    uint8_t       exporter[WZP_EXPORTER_SIZE];
    wzp_rc_t      rc;
    wzp_signal_t  sg;

    if (wzp_signal_parse(&sg, data, len) != WZP_OK) {
        bl_member_gone(bm, "a signal that cannot be read");
        return;
    }

    rc = WZP_EAGAIN;

    if (sg.type == WZP_SIG_CALL_ANSWER) {
        rc = wzp_hs_check_answer(&sg.u.call_answer,
                                 wzp_qconn_exporter(bm->qc, exporter) == WZP_OK
                                 ? exporter : NULL,
                                 &verified);
    }

    wzp_signal_done(&sg);

    if (rc == WZP_EAGAIN) {
        return;                         /* something else came first */
    }

    if (rc != WZP_OK) {
        bl_member_gone(bm, "the answer is not signed by the relay");
        return;
    }

    bm->state = BL_JOINED;
    bm->bl->joined++;
    bm->bl->pending--;
}


/* ---- events of the connection ---- */

static void
bl_member_handshake(wzp_qconn_t *qc)
{
    bl_member_t  *bm;

    bm = wzp_qconn_data(qc);

    if (bm->state == BL_CONNECT) {
        bl_member_offer(bm);
    }
}


static void
bl_member_message(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    bl_member_t  *bm;

    bm = wzp_qconn_data(qc);
    bm->bl->payload++;

    /* Afterwards come lists of members, which cost us dearly to parse. */

    if (bm->state == BL_OFFER) {
        bl_member_answer(bm, data, len);
    }
}


static void
bl_member_count(bl_member_t *bm, const bl_frame_t *fr)
{
    uint32_t      i;
    uint64_t      bit, *word;
    bl_load_t    *bl;
    bl_member_t  *from;

    bl = bm->bl;
    from = &bl->members[fr->member];

    if (!bl->talking || fr->number < from->from || fr->number >= from->until) {
        return;                         /* not of the window */
    }

    i = fr->number - from->from;

    if (i >= bl->words * 64) {
        return;
    }

    word = &bm->seen[from->talker * bl->words + i / 64];
    bit = (uint64_t) 1 << (i % 64);

    if (*word & bit) {
        bl->doubles++;
        return;
    }

    *word |= bit;

    bl_hist_add(&bl->delay, (bl->arrived_ns > fr->sent_ns)
                            ? bl->arrived_ns - fr->sent_ns : 0);
}


static void
bl_member_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    bl_load_t     *bl;
    bl_frame_t     fr;
    bl_member_t   *bm;
    wzp_packet_t   pk;

    bm = wzp_qconn_data(qc);
    bl = bm->bl;
    bl->payload++;

    if (wzp_packet_parse(&pk, data, len) != WZP_OK
        || pk.payload.len < sizeof(fr) || len != bl->op.size
        || pk.stream_id == 0)
    {
        bl->strange++;
        return;
    }

    memcpy(&fr, pk.payload.data, sizeof(fr));

    if (fr.magic != BL_MAGIC || fr.member >= bl->nmembers
        || fr.member == bm->index
        || bl->members[fr.member].room != bm->room
        || bl->members[fr.member].talker == BL_NOBODY
        || (fr.number & 0xffff) != pk.seq)
    {
        bl->strange++;
        return;
    }

    bl->run.frames_in++;
    bl_member_count(bm, &fr);
}


static void
bl_member_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    char          text[200];
    bl_member_t  *bm;

    bm = wzp_qconn_data(qc);
    bm->qc = NULL;

    (void) snprintf(text, sizeof(text), "closed: how %d code 0x%llx \"%s\"",
                    (int) why->how, (unsigned long long) why->code,
                    why->reason);
    bl_member_gone(bm, text);
}


/* ---- the way out ---- */

static uint8_t *
bl_sink_buffer(void *ctx)
{
    bl_load_t  *bl;

    bl = ctx;
    bl->buf = wzp_udp_tx_buffer(bl_net_tx(bl->net));

    return bl->buf;
}


/* Our datagrams carry the relay's connection ID, which begins with the number
 * of the socket whose worker has the member. */
static void
bl_sink_commit(void *ctx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn)
{
    uint32_t    n;
    bl_load_t  *bl;

    bl = ctx;
    n = bl_net_member(local);

    if (!(bl->buf[0] & 0x80) && n < bl->nmembers) {
        bl->members[n].steer = bl->buf[1];
    }

    wzp_udp_tx_commit(bl_net_tx(bl->net), len, su, local, peer, ecn);
}


static bool
bl_members_endpoint(bl_load_t *bl)
{
    char             err[128];
    wzp_quic_conf_t  qf;

    memset(&qf, 0, sizeof(qf));

    randombytes_buf(qf.secret, sizeof(qf.secret));

    qf.handshake_ns = BL_TIME_LIMIT;
    qf.idle_ns = BL_TIME_LIMIT;
    qf.keepalive_ns = BL_KEEPALIVE;

    /* as quinn does */
    qf.ack_delay_ns = 25 * WZP_MS;
    qf.ack_packets = 2;

    qf.ctx = bl;
    qf.sink.buffer = bl_sink_buffer;
    qf.sink.commit = bl_sink_commit;
    qf.sink.ctx = bl;

    qf.events.handshake = bl_member_handshake;
    qf.events.datagram = bl_member_datagram;
    qf.events.message = bl_member_message;
    qf.events.closed = bl_member_closed;

    bl->ep = wzp_quic_create(&qf, err);

    if (bl->ep == NULL) {
        (void) fprintf(stderr, "QUIC: %s\n", err);
        return false;
    }

    return true;
}


/* ---- all of them ---- */

static int
bl_member_by_phase(const void *one, const void *two)
{
    const bl_member_t  *a, *b;

    a = *(bl_member_t *const *) one;
    b = *(bl_member_t *const *) two;

    return (a->phase_ns > b->phase_ns) - (a->phase_ns < b->phase_ns);
}


/* Talkers take turns: evenly over the interval, those of a room far apart. */
static bool
bl_members_talkers(bl_load_t *bl)
{
    unsigned      i, n;
    uint64_t      interval;
    bl_member_t  *bm;

    bl->ntalkers = bl->op.rooms * bl->op.talkers;
    bl->talkers = calloc(bl->ntalkers + 1, sizeof(bl_member_t *));

    if (bl->talkers == NULL) {
        (void) fprintf(stderr, "no memory\n");
        return false;
    }

    interval = WZP_SEC / bl->op.rate;

    for (i = 0, n = 0; i < bl->nmembers; i++) {
        bm = &bl->members[i];

        if (bm->talker != BL_NOBODY) {
            bm->phase_ns = (bm->talker * bl->op.rooms + bm->room) * interval
                           / bl->ntalkers;
            bl->talkers[n++] = bm;
        }
    }

    qsort(bl->talkers, bl->ntalkers, sizeof(bl_member_t *),
          bl_member_by_phase);

    return true;
}


bool
bl_members_init(bl_load_t *bl)
{
    uint64_t      frames;
    unsigned      i, place;
    bl_member_t  *bm;

    frames = bl->op.run_ns * bl->op.rate / WZP_SEC + 64;
    bl->words = (unsigned) (frames / 64 + 2);

    bl->nmembers = bl->op.rooms * bl->op.members;
    bl->members = calloc(bl->nmembers, sizeof(bl_member_t));

    if (bl->op.trace != NULL) {
        bl->trace = calloc(BL_TRACE, sizeof(bl_trace_t));
    }

    if (bl->members == NULL || (bl->op.trace != NULL && bl->trace == NULL)) {
        (void) fprintf(stderr, "no memory\n");
        return false;
    }

    for (i = 0; i < bl->nmembers; i++) {
        bm = &bl->members[i];
        place = i % bl->op.members;

        bm->bl = bl;
        bm->index = i;
        bm->room = i / bl->op.members;
        bm->talker = (place < bl->op.talkers) ? place : BL_NOBODY;
        bm->from = UINT32_MAX;
        bm->until = UINT32_MAX;
        bl_net_addr(&bm->local, i, bl->op.port);

        bm->seen = calloc((size_t) bl->words * bl->op.talkers + 1,
                          sizeof(uint64_t));
        if (bm->seen == NULL) {
            (void) fprintf(stderr, "no memory\n");
            return false;
        }
    }

    return bl_members_talkers(bl) && bl_members_endpoint(bl);
}


void
bl_members_done(bl_load_t *bl)
{
    unsigned  i;

    if (bl->ep != NULL) {
        bl->gone = UINT32_MAX / 2;      /* no word about each of them */
        wzp_quic_destroy(bl->ep, bl_now(), 0, "normal close");
        wzp_udp_tx_send(bl_net_tx(bl->net));
    }

    for (i = 0; bl->members != NULL && i < bl->nmembers; i++) {
        free(bl->members[i].seen);
    }

    free(bl->members);
    free(bl->talkers);
    free(bl->trace);
}


void
bl_member_connect(bl_member_t *bm, uint64_t now_ns)
{
    char        sni[32];
    bl_load_t  *bl;

    bl = bm->bl;

    (void) snprintf(sni, sizeof(sni), "bench-%u", bm->room);

    bm->state = BL_CONNECT;
    bl->asked++;
    bl->pending++;

    bm->qc = wzp_quic_connect(bl->ep, sni, bl_net_socket(bl->net), &bm->local,
                              &bl->op.relay, bm, now_ns);
    if (bm->qc == NULL) {
        bl_member_gone(bm, "no memory");
    }
}


void
bl_member_talk(bl_member_t *bm, uint64_t now_ns)
{
    size_t         len;
    uint8_t        payload[WZP_PAYLOAD_SAFE];
    bl_load_t     *bl;
    wzp_qbuf_t    *qb;
    bl_frame_t     fr;
    wzp_packet_t   pk;

    bl = bm->bl;

    memset(&fr, 0, sizeof(fr));
    fr.magic = BL_MAGIC;
    fr.member = bm->index;
    fr.number = bm->next++;
    fr.sent_ns = now_ns;

    memset(payload, 0x5a, sizeof(payload));
    memcpy(payload, &fr, sizeof(fr));

    memset(&pk, 0, sizeof(pk));
    pk.codec = WZP_CODEC_OPUS24K;
    pk.seq = (uint16_t) fr.number;
    pk.timestamp = (uint32_t) (now_ns / WZP_MS);
    pk.payload.data = payload;
    pk.payload.len = bl->op.size - WZP_HEADER_SIZE;

    qb = wzp_qbuf_alloc(bl->op.size);

    if (qb == NULL || bm->qc == NULL) {
        return;
    }

    if (wzp_packet_encode(&pk, qb->data, qb->size, &len) == WZP_OK) {
        qb->len = (uint32_t) len;
        qb->born_ns = now_ns;

        if (wzp_qconn_send(bm->qc, qb, now_ns) == WZP_OK) {
            bl->run.frames_out++;
        }
    }

    wzp_qbuf_unref(qb);
}


void
bl_member_input(void *ctx, const wzp_udp_dgram_t *dg, uint64_t arrived_ns)
{
    uint64_t          payload;
    bl_load_t        *bl;
    bl_trace_t       *tr;
    wzp_cid_owner_t   owner;

    bl = ctx;
    payload = bl->payload;
    bl->arrived_ns = arrived_ns;

    bl->run.packets_in++;
    bl->run.bytes_in += dg->len;

    (void) wzp_quic_input(bl->ep, dg, false, bl_now(), &owner);

    bl->run.bare_in += (bl->payload == payload);

    if (bl->window && bl->trace != NULL && bl->ntrace < BL_TRACE) {
        tr = &bl->trace[bl->ntrace++];
        tr->member = bl_net_member(&dg->local);
        tr->len = (uint32_t) dg->len;
        tr->at_ns = arrived_ns;
    }
}
