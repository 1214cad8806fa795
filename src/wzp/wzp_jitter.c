/*
 * Jitter buffer of one stream.  See wzp_jitter.h.
 *
 * Slots are indexed by the low bits of the sequence number; all packets held
 * lie within WZP_JITTER_SLOTS numbers of each other, so none collide.
 */

#include "wzp/wzp_jitter.h"
#include "wzp/wzp_seq.h"


#define WZP_JITTER_BEHIND   100         /* PROTOCOL 6.6: a new sender        */
#define WZP_JITTER_JUMP_MS  1000        /* a longer hole is not played       */
#define WZP_JITTER_NOISE_MS 400         /* PROTOCOL 6.3: every 200 ms        */
#define WZP_JITTER_CALM     (100 * WZP_MS)      /* between two stretchings   */
#define WZP_JITTER_HASTE    (30 * WZP_MS)       /* when far off              */
#define WZP_JITTER_LOOKS    8           /* in a round                        */
#define WZP_JITTER_FAR_US   60000
#define WZP_JITTER_EARLY_US 2000        /* less is left alone; together more */
#define WZP_JITTER_LATE_US  12000       /* than a tick, which is how exactly
                                           one can aim                       */
#define WZP_JITTER_OVER_MS  40          /* more than max_ms: frames are long */
#define WZP_JITTER_DTX_LEN  2           /* an Opus packet of silence         */
#define WZP_JITTER_REST     (5 * WZP_SEC)


static void wzp_jitter_restart(wzp_jitter_t *jb, uint64_t now_ns);
static void wzp_jitter_estimate(wzp_jitter_t *jb, const wzp_frame_t *fr,
    uint64_t now_ns);
static wzp_jitter_slot_t *wzp_jitter_lowest(wzp_jitter_t *jb);
static bool wzp_jitter_play(wzp_jitter_t *jb, wzp_jitter_out_t *out,
    uint64_t now_ns);
static void wzp_jitter_trim(wzp_jitter_t *jb, uint64_t now_ns);


static wzp_jitter_slot_t *
wzp_jitter_slot(wzp_jitter_t *jb, uint16_t seq)
{
    wzp_jitter_slot_t  *sl;

    sl = &jb->slots[seq & (WZP_JITTER_SLOTS - 1)];

    return sl->used && sl->seq == seq ? sl : NULL;
}


/* a - b in milliseconds. */

static int32_t
wzp_jitter_ms(const wzp_jitter_t *jb, uint32_t a, uint32_t b)
{
    return (int32_t) (a - b) / (int32_t) jb->unit;
}


void
wzp_jitter_init(wzp_jitter_t *jb, const wzp_jitter_conf_t *conf)
{
    memset(jb, 0, sizeof(wzp_jitter_t));

    jb->unit = 1;

    if (conf != NULL) {
        jb->conf = *conf;

    } else {
        jb->conf.start_ms = WZP_JITTER_START_MS;
        jb->conf.min_ms = WZP_JITTER_MIN_MS;
        jb->conf.max_ms = WZP_JITTER_MAX_MS;
        jb->conf.hold_ms = WZP_JITTER_HOLD_MS;
    }

    jb->conf.max_ms = WZP_MIN(jb->conf.max_ms, WZP_JITTER_BOUND_MS);
    wzp_delay_init(&jb->delay, jb->conf.start_ms, jb->conf.min_ms,
                   jb->conf.max_ms);
}


void
wzp_jitter_reset(wzp_jitter_t *jb)
{
    unsigned  i;

    for (i = 0; i < WZP_JITTER_SLOTS; i++) {
        jb->slots[i].used = false;
    }

    jb->count = 0;
    jb->held_ms = 0;
    jb->state = WZP_JITTER_IDLE;
    jb->has_next = false;
    jb->has_prev = false;
    jb->dry_ms = 0;
    jb->noise_ms = 0;
    jb->unit = 1;
    jb->has_unit = false;
    jb->unit_doubt = false;

    wzp_delay_reset(&jb->delay);
    memset(jb->seen, 0, sizeof(jb->seen));
}


static void
wzp_jitter_restart(wzp_jitter_t *jb, uint64_t now_ns)
{
    wzp_jitter_reset(jb);
    jb->st.resets++;
    jb->put_ns = now_ns;
}


