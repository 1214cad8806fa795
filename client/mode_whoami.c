/*
 * Who am I?  The fingerprint is what an operator puts on a room's list.
 */

#include "ident_file.h"
#include "modes.h"
#include "say.h"


cl_exit_t
cl_mode_whoami(const cl_options_t *op)
{
    cl_me_t    me;
    cl_exit_t  rc;

    rc = cl_me_load(&me, op);
    if (rc != CL_OK) {
        return rc;
    }

    cl_event("identity", json_pack("{s:s, s:s}", "fingerprint", me.fp,
                                   "alias", me.alias));
    cl_say("%s %s", me.fp, me.alias);

    wzp_ident_wipe(&me.id);

    return CL_OK;
}
