// A relay of old: no extensions, no reasons, rooms by server name, datagrams
// passed on as they are.  Also a server that is no relay at all (another ALPN,
// no DATAGRAM, silence, refusal), and the end that links arrive at.

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

type guest struct {
	conn  quicConn
	print string
	alias interface{}
}

type relay struct {
	id    string
	cmd   Command
	key   ed25519.PrivateKey
	net   *socket
	ln    listener
	peers *peers

	sync.Mutex
	accepted int
	rooms    map[string][]*guest
	links    map[string]*link                    // by fingerprint
	remote   map[string]map[string][]participant // room, fingerprint
	heard    map[string]time.Time                // by fingerprint
	seen     map[uint64]time.Time
	rate     map[string]*window
}

// window counts the packets of one second.
type window struct {
	since time.Time
	n     int
}

// serve listens until it is closed, or the program ends.
func (ps *peers) serve(cmd *Command) {
	r := &relay{id: cmd.ID, cmd: *cmd, net: &socket{}, peers: ps,
		rooms:  make(map[string][]*guest),
		links:  make(map[string]*link),
		remote: make(map[string]map[string][]participant),
		heard:  make(map[string]time.Time),
		seen:   make(map[uint64]time.Time),
		rate:   make(map[string]*window)}
	seed := seedOf(&r.cmd)
	cert := certificate(seed)

	r.key = ed25519.NewKeyFromSeed(hkdf(seed, "warzone-ed25519"))
	if r.cmd.ALPN == "" {
		r.cmd.ALPN = "wzp"
	}

	conf := &tls.Config{
		Certificates: []tls.Certificate{cert},
		NextProtos:   []string{r.cmd.ALPN},
		MinVersion:   tls.VersionTLS13,
	}
	if cmd.RequestCert {
		conf.ClientAuth = tls.RequestClientCert
	}

	err := r.net.listen(cmd.Addr)
	if err == nil {
		r.ln, err = listenStack(r.net, conf, !cmd.NoDgram)
	}
	if err != nil {
		say(cmd.ID, "error", Event{"text": err.Error()})
		return
	}

	ps.add(cmd.ID, r)
	go r.sweep()
	say(cmd.ID, "serving", Event{"cert": colons(cert.Certificate[0])})

	for {
		c, err := r.ln.Accept(context.Background())
		if err != nil {
			return
		}
		name := strings.ToLower(serverName(c))
		if _, ok := roles[name]; ok && (name != "_relay" || r.cmd.RelayLinks) {
			go r.accept(c, name)
		} else {
			go r.guest(c, name)
		}
	}
}

// accept is the life of a link that another relay, or a caller, dialled; its
// name is the listener's and a number.
func (r *relay) accept(c quicConn, name string) {
	r.Lock()
	r.accepted++
	id := fmt.Sprintf("%s.%d", r.id, r.accepted)
	r.Unlock()

	l := &link{endpoint: endpoint{id: id, cmd: r.cmd, conn: c},
		account: newAccount(), name: name, home: r, inbound: true,
		heard: time.Now(), presence: r.cmd.Fingerprints}
	r.peers.add(id, l)
	say(r.id, "inbound", Event{"link": id, "sni": name,
		"cert": certPrint(c), "from": c.RemoteAddr().String()})
	l.run()
}

// obey: what a listener can be told.
func (r *relay) obey(cmd *Command) {
	switch cmd.Cmd {
	case "freeze":
		r.net.freeze(true)
	case "thaw":
		r.net.freeze(false)
	case "close":
		r.ln.Close()
		r.net.Close()
		say(r.id, "closed", Event{"kind": "listener"})
	default:
		say(r.id, "error", Event{"text": "unknown command " + cmd.Cmd})
	}
}

// guest is one client's stay.
func (r *relay) guest(c quicConn, name string) {
	switch r.cmd.Mode {
	case "refuse":
		closeConn(c, r.cmd.Code, r.cmd.Reason)
		return
	case "silent":
		<-c.Context().Done()
		return
	}

	g, err := r.greet(c)
	if err != nil {
		say(r.id, "error", Event{"text": err.Error()})
		closeConn(c, 0, "normal close")
		return
	}

	r.Lock()
	r.rooms[name] = append(r.rooms[name], g)
	r.changed(name, len(r.rooms[name])-1)
	r.tell(name)
	r.Unlock()

	say(r.id, "guest", Event{"room": name, "fingerprint": g.print})

	for {
		dg, err := recvDatagram(c)
		if err != nil {
			break
		}
		r.Lock()
		others := append([]*guest{}, r.rooms[name]...)
		r.Unlock()
		for _, o := range others {
			if o != g {
				sendDatagram(o.conn, dg)
			}
		}
		r.egress(name, dg)
	}

	r.Lock()
	defer r.Unlock()
	for i, o := range r.rooms[name] {
		if o == g {
			r.rooms[name] = append(r.rooms[name][:i],
				r.rooms[name][i+1:]...)
			break
		}
	}
	r.changed(name, len(r.rooms[name])+1)
	r.tell(name)
	say(r.id, "left", Event{"room": name, "fingerprint": g.print})
}

// greet reads the offer and answers it on a stream of its own.
func (r *relay) greet(c quicConn) (*guest, error) {
	var msg struct {
		CallOffer *struct {
			Identity  []int       `json:"identity_pub"`
			Ephemeral []int       `json:"ephemeral_pub"`
			Signature []int       `json:"signature"`
			Alias     interface{} `json:"alias"`
		}
	}

	st, err := c.AcceptStream(context.Background())
	if err != nil {
		return nil, err
	}
	text, err := readSignal(st)
	if err != nil {
		return nil, err
	}
	if err = json.Unmarshal([]byte(text), &msg); err != nil {
		return nil, err
	}
	if msg.CallOffer == nil {
		return nil, fmt.Errorf("expected CallOffer, got %s", text)
	}

	of := msg.CallOffer
	pub, eph := ints(of.Identity), ints(of.Ephemeral)
	if len(pub) != 32 || !ed25519.Verify(pub, append(eph, "call-offer"...),
		ints(of.Signature)) {
		return nil, fmt.Errorf("signature of the offer does not verify")
	}

	mine := make([]byte, 32)
	rand.Read(mine)
	sig := ed25519.Sign(r.key, append(append([]byte{}, mine...),
		"call-answer"...))
	if r.cmd.BadSig {
		sig[3] ^= 4
	}

	r.send(c, fmt.Sprintf(`{"CallAnswer":{"identity_pub":%s,`+
		`"ephemeral_pub":%s,"signature":%s,"chosen_profile":{"codec":`+
		`"Opus24k","fec_ratio":0.2,"frame_duration_ms":20,`+
		`"frames_per_block":5}}}`,
		bytesJSON(r.key.Public().(ed25519.PublicKey)), bytesJSON(mine),
		bytesJSON(sig)))

	return &guest{conn: c, print: printOf(pub), alias: of.Alias}, nil
}

// tell sends the list to all members of a room; the lock is held.
func (r *relay) tell(name string) {
	list := r.local(name)
	for _, more := range r.remote[name] {
		list = append(list, more...)
	}
	text, _ := json.Marshal(Event{"RoomUpdate": Event{"count": len(list),
		"participants": list}})
	for _, g := range r.rooms[name] {
		r.send(g.conn, string(text))
	}
}

func (r *relay) send(c quicConn, text string) {
	st, err := c.OpenStream()
	if err != nil {
		return
	}
	st.Write(frame(text))
	st.Close()
	st.CancelRead(0)
}
