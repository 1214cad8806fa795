/*
 * Who is in which room, over up to a hundred relays in virtual time: links go
 * down and up, relays are started again, people come and go.  When that ends
 * everybody must soon know the truth, then be silent; nobody may ever be shown
 * older news of a relay than he had been shown; and a packet must reach each
 * relay with members of its room, once.
 *
 *   FED_PEOPLE    people per relay (20; bench: 1000)
 *   FED_ROOMS     rooms (6; 50)
 *   FED_CHURN     things that happen (200; 100)
 *   FED_EVERY     one view in so many is looked at for older news (4; 256)
 *   FED_SEED      of all chance
 *
 * With the argument "bench" it is larger.
 */

#include <inttypes.h>

#include "../unit/tap.h"
#include "fednet.h"
#include "wzp/wzp_fed.h"


#define RELAYS          100
#define ROOMS_MAX       64
#define ALL             UINT64_MAX
#define SINGLES         40              /* changes one by one                */
#define TALKERS         60
#define STEP_NS         (20 * WZP_MS)   /* between two things that happen    */
#define REPAIRS         256


/* People are numbers; those of a relay follow one another. */
typedef struct {
    bool             there;
    uint8_t          room;
    uint16_t         stream_id;
} person_t;


typedef struct {
    struct sim_s    *sim;
    unsigned         index;
    bool             alive;
    wzp_fed_t       *fed;
    wzp_fed_room_t  *rooms[ROOMS_MAX];
    uint32_t         version[ROOMS_MAX];        /* of the own list           */
    uint32_t         shown[RELAYS][ROOMS_MAX];  /* of the others', here      */
} relay_t;


typedef struct {
    uint64_t         at_ns;
    unsigned         what;              /* link, or relay + 10000; 0 = free  */
} repair_t;


typedef struct sim_s {
    fednet_t           *net;
    unsigned            n;
    relay_t             relay[RELAYS];
    repair_t            repair[REPAIRS];
    uint64_t            changed_ns;     /* the last time that a view changed */
    uint64_t            changes;
    uint64_t            backwards;      /* older news shown                  */
} sim_t;


/* NULL instead of one: all is told. */
typedef struct {
    wzp_signal_t        sg;
    wzp_participant_t  *people;         /* behind it                         */
} letter_t;


static unsigned            npeople;             /* per relay                 */
static unsigned            nrooms;
static unsigned            churn;
static unsigned            every;               /* a change is looked at     */
static uint64_t            seed;
static person_t           *people;
static wzp_participant_t  *view;                /* of one room               */
static size_t              view_size;


static unsigned
env(const char *name, unsigned def)
{
    const char  *s;

    s = getenv(name);

    return s == NULL ? def : (unsigned) strtoul(s, NULL, 10);
}


/* Whose fingerprint is it?  They are numbers of 39 digits. */
static unsigned
who(const wzp_participant_t *pt)
{
    return (unsigned) strtoul(pt->fingerprint + 30, NULL, 10);
}


static void *
need(void *p)
{
    if (p == NULL) {
        abort();
    }

    return p;
}


/* ---- relays ---- */

static void
lost(void *ctx, void *msg)
{
    free(msg);
}


static void
fed_send(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    size_t                    i, size, bytes;
    relay_t                  *rl;
    letter_t                 *lt;
    const wzp_global_room_t  *gr;

    rl = ctx;
    gr = &sg->u.global_room;
    size = gr->nparticipants * sizeof(wzp_participant_t);
    lt = need(malloc(sizeof(letter_t) + size));
    lt->sg = *sg;
    lt->people = (wzp_participant_t *) (lt + 1);

    if (size != 0) {
        memcpy(lt->people, gr->participants, size);
    }

    /* about what it is as JSON */

    bytes = 120 + 19 * gr->npath;

    for (i = 0; i < gr->nparticipants; i++) {
        bytes += 112 + strlen(gr->participants[i].alias)
                 + strlen(gr->participants[i].relay_label);
    }

    fednet_send(rl->sim->net, rl->index, peer, lt, bytes);
}


