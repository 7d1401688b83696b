package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shiyang/gateway/web/words"
	identityv1 "shiyang/proto/identity/v1"
)

func TestInvitationCodeIsShownOnce(t *testing.T) {
	b := newBrowser(t)
	values := url.Values{"command": {newID()}, "role": {"firm_handler"}}
	r, body := b.post("firm_admin", "/zh/firms/"+firmID+"/invite", values)
	if r.StatusCode != http.StatusOK || !strings.Contains(body, "once-only-code-1234567890") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("first: %d", r.StatusCode)
	}
	if _, again := b.post("firm_admin", "/zh/firms/"+firmID+"/invite", values); strings.Contains(again, "once-only-code") {
		t.Error("the code is shown twice")
	}
}

func TestFreshPasswordIsShownOnce(t *testing.T) {
	b := newBrowser(t)
	path := "/zh/accounts/" + handlerID + "/reset-password"
	values := url.Values{"command": {newID()}, "reason": {"忘记口令"}}
	r, body := b.post("system_admin", path, values)
	if r.StatusCode != http.StatusOK || !strings.Contains(body, "once-only-pass-word-2345") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("first: %d", r.StatusCode)
	}
	if got := last[*identityv1.ResetPasswordRequest](t, b.o, "ResetPassword"); got.GetAccountId() != handlerID || got.GetReason() != "忘记口令" {
		t.Errorf("sent %v", got)
	}
	r, again := b.post("system_admin", path, values)
	if r.StatusCode != http.StatusOK || strings.Contains(again, "once-only") || !strings.Contains(again, words.DoneTwice.Zh) {
		t.Errorf("the password is shown twice, or the second page says nothing: %d", r.StatusCode)
	}
	if r, _ := b.post("system_admin", path, url.Values{"command": {newID()}, "reason": {""}}); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.StatusCode)
	}
}

func TestWhoseResetIsOffered(t *testing.T) {
	b := newBrowser(t)
	for as, want := range map[string]bool{"system_admin": true, "security_admin": false} {
		_, body := b.get(as, "/zh/accounts")
		if strings.Contains(body, "/accounts/"+appID+"/reset-password") != want {
			t.Errorf("%s: offered %v", as, !want)
		}
		if strings.Contains(body, "/accounts/"+clerkID+"/reset-password") || strings.Contains(body, "/accounts/"+handlerID+"/reset-password") {
			t.Errorf("%s: the own account or an ended one is offered", as)
		}
	}
}

func TestSiteCheckNamesColleagues(t *testing.T) {
	b := newBrowser(t)
	_, body := b.get("permit_examiner", "/zh/permits/"+permitID+"/act/record-site-check")
	offered := map[string]bool{} // account → already chosen
	walk(t, body, func(tag string, attr map[string]string) {
		if tag == "input" && attr["name"] == "officerIds" && attr["type"] == "checkbox" {
			_, offered[attr["value"]] = attr["checked"]
		}
	})
	if want := map[string]bool{clerkID: true, handlerID: false}; !maps.Equal(offered, want) {
		t.Errorf("offers %v, want oneself chosen, a colleague, and no administrator", offered)
	}
	if !strings.Contains(body, ">李文静</label>") {
		t.Error("a colleague has no name")
	}
}
