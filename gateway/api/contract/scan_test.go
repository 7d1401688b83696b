package contract_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bodies are right and wrong, and each is a seed for the comparison below.
var bodies = map[string]bool{ // whether the quick look is enough
	`{}`: true,
	` { "content" : { "industry" : "3099" , "outlets" : [ { "heightMm" : 1 } , { } ] , "limits" : [] } } `: true,
	`{"content":{"declaredTrue":true,"managementClass":"MANAGEMENT_CLASS_KEY"},"expectedRevision":3}`:      true,
	`{"content":{"limits":[{"massGramsPerYear":"86400000"},{"massGramsPerYear":-0}]}}`:                     true,
	`{"occurredAt":"2026-11-23T09:00:00+08:00","expectedRevision":null}`:                                   true,
	`{"content":{"industry":"a\\b\"c\n"}}`:                                                                 true,
	`{"content":null}`:                                                                                     true,
	`{"content":{"industry":"\u4e00"}}`:                                                                    false,
	`{"content":{"industry":"a` + "\n" + `"}}`:                                                             false,
	`{"content":{"managementClass":"\n"}}`:                                                                 false,
	`{"content":{"limits":[{"massGramsPerYear":01}]}}`:                                                     false,
	`{"content":{"limits":[{"massGramsPerYear":1.0}]}}`:                                                    false,
	`{"content":{"limits":[{"massGramsPerYear":-}]}}`:                                                      false,
	`{"expectedRevision":-1}`:                                                                              false,
	`{"content":{"industry":"1","industry":"2"}}`:                                                          false,
	`{"content":{},"content":{}}`:                                                                          false,
	`{"permitId":"p"}`:                                                                                     false,
	`{"Content":{}}`:                                                                                       false,
	`{"content":{}} {}`:                                                                                    false,
	`{"content":{},}`:                                                                                      false,
	`{"content":{}`:                                                                                        false,
	`{"content"`:                                                                                           false,
	`{"content":`:                                                                                          false,
	`{"content":{"outlets":[`:                                                                              false,
	`{"content":{"industry":"3099`:                                                                         false,
	`{"content":{"industry":"3099\`:                                                                        false,
	`{"content":{"declaredTrue":truex}}`:                                                                   false,
	`{"content":{"outlets":[{},]}}`:                                                                        false,
	`null`:                                                                                                 false,
	`[]`:                                                                                                   false,
	``:                                                                                                     false,
}

func TestQuickLook(t *testing.T) {
	submit := route(t, "POST", "/v1/permits/{permit_id=*}:submit")
	for body, want := range bodies {
		if got := submit.Flawless([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
		if want && !json.Valid([]byte(body)) {
			t.Errorf("%s is no JSON", body)
		}
	}
	many := `{"content":{"outlets":[` + strings.TrimSuffix(strings.Repeat(`{},`, 1001), ",") + `]}}`
	if submit.Flawless([]byte(many)) {
		t.Error("1001 elements")
	}
}

// What passes the quick look has no mistake, however a right body is damaged.
func TestQuickLookLetsNoMistakePass(t *testing.T) {
	submit := route(t, "POST", "/v1/permits/{permit_id=*}:submit")
	var seeds []string
	for body := range bodies {
		seeds = append(seeds, body)
	}
	rapid.Check(t, func(t *rapid.T) {
		body := []byte(rapid.SampledFrom(seeds).Draw(t, "body"))
		for range rapid.IntRange(0, 3).Draw(t, "damages") {
			at := rapid.IntRange(0, len(body)).Draw(t, "at")
			piece := rapid.SampledFrom([]string{
				`"`, `{`, `}`, `[`, `]`, `,`, `:`, `\`, ` `, `0`, `-`, `null`, `true`, `"industry":"1",`, `"x":1,`, `{},`, "\xff", "\x00", "e", ".",
			}).Draw(t, "piece")
			end := min(len(body), at+rapid.IntRange(0, 2).Draw(t, "cut"))
			body = bytes.Join([][]byte{body[:at], []byte(piece), body[end:]}, nil)
		}
		if found := submit.FindMistakes(body); submit.Flawless(body) && len(found) > 0 {
			t.Errorf("%q: %+v", body, found)
		}
	})
}

func FuzzQuickLook(f *testing.F) {
	submit := route(f, "POST", "/v1/permits/{permit_id=*}:submit")
	for body := range bodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if found := submit.FindMistakes(body); submit.Flawless(body) && len(found) > 0 {
			t.Errorf("%q: %+v", body, found)
		}
	})
}

func BenchmarkCheckBody(b *testing.B) {
	register := route(b, "POST", "/v1/facilities")
	body := []byte(`{"site":{"unitName":"示例测速厂","division":"620602","remark":"` + strings.Repeat("x", 450) + `","example":true}}`)
	b.ReportAllocs()
	for b.Loop() {
		if found := register.CheckBody(body); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
