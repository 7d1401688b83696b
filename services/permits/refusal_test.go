package permits_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
)

// Everything that must be refused: the exact answer, and nothing is written.
func TestRefusals(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	site, permit := b.examine()
	b.settle()
	accept := func(who es.Actor) func() error {
		return func() error {
			_, err := b.AcceptApplication(b.as(who), &permitsv1.AcceptApplicationRequest{PermitId: permit})
			return err
		}
	}
	issue := func(who es.Actor, revision uint64) func() error {
		return func() error {
			_, err := b.IssuePermit(b.as(who), &permitsv1.IssuePermitRequest{PermitId: permit, ExpectedRevision: revision})
			return err
		}
	}
	asDecider := func(account string) es.Actor { return es.Actor{ID: account, Role: "permit_decider", County: "620602"} }
	t.Run("another county", func(*testing.T) { b.refused("NOT_FOUND", accept(elsewhere)) })
	t.Run("another enterprise", func(*testing.T) {
		b.refused("NOT_FOUND", func() error {
			_, err := b.GetPermit(b.as(otherFirm), &permitsv1.GetPermitRequest{PermitId: permit})
			return err
		})
		b.refused("NOT_FOUND", func() error {
			_, err := b.OpenApplication(b.as(otherFirm), &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 1})
			return err
		})
		b.refused("NOT_FOUND", func() error {
			_, err := b.WithdrawApplication(b.as(otherFirm), &permitsv1.WithdrawApplicationRequest{PermitId: permit, Reason: "x"})
			return err
		})
	})
	t.Run("a record that does not exist", func(*testing.T) {
		b.refused("NOT_FOUND", func() error {
			_, err := b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: uuid.NewString()})
			return err
		})
	})
	t.Run("another role", func(*testing.T) { b.refused("NOT_YOUR_ROLE", accept(auditor)) })
	t.Run("nobody signed in", func(*testing.T) {
		b.refused("SIGN_IN_FIRST", func() error {
			_, err := b.GetPermit(b.t.Context(), &permitsv1.GetPermitRequest{PermitId: permit})
			return err
		})
	})
	t.Run("the clerk decides", func(*testing.T) { b.refused("SAME_PERSON", issue(asDecider(clerk.ID), 0)) })
	t.Run("the examiner decides", func(*testing.T) { b.refused("SAME_PERSON", issue(asDecider(examiner.ID), 0)) })
	t.Run("a stale revision", func(*testing.T) { b.refused("STALE_REVISION", issue(decider, 3)) })
	t.Run("the wrong stage", func(*testing.T) { b.refused("WRONG_STAGE", accept(clerk)) })
	t.Run("a second application for the site", func(*testing.T) {
		b.refused("SITE_HAS_PERMIT", func() error {
			_, err := b.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 1})
			return err
		})
	})
	t.Run("only the ticker records silence", func(*testing.T) {
		b.refused("NOT_YOUR_ROLE", func() error {
			_, err := b.DeemAccepted(b.as(clerk), &permitsv1.DeemAcceptedRequest{PermitId: permit})
			return err
		})
	})
	t.Run("a cursor of another list", func(*testing.T) {
		b.refused("INVALID_FIELDS", func() error {
			_, err := b.ListPermits(b.as(clerk), &permitsv1.ListPermitsRequest{After: "bm9wZQ"})
			return err
		})
	})
}

func TestWrongFieldsAreListed(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	_, permit := b.file()
	content := sampleContent()
	content.EiaNumber, content.Limits[0].Pollutant, content.Outlets[0].Code = "", "x1", "D1"
	_, err := b.CheckApplication(b.as(firm), &permitsv1.CheckApplicationRequest{PermitId: permit, Content: content})
	want := map[string]bool{"content.eiaNumber": true, "content.limits[0].pollutant": true, "content.outlets[0].code": true}
	for _, f := range rpc.ProblemFrom(err).Errors {
		delete(want, f.Path)
		if f.Reason == "" || f.Text.Zh == "" || f.Text.En == "" {
			t.Errorf("%s says too little: %v", f.Path, f)
		}
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
	content = sampleContent()
	content.Monitoring = nil
	checked, err := b.CheckApplication(b.as(firm), &permitsv1.CheckApplicationRequest{PermitId: permit, Content: content})
	if err != nil || len(checked.GetErrors()) != 0 || len(checked.GetWarnings()) != 1 || checked.GetWarnings()[0].GetReason() != "MONITORING_MISSING" {
		t.Errorf("got %v %v", checked, err)
	}
}

func TestSiteWithoutCreditCodeCannotApply(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	listed := done(b.RegisterFacility(b.as(clerk), &permitsv1.RegisterFacilityRequest{Site: &permitsv1.SiteContent{
		UnitName: "武威示例水泥有限公司", Division: "620602", Remark: "规划所列",
	}}))(b)
	if len(listed.GetWarnings()) != 2 || listed.GetWarnings()[0].GetReason() != "USCC_UNKNOWN" {
		t.Errorf("warnings: %v", listed.GetWarnings())
	}
	site := listed.GetRecordId()
	done(b.AssignFacility(b.as(clerk), &permitsv1.AssignFacilityRequest{FacilityId: site, EnterpriseId: firmID}))(b)
	apply := func() error {
		_, err := b.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 2})
		return err
	}
	b.refused("SITE_WITHOUT_USCC", apply)
	shown, err := b.GetFacility(b.as(firm), &permitsv1.GetFacilityRequest{FacilityId: site})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range shown.GetActions() {
		if a.GetName() == "open-application" && (a.GetAllowed() || a.GetReason().GetZh() == "") {
			t.Errorf("the list of acts allows what is refused: %v", a)
		}
	}
	done(b.ChangeFacility(b.as(firm), &permitsv1.ChangeFacilityRequest{FacilityId: site, Reason: "补充信用代码", Site: &permitsv1.SiteContent{
		UnitName: "武威示例水泥有限公司", Division: "620602", Uscc: sampleUSCC, SiteAddress: "凉州区示例路2号",
	}}))(b)
	if err := apply(); err != nil {
		t.Errorf("the completed site cannot apply: %v", err)
	}
}

