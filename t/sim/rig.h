/*
 * The usual set-up of a simulation: a server, a client, and a record of what
 * each connection has seen.
 */

#ifndef _RIG_H_INCLUDED_
#define _RIG_H_INCLUDED_


#include "simnet.h"


#define RIG_RECORDS         64
#define RIG_NUMBERS         16384       /* datagrams and messages told apart */


/* What happened to one connection, as its owner saw it. */
typedef struct {
    wzp_qconn_t   *qc;                  /* NULL after closed                 */
    bool           server;
    unsigned       handshakes;
    unsigned       confirmed;
    unsigned       closed;
    wzp_qclose_t   why;
    char           sni[256];
    unsigned       migrated;
    wzp_addr_t     moved_to;

    unsigned       datagrams;
    unsigned       repeated;            /* datagrams seen twice              */
    uint8_t        seen[RIG_NUMBERS];   /* by the number in the first 4 bytes */

    unsigned       messages;
    unsigned       disordered;          /* not the successor of the last     */
    uint32_t       last_number;
    size_t         last_len;
    bool           damaged;             /* a message's bytes are not as sent */

    unsigned       uni;
    bool           uni_fin;
    char           uni_text[64];

    uint64_t       last_ns;             /* virtual time of the last datagram */
} rig_rec_t;


typedef struct {
    sim_t        *sim;
    sim_node_t   *server;
    sim_node_t   *client;
    rig_rec_t    *recs[RIG_RECORDS];    /* in order of creation              */
    unsigned      nrecs;

    /* Switches for events. */
    bool          refuse_admit;
    bool          refuse_migration;
    bool          close_in_handshake;
    bool          echo;                 /* server: datagrams go back         */
    unsigned      admitted;
    unsigned      validated;
    unsigned      keylog_lines;
} rig_t;


/* Default configurations; change them before rig_create. */
void rig_conf(wzp_quic_conf_t *server, wzp_quic_conf_t *client);

rig_t *rig_create(uint64_t seed, wzp_quic_conf_t *server,
    wzp_quic_conf_t *client);
void rig_destroy(rig_t *rig);

/* Connect and return the client's record. */
rig_rec_t *rig_connect(rig_t *rig, const char *sni);
rig_rec_t *rig_connect_from(rig_t *rig, const char *sni,
    const wzp_addr_t *local);

/* The newest record of the server, or NULL. */
rig_rec_t *rig_accepted(rig_t *rig);

/* Connect and wait until both ends are up; false if that takes over 10 s. */
bool rig_up(rig_t *rig, rig_rec_t **client, rig_rec_t **server);

/* Send datagram or message number n of len bytes (>= 4). */
wzp_rc_t rig_datagram(rig_t *rig, rig_rec_t *rec, uint32_t n, size_t len);
wzp_rc_t rig_message(rig_rec_t *rec, uint32_t n, size_t len, unsigned key);

/* Wait for rec->closed. */
bool rig_wait_closed(rig_t *rig, rig_rec_t *rec, uint64_t for_ns);


#endif /* _RIG_H_INCLUDED_ */
