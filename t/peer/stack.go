// What is the same over both versions of quic-go: how a member dials, and how
// an end is told.  The errors' names are the same in both, their path is not:
// they are told apart by their fields.

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"reflect"
	"strings"
	"time"
)

var errNotConnected = errors.New("not connected")

type dialParams struct {
	addr      net.Addr
	name      string
	tls       *tls.Config
	handshake time.Duration
	idle      time.Duration
	keepAlive time.Duration
	datagrams bool
}

// dial makes a connection as the existing clients do: server name is the
// room, any certificate will do.
func dial(s *socket, cmd *Command) (quicConn, error) {
	addr, err := net.ResolveUDPAddr("udp", cmd.Addr)
	if err != nil {
		return nil, err
	}

	idle := 30 * time.Second
	if cmd.IdleMS > 0 {
		idle = time.Duration(cmd.IdleMS) * time.Millisecond
	}

	ctx, cancel := context.WithTimeout(context.Background(),
		15*time.Second)
	defer cancel()

	conf := &tls.Config{
		ServerName:         cmd.SNI,
		InsecureSkipVerify: true,
		NextProtos:         []string{cmd.ALPN},
		MinVersion:         tls.VersionTLS13,
	}
	if cmd.ClientCert {
		cert := certificate(seedOf(cmd))
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (
			*tls.Certificate, error) {
			return &cert, nil
		}
	}

	return dialStack(ctx, s, dialParams{
		addr:      addr,
		name:      cmd.SNI,
		tls:       conf,
		handshake: 10 * time.Second,
		idle:      idle,
		keepAlive: 5 * time.Second,
		datagrams: !cmd.NoDgram,
	})
}

// closeEvent tells who ended a connection and why.
func closeEvent(err error) Event {
	ev := Event{"kind": "error", "text": ""}
	if err == nil {
		return ev
	}
	ev["text"] = err.Error()

	for e := err; e != nil; e = errors.Unwrap(e) {
		v := reflect.ValueOf(e)
		if v.Kind() != reflect.Ptr || v.Elem().Kind() != reflect.Struct {
			continue
		}

		switch name := v.Elem().Type().Name(); name {
		case "ApplicationError", "TransportError":
			ev["kind"] = strings.ToLower(strings.TrimSuffix(name, "Error"))
			ev["code"] = v.Elem().FieldByName("ErrorCode").Uint()
			ev["reason"] = v.Elem().FieldByName("ErrorMessage").String()
			ev["remote"] = v.Elem().FieldByName("Remote").Bool()
		case "IdleTimeoutError":
			ev["kind"] = "idle"
		case "HandshakeTimeoutError":
			ev["kind"] = "handshake"
		case "StatelessResetError":
			ev["kind"] = "reset"
		case "VersionNegotiationError":
			ev["kind"] = "version"
		}
	}

	return ev
}
