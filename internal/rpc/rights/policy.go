// Package rights is the table of who may call what: the roles, and for every
// method of every service the roles, the tie to the record and whether it
// changes something. A department has a file of its own here, whose rows are
// joined in [Policy]; docs/roles.md is written from the table by the tests of
// internal/rpc, which executes it.
//
// It imports internal/problem only. Start with [Rule], then [Policy].
package rights

import "slices"

// Scope says which tie between caller and record a method asks for, on top of
// the role; rpc.Authorise checks it against the real record.
type Scope int

// The scopes.
const (
	None   Scope = iota + 1 // no record, or the caller's own account
	County                  // the record lies in the caller's county
	Firm                    // the record belongs to the caller's firm
	Either                  // bureau roles by county, firm roles by firm
)

// A Rule says who may call a method.
type Rule struct {
	Method string // full gRPC name: "/permits.v1.PermitsService/IssuePermit"
	Roles  []Role
	Write  bool // changes something: a command id is required
	Scope  Scope
	Public bool // may be called by anybody, signed in or not
}

// Policy is the table of all rights: one row for every method of every
// service. What has no row is refused; a test fails on a method without a row
// and on a row without a method.
var Policy = slices.Concat(permitsPolicy, identityPolicy, auditPolicy, historyPolicy, registrationPolicy, eiaPolicy, zoningPolicy, monitoringPolicy, disclosurePolicy)

const (
	permits = "/permits.v1.PermitsService/"
	ident   = "/identity.v1.IdentityService/"
	audit   = "/audit.v1.AuditService/"
	history = "/common.v1.RecordHistoryService/"
)

var (
	clerk    = []Role{PermitClerk}
	examiner = []Role{PermitExaminer}
	decider  = []Role{PermitDecider}
	admin    = []Role{SystemAdmin}
	firms    = firmRoles
	machine  = []Role{System}

	siteKeepers = with(firms, PermitClerk)
	readers     = with(slices.Concat(caseRoles, firms), Auditor, System)
	signedIn    = with(slices.Concat(staffRoles, firms), Person)
	applicants  = with(firms, Person)
	checkers    = []Role{Auditor, AuditAdmin, System}
	planners    = []Role{PermitClerk, Head, SystemAdmin}
	lawKeepers  = []Role{Head, SystemAdmin}
	// askers may ask for a past: everybody has one, if only that of the own
	// account. Each service opens what the caller may read today.
	askers   = with(signedIn, System)
	everyone = Roles()
)

var permitsPolicy = []Rule{
	{Method: permits + "RegisterFacility", Roles: siteKeepers, Write: true, Scope: Either},
	{Method: permits + "ChangeFacility", Roles: siteKeepers, Write: true, Scope: Either},
	{Method: permits + "AssignFacility", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "GetFacility", Roles: readers, Scope: Either},
	{Method: permits + "ListFacilities", Roles: readers, Scope: Either},
	{Method: permits + "OpenApplication", Roles: firms, Write: true, Scope: Firm},
	{Method: permits + "PublishNotice", Roles: firms, Write: true, Scope: Firm},
	{Method: permits + "CheckApplication", Roles: with(firms, PermitClerk, PermitExaminer), Scope: Either},
	{Method: permits + "SubmitApplication", Roles: firms, Write: true, Scope: Firm},
	{Method: permits + "WithdrawApplication", Roles: firms, Write: true, Scope: Firm},
	{Method: permits + "CorrectOnSpot", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "NoticeDeficiency", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "AcceptApplication", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "DeclineApplication", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "DeemAccepted", Roles: machine, Write: true, Scope: County},
	{Method: permits + "PauseClock", Roles: examiner, Write: true, Scope: County},
	{Method: permits + "ResumeClock", Roles: examiner, Write: true, Scope: County},
	{Method: permits + "RecordSiteCheck", Roles: examiner, Write: true, Scope: County},
	{Method: permits + "ReportExamination", Roles: examiner, Write: true, Scope: County},
	{Method: permits + "ReturnExamination", Roles: decider, Write: true, Scope: County},
	{Method: permits + "IssuePermit", Roles: decider, Write: true, Scope: County},
	{Method: permits + "RefusePermit", Roles: decider, Write: true, Scope: County},
	{Method: permits + "RecordDelivery", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "GetPermit", Roles: readers, Scope: Either},
	{Method: permits + "ListPermits", Roles: readers, Scope: Either},
	{Method: permits + "ListWork", Roles: with(firms, PermitClerk, PermitExaminer, PermitDecider, Head), Scope: Either},
	{Method: permits + "OpenProcedure", Roles: with(firms, PermitClerk), Write: true, Scope: Either},
	{Method: permits + "ProposeMeasure", Roles: slices.Concat(examiner, firms), Write: true, Scope: Either},
	{Method: permits + "DecideMeasure", Roles: decider, Write: true, Scope: County},
	{Method: permits + "EnterPlatformNumber", Roles: clerk, Write: true, Scope: County},
	{Method: permits + "ListVersions", Roles: readers, Scope: Either},
	{Method: permits + "GetCertificate", Roles: readers, Scope: Either},
	{Method: permits + "GetRegisterVersion", Roles: everyone, Scope: None, Public: true},
	{Method: permits + "SearchRegister", Roles: everyone, Scope: None, Public: true},
	{Method: permits + "GetRegisterEntry", Roles: everyone, Scope: None, Public: true},
}

