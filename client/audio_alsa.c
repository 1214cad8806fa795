/*
 * Sound cards, and what else ALSA has a name for: 48 kHz mono, which ALSA
 * makes of whatever the card speaks.  Nothing blocks, nothing is allocated
 * once it is open.  See audio_int.h.
 */

#include <alsa/asoundlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "audio_int.h"
#include "say.h"


#define CL_ALSA_PLAY        (4 * CL_TICK_SAMPLES)   /* of buffer, asked for  */
#define CL_ALSA_HEAR        (16 * CL_TICK_SAMPLES)  /* costs no time         */
#define CL_ALSA_QUEUE       (3 * CL_TICK_SAMPLES)   /* kept to be played     */
#define CL_ALSA_FDS_MAX     CL_DEVICE_FDS
#define CL_ALSA_LATE_NS     (20 * WZP_MS)   /* look, whatever poll says      */
#define CL_ALSA_DELAY_MAX   (CL_RATE_HZ / 2)

/* What has no clock of its own is always ready; a card is never so far ahead
 * of our clock, in so short a time. */
#define CL_ALSA_AHEAD_NS    (100 * WZP_MS)
#define CL_ALSA_WINDOW_NS   (10 * WZP_SEC)


typedef struct {
    snd_pcm_t          *pcm;
    snd_pcm_uframes_t   buffer;         /* samples                           */
    int16_t             part[CL_TICK_SAMPLES];  /* 10 ms in the making       */
    size_t              at;             /* of it: read, or written           */
    bool                full;           /* it is to be written               */
    uint64_t            window_ns;
    uint64_t            ticks;          /* since then                        */
} cl_alsa_t;


/* ALSA tells the terminal all about its troubles; ours is one line. */

__attribute__((format(printf, 5, 6)))
static void
cl_alsa_said(const char *file, int line, const char *function, int err,
    const char *fmt, ...)
{
    char     text[256];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    cl_debug("ALSA: %s (%s)", text, function);

    (void) file;
    (void) line;
    (void) err;
}


/* Periods of 10 ms. */

static int
cl_alsa_hw(cl_alsa_t *al, snd_pcm_hw_params_t *hw, bool capture)
{
    int                 err;
    snd_pcm_t          *pcm;
    snd_pcm_uframes_t   period;

    pcm = al->pcm;
    period = CL_TICK_SAMPLES;
    al->buffer = capture ? CL_ALSA_HEAR : CL_ALSA_PLAY;

    if ((err = snd_pcm_hw_params_any(pcm, hw)) < 0
        || (err = snd_pcm_hw_params_set_access(pcm, hw,
                                        SND_PCM_ACCESS_RW_INTERLEAVED)) < 0
        || (err = snd_pcm_hw_params_set_format(pcm, hw,
                                               SND_PCM_FORMAT_S16)) < 0
        || (err = snd_pcm_hw_params_set_channels(pcm, hw, 1)) < 0
        || (err = snd_pcm_hw_params_set_rate(pcm, hw, CL_RATE_HZ, 0)) < 0
        || (err = snd_pcm_hw_params_set_period_size_near(pcm, hw, &period,
                                                         NULL)) < 0
        || (err = snd_pcm_hw_params_set_buffer_size_near(pcm, hw,
                                                         &al->buffer)) < 0)
    {
        return err;
    }

    return snd_pcm_hw_params(pcm, hw);
}


/* Woken when 10 ms can be read, or are needed. */

static int
cl_alsa_sw(cl_alsa_t *al, snd_pcm_sw_params_t *sw, bool capture)
{
    int                 err;
    snd_pcm_uframes_t   min;

    min = CL_TICK_SAMPLES;

    if (!capture && al->buffer > CL_ALSA_QUEUE) {
        min += al->buffer - CL_ALSA_QUEUE;
    }

    if ((err = snd_pcm_sw_params_current(al->pcm, sw)) < 0
        || (err = snd_pcm_sw_params_set_avail_min(al->pcm, sw,
                                        WZP_MIN(min, al->buffer))) < 0
        || (err = snd_pcm_sw_params_set_start_threshold(al->pcm, sw,
                                                  CL_TICK_SAMPLES)) < 0)
    {
        return err;
    }

    return snd_pcm_sw_params(al->pcm, sw);
}


static int
cl_alsa_set(cl_alsa_t *al, bool capture)
{
    int                   err;
    snd_pcm_hw_params_t  *hw;
    snd_pcm_sw_params_t  *sw;

    err = snd_pcm_hw_params_malloc(&hw);

    if (err < 0) {
        return err;
    }

    err = cl_alsa_hw(al, hw, capture);
    snd_pcm_hw_params_free(hw);

    if (err >= 0) {
        err = snd_pcm_sw_params_malloc(&sw);
    }

    if (err < 0) {
        return err;
    }

    err = cl_alsa_sw(al, sw, capture);
    snd_pcm_sw_params_free(sw);

    return err;
}


