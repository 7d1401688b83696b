package edition_test

import (
	"strings"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/zoning/edition"
)

const good = `{"type":"FeatureCollection","features":[
 {"type":"Feature","properties":{"code":"ZH1","name":"示例优先单元","kind":"priority","divisions":["620602"],
  "rows":[{"row":"1.1","access":"forbidden","industries":["26"],"words":["电镀"],"text":"禁止"}]},
  "geometry":{"type":"Polygon","coordinates":[[[102.5,37.9],[102.6,37.9],[102.6,38.0000001],[102.5,37.9]]]}},
 {"type":"Feature","properties":{"code":"ZH2","name":"示例一般单元","kind":"general","divisions":["620621"]},"geometry":null}]}`

func units() []es.Event {
	return []es.Event{
		&permitsv1.ControlUnitEntered{
			Code: "ZH1", Title: "示例优先单元", Kind: permitsv1.UnitKind_UNIT_KIND_PRIORITY, Divisions: []string{"620602"},
			Areas: []*permitsv1.Area{{Rings: []*permitsv1.Ring{{Corners: []int32{102_500_000, 37_900_000, 102_600_000, 37_900_000, 102_600_000, 38_000_000}}}}},
			Rows:  []*permitsv1.AccessRow{{Row: "1.1", Access: permitsv1.Access_ACCESS_FORBIDDEN, Industries: []string{"26"}, Words: []string{"电镀"}, Text: "禁止"}},
		},
		&permitsv1.ControlUnitEntered{Code: "ZH2", Title: "示例一般单元", Kind: permitsv1.UnitKind_UNIT_KIND_GENERAL, Divisions: []string{"620621"}},
	}
}

func TestEdition(t *testing.T) {
	load := edition.Load{
		Occasion: act.Occasion{On: law.MustParseDate("2026-09-01")}, Title: "示例成果", Version: "1", Source: "示例", ValidFrom: law.MustParseDate("2026-09-01"),
		Content: []byte(good), Hash: "ab", Example: true,
	}
	loaded := &permitsv1.ControlEditionLoaded{Title: "示例成果", Version: "1", Source: "示例", ValidFrom: &commonv1.Date{Iso: "2026-09-01"}, Sha256: "ab", Units: 2, Example: true}
	known := append([]es.Event{loaded}, units()...)
	gone := &permitsv1.ControlEditionWithdrawn{Reason: "有误"}
	estest.EveryEventEvolves[edition.Edition](t, estest.Facts(append(known[:len(known):len(known)], gone)...)...)
	estest.Run(t, []estest.Scenario[edition.Edition]{
		{Name: "an edition is loaded with its units", When: load, Then: known},
		{Name: "once", Given: estest.Facts(known...), When: load, Err: edition.ErrLoaded},
		{Name: "it is taken back", Given: estest.Facts(known...), When: edition.Withdraw{Reason: "有误"}, Then: []es.Event{gone}},
		{Name: "once too", Given: estest.Facts(append(known[:len(known):len(known)], gone)...), When: edition.Withdraw{}, Err: edition.ErrLoaded},
		{Name: "what does not exist is not taken back", When: edition.Withdraw{}, Err: problem.ErrNotFound},
	})
}

func TestFaultyFiles(t *testing.T) {
	for why, c := range map[string][2]string{ // what replaces what in the good file
		"read GeoJSON":                 {`{"type":"FeatureCollection"`, `{"type":`},
		"FeatureCollection of":         {`"FeatureCollection"`, `"Feature"`},
		"appears twice":                {`"ZH2"`, `"ZH1"`},
		"kind \"none\"":                {`"general"`, `"none"`},
		"not a county of Wuwei":        {`"620621"`, `"620100"`},
		"neither a polygon nor":        {`,"divisions":["620621"]`, ``},
		"access \"maybe\"":             {`"forbidden"`, `"maybe"`},
		"two to four digits":           {`"26"`, `"2"`},
		"ends where it began":          {`[102.5,37.9]]]`, `[102.5,37.8]]]`},
		"at least four":                {`[102.6,38.0000001],`, ``},
		"number of degrees":            {`[102.6,37.9]`, `[202.6,37.9]`},
		"not Polygon or MultiPolygon":  {`"Polygon"`, `"Point"`},
		"its number and its text":      {`"text":"禁止"`, `"text":""`},
		"longitude and latitude":       {`[102.6,37.9]`, `[102.6]`},
		"a Feature with code and name": {`"code":"ZH2"`, `"code":""`},
	} {
		broken := strings.Replace(good, c[0], c[1], 1)
		if broken == good {
			t.Fatalf("%s: nothing was replaced", why)
		}
		if _, err := edition.Parse([]byte(broken)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("error %v, want one with %q", err, why)
		}
	}
}
