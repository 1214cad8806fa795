/*
 * Windows of pings.  See wzp_pings.h.
 */

#include "wzp/wzp_pings.h"


#define WZP_PINGS_RTT_MAX   (100 * WZP_SEC)     /* keeps squares in 64 bits  */
#define WZP_US              1000ULL


void
wzp_pings_init(wzp_pings_t *pg)
{
    memset(pg, 0, sizeof(wzp_pings_t));
}


uint64_t
wzp_pings_sent(wzp_pings_t *pg, uint64_t now_ns)
{
    uint64_t     last;
    wzp_ping_t  *p;

    last = pg->sent == 0
           ? 0 : pg->ring[(pg->sent - 1) % WZP_PINGS_WINDOW].timestamp_ms;

    p = &pg->ring[pg->sent++ % WZP_PINGS_WINDOW];
    p->timestamp_ms = WZP_MAX(now_ns / WZP_MS, last + 1);
    p->sent_ns = now_ns;
    p->open = true;
    p->answered = false;

    return p->timestamp_ms;
}


void
wzp_pings_missed(wzp_pings_t *pg, uint64_t now_ns)
{
    (void) wzp_pings_sent(pg, now_ns);
    pg->ring[(pg->sent - 1) % WZP_PINGS_WINDOW].open = false;
}


bool
wzp_pings_pong(wzp_pings_t *pg, uint64_t timestamp_ms, uint64_t now_ns)
{
    size_t       i;
    wzp_ping_t  *p;

    for (i = 0; i < WZP_MIN(pg->sent, WZP_PINGS_WINDOW); i++) {
        p = &pg->ring[i];

        if (p->timestamp_ms != timestamp_ms) {
            continue;
        }

        if (!p->open || now_ns < p->sent_ns) {
            return false;
        }

        p->open = false;
        p->answered = true;
        p->rtt_ns = WZP_MIN(now_ns - p->sent_ns, WZP_PINGS_RTT_MAX);
        pg->up = true;

        return true;
    }

    return false;
}


void
wzp_pings_down(wzp_pings_t *pg)
{
    size_t  i;

    pg->up = false;

    for (i = 0; i < WZP_MIN(pg->sent, WZP_PINGS_WINDOW); i++) {
        pg->ring[i].open = false;
    }
}


/* Rounded down. */

static uint64_t
wzp_pings_sqrt(uint64_t x)
{
    uint64_t  root, bit;

    root = 0;

    for (bit = 1ULL << 31; bit != 0; bit >>= 1) {
        if ((root + bit) * (root + bit) <= x) {
            root += bit;
        }
    }

    return root;
}


void
wzp_pings_stat(const wzp_pings_t *pg, uint64_t now_ns, wzp_pings_stat_t *st)
{
    size_t             i;
    uint64_t           sum, mean, d, squares, last;
    const wzp_ping_t  *p;

    memset(st, 0, sizeof(wzp_pings_stat_t));
    sum = 0;
    squares = 0;
    last = 0;

    for (i = 0; i < WZP_MIN(pg->sent, WZP_PINGS_WINDOW); i++) {
        p = &pg->ring[i];

        if (p->answered) {
            st->answered++;
            sum += p->rtt_ns;

            if (p->timestamp_ms > last) {
                last = p->timestamp_ms;
                st->rtt_ms = (double) p->rtt_ns / WZP_MS;
            }

        } else if (p->open && now_ns < p->sent_ns + WZP_PINGS_LATE_NS) {
            continue;
        }

        st->sent++;
    }

    if (st->sent != 0) {
        st->loss = (double) (st->sent - st->answered) / st->sent;
    }

    if (st->answered == 0) {
        return;
    }

    st->up = pg->up;
    mean = sum / st->answered;

    for (i = 0; i < WZP_MIN(pg->sent, WZP_PINGS_WINDOW); i++) {
        p = &pg->ring[i];

        if (p->answered) {
            d = (WZP_MAX(p->rtt_ns, mean) - WZP_MIN(p->rtt_ns, mean)) / WZP_US;
            squares += d * d;
        }
    }

    st->mean_ms = (double) mean / WZP_MS;
    st->jitter_ms = (double) wzp_pings_sqrt(squares / st->answered) / 1000;
}
