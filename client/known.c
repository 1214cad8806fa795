/*
 * Trust on first use.  See known.h.
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "config.h"
#include "known.h"
#include "say.h"


#define CL_KNOWN_KEY    (CL_HOST_MAX + 16)


static void
cl_known_key(char key[CL_KNOWN_KEY], const cl_options_t *op)
{
    char  *p;

    (void) snprintf(key, CL_KNOWN_KEY,
                    strchr(op->host, ':') ? "[%s]:%s" : "%s:%s", op->host,
                    op->port);

    for (p = key; *p != '\0'; p++) {
        *p = (char) tolower((unsigned char) *p);
    }
}


/* Does a line of somebody's editor wait for its end? */

static bool
cl_known_open_line(int fd)
{
    char   last;
    off_t  size;

    size = lseek(fd, 0, SEEK_END);

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}


/* One line of the file. */

static cl_known_t
cl_known_line(const char *line, const char *key,
    const uint8_t fp[WZP_CERT_FP_SIZE], char was[WZP_CERT_FP_TEXT_LEN + 1])
{
    size_t       n;
    uint8_t      have[WZP_CERT_FP_SIZE];
    const char  *p;

    n = strlen(key);

    if (strncmp(line, key, n) != 0 || !isblank((unsigned char) line[n])) {
        return CL_KNOWN_NEW;
    }

    p = line + n + strspn(line + n, " \t");
    n = strcspn(p, " \t\r\n");

    if (wzp_cert_fp_parse(have, p, n) != WZP_OK) {
        return CL_KNOWN_ERROR;
    }

    wzp_cert_fp_text(was, have);

    return memcmp(have, fp, WZP_CERT_FP_SIZE) == 0 ? CL_KNOWN_SAME
                                                   : CL_KNOWN_CHANGED;
}


cl_known_t
cl_known_check(const cl_options_t *op, const uint8_t fp[WZP_CERT_FP_SIZE],
    unsigned *line, char was[WZP_CERT_FP_TEXT_LEN + 1])
{
    FILE        *file;
    char         path[CL_PATH_MAX], key[CL_KNOWN_KEY], text[1024];
    cl_known_t   rc;

    if (cl_config_path(path, "known_hosts") != CL_OK) {
        return CL_KNOWN_ERROR;
    }

    file = fopen(path, "re");

    if (file == NULL) {
        if (errno == ENOENT) {
            return CL_KNOWN_NEW;
        }

        (void) cl_fail(CL_IO, "\"%s\" cannot be read: %s", path,
                       strerror(errno));
        return CL_KNOWN_ERROR;
    }

    cl_known_key(key, op);
    rc = CL_KNOWN_NEW;

    for (*line = 1; fgets(text, sizeof(text), file) != NULL; (*line)++) {
        rc = cl_known_line(text, key, fp, was);

        if (rc != CL_KNOWN_NEW) {
            break;
        }
    }

    (void) fclose(file);

    if (rc == CL_KNOWN_ERROR) {
        (void) cl_fail(CL_IO, "\"%s\", line %u, is not \"HOST:PORT "
                       "FINGERPRINT\": repair or remove it", path, *line);
    }

    return rc;
}


cl_exit_t
cl_known_add(const cl_options_t *op, const uint8_t fp[WZP_CERT_FP_SIZE])
{
    int         fd, n;
    char        path[CL_PATH_MAX], key[CL_KNOWN_KEY];
    char        line[CL_KNOWN_KEY + WZP_CERT_FP_TEXT_LEN + 4];
    char        text[WZP_CERT_FP_TEXT_LEN + 1], was[WZP_CERT_FP_TEXT_LEN + 1];
    unsigned    at;
    cl_exit_t   rc;

    rc = cl_config_path(path, "known_hosts");
    if (rc != CL_OK) {
        return rc;
    }

    fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    if (fd == -1 || flock(fd, LOCK_EX) == -1) {
        goto failed;
    }

    /* Another client may have met the relay at the same time. */

    if (cl_known_check(op, fp, &at, was) == CL_KNOWN_NEW) {
        cl_known_key(key, op);
        wzp_cert_fp_text(text, fp);
        n = snprintf(line, sizeof(line), "%s%s %s\n",
                     cl_known_open_line(fd) ? "\n" : "", key, text);

        if (write(fd, line, (size_t) n) != n) {
            goto failed;
        }
    }

    (void) close(fd);

    return CL_OK;

failed:

    rc = cl_fail(CL_IO, "\"%s\" cannot be written: %s", path,
                 strerror(errno));

    if (fd != -1) {
        (void) close(fd);
    }

    return rc;
}
