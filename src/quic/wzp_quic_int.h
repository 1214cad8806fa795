/*
 * What the files of src/quic share: the structs of endpoint and connection.
 * Not for anybody outside this directory.
 *
 * Ownership.  The endpoint owns its connections; a connection owns its ngtcp2
 * and TLS objects, its connection IDs, one reference to every buffer that it
 * has queued, and the memory in which it assembles messages.  Who sees a
 * connection only through an event must not free it.
 *
 * Life of a connection (its "phase"):
 *
 *     HANDSHAKE --> OPEN --> LINGER --> freed
 *         |                    ^
 *         +--------------------+
 *
 * On entering LINGER the closed event has been called, and nothing is kept
 * but the connection IDs and, if we closed, the one packet that says so
 * (RFC 9000, 10.2).
 */

#ifndef _WZP_QUIC_INT_H_INCLUDED_
#define _WZP_QUIC_INT_H_INCLUDED_


#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "quic/wzp_qmedia.h"
#include "quic/wzp_qmsg.h"
#include "quic/wzp_quic.h"
#include "quic/wzp_quic_cid.h"
#include "quic/wzp_quic_timer.h"
#include "quic/wzp_quic_tls.h"
#include "wzp/wzp_bucket.h"


#define WZP_QUIC_STALE_NS       (400 * WZP_MS)
#define WZP_QUIC_ACK_DELAY_NS   (100 * WZP_MS)
#define WZP_QUIC_IDLE_NS        (30 * WZP_SEC)
#define WZP_QUIC_HANDSHAKE_NS   (10 * WZP_SEC)
#define WZP_QUIC_QUEUE_LEN      128
#define WZP_QUIC_QUEUE_MAX      (1 << 20)
#define WZP_QUIC_MESSAGE_MAX    (1 << 26)
#define WZP_QUIC_MTU_MAX        1452
#define WZP_QUIC_INITIAL_RTT_NS (100 * WZP_MS)

/* PROTOCOL 1.2. */
#define WZP_QUIC_DATA           262144
#define WZP_QUIC_STREAM_DATA    65536
#define WZP_QUIC_STREAMS        100
#define WZP_QUIC_DATAGRAM       65535
#define WZP_QUIC_CIDS           5

/* A held ACK leaves a little before its time is over: timers of event loops
 * tick in milliseconds, and max_ack_delay includes that (RFC 9000, 18.2). */
#define WZP_QUIC_ACK_SLACK_NS   (2 * WZP_MS)

/* By default so many packets are acknowledged without waiting. */
#define WZP_QUIC_ACK_PACKETS    8

/* A packet with so much room left has all that ngtcp2 had to say: its largest
 * frame of a fixed size is NEW_CONNECTION_ID. */
#define WZP_QUIC_ROOM           128

/* Streams of ours that are not closed yet, per connection: more than peers
 * allow, so that it binds only who allows any number and answers none. */
#define WZP_QUIC_OPEN_MAX       128

/* Packets that one connection may write in one go. */
#define WZP_QUIC_BURST          64

/* Stateless resets and refusals per second. */
#define WZP_QUIC_REPLY_RATE     200

#define WZP_QUIC_TOKEN_MAX      256
#define WZP_QUIC_PROBES_MAX     6


typedef struct wzp_qhello_s  wzp_qhello_t;


/* What to do about a new client. */
typedef enum {
    WZP_QNEW_REFUSE = 0,
    WZP_QNEW_ASK,                       /* the application, by server name   */
    WZP_QNEW_TAKE
} wzp_qnew_t;


typedef enum {
    WZP_QPHASE_HANDSHAKE = 0,
    WZP_QPHASE_OPEN,
    WZP_QPHASE_LINGER
} wzp_qphase_t;


struct wzp_quic_s {
    wzp_quic_conf_t     conf;           /* no pointers into the caller's     */
    wzp_quic_tls_t     *tls;
    wzp_quic_keys_t     keys;
    wzp_cid_table_t     cids;
    wzp_timers_t        timers;

    wzp_qconn_t        *all;            /* every one, lingering included     */
    wzp_qconn_t        *dirty;          /* have something to write; FIFO     */
    wzp_qconn_t        *dirty_last;

