// Package audit answers what anybody may have to prove: the history of any
// record, the record at any instant, and that the views equal a replay of the
// log. It composes the answers of the services, each of which answers for its
// own records (D21), and picks one position of the log first, so that all of
// them speak of the same instant. It also keeps the plan that the bureau is
// measured by: places and indicator tables; and it loads editions of law data.
//
//	stream             events (proto/audit/v1/events.proto)   rules
//	place-<uuid>       PlaceNamed                              planning/place
//	indicator-<uuid>   IndicatorRecorded                       planning/indicator
//	lawlist-<uuid>     LawEditionLoaded (common)               internal/lawbook/lawlist
//
// The package may import its own children, the contracts and internal/*; the
// other services only through their contracts. Start with [Server].
package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/lawbook"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/audit/planning/indicator"
	"shiyang/services/audit/planning/place"
	"shiyang/services/audit/views/plan"
)

// Part is one service that answers for its own records.
type Part struct {
	Name    string // "permits"
	History commonv1.RecordHistoryServiceClient
}

// Deps are what the service stands on. All but Now are required.
type Deps struct {
	Store   es.Store
	DB      *readmodel.DB
	Law     func() *law.Book
	Source  readmodel.Source // the log: its head is the position of an answer
	Codec   readmodel.Decoder
	Parts   []Part
	Lawbook *lawbook.Library // loads editions of law data
	Now     func() time.Time // nil: time.Now
}

// Server answers AuditService and, for places and indicators,
// RecordHistoryService. It is safe for concurrent use.
type Server struct {
	auditv1.UnimplementedAuditServiceServer
	commonv1.UnimplementedRecordHistoryServiceServer

	places     *es.Repository[place.Place]
	indicators *es.Repository[indicator.Indicator]
	law        func() *law.Book
	db         *readmodel.DB
	source     readmodel.Source
	codec      readmodel.Decoder
	plan       plan.Queries
	parts      []Part
	library    *lawbook.Library

	mu     sync.Mutex
	routes map[string]Part // by category, learnt from the parts
}

// NewServer returns the service.
func NewServer(d Deps) *Server {
	o := es.Options{Now: d.Now}
	return &Server{
		places:     es.NewRepository[place.Place](place.Category, d.Store, o),
		indicators: es.NewRepository[indicator.Indicator](indicator.Category, d.Store, o),
		law:        d.Law, db: d.DB, source: d.Source, codec: d.Codec, plan: plan.Queries{DB: d.DB}, parts: d.Parts, library: d.Lawbook,
		routes: map[string]Part{},
	}
}

// Projections are the views of the service.
func Projections() []readmodel.Projection { return []readmodel.Projection{plan.Projection()} }

// NamePlace enters a place that a plan names; the same again enters nothing.
func (s *Server) NamePlace(ctx context.Context, r *auditv1.NamePlaceRequest) (*auditv1.NamePlaceResponse, error) {
	meta, err := rpc.Meta(ctx, nil, s.law().Version())
	if err != nil {
		return nil, err
	}
	id := place.ID(r.GetKind(), r.GetTitle(), r.GetDivision())
	receipt, err := s.places.Execute(ctx, id, meta, place.Name{Place: place.Place{
		Kind: r.GetKind(), Title: r.GetTitle(), Division: r.GetDivision(), Note: r.GetNote(), Source: r.GetSource(),
	}})
	if err != nil {
		return nil, err
	}
	return &auditv1.NamePlaceResponse{Receipt: receiptOf(receipt)}, nil
}

// RecordIndicator enters one cell of an indicator table; the same again enters
// nothing.
func (s *Server) RecordIndicator(ctx context.Context, r *auditv1.RecordIndicatorRequest) (*auditv1.RecordIndicatorResponse, error) {
	meta, err := rpc.Meta(ctx, nil, s.law().Version())
	if err != nil {
		return nil, err
	}
	id := indicator.ID(r.GetTable(), r.GetKey(), r.GetPeriod(), r.GetTarget())
	receipt, err := s.indicators.Execute(ctx, id, meta, indicator.Record{Cell: &auditv1.IndicatorRecorded{
		Table: r.GetTable(), Key: r.GetKey(), Title: r.GetTitle(), Group: r.GetGroup(), Kind: r.GetKind(), Unit: r.GetUnit(),
		Period: r.GetPeriod(), Value: r.GetValue(), Target: r.GetTarget(), Source: r.GetSource(),
	}})
	if err != nil {
		return nil, err
	}
	return &auditv1.RecordIndicatorResponse{Receipt: receiptOf(receipt)}, nil
}

func receiptOf(r es.Receipt) *commonv1.Receipt {
	return &commonv1.Receipt{
		RecordId: r.ID, Revision: uint64(r.Revision), Position: uint64(r.Position), Repeated: r.Repeated,
		Warnings: rpc.FieldMessages(r.Warnings),
	}
}

// ListPlaces lists places.
func (s *Server) ListPlaces(ctx context.Context, r *auditv1.ListPlacesRequest) (*auditv1.ListPlacesResponse, error) {
	if err := s.db.WaitFor(ctx, es.Position(r.GetAtLeast()), plan.Name); err != nil {
		return nil, err
	}
	places, err := s.plan.Places(ctx, r.GetKind())
	if err != nil {
		return nil, err
	}
	return &auditv1.ListPlacesResponse{Places: places}, nil
}

// ListIndicators lists indicator tables.
func (s *Server) ListIndicators(ctx context.Context, r *auditv1.ListIndicatorsRequest) (*auditv1.ListIndicatorsResponse, error) {
	if err := s.db.WaitFor(ctx, es.Position(r.GetAtLeast()), plan.Name); err != nil {
		return nil, err
	}
	indicators, err := s.plan.Indicators(ctx, r.GetTable())
	if err != nil {
		return nil, err
	}
	return &auditv1.ListIndicatorsResponse{Indicators: indicators}, nil
}

// onward returns a context in which a part is asked on behalf of the caller,
// with the caller's own token: the part authorises on its own record.
func onward(ctx context.Context) (context.Context, error) {
	who, ok := rpc.CallerFrom(ctx)
	if !ok {
		return nil, rpc.ErrSignIn
	}
	who.CommandID = ""
	in, _ := metadata.FromIncomingContext(ctx)
	token := ""
	if given := in.Get(rpc.KeyAuthorization); len(given) == 1 && len(given[0]) > len("Bearer ") {
		token = given[0][len("Bearer "):]
	}
	return rpc.WithCaller(ctx, who, token), nil
}

// route finds the part that keeps a category; false if none does.
func (s *Server) route(ctx context.Context, category string) (Part, bool, error) {
	s.mu.Lock()
	part, known := s.routes[category]
	s.mu.Unlock()
	if known {
		return part, true, nil
	}
	var away error // a part that is away keeps nobody from the records of others
	for _, p := range s.parts {
		answer, err := p.History.Categories(ctx, &commonv1.CategoriesRequest{})
		if err != nil {
			away = errors.Join(away, fmt.Errorf("ask %s for its records: %w", p.Name, err))
			continue
		}
		s.mu.Lock()
		for _, c := range answer.GetCategories() {
			s.routes[c] = p
		}
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if part, known = s.routes[category]; known {
		away = nil
	}
	return part, known, away
}
