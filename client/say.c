/*
 * Everything the program prints.  See say.h.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "out.h"
#include "say.h"
#include "wzp/wzp_utf8.h"


#define CL_TEXT_MAX     1024
#define CL_COLUMNS      80


static struct {
    bool               json;
    bool               verbose;
    bool               tty;
    bool               line;            /* a live line is on the screen      */
    uint64_t           start_ns;
    cl_say_tee_pt      tee[CL_SAY_TEES];        /* NULL: nobody              */
    cl_say_listen_pt   listen;          /* NULL: nobody                      */
    const char        *about;           /* file and line; NULL: none         */
    cl_say_into_pt     into;            /* NULL: the streams                 */
    void              *ctx;             /* of into                           */
} cl_out;


/* A terminal that knows how to go back and to clear a line. */

static bool
cl_say_terminal(void)
{
    const char  *term;

    term = getenv("TERM");

    return isatty(STDOUT_FILENO) && term != NULL && term[0] != '\0'
           && strcmp(term, "dumb") != 0;
}


void
cl_say_init(bool json, bool verbose)
{
    cl_out.json = json;
    cl_out.verbose = verbose;
    cl_out.tty = cl_say_terminal();
    cl_out.start_ns = cl_now();
}


bool
cl_say_json(void)
{
    return cl_out.json;
}


bool
cl_say_live(void)
{
    return cl_out.tty && !cl_out.json && !cl_out.verbose
           && cl_out.into == NULL;
}


static void
cl_say_clear(void)
{
    if (cl_out.line) {
        cl_out_print(CL_OUT, "\r\033[K");
        cl_out.line = false;
    }
}


void
cl_say_into(cl_say_into_pt into, void *ctx)
{
    cl_say_clear();

    cl_out.into = into;
    cl_out.ctx = ctx;
}


void
cl_say_listen(cl_say_listen_pt listen)
{
    cl_out.listen = listen;
}


static void __attribute__((format(printf, 2, 0)))
cl_say_tell(const char *kind, const char *fmt, va_list args)
{
    char  text[CL_TEXT_MAX];

    if (cl_out.listen != NULL) {
        (void) vsnprintf(text, sizeof(text), fmt, args);
        cl_out.listen(kind, text);
    }
}


static void __attribute__((format(printf, 3, 0)))
cl_say_print(cl_out_to_t to, const char *head, const char *fmt, va_list args)
{
    char  *text;

    if (vasprintf(&text, fmt, args) != -1) {
        cl_out_print(to, "%s%s\n", head, text);
        free(text);
    }
}


void
cl_say(const char *fmt, ...)
{
    char     text[CL_TEXT_MAX];
    va_list  args;

    va_start(args, fmt);
    cl_say_tell("", fmt, args);
    va_end(args);

    if (cl_out.json) {
        return;
    }

    cl_say_clear();

    va_start(args, fmt);

    if (cl_out.into != NULL) {
        (void) vsnprintf(text, sizeof(text), fmt, args);
        cl_out.into(cl_out.ctx, text, false);

    } else {
        cl_say_print(CL_OUT, "", fmt, args);
    }

    va_end(args);
}


void
cl_debug(const char *fmt, ...)
{
    char     head[64];
    va_list  args;

    va_start(args, fmt);
    cl_say_tell("debug: ", fmt, args);
    va_end(args);

    if (!cl_out.verbose) {
        return;
    }

    (void) snprintf(head, sizeof(head), "wzp-client: %.3f: ",
                    (double) (cl_now() - cl_out.start_ns) / 1e9);

    va_start(args, fmt);
    cl_say_print(CL_OUT_ERR, head, fmt, args);
    va_end(args);
}


/* Names of files and hosts are bytes; JSON wants UTF-8. */

static json_t *
cl_say_text(const char *text)
{
    char     clean[CL_TEXT_MAX];
    json_t  *ob;

    ob = json_string(text);

    if (ob == NULL) {
        (void) wzp_utf8_clean(clean, sizeof(clean) - 1, text, strlen(text));
        ob = json_string(clean);
    }

    return ob;
}


/* On standard error, or where a view wants it. */

static void
cl_say_error(const char *kind, const char *text)
{
    char  line[CL_TEXT_MAX + 16];

    cl_say_clear();

    if (cl_out.listen != NULL) {
        cl_out.listen(kind, text);
    }

    if (cl_out.into != NULL) {
        (void) snprintf(line, sizeof(line), "%s%s", kind, text);
        cl_out.into(cl_out.ctx, line, true);
    }

    if (cl_out.into == NULL || !isatty(STDERR_FILENO)) {
        cl_out_print(CL_OUT_ERR, "wzp-client: %s%s\n", kind, text);
    }
}


