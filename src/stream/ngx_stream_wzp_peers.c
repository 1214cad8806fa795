/*
 * Slots of directives that are about other relays.
 */

#include "stream/ngx_stream_wzp.h"
#include "stream/ngx_stream_wzp_slots.h"

#include "wzp/wzp_fed.h"
#include "wzp/wzp_utf8.h"


#define NGX_STREAM_WZP_PROBES_MAX   64
#define NGX_STREAM_WZP_ROOMS_MAX    1024
#define NGX_STREAM_WZP_BACKOFF_LOW  100         /* ms */
#define NGX_STREAM_WZP_BACKOFF_HIGH 3600000

#define NGX_STREAM_WZP_FINGERPRINT  0x01        /* parameters that were given */
#define NGX_STREAM_WZP_LABEL        0x02
#define NGX_STREAM_WZP_VERIFY       0x04


static char *ngx_stream_wzp_add_peer(ngx_conf_t *cf, ngx_array_t **peers,
    ngx_wzp_host_t *host, ngx_str_t *value, ngx_uint_t n);
static ngx_uint_t ngx_stream_wzp_quoted(ngx_conf_t *cf, ngx_str_t *value,
    ngx_uint_t n);
static ngx_int_t ngx_stream_wzp_other_peers(ngx_conf_t *cf,
    ngx_array_t *peers, ngx_wzp_peer_conf_t *pf);
static ngx_int_t ngx_stream_wzp_peer_param(ngx_conf_t *cf,
    ngx_wzp_peer_conf_t *pf, ngx_str_t *value, ngx_uint_t *given);
static ngx_int_t ngx_stream_wzp_once(ngx_conf_t *cf, ngx_uint_t *given,
    ngx_uint_t which, const char *name);
static ngx_int_t ngx_stream_wzp_host(ngx_conf_t *cf, ngx_str_t *value,
    ngx_wzp_host_t *host);
static ngx_int_t ngx_stream_wzp_host_name(ngx_conf_t *cf, ngx_url_t *u,
    ngx_wzp_host_t *host);
static ngx_int_t ngx_stream_wzp_other_host(ngx_conf_t *cf,
    ngx_wzp_host_t *host, ngx_wzp_host_t *other);


