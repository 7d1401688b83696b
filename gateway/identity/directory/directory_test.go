package directory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"shiyang/gateway/identity/directory"
	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

func fact(stream string, e es.Event) readmodel.Fact { return readmodel.Fact{Stream: stream, Event: e} }

// life is a bureau with a clerk and two firms in two counties.
var life = []readmodel.Fact{
	fact("account-a1", &identityv1.AccountRegistered{Login: "clerk", Person: &commonv1.Person{Id: "a1", Name: "王五", Phone: "1"}}),
	fact("account-a1", &identityv1.StaffRoleGranted{Role: "permit_clerk", County: "620602"}),
	fact("account-a1", &identityv1.StaffRoleGranted{Role: "head", County: "620602"}),
	fact("account-a1", &identityv1.StaffRoleRevoked{Role: "head", County: "620602"}),
	fact("account-a2", &identityv1.AccountRegistered{Login: "boss", Person: &commonv1.Person{Id: "a2", Name: "赵六"}}),
	fact("account-a3", &identityv1.AccountRegistered{Login: "other", Person: &commonv1.Person{Id: "a3", Name: "钱七"}}),
	fact("account-a3", &identityv1.AccountDisabled{}),
	fact("firmapplication-x1", &identityv1.FirmApplied{AccountId: "a2", Uscc: "U1", UnitName: "甲厂", Division: "620602", Licence: &commonv1.Attachment{Kind: "licence"}}),
	fact("firmapplication-x1", &identityv1.FirmApplicationApproved{FirmId: "f1"}),
	fact("firm-f1", &identityv1.FirmRegistered{Uscc: "U1", UnitName: "甲厂", Division: "620602"}),
	fact("firm-f1", &identityv1.MemberJoined{AccountId: "a2", Role: "firm_admin"}),
	fact("firm-f2", &identityv1.FirmRegistered{Uscc: "U2", UnitName: "乙厂", Division: "620621"}),
	fact("firm-f2", &identityv1.MemberJoined{AccountId: "a2", Role: "consultant", To: &commonv1.Date{Iso: "2026-12-31"}}),
	fact("firm-f2", &identityv1.MemberRevoked{AccountId: "a2"}),
	fact("firmapplication-x2", &identityv1.FirmApplied{AccountId: "a3", Uscc: "U2", UnitName: "乙厂", Division: "620621"}),
	fact("firmapplication-x2", &identityv1.FirmApplicationRefused{Reason: "过期"}),
	fact("firmapplication-x3", &identityv1.FirmApplied{AccountId: "a3", Uscc: "U2", UnitName: "乙厂", Division: "620621"}),
}

func TestDirectory(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, directory.Projection, life...)
		d := directory.New(db)
		accounts, err := d.Accounts(t.Context(), "boss", 10)
		if err != nil || len(accounts) != 2 || accounts[0].GetLogin() != "clerk" || accounts[0].GetPerson().GetName() != "王五" || !accounts[1].GetDisabled() {
			t.Errorf("accounts = %v, %v", accounts, err)
		}
		duties, err := d.Duties(t.Context(), []string{"a1", "a2"})
		if err != nil || len(duties) != 1 || duties["a1"][0] != [2]string{"permit_clerk", "620602"} {
			t.Errorf("duties = %v, %v", duties, err)
		}
		firms, err := d.FirmsOf(t.Context(), "a2")
		if err != nil || len(firms) != 1 || firms[0] != "f1" {
			t.Errorf("firms = %v, %v", firms, err)
		}
	})
}

