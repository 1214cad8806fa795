// One member: offer, answer, media, and an account of what it saw.  The bytes
// are written down here once more, from the protocol's text, not from our C.

package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

const (
	magic    = "WZPT" // begins the payload of packets made here
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

// flow is what arrived with one stream id.
type flow struct {
	got      map[uint32]int
	packets  int
	first    uint32
	last     uint32
	high     uint32
	reorder  int
	corrupt  int
	foreign  int // not made by a peer of this kind
	reserved int // unused bits of byte 1 that were not zero
}

type member struct {
	id   string
	cmd  Command
	net  *socket
	conn quicConn
	up   chan struct{} // closed when the answer is here
	done chan struct{} // closed when the connection is over

	sync.Mutex
	flows   map[uint16]*flow
	short   int
	sent    int
	updates int
	answer  string
}

func newMember(cmd *Command) *member {
	return &member{
		id:    cmd.ID,
		cmd:   *cmd,
		up:    make(chan struct{}),
		done:  make(chan struct{}),
		flows: make(map[uint16]*flow),
		net:   &socket{},
	}
}

// live is the whole life of a member.
func (m *member) live() {
	defer close(m.done)

	if m.cmd.ALPN == "" {
		m.cmd.ALPN = "wzp"
	}

	err := m.net.open(m.cmd.Source, m.cmd.Addr)
	if err == nil {
		m.conn, err = dial(m.net, &m.cmd)
	}
	if err != nil {
		say(m.id, "closed", closeEvent(err))
		m.net.Close()
		return
	}

	say(m.id, "connected", Event{
		"local":     m.net.LocalAddr().String(),
		"cert":      certPrint(m.conn),
		"datagrams": hasDatagrams(m.conn)})

	go m.acceptUni()
	go m.receive()

	if err = m.join(); err != nil {
		say(m.id, "failed", Event{"text": err.Error()})
	} else if m.cmd.Accept {
		go m.acceptStreams()
	}

	<-m.conn.Context().Done()

	// The context is cancelled a moment before the error can be read.

	_, err = m.conn.AcceptUniStream(context.Background())
	say(m.id, "closed", closeEvent(err))
	m.net.Close()
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

func (m *member) acceptUni() {
	for {
		st, err := m.conn.AcceptUniStream(context.Background())
		if err != nil {
			return
		}
		data, err := io.ReadAll(io.LimitReader(st, 4096))
		say(m.id, "uni", Event{"text": string(data), "fin": err == nil})
	}
}

// receive keeps account of every datagram.
func (m *member) receive() {
	for {
		dg, err := recvDatagram(m.conn)
		if err != nil {
			return
		}

		if len(dg) < 12 {
			m.Lock()
			m.short++
			m.Unlock()
			continue
		}

		id := binary.BigEndian.Uint16(dg[10:])
		seq := uint32(binary.BigEndian.Uint16(dg[2:]))

		m.Lock()
		m.count(id, seq, dg)
		m.Unlock()

		if m.cmd.Log {
			say(m.id, "packet", Event{
				"stream":  id,
				"seq":     seq,
				"len":     len(dg),
				"header":  hex.EncodeToString(dg[:12]),
				"payload": hex.EncodeToString(dg[12:])})
		}
	}
}

func (m *member) count(id uint16, seq uint32, dg []byte) {
	f := m.flows[id]
	if f == nil {
		f = &flow{got: make(map[uint32]int), first: seq, high: seq}
		m.flows[id] = f
	}

	// Packets made here carry their full number: 16 bits would wrap.

	pl := dg[12:]
	if len(pl) >= 8 && string(pl[:4]) == magic {
		full := binary.BigEndian.Uint32(pl[4:])
		if full&0xffff != seq || !bytesFollow(pl[8:], full) {
			f.corrupt++
		}
		seq = full
		if f.packets == 0 {
			f.first, f.high = seq, seq
		}
	} else {
		f.foreign++
	}

	if dg[1]&3 != 0 {
		f.reserved++
	}

	f.packets++
	f.got[seq]++
	f.last = seq
	if seq < f.high {
		f.reorder++
	} else {
		f.high = seq
	}
}

// stats prints the account: per stream id what came, and what is missing.
func (m *member) stats() {
	m.Lock()
	defer m.Unlock()

	flows := Event{}
	for id, f := range m.flows {
		missing, dups := []uint32{}, 0
		for s := f.first; s <= f.high; s++ {
			switch n := f.got[s]; {
			case n == 0 && len(missing) < 100:
				missing = append(missing, s)
			case n > 1:
				dups += n - 1
			}
		}
		flows[fmt.Sprint(id)] = Event{
			"packets": f.packets, "distinct": len(f.got),
			"first": f.first, "last": f.last, "high": f.high,
			"missing": missing, "dups": dups, "reordered": f.reorder,
			"corrupt": f.corrupt, "foreign": f.foreign,
			"reserved": f.reserved}
	}

	say(m.id, "stats", Event{"flows": flows, "sent": m.sent,
		"short": m.short, "updates": m.updates})
}

// send paces media packets: header, then magic, full number, a pattern.
func (m *member) send(cmd Command) {
	if cmd.Count == 0 {
		cmd.Count = 1
	}
	if cmd.Size < 8 {
		cmd.Size = 80
	}

	head := make([]byte, 12)
	if cmd.Head != "" {
		h, _ := hex.DecodeString(cmd.Head)
		copy(head, h)
	}
	fixed, _ := hex.DecodeString(cmd.Payload)

	next := time.Now()
	i := 0

	for ; i < cmd.Count; i++ {
		seq := uint32(cmd.Seq + i)
		binary.BigEndian.PutUint16(head[2:], uint16(seq))
		binary.BigEndian.PutUint32(head[4:], seq*20)

		pk := append([]byte{}, head...)
		if cmd.Payload != "" {
			pk = append(pk, fixed...)
		} else {
			pk = append(pk, pattern(seq, cmd.Size)...)
		}

		if err := sendDatagram(m.conn, pk); err != nil {
			say(m.id, "error", Event{"text": err.Error()})
			break
		}
		m.Lock()
		m.sent++
		m.Unlock()

		if cmd.Interval > 0 {
			next = next.Add(time.Duration(cmd.Interval) * time.Microsecond)
			time.Sleep(time.Until(next))
		}
	}

	say(m.id, "sent", Event{"count": i, "next": cmd.Seq + i})
}

func (m *member) raw(cmd *Command) {
	data, err := hex.DecodeString(cmd.Hex)
	if err == nil {
		err = sendDatagram(m.conn, data)
	}
	if err != nil {
		say(m.id, "error", Event{"text": err.Error()})
	}
}

func (m *member) stream(cmd *Command) {
	data, err := hex.DecodeString(cmd.Hex)
	if err == nil {
		err = m.write(data, cmd.Fin, cmd.Uni)
	}
	if err != nil {
		say(m.id, "error", Event{"text": err.Error()})
	}
}

func (m *member) signal(text string) {
	if err := m.write(frame(text), true, false); err != nil {
		say(m.id, "error", Event{"text": err.Error()})
	}
}

func (m *member) close(code uint64, reason string) {
	if m.conn != nil {
		closeConn(m.conn, code, reason)
	}
}

// write opens a stream of its own.  A bidirectional one is abandoned in the
// other direction, as the existing clients do.
func (m *member) write(data []byte, fin, uni bool) error {
	var (
		w   io.WriteCloser
		err error
	)

	if m.conn == nil {
		return fmt.Errorf("not connected")
	}

	if uni {
		w, err = m.conn.OpenUniStream()
	} else {
		st, e := m.conn.OpenStream()
		if e == nil && fin {
			defer st.CancelRead(0)
		}
		w, err = st, e
	}
	if err != nil {
		return err
	}

	if _, err = w.Write(data); err != nil {
		return err
	}
	if fin {
		return w.Close()
	}
	return nil
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
		m.send(Command{Count: send, Interval: 20000})
	}
	select {
	case <-m.done:
		return 1
	case <-time.After(hold):
	}

	m.stats()
	m.close(0, "normal close")
	<-m.done
	return 0
}

// ---- bytes ----

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

func pattern(seq uint32, size int) []byte {
	b := make([]byte, size)
	copy(b, magic)
	binary.BigEndian.PutUint32(b[4:], seq)
	for i := 8; i < size; i++ {
		b[i] = byte(seq + uint32(i))
	}
	return b
}

func bytesFollow(b []byte, seq uint32) bool {
	for i, c := range b {
		if c != byte(seq+uint32(i+8)) {
			return false
		}
	}
	return true
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

// hkdf: SHA-256, no salt, 32 bytes.
func hkdf(ikm []byte, info string) []byte {
	ex := hmac.New(sha256.New, make([]byte, 32))
	ex.Write(ikm)
	out := hmac.New(sha256.New, ex.Sum(nil))
	out.Write([]byte(info))
	out.Write([]byte{1})
	return out.Sum(nil)
}
