/*
 * A call in virtual time.  See rehearsal.h.
 */

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "rehearsal.h"
#include "say.h"


#define CL_RH_START         (1 * WZP_SEC)       /* any time will do          */
#define CL_RH_REST          (1 * WZP_SEC)       /* after the last packet     */
#define CL_RH_TICK          (10 * WZP_MS)
#define CL_RH_STALLS        (2 * WZP_SEC)
#define CL_RH_MARKS         64          /* that are looked at                */


typedef struct {
    uint16_t  len;
    uint8_t   data[WZP_PACKET_MAX];
} cl_rh_packet_t;


struct cl_rehearsal_s {
    wzp_codec_t      codec;
    uint64_t         frame_ns;
    size_t           n;
    uint64_t         samples;
    uint64_t         cpu_ns;
    cl_rh_packet_t   packets[];
};


/* One run. */
typedef struct {
    const cl_rehearsal_t   *rh;
    cl_rehearsal_result_t  *rs;
    cl_tone_t               tone;
    uint64_t               *due;        /* when each packet comes; 0: never  */
    uint32_t                seed;
    bool                    bad;        /* a burst of loss                   */
    double                  delays[CL_RH_MARKS];
} cl_rh_run_t;


uint64_t
cl_rehearsal_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
}


void
cl_rehearsal_catch(void)
{
    sigset_t  set;

    (void) sigemptyset(&set);
    (void) sigaddset(&set, SIGINT);
    (void) sigaddset(&set, SIGTERM);
    (void) sigaddset(&set, SIGHUP);
    (void) sigprocmask(SIG_BLOCK, &set, NULL);
}


static bool
cl_rehearsal_encode(cl_rehearsal_t *rh, cl_source_t *src, cl_encoder_t *en)
{
    size_t         i, n, len, size;
    int16_t        pcm[CL_FRAME_MAX];
    uint8_t        data[WZP_PAYLOAD_SAFE];
    uint64_t       start;
    wzp_packet_t   pk;

    memset(&pk, 0, sizeof(wzp_packet_t));
    pk.codec = rh->codec;
    pk.stream_id = 1;
    n = (size_t) (rh->frame_ns / WZP_MS) * (CL_RATE_HZ / 1000);

    for (i = 0; i < rh->n; i++) {
        (void) cl_source_read(src, pcm, n);

        start = cl_rehearsal_clock();
        len = cl_encoder_frame(en, pcm, n, data, sizeof(data));
        rh->cpu_ns += cl_rehearsal_clock() - start;

        pk.seq = (uint16_t) i;
        pk.timestamp = (uint32_t) (i * (rh->frame_ns / WZP_MS));
        pk.payload.data = data;
        pk.payload.len = len;

        if (len == 0
            || wzp_packet_encode(&pk, rh->packets[i].data, WZP_PACKET_MAX,
                                 &size) != WZP_OK)
        {
            return false;
        }

        rh->packets[i].len = (uint16_t) size;
    }

    rh->samples = rh->n * n;

    return true;
}


cl_rehearsal_t *
cl_rehearsal_create(const wzp_plan_t *plan, double seconds)
{
    bool             good;
    size_t           n;
    uint64_t         frame_ns;
    cl_source_t     *src;
    cl_encoder_t    *en;
    cl_options_t     op;
    cl_rehearsal_t  *rh;

    memset(&op, 0, sizeof(cl_options_t));
    op.tone = true;
    op.tone_s = CL_FOREVER;
    op.tone_marks = true;

    frame_ns = wzp_codec_info((unsigned) plan->codec)->frame_ms * WZP_MS;
    n = (size_t) (seconds * 1e9 / (double) frame_ns);

    if (cl_source_create(&src, &op) != CL_OK) {
        return NULL;
    }

    en = cl_encoder_create();
    rh = calloc(1, sizeof(cl_rehearsal_t) + n * sizeof(cl_rh_packet_t));
    good = en != NULL && rh != NULL;

    if (good) {
        rh->codec = plan->codec;
        rh->frame_ns = frame_ns;
        rh->n = n;

        cl_encoder_plan(en, plan);
        good = cl_rehearsal_encode(rh, src, en);
    }

    cl_source_destroy(src);
    cl_encoder_destroy(en);

    if (!good) {
        free(rh);
        (void) cl_fail(CL_INTERNAL, "nothing can be encoded");
        return NULL;
    }

    return rh;
}


void
cl_rehearsal_destroy(cl_rehearsal_t *rh)
{
    free(rh);
}


uint64_t
cl_rehearsal_cpu(const cl_rehearsal_t *rh)
{
    return rh->cpu_ns;
}


static double
cl_rehearsal_random(cl_rh_run_t *rn)
{
    rn->seed = rn->seed * 1664525u + 1013904223u;

    return (double) (rn->seed >> 8) / (1 << 24);
}


/* Gilbert's line: a good state and a bad one, in which all is lost. */

