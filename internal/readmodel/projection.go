// Package readmodel is the read side of event sourcing: it keeps SQL tables up
// to date with the log, runs reactions and the clock, and lets a reader wait
// until a view has seen what was just written.
//
//	log ─▶ Source ─▶ Runner ─▶ one transaction: every Projection's rows
//	                           and every checkpoint ─▶ DB ─▶ queries
//
// A view is disposable. It is a name, a version, tables and a list of typed
// handlers; everything it holds can be made again from the log, so a new
// version is built beside the old one and a doubtful one is compared with a
// replay ([Check]) or replaced by it ([Rebuild]).
//
// Promises:
//
//   - rows and checkpoint move in one transaction, so a crash neither loses
//     nor repeats an event's effect;
//   - a projection equals the fold of the log up to its position;
//   - a projection that fails is put back to where it stood, set aside and
//     shown in [Runner.Status]; it never skips, and the others go on;
//   - one process at a time runs the projections of a database.
//
// It may import internal/es, internal/problem and the two database drivers; it
// knows no service. Start reading with [Projection] and [On], then [Runner].
package readmodel

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
)

// Fact is an event as a projection or a reaction sees it: what happened, to
// which record, and who caused it when.
type Fact struct {
	Event    es.Event    // today's message, after upcasting
	Type     string      // its full name: "permits.v1.PermitIssued"
	Stream   string      // "permit-0199…"
	Category string      // "permit"
	ID       string      // of the record: what follows the category
	EventID  string      // UUID of the event
	Revision es.Revision // of the stream after this event
	Position es.Position // in the log
	Meta     es.Meta
}

// Tx is the part of a transaction that handlers may use. Placeholders are $1,
// $2, … on both engines. A Tx belongs to one goroutine and ends with the
// handler.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Projection (投影) names a read model and says how each event changes it.
// Handlers do no I/O but SQL, read no clock and use no randomness, so that a
// replay gives the same rows.
type Projection struct {
	Name    string // lower-case with underscores: "permit_register"
	Version int    // from 1; one more whenever schema or handlers change
	// Schema is run in order when the version is first built. It must be
	// understood by both engines.
	Schema []string
	// Indexes are statements that make what only queries need ("CREATE INDEX IF
	// NOT EXISTS …"). They are run when the version first reaches the head:
	// entering many rows first and sorting them once is several times cheaper.
	Indexes []string
	// Tables are all tables of Schema. Each ends in "_v<Version>" and has a
	// primary key.
	Tables []string
	// Search names the search tables to make beside Schema; see [SearchTable].
	Search []string
	// Personal lists the columns ("table.column") whose values must never
	// stand in a report.
	Personal []string
	Handlers []Handler
	// Flush, if set, is called when handlers have seen all events of a batch,
	// and writes what they hold back with [Held]: a row that several events
	// change is then written once.
	Flush func(ctx context.Context, tx Tx) error
}

// Held returns what the handlers of a projection hold back for the batch at
// hand: made by fresh at the first call, the same until Flush has returned. It
// must be written by Flush, or it is lost.
func Held[T any](tx Tx, fresh func() T) T {
	t, ok := tx.(*transaction)
	if !ok {
		panic("readmodel: Held outside of a handler") // only handlers are given a Tx
	}
	held, ok := t.held.(T)
	if !ok {
		held = fresh()
		t.held = held
	}
	return held
}

// Handler changes a read model for one type of event. Make it with [On].
type Handler struct {
	eventType string
	apply     func(context.Context, Tx, Fact) error
}

// On makes a Handler from a function of one concrete event type.
func On[E es.Event](f func(ctx context.Context, tx Tx, fact Fact, e E) error) Handler {
	var zero E
	return Handler{
		eventType: string(proto.MessageName(zero)),
		apply: func(ctx context.Context, tx Tx, fact Fact) error {
			e, ok := fact.Event.(E)
			if !ok {
				return fmt.Errorf("event is a %T, not the %s it is called", fact.Event, fact.Type)
			}
			return f(ctx, tx, fact, e)
		},
	}
}

// Key is the projection's name and version, such as "permit_register_v1". It
// is the name under which status, locks and errors speak of it.
func (p *Projection) Key() string { return fmt.Sprintf("%s_v%d", p.Name, p.Version) }

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,50}$`)

// validate reports what a projection's author got wrong.
func (p *Projection) validate() error {
	if !identifier.MatchString(p.Name) {
		return fmt.Errorf("projection name %q: use lower-case letters, digits and underscores", p.Name)
	}
	if p.Version < 1 {
		return fmt.Errorf("projection %s: version must be 1 or more", p.Name)
	}
	suffix := fmt.Sprintf("_v%d", p.Version)
	for _, t := range slices.Concat(p.Tables, p.Search) {
		if !identifier.MatchString(t) || !strings.HasSuffix(t, suffix) {
			return fmt.Errorf("projection %s: table %q must be lower-case and end in %s", p.Name, t, suffix)
		}
	}
	for _, c := range p.Personal {
		table, _, ok := strings.Cut(c, ".")
		if !ok || !slices.Contains(slices.Concat(p.Tables, p.Search), table) {
			return fmt.Errorf("projection %s: personal column %q is not table.column of its own tables", p.Name, c)
		}
	}
	return nil
}

// handlersFor returns the handlers by event type, in the order of the table.
func (p *Projection) handlersFor() map[string][]Handler {
	m := make(map[string][]Handler, len(p.Handlers))
	for _, h := range p.Handlers {
		m[h.eventType] = append(m[h.eventType], h)
	}
	return m
}
