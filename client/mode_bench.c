/*
 * --bench: how fast this machine does what a call asks of it, with the code
 * that a call uses.  PROTOCOL 11.5.
 */

#include <math.h>
#include <stdlib.h>

#include "modes.h"
#include "rehearsal.h"
#include "say.h"
#include "wzp/wzp_hs.h"
#include "wzp/wzp_plan.h"
#include "wzp/wzp_raptorq.h"


#define CL_BENCH_NS         (100 * WZP_MS)      /* processor time, each      */
#define CL_BENCH_VOICE      (2 * CL_RATE_HZ)    /* samples                   */
#define CL_BENCH_SECONDS    10                  /* of pipeline               */
#define CL_BENCH_LEAST      2.0         /* times real time: live is possible */
#define CL_BENCH_BLOCK      (256 * 1200)        /* bytes of source symbols   */


typedef struct {
    const cl_options_t  *op;
    uint32_t             seed;
    double               slowest;       /* times real time                   */
    int16_t              voice[CL_BENCH_VOICE];
} cl_bench_t;


/* A thing to be timed: done so often until the time is over. */
typedef void (*cl_bench_pt)(void *ctx, uint64_t i);


static double
cl_bench_random(cl_bench_t *bn)
{
    bn->seed = bn->seed * 1664525u + 1013904223u;

    return (double) (bn->seed >> 8) / (1 << 24);
}


/* Something like a voice: tones of a wandering pitch, syllables, breath. */

static void
cl_bench_voice(cl_bench_t *bn)
{
    size_t  i, k;
    double  t, phase, v, loud;

    phase = 0;

    for (i = 0; i < CL_BENCH_VOICE; i++) {
        t = (double) i / CL_RATE_HZ;
        phase += 2 * 3.14159265358979323846 * (140 + 30 * sin(5 * t))
                 / CL_RATE_HZ;
        loud = 0.5 - 0.5 * cos(25 * t);
        v = 0;

        for (k = 1; k <= 12; k++) {
            v += sin((double) k * phase) / (double) k;
        }

        v = loud * v * 5000 + 300 * (cl_bench_random(bn) - 0.5);
        bn->voice[i] = (int16_t) lrint(v);
    }
}


/* Microseconds of processor time for one. */

static double
cl_bench_time(cl_bench_pt what, void *ctx)
{
    uint64_t  i, start, took;

    what(ctx, 0);                               /* memory and caches         */

    start = cl_rehearsal_clock();
    i = 0;

    do {
        what(ctx, ++i);
        took = cl_rehearsal_clock() - start;

    } while (took < CL_BENCH_NS);

    return (double) took / 1000 / (double) i;
}


/* ---- codec ---- */

typedef struct {
    const int16_t  *voice;
    wzp_codec_t     codec;
    cl_encoder_t   *en;
    cl_decoder_t   *de;
    size_t          n;                  /* samples of a frame                */
    size_t          frames;
    uint64_t        bytes;              /* of all frames once                */
    size_t          lens[CL_BENCH_VOICE / CL_TICK_SAMPLES];
    uint8_t         data[CL_BENCH_VOICE / CL_TICK_SAMPLES][WZP_PAYLOAD_SAFE];
} cl_bench_codec_t;


static void
cl_bench_encode(void *ctx, uint64_t i)
{
    size_t             at;
    cl_bench_codec_t  *bc;

    bc = ctx;
    at = (size_t) (i % bc->frames);
    bc->lens[at] = cl_encoder_frame(bc->en, bc->voice + at * bc->n, bc->n,
                                    bc->data[at], WZP_PAYLOAD_SAFE);
}


static void
cl_bench_decode(void *ctx, uint64_t i)
{
    size_t             at;
    int16_t            pcm[CL_FRAME_MAX];
    cl_bench_codec_t  *bc;

    bc = ctx;
    at = (size_t) (i % bc->frames);
    (void) cl_decoder_frame(bc->de, bc->codec, bc->data[at], bc->lens[at],
                            pcm);
}


static void
cl_bench_conceal(void *ctx, uint64_t i)
{
    int16_t            pcm[CL_FRAME_MAX];
    cl_bench_codec_t  *bc;

    bc = ctx;
    cl_decoder_conceal(bc->de, pcm, bc->n);
    (void) i;
}


