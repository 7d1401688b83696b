package identity_test

import (
	"strings"
	"testing"

	identityv1 "shiyang/proto/identity/v1"
)

func (u *user) reset(commandID, accountID string) (*identityv1.ResetPasswordResponse, error) {
	u.t.Helper()
	return u.client.ResetPassword(u.sends(commandID), &identityv1.ResetPasswordRequest{AccountId: accountID, Reason: "忘记口令"})
}

func TestResetPassword(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	u := o.register("zhao").signIn()
	held := u.token
	for range 5 {
		_, err := o.service.SignIn(t.Context(), u.login, "a forgotten password", "10.0.0.9")
		want(t, err, "WRONG_CREDENTIALS")
	}
	_, err := o.service.SignIn(t.Context(), u.login, u.password, "10.0.0.1")
	want(t, err, "TOO_MANY_ATTEMPTS")

	command := newID()
	answer, err := admin.reset(command, u.id)
	o.done(answer.GetReceipt(), err)
	if len(answer.GetPassword()) != 24 || answer.GetPassword() == u.password {
		t.Errorf("password %q", answer.GetPassword())
	}
	_, _, err = o.service.Actor(t.Context(), held)
	want(t, err, "SIGN_IN_FIRST")
	old := u.password
	u.password = answer.GetPassword()
	u.signIn() // although the name was locked out
	_, err = o.service.SignIn(t.Context(), u.login, old, "10.0.0.1")
	want(t, err, "WRONG_CREDENTIALS")
	events, err := u.past("account", u.id)
	want(t, err, "")
	if sentences, all := told(events); !strings.HasSuffix(sentences, "|重置口令：忘记口令") || strings.Contains(all, u.password) ||
		events[len(events)-1].GetActorId() != admin.id {
		t.Errorf("told %s", sentences)
	}

	again, err := admin.reset(command, u.id) // the answer was lost
	if err != nil || !again.GetReceipt().GetRepeated() || again.GetPassword() != u.password {
		t.Errorf("again = %v, %v", again.GetReceipt(), err)
	}
	u.caller() // the second one ended nothing
	other, err := admin.reset(newID(), u.id)
	if err != nil || other.GetPassword() == u.password || other.GetPassword() == "" {
		t.Errorf("another reset gives the same password: %v", err)
	}
}

// A command that is sent again late must not undo what the holder did since.
func TestLateResetLeavesTheHoldersPassword(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	u := o.register("zhao")
	command := newID()
	answer, err := admin.reset(command, u.id)
	o.done(answer.GetReceipt(), err)
	u.password = answer.GetPassword()
	u.signIn()
	_, err = o.client.ChangePassword(u.does(), &identityv1.ChangePasswordRequest{OldPassword: u.password, NewPassword: "a-long-pass-word-9"})
	want(t, err, "")
	u.password = "a-long-pass-word-9"
	again, err := admin.reset(command, u.id)
	if err != nil || !again.GetReceipt().GetRepeated() || again.GetPassword() != "" {
		t.Errorf("again = %v, %v", again, err)
	}
	u.signIn()
}

func TestWhoMayResetWhose(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	u, gone := o.register("zhao").signIn(), o.register("qian")
	clerk, guard := admin.staff("wang", "permit_clerk", "620602"), admin.staff("guard", "security_admin", "620600")
	other := admin.staff("other", "permit_clerk", "620621") // acts in none of the cases, which run in any order
	r, err := o.client.DisableAccount(admin.does(), &identityv1.DisableAccountRequest{AccountId: gone.id, Reason: "离职"})
	o.done(r.GetReceipt(), err)
	for name, tt := range map[string]struct {
		by      *user
		account string
		reason  string
	}{
		"own account":            {admin, admin.id, "OWN_ACCOUNT"},
		"ended account":          {admin, gone.id, "ACCOUNT_DISABLED"},
		"nobody":                 {admin, newID(), "NOT_FOUND"},
		"by a clerk":             {clerk, u.id, "NOT_YOUR_ROLE"},
		"by the security admin":  {guard, u.id, "NOT_YOUR_ROLE"},
		"by somebody signed in":  {u, clerk.id, "NOT_YOUR_ROLE"},
		"the account of another": {admin, other.id, ""},
	} {
		answer, err := tt.by.reset(newID(), tt.account)
		want(t, err, tt.reason)
		if shown := answer.GetPassword() != ""; shown != (tt.reason == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	u.signIn()
	admin.signIn()
}

func TestColleagues(t *testing.T) {
	o := newOffice(t)
	admin := o.administrator()
	clerk := admin.staff("wang", "permit_clerk", "620602")
	admin.staff("far", "officer", "620621")
	admin.staff("near", "officer", "620602")
	o.caughtUp(clerk)
	list, err := o.client.ListColleagues(clerk.does(), &identityv1.ListColleaguesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range list.GetColleagues() {
		names = append(names, c.GetName()+" "+strings.Join(c.GetRoles(), ","))
	}
	if got := strings.Join(names, "|"); got != "人员near officer|管理员 system_admin|人员wang permit_clerk" {
		t.Errorf("colleagues %s", got)
	}
	_, err = o.client.ListColleagues(o.register("zhao").signIn().does(), &identityv1.ListColleaguesRequest{})
	want(t, err, "NOT_YOUR_ROLE")
}
