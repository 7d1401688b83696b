package readmodel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
)

// Reaction (联动) turns facts into commands of another record or service. It
// has a checkpoint of its own and sees every event at least once, so its
// commands carry derived ids ([DerivedID]) and a repetition has no further
// effect. A build or a rebuild never runs a reaction.
type Reaction struct {
	Name     string // lower-case with underscores; also the system actor's name
	Handlers []Trigger
}

// Trigger reacts to one type of event. Make it with [When].
type Trigger struct {
	eventType string
	react     func(context.Context, Fact) error
}

// When makes a Trigger from a function of one concrete event type. An error is
// tried again for ever, with growing pauses, and shown after the third time;
// a refusal that settles the matter is not an error: return nil for it.
func When[E es.Event](f func(ctx context.Context, fact Fact, e E) error) Trigger {
	var zero E
	return Trigger{
		eventType: string(proto.MessageName(zero)),
		react: func(ctx context.Context, fact Fact) error {
			e, ok := fact.Event.(E)
			if !ok {
				return fmt.Errorf("event is a %T, not the %s it is called", fact.Event, fact.Type)
			}
			return f(ctx, fact, e)
		},
	}
}

// DerivedID is the id of the command that a reaction issues because of an
// event: UUIDv5, the same at every redelivery. A reaction that issues several
// commands for one event tells them apart with more parts.
func DerivedID(reaction, eventID string, parts ...string) string {
	return es.DerivedID(append([]string{"reaction", reaction, eventID}, parts...)...)
}

// ReactionStatus tells where one reaction stands.
type ReactionStatus struct {
	Name     string
	Position es.Position // everything up to here was reacted to
	Attempts int         // at the event it is busy with; 0 when it goes well
	Failure  Failure     // set from the third failed attempt on
}

// Reactor runs reactions, each at its own pace. Run it once; the other methods
// are safe for concurrent use.
type Reactor struct {
	db      *DB
	source  Source
	reader  *reader
	options Options
	runs    []*reacting
}

// reacting is one reaction at work.
type reacting struct {
	Reaction
	triggers map[string][]Trigger
	wanted   map[string]bool

	mu     sync.Mutex
	status ReactionStatus
	saved  es.Position // the checkpoint in the database
}

// NewReactor returns a reactor with its checkpoints in db. A reaction that is
// new begins with the first event of the log.
func NewReactor(db *DB, source Source, codec Decoder, o Options, reactions ...Reaction) *Reactor {
	r := &Reactor{db: db, source: source, reader: newReader(codec), options: o.withDefaults()}
	for _, re := range reactions {
		g := &reacting{
			Reaction: re, triggers: map[string][]Trigger{}, wanted: map[string]bool{},
			status: ReactionStatus{Name: re.Name},
		}
		for _, t := range re.Handlers {
			g.triggers[t.eventType] = append(g.triggers[t.eventType], t)
			g.wanted[t.eventType] = true
		}
		r.runs = append(r.runs, g)
	}
	return r
}

// Run reacts until ctx ends, and then returns nil. While another process runs
// the reactions of this database it stands by.
func (r *Reactor) Run(ctx context.Context) error {
	names := map[string]bool{}
	for _, g := range r.runs {
		if !identifier.MatchString(g.Name) || names[g.Name] {
			return fmt.Errorf("reaction name %q: use lower-case letters, digits and underscores, once each", g.Name)
		}
		names[g.Name] = true
	}
	for ctx.Err() == nil {
		l, err := r.db.lock(ctx, r.options.lockName("reactor"))
		if err != nil {
			pause(ctx, 3)
			continue
		}
		r.runAll(ctx, l)
		l.release()
	}
	return nil
}

// runAll runs every reaction until ctx ends or the lock is lost.
func (r *Reactor) runAll(ctx context.Context, l *lock) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wait sync.WaitGroup
	for _, g := range r.runs {
		wait.Go(func() {
			for tries := 0; ctx.Err() == nil; tries++ {
				if err := r.run(ctx, g); err != nil && ctx.Err() == nil {
					r.options.Logger.WarnContext(ctx, "reaction pauses", slog.String("reaction", g.Name), slog.Any("error", err))
				}
				pause(ctx, tries)
			}
		})
	}
	for ctx.Err() == nil {
		pause(ctx, 5)
		if l.held(ctx) != nil {
			cancel()
		}
	}
	wait.Wait()
}

