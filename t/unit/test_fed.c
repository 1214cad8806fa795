/*
 * Global rooms, one relay by itself: what it believes, what it says to whom,
 * what it refuses.
 */

#include "fed.h"


#define ALL         UINT64_MAX
#define NOW         (5 * WZP_SEC)

/* A is told of by itself: "A"; of X by way of A: "A X". */
#define A           1
#define B           2
#define C           3
#define E           9                       /* an existing relay */


static t_relay_t          us;               /* number 5 */
static wzp_fed_room_t    *room;
static wzp_participant_t  people[1100];


static void
start(void)
{
    t_relay_create(&us, NULL, 5, 1000000);
    room = wzp_fed_room_add(us.fed, "general", ALL, &us, NOW);
}


static void
up(unsigned peer)
{
    char  label[2];

    label[0] = (char) ('A' + peer - 1);
    label[1] = '\0';
    wzp_fed_peer_up(us.fed, peer, T_ID(peer), peer != E, label, NOW);
}


/* path is of digits, one for each relay. */
static wzp_rc_t
say_in(const char *name, unsigned peer, wzp_signal_type_t type, uint64_t seq,
    const char *path, const char *list, uint64_t now_ns)
{
    wzp_signal_t        sg;
    wzp_global_room_t  *gr;

    memset(&sg, 0, sizeof(sg));
    sg.type = type;
    gr = &sg.u.global_room;
    (void) snprintf(gr->room, sizeof(gr->room), "%s", name);
    gr->participants = people;
    gr->nparticipants = t_people(people, list);
    gr->has_origin = path[0] != '\0';
    gr->seq = seq;

    while (*path != '\0') {
        gr->origin = T_ID((unsigned) (*path++ - '0'));
        gr->path[gr->npath++] = gr->origin;
    }

    return wzp_fed_input(us.fed, peer, &sg, now_ns);
}


static wzp_rc_t
offer(unsigned peer, uint64_t seq, const char *path, const char *list)
{
    return say_in("general", peer, WZP_SIG_GLOBAL_ROOM_ACTIVE, seq, path,
                  list, NOW);
}


static wzp_rc_t
gone(unsigned peer, uint64_t seq, const char *path)
{
    return say_in("general", peer, WZP_SIG_GLOBAL_ROOM_INACTIVE, seq, path,
                  "", NOW);
}


/* What was sent since then: "peer+path people" or "peer-path". */
static const char *
sent(void)
{
    size_t              len, k;
    unsigned            i;
    static char         text[4096];
    wzp_global_room_t  *gr;

    text[0] = '\0';
    len = 0;

    for (i = 0; i < us.nsent; i++) {
        gr = &us.sent[i].sg.u.global_room;

        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%u%c",
                                 i == 0 ? "" : ", ", us.sent[i].peer,
                                 us.sent[i].sg.type
                                 == WZP_SIG_GLOBAL_ROOM_ACTIVE ? '+' : '-');

        for (k = 0; k < gr->npath; k++) {
            len += (size_t) snprintf(text + len, sizeof(text) - len, "%u",
                                     (unsigned) (gr->path[k] - T_ID(0)));
        }

        if (gr->nparticipants != 0) {
            len += (size_t) snprintf(text + len, sizeof(text) - len, " %s",
                                     t_list_text(gr->participants,
                                                 gr->nparticipants));
        }
    }

    t_clear(&us);

    return text;
}


