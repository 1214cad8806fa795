/*
 * Playing over bad lines, in virtual time: how long frames wait, how many come
 * too late, and whether the delay grows and shrinks as it should.  The lines
 * are seeded.
 */

#include <math.h>

#include "../unit/tap.h"
#include "wzp/wzp_jitter.h"


#define SENT_MAX    6000
#define PERIOD_MS   8                   /* what stretching takes or gives    */


/* When packet i arrives, ms after it was sent; negative: never. */
typedef double (*line_pt)(unsigned i);


typedef struct {
    const char  *name;
    line_pt      line;
    unsigned     n;                     /* packets                           */
    unsigned     dur_ms;
    double       ppm;                   /* sender's clock is so much faster  */
    unsigned     copy;                  /* each frame comes again so many
                                           packets later; 0: no              */
    uint16_t     reach_ms;
    unsigned     silent;                /* each other so many packets: none  */
} scene_t;


typedef struct {
    double    at_ms;
    unsigned  seq;
    bool      copy;
} event_t;


typedef struct {
    double    mean_ms;                  /* waited in the buffer              */
    double    late_pct;
    double    hidden_pct;               /* concealed                         */
    double    target_ms[60];            /* second by second                  */
    double    delay_ms[60];             /* of playing, against the sender    */
    unsigned  seconds;
} result_t;


static wzp_jitter_t  jb;
static uint32_t      seed;
static event_t       events[2 * SENT_MAX];


static double
uniform(void)
{
    seed = seed * 1664525u + 1013904223u;

    return (double) (seed >> 8) / (1 << 24);
}


static double
normal(double sigma)
{
    double  u;

    u = sqrt(-2 * log(1 - uniform()));

    return sigma * u * cos(2 * 3.14159265358979 * uniform());
}


static int
by_time(const void *a, const void *b)
{
    double  d;

    d = ((const event_t *) a)->at_ms - ((const event_t *) b)->at_ms;

    return d < 0 ? -1 : d > 0;
}


static size_t
plan(const scene_t *sc)
{
    double    ms, at[SENT_MAX];
    size_t    n;
    unsigned  i;

    n = 0;

    for (i = 0; i < sc->n; i++) {
        ms = sc->line(i);
        at[i] = ms < 0 ? -1
                       : 1000 + i * sc->dur_ms / (1 + sc->ppm / 1e6) + ms;

        if (at[i] < 0 || (sc->silent && i / sc->silent % 2)) {
            continue;
        }

        events[n].at_ms = at[i];
        events[n].seq = i;
        events[n++].copy = false;

        if (sc->copy && i >= sc->copy) {
            events[n].at_ms = at[i] + 0.01;
            events[n].seq = i - sc->copy;
            events[n++].copy = true;
        }
    }

    qsort(events, n, sizeof(event_t), by_time);

    return n;
}


static void
arrive(const scene_t *sc, const event_t *ev)
{
    uint8_t      data[20];
    wzp_frame_t  fr;

    memset(&fr, 0, sizeof(fr));
    memset(data, 0, sizeof(data));

    fr.seq = (uint16_t) ev->seq;
    fr.timestamp = ev->seq * sc->dur_ms;
    fr.dur_ms = (uint16_t) sc->dur_ms;
    fr.copy = ev->copy;
    fr.reach_ms = sc->reach_ms;
    fr.data = data;
    fr.len = sizeof(data);

    if (sc->silent) {
        fr.seq = (uint16_t) (ev->seq / (2 * sc->silent) * sc->silent
                             + ev->seq % (2 * sc->silent));
    }

    (void) (wzp_jitter_put(&jb, &fr, (uint64_t) (ev->at_ms * 1e6)) != WZP_OK);
}


/* Play for as long as the next frame takes; returns ms. */

static double
take(double now_ms)
{
    double             ms;
    uint64_t           now_ns;
    wzp_jitter_out_t   out;

    now_ns = (uint64_t) (now_ms * 1e6);
    wzp_jitter_get(&jb, &out, now_ns);
    ms = out.dur_ms;

    if (out.excess_us > 0) {
        ms -= PERIOD_MS;
        wzp_jitter_stretched(&jb, -PERIOD_MS * 1000, now_ns);

    } else if (out.excess_us < 0) {
        ms += PERIOD_MS;
        wzp_jitter_stretched(&jb, PERIOD_MS * 1000, now_ns);
    }

    return ms;
}


