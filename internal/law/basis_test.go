package law_test

import (
	"testing"

	"shiyang/internal/law"
)

func TestCitations(t *testing.T) {
	for _, c := range []struct {
		ref  law.Reference
		want law.Citation
	}{
		{law.Reference{Law: "licensing-law-2019", Article: "42"}, law.Citation{
			Zh: "行政许可法 第四十二条", En: "Administrative Licensing Law, Art. 42",
			Short: "行政许可法 第42条", Full: "《中华人民共和国行政许可法》第四十二条",
		}},
		{law.Reference{Law: "decree-736", Article: "34(1)"}, law.Citation{
			Zh: "排污许可管理条例 第三十四条(1)", En: "Regulation on Discharge Permits, Art. 34(1)",
			Short: "排污许可管理条例 第34条(1)", Full: "《排污许可管理条例》第三十四条(1)",
		}},
		{law.Reference{Law: "no-such-law"}, law.Citation{Zh: "no-such-law", En: "no-such-law", Short: "no-such-law", Full: "《no-such-law》"}},
	} {
		if got := law.Embedded().Cite(c.ref); got != c.want {
			t.Errorf("%+v cited as %+v, want %+v", c.ref, got, c.want)
		}
	}
	for n, want := range map[int]string{0: "零", 10: "十", 15: "十五", 20: "二十", 42: "四十二", 100: "一百", 101: "一百零一", 110: "一百一十", 1010: "一千零一十", 1103: "一千一百零三", 1242: "一千二百四十二"} {
		if got := law.ChineseNumber(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestWrongLaw(t *testing.T) {
	for _, c := range []struct{ law, act, decided, want string }{
		{"air-law-2018", "2026-08-01", "2026-08-10", ""},
		{"air-law-2018", "2026-08-01", "2026-10-23", "OLD_LAW"},
		{"air-law-2018", "2026-08-14", "2026-08-15", "OLD_LAW"},
		{"air-law-2018", "2026-08-15", "2026-10-23", "WRONG_LAW"}, // a continuing act counts from its end
		{"code-2026", "2026-09-01", "2026-10-23", ""},
		{"code-2026", "2026-08-01", "2026-10-23", "NEW_LAW"},
		{"code-2026", "2026-08-01", "2026-08-10", "WRONG_LAW"},
		{"decree-736", "2026-09-01", "2026-10-23", ""},
		{"no-such-law", "2026-09-01", "2026-10-23", "UNKNOWN_LAW"},
	} {
		findings := law.Embedded().CheckBasis(law.Reference{Law: c.law}, day(t, c.act), day(t, c.decided))
		got := ""
		for _, f := range findings {
			got += f.Reason
			if f.Zh == "" || f.En == "" {
				t.Errorf("%s has no sentence", f.Reason)
			}
		}
		if got != c.want {
			t.Errorf("%s for an act ended %s, decided %s: %q, want %q", c.law, c.act, c.decided, got, c.want)
		}
	}
}
