/*
 * Captures.  See capture.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture.h"
#include "say.h"
#include "wzp/wzp_utf8.h"


#define CL_CAPTURE_MAGIC    "WZP\x01"
#define CL_CAPTURE_HEAD     8
#define CL_CAPTURE_RECORD   12
#define CL_CAPTURE_SPACE    32768       /* for the object, when it can be
                                           written once more                 */


struct cl_capture_s {
    char     *path;
    FILE     *file;
    json_t   *about;
    json_t   *streams;                  /* borrowed from about               */
    bool      back;                     /* the beginning can be changed      */
    bool      failed;
};


static void
cl_capture_number(uint8_t *p, uint64_t v, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        p[i] = (uint8_t) (v >> (8 * i));
    }
}


static uint64_t
cl_capture_value(const uint8_t *p, size_t n)
{
    uint64_t  v;

    for (v = 0; n > 0; n--) {
        v = v << 8 | p[n - 1];
    }

    return v;
}


/* ---- writing ---- */

static void
cl_capture_failed(cl_capture_t *cp)
{
    if (!cp->failed) {
        cp->failed = true;
        (void) cl_fail(CL_IO, "%s: cannot be written: %s", cp->path,
                       strerror(errno));
    }
}


static void
cl_capture_write(cl_capture_t *cp, const void *data, size_t len)
{
    if (!cp->failed && fwrite(data, 1, len, cp->file) != len) {
        cl_capture_failed(cp);
    }
}


/* The object, and blanks behind it, which JSON allows. */

static void
cl_capture_about(cl_capture_t *cp)
{
    char     *text;
    size_t    len, space;
    uint8_t   head[CL_CAPTURE_HEAD];

    text = json_dumps(cp->about, JSON_COMPACT);

    if (text == NULL) {
        errno = ENOMEM;
        cl_capture_failed(cp);
        return;
    }

    len = strlen(text);
    space = cp->back && len < CL_CAPTURE_SPACE ? CL_CAPTURE_SPACE - len : 0;

    memcpy(head, CL_CAPTURE_MAGIC, 4);
    cl_capture_number(head + 4, len + space, 4);

    cl_capture_write(cp, head, sizeof(head));
    cl_capture_write(cp, text, len);

    while (space-- > 0) {
        cl_capture_write(cp, " ", 1);
    }

    free(text);
}


/* For nobody else to read, also if it was there.  A pipe that nobody reads
 * must not stop us: signals wait for us, and would wait for ever. */

static FILE *
cl_capture_file(const char *path)
{
    int          fd;
    FILE        *file;
    struct stat  st;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK
              | O_NOCTTY, 0600);

    file = fd != -1 && fstat(fd, &st) == 0
           && (!S_ISREG(st.st_mode) || fchmod(fd, 0600) == 0)
           ? fdopen(fd, "w") : NULL;

    if (fd != -1 && file == NULL) {
        (void) close(fd);
    }

    return file;
}


/* Any bytes as a string of JSON. */

static json_t *
cl_capture_text(const char *text)
{
    char  clean[512];

    (void) wzp_utf8_clean(clean, sizeof(clean) - 1, text, strlen(text));

    return json_string(clean);
}


static void
cl_capture_free(cl_capture_t *cp)
{
    if (cp->file != NULL) {
        (void) fclose(cp->file);
    }

    json_decref(cp->about);
    free(cp->path);
    free(cp);
}