static int
cl_alsa_try(cl_alsa_t *al, const char *name, bool capture)
{
    int  err;

    err = snd_pcm_open(&al->pcm, name, capture ? SND_PCM_STREAM_CAPTURE
                                               : SND_PCM_STREAM_PLAYBACK,
                       SND_PCM_NONBLOCK);
    if (err < 0) {
        return err;
    }

    err = cl_alsa_set(al, capture);

    if (err < 0) {
        (void) snd_pcm_close(al->pcm);
    }

    return err;
}


static bool
cl_alsa_open(cl_device_t *dev)
{
    int         err;
    char        plug[256];
    cl_alsa_t  *al;

    (void) snd_lib_error_set_handler(cl_alsa_said);

    al = calloc(1, sizeof(cl_alsa_t));

    if (al == NULL) {
        (void) snprintf(dev->why, sizeof(dev->why), "no memory");
        return false;
    }

    err = cl_alsa_try(al, dev->name, dev->capture);

    /* The card itself has another rate, or speaks in stereo only. */

    if (err == -EINVAL) {
        (void) snprintf(plug, sizeof(plug), "plug:SLAVE='%s'", dev->name);
        err = cl_alsa_try(al, plug, dev->capture);
    }

    if (err < 0) {
        (void) snprintf(dev->why, sizeof(dev->why), "%s", snd_strerror(err));
        free(al);
        return false;
    }

    dev->impl = al;
    dev->free = false;

    return true;
}


static void
cl_alsa_close(cl_device_t *dev)
{
    cl_alsa_t  *al;

    al = dev->impl;

    (void) snd_pcm_close(al->pcm);
    free(al);
    dev->impl = NULL;
}


static bool
cl_alsa_start(cl_device_t *dev, uint64_t now_ns)
{
    int         err;
    cl_alsa_t  *al;

    al = dev->impl;
    al->window_ns = now_ns;

    /* A loudspeaker begins with what is written. */

    err = dev->capture ? snd_pcm_start(al->pcm) : 0;

    if (err < 0) {
        (void) snprintf(dev->why, sizeof(dev->why), "%s", snd_strerror(err));
    }

    return err >= 0;
}


/* What was too late, or asleep, begins anew.  False: it has gone. */

static bool
cl_alsa_recover(cl_device_t *dev, int err)
{
    cl_alsa_t  *al;

    al = dev->impl;

    if (err == -EINTR || err == -EAGAIN) {
        return true;
    }

    if (err == -ESTRPIPE) {
        err = snd_pcm_resume(al->pcm);

        if (err == -EAGAIN || err >= 0) {
            return true;
        }

        err = -EPIPE;
    }

    if (err == -EPIPE) {
        dev->xruns++;
        err = snd_pcm_prepare(al->pcm);

        if (err >= 0 && dev->capture) {
            err = snd_pcm_start(al->pcm);
        }
    }

    if (err < 0) {
        (void) snprintf(dev->why, sizeof(dev->why), "%s", snd_strerror(err));
    }

    return err >= 0;
}


/* Ten milliseconds more: are they ten? */

static void
cl_alsa_pace(cl_device_t *dev, uint64_t now_ns)
{
    cl_alsa_t  *al;

    al = dev->impl;

    if (dev->free) {
        return;
    }

    al->ticks++;

    if (al->ticks * CL_DEVICE_TICK_NS
        > now_ns - al->window_ns + CL_ALSA_AHEAD_NS)
    {
        dev->free = true;
        dev->next_ns = now_ns + CL_ALSA_AHEAD_NS;
        return;
    }

    if (now_ns - al->window_ns > CL_ALSA_WINDOW_NS) {
        al->window_ns = now_ns;
        al->ticks = 0;
    }
}


/* Read or write what is left of the part.  Above 0: it was done; 0: not now;
 * below: an error. */

static int
cl_alsa_move(cl_alsa_t *al, bool capture)
{
    snd_pcm_sframes_t  n;
    snd_pcm_uframes_t  want;

    while (al->at < CL_TICK_SAMPLES) {

        want = CL_TICK_SAMPLES - al->at;
        n = capture ? snd_pcm_readi(al->pcm, al->part + al->at, want)
                    : snd_pcm_writei(al->pcm, al->part + al->at, want);

        if (n <= 0) {
            return n == -EAGAIN ? 0 : (int) n;
        }

        al->at += (size_t) n;
    }

    al->at = 0;

    return 1;
}


static int
cl_alsa_hear(cl_device_t *dev, uint64_t now_ns)
{
    int         rc;
    uint64_t    at;
    cl_alsa_t  *al;

    al = dev->impl;

    while (!dev->free || cl_device_due(dev, now_ns, &at)) {

        rc = cl_alsa_move(al, true);

        if (rc <= 0) {
            return rc;
        }

        cl_device_heard(dev, al->part);
        cl_alsa_pace(dev, now_ns);
    }

    return 0;
}


/* Is there room for ten milliseconds more, before too many of them wait? */

static int
cl_alsa_room(cl_alsa_t *al)
{
    snd_pcm_sframes_t  n;

    n = snd_pcm_avail_update(al->pcm);

    if (n < 0) {
        return (int) n;
    }

    return n >= CL_TICK_SAMPLES
           && al->buffer + CL_TICK_SAMPLES
              <= CL_ALSA_QUEUE + (snd_pcm_uframes_t) n;
}


