/*
 * Who is in the room: the newest list, and what changed.
 */

#ifndef _ROOM_H_INCLUDED_
#define _ROOM_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_signal.h"


typedef struct {
    wzp_participant_t  *list;           /* owned */
    size_t              n;
    uint32_t            count;          /* as the relay counts               */
    bool                known;          /* there was a list                  */
} cl_room_t;


void cl_room_done(cl_room_t *rm);

/* Take over a list; say who came and went (an event "room", and lines). */
void cl_room_update(cl_room_t *rm, const wzp_room_update_t *up,
    const char *my_fp, uint16_t my_id);

/* The member with this stream id, or NULL. */
const wzp_participant_t *cl_room_find(const cl_room_t *rm, uint16_t id);

/* It is us: my_id 0, or its, not known: by fingerprint alone. */
bool cl_room_is_me(const wzp_participant_t *pt, const char *my_fp,
    uint16_t my_id);

/* What to call a member: alias, else the beginning of the fingerprint. */
const char *cl_room_name(const char *alias, const char *fp, char buf[16]);


#endif /* _ROOM_H_INCLUDED_ */
