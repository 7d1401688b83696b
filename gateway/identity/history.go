package identity

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/firm"
	"shiyang/gateway/identity/onboarding"
	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

var _ commonv1.RecordHistoryServiceServer = (*Service)(nil)

// Categories tells which records this service answers for.
func (s *Service) Categories(context.Context, *commonv1.CategoriesRequest) (*commonv1.CategoriesResponse, error) {
	return &commonv1.CategoriesResponse{Categories: Categories()}, nil
}

// record is one account, firm or application, as a caller may read its past.
type record struct {
	events  func(ctx context.Context, id string, open bool) iter.Seq2[*commonv1.HistoryResponse, error]
	stateAt func(ctx context.Context, id string, cut history.Cut, open bool) (*commonv1.StateAtResponse, error)
	open    bool // personal fields are shown
}

// History streams the events of an account, a firm or an application.
func (s *Service) History(r *commonv1.HistoryRequest, stream commonv1.RecordHistoryService_HistoryServer) error {
	ctx := stream.Context()
	past, err := s.past(ctx, r.GetCategory(), r.GetId())
	if err != nil {
		return err
	}
	for e, err := range past.events(ctx, r.GetId(), past.open) {
		if err != nil {
			return err
		}
		if err := stream.Send(e); err != nil {
			return fmt.Errorf("send history: %w", err)
		}
	}
	return nil
}

// StateAt folds an account, a firm or an application up to an instant.
func (s *Service) StateAt(ctx context.Context, r *commonv1.StateAtRequest) (*commonv1.StateAtResponse, error) {
	past, err := s.past(ctx, r.GetCategory(), r.GetId())
	if err != nil {
		return nil, err
	}
	return past.stateAt(ctx, r.GetId(), history.Cut{
		Position: es.Position(r.GetPosition()), RecordedBy: instantOf(r.GetRecordedBy()), HappenedBy: instantOf(r.GetHappenedBy()),
	}, past.open)
}

func instantOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// past is authority on the real record. The past of a firm or an application
// is read by those who may read its present; that of an account by its holder
// and, without names, by the audit administrator.
func (s *Service) past(ctx context.Context, category, id string) (record, error) {
	caller, _, err := s.present(ctx)
	if err != nil {
		return record{}, err
	}
	switch category {
	case account.Category:
		return s.accountPast(ctx, caller, id)
	case firm.Category:
		return s.firmPast(ctx, caller, id)
	case onboarding.Category:
		return s.applicationPast(ctx, caller, id)
	}
	return record{}, problem.ErrNotFound
}

func (s *Service) accountPast(ctx context.Context, caller rpc.Caller, id string) (record, error) {
	own := id == caller.Actor.ID
	if role := rpc.Role(caller.Actor.Role); !own && role != rpc.AuditAdmin && role != rpc.System {
		return record{}, problem.ErrNotFound
	}
	keeper := history.Keeper[account.Account]{
		Records: s.accounts.History, Sentence: s.accountSentence,
		Form: func(id string, a account.Account) proto.Message { return accountForm(id, a) },
	}
	_, revision, err := s.accounts.Load(ctx, id)
	return known(record{keeper.Events, keeper.StateAt, own}, revision, err)
}

func (s *Service) firmPast(ctx context.Context, caller rpc.Caller, id string) (record, error) {
	keeper := history.Keeper[firm.Firm]{
		Records: func(ctx context.Context, id string) iter.Seq2[es.Recorded, error] {
			return withoutCodes(s.firms.History(ctx, id))
		},
		Form:     func(id string, f firm.Firm) proto.Message { return firmForm(id, f) },
		Sentence: firmSentence,
	}
	f, revision, err := s.firms.Load(ctx, id)
	past, err := known(record{keeper.Events, keeper.StateAt, rpc.Role(caller.Actor.Role).Firm()}, revision, err)
	if err != nil {
		return past, err
	}
	return past, rpc.Authorise(caller, methodFirm, rpc.Object{County: f.Division, FirmID: id})
}

