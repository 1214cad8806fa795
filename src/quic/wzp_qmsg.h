/*
 * Messages: one new bidirectional stream each, 4 bytes of length and JSON
 * (PROTOCOL 2.1).  Two boxes per connection: what goes out, and the assembly
 * of what comes in.  Neither calls ngtcp2.
 */

#ifndef _WZP_QMSG_H_INCLUDED_
#define _WZP_QMSG_H_INCLUDED_


#include "quic/wzp_quic.h"


#define WZP_QMSG_WAIT_MAX   256         /* not started, unless set           */
#define WZP_QMSG_SLACK      65536       /* assembly beyond one message       */


/* ---- out ---- */

typedef struct wzp_qmsg_s  wzp_qmsg_t;

struct wzp_qmsg_s {
    wzp_qmsg_t  *next;
    wzp_qbuf_t  *qb;                    /* our reference                     */
    int64_t      stream_id;             /* -1: not started                   */
    uint32_t     sent;                  /* bytes given to ngtcp2             */
    unsigned     key;                   /* 0: never replaced                 */
    bool         uni;
    bool         all_sent;              /* with FIN                          */
    bool         blocked;               /* by the stream's flow control      */
};


typedef struct {
    wzp_qmsg_t  *wait;                  /* not started, FIFO                 */
    wzp_qmsg_t  *wait_last;
    uint32_t     nwait;
    uint32_t     wait_max;              /* 0: WZP_QMSG_WAIT_MAX              */
    wzp_qmsg_t  *live;                  /* started, not acknowledged, FIFO   */
    wzp_qmsg_t  *live_last;
    size_t       live_bytes;
    int64_t     *fins;                  /* peer's streams that we shall end  */
    uint16_t     nfins;
    uint16_t     fins_room;
} wzp_qoutbox_t;


/* Takes a reference.  WZP_ENOSPC: too many wait; WZP_ENOMEM. */
wzp_rc_t wzp_qout_put(wzp_qoutbox_t *ob, wzp_qbuf_t *qb, unsigned key,
    bool uni) WZP_MUST_CHECK;

/* The first that waits and is of this kind, or NULL. */
wzp_qmsg_t *wzp_qout_first(const wzp_qoutbox_t *ob, bool uni);

/* May it be started now?  What is under way at a time must fit the memory in
 * which our like assembles: one message, or several of 64 KiB together. */
bool wzp_qout_may_start(const wzp_qoutbox_t *ob, const wzp_qmsg_t *qm);

/* It has got a stream: move it from waiting to live. */
void wzp_qout_start(wzp_qoutbox_t *ob, wzp_qmsg_t *qm, int64_t stream_id);

/* Acknowledged or given up: free it, if it is live. */
void wzp_qout_drop(wzp_qoutbox_t *ob, wzp_qmsg_t *qm);

/* End our direction of a peer's stream with the next packet. */
void wzp_qout_fin(wzp_qoutbox_t *ob, int64_t stream_id);

/* Something could be written if the peer let us. */
bool wzp_qout_pending(const wzp_qoutbox_t *ob);

void wzp_qout_done(wzp_qoutbox_t *ob);


/* ---- in ---- */

typedef struct wzp_qpart_s  wzp_qpart_t;

struct wzp_qpart_s {
    wzp_qpart_t  *next;                 /* ascending stream numbers          */
    int64_t       stream_id;
    uint32_t      need;                 /* bytes after the length            */
    uint32_t      have;
    uint32_t      room;                 /* of data                           */
    uint8_t       head[4];
    uint8_t       nhead;
    bool          complete;
    bool          dead;                 /* reset by the peer                 */
    bool          closed;               /* ngtcp2 has forgotten the stream   */
    uint8_t      *data;
};


typedef void (*wzp_qinbox_pt)(void *ctx, const uint8_t *data, size_t len);

typedef struct {
    wzp_qpart_t   *parts;               /* undelivered                       */
    int64_t        next_id;             /* of the stream to be delivered next */
    size_t         memory;              /* held; max_message and the slack
                                           at most                           */
    size_t         max_message;         /* may change between two calls      */
    uint32_t       retired;             /* streams delivered and closed since
                                           the owner last looked             */
    wzp_qinbox_pt  deliver;
    void          *ctx;
} wzp_qinbox_t;


/* first_id: of the peer's first bidirectional stream. */
void wzp_qin_init(wzp_qinbox_t *ib, int64_t first_id, size_t max_message,
    wzp_qinbox_pt deliver, void *ctx);

/*
 * Bytes of a stream, in order, without gaps.  Delivers this message, and
 * those that waited behind it.  *whole: the message of this stream is whole.
 * What follows a whole message is ignored, as the reference does.
 *
 * WZP_EBAD: ended inside a message; WZP_ETOOBIG: longer than max_message, or
 * more in pieces than we keep; WZP_ENOMEM.
 */
wzp_rc_t wzp_qin_data(wzp_qinbox_t *ib, int64_t stream_id,
    const uint8_t *data, size_t len, bool fin, bool *whole) WZP_MUST_CHECK;

/* The peer reset the stream.  A message that is not whole is skipped. */
wzp_rc_t wzp_qin_reset(wzp_qinbox_t *ib, int64_t stream_id) WZP_MUST_CHECK;

/* ngtcp2 closed the stream. */
wzp_rc_t wzp_qin_closed(wzp_qinbox_t *ib, int64_t stream_id) WZP_MUST_CHECK;

void wzp_qin_done(wzp_qinbox_t *ib);


#endif /* _WZP_QMSG_H_INCLUDED_ */