static bool
cl_rehearsal_lost(cl_rh_run_t *rn, const cl_line_t *line)
{
    double  turn, burst;

    if (line->loss <= 0) {
        return false;
    }

    burst = WZP_MAX(line->burst, 1);
    turn = rn->bad ? 1 / burst : line->loss / (burst * (1 - line->loss));

    if (cl_rehearsal_random(rn) < turn) {
        rn->bad = !rn->bad;
    }

    return rn->bad;
}


/* When does each packet come?  It leaves when its frame was spoken. */

static void
cl_rehearsal_fate(cl_rh_run_t *rn, const cl_line_t *line)
{
    size_t    i;
    uint64_t  at, phase;

    for (i = 0; i < rn->rh->n; i++) {

        if (cl_rehearsal_lost(rn, line)) {
            rn->due[i] = 0;
            rn->rs->lost++;
            continue;
        }

        at = CL_RH_START + (i + 1) * rn->rh->frame_ns
             + (uint64_t) (cl_rehearsal_random(rn) * line->jitter_ms
                           * (double) WZP_MS);

        phase = (at - CL_RH_START) % CL_RH_STALLS;

        if (at - CL_RH_START > CL_RH_STALLS
            && phase < line->stall_ms * WZP_MS)
        {
            at += line->stall_ms * WZP_MS - phase;
        }

        rn->due[i] = at;
    }
}


static void
cl_rehearsal_mark(void *ctx, double at)
{
    double        nth;
    cl_rh_run_t  *rn;

    rn = ctx;
    nth = floor(at / CL_TONE_MARK);

    if (nth >= 1 && rn->rs->marks < CL_RH_MARKS) {
        rn->delays[rn->rs->marks++] = (at - nth * CL_TONE_MARK) * 1000
                                      / CL_RATE_HZ;
    }
}


static int
cl_rehearsal_order(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static bool
cl_rehearsal_sink(void *ctx, const int16_t *pcm)
{
    uint64_t      start;
    cl_rh_run_t  *rn;

    rn = ctx;
    start = cl_rehearsal_clock();

    if (cl_tone_heard(&rn->tone) + CL_TICK_SAMPLES <= rn->rh->samples) {
        cl_tone_put(&rn->tone, pcm, CL_TICK_SAMPLES);
    }

    /* Judging is no part of playing. */

    rn->rs->cpu_ns -= cl_rehearsal_clock() - start;

    return true;
}


static void
cl_rehearsal_listen(cl_rh_run_t *rn, cl_playout_t *po)
{
    size_t    i, first;
    uint64_t  now, end, start;

    first = 0;
    end = CL_RH_START + rn->rh->n * rn->rh->frame_ns + CL_RH_REST;

    cl_playout_start(po, CL_RH_START);

    for (now = CL_RH_START; now < end; now += CL_RH_TICK / 10) {

        /* Packets may overtake each other, but none is far behind. */

        while (first < rn->rh->n && rn->due[first] == 0) {
            first++;
        }

        start = cl_rehearsal_clock();

        for (i = first; i < WZP_MIN(first + 64, rn->rh->n); i++) {

            if (rn->due[i] != 0 && rn->due[i] <= now) {
                cl_playout_put(po, rn->rh->packets[i].data,
                               rn->rh->packets[i].len, rn->due[i]);
                rn->due[i] = 0;
            }
        }

        (void) cl_playout_turn(po, now);

        rn->rs->cpu_ns += cl_rehearsal_clock() - start;
    }
}


cl_exit_t
cl_rehearsal_run(const cl_rehearsal_t *rh, const cl_line_t *line,
    const wzp_jitter_conf_t *delay, cl_rehearsal_result_t *rs)
{
    cl_rh_run_t         rn;
    cl_playout_t       *po;
    const cl_stream_t  *sm;
    cl_playout_conf_t   conf;

    memset(rs, 0, sizeof(cl_rehearsal_result_t));
    memset(&rn, 0, sizeof(cl_rh_run_t));
    memset(&conf, 0, sizeof(cl_playout_conf_t));

    rs->sent = rh->n;

    rn.rh = rh;
    rn.rs = rs;
    rn.seed = line->seed;
    rn.due = calloc(rh->n, sizeof(uint64_t));
    cl_tone_init(&rn.tone, cl_rehearsal_mark, &rn);

    conf.sink = cl_rehearsal_sink;
    conf.ctx = &rn;
    conf.delay = *delay;
    po = cl_playout_create(&conf);

    if (rn.due == NULL || po == NULL) {
        cl_playout_destroy(po);
        free(rn.due);
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_rehearsal_fate(&rn, line);
    cl_rehearsal_listen(&rn, po);

    if (cl_playout_count(po) > 0) {
        sm = cl_playout_stream(po, 0);
        rs->st = sm->st;
        cl_stream_jitter(sm, &rs->jt);
    }

    cl_tone_result(&rn.tone, &rs->tone);

    if (rs->marks > 0) {
        qsort(rn.delays, rs->marks, sizeof(double), cl_rehearsal_order);
        rs->delay_ms = rn.delays[rs->marks / 2];
        rs->delay_max_ms = rn.delays[rs->marks - 1];
    }

    cl_playout_destroy(po);
    free(rn.due);

    return CL_OK;
}
