//go:build quicgo
// +build quicgo

// quic-go as Debian 13 ships it (0.50): other path, other names.

package main

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/quic-go/quic-go"
)

type quicConn = quic.Connection
type listener = *quic.Listener

func dialStack(ctx context.Context, s *socket, p dialParams) (quicConn,
	error) {
	tr := &quic.Transport{Conn: s, ConnectionIDLength: 8}
	return tr.Dial(ctx, p.addr, p.tls, &quic.Config{
		Versions:             []quic.Version{quic.Version1},
		HandshakeIdleTimeout: p.handshake,
		MaxIdleTimeout:       p.idle,
		KeepAlivePeriod:      p.keepAlive,
		MaxIncomingStreams:   100,
		EnableDatagrams:      p.datagrams,
	})
}

func listenStack(s *socket, conf *tls.Config, datagrams bool) (listener,
	error) {
	tr := &quic.Transport{Conn: s}
	return tr.Listen(conf, &quic.Config{
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
	return c.SendDatagram(b)
}

func recvDatagram(c quicConn) ([]byte, error) {
	return c.ReceiveDatagram(context.Background())
}

func exporter(c quicConn, label string, n int) ([]byte, error) {
	cs := c.ConnectionState().TLS
	return cs.ExportKeyingMaterial(label, []byte{}, n)
}

func closeConn(c quicConn, code uint64, reason string) {
	c.CloseWithError(quic.ApplicationErrorCode(code), reason)
}
