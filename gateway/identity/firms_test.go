package identity_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/gateway/identity/firm"
	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

const uscc = "91350100M000100Y43" // the sample of GB 32100-2015

func file(kind string) *commonv1.Attachment {
	return &commonv1.Attachment{Sha256: strings.Repeat("a", 64), Size: 9, MediaType: "application/pdf", Kind: kind, Title: kind + ".pdf"}
}

func application() *identityv1.ApplyForFirmRequest {
	return &identityv1.ApplyForFirmRequest{Uscc: uscc, UnitName: "示例水泥厂", Division: "620602", Licence: file("licence"), Mandate: file("mandate")}
}

func (u *user) apply(r *identityv1.ApplyForFirmRequest) string {
	u.t.Helper()
	answer, err := u.client.ApplyForFirm(u.does(), r)
	return u.done(answer.GetReceipt(), err).GetRecordId()
}

func (u *user) decide(applicationID string, approve bool, reason string) error {
	answer, err := u.client.DecideFirmApplication(u.does(), &identityv1.DecideFirmApplicationRequest{
		ApplicationId: applicationID, Approve: approve, Reason: reason,
	})
	u.last = max(u.last, answer.GetReceipt().GetPosition())
	return err
}

// caughtUp waits until the directory has seen the last command.
func (o *office) caughtUp(u *user) {
	o.t.Helper()
	if _, err := o.client.ListFirmApplications(u.does(), &identityv1.ListFirmApplicationsRequest{AtLeast: o.last}); err != nil {
		o.t.Fatal(err)
	}
}

// village is an office with a clerk and a firm with its administrator.
func village(t *testing.T) (o *office, clerk, boss *user, firmID string) {
	t.Helper()
	o = newOffice(t)
	clerk = o.administrator().staff("wang", "permit_clerk", "620602")
	boss = o.register("boss").signIn()
	id := boss.apply(application())
	want(t, clerk.decide(id, true, ""), "")
	o.caughtUp(clerk)
	firmID = firm.ID(uscc)
	boss.seat("firm:" + firmID)
	return o, clerk, boss, firmID
}

func TestOnboarding(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	if a := boss.caller().Actor; a.Role != "firm_admin" || a.Org != firmID {
		t.Errorf("actor = %+v", a)
	}
	shown, err := o.client.GetFirm(boss.does(), &identityv1.GetFirmRequest{FirmId: firmID, AtLeast: o.last})
	if err != nil || shown.GetUscc() != uscc || len(shown.GetMembers()) != 1 || shown.GetMembers()[0].GetPerson().GetName() != "人员boss" {
		t.Errorf("firm = %v, %v", shown, err)
	}
	// A second person of the same firm becomes a handler; there is one firm.
	second := o.register("zhou").signIn()
	id := second.apply(application())
	want(t, clerk.decide(id, true, ""), "")
	o.caughtUp(clerk)
	if role := second.seat("firm:" + firmID).caller().Actor.Role; role != "firm_handler" {
		t.Errorf("the second person is %s", role)
	}
	want(t, clerk.decide(id, false, "r"), "ALREADY_DECIDED")
	// Several firms per person.
	other := application()
	other.Uscc, other.UnitName, other.LegalRepresentative = "91110000600037341L", "示例回收站", true
	id = second.apply(other)
	want(t, clerk.decide(id, true, ""), "")
	o.caughtUp(clerk)
	me, err := o.client.GetMe(second.signIn().does(), &identityv1.GetMeRequest{})
	if err != nil || len(me.GetSeats()) != 2 {
		t.Errorf("seats = %v, %v", me.GetSeats(), err)
	}
}

