/*
 * QUIC endpoints and connections without sockets: datagrams in, datagrams
 * out, time is a parameter.  The only layer that knows ngtcp2 and BoringSSL.
 *
 * An endpoint owns its connections, their timers, the table of connection IDs
 * and the list of connections that have something to send.  A program feeds
 * it (wzp_quic_input), lets time pass (wzp_quic_expire) and flushes once per
 * turn of its event loop (wzp_quic_flush), which writes packets to the sink.
 *
 * Event functions are called from inside input, expire and flush.  In them
 * every wzp_qconn_ function may be called, for this connection and others:
 * they only queue and mark.  wzp_quic_input, _expire, _flush and _destroy may
 * not be called from inside an event.
 *
 * RFC 9000, 9001, 9002, 9221; profile and limits: PROTOCOL 1 and 2.1.
 */

#ifndef _WZP_QUIC_H_INCLUDED_
#define _WZP_QUIC_H_INCLUDED_


#include "net/wzp_addr.h"
#include "net/wzp_udp.h"
#include "wzp/wzp_base.h"
#include "wzp/wzp_hs.h"
#include "wzp/wzp_ident.h"


#define WZP_CID_LEN             12      /* of ours                           */
#define WZP_QUIC_SECRET_SIZE    32
#define WZP_QUIC_REASON_MAX     127


typedef struct wzp_quic_s   wzp_quic_t;     /* endpoint                      */
typedef struct wzp_qconn_s  wzp_qconn_t;    /* connection                    */


/*
 * A reference-counted buffer: one media packet on its way to many receivers,
 * or one framed signal.  Not atomic: it stays in one process and thread.
 */
typedef struct {
    uint32_t  refs;
    uint32_t  size;                     /* bytes of data that there is room for */
    uint32_t  len;                      /* bytes used                        */
    uint64_t  born_ns;                  /* when it came in; for age limits   */
    uint8_t   data[];
} wzp_qbuf_t;


typedef enum {
    WZP_RETRY_OFF = 0,                  /* only when half_open is past half  */
    WZP_RETRY_ON                        /* every client proves its address   */
} wzp_quic_retry_t;


/* Who ended a connection. */
typedef enum {
    WZP_QCLOSE_LOCAL = 0,               /* wzp_qconn_close                   */
    WZP_QCLOSE_PEER,                    /* application close from the peer   */
    WZP_QCLOSE_PEER_TRANSPORT,          /* transport or TLS error from peer  */
    WZP_QCLOSE_TRANSPORT,               /* we found a transport error        */
    WZP_QCLOSE_TLS,                     /* our TLS refused (alert in code)   */
    WZP_QCLOSE_IDLE,                    /* silence                           */
    WZP_QCLOSE_HANDSHAKE_TIMEOUT,
    WZP_QCLOSE_RESET,                   /* stateless reset                   */
    WZP_QCLOSE_VERSION                  /* no common version                 */
} wzp_qclose_how_t;


typedef struct {
    wzp_qclose_how_t  how;
    uint64_t          code;             /* application or transport code     */
    char              reason[WZP_QUIC_REASON_MAX + 1];   /* printable ASCII  */
} wzp_qclose_t;


