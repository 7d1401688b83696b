package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// registry answers for registrations and for the roll of sources.
type registry struct {
	permitsv1.UnimplementedRegistrationServiceServer
	o *office
}

func (r registry) row() *permitsv1.RegistrationRow {
	return &permitsv1.RegistrationRow{
		FacilityId: siteID, Number: "91620623MA73H91T32001W", UnitName: r.o.note, Uscc: "91620623MA73H91T32", Division: "620623", Overridden: true,
		Tier: permitsv1.SourceTier_SOURCE_TIER_REGISTRATION, Status: permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE,
		ValidFrom: day("2026-10-12"), ValidTo: day("2031-10-11"), Example: true, SiteAddress: "示例路 1 号",
	}
}

func (r registry) registration() *permitsv1.Registration {
	return &permitsv1.Registration{
		FacilityId: siteID, UnitName: r.o.note, Uscc: "91620623MA73H91T32", Division: "620623", Example: true, SiteAddress: "示例路 1 号",
		Tier: permitsv1.SourceTier_SOURCE_TIER_REGISTRATION, ListedTier: permitsv1.SourceTier_SOURCE_TIER_SIMPLIFIED, OverrideReason: "与实际不符：" + r.o.note,
		Reasons: []*commonv1.Text{text("名录第 96 类", "Row 96 of the list")}, Rule: "permit_classification 2019", Number: "91620623MA73H91T32001W",
		Status: permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE, StatusText: text("有效", "In force"), LateChanges: 1,
		ValidFrom: day("2026-10-12"), ValidTo: day("2031-10-11"), Registered: day("2026-10-12"), Revision: 4,
		Content: &permitsv1.RegistrationContent{
			Products: []*permitsv1.RegisteredProduct{{Title: "供热", Capacity: "10 t/h"}},
			Releases: []*permitsv1.RegisteredRelease{{Medium: 1, Process: "锅炉", Measure: "低氮燃烧", Destination: "大气", Standard: "GB 13271-2014"}},
		},
	}
}

func (r registry) GetRegistration(ctx context.Context, q *permitsv1.GetRegistrationRequest) (*permitsv1.GetRegistrationResponse, error) {
	if q.GetFacilityId() != siteID {
		return nil, problem.ErrNotFound
	}
	answer := &permitsv1.GetRegistrationResponse{Registration: r.registration(), Deadlines: []*commonv1.Deadline{deadline("running", "2026-10-12", "2031-10-11", 1800)}}
	for _, name := range []string{"decide-tier", "override-tier", "file", "change", "renew", "enter-number", "cancel"} {
		answer.Actions = append(answer.Actions, &commonv1.LegalAction{Name: name, Title: text(name, name), Allowed: true})
	}
	return answer, r.o.called(ctx, "GetRegistration", q)
}

func (r registry) ListRegistrations(ctx context.Context, q *permitsv1.ListRegistrationsRequest) (*permitsv1.ListRegistrationsResponse, error) {
	return &permitsv1.ListRegistrationsResponse{Registrations: []*permitsv1.RegistrationRow{r.row()}, Next: "c"}, r.o.called(ctx, "ListRegistrations", q)
}

func (r registry) SearchRegistrations(ctx context.Context, q *permitsv1.SearchRegistrationsRequest) (*permitsv1.SearchRegistrationsResponse, error) {
	return &permitsv1.SearchRegistrationsResponse{Registrations: []*permitsv1.RegistrationRow{r.row()}}, r.o.called(ctx, "SearchRegistrations", q)
}

func (r registry) FindListRows(ctx context.Context, q *permitsv1.FindListRowsRequest) (*permitsv1.FindListRowsResponse, error) {
	return &permitsv1.FindListRowsResponse{Rows: []*permitsv1.ListRow{{
		Row: 96, Class: "热力生产和供应443", Key: "单台或合计出力≥20t/h", Simplified: "<20t/h", Registration: "≤1t/h", IndustrialBuildingsOnly: true,
	}}}, r.o.called(ctx, "FindListRows", q)
}

func (r registry) DecideTier(ctx context.Context, q *permitsv1.DecideTierRequest) (*permitsv1.DecideTierResponse, error) {
	receipt, err := r.o.receipt(ctx, "DecideTier", q, siteID)
	return &permitsv1.DecideTierResponse{Receipt: receipt}, err
}

