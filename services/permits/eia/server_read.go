package eia

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
	"shiyang/services/permits/eia/views/filelist"
)

// GetEia shows a file from its own record, with its deadlines and legal acts
// under the law of the day.
func (s *Server) GetEia(ctx context.Context, r *permitsv1.GetEiaRequest) (*permitsv1.GetEiaResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	a, revision, err := s.files.Open(ctx, who, "GetEia", r.GetEiaId())
	if err != nil {
		return nil, err
	}
	shown := form(r.GetEiaId(), a)
	if rpc.Role(who.Actor.Role).Firm() {
		shown.ExaminationOpinion = "" // the bureau's own paper
	}
	if !s.files.OpensPersons(who, a) {
		shown = masked(shown)
	}
	shown.Revision = uint64(revision)
	o := s.Today(who)
	return &permitsv1.GetEiaResponse{Eia: shown, Deadlines: deadlines(a, o), Actions: s.actions(who, a, o)}, nil
}

// ListEia lists files that the caller may see.
func (s *Server) ListEia(ctx context.Context, r *permitsv1.ListEiaRequest) (*permitsv1.ListEiaResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), filelist.Name); err != nil {
		return nil, err
	}
	rows, next, err := s.list.List(ctx, filelist.Filter{
		Sees: s.sees(who, "ListEia"), Query: r.GetQuery(), Division: r.GetDivision(), Status: r.GetStatus(), Document: r.GetDocument(),
		Order: r.GetOrder(), Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListEiaResponse{Next: next}
	o := s.Today(who)
	for _, row := range rows {
		shown, _, err := s.row(row, o)
		if err != nil {
			return nil, err
		}
		answer.Rows = append(answer.Rows, shown)
	}
	return answer, nil
}

func (s *Server) sees(who rpc.Caller, method string) filelist.Sees {
	v := rpc.Filter(who, s.Method(method))
	return filelist.Sees{All: v.All, Counties: v.Counties, Firms: v.Firms}
}

// ListEiaWork is the caller's worklist of EIA files, ordered by the next legal
// due day.
func (s *Server) ListEiaWork(ctx context.Context, r *permitsv1.ListEiaWorkRequest) (*permitsv1.ListEiaWorkResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), filelist.Name); err != nil {
		return nil, err
	}
	work := filelist.Work{
		Sees: s.sees(who, "ListEiaWork"), Audience: who.Actor.Role, Actor: who.Actor.ID, Size: r.GetPageSize(), After: r.GetAfter(),
	}
	switch role := rpc.Role(who.Actor.Role); {
	case role.Firm():
		work.Audience = applicant
	case role == rpc.Head: // looks over the deciders' shoulders
		work.Audience = string(rpc.PermitDecider)
	}
	rows, next, err := s.list.Work(ctx, work)
	if err != nil {
		return nil, err
	}
	o := s.Today(who)
	total, overdue, err := s.list.CountWork(ctx, work, o.Today.String())
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListEiaWorkResponse{Next: next, Total: total, Overdue: overdue}
	for _, row := range rows {
		shown, a, err := s.row(row, o)
		if err != nil {
			return nil, err
		}
		item := &permitsv1.EiaWorkItem{Row: shown}
		if doing, ok := a.NextAct(o.On); ok {
			item.Action = s.Action(doing.Name, doing.Title, doing.Basis, nil, true)
		}
		answer.Items = append(answer.Items, item)
	}
	return answer, nil
}

// row shows one line of a list; its deadline is computed anew.
func (s *Server) row(r filelist.Row, o approval.Occasion) (*permitsv1.EiaRow, approval.Approval, error) {
	a, err := fromFacts(r.Facts)
	if err != nil {
		return nil, a, err
	}
	shown := &permitsv1.EiaRow{
		EiaId: r.ID, ProjectName: r.ProjectName, Builder: r.Builder, Division: r.Division, Status: a.Status,
		StatusText: desk.TextOf(approval.StatusName(a.Status)), Document: r.Document, DocumentText: desk.TextOf(documentText(a)), Number: r.Number,
		RecordedAt: timestamppb.New(r.RecordedAt), Example: r.Example, Verdict: r.Verdict,
	}
	if clock, ok := a.Next(o.Law); ok {
		shown.Deadline = desk.Deadline(clock, o, approval.PauseName)
	}
	return shown, a, nil
}

