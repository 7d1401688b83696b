// Package permit holds the discharge permit 排污许可证, from the draft of the first
// application to its cancellation (Decree 736 Arts. 7–15, Order 32 of 2024,
// Licensing Law).
//
// Every procedure goes the same way:
//
//	draft ─▶ public notice ─▶ submitted ─▶ accepted ─▶ examined ─▶ issued ─▶ delivered
//	                            │   ▲         ▲                └▶ refused ─▶ delivered
//	                            ▼   │         └ deemed: the agency kept silent
//	                          deficient (told once, everything)
//	before the decision: withdrawn · before acceptance: not required, wrong authority
//
// The first one creates the permit; renewal, change, re-application and
// adjustment ([OpenProcedure], [Kinds]) go the same way again and end in a new
// [Version]. Beside its stage in a procedure a granted permit has a standing:
//
//	in force ─▶ expired ─────────────────┐      in force ⇄ withheld
//	   ├──▶ counts as renewed ─▶ in force │
//	   └──▶ revoked, forfeited ───────────┴─▶ cancelled
//
// The package is pure: it imports the contracts, internal/es, internal/law and
// internal/problem. Every act is a command with one rule of its own; the rules
// that need no input stand in one table, [Acts], from which both Decide and the
// list of legal acts are made. Start with [Permit], then [Acts], then any
// command, such as [Accept].
package permit

