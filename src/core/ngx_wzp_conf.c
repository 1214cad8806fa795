/*
 * Configuration of the core.
 */

#include "core/ngx_wzp_conf.h"

#include "core/ngx_wzp_conf_use.h"
#include "core/ngx_wzp_conn.h"
#include "core/ngx_wzp_dir.h"
#include "core/ngx_wzp_udp.h"


#define NGX_WZP_SECRET_LABEL    "wzp-quic-secret"
#define NGX_WZP_PEM_MAX         (256 * 1024)
#define NGX_WZP_WORKERS_MAX     32          /* half the slots: a reload      */


static char *ngx_wzp_conf_identity(ngx_conf_t *cf,
    ngx_wzp_relay_conf_t *conf);
static char *ngx_wzp_conf_create_identity(ngx_conf_t *cf,
    ngx_wzp_relay_conf_t *conf);
static char *ngx_wzp_conf_pem(ngx_conf_t *cf, ngx_str_t *file,
    ngx_str_t *pem);
static char *ngx_wzp_conf_check_quic(ngx_conf_t *cf,
    ngx_wzp_relay_conf_t *conf);
static char *ngx_wzp_conf_others(ngx_conf_t *cf,
    ngx_wzp_relay_conf_t *conf);
static ngx_int_t ngx_wzp_conf_check_relays(ngx_cycle_t *cycle,
    ngx_array_t *relays);
static ngx_int_t ngx_wzp_conf_check_listen(ngx_cycle_t *cycle,
    ngx_listening_t *ls, ngx_wzp_relay_conf_t *conf, ngx_uint_t mixed);
static ngx_int_t ngx_wzp_conf_place(ngx_cycle_t *cycle,
    ngx_wzp_main_conf_t *wmcf, ngx_wzp_relay_conf_t *conf);
static void ngx_wzp_conf_notice(ngx_cycle_t *cycle, ngx_listening_t *ls,
    ngx_wzp_relay_conf_t *conf);


void *
ngx_wzp_create_main_conf(ngx_cycle_t *cycle)
{
    /* zeroed: zone_name, zone_size, zone, relays, stream, uses */

    return ngx_pcalloc(cycle->pool, sizeof(ngx_wzp_main_conf_t));
}


