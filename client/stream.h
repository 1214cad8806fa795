/*
 * One sender as we hear it: exact account of its packets, jitter buffer,
 * decoder, and ten milliseconds of sound at a time.
 */

#ifndef _STREAM_H_INCLUDED_
#define _STREAM_H_INCLUDED_


#include <jansson.h>

#include "client.h"
#include "codec.h"
#include "wzp/wzp_account.h"
#include "wzp/wzp_fec.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_jitter.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_stretch.h"


#define CL_LEVEL_MIN_DB     -96.0f      /* silence                           */


typedef struct {
    uint64_t  concealed_plc;            /* frames guessed in running speech  */
    uint64_t  concealed_dred;           /* frames out of later packets: deep
                                           redundancy                        */
    uint64_t  concealed_fec;            /* in-band FEC                       */
    uint64_t  concealed_copy;           /* a copy, or repaired               */
    uint64_t  noise;                    /* comfort noise frames              */
    uint64_t  repair;                   /* FEC packets                       */
    uint64_t  bad;                      /* no frame of its codec             */
    uint64_t  bytes;                    /* payload                           */
} cl_stream_stats_t;


/* The expensive half: a stream that fell silent long ago has none. */
typedef struct {
    wzp_jitter_t   jb;
    wzp_fec_rx_t   fec;
    cl_decoder_t  *de;                  /* NULL: nobody listens              */
    size_t         at;                  /* samples taken out of pcm          */
    size_t         have;
    bool           sounds;              /* what is in pcm                    */
    unsigned       guessed_ms;          /* in a row                          */
    unsigned       tail;                /* frames guessed with none to follow */
    uint32_t       seed;                /* of the noise                      */
    int            noise_peak;          /* its level, as the sender told     */
    float          floor;               /* RMS of its background             */
    float          hiss;                /* last sample of noise made like it */
    bool           hushed;              /* guessing has come to its end      */
    int16_t        pcm[CL_FRAME_MAX + WZP_STRETCH_MAX];
} cl_voice_t;


typedef struct cl_stream_s  cl_stream_t;

/* What the sender of a stream hears of another one: loss 0..1, mean burst in
 * packets. */
typedef void (*cl_stream_view_pt)(void *ctx, uint16_t about, uint16_t from,
    float loss, float burst);


struct cl_stream_s {
    uint16_t            id;             /* 0: an existing relay; guessed     */
    bool                retired;        /* the id is somebody else's now     */
    char                fp[WZP_FP_TEXT_LEN + 1];
    char                alias[WZP_ALIAS_MAX + 1];
    wzp_account_t       acc;
    wzp_codec_t         codec;          /* newest                            */
    cl_stream_stats_t   st;
    wzp_jitter_stats_t  old;            /* of voices that were given up      */
    cl_voice_t         *voice;
    uint64_t            heard_ns;       /* last packet                       */
    uint64_t            loud_ns;        /* last packet that was not silence  */
    bool                talking;        /* as was told                       */
    float               level_db;       /* of its sound, dBFS: peak of about
                                           the last 100 ms, before volume    */
    float               volume_db;      /* wanted by the listener            */
    bool                muted;          /* by the listener                   */
};


/* NULL: no memory. */
cl_stream_t *cl_stream_create(uint16_t id);
void cl_stream_destroy(cl_stream_t *sm);

/* Give the stream a jitter buffer (conf NULL: as usual) and, if somebody
 * listens, a decoder. */
bool cl_stream_wake(cl_stream_t *sm, const wzp_jitter_conf_t *conf,
    bool listen);
void cl_stream_sleep(cl_stream_t *sm);

/* One packet of this stream.  The stream is awake, or nothing is played. */
void cl_stream_put(cl_stream_t *sm, const wzp_packet_t *pk, uint64_t now_ns);

/* What else is in the packet: frames that were lost (PROTOCOL 5, E.11).  The
 * stream is awake. */
void cl_stream_extra(cl_stream_t *sm, const wzp_packet_t *pk, uint64_t now_ns);

/* And views; of who only listens, too. */
void cl_stream_views(const wzp_packet_t *pk, cl_stream_view_pt view,
    void *ctx);

/* The next CL_TICK_SAMPLES.  False when they are silence (not written). */
bool cl_stream_pull(cl_stream_t *sm, int16_t *pcm, uint64_t now_ns);

/* A tick of its sound was played, NULL: silence; updates level_db. */
void cl_stream_meter(cl_stream_t *sm, const int16_t *pcm);

/* Counters of the jitter buffer, earlier ones included. */
void cl_stream_jitter(const cl_stream_t *sm, wzp_jitter_stats_t *st);

/* An object for a report; NULL: no memory. */
json_t *cl_stream_report(const cl_stream_t *sm);


#endif /* _STREAM_H_INCLUDED_ */