func TestApplicationsAreChecked(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	clerk := admin.staff("wang", "permit_clerk", "620602")
	elsewhere := admin.staff("minqin", "permit_clerk", "620621")
	u := o.register("zhao").signIn()
	bad := application()
	bad.Uscc = "91350100M000100Y44"
	_, err := o.client.ApplyForFirm(u.does(), bad)
	wantField(t, err, "uscc", bad.Uscc, "USCC_CHECK_DIGIT")
	bad = application()
	bad.Mandate = nil
	_, err = o.client.ApplyForFirm(u.does(), bad)
	wantField(t, err, "mandate", "", "MANDATE_REQUIRED")
	_, err = o.client.ApplyForFirm(clerk.does(), application())
	want(t, err, "NOT_YOUR_ROLE")

	id := u.apply(application())
	want(t, elsewhere.decide(id, true, ""), "NOT_FOUND")
	want(t, u.decide(id, true, ""), "NOT_YOUR_ROLE")
	want(t, clerk.decide(newID(), true, ""), "NOT_FOUND")
	wantField(t, clerk.decide(id, false, ""), "reason", "", "REQUIRED")

	list := func(who *user) int {
		page, err := o.client.ListFirmApplications(who.does(), &identityv1.ListFirmApplicationsRequest{State: "open", AtLeast: o.last})
		want(t, err, "")
		return len(page.GetApplications())
	}
	if list(clerk) != 1 || list(elsewhere) != 0 || list(u) != 1 || list(o.register("other").signIn()) != 0 {
		t.Error("lists show too much or too little")
	}
	// The applicant becomes a clerk, and would decide the own application.
	want(t, admin.grant(u, "permit_clerk", "620602"), "")
	want(t, u.seat("staff:permit_clerk:620602").decide(id, true, ""), "SAME_PERSON")
	want(t, clerk.decide(id, true, ""), "STAFF_ACCOUNT")
	want(t, clerk.decide(id, false, "已是本局人员"), "")
}

// Two clerks approve two applications of one firm at the same time.
func TestOneFirmPerCreditCode(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	clerks := []*user{admin.staff("wang", "permit_clerk", "620602"), admin.staff("zhang", "permit_clerk", "620600")}
	ids := []string{o.register("one").signIn().apply(application()), o.register("two").signIn().apply(application())}
	calls := []context.Context{clerks[0].does(), clerks[1].does()}
	var work sync.WaitGroup
	for i := range clerks {
		work.Go(func() {
			_, err := o.client.DecideFirmApplication(calls[i], &identityv1.DecideFirmApplicationRequest{ApplicationId: ids[i], Approve: true})
			want(t, err, "")
		})
	}
	work.Wait()
	entered, joined := 0, 0
	for e := range o.log.Store.Raw(0) {
		switch e.Type {
		case "identity.v1.FirmRegistered":
			entered++
		case "identity.v1.MemberJoined":
			joined++
		}
	}
	if entered != 1 || joined != 2 {
		t.Errorf("%d firms with %d members, want one with two", entered, joined)
	}
}

func TestStaffAndFirmExcludeEachOther(t *testing.T) {
	o, _, boss, firmID := village(t)
	want(t, o.admin.grant(boss, "officer", "620602"), "ACTS_FOR_FIRM")
	code, err := invite(boss, &identityv1.InviteMemberRequest{FirmId: firmID, Role: "firm_handler"})
	want(t, err, "")
	u := o.register("zhou").signIn()
	held := u.does() // signed in before the duty
	want(t, o.admin.grant(u, "officer", "620602"), "")
	_, err = o.client.AcceptInvitation(held, &identityv1.AcceptInvitationRequest{Code: code})
	want(t, err, "STAFF_ACCOUNT")
}

func invite(u *user, r *identityv1.InviteMemberRequest) (string, error) {
	answer, err := u.client.InviteMember(u.does(), r)
	return answer.GetCode(), err
}

func (u *user) accept(code string) error {
	answer, err := u.client.AcceptInvitation(u.does(), &identityv1.AcceptInvitationRequest{Code: code})
	u.last = max(u.last, answer.GetReceipt().GetPosition())
	return err
}

