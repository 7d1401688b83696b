package rpc_test

import (
	"errors"
	"reflect"
	"testing"

	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

const (
	issue   = "/permits.v1.PermitsService/IssuePermit"
	open    = "/permits.v1.PermitsService/OpenApplication"
	show    = "/permits.v1.PermitsService/GetPermit"
	list    = "/permits.v1.PermitsService/ListPermits"
	publish = "/permits.v1.PermitsService/SearchRegister"
)

func TestAuthorise(t *testing.T) {
	inCounty := func(role rpc.Role, county string) rpc.Actor { return rpc.Actor{Role: string(role), County: county} }
	forFirm := func(role rpc.Role, org string, mandates ...string) rpc.Actor {
		return rpc.Actor{Role: string(role), Org: org, OnBehalfOf: mandates}
	}
	record := rpc.Object{County: "620602", FirmID: "f1"}
	tests := []struct {
		name   string
		actor  rpc.Actor
		method string
		object rpc.Object
		want   error
	}{
		{"decider of the county", inCounty(rpc.PermitDecider, "620602"), issue, record, nil},
		{"decider of the prefecture", inCounty(rpc.PermitDecider, "620600"), issue, record, nil},
		{"decider of another county", inCounty(rpc.PermitDecider, "620621"), issue, record, problem.ErrNotFound},
		{"decider of no county", inCounty(rpc.PermitDecider, ""), issue, record, problem.ErrNotFound},
		{"clerk of the county sees but may not decide", inCounty(rpc.PermitClerk, "620602"), issue, record, rpc.ErrNotYourRole},
		{"applicant sees but may not decide", forFirm(rpc.FirmAdmin, "f1"), issue, record, rpc.ErrNotYourRole},
		{"another firm", forFirm(rpc.FirmAdmin, "f2"), show, record, problem.ErrNotFound},
		{"own firm", forFirm(rpc.FirmHandler, "f1"), open, record, nil},
		{"a firm role without a firm", forFirm(rpc.FirmHandler, ""), show, rpc.Object{County: "620602"}, problem.ErrNotFound},
		{"consultant within the mandate", forFirm(rpc.Consultant, "f1", "f1"), open, record, nil},
		{"consultant for another firm", forFirm(rpc.Consultant, "f2", "f2"), open, record, problem.ErrNotFound},
		{"clerk may not apply", inCounty(rpc.PermitClerk, "620602"), open, record, rpc.ErrNotYourRole},
		{"auditor reads everything", inCounty(rpc.Auditor, "620621"), show, record, nil},
		{"auditor decides nothing", inCounty(rpc.Auditor, "620600"), issue, record, rpc.ErrNotYourRole},
		{"system administrator reads no record", inCounty(rpc.SystemAdmin, "620600"), show, record, rpc.ErrNotYourRole},
		{"ticker accepts by silence", rpc.Actor{Role: string(rpc.System)}, "/permits.v1.PermitsService/DeemAccepted", record, nil},
		{"ticker decides nothing", rpc.Actor{Role: string(rpc.System)}, issue, record, rpc.ErrNotYourRole},
		{"public sees no file", rpc.Actor{Role: string(rpc.Public)}, show, record, problem.ErrNotFound},
		{"public reads the register", rpc.Actor{Role: string(rpc.Public)}, publish, record, nil},
		{"unknown role", rpc.Actor{Role: "emperor", County: "620600"}, show, record, problem.ErrNotFound},
		{"unknown method", inCounty(rpc.PermitDecider, "620600"), "/permits.v1.PermitsService/Burn", record, rpc.ErrNotYourRole},
		{"record without a county", inCounty(rpc.PermitDecider, "620602"), issue, rpc.Object{}, problem.ErrNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := rpc.Authorise(rpc.Caller{Actor: tt.actor}, tt.method, tt.object); !errors.Is(err, tt.want) {
				t.Errorf("Authorise = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestRefusalNamesTheRolesInBothLanguages(t *testing.T) {
	err := rpc.Authorise(as(rpc.PermitClerk), issue, ownRecord)
	p, _ := errors.AsType[*problem.Error](err)
	want := problem.Text{
		Zh: "您当前的身份是许可受理人员；此事项由许可决定人员办理，请切换身份或转交。",
		En: "You act as permit clerk; this is for: permit decider. Switch capacity or pass it on.",
	}
	if p == nil || p.Kind != problem.Forbidden || p.Text != want {
		t.Errorf("got %+v", p)
	}
}

func TestFilter(t *testing.T) {
	tests := []struct {
		name  string
		actor rpc.Actor
		want  rpc.Visibility
	}{
		{"county", rpc.Actor{Role: "permit_clerk", County: "620621"}, rpc.Visibility{Counties: []string{"620621"}}},
		{"prefecture", rpc.Actor{Role: "head", County: "620600"}, rpc.Visibility{All: true}},
		{"auditor", rpc.Actor{Role: "auditor", County: "620600"}, rpc.Visibility{All: true}},
		{"firm", rpc.Actor{Role: "firm_admin", Org: "f1"}, rpc.Visibility{Firms: []string{"f1"}}},
		{"consultant", rpc.Actor{Role: "consultant", Org: "f1", OnBehalfOf: []string{"f1", "f3"}}, rpc.Visibility{Firms: []string{"f1", "f3"}}},
		{"administrator", rpc.Actor{Role: "system_admin", County: "620600"}, rpc.Visibility{}},
		{"nobody", rpc.Actor{Role: "public"}, rpc.Visibility{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := rpc.Filter(rpc.Caller{Actor: tt.actor}, list); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Filter = %+v, want %+v", got, tt.want)
			}
		})
	}
}
