/*
 * What the command line says about playing: --playout-delay and --volume.  See
 * options_check.h.
 */

#include <stdlib.h>

#include "options_check.h"
#include "playout.h"
#include "say.h"


/* MIN:MAX, or one number for both. */

static bool
cl_options_range(const char *text, unsigned long *min, unsigned long *max)
{
    char  *end;

    if (*text < '0' || *text > '9') {
        return false;
    }

    *min = strtoul(text, &end, 10);
    *max = *min;

    if (*end == ':' && end[1] >= '0' && end[1] <= '9') {
        *max = strtoul(end + 1, &end, 10);
    }

    return *end == '\0' && *min <= *max && *max <= WZP_JITTER_BOUND_MS;
}


static cl_exit_t
cl_options_delay(cl_options_t *op)
{
    unsigned long  min, max;

    if (op->delay_text == NULL) {
        return CL_OK;
    }

    if (!cl_options_range(op->delay_text, &min, &max)) {
        return cl_fail(CL_USAGE, "--playout-delay %s: MIN:MAX is needed, in "
                       "milliseconds, up to %u", op->delay_text,
                       WZP_JITTER_BOUND_MS);
    }

    op->has_delay = true;
    op->delay_min_ms = (uint16_t) min;
    op->delay_max_ms = (uint16_t) max;

    return CL_OK;
}


bool
cl_options_volume(const char *text, char *who, size_t size, float *db)
{
    char        *end;
    size_t       len;
    const char  *value;

    value = strrchr(text, '=');

    if (value == NULL || value == text || (size_t) (value - text) >= size) {
        return false;
    }

    len = (size_t) (value - text);
    value++;

    if (value[strspn(value, "+-.0123456789")] != '\0') {
        return false;
    }

    *db = strtof(value, &end);

    if (end == value || *end != '\0' || *db < -CL_VOLUME_DB
        || *db > CL_VOLUME_DB)
    {
        return false;
    }

    memcpy(who, text, len);
    who[len] = '\0';

    return true;
}


cl_exit_t
cl_options_playout(cl_options_t *op)
{
    char    who[WZP_ALIAS_MAX + 1];
    float   db;
    size_t  i;

    for (i = 0; i < op->nvolume; i++) {
        if (!cl_options_volume(op->volume[i], who, sizeof(who), &db)) {
            return cl_fail(CL_USAGE, "--volume %s: NAME=dB is needed, where "
                           "NAME is an alias or the beginning of a "
                           "fingerprint, and dB is -40 to 40", op->volume[i]);
        }
    }

    return cl_options_delay(op);
}
