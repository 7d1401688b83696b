// Package limit keeps one address from flooding the bureau with registrations
// and sign-ins 频次限制. Both cost a slow hash and, for registrations, events
// that are kept for ever.
//
// A [Limiter] lets so many through per span of time and address, and as many
// at once; an address is an IPv4 address or an IPv6 /64, which is what one
// subscriber has. It remembers a bounded number of addresses, forgets the one
// that was idle longest, and reads no clock but the given one. It is kept in
// memory: replicas count apart, and a restart forgets.
//
// [Remember] notes the address of a request; [Registrations] counts the
// registrations of people who are not signed in. The package may import
// internal/problem and internal/rpc. Start reading with [Limiter.Take].
package limit

import (
	"container/list"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"shiyang/internal/problem"
)

// maxAddresses bounds the memory of a limiter to about a megabyte.
const maxAddresses = 10_000

// ErrTooMany refuses what came too often from one address.
var ErrTooMany = &problem.Error{
	Kind: problem.TooMany, Reason: "TOO_MANY_REQUESTS",
	Text: problem.Text{Zh: "操作过于频繁，请稍后再试。", En: "This came too often. Try again later."},
}

// Options say how much is let through.
type Options struct {
	Count     int           // per address in Span, and at once; 0: without limit
	Span      time.Duration // positive
	Now       func() time.Time
	Addresses int // remembered at most; 0: ten thousand
}

// Limiter counts by address. It is safe for concurrent use.
type Limiter struct {
	o     Options
	every time.Duration // one more is let through this often

	mu    sync.Mutex
	known map[netip.Prefix]*list.Element // of *address
	order *list.List                     // the one that was idle longest is last
}

// address is free again at an instant; what is let through moves the instant.
type address struct {
	prefix netip.Prefix
	free   time.Time
}

// New returns a limiter.
func New(o Options) *Limiter {
	if o.Addresses == 0 {
		o.Addresses = maxAddresses
	}
	l := &Limiter{o: o, known: map[netip.Prefix]*list.Element{}, order: list.New()}
	if o.Count > 0 {
		l.every = o.Span / time.Duration(o.Count)
	}
	return l
}

// Take lets one more through from an address, or refuses with [ErrTooMany]
// and how long to wait. What is no IP address counts as one address.
func (l *Limiter) Take(ip string) error {
	if l.o.Count <= 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.o.Now()
	a := l.find(prefixOf(ip))
	if a.free.Before(now) {
		a.free = now
	}
	if wait := a.free.Add(l.every).Sub(now) - l.o.Span; wait > 0 {
		return tooMany(wait)
	}
	a.free = a.free.Add(l.every)
	return nil
}

// find returns what is known of an address and makes it the last to forget.
func (l *Limiter) find(p netip.Prefix) *address {
	if e, ok := l.known[p]; ok {
		l.order.MoveToFront(e)
		return e.Value.(*address)
	}
	if len(l.known) >= l.o.Addresses {
		oldest := l.order.Back()
		delete(l.known, l.order.Remove(oldest).(*address).prefix)
	}
	a := &address{prefix: p}
	l.known[p] = l.order.PushFront(a)
	return a
}

func prefixOf(ip string) netip.Prefix {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 64
	if a = a.Unmap().WithZone(""); a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

func tooMany(wait time.Duration) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	refused := ErrTooMany.With(
		fmt.Sprintf("操作过于频繁，请 %d 秒后再试。", seconds),
		fmt.Sprintf("This came too often. Try again in %d second(s).", seconds))
	refused.Wait = seconds
	return refused
}
