/*
 * Gossip and routes of a hundred relays in virtual time: a random topology,
 * messages that overtake each other, people who come, go and move, links that
 * break, relays that start anew.  Every message passes through its JSON.
 *
 *   sim_gossip          a small one, as a test
 *   sim_gossip bench    100 relays with 1000 people each
 */

#include "../unit/presence.h"
#include "../unit/tap.h"
#include "mesh.h"


#define GRACE       (12 * WZP_SEC)      /* lost change: digest, request, set */


static uint64_t  delay_max_ns, delay_sum_ns, ghosts, unsound;
static unsigned  delays;


/* ---- what must be so ---- */


/* May b's copy of a hold this person? */
static bool
may_be_at(uint32_t p, unsigned a)
{
    unsigned              i;
    const mesh_person_t  *ps;

    ps = &mesh.persons[p];

    if (ps->home == a) {
        return true;
    }

    for (i = 0; i < MESH_LEFT; i++) {
        if (ps->left[i].at_ns != 0 && ps->left[i].relay == a
            && mesh.now < ps->left[i].at_ns + GRACE)
        {
            return true;
        }
    }

    return ps->nleft > MESH_LEFT
           && mesh.now < ps->left[ps->nleft % MESH_LEFT].at_ns + GRACE;
}


/* Nobody who has left is seen, by one relay at all its neighbours. */
static void
look_for_ghosts(unsigned b)
{
    mesh_link_t    *ln;
    uint32_t        p, at;
    unsigned        peer, a;
    const uint8_t  *fp;

    unsound += !wzp_gossip_sound(mesh.relays[b].gp);

    for (peer = 0; peer < mesh.relays[b].degree; peer++) {
        ln = &mesh.links[mesh.relays[b].links[peer]];
        a = ln->relay[ln->relay[0] == b];
        at = 0;

        while ((fp = wzp_gossip_walk(mesh.relays[b].gp, peer, &at)) != NULL) {
            memcpy(&p, fp, sizeof(p));
            ghosts += !may_be_at(p, a);
        }
    }
}


/* Do all neighbours know of the change that is followed? */
static void
trace(unsigned r)
{
    uint8_t        fp[WZP_FP_SIZE];
    size_t         n, k;
    mesh_link_t   *ln;
    mesh_relay_t  *rl;
    unsigned       i, end, peers[MESH_DEGREE];

    rl = &mesh.relays[r];
    presence_person(fp, rl->tracer);

    if (mesh.persons[rl->tracer].home != r) {
        rl->traced = false;
        return;
    }

    for (i = 0; i < rl->degree; i++) {
        ln = &mesh.links[rl->links[i]];

        if (!ln->up) {
            rl->traced = false;         /* a break is not the gossip's delay */
            return;
        }

        end = ln->relay[0] == r;
        n = wzp_gossip_find(mesh.relays[ln->relay[end]].gp, fp, peers,
                            MESH_DEGREE);

        for (k = 0; k < n && peers[k] != ln->peer[end]; k++) { /* void */ }

        if (k == n) {
            return;
        }
    }

    rl->traced = false;
    delays++;
    delay_sum_ns += mesh.now - rl->since_ns;
    delay_max_ns = WZP_MAX(delay_max_ns, mesh.now - rl->since_ns);
}


