package monitoring_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/monitoring"
	"shiyang/services/permits/monitoring/frame"
	"shiyang/services/permits/monitoring/period"
	"shiyang/services/permits/monitoring/wire"
)

func newBytes(b []byte) io.Reader { return bytes.NewReader(b) }

// Who may say what: an unknown meter, a wrong password, another system, a
// suspended meter and a time that has not come are answered with their codes
// and leave nothing behind.
func TestWhatIsRefused(t *testing.T) {
	o := open(t)
	good := hour("20260310100000", "a21026-Avg=28.2,a21026-Flag=N")
	if v := o.send(good); v.Code != frame.WrongMN {
		t.Errorf("before the meter is known: %+v", v)
	}
	o.pass(time.Minute)
	id := o.meter(stackMN, "DA001", "31")
	for name, c := range map[string]struct {
		old, changed string
		code         frame.Return
	}{
		"password":      {"PW=123456", "PW=654321", frame.WrongPW},
		"system":        {"ST=31", "ST=32", frame.WrongST},
		"command":       {"CN=2061", "CN=7777", frame.WrongCN},
		"no time":       {"DataTime=20260310100000", "Data=1", frame.Unknown},
		"value":         {"28.2", "28,2", frame.Unknown},
		"tomorrow":      {"DataTime=20260310", "DataTime=20260311", frame.Refused},
		"two years ago": {"DataTime=20260310", "DataTime=20240310", frame.Refused},
		"unknown meter": {"00A1;Flag", "00A7;Flag", frame.WrongMN},
	} {
		if v := o.send(strings.Replace(good, c.old, c.changed, 1)); v.Outcome != wire.Refused || v.Code != c.code {
			t.Errorf("%s: %+v, want code %d", name, v, c.code)
		}
	}
	if _, err := o.SuspendMeter(o.as(officer), &permitsv1.SuspendMeterRequest{MeterId: id, Reason: "停产检修"}); err != nil {
		t.Fatal(err)
	}
	o.pass(time.Minute)
	if v := o.send(good); v.Code != frame.Refused {
		t.Errorf("while suspended: %+v", v)
	}
	o.settle()
	rows, err := o.ListMeterReadings(o.as(officer), rangeOf(id, permitsv1.MeterPeriod_METER_PERIOD_HOUR))
	if err != nil || len(rows.GetRows()) > 0 {
		t.Errorf("%d periods were kept, %v", len(rows.GetRows()), err)
	}
}

func rangeOf(id string, p permitsv1.MeterPeriod) *permitsv1.ListMeterReadingsRequest {
	return &permitsv1.ListMeterReadingsRequest{MeterId: id, Period: p, From: at("2026-03-01T00:00:00+08:00"), To: at("2026-03-20T00:00:00+08:00")}
}

// A made-up password costs its sender, not the meter that knows the right one.
func TestGuessingPasswordsDoesNotLockTheMeterOut(t *testing.T) {
	o := open(t)
	o.meter(stackMN, "DA001", "31")
	good := hour("20260310100000", "a21026-Avg=28.2,a21026-Flag=N")
	if v := o.send(good); v.Outcome != wire.Stored {
		t.Fatalf("%+v", v)
	}
	for i := range 20 {
		if v := o.send(strings.Replace(good, "123456", fmt.Sprintf("%06d", i), 1)); v.Code != frame.WrongPW {
			t.Fatalf("guess %d: %+v", i, v)
		}
	}
	if v := o.send(strings.Replace(good, "DataTime=2026031010", "DataTime=2026031009", 1)); v.Outcome != wire.Stored {
		t.Errorf("after the guesses: %+v", v)
	}
}

