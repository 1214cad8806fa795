/*
 * One relay: addresses, sockets, at most one QUIC connection at a time, the
 * check of the relay's certificate, and the client's own moves between
 * networks.  Knows nothing of rooms and sound.
 */

#ifndef _LINK_H_INCLUDED_
#define _LINK_H_INCLUDED_


#include <poll.h>

#include "ending.h"
#include "options.h"


#define CL_LINK_SOCKETS     8
#define CL_LINK_FDS         (CL_LINK_SOCKETS + 2)


typedef struct cl_link_s  cl_link_t;


/* Called from cl_link_read, _turn and _flush.  NULL: nobody wants it. */
typedef struct {
    /* TLS is done and the relay is the one we know (or new). */
    void (*up)(void *ctx, cl_link_t *ln);

    void (*message)(void *ctx, const uint8_t *data, size_t len);
    void (*datagram)(void *ctx, const uint8_t *data, size_t len);

    /* What became of a datagram of ours; counted from 0 in each connection. */
    void (*fate)(void *ctx, uint64_t number, bool lost);

    void (*uni)(void *ctx, const uint8_t *data, size_t len, bool fin);

    /* The connection is over, or none came about. */
    void (*down)(void *ctx, const cl_ending_t *en);

    /* Packets arrive at the new address. */
    void (*moved)(void *ctx, const wzp_addr_t *from, const wzp_addr_t *to);
} cl_link_events_t;


/* CL_IO or CL_INTERNAL, said, and *ln is NULL.  op must outlive the link. */
cl_exit_t cl_link_create(cl_link_t **ln, const cl_options_t *op,
    const cl_link_events_t *ev, void *ctx);

/* Close at once, send what that takes, free. */
void cl_link_destroy(cl_link_t *ln);

/* Look the relay up and connect to its addresses, one after the other, with
 * this server name.  A connection that there was is forgotten. */
void cl_link_dial(cl_link_t *ln, const char *sni);

/* For poll(2): descriptors to wait for, their number. */
size_t cl_link_fds(const cl_link_t *ln, struct pollfd fds[CL_LINK_FDS]);

/* Read all sockets. */
void cl_link_read(cl_link_t *ln, uint64_t now_ns);

/* Timers, the resolver's answer, endings. */
void cl_link_turn(cl_link_t *ln, uint64_t now_ns);

/* Send; returns when turn or flush is due next. */
uint64_t cl_link_flush(cl_link_t *ln, uint64_t now_ns);

/* The connection, or NULL. */
wzp_qconn_t *cl_link_conn(const cl_link_t *ln);

/* "relay.example:4433 (192.0.2.1:4433)". */
const char *cl_link_where(const cl_link_t *ln);

/* In the room: judge endings as those of a call, and watch for silence. */
void cl_link_joined(cl_link_t *ln, bool joined);

/* Remember the relay's certificate, if it was new. */
cl_exit_t cl_link_trust(cl_link_t *ln);

/* Say that the connection is up, and the first time whose it is. */
void cl_link_introduce(const cl_link_t *ln);

/* Send one signal on a stream of its own. */
wzp_rc_t cl_link_signal(cl_link_t *ln, const wzp_signal_t *sg);

/* End the connection for a reason of ours; down is called with it. */
void cl_link_abort(cl_link_t *ln, const cl_ending_t *en);

/* Continue from another socket.  WZP_EAGAIN: not now. */
wzp_rc_t cl_link_migrate(cl_link_t *ln, uint64_t now_ns);


#endif /* _LINK_H_INCLUDED_ */
