// Package approval holds the EIA file of a construction project 环评, from the
// draft to the builder's own acceptance of the works (Code Arts. 95–113,
// Decree 682, Licensing Law).
//
//	draft ─▶ submitted ─▶ accepted ─▶ [publicity] ─▶ examined ─▶ [intention, hearing] ─▶ approved ─▶ works ─▶ self-accepted
//	  │        │   ▲        │  ▲  └ promised items missing: returned                  └▶ refused
//	  │        ▼   │        │  └ deemed: the agency kept silent
//	  │      deficient      └ clock stands still: technical assessment, hearing, experts
//	  └▶ filed: a registration form needs no approval
//	approved ─▶ not begun in five years: re-check · major change: a new file replaces it
//
// The package is pure. Which kind of document a project needs is decided by
// [Classify], who is competent by [Competent]. The rules that need no input
// stand in one table, [Acts]. Start with [Approval], then [Acts].
package approval

import (
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Status is the stage of a file 办理状态.
type Status = permitsv1.EiaStatus

// The stages, by short names.
const (
	Draft          = permitsv1.EiaStatus_EIA_STATUS_DRAFT
	Submitted      = permitsv1.EiaStatus_EIA_STATUS_SUBMITTED
	Deficient      = permitsv1.EiaStatus_EIA_STATUS_DEFICIENT
	Accepted       = permitsv1.EiaStatus_EIA_STATUS_ACCEPTED
	Examined       = permitsv1.EiaStatus_EIA_STATUS_EXAMINED
	Approved       = permitsv1.EiaStatus_EIA_STATUS_APPROVED
	Refused        = permitsv1.EiaStatus_EIA_STATUS_REFUSED
	NotRequired    = permitsv1.EiaStatus_EIA_STATUS_NOT_REQUIRED
	WrongAuthority = permitsv1.EiaStatus_EIA_STATUS_WRONG_AUTHORITY
	Returned       = permitsv1.EiaStatus_EIA_STATUS_RETURNED
	Withdrawn      = permitsv1.EiaStatus_EIA_STATUS_WITHDRAWN
	Filed          = permitsv1.EiaStatus_EIA_STATUS_FILED
)

// The kinds of document, by short names.
const (
	Report       = permitsv1.EiaDocument_EIA_DOCUMENT_REPORT
	Form         = permitsv1.EiaDocument_EIA_DOCUMENT_FORM
	Registration = permitsv1.EiaDocument_EIA_DOCUMENT_REGISTRATION
)

// The kinds of publicity, by short names.
const (
	Acceptance = permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_ACCEPTANCE
	Intention  = permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_INTENTION
	Decision   = permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_DECISION
)

// Pause is time that does not count for the decision.
type Pause struct {
	Kind           string   // hearing, expert_review, technical_assessment
	From, Last     law.Date // first and last day not counted; Last is zero while it goes on
	DocumentNumber string   // of the written notice
	Finding        string
}

// Promise is one item accepted as missing 容缺.
type Promise struct {
	What     string
	Supplied law.Date // zero while it is missing
}

// Hearing is a request for a hearing and its end.
type Hearing struct {
	Requested, Closed law.Date
	Held              bool
}

// Approval is what the stream of an EIA file says of it. Messages inside are
// never changed after they were folded.
type Approval struct {
	Status       Status
	EnterpriseID string
	Builder      string
	USCC         string
	Division     string
	Document     permitsv1.EiaDocument // expected, then as filed
	ByRule       permitsv1.EiaDocument // what the rule gave when it was filed
	Example      bool
	Previous     string // file that this one replaces 重大变动
	Replacement  string // file opened to replace this one
	Replaced     bool   // that file was approved
	LastDay      law.Date
	Project      *permitsv1.EiaProject
	Screening    *permitsv1.Screening

	Received, Answered law.Date
	Clerks             []string
	Deficiency         *permitsv1.EiaDeficiencyNoticed
	DeclineReason      string
	AcceptanceNumber   string
	AcceptedOn         law.Date
	Deemed             bool
	Promises           []Promise
	PromiseDue         law.Date
	PromiseBroken      bool

	Publications []*permitsv1.EiaNoticePublished // all, in order
	Intended     *permitsv1.EiaNoticePublished   // of the present examination
	Hearing      *Hearing                        // of the present intention
	Pauses       []Pause
	Examiners    []string
	Examination  *permitsv1.EiaExamined
	ExaminedOn   law.Date
	ReturnReason string

	DocumentNumber string // of the decision, the filing or the notice that ended it
	Conditions     string
	DecidedOn      law.Date
	Grounds        []permitsv1.EiaGround
	Reasons        string
	Remedies       *commonv1.Text
	StartBy        law.Date // last day to begin the works
	BegunOn        law.Date
	Changes        []string
	RecheckOn      law.Date // a re-check was asked for and is not answered
	RecheckMet     law.Date // day of the latest answer
	Lapsed         bool     // a re-check said that it no longer holds
	SelfAccepted   law.Date // 竣工自主验收, passed
}

// Evolve applies one fact. It ignores events it does not know.
func (a Approval) Evolve(fact es.Fact) Approval {
	a.LastDay = later(a.LastDay, law.DateOf(fact.Meta.OccurredAt))
	for _, part := range []func(Approval, es.Fact) (Approval, bool){evolveFiling, evolveIntake, evolveExamination, evolveAfterwards} {
		if next, ok := part(a, fact); ok {
			return next
		}
	}
	return a
}

func evolveFiling(a Approval, fact es.Fact) (Approval, bool) {
	switch e := fact.Event.(type) {
	case *permitsv1.EiaOpened:
		a.Status, a.EnterpriseID, a.Builder, a.USCC = Draft, e.GetEnterpriseId(), e.GetBuilder(), e.GetUscc()
		a.Division, a.Document, a.Example, a.Previous = e.GetDivision(), e.GetDocument(), e.GetExample(), e.GetPreviousEiaId()
	case *permitsv1.EiaSubmitted:
		a.filed(e.GetProject(), e.GetScreening(), e.GetDocumentByRule(), e.GetReceived())
	case *permitsv1.EiaResubmitted:
		a.filed(e.GetProject(), e.GetScreening(), e.GetDocumentByRule(), e.GetReceived())
	case *permitsv1.EiaRegistrationFiled:
		a.filed(e.GetProject(), e.GetScreening(), e.GetDocumentByRule(), e.GetFiled())
		a.Status, a.DocumentNumber, a.DecidedOn = Filed, e.GetFilingNumber(), day(e.GetFiled())
	case *permitsv1.EiaWithdrawn:
		a.Status, a.DeclineReason = Withdrawn, e.GetReason()
	case *permitsv1.EiaScreened:
		a.Screening = e.GetScreening()
	default:
		return a, false
	}
	return a, true
}

func evolveIntake(a Approval, fact es.Fact) (Approval, bool) {
	on := law.DateOf(fact.Meta.OccurredAt)
	switch e := fact.Event.(type) {
	case *permitsv1.EiaDeficiencyNoticed:
		a.Status, a.Deficiency = Deficient, e
		a.answered(fact, day(e.GetNoticed()))
	case *permitsv1.EiaFoundNotRequired:
		a.Status, a.DeclineReason, a.DocumentNumber = NotRequired, e.GetReason(), e.GetDocumentNumber()
		a.answered(fact, on)
	case *permitsv1.EiaFoundOutsideAuthority:
		a.Status, a.DeclineReason, a.DocumentNumber = WrongAuthority, e.GetCompetentAuthority(), e.GetDocumentNumber()
		a.answered(fact, on)
	case *permitsv1.EiaAccepted:
		a.Status, a.AcceptedOn, a.AcceptanceNumber, a.PromiseDue = Accepted, day(e.GetAccepted()), e.GetDocumentNumber(), day(e.GetPromiseDue())
		for _, p := range e.GetPromised() {
			a.Promises = append(slices.Clip(a.Promises), Promise{What: p.GetWhat()})
		}
		a.answered(fact, a.AcceptedOn)
	case *permitsv1.EiaDeemedAccepted:
		a.Status, a.AcceptedOn, a.Deemed = Accepted, day(e.GetAccepted()), true
	case *permitsv1.EiaPromiseKept:
		a.Promises = slices.Clone(a.Promises)
		for i, p := range a.Promises {
			if slices.Contains(e.GetItems(), p.What) {
				a.Promises[i].Supplied = day(e.GetSupplied())
			}
		}
	case *permitsv1.EiaPromiseBroken:
		a.PromiseBroken = true
	case *permitsv1.EiaReturned:
		a.Status, a.DeclineReason, a.DocumentNumber = Returned, e.GetReason(), e.GetDocumentNumber()
	default:
		return a, false
	}
	return a, true
}

func evolveExamination(a Approval, fact es.Fact) (Approval, bool) {
	switch e := fact.Event.(type) {
	case *permitsv1.EiaNoticePublished:
		a.Publications = append(slices.Clip(a.Publications), e)
		if e.GetKind() == Intention {
			a.Intended = e
		}
	case *permitsv1.EiaHearingRequested:
		a.Hearing = &Hearing{Requested: day(e.GetRequested())}
	case *permitsv1.EiaHearingClosed:
		closed := Hearing{Closed: day(e.GetOn()), Held: e.GetHeld()}
		if a.Hearing != nil {
			closed.Requested = a.Hearing.Requested
		}
		a.Hearing = &closed
	case *permitsv1.EiaClockPaused:
		a.Pauses = append(slices.Clip(a.Pauses), Pause{Kind: e.GetKind(), From: day(e.GetFrom()), DocumentNumber: e.GetDocumentNumber()})
	case *permitsv1.EiaClockResumed:
		a.Pauses = slices.Clone(a.Pauses)
		if n := len(a.Pauses); n > 0 {
			a.Pauses[n-1].Last, a.Pauses[n-1].Finding = day(e.GetLast()), e.GetFinding()
		}
	case *permitsv1.EiaExamined:
		a.Status, a.Examination, a.ExaminedOn = Examined, e, law.DateOf(fact.Meta.OccurredAt)
		a.Examiners = with(a.Examiners, fact.Meta.Actor.ID)
	case *permitsv1.EiaExaminationReturned:
		a.Status, a.ReturnReason, a.Intended, a.Hearing = Accepted, e.GetReason(), nil, nil
	case *permitsv1.EiaApproved:
		a.Status, a.DocumentNumber, a.DecidedOn = Approved, e.GetDocumentNumber(), day(e.GetDecided())
		a.Conditions, a.StartBy = e.GetConditions(), day(e.GetStartBy())
	case *permitsv1.EiaRefused:
		a.Status, a.DocumentNumber, a.DecidedOn = Refused, e.GetDocumentNumber(), day(e.GetDecided())
		a.Grounds, a.Reasons, a.Remedies = e.GetGrounds(), e.GetReasons(), e.GetRemedies()
	default:
		return a, false
	}
	return a, true
}

func evolveAfterwards(a Approval, fact es.Fact) (Approval, bool) {
	switch e := fact.Event.(type) {
	case *permitsv1.EiaWorksBegun:
		a.BegunOn = day(e.GetOn())
	case *permitsv1.EiaChangeNoted:
		a.Changes = append(slices.Clip(a.Changes), e.GetChange())
	case *permitsv1.EiaMajorChangeOpened:
		a.Replacement = e.GetNextEiaId()
	case *permitsv1.EiaReplaced:
		a.Replacement, a.Replaced = e.GetNextEiaId(), true
	case *permitsv1.EiaRecheckRequested:
		a.RecheckOn, a.RecheckMet = day(e.GetReceived()), law.Date{}
	case *permitsv1.EiaRecheckAnswered:
		a.RecheckMet = day(e.GetAnswered())
		if a.Lapsed = !e.GetUpheld(); e.GetUpheld() {
			a.StartBy = day(e.GetStartBy())
		}
	case *permitsv1.EiaSelfAcceptanceReported:
		if e.GetPassed() {
			a.SelfAccepted = day(e.GetOn())
		}
	default:
		return a, false
	}
	return a, true
}

func (a *Approval) filed(project *permitsv1.EiaProject, screening *permitsv1.Screening, byRule permitsv1.EiaDocument, received *commonv1.Date) {
	a.Status, a.Project, a.Document, a.ByRule = Submitted, project, project.GetDocument(), byRule
	a.Screening, a.Received, a.Answered = screening, day(received), law.Date{}
}

func (a *Approval) answered(fact es.Fact, on law.Date) {
	a.Answered, a.Clerks = on, with(a.Clerks, fact.Meta.Actor.ID)
}

// Paused reports whether the decision clock stands still.
func (a Approval) Paused() bool {
	n := len(a.Pauses)
	return n > 0 && a.Pauses[n-1].Last.IsZero()
}

// Missing lists the promised items that have not come.
func (a Approval) Missing() (items []string) {
	for _, p := range a.Promises {
		if p.Supplied.IsZero() {
			items = append(items, p.What)
		}
	}
	return items
}

// RecheckOpen reports whether a re-check waits for its answer.
func (a Approval) RecheckOpen() bool { return !a.RecheckOn.IsZero() && a.RecheckMet.IsZero() }

// HearingOpen reports whether a hearing was asked for and is not closed.
func (a Approval) HearingOpen() bool { return a.Hearing != nil && a.Hearing.Closed.IsZero() }

// Published is the latest notice of a kind; nil if there is none.
func (a Approval) Published(kind permitsv1.EiaNoticeKind) *permitsv1.EiaNoticePublished {
	for _, p := range slices.Backward(a.Publications) {
		if p.GetKind() == kind {
			return p
		}
	}
	return nil
}

func (a Approval) in(among ...Status) bool { return slices.Contains(among, a.Status) }

func day(d *commonv1.Date) law.Date {
	parsed, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return parsed
}

func iso(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}

func later(a, b law.Date) law.Date {
	if b.After(a) {
		return b
	}
	return a
}

func with(accounts []string, id string) []string {
	if id == "" || slices.Contains(accounts, id) {
		return accounts
	}
	return append(slices.Clip(accounts), id)
}

// Occasion is what every act knows of the world.
type Occasion = act.Occasion