/* All that is shown of a relay has one version, and it only grows. */
static void
fed_changed(void *ctx, wzp_fed_room_t *room)
{
    size_t    i, n, from;
    relay_t  *rl;
    uint32_t  version, *shown;
    unsigned  rm;

    rl = ctx;
    rl->sim->changes++;
    rl->sim->changed_ns = fednet_now(rl->sim->net);

    if (rl->sim->changes % every != 0) {
        return;
    }

    n = wzp_fed_remote(rl->fed, room, view, view_size);
    rm = (unsigned) ((wzp_fed_room_t **) wzp_fed_room_data(room) - rl->rooms);

    for (i = 0; i < n; i++) {
        version = (uint32_t) strtoul(view[i].alias, NULL, 10);
        from = who(&view[i]) / npeople;
        shown = &rl->shown[from][rm];

        if (version < *shown) {
            rl->sim->backwards++;
        }

        *shown = WZP_MAX(*shown, version);
    }
}


static void
fed_collision(void *ctx, wzp_fed_room_t *room, uint16_t stream_id)
{
    fail("a collision of stream ids that are all different");
}


static void
deliver(void *ctx, unsigned node, unsigned port, void *msg)
{
    sim_t     *sim;
    relay_t   *rl;
    letter_t  *lt;

    sim = ctx;
    rl = &sim->relay[node];
    lt = msg;

    if (lt == NULL) {
        wzp_fed_peer_synced(rl->fed, port, fednet_now(sim->net));
        return;
    }

    lt->sg.u.global_room.participants = lt->people;

    if (wzp_fed_input(rl->fed, port, &lt->sg, fednet_now(sim->net))
        != WZP_OK)
    {
        fail("refused by relay %u", node);
    }

    free(lt);
}


static void
up(void *ctx, unsigned node, unsigned port)
{
    char       label[20];
    sim_t     *sim;
    unsigned   other;

    sim = ctx;
    other = fednet_neighbour(sim->net, node, port);
    (void) snprintf(label, sizeof(label), "relay-%u", other);

    wzp_fed_peer_up(sim->relay[node].fed, port, 1000 + other, true, label,
                    fednet_now(sim->net));
    fednet_send(sim->net, node, port, NULL, 100);
}


static void
down(void *ctx, unsigned node, unsigned port)
{
    sim_t  *sim;

    sim = ctx;
    wzp_fed_peer_down(sim->relay[node].fed, port, fednet_now(sim->net));
}


static void
tell_local(relay_t *rl, unsigned rm)
{
    size_t              n;
    unsigned            i, id;
    wzp_participant_t  *pt;

    n = 0;

    for (i = 0; i < npeople; i++) {
        id = rl->index * npeople + i;

        if (!people[id].there || people[id].room != rm) {
            continue;
        }

        pt = &view[n++];
        memset(pt, 0, sizeof(*pt));
        (void) snprintf(pt->fingerprint, sizeof(pt->fingerprint), "%039u", id);
        (void) snprintf(pt->alias, sizeof(pt->alias), "%u",
                        rl->version[rm]);
        pt->stream_id = people[id].stream_id;
    }

    if (wzp_fed_local(rl->fed, rl->rooms[rm], view, n,
                      fednet_now(rl->sim->net)) != WZP_OK)
    {
        fail("relay %u cannot tell its people", rl->index);
    }
}