import (
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Status is the stage of a permit 办理状态.
type Status = permitsv1.PermitStatus

// The stages, by short names.
const (
	Draft          = permitsv1.PermitStatus_PERMIT_STATUS_DRAFT
	PublicNotice   = permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE
	Submitted      = permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED
	Deficient      = permitsv1.PermitStatus_PERMIT_STATUS_DEFICIENT
	Accepted       = permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED
	Examined       = permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED
	Issued         = permitsv1.PermitStatus_PERMIT_STATUS_ISSUED
	Refused        = permitsv1.PermitStatus_PERMIT_STATUS_REFUSED
	NotRequired    = permitsv1.PermitStatus_PERMIT_STATUS_NOT_REQUIRED
	WrongAuthority = permitsv1.PermitStatus_PERMIT_STATUS_WRONG_AUTHORITY
	Withdrawn      = permitsv1.PermitStatus_PERMIT_STATUS_WITHDRAWN
)

const (
	key        = permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY
	simplified = permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
)

// Pause is time that does not count for the decision 特别程序 (O32 Art. 23).
type Pause struct {
	Kind           string   // hearing, test, expert_review
	From, Last     law.Date // first and last day not counted; Last is zero while it goes on
	DocumentNumber string   // of the written notice
	Finding        string
}

// Examination is the examiner's opinion 审查意见.
type Examination struct {
	RecommendGrant bool
	Opinion        string
	Limits         []*permitsv1.Limit     // instead of those applied for; none means as applied for
	Conditions     []*permitsv1.Condition // instead of those in force; none means as they are
	On             law.Date               // legal day of the opinion
}

// Permit is what a permit's stream says of it: who holds it, the procedure that
// is open or was the latest, and its life since the grant. Messages inside are
// never changed after they were folded.
type Permit struct {
	Life
	Status        Status
	FacilityID    string
	EnterpriseID  string
	Division      string
	USCC          string
	UnitName      string
	SiteAddress   string
	SiteSequence  int32
	Example       bool
	ReservationID string                    // of the site, D19
	Class         permitsv1.ManagementClass // expected, then as filed
	LastDay       law.Date                  // legal day of the latest event
	Notice        *permitsv1.PublicNoticePublished
	Content       *permitsv1.ApplicationContent

	FirstReceived, Received law.Date // first filing; the latest, from which the completeness clock runs
	Answered                law.Date // day the agency answered the latest filing
	Clerks                  []string // accounts that checked completeness; none when accepted by silence
	Deficiency              *permitsv1.DeficiencyNoticed
	OnSpot                  []*permitsv1.MissingItem
	DeclineReason           string // or the competent authority, or why it was withdrawn
	AcceptanceNumber        string
	AcceptedOn              law.Date
	Deemed                  bool // accepted by silence 视为受理

	Pauses       []Pause
	SiteCheck    *permitsv1.SiteChecked
	Examiners    []string
	Examination  *Examination
	ReturnReason string // of the latest return to the examiner

	Number         string // permit number, 22 characters
	DocumentNumber string // of the decision, or of the notice that declined
	ExternalNumber string
	IssuingOrg     string
	DecidedOn      law.Date
	ValidFrom      law.Date
	ValidTo        law.Date
	RefusalReasons string
	Unmet          []string
	Remedies       *commonv1.Text
	DeliveredOn    law.Date
	DeliveryMethod string
}

// Evolve applies one fact. It ignores events it does not know.
func (p Permit) Evolve(fact es.Fact) Permit {
	p.LastDay = later(p.LastDay, law.DateOf(fact.Meta.OccurredAt))
	if next, ok := p.beforeAcceptance(fact); ok {
		return next
	}
	if next, ok := p.afterAcceptance(fact); ok {
		return next
	}
	return p.afterGrant(fact)
}

func (p Permit) beforeAcceptance(fact es.Fact) (Permit, bool) {
	switch e := fact.Event.(type) {
	case *permitsv1.PermitApplicationOpened:
		p.opened(e)
	case *permitsv1.PublicNoticePublished:
		p.Status, p.Notice = PublicNotice, e
	case *permitsv1.PermitApplicationSubmitted:
		p.filed(e.GetContent(), e.GetBaseData(), day(e.GetReceived()))
		p.FirstReceived = p.Received
	case *permitsv1.PermitApplicationResubmitted:
		p.filed(e.GetContent(), e.GetBaseData(), day(e.GetReceived()))
	case *permitsv1.PermitApplicationCorrectedOnSpot:
		p.Content, p.Class = e.GetContent(), e.GetContent().GetManagementClass()
		p.OnSpot = append(slices.Clip(p.OnSpot), e.GetItems()...)
		p.Clerks = with(p.Clerks, fact.Meta.Actor.ID)
	case *permitsv1.DeficiencyNoticed:
		p.Status, p.Deficiency = Deficient, e
		p.answered(fact, day(e.GetNoticed()))
	case *permitsv1.PermitFoundNotRequired:
		p.Status, p.DeclineReason, p.DocumentNumber = NotRequired, e.GetReason(), e.GetDocumentNumber()
		p.answered(fact, law.DateOf(fact.Meta.OccurredAt))
		p.fallBack()
	case *permitsv1.PermitFoundOutsideAuthority:
		p.Status, p.DeclineReason, p.DocumentNumber = WrongAuthority, e.GetCompetentAuthority(), e.GetDocumentNumber()
		p.answered(fact, law.DateOf(fact.Meta.OccurredAt))
		p.fallBack()
	case *permitsv1.PermitApplicationAccepted:
		p.Status, p.AcceptedOn, p.AcceptanceNumber = Accepted, day(e.GetAccepted()), e.GetDocumentNumber()
		p.answered(fact, p.AcceptedOn)
	case *permitsv1.PermitApplicationDeemedAccepted:
		p.Status, p.AcceptedOn, p.Deemed = Accepted, day(e.GetAccepted()), true
	case *permitsv1.PermitApplicationWithdrawn:
		p.Status, p.DeclineReason = Withdrawn, e.GetReason()
		p.fallBack()
	default:
		return p, false
	}
	return p, true
}

func (p Permit) afterAcceptance(fact es.Fact) (Permit, bool) {
	switch e := fact.Event.(type) {
	case *permitsv1.DecisionClockPaused:
		p.Pauses = append(slices.Clip(p.Pauses), Pause{
			Kind: e.GetKind(), From: day(e.GetFrom()), DocumentNumber: e.GetDocumentNumber(),
		})
	case *permitsv1.DecisionClockResumed:
		p.Pauses = slices.Clone(p.Pauses)
		if n := len(p.Pauses); n > 0 {
			p.Pauses[n-1].Last, p.Pauses[n-1].Finding = day(e.GetLast()), e.GetFinding()
		}
	case *permitsv1.SiteChecked:
		p.SiteCheck = e
	case *permitsv1.PermitApplicationExamined:
		p.Status = Examined
		p.Examination = &Examination{e.GetRecommendGrant(), e.GetOpinion(), e.GetLimits(), e.GetConditions(), law.DateOf(fact.Meta.OccurredAt)}
		p.Examiners = with(p.Examiners, fact.Meta.Actor.ID)
	case *permitsv1.PermitExaminationReturned:
		p.Status, p.ReturnReason = Accepted, e.GetReason()
	case *permitsv1.PermitIssued:
		p.Status, p.Number, p.DocumentNumber, p.ExternalNumber = Issued, e.GetPermitNumber(), e.GetDocumentNumber(), e.GetExternalNumber()
		p.Content, p.Class, p.IssuingOrg = e.GetContent(), e.GetContent().GetManagementClass(), e.GetIssuingOrg()
		p.ValidFrom, p.ValidTo, p.DecidedOn = day(e.GetValidFrom()), day(e.GetValidTo()), day(e.GetDecided())
		p.granted()
	case *permitsv1.PermitRefused:
		p.Status, p.DocumentNumber, p.DecidedOn = Refused, e.GetDocumentNumber(), day(e.GetDecided())
		p.RefusalReasons, p.Unmet, p.Remedies = e.GetReasons(), e.GetUnmetConditions(), e.GetRemedies()
		p.fallBack()
	case *permitsv1.PermitDecisionDelivered:
		if p.Undelivered { // of the procedure before the open one
			p.Undelivered = false
			return p, true
		}
		p.DeliveredOn, p.DeliveryMethod = day(e.GetDelivered()), e.GetMethod()
	default:
		return p, false
	}
	return p, true
}

func (p *Permit) opened(e *permitsv1.PermitApplicationOpened) {
	p.Status, p.Class = Draft, e.GetManagementClass()
	p.FacilityID, p.EnterpriseID, p.Division = e.GetFacilityId(), e.GetEnterpriseId(), e.GetDivision()
	p.USCC, p.SiteSequence = e.GetUscc(), e.GetSiteSequence()
	p.UnitName, p.SiteAddress, p.Example = e.GetUnitName(), e.GetSiteAddress(), e.GetExample()
	p.ReservationID, p.Kind = e.GetReservationId(), First
}

func (p *Permit) filed(content *permitsv1.ApplicationContent, base *permitsv1.BaseData, received law.Date) {
	p.Status, p.Content, p.Class, p.Asked = Submitted, content, content.GetManagementClass(), base
	p.Received, p.Answered = received, law.Date{}
}

func (p *Permit) answered(fact es.Fact, on law.Date) {
	p.Answered, p.Clerks = on, with(p.Clerks, fact.Meta.Actor.ID)
}

// Paused reports whether the decision clock stands still.
func (p Permit) Paused() bool {
	n := len(p.Pauses)
	return n > 0 && p.Pauses[n-1].Last.IsZero()
}

// day reads a legal day from an event; a missing or malformed one is no day.
func day(d *commonv1.Date) law.Date {
	parsed, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return parsed
}

// iso writes a legal day into an event.
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

// with adds an account to a set without touching the original.
func with(accounts []string, id string) []string {
	if id == "" || slices.Contains(accounts, id) {
		return accounts
	}
	return append(slices.Clip(accounts), id)
}
