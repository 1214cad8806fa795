// The independent peer: members of a relay's rooms, other relays, callers, over
// quic-go, a QUIC stack that shares no line with ours, behaving like the
// programs that existed before us.  Control and output live here; what a member
// says is in member.go, what a relay says in server.go and relay.go.
//
// One process holds many of them.  It is driven by JSON lines on standard
// input (see README) and reports by JSON lines on standard output.  With an
// address on the command line it dials one member named "0" at once.

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

// Command is one line of standard input.
type Command struct {
	Cmd string `json:"cmd"`
	ID  string `json:"id"`

	// dial
	Addr    string `json:"addr"`
	SNI     string `json:"sni"`
	ALPN    string `json:"alpn"`
	Seed    string `json:"seed"`
	Alias   string `json:"alias"`
	Source  string `json:"source"`
	NoOffer bool   `json:"no_offer"`
	BadSig  bool   `json:"bad_signature"`
	BadBind bool   `json:"bad_binding"`
	Binding bool   `json:"binding"`
	NoDgram bool   `json:"no_datagram"`
	Accept  bool   `json:"accept_streams"`
	Log     bool   `json:"log"`
	IdleMS  int    `json:"idle_ms"`
	Offer   string `json:"offer"` // JSON that replaces the offer
	Extra   string `json:"extra"` // members added to the offer, `,"a":1`

	Extensions []string `json:"extensions"` // none: an existing client

	// send, raw, stream, signal, close
	Count    int    `json:"count"`
	Interval int    `json:"interval_us"`
	Seq      int    `json:"seq"`
	Size     int    `json:"size"`
	Payload  string `json:"payload"`
	Head     string `json:"head"`
	Hex      string `json:"hex"`
	JSON     string `json:"json"`
	Fin      bool   `json:"fin"`
	Uni      bool   `json:"uni"`
	Mode     string `json:"mode"`
	Code     uint64 `json:"code"`
	Reason   string `json:"reason"`

	// links; serve
	Relay       string   `json:"relay"`       // dial for that listener
	Label       string   `json:"label"`       // what it calls the far end
	Claim       string   `json:"claim"`       // forged fingerprint
	ClientCert  bool     `json:"client_cert"` // show the certificate
	RequestCert bool     `json:"request_cert"`
	Hello       bool     `json:"hello"`  // answer a hello with ours
	Strict      bool     `json:"strict"` // end at unknown variants
	NoPong      bool     `json:"no_pong"`
	RelayLinks  bool     `json:"relay_links"` // "_relay" is no room
	Global      []string `json:"global"`      // rooms to bridge
	Trusted     []string `json:"trusted"`     // fingerprints; none: all

	// media on links, presence
	Room         string   `json:"room"`
	Tag          string   `json:"tag"` // 8 bytes as hex, instead
	StreamID     int      `json:"stream_id"`
	Fingerprints []string `json:"fingerprints"`
	RelayAddr    string   `json:"relay_addr"`
}

// actor is whoever has an id and obeys commands.
type actor interface {
	obey(cmd *Command)
}

// Event is one line of standard output.
type Event map[string]interface{}

var out struct {
	sync.Mutex
	enc *json.Encoder
}

func say(id, name string, ev Event) {
	if ev == nil {
		ev = Event{}
	}
	ev["event"] = name
	ev["id"] = id
	ev["t"] = float64(time.Now().UnixNano()) / 1e9

	out.Lock()
	defer out.Unlock()
	out.enc.Encode(ev)
}

type peers struct {
	sync.Mutex
	byID map[string]actor
}

func (ps *peers) add(id string, a actor) {
	ps.Lock()
	defer ps.Unlock()
	ps.byID[id] = a
}

func (ps *peers) get(id string) actor {
	ps.Lock()
	defer ps.Unlock()
	return ps.byID[id]
}

// stall is how long this process has stood still: the machine has no time for
// us, and whoever has none for us had none for the relay.
var stall struct {
	sync.Mutex
	longest time.Duration
}

func watchStall() {
	const tick = 10 * time.Millisecond

	last := time.Now()
	for range time.Tick(tick) {
		now := time.Now()
		stall.Lock()
		if d := now.Sub(last) - tick; d > stall.longest {
			stall.longest = d
		}
		stall.Unlock()
		last = now
	}
}

func sayStall() {
	stall.Lock()
	defer stall.Unlock()
	say("", "stall", Event{"ms": stall.longest.Milliseconds()})
}

// run obeys one command; false ends the program.
func (ps *peers) run(cmd *Command) bool {
	switch cmd.Cmd {

	case "dial":
		m := newMember(cmd)
		ps.add(cmd.ID, m)
		go m.live()
		return true

	case "link":
		home, _ := ps.get(cmd.Relay).(*relay)
		l := newLink(cmd, home)
		ps.add(cmd.ID, l)
		go l.live()
		return true

	case "serve":
		go ps.serve(cmd)
		return true

	case "stall":
		sayStall()
		return true

	case "quit":
		return false
	}

	a := ps.get(cmd.ID)
	if a == nil {
		say(cmd.ID, "error", Event{"text": "no such member"})
		return true
	}

	a.obey(cmd)
	return true
}

func main() {
	var (
		one  Command
		send int
		hold time.Duration
	)

	flag.Usage = func() {
		fmt.Fprintf(os.Stderr,
			"usage: peer [options] [HOST:PORT]\n"+
				"with an address: one member; else commands on stdin\n")
		flag.PrintDefaults()
	}
	flag.StringVar(&one.SNI, "sni", "default", "server name: the room")
	flag.StringVar(&one.ALPN, "alpn", "wzp", "application protocol")
	flag.StringVar(&one.Seed, "seed", "", "64 hex digits; none: a fixed offer")
	flag.StringVar(&one.Alias, "alias", "", "name to show, with -seed")
	flag.BoolVar(&one.NoOffer, "no-offer", false, "never send the offer")
	flag.BoolVar(&one.BadSig, "bad-signature", false, "spoil the signature")
	flag.BoolVar(&one.Binding, "binding", false, "sign the TLS session too")
	flag.BoolVar(&one.NoDgram, "no-datagram", false, "do not offer DATAGRAM")
	flag.BoolVar(&one.Accept, "accept-streams", false,
		"read streams after the answer")
	flag.BoolVar(&one.Log, "log", false, "print every received packet")
	flag.IntVar(&send, "send", 0, "media packets to send, 20 ms apart")
	flag.DurationVar(&hold, "hold", time.Second, "stay so long after sending")
	flag.Parse()

	out.enc = json.NewEncoder(os.Stdout)
	ps := &peers{byID: make(map[string]actor)}

	if flag.NArg() == 1 {
		one.Cmd, one.ID, one.Addr = "dial", "0", flag.Arg(0)
		ps.run(&one)
		os.Exit(ps.get("0").(*member).alone(send, hold))
	}

	go watchStall()

	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 8<<20)

	for in.Scan() {
		var cmd Command
		if err := json.Unmarshal(in.Bytes(), &cmd); err != nil {
			say("", "error", Event{"text": err.Error()})
			continue
		}
		if !ps.run(&cmd) {
			break
		}
	}
}
