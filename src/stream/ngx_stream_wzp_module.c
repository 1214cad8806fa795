/*
 * Directives of a relay, and the content handler of its sessions.
 */

#include "stream/ngx_stream_wzp.h"
#include "stream/ngx_stream_wzp_slots.h"

#include "core/ngx_wzp_session.h"


#define NGX_STREAM_WZP_IDENTITY         "wzp-identity"
#define NGX_STREAM_WZP_NAME             "main"

#define NGX_STREAM_WZP_MAX_SESSIONS     1000
#define NGX_STREAM_WZP_MAX_ROOMS        1000
#define NGX_STREAM_WZP_ROOM_MEMBERS     500
#define NGX_STREAM_WZP_RATE             250
#define NGX_STREAM_WZP_HANDSHAKE        10000   /* ms */
#define NGX_STREAM_WZP_IDLE             30000
#define NGX_STREAM_WZP_IDLE_MIN         1000
#define NGX_STREAM_WZP_BUNDLE_MAX       100
#define NGX_STREAM_WZP_TRUNKING         5
#define NGX_STREAM_WZP_NAME_MAX         64
#define NGX_STREAM_WZP_FEDERATION_RATE  5000
#define NGX_STREAM_WZP_BACKOFF_MIN      5000    /* ms */
#define NGX_STREAM_WZP_BACKOFF_MAX      300000
#define NGX_STREAM_WZP_TAP_RATE         100     /* lines per second */
#define NGX_STREAM_WZP_RING             45000
#define NGX_STREAM_WZP_HEALTH           30000   /* ms */


static void *ngx_stream_wzp_create_srv_conf(ngx_conf_t *cf);
static char *ngx_stream_wzp_merge_srv_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_stream_wzp_postconfiguration(ngx_conf_t *cf);
static ngx_uint_t ngx_stream_wzp_has_access(ngx_conf_t *cf,
    ngx_stream_conf_ctx_t *ctx);
static ngx_wzp_relay_conf_t *ngx_stream_wzp_relay(ngx_listening_t *ls,
    ngx_uint_t *mixed);
static void ngx_stream_wzp_handler(ngx_stream_session_t *s);
static void ngx_stream_wzp_finalize(void *session, ngx_uint_t status,
    off_t received, off_t sent);
static char *ngx_stream_wzp_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_stream_wzp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* The offset of a field, with its type checked by the compiler. */
#define ngx_stream_wzp_off(field, ctype)                                      \
    (offsetof(ngx_stream_wzp_srv_conf_t, field)                               \
     + 0 * sizeof(char [__builtin_types_compatible_p(                         \
           __typeof__(((ngx_stream_wzp_srv_conf_t *) 0)->field), ctype)       \
           ? 1 : -1]))

#define NGX_STREAM_WZP_CONF  (NGX_STREAM_MAIN_CONF|NGX_STREAM_SRV_CONF)


