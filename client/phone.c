/*
 * Direct calls.  See phone.h.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "modes.h"
#include "phone.h"
#include "say.h"
#include "source.h"


/* ---- who it is about ---- */

void
cl_phone_name(const cl_phone_t *ph, const uint8_t fp[WZP_FP_SIZE],
    const char *alias, char name[CL_PHONE_NAME])
{
    char                  text[WZP_FP_TEXT_LEN + 1];
    const cl_contact_t   *ct;

    ct = cl_contacts_of(&ph->contacts, fp);
    wzp_fp_text(text, fp);

    /* Anybody can take any alias. */

    if (ct != NULL) {
        (void) snprintf(name, CL_PHONE_NAME, "%s", ct->name);

    } else if (alias[0] != '\0') {
        (void) snprintf(name, CL_PHONE_NAME, "\"%s\" (%s)", alias, text);

    } else {
        (void) snprintf(name, CL_PHONE_NAME, "%s", text);
    }
}


void
cl_phone_meet(cl_phone_t *ph)
{
    cl_phone_party_t    *pa;
    const cl_contact_t  *ct;

    pa = &ph->with;

    memset(pa, 0, sizeof(cl_phone_party_t));

    ct = cl_contacts_of(&ph->contacts, ph->dl.peer);
    pa->contact = ct != NULL ? ct->name : NULL;
    pa->open = true;
    memcpy(pa->id, ph->dl.id, sizeof(pa->id));
    wzp_fp_text(pa->fp, ph->dl.peer);
    cl_phone_name(ph, ph->dl.peer, ph->dl.alias, pa->name);
}


static json_t *
cl_phone_party(const cl_phone_party_t *pa)
{
    return json_pack("{s:s, s:s, s:s?}", "call_id", pa->id, "fingerprint",
                     pa->fp, "contact", pa->contact);
}


/* ---- how it ended ---- */

static void
cl_phone_ended_say(const cl_phone_t *ph)
{
    const cl_phone_party_t  *pa;

    static const char *const  what[] = {
        [CL_DIAL_HUNG_UP] = " has hung up",
        [CL_DIAL_CANCELLED] = " has given up",
        [CL_DIAL_NOT_FOUND] = " is not at this relay, nor at one that it "
                              "knows",
        [CL_DIAL_DECLINED] = " does not want to talk",
        [CL_DIAL_ENGAGED] = " is talking to somebody else",
        [CL_DIAL_ELSEWHERE] = ": answered at another device of yours",
        [CL_DIAL_NO_ANSWER] = ": no answer",
        [CL_DIAL_FAILED] = ": the call did not come about"
    };

    pa = &ph->with;

    if (!pa->outgoing && pa->why == CL_DIAL_NO_ANSWER) {
        cl_say("missed: a call from %s", pa->name);

    } else if (pa->by_us && pa->why == CL_DIAL_HUNG_UP) {
        cl_say("hung up: %s", pa->name);

    } else if (pa->by_us && pa->why == CL_DIAL_CANCELLED) {
        cl_say("given up: %s", pa->name);

    } else if (pa->by_us && pa->why == CL_DIAL_DECLINED) {
        cl_say("turned away: %s", pa->name);

    } else {
        cl_say("%s%s", pa->name, what[pa->why]);
    }
}


/* An exit status that says how it went: to who called, and with --once to who
 * was, if it was anybody whose calls are wanted. */

static void
cl_phone_status(cl_phone_t *ph)
{
    const cl_phone_party_t  *pa;

    pa = &ph->with;

    if (ph->op->mode == CL_MODE_DIAL) {
        cl_phone_leave(ph, cl_dial_why_exit(pa->why));

    } else if (ph->op->once && !pa->unwanted) {
        cl_phone_leave(ph, pa->by_us ? CL_OK
                           : pa->why == CL_DIAL_CANCELLED ? CL_NO_ANSWER
                           : cl_dial_why_exit(pa->why));
    }
}


void
cl_phone_ended(cl_phone_t *ph)
{
    json_t            *ob;
    cl_phone_party_t  *pa;

    pa = &ph->with;

    if (!pa->open || !pa->over || ph->cl != NULL) {
        return;
    }

    pa->open = false;
    ph->asking = false;

    ob = cl_phone_party(pa);

    if (ob != NULL) {
        (void) json_object_set_new(ob, "reason",
                                   json_string(cl_dial_why_name(pa->why)));
        (void) json_object_set_new(ob, "by_us", json_boolean(pa->by_us));
    }

    cl_event("call_ended", ob);
    cl_phone_ended_say(ph);

    cl_phone_status(ph);
}


static void
cl_phone_over(cl_phone_t *ph)
{
    cl_phone_party_t  *pa;

    pa = &ph->with;

    /* One that came and went in a single turn: nobody was told yet. */

    if (!pa->open && ph->cl == NULL && !ph->dl.outgoing) {
        cl_phone_meet(ph);
    }

    /* A call that came and went while the last one was being put away. */

    if (!pa->open || pa->over || strcmp(pa->id, ph->dl.id) != 0) {
        return;
    }

    pa->over = true;
    pa->why = ph->dl.why;
    pa->by_us = ph->dl.by_us;
    pa->outgoing = ph->dl.outgoing;

    if (ph->cl != NULL) {
        cl_call_leave(ph->cl, cl_now());
    }

    cl_phone_ended(ph);
}