// An hour is one fact, however often and in whatever order it comes; the frame
// is kept without the password; the first data link the meter.
func TestHoursBecomeFacts(t *testing.T) {
	o := open(t)
	id := o.meter(stackMN, "DA001", "31")
	for _, c := range []struct {
		frame string
		want  wire.Outcome
	}{
		{hour("20260310110000", "a21026-Cou=4.3120,a21026-Avg=28.2,a21026-ZsAvg=29.6,a21026-Flag=N"), wire.Stored},
		{hour("20260310110000", "a21026-Cou=4.3120,a21026-Avg=28.2,a21026-ZsAvg=29.6,a21026-Flag=N"), wire.Repeated},
		{hour("20260310115959", "a21026-Cou=4.3120,a21026-Avg=28.2,a21026-ZsAvg=29.6,a21026-Flag=N"), wire.Repeated}, // the same hour
		{hour("20260310090000", "a21026-Cou=4.0000,a21026-Avg=26.0,a21026-ZsAvg=27.0,a21026-Flag=N"), wire.Stored},   // late
		{hour("20260310110000", "a21026-Cou=4.5000,a21026-Avg=29.2,a21026-ZsAvg=30.6,a21026-Flag=N"), wire.Stored},   // restated
	} {
		if v := o.send(c.frame); v.Outcome != c.want {
			t.Fatalf("%s: %+v", c.frame, v)
		}
	}
	o.settle()
	rows, err := o.ListMeterReadings(o.as(firm), rangeOf(id, permitsv1.MeterPeriod_METER_PERIOD_HOUR))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows.GetRows()) != 2 || rows.GetRows()[1].GetReadings()[0].GetReading().GetZsAvg() != "30.6" {
		t.Errorf("rows %v", rows.GetRows())
	}
	if p := rows.GetPollutants(); len(p) != 1 || p[0].GetLimit() != "35 mg/m3" || p[0].GetTitle().GetZh() != "二氧化硫" {
		t.Errorf("pollutants %v", p)
	}
	stream := period.Category + "-" + period.ID(id, o.clock())
	events := 0
	for rec, err := range o.store.Read(t.Context(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		events++
		if raw := rec.Event.(*permitsv1.MeterPeriodReported).GetFrames()[0]; strings.Contains(raw, "123456;") || !strings.Contains(raw, ";PW=******;") {
			t.Errorf("kept %s", raw)
		}
	}
	if events != 3 {
		t.Errorf("%d facts", events)
	}
	if m, err := o.GetMeter(o.as(officer), &permitsv1.GetMeterRequest{MeterId: id}); err != nil || m.GetMeter().GetLinked().GetIso() != "2026-03-10" {
		t.Errorf("%v, %v", m, err)
	}
	o.replayed()
	if mass := o.mass(2026, "a21026"); mass.GetMassGrams() != 8500 { // 4.0 kg and the restated 4.5 kg
		t.Errorf("mass %v", mass)
	}
}

func (o *office) mass(year int32, pollutant string) *permitsv1.AnnualMass {
	o.t.Helper()
	answer, err := o.ListAnnualMass(o.as(firm), &permitsv1.ListAnnualMassRequest{Year: year})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, row := range answer.GetRows() {
		if row.GetPollutant().GetCode() == pollutant {
			return row
		}
	}
	return nil
}

// A reading above the limit is a lead with the limit and the permit in it; a
// person who gives it another flag withdraws it and takes its mass back.
func TestExceedances(t *testing.T) {
	o := open(t)
	id := o.meter(stackMN, "DA001", "31")
	o.send(hour("20260310090000", "a21026-Cou=4,a21026-Avg=30,a21026-ZsAvg=36.1,a21026-Flag=N"))
	o.send(hour("20260310100000", "a21026-Cou=4,a21026-Avg=99,a21026-ZsAvg=99,a21026-Flag=M"))
	o.settle()
	found := o.exceedances(officer)
	if len(found) != 1 {
		t.Fatalf("%d exceedances", len(found))
	}
	x := found[0]
	if x.GetValue() != "36.1" || !x.GetConverted() || x.GetLimit().GetConcentration() != "35" || x.GetLimit().GetPermitRevision() != 2 ||
		x.GetLimit().GetPermitNumber() != "91620602MA7X2C8K89001P" || x.GetUnitName() == "" || x.GetWithdrawn() {
		t.Errorf("%v", x)
	}
	if o.mass(2026, "a21026").GetMassGrams() != 4000 { // maintenance does not count
		t.Errorf("mass %v", o.mass(2026, "a21026"))
	}
	reflag := &permitsv1.ReflagReadingRequest{
		MeterId: id, Period: permitsv1.MeterPeriod_METER_PERIOD_HOUR, From: at("2026-03-10T09:00:00+08:00"), Pollutant: "a21026", Flag: "C", Reason: "校准期间，附记录",
	}
	if _, err := o.ReflagReading(o.as(elsewhere), reflag); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("an officer of another county reflagged: %v", err)
	}
	if _, err := o.ReflagReading(o.as(officer), reflag); err != nil {
		t.Fatal(err)
	}
	o.settle()
	if found := o.exceedances(officer); len(found) != 1 || !found[0].GetWithdrawn() {
		t.Errorf("after the correction: %v", found)
	}
	if mass := o.mass(2026, "a21026"); mass.GetMassGrams() != 0 {
		t.Errorf("mass after the correction: %v", mass)
	}
	o.replayed()
	if len(o.exceedances(otherFirm)) > 0 || len(o.exceedances(elsewhere)) > 0 || len(o.exceedances(firm)) != 1 {
		t.Error("exceedances are seen by others than whom they concern")
	}
}

