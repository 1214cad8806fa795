/*
 * Gossip and routes of a hundred relays in virtual time: a random topology,
 * messages that overtake each other, people who come, go and move, links that
 * break, relays that start anew.  Every message passes through its JSON.
 *
 *   sim_gossip          a small one, as a test
 *   sim_gossip bench    100 relays with 1000 people each; figures only
 */

#include "wzp/wzp_gossip.h"
#include "wzp/wzp_route.h"
#include "../unit/presence.h"
#include "../unit/tap.h"


#define RELAYS      100
#define PEOPLE      1000                /* of one relay, on average          */
#define DEGREE      24
#define LINKS       (RELAYS * DEGREE)
#define STEP        (10 * WZP_MS)
#define LATE        64                  /* steps that a message takes at most */
#define NOWHERE     UINT32_MAX
#define LEFT        4                   /* departures remembered of a person */
#define KEEP        (5 * WZP_SEC)
#define GRACE       (12 * WZP_SEC)      /* lost change: digest, request, set */


typedef struct {
    uint32_t      relay;
    uint64_t      at_ns;
} left_t;


typedef struct {
    uint32_t      home;                 /* relay, or NOWHERE                 */
    uint32_t      place;                /* in its list                       */
    left_t        left[LEFT];
    unsigned      nleft;
} person_t;


/* A link is two ends: relay and its number of the other. */
typedef struct {
    unsigned      relay[2];
    unsigned      peer[2];
    bool          up;
    unsigned      life;                 /* messages of an older one are lost */
    uint64_t      back_ns;              /* up again                          */
    uint64_t      bytes;
    uint64_t      messages;
} link_t;


typedef struct {
    wzp_gossip_t  *gp;
    wzp_route_t   *rt;
    unsigned       degree;
    unsigned       links[DEGREE];       /* by peer number                    */
    uint32_t      *folk;
    uint32_t       nfolk;
    bool           moved;               /* its list is to be told            */

    /* one change that is followed until all neighbours know */
    bool           traced;
    uint32_t       tracer;
    uint64_t       since_ns;
} relay_t;


typedef struct post_s  post_t;

struct post_s {
    post_t        *next;
    unsigned       link;
    unsigned       life;
    unsigned       end;                 /* of the receiver                   */
    size_t         len;
    uint8_t        json[];
};


static unsigned   nrelays, npeople, nlinks;
static relay_t    relays[RELAYS];
static unsigned   ids[RELAYS];
static person_t  *persons;
static link_t     links[LINKS];
static post_t    *calendar[LATE];
static uint64_t   now;
static uint64_t   rnd = 88172645463325252ULL;

static uint64_t   epochs, delay_max_ns, delay_sum_ns, ghosts, unsound;
static unsigned   delays, restarts, breaks, bad_signals;

static unsigned              asked, answered;
static wzp_route_response_t  answer;


static uint32_t
next_random(uint32_t below)
{
    rnd ^= rnd << 13;
    rnd ^= rnd >> 7;
    rnd ^= rnd << 17;

    return (uint32_t) ((rnd >> 32) * below >> 32);
}


/* ---- the network ---- */


static void
send_cb(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    size_t     len;
    post_t    *po;
    link_t    *ln;
    wzp_rc_t   rc;
    unsigned   relay, late;

    relay = *(unsigned *) ctx;
    ln = &links[relays[relay].links[peer]];

    if (!ln->up) {
        return;
    }

    rc = wzp_signal_encode(sg, NULL, 0, &len);
    po = malloc(sizeof(post_t) + len);

    if (rc != WZP_ENOSPC || po == NULL
        || wzp_signal_encode(sg, po->json, len, &po->len) != WZP_OK)
    {
        bad_signals++;
        free(po);
        return;
    }

    ln->bytes += po->len;
    ln->messages++;

    po->link = relays[relay].links[peer];
    po->life = ln->life;
    po->end = ln->relay[0] == relay;

    /* 10 to 90 ms; one in fifty was lost and sent again */

    late = 1 + next_random(9) + (next_random(50) == 0 ? 30 : 0);
    late = (unsigned) (now / STEP + late) % LATE;
    po->next = calendar[late];
    calendar[late] = po;
}


