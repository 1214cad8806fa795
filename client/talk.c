/*
 * A whole call: the parts, what is due, when it is time to go, the end.  See
 * call.h.
 */

#include <signal.h>
#include <stdlib.h>

#include "call.h"
#include "event_log.h"
#include "metrics.h"
#include "say.h"


#define CL_TALK_DRAIN_NS         (300 * WZP_MS)      /* after the last frame      */
#define CL_TALK_DRAIN_REC_NS     (2 * WZP_SEC)       /* when recording as well    */


static bool
cl_talk_sink(void *ctx, const int16_t *pcm)
{
    cl_call_t  *cl;

    cl = ctx;

    if (cl->tap != NULL && cl->tap->heard != NULL) {
        cl->tap->heard(cl->tap->ctx, pcm);
    }

    if (cl->debrief != NULL) {
        cl_debrief_heard(cl->debrief, pcm, CL_TICK_SAMPLES);
    }

    if (cl->rec == NULL || cl_wav_write(cl->rec, pcm, CL_TICK_SAMPLES)) {
        return true;
    }

    cl->status = CL_IO;
    cl_call_leave(cl, cl_now());

    return false;
}


static void
cl_talk_packet(void *ctx, const wzp_packet_t *pk, uint64_t now_ns)
{
    cl_call_t  *cl;

    cl = ctx;

    if (cl->adapt != NULL) {
        cl_adapt_packet(cl->adapt, pk, now_ns);
    }

    if (cl->tap != NULL) {
        cl->tap->packet(cl->tap->ctx, pk, now_ns);
    }
}


/* A listener says what he hears. */

static void
cl_talk_view(void *ctx, uint16_t about, uint16_t from, float loss, float burst)
{
    cl_call_t  *cl;

    cl = ctx;

    if (cl->adapt != NULL && about == cl->stream_id) {
        cl_adapt_view(cl->adapt, from, loss, burst, cl_now());
    }
}


static void
cl_talk_talk(void *ctx, const cl_stream_t *sm, bool talking)
{
    cl_event("talking", json_pack("{s:i, s:s, s:s, s:b}",
                                  "stream_id", (int) sm->id,
                                  "fingerprint", sm->fp,
                                  "alias", sm->alias,
                                  "talking", talking));
    (void) ctx;
}


static void
cl_talk_who(void *ctx, cl_stream_t *sm)
{
    cl_call_t                *cl;
    const wzp_participant_t  *pt;

    cl = ctx;
    pt = cl_room_find(&cl->room, sm->id);

    if (pt != NULL) {
        memcpy(sm->fp, pt->fingerprint, sizeof(sm->fp));
        memcpy(sm->alias, pt->alias, sizeof(sm->alias));
    }
}


/* Is it time to go? */

static uint64_t
cl_talk_limits(cl_call_t *cl, uint64_t now_ns)
{
    uint64_t  end;

    end = UINT64_MAX;

    if (!cl->joined) {
        return end;
    }

    if (cl->op->duration_s >= 0) {
        end = cl->joined_ns + (uint64_t) (cl->op->duration_s * 1e9);

    } else if (cl->tx != NULL && cl_sender_over(cl->tx)) {

        if (cl->drain_ns == 0) {
            cl->drain_ns = now_ns + (cl->tap != NULL ? cl->tap->drain_ns
                                     : cl->rec != NULL
                                     ? CL_TALK_DRAIN_REC_NS
                                     : CL_TALK_DRAIN_NS);
            cl_event("sent_all", json_object());
        }

        end = cl->drain_ns;
    }

    if (now_ns >= end) {
        cl_call_leave(cl, now_ns);
        return UINT64_MAX;
    }

    return end;
}


/* How it shall be played. */

static void
cl_talk_delay(const cl_options_t *op, wzp_jitter_conf_t *conf)
{
    if (op->has_delay) {
        conf->start_ms = WZP_JITTER_START_MS;
        conf->min_ms = op->delay_min_ms;
        conf->max_ms = WZP_MAX(op->delay_max_ms, 1);
        conf->hold_ms = WZP_JITTER_HOLD_MS;
    }
}


static void
cl_talk_volumes(cl_call_t *cl)
{
    char    who[WZP_ALIAS_MAX + 1];
    float   db;
    size_t  i;

    for (i = 0; i < cl->op->nvolume; i++) {
        if (cl_options_volume(cl->op->volume[i], who, sizeof(who), &db)) {
            (void) cl_playout_volume(cl->po, who, db);
        }
    }
}