static void
play(const scene_t *sc, result_t *rs)
{
    double              now, due, end;
    size_t              n, at;
    wzp_jitter_stats_t  *st;

    memset(rs, 0, sizeof(result_t));
    wzp_jitter_init(&jb, NULL);
    seed = 4711;
    n = plan(sc);
    at = 0;
    due = 1000;
    end = 1000 + sc->n * sc->dur_ms;

    for (now = 1000; now < end; now += 10) {

        while (at < n && events[at].at_ms <= now) {
            arrive(sc, &events[at++]);
        }

        while (due < now + 10) {
            due += take(now);
        }

        rs->seconds = (unsigned) ((now - 1000) / 1000);

        if (rs->seconds < 60) {
            rs->target_ms[rs->seconds] = wzp_jitter_target(&jb);
            rs->delay_ms[rs->seconds] = now - 1000
                                        - jb.next_ts / (1 + sc->ppm / 1e6);
        }
    }

    st = &jb.st;
    rs->mean_ms = (double) st->waited_us / (double) st->played / 1000;
    rs->late_pct = (double) st->late * 100 / (double) (st->played + st->late);
    rs->hidden_pct = (double) (st->lost + st->dry) * 100
                     / (double) (st->played + st->lost + st->dry);

    diag("%-22s waits %5.1f ms (max %3.0f), late %.2f %%, concealed %.2f %%, "
         "target %3.0f ms, shortened %u times %u ms, lengthened %u times "
         "%u ms", sc->name, rs->mean_ms, (double) st->waited_max_us / 1000,
         rs->late_pct, rs->hidden_pct,
         (double) wzp_jitter_target(&jb),
         (unsigned) st->shortened, (unsigned) (st->shortened_us / 1000),
         (unsigned) st->lengthened, (unsigned) (st->lengthened_us / 1000));
}


static double
line_plain(unsigned i)
{
    (void) i;
    return 33;
}


static double
line_uniform10(unsigned i)
{
    (void) i;
    return 30 + 10 * uniform();
}


static double
line_normal10(unsigned i)
{
    double  v;

    (void) i;
    v = normal(10);

    return 60 + (v < -50 ? -50 : v);
}


static double
line_normal50(unsigned i)
{
    double  v;

    (void) i;
    v = normal(50);

    return 250 + (v < -250 ? -250 : v);
}

/* A bad phase from 15 s to 25 s. */

static double
line_phase(unsigned i)
{
    return 30 + (i >= 750 && i < 1250 ? 120 : 2) * uniform();
}


/* All that is sent within 150 ms comes together, every 3 s. */

static double
line_stalls(unsigned i)
{
    return 30 + (i % 150 < 8 && i > 8 ? 160 - i % 150 * 20 : 0);
}


static double
line_stall_once(unsigned i)
{
    return 30 + (i >= 500 && i < 515 ? 300 - (i - 500) * 20 : 0);
}


/* One in five is lost, until 30 s. */

static double
line_loss(unsigned i)
{
    return i < 1500 && uniform() < 0.2 ? -1 : 33;
}


static double
line_step(unsigned i)
{
    return i < 1500 ? 33 : 133;
}


static result_t
scene(const char *name, line_pt line, unsigned copy, uint16_t reach_ms)
{
    scene_t   sc;
    result_t  rs;

    memset(&sc, 0, sizeof(scene_t));
    sc.name = name;
    sc.line = line;
    sc.n = 3000;
    sc.dur_ms = 20;
    sc.copy = copy;
    sc.reach_ms = reach_ms;

    play(&sc, &rs);

    return rs;
}


static void
test_jitter(void)
{
    scene_t   sc;
    result_t  rs;

    rs = scene("no jitter", line_plain, 0, 0);
    ok(rs.mean_ms < 30, "no jitter: about a frame, %.1f ms", rs.mean_ms);
    ok(rs.late_pct + rs.hidden_pct < 0.01, "nothing missing");
    ok(jb.st.shortened <= 3, "and next to nothing corrected");

    memset(&sc, 0, sizeof(scene_t));
    sc.name = "no jitter, 40 ms frames";
    sc.line = line_plain;
    sc.n = 1500;
    sc.dur_ms = 40;
    play(&sc, &rs);
    ok(rs.mean_ms < 40, "frames of 40 ms: %.1f ms", rs.mean_ms);

    rs = scene("uniform 0 .. 10 ms", line_uniform10, 0, 0);
    ok(rs.mean_ms < 40, "uniform jitter of 10 ms: %.1f ms", rs.mean_ms);
    ok(rs.late_pct < 0.1, "late: %.2f %%", rs.late_pct);

    rs = scene("normal, sigma 10 ms", line_normal10, 0, 0);
    ok(rs.mean_ms < 40, "normal jitter of sigma 10 ms: %.1f ms", rs.mean_ms);
    ok(rs.late_pct < 1, "late: %.2f %%", rs.late_pct);
    ok(rs.hidden_pct < 1, "concealed: %.2f %%", rs.hidden_pct);

    rs = scene("normal, sigma 50 ms", line_normal50, 0, 0);
    ok(rs.late_pct < 1, "sigma 50 ms: late %.2f %%", rs.late_pct);
    ok(rs.mean_ms < 200, "after %.1f ms", rs.mean_ms);
}


