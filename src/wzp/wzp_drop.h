/*
 * Reasons to drop a media datagram, made from wzp_drop_x.h.
 * Names and texts only; the counters live with whoever counts.
 */

#ifndef _WZP_DROP_H_INCLUDED_
#define _WZP_DROP_H_INCLUDED_


#include "wzp/wzp_base.h"


typedef enum {
#define WZP_DROP_X(name, label, text)  WZP_DROP_##name,
#include "wzp/wzp_drop_x.h"
#undef WZP_DROP_X
    WZP_DROP_N
} wzp_drop_t;


/* Label for metrics: "malformed".  NULL when out of range. */
const char *wzp_drop_label(unsigned reason);

/* Text for people.  NULL when out of range. */
const char *wzp_drop_text(unsigned reason);


#endif /* _WZP_DROP_H_INCLUDED_ */
