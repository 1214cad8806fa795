/*
 * Has this packet come before?  A filter for media from other relays, over raw
 * shared memory, for several processes at once: C11 atomics, no lock, no
 * pointers inside.
 *
 * What is remembered is 36 bits of a hash, in one of the buckets of eight that
 * the rest of it names.  So a new packet is taken for an old one in at most
 * 8 / 2^36 of cases, 1 in 8.6 thousand million (twice as many bits were in the
 * hash, which must be keyed: otherwise packets could be made to meet).
 *
 * A bucket that is full forgets its oldest.  With `entries` twice the packets
 * of two seconds one in 50 packets finds its bucket full, with four times one
 * in 4,000, with eight times less than one in a million; and then only what
 * comes twice with eight others of its bucket in between comes through twice.
 * 65536 entries (512 kB) are good for some 8,000 packets per second.
 */

#ifndef _WZP_DUP_H_INCLUDED_
#define _WZP_DUP_H_INCLUDED_


#include "wzp/wzp_base.h"


#define WZP_DUP_NS      (2 * WZP_SEC)       /* at least; at most 7 % more    */


typedef struct wzp_dup_s  wzp_dup_t;


/* entries: a power of two, 8 to 2^24. */
size_t wzp_dup_size(uint32_t entries);

/* mem: wzp_dup_size(entries) bytes, aligned to 64; from then on it is the
 * wzp_dup_t, at whatever address it is mapped. */
void wzp_dup_init(void *mem, uint32_t entries);

/*
 * True: the same hash was asked for within WZP_DUP_NS.  False: it was not,
 * and from now on it was.  Of any number of processes that ask for one hash at
 * the same time exactly one gets false (unless its bucket is turned over by
 * others meanwhile).  Clocks of processes may differ by 10 seconds.
 */
bool wzp_dup_seen(wzp_dup_t *dp, uint64_t hash, uint64_t now_ns);

/* The same question, which leaves nothing behind. */
bool wzp_dup_known(wzp_dup_t *dp, uint64_t hash, uint64_t now_ns);


#endif /* _WZP_DUP_H_INCLUDED_ */
