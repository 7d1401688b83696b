package period_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/monitoring/period"
)

const hour = permitsv1.MeterPeriod_METER_PERIOD_HOUR

var at = time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC)

func report(avg, qn string) period.Report {
	return period.Report{Event: &permitsv1.MeterPeriodReported{
		MeterId: "m", Period: hour, From: timestamppb.New(at), Qn: qn,
		Readings: []*permitsv1.MeterReading{{Pollutant: "a21026", Avg: avg, Flag: "N"}},
	}}
}

// The same again changes nothing; other values replace by a further report;
// a person's flag refers to the report that stands.
func TestReportsAndFlags(t *testing.T) {
	var m period.Month
	do := func(c es.Command[period.Month]) es.Event {
		t.Helper()
		events, err := c.Decide(m)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return nil
		}
		before := proto.Clone(events[0])
		m = m.Evolve(es.Fact{Event: events[0]})
		if !proto.Equal(before, events[0]) {
			t.Error("evolving changed the event")
		}
		return events[0]
	}
	reflag := period.Reflag{Period: hour, From: at, Pollutant: "a21026", Flag: "C", Reason: "校准"}
	if _, err := reflag.Decide(m); !errors.Is(err, period.ErrNoReading) {
		t.Errorf("flag of nothing: %v", err)
	}
	if e := do(report("28.2", "a")); e == nil {
		t.Fatal("the first report was lost")
	}
	if e := do(report("28.2", "b")); e != nil {
		t.Errorf("the same again: %v", e)
	}
	second, _ := do(report("28.3", "c")).(*permitsv1.MeterPeriodReported)
	if second.GetReplaces() != 1 {
		t.Errorf("replaces %d", second.GetReplaces())
	}
	corrected, _ := do(reflag).(*permitsv1.MeterReadingReflagged)
	if corrected.GetCorrects() != 2 || corrected.GetBefore() != "N" {
		t.Errorf("correction %v", corrected)
	}
	if _, err := reflag.Decide(m); !errors.Is(err, period.ErrSameFlag) {
		t.Errorf("the same flag: %v", err)
	}
}

// A stream holds one month of a meter, as the calendar of Asia/Shanghai has it.
func TestMonths(t *testing.T) {
	before := time.Date(2026, 3, 31, 15, 59, 59, 0, time.UTC)
	after := before.Add(time.Second)
	if period.ID("m", before) == period.ID("m", after) {
		t.Error("31 March and 1 April share a stream")
	}
	if period.ID("m", after) != period.ID("m", after.Add(24*time.Hour)) {
		t.Error("two days of a month do not share a stream")
	}
}