/* Is there a place for this number?  The stream may be restarted here. */

static wzp_rc_t
wzp_jitter_admit(wzp_jitter_t *jb, uint16_t seq, uint64_t now_ns)
{
    int32_t  d;

    if (jb->has_next) {
        d = wzp_seq_diff(seq, jb->next_seq);

        if (d < -WZP_JITTER_BEHIND
            || (d < 0 && jb->count == 0 && jb->state == WZP_JITTER_IDLE
                && now_ns - jb->put_ns > WZP_JITTER_REST))
        {
            wzp_jitter_restart(jb, now_ns);

        } else if (d < 0) {
            return WZP_ELATE;

        } else if (jb->state == WZP_JITTER_PLAY && d >= WZP_JITTER_SLOTS) {
            wzp_jitter_restart(jb, now_ns);
        }
    }

    if (jb->count == 0) {
        return WZP_OK;
    }

    if (wzp_jitter_slot(jb, seq) != NULL) {
        return WZP_EDUP;
    }

    /* While it fills, the lowest number is not settled yet. */

    d = wzp_seq_diff(seq, jb->top_seq);

    if (d <= -WZP_JITTER_SLOTS) {
        return WZP_ELATE;
    }

    if (d >= WZP_JITTER_SLOTS
        || (d > 0 && wzp_seq_diff(seq, wzp_jitter_lowest(jb)->seq)
                     >= WZP_JITTER_SLOTS))
    {
        wzp_jitter_restart(jb, now_ns);
    }

    return WZP_OK;
}


/* Would a copy of this number fill a hole? */

static bool
wzp_jitter_fits(wzp_jitter_t *jb, uint16_t seq)
{
    int32_t  d;

    if (jb->has_next) {
        d = wzp_seq_diff(seq, jb->next_seq);

        if (d < 0 || d >= WZP_JITTER_SLOTS) {
            return false;
        }
    }

    if (jb->count == 0) {
        return jb->has_next;
    }

    if (wzp_jitter_slot(jb, seq) != NULL) {
        return false;
    }

    d = wzp_seq_diff(jb->top_seq, seq);

    return d > -WZP_JITTER_SLOTS && d < WZP_JITTER_SLOTS
           && wzp_seq_diff(seq, wzp_jitter_lowest(jb)->seq)
              < WZP_JITTER_SLOTS;
}


/* Has the frame of this number come, in one way or another? */

static bool
wzp_jitter_seen(const wzp_jitter_t *jb, uint16_t seq)
{
    return jb->seen[seq & (WZP_JITTER_SEEN - 1)] == seq + 65536u;
}


bool
wzp_jitter_gap(const wzp_jitter_t *jb, uint16_t seq)
{
    uint16_t  d;

    d = (uint16_t) (seq - jb->prev_seq);

    return jb->has_prev && d > 1 && d < WZP_JITTER_SLOTS;
}


/* What arrives, in whatever way, tells how long one has to wait. */

static void
wzp_jitter_learn(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    uint16_t  k, n, gap;

    if (fr->dur_ms == 0 || fr->codec == WZP_CODEC_COMFORT_NOISE
        || wzp_jitter_seen(jb, fr->seq))
    {
        return;
    }

    /* Those before it that it may stand for, the one that waits for the longest
     * time first: it counts. */

    gap = jb->has_prev && !fr->copy ? (uint16_t) (fr->seq - jb->prev_seq) : 0;
    n = gap > 0 && gap < WZP_JITTER_SLOTS
        ? (uint16_t) WZP_MIN(fr->reach_ms / fr->dur_ms, gap - 1) : 0;

    for (k = n; k > 0; k--) {
        if (!wzp_jitter_seen(jb, (uint16_t) (fr->seq - k))) {
            wzp_delay_put(&jb->delay, fr->timestamp - k * fr->dur_ms * jb->unit,
                          jb->unit, now_ns);
        }
    }

    wzp_delay_put(&jb->delay, fr->timestamp, jb->unit, now_ns);
    jb->seen[fr->seq & (WZP_JITTER_SEEN - 1)] = fr->seq + 65536u;
}


/* A copy that was too late is no use, but the next may be if one waits. */

