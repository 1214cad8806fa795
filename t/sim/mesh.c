/*
 * The simulated world of sim_gossip.  See mesh.h.
 */

#include "../unit/presence.h"
#include "mesh.h"

#include <stdio.h>


#define LATE        64                  /* steps that a message takes at most */


typedef struct post_s  post_t;

struct post_s {
    post_t        *next;
    unsigned       link;
    unsigned       life;
    unsigned       end;                 /* of the receiver                   */
    size_t         len;
    uint8_t        json[];
};


mesh_t            mesh;

static unsigned   ids[MESH_RELAYS];
static post_t    *calendar[LATE];
static uint64_t   epochs;
static uint64_t   rnd = 88172645463325252ULL;


uint32_t
mesh_random(uint32_t below)
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
    size_t        len;
    post_t       *po;
    mesh_link_t  *ln;
    wzp_rc_t      rc;
    unsigned      relay, late;

    relay = *(unsigned *) ctx;
    ln = &mesh.links[mesh.relays[relay].links[peer]];

    if (!ln->up) {
        return;
    }

    rc = wzp_signal_encode(sg, NULL, 0, &len);
    po = malloc(sizeof(post_t) + len);

    if (rc != WZP_ENOSPC || po == NULL
        || wzp_signal_encode(sg, po->json, len, &po->len) != WZP_OK)
    {
        mesh.bad_signals++;
        free(po);
        return;
    }

    ln->bytes += po->len;
    ln->messages++;

    po->link = mesh.relays[relay].links[peer];
    po->life = ln->life;
    po->end = ln->relay[0] == relay;

    /* 10 to 90 ms; one in fifty was lost and sent again */

    late = 1 + mesh_random(9) + (mesh_random(50) == 0 ? 30 : 0);
    late = (unsigned) (mesh.now / MESH_STEP + late) % LATE;
    po->next = calendar[late];
    calendar[late] = po;
}


static void
take(const post_t *po)
{
    mesh_link_t   *ln;
    mesh_relay_t  *rl;
    unsigned       peer;
    wzp_signal_t   sg;

    ln = &mesh.links[po->link];
    rl = &mesh.relays[ln->relay[po->end]];
    peer = ln->peer[po->end];

    if (!ln->up || ln->life != po->life) {
        return;
    }

    if (wzp_signal_parse(&sg, po->json, po->len) != WZP_OK) {
        mesh.bad_signals++;
        return;
    }

    wzp_gossip_alive(rl->gp, peer, mesh.now);

    if (sg.type == WZP_SIG_PRESENCE_UPDATE) {
        (void) !wzp_gossip_input(rl->gp, peer, &sg.u.presence_update, mesh.now);

    } else if (sg.type == WZP_SIG_ROUTE_QUERY) {
        (void) !wzp_route_query(rl->rt, peer, &sg.u.route_query, mesh.now);

    } else {
        (void) !wzp_route_response(rl->rt, peer, &sg.u.route_response,
                                   mesh.now);
    }

    wzp_signal_done(&sg);
}


static void
deliver(void)
{
    post_t   *po, *next;
    unsigned  slot;

    slot = (unsigned) (mesh.now / MESH_STEP) % LATE;
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
local_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int peer)
{
    (void) peer;

    return wzp_gossip_is_local(mesh.relays[*(unsigned *) ctx].gp, fp);
}


