/*
 * The usual set-up of a simulation.
 */

#include "rig.h"

#include <stdio.h>
#include <stdlib.h>


/* One simulation at a time: events that have no connection find it here. */
static rig_t  *rig_now;

static const uint8_t  rig_seed[WZP_SEED_SIZE] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
    21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
};


static rig_rec_t *
rig_record(rig_t *rig, wzp_qconn_t *qc, bool server)
{
    rig_rec_t  *rec;

    if (rig->nrecs == RIG_RECORDS) {
        exit(1);
    }

    rec = sim_alloc(sizeof(rig_rec_t));
    rec->qc = qc;
    rec->server = server;
    rig->recs[rig->nrecs++] = rec;

    return rec;
}


static bool
rig_admit(void *ctx, const wzp_udp_dgram_t *dg, bool validated)
{
    (void) ctx;
    (void) dg;

    rig_now->admitted++;
    rig_now->validated += validated;

    return !rig_now->refuse_admit;
}


static void
rig_event_accepted(void *ctx, wzp_qconn_t *qc)
{
    (void) ctx;

    wzp_qconn_set_data(qc, rig_record(rig_now, qc, true));
}


static void
rig_event_handshake(wzp_qconn_t *qc)
{
    size_t       len;
    rig_rec_t   *rec;
    const char  *sni;

    rec = wzp_qconn_data(qc);
    rec->handshakes++;

    sni = wzp_qconn_sni(qc, &len);
    snprintf(rec->sni, sizeof(rec->sni), "%.*s", (int) len, sni);

    if (rec->server && rig_now->close_in_handshake) {
        wzp_qconn_close(qc, 0x13, "not today");
    }
}


static void
rig_event_confirmed(wzp_qconn_t *qc)
{
    rig_rec_t  *rec;

    rec = wzp_qconn_data(qc);
    rec->confirmed++;
}


