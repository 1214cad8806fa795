/*
 * From what a terminal sends to keys.  Pure.
 */

#ifndef _VIEW_KEY_H_INCLUDED_
#define _VIEW_KEY_H_INCLUDED_


#include "client.h"


#define CL_KEYS_MAX     32              /* taken out of one read             */


/* Others are ASCII, letters small. */
typedef enum {
    CL_KEY_REDRAW = 12,                 /* Ctrl-L                            */
    CL_KEY_UP = 256,
    CL_KEY_DOWN
} cl_key_t;


/*
 * The keys in what one read brought; more than CL_KEYS_MAX are dropped, and so
 * are sequences that mean nothing here.  Returns how many there are.
 */
size_t cl_keys(int keys[CL_KEYS_MAX], const uint8_t *p, size_t len);


#endif /* _VIEW_KEY_H_INCLUDED_ */
