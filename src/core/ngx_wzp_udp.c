/*
 * Listening sockets: options, steering, reading, and what becomes of them
 * when a worker quits.
 */

#include "core/ngx_wzp_udp.h"
#include "core/ngx_wzp_worker.h"

#include <linux/filter.h>


#define NGX_WZP_UDP_BUFFER      (4 * 1024 * 1024)
#define NGX_WZP_UDP_ROUNDS      4       /* batches in one turn of the loop   */


static void ngx_wzp_udp_read(ngx_event_t *ev);
static void ngx_wzp_udp_reader_handler(ngx_event_t *ev);


/*
 * Which socket of the group gets a datagram: by the byte of the connection ID
 * that names it (wzp_cid_owner_t: steer), or by the client's first, random
 * one.  Offset 0 is the first byte of UDP payload, for both address families.
 */
ngx_int_t
ngx_wzp_udp_steer(ngx_cycle_t *cycle, ngx_listening_t *ls)
{
    ngx_uint_t          i, n;
    ngx_listening_t    *l;
    wzp_udp_socket_t    su;
    struct sock_fprog   prog;
    struct sock_filter  code[] = {
        BPF_STMT(BPF_LD|BPF_B|BPF_ABS, 0),
        BPF_JUMP(BPF_JMP|BPF_JSET|BPF_K, 0x80, 0, 2),
        BPF_STMT(BPF_LD|BPF_B|BPF_ABS, 6),      /* long header */
        BPF_JUMP(BPF_JMP|BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_LD|BPF_B|BPF_ABS, 1),      /* short header */
        BPF_STMT(BPF_ALU|BPF_MOD|BPF_K, 1),
        BPF_STMT(BPF_RET|BPF_A, 0)
    };

    /* here and not in the worker: the master may exceed rmem_max */

    if (wzp_udp_setup(&su, ls->fd, ls->rcvbuf > 0 ? 0 : NGX_WZP_UDP_BUFFER,
                      ls->sndbuf > 0 ? 0 : NGX_WZP_UDP_BUFFER)
        != WZP_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_socket_errno,
                      "could not set up socket %d of %V", ls->fd,
                      &ls->addr_text);
        return NGX_ERROR;
    }

    n = 0;
    l = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts; i++) {
        if (ngx_cmp_sockaddr(l[i].sockaddr, l[i].socklen, ls->sockaddr,
                             ls->socklen, 1)
            == NGX_OK && l[i].type == SOCK_DGRAM)
        {
            n++;
        }
    }

    code[5].k = (uint32_t) n;

    ngx_memzero(&prog, sizeof(prog));
    prog.len = sizeof(code) / sizeof(code[0]);
    prog.filter = code;

    /* also for one socket: it replaces the program of an earlier number */

    if (setsockopt(ls->fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &prog,
                   sizeof(prog))
        == -1)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_socket_errno,
                      "setsockopt(SO_ATTACH_REUSEPORT_CBPF) for %V failed: "
                      "workers will have to forward datagrams",
                      &ls->addr_text);
    }

    return NGX_OK;
}


ngx_int_t
ngx_wzp_udp_open(ngx_cycle_t *cycle, ngx_wzp_listen_t *ln,
    ngx_listening_t *ls, ngx_wzp_relay_t *relay)
{
    ngx_uint_t        i;
    ngx_listening_t  *l;

    ln->relay = relay;
    ln->ls = ls;
    ln->port = ngx_inet_get_port(ls->sockaddr);
    ln->own = -1;
    ln->zero = -1;

    if (wzp_udp_setup(&ln->su, ls->fd, 0, 0) != WZP_OK) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_socket_errno,
                      "could not set up socket %d of %V", ls->fd,
                      &ls->addr_text);
        return NGX_ERROR;
    }

    ln->su.data = ln;

    ln->own = fcntl(ls->fd, F_DUPFD_CLOEXEC, 0);
    if (ln->own == -1) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "could not duplicate socket %d of %V", ls->fd,
                      &ls->addr_text);
        return NGX_ERROR;
    }

    l = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts; i++) {
        if (l[i].type == SOCK_DGRAM && l[i].worker == 0
            && ngx_cmp_sockaddr(l[i].sockaddr, l[i].socklen, ls->sockaddr,
                                ls->socklen, 1)
               == NGX_OK)
        {
            ln->zero = fcntl(l[i].fd, F_DUPFD_CLOEXEC, 0);
            break;
        }
    }

    ls->connection->read->handler = ngx_wzp_udp_read;
    ls->connection->data = ln;

    return NGX_OK;
}


