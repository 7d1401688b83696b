package form_test

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

var limits = form.Form{{Rows: &form.Rows{Path: "content.limits", Item: words.LimitItem, Least: 1, Fields: []form.Field{
	{Path: "outlet"}, {Path: "massGramsPerYear", Kind: form.Scaled, Scale: 6},
}}}}

func TestDecimalsAreExact(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "1": 1_000_000, "86.4": 86_400_000, "0.000001": 1, "9000000000000": 9_000_000_000_000_000_000} {
		if got, ok := form.Shift(text, 6); !ok || got != want {
			t.Errorf("%s: %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", ".", "-1", "+1", "1,5", "12,00", "1e3", "1.1234567", "９", "99999999999999999999", "1.-5", "NaN", "0x1", "1_0", " 1"} {
		if got, ok := form.Shift(text, 6); ok {
			t.Errorf("%q read as %d", text, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n, places := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n"), rapid.IntRange(0, 6).Draw(t, "places")
		text := form.Unshift(strconv.FormatInt(n, 10), places)
		if got, ok := form.Shift(text, places); !ok || got != n {
			t.Fatalf("%d at %d places is written %s and read %d", n, places, text, got)
		}
	})
}

func TestNumbersThatCannotBeReadStandAtTheirPath(t *testing.T) {
	var m permitsv1.SubmitApplicationRequest
	wrong := limits.Decode(url.Values{"content.limits[0].outlet": {"DA001"}, "content.limits[1].massGramsPerYear": {"12,00"}}, &m)
	if len(wrong) != 1 || wrong[0].Path != "content.limits[1].massGramsPerYear" || wrong[0].Value != "12,00" {
		t.Errorf("%v", wrong)
	}
	if got := m.GetContent().GetLimits(); len(got) != 1 || got[0].GetOutlet() != "DA001" {
		t.Errorf("%v", got)
	}
}

func TestOpenQuestionsAreNotAnsweredForPeople(t *testing.T) {
	f := form.Form{{Fields: []form.Field{{Path: "recommendGrant", Kind: form.Pick, Label: words.Recommendation}}}}
	for _, values := range []url.Values{{}, {"recommendGrant": {""}}} {
		if wrong := f.Decode(values, &permitsv1.ReportExaminationRequest{}); len(wrong) != 1 || wrong[0].Reason != "CHOOSE_ONE" {
			t.Errorf("%v: %v", values, wrong)
		}
	}
	if wrong := f.Decode(url.Values{"recommendGrant": {"false"}}, &permitsv1.ReportExaminationRequest{}); len(wrong) != 0 {
		t.Errorf("%v", wrong)
	}
}

func TestPlaceFindsTheFieldOnThePage(t *testing.T) {
	f := form.Filled{Form: limits, Values: url.Values{"content.limits[1].outlet": {"x"}}}
	for path, want := range map[string]string{
		"content.limits[1].outlet": "content.limits[1].outlet", "content.limits": "content.limits[0].outlet", "content.limits[1]": "content.limits[1].outlet",
		"content.limits[7].outlet": "", "content.eiaNumber": "", "content": "content.limits[0].outlet",
	} {
		if got := f.Place(path); got != want {
			t.Errorf("%s stands at %q, want %q", path, got, want)
		}
	}
	f.Errors = []problem.Field{{Path: "content.limits[1].outlet", Text: problem.Text{Zh: "错"}}, {Text: problem.Text{Zh: "全部"}}}
	if got := f.Indexed().ErrorsAt("content.limits[1].outlet"); len(got) != 1 || len(f.WarningsAt("content.limits[1].outlet")) != 0 {
		t.Errorf("%v", got)
	}
}

func TestRowsStayInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", ""}), 1, 12).Draw(t, "rows")
		values, kept := url.Values{}, []string{}
		for i, v := range rows {
			values.Set("content.limits["+strconv.Itoa(i)+"].outlet", v)
			if v != "" {
				kept = append(kept, v)
			}
		}
		limits.Tidy(values)
		read := func() (got []string) {
			for i := range limits[0].Rows.Count(values) {
				got = append(got, values.Get("content.limits["+strconv.Itoa(i)+"].outlet"))
			}
			return got
		}
		if got := strings.Join(read(), ","); got != strings.Join(kept, ",") {
			t.Fatalf("%v tidied to %s", rows, got)
		}
		if len(kept) == 0 {
			return
		}
		gone := rapid.IntRange(0, len(kept)-1).Draw(t, "gone")
		values.Set(form.ChangeField, "remove:content.limits["+strconv.Itoa(gone)+"]")
		if !limits.Change(values) {
			t.Fatal("nothing removed")
		}
		want := append(append([]string{}, kept[:gone]...), kept[gone+1:]...)
		if got := strings.Join(read(), ","); got != strings.Join(want, ",") {
			t.Fatalf("%v without %d is %s", kept, gone, got)
		}
	})
}

func TestOnlyTheFormsFieldsAreKnown(t *testing.T) {
	f := append(form.Form{{Fields: []form.Field{{Path: "reason"}, {Path: "licence", Kind: form.File}}}}, limits...)
	for name, want := range map[string]bool{
		"reason": true, "licence.sha256": true, "licence.evil": false, "reason.sha256": false, "content.limits[3].outlet": true,
		"content.limits[3].standard": false, "content.limits[99999].outlet": false, "permitId": false, "content.limits[].outlet": false, "change": true,
	} {
		if got := f.Knows(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("content.limits[0].outlet", "DA001")
	f.Add("content.limits[999].massGramsPerYear", "1.5")
	f.Add("content.limits[1000].outlet", "x")
	f.Fuzz(func(t *testing.T, name, value string) {
		values := url.Values{name: {value}}
		limits.Tidy(values)
		var m permitsv1.SubmitApplicationRequest
		limits.Decode(values, &m)
		if n := len(m.GetContent().GetLimits()); n > 1000 {
			t.Errorf("%d rows", n)
		}
		if proto.Size(&m) > len(value)+8192 {
			t.Errorf("%d bytes from %d", proto.Size(&m), len(value))
		}
	})
}

func TestNoRecordIsCutShort(t *testing.T) {
	var full permitsv1.SubmitApplicationRequest
	full.Content = &permitsv1.ApplicationContent{}
	for range 1000 { // the most that the contract allows
		full.Content.Limits = append(full.Content.Limits, &permitsv1.Limit{Outlet: "DA001", MassGramsPerYear: 1})
	}
	var back permitsv1.SubmitApplicationRequest
	if wrong := limits.Decode(limits.Encode(&full), &back); len(wrong) > 0 || !proto.Equal(&full, &back) {
		t.Errorf("%d of 1000 rows came back, %v", len(back.GetContent().GetLimits()), wrong)
	}
}