/* Copies that are not the truth, over all links that are up. */
static unsigned
wrong_copies(bool all)
{
    mesh_link_t   *ln;
    unsigned       i, e, wrong;
    wzp_gossip_t  *there;

    for (wrong = 0, i = 0; i < mesh.nlinks; i++) {
        ln = &mesh.links[i];

        for (e = 0; e < 2 && ln->up; e++) {
            there = mesh.relays[ln->relay[!e]].gp;
            wrong += !presence_equal(mesh.relays[ln->relay[e]].gp,
                                     ln->peer[e], there);

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

    mesh_step();

    for (r = 0; r < mesh.nrelays; r++) {
        if (mesh.relays[r].traced) {
            trace(r);
        }
    }
}


/* Each second: one person in a thousand comes, goes or moves; one link in two
 * hundred breaks; every seven seconds a relay starts anew. */
static void
churn(void)
{
    uint32_t  p;
    unsigned  i;

    for (i = 0; i < mesh.nrelays; i++) {
        if (mesh_random(100000) < mesh.npeople) {
            p = mesh_random(mesh.nrelays * mesh.npeople);

            if (mesh_random(3) == 0) {
                mesh_leave(p);

            } else {
                mesh_come(p, mesh_random(mesh.nrelays));
            }
        }
    }

    if (mesh_random(20000) < mesh.nlinks) {
        mesh_disconnect(&mesh.links[mesh_random(mesh.nlinks)],
                        mesh_random(12000) * WZP_MS);
    }

    if (mesh_random(700) == 0) {
        mesh_restart(mesh_random(mesh.nrelays));
    }

    mesh_mend(false);
}


/* ---- the parts ---- */


/* All at once; returns the ms until every copy is the truth. */
static uint64_t
part_converge(void)
{
    uint64_t  began;

    began = mesh.now;
    mesh_mend(true);

    do {
        step();
    } while ((mesh.now / MESH_STEP % 10 != 0 || wrong_copies(false) != 0)
             && mesh.now < began + 60 * WZP_SEC);

    return (mesh.now - began) / WZP_MS;
}


/* Returns bytes per link and second. */
static double
part_churn(unsigned seconds)
{
    unsigned  i;
    uint64_t  before, after, messages;

    mesh_traffic(&before, &messages);

    for (i = 0; i < seconds * 100; i++) {
        churn();
        step();

        if (i % 10 == 0) {
            look_for_ghosts(i / 10 % mesh.nrelays);
        }
    }

    mesh_traffic(&after, &messages);

    return (double) (after - before) / mesh.nlinks / seconds;
}


static void
settle(void)
{
    unsigned  i;

    mesh_mend(true);

    for (i = 0; i < 2500; i++) {
        step();

        if (i % 100 == 0) {
            look_for_ghosts(i / 100 % mesh.nrelays);
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

    mesh_traffic(&before, &told);

    for (digests = 0, i = 0; i < mesh.nrelays; i++) {
        wzp_gossip_stat(mesh.relays[i].gp, &st);
        digests += st.digests;
    }

    for (i = 0; i < 2000; i++) {
        step();
    }

    mesh_traffic(&after, &sent);
    others = (unsigned) (sent - told);

    for (i = 0; i < mesh.nrelays; i++) {
        wzp_gossip_stat(mesh.relays[i].gp, &st);
        digests -= st.digests;
    }

    others += (unsigned) digests;
    *rate = (double) (after - before) / mesh.nlinks / 20;

    return others;
}


/* Relays between a and b, by breadth first search over links. */
static unsigned
distance(unsigned a, unsigned b)
{
    mesh_link_t  *ln;
    unsigned      i, k, head, n, r, far[MESH_RELAYS], queue[MESH_RELAYS];

    for (i = 0; i < mesh.nrelays; i++) {
        far[i] = UINT32_MAX;
    }

    far[a] = 0;
    queue[0] = a;

    for (head = 0, n = 1; head < n && far[b] == UINT32_MAX; head++) {
        r = queue[head];

        for (i = 0; i < mesh.relays[r].degree; i++) {
            ln = &mesh.links[mesh.relays[r].links[i]];
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
            || at[i] >= mesh.nrelays
            || (i > 0 && !mesh_are_linked(at[i - 1], at[i])))
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
    home = p < mesh.nrelays * mesh.npeople ? mesh.persons[p].home
                                           : MESH_NOWHERE;
    far = home == MESH_NOWHERE ? UINT32_MAX : distance(from, home);
    mesh.asked++;

    if (wzp_route_ask(mesh.relays[from].rt, fp, mesh.now, mesh.asked)
        != WZP_OK)
    {
        ro->open++;
        return;
    }

    for (i = 0; i < 500 && mesh.answered != mesh.asked; i++) {
        step();
    }

    ro->ms += i * (double) MESH_STEP / WZP_MS;
    ro->open += mesh.answered != mesh.asked;

    if (mesh.answered == mesh.asked && mesh.answer.found) {
        ro->unreal += !is_real(&mesh.answer, from, home);
        ro->found++;
        ro->hops += (double) mesh.answer.nchain - 1;
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
    mesh_traffic(&bytes, &before);

    for (i = 0; i < n; i++) {
        ask(ro, mesh_random(mesh.nrelays),
            mesh_random(mesh.nrelays * mesh.npeople));
    }

    mesh_traffic(&bytes, &after);
    ro->messages = (double) (after - before) / n;
    ro->hops /= ro->found == 0 ? 1 : ro->found;
    ro->ms /= n;

    for (i = 0; i < n / 10; i++) {
        ask(&nobody, mesh_random(mesh.nrelays),
            mesh.nrelays * mesh.npeople + i);
    }

    ro->open += nobody.open;
    ro->strangers = nobody.found;
}


static unsigned
part_end(void)
{
    unsigned          i, open;
    wzp_route_stat_t  st;

    for (i = 0; i < 500; i++) {
        step();
    }

    for (open = 0, i = 0; i < mesh.nrelays; i++) {
        wzp_route_stat(mesh.relays[i].rt, &st);
        open += st.pending;
    }

    mesh_destroy();

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

    mesh_create(bench ? MESH_RELAYS : 30, bench ? 1000 : 200);
    diag("%u relays, %u links, %u people, always the same course",
         mesh.nrelays, mesh.nlinks, mesh.nrelays * mesh.npeople);

    ms = part_converge();
    mesh_traffic(&bytes, &messages);
    diag("all start at once: every copy right after %" PRIu64 " ms, %.1f kB"
         " per link", ms, (double) bytes / mesh.nlinks / 1000);

    busy = part_churn(seconds);
    diag("%u s of churn, %u breaks, %u restarts: a change is known to all"
         " neighbours after %.0f ms, at most %.0f; %.0f bytes/s per link",
         seconds, mesh.breaks, mesh.restarts,
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
    is_u64(mesh.bad_signals, 0, "every signal can be written and read");
    ok(ro.found > 0 && ro.missed == 0, "whoever is near enough is found");
    is_u64(ro.unreal, 0, "by a chain that exists");
    is_u64(ro.strangers, 0, "nobody else is");
    is_u64(ro.open + open, 0, "every question ends");

    return done_testing();
}
