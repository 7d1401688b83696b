package consumer

import (
	"slices"
	"time"

	"shiyang/eventstore/journal"
)

// Info is how a group stands.
type Info struct {
	Key         Key
	Settings    Settings
	Start       Start
	Live        bool  // it has reached the end
	Checkpoint  int64 // revision or position; -1: none
	Last        int64 // newest revision or position to follow; -1: none
	Behind      int64 // revisions or positions between what is done and Last
	Parked      int64
	Buffered    int
	Retrying    int
	InFlight    int
	Outstanding int // read and not done with
	Progress    Rate
	Clients     []ClientInfo
}

// ClientInfo is how a client of a group stands.
type ClientInfo struct {
	From, User, Name string
	Free, InFlight   int
	Progress         Rate
	Latencies        []time.Duration // of the newest events, in order; nil unless the group measures them
}

// Rate is how much was done.
type Rate struct {
	Total     int64
	Since     int64 // since the last time somebody asked
	PerSecond int64 // during that time
}

// counter counts what was done.
type counter struct {
	total, asked int64
	askedAt      time.Time
	latencies    []time.Duration // ring
	next         int
}

// measured is how many latencies are kept.
const measured = 512

func (c *counter) add(latency time.Duration) {
	c.total++
	if len(c.latencies) < measured {
		c.latencies = append(c.latencies, latency)
		return
	}
	c.latencies[c.next] = latency
	c.next = (c.next + 1) % measured
}

// rate returns the figures and begins a new measurement.
func (c *counter) rate(now time.Time) Rate {
	r := Rate{Total: c.total, Since: c.total - c.asked}
	if passed := now.Sub(c.askedAt); passed > 0 && r.Since > 0 {
		r.PerSecond = int64(float64(r.Since) / passed.Seconds())
	}
	c.asked, c.askedAt = c.total, now
	return r
}

// Info returns how a group stands.
func (g *Groups) Info(key Key) (Info, error) {
	n, err := g.find(key)
	if err != nil {
		return Info{}, err
	}
	return n.info()
}

// List returns how all groups stand, or those of one stream. It fails when a
// stream is named that has none.
func (g *Groups) List(stream string) ([]Info, error) {
	var out []Info
	for _, n := range g.list() {
		if stream != "" && n.Stream != stream {
			continue
		}
		i, err := n.info()
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	if stream != "" && len(out) == 0 {
		return nil, &GroupError{Kind: Missing, Key: Key{Stream: stream}}
	}
	return out, nil
}

func (n *group) info() (Info, error) {
	i := Info{Key: n.key(), Settings: n.Settings, Start: n.Start}
	var err error
	ok := n.do(func() {
		l, now := n.line, n.now()
		i.Live, i.Checkpoint = n.atEnd, n.saved
		i.Buffered, i.Retrying, i.InFlight, i.Outstanding = len(l.buffer), len(l.retry), len(l.flying), len(l.order)
		i.Progress = l.progress.rate(now)
		for _, c := range l.clients.list {
			ci := ClientInfo{From: c.from, User: c.user, Name: c.name, Free: c.slots, InFlight: c.flying, Progress: c.progress.rate(now)}
			if n.ExtraStatistics {
				ci.Latencies = slices.Sorted(slices.Values(c.progress.latencies))
			}
			i.Clients = append(i.Clients, ci)
		}
		if i.Last, err = n.last(); err == nil {
			i.Behind = max(0, i.Last-l.mark)
			i.Parked, err = n.groups.countParked(n.key())
		}
	})
	if !ok {
		return Info{}, &GroupError{Kind: Dropped, Key: n.key()}
	}
	return i, err
}

// Figures are what is measured of a group.
type Figures struct {
	Key                       Key
	Clients, InFlight         int
	Behind, Parked, Delivered int64
}

// Figures returns those of all groups, without beginning a new measurement as
// Info does. Groups that end meanwhile, or cannot read, are left out.
func (g *Groups) Figures() []Figures {
	var out []Figures
	for _, n := range g.list() {
		f := Figures{Key: n.key()}
		var mark int64
		ok := n.do(func() {
			f.Clients, f.InFlight, f.Delivered = len(n.line.clients.list), len(n.line.flying), n.line.progress.total
			mark = n.line.mark
		})
		last, err := n.last()
		if !ok || err != nil {
			continue
		}
		f.Behind = max(0, last-mark)
		if f.Parked, err = g.countParked(n.key()); err == nil {
			out = append(out, f)
		}
	}
	return out
}

// last is the newest revision or position that the group could follow.
func (n *group) last() (int64, error) {
	if n.all() {
		if head := int64(n.groups.journal.Head()); head > 0 {
			return head, nil
		}
		return -1, nil
	}
	s, err := n.groups.journal.Stream(n.Stream)
	if s.Missing() || s.Tombstoned {
		return -1, err
	}
	return s.Last, err
}

func (g *Groups) countParked(key Key) (int64, error) {
	s, err := g.journal.Stream(key.parked())
	if err != nil || s.Missing() || s.Tombstoned {
		return 0, err
	}
	return max(0, s.Last-s.First+1), nil
}

// remove deletes a stream of ours, if it is there.
func (g *Groups) remove(stream string) error {
	s, err := g.journal.Stream(stream)
	if err != nil || s.Missing() || s.Tombstoned {
		return err
	}
	return g.deleteStream(stream, journal.Any)
}
