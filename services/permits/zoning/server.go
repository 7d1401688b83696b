package zoning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/zoning/edition"
	"shiyang/services/permits/zoning/park"
	"shiyang/services/permits/zoning/views/lists"
)

// The categories of our streams.
const (
	CategoryEdition = "zoning"
	CategoryPark    = "park"
)

// Server answers ZoningService. It is safe for concurrent use.
type Server struct {
	permitsv1.UnimplementedZoningServiceServer
	*desk.Desk

	editions *desk.Records[edition.Edition]
	parks    *desk.Records[park.Park]
	lists    lists.Queries
}

// NewServer opens the department.
func NewServer(d desk.Deps) *Server {
	at := desk.New(d, "permits.v1.ZoningService")
	whole := rpc.Object{County: desk.Prefecture}
	return &Server{
		Desk: at, lists: lists.Queries{DB: d.DB},
		editions: desk.NewRecords(at, desk.Kind[edition.Edition]{
			Category: CategoryEdition, Read: "GetControlEdition", Sentence: sentence,
			Exists: func(e edition.Edition) bool { return e.Loaded != nil },
			Object: func(edition.Edition) rpc.Object { return whole },
			Form:   func(id string, e edition.Edition) proto.Message { return editionForm(id, e) },
		}),
		parks: desk.NewRecords(at, desk.Kind[park.Park]{
			Category: CategoryPark, Read: "ListParks", Sentence: sentence,
			Exists: func(p park.Park) bool { return p.Entry != nil },
			Object: func(park.Park) rpc.Object { return whole },
			Form:   func(id string, p park.Park) proto.Message { return &permitsv1.ParkRow{ParkId: id, Park: p.Entry} },
		}),
	}
}

// Categories are the records that the department answers for in histories.
func (s *Server) Categories() []desk.Category { return []desk.Category{s.editions, s.parks} }

// Projections are the views of the department.
func Projections(desk.Lawbook) []readmodel.Projection {
	return []readmodel.Projection{lists.Projection()}
}

// Reactions are none: nothing follows from our facts by itself.
func Reactions(*Server) []readmodel.Reaction { return nil }

// Jobs are none: an edition begins to hold on its day without being told.
func Jobs(*Server) []readmodel.Job { return nil }

