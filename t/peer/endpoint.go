// What every connection made here can do, whoever it plays: open, send bytes
// of any kind, move, freeze, close.

package main

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

// Longer than any relay needs to read what came before.
const creditWait = 5 * time.Second

type endpoint struct {
	id   string
	cmd  Command
	net  *socket // none: accepted on a listener's
	conn quicConn

	sync.Mutex
	sent int
}

func newEndpoint(cmd *Command) endpoint {
	c := *cmd
	if c.ALPN == "" {
		c.ALPN = "wzp"
	}
	return endpoint{id: c.ID, cmd: c, net: &socket{}}
}

// obey does what every connection can be told.
func (e *endpoint) obey(cmd *Command) {
	switch cmd.Cmd {
	case "raw":
		e.raw(cmd)
	case "stream":
		e.stream(cmd)
	case "signal":
		e.signal(cmd.JSON)
	case "rebind":
		e.net.rebind(cmd.Source)
		say(e.id, "rebound", Event{"local": e.net.LocalAddr().String()})
	case "freeze":
		e.net.freeze(true)
	case "thaw":
		e.net.freeze(false)
	case "close":
		e.close(cmd.Code, cmd.Reason)
	default:
		say(e.id, "error", Event{"text": "unknown command " + cmd.Cmd})
	}
}

// connect dials, and tells how that went.
func (e *endpoint) connect() bool {
	err := e.net.open(e.cmd.Source, e.cmd.Addr)
	if err == nil {
		e.conn, err = dial(e.net, &e.cmd)
	}
	if err != nil {
		say(e.id, "closed", closeEvent(err))
		e.net.Close()
		return false
	}

	say(e.id, "connected", Event{
		"local":     e.net.LocalAddr().String(),
		"cert":      certPrint(e.conn),
		"datagrams": hasDatagrams(e.conn)})
	return true
}

// over waits for the end and tells it.
func (e *endpoint) over() {
	<-e.conn.Context().Done()

	// The context is cancelled a moment before the error can be read.

	_, err := e.conn.AcceptUniStream(context.Background())
	say(e.id, "closed", closeEvent(err))
	if e.net != nil {
		e.net.Close()
	}
}

// send paces media packets: header, then magic, full number, a pattern; each
// behind a tag if there is one.
func (e *endpoint) send(cmd Command, tag []byte) {
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
	if cmd.StreamID != 0 {
		binary.BigEndian.PutUint16(head[10:], uint16(cmd.StreamID))
	}
	fixed, _ := hex.DecodeString(cmd.Payload)

	next := time.Now()
	i := 0

	for ; i < cmd.Count; i++ {
		seq := uint32(cmd.Seq + i)
		binary.BigEndian.PutUint16(head[2:], uint16(seq))
		binary.BigEndian.PutUint32(head[4:], seq*20)

		pk := append(append([]byte{}, tag...), head...)
		if cmd.Payload != "" {
			pk = append(pk, fixed...)
		} else {
			pk = append(pk, pattern(seq, cmd.Size)...)
		}

		if err := sendDatagram(e.conn, pk); err != nil {
			say(e.id, "error", Event{"text": err.Error()})
			break
		}
		e.Lock()
		e.sent++
		e.Unlock()

		if cmd.Interval > 0 {
			next = next.Add(time.Duration(cmd.Interval) * time.Microsecond)
			time.Sleep(time.Until(next))
		}
	}

	say(e.id, "sent", Event{"count": i, "next": cmd.Seq + i})
}

func (e *endpoint) raw(cmd *Command) {
	data, err := hex.DecodeString(cmd.Hex)
	if err == nil {
		err = sendDatagram(e.conn, data)
	}
	if err != nil {
		say(e.id, "error", Event{"text": err.Error()})
	}
}

func (e *endpoint) stream(cmd *Command) {
	data, err := hex.DecodeString(cmd.Hex)
	if err == nil {
		err = e.write(data, cmd.Fin, cmd.Uni)
	}
	if err != nil {
		say(e.id, "error", Event{"text": err.Error()})
	}
}

func (e *endpoint) signal(text string) {
	if err := e.write(frame(text), true, false); err != nil {
		say(e.id, "error", Event{"text": err.Error()})
	}
}

func (e *endpoint) close(code uint64, reason string) {
	if e.conn != nil {
		closeConn(e.conn, code, reason)
	}
}

// write opens a stream of its own, waiting for credit a while as the existing
// clients do.  A bidirectional one is abandoned in the other direction, as they
// do, too.
func (e *endpoint) write(data []byte, fin, uni bool) error {
	var (
		w   io.WriteCloser
		err error
	)

	if e.conn == nil {
		return errNotConnected
	}

	ctx, done := context.WithTimeout(context.Background(), creditWait)
	defer done()

	if uni {
		w, err = e.conn.OpenUniStreamSync(ctx)
	} else {
		st, er := e.conn.OpenStreamSync(ctx)
		if er == nil && fin {
			defer st.CancelRead(0)
		}
		w, err = st, er
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

func (e *endpoint) acceptUni() {
	for {
		st, err := e.conn.AcceptUniStream(context.Background())
		if err != nil {
			return
		}
		data, err := io.ReadAll(io.LimitReader(st, 4096))
		say(e.id, "uni", Event{"text": string(data), "fin": err == nil})
	}
}

func (e *endpoint) sayPacket(tag string, dg []byte) {
	say(e.id, "packet", Event{
		"tag":     tag,
		"stream":  binary.BigEndian.Uint16(dg[10:]),
		"seq":     binary.BigEndian.Uint16(dg[2:]),
		"len":     len(dg),
		"header":  hex.EncodeToString(dg[:12]),
		"payload": hex.EncodeToString(dg[12:])})
}
