package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web"
	"shiyang/gateway/web/page"
	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (o *office) lastStateAt(t testing.TB) *auditv1.GetStateAtRequest {
	t.Helper()
	return last[*auditv1.GetStateAtRequest](t, o, "GetStateAt")
}

// last is the last request of a method.
func last[M any](t testing.TB, o *office, method string) M {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	m, ok := o.last[method].(M)
	if !ok {
		t.Fatalf("%s was not called", method)
	}
	return m
}

// filled is a right answer to every form, by its address.
var filled = []struct {
	as, path, method, to string
	values               url.Values
}{
	{"permit_clerk", "/permits/" + permitID + "/act/accept", "AcceptApplication", "/permits/" + permitID, nil},
	{"permit_clerk", "/permits/" + permitID + "/act/notice-deficiency", "NoticeDeficiency", "/permits/" + permitID, url.Values{"items[0].what": {"补交环评批复"}, "items[1].what": {" "}}},
	{"permit_clerk", "/permits/" + permitID + "/act/decline", "DeclineApplication", "/permits/" + permitID, url.Values{"ground": {"DECLINE_GROUND_NOT_REQUIRED"}, "reason": {"登记管理"}}},
	{"permit_clerk", "/permits/" + permitID + "/act/record-delivery", "RecordDelivery", "/permits/" + permitID, url.Values{"delivered": {"2026-10-28"}, "method": {"post"}}},
	{"permit_examiner", "/permits/" + permitID + "/act/pause-clock", "PauseClock", "/permits/" + permitID, url.Values{"from": {"2026-10-28"}, "kind": {"hearing"}}},
	{"permit_examiner", "/permits/" + permitID + "/act/resume-clock", "ResumeClock", "/permits/" + permitID, url.Values{"last": {"2026-10-28"}, "finding": {"已听证"}}},
	{
		"permit_examiner", "/permits/" + permitID + "/act/record-site-check", "RecordSiteCheck", "/permits/" + permitID,
		url.Values{"on": {"2026-10-27"}, "finding": {"属实"}, "officerIds": {clerkID, handlerID}},
	},
	{"permit_examiner", "/permits/" + permitID + "/act/report-examination", "ReportExamination", "/permits/" + permitID, url.Values{"recommendGrant": {"false"}, "opinion": {"不符合"}}},
	{"permit_decider", "/permits/" + permitID + "/act/return-examination", "ReturnExamination", "/permits/" + permitID, url.Values{"reason": {"限值依据"}}},
	{"permit_decider", "/permits/" + issuedID + "/act/issue", "IssuePermit", "/permits/" + issuedID, url.Values{"validFrom": {""}}},
	{"permit_decider", "/permits/" + permitID + "/act/refuse", "RefusePermit", "/permits/" + permitID, url.Values{"reasons": {"未批环评"}, "unmetConditions": {"eia", "monitoring"}}},
	{"firm_admin", "/permits/" + permitID + "/act/publish-notice", "PublishNotice", "/permits/" + permitID, url.Values{"from": {"2026-10-28"}, "url": {"https://example.org/notice"}}},
	{"firm_admin", "/permits/" + permitID + "/act/withdraw", "WithdrawApplication", "/permits/" + permitID, url.Values{"reason": {"停产"}}},
	{"firm_admin", "/facilities/" + siteID + "/apply", "OpenApplication", "", url.Values{"managementClass": {"MANAGEMENT_CLASS_KEY"}}},
	{
		"firm_admin", "/facilities/new", "RegisterFacility", "", url.Values{
			"site.unitName": {"新厂"}, "site.uscc": {"91620623MA73H91T32"}, "site.division": {"620623"}, "site.contact.name": {"张三"},
		},
	},
	{"permit_clerk", "/facilities/" + siteID + "/change", "ChangeFacility", "/facilities/" + siteID, url.Values{"site.unitName": {"改名"}, "site.division": {"620623"}, "reason": {"更名"}}},
	{"permit_clerk", "/facilities/" + siteID + "/assign", "AssignFacility", "/facilities/" + siteID, url.Values{"enterpriseId": {firmID}}},
	{"permit_clerk", "/firm-applications/" + appID, "DecideFirmApplication", "/firm-applications", url.Values{"approve": {"true"}}},
	{"person", "/invitations", "AcceptInvitation", "/seats", url.Values{"code": {"0123456789abcdef0123"}}},
	{"firm_admin", "/firms/" + firmID + "/revoke/" + handlerID, "RevokeMember", "/firms/" + firmID, url.Values{"reason": {"离职"}}},
	{"system_admin", "/accounts/" + clerkID + "/grant", "GrantStaffRole", "/accounts", url.Values{"role": {"officer"}, "county": {"620600"}, "reason": {"轮岗"}}},
	{"system_admin", "/accounts/" + clerkID + "/revoke", "RevokeStaffRole", "/accounts", url.Values{"role": {"officer"}, "county": {"620600"}, "reason": {"轮岗"}}},
	{"system_admin", "/accounts/" + clerkID + "/disable", "DisableAccount", "/accounts", url.Values{"reason": {"离职"}}},
	{"system_admin", "/accounts/new", "RegisterAccount", "/accounts", url.Values{"login": {"newclerk"}, "password": {"a long password"}, "person.name": {"新人"}}},
	{"", "/accounts/open", "RegisterAccount", "/", url.Values{"login": {"newone"}, "password": {"a long password"}, "person.name": {"新人"}}},
	{"person", "/account/password", "ChangePassword", "/account", url.Values{"oldPassword": {"old password 12"}, "newPassword": {"new password 12"}}},
}

