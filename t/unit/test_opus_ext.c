/*
 * Blocks in Opus padding: golden bytes, every cut, and what libopus makes of
 * wrapped packets: the same sound, the same DRED.
 */

#include <math.h>
#include <opus.h>

#include "tap.h"
#include "vec.h"
#include "wzp/wzp_opus_ext.h"


#define FRAME  960


static uint8_t      buf[4096];
static size_t       len;
static wzp_bytes_t  list;


static void
is_vec(const char *name, const char *what)
{
    size_t   n;
    uint8_t  want[256];

    n = vec_get("opus_ext", name, want, sizeof(want));
    ok(len == n && memcmp(buf, want, n) == 0, "%s", what);
}


static wzp_bytes_t
vec(const char *name, uint8_t *out)
{
    wzp_bytes_t  b;

    b.data = out;
    b.len = vec_get("opus_ext", name, out, 256);

    return b;
}


static void
test_golden(void)
{
    uint8_t          a[256], b[256], c[256];
    wzp_bytes_t      packet, view, copy, p;
    wzp_block_t  bl;

    packet = vec("packet", a);
    view = vec("view", b);
    copy = vec("copy", c);

    memset(&bl, 0, sizeof(bl));
    bl.type = WZP_BLOCK_VIEW;
    bl.u.view.stream_id = 0xbeef;
    bl.u.view.loss = 128;
    bl.u.view.burst_16 = 32;
    is_i64(wzp_block_write(&bl, buf, sizeof(buf), &len), WZP_OK, "a view");
    is_vec("view", "as written down");
    is_u64(len, WZP_BLOCK_VIEW_SIZE, "of the size that is known");

    bl.type = WZP_BLOCK_COPY;
    bl.u.copy.back = 2;
    bl.u.copy.ago_10ms = 4;
    bl.u.copy.packet.data = (const uint8_t *) "\x48\xaa\xbb";
    bl.u.copy.packet.len = 3;
    is_i64(wzp_block_write(&bl, buf, sizeof(buf), &len), WZP_OK, "a copy");
    is_vec("copy", "as written down");
    is_i64(wzp_block_write(&bl, buf, len - 1, &len), WZP_ENOSPC,
           "not into less");

    bl.u.copy.back = 0;
    is_i64(wzp_block_write(&bl, buf, sizeof(buf), &len), WZP_EBAD,
           "a packet is no copy of itself");
    bl.u.copy.back = WZP_BLOCK_BACK_MAX + 1;
    is_i64(wzp_block_write(&bl, buf, sizeof(buf), &len), WZP_EBAD,
           "nor of one too far back");

    is_i64(wzp_opus_ext_wrap(packet.data, packet.len, &view, buf, sizeof(buf),
                             &len), WZP_OK, "wrap");
    is_vec("packet_view", "as written down");
    is_i64(wzp_opus_ext_parse(buf, len, &list), WZP_OK, "and back");
    ok(list.len == view.len && memcmp(list.data, view.data, view.len) == 0,
       "it is the view");

    p = vec("packet_dred", a);
    is_i64(wzp_opus_ext_wrap(p.data, p.len, &view, buf, sizeof(buf), &len),
           WZP_OK, "what was in the padding");
    is_vec("packet_dred_view", "follows");
    is_i64(wzp_opus_ext_parse(p.data, p.len, &list), WZP_EAGAIN,
           "another extension is not ours");

    p = vec("packet_two", a);
    is_i64(wzp_opus_ext_wrap(p.data, p.len, &copy, buf, sizeof(buf), &len),
           WZP_OK, "two frames");
    is_vec("packet_two_copy", "as written down");
    is_i64(wzp_opus_ext_strip(buf, len, b, sizeof(b), &len), WZP_OK, "strip");
    ok(len == 8 && memcmp(b, "\x4b\x82\x02\x01\x02\x03\x04\x05", 8) == 0,
       "code 3 without padding");

    p = vec("packet_dred_view", a);
    is_i64(wzp_opus_ext_strip(p.data, p.len, buf, sizeof(buf), &len), WZP_OK,
           "strip one frame");
    is_vec("packet", "code 0");
}


