/*
 * A file of JSON lines.  See jsonl.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jsonl.h"
#include "say.h"


struct cl_jsonl_s {
    int          fd;                    /* -1: not open now                  */
    bool         cut;                   /* the file ends in half a line      */
    bool         warned;
    const char  *path;
};


/* A pipe that nobody reads must not stop us: not when it is opened, and not
 * when it is full. */

static int
cl_jsonl_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK
                | O_NOCTTY, 0600);
}


cl_exit_t
cl_jsonl_open(cl_jsonl_t **out, const char *path)
{
    cl_jsonl_t  *jl;

    *out = NULL;

    jl = calloc(1, sizeof(cl_jsonl_t));
    if (jl == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    jl->path = path;
    jl->fd = cl_jsonl_file(path);

    if (jl->fd == -1) {
        free(jl);
        return cl_fail(CL_IO, "%s: cannot be written: %s", path,
                       strerror(errno));
    }

    *out = jl;

    return CL_OK;
}


void
cl_jsonl_close(cl_jsonl_t *jl)
{
    if (jl != NULL) {

        if (jl->fd != -1) {
            (void) close(jl->fd);
        }

        free(jl);
    }
}


/* Is that still the file of this name? */

static void
cl_jsonl_rotate(cl_jsonl_t *jl)
{
    int          fd;
    struct stat  is, was;

    if (jl->fd != -1
        && (fstat(jl->fd, &was) != 0 || !S_ISREG(was.st_mode)
            || (stat(jl->path, &is) == 0 && is.st_ino == was.st_ino
                && is.st_dev == was.st_dev)))
    {
        return;
    }

    fd = cl_jsonl_file(jl->path);

    if (fd != -1) {

        if (jl->fd != -1) {
            (void) close(jl->fd);
        }

        jl->fd = fd;
        jl->cut = false;
    }
}


static void
cl_jsonl_failed(cl_jsonl_t *jl)
{
    if (!jl->warned) {
        jl->warned = true;
        cl_warn("%s: cannot be written: %s; lines will be missing", jl->path,
                strerror(errno));
    }
}


void
cl_jsonl_put(cl_jsonl_t *jl, json_t *ob)
{
    char     *text, *line;
    size_t    len;
    ssize_t   n;

    text = ob != NULL
           ? json_dumps(ob, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(ob);

    line = NULL;

    if (text != NULL) {
        len = strlen(text);
        line = malloc(len + 3);
    }

    if (line == NULL) {
        free(text);
        return;
    }

    cl_jsonl_rotate(jl);

    len = (size_t) sprintf(line, "%s%s\n", jl->cut ? "\n" : "", text);
    n = write(jl->fd, line, len);

    if (n > 0) {
        jl->cut = (size_t) n < len;
    }

    if (n != (ssize_t) len) {
        errno = n >= 0 ? ENOSPC : errno;
        cl_jsonl_failed(jl);
    }

    free(line);
    free(text);
}


void
cl_jsonl_time(char text[CL_JSONL_TIME], bool micro)
{
    size_t           n;
    struct tm        tm;
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    (void) gmtime_r(&ts.tv_sec, &tm);

    n = strftime(text, CL_JSONL_TIME, "%Y-%m-%dT%H:%M:%S", &tm);

    if (micro) {
        n += (size_t) snprintf(text + n, CL_JSONL_TIME - n, ".%06u",
                               (unsigned) (ts.tv_nsec / 1000) % 1000000u);
    }

    (void) snprintf(text + n, CL_JSONL_TIME - n, "Z");
}
