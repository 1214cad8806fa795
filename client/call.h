/*
 * A call: one membership in a room over as many connections as it takes.
 * call.c keeps the connection, call_room.c speaks with the relay, mute.c says
 * whether we are heard, live.c has the sound devices, talk.c has the whole of
 * it and decides when it ends, status.c tells.
 */

#ifndef _CALL_H_INCLUDED_
#define _CALL_H_INCLUDED_


#include "adapt.h"
#include "audio.h"
#include "debrief.h"
#include "ident_file.h"
#include "link.h"
#include "playout.h"
#include "room.h"
#include "sender.h"
#include "wav.h"


typedef struct cl_metrics_s  cl_metrics_t;


typedef enum {
    CL_CALL_CONNECT = 0,                /* the link is at it                 */
    CL_CALL_OFFER,                      /* our offer waits for its answer    */
    CL_CALL_IN,
    CL_CALL_WAIT,                       /* before the next attempt           */
    CL_CALL_LEAVE,                      /* Hangup is on its way              */
    CL_CALL_OVER
} cl_call_state_t;


/* What all connections of the call did together. */
typedef struct {
    uint64_t  frames_out;
    uint64_t  dropped;                  /* ours, before they left            */
    uint64_t  packets_lost;
} cl_call_sums_t;


/* Whoever wants to see and hear all that comes. */
typedef struct {
    void      (*packet)(void *ctx, const wzp_packet_t *pk, uint64_t now_ns);

    /* The next CL_TICK_SAMPLES; the first ones belong to joined_ns.  NULL:
     * nobody listens. */
    void      (*heard)(void *ctx, const int16_t *pcm);
    uint64_t    drain_ns;               /* to stay when all is sent          */
    void       *ctx;
} cl_tap_t;


typedef struct {
    const cl_options_t  *op;
    const cl_me_t       *me;
    const char          *title;         /* for people                        */
    bool                 pair;          /* say nothing before somebody else
                                           is there                          */
    cl_link_t           *ln;
    cl_playout_t        *po;
    cl_sender_t         *tx;            /* NULL: nothing to send             */
    cl_adapt_t          *adapt;         /* likewise                          */
    cl_audio_t          *au;            /* NULL: not live                    */
    cl_wav_out_t        *rec;           /* NULL: no recording                */
    cl_debrief_t        *debrief;       /* NULL: no report                   */
    const cl_tap_t      *tap;           /* NULL: nobody                      */
    cl_metrics_t        *metrics;       /* NULL: no --metrics-file           */
    cl_room_t            room;

    cl_call_state_t      state;
    cl_exit_t            status;        /* of the program                    */
    bool                 joined;        /* has been in the room              */
    uint64_t             start_ns;
    uint64_t             joined_ns;     /* for the first time                */
    uint64_t             entered_ns;    /* for the last time                 */

    uint8_t              exporter[WZP_EXPORTER_SIZE];
    bool                 has_exporter;
    bool                 verified;      /* the answer was bound              */
    bool                 extended;      /* the relay knows our extensions    */
    char                 relay_fp[WZP_FP_TEXT_LEN + 1];
    uint16_t             stream_id;
    bool                 has_resume;
    uint8_t              resume[WZP_RESUME_SIZE];
    wzp_profile_id_t     chosen;        /* by the relay                      */
    wzp_profile_id_t     wanted;        /* by the relay, newest              */
    wzp_profile_id_t     limit;         /* the best that the person allows   */
    wzp_profile_id_t     profile;       /* in use                            */

    bool                 muted;         /* by the person                     */
    bool                 radio;         /* push-to-talk: quiet until pressed */
    bool                 pressed;
    bool                 told_muted;    /* the relay believes it             */

    uint64_t             answer_ns;     /* OFFER: give up                    */
    uint64_t             wait_ns;       /* WAIT: dial                        */
    uint64_t             lost_ns;       /* when the relay went away          */
    uint64_t             leave_ns;      /* LEAVE: give up                    */
    uint64_t             drain_ns;      /* source is over: leave then        */
    unsigned             attempt;
    unsigned             early;         /* of the first join                 */
    bool                 interrupted;

    unsigned             reconnects;
    unsigned             migrations;
    uint64_t             frames_in;     /* media datagrams                   */
    wzp_qstats_t         qs;            /* of this connection, newest        */
    cl_call_sums_t       sums;          /* of earlier ones                   */

    uint64_t             status_ns;     /* next look, and the numbers at the */
    uint64_t             seen_ns;       /*   last one                        */
    uint64_t             seen_in;
    uint64_t             seen_out;
    uint64_t             seen_expected;
    uint64_t             seen_missing;
    unsigned             in_bps;
    unsigned             out_bps;
    double               loss_pct;      /* of the last second                */
} cl_call_t;


