/*
 * The room handshake: signatures of offer and answer, the binding, the choice
 * of a profile, the session key that nobody uses.
 */

#include "wzp/wzp_hs.h"


#define WZP_SIGN_OFFER      "call-offer"
#define WZP_SIGN_ANSWER     "call-answer"

#define WZP_LABEL_SESSION   "warzone-session-key"
#define WZP_LABEL_SAS       "warzone-sas-code"

#define WZP_HS_MSG_MAX      64


/* What the reference offers, in its order.  PROTOCOL 2.3. */
static const wzp_profile_id_t  wzp_hs_profiles[] = {
    WZP_PROFILE_STUDIO_64K,
    WZP_PROFILE_STUDIO_48K,
    WZP_PROFILE_STUDIO_32K,
    WZP_PROFILE_GOOD,
    WZP_PROFILE_DEGRADED,
    WZP_PROFILE_CATASTROPHIC
};


static size_t
wzp_hs_ephemeral_msg(uint8_t msg[WZP_HS_MSG_MAX],
    const uint8_t ephemeral[WZP_KEY_SIZE], const char *suffix)
{
    size_t  len;

    len = strlen(suffix);
    WZP_ASSERT(WZP_KEY_SIZE + len <= WZP_HS_MSG_MAX);

    memcpy(msg, ephemeral, WZP_KEY_SIZE);
    memcpy(msg + WZP_KEY_SIZE, suffix, len);

    return WZP_KEY_SIZE + len;
}


static size_t
wzp_hs_binding_msg(uint8_t msg[WZP_HS_MSG_MAX], const char *label,
    const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    size_t  len;

    len = strlen(label);
    WZP_ASSERT(len + WZP_EXPORTER_SIZE <= WZP_HS_MSG_MAX);

    memcpy(msg, label, len);
    memcpy(msg + len, exporter, WZP_EXPORTER_SIZE);

    return len + WZP_EXPORTER_SIZE;
}


static void
wzp_hs_bind(uint8_t sig[WZP_SIG_SIZE], const wzp_ident_t *id,
    const char *label, const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    size_t   len;
    uint8_t  msg[WZP_HS_MSG_MAX];

    len = wzp_hs_binding_msg(msg, label, exporter);
    wzp_ident_sign(id, msg, len, sig);

    wzp_wipe(msg, sizeof(msg));
}


/*
 * binding and exporter may be NULL.  A binding that cannot be checked for
 * want of an exporter counts as not there.
 */
static wzp_rc_t
wzp_hs_check_binding(const uint8_t pub[WZP_KEY_SIZE], const uint8_t *binding,
    const char *label, const uint8_t *exporter, bool *verified)
{
    size_t    len;
    uint8_t   msg[WZP_HS_MSG_MAX];
    wzp_rc_t  rc;

    if (binding == NULL || exporter == NULL) {
        *verified = false;
        return WZP_OK;
    }

    len = wzp_hs_binding_msg(msg, label, exporter);
    rc = wzp_ident_verify(pub, msg, len, binding);
    wzp_wipe(msg, sizeof(msg));

    if (rc != WZP_OK) {
        return WZP_EAUTH;
    }

    *verified = true;

    return WZP_OK;
}


static wzp_rc_t
wzp_hs_check(const uint8_t pub[WZP_KEY_SIZE],
    const uint8_t ephemeral[WZP_KEY_SIZE], const char *suffix,
    const uint8_t *sig, const uint8_t *binding, const char *label,
    const uint8_t *exporter, bool *verified)
{
    size_t   len;
    uint8_t  msg[WZP_HS_MSG_MAX];

    len = wzp_hs_ephemeral_msg(msg, ephemeral, suffix);

    if (wzp_ident_verify(pub, msg, len, sig) != WZP_OK) {
        return WZP_EAUTH;
    }

    return wzp_hs_check_binding(pub, binding, label, exporter, verified);
}


void
wzp_hs_offer(wzp_call_offer_t *of, const wzp_ident_t *id,
    const uint8_t scalar[WZP_KEY_SIZE],
    const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    size_t   i, len;
    uint8_t  msg[WZP_HS_MSG_MAX];

    memcpy(of->identity_pub, id->pub, WZP_KEY_SIZE);
    wzp_x25519_public(of->ephemeral_pub, scalar);

    len = wzp_hs_ephemeral_msg(msg, of->ephemeral_pub, WZP_SIGN_OFFER);
    wzp_ident_sign(id, msg, len, of->signature);
    of->signature_len = WZP_SIG_SIZE;

    for (i = 0; i < WZP_ARRAY_LEN(wzp_hs_profiles); i++) {
        of->profiles[i] = *wzp_profile(wzp_hs_profiles[i]);
    }

    of->nprofiles = i;

    of->extensions = WZP_EXT_STREAM_ID | WZP_EXT_RESUME | WZP_EXT_STATE;
    of->has_binding = false;

    if (exporter != NULL) {
        wzp_hs_bind(of->binding, id, WZP_BIND_OFFER, exporter);
        of->has_binding = true;
        of->extensions |= WZP_EXT_BINDING;
    }
}