    uint64_t            now_ns;         /* never goes back                   */
    uint32_t            count;          /* not closed                        */
    uint32_t            half_open;
    uint32_t            lingering;
    bool                dying;          /* nothing new begins                */

    wzp_bucket_t        replies;        /* stateless answers                 */

    uint16_t            probes[WZP_QUIC_PROBES_MAX];    /* path MTU          */
    size_t              nprobes;

    /* Client: the last server's address token (RFC 9000, 8.1.3). */
    wzp_addr_t          token_addr;
    size_t              token_len;
    uint8_t             token[WZP_QUIC_TOKEN_MAX];
};


struct wzp_qconn_s {
    wzp_quic_t              *ep;
    void                    *data;      /* the owner's                       */

    ngtcp2_conn             *conn;      /* NULL in LINGER                    */
    SSL                     *ssl;       /* NULL once confirmed               */
    ngtcp2_crypto_conn_ref   ref;       /* how ngtcp2 gets from SSL to here  */

    wzp_qconn_t             *all_next, *all_prev;
    wzp_qconn_t             *dirty_next, *dirty_prev;
    wzp_timer_t              timer;
    wzp_cid_t               *cids;

    wzp_udp_socket_t        *su;        /* of the last validated path        */
    wzp_addr_t               local;
    wzp_addr_t               peer;
    wzp_addr_t               was;       /* the validated peer before this    */

    char                    *sni;
    uint16_t                 sni_len;

    wzp_qhello_t            *hello;     /* what came of it, while waiting    */
    uint64_t                 hello_ns;  /* since when                        */

    wzp_qphase_t             phase;
    unsigned                 server:1;
    unsigned                 is_dirty:1;
    unsigned                 in_ngtcp2:1;   /* inside a callback of ngtcp2   */
    unsigned                 announced:1;   /* the application knows of it   */
    unsigned                 waiting:1;     /* for the ClientHello's end     */
    unsigned                 declined:1;    /* the application wants it not  */
    unsigned                 confirmed:1;
    unsigned                 has_exporter:1;
    unsigned                 has_cert:1;
    unsigned                 close_asked:1;
    unsigned                 finishing:1;
    unsigned                 owing:1;       /* last messages, then           */
    unsigned                 was_reset:1;   /* by a stateless reset          */
    unsigned                 urgent:1;      /* do not hold the next ACK      */
    unsigned                 eliciting:1;   /* the packet asks for an ACK    */
    unsigned                 media_first:1; /* in the next packet            */

    uint8_t                  exporter[WZP_EXPORTER_SIZE];
    uint8_t                  cert_fp[WZP_CERT_FP_SIZE];

    uint64_t                 hold_ns;   /* an ACK waits since then; 0: none  */
    uint64_t                 heard_ns;  /* the last packet came in           */
    uint32_t                 held;      /* packets that it will cover        */
    uint32_t                 nopen;     /* streams of ours, not yet closed   */
    uint16_t                 max_dgram; /* payload, 0: none may be sent      */
    uint16_t                 mtu;

    uint64_t                 close_code;
    uint64_t                 finish_ns;
    char                    *close_reason;

    uint8_t                 *close_pkt; /* LINGER: to be repeated, or NULL   */
    uint16_t                 close_len;
    uint32_t                 close_seen;    /* packets since                 */

    uint32_t                 queue_len; /* of media                          */
    uint32_t                 credit;    /* of streams, not told yet          */
    wzp_qmedia_t             media;
    wzp_qoutbox_t            out;
    wzp_qinbox_t             in;

    uint64_t                 packets_in;
    uint64_t                 packets_out;
    uint64_t                 packets_bare;
    uint64_t                 frames_in;
    uint64_t                 frames_out;
    uint64_t                 frames_lost;
    uint64_t                 drop_too_big;
};


/* ---- wzp_quic.c ---- */

/* Clamp the caller's clock: ngtcp2 asserts that time does not go back. */
uint64_t wzp_quic_time(wzp_quic_t *ep, uint64_t now_ns);

/* Put a connection on, or take it off, the list of those to be written. */
void wzp_quic_touch(wzp_qconn_t *qc);
void wzp_quic_untouch(wzp_qconn_t *qc);