static wzp_rc_t
wzp_jitter_copy(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    int32_t  d;

    if (wzp_jitter_fits(jb, fr->seq)) {
        wzp_jitter_learn(jb, fr, now_ns);
        return WZP_OK;
    }

    if (wzp_jitter_slot(jb, fr->seq) != NULL || wzp_jitter_seen(jb, fr->seq)) {
        return WZP_EDUP;
    }

    d = jb->has_prev ? wzp_seq_diff(jb->prev_seq, fr->seq) : -1;

    if (d >= 0 && d < WZP_JITTER_SLOTS) {
        wzp_jitter_learn(jb, fr, now_ns);
    }

    return WZP_ELATE;
}


static void
wzp_jitter_store(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    wzp_jitter_slot_t  *sl;

    sl = &jb->slots[fr->seq & (WZP_JITTER_SLOTS - 1)];

    sl->used = true;
    sl->copy = fr->copy;
    sl->seq = fr->seq;
    sl->timestamp = fr->timestamp;
    sl->codec = fr->codec;
    sl->dur_ms = fr->dur_ms;
    sl->put_ns = now_ns;
    sl->len = (uint16_t) fr->len;

    if (fr->len) {
        memcpy(sl->data, fr->data, fr->len);
    }

    jb->held_ms += fr->dur_ms;

    if (jb->count++ == 0 || wzp_seq_diff(fr->seq, jb->top_seq) > 0) {
        jb->top_seq = fr->seq;
    }
}


/* When to begin: each frame has its time, as if there had been no pause. */

static void
wzp_jitter_fill(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    int64_t   wait_us;
    uint64_t  start_ns;

    wait_us = wzp_delay_known(&jb->delay)
              ? -wzp_delay_excess(&jb->delay, fr->timestamp, jb->unit, now_ns)
              : wzp_delay_target(&jb->delay);
    wait_us = WZP_MIN(wait_us, jb->conf.max_ms * 1000);
    start_ns = now_ns + (wait_us > 0 ? (uint64_t) wait_us * 1000 : 0);

    if (jb->state == WZP_JITTER_IDLE) {
        jb->state = WZP_JITTER_FILL;
        jb->start_ns = start_ns;

    } else {
        jb->start_ns = WZP_MIN(jb->start_ns, start_ns);
    }
}


wzp_rc_t
wzp_jitter_put(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    bool      known;
    wzp_rc_t  rc;

    if (fr->len > WZP_JITTER_PAYLOAD) {
        return WZP_ETOOBIG;
    }

    if (fr->copy) {
        rc = wzp_jitter_copy(jb, fr, now_ns);
        if (rc != WZP_OK) {
            return rc;
        }

    } else {
        rc = wzp_jitter_admit(jb, fr->seq, now_ns);
        known = wzp_jitter_seen(jb, fr->seq);

        wzp_jitter_estimate(jb, fr, now_ns);

        if (rc != WZP_OK) {
            jb->st.late += (rc == WZP_ELATE && !known);
            jb->st.dup += (rc == WZP_EDUP || known);
            return known ? WZP_EDUP : rc;
        }
    }

    wzp_jitter_store(jb, fr, now_ns);

    if (jb->state != WZP_JITTER_PLAY) {
        wzp_jitter_fill(jb, fr, now_ns);
    }

    return WZP_OK;
}


/* One step that looks like it may be a pause: 48 frames long, just so. */

static void
wzp_jitter_unit(wzp_jitter_t *jb, uint32_t unit)
{
    if (jb->unit == unit || (jb->has_unit && !jb->unit_doubt)) {
        jb->unit_doubt = jb->unit != unit;
        jb->has_unit = true;
        return;
    }

    jb->unit = unit;
    jb->has_unit = true;
    jb->unit_doubt = false;
    wzp_delay_reset(&jb->delay);
}


/* The unit of timestamps, and how unevenly packets arrive. */

