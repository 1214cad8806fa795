/*
 * --event-log: what happens, a line each, in the form of the relay's event log
 * (PROTOCOL 7.12).  All that is told with --json comes here by itself, but for
 * the numbers of each second; what only the log tells is put by cl_event_log.
 * There is one log, as there is one standard output.
 */

#ifndef _EVENT_LOG_H_INCLUDED_
#define _EVENT_LOG_H_INCLUDED_


#include <jansson.h>

#include "playout.h"


/* NULL: no log, and nothing is done from here on.  CL_IO, CL_INTERNAL, said. */
cl_exit_t cl_event_log_open(const char *path);
void cl_event_log_close(void);

/* Takes ob (may be NULL: no memory). */
void cl_event_log(const char *name, json_t *ob);

/* Once a second: what was lost of each stream.  Returns when it is next. */
uint64_t cl_event_log_turn(const cl_playout_t *po, uint64_t now_ns);


#endif /* _EVENT_LOG_H_INCLUDED_ */
