/*
 * Everything the program prints: lines for people, or one JSON object per
 * line for programs (--json), and the live line of a terminal.
 * What is said, and when, is decided elsewhere.
 */

#ifndef _SAY_H_INCLUDED_
#define _SAY_H_INCLUDED_


#include <jansson.h>

#include "client.h"


#define CL_PRINTF(f)    __attribute__((format(printf, f, (f) + 1)))


void cl_say_init(bool json, bool verbose);

bool cl_say_json(void);

/* True when a live line makes sense: a terminal, no --json, not verbose. */
bool cl_say_live(void);

/* One line on standard output; nothing with --json. */
void cl_say(const char *fmt, ...) CL_PRINTF(1);

/* One line on standard error, only with -v. */
void cl_debug(const char *fmt, ...) CL_PRINTF(1);

/* "wzp-client: warning: ..." on standard error, and an event. */
void cl_warn(const char *fmt, ...) CL_PRINTF(1);

/* "wzp-client: ..." on standard error, and an event with the exit status.
 * Returns the status. */
cl_exit_t cl_fail(cl_exit_t status, const char *fmt, ...) CL_PRINTF(2);

/*
 * While values of a file are checked: its name and line, to be said in front
 * of each error; warnings wait until the values are used.  NULL: no more.
 */
void cl_say_about(const char *where);

/* Print an event with --json.  Takes ob (may be NULL: no memory); adds
 * "event" and "t", seconds since the program began. */
void cl_event(const char *name, json_t *ob);

/* Tell somebody about each event, with --json and without; ob may be NULL.  At
 * most CL_SAY_TEES at a time. */
#define CL_SAY_TEES     2
typedef void (*cl_say_tee_pt)(const char *name, const json_t *ob);
void cl_say_tee(cl_say_tee_pt tee);
void cl_say_untee(cl_say_tee_pt tee);

/* Does anybody want events? */
bool cl_say_events(void);

/* Tell somebody about each line, also those that only -v would print; kind is
 * "", "debug: " or "warning: ".  NULL: nobody. */
typedef void (*cl_say_listen_pt)(const char *kind, const char *text);
void cl_say_listen(cl_say_listen_pt listen);

/* Lines for people go there and not to the streams; NULL: back to these.
 * Warnings go to standard error as well, unless that is the terminal. */
typedef void (*cl_say_into_pt)(void *ctx, const char *text, bool warning);
void cl_say_into(cl_say_into_pt into, void *ctx);

/* Redraw the live line; NULL removes it. */
void cl_say_line(const char *text);

/* Go on with what could not be written yet (out.h). */
void cl_say_turn(void);

/* The end: nothing more is said.  Returns rc, or CL_IO (said) if all was well
 * but for standard output, which cannot be written or is not read. */
cl_exit_t cl_say_end(cl_exit_t rc);


#endif /* _SAY_H_INCLUDED_ */