/* Events.  A NULL entry is an event that nobody wants. */
typedef struct {
    /*
     * Server: an Initial of a new client passed token and limits.  Return
     * false to refuse it (CONNECTION_REFUSED, no state is kept).  validated:
     * the address is proved by a token.
     */
    bool (*admit)(void *ctx, const wzp_udp_dgram_t *dg, bool validated);

    /*
     * Server: the ClientHello is read, nothing is answered yet.  Return false
     * to leave the connection to another endpoint: it vanishes without a
     * trace, and its datagrams come back by `elsewhere`, at once.  Asked
     * once per connection, before `accepted`; "" for no name.  NULL: all are.
     * A hello that is not whole after 3 datagrams or 100 ms is ours unasked.
     */
    bool (*mine)(void *ctx, const char *sni, size_t len);

    /* One datagram of a connection that is not ours, for the other endpoint's
     * wzp_quic_input_forced: in order, all that a hello came in.  dg and its
     * data are valid during the call. */
    void (*elsewhere)(void *ctx, const wzp_udp_dgram_t *dg);

    /* Server: a connection exists (before TLS). Set its data here. */
    void (*accepted)(void *ctx, wzp_qconn_t *qc);

    /* TLS is done and ALPN agreed; server: the peer's address is proved too.
     * Server name and exporter can be read from here on. */
    void (*handshake)(wzp_qconn_t *qc);

    /* Client: the server confirmed, so it has accepted our side as well. */
    void (*confirmed)(wzp_qconn_t *qc);

    /* One DATAGRAM.  data is valid during the call only. */
    void (*datagram)(wzp_qconn_t *qc, const uint8_t *data, size_t len);

    /* One DATAGRAM of ours is in a packet that goes to the sink.  qb is valid
     * during the call only. */
    void (*sent)(wzp_qconn_t *qc, const wzp_qbuf_t *qb);

    /* Client: what became of a DATAGRAM of ours; number counts those that have
     * left, from 0.  In any order; one that was lost may arrive after all. */
    void (*fate)(wzp_qconn_t *qc, uint64_t number, bool lost);

    /* One whole message (PROTOCOL 2.1) of a peer's bidirectional stream, in
     * the order of stream numbers; without the length.  Valid during the
     * call. */
    void (*message)(wzp_qconn_t *qc, const uint8_t *data, size_t len);

    /* Bytes of a peer's unidirectional stream (the "version" answer). */
    void (*uni)(wzp_qconn_t *qc, const uint8_t *data, size_t len, bool fin);

    /* The peer moved to another address (validated).  Return false to refuse:
     * the connection is closed. */
    bool (*migrated)(wzp_qconn_t *qc, const wzp_addr_t *from,
        const wzp_addr_t *to);

    /*
     * The last event of a connection.  The endpoint keeps answering for it
     * while RFC 9000 10.2 wants that, and frees it by itself; the owner must
     * forget the pointer.  Called for every connection that accepted saw or
     * connect returned, also from wzp_quic_destroy.
     */
    void (*closed)(wzp_qconn_t *qc, const wzp_qclose_t *why);

    /* TLS secrets in NSS key log format, one line (client's -v, tests). */
    void (*keylog)(void *ctx, const char *line);
} wzp_quic_events_t;


/* Where packets go.  wzp_quic_sink_udp makes one from a send batch. */
typedef struct {
    uint8_t *(*buffer)(void *ctx);      /* WZP_UDP_MTU_MAX bytes, never NULL */
    void     (*commit)(void *ctx, size_t len, wzp_udp_socket_t *su,
                       const wzp_addr_t *local, const wzp_addr_t *peer,
                       uint8_t ecn);
    void      *ctx;
} wzp_quic_sink_t;


