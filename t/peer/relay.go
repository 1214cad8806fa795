// "_federation" as the relays before us play it: a dialling one says hello, an
// accepting one is silent.  Links are kept by fingerprint: a later one takes the
// place of an earlier for sending, and whichever ends first empties it.  Announcements and tagged packets of the rooms in
// "global" then go from link to link, without hops, without memory; with no
// such room, all that is said is said by the test.

package main

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

type participant struct {
	Fingerprint string      `json:"fingerprint"`
	Alias       interface{} `json:"alias"`
	RelayLabel  interface{} `json:"relay_label"`
}

// hello is the first message; the claim may be forged.
func (l *link) hello() {
	claim := l.cmd.Claim
	if claim == "" {
		claim = colons(certificate(seedOf(&l.cmd)).Certificate[0])
	}
	text, _ := json.Marshal(claim)
	l.signal(`{"FederationHello":{"tls_fingerprint":` + string(text) +
		l.cmd.Extra + `}}`)
}

func federationBegin(l *link) {
	if !l.inbound {
		if l.cmd.Offer != "" {
			l.signal(l.cmd.Offer)
		} else {
			l.hello()
		}
		if l.home != nil {
			l.home.join(l, certPrint(l.conn))
		}
		return
	}

	// not a word within 5 s: gone

	go func() {
		time.Sleep(5 * time.Second)
		l.Lock()
		silent := l.print == ""
		l.Unlock()
		if silent {
			l.close(0, "normal close")
		}
	}()
}

func federationReact(l *link, name string, value json.RawMessage) {
	var msg struct {
		Fingerprint  string        `json:"tls_fingerprint"`
		Room         string        `json:"room"`
		Participants []participant `json:"participants"`
	}
	json.Unmarshal(value, &msg)

	switch name {

	case "FederationHello":
		l.Lock()
		first := l.print == ""
		l.print = msg.Fingerprint
		l.Unlock()
		if l.inbound && first && !l.home.trusts(msg.Fingerprint) {
			l.close(0, "normal close")
		} else if l.inbound && first {
			if l.cmd.Hello {
				l.hello()
			}
			l.home.join(l, msg.Fingerprint)
		}

	case "GlobalRoomActive":
		if l.home != nil {
			l.home.active(l, msg.Room, msg.Participants)
		}

	case "GlobalRoomInactive":
		if l.home != nil {
			l.home.inactive(l, msg.Room)
		}
	}
}

// ---- rooms across links ----

func (r *relay) global(room string) bool {
	for _, name := range r.cmd.Global {
		if name == room {
			return true
		}
	}
	return false
}

// local is the list of a room's own members; the lock is held.
func (r *relay) local(room string) []participant {
	list := []participant{}
	for _, g := range r.rooms[room] {
		list = append(list, participant{g.print, g.alias, nil})
	}
	return list
}

// trusts: with no list of them, everybody.
func (r *relay) trusts(print string) bool {
	for _, known := range r.cmd.Trusted {
		if strings.EqualFold(known, print) {
			return true
		}
	}
	return len(r.cmd.Trusted) == 0
}

// join: a link is up and learns what is known.
func (r *relay) join(l *link, far string) {
	r.Lock()
	defer r.Unlock()

	l.far = far
	r.links[far] = l
	for _, room := range r.cmd.Global {
		if len(r.rooms[room]) > 0 {
			l.announce(room, r.local(room))
		}
		for from, list := range r.remote[room] {
			if from != far {
				l.announce(room, list)
			}
		}
	}
}

// drop: a link has ended.  Neither members nor other links are told.
func (r *relay) drop(l *link) {
	r.Lock()
	defer r.Unlock()
	delete(r.links, l.far)
}

// sweep: who was silent for 15 s has nobody any more, as far as members hear.
func (r *relay) sweep() {
	for range time.Tick(5 * time.Second) {
		r.Lock()
		for room, by := range r.remote {
			for far := range by {
				if time.Since(r.heard[far]) > 15*time.Second {
					delete(by, far)
					r.tell(room)
				}
			}
		}
		r.Unlock()
	}
}

