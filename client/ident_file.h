/*
 * Who we are: identity and display name, from a file, a seed or words.
 */

#ifndef _IDENT_FILE_H_INCLUDED_
#define _IDENT_FILE_H_INCLUDED_


#include "options.h"


typedef struct {
    wzp_ident_t  id;
    char         fp[WZP_FP_TEXT_LEN + 1];
    char         alias[WZP_ALIAS_MAX + 1];
} cl_me_t;


/*
 * Read the identity, making the file on first use (64 hex digits, then a line
 * "alias NAME").  A file that is not an identity is never overwritten.
 * CL_USAGE bad --seed, --mnemonic or --alias; CL_IO; said.
 */
cl_exit_t cl_me_load(cl_me_t *me, const cl_options_t *op);

/*
 * Make this key the identity.  One that there is stays, CL_USAGE, unless
 * op->force; then it is kept beside the new one as identity.old (.old.2, ...).
 * The same key again changes nothing.  CL_IO; said.
 */
cl_exit_t cl_me_restore(const cl_options_t *op,
    const uint8_t seed[WZP_SEED_SIZE]);

/* A name such as "Swift Wolf", the same for the same bytes. */
void cl_me_name(char alias[WZP_ALIAS_MAX + 1], const uint8_t random[4]);


#endif /* _IDENT_FILE_H_INCLUDED_ */
