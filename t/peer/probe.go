// The two sides of "_probe".  A prober pings every second and tells who is with
// it after every tenth; the other side answers with its own people.  The
// address in a PresenceUpdate is wrong, as with the relays before us, unless
// the test gives one.

package main

import (
	"encoding/json"
	"time"
)

func probeBegin(l *link) {
	if !l.inbound {
		go l.probe()
	}
}

func (l *link) probe() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()

	for n := 1; ; n++ {
		l.say1("Ping", Event{"timestamp_ms": time.Now().UnixNano() / 1e6})
		if n%10 == 0 {
			l.tellPresence(l.cmd.RelayAddr)
		}

		select {
		case <-l.conn.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// tellPresence names everybody, under that address; none: the far end's.
func (l *link) tellPresence(addr string) {
	if addr == "" {
		addr = l.conn.RemoteAddr().String()
	}
	l.Lock()
	list := append([]string{}, l.presence...)
	l.Unlock()
	l.say1("PresenceUpdate", Event{"fingerprints": list,
		"relay_addr": addr})
}

func probeReact(l *link, name string, value json.RawMessage) {
	switch name {

	case "Ping":
		if l.inbound && !l.cmd.NoPong {
			l.say1("Pong", value)
		}

	case "Pong":
		l.Lock()
		l.pongs++
		l.Unlock()

	case "PresenceUpdate":
		if l.inbound {
			l.tellPresence(l.cmd.RelayAddr)
		}

	case "RouteQuery":
		if l.inbound {
			l.answerRoute(value)
		}
	}
}

// answerRoute looks at the own people only; the own address is the listener's.
func (l *link) answerRoute(value json.RawMessage) {
	var q struct {
		Fingerprint string `json:"fingerprint"`
	}
	json.Unmarshal(value, &q)

	found, chain := false, []string{}
	l.Lock()
	for _, fp := range l.presence {
		if fp == q.Fingerprint {
			found, chain = true, []string{l.home.cmd.Addr}
		}
	}
	l.Unlock()

	l.say1("RouteResponse", Event{"fingerprint": q.Fingerprint,
		"found": found, "relay_chain": chain})
}
