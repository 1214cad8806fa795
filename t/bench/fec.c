/*
 * RaptorQ: how often a block cannot be decoded, and how fast it can.
 *
 *     fec [--quick] [--out FILE]
 *
 * Failures are those of the decoder itself, without symbols, for sets of K
 * encoding symbols chosen by a fixed seed: the same figures on every machine.
 * For each set that is not enough, each further symbol and each two are tried,
 * so that one set stands for some 60,000 blocks with K + 2.  Speed is beside
 * that of liblcrq, if it is there, in the same run.  FILE gets name=value
 * lines.
 */

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wzp/wzp_raptorq.h"

#if __has_include(<lcrq.h>)
#include <lcrq.h>
#define BR_ORACLE           1
#else
#define BR_ORACLE           0
#endif


#define BR_MORE             3           /* K, K + 1, K + 2 symbols           */
#define BR_ALL              (1u << 24)  /* every ESI there is                */
#define BR_WIRE             256u        /* every one that a header can name  */
#define BR_LIST             BR_WIRE     /* those tried for one set           */
#define BR_95               1.645       /* one-sided                         */
#define BR_SPEED_NS         (200 * WZP_MS)


typedef struct {
    unsigned  k;
    uint32_t  esis;                     /* how many there are to choose from */
    uint32_t  sets;                     /* of K, chosen                      */
} br_row_t;


/* Chances of failure with K, K + 1, K + 2 symbols, over all sets. */
typedef struct {
    double    sum[BR_MORE];
    double    squares[BR_MORE];
} br_chance_t;


typedef struct {
    unsigned  k;
    unsigned  repairs;
    uint16_t  t;
} br_speed_t;


static uint64_t        br_seed = 0x6330;
static unsigned        br_div = 1;
static FILE           *br_out;
static volatile uint8_t  br_sink;


/* The profiles' K; and what else costs little. */
static const br_row_t  br_rows[] = {
    { 5, BR_WIRE, 1000000 },
    { 8, BR_WIRE, 2000000 },
    { 10, BR_WIRE, 1000000 },
    { 26, BR_WIRE, 100000 },
    { 101, BR_WIRE, 10000 },
    { 10, BR_ALL, 1000000 },
    { 26, BR_ALL, 100000 },
    { 101, BR_ALL, 10000 },
};


/* What the profiles send: all choices are tried. */
static const br_row_t  br_profiles[] = {
    { 5, 8, 0 },
    { 8, 16, 0 },
    { 10, 15, 0 },
};


static const br_speed_t  br_speeds[] = {
    { 5, 3, 8 },
    { 8, 8, 256 },
    { 10, 5, 256 },
    { 26, 13, 256 },
    { 64, 32, 1024 },
    { 170, 85, 1400 },
};


static uint64_t
br_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
}


static uint32_t
br_any(uint32_t n)
{
    br_seed ^= br_seed << 13;
    br_seed ^= br_seed >> 7;
    br_seed ^= br_seed << 17;

    return (uint32_t) ((br_seed >> 32) * n >> 32);
}


static void *
br_alloc(size_t size)
{
    void  *p;

    p = calloc(1, size);

    if (p == NULL) {
        fprintf(stderr, "fec: no memory\n");
        exit(2);
    }

    return p;
}


static void
br_value(const char *name, unsigned k, unsigned more, double v)
{
    if (br_out != NULL) {
        fprintf(br_out, "%s_%u_%u=%.2e\n", name, k, more, v);
    }
}


/* ---- failures ---- */

/* Try each further symbol, and each two.  The first k of the list have brought
 * the block to a rank below k. */

