/*
 * Counters.  A row for each worker slot, and in it a set for each relay; only
 * the worker that has the slot writes there, by plain stores, and readers add
 * them up.  When a slot is given to another worker, what the last one has
 * counted is added to the row NGX_WZP_STAT_ENDED: nothing that was counted is
 * ever lost while the zone lives.
 *
 * The ended row is written under the zone's lock, by anybody.
 */

#ifndef _NGX_WZP_STAT_H_INCLUDED_
#define _NGX_WZP_STAT_H_INCLUDED_


#include "core/ngx_wzp_zone.h"


#define NGX_WZP_STAT_ENDED      NGX_WZP_SLOTS       /* row                   */
#define NGX_WZP_STAT_BUCKETS    10      /* of a histogram                    */
#define NGX_WZP_STAT_DELAYS     8       /* times of birth in one turn        */


typedef enum {
#define NGX_WZP_HIST_X(name, metric, text, ...)  NGX_WZP_HIST_##name,
#include "core/ngx_wzp_stat_x.h"
#undef NGX_WZP_HIST_X
    NGX_WZP_HIST_N
} ngx_wzp_hist_e;


/*
 * What is at which place.  Drops are in the order of wzp_drop_t.  A histogram
 * has ten buckets, one for all that is longer, and the sum in us.
 */
typedef enum {
#define NGX_WZP_STAT_X(name, scope, metric, labels, text)                     \
    NGX_WZP_STAT_##name,
#include "core/ngx_wzp_stat_x.h"
#undef NGX_WZP_STAT_X
    NGX_WZP_STAT_DROPS,
    NGX_WZP_STAT_HISTS = NGX_WZP_STAT_DROPS + WZP_DROP_N,
    NGX_WZP_STAT_N = NGX_WZP_STAT_HISTS
                     + NGX_WZP_HIST_N * (NGX_WZP_STAT_BUCKETS + 2)
} ngx_wzp_stat_e;


typedef enum {
    NGX_WZP_SCOPE_RELAY = 0,
    NGX_WZP_SCOPE_WORKER
} ngx_wzp_scope_e;


/* A counter as others know it. */
typedef struct {
    ngx_wzp_scope_e   scope;
    const char       *metric;
    const char       *labels;
    const char       *text;
} ngx_wzp_stat_info_t;


typedef struct {
    const char       *metric;
    const char       *text;
    uint32_t          bounds[NGX_WZP_STAT_BUCKETS];    /* us                 */
} ngx_wzp_hist_info_t;


/* In cache lines of its own. */
struct ngx_wzp_stat_s {
    _Atomic uint64_t  n[NGX_WZP_STAT_N];
} __attribute__((aligned(64)));


/* Media sent in this turn, by when it came in: one entry nearly always. */
typedef struct {
    ngx_uint_t        n;
    struct {
        uint64_t      born_ns;
        uint64_t      count;
    }                 delays[NGX_WZP_STAT_DELAYS];
} ngx_wzp_stat_turn_t;


extern const ngx_wzp_stat_info_t  ngx_wzp_stat_info[NGX_WZP_STAT_DROPS];
extern const ngx_wzp_hist_info_t  ngx_wzp_hist_info[NGX_WZP_HIST_N];


/* Bytes that the table takes in a zone. */
size_t ngx_wzp_stat_size(void);

/* The set of a slot (or NGX_WZP_STAT_ENDED) and relay; re is NULL: that of
 * the worker itself. */
ngx_wzp_stat_t *ngx_wzp_stat(ngx_wzp_zone_t *zn, ngx_uint_t slot,
    const ngx_wzp_zone_relay_t *re);

/* The slot will be another worker's. */
void ngx_wzp_stat_retire_locked(ngx_wzp_zone_t *zn, ngx_uint_t slot);

/* The place will be another relay's. */
void ngx_wzp_stat_forget_locked(ngx_wzp_zone_t *zn,
    const ngx_wzp_zone_relay_t *re);

/* All rows together; takes the lock. */
void ngx_wzp_stat_sum(ngx_wzp_zone_t *zn, const ngx_wzp_zone_relay_t *re,
    uint64_t sum[NGX_WZP_STAT_N]);

/* Something took ns, n times. */
void ngx_wzp_stat_observe(ngx_wzp_stat_t *st, ngx_wzp_hist_e hist,
    uint64_t ns, uint64_t n);

/* A media packet that came in at born_ns was put into a QUIC packet. */
void ngx_wzp_stat_sent(ngx_wzp_stat_turn_t *turn, ngx_wzp_stat_t *st,
    uint64_t born_ns);

/* The turn's QUIC packets have been handed to the kernel. */
void ngx_wzp_stat_turn(ngx_wzp_stat_turn_t *turn, ngx_wzp_stat_t *st);


/* By the one writer of the set. */
static ngx_inline void
ngx_wzp_count(ngx_wzp_stat_t *st, ngx_uint_t what, uint64_t n)
{
    atomic_store_explicit(&st->n[what],
                          atomic_load_explicit(&st->n[what],
                                               memory_order_relaxed) + n,
                          memory_order_relaxed);
}


#endif /* _NGX_WZP_STAT_H_INCLUDED_ */