static void
wzp_jitter_estimate(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    int64_t   d;
    uint32_t  step;

    if (jb->has_prev && (uint16_t) (jb->prev_seq + 1) == fr->seq) {
        step = fr->timestamp - jb->prev_ts;

        if (fr->dur_ms && step == fr->dur_ms * 48u) {
            wzp_jitter_unit(jb, 48);

        } else if (fr->dur_ms && step == fr->dur_ms) {
            wzp_jitter_unit(jb, 1);
        }

        d = (int64_t) ((now_ns - jb->put_ns) / 1000)
            - (int64_t) wzp_jitter_ms(jb, fr->timestamp, jb->prev_ts) * 1000;
        d = d < 0 ? -d : d;

        /* A pause or a lie is no jitter. */

        if (d < WZP_JITTER_JUMP_MS * 1000) {
            d = (int64_t) jb->st.jitter_us + (d - (int64_t) jb->st.jitter_us)
                                             / 16;
            jb->st.jitter_us = (uint32_t) d;
        }
    }

    wzp_jitter_learn(jb, fr, now_ns);

    jb->has_prev = true;
    jb->prev_seq = fr->seq;
    jb->prev_ts = fr->timestamp;
    jb->put_ns = now_ns;
}


/* The lowest number held; the buffer is not empty, so the highest is there. */

static wzp_jitter_slot_t *
wzp_jitter_lowest(wzp_jitter_t *jb)
{
    int32_t             d, best;
    unsigned            i;
    wzp_jitter_slot_t  *sl, *found;

    best = 0;
    found = &jb->slots[jb->top_seq & (WZP_JITTER_SLOTS - 1)];

    for (i = 0; i < WZP_JITTER_SLOTS; i++) {
        sl = &jb->slots[i];

        if (!sl->used) {
            continue;
        }

        d = wzp_seq_diff(sl->seq, jb->top_seq);

        if (d < best) {
            found = sl;
            best = d;
        }
    }

    return found;
}


static void
wzp_jitter_give(const wzp_jitter_slot_t *sl, wzp_frame_t *fr)
{
    fr->seq = sl->seq;
    fr->timestamp = sl->timestamp;
    fr->codec = sl->codec;
    fr->dur_ms = sl->dur_ms;
    fr->copy = sl->copy;
    fr->data = sl->data;
    fr->len = sl->len;
}


static void
wzp_jitter_drop(wzp_jitter_t *jb, wzp_jitter_slot_t *sl)
{
    sl->used = false;
    jb->count--;
    jb->held_ms -= sl->dur_ms;
    jb->next_seq = (uint16_t) (sl->seq + 1);
    jb->next_ts = sl->timestamp + sl->dur_ms * jb->unit;
}


static void
wzp_jitter_quiet(wzp_jitter_t *jb, wzp_jitter_out_t *out)
{
    out->dur_ms = WZP_JITTER_TICK_MS;

    if (jb->noise_ms >= WZP_JITTER_TICK_MS) {
        jb->noise_ms = (uint16_t) (jb->noise_ms - WZP_JITTER_TICK_MS);
        out->what = WZP_JITTER_NOISE;
        return;
    }

    out->what = WZP_JITTER_SILENCE;
}


static void
wzp_jitter_moved(wzp_jitter_t *jb, uint64_t now_ns)
{
    jb->looks = 0;
    jb->moved_ns = now_ns;
}


static int64_t
wzp_jitter_excess(const wzp_jitter_t *jb, const wzp_jitter_slot_t *sl,
    uint64_t now_ns)
{
    return wzp_delay_excess(&jb->delay, sl->timestamp, jb->unit, now_ns);
}


void
wzp_jitter_get(wzp_jitter_t *jb, wzp_jitter_out_t *out, uint64_t now_ns)
{
    wzp_jitter_slot_t  *sl;

    memset(out, 0, sizeof(wzp_jitter_out_t));

    if (jb->state == WZP_JITTER_FILL && now_ns >= jb->start_ns) {
        sl = wzp_jitter_lowest(jb);

        jb->state = WZP_JITTER_PLAY;
        jb->has_next = true;
        jb->next_seq = sl->seq;
        jb->next_ts = sl->timestamp;
        jb->dry_ms = 0;
        jb->noise_ms = 0;
        wzp_jitter_moved(jb, now_ns);
    }

    if (jb->state != WZP_JITTER_PLAY) {
        wzp_jitter_quiet(jb, out);
        return;
    }

    wzp_jitter_trim(jb, now_ns);

    while (!wzp_jitter_play(jb, out, now_ns)) { /* void */ }
}


/* The least excess lately: a sound card may take several ticks at once, and
 * the first of them is what must be there in time. */

static int64_t
wzp_jitter_least(wzp_jitter_t *jb, int64_t us)
{
    if (jb->looks % WZP_JITTER_LOOKS == 0) {
        jb->before_us = jb->looks ? jb->low_us : us;
        jb->low_us = us;

    } else {
        jb->low_us = WZP_MIN(jb->low_us, us);
    }

    jb->looks++;

    return WZP_MIN(jb->low_us, jb->before_us);
}


