/*
 * Result codes, views and small helpers shared by all portable code.
 * No I/O, no clock, no allocation lives here.
 */

#ifndef _WZP_BASE_H_INCLUDED_
#define _WZP_BASE_H_INCLUDED_


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>


/*
 * Every function that parses, verifies or may refuse returns one of these.
 * Output parameters are written only on WZP_OK.
 */
typedef enum {
    WZP_OK = 0,
    WZP_ERROR = -1,      /* anything that has no better name               */
    WZP_ESHORT = -2,     /* input ends before the thing it describes       */
    WZP_EBAD = -3,       /* input is not what the protocol allows          */
    WZP_ENOSPC = -4,     /* the caller's buffer, or a bound, is too small  */
    WZP_ENOMEM = -5,
    WZP_EAUTH = -6,      /* a signature or a key does not verify           */
    WZP_EUNKNOWN = -7,   /* well formed, but of a kind we do not know      */
    WZP_EAGAIN = -8,     /* not now                                        */
    WZP_ECLOSED = -9,    /* the connection is gone                         */
    WZP_EDUP = -10,
    WZP_ELATE = -11,
    WZP_ETOOBIG = -12,   /* does not fit the path                          */
    WZP_EIO = -13        /* a system call failed; errno says why           */
} wzp_rc_t;


typedef struct {
    const uint8_t  *data;
    size_t          len;
} wzp_bytes_t;


#define WZP_MUST_CHECK      __attribute__((warn_unused_result))

#define WZP_MS              1000000ULL          /* nanoseconds */
#define WZP_SEC             1000000000ULL

#define WZP_ARRAY_LEN(a)    (sizeof(a) / sizeof((a)[0]))

#define WZP_MIN(a, b)       ((a) < (b) ? (a) : (b))
#define WZP_MAX(a, b)       ((a) > (b) ? (a) : (b))


/* Our own invariants only; never for peer bytes, syscalls or memory. */
#ifdef WZP_DEBUG
#include <assert.h>
#define WZP_ASSERT(x)       assert(x)
#else
#define WZP_ASSERT(x)       ((void) 0)
#endif


#endif /* _WZP_BASE_H_INCLUDED_ */