func (r registry) FileRegistration(ctx context.Context, q *permitsv1.FileRegistrationRequest) (*permitsv1.FileRegistrationResponse, error) {
	receipt, err := r.o.receipt(ctx, "FileRegistration", q, siteID)
	return &permitsv1.FileRegistrationResponse{Receipt: receipt}, err
}

func (r registry) source() *permitsv1.Source {
	return &permitsv1.Source{
		SourceId: appID, OutcomeText: text("待分清", "Not settled"), Revision: 1,
		Source: &permitsv1.SourceContent{
			CensusNumber: "P-0001", UnitName: r.o.note, Uscc: "91620623MA73H91T32", Division: "620623", Origin: "示例普查", Example: true,
		},
	}
}

func (r registry) ListSources(ctx context.Context, q *permitsv1.ListSourcesRequest) (*permitsv1.ListSourcesResponse, error) {
	settled := r.source()
	settled.Outcome, settled.Category, settled.RecordId, settled.Number = permitsv1.SourceOutcome_SOURCE_OUTCOME_PERMIT, "permit", issuedID, number
	return &permitsv1.ListSourcesResponse{Sources: []*permitsv1.Source{r.source(), settled}}, r.o.called(ctx, "ListSources", q)
}

func (r registry) CountSources(ctx context.Context, q *permitsv1.CountSourcesRequest) (*permitsv1.CountSourcesResponse, error) {
	return &permitsv1.CountSourcesResponse{Counties: []*permitsv1.SourceCount{{Division: "620623", Total: 9, Unsettled: 2, Permit: 7}}}, r.o.called(ctx, "CountSources", q)
}

func (r registry) GetSource(ctx context.Context, q *permitsv1.GetSourceRequest) (*permitsv1.GetSourceResponse, error) {
	return &permitsv1.GetSourceResponse{Source: r.source(), Actions: []*commonv1.LegalAction{
		{Name: "link", Title: text("关联场所", "Tie"), Allowed: true}, {Name: "settle", Title: text("分清", "Settle"), Allowed: true},
	}}, r.o.called(ctx, "GetSource", q)
}

func (r registry) LinkSource(ctx context.Context, q *permitsv1.LinkSourceRequest) (*permitsv1.LinkSourceResponse, error) {
	receipt, err := r.o.receipt(ctx, "LinkSource", q, appID)
	return &permitsv1.LinkSourceResponse{Receipt: receipt}, err
}

func (r registry) SettleSource(ctx context.Context, q *permitsv1.SettleSourceRequest) (*permitsv1.SettleSourceResponse, error) {
	receipt, err := r.o.receipt(ctx, "SettleSource", q, appID)
	return &permitsv1.SettleSourceResponse{Receipt: receipt}, err
}

func TestRegistrationPages(t *testing.T) {
	b := newBrowser(t)
	for _, c := range []struct{ as, path, want string }{
		{"firm_admin", "/registrations", "91620623MA73H91T32001W"},
		{"permit_clerk", "/registrations?status=REGISTRATION_STATUS_IN_FORCE&county=620623&q=x", "91620623MA73H91T32001W"},
		{"firm_admin", "/registrations/" + siteID, "permit_classification 2019"},
		{"firm_admin", "/registrations/" + siteID + "/receipt", "91620623MA73H91T32001W"},
		{"firm_admin", "/registrations/" + siteID + "/act/decide-tier", "热力生产和供应443"},
		{"permit_clerk", "/registrations/" + siteID + "/act/override-tier", "SOURCE_TIER_KEY"},
		{"firm_admin", "/registrations/" + siteID + "/act/file", "低氮燃烧"},
		{"firm_admin", "/registrations/" + siteID + "/act/change", "2026-10-28"},
		{"firm_admin", "/registrations/" + siteID + "/act/renew", "低氮燃烧"},
		{"firm_admin", "/registrations/" + siteID + "/act/cancel", "CANCELLATION_GROUND_CLOSED"},
		{"permit_clerk", "/registrations/" + siteID + "/act/enter-number", `name="number"`},
		{"", "/register/registrations", "91620623MA73H91T32001W"},
		{"", "/classification?q=4430", "热力生产和供应443"},
		{"permit_clerk", "/sources?status=unsettled", "P-0001"},
		{"permit_clerk", "/source-counts", "status=unsettled"},
		{"auditor", "/sources/" + appID, "示例普查"},
		{"permit_clerk", "/sources/" + appID + "/act/link", siteID},
		{"permit_clerk", "/sources/" + appID + "/act/settle", "SOURCE_OUTCOME_RECTIFY"},
	} {
		for _, lang := range []string{"zh", "en"} {
			r, body := b.get(c.as, "/"+lang+c.path)
			if r.StatusCode != http.StatusOK || !strings.Contains(body, c.want) || strings.Contains(body, "%!") {
				t.Errorf("%s /%s%s answers %d without %q", c.as, lang, c.path, r.StatusCode, c.want)
			}
		}
	}
	if r, _ := b.get("firm_admin", "/zh/sources"); r.StatusCode != http.StatusForbidden {
		t.Errorf("a firm reads the roll: %d", r.StatusCode)
	}
	if _, body := b.get("permit_clerk", "/zh/registrations"); strings.Contains(body, "<script>alert") {
		t.Error("a text became markup")
	}
	if got := last[*permitsv1.ListSourcesRequest](t, b.o, "ListSources"); !got.GetUnsettled() {
		t.Errorf("the drill-down asks for %v", got)
	}
}

