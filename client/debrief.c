/*
 * The report after a call.  See debrief.h.
 */

#include <errno.h>
#include <opus.h>
#include <sodium.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "debrief.h"
#include "jsonl.h"
#include "lines.h"
#include "options_table.h"
#include "say.h"
#include "zipfile.h"


#define CL_DEBRIEF_LOG      524288      /* bytes                             */
#define CL_DEBRIEF_STATUS   2097152


struct cl_debrief_s {
    const cl_options_t  *op;
    const cl_me_t       *me;
    uint64_t             start_ns;
    char                 started[CL_JSONL_TIME];
    cl_spool_t           heard;
    cl_spool_t           sent;
    cl_lines_t           status;        /* events, newest                    */
    json_t              *report;        /* the closing one; NULL: none       */
};


static cl_lines_t     cl_debrief_log;
static uint64_t       cl_debrief_log_ns;
static cl_debrief_t  *cl_debrief_now;   /* NULL: no call                     */


/* ---- what is said ---- */

static void
cl_debrief_line(const char *kind, const char *text)
{
    char  line[2048];

    (void) snprintf(line, sizeof(line), "%.3f %s%s",
                    (double) (cl_now() - cl_debrief_log_ns) / 1e9, kind, text);
    cl_lines_add(&cl_debrief_log, line);
}


static void
cl_debrief_status(cl_debrief_t *db, const json_t *ob)
{
    char    *text;
    double   t;
    json_t  *all;

    t = (double) ((cl_now() - db->start_ns) / 1000) / 1e6;
    all = json_pack("{s:f}", "t", t);

    if (all != NULL) {
        (void) json_object_update(all, (json_t *) (uintptr_t) ob);
    }

    text = json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(9));

    if (text != NULL) {
        cl_lines_add(&db->status, text);
    }

    free(text);
    json_decref(all);
}


static void
cl_debrief_event(const char *name, const json_t *ob)
{
    char          *text, kind[64];
    cl_debrief_t  *db;

    db = cl_debrief_now;

    if (db != NULL && strcmp(name, "status") == 0) {
        cl_debrief_status(db, ob);
        return;
    }

    if (db != NULL && strcmp(name, "report") == 0) {
        json_decref(db->report);
        db->report = json_deep_copy(ob);
        return;
    }

    if (strcmp(name, "warning") == 0 || strcmp(name, "error") == 0) {
        return;                         /* these are lines as well           */
    }

    text = json_dumps(ob, JSON_COMPACT | JSON_REAL_PRECISION(9));
    (void) snprintf(kind, sizeof(kind), "event %s ", name);
    cl_debrief_line(kind, text != NULL ? text : "");
    free(text);
}


cl_exit_t
cl_debrief_start(void)
{
    if (!cl_lines_init(&cl_debrief_log, CL_DEBRIEF_LOG)) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    cl_debrief_log_ns = cl_now();
    cl_say_listen(cl_debrief_line);
    cl_say_tee(cl_debrief_event);

    return CL_OK;
}


void
cl_debrief_stop(void)
{
    cl_say_listen(NULL);
    cl_say_untee(cl_debrief_event);
    cl_lines_done(&cl_debrief_log);
}


/* ---- a call ---- */

cl_exit_t
cl_debrief_create(cl_debrief_t **out, const cl_options_t *op,
    const cl_me_t *me)
{
    cl_exit_t      rc;
    struct stat    st;
    cl_debrief_t  *db;

    *out = NULL;

    if (stat(op->report, &st) == 0 && !S_ISREG(st.st_mode)) {
        return cl_fail(CL_IO, "\"%s\" is there, and is no file", op->report);
    }

    db = calloc(1, sizeof(cl_debrief_t));
    if (db == NULL) {
        return cl_fail(CL_INTERNAL, "no memory");
    }

    db->op = op;
    db->me = me;
    db->start_ns = cl_now();
    db->heard.fd = -1;
    db->sent.fd = -1;
    cl_jsonl_time(db->started, false);

    rc = cl_lines_init(&db->status, CL_DEBRIEF_STATUS)
         ? CL_OK : cl_fail(CL_INTERNAL, "no memory");

    if (rc == CL_OK) {
        rc = cl_spool_open(&db->heard, op->report);
    }

    if (rc == CL_OK) {
        rc = cl_spool_open(&db->sent, op->report);
    }

    if (rc != CL_OK) {
        cl_debrief_destroy(db);
        return rc;
    }

    cl_debrief_now = db;
    *out = db;

    return CL_OK;
}


