package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shiyang/gateway/web/sheet"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func versionOf(id string) *permitsv1.PermitVersion {
	c := content()
	c.Conditions = []*permitsv1.Condition{{Number: 1, Text: "重污染天气停用燃煤锅炉", Basis: "条例"}}
	return &permitsv1.PermitVersion{
		Version: 2, Kind: permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL, KindText: text("延续", "renewal"), From: day("2026-10-20"),
		ValidFrom: day("2026-10-20"), ValidTo: day("2031-10-19"), Decided: day("2026-10-20"), DocumentNumber: "武环许〔2026〕12号",
		UnitName: "示例" + id[:4], Domicile: "凉州区示例路2号", Content: c, GapFrom: day("2026-10-16"), GapTo: day("2026-10-19"),
	}
}

// alive adds to a granted permit what happened since the grant.
func alive(p *permitsv1.Permit) {
	p.Procedure, p.ProcedureText = permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE, text("变更（基本信息）", "change of base data")
	p.Stage, p.StageText, p.ProcedureReason = permitsv1.PermitStatus_PERMIT_STATUS_DRAFT, text("草稿", "draft"), "更名"
	p.Version, p.GapFrom, p.GapTo = 2, day("2026-10-16"), day("2026-10-19")
	p.BaseData = &permitsv1.BaseData{
		UnitName: p.GetUnitName(), Domicile: "凉州区示例路1号",
		LegalRepresentative: &commonv1.Person{Id: "0199c0de-0000-7000-8000-000000000003", Name: "王五"},
	}
	p.Alarm = text("视为准予延续，请立即决定。", "It counts as renewed. Decide at once.")
	p.ProposedMeasure, p.ProposedMeasureText, p.ProposedReason = "revoke", text("撤销", "revoke"), "隐瞒"
}

func (o *office) ListVersions(ctx context.Context, r *permitsv1.ListVersionsRequest) (*permitsv1.ListVersionsResponse, error) {
	first := versionOf(r.GetPermitId())
	first.Version, first.Until, first.GapFrom, first.GapTo = 1, day("2026-10-19"), nil, nil
	return &permitsv1.ListVersionsResponse{
		Versions: []*permitsv1.PermitVersion{first, versionOf(r.GetPermitId())}, FromVersion: 1, ToVersion: 2,
		Changes: []*permitsv1.ContentChange{
			{
				Part: "limit", Key: "DA001 a21026", Direction: "loosened", DirectionText: text("放宽", "loosened"), Title: text("DA001 二氧化硫", "DA001 sulphur dioxide"),
				Before: text("200 mg/m3", "200 mg/m3"), After: text("210 mg/m3", "210 mg/m3"), NeedsReapplication: true,
			},
			{Part: "condition", Key: "1", Direction: "added", DirectionText: text("新增", "added"), Title: text("第 1 条", "No. 1"), After: text("停炉", "stop")},
		},
	}, o.called(ctx, "ListVersions", r)
}

func (o *office) certificate(on *commonv1.Date) *permitsv1.Certificate {
	if on == nil {
		on = day("2026-11-23")
	}
	c := &permitsv1.Certificate{
		PermitNumber: number, NumberState: "local", Uscc: "91620623MA73H91T32", SiteAddress: "示例路1号", Division: "620623",
		Status: permitsv1.PermitStatus_PERMIT_STATUS_ISSUED, StatusText: text("有效", "in force"), On: on, Paper: 1, IssuingOrg: "620600", Example: true,
		PublicPath: "/register/" + number + "/version?on=" + on.GetIso(),
	}
	if on.GetIso() >= "2026-10-20" {
		c.Version = versionOf(issuedID)
	}
	return c
}

func (o *office) GetCertificate(ctx context.Context, r *permitsv1.GetCertificateRequest) (*permitsv1.GetCertificateResponse, error) {
	if r.GetPermitId() != issuedID {
		return nil, problem.ErrNotFound
	}
	return &permitsv1.GetCertificateResponse{Certificate: o.certificate(r.GetOn())}, o.called(ctx, "GetCertificate", r)
}

