// Package people 账户与企业 holds the pages of accounts, of roles, and of who may
// act for a firm.
//
// It may import visit, component, form, sheet, page, words and the contracts.
// Start with [Pages].
package people

import (
	"net/http"
	"net/url"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

func (p *pages) openAccount(*visit.Visit) (*visit.Task, error) {
	t := p.accountTask(words.OpenAccount, words.OpenAccountLead)
	t.Back = "/"
	t.Done = func(v *visit.Visit, _ *commonv1.Receipt) error { return v.See("/?done=1") }
	return t, nil
}

func (p *pages) newStaff(*visit.Visit) (*visit.Task, error) {
	t := p.accountTask(words.NewStaff, words.NewStaffLead)
	t.Back, t.Here, t.Done = "/accounts", "/accounts", visit.ToRecord("/accounts")
	return t, nil
}

func (p *pages) accountTask(title, lead words.Text) *visit.Task {
	request := &identityv1.RegisterAccountRequest{}
	return &visit.Task{
		Task:    component.Task{Title: title, Lead: lead, Button: title, Filled: form.Filled{Form: sheet.Account()}},
		Request: request,
		Prepare: func(command string) { visit.PersonID(request.GetPerson(), command, "person") },
		Send:    visit.Send(p.client.RegisterAccount, request),
	}
}

func (p *pages) account(v *visit.Visit) error {
	me, err := p.client.GetMe(v.Ask(), &identityv1.GetMeRequest{})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, page.Account(v.Frame(words.MyAccount.In(v.Text()), "/account"), me, v.Query("done")))
}

func (p *pages) changePassword(*visit.Visit) (*visit.Task, error) {
	request := &identityv1.ChangePasswordRequest{}
	return &visit.Task{
		Task: component.Task{
			Title: words.ChangePassword, Button: words.ChangePassword, Back: "/account",
			Crumbs: []component.Crumb{{Text: words.MyAccount, Path: "/account"}, {Text: words.ChangePassword}},
			Filled: form.Filled{Form: sheet.Password()},
		},
		Here: "/account", Request: request,
		Send: visit.Send(p.client.ChangePassword, request), Done: visit.ToRecord("/account"),
	}, nil
}

func (p *pages) firmApplications(v *visit.Visit) error {
	clerk := v.May(identityv1.IdentityService_DecideFirmApplication_FullMethodName)
	ask := &identityv1.ListFirmApplicationsRequest{After: v.Query("after"), AtLeast: v.AtLeast()}
	if clerk {
		ask.State = "open"
	}
	list, err := p.client.ListFirmApplications(v.Ask(), ask)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(list.GetApplications()))
	for _, a := range list.GetApplications() {
		ids = append(ids, a.GetAccountId())
	}
	f := v.Frame(words.FirmApplications.In(v.Text()), "/firm-applications")
	return v.Show(http.StatusOK, page.FirmApplications(f, list, v.Names(ids), clerk, v.Next(list.GetNext()), v.Query("done")))
}

func (p *pages) applyForFirm(*visit.Visit) (*visit.Task, error) {
	request := &identityv1.ApplyForFirmRequest{}
	return &visit.Task{
		Task: component.Task{
			Title: words.ActForFirm, Lead: words.ActForFirmLead, Button: words.SendApplication, Back: "/firm-applications",
			Filled: form.Filled{Form: sheet.Firm()},
		},
		Here: "/firm-applications/new", Request: request,
		Send: visit.Send(p.client.ApplyForFirm, request), Done: visit.ToRecord("/firm-applications"),
	}, nil
}

func (p *pages) acceptInvitation(*visit.Visit) (*visit.Task, error) {
	request := &identityv1.AcceptInvitationRequest{}
	return &visit.Task{
		Task: component.Task{
			Title: words.AcceptInvitation, Button: words.JoinFirm, Back: "/seats", Filled: form.Filled{Form: sheet.Join()},
		},
		Here: "/invitations", Request: request,
		Send: visit.Send(p.client.AcceptInvitation, request), Done: visit.ToRecord("/seats"),
	}, nil
}

func (p *pages) decideFirm(v *visit.Visit) (*visit.Task, error) {
	id := v.R.PathValue("id")
	list, err := p.client.ListFirmApplications(v.Ask(), &identityv1.ListFirmApplicationsRequest{State: "open", PageSize: 200})
	if err != nil {
		return nil, err
	}
	for _, a := range list.GetApplications() {
		if a.GetApplicationId() != id {
			continue
		}
		request := &identityv1.DecideFirmApplicationRequest{ApplicationId: id}
		return &visit.Task{
			Task: component.Task{
				Title: words.DecideApplication, Button: words.RecordResult, Back: "/firm-applications",
				Crumbs: []component.Crumb{{Text: words.FirmApplications, Path: "/firm-applications"}, {Text: words.Same(a.GetUnitName())}},
				Filled: form.Filled{Form: sheet.FirmDecision()},
			},
			Here: "/firm-applications", Request: request,
			Aside: page.FirmApplication(a, v.Names([]string{a.GetAccountId()})[a.GetAccountId()]),
			Send:  visit.Send(p.client.DecideFirmApplication, request), Done: visit.ToRecord("/firm-applications"),
		}, nil
	}
	return nil, problem.ErrNotFound
}

func (p *pages) ownFirm(v *visit.Visit) error {
	if s := v.Seat(); s != nil && visit.IsFirm(rpc.Role(s.GetRole())) {
		return v.See(component.Record("firms", s.GetOrg()))
	}
	return problem.ErrNotFound
}