static void
test_rooms(void)
{
    char              name[300];
    uint8_t           key[WZP_ROOM_KEY_SIZE];
    unsigned          i;
    wzp_fed_room_t   *rm;
    wzp_fed_stat_t    st;
    static const uint8_t  tag[] = { 0x0f, 0xea, 0xe1, 0x6d,
                                    0x55, 0x36, 0x5a, 0xcf };

    start();

    ok(room != NULL && wzp_fed_room_data(room) == &us, "a room");
    is_str(wzp_fed_room_name(room), "general", "its name");
    is_mem(wzp_fed_room_tag(room), tag, 8, "its tag");
    ok(wzp_fed_room_by_tag(us.fed, tag) == room, "found by tag");

    wzp_room_key(key, "general", 7);
    ok(wzp_fed_room_find(us.fed, key) == room
       && memcmp(wzp_fed_room_key(room), key, sizeof(key)) == 0,
       "found by key");

    wzp_room_hash(name, "general", 7);
    ok(wzp_fed_room_add(us.fed, name, ALL, NULL, NOW) == room,
       "its hash is the same room");
    is_str(wzp_fed_room_name(room), "general", "under the first name");
    ok(wzp_fed_room_data(room) == NULL, "with new data");

    memset(name, 'a', sizeof(name));
    name[WZP_ROOM_NAME_MAX + 1] = '\0';
    ok(wzp_fed_room_add(us.fed, name, ALL, NULL, NOW) == NULL,
       "a name that is too long");

    for (i = 1; i < WZP_FED_ROOMS; i++) {
        (void) snprintf(name, sizeof(name), "room-%u", i);

        if (wzp_fed_room_add(us.fed, name, ALL, NULL, NOW) == NULL) {
            break;
        }
    }

    is_u64(i, WZP_FED_ROOMS, "so many rooms");
    ok(wzp_fed_room_add(us.fed, "one-more", ALL, NULL, NOW) == NULL,
       "and no more");

    for (i = 0, rm = NULL; (rm = wzp_fed_room_next(us.fed, rm)) != NULL; i++) {
        /* void */
    }

    is_u64(i, WZP_FED_ROOMS, "walked");

    while ((rm = wzp_fed_room_next(us.fed, NULL)) != NULL) {
        wzp_fed_room_remove(us.fed, rm, NOW);
    }

    wzp_fed_stat(us.fed, &st);
    ok(st.rooms == 0 && wzp_fed_room_find(us.fed, key) == NULL
       && wzp_fed_room_by_tag(us.fed, tag) == NULL, "all removed");

    t_relay_destroy(&us);
}


static void
test_local(void)
{
    uint64_t  seq;

    start();
    up(A);
    up(B);
    is_str(sent(), "", "nobody is there: nothing is said");

    ok(t_local(&us, room, "ann:7", NOW) == WZP_OK, "one of ours");
    seq = us.sent[0].sg.u.global_room.seq;
    is_str(sent(), "1+5 ann:7:, 2+5 ann:7:", "is told, without a label");
    ok(seq >= 1000000, "with a number from the clock");

    ok(t_local(&us, room, "ann:7", NOW + WZP_SEC) == WZP_OK, "the same");
    is_str(sent(), "", "is not told again");

    ok(t_local(&us, room, "ann:7 bob:8:Zork", NOW + WZP_SEC) == WZP_OK,
       "a second");
    ok(us.sent[0].sg.u.global_room.seq >= seq + 1000, "numbers grow with time");
    seq = us.sent[0].sg.u.global_room.seq;
    is_str(sent(), "1+5 ann:7: bob:8:, 2+5 ann:7: bob:8:", "is told");

    ok(t_local(&us, room, "bob:8", NOW + WZP_SEC) == WZP_OK, "one leaves");
    is_u64(us.sent[0].sg.u.global_room.seq, seq + 1, "numbers grow anyway");
    is_str(sent(), "1+5 bob:8:, 2+5 bob:8:", "is told");

    up(C);
    is_str(sent(), "3+5 bob:8:", "a late link learns it");

    wzp_fed_peer_down(us.fed, A, NOW);
    ok(t_local(&us, room, "", NOW) == WZP_OK, "the last one leaves");
    is_u64(us.sent[0].sg.u.global_room.origin, T_ID(5), "by our own name");
    is_str(sent(), "2-5, 3-5", "is told to those who knew");

    up(A);
    is_str(sent(), "", "and not to those who did not");

    ok(t_local(&us, room, "ann", NOW) == WZP_OK, "back");
    (void) sent();
    wzp_fed_room_remove(us.fed, room, NOW);
    is_str(sent(), "1-5, 2-5, 3-5", "a room that ends is withdrawn");

    t_relay_destroy(&us);
}


