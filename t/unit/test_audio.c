/*
 * Sound devices: silence and files by our clock; ALSA's, which this test plays
 * itself: late, in pieces, asleep, gone and back, without a clock.
 */

#include "tap.h"
#include "../../client/out.c"
#include "../../client/say.c"
#include "../../client/wav.c"
#include "../../client/audio.c"
#include "../../client/audio_null.c"
#include "../../client/audio_file.c"
#include "../../client/audio_alsa.c"


#define MS  (uint64_t) WZP_MS


uint64_t
cl_now(void)
{
    return 0;
}


bool
cl_asked(void)
{
    return false;
}


/* ---- a card ---- */

typedef struct {
    bool   there;
    bool   stereo;                      /* only plug can                     */
    bool   open;
    bool   running;
    bool   stuck;                       /* cannot be started                 */
    int    error;                       /* of the next read or write         */
    long   avail;                       /* can be read, or written           */
    long   piece;                       /* at most at a time                 */
    int    last;                        /* sample                            */
    int    opened;
} card_t;


static card_t     cards[2];
static uint64_t   now;
static unsigned   nheard;
static unsigned   nplayed;
static int16_t    heard_last;
static unsigned   nback;
static unsigned   ngone;


static card_t *
card(snd_pcm_t *pcm)
{
    return (card_t *) (void *) pcm;
}


int
snd_pcm_open(snd_pcm_t **pcm, const char *name, snd_pcm_stream_t stream,
    int mode)
{
    card_t  *c;

    c = &cards[stream == SND_PCM_STREAM_PLAYBACK];

    if (!c->there) {
        return -ENODEV;
    }

    c->opened++;

    if (strncmp(name, "plug:", 5) == 0) {
        c->stereo = false;
    }

    c->open = true;
    *pcm = (snd_pcm_t *) (void *) c;
    (void) mode;

    return 0;
}


int
snd_pcm_close(snd_pcm_t *pcm)
{
    card(pcm)->open = false;
    card(pcm)->running = false;

    return 0;
}


int
snd_pcm_hw_params_any(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw)
{
    (void) pcm;
    (void) hw;

    return 0;
}


int
snd_pcm_hw_params_set_access(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw,
    snd_pcm_access_t a)
{
    (void) pcm;
    (void) hw;

    return a == SND_PCM_ACCESS_RW_INTERLEAVED ? 0 : -EINVAL;
}


int
snd_pcm_hw_params_set_format(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw,
    snd_pcm_format_t f)
{
    (void) pcm;
    (void) hw;

    return f == SND_PCM_FORMAT_S16 ? 0 : -EINVAL;
}


int
snd_pcm_hw_params_set_channels(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw,
    unsigned n)
{
    (void) hw;

    return n == (card(pcm)->stereo ? 2 : 1) ? 0 : -EINVAL;
}


int
snd_pcm_hw_params_set_rate(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw,
    unsigned rate, int dir)
{
    (void) pcm;
    (void) hw;
    (void) dir;

    return rate == CL_RATE_HZ ? 0 : -EINVAL;
}


int
snd_pcm_hw_params_set_period_size_near(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw,
    snd_pcm_uframes_t *n, int *dir)
{
    (void) pcm;
    (void) hw;
    (void) dir;

    return *n == CL_TICK_SAMPLES ? 0 : -EINVAL;
}


int
snd_pcm_hw_params_set_buffer_size_near(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw,
    snd_pcm_uframes_t *n)
{
    (void) pcm;
    (void) hw;
    (void) n;

    return 0;
}


int
snd_pcm_hw_params(snd_pcm_t *pcm, snd_pcm_hw_params_t *hw)
{
    (void) hw;
    card(pcm)->avail = card(pcm) == &cards[1] ? CL_ALSA_PLAY : 0;

    return 0;
}


int
snd_pcm_sw_params_current(snd_pcm_t *pcm, snd_pcm_sw_params_t *sw)
{
    (void) pcm;
    (void) sw;

    return 0;
}


int
snd_pcm_sw_params_set_avail_min(snd_pcm_t *pcm, snd_pcm_sw_params_t *sw,
    snd_pcm_uframes_t n)
{
    (void) pcm;
    (void) sw;
    (void) n;

    return 0;
}


int
snd_pcm_sw_params_set_start_threshold(snd_pcm_t *pcm, snd_pcm_sw_params_t *sw,
    snd_pcm_uframes_t n)
{
    (void) pcm;
    (void) sw;
    (void) n;

    return 0;
}


