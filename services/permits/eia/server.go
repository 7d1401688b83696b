package eia

import (
	"context"
	"iter"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
	"shiyang/services/permits/eia/views/filelist"
)

// Category is the first word of our streams.
const Category = "eia"

const service = "permits.v1.EiaService"

// Screener screens a project with the control units and access lists of today
// 三线一单. It answers nothing when no edition holds.
type Screener interface {
	Screen(ctx context.Context, project *permitsv1.ScreenProjectRequest) (*permitsv1.Screening, error)
}

// Server answers EiaService. It is safe for concurrent use.
type Server struct {
	permitsv1.UnimplementedEiaServiceServer
	*desk.Desk

	files    *desk.Records[approval.Approval]
	list     filelist.Queries
	screener Screener
}

// NewServer opens the department; screener may be nil: then nothing is
// screened.
func NewServer(d desk.Deps, screener Screener) *Server {
	at := desk.New(d, service)
	return &Server{
		Desk: at, list: filelist.Queries{DB: d.DB}, screener: screener,
		files: desk.NewRecords(at, desk.Kind[approval.Approval]{
			Category: Category, Read: "GetEia", Object: objectOf, Sentence: sentence, Redact: withoutBureauPapers,
			Exists: func(a approval.Approval) bool { return a.Status != 0 },
			Form:   func(id string, a approval.Approval) proto.Message { return form(id, a) },
		}),
	}
}

// Categories are the records that the department answers for in histories.
func (s *Server) Categories() []desk.Category { return []desk.Category{s.files} }

// call is what every command of a file has in common.
type call = desk.Call[approval.Approval]

func objectOf(a approval.Approval) rpc.Object {
	return rpc.Object{County: a.Division, FirmID: a.EnterpriseID}
}

// The documents of the department that carry a number 文号. The procedural
// notices are those of administrative licences in general; decisions are the
// prefecture's.
var (
	docAcceptance = desk.Document{ID: "permit-acceptance"}                   // 武环许受
	docDeficiency = desk.Document{ID: "permit-deficiency"}                   // 武环许补
	docDeclined   = desk.Document{ID: "permit-rejection-at-entry"}           // 武环许不受
	docExclusion  = desk.Document{ID: "permit-time-exclusion"}               // 武环许时
	docApproval   = desk.Document{ID: "eia-report-approval", Decision: true} // 武环评发
	docRefusal    = desk.Document{ID: "eia-refusal", Decision: true}         // 武环评不批
)

var documents = []desk.Document{docAcceptance, docDeficiency, docDeclined, docExclusion, docApproval, docRefusal}

// withoutBureauPapers leaves the bureau's own opinions out of what a firm may
// read of its file.
func withoutBureauPapers(records iter.Seq2[es.Recorded, error]) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for rec, err := range records {
			switch e := rec.Event.(type) {
			case *permitsv1.EiaExamined:
				rec.Event = &permitsv1.EiaExamined{RecommendApproval: e.GetRecommendApproval(), Grounds: e.GetGrounds()}
			case *permitsv1.EiaExaminationReturned:
				rec.Event = &permitsv1.EiaExaminationReturned{}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
