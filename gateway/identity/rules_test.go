package identity_test

import (
	"testing"
	"time"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/firm"
	"shiyang/gateway/identity/onboarding"
	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	identityv1 "shiyang/proto/identity/v1"
)

func dayOf(t time.Time) law.Date { return law.DateOf(t) }

func TestAccountRules(t *testing.T) {
	clerk := account.Duty{Role: "permit_clerk", County: "620602"}
	grant := account.Grant{Account: "a", By: "b", Duty: clerk, Reason: "任命"}
	auditor := account.Grant{Account: "a", By: "b", Duty: account.Duty{Role: "auditor", County: "620600"}, Reason: "r"}
	own, firmed := grant, grant
	own.By, firmed.ActsForFirm = "a", true
	revoke := account.Revoke{Account: "a", By: "b", Duty: clerk, Reason: "调离"}
	ended := estest.Facts(registered, disabled)
	estest.Run(t, []estest.Scenario[account.Account]{
		{Name: "registers", When: account.Register{Event: registered}, Then: []es.Event{registered}},
		{Name: "registers once", Given: estest.Facts(registered), When: account.Register{Event: registered}, Err: account.ErrExists},
		{Name: "grants", Given: estest.Facts(registered), When: grant, Then: []es.Event{granted}},
		{Name: "grants once", Given: estest.Facts(registered, granted), When: grant},
		{Name: "grants nobody a role of his own", Given: estest.Facts(registered), When: own, Err: account.ErrOwnRoles},
		{Name: "grants no stranger", When: grant, Err: problem.ErrNotFound},
		{Name: "grants nothing to an ended account", Given: ended, When: grant, Err: account.ErrDisabled},
		{Name: "grants no duty to a firm's member", Given: estest.Facts(registered), When: firmed, Err: account.ErrActsForFirm},
		{Name: "keeps an auditor apart", Given: estest.Facts(registered, granted), When: auditor, Err: account.ErrIncompatible},
		{Name: "revokes", Given: estest.Facts(registered, granted), When: revoke, Then: []es.Event{taken}},
		{Name: "revokes what is held", Given: estest.Facts(registered), When: revoke},
		{Name: "disables", Given: estest.Facts(registered), When: account.Disable{Account: "a", By: "b", Reason: "离职"}, Then: []es.Event{disabled}},
		{Name: "disables once", Given: ended, When: account.Disable{Account: "a", By: "b", Reason: "离职"}},
		{Name: "changes a password", Given: estest.Facts(registered), When: account.ChangePassword{}, Then: []es.Event{changed}},
		{Name: "changes no password of an ended account", Given: ended, When: account.ChangePassword{}, Err: account.ErrDisabled},
	})
}

func TestApplicationRules(t *testing.T) {
	bare := &identityv1.FirmApplied{Uscc: uscc, UnitName: "甲厂", Division: "620602", Licence: file("licence")}
	applicant := applied.GetAccountId()
	estest.Run(t, []estest.Scenario[onboarding.Application]{
		{Name: "applies", When: onboarding.Apply{Event: applied}, Then: []es.Event{applied}},
		{Name: "needs a mandate", When: onboarding.Apply{Event: bare}, Err: problem.ErrInvalid},
		{Name: "takes no staff", When: onboarding.Apply{Event: applied, Staff: true}, Err: onboarding.ErrStaff},
		{Name: "approves", Given: estest.Facts(applied), When: onboarding.Approve{By: "clerk", FirmID: approved.GetFirmId()}, Then: []es.Event{approved}},
		{Name: "refuses with a reason", Given: estest.Facts(applied), When: onboarding.Refuse{By: "clerk", Reason: refused.GetReason()}, Then: []es.Event{refused}},
		{Name: "refuses never without", Given: estest.Facts(applied), When: onboarding.Refuse{By: "clerk"}, Err: problem.ErrInvalid},
		{Name: "is not decided by the applicant", Given: estest.Facts(applied), When: onboarding.Approve{By: applicant}, Err: onboarding.ErrSamePerson},
		{Name: "is decided once", Given: estest.Facts(applied, refused), When: onboarding.Approve{By: "clerk"}, Err: onboarding.ErrDecided},
		{Name: "must exist", When: onboarding.Approve{By: "clerk"}, Err: problem.ErrNotFound},
	})
}

func TestFirmRules(t *testing.T) {
	today := law.MustParseDate("2026-11-23")
	accept := firm.Accept{Account: "a-1", CodeHash: firm.Hash("c"), Today: today}
	late, staff, wrong := accept, accept, accept
	late.Today, staff.Staff, wrong.CodeHash = today.AddDays(8), true, firm.Hash("d")
	admit := firm.Admit{Application: "x-1", Account: "a-2", USCC: uscc, UnitName: "示例水泥厂", Division: "620602", Example: true, Today: today}
	boss := &identityv1.MemberJoined{AccountId: "a-2", Role: firm.Admin, Origin: "application", OriginId: "x-1"}
	next := firm.Admit{Application: "x-2", Account: "a-3", Today: today}
	handler := &identityv1.MemberJoined{AccountId: "a-3", Role: firm.Handler, Origin: "application", OriginId: "x-2"}
	estest.Run(t, []estest.Scenario[firm.Firm]{
		{Name: "enters with its first administrator", When: admit, Then: []es.Event{entered, boss}},
		{Name: "admits once", Given: estest.Facts(entered, boss), When: admit},
		{Name: "admits nobody again who was revoked", Given: estest.Facts(entered, boss, &identityv1.MemberRevoked{AccountId: "a-2"}), When: admit},
		{Name: "makes the next a handler", Given: estest.Facts(entered, boss), When: next, Then: []es.Event{handler}},
		{Name: "accepts a code", Given: estest.Facts(entered, invited), When: accept, Then: []es.Event{joined}},
		{Name: "accepts a code once", Given: estest.Facts(entered, invited, joined), When: accept, Err: firm.ErrCodeUsed},
		{Name: "accepts no old code", Given: estest.Facts(entered, invited), When: late, Err: firm.ErrCodeExpired},
		{Name: "accepts no other code", Given: estest.Facts(entered, invited), When: wrong, Err: firm.ErrCode},
		{Name: "accepts no staff", Given: estest.Facts(entered, invited), When: staff, Err: firm.ErrFirmStaff},
		{Name: "invites for a firm that exists", When: firm.Invite{Role: firm.Handler, Today: today}, Err: problem.ErrNotFound},
		{Name: "revokes", Given: estest.Facts(entered, joined), When: firm.Revoke{Account: "a-1", Reason: left.GetReason(), Today: today}, Then: []es.Event{left}},
		{Name: "revokes once", Given: estest.Facts(entered, joined, left), When: firm.Revoke{Account: "a-1", Today: today}},
		{Name: "keeps its last administrator", Given: estest.Facts(entered, boss), When: firm.Revoke{Account: "a-2", Today: today}, Err: firm.ErrLastAdmin},
		{Name: "revokes members only", Given: estest.Facts(entered), When: firm.Revoke{Account: "a-9", Today: today}, Err: problem.ErrNotFound},
	})
}