func TestInvitation(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	id := newID()
	request := &identityv1.InviteMemberRequest{FirmId: firmID, Role: "firm_handler"}
	first, err := o.client.InviteMember(boss.sends(id), request)
	want(t, err, "")
	again, err := o.client.InviteMember(boss.sends(id), request)
	if err != nil || again.GetCode() != first.GetCode() || len(first.GetCode()) < 50 {
		t.Errorf("the same command shows %q, then %q, %v", first.GetCode(), again.GetCode(), err)
	}
	for e := range o.log.Store.Raw(0) {
		if strings.Contains(string(e.Data)+string(e.Metadata), first.GetCode()) {
			t.Error("the log holds the code")
		}
	}
	u := o.register("zhou").signIn()
	want(t, u.accept("AAAAAAAAAAAAAAAAAAAAAAAA"), "INVITATION_UNKNOWN")
	want(t, u.accept(strings.Repeat("A", 52)), "INVITATION_UNKNOWN")
	want(t, u.accept(" "+strings.ToLower(first.GetCode())), "")
	o.caughtUp(clerk)
	if role := u.seat("firm:" + firmID).caller().Actor.Role; role != "firm_handler" {
		t.Errorf("joined as %s", role)
	}
	want(t, o.register("late").signIn().accept(first.GetCode()), "INVITATION_USED")
	_, err = invite(u, request)
	want(t, err, "NOT_YOUR_ROLE")
	second, err := invite(boss, request)
	want(t, err, "")
	want(t, u.accept(second), "ALREADY_MEMBER")
	o.clock.advance(8 * 24 * time.Hour)
	want(t, o.register("later").signIn().accept(second), "INVITATION_EXPIRED")
}

