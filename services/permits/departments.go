package permits

import (
	"slices"

	"google.golang.org/grpc"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/disclosure"
	"shiyang/services/permits/eia"
	"shiyang/services/permits/monitoring"
	"shiyang/services/permits/monitoring/wire"
	"shiyang/services/permits/registration"
	"shiyang/services/permits/views/pending"
	"shiyang/services/permits/views/permitlist"
	"shiyang/services/permits/views/register"
	"shiyang/services/permits/views/sitelist"
	"shiyang/services/permits/zoning"
)

// A department is one body of work beside the discharge permits, with its own
// gRPC service and records.
type department struct {
	register   func(grpc.ServiceRegistrar)
	categories []desk.Category
	judgements []desk.Judgement // of its running clocks; none where it has none
	reactions  []readmodel.Reaction
	jobs       []readmodel.Job
	intake     wire.Intake // of what meters send; nil but for one department
}

// open opens every department. A new one is one entry here and in [views].
func open(d desk.Deps) []department {
	return []department{public(d), approvals(d), registrations(d), meters(d)}
}

// public is the window of the public register; it has no records.
func public(d desk.Deps) department {
	s := disclosure.NewServer(d)
	return department{register: func(r grpc.ServiceRegistrar) { permitsv1.RegisterDisclosureServiceServer(r, s) }}
}

// approvals are the departments of EIA files 环评审批 and of zoning 三线一单, which
// screens their projects.
func approvals(d desk.Deps) department {
	zones := zoning.NewServer(d)
	s := eia.NewServer(d, zones)
	return department{
		register: func(r grpc.ServiceRegistrar) {
			permitsv1.RegisterEiaServiceServer(r, s)
			permitsv1.RegisterZoningServiceServer(r, zones)
		},
		categories: slices.Concat(s.Categories(), zones.Categories()), judgements: []desk.Judgement{s.Judgement},
		reactions: eia.Reactions(s), jobs: eia.Jobs(s),
	}
}

// registrations is the department of registrations and of the roll of sources
// 排污登记.
func registrations(d desk.Deps) department {
	s := registration.NewServer(d)
	return department{
		register:   func(r grpc.ServiceRegistrar) { permitsv1.RegisterRegistrationServiceServer(r, s) },
		categories: s.Records(), reactions: registration.Reactions(s), jobs: registration.Jobs(s),
	}
}

// meters is the department of automatic monitoring 自动监测.
func meters(d desk.Deps) department {
	s := monitoring.NewServer(d)
	return department{
		register:   func(r grpc.ServiceRegistrar) { permitsv1.RegisterMonitoringServiceServer(r, s) },
		categories: s.Records(), reactions: monitoring.Reactions(s), jobs: monitoring.Jobs(s), intake: s,
	}
}

// Meters takes what meters send, by wire or by file.
func (s *Server) Meters() wire.Intake {
	for _, d := range s.departments {
		if d.intake != nil {
			return d.intake
		}
	}
	return nil
}

// views are the read models of every department.
var views = []func(desk.Lawbook) []readmodel.Projection{ours, registration.Projections, eia.Projections, zoning.Projections, monitoring.Projections}

// holders are the categories of the records that draw numbers or hold sites:
// the ticker settles what a crash left behind for them.
var holders = []string{desk.CategorySite, categoryPermit, eia.Category, desk.CategoryRegistration}

// ours are the views of sites and discharge permits.
func ours(book desk.Lawbook) []readmodel.Projection {
	return []readmodel.Projection{
		permitlist.Projection(procedures{book}), register.Projection(), sitelist.Projection(), pending.Projection(holders...),
	}
}

// Projections are the views of the service, of every department. Due days in
// them follow the law as it stood in the log.
func Projections(book desk.Lawbook) (all []readmodel.Projection) {
	for _, of := range views {
		all = append(all, of(book)...)
	}
	return all
}

// Register adds the services of every department to a gRPC server, and the
// RecordHistoryService of all of them.
func (s *Server) Register(server grpc.ServiceRegistrar) {
	permitsv1.RegisterPermitsServiceServer(server, s)
	commonv1.RegisterRecordHistoryServiceServer(server, s.archive)
	for _, d := range s.departments {
		d.register(server)
	}
}

// Reactions are what the service does because of facts, in every department.
func Reactions(s *Server) []readmodel.Reaction {
	all := s.reactions()
	for _, d := range s.departments {
		all = append(all, d.reactions...)
	}
	return all
}

// Jobs are what time alone brings about, in every department. A view says what
// may be due; each job looks into the record itself, under the law of the day,
// before it acts, so that many replicas may run it.
func Jobs(s *Server) []readmodel.Job {
	all := s.jobs()
	for _, d := range s.departments {
		all = append(all, d.jobs...)
	}
	return all
}

// newArchive answers for the histories of every department.
func (s *Server) newArchive() *desk.Archive {
	categories := []desk.Category{s.facilities, s.permits}
	judgements := []desk.Judgement{s.judgement}
	for _, d := range s.departments {
		categories = slices.Concat(categories, d.categories)
		judgements = slices.Concat(judgements, d.judgements)
	}
	return desk.NewArchive(s.Desk, Projections(s.Lawbook), judgements, categories...)
}
