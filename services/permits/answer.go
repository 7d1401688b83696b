package permits

import (
	"shiyang/internal/history"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/permit"
)

// permitForm is a permit as the API shows it, from facts alone: the same at
// every instant that history asks for.
func permitForm(id string, p permit.Permit) *permitsv1.Permit {
	shown := &permitsv1.Permit{
		PermitId: id, FacilityId: p.FacilityID, EnterpriseId: p.EnterpriseID, UnitName: p.UnitName, Uscc: p.USCC,
		Division: p.Division, Status: p.Shown(), StatusText: desk.TextOf(permit.StatusName(p.Shown())), ManagementClass: p.Class,
		Content: p.Content, PermitNumber: p.Number, DocumentNumber: p.DocumentNumber, ExternalNumber: p.ExternalNumber,
		ValidFrom: desk.WireDay(p.ValidFrom), ValidTo: desk.WireDay(p.ValidTo), Received: desk.WireDay(p.Received),
		Accepted: desk.WireDay(p.AcceptedOn), DeemedAccepted: p.Deemed, Decided: desk.WireDay(p.DecidedOn),
		Missing: p.Deficiency.GetItems(), RefusalReasons: p.RefusalReasons, Remedies: p.Remedies,
		Example: p.Example, NoticeUrl: p.Notice.GetUrl(), NoticeFrom: p.Notice.GetFrom(), DeclineReason: p.DeclineReason,
		Steps: steps(p),
	}
	if p.Examination != nil {
		shown.ExaminationOpinion = p.Examination.Opinion
	}
	lifeForm(shown, p)
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
	notice, examined := desk.DayOf(p.Notice.GetFrom()), law.Date{}
	if p.Examination != nil && p.Status != permit.Accepted { // not sent back to the examiner
		examined = p.Examination.On
	}
	mustPublish := p.Class == permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY && permit.CourseOf(p.Kind).Notice
	list := []struct {
		name  string
		title problem.Text
		on    law.Date
		shown bool
		now   bool
	}{
		{"notice", problem.Text{Zh: "申请前公开", En: "Public notice"}, notice, p.Notice != nil || mustPublish, p.Status == permit.Draft && mustPublish},
		{"submitted", problem.Text{Zh: "提交申请", En: "Filed"}, p.Received, true, p.Status == permit.PublicNotice || p.Status == permit.Deficient || p.Status == permit.Draft && !mustPublish},
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
		out = append(out, &permitsv1.Step{Name: s.name, Title: desk.TextOf(s.title), State: state, Date: desk.WireDay(s.on)})
	}
	return out
}

// siteForm is a site as the API shows it.
func siteForm(id string, f facility.Facility) *permitsv1.Facility {
	return &permitsv1.Facility{FacilityId: id, EnterpriseId: f.EnterpriseID, Site: f.Site, SiteSequence: f.Sequence}
}

// masked is a permit without the persons it names.
func masked(p *permitsv1.Permit) *permitsv1.Permit {
	if masked, ok := history.Masked(p).(*permitsv1.Permit); ok {
		return masked
	}
	return &permitsv1.Permit{}
}

func maskedSite(f *permitsv1.Facility) *permitsv1.Facility {
	if masked, ok := history.Masked(f).(*permitsv1.Facility); ok {
		return masked
	}
	return &permitsv1.Facility{}
}

// permitActions are the acts that the law knows for a permit and that the
// caller's role may do at all: each allowed now, or why not.
func (s *Server) permitActions(who rpc.Caller, p permit.Permit, o permit.Occasion) []*commonv1.LegalAction {
	next, _ := p.NextAct()
	var actions []*commonv1.LegalAction
	for _, act := range permit.Acts {
		if s.MayEver(who, act.Method) {
			actions = append(actions, s.Action(act.Name, act.Title, act.Basis, act.Allowed(p, o), act.Name == next.Name))
		}
	}
	return actions
}

// deadlines are all periods of a permit that have begun.
func deadlines(p permit.Permit, o permit.Occasion) []*commonv1.Deadline {
	var out []*commonv1.Deadline
	for _, c := range p.Clocks(o.Law) {
		out = append(out, deadline(c, o))
	}
	return out
}

// deadline shows a period with its whole explanation.
func deadline(c permit.Clock, o permit.Occasion) *commonv1.Deadline {
	return desk.Deadline(c, o, permit.PauseName)
}

// brief shows a period as a list of many needs it.
func brief(c permit.Clock, o permit.Occasion) *commonv1.Deadline {
	return desk.Brief(c, o, permit.PauseName)
}