func TestConsultantNeedsAMandateThatRuns(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	request := func() *identityv1.InviteMemberRequest {
		return &identityv1.InviteMemberRequest{
			FirmId: firmID, Role: "consultant", Mandate: file("mandate"),
			From: &commonv1.Date{Iso: "2026-11-23"}, To: &commonv1.Date{Iso: "2026-11-25"},
		}
	}
	for name, tt := range map[string]struct {
		change              func(*identityv1.InviteMemberRequest)
		path, value, reason string
	}{
		"no first day": {func(r *identityv1.InviteMemberRequest) { r.From = nil }, "from", "", "REQUIRED"},
		"no last day":  {func(r *identityv1.InviteMemberRequest) { r.To = nil }, "to", "", "REQUIRED"},
		"no mandate":   {func(r *identityv1.InviteMemberRequest) { r.Mandate = nil }, "mandate", "", "MANDATE_REQUIRED"},
		"backwards":    {func(r *identityv1.InviteMemberRequest) { r.From.Iso = "2026-12-01" }, "to", "2026-11-25", "ENDS_BEFORE_START"},
		"over":         {func(r *identityv1.InviteMemberRequest) { r.From, r.To.Iso = nil, "2026-11-22" }, "", "", ""},
	} {
		r := request()
		tt.change(r)
		_, err := invite(boss, r)
		if tt.path == "" {
			p := rpc.ProblemFrom(err)
			if p == nil || len(p.Errors) != 2 || p.Errors[1].Reason != "ALREADY_OVER" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		wantField(t, err, tt.path, tt.value, tt.reason)
	}
	code, err := invite(boss, request())
	want(t, err, "")
	u := o.register("advisor").signIn()
	want(t, u.accept(code), "")
	o.caughtUp(clerk)
	u.seat("firm:" + firmID)
	if a := u.caller().Actor; a.Role != "consultant" || len(a.OnBehalfOf) != 1 || a.OnBehalfOf[0] != firmID {
		t.Errorf("actor = %+v", a)
	}
	o.clock.advance(3 * 24 * time.Hour) // 2026-11-26
	u.signIn()
	_, err = o.service.SwitchSeat(t.Context(), u.token, "firm:"+firmID)
	want(t, err, "NOT_YOUR_SEAT")
}

// The mandate ends at midnight in Wuwei while the session is in use.
func TestMandateEndsDuringASession(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	code, err := invite(boss, &identityv1.InviteMemberRequest{
		FirmId: firmID, Role: "consultant", Mandate: file("mandate"),
		From: &commonv1.Date{Iso: "2026-11-23"}, To: &commonv1.Date{Iso: "2026-11-23"},
	})
	want(t, err, "")
	u := o.register("advisor").signIn()
	want(t, u.accept(code), "")
	o.caughtUp(clerk)
	o.clock.advance(13*time.Hour + 59*time.Minute) // 23:59
	u.seat("firm:" + firmID)
	held := u.does()
	o.clock.advance(time.Minute)
	_, err = o.client.GetFirm(held, &identityv1.GetFirmRequest{FirmId: firmID})
	want(t, err, "NOT_YOUR_ROLE")
	_, _, err = o.service.Actor(t.Context(), u.token)
	want(t, err, "SIGN_IN_FIRST")
}

func TestRevokedMemberIsOut(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	code, err := invite(boss, &identityv1.InviteMemberRequest{FirmId: firmID, Role: "firm_admin"})
	want(t, err, "")
	u := o.register("zhou").signIn()
	want(t, u.accept(code), "")
	o.caughtUp(clerk)
	u.seat("firm:" + firmID)
	held := u.does()
	revoke := func(by *user, whom, firmID string) error {
		_, err := o.client.RevokeMember(by.does(), &identityv1.RevokeMemberRequest{FirmId: firmID, AccountId: whom, Reason: "离职"})
		return err
	}
	want(t, revoke(boss, newID(), firmID), "NOT_FOUND")
	want(t, revoke(boss, u.id, newID()), "NOT_FOUND")
	want(t, revoke(boss, u.id, firmID), "")
	_, err = o.client.InviteMember(held, &identityv1.InviteMemberRequest{FirmId: firmID, Role: "firm_admin"})
	want(t, err, "NOT_YOUR_ROLE")
	_, _, err = o.service.Actor(t.Context(), u.token)
	want(t, err, "SIGN_IN_FIRST")
	want(t, revoke(boss, boss.id, firmID), "LAST_ADMINISTRATOR")
}

func TestForeignFirmDoesNotExist(t *testing.T) {
	o, clerk, boss, _ := village(t)
	other := application()
	other.Uscc, other.Division = "91110000600037341L", "620602"
	u := o.register("zhou").signIn()
	want(t, clerk.decide(u.apply(other), true, ""), "")
	foreign := firm.ID(other.GetUscc())
	_, err := o.client.GetFirm(boss.does(), &identityv1.GetFirmRequest{FirmId: foreign})
	want(t, err, "NOT_FOUND")
	_, err = invite(boss, &identityv1.InviteMemberRequest{FirmId: foreign, Role: "firm_handler"})
	want(t, err, "NOT_FOUND")
	if _, err := o.client.GetFirm(clerk.does(), &identityv1.GetFirmRequest{FirmId: foreign}); err != nil {
		t.Errorf("the clerk of the county: %v", err)
	}
}

func TestNamesForThoseWhoMaySeeThem(t *testing.T) {
	o, clerk, boss, firmID := village(t)
	stranger := o.register("stranger").signIn()
	ids := []string{boss.id, clerk.id, stranger.id, firmID, newID()}
	names := func(u *user) string {
		answer, err := o.client.ResolveNames(u.does(), &identityv1.ResolveNamesRequest{Ids: ids})
		want(t, err, "")
		var seen []string
		for _, id := range ids {
			if name, ok := answer.GetNames()[id]; ok {
				seen = append(seen, name)
			}
		}
		return strings.Join(seen, " ")
	}
	o.caughtUp(clerk)
	for who, tt := range map[string]struct {
		user *user
		want string
	}{
		"clerk of the county": {clerk, "人员boss 人员wang 示例水泥厂"},
		"the firm":            {boss, "人员boss 示例水泥厂"},
		"a stranger":          {stranger, "人员stranger"},
	} {
		if got := names(tt.user); got != tt.want {
			t.Errorf("%s sees %q, want %q", who, got, tt.want)
		}
	}
}

// The clerk's command broke off between approval and membership.
func TestReactionCompletesAnAdmission(t *testing.T) {
	o := newOffice(t)
	clerk := o.administrator().staff("wang", "permit_clerk", "620602")
	u := o.register("zhao").signIn()
	id := u.apply(application())
	firmID := firm.ID(uscc)
	o.last = uint64(o.log.Append(t, es.StreamName("firmapplication", id), &identityv1.FirmApplicationApproved{FirmId: firmID}))
	reactor := readmodel.NewReactor(o.db, o.log, o.codec, readmodel.Options{Logger: slog.New(slog.DiscardHandler), Now: o.clock.Now},
		o.service.Reactions()...)
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = reactor.Run(ctx) })
	defer func() { stop(); work.Wait() }()
	for reactor.Status()[0].Position < es.Position(o.last) {
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("the reaction never got there: %+v", reactor.Status())
		}
	}
	o.last = uint64(o.log.Store.Head())
	o.caughtUp(clerk)
	if role := u.seat("firm:" + firmID).caller().Actor.Role; role != "firm_admin" {
		t.Errorf("joined as %s", role)
	}
}
