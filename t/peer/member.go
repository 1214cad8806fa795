// One member: offer, answer, media.  The bytes are written down here once more,
// from the protocol's text, not from our C.

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

const (
	profiles = `[{"codec":"Opus64k","fec_ratio":0.1,` +
		`"frame_duration_ms":20,"frames_per_block":5},` +
		`{"codec":"Opus48k","fec_ratio":0.1,` +
		`"frame_duration_ms":20,"frames_per_block":5},` +
		`{"codec":"Opus32k","fec_ratio":0.1,` +
		`"frame_duration_ms":20,"frames_per_block":5},` +
		`{"codec":"Opus24k","fec_ratio":0.2,` +
		`"frame_duration_ms":20,"frames_per_block":5},` +
		`{"codec":"Opus6k","fec_ratio":0.5,` +
		`"frame_duration_ms":40,"frames_per_block":10},` +
		`{"codec":"Codec2_1200","fec_ratio":1.0,` +
		`"frame_duration_ms":40,"frames_per_block":8}]`
)

// The published offer of the seed 00 01 .. 1f with the ephemeral scalar
// 11 x 32, alias null: what a replay would use.
const (
	fixedPub = "46705b2fa5f2e0d9917cd934f76c4442" +
		"f8d8908c2dae9259922c0c52c106183d"
	fixedEphemeral = "7b4e909bbe7ffe44c465a220037d608e" +
		"e35897d31ef972f07f74892cb0f73f13"
	fixedSignature = "d442644740e768ec50e043acf8bcbd3f" +
		"027244a576aa73084ebcd633ae67e481" +
		"5aef7e4d6c0dcc6f1e0b6bbb058ee89e" +
		"884b044940d3640fefe163929be7d60c"
)

type member struct {
	endpoint
	account
	up   chan struct{} // closed when the answer is here
	done chan struct{} // closed when the connection is over

	updates int
	answer  string
}

func newMember(cmd *Command) *member {
	return &member{
		endpoint: newEndpoint(cmd),
		account:  newAccount(),
		up:       make(chan struct{}),
		done:     make(chan struct{}),
	}
}

func (m *member) obey(cmd *Command) {
	switch cmd.Cmd {
	case "send":
		go m.send(*cmd, nil)
	case "stats":
		m.Lock()
		ev := Event{"sent": m.sent, "updates": m.updates}
		m.Unlock()
		m.report(ev)
		say(m.id, "stats", ev)
	default:
		m.endpoint.obey(cmd)
	}
}

// live is the whole life of a member.
func (m *member) live() {
	defer close(m.done)

	if !m.connect() {
		return
	}

	go m.acceptUni()
	go m.receive()

	if err := m.join(); err != nil {
		say(m.id, "failed", Event{"text": err.Error()})
	} else if m.cmd.Accept {
		go m.acceptStreams()
	}

	m.over()
}

// join sends the offer and reads the answer.
func (m *member) join() error {
	if m.cmd.NoOffer {
		return nil
	}

	offer, err := m.offer()
	if err != nil {
		return err
	}
	if err = m.write(frame(offer), true, false); err != nil {
		return err
	}

	st, err := m.conn.AcceptStream(context.Background())
	if err != nil {
		return err
	}
	text, err := readSignal(st)
	if err != nil {
		return err
	}

	ev := Event{"stream": int64(st.StreamID())}
	if err = checkAnswer(text, ev); err != nil {
		return err
	}

	m.Lock()
	m.answer = text
	m.Unlock()

	say(m.id, "answer", ev)
	close(m.up)
	return nil
}

