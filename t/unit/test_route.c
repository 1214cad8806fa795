/*
 * Routes: questions over several relays, loops, time, bounds, the cache.
 */

#include "wzp/wzp_route.h"
#include "presence.h"
#include "tap.h"


#define RELAYS      8
#define POSTS       65536
#define NOBODY      0xffff


/* Relay n is peer n everywhere; person n is at relay home[n]. */
typedef struct {
    unsigned      from;
    unsigned      to;
    wzp_signal_t  sg;
} post_t;


static post_t                *posts;
static size_t                 nposts;
static unsigned               ids[RELAYS];
static wzp_route_t           *relays[RELAYS];
static bool                   linked[RELAYS][RELAYS];
static uint32_t               home[16];
static unsigned               answers;
static uint64_t               last_cookie;
static wzp_route_response_t   last;
static unsigned               again;
static bool                   hidden;       /* whoever is here, from peers   */


static uint32_t
person_of(const uint8_t fp[WZP_FP_SIZE])
{
    uint32_t  n;

    memcpy(&n, fp, sizeof(n));

    return n;
}


static bool
local_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int peer)
{
    return home[person_of(fp)] == *(unsigned *) ctx
           && (peer < 0 || !hidden);
}


static int
direct_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int except,
    char addr[WZP_HOST_MAX + 1])
{
    unsigned  at;

    at = home[person_of(fp)];

    if (hidden || at >= RELAYS || (int) at == except
        || !linked[*(unsigned *) ctx][at])
    {
        return -1;
    }

    (void) snprintf(addr, WZP_HOST_MAX + 1, "r%u", at);

    return (int) at;
}


static void
send_cb(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    if (nposts == POSTS) {
        abort();
    }

    posts[nposts].from = *(unsigned *) ctx;
    posts[nposts].to = peer;
    posts[nposts++].sg = *sg;
}


static void
answer_cb(void *ctx, uint64_t cookie, const wzp_route_response_t *rr)
{
    answers++;
    last_cookie = cookie;
    last = *rr;

    if (again > 0) {
        again--;
        (void) !wzp_route_ask(relays[*(unsigned *) ctx], rr->fp, 0, 99);
    }
}


static wzp_route_t *
make(unsigned id, uint8_t ttl)
{
    wzp_route_conf_t  conf;

    ids[id] = id;
    memset(&conf, 0, sizeof(conf));
    memset(conf.key, (int) id + 1, sizeof(conf.key));
    (void) snprintf(conf.addr, sizeof(conf.addr), "r%u", id);
    conf.ttl = ttl;
    conf.local = local_cb;
    conf.direct = direct_cb;
    conf.send = send_cb;
    conf.answer = answer_cb;
    conf.ctx = &ids[id];

    return wzp_route_create(&conf);
}


static void
start(uint8_t ttl)
{
    unsigned  i;

    memset(linked, 0, sizeof(linked));

    for (i = 0; i < WZP_ARRAY_LEN(home); i++) {
        home[i] = NOBODY;
    }

    for (i = 0; i < RELAYS; i++) {
        relays[i] = make(i, ttl);
    }

    nposts = 0;
    answers = 0;
    again = 0;
}


static void
stop(void)
{
    unsigned  i;

    for (i = 0; i < RELAYS; i++) {
        wzp_route_destroy(relays[i]);
    }
}


static void
join(unsigned a, unsigned b, uint64_t now)
{
    linked[a][b] = linked[b][a] = true;
    wzp_route_peer_up(relays[a], b, true, now);
    wzp_route_peer_up(relays[b], a, true, now);
}


static unsigned
deliver(uint64_t now)
{
    post_t    po;
    unsigned  n;

    for (n = 0; nposts > 0; n++) {
        po = posts[0];
        nposts--;
        memmove(posts, posts + 1, nposts * sizeof(post_t));

        if (po.sg.type == WZP_SIG_ROUTE_QUERY) {
            (void) !wzp_route_query(relays[po.to], po.from,
                                    &po.sg.u.route_query, now);

        } else {
            (void) !wzp_route_response(relays[po.to], po.from,
                                       &po.sg.u.route_response, now);
        }
    }

    return n;
}


