/*
 * Types that all of src/core shares.  This layer speaks nginx's core and
 * event vocabulary and knows neither stream nor http.
 */

#ifndef _NGX_WZP_H_INCLUDED_
#define _NGX_WZP_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "quic/wzp_quic.h"
#include "wzp/wzp_base.h"
#include "wzp/wzp_close.h"
#include "wzp/wzp_drop.h"
#include "wzp/wzp_signal.h"
#include "wzp/wzp_sni.h"


typedef struct ngx_wzp_zone_s    ngx_wzp_zone_t;
typedef struct ngx_wzp_zone_relay_s  ngx_wzp_zone_relay_t;
typedef struct ngx_wzp_stat_s    ngx_wzp_stat_t;
typedef struct ngx_wzp_relay_s   ngx_wzp_relay_t;
typedef struct ngx_wzp_hub_s     ngx_wzp_hub_t;
typedef struct ngx_wzp_conn_s    ngx_wzp_conn_t;
typedef struct ngx_wzp_room_s    ngx_wzp_room_t;
typedef struct ngx_wzp_member_s  ngx_wzp_member_t;


typedef enum {
    NGX_WZP_MODE_ROOM = 0,
    NGX_WZP_MODE_ECHO,
    NGX_WZP_MODE_BRIDGE
} ngx_wzp_mode_e;


typedef enum {
    NGX_WZP_BINDING_OPTIONAL = 0,
    NGX_WZP_BINDING_REQUIRED
} ngx_wzp_binding_e;


/* One wzp_room directive. */
typedef struct {
    ngx_str_t      name;
    uint8_t        key[WZP_ROOM_KEY_SIZE];
    ngx_array_t   *allow;               /* of uint8_t[WZP_FP_SIZE], or NULL  */
} ngx_wzp_room_conf_t;


typedef enum {
    NGX_WZP_VERIFY_MUTUAL = 0,          /* proved by its certificate         */
    NGX_WZP_VERIFY_HELLO                /* an existing relay: only claimed   */
} ngx_wzp_verify_e;


typedef enum {
    NGX_WZP_PRESENCE_OFF = 0,
    NGX_WZP_PRESENCE_SIGNAL,            /* who is registered for calls       */
    NGX_WZP_PRESENCE_ALL                /* and who is in a room              */
} ngx_wzp_presence_e;


/* HOST:PORT; names are resolved at run time. */
typedef struct {
    ngx_str_t      text;                /* as written                        */
    ngx_str_t      host;                /* NUL terminated, without brackets  */
    ngx_str_t      port;                /* likewise                          */
} ngx_wzp_host_t;


/* One wzp_peer or wzp_trusted directive. */
typedef struct {
    ngx_wzp_host_t  host;               /* text.len is 0: wzp_trusted        */
    uint8_t         fp[WZP_CERT_FP_SIZE];
    ngx_str_t       label;
    ngx_uint_t      verify;             /* ngx_wzp_verify_e                  */
} ngx_wzp_peer_conf_t;


/* One wzp_global_room directive. */
typedef struct {
    ngx_str_t       name;               /* NUL terminated, keeps its case    */
    uint8_t         key[WZP_ROOM_KEY_SIZE];
} ngx_wzp_global_conf_t;


/* One wzp_debug_tap directive. */
typedef struct {
    ngx_str_t      name;                /* or "*": every room                */
    uint8_t        key[WZP_ROOM_KEY_SIZE];      /* as TLS sends it           */
    uint8_t        cased[WZP_ROOM_KEY_SIZE];    /* as written                */
} ngx_wzp_tap_conf_t;


/*
 * A relay as configured: one `server` with `wzp on`.  Lives in the cycle's
 * pool; read-only after configuration.
 */
typedef struct {
    ngx_flag_t     enable;
    ngx_str_t      name;
    uint64_t       id;                  /* of the name; same over reloads    */

    ngx_str_t      identity;            /* file                              */
    wzp_ident_t    ident;
    uint8_t        secret[WZP_QUIC_SECRET_SIZE];
    uint8_t        cert_fp[WZP_CERT_FP_SIZE];
    ngx_str_t      certificate;         /* files; empty: derived             */
    ngx_str_t      certificate_key;
    ngx_str_t      cert_pem;            /* contents                          */
    ngx_str_t      key_pem;

    ngx_uint_t     mode;
    ngx_uint_t     binding;
    ngx_flag_t     retry;
    ngx_uint_t     profile;             /* wzp_profile_id_t: the best given  */

    ngx_uint_t     max_sessions;        /* 0: no limit, in all four          */
    ngx_uint_t     max_rooms;
    ngx_uint_t     room_members;
    ngx_uint_t     rate;                /* packets per second and member     */

    ngx_msec_t     handshake_timeout;
    ngx_msec_t     idle_timeout;
    ngx_msec_t     bundle;
    ngx_flag_t     trunking;

    ngx_array_t   *rooms;               /* of ngx_wzp_room_conf_t, or NULL   */

    ngx_array_t   *globals;             /* of ngx_wzp_global_conf_t, or NULL */
    ngx_array_t   *peers;               /* of ngx_wzp_peer_conf_t, or NULL   */
    ngx_wzp_peer_conf_t  *self;         /* left out of them: it is this one  */
    ngx_array_t   *probes;              /* of ngx_wzp_host_t, or NULL        */
    ngx_array_t   *probe_allow;         /* of ngx_cidr_t, or NULL            */
    ngx_uint_t     federation_rate;     /* packets/s, room and link; 0: none */
    ngx_msec_t     backoff_min;
    ngx_msec_t     backoff_max;
    ngx_uint_t     presence;            /* ngx_wzp_presence_e                */
    ngx_msec_t     ring_timeout;        /* of direct calls                   */
    ngx_flag_t     signal_unverified;

    ngx_array_t   *taps;                /* of ngx_wzp_tap_conf_t, or NULL    */
    ngx_uint_t     tap_rate;            /* lines per second; 0: no limit     */
    ngx_open_file_t  *event_log;        /* NULL: off                         */
    ngx_msec_t     health;              /* from line to line; 0: none        */

    ngx_uint_t     access;              /* unsigned: the server has rules    */
    ngx_uint_t     noticed;             /* unsigned: the start line is out   */
    ngx_uint_t     listens;             /* unsigned: some socket leads here  */
    wzp_addr_t     addr;                /* by which others reach it          */
    ngx_uint_t     wildcard;            /* unsigned: it listens on any       */
    ngx_wzp_zone_relay_t  *zone;        /* its place there; set by the master */

    u_char        *file;                /* where `wzp on` stands             */
    ngx_uint_t     line;
} ngx_wzp_relay_conf_t;


/*
 * What the stream module tells the core about itself.  The core never calls
 * into stream other than through these.
 */
typedef struct {
    /* The relay behind a listening socket; NULL: not ours.  *mixed is set
     * when the socket also serves other addresses. */
    ngx_wzp_relay_conf_t  *(*relay)(ngx_listening_t *ls, ngx_uint_t *mixed);

    /* Log, and free session and connection.  status as in nginx stream. */
    void                   (*finalize)(void *session, ngx_uint_t status,
                                       off_t received, off_t sent);
} ngx_wzp_stream_api_t;


/* Monotonic nanoseconds; portable code is given these. */
uint64_t ngx_wzp_now(void);

/* Random bytes from the kernel.  Never fails (aborts the process). */
void ngx_wzp_random(void *buf, size_t len);


#endif /* _NGX_WZP_H_INCLUDED_ */
