/*
 * Reasons to end or refuse a connection, made from wzp_close_x.h.
 * Codes and their texts only; who closes what is decided elsewhere.
 */

#ifndef _WZP_CLOSE_H_INCLUDED_
#define _WZP_CLOSE_H_INCLUDED_


#include "wzp/wzp_base.h"


/* Value = application error code of the CONNECTION_CLOSE. */
typedef enum {
#define WZP_CLOSE_X(name, code, token, phrase)  WZP_CLOSE_##name = code,
#include "wzp/wzp_close_x.h"
#undef WZP_CLOSE_X
    WZP_CLOSE_MAX = 0xff                /* none of ours is above             */
} wzp_close_t;


/* Short name for logs, variables and JSON: "room_full".  NULL for a code that
 * is not ours (an application error code is the peer's to choose). */
const char *wzp_close_token(uint64_t code);

/* Reason phrase: "room is full".  NULL for a code that is not ours. */
const char *wzp_close_phrase(uint64_t code);


#endif /* _WZP_CLOSE_H_INCLUDED_ */
