package readmodel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"shiyang/internal/es"
)

// Job (定时事项) is something that time alone brings about: an application
// deemed accepted, a permit expired, a reminder due. It looks in a view for
// what is due at now and issues commands with ids derived from record and
// rule, so that many replicas may run it at once. It answers how many commands
// it issued.
type Job struct {
	Name string
	Run  func(ctx context.Context, now time.Time) (did int, err error)
}

// JobStatus tells how a job went last.
type JobStatus struct {
	Name string
	Ran  time.Time // by the ticker's clock; zero if never
	Did  int
	Err  error
}

// Ticker (时钟) runs jobs in rounds. All jobs of a round see the same instant,
// taken from the injected clock; only the pace of the rounds is the machine's.
// It is safe for concurrent use.
type Ticker struct {
	// Logger, if set before Run, is told when a job fails.
	Logger *slog.Logger

	now   func() time.Time
	every time.Duration
	jobs  []Job

	round sync.Mutex // one round at a time
	mu    sync.Mutex
	last  []JobStatus
}

// NewTicker returns a ticker that runs jobs in order, a round every so often.
func NewTicker(now func() time.Time, every time.Duration, jobs ...Job) *Ticker {
	t := &Ticker{now: now, every: every, jobs: jobs, last: make([]JobStatus, len(jobs))}
	for i, j := range jobs {
		t.last[i].Name = j.Name
	}
	return t
}

// Run runs a round at once and then one every so often, until ctx ends. A job
// that fails is tried again in the next round.
func (t *Ticker) Run(ctx context.Context) error {
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for {
		if _, err := t.RunOnce(ctx); err != nil && ctx.Err() == nil && t.Logger != nil {
			t.Logger.ErrorContext(ctx, "ticker", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// RunOnce runs one round and answers how many commands its jobs issued. A
// failing job does not keep the others from running.
func (t *Ticker) RunOnce(ctx context.Context) (did int, err error) {
	t.round.Lock()
	defer t.round.Unlock()
	now := t.now().UTC()
	for i, j := range t.jobs {
		if ctx.Err() != nil {
			return did, errors.Join(err, ctx.Err())
		}
		n, jobErr := j.run(ctx, now)
		did += n
		if jobErr != nil {
			err = errors.Join(err, fmt.Errorf("job %s: %w", j.Name, jobErr))
		}
		t.mu.Lock()
		t.last[i] = JobStatus{Name: j.Name, Ran: now, Did: n, Err: jobErr}
		t.mu.Unlock()
	}
	return did, err
}

func (j Job) run(ctx context.Context, now time.Time) (did int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panicked: %v", p)
		}
	}()
	return j.Run(ctx, now)
}

// Status returns how each job went last, in the order given to [NewTicker].
func (t *Ticker) Status() []JobStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]JobStatus(nil), t.last...)
}

// Settle (沉静) is a barrier for tests, imports and demonstrations: it returns
// when views and reactions have reached the head of the log and a further
// round of the ticker finds nothing to do. Runner and reactor must be running;
// each of the three may be nil. It fails if a view was set aside, a reaction
// is stuck or a job fails, and with ctx's error.
func Settle(ctx context.Context, source Source, runner *Runner, reactor *Reactor, ticker *Ticker) error {
	for {
		head, err := source.Head(ctx)
		if err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if err := settleAt(ctx, source, head, runner, reactor); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		did := 0
		if ticker != nil {
			if did, err = ticker.RunOnce(ctx); err != nil {
				return fmt.Errorf("settle: %w", err)
			}
		}
		now, err := source.Head(ctx)
		if err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if did == 0 && now == head {
			return nil
		}
	}
}

// settleAt waits until everyone has reached head, or knows that nothing of
// theirs stands before it.
func settleAt(ctx context.Context, source Source, head es.Position, runner *Runner, reactor *Reactor) error {
	for looks := 1; ; looks++ {
		arrived, err := reached(ctx, source, head, runner, reactor, looks%20 == 0)
		if arrived || err != nil {
			return err
		}
		wait := time.NewTimer(5 * time.Millisecond)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
	}
}

func reached(ctx context.Context, source Source, head es.Position, runner *Runner, reactor *Reactor, read bool) (bool, error) {
	there := func(at es.Position, prefixes []string) bool {
		return at >= head || read && nothingBetween(ctx, source, at, head, prefixes)
	}
	if runner != nil {
		for _, v := range runner.Status() {
			if v.State == stateFailed {
				return false, fmt.Errorf("view %s_v%d: %s", v.Name, v.Version, v.Failure.Error)
			}
			if v.State != stateFollowing || !v.Live || !there(v.Position, runner.options.Prefixes) {
				return false, nil
			}
		}
	}
	if reactor != nil {
		for _, g := range reactor.Status() {
			if g.Failure != (Failure{}) {
				return false, fmt.Errorf("reaction %s: %s", g.Name, g.Failure.Error)
			}
			if !there(g.Position, reactor.options.Prefixes) {
				return false, nil
			}
		}
	}
	return true, nil
}

// nothingBetween answers whether the log holds nothing of ours after at, up to
// head: a subscription hears of foreign events only now and then.
func nothingBetween(ctx context.Context, source Source, at, head es.Position, prefixes []string) bool {
	for raw, err := range source.ReadAll(ctx, at, prefixes) {
		if err != nil {
			return false
		}
		if raw.Position > head {
			return true
		}
		if ours(raw.Stream) {
			return false
		}
	}
	return true
}