func (o *office) GetRegisterVersion(ctx context.Context, r *permitsv1.GetRegisterVersionRequest) (*permitsv1.GetRegisterVersionResponse, error) {
	if r.GetPermitNumber() != number {
		return nil, problem.ErrNotFound
	}
	return &permitsv1.GetRegisterVersionResponse{Certificate: o.certificate(r.GetOn())}, o.called(ctx, "GetRegisterVersion", r)
}

func (o *office) OpenProcedure(ctx context.Context, r *permitsv1.OpenProcedureRequest) (*permitsv1.OpenProcedureResponse, error) {
	return &permitsv1.OpenProcedureResponse{Receipt: &commonv1.Receipt{RecordId: issuedID, Position: 9}}, o.called(ctx, "OpenProcedure", r)
}

func (o *office) ProposeMeasure(ctx context.Context, r *permitsv1.ProposeMeasureRequest) (*permitsv1.ProposeMeasureResponse, error) {
	return &permitsv1.ProposeMeasureResponse{Receipt: &commonv1.Receipt{RecordId: issuedID, Position: 9}}, o.called(ctx, "ProposeMeasure", r)
}

func (o *office) DecideMeasure(ctx context.Context, r *permitsv1.DecideMeasureRequest) (*permitsv1.DecideMeasureResponse, error) {
	return &permitsv1.DecideMeasureResponse{Receipt: &commonv1.Receipt{RecordId: issuedID, Position: 9}}, o.called(ctx, "DecideMeasure", r)
}

func (o *office) EnterPlatformNumber(ctx context.Context, r *permitsv1.EnterPlatformNumberRequest) (*permitsv1.EnterPlatformNumberResponse, error) {
	return &permitsv1.EnterPlatformNumberResponse{Receipt: &commonv1.Receipt{RecordId: issuedID, Position: 9}}, o.called(ctx, "EnterPlatformNumber", r)
}

// The paper says whose number it carries, that the platform prevails, and has a
// code; the code's address names nobody.
func TestPaper(t *testing.T) {
	b := newBrowser(t)
	_, body := b.get("permit_clerk", "/zh/permits/"+issuedID+"/print")
	for _, want := range []string{"演示：本机编号", "以国家平台版本为准", "正本", "副本", `class="qr"`, "重污染天气停用燃煤锅炉", "示例数据"} {
		if !strings.Contains(body, want) {
			t.Errorf("the paper does not say %q", want)
		}
	}
	_, body = b.get("", "/zh/register/"+number+"/version?on=2026-10-18&as=printed")
	if !strings.Contains(body, "没有有效的许可证版本") || strings.Contains(body, "王五") {
		t.Error("the code of a day in the gap shows a version, or a person")
	}
	if _, body = b.get("", "/en/register/"+number+"/version?on=2026-10-18"); !strings.Contains(body, "In force on") {
		t.Error("the code does not show the version of today")
	}
}

// Who acts decides which form of the same act is shown.
func TestFormsOfTheLife(t *testing.T) {
	b := newBrowser(t)
	_, asFirm := b.get("firm_admin", "/zh/permits/"+issuedID+"/act/open-procedure")
	_, asClerk := b.get("permit_clerk", "/zh/permits/"+issuedID+"/act/open-procedure")
	if !strings.Contains(asFirm, "PROCEDURE_KIND_RENEWAL") || strings.Contains(asFirm, "该要求施行之日") {
		t.Error("the firm does not choose its procedure")
	}
	if strings.Contains(asClerk, "PROCEDURE_KIND_RENEWAL") || !strings.Contains(asClerk, "该要求施行之日") || !strings.Contains(asClerk, "content.limits[0].concentration") {
		t.Error("the clerk does not change by authority")
	}
	_, asked := b.get("firm_admin", "/zh/permits/"+issuedID+"/base-data")
	for _, want := range []string{"baseData.unitName", "凉州区示例路1号", "content.declaredTrue"} {
		if !strings.Contains(asked, want) {
			t.Errorf("the form of base data does not hold %q", want)
		}
	}
}

