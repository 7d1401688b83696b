package permit

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
)

// The standings of a granted permit, beside [Issued], which is in force.
const (
	Expired       = permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED
	DeemedRenewed = permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED
	Withheld      = permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD
	Forfeited     = permitsv1.PermitStatus_PERMIT_STATUS_FORFEITED
	Revoked       = permitsv1.PermitStatus_PERMIT_STATUS_REVOKED
	Cancelled     = permitsv1.PermitStatus_PERMIT_STATUS_CANCELLED
)

// Life is what happened to a permit since it was granted.
type Life struct {
	Kind      Kind                             // of the procedure that is open or was the latest
	Procedure *permitsv1.PermitProcedureOpened // of a procedure after the grant
	Asked     *permitsv1.BaseData              // base data that the open procedure asks for

	Standing   Status              // zero before the grant
	Base       *permitsv1.BaseData // of the holder, as in force
	Versions   []Version           // oldest first
	Reminded   int32               // days before the end of the term, of the latest reminder
	DeemedFrom law.Date            // since when the open renewal counts, or counted, as granted
	Suspended  law.Date            // since when the permit is withheld
	Ended      law.Date            // first day without the permit: expired, revoked, forfeited, cancelled
	Barred     law.Date            // until when no new application is admitted
	Proposed   *Measure            // waits for a decision
	Paper      int32               // which paper counts; the first is 1

	Undelivered bool // the decision of the procedure before the open one was not handed over
}

// Version is what a permit said during a time 许可证版本.
type Version struct {
	Number             int32
	Kind               Kind     // procedure that it came from
	From               law.Date // first day of it
	ValidFrom, ValidTo law.Date // its term
	GapFrom, GapTo     law.Date // days without a valid permit before its term; zero for none
	Decided            law.Date
	DocumentNumber     string
	Content            *permitsv1.ApplicationContent
	Base               *permitsv1.BaseData
}

// Granted reports whether there is a permit at all.
func (p Permit) Granted() bool { return p.Standing != 0 }

// InForce reports whether the holder may discharge: in force or, by law, counted
// as renewed.
func (p Permit) InForce() bool { return p.Standing == Issued || p.Standing == DeemedRenewed }

func (p Permit) stands(among ...Status) bool { return slices.Contains(among, p.Standing) }

// Shown is the status for readers: the standing of a granted permit, the stage
// of an application before.
func (p Permit) Shown() Status {
	if p.Granted() {
		return p.Standing
	}
	return p.Status
}

// Latest is the newest version; none before the grant.
func (p Permit) Latest() (Version, bool) {
	if n := len(p.Versions); n > 0 {
		return p.Versions[n-1], true
	}
	return Version{}, false
}

// VersionOn is the version that was in force on a day; false when no permit
// was, because of its term, a gap, or its end. A permit that is withheld has a
// version, which its holder may not use.
func (p Permit) VersionOn(on law.Date) (Version, bool) {
	if !p.Ended.IsZero() && !on.Before(p.Ended) {
		return Version{}, false
	}
	for i, v := range slices.Backward(p.Versions) {
		if !on.Before(v.From) {
			deemed := i == len(p.Versions)-1 && !p.DeemedFrom.IsZero()
			return v, !on.After(v.ValidTo) || deemed
		}
	}
	return Version{}, false
}

// granted begins the life of a permit with its first version.
func (p *Permit) granted() {
	p.Standing, p.Kind, p.Paper = Issued, First, 1
	p.Base = &permitsv1.BaseData{UnitName: p.UnitName}
	p.Versions = []Version{{
		Number: 1, Kind: First, From: p.ValidFrom, ValidFrom: p.ValidFrom, ValidTo: p.ValidTo, Decided: p.DecidedOn,
		DocumentNumber: p.DocumentNumber, Content: p.Content, Base: p.Base,
	}}
}

// fallBack ends a procedure that changed nothing: the content in force is again
// what the permit says.
func (p *Permit) fallBack() {
	if v, ok := p.Latest(); ok {
		p.Content, p.Class, p.Asked = v.Content, v.Content.GetManagementClass(), nil
	}
}

func (p Permit) afterGrant(fact es.Fact) Permit {
	switch e := fact.Event.(type) {
	case *permitsv1.PermitProcedureOpened:
		p = p.begun(fact, e)
	case *permitsv1.PermitVersionIssued:
		p.amended(e)
	case *permitsv1.PermitRenewalReminded:
		p.Reminded = e.GetDaysBefore()
	case *permitsv1.PermitDeemedRenewed:
		p.DeemedFrom = day(e.GetFrom())
		if p.Standing != Withheld {
			p.Standing = DeemedRenewed
		}
	case *permitsv1.PermitExpired:
		p.Standing, p.Ended = Expired, day(e.GetLastDay()).AddDays(1)
	case *permitsv1.PermitMeasureProposed:
		p.Proposed = &Measure{Name: e.GetMeasure(), Ground: e.GetGround(), Reason: e.GetReason(), Basis: e.GetBasisDocument(), By: fact.Meta.Actor.ID}
	case *permitsv1.PermitMeasureRejected:
		p.Proposed = nil
	case *permitsv1.PlatformNumberEntered:
		p.Number, p.ExternalNumber = e.GetPermitNumber(), e.GetPermitNumber()
	default:
		return p.measured(fact)
	}
	return p
}

