/*
 * How long frames should wait.  See wzp_delay.h.
 */

#include "wzp/wzp_delay.h"


#define WZP_DELAY_RARE      200         /* one frame of so many may be late  */
#define WZP_DELAY_TOP       (WZP_DELAY_WINDOW / WZP_DELAY_RARE + 1)
#define WZP_DELAY_MARGIN    2000        /* us: of our own clock              */
#define WZP_DELAY_LEARN     25          /* samples that are no experience yet */
#define WZP_DELAY_TOGETHER  (5 * WZP_MS)
#define WZP_DELAY_FALL      50          /* 20 ms in a second                 */
#define WZP_DELAY_STRANGE   WZP_SEC
#define WZP_DELAY_WILD      1000000     /* us: no delay is like that         */
#define WZP_DELAY_HOUR      3600000     /* ms: another stream                */


void
wzp_delay_init(wzp_delay_t *dl, uint16_t start_ms, uint16_t min_ms,
    uint16_t max_ms)
{
    memset(dl, 0, sizeof(wzp_delay_t));

    dl->min_ms = min_ms;
    dl->max_ms = WZP_MAX(min_ms, max_ms);
    dl->start_ms = WZP_MIN(WZP_MAX(start_ms, min_ms), dl->max_ms);
}


void
wzp_delay_reset(wzp_delay_t *dl)
{
    dl->started = false;
    dl->n = 0;
    dl->at = 0;
    dl->late = false;
    dl->strange_ns = 0;
}


int64_t
wzp_delay_media(const wzp_delay_t *dl, uint32_t ts, uint32_t unit)
{
    return dl->media_us + (int64_t) (int32_t) (ts - dl->ts) * 1000 / unit;
}


/* Look the window through: the fastest, and the slowest but a few; the slowest
 * of all alone says nothing, whatever it was will not come again. */

static void
wzp_delay_look(wzp_delay_t *dl, int64_t fall_us)
{
    int64_t   v, swap, top[WZP_DELAY_TOP];
    unsigned  i, k, rank;

    rank = WZP_MIN(WZP_MAX(dl->n / WZP_DELAY_RARE, 1), dl->n - 1);
    dl->base_us = dl->transit_us[0];

    for (k = 0; k <= rank; k++) {
        top[k] = INT64_MIN;
    }

    for (i = 0; i < dl->n; i++) {
        v = dl->transit_us[i];
        dl->base_us = WZP_MIN(dl->base_us, v);

        if (v <= top[rank]) {
            continue;
        }

        for (k = 0; k <= rank; k++) {
            if (v > top[k]) {
                swap = top[k];
                top[k] = v;
                v = swap;
            }
        }
    }

    /* Down only when it is not needed twice any more, and slowly: with what is
     * needed now and then, the target must not come and go. */

    if (dl->n == 1 || dl->need_us < top[rank]) {
        dl->need_us = top[rank];

    } else if (dl->need_us > top[1]) {
        dl->need_us = WZP_MAX(dl->need_us - fall_us, top[1]);
    }
}


static void
wzp_delay_add(wzp_delay_t *dl, int64_t transit_us, uint64_t now_ns)
{
    int64_t  fall_us;

    fall_us = (int64_t) ((now_ns - dl->put_ns) / 1000) / WZP_DELAY_FALL;

    dl->transit_us[dl->at] = transit_us;
    dl->at = (dl->at + 1) % WZP_DELAY_WINDOW;
    dl->n = WZP_MIN(dl->n + 1, WZP_DELAY_WINDOW);

    wzp_delay_look(dl, WZP_MIN(fall_us, WZP_DELAY_WILD));
}


/* Does it say anything about those that will come? */

static bool
wzp_delay_counts(wzp_delay_t *dl, int64_t transit_us, uint64_t now_ns)
{
    bool     together;
    int64_t  late_us;

    together = now_ns - dl->put_ns < WZP_DELAY_TOGETHER;
    late_us = transit_us - dl->base_us;

    if (late_us > dl->max_ms * 1000 || late_us < -WZP_DELAY_WILD) {

        if (dl->strange_ns == 0) {
            dl->strange_ns = now_ns;
        }

        if (now_ns - dl->strange_ns < WZP_DELAY_STRANGE) {
            return false;
        }

        dl->n = 0;
        dl->at = 0;
    }

    dl->strange_ns = 0;

    /* The head of a queue that waited for us to come. */

    if (together && dl->n < WZP_DELAY_LEARN && late_us < 0) {
        dl->n = 0;
        dl->at = 0;
    }

    /* The rest of an event: who waits for the first waits for it. */

    if (together && dl->late) {
        return false;
    }

    dl->late = late_us > wzp_delay_target(dl);

    return true;
}


void
wzp_delay_put(wzp_delay_t *dl, uint32_t ts, uint32_t unit, uint64_t now_ns)
{
    int32_t  d;
    int64_t  media_us, transit_us;

    d = (int32_t) (ts - dl->ts) / (int32_t) unit;

    if (d > WZP_DELAY_HOUR || d < -WZP_DELAY_HOUR) {
        wzp_delay_reset(dl);
    }

    if (!dl->started) {
        dl->started = true;
        dl->ts = ts;
        dl->media_us = 0;
    }

    media_us = wzp_delay_media(dl, ts, unit);
    transit_us = (int64_t) (now_ns / 1000) - media_us;

    if (dl->n == 0 || wzp_delay_counts(dl, transit_us, now_ns)) {
        wzp_delay_add(dl, transit_us, now_ns);
    }

    dl->put_ns = now_ns;

    if ((int32_t) (ts - dl->ts) > 0) {
        dl->ts = ts;
        dl->media_us = media_us;
    }
}


bool
wzp_delay_known(const wzp_delay_t *dl)
{
    return dl->n > 0 && dl->strange_ns == 0;
}


int64_t
wzp_delay_target(const wzp_delay_t *dl)
{
    int64_t  us, least_us;

    us = dl->n > 0 ? dl->need_us - dl->base_us + WZP_DELAY_MARGIN : 0;
    least_us = (dl->n < WZP_DELAY_LEARN ? dl->start_ms : dl->min_ms) * 1000;

    return WZP_MIN(WZP_MAX(us, least_us), dl->max_ms * 1000);
}


int64_t
wzp_delay_excess(const wzp_delay_t *dl, uint32_t ts, uint32_t unit,
    uint64_t now_ns)
{
    int64_t  us;

    if (!wzp_delay_known(dl)) {
        return 0;
    }

    us = (int64_t) (now_ns / 1000) - wzp_delay_media(dl, ts, unit)
         - dl->base_us - wzp_delay_target(dl);

    return us > WZP_DELAY_WILD || us < -WZP_DELAY_WILD ? 0 : us;
}
