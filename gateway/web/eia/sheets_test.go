package eia_test

import (
	"net/url"
	"testing"

	"shiyang/gateway/web/eia"
	"shiyang/gateway/web/form"
)

func TestEveryFieldIsAFieldOfItsRequest(t *testing.T) {
	fields := 0
	for name, s := range eia.Sheets() {
		values := url.Values{}
		for _, section := range s.Form {
			if section.Rows != nil {
				values.Set(section.Rows.Path+"[0]."+section.Rows.Fields[0].Path, "")
			}
		}
		s.Form.Each(values, func(path string, _ int, field form.Field) {
			fields++
			if field.Kind == form.File {
				path += ".sha256"
			}
			if !form.Has(s.Request.ProtoReflect().Descriptor(), path) {
				t.Errorf("%s: the request has no %s", name, path)
			}
			if field.Kind != form.Kept && field.Label.IsZero() {
				t.Errorf("%s: %s has no label", name, path)
			}
			if choice := field.Kind == form.Choice || field.Kind == form.Pick || field.Kind == form.Ticks; choice && len(field.Options) == 0 {
				t.Errorf("%s: %s has nothing to choose", name, path)
			}
		})
	}
	if fields < 60 {
		t.Errorf("only %d fields were looked at", fields)
	}
}

// What a person may do on a file has a page; what only the clock does has none.
func TestEveryActHasAPage(t *testing.T) {
	for _, act := range []string{
		"submit", "file", "withdraw", "notice-deficiency", "accept", "decline", "supply-promised", "return", "publish-acceptance", "pause-clock",
		"resume-clock", "screen", "report-examination", "publish-intention", "request-hearing", "close-hearing", "return-examination", "approve",
		"refuse", "publish-decision", "answer-recheck", "record-start", "note-change", "request-recheck", "report-acceptance", "open-change",
	} {
		if !eia.HasForm(act) {
			t.Errorf("%s has no page", act)
		}
	}
	for _, act := range []string{"deem-accepted", "record-breach", "unknown"} {
		if eia.HasForm(act) {
			t.Errorf("%s has a page", act)
		}
	}
}
