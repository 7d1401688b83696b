package permit

import (
	"fmt"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/version"
)

// Kind is what a procedure is about 办理事项.
type Kind = permitsv1.ProcedureKind

// The kinds, by short names.
const (
	First         = permitsv1.ProcedureKind_PROCEDURE_KIND_FIRST
	Renewal       = permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL
	BaseChange    = permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE
	Reapplication = permitsv1.ProcedureKind_PROCEDURE_KIND_REAPPLICATION
	Adjustment    = permitsv1.ProcedureKind_PROCEDURE_KIND_ADJUSTMENT
	ByAuthority   = permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY
)

// A Course is how a kind of procedure goes: all kinds share the acts of the
// first grant and differ in what stands here and in the law data.
type Course struct {
	Kind   Kind
	Title  problem.Text
	Basis  law.Reference
	Notice bool   // under key management it is made public before filing
	Decide string // period for the decision; "" as for a first grant, by class
	Bureau bool   // the authority begins it, not the holder
	Loosen bool   // limits may become looser, sources may be added
}

// Kinds are the courses of all procedures.
var Kinds = []Course{
	{Kind: First, Title: text("首次申请", "first application"), Basis: d(d736, "7"), Notice: true, Loosen: true},
	{Kind: Renewal, Title: text("延续", "renewal"), Basis: d(d736, "14"), Decide: RuleDecideRenewal},
	{Kind: BaseChange, Title: text("变更（基本信息）", "change of base data"), Basis: d(d736, "14"), Decide: RuleDecideChange},
	{Kind: Reapplication, Title: text("重新申请", "re-application"), Basis: d(d736, "15"), Notice: true, Loosen: true},
	{Kind: Adjustment, Title: text("调整", "adjustment"), Basis: d(o32, "28"), Decide: RuleDecideGeneral},
	{Kind: ByAuthority, Title: text("依职权变更", "change by the authority"), Basis: d(o32, "27"), Decide: RuleDecideByAuthority, Bureau: true},
}

// CourseOf is the course of a kind; the unspecified kind is the first grant.
func CourseOf(k Kind) Course {
	if i := slices.IndexFunc(Kinds, func(c Course) bool { return c.Kind == k }); i >= 0 {
		return Kinds[i]
	}
	return Kinds[0]
}

func (p Permit) course() Course { return CourseOf(p.Kind) }

// The refusals of procedures about a granted permit.
var (
	// ErrNotGranted refuses a procedure about a permit that is not there.
	ErrNotGranted = &problem.Error{
		Kind: problem.Rejected, Reason: "PERMIT_NOT_IN_FORCE", Citation: "decree-736 art. 14",
		Text: text("只有有效的排污许可证才能办理延续、变更、重新申请或者调整。", "Only a permit in force is renewed, changed, adjusted or applied for again."),
	}
	// ErrTermEnded refuses to renew what has ended.
	ErrTermEnded = &problem.Error{
		Kind: problem.Rejected, Reason: "TERM_ENDED", Citation: "mee-order-32-2024 art. 24",
		Text: text("许可证有效期已届满且届满前没有提出延续申请，不能再延续；请在注销后重新申领，届满后排污属于无证排污。",
			"The term ended before a renewal was filed. The permit cannot be renewed; apply anew after its cancellation. Discharging now is discharging without a permit."),
	}
	// ErrProcedureOpen refuses a second procedure beside an open one.
	ErrProcedureOpen = &problem.Error{
		Kind: problem.Rejected, Reason: "PROCEDURE_OPEN",
		Text: text("本证已有在办事项，请先办结或者撤回。", "Another procedure about this permit is open. Finish it or withdraw it first."),
	}
	// ErrLoosened refuses what only a re-application may bring about.
	ErrLoosened = &problem.Error{
		Kind: problem.Rejected, Reason: "NEEDS_REAPPLICATION", Citation: "decree-736 art. 15",
		Text: text("放宽限值、增加排放口或者污染物种类、改变排放去向须重新申请，不能在本事项中办理。",
			"Looser limits, more outlets or pollutants and another destination take a re-application; this procedure cannot bring them about."),
	}
)