/* What shall be done about the delay of this frame? */

static int32_t
wzp_jitter_wish(wzp_jitter_t *jb, const wzp_jitter_slot_t *sl,
    uint64_t now_ns)
{
    int64_t   us;
    uint64_t  rest_ns;

    us = wzp_jitter_least(jb, wzp_jitter_excess(jb, sl, now_ns));

    rest_ns = us > WZP_JITTER_FAR_US || us < -WZP_JITTER_FAR_US
              ? WZP_JITTER_HASTE : WZP_JITTER_CALM;

    if ((us < WZP_JITTER_LATE_US && us > -WZP_JITTER_EARLY_US)
        || now_ns < jb->moved_ns + rest_ns)
    {
        return 0;
    }

    return (int32_t) us;
}


void
wzp_jitter_stretched(wzp_jitter_t *jb, int32_t us, uint64_t now_ns)
{
    if (us < 0) {
        jb->st.shortened++;
        jb->st.shortened_us += (uint64_t) -us;

    } else {
        jb->st.lengthened++;
        jb->st.lengthened_us += (uint64_t) us;
    }

    wzp_jitter_moved(jb, now_ns);
}


static void
wzp_jitter_waited(wzp_jitter_t *jb, const wzp_jitter_slot_t *sl,
    uint64_t now_ns)
{
    int64_t   d;
    uint32_t  us;

    us = now_ns > sl->put_ns ? (uint32_t) ((now_ns - sl->put_ns) / 1000) : 0;
    d = (int64_t) us - (int64_t) jb->st.waited_now_us;

    jb->st.waited_us += us;
    jb->st.waited_max_us = WZP_MAX(jb->st.waited_max_us, us);
    jb->st.waited_now_us = (uint32_t) ((int64_t) jb->st.waited_now_us
                                       + d / 16);
}


static bool
wzp_jitter_take(wzp_jitter_t *jb, wzp_jitter_slot_t *sl, wzp_jitter_out_t *out,
    uint64_t now_ns)
{
    wzp_jitter_give(sl, &out->frame);
    wzp_jitter_drop(jb, sl);

    if (sl->dur_ms == 0) {
        return false;
    }

    wzp_jitter_waited(jb, sl, now_ns);

    if (sl->codec != WZP_CODEC_COMFORT_NOISE) {
        out->excess_us = wzp_jitter_wish(jb, sl, now_ns);
    }

    jb->st.played++;
    jb->dur_ms = sl->dur_ms;
    jb->dry_ms = 0;

    out->what = WZP_JITTER_FRAME;
    out->dur_ms = sl->dur_ms;

    if (sl->codec == WZP_CODEC_COMFORT_NOISE && jb->count == 0) {
        jb->state = WZP_JITTER_IDLE;
        jb->noise_ms = WZP_JITTER_NOISE_MS;
    }

    return true;
}


static bool
wzp_jitter_dry(wzp_jitter_t *jb, wzp_jitter_out_t *out)
{
    uint16_t  dur_ms;

    dur_ms = jb->dur_ms ? jb->dur_ms : WZP_JITTER_TICK_MS;

    if (jb->dry_ms + dur_ms > jb->conf.hold_ms) {
        jb->state = WZP_JITTER_IDLE;
        wzp_jitter_quiet(jb, out);
        return true;
    }

    jb->dry_ms = (uint16_t) (jb->dry_ms + dur_ms);
    jb->next_ts += dur_ms * jb->unit;
    jb->st.dry++;

    out->what = WZP_JITTER_DRY;
    out->dur_ms = dur_ms;
    return true;
}


/* A tick of the sender's silence, which may be stretched freely. */

static void
wzp_jitter_pause(wzp_jitter_t *jb, int32_t gap_ms, uint64_t now_ns)
{
    int64_t   us;
    uint32_t  step;

    us = wzp_delay_excess(&jb->delay, jb->next_ts, jb->unit, now_ns);
    step = WZP_JITTER_TICK_MS;

    if (us <= -WZP_JITTER_TICK_MS * 1000) {
        step = 0;

    } else if (us >= WZP_JITTER_LATE_US
               && gap_ms >= 2 * WZP_JITTER_TICK_MS)
    {
        step = 2 * WZP_JITTER_TICK_MS;
    }

    jb->next_ts += step * jb->unit;
    wzp_jitter_moved(jb, now_ns);
}


