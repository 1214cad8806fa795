/*
 * Listening sockets: nginx opens, clones and passes them on; we read them.
 * The only file that touches a listening socket.
 */

#ifndef _NGX_WZP_UDP_H_INCLUDED_
#define _NGX_WZP_UDP_H_INCLUDED_


#include "core/ngx_wzp.h"


#define NGX_WZP_UDP_BATCH   64          /* datagrams of one recvmmsg()       */


/* A listening socket of this worker. */
typedef struct {
    wzp_udp_socket_t    su;             /* QUIC paths point here; su.data is
                                           this                              */
    ngx_wzp_relay_t    *relay;
    ngx_listening_t    *ls;
    in_port_t           port;
    ngx_fd_t            own;            /* duplicate of ls->fd               */
    ngx_fd_t            zero;           /* duplicate of worker 0's           */
    ngx_connection_t   *reader;         /* reads `own` or `zero` when nginx
                                           has closed ls->fd and nobody else
                                           reads                             */
    ngx_uint_t          alone;          /* unsigned: nobody else ever will   */
} ngx_wzp_listen_t;


/* Master, on each configuration: options and steering of every listening
 * socket of ours. */
ngx_int_t ngx_wzp_udp_steer(ngx_cycle_t *cycle, ngx_listening_t *ls);

/* Worker: take over the read handler of ls (its clone for this worker). */
ngx_int_t ngx_wzp_udp_open(ngx_cycle_t *cycle, ngx_wzp_listen_t *ln,
    ngx_listening_t *ls, ngx_wzp_relay_t *relay);

/*
 * Worker: nginx has closed the listening sockets.  With a successor: send by
 * worker 0's socket, which will always be read, and read no more.  Without:
 * go on reading our own.
 */
void ngx_wzp_udp_quit(ngx_wzp_listen_t *ln, ngx_uint_t successor);

/* Read this duplicate: those who read it before us are gone. */
void ngx_wzp_udp_adopt(ngx_wzp_listen_t *ln, ngx_fd_t fd);

/* Somebody else reads again. */
void ngx_wzp_udp_release(ngx_wzp_listen_t *ln);

void ngx_wzp_udp_close(ngx_wzp_listen_t *ln);


#endif /* _NGX_WZP_UDP_H_INCLUDED_ */