void
cl_phone_leave(cl_phone_t *ph, cl_exit_t status)
{
    if (!ph->leaving) {
        ph->leaving = true;
        ph->status = status;
    }
}


/* ---- news of the call ---- */

static void
cl_phone_dial(cl_phone_t *ph)
{
    char     id[CL_CALL_ID_LEN + 1];
    bool     again;
    uint8_t  random[16];

    again = ph->dl.state != CL_DIAL_IDLE;

    cl_random(NULL, random, sizeof(random));
    cl_dial_id(id, random);
    cl_dial_call(&ph->dl, ph->target, id, cl_now());
    cl_phone_meet(ph);

    cl_event("calling", cl_phone_party(&ph->with));

    if (!again) {
        cl_say("calling %s ...", ph->with.name);
    }
}


static void
cl_phone_send(void *ctx, const wzp_signal_t *sg)
{
    cl_phone_t  *ph;

    ph = ctx;
    cl_reach_send(ph->re, sg);
}


static void
cl_phone_busy(const cl_phone_t *ph)
{
    char  fp[WZP_FP_TEXT_LEN + 1], name[CL_PHONE_NAME];

    wzp_fp_text(fp, ph->dl.other);
    cl_phone_name(ph, ph->dl.other, ph->dl.other_alias, name);

    cl_event("busy", json_pack("{s:s, s:s}", "fingerprint", fp, "alias",
                               ph->dl.other_alias));
    cl_say("%s has called meanwhile", name);
}


static void
cl_phone_news(void *ctx, cl_dial_news_t news)
{
    json_t      *ob;
    cl_phone_t  *ph;

    ph = ctx;

    switch (news) {

    case CL_DIAL_RINGS:
        cl_event("ringing", cl_phone_party(&ph->with));
        cl_say("it rings at %s ...", ph->with.name);
        break;

    case CL_DIAL_INCOMING:                      /* see cl_phone_turn */
        break;

    case CL_DIAL_ACCEPTED:

        /* Where two calls met it may be the other one. */

        memcpy(ph->with.id, ph->dl.id, sizeof(ph->with.id));
        cl_event("accepted", cl_phone_party(&ph->with));
        cl_say("%s answers", ph->with.name);
        break;

    case CL_DIAL_SETUP:
        ob = cl_phone_party(&ph->with);

        if (ob != NULL) {
            (void) json_object_set_new(ob, "room", json_string(ph->dl.room));
            (void) json_object_set_new(ob, "relay_addr",
                                       json_string(ph->dl.relay));
        }

        cl_event("call_setup", ob);
        break;

    case CL_DIAL_FORGOTTEN:
        cl_phone_dial(ph);
        break;

    case CL_DIAL_BUSY:
        cl_phone_busy(ph);
        break;

    case CL_DIAL_OVER:
        cl_phone_over(ph);
        break;
    }
}


/* ---- the registration ---- */

static void
cl_phone_registered(void *ctx)
{
    cl_phone_t  *ph;

    ph = ctx;

    if (ph->leaving) {
        return;
    }

    cl_dial_registered(&ph->dl, ph->re->extended,
                       ph->re->entered_ns - ph->re->lost_ns);

    if (ph->registered) {
        cl_say("registered again");
        return;
    }

    ph->registered = true;

    if (ph->op->mode == CL_MODE_DIAL) {
        cl_phone_dial(ph);
        return;
    }

    cl_say("registered at %s as %s (%s), waiting for calls",
           cl_link_where(ph->re->ln), ph->me.alias, ph->me.fp);
}


static void
cl_phone_signal(void *ctx, const wzp_signal_t *sg)
{
    cl_phone_t  *ph;

    ph = ctx;
    cl_dial_signal(&ph->dl, sg, cl_now());
}


/* ---- the loop ---- */

static void
cl_phone_on_signal(void *ctx, int signo, uint64_t now_ns)
{
    cl_phone_t  *ph;

    ph = ctx;

    if (ph->vw != NULL && cl_view_signal(ph->vw, signo)) {
        return;
    }

    if (signo == SIGUSR1 || signo == SIGUSR2) {

        if (ph->cl != NULL) {
            cl_talk_signal(ph->cl, signo, now_ns);
        }

        if (signo == SIGUSR1
            && cl_link_migrate(ph->re->ln, now_ns) != WZP_OK)
        {
            cl_warn("cannot move the registration to another port now");
        }

        return;
    }

    if (ph->interrupted) {
        ph->loop.done = true;                   /* the second time: at once */
        return;
    }

    ph->interrupted = true;
    cl_phone_leave(ph, CL_OK);
    cl_dial_hangup(&ph->dl, WZP_HANGUP_NORMAL);
}