cl_exit_t
cl_capture_create(cl_capture_t **out, const char *path, const char *relay,
    const char *room, const char *start)
{
    cl_capture_t  *cp;

    *out = NULL;

    cp = calloc(1, sizeof(cl_capture_t));

    if (cp != NULL) {
        cp->path = strdup(path);
        cp->about = json_pack("{s:i, s:o, s:o, s:s, s:[]}", "version", 1,
                              "relay", cl_capture_text(relay),
                              "room", cl_capture_text(room),
                              "start_time", start, "streams");
        cp->streams = json_object_get(cp->about, "streams");
    }

    if (cp == NULL || cp->path == NULL || cp->streams == NULL) {

        if (cp != NULL) {
            cl_capture_free(cp);
        }

        return cl_fail(CL_INTERNAL, "no memory");
    }

    cp->file = cl_capture_file(path);

    if (cp->file == NULL) {
        cl_capture_failed(cp);
        cl_capture_free(cp);
        return CL_IO;
    }

    cp->back = ftell(cp->file) != -1;
    cl_capture_about(cp);
    cl_capture_flush(cp);

    if (cp->failed) {
        cl_capture_free(cp);
        return CL_IO;
    }

    *out = cp;

    return CL_OK;
}


void
cl_capture_put(cl_capture_t *cp, uint64_t at_ns, const uint8_t *data,
    size_t len)
{
    uint8_t  head[CL_CAPTURE_RECORD];

    if (len > CL_CAPTURE_PACKET) {
        return;
    }

    cl_capture_number(head, at_ns / 1000, 8);
    cl_capture_number(head + 8, len, 4);

    cl_capture_write(cp, head, sizeof(head));
    cl_capture_write(cp, data, len);
}


void
cl_capture_flush(cl_capture_t *cp)
{
    if (!cp->failed && fflush(cp->file) != 0) {
        cl_capture_failed(cp);
    }
}


void
cl_capture_name(cl_capture_t *cp, uint16_t id, const char *fp,
    const char *alias)
{
    (void) json_array_append_new(cp->streams,
                                 json_pack("{s:i, s:o, s:o}",
                                           "stream_id", (int) id,
                                           "fingerprint", cl_capture_text(fp),
                                           "alias", cl_capture_text(alias)));
}


cl_exit_t
cl_capture_finish(cl_capture_t *cp)
{
    char       *text;
    bool        fits;
    cl_exit_t   rc;

    text = json_dumps(cp->about, JSON_COMPACT);
    fits = text != NULL && strlen(text) <= CL_CAPTURE_SPACE;
    free(text);

    /* Names that do not fit stay out. */

    if (cp->back && fits && !cp->failed) {
        rewind(cp->file);
        cl_capture_about(cp);
    }

    cl_capture_flush(cp);
    rc = cp->failed ? CL_IO : CL_OK;
    cl_capture_free(cp);

    return rc;
}


/* ---- reading ---- */

/* False: the file ends, or cannot be read; *len is what there was. */

static bool
cl_capture_read(cl_capture_in_t *in, void *data, size_t size, size_t *len)
{
    *len = fread(data, 1, size, in->file);

    return *len == size;
}


static cl_exit_t
cl_capture_short(const cl_capture_in_t *in)
{
    return ferror(in->file)
           ? cl_fail(CL_IO, "%s: cannot be read: %s", in->path,
                     strerror(errno))
           : cl_fail(CL_IO, "%s: is no capture: it ends too early", in->path);
}


static void
cl_capture_member(const json_t *ob, const char *name, char *text, size_t size)
{
    const char    *value;
    const json_t  *member;

    text[0] = '\0';
    member = json_object_get(ob, name);
    value = json_string_value(member);

    if (value != NULL) {
        (void) wzp_utf8_clean(text, size - 1, value,
                              json_string_length(member));
    }
}


static void
cl_capture_names(cl_capture_in_t *in, const json_t *list)
{
    size_t              i;
    json_int_t          id;
    const json_t       *ob;
    cl_capture_name_t  *nm;

    for (i = 0; i < json_array_size(list) && in->nnames < CL_CAPTURE_NAMES;
         i++)
    {
        ob = json_array_get(list, i);
        id = json_integer_value(json_object_get(ob, "stream_id"));

        if (id <= 0 || id > UINT16_MAX) {
            continue;
        }

        nm = &in->names[in->nnames++];
        nm->id = (uint16_t) id;
        cl_capture_member(ob, "fingerprint", nm->fp, sizeof(nm->fp));
        cl_capture_member(ob, "alias", nm->alias, sizeof(nm->alias));
    }
}