static cl_exit_t
cl_talk_parts(cl_call_t *cl)
{
    cl_exit_t          rc;
    cl_playout_conf_t  conf;

    /* Who measures says nothing. */

    rc = cl_sender_create(&cl->tx, cl->op, cl->tap == NULL);
    if (rc != CL_OK) {
        return rc;
    }

    if (cl->tx != NULL) {
        cl->adapt = cl_adapt_create(cl->op);

        if (cl->adapt == NULL) {
            return cl_fail(CL_INTERNAL, "no memory");
        }
    }

    if (cl->op->record != NULL) {
        cl->rec = cl_wav_create(cl->op->record);

        if (cl->rec == NULL) {
            return CL_IO;
        }
    }

    if (cl->op->metrics_file != NULL) {
        rc = cl_metrics_create(&cl->metrics, cl->op->metrics_file);

        if (rc != CL_OK) {
            return rc;
        }
    }

    if (cl->op->report != NULL) {
        rc = cl_debrief_create(&cl->debrief, cl->op, cl->me);

        if (rc != CL_OK) {
            return rc;
        }

        if (cl->tx != NULL) {
            cl_sender_listen(cl->tx, cl_debrief_sent, cl->debrief);
        }
    }

    memset(&conf, 0, sizeof(cl_playout_conf_t));
    conf.sink = cl->rec != NULL || cl->debrief != NULL
                || (cl->tap != NULL && cl->tap->heard != NULL)
                ? cl_talk_sink : NULL;
    conf.packet = cl_talk_packet;
    conf.view = cl_talk_view;
    conf.talk = cl_talk_talk;
    conf.who = cl_talk_who;
    conf.ctx = cl;
    cl_talk_delay(cl->op, &conf.delay);
    conf.pull = cl->op->live;

    cl->po = cl_playout_create(&conf);

    if (cl->po == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_talk_volumes(cl);

    rc = cl_live_create(cl);

    return rc == CL_OK
           ? cl_link_create(&cl->ln, cl->op, &cl_call_events, cl) : rc;
}


cl_exit_t
cl_talk_create(cl_call_t **out, const cl_options_t *op, const cl_me_t *me,
    const cl_tap_t *tap)
{
    cl_exit_t   rc;
    cl_call_t  *cl;

    *out = NULL;

    cl = calloc(1, sizeof(cl_call_t));
    if (cl == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl->op = op;
    cl->me = me;
    cl->tap = tap;
    cl->title = op->room;
    cl->start_ns = cl_now();
    cl->seen_ns = cl->start_ns;
    cl->wanted = WZP_PROFILE_GOOD;
    cl->limit = op->profile;
    cl->radio = op->ptt;
    cl->profile = WZP_PROFILE_GOOD;

    rc = cl_talk_parts(cl);

    if (rc != CL_OK) {
        cl_talk_destroy(cl);
        return rc;
    }

    cl_call_dial(cl);
    *out = cl;

    return CL_OK;
}


static uint64_t
cl_talk_quality(cl_call_t *cl, uint64_t now_ns)
{
    bool                changed;
    json_t             *ob;
    uint64_t            next;
    const wzp_adapt_t  *ad;

    next = cl_adapt_turn(cl->adapt, cl->tx, cl->po, &cl->qs, now_ns,
                         &changed);

    if (changed && cl_sender_source(cl->tx) != NULL) {
        ad = cl_adapt_state(cl->adapt);
        cl->profile = ad->profile;

        ob = cl_adapt_json(cl->adapt);

        if (ob != NULL) {
            (void) json_object_set_new(ob, "reason", json_string(ad->reason));
            cl_event("quality", ob);
        }
    }

    return next;
}


uint64_t
cl_talk_turn(cl_call_t *cl, uint64_t now_ns)
{
    uint64_t      next, due;
    wzp_qconn_t  *qc;

    next = cl_call_turn(cl, now_ns);

    due = cl_live_turn(cl, now_ns);
    next = WZP_MIN(next, due);

    if (cl->adapt != NULL && cl->state == CL_CALL_IN) {
        due = cl_talk_quality(cl, now_ns);
        next = WZP_MIN(next, due);
    }

    if (cl->tx != NULL && cl->state != CL_CALL_LEAVE) {
        qc = cl->state == CL_CALL_IN ? cl_link_conn(cl->ln) : NULL;
        due = cl_sender_turn(cl->tx, qc, now_ns);
        next = WZP_MIN(next, due);
    }

    due = cl_playout_turn(cl->po, now_ns);
    next = WZP_MIN(next, due);

    due = cl_talk_limits(cl, now_ns);
    next = WZP_MIN(next, due);

    due = cl_status_turn(cl, now_ns);
    next = WZP_MIN(next, due);

    if (cl->metrics != NULL) {
        due = cl_metrics_turn(cl->metrics, cl, now_ns);
        next = WZP_MIN(next, due);
    }

    due = cl_event_log_turn(cl->po, now_ns);

    return WZP_MIN(next, due);
}


void
cl_talk_signal(cl_call_t *cl, int signo, uint64_t now_ns)
{
    wzp_rc_t  rc;

    if (signo == SIGUSR1) {
        rc = cl_link_migrate(cl->ln, now_ns);

        if (rc != WZP_OK) {
            cl_warn("cannot move to another port now (%d)", (int) rc);
        }

        return;
    }

    if (signo == SIGUSR2) {
        cl_live_toggle(cl);
        return;
    }

    if (cl->interrupted) {
        cl->state = CL_CALL_OVER;               /* the second time: at once */
        return;
    }

    cl->interrupted = true;
    cl_call_leave(cl, now_ns);
}


cl_exit_t
cl_talk_finish(cl_call_t *cl)
{
    cl_exit_t  rc;

    cl_say_line(NULL);
    cl_status_report(cl);

    if (!cl_live_finish(cl) && cl->status == CL_OK) {
        cl->status = CL_IO;
    }

    if (cl->rec != NULL) {

        if (!cl_wav_finish(cl->rec) && cl->status == CL_OK) {
            cl->status = CL_IO;
        }

        cl->rec = NULL;
    }

    if (cl->debrief != NULL) {
        rc = cl_debrief_finish(cl->debrief);

        if (rc != CL_OK && cl->status == CL_OK) {
            cl->status = rc;
        }
    }

    return cl->status;
}


void
cl_talk_destroy(cl_call_t *cl)
{
    if (cl == NULL) {
        return;
    }

    cl_link_destroy(cl->ln);
    cl_audio_destroy(cl->au);
    cl_playout_destroy(cl->po);
    cl_adapt_destroy(cl->adapt);
    cl_metrics_destroy(cl->metrics);
    cl_sender_destroy(cl->tx);
    cl_debrief_destroy(cl->debrief);

    if (cl->rec != NULL) {
        (void) cl_wav_finish(cl->rec);
    }

    cl_room_done(&cl->room);
    free(cl);
}
