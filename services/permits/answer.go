package permits

import (
	"errors"

	"shiyang/internal/history"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/permit"
)

// permitForm is a permit as the API shows it, from facts alone: the same at
// every instant that history asks for.
func permitForm(id string, p permit.Permit) *permitsv1.Permit {
	shown := &permitsv1.Permit{
		PermitId: id, FacilityId: p.FacilityID, EnterpriseId: p.EnterpriseID, UnitName: p.UnitName, Uscc: p.USCC,
		Division: p.Division, Status: p.Status, StatusText: textOf(permit.StatusName(p.Status)), ManagementClass: p.Class,
		Content: p.Content, PermitNumber: p.Number, DocumentNumber: p.DocumentNumber, ExternalNumber: p.ExternalNumber,
		ValidFrom: wireDay(p.ValidFrom), ValidTo: wireDay(p.ValidTo), Received: wireDay(p.Received),
		Accepted: wireDay(p.AcceptedOn), DeemedAccepted: p.Deemed, Decided: wireDay(p.DecidedOn),
		Missing: p.Deficiency.GetItems(), RefusalReasons: p.RefusalReasons, Remedies: p.Remedies,
		Example: p.Example, NoticeUrl: p.Notice.GetUrl(), NoticeFrom: p.Notice.GetFrom(), DeclineReason: p.DeclineReason,
		Steps: steps(p),
	}
	if p.Examination != nil {
		shown.ExaminationOpinion = p.Examination.Opinion
	}
	switch {
	case p.Number == "":
	case p.ExternalNumber != "":
		shown.SyncState = "mirrored"
	default:
		shown.SyncState = "local"
	}
	return shown
}

// steps are the stages of the procedure that people see.
func steps(p permit.Permit) []*permitsv1.Step {
	notice, examined := dayOf(p.Notice.GetFrom()), law.Date{}
	if p.Examination != nil && p.Status != permit.Accepted { // not sent back to the examiner
		examined = p.Examination.On
	}
	list := []struct {
		name  string
		title problem.Text
		on    law.Date
		shown bool
		now   bool
	}{
		{"notice", problem.Text{Zh: "申请前公开", En: "Public notice"}, notice, p.Notice != nil || p.Class == permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY, p.Status == permit.Draft && p.Class == permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY},
		{"submitted", problem.Text{Zh: "提交申请", En: "Filed"}, p.Received, true, p.Status == permit.PublicNotice || p.Status == permit.Deficient || p.Status == permit.Draft && p.Class != permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY},
		{"accepted", problem.Text{Zh: "受理", En: "Accepted"}, p.AcceptedOn, true, p.Status == permit.Submitted},
		{"examined", problem.Text{Zh: "审查", En: "Examined"}, examined, true, p.Status == permit.Accepted},
		{"decided", problem.Text{Zh: "决定", En: "Decided"}, p.DecidedOn, true, p.Status == permit.Examined},
		{"delivered", problem.Text{Zh: "送达", En: "Delivered"}, p.DeliveredOn, true, !p.DecidedOn.IsZero() && p.DeliveredOn.IsZero()},
	}
	var out []*permitsv1.Step
	for _, s := range list {
		if !s.shown {
			continue
		}
		state := "todo"
		switch {
		case s.now:
			state = "now"
		case !s.on.IsZero():
			state = "done"
		}
		out = append(out, &permitsv1.Step{Name: s.name, Title: textOf(s.title), State: state, Date: wireDay(s.on)})
	}
	return out
}

// siteForm is a site as the API shows it.
func siteForm(id string, f facility.Facility) *permitsv1.Facility {
	return &permitsv1.Facility{FacilityId: id, EnterpriseId: f.EnterpriseID, Site: f.Site, SiteSequence: f.Sequence}
}

func maskedSite(f *permitsv1.Facility) *permitsv1.Facility {
	if masked, ok := history.Masked(f).(*permitsv1.Facility); ok {
		return masked
	}
	return &permitsv1.Facility{}
}

// opensPersons tells whether a caller may read the persons of a record: bureau
// roles that handle it and the firm itself; auditors and administrators see
// what was done, not whom it names.
func opensPersons(who rpc.Caller, object rpc.Object) bool {
	switch role := rpc.Role(who.Actor.Role); role {
	case rpc.Auditor, rpc.SystemAdmin, rpc.SecurityAdmin, rpc.AuditAdmin, rpc.Person, rpc.Public, rpc.System:
		return false
	default:
		return role.Staff() || rpc.Filter(who, methods+"GetFacility").Sees(object)
	}
}