func TestFormsTakeEffectOnce(t *testing.T) {
	b := newBrowser(t)
	for _, f := range filled {
		t.Run(f.as+f.path, func(t *testing.T) {
			command := newID()
			values := url.Values{"command": {command}, "seen": {"4"}}
			for name, value := range f.values {
				values[name] = value
			}
			to := f.to
			if to == "" { // a record was made: its id is the command's
				to = map[string]string{"OpenApplication": "/permits/", "RegisterFacility": "/facilities/"}[f.method] + command
			}
			first, body := b.post(f.as, "/zh"+f.path, values)
			if first.StatusCode != http.StatusSeeOther {
				t.Fatalf("answers %d\n%s", first.StatusCode, body)
			}
			location := first.Header.Get("Location")
			if got, _, _ := strings.Cut(location, "?"); got != "/zh"+to {
				t.Errorf("leads to %s, want %s", location, to)
			}
			sent, ok := last[proto.Message](t, b.o, f.method), b.o.commands[command] == 1
			if !ok {
				t.Errorf("command came %d times", b.o.commands[command])
			}
			second, _ := b.post(f.as, "/en"+f.path, values)
			if second.StatusCode != http.StatusSeeOther || to != "/" && !strings.Contains(second.Header.Get("Location"), "done=again") {
				t.Errorf("pressed twice: %d %s", second.StatusCode, second.Header.Get("Location"))
			}
			if again := last[proto.Message](t, b.o, f.method); !proto.Equal(sent, again) {
				t.Errorf("the second request differs, so the id would be refused:\n%v\n%v", sent, again)
			}
		})
	}
	if got := last[*permitsv1.NoticeDeficiencyRequest](t, b.o, "NoticeDeficiency"); len(got.GetItems()) != 1 || got.GetExpectedRevision() != 4 {
		t.Errorf("empty rows stay, or the revision is lost: %v", got)
	}
	if got := last[*permitsv1.RecordSiteCheckRequest](t, b.o, "RecordSiteCheck"); !slices.Equal(got.GetOfficerIds(), []string{clerkID, handlerID}) {
		t.Errorf("officers %v", got.GetOfficerIds())
	}
	if got := last[*permitsv1.RegisterFacilityRequest](t, b.o, "RegisterFacility"); got.GetEnterpriseId() != firmID || got.GetSite().GetLegalRepresentative() != nil ||
		uuid.Validate(got.GetSite().GetContact().GetId()) != nil {
		t.Errorf("site %v", got)
	}
}

