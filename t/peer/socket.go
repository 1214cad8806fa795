// A UDP socket that can change its port under a living connection, as a NAT
// does, or fall silent.

package main

import (
	"net"
	"sync"
	"time"
)

type socket struct {
	sync.Mutex
	cur    *net.UDPConn
	bind   *net.UDPAddr
	closed bool
	frozen bool
}

func (s *socket) open(source, remote string) error {
	to, err := net.ResolveUDPAddr("udp", remote)
	if err != nil {
		return err
	}

	s.bind = &net.UDPAddr{IP: net.IPv4zero}
	if to.IP.To4() == nil {
		s.bind.IP = net.IPv6zero
	}
	if source != "" {
		s.bind.IP = net.ParseIP(source)
	}

	s.cur, err = net.ListenUDP("udp", s.bind)
	return err
}

// listen takes that very address.
func (s *socket) listen(local string) error {
	addr, err := net.ResolveUDPAddr("udp", local)
	if err != nil {
		return err
	}
	s.bind = addr
	s.cur, err = net.ListenUDP("udp", addr)
	return err
}

// rebind goes on from another port, or address; packets to the old one are lost.
func (s *socket) rebind(source string) {
	if source != "" {
		s.bind = &net.UDPAddr{IP: net.ParseIP(source)}
	}
	next, err := net.ListenUDP("udp", s.bind)
	if err != nil {
		return
	}
	s.Lock()
	old := s.cur
	s.cur = next
	s.Unlock()
	old.Close()
}

// freeze stops reading and writing: the process has hung.
func (s *socket) freeze(on bool) {
	s.Lock()
	s.frozen = on
	s.Unlock()
}

func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		s.Lock()
		c, frozen, closed := s.cur, s.frozen, s.closed
		s.Unlock()

		if frozen && !closed {
			time.Sleep(10 * time.Millisecond)
			continue
		}

		n, from, err := c.ReadFrom(b)

		s.Lock()
		moved := c != s.cur && !s.closed
		s.Unlock()

		if err != nil && moved {
			continue
		}
		return n, from, err
	}
}

func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	s.Lock()
	c, frozen := s.cur, s.frozen
	s.Unlock()

	if frozen {
		return len(b), nil
	}
	return c.WriteTo(b, to)
}

func (s *socket) Close() error {
	s.Lock()
	defer s.Unlock()
	s.closed = true
	if s.cur == nil {
		return nil
	}
	return s.cur.Close()
}

func (s *socket) LocalAddr() net.Addr {
	s.Lock()
	defer s.Unlock()
	return s.cur.LocalAddr()
}

// SetReadDeadline is how quic-go wakes its reader to end it.
func (s *socket) SetReadDeadline(t time.Time) error {
	s.Lock()
	defer s.Unlock()
	return s.cur.SetReadDeadline(t)
}

func (s *socket) SetDeadline(t time.Time) error      { return nil }
func (s *socket) SetWriteDeadline(t time.Time) error { return nil }
