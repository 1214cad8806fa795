/*
 * Operation sequences over three relays that gossip, and over what a hostile
 * peer may say: books stay in order and bounds hold.  Each operation is four
 * bytes of input.
 */

#include "wzp/wzp_gossip.h"
#include "../unit/presence.h"
#include "fuzz.h"


#define RELAYS      3
#define POSTS       64
#define PERSONS     48
#define CHECK_EACH  16


typedef struct {
    unsigned               from;
    unsigned               to;
    wzp_presence_update_t  pu;
} post_t;


static post_t         posts[POSTS];
static size_t         nposts;
static wzp_gossip_t  *relays[RELAYS];
static unsigned       ids[RELAYS] = { 0, 1, 2 };


/* One that finds no room is lost, as on a connection that breaks. */
static void
send_cb(void *ctx, unsigned peer, const wzp_signal_t *sg)
{
    fuzz_check(sg->type == WZP_SIG_PRESENCE_UPDATE);
    fuzz_check(sg->u.presence_update.nfps <= WZP_GOSSIP_WHOLE
               && sg->u.presence_update.nremoved <= WZP_GOSSIP_CHUNK);

    if (nposts == POSTS || peer >= RELAYS) {
        return;
    }

    posts[nposts].from = *(unsigned *) ctx;
    posts[nposts].to = peer;
    presence_copy(&posts[nposts++].pu, &sg->u.presence_update);
}


static wzp_gossip_t *
make(unsigned id, uint64_t epoch)
{
    wzp_gossip_t       *gp;
    wzp_gossip_conf_t   conf;

    memset(&conf, 0, sizeof(conf));
    conf.epoch = epoch;
    conf.keep_ns = id * 2 * WZP_SEC;
    conf.addr[0] = (char) ('a' + id);
    conf.send = send_cb;
    conf.ctx = &ids[id];

    gp = wzp_gossip_create(&conf);
    fuzz_check(gp != NULL);

    return gp;
}


static void
take(size_t i, uint64_t now, bool keep)
{
    post_t  po;

    po = posts[i];

    if (keep) {
        presence_copy(&po.pu, &posts[i].pu);

    } else {
        posts[i] = posts[--nposts];
    }

    (void) !wzp_gossip_input(relays[po.to], po.from, &po.pu, now);
    presence_done(&po.pu);
}


static void
people(wzp_gossip_t *gp, unsigned first, unsigned n, uint64_t now)
{
    unsigned  i;
    uint8_t   fps[PERSONS][WZP_FP_SIZE];

    for (i = 0; i < n % PERSONS; i++) {
        presence_person(fps[i], (first + i * 3) % PERSONS);
    }

    fuzz_check(wzp_gossip_local(gp, (const uint8_t (*)[WZP_FP_SIZE]) fps,
                                n % PERSONS, n % PERSONS / (1 + first % 3),
                                now) == WZP_OK);
}


/* Anything that a parser would let through. */
static void
hostile(wzp_gossip_t *gp, unsigned peer, const uint8_t *op, uint64_t now)
{
    unsigned                i;
    uint8_t                 fps[8][WZP_FP_SIZE], removed[8][WZP_FP_SIZE];
    wzp_presence_update_t   pu;

    memset(&pu, 0, sizeof(pu));
    pu.fps = fps;
    pu.removed = removed;
    pu.nfps = op[1] % 9;
    pu.nremoved = op[1] / 9 % 9;
    pu.has_version = op[1] < 240;
    pu.version = op[2] % 16;
    pu.base = op[2] / 16;
    pu.epoch = op[3] % 4 == 0 ? op[3] : (op[3] % 4 == 1 ? 1 : 2);
    pu.want = op[3] >= 250;
    pu.more = op[3] & 16;

    for (i = 0; i < 8; i++) {
        presence_person(fps[i], (op[3] + i) % PERSONS);
        presence_person(removed[i], (op[3] + i * 2) % PERSONS);

        if (i < pu.nfps) {
            pu.digest ^= wzp_people_digest_of(fps[i]);
        }
    }

    (void) !wzp_gossip_input(gp, peer, &pu, now);
}


static void
check(const wzp_gossip_t *gp)
{
    size_t              total;
    uint32_t            at;
    unsigned            peer, n, peers[1];
    const uint8_t      *fp;
    wzp_gossip_peer_t   info;

    fuzz_check(wzp_gossip_sound(gp));

    for (total = 0, peer = 0; peer < WZP_GOSSIP_PEERS; peer++) {
        if (!wzp_gossip_peer(gp, peer, &info)) {
            continue;
        }

        total += info.people;
        at = 0;

        for (n = 0; (fp = wzp_gossip_walk(gp, peer, &at)) != NULL; n++) {
            fuzz_check(wzp_gossip_find(gp, fp, peers, 1) >= 1);
            fuzz_check(peers[0] <= peer);
        }

        fuzz_check(n == info.people);
    }

    fuzz_check(total == wzp_gossip_remote(gp));
}


static void
operate(const uint8_t *op, uint64_t *now, uint64_t *epoch)
{
    unsigned  a, peer;

    a = op[0] / 16 % RELAYS;
    peer = op[1] % (RELAYS + 1);

    switch (op[0] % 16) {

    case 0:
        wzp_gossip_peer_up(relays[a], peer, op[2] % 4, "x", *now);
        break;

    case 1:
        wzp_gossip_peer_down(relays[a], peer, *now);
        break;

    case 2:
        wzp_gossip_peer_forget(relays[a], peer);
        break;

    case 3:
        wzp_gossip_whole(relays[a], peer, *now);
        break;

    case 4:
        wzp_gossip_destroy(relays[a]);
        relays[a] = make(a, ++*epoch);
        break;

    case 5:
    case 6:
        *now += (uint64_t) op[2] * (op[3] + 1U) * WZP_MS;
        wzp_gossip_expire(relays[a], *now);
        fuzz_check(wzp_gossip_deadline(relays[a]) > *now);
        break;

    case 7:
    case 8:
        hostile(relays[a], peer, op, *now);
        break;

    case 9:
    case 10:
        people(relays[a], op[2], op[3], *now);
        break;

    default:
        if (nposts > 0) {
            take(op[1] % nposts, *now, op[2] & 1);
        }

        break;
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t    i;
    unsigned  a;
    uint64_t  now, epoch;

    now = WZP_SEC;
    epoch = 1;

    for (a = 0; a < RELAYS; a++) {
        relays[a] = make(a, epoch);
    }

    for (i = 0; i + 4 <= size; i += 4) {
        operate(data + i, &now, &epoch);

        if (i % (4 * CHECK_EACH) == 0) {
            check(relays[i / 4 % RELAYS]);
        }
    }

    while (nposts > 0) {
        presence_done(&posts[--nposts].pu);
    }

    for (a = 0; a < RELAYS; a++) {
        check(relays[a]);
        wzp_gossip_destroy(relays[a]);
    }

    return 0;
}
