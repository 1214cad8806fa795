/*
 * Adaptive quality of a call: what is measured goes to wzp_adapt, what it
 * decides to the sender; and what we hear of others goes to them.  PROTOCOL
 * 3.4, 6.5 and E.11.
 */

#ifndef _ADAPT_H_INCLUDED_
#define _ADAPT_H_INCLUDED_


#include "options.h"
#include "playout.h"
#include "quic/wzp_quic.h"
#include "sender.h"
#include "wzp/wzp_adapt.h"
#include "wzp/wzp_loss.h"


typedef struct cl_adapt_s  cl_adapt_t;


/* NULL: no memory.  op must outlive it. */
cl_adapt_t *cl_adapt_create(const cl_options_t *op);
void cl_adapt_destroy(cl_adapt_t *aq);

/* We are in the room, over a new connection; ours: the relay knows our
 * extensions. */
void cl_adapt_joined(cl_adapt_t *aq, bool ours, uint64_t now_ns);

/* The same connection over another network. */
void cl_adapt_moved(cl_adapt_t *aq, uint64_t now_ns);

/* The profile that the relay wants; the best that the person allows. */
void cl_adapt_want(cl_adapt_t *aq, wzp_profile_id_t wanted,
    wzp_profile_id_t limit);

/* What became of a datagram of ours; one of somebody else's; what a listener
 * hears of us. */
void cl_adapt_fate(cl_adapt_t *aq, uint64_t number, bool lost,
    uint64_t now_ns);
void cl_adapt_packet(cl_adapt_t *aq, const wzp_packet_t *pk, uint64_t now_ns);
void cl_adapt_view(cl_adapt_t *aq, uint16_t from, float loss, float burst,
    uint64_t now_ns);

/*
 * Judge and tell; returns when to be called again.  *changed: the sender has
 * another plan.
 */
uint64_t cl_adapt_turn(cl_adapt_t *aq, cl_sender_t *tx, cl_playout_t *po,
    const wzp_qstats_t *qs, uint64_t now_ns, bool *changed);

/* For whoever shows it. */
const wzp_adapt_t *cl_adapt_state(const cl_adapt_t *aq);

/* An object: profile, bit rate, redundancy, what is seen.  NULL: no memory. */
json_t *cl_adapt_json(const cl_adapt_t *aq);


#endif /* _ADAPT_H_INCLUDED_ */
