/*
 * All streams together: whose packet is it, and what is to be heard now.  The
 * local clock drives it, 10 ms at a time.
 */

#ifndef _PLAYOUT_H_INCLUDED_
#define _PLAYOUT_H_INCLUDED_


#include "stream.h"


#define CL_STREAMS_MAX      256         /* accounts kept; the oldest go      */
#define CL_VOICES_MAX       64          /* of these with a decoder           */


typedef struct cl_playout_s  cl_playout_t;

/* A tick of the mixed sound, CL_TICK_SAMPLES.  False: stop calling. */
typedef bool (*cl_playout_sink_pt)(void *ctx, const int16_t *pcm);

/* A stream began or ceased to speak. */
typedef void (*cl_playout_talk_pt)(void *ctx, const cl_stream_t *sm,
    bool talking);


/* A new stream: fill in fp and alias, if its id is known. */
typedef void (*cl_playout_who_pt)(void *ctx, cl_stream_t *sm);


typedef struct {
    cl_playout_sink_pt  sink;           /* NULL: nobody listens, nothing is
                                           decoded                           */
    cl_playout_talk_pt  talk;
    cl_playout_who_pt   who;
    void               *ctx;
} cl_playout_conf_t;


/* NULL: no memory. */
cl_playout_t *cl_playout_create(const cl_playout_conf_t *conf);
void cl_playout_destroy(cl_playout_t *po);

/* The clock starts; further calls do nothing. */
void cl_playout_start(cl_playout_t *po, uint64_t now_ns);

/* One datagram. */
void cl_playout_put(cl_playout_t *po, const uint8_t *data, size_t len,
    uint64_t now_ns);

/* A stream id belongs to this member (from RoomUpdate): where it was somebody
 * else's, a new account begins. */
void cl_playout_name(cl_playout_t *po, uint16_t id, const char *fp,
    const char *alias);

/* Play what is due; returns when the next tick is. */
uint64_t cl_playout_turn(cl_playout_t *po, uint64_t now_ns);

/* For the status line. */
size_t cl_playout_count(const cl_playout_t *po);
const cl_stream_t *cl_playout_stream(const cl_playout_t *po, size_t i);

/* Packets that are none, and streams that had to go. */
uint64_t cl_playout_malformed(const cl_playout_t *po);
uint64_t cl_playout_evicted(const cl_playout_t *po);

/* Sums over all streams: numbers expected, missing, payload bytes. */
void cl_playout_totals(const cl_playout_t *po, uint64_t *expected,
    uint64_t *missing, uint64_t *bytes);

/* Array of streams for a report; final: no more packets will come.  NULL: no
 * memory. */
json_t *cl_playout_report(cl_playout_t *po, bool final);


#endif /* _PLAYOUT_H_INCLUDED_ */