static void
test_list(void)
{
    size_t           n;
    uint8_t          a[256];
    unsigned         found;
    wzp_bytes_t      in;
    wzp_block_t  bl;

    /* An unknown type with arguments, a copy, a longer view. */

    n = vec_get("opus_ext", "copy", a + 5, 100);
    memcpy(a, "\xff\x03\x01\x02\x03", 5);
    memcpy(a + 5 + n, "\x40\x05\xbe\xef\x80\x20\x77", 7);
    n += 12;

    in.data = a;
    in.len = n;
    is_i64(wzp_block_next(&in, &bl), WZP_OK, "what is unknown is skipped");
    ok(bl.type == WZP_BLOCK_COPY && bl.u.copy.back == 2
       && bl.u.copy.ago_10ms == 4 && bl.u.copy.packet.len == 3
       && bl.u.copy.packet.data[0] == 0x48, "a copy");
    is_i64(wzp_block_next(&in, &bl), WZP_OK, "next");
    ok(bl.type == WZP_BLOCK_VIEW && bl.u.view.stream_id == 0xbeef
       && bl.u.view.loss == 0x80 && bl.u.view.burst_16 == 0x20, "a view");
    is_i64(wzp_block_next(&in, &bl), WZP_EAGAIN, "and no more");

    for (found = 0, in.len = n; in.len-- > 0; ) {
        wzp_bytes_t  cut = in;

        cut.data = a;

        while (wzp_block_next(&cut, &bl) == WZP_OK) {
            found++;
        }
    }

    is_u64(found, 7, "cut anywhere: the whole blocks before the cut");
}


static void
test_bad(void)
{
    size_t    i, n;
    uint8_t   a[256];
    unsigned  good;

    static const char *const  bad[] = {
        "\x4b", "\x4b\x00", "\x4b\x41", "\x4b\x41\xff", "\x4b\x41\x05\x01",
        "\x4b\x07", "\x4b\x31", "\x4a", "\x4a\x05\x01", "\x4a\xfc",
        "\x49\x01\x02\x03", "\x4b\x82\x05\x01", "\x4b\xc2",
    };

    for (i = 0; i < WZP_ARRAY_LEN(bad); i++) {
        n = strlen(bad[i]) + (i == 1);
        memcpy(a, bad[i], n);

        is_i64(wzp_opus_ext_parse(a, n, &list),
               opus_packet_get_nb_samples(a, (int) n, 48000) < 0
               || opus_packet_parse(a, (int) n, NULL, NULL, (opus_int16[48])
                                    { 0 }, NULL) < 0
               ? WZP_EBAD : WZP_EAGAIN, "as libopus sees it, %zu", i);
    }

    is_i64(wzp_opus_ext_parse(a, 0, &list), WZP_EBAD, "nothing is no packet");

    n = vec_get("opus_ext", "packet_dred_view", a, sizeof(a));

    for (good = 0, i = 0; i < n; i++) {
        good += wzp_opus_ext_parse(a, i, &list) == WZP_OK;
    }

    is_u64(good, 0, "cut anywhere it is nothing");
}


/* Something that is not too easy for the codec. */

static void
sound(int16_t *pcm, size_t at)
{
    size_t  i;

    for (i = 0; i < FRAME; i++, at++) {
        pcm[i] = (int16_t) (6000 * sin((double) at * 0.02)
                            * (1 + sin((double) at * 0.0003))
                            + 1500 * sin((double) at * 0.11)
                            + (double) (at * 1103515245u >> 16 & 0x1ff));
    }
}


typedef struct {
    OpusDecoder      *de;
    OpusDREDDecoder  *dd;
    OpusDRED         *dred;
} ear_t;


static ear_t
ear(void)
{
    int    error;
    ear_t  er;

    er.de = opus_decoder_create(48000, 1, &error);
    er.dd = opus_dred_decoder_create(&error);
    er.dred = opus_dred_alloc(&error);

    return er;
}


/* Do both decoders make the same of two packets? */

