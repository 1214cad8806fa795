/*
 * The room handshake: vectors of PROTOCOL 4.4, 4.5, A.1 and A.2 byte for byte,
 * the binding, forged and replayed messages, choice of a profile.
 */

#include "wzp/wzp_hs.h"
#include "vec.h"


static wzp_ident_t  client, relay;
static uint8_t      client_scalar[32], relay_scalar[32], exporter[32];


static void
setup(void)
{
    uint8_t  seed[32];

    (void) vec_get("ident", "client_seed", seed, sizeof(seed));
    wzp_ident_init(&client, seed);
    (void) vec_get("ident", "relay_seed", seed, sizeof(seed));
    wzp_ident_init(&relay, seed);

    (void) vec_get("hs", "client_scalar", client_scalar, 32);
    (void) vec_get("hs", "relay_scalar", relay_scalar, 32);
    (void) vec_get("hs", "exporter", exporter, 32);
}


static void
check_vector(const uint8_t *got, size_t len, const char *name)
{
    uint8_t  want[64];

    is_u64(vec_get("hs", name, want, sizeof(want)), len, "%s: length", name);
    is_mem(got, want, len, "%s", name);
}


/* The frame is 4 bytes of length and the JSON. */
static void
check_frame(const wzp_signal_t *sg, const char *name, const char *sha256)
{
    char     hex[65];
    size_t   len, want_len;
    uint8_t  got[4096], want[4096], hash[32];

    want_len = vec_get("hs", name, want, sizeof(want));

    len = 0;
    ok(wzp_signal_encode(sg, got + 4, sizeof(got) - 4, &len) == WZP_OK,
       "%s is written", name);

    got[0] = 0;
    got[1] = 0;
    got[2] = (uint8_t) (len >> 8);
    got[3] = (uint8_t) len;

    if (is_u64(len + 4, want_len, "%s: length", name)) {
        is_mem(got, want, want_len, "%s: same bytes", name);
    }

    if (sha256 != NULL) {
        wzp_sha256(hash, got, len + 4);
        wzp_hex(hex, hash, 32);
        is_str(hex, sha256, "%s: SHA-256", name);
    }
}


static void
test_offer(void)
{
    bool          verified;
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_OFFER;
    wzp_hs_offer(&sg.u.call_offer, &client, client_scalar, NULL);

    check_vector(sg.u.call_offer.ephemeral_pub, 32, "client_ephemeral");
    check_vector(sg.u.call_offer.signature, 64, "offer_sig");
    is_u64(sg.u.call_offer.nprofiles, 6, "six profiles");
    ok(!sg.u.call_offer.has_binding
       && sg.u.call_offer.extensions
          == (WZP_EXT_STREAM_ID | WZP_EXT_RESUME | WZP_EXT_STATE),
       "no exporter, no binding, and not named");

    sg.u.call_offer.extensions = 0;
    check_frame(&sg, "offer_frame",
        "a455a250fb46d614031819e67e5e6dfb946a435f041c2f29d56217cbfed046b6");

    verified = true;
    ok(wzp_hs_check_offer(&sg.u.call_offer, exporter, &verified) == WZP_OK
       && !verified, "the offer of a reference peer: good, not verified");
}


static void
test_answer(void)
{
    bool          verified;
    wzp_signal_t  sg;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_ANSWER;
    wzp_hs_answer(&sg.u.call_answer, &relay, relay_scalar, NULL);
    sg.u.call_answer.chosen_profile = *wzp_profile(WZP_PROFILE_GOOD);

    check_vector(sg.u.call_answer.ephemeral_pub, 32, "relay_ephemeral");
    check_vector(sg.u.call_answer.signature, 64, "answer_sig");
    check_frame(&sg, "answer_frame",
        "40371357320bb55bc3cff133b7ac75161a333c4022d4e79b391e0d0c8b4da68f");

    verified = true;
    ok(wzp_hs_check_answer(&sg.u.call_answer, exporter, &verified) == WZP_OK
       && !verified, "the answer of a reference relay");
}