void
cl_debrief_destroy(cl_debrief_t *db)
{
    if (db == NULL) {
        return;
    }

    cl_debrief_now = NULL;

    cl_spool_close(&db->heard);
    cl_spool_close(&db->sent);
    cl_lines_done(&db->status);
    json_decref(db->report);
    free(db);
}


void
cl_debrief_heard(cl_debrief_t *db, const int16_t *pcm, size_t n)
{
    cl_spool_write(&db->heard, pcm, n, cl_now());
}


void
cl_debrief_sent(void *ctx, const int16_t *pcm, size_t n)
{
    cl_debrief_t  *db;

    db = ctx;
    cl_spool_write(&db->sent, pcm, n, cl_now());
}


/* ---- the parts of the file ---- */

/* How many blocks after the call's begin a sound begins. */

static uint64_t
cl_debrief_lag(const cl_debrief_t *db, const cl_spool_t *sp)
{
    return sp->start_ns > db->start_ns
           ? (sp->start_ns - db->start_ns) / (100 * WZP_MS) : 0;
}


/* A level in its column, or nothing. */

static void
cl_debrief_level(FILE *file, const cl_spool_t *sp, uint64_t lag, uint64_t i)
{
    if (i < lag + cl_spool_first(sp) || i >= lag + sp->blocks) {
        (void) fputc(',', file);
        return;
    }

    (void) fprintf(file, ",%.1f",
                   (double) sp->level[(i - lag) % CL_SPOOL_BLOCKS]);
}


static void
cl_debrief_levels(FILE *file, const cl_debrief_t *db)
{
    uint64_t  i, end, in, out;

    in = cl_debrief_lag(db, &db->heard);
    out = cl_debrief_lag(db, &db->sent);

    i = WZP_MIN(in + cl_spool_first(&db->heard),
                out + cl_spool_first(&db->sent));
    end = WZP_MAX(in + db->heard.blocks, out + db->sent.blocks);

    (void) fprintf(file, "time_s,received_dbfs,sent_dbfs\n");

    for ( /* void */ ; i < end; i++) {
        (void) fprintf(file, "%.1f", (double) i / 10);
        cl_debrief_level(file, &db->heard, in, i);
        cl_debrief_level(file, &db->sent, out, i);
        (void) fputc('\n', file);
    }
}


static void
cl_debrief_histogram(FILE *file, const cl_debrief_t *db)
{
    size_t  i;

    (void) fprintf(file, "dbfs,received,sent\n");

    for (i = 0; i <= CL_SPOOL_FLOOR; i++) {
        (void) fprintf(file, "%d,%llu,%llu\n", -(int) i,
                       (unsigned long long) db->heard.histogram[i],
                       (unsigned long long) db->sent.histogram[i]);
    }
}


static void
cl_debrief_statistics(FILE *file, const cl_debrief_t *db)
{
    size_t       n;
    const char  *p, *end;

    (void) fprintf(file, "{\n\"report\": ");
    (void) json_dumpf(db->report, file, JSON_INDENT(2) | JSON_ENCODE_ANY
                                        | JSON_REAL_PRECISION(9));
    (void) fprintf(file, ",\n\"status_from_begin\": %s,\n\"status\": [",
                   db->status.cut ? "false" : "true");

    end = db->status.text + db->status.len;

    for (p = db->status.text; p < end; p += n + 1) {
        n = (size_t) ((const char *) memchr(p, '\n', (size_t) (end - p)) - p);
        (void) fprintf(file, "%s\n%.*s", p > db->status.text ? "," : "",
                       (int) n, p);
    }

    (void) fprintf(file, "\n]\n}\n");
}