static void
cl_bench_profile(cl_bench_t *bn, cl_bench_codec_t *bc, wzp_profile_id_t id)
{
    double                    us[3], times, bps;
    size_t                    i;
    wzp_plan_t                plan;
    wzp_plan_input_t          in;
    const wzp_codec_info_t   *info;

    memset(&in, 0, sizeof(wzp_plan_input_t));
    in.profile = id;
    in.burst = 1;
    in.loss = (float) (bn->op->loss_pct / 100);
    wzp_plan_choose(&plan, &in);

    info = wzp_codec_info((unsigned) plan.codec);
    bc->codec = plan.codec;
    bc->n = info->frame_ms * (CL_RATE_HZ / 1000u);
    bc->frames = CL_BENCH_VOICE / bc->n;
    cl_encoder_plan(bc->en, &plan);

    for (i = 0; i < bc->frames; i++) {
        cl_bench_encode(bc, i);
    }

    us[0] = cl_bench_time(cl_bench_encode, bc);
    us[1] = cl_bench_time(cl_bench_decode, bc);
    us[2] = cl_bench_time(cl_bench_conceal, bc);

    bc->bytes = 0;

    for (i = 0; i < bc->frames; i++) {
        bc->bytes += bc->lens[i];
    }

    bps = (double) bc->bytes * 8 * CL_RATE_HZ / CL_BENCH_VOICE;
    times = info->frame_ms * 1000 / (us[0] + us[1]);
    bn->slowest = WZP_MIN(bn->slowest, times);

    cl_say("%-12s %6u %7.1f %10.1f %10.1f %11.1f %11.0f", info->name,
           (unsigned) info->frame_ms, bps / 1000, us[0], us[1], us[2], times);
    cl_event("bench", json_pack("{s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f}",
                                "of", "codec", "codec", info->name,
                                "frame_ms", (int) info->frame_ms,
                                "bps", bps, "encode_us", us[0],
                                "decode_us", us[1], "conceal_us", us[2],
                                "realtime", times));
}


static cl_exit_t
cl_bench_codecs(cl_bench_t *bn)
{
    int                i;
    cl_exit_t          rc;
    cl_bench_codec_t  *bc;

    rc = CL_OK;
    bc = calloc(1, sizeof(cl_bench_codec_t));

    if (bc != NULL) {
        bc->voice = bn->voice;
        bc->en = cl_encoder_create();
        bc->de = cl_decoder_create();
    }

    if (bc == NULL || bc->en == NULL || bc->de == NULL) {
        rc = cl_fail(CL_INTERNAL, "no memory");

    } else {
        cl_say("\ncodec        frame    kb/s  encode us  decode us  conceal "
               "us  x realtime");

        for (i = 0; i < (int) WZP_PROFILE_N && !cl_asked(); i++) {
            cl_bench_profile(bn, bc, (wzp_profile_id_t) i);
        }
    }

    if (bc != NULL) {
        cl_encoder_destroy(bc->en);
        cl_decoder_destroy(bc->de);
        free(bc);
    }

    return rc;
}


/* ---- fec ---- */

typedef struct {
    unsigned              k;
    size_t                t;
    void                 *code;
    void                 *mem;
    const wzp_raptorq_t  *rq;
    wzp_raptorq_block_t  *bk;
    const uint8_t        *source;
    uint8_t              *symbols;      /* of 2 k                            */
    bool                  lost[2 * WZP_RAPTORQ_K_MAX];
} cl_bench_fec_t;


static void
cl_bench_rq_init(void *ctx, uint64_t i)
{
    cl_bench_fec_t  *bf;

    bf = ctx;
    bf->rq = wzp_raptorq_init(bf->code, bf->k);
    (void) i;
}


static void
cl_bench_rq_encode(void *ctx, uint64_t i)
{
    uint32_t         esi;
    cl_bench_fec_t  *bf;

    bf = ctx;
    esi = bf->k + (uint32_t) (i % bf->k);
    wzp_raptorq_encode(bf->rq, bf->source, bf->t, esi,
                       bf->symbols + esi * bf->t);
}


/* All that came of k and k more. */