static void
take(const post_t *po)
{
    link_t        *ln;
    relay_t       *rl;
    unsigned       peer;
    wzp_signal_t   sg;

    ln = &links[po->link];
    rl = &relays[ln->relay[po->end]];
    peer = ln->peer[po->end];

    if (!ln->up || ln->life != po->life) {
        return;
    }

    if (wzp_signal_parse(&sg, po->json, po->len) != WZP_OK) {
        bad_signals++;
        return;
    }

    wzp_gossip_alive(rl->gp, peer, now);

    if (sg.type == WZP_SIG_PRESENCE_UPDATE) {
        (void) !wzp_gossip_input(rl->gp, peer, &sg.u.presence_update, now);

    } else if (sg.type == WZP_SIG_ROUTE_QUERY) {
        (void) !wzp_route_query(rl->rt, peer, &sg.u.route_query, now);

    } else {
        (void) !wzp_route_response(rl->rt, peer, &sg.u.route_response, now);
    }

    wzp_signal_done(&sg);
}


static void
deliver(void)
{
    post_t   *po, *next;
    unsigned  slot;

    slot = (unsigned) (now / STEP) % LATE;
    po = calendar[slot];
    calendar[slot] = NULL;

    for (/* void */; po != NULL; po = next) {
        next = po->next;
        take(po);
        free(po);
    }
}


/* ---- relays ---- */


static bool
local_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE])
{
    return wzp_gossip_is_local(relays[*(unsigned *) ctx].gp, fp);
}


static int
direct_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int except,
    char addr[WZP_HOST_MAX + 1])
{
    size_t             i, n;
    relay_t           *rl;
    unsigned           peers[DEGREE];
    wzp_gossip_peer_t  info;

    rl = &relays[*(unsigned *) ctx];
    n = wzp_gossip_find(rl->gp, fp, peers, DEGREE);

    for (i = 0; i < n; i++) {
        if ((int) peers[i] != except
            && wzp_gossip_peer(rl->gp, peers[i], &info) && info.up)
        {
            memcpy(addr, info.addr, sizeof(info.addr));
            return (int) peers[i];
        }
    }

    return -1;
}


static void
answer_cb(void *ctx, uint64_t cookie, const wzp_route_response_t *rr)
{
    (void) ctx;

    if (cookie == asked) {
        answered = asked;
        answer = *rr;
    }
}


static void
start(unsigned r)
{
    wzp_route_conf_t   rc;
    wzp_gossip_conf_t  gc;

    ids[r] = r;
    memset(&gc, 0, sizeof(gc));
    memset(&rc, 0, sizeof(rc));

    gc.epoch = ++epochs;
    gc.keep_ns = KEEP;
    gc.send = send_cb;
    gc.ctx = &ids[r];
    memset(gc.key, (int) r, sizeof(gc.key));
    (void) snprintf(gc.addr, sizeof(gc.addr), "10.0.0.%u:4433", r);

    memcpy(rc.addr, gc.addr, sizeof(rc.addr));
    memcpy(rc.key, &epochs, sizeof(epochs));
    rc.local = local_cb;
    rc.direct = direct_cb;
    rc.send = send_cb;
    rc.answer = answer_cb;
    rc.ctx = &ids[r];

    relays[r].gp = wzp_gossip_create(&gc);
    relays[r].rt = wzp_route_create(&rc);

    if (relays[r].gp == NULL || relays[r].rt == NULL) {
        abort();
    }
}


static void
connect_ends(link_t *ln)
{
    unsigned  e;

    ln->up = true;
    ln->life++;

    for (e = 0; e < 2; e++) {
        wzp_gossip_peer_up(relays[ln->relay[e]].gp, ln->peer[e],
                           WZP_GOSSIP_OURS, "", now);
        wzp_route_peer_up(relays[ln->relay[e]].rt, ln->peer[e], true, now);
    }
}


static void
disconnect(link_t *ln, uint64_t back_ns)
{
    unsigned  e;

    if (!ln->up) {
        return;
    }

    ln->up = false;
    ln->back_ns = now + back_ns;
    breaks++;

    for (e = 0; e < 2; e++) {
        wzp_gossip_peer_down(relays[ln->relay[e]].gp, ln->peer[e], now);
        wzp_route_peer_down(relays[ln->relay[e]].rt, ln->peer[e], now);
    }
}


static bool
are_linked(unsigned a, unsigned b)
{
    unsigned  i;
    link_t   *ln;

    for (i = 0; i < relays[a].degree; i++) {
        ln = &links[relays[a].links[i]];

        if (ln->relay[0] == b || ln->relay[1] == b) {
            return true;
        }
    }

    return false;
}