func (p Permit) measured(fact es.Fact) Permit {
	switch e := fact.Event.(type) {
	case *permitsv1.PermitWithheld:
		p.Standing, p.Suspended, p.Proposed = Withheld, day(e.GetFrom()), nil
	case *permitsv1.PermitGivenBack:
		p.Standing, p.Suspended, p.Proposed = Issued, law.Date{}, nil
		if !p.DeemedFrom.IsZero() {
			p.Standing = DeemedRenewed
		}
	case *permitsv1.PermitForfeited:
		p.end(Forfeited, day(e.GetFrom()))
	case *permitsv1.PermitRevoked:
		p.end(Revoked, day(e.GetFrom()))
		p.Barred = day(e.GetBarredUntil())
	case *permitsv1.PermitCancelled:
		p.end(Cancelled, day(e.GetOn()))
	case *permitsv1.PermitPaperReissued:
		p.Paper, p.Proposed = e.GetPaper(), nil
	}
	return p
}

// end takes the permit away; the first end counts.
func (p *Permit) end(standing Status, from law.Date) {
	p.Standing, p.Proposed = standing, nil
	if p.Ended.IsZero() {
		p.Ended = from
	}
	if p.Open() {
		p.Status = Withdrawn
		p.fallBack()
	}
}

// begun begins a procedure: what the one before left is put away, the permit
// stays as it is.
func (p Permit) begun(fact es.Fact, e *permitsv1.PermitProcedureOpened) Permit {
	life := p.Life
	life.Undelivered = p.awaitsDelivery() || p.Undelivered
	life.Kind, life.Procedure, life.Asked = e.GetKind(), e, nil
	next := Permit{
		Life: life, Status: Draft, FacilityID: p.FacilityID, EnterpriseID: p.EnterpriseID, Division: p.Division, USCC: p.USCC,
		UnitName: p.UnitName, SiteAddress: p.SiteAddress, SiteSequence: p.SiteSequence, Example: p.Example,
		ReservationID: p.ReservationID, Class: p.Class, Content: p.Content, LastDay: p.LastDay,
		Number: p.Number, ExternalNumber: p.ExternalNumber, IssuingOrg: p.IssuingOrg, ValidFrom: p.ValidFrom, ValidTo: p.ValidTo,
	}
	if e.GetKind() == ByAuthority { // the authority accepts its own proposal as it begins
		on := law.DateOf(fact.Meta.OccurredAt)
		next.Status, next.Content, next.Class = Accepted, e.GetContent(), e.GetContent().GetManagementClass()
		next.AcceptedOn, next.Clerks = on, with(nil, fact.Meta.Actor.ID)
	}
	return next
}

// amended ends a procedure with a new version.
func (p *Permit) amended(e *permitsv1.PermitVersionIssued) {
	p.Status, p.DocumentNumber, p.DecidedOn = Issued, e.GetDocumentNumber(), day(e.GetDecided())
	p.Content, p.Class, p.IssuingOrg = e.GetContent(), e.GetContent().GetManagementClass(), e.GetIssuingOrg()
	p.ValidFrom, p.ValidTo, p.Asked = day(e.GetValidFrom()), day(e.GetValidTo()), nil
	if base := e.GetBaseData(); base != nil {
		p.Base, p.UnitName = base, base.GetUnitName()
	}
	p.Versions = append(slices.Clip(p.Versions), Version{
		Number: e.GetVersion(), Kind: e.GetKind(), From: day(e.GetFrom()), ValidFrom: p.ValidFrom, ValidTo: p.ValidTo,
		GapFrom: day(e.GetGapFrom()), GapTo: day(e.GetGapTo()), Decided: p.DecidedOn, DocumentNumber: p.DocumentNumber,
		Content: p.Content, Base: p.Base,
	})
	if p.Kind == Renewal || p.Kind == Reapplication { // a new term
		p.Reminded, p.DeemedFrom, p.Ended = 0, law.Date{}, law.Date{}
		if p.Standing != Withheld {
			p.Standing = Issued
		}
	}
}

// withConditions is content with the conditions of the version in force, which
// an applicant cannot change: they are carried over.
func (p Permit) withConditions(content *permitsv1.ApplicationContent) *permitsv1.ApplicationContent {
	v, _ := p.Latest()
	if content == nil || len(content.GetConditions()) == 0 && len(v.Content.GetConditions()) == 0 {
		return content
	}
	carried := proto.CloneOf(content)
	carried.Conditions = v.Content.GetConditions()
	return carried
}