int
snd_pcm_sw_params(snd_pcm_t *pcm, snd_pcm_sw_params_t *sw)
{
    (void) pcm;
    (void) sw;

    return 0;
}


int
snd_pcm_start(snd_pcm_t *pcm)
{
    if (card(pcm)->stuck) {
        return -EIO;
    }

    card(pcm)->running = true;

    return 0;
}


int
snd_pcm_prepare(snd_pcm_t *pcm)
{
    card(pcm)->error = 0;

    return 0;
}


int
snd_pcm_resume(snd_pcm_t *pcm)
{
    (void) pcm;

    return -ENOSYS;
}


static snd_pcm_sframes_t
card_move(card_t *c, snd_pcm_uframes_t want)
{
    long  n;

    if (c->error != 0) {
        return c->error;
    }

    n = WZP_MIN((long) want, WZP_MIN(c->avail, c->piece));

    if (n == 0) {
        return -EAGAIN;
    }

    c->avail -= n;

    return n;
}


snd_pcm_sframes_t
snd_pcm_readi(snd_pcm_t *pcm, void *buf, snd_pcm_uframes_t want)
{
    long      i, n;
    int16_t  *out;

    out = buf;
    n = card_move(card(pcm), want);

    for (i = 0; i < n; i++) {
        out[i] = (int16_t) ++card(pcm)->last;
    }

    return n;
}


snd_pcm_sframes_t
snd_pcm_writei(snd_pcm_t *pcm, const void *buf, snd_pcm_uframes_t want)
{
    long            n;
    const int16_t  *in;

    in = buf;
    n = card_move(card(pcm), want);

    if (n > 0) {
        card(pcm)->running = true;
        card(pcm)->last = in[n - 1];
    }

    return n;
}


snd_pcm_sframes_t
snd_pcm_avail_update(snd_pcm_t *pcm)
{
    return card(pcm)->error != 0 ? card(pcm)->error : card(pcm)->avail;
}


int
snd_pcm_delay(snd_pcm_t *pcm, snd_pcm_sframes_t *n)
{
    *n = card(pcm) == &cards[1] ? CL_ALSA_PLAY - card(pcm)->avail
                                : card(pcm)->avail;
    return 0;
}


int
snd_pcm_poll_descriptors_count(snd_pcm_t *pcm)
{
    (void) pcm;

    return 1;
}


int
snd_pcm_poll_descriptors(snd_pcm_t *pcm, struct pollfd *fds, unsigned n)
{
    (void) n;
    fds->fd = card(pcm) == &cards[1];

    return 1;
}


int
snd_pcm_poll_descriptors_revents(snd_pcm_t *pcm, struct pollfd *fds,
    unsigned n, unsigned short *events)
{
    *events = fds->fd == (card(pcm) == &cards[1]) && n == 1;

    return 0;
}


/* ---- the call ---- */

static void
heard(void *ctx, int16_t pcm[CL_TICK_SAMPLES])
{
    (void) ctx;
    nheard++;
    heard_last = pcm[CL_TICK_SAMPLES - 1];
}


static void
play(void *ctx, int16_t pcm[CL_TICK_SAMPLES], uint64_t now_ns)
{
    size_t  i;

    (void) ctx;
    (void) now_ns;

    nplayed++;

    for (i = 0; i < CL_TICK_SAMPLES; i++) {
        pcm[i] = (int16_t) nplayed;
    }
}


static cl_audio_t *
duplex(const char *capture, const char *playback)
{
    cl_audio_t       *au;
    cl_audio_conf_t   conf;

    conf.capture = capture;
    conf.playback = playback;
    conf.heard = heard;
    conf.play = play;
    conf.ctx = NULL;

    nheard = 0;
    nplayed = 0;
    now = 1000 * MS;

    return cl_audio_create(&au, &conf) == CL_OK ? au : NULL;
}


/* So many milliseconds, one by one, with cards whose clocks are right. */

static void
span(cl_audio_t *au, unsigned ms)
{
    size_t         i, n;
    struct pollfd  fds[CL_AUDIO_FDS];

    while (ms-- > 0) {
        now += MS;

        for (i = 0; i < 2; i++) {
            if (cards[i].running) {
                cards[i].avail += CL_RATE_HZ / 1000;
            }
        }

        n = cl_audio_fds(au, fds);

        if (n > 0) {
            cl_audio_ready(au, fds);
        }

        (void) cl_audio_turn(au, now);
    }
}