// mayEver tells whether a role can do an act at all, whatever the record.
func mayEver(who rpc.Caller, method string) bool {
	rule, ok := rpc.RuleOf(method)
	if !ok {
		return false
	}
	for _, role := range rule.Roles {
		if string(role) == who.Actor.Role {
			return true
		}
	}
	return false
}

// permitActions are the acts that the law knows for a permit and that the
// caller's role may do at all: each allowed now, or why not.
func (s *Server) permitActions(who rpc.Caller, p permit.Permit, o permit.Occasion) []*commonv1.LegalAction {
	next, _ := p.NextAct()
	var actions []*commonv1.LegalAction
	for _, act := range permit.Acts {
		if mayEver(who, methods+act.Method) {
			actions = append(actions, s.action(act.Name, act.Title, act.Basis, act.Allowed(p, o), act.Name == next.Name))
		}
	}
	return actions
}

func (s *Server) action(name string, title problem.Text, basis law.Reference, refusal error, next bool) *commonv1.LegalAction {
	a := &commonv1.LegalAction{Name: name, Title: textOf(title), Allowed: refusal == nil, Next: next}
	if basis.Law != "" {
		a.Citation = s.law().Cite(basis).Short
	}
	if p, ok := errors.AsType[*problem.Error](refusal); ok {
		reason := p.Text
		if len(p.Errors) > 0 {
			reason = p.Errors[0].Text
		}
		a.Reason = textOf(reason)
	}
	return a
}

// deadlines are all periods of a permit that have begun.
func (s *Server) deadlines(p permit.Permit, o permit.Occasion) []*commonv1.Deadline {
	var out []*commonv1.Deadline
	for _, c := range p.Clocks(o.Law) {
		out = append(out, s.deadline(c, o))
	}
	return out
}

// deadline shows a period with its whole explanation.
func (s *Server) deadline(c permit.Clock, o permit.Occasion) *commonv1.Deadline {
	shown := s.brief(c, o)
	english := c.Explain(law.English)
	for i, line := range c.Explain(law.Chinese) {
		text := &commonv1.Text{Zh: line}
		if i < len(english) {
			text.En = english[i]
		}
		shown.Explanation = append(shown.Explanation, text)
	}
	return shown
}

// brief shows a period with its days, its basis and what does not count, as a
// list of many needs it; the sentences stand on the record's own page.
func (s *Server) brief(c permit.Clock, o permit.Occasion) *commonv1.Deadline {
	zh, en := citeAll(o.Law, c.Rule.Basis)
	shown := &commonv1.Deadline{
		Rule: c.Rule.ID, Title: textOf(c.Title), Start: wireDay(c.Start), Due: wireDay(c.Earlier), OverdueAfter: wireDay(c.Later),
		Unit: string(c.Rule.Unit), Amount: int32(c.Rule.Amount), Provisional: c.Provisional, Suspended: c.Suspended,
		Basis: &commonv1.Text{Zh: zh, En: en}, LawVersion: c.LawVersion, Met: wireDay(c.Met),
	}
	for _, span := range c.Pauses {
		reason := permit.PauseName(span.Reason)
		shown.Pauses = append(shown.Pauses, &commonv1.Span{
			From: wireDay(span.From.AddDays(1)), To: wireDay(span.To), Reason: textOf(reason),
		})
	}
	shown.State, shown.Remaining = standing(c, o.Today)
	return shown
}

// standing says where a period stands on a day, in its own unit. It is near
// when a fifth of it is left.
func standing(c permit.Clock, today law.Date) (state string, remaining int32) {
	switch {
	case !c.Met.IsZero() && !c.Later.IsZero() && c.Met.After(c.Later):
		return "met_late", 0
	case !c.Met.IsZero():
		return "met", 0
	case c.Suspended:
		return "running", 0
	}
	left := c.Remaining(today)
	n := left.CalendarDays
	if c.Rule.Unit == law.WorkingDays {
		n = left.WorkingDays
	}
	switch {
	case left.Standing == law.Overdue:
		return "overdue", int32(n)
	case n <= max(1, c.Rule.Amount/5):
		return "near", int32(n)
	}
	return "running", int32(n)
}

func wireDay(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}