static void
test_paths(void)
{
    start();
    up(A);
    up(B);
    up(C);

    is_i64(offer(A, 10, "17", "xen:70"), WZP_OK, "X behind A");
    is_str(sent(), "2+517 xen:70:A, 3+517 xen:70:A",
           "is passed on, with a label, to all but A");
    is_str(t_remote(&us, room), "xen:70:A", "and is there");
    is_u64(wzp_fed_wants(room), 1 << A, "A wants media");

    is_i64(offer(A, 10, "17", "xen:70"), WZP_OK, "a repeat");
    is_i64(us.changed, 0, "changes nothing");
    is_str(sent(), "", "and is silent");

    is_i64(offer(B, 10, "247", "xen:70:Zap"), WZP_OK, "a longer way");
    is_str(sent(), "", "is kept and not told");
    is_str(t_remote(&us, room), "xen:70:A", "nor believed");
    is_u64(wzp_fed_wants(room), 1 << A | 1 << B, "but B wants media, too");

    is_i64(offer(C, 10, "37", "xen:70:C"), WZP_OK, "an equally long way");
    is_str(sent(), "", "by a higher neighbour");

    is_i64(gone(A, 10, "17"), WZP_OK, "A has lost it");
    is_str(sent(), "1+537 xen:70:C, 2+537 xen:70:C, 3-57",
           "the way over C takes over; C has ours no more");
    wzp_fed_peer_down(us.fed, C, NOW);
    is_str(sent(), "1+5247 xen:70:Zap, 2-57", "then that over B");
    is_i64(gone(B, 10, "247"), WZP_OK, "the last way is gone");
    is_str(t_remote(&us, room), "", "and they as well");
    is_str(sent(), "1-57", "which is told");
    is_u64(wzp_fed_wants(room), 0, "nobody wants media");

    is_i64(offer(B, 11, "2468", "yan"), WZP_OK, "a way over A's neighbour");
    (void) sent();
    is_i64(offer(B, 11, "218", "yan"), WZP_OK, "and now over A itself");
    is_str(sent(), "1-58", "A may not hear it any more");

    is_i64(offer(B, 12, "2346789", "zoe"), WZP_OK, "seven relays");
    (void) sent();
    is_i64(offer(B, 12, "23467890", "zoe"), WZP_OK, "eight");
    is_str(t_remote(&us, room), "zoe:0:B yan:0:B zoe:0:B"
           + (sizeof("zoe:0:B ") - 1), "both are there");
    is_str(sent(), "", "but eight go no further");

    t_relay_destroy(&us);
}


static void
test_news(void)
{
    start();
    up(A);
    up(B);

    is_i64(offer(A, 10, "17", "xen yan"), WZP_OK, "two people");
    is_i64(offer(B, 10, "247", "xen yan"), WZP_OK, "by two ways");
    is_i64(offer(A, 11, "17", "xen"), WZP_OK, "one leaves");
    (void) sent();
    is_i64(offer(A, 10, "17", "xen yan"), WZP_OK, "old news");
    is_str(sent(), "", "is none");

    wzp_fed_peer_down(us.fed, A, NOW);
    is_str(t_remote(&us, room), "", "B's way is older than what was shown");
    is_str(sent(), "2-57", "so it is as if there was none");
    is_u64(wzp_fed_wants(room), 1 << B, "but B wants media");
    is_i64(offer(B, 11, "247", "xen"), WZP_OK, "when it is as new");
    is_str(t_remote(&us, room), "xen:0:B", "it is believed");
    (void) sent();

    up(A);
    is_i64(offer(A, 12, "17", "xen"), WZP_OK, "newer");
    is_i64(gone(A, 13, "17"), WZP_OK, "nobody left, says the origin");
    is_str(t_remote(&us, room), "", "B's way leads to the past");
    is_i64(gone(B, 13, "247"), WZP_OK, "and ends, too");
    (void) sent();

    is_i64(offer(B, 12, "247", "xen"), WZP_OK, "late news");
    is_str(t_remote(&us, room), "", "are not believed");
    is_u64(wzp_fed_deadline(us.fed), NOW + 30 * WZP_SEC, "until");
    wzp_fed_expire(us.fed, NOW + 30 * WZP_SEC - 1);
    is_str(t_remote(&us, room), "", "half a minute is over");
    us.changed = 0;
    wzp_fed_expire(us.fed, NOW + 30 * WZP_SEC);
    is_str(t_remote(&us, room), "xen:0:B", "(a clock was set back)");
    is_u64(us.changed, 1, "which is a change");
    is_u64(wzp_fed_deadline(us.fed), UINT64_MAX, "nothing waits");

    /* a neighbour's own word */

    is_i64(offer(B, 99, "21", "ann:3 bob:4"), WZP_OK, "B speaks for A");
    is_str(t_remote(&us, room), "ann:3:B bob:4:B xen:0:B", "who is silent");
    wzp_fed_peer_synced(us.fed, A, NOW);
    is_str(t_remote(&us, room), "xen:0:B", "and says so: it knows better");
    is_i64(offer(A, 98, "1", "ann:3"), WZP_OK, "but with older news");
    is_str(t_remote(&us, room), "xen:0:B", "than what was shown of it");
    is_i64(offer(A, 99, "1", "ann:3"), WZP_OK, "and now it speaks");
    is_str(t_remote(&us, room), "ann:3:A xen:0:B", "and is believed");
    wzp_fed_peer_down(us.fed, A, NOW);
    is_str(t_remote(&us, room), "ann:3:B bob:4:B xen:0:B", "B, again");

    t_relay_destroy(&us);
}


