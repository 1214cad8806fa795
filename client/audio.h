/*
 * Sound devices: a microphone and a loudspeaker, ten milliseconds at a time.
 * What a device is, its name says: "null" hears nothing and swallows all,
 * "file:NAME" is a sound file in real time, anything else is ALSA's.
 */

#ifndef _AUDIO_H_INCLUDED_
#define _AUDIO_H_INCLUDED_


#include <poll.h>
#include <jansson.h>

#include "client.h"


#define CL_AUDIO_DEFAULT    "default"
#define CL_AUDIO_FDS        16          /* of both devices                   */


typedef struct cl_audio_s  cl_audio_t;


typedef struct {
    const char  *capture;
    const char  *playback;

    /* This was heard.  The samples may be changed. */
    void       (*heard)(void *ctx, int16_t pcm[CL_TICK_SAMPLES]);

    /* What shall be played next?  now_ns never goes back. */
    void       (*play)(void *ctx, int16_t pcm[CL_TICK_SAMPLES],
                       uint64_t now_ns);
    void        *ctx;
} cl_audio_conf_t;


/* Open both; names must outlive it.  NULL in *au after saying why: CL_IO,
 * CL_INTERNAL. */
cl_exit_t cl_audio_create(cl_audio_t **au, const cl_audio_conf_t *conf);
void cl_audio_destroy(cl_audio_t *au);

/* Begin to hear and to play; further calls do nothing. */
void cl_audio_start(cl_audio_t *au, uint64_t now_ns);

/* Call back what is due; returns when to be called again.  A device that went
 * away is tried again, and replaced by silence meanwhile. */
uint64_t cl_audio_turn(cl_audio_t *au, uint64_t now_ns);

/* For poll: at most CL_AUDIO_FDS, and the same ones back with what happened
 * to them.  Then comes a turn. */
size_t cl_audio_fds(cl_audio_t *au, struct pollfd *fds);
void cl_audio_ready(cl_audio_t *au, struct pollfd *fds);

/* Between a sample that is handed out to be played now and the moment that
 * its echo can be among the next ones to be heard: samples. */
size_t cl_audio_delay(cl_audio_t *au);

/* Files are complete from now on.  False: one is not (said); call it once,
 * with nothing else but destroy after it. */
bool cl_audio_finish(cl_audio_t *au);

/* A device with a room around it: there is something to process. */
bool cl_audio_real(const char *name);

/* For the report; NULL: no memory. */
json_t *cl_audio_report(const cl_audio_t *au);


/* --list-devices: the names that can be given. */
cl_exit_t cl_audio_list(void);


#endif /* _AUDIO_H_INCLUDED_ */