static void
br_further(const wzp_raptorq_block_t *bk, size_t size, unsigned k,
    const uint32_t *list, double chance[BR_MORE])
{
    double                one, two, n;
    unsigned              i, j;
    wzp_raptorq_block_t  *more, *most;

    more = br_alloc(size);
    most = br_alloc(size);

    one = 0;
    two = 0;
    n = BR_LIST - k;

    for (i = k; i < BR_LIST; i++) {
        memcpy(more, bk, size);
        (void) wzp_raptorq_block_put(more, list[i], NULL);

        if (wzp_raptorq_block_done(more)) {
            continue;
        }

        one++;

        for (j = k; j < BR_LIST; j++) {
            if (j != i) {
                memcpy(most, more, size);
                (void) wzp_raptorq_block_put(most, list[j], NULL);
                two += !wzp_raptorq_block_done(most);
            }
        }
    }

    chance[0] = 1;
    chance[1] = one / n;
    chance[2] = two / (n * (n - 1));

    free(more);
    free(most);
}


/* The first n of the list anew, in any order. */

static void
br_choose(uint32_t *list, uint32_t esis, unsigned n)
{
    uint32_t  j, x;
    unsigned  i;

    for (i = 0; i < n; i++) {

        if (esis > BR_LIST) {
            list[i] = br_any(esis);
            continue;
        }

        j = i + br_any(BR_LIST - i);
        x = list[j];
        list[j] = list[i];
        list[i] = x;
    }
}


static void
br_set(wzp_raptorq_block_t *bk, const wzp_raptorq_t *rq, const br_row_t *row,
    uint32_t *list, br_chance_t *ch)
{
    double    chance[BR_MORE];
    unsigned  i;

    br_choose(list, row->esis, row->k);
    (void) wzp_raptorq_block_init(bk, rq, 0);

    for (i = 0; i < row->k; i++) {
        (void) wzp_raptorq_block_put(bk, list[i], NULL);
    }

    if (wzp_raptorq_block_done(bk)) {
        return;
    }

    if (row->esis > BR_LIST) {
        br_choose(list + row->k, row->esis, BR_LIST - row->k);
    }

    br_further(bk, wzp_raptorq_block_size(row->k, 0), row->k, list, chance);

    for (i = 0; i < BR_MORE; i++) {
        ch->sum[i] += chance[i];
        ch->squares[i] += chance[i] * chance[i];
    }
}


static void
br_row(const br_row_t *row)
{
    void           *mem, *code;
    double          n, rate, bound;
    uint32_t        i, list[BR_LIST];
    unsigned        more;
    br_chance_t     ch;
    wzp_raptorq_t  *rq;

    memset(&ch, 0, sizeof(ch));
    code = br_alloc(wzp_raptorq_size(row->k));
    mem = br_alloc(wzp_raptorq_block_size(row->k, 0));
    rq = wzp_raptorq_init(code, row->k);

    for (i = 0; i < BR_LIST; i++) {
        list[i] = i;
    }

    for (i = 0; i < row->sets / br_div; i++) {
        br_set(mem, rq, row, list, &ch);
    }

    n = row->sets / br_div;
    printf("%4u %9u %9.0f", row->k, row->esis, n);

    for (more = 0; more < BR_MORE; more++) {
        rate = ch.sum[more] / n;
        bound = rate + BR_95 * sqrt((ch.squares[more] / n - rate * rate) / n);

        printf("   %9.2e %9.2e", rate, bound);
        br_value(row->esis == BR_WIRE ? "wire" : "all", row->k, more, bound);
    }

    printf("\n");
    (void) fflush(stdout);

    free(mem);
    free(code);
}


/* Every choice of so many symbols out of a profile's. */

static void
br_choices(wzp_raptorq_block_t *bk, const wzp_raptorq_t *rq, unsigned esis,
    unsigned n, unsigned *tried, unsigned *failed)
{
    uint32_t  i, set;
    unsigned  j;

    *tried = 0;
    *failed = 0;

    for (set = 0; set < 1u << esis; set++) {

        for (i = set, j = 0; i != 0; i &= i - 1) {
            j++;
        }

        if (j != n) {
            continue;
        }

        (void) wzp_raptorq_block_init(bk, rq, 0);

        for (i = 0; i < esis; i++) {
            if (set >> i & 1) {
                (void) wzp_raptorq_block_put(bk, i, NULL);
            }
        }

        *tried += 1;
        *failed += !wzp_raptorq_block_done(bk);
    }
}


