/*
 * Memory runs out under gossip and routes: the nth allocation fails, for every
 * n.  Nothing crashes or is lost, the books stay in order, and with memory
 * again the next set heals what was missed.
 */

#include "wzp/wzp_gossip.h"
#include "wzp/wzp_route.h"
#include "presence.h"
#include "tap.h"

#include <errno.h>


#if defined(__SANITIZE_ADDRESS__)

int
main(void)
{
    /* The sanitizer has its own malloc. */

    printf("1..0 # SKIP needs malloc of its own\n");

    return 0;
}

#else

#include "oom.h"


static unsigned       answers;


static uint8_t                 all[3000][WZP_FP_SIZE];
static wzp_gossip_t           *there;
static wzp_rc_t                received;


/* What `here` tells is heard by `there` at once. */
static void
send_cb(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    wzp_rc_t  rc;

    (void) ctx;

    if (there == NULL) {
        return;
    }

    rc = wzp_gossip_input(there, peer, &sg->u.presence_update, WZP_SEC);

    if (rc != WZP_OK) {
        received = rc;
    }
}


static wzp_gossip_t *
make(void)
{
    wzp_gossip_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.epoch = 1;
    conf.send = send_cb;

    return wzp_gossip_create(&conf);
}


/* False: not even the relays came about. */
static bool
talk(unsigned *wrong)
{
    wzp_rc_t        rc;
    wzp_gossip_t   *here;

    there = NULL;
    received = WZP_OK;
    testing = true;
    here = make();
    there = make();
    testing = false;

    if (here == NULL || there == NULL) {
        wzp_gossip_destroy(here);
        wzp_gossip_destroy(there);
        return false;
    }

    wzp_gossip_peer_up(there, 1, WZP_GOSSIP_OURS, "", 0);

    testing = true;
    rc = wzp_gossip_local(here, (const uint8_t (*)[WZP_FP_SIZE]) all, 3000,
                          3000, 0);
    wzp_gossip_peer_up(here, 1, WZP_GOSSIP_OURS, "", 0);
    testing = false;

    *wrong += !wzp_gossip_sound(here) || !wzp_gossip_sound(there);
    *wrong += rc != WZP_OK && rc != WZP_ENOMEM;

    if (wzp_gossip_local(here, (const uint8_t (*)[WZP_FP_SIZE]) all, 3000,
                         3000, 0)
        != WZP_OK)
    {
        *wrong += 1;
    }

    wzp_gossip_whole(here, 1, 2 * WZP_SEC);
    *wrong += !presence_equal(there, 1, here);

    wzp_gossip_destroy(here);
    wzp_gossip_destroy(there);

    return true;
}


static void
test_gossip(void)
{
    long           before;
    uint32_t       i;
    unsigned       wrong, up, refused;
    unsigned long  n, total;

    for (i = 0; i < 3000; i++) {
        presence_person(all[i], i);
    }

    wrong = 0;
    (void) talk(&wrong);
    before = live;
    count = 0;
    ok(talk(&wrong) && wrong == 0, "with all its memory");
    total = count;
    refused = 0;

    for (n = 1, up = 0; n <= total; n++) {
        fail_at = n;
        count = 0;
        up += talk(&wrong);
        refused += received == WZP_ENOMEM;
    }

    fail_at = 0;
    is_u64(wrong, 0, "each of %lu allocations fails once: in order", total);
    ok(up > 0 && up < total && refused > 0, "%u could go on", up);
    is_i64(live, before, "nothing is lost");
}


static bool
local_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int peer)
{
    (void) ctx;
    (void) fp;
    (void) peer;

    return false;
}


static int
direct_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int except,
    char addr[WZP_HOST_MAX + 1])
{
    (void) ctx;
    (void) fp;
    (void) except;
    addr[0] = '\0';

    return -1;
}


/* The neighbour's answer, made from the question. */
static wzp_route_response_t  reply;


static void
route_send_cb(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    (void) ctx;
    (void) peer;
    reply.id = sg->u.route_query.id;
}


static void
answer_cb(void *ctx, uint64_t cookie, const wzp_route_response_t *rr)
{
    (void) ctx;
    (void) cookie;
    answers += rr->found;
}


static bool
ask(void)
{
    bool              found;
    wzp_route_t      *rt;
    wzp_route_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.addr[0] = 'a';
    conf.local = local_cb;
    conf.direct = direct_cb;
    conf.send = route_send_cb;
    conf.answer = answer_cb;

    testing = true;
    rt = wzp_route_create(&conf);

    if (rt == NULL) {
        testing = false;
        return false;
    }

    answers = 0;
    wzp_route_peer_up(rt, 1, true, 0);
    reply.found = true;
    reply.nchain = 1;
    reply.chain[0][0] = 'b';
    memcpy(reply.fp, all[7], WZP_FP_SIZE);

    found = wzp_route_ask(rt, all[7], 0, 1) == WZP_OK
            && wzp_route_response(rt, 1, &reply, 0) == WZP_OK
            && answers == 1;

    wzp_route_destroy(rt);
    testing = false;

    return found;
}


static void
test_route(void)
{
    long           before;
    unsigned       found;
    unsigned long  n, total;

    before = live;
    count = 0;
    ok(ask(), "a route with all its memory");
    total = count;

    for (n = 1, found = 0; n <= total; n++) {
        fail_at = n;
        count = 0;
        found += ask();
    }

    fail_at = 0;
    ok(total == 2 && found == 1, "what is not remembered is told all the same");
    is_i64(live, before, "nothing is lost");
}


int
main(void)
{
    test_gossip();
    test_route();

    return done_testing();
}

#endif