func (o *office) exceedances(who es.Actor) []*permitsv1.Exceedance {
	o.t.Helper()
	answer, err := o.ListExceedances(o.as(who), &permitsv1.ListExceedancesRequest{})
	if err != nil {
		o.t.Fatal(err)
	}
	return answer.GetExceedances()
}

// 20 kg a year are permitted: each share is told once.
func TestTheMassOfAYear(t *testing.T) {
	o := open(t)
	o.meter(stackMN, "DA001", "31")
	for i, want := range []int32{0, 80, 80, 100} {
		cou := []string{"15.9", "0.1", "1.9", "2.2"}[i]
		if v := o.send(hour(fmt.Sprintf("20260310%02d0000", 6+i), "a21026-Cou="+cou+",a21026-Avg=20,a21026-Flag=N")); v.Outcome != wire.Stored {
			t.Fatal(v)
		}
		o.settle()
		o.settle()
		if mass := o.mass(2026, "a21026"); mass.GetReachedPercent() != want || mass.GetLimitGrams() != 20_000 {
			t.Errorf("hour %d: %v, want %d%%", i, mass, want)
		}
	}
	o.replayed()
}

// A meter that is silent for too long is told once, and again when it speaks.
func TestSilence(t *testing.T) {
	o := open(t)
	id := o.meter(stackMN, "DA001", "31")
	realtime := "QN=20260310113000000;ST=31;CN=2011;PW=123456;MN=" + stackMN + ";Flag=5;CP=&&DataTime=20260310115900;a21026-Rtd=28.4,a21026-Flag=N&&"
	if v := o.send(realtime); v.Outcome != wire.Stored {
		t.Fatal(v)
	}
	silent := func() bool {
		o.settle()
		list, err := o.ListMeters(o.as(officer), &permitsv1.ListMetersRequest{})
		if err != nil || len(list.GetMeters()) != 1 {
			t.Fatal(list, err)
		}
		return list.GetMeters()[0].GetSilent()
	}
	o.pass(5 * time.Hour)
	if silent() {
		t.Error("silent after five hours")
	}
	o.pass(2 * time.Hour)
	if !silent() {
		t.Error("not silent after seven hours")
	}
	if v := o.send(strings.Replace(realtime, "DataTime=20260310115900", "DataTime=20260310185900", 1)); v.Outcome != wire.Stored {
		t.Fatal(v)
	}
	if silent() {
		t.Error("silent although it speaks again")
	}
	minutes, err := o.ListMinuteReadings(o.as(firm), &permitsv1.ListMinuteReadingsRequest{
		MeterId: id, From: at("2026-03-10T00:00:00+08:00"), To: at("2026-03-11T00:00:00+08:00"), Realtime: true,
	})
	if err != nil || len(minutes.GetRows()) != 2 {
		t.Errorf("%v, %v", minutes, err)
	}
}

