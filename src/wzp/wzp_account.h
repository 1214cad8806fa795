/*
 * Exact account of one sender's sequence numbers: what came, what came twice,
 * what never came.  PROTOCOL 3.1 and 6.6; the caution before a restart is that
 * of RFC 3550, A.1.  Numbers only: nothing is stored or played here.
 */

#ifndef _WZP_ACCOUNT_H_INCLUDED_
#define _WZP_ACCOUNT_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_ACCOUNT_BEHIND   100        /* further back: perhaps a restart   */
#define WZP_ACCOUNT_AHEAD    3000       /* further on: perhaps a restart     */
#define WZP_ACCOUNT_CONFIRM  16         /* the next one within this many     */

#define WZP_ACCOUNT_LIKELY_AHEAD   200  /* perhaps this sender's, where no   */
#define WZP_ACCOUNT_LIKELY_BEHIND  50   /*   id tells senders apart          */


typedef enum {
    WZP_ACCOUNT_NEW = 0,                /* not seen before                   */
    WZP_ACCOUNT_DUP,                    /* seen before                       */
    WZP_ACCOUNT_STRAY,                  /* far off; the next one will tell   */
    WZP_ACCOUNT_RESTART                 /* the stray before it and this one
                                           begin a new count                 */
} wzp_account_kind_t;


/* Read freely, written by the functions below only. */
typedef struct {
    bool      started;
    bool      has_stray;
    uint16_t  stray;                    /* held back                         */
    uint16_t  first;                    /* of the whole account              */
    uint16_t  last;                     /* newest                            */
    uint64_t  base;                     /* this run: lowest and highest,     */
    uint64_t  top;                      /*   extended to 64 bits             */
    uint64_t  done;                     /* numbers in the runs before        */

    uint64_t  received;                 /* every call                        */
    uint64_t  unique;
    uint64_t  dup;
    uint64_t  reordered;                /* came after a higher one           */
    uint64_t  strays;                   /* belong nowhere                    */
    uint64_t  restarts;

    uint8_t   seen[65536 / 8];          /* of the last 65536 numbers         */
} wzp_account_t;


void wzp_account_init(wzp_account_t *ac);

/* Account for one number that arrived.  O(numbers skipped), at most
 * WZP_ACCOUNT_AHEAD. */
wzp_account_kind_t wzp_account_put(wzp_account_t *ac, uint16_t seq);

/*
 * For packets that do not say whose they are: how far the number is from the
 * newest one, in either direction.  INT32_MAX: so far that it is hardly this
 * sender's.
 */
int32_t wzp_account_distance(const wzp_account_t *ac, uint16_t seq);

/* Decide about a stray that is still held (before reading the totals). */
void wzp_account_settle(wzp_account_t *ac);

/* Numbers between the first and the last of every run, and those of them
 * that never came. */
uint64_t wzp_account_expected(const wzp_account_t *ac);
uint64_t wzp_account_missing(const wzp_account_t *ac);


#endif /* _WZP_ACCOUNT_H_INCLUDED_ */
