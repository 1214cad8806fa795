/*
 * Single-producer single-consumer ring of variable-size messages over raw
 * shared memory, for two processes.  C11 atomics, no locks, no pointers
 * inside: it may be mapped at different addresses.
 *
 * The two sides must not trust each other's death: a producer that dies
 * between reserve and commit leaves nothing visible.  The consumer checks what
 * it reads: damaged memory costs messages, never a read outside the ring.
 */

#ifndef _WZP_RING_H_INCLUDED_
#define _WZP_RING_H_INCLUDED_


#include "wzp/wzp_base.h"


typedef struct wzp_ring_s  wzp_ring_t;


/* Overhead of the ring header plus capacity; capacity is a power of two. */
size_t wzp_ring_size(size_t capacity);

/* mem is wzp_ring_size(capacity) bytes, aligned to 64.  NULL if capacity is
 * no power of two, under 4096 or over 2^31.  The first commit asks for the
 * doorbell. */
wzp_ring_t *wzp_ring_init(void *mem, size_t capacity);

/*
 * Producer: contiguous room for len bytes (8-byte aligned), or NULL when full
 * or len exceeds capacity / 4.  Nothing is visible before commit; a second
 * reserve replaces an uncommitted first.
 */
void *wzp_ring_reserve(wzp_ring_t *rg, size_t len);

/* Publish the first len bytes (at most what was reserved).  True when the
 * consumer may be asleep: it had seen the ring empty, so ring its doorbell. */
bool wzp_ring_commit(wzp_ring_t *rg, size_t len);

/*
 * Consumer: the oldest message, or NULL when empty (after announcing to the
 * producer that the doorbell is wanted, and looking once more).  The view is
 * valid until wzp_ring_next.
 */
const void *wzp_ring_peek(wzp_ring_t *rg, size_t *len);

/* Consumer: done with the message that peek returned. */
void wzp_ring_next(wzp_ring_t *rg);


#endif /* _WZP_RING_H_INCLUDED_ */
