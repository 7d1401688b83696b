package people

import (
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

type pages struct {
	client identityv1.IdentityServiceClient
}

// Pages is the department of accounts and firms.
func Pages(client identityv1.IdentityServiceClient) visit.Department {
	p := &pages{client}
	return visit.Department{
		Entries: entries,
		Routes: visit.Routes(
			visit.PublicForm("/accounts/open", p.openAccount),
			visit.Page("GET /account", p.account), visit.Form("/account/password", p.changePassword),
			visit.Page("GET /firm-applications", p.firmApplications), visit.Form("/firm-applications/new", p.applyForFirm),
			visit.Form("/firm-applications/{id}", p.decideFirm), visit.Form("/invitations", p.acceptInvitation),
			visit.Page("GET /firm", p.ownFirm), visit.Page("GET /firms/{id}", p.firm),
			visit.Form("/firms/{id}/invite", p.invite), visit.Form("/firms/{id}/revoke/{account}", p.revokeMember),
			visit.Page("GET /accounts", p.accounts), visit.Form("/accounts/new", p.newStaff),
			visit.Form("/accounts/{id}/grant", p.grantRole), visit.Form("/accounts/{id}/revoke", p.revokeRole),
			visit.Form("/accounts/{id}/reset-password", p.resetPassword), visit.Form("/accounts/{id}/disable", p.disableAccount),
		),
	}
}

var firms = []rpc.Role{rpc.FirmAdmin, rpc.FirmHandler, rpc.Consultant}

var entries = []visit.Entry{
	{Group: visit.ToDo, Icon: "firm", Text: words.ActForFirm, Path: "/firm-applications/new", Roles: []rpc.Role{rpc.Person}},
	{Group: visit.ToDo, Icon: "doc", Text: words.MyApplications, Path: "/firm-applications", Roles: []rpc.Role{rpc.Person}},
	{Group: visit.ToDo, Icon: "user", Text: words.AcceptInvitation, Path: "/invitations", Roles: []rpc.Role{rpc.Person}},
	{
		Group: visit.ToDo, Icon: "doc", Text: words.FirmApplications, Path: "/firm-applications",
		Method: identityv1.IdentityService_DecideFirmApplication_FullMethodName,
	},
	{
		Group: visit.ToDo, Icon: "lock", Text: words.Accounts, Path: "/accounts",
		Method: identityv1.IdentityService_ListAccounts_FullMethodName,
	},
	{
		Group: visit.Regulated, Icon: "user", Text: words.FirmData, Path: "/firm", Roles: firms,
		Method: identityv1.IdentityService_GetFirm_FullMethodName,
	},
	{Group: visit.LookUp, Icon: "user", Text: words.MyAccount, Path: "/account"},
}