char *
ngx_stream_wzp_global_room(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    wzp_sni_t                   sni;
    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_wzp_global_conf_t      *gf;

    value = cf->args->elts;

    if (ngx_stream_wzp_room_name(cf, &value[1], &sni) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (sni.hashed) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is the hash of a room: name the room, so "
                           "that others can know it by both", &value[1]);
        return NGX_CONF_ERROR;
    }

    gf = wscf->globals != NULL ? wscf->globals->elts : NULL;

    for (i = 0; gf != NULL && i < wscf->globals->nelts; i++) {
        if (gf[i].name.len == value[1].len
            && ngx_memcmp(gf[i].name.data, value[1].data, value[1].len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate global room \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    if (i == NGX_STREAM_WZP_ROOMS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there can be up to %d global rooms",
                           NGX_STREAM_WZP_ROOMS_MAX);
        return NGX_CONF_ERROR;
    }

    gf = ngx_stream_wzp_push(cf, &wscf->globals,
                             sizeof(ngx_wzp_global_conf_t));
    if (gf == NULL) {
        return NGX_CONF_ERROR;
    }

    /* its own case: the hash of "General" is not that of "general" */

    gf->name = value[1];
    wzp_room_key(gf->key, (char *) value[1].data, value[1].len);

    return NGX_CONF_OK;
}


char *
ngx_stream_wzp_peer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_str_t                  *value;
    ngx_wzp_host_t              host;

    value = cf->args->elts;

    if (ngx_stream_wzp_host(cf, &value[1], &host) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_stream_wzp_add_peer(cf, &wscf->peers, &host, &value[2],
                                   cf->args->nelts - 2);
}


char *
ngx_stream_wzp_trusted(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_str_t                  *value;
    ngx_wzp_host_t              host;

    value = cf->args->elts;

    ngx_memzero(&host, sizeof(host));

    return ngx_stream_wzp_add_peer(cf, &wscf->peers, &host, &value[1],
                                   cf->args->nelts - 1);
}


static char *
ngx_stream_wzp_add_peer(ngx_conf_t *cf, ngx_array_t **peers,
    ngx_wzp_host_t *host, ngx_str_t *value, ngx_uint_t n)
{
    ngx_uint_t            i, given;
    ngx_wzp_peer_conf_t   pf, *other;

    ngx_memzero(&pf, sizeof(pf));
    pf.host = *host;
    given = 0;

    for (i = 0; i < n; i++) {
        i += ngx_stream_wzp_quoted(cf, &value[i], n - i);

        if (ngx_stream_wzp_peer_param(cf, &pf, &value[i], &given) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (!(given & NGX_STREAM_WZP_FINGERPRINT)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no fingerprint= was given: the other relay says "
                           "its own at its start");
        return NGX_CONF_ERROR;
    }

    if (*peers != NULL
        && ngx_stream_wzp_other_peers(cf, *peers, &pf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (pf.label.len == 0) {
        pf.label = host->host;
    }

    if (pf.label.len == 0) {
        pf.label.len = sizeof("00:00:00:00") - 1;
        pf.label.data = ngx_pnalloc(cf->pool, pf.label.len + 1);
        if (pf.label.data == NULL) {
            return NGX_CONF_ERROR;
        }

        (void) ngx_sprintf(pf.label.data, "%02xd:%02xd:%02xd:%02xd%Z",
                           pf.fp[0], pf.fp[1], pf.fp[2], pf.fp[3]);
    }

    other = ngx_stream_wzp_push(cf, peers, sizeof(ngx_wzp_peer_conf_t));
    if (other == NULL) {
        return NGX_CONF_ERROR;
    }

    *other = pf;

    return NGX_CONF_OK;
}


/* Is it another one than those before? */
static ngx_int_t
ngx_stream_wzp_other_peers(ngx_conf_t *cf, ngx_array_t *peers,
    ngx_wzp_peer_conf_t *pf)
{
    ngx_uint_t            i;
    ngx_wzp_peer_conf_t  *other;

    other = peers->elts;

    for (i = 0; i < peers->nelts; i++) {
        if (ngx_memcmp(other[i].fp, pf->fp, sizeof(pf->fp)) == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "a relay with this fingerprint was named "
                               "before: \"%V\"", &other[i].label);
            return NGX_ERROR;
        }

        if (ngx_stream_wzp_other_host(cf, &pf->host, &other[i].host)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (i == WZP_FED_PEERS) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there can be up to %d other relays",
                           WZP_FED_PEERS);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * label="Relay B" is two words to nginx, which knows quotes only around whole
 * ones.  They are put together in the last one; returns how many words further
 * that is.
 */
static ngx_uint_t
ngx_stream_wzp_quoted(ngx_conf_t *cf, ngx_str_t *value, ngx_uint_t n)
{
    size_t       len;
    u_char      *p, *start;
    ngx_uint_t   i, j;

    if (ngx_strncmp(value[0].data, "label=\"", 7) != 0) {
        return 0;
    }

    len = 0;

    for (i = 0; i < n; i++) {
        len += value[i].len + 1;

        if (value[i].len > (i == 0 ? sizeof("label=\"") - 1 : 0)
            && value[i].data[value[i].len - 1] == '"')
        {
            break;
        }
    }

    start = i < n ? ngx_pnalloc(cf->pool, len) : NULL;

    if (start == NULL) {
        return 0;                       /* which is an error by itself */
    }

    p = ngx_cpymem(start, "label=", sizeof("label=") - 1);
    p = ngx_cpymem(p, value[0].data + 7, value[0].len - 7);

    for (j = 1; j <= i; j++) {
        *p++ = ' ';
        p = ngx_cpymem(p, value[j].data, value[j].len);
    }

    *--p = '\0';                        /* the closing quote */

    value[i].data = start;
    value[i].len = p - start;

    return i;
}


static ngx_int_t
ngx_stream_wzp_peer_param(ngx_conf_t *cf, ngx_wzp_peer_conf_t *pf,
    ngx_str_t *value, ngx_uint_t *given)
{
    char       clean[WZP_LABEL_MAX + 1];
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "fingerprint=", 12) == 0) {
        s.data = value->data + 12;
        s.len = value->len - 12;

        if (wzp_cert_fp_parse(pf->fp, (char *) s.data, s.len) != WZP_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid fingerprint in \"%V\": want the 64 "
                               "hex digits that the other relay says at its "
                               "start", value);
            return NGX_ERROR;
        }

        return ngx_stream_wzp_once(cf, given, NGX_STREAM_WZP_FINGERPRINT,
                                   "fingerprint");
    }

    if (ngx_strncmp(value->data, "label=", 6) == 0) {
        pf->label.data = value->data + 6;
        pf->label.len = value->len - 6;

        if (pf->label.len == 0
            || wzp_utf8_clean(clean, WZP_LABEL_MAX, (char *) pf->label.data,
                              pf->label.len)
               != pf->label.len)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "label in \"%V\" must have 1 to %d bytes of "
                               "printable UTF-8", value, WZP_LABEL_MAX);
            return NGX_ERROR;
        }

        return ngx_stream_wzp_once(cf, given, NGX_STREAM_WZP_LABEL, "label");
    }

    if (ngx_strcmp(value->data, "verify=mutual") == 0) {
        pf->verify = NGX_WZP_VERIFY_MUTUAL;
        return ngx_stream_wzp_once(cf, given, NGX_STREAM_WZP_VERIFY, "verify");
    }

    if (ngx_strcmp(value->data, "verify=hello") == 0) {
        pf->verify = NGX_WZP_VERIFY_HELLO;
        return ngx_stream_wzp_once(cf, given, NGX_STREAM_WZP_VERIFY, "verify");
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);

    return NGX_ERROR;
}


