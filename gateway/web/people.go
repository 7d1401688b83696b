package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"github.com/google/uuid"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// personID gives a person that a form names for the first time an id that is
// the same however often the form is sent.
func personID(p *commonv1.Person, command, part string) {
	if p != nil && p.GetId() == "" {
		space, err := uuid.Parse(command)
		if err != nil {
			space = uuid.Nil
		}
		p.Id = uuid.NewSHA1(space, []byte(part)).String()
	}
}

func (p *pages) openAccount(*visit) (*task, error) {
	t := p.accountTask(words.OpenAccount, words.OpenAccountLead)
	t.Back = "/"
	t.Done = func(v *visit, _ *commonv1.Receipt) error { return v.see("/?done=1") }
	return t, nil
}

func (p *pages) newStaff(*visit) (*task, error) {
	t := p.accountTask(words.NewStaff, words.NewStaffLead)
	t.Back, t.Here, t.Done = "/accounts", "/accounts", record("/accounts")
	return t, nil
}

func (p *pages) accountTask(title, lead words.Text) *task {
	request := &identityv1.RegisterAccountRequest{}
	return &task{
		Task:    component.Task{Title: title, Lead: lead, Button: title, Filled: form.Filled{Form: sheet.Account()}},
		Request: request,
		Prepare: func(command string) { personID(request.GetPerson(), command, "person") },
		Send:    send(p.Identity.RegisterAccount, request),
	}
}

func (p *pages) account(v *visit) error {
	me, err := p.Identity.GetMe(v.ask(), &identityv1.GetMeRequest{})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Account(v.frame(words.MyAccount.In(v.text()), "/account"), me, v.query("done")))
}

func (p *pages) changePassword(*visit) (*task, error) {
	request := &identityv1.ChangePasswordRequest{}
	return &task{
		Task: component.Task{
			Title: words.ChangePassword, Button: words.ChangePassword, Back: "/account",
			Crumbs: []component.Crumb{{Text: words.MyAccount, Path: "/account"}, {Text: words.ChangePassword}},
			Filled: form.Filled{Form: sheet.Password()},
		},
		Here: "/account", Request: request,
		Send: send(p.Identity.ChangePassword, request), Done: record("/account"),
	}, nil
}

func (p *pages) firmApplications(v *visit) error {
	clerk := may["DecideFirmApplication"][v.role()]
	ask := &identityv1.ListFirmApplicationsRequest{After: v.query("after"), AtLeast: v.atLeast()}
	if clerk {
		ask.State = "open"
	}
	list, err := p.Identity.ListFirmApplications(v.ask(), ask)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(list.GetApplications()))
	for _, a := range list.GetApplications() {
		ids = append(ids, a.GetAccountId())
	}
	f := v.frame(words.FirmApplications.In(v.text()), "/firm-applications")
	return v.show(http.StatusOK, page.FirmApplications(f, list, v.names(ids), clerk, v.next(list.GetNext()), v.query("done")))
}

func (p *pages) applyForFirm(*visit) (*task, error) {
	request := &identityv1.ApplyForFirmRequest{}
	return &task{
		Task: component.Task{
			Title: words.ActForFirm, Lead: words.ActForFirmLead, Button: words.SendApplication, Back: "/firm-applications",
			Filled: form.Filled{Form: sheet.Firm()},
		},
		Here: "/firm-applications/new", Request: request,
		Send: send(p.Identity.ApplyForFirm, request), Done: record("/firm-applications"),
	}, nil
}

func (p *pages) acceptInvitation(*visit) (*task, error) {
	request := &identityv1.AcceptInvitationRequest{}
	return &task{
		Task: component.Task{
			Title: words.AcceptInvitation, Button: words.JoinFirm, Back: "/seats", Filled: form.Filled{Form: sheet.Join()},
		},
		Here: "/invitations", Request: request,
		Send: send(p.Identity.AcceptInvitation, request), Done: record("/seats"),
	}, nil
}