char *
ngx_wzp_init_main_conf(ngx_cycle_t *cycle, void *conf)
{
    ngx_wzp_main_conf_t    *wmcf = conf;

    ngx_uint_t              i, mixed;
    ngx_listening_t        *ls;
    ngx_core_conf_t        *ccf;
    ngx_wzp_relay_conf_t   *rf;

    if (ngx_wzp_conf_resolve_uses(cycle, wmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (wmcf->stream == NULL) {
        return NGX_CONF_OK;
    }

    if (wmcf->zone_size == 0) {
        ngx_str_set(&wmcf->zone_name, "wzp");
        wmcf->zone_size = NGX_WZP_ZONE_DEFAULT;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->worker_processes > NGX_WZP_WORKERS_MAX) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "wzp works with up to %d worker_processes, not %i",
                      NGX_WZP_WORKERS_MAX, ccf->worker_processes);
        return NGX_CONF_ERROR;
    }

    ls = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts; i++) {
        mixed = 0;
        rf = wmcf->stream->relay(&ls[i], &mixed);

        if (rf == NULL) {
            continue;
        }

        rf->listens = 1;

        if (ngx_wzp_conf_check_listen(cycle, &ls[i], rf, mixed) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_wzp_conf_check_relays(cycle, wmcf->relays) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_process == NGX_PROCESS_SIGNALLER) {
        return NGX_CONF_OK;
    }

    wmcf->zone = ngx_wzp_zone_open(cycle, &wmcf->zone_name, wmcf->zone_size);

    return wmcf->zone != NULL ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static ngx_int_t
ngx_wzp_conf_check_relays(ngx_cycle_t *cycle, ngx_array_t *relays)
{
    ngx_uint_t              i;
    ngx_wzp_relay_conf_t  **rf;

    rf = relays->elts;

    if (relays->nelts > NGX_WZP_RELAYS) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"wzp\" in %s:%ui is one too many: there can be up to "
                      "%d relays, not %ui", rf[NGX_WZP_RELAYS]->file,
                      rf[NGX_WZP_RELAYS]->line, NGX_WZP_RELAYS, relays->nelts);
        return NGX_ERROR;
    }

    for (i = 0; i < relays->nelts; i++) {

        /* a UNIX-domain socket, or another server of the same address */

        if (!rf[i]->listens) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                          "\"wzp\" in %s:%ui has no socket of its own, "
                          "write: listen ADDRESS:PORT udp reuseport; with "
                          "an address that no other server has",
                          rf[i]->file, rf[i]->line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_wzp_conf_check_listen(ngx_cycle_t *cycle, ngx_listening_t *ls,
    ngx_wzp_relay_conf_t *conf, ngx_uint_t mixed)
{
    ngx_core_conf_t  *ccf;

    if (ls->type != SOCK_DGRAM) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"wzp\" in %s:%ui needs a \"udp\" socket, "
                      "write: listen %V udp reuseport;",
                      conf->file, conf->line, &ls->addr_text);
        return NGX_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (mixed || (!ls->reuseport && (ccf->worker_processes > 1
                                     || ccf->master)))
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "\"wzp\" in %s:%ui needs a socket for each worker, "
                      "write: listen %V udp reuseport;",
                      conf->file, conf->line, &ls->addr_text);
        return NGX_ERROR;
    }

    if (!ccf->master && ls->reuseport && ccf->worker_processes > 1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "with \"master_process off\" only one of %i sockets of "
                      "%V would be read, write: worker_processes 1;",
                      ccf->worker_processes, &ls->addr_text);
        return NGX_ERROR;
    }

    return NGX_OK;
}


char *
ngx_wzp_conf_relay(ngx_conf_t *cf, ngx_wzp_relay_conf_t *conf)
{
    char  *rv;

    rv = ngx_wzp_conf_identity(cf, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if ((conf->certificate.len != 0) != (conf->certificate_key.len != 0)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"wzp_certificate\" and \"wzp_certificate_key\" "
                           "go together: one of them is missing");
        return NGX_CONF_ERROR;
    }

    if (conf->certificate.len != 0) {
        rv = ngx_wzp_conf_pem(cf, &conf->certificate, &conf->cert_pem);
        if (rv != NGX_CONF_OK) {
            return rv;
        }

        rv = ngx_wzp_conf_pem(cf, &conf->certificate_key, &conf->key_pem);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    rv = ngx_wzp_conf_check_quic(cf, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_wzp_conf_others(cf, conf);
}


static char *
ngx_wzp_conf_identity(ngx_conf_t *cf, ngx_wzp_relay_conf_t *conf)
{
    ssize_t          n;
    u_char           buf[256], seed[WZP_SEED_SIZE];
    ngx_fd_t         fd;
    ngx_err_t        err;
    ngx_file_info_t  fi;

    if (ngx_conf_full_name(cf->cycle, &conf->identity, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(conf->identity.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        err = ngx_errno;

        if (err == NGX_ENOENT) {
            return ngx_wzp_conf_create_identity(cf, conf);
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "could not read identity file \"%V\"",
                           &conf->identity);
        return NGX_CONF_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "identity file \"%V\" is not a regular file",
                           &conf->identity);
        ngx_close_file(fd);
        return NGX_CONF_ERROR;
    }

    n = ngx_read_fd(fd, buf, sizeof(buf));
    err = ngx_errno;

    if ((ngx_file_access(&fi) & 077) != 0) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "identity file \"%V\" can be read by others than "
                           "its owner, write: chmod 600 %V",
                           &conf->identity, &conf->identity);
    }

    ngx_close_file(fd);

    if (n == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "could not read identity file \"%V\"",
                           &conf->identity);
        return NGX_CONF_ERROR;
    }

    if (wzp_seed_parse(seed, (char *) buf, (size_t) n) != WZP_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "identity file \"%V\" is malformed: it must hold "
                           "64 hex digits; it was left as it is: restore it "
                           "from a backup, or remove it for a new identity",
                           &conf->identity);
        return NGX_CONF_ERROR;
    }

    wzp_ident_init(&conf->ident, seed);
    wzp_derive(conf->secret, seed, NGX_WZP_SECRET_LABEL);
    ngx_explicit_memzero(seed, sizeof(seed));
    ngx_explicit_memzero(buf, sizeof(buf));

    return NGX_CONF_OK;
}


