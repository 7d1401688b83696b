package permits

import (
	"iter"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/pending"
	"shiyang/services/permits/views/permitlist"
	"shiyang/services/permits/views/register"
	"shiyang/services/permits/views/sitelist"
)

// categoryPermit is the category of our streams beside those of the sites.
const categoryPermit = "permit"

// service is our gRPC service; methods is its prefix in the table of rights.
const (
	service = "permits.v1.PermitsService"
	methods = "/" + service + "/"
)

// Server answers PermitsService, and holds the departments beside it. It is
// safe for concurrent use.
type Server struct {
	permitsv1.UnimplementedPermitsServiceServer
	*desk.Desk

	facilities  *desk.Records[facility.Facility]
	permits     *desk.Records[permit.Permit]
	departments []department
	archive     *desk.Archive

	list     permitlist.Queries
	register register.Queries
	sites    sitelist.Queries
	pending  pending.Queries
}

// NewServer returns the service with every department.
func NewServer(d desk.Deps) *Server {
	at := desk.New(d, service)
	s := &Server{
		Desk: at, departments: open(at.Deps),
		facilities: desk.NewRecords(at, desk.Kind[facility.Facility]{
			Category: desk.CategorySite, Read: "GetFacility", Object: desk.ObjectOfSite, Sentence: sentence,
			Exists: func(f facility.Facility) bool { return f.Registered },
			Form:   func(id string, f facility.Facility) proto.Message { return siteForm(id, f) },
		}),
		permits: desk.NewRecords(at, desk.Kind[permit.Permit]{
			Category: categoryPermit, Read: "GetPermit", Object: objectOf, Sentence: sentence, Redact: withoutBureauPapers,
			Exists: func(p permit.Permit) bool { return p.Status != 0 },
			Form:   func(id string, p permit.Permit) proto.Message { return permitForm(id, p) },
		}),
		list: permitlist.Queries{DB: d.DB}, register: register.Queries{DB: d.DB},
		sites: sitelist.Queries{DB: d.DB}, pending: pending.Queries{DB: d.DB},
	}
	s.archive = s.newArchive()
	return s
}

// objectOf is what the table of rights must know of a permit.
func objectOf(p permit.Permit) rpc.Object {
	return rpc.Object{County: p.Division, FirmID: p.EnterpriseID}
}

// call is what every command of a permit has in common.
type call = desk.Call[permit.Permit]

// The documents of this service that carry a number 文号. Decisions on permits
// are the prefecture's (Decree 736 Art. 6); procedural notices count where
// their signer sits.
var (
	docAcceptance = desk.Document{ID: "permit-acceptance"}                     // 武环许受
	docDeficiency = desk.Document{ID: "permit-deficiency"}                     // 武环许补
	docDeclined   = desk.Document{ID: "permit-rejection-at-entry"}             // 武环许不受
	docExclusion  = desk.Document{ID: "permit-time-exclusion"}                 // 武环许时
	docGrant      = desk.Document{ID: "permit-grant-decision", Decision: true} // 武环许
	docRefusal    = desk.Document{ID: "permit-refusal", Decision: true}        // 武环不许
	docRevocation = desk.Document{ID: "permit-revocation", Decision: true}     // 武环许撤
	docCancelled  = desk.Document{ID: "permit-cancellation", Decision: true}   // 武环许注
)

var documents = []desk.Document{docAcceptance, docDeficiency, docDeclined, docExclusion, docGrant, docRefusal, docRevocation, docCancelled}

// withoutBureauPapers leaves the bureau's own opinions out of what a firm may
// read of its file.
func withoutBureauPapers(records iter.Seq2[es.Recorded, error]) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for rec, err := range records {
			switch e := rec.Event.(type) {
			case *permitsv1.PermitApplicationExamined:
				rec.Event = &permitsv1.PermitApplicationExamined{RecommendGrant: e.GetRecommendGrant(), Limits: e.GetLimits()}
			case *permitsv1.PermitExaminationReturned:
				rec.Event = &permitsv1.PermitExaminationReturned{}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
