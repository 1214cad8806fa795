/*
 * The event loop.  See loop.h.
 */

#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "out.h"
#include "say.h"


uint64_t
cl_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * WZP_SEC + (uint64_t) ts.tv_nsec;
}


bool
cl_asked(void)
{
    sigset_t  set;

    return sigpending(&set) == 0
           && (sigismember(&set, SIGINT) == 1
               || sigismember(&set, SIGTERM) == 1
               || sigismember(&set, SIGHUP) == 1);
}


void
cl_random(void *ctx, uint8_t *buf, size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = getrandom(buf, len, 0);

        if (n > 0) {
            buf += n;
            len -= (size_t) n;

        } else if (errno != EINTR) {
            abort();                    /* keys without randomness: never */
        }
    }
}


static cl_exit_t
cl_loop_catch(cl_loop_t *lp, const int *signals, size_t n)
{
    int       fd;
    size_t    i;
    sigset_t  set;

    (void) sigemptyset(&set);

    for (i = 0; i < n; i++) {
        (void) sigaddset(&set, signals[i]);
    }

    fd = -1;

    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0) {
        fd = signalfd(lp->sigfd, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    }

    if (fd == -1) {
        return cl_fail(CL_INTERNAL, "signals cannot be caught: %s",
                       strerror(errno));
    }

    lp->sigfd = fd;

    return CL_OK;
}


/* The first ones always. */

static const int  cl_loop_caught[] = {
    SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT
};

#define CL_LOOP_ALWAYS  5

#define CL_LOOP_INPUT   0x01
#define CL_LOOP_SIGNAL  0x02
#define CL_LOOP_LINK    0x04
#define CL_LOOP_ALSO    0x08


cl_exit_t
cl_loop_init(cl_loop_t *lp)
{
    memset(lp, 0, sizeof(cl_loop_t));

    (void) signal(SIGPIPE, SIG_IGN);

    lp->sigfd = -1;
    lp->input = -1;

    cl_out_keep();

    return cl_loop_catch(lp, cl_loop_caught, CL_LOOP_ALWAYS);
}


cl_exit_t
cl_loop_screen(cl_loop_t *lp)
{
    return cl_loop_catch(lp, cl_loop_caught, WZP_ARRAY_LEN(cl_loop_caught));
}


static void
cl_loop_signals(cl_loop_t *lp, uint64_t now_ns)
{
    struct signalfd_siginfo  si;

    while (read(lp->sigfd, &si, sizeof(si)) == (ssize_t) sizeof(si)) {
        if (lp->signal != NULL) {
            lp->signal(lp->ctx, (int) si.ssi_signo, now_ns);
        }
    }
}


static unsigned
cl_loop_any(const struct pollfd *fds, size_t n, unsigned bit)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (fds[i].revents != 0) {
            return bit;
        }
    }

    return 0;
}


/* Returns what can be read, as bits of CL_LOOP_. */

static unsigned
cl_loop_wait(cl_loop_t *lp, uint64_t next, uint64_t now_ns)
{
    size_t           n, also, audio;
    uint64_t         wait;
    struct pollfd    fds[2 + 2 * CL_LINK_FDS + CL_AUDIO_FDS + CL_OUT_N];
    struct timespec  ts;

    fds[0].fd = lp->input;                      /* -1 is passed over */
    fds[0].events = POLLIN;
    fds[0].revents = 0;
    fds[1].fd = lp->sigfd;
    fds[1].events = POLLIN;

    n = 2 + cl_link_fds(lp->ln, fds + 2);
    also = n;

    if (lp->also != NULL) {
        n += cl_link_fds(lp->also, fds + n);
    }

    audio = n;

    if (lp->audio != NULL) {
        n += cl_audio_fds(lp->audio, fds + n);
    }

    n += cl_out_fds(fds + n);

    wait = next > now_ns ? next - now_ns : 0;
    wait = WZP_MIN(wait, 3600 * WZP_SEC);

    ts.tv_sec = (time_t) (wait / WZP_SEC);
    ts.tv_nsec = (long) (wait % WZP_SEC);

    if (ppoll(fds, n, &ts, NULL) <= 0) {
        return 0;
    }

    if (lp->audio != NULL) {
        cl_audio_ready(lp->audio, fds + audio);
    }

    return cl_loop_any(fds, 1, CL_LOOP_INPUT)
           | cl_loop_any(fds + 1, 1, CL_LOOP_SIGNAL)
           | cl_loop_any(fds + 2, also - 2, CL_LOOP_LINK)
           | cl_loop_any(fds + also, audio - also, CL_LOOP_ALSO);
}


void
cl_loop_run(cl_loop_t *lp)
{
    unsigned  ready;
    uint64_t  now, next, due;

    cl_out_live(true);

    while (!lp->done) {

        now = cl_now();
        cl_link_turn(lp->ln, now);

        if (lp->also != NULL) {
            cl_link_turn(lp->also, now);
        }

        next = lp->turn(lp->ctx, now);

        due = cl_link_flush(lp->ln, now);
        next = WZP_MIN(next, due);

        if (lp->also != NULL) {
            due = cl_link_flush(lp->also, now);
            next = WZP_MIN(next, due);
        }

        if (lp->done) {
            break;
        }

        cl_say_turn();
        ready = cl_loop_wait(lp, next, now);

        now = cl_now();

        if (ready & CL_LOOP_LINK) {
            cl_link_read(lp->ln, now);
        }

        if (ready & CL_LOOP_ALSO) {
            cl_link_read(lp->also, now);
        }

        if (ready & CL_LOOP_SIGNAL) {
            cl_loop_signals(lp, now);
        }

        if (ready & CL_LOOP_INPUT) {
            lp->read(lp->ctx, now);
        }
    }

    cl_out_live(false);
    cl_say_turn();
}


void
cl_loop_done(cl_loop_t *lp)
{
    if (lp->sigfd != -1) {
        (void) close(lp->sigfd);
        lp->sigfd = -1;
    }
}
