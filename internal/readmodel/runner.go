package readmodel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"shiyang/internal/es"
)

// Options are what a runner, a reactor or a build can be told beyond the
// required. The zero value works.
type Options struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Prefixes select the streams by the start of their names, such as
	// "permit-"; none means all but the store's own.
	Prefixes []string
	// Part names this program's share of the database, when several programs
	// with projections (or reactions) of their own use one database: each part
	// has a runner and a reactor. Replicas of one program give the same name.
	Part string
}

// lockName is the lock that makes a runner or a reactor single.
func (o Options) lockName(role string) string {
	if o.Part == "" {
		return role
	}
	return role + "-" + o.Part
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Runner (投影运行器) keeps the projections of one database up to date. It
// holds one subscription for all of them: every event is decoded once, and
// what is at hand becomes one transaction that moves every row and every
// checkpoint. A projection that is new or behind catches up with reads of its
// own and then joins. Run it once; the other methods are safe for concurrent
// use at any time.
type Runner struct {
	db      *DB
	source  Source
	reader  *reader
	options Options
	members []*member
	wanted  map[string]bool

	seen    window // of the subscription, over all sessions
	lastGap string

	mu       sync.Mutex // held while the live set is changed or written
	live     []*member
	position es.Position // the live set is known up to here
	caught   bool        // the live set has been at the head in this session

	status status
}

// NewRunner returns a runner of projections in db. Names must differ; a new
// version of a projection takes the place of the old one in the list.
func NewRunner(db *DB, source Source, codec Decoder, o Options, projections ...Projection) *Runner {
	r := &Runner{
		db: db, source: source, reader: newReader(codec), options: o.withDefaults(),
		wanted: map[string]bool{},
	}
	for _, p := range projections {
		m := newMember(p)
		r.members = append(r.members, m)
		for t := range m.handlers {
			r.wanted[t] = true
		}
	}
	r.status.start(r.members)
	return r
}

// Run keeps the projections up to date until ctx ends, and then returns nil.
// While another process runs this database it stands by. Whatever can be
// cured by trying again (the store or the database is away) is tried again
// with growing pauses; an error means that the projections are wrongly
// declared.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.validate(); err != nil {
		return err
	}
	for tries := 0; ctx.Err() == nil; tries++ {
		tries = r.attempt(ctx, tries)
	}
	return nil
}

func (r *Runner) validate() error {
	names := map[string]bool{}
	for _, m := range r.members {
		if err := m.validate(); err != nil {
			return err
		}
		if names[m.Name] {
			return fmt.Errorf("projection %s is listed twice", m.Name)
		}
		names[m.Name] = true
	}
	return nil
}

// Install makes the tables that are missing, empty, and returns. Run does so
// too; a program that answers queries before its runner is ready calls it
// first, so that they find nothing rather than no table.
func (r *Runner) Install(ctx context.Context) error {
	if err := r.validate(); err != nil {
		return err
	}
	for _, m := range r.members {
		if _, err := r.db.install(ctx, m.Projection, r.options.Prefixes); err != nil {
			return err
		}
	}
	return nil
}

// attempt runs until something breaks and then pauses. It returns how many
// attempts in a row have been short.
func (r *Runner) attempt(ctx context.Context, tries int) int {
	began := time.Now() // only for the pace of trying again
	err := r.hold(ctx)
	if ctx.Err() != nil {
		return tries
	}
	if time.Since(began) > time.Minute {
		tries = 0
	}
	level := slog.LevelWarn
	if errors.Is(err, ErrLocked) {
		level = slog.LevelDebug
		if !r.status.standsBy() {
			level = slog.LevelInfo // once: another process runs these views
		}
		tries = 2
	}
	r.options.Logger.Log(ctx, level, "read models pause", slog.Any("error", err))
	r.status.stopped(err)
	if errors.Is(err, ErrLocked) {
		r.standBy(ctx)
	}
	pause(ctx, tries)
	return tries
}

// standBy looks where the process that runs these views has brought them, so
// that this one can say that it is ready to answer queries.
func (r *Runner) standBy(ctx context.Context) {
	if head, err := r.source.Head(ctx); err == nil {
		r.status.sawHead(head)
	}
	head := r.status.headAtStart()
	for _, m := range r.members {
		state := stateStandingBy
		at, err := loadCheckpoint(ctx, r.db.reader, m.Projection)
		if err != nil { // not built yet, or the database is away
			state = stateWaiting
		}
		there := err == nil && at.live &&
			(at.position >= head || nothingBetween(ctx, r.source, at.position, head, r.options.Prefixes))
		r.status.report(state, []*member{{Projection: m.Projection, at: at, current: there}})
	}
}

