package consumer

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// Where the groups are stored.
const (
	configStream = "$persistentSubscriptionConfig"
	configType   = "$PersistentConfig"
)

// DefaultMaxGroupBytes bounds the events that one group holds in memory.
const DefaultMaxGroupBytes = 8 << 20

// Options set what the groups of a store may use. The zero value means the
// defaults.
type Options struct {
	MaxGroupBytes int              // events that one group holds; 8 MiB by default
	Now           func() time.Time // time-outs and statistics; time.Now by default
	Logger        *slog.Logger     // slog.Default() by default
}

// Groups are all consumer groups of a store. It is safe for concurrent use.
type Groups struct {
	journal *journal.Journal
	tail    *reading.Tail
	opts    Options
	clients atomic.Uint64 // numbers given

	change  sync.Mutex // held while the groups are changed
	mu      sync.Mutex
	running map[Key]*group
	stopped bool
}

// config is the content of the stream of groups: always all of them.
type config struct {
	Version   string    `json:"version"`
	Updated   time.Time `json:"updated"`
	UpdatedBy string    `json:"updatedBy"`
	Entries   []entry   `json:"entries"`
}

// Open starts the groups that are stored in j. The caller stops them.
func Open(j *journal.Journal, tail *reading.Tail, o Options) (*Groups, error) {
	if o.MaxGroupBytes <= 0 {
		o.MaxGroupBytes = DefaultMaxGroupBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	g := &Groups{journal: j, tail: tail, opts: o, running: map[Key]*group{}}
	if err := g.load(); err != nil {
		g.Stop()
		return nil, fmt.Errorf("consumer groups: %w", err)
	}
	return g, nil
}

func (g *Groups) now() time.Time { return g.opts.Now() }

// load starts what is stored.
func (g *Groups) load() error {
	entries, err := g.stored()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := g.replace(e); err != nil {
			return err
		}
	}
	return nil
}

// stored reads the list of groups: the newest that can be read, because
// whoever may write system streams could have written anything there.
func (g *Groups) stored() ([]entry, error) {
	s, err := g.journal.Stream(configStream)
	if err != nil || s.Missing() || s.Tombstoned {
		return nil, err
	}
	for e, err := range g.journal.EventsBackwards(configStream, s.First, s.Last) {
		if err != nil {
			return nil, err
		}
		var c config
		wrong := json.Unmarshal(e.Data, &c)
		for _, x := range c.Entries {
			wrong = errors.Join(wrong, x.check())
		}
		if wrong == nil {
			return c.Entries, nil
		}
		g.opts.Logger.LogAttrs(context.Background(), slog.LevelError, "list of consumer groups cannot be read",
			slog.Int64("revision", e.Revision), slog.String("error", wrong.Error()))
	}
	return nil, nil
}

// store writes all groups as they are with one changed: e is put in the place
// of key, or key is removed.
func (g *Groups) store(key Key, e *entry, by string) error {
	g.mu.Lock()
	c := config{Version: "2", Updated: g.now().UTC(), UpdatedBy: by}
	for k, n := range g.running {
		if k != key {
			c.Entries = append(c.Entries, n.entry)
		}
	}
	g.mu.Unlock()
	if e != nil {
		c.Entries = append(c.Entries, *e)
	}
	slices.SortFunc(c.Entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Group, b.Group))
	})
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	s, err := g.journal.Stream(configStream)
	if err != nil {
		return err
	}
	if s.Missing() {
		if err := g.limit(configStream, 2); err != nil {
			return err
		}
	}
	return g.write(configStream, journal.Event{ID: newID(), Type: configType, JSON: true, Data: data})
}

// Create makes a group. by is the user, or empty. It fails with *GroupError,
// ErrInvalid or ErrUnsupported, or with an error of the journal.
func (g *Groups) Create(key Key, start Start, filter *reading.Expression, s Settings, by string) error {
	e := entry{Stream: key.Stream, Group: key.Group, Start: start, Filter: filter, Settings: s}
	if err := e.check(); err != nil {
		return err
	}
	g.change.Lock()
	defer g.change.Unlock()
	if _, err := g.find(key); err == nil {
		return &GroupError{Kind: Exists, Key: key}
	} else if errors.Is(err, ErrStopped) {
		return err
	}
	if err := g.begin(&e); err != nil {
		return err
	}
	if err := g.store(key, &e, by); err != nil {
		return err
	}
	return g.replace(e)
}