static void
br_profile(const br_row_t *row)
{
    void           *mem, *code;
    unsigned        more, tried, failed;
    wzp_raptorq_t  *rq;

    code = br_alloc(wzp_raptorq_size(row->k));
    mem = br_alloc(wzp_raptorq_block_size(row->k, 0));
    rq = wzp_raptorq_init(code, row->k);

    printf("%4u %9u", row->k, row->esis - row->k);

    for (more = 0; more < BR_MORE; more++) {
        br_choices(mem, rq, row->esis, row->k + more, &tried, &failed);
        printf("  %5u of %5u", failed, tried);
    }

    printf("\n");

    free(mem);
    free(code);
}


/* ---- speed ---- */

/* A source block, what is received of it, and where it is decoded to. */
typedef struct {
    const br_speed_t  *sp;
    void              *code;
    wzp_raptorq_t     *rq;
    void              *mem;
    uint8_t           *source;
    uint8_t           *repair;
    uint8_t           *got;             /* k symbols                         */
    uint32_t          *esis;
    uint8_t           *out;
} br_work_t;


static void
br_setup(br_work_t *w)
{
    w->rq = wzp_raptorq_init(w->code, w->sp->k);
}


static void
br_encode(br_work_t *w)
{
    unsigned  i;

    for (i = 0; i < w->sp->repairs; i++) {
        wzp_raptorq_encode(w->rq, w->source, w->sp->t, w->sp->k + i,
                           w->repair + (size_t) i * w->sp->t);
    }
}


static void
br_decode(br_work_t *w)
{
    unsigned              i;
    const uint8_t        *p;
    wzp_raptorq_block_t  *bk;

    bk = wzp_raptorq_block_init(w->mem, w->rq, w->sp->t);

    for (i = 0; i < w->sp->k + 1; i++) {
        (void) wzp_raptorq_block_put(bk, w->esis[i],
                                     w->got + (size_t) i * w->sp->t);
    }

    p = wzp_raptorq_block_symbol(bk, 0);

    if (p == NULL || memcmp(p, w->source, w->sp->t) != 0) {
        fprintf(stderr, "fec: a block was not decoded\n");
        exit(2);
    }
}


#if BR_ORACLE

static void
br_encode_oracle(br_work_t *w)
{
    rq_t      *lc;
    size_t     size;
    rq_pid_t   pid;
    unsigned   i;

    size = (size_t) w->sp->k * w->sp->t;
    lc = rq_init(size, w->sp->t);

    if (lc == NULL || rq_encode(lc, w->source, size) != 0) {
        exit(2);
    }

    for (i = 0; i < w->sp->repairs; i++) {
        pid = htonl(w->sp->k + i) >> 8;
        (void) rq_symbol(lc, &pid, w->repair + (size_t) i * w->sp->t, 0);
    }

    rq_free(lc);
}


static void
br_decode_oracle(br_work_t *w)
{
    rq_t  *lc;

    lc = rq_init((size_t) w->sp->k * w->sp->t, w->sp->t);

    if (lc == NULL) {
        exit(2);
    }

    (void) rq_decode(lc, w->out, w->got, w->esis, w->sp->k + 1);
    rq_free(lc);
    br_sink ^= w->out[0];
}

#endif


/* Microseconds of CPU of one call. */

static double
br_time(void (*call)(br_work_t *w), br_work_t *w)
{
    uint64_t  n, from, ns;

    call(w);
    from = br_now();
    n = 0;

    do {
        call(w);
        n++;
        ns = br_now() - from;
    } while (ns < BR_SPEED_NS / br_div);

    return (double) ns / (double) n / 1000;
}


