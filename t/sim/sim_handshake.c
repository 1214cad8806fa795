/*
 * Handshakes: on good lines and bad, refused, and those that never end.
 */

#include "../unit/tap.h"
#include "pem.h"
#include "rig.h"


static void
test_clean(void)
{
    size_t            len;
    rig_t            *rig;
    uint8_t           a[32], b[32], fp[WZP_CERT_FP_SIZE];
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(1, &sc, &cc);

    ok(rig_up(rig, &cl, &sv), "handshake on a clean line");
    is_u64(cl->handshakes, 1, "client: one handshake event");
    is_u64(sv->handshakes, 1, "server: one handshake event");
    is_u64(cl->confirmed, 1, "client: confirmed");
    is_str(sv->sni, "general", "server name");
    ok(rig->keylog_lines >= 4, "key log has %u lines", rig->keylog_lines);

    ok(wzp_qconn_exporter(cl->qc, a) == WZP_OK
       && wzp_qconn_exporter(sv->qc, b) == WZP_OK
       && memcmp(a, b, sizeof(a)) == 0,
       "both ends export the same bytes");

    wzp_quic_cert_fp(rig->server->ep, fp);
    ok(wzp_qconn_peer_cert(cl->qc, a) == WZP_OK
       && memcmp(a, fp, sizeof(fp)) == 0,
       "client sees the server's certificate");
    ok(wzp_qconn_peer_cert(sv->qc, a) == WZP_EAGAIN,
       "server sees none of the client");

    ok(wzp_qconn_has_datagram(cl->qc) && wzp_qconn_has_datagram(sv->qc),
       "both take datagrams");
    (void) wzp_qconn_sni(cl->qc, &len);
    is_u64(len, 7, "client knows its server name");

    sim_run(rig->sim, 5 * WZP_SEC);
    ok(wzp_qconn_max_datagram(sv->qc) > 1400,
       "the path MTU was found: %zu bytes of media",
       wzp_qconn_max_datagram(sv->qc));

    rig_destroy(rig);
}


static bool
rec_is_confirmed(void *ctx)
{
    rig_rec_t  *rec;

    rec = ctx;

    return rec->confirmed;
}


/* The client's socket is bound to no address: what comes in tells one, and who
 * dials may name one. */
static void
test_wildcard(void)
{
    rig_t             *rig;
    rig_rec_t         *cl, *sv;
    wzp_quic_conf_t    sc, cc;
    wzp_udp_socket_t  *su;

    rig_conf(&sc, &cc);
    rig = rig_create(10, &sc, &cc);

    su = &rig->client->sockets[0];
    su->wildcard = true;
    su->local.u.in.sin_addr.s_addr = 0;

    ok(rig_up(rig, &cl, &sv), "connected from a socket bound to none");
    sim_run(rig->sim, 5 * WZP_SEC);
    (void) ! rig_datagram(rig, sv, 1, 1400);
    sim_run(rig->sim, WZP_SEC);
    is_u64(cl->datagrams, 1, "the server finds it, the path MTU is known");

    cl = rig_connect_from(rig, "general", &rig->client->outside[0]);
    ok(cl->qc != NULL
       && sim_until(rig->sim, 10 * WZP_SEC, rec_is_confirmed, cl),
       "and from an address that was named");

    rig_destroy(rig);
}


/* A certificate from files instead of a seed. */
static void
test_pem(void)
{
    char              err[128], hex[2 * WZP_CERT_FP_SIZE + 1];
    rig_t            *rig;
    uint8_t           fp[WZP_CERT_FP_SIZE];
    rig_rec_t        *cl, *sv;
    wzp_quic_t       *ep;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.seed = NULL;
    sc.cert_pem = pem_cert;
    sc.cert_pem_len = sizeof(pem_cert) - 1;
    sc.key_pem = pem_key;
    sc.key_pem_len = sizeof(pem_key) - 1;
    rig = rig_create(8, &sc, &cc);

    ok(rig_up(rig, &cl, &sv), "connected, P-256 certificate from PEM");
    ok(wzp_qconn_peer_cert(cl->qc, fp) == WZP_OK, "the client has seen it");
    wzp_hex(hex, fp, sizeof(fp));
    is_str(hex, "fb903ca11f13fa381aff112c626ee0abc7cf2dec4400e8446c609c37615f"
           "ae7d", "its SHA-256, as openssl prints it");

    /* The endpoint's sink and random are set now. */

    sc.key_pem_len = 100;
    ep = wzp_quic_create(&sc, err);
    ok(ep == NULL && err[0] != '\0', "half a key: %s", err);
    sc.key_pem_len = sizeof(pem_key) - 1;
    sc.cert_pem_len = 0;
    ep = wzp_quic_create(&sc, err);
    ok(ep == NULL && err[0] != '\0', "no certificate: %s", err);
    sc.cert_pem = NULL;
    ep = wzp_quic_create(&sc, err);
    ok(ep == NULL && err[0] != '\0', "neither seed nor files: %s", err);

    rig_destroy(rig);
}


