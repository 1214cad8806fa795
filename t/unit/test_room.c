/*
 * The client's list of members: what a relay makes of it, however long.
 */

#include <stdarg.h>

#include "tap.h"
#include "../../client/room.c"


#define MANY    30000


static unsigned  said;
static size_t    listed;


void
cl_say(const char *fmt, ...)
{
    (void) fmt;

    said++;
}


void
cl_event(const char *what, json_t *ob)
{
    (void) what;

    listed = json_array_size(json_object_get(ob, "participants"));
    json_decref(ob);
}


void
cl_event_log(const char *what, json_t *ob)
{
    (void) what;

    json_decref(ob);
}


static void
fill(wzp_room_update_t *up, const char *label)
{
    size_t  i;

    up->count = MANY;
    up->nparticipants = MANY;
    up->participants = calloc(MANY, sizeof(wzp_participant_t));

    for (i = 0; i < MANY; i++) {
        (void) snprintf(up->participants[i].fingerprint, WZP_FP_TEXT_LEN + 1,
                        "0000:0000:0000:0000:0000:0000:0000:%04x",
                        (unsigned) i & 0xffff);
        (void) snprintf(up->participants[i].relay_label, WZP_LABEL_MAX + 1,
                        "%s", label);
    }
}


/* Without a bound the second list takes ten seconds, in which nothing is
 * played and no signal is heard. */

static void
test_many(void)
{
    cl_room_t           rm;
    wzp_room_update_t   up;

    memset(&rm, 0, sizeof(rm));
    memset(&up, 0, sizeof(up));

    fill(&up, "a");
    cl_room_update(&rm, &up, "", 0);
    free(up.participants);
    is_u64(said, 1, "the first list is one line");
    is_u64(rm.count, MANY, "all are counted");
    is_u64(rm.n, CL_ROOM_LISTED, "not all are listed");
    is_u64(listed, CL_ROOM_LISTED, "in the event neither");

    fill(&up, "b");
    cl_room_update(&rm, &up, "", 0);
    free(up.participants);
    is_u64(said, 1 + 2 * CL_ROOM_LISTED, "those left, and others came");

    memset(&up, 0, sizeof(up));
    cl_room_update(&rm, &up, "", 0);
    is_u64(rm.n, 0, "an empty list empties it");
    is_u64(rm.count, 0, "and the count");

    cl_room_done(&rm);
}


int
main(void)
{
    test_many();

    return done_testing();
}