// OpenProcedure begins a procedure about a granted permit (D736 Arts. 14, 15,
// O32 Arts. 24–28). It then goes the way of every application.
type OpenProcedure struct {
	Occasion
	Kind        Kind
	Causes      []permitsv1.ReapplicationCause // of a re-application
	Reason      string
	ChangedOn   law.Date // of the base data, or of the discharge
	Requirement string   // of a change by the authority
	Effective   law.Date // first day on which the requirement holds
	Content     *permitsv1.ApplicationContent
	ByBureau    bool // the caller is the authority
}

// mayOpen is the rule that needs no input. A renewal goes before a change by
// the authority: that one then ends and may begin again afterwards, so that
// nobody misses the sixty days because of the authority.
func mayOpen(p Permit, o Occasion) error {
	switch {
	case p.Status == 0:
		return problem.ErrNotFound
	case p.Standing == Expired:
		return ErrTermEnded
	case !p.InForce() && p.Standing != Withheld:
		return ErrNotGranted
	case o.On.After(p.ValidTo) && p.DeemedFrom.IsZero():
		return ErrTermEnded
	case p.Open() && p.Kind != ByAuthority:
		title := p.course().Title
		return ErrProcedureOpen.With("在办事项："+title.Zh+"。请先办结或者撤回。", "Open: "+title.En+". Finish it or withdraw it first.")
	}
	return inOrder(p, o)
}

// Decide begins the procedure. Every wrong field is listed at once.
func (c OpenProcedure) Decide(p Permit) ([]es.Event, error) {
	if err := mayOpen(p, c.Occasion); err != nil {
		return nil, err
	}
	if p.Open() && c.Kind != Renewal {
		return nil, ErrProcedureOpen
	}
	wrong := c.wrong()
	opened := &permitsv1.PermitProcedureOpened{
		Kind: c.Kind, Causes: c.Causes, Reason: c.Reason, ChangedOn: iso(c.ChangedOn), Requirement: c.Requirement, Effective: iso(c.Effective),
	}
	if c.Kind == ByAuthority && c.Content != nil {
		var faults problem.Fields
		opened.Content, faults = c.proposed(p)
		wrong = append(wrong, faults...)
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if opened.Content != nil {
		if err := loosened(p, opened.Content, true); err != nil {
			return nil, err
		}
	}
	if p.Open() {
		return []es.Event{&permitsv1.PermitApplicationWithdrawn{Reason: "延续申请优先，依职权变更终止。The renewal goes first; the change by the authority ends."}, opened}, nil
	}
	return []es.Event{opened}, nil
}

// proposed is what the authority wants the permit to say.
func (c OpenProcedure) proposed(p Permit) (*permitsv1.ApplicationContent, problem.Fields) {
	content, faults := numbered(p, c.Content, "content.conditions")
	content.DeclaredTrue = true // the authority's own proposal
	wrong, _ := CheckContent(content, c.Law.On(c.On))
	return content, append(faults, wrong...)
}

func (c OpenProcedure) wrong() (wrong problem.Fields) {
	missing := func(is bool, path, zh, en string) {
		if is {
			wrong.Add(path, "", "REQUIRED", zh, en)
		}
	}
	if CourseOf(c.Kind).Bureau != c.ByBureau {
		wrong.Add("kind", c.Kind.String(), "NOT_YOURS_TO_BEGIN",
			"持证单位办理延续、变更、重新申请和调整；依职权变更由许可机关发起。",
			"The holder begins renewals, changes, re-applications and adjustments; the authority begins its own changes.")
	}
	missing(c.Kind == Reapplication && len(c.Causes) == 0, "causes", "请选择重新申请的情形（条例第十五条）。", "Choose the cause of the re-application (Decree 736 Art. 15).")
	missing(c.Kind == Reapplication && c.ChangedOn.IsZero(), "changedOn", "请填写计划实际变动的日期。", "Enter the day on which the discharge is to change.")
	missing(c.Kind == BaseChange && c.ChangedOn.IsZero(), "changedOn", "请填写变更之日（营业执照变更登记日期）。", "Enter the day on which the data changed.")
	missing(c.Kind == Adjustment && c.Reason == "", "reason", "请说明需要调整的内容和理由。", "Say what has to be adjusted, and why.")
	missing(c.Kind == ByAuthority && c.Requirement == "", "requirement", "请填写所依据的新标准或者总量控制要求。", "Name the new standard or total-load requirement.")
	missing(c.Kind == ByAuthority && c.Effective.IsZero(), "effective", "请填写该要求施行之日。", "Enter the first day on which the requirement holds.")
	missing(c.Kind == ByAuthority && c.Content == nil, "content", "请填写变更后的许可内容。", "Enter what the permit shall say.")
	if c.Kind == BaseChange && c.ChangedOn.After(c.On) {
		wrong.Add("changedOn", c.ChangedOn.String(), "CHANGE_IN_FUTURE",
			"基本信息变更之后才能申请变更许可证。", "The permit is changed after the data have changed.")
	}
	return wrong
}

// Advise lists what a person should look at again.
func (c OpenProcedure) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	as := p.begun(es.Fact{}, &permitsv1.PermitProcedureOpened{Kind: c.Kind, ChangedOn: iso(c.ChangedOn), Effective: iso(c.Effective)})
	as.late(c.Occasion, &doubts)
	return doubts
}

