// A relay of old, as far as our client needs one: no extensions, no reasons,
// rooms by server name, datagrams passed on as they are.  Also a server that is
// no relay at all (another ALPN, no DATAGRAM, silence, refusal).

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/big"
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
	id  string
	cmd Command
	key ed25519.PrivateKey

	sync.Mutex
	rooms map[string][]*guest
}

func certificate(key ed25519.PrivateKey) tls.Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Unix(1<<32, 0),
		DNSNames:     []string{"localhost"},
	}
	der, _ := x509.CreateCertificate(rand.Reader, template, template,
		key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serve listens until the program ends.
func serve(cmd *Command) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	r := &relay{id: cmd.ID, cmd: *cmd, key: key,
		rooms: make(map[string][]*guest)}

	if r.cmd.ALPN == "" {
		r.cmd.ALPN = "wzp"
	}

	ln, err := listenStack(cmd.Addr, &tls.Config{
		Certificates: []tls.Certificate{certificate(key)},
		NextProtos:   []string{r.cmd.ALPN},
		MinVersion:   tls.VersionTLS13,
	}, !cmd.NoDgram)
	if err != nil {
		say(cmd.ID, "error", Event{"text": err.Error()})
		return
	}

	say(cmd.ID, "serving", nil)

	for {
		c, err := ln.Accept(context.Background())
		if err != nil {
			return
		}
		go r.guest(c)
	}
}

// guest is one client's stay.
func (r *relay) guest(c quicConn) {
	switch r.cmd.Mode {
	case "refuse":
		closeConn(c, r.cmd.Code, r.cmd.Reason)
		return
	case "silent":
		<-c.Context().Done()
		return
	}

	name := strings.ToLower(serverName(c))
	g, err := r.greet(c)
	if err != nil {
		say(r.id, "error", Event{"text": err.Error()})
		closeConn(c, 0, "normal close")
		return
	}

	r.Lock()
	r.rooms[name] = append(r.rooms[name], g)
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
	list := []Event{}
	for _, g := range r.rooms[name] {
		list = append(list, Event{"fingerprint": g.print, "alias": g.alias,
			"relay_label": nil})
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
