package permits

import (
	"context"
	"fmt"
	"iter"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/permit"
)

// Categories tells which records this service answers for.
func (s *Server) Categories(context.Context, *commonv1.CategoriesRequest) (*commonv1.CategoriesResponse, error) {
	return &commonv1.CategoriesResponse{Categories: []string{categoryFacility, categoryPermit}}, nil
}

// History streams the events of a site or permit.
func (s *Server) History(r *commonv1.HistoryRequest, stream commonv1.RecordHistoryService_HistoryServer) error {
	ctx := stream.Context()
	who, open, err := s.mayRead(ctx, r.GetCategory(), r.GetId())
	if err != nil {
		return err
	}
	events := s.siteHistory().Events
	if r.GetCategory() == categoryPermit {
		events = s.permitHistory(who).Events
	}
	for e, err := range events(ctx, r.GetId(), open) {
		if err != nil {
			return err
		}
		if err := stream.Send(e); err != nil {
			return fmt.Errorf("send history: %w", err)
		}
	}
	return nil
}

// StateAt folds a site or permit up to an instant.
func (s *Server) StateAt(ctx context.Context, r *commonv1.StateAtRequest) (*commonv1.StateAtResponse, error) {
	who, open, err := s.mayRead(ctx, r.GetCategory(), r.GetId())
	if err != nil {
		return nil, err
	}
	cut := history.Cut{
		Position: es.Position(r.GetPosition()), RecordedBy: instantOf(r.GetRecordedBy()), HappenedBy: instantOf(r.GetHappenedBy()),
	}
	if r.GetCategory() == categoryPermit {
		return s.permitHistory(who).StateAt(ctx, r.GetId(), cut, open)
	}
	return s.siteHistory().StateAt(ctx, r.GetId(), cut, open)
}

// CheckViews replays the log from zero and compares it with the live views.
func (s *Server) CheckViews(r *commonv1.CheckViewsRequest, stream commonv1.RecordHistoryService_CheckViewsServer) error {
	if s.source == nil || s.codec == nil {
		return errNoReplay
	}
	for answer, err := range history.CheckViews(stream.Context(), s.db, s.source, s.codec, r.GetView(), LawfulProjections(s.lawbook)...) {
		if err != nil {
			return err
		}
		if err := stream.Send(answer); err != nil {
			return fmt.Errorf("send comparison: %w", err)
		}
	}
	return nil
}

// mayRead is authority on the real record, and whether persons are open.
func (s *Server) mayRead(ctx context.Context, category, id string) (who rpc.Caller, open bool, err error) {
	if who, err = caller(ctx); err != nil {
		return who, false, err
	}
	var (
		object rpc.Object
		read   string // who may read the record may read its past
	)
	switch category {
	case categoryPermit:
		p, revision, err := s.permits.Load(ctx, id)
		if err != nil || revision == 0 {
			return who, false, orNotFound(err)
		}
		object, read = objectOf(p), "GetPermit"
	case categoryFacility:
		f, revision, err := s.facilities.Load(ctx, id)
		if err != nil || revision == 0 {
			return who, false, orNotFound(err)
		}
		object, read = siteObject(f), "GetFacility"
	default:
		return who, false, problem.ErrNotFound
	}
	return who, opensPersons(who, object), rpc.Authorise(who, methods+read, object)
}

func orNotFound(err error) error {
	if err == nil {
		return problem.ErrNotFound
	}
	return err
}

// siteHistory tells the histories of sites.
func (s *Server) siteHistory() history.Keeper[facility.Facility] {
	return history.Keeper[facility.Facility]{
		Records:  s.facilities.History,
		Form:     func(id string, f facility.Facility) proto.Message { return siteForm(id, f) },
		Sentence: sentence,
	}
}

// permitHistory tells the histories of permits as a caller may read them.
func (s *Server) permitHistory(who rpc.Caller) history.Keeper[permit.Permit] {
	k := history.Keeper[permit.Permit]{
		Records:  s.permits.History,
		Form:     func(id string, p permit.Permit) proto.Message { return permitForm(id, p) },
		Sentence: sentence,
	}
	if rpc.Role(who.Actor.Role).Firm() {
		k.Records = func(ctx context.Context, id string) iter.Seq2[es.Recorded, error] {
			return withoutBureauPapers(s.permits.History(ctx, id))
		}
	}
	return k
}

// withoutBureauPapers leaves the bureau's own opinions out of what a firm may
// read of its file.
func withoutBureauPapers(records iter.Seq2[es.Recorded, error]) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for rec, err := range records {
			switch e := rec.Event.(type) {
			case *permitsv1.PermitApplicationExamined:
				rec.Event = &permitsv1.PermitApplicationExamined{RecommendGrant: e.GetRecommendGrant(), Limits: e.GetLimits()}
			case *permitsv1.PermitExaminationReturned:
				rec.Event = &permitsv1.PermitExaminationReturned{}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

func instantOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