/* ---- wzp_quic_accept.c ---- */

/* A datagram of a server that belongs to no connection. */
wzp_qin_t wzp_quic_unknown(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_version_cid *vc, wzp_qnew_t how);

/* One of an unknown version: Version Negotiation (RFC 9000, 6.1). */
wzp_qin_t wzp_quic_negotiate(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const ngtcp2_version_cid *vc);


/* ---- wzp_qconn.c ---- */

/* What a new server connection is made from. */
typedef struct {
    const ngtcp2_pkt_hd  *hd;           /* of the client's first Initial     */
    ngtcp2_cid            odcid;        /* original destination ID           */
    ngtcp2_token_type     token_type;
    wzp_qnew_t            how;
} wzp_qconn_origin_t;

/* NULL: no memory. */
wzp_qconn_t *wzp_qconn_accept(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    const wzp_qconn_origin_t *from);

/* An ID of ours that nobody has yet, and that leads to qc from now on.
 * WZP_ENOMEM; WZP_EDUP: somebody has it after all. */
wzp_rc_t wzp_qconn_new_cid(wzp_qconn_t *qc, ngtcp2_cid *cid) WZP_MUST_CHECK;

/* Feed a datagram.  qc may be gone afterwards.  Returns ngtcp2's result. */
int wzp_qconn_input(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg);

/* The timer is due.  qc may be gone afterwards. */
void wzp_qconn_expire(wzp_qconn_t *qc);

/* Until when the ACK may wait; only while one does. */
uint64_t wzp_qconn_hold_end(const wzp_qconn_t *qc);

/* Write all that may be written.  qc may be gone afterwards. */
void wzp_qconn_flush(wzp_qconn_t *qc);

/* ngtcp2 reported an error: close accordingly.  qc may be gone afterwards. */
void wzp_qconn_fail(wzp_qconn_t *qc, int rv);

/* End it now, as the application asked. qc may be gone afterwards. */
void wzp_qconn_end_local(wzp_qconn_t *qc);

/* Free without a word (no event). */
void wzp_qconn_free(wzp_qconn_t *qc);

/* Mark for an application close because the peer broke the protocol. */
void wzp_qconn_abuse(wzp_qconn_t *qc, const char *reason);


/* ---- wzp_qconn_hello.c ---- */

/*
 * A connection that nobody has heard of was fed this datagram, with result rv.
 * Announce it, or wait on, or pass it on: WZP_QIN_ELSEWHERE, else in.  qc may
 * be gone afterwards.
 */
wzp_qin_t wzp_qconn_hello(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg, int rv,
    wzp_qin_t in);

/* It is ours: announce it. */
void wzp_qconn_settle(wzp_qconn_t *qc);


/* ---- wzp_qconn_api.c ---- */

/* Nothing more can be queued. */
bool wzp_qconn_is_over(const wzp_qconn_t *qc);


/* ---- wzp_qconn_path.c ---- */

/* The path's MTU or the peer's ID may have changed. */
void wzp_qconn_measure(wzp_qconn_t *qc);

/* The peer is at this address now, and has proved it. */
void wzp_qconn_moved(wzp_qconn_t *qc, const ngtcp2_path *path);

/* After a packet: where is the peer, and which socket leads there? */
void wzp_qconn_look_around(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg);


/* ---- wzp_qconn_end.c ---- */

/* Answer a packet for a connection that is in LINGER. */
void wzp_qconn_linger_input(wzp_qconn_t *qc, const wzp_udp_dgram_t *dg);


/* ---- wzp_qconn_cb.c ---- */

/* Nothing is told of a connection that the application has closed, or has
 * not heard of. */
bool wzp_qconn_mute(const wzp_qconn_t *qc);

extern const ngtcp2_callbacks  wzp_qconn_server_callbacks;
extern const ngtcp2_callbacks  wzp_qconn_client_callbacks;


/* ---- wzp_qconn_write.c ---- */

/* Write packets to the sink until nothing is left or the path is blocked.
 * Returns 0 or an error of ngtcp2. */
int wzp_qconn_write(wzp_qconn_t *qc);


#endif /* _WZP_QUIC_INT_H_INCLUDED_ */
