/*
 * Global rooms over several relays: chains, rings, meshes; links that come
 * late, go and come back; quiet when nothing changes.
 */

#include "fed.h"


#define ALL     UINT64_MAX


static wzp_fed_room_t  *rooms[T_RELAYS];


static t_net_t *
start(unsigned n)
{
    unsigned   i;
    t_net_t   *net;

    net = t_net_create(n);

    for (i = 0; i < n; i++) {
        rooms[i] = wzp_fed_room_add(net->relay[i].fed, "general", ALL, NULL,
                                    net->now_ns);
    }

    return net;
}


static void
join(t_net_t *net, unsigned i, const char *list)
{
    if (t_local(&net->relay[i], rooms[i], list, net->now_ns) != WZP_OK) {
        abort();
    }
}


/* How many remote people each sees; equal everywhere, or -1. */
static int
seen_by_all(t_net_t *net, unsigned from, unsigned to)
{
    int       n, first;
    unsigned  i;

    first = (int) wzp_fed_remote(net->relay[from].fed, rooms[from], NULL, 0);

    for (i = from; i < to; i++) {
        n = (int) wzp_fed_remote(net->relay[i].fed, rooms[i], NULL, 0);

        if (n != first) {
            return -1;
        }
    }

    return first;
}


static void
one_each(t_net_t *net)
{
    char      name[20];
    unsigned  i;

    for (i = 0; i < net->n; i++) {
        (void) snprintf(name, sizeof(name), "p%u:%u", i, 100 + i);
        join(net, i, name);
    }
}


static void
test_chain(void)
{
    t_net_t  *net;

    net = start(5);
    t_link(net, 0, 1);
    t_link(net, 1, 2);
    t_link(net, 2, 3);

    join(net, 0, "ann:1");
    is_u64(t_pump(net), 3, "one joins: three messages along a chain of four");
    is_str(t_remote(&net->relay[3], rooms[3]), "ann:1:net", "seen at its end");
    is_u64(wzp_fed_wants(rooms[3]), 1 << 2, "who wants media");
    is_u64(wzp_fed_wants(rooms[0]), 0, "and who doesn't");

    t_link(net, 3, 4);
    is_str(t_remote(&net->relay[4], rooms[4]), "ann:1:net",
           "a late link learns it");
    join(net, 4, "zoe:2");
    (void) t_pump(net);
    is_str(t_remote(&net->relay[0], rooms[0]), "zoe:2:net",
           "over hubs without members");
    is_u64(wzp_fed_wants(rooms[2]), 1 << 1 | 1 << 3, "media goes both ways");

    t_unlink(net, 1, 2);
    is_str(t_remote(&net->relay[2], rooms[2]), "zoe:2:net", "cut: at once");
    (void) t_pump(net);
    ok(strcmp(t_remote(&net->relay[0], rooms[0]), "") == 0
       && strcmp(t_remote(&net->relay[3], rooms[3]), "zoe:2:net") == 0
       && strcmp(t_remote(&net->relay[4], rooms[4]), "") == 0,
       "each half sees itself");

    t_link(net, 1, 2);
    is_str(t_remote(&net->relay[4], rooms[4]), "ann:1:net", "healed");

    join(net, 0, "");
    is_u64(t_pump(net), 4, "one leaves: four messages");
    is_str(t_remote(&net->relay[4], rooms[4]), "", "and is gone");

    t_net_destroy(net);
}