static void
test_null(void)
{
    cl_audio_t  *au;

    au = duplex("null", "null");
    ok(au != NULL, "null opens");

    is_u64(cl_audio_turn(au, now), UINT64_MAX, "nothing before it is started");
    cl_audio_start(au, now);
    span(au, 1000);
    is_i64(nheard, 101, "a second is a hundred times silence");
    is_i64(nplayed, 101, "both ways");
    is_i64(heard_last, 0, "silence");
    is_u64(cl_audio_turn(au, now), now + 10 * MS, "when the next one is due");
    is_u64(cl_audio_delay(au), 0, "nothing lies in it");

    now += 3600 * 1000 * MS;
    (void) cl_audio_turn(au, now);
    is_i64(nheard, 102, "an hour of standing still is left out");
    cl_audio_destroy(au);
}


static void
test_file(void)
{
    char          in[64], out[64], capture[80], playback[80];
    size_t        i;
    int16_t       pcm[CL_TICK_SAMPLES];
    cl_audio_t   *au;
    cl_wav_in_t  *wi;

    (void) snprintf(in, sizeof(in), "/tmp/test_audio.%d.in.wav", getpid());
    (void) snprintf(out, sizeof(out), "/tmp/test_audio.%d.raw", getpid());
    (void) snprintf(capture, sizeof(capture), "file:%s", in);
    (void) snprintf(playback, sizeof(playback), "file:%s", out);

    for (i = 0; i < CL_TICK_SAMPLES; i++) {
        pcm[i] = 77;
    }

    {
        cl_wav_out_t  *wo;

        wo = cl_wav_create(in);
        (void) cl_wav_write(wo, pcm, CL_TICK_SAMPLES);
        (void) cl_wav_write(wo, pcm, CL_TICK_SAMPLES);
        (void) cl_wav_finish(wo);
    }

    au = duplex(capture, playback);
    cl_audio_start(au, now);
    span(au, 10);
    is_i64(heard_last, 77, "a file is heard");
    span(au, 80);
    is_i64(heard_last, 0, "then silence");
    is_i64(nheard, 10, "in real time");
    ok(cl_audio_finish(au), "the other file is completed");
    cl_audio_destroy(au);

    wi = cl_wav_open(out);
    is_u64(cl_wav_read(wi, pcm, CL_TICK_SAMPLES), CL_TICK_SAMPLES,
           "and can be read");
    is_i64(pcm[0], 1, "it holds what was played");
    cl_wav_close(wi);

    (void) unlink(in);
    (void) unlink(out);

    ok(duplex("file:/none/x.wav", "null") == NULL, "no such file");
    ok(duplex("null", "file:/none/x.wav") == NULL, "no such directory");
}


static cl_audio_t *
plugged(void)
{
    size_t  i;

    memset(cards, 0, sizeof(cards));

    for (i = 0; i < 2; i++) {
        cards[i].there = true;
        cards[i].piece = 100000;
    }

    return duplex("card", "card");
}


static void
test_card(void)
{
    cl_audio_t  *au;

    au = plugged();
    cl_audio_start(au, now);
    span(au, 1000);

    is_i64(nheard, 100, "a second of a card");
    ok(nplayed >= 102 && nplayed <= 104, "is played, and a little ahead (%u)",
       nplayed);
    ok(CL_ALSA_PLAY - cards[1].avail <= CL_ALSA_QUEUE,
       "no more than 30 ms lie in it");
    ok(cl_audio_delay(au) > 2 * CL_TICK_SAMPLES
       && cl_audio_delay(au) <= CL_ALSA_QUEUE + CL_TICK_SAMPLES,
       "which is told");
    is_i64((int16_t) cards[0].last, heard_last, "in the right order");
    cl_audio_destroy(au);
    ok(!cards[0].open && !cards[1].open, "closed");

    cards[0].stereo = true;
    cards[0].opened = 0;
    au = duplex("card", "card");
    ok(au != NULL, "a card with stereo only");
    is_i64(cards[0].opened, 2, "through plug");
    cl_audio_destroy(au);
}