// ListEiaNotices are the public notices, newest first.
func (s *Server) ListEiaNotices(ctx context.Context, r *permitsv1.ListEiaNoticesRequest) (*permitsv1.ListEiaNoticesResponse, error) {
	if err := s.Wait(ctx, r.GetAtLeast(), filelist.Name); err != nil {
		return nil, err
	}
	rows, next, err := s.list.Notices(ctx, r.GetKind(), r.GetDivision(), r.GetPageSize(), r.GetAfter())
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListEiaNoticesResponse{Next: next}
	book, today := s.Law(), law.DateOf(s.Now())
	for _, n := range rows {
		answer.Notices = append(answer.Notices, notice(n, book, today))
	}
	return answer, nil
}

func notice(n filelist.Notice, book *law.Book, today law.Date) *permitsv1.EiaNotice {
	from, last := desk.DayOf(desk.IsoDay(n.From)), desk.DayOf(desk.IsoDay(n.Last))
	shown := &permitsv1.EiaNotice{
		EiaId: n.EiaID, Kind: n.Kind, ProjectName: n.ProjectName, Builder: n.Builder, Consultancy: n.Consultancy, SiteAddress: n.SiteAddress,
		Division: n.Division, Document: n.Document, DocumentText: desk.TextOf(approval.DocumentName(n.Document, from)),
		From: desk.WireDay(from), Last: desk.WireDay(last), Running: !today.After(last), Url: n.URL, Example: n.Example,
	}
	if n.Kind == approval.Decision {
		shown.Number, shown.Approved = n.Number, n.Status == approval.Approved
	}
	if n.Kind == approval.Intention {
		if told, err := book.Deadline(law.Ask{Period: approval.RuleHearing, Start: from}); err == nil {
			shown.HearingRight = desk.TextOf(problem.Text{
				Zh: fmt.Sprintf("申请人、利害关系人可以在 %s 前申请听证。", told.Later),
				En: fmt.Sprintf("The applicant and those whose interests it touches may ask for a hearing until %s.", told.Later),
			})
		}
	}
	return shown
}

// GetEiaGuides are the service guides for applicants 办事指南.
func (s *Server) GetEiaGuides(context.Context, *permitsv1.GetEiaGuidesRequest) (*permitsv1.GetEiaGuidesResponse, error) {
	book, today := s.Law(), law.DateOf(s.Now())
	practice := book.On(today).EIAPractice()
	answer := &permitsv1.GetEiaGuidesResponse{Unconfirmed: !practice.Confirmed}
	if used, _, ok := book.LoadedAt(law.ListEIAPractice, today); ok {
		answer.Version = used.Version
	}
	for _, kind := range []struct {
		document     permitsv1.EiaDocument
		code, period string
	}{
		{approval.Report, "report", approval.RuleDecideReport}, {approval.Form, "form", approval.RuleDecideForm}, {approval.Registration, "registration", ""},
	} {
		guide := practice.Guide(kind.code)
		shown := &permitsv1.EiaGuide{
			Document: kind.document, DocumentText: desk.TextOf(approval.DocumentName(kind.document, today)), Materials: words(guide.Materials),
			Secondary: words(guide.Secondary), GreenChannel: words(guide.GreenChannel), PromisedDays: int32(practice.PromisedDays[kind.code]),
		}
		if period, ok := book.PeriodAt(kind.period, today); ok {
			zh, en := desk.LengthOf(period)
			shown.Decision = &commonv1.Text{Zh: zh, En: en}
		}
		answer.Guides = append(answer.Guides, shown)
	}
	return answer, nil
}

func words(list []catalogue.Words) (out []*commonv1.Text) {
	for _, w := range list {
		out = append(out, &commonv1.Text{Zh: w.Zh, En: w.En})
	}
	return out
}
