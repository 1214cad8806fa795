/*
 * The life of one QUIC connection at a relay: handshake, nginx session, what
 * its server name asks for, membership, end.
 */

#ifndef _NGX_WZP_CONN_H_INCLUDED_
#define _NGX_WZP_CONN_H_INCLUDED_


#include "core/ngx_wzp_worker.h"
#include "wzp/wzp_bucket.h"
#include "wzp/wzp_compact.h"
#include "wzp/wzp_quality.h"


#define NGX_WZP_REASON_SIZE     160

#ifndef NGX_WZP_BUILD
#define NGX_WZP_BUILD           "wzp-0.1.0"
#endif


typedef enum {
    NGX_WZP_CONN_HANDSHAKE = 0,         /* TLS is under way                  */
    NGX_WZP_CONN_SESSION,               /* nginx's phases are running        */
    NGX_WZP_CONN_OFFER,                 /* waits for the CallOffer           */
    NGX_WZP_CONN_JOINED,
    NGX_WZP_CONN_PEER,                  /* another relay, or a phone         */
    NGX_WZP_CONN_CLOSING                /* closed, or nearly so              */
} ngx_wzp_conn_state_e;


/*
 * What is done with a connection that is no member of a room: of another
 * relay, whoever dialed, or a phone.  peer is the owner's.
 */
typedef struct {
    void (*message)(void *peer, const uint8_t *data, size_t len);
    void (*datagram)(void *peer, const uint8_t *data, size_t len);

    /* The last one. why: a sentence, at least a word. */
    void (*closed)(void *peer, const char *why);

    /* Media of ours is on its way; may be NULL. */
    void (*sent)(void *peer, const wzp_qbuf_t *qb);
} ngx_wzp_peer_ops_t;


/*
 * Made by malloc when QUIC accepts the connection, freed at its closed event.
 * The nginx connection and session have their own lives in between.
 */
struct ngx_wzp_conn_s {
    wzp_qconn_t          *qc;
    ngx_wzp_relay_t      *relay;
    ngx_wzp_conn_state_e  state;
    ngx_queue_t           queue;        /* in the worker's list of all       */

    ngx_connection_t     *connection;   /* NULL: none yet, or gone           */
    void                 *session;      /* the stream session, or NULL       */
    ngx_event_t           deadline;     /* for the offer                     */

    wzp_sni_t            *sni;          /* after the handshake               */

    const ngx_wzp_peer_ops_t  *ops;     /* in state PEER                     */
    void                 *peer;

    ngx_wzp_member_t     *member;       /* in state JOINED                   */
    wzp_bucket_t          signals;      /* signals per second                */
    u_char               *early;        /* signals that came while nginx's
                                           phases were running               */
    size_t                early_len;

    uint8_t               fp[WZP_FP_SIZE];
    char                  alias[WZP_ALIAS_MAX + 1];
    wzp_close_t           status;       /* why we ended it                   */
    wzp_qclose_how_t      how;          /* when it closed                    */

    off_t                 received;     /* bytes of media                    */
    off_t                 sent;
    uint64_t              packets_in;
    uint64_t              drops[WZP_DROP_N];

    unsigned              has_fp:1;
    unsigned              verified:1;   /* the binding is good               */
    unsigned              refused:1;    /* by a phase of the session         */
    unsigned              accepted:1;   /* content handler reached           */
    unsigned              creating:1;   /* inside ngx_wzp_session_create     */
    unsigned              ended:1;      /* by us: finalising                 */
    uint16_t              stream_id;
    wzp_compact_t         compact;      /* headers that it may send          */
    wzp_qstats_t          last;         /* when last counted, or closed      */
};


/* The relay's certificate, as every endpoint of it shows it. */
void ngx_wzp_conn_certificate(wzp_quic_conf_t *qf,
    const ngx_wzp_relay_conf_t *conf);

/* ngx_wzp_random, as endpoints want it. */
void ngx_wzp_conn_random(void *ctx, uint8_t *buf, size_t len);

/* The endpoint of a relay in this worker.  NULL: logged. */
wzp_quic_t *ngx_wzp_conn_endpoint(ngx_cycle_t *cycle, ngx_wzp_relay_t *relay);

/* The connection behind a stream session's nginx connection (content handler,
 * variables), or NULL. */
ngx_wzp_conn_t *ngx_wzp_conn_get(ngx_connection_t *c);

/* Stream's content handler was reached: nginx has accepted. */
void ngx_wzp_conn_accepted(ngx_wzp_conn_t *wc, void *session);

/* From now on it is the hub's: another relay, or a phone. */
void ngx_wzp_conn_become_peer(ngx_wzp_conn_t *wc,
    const ngx_wzp_peer_ops_t *ops, void *peer);

/* Close it (WZP_CLOSE_TIMEOUT) after so many milliseconds; 0: not after all. */
void ngx_wzp_conn_wait(ngx_wzp_conn_t *wc, ngx_msec_t ms);

/* End a connection with a reason that the peer can read. */
void ngx_wzp_conn_close(ngx_wzp_conn_t *wc, wzp_close_t why);

/* The same once all that was said has arrived, or soon after. */
void ngx_wzp_conn_finish(ngx_wzp_conn_t *wc, wzp_close_t why);

void ngx_wzp_conn_close_all(wzp_close_t why);

/* Those of one relay; or only those of its hub: other relays and phones. */
void ngx_wzp_conn_close_relay(ngx_wzp_relay_t *relay, wzp_close_t why);
void ngx_wzp_conn_close_peers(ngx_wzp_relay_t *relay, wzp_close_t why);

/* This worker was told to quit gracefully. */
void ngx_wzp_conn_quit(void);

/* A datagram was not forwarded. */
void ngx_wzp_conn_drop(ngx_wzp_conn_t *wc, wzp_drop_t why);

/* Count what the connections have done since the last time: twice a second. */
void ngx_wzp_conn_account(void);

/* Statistics: live ones, or those of the end. */
void ngx_wzp_conn_stats(ngx_wzp_conn_t *wc, wzp_qstats_t *st);

/* "room", "ping", ... or "" before the handshake. */
const char *ngx_wzp_conn_role(ngx_wzp_conn_t *wc);

/* Why QUIC says that a connection ended, in words; buf is
 * NGX_WZP_REASON_SIZE bytes. */
const char *ngx_wzp_conn_reason(const wzp_qclose_t *why, char *buf);

/* Send one signal to whoever is at the other end.  key as in
 * wzp_qconn_message.  NGX_ERROR: it is over with that connection, or no
 * memory. */
ngx_int_t ngx_wzp_conn_signal(wzp_qconn_t *qc, const wzp_signal_t *sg,
    unsigned key);

/* Why it ended: a token of wzp_close_x.h, "idle" or "lost". */
const char *ngx_wzp_conn_status(ngx_wzp_conn_t *wc);


#endif /* _NGX_WZP_CONN_H_INCLUDED_ */