/* ---- talk.c ---- */

/* All parts of a call, and dial.  op, me and tap (or NULL) must outlive it.
 * Said; *cl is NULL then. */
cl_exit_t cl_talk_create(cl_call_t **cl, const cl_options_t *op,
    const cl_me_t *me, const cl_tap_t *tap);

/* Do what is due; returns when to be called next. */
uint64_t cl_talk_turn(cl_call_t *cl, uint64_t now_ns);

/* SIGUSR1: move; SIGUSR2: see cl_live_toggle; any other: leave, the second
 * time at once. */
void cl_talk_signal(cl_call_t *cl, int signo, uint64_t now_ns);

/* OVER: the report, complete files.  Returns the status. */
cl_exit_t cl_talk_finish(cl_call_t *cl);

void cl_talk_destroy(cl_call_t *cl);


/* ---- call.c ---- */

/* The events of the link. */
extern const cl_link_events_t  cl_call_events;

void cl_call_dial(cl_call_t *cl);
void cl_call_leave(cl_call_t *cl, uint64_t now_ns);
void cl_call_over(cl_call_t *cl, cl_exit_t status);

/* Timers of the connection; returns the next. */
uint64_t cl_call_turn(cl_call_t *cl, uint64_t now_ns);


/* ---- call_room.c ---- */

/* The connection is up: send the offer. */
void cl_call_offer(cl_call_t *cl);

/* A message from the relay. */
void cl_call_message(cl_call_t *cl, const uint8_t *data, size_t len);

/* Say goodbye. */
void cl_call_hangup(cl_call_t *cl);

/* Send nothing better than this from now on. */
void cl_call_limit(cl_call_t *cl, wzp_profile_id_t best);


/* ---- mute.c ---- */

/* The person mutes us, or not any more; the others are told. */
void cl_talk_mute(cl_call_t *cl, bool muted);

/* Push-to-talk: while it is pressed we are heard in any case. */
void cl_talk_ptt(cl_call_t *cl, bool pressed);

/* What changes may have come about otherwise: a new connection, radio. */
void cl_mute_apply(cl_call_t *cl);


/* ---- live.c ---- */

/* The devices of --live, if it is.  CL_IO, CL_INTERNAL, said. */
cl_exit_t cl_live_create(cl_call_t *cl);

/* Can they be opened? */
cl_exit_t cl_live_check(const cl_options_t *op);

/* Hear and play what is due; returns when to be called again. */
uint64_t cl_live_turn(cl_call_t *cl, uint64_t now_ns);

/* Complete the files of devices.  False: one is broken (said). */
bool cl_live_finish(cl_call_t *cl);

/* Press or release push-to-talk; without it, mute or unmute. */
void cl_live_toggle(cl_call_t *cl);


/* ---- status.c ---- */

/* Numbers, the live line, quality reports; returns when to be called again. */
uint64_t cl_status_turn(cl_call_t *cl, uint64_t now_ns);

/* The closing report. */
void cl_status_report(cl_call_t *cl);

/* Add the numbers of a connection that ended. */
void cl_status_close(cl_call_t *cl);


#endif /* _CALL_H_INCLUDED_ */
