/*
 * What the client warns of and fails with goes into `said`, a line each,
 * instead of to a terminal.  For tests that include the client's sources.
 */

#ifndef _SAID_H_INCLUDED_
#define _SAID_H_INCLUDED_


#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../client/say.h"


static char  said[65536];


static void
said_line(const char *fmt, va_list args)
{
    size_t  n;

    n = strlen(said);
    (void) vsnprintf(said + n, sizeof(said) - n, fmt, args);
    n = strlen(said);
    (void) snprintf(said + n, sizeof(said) - n, "\n");
}


void
cl_warn(const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    said_line(fmt, args);
    va_end(args);
}


cl_exit_t
cl_fail(cl_exit_t status, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    said_line(fmt, args);
    va_end(args);

    return status;
}


#endif /* _SAID_H_INCLUDED_ */