static void
test_refused(void)
{
    wzp_signal_t    sg;
    wzp_fed_stat_t  st;

    start();
    up(A);
    up(E);

    is_i64(offer(A, 1, "", "x"), WZP_EBAD, "no origin");
    is_i64(offer(A, 1ULL << 53, "1", "x"), WZP_EBAD, "no number of JSON");
    is_i64(offer(A, 1, "27", "x"), WZP_EAUTH, "another's path");
    is_i64(offer(A, 1, "7", "x"), WZP_EAUTH, "another's name");
    is_i64(gone(A, 1, "27"), WZP_EAUTH, "another's end");
    is_i64(offer(A, 1, "1787", "x"), WZP_EBAD, "a loop");
    is_i64(offer(A, 1, "171", "x"), WZP_EBAD, "itself behind others");
    is_i64(offer(A, 1, "15", "x"), WZP_OK, "ourselves: ignored");
    is_i64(offer(A, 1, "157", "x"), WZP_OK, "through ourselves: ignored");
    is_i64(offer(B, 1, "2", "x"), WZP_ECLOSED, "not up");
    is_i64(offer(64, 1, "2", "x"), WZP_ECLOSED, "no peer");
    is_i64(say_in("other", A, WZP_SIG_GLOBAL_ROOM_ACTIVE, 1, "1", "x", NOW),
           WZP_EUNKNOWN, "not a global room");
    is_i64(say_in("other", A, WZP_SIG_GLOBAL_ROOM_INACTIVE, 1, "1", "", NOW),
           WZP_EUNKNOWN, "nor its end");
    is_i64(say_in("other", E, WZP_SIG_GLOBAL_ROOM_INACTIVE, 0, "", "", NOW),
           WZP_EUNKNOWN, "nor from an existing relay");
    is_i64(say_in("general", A, WZP_SIG_PING, 1, "1", "", NOW), WZP_EUNKNOWN,
           "another signal");

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_GLOBAL_ROOM_ACTIVE;
    memcpy(sg.u.global_room.room, "general", 8);
    sg.u.global_room.has_origin = true;
    sg.u.global_room.origin = T_ID(1);
    sg.u.global_room.path[0] = T_ID(1);
    sg.u.global_room.npath = WZP_PATH_MAX + 1;
    is_i64(wzp_fed_input(us.fed, A, &sg, NOW), WZP_EBAD, "a path too long");

    wzp_fed_stat(us.fed, &st);
    ok(st.offers == 0 && st.origins == 0 && us.nsent == 0 && us.changed == 0,
       "nothing of it left a trace");

    is_i64(offer(A, 5, "17", "x"), WZP_OK, "a good one");
    is_i64(offer(A, 6, "157", "x"), WZP_OK, "then through ourselves");
    is_str(t_remote(&us, room), "", "is the end of it");

    t_relay_destroy(&us);
}


