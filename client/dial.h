/*
 * A direct call as one of its two parties sees it: who calls, who answers, how
 * it ended.  PROTOCOL 2.3 (28 to 36) and 7.6.
 * Pure: signals in, signals out, time is a parameter.  The registration, the
 * room and the person are elsewhere.
 */

#ifndef _DIAL_H_INCLUDED_
#define _DIAL_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_signal.h"


#define CL_CALL_ID_LEN      32          /* of ours: lower-case hex digits    */


typedef enum {
    CL_DIAL_IDLE = 0,
    CL_DIAL_CALLING,                    /* we have asked                     */
    CL_DIAL_RINGING,                    /* it rings over there               */
    CL_DIAL_ASKED,                      /* somebody calls us                 */
    CL_DIAL_AGREED,                     /* both want it; no room yet         */
    CL_DIAL_TALKING                     /* there is a room                   */
} cl_dial_state_t;


typedef enum {
    CL_DIAL_RINGS = 0,                  /* over there                        */
    CL_DIAL_INCOMING,                   /* cl_dial_answer is wanted          */
    CL_DIAL_ACCEPTED,                   /* by them                           */
    CL_DIAL_SETUP,                      /* room is set                       */
    CL_DIAL_FORGOTTEN,                  /* by the relay: cl_dial_call with
                                           another id is wanted              */
    CL_DIAL_BUSY,                       /* somebody else was turned away;
                                           other and other_alias are set     */
    CL_DIAL_OVER                        /* why and by_us are set             */
} cl_dial_news_t;


typedef enum {
    CL_DIAL_HUNG_UP = 0,                /* after there was a room            */
    CL_DIAL_CANCELLED,                  /* before that, by who called        */
    CL_DIAL_NOT_FOUND,
    CL_DIAL_DECLINED,
    CL_DIAL_ENGAGED,                    /* talking to somebody else          */
    CL_DIAL_ELSEWHERE,                  /* another device of ours has it     */
    CL_DIAL_NO_ANSWER,
    CL_DIAL_FAILED                      /* no room, no relay                 */
} cl_dial_why_t;


typedef struct cl_dial_s  cl_dial_t;


typedef struct {
    void      (*send)(void *ctx, const wzp_signal_t *sg);

    /* May call any function below; OVER is the last of a call. */
    void      (*news)(void *ctx, cl_dial_news_t news);

    void       *ctx;
    uint64_t    ring_ns;                /* so long we let it ring            */
    uint8_t     pub[WZP_KEY_SIZE];      /* who we are                        */
    char        alias[WZP_ALIAS_MAX + 1];
} cl_dial_conf_t;


struct cl_dial_s {
    cl_dial_conf_t   conf;
    uint8_t          me[WZP_FP_SIZE];
    bool             extended;          /* the relay is                      */

    cl_dial_state_t  state;
    bool             outgoing;
    char             id[WZP_CALL_ID_MAX + 1];
    uint8_t          peer[WZP_FP_SIZE];
    char             alias[WZP_ALIAS_MAX + 1];      /* theirs; "": not told  */
    uint64_t         until_ns;          /* give up; UINT64_MAX: never        */
    char             crossing[WZP_CALL_ID_MAX + 1]; /* their call to us that
                                           met ours to them; "": none        */
    bool             repeated;          /* our offer                         */
    bool             kept;              /* by the relay, if it is ours       */
    bool             engaged;           /* ours was turned away: is it that
                                           theirs is on its way?             */
    char             room[WZP_ROOM_NAME_MAX + 1];   /* lower case            */
    char             relay[WZP_HOST_MAX + 1];       /* as told               */

    cl_dial_why_t    why;
    bool             by_us;
    uint8_t          other[WZP_FP_SIZE];
    char             other_alias[WZP_ALIAS_MAX + 1];
};


void cl_dial_init(cl_dial_t *dl, const cl_dial_conf_t *conf);

/* An id that nobody can guess, from 16 random bytes. */
void cl_dial_id(char id[CL_CALL_ID_LEN + 1], const uint8_t random[16]);

/* IDLE: call somebody.  CALLING and RINGING: the same under another id, and
 * an end to the first; the time that it may ring does not begin anew. */
void cl_dial_call(cl_dial_t *dl, const uint8_t peer[WZP_FP_SIZE],
    const char *id, uint64_t now_ns);

/*
 * Registered, after so long an absence.  CALLING and RINGING: the same offer
 * once more.  An existing relay has forgotten it and begins anew.  One of ours
 * keeps calls for some seconds and takes no id twice, so after a short absence
 * its error means that it knows the call still.  extended: the relay names
 * calls wherever it can (bare Hangups are about offers).
 */
void cl_dial_registered(cl_dial_t *dl, bool extended, uint64_t away_ns);

/* ASKED: yes (TRUSTED, GENERIC) or no. */
void cl_dial_answer(cl_dial_t *dl, wzp_accept_t mode, uint64_t now_ns);

/* End the call that there is. */
void cl_dial_hangup(cl_dial_t *dl, wzp_hangup_t reason);

/* A signal of the relay's; what is not expected is ignored. */
void cl_dial_signal(cl_dial_t *dl, const wzp_signal_t *sg, uint64_t now_ns);

/* Give up what takes too long; returns when to look again. */
uint64_t cl_dial_turn(cl_dial_t *dl, uint64_t now_ns);

/* "declined", ... for events; the exit status of who called. */
const char *cl_dial_why_name(cl_dial_why_t why);
cl_exit_t cl_dial_why_exit(cl_dial_why_t why);


#endif /* _DIAL_H_INCLUDED_ */
