/*
 * Memory runs out under wzp_fed: whichever allocation fails, what failed says
 * so and has changed nothing, and can be done again.
 */

#include <errno.h>

#include "fed.h"


#if defined(__SANITIZE_ADDRESS__)

int
main(void)
{
    /* The sanitizer has its own malloc. */

    printf("1..0 # SKIP needs malloc of its own\n");

    return 0;
}

#else

#include "oom.h"


/* What the test itself needs never fails. */
static void *
safe_malloc(size_t size)
{
    return made(__libc_malloc(size));
}


/* ---- the story ---- */

typedef enum {
    ADD = 0,
    LOCAL,
    ACTIVE,
    INACTIVE,
    UP,
    DOWN
} what_t;


typedef struct {
    what_t       what;
    unsigned     peer;
    uint64_t     seq;
    const char  *path;
    const char  *people;
} step_t;


static const step_t  story[] = {
    { ADD, 0, 0, "", "" },
    { UP, 1, 0, "", "" },
    { LOCAL, 0, 0, "", "me:5 you:6" },
    { ACTIVE, 1, 7, "1", "ann:10 bob:11:Bar" },
    { UP, 2, 0, "", "" },
    { ACTIVE, 2, 7, "21", "ann:10 bob:11:Bar" },
    { ACTIVE, 2, 7, "23", "cid:12" },
    { ACTIVE, 2, 7, "24", "dan:13" },
    { ACTIVE, 2, 7, "27", "eve:14" },
    { ACTIVE, 2, 7, "28", "fay:15 gil:16 hal:17 ida:18 jon:19 kim:20" },
    { LOCAL, 0, 0, "", "me:5 you:6 her:21" },
    { ACTIVE, 2, 9, "24", "dan:13 leo:22" },
    { INACTIVE, 2, 8, "23", "" },
    { DOWN, 2, 0, "", "" },
    { LOCAL, 0, 0, "", "" }
};


static t_relay_t       us;
static wzp_fed_room_t  *room;


/* Everything that can be seen of the state. */
static void
look(char *text, size_t size)
{
    unsigned        i, len;
    wzp_fed_stat_t  st;

    wzp_fed_stat(us.fed, &st);

    len = (unsigned) snprintf(text, size, "%zu %zu %zu %zu ", st.rooms,
                              st.origins, st.offers, st.people);

    if (room == NULL) {
        return;
    }

    len += (unsigned) snprintf(text + len, size - len, "%llx %s ",
                               (unsigned long long) wzp_fed_wants(room),
                               t_remote(&us, room));

    for (i = 0; i < 24; i++) {
        len += (unsigned) snprintf(text + len, size - len, "%d%d%d",
                                   wzp_fed_admit(room, 1, (uint16_t) i),
                                   wzp_fed_admit(room, 2, (uint16_t) i),
                                   wzp_fed_stream_taken(room, (uint16_t) i));
    }
}


static wzp_rc_t
step(const step_t *sp)
{
    wzp_rc_t            rc;
    wzp_signal_t        sg;
    const char         *p;
    wzp_participant_t   people[16];
    wzp_global_room_t  *gr;

    memset(&sg, 0, sizeof(sg));
    gr = &sg.u.global_room;
    sg.type = sp->what == ACTIVE ? WZP_SIG_GLOBAL_ROOM_ACTIVE
                                 : WZP_SIG_GLOBAL_ROOM_INACTIVE;
    memcpy(gr->room, "general", 8);
    gr->participants = people;
    gr->nparticipants = t_people(people, sp->people);
    gr->has_origin = true;
    gr->seq = sp->seq;

    for (p = sp->path; *p != '\0'; p++) {
        gr->origin = T_ID((unsigned) (*p - '0'));
        gr->path[gr->npath++] = gr->origin;
    }

    rc = WZP_OK;
    testing = true;

    switch (sp->what) {

    case ADD:
        room = wzp_fed_room_add(us.fed, "general", UINT64_MAX, NULL, WZP_SEC);
        rc = room == NULL ? WZP_ENOMEM : WZP_OK;
        break;

    case LOCAL:
        rc = wzp_fed_local(us.fed, room, people, gr->nparticipants, WZP_SEC);
        break;

    case ACTIVE:
    case INACTIVE:
        rc = wzp_fed_input(us.fed, sp->peer, &sg, WZP_SEC);
        break;

    case UP:
        wzp_fed_peer_up(us.fed, sp->peer, T_ID(sp->peer), true, "net",
                        WZP_SEC);
        break;

    case DOWN:
        wzp_fed_peer_down(us.fed, sp->peer, WZP_SEC);
        break;
    }

    testing = false;

    return rc;
}


static unsigned long  refused;          /* allocations, over all runs        */
static char           right[WZP_ARRAY_LEN(story)][4096];


/* The whole story with one allocation that fails.  hit: there was one. */
static bool
run(bool *hit)
{
    bool         sound;
    size_t       i;
    wzp_rc_t     rc;
    static char  before[4096], after[4096];

    sound = true;
    *hit = false;
    count = 0;
    room = NULL;
    t_relay_create(&us, NULL, 5, 1000000);

    for (i = 0; i < WZP_ARRAY_LEN(story); i++) {
        look(before, sizeof(before));
        t_clear(&us);
        rc = step(&story[i]);
        look(after, sizeof(after));

        if (rc != WZP_OK) {
            refused++;
            *hit = true;

            if (rc != WZP_ENOMEM || us.nsent != 0 || us.changed != 0
                || strcmp(before, after) != 0)
            {
                diag("allocation %lu, step %zu: %d\n%s\n%s", fail_at, i, rc,
                     before, after);
                sound = false;
            }

            rc = step(&story[i]);
            look(after, sizeof(after));
        }

        if (fail_at == 0) {
            memcpy(right[i], after, sizeof(after));

        } else if (rc != WZP_OK || strcmp(right[i], after) != 0) {
            diag("allocation %lu, step %zu, again: %d\n%s", fail_at, i, rc,
                 after);
            sound = false;
        }
    }

    t_relay_destroy(&us);

    return sound;
}


/* The table of streams is made when one asks; without it all is looked at. */
static void
test_streams(void)
{
    size_t       i;
    static char  before[4096], after[4096];

    fail_at = 0;
    t_relay_create(&us, NULL, 5, 1000000);

    for (i = 0; i < 12; i++) {
        (void) step(&story[i]);
    }

    look(before, sizeof(before));
    (void) step(&story[2]);
    (void) step(&story[10]);

    count = 0;
    fail_at = 1;
    testing = true;
    look(after, sizeof(after));
    testing = false;

    ok(count > 1, "no table of streams");
    is_str(after, before, "answers without it are the same");
    t_relay_destroy(&us);
}


int
main(void)
{
    bool            sound, hit;
    long            was;
    wzp_fed_conf_t  conf;

    t_alloc = safe_malloc;
    was = live;
    fail_at = 0;
    sound = run(&hit);

    do {
        fail_at++;
        sound = run(&hit) && sound;
    } while (hit);

    ok(refused > 20, "%lu refusals", refused);
    ok(sound, "none has changed anything, all could be repaired");
    test_streams();
    is_i64(live, was, "nothing has leaked");

    memset(&conf, 0, sizeof(conf));
    count = 0;
    fail_at = 1;
    testing = true;
    ok(wzp_fed_create(&conf) == NULL, "no relay without memory");
    testing = false;

    return done_testing();
}

#endif