var identityPolicy = []Rule{
	{Method: ident + "RegisterAccount", Roles: everyone, Write: true, Scope: None, Public: true},
	{Method: ident + "GrantStaffRole", Roles: admin, Write: true, Scope: None},
	{Method: ident + "RevokeStaffRole", Roles: admin, Write: true, Scope: None},
	{Method: ident + "DisableAccount", Roles: with(admin, SecurityAdmin), Write: true, Scope: None},
	{Method: ident + "ChangePassword", Roles: signedIn, Write: true, Scope: None},
	{Method: ident + "ResetPassword", Roles: admin, Write: true, Scope: None},
	{Method: ident + "ApplyForFirm", Roles: applicants, Write: true, Scope: None},
	{Method: ident + "DecideFirmApplication", Roles: clerk, Write: true, Scope: County},
	{Method: ident + "InviteMember", Roles: []Role{FirmAdmin}, Write: true, Scope: Firm},
	{Method: ident + "AcceptInvitation", Roles: applicants, Write: true, Scope: None},
	{Method: ident + "RevokeMember", Roles: []Role{FirmAdmin}, Write: true, Scope: Firm},
	{Method: ident + "GetMe", Roles: signedIn, Scope: None},
	{Method: ident + "ListAccounts", Roles: with(admin, SecurityAdmin, AuditAdmin), Scope: None},
	{Method: ident + "ListColleagues", Roles: caseRoles, Scope: County},
	{Method: ident + "ResolveNames", Roles: signedIn, Scope: Either},
	{Method: ident + "ListFirmApplications", Roles: with(applicants, PermitClerk, Auditor), Scope: Either},
	{Method: ident + "GetFirm", Roles: readers, Scope: Either},
}

var auditPolicy = []Rule{
	{Method: audit + "GetHistory", Roles: askers, Scope: Either},
	{Method: audit + "GetStateAt", Roles: askers, Scope: Either},
	{Method: audit + "CheckReplay", Roles: checkers, Scope: None},
	{Method: audit + "NamePlace", Roles: planners, Write: true, Scope: None},
	{Method: audit + "RecordIndicator", Roles: planners, Write: true, Scope: None},
	{Method: audit + "ListPlaces", Roles: everyone, Scope: None, Public: true},
	{Method: audit + "ListIndicators", Roles: everyone, Scope: None, Public: true},
	{Method: audit + "LoadLawEdition", Roles: lawKeepers, Write: true, Scope: County},
	{Method: audit + "ListLawEditions", Roles: with(lawKeepers, Auditor), Scope: None},
}

var historyPolicy = []Rule{
	{Method: history + "Categories", Roles: askers, Scope: None},
	{Method: history + "History", Roles: askers, Scope: Either},
	{Method: history + "StateAt", Roles: askers, Scope: Either},
	{Method: history + "CheckViews", Roles: checkers, Scope: None},
	{Method: history + "Judge", Roles: lawKeepers, Scope: County},
}

// ruleOf is Policy by method.
var ruleOf = func() map[string]Rule {
	rules := make(map[string]Rule, len(Policy))
	for _, r := range Policy {
		rules[r.Method] = r
	}
	return rules
}()

// RuleOf returns the row of a method; false if there is none, which means
// that nobody may call it.
func RuleOf(method string) (Rule, bool) {
	r, ok := ruleOf[method]
	return r, ok
}

// with returns the roles and more, without touching the given slice.
func with(roles []Role, more ...Role) []Role { return slices.Concat(roles, more) }