typedef struct {
    bool               server;

    /* Certificate: by seed (PROTOCOL 1.3), or PEM chain and key in memory.
     * A client needs none; it shows one when it is asked.  A server asks under
     * the names _federation, _probe and _relay, and takes none as well. */
    const uint8_t     *seed;            /* WZP_SEED_SIZE, or NULL            */
    const char        *cert_pem;
    size_t             cert_pem_len;
    const char        *key_pem;
    size_t             key_pem_len;

    /* Keys for connection IDs, tokens and stateless resets; equal in all
     * workers of a relay, over reloads and upgrades. */
    uint8_t            secret[WZP_QUIC_SECRET_SIZE];

    /* Who owns the connection IDs issued here (see wzp_cid_owner_t). */
    uint8_t            steer;
    uint8_t            slot;
    uint16_t           epoch;

    wzp_quic_retry_t   retry;
    uint32_t           max_conns;       /* 0 = no bound                      */
    uint32_t           max_half_open;   /* handshakes under way              */
    uint64_t           handshake_ns;    /* TLS must be done by then          */
    uint64_t           idle_ns;         /* 30 s (PROTOCOL 1.2)               */
    uint64_t           keepalive_ns;    /* 5 s; 0 = none                     */
    uint64_t           bundle_ns;       /* media may wait for company        */
    uint64_t           stale_ns;        /* media older than this is dropped
                                           when the path is blocked; 0: 400 ms */
    uint64_t           ack_delay_ns;    /* max_ack_delay, and how long an
                                           ACK waits for company; 0: 100 ms  */
    uint32_t           ack_packets;     /* so many are acknowledged at once,
                                           without waiting; 0: 8             */
    uint32_t           streams;         /* that the peer may have open, of
                                           each kind; 0: 100 (PROTOCOL 1.2)  */
    uint32_t           queue_len;       /* media per receiver; 0: 128.  This
                                           and the next: of connections that
                                           set nothing else                  */
    size_t             max_message;     /* bytes; 0: WZP_SIGNAL_MAX          */
    uint16_t           mtu_max;         /* UDP payload; 0: 1452              */
    bool               no_datagram;     /* do not offer DATAGRAM (tests)     */
    bool               ignore_streams;  /* accept none (an old client; tests) */
    const char        *alpn;            /* NULL: "wzp"                       */

    void             (*random)(void *ctx, uint8_t *buf, size_t len);
    wzp_quic_events_t  events;
    void              *ctx;             /* first argument of random, admit,
                                           mine, elsewhere, accepted, keylog */
    wzp_quic_sink_t    sink;
} wzp_quic_conf_t;


/* What became of a datagram. */
typedef enum {
    WZP_QIN_CONN = 0,                   /* fed to a connection               */
    WZP_QIN_NEW,                        /* made a connection                 */
    WZP_QIN_FOREIGN,                    /* of another owner: *owner is set   */
    WZP_QIN_REPLIED,                    /* version negotiation, Retry, reset,
                                           refusal: went to the sink         */
    WZP_QIN_ELSEWHERE,                  /* not ours: went to `elsewhere`     */
    WZP_QIN_JUNK                        /* nothing that we answer            */
} wzp_qin_t;


/* The readable part of our connection IDs:
 * [steer][slot][epoch 2][random 5][keyed tag 3]. */
typedef struct {
    uint8_t   steer;                    /* socket of the reuseport group     */
    uint8_t   slot;                     /* worker slot                       */
    uint16_t  epoch;                    /* life of that slot                 */
} wzp_cid_owner_t;


typedef struct {
    uint64_t  packets_in;               /* QUIC packets                      */
    uint64_t  packets_out;
    uint64_t  packets_out_bare;         /* without media or stream data      */
    uint64_t  packets_lost;             /* declared lost by us               */
    uint64_t  frames_in;                /* DATAGRAM frames                   */
    uint64_t  frames_out;
    uint64_t  drop_too_big;
    uint64_t  drop_queue;
    uint64_t  drop_stale;
    uint64_t  rtt_ns;                   /* smoothed; 0 = no sample           */
    uint64_t  rttvar_ns;
    uint64_t  cwnd;
    uint32_t  queued;                   /* media frames waiting              */
    uint32_t  messages_queued;
    uint16_t  mtu;                      /* UDP payload                       */
} wzp_qstats_t;


/* ---- endpoint ---- */

/* The configuration is copied (not what it points to in PEM and seed: those
 * are read at once).  NULL and a sentence in err (128 bytes) on failure. */
wzp_quic_t *wzp_quic_create(const wzp_quic_conf_t *conf, char err[128]);

/* Close everything at once (closed is called, one CONNECTION_CLOSE each goes
 * to the sink) and free.  code and reason as in wzp_qconn_close. */
void wzp_quic_destroy(wzp_quic_t *ep, uint64_t now_ns, uint64_t code,
    const char *reason);

/*
 * One UDP datagram.  WZP_QIN_FOREIGN when its connection ID is one of ours
 * but not of this slot and epoch; nothing was done with it.  With
 * accept_new false, clients without a connection are refused.
 */
wzp_qin_t wzp_quic_input(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    bool accept_new, uint64_t now_ns, wzp_cid_owner_t *owner);

