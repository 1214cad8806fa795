/*
 * Serial number arithmetic (RFC 1982, SERIAL_BITS 16) and unwrapping.
 * Numbers only; windows and duplicates are decided elsewhere.
 */

#ifndef _WZP_SEQ_H_INCLUDED_
#define _WZP_SEQ_H_INCLUDED_


#include "wzp/wzp_base.h"


/*
 * Signed distance from b to a, -32768..32767: positive when a is newer.
 * RFC 1982 leaves the distance 32768 undefined; here it counts as older, seen
 * from both sides.
 */
static inline int32_t
wzp_seq_diff(uint16_t a, uint16_t b)
{
    uint16_t  d;

    d = (uint16_t) (a - b);

    return d < 0x8000 ? (int32_t) d : (int32_t) d - 0x10000;
}


/* a was sent before b. */
static inline bool
wzp_seq_before(uint16_t a, uint16_t b)
{
    return wzp_seq_diff(a, b) < 0;
}


/* a was sent after b. */
static inline bool
wzp_seq_after(uint16_t a, uint16_t b)
{
    return wzp_seq_diff(a, b) > 0;
}


/*
 * The 64-bit number with these low 16 bits that is nearest to `last`, the
 * newest number known.  Where that would lie below zero (an old packet right
 * after the start) the first one above is returned: start `last` at 65536 or
 * more if such packets must sort correctly.
 */
static inline uint64_t
wzp_seq_extend(uint64_t last, uint16_t seq)
{
    int32_t  d;

    d = wzp_seq_diff(seq, (uint16_t) last);

    if (d < 0 && last < (uint64_t) -d) {
        return (uint64_t) seq;
    }

    return d < 0 ? last - (uint64_t) -d : last + (uint64_t) d;
}


/* The same for 32-bit numbers (media timestamps, milliseconds). */
static inline int64_t
wzp_time_diff(uint32_t a, uint32_t b)
{
    uint32_t  d;

    d = a - b;

    return d < 0x80000000u ? (int64_t) d : (int64_t) d - 0x100000000;
}


static inline uint64_t
wzp_time_extend(uint64_t last, uint32_t ms)
{
    int64_t  d;

    d = wzp_time_diff(ms, (uint32_t) last);

    if (d < 0 && last < (uint64_t) -d) {
        return (uint64_t) ms;
    }

    return d < 0 ? last - (uint64_t) -d : last + (uint64_t) d;
}


#endif /* _WZP_SEQ_H_INCLUDED_ */