func TestRegistrationForms(t *testing.T) {
	b := newBrowser(t)
	post := func(as, path string, values url.Values) (int, string, string) {
		values.Set("command", newID())
		values.Set("seen", "4")
		r, body := b.post(as, "/zh"+path, values)
		to, _, _ := strings.Cut(r.Header.Get("Location"), "?")
		return r.StatusCode, to, body
	}
	record := "/registrations/" + siteID
	status, to, body := post("firm_admin", record+"/act/decide-tier", url.Values{
		"answers.industries[0].row": {"96"}, "answers.industries[0].column": {"LIST_COLUMN_REGISTRATION"},
		"answers.industries[1].row": {""}, "answers.keyUnit": {"true"},
	})
	if status != http.StatusSeeOther || to != "/zh"+record {
		t.Fatalf("answers: %d %s\n%s", status, to, body)
	}
	decided := last[*permitsv1.DecideTierRequest](t, b.o, "DecideTier")
	if a := decided.GetAnswers(); len(a.GetIndustries()) != 1 || a.GetIndustries()[0].GetRow() != 96 || a.GetIndustries()[0].GetColumn() != 3 || !a.GetKeyUnit() || decided.GetExpectedRevision() != 4 {
		t.Errorf("sent %v", decided)
	}
	whole := url.Values{
		"content.products[0].title": {"供热"}, "content.products[0].capacity": {"10 t/h"},
		"content.releases[0].medium": {"REGISTRATION_MEDIUM_AIR"}, "content.releases[0].process": {"锅炉"}, "content.releases[0].measure": {"低氮燃烧"},
		"content.releases[0].destination": {"大气"}, "content.releases[0].standard": {"GB 13271-2014"}, "content.declaredTrue": {"true"},
	}
	if status, to, body = post("firm_admin", record+"/act/file", whole); status != http.StatusSeeOther || to != "/zh"+record+"/receipt" {
		t.Errorf("filed: %d %s\n%s", status, to, body)
	}
	whole.Del("content.releases[0].measure")
	if status, _, body = post("firm_admin", record+"/act/file", whole); status != http.StatusUnprocessableEntity || !strings.Contains(body, "f-content-releases-0-measure") {
		t.Errorf("a missing measure: %d", status)
	}
	if status, to, _ = post("permit_clerk", "/sources/"+appID+"/act/link", url.Values{"facilityId": {siteID}}); status != http.StatusSeeOther || to != "/zh/sources/"+appID {
		t.Errorf("linked: %d %s", status, to)
	}
	if status, _, body = post("permit_clerk", "/sources/"+appID+"/act/settle", url.Values{
		"outcome": {"SOURCE_OUTCOME_RECTIFY"}, "reason": {"未批先建"}, "due": {"2027-03-31"},
	}); status != http.StatusSeeOther {
		t.Errorf("settled: %d\n%s", status, body)
	}
	if got := last[*permitsv1.SettleSourceRequest](t, b.o, "SettleSource"); got.GetDue().GetIso() != "2027-03-31" {
		t.Errorf("sent %v", got)
	}
}
