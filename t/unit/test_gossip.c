/*
 * Presence between relays: what is told when, what is believed, what expires.
 */

#include "wzp/wzp_gossip.h"
#include "gossip_rig.h"
#include "tap.h"


/* Run two relays for a while, each step up to the next deadline. */
static void
run(uint64_t *now, uint64_t until)
{
    uint64_t  at;

    for ( ;; ) {
        at = WZP_MIN(wzp_gossip_deadline(relays[0]),
                     wzp_gossip_deadline(relays[1]));

        if (at > until) {
            *now = until;
            return;
        }

        *now = WZP_MAX(*now, at);
        wzp_gossip_expire(relays[0], *now);
        wzp_gossip_expire(relays[1], *now);
        deliver(*now, false);
    }
}


static bool
knows(const wzp_gossip_t *gp, unsigned peer, uint32_t n)
{
    size_t    k;
    uint8_t   fp[WZP_FP_SIZE];
    unsigned  peers[WZP_GOSSIP_PEERS];

    presence_person(fp, n);
    k = wzp_gossip_find(gp, fp, peers, WZP_GOSSIP_PEERS);

    while (k-- > 0) {
        if (peers[k] == peer) {
            return true;
        }
    }

    return false;
}


static void
pair(uint64_t keep_ns, unsigned flags)
{
    relays[0] = make(0, 1, keep_ns);
    relays[1] = make(1, 1, keep_ns);
    wzp_gossip_peer_up(relays[0], 1, flags, "one", 0);
    wzp_gossip_peer_up(relays[1], 0, flags, "zero", 0);
}


static void
unpair(void)
{
    forget_posts();
    wzp_gossip_destroy(relays[0]);
    wzp_gossip_destroy(relays[1]);
}


static wzp_gossip_stat_t
stat_of(const wzp_gossip_t *gp)
{
    wzp_gossip_stat_t  st;

    wzp_gossip_stat(gp, &st);

    return st;
}


static void
test_changes(void)
{
    size_t             n;
    uint64_t           now;
    wzp_gossip_peer_t  info;
    wzp_gossip_stat_t  st;

    now = 0;
    pair(0, WZP_GOSSIP_OURS);
    is_u64(nposts, 2, "each tells the other its set at once");
    deliver(now, false);

    people(relays[0], 10, 5, now);
    is_u64(nposts, 0, "a change waits for company");
    is_u64(wzp_gossip_deadline(relays[0]), 200 * WZP_MS, "for 200 ms");
    people(relays[0], 11, 5, 100 * WZP_MS);
    people(relays[0], 12, 4, 150 * WZP_MS);
    wzp_gossip_expire(relays[0], 200 * WZP_MS);

    is_u64(nposts, 1, "one message");
    is_u64(posts[0].pu.base, 1, "since the version told last");
    is_u64(posts[0].pu.version, 1 + 5 + 2 + 1 + 0, "a version each change");
    is_u64(posts[0].pu.nfps, 4, "those who are here now");
    is_u64(posts[0].pu.nremoved, 2, "and who are not, once each");
    now = 200 * WZP_MS;
    deliver(now, false);
    ok(presence_equal(relays[1], 0, relays[0]), "the copy is right");
    ok(knows(relays[1], 0, 15) && !knows(relays[1], 0, 11), "by name");

    people(relays[0], 12, 4, now);
    is_u64(wzp_gossip_deadline(relays[0]), WZP_SEC, "the same set: nothing");

    run(&now, WZP_SEC);
    st = stat_of(relays[0]);
    is_u64(st.digests, 1, "a digest after a second");
    run(&now, 61 * WZP_SEC);
    st = stat_of(relays[0]);
    is_u64(st.digests, 7, "then every ten");
    ok(st.wholes == 1 && st.changes == 1 && st.wants == 0,
       "nothing else while it is quiet");

    ok(wzp_gossip_peer(relays[1], 0, &info) && info.up && info.ours
       && info.whole && info.people == 4, "what is known of the peer");
    is_str(info.addr, "10.0.0.0:4433", "its own address holds");
    is_u64(wzp_gossip_remote(relays[1]), 4, "people in all");

    people(relays[0], 100, 2500, now);
    run(&now, now + WZP_SEC);
    st = stat_of(relays[0]);
    ok(st.changes == 1 && st.wholes == 2, "too many changes: the whole set");
    ok(presence_equal(relays[1], 0, relays[0]), "the copy is right");

    (void) wzp_gossip_people(relays[0], &n);
    is_u64(n, 2500, "our own people");
    wzp_gossip_peer_down(relays[1], 0, now);
    is_u64(wzp_gossip_remote(relays[1]), 0, "a peer that is down: none");
    ok(!wzp_gossip_peer(relays[1], 0, &info), "nothing is known of it");

    unpair();
}