static ngx_int_t
ngx_stream_wzp_once(ngx_conf_t *cf, ngx_uint_t *given, ngx_uint_t which,
    const char *name)
{
    if (*given & which) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate parameter \"%s\"", name);
        return NGX_ERROR;
    }

    *given |= which;

    return NGX_OK;
}


/* "name:port", "1.2.3.4:port", "[::1]:port"; the port may be left out. */
static ngx_int_t
ngx_stream_wzp_host(ngx_conf_t *cf, ngx_str_t *value, ngx_wzp_host_t *host)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(u));
    u.url = *value;
    u.default_port = 4433;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.host.len == 0
        || u.host.len > 253 || u.uri.len != 0 || u.family == AF_UNIX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s in relay address \"%V\", want HOST:PORT",
                           u.err != NULL ? u.err : "invalid host", value);
        return NGX_ERROR;
    }

    host->text = *value;
    host->port.data = ngx_pnalloc(cf->pool, sizeof("65535"));

    if (host->port.data == NULL) {
        return NGX_ERROR;
    }

    host->port.len = ngx_sprintf(host->port.data, "%d%Z", (int) u.port)
                     - host->port.data - 1;

    return ngx_stream_wzp_host_name(cf, &u, host);
}


/* One spelling of each, so that who is named twice is seen. */
static ngx_int_t
ngx_stream_wzp_host_name(ngx_conf_t *cf, ngx_url_t *u, ngx_wzp_host_t *host)
{
    u_char  *p, *last;

    host->host.len = ngx_max(u->host.len, NGX_SOCKADDR_STRLEN);
    host->host.data = ngx_pnalloc(cf->pool, host->host.len + 1);

    if (host->host.data == NULL) {
        return NGX_ERROR;
    }

    if (u->naddrs != 0) {                       /* it is an address */
        host->host.len = ngx_sock_ntop(&u->sockaddr.sockaddr, u->socklen,
                                       host->host.data, host->host.len, 0);
        host->host.data[host->host.len] = '\0';
        return NGX_OK;
    }

    host->host.len = u->host.len;
    ngx_strlow(host->host.data, u->host.data, u->host.len);
    host->host.data[host->host.len] = '\0';

    /* no top-level domain is a number: "300.1.1.1" is no name either */

    last = host->host.data + host->host.len;

    for (p = last; p > host->host.data && p[-1] != '.'; p--) {
        if (p[-1] < '0' || p[-1] > '9') {
            return NGX_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" in relay address \"%V\" is neither an IP "
                       "address nor a host name", &u->host, &host->text);

    return NGX_ERROR;
}


/* wzp_trusted has no address. */
static ngx_int_t
ngx_stream_wzp_other_host(ngx_conf_t *cf, ngx_wzp_host_t *host,
    ngx_wzp_host_t *other)
{
    if (host->text.len != 0 && other->text.len != 0
        && ngx_strcmp(host->host.data, other->host.data) == 0
        && ngx_strcmp(host->port.data, other->port.data) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate address \"%V\"", &host->text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_stream_wzp_backoff(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_str_t                  *value;
    ngx_msec_t                  min, max;

    if (wscf->backoff_min != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    min = ngx_parse_time(&value[1], 0);
    max = ngx_parse_time(&value[2], 0);

    if (min == (ngx_msec_t) NGX_ERROR || max == (ngx_msec_t) NGX_ERROR
        || min < NGX_STREAM_WZP_BACKOFF_LOW || min > max
        || max > NGX_STREAM_WZP_BACKOFF_HIGH)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid times \"%V %V\": want MIN and MAX from "
                           "100ms to 1h, the smaller first", &value[1],
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    wscf->backoff_min = min;
    wscf->backoff_max = max;

    return NGX_CONF_OK;
}


char *
ngx_stream_wzp_probe(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_str_t                  *value;
    ngx_uint_t                  i, k, n;
    ngx_wzp_host_t              host, *other;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        ngx_memzero(&host, sizeof(host));

        if (ngx_stream_wzp_host(cf, &value[i], &host) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        n = wscf->probes != NULL ? wscf->probes->nelts : 0;
        other = n != 0 ? wscf->probes->elts : NULL;

        for (k = 0; k < n; k++) {
            if (ngx_stream_wzp_other_host(cf, &host, &other[k]) != NGX_OK) {
                return NGX_CONF_ERROR;
            }
        }

        if (n == NGX_STREAM_WZP_PROBES_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "there can be up to %d probes",
                               NGX_STREAM_WZP_PROBES_MAX);
            return NGX_CONF_ERROR;
        }

        other = ngx_stream_wzp_push(cf, &wscf->probes, sizeof(ngx_wzp_host_t));
        if (other == NULL) {
            return NGX_CONF_ERROR;
        }

        *other = host;
    }

    return NGX_CONF_OK;
}


char *
ngx_stream_wzp_probe_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_stream_wzp_srv_conf_t  *wscf = conf;

    ngx_int_t                   rc;
    ngx_str_t                  *value;
    ngx_uint_t                  i;
    ngx_cidr_t                 *cidr;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        cidr = ngx_stream_wzp_push(cf, &wscf->probe_allow,
                                   sizeof(ngx_cidr_t));
        if (cidr == NULL) {
            return NGX_CONF_ERROR;
        }

        rc = ngx_ptocidr(&value[i], cidr);

        if (rc == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid address \"%V\": want an IP address "
                               "or a network", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rc == NGX_DONE) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "low address bits of %V are meaningless",
                               &value[i]);
        }
    }

    return NGX_CONF_OK;
}
