/*
 * A file of JSON lines that grows while a call goes on: each line is written
 * at once and whole.  What cannot be written is lost, and said one time: no
 * call ends because of a full disk.
 */

#ifndef _JSONL_H_INCLUDED_
#define _JSONL_H_INCLUDED_


#include <jansson.h>

#include "client.h"


typedef struct cl_jsonl_s  cl_jsonl_t;

#define CL_JSONL_TIME   sizeof("2026-04-13T12:00:00.123456Z")


/* Lines are added to what is there.  CL_IO, CL_INTERNAL, said; *jl is NULL
 * then. */
cl_exit_t cl_jsonl_open(cl_jsonl_t **jl, const char *path);
void cl_jsonl_close(cl_jsonl_t *jl);

/* One line; takes ob (may be NULL: no memory).  Where the file was renamed or
 * removed (logrotate), a new one is begun. */
void cl_jsonl_put(cl_jsonl_t *jl, json_t *ob);

/* The time now, UTC: RFC 3339, seconds, or with microseconds. */
void cl_jsonl_time(char text[CL_JSONL_TIME], bool micro);


#endif /* _JSONL_H_INCLUDED_ */