/* Offers of so many people each, as of other relays, until one is refused. */
static unsigned
fill(unsigned peer, size_t npeople, unsigned from, wzp_rc_t *rc)
{
    unsigned            i;
    wzp_signal_t        sg;
    wzp_global_room_t  *gr;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_GLOBAL_ROOM_ACTIVE;
    gr = &sg.u.global_room;
    memcpy(gr->room, "general", 8);
    gr->participants = people;
    gr->nparticipants = npeople;
    gr->has_origin = true;
    gr->seq = 7;
    gr->path[0] = T_ID(peer);
    gr->npath = 2;

    for (i = 0; i < WZP_FED_OFFERS; i++) {
        gr->origin = 0x2000 + from + i;
        gr->path[1] = gr->origin;
        *rc = wzp_fed_input(us.fed, peer, &sg, NOW);
        t_clear(&us);

        if (*rc != WZP_OK) {
            break;
        }
    }

    return i;
}


static void
test_bounds(void)
{
    unsigned        i;
    wzp_rc_t        rc;
    wzp_fed_stat_t  st;

    start();
    up(A);
    up(B);

    memset(people, 0, sizeof(people));

    for (i = 0; i < WZP_ARRAY_LEN(people); i++) {
        (void) snprintf(people[i].fingerprint, 40, "person-%u", i);
    }

    is_u64(fill(A, WZP_FED_PEOPLE + 1, 0, &rc), 0, "1001 people");
    is_i64(rc, WZP_ENOSPC, "are too many");
    is_i64(wzp_fed_local(us.fed, room, people, WZP_FED_PEOPLE + 1, NOW),
           WZP_ENOSPC, "of our own, too");

    is_u64(fill(A, WZP_FED_PEOPLE, 0, &rc), 131, "1000 go in 131 times");
    is_i64(rc, WZP_ENOSPC, "and no more from one link");
    is_u64(wzp_fed_remote(us.fed, room, NULL, 0), 1000, "they are the same");
    is_u64(fill(A, 1, 131, &rc), 72, "so many have room yet");

    wzp_fed_peer_down(us.fed, A, NOW);
    t_clear(&us);

    is_u64(fill(B, 1, 0, &rc), WZP_FED_OFFERS / 8, "an eighth of all offers");
    is_i64(rc, WZP_ENOSPC, "may be of one link");

    wzp_fed_peer_down(us.fed, B, NOW);
    wzp_fed_stat(us.fed, &st);
    ok(st.offers == 0 && st.people == 0, "all gone with it");
    wzp_fed_expire(us.fed, NOW + 31 * WZP_SEC);
    wzp_fed_stat(us.fed, &st);
    is_u64(st.origins, 0, "and after a while forgotten");

    t_relay_destroy(&us);
}


static void
test_origins_bound(void)
{
    char            path[3];
    unsigned        i;
    wzp_rc_t        rc;
    wzp_signal_t    sg;
    wzp_fed_stat_t  st;

    start();
    up(A);

    memset(&sg, 0, sizeof(sg));
    memcpy(sg.u.global_room.room, "general", 8);
    sg.u.global_room.participants = people;
    (void) t_people(people, "x");
    sg.u.global_room.has_origin = true;
    sg.u.global_room.path[0] = T_ID(1);
    sg.u.global_room.npath = 2;
    rc = WZP_OK;

    for (i = 0; i < 3 * WZP_FED_OFFERS && rc == WZP_OK; i++) {
        sg.u.global_room.origin = 0x3000 + i;
        sg.u.global_room.path[1] = 0x3000 + i;
        sg.u.global_room.nparticipants = 1;
        sg.type = WZP_SIG_GLOBAL_ROOM_ACTIVE;
        rc = wzp_fed_input(us.fed, A, &sg, NOW);

        sg.type = WZP_SIG_GLOBAL_ROOM_INACTIVE;

        if (rc == WZP_OK) {
            rc = wzp_fed_input(us.fed, A, &sg, NOW);
        }
    }

    is_i64(rc, WZP_OK, "origins without number come and go");
    wzp_fed_stat(us.fed, &st);
    ok(st.origins <= 2 * WZP_FED_OFFERS, "the oldest are forgotten early");

    (void) snprintf(path, sizeof(path), "17");
    is_i64(offer(A, 1, path, "y"), WZP_OK, "a new one has room");
    is_str(t_remote(&us, room), "y:0:A", "and is there");

    t_relay_destroy(&us);
}