static void
test_extended(void)
{
    bool                verified;
    wzp_signal_t        sg;
    wzp_call_offer_t   *of;
    wzp_call_answer_t  *an;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_OFFER;
    of = &sg.u.call_offer;

    wzp_hs_offer(of, &client, client_scalar, exporter);
    check_vector(of->binding, 64, "offer_binding");
    is_u64(of->extensions, 0x0f, "all four extensions");

    (void) wzp_alias_clean(of->alias, "Ann", 3);
    of->has_resume = true;
    (void) vec_get("hs", "resume", of->resume, sizeof(of->resume));
    check_frame(&sg, "offer_ext_frame", NULL);

    verified = false;
    ok(wzp_hs_check_offer(of, exporter, &verified) == WZP_OK && verified,
       "a bound offer is verified");

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_CALL_ANSWER;
    an = &sg.u.call_answer;

    wzp_hs_answer(an, &relay, relay_scalar, exporter);
    check_vector(an->binding, 64, "answer_binding");

    an->chosen_profile = *wzp_profile(WZP_PROFILE_GOOD);
    an->extensions = 0x0f;
    an->stream_id = 0xbeef;
    an->has_resume = true;
    (void) vec_get("hs", "resume", an->resume, sizeof(an->resume));
    check_frame(&sg, "answer_ext_frame", NULL);

    verified = false;
    ok(wzp_hs_check_answer(an, exporter, &verified) == WZP_OK && verified,
       "a bound answer is verified");
}


static void
test_register(void)
{
    bool                      verified;
    size_t                    i, accepted;
    wzp_signal_t              sg;
    wzp_call_offer_t          of;
    wzp_register_presence_t  *rp, bad;

    memset(&sg, 0, sizeof(sg));
    sg.type = WZP_SIG_REGISTER_PRESENCE;
    rp = &sg.u.register_presence;

    wzp_hs_register(rp, &client, NULL);
    ok(!rp->has_binding && rp->extensions == 0 && rp->signature_len == 0,
       "no exporter, no binding");
    verified = true;
    ok(wzp_hs_check_register(rp, exporter, &verified) == WZP_OK && !verified,
       "the registration of a reference peer: admitted, not verified");

    wzp_hs_register(rp, &client, exporter);
    check_vector(rp->binding, 64, "register_binding");
    (void) wzp_alias_clean(rp->alias, "Ann", 3);
    check_frame(&sg, "register_ext_frame", NULL);

    ok(wzp_hs_check_register(rp, exporter, &verified) == WZP_OK && verified,
       "a bound registration is verified");
    ok(wzp_hs_check_register(rp, NULL, &verified) == WZP_OK && !verified,
       "not without exporter");

    accepted = 0;

    for (i = 0; i < 64; i++) {
        bad = *rp;
        bad.binding[i] ^= 1;
        accepted += wzp_hs_check_register(&bad, exporter, &verified)
                    != WZP_EAUTH;
        bad = *rp;
        bad.identity_pub[i / 2] ^= 1;
        accepted += wzp_hs_check_register(&bad, exporter, &verified)
                    != WZP_EAUTH;
    }

    is_u64(accepted, 0, "a changed bit in key or binding");
    is_i64(wzp_hs_check_register(rp, relay.pub, &verified), WZP_EAUTH,
           "replayed into another TLS session");

    memset(&of, 0, sizeof(of));
    wzp_hs_offer(&of, &client, client_scalar, exporter);
    memcpy(rp->binding, of.binding, 64);
    is_i64(wzp_hs_check_register(rp, exporter, &verified), WZP_EAUTH,
           "an offer's binding is none for a registration");
}


static wzp_rc_t
check_offer(const wzp_call_offer_t *of, const uint8_t *exp)
{
    bool      verified;
    wzp_rc_t  rc;

    verified = false;
    rc = wzp_hs_check_offer(of, exp, &verified);

    return rc == WZP_OK && !verified ? WZP_EUNKNOWN : rc;
}


