/*
 * Why a relay ends or refuses a connection: application error code of the
 * CONNECTION_CLOSE, short name, reason phrase.  Existing peers only ever see
 * "closed by peer" (PROTOCOL 1.6: they never look at code or reason); our
 * client prints the phrase and picks its exit status by the code.
 *
 * WZP_CLOSE_X(NAME, code, "token", "phrase")
 */

WZP_CLOSE_X(NORMAL,      0x00, "normal",      "normal close")
WZP_CLOSE_X(INTERNAL,    0x01, "internal",    "internal error")
WZP_CLOSE_X(PROTOCOL,    0x02, "protocol",    "malformed signal")
WZP_CLOSE_X(TIMEOUT,     0x03, "timeout",     "no call offer in time")
WZP_CLOSE_X(AUTH,        0x10, "auth",        "signature does not verify")
WZP_CLOSE_X(BINDING,     0x11, "binding",     "binding required")
WZP_CLOSE_X(FORBIDDEN,   0x12, "forbidden",   "not on the room's access list")
WZP_CLOSE_X(ACCESS,      0x13, "access",      "refused by the relay's access rules")
WZP_CLOSE_X(STRANGER,    0x14, "stranger",    "relay is not configured here")
WZP_CLOSE_X(ROOM_NAME,   0x20, "room_name",   "room name is not valid")
WZP_CLOSE_X(RESERVED,    0x21, "reserved",    "name is reserved")
WZP_CLOSE_X(ROOM_FULL,   0x30, "room_full",   "room is full")
WZP_CLOSE_X(TOO_MANY,    0x31, "too_many",    "relay is full")
WZP_CLOSE_X(ROOMS_FULL,  0x32, "rooms_full",  "relay has no more rooms")
WZP_CLOSE_X(REPLACED,    0x40, "replaced",    "replaced by a newer connection")
WZP_CLOSE_X(GOING_AWAY,  0x41, "going_away",  "relay is shutting down")
WZP_CLOSE_X(NO_DATAGRAM, 0x50, "no_datagram", "peer does not support DATAGRAM")
