/*
 * The queue of media packets of one connection: a ring of references, oldest
 * dropped first.  Knows nothing of ngtcp2.
 */

#ifndef _WZP_QMEDIA_H_INCLUDED_
#define _WZP_QMEDIA_H_INCLUDED_


#include "quic/wzp_quic.h"


typedef struct {
    wzp_qbuf_t  **ring;                 /* NULL until the first packet       */
    uint32_t      room;                 /* a power of two                    */
    uint32_t      head;
    uint32_t      n;
    uint32_t      bytes;                /* of the packets that wait          */
    bool          blocked;              /* the path took no more             */
    uint64_t      since_ns;             /* when the oldest was queued        */
    uint64_t      drop_queue;
    uint64_t      drop_stale;
} wzp_qmedia_t;


/* Takes a reference.  Drops the oldest when max are there.  WZP_ENOMEM. */
wzp_rc_t wzp_qmedia_put(wzp_qmedia_t *qm, wzp_qbuf_t *qb, uint32_t max,
    uint64_t now_ns) WZP_MUST_CHECK;

/* The oldest, still owned by the queue; NULL: empty. */
wzp_qbuf_t *wzp_qmedia_head(const wzp_qmedia_t *qm);

/* Drop the reference to the oldest. */
void wzp_qmedia_pop(wzp_qmedia_t *qm);

/* Drop, oldest first, what was born before now_ns - stale_ns; counted. */
void wzp_qmedia_expire(wzp_qmedia_t *qm, uint64_t stale_ns, uint64_t now_ns);

/* Drop everything and the ring. */
void wzp_qmedia_done(wzp_qmedia_t *qm);


#endif /* _WZP_QMEDIA_H_INCLUDED_ */