static void
test_local(void)
{
    size_t           n;
    uint8_t          fp[WZP_FP_SIZE], (*fps)[WZP_FP_SIZE];
    uint32_t         i;
    wzp_gossip_t    *gp;
    const uint8_t  (*list)[WZP_FP_SIZE];

    gp = make(0, 1, 0);
    fps = calloc(4 * WZP_PEOPLE_SET + 1, WZP_FP_SIZE);

    for (i = 0; i < 6; i++) {
        presence_person(fps[i], 5 - i % 3);
    }

    list = (const uint8_t (*)[WZP_FP_SIZE]) fps;
    ok(wzp_gossip_local(gp, list, 6, 6, 0) == WZP_OK, "three people, twice");
    list = wzp_gossip_people(gp, &n);
    is_u64(n, 3, "count once");
    ok(memcmp(list[0], list[1], WZP_FP_SIZE) < 0
       && memcmp(list[1], list[2], WZP_FP_SIZE) < 0, "sorted");

    presence_person(fp, 4);
    ok(wzp_gossip_is_local(gp, fp), "one of them");
    presence_person(fp, 6);
    ok(!wzp_gossip_is_local(gp, fp), "somebody else");

    for (i = 0; i < WZP_PEOPLE_SET + 1; i++) {
        presence_person(fps[i], i);
    }

    list = (const uint8_t (*)[WZP_FP_SIZE]) fps;
    ok(wzp_gossip_local(gp, list, WZP_PEOPLE_SET + 1, 0, 0) == WZP_ENOSPC
       && wzp_gossip_local(gp, list, 4 * WZP_PEOPLE_SET + 1, 0, 0)
          == WZP_ENOSPC,
       "too many");
    (void) wzp_gossip_people(gp, &n);
    is_u64(n, 3, "nothing has changed");
    ok(wzp_gossip_sound(gp), "and is sound");

    free(fps);
    wzp_gossip_destroy(gp);
}


/* We know all who are here; others know those whom we tell. */
static void
test_untold(void)
{
    size_t          n, told;
    uint8_t         fps[5][WZP_FP_SIZE];
    uint32_t        i;
    uint64_t        now;
    wzp_gossip_t   *gp;

    now = 0;
    relays[0] = gp = make(0, 1, 0);
    relays[1] = make(1, 1, 0);

    for (i = 0; i < 5; i++) {
        presence_person(fps[i], 4 - i);
    }

    for (told = 0; told <= 5; told += 5) {
        ok(wzp_gossip_local(gp, (const uint8_t (*)[WZP_FP_SIZE]) fps, 5, told,
                            now)
           == WZP_OK, "five people, %zu told", told);
        (void) wzp_gossip_people(gp, &n);
        is_u64(n, 5, "five are here");
        ok(wzp_gossip_is_local(gp, fps[3])
           && wzp_gossip_is_told(gp, fps[3]) == (told == 5), "one of them");
    }

    ok(wzp_gossip_local(gp, (const uint8_t (*)[WZP_FP_SIZE]) fps, 5, 2, now)
       == WZP_OK, "two are told");
    ok(wzp_gossip_is_told(gp, fps[1]) && !wzp_gossip_is_told(gp, fps[2]),
       "the first");
    ok(wzp_gossip_sound(gp), "and is sound");

    wzp_gossip_peer_up(relays[0], 1, WZP_GOSSIP_OURS, "", now);
    wzp_gossip_peer_up(relays[1], 0, WZP_GOSSIP_OURS, "", now);
    deliver(now, false);
    is_u64(wzp_gossip_remote(relays[1]), 2, "which another learns");

    ok(wzp_gossip_local(gp, (const uint8_t (*)[WZP_FP_SIZE]) fps, 5, 0, now)
       == WZP_OK, "none any more");
    run(&now, WZP_SEC);
    is_u64(wzp_gossip_remote(relays[1]), 0, "they have gone there");
    ok(wzp_gossip_is_local(gp, fps[0]) && wzp_gossip_is_local(gp, fps[4]),
       "and are here");

    unpair();
}


