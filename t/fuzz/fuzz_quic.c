/*
 * A client and a server over the simulated network, and somebody who knows the
 * keys of neither: the input is a script of what he does to their packets and
 * of what the client says on its streams.  In the end nothing is left.
 */

#include "../sim/rig.h"
#include "fuzz.h"


#define OPS         128
#define KEPT        32
#define INITIAL     1200


/* What is left of the script. */
typedef struct {
    const uint8_t  *p;
    size_t          left;
    unsigned        armed;              /* packets to be spoilt next         */
    uint8_t         mask, what;
    uint16_t        at;
    sim_pkt_t       kept[KEPT];
    unsigned        n;
} script_t;


int LLVMFuzzerInitialize(int *argc, char ***argv);


/* The simulation prints its seeds. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    fuzz_check(freopen("/dev/null", "w", stdout) != NULL);

    return 0;
}


static uint8_t
take(script_t *sc)
{
    if (sc->left == 0) {
        return 0;
    }

    sc->left--;

    return *sc->p++;
}


/* So many bytes of the script, or what there is. */
static const uint8_t *
take_bytes(script_t *sc, size_t *len)
{
    const uint8_t  *p;

    p = sc->p;
    *len = WZP_MIN(*len, sc->left);
    sc->p += *len;
    sc->left -= *len;

    return p;
}


static bool
filter(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    script_t  *sc;

    (void) from;

    sc = sim->filter_ctx;
    sc->kept[sc->n++ % KEPT] = *pkt;

    if (sc->armed == 0) {
        return true;
    }

    sc->armed--;

    switch (sc->what % 4) {

    case 0:
        pkt->data[sc->at % pkt->len] ^= sc->mask;
        return true;

    case 1:
        pkt->len = 1 + sc->at % pkt->len;
        return true;

    case 2:
        pkt->ecn = sc->mask & 3;
        return true;

    default:
        return false;
    }
}


/* Bytes of the script as a packet, as they are or in the shape of an
 * Initial, for the server or for the client. */
static void
inject(rig_t *rig, script_t *sc, bool initial, bool to_client)
{
    size_t             len;
    uint8_t            pkt[WZP_UDP_MTU_MAX];
    wzp_addr_t         from;
    const uint8_t     *p;
    const wzp_addr_t  *to;

    memset(pkt, 0, sizeof(pkt));
    len = take(sc);
    p = take_bytes(sc, &len);

    if (initial) {
        memcpy(pkt, "\xc3\0\0\0\1", 5);
        memcpy(pkt + 5, p, len);
        len = INITIAL;

    } else if (len != 0) {
        memcpy(pkt, p, len);

    } else {
        len = 1;
    }

    from = sim_addr(9, take(sc), 9);
    to = &rig->server->sockets[0].local;

    if (to_client) {
        from = *to;
        to = &rig->client->sockets[0].local;
    }

    sim_inject(rig->sim, &from, to, pkt, len);
}


/* An old packet again, perhaps changed, from where it came or elsewhere. */
static void
replay(rig_t *rig, script_t *sc)
{
    uint8_t     where;
    sim_pkt_t   old;

    if (sc->n == 0) {
        return;
    }

    old = sc->kept[take(sc) % WZP_MIN(sc->n, KEPT)];
    where = take(sc);
    old.data[take(sc) % old.len] ^= take(sc);

    if (where & 1) {
        old.from = sim_addr(8, where, 8);
    }

    sim_inject(rig->sim, &old.from, &old.to, old.data, old.len);
}


/* Raw bytes on a stream of the client: the length may lie. */
static void
say(rig_rec_t *cl, script_t *sc, bool uni)
{
    size_t          len;
    wzp_qbuf_t     *qb;
    const uint8_t  *p;

    len = take(sc);
    p = take_bytes(sc, &len);

    if (cl->qc == NULL) {
        return;
    }

    if (uni) {
        (void) ! wzp_qconn_uni(cl->qc, p, len);
        return;
    }

    qb = wzp_qbuf_alloc(len);
    fuzz_check(qb != NULL);

    if (len != 0) {
        memcpy(qb->data, p, len);
    }

    qb->len = (uint32_t) len;
    (void) ! wzp_qconn_message(cl->qc, qb, 0);
    wzp_qbuf_unref(qb);
}


static void
step(rig_t *rig, rig_rec_t *cl, script_t *sc)
{
    uint8_t     op;
    wzp_addr_t  addr;

    op = take(sc);

    switch (op % 9) {

    case 0:
        inject(rig, sc, (op & 0x80) != 0, (op & 0x40) != 0);
        break;

    case 1:
        sc->armed = 1 + take(sc) % 4;
        sc->what = take(sc);
        sc->mask = take(sc);
        sc->at = (uint16_t) (take(sc) << 8);
        sc->at |= take(sc);
        break;

    case 2:
        sim_run(rig->sim, take(sc) * WZP_MS);
        break;

    case 3:
        say(cl, sc, (op & 0x80) != 0);
        break;

    case 4:
        (void) ! rig_datagram(rig, cl, take(sc), 4 + take(sc) * 6u);
        break;

    case 5:
        replay(rig, sc);
        break;

    case 6:
        addr = sim_addr(7, take(sc), 7);
        sim_rebind(rig->client, 0, &addr);
        break;

    case 7:
        sim_run(rig->sim, take(sc) * WZP_SEC / 8);
        break;

    default:
        if (cl->qc != NULL) {
            (void) ! wzp_qconn_key_update(cl->qc, rig->sim->now_ns);
        }
        break;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t           flags;
    uint32_t          half;
    unsigned          i;
    rig_t            *rig;
    script_t         *sc;
    rig_rec_t        *cl;
    wzp_quic_conf_t   server, client;

    sc = calloc(1, sizeof(script_t));
    fuzz_check(sc != NULL);
    sc->p = data;
    sc->left = size;
    flags = take(sc);

    rig_conf(&server, &client);
    server.retry = (flags & 1) ? WZP_RETRY_ON : WZP_RETRY_OFF;
    rig = rig_create(1, &server, &client);
    rig->echo = (flags & 2) != 0;
    rig->sim->filter = filter;
    rig->sim->filter_ctx = sc;

    cl = rig_connect(rig, "general");

    if (flags & 4) {
        sim_run(rig->sim, WZP_SEC);
    }

    for (i = 0; i < OPS && sc->left != 0; i++) {
        step(rig, cl, sc);
    }

    rig->sim->filter = NULL;
    sim_run(rig->sim, WZP_SEC);

    if (cl->qc != NULL) {
        wzp_qconn_close(cl->qc, 0, "");
    }

    sim_run(rig->sim, 300 * WZP_SEC);

    half = 1;
    fuzz_check(wzp_quic_count(rig->server->ep, &half) == 0 && half == 0);
    fuzz_check(wzp_quic_count(rig->client->ep, &half) == 0 && half == 0);
    fuzz_check(!wzp_quic_lingering(rig->server->ep));

    rig_destroy(rig);
    free(sc);

    return 0;
}