static uint64_t
cl_phone_parts(cl_phone_t *ph, uint64_t now_ns)
{
    uint64_t  next, due;

    next = cl_reach_turn(ph->re, now_ns);

    due = cl_dial_turn(&ph->dl, now_ns);
    next = WZP_MIN(next, due);

    due = cl_phone_call_turn(ph, now_ns);
    next = WZP_MIN(next, due);

    if (ph->dl.state == CL_DIAL_ASKED && ph->cl == NULL && !ph->asking) {
        cl_phone_incoming(ph, now_ns);
    }

    if (ph->cl != NULL) {
        return next;
    }

    /* A registration that is gone for good has said so. */

    if (ph->re->state == CL_REACH_OVER) {
        cl_phone_leave(ph, ph->re->status);
        ph->loop.done = true;

    } else if (ph->leaving) {
        cl_reach_leave(ph->re, now_ns);
        due = cl_reach_turn(ph->re, now_ns);
        next = WZP_MIN(next, due);
        ph->loop.done = ph->re->state == CL_REACH_OVER;
    }

    return next;
}


static uint64_t
cl_phone_turn(void *ctx, uint64_t now_ns)
{
    uint64_t            next, due;
    cl_phone_t         *ph;
    cl_view_subject_t   su;

    ph = ctx;
    next = cl_phone_parts(ph, now_ns);

    if (ph->vw != NULL) {
        cl_phone_subject(ph, &su);
        due = cl_view_turn(ph->vw, &su, now_ns);
        next = WZP_MIN(next, due);
    }

    return next;
}


/* ---- life ---- */

static cl_exit_t
cl_phone_prepare(cl_phone_t *ph)
{
    cl_exit_t     rc;
    cl_source_t  *src;

    /* A file or a device that is not there shall not be missed by the first caller. */

    rc = cl_source_create(&src, ph->op);
    cl_source_destroy(src);

    if (rc == CL_OK) {
        rc = cl_live_check(ph->op);
    }

    if (rc == CL_OK) {
        rc = cl_contacts_load(&ph->contacts);
    }

    if (rc == CL_OK) {
        rc = cl_me_load(&ph->me, ph->op);
    }

    if (rc == CL_OK && ph->op->mode == CL_MODE_DIAL) {
        rc = cl_contacts_who(&ph->contacts, ph->op->who, ph->target);

        if (rc == CL_OK
            && memcmp(ph->target, ph->me.id.fp, WZP_FP_SIZE) == 0)
        {
            rc = cl_fail(CL_USAGE, "--call: that is yourself");
        }
    }

    return rc == CL_OK ? cl_phone_ask_init(ph) : rc;
}


static cl_exit_t
cl_phone_run(cl_phone_t *ph)
{
    bool            screen;
    cl_exit_t       rc;
    cl_dial_conf_t  conf;

    static const cl_reach_events_t  events = {
        .registered = cl_phone_registered,
        .signal = cl_phone_signal
    };

    screen = cl_view_wanted(ph->op);
    rc = screen ? cl_loop_screen(&ph->loop) : CL_OK;

    if (rc == CL_OK) {
        rc = cl_phone_prepare(ph);
    }

    if (rc != CL_OK) {
        return rc;
    }

    memset(&conf, 0, sizeof(cl_dial_conf_t));
    conf.send = cl_phone_send;
    conf.news = cl_phone_news;
    conf.ctx = ph;
    conf.ring_ns = (uint64_t) (ph->op->ring_s * 1e9);
    memcpy(conf.pub, ph->me.id.pub, WZP_KEY_SIZE);
    memcpy(conf.alias, ph->me.alias, sizeof(conf.alias));

    cl_dial_init(&ph->dl, &conf);

    rc = cl_reach_create(&ph->re, ph->op, &ph->me, &events, ph);
    if (rc != CL_OK) {
        return rc;
    }

    ph->loop.ln = ph->re->ln;
    ph->loop.turn = cl_phone_turn;
    ph->loop.signal = cl_phone_on_signal;
    ph->loop.read = cl_phone_typed;
    ph->loop.ctx = ph;

    if (screen) {
        ph->vw = cl_view_create(&ph->loop);
    }

    cl_loop_run(&ph->loop);

    /* Interrupted twice, in a call: what was recorded is complete, whatever
     * the terminal is up to. */

    if (ph->cl != NULL) {
        (void) cl_talk_finish(ph->cl);
    }

    cl_view_destroy(ph->vw);
    ph->vw = NULL;

    return ph->status;
}


cl_exit_t
cl_mode_phone(const cl_options_t *op)
{
    cl_exit_t    rc;
    cl_phone_t  *ph;

    ph = calloc(1, sizeof(cl_phone_t));
    if (ph == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    ph->op = op;

    rc = cl_loop_init(&ph->loop);

    if (rc == CL_OK) {
        rc = cl_phone_run(ph);
    }

    cl_talk_destroy(ph->cl);
    cl_reach_destroy(ph->re);
    cl_contacts_done(&ph->contacts);
    wzp_ident_wipe(&ph->me.id);
    cl_loop_done(&ph->loop);
    free(ph);

    return rc;
}
