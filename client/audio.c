/*
 * Two devices, whatever kind they are.  See audio.h.
 */

#include <stdio.h>
#include <stdlib.h>

#include "audio_int.h"
#include "say.h"


#define CL_AUDIO_STALL_NS   (5 * WZP_SEC)       /* nobody misses it: skip it */
#define CL_AUDIO_RETRY_NS   (1 * WZP_SEC)
#define CL_AUDIO_FILE       "file:"


struct cl_audio_s {
    cl_audio_conf_t  conf;
    cl_device_t      dev[2];            /* capture, playback                 */
    bool             started;
};


static bool
cl_audio_file(const char *name)
{
    return strncmp(name, CL_AUDIO_FILE, sizeof(CL_AUDIO_FILE) - 1) == 0;
}


bool
cl_audio_real(const char *name)
{
    return strcmp(name, "null") != 0 && !cl_audio_file(name);
}


static cl_exit_t
cl_device_init(cl_device_t *dev, const cl_audio_conf_t *conf, bool capture)
{
    dev->conf = conf;
    dev->capture = capture;
    dev->name = capture ? conf->capture : conf->playback;
    dev->what = capture ? "microphone" : "loudspeaker";

    if (cl_audio_real(dev->name)) {
        dev->kind = &cl_device_alsa;

    } else if (cl_audio_file(dev->name)) {
        dev->name += sizeof(CL_AUDIO_FILE) - 1;
        dev->kind = &cl_device_file;

    } else {
        dev->kind = &cl_device_null;
    }

    if (!dev->kind->open(dev)) {
        return dev->why[0] == '\0' ? CL_IO
               : cl_fail(CL_IO, "%s \"%s\" cannot be opened: %s; see "
                         "--list-devices, or use \"null\" or "
                         "\"file:NAME.wav\" as --%s", dev->what, dev->name,
                         dev->why, capture ? "capture" : "playback");
    }

    dev->ops = dev->kind;

    return CL_OK;
}


