/*
 * The list of people: show it, add to it, remove from it.
 */

#include "contacts.h"
#include "modes.h"
#include "say.h"


static cl_exit_t
cl_mode_contacts_list(void)
{
    char                 fp[WZP_FP_TEXT_LEN + 1];
    size_t               i;
    cl_exit_t            rc;
    cl_contacts_t        cts;
    const cl_contact_t  *ct;

    rc = cl_contacts_load(&cts);

    for (i = 0; i < cts.n; i++) {
        ct = &cts.list[i];
        wzp_fp_text(fp, ct->fp);

        cl_event("contact", json_pack("{s:s, s:s}", "name", ct->name,
                                      "fingerprint", fp));
        cl_say("%s %s", fp, ct->name);
    }

    cl_contacts_done(&cts);

    return rc;
}


cl_exit_t
cl_mode_contacts(const cl_options_t *op)
{
    cl_contact_t  ct;

    if (op->mode == CL_MODE_CONTACTS) {
        return cl_mode_contacts_list();
    }

    if (op->mode == CL_MODE_REMOVE) {
        return cl_contacts_remove(op->who);
    }

    if (!cl_contact_parse(&ct, op->who)) {
        return cl_fail(CL_USAGE, "--add-contact: NAME=FINGERPRINT is needed; "
                       "a name has up to %d bytes, no blanks, \"=\" or \":\" "
                       "and no \"#\" or \"-\" in front; a fingerprint has 32 "
                       "hex digits", CL_CONTACT_NAME);
    }

    return cl_contacts_add(&ct);
}
