/*
 * What there is to be seen.  See view_fill.h.
 */

#include <stdio.h>

#include "view_fill.h"


#define CL_VIEW_LOOK_NS     WZP_SEC
#define CL_VIEW_LOUD_DB     -50.0f


/* ---- how well we hear them ---- */

/* A mean over some seconds, so that bars stand still long enough to be
 * read. */

static void
cl_view_share(double *pct, uint64_t part, uint64_t all)
{
    double  now;

    if (all > 0) {
        now = (double) WZP_MIN(part, all) * 100 / (double) all;
        *pct += (now - *pct) / 2;
    }
}


static uint64_t
cl_view_since(uint64_t *before, uint64_t now)
{
    uint64_t  d;

    /* Packets may come after they were given up. */

    d = now > *before ? now - *before : 0;
    *before = now;

    return d;
}


static void
cl_view_hear(cl_view_heard_t *hd, const cl_stream_t *sm)
{
    uint64_t            expected, missing, played, guessed;
    wzp_jitter_stats_t  st;

    if (hd->id != sm->id) {
        memset(hd, 0, sizeof(cl_view_heard_t));
        hd->id = sm->id;
    }

    cl_stream_jitter(sm, &st);

    expected = cl_view_since(&hd->expected, wzp_account_expected(&sm->acc));
    missing = cl_view_since(&hd->missing, wzp_account_missing(&sm->acc));
    played = cl_view_since(&hd->played, st.played);
    guessed = cl_view_since(&hd->guessed, sm->st.concealed_plc);

    cl_view_share(&hd->loss_pct, missing, expected);
    cl_view_share(&hd->guessed_pct, guessed, played + guessed);
}


static void
cl_view_hear_all(cl_view_fill_t *vf, const cl_call_t *cl, uint64_t now_ns)
{
    size_t  i;

    if (now_ns < vf->look_ns) {
        return;
    }

    vf->look_ns = now_ns + CL_VIEW_LOOK_NS;

    for (i = 0; i < cl_playout_count(cl->po); i++) {
        cl_view_hear(&vf->heard[i], cl_playout_stream(cl->po, i));
    }
}


/* ---- people ---- */

static int
cl_view_stream(const cl_call_t *cl, uint16_t id)
{
    size_t              i;
    const cl_stream_t  *sm;

    for (i = 0; id != 0 && i < cl_playout_count(cl->po); i++) {
        sm = cl_playout_stream(cl->po, i);

        if (sm->id == id && !sm->retired) {
            return (int) i;
        }
    }

    return -1;
}


static void
cl_view_person(const cl_view_fill_t *vf, cl_view_person_t *pe,
    const cl_call_t *cl, int stream)
{
    const cl_stream_t      *sm;
    wzp_jitter_stats_t      st;
    const cl_view_heard_t  *hd;

    if (stream < 0) {
        return;
    }

    sm = cl_playout_stream(cl->po, (size_t) stream);
    hd = &vf->heard[stream];

    cl_stream_jitter(sm, &st);

    pe->heard = true;
    pe->talking = sm->talking;
    pe->silenced = sm->muted;
    pe->level_db = sm->level_db;
    pe->volume_db = sm->volume_db;
    pe->loss_pct = hd->loss_pct;
    pe->wait_ms = sm->voice != NULL ? wzp_jitter_target(&sm->voice->jb) : 0;
    pe->bars = cl_view_bars(hd->loss_pct, st.jitter_us / 1000.0,
                            hd->guessed_pct);
}


static cl_view_person_t *
cl_view_next(cl_view_fill_t *vf, cl_view_state_t *vs, uint16_t id,
    const char *fp, int stream)
{
    cl_view_who_t     *wh;
    cl_view_person_t  *pe;

    wh = &vf->who[vs->n];
    pe = &vs->people[vs->n++];

    memset(pe, 0, sizeof(cl_view_person_t));
    memset(wh, 0, sizeof(cl_view_who_t));

    wh->id = id;
    wh->stream = stream;
    (void) snprintf(wh->fp, sizeof(wh->fp), "%s", fp);

    return pe;
}


static void
cl_view_member(cl_view_fill_t *vf, cl_view_state_t *vs, const cl_call_t *cl,
    const wzp_participant_t *pt)
{
    int                stream;
    char               buf[16];
    cl_view_person_t  *pe;

    stream = cl_view_stream(cl, pt->stream_id);
    pe = cl_view_next(vf, vs, pt->stream_id, pt->fingerprint, stream);

    (void) snprintf(pe->name, sizeof(pe->name), "%s%s%s%s",
                    cl_room_name(pt->alias, pt->fingerprint, buf),
                    pt->relay_label[0] != '\0' ? " (" : "", pt->relay_label,
                    pt->relay_label[0] != '\0' ? ")" : "");

    cl_playout_wanted(cl->po, pt->fingerprint, pt->alias, &pe->volume_db,
                      &pe->silenced);
    cl_view_person(vf, pe, cl, stream);
    pe->muted = pt->muted;
    pe->held = pt->held;
}


/* An existing relay does not tell whose packets these are. */

