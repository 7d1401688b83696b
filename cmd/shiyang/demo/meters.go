package demo

import (
	"context"
	"fmt"
	"time"

	"shiyang/internal/law"
	"shiyang/services/permits/monitoring/frame"
)

// The made-up meters of the example with a permit.
const (
	stackMN  = "62062300A0000100000000D1"
	crushMN  = "62062300A0000200000000D2"
	meterPW  = "123456"
	meterDay = 30 // hours of data that the demo begins with
)

// meters puts up the meters of a site with a permit: one linked and accepted,
// with a day of hours and an hour of minutes, one still to be put up, which
// stands on the year's plan.
func (m *maker) meters(ctx context.Context, site string) error {
	by := m.officers[0]
	linked := ""
	for _, d := range []struct{ mn, outlet string }{{stackMN, "DA001"}, {crushMN, "DA002"}} {
		receipt, err := by.Command(ctx, "/v1/meters", "", map[string]any{
			"facilityId": site, "outlet": d.outlet, "mn": d.mn, "system": "31", "password": meterPW,
		})
		if err != nil {
			return fmt.Errorf("meter of %s: %w", d.outlet, err)
		}
		if linked == "" {
			linked = receipt.RecordID
		}
	}
	today := law.DateOf(m.days.now)
	for _, step := range []struct {
		path string
		body map[string]any
	}{
		{"/v1/meters/" + linked + ":install", map[string]any{"on": map[string]any{"iso": today.AddDays(-20).String()}}},
		{"/v1/meter-frames:import", map[string]any{"content": frames(m.days.now)}},
		{"/v1/meters/" + linked + ":accept", map[string]any{"document": "验收意见（示例）"}},
		{"/v1/meter-plan", map[string]any{
			"year": today.Year, "facilityId": site, "outlet": "DA002", "due": map[string]any{"iso": fmt.Sprintf("%d-12-31", today.Year)}, "basis": "环境监管重点单位名录（示例）",
		}},
	} {
		if _, err := by.Command(ctx, step.path, "", step.body); err != nil {
			return fmt.Errorf("meters of the example: %s: %w", step.path, err)
		}
	}
	return nil
}

// frames are what the stack's meter has told up to now: hours with one above
// the limit, one under maintenance and one that never came, and minutes.
func frames(now time.Time) []byte {
	var file []byte
	add := func(cn string, at time.Time, parameters string) {
		file = frame.AppendFrame(file, "QN="+frame.FormatQN(at)+";ST=31;CN="+cn+";PW="+meterPW+";MN="+stackMN+
			";Flag=5;CP=&&DataTime="+frame.FormatTime(at)+";"+parameters+"&&")
	}
	last := now.Truncate(time.Hour).Add(-time.Hour)
	for i := range meterDay {
		wave := (i*7)%11 + i%5
		so2, flag := 60+2*wave, "N"
		switch i {
		case 9:
			continue // it never came
		case 14:
			so2 = 112 // above the limit of 100
		case 20:
			flag = "M"
		}
		add("2061", last.Add(-time.Duration(meterDay-1-i)*time.Hour), fmt.Sprintf(
			"a21026-Cou=%d.%d,a21026-Min=%d,a21026-Avg=%d,a21026-Max=%d,a21026-ZsAvg=%d.4,a21026-Flag=%s;"+
				"a21002-Cou=%d.2,a21002-Avg=%d,a21002-ZsAvg=%d.1,a21002-Flag=%s;a34013-Cou=1.%d,a34013-Avg=%d,a34013-ZsAvg=%d.6,a34013-Flag=%s;"+
				"a19001-Avg=8.%d,a19001-Flag=%s;a00000-Cou=%d,a00000-Avg=42.5,a00000-Flag=%s",
			so2/14, so2%10, so2-9, so2-4, so2+6, so2, flag, 7+wave/4, 110+3*wave, 118+3*wave, flag, wave%10, 11+wave/3, 12+wave/3, flag,
			wave%10, flag, 150_000+400*wave, flag))
	}
	for at := now.Truncate(10 * time.Minute).Add(-time.Hour); at.Before(now); at = at.Add(10 * time.Minute) {
		add("2051", at, "a21026-Avg=66.1,a21026-Flag=N;a21002-Avg=121.0,a21002-Flag=N;a34013-Avg=12.4,a34013-Flag=N")
	}
	return file
}