// alive: something came by a link.
func (r *relay) alive(l *link) {
	r.Lock()
	defer r.Unlock()
	r.heard[l.far] = time.Now()
}

func (l *link) announce(room string, list []participant) {
	l.say1("GlobalRoomActive", Event{"room": room, "participants": list})
}

// changed: a local member came or went; only the first and the last are told.
func (r *relay) changed(room string, before int) {
	if !r.global(room) {
		return
	}
	n := len(r.rooms[room])
	for _, l := range r.links {
		if before == 0 && n > 0 {
			l.announce(room, r.local(room))
		} else if before > 0 && n == 0 {
			l.say1("GlobalRoomInactive", Event{"room": room})
		}
	}
}

// active passes an announcement to all other links, whether news or not.
func (r *relay) active(from *link, room string, list []participant) {
	if !r.global(room) {
		return
	}

	r.Lock()
	defer r.Unlock()

	if list == nil {
		list = []participant{}
	}
	for i := range list {
		if list[i].RelayLabel == nil {
			list[i].RelayLabel = from.cmd.Label
		}
	}
	if r.remote[room] == nil {
		r.remote[room] = make(map[string][]participant)
	}
	r.remote[room][from.far] = list

	for far, l := range r.links {
		if far != from.far {
			l.announce(room, list)
		}
	}
	r.tell(room)
}

func (r *relay) inactive(from *link, room string) {
	r.Lock()
	defer r.Unlock()

	delete(r.remote[room], from.far)

	left := []participant{}
	for _, list := range r.remote[room] {
		left = append(left, list...)
	}
	left = append(left, r.local(room)...)

	for far, l := range r.links {
		if far == from.far {
			continue
		}
		if len(left) > 0 {
			l.announce(room, left)
		} else {
			l.say1("GlobalRoomInactive", Event{"room": room})
		}
	}
	r.tell(room)
}

// egress: a packet of a member goes to all links, whoever wants it.
func (r *relay) egress(room string, pk []byte) {
	if r.global(room) {
		r.pass(nil, append(tagOf(room), pk...))
	}
}

// ingress: to the members of its room, and to every link but its own; at most
// 500 a second of a room, and none twice within 2 s.
func (r *relay) ingress(from *link, dg []byte) {
	for _, room := range r.cmd.Global {
		tag := tagOf(room)
		if hex.EncodeToString(tag) != hex.EncodeToString(dg[:8]) {
			continue
		}
		if r.twice(dg) || r.tooMany(room) {
			return
		}
		r.Lock()
		guests := append([]*guest{}, r.rooms[room]...)
		r.Unlock()
		for _, g := range guests {
			sendDatagram(g.conn, dg[8:])
		}
		r.pass(from, dg)
	}
}

func (r *relay) pass(from *link, dg []byte) {
	var to []*link

	r.Lock()
	for far, l := range r.links {
		if from == nil || far != from.far {
			to = append(to, l)
		}
	}
	r.Unlock()

	for _, l := range to {
		sendDatagram(l.conn, dg)
	}
}

// twice is the duplicate filter of old: tag, sequence number and a few bytes.
func (r *relay) twice(dg []byte) bool {
	pk := dg[8:]
	key := binary.BigEndian.Uint64(dg) ^
		uint64(binary.BigEndian.Uint16(pk[2:]))
	for i := 0; i < 16 && i < len(pk); i++ {
		key ^= uint64(pk[i]) << (8 * (i % 8))
	}

	r.Lock()
	defer r.Unlock()

	now := time.Now()
	if len(r.seen) > 256 {
		for k, t := range r.seen {
			if now.Sub(t) > 2*time.Second {
				delete(r.seen, k)
			}
		}
	}
	if t, ok := r.seen[key]; ok && now.Sub(t) <= 2*time.Second {
		return true
	}
	r.seen[key] = now
	return false
}

func (r *relay) tooMany(room string) bool {
	r.Lock()
	defer r.Unlock()

	w := r.rate[room]
	if now := time.Now(); w == nil || now.Sub(w.since) >= time.Second {
		w = &window{since: now}
		r.rate[room] = w
	}
	w.n++
	return w.n > 500
}