func (p *pages) decideFirm(v *visit) (*task, error) {
	id := v.r.PathValue("id")
	list, err := p.Identity.ListFirmApplications(v.ask(), &identityv1.ListFirmApplicationsRequest{State: "open", PageSize: 200})
	if err != nil {
		return nil, err
	}
	for _, a := range list.GetApplications() {
		if a.GetApplicationId() != id {
			continue
		}
		request := &identityv1.DecideFirmApplicationRequest{ApplicationId: id}
		return &task{
			Task: component.Task{
				Title: words.DecideApplication, Button: words.RecordResult, Back: "/firm-applications",
				Crumbs: []component.Crumb{{Text: words.FirmApplications, Path: "/firm-applications"}, {Text: words.Same(a.GetUnitName())}},
				Filled: form.Filled{Form: sheet.FirmDecision()},
			},
			Here: "/firm-applications", Request: request,
			Aside: page.FirmApplication(a, v.names([]string{a.GetAccountId()})[a.GetAccountId()]),
			Send:  send(p.Identity.DecideFirmApplication, request), Done: record("/firm-applications"),
		}, nil
	}
	return nil, problem.ErrNotFound
}

// names asks what people call opaque ids; those that may not be seen, or
// cannot be asked for now, are left out.
func (v *visit) names(ids []string) map[string]string {
	if len(ids) == 0 || v.session == nil {
		return nil
	}
	answer, err := v.Identity.ResolveNames(v.ask(), &identityv1.ResolveNamesRequest{Ids: distinct(ids)})
	if err != nil {
		return nil
	}
	return answer.GetNames()
}