static cl_exit_t
cl_capture_parse(cl_capture_in_t *in, const char *text, size_t len)
{
    json_t        *ob;
    json_int_t     version;
    json_error_t   error;

    ob = json_loadb(text, len, 0, &error);

    if (!json_is_object(ob)) {
        json_decref(ob);
        return cl_fail(CL_IO, "%s: is no capture: its description is no JSON "
                       "object", in->path);
    }

    version = json_integer_value(json_object_get(ob, "version"));

    cl_capture_member(ob, "relay", in->relay, sizeof(in->relay));
    cl_capture_member(ob, "room", in->room, sizeof(in->room));
    cl_capture_member(ob, "start_time", in->start, sizeof(in->start));
    cl_capture_names(in, json_object_get(ob, "streams"));

    json_decref(ob);

    return version == 1
           ? CL_OK
           : cl_fail(CL_IO, "%s: a capture of version %lld, 1 is all that "
                     "can be read", in->path, (long long) version);
}


cl_exit_t
cl_capture_open(cl_capture_in_t *in, FILE *file, const char *path)
{
    char       *text;
    size_t      len, got;
    uint8_t     head[CL_CAPTURE_HEAD];
    cl_exit_t   rc;

    memset(in, 0, sizeof(cl_capture_in_t));
    in->file = file;
    in->path = path;

    if (!cl_capture_read(in, head, sizeof(head), &got)) {
        return cl_capture_short(in);
    }

    if (memcmp(head, CL_CAPTURE_MAGIC, 3) != 0) {
        return cl_fail(CL_IO, "%s: is no capture: it does not begin with "
                       "\"WZP\"", path);
    }

    if (head[3] != CL_CAPTURE_MAGIC[3]) {
        return cl_fail(CL_IO, "%s: a capture of form %u, 1 is all that can be "
                       "read", path, head[3]);
    }

    len = (size_t) cl_capture_value(head + 4, 4);

    if (len > CL_CAPTURE_ABOUT) {
        return cl_fail(CL_IO, "%s: is no capture: %zu bytes of description",
                       path, len);
    }

    text = malloc(len + 1);
    if (text == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    rc = cl_capture_read(in, text, len, &got)
         ? cl_capture_parse(in, text, len) : cl_capture_short(in);
    free(text);

    return rc;
}


/* What was being written when the writer died. */

static cl_exit_t
cl_capture_end(cl_capture_in_t *in, size_t got)
{
    if (ferror(in->file)) {
        return cl_capture_short(in);
    }

    in->cut = got > 0;

    if (in->cut) {
        cl_warn("%s: ends in the middle of a packet, the %llu before it are "
                "used", in->path, (unsigned long long) in->packets);
    }

    return CL_OK;
}


cl_exit_t
cl_capture_next(cl_capture_in_t *in, bool *more)
{
    size_t    got, len;
    uint8_t   head[CL_CAPTURE_RECORD];
    uint64_t  us;

    *more = false;

    if (!cl_capture_read(in, head, sizeof(head), &got)) {
        return cl_capture_end(in, got);
    }

    us = cl_capture_value(head, 8);
    len = (size_t) cl_capture_value(head + 8, 4);

    if (len > CL_CAPTURE_PACKET) {
        return cl_fail(CL_IO, "%s: packet %llu has %zu bytes, which none has",
                       in->path, (unsigned long long) in->packets + 1, len);
    }

    if (us > CL_CAPTURE_DAYS * 86400 * 1000000ULL
        || us * 1000 < in->at_ns)
    {
        return cl_fail(CL_IO, "%s: packet %llu comes at %.6f s, which cannot "
                       "be: the one before it came at %.6f", in->path,
                       (unsigned long long) in->packets + 1,
                       (double) us / 1e6, (double) in->at_ns / 1e9);
    }

    if (!cl_capture_read(in, in->data, len, &got)) {
        return cl_capture_end(in, sizeof(head));
    }

    in->len = len;
    in->at_ns = us * 1000;
    in->packets++;
    *more = true;

    return CL_OK;
}