/* "r0 r1", or "-"; also the messages it took. */
static const char *
ask(unsigned relay, uint32_t person, uint64_t now, unsigned *messages)
{
    size_t       i;
    uint8_t      fp[WZP_FP_SIZE];
    unsigned     n;
    static char  text[256];

    presence_person(fp, person);
    memset(&last, 0, sizeof(last));
    (void) !wzp_route_ask(relays[relay], fp, now, relay + 100);
    n = deliver(now);

    if (messages != NULL) {
        *messages = n;
    }

    if (!last.found) {
        return "-";
    }

    for (text[0] = '\0', i = 0; i < last.nchain; i++) {
        (void) snprintf(text + strlen(text), sizeof(text) - strlen(text),
                        "%s%s", i == 0 ? "" : " ", last.chain[i]);
    }

    return text;
}


static int
next_of(unsigned relay, uint32_t person, uint64_t now)
{
    uint8_t  fp[WZP_FP_SIZE];

    presence_person(fp, person);

    return wzp_route_next(relays[relay], fp, -1, now);
}


static wzp_route_stat_t
stat_of(unsigned relay)
{
    wzp_route_stat_t  st;

    wzp_route_stat(relays[relay], &st);

    return st;
}


/* Who is not to be known elsewhere is found by us, and by nobody else. */

static void
test_hidden(void)
{
    start(0);
    join(0, 1, 0);
    home[4] = 0;

    hidden = true;
    is_str(ask(0, 4, 0, NULL), "r0", "he is here, as we know");
    is_str(ask(1, 4, 0, NULL), "-", "and others do not");

    hidden = false;
    is_str(ask(1, 4, 60 * WZP_SEC, NULL), "r1 r0", "now they do");

    stop();
}


/* In a room here, and registered two relays on: a call must get there. */

static void
test_others(void)
{
    unsigned  n;
    uint8_t   fp[WZP_FP_SIZE];

    start(0);
    join(0, 1, 0);
    join(1, 2, 0);

    home[4] = 2;
    is_str(ask(0, 4, 0, &n), "r0 r1 r2", "at the end of a chain");
    home[4] = 0;
    is_str(ask(0, 4, 0, &n), "r0", "now here");
    is_i64(next_of(0, 4, 0), 1, "which the way to the others does not care for");

    presence_person(fp, 4);
    is_i64(wzp_route_ask_others(relays[0], fp, 0, 7), WZP_OK, "ask others");
    ok(last_cookie == 7 && last.found && last.nchain == 3, "who answer");

    home[5] = 0;
    presence_person(fp, 5);
    is_i64(wzp_route_ask_others(relays[0], fp, 0, 8), WZP_OK, "of another");
    (void) deliver(0);
    ok(last_cookie == 8 && !last.found, "who is nowhere else");

    stop();
}


static void
test_chain(void)
{
    unsigned  i, n;

    start(0);

    for (i = 0; i < 6; i++) {
        join(i, i + 1, 0);
    }

    home[1] = 0;
    is_str(ask(0, 1, 0, &n), "r0", "here");
    ok(n == 0 && wzp_route_kind(&last) == WZP_ROUTE_LOCAL, "local");
    is_u64(last_cookie, 100, "the cookie");
    home[2] = 1;
    is_str(ask(0, 2, 0, &n), "r0 r1", "at a neighbour");
    ok(n == 0 && wzp_route_kind(&last) == WZP_ROUTE_DIRECT_PEER, "direct");
    home[3] = 4;
    is_str(ask(0, 3, 0, &n), "r0 r1 r2 r3 r4", "at the end of a chain");
    ok(n == 6 && wzp_route_kind(&last) == WZP_ROUTE_CHAIN, "chain");
    is_u64(last.id, 0, "our own answer has no id");
    home[4] = 5;
    is_str(ask(0, 4, 0, &n), "r0 r1 r2 r3 r4 r5", "four hops and presence");
    home[5] = 6;
    is_str(ask(0, 5, 0, &n), "-", "five are too many");
    ok(wzp_route_kind(&last) == WZP_ROUTE_NOT_FOUND && last.nchain == 0,
       "not found");
    is_str(ask(0, 6, 0, &n), "-", "who is nowhere");
    is_u64(n, 8, "asks each once");

    is_i64(next_of(0, 3, 0), 1, "the way of media: next hop");
    is_i64(next_of(1, 3, 0), 2, "its next hop");
    is_i64(next_of(3, 3, 0), 4, "presence knows the last");
    is_i64(next_of(4, 3, 0), -1, "here, and nowhere else");
    is_i64(next_of(0, 6, 0), -1, "not known");

    stop();
}


