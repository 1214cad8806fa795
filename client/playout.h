/*
 * All streams together: whose packet is it, and what is to be heard now.  The
 * local clock drives it, 10 ms at a time, or a sound card does (conf.pull).
 */

#ifndef _PLAYOUT_H_INCLUDED_
#define _PLAYOUT_H_INCLUDED_


#include "stream.h"


#define CL_STREAMS_MAX      256         /* accounts kept; the oldest go      */
#define CL_VOICES_MAX       64          /* of these with a decoder           */
#define CL_VOLUMES_MAX      64          /* wishes kept                       */
#define CL_VOLUME_DB        40.0f       /* -40 .. 40                         */


typedef struct cl_playout_s  cl_playout_t;

/* A tick of the mixed sound, CL_TICK_SAMPLES.  False: stop calling. */
typedef bool (*cl_playout_sink_pt)(void *ctx, const int16_t *pcm);

/* A stream began or ceased to speak. */
typedef void (*cl_playout_talk_pt)(void *ctx, const cl_stream_t *sm,
    bool talking);


/* A new stream: fill in fp and alias, if its id is known. */
typedef void (*cl_playout_who_pt)(void *ctx, cl_stream_t *sm);


/* A packet came; before anything is done with it. */
typedef void (*cl_playout_packet_pt)(void *ctx, const wzp_packet_t *pk,
    uint64_t now_ns);


typedef struct {
    cl_playout_sink_pt    sink;         /* NULL: nobody listens, nothing is
                                           decoded                           */
    cl_playout_talk_pt    talk;
    cl_playout_who_pt     who;
    cl_stream_view_pt     view;
    cl_playout_packet_pt  packet;
    void                 *ctx;
    bool                  pull;         /* cl_playout_tick is called by whom
                                           it is played by; sink, if any,
                                            gets the same                     */
    wzp_jitter_conf_t     delay;        /* max_ms 0: as usual                */
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

/* Play what is due; returns when the next tick is.  Nothing to do with
 * conf.pull. */
uint64_t cl_playout_turn(cl_playout_t *po, uint64_t now_ns);

/* The next 10 ms of everybody.  Before the start: silence. */
void cl_playout_tick(cl_playout_t *po, uint64_t now_ns,
    int16_t pcm[CL_TICK_SAMPLES]);

/*
 * How loud, and whether at all, somebody is to be heard: by alias (any case)
 * or by the beginning of the fingerprint (4 digits or more, colons may be
 * missing).  Kept for people who come later; the newest wish counts.  False:
 * too many wishes.
 */
bool cl_playout_volume(cl_playout_t *po, const char *who, float db);
bool cl_playout_mute(cl_playout_t *po, const char *who, bool muted);

/* What was wished for somebody, who may not have been heard yet. */
void cl_playout_wanted(const cl_playout_t *po, const char *fp,
    const char *alias, float *db, bool *muted);

/* The same for one stream, who need not have a name. */
void cl_playout_adjust(cl_playout_t *po, size_t i, float db, bool muted);

/* For the status line. */
size_t cl_playout_count(const cl_playout_t *po);
const cl_stream_t *cl_playout_stream(const cl_playout_t *po, size_t i);

/* Packets that are none, and streams that had to go. */
uint64_t cl_playout_malformed(const cl_playout_t *po);
uint64_t cl_playout_evicted(const cl_playout_t *po);

/* Sums over all streams: numbers expected, missing, payload bytes. */
void cl_playout_totals(const cl_playout_t *po, uint64_t *expected,
    uint64_t *missing, uint64_t *bytes);

/* Jitter in ms, the worst of those who speak. */
double cl_playout_jitter(const cl_playout_t *po);

/* Array of streams for a report; final: no more packets will come.  NULL: no
 * memory. */
json_t *cl_playout_report(cl_playout_t *po, bool final);


#endif /* _PLAYOUT_H_INCLUDED_ */
