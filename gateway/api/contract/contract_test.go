package contract_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"pgregory.net/rapid"

	"shiyang/gateway/api/contract"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

func routes(t testing.TB) contract.Routes {
	t.Helper()
	d, err := protoregistry.GlobalFiles.FindDescriptorByName("permits.v1.PermitsService")
	if err != nil {
		t.Fatal(err)
	}
	return contract.NewRoutes(d.(protoreflect.ServiceDescriptor))
}

func route(t testing.TB, method, pattern string) *contract.Route {
	t.Helper()
	r, ok := routes(t).Find(method, pattern)
	if !ok {
		t.Fatalf("no route %s %s", method, pattern)
	}
	return r
}

func list(found problem.Fields) (lines []string) {
	for _, f := range found {
		lines = append(lines, f.Path+" "+f.Reason+" "+f.Value)
	}
	return lines
}

func TestEveryMistakeOfABodyIsToldAtOnce(t *testing.T) {
	submit := route(t, "POST", "/v1/permits/{permit_id=*}:submit")
	for name, tc := range map[string]struct {
		body string
		want []string
	}{
		"nothing wrong": {body: `{"content":{"industry":"3099","limits":[{"massGramsPerYear":"86400000"}],"declaredTrue":true},"expectedRevision":3,"occurredAt":"2026-11-23T09:00:00+08:00"}`},
		"empty":         {body: " "},
		"null is absent": {
			body: `{"content":null,"occurredAt":null}`,
		},
		"all at once": {
			body: `{"content":{"industry":3099,"eia_number":"x","outlets":[{"code":"DA001","hight":1,"heightMm":"tall"},7],"limits":{}, "industry":"3099"},"permitId":"p","occurredAt":"yesterday"}`,
			want: []string{
				"content.industry WRONG_TYPE 3099", "content.eia_number UNKNOWN_FIELD ", "content.outlets[0].hight UNKNOWN_FIELD ",
				"content.outlets[0].heightMm WRONG_TYPE tall", "content.outlets[1] WRONG_TYPE ", "content.limits WRONG_TYPE ",
				"content.industry DUPLICATE_FIELD ", "permitId GIVEN_BY_PATH ", "occurredAt WRONG_TYPE yesterday",
			},
		},
		"enum by name only":     {body: `{"content":{"managementClass":1}}`, want: []string{"content.managementClass WRONG_TYPE 1"}},
		"time far away":         {body: `{"occurredAt":"1812-01-01T00:00:00Z"}`, want: []string{"occurredAt WRONG_TYPE 1812-01-01T00:00:00Z"}},
		"cut off":               {body: `{"content":{`, want: []string{" JSON_SYNTAX byte 12"}},
		"two values":            {body: `{} {}`, want: []string{" JSON_SYNTAX byte 4"}},
		"not an object":         {body: `[1,2]`, want: []string{" WRONG_TYPE "}},
		"wrong whole structure": {body: `{"content":[{"a":1}],"expectedRevision":"-1"}`, want: []string{"content WRONG_TYPE ", "expectedRevision WRONG_TYPE -1"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, list(submit.CheckBody([]byte(tc.body)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAWrongNameIsHinted(t *testing.T) {
	found := route(t, "POST", "/v1/facilities").CheckBody([]byte(`{"enterprise_id":"x"}`))
	if len(found) != 1 || !strings.Contains(found[0].Text.En, "enterpriseId") || !strings.Contains(found[0].Text.Zh, "enterpriseId") {
		t.Errorf("got %+v", found)
	}
}

func TestPersonalValuesAreNotRepeated(t *testing.T) {
	found := route(t, "POST", "/v1/facilities").CheckBody([]byte(`{"site":{"contact":{"phone":13993500000}}}`))
	if diff := cmp.Diff([]string{"site.contact.phone WRONG_TYPE "}, list(found)); diff != "" {
		t.Error(diff)
	}
}

func TestBoundsOfABody(t *testing.T) {
	deep := strings.Repeat(`[`, 100000) + strings.Repeat(`]`, 100000)
	if found := route(t, "POST", "/v1/facilities").CheckBody([]byte(`{"site":` + deep + `}`)); len(found) == 0 {
		t.Error("deep nesting was accepted")
	}
	many := `{"content":{"outlets":[` + strings.TrimSuffix(strings.Repeat(`{},`, 1001), ",") + `]}}`
	found := list(route(t, "POST", "/v1/permits/{permit_id}:submit").CheckBody([]byte(many)))
	if diff := cmp.Diff([]string{"content.outlets TOO_MANY_ELEMENTS "}, found); diff != "" {
		t.Error(diff)
	}
	unknown := strings.Builder{}
	for i := range 500 {
		fmt.Fprintf(&unknown, `"x%d":1,`, i)
	}
	if n := len(route(t, "POST", "/v1/facilities").CheckBody([]byte("{" + strings.TrimSuffix(unknown.String(), ",") + "}"))); n > 102 {
		t.Errorf("%d findings", n)
	}
}

func TestQueryIsCheckedToo(t *testing.T) {
	listPermits := route(t, "GET", "/v1/permits")
	query := url.Values{"querry": {"x"}, "pageSize": {"many"}, "division": {"620602", "620621"}, "status": {"PERMIT_STATUS_ISSUED"}, "atLeast": {"17"}}
	want := []string{"division DUPLICATE_FIELD ", "pageSize WRONG_TYPE many", "querry UNKNOWN_FIELD "}
	if diff := cmp.Diff(want, list(listPermits.CheckQuery(query))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"permitId GIVEN_BY_PATH "}, list(route(t, "GET", "/v1/permits/{permit_id}").CheckQuery(url.Values{"permitId": {"x"}}))); diff != "" {
		t.Error(diff)
	}
}

// What our own encoder writes, the contract accepts; what the contract
// accepts, the decoder can read.
func TestContractAgreesWithTheDecoder(t *testing.T) {
	submit := route(t, "POST", "/v1/permits/{permit_id}:submit")
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SampledFrom([]string{
			`{"content":{"industry":%s}}`, `{"content":{"classificationRow":%s}}`, `{"expectedRevision":%s}`,
			`{"content":{"declaredTrue":%s}}`, `{"content":{"outlets":[{"heightMm":%s}]}}`, `{"occurredAt":%s}`, `{"content":{"managementClass":%s}}`,
		}).Draw(t, "body")
		value := rapid.SampledFrom([]string{
			`1`, `-1`, `"1"`, `"x"`, `true`, `null`, `1.5`, `1e3`, `18446744073709551616`, `"2026-11-23T09:00:00Z"`, `"MANAGEMENT_CLASS_KEY"`, `{}`, `[]`,
		}).Draw(t, "value")
		whole := fmt.Appendf(nil, body, value)
		if len(submit.CheckBody(whole)) == 0 {
			if err := protojson.Unmarshal(whole, &permitsv1.SubmitApplicationRequest{}); err != nil {
				t.Errorf("accepted but not decodable: %s: %v", whole, err)
			}
		}
	})
}

func FuzzCheckBody(f *testing.F) {
	submit := route(f, "POST", "/v1/permits/{permit_id}:submit")
	f.Add([]byte(`{"content":{"industry":"3099"}}`))
	f.Add([]byte(`{"content":[[[{"a":"b"}]]]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(submit.CheckBody(body)) == 0 {
			if err := protojson.Unmarshal(body, &permitsv1.SubmitApplicationRequest{}); err != nil && len(strings.TrimSpace(string(body))) > 0 {
				t.Errorf("accepted but not decodable: %q: %v", body, err)
			}
		}
	})
}