func (p *pages) firm(v *visit.Visit) error {
	got, err := p.client.GetFirm(v.Ask(), &identityv1.GetFirmRequest{FirmId: v.R.PathValue("id"), AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	mine := v.Role() == rpc.FirmAdmin && v.Seat().GetOrg() == got.GetFirmId()
	return v.Show(http.StatusOK, page.Firm(v.Frame(got.GetUnitName(), "/firm"), got, mine, v.Query("done")))
}

func (p *pages) invite(v *visit.Visit) (*visit.Task, error) {
	id := v.R.PathValue("id")
	request := &identityv1.InviteMemberRequest{FirmId: id}
	var answer *identityv1.InviteMemberResponse
	return &visit.Task{
		Task: component.Task{
			Title: words.InviteMember, Lead: words.InviteLead, Button: words.Invite, Back: component.Record("firms", id),
			Filled: form.Filled{Form: sheet.Invitation()},
		},
		Here: "/firm", Request: request, Send: visit.Keep(p.client.InviteMember, request, &answer),
		Done: func(v *visit.Visit, _ *commonv1.Receipt) error {
			return v.Show(http.StatusOK, page.Invited(v.Frame(words.InvitationMade.In(v.Text()), "/firm"), id, answer.GetCode()))
		},
	}, nil
}

func (p *pages) revokeMember(v *visit.Visit) (*visit.Task, error) {
	id, account := v.R.PathValue("id"), v.R.PathValue("account")
	request := &identityv1.RevokeMemberRequest{FirmId: id, AccountId: account}
	back := component.Record("firms", id)
	return &visit.Task{
		Task: component.Task{
			Title: words.RevokeMember, Lead: words.RevokeMemberLead, Button: words.Revoke, Risky: true, Back: back,
			Crumbs: []component.Crumb{{Text: words.FirmData, Path: back}, {Text: words.Same(visit.OrID(v.Names([]string{account}), account))}},
			Filled: form.Filled{Form: sheet.Why("reason", words.ReasonOfThis, 500)},
		},
		Here: "/firm", Request: request, Send: visit.Send(p.client.RevokeMember, request), Done: visit.ToRecord(back),
	}, nil
}

func (p *pages) accounts(v *visit.Visit) error {
	list, err := p.client.ListAccounts(v.Ask(), &identityv1.ListAccountsRequest{After: v.Query("after"), AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	resets := func(accountID string) bool {
		return v.May(identityv1.IdentityService_ResetPassword_FullMethodName) && accountID != v.Session.Account
	}
	return v.Show(http.StatusOK, page.Accounts(v.Frame(words.Accounts.In(v.Text()), "/accounts"), list, resets, v.Next(list.GetNext()), v.Query("done")))
}

// staffTask is a form about one account of the bureau.
func (p *pages) staffTask(v *visit.Visit, title words.Text, f form.Form) *visit.Task {
	id := v.R.PathValue("id")
	return &visit.Task{
		Task: component.Task{
			Title: title, Button: title, Back: "/accounts",
			Crumbs: []component.Crumb{{Text: words.Accounts, Path: "/accounts"}, {Text: words.Same(visit.OrID(v.Names([]string{id}), id))}},
			Filled: form.Filled{Form: f},
		},
		Here: "/accounts", Done: visit.ToRecord("/accounts"),
	}
}

func (p *pages) grantRole(v *visit.Visit) (*visit.Task, error) {
	request := &identityv1.GrantStaffRoleRequest{AccountId: v.R.PathValue("id")}
	t := p.staffTask(v, words.GrantRole, sheet.Grant())
	t.Request, t.Send = request, visit.Send(p.client.GrantStaffRole, request)
	return t, nil
}

func (p *pages) revokeRole(v *visit.Visit) (*visit.Task, error) {
	request := &identityv1.RevokeStaffRoleRequest{AccountId: v.R.PathValue("id")}
	t := p.staffTask(v, words.RevokeRole, sheet.Grant())
	t.Risky, t.Request, t.Send = true, request, visit.Send(p.client.RevokeStaffRole, request)
	t.Start = url.Values{"role": {v.Query("role")}, "county": {v.Query("county")}}
	return t, nil
}

func (p *pages) disableAccount(v *visit.Visit) (*visit.Task, error) {
	request := &identityv1.DisableAccountRequest{AccountId: v.R.PathValue("id")}
	t := p.staffTask(v, words.DisableAccount, sheet.Why("reason", words.ReasonOfThis, 500))
	t.Lead, t.Risky = words.DisableLead, true
	t.Request, t.Send = request, visit.Send(p.client.DisableAccount, request)
	return t, nil
}

func (p *pages) resetPassword(v *visit.Visit) (*visit.Task, error) {
	request := &identityv1.ResetPasswordRequest{AccountId: v.R.PathValue("id")}
	var answer *identityv1.ResetPasswordResponse
	t := p.staffTask(v, words.ResetPassword, sheet.Why("reason", words.ReasonOfThis, 500))
	t.Lead, t.Risky = words.ResetLead, true
	t.Request, t.Send = request, visit.Keep(p.client.ResetPassword, request, &answer)
	t.Done = func(v *visit.Visit, _ *commonv1.Receipt) error {
		return v.Show(http.StatusOK, page.PasswordReset(v.Frame(words.PasswordMade.In(v.Text()), "/accounts"), answer.GetPassword()))
	}
	return t, nil
}
