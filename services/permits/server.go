package permits

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/es/series"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/pending"
	"shiyang/services/permits/views/permitlist"
	"shiyang/services/permits/views/register"
	"shiyang/services/permits/views/sitelist"
)

// The categories of our streams.
const (
	categoryFacility = "facility"
	categoryPermit   = "permit"
)

// methods is the prefix of our methods in the table of rights.
const methods = "/permits.v1.PermitsService/"

// Deps are what the service stands on. Store, DB, Law, Keys and Numbers are
// required; Source and Codec are needed to compare views with a replay.
type Deps struct {
	Store    es.Store
	DB       *readmodel.DB
	Law      func() *law.Book // the book of the day
	Lawbook  Lawbook          // the book as of an event; nil: Law, which then must not change
	Keys     *reserve.Keys
	Numbers  *series.Allocator
	Now      func() time.Time // nil: time.Now
	NewID    func() string    // unused: ids derive from command ids
	Logger   *slog.Logger     // nil: none
	Source   readmodel.Source
	Codec    readmodel.Decoder
	Practice Practice // zero: the practice of the bureau of Wuwei
}

// Server answers PermitsService and, for sites and permits,
// RecordHistoryService. It is safe for concurrent use.
type Server struct {
	permitsv1.UnimplementedPermitsServiceServer
	commonv1.UnimplementedRecordHistoryServiceServer

	facilities *es.Repository[facility.Facility]
	permits    *es.Repository[permit.Permit]
	keys       *reserve.Keys
	numbers    *series.Allocator
	law        func() *law.Book
	lawbook    Lawbook
	now        func() time.Time
	log        *slog.Logger
	practice   Practice
	db         *readmodel.DB
	source     readmodel.Source
	codec      readmodel.Decoder

	list     permitlist.Queries
	register register.Queries
	sites    sitelist.Queries
	pending  pending.Queries
}

// NewServer returns the service.
func NewServer(d Deps) *Server {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Lawbook == nil {
		d.Lawbook = always(d.Law)
	}
	o := es.Options{Now: d.Now}
	return &Server{
		facilities: es.NewRepository[facility.Facility](categoryFacility, d.Store, o),
		permits:    es.NewRepository[permit.Permit](categoryPermit, d.Store, o),
		keys:       d.Keys, numbers: d.Numbers, law: d.Law, lawbook: d.Lawbook, now: d.Now, log: d.Logger, practice: d.Practice.orDefault(),
		db: d.DB, source: d.Source, codec: d.Codec,
		list: permitlist.Queries{DB: d.DB}, register: register.Queries{DB: d.DB},
		sites: sitelist.Queries{DB: d.DB}, pending: pending.Queries{DB: d.DB},
	}
}

// call is what every command of a permit has in common.
type call struct {
	method     string // "AcceptApplication"
	id         string
	occurredAt *timestamppb.Timestamp
	expected   uint64
	number     func(permit.Permit) string // what the receipt tells people; nil for none
}

// meta builds the metadata of a command and the occasion that its rules see:
// both are of one instant, taken once.
func (s *Server) meta(ctx context.Context, occurredAt *timestamppb.Timestamp) (es.Meta, permit.Occasion, error) {
	book, now := s.law(), s.now().UTC()
	meta, err := rpc.Meta(ctx, occurredAt, book.Version())
	if err != nil {
		return es.Meta{}, permit.Occasion{}, err
	}
	if occurredAt == nil {
		meta.OccurredAt = now
	}
	return meta, permit.Occasion{By: meta.Actor, On: law.DateOf(meta.OccurredAt), Today: law.DateOf(now), Law: book}, nil
}

// caller is who calls; without one nothing is answered.
func caller(ctx context.Context) (rpc.Caller, error) {
	c, ok := rpc.CallerFrom(ctx)
	if !ok {
		return rpc.Caller{}, rpc.ErrSignIn
	}
	return c, nil
}

// objectOf is what the table of rights must know of a permit.
func objectOf(p permit.Permit) rpc.Object {
	return rpc.Object{County: p.Division, FirmID: p.EnterpriseID}
}

// mayCall is authority on the record itself: role, county and ownership. What
// does not exist and what is not yours are not told apart.
func mayCall(c rpc.Caller, method string) func(permit.Permit) error {
	return func(p permit.Permit) error {
		if p.Status == 0 {
			return problem.ErrNotFound
		}
		return rpc.Authorise(c, methods+method, objectOf(p))
	}
}

// act executes one command of a permit.
func (s *Server) act(ctx context.Context, c call, command func(permit.Occasion) es.Command[permit.Permit]) (*commonv1.Receipt, error) {
	who, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	meta, occasion, err := s.meta(ctx, c.occurredAt)
	if err != nil {
		return nil, err
	}
	guarded := es.Guarded(es.Expecting(command(occasion), es.Revision(c.expected)), mayCall(who, c.method))
	receipt, err := s.permits.Execute(ctx, c.id, meta, guarded)
	if err != nil {
		return nil, err
	}
	answer := receiptOf(receipt)
	if c.number != nil {
		p, _, err := s.permits.Load(ctx, c.id)
		if err != nil {
			return nil, fmt.Errorf("number of a receipt: %w", err)
		}
		answer.Number = c.number(p)
	}
	return answer, nil
}

// numbered executes a command whose document carries a number. The command is
// decided without one first, so that refused acts leave no gap in a series.
func (s *Server) numbered(ctx context.Context, c call, kind string, command func(permit.Occasion, string) es.Command[permit.Permit]) (*commonv1.Receipt, error) {
	answer, err := s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] { return command(o, "") })
	if !errors.Is(err, permit.ErrNumberNeeded) {
		return answer, err
	}
	number, err := s.draw(ctx, c, kind)
	if err != nil {
		return nil, err
	}
	return s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] { return command(o, number) })
}

func receiptOf(r es.Receipt) *commonv1.Receipt {
	return &commonv1.Receipt{
		RecordId: r.ID, Revision: uint64(r.Revision), Position: uint64(r.Position), Repeated: r.Repeated,
		Warnings: rpc.FieldMessages(r.Warnings),
	}
}

func textOf(t problem.Text) *commonv1.Text { return &commonv1.Text{Zh: t.Zh, En: t.En} }