/* 4500 people in five chunks, shuffled and doubled, and changes among them. */
static void
test_shuffled(void)
{
    unsigned  i, wrong, unsound;
    uint64_t  now;

    wrong = 0;
    unsound = 0;

    for (i = 0; i < 50; i++) {
        now = 0;
        relays[0] = make(0, 1, 0);
        relays[1] = make(1, 1, 0);
        people(relays[0], 0, 4500, now);
        wzp_gossip_expire(relays[0], WZP_SEC);
        wzp_gossip_peer_up(relays[0], 1, WZP_GOSSIP_OURS, "", WZP_SEC);
        wzp_gossip_peer_up(relays[1], 0, WZP_GOSSIP_OURS, "", WZP_SEC);

        people(relays[0], 3, 4502, WZP_SEC);
        wzp_gossip_expire(relays[0], WZP_SEC + 200 * WZP_MS);

        if (nposts != 7) {
            diag("%zu messages", nposts);
        }

        now = WZP_SEC + 200 * WZP_MS;
        deliver(now, true);
        unsound += !wzp_gossip_sound(relays[1]);
        run(&now, 13 * WZP_SEC);
        wrong += !presence_equal(relays[1], 0, relays[0]);
        unpair();
    }

    is_u64(wrong, 0, "chunks in any order make the set, 50 times");
    is_u64(unsound, 0, "the books are in order");
}


static void
update(wzp_presence_update_t *pu, uint64_t epoch, uint64_t version,
    uint64_t base, uint32_t person)
{
    static uint8_t  fp[1][WZP_FP_SIZE];

    memset(pu, 0, sizeof(wzp_presence_update_t));
    presence_person(fp[0], person);
    pu->has_version = true;
    pu->epoch = epoch;
    pu->version = version;
    pu->base = base;
    pu->fps = fp;
    pu->nfps = 1;
    pu->digest = wzp_people_digest_of(fp[0]);
}