static void
test_existing(void)
{
    start();
    up(A);
    up(E);

    is_i64(offer(E, 99, "17", "eve eli:0:Far"), WZP_OK,
           "an existing relay: its word on paths is not looked at");
    is_str(sent(), "1+59 eve:0:I eli:0:Far", "passed on as its own");
    is_str(t_remote(&us, room), "eve:0:I eli:0:Far", "labels filled");

    is_i64(t_local(&us, room, "ann:7", NOW), WZP_OK, "one of ours");
    is_str(sent(), "1+5 ann:7:, 9+ ann:0:", "told without origin, at once");

    is_i64(offer(A, 1, "1", "bob:8"), WZP_OK, "one of A's");
    is_i64(offer(A, 1, "17", "xen:9:Xo"), WZP_OK, "and of X's");
    is_str(sent(), "", "but then it has to wait");
    is_u64(wzp_fed_deadline(us.fed), NOW + WZP_SEC, "a second");
    wzp_fed_expire(us.fed, NOW + WZP_SEC - 1);
    is_str(sent(), "", "and not less");
    is_i64(offer(A, 2, "17", "xen:9:Xo yan:10:Xo"), WZP_OK, "more");
    wzp_fed_expire(us.fed, NOW + WZP_SEC);
    is_str(sent(), "9+ ann:0: bob:0:A xen:0:Xo yan:0:Xo",
           "the newest state in one");
    is_u64(wzp_fed_deadline(us.fed), UINT64_MAX, "nothing waits");

    is_i64(t_local(&us, room, "ann:17", NOW + 3 * WZP_SEC), WZP_OK,
           "a change it can't see");
    is_str(sent(), "1+5 ann:17:", "is not told to it");

    is_i64(say_in("general", E, WZP_SIG_GLOBAL_ROOM_ACTIVE, 0, "",
                  "eve bob:0:Far ann", NOW + 5 * WZP_SEC), WZP_OK,
           "it echoes ours");
    is_str(sent(), "1+59 eve:0:I bob:0:Far ann:0:I",
           "ours hear it as it is, it hears nothing");
    is_str(t_remote(&us, room), "bob:8:A xen:9:Xo yan:10:Xo eve:0:I",
           "everybody once, the existing relay's last");

    wzp_fed_peer_down(us.fed, A, NOW + 6 * WZP_SEC);
    is_i64(t_local(&us, room, "", NOW + 6 * WZP_SEC), WZP_OK, "all go");
    wzp_fed_expire(us.fed, NOW + 7 * WZP_SEC);
    is_str(sent(), "9+ ann:0:, 9-", "it hears of A's end, then of ours");

    is_i64(gone(E, 0, ""), WZP_OK, "its own end");
    is_str(t_remote(&us, room), "", "is one");
    is_i64(offer(E, 0, "", ""), WZP_OK, "active, but nobody named");
    is_u64(wzp_fed_wants(room), 1 << E, "wants media");
    is_str(sent(), "", "and is not passed on");

    wzp_fed_peer_synced(us.fed, E, NOW);
    is_u64(wzp_fed_wants(room), 1 << E, "it cannot say that it told all");

    is_i64(t_local(&us, room, "ann", NOW + 9 * WZP_SEC), WZP_OK, "again");
    (void) sent();
    wzp_fed_peer_up(us.fed, E, T_ID(E), false, "I", NOW + 9 * WZP_SEC);
    is_str(sent(), "9+ ann:0:", "a second connection is told all again");

    t_relay_destroy(&us);
}