// LoadControlEdition loads an edition from a GeoJSON file.
func (s *Server) LoadControlEdition(ctx context.Context, r *permitsv1.LoadControlEditionRequest) (*permitsv1.LoadControlEditionResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := rpc.Authorise(who, s.Method("LoadControlEdition"), rpc.Object{County: desk.Prefecture}); err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(r.GetContent())
	receipt, err := s.editions.Execute(ctx, who.CommandID, meta, edition.Load{
		Occasion: occasion, Title: r.GetTitle(), Version: r.GetVersion(), Source: r.GetSource(), ValidFrom: desk.DayOf(r.GetValidFrom()),
		Content: r.GetContent(), Hash: hex.EncodeToString(hash[:]), Example: r.GetExample(),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.LoadControlEditionResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// WithdrawControlEdition takes an edition back.
func (s *Server) WithdrawControlEdition(ctx context.Context, r *permitsv1.WithdrawControlEditionRequest) (*permitsv1.WithdrawControlEditionResponse, error) {
	c := desk.Call[edition.Edition]{Method: "WithdrawControlEdition", ID: r.GetEditionId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.editions.Act(ctx, c, func(o act.Occasion) es.Command[edition.Edition] {
		return edition.Withdraw{Occasion: o, Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.WithdrawControlEditionResponse{Receipt: receipt}, nil
}

// GetControlEdition shows an edition with its units.
func (s *Server) GetControlEdition(ctx context.Context, r *permitsv1.GetControlEditionRequest) (*permitsv1.GetControlEditionResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	e, revision, err := s.editions.Open(ctx, who, "GetControlEdition", r.GetEditionId())
	if err != nil {
		return nil, err
	}
	current, err := s.lists.Current(ctx, s.today().String())
	if err != nil {
		return nil, err
	}
	shown := editionForm(r.GetEditionId(), e)
	shown.Revision, shown.Current = uint64(revision), current == r.GetEditionId()
	answer := &permitsv1.GetControlEditionResponse{Edition: shown}
	for _, u := range e.Units {
		corners := 0
		for _, a := range u.GetAreas() {
			for _, ring := range a.GetRings() {
				corners += len(ring.GetCorners()) / 2
			}
		}
		answer.Units = append(answer.Units, &permitsv1.ControlUnit{
			Code: u.GetCode(), Title: u.GetTitle(), Kind: u.GetKind(), Divisions: u.GetDivisions(), Corners: int32(corners), Rows: u.GetRows(),
		})
	}
	if s.MayEver(who, "WithdrawControlEdition") {
		title := problem.Text{Zh: "撤下该版成果", En: "Take the edition back"}
		answer.Actions = append(answer.Actions, s.Action("withdraw", title, law.Reference{}, edition.Withdraw{}.Allowed(e), false))
	}
	return answer, nil
}

// ListControlEditions lists editions and says which one holds today.
func (s *Server) ListControlEditions(ctx context.Context, r *permitsv1.ListControlEditionsRequest) (*permitsv1.ListControlEditionsResponse, error) {
	if err := s.Wait(ctx, r.GetAtLeast(), lists.Name); err != nil {
		return nil, err
	}
	list, err := s.lists.Editions(ctx, s.today().String())
	if err != nil {
		return nil, err
	}
	return &permitsv1.ListControlEditionsResponse{Editions: list}, nil
}

// RecordPark enters a park in the plan-EIA register or changes its entry.
func (s *Server) RecordPark(ctx context.Context, r *permitsv1.RecordParkRequest) (*permitsv1.RecordParkResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	var command es.Command[park.Park] = park.Record{Occasion: occasion, Entry: r.GetPark()}
	id := r.GetParkId()
	if id == "" {
		id = who.CommandID
	} else {
		command = es.Guarded(command, s.parks.MayCall(who, "RecordPark"))
	}
	if err := rpc.Authorise(who, s.Method("RecordPark"), rpc.Object{County: r.GetPark().GetDivision()}); err != nil {
		return nil, err
	}
	receipt, err := s.parks.Execute(ctx, id, meta, command)
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordParkResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// ListParks is the plan-EIA register.
func (s *Server) ListParks(ctx context.Context, r *permitsv1.ListParksRequest) (*permitsv1.ListParksResponse, error) {
	if err := s.Wait(ctx, r.GetAtLeast(), lists.Name); err != nil {
		return nil, err
	}
	list, err := s.lists.Parks(ctx)
	if err != nil {
		return nil, err
	}
	today := s.today()
	for _, row := range list {
		row.InForce = !park.Park{Entry: row.GetPark()}.Expired(today)
	}
	return &permitsv1.ListParksResponse{Parks: list}, nil
}

func (s *Server) today() law.Date { return law.DateOf(s.Now()) }

func editionForm(id string, e edition.Edition) *permitsv1.ControlEdition {
	l := e.Loaded
	return &permitsv1.ControlEdition{
		EditionId: id, Title: l.GetTitle(), Version: l.GetVersion(), ValidFrom: l.GetValidFrom(), Sha256: l.GetSha256(), Source: l.GetSource(),
		Units: l.GetUnits(), Withdrawn: e.Withdrawn, Example: l.GetExample(),
	}
}

// sentence says in both languages what an event means, for timelines.
func sentence(event es.Event) problem.Text {
	say := func(zh, en string, args ...any) problem.Text {
		return problem.Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}
	}
	switch e := event.(type) {
	case *permitsv1.ControlEditionLoaded:
		return say("装载分区管控成果 %s（%s 版），共 %d 个单元", "The edition %s (%s) was loaded with %d units", e.GetTitle(), e.GetVersion(), e.GetUnits())
	case *permitsv1.ControlUnitEntered:
		return say("管控单元 %s %s，%d 条准入要求", "Control unit %s %s with %d rows", e.GetCode(), e.GetTitle(), len(e.GetRows()))
	case *permitsv1.ControlEditionWithdrawn:
		return say("撤下该版成果：%s", "The edition was taken back: %s", e.GetReason())
	case *permitsv1.ParkRecorded:
		return say("登记园区规划环评：%s（%s）", "The plan EIA of %s was entered (%s)", e.GetPark().GetTitle(), e.GetPark().GetOpinionNumber())
	}
	return say("%s", "%s", es.TypeName(event))
}

// wireToday is today as it travels.
func (s *Server) wireToday() *commonv1.Date { return desk.WireDay(s.today()) }
