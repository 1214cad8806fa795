/*
 * Counting: delays, CPU and memory of the workers, frames, and what is printed
 * of all that.
 */

#include "load.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>


/* ---- distributions ---- */

static unsigned
bl_hist_bin(uint64_t value)
{
    unsigned  shift;

    /* BL_HIST_SUB bins of width 1, then as many per doubling. */

    shift = 0;

    while ((value >> shift) >= 2 * BL_HIST_SUB) {
        shift++;
    }

    return WZP_MIN(shift * BL_HIST_SUB + (unsigned) (value >> shift),
                   (unsigned) BL_HIST_BINS - 1);
}


void
bl_hist_add(bl_hist_t *hs, uint64_t value)
{
    hs->count++;
    hs->max = WZP_MAX(hs->max, value);
    hs->bins[bl_hist_bin(value)]++;
}


uint64_t
bl_hist_at(const bl_hist_t *hs, double part)
{
    unsigned  i, shift;
    uint64_t  n, want;

    want = (uint64_t) (part * (double) hs->count);
    n = 0;

    for (i = 0; i < BL_HIST_BINS; i++) {
        n += hs->bins[i];

        if (n > want) {
            break;
        }
    }

    if (i < 2 * BL_HIST_SUB) {
        return i;
    }

    shift = i / BL_HIST_SUB - 1;

    return (uint64_t) (i - shift * BL_HIST_SUB) << shift;
}


/* ---- processes ---- */

uint64_t
bl_cpu_ns(int pid)
{
    char      path[64];
    FILE     *f;
    uint64_t  ns;

    (void) snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);

    f = fopen(path, "r");
    if (f == NULL) {
        return 0;
    }

    if (fscanf(f, "%" SCNu64, &ns) != 1) {
        ns = 0;
    }

    (void) fclose(f);

    return ns;
}


static uint64_t
bl_rss_kb(int pid)
{
    char      path[64], line[256];
    FILE     *f;
    uint64_t  kb;

    (void) snprintf(path, sizeof(path), "/proc/%d/status", pid);

    f = fopen(path, "r");
    if (f == NULL) {
        return 0;
    }

    kb = 0;

    while (fgets(line, sizeof(line), f) != NULL) {
        if (sscanf(line, "VmRSS: %" SCNu64, &kb) == 1) {
            break;
        }
    }

    (void) fclose(f);

    return kb;
}


/* Datagrams that found a socket of that port full: the last column. */
static uint64_t
bl_udp_drops(uint16_t port)
{
    char           line[512];
    FILE          *f;
    unsigned       p;
    uint64_t       sum, drops;
    unsigned long  addr;

    f = fopen("/proc/net/udp", "r");
    if (f == NULL) {
        return 0;
    }

    sum = 0;

    while (fgets(line, sizeof(line), f) != NULL) {

        if (sscanf(line, "%*u: %lx:%x %*x:%*x %*x %*x:%*x %*x:%*x %*x %*u %*u "
                         "%*u %*u %*s %" SCNu64, &addr, &p, &drops) == 3
            && p == port)
        {
            sum += drops;
        }
    }

    (void) fclose(f);

    return sum;
}


/* ---- sums ---- */

void
bl_sums_take(bl_load_t *bl, bl_sums_t *sm, uint64_t now_ns)
{
    unsigned      i;
    wzp_qstats_t  st;

    *sm = bl->run;

    for (i = 0; i < bl->nmembers; i++) {

        if (bl->members[i].qc != NULL) {
            wzp_qconn_stats(bl->members[i].qc, &st);
            sm->packets_out += st.packets_out;
            sm->bare_out += st.packets_out_bare;
        }
    }

    for (i = 0; i < bl->op.npids; i++) {
        sm->cpu_ns[i] = bl_cpu_ns(bl->op.pids[i]);
        sm->rss_kb += bl_rss_kb(bl->op.pids[i]);
    }

    sm->self_ns = bl_cpu_ns(getpid());
    sm->socket_drops = bl_net_drops(bl->net);
    sm->relay_drops = bl_udp_drops(ntohs(bl->op.relay.u.in.sin_port));
    sm->at_ns = now_ns;
}


void
bl_sums_diff(bl_sums_t *out, const bl_sums_t *after, const bl_sums_t *before)
{
    unsigned  i;

    out->packets_in = after->packets_in - before->packets_in;
    out->bare_in = after->bare_in - before->bare_in;
    out->bytes_in = after->bytes_in - before->bytes_in;
    out->packets_out = after->packets_out - before->packets_out;
    out->bare_out = after->bare_out - before->bare_out;
    out->frames_in = after->frames_in - before->frames_in;
    out->frames_out = after->frames_out - before->frames_out;
    out->socket_drops = after->socket_drops - before->socket_drops;
    out->relay_drops = after->relay_drops - before->relay_drops;
    out->self_ns = after->self_ns - before->self_ns;
    out->at_ns = after->at_ns - before->at_ns;
    out->rss_kb = after->rss_kb;

    for (i = 0; i < BL_PIDS; i++) {
        out->cpu_ns[i] = after->cpu_ns[i] - before->cpu_ns[i];
    }
}


/* ---- frames ---- */

static uint64_t
bl_member_delivered(const bl_load_t *bl, const bl_member_t *bm,
    const bl_member_t *from)
{
    uint32_t         i, n;
    uint64_t         count;
    const uint64_t  *seen;

    seen = &bm->seen[from->talker * bl->words];
    n = WZP_MIN(from->until - from->from, bl->words * 64);
    count = 0;

    for (i = 0; i < n; i++) {
        count += (seen[i / 64] >> (i % 64)) & 1;
    }

    return count;
}


