/*
 * ZIP files.  See zipfile.h.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"
#include "zipfile.h"


#define CL_ZIP_LEVEL        1           /* sound hardly gets smaller         */
#define CL_ZIP_PACKED       (8 << 20)   /* what is longer takes too long     */


typedef struct {
    const cl_spool_t  *sp;
    uint64_t           at;
    zip_error_t        error;
} cl_zip_sound_t;


static void
cl_zip_failed(cl_zip_t *zf, const char *why)
{
    if (!zf->failed) {
        zf->failed = true;
        (void) cl_fail(CL_IO, "\"%s\" cannot be written: %s", zf->path, why);
    }
}


void
cl_zip_open(cl_zip_t *zf, const char *path)
{
    int          code;
    zip_error_t  error;

    zf->path = path;
    zf->failed = false;

    /* libzip gives the new file the mode of the old one. */

    if (chmod(path, 0600) == -1 && errno != ENOENT) {
        (void) unlink(path);                            /* not ours */
    }

    zf->za = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);

    if (zf->za == NULL) {
        zip_error_init_with_code(&error, code);
        cl_zip_failed(zf, zip_error_strerror(&error));
        zip_error_fini(&error);
    }
}


static void
cl_zip_add(cl_zip_t *zf, const char *name, zip_source_t *src,
    zip_int32_t method)
{
    zip_int64_t  i;

    if (src == NULL) {
        cl_zip_failed(zf, zip_strerror(zf->za));
        return;
    }

    i = zip_file_add(zf->za, name, src, ZIP_FL_ENC_UTF_8);

    if (i == -1) {
        cl_zip_failed(zf, zip_strerror(zf->za));
        zip_source_free(src);
        return;
    }

    (void) zip_set_file_compression(zf->za, (zip_uint64_t) i, method,
                                    CL_ZIP_LEVEL);
}


void
cl_zip_text(cl_zip_t *zf, const char *name, char *text, size_t len)
{
    if (text == NULL) {
        cl_zip_failed(zf, "no memory");
    }

    if (zf->failed) {
        free(text);
        return;
    }

    cl_zip_add(zf, name, zip_source_buffer(zf->za, text, len, 1),
               ZIP_CM_DEFLATE);
}


/* What libzip asks of a source; see zip_source_function(3). */

static zip_int64_t
cl_zip_sound_do(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t cmd)
{
    size_t           n;
    zip_stat_t      *zs;
    cl_zip_sound_t  *zd;

    zd = ctx;

    switch ((int) cmd) {

    case ZIP_SOURCE_OPEN:
        zd->at = 0;
        return 0;

    case ZIP_SOURCE_READ:
        errno = 0;
        n = cl_spool_read(zd->sp, zd->at, data, (size_t) len);

        if (n == 0 && errno != 0) {
            zip_error_set(&zd->error, ZIP_ER_READ, errno);
            return -1;
        }

        zd->at += n;
        return (zip_int64_t) n;

    case ZIP_SOURCE_CLOSE:
        return 0;

    case ZIP_SOURCE_STAT:
        zs = data;
        zip_stat_init(zs);
        zs->size = cl_spool_size(zd->sp);
        zs->valid = ZIP_STAT_SIZE;
        return (zip_int64_t) sizeof(zip_stat_t);

    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&zd->error, data, len);

    case ZIP_SOURCE_FREE:
        zip_error_fini(&zd->error);
        free(zd);
        return 0;

    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN,
                   ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                   ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, -1);

    default:
        zip_error_set(&zd->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}


void
cl_zip_sound(cl_zip_t *zf, const char *name, const cl_spool_t *sp)
{
    zip_source_t    *src;
    cl_zip_sound_t  *zd;

    if (zf->failed) {
        return;
    }

    zd = calloc(1, sizeof(cl_zip_sound_t));

    if (zd == NULL) {
        cl_zip_failed(zf, "no memory");
        return;
    }

    zd->sp = sp;
    zip_error_init(&zd->error);

    src = zip_source_function(zf->za, cl_zip_sound_do, zd);

    if (src == NULL) {
        free(zd);
    }

    /* The next call waits meanwhile. */

    cl_zip_add(zf, name, src, cl_spool_size(sp) > CL_ZIP_PACKED
                              ? ZIP_CM_STORE : ZIP_CM_DEFLATE);
}


static int
cl_zip_cancel(zip_t *za, void *ctx)
{
    sigset_t  set;

    (void) za;
    (void) ctx;

    return sigpending(&set) == 0 && (sigismember(&set, SIGINT) == 1
                                     || sigismember(&set, SIGTERM) == 1);
}


bool
cl_zip_close(cl_zip_t *zf)
{
    mode_t  mask;

    if (zf->za == NULL) {
        return false;
    }

    if (zf->failed) {
        zip_discard(zf->za);
        return false;
    }

    (void) zip_register_cancel_callback_with_state(zf->za, cl_zip_cancel, NULL,
                                                   NULL);

    mask = umask(077);

    if (zip_close(zf->za) == -1) {
        cl_zip_failed(zf, zip_strerror(zf->za));
        zip_discard(zf->za);
    }

    (void) umask(mask);

    return !zf->failed;
}