static void
test_cache(void)
{
    unsigned  n;

    start(4);
    join(0, 1, 0);
    join(1, 2, 0);
    join(2, 3, 0);
    home[3] = 3;

    (void) ask(0, 3, 0, &n);
    is_u64(n, 4, "two hops to who knows");
    is_str(ask(0, 3, 4999 * WZP_MS, &n), "r0 r1 r2 r3", "again within 5 s");
    is_u64(n, 0, "from the cache");
    is_i64(next_of(0, 3, 4999 * WZP_MS), 1, "the next hop, too");
    is_i64(next_of(0, 3, 5 * WZP_SEC), -1, "not after 5 s");
    (void) ask(0, 3, 5 * WZP_SEC, &n);
    ok(n != 0, "then asked again");

    (void) ask(0, 4, 10 * WZP_SEC, &n);
    ok(n != 0, "nobody");
    (void) ask(0, 4, 11999 * WZP_MS, &n);
    is_u64(n, 0, "is remembered");
    home[4] = 3;
    is_str(ask(1, 4, 11999 * WZP_MS, &n), "r1 r2 r3",
           "but only by who asked");
    is_str(ask(0, 4, 12 * WZP_SEC, &n), "r0 r1 r2 r3", "for 2 s");

    wzp_route_peer_down(relays[0], 1, 12 * WZP_SEC);
    is_i64(next_of(0, 4, 12 * WZP_SEC), -1, "a peer down takes its routes");
    is_str(ask(0, 3, 12 * WZP_SEC, &n), "-", "nobody to ask");
    stop();
}


static void
test_loops(void)
{
    unsigned  a, b, n;

    start(4);

    for (a = 0; a < RELAYS; a++) {
        join(a, (a + 1) % RELAYS, 0);
    }

    home[1] = 4;
    is_str(ask(0, 1, 0, &n), "r0 r1 r2 r3 r4", "half around a ring");
    home[2] = 5;
    is_str(ask(0, 2, 0, &n), "r0 r7 r6 r5", "the shorter half");
    home[3] = NOBODY;
    is_str(ask(0, 3, 0, &n), "-", "nobody on it");
    ok(n <= 20, "%u messages", n);
    stop();

    start(8);

    for (a = 0; a < RELAYS - 1; a++) {
        for (b = 0; b < a; b++) {
            join(a, b, 0);
        }
    }

    is_str(ask(0, 3, 0, &n), "-", "nobody in a full mesh of seven");
    ok(n <= 2 * 7 * 6, "%u messages, no more than two each way", n);
    ok(stat_of(1).loops > 0, "loops were seen");

    join(6, 7, 0);
    home[4] = 7;
    is_str(ask(0, 4, 0, &n), "r0 r6 r7", "behind the mesh");
    is_u64(stat_of(0).pending + stat_of(3).pending + stat_of(6).pending, 0,
           "nothing is left open");
    stop();
}


/* A question, and its answer, by hand. */
static wzp_rc_t
query(unsigned from, uint32_t person, uint8_t ttl, uint64_t id, uint64_t now)
{
    wzp_route_query_t  rq;

    memset(&rq, 0, sizeof(rq));
    presence_person(rq.fp, person);
    rq.ttl = ttl;
    rq.id = id;

    return wzp_route_query(relays[0], from, &rq, now);
}