static void
test_old_news(void)
{
    wzp_gossip_t           *gp;
    wzp_presence_update_t   pu;

    gp = make(0, 1, 5 * WZP_SEC);
    update(&pu, 5, 10, 0, 1);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_ECLOSED, "not up");
    wzp_gossip_peer_up(gp, 1, WZP_GOSSIP_OURS, "one", 0);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "version 5.10: person 1");

    update(&pu, 5, 9, 0, 2);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_ELATE, "5.9 is old");
    update(&pu, 4, 99, 0, 2);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_ELATE, "4.99 too");
    update(&pu, 5, 9, 8, 2);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_ELATE, "also a change");
    ok(knows(gp, 1, 1) && !knows(gp, 1, 2), "nothing has changed");

    update(&pu, 6, 1, 0, 3);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "6.1 is news");
    ok(knows(gp, 1, 3) && !knows(gp, 1, 1), "and holds");

    forget_posts();
    wzp_gossip_alive(gp, 1, 20 * WZP_SEC);
    wzp_gossip_expire(gp, 49 * WZP_SEC);
    ok(knows(gp, 1, 3), "30 s after the last sign of life not yet gone");
    is_u64(wzp_gossip_deadline(gp), 50 * WZP_SEC, "but then");
    wzp_gossip_expire(gp, 50 * WZP_SEC);
    ok(!knows(gp, 1, 3) && wzp_gossip_remote(gp) == 0, "gone");
    is_i64(wzp_gossip_input(gp, 1, &pu, 51 * WZP_SEC), WZP_OK,
           "the same version once more");
    ok(knows(gp, 1, 3), "brings it back");

    wzp_gossip_expire(gp, 90 * WZP_SEC);
    update(&pu, 5, 10, 0, 1);
    is_i64(wzp_gossip_input(gp, 1, &pu, 91 * WZP_SEC), WZP_ELATE,
           "an older one does not");
    update(&pu, 6, 2, 1, 4);
    forget_posts();
    is_i64(wzp_gossip_input(gp, 1, &pu, 91 * WZP_SEC), WZP_OK,
           "a change of a set that is gone");
    ok(!knows(gp, 1, 4) && nposts == 1 && posts[0].pu.want,
       "is no set: ask for it");

    update(&pu, 6, 2, 0, 4);
    is_i64(wzp_gossip_input(gp, 1, &pu, 91 * WZP_SEC), WZP_OK, "whole");
    wzp_gossip_peer_down(gp, 1, 92 * WZP_SEC);
    ok(knows(gp, 1, 4), "down: kept for 5 s");
    is_i64(wzp_gossip_input(gp, 1, &pu, 92 * WZP_SEC), WZP_ECLOSED,
           "but it says nothing any more");
    wzp_gossip_peer_up(gp, 1, WZP_GOSSIP_OURS, "one", 93 * WZP_SEC);
    update(&pu, 6, 1, 0, 3);
    is_i64(wzp_gossip_input(gp, 1, &pu, 93 * WZP_SEC), WZP_ELATE,
           "back in time: versions go on");
    wzp_gossip_peer_down(gp, 1, 94 * WZP_SEC);
    is_u64(wzp_gossip_deadline(gp), 99 * WZP_SEC, "5 s");
    wzp_gossip_expire(gp, 99 * WZP_SEC);
    ok(!knows(gp, 1, 4), "then gone");
    is_u64(wzp_gossip_deadline(gp), UINT64_MAX, "nothing is due");

    forget_posts();
    wzp_gossip_destroy(gp);
}


static void
test_forms(void)
{
    wzp_gossip_t           *gp;
    wzp_gossip_peer_t       info;
    wzp_presence_update_t   pu;

    gp = make(0, 1, 0);
    wzp_gossip_peer_up(gp, 1, WZP_GOSSIP_OURS, "one", 0);

    update(&pu, 1, 5, 6, 1);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_EBAD, "from the future");
    update(&pu, 1, 0, 0, 1);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_EBAD, "no version");
    update(&pu, 1, 5, 0, 1);
    pu.removed = pu.fps;
    pu.nremoved = 1;
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_EBAD, "a set less somebody");
    pu.base = 5;
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_EBAD, "the same, later");
    pu.has_version = false;
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_EBAD, "none from ours");
    is_i64(wzp_gossip_input(gp, 200, &pu, 0), WZP_ECLOSED, "no such peer");

    update(&pu, 1, 5, 0, 1);
    memcpy(pu.relay_addr, "10.0.0.0:4433", 14);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "our own address");
    ok(wzp_gossip_peer(gp, 1, &info), "known");
    is_str(info.addr, "one", "is not its");
    memcpy(pu.relay_addr, "10.0.0.7:4433", 14);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "another");
    ok(wzp_gossip_peer(gp, 1, &info), "known");
    is_str(info.addr, "10.0.0.7:4433", "is");

    pu.digest++;
    pu.version++;
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "a digest that lies");
    ok(wzp_gossip_peer(gp, 1, &info) && info.version == 5 && knows(gp, 1, 1),
       "is never reached");
    wzp_gossip_peer_forget(gp, 1);
    ok(!wzp_gossip_peer(gp, 1, &info) && wzp_gossip_sound(gp), "forgotten");

    forget_posts();
    wzp_gossip_destroy(gp);
}


