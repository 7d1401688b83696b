package web_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// publicOffice answers for the public register: one permit in its second
// version, at a position.
type publicOffice struct {
	permitsv1.UnimplementedDisclosureServiceServer
	o *office
}

func (p publicOffice) entry(t *permitsv1.GetEntryRequest) *permitsv1.PublicEntry {
	c := content()
	c.Outlets[0].Location = &commonv1.Location{Longitude: "103.141", Latitude: "36.9705"}
	said, err := protojson.Marshal(c)
	body := &structpb.Struct{}
	if err == nil {
		err = body.UnmarshalJSON([]byte(`{"content":` + string(said) + `}`))
	}
	if err != nil {
		panic(err)
	}
	e := &permitsv1.PublicEntry{
		Kind: "permit", Id: issuedID, Number: number, UnitName: p.o.note, Uscc: "91620623MA73H91T32", SiteAddress: "天祝县宽沟工业集中区 3 号",
		Division: "620623", Industry: "3099", Class: "key", Status: "in_force", StatusText: &commonv1.Text{Zh: "有效", En: "In force"}, InForce: true,
		ValidFrom: day("2026-10-20"), ValidTo: day("2031-10-19"), IssuingOrg: "620600", DocumentNumber: "武环许〔2026〕12号", Decided: day("2026-10-20"),
		Location: &commonv1.Location{Longitude: "103.14", Latitude: "36.97"}, Example: true, Version: 2, Position: 4711, Content: body,
	}
	if t.GetVersion() == 1 {
		e.Version, e.Position = 1, 4000
	}
	return e
}

func (p publicOffice) SearchEntries(ctx context.Context, r *permitsv1.SearchEntriesRequest) (*permitsv1.SearchEntriesResponse, error) {
	return &permitsv1.SearchEntriesResponse{Entries: []*permitsv1.PublicEntry{p.entry(nil)}, Next: "c", Total: 37}, p.o.called(ctx, "SearchEntries", r)
}

func (p publicOffice) GetEntry(ctx context.Context, r *permitsv1.GetEntryRequest) (*permitsv1.GetEntryResponse, error) {
	if r.GetNumber() != number || r.GetVersion() > 2 {
		return nil, problem.ErrNotFound
	}
	return &permitsv1.GetEntryResponse{
		Entry: p.entry(r), NotPublic: rules()[1:],
		Versions: []*permitsv1.EntryVersion{
			{Version: 2, From: day("2026-10-20"), Occasion: &commonv1.Text{Zh: "变更基本信息", En: "Change of base data"}, DocumentNumber: "武环许〔2026〕12号", Position: 4711},
			{Version: 1, From: day("2026-03-01"), Occasion: &commonv1.Text{Zh: "首次核发", En: "First grant"}, DocumentNumber: "武环许〔2026〕1号", Position: 4000},
		},
	}, p.o.called(ctx, "GetEntry", r)
}

func rules() []*permitsv1.PublishRule {
	basis := &commonv1.Text{Zh: "《个人信息保护法》第二十五条", En: "Personal Information Protection Law Art. 25"}
	return []*permitsv1.PublishRule{
		{Kind: "permit", Field: "content.limits.standard", Publish: permitsv1.Publish_PUBLISH_PUBLIC, Basis: basis},
		{Kind: "permit", Field: "baseData.domicile", Publish: permitsv1.Publish_PUBLISH_MASKED, Basis: basis},
		{Kind: "permit", Field: "baseData.legalRepresentative.name", Publish: permitsv1.Publish_PUBLISH_WITHHELD, Basis: basis},
	}
}

func (p publicOffice) ListPublishRules(ctx context.Context, r *permitsv1.ListPublishRulesRequest) (*permitsv1.ListPublishRulesResponse, error) {
	return &permitsv1.ListPublishRulesResponse{Rules: rules()}, p.o.called(ctx, "ListPublishRules", r)
}

func (p publicOffice) ExportEntries(_ *permitsv1.ExportEntriesRequest, s grpc.ServerStreamingServer[permitsv1.ExportEntriesResponse]) error {
	return s.Send(&permitsv1.ExportEntriesResponse{Position: 4711, RecordedAt: timestamppb.New(today)})
}

func TestPublicRegisterPages(t *testing.T) {
	b := newBrowser(t)
	for path, wants := range map[string][]string{
		"/zh/register?q=金&state=in_force&county=620623": {number, "有效", "重点管理", "/zh/open-data", `value="in_force" selected`},
		"/en/register/" + number: {
			"Version 2", "Version 1", "?version=1", "103.14", `<svg class="plan"`, "Tianzhu", "/position", "Personal Information Protection Law", "Change of base data", `class="bar"`, "Outlets on the site",
		},
		"/zh/register/" + number + "?version=1": {"这是第 1 版发布时的内容", "看现在的内容"},
		"/zh/open-data":                         {"4711", "permits.csv?lang=zh", "CC BY 4.0", "/v1/register/changes?since=4711", "baseData.domicile", "部分公开", "住所"},
		"/en/open-data":                         {"permit-limits.csv?lang=en", "withheld", "/openapi.json"},
	} {
		r, body := b.get("", path)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	for _, path := range []string{"/zh/register/" + number + "?version=9", "/zh/register/" + number + "?version=x", "/zh/register/nothing"} {
		if r, _ := b.get("", path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
	b.o.mu.Lock()
	defer b.o.mu.Unlock()
	if !slices.Contains(b.o.calls, "SearchEntries") || slices.Contains(b.o.calls, "GetPermit") {
		t.Errorf("the public pages asked for %v", b.o.calls)
	}
}

// servedByTheAPI tells addresses that package gateway/api answers.
func servedByTheAPI(path string) bool {
	return strings.HasPrefix(path, "/v1/") || path == "/api" || path == "/openapi.json"
}
