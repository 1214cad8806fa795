// Bytes on the wire, and names made of keys.

package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

func frame(text string) []byte {
	b := make([]byte, 4, 4+len(text))
	binary.BigEndian.PutUint32(b, uint32(len(text)))
	return append(b, text...)
}

func readSignal(r io.Reader) (string, error) {
	var head [4]byte

	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > 1<<20 {
		return "", fmt.Errorf("signal of %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", err
	}
	return string(text), nil
}

func bytesJSON(b []byte) string {
	s := make([]string, len(b))
	for i, c := range b {
		s[i] = fmt.Sprint(c)
	}
	return "[" + strings.Join(s, ",") + "]"
}

func ints(v []int) []byte {
	b := make([]byte, len(v))
	for i, n := range v {
		b[i] = byte(n)
	}
	return b
}

// printOf is the fingerprint of an identity key.
func printOf(pub []byte) string {
	sum := sha256.Sum256(pub)
	s := []string{}
	for i := 0; i < 16; i += 2 {
		s = append(s, hex.EncodeToString(sum[i:i+2]))
	}
	return strings.Join(s, ":")
}

// tagOf is what precedes a room's packets on a link.
func tagOf(room string) []byte {
	sum := sha256.Sum256([]byte(room))
	return sum[:8]
}

// hkdf: SHA-256, no salt, 32 bytes.
func hkdf(ikm []byte, info string) []byte {
	ex := hmac.New(sha256.New, make([]byte, 32))
	ex.Write(ikm)
	out := hmac.New(sha256.New, ex.Sum(nil))
	out.Write([]byte(info))
	out.Write([]byte{1})
	return out.Sum(nil)
}