static void
test_ring(void)
{
    unsigned   i, n;
    t_net_t   *net;

    net = start(8);
    one_each(net);

    for (i = 0; i < 8; i++) {
        t_link(net, i, (i + 1) % 8);
    }

    is_i64(seen_by_all(net, 0, 8), 7, "a ring of eight: everybody sees seven");
    is_u64(t_pump(net), 0, "and it is quiet");

    join(net, 0, "p0:100 q0:200");
    n = t_pump(net);
    ok(n <= 16, "a join costs %u messages", n);
    is_i64(seen_by_all(net, 1, 8), 8, "everybody sees eight");
    join(net, 0, "p0:100 q0:200");
    is_u64(t_pump(net), 0, "quiet");

    t_unlink(net, 0, 7);
    n = t_pump(net);
    is_i64(seen_by_all(net, 1, 8), 8, "a link less: nobody is lost (%u)", n);
    t_unlink(net, 3, 4);
    (void) t_pump(net);
    is_i64(seen_by_all(net, 1, 4), 4, "two halves: one");
    is_i64(seen_by_all(net, 4, 8), 3, "and the other");

    t_link(net, 3, 4);
    t_link(net, 7, 0);
    is_i64(seen_by_all(net, 1, 8), 8, "a ring again");

    join(net, 5, "");
    (void) t_pump(net);
    is_i64(seen_by_all(net, 1, 5), 7, "one leaves");
    is_str(t_remote(&net->relay[0], rooms[0]), "p1:101:net p7:107:net "
           "p2:102:net p6:106:net p3:103:net p4:104:net", "by distance");

    t_net_destroy(net);
}


static void
test_mesh(void)
{
    unsigned   i, k, n;
    t_net_t   *net;

    net = start(10);
    one_each(net);

    for (i = 0; i < 10; i++) {
        for (k = 0; k < i; k++) {
            t_link(net, i, k);
        }
    }

    is_i64(seen_by_all(net, 0, 10), 9, "a mesh of ten: everybody sees nine");
    is_u64(t_pump(net), 0, "and it is quiet");

    join(net, 3, "p3:103 q3:203");
    n = t_pump(net);
    is_i64(seen_by_all(net, 4, 10), 10, "a join");
    is_u64(n, 81, "to 9, by each of them to 8 more");

    join(net, 3, "");
    n = t_pump(net);
    is_i64(seen_by_all(net, 4, 10), 8, "all of one leave");
    is_u64(n, 81, "the same number: nobody looks for other ways");

    for (i = 1; i < 10; i++) {
        t_unlink(net, 0, i);
    }

    n = t_pump(net);
    is_i64(seen_by_all(net, 4, 10), 7, "one relay dies");
    ok(n < 1000, "%u messages until all have given it up", n);
    is_str(t_remote(&net->relay[0], rooms[0]), "", "and it is alone");

    t_net_destroy(net);
}


/* Both ends name streams; the higher one has to change, and does. */
static void
test_collision(void)
{
    t_net_t  *net;

    net = start(3);
    t_link(net, 0, 1);
    t_link(net, 1, 2);
    join(net, 0, "ann:7");
    (void) t_pump(net);
    join(net, 2, "zoe:7");
    (void) t_pump(net);

    is_u64(net->relay[0].collisions, 0, "the lower one keeps its id");
    is_u64(net->relay[2].collisions, 1, "the higher one is told, once");
    is_u64(net->relay[2].collided, 7, "which");
    join(net, 2, "zoe:8");
    (void) t_pump(net);
    is_u64(net->relay[2].collisions, 1, "peace");
    ok(wzp_fed_admit(rooms[1], 0, 7) && wzp_fed_admit(rooms[1], 2, 8)
       && !wzp_fed_admit(rooms[1], 2, 7), "each from its side");

    t_net_destroy(net);
}


/* A relay that is started again numbers from its clock. */
static void
test_restart(void)
{
    t_net_t  *net;

    net = start(3);
    t_link(net, 0, 1);
    t_link(net, 1, 2);
    join(net, 0, "ann:7 bob:8");
    (void) t_pump(net);

    t_unlink(net, 0, 1);
    (void) t_pump(net);
    is_str(t_remote(&net->relay[2], rooms[2]), "", "it is down");
    t_relay_destroy(&net->relay[0]);
    t_relay_create(&net->relay[0], net, 0, 1000005);
    rooms[0] = wzp_fed_room_add(net->relay[0].fed, "general", ALL, NULL,
                                net->now_ns);
    t_link(net, 0, 1);
    join(net, 0, "ann:9");
    (void) t_pump(net);
    is_str(t_remote(&net->relay[2], rooms[2]), "ann:9:net", "and up again");

    t_net_destroy(net);
}


int
main(void)
{
    test_chain();
    test_ring();
    test_mesh();
    test_collision();
    test_restart();

    return done_testing();
}
