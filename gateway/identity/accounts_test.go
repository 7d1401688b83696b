package identity_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

func TestFirstAdministratorIsMadeOnce(t *testing.T) {
	o := newOffice(t)
	var work sync.WaitGroup
	passwords := make([]string, 4)
	for i := range passwords {
		work.Go(func() {
			passwords[i], _ = o.service.Bootstrap(t.Context(), "sysadmin", &commonv1.Person{Name: "管理员"})
		})
	}
	work.Wait()
	given := 0
	_, err := o.service.Bootstrap(t.Context(), "sysadmin", &commonv1.Person{Name: "管理员"})
	want(t, err, "ALREADY_INITIALISED")
	good := 0
	for _, p := range passwords {
		if p != "" {
			given++
			if _, err := o.service.SignIn(t.Context(), "sysadmin", p, ""); err == nil {
				good++
			}
		}
	}
	if good != 1 || given != 1 {
		t.Errorf("%d passwords were given and %d work, want 1", given, good)
	}
}

func TestRegisterAndSignIn(t *testing.T) {
	o := newOffice(t)
	u := o.register("zhao").signIn()
	me, err := o.client.GetMe(u.does(), &identityv1.GetMeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if me.GetAccountId() != u.id || me.GetLogin() != "zhao" || me.GetPerson().GetName() != "人员zhao" || len(me.GetSeats()) != 0 {
		t.Errorf("me = %v", me)
	}
	if role := u.caller().Actor.Role; role != "person" {
		t.Errorf("a new account acts as %s", role)
	}
}

func TestRegistrationIsChecked(t *testing.T) {
	o := newOffice(t)
	o.register("zhao")
	good := func() *identityv1.RegisterAccountRequest {
		return &identityv1.RegisterAccountRequest{Login: "qian", Password: secrets.GeneratePassword(), Person: &commonv1.Person{Name: "钱"}}
	}
	tests := map[string]struct {
		change              func(*identityv1.RegisterAccountRequest)
		path, value, reason string
	}{
		"taken login":    {func(r *identityv1.RegisterAccountRequest) { r.Login = "zhao" }, "login", "zhao", "LOGIN_TAKEN"},
		"no name":        {func(r *identityv1.RegisterAccountRequest) { r.Person.Name = "" }, "person.name", "", "REQUIRED"},
		"nobody":         {func(r *identityv1.RegisterAccountRequest) { r.Person = nil }, "person.name", "", "REQUIRED"},
		"long name":      {func(r *identityv1.RegisterAccountRequest) { r.Person.Name = strings.Repeat("长", 61) }, "person.name", "", "WRONG_LENGTH"},
		"long telephone": {func(r *identityv1.RegisterAccountRequest) { r.Person.Phone = strings.Repeat("1", 21) }, "person.phone", "", "WRONG_LENGTH"},
		"own telephone":  {func(r *identityv1.RegisterAccountRequest) { r.Person.Phone, r.Password = "13893512345", "x13893512345" }, "password", "", "TOO_COMMON"},
		"common":         {func(r *identityv1.RegisterAccountRequest) { r.Password = "Password12345" }, "password", "", "TOO_COMMON"},
		"holds login":    {func(r *identityv1.RegisterAccountRequest) { r.Password = "my-QIAN-secret" }, "password", "", "CONTAINS_LOGIN"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := good()
			tt.change(r)
			_, err := o.client.RegisterAccount(o.nobody(newID()), r)
			wantField(t, err, tt.path, tt.value, tt.reason)
		})
	}
	if _, err := o.client.RegisterAccount(o.nobody(newID()), good()); err != nil {
		t.Errorf("after all refusals the login is free: %v", err)
	}
}

func TestOneCommandOneAccount(t *testing.T) {
	o := newOffice(t)
	id := newID()
	r := &identityv1.RegisterAccountRequest{Login: "zhao", Password: "first-long-pass-7", Person: &commonv1.Person{Name: "赵"}}
	first, err := o.client.RegisterAccount(o.nobody(id), r)
	o.done(first.GetReceipt(), err)
	r.Password = "second-long-pass-8" // a stranger who saw the id tries to take the account over
	again, err := o.client.RegisterAccount(o.nobody(id), r)
	if err != nil || !again.GetReceipt().GetRepeated() || again.GetReceipt().GetPosition() != first.GetReceipt().GetPosition() {
		t.Errorf("again = %v, %v", again, err)
	}
	if _, err := o.service.SignIn(t.Context(), "zhao", "first-long-pass-7", ""); err != nil {
		t.Errorf("the first password must stay: %v", err)
	}
	r.Login = "qian"
	_, err = o.client.RegisterAccount(o.nobody(id), r)
	want(t, err, "COMMAND_ID_REUSED")
	r.Login = "qian"
	_, err = o.client.RegisterAccount(o.nobody(newID()), r)
	want(t, err, "") // the refused command gave the name back
}

