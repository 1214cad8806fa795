/*
 * Where an option means something: what would be accepted and do nothing is
 * refused, since whoever gives it expects something.  See options_check.h.
 */

#include "options_check.h"
#include "options_table.h"
#include "say.h"


#define CL_IN(mode)     (1u << CL_MODE_##mode)

#define CL_IN_CALLS     (CL_IN(CALL) | CL_IN(REGISTER) | CL_IN(DIAL))
#define CL_IN_TRIALS    (CL_IN(ECHO) | CL_IN(DRIFT))
#define CL_IN_TALKS     (CL_IN_CALLS | CL_IN_TRIALS)
#define CL_IN_ROOMS     (CL_IN(CALL) | CL_IN_TRIALS | CL_IN(ANALYZE))
#define CL_IN_HEARS     (CL_IN_TALKS | CL_IN(ANALYZE))
#define CL_IN_DIALS     (CL_IN_HEARS | CL_IN(PING) | CL_IN(VERSION)           \
                         | CL_IN(ROUTE))

/* "config" prints what would be so with the options beside it. */
#define CL_IN_SET       CL_IN(CONFIG)


/* What an option needs beside its mode. */
typedef enum {
    CL_USE_ALONE = 0,
    CL_USE_LIVE,
    CL_USE_SOUND,
    CL_USE_CHAIN
} cl_use_need_t;

static const char *const  cl_use_needs[] = {
    [CL_USE_ALONE] = "",
    [CL_USE_LIVE] = "--live",
    [CL_USE_SOUND] = "--live, --send-file or --send-tone",
    [CL_USE_CHAIN] = "--live, or --process and --send-file or --send-tone"
};


/* Not listed: who we are, how much is printed, and the log, which may always be
 * said; and modes. */

static const struct {
    const char    *name;
    unsigned       modes;
    const char    *of;                  /* these, in words                   */
    cl_use_need_t  need;
}  cl_use_table[] = {
    { "room", CL_IN_ROOMS | CL_IN_SET, "rooms", CL_USE_ALONE },
    { "hash-room", CL_IN_ROOMS | CL_IN_SET, "rooms", CL_USE_ALONE },

    { "profile", CL_IN_TALKS | CL_IN_SET | CL_IN(BENCH) | CL_IN(SWEEP),
      "calls, --bench and --sweep", CL_USE_ALONE },

    { "budget", CL_IN_TALKS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "redundancy", CL_IN_TALKS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "no-adapt", CL_IN_TALKS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "no-dtx", CL_IN_TALKS | CL_IN_SET, "calls", CL_USE_ALONE },

    { "send-tone", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "send-file", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "record", CL_IN_TALKS, "calls", CL_USE_ALONE },
    { "live", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "capture", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_LIVE },
    { "playback", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_LIVE },
    { "ptt", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_SOUND },
    { "no-aec", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_LIVE },
    { "no-agc", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_CHAIN },
    { "no-ns", CL_IN_CALLS | CL_IN_SET, "calls", CL_USE_CHAIN },
    { "process", CL_IN_CALLS, "calls", CL_USE_SOUND },

    { "playout-delay", CL_IN_HEARS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "volume", CL_IN_CALLS, "calls", CL_USE_ALONE },
    { "duration", CL_IN_CALLS | CL_IN(ANALYZE), "calls and --analyze",
      CL_USE_ALONE },
    { "reconnect", CL_IN_HEARS | CL_IN_SET | CL_IN(ROUTE), "calls",
      CL_USE_ALONE },
    { "report-quality", CL_IN_HEARS | CL_IN_SET, "calls", CL_USE_ALONE },
    { "metrics-file", CL_IN_HEARS, "calls", CL_USE_ALONE },
    { "report", CL_IN_TALKS, "calls", CL_USE_ALONE },

    { "accept", CL_IN(REGISTER), "--register", CL_USE_ALONE },
    { "accept-from", CL_IN(REGISTER), "--register", CL_USE_ALONE },
    { "reject", CL_IN(REGISTER), "--register", CL_USE_ALONE },
    { "once", CL_IN(REGISTER), "--register", CL_USE_ALONE },
    { "ring-timeout", CL_IN(DIAL) | CL_IN_SET, "--call", CL_USE_ALONE },

    { "loss", CL_IN(BENCH), "--bench", CL_USE_ALONE },
    { "dump", CL_IN(ANALYZE), "--analyze", CL_USE_ALONE },
    { "html", CL_IN(ANALYZE) | CL_IN(REPLAY), "--analyze and --replay",
      CL_USE_ALONE },

    { "words", CL_IN(CONFIG), "\"config key\"", CL_USE_ALONE },
    { "hex", CL_IN(CONFIG), "\"config key\"", CL_USE_ALONE },
    { "force", CL_IN(CONFIG), "\"config key\"", CL_USE_ALONE },

    { "fingerprint", CL_IN_DIALS, "what dials a relay", CL_USE_ALONE },
    { "keylog", CL_IN_DIALS, "what dials a relay", CL_USE_ALONE },
    { "4", CL_IN_DIALS | CL_IN_SET, "what dials a relay", CL_USE_ALONE },
    { "6", CL_IN_DIALS | CL_IN_SET, "what dials a relay", CL_USE_ALONE },
};


/* What takes back a setting has done so by now. */

static bool
cl_use_asked(const cl_options_t *op, const cl_option_t *ot)
{
    const char  *value;

    value = op->given[cl_options_index(ot)];

    return value != NULL
           && (ot->kind != CL_ARG_FLAG || strcmp(value, "off") != 0);
}


static bool
cl_use_met(const cl_options_t *op, cl_use_need_t need)
{
    bool  sound;

    sound = op->live || op->tone || op->send_file != NULL;

    return need == CL_USE_ALONE || op->mode == CL_MODE_CONFIG
           || (need == CL_USE_LIVE && op->live)
           || (need == CL_USE_SOUND && sound)
           || (need == CL_USE_CHAIN && (op->live || (op->process && sound)));
}


cl_exit_t
cl_options_use(const cl_options_t *op)
{
    size_t              i;
    const char         *dash;
    const cl_option_t  *ot;

    for (i = 0; i < WZP_ARRAY_LEN(cl_use_table); i++) {
        ot = cl_options_find(cl_use_table[i].name,
                             strlen(cl_use_table[i].name));

        if (ot == NULL || !cl_use_asked(op, ot)) {
            continue;
        }

        dash = ot->name[1] == '\0' ? "-" : "--";

        if (!(cl_use_table[i].modes & 1u << op->mode)) {
            return cl_fail(CL_USAGE, "%s%s is for %s", dash, ot->name,
                           cl_use_table[i].of);
        }

        if (!cl_use_met(op, cl_use_table[i].need)) {
            return cl_fail(CL_USAGE, "%s%s does nothing without %s", dash,
                           ot->name, cl_use_needs[cl_use_table[i].need]);
        }
    }

    return CL_OK;
}
