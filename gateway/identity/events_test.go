package identity_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/firm"
	"shiyang/gateway/identity/onboarding"
	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

const golden = "testdata"

func on(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

// One sample of every event with every field.
var (
	registered = &identityv1.AccountRegistered{Login: "zhao", Person: &commonv1.Person{
		Id: "01939c3e-7a10-7c4e-9d2f-3b6a5d1e8f00", Name: "赵六", Phone: "13900000000",
	}}
	changed  = &identityv1.PasswordChanged{}
	granted  = &identityv1.StaffRoleGranted{Role: "permit_clerk", County: "620602", Reason: "任命"}
	taken    = &identityv1.StaffRoleRevoked{Role: "permit_clerk", County: "620602", Reason: "调离"}
	disabled = &identityv1.AccountDisabled{Reason: "离职"}
	applied  = &identityv1.FirmApplied{
		AccountId: "01939c3e-7a10-7c4e-9d2f-3b6a5d1e8f00", Uscc: uscc, UnitName: "示例水泥厂",
		Division: "620602", Licence: file("licence"), Mandate: file("mandate"), LegalRepresentative: true,
	}
	approved = &identityv1.FirmApplicationApproved{FirmId: "5e9f8c52-7c0b-5d3e-9a41-620600620600"}
	refused  = &identityv1.FirmApplicationRefused{Reason: "授权书已过期"}
	entered  = &identityv1.FirmRegistered{Uscc: uscc, UnitName: "示例水泥厂", Division: "620602", Example: true}
	joined   = &identityv1.MemberJoined{
		AccountId: "a-1", Role: "consultant", From: on("2026-11-23"), To: on("2027-11-22"),
		Mandate: file("mandate"), Origin: "invitation", OriginId: "i-1",
	}
	invited = &identityv1.MemberInvited{
		InvitationId: "i-1", Role: "consultant", CodeSha256: firm.Hash("c"), From: on("2026-11-23"),
		To: on("2027-11-22"), Mandate: file("mandate"), Expires: on("2026-11-30"),
	}
	left = &identityv1.MemberRevoked{AccountId: "a-1", Reason: "合同终止"}
)

func TestStoredEventsAreForEver(t *testing.T) {
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), golden, registered, changed, granted, taken, disabled,
		applied, approved, refused, entered, joined, invited, left)
	made := proto.CloneOf(applied)
	made.Example = true
	estest.GoldenVariant(t, es.NewCodec(&estest.Keyring{}), golden, "example", made)
	estest.GoldenVariant(t, es.NewCodec(&estest.Keyring{}), golden, "reset", &identityv1.PasswordChanged{Reason: "忘记口令"})
	estest.EveryEventHasGolden(t, identityv1.File_identity_v1_events_proto, golden)
}

func TestEveryEventEvolves(t *testing.T) {
	estest.EveryEventEvolves[account.Account](t, estest.Facts(registered, granted, taken, disabled)...)
	estest.EveryEventEvolves[onboarding.Application](t, estest.Facts(applied, approved, refused)...)
	estest.EveryEventEvolves[firm.Firm](t, estest.Facts(entered, invited, joined, left)...)
}

func TestMandateDaysAreWholeDaysInWuwei(t *testing.T) {
	f := es.Fold(firm.Firm{}, estest.Facts(entered, joined)...)
	m := f.Members["a-1"]
	for iso, want := range map[string]bool{"2026-11-22": false, "2026-11-23": true, "2027-11-22": true, "2027-11-23": false} {
		at, err := time.Parse(time.DateOnly, iso)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Active(dayOf(at)); got != want {
			t.Errorf("active on %s: %v", iso, got)
		}
	}
}
