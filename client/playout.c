/*
 * All streams together.  See playout.h.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "playout.h"
#include "wzp/wzp_mix.h"


#define CL_TICK_NS          (10 * WZP_MS)
#define CL_STALL_NS         (5 * WZP_SEC)       /* nobody listens: skip it   */
#define CL_TALK_NS          (500 * WZP_MS)
#define CL_REST_NS          (30 * WZP_SEC)      /* then the decoder goes     */
#define CL_PREFIX_MIN       4           /* digits of a fingerprint           */


/* What somebody's sound shall be like. */
typedef struct {
    char   who[WZP_ALIAS_MAX + 1];
    bool   has_db;
    bool   has_muted;
    float  db;
    bool   muted;
} cl_volume_t;


struct cl_playout_s {
    cl_playout_conf_t  conf;
    bool               started;
    uint64_t           tick_ns;         /* next                              */
    cl_stream_t       *streams[CL_STREAMS_MAX];
    size_t             n;
    unsigned           voices;
    uint64_t           malformed;
    uint64_t           evicted;
    wzp_mix_t          mix;
    cl_volume_t        volumes[CL_VOLUMES_MAX];
    size_t             nvolumes;
};


static void cl_playout_wishes(cl_playout_t *po, cl_stream_t *sm);


cl_playout_t *
cl_playout_create(const cl_playout_conf_t *conf)
{
    cl_playout_t  *po;

    po = calloc(1, sizeof(cl_playout_t));

    if (po != NULL) {
        po->conf = *conf;
        wzp_mix_init(&po->mix);
    }

    return po;
}


void
cl_playout_destroy(cl_playout_t *po)
{
    size_t  i;

    if (po == NULL) {
        return;
    }

    for (i = 0; i < po->n; i++) {
        cl_stream_destroy(po->streams[i]);
    }

    free(po);
}


void
cl_playout_start(cl_playout_t *po, uint64_t now_ns)
{
    if (!po->started) {
        po->started = true;
        po->tick_ns = now_ns;
    }
}


/* Packets without a stream id: the sender whose numbers are nearest. */

static cl_stream_t *
cl_playout_guess(cl_playout_t *po, uint16_t seq)
{
    size_t        i;
    int32_t       d, best;
    cl_stream_t  *sm, *found;

    best = INT32_MAX;
    found = NULL;

    for (i = 0; i < po->n; i++) {
        sm = po->streams[i];

        if (sm->id != 0 || sm->retired) {
            continue;
        }

        d = wzp_account_distance(&sm->acc, seq);

        if (d < best) {
            best = d;
            found = sm;
        }
    }

    return found;
}


static cl_stream_t *
cl_playout_find(cl_playout_t *po, uint16_t id)
{
    size_t  i;

    for (i = 0; i < po->n; i++) {
        if (po->streams[i]->id == id && !po->streams[i]->retired) {
            return po->streams[i];
        }
    }

    return NULL;
}


/* The stream that was silent for the longest time. */

static size_t
cl_playout_oldest(const cl_playout_t *po, bool with_voice)
{
    size_t  i, oldest;

    oldest = CL_STREAMS_MAX;

    for (i = 0; i < po->n; i++) {

        if (with_voice && po->streams[i]->voice == NULL) {
            continue;
        }

        if (oldest == CL_STREAMS_MAX
            || po->streams[i]->heard_ns < po->streams[oldest]->heard_ns)
        {
            oldest = i;
        }
    }

    return oldest;
}


static void
cl_playout_sleep(cl_playout_t *po, cl_stream_t *sm)
{
    if (sm->voice != NULL) {
        cl_stream_sleep(sm);
        po->voices--;
    }
}


static cl_stream_t *
cl_playout_new(cl_playout_t *po, uint16_t id)
{
    size_t        i;
    cl_stream_t  *sm;

    sm = cl_stream_create(id);
    if (sm == NULL) {
        return NULL;
    }

    i = po->n;

    if (i == CL_STREAMS_MAX) {
        i = cl_playout_oldest(po, false);
        cl_playout_sleep(po, po->streams[i]);
        cl_stream_destroy(po->streams[i]);
        po->evicted++;

    } else {
        po->n++;
    }

    po->streams[i] = sm;

    if (id != 0 && po->conf.who != NULL) {
        po->conf.who(po->conf.ctx, sm);
        cl_playout_wishes(po, sm);
    }

    return sm;
}


static void
cl_playout_wake(cl_playout_t *po, cl_stream_t *sm)
{
    if (sm->voice != NULL) {
        return;
    }

    if (po->voices == CL_VOICES_MAX) {
        cl_playout_sleep(po, po->streams[cl_playout_oldest(po, true)]);
    }

    if (cl_stream_wake(sm, po->conf.delay.max_ms ? &po->conf.delay : NULL,
                       po->conf.sink != NULL || po->conf.pull))
    {
        po->voices++;
    }
}