/*
 * One UDP datagram that another endpoint has declined (its `elsewhere` event):
 * as above, but `mine` is not asked.  Both must have one secret, for Retry.
 * Later ones of the client, until it has heard of us, take the same way.
 */
wzp_qin_t wzp_quic_input_forced(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    uint64_t now_ns, wzp_cid_owner_t *owner);

/* Answer a foreign datagram whose owner is dead with a stateless reset (rate
 * limited; nothing for datagrams too short to answer, RFC 9000 10.3.3). */
void wzp_quic_reset(wzp_quic_t *ep, const wzp_udp_dgram_t *dg,
    uint64_t now_ns);

/* Run timers that are due. */
void wzp_quic_expire(wzp_quic_t *ep, uint64_t now_ns);

/* Write what is due to the sink.  The caller sends the batch. */
void wzp_quic_flush(wzp_quic_t *ep, uint64_t now_ns);

/* When expire or flush must be called next; UINT64_MAX = never. */
uint64_t wzp_quic_deadline(const wzp_quic_t *ep);

/* Connections that have not had their closed event; half: in handshake. */
uint32_t wzp_quic_count(const wzp_quic_t *ep, uint32_t *half_open);

/* True while closed connections still linger in the closing state. */
bool wzp_quic_lingering(const wzp_quic_t *ep);

/* DER certificate's SHA-256, for the log. */
void wzp_quic_cert_fp(const wzp_quic_t *ep, uint8_t fp[WZP_CERT_FP_SIZE]);

/* The BPF steering rule (quic-in-nginx.md) needs the offset of `steer` in a
 * short header: byte 1; in a long header: byte 6. */

/* A sink over a send batch. */
wzp_quic_sink_t wzp_quic_sink_udp(wzp_udp_tx_t *tx);


/* ---- buffers ---- */

/* A buffer with one reference; NULL: no memory.  Small ones are recycled. */
wzp_qbuf_t *wzp_qbuf_alloc(size_t size);
wzp_qbuf_t *wzp_qbuf_ref(wzp_qbuf_t *qb);
void wzp_qbuf_unref(wzp_qbuf_t *qb);

/* A buffer with a framed message (length and JSON) for wzp_qconn_message. */
wzp_qbuf_t *wzp_qbuf_message(const uint8_t *json, size_t len);


/* ---- connection ---- */

/*
 * Client: connect with this server name.  NULL: no memory or bad name.  local
 * is su->local, or, where that is no address in particular, one of the host's
 * that the packets shall leave from; one socket serves any number of
 * connections to peers of its family.
 */
wzp_qconn_t *wzp_quic_connect(wzp_quic_t *ep, const char *sni,
    wzp_udp_socket_t *su, const wzp_addr_t *local, const wzp_addr_t *peer,
    void *data, uint64_t now_ns);

void wzp_qconn_set_data(wzp_qconn_t *qc, void *data);
void *wzp_qconn_data(const wzp_qconn_t *qc);
wzp_quic_t *wzp_qconn_endpoint(const wzp_qconn_t *qc);
void *wzp_quic_ctx(const wzp_quic_t *ep);

const wzp_addr_t *wzp_qconn_peer(const wzp_qconn_t *qc);
const wzp_addr_t *wzp_qconn_local(const wzp_qconn_t *qc);
wzp_udp_socket_t *wzp_qconn_socket(const wzp_qconn_t *qc);

/* Server name as the client sent it ("" = none); not NUL-safe: len counts. */
const char *wzp_qconn_sni(const wzp_qconn_t *qc, size_t *len);

/*
 * SHA-256 of the peer's leaf certificate, whose key the peer has proved to
 * hold.  WZP_EAGAIN before the handshake or when there is none.  At a client
 * the handshake event comes before the server has judged our certificate: only
 * `confirmed`, or the server's first word, says that it was taken.
 */
wzp_rc_t wzp_qconn_peer_cert(const wzp_qconn_t *qc,
    uint8_t fp[WZP_CERT_FP_SIZE]) WZP_MUST_CHECK;

