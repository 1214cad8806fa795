/*
 * Memory runs out: the nth allocation of a whole call fails, for every n.
 * Nothing may crash, hang or leak; who cannot go on says so.
 */

#include "../unit/tap.h"
#include "rig.h"

#include <errno.h>
#include <malloc.h>


#if defined(__SANITIZE_ADDRESS__)

int
main(void)
{
    /* The sanitizer has its own malloc. */

    printf("1..0 # SKIP needs malloc of its own\n");

    return 0;
}

#else

#define OOM_TESTING  sim_under_test
#include "../unit/oom.h"

static bool  hooked;                    /* BoringSSL's go their own way      */


/*
 * BoringSSL asks these first.  Its own allocations never fail here: it does
 * not check all of them (EVP_AEAD_CTX_new of the releases that we use).
 */

void *OPENSSL_memory_alloc(size_t size);
void OPENSSL_memory_free(void *p);
size_t OPENSSL_memory_get_size(void *p);


void *
OPENSSL_memory_alloc(size_t size)
{
    hooked = true;

    return made(__libc_malloc(size));
}


void
OPENSSL_memory_free(void *p)
{
    free(p);
}


size_t
OPENSSL_memory_get_size(void *p)
{
    return malloc_usable_size(p);
}


/* Connect, talk, write, move, leave. */
static bool
call(bool retry, rig_rec_t *cl_end, rig_rec_t *sv_end)
{
    bool              up;
    rig_t            *rig;
    uint32_t          n;
    rig_rec_t        *cl, *sv;
    wzp_addr_t        outside;
    wzp_quic_conf_t   sc, cc;

    rig_conf(&sc, &cc);
    sc.retry = retry ? WZP_RETRY_ON : WZP_RETRY_OFF;
    sc.idle_ns = 5 * WZP_SEC;
    rig = rig_create(901, &sc, &cc);

    sim_under_test = true;
    cl = rig_connect(rig, "general");
    sim_under_test = false;

    if (cl->qc == NULL) {
        cl->closed = 1;
    }

    sim_run(rig->sim, WZP_SEC);
    sv = rig_accepted(rig);
    up = cl->confirmed && sv != NULL && sv->handshakes;

    for (n = 0; n < 20 && up; n++) {
        (void) rig_message(cl, n, 3000, 0);
        (void) rig_message(sv, n, 3000, 0);
        (void) ! rig_datagram(rig, cl, n, 100);
        (void) ! rig_datagram(rig, sv, n, 100);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    outside = sim_addr(1, 1, 50001);
    sim_rebind(rig->client, 0, &outside);

    for (n = 20; n < 40 && up; n++) {
        (void) ! rig_datagram(rig, cl, n, 100);
        sim_run(rig->sim, 20 * WZP_MS);
    }

    if (cl->qc != NULL) {
        wzp_qconn_close(cl->qc, 0, "bye");
    }

    sim_run(rig->sim, 30 * WZP_SEC);

    *cl_end = *cl;
    if (sv != NULL) {
        *sv_end = *sv;
    }

    rig_destroy(rig);

    return up;
}


static void
test_call(bool retry)
{
    long           before;
    unsigned long  n, total, wrong, up, leaked;
    rig_rec_t      cl, sv;

    memset(&cl, 0, sizeof(cl));
    memset(&sv, 0, sizeof(sv));

    /* Free lists and tables find their size. */

    fail_at = 0;
    (void) call(retry, &cl, &sv);
    (void) call(retry, &cl, &sv);

    before = live;
    count = 0;
    ok(call(retry, &cl, &sv) && cl.messages == 20 && sv.messages == 20
       && sv.datagrams == 40 && sv.migrated == 1,
       "a call with all its memory%s", retry ? ", with Retry" : "");
    total = count;
    is_i64(live, before, "leaves nothing behind");

    wrong = 0;
    up = 0;
    leaked = 0;

    for (n = 1; n <= total; n++) {
        fail_at = n;
        count = 0;
        memset(&sv, 0, sizeof(sv));
        before = live;

        up += call(retry, &cl, &sv);

        if (cl.closed != 1 || sv.closed > 1 || cl.damaged || sv.damaged) {
            diag("allocation %lu: closed %u and %u", n, cl.closed, sv.closed);
            wrong++;
        }

        if (live != before) {
            diag("allocation %lu: %ld objects are lost", n, live - before);
            leaked++;
        }
    }

    fail_at = 0;
    is_u64(wrong, 0, "each of %lu allocations fails once: ends are in order",
           total);
    is_u64(leaked, 0, "nothing is lost");
    ok(up > 0 && up < total, "%lu calls came about all the same", up);
}


/* Returns how many of the failures the endpoint survives. */
static unsigned long
create_all(const wzp_quic_conf_t *conf, unsigned long total)
{
    char           err[128];
    wzp_quic_t    *ep;
    unsigned long  n, lived;

    for (n = 1, lived = 0; n <= total; n++) {
        fail_at = n;
        count = 0;
        err[0] = '\0';

        sim_under_test = true;
        ep = wzp_quic_create(conf, err);
        sim_under_test = false;

        lived += (ep != NULL);

        if (ep == NULL && err[0] == '\0') {
            fail("no reason at allocation %lu", n);
        }

        wzp_quic_destroy(ep, 0, 0, "");
    }

    fail_at = 0;

    return lived;
}


static void
test_create(void)
{
    char              err[128];
    long              before, after;
    uint8_t           seed[WZP_SEED_SIZE];
    unsigned long     total, lived;
    wzp_quic_t       *ep;
    wzp_udp_tx_t     *tx;
    wzp_quic_conf_t   conf;

    memset(seed, 9, sizeof(seed));
    memset(&conf, 0, sizeof(conf));
    tx = wzp_udp_tx_create(4);
    conf.server = true;
    conf.seed = seed;
    conf.sink = wzp_quic_sink_udp(tx);

    count = 0;
    sim_under_test = true;
    ep = wzp_quic_create(&conf, err);
    sim_under_test = false;
    total = count;
    wzp_quic_destroy(ep, 0, 0, "");

    /* The first round makes what the libraries keep for each thread. */

    (void) create_all(&conf, total);
    before = live;
    lived = create_all(&conf, total);
    after = live;

    ok(lived < total, "endpoint: %lu of %lu failures are fatal",
       total - lived, total);
    is_i64(after, before, "nothing is lost");
    wzp_udp_tx_destroy(tx);
}


/* Revisions of BoringSSL before 2023 have no such hooks. */
static bool
is_hooked(void)
{
    char              err[128];
    wzp_udp_tx_t     *tx;
    wzp_quic_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    tx = wzp_udp_tx_create(4);
    conf.sink = wzp_quic_sink_udp(tx);
    wzp_quic_destroy(wzp_quic_create(&conf, err), 0, 0, "");
    wzp_udp_tx_destroy(tx);

    return hooked;
}


int
main(void)
{
    if (!is_hooked()) {
        printf("1..0 # SKIP this BoringSSL cannot be spared\n");
        return 0;
    }

    test_create();
    test_call(false);
    test_call(true);

    return done_testing();
}

#endif