/* A change is lost, the digest tells. */
static void
test_want(void)
{
    uint64_t           now;
    wzp_gossip_stat_t  st;

    now = 0;
    pair(0, WZP_GOSSIP_OURS);
    deliver(now, false);
    run(&now, 2 * WZP_SEC);

    people(relays[0], 1, 3, now);
    wzp_gossip_expire(relays[0], 2200 * WZP_MS);
    forget_posts();
    people(relays[0], 1, 4, 2300 * WZP_MS);
    wzp_gossip_expire(relays[0], 2500 * WZP_MS);
    deliver(2500 * WZP_MS, false);
    ok(presence_equal(relays[1], 0, relays[0]), "a gap is seen and closed");
    st = stat_of(relays[1]);
    is_u64(st.wants, 1, "with one request");

    people(relays[0], 1, 5, 2600 * WZP_MS);
    wzp_gossip_expire(relays[0], 2800 * WZP_MS);
    forget_posts();
    people(relays[0], 1, 6, 2800 * WZP_MS);
    now = 2800 * WZP_MS;
    run(&now, 3400 * WZP_MS);
    st = stat_of(relays[1]);
    is_u64(st.wants, 1, "another gap, too soon to ask again");
    ok(!presence_equal(relays[1], 0, relays[0]), "it is open");
    run(&now, 3500 * WZP_MS);
    st = stat_of(relays[1]);
    is_u64(st.wants, 2, "a second after the first");
    ok(presence_equal(relays[1], 0, relays[0]), "it is closed");

    people(relays[0], 1, 7, now);
    wzp_gossip_expire(relays[0], now + 200 * WZP_MS);
    forget_posts();
    run(&now, 10 * WZP_SEC);
    ok(!presence_equal(relays[1], 0, relays[0]), "the last change is lost");
    run(&now, 11 * WZP_SEC);
    ok(presence_equal(relays[1], 0, relays[0]), "the digest tells");
    unpair();
}


/* Changes that do not fit what we have, or do not lead where they say. */
static void
test_bad_changes(void)
{
    wzp_gossip_t           *gp;
    wzp_gossip_peer_t       info;
    wzp_presence_update_t   pu;

    gp = make(0, 1, 0);
    wzp_gossip_peer_up(gp, 1, WZP_GOSSIP_OURS, "", 0);
    update(&pu, 1, 5, 0, 1);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "version 5: person 1");
    forget_posts();

    update(&pu, 1, 7, 6, 2);
    is_i64(wzp_gossip_input(gp, 1, &pu, 0), WZP_OK, "from 6 to 7");
    ok(!knows(gp, 1, 2) && nposts == 1 && posts[0].pu.want,
       "is not taken, but asked about");
    ok(wzp_gossip_peer(gp, 1, &info) && info.whole && info.version == 5,
       "what we have is still whole");
    forget_posts();

    update(&pu, 1, 8, 3, 2);
    pu.digest ^= wzp_people_digest_of(pu.fps[0]);
    presence_person(pu.fps[0], 1);
    pu.digest ^= wzp_people_digest_of(pu.fps[0]);
    is_i64(wzp_gossip_input(gp, 1, &pu, 2 * WZP_SEC), WZP_OK,
           "from before 5 to 8");
    ok(wzp_gossip_peer(gp, 1, &info) && info.whole && info.version == 8,
       "leads there as well");
    is_u64(nposts, 0, "nothing is asked");

    update(&pu, 1, 9, 8, 3);
    pu.digest++;
    is_i64(wzp_gossip_input(gp, 1, &pu, 4 * WZP_SEC), WZP_OK,
           "a change whose digest is not what comes of it");
    ok(wzp_gossip_peer(gp, 1, &info) && !info.whole && nposts == 1
       && posts[0].pu.want, "is noticed");

    forget_posts();
    wzp_gossip_destroy(gp);
}


