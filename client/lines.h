/*
 * The last lines of something that may go on for ever.
 */

#ifndef _LINES_H_INCLUDED_
#define _LINES_H_INCLUDED_


#include "client.h"


typedef struct {
    char    *text;                      /* owned; lines end with "\n"        */
    size_t   len;
    size_t   size;
    bool     cut;                       /* there were earlier ones           */
} cl_lines_t;


/* False: no memory. */
bool cl_lines_init(cl_lines_t *ls, size_t size);
void cl_lines_done(cl_lines_t *ls);

/* A line without its end; one that is longer than half of all is left out. */
void cl_lines_add(cl_lines_t *ls, const char *line);


#endif /* _LINES_H_INCLUDED_ */