// pause waits with full jitter, up to 10 s after many tries.
func pause(ctx context.Context, tries int) {
	limit := min(10*time.Second, 100*time.Millisecond<<min(tries, 10))
	d := limit/4 + rand.N(limit) //nolint:gosec // jitter needs no secrecy
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// hold takes the database's lock and runs one session under it.
func (r *Runner) hold(ctx context.Context) error {
	l, err := r.db.lock(ctx, r.options.lockName("runner"))
	if err != nil {
		return err
	}
	defer l.release()
	detach := r.db.board.attach()
	defer detach()
	return r.session(ctx, l)
}

// session loads the checkpoints, follows the log from the furthest of them and
// lets the others catch up beside it, until something breaks.
func (r *Runner) session(ctx context.Context, l *lock) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel(nil)

	behind, err := r.load(ctx)
	if err != nil {
		return err
	}
	p := newPipe(r.position)
	p.pace, p.hurry = livePace, r.db.board.urgent
	from := r.position
	r.status.running(p)
	wait.Go(func() {
		r.reader.feed(ctx, p, r.reader.subscribe(ctx, r.source, from, r.options.Prefixes, nil), from, &r.seen, r.wanted)
	})
	wait.Go(func() {
		if err := r.catchUpAll(ctx, behind); err != nil {
			cancel(err)
		}
	})
	wait.Go(func() {
		if err := r.watch(ctx, l); err != nil {
			cancel(err)
		}
	})
	for {
		b, err := p.take(ctx)
		if err != nil {
			return r.sessionError(ctx, err)
		}
		if err := r.applyLive(ctx, b); err != nil {
			return cmp.Or(context.Cause(ctx), err)
		}
	}
}

// sessionError tells a lasting gap from a passing one: a gap found twice in
// the same place is not cured by subscribing again, so the views concerned are
// set aside until they are rebuilt.
func (r *Runner) sessionError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, errEnd) {
		return errors.New("the subscription ended")
	}
	if !errors.Is(err, errGap) {
		return err
	}
	if r.lastGap != err.Error() {
		r.lastGap = err.Error()
		return err
	}
	r.seen, r.lastGap = window{}, ""
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(err, r.setAside(ctx, r.live, err))
}

// setAside marks members from which events are missing. Only a rebuild makes
// them whole again.
func (r *Runner) setAside(ctx context.Context, members []*member, gap error) error {
	tx, err := r.db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, m := range members {
		f := Failure{Error: shorten(gap.Error()) + "; rebuild the view", Position: m.at.position}
		if err := noteFailure(ctx, tx, m.Projection, f, true); err != nil {
			return err
		}
		m.at.gap, m.at.failure = true, f
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	r.report(ctx, stateFollowing, members...)
	return nil
}

// load makes missing tables, reads every checkpoint, puts the furthest
// projections into the live set and returns the others.
func (r *Runner) load(ctx context.Context) (behind []*member, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live, r.position, r.caught = nil, 0, false
	for _, m := range r.members {
		if m.at, err = r.db.install(ctx, m.Projection, r.options.Prefixes); err != nil {
			if ctx.Err() != nil || transient(err) {
				return nil, err
			}
			m.at = checkpoint{failure: Failure{Error: shorten(err.Error())}} // its schema is wrong: the others go on
			r.report(ctx, stateFailed, m)
			continue
		}
		if !slices.Equal(m.at.prefixes, r.options.Prefixes) {
			if err := r.db.feedWith(ctx, m.Projection, r.options.Prefixes); err != nil {
				return nil, err
			}
		}
		if !m.at.gap {
			r.position = max(r.position, m.at.position)
		}
	}
	for _, m := range r.members {
		switch {
		case m.at.gap || m.at.failure.Position == 0 && m.at.failure.Error != "":
			r.report(ctx, stateFailed, m)
		case m.at.position == r.position && m.at.failure == Failure{}:
			r.live = append(r.live, m)
			r.report(ctx, stateFollowing, m)
		default:
			m.retry, m.at.failure = m.at.failure != Failure{}, Failure{}
			behind = append(behind, m)
			r.report(ctx, stateCatchingUp, m)
		}
	}
	slices.SortStableFunc(behind, func(a, b *member) int { return cmp.Compare(b.at.position, a.at.position) })
	return behind, nil
}

// applyLive gives a batch to the live set.
func (r *Runner) applyLive(ctx context.Context, b batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.db.applyAll(ctx, r.live, b); err != nil {
		return err
	}
	r.position, r.caught = max(r.position, b.end), r.caught || b.caught
	r.settleLive(ctx)
	return nil
}

// settleLive reports the live set and sets failed members aside.
func (r *Runner) settleLive(ctx context.Context) {
	r.report(ctx, stateFollowing, r.live...)
	r.live = slices.DeleteFunc(r.live, (*member).broken)
}

// report tells readers and the status page where members stand.
func (r *Runner) report(ctx context.Context, state string, members ...*member) {
	places := make(map[string]place, len(members))
	for _, m := range members {
		places[m.Name] = m.place()
		if m.broken() && state != stateFailed {
			r.options.Logger.ErrorContext(ctx, "view set aside", slog.String("view", m.Key()),
				slog.String("error", m.at.failure.Error), slog.String("event", m.at.failure.EventID),
				slog.Uint64("position", uint64(m.at.failure.Position)))
		}
	}
	r.status.report(state, members)
	r.db.board.publish(places)
}
