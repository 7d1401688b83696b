package monitoring

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring/finding"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/period"
	"shiyang/services/permits/monitoring/plan"
	"shiyang/services/permits/monitoring/views/findings"
	"shiyang/services/permits/monitoring/views/readings"
	"shiyang/services/permits/monitoring/views/registry"
)

// service is our gRPC service.
const service = "permits.v1.MonitoringService"

// Server answers MonitoringService and takes what meters send. It is safe for
// concurrent use.
type Server struct {
	permitsv1.UnimplementedMonitoringServiceServer
	*desk.Desk

	meters      *desk.Records[meter.Meter]
	months      *desk.Records[period.Month]
	exceedances *desk.Records[finding.Exceedance]
	years       *desk.Records[finding.Year]
	entries     *desk.Records[plan.Entry]

	registry registry.Queries
	readings readings.Queries
	findings findings.Queries
	devices  devices
	facts    chan struct{} // a place for each hour or day that is being written
}

// NewServer opens the department.
func NewServer(d desk.Deps) *Server {
	at := desk.New(d, service)
	s := &Server{
		Desk:     at,
		registry: registry.Queries{DB: d.DB}, readings: readings.Queries{DB: d.DB}, findings: findings.Queries{DB: d.DB},
		devices: newDevices(), facts: make(chan struct{}, factWriters),
	}
	s.openRecords(at)
	return s
}

func (s *Server) openRecords(at *desk.Desk) {
	s.meters = desk.NewRecords(at, desk.Kind[meter.Meter]{
		Category: meter.Category, Read: "GetMeter", Exists: meter.Meter.Exists, Sentence: sentence, Redact: withoutHashes,
		Object: func(m meter.Meter) rpc.Object { return rpc.Object{County: m.Division, FirmID: m.EnterpriseID} },
		Form:   func(id string, m meter.Meter) proto.Message { return meterForm(id, m) },
	})
	s.months = desk.NewRecords(at, desk.Kind[period.Month]{
		Category: period.Category, Read: "ListMeterReadings", Sentence: sentence,
		Exists: func(m period.Month) bool { return m.MeterID != "" },
		Object: func(m period.Month) rpc.Object { return rpc.Object{County: m.Division, FirmID: m.Firm} },
		Form:   func(_ string, m period.Month) proto.Message { return monthForm(m) },
	})
	s.exceedances = desk.NewRecords(at, desk.Kind[finding.Exceedance]{
		Category: finding.CategoryExceedance, Read: "ListExceedances", Sentence: sentence,
		Exists: func(x finding.Exceedance) bool { return x.Found != nil },
		Object: func(x finding.Exceedance) rpc.Object {
			return rpc.Object{County: x.Found.GetDivision(), FirmID: x.Found.GetEnterpriseId()}
		},
		Form: func(id string, x finding.Exceedance) proto.Message { return exceedanceForm(id, x) },
	})
	s.years = desk.NewRecords(at, desk.Kind[finding.Year]{
		Category: finding.CategoryYear, Read: "ListAnnualMass", Sentence: sentence,
		Exists: func(y finding.Year) bool { return y.Last != nil },
		Object: func(y finding.Year) rpc.Object {
			return rpc.Object{County: y.Last.GetDivision(), FirmID: y.Last.GetEnterpriseId()}
		},
		Form: func(_ string, y finding.Year) proto.Message { return yearForm(y) },
	})
	s.entries = desk.NewRecords(at, desk.Kind[plan.Entry]{
		Category: plan.Category, Read: "ListMeterPlan", Sentence: sentence,
		Exists: func(e plan.Entry) bool { return e.Planned != nil },
		Object: func(e plan.Entry) rpc.Object {
			return rpc.Object{County: e.Planned.GetDivision(), FirmID: e.Planned.GetEnterpriseId()}
		},
		Form: func(id string, e plan.Entry) proto.Message { return entryForm(id, e) },
	})
}

// Records are the categories whose histories the department answers for.
func (s *Server) Records() []desk.Category {
	return []desk.Category{s.meters, s.months, s.exceedances, s.years, s.entries}
}

// systemActor is who reports what a meter said.
func systemActor(name string) es.Actor {
	return es.Actor{ID: "system:" + name, Role: string(rpc.System)}
}
