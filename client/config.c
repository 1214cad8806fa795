/*
 * Files of the client.  See config.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "say.h"


#define CL_TEMP_MAX     (CL_PATH_MAX + 8)


/* XDG Base Directory Specification: a relative path is to be ignored. */

static cl_exit_t
cl_config_base(char base[CL_PATH_MAX])
{
    int                   n;
    const char           *home;
    const struct passwd  *pw;

    home = getenv("XDG_CONFIG_HOME");

    if (home != NULL && home[0] == '/') {
        n = snprintf(base, CL_PATH_MAX, "%s", home);

    } else {
        home = getenv("HOME");

        if (home == NULL || home[0] == '\0') {
            pw = getpwuid(getuid());
            home = pw != NULL ? pw->pw_dir : NULL;
        }

        if (home == NULL) {
            return cl_fail(CL_IO, "no home directory: set HOME or "
                           "XDG_CONFIG_HOME, or use --identity and "
                           "--fingerprint");
        }

        n = snprintf(base, CL_PATH_MAX, "%s/.config", home);
    }

    if (n < 0 || n >= CL_PATH_MAX - 64) {
        return cl_fail(CL_IO, "the path of the home directory is too long");
    }

    return CL_OK;
}


cl_exit_t
cl_config_path(char path[CL_PATH_MAX], const char *name)
{
    char       base[CL_PATH_MAX];
    size_t     i, len;
    cl_exit_t  rc;

    rc = cl_config_base(base);
    if (rc != CL_OK) {
        return rc;
    }

    (void) snprintf(path, CL_PATH_MAX, "%.4000s/wzp", base);

    len = strlen(path);

    for (i = 1; i <= len; i++) {

        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }

        path[i] = '\0';

        if (mkdir(path, 0700) == -1 && errno != EEXIST) {
            return cl_fail(CL_IO, "directory \"%s\" cannot be made: %s", path,
                           strerror(errno));
        }

        path[i] = i < len ? '/' : '\0';
    }

    (void) snprintf(path + len, CL_PATH_MAX - len, "/%.50s", name);

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
