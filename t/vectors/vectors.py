#!/usr/bin/python3
"""Compute the golden vectors of src/wzp/PROTOCOL.md from the protocol alone.

Shares no code with the programs under test: hashlib, hmac and the
`cryptography` package (Debian: python3-cryptography).  Without arguments the
.hex files beside this script are compared with what is computed; --write
writes them.
"""

import hashlib
import hmac
import json
import os
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def hkdf(ikm, label, size=32):
    prk = hmac.new(bytes(32), ikm, hashlib.sha256).digest()
    return hmac.new(prk, label.encode() + b"\1", hashlib.sha256).digest()[:size]


def ed(seed):
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed)


def ed_pub(seed):
    return ed(seed).public_key().public_bytes(*RAW)


def x_pub(scalar):
    key = x25519.X25519PrivateKey.from_private_bytes(scalar)
    return key.public_key().public_bytes(*RAW)


def x_dh(scalar, peer):
    key = x25519.X25519PrivateKey.from_private_bytes(scalar)
    return key.exchange(x25519.X25519PublicKey.from_public_bytes(peer))


def sign_seed(seed):
    return hkdf(seed, "warzone-ed25519")


# --- certificate, section 1.3 -------------------------------------------

def tlv(tag, body):
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    if size < 0x100:
        return bytes([tag, 0x81, size]) + body
    return bytes([tag, 0x82]) + struct.pack(">H", size) + body


