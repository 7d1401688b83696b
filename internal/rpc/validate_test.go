package rpc_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

const id = "01939c3e-7a10-7c4e-9d2f-3b6a5d1e8f00"

var licence = &commonv1.Attachment{Sha256: strings.Repeat("a", 64), Size: 1, MediaType: "application/pdf", Kind: "licence"}

// broken is one request with one broken rule and what the caller is told.
type broken struct {
	name    string
	request proto.Message
	field   problem.Field
}

func (b broken) run(t *testing.T) {
	t.Helper()
	p, _ := errors.AsType[*problem.Error](rpc.Validate(b.request))
	if p == nil || p.Kind != problem.Invalid || len(p.Errors) != 1 {
		t.Fatalf("Validate = %v, want one wrong field", p)
	}
	got := p.Errors[0]
	if b.field.Text.En == "" { // the sentence is checked where it is new
		if got.Text.Zh == "" || got.Text.En == "" {
			t.Errorf("no sentence: %+v", got)
		}
		got.Text = problem.Text{}
	}
	if !reflect.DeepEqual(got, b.field) {
		t.Errorf("got  %+v\nwant %+v", got, b.field)
	}
}

func field(path, value, reason string, sentence ...string) problem.Field {
	f := problem.Field{Path: path, Value: value, Reason: reason}
	if len(sentence) == 2 {
		f.Text = problem.Text{Zh: sentence[0], En: sentence[1]}
	}
	return f
}