// begin settles where a new group starts to read.
func (g *Groups) begin(e *entry) error {
	if e.all() {
		head := int64(g.journal.Head())
		if e.Start.From > head {
			return &GroupError{Failed, e.key(), fmt.Sprintf("the start %d is past the end of the log", e.Start.From)}
		}
		if e.Next = e.Start.From; e.Start.End {
			e.Next = head + 1
		}
		return nil
	}
	if e.Next = e.Start.From; e.Start.End {
		s, err := g.journal.Stream(e.Stream)
		if err != nil {
			return err
		}
		e.Next = s.Last + 1
		if s.Tombstoned {
			e.Next = 0
		}
	}
	return nil
}

// Update gives a group other settings, and lets go of its clients. The start
// counts only while the group has no checkpoint. Errors are those of Create.
func (g *Groups) Update(key Key, start Start, s Settings, by string) error {
	g.change.Lock()
	defer g.change.Unlock()
	old, err := g.find(key)
	if err != nil {
		return err
	}
	e := entry{Stream: key.Stream, Group: key.Group, Start: start, Filter: old.Filter, Settings: s}
	if err := e.check(); err != nil {
		return err
	}
	_, known, err := g.loadCheckpoint(e)
	if err != nil {
		return err
	}
	if known {
		e.Start, e.Next = old.Start, old.Next
	} else if err := g.begin(&e); err != nil {
		return err
	}
	if err := g.store(key, &e, by); err != nil {
		return err
	}
	old.halt(&GroupError{Kind: Dropped, Key: key})
	return g.replace(e)
}

// replace runs a group as it is stored.
func (g *Groups) replace(e entry) error {
	n, err := g.startGroup(e)
	if err != nil {
		return err
	}
	g.mu.Lock()
	g.running[e.key()] = n
	g.mu.Unlock()
	return nil
}

// Delete ends a group and forgets how far it came and what it parked.
func (g *Groups) Delete(key Key, by string) error {
	g.change.Lock()
	defer g.change.Unlock()
	n, err := g.find(key)
	if err != nil {
		return err
	}
	if err := g.store(key, nil, by); err != nil {
		return err
	}
	n.halt(&GroupError{Kind: Dropped, Key: key})
	g.mu.Lock()
	delete(g.running, key)
	g.mu.Unlock()
	return errors.Join(g.remove(key.checkpoints()), g.remove(key.parked()))
}

// Connect adds a client to a group: it is sent at most size events that it has
// not answered. The caller closes the client.
func (g *Groups) Connect(key Key, size int, from, user, name string) (*Client, error) {
	n, err := g.find(key)
	if err != nil {
		return nil, err
	}
	out := make(chan Delivery, size)
	c := &Client{
		Out: out, out: out, group: n, id: g.clients.Add(1), from: from, user: user, name: name,
		size: size, slots: size, gone: make(chan struct{}),
	}
	if err := n.connect(c); err != nil {
		return nil, err
	}
	return c, nil
}

// ReplayParked sends the parked events of a group again, those before the
// revision stopAt of its parked stream, or all when it is negative.
func (g *Groups) ReplayParked(key Key, stopAt int64) error {
	n, err := g.find(key)
	if err != nil {
		return err
	}
	return n.replay(stopAt)
}

// Restart lets go of all clients and starts all groups anew from what is stored.
func (g *Groups) Restart() error {
	g.change.Lock()
	defer g.change.Unlock()
	g.mu.Lock()
	if g.stopped {
		g.mu.Unlock()
		return ErrStopped
	}
	old := g.running
	g.running = map[Key]*group{}
	g.mu.Unlock()
	for key, n := range old {
		n.halt(&GroupError{Kind: Dropped, Key: key})
	}
	return g.load()
}

// Stop ends all groups, and waits until they write nothing more.
func (g *Groups) Stop() {
	g.change.Lock()
	defer g.change.Unlock()
	g.mu.Lock()
	old := g.running
	g.running, g.stopped = map[Key]*group{}, true
	g.mu.Unlock()
	for _, n := range old {
		n.halt(ErrStopped)
	}
}

func (g *Groups) find(key Key) (*group, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped {
		return nil, ErrStopped
	}
	n, ok := g.running[key]
	if !ok {
		return nil, &GroupError{Kind: Missing, Key: key}
	}
	return n, nil
}

// list returns the running groups in order of their names.
func (g *Groups) list() []*group {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.SortedFunc(maps.Values(g.running), func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Group, b.Group))
	})
}

// newID makes a random event id (RFC 9562, version 4).
func newID() journal.UUID {
	var id journal.UUID
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}
