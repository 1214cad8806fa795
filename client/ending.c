/*
 * Why a connection is over.  See ending.h.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "ending.h"
#include "wzp/wzp_close.h"


/* RFC 9000, 20.1. */
#define CL_QUIC_REFUSED     0x02
#define CL_QUIC_TLS         0x100       /* plus the alert */
#define CL_ALERT_PARAMETER  47
#define CL_ALERT_NAME       112
#define CL_ALERT_ALPN       120


void
cl_ending_set(cl_ending_t *en, cl_exit_t status, cl_remedy_t remedy,
    const char *cause, const char *fmt, ...)
{
    va_list  args;

    memset(en, 0, sizeof(cl_ending_t));

    en->status = status;
    en->remedy = remedy;
    en->cause = cause;

    va_start(args, fmt);
    (void) vsnprintf(en->text, sizeof(en->text), fmt, args);
    va_end(args);
}


/* What a person can do about a refusal. */

static const char *
cl_ending_advice(wzp_close_t code)
{
    switch ((int) code) {

    case WZP_CLOSE_AUTH:
        return ": is the clock right, and is somebody in between?";

    case WZP_CLOSE_BINDING:
        return ": this relay wants proof that nobody is in between";

    case WZP_CLOSE_FORBIDDEN:
        return ": ask its operator to add your fingerprint";

    case WZP_CLOSE_ACCESS:
        return ": ask its operator about your address";

    case WZP_CLOSE_ROOM_NAME:
    case WZP_CLOSE_RESERVED:
        return ": choose another --room";

    case WZP_CLOSE_ROOM_FULL:
    case WZP_CLOSE_TOO_MANY:
    case WZP_CLOSE_ROOMS_FULL:
        return ": try again later";

    case WZP_CLOSE_REPLACED:
        return ": the same identity has joined from elsewhere";

    default:
        return "";
    }
}


static void
cl_ending_status(cl_ending_t *en, bool joined)
{
    switch ((int) en->code) {

    case WZP_CLOSE_AUTH:
    case WZP_CLOSE_BINDING:
        en->status = CL_AUTH;
        return;

    case WZP_CLOSE_FORBIDDEN:
    case WZP_CLOSE_ACCESS:
    case WZP_CLOSE_ROOM_NAME:
    case WZP_CLOSE_RESERVED:
    case WZP_CLOSE_REPLACED:
    case WZP_CLOSE_STRANGER:
        en->status = CL_REFUSED;
        return;

    case WZP_CLOSE_ROOM_FULL:
    case WZP_CLOSE_TOO_MANY:
    case WZP_CLOSE_ROOMS_FULL:
        en->status = CL_REFUSED;
        en->transient = true;
        return;

    case WZP_CLOSE_GOING_AWAY:
        en->status = CL_UNREACHABLE;
        en->remedy = CL_AGAIN;
        return;

    case WZP_CLOSE_NO_DATAGRAM:
        en->status = CL_UNREACHABLE;
        return;

    case WZP_CLOSE_TIMEOUT:
        en->status = CL_UNREACHABLE;
        en->remedy = CL_AGAIN;
        return;

    case WZP_CLOSE_INTERNAL:
        en->status = CL_INTERNAL;
        en->remedy = CL_AGAIN;
        return;

    case WZP_CLOSE_NORMAL:

        /* All that an existing relay ever says (PROTOCOL 1.6). */

        en->status = joined ? CL_UNREACHABLE : CL_REFUSED;
        en->remedy = joined ? CL_AGAIN : CL_FINAL;
        return;

    default:
        en->status = CL_INTERNAL;
        return;
    }
}


