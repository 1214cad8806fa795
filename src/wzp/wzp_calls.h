/*
 * Direct calls of the relays of a process group: who calls whom, and what each
 * signal about it makes the relay say.  PROTOCOL 7.5, 7.6, 8.5.
 *
 * Pure logic over the caller's memory: no I/O, no clock, no allocation, no
 * pointer inside.  The memory may be shared by processes that map it at
 * different addresses; every call is made under the caller's lock, and after a
 * process died with that lock, wzp_calls_rebuild comes first.
 *
 * Only parties count.  A party is a person at a place: registered here, or
 * behind the link to one neighbour.  A signal from anybody else, or about a
 * person from another link than the one that the call goes through, changes
 * nothing and reaches nobody.  At least one party of each call is registered
 * here; a relay that only passes envelopes on keeps no call.
 *
 * Call ids become names of rooms, which arrive lower-cased: ids that differ in
 * case are one id.  An id is used once; it is remembered for WZP_CALLS_MEMORY
 * after its call ended (shorter only in a table that is full).
 *
 * A person is busy who is in an answered call or is rung by another one.
 *
 * Glare: A calls B while B's call to A is not answered yet.  The call with the
 * lower id (in lower case, byte by byte) lives, whichever came first, because
 * with a relay at each end the two offers pass each other on the way and both
 * relays have to choose the same without asking.  The other call's caller gets
 * Hangup Busy for it, its callee (if it has been told) Hangup Normal, and the
 * one that lives rings.  To the people it is one call that rings: a client
 * that hears Busy for its own call to X, while an offer of X is there or comes
 * within two seconds, answers that by itself.
 */

#ifndef _WZP_CALLS_H_INCLUDED_
#define _WZP_CALLS_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_signal.h"


#define WZP_CALLS_N             1024        /* default size of a table       */
#define WZP_CALLS_PER_CALLER    8           /* at one place                  */
#define WZP_CALLS_RING          (45 * WZP_SEC)
#define WZP_CALLS_GRACE         (15 * WZP_SEC)  /* of an answered call       */
#define WZP_CALLS_GRACE_RING    (5 * WZP_SEC)   /* of one that isn't         */
#define WZP_CALLS_MEMORY        (600 * WZP_SEC)
#define WZP_CALLS_LOCALS        4           /* addresses kept of a client    */
#define WZP_CALLS_ACTIONS       4
#define WZP_CALL_ROOM           "call-"     /* and the id in lower case      */


typedef struct wzp_calls_s  wzp_calls_t;


/* Each but OK changes no call. */
typedef enum {
    WZP_CALL_OK = 0,
    WZP_CALL_REPEAT,                    /* known already; nothing to say     */
    WZP_CALL_FORGED,                    /* not who it says, or no party      */
    WZP_CALL_BAD_ID,                    /* call-<id> is no server name       */
    WZP_CALL_USED_ID,                   /* of a call that is or was          */
    WZP_CALL_UNKNOWN,                   /* no such call; nobody of this name */
    WZP_CALL_BUSY,
    WZP_CALL_GLARE,                     /* the callee's own call lives       */
    WZP_CALL_LIMIT,                     /* of one caller, or of one link     */
    WZP_CALL_FULL,                      /* the table                         */
    WZP_CALL_STATE,                     /* not now: answered, or not yet     */
    WZP_CALL_N
} wzp_call_verdict_t;


typedef enum {
    WZP_CALL_PENDING = 0,               /* not known whether anything rings  */
    WZP_CALL_RINGING,
    WZP_CALL_ACTIVE,                    /* answered                          */
    WZP_CALL_STATE_N
} wzp_call_state_t;


typedef enum {
    WZP_CALL_CALLER = 0,
    WZP_CALL_CALLEE
} wzp_call_side_t;


/* A person at a place. */
typedef struct {
    uint8_t         fp[WZP_FP_SIZE];
    wzp_relay_id_t  link;               /* of the neighbour; 0: here         */
} wzp_call_party_t;


/* Where a signal came from. */
typedef struct {
    wzp_relay_id_t    relay;            /* ours, to whom it came; never 0    */
    wzp_call_party_t  who;              /* registered, or as the link says   */
    bool              named;            /* false: the link names nobody      */
} wzp_call_from_t;


/* Where the target of an offer is. */
typedef struct {
    bool            known;
    wzp_relay_id_t  link;               /* 0: registered here                */
    bool            existing;           /* that neighbour is an existing
                                           relay, which may not say that it
                                           rings: we say so                  */
    uint64_t        ring_ns;            /* how long it may ring; 0:
                                           WZP_CALLS_RING                    */
} wzp_call_target_t;


/* One signal to one party. */
typedef struct {
    wzp_call_party_t  to;
    uint8_t           source[WZP_FP_SIZE];      /* the other party           */
    bool              forward;          /* what came in, unchanged; signal
                                           is not set                        */
    wzp_signal_t      signal;           /* owns nothing                      */
} wzp_call_action_t;


/* What has to be done, in this order. */
typedef struct {
    wzp_relay_id_t     relay;           /* ours, of this call                */
    size_t             n;
    bool               more;            /* call again, same arguments        */
    wzp_call_action_t  actions[WZP_CALLS_ACTIONS];
} wzp_call_out_t;


