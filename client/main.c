/*
 * wzp-client: a call from the command line.
 */

#include "modes.h"
#include "options.h"


int
main(int argc, char **argv)
{
    cl_exit_t     rc;
    cl_options_t  op;

    rc = cl_options_parse(&op, argc, argv);
    if (rc != CL_OK) {
        return (int) rc;
    }

    switch (op.mode) {

    case CL_MODE_CALL:
        return (int) cl_mode_call(&op);

    case CL_MODE_PING:
        return (int) cl_mode_ping(&op);

    case CL_MODE_VERSION:
        return (int) cl_mode_version(&op);

    case CL_MODE_WHOAMI:
        return (int) cl_mode_whoami(&op);

    case CL_MODE_DONE:
        break;
    }

    return CL_OK;
}
