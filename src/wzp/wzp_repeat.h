/*
 * What is said again and again is told seldom: at once, a minute later, then
 * after pauses that double, up to an hour.  For logs.  Time is a parameter.
 *
 * So many different things are known; who has been quiet for longest is
 * forgotten for a new one.
 */

#ifndef _WZP_REPEAT_H_INCLUDED_
#define _WZP_REPEAT_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_REPEAT_KEYS         64
#define WZP_REPEAT_KEY          33              /* bytes of one              */
#define WZP_REPEAT_FIRST_NS     (60 * WZP_SEC)
#define WZP_REPEAT_LAST_NS      (3600 * WZP_SEC)


typedef struct {
    uint8_t   key[WZP_REPEAT_KEY];
    uint64_t  seen_ns;                  /* the last time                     */
    uint64_t  due_ns;                   /* told again not before             */
    uint64_t  pause_ns;                 /* since it was told; 0: not used    */
    uint64_t  untold;
} wzp_repeat_entry_t;


/* Zeroed memory knows nothing yet. */
typedef struct {
    wzp_repeat_entry_t  entries[WZP_REPEAT_KEYS];
} wzp_repeat_t;


/*
 * It happens once more.  True: it shall be told, and *untold is how often it
 * has happened since it was told last.  Who was quiet for over an hour is new.
 */
bool wzp_repeat_tell(wzp_repeat_t *rp, const uint8_t key[WZP_REPEAT_KEY],
    uint64_t now_ns, uint64_t *untold) WZP_MUST_CHECK;


#endif /* _WZP_REPEAT_H_INCLUDED_ */