/* A copy of what is known of one call. */
typedef struct {
    wzp_relay_id_t    relay;
    char              id[WZP_CALL_ID_MAX + 1];  /* as the caller wrote it    */
    wzp_call_state_t  state;
    wzp_call_party_t  party[2];         /* by wzp_call_side_t                */
    wzp_relay_id_t    far;              /* relay at the other end; 0: none,
                                           or not known                      */
} wzp_call_t;


/* "ok", "forged", ...; NULL when out of range. */
const char *wzp_call_verdict_name(unsigned verdict);

/* Bytes for n calls (at least 1); memory aligned as by malloc. */
size_t wzp_calls_size(uint32_t n);
void wzp_calls_init(void *mem, uint32_t n);

/* After a death under the lock: what was half written is gone, the rest is as
 * it was. */
void wzp_calls_rebuild(wzp_calls_t *cs);


/*
 * Signals.  out is always written, whatever the verdict: a refused offer has
 * an answer, too.  The rate at which somebody may ask is the caller's care.
 *
 * An offer.  From here: of the registered person `from`.  Through a link:
 * target is that person's place here; a link further on is no target.
 * caller_fingerprint must be from->who.fp wherever that is known.  now_ns is
 * monotonic, here as below.
 */
wzp_call_verdict_t wzp_calls_offer(wzp_calls_t *cs,
    const wzp_call_from_t *from, const wzp_direct_offer_t *offer,
    const wzp_call_target_t *target, uint64_t now_ns, wzp_call_out_t *out);

/* CallRinging through the callee's link. */
wzp_call_verdict_t wzp_calls_ringing(wzp_calls_t *cs,
    const wzp_call_from_t *from, const char *call_id, wzp_call_out_t *out);

/* The callee's answer.  relay_addr: for CallSetup, cut to WZP_HOST_MAX.
 * Addresses are told only when both may be: with AcceptTrusted. */
wzp_call_verdict_t wzp_calls_answer(wzp_calls_t *cs,
    const wzp_call_from_t *from, const wzp_direct_answer_t *answer,
    const char *relay_addr, uint64_t now_ns, wzp_call_out_t *out);

/* MediaPathReport of either. */
wzp_call_verdict_t wzp_calls_media_path(wzp_calls_t *cs,
    const wzp_call_from_t *from, const char *call_id, wzp_call_out_t *out);

/*
 * Hangup of either.  With an id it goes on unchanged.  An empty id means all
 * calls of the sender, one of them each time (out->more): the others then hear
 * it with the id of the call that they have with the sender, since they may
 * have calls with others.
 */
wzp_call_verdict_t wzp_calls_hangup(wzp_calls_t *cs,
    const wzp_call_from_t *from, const char *call_id, wzp_hangup_t reason,
    uint64_t now_ns, wzp_call_out_t *out);


/*
 * Presence.  The last registration of a person at this relay ended, or a link
 * is down: their calls have a grace, and go on if they are back in time.  What
 * they have missed is said again then: that it was answered (a CallSetup,
 * without addresses; through a link an answer), or that it is over.
 */
void wzp_calls_gone(wzp_calls_t *cs, wzp_relay_id_t relay,
    const uint8_t fp[WZP_FP_SIZE], uint64_t now_ns);
void wzp_calls_back(wzp_calls_t *cs, wzp_relay_id_t relay,
    const uint8_t fp[WZP_FP_SIZE], const char *relay_addr, uint64_t now_ns,
    wzp_call_out_t *out);
void wzp_calls_link_down(wzp_calls_t *cs, wzp_relay_id_t relay,
    wzp_relay_id_t link, uint64_t now_ns);
void wzp_calls_link_up(wzp_calls_t *cs, wzp_relay_id_t relay,
    wzp_relay_id_t link, uint64_t now_ns, wzp_call_out_t *out);

/*
 * Time.  One call of a relay (0: of any) that rang for too long (Hangup Timeout
 * to both) or whose party's grace is over (Hangup Normal to the other); again
 * while it is true.  The next such moment: UINT64_MAX if there is none.
 */
bool wzp_calls_expire(wzp_calls_t *cs, wzp_relay_id_t relay, uint64_t now_ns,
    wzp_call_out_t *out);
uint64_t wzp_calls_deadline(const wzp_calls_t *cs);


/*
 * May this person, who is here, enter the room of the call?  Both may when it
 * is answered, until then its caller.  A party behind a link may not: it
 * enters at its own relay, and that a neighbour names somebody as a party
 * lets nobody in here.
 */
bool wzp_calls_may_join(const wzp_calls_t *cs, wzp_relay_id_t relay,
    const char *call_id, const uint8_t fp[WZP_FP_SIZE]);

/* Which relay is at the other end, perhaps behind that of the link. */
void wzp_calls_set_far(wzp_calls_t *cs, wzp_relay_id_t relay,
    const char *call_id, wzp_relay_id_t far);

/* False: no such call (lives). */
bool wzp_calls_find(const wzp_calls_t *cs, wzp_relay_id_t relay,
    const char *call_id, wzp_call_t *call);

/* Walk all of a relay (0: of all relays): *pos is 0 at first.  False: end. */
bool wzp_calls_next(const wzp_calls_t *cs, wzp_relay_id_t relay,
    uint32_t *pos, wzp_call_t *call);

void wzp_calls_count(const wzp_calls_t *cs, wzp_relay_id_t relay,
    uint32_t count[WZP_CALL_STATE_N]);


#endif /* _WZP_CALLS_H_INCLUDED_ */