void
bl_account(const bl_load_t *bl, uint64_t *expected, uint64_t *delivered)
{
    unsigned            i, k;
    const bl_member_t  *bm, *from;

    *expected = 0;
    *delivered = 0;

    for (i = 0; i < bl->ntalkers; i++) {
        from = bl->talkers[i];

        for (k = 0; k < bl->op.members; k++) {
            bm = &bl->members[from->room * bl->op.members + k];

            if (bm != from) {
                *expected += from->until - from->from;
                *delivered += bl_member_delivered(bl, bm, from);
            }
        }
    }
}


/* ---- reports ---- */

static double
bl_ratio(double a, double b)
{
    return (b != 0) ? a / b : 0;
}


static uint64_t
bl_cpu_sum(const bl_sums_t *sm)
{
    unsigned  i;
    uint64_t  ns;

    for (i = 0, ns = 0; i < BL_PIDS; i++) {
        ns += sm->cpu_ns[i];
    }

    return ns;
}


void
bl_report_join(const bl_load_t *bl, const bl_sums_t *before,
    const bl_sums_t *after)
{
    bl_sums_t  d;

    bl_sums_diff(&d, after, before);

    printf("members=%u\n", bl->nmembers);
    printf("joined=%u\n", bl->joined);
    printf("join_s=%.2f\n", (double) d.at_ns / 1e9);
    printf("join_us=%.1f\n", bl_ratio((double) bl_cpu_sum(&d) / 1e3,
                                      bl->nmembers));
    printf("rss_kb=%" PRIu64 "\n", after->rss_kb);
    printf("rss_member_kb=%.1f\n",
           bl_ratio((double) after->rss_kb - (double) before->rss_kb,
                    bl->nmembers));
}


static void
bl_report_workers(const bl_load_t *bl, const bl_sums_t *sm)
{
    unsigned  i, n[BL_STEERS];
    uint64_t  busiest;

    busiest = 0;
    memset(n, 0, sizeof(n));

    for (i = 0; i < bl->op.npids; i++) {
        busiest = WZP_MAX(busiest, sm->cpu_ns[i]);
    }

    for (i = 0; i < bl->nmembers; i++) {
        if (bl->members[i].steer < BL_STEERS) {
            n[bl->members[i].steer]++;
        }
    }

    printf("busiest_pct=%.2f\n",
           100 * bl_ratio((double) busiest, (double) sm->at_ns));
    printf("busiest_frame_us=%.3f\n",
           bl_ratio((double) busiest / 1e3, (double) sm->frames_in));
    printf("split=%u", n[0]);

    for (i = 1; i < WZP_MIN(bl->op.npids, (unsigned) BL_STEERS); i++) {
        printf("/%u", n[i]);
    }

    printf("\n");
}


void
bl_report_run(const bl_load_t *bl, const bl_sums_t *sm)
{
    double    s;
    uint64_t  cpu, expected, delivered, full;

    s = (double) sm->at_ns / 1e9;
    cpu = bl_cpu_sum(sm);
    full = sm->packets_in - sm->bare_in;

    bl_account(bl, &expected, &delivered);

    printf("seconds=%.2f\n", s);
    printf("expected=%" PRIu64 "\n", expected);
    printf("delivered=%" PRIu64 "\n", delivered);
    printf("delivered_pct=%.4f\n", 100 * bl_ratio((double) delivered,
                                                  (double) expected));
    printf("doubles=%" PRIu64 "\n", bl->doubles);
    printf("strange=%" PRIu64 "\n", bl->strange);
    printf("gone=%u\n", bl->gone);
    printf("stall_ms=%.0f\n", (double) bl->stall_ns / 1e6);
    printf("frames_s=%.0f\n", bl_ratio((double) sm->frames_in, s));
    printf("cpu_pct=%.2f\n", 100 * bl_ratio((double) cpu,
                                            (double) sm->at_ns));
    printf("self_pct=%.2f\n", 100 * bl_ratio((double) sm->self_ns,
                                             (double) sm->at_ns));
    printf("frame_us=%.3f\n", bl_ratio((double) cpu / 1e3,
                                       (double) sm->frames_in));
    printf("out_s=%.0f\n", bl_ratio((double) sm->packets_in, s));
    printf("out_bare_s=%.0f\n", bl_ratio((double) sm->bare_in, s));
    printf("out_bytes=%.1f\n", bl_ratio((double) sm->bytes_in,
                                        (double) sm->packets_in));
    printf("in_s=%.0f\n", bl_ratio((double) sm->packets_out, s));
    printf("in_bare_s=%.0f\n", bl_ratio((double) sm->bare_out, s));
    printf("packed=%.3f\n", bl_ratio((double) sm->frames_in, (double) full));
    printf("out_per_frame=%.4f\n", bl_ratio((double) sm->packets_in,
                                            (double) sm->frames_in));
    printf("socket_drops=%" PRIu64 "\n", sm->socket_drops);
    printf("relay_drops=%" PRIu64 "\n", sm->relay_drops);

    printf("p50_us=%.0f\n", (double) bl_hist_at(&bl->delay, 0.5) / 1e3);
    printf("p99_us=%.0f\n", (double) bl_hist_at(&bl->delay, 0.99) / 1e3);
    printf("p999_us=%.0f\n", (double) bl_hist_at(&bl->delay, 0.999) / 1e3);
    printf("max_us=%.0f\n", (double) bl->delay.max / 1e3);

    bl_report_workers(bl, sm);
}
