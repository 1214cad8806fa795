/*
 * Who is in the room.  See room.h.
 */

#include <stdio.h>
#include <stdlib.h>

#include "event_log.h"
#include "room.h"
#include "say.h"


/* More are counted and not listed: comparing two lists takes the product of
 * their lengths. */
#define CL_ROOM_LISTED  2048


void
cl_room_done(cl_room_t *rm)
{
    free(rm->list);
    memset(rm, 0, sizeof(cl_room_t));
}


const char *
cl_room_name(const char *alias, const char *fp, char buf[16])
{
    if (alias[0] != '\0') {
        return alias;
    }

    if (fp[0] == '\0') {
        return "somebody";
    }

    (void) snprintf(buf, 16, "%.9s...", fp);

    return buf;
}


const wzp_participant_t *
cl_room_find(const cl_room_t *rm, uint16_t id)
{
    size_t  i;

    for (i = 0; i < rm->n; i++) {
        if (rm->list[i].stream_id == id && id != 0) {
            return &rm->list[i];
        }
    }

    return NULL;
}


static bool
cl_room_same(const wzp_participant_t *a, const wzp_participant_t *b)
{
    return a->stream_id == b->stream_id
           && strcmp(a->fingerprint, b->fingerprint) == 0
           && strcmp(a->relay_label, b->relay_label) == 0;
}


static const wzp_participant_t *
cl_room_in(const wzp_participant_t *list, size_t n,
    const wzp_participant_t *pt)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (cl_room_same(&list[i], pt)) {
            return &list[i];
        }
    }

    return NULL;
}


bool
cl_room_is_me(const wzp_participant_t *pt, const char *fp, uint16_t id)
{
    return strcmp(pt->fingerprint, fp) == 0
           && (pt->stream_id == 0 || id == 0 || pt->stream_id == id);
}


static void
cl_room_event(const cl_room_t *rm, const char *fp, uint16_t id)
{
    size_t                    i;
    json_t                   *list;
    const wzp_participant_t  *pt;

    list = json_array();

    for (i = 0; list != NULL && i < rm->n; i++) {
        pt = &rm->list[i];

        (void) json_array_append_new(list,
            json_pack("{s:s, s:s, s:s, s:i, s:b, s:b, s:b}",
                      "fingerprint", pt->fingerprint,
                      "alias", pt->alias,
                      "relay_label", pt->relay_label,
                      "stream_id", (int) pt->stream_id,
                      "muted", pt->muted,
                      "held", pt->held,
                      "you", cl_room_is_me(pt, fp, id)));
    }

    cl_event("room", json_pack("{s:I, s:o}", "count", (json_int_t) rm->count,
                               "participants", list));
}


static void
cl_room_say_one(const wzp_participant_t *pt, const char *what)
{
    char  buf[16];

    cl_event_log("member", json_pack("{s:s, s:s, s:s, s:s}",
                                     "fingerprint", pt->fingerprint,
                                     "relay", pt->relay_label,
                                     "action", what, "alias", pt->alias));

    cl_say("%s%s%s%s%s", cl_room_name(pt->alias, pt->fingerprint, buf),
           pt->relay_label[0] ? " (" : "", pt->relay_label,
           pt->relay_label[0] ? ") " : " ", what);
}


/* The first list: everybody in one line. */

static void
cl_room_say_all(const cl_room_t *rm, const char *fp, uint16_t id)
{
    char                      text[512], buf[16];
    size_t                    i, len;
    const wzp_participant_t  *pt;

    len = 0;
    text[0] = '\0';

    for (i = 0; i < rm->n && len < sizeof(text) - 1; i++) {
        pt = &rm->list[i];

        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%s%s",
                                 i ? ", " : "",
                                 cl_room_name(pt->alias, pt->fingerprint, buf),
                                 cl_room_is_me(pt, fp, id) ? " (you)" : "");
    }

    cl_say("in the room: %s", text);
}


static void
cl_room_say(const cl_room_t *rm, const wzp_participant_t *old, size_t nold)
{
    size_t                    i;
    const wzp_participant_t  *was, *pt;

    for (i = 0; i < nold; i++) {
        if (cl_room_in(rm->list, rm->n, &old[i]) == NULL) {
            cl_room_say_one(&old[i], "left");
        }
    }

    for (i = 0; i < rm->n; i++) {
        pt = &rm->list[i];
        was = cl_room_in(old, nold, pt);

        if (was == NULL) {
            cl_room_say_one(pt, "joined");
            continue;
        }

        if (was->muted != pt->muted) {
            cl_room_say_one(pt, pt->muted ? "is muted" : "is not muted");
        }

        if (was->held != pt->held) {
            cl_room_say_one(pt, pt->held ? "is on hold" : "is back");
        }
    }
}


void
cl_room_update(cl_room_t *rm, const wzp_room_update_t *up, const char *my_fp,
    uint16_t my_id)
{
    bool                first;
    size_t              n, nold;
    wzp_participant_t  *list, *old;

    n = WZP_MIN(up->nparticipants, CL_ROOM_LISTED);

    list = calloc(n + 1, sizeof(wzp_participant_t));
    if (list == NULL) {
        return;
    }

    if (n != 0) {
        memcpy(list, up->participants, n * sizeof(wzp_participant_t));
    }

    old = rm->list;
    nold = rm->n;
    first = !rm->known;

    rm->list = list;
    rm->n = n;
    rm->count = up->count;
    rm->known = true;

    cl_room_event(rm, my_fp, my_id);

    if (first) {
        cl_room_say_all(rm, my_fp, my_id);

    } else {
        cl_room_say(rm, old, nold);
    }

    free(old);
}
