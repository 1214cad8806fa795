/*
 * wzp-client: a call from the command line.
 */

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "audio.h"
#include "debrief.h"
#include "event_log.h"
#include "modes.h"
#include "options.h"
#include "options_check.h"
#include "say.h"
#include "settings.h"


/* Whoever starts us may have closed these.  Files that we open would get their
 * numbers then, and what is meant for the terminal would end up in them. */

static bool
cl_main_streams(void)
{
    int  fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {

        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) {
            return false;
        }
    }

    return true;
}


static cl_exit_t
cl_main_do(const cl_options_t *op)
{
    switch (op->mode) {

    case CL_MODE_CALL:
        return cl_mode_call(op);

    case CL_MODE_PING:
        return cl_mode_ping(op);

    case CL_MODE_VERSION:
        return cl_mode_version(op);

    case CL_MODE_WHOAMI:
        return cl_mode_whoami(op);

    case CL_MODE_REGISTER:
    case CL_MODE_DIAL:
        return cl_mode_phone(op);

    case CL_MODE_ROUTE:
        return cl_mode_route(op);

    case CL_MODE_CONTACTS:
    case CL_MODE_ADD:
    case CL_MODE_REMOVE:
        return cl_mode_contacts(op);

    case CL_MODE_CONFIG:
        return cl_mode_config(op);

    case CL_MODE_ECHO:
        return cl_mode_echo(op);

    case CL_MODE_DRIFT:
        return cl_mode_drift(op);

    case CL_MODE_SWEEP:
        return cl_mode_sweep(op);

    case CL_MODE_FEATHER:
        return cl_mode_feather(op);

    case CL_MODE_BENCH:
        return cl_mode_bench(op);

    case CL_MODE_DEVICES:
        return cl_audio_list();

    case CL_MODE_ANALYZE:
        return cl_mode_analyze(op);

    case CL_MODE_REPLAY:
        return cl_mode_replay(op);

    case CL_MODE_DONE:
        break;
    }

    return CL_OK;
}


int
main(int argc, char **argv)
{
    cl_exit_t      rc;
    cl_options_t   op;
    cl_settings_t  st;

    if (!cl_main_streams()) {
        return CL_IO;
    }

    /* A file that may not grow (ulimit -f) is as good as a full disk. */

    (void) signal(SIGXFSZ, SIG_IGN);

    rc = cl_options_parse(&op, argc, argv);

    if (rc != CL_OK || op.mode == CL_MODE_DONE) {
        return (int) cl_say_end(rc);
    }

    cl_settings_init(&st);

    if (op.mode != CL_MODE_CONFIG) {
        rc = cl_settings_load(&st);
    }

    if (rc == CL_OK) {
        rc = cl_settings_apply(&st, &op);
    }

    if (rc == CL_OK) {
        rc = cl_options_check(&op);
    }

    if (rc == CL_OK) {
        rc = cl_event_log_open(op.event_log);
    }

    if (rc == CL_OK && op.report != NULL) {
        rc = cl_debrief_start();
    }

    if (rc == CL_OK) {
        rc = cl_main_do(&op);
    }

    cl_debrief_stop();
    cl_event_log_close();

    cl_settings_done(&st);

    return (int) cl_say_end(rc);
}