static void
relay_start(sim_t *sim, unsigned index)
{
    char             name[20];
    relay_t         *rl;
    unsigned         rm;
    wzp_fed_conf_t   conf;

    rl = &sim->relay[index];
    rl->sim = sim;
    rl->index = index;
    rl->alive = true;
    memset(rl->shown, 0, sizeof(rl->shown));

    memset(&conf, 0, sizeof(conf));
    conf.self = 1000 + index;
    conf.seq0 = 1000000 + fednet_now(sim->net) / WZP_MS;
    conf.seed = seed;
    conf.send = fed_send;
    conf.changed = fed_changed;
    conf.collision = fed_collision;
    conf.ctx = rl;
    rl->fed = need(wzp_fed_create(&conf));

    for (rm = 0; rm < nrooms; rm++) {
        (void) snprintf(name, sizeof(name), "room-%u", rm);
        rl->rooms[rm] = need(wzp_fed_room_add(rl->fed, name, ALL,
                                              &rl->rooms[rm],
                                              fednet_now(sim->net)));
        rl->version[rm]++;
        tell_local(rl, rm);
    }
}


static void
relay_stop(sim_t *sim, unsigned index)
{
    unsigned  i;

    for (i = 0; i < fednet_ports(sim->net, index); i++) {
        fednet_link_down(sim->net, fednet_port_link(sim->net, index, i));
    }

    sim->relay[index].alive = false;
}


/* ---- what happens ---- */

static void
repair_later(sim_t *sim, unsigned what)
{
    unsigned  i;

    for (i = 0; i < REPAIRS; i++) {
        if (sim->repair[i].at_ns == 0) {
            sim->repair[i].what = what;
            sim->repair[i].at_ns = fednet_now(sim->net) + 100 * WZP_MS
                                   + fednet_random(sim->net, 1400)
                                     * WZP_MS;
            return;
        }
    }

    abort();
}


static bool
ends_alive(sim_t *sim, unsigned link)
{
    unsigned  i, k, alive;

    alive = 0;

    for (i = 0; i < sim->n; i++) {
        for (k = 0; k < fednet_ports(sim->net, i); k++) {
            if (fednet_port_link(sim->net, i, k) == link) {
                alive += sim->relay[i].alive;
            }
        }
    }

    return alive == 2;
}


/* Links and relays whose time has come. */
static void
repair(sim_t *sim, bool all)
{
    unsigned  i, k, what;

    for (i = 0; i < REPAIRS; i++) {
        if (sim->repair[i].at_ns == 0
            || (!all && sim->repair[i].at_ns > fednet_now(sim->net)))
        {
            continue;
        }

        sim->repair[i].at_ns = 0;
        what = sim->repair[i].what;

        if (what >= 10000) {
            wzp_fed_destroy(sim->relay[what - 10000].fed);
            relay_start(sim, what - 10000);

            for (k = 0; k < fednet_ports(sim->net, what - 10000); k++) {
                repair_later(sim, fednet_port_link(sim->net, what - 10000, k));
            }

        } else if (ends_alive(sim, what)) {
            fednet_link_up(sim->net, what);
        }
    }
}


static void
somebody_moves(sim_t *sim)
{
    relay_t   *rl;
    unsigned   id;
    person_t  *ps;

    id = fednet_random(sim->net, sim->n * npeople);
    ps = &people[id];
    ps->there = !ps->there;
    rl = &sim->relay[id / npeople];

    if (rl->alive) {
        rl->version[ps->room]++;
        tell_local(rl, ps->room);
    }
}


static void
something_happens(sim_t *sim)
{
    unsigned  dice, what;

    dice = fednet_random(sim->net, 100);

    if (dice < 80) {
        somebody_moves(sim);

    } else if (dice < 97) {
        what = fednet_random(sim->net, fednet_links(sim->net));

        if (fednet_link_is_up(sim->net, what)) {
            fednet_link_down(sim->net, what);
            repair_later(sim, what);
        }

    } else {
        what = fednet_random(sim->net, sim->n);

        if (sim->relay[what].alive) {
            relay_stop(sim, what);
            repair_later(sim, 10000 + what);
        }
    }
}


/* ---- the truth ---- */

