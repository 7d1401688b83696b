package permits

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/law"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/permit"
	"shiyang/services/permits/views/permitlist"
	"shiyang/services/permits/views/register"
)

// GetPermit shows a permit from its own record, with its deadlines and legal
// acts under the law of the day.
func (s *Server) GetPermit(ctx context.Context, r *permitsv1.GetPermitRequest) (*permitsv1.GetPermitResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	p, revision, err := s.permits.Open(ctx, who, "GetPermit", r.GetPermitId())
	if err != nil {
		return nil, err
	}
	shown := permitForm(r.GetPermitId(), p)
	shown.Revision = uint64(revision)
	if rpc.Role(who.Actor.Role).Firm() {
		shown.ExaminationOpinion = "" // the bureau's own paper
	}
	if !s.permits.OpensPersons(who, p) {
		shown = masked(shown)
	}
	o := s.Today(who)
	return &permitsv1.GetPermitResponse{
		Permit: shown, Deadlines: deadlines(p, o), Actions: s.permitActions(who, p, o),
	}, nil
}

// ListPermits lists permits and applications that the caller may see.
func (s *Server) ListPermits(ctx context.Context, r *permitsv1.ListPermitsRequest) (*permitsv1.ListPermitsResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), permitlist.Name); err != nil {
		return nil, err
	}
	sees := rpc.Filter(who, methods+"ListPermits")
	rows, next, err := s.list.List(ctx, permitlist.Filter{
		All: sees.All, Counties: sees.Counties, Firms: sees.Firms, Query: r.GetQuery(), Division: r.GetDivision(),
		Status: r.GetStatus(), Class: r.GetManagementClass(), Order: r.GetOrder(), Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListPermitsResponse{Next: next}
	o := s.Today(who)
	for _, row := range rows {
		answer.Permits = append(answer.Permits, s.row(row, o, brief))
	}
	return answer, nil
}

// applicant is the audience of acts that belong to the firm.
const applicant = "applicant"

// ListWork is the caller's worklist, ordered by the next legal due day. What
// the caller may not do because of an earlier post is left to the others.
func (s *Server) ListWork(ctx context.Context, r *permitsv1.ListWorkRequest) (*permitsv1.ListWorkResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), permitlist.Name); err != nil {
		return nil, err
	}
	sees := rpc.Filter(who, methods+"ListWork")
	work := permitlist.Work{
		Audience: who.Actor.Role, All: sees.All, Counties: sees.Counties, Firms: sees.Firms,
		Actor: who.Actor.ID, Size: r.GetPageSize(), After: r.GetAfter(),
	}
	switch role := rpc.Role(who.Actor.Role); {
	case role.Firm():
		work.Audience = applicant
	case role == rpc.Head: // looks over the deciders' shoulders
		work.Audience = string(rpc.PermitDecider)
	}
	work.Alarms = work.Audience == string(rpc.PermitDecider)
	rows, next, err := s.list.Work(ctx, work)
	if err != nil {
		return nil, err
	}
	o := s.Today(who)
	total, overdue, err := s.list.CountWork(ctx, work, o.Today.String())
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListWorkResponse{Next: next, Total: total, Overdue: overdue}
	answer.RestDays, answer.RestDaysProvisional = restDays(o)
	for _, row := range rows {
		shown := s.row(row, o, deadline)
		item := &permitsv1.WorkItem{Permit: shown, Deadline: shown.GetDeadline()}
		p := fromFacts(row.Facts)
		if act, ok := p.NextAct(); ok {
			item.Action = s.Action(act.Name, act.Title, act.Basis, act.Allowed(p, o), true)
			item.Action.Allowed = item.Action.GetAllowed() && s.MayEver(who, act.Method) // an alarm tells of somebody else's act
		}
		answer.Items = append(answer.Items, item)
	}
	return answer, nil
}

// restDays are the days of this week and the next two that are no working days
// by the legal calendar 休息日, and whether a year of them is not published.
func restDays(o permit.Occasion) (rest []*commonv1.Date, provisional bool) {
	const shown = 21
	cal := o.Law.Calendar()
	monday := o.Today.AddDays(-(int(o.Today.Weekday()) + 6) % 7)
	for i := range shown {
		day := monday.AddDays(i)
		if !cal.IsWorkingDay(day) {
			rest = append(rest, desk.WireDay(day))
		}
	}
	return rest, cal.ProvisionalBetween(monday.AddDays(-1), monday.AddDays(shown-1))
}

