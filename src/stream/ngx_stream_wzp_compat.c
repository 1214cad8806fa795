/*
 * Differences between nginx's versions, and what nginx keeps to itself.
 */

#include "stream/ngx_stream_wzp.h"


#if (nginx_version >= 1025005)
#define ngx_stream_wzp_addr_ctx(conf)  ((conf).default_server->ctx)
#else
#define ngx_stream_wzp_addr_ctx(conf)  ((conf).ctx)
#endif


ngx_stream_conf_ctx_t *
ngx_stream_wzp_server_ctx(ngx_listening_t *ls, ngx_uint_t i,
    ngx_uint_t *naddrs)
{
    ngx_stream_port_t      *port;
    ngx_stream_in_addr_t   *addr;
#if (NGX_HAVE_INET6)
    ngx_stream_in6_addr_t  *addr6;
#endif

    if (ls->handler != ngx_stream_init_connection) {
        return NULL;
    }

    port = ls->servers;
    *naddrs = port->naddrs;

    if (i >= port->naddrs) {
        return NULL;
    }

    switch (ls->sockaddr->sa_family) {

    case AF_INET:
        addr = port->addrs;
        return ngx_stream_wzp_addr_ctx(addr[i].conf);

#if (NGX_HAVE_INET6)
    case AF_INET6:
        addr6 = port->addrs;
        return ngx_stream_wzp_addr_ctx(addr6[i].conf);
#endif

    default:
        return NULL;            /* a UNIX-domain socket has no datagrams here */
    }
}