/* 32 bytes of TLS exporter, label WZP_EXPORTER_LABEL, empty context. */
wzp_rc_t wzp_qconn_exporter(const wzp_qconn_t *qc,
    uint8_t out[WZP_EXPORTER_SIZE]) WZP_MUST_CHECK;

/* Does the peer accept DATAGRAM frames?  After the handshake. */
bool wzp_qconn_has_datagram(const wzp_qconn_t *qc);

/* The largest DATAGRAM payload that fits the path now. */
size_t wzp_qconn_max_datagram(const wzp_qconn_t *qc);

/*
 * Queue one media packet.  Takes a reference of its own on WZP_OK.  The oldest
 * is dropped and counted when the queue is full.  WZP_ETOOBIG (counted; also
 * before the handshake, and when the peer takes no datagrams); WZP_ECLOSED;
 * WZP_ENOMEM.  qb->born_ns is what its age is reckoned from; 0: it has none.
 */
wzp_rc_t wzp_qconn_send(wzp_qconn_t *qc, wzp_qbuf_t *qb, uint64_t now_ns)
    WZP_MUST_CHECK;

/*
 * Queue one message: a new bidirectional stream.  qb from wzp_qbuf_message;
 * takes a reference of its own.  With key != 0 it replaces a message of the
 * same key that has not been started (lack of stream credit is not deafness).
 * WZP_ENOSPC: 256 messages (or as set) are waiting; WZP_ECLOSED; WZP_ENOMEM.
 */
wzp_rc_t wzp_qconn_message(wzp_qconn_t *qc, wzp_qbuf_t *qb, unsigned key)
    WZP_MUST_CHECK;

/*
 * Limits of this connection, instead of the endpoint's (0: the endpoint's).
 * From the handshake event on, at any time.  A link between relays carries
 * what many members say, and longer messages than these.
 *
 *   media_len  media that wait, at most 2^20; the oldest beyond are dropped
 *   messages   messages of ours that wait, at most 2^16; none more is taken
 *   bytes      the longest message of the peer, at most 2^26.  Messages that
 *              are not delivered yet take this and 64 KiB of memory at most
 */
void wzp_qconn_set_queue(wzp_qconn_t *qc, uint32_t media_len);
void wzp_qconn_set_messages(wzp_qconn_t *qc, uint32_t messages);
void wzp_qconn_set_max_message(wzp_qconn_t *qc, size_t bytes);

/* Messages that wait for stream credit (a peer that accepts none). */
bool wzp_qconn_starved(const wzp_qconn_t *qc);

/* Write bytes and FIN on a new unidirectional stream. */
wzp_rc_t wzp_qconn_uni(wzp_qconn_t *qc, const uint8_t *data, size_t len)
    WZP_MUST_CHECK;

/* Close at the next flush; closed is called from there. */
void wzp_qconn_close(wzp_qconn_t *qc, uint64_t code, const char *reason);

/* Close as above once everything queued is acknowledged (a server: and the peer
 * had 50 ms to read it), or after wait_ns.  (An orderly Hangup: PROTOCOL 12.3
 * F29.) */
void wzp_qconn_finish(wzp_qconn_t *qc, uint64_t code, const char *reason,
    uint64_t wait_ns, uint64_t now_ns);

/*
 * Client: continue from another socket (RFC 9000 9).  WZP_EAGAIN: before the
 * handshake is confirmed, without a spare connection ID of the server, or from
 * inside an event; WZP_EDUP: it is there already; WZP_ECLOSED.
 */
wzp_rc_t wzp_qconn_migrate(wzp_qconn_t *qc, wzp_udp_socket_t *su,
    const wzp_addr_t *local, uint64_t now_ns) WZP_MUST_CHECK;

/* Start a key update (tests).  WZP_EAGAIN: the last one is not through, or
 * from inside an event; WZP_ECLOSED. */
wzp_rc_t wzp_qconn_key_update(wzp_qconn_t *qc, uint64_t now_ns)
    WZP_MUST_CHECK;

void wzp_qconn_stats(const wzp_qconn_t *qc, wzp_qstats_t *st);


#endif /* _WZP_QUIC_H_INCLUDED_ */
