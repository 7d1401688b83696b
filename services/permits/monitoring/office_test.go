package monitoring_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	"shiyang/internal/rpc"
	"shiyang/internal/timeseries"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring"
	"shiyang/services/permits/monitoring/frame"
	"shiyang/services/permits/monitoring/wire"
)

var (
	officer   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000101", Role: "officer", County: "620602"}
	elsewhere = es.Actor{ID: "0199c0de-0000-7000-8000-000000000102", Role: "officer", County: "620623"}
	firm      = es.Actor{ID: "0199c0de-0000-7000-8000-000000000103", Role: "firm_handler", Org: firmID}
	otherFirm = es.Actor{ID: "0199c0de-0000-7000-8000-000000000104", Role: "firm_handler", Org: "0199c0de-0000-7000-8000-0000000000f9"}
)

const waterMN = "62060200W0000200000000B2"

// office is the department in one process, with a clock that the test moves.
type office struct {
	*monitoring.Server
	t       testing.TB
	codec   *es.Codec
	store   es.Store
	log     *readmodeltest.Log
	db      *readmodel.DB
	runner  *readmodel.Runner
	reactor *readmodel.Reactor
	ticker  *readmodel.Ticker
	mu      sync.Mutex
	now     time.Time
}

// open starts the department on 10 March 2026 at noon in Wuwei, with a site
// whose permit limits SO2 (hourly, 35 mg/m3, 20 kg a year) and COD (daily).
func open(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)}
	codec := es.NewCodec(&estest.Keyring{})
	store := memstore.New(codec)
	o.codec = codec
	o.store, o.log = store, readmodeltest.Follow(store)
	o.db = readmodeltest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	minutes, err := timeseries.Open(timeseries.Options{Dir: t.TempDir(), Retention: 90 * 24 * time.Hour, Now: o.clock})
	if err != nil {
		t.Fatal(err)
	}
	o.Server = monitoring.NewServer(desk.Deps{
		Store: store, DB: o.db, Law: law.Embedded, Now: o.clock, Source: o.log, Codec: codec, Minutes: minutes,
	})
	o.runner = readmodel.NewRunner(o.db, o.log, codec, readmodel.Options{Now: o.clock}, monitoring.Projections(desk.Always(law.Embedded))...)
	o.reactor = readmodel.NewReactor(o.db, o.log, codec, readmodel.Options{Now: o.clock}, monitoring.Reactions(o.Server)...)
	o.ticker = readmodel.NewTicker(o.clock, time.Hour, monitoring.Jobs(o.Server)...)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = o.runner.Run(ctx) })
	running.Go(func() { _ = o.reactor.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if err := minutes.Close(); err != nil {
			t.Error(err)
		}
	})
	o.site()
	o.settle()
	return o
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *office) settle() {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	if err := readmodel.Settle(ctx, o.log, o.runner, o.reactor, o.ticker); err != nil {
		o.t.Fatal(err)
	}
}

// replayed checks that each view is what a replay from zero gives.
func (o *office) replayed() {
	o.t.Helper()
	for _, p := range monitoring.Projections(desk.Always(law.Embedded)) {
		result, err := readmodel.Check(o.t.Context(), o.db, o.log, o.codec, p)
		if err != nil || !result.OK() {
			o.t.Errorf("view %s: %+v, %v", p.Name, result, err)
		}
	}
}

// as is a call by somebody, with a new command id.
func (o *office) as(who es.Actor) context.Context {
	return rpc.NewContext(o.t.Context(), rpc.Caller{Actor: who, CommandID: uuid.Must(uuid.NewV7()).String(), CommandHash: "h"})
}

func (o *office) append(stream string, events ...es.Event) {
	o.t.Helper()
	meta := es.Meta{CommandID: uuid.NewString(), CommandHash: "h", Actor: officer, OccurredAt: o.clock(), RecordedAt: o.clock()}
	if _, err := o.store.Append(o.t.Context(), stream, 0, meta, events...); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) site() {
	o.append("facility-"+facilityID, &permitsv1.FacilityRegistered{EnterpriseId: firmID, SiteSequence: 1, Site: &permitsv1.SiteContent{
		UnitName: "武威示例热力有限公司", Uscc: "91620602MA7X2C8K89", Division: "620602", Example: true,
	}})
	o.append("permit-"+permitID,
		&permitsv1.PermitApplicationOpened{FacilityId: facilityID, EnterpriseId: firmID, Division: "620602", UnitName: "武威示例热力有限公司", Example: true},
		&permitsv1.PermitIssued{PermitNumber: "91620602MA7X2C8K89001P", ValidFrom: day("2025-01-01"), ValidTo: day("2029-12-31"), Content: &permitsv1.ApplicationContent{
			Limits: []*permitsv1.Limit{
				{Outlet: "DA001", Pollutant: "a21026", Concentration: "35", Unit: "mg/m3", Averaging: permitsv1.Averaging_AVERAGING_HOUR, MassGramsPerYear: 20_000, Standard: "GB 13271-2014"},
				{Outlet: "DW001", Pollutant: "w01018", Concentration: "50", Unit: "mg/L", Averaging: permitsv1.Averaging_AVERAGING_DAY, Standard: "GB 18918-2002"},
			},
			Monitoring: []*permitsv1.Monitoring{
				{Outlet: "DA001", Pollutant: "a21026", Automatic: true, Frequency: "continuous"},
				{Outlet: "DA001", Pollutant: "a21002", Automatic: true, Frequency: "continuous"},
				{Outlet: "DW001", Pollutant: "w01018", Automatic: true, Frequency: "continuous"},
			},
		}})
}

// meter registers a meter with the password 123456 and returns its record.
func (o *office) meter(mn, outlet, system string) string {
	o.t.Helper()
	answer, err := o.RegisterMeter(o.as(officer), &permitsv1.RegisterMeterRequest{
		FacilityId: facilityID, Outlet: outlet, Mn: mn, System: system, Password: "123456",
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return answer.GetReceipt().GetRecordId()
}

// send takes a frame as the wire would, and waits for the verdict.
func (o *office) send(segment string) wire.Verdict {
	o.t.Helper()
	var m frame.Message
	p, err := frame.NewReader(newBytes(frame.AppendFrame(nil, segment))).Next()
	if err != nil {
		o.t.Fatalf("%s: %v", segment, err)
	}
	m.Packet, m.Raws = p, [][]byte{p.Raw}
	verdict := make(chan wire.Verdict, 1)
	o.Take(o.t.Context(), m, func(v wire.Verdict) { verdict <- v })
	return <-verdict
}

// hour is a frame of SO2 that begins at an hour of 10 March.
func hour(at, values string) string {
	return "QN=20260310113000000;ST=31;CN=2061;PW=123456;MN=" + stackMN + ";Flag=5;CP=&&DataTime=" + at + ";" + values + "&&"
}

func at(clock string) *timestamppb.Timestamp {
	t, err := time.Parse(time.RFC3339, clock)
	if err != nil {
		panic(err)
	}
	return timestamppb.New(t)
}
