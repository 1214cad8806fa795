/*
 * Sending: the source in real time, what of it is not silence, encoded and
 * protected as planned, in packets.  PROTOCOL 3.1, 3.3, 6.2, 6.3 and E.11.
 */

#ifndef _SENDER_H_INCLUDED_
#define _SENDER_H_INCLUDED_


#include "options.h"
#include "source.h"
#include "quic/wzp_quic.h"
#include "wzp/wzp_compact.h"
#include "wzp/wzp_plan.h"


typedef struct cl_sender_s  cl_sender_t;


typedef struct {
    uint64_t  frames;                   /* offered to the encoder            */
    uint64_t  packets;                  /* handed to QUIC                    */
    uint64_t  bytes;                    /* of these, with headers            */
    uint64_t  refused;                  /* did not fit the path              */
    uint64_t  missed;                   /* frames while there was no relay   */
    uint64_t  suppressed;               /* frames of silence, not sent       */
    uint64_t  noise;                    /* packets that tell of silence      */
    uint64_t  copies;                   /* of earlier frames, inside others  */
    uint64_t  repair;                   /* packets                           */
    uint64_t  payload;                  /* bytes without headers             */
    uint16_t  next_seq;
} cl_sender_stats_t;


/* *tx is NULL when the options name nothing to send, unless it shall tell at
 * least what it hears; without `tells` (who measures) nothing but the source is
 * sent.  Said. */
cl_exit_t cl_sender_create(cl_sender_t **tx, const cl_options_t *op,
    bool tells);
void cl_sender_destroy(cl_sender_t *tx);

/* We are in the room under this stream id: begin, or go on. */
void cl_sender_start(cl_sender_t *tx, uint16_t stream_id, uint64_t now_ns);

/* A new connection: may it have compact headers (PROTOCOL E.10)? */
void cl_sender_compact(cl_sender_t *tx, bool on);

/* Those there know what a view is: they are told while nothing is said, too
 * (PROTOCOL E.11). */
void cl_sender_tells(cl_sender_t *tx, bool on);

/* From the next frame on, with DRED until there is a plan. */
void cl_sender_profile(cl_sender_t *tx, wzp_profile_id_t id);

/* From the next frame on: codec, rate, redundancy. */
void cl_sender_plan(cl_sender_t *tx, const wzp_plan_t *plan);

/* Goes into the next packet. */
void cl_sender_report(cl_sender_t *tx, const wzp_report_t *rp);

/* What we hear of another stream, for its sender to know: loss 0..1, mean burst
 * in packets (PROTOCOL E.11).  Goes into one of the next packets. */
void cl_sender_view(cl_sender_t *tx, uint16_t stream_id, float loss,
    float burst);

/* Let somebody listen to what goes to the encoder; silence while muted. */
typedef void (*cl_sender_listen_pt)(void *ctx, const int16_t *pcm, size_t n);
void cl_sender_listen(cl_sender_t *tx, cl_sender_listen_pt listen, void *ctx);

/* No sound leaves, time goes on. */
void cl_sender_mute(cl_sender_t *tx, bool muted);

/* Send what is due; qc NULL: it is lost.  Returns when the next frame is due,
 * UINT64_MAX when there is none. */
uint64_t cl_sender_turn(cl_sender_t *tx, wzp_qconn_t *qc, uint64_t now_ns);

/* What it sends by, and how loud: dBFS. */
const wzp_plan_t *cl_sender_planned(const cl_sender_t *tx);
float cl_sender_level(const cl_sender_t *tx);

/* All of the source was sent. */
bool cl_sender_over(const cl_sender_t *tx);

/* What is sent; NULL: nothing, we listen. */
cl_source_t *cl_sender_source(cl_sender_t *tx);

const cl_sender_stats_t *cl_sender_stats(const cl_sender_t *tx);


#endif /* _SENDER_H_INCLUDED_ */