// Of the two outlets whose permit asks for a meter one is linked; the plan
// leads the other to its acceptance.
func TestLinkageAndPlan(t *testing.T) {
	o := open(t)
	o.meter(stackMN, "DA001", "31")
	o.send(hour("20260310100000", "a21026-Avg=20,a21026-Flag=N"))
	plan := &permitsv1.PlanMeterRequest{Year: 2026, FacilityId: facilityID, Outlet: "DW001", Due: day("2026-09-30"), Basis: "2026年重点单位名录"}
	if _, err := o.PlanMeter(o.as(officer), plan); err != nil {
		t.Fatal(err)
	}
	if _, err := o.PlanMeter(o.as(officer), plan); err == nil {
		t.Error("an outlet was planned twice")
	}
	o.settle()
	rate, err := o.GetLinkage(o.as(officer), &permitsv1.GetLinkageRequest{Day: day("2026-03-10")})
	if err != nil {
		t.Fatal(err)
	}
	whole := rate.GetRows()[len(rate.GetRows())-1]
	if whole.GetRequired() != 2 || whole.GetLinked() != 1 || whole.GetReporting() != 1 || whole.GetHoursExpected() != 24 || whole.GetHoursPresent() != 1 {
		t.Errorf("%v", whole)
	}
	if u := rate.GetUnlinked(); len(u) != 1 || u[0].GetOutlet() != "DW001" {
		t.Errorf("unlinked %v", u)
	}
	id := o.meter(waterMN, "DW001", "32")
	state := func() permitsv1.MeterState {
		o.settle()
		list, err := o.ListMeterPlan(o.as(officer), &permitsv1.ListMeterPlanRequest{Year: 2026})
		if err != nil || len(list.GetEntries()) != 1 {
			t.Fatal(list, err)
		}
		return list.GetEntries()[0].GetState()
	}
	if _, err := o.InstallMeter(o.as(officer), &permitsv1.InstallMeterRequest{MeterId: id}); err != nil {
		t.Fatal(err)
	}
	if s := state(); s != permitsv1.MeterState_METER_STATE_INSTALLED {
		t.Error(s)
	}
	o.send("QN=20260310113000000;ST=32;CN=2031;PW=123456;MN=" + waterMN + ";Flag=5;CP=&&DataTime=20260309000000;w01018-Avg=46.8,w01018-Flag=N&&")
	if _, err := o.AcceptMeterLink(o.as(officer), &permitsv1.AcceptMeterLinkRequest{MeterId: id, Document: "验收意见〔2026〕1号"}); err != nil {
		t.Fatal(err)
	}
	if s := state(); s != permitsv1.MeterState_METER_STATE_ACCEPTED {
		t.Error(s)
	}
}

// A file goes the way of the wire: what came before changes nothing, and every
// line that became nothing is told.
func TestImport(t *testing.T) {
	o := open(t)
	o.meter(stackMN, "DA001", "31")
	line := func(s string) string { return string(frame.AppendFrame(nil, s)) }
	good := line(hour("20260310100000", "a21026-Avg=20,a21026-Flag=N"))
	file := good + "\r\n" + line(hour("20260310110000", "a21026-Avg=21,a21026-Flag=N")) + strings.Replace(good, "Avg=20", "Avg=90", 1) + "hello\n" +
		line(strings.Replace(hour("20260310090000", "a21026-Avg=20"), "PW=123456", "PW=000000", 1))
	request := &permitsv1.ImportFramesRequest{Content: []byte(file)}
	answer, err := o.ImportFrames(o.as(officer), request)
	if err != nil || answer.GetStored() != 2 || answer.GetRefused() != 3 || len(answer.GetLines()) != 3 {
		t.Fatalf("%v, %v", answer, err)
	}
	for i, want := range []int32{4, 5, 6} {
		if l := answer.GetLines()[i]; l.GetLine() != want || l.GetReason().GetEn() == "" {
			t.Errorf("line %v, want %d", l, want)
		}
	}
	if again, err := o.ImportFrames(o.as(officer), request); err != nil || again.GetStored() != 0 || again.GetRepeated() != 2 {
		t.Errorf("the same file again: %v, %v", again, err)
	}
	if foreign, err := o.ImportFrames(o.as(elsewhere), request); err != nil || foreign.GetRefused() != 5 {
		t.Errorf("an officer of another county: %v, %v", foreign, err)
	}
}

var _ wire.Intake = (*monitoring.Server)(nil)
