/*
 * Gossip: any sequence of changes, breaks, restarts, and messages late, twice
 * or never; then silence: every copy is the truth.
 */

#include "wzp/wzp_gossip.h"
#include "gossip_rig.h"
#include "tap.h"


static bool  connected[RELAYS][RELAYS];


static void
connection(unsigned a, unsigned b, bool up, uint64_t now)
{
    size_t  i;

    for (i = nposts; i-- > 0; /* void */) {
        if ((posts[i].from == a && posts[i].to == b)
            || (posts[i].from == b && posts[i].to == a))
        {
            forget_post(i);
        }
    }

    connected[a][b] = connected[b][a] = up;

    if (up) {                           /* or anew, when it is up            */
        wzp_gossip_peer_up(relays[a], b, WZP_GOSSIP_OURS, "", now);
        wzp_gossip_peer_up(relays[b], a, WZP_GOSSIP_OURS, "", now);

    } else {
        wzp_gossip_peer_down(relays[a], b, now);
        wzp_gossip_peer_down(relays[b], a, now);
    }
}


static void
restart(unsigned a, uint64_t epoch, uint64_t now)
{
    unsigned  b;

    for (b = 0; b < RELAYS; b++) {
        if (b != a && connected[a][b]) {
            connection(a, b, false, now);
        }
    }

    wzp_gossip_destroy(relays[a]);
    relays[a] = make(a, epoch, a % 2 * 5 * WZP_SEC);
}


static void
random_step(uint64_t *now, uint64_t *epoch)
{
    post_t    po;
    uint32_t  n;
    unsigned  a, b;

    a = next_random(RELAYS);
    b = (a + 1 + next_random(RELAYS - 1)) % RELAYS;

    switch (next_random(16)) {

    case 0:
        connection(a, b, !connected[a][b] || next_random(3) == 0, *now);
        return;

    case 1:
        if (next_random(8) == 0) {
            restart(a, ++*epoch, *now);
        }

        return;

    case 2:
        n = next_random(8) == 0 ? 2500 : 30;
        people(relays[a], next_random(40), next_random(n), *now);
        return;

    case 3:
    case 4:
        *now += next_random(3000) * WZP_MS;
        wzp_gossip_expire(relays[a], *now);
        return;

    default:
        break;
    }

    if (nposts == 0) {
        return;
    }

    n = next_random((uint32_t) nposts);
    po = posts[n];
    (void) !wzp_gossip_input(relays[po.to], po.from, &po.pu, *now);

    if (next_random(4) != 0) {
        forget_post(n);
    }
}


static unsigned
settle(uint64_t now)
{
    unsigned  a, b, i, wrong;

    for (a = 0; a < RELAYS; a++) {
        for (b = 0; b < a; b++) {
            if (!connected[a][b]) {
                connection(a, b, true, now);
            }
        }
    }

    for (i = 0; i < 300; i++) {
        now += 100 * WZP_MS;

        for (a = 0; a < RELAYS; a++) {
            wzp_gossip_expire(relays[a], now);
        }

        deliver(now, true);
    }

    for (wrong = 0, a = 0; a < RELAYS; a++) {
        wrong += !wzp_gossip_sound(relays[a]);

        for (b = 0; b < RELAYS; b++) {
            wrong += a != b && !presence_equal(relays[a], b, relays[b]);
        }
    }

    return wrong;
}


static void
test_any_sequence(void)
{
    unsigned  round, a, step, wrong;
    uint64_t  now, epoch;

    wrong = 0;
    epoch = 1;

    for (round = 0; round < 60; round++) {
        now = WZP_SEC;
        rnd = round;
        memset(connected, 0, sizeof(connected));

        for (a = 0; a < RELAYS; a++) {
            relays[a] = make(a, epoch, a % 2 * 5 * WZP_SEC);
        }

        for (step = 0; step < 500; step++) {
            random_step(&now, &epoch);
        }

        if (settle(now) != 0) {
            diag("round %u", round);
            wrong++;
        }

        forget_posts();

        for (a = 0; a < RELAYS; a++) {
            wzp_gossip_destroy(relays[a]);
        }
    }

    is_u64(wrong, 0, "60 times: after anything, every copy is the truth");
}


int
main(void)
{
    test_any_sequence();

    return done_testing();
}