func TestOneLoginAtOnce(t *testing.T) {
	o := newOffice(t)
	var work sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		work.Go(func() {
			_, errs[i] = o.client.RegisterAccount(o.nobody(newID()), &identityv1.RegisterAccountRequest{
				Login: "zhao", Password: "a-long-pass-word-9", Person: &commonv1.Person{Name: "赵"},
			})
		})
	}
	work.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		}
	}
	if good != 1 {
		t.Errorf("%d accounts got the login", good)
	}
}

func TestDutiesAndTheirLimits(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	clerk := admin.staff("wang", "permit_clerk", "620602")
	if a := clerk.caller().Actor; a.Role != "permit_clerk" || a.County != "620602" || a.Org != "620602" {
		t.Errorf("actor = %+v", a)
	}
	me, err := o.client.GetMe(clerk.does(), &identityv1.GetMeRequest{})
	if err != nil || me.GetSeatId() != "staff:permit_clerk:620602" || me.GetSeats()[0].GetOrgTitle().GetZh() != "武威市生态环境局（凉州区）" {
		t.Errorf("me = %v, %v", me, err)
	}
	want(t, admin.grant(clerk, "permit_examiner", "620602"), "")
	want(t, admin.grant(clerk, "auditor", "620600"), "INCOMPATIBLE_DUTIES")
	want(t, admin.grant(clerk, "system_admin", "620600"), "INCOMPATIBLE_DUTIES")
	want(t, admin.grant(admin, "permit_clerk", "620600"), "OWN_ACCOUNT")
	want(t, admin.grant(&user{office: o, id: newID()}, "officer", "620602"), "NOT_FOUND")
	want(t, clerk.grant(clerk, "head", "620600"), "NOT_YOUR_ROLE")
	_, err = o.client.ListAccounts(clerk.does(), &identityv1.ListAccountsRequest{})
	want(t, err, "NOT_YOUR_ROLE")
	page, err := o.client.ListAccounts(admin.does(), &identityv1.ListAccountsRequest{PageSize: 1, AtLeast: o.last})
	if err != nil || len(page.GetAccounts()) != 1 || page.GetAccounts()[0].GetLogin() != "sysadmin" {
		t.Fatalf("page = %v, %v", page, err)
	}
	page, err = o.client.ListAccounts(admin.does(), &identityv1.ListAccountsRequest{PageSize: 1, After: page.GetNext()})
	if err != nil || page.GetAccounts()[0].GetLogin() != "wang" || len(page.GetAccounts()[0].GetSeats()) != 2 || page.GetNext() != "" {
		t.Errorf("second page = %v, %v", page, err)
	}
	if phone := page.GetAccounts()[0].GetPerson().GetPhone(); phone != "" {
		t.Error("a list shows telephone numbers")
	}
}

// The token was good when it was issued; the right was revoked before the
// command arrived.
func TestRevocationEndsAccessAtOnce(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	second := admin.staff("liu", "system_admin", "620600")
	held := second.does()
	_, err := o.client.RevokeStaffRole(admin.does(), &identityv1.RevokeStaffRoleRequest{
		AccountId: second.id, Role: "system_admin", County: "620600", Reason: "调离",
	})
	want(t, err, "")
	_, err = o.client.GrantStaffRole(held, &identityv1.GrantStaffRoleRequest{
		AccountId: admin.id, Role: "security_admin", County: "620600", Reason: "r",
	})
	want(t, err, "NOT_YOUR_ROLE")
	_, _, err = o.service.Actor(t.Context(), second.token)
	want(t, err, "SIGN_IN_FIRST")
	_, err = o.client.RevokeStaffRole(admin.does(), &identityv1.RevokeStaffRoleRequest{
		AccountId: admin.id, Role: "system_admin", County: "620600", Reason: "r",
	})
	want(t, err, "OWN_ACCOUNT")
}

func TestDisabledAccountIsOut(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	u := o.register("zhao").signIn()
	held := u.does()
	r, err := o.client.DisableAccount(admin.does(), &identityv1.DisableAccountRequest{AccountId: u.id, Reason: "离职"})
	o.done(r.GetReceipt(), err)
	_, _, err = o.service.Actor(t.Context(), u.token)
	want(t, err, "SIGN_IN_FIRST")
	_, err = o.client.GetMe(held, &identityv1.GetMeRequest{})
	want(t, err, "SIGN_IN_FIRST")
	_, err = o.service.SignIn(t.Context(), u.login, u.password, "")
	want(t, err, "WRONG_CREDENTIALS")
	want(t, admin.grant(u, "officer", "620602"), "ACCOUNT_DISABLED")
	_, err = o.client.DisableAccount(admin.does(), &identityv1.DisableAccountRequest{AccountId: admin.id, Reason: "r"})
	want(t, err, "OWN_ACCOUNT")
}