static int
cl_alsa_play(cl_device_t *dev, uint64_t now_ns)
{
    int         rc;
    uint64_t    at;
    cl_alsa_t  *al;

    al = dev->impl;

    for ( ;; ) {

        if (!al->full) {
            rc = cl_alsa_room(al);

            if (rc <= 0 || (dev->free && !cl_device_due(dev, now_ns, &at))) {
                return rc;
            }

            al->full = true;
            cl_device_play(dev, al->part, now_ns);
            cl_alsa_pace(dev, now_ns);
        }

        rc = cl_alsa_move(al, false);

        if (rc <= 0) {
            return rc;
        }

        al->full = false;
    }
}


static uint64_t
cl_alsa_turn(cl_device_t *dev, uint64_t now_ns, bool *ok)
{
    int  rc;

    rc = dev->capture ? cl_alsa_hear(dev, now_ns) : cl_alsa_play(dev, now_ns);

    if (rc < 0 && !cl_alsa_recover(dev, rc)) {
        *ok = false;
        return now_ns;
    }

    return dev->free && dev->next_ns > now_ns ? dev->next_ns
                                              : now_ns + CL_ALSA_LATE_NS;
}


static size_t
cl_alsa_fds(cl_device_t *dev, struct pollfd *fds)
{
    int         n;
    cl_alsa_t  *al;

    al = dev->impl;

    if (dev->free || snd_pcm_poll_descriptors_count(al->pcm)
                     > CL_ALSA_FDS_MAX)
    {
        return 0;
    }

    n = snd_pcm_poll_descriptors(al->pcm, fds, CL_ALSA_FDS_MAX);

    return n > 0 ? (size_t) n : 0;
}


/* What it says does not matter, a turn looks; but some kinds must be told. */

static void
cl_alsa_ready(cl_device_t *dev, struct pollfd *fds, size_t n)
{
    cl_alsa_t       *al;
    unsigned short   events;

    al = dev->impl;

    (void) snd_pcm_poll_descriptors_revents(al->pcm, fds, (unsigned) n,
                                            &events);
}


static size_t
cl_alsa_delay(cl_device_t *dev)
{
    cl_alsa_t          *al;
    snd_pcm_sframes_t   n;

    al = dev->impl;

    if (dev->free || snd_pcm_delay(al->pcm, &n) < 0 || n < 0) {
        return 0;
    }

    return WZP_MIN((size_t) n, CL_ALSA_DELAY_MAX);
}


const cl_device_ops_t  cl_device_alsa = {
    .open = cl_alsa_open,
    .close = cl_alsa_close,
    .turn = cl_alsa_turn,
    .start = cl_alsa_start,
    .fds = cl_alsa_fds,
    .ready = cl_alsa_ready,
    .delay = cl_alsa_delay
};


/* ---- list ---- */

/* Names that nobody wants to speak into: parts and raw views of others. */

static bool
cl_alsa_odd(const char *name)
{
    size_t  i;

    static const char  *odd[] = {
        "null", "hw:", "dmix", "dsnoop", "dshare", "front", "rear", "side",
        "center_lfe", "surround", "iec958", "spdif", "usbstream", "modem",
        "phoneline", "lavrate", "samplerate", "speexrate", "upmix",
        "vdownmix", "speex", "oss", "jack"
    };

    for (i = 0; i < WZP_ARRAY_LEN(odd); i++) {
        if (strncmp(name, odd[i], strlen(odd[i])) == 0) {
            return true;
        }
    }

    return false;
}


static json_t *
cl_alsa_hint(const void *hint, bool capture)
{
    char    *name, *text, *way, *p;
    json_t  *ob;

    name = snd_device_name_get_hint(hint, "NAME");
    text = snd_device_name_get_hint(hint, "DESC");
    way = snd_device_name_get_hint(hint, "IOID");
    ob = NULL;

    for (p = text; p != NULL && *p != '\0'; p++) {
        if (*p == '\n') {
            *p = ' ';
        }
    }

    if (name != NULL && !cl_alsa_odd(name)
        && (way == NULL || strcmp(way, capture ? "Input" : "Output") == 0))
    {
        ob = json_pack("{s:s, s:s}", "name", name, "text",
                       text != NULL ? text : "");
    }

    free(name);
    free(text);
    free(way);

    return ob;
}


json_t *
cl_device_alsa_list(bool capture)
{
    void    **hints;
    size_t    i;
    json_t   *list, *ob;

    (void) snd_lib_error_set_handler(cl_alsa_said);

    list = json_array();

    if (snd_device_name_hint(-1, "pcm", &hints) < 0) {
        return list;
    }

    for (i = 0; hints[i] != NULL; i++) {
        ob = cl_alsa_hint(hints[i], capture);

        if (ob != NULL) {
            (void) json_array_append_new(list, ob);
        }
    }

    (void) snd_device_name_free_hint(hints);

    return list;
}