void
cl_playout_put(cl_playout_t *po, const uint8_t *data, size_t len,
    uint64_t now_ns)
{
    cl_stream_t   *sm;
    wzp_packet_t   pk;

    if (wzp_packet_parse(&pk, data, len) != WZP_OK) {
        po->malformed++;
        return;
    }

    if (po->conf.packet != NULL) {
        po->conf.packet(po->conf.ctx, &pk, now_ns);
    }

    if (po->conf.view != NULL) {
        cl_stream_views(&pk, po->conf.view, po->conf.ctx);
    }

    sm = pk.stream_id != 0 ? cl_playout_find(po, pk.stream_id)
                           : cl_playout_guess(po, pk.seq);

    if (sm == NULL) {

        /* Who has not spoken yet is none: there is nothing to be heard. */

        if (pk.stream_id != 0 && pk.codec == WZP_CODEC_COMFORT_NOISE) {
            return;
        }

        sm = cl_playout_new(po, pk.stream_id);

        if (sm == NULL) {
            return;
        }
    }

    sm->heard_ns = now_ns;
    cl_playout_wake(po, sm);
    cl_stream_put(sm, &pk, now_ns);
}


void
cl_playout_name(cl_playout_t *po, uint16_t id, const char *fp,
    const char *alias)
{
    cl_stream_t  *sm;

    sm = id != 0 ? cl_playout_find(po, id) : NULL;

    /* The same id, another member: a new account. */

    if (sm != NULL && sm->fp[0] != '\0' && strcmp(sm->fp, fp) != 0) {
        sm->retired = true;
        cl_playout_sleep(po, sm);
        return;
    }

    if (sm == NULL) {
        return;
    }

    (void) snprintf(sm->fp, sizeof(sm->fp), "%s", fp);
    (void) snprintf(sm->alias, sizeof(sm->alias), "%s", alias);
    cl_playout_wishes(po, sm);
}


/* Is this text the beginning of the fingerprint? */

static bool
cl_playout_prefix(const char *fp, const char *text)
{
    unsigned  n;

    n = 0;

    while (*text != '\0' && *fp != '\0') {

        if (*text == ':') {
            text++;

        } else if (*fp == ':') {
            fp++;

        } else if (*text != *fp && (*text | 0x20) != *fp) {
            return false;

        } else {
            text++;
            fp++;
            n++;
        }
    }

    return *text == '\0' && n >= CL_PREFIX_MIN;
}


static bool
cl_playout_meant(const char *fp, const char *alias, const char *who)
{
    return strcasecmp(alias, who) == 0 || cl_playout_prefix(fp, who);
}


static void
cl_playout_wish(cl_stream_t *sm, const cl_volume_t *vl)
{
    if (cl_playout_meant(sm->fp, sm->alias, vl->who)) {

        if (vl->has_db) {
            sm->volume_db = vl->db;
        }

        if (vl->has_muted) {
            sm->muted = vl->muted;
        }
    }
}


static void
cl_playout_wishes(cl_playout_t *po, cl_stream_t *sm)
{
    size_t  i;

    for (i = 0; i < po->nvolumes; i++) {
        cl_playout_wish(sm, &po->volumes[i]);
    }
}


/* The entry for this name, the last of all; NULL: there is no room. */

static cl_volume_t *
cl_playout_entry(cl_playout_t *po, const char *who)
{
    size_t       i;
    cl_volume_t  vl;

    for (i = 0; i < po->nvolumes; i++) {
        if (strcasecmp(po->volumes[i].who, who) == 0) {
            break;
        }
    }

    if (i < po->nvolumes) {
        vl = po->volumes[i];
        memmove(&po->volumes[i], &po->volumes[i + 1],
                (po->nvolumes - i - 1) * sizeof(cl_volume_t));
        po->nvolumes--;

    } else {
        memset(&vl, 0, sizeof(cl_volume_t));
        (void) snprintf(vl.who, sizeof(vl.who), "%s", who);
    }

    if (po->nvolumes == CL_VOLUMES_MAX) {
        return NULL;
    }

    po->volumes[po->nvolumes] = vl;

    return &po->volumes[po->nvolumes++];
}


static void
cl_playout_told(cl_playout_t *po, const cl_volume_t *vl)
{
    size_t  i;

    for (i = 0; i < po->n; i++) {
        cl_playout_wish(po->streams[i], vl);
    }
}


static float
cl_playout_db(float db)
{
    return WZP_MAX(WZP_MIN(db, CL_VOLUME_DB), -CL_VOLUME_DB);
}


bool
cl_playout_volume(cl_playout_t *po, const char *who, float db)
{
    cl_volume_t  *vl;

    vl = cl_playout_entry(po, who);

    if (vl == NULL) {
        return false;
    }

    vl->has_db = true;
    vl->db = cl_playout_db(db);
    cl_playout_told(po, vl);

    return true;
}


bool
cl_playout_mute(cl_playout_t *po, const char *who, bool muted)
{
    cl_volume_t  *vl;

    vl = cl_playout_entry(po, who);

    if (vl == NULL) {
        return false;
    }

    vl->has_muted = true;
    vl->muted = muted;
    cl_playout_told(po, vl);

    return true;
}


