// The account of media that arrived: what came of each stream id (on a link: of
// each tag and stream id), how often, and what is missing.

package main

import (
	"encoding/binary"
	"strconv"
	"sync"
)

const magic = "WZPT" // begins the payload of packets made here

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

type account struct {
	book  sync.Mutex
	flows map[string]*flow
	short int
}

func newAccount() account {
	return account{flows: make(map[string]*flow)}
}

// count enters one packet; false: it is none.
func (a *account) count(tag string, dg []byte) bool {
	a.book.Lock()
	defer a.book.Unlock()

	if len(dg) < 12 {
		a.short++
		return false
	}

	seq := uint32(binary.BigEndian.Uint16(dg[2:]))
	id := strconv.Itoa(int(binary.BigEndian.Uint16(dg[10:])))
	if tag != "" {
		id = tag + "/" + id
	}

	f := a.flows[id]
	if f == nil {
		f = &flow{got: make(map[uint32]int), first: seq, high: seq}
		a.flows[id] = f
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
	if seq < f.first {
		f.first = seq
	}
	return true
}

// report adds the account to an event.
func (a *account) report(ev Event) {
	a.book.Lock()
	defer a.book.Unlock()

	flows := Event{}
	for id, f := range a.flows {
		missing, dups := []uint32{}, 0
		for s := f.first; s <= f.high; s++ {
			switch n := f.got[s]; {
			case n == 0 && len(missing) < 100:
				missing = append(missing, s)
			case n > 1:
				dups += n - 1
			}
		}
		flows[id] = Event{
			"packets": f.packets, "distinct": len(f.got),
			"first": f.first, "last": f.last, "high": f.high,
			"missing": missing, "dups": dups, "reordered": f.reorder,
			"corrupt": f.corrupt, "foreign": f.foreign,
			"reserved": f.reserved}
	}

	ev["flows"] = flows
	ev["short"] = a.short
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