func TestEveryIdentityFieldRule(t *testing.T) {
	long := strings.Repeat("长", 501)
	shown := strings.Repeat("长", 200) + "…"
	tests := []broken{
		{"login", &identityv1.RegisterAccountRequest{Login: "Zhang San", Password: "correct horse"}, field("login", "Zhang San", "WRONG_FORM",
			"登录名用 3 到 40 个小写字母、数字、点、横线，以字母开头。", "A sign-in name has 3 to 40 lower-case letters, digits, dots or hyphens and begins with a letter.")},
		{"password is never repeated", &identityv1.RegisterAccountRequest{Login: "zhang", Password: "short"}, field("password", "", "WRONG_LENGTH",
			"填 12 到 200 个字。", "Enter 12 to 200 characters.")},
		{"grant: account", &identityv1.GrantStaffRoleRequest{AccountId: "7", Role: "head", County: "620602", Reason: "r"}, field("accountId", "7", "NOT_A_UUID")},
		{"grant: role", &identityv1.GrantStaffRoleRequest{AccountId: id, Role: "king", County: "620602", Reason: "r"}, field("role", "king", "NOT_IN_LIST")},
		{"grant: county", &identityv1.GrantStaffRoleRequest{AccountId: id, Role: "head", County: "110000", Reason: "r"}, field("county", "110000", "WRONG_FORM",
			"填武威市的行政区划代码，例如 620602。", "Enter a division code of Wuwei such as 620602.")},
		{"grant: no reason", &identityv1.GrantStaffRoleRequest{AccountId: id, Role: "head", County: "620602"}, field("reason", "", "REQUIRED",
			"必填：填 1 到 500 个字。", "Required. Enter 1 to 500 characters.")},
		{"grant: long reason", &identityv1.GrantStaffRoleRequest{AccountId: id, Role: "head", County: "620602", Reason: long}, field("reason", shown, "WRONG_LENGTH")},
		{"revoke: account", &identityv1.RevokeStaffRoleRequest{Role: "head", County: "620602", Reason: "r"}, field("accountId", "", "REQUIRED")},
		{"revoke: role", &identityv1.RevokeStaffRoleRequest{AccountId: id, Role: "king", County: "620602", Reason: "r"}, field("role", "king", "NOT_IN_LIST")},
		{"revoke: county", &identityv1.RevokeStaffRoleRequest{AccountId: id, Role: "head", County: "x", Reason: "r"}, field("county", "x", "WRONG_FORM")},
		{"revoke: reason", &identityv1.RevokeStaffRoleRequest{AccountId: id, Role: "head", County: "620602"}, field("reason", "", "REQUIRED")},
		{"disable: account", &identityv1.DisableAccountRequest{AccountId: "x", Reason: "r"}, field("accountId", "x", "NOT_A_UUID")},
		{"disable: reason", &identityv1.DisableAccountRequest{AccountId: id}, field("reason", "", "REQUIRED")},
		{"change: old password", &identityv1.ChangePasswordRequest{NewPassword: "correct horse"}, field("oldPassword", "", "REQUIRED")},
		{"change: new password", &identityv1.ChangePasswordRequest{OldPassword: "x", NewPassword: "short"}, field("newPassword", "", "WRONG_LENGTH")},
		{"apply: uscc", &identityv1.ApplyForFirmRequest{Uscc: "123", UnitName: "甲厂", Division: "620602", Licence: licence}, field("uscc", "123", "WRONG_LENGTH",
			"填 18 个字符。", "Enter exactly 18 characters.")},
		{"apply: name", &identityv1.ApplyForFirmRequest{Uscc: strings.Repeat("9", 18), UnitName: "甲", Division: "620602", Licence: licence}, field("unitName", "甲", "WRONG_LENGTH")},
		{"apply: division", &identityv1.ApplyForFirmRequest{Uscc: strings.Repeat("9", 18), UnitName: "甲厂", Division: "6206", Licence: licence}, field("division", "6206", "WRONG_FORM")},
		{"apply: licence", &identityv1.ApplyForFirmRequest{Uscc: strings.Repeat("9", 18), UnitName: "甲厂", Division: "620602"}, field("licence", "", "REQUIRED")},
		{"apply: hash of the licence", &identityv1.ApplyForFirmRequest{
			Uscc: strings.Repeat("9", 18), UnitName: "甲厂", Division: "620602",
			Licence: &commonv1.Attachment{Sha256: "zz", Size: 1, MediaType: "application/pdf", Kind: "licence"},
		}, field("licence.sha256", "zz", "WRONG_FORM")},
		{
			"apply: size of the mandate", &identityv1.ApplyForFirmRequest{
				Uscc: strings.Repeat("9", 18), UnitName: "甲厂", Division: "620602", Licence: licence,
				Mandate: &commonv1.Attachment{Sha256: strings.Repeat("a", 64), Size: 20971521, MediaType: "application/pdf", Kind: "mandate"},
			},
			field("mandate.size", "20971521", "OUT_OF_RANGE", "填 1 到 20971520 的整数。", "Enter a whole number from 1 to 20971520."),
		},
		{"decide: application", &identityv1.DecideFirmApplicationRequest{ApplicationId: "x"}, field("applicationId", "x", "NOT_A_UUID")},
		{"decide: reason", &identityv1.DecideFirmApplicationRequest{ApplicationId: id, Reason: long}, field("reason", shown, "WRONG_LENGTH",
			"最多填 500 个字。", "Enter at most 500 characters.")},
		{"invite: firm", &identityv1.InviteMemberRequest{FirmId: "x", Role: "consultant"}, field("firmId", "x", "NOT_A_UUID")},
		{"invite: role", &identityv1.InviteMemberRequest{FirmId: id, Role: "head"}, field("role", "head", "NOT_IN_LIST",
			"只能填：firm_admin、firm_handler、consultant。", "Enter one of: firm_admin, firm_handler, consultant.")},
		{"invite: no such day", &identityv1.InviteMemberRequest{FirmId: id, Role: "consultant", From: &commonv1.Date{Iso: "2026-02-30"}}, field("from.iso", "2026-02-30", "NO_SUCH_DAY")},
		{"invite: day", &identityv1.InviteMemberRequest{FirmId: id, Role: "consultant", To: &commonv1.Date{Iso: "tomorrow"}}, field("to.iso", "tomorrow", "WRONG_FORM")},
		{"accept: code is never repeated", &identityv1.AcceptInvitationRequest{Code: "abc"}, field("code", "", "WRONG_LENGTH")},
		{"revoke member: firm", &identityv1.RevokeMemberRequest{FirmId: "x", AccountId: id, Reason: "r"}, field("firmId", "x", "NOT_A_UUID")},
		{"revoke member: account", &identityv1.RevokeMemberRequest{FirmId: id, AccountId: "x", Reason: "r"}, field("accountId", "x", "NOT_A_UUID")},
		{"revoke member: reason", &identityv1.RevokeMemberRequest{FirmId: id, AccountId: id}, field("reason", "", "REQUIRED")},
		{"list: page", &identityv1.ListAccountsRequest{PageSize: 201}, field("pageSize", "201", "OUT_OF_RANGE", "填 0 到 200 的整数。", "Enter a whole number from 0 to 200.")},
		{"list: cursor", &identityv1.ListAccountsRequest{After: long}, field("after", shown, "WRONG_LENGTH")},
		{"reset: account", &identityv1.ResetPasswordRequest{AccountId: "x", Reason: "r"}, field("accountId", "x", "NOT_A_UUID")},
		{"reset: reason", &identityv1.ResetPasswordRequest{AccountId: id}, field("reason", "", "REQUIRED")},
		{"names: too many", &identityv1.ResolveNamesRequest{Ids: make([]string, 201)}, field("ids", "201", "WRONG_COUNT", "最多 200 项。", "Give at most 200 entries.")},
		{"applications: state", &identityv1.ListFirmApplicationsRequest{State: "lost"}, field("state", "lost", "NOT_IN_LIST")},
		{"applications: page", &identityv1.ListFirmApplicationsRequest{PageSize: -1}, field("pageSize", "-1", "OUT_OF_RANGE")},
		{"applications: cursor", &identityv1.ListFirmApplicationsRequest{After: long}, field("after", shown, "WRONG_LENGTH")},
		{"firm", &identityv1.GetFirmRequest{FirmId: "x"}, field("firmId", "x", "NOT_A_UUID")},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.run)
	}
}

