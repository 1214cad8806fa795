/*
 * Jitter buffer of one stream: packets are put as they arrive, frames are
 * taken by the playout clock.  PROTOCOL 3.1, 6.3, 6.6 (and 12.3 F34 for what
 * it must not do).  Knows no codec: it says what is to be played, not how.
 *
 * Time passes by taking: every wzp_jitter_get accounts for so many
 * milliseconds of playing, and the caller asks again when they are over.  How
 * long frames wait is what wzp_delay has seen to be needed; the caller brings
 * playing there by stretching what it plays.
 */

#ifndef _WZP_JITTER_H_INCLUDED_
#define _WZP_JITTER_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_delay.h"
#include "wzp/wzp_packet.h"


#define WZP_JITTER_SLOTS    64          /* a power of two */
#define WZP_JITTER_PAYLOAD  (WZP_PACKET_MAX - WZP_HEADER_SIZE)
#define WZP_JITTER_TICK_MS  10

#define WZP_JITTER_SEEN     128         /* numbers known to have come: a
                                           power of two                      */

#define WZP_JITTER_START_MS 30          /* defaults of wzp_jitter_conf_t */
#define WZP_JITTER_MIN_MS   20
#define WZP_JITTER_MAX_MS   400
#define WZP_JITTER_HOLD_MS  100

#define WZP_JITTER_BOUND_MS 500         /* max_ms is at most this            */


/* Of the fastest frames; the others wait for less time. */
typedef struct {
    uint16_t  start_ms;                 /* as long as nothing is known       */
    uint16_t  min_ms;
    uint16_t  max_ms;                   /* more than this is thrown away     */
    uint16_t  hold_ms;                  /* concealed this long when dry      */
} wzp_jitter_conf_t;


typedef struct {
    uint16_t        seq;
    uint32_t        timestamp;          /* ms, or 1/48 ms (PROTOCOL 3.1)     */
    wzp_codec_t     codec;
    uint16_t        dur_ms;             /* 0: plays nothing (repair packet)  */
    bool            copy;               /* came inside a later packet: one
                                           that is late or known does not
                                           count                             */
    uint16_t        reach_ms;           /* this much before it can be made
                                           out of it, should it be missing   */
    const uint8_t  *data;
    size_t          len;                /* at most WZP_JITTER_PAYLOAD        */
} wzp_frame_t;


/* What is to be played next. */
typedef enum {
    WZP_JITTER_FRAME = 0,               /* out->frame                        */
    WZP_JITTER_LOST,                    /* out->frame is a later one, whose
                                           redundancy may help; it stays     */
    WZP_JITTER_DRY,                     /* nothing is there: conceal         */
    WZP_JITTER_NOISE,                   /* the sender is silent and said so  */
    WZP_JITTER_SILENCE                  /* nobody speaks                     */
} wzp_jitter_what_t;


typedef struct {
    wzp_jitter_what_t  what;
    uint16_t           dur_ms;          /* play for so long, then ask again  */
    uint16_t           gap_ms;          /* LOST: the hole starts so much
                                           before out->frame                 */
    int32_t            excess_us;       /* FRAME: it is played so much later
                                           (negative: earlier) than it should;
                                           0 when that is to be left alone   */
    wzp_frame_t        frame;           /* data is valid until the next call */
} wzp_jitter_out_t;


typedef struct {
    uint64_t  late;                     /* came after its place was played   */
    uint64_t  dup;
    uint64_t  played;
    uint64_t  lost;                     /* places played without their frame */
    uint64_t  dry;
    uint64_t  skipped;                  /* thrown away to shorten the delay  */
    uint64_t  resets;
    uint64_t  waited_us;                /* all frames played, together       */
    uint32_t  waited_max_us;
    uint32_t  waited_now_us;            /* mean of the last few              */
    uint32_t  jitter_us;                /* RFC 3550, 6.4.1                   */
    uint64_t  shortened;                /* times that playing was shortened, */
    uint64_t  shortened_us;
    uint64_t  lengthened;               /*   and the opposite                */
    uint64_t  lengthened_us;
} wzp_jitter_stats_t;


