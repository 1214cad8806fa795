/*
 * Which redundancy a sender adds: how large the primary encoding is, and what
 * of the budget goes into in-band FEC, DRED, copies of earlier frames or repair
 * packets.  Measured loss and burst length in, a plan out; pure, no clock.
 */

#ifndef _WZP_PLAN_H_INCLUDED_
#define _WZP_PLAN_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_packet.h"
#include "wzp/wzp_signal.h"


#define WZP_PLAN_COPIES     4           /* of one frame, at most             */
#define WZP_PLAN_SPREAD_MS  240         /* and the last of them by then      */


typedef enum {
    WZP_PLAN_AUTO = 0,
    WZP_PLAN_OFF,
    WZP_PLAN_INBAND,                    /* in-band FEC only                  */
    WZP_PLAN_DRED,                      /* DRED only                         */
    WZP_PLAN_COPY                       /* copies only                       */
} wzp_plan_mode_t;


typedef struct {
    wzp_profile_id_t  profile;
    uint32_t          budget_bps;       /* payload with copies; 0: twice the
                                           profile's                         */
    float             loss;             /* 0 .. 1                            */
    float             burst;            /* mean length in packets, >= 1      */
    wzp_plan_mode_t   mode;
    bool              unheard;          /* no listener says what he hears:
                                           DRED, in case (PROTOCOL 6.4)      */
} wzp_plan_input_t;


typedef struct {
    wzp_codec_t  codec;
    uint32_t     bitrate_bps;           /* of the primary encoding           */
    bool         inband_fec;
    unsigned     loss_pct;              /* hint for the encoder              */
    unsigned     dred_10ms;             /* 0: none                           */
    unsigned     ncopies;               /* each frame so many times more     */
    uint8_t      offset[WZP_PLAN_COPIES];   /* packets later, rising         */
    float        fec_ratio;             /* RaptorQ, Codec2 only              */
} wzp_plan_t;


/* Decide from scratch.  What is out of range is bounded, NaN is 0. */
void wzp_plan_choose(wzp_plan_t *plan, const wzp_plan_input_t *in);

/* Payload of a plan: primary encoding, copies and what they are wrapped in;
 * for Codec2 with repair packets. */
uint32_t wzp_plan_bps(const wzp_plan_t *plan);

bool wzp_plan_equal(const wzp_plan_t *a, const wzp_plan_t *b);

/* The share of frames that stay lost for who hears them over this channel. */
float wzp_plan_left(const wzp_plan_t *plan, float loss, float burst);

/* A higher primary rate than is needed, or more repair packets, up to this
 * rate: to see whether it gets through. */
void wzp_plan_fill(wzp_plan_t *plan, uint32_t bps);

/* "auto", "off", "inband", "dred", "copies", and back (false: none). */
const char *wzp_plan_mode_name(wzp_plan_mode_t mode);
bool wzp_plan_mode_by_name(const char *name, wzp_plan_mode_t *mode);


#endif /* _WZP_PLAN_H_INCLUDED_ */
