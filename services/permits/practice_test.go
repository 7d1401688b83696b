package permits_test

import (
	"strings"
	"testing"

	permitsv1 "shiyang/proto/permits/v1"
)

// A refusal says where to turn, by when, and why (Licensing Law Art. 38).
func TestRemediesNameBodyCourtPeriodAndBasis(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	_, permit := b.examine()
	b.goTo("2026-10-20")
	got := done(b.RefusePermit(b.as(decider), &permitsv1.RefusePermitRequest{
		PermitId: permit, Reasons: "治理设施达不到许可限值", UnmetConditions: []string{"abatement"},
	}))(b)
	b.equal("number of the refusal", got.GetNumber(), "武环不许〔2026〕1号")
	if len(got.GetWarnings()) != 1 || got.GetWarnings()[0].GetReason() != "AGAINST_RECOMMENDATION" {
		t.Errorf("warnings: %v", got.GetWarnings())
	}
	shown, err := b.GetPermit(b.as(firm), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil {
		t.Fatal(err)
	}
	remedies := shown.GetPermit().GetRemedies()
	for _, part := range []string{"60 日", "武威市人民政府", "行政复议法 第20条", "6 个月", "人民法院", "行政诉讼法 第46条"} {
		if !strings.Contains(remedies.GetZh(), part) {
			t.Errorf("the remedies leave out %s: %s", part, remedies.GetZh())
		}
	}
	for _, part := range []string{"60 days", "People's Government of Wuwei", "6 months", "court"} {
		if !strings.Contains(remedies.GetEn(), part) {
			t.Errorf("the remedies leave out %s: %s", part, remedies.GetEn())
		}
	}
}
