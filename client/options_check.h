/*
 * What the words on the command line mean: relay, room, profile.
 */

#ifndef _OPTIONS_CHECK_H_INCLUDED_
#define _OPTIONS_CHECK_H_INCLUDED_


#include "options.h"


/* HOST, HOST:PORT, [IPV6], [IPV6]:PORT, IPV6.  CL_USAGE, said. */
cl_exit_t cl_options_target(cl_options_t *op, const char *text);

/* Everything that can be judged without the network.  CL_USAGE, said. */
cl_exit_t cl_options_check(cl_options_t *op);


/* ---- options_playout.c ---- */

/* --playout-delay and --volume; CL_USAGE, said. */
cl_exit_t cl_options_playout(cl_options_t *op);


/* ---- options_use.c ---- */

/* Every option of the command line does something in this mode; the settings
 * are for all modes.  CL_USAGE, said. */
cl_exit_t cl_options_use(const cl_options_t *op);


#endif /* _OPTIONS_CHECK_H_INCLUDED_ */