/* A digest speaks of what was told. */
static void
test_digest_waits(void)
{
    uint64_t           now;
    wzp_gossip_stat_t  st;

    now = 0;
    pair(0, WZP_GOSSIP_OURS);
    deliver(now, false);
    run(&now, 900 * WZP_MS);
    people(relays[0], 1, 3, now);
    run(&now, 1050 * WZP_MS);
    st = stat_of(relays[0]);
    is_u64(st.digests, 0, "due, but a change is not told yet");
    run(&now, 1100 * WZP_MS);
    st = stat_of(relays[0]);
    ok(st.changes == 1 && st.digests == 1, "right after it");
    st = stat_of(relays[1]);
    is_u64(st.wants, 0, "so nobody has to ask");
    unpair();
}


static void
test_asked(void)
{
    wzp_gossip_t           *gp;
    wzp_presence_update_t   pu;

    gp = make(0, 1, 0);
    wzp_gossip_peer_up(gp, 1, WZP_GOSSIP_OURS, "", 0);
    wzp_gossip_peer_up(gp, 2, 0, "", 0);
    forget_posts();

    update(&pu, 1, 1, 1, 1);
    pu.nfps = 0;
    pu.want = true;
    is_i64(wzp_gossip_input(gp, 1, &pu, 100 * WZP_MS), WZP_OK, "a request");
    is_u64(nposts, 0, "within a second of the last set");
    is_u64(wzp_gossip_deadline(gp), WZP_SEC, "is answered later");
    is_i64(wzp_gossip_input(gp, 1, &pu, 200 * WZP_MS), WZP_OK, "again");
    wzp_gossip_expire(gp, WZP_SEC - 1);
    is_u64(nposts, 0, "not yet");
    wzp_gossip_expire(gp, WZP_SEC);
    ok(nposts == 2 && posts[0].pu.base == 0 && posts[1].pu.base == 1,
       "once, and the digest is due");
    forget_posts();
    is_i64(wzp_gossip_input(gp, 1, &pu, 3 * WZP_SEC), WZP_OK, "later");
    is_u64(nposts, 1, "at once");
    forget_posts();
    is_i64(wzp_gossip_input(gp, 2, &pu, 30 * WZP_SEC), WZP_OK, "not ours");
    is_u64(nposts, 0, "is not answered");

    wzp_gossip_destroy(gp);
}


static void
test_existing(void)
{
    uint8_t                 fp[2][WZP_FP_SIZE];
    wzp_gossip_t           *gp;
    wzp_gossip_peer_t       info;
    wzp_presence_update_t   pu;

    gp = make(0, 1, 0);
    people(gp, 0, 20005, 0);
    wzp_gossip_expire(gp, WZP_SEC);
    wzp_gossip_peer_up(gp, 1, 0, "one", WZP_SEC);
    ok(nposts == 1 && posts[0].pu.nfps == 20000
       && !posts[0].pu.has_version && !posts[0].pu.more, "one message");
    ok(cuts == 1 && left_out == 5, "said that it does not fit");
    is_str(posts[0].pu.relay_addr, "10.0.0.0:4433", "our own address in it");
    forget_posts();

    people(gp, 0, 20006, 2 * WZP_SEC);
    wzp_gossip_expire(gp, 3 * WZP_SEC);
    is_u64(nposts, 0, "a change within 10 s");
    is_u64(wzp_gossip_deadline(gp), 11 * WZP_SEC, "is told after them");
    wzp_gossip_expire(gp, 11 * WZP_SEC);
    is_u64(nposts, 1, "the whole set");
    is_u64(cuts, 1, "complaint is not repeated");
    forget_posts();
    is_u64(wzp_gossip_deadline(gp), UINT64_MAX, "then nothing is due");
    wzp_gossip_whole(gp, 1, 12 * WZP_SEC);
    is_u64(nposts, 1, "but on demand");
    wzp_gossip_whole(gp, 1, 13 * WZP_SEC - 1);
    is_u64(nposts, 1, "once in a second");
    wzp_gossip_whole(gp, 1, 13 * WZP_SEC);
    is_u64(nposts, 2, "and then again");
    forget_posts();

    wzp_gossip_peer_up(gp, 2, WZP_GOSSIP_REPEAT, "two", 20 * WZP_SEC);
    forget_posts();
    wzp_gossip_expire(gp, 29 * WZP_SEC);
    is_u64(nposts, 0, "another");
    wzp_gossip_expire(gp, 30 * WZP_SEC);
    ok(nposts == 1 && posts[0].to == 2, "is told every 10 s");
    forget_posts();

    memset(&pu, 0, sizeof(pu));
    presence_person(fp[0], 1);
    presence_person(fp[1], 2);
    pu.fps = fp;
    pu.nfps = 2;
    memcpy(pu.relay_addr, "127.0.0.1:1", 12);
    is_i64(wzp_gossip_input(gp, 1, &pu, 30 * WZP_SEC), WZP_OK, "its set");
    ok(knows(gp, 1, 1) && knows(gp, 1, 2), "is known");
    ok(wzp_gossip_peer(gp, 1, &info), "the peer, too");
    is_str(info.addr, "one", "its own word for its address is not taken");
    pu.fps = fp + 1;
    pu.nfps = 1;
    is_i64(wzp_gossip_input(gp, 1, &pu, 30 * WZP_SEC), WZP_OK, "the next");
    ok(!knows(gp, 1, 1) && knows(gp, 1, 2), "replaces it");
    wzp_gossip_expire(gp, 60 * WZP_SEC);
    ok(!knows(gp, 1, 2), "and it expires");

    forget_posts();
    wzp_gossip_destroy(gp);
}


