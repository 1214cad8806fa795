/*
 * Why a connection is over: exit status, whether to try again, and a sentence
 * that says what to do.  Judgement only; nothing is closed here.
 */

#ifndef _ENDING_H_INCLUDED_
#define _ENDING_H_INCLUDED_


#include "client.h"
#include "quic/wzp_quic.h"


#define CL_WHERE_MAX    384             /* "host:port (address)" */


/* What to do about it. */
typedef enum {
    CL_FINAL = 0,                       /* nothing will help                 */
    CL_NEXT_ADDRESS,                    /* another address of the relay may  */
    CL_AGAIN                            /* the same again may                */
} cl_remedy_t;


typedef struct {
    cl_exit_t    status;
    cl_remedy_t  remedy;
    bool         transient;             /* in a call: come back even though
                                           it was refused just now           */
    uint64_t     code;                  /* of the close, if there was one    */
    const char  *cause;                 /* "room_full", "idle", ...          */
    char         text[1024];
} cl_ending_t;


/* where: as the person named the relay; joined: we were in the room. */
void cl_ending_of(cl_ending_t *en, const wzp_qclose_t *why, const char *where,
    bool joined);

/* An ending that is found out by ourselves. */
void cl_ending_set(cl_ending_t *en, cl_exit_t status, cl_remedy_t remedy,
    const char *cause, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));


#endif /* _ENDING_H_INCLUDED_ */