cl_exit_t
cl_audio_create(cl_audio_t **out, const cl_audio_conf_t *conf)
{
    cl_exit_t    rc;
    cl_audio_t  *au;

    *out = NULL;

    au = calloc(1, sizeof(cl_audio_t));
    if (au == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    au->conf = *conf;

    rc = cl_device_init(&au->dev[0], &au->conf, true);

    if (rc == CL_OK) {
        rc = cl_device_init(&au->dev[1], &au->conf, false);
    }

    if (rc != CL_OK) {
        cl_audio_destroy(au);
        return rc;
    }

    *out = au;

    return CL_OK;
}


void
cl_audio_destroy(cl_audio_t *au)
{
    size_t  i;

    if (au == NULL) {
        return;
    }

    for (i = 0; i < WZP_ARRAY_LEN(au->dev); i++) {
        if (au->dev[i].ops != NULL) {
            au->dev[i].ops->close(&au->dev[i]);
        }
    }

    free(au);
}


/* It has gone: silence in its place, and another attempt later. */

static void
cl_device_lose(cl_device_t *dev, uint64_t now_ns)
{
    if (!dev->gone) {
        dev->gone = true;
        dev->lost++;

        cl_warn("%s \"%s\" has gone%s%s; trying again, with silence "
                "meanwhile", dev->what, dev->name,
                dev->why[0] != '\0' ? ": " : "", dev->why);
    }

    dev->ops->close(dev);
    dev->ops = &cl_device_null;
    dev->free = true;
    dev->next_ns = now_ns;
    dev->retry_ns = now_ns + CL_AUDIO_RETRY_NS;
}


static void
cl_device_begin(cl_device_t *dev, uint64_t now_ns)
{
    dev->next_ns = now_ns;

    if (dev->ops->start != NULL && !dev->ops->start(dev, now_ns)) {
        cl_device_lose(dev, now_ns);
    }
}


static void
cl_device_retry(cl_device_t *dev, uint64_t now_ns)
{
    if (!dev->kind->open(dev)) {
        dev->retry_ns = now_ns + CL_AUDIO_RETRY_NS;
        return;
    }

    dev->ops = dev->kind;
    dev->retry_ns = 0;
    dev->since = dev->ticks;

    cl_device_begin(dev, now_ns);
}


/* One that can be opened need not work: it is back when there is sound. */

static void
cl_device_works(cl_device_t *dev)
{
    if (dev->gone && dev->ops == dev->kind && dev->ticks != dev->since) {
        dev->gone = false;
        cl_say("%s \"%s\" is back", dev->what, dev->name);
    }
}


void
cl_audio_start(cl_audio_t *au, uint64_t now_ns)
{
    if (!au->started) {
        au->started = true;
        cl_device_begin(&au->dev[0], now_ns);
        cl_device_begin(&au->dev[1], now_ns);
    }
}


uint64_t
cl_audio_turn(cl_audio_t *au, uint64_t now_ns)
{
    bool          ok;
    size_t        i;
    uint64_t      next, due;
    cl_device_t  *dev;

    next = UINT64_MAX;

    if (!au->started) {
        return next;
    }

    /* First what is played: what is heard may be its echo. */

    for (i = WZP_ARRAY_LEN(au->dev); i-- > 0; /* void */ ) {
        dev = &au->dev[i];

        if (dev->retry_ns != 0 && now_ns >= dev->retry_ns) {
            cl_device_retry(dev, now_ns);
        }

        ok = true;
        due = dev->ops->turn(dev, now_ns, &ok);

        if (!ok) {
            cl_device_lose(dev, now_ns);
            due = now_ns;

        } else {
            cl_device_works(dev);
        }

        next = WZP_MIN(next, due);
    }

    return next;
}


size_t
cl_audio_fds(cl_audio_t *au, struct pollfd *fds)
{
    size_t        i, n;
    cl_device_t  *dev;

    n = 0;

    for (i = 0; i < WZP_ARRAY_LEN(au->dev); i++) {
        dev = &au->dev[i];
        dev->nfds = au->started && dev->ops->fds != NULL
                    ? dev->ops->fds(dev, fds + n) : 0;
        n += dev->nfds;
    }

    return n;
}


void
cl_audio_ready(cl_audio_t *au, struct pollfd *fds)
{
    size_t        i;
    cl_device_t  *dev;

    for (i = 0; i < WZP_ARRAY_LEN(au->dev); i++) {
        dev = &au->dev[i];

        if (dev->nfds > 0) {
            dev->ops->ready(dev, fds, dev->nfds);
            fds += dev->nfds;
        }
    }
}


size_t
cl_audio_delay(cl_audio_t *au)
{
    size_t        i, sum;
    cl_device_t  *dev;

    sum = 0;

    for (i = 0; i < WZP_ARRAY_LEN(au->dev); i++) {
        dev = &au->dev[i];
        sum += dev->ops->delay != NULL ? dev->ops->delay(dev) : 0;
    }

    return sum;
}


bool
cl_audio_finish(cl_audio_t *au)
{
    bool          ok;
    size_t        i;
    cl_device_t  *dev;

    ok = true;
    au->started = false;

    for (i = 0; i < WZP_ARRAY_LEN(au->dev); i++) {
        dev = &au->dev[i];

        if (dev->ops->finish != NULL) {
            ok &= dev->ops->finish(dev);
        }
    }

    return ok;
}


json_t *
cl_audio_report(const cl_audio_t *au)
{
    size_t              i;
    json_t             *ob, *one;
    const cl_device_t  *dev;

    ob = json_object();

    for (i = 0; i < WZP_ARRAY_LEN(au->dev); i++) {
        dev = &au->dev[i];
        one = json_pack("{s:s, s:f, s:i, s:i}",
                        "name", dev->capture ? au->conf.capture
                                             : au->conf.playback,
                        "seconds", (double) dev->ticks / 100,
                        "xruns", (int) dev->xruns,
                        "lost", (int) dev->lost);

        if (json_object_set_new(ob, dev->capture ? "capture" : "playback",
                                one) != 0)
        {
            json_decref(ob);
            return NULL;
        }
    }

    return ob;
}


void
cl_device_heard(cl_device_t *dev, int16_t pcm[CL_TICK_SAMPLES])
{
    dev->ticks++;
    dev->conf->heard(dev->conf->ctx, pcm);
}


void
cl_device_play(cl_device_t *dev, int16_t pcm[CL_TICK_SAMPLES],
    uint64_t now_ns)
{
    dev->ticks++;
    dev->conf->play(dev->conf->ctx, pcm, now_ns);
}


bool
cl_device_due(cl_device_t *dev, uint64_t now_ns, uint64_t *at_ns)
{
    /* The program stood still.  In a file time has no holes. */

    if (dev->kind != &cl_device_file
        && now_ns > dev->next_ns + CL_AUDIO_STALL_NS)
    {
        dev->next_ns = now_ns;
    }

    if (now_ns < dev->next_ns) {
        return false;
    }

    *at_ns = dev->next_ns;
    dev->next_ns += CL_DEVICE_TICK_NS;

    return true;
}


static void
cl_audio_print(const char *what, const json_t *list)
{
    size_t        i;
    const char   *text;
    const json_t  *one;

    cl_say("%s:", what);

    if (json_array_size(list) == 0) {
        cl_say("  none found");
    }

    json_array_foreach(list, i, one) {
        text = json_string_value(json_object_get(one, "text"));
        cl_say("  %-30s  %s", json_string_value(json_object_get(one, "name")),
               text != NULL ? text : "");
    }
}


cl_exit_t
cl_audio_list(void)
{
    json_t  *capture, *playback;

    capture = cl_device_alsa_list(true);
    playback = cl_device_alsa_list(false);

    cl_audio_print("microphones (--capture)", capture);
    cl_audio_print("loudspeakers (--playback)", playback);
    cl_say("always there, without hardware:");
    cl_say("  %-30s  %s", "null", "silence");
    cl_say("  %-30s  %s", "file:NAME.wav", "a sound file in real time");

    cl_event("devices", json_pack("{s:o, s:o}", "capture", capture,
                                  "playback", playback));

    return CL_OK;
}