static void
test_pieces(void)
{
    cl_audio_t  *au;

    au = plugged();
    cards[0].piece = 7;
    cards[1].piece = 11;
    cl_audio_start(au, now);
    span(au, 1000);
    ok(nheard == 100 && nplayed > 100, "in pieces (%u, %u)", nheard, nplayed);
    is_i64(cards[0].last % CL_TICK_SAMPLES, cards[0].last - (int) nheard
       * CL_TICK_SAMPLES, "nothing is missing");
    cl_audio_destroy(au);
}


static void
test_trouble(void)
{
    unsigned     before;
    json_t      *ob;
    cl_audio_t  *au;

    au = plugged();
    cl_audio_start(au, now);
    span(au, 100);

    cards[0].error = -EPIPE;
    cards[1].error = -EPIPE;
    span(au, 100);
    ok(nheard >= 18, "too late: it goes on (%u)", nheard);

    cards[1].error = -ESTRPIPE;
    span(au, 100);
    is_i64(cards[1].error, 0, "asleep: woken up");

    before = nheard;
    cards[0].error = -ENODEV;
    cards[0].there = false;
    span(au, 100);
    ok(nheard >= before + 9, "gone: silence instead (%u)", nheard - before);
    is_i64(heard_last, 0, "indeed");
    ok(!cards[0].open, "it is closed");

    before = nheard;
    span(au, 2500);
    ok(nheard >= before + 249, "for a while");

    cards[0].error = 0;
    cards[0].there = true;
    span(au, 1100);
    ok(cards[0].open && heard_last != 0, "back");

    before = nheard;
    span(au, 1000);
    is_i64(nheard, before + 100, "and it goes on by its clock");

    ob = cl_audio_report(au);
    is_i64(json_integer_value(json_object_get(json_object_get(ob, "capture"),
                                          "lost")), 1, "which is reported");
    is_i64(json_integer_value(json_object_get(json_object_get(ob, "playback"),
                                          "xruns")), 2, "as is the other one");
    json_decref(ob);
    cl_audio_destroy(au);
}


/* What people are told. */

static void
told(const char *kind, const char *text)
{
    if (strstr(text, "is back") != NULL) {
        nback++;

    } else if (strstr(text, "has gone") != NULL) {
        ngone++;
    }

    (void) kind;
}


/* It can be opened, and not be started, or written to. */

static void
test_stuck(void)
{
    json_t      *ob;
    cl_audio_t  *au;

    au = plugged();
    cl_audio_start(au, now);
    span(au, 100);
    cl_say_listen(told);

    cards[0].error = -EIO;
    cards[0].stuck = true;
    cards[1].error = -ENODEV;
    span(au, 5500);
    ok(cards[0].opened > 4 && cards[1].opened > 4, "tried again and again");
    is_u64(ngone, 2, "both have gone, which is told once");
    is_u64(nback, 0, "and not that they are back");

    cards[0].error = 0;
    cards[0].stuck = false;
    span(au, 1100);
    is_u64(nback, 1, "one is back");

    cards[1].error = 0;
    span(au, 1100);
    is_u64(nback, 2, "the other one, too");
    is_u64(ngone, 2, "and stays");

    cards[0].error = -ENODEV;
    span(au, 100);
    is_u64(ngone, 3, "gone once more");

    cl_say_listen(NULL);

    ob = cl_audio_report(au);
    is_i64(json_integer_value(json_object_get(json_object_get(ob, "capture"),
                                              "lost")), 2, "lost twice");
    json_decref(ob);
    cl_audio_destroy(au);
}


/* What is always ready has no clock. */

static void
test_flood(void)
{
    unsigned     i;
    cl_audio_t  *au;

    au = plugged();
    cl_audio_start(au, now);

    for (i = 0; i < 3000; i++) {
        cards[0].avail = 1000000;
        cards[1].avail = CL_ALSA_PLAY;
        span(au, 1);
    }

    ok(nheard >= 295 && nheard <= 315, "no clock: ours (%u)", nheard);
    ok(nplayed >= 295 && nplayed <= 315, "both ways (%u)", nplayed);
    cl_audio_destroy(au);

    memset(cards, 0, sizeof(cards));
    ok(duplex("card", "null") == NULL, "no card");
    ok(duplex("null", "card") == NULL, "neither way");
}


int
main(void)
{
    cl_say_init(true, false);

    test_null();
    test_file();
    test_card();
    test_pieces();
    test_trouble();
    test_stuck();
    test_flood();

    return done_testing();
}