static void
link_relays(unsigned a, unsigned b)
{
    unsigned  e;
    link_t   *ln;

    if (a == b || are_linked(a, b) || relays[a].degree == DEGREE
        || relays[b].degree == DEGREE)
    {
        return;
    }

    ln = &links[nlinks];
    ln->relay[0] = a;
    ln->relay[1] = b;

    for (e = 0; e < 2; e++) {
        ln->peer[e] = relays[ln->relay[e]].degree++;
        relays[ln->relay[e]].links[ln->peer[e]] = nlinks;
    }

    nlinks++;
}


/* ---- people ---- */


static void
leave(uint32_t p)
{
    relay_t   *rl;
    left_t    *lf;
    person_t  *ps;
    uint32_t   last;

    ps = &persons[p];

    if (ps->home == NOWHERE) {
        return;
    }

    rl = &relays[ps->home];
    last = rl->folk[--rl->nfolk];
    rl->folk[ps->place] = last;
    persons[last].place = ps->place;
    rl->moved = true;

    lf = &ps->left[ps->nleft++ % LEFT];
    lf->relay = ps->home;
    lf->at_ns = now;
    ps->home = NOWHERE;
}


static void
come(uint32_t p, unsigned r)
{
    relay_t   *rl;
    person_t  *ps;

    leave(p);

    ps = &persons[p];
    rl = &relays[r];

    if (rl->nfolk == 2 * npeople) {
        return;
    }

    ps->home = r;
    ps->place = rl->nfolk;
    rl->folk[rl->nfolk++] = p;
    rl->moved = true;

    if (!rl->traced) {
        rl->traced = true;
        rl->tracer = p;
        rl->since_ns = now;
    }
}


static void
tell(unsigned r)
{
    uint32_t    i;
    relay_t    *rl;
    uint8_t   (*fps)[WZP_FP_SIZE];

    rl = &relays[r];

    if (!rl->moved) {
        return;
    }

    rl->moved = false;
    fps = malloc((rl->nfolk + 1) * WZP_FP_SIZE);

    if (fps == NULL) {
        abort();
    }

    for (i = 0; i < rl->nfolk; i++) {
        presence_person(fps[i], rl->folk[i]);
    }

    if (wzp_gossip_local(rl->gp, (const uint8_t (*)[WZP_FP_SIZE]) fps,
                         rl->nfolk, now)
        != WZP_OK)
    {
        abort();
    }

    free(fps);
}


/* ---- what must be so ---- */


/* May b's copy of a hold this person? */
static bool
may_be_at(uint32_t p, unsigned a)
{
    unsigned         i;
    const person_t  *ps;

    ps = &persons[p];

    if (ps->home == a) {
        return true;
    }

    for (i = 0; i < LEFT; i++) {
        if (ps->left[i].at_ns != 0 && ps->left[i].relay == a
            && now < ps->left[i].at_ns + GRACE)
        {
            return true;
        }
    }

    return ps->nleft > LEFT && now < ps->left[ps->nleft % LEFT].at_ns + GRACE;
}


/* Nobody who has left is seen, by one relay at all its neighbours. */
static void
look_for_ghosts(unsigned b)
{
    link_t         *ln;
    uint32_t        p, at;
    unsigned        peer, a;
    const uint8_t  *fp;

    unsound += !wzp_gossip_sound(relays[b].gp);

    for (peer = 0; peer < relays[b].degree; peer++) {
        ln = &links[relays[b].links[peer]];
        a = ln->relay[ln->relay[0] == b];
        at = 0;

        while ((fp = wzp_gossip_walk(relays[b].gp, peer, &at)) != NULL) {
            memcpy(&p, fp, sizeof(p));
            ghosts += !may_be_at(p, a);
        }
    }
}