void
cl_say_about(const char *where)
{
    cl_out.about = where;
}


void
cl_warn(const char *fmt, ...)
{
    char     text[CL_TEXT_MAX];
    va_list  args;

    if (cl_out.about != NULL) {
        return;
    }

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    cl_say_error("warning: ", text);
    cl_event("warning", json_pack("{s:o}", "message",
                                   cl_say_text(text)));
}


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    int      n;
    char     text[CL_TEXT_MAX];
    va_list  args;

    n = 0;

    if (cl_out.about != NULL) {
        n = snprintf(text, sizeof(text), "%.500s: ", cl_out.about);
    }

    va_start(args, fmt);
    (void) vsnprintf(text + n, sizeof(text) - (size_t) n, fmt, args);
    va_end(args);

    cl_say_error("", text);
    cl_event("error", json_pack("{s:i, s:o}", "exit", (int) status,
                                "message", cl_say_text(text)));
    return status;
}


/* Put a tee in the place of another. */

static void
cl_say_swap(cl_say_tee_pt was, cl_say_tee_pt tee)
{
    size_t  i;

    for (i = 0; i < CL_SAY_TEES; i++) {
        if (cl_out.tee[i] == was) {
            cl_out.tee[i] = tee;
            return;
        }
    }
}


void
cl_say_tee(cl_say_tee_pt tee)
{
    cl_say_swap(NULL, tee);
}


void
cl_say_untee(cl_say_tee_pt tee)
{
    cl_say_swap(tee, NULL);
}


bool
cl_say_events(void)
{
    size_t  i;
    bool    any;

    any = cl_out.json;

    for (i = 0; i < CL_SAY_TEES; i++) {
        any |= cl_out.tee[i] != NULL;
    }

    return any;
}


void
cl_event(const char *name, json_t *ob)
{
    size_t   i;
    char    *text;
    double   t;
    json_t  *all;

    for (i = 0; i < CL_SAY_TEES; i++) {
        if (cl_out.tee[i] != NULL) {
            cl_out.tee[i](name, ob);
        }
    }

    if (!cl_out.json) {
        json_decref(ob);
        return;
    }

    t = (double) ((cl_now() - cl_out.start_ns) / 1000) / 1e6;
    all = json_pack("{s:s, s:f}", "event", name, "t", t);

    /* An event is told even if its members cannot be: see json_pack. */

    if (ob != NULL) {
        (void) json_object_update(all, ob);
    }

    text = json_dumps(all, JSON_COMPACT | JSON_REAL_PRECISION(9));

    if (text != NULL) {
        cl_out_print(CL_OUT, "%s\n", text);
        free(text);
    }

    json_decref(all);
    json_decref(ob);
}


/* Bytes of the text that fit into so many columns; a character of UTF-8 is
 * taken to be one column wide. */

static size_t
cl_say_fit(const char *text, size_t columns)
{
    size_t  i;

    for (i = 0; text[i] != '\0'; i++) {

        if (((unsigned char) text[i] & 0xc0) == 0x80) {
            continue;
        }

        if (columns-- == 0) {
            break;
        }
    }

    return i;
}


void
cl_say_line(const char *text)
{
    size_t          columns;
    struct winsize  ws;

    if (!cl_say_live()) {
        return;
    }

    if (text == NULL) {
        cl_say_clear();
        return;
    }

    if (cl_out_busy(CL_OUT)) {
        return;                         /* only the newest is of use */
    }

    columns = CL_COLUMNS;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 1) {
        columns = ws.ws_col;
    }

    cl_out_print(CL_OUT, "\r%.*s\033[K", (int) cl_say_fit(text, columns - 1),
                 text);
    cl_out.line = true;
}


void
cl_say_turn(void)
{
    uint64_t  lines;

    lines = cl_out_turn();

    if (lines > 0) {
        cl_warn("%" PRIu64 " %s not taken", lines,
                lines == 1 ? "line was" : "lines were");
    }
}


cl_exit_t
cl_say_end(cl_exit_t rc)
{
    int        err;
    uint64_t   lines;
    cl_exit_t  end;

    err = cl_out_end(&lines);
    end = CL_OK;

    if (err != 0) {
        end = cl_fail(CL_IO, "standard output cannot be written: %s",
                      strerror(err));

    } else if (lines > 0) {
        end = cl_fail(CL_IO, "standard output: the last %" PRIu64 " %s not "
                      "taken", lines, lines == 1 ? "line was" : "lines were");
    }

    return rc != CL_OK ? rc : end;
}