static void
cl_debrief_said(FILE *file, const cl_debrief_t *db)
{
    (void) db;

    if (cl_debrief_log.cut) {
        (void) fprintf(file, "(what was said before is left out)\n");
    }

    (void) fwrite(cl_debrief_log.text, 1, cl_debrief_log.len, file);
}


/* What was said on the command line; of secrets, that they were. */

static json_t *
cl_debrief_options(const cl_options_t *op)
{
    size_t              i;
    json_t             *ob;
    const cl_option_t  *ot;

    ob = json_object();

    for (i = 0; (ot = cl_options_row(i)) != NULL; i++) {
        if (op->given[i] != NULL) {
            (void) json_object_set_new(ob, ot->name,
                                       json_string(op->given[i]));
        }
    }

    return ob;
}


static void
cl_debrief_about(FILE *file, const cl_debrief_t *db)
{
    json_t          *ob;
    struct utsname   un;

    memset(&un, 0, sizeof(un));
    (void) uname(&un);

    ob = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:{s:s, s:s, "
                   "s:s, s:s, s:s}, s:{s:s, s:s, s:s}}",
                   "version", CL_VERSION,
                   "started", db->started,
                   "host", db->op->host,
                   "port", db->op->port,
                   "room", db->op->room,
                   "fingerprint", db->me->fp,
                   "alias", db->me->alias,
                   "options", cl_debrief_options(db->op),
                   "libraries",
                   "opus", opus_get_version_string(),
                   "sodium", sodium_version_string(),
                   "jansson", jansson_version_str(),
                   "sndfile", sf_version_string(),
                   "zip", zip_libzip_version(),
                   "system",
                   "name", un.sysname,
                   "release", un.release,
                   "machine", un.machine);

    (void) json_dumpf(ob, file, JSON_INDENT(2) | JSON_ENCODE_ANY);
    (void) fputc('\n', file);
    json_decref(ob);
}


static void
cl_debrief_part(const cl_debrief_t *db, cl_zip_t *zf, const char *name,
    void (*write)(FILE *file, const cl_debrief_t *db))
{
    char    *text;
    FILE    *file;
    size_t   len;

    text = NULL;
    file = open_memstream(&text, &len);

    if (file != NULL) {
        write(file, db);

        if (fclose(file) != 0) {
            free(text);
            text = NULL;
        }
    }

    cl_zip_text(zf, name, text, len);
}


/* Was all of it kept? */

static bool
cl_debrief_whole(cl_debrief_t *db, cl_spool_t *sp)
{
    cl_spool_finish(sp);

    if (sp->error != 0) {
        cl_warn("\"%s\": the sound is not complete: %s", db->op->report,
                strerror(sp->error));
    }

    return sp->error == 0;
}


cl_exit_t
cl_debrief_finish(cl_debrief_t *db)
{
    bool      whole;
    cl_zip_t  zf;

    whole = cl_debrief_whole(db, &db->heard);
    whole &= cl_debrief_whole(db, &db->sent);

    cl_zip_open(&zf, db->op->report);

    cl_zip_sound(&zf, "received.wav", &db->heard);
    cl_zip_sound(&zf, "sent.wav", &db->sent);
    cl_debrief_part(db, &zf, "rms.csv", cl_debrief_levels);
    cl_debrief_part(db, &zf, "histogram.csv", cl_debrief_histogram);
    cl_debrief_part(db, &zf, "statistics.json", cl_debrief_statistics);
    cl_debrief_part(db, &zf, "log.txt", cl_debrief_said);
    cl_debrief_part(db, &zf, "about.json", cl_debrief_about);

    if (!cl_zip_close(&zf)) {
        return CL_IO;
    }

    cl_event("reported", json_pack("{s:s}", "file", db->op->report));
    cl_say("the report is in %s", db->op->report);

    return whole ? CL_OK : CL_IO;
}