static void
test_changes(void)
{
    result_t  rs;

    rs = scene("120 ms from 15 s to 25 s", line_phase, 0, 0);
    ok(rs.target_ms[20] > 100, "a bad phase: target %.0f ms",
       rs.target_ms[20]);
    ok(rs.late_pct < 1, "late: %.2f %%", rs.late_pct);
    ok(rs.target_ms[42] <= 25 && rs.delay_ms[43] <= rs.delay_ms[10] + 5,
       "17 s after it all is as before: %.0f ms", rs.target_ms[42]);

    rs = scene("100 ms more after 30 s", line_step, 0, 0);
    ok(rs.late_pct + rs.hidden_pct < 0.5, "another way, 100 ms longer");
    ok(rs.target_ms[45] <= 25, "the target comes down: %.0f ms",
       rs.target_ms[45]);
    ok(rs.delay_ms[59] < rs.delay_ms[20] + 105, "no more delay than that");

    rs = scene("160 ms every 3 s", line_stalls, 0, 0);
    ok(rs.hidden_pct < 1, "stalls that come again are played through");

    rs = scene("300 ms once", line_stall_once, 0, 0);
    ok(rs.target_ms[15] < 40, "one stall is not waited for again: %.0f ms",
       rs.target_ms[15]);
    ok(rs.delay_ms[13] <= rs.delay_ms[8] + 5, "its delay is caught up");
}


static void
test_drift(double ppm)
{
    scene_t   sc;
    result_t  rs;

    memset(&sc, 0, sizeof(scene_t));
    sc.name = ppm > 0 ? "sender 100 ppm fast" : "sender 100 ppm slow";
    sc.line = line_uniform10;
    sc.n = 3000;
    sc.dur_ms = 20;
    sc.ppm = ppm;
    play(&sc, &rs);

    ok(rs.delay_ms[59] - rs.delay_ms[5] < 10, "%s: no growing delay, %.1f "
       "and %.1f ms", sc.name, rs.delay_ms[5], rs.delay_ms[59]);
    ok(rs.late_pct + rs.hidden_pct < 0.1, "nothing missing");
    ok(jb.st.shortened + jb.st.lengthened <= 4, "%u corrections in 60 s",
       (unsigned) (jb.st.shortened + jb.st.lengthened));
}


/* What redundancy needs is waited for, as long as it is of use. */

static void
test_redundancy(void)
{
    result_t  plain, rs;

    plain = scene("20 % lost until 30 s", line_loss, 0, 0);
    ok(plain.target_ms[20] < 30, "loss alone is not waited for");

    rs = scene("and copies 2 later", line_loss, 2, 0);
    ok(rs.target_ms[20] >= 40, "copies: target %.0f ms", rs.target_ms[20]);
    ok(rs.hidden_pct < plain.hidden_pct / 3, "of use: %.1f %% instead of "
       "%.1f %%", rs.hidden_pct, plain.hidden_pct);

    rs = scene("and copies 5 later", line_loss, 5, 0);
    ok(rs.target_ms[20] >= 100, "late copies: target %.0f ms",
       rs.target_ms[20]);
    ok(rs.hidden_pct < plain.hidden_pct / 3, "of use: %.1f %%",
       rs.hidden_pct);
    ok(rs.target_ms[45] < 30, "and when nothing is lost any more: %.0f ms",
       rs.target_ms[45]);

    rs = scene("and 60 ms inside packets", line_loss, 0, 60);
    ok(rs.target_ms[20] >= 40 && rs.target_ms[20] < 70,
       "what packets hold of those before: target %.0f ms",
       rs.target_ms[20]);
}


/* Speech and silence of 1 s each, nothing sent in silence. */

static void
test_pauses(void)
{
    scene_t   sc;
    result_t  rs;

    memset(&sc, 0, sizeof(scene_t));
    sc.name = "pauses";
    sc.line = line_uniform10;
    sc.n = 3000;
    sc.dur_ms = 20;
    sc.silent = 50;
    play(&sc, &rs);

    ok(rs.mean_ms < 40, "pauses: %.1f ms", rs.mean_ms);
    is_u64(jb.st.played, 1500, "all is played");
    is_u64(jb.st.late + jb.st.lost, 0, "in time");
}


int
main(void)
{
    test_jitter();
    test_changes();
    test_drift(100);
    test_drift(-100);
    test_redundancy();
    test_pauses();

    return done_testing();
}
