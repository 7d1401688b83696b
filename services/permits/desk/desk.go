package desk

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/es/series"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	"shiyang/internal/timeseries"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/facility"
)

// Deps are what the departments stand on. Store, DB, Law, Keys and Numbers are
// required; Source and Codec are needed to compare views with a replay.
type Deps struct {
	Store    es.Store
	DB       *readmodel.DB
	Law      func() *law.Book // the book of the day
	Lawbook  Lawbook          // the book as of an event; nil: Law, which then must not change
	Keys     *reserve.Keys
	Numbers  *series.Allocator
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: none
	Source   readmodel.Source
	Codec    readmodel.Decoder
	Practice Practice          // zero: the practice of the bureau of Wuwei
	Minutes  *timeseries.Store // minute data of meters; nil: none are kept
}

// Desk is the equipment of one department: its dependencies with nothing left
// open, and the name of its gRPC service. It is safe for concurrent use.
type Desk struct {
	Deps
	prefix string // of its methods in the table of rights
	sites  *es.Repository[facility.Facility]
}

// New equips the department that answers a gRPC service, such as
// "permits.v1.RegistrationService".
func New(d Deps, service string) *Desk {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Lawbook == nil {
		d.Lawbook = Always(d.Law)
	}
	d.Practice = d.Practice.orDefault()
	return &Desk{
		Deps: d, prefix: "/" + service + "/",
		sites: es.NewRepository[facility.Facility](CategorySite, d.Store, es.Options{Now: d.Now}),
	}
}

// Method is the full name of a method of the department's service, as the table
// of rights writes it.
func (d *Desk) Method(name string) string { return d.prefix + name }

// Caller is who calls; without one nothing is answered.
func Caller(ctx context.Context) (rpc.Caller, error) {
	c, ok := rpc.CallerFrom(ctx)
	if !ok {
		return rpc.Caller{}, rpc.ErrSignIn
	}
	return c, nil
}

// Meta builds the metadata of a command and the occasion that its rules see:
// both are of one instant, taken once.
func (d *Desk) Meta(ctx context.Context, occurredAt *timestamppb.Timestamp) (es.Meta, act.Occasion, error) {
	book, now := d.Law(), d.Now().UTC()
	meta, err := rpc.Meta(ctx, occurredAt, book.Version())
	if err != nil {
		return es.Meta{}, act.Occasion{}, err
	}
	if occurredAt == nil {
		meta.OccurredAt = now
	}
	return meta, act.Occasion{By: meta.Actor, On: law.DateOf(meta.OccurredAt), Today: law.DateOf(now), Law: book}, nil
}

// Today is the occasion of an act that somebody might do now.
func (d *Desk) Today(who rpc.Caller) act.Occasion { return d.on(who.Actor, law.DateOf(d.Now())) }

// on is the occasion of an act on a day, entered on that day.
func (d *Desk) on(by es.Actor, day law.Date) act.Occasion {
	return act.Occasion{By: by, On: day, Today: day, Law: d.Law()}
}

// Wait returns when a view holds a position, or fails when that takes too long.
func (d *Desk) Wait(ctx context.Context, atLeast uint64, view string) error {
	if err := d.DB.WaitFor(ctx, es.Position(atLeast), view); err != nil {
		return fmt.Errorf("wait for %s: %w", view, err)
	}
	return nil
}

// Reacting is the metadata of a command that a reaction issues because of a
// fact: the id is derived from the fact, so a redelivery has no further effect.
func (d *Desk) Reacting(reaction string, f readmodel.Fact) es.Meta {
	return es.Meta{
		CommandID: readmodel.DerivedID(reaction, f.EventID), CommandHash: reaction,
		CorrelationID: f.Meta.CorrelationID, CausationID: f.EventID,
		Actor: es.Actor{ID: "system:" + reaction, Role: string(rpc.System)}, LawVersion: d.Law().Version(), Client: "reaction",
	}
}

// Ticking is the metadata of a command that a job issues: its id is derived
// from the job and the parts, so that many replicas may run the job.
func (d *Desk) Ticking(job string, parts ...string) es.Meta {
	return es.Meta{
		CommandID: es.DerivedID(append([]string{"ticker", job}, parts...)...), CommandHash: job,
		Actor: es.Actor{ID: "system:ticker", Role: string(rpc.System)}, LawVersion: d.Law().Version(), Client: "ticker",
	}
}

// TickingOn is Ticking and the occasion of its command: the day of now.
func (d *Desk) TickingOn(now time.Time, job string, parts ...string) (es.Meta, act.Occasion) {
	meta := d.Ticking(job, parts...)
	return meta, d.on(meta.Actor, law.DateOf(now))
}

// ReceiptOf is a receipt as it travels.
func ReceiptOf(r es.Receipt) *commonv1.Receipt {
	return &commonv1.Receipt{
		RecordId: r.ID, Revision: uint64(r.Revision), Position: uint64(r.Position), Repeated: r.Repeated,
		Warnings: rpc.FieldMessages(r.Warnings),
	}
}