static void
test_forged(void)
{
    size_t             i, accepted;
    uint8_t            other[32];
    wzp_call_offer_t   of, bad;
    wzp_call_answer_t  an;

    memset(&of, 0, sizeof(of));
    wzp_hs_offer(&of, &client, client_scalar, exporter);

    is_i64(check_offer(&of, exporter), WZP_OK, "the offer is good");
    accepted = 0;

    for (i = 0; i < 32; i++) {
        memcpy(other, exporter, 32);
        other[i] ^= 0x10;
        accepted += check_offer(&of, other) != WZP_EAUTH;
    }

    is_u64(accepted, 0, "replayed into another TLS session");

    for (i = 0; i < 64; i++) {
        bad = of;
        bad.binding[i] ^= 1;
        accepted += check_offer(&bad, exporter) != WZP_EAUTH;
        bad = of;
        bad.signature[i] ^= 1;
        accepted += check_offer(&bad, exporter) != WZP_EAUTH;
        bad = of;
        bad.identity_pub[i / 2] ^= 1;
        accepted += check_offer(&bad, exporter) != WZP_EAUTH;
        bad = of;
        bad.ephemeral_pub[i / 2] ^= 1;
        accepted += check_offer(&bad, exporter) != WZP_EAUTH;
    }

    is_u64(accepted, 0, "a changed bit in any signed or signing byte");

    bad = of;
    bad.signature_len = 63;
    is_i64(check_offer(&bad, exporter), WZP_EAUTH, "63 bytes of signature");
    bad.signature_len = 65;
    is_i64(check_offer(&bad, exporter), WZP_EAUTH, "65 bytes of signature");
    bad.signature_len = 0;
    is_i64(check_offer(&bad, exporter), WZP_EAUTH, "no signature");

    bad = of;
    bad.has_binding = false;
    is_i64(check_offer(&bad, exporter), WZP_EUNKNOWN,
           "without its binding: good, not verified");
    is_i64(check_offer(&of, NULL), WZP_EUNKNOWN,
           "without exporter: good, not verified");

    memset(&an, 0, sizeof(an));
    wzp_hs_answer(&an, &client, client_scalar, exporter);
    bad = of;
    memcpy(bad.signature, an.signature, 64);
    is_i64(check_offer(&bad, exporter), WZP_EAUTH,
           "an answer's signature is none for an offer");
    bad = of;
    memcpy(bad.binding, an.binding, 64);
    is_i64(check_offer(&bad, exporter), WZP_EAUTH,
           "an answer's binding is none for an offer");
}


static void
test_session(void)
{
    uint8_t   key[32], pub[32], zero[32];
    unsigned  sas;

    wzp_x25519_public(pub, relay_scalar);
    sas = 0;
    ok(wzp_hs_session(key, &sas, client_scalar, pub) == WZP_OK, "client");
    check_vector(key, 32, "session_key");
    is_u64(sas, 4812, "client: code");

    memset(key, 0, sizeof(key));
    sas = 0;
    wzp_x25519_public(pub, client_scalar);
    ok(wzp_hs_session(key, &sas, relay_scalar, pub) == WZP_OK, "relay");
    check_vector(key, 32, "session_key");
    is_u64(sas, 4812, "relay: code");

    memset(zero, 0, sizeof(zero));
    is_i64(wzp_hs_session(key, &sas, relay_scalar, zero), WZP_EAUTH,
           "low-order key");
}


static void
choose(const char *codecs, wzp_profile_id_t best, wzp_profile_id_t want)
{
    size_t            n, i;
    wzp_call_offer_t  of;

    static const char  letters[] = "ABCDEFGH";

    memset(&of, 0, sizeof(of));
    n = strlen(codecs);

    for (i = 0; i < n; i++) {
        if (codecs[i] == '-') {
            of.profiles[i] = *wzp_profile(WZP_PROFILE_GOOD);
            of.profiles[i].codec = WZP_CODEC_COMFORT_NOISE;
            continue;
        }

        of.profiles[i] = *wzp_profile((wzp_profile_id_t)
                                      (strchr(letters, codecs[i]) - letters));
        of.profiles[i].fec_ratio = 1.75f;
    }

    of.nprofiles = n;

    ok(wzp_hs_choose(&of, best) == wzp_profile(want),
       "offer \"%s\", best %u: %u", codecs, (unsigned) best, (unsigned) want);
}


static void
test_choose(void)
{
    choose("ABCDFH", WZP_PROFILE_GOOD, WZP_PROFILE_GOOD);
    choose("ABCDFH", WZP_PROFILE_STUDIO_64K, WZP_PROFILE_STUDIO_64K);
    choose("HFDCBA", WZP_PROFILE_STUDIO_48K, WZP_PROFILE_STUDIO_48K);
    choose("ABCDFH", WZP_PROFILE_OPUS16K, WZP_PROFILE_DEGRADED);
    choose("ABCDFH", WZP_PROFILE_CATASTROPHIC, WZP_PROFILE_CATASTROPHIC);
    choose("H", WZP_PROFILE_GOOD, WZP_PROFILE_CATASTROPHIC);
    choose("", WZP_PROFILE_STUDIO_64K, WZP_PROFILE_GOOD);
    choose("", WZP_PROFILE_DEGRADED, WZP_PROFILE_DEGRADED);
    choose("-", WZP_PROFILE_STUDIO_64K, WZP_PROFILE_GOOD);
    choose("A", WZP_PROFILE_STUDIO_48K, WZP_PROFILE_GOOD);
    choose("A", WZP_PROFILE_CODEC2_3200, WZP_PROFILE_CODEC2_3200);
}


int
main(void)
{
    setup();

    test_offer();
    test_answer();
    test_extended();
    test_register();
    test_forged();
    test_session();
    test_choose();

    return done_testing();
}