// distinct keeps the first of equal account ids, at most 200.
func distinct(ids []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, id := range ids {
		if _, err := uuid.Parse(id); err == nil && !seen[id] && len(out) < 200 {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// next is the address of a list's next page; empty at the end.
func (v *visit) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	q := v.r.URL.Query()
	q.Set("after", cursor)
	q.Del("done")
	return v.r.URL.Path + "?" + q.Encode()
}

func (p *pages) ownFirm(v *visit) error {
	if s := v.seat(); s != nil && isFirm(rpc.Role(s.GetRole())) {
		return v.see(component.Record("firms", s.GetOrg()))
	}
	return problem.ErrNotFound
}

func (p *pages) firm(v *visit) error {
	got, err := p.Identity.GetFirm(v.ask(), &identityv1.GetFirmRequest{FirmId: v.r.PathValue("id"), AtLeast: v.atLeast()})
	if err != nil {
		return err
	}
	mine := v.role() == rpc.FirmAdmin && v.seat().GetOrg() == got.GetFirmId()
	return v.show(http.StatusOK, page.Firm(v.frame(got.GetUnitName(), "/firm"), got, mine, v.query("done")))
}

func (p *pages) invite(v *visit) (*task, error) {
	id := v.r.PathValue("id")
	request := &identityv1.InviteMemberRequest{FirmId: id}
	var answer *identityv1.InviteMemberResponse
	return &task{
		Task: component.Task{
			Title: words.InviteMember, Lead: words.InviteLead, Button: words.Invite, Back: component.Record("firms", id),
			Filled: form.Filled{Form: sheet.Invitation()},
		},
		Here: "/firm", Request: request, Send: keep(p.Identity.InviteMember, request, &answer),
		Done: func(v *visit, _ *commonv1.Receipt) error {
			return v.show(http.StatusOK, page.Invited(v.frame(words.InvitationMade.In(v.text()), "/firm"), id, answer.GetCode()))
		},
	}, nil
}

func (p *pages) revokeMember(v *visit) (*task, error) {
	id, account := v.r.PathValue("id"), v.r.PathValue("account")
	request := &identityv1.RevokeMemberRequest{FirmId: id, AccountId: account}
	back := component.Record("firms", id)
	return &task{
		Task: component.Task{
			Title: words.RevokeMember, Lead: words.RevokeMemberLead, Button: words.Revoke, Risky: true, Back: back,
			Crumbs: []component.Crumb{{Text: words.FirmData, Path: back}, {Text: words.Same(orID(v.names([]string{account}), account))}},
			Filled: form.Filled{Form: sheet.Why("reason", words.ReasonOfThis, 500)},
		},
		Here: "/firm", Request: request, Send: send(p.Identity.RevokeMember, request), Done: record(back),
	}, nil
}

func orID(names map[string]string, id string) string {
	if name := names[id]; name != "" {
		return name
	}
	return id
}

func (p *pages) accounts(v *visit) error {
	list, err := p.Identity.ListAccounts(v.ask(), &identityv1.ListAccountsRequest{After: v.query("after"), AtLeast: v.atLeast()})
	if err != nil {
		return err
	}
	resets := func(accountID string) bool {
		return may["ResetPassword"][v.role()] && accountID != v.session.Account
	}
	return v.show(http.StatusOK, page.Accounts(v.frame(words.Accounts.In(v.text()), "/accounts"), list, resets, v.next(list.GetNext()), v.query("done")))
}

// staffTask is a form about one account of the bureau.
func (p *pages) staffTask(v *visit, title words.Text, f form.Form) *task {
	id := v.r.PathValue("id")
	return &task{
		Task: component.Task{
			Title: title, Button: title, Back: "/accounts",
			Crumbs: []component.Crumb{{Text: words.Accounts, Path: "/accounts"}, {Text: words.Same(orID(v.names([]string{id}), id))}},
			Filled: form.Filled{Form: f},
		},
		Here: "/accounts", Done: record("/accounts"),
	}
}

func (p *pages) grantRole(v *visit) (*task, error) {
	request := &identityv1.GrantStaffRoleRequest{AccountId: v.r.PathValue("id")}
	t := p.staffTask(v, words.GrantRole, sheet.Grant())
	t.Request, t.Send = request, send(p.Identity.GrantStaffRole, request)
	return t, nil
}

func (p *pages) revokeRole(v *visit) (*task, error) {
	request := &identityv1.RevokeStaffRoleRequest{AccountId: v.r.PathValue("id")}
	t := p.staffTask(v, words.RevokeRole, sheet.Grant())
	t.Risky, t.Request, t.Send = true, request, send(p.Identity.RevokeStaffRole, request)
	t.Start = url.Values{"role": {v.query("role")}, "county": {v.query("county")}}
	return t, nil
}

func (p *pages) disableAccount(v *visit) (*task, error) {
	request := &identityv1.DisableAccountRequest{AccountId: v.r.PathValue("id")}
	t := p.staffTask(v, words.DisableAccount, sheet.Why("reason", words.ReasonOfThis, 500))
	t.Lead, t.Risky = words.DisableLead, true
	t.Request, t.Send = request, send(p.Identity.DisableAccount, request)
	return t, nil
}

func (p *pages) resetPassword(v *visit) (*task, error) {
	request := &identityv1.ResetPasswordRequest{AccountId: v.r.PathValue("id")}
	var answer *identityv1.ResetPasswordResponse
	t := p.staffTask(v, words.ResetPassword, sheet.Why("reason", words.ReasonOfThis, 500))
	t.Lead, t.Risky = words.ResetLead, true
	t.Request, t.Send = request, keep(p.Identity.ResetPassword, request, &answer)
	t.Done = func(v *visit, _ *commonv1.Receipt) error {
		return v.show(http.StatusOK, page.PasswordReset(v.frame(words.PasswordMade.In(v.text()), "/accounts"), answer.GetPassword()))
	}
	return t, nil
}

// officers are the colleagues who may take part in an act on a record.
func (v *visit) officers() ([]form.Option, error) {
	list, err := v.Identity.ListColleagues(v.ask(), &identityv1.ListColleaguesRequest{})
	if err != nil {
		return nil, err
	}
	var officers []form.Option
	for _, c := range list.GetColleagues() {
		if slices.ContainsFunc(c.GetRoles(), func(role string) bool { return may["ListColleagues"][rpc.Role(role)] }) {
			officers = append(officers, form.Option{Value: c.GetAccountId(), Label: words.Same(cmp.Or(c.GetName(), c.GetAccountId()))})
		}
	}
	return officers, nil
}

// asked bounds a call that a page can do without.
func asked[A any](answer A, err error) (A, error) {
	if isProblem(err, problem.Forbidden) || isProblem(err, problem.NotFound) {
		return answer, nil
	}
	return answer, err
}
