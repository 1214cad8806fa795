/*
 * Why a media datagram was not delivered: enum, metric label, text.
 *
 * WZP_DROP_X(NAME, "label", "text")
 */

WZP_DROP_X(MALFORMED,  "malformed",  "does not parse as a media packet")
WZP_DROP_X(NOT_JOINED, "not_joined", "sender is not a member yet")
WZP_DROP_X(RATE,       "rate",       "exceeds wzp_rate or wzp_federation_rate")
WZP_DROP_X(TOO_BIG,    "too_big",    "does not fit the receiver's path MTU")
WZP_DROP_X(QUEUE,      "queue",      "receiver's queue is full, oldest first")
WZP_DROP_X(STALE,      "stale",      "waited too long for the receiver's path")
WZP_DROP_X(RING,       "ring",       "ring to another worker is full")
WZP_DROP_X(CLOSED,     "closed",     "receiver is leaving")
WZP_DROP_X(NO_ROOM,    "no_room",    "link: of no room that is global here")
WZP_DROP_X(FORGED,     "forged",     "link: has somebody else's stream id")
WZP_DROP_X(DUPLICATE,  "duplicate",  "link: the same came less than 2 s ago")