static wzp_rc_t
respond(unsigned from, uint32_t person, const char *one, const char *two,
    uint64_t id)
{
    wzp_route_response_t  rr;

    memset(&rr, 0, sizeof(rr));
    presence_person(rr.fp, person);
    rr.id = id;
    rr.found = one != NULL;

    if (one != NULL) {
        (void) snprintf(rr.chain[rr.nchain++], WZP_HOST_MAX, "%s", one);
    }

    if (two != NULL) {
        (void) snprintf(rr.chain[rr.nchain++], WZP_HOST_MAX, "%s", two);
    }

    return wzp_route_response(relays[0], from, &rr, 0);
}


static void
test_peers(void)
{
    post_t    *po;
    uint64_t   id;

    start(4);
    po = posts;
    wzp_route_peer_up(relays[0], 1, true, 0);
    wzp_route_peer_up(relays[0], 2, true, 0);
    wzp_route_peer_up(relays[0], 3, false, 0);

    is_i64(query(9, 1, 4, 5, 0), WZP_ECLOSED, "a peer that is not up");
    home[1] = 0;
    is_i64(query(3, 1, 3, 0, 0), WZP_OK, "an existing relay asks");
    ok(nposts == 1 && po->to == 3 && po->sg.u.route_response.found
       && po->sg.u.route_response.nchain == 1
       && po->sg.u.route_response.id == 0, "and is answered, without id");

    nposts = 0;
    is_i64(query(1, 2, 200, 77, 0), WZP_OK, "one of ours asks");
    ok(nposts == 1 && po->to == 2 && po->sg.u.route_query.id == 77
       && po->sg.u.route_query.ttl == 3,
       "passed on to ours only, ttl is bounded");
    is_u64(wzp_route_deadline(relays[0]), 3 * WZP_SEC, "for 3 s");
    nposts = 0;
    is_i64(query(2, 2, 4, 77, 0), WZP_OK, "it comes another way");
    ok(nposts == 1 && po->to == 2 && !po->sg.u.route_response.found
       && po->sg.u.route_response.id == 77, "nobody there");
    nposts = 0;
    is_i64(respond(1, 2, "x", NULL, 77), WZP_EUNKNOWN, "not asked");
    is_i64(respond(2, 2, "x", NULL, 78), WZP_EUNKNOWN, "not that");
    is_i64(respond(2, 3, "x", NULL, 77), WZP_EUNKNOWN, "not about him");
    is_i64(respond(2, 2, "x", "y", 77), WZP_OK, "found");
    ok(nposts == 1 && po->to == 1 && po->sg.u.route_response.nchain == 3
       && po->sg.u.route_response.id == 77, "goes back");
    is_str(po->sg.u.route_response.chain[0], "r0", "with us in front");
    is_str(po->sg.u.route_response.chain[2], "y", "of the chain");
    is_i64(respond(2, 2, "x", "y", 77), WZP_EUNKNOWN, "once");

    nposts = 0;
    is_i64(query(2, 2, 4, 80, 0), WZP_OK, "it asks what it has answered");
    ok(nposts == 1 && po->sg.type == WZP_SIG_ROUTE_QUERY && po->to == 1,
       "and is not told its own word");
    nposts = 0;
    is_i64(respond(1, 2, "z", "r0", 80), WZP_OK, "a chain over us");
    ok(nposts == 1 && !po->sg.u.route_response.found, "is none");
    nposts = 0;
    is_i64(query(1, 4, 1, 81, 0), WZP_OK, "the last hop");
    ok(nposts == 1 && !po->sg.u.route_response.found, "is not passed on");

    nposts = 0;
    is_i64(query(1, 5, 2, 82, 0), WZP_OK, "asks");
    is_u64(wzp_route_deadline(relays[0]), WZP_SEC, "for a second");
    nposts = 0;
    wzp_route_expire(relays[0], WZP_SEC);
    ok(nposts == 1 && po->to == 1 && !po->sg.u.route_response.found,
       "no answer is one");
    is_u64(stat_of(0).timeouts, 1, "counted");

    nposts = 0;
    is_i64(query(3, 6, 4, 0, WZP_SEC), WZP_OK, "an existing relay asks");
    id = posts[0].sg.u.route_query.id;
    ok(nposts == 2 && id != 0, "ours need an id");
    wzp_route_peer_down(relays[0], 1, WZP_SEC);
    nposts = 0;
    is_i64(respond(2, 6, NULL, NULL, id), WZP_OK, "nobody");
    ok(nposts == 1 && po->to == 3 && po->sg.u.route_response.id == 0,
       "one down, one without an answer");
    wzp_route_peer_down(relays[0], 2, WZP_SEC);
    wzp_route_peer_down(relays[0], 2, WZP_SEC);
    stop();
}