static void
br_speed(const br_speed_t *sp)
{
    double     us[5];
    size_t     i, t;
    unsigned   lost;
    br_work_t  w;

    t = sp->t;
    w.sp = sp;
    w.code = br_alloc(wzp_raptorq_size(sp->k));
    w.mem = br_alloc(wzp_raptorq_block_size(sp->k, t));
    w.source = br_alloc(sp->k * t);
    w.repair = br_alloc(sp->repairs * t);
    w.got = br_alloc((sp->k + 1) * t);
    w.out = br_alloc(sp->k * t);
    w.esis = br_alloc((sp->k + 1) * sizeof(uint32_t));

    for (i = 0; i < sp->k * t; i++) {
        w.source[i] = (uint8_t) br_any(256);
    }

    memset(us, 0, sizeof(us));
    us[0] = br_time(br_setup, &w);
    us[1] = br_time(br_encode, &w);

    /* The first ones are lost, as many as can be with one to spare. */

    lost = sp->repairs - 1;

    for (i = 0; i < sp->k + 1; i++) {
        w.esis[i] = lost + (uint32_t) i;
        wzp_raptorq_encode(w.rq, w.source, t, w.esis[i], w.got + i * t);
    }

    us[2] = br_time(br_decode, &w);

#if BR_ORACLE
    us[3] = br_time(br_encode_oracle, &w);
    us[4] = br_time(br_decode_oracle, &w);
#endif

    printf("%4u %4u %5u %9.1f %9.2f %9.2f %8.0f %8.0f", sp->k, sp->repairs,
           sp->t, us[0], us[1], us[2],
           (double) (sp->k * t) / us[1], (double) (sp->k * t) / us[2]);

    if (BR_ORACLE) {
        printf(" %9.1f %9.1f %7.3f %7.3f", us[3], us[4], us[1] / us[3],
               us[2] / us[4]);
        br_value("encode_ratio", sp->k, sp->repairs, us[1] / us[3]);
        br_value("decode_ratio", sp->k, sp->repairs, us[2] / us[4]);
    }

    printf("\n");
    (void) fflush(stdout);

    free(w.code);
    free(w.mem);
    free(w.source);
    free(w.repair);
    free(w.got);
    free(w.out);
    free(w.esis);
}


static void
br_options(int argc, char **argv)
{
    int  c;

    static const struct option  longs[] = {
        { "quick", no_argument,       NULL, 'q' },
        { "out",   required_argument, NULL, 'o' },
        { NULL,    0,                 NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {

        if (c == 'q') {
            br_div = 10;

        } else if (c == 'o') {
            br_out = fopen(optarg, "w");

            if (br_out == NULL) {
                perror(optarg);
                exit(2);
            }

        } else {
            exit(2);
        }
    }
}


int
main(int argc, char **argv)
{
    size_t  i;

    br_options(argc, argv);

    printf("RaptorQ: blocks that cannot be decoded, and bounds at 95 %%\n");
    printf("%4s %9s %9s   %9s %9s   %9s %9s   %9s %9s\n", "K", "out of",
           "sets", "K", "bound", "K+1", "bound", "K+2", "bound");

    for (i = 0; i < WZP_ARRAY_LEN(br_rows); i++) {
        br_row(&br_rows[i]);
    }

    printf("\nWhat profiles send, every choice of K, K + 1, K + 2 packets\n");
    printf("%4s %9s  %14s  %14s  %14s\n", "K", "repairs", "K", "K+1", "K+2");

    for (i = 0; i < WZP_ARRAY_LEN(br_profiles); i++) {
        br_profile(&br_profiles[i]);
    }

    printf("\nMicroseconds for one block, MB/s of source%s\n",
           BR_ORACLE ? ", and ours over liblcrq's" : "");
    printf("%4s %4s %5s %9s %9s %9s %8s %8s%s\n", "K", "R", "T", "set up",
           "encode", "decode", "enc MB/s", "dec MB/s",
           BR_ORACLE ? "    enc lc    dec lc  enc/lc  dec/lc" : "");

    for (i = 0; i < WZP_ARRAY_LEN(br_speeds); i++) {
        br_speed(&br_speeds[i]);
    }

    if (br_out != NULL && fclose(br_out) != 0) {
        return 2;
    }

    return 0;
}