/* Do all neighbours know of the change that is followed? */
static void
trace(unsigned r)
{
    uint8_t    fp[WZP_FP_SIZE];
    size_t     n, k;
    link_t    *ln;
    relay_t   *rl;
    unsigned   i, end, peers[DEGREE];

    rl = &relays[r];
    presence_person(fp, rl->tracer);

    if (persons[rl->tracer].home != r) {
        rl->traced = false;
        return;
    }

    for (i = 0; i < rl->degree; i++) {
        ln = &links[rl->links[i]];

        if (!ln->up) {
            rl->traced = false;         /* a break is not the gossip's delay */
            return;
        }

        end = ln->relay[0] == r;
        n = wzp_gossip_find(relays[ln->relay[end]].gp, fp, peers, DEGREE);

        for (k = 0; k < n && peers[k] != ln->peer[end]; k++) { /* void */ }

        if (k == n) {
            return;
        }
    }

    rl->traced = false;
    delays++;
    delay_sum_ns += now - rl->since_ns;
    delay_max_ns = WZP_MAX(delay_max_ns, now - rl->since_ns);
}


/* Copies that are not the truth, over all links that are up. */
static unsigned
wrong_copies(bool all)
{
    link_t             *ln;
    unsigned            i, e, wrong;
    wzp_gossip_peer_t   info;

    for (wrong = 0, i = 0; i < nlinks; i++) {
        ln = &links[i];

        for (e = 0; e < 2 && ln->up; e++) {
            if (!all && wzp_gossip_peer(relays[ln->relay[e]].gp, ln->peer[e],
                                        &info)
                && info.people != relays[ln->relay[!e]].nfolk)
            {
                wrong++;
                continue;
            }

            wrong += !presence_equal(relays[ln->relay[e]].gp, ln->peer[e],
                                     relays[ln->relay[!e]].gp);

            if (wrong != 0 && !all) {
                return wrong;
            }
        }
    }

    return wrong;
}


/* ---- time ---- */


static void
step(void)
{
    unsigned  r;

    now += STEP;
    deliver();

    for (r = 0; r < nrelays; r++) {
        tell(r);

        if (wzp_gossip_deadline(relays[r].gp) <= now) {
            wzp_gossip_expire(relays[r].gp, now);
        }

        if (wzp_route_deadline(relays[r].rt) <= now) {
            wzp_route_expire(relays[r].rt, now);
        }

        if (relays[r].traced) {
            trace(r);
        }
    }
}


static void
mend(bool all)
{
    unsigned  i;

    for (i = 0; i < nlinks; i++) {
        if (!links[i].up && (all || now >= links[i].back_ns)) {
            connect_ends(&links[i]);
        }
    }
}


static void
restart(unsigned r)
{
    unsigned  i;

    restarts++;

    for (i = 0; i < relays[r].degree; i++) {
        disconnect(&links[relays[r].links[i]],
                   next_random(8000) * WZP_MS);
    }

    while (relays[r].nfolk > 0) {
        leave(relays[r].folk[0]);
    }

    wzp_gossip_destroy(relays[r].gp);
    wzp_route_destroy(relays[r].rt);
    start(r);
}


/* Each second: one person in a thousand comes, goes or moves; one link in two
 * hundred breaks; every seven seconds a relay starts anew. */
static void
churn(void)
{
    uint32_t  p;
    unsigned  i;

    for (i = 0; i < nrelays; i++) {
        if (next_random(100000) < npeople) {
            p = next_random(nrelays * npeople);

            if (next_random(3) == 0) {
                leave(p);

            } else {
                come(p, next_random(nrelays));
            }
        }
    }

    if (next_random(20000) < nlinks) {
        disconnect(&links[next_random(nlinks)], next_random(12000) * WZP_MS);
    }

    if (next_random(700) == 0) {
        restart(next_random(nrelays));
    }

    mend(false);
}


/* ---- the parts ---- */


static void
part_begin(unsigned n, unsigned each)
{
    unsigned  i, r;
    uint32_t  p;

    nrelays = n;
    npeople = each;
    now = WZP_SEC;
    persons = calloc(n * each, sizeof(person_t));

    for (r = 0; r < n; r++) {
        start(r);
        relays[r].folk = calloc(2 * each, sizeof(uint32_t));
    }

    for (r = 1; r < n; r++) {
        link_relays(r, next_random(r));
    }

    for (i = 0; i < n * 2; i++) {
        link_relays(next_random(n), next_random(n));
    }

    for (p = 0; p < n * each; p++) {
        persons[p].home = NOWHERE;
        come(p, next_random(n));
    }

    diag("%u relays, %u links, %u people, seed %" PRIu64, n, nlinks, n * each,
         (uint64_t) 88172645463325252ULL);
}


