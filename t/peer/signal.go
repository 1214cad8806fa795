// A caller on "_signal": registers as the clients that existed before us do,
// with a signature that nobody looks at and is empty; with "binding" as ours
// do; or as the test says.

package main

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
)

func signalBegin(l *link) {
	if l.inbound {
		return
	}
	if l.cmd.Offer != "" {
		l.signal(l.cmd.Offer)
		return
	}

	key := ed25519.NewKeyFromSeed(hkdf(seedOf(&l.cmd), "warzone-ed25519"))
	extra, alias := l.cmd.Extra, "null"

	if l.cmd.Binding || l.cmd.BadBind {
		tls, err := exporter(l.conn, "EXPORTER-wzp-binding", 32)
		if err != nil {
			say(l.id, "error", Event{"text": err.Error()})
			return
		}
		if l.cmd.BadBind {
			tls[0] ^= 1
		}
		extra += `,"binding":` + bytesJSON(ed25519.Sign(key,
			append([]byte("wzp-binding-register"), tls...)))
	}
	if l.cmd.Alias != "" {
		text, _ := json.Marshal(l.cmd.Alias)
		alias = string(text)
	}

	l.signal(fmt.Sprintf(`{"RegisterPresence":{"identity_pub":%s,`+
		`"signature":[],"alias":%s%s}}`,
		bytesJSON(key.Public().(ed25519.PublicKey)), alias, extra))
}

// signalReact: a registration is acknowledged, a ping answered.
func signalReact(l *link, name string, value json.RawMessage) {
	if !l.inbound {
		return
	}
	switch name {
	case "RegisterPresence":
		l.say1("RegisterPresenceAck", Event{"success": true,
			"relay_build": "9377a90"})
	case "Ping":
		l.say1("Pong", value)
	}
}