static void
cl_bench_rq_decode(void *ctx, uint64_t i)
{
    uint32_t         esi;
    wzp_rc_t         rc;
    cl_bench_fec_t  *bf;

    bf = ctx;
    bf->bk = wzp_raptorq_block_init(bf->mem, bf->rq, bf->t);

    for (esi = 0; esi < 2 * bf->k && !wzp_raptorq_block_done(bf->bk); esi++) {

        if (!bf->lost[esi]) {
            rc = wzp_raptorq_block_put(bf->bk, esi, bf->symbols
                                                    + esi * bf->t);
            (void) rc;
        }
    }

    (void) i;
}


static void
cl_bench_lose(cl_bench_t *bn, cl_bench_fec_t *bf)
{
    unsigned  i;

    for (i = 0; i < 2 * bf->k; i++) {
        bf->lost[i] = cl_bench_random(bn) * 100 < bn->op->loss_pct;
    }
}


static void
cl_bench_block(cl_bench_t *bn, cl_bench_fec_t *bf)
{
    double    us[3], mbps;
    unsigned  i, good, blocks;

    us[0] = cl_bench_time(cl_bench_rq_init, bf);
    us[1] = cl_bench_time(cl_bench_rq_encode, bf);

    memcpy(bf->symbols, bf->source, bf->k * bf->t);

    for (i = 0; i < bf->k; i++) {
        cl_bench_rq_encode(bf, i);
    }

    cl_bench_lose(bn, bf);
    us[2] = cl_bench_time(cl_bench_rq_decode, bf);

    good = 0;
    blocks = 4096 / bf->k;

    for (i = 0; i < blocks; i++) {
        cl_bench_lose(bn, bf);
        cl_bench_rq_decode(bf, i);
        good += wzp_raptorq_block_done(bf->bk);
    }

    mbps = (double) bf->k * (double) bf->t * 8 / us[2];

    cl_say("%4u %7zu %9.1f %11.2f %10.1f %9.0f %11.1f%%", bf->k, bf->t, us[0],
           us[1], us[2], mbps, good * 100.0 / blocks);
    cl_event("bench", json_pack("{s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:f}",
                                "of", "fec", "k", (int) bf->k,
                                "symbol", (int) bf->t,
                                "init_us", us[0], "encode_us", us[1],
                                "decode_us", us[2], "decode_mbps", mbps,
                                "repaired_pct", good * 100.0 / blocks));
}


static cl_exit_t
cl_bench_fec(cl_bench_t *bn)
{
    size_t           i;
    uint8_t         *source;
    cl_bench_fec_t   bf;

    static const struct {
        unsigned  k;
        size_t    t;
    }  sizes[] = {
        { 5, 8 }, { 8, 6 }, { 8, 256 }, { 10, 256 }, { 64, 1200 },
        { 256, 1200 }
    };

    memset(&bf, 0, sizeof(cl_bench_fec_t));

    source = malloc(CL_BENCH_BLOCK);
    bf.symbols = malloc(2 * CL_BENCH_BLOCK);
    bf.code = malloc(wzp_raptorq_size(WZP_RAPTORQ_K_MAX));
    bf.mem = malloc(wzp_raptorq_block_size(WZP_RAPTORQ_K_MAX, 1200));

    if (source != NULL && bf.symbols != NULL && bf.code != NULL
        && bf.mem != NULL)
    {
        cl_random(NULL, source, CL_BENCH_BLOCK);
        bf.source = source;

        cl_say("\nRaptorQ, %.0f %% of source and as many repair symbols "
               "lost\n   K   bytes   init us  repair us  decode us      "
               "Mb/s     repaired", bn->op->loss_pct);

        for (i = 0; i < WZP_ARRAY_LEN(sizes) && !cl_asked(); i++) {
            bf.k = sizes[i].k;
            bf.t = sizes[i].t;
            cl_bench_block(bn, &bf);
        }
    }

    i = source != NULL && bf.symbols != NULL && bf.code != NULL
        && bf.mem != NULL;

    free(bf.mem);
    free(bf.code);
    free(bf.symbols);
    free(source);

    return i ? CL_OK : cl_fail(CL_INTERNAL, "no memory");
}


/* ---- crypto ---- */

typedef struct {
    wzp_ident_t        id;
    uint8_t            seed[WZP_SEED_SIZE];
    uint8_t            scalar[WZP_KEY_SIZE];
    uint8_t            exporter[WZP_EXPORTER_SIZE];
    uint8_t            msg[64];
    uint8_t            sig[WZP_SIG_SIZE];
    uint8_t            out[WZP_KEY_SIZE];
    wzp_call_offer_t   offer;
    wzp_call_answer_t  answer;
    uint64_t           bad;             /* what must verify and does not     */
} cl_bench_crypto_t;