func TestColleagues(t *testing.T) {
	more := append(slices.Clip(life),
		fact("account-a4", &identityv1.AccountRegistered{Login: "all", Person: &commonv1.Person{Id: "a4", Name: "孙八"}}),
		fact("account-a4", &identityv1.StaffRoleGranted{Role: "officer", County: "620600"}),
		fact("account-a4", &identityv1.StaffRoleGranted{Role: "officer", County: "620602"}),
		fact("account-a4", &identityv1.StaffRoleGranted{Role: "head", County: "620621"}),
		fact("account-a5", &identityv1.AccountRegistered{Login: "far", Person: &commonv1.Person{Id: "a5", Name: "周九"}}),
		fact("account-a5", &identityv1.StaffRoleGranted{Role: "officer", County: "620621"}),
		fact("account-a6", &identityv1.AccountRegistered{Login: "gone", Person: &commonv1.Person{Id: "a6", Name: "吴十"}}),
		fact("account-a6", &identityv1.StaffRoleGranted{Role: "officer", County: "620602"}),
		fact("account-a6", &identityv1.AccountDisabled{}),
	)
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, directory.Projection, more...)
		d := directory.New(db)
		for name, tt := range map[string]struct {
			scope directory.Scope
			limit int
			want  string
		}{
			"one county":       {directory.Scope{Counties: []string{"620602"}}, 9, "a4孙八[officer] a1王五[permit_clerk]"},
			"another":          {directory.Scope{Counties: []string{"620621"}}, 9, "a4孙八[head officer] a5周九[officer]"},
			"whole prefecture": {directory.Scope{All: true}, 9, "a4孙八[head officer] a1王五[permit_clerk] a5周九[officer]"},
			"at most two":      {directory.Scope{All: true}, 2, "a4孙八[head officer] a1王五[permit_clerk]"},
		} {
			list, err := d.Colleagues(t.Context(), tt.scope, tt.limit)
			var got []string
			for _, c := range list {
				got = append(got, c.GetAccountId()+c.GetName()+fmt.Sprint(c.GetRoles()))
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
	})
}

func TestScopes(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, directory.Projection, life...)
		d := directory.New(db)
		for name, tt := range map[string]struct {
			scope               directory.Scope
			staff               bool
			names, applications int
		}{
			"everything": {directory.Scope{All: true}, true, 5, 3},
			"one county": {directory.Scope{Counties: []string{"620602"}, Account: "a1"}, true, 3, 1},
			"two":        {directory.Scope{Counties: []string{"620602", "620621"}, Account: "a1"}, true, 4, 3},
			"a firm":     {directory.Scope{Firms: []string{"f1"}, Account: "a2"}, false, 2, 1},
			"a person":   {directory.Scope{Account: "a3"}, false, 1, 2},
			"nobody":     {directory.Scope{}, false, 0, 0},
		} {
			names, err := d.Names(t.Context(), tt.scope, tt.staff, []string{"a1", "a2", "a3", "f1", "f2", "f9"})
			if err != nil || len(names) != tt.names {
				t.Errorf("%s: names = %v, %v", name, names, err)
			}
			page, _, err := d.Applications(t.Context(), tt.scope, "", 0, 10)
			if err != nil || len(page) != tt.applications {
				t.Errorf("%s: applications = %v, %v", name, page, err)
			}
		}
		first, last, err := d.Applications(t.Context(), directory.Scope{All: true}, "", 0, 2)
		if err != nil || len(first) != 2 || first[0].GetState() != "approved" || first[0].GetLicence().GetKind() != "licence" || first[1].GetReason() != "过期" {
			t.Fatalf("first page = %v, %v", first, err)
		}
		second, _, err := d.Applications(t.Context(), directory.Scope{All: true}, "", last, 2)
		if err != nil || len(second) != 1 || second[0].GetApplicationId() != "x3" {
			t.Errorf("second page = %v, %v", second, err)
		}
		open, _, err := d.Applications(t.Context(), directory.Scope{All: true}, "open", 0, 10)
		if err != nil || len(open) != 1 {
			t.Errorf("open = %v, %v", open, err)
		}
	})
}

func TestErasureClearsThePerson(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, directory.Projection, append(life, fact("erasure-a1", &commonv1.PersonErased{Subject: "a1"}))...)
		var left int
		err := db.QueryRow(t.Context(), `SELECT COUNT(*) FROM identity_account_v2 WHERE id = 'a1' AND name <> ''`).Scan(&left)
		if err != nil || left != 0 {
			t.Errorf("%d rows still name the person, %v", left, err)
		}
	})
}
