/*
 * What rides along inside our packets: copies of earlier ones, and what we
 * hear of others.  PROTOCOL E.11.  Memory of one size.
 */

#ifndef _EXTRA_H_INCLUDED_
#define _EXTRA_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_opus_ext.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_plan.h"


#define CL_EXTRA_RING       32          /* packets; a power of two           */
#define CL_EXTRA_FRAME      512         /* bytes: larger ones go once        */
#define CL_EXTRA_VIEWS      16          /* streams that we tell about        */


/* A packet that was sent, without padding. */
typedef struct {
    uint16_t          seq;
    uint32_t          timestamp;
    size_t            len;              /* 0: none                           */
    uint8_t           data[CL_EXTRA_FRAME];
} cl_extra_sent_t;


typedef struct {
    bool              waits;
    wzp_block_view_t  view;
} cl_extra_view_t;


/* Caller memory, all zero at first.  copies: written into packets so far. */
typedef struct {
    uint64_t          copies;
    size_t            turn;             /* of the views                      */
    cl_extra_view_t   views[CL_EXTRA_VIEWS];
    cl_extra_sent_t   ring[CL_EXTRA_RING];
} cl_extra_t;


/* Loss 0..1, mean burst in packets: the newest of each stream is told once. */
void cl_extra_view(cl_extra_t *ex, uint16_t stream_id, float loss,
    float burst);

/*
 * The payload for an Opus packet: what the plan wants in it, as far as it fits
 * into size.  Returns its length.
 */
size_t cl_extra_wrap(cl_extra_t *ex, const wzp_plan_t *plan,
    const wzp_packet_t *pk, uint8_t *out, size_t size);

/* The payload for a comfort noise packet of this level. */
size_t cl_extra_noise(cl_extra_t *ex, uint8_t level, uint8_t *out,
    size_t size);

/* The same, of silence that comes in the middle of speech: with the copies that
 * the next packets would have had. */
size_t cl_extra_close(cl_extra_t *ex, const wzp_plan_t *plan,
    const wzp_packet_t *pk, uint8_t *out, size_t size);

/* Something waits to be told. */
bool cl_extra_waits(const cl_extra_t *ex);

/* It was sent: later packets may have copies of it. */
void cl_extra_sent(cl_extra_t *ex, const wzp_packet_t *pk);

/* Nobody shall hear again what was said so far. */
void cl_extra_forget(cl_extra_t *ex);


#endif /* _EXTRA_H_INCLUDED_ */
