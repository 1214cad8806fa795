/*
 * How long to wait before dialling a relay again that went away.
 */

#ifndef _BACKOFF_H_INCLUDED_
#define _BACKOFF_H_INCLUDED_


#include "client.h"


/* Wait before attempt number n (from 0) in nanoseconds: at once, a quarter of
 * a second, and so on up to 8 seconds, each give or take a quarter, so that
 * those who were lost together do not come back as one. */
uint64_t cl_backoff(unsigned n);


#endif /* _BACKOFF_H_INCLUDED_ */