void
cl_playout_wanted(const cl_playout_t *po, const char *fp, const char *alias,
    float *db, bool *muted)
{
    size_t              i;
    const cl_volume_t  *vl;

    *db = 0;
    *muted = false;

    for (i = 0; i < po->nvolumes; i++) {
        vl = &po->volumes[i];

        if (cl_playout_meant(fp, alias, vl->who)) {
            *db = vl->has_db ? vl->db : *db;
            *muted = vl->has_muted ? vl->muted : *muted;
        }
    }
}


void
cl_playout_adjust(cl_playout_t *po, size_t i, float db, bool muted)
{
    if (i < po->n) {
        po->streams[i]->volume_db = cl_playout_db(db);
        po->streams[i]->muted = muted;
    }
}


static void
cl_playout_talk(cl_playout_t *po, cl_stream_t *sm, uint64_t now_ns)
{
    bool  talking;

    talking = sm->loud_ns != 0 && now_ns < sm->loud_ns + CL_TALK_NS;

    if (talking != sm->talking) {
        sm->talking = talking;

        if (po->conf.talk != NULL) {
            po->conf.talk(po->conf.ctx, sm, talking);
        }
    }
}


static void
cl_playout_mix(cl_playout_t *po, const cl_stream_t *sm, int16_t *pcm)
{
    if (!sm->muted) {
        wzp_mix_add(&po->mix, pcm, CL_TICK_SAMPLES,
                    sm->volume_db == 0 ? 1 : powf(10, sm->volume_db / 20));
    }
}


void
cl_playout_tick(cl_playout_t *po, uint64_t now_ns,
    int16_t pcm[CL_TICK_SAMPLES])
{
    size_t        i;
    cl_stream_t  *sm;

    for (i = 0; i < po->n; i++) {
        sm = po->streams[i];

        cl_playout_talk(po, sm, now_ns);

        if (!po->started || sm->voice == NULL) {
            continue;
        }

        if (cl_stream_pull(sm, pcm, now_ns)) {
            cl_stream_meter(sm, pcm);
            cl_playout_mix(po, sm, pcm);
            continue;
        }

        cl_stream_meter(sm, NULL);

        if (now_ns > sm->heard_ns + CL_REST_NS) {
            cl_playout_sleep(po, sm);
        }
    }

    wzp_mix_take(&po->mix, pcm, CL_TICK_SAMPLES);

    if (po->conf.sink != NULL && !po->conf.sink(po->conf.ctx, pcm)) {
        po->conf.sink = NULL;
    }
}


uint64_t
cl_playout_turn(cl_playout_t *po, uint64_t now_ns)
{
    int16_t  pcm[CL_TICK_SAMPLES];

    if (!po->started || po->conf.pull) {
        return UINT64_MAX;
    }

    if (po->conf.sink == NULL && now_ns > po->tick_ns + CL_STALL_NS) {
        po->tick_ns = now_ns;
    }

    while (now_ns >= po->tick_ns) {
        cl_playout_tick(po, po->tick_ns, pcm);
        po->tick_ns += CL_TICK_NS;
    }

    return po->tick_ns;
}


size_t
cl_playout_count(const cl_playout_t *po)
{
    return po->n;
}


const cl_stream_t *
cl_playout_stream(const cl_playout_t *po, size_t i)
{
    return po->streams[i];
}


uint64_t
cl_playout_malformed(const cl_playout_t *po)
{
    return po->malformed;
}


uint64_t
cl_playout_evicted(const cl_playout_t *po)
{
    return po->evicted;
}


void
cl_playout_totals(const cl_playout_t *po, uint64_t *expected,
    uint64_t *missing, uint64_t *bytes)
{
    size_t  i;

    *expected = 0;
    *missing = 0;
    *bytes = 0;

    for (i = 0; i < po->n; i++) {
        *expected += wzp_account_expected(&po->streams[i]->acc);
        *missing += wzp_account_missing(&po->streams[i]->acc);
        *bytes += po->streams[i]->st.bytes;
    }
}


double
cl_playout_jitter(const cl_playout_t *po)
{
    size_t               i;
    double               worst;
    wzp_jitter_stats_t   st;

    worst = 0;

    for (i = 0; i < po->n; i++) {
        if (po->streams[i]->talking) {
            cl_stream_jitter(po->streams[i], &st);
            worst = WZP_MAX(worst, st.jitter_us / 1000.0);
        }
    }

    return worst;
}


json_t *
cl_playout_report(cl_playout_t *po, bool final)
{
    size_t        i;
    json_t       *list;
    cl_stream_t  *sm;

    list = json_array();

    for (i = 0; list != NULL && i < po->n; i++) {

        sm = po->streams[i];

        if (final) {
            wzp_account_settle(&sm->acc);
        }

        (void) json_array_append_new(list, cl_stream_report(sm));
    }

    return list;
}