static void
test_again(void)
{
    start();
    up(A);
    up(B);
    is_i64(offer(A, 10, "1", "ann"), WZP_OK, "two");
    is_i64(offer(A, 10, "17", "xen"), WZP_OK, "offers");
    is_i64(t_local(&us, room, "me", NOW), WZP_OK, "and we");
    wzp_fed_peer_synced(us.fed, A, NOW);
    t_clear(&us);

    up(A);
    is_str(sent(), "1+5 me:0:", "up again: told again, though unchanged");
    is_str(t_remote(&us, room), "ann:0:A xen:0:A", "nothing is forgotten");
    is_i64(offer(A, 3, "1", "ann"), WZP_OK, "one is repeated, renumbered");
    is_str(sent(), "2+51 ann:0:A", "news to others");
    wzp_fed_peer_synced(us.fed, A, NOW);
    is_str(t_remote(&us, room), "ann:0:A", "what was not repeated is gone");
    is_str(sent(), "2-57", "and B hears of it");

    up(A);
    is_i64(offer(A, 3, "1", "ann"), WZP_OK, "the very same");
    wzp_fed_peer_synced(us.fed, A, NOW);
    wzp_fed_peer_synced(us.fed, A, NOW);
    is_str(t_remote(&us, room), "ann:0:A", "stays");

    wzp_fed_peer_up(us.fed, A, T_ID(C), true, "C", NOW);
    is_str(t_remote(&us, room), "", "another relay in its place: all gone");

    t_relay_destroy(&us);
}


static void
test_streams(void)
{
    start();
    up(A);
    up(B);
    up(C);
    is_i64(t_local(&us, room, "me:5 you:6 both:0", NOW), WZP_OK, "ours");
    is_i64(offer(A, 10, "1", "ann:7 bob:9"), WZP_OK, "A's");
    is_i64(offer(B, 10, "21", "ann:7 bob:9"), WZP_OK, "A's by B");
    is_i64(offer(B, 10, "2", "bea:8 bud:65535"), WZP_OK, "B's");

    ok(!wzp_fed_admit(room, A, 5) && !wzp_fed_admit(room, B, 6),
       "our ids come from nowhere else");
    ok(wzp_fed_admit(room, A, 7) && wzp_fed_admit(room, B, 7)
       && !wzp_fed_admit(room, C, 7), "A's from A and B, not from C");
    ok(!wzp_fed_admit(room, A, 8) && wzp_fed_admit(room, B, 8)
       && wzp_fed_admit(room, B, 65535) && !wzp_fed_admit(room, C, 65535),
       "B's from B only");
    ok(wzp_fed_admit(room, C, 0) && wzp_fed_admit(room, C, 1234),
       "none, and nobody's, from anywhere");
    ok(wzp_fed_stream_taken(room, 7) && wzp_fed_stream_taken(room, 65535)
       && !wzp_fed_stream_taken(room, 5) && !wzp_fed_stream_taken(room, 0)
       && !wzp_fed_stream_taken(room, 1234), "what is taken");

    wzp_fed_peer_down(us.fed, B, NOW);
    ok(wzp_fed_admit(room, C, 8) && !wzp_fed_admit(room, C, 7)
       && !wzp_fed_stream_taken(room, 8), "B is down, its ids are free");

    /* collisions: we are 5 */

    t_clear(&us);
    is_i64(offer(C, 10, "36", "cid:5"), WZP_OK, "6 has our id 5");
    is_u64(us.collisions, 0, "the higher one gives way: not we");
    is_i64(offer(C, 11, "34", "dan:6"), WZP_OK, "4 has our id 6");
    ok(us.collisions == 1 && us.collided == 6, "we give way");
    ok(!wzp_fed_admit(room, C, 6), "until then it is ours");
    is_i64(offer(C, 11, "34", "dan:6"), WZP_OK, "a repeat");
    is_u64(us.collisions, 1, "tells nothing new");
    is_i64(t_local(&us, room, "me:5 you:26", NOW), WZP_OK, "a new id");
    is_u64(us.collisions, 1, "and peace");
    ok(wzp_fed_admit(room, C, 6), "theirs now");
    is_i64(t_local(&us, room, "me:5 you:6", NOW), WZP_OK, "taken again");
    is_u64(us.collisions, 2, "that is a new collision");

    wzp_fed_peer_up(us.fed, 8, T_ID(8), false, "old", NOW);
    is_i64(say_in("general", 8, WZP_SIG_GLOBAL_ROOM_ACTIVE, 0, "", "old:5",
                  NOW), WZP_OK, "an existing relay with ids");
    is_u64(us.collisions, 3, "cannot give way, so we do");
    wzp_fed_room_collide(us.fed, room);
    is_u64(us.collisions, 5, "who could not is told again, of both");

    t_relay_destroy(&us);
}