/* A frame is missing, but playing is earlier than it should be: the frame may
 * still come, and no better moment for the delay to grow. */

static bool
wzp_jitter_wait(wzp_jitter_t *jb, wzp_jitter_out_t *out, uint16_t dur_ms,
    uint64_t now_ns)
{
    if (wzp_delay_excess(&jb->delay, jb->next_ts, jb->unit, now_ns)
            > -dur_ms * 1000
        || jb->dry_ms + dur_ms > jb->conf.hold_ms)
    {
        return false;
    }

    jb->dry_ms = (uint16_t) (jb->dry_ms + dur_ms);
    jb->st.dry++;
    wzp_jitter_moved(jb, now_ns);

    out->what = WZP_JITTER_DRY;
    out->dur_ms = dur_ms;

    return true;
}


/* One step; false when nothing is to be played for it. */

static bool
wzp_jitter_play(wzp_jitter_t *jb, wzp_jitter_out_t *out, uint64_t now_ns)
{
    int32_t             gap;
    uint16_t            dur_ms;
    wzp_jitter_slot_t  *sl;

    if (jb->count == 0) {
        return wzp_jitter_dry(jb, out);
    }

    sl = wzp_jitter_lowest(jb);
    gap = wzp_jitter_ms(jb, sl->timestamp, jb->next_ts);

    if (gap < WZP_JITTER_TICK_MS || gap > WZP_JITTER_JUMP_MS) {

        /* Its time has come, or the hole is no hole that one could fill. */

        return wzp_jitter_take(jb, sl, out, now_ns);
    }

    if (sl->seq == jb->next_seq) {

        /* No packet is missing: the sender was silent in between. */

        wzp_jitter_pause(jb, gap, now_ns);
        wzp_jitter_quiet(jb, out);
        return true;
    }

    dur_ms = jb->dur_ms ? jb->dur_ms : WZP_JITTER_TICK_MS;
    dur_ms = (uint16_t) WZP_MIN(dur_ms, gap);

    if (wzp_jitter_wait(jb, out, dur_ms, now_ns)) {
        return true;
    }

    wzp_jitter_give(sl, &out->frame);
    out->what = WZP_JITTER_LOST;
    out->dur_ms = dur_ms;
    out->gap_ms = (uint16_t) gap;

    jb->next_seq++;
    jb->next_ts += dur_ms * jb->unit;
    jb->dry_ms = 0;
    jb->st.lost++;
    return true;
}


uint32_t
wzp_jitter_level(const wzp_jitter_t *jb)
{
    return jb->held_ms;
}


uint32_t
wzp_jitter_target(const wzp_jitter_t *jb)
{
    return (uint32_t) (wzp_delay_target(&jb->delay) / 1000);
}


/* Shorten the delay: at once when it is far too long, else by leaving out
 * frames of silence. */

static void
wzp_jitter_trim(wzp_jitter_t *jb, uint64_t now_ns)
{
    wzp_jitter_slot_t  *sl;

    if (jb->held_ms > (uint32_t) jb->conf.max_ms + WZP_JITTER_OVER_MS) {

        while (jb->count > 1 && jb->held_ms > wzp_jitter_target(jb)) {
            wzp_jitter_drop(jb, wzp_jitter_lowest(jb));
            jb->st.skipped++;

            sl = wzp_jitter_lowest(jb);
            jb->next_seq = sl->seq;
            jb->next_ts = sl->timestamp;
        }

        wzp_jitter_moved(jb, now_ns);
        return;
    }

    sl = wzp_jitter_slot(jb, jb->next_seq);

    if (sl != NULL && sl->dur_ms > 0 && sl->len <= WZP_JITTER_DTX_LEN
        && sl->codec != WZP_CODEC_COMFORT_NOISE
        && jb->count > 1
        && wzp_jitter_excess(jb, sl, now_ns)
           > sl->dur_ms * 1000 + WZP_JITTER_EARLY_US)
    {
        wzp_jitter_moved(jb, now_ns);
        wzp_jitter_drop(jb, sl);
        jb->st.skipped++;
    }
}
