/*
 * Files of the client.  See config.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "say.h"


#define CL_TEMP_MAX     (CL_PATH_MAX + 8)


/* XDG Base Directory Specification: a relative path is to be ignored. */

bool
cl_config_find(char path[CL_PATH_MAX], const char *name)
{
    int                   n;
    const char           *home;
    const struct passwd  *pw;

    home = getenv("XDG_CONFIG_HOME");

    if (home != NULL && home[0] == '/') {
        n = snprintf(path, CL_PATH_MAX, "%s/wzp/%s", home, name);

    } else {
        home = getenv("HOME");

        if (home == NULL || home[0] == '\0') {
            pw = getpwuid(getuid());
            home = pw != NULL ? pw->pw_dir : NULL;
        }

        if (home == NULL) {
            return false;
        }

        n = snprintf(path, CL_PATH_MAX, "%s/.config/wzp/%s", home, name);
    }

    return n > 0 && n < CL_PATH_MAX;
}


cl_exit_t
cl_config_path(char path[CL_PATH_MAX], const char *name)
{
    size_t  i;

    if (!cl_config_find(path, name)) {
        return cl_fail(CL_IO, "no home directory (or its path is too long): "
                       "set HOME or XDG_CONFIG_HOME, or use --identity and "
                       "--fingerprint");
    }

    for (i = 1; path[i] != '\0'; i++) {

        if (path[i] != '/') {
            continue;
        }

        path[i] = '\0';

        if (mkdir(path, 0700) == -1 && errno != EEXIST) {
            return cl_fail(CL_IO, "directory \"%s\" cannot be made: %s", path,
                           strerror(errno));
        }

        path[i] = '/';
    }

    return CL_OK;
}


/* A temporary file with this content, to be moved to its place. */

static int
cl_config_temp(char temp[CL_TEMP_MAX], const char *path, const char *text)
{
    int      fd, error;
    size_t   len;
    ssize_t  n;

    (void) snprintf(temp, CL_TEMP_MAX, "%s.XXXXXX", path);

    fd = mkostemp(temp, O_CLOEXEC);             /* mode 0600 */
    if (fd == -1) {
        return errno;
    }

    len = strlen(text);
    n = write(fd, text, len);
    error = n == (ssize_t) len ? 0 : n == -1 ? errno : ENOSPC;

    if (error == 0 && fsync(fd) == -1) {
        error = errno;
    }

    (void) close(fd);

    if (error != 0) {
        (void) unlink(temp);
    }

    return error;
}


int
cl_config_create(const char *path, const char *text)
{
    int   error;
    char  temp[CL_TEMP_MAX];

    error = cl_config_temp(temp, path, text);

    /* link() fails where a file is, rename() would replace it. */

    if (error == 0) {
        error = link(temp, path) == -1 ? errno : 0;
        (void) unlink(temp);
    }

    errno = error;

    return error == 0 ? 0 : -1;
}


int
cl_config_replace(const char *path, const char *text)
{
    int   error;
    char  temp[CL_TEMP_MAX];

    error = cl_config_temp(temp, path, text);

    if (error == 0 && rename(temp, path) == -1) {
        error = errno;
        (void) unlink(temp);
    }

    errno = error;

    return error == 0 ? 0 : -1;
}


int
cl_config_read(const char *path, char *text, size_t size)
{
    int      fd, error;
    size_t   len;
    ssize_t  n;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    len = 0;

    do {
        n = read(fd, text + len, size - len);
        len += n > 0 ? (size_t) n : 0;

    } while (n > 0 && len < size);

    error = n == -1 ? errno : len == size ? EFBIG : 0;
    (void) close(fd);
    errno = error;

    if (error != 0) {
        return -1;
    }

    text[len] = '\0';

    return 0;
}


cl_exit_t
cl_file_read(cl_file_t *f, size_t size)
{
    f->size = size;
    f->text = malloc(size);

    if (f->text == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    if (cl_config_read(f->path, f->text, size) == -1) {

        if (errno != ENOENT) {
            return cl_fail(CL_IO, "\"%s\" cannot be read: %s", f->path,
                           strerror(errno));
        }

        f->text[0] = '\0';
    }

    return CL_OK;
}


/* The lock is a file of its own, for the other one is replaced. */

cl_exit_t
cl_file_open(cl_file_t *f, const char *name, size_t size)
{
    char       lock[64];
    cl_exit_t  rc;

    f->text = NULL;
    f->lock = -1;

    (void) snprintf(lock, sizeof(lock), "%.50s.lock", name);

    rc = cl_config_path(f->path, lock);
    if (rc != CL_OK) {
        return rc;
    }

    f->lock = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (f->lock == -1 || flock(f->lock, LOCK_EX) == -1) {
        return cl_fail(CL_IO, "\"%s\" cannot be locked: %s", f->path,
                       strerror(errno));
    }

    rc = cl_config_path(f->path, name);

    return rc == CL_OK ? cl_file_read(f, size) : rc;
}


cl_exit_t
cl_file_write(const cl_file_t *f)
{
    if (cl_config_replace(f->path, f->text) == -1) {
        return cl_fail(CL_IO, "\"%s\" cannot be written: %s", f->path,
                       strerror(errno));
    }

    return CL_OK;
}


void
cl_file_close(cl_file_t *f)
{
    free(f->text);

    if (f->lock != -1) {
        (void) close(f->lock);
    }
}
