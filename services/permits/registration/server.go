package registration

import (
	"context"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/registration/form"
	"shiyang/services/permits/registration/source"
	"shiyang/services/permits/registration/views/registrations"
	"shiyang/services/permits/registration/views/roll"
)

// Server answers RegistrationService. It is safe for concurrent use.
type Server struct {
	permitsv1.UnimplementedRegistrationServiceServer
	*desk.Desk

	forms   *desk.Records[form.Form]
	sources *desk.Records[source.Source]
	list    registrations.Queries
	roll    roll.Queries
}

// NewServer returns the service.
func NewServer(d desk.Deps) *Server {
	at := desk.New(d, "permits.v1.RegistrationService")
	return &Server{
		Desk: at, list: registrations.Queries{DB: d.DB}, roll: roll.Queries{DB: d.DB},
		forms: desk.NewRecords(at, desk.Kind[form.Form]{
			Category: form.Category, Read: "GetRegistration", Sentence: sentence,
			Exists: func(f form.Form) bool { return f.Status != 0 },
			Object: func(f form.Form) rpc.Object { return rpc.Object{County: f.Site.Division, FirmID: f.Site.EnterpriseID} },
			Form:   func(id string, f form.Form) proto.Message { return shown(id, f) },
		}),
		sources: desk.NewRecords(at, desk.Kind[source.Source]{
			Category: source.Category, Read: "GetSource", Sentence: sentence,
			Exists: func(s source.Source) bool { return s.Content != nil },
			Object: func(s source.Source) rpc.Object { return rpc.Object{County: s.Content.GetDivision()} },
			Form:   func(id string, s source.Source) proto.Message { return shownSource(id, s) },
		}),
	}
}

// Records are the categories whose histories the department tells.
func (s *Server) Records() []desk.Category { return []desk.Category{s.forms, s.sources} }

// Projections are the views of the department.
func Projections(desk.Lawbook) []readmodel.Projection {
	return []readmodel.Projection{registrations.Projection(), roll.Projection()}
}

// call is what every command of a registration has in common.
type call = desk.Call[form.Form]

// act executes one command of a site's registration. Authority is that of the
// site as it is now, which may have been claimed since.
func (s *Server) act(ctx context.Context, c call, command func(act.Occasion, facility.Facility) es.Command[form.Form]) (*commonv1.Receipt, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	site, err := s.SiteFor(ctx, who, c.Method, c.ID)
	if err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, c.OccurredAt)
	if err != nil {
		return nil, err
	}
	receipt, err := s.forms.Execute(ctx, c.ID, meta, es.Expecting(command(occasion, site), es.Revision(c.Expected)))
	if err != nil {
		return nil, err
	}
	return desk.ReceiptOf(receipt), nil
}

// siteOf is what a registration takes over from its site.
func siteOf(id string, f facility.Facility) form.Site {
	return form.Site{
		ID: id, EnterpriseID: f.EnterpriseID, Division: f.Site.GetDivision(), USCC: f.Site.GetUscc(), UnitName: f.Site.GetUnitName(),
		Address: f.Site.GetSiteAddress(), Sequence: f.Sequence, Example: f.Site.GetExample(),
	}
}
