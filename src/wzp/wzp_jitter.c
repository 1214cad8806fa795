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
#define WZP_JITTER_SLACK_MS 40          /* over depth: drop silent frames    */
#define WZP_JITTER_DTX_LEN  2           /* an Opus packet of silence         */
#define WZP_JITTER_REST     (5 * WZP_SEC)


static void wzp_jitter_restart(wzp_jitter_t *jb, uint64_t now_ns);
static void wzp_jitter_estimate(wzp_jitter_t *jb, const wzp_frame_t *fr,
    uint64_t now_ns);
static wzp_jitter_slot_t *wzp_jitter_lowest(wzp_jitter_t *jb);
static bool wzp_jitter_play(wzp_jitter_t *jb, wzp_jitter_out_t *out);
static void wzp_jitter_trim(wzp_jitter_t *jb);


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
        jb->conf.depth_ms = WZP_JITTER_DEPTH_MS;
        jb->conf.max_ms = WZP_JITTER_MAX_MS;
        jb->conf.hold_ms = WZP_JITTER_HOLD_MS;
    }
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


wzp_rc_t
wzp_jitter_put(wzp_jitter_t *jb, const wzp_frame_t *fr, uint64_t now_ns)
{
    wzp_rc_t            rc;
    wzp_jitter_slot_t  *sl;

    if (fr->len > WZP_JITTER_PAYLOAD) {
        return WZP_ETOOBIG;
    }

    if (fr->copy && !wzp_jitter_fits(jb, fr->seq)) {
        return wzp_jitter_slot(jb, fr->seq) != NULL ? WZP_EDUP : WZP_ELATE;
    }

    rc = wzp_jitter_admit(jb, fr->seq, now_ns);

    if (!fr->copy) {
        wzp_jitter_estimate(jb, fr, now_ns);
    }

    if (rc != WZP_OK) {
        jb->st.late += (rc == WZP_ELATE);
        jb->st.dup += (rc == WZP_EDUP);
        return rc;
    }

    sl = &jb->slots[fr->seq & (WZP_JITTER_SLOTS - 1)];

    sl->used = true;
    sl->copy = fr->copy;
    sl->seq = fr->seq;
    sl->timestamp = fr->timestamp;
    sl->codec = fr->codec;
    sl->dur_ms = fr->dur_ms;
    sl->len = (uint16_t) fr->len;

    if (fr->len) {
        memcpy(sl->data, fr->data, fr->len);
    }

    jb->held_ms += fr->dur_ms;

    if (jb->count++ == 0 || wzp_seq_diff(fr->seq, jb->top_seq) > 0) {
        jb->top_seq = fr->seq;
    }

    if (jb->state == WZP_JITTER_IDLE) {
        jb->state = WZP_JITTER_FILL;
        jb->start_ns = now_ns + jb->conf.depth_ms * WZP_MS;
    }

    return WZP_OK;
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
            jb->unit = 48;

        } else if (fr->dur_ms && step == fr->dur_ms) {
            jb->unit = 1;
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
    }

    if (jb->state != WZP_JITTER_PLAY) {
        wzp_jitter_quiet(jb, out);
        return;
    }

    wzp_jitter_trim(jb);

    while (!wzp_jitter_play(jb, out)) { /* void */ }
}


static bool
wzp_jitter_take(wzp_jitter_t *jb, wzp_jitter_slot_t *sl, wzp_jitter_out_t *out)
{
    wzp_jitter_give(sl, &out->frame);
    wzp_jitter_drop(jb, sl);

    if (sl->dur_ms == 0) {
        return false;
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


/* One step; false when nothing is to be played for it. */

static bool
wzp_jitter_play(wzp_jitter_t *jb, wzp_jitter_out_t *out)
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

        return wzp_jitter_take(jb, sl, out);
    }

    if (sl->seq == jb->next_seq) {

        /* No packet is missing: the sender was silent in between. */

        jb->next_ts += WZP_JITTER_TICK_MS * jb->unit;
        wzp_jitter_quiet(jb, out);
        return true;
    }

    dur_ms = jb->dur_ms ? jb->dur_ms : WZP_JITTER_TICK_MS;
    dur_ms = (uint16_t) WZP_MIN(dur_ms, gap);

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


/* Shorten the delay: at once when it is far too long, else by leaving out
 * frames of silence. */

static void
wzp_jitter_trim(wzp_jitter_t *jb)
{
    wzp_jitter_slot_t  *sl;

    if (wzp_jitter_level(jb) > jb->conf.max_ms) {

        while (jb->count > 1 && wzp_jitter_level(jb) > jb->conf.depth_ms) {
            wzp_jitter_drop(jb, wzp_jitter_lowest(jb));
            jb->st.skipped++;

            sl = wzp_jitter_lowest(jb);
            jb->next_seq = sl->seq;
            jb->next_ts = sl->timestamp;
        }

        return;
    }

    sl = wzp_jitter_slot(jb, jb->next_seq);

    if (sl != NULL && sl->len <= WZP_JITTER_DTX_LEN
        && sl->codec != WZP_CODEC_COMFORT_NOISE
        && jb->count > 1
        && wzp_jitter_level(jb)
           > (uint32_t) jb->conf.depth_ms + WZP_JITTER_SLACK_MS)
    {
        wzp_jitter_drop(jb, sl);
        jb->st.skipped++;
    }
}
