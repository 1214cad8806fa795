/*
 * Direct calls: a registration, at most one call, and the person or the
 * options that decide.  phone.c holds it together, phone_call.c has the room
 * of a call, phone_ask.c decides about calls that come.
 */

#ifndef _PHONE_H_INCLUDED_
#define _PHONE_H_INCLUDED_


#include "call.h"
#include "config.h"
#include "contacts.h"
#include "dial.h"
#include "loop.h"
#include "reach.h"
#include "view.h"


#define CL_PHONE_NAME       (CL_CONTACT_NAME + WZP_ALIAS_MAX                  \
                             + WZP_FP_TEXT_LEN + 8)


/* The call that was last spoken of. */
typedef struct {
    char           id[WZP_CALL_ID_MAX + 1];
    char           fp[WZP_FP_TEXT_LEN + 1];
    char           name[CL_PHONE_NAME];         /* for people                */
    const char    *contact;             /* NULL: none of ours                */
    bool           open;                /* its end was not told yet          */
    bool           over;                /* for the other side                */
    cl_dial_why_t  why;                 /* over: how                         */
    bool           by_us;
    bool           outgoing;
    bool           unwanted;            /* --accept-from names others        */
} cl_phone_party_t;


typedef struct {
    const cl_options_t  *op;
    cl_me_t              me;
    cl_loop_t            loop;
    cl_contacts_t        contacts;
    cl_reach_t          *re;
    cl_dial_t            dl;

    uint8_t              target[WZP_FP_SIZE];   /* of --call                 */
    uint8_t              from[CL_LIST_MAX][WZP_FP_SIZE];
    size_t               nfrom;
    bool                 from_contacts;

    cl_phone_party_t     with;
    cl_call_t           *cl;            /* NULL: not in a room               */
    cl_options_t         call_op;       /* of cl                             */
    char                 room[WZP_ROOM_NAME_MAX + 1];
    char                 title[WZP_ALIAS_MAX + 16];
    char                 record[CL_PATH_MAX];
    char                 report[CL_PATH_MAX];
    unsigned             calls;         /* that came to a room               */
    uint64_t             alone_ns;      /* since when; 0: somebody is there  */

    bool                 registered;    /* once                              */
    bool                 asking;        /* the person was asked              */
    bool                 leaving;       /* nothing more after this           */
    bool                 interrupted;
    cl_exit_t            status;        /* of the program                    */

    char                 first;         /* of the line being typed           */
    cl_view_t           *vw;            /* NULL: plain lines                 */
} cl_phone_t;


/* ---- phone.c ---- */

/* The party of the dialled call is spoken of from now on. */
void cl_phone_meet(cl_phone_t *ph);

/* What to call somebody: a contact's name, else alias and fingerprint. */
void cl_phone_name(const cl_phone_t *ph, const uint8_t fp[WZP_FP_SIZE],
    const char *alias, char name[CL_PHONE_NAME]);

/* Tell how a call ended, once it is over for both sides. */
void cl_phone_ended(cl_phone_t *ph);

void cl_phone_leave(cl_phone_t *ph, cl_exit_t status);


/* ---- phone_call.c ---- */

/* Enter the room of a call, do what is due there, leave it; returns when to
 * be called again. */
uint64_t cl_phone_call_turn(cl_phone_t *ph, uint64_t now_ns);


/* ---- phone_ask.c ---- */

/* --accept-from.  CL_USAGE, said. */
cl_exit_t cl_phone_ask_init(cl_phone_t *ph);

/* Somebody calls. */
void cl_phone_incoming(cl_phone_t *ph, uint64_t now_ns);

/* Something was typed. */
void cl_phone_typed(void *ctx, uint64_t now_ns);

/* What the view shows of us. */
void cl_phone_subject(const cl_phone_t *ph, cl_view_subject_t *su);


#endif /* _PHONE_H_INCLUDED_ */
