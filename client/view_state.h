/*
 * What there is to show: the call, the people, what was said.  view.c writes
 * it, view_draw.c paints it.
 */

#ifndef _VIEW_STATE_H_INCLUDED_
#define _VIEW_STATE_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_signal.h"


#define CL_VIEW_PEOPLE      512         /* more are counted                  */
#define CL_VIEW_NAME        (WZP_ALIAS_MAX + WZP_LABEL_MAX + 4)
#define CL_VIEW_LINES       200         /* messages kept                     */
#define CL_VIEW_LINE        400         /* bytes of one                      */
#define CL_VIEW_BARS        4


typedef struct {
    char      name[CL_VIEW_NAME];
    bool      talking;
    bool      muted;                    /* by themselves                     */
    bool      held;
    bool      silenced;                 /* by us                             */
    float     volume_db;

    bool      heard;                    /* what follows means something      */
    unsigned  bars;                     /* 0 .. CL_VIEW_BARS                 */
    float     level_db;                 /* dBFS                              */
    double    loss_pct;
    unsigned  wait_ms;                  /* for late packets                  */
} cl_view_person_t;


typedef enum {
    CL_VIEW_LISTENS = 0,                /* nothing to send                   */
    CL_VIEW_QUIET,                      /* may speak and does not            */
    CL_VIEW_SPEAKS,
    CL_VIEW_MUTED,
    CL_VIEW_WAITS                       /* for the key to be pressed         */
} cl_view_voice_t;


typedef struct {
    char              name[WZP_ALIAS_MAX + 1];
    cl_view_voice_t   voice;
    bool              metered;          /* level_db means something          */
    float             level_db;
    char              sends[64];        /* codec, bit rate, redundancy       */
} cl_view_me_t;


/* Lines that were said, the oldest forgotten. */
typedef struct {
    unsigned  first;
    unsigned  n;
    struct {
        char  when[6];                  /* 12:34                             */
        bool  warning;
        char  text[CL_VIEW_LINE];
    }         lines[CL_VIEW_LINES];
} cl_view_log_t;


typedef enum {
    CL_VIEW_IDLE = 0,                   /* no call                           */
    CL_VIEW_DIALS,                      /* on the way to the room            */
    CL_VIEW_IN
} cl_view_stage_t;


typedef struct {
    cl_view_stage_t   stage;
    const char       *title;
    const char       *relay;
    const char       *caller;           /* wants an answer; NULL: nobody     */
    bool              phone;            /* a call is hung up, not left       */
    bool              help;
    uint64_t          seconds;          /* in the room                       */

    double            rtt_ms;
    double            loss_pct;
    double            jitter_ms;
    unsigned          in_kbps;
    unsigned          out_kbps;

    cl_view_me_t      me;
    unsigned          total;            /* people, ourselves too             */
    unsigned          n;                /* of these in the list              */
    unsigned          selected;
    cl_view_person_t  people[CL_VIEW_PEOPLE];
    cl_view_log_t     log;
} cl_view_state_t;


/* One more line; "\n" begins another one.  when: 12:34. */
void cl_view_log_add(cl_view_log_t *lg, const char *when, const char *text,
    bool warning);

/* How well somebody is heard, from loss, jitter and the share of what had to
 * be guessed: 0 .. CL_VIEW_BARS. */
unsigned cl_view_bars(double loss_pct, double jitter_ms, double guessed_pct);


#endif /* _VIEW_STATE_H_INCLUDED_ */