static uint32_t
rig_number(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


static void
rig_event_datagram(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    uint32_t    n;
    rig_rec_t  *rec;

    rec = wzp_qconn_data(qc);
    rec->datagrams++;
    rec->last_ns = rig_now->sim->now_ns;

    if (len >= 4) {
        n = rig_number(data);

        if (n < RIG_NUMBERS) {
            rec->repeated += (rec->seen[n] != 0);
            rec->seen[n] = 1;

            if (rig_now->echo && rec->server) {
                (void) ! rig_datagram(rig_now, rec, n, len);
            }
        }
    }
}


static uint8_t
rig_byte(uint32_t n, size_t i)
{
    return (uint8_t) (n * 31 + i * 7 + (i >> 8));
}


static void
rig_event_message(wzp_qconn_t *qc, const uint8_t *data, size_t len)
{
    size_t      i;
    uint32_t    n;
    rig_rec_t  *rec;

    rec = wzp_qconn_data(qc);
    rec->last_len = len;

    if (len < 4) {
        rec->messages++;
        return;
    }

    n = rig_number(data);

    if (rec->messages != 0 && n != rec->last_number + 1) {
        rec->disordered++;
    }

    for (i = 4; i < len; i++) {
        rec->damaged |= (data[i] != rig_byte(n, i));
    }

    rec->messages++;
    rec->last_number = n;
}


static void
rig_event_uni(wzp_qconn_t *qc, const uint8_t *data, size_t len, bool fin)
{
    size_t      have;
    rig_rec_t  *rec;

    rec = wzp_qconn_data(qc);
    have = strlen(rec->uni_text);

    rec->uni++;
    rec->uni_fin |= fin;
    snprintf(rec->uni_text + have, sizeof(rec->uni_text) - have, "%.*s",
             (int) len, (const char *) data);
}


static bool
rig_event_migrated(wzp_qconn_t *qc, const wzp_addr_t *from,
    const wzp_addr_t *to)
{
    rig_rec_t  *rec;

    (void) from;

    rec = wzp_qconn_data(qc);
    rec->migrated++;
    rec->moved_to = *to;

    return !rig_now->refuse_migration;
}


static void
rig_event_closed(wzp_qconn_t *qc, const wzp_qclose_t *why)
{
    rig_rec_t  *rec;

    rec = wzp_qconn_data(qc);
    rec->closed++;
    rec->why = *why;
    rec->qc = NULL;
}


static void
rig_event_keylog(void *ctx, const char *line)
{
    (void) ctx;
    (void) line;

    rig_now->keylog_lines++;
}


void
rig_conf(wzp_quic_conf_t *server, wzp_quic_conf_t *client)
{
    wzp_quic_events_t  *ev;

    memset(server, 0, sizeof(wzp_quic_conf_t));

    server->server = true;
    server->seed = rig_seed;
    memset(server->secret, 0x5a, sizeof(server->secret));
    server->steer = 1;
    server->slot = 2;
    server->epoch = 0x0304;
    server->keepalive_ns = 5 * WZP_SEC;

    ev = &server->events;
    ev->admit = rig_admit;
    ev->accepted = rig_event_accepted;
    ev->handshake = rig_event_handshake;
    ev->confirmed = rig_event_confirmed;
    ev->datagram = rig_event_datagram;
    ev->message = rig_event_message;
    ev->uni = rig_event_uni;
    ev->migrated = rig_event_migrated;
    ev->closed = rig_event_closed;
    ev->keylog = rig_event_keylog;

    *client = *server;
    client->server = false;
    client->seed = NULL;
    client->slot = 7;
    memset(client->secret, 0xa5, sizeof(client->secret));
}


rig_t *
rig_create(uint64_t seed, wzp_quic_conf_t *server, wzp_quic_conf_t *client)
{
    rig_t       *rig;
    wzp_addr_t   addr;

    rig = sim_alloc(sizeof(rig_t));
    rig_now = rig;
    rig->sim = sim_create(seed);

    addr = sim_addr(0, 1, 4433);
    rig->server = sim_node(rig->sim, server, &addr);

    addr = sim_addr(1, 1, 50000);
    rig->client = sim_node(rig->sim, client, &addr);

    return rig;
}


void
rig_destroy(rig_t *rig)
{
    unsigned  i;

    sim_destroy(rig->sim);

    for (i = 0; i < rig->nrecs; i++) {
        free(rig->recs[i]);
    }

    free(rig);
}


rig_rec_t *
rig_connect(rig_t *rig, const char *sni)
{
    return rig_connect_from(rig, sni, &rig->client->sockets[0].local);
}


rig_rec_t *
rig_connect_from(rig_t *rig, const char *sni, const wzp_addr_t *local)
{
    rig_rec_t   *rec;
    sim_node_t  *cl;

    cl = rig->client;
    rec = rig_record(rig, NULL, false);
    rec->qc = wzp_quic_connect(cl->ep, sni, &cl->sockets[0], local,
                               &rig->server->sockets[0].local, rec,
                               rig->sim->now_ns);
    return rec;
}


rig_rec_t *
rig_accepted(rig_t *rig)
{
    unsigned  i;

    for (i = rig->nrecs; i-- != 0; ) {

        if (rig->recs[i]->server) {
            return rig->recs[i];
        }
    }

    return NULL;
}


typedef struct {
    rig_t      *rig;
    rig_rec_t  *cl;
} rig_pair_t;


static bool
rig_is_up(void *ctx)
{
    rig_rec_t   *sv;
    rig_pair_t  *pair;

    pair = ctx;
    sv = rig_accepted(pair->rig);

    return pair->cl->closed
           || (pair->cl->confirmed && sv != NULL && sv->handshakes);
}


bool
rig_up(rig_t *rig, rig_rec_t **client, rig_rec_t **server)
{
    rig_pair_t  pair;

    pair.rig = rig;
    pair.cl = rig_connect(rig, "general");

    if (pair.cl->qc == NULL) {
        return false;
    }

    (void) sim_until(rig->sim, 10 * WZP_SEC, rig_is_up, &pair);

    *client = pair.cl;
    *server = rig_accepted(rig);

    return pair.cl->confirmed && *server != NULL && (*server)->handshakes;
}


static void
rig_put_number(uint8_t *p, uint32_t n)
{
    p[0] = (uint8_t) (n >> 24);
    p[1] = (uint8_t) (n >> 16);
    p[2] = (uint8_t) (n >> 8);
    p[3] = (uint8_t) n;
}


wzp_rc_t
rig_datagram(rig_t *rig, rig_rec_t *rec, uint32_t n, size_t len)
{
    wzp_rc_t     rc;
    wzp_qbuf_t  *qb;

    if (rec->qc == NULL) {
        return WZP_ECLOSED;
    }

    qb = wzp_qbuf_alloc(len);
    if (qb == NULL) {
        return WZP_ENOMEM;
    }

    memset(qb->data, 0, len);
    rig_put_number(qb->data, n);
    qb->len = (uint32_t) len;
    qb->born_ns = rig->sim->now_ns;

    rc = wzp_qconn_send(rec->qc, qb, rig->sim->now_ns);
    wzp_qbuf_unref(qb);

    return rc;
}


wzp_rc_t
rig_message(rig_rec_t *rec, uint32_t n, size_t len, unsigned key)
{
    size_t       i;
    uint8_t     *data;
    wzp_rc_t     rc;
    wzp_qbuf_t  *qb;

    if (rec->qc == NULL) {
        return WZP_ECLOSED;
    }

    data = malloc(len + 4);
    if (data == NULL) {
        return WZP_ENOMEM;
    }

    rig_put_number(data, n);

    for (i = 4; i < len; i++) {
        data[i] = rig_byte(n, i);
    }

    qb = wzp_qbuf_message(data, len);
    free(data);

    if (qb == NULL) {
        return WZP_ENOMEM;
    }

    rc = wzp_qconn_message(rec->qc, qb, key);
    wzp_qbuf_unref(qb);

    return rc;
}


static bool
rig_is_closed(void *ctx)
{
    rig_rec_t  *rec;

    rec = ctx;

    return rec->closed != 0;
}


bool
rig_wait_closed(rig_t *rig, rig_rec_t *rec, uint64_t for_ns)
{
    return sim_until(rig->sim, for_ns, rig_is_closed, rec);
}
