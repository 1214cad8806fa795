/*
 * What the kinds of sound devices have in common.  audio.c drives them,
 * audio_alsa.c, audio_file.c and audio_null.c are the kinds.
 */

#ifndef _AUDIO_INT_H_INCLUDED_
#define _AUDIO_INT_H_INCLUDED_


#include "audio.h"


#define CL_DEVICE_FDS       (CL_AUDIO_FDS / 2)
#define CL_DEVICE_TICK_NS   (10 * WZP_MS)


typedef struct cl_device_s  cl_device_t;


typedef struct {
    /* False: dev->why, or it was said. */
    bool      (*open)(cl_device_t *dev);
    void      (*close)(cl_device_t *dev);

    /* Hand over what was heard, fetch what can be played; returns when to be
     * called again at the latest.  False in *ok: it has gone. */
    uint64_t  (*turn)(cl_device_t *dev, uint64_t now_ns, bool *ok);

    /* The rest may be NULL. */
    bool      (*start)(cl_device_t *dev, uint64_t now_ns);
    bool      (*finish)(cl_device_t *dev);      /* false: broken, said       */
    size_t    (*fds)(cl_device_t *dev, struct pollfd *fds);
    void      (*ready)(cl_device_t *dev, struct pollfd *fds, size_t n);
    size_t    (*delay)(cl_device_t *dev);       /* samples in it             */
} cl_device_ops_t;


struct cl_device_s {
    const cl_device_ops_t  *ops;        /* in use                            */
    const cl_device_ops_t  *kind;       /* what its name says                */
    const char             *name;
    const char             *what;       /* for people                        */
    bool                    capture;
    const cl_audio_conf_t  *conf;
    void                   *impl;       /* of the kind                       */
    char                    why[160];

    bool                    free;       /* no clock of its own: ours         */
    uint64_t                next_ns;    /* free: the next 10 ms              */
    uint64_t                retry_ns;   /* it went away: try again; 0        */
    bool                    gone;       /* as was said                       */
    uint64_t                since;      /* ticks when it was tried           */
    size_t                  nfds;       /* as given to poll                  */

    uint64_t                ticks;
    unsigned                xruns;      /* it, or we, came too late          */
    unsigned                lost;       /* how often it went away            */
};


/* Ten milliseconds, one way or the other. */
void cl_device_heard(cl_device_t *dev, int16_t pcm[CL_TICK_SAMPLES]);
void cl_device_play(cl_device_t *dev, int16_t pcm[CL_TICK_SAMPLES],
    uint64_t now_ns);

/* Are ten milliseconds due by our clock, and since when?  Moves on. */
bool cl_device_due(cl_device_t *dev, uint64_t now_ns, uint64_t *at_ns);

extern const cl_device_ops_t  cl_device_null;
extern const cl_device_ops_t  cl_device_file;
extern const cl_device_ops_t  cl_device_alsa;

/* An array of {name, text} of ALSA's devices; NULL: no memory. */
json_t *cl_device_alsa_list(bool capture);


#endif /* _AUDIO_INT_H_INCLUDED_ */
