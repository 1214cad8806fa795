/*
 * Trust on first use: the certificates of the relays that we have met, one
 * line "HOST:PORT FINGERPRINT" each in known_hosts.
 */

#ifndef _KNOWN_H_INCLUDED_
#define _KNOWN_H_INCLUDED_


#include "options.h"


typedef enum {
    CL_KNOWN_SAME = 0,
    CL_KNOWN_NEW,
    CL_KNOWN_CHANGED,
    CL_KNOWN_ERROR                      /* said */
} cl_known_t;


/* Look a relay up.  CHANGED: *line is where the other fingerprint stands. */
cl_known_t cl_known_check(const cl_options_t *op,
    const uint8_t fp[WZP_CERT_FP_SIZE], unsigned *line,
    char was[WZP_CERT_FP_TEXT_LEN + 1]);

/* Remember a relay that was new. */
cl_exit_t cl_known_add(const cl_options_t *op,
    const uint8_t fp[WZP_CERT_FP_SIZE]);


#endif /* _KNOWN_H_INCLUDED_ */