/* Bad configurations have a reason. */
static void
test_conf(void)
{
    char              err[128];
    rig_t            *rig;
    wzp_quic_conf_t   sc, cc, bad;

    rig_conf(&sc, &cc);
    rig = rig_create(9, &sc, &cc);

    bad = sc;
    bad.mtu_max = 1199;
    ok(wzp_quic_create(&bad, err) == NULL, "%s", err);
    bad = sc;
    bad.mtu_max = 1501;
    ok(wzp_quic_create(&bad, err) == NULL, "%s", err);
    bad = sc;
    bad.ack_delay_ns = 20 * WZP_SEC;
    ok(wzp_quic_create(&bad, err) == NULL, "%s", err);
    bad = sc;
    bad.alpn = "";
    ok(wzp_quic_create(&bad, err) == NULL, "%s", err);
    bad = sc;
    bad.sink.commit = NULL;
    ok(wzp_quic_create(&bad, err) == NULL, "%s", err);

    rig_destroy(rig);
}


/* Every name that may arrive. */
static void
test_names(void)
{
    char              longest[256], text[40];
    rig_t            *rig;
    size_t            i;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    static const char *const  names[] = {
        "_federation", "call-18a5", "", "x.y.z", "UPPER", "a_b"
    };

    rig_conf(&sc, &cc);
    rig = rig_create(2, &sc, &cc);

    for (i = 0; i < WZP_ARRAY_LEN(names); i++) {
        cl = rig_connect(rig, names[i]);
        sim_run(rig->sim, WZP_SEC);
        sv = rig_accepted(rig);

        snprintf(text, sizeof(text), "name \"%s\"", names[i]);
        ok(cl->confirmed, "%s connects", text);
        is_str(sv != NULL ? sv->sni : "?", names[i], "%s arrives", text);
    }

    memset(longest, 'a', 255);
    longest[255] = '\0';
    cl = rig_connect(rig, longest);
    sim_run(rig->sim, WZP_SEC);
    ok(cl->qc == NULL || cl->confirmed || cl->closed,
       "a name of 255 bytes is either used or refused");

    rig_destroy(rig);
}


static void
test_loss(void)
{
    unsigned          seed, up;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    for (seed = 0, up = 0; seed < 20; seed++) {
        rig_conf(&sc, &cc);
        rig = rig_create(100 + seed, &sc, &cc);
        rig->sim->line.loss = 0.3;
        rig->sim->line.dup = 0.1;
        rig->sim->line.jitter_ns = 20 * WZP_MS;

        up += rig_up(rig, &cl, &sv);

        rig_destroy(rig);
    }

    is_u64(up, 20, "20 handshakes over 30 %% loss, duplicates and jitter");
}


static void
test_timeout(void)
{
    uint32_t          half;
    rig_t            *rig;
    rig_rec_t        *cl;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.handshake_ns = 3 * WZP_SEC;
    rig = rig_create(3, &sc, &cc);
    rig->sim->line.loss = 1.0;

    cl = rig_connect(rig, "general");
    ok(rig_wait_closed(rig, cl, 10 * WZP_SEC), "nobody answers: closed");
    is_u64(cl->why.how, WZP_QCLOSE_HANDSHAKE_TIMEOUT, "by the timeout");
    is_u64(cl->closed, 1, "closed once");
    is_u64(wzp_quic_count(rig->client->ep, &half), 0, "nothing is left");
    is_u64(half, 0, "nor half open");

    rig_destroy(rig);
}


static bool
drop_from_server(sim_t *sim, sim_node_t *from, sim_pkt_t *pkt)
{
    rig_t  *rig;

    (void) pkt;

    rig = sim->filter_ctx;

    return from != rig->server;
}


