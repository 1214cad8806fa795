/*
 * Who is at which peer: fingerprints of up to 128 peers in one hash table.
 * Each peer has two sets: the one that holds, and the one that is being
 * gathered to replace it.  Sets only; when what is believed is wzp_gossip's.
 */

#ifndef _WZP_PEOPLE_H_INCLUDED_
#define _WZP_PEOPLE_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_ident.h"


#define WZP_PEOPLE_PEERS    128
#define WZP_PEOPLE_SET      25000       /* of one set                        */
#define WZP_PEOPLE_MAX      200000      /* entries in all                    */


typedef enum {
    WZP_PEOPLE_HAVE = 0,
    WZP_PEOPLE_NEXT,
    WZP_PEOPLE_SETS
} wzp_people_set_t;


typedef struct wzp_people_s  wzp_people_t;


/* key: of the hash, random, so that nobody can choose what collides.  NULL:
 * no memory. */
wzp_people_t *wzp_people_create(const uint8_t key[16]);
void wzp_people_destroy(wzp_people_t *pp);

/* One person's part of a digest; a set's digest is the XOR of them. */
uint64_t wzp_people_digest_of(const uint8_t fp[WZP_FP_SIZE]);

/* Put into a set, or take out of it; what is there, or is not, stays so.
 * WZP_ENOSPC: a bound; WZP_ENOMEM.  O(1), amortised. */
wzp_rc_t wzp_people_add(wzp_people_t *pp, unsigned peer, wzp_people_set_t set,
    const uint8_t fp[WZP_FP_SIZE]) WZP_MUST_CHECK;
void wzp_people_remove(wzp_people_t *pp, unsigned peer, wzp_people_set_t set,
    const uint8_t fp[WZP_FP_SIZE]);

/* Empty one set.  O(both sets). */
void wzp_people_clear(wzp_people_t *pp, unsigned peer, wzp_people_set_t set);

/* NEXT becomes HAVE, and is empty then. */
void wzp_people_commit(wzp_people_t *pp, unsigned peer);

size_t wzp_people_count(const wzp_people_t *pp, unsigned peer,
    wzp_people_set_t set);
uint64_t wzp_people_digest(const wzp_people_t *pp, unsigned peer,
    wzp_people_set_t set);

/* All HAVE sets together. */
size_t wzp_people_total(const wzp_people_t *pp);

/* The peers that HAVE this person, lowest first; at most n are written, their
 * number is returned. */
size_t wzp_people_find(const wzp_people_t *pp, const uint8_t fp[WZP_FP_SIZE],
    unsigned *peers, size_t n);

/* Walk a HAVE set: *at is 0 at first; NULL is the end.  Nothing may change
 * meanwhile. */
const uint8_t *wzp_people_walk(const wzp_people_t *pp, unsigned peer,
    uint32_t *at);

/* Counts, digests, chains and lists agree.  For tests; O(all). */
bool wzp_people_sound(const wzp_people_t *pp);


#endif /* _WZP_PEOPLE_H_INCLUDED_ */