func TestSessions(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	wang := admin.staff("wang", "permit_clerk", "620602")
	want(t, admin.grant(wang, "permit_examiner", "620602"), "")
	old := wang.token
	session, err := o.service.SwitchSeat(t.Context(), old, "staff:permit_examiner:620602")
	if err != nil || session.Token == old || session.SeatID != "staff:permit_examiner:620602" {
		t.Fatalf("switched to %+v, %v", session, err)
	}
	_, _, err = o.service.Actor(t.Context(), old)
	want(t, err, "SIGN_IN_FIRST")
	_, err = o.service.SwitchSeat(t.Context(), session.Token, "staff:head:620600")
	want(t, err, "NOT_YOUR_SEAT")
	_, err = o.service.SwitchSeat(t.Context(), session.Token, "throne")
	want(t, err, "NOT_YOUR_SEAT")
	o.clock.advance(29 * time.Minute)
	if caller, _, err := o.service.Actor(t.Context(), session.Token); err != nil || caller.Actor.Role != "permit_examiner" {
		t.Errorf("after 29 minutes: %+v, %v", caller, err)
	}
	o.clock.advance(30 * time.Minute)
	_, _, err = o.service.Actor(t.Context(), session.Token)
	want(t, err, "SIGN_IN_FIRST")
	wang.signIn()
	if err := o.service.SignOut(t.Context(), wang.token); err != nil {
		t.Fatal(err)
	}
	_, _, err = o.service.Actor(t.Context(), wang.token)
	want(t, err, "SIGN_IN_FIRST")
}

func TestSessionEndsHoweverBusy(t *testing.T) {
	o := newOffice(t)
	u := o.register("zhao").signIn()
	for range 31 { // every quarter of an hour
		o.clock.advance(15 * time.Minute)
		u.caller()
	}
	o.clock.advance(15 * time.Minute)
	_, _, err := o.service.Actor(t.Context(), u.token)
	want(t, err, "SIGN_IN_FIRST")
}

func TestChangePassword(t *testing.T) {
	o := newOffice(t)
	u := o.register("zhao").signIn()
	change := func(old, fresh string) error {
		_, err := o.client.ChangePassword(u.does(), &identityv1.ChangePasswordRequest{OldPassword: old, NewPassword: fresh})
		return err
	}
	wantField(t, change("wrong", "a-long-pass-word-9"), "oldPassword", "", "WRONG_PASSWORD")
	wantField(t, change(u.password, "123456789012"), "newPassword", "", "TOO_COMMON")
	id := newID()
	ctx := u.sends(id)
	request := &identityv1.ChangePasswordRequest{OldPassword: u.password, NewPassword: "a-long-pass-word-9"}
	_, err := o.client.ChangePassword(ctx, request)
	want(t, err, "")
	again, err := o.client.ChangePassword(ctx, request) // the answer was lost
	if err != nil || !again.GetReceipt().GetRepeated() {
		t.Errorf("again = %v, %v", again, err)
	}
	_, _, err = o.service.Actor(t.Context(), u.token)
	want(t, err, "SIGN_IN_FIRST")
	_, err = o.service.SignIn(t.Context(), u.login, u.password, "")
	want(t, err, "WRONG_CREDENTIALS")
	u.password = "a-long-pass-word-9"
	u.signIn()
}

// A registration broke off after it took the name; ten minutes later the
// ticker frees it.
func TestAbandonedLoginIsFreeAgain(t *testing.T) {
	o := newOffice(t)
	u := o.register("zhao").signIn()
	keys := reserve.New(o.log.Store, reserve.Options{Now: o.clock.Now})
	abandoned := es.Meta{CommandID: newID(), Actor: rpc.Actor{ID: "public", Role: "public"}}
	if _, err := keys.Reserve(t.Context(), abandoned, "login", "qian", es.StreamName("account", abandoned.CommandID)); err != nil {
		t.Fatal(err)
	}
	o.last = uint64(o.log.Store.Head())
	o.caughtUp(u)
	round := func() (did int) {
		for _, job := range o.service.Jobs() {
			n, err := job.Run(t.Context(), o.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			did += n
		}
		return did
	}
	r := &identityv1.RegisterAccountRequest{Login: "qian", Password: "a-long-pass-word-9", Person: &commonv1.Person{Name: "钱"}}
	_, err := o.client.RegisterAccount(o.nobody(newID()), r)
	wantField(t, err, "login", "qian", "LOGIN_TAKEN")
	if did := round(); did != 0 {
		t.Errorf("%d things done at once", did)
	}
	o.clock.advance(11 * time.Minute)
	if did := round(); did != 1 {
		t.Errorf("%d things done, want the name freed", did)
	}
	_, err = o.client.RegisterAccount(o.nobody(newID()), r)
	want(t, err, "")
}
