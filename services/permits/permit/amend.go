package permit

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// OpinionRenewal is the opinion of the law data on a renewal that was asked for
// in time and is undecided when the term ends (Licensing Law Art. 50); its
// choice [ChoiceDeemed] keeps the permit in force.
const (
	OpinionRenewal = "renewal-in-time-undecided"
	ChoiceDeemed   = "deemed_renewed"
)

// term is what a decision of this day makes of the permit's term.
type term struct {
	from           law.Date // first day of the version
	first, last    law.Date // term
	gapFrom, gapTo law.Date
}

// newTerm computes the term of a new version (D736 Art. 14, O32 Art. 24): a
// change and an adjustment leave it as it is; a re-application begins a new one
// with the decision; a renewal begins one on the day after the old one. Only a
// renewal that was filed too late and decided after the old term begins with
// the decision, and the days in between were without a permit.
func (p Permit) newTerm(book *law.Book, decided law.Date) (term, error) {
	t := term{from: decided, first: p.ValidFrom, last: p.ValidTo}
	var err error
	switch p.Kind {
	case Reapplication:
		t.first = decided
	case Renewal:
		t.first = p.ValidTo.AddDays(1)
		if decided.After(p.ValidTo) && !p.coveredSince(book) {
			t.first = decided
		}
		t.from = t.first
	default:
		return t, nil
	}
	if gap := p.ValidTo.AddDays(1); gap.Before(t.first) {
		t.gapFrom, t.gapTo = gap, t.first.AddDays(-1)
	}
	t.last, err = LastValidDay(book, t.first)
	return t, err
}

// coveredSince reports whether the old permit stays in force after its term
// because of the open renewal: it was so recorded or, while the ticker has not
// come round, it was filed in time and the law data hold that opinion.
func (p Permit) coveredSince(book *law.Book) bool {
	if !p.DeemedFrom.IsZero() {
		return true
	}
	opinion, ok := book.Opinion(OpinionRenewal)
	return p.Standing != Expired && ok && opinion.Choice == ChoiceDeemed && p.RenewalInTime(book) && p.withAgency()
}

// withAgency reports whether the renewal lay with the agency when the term
// ended: what the holder was told to complete and had not completed by then is
// not undecided because of the agency.
func (p Permit) withAgency() bool { return p.Status != Deficient && !p.Received.After(p.ValidTo) }

// RenewalInTime reports whether the open renewal was filed by its last day.
func (p Permit) RenewalInTime(book *law.Book) bool {
	c, ok := p.Filing(book)
	return ok && p.Kind == Renewal && !p.FirstReceived.IsZero() && !p.FirstReceived.After(c.Later)
}