static bool
same(const ear_t er[2], const uint8_t *a, size_t na, const uint8_t *b,
    size_t nb, size_t count)
{
    int      got[2];
    int16_t  out[2][2 * FRAME];

    got[0] = opus_decode(er[0].de, a, (int) na, out[0], 2 * FRAME, 0);
    got[1] = opus_decode(er[1].de, b, (int) nb, out[1], 2 * FRAME, 0);

    return got[0] == (int) count && got[1] == (int) count
           && memcmp(out[0], out[1], 2 * count) == 0;
}


static void
test_opus(int bps, int dred, int ms, const char *what)
{
    int              error, end, reach[2];
    ear_t            er[2];
    size_t           i, n, k, count;
    int16_t          pcm[2 * FRAME], out[2][2 * FRAME];
    uint8_t          plain[1500], earlier[1500];
    unsigned         fine, sounds, samples, reaches, with, bare;
    OpusEncoder     *en;
    wzp_block_t  bl;

    en = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
    opus_encoder_ctl(en, OPUS_SET_BITRATE(bps));
    opus_encoder_ctl(en, OPUS_SET_DRED_DURATION(dred));
    opus_encoder_ctl(en, OPUS_SET_PACKET_LOSS_PERC(30));

    er[0] = ear();
    er[1] = ear();
    fine = sounds = samples = reaches = with = bare = 0;
    count = (size_t) ms * 48;
    n = 0;

    for (i = 0; i < 60; i++) {
        sound(pcm, i * count);
        sound(pcm + FRAME, i * count + FRAME);

        memcpy(earlier, plain, n);
        list.data = buf + 2000;
        list.len = 0;

        if (i > 0) {
            memset(&bl, 0, sizeof(bl));
            bl.type = WZP_BLOCK_COPY;
            bl.u.copy.back = 1;
            bl.u.copy.ago_10ms = 2;
            bl.u.copy.packet.data = earlier;
            bl.u.copy.packet.len = n;
            fine += wzp_block_write(&bl, buf + 2000, 2000, &list.len)
                    == WZP_OK;
        }

        n = (size_t) opus_encode(en, pcm, (int) count, plain, 1275);
        fine += wzp_opus_ext_wrap(plain, n, &list, buf, 2000, &len) == WZP_OK;

        sounds += same(er, plain, n, buf, len, count);

        samples += opus_packet_get_nb_samples(buf, (int) len, 48000)
                   == (int) count;

        reach[0] = opus_dred_parse(er[0].dd, er[0].dred, plain, (int) n,
                                   48000, 48000, &end, 0);
        reach[1] = opus_dred_parse(er[1].dd, er[1].dred, buf, (int) len,
                                   48000, 48000, &end, 0);
        reaches += reach[0] == reach[1];
        with += reach[0] > 0;

        if (reach[0] > 960) {
            opus_decoder_dred_decode(er[0].de, er[0].dred, 960, out[0], 960);
            opus_decoder_dred_decode(er[1].de, er[1].dred, 960, out[1], 960);
            reaches -= memcmp(out[0], out[1], 1920) != 0;
        }

        fine += wzp_opus_ext_strip(buf, len, earlier, sizeof(earlier), &k)
                == WZP_OK;
        bare += same(er, plain, n, earlier, k, count);
    }

    is_u64(fine, 179, "%s: wrapped and stripped", what);
    is_u64(sounds, 60, "the same sound, bit by bit");
    is_u64(samples, 60, "of the same duration");
    is_u64(reaches, 60, "the same DRED");
    is_u64(bare, 60, "the same sound without any padding");
    ok(dred == 0 ? with == 0 : with > 20, "DRED in %u packets", with);

    for (i = 0; i < 2; i++) {
        opus_decoder_destroy(er[i].de);
        opus_dred_decoder_destroy(er[i].dd);
        opus_dred_free(er[i].dred);
    }

    opus_encoder_destroy(en);
}


int
main(void)
{
    test_golden();
    test_list();
    test_bad();
    test_opus(24000, 0, 20, "24k");
    test_opus(24000, 20, 20, "24k with DRED");
    test_opus(64000, 10, 20, "64k with DRED");
    test_opus(20000, 104, 40, "20k with DRED, 40 ms");
    test_opus(64000, 0, 40, "two frames in one packet");

    return done_testing();
}
