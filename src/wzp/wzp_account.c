/*
 * Exact account of sequence numbers.  See wzp_account.h.
 */

#include "wzp/wzp_account.h"
#include "wzp/wzp_seq.h"


/* Extended numbers start here, so that a run can still grow backwards. */
#define WZP_ACCOUNT_ORIGIN  65536


static void wzp_account_begin(wzp_account_t *ac, uint16_t seq);
static wzp_account_kind_t wzp_account_mark(wzp_account_t *ac, uint64_t ext);
static wzp_account_kind_t wzp_account_far(wzp_account_t *ac, uint16_t seq);


static bool
wzp_account_seen(const wzp_account_t *ac, uint64_t ext)
{
    return ac->seen[(ext & 0xffff) >> 3] & (1 << (ext & 7));
}


static void
wzp_account_set(wzp_account_t *ac, uint64_t ext, bool on)
{
    uint8_t  *byte, bit;

    byte = &ac->seen[(ext & 0xffff) >> 3];
    bit = (uint8_t) (1 << (ext & 7));

    *byte = (uint8_t) (on ? *byte | bit : *byte & ~bit);
}


void
wzp_account_init(wzp_account_t *ac)
{
    memset(ac, 0, sizeof(wzp_account_t));
}


static void
wzp_account_begin(wzp_account_t *ac, uint16_t seq)
{
    if (!ac->started) {
        ac->started = true;
        ac->first = seq;
    }

    memset(ac->seen, 0, sizeof(ac->seen));

    ac->base = WZP_ACCOUNT_ORIGIN + seq;
    ac->top = ac->base;
    ac->last = seq;
    ac->unique++;

    wzp_account_set(ac, ac->top, true);
}


wzp_account_kind_t
wzp_account_put(wzp_account_t *ac, uint16_t seq)
{
    int32_t  d;

    ac->received++;

    if (!ac->started) {
        wzp_account_begin(ac, seq);
        return WZP_ACCOUNT_NEW;
    }

    d = wzp_seq_diff(seq, ac->last);

    if (d < -WZP_ACCOUNT_BEHIND || d > WZP_ACCOUNT_AHEAD) {
        return wzp_account_far(ac, seq);
    }

    wzp_account_settle(ac);

    if (d <= 0) {
        return wzp_account_mark(ac, ac->top - (uint64_t) -d);
    }

    while (d-- > 0) {
        wzp_account_set(ac, ++ac->top, false);
    }

    wzp_account_set(ac, ac->top, true);
    ac->last = seq;
    ac->unique++;

    return WZP_ACCOUNT_NEW;
}


/* A number at or below the top of the run. */

static wzp_account_kind_t
wzp_account_mark(wzp_account_t *ac, uint64_t ext)
{
    if (wzp_account_seen(ac, ext)) {
        ac->dup++;
        return WZP_ACCOUNT_DUP;
    }

    if (ext < ac->base) {
        if (ac->base + ac->done == WZP_ACCOUNT_ORIGIN + (uint64_t) ac->first) {
            ac->first = (uint16_t) ext;
        }

        ac->base = ext;
    }

    wzp_account_set(ac, ext, true);
    ac->unique++;
    ac->reordered++;

    return WZP_ACCOUNT_NEW;
}


/* One far off number is a very late packet or a lie, two in a row are a new
 * sender. */

static wzp_account_kind_t
wzp_account_far(wzp_account_t *ac, uint16_t seq)
{
    uint16_t  d;

    d = (uint16_t) (seq - ac->stray);

    if (ac->has_stray && d == 0) {
        ac->dup++;
        return WZP_ACCOUNT_DUP;
    }

    if (!ac->has_stray || d > WZP_ACCOUNT_CONFIRM) {
        wzp_account_settle(ac);

        ac->has_stray = true;
        ac->stray = seq;
        return WZP_ACCOUNT_STRAY;
    }

    ac->has_stray = false;
    ac->restarts++;
    ac->done += ac->top - ac->base + 1;

    wzp_account_begin(ac, ac->stray);
    ac->received--;
    (void) wzp_account_put(ac, seq);

    return WZP_ACCOUNT_RESTART;
}


int32_t
wzp_account_distance(const wzp_account_t *ac, uint16_t seq)
{
    int32_t  d;

    d = wzp_seq_diff(seq, ac->last);

    if (d < -WZP_ACCOUNT_LIKELY_BEHIND || d > WZP_ACCOUNT_LIKELY_AHEAD) {
        return INT32_MAX;
    }

    return d < 0 ? -d : d;
}


void
wzp_account_settle(wzp_account_t *ac)
{
    uint16_t  behind;

    if (!ac->has_stray) {
        return;
    }

    ac->has_stray = false;
    behind = (uint16_t) (ac->last - ac->stray);

    if (behind < 0x8000 && ac->top - behind >= ac->base) {
        (void) wzp_account_mark(ac, ac->top - behind);
        return;
    }

    ac->strays++;
}


uint64_t
wzp_account_expected(const wzp_account_t *ac)
{
    return ac->started ? ac->done + ac->top - ac->base + 1 : 0;
}


uint64_t
wzp_account_missing(const wzp_account_t *ac)
{
    return wzp_account_expected(ac) - ac->unique;
}