func (s *Service) applicationPast(ctx context.Context, caller rpc.Caller, id string) (record, error) {
	keeper := history.Keeper[onboarding.Application]{
		Records: s.applications.History, Sentence: applicationSentence,
		Form: func(id string, a onboarding.Application) proto.Message { return applicationForm(id, a) },
	}
	a, revision, err := s.applications.Load(ctx, id)
	past, err := known(record{keeper.Events, keeper.StateAt, a.Applicant == caller.Actor.ID}, revision, err)
	if err != nil || past.open {
		return past, err
	}
	return past, rpc.Authorise(caller, methodApplications, rpc.Object{County: a.Division})
}

// known answers that a record does not exist before anybody's rights are
// looked at.
func known(r record, revision es.Revision, err error) (record, error) {
	switch {
	case err != nil:
		return record{}, fmt.Errorf("load record: %w", err)
	case revision == 0:
		return record{}, problem.ErrNotFound
	}
	return r, nil
}

// withoutCodes leaves the hashes of invitation codes out.
func withoutCodes(records iter.Seq2[es.Recorded, error]) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for rec, err := range records {
			if e, ok := rec.Event.(*identityv1.MemberInvited); ok {
				shown := proto.CloneOf(e)
				shown.CodeSha256 = ""
				rec.Event = shown
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// accountForm is an account as the API shows it, its duties by code.
func accountForm(id string, a account.Account) *identityv1.Account {
	out := &identityv1.Account{AccountId: id, Login: a.Login, Disabled: a.Disabled}
	if a.PersonID != "" {
		out.Person = &commonv1.Person{Id: a.PersonID, Name: a.Name, Phone: a.Phone}
	}
	for _, d := range a.Duties {
		out.Seats = append(out.Seats, &identityv1.Seat{SeatId: dutySeat(d.Role, d.County), Role: d.Role, Org: d.County, County: d.County})
	}
	return out
}

// firmForm is a firm as the API shows it; its members by id.
func firmForm(id string, f firm.Firm) *identityv1.GetFirmResponse {
	out := &identityv1.GetFirmResponse{FirmId: id, Uscc: f.USCC, UnitName: f.UnitName, Division: f.Division, Example: f.Example}
	for _, account := range slices.Sorted(maps.Keys(f.Members)) {
		m := f.Members[account]
		out.Members = append(out.Members, &identityv1.Member{
			AccountId: account, Role: m.Role, From: isoDate(m.From), To: isoDate(m.To), Revoked: m.Revoked,
		})
	}
	return out
}

func applicationForm(id string, a onboarding.Application) *identityv1.FirmApplication {
	return &identityv1.FirmApplication{
		ApplicationId: id, AccountId: a.Applicant, Uscc: a.USCC, UnitName: a.UnitName, Division: a.Division,
		Licence: a.Licence, Mandate: a.Mandate, LegalRepresentative: a.LegalRepresentative,
		State: string(a.Stage), Reason: a.Reason, FirmId: a.FirmID, Example: a.Example,
	}
}

// Judge finds nothing: no record of this service has a deadline.
func (s *Service) Judge(*commonv1.JudgeRequest, commonv1.RecordHistoryService_JudgeServer) error {
	return nil
}

// CheckViews replays the log from zero and compares it with the live view.
func (s *Service) CheckViews(r *commonv1.CheckViewsRequest, stream commonv1.RecordHistoryService_CheckViewsServer) error {
	if _, _, err := s.present(stream.Context()); err != nil {
		return err
	}
	for answer, err := range history.CheckViews(stream.Context(), s.db, s.source, s.codec, r.GetView(), Projections()...) {
		if err != nil {
			return err
		}
		if err := stream.Send(answer); err != nil {
			return fmt.Errorf("send comparison: %w", err)
		}
	}
	return nil
}