static int
direct_cb(void *ctx, const uint8_t fp[WZP_FP_SIZE], int except,
    char addr[WZP_HOST_MAX + 1])
{
    size_t             i, n;
    mesh_relay_t      *rl;
    unsigned           peers[MESH_DEGREE];
    wzp_gossip_peer_t  info;

    rl = &mesh.relays[*(unsigned *) ctx];
    n = wzp_gossip_find(rl->gp, fp, peers, MESH_DEGREE);

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

    if (cookie == mesh.asked) {
        mesh.answered = mesh.asked;
        mesh.answer = *rr;
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
    gc.keep_ns = MESH_KEEP;
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

    mesh.relays[r].gp = wzp_gossip_create(&gc);
    mesh.relays[r].rt = wzp_route_create(&rc);

    if (mesh.relays[r].gp == NULL || mesh.relays[r].rt == NULL) {
        abort();
    }
}


static void
connect_ends(mesh_link_t *ln)
{
    unsigned       e;
    mesh_relay_t  *rl;

    ln->up = true;
    ln->life++;

    for (e = 0; e < 2; e++) {
        rl = &mesh.relays[ln->relay[e]];
        wzp_gossip_peer_up(rl->gp, ln->peer[e], WZP_GOSSIP_OURS, "", mesh.now);
        wzp_route_peer_up(rl->rt, ln->peer[e], true, mesh.now);
    }
}


void
mesh_disconnect(mesh_link_t *ln, uint64_t back_ns)
{
    unsigned       e;
    mesh_relay_t  *rl;

    if (!ln->up) {
        return;
    }

    ln->up = false;
    ln->back_ns = mesh.now + back_ns;
    mesh.breaks++;

    for (e = 0; e < 2; e++) {
        rl = &mesh.relays[ln->relay[e]];
        wzp_gossip_peer_down(rl->gp, ln->peer[e], mesh.now);
        wzp_route_peer_down(rl->rt, ln->peer[e], mesh.now);
    }
}


bool
mesh_are_linked(unsigned a, unsigned b)
{
    unsigned      i;
    mesh_link_t  *ln;

    for (i = 0; i < mesh.relays[a].degree; i++) {
        ln = &mesh.links[mesh.relays[a].links[i]];

        if (ln->relay[0] == b || ln->relay[1] == b) {
            return true;
        }
    }

    return false;
}


static void
link_relays(unsigned a, unsigned b)
{
    unsigned      e;
    mesh_link_t  *ln;

    if (a == b || mesh_are_linked(a, b) || mesh.relays[a].degree == MESH_DEGREE
        || mesh.relays[b].degree == MESH_DEGREE)
    {
        return;
    }

    ln = &mesh.links[mesh.nlinks];
    ln->relay[0] = a;
    ln->relay[1] = b;

    for (e = 0; e < 2; e++) {
        ln->peer[e] = mesh.relays[ln->relay[e]].degree++;
        mesh.relays[ln->relay[e]].links[ln->peer[e]] = mesh.nlinks;
    }

    mesh.nlinks++;
}


/* ---- people ---- */


void
mesh_leave(uint32_t p)
{
    mesh_relay_t   *rl;
    mesh_left_t    *lf;
    mesh_person_t  *ps;
    uint32_t        last;

    ps = &mesh.persons[p];

    if (ps->home == MESH_NOWHERE) {
        return;
    }

    rl = &mesh.relays[ps->home];
    last = rl->folk[--rl->nfolk];
    rl->folk[ps->place] = last;
    mesh.persons[last].place = ps->place;
    rl->moved = true;

    lf = &ps->left[ps->nleft++ % MESH_LEFT];
    lf->relay = ps->home;
    lf->at_ns = mesh.now;
    ps->home = MESH_NOWHERE;
}


void
mesh_come(uint32_t p, unsigned r)
{
    mesh_relay_t   *rl;
    mesh_person_t  *ps;

    mesh_leave(p);

    ps = &mesh.persons[p];
    rl = &mesh.relays[r];

    if (rl->nfolk == 2 * mesh.npeople) {
        return;
    }

    ps->home = r;
    ps->place = rl->nfolk;
    rl->folk[rl->nfolk++] = p;
    rl->moved = true;

    if (!rl->traced) {
        rl->traced = true;
        rl->tracer = p;
        rl->since_ns = mesh.now;
    }
}


static void
tell(unsigned r)
{
    uint32_t       i;
    mesh_relay_t  *rl;
    uint8_t      (*fps)[WZP_FP_SIZE];

    rl = &mesh.relays[r];

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
                         rl->nfolk, rl->nfolk, mesh.now)
        != WZP_OK)
    {
        abort();
    }

    free(fps);
}


/* ---- all of it ---- */


void
mesh_step(void)
{
    unsigned  r;

    mesh.now += MESH_STEP;
    deliver();

    for (r = 0; r < mesh.nrelays; r++) {
        tell(r);

        if (wzp_gossip_deadline(mesh.relays[r].gp) <= mesh.now) {
            wzp_gossip_expire(mesh.relays[r].gp, mesh.now);
        }

        if (wzp_route_deadline(mesh.relays[r].rt) <= mesh.now) {
            wzp_route_expire(mesh.relays[r].rt, mesh.now);
        }
    }
}


void
mesh_mend(bool all)
{
    unsigned  i;

    for (i = 0; i < mesh.nlinks; i++) {
        if (!mesh.links[i].up && (all || mesh.now >= mesh.links[i].back_ns)) {
            connect_ends(&mesh.links[i]);
        }
    }
}


void
mesh_restart(unsigned r)
{
    unsigned  i;

    mesh.restarts++;

    for (i = 0; i < mesh.relays[r].degree; i++) {
        mesh_disconnect(&mesh.links[mesh.relays[r].links[i]],
                        mesh_random(8000) * WZP_MS);
    }

    while (mesh.relays[r].nfolk > 0) {
        mesh_leave(mesh.relays[r].folk[0]);
    }

    wzp_gossip_destroy(mesh.relays[r].gp);
    wzp_route_destroy(mesh.relays[r].rt);
    start(r);
}


void
mesh_create(unsigned n, unsigned each)
{
    unsigned  i, r;
    uint32_t  p;

    mesh.nrelays = n;
    mesh.npeople = each;
    mesh.now = WZP_SEC;
    mesh.persons = calloc(n * each, sizeof(mesh_person_t));

    for (r = 0; r < n; r++) {
        start(r);
        mesh.relays[r].folk = calloc(2 * each, sizeof(uint32_t));
    }

    for (r = 1; r < n; r++) {
        link_relays(r, mesh_random(r));
    }

    for (i = 0; i < n * 2; i++) {
        link_relays(mesh_random(n), mesh_random(n));
    }

    for (p = 0; p < n * each; p++) {
        mesh.persons[p].home = MESH_NOWHERE;
        mesh_come(p, mesh_random(n));
    }
}


void
mesh_traffic(uint64_t *bytes, uint64_t *messages)
{
    unsigned  i;

    for (*bytes = 0, *messages = 0, i = 0; i < mesh.nlinks; i++) {
        *bytes += mesh.links[i].bytes;
        *messages += mesh.links[i].messages;
    }
}


void
mesh_destroy(void)
{
    unsigned  i;
    post_t   *po;

    for (i = 0; i < mesh.nrelays; i++) {
        wzp_gossip_destroy(mesh.relays[i].gp);
        wzp_route_destroy(mesh.relays[i].rt);
        free(mesh.relays[i].folk);
    }

    for (i = 0; i < LATE; i++) {
        while ((po = calendar[i]) != NULL) {
            calendar[i] = po->next;
            free(po);
        }
    }

    free(mesh.persons);
}