static void
cl_view_unknown(cl_view_fill_t *vf, cl_view_state_t *vs, const cl_call_t *cl,
    uint64_t now_ns)
{
    size_t              i;
    const cl_stream_t  *sm;
    cl_view_person_t   *pe;

    for (i = 0; i < cl_playout_count(cl->po) && vs->n < CL_VIEW_PEOPLE; i++) {
        sm = cl_playout_stream(cl->po, i);

        if (sm->id == 0 && !sm->retired
            && now_ns < sm->heard_ns + 10 * WZP_SEC)
        {
            pe = cl_view_next(vf, vs, 0, "", (int) i);
            (void) snprintf(pe->name, sizeof(pe->name), "(a voice)");
            cl_view_person(vf, pe, cl, (int) i);
        }
    }
}


static bool
cl_view_same(const cl_view_who_t *a, const cl_view_who_t *b)
{
    return a->id == b->id && strcmp(a->fp, b->fp) == 0
           && (a->fp[0] != '\0' || a->stream == b->stream);
}


/* Whoever was chosen stays so, wherever in the list; else who is there now. */

static void
cl_view_keep(cl_view_fill_t *vf, cl_view_state_t *vs)
{
    unsigned  i;

    for (i = 0; i < vs->n; i++) {
        if (cl_view_same(&vf->who[i], &vf->chosen)) {
            vs->selected = i;
            return;
        }
    }

    vs->selected = vs->n > 0 ? WZP_MIN(vs->selected, vs->n - 1) : 0;
    cl_view_choose(vf, vs, 0);
}


void
cl_view_choose(cl_view_fill_t *vf, const cl_view_state_t *vs, int step)
{
    int  i;

    i = (int) vs->selected + step;

    if (i >= 0 && i < (int) vs->n) {
        vf->chosen = vf->who[i];
    }
}


static void
cl_view_people(cl_view_fill_t *vf, cl_view_state_t *vs, const cl_call_t *cl,
    uint64_t now_ns)
{
    size_t                    i;
    const wzp_participant_t  *pt;

    vs->n = 0;
    vs->total = cl->room.count;

    for (i = 0; i < cl->room.n && vs->n < CL_VIEW_PEOPLE; i++) {
        pt = &cl->room.list[i];

        if (!cl_room_is_me(pt, cl->me->fp, cl->stream_id)) {
            cl_view_member(vf, vs, cl, pt);
        }
    }

    cl_view_unknown(vf, vs, cl, now_ns);
    cl_view_keep(vf, vs);
}


/* ---- ourselves ---- */

static void
cl_view_sends(cl_view_me_t *me, const cl_call_t *cl)
{
    char               copies[24];
    const wzp_plan_t  *plan;

    plan = cl_sender_planned(cl->tx);
    copies[0] = '\0';

    if (plan->ncopies > 0) {
        (void) snprintf(copies, sizeof(copies), " + %u cop%s", plan->ncopies,
                        plan->ncopies == 1 ? "y" : "ies");
    }

    (void) snprintf(me->sends, sizeof(me->sends), "%s%s%s%s%s",
                    wzp_codec_info((unsigned) plan->codec)->name, copies,
                    plan->dred_10ms > 0 ? " + DRED" : "",
                    plan->inband_fec ? " + FEC" : "",
                    plan->fec_ratio > 0 ? " + RaptorQ" : "");
}


static void
cl_view_me(cl_view_me_t *me, const cl_view_subject_t *su)
{
    const cl_call_t  *cl;

    cl = su->cl;
    memset(me, 0, sizeof(cl_view_me_t));
    (void) snprintf(me->name, sizeof(me->name), "%s", su->name);

    if (cl == NULL || cl->tx == NULL || cl_sender_source(cl->tx) == NULL
        || cl_sender_over(cl->tx))
    {
        me->voice = CL_VIEW_LISTENS;
        return;
    }

    me->metered = true;
    me->level_db = cl_sender_level(cl->tx);
    cl_view_sends(me, cl);

    if (cl->pressed || !(cl->muted || cl->radio)) {
        me->voice = me->level_db > CL_VIEW_LOUD_DB ? CL_VIEW_SPEAKS
                                                   : CL_VIEW_QUIET;

    } else {
        me->voice = cl->muted ? CL_VIEW_MUTED : CL_VIEW_WAITS;
    }
}


void
cl_view_fill(cl_view_fill_t *vf, cl_view_state_t *vs,
    const cl_view_subject_t *su, uint64_t now_ns)
{
    const cl_call_t  *cl;

    cl = su->cl;

    vs->title = cl != NULL ? cl->title : su->title;
    vs->relay = cl != NULL ? cl_link_where(cl->ln) : su->relay;
    vs->caller = su->caller;
    vs->phone = su->phone;
    cl_view_me(&vs->me, su);

    if (cl == NULL) {
        vs->stage = CL_VIEW_IDLE;
        vs->n = 0;
        vs->total = 0;
        return;
    }

    vs->stage = cl->state == CL_CALL_IN || cl->state == CL_CALL_LEAVE
                ? CL_VIEW_IN : CL_VIEW_DIALS;
    vs->seconds = cl->joined ? (now_ns - cl->joined_ns) / WZP_SEC : 0;
    vs->rtt_ms = (double) cl->qs.rtt_ns / 1e6;
    vs->loss_pct = cl->loss_pct;
    vs->jitter_ms = cl_playout_jitter(cl->po);
    vs->in_kbps = cl->in_bps / 1000;
    vs->out_kbps = cl->out_bps / 1000;

    cl_view_hear_all(vf, cl, now_ns);
    cl_view_people(vf, vs, cl, now_ns);
}
