package eia

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/eia/approval"
)

// seriesFiling numbers registration forms of one county in one year.
const seriesFiling = "eia-registration"

// OpenEia begins a file for the caller's own firm.
func (s *Server) OpenEia(ctx context.Context, r *permitsv1.OpenEiaRequest) (*permitsv1.OpenEiaResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := rpc.Authorise(who, s.Method("OpenEia"), rpc.Object{County: r.GetDivision(), FirmID: who.Actor.Org}); err != nil {
		return nil, err
	}
	if previous := r.GetPreviousEiaId(); previous != "" {
		old, _, err := s.files.Open(ctx, who, "OpenEia", previous)
		if err != nil {
			return nil, err
		}
		if err := approval.CheckReplaced(old); err != nil {
			return nil, err
		}
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	receipt, err := s.files.Execute(ctx, who.CommandID, meta, approval.Open{
		Occasion: occasion, EnterpriseID: who.Actor.Org, Builder: r.GetBuilder(), USCC: r.GetUscc(), Division: r.GetDivision(),
		Document: r.GetDocument(), Example: r.GetExample(), Previous: r.GetPreviousEiaId(),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.OpenEiaResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// CheckEia says what would be wrong, which kind the rule gives and what the
// screening finds, changing nothing.
func (s *Server) CheckEia(ctx context.Context, r *permitsv1.CheckEiaRequest) (*permitsv1.CheckEiaResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	file, _, err := s.files.Open(ctx, who, "CheckEia", r.GetEiaId())
	if err != nil {
		return nil, err
	}
	o := s.Today(who)
	screening, err := s.screen(ctx, file, r.GetProject())
	if err != nil {
		return nil, err
	}
	checked := approval.CheckProject(r.GetProject(), o.Law.On(o.On), o.On)
	doubts := approval.Submit{Occasion: o, Project: r.GetProject(), Screening: screening}.Advise(file)
	answer := &permitsv1.CheckEiaResponse{
		Errors: rpc.FieldMessages(checked.Wrong), Warnings: rpc.FieldMessages(doubts),
		DocumentByRule: checked.Class.Document, Level: desk.TextOf(checked.Level.Text()), Screening: screening,
	}
	for _, line := range checked.Class.Why {
		answer.Explanation = append(answer.Explanation, desk.TextOf(line))
	}
	return answer, nil
}

// SubmitEia files a report or form, first or after a deficiency notice.
func (s *Server) SubmitEia(ctx context.Context, r *permitsv1.SubmitEiaRequest) (*permitsv1.SubmitEiaResponse, error) {
	project, screening, err := s.toFile(ctx, "SubmitEia", r.GetEiaId(), r.GetProject())
	if err != nil {
		return nil, err
	}
	c := call{Method: "SubmitEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Submit{Occasion: o, Project: project, Screening: screening, OnPaper: rpc.Role(o.By.Role).Staff()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.SubmitEiaResponse{Receipt: receipt}, nil
}

// FileEiaRegistration files a registration form; the receipt comes at once.
func (s *Server) FileEiaRegistration(ctx context.Context, r *permitsv1.FileEiaRegistrationRequest) (*permitsv1.FileEiaRegistrationResponse, error) {
	project, screening, err := s.toFile(ctx, "FileEiaRegistration", r.GetEiaId(), r.GetProject())
	if err != nil {
		return nil, err
	}
	c := call{
		Method: "FileEiaRegistration", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(a approval.Approval) string { return a.DocumentNumber },
	}
	file := func(number string) func(approval.Occasion) es.Command[approval.Approval] {
		return func(o approval.Occasion) es.Command[approval.Approval] {
			return approval.File{Occasion: o, Project: project, Screening: screening, Number: number}
		}
	}
	receipt, err := s.files.Act(ctx, c, file(""))
	if errors.Is(err, act.ErrNumberNeeded) {
		var number string
		if number, err = s.filingNumber(ctx, c); err == nil {
			receipt, err = s.files.Act(ctx, c, file(number))
		}
	}
	if err != nil {
		return nil, err
	}
	return &permitsv1.FileEiaRegistrationResponse{Receipt: receipt}, nil
}

// filingNumber draws the number of a registration form 备案号: year, county and
// eight digits, gap-free per county and year.
func (s *Server) filingNumber(ctx context.Context, c call) (string, error) {
	file, _, err := s.files.Load(ctx, c.ID)
	if err != nil {
		return "", err
	}
	meta, occasion, err := s.Meta(ctx, c.OccurredAt)
	if err != nil {
		return "", err
	}
	serial, err := s.Numbers.Next(ctx, meta, file.Division, seriesFiling, occasion.On.Year, es.StreamName(Category, c.ID))
	if err != nil {
		return "", fmt.Errorf("draw filing number: %w", err)
	}
	return fmt.Sprintf("%04d%s%08d", occasion.On.Year, file.Division, serial), nil
}

// ScreenEia screens the project again with the lists of today.
func (s *Server) ScreenEia(ctx context.Context, r *permitsv1.ScreenEiaRequest) (*permitsv1.ScreenEiaResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	file, _, err := s.files.Open(ctx, who, "ScreenEia", r.GetEiaId())
	if err != nil {
		return nil, err
	}
	screening, err := s.screen(ctx, file, file.Project)
	if err != nil {
		return nil, err
	}
	c := call{Method: "ScreenEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Screen{Occasion: o, Screening: screening}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ScreenEiaResponse{Receipt: receipt}, nil
}

// toFile is the project as it is stored, with an opaque id for its compiler,
// and its screening. Who may not file is told so before anything is looked up.
func (s *Server) toFile(ctx context.Context, method, id string, project *permitsv1.EiaProject) (*permitsv1.EiaProject, *permitsv1.Screening, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, nil, err
	}
	file, _, err := s.files.Open(ctx, who, method, id)
	if err != nil {
		return nil, nil, err
	}
	project = proto.CloneOf(project)
	if p := project.GetCompiler(); p != nil && p.GetId() == "" {
		known := file.Project.GetCompiler()
		if p.Id = es.DerivedID("person", who.CommandID, "compiler"); known.GetName() == p.GetName() && known.GetId() != "" {
			p.Id = known.GetId()
		}
	}
	screening, err := s.screen(ctx, file, project)
	return project, screening, err
}

func (s *Server) screen(ctx context.Context, file approval.Approval, p *permitsv1.EiaProject) (*permitsv1.Screening, error) {
	if s.screener == nil {
		return nil, nil
	}
	words := append(append([]string{p.GetWorks()}, p.GetProcesses()...), p.GetPollutants()...)
	screening, err := s.screener.Screen(ctx, &permitsv1.ScreenProjectRequest{
		Division: file.Division, Location: p.GetLocation(), Industry: p.GetIndustry(), Words: words, ParkId: p.GetParkId(),
	})
	if err != nil {
		return nil, fmt.Errorf("screen a project: %w", err)
	}
	return screening, nil
}