// row shows one line of a list; its deadline is computed anew.
func (s *Server) row(r permitlist.Row, o permit.Occasion, period func(permit.Clock, permit.Occasion) *commonv1.Deadline) *permitsv1.PermitRow {
	shown := &permitsv1.PermitRow{
		PermitId: r.PermitID, PermitNumber: r.Number, UnitName: r.UnitName, Uscc: r.USCC, Division: r.Division,
		Status: r.Facts.Shown(), StatusText: desk.TextOf(permit.StatusName(r.Facts.Shown())), ManagementClass: r.Facts.Class,
		Industry: r.Industry, ValidFrom: desk.IsoDay(r.ValidFrom), ValidTo: desk.IsoDay(r.ValidTo),
		RecordedAt: timestamppb.New(r.RecordedAt), Example: r.Example,
	}
	p := fromFacts(r.Facts)
	if clock, ok := p.Next(o.Law); ok {
		shown.Deadline = period(clock, o)
	}
	shown.Alarm = alarm(p)
	if p.Granted() && p.Kind != permit.First && p.Open() {
		shown.Procedure, shown.ProcedureText = p.Kind, procedureText(p)
	}
	return shown
}

// SearchRegister searches the public register.
func (s *Server) SearchRegister(ctx context.Context, r *permitsv1.SearchRegisterRequest) (*permitsv1.SearchRegisterResponse, error) {
	if err := s.Wait(ctx, r.GetAtLeast(), register.Name); err != nil {
		return nil, err
	}
	entries, next, total, err := s.register.Find(ctx, r.GetQuery(), r.GetDivision(), r.GetPageSize(), r.GetAfter())
	if err != nil {
		return nil, err
	}
	return &permitsv1.SearchRegisterResponse{Entries: entries, Next: next, Total: total}, nil
}

// GetRegisterEntry shows one entry of the public register.
func (s *Server) GetRegisterEntry(ctx context.Context, r *permitsv1.GetRegisterEntryRequest) (*permitsv1.GetRegisterEntryResponse, error) {
	entry, err := s.register.Entry(ctx, r.GetPermitNumber())
	if err != nil {
		return nil, err
	}
	return &permitsv1.GetRegisterEntryResponse{Entry: entry}, nil
}

// fromFacts is a permit as far as its clocks and next act need it.
func fromFacts(f permitlist.Facts) permit.Permit {
	day := func(iso string) law.Date { return desk.DayOf(&commonv1.Date{Iso: iso}) }
	p := permit.Permit{
		Status: f.Status, Class: f.Class, Received: day(f.Received), Answered: day(f.Answered), AcceptedOn: day(f.Accepted),
		Deemed: f.Deemed, DecidedOn: day(f.Decided), DeliveredOn: day(f.Delivered), Clerks: f.Clerks, Examiners: f.Examiners,
	}
	p.Life = permit.Life{
		Kind: f.Kind, Standing: f.Standing, Reminded: f.Reminded, DeemedFrom: day(f.DeemedFrom), Undelivered: f.Undelivered,
		Procedure: &permitsv1.PermitProcedureOpened{ChangedOn: desk.IsoDay(f.ChangedOn), Effective: desk.IsoDay(f.Effective)},
	}
	p.ValidTo, p.FirstReceived = day(f.ValidTo), day(f.Filed)
	if f.Numbered {
		p.Number = "numbered" // which is for people
	}
	if f.Measure != "" {
		p.Proposed = &permit.Measure{Name: f.Measure, By: f.ProposedBy}
	}
	if f.NoticeFrom != "" {
		p.Notice = &permitsv1.PublicNoticePublished{From: desk.IsoDay(f.NoticeFrom)}
	}
	if f.SiteChecked {
		p.SiteCheck = &permitsv1.SiteChecked{}
	}
	if len(f.Examiners) > 0 {
		p.Examination = &permit.Examination{RecommendGrant: f.RecommendGrant}
	}
	for _, s := range f.Pauses {
		p.Pauses = append(p.Pauses, permit.Pause{Kind: s.Kind, From: day(s.From), Last: day(s.Last)})
	}
	return p
}