// run follows the log from the checkpoint until something breaks.
func (r *Reactor) run(ctx context.Context, g *reacting) error {
	from, err := r.load(ctx, g)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := newPipe(from)
	p.pace = livePace
	var wait sync.WaitGroup
	wait.Go(func() {
		r.reader.feed(ctx, p, r.reader.subscribe(ctx, r.source, from, r.options.Prefixes, g.wanted), from, &window{}, g.wanted)
	})
	defer wait.Wait()
	defer cancel()
	for {
		b, err := p.take(ctx)
		if err == nil {
			err = r.reactAll(ctx, g, b)
		}
		if err != nil {
			return errors.Join(err, r.save(context.WithoutCancel(ctx), g, 1))
		}
	}
}

// reactAll reacts to a batch. The checkpoint moves behind a batch in which
// something was reacted to; behind others it moves now and then.
func (r *Reactor) reactAll(ctx context.Context, g *reacting, b batch) error {
	step := es.Position(saveAfter)
	for i := range b.items {
		it := &b.items[i]
		if !it.want {
			continue
		}
		if err := r.insist(ctx, g, it); err != nil {
			return err
		}
		g.moved(it.fact.Position)
		step = 1
	}
	g.moved(b.end)
	return r.save(ctx, g, step)
}

// saveAfter is over how many positions a checkpoint may lag while nothing is
// reacted to. Reading these again is harmless.
const saveAfter = 10_000

// insist reacts to one event until it succeeds or ctx ends.
func (r *Reactor) insist(ctx context.Context, g *reacting, it *item) error {
	for attempts := 1; ; attempts++ {
		err := it.err
		for _, t := range g.triggers[it.fact.Type] {
			if err == nil {
				err = g.call(ctx, t, it.fact)
			}
		}
		if err == nil {
			g.failed(0, Failure{})
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f := Failure{}
		if attempts >= shownAfter {
			f = failureOf(err, it.fact)
		}
		if attempts == shownAfter {
			r.options.Logger.ErrorContext(ctx, "reaction is stuck", slog.String("reaction", g.Name),
				slog.String("event", it.fact.EventID), slog.String("error", f.Error))
		}
		g.failed(attempts, f)
		pause(ctx, attempts)
	}
}

// shownAfter is from which failed attempt on a reaction counts as stuck.
const shownAfter = 3

func (g *reacting) call(ctx context.Context, t Trigger, f Fact) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("reaction panicked: %v", p)
		}
	}()
	return t.react(ctx, f)
}

func (g *reacting) moved(to es.Position) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status.Position = max(g.status.Position, to)
}

func (g *reacting) failed(attempts int, f Failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status.Attempts, g.status.Failure = attempts, f
}

func (r *Reactor) load(ctx context.Context, g *reacting) (es.Position, error) {
	var at es.Position
	err := r.db.QueryRow(ctx, `SELECT position FROM readmodel_reaction WHERE name = $1`, g.Name).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("load checkpoint of %s: %w", g.Name, err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status.Position, g.saved = at, at
	return at, nil
}

// save writes the checkpoint if it has moved by at least step positions.
func (r *Reactor) save(ctx context.Context, g *reacting, step es.Position) error {
	g.mu.Lock()
	at, saved := g.status.Position, g.saved
	g.mu.Unlock()
	if at < saved+step {
		return nil
	}
	_, err := r.db.writer.ExecContext(ctx, `INSERT INTO readmodel_reaction (name, position) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET position = excluded.position
		WHERE readmodel_reaction.position < excluded.position`, g.Name, at)
	if err != nil {
		return fmt.Errorf("save checkpoint of %s: %w", g.Name, err)
	}
	g.mu.Lock()
	g.saved = at
	g.mu.Unlock()
	return nil
}

// Status returns where every reaction stands, in the order given to
// [NewReactor].
func (r *Reactor) Status() []ReactionStatus {
	out := make([]ReactionStatus, len(r.runs))
	for i, g := range r.runs {
		g.mu.Lock()
		out[i] = g.status
		g.mu.Unlock()
	}
	return out
}