static void
cl_bench_ident(void *ctx, uint64_t i)
{
    cl_bench_crypto_t  *bc;

    bc = ctx;
    wzp_ident_init(&bc->id, bc->seed);
    (void) i;
}


static void
cl_bench_sign(void *ctx, uint64_t i)
{
    cl_bench_crypto_t  *bc;

    bc = ctx;
    wzp_ident_sign(&bc->id, bc->msg, sizeof(bc->msg), bc->sig);
    (void) i;
}


static void
cl_bench_verify(void *ctx, uint64_t i)
{
    cl_bench_crypto_t  *bc;

    bc = ctx;
    bc->bad += wzp_ident_verify(bc->id.pub, bc->msg, sizeof(bc->msg), bc->sig)
               != WZP_OK;
    (void) i;
}


static void
cl_bench_x25519(void *ctx, uint64_t i)
{
    cl_bench_crypto_t  *bc;

    bc = ctx;
    wzp_x25519_public(bc->out, bc->scalar);
    (void) i;
}


static void
cl_bench_offer(void *ctx, uint64_t i)
{
    cl_bench_crypto_t  *bc;

    bc = ctx;
    memset(&bc->offer, 0, sizeof(wzp_call_offer_t));
    wzp_hs_offer(&bc->offer, &bc->id, bc->scalar, bc->exporter);
    (void) i;
}


static void
cl_bench_check(void *ctx, uint64_t i)
{
    bool                verified;
    cl_bench_crypto_t  *bc;

    bc = ctx;
    bc->bad += wzp_hs_check_answer(&bc->answer, bc->exporter, &verified)
               != WZP_OK || !verified;
    (void) i;
}