static size_t
members(const sim_t *sim, unsigned relay, unsigned rm)
{
    size_t    n;
    unsigned  i;

    for (i = 0, n = 0; i < npeople; i++) {
        n += people[relay * npeople + i].there
             && people[relay * npeople + i].room == rm;
    }

    return n;
}


/* How many entries in all views are not as they should be. */
static uint64_t
untrue(sim_t *sim)
{
    size_t     n, k, all;
    uint64_t   bad;
    relay_t   *rl;
    unsigned   i, rm, id;

    bad = 0;

    for (rm = 0; rm < nrooms; rm++) {

        all = 0;

        for (i = 0; i < sim->n; i++) {
            all += members(sim, i, rm);
        }

        for (i = 0; i < sim->n; i++) {
            rl = &sim->relay[i];
            n = wzp_fed_remote(rl->fed, rl->rooms[rm], view, view_size);
            bad += n != all - members(sim, i, rm);

            for (k = 0; k < n; k++) {
                id = who(&view[k]);

                bad += !people[id].there || people[id].room != rm
                       || people[id].stream_id != view[k].stream_id
                       || strtoul(view[k].alias, NULL, 10)
                          != sim->relay[id / npeople].version[rm]
                       || view[k].relay_label[0] == '\0';
            }
        }
    }

    return bad;
}


/* A packet goes the way that relays would send it. */
static void
flood(sim_t *sim, unsigned from, unsigned rm, uint16_t stream_id,
    unsigned *copies, bool *reached)
{
    bool      seen[RELAYS];
    uint64_t  wants;
    relay_t  *rl;
    unsigned  head, tail, node, port, other, back;
    unsigned  queue[RELAYS], came[RELAYS];

    memset(seen, 0, sizeof(seen));
    head = 0;
    tail = 0;
    seen[from] = true;
    queue[tail] = from;
    came[tail++] = FEDNET_PORTS;

    while (head != tail) {
        node = queue[head];
        rl = &sim->relay[node];
        wants = wzp_fed_wants(rl->rooms[rm]);

        for (port = 0; port < fednet_ports(sim->net, node); port++) {
            if ((wants >> port & 1) == 0 || port == came[head]) {
                continue;
            }

            other = fednet_neighbour(sim->net, node, port);

            for (back = 0; fednet_neighbour(sim->net, other, back) != node;
                 back++)
            {
                /* void */
            }

            (*copies)++;

            if (wzp_fed_admit(sim->relay[other].rooms[rm], back, stream_id)
                && !seen[other])
            {
                seen[other] = true;
                queue[tail] = other;
                came[tail++] = back;
            }
        }

        head++;
    }

    for (node = 0; node < sim->n; node++) {
        *reached = *reached && (seen[node] || members(sim, node, rm) == 0);
    }
}


static void
talk(sim_t *sim)
{
    bool      reached;
    unsigned  i, id, talks, copies;

    reached = true;
    copies = 0;
    talks = 0;

    for (i = 0; talks < TALKERS && i < 100000; i++) {
        id = fednet_random(sim->net, sim->n * npeople);

        if (people[id].there) {
            flood(sim, id / npeople, people[id].room, people[id].stream_id,
                  &copies, &reached);
            talks++;
        }
    }

    ok(talks == TALKERS && reached,
       "%u talkers are heard wherever somebody listens", talks);
    diag("media: %.2f copies for each other relay", (double) copies / TALKERS
         / (sim->n - 1));
}


/* ---- topologies ---- */

static void
make_tree(sim_t *sim)
{
    unsigned  i, parent, depth[RELAYS];

    depth[0] = 0;

    for (i = 1; i < sim->n; i++) {
        do {
            parent = fednet_random(sim->net, i);
        } while (depth[parent] == 4 || fednet_link(sim->net, i, parent) < 0);

        depth[i] = depth[parent] + 1;
    }
}


static void
make_ring(sim_t *sim)
{
    unsigned  i;

    for (i = 0; i < sim->n; i++) {
        (void) fednet_link(sim->net, i, (i + 1) % sim->n);
    }
}


