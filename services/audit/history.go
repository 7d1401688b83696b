package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/lawbook/lawlist"
	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/audit/planning/indicator"
	"shiyang/services/audit/planning/place"
)

// name of this service among the parts.
const name = "audit"

// categories are the records of this service.
var categories = []string{place.Category, indicator.Category, lawlist.Category}

// Categories tells which records this service answers for itself.
func (s *Server) Categories(context.Context, *commonv1.CategoriesRequest) (*commonv1.CategoriesResponse, error) {
	return &commonv1.CategoriesResponse{Categories: categories}, nil
}

// History streams the events of a place, an indicator or a list of law data.
// Plan and law are public, so these records have no county and no owner.
func (s *Server) History(r *commonv1.HistoryRequest, stream commonv1.RecordHistoryService_HistoryServer) error {
	events, ok := s.own(stream.Context(), r.GetCategory(), r.GetId())
	if !ok {
		return problem.ErrNotFound
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := stream.Send(e); err != nil {
			return fmt.Errorf("send history: %w", err)
		}
	}
	return nil
}

func (s *Server) own(ctx context.Context, category, id string) (iter.Seq2[*commonv1.HistoryResponse, error], bool) {
	switch category {
	case place.Category:
		return s.placeHistory().Events(ctx, id, true), true
	case indicator.Category:
		return s.indicatorHistory().Events(ctx, id, true), true
	case lawlist.Category:
		return s.lawListHistory().Events(ctx, id, true), true
	}
	return nil, false
}

// StateAt folds a place, an indicator or a list of law data up to an instant.
func (s *Server) StateAt(ctx context.Context, r *commonv1.StateAtRequest) (*commonv1.StateAtResponse, error) {
	cut := history.Cut{
		Position: es.Position(r.GetPosition()), RecordedBy: instantOf(r.GetRecordedBy()), HappenedBy: instantOf(r.GetHappenedBy()),
	}
	switch r.GetCategory() {
	case place.Category:
		return s.placeHistory().StateAt(ctx, r.GetId(), cut, true)
	case indicator.Category:
		return s.indicatorHistory().StateAt(ctx, r.GetId(), cut, true)
	case lawlist.Category:
		return s.lawListHistory().StateAt(ctx, r.GetId(), cut, true)
	}
	return nil, problem.ErrNotFound
}

// CheckViews replays the log from zero and compares it with this service's
// live views.
func (s *Server) CheckViews(r *commonv1.CheckViewsRequest, stream commonv1.RecordHistoryService_CheckViewsServer) error {
	views, err := s.checkOwn(stream.Context(), r.GetView())
	for _, v := range views {
		if err := stream.Send(v); err != nil {
			return fmt.Errorf("send comparison: %w", err)
		}
	}
	return err
}

func (s *Server) checkOwn(ctx context.Context, view string) (views []*commonv1.CheckViewsResponse, err error) {
	for answer, err := range history.CheckViews(ctx, s.db, s.source, s.codec, view, Projections()...) {
		if err != nil {
			return views, err
		}
		views = append(views, answer)
	}
	return views, nil
}

func (s *Server) placeHistory() history.Keeper[place.Place] {
	return history.Keeper[place.Place]{
		Records: s.places.History, Sentence: sentence,
		Form: func(id string, p place.Place) proto.Message {
			return &auditv1.Place{PlaceId: id, Kind: p.Kind, Title: p.Title, Division: p.Division, Note: p.Note, Source: p.Source}
		},
	}
}

func (s *Server) indicatorHistory() history.Keeper[indicator.Indicator] {
	return history.Keeper[indicator.Indicator]{
		Records: s.indicators.History, Sentence: sentence,
		Form: func(id string, i indicator.Indicator) proto.Message {
			c := i.Cell
			return &auditv1.Indicator{
				IndicatorId: id, Table: c.GetTable(), Key: c.GetKey(), Title: c.GetTitle(), Group: c.GetGroup(), Kind: c.GetKind(),
				Unit: c.GetUnit(), Period: c.GetPeriod(), Value: c.GetValue(), Target: c.GetTarget(), Source: c.GetSource(),
			}
		},
	}
}

func sentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *auditv1.PlaceNamed:
		return problem.Text{Zh: "规划列入：" + e.GetTitle(), En: "The plan names " + e.GetTitle()}
	case *auditv1.IndicatorRecorded:
		return problem.Text{
			Zh: fmt.Sprintf("录入指标 %s（%s）：%s", e.GetTitle().GetZh(), e.GetPeriod(), e.GetValue()),
			En: fmt.Sprintf("Indicator %s (%s): %s", e.GetTitle().GetEn(), e.GetPeriod(), e.GetValue()),
		}
	case *commonv1.LawEditionLoaded:
		return problem.Text{
			Zh: fmt.Sprintf("装载法规数据 %s 版本 %s，自 %s 起施行", e.GetList(), e.GetEdition(), e.GetValidFrom().GetIso()),
			En: fmt.Sprintf("Edition %s of %s loaded, valid from %s", e.GetEdition(), e.GetList(), e.GetValidFrom().GetIso()),
		}
	}
	return problem.Text{Zh: es.TypeName(event), En: es.TypeName(event)}
}

// events yields the history of any record, from whoever keeps it.
func (s *Server) events(ctx context.Context, category, id string) iter.Seq2[*commonv1.HistoryResponse, error] {
	if events, ok := s.own(ctx, category, id); ok {
		return events
	}
	return func(yield func(*commonv1.HistoryResponse, error) bool) {
		part, known, err := s.route(ctx, category)
		if err == nil && !known {
			err = problem.ErrNotFound
		}
		if err != nil {
			yield(nil, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx) // an early break ends the stream
		defer cancel()
		stream, err := part.History.History(ctx, &commonv1.HistoryRequest{Category: category, Id: id})
		for err == nil {
			var e *commonv1.HistoryResponse
			if e, err = stream.Recv(); err == nil && !yield(e, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(nil, err)
		}
	}
}

// stateAt folds any record up to a cut, by whoever keeps it.
func (s *Server) stateAt(ctx context.Context, r *commonv1.StateAtRequest) (*commonv1.StateAtResponse, error) {
	if slices.Contains(categories, r.GetCategory()) {
		return s.StateAt(ctx, r)
	}
	part, known, err := s.route(ctx, r.GetCategory())
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, problem.ErrNotFound
	}
	return part.History.StateAt(ctx, r)
}

func instantOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
