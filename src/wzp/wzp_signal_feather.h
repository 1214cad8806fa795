/*
 * The call payload of the messenger featherChat: a signal, and where to go for
 * the call.  PROTOCOL 10.3.  The messenger's frames around it are its own.
 */

#ifndef _WZP_SIGNAL_FEATHER_H_INCLUDED_
#define _WZP_SIGNAL_FEATHER_H_INCLUDED_


#include "wzp/wzp_signal.h"


/* What the messenger calls it. */
typedef enum {
    WZP_FEATHER_OFFER = 0,
    WZP_FEATHER_ANSWER,
    WZP_FEATHER_ICE_CANDIDATE,
    WZP_FEATHER_HANGUP,
    WZP_FEATHER_REJECT,                 /* no signal becomes this one,       */
    WZP_FEATHER_RINGING,
    WZP_FEATHER_BUSY,                   /*   or this one                     */
    WZP_FEATHER_HOLD,
    WZP_FEATHER_UNHOLD,
    WZP_FEATHER_MUTE,
    WZP_FEATHER_UNMUTE,
    WZP_FEATHER_TRANSFER,
    WZP_FEATHER_N
} wzp_feather_type_t;


typedef struct {
    wzp_signal_t  signal;
    uint8_t      *json;                 /* of a variant that wzp_signal_t
                                           knows by name only: all of it;
                                           owned, else NULL                  */
    size_t        len;
    char          relay_addr[WZP_HOST_MAX + 1];     /* "": null              */
    char          room[WZP_ROOM_NAME_MAX + 1];      /* "": null              */
} wzp_feather_t;


/* The type that goes with a signal, its name ("Offer", ...), and back: the
 * number is WZP_FEATHER_N when there is none of that name. */
wzp_feather_type_t wzp_feather_type(wzp_signal_type_t type);
const char *wzp_feather_type_name(wzp_feather_type_t type);
wzp_feather_type_t wzp_feather_type_by_name(const char *name);

/*
 * Read a payload (the text that the string holds, not its JSON string).
 * relay_addr is printable ASCII without blanks, room has nothing to clean; both
 * whole, null or missing.  Errors as wzp_signal_parse; after WZP_OK ft owns
 * memory: wzp_feather_done.
 */
wzp_rc_t wzp_feather_parse(wzp_feather_t *ft, const uint8_t *json, size_t len)
    WZP_MUST_CHECK;

void wzp_feather_done(wzp_feather_t *ft);

/* Write a payload: sizes and errors as wzp_signal_encode; WZP_EBAD also for a
 * relay_addr or room that could not be read again. */
wzp_rc_t wzp_feather_encode(const wzp_feather_t *ft, uint8_t *buf, size_t size,
    size_t *len) WZP_MUST_CHECK;


#endif /* _WZP_SIGNAL_FEATHER_H_INCLUDED_ */
