/*
 * What the program can do, one function each.  They return the exit status;
 * whatever went wrong was said.
 */

#ifndef _MODES_H_INCLUDED_
#define _MODES_H_INCLUDED_


#include "options.h"


cl_exit_t cl_mode_call(const cl_options_t *op);
cl_exit_t cl_mode_ping(const cl_options_t *op);
cl_exit_t cl_mode_version(const cl_options_t *op);
cl_exit_t cl_mode_whoami(const cl_options_t *op);
cl_exit_t cl_mode_phone(const cl_options_t *op);
cl_exit_t cl_mode_route(const cl_options_t *op);
cl_exit_t cl_mode_contacts(const cl_options_t *op);
cl_exit_t cl_mode_config(const cl_options_t *op);

/* "config key show", "backup" or "restore". */
cl_exit_t cl_mode_key(const cl_options_t *op, const char *what);
cl_exit_t cl_mode_echo(const cl_options_t *op);
cl_exit_t cl_mode_drift(const cl_options_t *op);
cl_exit_t cl_mode_sweep(const cl_options_t *op);
cl_exit_t cl_mode_feather(const cl_options_t *op);
cl_exit_t cl_mode_bench(const cl_options_t *op);
cl_exit_t cl_mode_analyze(const cl_options_t *op);
cl_exit_t cl_mode_replay(const cl_options_t *op);


#endif /* _MODES_H_INCLUDED_ */