func (m *member) offer() (string, error) {
	var pub, eph, sig []byte

	if m.cmd.Offer != "" {
		return m.cmd.Offer, nil
	}

	extra, alias := m.cmd.Extra, "null"
	extensions := m.cmd.Extensions

	if m.cmd.Seed == "" {
		pub, _ = hex.DecodeString(fixedPub)
		eph, _ = hex.DecodeString(fixedEphemeral)
		sig, _ = hex.DecodeString(fixedSignature)

	} else {
		seed, err := hex.DecodeString(m.cmd.Seed)
		if err != nil {
			return "", err
		}

		key := ed25519.NewKeyFromSeed(hkdf(seed, "warzone-ed25519"))
		pub = key.Public().(ed25519.PublicKey)
		eph = make([]byte, 32)
		rand.Read(eph)
		sig = ed25519.Sign(key, append(append([]byte{}, eph...),
			"call-offer"...))

		if m.cmd.Binding || m.cmd.BadBind {
			tls, err := exporter(m.conn, "EXPORTER-wzp-binding", 32)
			if err != nil {
				return "", err
			}
			if m.cmd.BadBind {
				tls[0] ^= 1
			}
			bind := ed25519.Sign(key,
				append([]byte("wzp-binding-offer"), tls...))
			extensions = append(extensions, "binding")
			extra += `,"binding":` + bytesJSON(bind)
		}
	}

	if len(extensions) > 0 {
		text, _ := json.Marshal(extensions)
		extra += `,"extensions":` + string(text)
	}
	if m.cmd.Alias != "" {
		text, _ := json.Marshal(m.cmd.Alias)
		alias = string(text)
	}
	if m.cmd.BadSig {
		sig[7] ^= 0x10
	}

	return fmt.Sprintf(`{"CallOffer":{"identity_pub":%s,"ephemeral_pub":%s,`+
		`"signature":%s,"supported_profiles":%s,"alias":%s%s}}`,
		bytesJSON(pub), bytesJSON(eph), bytesJSON(sig), profiles, alias,
		extra), nil
}

// checkAnswer verifies the relay's signature with another Ed25519.
func checkAnswer(text string, ev Event) error {
	var msg struct {
		CallAnswer *struct {
			Identity  []int `json:"identity_pub"`
			Ephemeral []int `json:"ephemeral_pub"`
			Signature []int `json:"signature"`
		}
	}

	if err := json.Unmarshal([]byte(text), &msg); err != nil {
		return err
	}
	if msg.CallAnswer == nil {
		return fmt.Errorf("not an answer: %s", text)
	}

	a := msg.CallAnswer
	pub, eph, sig := ints(a.Identity), ints(a.Ephemeral), ints(a.Signature)
	if len(pub) != 32 || len(eph) != 32 || len(sig) != 64 ||
		!ed25519.Verify(pub, append(eph, "call-answer"...), sig) {
		return fmt.Errorf("signature of the answer does not verify")
	}

	ev["fingerprint"] = printOf(pub)
	ev["json"] = json.RawMessage(text)
	return nil
}

// acceptStreams prints the signals that come after the answer.
func (m *member) acceptStreams() {
	for {
		st, err := m.conn.AcceptStream(context.Background())
		if err != nil {
			return
		}
		text, err := readSignal(st)
		if err != nil {
			say(m.id, "error", Event{"text": err.Error()})
			continue
		}
		m.Lock()
		m.updates++
		m.Unlock()
		say(m.id, "signal", Event{"json": json.RawMessage(text)})
	}
}

// receive keeps account of every datagram.
func (m *member) receive() {
	for {
		dg, err := recvDatagram(m.conn)
		if err != nil {
			return
		}

		if m.count("", dg) && m.cmd.Log {
			m.sayPacket("", dg)
		}
	}
}

// alone is the life with an address on the command line.
func (m *member) alone(send int, hold time.Duration) int {
	select {
	case <-m.up:
	case <-m.done:
		return 1
	case <-time.After(15*time.Second + hold):
		return 1
	}

	if send > 0 {
		m.send(Command{Count: send, Interval: 20000}, nil)
	}
	select {
	case <-m.done:
		return 1
	case <-time.After(hold):
	}

	m.obey(&Command{Cmd: "stats"})
	m.close(0, "normal close")
	<-m.done
	return 0
}