static void
ngx_wzp_udp_input(void *ctx, const wzp_udp_dgram_t *dg)
{
    ngx_wzp_listen_t  *ln = ctx;

    ngx_wzp_worker_input(ln->relay, dg);
}


static void
ngx_wzp_udp_read(ngx_event_t *ev)
{
    int                n, rounds;
    ngx_connection_t  *c;
    ngx_wzp_listen_t  *ln;

    c = ev->data;
    ln = c->data;

    ngx_wzp_worker_turn();

    for (rounds = 0; rounds < NGX_WZP_UDP_ROUNDS; rounds++) {
        n = wzp_udp_recv(ngx_wzp_worker->rx, &ln->su, ngx_wzp_udp_input, ln);

        if (n < 0) {
            ngx_wzp_log_limited(NGX_WZP_LIMIT_RECV, NGX_LOG_ALERT,
                                ngx_cycle->log, ngx_socket_errno,
                                "recvmmsg() on %V failed",
                                &ln->ls->addr_text);
        }

        if (n < NGX_WZP_UDP_BATCH) {
            break;              /* that was all: spare the call to see it */
        }
    }
}


void
ngx_wzp_udp_quit(ngx_wzp_listen_t *ln, ngx_uint_t successor)
{
    ngx_fd_t  *idle;

    idle = &ln->own;

    if (successor) {
        ln->su.fd = ln->zero;

    } else {
        ln->alone = 1;

        if (ln->own != -1) {
            ngx_wzp_udp_adopt(ln, ln->own);
            idle = &ln->zero;

        } else {
            ngx_wzp_udp_adopt(ln, ln->zero);
        }
    }

    /* a duplicate left in the group would be fed and never read */

    if (*idle != -1) {
        close(*idle);
        *idle = -1;
    }
}


void
ngx_wzp_udp_adopt(ngx_wzp_listen_t *ln, ngx_fd_t fd)
{
    ngx_connection_t  *c;

    if (ln->reader != NULL || fd == -1) {
        return;
    }

    ln->su.fd = fd;

    c = ngx_get_connection(fd, ngx_cycle->log);
    if (c == NULL) {
        return;
    }

    c->data = ln;
    c->log = ngx_cycle->log;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_wzp_udp_reader_handler;

    if (ngx_add_event(c->read, NGX_READ_EVENT, 0) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        return;
    }

    ln->reader = c;
}


static void
ngx_wzp_udp_reader_handler(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (c->close) {
        /* the shutdown timer; the sessions are told themselves */
        c->close = 0;
        return;
    }

    ngx_wzp_udp_read(ev);
}


void
ngx_wzp_udp_release(ngx_wzp_listen_t *ln)
{
    if (ln->reader == NULL) {
        return;
    }

    if (ln->reader->read->posted) {
        ngx_delete_posted_event(ln->reader->read);
    }

    (void) ngx_del_event(ln->reader->read, NGX_READ_EVENT, 0);

    ngx_free_connection(ln->reader);
    ln->reader->fd = (ngx_socket_t) -1;
    ln->reader = NULL;
}


void
ngx_wzp_udp_close(ngx_wzp_listen_t *ln)
{
    ngx_wzp_udp_release(ln);

    if (ln->own != -1) {
        close(ln->own);
        ln->own = -1;
    }

    if (ln->zero != -1) {
        close(ln->zero);
        ln->zero = -1;
    }
}
