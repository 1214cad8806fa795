/*
 * Speech over a bad network, in virtual time: the client's own sender and
 * playout, with a network between them that loses, delays and reorders
 * packets, the same way for the same seed.
 *
 *     voice --in FILE.wav --out FILE.wav [--profile NAME] [--budget BPS]
 *           [--mode auto|off|inband|dred|copies] [--loss SHARE] [--burst N]
 *           [--delay MS] [--jitter MS] [--seed N] [--no-dtx]
 *           [--playout MIN:MAX]
 *           [--bitrate BPS] [--copies 2,5] [--dred 10MS] [--hint PCT]
 *
 * --loss and --burst (mean length in packets; 1: each for itself) are what the
 * network does, and what the plan is made for; the last line of options takes
 * the place of what the plan says.  Prints one JSON line.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* The sender's packets go into our network instead of a connection. */

#define wzp_qconn_send  voice_send

#include "../../client/sender.c"
#include "../../client/options_check.h"
#include "../../client/playout.h"
#include "../../client/wav.h"


#define VOICE_QUEUE     4096
#define VOICE_STEP      WZP_MS
#define VOICE_TAIL_MS   1000


typedef struct {
    uint64_t      due_ns;
    wzp_qbuf_t   *qb;
} voice_packet_t;


typedef struct {
    const char        *in;
    const char        *out;
    const char        *profile;
    const char        *copies;
    bool               no_dtx;
    double             loss;
    double             burst;
    double             delay_ms;
    double             jitter_ms;
    long               bitrate;
    long               dred;
    long               hint;
    unsigned           min_ms;
    unsigned           max_ms;
    wzp_plan_input_t   plan;
} voice_args_t;


static voice_args_t    args;
static voice_packet_t  queue[VOICE_QUEUE];
static size_t          queued;
static uint64_t        seed = 1;
static bool            bad;             /* state of the network              */
static uint64_t        lost;
static uint64_t        passed;


/* 0 .. 1; xorshift64*. */

static double
voice_random(void)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (double) ((seed * 2685821657736338717u) >> 11) / 9007199254740992.0;
}


/* Gilbert's model: all is lost while it is bad. */

static bool
voice_loses(void)
{
    if (args.burst <= 1) {
        return voice_random() < args.loss;
    }

    if (bad) {
        bad = voice_random() >= 1 / args.burst;

    } else {
        bad = voice_random() < args.loss / (args.burst * (1 - args.loss));
    }

    return bad;
}


wzp_rc_t
voice_send(wzp_qconn_t *qc, wzp_qbuf_t *qb, uint64_t now_ns)
{
    double  ms;

    (void) qc;

    /* The same for every packet, so that a seed means one network. */

    ms = args.delay_ms + args.jitter_ms * voice_random();

    if (voice_loses()) {
        lost++;
        return WZP_OK;
    }

    if (queued == VOICE_QUEUE) {
        return WZP_ENOSPC;
    }

    wzp_qbuf_ref(qb);
    queue[queued].qb = qb;
    queue[queued].due_ns = now_ns + (uint64_t) (ms * 1e6);
    queued++;

    return WZP_OK;
}


static void
voice_deliver(cl_playout_t *po, uint64_t now_ns)
{
    size_t       i, n;
    wzp_qbuf_t  *qb;

    for (i = 0, n = 0; i < queued; i++) {
        qb = queue[i].qb;

        if (queue[i].due_ns > now_ns) {
            queue[n++] = queue[i];
            continue;
        }

        cl_playout_put(po, qb->data, qb->len, now_ns);
        wzp_qbuf_unref(qb);
        passed++;
    }

    queued = n;
}


static bool
voice_sink(void *ctx, const int16_t *pcm)
{
    return cl_wav_write(ctx, pcm, CL_TICK_SAMPLES);
}


static void
voice_plan(wzp_plan_t *plan)
{
    char        *end;
    const char  *p;

    args.plan.loss = (float) args.loss;
    args.plan.burst = (float) args.burst;

    wzp_plan_choose(plan, &args.plan);

    plan->bitrate_bps = args.bitrate ? (uint32_t) args.bitrate
                                     : plan->bitrate_bps;
    plan->dred_10ms = args.dred >= 0 ? (unsigned) args.dred : plan->dred_10ms;
    plan->loss_pct = args.hint >= 0 ? (unsigned) args.hint : plan->loss_pct;

    if (args.copies != NULL) {
        plan->ncopies = 0;

        for (p = args.copies; *p != '\0'; p = end + (*end == ',')) {
            plan->offset[plan->ncopies++] = (uint8_t) strtoul(p, &end, 10);

            if (end == p || plan->ncopies == WZP_PLAN_COPIES) {
                break;
            }
        }
    }
}


static void
voice_report(const cl_sender_t *tx, cl_playout_t *po, const wzp_plan_t *plan,
    double seconds)
{
    json_t                   *ob;
    const cl_sender_stats_t  *st;

    st = cl_sender_stats(tx);

    ob = json_pack("{s:f, s:s, s:s, s:I, s:b, s:i, s:i, s:I, s:I, s:I, s:I, "
                   "s:I, s:I, s:I, s:I, s:f, s:o}",
                   "seconds", seconds,
                   "mode", wzp_plan_mode_name(args.plan.mode),
                   "codec", wzp_codec_info((unsigned) plan->codec)->name,
                   "bitrate_bps", (json_int_t) plan->bitrate_bps,
                   "inband_fec", (int) plan->inband_fec,
                   "copies", (int) plan->ncopies,
                   "dred_10ms", (int) plan->dred_10ms,
                   "frames", (json_int_t) st->frames,
                   "suppressed", (json_int_t) st->suppressed,
                   "packets", (json_int_t) st->packets,
                   "lost", (json_int_t) lost,
                   "passed", (json_int_t) passed,
                   "repair", (json_int_t) st->repair,
                   "payload", (json_int_t) st->payload,
                   "bytes", (json_int_t) st->bytes,
                   "payload_bps", (double) st->payload * 8 / seconds,
                   "streams", cl_playout_report(po, true));

    if (ob != NULL) {
        (void) json_dumpf(ob, stdout, JSON_COMPACT);
        (void) putchar('\n');
    }

    json_decref(ob);
}


