package eia_test

import (
	"fmt"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia"
	"shiyang/services/permits/eia/views/filelist"
	"shiyang/services/permits/zoning"
	"shiyang/services/permits/zoning/views/lists"
)

// story are files of three builders in two counties, and the zoning that they
// were screened with, with every event that the views listen to at least once.
func story() []readmodel.Fact {
	var facts []readmodel.Fact
	say := func(stream string, who es.Actor, events ...es.Event) {
		for _, event := range events {
			at := readmodeltest.At.Add(time.Duration(len(facts)) * time.Hour)
			facts = append(facts, readmodel.Fact{Stream: stream, Event: event, Meta: es.Meta{Actor: who, RecordedAt: at, OccurredAt: at}})
		}
	}
	day := func(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }
	say("zoning-1", head, &permitsv1.ControlEditionLoaded{Title: "示例", Version: "1", ValidFrom: day("2024-01-01"), Units: 0},
		&permitsv1.ControlEditionWithdrawn{Reason: "有误"})
	say("zoning-2", head, &permitsv1.ControlEditionLoaded{Title: "示例", Version: "2", ValidFrom: day("2024-01-01"), Units: 0})
	say("park-1", clerk, &permitsv1.ParkRecorded{Park: &permitsv1.Park{Title: "示例园区"}}, &permitsv1.ParkRecorded{Park: &permitsv1.Park{Title: "示例园区改名"}})
	for i, division := range []string{"620602", "620621", "620602"} {
		stream := fmt.Sprint("eia-", i)
		say(stream, builder, &permitsv1.EiaOpened{EnterpriseId: fmt.Sprint("firm-", i), Builder: fmt.Sprint("示例单位", i), Division: division, Document: permitsv1.EiaDocument_EIA_DOCUMENT_FORM})
		say(stream, builder, &permitsv1.EiaSubmitted{Project: sampleProject(), Received: day("2026-11-02"), Screening: sampleScreening()})
	}
	for i := range 2 {
		stream := fmt.Sprint("eia-", i)
		for _, event := range append(intakeSamples()[4:5], append(intakeSamples()[2:3], append(intakeSamples()[7:8], decisionSamples()...)...)...) {
			say(stream, []es.Actor{clerk, examiner, decider}[len(facts)%3], event)
		}
	}
	say("law-working_days", head, &commonv1.LawEditionLoaded{})
	return facts
}

// Rows are the same on both engines, however the events come, and queries see
// only what they may.
func TestViews(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		book := desk.Always(law.Embedded)
		for _, p := range append(eia.Projections(book), zoning.Projections(book)...) {
			readmodeltest.Apply(t, db, p, story()...)
		}
		q := filelist.Queries{DB: db}
		all := filelist.Sees{All: true}
		rows, next, err := q.List(t.Context(), filelist.Filter{Sees: all, Size: 2})
		if err != nil || len(rows) != 2 || next == "" {
			t.Fatalf("first page: %d rows, %v", len(rows), err)
		}
		rest, next, err := q.List(t.Context(), filelist.Filter{Sees: all, Size: 2, After: next})
		if err != nil || len(rest) != 1 || next != "" || rest[0].ID == rows[0].ID {
			t.Fatalf("second page: %d rows, %v", len(rest), err)
		}
		for what, c := range map[string]struct {
			filter filelist.Filter
			want   int
		}{
			"one county":      {filelist.Filter{Sees: filelist.Sees{Counties: []string{"620621"}}}, 1},
			"one firm":        {filelist.Filter{Sees: filelist.Sees{Firms: []string{"firm-0"}}}, 1},
			"nothing":         {filelist.Filter{}, 0},
			"by name":         {filelist.Filter{Sees: all, Query: "单位2"}, 1},
			"by project code": {filelist.Filter{Sees: all, Query: "03-012345"}, 3},
			"by due day":      {filelist.Filter{Sees: all, Order: "due", Status: permitsv1.EiaStatus_EIA_STATUS_SUBMITTED}, 1},
		} {
			if rows, _, err := q.List(t.Context(), c.filter); err != nil || len(rows) != c.want {
				t.Errorf("%s: %d rows, %v", what, len(rows), err)
			}
		}
		if silent, err := q.Silent(t.Context(), "2027-01-01", law.Embedded().Version()); err != nil || len(silent) != 1 || silent[0] != "2" {
			t.Errorf("silence on %v, %v", silent, err)
		}
		if notices, _, err := q.Notices(t.Context(), permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_ACCEPTANCE, "620602", 0, ""); err != nil || len(notices) != 1 {
			t.Errorf("%d notices, %v", len(notices), err)
		}
		total, overdue, err := q.CountWork(t.Context(), filelist.Work{Sees: all, Audience: "permit_clerk"}, "2026-11-23")
		if err != nil || total < 1 || overdue < 1 {
			t.Errorf("the clerk has %d, %d overdue, %v", total, overdue, err)
		}
		z := lists.Queries{DB: db}
		if id, err := z.Current(t.Context(), "2026-11-23"); err != nil || id != "2" {
			t.Errorf("the edition in force is %q, %v", id, err)
		}
		if id, err := z.Current(t.Context(), "2023-12-31"); err != nil || id != "" {
			t.Errorf("before the first edition %q is in force, %v", id, err)
		}
		if parks, err := z.Parks(t.Context()); err != nil || len(parks) != 1 || parks[0].GetPark().GetTitle() != "示例园区改名" {
			t.Errorf("parks %v, %v", parks, err)
		}
		if screened, err := z.Screened(t.Context(), "", 10); err != nil || len(screened) != 3 || screened[0].Screening.GetVersion() == "" {
			t.Errorf("screened %v, %v", screened, err)
		}
	})
}