typedef enum {
    WZP_JITTER_IDLE = 0,                /* empty, not playing                */
    WZP_JITTER_FILL,                    /* waits for start_ns                */
    WZP_JITTER_PLAY
} wzp_jitter_state_t;


typedef struct {
    bool         used;
    bool         copy;
    uint16_t     seq;
    uint32_t     timestamp;
    wzp_codec_t  codec;
    uint16_t     dur_ms;
    uint16_t     len;
    uint64_t     put_ns;
    uint8_t      data[WZP_JITTER_PAYLOAD];
} wzp_jitter_slot_t;


/* About 90 kB; caller memory. */
typedef struct {
    wzp_jitter_conf_t   conf;
    wzp_jitter_state_t  state;
    bool                has_next;       /* next_seq is meant                 */
    bool                has_prev;
    uint16_t            next_seq;       /* to be played next                 */
    uint32_t            next_ts;        /* its timestamp, we think           */
    uint16_t            top_seq;        /* newest in the buffer              */
    uint16_t            dur_ms;         /* of the frame played last          */
    uint16_t            dry_ms;         /* concealed so far                  */
    uint16_t            noise_ms;       /* comfort noise left                */
    uint32_t            unit;           /* timestamp units per ms: 1 or 48   */
    bool                has_unit;       /* a step said so                    */
    bool                unit_doubt;     /* and the last one otherwise        */
    unsigned            count;          /* slots in use                      */
    uint32_t            held_ms;        /* of speech in them                 */
    uint64_t            start_ns;       /* FILL: begin to play               */
    uint64_t            put_ns;         /* last arrival                      */
    uint16_t            prev_seq;       /* of the last arrival               */
    uint32_t            prev_ts;
    unsigned            looks;          /* at the excess since it was changed */
    int64_t             low_us;         /* least of it in this round of looks */
    int64_t             before_us;      /* and in the round before           */
    uint64_t            moved_ns;       /* when it was changed               */
    wzp_delay_t         delay;
    uint32_t            seen[WZP_JITTER_SEEN];  /* number + 65536            */
    wzp_jitter_stats_t  st;
    wzp_jitter_slot_t   slots[WZP_JITTER_SLOTS];
} wzp_jitter_t;


/* conf NULL: the defaults. */
void wzp_jitter_init(wzp_jitter_t *jb, const wzp_jitter_conf_t *conf);

/* Forget all packets and the place in the stream; counters stay. */
void wzp_jitter_reset(wzp_jitter_t *jb);

/*
 * Put one packet.
 *
 *   now_ns   monotonic
 *   fr       borrowed; the payload is copied
 *
 * WZP_OK queued; WZP_ELATE its place was played already (st.late); WZP_EDUP
 * it is in the buffer already (st.dup); WZP_ETOOBIG too long a payload.  More
 * than 100 behind is a new sender: the buffer starts again there.  A copy that
 * is of no use is refused without a trace.
 * O(WZP_JITTER_SLOTS) at worst, never allocates.
 */
wzp_rc_t wzp_jitter_put(wzp_jitter_t *jb, const wzp_frame_t *fr,
    uint64_t now_ns) WZP_MUST_CHECK;

/* Are packets missing right before this one, which has not been put yet? */
bool wzp_jitter_gap(const wzp_jitter_t *jb, uint16_t seq);

/*
 * What to play now.  After a place was concealed for hold_ms with nothing to
 * follow, or where the sender suppressed silence, the answer is silence in
 * steps of WZP_JITTER_TICK_MS; a hole of over a second is jumped.
 */
void wzp_jitter_get(wzp_jitter_t *jb, wzp_jitter_out_t *out, uint64_t now_ns);

/*
 * The frame just taken was played shorter (us < 0) or longer by so much.
 */
void wzp_jitter_stretched(wzp_jitter_t *jb, int32_t us, uint64_t now_ns);

/* How long the fastest frames shall wait at present, ms. */
uint32_t wzp_jitter_target(const wzp_jitter_t *jb);

/* Milliseconds of speech that wait; holes between them do not count. */
uint32_t wzp_jitter_level(const wzp_jitter_t *jb);


#endif /* _WZP_JITTER_H_INCLUDED_ */
