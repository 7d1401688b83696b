package rpc_test

import (
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func hash(t *testing.T, method string, m proto.Message) string {
	t.Helper()
	h, err := rpc.CommandHash(method, m)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The bytes are kept for ever beside events: this value must never change.
func TestCommandHashIsFixed(t *testing.T) {
	m := &permitsv1.WithdrawApplicationRequest{PermitId: "0193", Reason: "a<b"}
	const want = "a6d2050cd36f9aa1eb667d8496f66f6f7a2462288925554cfd77d7a0bd046d60"
	if got := hash(t, "/permits.v1.PermitsService/WithdrawApplication", m); got != want {
		t.Errorf("hash = %s, want %s", got, want)
	}
}

func TestCommandHashIgnoresHowTheRequestWasWritten(t *testing.T) {
	texts := []string{
		`{"facilityId":"f","site":{"unitName":"甲","division":"620602","location":{"longitude":"1","latitude":"2"}},"expectedRevision":"3"}`,
		` { "expectedRevision" : 3 , "site" : { "location" : {"latitude":"2", "longitude":"1"}, "division":"620602", "unitName":"甲" }, "facilityId" : "f" } `,
		`{"facility_id":"f","site":{"unit_name":"甲","uscc":"","example":false,"division":"620602","location":{"longitude":"1","latitude":"2"}},"reason":"","expected_revision":"3"}`,
	}
	var want string
	for i, text := range texts {
		var m permitsv1.ChangeFacilityRequest
		if err := protojson.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		got := hash(t, "/x", &m)
		if i == 0 {
			want = got
		}
		if got != want {
			t.Errorf("text %d hashes to %s, want %s", i, got, want)
		}
	}
}

func TestCommandHashTellsRequestsApart(t *testing.T) {
	base := &permitsv1.IssuePermitRequest{PermitId: "p", ExpectedRevision: 4}
	seen := map[string]string{}
	for name, h := range map[string]string{
		"base":           hash(t, "/m", base),
		"another method": hash(t, "/n", base),
		"another record": hash(t, "/m", &permitsv1.IssuePermitRequest{PermitId: "q", ExpectedRevision: 4}),
		"another number": hash(t, "/m", &permitsv1.IssuePermitRequest{PermitId: "p", ExpectedRevision: 5}),
		"one more field": hash(t, "/m", &permitsv1.IssuePermitRequest{PermitId: "p", ExpectedRevision: 4, ValidFrom: &commonv1.Date{Iso: "2026-11-23"}}),
	} {
		if other, ok := seen[h]; ok {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[h] = name
	}
}

// Nobody may try passwords or telephone numbers against the stored hash.
func TestCommandHashHoldsNothingPrivate(t *testing.T) {
	request := func(password, name, phone string) proto.Message {
		return &identityv1.RegisterAccountRequest{
			Login: "zhang", Password: password,
			Person: &commonv1.Person{Name: name, Phone: phone},
		}
	}
	a := hash(t, "/m", request("correct horse battery", "张三", "13900000000"))
	b := hash(t, "/m", request("another long password", "李四", "13800000000"))
	if a != b {
		t.Error("the hash depends on private fields")
	}
	m := request("correct horse battery", "张三", "13900000000")
	hash(t, "/m", m)
	if m.(*identityv1.RegisterAccountRequest).GetPassword() == "" {
		t.Error("hashing changed the request")
	}
}
