/*
 * Standard output and standard error.  See out.h.
 */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out.h"


#define CL_OUT_MAX      (1 << 20)       /* a table of the fullest room fits  */
#define CL_OUT_TTY      256
#define CL_OUT_WAIT_NS  WZP_SEC
#define CL_OUT_STEP_MS  50


typedef struct {
    size_t    at;                       /* the first byte that is kept       */
    size_t    len;
    uint64_t  lost;                     /* lines left out behind these       */
    int       error;                    /* the first one                     */
    bool      gone;                     /* nobody reads any more             */
    char      text[CL_OUT_MAX];
} cl_out_queue_t;


static struct {
    bool            keep;
    bool            live;
    bool            tired;              /* of waiting for a reader           */
    bool            one;                /* both are the same pipe, or so     */
    cl_out_queue_t  queues[CL_OUT_N];
} cl_kept;


static cl_out_queue_t *
cl_out_queue(cl_out_to_t to)
{
    return &cl_kept.queues[cl_kept.one ? CL_OUT : to];
}


static int
cl_out_fd(const cl_out_queue_t *qu)
{
    return qu == &cl_kept.queues[CL_OUT] ? STDOUT_FILENO : STDERR_FILENO;
}


static void
cl_out_failed(cl_out_queue_t *qu, int err)
{
    qu->gone |= err == EPIPE;
    qu->error = qu->error != 0 ? qu->error : err;
    qu->len = 0;
}


/* ---- what is kept ---- */

static bool
cl_out_ready(const cl_out_queue_t *qu, int ms)
{
    struct pollfd  pfd;

    pfd.fd = cl_out_fd(qu);
    pfd.events = POLLOUT;

    return poll(&pfd, 1, ms) > 0;
}


/* How much of it is written at once.  A pipe that takes anything takes
 * PIPE_BUF, lines whole where possible; a terminal has room for a little, and
 * may have none behind the end of a line. */

static size_t
cl_out_piece(const cl_out_queue_t *qu)
{
    bool         tty;
    size_t       n;
    const char  *text, *end;

    tty = isatty(cl_out_fd(qu));
    n = WZP_MIN(qu->len, (size_t) (tty ? CL_OUT_TTY : PIPE_BUF));

    text = qu->text + qu->at;
    end = tty ? memchr(text, '\n', n) : memrchr(text, '\n', n);

    if (end == NULL) {
        return n;
    }

    return tty && end > text ? (size_t) (end - text)
                             : (size_t) (end - text) + 1;
}


static void
cl_out_write(cl_out_queue_t *qu)
{
    ssize_t  n;

    while (qu->len > 0 && cl_out_ready(qu, 0)) {

        n = write(cl_out_fd(qu), qu->text + qu->at, cl_out_piece(qu));

        if (n > 0) {
            qu->at += (size_t) n;
            qu->len -= (size_t) n;

        } else if (errno == EAGAIN || errno == EINTR) {
            return;

        } else {
            cl_out_failed(qu, errno);
        }
    }
}


/* Write until no more than that is kept, or for as long as is right. */

static bool
cl_out_drain(cl_out_queue_t *qu, size_t most)
{
    size_t    len;
    uint64_t  since;

    since = cl_now();

    for ( ;; ) {
        len = qu->len;
        cl_out_write(qu);

        if (qu->len <= most) {
            return true;
        }

        if (cl_kept.live || cl_kept.tired) {
            return false;
        }

        if (qu->len < len) {
            since = cl_now();
        }

        /* Who asks for the end while we wait does not want to wait. */

        cl_kept.tired = cl_asked() || cl_now() - since > CL_OUT_WAIT_NS;
        (void) cl_out_ready(qu, CL_OUT_STEP_MS);
    }
}


/* Once a line is left out all are, until what is before them is written. */

static void
cl_out_put(cl_out_queue_t *qu, const char *text, size_t len)
{
    if (qu->gone) {
        return;
    }

    if (qu->lost > 0 || len > CL_OUT_MAX
        || !cl_out_drain(qu, CL_OUT_MAX - len))
    {
        qu->lost += text[len - 1] == '\n';
        return;
    }

    if (qu->at > CL_OUT_MAX - len - qu->len) {
        memmove(qu->text, qu->text + qu->at, qu->len);
        qu->at = 0;
    }

    memcpy(qu->text + qu->at + qu->len, text, len);
    qu->len += len;

    cl_out_write(qu);
}


/* ---- everybody's ---- */

void
cl_out_print(cl_out_to_t to, const char *fmt, ...)
{
    int       n;
    char     *text;
    FILE     *file;
    va_list   args;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);

    if (n == -1) {
        return;
    }

    if (cl_kept.keep) {
        cl_out_put(cl_out_queue(to), text, (size_t) n);

    } else {
        file = to == CL_OUT ? stdout : stderr;

        if (fputs(text, file) == EOF || fflush(file) == EOF) {
            cl_out_failed(&cl_kept.queues[to], errno);
        }
    }

    free(text);
}


/* Lines of the one must not get into those of the other. */

static bool
cl_out_same(void)
{
    struct stat  a, b;

    return fstat(STDOUT_FILENO, &a) == 0 && fstat(STDERR_FILENO, &b) == 0
           && a.st_dev == b.st_dev && a.st_ino == b.st_ino
           && !S_ISREG(a.st_mode);
}


void
cl_out_keep(void)
{
    if (!cl_kept.keep) {
        cl_kept.one = cl_out_same();
        cl_kept.keep = true;
    }
}


void
cl_out_live(bool live)
{
    cl_kept.live = live;
    cl_kept.tired = false;
}


bool
cl_out_busy(cl_out_to_t to)
{
    return cl_out_queue(to)->len > 0;
}


size_t
cl_out_fds(struct pollfd *fds)
{
    size_t           n;
    cl_out_queue_t  *qu;

    n = 0;

    for (qu = cl_kept.queues; qu < cl_kept.queues + CL_OUT_N; qu++) {

        if (qu->len > 0) {
            fds[n].fd = cl_out_fd(qu);
            fds[n++].events = POLLOUT;
        }
    }

    return n;
}


uint64_t
cl_out_turn(void)
{
    uint64_t         lost;
    cl_out_queue_t  *qu;

    lost = 0;

    for (qu = cl_kept.queues; qu < cl_kept.queues + CL_OUT_N; qu++) {
        cl_out_write(qu);

        if (qu->lost > 0 && cl_out_drain(qu, 0)) {
            lost += qu->lost;
            qu->lost = 0;
        }
    }

    return lost;
}


int
cl_out_end(uint64_t *lines)
{
    size_t           i;
    cl_out_queue_t  *qu;

    (void) cl_out_drain(&cl_kept.queues[CL_OUT_ERR], 0);

    qu = &cl_kept.queues[CL_OUT];
    (void) cl_out_drain(qu, 0);

    /* What was printed without us, the help for one. */

    if (fflush(stdout) == EOF) {
        cl_out_failed(qu, errno);

    } else if (ferror(stdout)) {
        cl_out_failed(qu, EIO);
    }

    *lines = qu->lost;

    for (i = 0; i < qu->len; i++) {
        *lines += qu->text[qu->at + i] == '\n';
    }

    return qu->error == EPIPE ? 0 : qu->error;
}
