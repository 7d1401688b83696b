package permits_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Filed on Thursday 2026-09-24; 25–27 September is the Mid-Autumn holiday, so
// the agency may speak until Wednesday the 30th.
func TestSilenceOverAHolidayAccepts(t *testing.T) {
	b := open(t, "2026-09-24", nil)
	site := b.registerSite()
	permit := done(b.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{
		FacilityId: site, ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED,
	}))(b).GetRecordId()
	content := sampleContent()
	content.ManagementClass = permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: content}))(b)
	for _, quiet := range []string{"2026-09-27", "2026-09-28", "2026-09-30"} {
		b.goTo(quiet)
		b.settle()
		if b.status(permit) != permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED {
			t.Fatalf("accepted too early, on %s", quiet)
		}
	}
	b.goTo("2026-10-01")
	b.settle()
	shown, err := b.GetPermit(b.as(clerk), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil {
		t.Fatal(err)
	}
	p := shown.GetPermit()
	if !p.GetDeemedAccepted() || p.GetAccepted().GetIso() != "2026-09-24" || p.GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED {
		t.Errorf("got %v", p)
	}
	wantDeadlines(t, shown.GetDeadlines(), map[string]string{"permit-completeness-notice": "overdue", "permit-decide-simplified": "running"})
	last := b.history("permit", permit)[2]
	if last.GetActorId() != "system:ticker" || last.GetClient() != "ticker" {
		t.Errorf("recorded by %v", last)
	}
	head := b.store.Head()
	b.settle()
	if b.store.Head() != head {
		t.Error("the ticker goes on recording")
	}
	b.refused("WRONG_STAGE", func() error {
		_, err := b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit})
		return err
	})
	b.goTo("2026-10-09")
	done(b.ReportExamination(b.as(es.Actor{ID: clerk.ID, Role: "permit_examiner", County: "620602"}),
		&permitsv1.ReportExaminationRequest{PermitId: permit, RecommendGrant: true, Opinion: "视为受理没有受理人员"}))(b)
}

func (b *bureau) status(permit string) permitsv1.PermitStatus {
	b.t.Helper()
	shown, err := b.GetPermit(b.as(clerk), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil {
		b.t.Fatal(err)
	}
	return shown.GetPermit().GetStatus()
}

// A site is free again when its application is over, and only then.
func TestSiteIsFreedByReaction(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	site, permit := b.file()
	done(b.WithdrawApplication(b.as(firm), &permitsv1.WithdrawApplicationRequest{PermitId: permit, Reason: "项目调整"}))(b)
	b.settle()
	second := b.openKey(site)
	if second == permit {
		t.Error("the same record is opened again")
	}
	b.settle()
	if holder, confirmed, err := b.keys.Holder(t.Context(), "permit-site", site); err != nil || holder != "permit-"+second || !confirmed {
		t.Errorf("held by %s, confirmed %v, %v", holder, confirmed, err)
	}
}

// One permit per site, with a fault before and after each append on the way:
// whatever breaks, a retry or the ticker ends it with one application at most.
func TestOnePermitPerSiteUnderFaults(t *testing.T) {
	for step := range 3 { // reserve, open, confirm
		for _, fault := range []estest.Fault{estest.FailBefore, estest.FailAfter} {
			for _, retry := range []bool{true, false} {
				t.Run(map[estest.Fault]string{estest.FailBefore: "before ", estest.FailAfter: "after "}[fault]+
					[]string{"reserve", "open", "confirm"}[step]+map[bool]string{true: ", retried", false: ", given up"}[retry], func(t *testing.T) {
					siteUnderFault(t, step, fault, retry)
				})
			}
		}
	}
}

func siteUnderFault(t *testing.T, step int, fault estest.Fault, retry bool) {
	var appends atomic.Int64 // since the command began; far below zero before
	appends.Store(-1_000_000)
	b := open(t, "2026-09-01", func(s es.Store) es.Store {
		return &estest.Faulty{Store: s, Next: func() estest.Fault {
			if appends.Add(1) == int64(step)+1 {
				return fault
			}
			return estest.NoFault
		}}
	})
	site := b.registerSite()
	b.settle()
	appends.Store(0)
	command := uuid.NewString()
	request := &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 1}
	_, err := b.OpenApplication(b.with(firm, command), request)
	if retry {
		for tries := 0; err != nil && tries < 3; tries++ {
			_, err = b.OpenApplication(b.with(firm, command), request)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.settle()
	b.mu.Lock()
	b.now = b.now.Add(25 * time.Hour)
	b.mu.Unlock()
	b.settle()
	_, errSecond := b.OpenApplication(b.as(firm), request)
	b.settle()
	if n := b.opened(); n != 1 {
		t.Errorf("%d applications are open (first: %v, second: %v)", n, err, errSecond)
	}
}

// opened counts applications in the log.
func (b *bureau) opened() (n int) {
	b.t.Helper()
	for rec, err := range b.store.All(b.t.Context(), 0) {
		if err != nil {
			b.t.Fatal(err)
		}
		if _, ok := rec.Event.(*permitsv1.PermitApplicationOpened); ok {
			n++
		}
	}
	return n
}

// Numbers of documents have no gaps but for voided ones, each of which says
// why; a number in a document is used, whoever died in between.
func TestNumbersAreUsedOrVoided(t *testing.T) {
	var broken atomic.Bool
	b := open(t, "2026-09-01", func(s es.Store) es.Store {
		return &permitFault{Store: s, broken: &broken}
	})
	_, permit := b.file()
	b.goTo("2026-09-09")
	broken.Store(true)
	_, err := b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit})
	if err == nil {
		t.Fatal("the fault did not strike")
	}
	broken.Store(false)
	b.settle()
	done(b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit}))(b)
	b.goTo("2026-09-11")
	b.settle()
	var used, voided []int64
	for rec, err := range b.store.All(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		switch e := rec.Event.(type) {
		case *commonv1.NumberUsed:
			used = append(used, e.GetSerial())
		case *commonv1.NumberVoided:
			voided = append(voided, e.GetSerial())
			if e.GetReason() == "" {
				t.Error("a number is void without a reason")
			}
		}
	}
	if len(voided) != 1 || voided[0] != 1 || len(used) != 2 { // the site's sequence 1 and acceptance 2
		t.Errorf("used %v, voided %v", used, voided)
	}
}

// permitFault fails appends to permits while it is broken.
type permitFault struct {
	es.Store
	broken *atomic.Bool
}

func (f *permitFault) Append(ctx context.Context, stream string, expected es.Revision, meta es.Meta, events ...es.Event) (es.Appended, error) {
	if f.broken.Load() && len(stream) > 7 && stream[:7] == "permit-" {
		return es.Appended{}, errors.New("disk full")
	}
	return f.Store.Append(ctx, stream, expected, meta, events...)
}
