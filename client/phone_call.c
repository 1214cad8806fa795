/*
 * The room of a direct call.  See phone.h.
 */

#include <stdio.h>

#include "phone.h"
#include "say.h"


#define CL_PHONE_ALONE_NS   (30 * WZP_SEC)


/* talk.wav, talk-2.wav, talk-3.wav, ...: no call overwrites another. */

static const char *
cl_phone_file(const cl_phone_t *ph, const char *name, char buf[CL_PATH_MAX])
{
    size_t       stem;
    const char  *base, *dot;

    if (name == NULL || ph->calls < 2) {
        return name;
    }

    base = strrchr(name, '/');
    base = base != NULL ? base + 1 : name;
    dot = strrchr(base, '.');
    stem = dot != NULL && dot > base ? (size_t) (dot - name) : strlen(name);

    (void) snprintf(buf, CL_PATH_MAX, "%.*s-%u%s", (int) stem, name,
                    ph->calls, name + stem);

    return buf;
}


/*
 * The room is entered where we are registered, whatever address the relay
 * believes to have: it may be behind NAT, and this one is known to work and is
 * the one that we trust.
 */

static void
cl_phone_enter(cl_phone_t *ph)
{
    char       buf[16];
    cl_exit_t  rc;

    ph->calls++;
    ph->alone_ns = 0;

    memcpy(ph->room, ph->dl.room, sizeof(ph->room));
    (void) snprintf(ph->title, sizeof(ph->title), "call with %s",
                    ph->with.contact != NULL
                    ? ph->with.contact
                    : cl_room_name(ph->dl.alias, ph->with.fp, buf));

    ph->call_op = *ph->op;
    ph->call_op.room = ph->room;
    memcpy(ph->call_op.sni, ph->room, sizeof(ph->room));
    ph->call_op.record = cl_phone_file(ph, ph->op->record, ph->record);
    ph->call_op.report = cl_phone_file(ph, ph->op->report, ph->report);

    rc = cl_talk_create(&ph->cl, &ph->call_op, &ph->me, NULL);

    if (rc != CL_OK) {
        cl_phone_leave(ph, rc);
        cl_dial_hangup(&ph->dl, WZP_HANGUP_ERROR);
        return;
    }

    ph->cl->title = ph->title;
    ph->cl->pair = true;
    ph->loop.also = ph->cl->ln;
    ph->loop.audio = ph->cl->au;
}


static void
cl_phone_exit(cl_phone_t *ph)
{
    cl_exit_t  status;

    status = cl_talk_finish(ph->cl);

    ph->loop.also = NULL;
    ph->loop.audio = NULL;
    cl_talk_destroy(ph->cl);
    ph->cl = NULL;

    if (ph->op->once || ph->op->mode == CL_MODE_DIAL) {
        cl_phone_leave(ph, status);
    }

    /* Whoever interrupts a call wants to know that its recording failed. */

    if (ph->leaving && ph->status == CL_OK) {
        ph->status = status;
    }

    cl_phone_ended(ph);
}


/* Somebody whose machine died does not hang up. */

static uint64_t
cl_phone_alone(cl_phone_t *ph, uint64_t now_ns)
{
    if (ph->cl->state != CL_CALL_IN || ph->cl->room.count > 1) {
        ph->alone_ns = 0;
        return UINT64_MAX;
    }

    if (ph->alone_ns == 0) {
        ph->alone_ns = now_ns;
    }

    if (now_ns - ph->alone_ns >= CL_PHONE_ALONE_NS) {
        cl_say("nobody else is here any more");
        cl_call_leave(ph->cl, now_ns);
    }

    return ph->alone_ns + CL_PHONE_ALONE_NS;
}


uint64_t
cl_phone_call_turn(cl_phone_t *ph, uint64_t now_ns)
{
    uint64_t  next, due;

    if (ph->cl == NULL) {

        if (ph->dl.state != CL_DIAL_TALKING) {
            return UINT64_MAX;
        }

        cl_phone_enter(ph);

        return now_ns;
    }

    next = cl_talk_turn(ph->cl, now_ns);

    due = cl_phone_alone(ph, now_ns);
    next = WZP_MIN(next, due);

    /* The other side shall know at once. */

    if ((ph->cl->state == CL_CALL_LEAVE || ph->cl->state == CL_CALL_OVER)
        && ph->dl.state == CL_DIAL_TALKING && !ph->with.over)
    {
        cl_dial_hangup(&ph->dl, WZP_HANGUP_NORMAL);
    }

    if (ph->cl->state == CL_CALL_OVER) {
        cl_phone_exit(ph);
        return now_ns;
    }

    return next;
}