static int
voice_run(const cl_options_t *op)
{
    uint64_t           now, end;
    wzp_plan_t         plan;
    cl_sender_t       *tx;
    cl_playout_t      *po;
    cl_wav_out_t      *out;
    cl_playout_conf_t  conf;

    out = cl_wav_create(args.out);

    if (out == NULL || cl_sender_create(&tx, op, false) != CL_OK) {
        return 1;
    }

    memset(&conf, 0, sizeof(cl_playout_conf_t));
    conf.sink = voice_sink;
    conf.ctx = out;

    if (args.max_ms != 0) {
        conf.delay.start_ms = (uint16_t) args.min_ms;
        conf.delay.min_ms = (uint16_t) args.min_ms;
        conf.delay.max_ms = (uint16_t) args.max_ms;
        conf.delay.hold_ms = WZP_JITTER_HOLD_MS;
    }

    po = cl_playout_create(&conf);

    if (po == NULL) {
        return 1;
    }

    args.plan.profile = op->profile;
    voice_plan(&plan);
    cl_sender_plan(tx, &plan);

    now = WZP_SEC;
    end = UINT64_MAX;
    cl_sender_start(tx, 1, now);
    cl_playout_start(po, now);

    for ( /* void */ ; now < end; now += VOICE_STEP) {
        (void) cl_sender_turn(tx, (wzp_qconn_t *) tx, now);
        voice_deliver(po, now);
        (void) cl_playout_turn(po, now);

        if (end == UINT64_MAX && cl_sender_over(tx)) {
            end = now + VOICE_TAIL_MS * WZP_MS;
        }
    }

    voice_report(tx, po, &plan,
                 (double) (now - WZP_SEC) / 1e9 - VOICE_TAIL_MS / 1000.0);

    cl_sender_destroy(tx);
    cl_playout_destroy(po);

    return cl_wav_finish(out) ? 0 : 1;
}


static bool
voice_arg(int c, const char *value)
{
    switch (c) {

    case 'i':
        args.in = value;
        return true;

    case 'o':
        args.out = value;
        return true;

    case 'p':
        args.profile = value;
        return true;

    case 'b':
        args.plan.budget_bps = (uint32_t) strtoul(value, NULL, 10);
        return true;

    case 'm':
        return wzp_plan_mode_by_name(value, &args.plan.mode);

    case 'l':
        args.loss = atof(value);
        return args.loss >= 0 && args.loss < 1;

    case 'B':
        args.burst = atof(value);
        return true;

    case 'd':
        args.delay_ms = atof(value);
        return true;

    case 'j':
        args.jitter_ms = atof(value);
        return true;

    case 's':
        seed = strtoull(value, NULL, 10) * 0x9e3779b97f4a7c15u + 1;
        return true;

    case 'n':
        args.no_dtx = true;
        return true;

    case 'P':
        return sscanf(value, "%u:%u", &args.min_ms, &args.max_ms) == 2
               && args.min_ms <= args.max_ms
               && args.max_ms <= WZP_JITTER_BOUND_MS;

    case 'r':
        args.bitrate = atol(value);
        return true;

    case 'c':
        args.copies = value;
        return true;

    case 'D':
        args.dred = atol(value);
        return true;

    case 'h':
        args.hint = atol(value);
        return true;

    default:
        return false;
    }
}


int
main(int argc, char **argv)
{
    int           c;
    cl_options_t  op;

    static const struct option  options[] = {
        { "in", required_argument, NULL, 'i' },
        { "out", required_argument, NULL, 'o' },
        { "profile", required_argument, NULL, 'p' },
        { "budget", required_argument, NULL, 'b' },
        { "mode", required_argument, NULL, 'm' },
        { "loss", required_argument, NULL, 'l' },
        { "burst", required_argument, NULL, 'B' },
        { "delay", required_argument, NULL, 'd' },
        { "jitter", required_argument, NULL, 'j' },
        { "seed", required_argument, NULL, 's' },
        { "no-dtx", no_argument, NULL, 'n' },
        { "playout", required_argument, NULL, 'P' },
        { "bitrate", required_argument, NULL, 'r' },
        { "copies", required_argument, NULL, 'c' },
        { "dred", required_argument, NULL, 'D' },
        { "hint", required_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    args.burst = 1;
    args.delay_ms = 20;
    args.dred = -1;
    args.hint = -1;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!voice_arg(c, optarg)) {
            fprintf(stderr, "voice: wrong usage\n");
            return 2;
        }
    }

    if (args.in == NULL || args.out == NULL || optind != argc) {
        fprintf(stderr, "usage: voice --in FILE --out FILE [options]\n");
        return 2;
    }

    cl_options_init(&op);
    op.send_file = args.in;
    op.profile_name = args.profile != NULL ? args.profile : "24k";
    op.no_dtx = args.no_dtx;

    if (cl_options_target(&op, "localhost") != CL_OK
        || cl_options_check(&op) != CL_OK)
    {
        return 2;
    }

    return voice_run(&op);
}