/* The long way was faster. */
static void
test_more_hops(void)
{
    start(4);
    wzp_route_peer_up(relays[0], 1, true, 0);
    wzp_route_peer_up(relays[0], 2, true, 0);
    wzp_route_peer_up(relays[0], 4, true, 0);

    is_i64(query(1, 2, 2, 77, 0), WZP_OK, "with two hops to go");
    is_u64(nposts, 2, "to two others");
    nposts = 0;
    is_i64(query(2, 2, 4, 77, 0), WZP_OK, "the same with four");
    ok(nposts == 2 && posts[0].sg.type == WZP_SIG_ROUTE_QUERY
       && posts[0].sg.u.route_query.ttl == 3, "is passed on again");
    nposts = 0;
    is_i64(query(4, 2, 4, 77, 0), WZP_OK, "with four once more");
    ok(nposts == 1 && posts[0].sg.type == WZP_SIG_ROUTE_RESPONSE
       && !posts[0].sg.u.route_response.found, "is not");

    nposts = 0;
    is_i64(respond(4, 2, "x", NULL, 77), WZP_OK, "one answer");
    is_i64(respond(4, 2, "x", NULL, 77), WZP_OK, "for each question");
    ok(nposts == 2 && posts[0].to != posts[1].to, "both are told");
    is_u64(stat_of(0).pending, 0, "nothing is open");
    stop();
}


static void
test_ours(void)
{
    uint8_t   fp[WZP_FP_SIZE];
    uint64_t  id;

    start(4);
    join(0, 1, 0);
    presence_person(fp, 1);

    is_i64(wzp_route_ask(relays[0], fp, 0, 1), WZP_OK, "ask");
    is_i64(wzp_route_ask(relays[0], fp, WZP_SEC, 2), WZP_OK, "the same");
    ok(nposts == 1 && answers == 0, "is asked once");
    is_u64(wzp_route_deadline(relays[0]), 4 * WZP_SEC, "four seconds");
    again = 1;
    id = posts[0].sg.u.route_query.id;
    is_i64(respond(1, 1, NULL, NULL, id), WZP_OK, "nobody");
    is_u64(answers, 3, "both are answered, and who asks again at once");
    is_u64(stat_of(0).pending, 0, "nothing is open");

    answers = 0;
    is_i64(wzp_route_ask(relays[0], fp, 9 * WZP_SEC, 1), WZP_OK, "ask");
    wzp_route_expire(relays[0], 13 * WZP_SEC - 1);
    is_u64(answers, 0, "waits");
    wzp_route_expire(relays[0], 13 * WZP_SEC);
    is_u64(answers, 1, "long enough");
    is_u64(wzp_route_deadline(relays[0]), UINT64_MAX, "nothing is due");

    is_str(wzp_route_kind_name(WZP_ROUTE_CHAIN), "chain", "a name");
    is_str(wzp_route_kind_name((wzp_route_kind_t) 9), "not_found", "none");
    stop();
}