static cl_exit_t
cl_bench_crypto(void)
{
    size_t              i;
    double              us;
    cl_bench_crypto_t  *bc;

    static const struct {
        const char   *name;
        const char   *text;
        cl_bench_pt   what;
    }  steps[] = {
        { "identity", "identity from its seed", cl_bench_ident },
        { "sign", "Ed25519 signature", cl_bench_sign },
        { "verify", "Ed25519 verification", cl_bench_verify },
        { "x25519", "X25519 public key", cl_bench_x25519 },
        { "offer", "call offer with binding", cl_bench_offer },
        { "answer", "check of its answer", cl_bench_check },
    };

    bc = calloc(1, sizeof(cl_bench_crypto_t));
    if (bc == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_random(NULL, bc->seed, sizeof(bc->seed));
    cl_random(NULL, bc->scalar, sizeof(bc->scalar));
    wzp_ident_init(&bc->id, bc->seed);
    wzp_hs_answer(&bc->answer, &bc->id, bc->scalar, bc->exporter);

    cl_say("\ncrypto                          us   each second");

    for (i = 0; i < WZP_ARRAY_LEN(steps) && !cl_asked(); i++) {
        us = cl_bench_time(steps[i].what, bc);

        cl_say("%-26s %7.1f %13.0f", steps[i].text, us, 1e6 / us);
        cl_event("bench", json_pack("{s:s, s:s, s:f, s:f}", "of", "crypto",
                                    "what", steps[i].name, "us", us,
                                    "per_second", 1e6 / us));
    }

    i = bc->bad == 0;
    wzp_wipe(bc, sizeof(cl_bench_crypto_t));
    free(bc);

    return i ? CL_OK : cl_fail(CL_INTERNAL, "a good signature was refused");
}


/* ---- pipeline ---- */

static cl_exit_t
cl_bench_pipeline(cl_bench_t *bn)
{
    double                  tx, rx, frames, times;
    cl_exit_t               rc;
    cl_line_t               line;
    wzp_plan_t              plan;
    cl_rehearsal_t         *rh;
    wzp_plan_input_t        in;
    wzp_jitter_conf_t       delay;
    cl_rehearsal_result_t   rs;

    memset(&in, 0, sizeof(wzp_plan_input_t));
    in.profile = bn->op->profile_name != NULL ? bn->op->profile
                                              : WZP_PROFILE_GOOD;
    in.burst = 1;
    in.mode = WZP_PLAN_DRED;
    in.loss = (float) (bn->op->loss_pct / 100);
    wzp_plan_choose(&plan, &in);

    rh = cl_rehearsal_create(&plan, CL_BENCH_SECONDS);
    if (rh == NULL) {
        return CL_INTERNAL;
    }

    memset(&line, 0, sizeof(cl_line_t));
    line.loss = bn->op->loss_pct / 100;
    line.burst = 1;
    line.jitter_ms = 10;
    line.seed = 1;

    memset(&delay, 0, sizeof(wzp_jitter_conf_t));           /* as usual */
    rc = cl_rehearsal_run(rh, &line, &delay, &rs);

    if (rc == CL_OK) {
        frames = (double) rs.sent;
        tx = (double) cl_rehearsal_cpu(rh) / 1000 / frames;
        rx = (double) rs.cpu_ns / 1000 / frames;
        times = CL_BENCH_SECONDS * 1e6 / frames / (tx + rx);
        bn->slowest = WZP_MIN(bn->slowest, times);

        cl_say("\npipeline (%s, %.0f %% lost): sending %.1f us, receiving "
               "%.1f us a frame, %.0f x realtime\n"
               "restored %llu of %llu lost, guessed %llu; heard after %.0f ms",
               wzp_codec_info((unsigned) plan.codec)->name, bn->op->loss_pct,
               tx, rx, times, (unsigned long long) rs.st.concealed_dred,
               (unsigned long long) rs.lost,
               (unsigned long long) rs.st.concealed_plc, rs.delay_ms);
        cl_event("bench", json_pack("{s:s, s:f, s:f, s:f, s:I, s:I, s:I, s:I, "
                                    "s:f}",
                                    "of", "pipeline", "send_us", tx,
                                    "receive_us", rx, "realtime", times,
                                    "sent", (json_int_t) rs.sent,
                                    "lost", (json_int_t) rs.lost,
                                    "restored",
                                    (json_int_t) rs.st.concealed_dred,
                                    "guessed",
                                    (json_int_t) rs.st.concealed_plc,
                                    "delay_ms", rs.delay_ms));
    }

    cl_rehearsal_destroy(rh);

    return rc;
}


/* Does the person want this part, and still does? */

static bool
cl_bench_wants(const cl_bench_t *bn, const char *part)
{
    return !cl_asked()
           && (strcmp(bn->op->bench, part) == 0
               || strcmp(bn->op->bench, "all") == 0);
}


static cl_exit_t
cl_bench_verdict(const cl_bench_t *bn)
{
    bool        judged, slow;
    cl_exit_t   rc;
    const char  *verdict;

    judged = bn->slowest < HUGE_VAL;
    slow = judged && bn->slowest < CL_BENCH_LEAST;
    rc = slow ? CL_VERDICT : CL_OK;
    verdict = slow ? "POOR" : "GOOD";

    if (judged) {
        cl_say("\nverdict: %s: the slowest is %.1f x as fast as it must be",
               verdict, bn->slowest);
    }

    cl_event("verdict", json_pack("{s:s, s:i, s:s, s:f}", "test", "bench",
                                  "exit", (int) rc, "verdict", verdict,
                                  "realtime", judged ? bn->slowest : 0.0));

    return rc;
}


cl_exit_t
cl_mode_bench(const cl_options_t *op)
{
    cl_exit_t    rc;
    cl_bench_t  *bn;

    bn = calloc(1, sizeof(cl_bench_t));
    if (bn == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    bn->op = op;
    bn->seed = 1;
    bn->slowest = HUGE_VAL;
    cl_bench_voice(bn);
    cl_rehearsal_catch();

    rc = CL_OK;

    if (cl_bench_wants(bn, "codec")) {
        rc = cl_bench_codecs(bn);
    }

    if (rc == CL_OK && cl_bench_wants(bn, "fec")) {
        rc = cl_bench_fec(bn);
    }

    if (rc == CL_OK && cl_bench_wants(bn, "crypto")) {
        rc = cl_bench_crypto();
    }

    if (rc == CL_OK && cl_bench_wants(bn, "pipeline")) {
        rc = cl_bench_pipeline(bn);
    }

    if (rc == CL_OK) {
        rc = cl_bench_verdict(bn);
    }

    free(bn);

    return rc;
}
