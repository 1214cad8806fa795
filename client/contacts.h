/*
 * People by name: ${XDG_CONFIG_HOME:-~/.config}/wzp/contacts, a line
 * "NAME FINGERPRINT [comment]" each.
 */

#ifndef _CONTACTS_H_INCLUDED_
#define _CONTACTS_H_INCLUDED_


#include "client.h"
#include "wzp/wzp_ident.h"


#define CL_CONTACTS_SIZE    131072      /* bytes of the file                 */
#define CL_CONTACTS_MAX     1000
#define CL_CONTACT_NAME     32          /* bytes                             */


typedef struct {
    char     name[CL_CONTACT_NAME + 1];
    uint8_t  fp[WZP_FP_SIZE];
} cl_contact_t;


typedef struct {
    cl_contact_t  *list;                /* owned                             */
    size_t         n;
} cl_contacts_t;


/*
 * May somebody be called this?  1 to 32 bytes of UTF-8 without blanks, "=",
 * ":", a "#" or "-" in front and whatever cannot be shown; not what could be
 * a fingerprint, and not "contacts".
 */
bool cl_contact_name_ok(const char *name, size_t len);

/* "NAME=FINGERPRINT". */
bool cl_contact_parse(cl_contact_t *ct, const char *text);

/* All of a text; bad lines are skipped with a warning that names the file.
 * CL_INTERNAL: no memory, said. */
cl_exit_t cl_contacts_parse(cl_contacts_t *cts, const char *text,
    const char *file);
void cl_contacts_done(cl_contacts_t *cts);

/* By name (in any case), by fingerprint; NULL: nobody. */
const cl_contact_t *cl_contacts_find(const cl_contacts_t *cts,
    const char *name);
const cl_contact_t *cl_contacts_of(const cl_contacts_t *cts,
    const uint8_t fp[WZP_FP_SIZE]);

/* A name or a fingerprint to a fingerprint.  CL_USAGE, said. */
cl_exit_t cl_contacts_who(const cl_contacts_t *cts, const char *text,
    uint8_t fp[WZP_FP_SIZE]);

/* Read the file; none is an empty list.  CL_IO, CL_INTERNAL, said. */
cl_exit_t cl_contacts_load(cl_contacts_t *cts);

/*
 * Change the file: all other lines stay as they are.  Somebody whose name is
 * taken by another, and somebody who is not there, are CL_USAGE.  Said.
 */
cl_exit_t cl_contacts_add(const cl_contact_t *ct);
cl_exit_t cl_contacts_remove(const char *name);


#endif /* _CONTACTS_H_INCLUDED_ */