static void
test_bounds(void)
{
    uint8_t   fp[WZP_FP_SIZE];
    uint32_t  i, n;
    unsigned  peer;

    start(4);

    for (peer = 1; peer < RELAYS; peer++) {
        wzp_route_peer_up(relays[0], peer, true, 0);
    }

    for (i = 0, n = 0; i < 60; i++) {
        n += query(1, 1, 4, i + 1, 0) == WZP_OK;
    }

    is_u64(n, 50, "50 a second of one peer");
    is_u64(stat_of(0).pending, 50, "are open");

    for (i = 0; i < 50; i++) {
        n += query(1, 1, 4, i + 100, WZP_SEC) == WZP_OK;
    }

    is_u64(n, 100, "50 more");
    is_u64(stat_of(0).pending, 64, "but 64 of one peer");
    nposts = 0;
    is_i64(query(1, 1, 4, 400, 3 * WZP_SEC - 1), WZP_OK, "one more");
    ok(nposts == 1 && !posts[0].sg.u.route_response.found, "is refused");

    for (peer = 2; peer < RELAYS; peer++) {
        for (i = 0; i < 50; i++) {
            (void) !query(peer, 2, 4, peer * 1000 + i, 0);
            (void) !query(peer, 2, 4, peer * 1000 + i + 50, WZP_SEC);
            nposts = 0;
        }
    }

    is_u64(stat_of(0).pending, 192, "192 of all peers");

    for (i = 0, n = 0; i < 70; i++) {
        presence_person(fp, 3);
        n += wzp_route_ask(relays[0], fp, 0, i) == WZP_OK;
    }

    is_u64(n, 64, "the rest is for our own");
    wzp_route_expire(relays[0], 10 * WZP_SEC);
    is_u64(stat_of(0).pending, 0, "all end");
    is_u64(answers, 64, "all are answered");
    nposts = 0;
    is_i64(query(1, 2, 4, 9999, 20 * WZP_SEC), WZP_OK, "room again");
    wzp_route_peer_down(relays[0], 1, 20 * WZP_SEC);
    is_u64(stat_of(0).pending, 0, "who asked has gone");
    stop();
}


/* Ten thousand people through the cache: it is bounded, and right. */
static void
test_many(void)
{
    uint64_t               id;
    uint32_t               i, kept, wrong;
    wzp_route_response_t   rr;

    start(4);
    join(0, 1, 0);
    wrong = 0;

    for (i = 16; i < 10016; i++) {
        memset(&rr, 0, sizeof(rr));
        memset(rr.fp, 0, 16);
        rr.fp[4] = (uint8_t) i;
        rr.fp[5] = (uint8_t) (i >> 8);
        rr.found = true;
        rr.nchain = 1 + i % 3;
        (void) snprintf(rr.chain[0], WZP_HOST_MAX, "person %u", i);
        home[0] = NOBODY;
        (void) !wzp_route_ask(relays[0], rr.fp, i, i);
        id = posts[0].sg.u.route_query.id;
        nposts = 0;
        rr.id = id;
        wrong += wzp_route_response(relays[0], 1, &rr, i) != WZP_OK
                 || last_cookie != i;
    }

    for (i = 16, kept = 0; i < 10016; i++) {
        rr.fp[4] = (uint8_t) i;
        rr.fp[5] = (uint8_t) (i >> 8);

        if (wzp_route_next(relays[0], rr.fp, -1, 20000) != 1) {
            continue;
        }

        kept++;
        (void) !wzp_route_ask(relays[0], rr.fp, 20000, i);
        wrong += last_cookie != i || last.nchain != 2 + i % 3
                 || (unsigned) atoi(last.chain[1] + 7) != i;
    }

    is_u64(wrong, 0, "each has his own chain");
    ok(kept > 3000 && kept <= WZP_ROUTE_CACHE, "%u are remembered", kept);
    stop();
}


int
main(void)
{
    posts = calloc(POSTS, sizeof(post_t));

    test_chain();
    test_others();
    test_hidden();
    test_cache();
    test_loops();
    test_peers();
    test_more_hops();
    test_ours();
    test_bounds();
    test_many();

    free(posts);

    return done_testing();
}
