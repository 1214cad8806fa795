// A relay's certificate, byte for byte what its seed makes it, and the name
// that other relays know it by.

package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"strings"
)

// der is one element: tag, length, and its parts.
func der(tag byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	n := len(body)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, body...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, body...)
	}
	return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
}

// certificate derives key and certificate from 32 bytes.
func certificate(seed []byte) tls.Certificate {
	const (
		integer, bits, octets, oid, utf8 = 0x02, 0x03, 0x04, 0x06, 0x0c
		utctime, gentime, seq, set       = 0x17, 0x18, 0x30, 0x31
	)

	key := ed25519.NewKeyFromSeed(hkdf(seed, "wzp-tls-ed25519"))
	pub := []byte(key.Public().(ed25519.PublicKey))

	sum := sha256.Sum256(pub)
	serial := sum[:20]
	serial[0] &= 0x7f
	for len(serial) > 1 && serial[0] == 0 && serial[1] < 0x80 {
		serial = serial[1:]
	}

	alg := der(seq, der(oid, []byte{0x2b, 0x65, 0x70}))
	name := der(seq, der(set, der(seq,
		der(oid, []byte{0x55, 0x04, 0x03}),
		der(utf8, []byte("rcgen self signed cert")))))

	tbs := der(seq,
		der(0xa0, der(integer, []byte{2})),
		der(integer, serial),
		alg,
		name,
		der(seq, der(utctime, []byte("750101000000Z")),
			der(gentime, []byte("40960101000000Z"))),
		name,
		der(seq, alg, der(bits, []byte{0}, pub)),
		der(0xa3, der(seq, der(seq,
			der(oid, []byte{0x55, 0x1d, 0x11}),
			der(octets, der(seq, der(0x82, []byte("localhost"))))))))

	cert := der(seq, tbs, alg,
		der(bits, []byte{0}, ed25519.Sign(key, tbs)))

	return tls.Certificate{Certificate: [][]byte{cert}, PrivateKey: key}
}

// colons is a TLS fingerprint as text.
func colons(cert []byte) string {
	sum := sha256.Sum256(cert)
	s := []string{}
	for _, b := range sum {
		s = append(s, hex.EncodeToString([]byte{b}))
	}
	return strings.Join(s, ":")
}

func certPrint(c quicConn) string {
	certs := c.ConnectionState().TLS.PeerCertificates
	if len(certs) == 0 {
		return ""
	}
	return colons(certs[0].Raw)
}