/* All at once; returns the ms until every copy is the truth. */
static uint64_t
part_converge(void)
{
    uint64_t  began;

    began = now;
    mend(true);

    do {
        step();
    } while ((now / STEP % 10 != 0 || wrong_copies(false) != 0)
             && now < began + 60 * WZP_SEC);

    return (now - began) / WZP_MS;
}


static void
traffic(uint64_t *bytes, uint64_t *messages)
{
    unsigned  i;

    for (*bytes = 0, *messages = 0, i = 0; i < nlinks; i++) {
        *bytes += links[i].bytes;
        *messages += links[i].messages;
    }
}


/* Returns bytes per link and second. */
static double
part_churn(unsigned seconds)
{
    unsigned  i;
    uint64_t  before, after, messages;

    traffic(&before, &messages);

    for (i = 0; i < seconds * 100; i++) {
        churn();
        step();

        if (i % 10 == 0) {
            look_for_ghosts(i / 10 % nrelays);
        }
    }

    traffic(&after, &messages);

    return (double) (after - before) / nlinks / seconds;
}


static void
settle(void)
{
    unsigned  i;

    mend(true);

    for (i = 0; i < 2500; i++) {
        step();

        if (i % 100 == 0) {
            look_for_ghosts(i / 100 % nrelays);
        }
    }
}


/* Nothing changes for 20 s: anything but digests?  And bytes per link, s. */
static unsigned
part_quiet(double *rate)
{
    unsigned           i, others;
    uint64_t           before, after, told, sent, digests;
    wzp_gossip_stat_t  st;

    traffic(&before, &told);

    for (digests = 0, i = 0; i < nrelays; i++) {
        wzp_gossip_stat(relays[i].gp, &st);
        digests += st.digests;
    }

    for (i = 0; i < 2000; i++) {
        step();
    }

    traffic(&after, &sent);
    others = (unsigned) (sent - told);

    for (i = 0; i < nrelays; i++) {
        wzp_gossip_stat(relays[i].gp, &st);
        digests -= st.digests;
    }

    others += (unsigned) digests;
    *rate = (double) (after - before) / nlinks / 20;

    return others;
}


/* Relays between a and b, by breadth first search over links. */
static unsigned
distance(unsigned a, unsigned b)
{
    link_t    *ln;
    unsigned   i, k, head, n, r, far[RELAYS], queue[RELAYS];

    for (i = 0; i < nrelays; i++) {
        far[i] = UINT32_MAX;
    }

    far[a] = 0;
    queue[0] = a;

    for (head = 0, n = 1; head < n && far[b] == UINT32_MAX; head++) {
        r = queue[head];

        for (i = 0; i < relays[r].degree; i++) {
            ln = &links[relays[r].links[i]];
            k = ln->relay[ln->relay[0] == r];

            if (far[k] == UINT32_MAX) {
                far[k] = far[r] + 1;
                queue[n++] = k;
            }
        }
    }

    return far[b];
}


/* From a to b over links that exist, no relay twice. */
static bool
is_real(const wzp_route_response_t *rr, unsigned a, unsigned b)
{
    size_t    i, k;
    unsigned  at[WZP_CHAIN_MAX];

    for (i = 0; i < rr->nchain; i++) {
        if (sscanf(rr->chain[i], "10.0.0.%u:4433", &at[i]) != 1
            || at[i] >= nrelays
            || (i > 0 && !are_linked(at[i - 1], at[i])))
        {
            return false;
        }

        for (k = 0; k < i; k++) {
            if (at[k] == at[i]) {
                return false;
            }
        }
    }

    return rr->nchain > 0 && at[0] == a && at[rr->nchain - 1] == b;
}


typedef struct {
    unsigned  found;
    unsigned  far;                      /* beyond the hops of a question     */
    unsigned  missed;                   /* near enough, not found            */
    unsigned  unreal;
    unsigned  open;                     /* no answer                         */
    unsigned  strangers;                /* who is nowhere was found          */
    double    hops;
    double    ms;
    double    messages;
} routes_t;


