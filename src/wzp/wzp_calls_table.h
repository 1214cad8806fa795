/*
 * Inside of the table of direct calls, for src/wzp/wzp_calls*.c alone.
 *
 * A table is a line of heads, which every search walks, and a line of texts,
 * which only the call that was found needs.  An entry counts by one word
 * (used), written last when a call is made and first when it ends.
 */

#ifndef _WZP_CALLS_TABLE_H_INCLUDED_
#define _WZP_CALLS_TABLE_H_INCLUDED_


#include <stdatomic.h>

#include "wzp/wzp_calls.h"


#define WZP_CALLS_ADDR_SIZE     64      /* "[v6]:port" is under 50           */
#define WZP_CALLS_ROOM_MAX      (sizeof(WZP_CALL_ROOM) - 1 + WZP_CALL_ID_MAX)
#define WZP_CALLS_NONE          UINT32_MAX


enum {
    WZP_CALLS_FREE = 0,
    WZP_CALLS_LIVE,
    WZP_CALLS_ENDED                     /* only its id is remembered         */
};


typedef struct {
    _Atomic uint32_t     used;
    _Atomic uint32_t     state;         /* wzp_call_state_t                  */
    wzp_relay_id_t       relay;
    uint64_t             hash;          /* of the id                         */
    uint64_t             until_ns;      /* rings; or, ended, is remembered   */
    wzp_call_party_t     party[2];
    wzp_relay_id_t       far;
    uint64_t             grace_ns[2];   /* end of it; 0: the party is there  */
    uint32_t             missed[2];     /* bool: it has not heard the last   */
} wzp_calls_head_t;


/* Addresses of one party: reflexive, then local ones; "" = none. */
typedef struct {
    char                 text[1 + WZP_CALLS_LOCALS][WZP_CALLS_ADDR_SIZE];
} wzp_calls_addrs_t;


/* The last byte of each text is zero, always. */
typedef struct {
    char                 id[WZP_CALL_ID_MAX + 1];
    wzp_calls_addrs_t    caller;
} wzp_calls_text_t;


struct wzp_calls_s {
    uint64_t             n;
    wzp_calls_head_t     head[];        /* n of them, then n texts           */
};


static inline wzp_call_state_t
wzp_calls_state(const wzp_calls_head_t *h)
{
    return (wzp_call_state_t) atomic_load_explicit(&h->state,
                                                   memory_order_acquire);
}


static inline void
wzp_calls_set_state(wzp_calls_head_t *h, wzp_call_state_t state)
{
    atomic_store_explicit(&h->state, state, memory_order_release);
}


/* A call that lives, of this relay (0: of any). */

static inline bool
wzp_calls_lives(const wzp_calls_head_t *h, wzp_relay_id_t relay)
{
    return atomic_load_explicit(&h->used, memory_order_acquire)
           == WZP_CALLS_LIVE
           && (relay == 0 || h->relay == relay);
}


/* A call that has ended, and whose id is remembered. */

static inline bool
wzp_calls_remembered(const wzp_calls_head_t *h, wzp_relay_id_t relay,
    uint64_t now_ns)
{
    return atomic_load_explicit(&h->used, memory_order_acquire)
           == WZP_CALLS_ENDED
           && h->relay == relay && h->until_ns > now_ns;
}


static inline bool
wzp_calls_same(const wzp_call_party_t *a, const wzp_call_party_t *b)
{
    return a->link == b->link && memcmp(a->fp, b->fp, WZP_FP_SIZE) == 0;
}


const wzp_calls_text_t *wzp_calls_text(const wzp_calls_t *cs, uint32_t i);

/* As strcmp, in lower case. */
int wzp_calls_id_cmp(const char *a, const char *b);

/* May it become the name of a room that arrives as it was told? */
bool wzp_calls_id_valid(const char *id);

/* Cut to fit; the room of a call, lower-cased. */
void wzp_calls_id_copy(char to[WZP_CALL_ID_MAX + 1], const char *id);
void wzp_calls_room(char room[WZP_CALLS_ROOM_MAX + 1], const char *id);

/* The call with this id that lives or is still remembered; WZP_CALLS_NONE.
 * now_ns UINT64_MAX: nothing is remembered any more. */
uint32_t wzp_calls_lookup(const wzp_calls_t *cs, wzp_relay_id_t relay,
    const char *id, uint64_t now_ns);

/* Text that cannot be an address, or is too long for one, is left out. */
void wzp_calls_addrs_keep(wzp_calls_addrs_t *to, const wzp_candidates_t *from);
void wzp_calls_addrs_give(wzp_candidates_t *to, const wzp_calls_addrs_t *from);

/* Where the next call goes: a free entry, else that of the id which is
 * remembered for the longest; WZP_CALLS_NONE when all live. */
uint32_t wzp_calls_place(const wzp_calls_t *cs);

void wzp_calls_make(wzp_calls_t *cs, uint32_t i, wzp_relay_id_t relay,
    const wzp_call_party_t party[2], const wzp_direct_offer_t *offer,
    uint64_t until_ns);
void wzp_calls_end(wzp_calls_t *cs, uint32_t i, uint64_t now_ns);


#endif /* _WZP_CALLS_TABLE_H_INCLUDED_ */
