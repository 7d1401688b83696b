package disclosure_test

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"

	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/disclosure"
	"shiyang/services/permits/views/register"
)

const number = "91620602MA74X0001A001P"

func window(t *testing.T, db *readmodel.DB) *disclosure.Server {
	t.Helper()
	readmodeltest.Apply(t, db, register.Projection(),
		readmodel.Fact{Stream: "permit-1", Event: &permitsv1.PermitApplicationOpened{FacilityId: "1", UnitName: "示例热力有限公司", Division: "620602"}},
		readmodel.Fact{Stream: "permit-1", Event: &permitsv1.PermitIssued{
			PermitNumber: number, Content: &permitsv1.ApplicationContent{Industry: "4430", DeclaredTrue: true}, Decided: &commonv1.Date{Iso: "2026-03-01"},
		}},
		readmodel.Fact{Stream: "permit-1", Event: &permitsv1.PermitExpired{LastDay: &commonv1.Date{Iso: "2031-02-28"}}},
	)
	return disclosure.NewServer(desk.Deps{DB: db})
}

// answers keeps what a stream is sent.
type answers struct {
	grpc.ServerStream
	ctx  context.Context //nolint:containedctx // grpc.ServerStream hands its context out by method
	sent []*permitsv1.ExportEntriesResponse
}

func (a *answers) Context() context.Context { return a.ctx }

func (a *answers) Send(r *permitsv1.ExportEntriesResponse) error {
	a.sent = append(a.sent, r)
	return nil
}

func TestTheWindowAnswers(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		s := window(t, db)
		found, err := s.SearchEntries(t.Context(), &permitsv1.SearchEntriesRequest{State: "ended"})
		if err != nil || found.GetTotal() != 1 || found.GetEntries()[0].GetStatus() != "expired" {
			t.Errorf("%v %v", found, err)
		}
		got, err := s.GetEntry(t.Context(), &permitsv1.GetEntryRequest{Kind: "permit", Number: number})
		if err != nil || len(got.GetVersions()) != 1 || len(got.GetNotPublic()) < 8 || got.GetEntry().GetContent().GetFields()["content"] == nil {
			t.Errorf("%v %v", got, err)
		}
		for _, r := range got.GetNotPublic() {
			if r.GetPublish() == permitsv1.Publish_PUBLISH_PUBLIC {
				t.Errorf("%s is told to be not public", r.GetField())
			}
		}
		if _, err := s.GetEntry(t.Context(), &permitsv1.GetEntryRequest{Kind: "secret", Number: number}); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("a kind that does not exist: %v", err)
		}
		all, err := s.ListPublishRules(t.Context(), &permitsv1.ListPublishRulesRequest{})
		if none, noErr := s.ListPublishRules(t.Context(), &permitsv1.ListPublishRulesRequest{Kind: "secret"}); err != nil || noErr != nil ||
			len(all.GetRules()) < 60 || len(none.GetRules()) != 0 {
			t.Errorf("%d rules, %d of no kind (%v, %v)", len(all.GetRules()), len(none.GetRules()), err, noErr)
		}
	})
}

func TestTheFeedGoesOnFromNext(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		s := window(t, db)
		first, err := s.ListChanges(t.Context(), &permitsv1.ListChangesRequest{PageSize: 1})
		if err != nil || len(first.GetChanges()) != 1 || !first.GetMore() {
			t.Fatalf("%v %v", first, err)
		}
		second, err := s.ListChanges(t.Context(), &permitsv1.ListChangesRequest{Since: first.GetNext(), Kind: "permit"})
		if err != nil || len(second.GetChanges()) != 1 || second.GetMore() || second.GetChanges()[0].GetChange() != "ended" {
			t.Fatalf("%v %v", second, err)
		}
		end, err := s.ListChanges(t.Context(), &permitsv1.ListChangesRequest{Since: second.GetNext()})
		if err != nil || len(end.GetChanges()) != 0 || end.GetNext() != second.GetNext() {
			t.Errorf("%v %v", end, err)
		}
	})
}

func TestExportBeginsWithItsPosition(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		s := window(t, db)
		for headOnly, want := range map[bool]int{true: 1, false: 2} {
			out := &answers{ctx: t.Context()}
			err := s.ExportEntries(&permitsv1.ExportEntriesRequest{Kind: "permit", HeadOnly: headOnly}, out)
			if err != nil || len(out.sent) != want || out.sent[0].GetPosition() == 0 || out.sent[0].GetRecordedAt() == nil {
				t.Errorf("%v: %v %v", headOnly, out.sent, err)
			}
		}
		if err := s.ExportEntries(&permitsv1.ExportEntriesRequest{Kind: "secret"}, &answers{ctx: t.Context()}); !errors.Is(err, problem.ErrNotFound) {
			t.Errorf("a kind that does not exist: %v", err)
		}
	})
}