static void
cl_ending_application(cl_ending_t *en, const wzp_qclose_t *why,
    const char *where, bool joined)
{
    const char  *phrase, *token;

    phrase = wzp_close_phrase(why->code);
    token = wzp_close_token(why->code);

    if (why->reason[0] != '\0') {
        phrase = why->reason;
    }

    cl_ending_set(en, CL_INTERNAL, CL_FINAL,
                  token != NULL ? token : "unknown", "%s: %s%s", where,
                  phrase != NULL ? phrase : "closed without a reason",
                  cl_ending_advice((wzp_close_t) why->code));

    en->code = why->code;
    cl_ending_status(en, joined);

    if (why->code == WZP_CLOSE_NORMAL && !joined) {
        cl_ending_set(en, CL_REFUSED, CL_FINAL, "normal",
                      "%s: closed by the relay before it answered; a relay "
                      "that gives no reason may be full, not know the room, "
                      "or want a token", where);
    }
}


static void
cl_ending_transport(cl_ending_t *en, const wzp_qclose_t *why,
    const char *where, bool joined)
{
    unsigned    alert;
    const char  *reason;

    alert = why->code >= CL_QUIC_TLS && why->code < CL_QUIC_TLS + 256
            ? (unsigned) (why->code - CL_QUIC_TLS) : 0;
    reason = why->reason[0] != '\0' ? why->reason : "no reason given";

    if (alert == CL_ALERT_ALPN) {
        cl_ending_set(en, CL_UNREACHABLE, CL_FINAL, "alpn",
                      "%s: something there speaks QUIC, but not WZP (ALPN "
                      "mismatch): is this the relay's port?", where);

    } else if (alert == CL_ALERT_PARAMETER || alert == CL_ALERT_NAME) {
        cl_ending_set(en, CL_REFUSED, CL_FINAL, "room_name",
                      "%s: the relay does not take this room's name: choose "
                      "another --room", where);

    } else if (alert != 0) {
        cl_ending_set(en, CL_UNREACHABLE, CL_FINAL, "tls",
                      "%s: TLS failed with alert %u (%s)", where, alert,
                      reason);

    } else if (why->code == CL_QUIC_REFUSED) {
        cl_ending_set(en, CL_REFUSED, CL_FINAL, "connection_refused",
                      "%s: the relay takes no new connections: it may be "
                      "full, or about to stop", where);
        en->transient = true;

    } else {
        cl_ending_set(en, CL_INTERNAL, joined ? CL_AGAIN : CL_NEXT_ADDRESS,
                      "transport", "%s: QUIC error 0x%" PRIx64 " (%s)", where,
                      why->code, reason);
    }

    en->code = why->code;
}


/* long: one case per way to end */

void
cl_ending_of(cl_ending_t *en, const wzp_qclose_t *why, const char *where,
    bool joined)
{
    switch (why->how) {

    case WZP_QCLOSE_PEER:
        cl_ending_application(en, why, where, joined);
        return;

    case WZP_QCLOSE_PEER_TRANSPORT:
    case WZP_QCLOSE_TRANSPORT:
    case WZP_QCLOSE_TLS:
        cl_ending_transport(en, why, where, joined);
        return;

    case WZP_QCLOSE_IDLE:
        cl_ending_set(en, CL_UNREACHABLE,
                      joined ? CL_AGAIN : CL_NEXT_ADDRESS, "idle",
                      "%s: no answer any more", where);
        return;

    case WZP_QCLOSE_HANDSHAKE_TIMEOUT:
        cl_ending_set(en, CL_UNREACHABLE, CL_NEXT_ADDRESS, "timeout",
                      "%s: no answer: is the relay running, is UDP to this "
                      "port let through?", where);
        return;

    case WZP_QCLOSE_RESET:
        cl_ending_set(en, CL_UNREACHABLE, CL_AGAIN, "reset",
                      "%s: the relay has lost this connection", where);
        return;

    case WZP_QCLOSE_VERSION:
        cl_ending_set(en, CL_UNREACHABLE, CL_FINAL, "version",
                      "%s: no QUIC version in common: is this a WZP relay?",
                      where);
        return;

    case WZP_QCLOSE_LOCAL:
        break;
    }

    cl_ending_set(en, CL_OK, CL_FINAL, "local", "%s: closed", where);
    en->code = why->code;
}