static void
test_server_timeout(void)
{
    uint32_t          half;
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.handshake_ns = 4 * WZP_SEC;
    rig = rig_create(4, &sc, &cc);
    rig->sim->filter = drop_from_server;
    rig->sim->filter_ctx = rig;

    cl = rig_connect(rig, "general");
    sim_run(rig->sim, WZP_SEC);

    sv = rig_accepted(rig);
    ok(sv != NULL && !sv->handshakes, "server waits");
    is_u64(wzp_quic_count(rig->server->ep, &half), 1, "one connection");
    is_u64(half, 1, "half open");
    ok(rig->server->sent_bytes <= 3 * rig->client->sent_bytes,
       "unproved address: %llu bytes sent for %llu",
       (unsigned long long) rig->server->sent_bytes,
       (unsigned long long) rig->client->sent_bytes);

    sim_run(rig->sim, 20 * WZP_SEC);
    ok(sv != NULL && sv->why.how == WZP_QCLOSE_HANDSHAKE_TIMEOUT,
       "server gives up");
    is_u64(sv != NULL ? sv->closed : 0, 1, "once");
    is_u64(cl->closed, 1, "so does the client");
    is_u64(wzp_quic_count(rig->server->ep, &half), 0, "nothing is left");

    rig_destroy(rig);
}


static void
test_alpn(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.alpn = "h3";
    rig = rig_create(5, &sc, &cc);

    cl = rig_connect(rig, "general");
    ok(rig_wait_closed(rig, cl, 5 * WZP_SEC), "other ALPN: closed");
    is_u64(cl->why.how, WZP_QCLOSE_PEER_TRANSPORT, "by the server's TLS");
    is_u64(cl->why.code, 0x178, "no_application_protocol");
    ok(strstr(cl->why.reason, "ALPN") != NULL, "reason: %s",
       cl->why.reason);

    sv = rig_accepted(rig);
    ok(sv != NULL && sv->closed == 1 && sv->why.how == WZP_QCLOSE_TLS,
       "the server knows why: %s", sv != NULL ? sv->why.reason : "?");
    ok(sv != NULL && sv->handshakes == 0, "and never was up");

    rig_destroy(rig);
}


static void
test_no_datagram(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    cc.no_datagram = true;
    rig = rig_create(6, &sc, &cc);

    ok(rig_up(rig, &cl, &sv), "a client without DATAGRAM connects");
    ok(!wzp_qconn_has_datagram(sv->qc), "the server sees that");
    ok(wzp_qconn_has_datagram(cl->qc), "the server takes datagrams itself");
    is_u64(wzp_qconn_max_datagram(sv->qc), 0, "nothing fits");
    ok(rig_datagram(rig, sv, 1, 100) == WZP_ETOOBIG, "nothing can be sent");

    rig_destroy(rig);
}


/* Refusal from inside the handshake event; nothing is delivered after it. */
static void
test_refuse_in_handshake(void)
{
    rig_t            *rig;
    rig_rec_t        *cl, *sv;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    rig = rig_create(7, &sc, &cc);
    rig->close_in_handshake = true;

    cl = rig_connect(rig, "general");
    while (cl->handshakes == 0 && cl->closed == 0) {
        sim_run(rig->sim, WZP_MS);
    }
    (void) rig_message(cl, 1, 100, 0);
    (void) rig_datagram(rig, cl, 1, 100);

    ok(rig_wait_closed(rig, cl, 5 * WZP_SEC), "refused after the handshake");
    is_u64(cl->why.how, WZP_QCLOSE_PEER, "by the application");
    is_u64(cl->why.code, 0x13, "code");
    is_str(cl->why.reason, "not today", "reason");

    sv = rig_accepted(rig);
    is_u64(sv->closed, 1, "server: closed once");
    is_u64(sv->why.how, WZP_QCLOSE_LOCAL, "by itself");
    is_u64(sv->datagrams + sv->messages, 0, "and heard nothing");

    rig_destroy(rig);
}


int
main(void)
{
    test_clean();
    test_wildcard();
    test_pem();
    test_conf();
    test_names();
    test_loss();
    test_timeout();
    test_server_timeout();
    test_alpn();
    test_no_datagram();
    test_refuse_in_handshake();

    return done_testing();
}
