/*
 * The table of counters in the zone.
 */

#include "core/ngx_wzp_stat.h"


#define NGX_WZP_STAT_SETS       (NGX_WZP_RELAYS + 1)    /* in a row          */


const ngx_wzp_stat_info_t  ngx_wzp_stat_info[] = {
#define NGX_WZP_STAT_X(name, scope, metric, labels, text)                     \
    { NGX_WZP_SCOPE_##scope, metric, labels, text },
#include "core/ngx_wzp_stat_x.h"
#undef NGX_WZP_STAT_X
};


const ngx_wzp_hist_info_t  ngx_wzp_hist_info[] = {
#define NGX_WZP_HIST_X(name, metric, text, ...)                               \
    { metric, text, { __VA_ARGS__ } },
#include "core/ngx_wzp_stat_x.h"
#undef NGX_WZP_HIST_X
};


size_t
ngx_wzp_stat_size(void)
{
    return (NGX_WZP_SLOTS + 1) * NGX_WZP_STAT_SETS * sizeof(ngx_wzp_stat_t);
}


static ngx_wzp_stat_t *
ngx_wzp_stat_row(ngx_wzp_zone_t *zn, ngx_uint_t slot)
{
    return (ngx_wzp_stat_t *) ((u_char *) zn->hdr + zn->hdr->off_stats)
           + slot * NGX_WZP_STAT_SETS;
}


ngx_wzp_stat_t *
ngx_wzp_stat(ngx_wzp_zone_t *zn, ngx_uint_t slot,
    const ngx_wzp_zone_relay_t *re)
{
    return ngx_wzp_stat_row(zn, slot)
           + (re != NULL ? re - zn->hdr->relays : NGX_WZP_RELAYS);
}


/* A row that nobody has written takes no memory: it must not be read. */
static ngx_uint_t
ngx_wzp_stat_written(ngx_wzp_zone_t *zn, ngx_uint_t slot)
{
    return slot == NGX_WZP_STAT_ENDED || zn->hdr->slots[slot].generation != 0;
}


void
ngx_wzp_stat_retire_locked(ngx_wzp_zone_t *zn, ngx_uint_t slot)
{
    ngx_uint_t       i, j;
    ngx_wzp_stat_t  *from, *to;

    from = ngx_wzp_stat_row(zn, slot);
    to = ngx_wzp_stat_row(zn, NGX_WZP_STAT_ENDED);

    for (i = 0; i < NGX_WZP_STAT_SETS; i++) {
        for (j = 0; j < NGX_WZP_STAT_N; j++) {
            if (from[i].n[j] != 0) {
                ngx_wzp_count(&to[i], j, from[i].n[j]);
                from[i].n[j] = 0;
            }
        }
    }
}


void
ngx_wzp_stat_forget_locked(ngx_wzp_zone_t *zn, const ngx_wzp_zone_relay_t *re)
{
    ngx_uint_t  i;

    for (i = 0; i <= NGX_WZP_STAT_ENDED; i++) {
        if (ngx_wzp_stat_written(zn, i)) {
            ngx_memzero(ngx_wzp_stat(zn, i, re), sizeof(ngx_wzp_stat_t));
        }
    }
}


void
ngx_wzp_stat_sum(ngx_wzp_zone_t *zn, const ngx_wzp_zone_relay_t *re,
    uint64_t sum[NGX_WZP_STAT_N])
{
    ngx_uint_t       i, j;
    ngx_wzp_stat_t  *st;

    ngx_memzero(sum, NGX_WZP_STAT_N * sizeof(uint64_t));

    ngx_wzp_zone_lock(zn);

    for (i = 0; i <= NGX_WZP_STAT_ENDED; i++) {

        if (!ngx_wzp_stat_written(zn, i)) {
            continue;
        }

        st = ngx_wzp_stat(zn, i, re);

        for (j = 0; j < NGX_WZP_STAT_N; j++) {
            sum[j] += atomic_load_explicit(&st->n[j], memory_order_relaxed);
        }
    }

    ngx_wzp_zone_unlock(zn);
}


void
ngx_wzp_stat_observe(ngx_wzp_stat_t *st, ngx_wzp_hist_e hist, uint64_t ns,
    uint64_t n)
{
    ngx_uint_t  i, first;

    first = NGX_WZP_STAT_HISTS + hist * (NGX_WZP_STAT_BUCKETS + 2);

    for (i = 0; i < NGX_WZP_STAT_BUCKETS; i++) {
        if (ns <= ngx_wzp_hist_info[hist].bounds[i] * 1000ULL) {
            break;
        }
    }

    ngx_wzp_count(st, first + i, n);
    ngx_wzp_count(st, first + NGX_WZP_STAT_BUCKETS + 1, ns / 1000 * n);
}


void
ngx_wzp_stat_sent(ngx_wzp_stat_turn_t *turn, ngx_wzp_stat_t *st,
    uint64_t born_ns)
{
    ngx_uint_t  i;

    for (i = turn->n; i > 0; i--) {
        if (turn->delays[i - 1].born_ns == born_ns) {
            turn->delays[i - 1].count++;
            return;
        }
    }

    if (turn->n == NGX_WZP_STAT_DELAYS) {
        ngx_wzp_stat_turn(turn, st);
    }

    turn->delays[turn->n].born_ns = born_ns;
    turn->delays[turn->n++].count = 1;
}


void
ngx_wzp_stat_turn(ngx_wzp_stat_turn_t *turn, ngx_wzp_stat_t *st)
{
    uint64_t    now, born;
    ngx_uint_t  i;

    if (turn->n == 0) {
        return;
    }

    now = ngx_wzp_now();

    for (i = 0; i < turn->n; i++) {
        born = turn->delays[i].born_ns;

        ngx_wzp_stat_observe(st, NGX_WZP_HIST_DELAY,
                             now > born ? now - born : 0,
                             turn->delays[i].count);
    }

    turn->n = 0;
}