// A retried command answers its first receipt; the same id for another
// request, or by somebody else, is refused.
func TestRetriedCommand(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	_, permit := b.file()
	b.goTo("2026-09-09")
	id := uuid.NewString()
	request := &permitsv1.AcceptApplicationRequest{PermitId: permit}
	first := done(b.AcceptApplication(b.with(clerk, id), request))(b)
	b.goTo("2026-09-14")
	again := done(b.AcceptApplication(b.with(clerk, id), request))(b)
	if !again.GetRepeated() || again.GetRevision() != first.GetRevision() || again.GetNumber() != first.GetNumber() || again.GetPosition() != first.GetPosition() {
		t.Errorf("got %v, first %v", again, first)
	}
	b.refused("COMMAND_ID_REUSED", func() error {
		_, err := b.AcceptApplication(b.with(clerk, id), &permitsv1.AcceptApplicationRequest{PermitId: permit, ExpectedRevision: 4})
		return err
	})
	colleague := clerk
	colleague.ID = uuid.NewString()
	b.refused("COMMAND_ID_REUSED", func() error {
		_, err := b.AcceptApplication(b.with(colleague, id), request)
		return err
	})
	opening := uuid.NewString()
	site := done(b.RegisterFacility(b.with(firm, opening), secondSite()))(b)
	if again := done(b.RegisterFacility(b.with(firm, opening), secondSite()))(b); !again.GetRepeated() || again.GetRecordId() != site.GetRecordId() {
		t.Errorf("a retried registration registers again: %v", again)
	}
}

func secondSite() *permitsv1.RegisterFacilityRequest {
	return &permitsv1.RegisterFacilityRequest{Site: &permitsv1.SiteContent{
		UnitName: "武威示例热力有限公司", Uscc: sampleUSCC, SiteAddress: "凉州区示例路9号", Division: "620602",
	}}
}

// A program must not decide on half a history.
func TestUnknownEventStopsCommands(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	_, permit := b.file()
	err := b.store.Inject("permit-"+permit, "permits.v1.PermitFrozenByFutureLaw", []byte(`{}`), es.Meta{CommandID: "future", Actor: decider})
	if err != nil {
		t.Fatal(err)
	}
	b.goTo("2026-09-09")
	b.refused("UNKNOWN_EVENT_TYPE", func() error {
		_, err := b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit})
		return err
	})
}

// An opening that the rules refuse does not keep the site until the ticker
// comes: the applicant corrects it and goes on.
func TestRefusedOpeningFreesTheSite(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	site := b.registerSite()
	request := &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 1, OccurredAt: timestamppb.New(b.clock().Add(time.Hour))}
	_, err := b.OpenApplication(b.as(firm), request)
	if p := rpc.ProblemFrom(err); p == nil || len(p.Errors) != 1 || p.Errors[0].Reason != "OCCURRED_IN_FUTURE" && p.Reason != "OCCURRED_IN_FUTURE" {
		t.Fatalf("an opening of tomorrow: %v", err)
	}
	request.OccurredAt = nil
	done(b.OpenApplication(b.as(firm), request))(b)
}

// A command that comes again draws no second number.
func TestRepeatDrawsNoNumber(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	_, permit := b.file()
	b.goTo("2026-09-09")
	id := uuid.NewString()
	request := &permitsv1.AcceptApplicationRequest{PermitId: permit}
	first := done(b.AcceptApplication(b.with(clerk, id), request))(b)
	b.settle()
	head := b.store.Head()
	if again := done(b.AcceptApplication(b.with(clerk, id), request))(b); again.GetNumber() != first.GetNumber() || first.GetNumber() == "" {
		t.Errorf("number %q, first %q", again.GetNumber(), first.GetNumber())
	}
	if b.store.Head() != head {
		t.Error("the repeated command wrote something")
	}
}