/* Three to six links each, connected. */
static void
make_graph(sim_t *sim)
{
    unsigned  i, other;

    for (i = 1; i < sim->n; i++) {
        do {
            other = fednet_random(sim->net, i);
        } while (fednet_ports(sim->net, other) > 3);

        (void) fednet_link(sim->net, i, other);
    }

    for (i = 0; i < sim->n; i++) {
        while (fednet_ports(sim->net, i) < 3) {
            other = fednet_random(sim->net, sim->n);

            if (fednet_ports(sim->net, other) < 6) {
                (void) fednet_link(sim->net, i, other);
            }
        }
    }
}


static void
make_mesh(sim_t *sim)
{
    unsigned  i, k;

    for (i = 0; i < sim->n; i++) {
        for (k = 0; k < i; k++) {
            (void) fednet_link(sim->net, i, k);
        }
    }
}


/* ---- the whole ---- */

static int
by_size(const void *a, const void *b)
{
    uint64_t  x, y;

    x = *(const uint64_t *) a;
    y = *(const uint64_t *) b;

    return x < y ? -1 : x > y;
}


static void
settle(sim_t *sim, unsigned diameter)
{
    uint64_t  from, took;

    repair(sim, true);
    repair(sim, true);
    from = fednet_now(sim->net);
    sim->changed_ns = from;
    fednet_run(sim->net, UINT64_MAX);
    took = sim->changed_ns - from;

    ok(took <= diameter * FEDNET_DELAY_NS + WZP_SEC,
       "after the churn all is known within %.0f ms", (double) took / 1e6);
    is_u64(untrue(sim), 0, "and true, everywhere");
}


/* One change after the other, when all is quiet. */
static void
singles(sim_t *sim, unsigned diameter)
{
    uint64_t  from, took[SINGLES], messages, bytes;
    unsigned  i;

    messages = fednet_messages(sim->net);
    bytes = fednet_bytes(sim->net);

    for (i = 0; i < SINGLES; i++) {
        from = fednet_now(sim->net);
        sim->changed_ns = from;
        somebody_moves(sim);
        fednet_run(sim->net, UINT64_MAX);
        took[i] = sim->changed_ns - from;
        fednet_run(sim->net, fednet_now(sim->net) + 100 * WZP_MS);
    }

    qsort(took, SINGLES, sizeof(took[0]), by_size);

    ok(took[SINGLES - 1] <= (diameter + 1) * FEDNET_DELAY_NS,
       "one change is known within %.0f ms",
       (double) took[SINGLES - 1] / 1e6);
    is_u64(untrue(sim), 0, "and true, everywhere");
    diag("one change: p50 %.0f ms, max %.0f ms, %.1f messages and %.0f bytes "
         "per link", (double) took[SINGLES / 2] / 1e6,
         (double) took[SINGLES - 1] / 1e6,
         (double) (fednet_messages(sim->net) - messages) / SINGLES
         / fednet_links(sim->net),
         (double) (fednet_bytes(sim->net) - bytes) / SINGLES
         / fednet_links(sim->net));
}


/* Nobody has anything to say, and nothing is kept but what is shown. */
static void
quiet(sim_t *sim)
{
    size_t          kept, needed;
    uint64_t        messages;
    unsigned        i, rm;
    wzp_fed_stat_t  st;

    messages = fednet_messages(sim->net);
    fednet_run(sim->net, fednet_now(sim->net) + 40 * WZP_SEC);
    kept = 0;
    needed = 0;

    for (i = 0; i < sim->n; i++) {
        for (rm = 0; rm < nrooms; rm++) {
            tell_local(&sim->relay[i], rm);
            needed += members(sim, i, rm) != 0 ? sim->n - 1 : 0;
        }

        wzp_fed_expire(sim->relay[i].fed, fednet_now(sim->net));
        wzp_fed_stat(sim->relay[i].fed, &st);
        kept += st.origins;
    }

    is_u64(fednet_messages(sim->net) - messages, 0,
           "then it is quiet, whoever repeats himself");
    is_u64(kept, needed, "who is gone is forgotten");
}


