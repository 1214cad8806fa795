/*
 * Media packets with six bytes of header instead of twelve, between a client
 * and its relay, and one connection's state at either end.  PROTOCOL E.10.
 */

#ifndef _WZP_COMPACT_H_INCLUDED_
#define _WZP_COMPACT_H_INCLUDED_


#include "wzp/wzp_packet.h"


#define WZP_COMPACT_SIZE    6
#define WZP_COMPACT_EVERY   50          /* at least each such one is whole   */
#define WZP_COMPACT_FIRST   3           /* and so many of a connection       */


/* One direction of one connection; all zero: nothing was agreed. */
typedef struct {
    bool      on;                       /* both ends have named it           */
    uint8_t   first;                    /* writing: whole packets so far     */
    uint8_t   since;                    /* and packets since the last one    */
    uint32_t  timestamp;                /* of the last whole packet          */
} wzp_compact_t;


/* A new connection. */
void wzp_compact_init(wzp_compact_t *cp, bool on);

/*
 * Parse one datagram in either form, in the compact one only when that was
 * agreed; stream_id is 0 then.  As wzp_packet_parse, and WZP_EBAD for a compact
 * header with reserved bits.
 */
wzp_rc_t wzp_compact_parse(wzp_compact_t *cp, wzp_packet_t *pk,
    const uint8_t *data, size_t len) WZP_MUST_CHECK;

/* In which of the forms was it? */
static inline bool
wzp_compact_was(const wzp_packet_t *pk, const uint8_t *data)
{
    return pk->payload.data == data + WZP_COMPACT_SIZE;
}


/* Write one packet in the form that may be written now.  As
 * wzp_packet_encode; size suffices for either form if it does for that. */
wzp_rc_t wzp_compact_encode(wzp_compact_t *cp, const wzp_packet_t *pk,
    uint8_t *buf, size_t size, size_t *len) WZP_MUST_CHECK;


#endif /* _WZP_COMPACT_H_INCLUDED_ */
