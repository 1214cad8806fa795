// A connection that is no member's: between relays, or a caller's.  It reads
// signals and datagrams for as long as it lives and tells every one of them;
// what it does by itself depends on its server name (relay.go, probe.go,
// signal.go), all else is told by the test.

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

type link struct {
	endpoint
	account
	name    string // server name
	inbound bool
	home    *relay // accepted or dialled by; else none
	print   string // fingerprint of the far end, as its hello says
	far     string // as its listener knows it

	// under the lock
	signals  int
	bytes    int
	pongs    int
	unknown  int
	heard    time.Time     // last signal or datagram
	silence  time.Duration // longest without
	presence []string
}

// role is what a link does by itself: at its start, and with each signal.
type role struct {
	begin func(*link)
	react func(*link, string, json.RawMessage) // variant, its value
}

var roles = map[string]role{
	"_federation": {federationBegin, federationReact},
	"_probe":      {probeBegin, probeReact},
	"_signal":     {signalBegin, signalReact},
	"_relay":      {},
}

// variants that existed before us; another one ends the links of old relays.
var variants = map[string]bool{}

func init() {
	for _, name := range strings.Fields(`CallOffer CallAnswer AuthToken
		RoomUpdate QualityDirective Hangup Hold Unhold Mute Unmute
		TransferAck Transfer IceCandidate Rekey QualityUpdate
		LossRecoveryUpdate Ping Pong PresenceUpdate RouteQuery
		RouteResponse SessionForward SessionForwardAck FederationHello
		GlobalRoomActive GlobalRoomInactive FederatedSignalForward
		RegisterPresence RegisterPresenceAck DirectCallOffer
		DirectCallAnswer CallSetup CallRinging Reflect ReflectResponse
		MediaPathReport`) {
		variants[name] = true
	}
}

// seedOf is the seed of a relay or caller; one without gets any.
func seedOf(cmd *Command) []byte {
	seed, err := hex.DecodeString(cmd.Seed)
	if err != nil || len(seed) != 32 {
		seed = make([]byte, 32)
		rand.Read(seed)
		cmd.Seed = hex.EncodeToString(seed)
	}
	return seed
}

// newLink is one that we dial.
func newLink(cmd *Command, home *relay) *link {
	l := &link{endpoint: newEndpoint(cmd), account: newAccount(),
		name: strings.ToLower(cmd.SNI), home: home, heard: time.Now(),
		presence: cmd.Fingerprints}
	if home != nil {
		l.cmd.Seed = home.cmd.Seed
		l.cmd.Strict = home.cmd.Strict
	}
	seedOf(&l.cmd)
	return l
}

func (l *link) live() {
	if l.connect() {
		l.run()
	}
}

// run is the life of a link, whoever dialled.
func (l *link) run() {
	go l.acceptUni()
	go l.receive()
	go l.listen()

	if begin := roles[l.name].begin; begin != nil && !l.cmd.NoOffer {
		begin(l)
	}

	l.over()
	if l.home != nil {
		l.home.drop(l)
	}
}

func (l *link) obey(cmd *Command) {
	switch cmd.Cmd {
	case "send":
		tag := tagOf(cmd.Room)
		if cmd.Tag != "" {
			tag, _ = hex.DecodeString(cmd.Tag)
		}
		go l.send(*cmd, tag)
	case "presence":
		l.Lock()
		l.presence = cmd.Fingerprints
		l.Unlock()
		l.tellPresence(cmd.RelayAddr)
	case "stats":
		l.stats()
	case "freeze", "thaw", "rebind":
		if l.inbound {
			l.home.obey(cmd) // it has the socket
			return
		}
		l.endpoint.obey(cmd)
	default:
		l.endpoint.obey(cmd)
	}
}

// touch notes a sign of life; the lock is held.
func (l *link) touch() {
	now := time.Now()
	if d := now.Sub(l.heard); d > l.silence {
		l.silence = d
	}
	l.heard = now
}

func (l *link) stats() {
	l.Lock()
	silence := l.silence
	if d := time.Since(l.heard); d > silence {
		silence = d
	}
	ev := Event{"sent": l.sent, "signals": l.signals, "bytes": l.bytes,
		"pongs": l.pongs, "unknown": l.unknown,
		"silence_ms": silence.Milliseconds()}
	l.Unlock()
	l.report(ev)
	say(l.id, "stats", ev)
}

// receive keeps account of tagged packets, and passes them on.
func (l *link) receive() {
	for {
		dg, err := recvDatagram(l.conn)
		if err != nil {
			return
		}

		l.Lock()
		l.touch()
		l.Unlock()

		tag, pk := "", dg
		if len(dg) >= 8 {
			tag, pk = hex.EncodeToString(dg[:8]), dg[8:]
		}
		if !l.count(tag, pk) {
			continue
		}
		if l.cmd.Log {
			l.sayPacket(tag, pk)
		}
		if l.home != nil {
			l.home.alive(l)
			l.home.ingress(l, dg)
		}
	}
}

// listen takes signals one after the other, in the order of their streams.
func (l *link) listen() {
	for {
		st, err := l.conn.AcceptStream(context.Background())
		if err != nil {
			return
		}
		text, err := readSignal(st)
		if err != nil {
			if l.conn.Context().Err() == nil {
				say(l.id, "error", Event{"text": err.Error()})
			}
			continue
		}
		l.take(text)
	}
}

// take tells one signal and does what the role says.
func (l *link) take(text string) {
	var (
		unit string
		obj  map[string]json.RawMessage
	)

	name, value := "", json.RawMessage(nil)
	if json.Unmarshal([]byte(text), &unit) == nil {
		name = unit
	} else if json.Unmarshal([]byte(text), &obj) == nil && len(obj) == 1 {
		for name, value = range obj {
		}
	}

	l.Lock()
	l.signals++
	l.bytes += len(text)
	l.touch()
	if !variants[name] {
		l.unknown++
	}
	l.Unlock()

	ev := Event{"name": name, "text": text}
	if json.Valid([]byte(text)) {
		ev["json"] = json.RawMessage(text)
	}
	say(l.id, "signal", ev)

	if !variants[name] {
		if l.cmd.Strict {
			l.close(0, "")
		}
		return
	}
	if l.home != nil {
		l.home.alive(l)
	}
	if react := roles[l.name].react; react != nil {
		react(l, name, value)
	}
}

// say1 sends a signal of one variant.
func (l *link) say1(name string, value interface{}) {
	text, _ := json.Marshal(Event{name: value})
	l.signal(string(text))
}