static char *
ngx_wzp_conf_create_identity(ngx_conf_t *cf, ngx_wzp_relay_conf_t *conf)
{
    char      text[2 * WZP_SEED_SIZE + 2];
    u_char    seed[WZP_SEED_SIZE];
    ssize_t   n;
    ngx_fd_t  fd;

    ngx_wzp_random(seed, sizeof(seed));

    wzp_hex(text, seed, sizeof(seed));
    text[2 * WZP_SEED_SIZE] = '\n';

    fd = open((const char *) conf->identity.data, O_WRONLY|O_CREAT|O_EXCL,
              S_IRUSR|S_IWUSR);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not create identity file \"%V\"",
                           &conf->identity);
        return NGX_CONF_ERROR;
    }

    n = ngx_write_fd(fd, text, 2 * WZP_SEED_SIZE + 1);

    if (n != 2 * WZP_SEED_SIZE + 1 || fsync(fd) == -1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not write identity file \"%V\"",
                           &conf->identity);
        ngx_close_file(fd);
        (void) ngx_delete_file(conf->identity.data);
        return NGX_CONF_ERROR;
    }

    ngx_close_file(fd);

    ngx_conf_log_error(NGX_LOG_NOTICE, cf, 0,
                       "new relay identity written to \"%V\": keep a backup",
                       &conf->identity);

    wzp_ident_init(&conf->ident, seed);
    wzp_derive(conf->secret, seed, NGX_WZP_SECRET_LABEL);
    ngx_explicit_memzero(seed, sizeof(seed));
    ngx_explicit_memzero(text, sizeof(text));

    return NGX_CONF_OK;
}


static char *
ngx_wzp_conf_pem(ngx_conf_t *cf, ngx_str_t *file, ngx_str_t *pem)
{
    char             *rv;
    size_t            size;
    ssize_t           n;
    ngx_fd_t          fd;
    ngx_file_info_t   fi;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(file->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE || ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not open \"%V\"", file);

        if (fd != NGX_INVALID_FILE) {
            ngx_close_file(fd);
        }

        return NGX_CONF_ERROR;
    }

    rv = NGX_CONF_ERROR;
    size = (size_t) ngx_file_size(&fi);

    if (ngx_file_size(&fi) > NGX_WZP_PEM_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is too large for a PEM file", file);
        goto done;
    }

    pem->data = ngx_pnalloc(cf->pool, size + 1);
    if (pem->data == NULL) {
        goto done;
    }

    n = ngx_read_fd(fd, pem->data, size);

    if (n != (ssize_t) size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "could not read \"%V\"", file);
        goto done;
    }

    pem->data[size] = '\0';
    pem->len = size;
    rv = NGX_CONF_OK;

done:

    ngx_close_file(fd);

    return rv;
}


static uint8_t *
ngx_wzp_conf_no_buffer(void *ctx)
{
    static uint8_t  buf[WZP_UDP_MTU_MAX];

    return buf;
}


static void
ngx_wzp_conf_no_commit(void *ctx, size_t len, wzp_udp_socket_t *su,
    const wzp_addr_t *local, const wzp_addr_t *peer, uint8_t ecn)
{
}


