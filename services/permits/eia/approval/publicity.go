package approval

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrPublicity refuses a step before a notice to the public has stood for its
// days.
var ErrPublicity = &problem.Error{
	Kind: problem.Rejected, Reason: "PUBLICITY_NOT_OVER",
	Text: text("公示期未满，不能进行下一步。", "The notice has not stood for its days yet."),
}

// Publish records that a notice to the public began 公示. How long it has to
// stand is the law's; the file must be made public in full, but for what the
// state restricts (Code Art. 103).
type Publish struct {
	Occasion
	Kind permitsv1.EiaNoticeKind
	From law.Date
	URL  string
}

func mayPublishAcceptance(a Approval, o Occasion) error {
	if err := stage(a, o, eiaLaw(o.On, "103", "21"), Accepted); err != nil {
		return err
	}
	return once(a.Published(Acceptance))
}

func mayPublishIntention(a Approval, o Occasion) error {
	if err := act.FirstOf(stage(a, o, d(lic, "47"), Examined), running(a)); err != nil {
		return err
	}
	return once(a.Intended)
}

func mayPublishDecision(a Approval, o Occasion) error {
	if err := stage(a, o, eiaLaw(o.On, "103", "21"), Approved, Refused); err != nil {
		return err
	}
	return once(a.Published(Decision))
}

func once(before *permitsv1.EiaNoticePublished) error {
	if before == nil {
		return nil
	}
	return refuse("PUBLISHED_BEFORE", "已于 "+before.GetFrom().GetIso()+" 公示。", "It was published on "+before.GetFrom().GetIso()+".")
}

// Decide records the notice with its last day by the rule in force.
func (c Publish) Decide(a Approval) ([]es.Event, error) {
	allowed, first := mayPublishDecision, a.DecidedOn
	if c.Kind == Acceptance {
		allowed, first = mayPublishAcceptance, a.AcceptedOn
	}
	if c.Kind == Intention {
		allowed, first = mayPublishIntention, a.ExaminedOn
	}
	if err := allowed(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.From.Before(first) || c.From.After(c.On) {
		var wrong problem.Fields
		wrong.Add("from", c.From.String(), "NOTICE_DAY",
			fmt.Sprintf("公示起始日应在 %s 至 %s 之间。", first, c.On), fmt.Sprintf("The first day lies between %s and %s.", first, c.On))
		return nil, wrong.Err()
	}
	period, err := c.Law.Deadline(law.Ask{Period: a.publicity(c.Kind), Start: c.From})
	if err != nil {
		return nil, act.ErrNoRule
	}
	return []es.Event{&permitsv1.EiaNoticePublished{
		Kind: c.Kind, From: iso(c.From), Last: iso(period.Later), Url: c.URL, Rule: period.Rule.ID,
	}}, nil
}

// Advise lists what a person should look at again.
func (c Publish) Advise(Approval) []problem.Field { return lateOnly(c.Occasion) }

// stood refuses before a notice has stood to its last day.
func stood(p *permitsv1.EiaNoticePublished, o Occasion) error {
	if p == nil {
		return refuse("PUBLICITY_MISSING", "须先进行公示。", "It has to be made public first.")
	}
	if last := day(p.GetLast()); !o.On.After(last) {
		return ErrPublicity.With(fmt.Sprintf("公示至 %s，期满后方可办理。", last), fmt.Sprintf("The notice stands until %s; this is done after it.", last))
	}
	return nil
}

// RequestHearing records that somebody with a right to it asked for a hearing
// 申请听证 (Licensing Law Art. 47): within five days of being told.
type RequestHearing struct {
	Occasion
	Capacity string // applicant, interested_party
}

func mayRequestHearing(a Approval, o Occasion) error {
	if err := stage(a, o, d(lic, "47"), Examined); err != nil {
		return err
	}
	if a.Intended == nil {
		return refuse("PUBLICITY_MISSING", "拟审批公示后方可申请听证。", "A hearing is asked for after the intended decision was published.")
	}
	if a.Hearing != nil {
		return refuse("HEARING_BEFORE", "本件已经有听证申请。", "A hearing was asked for before.")
	}
	ends, err := a.hearingEnds(o.Law)
	if err != nil {
		return err
	}
	if o.On.After(ends) {
		return refuse("HEARING_TOO_LATE", "申请听证的期限已于 "+ends.String()+" 届满。", "The time to ask ended on "+ends.String()+".")
	}
	return nil
}

// Decide records the request.
func (c RequestHearing) Decide(a Approval) ([]es.Event, error) {
	if err := mayRequestHearing(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaHearingRequested{Requested: iso(c.On), Capacity: c.Capacity}}, nil
}

// CloseHearing records that the hearing was held, or is no longer asked for.
type CloseHearing struct {
	Occasion
	Held    bool
	Finding string
}

func mayCloseHearing(a Approval, o Occasion) error {
	if err := stage(a, o, d(lic, "48"), Examined); err != nil {
		return err
	}
	if !a.HearingOpen() {
		return refuse("NO_HEARING", "没有待办的听证。", "No hearing is open.")
	}
	return nil
}

// Decide records the end.
func (c CloseHearing) Decide(a Approval) ([]es.Event, error) {
	if err := mayCloseHearing(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaHearingClosed{Held: c.Held, On: iso(c.On), Finding: c.Finding}}, nil
}