// What the forms send: the base data with the content as it stands, the causes
// of a re-application, the authority's requirement, the measure and its decision.
func TestFormsOfTheLifeSend(t *testing.T) {
	b := newBrowser(t)
	send := func(as, path string, values url.Values) {
		t.Helper()
		values.Set("command", "0190b000-0000-7000-8000-0000000000aa")
		r, body := b.post(as, "/zh/permits/"+issuedID+path, values)
		if r.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s answers %d: %.3000s", path, r.StatusCode, body)
		}
	}
	send("firm_admin", "/base-data", url.Values{
		"baseData.unitName": {"新名示例公司"}, "baseData.domicile": {"示例路3号"}, "baseData.legalRepresentative.name": {"王五"}, "content.declaredTrue": {"true"},
	})
	filed := last[*permitsv1.SubmitApplicationRequest](t, b.o, "SubmitApplication")
	if filed.GetBaseData().GetUnitName() != "新名示例公司" || filed.GetBaseData().GetLegalRepresentative().GetId() == "" || !filed.GetContent().GetDeclaredTrue() ||
		len(filed.GetContent().GetLimits()) != len(content().GetLimits()) {
		t.Errorf("filed %v", filed)
	}
	send("firm_admin", "/act/open-procedure", url.Values{
		"kind": {"PROCEDURE_KIND_REAPPLICATION"}, "changedOn": {"2026-12-01"}, "causes": {"REAPPLICATION_CAUSE_PROJECT", "REAPPLICATION_CAUSE_INCREASE"},
	})
	if r := last[*permitsv1.OpenProcedureRequest](t, b.o, "OpenProcedure"); len(r.GetCauses()) != 2 || r.GetChangedOn().GetIso() != "2026-12-01" || r.GetContent() != nil {
		t.Errorf("opened %v", r)
	}
	send("firm_admin", "/act/propose-measure", url.Values{"measure": {"reissue"}, "ground": {"lost"}, "reason": {"遗失"}})
	send("permit_decider", "/act/decide-measure", url.Values{"approve": {"false"}, "reason": {"不属实"}})
	if r := last[*permitsv1.DecideMeasureRequest](t, b.o, "DecideMeasure"); r.GetApprove() || r.GetReason() != "不属实" {
		t.Errorf("decided %v", r)
	}
	send("permit_clerk", "/act/enter-platform-number", url.Values{"permitNumber": {number}})
	if r := last[*permitsv1.EnterPlatformNumberRequest](t, b.o, "EnterPlatformNumber"); r.GetSource() != "manual" || r.GetPermitNumber() != number {
		t.Errorf("entered %v", r)
	}
	asked := sheet.Application().Encode(&permitsv1.OpenProcedureRequest{Content: content()})
	for name, value := range map[string]string{
		"requirement": "示例新标准", "effective": "2027-07-01", "content.conditions[0].number": "1", "content.conditions[0].text": "停炉", "content.conditions[1].text": "安装电表",
	} {
		asked.Set(name, value)
	}
	send("permit_clerk", "/act/open-procedure", asked)
	r := last[*permitsv1.OpenProcedureRequest](t, b.o, "OpenProcedure")
	if r.GetKind() != permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY || r.GetEffective().GetIso() != "2027-07-01" ||
		len(r.GetContent().GetConditions()) != 2 || r.GetContent().GetConditions()[1].GetNumber() != 0 || len(r.GetContent().GetOutlets()) != len(content().GetOutlets()) {
		t.Errorf("opened by the authority %v", r)
	}
}
