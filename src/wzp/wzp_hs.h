/*
 * The room handshake: what is signed, what is checked.  PROTOCOL 4.4, 4.5 and
 * the binding extension (E.2): a second signature over a label and 32 bytes of
 * TLS exporter ties offer, answer or registration to this one TLS session.
 * Structs in, structs out; randomness is the caller's.
 */

#ifndef _WZP_HS_H_INCLUDED_
#define _WZP_HS_H_INCLUDED_


#include "wzp/wzp_base.h"
#include "wzp/wzp_ident.h"
#include "wzp/wzp_signal.h"


#define WZP_EXPORTER_SIZE   32
#define WZP_EXPORTER_LABEL  "EXPORTER-wzp-binding"

/* Signed by the binding: one of these labels, then the exporter bytes. */
#define WZP_BIND_OFFER      "wzp-binding-offer"
#define WZP_BIND_ANSWER     "wzp-binding-answer"
#define WZP_BIND_REGISTER   "wzp-binding-register"


/*
 * Client: fill identity, ephemeral key (from 32 random bytes, the X25519
 * scalar), signature, the six profiles of the reference and the extensions
 * (stream-id, resume, state); with exporter != NULL also the binding and its
 * name among the extensions.  Alias and resume are the caller's to set before
 * or after, so start from a zeroed struct.
 */
void wzp_hs_offer(wzp_call_offer_t *of, const wzp_ident_t *id,
    const uint8_t scalar[WZP_KEY_SIZE],
    const uint8_t exporter[WZP_EXPORTER_SIZE]);

/*
 * Relay: check the signature of an offer, and the binding if there is one.
 * *verified: the binding was there and is good.  WZP_EAUTH if either
 * signature is there and wrong (a wrong binding is never "optional").  With
 * exporter == NULL a binding cannot be judged: it is not looked at, and
 * *verified is false.
 */
wzp_rc_t wzp_hs_check_offer(const wzp_call_offer_t *of,
    const uint8_t exporter[WZP_EXPORTER_SIZE], bool *verified) WZP_MUST_CHECK;

/*
 * Relay: fill identity, ephemeral key and signature of the answer; with
 * exporter != NULL also the binding.  Profile, stream id, extensions and
 * resume are the caller's.
 */
void wzp_hs_answer(wzp_call_answer_t *an, const wzp_ident_t *id,
    const uint8_t scalar[WZP_KEY_SIZE],
    const uint8_t exporter[WZP_EXPORTER_SIZE]);

/* Client: as wzp_hs_check_offer, for the answer. */
wzp_rc_t wzp_hs_check_answer(const wzp_call_answer_t *an,
    const uint8_t exporter[WZP_EXPORTER_SIZE], bool *verified) WZP_MUST_CHECK;

/*
 * Client: fill identity and, with exporter != NULL, binding and its name among
 * the extensions; no signature, as the reference.  Alias and other extensions
 * are the caller's, so start from a zeroed struct.
 */
void wzp_hs_register(wzp_register_presence_t *rp, const wzp_ident_t *id,
    const uint8_t exporter[WZP_EXPORTER_SIZE]);

/*
 * Relay: check the binding of a registration, if there is one; nobody checks
 * its signature.  *verified and a missing exporter as wzp_hs_check_offer.
 */
wzp_rc_t wzp_hs_check_register(const wzp_register_presence_t *rp,
    const uint8_t exporter[WZP_EXPORTER_SIZE], bool *verified) WZP_MUST_CHECK;

/* The best profile of an offer that is not better than `best`; an empty or
 * wholly unknown list gives GOOD, or `best` if that is worse. */
const wzp_profile_t *wzp_hs_choose(const wzp_call_offer_t *of,
    wzp_profile_id_t best);

/* Session key and short authentication string of PROTOCOL 4.5 (nobody uses
 * them on the wire).  WZP_EAUTH for a low-order peer key. */
wzp_rc_t wzp_hs_session(uint8_t key[WZP_KEY_SIZE], unsigned *sas,
    const uint8_t scalar[WZP_KEY_SIZE], const uint8_t peer[WZP_KEY_SIZE])
    WZP_MUST_CHECK;


#endif /* _WZP_HS_H_INCLUDED_ */