func TestEveryActHasAForm(t *testing.T) {
	for _, name := range page.FormedActs {
		b := newBrowser(t)
		id := permitID
		if name == "issue" {
			id = issuedID
		}
		if r, _ := b.get("permit_clerk", "/zh/permits/"+id+"/act/"+name); r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}

func TestProblemsStandBesideTheirFields(t *testing.T) {
	b := newBrowser(t)
	r, body := b.post("permit_clerk", "/zh/permits/"+permitID+"/act/decline", url.Values{"command": {newID()}, "ground": {"DECLINE_GROUND_NOT_REQUIRED"}, "reason": {""}})
	if r.StatusCode != http.StatusUnprocessableEntity {
		t.Fatalf("answers %d", r.StatusCode)
	}
	for _, want := range []string{`<title>错误：`, `href="#f-reason"`, `id="f-reason-e"`, `aria-describedby="f-reason-h f-reason-e"`, `role="alert" tabindex="-1"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	summary := body[strings.Index(body, `href="#f-reason">`)+len(`href="#f-reason">`):]
	words, _, _ := strings.Cut(summary, "<")
	if words == "" || strings.Count(body, words) < 2 {
		t.Errorf("%q does not stand in the summary and at the field", words)
	}
	if !strings.Contains(body, `value="DECLINE_GROUND_NOT_REQUIRED" checked`) {
		t.Error("what was chosen is lost")
	}
}

func TestRowsAreAddedAndRemovedWithoutScript(t *testing.T) {
	b := newBrowser(t)
	path := "/zh/permits/" + permitID + "/act/notice-deficiency"
	values := url.Values{"command": {newID()}, "items[0].what": {"一"}, "items[1].what": {"二"}, "change": {"add:items"}}
	r, body := b.post("permit_clerk", path, values)
	if r.StatusCode != http.StatusOK || !strings.Contains(body, `name="items[2].what"`) {
		t.Errorf("added: %d", r.StatusCode)
	}
	values.Set("change", "remove:items[0]")
	if _, body = b.post("permit_clerk", path, values); strings.Contains(body, ">一</textarea>") || !strings.Contains(body, `name="items[0].what" maxlength="500" aria-describedby="">二<`) {
		t.Error("the wrong row was removed")
	}
	if slices.Contains(b.o.calls, "NoticeDeficiency") {
		t.Error("changing rows sent the command")
	}
	for _, hostile := range []string{"remove:items[99999999999]", "add:nothing", "remove:items[-1]", "x", ":"} {
		values.Set("change", hostile)
		if r, _ := b.post("permit_clerk", path, values); r.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s answers %d", hostile, r.StatusCode)
		}
	}
}

func TestStaleRecordShowsWhatChanged(t *testing.T) {
	b := newBrowser(t)
	b.o.refuse["DeclineApplication"] = &problem.Error{Kind: problem.Conflict, Reason: "STALE_REVISION", Text: problem.Text{Zh: "记录已变化。", En: "The record changed."}}
	values := url.Values{"command": {newID()}, "seen": {"2"}, "ground": {"DECLINE_GROUND_NOT_REQUIRED"}, "reason": {"我写的理由"}}
	r, body := b.post("permit_clerk", "/zh/permits/"+permitID+"/act/decline", values)
	if r.StatusCode != http.StatusConflict {
		t.Fatalf("answers %d", r.StatusCode)
	}
	for _, want := range []string{"记录已变化。", "企业提交申请。", "我写的理由", `name="seen" value="4"`, "陈雪"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(body, "企业公开申请。") {
		t.Error("shows what the person had seen")
	}
}

func TestDoubtsAreToldAfterTheCommand(t *testing.T) {
	b := newBrowser(t)
	b.o.warn["AcceptApplication"] = "行业代码少见"
	r, body := b.post("permit_clerk", "/zh/permits/"+permitID+"/act/accept", url.Values{"command": {newID()}})
	if r.StatusCode != http.StatusOK || !strings.Contains(body, "行业代码少见") || !strings.Contains(body, "/zh/permits/"+permitID+"?v=4711") {
		t.Errorf("%d without the doubt or the way on", r.StatusCode)
	}
}

// upload posts a form with one file.
func (b browser) upload(as, path string, values url.Values, field, name, content string) (*http.Response, string) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key := range values {
		if err := w.WriteField(key, values.Get(key)); err != nil {
			b.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write([]byte(content)); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return b.body(b.do(as, r))
}

func TestFilesAreStoredBeforeTheCommand(t *testing.T) {
	b := newBrowser(t)
	values := url.Values{"command": {newID()}, "uscc": {"91620623MA73H91T32"}, "unitName": {"新厂"}, "division": {"620623"}, "legalRepresentative": {"true"}}
	r, body := b.upload("person", "/zh/firm-applications/new", values, "licence", "执照.exe", "MZ")
	if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "只收 PDF、JPG、PNG") {
		t.Errorf("a program as licence: %d", r.StatusCode)
	}
	r, _ = b.upload("person", "/zh/firm-applications/new", values, "licence", "执照.pdf", "%PDF-1.7")
	got := last[*identityv1.ApplyForFirmRequest](t, b.o, "ApplyForFirm")
	if r.StatusCode != http.StatusSeeOther || got.GetLicence().GetTitle() != "执照.pdf" || got.GetLicence().GetKind() != "licence" || got.GetMandate() != nil {
		t.Errorf("%d %v", r.StatusCode, got)
	}
	forged := url.Values{"licence.sha256": {strings.Repeat("a", 64)}, "licence.size": {"9"}, "licence.kind": {"licence"}, "licence.mediaType": {"application/pdf"}}
	for name, value := range values {
		forged[name] = value
	}
	forged.Set("command", newID())
	if r, _ := b.post("person", "/zh/firm-applications/new", forged); r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a file that was never uploaded: %d", r.StatusCode)
	}
	hash := got.GetLicence().GetSha256()
	file, content := b.get("permit_clerk", "/zh/files/"+hash)
	if file.StatusCode != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") || !strings.HasPrefix(content, "%PDF") {
		t.Errorf("file: %d %q", file.StatusCode, file.Header.Get("Content-Disposition"))
	}
	if r, _ := b.get("", "/zh/files/"+hash); r.StatusCode != http.StatusSeeOther {
		t.Errorf("file without sign-in: %d", r.StatusCode)
	}
}

func TestApplicationFromDraftToFiling(t *testing.T) {
	b := newBrowser(t)
	apply := "/zh/permits/" + permitID + "/apply/"
	draft := web.Draft{Account: handlerID, Permit: permitID}
	step := func(name string, values url.Values, want int) string {
		t.Helper()
		r, body := b.post("firm_admin", apply+name, values)
		if r.StatusCode != want {
			t.Fatalf("%s answers %d, want %d\n%s", name, r.StatusCode, want, body)
		}
		return body
	}
	step("basic", url.Values{"content.managementClass": {"MANAGEMENT_CLASS_SIMPLIFIED"}, "content.industry": {"3099"}, "content.classificationRow": {"63"}, "content.eiaNumber": {"武环评发〔2022〕31号"}, "next": {"1"}}, http.StatusSeeOther)
	body := step("outlets", url.Values{"content.outlets[0].code": {"DA001"}, "content.outlets[0].title": {"电阻炉"}, "content.outlets[0].kind": {"OUTLET_KIND_MAJOR"}, "content.outlets[0].heightMm": {"45,5"}, "next": {"1"}}, http.StatusUnprocessableEntity)
	if !strings.Contains(body, `href="#f-content-outlets-0-heightMm"`) || !strings.Contains(body, `value="45,5"`) {
		t.Error("a wrong number is not shown at its field")
	}
	step("outlets", url.Values{"content.outlets[0].code": {"DA001"}, "content.outlets[0].title": {"电阻炉"}, "content.outlets[0].kind": {"OUTLET_KIND_MAJOR"}, "content.outlets[0].heightMm": {"45.5"}, "next": {"1"}}, http.StatusSeeOther)
	limit := url.Values{"content.limits[0].outlet": {"DA001"}, "content.limits[0].pollutant": {"a21026"}, "content.limits[0].massGramsPerYear": {"86.4"}, "content.limits[0].standard": {"GB 9078-1996"}}
	limit.Set("change", "add:content.limits")
	if body = step("limits", limit, http.StatusOK); !strings.Contains(body, `name="content.limits[1].outlet"`) {
		t.Error("no second limit")
	}
	limit.Del("change")
	limit.Set("next", "1")
	step("limits", limit, http.StatusSeeOther)
	step("monitoring", url.Values{"save": {"1"}, "content.ledgerRequirement": {"按 HJ 944"}}, http.StatusOK)
	for range 2 {
		r, _ := b.upload("firm_admin", apply+"files", url.Values{"kind": {"other"}, "upload": {"1"}}, "file", "承诺书.pdf", "%PDF-1.7")
		if r.StatusCode != http.StatusOK {
			t.Fatalf("upload answers %d", r.StatusCode)
		}
	}
	step("files", url.Values{"change": {"remove:content.attachments[1]"}}, http.StatusOK)
	step("files", url.Values{"next": {"1"}}, http.StatusSeeOther)

	r, check := b.get("firm_admin", apply+"check")
	for _, want := range []string{"86.400 t", "45.5 m", "按 HJ 944", "浓度不超过标准的 200", "/apply/basic?check=1#f-content-eiaNumber"} {
		if r.StatusCode != http.StatusOK || !strings.Contains(check, want) {
			t.Errorf("check (%d) has no %s", r.StatusCode, want)
		}
	}
	if r, _ := b.post("firm_admin", apply+"check", url.Values{"command": {newID()}, "seen": {"4"}, "content.declaredTrue": {"true"}}); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("filing answers %d", r.StatusCode)
	}
	sent := last[*permitsv1.SubmitApplicationRequest](t, b.o, "SubmitApplication")
	c := sent.GetContent()
	if sent.GetExpectedRevision() != 4 || !c.GetDeclaredTrue() || c.GetOutlets()[0].GetHeightMm() != 45_500 || c.GetLimits()[0].GetMassGramsPerYear() != 86_400_000 ||
		len(c.GetLimits()) != 1 || len(c.GetAttachments()) != 2 || c.GetAttachments()[1].GetTitle() != "承诺书.pdf" || c.GetManagementClass() != permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED {
		t.Errorf("filed %v", sent)
	}
	if _, kept := b.o.drafts[draft]; kept {
		t.Error("the draft outlives the filing")
	}
}

func TestDraftIsThrownAwayOnlyWhenAsked(t *testing.T) {
	b := newBrowser(t)
	draft := web.Draft{Account: handlerID, Permit: permitID}
	b.post("firm_admin", "/zh/permits/"+permitID+"/apply/basic", url.Values{"save": {"1"}, "content.industry": {"30"}})
	b.get("firm_admin", "/zh/permits/"+permitID+"/apply/discard")
	if b.o.drafts[draft] == nil {
		t.Fatal("looking at the question threw the draft away")
	}
	r, _ := b.post("firm_admin", "/zh/permits/"+permitID+"/apply/discard", nil)
	if _, kept := b.o.drafts[draft]; kept || r.StatusCode != http.StatusSeeOther {
		t.Errorf("draft kept: %v, %d", kept, r.StatusCode)
	}
}

func TestCorrectionKeepsTheFiles(t *testing.T) {
	b := newBrowser(t)
	path := "/zh/permits/" + permitID + "/act/correct-on-spot"
	_, body := b.get("permit_clerk", path)
	values := url.Values{}
	walk(t, body, func(tag string, attr map[string]string) {
		checked := true
		if attr["type"] == "radio" || attr["type"] == "checkbox" {
			_, checked = attr["checked"]
		}
		if tag == "input" && attr["name"] != "" && checked {
			values.Set(attr["name"], attr["value"])
		}
	})
	for i := range 3 {
		values.Set("content.limits["+string(rune('0'+i))+"].unit", "mg/m3")
		values.Set("content.outlets["+string(rune('0'+i%2))+"].kind", "OUTLET_KIND_MAJOR")
	}
	values.Set("content.monitoring[0].frequency", "continuous")
	values.Set("items[0].what", "更正环评文号")
	values.Set("content.eiaNumber", "武环评发〔2022〕32号")
	if r, body := b.post("permit_clerk", path, values); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("answers %d\n%s", r.StatusCode, body)
	}
	got := last[*permitsv1.CorrectOnSpotRequest](t, b.o, "CorrectOnSpot").GetContent()
	if len(got.GetAttachments()) != 1 || len(got.GetLimits()) != 3 || got.GetEiaNumber() != "武环评发〔2022〕32号" || got.GetOutlets()[0].GetHeightMm() != 45_500 {
		t.Errorf("%v", got)
	}
}