// amend decides a procedure about a granted permit: a new version of it.
func (c Issue) amend(p Permit) ([]es.Event, error) {
	if p.Standing == Expired && p.Kind != Renewal && p.Kind != Reapplication || p.stands(Forfeited, Revoked, Cancelled) {
		return nil, ErrNotGranted
	}
	content := granted(p.Content, p.Examination)
	if unmet := GrantConditions(content, c.Law.On(c.On)); len(unmet) > 0 {
		return nil, ErrConditions.WithErrors(unmet...)
	}
	if err := loosened(p, content, p.Kind == ByAuthority); err != nil {
		return nil, err
	}
	t, err := p.newTerm(c.Law, c.On)
	if err != nil {
		return nil, err
	}
	if !c.ValidFrom.IsZero() && c.ValidFrom != t.first {
		var wrong problem.Fields
		wrong.Add("validFrom", c.ValidFrom.String(), "VALID_FROM_BY_LAW",
			"有效期起始日依法为 "+t.first.String()+"。", "By law the term begins on "+t.first.String()+".")
		return nil, wrong.Err()
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	filing, ok := p.Filing(c.Law)
	latest, _ := p.Latest()
	return []es.Event{&permitsv1.PermitVersionIssued{
		Kind: p.Kind, Version: latest.Number + 1, Content: content, BaseData: p.Asked, From: iso(t.from),
		ValidFrom: iso(t.first), ValidTo: iso(t.last), Decided: iso(c.On), DocumentNumber: c.Number, IssuingOrg: c.IssuingOrg,
		GapFrom: iso(t.gapFrom), GapTo: iso(t.gapTo), FiledLate: ok && p.FirstReceived.After(filing.Later),
	}}, nil
}

// adviseTerm warns of days without a permit that the decision would leave.
func (c Issue) adviseTerm(p Permit, doubts *problem.Fields) {
	if !p.Granted() || p.Kind == First {
		return
	}
	if t, err := p.newTerm(c.Law, c.On); err == nil && !t.gapFrom.IsZero() {
		doubts.Add("validFrom", t.first.String(), "GAP_WITHOUT_PERMIT",
			fmt.Sprintf("届满后才决定：%s 至 %s 为无证期间，其间排污依法查处。", t.gapFrom, t.gapTo),
			fmt.Sprintf("Decided after the term: from %s to %s there was no permit; discharging then is a breach.", t.gapFrom, t.gapTo))
	}
}

// endedWith is what follows when a renewal is refused or taken back after it had
// counted as granted: the permit ends with that day.
func endedWith(p Permit, o Occasion, cause string) []es.Event {
	if p.Kind != Renewal || !p.Granted() || p.Standing == Expired || !o.On.After(p.ValidTo) {
		return nil
	}
	return []es.Event{&permitsv1.PermitExpired{LastDay: iso(o.On), Cause: cause}}
}

// Expire records what the end of the term makes of a permit 有效期届满. Only the
// system's ticker records it.
type Expire struct {
	Occasion
}

// ErrTermRuns refuses to end a term that still runs.
var ErrTermRuns = &problem.Error{
	Kind: problem.Rejected, Reason: "TERM_RUNS", Citation: "decree-736 art. 14",
	Text: text("许可证有效期尚未届满。", "The term of the permit has not ended."),
}

// Decide ends the term. A renewal filed in time and undecided counts as granted
// where the law data hold that opinion (Licensing Law Art. 50); in every other
// case the permit is no longer valid. It cancels nothing: that is a decision.
func (c Expire) Decide(p Permit) ([]es.Event, error) {
	if p.Standing != Issued && p.Standing != Withheld || !p.DeemedFrom.IsZero() || !c.Today.After(p.ValidTo) {
		return nil, ErrTermRuns
	}
	pending := p.Kind == Renewal && p.Open() && !p.FirstReceived.IsZero()
	ended := &permitsv1.PermitExpired{LastDay: iso(p.ValidTo), RenewalPending: pending, Cause: "term"}
	if !pending || !p.RenewalInTime(c.Law) || !p.withAgency() {
		return []es.Event{ended}, nil
	}
	opinion, ok := c.Law.Opinion(OpinionRenewal)
	if !ok {
		return nil, errNoRule
	}
	if opinion.Choice != ChoiceDeemed {
		ended.Opinion = opinion.ID + ": " + opinion.Choice
		return []es.Event{ended}, nil
	}
	filing, _ := p.Filing(c.Law)
	return []es.Event{&permitsv1.PermitDeemedRenewed{
		From: iso(p.ValidTo.AddDays(1)), Filed: iso(p.FirstReceived), FilingDue: iso(filing.Later),
		Opinion: opinion.ID, Choice: opinion.Choice, Why: &commonv1.Text{Zh: opinion.Why.Zh, En: opinion.Why.En},
	}}, nil
}

// reminders are the days before the end of the term on which the holder is
// reminded, the first two of them early enough to file in time.
var reminders = []int32{90, 75, 61}

// Remind reminds the holder that the renewal has to be filed 延续提醒. Only the
// system's ticker does; it reminds once per day of the list.
type Remind struct {
	Occasion
}

// ReminderDays are the days before the end of a term on which a reminder is due.
func ReminderDays() []int32 { return slices.Clone(reminders) }

// ErrNoReminder refuses to remind when none is due.
var ErrNoReminder = &problem.Error{
	Kind: problem.Rejected, Reason: "NO_REMINDER_DUE", Text: text("目前没有应发的提醒。", "No reminder is due."),
}

// Decide sends the reminder that is due: one, however many were missed.
func (c Remind) Decide(p Permit) ([]es.Event, error) {
	due := int32(0)
	for _, n := range reminders {
		if !c.Today.Before(p.ValidTo.AddDays(-int(n))) {
			due = n
		}
	}
	filed := p.Kind == Renewal && p.Open() && !p.FirstReceived.IsZero()
	if !p.InForce() || !p.DeemedFrom.IsZero() || filed || due == 0 || p.Reminded != 0 && p.Reminded <= due || c.Today.After(p.ValidTo) {
		return nil, ErrNoReminder
	}
	deadline, err := p.renewal(c.Law)
	if err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitRenewalReminded{DaysBefore: due, LastDay: iso(deadline.Due)}}, nil
}

// numbered gives every condition its number: those in force keep theirs, a new
// one gets the next that was never used.
func numbered(p Permit, content *permitsv1.ApplicationContent, path string) (*permitsv1.ApplicationContent, problem.Fields) {
	changed := proto.CloneOf(content)
	conditions, faults := number(p, changed.GetConditions(), path)
	changed.Conditions = conditions
	return changed, faults
}

func number(p Permit, conditions []*permitsv1.Condition, path string) ([]*permitsv1.Condition, problem.Fields) {
	var faults problem.Fields
	var used int32
	for _, v := range p.Versions {
		for _, c := range v.Content.GetConditions() {
			used = max(used, c.GetNumber())
		}
	}
	latest, _ := p.Latest()
	standing := map[int32]bool{}
	for _, c := range latest.Content.GetConditions() {
		standing[c.GetNumber()] = true
	}
	out := make([]*permitsv1.Condition, 0, len(conditions))
	for i, given := range conditions {
		c := proto.CloneOf(given)
		switch {
		case c.GetNumber() == 0:
			used++
			c.Number = used
		case !standing[c.GetNumber()]:
			faults.Add(fmt.Sprintf("%s[%d].number", path, i), fmt.Sprint(c.GetNumber()), "CONDITION_NUMBER",
				"条件编号应为现行编号；新增条件填 0，由系统续编。", "A condition keeps its number; a new one is given 0 and gets the next number.")
		}
		standing[c.GetNumber()] = false // none stands twice
		out = append(out, c)
	}
	return out, faults
}
