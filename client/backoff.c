/*
 * How long to wait before dialling again.  See backoff.h.
 */

#include "backoff.h"


static const unsigned  cl_backoff_ms[] = {
    0, 250, 500, 1000, 2000, 4000, 8000
};


uint64_t
cl_backoff(unsigned n)
{
    uint8_t   r;
    uint64_t  ms;

    ms = cl_backoff_ms[WZP_MIN(n, WZP_ARRAY_LEN(cl_backoff_ms) - 1)];

    cl_random(NULL, &r, 1);
    ms = ms * 3 / 4 + ms * r / 510;

    return ms * WZP_MS;
}