func TestPathsReachIntoLists(t *testing.T) {
	outlet := func(code string) *permitsv1.Outlet {
		return &permitsv1.Outlet{Code: code, Title: "烟囱", Kind: permitsv1.OutletKind_OUTLET_KIND_MAJOR}
	}
	content := &permitsv1.ApplicationContent{
		ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY, Industry: "3011", ClassificationRow: 63, EiaNumber: "e",
		Outlets: []*permitsv1.Outlet{outlet("DA001"), outlet("XX1")},
		Limits:  []*permitsv1.Limit{{Outlet: "DA001", Pollutant: "a21026", Concentration: "35", Standard: "GB 4915"}},
	}
	broken{"", &permitsv1.CheckApplicationRequest{PermitId: id, Content: content}, field("content.outlets[1].code", "XX1", "WRONG_FORM")}.run(t)
	broken{
		"", &permitsv1.RecordSiteCheckRequest{PermitId: id, On: &commonv1.Date{Iso: "2026-11-23"}, Finding: "f", OfficerIds: []string{id, "x"}},
		field("officerIds[1]", "x", "NOT_A_UUID"),
	}.run(t)
	broken{
		"", &permitsv1.RecordSiteCheckRequest{PermitId: id, On: &commonv1.Date{Iso: "2026-11-23"}, Finding: "f", OfficerIds: []string{id, id}},
		field("officerIds", "2", "DUPLICATE"),
	}.run(t)
	broken{"", &permitsv1.OpenApplicationRequest{FacilityId: id, ManagementClass: 9}, field("managementClass", "9", "NOT_IN_LIST")}.run(t)
}

func TestPersonalValuesAreNeverRepeated(t *testing.T) {
	site := &permitsv1.SiteContent{
		UnitName: "甲厂", Division: "620602",
		Contact: &commonv1.Person{Id: id, Name: "张三", Phone: strings.Repeat("1", 21)},
	}
	broken{"", &permitsv1.RegisterFacilityRequest{Site: site}, field("site.contact.phone", "", "WRONG_LENGTH")}.run(t)
}

func TestInstantsMustBePlausible(t *testing.T) {
	year := func(y int) *timestamppb.Timestamp { return timestamppb.New(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)) }
	request := &permitsv1.AcceptApplicationRequest{PermitId: id, OccurredAt: year(1826)}
	broken{"", request, field("occurredAt", "1826-01-01T00:00:00Z", "TIME_OUT_OF_RANGE")}.run(t)
	request.OccurredAt = year(2026)
	if err := rpc.Validate(request); err != nil {
		t.Error(err)
	}
}

func TestAllWrongFieldsAtOnce(t *testing.T) {
	err := rpc.Validate(&identityv1.GrantStaffRoleRequest{AccountId: "7", Role: "king", County: "x"})
	p, _ := errors.AsType[*problem.Error](err)
	if p == nil || len(p.Errors) != 4 {
		t.Errorf("got %v, want four wrong fields", err)
	}
}

// Every rule that a contract uses has words for people.
func TestEveryRuleOfTheContractsHasWords(t *testing.T) {
	seen := map[protoreflect.FullName]bool{}
	var walk func(md protoreflect.MessageDescriptor)
	walk = func(md protoreflect.MessageDescriptor) {
		if seen[md.FullName()] {
			return
		}
		seen[md.FullName()] = true
		for i := range md.Fields().Len() {
			fd := md.Fields().Get(i)
			if rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules); rules != nil {
				worded(t, fd.FullName(), rules)
			}
			if fd.Message() != nil {
				walk(fd.Message())
			}
		}
	}
	for _, m := range methods(t) {
		walk(m.Input())
	}
	if len(seen) < 60 {
		t.Fatalf("walked only %d messages", len(seen))
	}
}

// worded checks the words of one field's rules: limits in pairs count as one.
func worded(t *testing.T, name protoreflect.FullName, rules *validate.FieldRules) {
	t.Helper()
	if p := rules.GetString().GetPattern(); p != "" && !rpc.HasForm(p) {
		t.Errorf("%s: the pattern %s has no words in rpc.forms", name, p)
	}
	rules.ProtoReflect().Range(func(kind protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if kind.Message() == nil { // required, ignore
			return true
		}
		var pair []string
		v.Message().Range(func(rule protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			switch n := string(rule.Name()); n {
			case "gte", "gt", "lte", "lt":
				pair = append(pair, n)
			case "items":
				worded(t, name, value.Message().Interface().(*validate.FieldRules))
			default:
				if !rpc.HasSentence(string(kind.Name()) + "." + n) {
					t.Errorf("%s: the rule %s.%s has no words in rpc.sentences", name, kind.Name(), n)
				}
			}
			return true
		})
		if len(pair) > 0 && !rpc.HasSentence(string(kind.Name())+"."+strings.Join(pair, "_")) &&
			!rpc.HasSentence(string(kind.Name())+"."+pair[len(pair)-1]+"_"+pair[0]) {
			t.Errorf("%s: the rule %s.%v has no words in rpc.sentences", name, kind.Name(), pair)
		}
		return true
	})
}