def cert(seed):
    key = hkdf(seed, "wzp-tls-ed25519")
    pub = ed_pub(key)
    number = int.from_bytes(hashlib.sha256(pub).digest()[:20], "big")
    number &= (1 << 159) - 1
    serial = number.to_bytes(number.bit_length() // 8 + 1, "big")
    alg = tlv(0x30, bytes.fromhex("06032b6570"))
    cn = tlv(0x30, bytes.fromhex("0603550403")
             + tlv(0x0c, b"rcgen self signed cert"))
    name = tlv(0x30, tlv(0x31, cn))
    san = tlv(0x30, bytes.fromhex("0603551d11")
              + tlv(0x04, tlv(0x30, tlv(0x82, b"localhost"))))
    tbs = tlv(0x30, tlv(0xa0, tlv(0x02, b"\2")) + tlv(0x02, serial) + alg + name
              + tlv(0x30, tlv(0x17, b"750101000000Z")
                    + tlv(0x18, b"40960101000000Z"))
              + name + tlv(0x30, alg + tlv(0x03, b"\0" + pub))
              + tlv(0xa3, tlv(0x30, san)))
    der = tlv(0x30, tbs + alg + tlv(0x03, b"\0" + ed(key).sign(tbs)))
    parsed = x509.load_der_x509_certificate(der)
    assert parsed.serial_number == number
    parsed.public_key().verify(parsed.signature, parsed.tbs_certificate_bytes)
    return key, pub, der, len(serial)


# The first numbers whose seeds give serials of 19 and of 18 bytes.
SHORT = {19: 68, 18: 157634}


def short_serial_seed(size):
    seed = SHORT[size].to_bytes(32, "big")
    assert cert(seed)[3] == size
    return seed


# --- signals, section 2 -------------------------------------------------

GOOD = {"codec": "Opus24k", "fec_ratio": 0.2, "frame_duration_ms": 20,
        "frames_per_block": 5}


def profile(codec, ratio, ms=20, frames=5):
    return {"codec": codec, "fec_ratio": ratio, "frame_duration_ms": ms,
            "frames_per_block": frames}


SIX = [profile("Opus64k", 0.1), profile("Opus48k", 0.1),
       profile("Opus32k", 0.1), GOOD, profile("Opus6k", 0.5, 40, 10),
       profile("Codec2_1200", 1.0, 40, 8)]


def frame(signal):
    text = json.dumps(signal, separators=(",", ":"), ensure_ascii=False)
    body = text.encode()
    return struct.pack(">I", len(body)) + body


CLIENT = bytes(range(32))
RELAY = b"\xaa" * 32
C_SCALAR = b"\x11" * 32
R_SCALAR = b"\x22" * 32
EXPORTER = b"\x55" * 32
RESUME = bytes(range(16))
ALL = ["stream-id", "binding", "resume", "state"]


def keys(seed, scalar, suffix):
    eph = x_pub(scalar)
    return {"identity_pub": list(ed_pub(sign_seed(seed))),
            "ephemeral_pub": list(eph),
            "signature": list(ed(sign_seed(seed)).sign(eph + suffix))}


def offer(alias=None, **more):
    body = keys(CLIENT, C_SCALAR, b"call-offer")
    body.update(supported_profiles=SIX, alias=alias, **more)
    return {"CallOffer": body}


def answer(**more):
    body = keys(RELAY, R_SCALAR, b"call-answer")
    body.update(chosen_profile=GOOD, **more)
    return {"CallAnswer": body}


def fp_text(seed):
    h = hashlib.sha256(ed_pub(sign_seed(seed))).hexdigest()[:32]
    return ":".join(h[i:i + 4] for i in range(0, 32, 4))


def room_update():
    return {"RoomUpdate": {"count": 2, "participants": [
        {"fingerprint": fp_text(CLIENT), "alias": "Ann", "relay_label": None,
         "stream_id": 48879, "muted": True},
        {"fingerprint": fp_text(RELAY), "alias": None,
         "relay_label": "Relay B", "stream_id": 1, "held": True}]}}


# --- the files ----------------------------------------------------------

def ident_file(out):
    for label, seed in (("client", CLIENT), ("relay", RELAY)):
        pub = ed_pub(sign_seed(seed))
        out(label + "_seed", seed)
        out(label + "_sign_seed", sign_seed(seed))
        out(label + "_pub", pub)
        out(label + "_fp", hashlib.sha256(pub).digest()[:16])
    out("client_x25519", hkdf(CLIENT, "warzone-x25519"))
    out("client_x25519_pub", x_pub(hkdf(CLIENT, "warzone-x25519")))
    out("zero_fp", hashlib.sha256(bytes(32)).digest()[:16])


def cert_file(out):
    for label, seed in (("plain", CLIENT), ("short", short_serial_seed(19)),
                        ("shorter", short_serial_seed(18))):
        key, pub, der, _ = cert(seed)
        out(label + "_seed", seed)
        out(label + "_tls_seed", key)
        out(label + "_tls_pub", pub)
        out(label + "_der", der)
        out(label + "_fp", hashlib.sha256(der).digest())


def hs_file(out):
    dh = x_dh(C_SCALAR, x_pub(R_SCALAR))
    out("client_scalar", C_SCALAR)
    out("client_ephemeral", x_pub(C_SCALAR))
    out("relay_scalar", R_SCALAR)
    out("relay_ephemeral", x_pub(R_SCALAR))
    out("dh", dh)
    out("session_key", hkdf(dh, "warzone-session-key"))
    out("sas", hkdf(dh, "warzone-sas-code", 4))
    out("offer_sig", bytes(offer()["CallOffer"]["signature"]))
    out("answer_sig", bytes(answer()["CallAnswer"]["signature"]))
    out("offer_frame", frame(offer()))
    out("answer_frame", frame(answer()))

    bind_offer = ed(sign_seed(CLIENT)).sign(b"wzp-binding-offer" + EXPORTER)
    bind_answer = ed(sign_seed(RELAY)).sign(b"wzp-binding-answer" + EXPORTER)
    bind_register = ed(sign_seed(CLIENT)).sign(b"wzp-binding-register"
                                               + EXPORTER)
    out("exporter", EXPORTER)
    out("offer_binding", bind_offer)
    out("answer_binding", bind_answer)
    out("register_binding", bind_register)
    out("resume", RESUME)
    out("offer_ext_frame",
        frame(offer("Ann", extensions=ALL, binding=list(bind_offer),
                    resume=RESUME.hex())))
    out("answer_ext_frame",
        frame(answer(extensions=ALL, binding=list(bind_answer),
                     stream_id=48879, resume=RESUME.hex())))
    out("register_ext_frame",
        frame({"RegisterPresence": {
            "identity_pub": list(ed_pub(sign_seed(CLIENT))), "signature": [],
            "alias": "Ann", "extensions": ["binding"],
            "binding": list(bind_register)}}))


def cert_fp(seed):
    h = hashlib.sha256(cert(seed)[2]).hexdigest()
    return ":".join(h[i:i + 2] for i in range(0, 64, 2))


def relay_id(seed):
    return hashlib.sha256(cert(seed)[2]).hexdigest()[:16]


def link_signals():
    """What relays of ours say to each other, every member of E.9 set."""
    ann, bob = fp_text(CLIENT), fp_text(RELAY)
    person = room_update()["RoomUpdate"]["participants"][0]
    path = [relay_id(CLIENT), relay_id(RELAY)]
    origin = {"origin": path[1], "seq": 2 ** 53 - 1, "path": path}
    yield "hello_ext", {"FederationHello": {
        "tls_fingerprint": cert_fp(RELAY), "extensions": ["link"],
        "epoch": 1776000000000, "addr": "[2001:db8::1]:4433", "sync": True,
        "goaway": True}}
    yield "active_ext", {"GlobalRoomActive": {
        "room": "general", "participants": [person], **origin}}
    yield "inactive_ext", {"GlobalRoomInactive": {"room": "general",
                                                  **origin}}
    yield "presence_ext", {"PresenceUpdate": {
        "fingerprints": [ann], "relay_addr": "10.0.0.2:4433",
        "epoch": 1776000000000, "version": 8, "base": 7, "more": True,
        "digest": "0123456789abcdef", "want": True, "removed": [bob]}}
    yield "query_ext", {"RouteQuery": {"fingerprint": ann, "ttl": 255,
                                       "id": 77}}
    yield "response_ext", {"RouteResponse": {
        "fingerprint": ann, "found": False, "relay_chain": [], "id": 77}}
    yield "forward_ext", {"SessionForward": {
        "session_id": "abcd1234", "target_fingerprint": ann,
        "source_relay": "10.0.0.1:4433", "room": "call-abcd1234", "ttl": 7,
        "end": True}}
    yield "ack_ext", {"SessionForwardAck": {
        "session_id": "abcd1234", "room_name": "call-abcd1234",
        "error": "no way"}}
    yield "envelope_ext", {"FederatedSignalForward": {
        "inner": {"Hangup": {"reason": "Busy", "call_id": "18a5"}},
        "origin_relay_fp": cert_fp(RELAY), "target": bob, "source": ann,
        "ttl": 4}}


def call_signals():
    """Registration and direct calls, every optional member set."""
    ann, bob = fp_text(CLIENT), fp_text(RELAY)
    body = keys(CLIENT, C_SCALAR, b"call-offer")
    sender = {"call_id": "18a5f0c3b2e1d004"}
    yield "register_ack_ext", {"RegisterPresenceAck": {
        "success": False, "error": "binding required",
        "relay_build": "9377a90", "extensions": ["binding", "link"]}}
    yield "direct_offer", {"DirectCallOffer": {
        "caller_fingerprint": ann, "caller_alias": "Ann",
        "target_fingerprint": bob, **sender, **body,
        "supported_profiles": SIX,
        "caller_reflexive_addr": "203.0.113.7:50123",
        "caller_local_addrs": ["192.168.1.20:50123", "[fd00::1]:50123"],
        "caller_build_version": "9377a90"}}
    yield "direct_answer", {"DirectCallAnswer": {
        **sender, "accept_mode": "AcceptTrusted", **body,
        "chosen_profile": GOOD,
        "callee_reflexive_addr": "198.51.100.9:40000",
        "callee_local_addrs": ["192.168.1.21:40000"],
        "callee_build_version": "9377a90"}}
    yield "call_setup", {"CallSetup": {
        **sender, "room": "call-18a5f0c3b2e1d004",
        "relay_addr": "203.0.113.5:4433",
        "peer_direct_addr": "198.51.100.9:40000",
        "peer_local_addrs": ["192.168.1.21:40000", "[fd00::2]:40000"]}}


def signal_file(out):
    out("ping", frame({"Ping": {"timestamp_ms": 12345}}))
    out("hold", frame("Hold"))
    out("room_update_ext", frame(room_update()))
    for name, signal in (*link_signals(), *call_signals()):
        out(name, frame(signal))


def payload(signal, relay_addr, room):
    whole = {"signal": signal, "relay_addr": relay_addr, "room": room}
    return json.dumps(whole, separators=(",", ":"),
                      ensure_ascii=False).encode()


def feather_file(out):
    relay = "relay.example.com:4433"
    out("hangup", payload({"Hangup": {"reason": "Normal"}}, relay, "myroom"))
    out("hold", payload("Hold", None, None))
    out("offer", payload(offer("Ann"), relay, "Gr\u00fc\u00dfe \"dort\""))
    out("answer", payload(answer(), None, "a\\b"))
    out("ice", payload({"IceCandidate": {"candidate": "candidate:1"}},
                       "[2001:db8::1]:4433", None))


def resume_file(out):
    secret = b"\x77" * 32
    room = hashlib.sha256(b"featherchat-group:general").digest()[:16]
    fp = hashlib.sha256(ed_pub(sign_seed(CLIENT))).digest()[:16]
    number = b"\xbe\xef"
    mac = hmac.new(secret, b"wzp-resume" + fp + room + number, hashlib.sha256)
    out("secret", secret)
    out("token", number + mac.digest()[:14])


def room_file(out):
    for name in ("general", "General", "default", "android", "my-group"):
        h = hashlib.sha256(b"featherchat-group:" + name.encode()).digest()
        out(name, h[:16])


FILES = {"ident": ident_file, "cert": cert_file, "hs": hs_file,
         "signal": signal_file, "room": room_file,
         "resume": resume_file, "feather": feather_file}


def text_of(make):
    lines = ["# computed by vectors.py"]

    def out(name, data):
        h = data.hex()
        lines.append("")
        lines.append(name + ":")
        lines.extend("    " + h[i:i + 72] for i in range(0, len(h), 72))

    make(out)
    return "\n".join(lines) + "\n"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    status = 0
    for name, make in FILES.items():
        path = os.path.join(here, name + ".hex")
        text = text_of(make)
        if sys.argv[1:] == ["--write"]:
            with open(path, "w") as f:
                f.write(text)
        elif open(path).read() != text:
            print(path + ": differs")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