static void
test_bounds(void)
{
    uint8_t               (*fps)[WZP_FP_SIZE];
    uint32_t                i, walk, n, peer, wrong;
    wzp_rc_t                rc;
    wzp_gossip_t           *gp;
    wzp_presence_update_t   pu;

    gp = make(0, 1, 0);
    fps = calloc(WZP_PEOPLE_SET + 1, WZP_FP_SIZE);
    memset(&pu, 0, sizeof(pu));
    pu.fps = fps;
    wrong = 0;

    for (peer = 0; peer < 9; peer++) {
        wzp_gossip_peer_up(gp, peer, 0, "", 0);
        forget_posts();

        for (i = 0; i < WZP_PEOPLE_SET + 1; i++) {
            presence_person(fps[i], peer * 7 + i);
        }

        pu.nfps = WZP_PEOPLE_SET + 1;
        wrong += wzp_gossip_input(gp, peer, &pu, 0) != WZP_ENOSPC;
        pu.nfps = WZP_PEOPLE_SET;
        rc = wzp_gossip_input(gp, peer, &pu, 0);
        wrong += rc != (peer < 8 ? WZP_OK : WZP_ENOSPC);
    }

    is_u64(wrong, 0, "25000 of each peer, 200000 in all");
    is_u64(wzp_gossip_remote(gp), WZP_PEOPLE_MAX, "are known");
    ok(wzp_gossip_sound(gp), "the books are in order");

    for (walk = 0, n = 0; wzp_gossip_walk(gp, 3, &walk) != NULL; n++) { }
    is_u64(n, WZP_PEOPLE_SET, "all are walked");

    wzp_gossip_peer_down(gp, 3, 0);
    is_i64(wzp_gossip_input(gp, 8, &pu, 0), WZP_OK, "room for the last");
    pu.nfps = 0;
    is_i64(wzp_gossip_input(gp, 8, &pu, 0), WZP_OK, "an empty set");
    is_u64(wzp_gossip_remote(gp), 175000, "is nobody");
    ok(wzp_gossip_sound(gp), "the books are in order");

    free(fps);
    wzp_gossip_destroy(gp);
}


int
main(void)
{
    test_changes();
    test_local();
    test_untold();
    test_shuffled();
    test_old_news();
    test_forms();
    test_want();
    test_bad_changes();
    test_digest_waits();
    test_asked();
    test_existing();
    test_bounds();

    return done_testing();
}
