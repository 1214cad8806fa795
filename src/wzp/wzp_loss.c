/*
 * Loss and burst length.  See wzp_loss.h.
 */

#include "wzp/wzp_loss.h"
#include "wzp/wzp_seq.h"


#define WZP_LOSS_FADE       (1 - 1.0f / WZP_LOSS_SPAN)

/* So many holes of one are believed before any is measured: a single long
 * hole is not a habit yet. */
#define WZP_LOSS_PRIOR      0.5f


void
wzp_loss_init(wzp_loss_t *lm, unsigned wait)
{
    memset(lm, 0, sizeof(wzp_loss_t));

    lm->wait = (uint8_t) WZP_MIN(wait, WZP_LOSS_WAIT_MAX);
}


void
wzp_loss_restart(wzp_loss_t *lm)
{
    lm->started = false;
    lm->hole = 0;
}


/* The oldest one that is not judged. */

static void
wzp_loss_judge(wzp_loss_t *lm)
{
    bool  came;

    lm->pending--;
    came = (lm->seen >> lm->pending) & 1;

    if (!came && lm->hole == WZP_LOSS_HOLE_MAX) {
        return;
    }

    lm->total = lm->total * WZP_LOSS_FADE + 1;
    lm->lost *= WZP_LOSS_FADE;
    lm->holes *= WZP_LOSS_FADE;

    if (came) {
        lm->hole = 0;
        return;
    }

    lm->lost += 1;
    lm->holes += lm->hole == 0 ? 1 : 0;
    lm->hole++;
}


/* All that can be judged, from the oldest on; those beyond `wait` must be. */

static void
wzp_loss_settle(wzp_loss_t *lm, unsigned wait)
{
    uint64_t  known;

    known = lm->seen | lm->gone;

    while (lm->pending != 0
           && (lm->pending > wait + 1 || ((known >> (lm->pending - 1)) & 1)))
    {
        wzp_loss_judge(lm);
    }
}


/* One number further; the mask has room, since wait is bounded. */

static void
wzp_loss_step(wzp_loss_t *lm)
{
    lm->top++;
    lm->seen <<= 1;
    lm->gone <<= 1;
    lm->pending++;

    wzp_loss_settle(lm, lm->wait);
}


static void
wzp_loss_begin(wzp_loss_t *lm, uint16_t seq)
{
    lm->started = true;
    lm->top = seq;
    lm->pending = 1;
    lm->seen = 1;
    lm->gone = 0;

    wzp_loss_settle(lm, lm->wait);
}


void
wzp_loss_put(wzp_loss_t *lm, uint16_t seq, uint64_t now_ns)
{
    int32_t  d;

    if (!lm->started) {
        wzp_loss_begin(lm, seq);
        lm->put_ns = now_ns;
        return;
    }

    d = wzp_seq_diff(seq, lm->top);

    if (d > WZP_LOSS_AHEAD || d < -WZP_LOSS_AHEAD) {
        wzp_loss_restart(lm);
        wzp_loss_begin(lm, seq);
        lm->put_ns = now_ns;
        return;
    }

    /* After a pause nothing from before it will come. */

    if (d > 0 && now_ns > lm->put_ns + WZP_LOSS_AGE_NS) {
        wzp_loss_settle(lm, 0);
    }

    lm->put_ns = now_ns;

    for ( ; d > 0; d--) {
        wzp_loss_step(lm);
    }

    if (-d < (int32_t) lm->pending) {
        lm->seen |= (uint64_t) 1 << -d;
        wzp_loss_settle(lm, lm->wait);
    }
}


void
wzp_loss_gone(wzp_loss_t *lm, uint16_t seq)
{
    int32_t  d;

    d = lm->started ? wzp_seq_diff(seq, lm->top) : 1;

    if (d <= 0 && -d < (int32_t) lm->pending) {
        lm->gone |= (uint64_t) 1 << -d;
        wzp_loss_settle(lm, lm->wait);
    }
}


float
wzp_loss_share(const wzp_loss_t *lm)
{
    return lm->total > 0 ? lm->lost / lm->total : 0;
}


float
wzp_loss_burst(const wzp_loss_t *lm)
{
    float  burst;

    burst = (lm->lost + WZP_LOSS_PRIOR) / (lm->holes + WZP_LOSS_PRIOR);

    return WZP_MAX(burst, 1);
}


float
wzp_loss_weight(const wzp_loss_t *lm)
{
    return lm->total;
}