wzp_rc_t
wzp_hs_check_offer(const wzp_call_offer_t *of,
    const uint8_t exporter[WZP_EXPORTER_SIZE], bool *verified)
{
    if (of->signature_len != WZP_SIG_SIZE) {
        return WZP_EAUTH;
    }

    return wzp_hs_check(of->identity_pub, of->ephemeral_pub, WZP_SIGN_OFFER,
                        of->signature, of->has_binding ? of->binding : NULL,
                        WZP_BIND_OFFER, exporter, verified);
}


void
wzp_hs_answer(wzp_call_answer_t *an, const wzp_ident_t *id,
    const uint8_t scalar[WZP_KEY_SIZE],
    const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    size_t   len;
    uint8_t  msg[WZP_HS_MSG_MAX];

    memcpy(an->identity_pub, id->pub, WZP_KEY_SIZE);
    wzp_x25519_public(an->ephemeral_pub, scalar);

    len = wzp_hs_ephemeral_msg(msg, an->ephemeral_pub, WZP_SIGN_ANSWER);
    wzp_ident_sign(id, msg, len, an->signature);
    an->signature_len = WZP_SIG_SIZE;

    an->has_binding = false;

    if (exporter != NULL) {
        wzp_hs_bind(an->binding, id, WZP_BIND_ANSWER, exporter);
        an->has_binding = true;
    }
}


wzp_rc_t
wzp_hs_check_answer(const wzp_call_answer_t *an,
    const uint8_t exporter[WZP_EXPORTER_SIZE], bool *verified)
{
    if (an->signature_len != WZP_SIG_SIZE) {
        return WZP_EAUTH;
    }

    return wzp_hs_check(an->identity_pub, an->ephemeral_pub, WZP_SIGN_ANSWER,
                        an->signature, an->has_binding ? an->binding : NULL,
                        WZP_BIND_ANSWER, exporter, verified);
}


void
wzp_hs_register(wzp_register_presence_t *rp, const wzp_ident_t *id,
    const uint8_t exporter[WZP_EXPORTER_SIZE])
{
    memcpy(rp->identity_pub, id->pub, WZP_KEY_SIZE);
    rp->signature_len = 0;
    rp->has_binding = false;

    if (exporter != NULL) {
        wzp_hs_bind(rp->binding, id, WZP_BIND_REGISTER, exporter);
        rp->has_binding = true;
        rp->extensions |= WZP_EXT_BINDING;
    }
}


wzp_rc_t
wzp_hs_check_register(const wzp_register_presence_t *rp,
    const uint8_t exporter[WZP_EXPORTER_SIZE], bool *verified)
{
    return wzp_hs_check_binding(rp->identity_pub,
                                rp->has_binding ? rp->binding : NULL,
                                WZP_BIND_REGISTER, exporter, verified);
}


const wzp_profile_t *
wzp_hs_choose(const wzp_call_offer_t *of, wzp_profile_id_t best)
{
    size_t            i;
    wzp_profile_id_t  id;

    for (id = best; id < WZP_PROFILE_N; id++) {
        for (i = 0; i < of->nprofiles; i++) {
            if (of->profiles[i].codec == wzp_profile(id)->codec) {
                return wzp_profile(id);
            }
        }
    }

    return wzp_profile(WZP_MAX(best, WZP_PROFILE_GOOD));
}


wzp_rc_t
wzp_hs_session(uint8_t key[WZP_KEY_SIZE], unsigned *sas,
    const uint8_t scalar[WZP_KEY_SIZE], const uint8_t peer[WZP_KEY_SIZE])
{
    uint8_t   dh[WZP_KEY_SIZE], code[WZP_KEY_SIZE];
    uint32_t  n;

    if (wzp_x25519(dh, scalar, peer) != WZP_OK) {
        return WZP_EAUTH;
    }

    wzp_derive(key, dh, WZP_LABEL_SESSION);
    wzp_derive(code, dh, WZP_LABEL_SAS);
    wzp_wipe(dh, sizeof(dh));

    n = (uint32_t) code[0] << 24 | (uint32_t) code[1] << 16
        | (uint32_t) code[2] << 8 | code[3];

    *sas = n % 10000;

    return WZP_OK;
}
