//go:build !quicgo
// +build !quicgo

// quic-go as Debian 12 ships it (0.29).

package main

import (
	"context"
	"crypto/tls"
	"time"

	quic "github.com/lucas-clemente/quic-go"
)

type quicConn = quic.Connection
type listener = quic.Listener

func dialStack(ctx context.Context, s *socket, p dialParams) (quicConn,
	error) {
	return quic.DialContext(ctx, s, p.addr, p.name, p.tls, &quic.Config{
		Versions:             []quic.VersionNumber{quic.Version1},
		ConnectionIDLength:   8,
		HandshakeIdleTimeout: p.handshake,
		MaxIdleTimeout:       p.idle,
		KeepAlivePeriod:      p.keepAlive,
		MaxIncomingStreams:   100,
		EnableDatagrams:      p.datagrams,
	})
}

func listenStack(s *socket, conf *tls.Config, datagrams bool) (listener,
	error) {
	return quic.Listen(s, conf, &quic.Config{
		MaxIdleTimeout:  30 * time.Second,
		KeepAlivePeriod: 5 * time.Second,
		EnableDatagrams: datagrams,
	})
}

func serverName(c quicConn) string {
	return c.ConnectionState().TLS.ServerName
}

func hasDatagrams(c quicConn) bool {
	return c.ConnectionState().SupportsDatagrams
}

func sendDatagram(c quicConn, b []byte) error {
	if c == nil {
		return errNotConnected
	}
	return c.SendMessage(b)
}

func recvDatagram(c quicConn) ([]byte, error) {
	return c.ReceiveMessage()
}

func exporter(c quicConn, label string, n int) ([]byte, error) {
	cs := c.ConnectionState().TLS
	return cs.ExportKeyingMaterial(label, []byte{}, n)
}

func closeConn(c quicConn, code uint64, reason string) {
	c.CloseWithError(quic.ApplicationErrorCode(code), reason)
}