static void
test_private(void)
{
    wzp_fed_room_t  *call, *priv;

    start();
    up(A);
    up(B);
    up(E);
    call = wzp_fed_room_add(us.fed, "call-1", 1 << A, NULL, NOW);

    is_i64(t_local(&us, call, "ann:3", NOW), WZP_OK, "a call with A");
    is_str(sent(), "1+5 ann:3:", "only A hears of it");
    is_i64(say_in("call-1", B, WZP_SIG_GLOBAL_ROOM_ACTIVE, 1, "2", "x", NOW),
           WZP_EUNKNOWN, "B does not know of it");
    is_i64(say_in("call-1", E, WZP_SIG_GLOBAL_ROOM_INACTIVE, 0, "", "", NOW),
           WZP_EUNKNOWN, "nor E");
    is_i64(say_in("call-1", A, WZP_SIG_GLOBAL_ROOM_ACTIVE, 1, "1", "bob:4",
                  NOW), WZP_OK, "A's end of it");
    is_str(sent(), "1+5 ann:3:",
           "told once more: A may not have had the room before");
    is_i64(say_in("call-1", A, WZP_SIG_GLOBAL_ROOM_ACTIVE, 2, "1", "bob:5",
                  NOW), WZP_OK, "later");
    is_str(sent(), "", "not again");
    up(C);
    is_str(sent(), "", "a late link does not hear of it");

    priv = wzp_fed_room_add(us.fed, "priv", 0, NULL, NOW);
    is_i64(t_local(&us, priv, "sue:6", NOW), WZP_OK, "for nobody");
    is_str(sent(), "", "is for nobody");

    ok(wzp_fed_room_add(us.fed, "call-1", 1 << B | 1 << E, NULL, NOW) == call,
       "moved to B and E");
    is_str(sent(), "1-5, 2+5 ann:3:, 9+ ann:0:", "A is told of the end");
    is_str(t_remote(&us, call), "", "and is not heard any more");
    ok(wzp_fed_room_add(us.fed, "call-1", 1 << B, NULL, NOW) == call, "B's");
    is_str(sent(), "9-", "E as well");
    wzp_fed_room_remove(us.fed, call, NOW);
    is_str(sent(), "2-5", "and B, in the end");

    t_relay_destroy(&us);
}


static void
test_hidden(void)
{
    start();
    up(A);
    is_i64(offer(A, 1, "1", "ann:1 bob:2 ann:3"), WZP_OK, "one on two phones");
    is_str(t_remote(&us, room), "ann:1:A bob:2:A", "is there once");
    ok(!wzp_fed_admit(room, B, 3) && wzp_fed_admit(room, A, 3),
       "with both streams");
    is_i64(t_local(&us, room, "bob:9", NOW), WZP_OK, "another at home, too");
    is_str(t_remote(&us, room), "ann:1:A", "is not remote");
    is_u64(wzp_fed_remote(us.fed, room, people, 0), 1, "counted without room");

    t_relay_destroy(&us);
}


int
main(void)
{
    test_rooms();
    test_local();
    test_paths();
    test_news();
    test_refused();
    test_bounds();
    test_origins_bound();
    test_existing();
    test_again();
    test_streams();
    test_private();
    test_hidden();

    return done_testing();
}
