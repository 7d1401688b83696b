package eia_test

import (
	"fmt"
	"testing"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// edition is a file with one unit around the place of the tests, and one row.
func edition(access string) []byte {
	return fmt.Appendf(nil, `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"ZH62060220001","name":"示例单元","kind":"key",
"divisions":["620602"],"rows":[{"row":"1.1","access":%q,"industries":["13"],"words":["发酵"],"text":"发酵类项目的要求"}]},
"geometry":{"type":"Polygon","coordinates":[[[102.6,37.9],[102.7,37.9],[102.7,38],[102.6,38],[102.6,37.9]]]}}]}`, access)
}

func (b *bureau) load(version, from, access string) string {
	b.t.Helper()
	answer, err := b.zoning.LoadControlEdition(b.as(head), &permitsv1.LoadControlEditionRequest{
		Title: "示例分区管控成果", Version: version, ValidFrom: day(from), Source: "示例", Content: edition(access), Example: true,
	})
	b.ok(err)
	return answer.GetReceipt().GetRecordId()
}

// A project is screened when it is filed; a new edition tells what it would
// judge otherwise; the examiner screens again.
func TestScreeningFollowsTheEdition(t *testing.T) {
	b := open(t, "2026-09-01", 0)
	first := b.load("示例-1", "2026-09-01", "limited")
	id := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, "")
	b.toDecide(id)
	shown, err := b.GetEia(b.as(examiner), &permitsv1.GetEiaRequest{EiaId: id})
	b.ok(err)
	if s := shown.GetEia().GetScreening(); s.GetEditionId() != first || s.GetVerdict() != permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS || len(s.GetRows()) != 1 || s.GetSha256() == "" {
		t.Fatalf("the file was screened as %v", s)
	}
	second := b.load("示例-2", "2026-10-12", "forbidden")
	compared, err := b.zoning.CompareEditions(b.as(head), &permitsv1.CompareEditionsRequest{EditionId: second})
	b.ok(err)
	if compared.GetChecked() != 1 || len(compared.GetFlips()) != 1 || compared.GetFlips()[0].GetAfter().GetVerdict() != permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT {
		t.Errorf("the comparison says %v", compared)
	}
	same, err := b.zoning.CompareEditions(b.as(head), &permitsv1.CompareEditionsRequest{EditionId: first})
	b.ok(err)
	if len(same.GetFlips()) != 0 {
		t.Errorf("the edition in force flips %v", same.GetFlips())
	}
	_, err = b.ScreenEia(b.as(examiner), &permitsv1.ScreenEiaRequest{EiaId: id})
	b.ok(err)
	_, err = b.ApproveEia(b.as(decider), &permitsv1.ApproveEiaRequest{EiaId: id, Conditions: "落实措施"})
	b.refused("ZONING_CONFLICT", err)
	list, err := b.zoning.ListControlEditions(b.as(clerk), &permitsv1.ListControlEditionsRequest{})
	b.ok(err)
	if len(list.GetEditions()) != 2 || !list.GetEditions()[0].GetCurrent() || list.GetEditions()[1].GetCurrent() {
		t.Errorf("the editions are %v", list)
	}
	_, err = b.zoning.WithdrawControlEdition(b.as(head), &permitsv1.WithdrawControlEditionRequest{EditionId: second, Reason: "有误"})
	b.ok(err)
	_, err = b.ScreenEia(b.as(examiner), &permitsv1.ScreenEiaRequest{EiaId: id})
	b.ok(err)
	_, err = b.ApproveEia(b.as(decider), &permitsv1.ApproveEiaRequest{EiaId: id, Conditions: "落实措施"})
	b.ok(err)
}

func TestAParkForbidsWhatItsPlanForbids(t *testing.T) {
	b := open(t, "2026-09-01", 0)
	b.load("示例-1", "2026-09-01", "allowed")
	entry := &permitsv1.Park{
		Title: "示例园区", Division: "620602", Plan: "示例规划", OpinionNumber: "示例环函〔2024〕1号", OpinionBy: "示例机关", OpinionOn: day("2024-05-01"), ValidTo: day("2030-12-31"),
		Rows: []*permitsv1.AccessRow{{Row: "1", Access: permitsv1.Access_ACCESS_FORBIDDEN, Industries: []string{"13"}, Text: "不得引入"}}, Example: true,
	}
	answer, err := b.zoning.RecordPark(b.as(clerk), &permitsv1.RecordParkRequest{Park: entry})
	b.ok(err)
	request := &permitsv1.ScreenProjectRequest{
		Division: "620602", Location: &commonv1.Location{Longitude: "102.638", Latitude: "37.928"}, Industry: "1329", Words: []string{"发酵"},
	}
	outside, err := b.zoning.ScreenProject(b.as(clerk), request)
	b.ok(err)
	request.ParkId = answer.GetReceipt().GetRecordId()
	inside, err := b.zoning.ScreenProject(b.as(clerk), request)
	b.ok(err)
	if outside.GetScreening().GetVerdict() != conform || inside.GetScreening().GetVerdict() != permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT {
		t.Errorf("outside %v, inside %v", outside.GetScreening().GetVerdict(), inside.GetScreening().GetVerdict())
	}
	if inside.GetScreening().GetParkOpinion() != entry.GetOpinionNumber() {
		t.Errorf("the screening names the opinion %s", inside.GetScreening().GetParkOpinion())
	}
	parks, err := b.zoning.ListParks(b.as(builder), &permitsv1.ListParksRequest{})
	b.ok(err)
	if len(parks.GetParks()) != 1 || !parks.GetParks()[0].GetInForce() {
		t.Errorf("the register holds %v", parks)
	}
	request.Location.Longitude = "199"
	_, err = b.zoning.ScreenProject(b.as(clerk), request)
	b.refused("INVALID_FIELDS", err)
	_, err = b.zoning.LoadControlEdition(b.as(head), &permitsv1.LoadControlEditionRequest{
		Title: "示例", Version: "1", ValidFrom: day("2026-09-01"), Source: "示例", Content: []byte("{}"),
	})
	b.refused("INVALID_FIELDS", err)
	_, err = b.zoning.LoadControlEdition(b.as(clerk), &permitsv1.LoadControlEditionRequest{
		Title: "示例", Version: "1", ValidFrom: day("2026-09-01"), Source: "示例", Content: edition("limited"),
	})
	b.refused("NOT_YOUR_ROLE", err)
}