/* An endpoint, made and thrown away: better now than in every worker. */
static char *
ngx_wzp_conf_check_quic(ngx_conf_t *cf, ngx_wzp_relay_conf_t *conf)
{
    char              err[128];
    wzp_quic_t       *quic;
    wzp_quic_conf_t   qf;

    ngx_memzero(&qf, sizeof(qf));

    qf.server = true;
    ngx_wzp_conn_certificate(&qf, conf);
    qf.random = ngx_wzp_conn_random;
    qf.sink.buffer = ngx_wzp_conf_no_buffer;
    qf.sink.commit = ngx_wzp_conf_no_commit;

    quic = wzp_quic_create(&qf, err);

    if (quic == NULL) {
        if (conf->certificate.len != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "cannot use certificate \"%V\" with key "
                               "\"%V\": %s", &conf->certificate,
                               &conf->certificate_key, err);
        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "cannot use identity \"%V\": %s",
                               &conf->identity, err);
        }

        return NGX_CONF_ERROR;
    }

    wzp_quic_cert_fp(quic, conf->cert_fp);
    wzp_quic_destroy(quic, 0, 0, "");

    return NGX_CONF_OK;
}


/*
 * All relays of an operator may have one list, with themselves in it; several
 * servers may even share the array.
 */
static char *
ngx_wzp_conf_others(ngx_conf_t *cf, ngx_wzp_relay_conf_t *conf)
{
    ngx_uint_t            i, n;
    ngx_array_t          *others;
    ngx_wzp_peer_conf_t  *pf, *other;

    n = conf->peers != NULL ? conf->peers->nelts : 0;
    pf = n != 0 ? conf->peers->elts : NULL;

    for (i = 0; i < n; i++) {
        if (ngx_memcmp(pf[i].fp, conf->cert_fp, WZP_CERT_FP_SIZE) == 0) {
            break;
        }
    }

    if (i == n) {
        return NGX_CONF_OK;
    }

    conf->self = &pf[i];

    others = ngx_array_create(cf->pool, n, sizeof(ngx_wzp_peer_conf_t));
    if (others == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (&pf[i] != conf->self) {
            other = ngx_array_push(others);
            *other = pf[i];
        }
    }

    conf->peers = n > 1 ? others : NULL;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_wzp_conf_commit(ngx_cycle_t *cycle)
{
    ngx_uint_t             i, n, mixed;
    ngx_listening_t       *ls;
    ngx_wzp_main_conf_t   *wmcf;
    ngx_wzp_relay_conf_t  *rf;

    wmcf = (ngx_wzp_main_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                                ngx_wzp_module);

    if (wmcf->zone == NULL || ngx_test_config) {
        return NGX_OK;
    }

    if (ngx_wzp_zone_commit(cycle, wmcf->zone) != NGX_OK) {
        return NGX_ERROR;
    }

    n = 0;
    ls = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts; i++) {
        rf = wmcf->stream->relay(&ls[i], &mixed);

        if (rf == NULL) {
            continue;
        }

        if (ls[i].worker == 0) {
            ngx_wzp_zone_listen(wmcf->zone, n++, &ls[i], rf);
        }

        if (ngx_wzp_udp_steer(cycle, &ls[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        if (rf->zone == NULL && ngx_wzp_conf_place(cycle, wmcf, rf) != NGX_OK) {
            return NGX_ERROR;
        }

        if (!rf->noticed) {
            rf->noticed = 1;
            ngx_wzp_conf_notice(cycle, &ls[i], rf);
        }
    }

    ngx_wzp_zone_listen(wmcf->zone, n, NULL, NULL);

    return NGX_OK;
}


/* The generation that begins with this configuration is the next one. */
static ngx_int_t
ngx_wzp_conf_place(ngx_cycle_t *cycle, ngx_wzp_main_conf_t *wmcf,
    ngx_wzp_relay_conf_t *conf)
{
    conf->zone = ngx_wzp_zone_relay(wmcf->zone, conf->id,
                                    wmcf->zone->hdr->generation + 1);

    if (conf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "zone \"%V\" has no place for relay \"%V\": the calls "
                      "of relays that were taken away still go on",
                      &wmcf->zone_name, &conf->name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The address by which others reach us: the listening one, or for a wildcard
 * that of the default route (no packet is sent). */
static void
ngx_wzp_conf_address(ngx_listening_t *ls, wzp_addr_t *addr)
{
    int         fd;
    socklen_t   len;
    wzp_addr_t  to;

    (void) !wzp_addr_set(addr, ls->sockaddr, ls->socklen);

    if (!ngx_inet_wildcard(ls->sockaddr)) {
        return;
    }

    ngx_memzero(&to, sizeof(to));

    if (ls->sockaddr->sa_family == AF_INET6 && ls->ipv6only) {
        to.len = sizeof(to.u.in6);
        to.u.in6.sin6_family = AF_INET6;
        to.u.in6.sin6_addr.s6_addr[0] = 0x20;       /* 2001:db8::1 */
        to.u.in6.sin6_addr.s6_addr[1] = 0x01;
        to.u.in6.sin6_addr.s6_addr[2] = 0x0d;
        to.u.in6.sin6_addr.s6_addr[3] = 0xb8;
        to.u.in6.sin6_addr.s6_addr[15] = 1;

        *addr = to;
        addr->u.in6.sin6_addr = in6addr_loopback;

    } else {
        to.len = sizeof(to.u.in);
        to.u.in.sin_family = AF_INET;
        to.u.in.sin_addr.s_addr = htonl(0x08080808);

        *addr = to;
        addr->u.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }

    ngx_inet_set_port(&to.u.sa, 53);

    fd = ngx_socket(to.u.sa.sa_family, SOCK_DGRAM, 0);
    if (fd != -1) {
        len = addr->len;

        if (connect(fd, &to.u.sa, to.len) == 0) {
            (void) getsockname(fd, &addr->u.sa, &len);
        }

        (void) ngx_close_socket(fd);
    }

    ngx_inet_set_port(&addr->u.sa, ngx_inet_get_port(ls->sockaddr));
}


static void
ngx_wzp_conf_notice(ngx_cycle_t *cycle, ngx_listening_t *ls,
    ngx_wzp_relay_conf_t *conf)
{
    char                  fp[WZP_FP_TEXT_LEN + 1];
    char                  tls[WZP_CERT_FP_TEXT_LEN + 1];
    char                  text[WZP_ADDR_TEXT_MAX];
    ngx_uint_t            i;
    ngx_wzp_peer_conf_t  *pf;

    wzp_fp_text(fp, conf->ident.fp);
    wzp_cert_fp_text(tls, conf->cert_fp);
    ngx_wzp_conf_address(ls, &conf->addr);
    conf->wildcard = ngx_inet_wildcard(ls->sockaddr);

    ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                  "relay \"%V\" on %V, identity %s, for others: "
                  "wzp_peer %s fingerprint=%s label=\"%V\";",
                  &conf->name, &ls->addr_text, fp,
                  wzp_addr_text(&conf->addr, text), tls, &conf->name);

    if (conf->self != NULL) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "relay \"%V\": %s \"%V\" is this relay itself: ignored",
                      &conf->name,
                      conf->self->host.text.len != 0 ? "wzp_peer"
                                                     : "wzp_trusted",
                      &conf->self->label);
    }

    pf = conf->peers != NULL ? conf->peers->elts : NULL;

    for (i = 0; pf != NULL && i < conf->peers->nelts; i++) {
        if (pf[i].verify == NGX_WZP_VERIFY_HELLO) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                          "link \"%V\" of relay \"%V\" is verify=hello: "
                          "whoever knows its fingerprint can pass for it",
                          &pf[i].label, &conf->name);
        }
    }
}