static ngx_conf_enum_t  ngx_stream_wzp_modes[] = {
    { ngx_string("room"), NGX_WZP_MODE_ROOM },
    { ngx_string("echo"), NGX_WZP_MODE_ECHO },
    { ngx_string("bridge"), NGX_WZP_MODE_BRIDGE },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_stream_wzp_bindings[] = {
    { ngx_string("optional"), NGX_WZP_BINDING_OPTIONAL },
    { ngx_string("required"), NGX_WZP_BINDING_REQUIRED },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_stream_wzp_presences[] = {
    { ngx_string("off"), NGX_WZP_PRESENCE_OFF },
    { ngx_string("signal"), NGX_WZP_PRESENCE_SIGNAL },
    { ngx_string("all"), NGX_WZP_PRESENCE_ALL },
    { ngx_null_string, 0 }
};


static ngx_stream_wzp_msec_bounds_t  ngx_stream_wzp_handshake_bounds = {
    { ngx_stream_wzp_check_msec }, 100, 600000
};

static ngx_stream_wzp_msec_bounds_t  ngx_stream_wzp_idle_bounds = {
    { ngx_stream_wzp_check_msec }, NGX_STREAM_WZP_IDLE_MIN, 600000
};

static ngx_stream_wzp_msec_bounds_t  ngx_stream_wzp_ring_bounds = {
    { ngx_stream_wzp_check_msec }, 1000, 600000
};

static ngx_stream_wzp_msec_bounds_t  ngx_stream_wzp_bundle_bounds = {
    { ngx_stream_wzp_check_msec }, 0, NGX_STREAM_WZP_BUNDLE_MAX
};


static ngx_command_t  ngx_stream_wzp_commands[] = {

    { ngx_string("wzp_zone"),
      NGX_STREAM_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_zone,
      0,
      0,
      NULL },

    { ngx_string("wzp"),
      NGX_STREAM_SRV_CONF|NGX_CONF_TAKE12,
      ngx_stream_wzp,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(enable, ngx_flag_t),
      NULL },

    { ngx_string("wzp_identity"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(identity, ngx_str_t),
      NULL },

    { ngx_string("wzp_certificate"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(certificate, ngx_str_t),
      NULL },

    { ngx_string("wzp_certificate_key"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(certificate_key, ngx_str_t),
      NULL },

    { ngx_string("wzp_retry"),
      NGX_STREAM_WZP_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(retry, ngx_flag_t),
      NULL },

    { ngx_string("wzp_binding"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(binding, ngx_uint_t),
      ngx_stream_wzp_bindings },

    { ngx_string("wzp_mode"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(mode, ngx_uint_t),
      ngx_stream_wzp_modes },

    { ngx_string("wzp_profile"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_profile,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(profile, ngx_uint_t),
      NULL },

    { ngx_string("wzp_room"),
      NGX_STREAM_WZP_CONF|NGX_CONF_1MORE,
      ngx_stream_wzp_room,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(rooms, ngx_array_t *),
      NULL },

    { ngx_string("wzp_max_sessions"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_limit,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(max_sessions, ngx_uint_t),
      NULL },

    { ngx_string("wzp_max_rooms"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_limit,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(max_rooms, ngx_uint_t),
      NULL },

    { ngx_string("wzp_room_members"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_limit,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(room_members, ngx_uint_t),
      NULL },

    { ngx_string("wzp_rate"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_limit,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(rate, ngx_uint_t),
      NULL },

    { ngx_string("wzp_handshake_timeout"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(handshake_timeout, ngx_msec_t),
      &ngx_stream_wzp_handshake_bounds },

    { ngx_string("wzp_idle_timeout"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(idle_timeout, ngx_msec_t),
      &ngx_stream_wzp_idle_bounds },

    { ngx_string("wzp_bundle"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(bundle, ngx_msec_t),
      &ngx_stream_wzp_bundle_bounds },

    { ngx_string("wzp_trunking"),
      NGX_STREAM_WZP_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(trunking, ngx_flag_t),
      NULL },

    { ngx_string("wzp_global_room"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_global_room,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(globals, ngx_array_t *),
      NULL },

    { ngx_string("wzp_peer"),
      NGX_STREAM_WZP_CONF|NGX_CONF_2MORE,
      ngx_stream_wzp_peer,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(peers, ngx_array_t *),
      NULL },

    { ngx_string("wzp_trusted"),
      NGX_STREAM_WZP_CONF|NGX_CONF_1MORE,
      ngx_stream_wzp_trusted,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(peers, ngx_array_t *),
      NULL },

    { ngx_string("wzp_federation_rate"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_limit,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(federation_rate, ngx_uint_t),
      NULL },

    { ngx_string("wzp_federation_backoff"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE2,
      ngx_stream_wzp_backoff,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(backoff_min, ngx_msec_t),
      NULL },

    { ngx_string("wzp_probe"),
      NGX_STREAM_WZP_CONF|NGX_CONF_1MORE,
      ngx_stream_wzp_probe,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(probes, ngx_array_t *),
      NULL },

    { ngx_string("wzp_probe_allow"),
      NGX_STREAM_WZP_CONF|NGX_CONF_1MORE,
      ngx_stream_wzp_probe_allow,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(probe_allow, ngx_array_t *),
      NULL },

    { ngx_string("wzp_presence"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(presence, ngx_uint_t),
      ngx_stream_wzp_presences },

    { ngx_string("wzp_ring_timeout"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(ring_timeout, ngx_msec_t),
      &ngx_stream_wzp_ring_bounds },

    { ngx_string("wzp_signal_unverified"),
      NGX_STREAM_WZP_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(signal_unverified, ngx_flag_t),
      NULL },

    { ngx_string("wzp_debug_tap"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_debug_tap,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(taps, ngx_array_t *),
      NULL },

    { ngx_string("wzp_debug_tap_rate"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_limit,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(tap_rate, ngx_uint_t),
      NULL },

    { ngx_string("wzp_event_log"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_event_log,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(event_log, ngx_open_file_t *),
      NULL },

    { ngx_string("wzp_health_interval"),
      NGX_STREAM_WZP_CONF|NGX_CONF_TAKE1,
      ngx_stream_wzp_interval,
      NGX_STREAM_SRV_CONF_OFFSET,
      ngx_stream_wzp_off(health, ngx_msec_t),
      NULL },

      ngx_null_command
};


static ngx_stream_module_t  ngx_stream_wzp_module_ctx = {
    ngx_stream_wzp_add_variables,          /* preconfiguration */
    ngx_stream_wzp_postconfiguration,      /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_stream_wzp_create_srv_conf,        /* create server configuration */
    ngx_stream_wzp_merge_srv_conf          /* merge server configuration */
};


ngx_module_t  ngx_stream_wzp_module = {
    NGX_MODULE_V1,
    &ngx_stream_wzp_module_ctx,            /* module context */
    ngx_stream_wzp_commands,               /* module directives */
    NGX_STREAM_MODULE,                     /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_wzp_stream_api_t  ngx_stream_wzp_api = {
    ngx_stream_wzp_relay,
    ngx_stream_wzp_finalize
};


static void *
ngx_stream_wzp_create_srv_conf(ngx_conf_t *cf)
{
    ngx_stream_wzp_srv_conf_t  *wscf;

    wscf = ngx_pcalloc(cf->pool, sizeof(ngx_stream_wzp_srv_conf_t));
    if (wscf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     name, id, identity, ident, secret, cert_fp, certificate,
     *     certificate_key, cert_pem, key_pem, rooms, globals, peers, self,
     *     probes, probe_allow, taps, access, noticed, listens, addr, zone, file, line
     */

    wscf->enable = NGX_CONF_UNSET;
    wscf->mode = NGX_CONF_UNSET_UINT;
    wscf->binding = NGX_CONF_UNSET_UINT;
    wscf->retry = NGX_CONF_UNSET;
    wscf->profile = NGX_CONF_UNSET_UINT;
    wscf->max_sessions = NGX_CONF_UNSET_UINT;
    wscf->max_rooms = NGX_CONF_UNSET_UINT;
    wscf->room_members = NGX_CONF_UNSET_UINT;
    wscf->rate = NGX_CONF_UNSET_UINT;
    wscf->handshake_timeout = NGX_CONF_UNSET_MSEC;
    wscf->idle_timeout = NGX_CONF_UNSET_MSEC;
    wscf->bundle = NGX_CONF_UNSET_MSEC;
    wscf->trunking = NGX_CONF_UNSET;
    wscf->federation_rate = NGX_CONF_UNSET_UINT;
    wscf->backoff_min = NGX_CONF_UNSET_MSEC;
    wscf->backoff_max = NGX_CONF_UNSET_MSEC;
    wscf->presence = NGX_CONF_UNSET_UINT;
    wscf->ring_timeout = NGX_CONF_UNSET_MSEC;
    wscf->signal_unverified = NGX_CONF_UNSET;
    wscf->tap_rate = NGX_CONF_UNSET_UINT;
    wscf->event_log = NGX_CONF_UNSET_PTR;
    wscf->health = NGX_CONF_UNSET_MSEC;

    return wscf;
}


static char *
ngx_stream_wzp_merge_srv_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_stream_wzp_srv_conf_t  *prev = parent;
    ngx_stream_wzp_srv_conf_t  *conf = child;

    ngx_conf_merge_value(conf->enable, prev->enable, 0);
    ngx_conf_merge_str_value(conf->identity, prev->identity,
                             NGX_STREAM_WZP_IDENTITY);
    ngx_conf_merge_str_value(conf->certificate, prev->certificate, "");
    ngx_conf_merge_str_value(conf->certificate_key, prev->certificate_key,
                             "");
    ngx_conf_merge_value(conf->retry, prev->retry, 0);
    ngx_conf_merge_uint_value(conf->binding, prev->binding,
                              NGX_WZP_BINDING_OPTIONAL);
    ngx_conf_merge_uint_value(conf->mode, prev->mode, NGX_WZP_MODE_ROOM);
    ngx_conf_merge_uint_value(conf->profile, prev->profile,
                              WZP_PROFILE_GOOD);
    ngx_conf_merge_uint_value(conf->max_sessions, prev->max_sessions,
                              NGX_STREAM_WZP_MAX_SESSIONS);
    ngx_conf_merge_uint_value(conf->max_rooms, prev->max_rooms,
                              NGX_STREAM_WZP_MAX_ROOMS);
    ngx_conf_merge_uint_value(conf->room_members, prev->room_members,
                              NGX_STREAM_WZP_ROOM_MEMBERS);
    ngx_conf_merge_uint_value(conf->rate, prev->rate, NGX_STREAM_WZP_RATE);
    ngx_conf_merge_msec_value(conf->handshake_timeout,
                              prev->handshake_timeout,
                              NGX_STREAM_WZP_HANDSHAKE);
    ngx_conf_merge_msec_value(conf->idle_timeout, prev->idle_timeout,
                              NGX_STREAM_WZP_IDLE);
    ngx_conf_merge_value(conf->trunking, prev->trunking, 0);
    ngx_conf_merge_msec_value(conf->bundle, prev->bundle,
                              conf->trunking ? NGX_STREAM_WZP_TRUNKING : 0);

    ngx_conf_merge_uint_value(conf->federation_rate, prev->federation_rate,
                              NGX_STREAM_WZP_FEDERATION_RATE);
    ngx_conf_merge_msec_value(conf->backoff_min, prev->backoff_min,
                              NGX_STREAM_WZP_BACKOFF_MIN);
    ngx_conf_merge_msec_value(conf->backoff_max, prev->backoff_max,
                              NGX_STREAM_WZP_BACKOFF_MAX);
    ngx_conf_merge_uint_value(conf->presence, prev->presence,
                              NGX_WZP_PRESENCE_ALL);
    ngx_conf_merge_msec_value(conf->ring_timeout, prev->ring_timeout,
                              NGX_STREAM_WZP_RING);
    ngx_conf_merge_value(conf->signal_unverified, prev->signal_unverified, 0);
    ngx_conf_merge_uint_value(conf->tap_rate, prev->tap_rate,
                              NGX_STREAM_WZP_TAP_RATE);
    ngx_conf_merge_ptr_value(conf->event_log, prev->event_log, NULL);
    ngx_conf_merge_msec_value(conf->health, prev->health,
                              NGX_STREAM_WZP_HEALTH);

    if (conf->rooms == NULL) {
        conf->rooms = prev->rooms;
    }

    if (conf->globals == NULL) {
        conf->globals = prev->globals;
    }

    if (conf->peers == NULL) {
        conf->peers = prev->peers;
    }

    if (conf->probes == NULL) {
        conf->probes = prev->probes;
    }

    if (conf->probe_allow == NULL) {
        conf->probe_allow = prev->probe_allow;
    }

    if (conf->taps == NULL) {
        conf->taps = prev->taps;
    }

    if (!conf->enable) {
        return NGX_CONF_OK;
    }

    return ngx_wzp_conf_relay(cf, conf);
}


/* What only the finished servers show. */
static ngx_int_t
ngx_stream_wzp_postconfiguration(ngx_conf_t *cf)
{
    ngx_uint_t                     i, j;
    ngx_wzp_main_conf_t           *wmcf;
    ngx_wzp_relay_conf_t         **rf;
    ngx_stream_wzp_srv_conf_t     *wscf, *other;
    ngx_stream_core_srv_conf_t   **cscfp;
    ngx_stream_core_main_conf_t   *cmcf;

    cmcf = ngx_stream_conf_get_module_main_conf(cf, ngx_stream_core_module);
    wmcf = (ngx_wzp_main_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                ngx_wzp_module);
    cscfp = cmcf->servers.elts;

    wmcf->relays = ngx_array_create(cf->pool, 4,
                                    sizeof(ngx_wzp_relay_conf_t *));
    if (wmcf->relays == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < cmcf->servers.nelts; i++) {
        wscf = cscfp[i]->ctx->srv_conf[ngx_stream_wzp_module.ctx_index];

        if (!wscf->enable) {
            continue;
        }

        if (cscfp[i]->handler != ngx_stream_wzp_handler) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"wzp\" in %s:%ui was replaced by another content "
                          "directive of the same server, such as "
                          "\"proxy_pass\" or \"return\"",
                          wscf->file, wscf->line);
            return NGX_ERROR;
        }

        for (j = 0; j < i; j++) {
            other = cscfp[j]->ctx->srv_conf[ngx_stream_wzp_module.ctx_index];

            if (other->enable && other->id == wscf->id) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "relay name \"%V\" in %s:%ui is used already "
                              "in %s:%ui, write: wzp on name=...;",
                              &wscf->name, wscf->file, wscf->line,
                              other->file, other->line);
                return NGX_ERROR;
            }
        }

        wscf->access = ngx_stream_wzp_has_access(cf, cscfp[i]->ctx);
        wmcf->stream = &ngx_stream_wzp_api;

        rf = ngx_array_push(wmcf->relays);
        if (rf == NULL) {
            return NGX_ERROR;
        }

        *rf = wscf;
    }

    return NGX_OK;
}


/*
 * Does a server have allow or deny?  The configuration of the access module
 * is its own; but all of it is pointers to arrays of rules, NULL when there
 * are none.
 */
static ngx_uint_t
ngx_stream_wzp_has_access(ngx_conf_t *cf, ngx_stream_conf_ctx_t *ctx)
{
    void        **rules;
    ngx_uint_t    i, n;

    for (i = 0; cf->cycle->modules[i] != NULL; i++) {

        if (ngx_strcmp(cf->cycle->modules[i]->name,
                       "ngx_stream_access_module")
            != 0)
        {
            continue;
        }

        rules = ctx->srv_conf[cf->cycle->modules[i]->ctx_index];

        n = 1;
#if (NGX_HAVE_INET6)
        n++;
#endif

        while (n-- > 0) {
            if (rules != NULL && rules[n] != NULL) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_wzp_relay_conf_t *
ngx_stream_wzp_relay(ngx_listening_t *ls, ngx_uint_t *mixed)
{
    ngx_uint_t                  i, n;
    ngx_stream_conf_ctx_t      *ctx;
    ngx_stream_wzp_srv_conf_t  *wscf, *found;

    n = 0;
    found = NULL;

    for (i = 0; /* void */; i++) {
        ctx = ngx_stream_wzp_server_ctx(ls, i, &n);
        if (ctx == NULL) {
            break;
        }

        wscf = ctx->srv_conf[ngx_stream_wzp_module.ctx_index];

        if (wscf->enable && found == NULL) {
            found = wscf;
        }
    }

    *mixed = (n > 1);

    return found;
}


/* All phases have passed. */
static void
ngx_stream_wzp_handler(ngx_stream_session_t *s)
{
    ngx_wzp_conn_t    *wc;
    ngx_connection_t  *c;

    c = s->connection;
    wc = ngx_wzp_conn_get(c);

    if (wc == NULL) {
        ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                      "datagram outside of the wzp module's own reading");
        ngx_stream_finalize_session(s, NGX_STREAM_INTERNAL_SERVER_ERROR);
        return;
    }

    c->log->action = "in a call";

    ngx_stream_set_ctx(s, wc, ngx_stream_wzp_module);
    ngx_wzp_session_attach(c);
    ngx_wzp_conn_accepted(wc, s);
}


static void
ngx_stream_wzp_finalize(void *session, ngx_uint_t status, off_t received,
    off_t sent)
{
    ngx_stream_session_t  *s = session;

    s->received = received;
    s->connection->sent = sent;

    ngx_stream_finalize_session(s, status);
}


static char *
ngx_stream_wzp_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char               *p;
    ssize_t               size;
    ngx_str_t            *value, s;
    ngx_wzp_main_conf_t  *wmcf;

    wmcf = (ngx_wzp_main_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                ngx_wzp_module);

    if (wmcf->zone_size != 0) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = (u_char *) ngx_strchr(value[1].data, ':');

    if (p == NULL || p == value[1].data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\", want NAME:SIZE", &value[1]);
        return NGX_CONF_ERROR;
    }

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size < NGX_WZP_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too small: it takes at least 1m",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (size > NGX_WZP_ZONE_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is too large: it takes at most "
                           "1024m", &value[1]);
        return NGX_CONF_ERROR;
    }

    wmcf->zone_name.data = value[1].data;
    wmcf->zone_name.len = p - value[1].data;
    wmcf->zone_size = ngx_align((size_t) size, ngx_pagesize);

    return NGX_CONF_OK;
}


static char *
ngx_stream_wzp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t   *wscf = conf;

    u_char                       hash[32];
    ngx_str_t                   *value;
    ngx_stream_core_srv_conf_t  *cscf;

    if (wscf->enable != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        wscf->enable = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"wzp\" directive, "
                           "it must be \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&wscf->name, NGX_STREAM_WZP_NAME);

    if (cf->args->nelts == 3) {

        if (ngx_strncmp(value[2].data, "name=", 5) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        wscf->name.data = value[2].data + 5;
        wscf->name.len = value[2].len - 5;

        if (wscf->name.len == 0 || wscf->name.len > NGX_STREAM_WZP_NAME_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "relay name in \"%V\" must have 1 to %d bytes",
                               &value[2], NGX_STREAM_WZP_NAME_MAX);
            return NGX_CONF_ERROR;
        }
    }

    wzp_sha256(hash, wscf->name.data, wscf->name.len);
    ngx_memcpy(&wscf->id, hash, sizeof(wscf->id));

    cscf = ngx_stream_conf_get_module_srv_conf(cf, ngx_stream_core_module);

    if (cscf->handler != NULL) {
        return "is in conflict with another content directive of this server";
    }

    cscf->handler = ngx_stream_wzp_handler;

    wscf->enable = 1;
    wscf->file = cf->conf_file->file.name.data;
    wscf->line = cf->conf_file->line;

    return NGX_CONF_OK;
}