static void
ask(routes_t *ro, unsigned from, uint32_t p)
{
    uint8_t   fp[WZP_FP_SIZE];
    unsigned  far, home, i;

    presence_person(fp, p);
    home = p < nrelays * npeople ? persons[p].home : NOWHERE;
    far = home == NOWHERE ? UINT32_MAX : distance(from, home);
    asked++;

    if (wzp_route_ask(relays[from].rt, fp, now, asked) != WZP_OK) {
        ro->open++;
        return;
    }

    for (i = 0; i < 500 && answered != asked; i++) {
        step();
    }

    ro->ms += i * (double) STEP / WZP_MS;
    ro->open += answered != asked;

    if (answered == asked && answer.found) {
        ro->unreal += !is_real(&answer, from, home);
        ro->found++;
        ro->hops += (double) answer.nchain - 1;
        return;
    }

    if (far > WZP_ROUTE_TTL + 1) {
        ro->far++;

    } else {
        ro->missed++;
    }
}


static void
part_routes(routes_t *ro, unsigned n)
{
    unsigned  i;
    uint64_t  bytes, before, after;
    routes_t  nobody;

    memset(ro, 0, sizeof(routes_t));
    memset(&nobody, 0, sizeof(routes_t));
    traffic(&bytes, &before);

    for (i = 0; i < n; i++) {
        ask(ro, next_random(nrelays), next_random(nrelays * npeople));
    }

    traffic(&bytes, &after);
    ro->messages = (double) (after - before) / n;
    ro->hops /= ro->found == 0 ? 1 : ro->found;
    ro->ms /= n;

    for (i = 0; i < n / 10; i++) {
        ask(&nobody, next_random(nrelays), nrelays * npeople + i);
    }

    ro->open += nobody.open;
    ro->strangers = nobody.found;
}


static unsigned
part_end(void)
{
    unsigned          i, open;
    post_t           *po;
    wzp_route_stat_t  st;

    for (i = 0; i < 500; i++) {
        step();
    }

    for (open = 0, i = 0; i < nrelays; i++) {
        wzp_route_stat(relays[i].rt, &st);
        open += st.pending;
        wzp_gossip_destroy(relays[i].gp);
        wzp_route_destroy(relays[i].rt);
        free(relays[i].folk);
    }

    for (i = 0; i < LATE; i++) {
        while ((po = calendar[i]) != NULL) {
            calendar[i] = po->next;
            free(po);
        }
    }

    free(persons);

    return open;
}


/* One seed, one course: the same figures each time. */
int
main(int argc, char **argv)
{
    bool      bench;
    double    busy, quiet;
    routes_t  ro;
    uint64_t  ms, bytes, messages;
    unsigned  seconds, others, wrong, open;

    bench = argc > 1 && strcmp(argv[1], "bench") == 0;
    seconds = bench ? 60 : 30;

    part_begin(bench ? RELAYS : 30, bench ? PEOPLE : 200);

    ms = part_converge();
    traffic(&bytes, &messages);
    diag("all start at once: every copy right after %" PRIu64 " ms, %.1f kB"
         " per link", ms, (double) bytes / nlinks / 1000);

    busy = part_churn(seconds);
    diag("%u s of churn, %u breaks, %u restarts: a change is known to all"
         " neighbours after %.0f ms, at most %.0f; %.0f bytes/s per link",
         seconds, breaks, restarts,
         (double) delay_sum_ns / WZP_MS / WZP_MAX(delays, 1),
         (double) delay_max_ns / WZP_MS, busy);

    settle();
    wrong = wrong_copies(true);
    others = part_quiet(&quiet);
    diag("quiet: %.0f bytes/s per link, digests only", quiet);

    part_routes(&ro, bench ? 500 : 200);
    open = part_end();
    diag("routes: %u found, %.1f hops, after %.0f ms, with %.0f messages;"
         " %u too far", ro.found, ro.hops, ro.ms, ro.messages, ro.far);

    ok(ms <= 2000, "all start at once: right within two seconds");
    ok(delays > 100 && delay_max_ns < 12 * WZP_SEC,
       "%u changes were followed to all neighbours", delays);
    is_u64(ghosts, 0, "nobody who has left comes back");
    is_u64(unsound, 0, "the books are in order");
    is_u64(wrong, 0, "when it is quiet, every copy is the truth");
    is_u64(others, 0, "and nothing but digests is sent");
    is_u64(bad_signals, 0, "every signal can be written and read");
    ok(ro.found > 0 && ro.missed == 0, "whoever is near enough is found");
    is_u64(ro.unreal, 0, "by a chain that exists");
    is_u64(ro.strangers, 0, "nobody else is");
    is_u64(ro.open + open, 0, "every question ends");

    return done_testing();
}