// late adds the doubts about a filing on o.On: too late for a renewal, for a
// change of base data, or after the discharge has changed already.
func (p Permit) late(o Occasion, doubts *problem.Fields) {
	if changed := day(p.Procedure.GetChangedOn()); p.Kind == Reapplication && !changed.After(o.On) {
		doubts.Add("changedOn", changed.String(), "CHANGED_BEFORE_REAPPLICATION",
			"应在实际变动之前重新申请；变动后未取得许可即排污属于无证排污。",
			"The re-application comes before the change; discharging otherwise without the new permit is discharging without one.")
	}
	filing, ok := p.Filing(o.Law)
	if !ok || filing.Later.IsZero() || !o.On.After(filing.Later) {
		return
	}
	due := filing.Later
	if p.Kind == Renewal {
		doubts.Add("occurredAt", o.On.String(), "RENEWAL_FILED_LATE",
			fmt.Sprintf("延续申请最迟应在 %s 提出；逾期提出且届满前未作出决定的，届满后至决定前为无证期间。", due),
			fmt.Sprintf("The renewal was due by %s. If it is not decided before the term ends, the days in between are without a permit.", due))
		return
	}
	doubts.Add("changedOn", o.On.String(), "CHANGE_FILED_LATE",
		fmt.Sprintf("最迟应在 %s 申请变更，本件将标记为逾期申请。", due), fmt.Sprintf("The change had to be filed by %s; it will be marked late.", due))
}

// loosened refuses a content that only a re-application may bring about. What
// the authority itself adds, such as a limit for another pollutant, is no
// loosening.
func loosened(p Permit, content *permitsv1.ApplicationContent, byAuthority bool) error {
	v, ok := p.Latest()
	if !ok || p.Kind == Reapplication && !byAuthority {
		return nil
	}
	var rows problem.Fields
	for _, c := range version.Compare(v.Content, content, nil) {
		if !c.Reapply || byAuthority && c.Part == "limit" && c.Direction == version.Added {
			continue
		}
		path := "content." + c.Part + "s"
		if c.Index >= 0 {
			path = fmt.Sprintf("content.%ss[%d]", c.Part, c.Index)
		}
		way := c.Direction.Name()
		rows.Add(path, c.Key, "NEEDS_REAPPLICATION",
			fmt.Sprintf("%s %s：%s → %s，须重新申请（条例第十五条）。", c.Title.Zh, way.Zh, orDash(c.Before.Zh), orDash(c.After.Zh)),
			fmt.Sprintf("%s %s: %s → %s takes a re-application (Decree 736 Art. 15).", c.Title.En, way.En, orDash(c.Before.En), orDash(c.After.En)))
	}
	if len(rows) == 0 {
		return nil
	}
	return ErrLoosened.WithErrors(rows...)
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