static void
simulate(const char *name, unsigned n, void (*make)(sim_t *sim))
{
    sim_t          *sim;
    uint64_t        messages, bytes;
    unsigned        i, diameter, next[ROOMS_MAX];
    fednet_conf_t   conf;

    sim = need(calloc(1, sizeof(sim_t)));
    sim->n = n;

    conf.deliver = deliver;
    conf.up = up;
    conf.down = down;
    conf.lost = lost;
    conf.ctx = sim;
    sim->net = fednet_create(&conf, n, seed);

    memset(next, 0, sizeof(next));

    for (i = 0; i < n * npeople; i++) {
        people[i].there = fednet_random(sim->net, 4) != 0;
        people[i].room = (uint8_t) fednet_random(sim->net, nrooms);
        people[i].stream_id = (uint16_t) ++next[people[i].room];
    }

    for (i = 0; i < n; i++) {
        relay_start(sim, i);
    }

    make(sim);

    for (i = 0; i < fednet_links(sim->net); i++) {
        fednet_link_up(sim->net, i);
    }

    diameter = fednet_diameter(sim->net);
    diag("%s: %u relays, %u links, diameter %u, %u people, %u rooms", name, n,
         fednet_links(sim->net), diameter, n * npeople, nrooms);

    fednet_run(sim->net, UINT64_MAX);
    is_u64(untrue(sim), 0, "%s: all is known", name);
    diag("start: %.0f messages and %.0f kB per link",
         (double) fednet_messages(sim->net) / fednet_links(sim->net),
         (double) fednet_bytes(sim->net) / 1e3 / fednet_links(sim->net));

    messages = fednet_messages(sim->net);
    bytes = fednet_bytes(sim->net);

    for (i = 0; i < churn; i++) {
        fednet_run(sim->net, fednet_now(sim->net) + STEP_NS);
        repair(sim, false);
        something_happens(sim);
    }

    settle(sim, diameter);
    diag("churn: %u in %.0f s: %.1f messages and %.1f kB per link and one",
         churn, churn * (double) STEP_NS / 1e9,
         (double) (fednet_messages(sim->net) - messages) / churn
         / fednet_links(sim->net),
         (double) (fednet_bytes(sim->net) - bytes) / 1e3 / churn
         / fednet_links(sim->net));

    singles(sim, diameter);
    talk(sim);
    quiet(sim);
    is_u64(sim->backwards, 0, "nothing old was shown again");

    for (i = 0; i < n; i++) {
        wzp_fed_destroy(sim->relay[i].fed);
    }

    fednet_destroy(sim->net);
    free(sim);
}


int
main(int argc, char *argv[])
{
    bool  large;

    large = argc > 1 && strcmp(argv[1], "bench") == 0;

    npeople = env("FED_PEOPLE", large ? 1000 : 20);
    nrooms = env("FED_ROOMS", large ? 50 : 6);
    churn = env("FED_CHURN", large ? 100 : 200);
    every = env("FED_EVERY", large ? 256 : 4);
    seed = env("FED_SEED", 20);

    if (nrooms == 0 || nrooms > ROOMS_MAX || npeople == 0 || every == 0) {
        return 1;
    }

    diag("seed %" PRIu64, seed);
    view_size = (size_t) RELAYS * npeople;
    view = need(calloc(view_size, sizeof(view[0])));
    people = need(calloc(view_size, sizeof(people[0])));

    simulate("tree", RELAYS, make_tree);
    simulate("ring", 16, make_ring);
    simulate("graph", RELAYS, make_graph);
    simulate("mesh", 10, make_mesh);

    free(view);
    free(people);

    return done_testing();
}
