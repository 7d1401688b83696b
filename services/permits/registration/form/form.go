// Package form holds the registration of discharge 排污登记表 of one site, from
// the decision on its tier to the end of its last term (Decree 736 Art. 24,
// Order 32 Art. 39, Code Art. 186).
//
//	classified ─▶ in force ─▶ renewed … ─▶ expired
//	     ▲            ├▶ cancelled      └▶ replaced by a permit
//	     └────────────┴── decided again, registered again
//
// A record's id is the id of its site, so a site cannot have two. The package
// is pure: it imports the contracts, desk/act, registration/tier, internal/es,
// internal/law and internal/problem. Start with [Form], then [Acts], then
// [File].
package form

import (
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/registration/tier"
)

// Category is the first word of the streams of registrations.
const Category = "registration"

// Status is where a registration stands 登记状态.
type Status = permitsv1.RegistrationStatus

// The states, by short names; zero is a site of which nothing was decided.
const (
	Classified = permitsv1.RegistrationStatus_REGISTRATION_STATUS_CLASSIFIED
	InForce    = permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE
	Expired    = permitsv1.RegistrationStatus_REGISTRATION_STATUS_EXPIRED
	Cancelled  = permitsv1.RegistrationStatus_REGISTRATION_STATUS_CANCELLED
	Replaced   = permitsv1.RegistrationStatus_REGISTRATION_STATUS_REPLACED
)

// StatusName is a state for people.
func StatusName(s Status) problem.Text {
	switch s {
	case Classified:
		return act.Text("已判定，未登记", "tier decided, not registered")
	case InForce:
		return act.Text("有效", "in force")
	case Expired:
		return act.Text("已到期", "expired")
	case Cancelled:
		return act.Text("已注销", "cancelled")
	case Replaced:
		return act.Text("已转为许可", "replaced by a permit")
	default:
		return act.Text("未判定", "not decided")
	}
}

// Form is what the stream of a site's registration says. Messages inside are
// never changed after they were folded.
type Form struct {
	Status       Status
	Site         Site
	LastDay      law.Date // legal day of the latest event
	Answers      *permitsv1.TierAnswers
	Listed       tier.Tier // what the list says
	Tier         tier.Tier // what is in force
	Reasons      []*commonv1.Text
	Rule         string
	Override     string // why a clerk decided otherwise
	Number       string
	Content      *permitsv1.RegistrationContent
	Registered   law.Date // of the first term since it was last begun
	ValidFrom    law.Date
	ValidTo      law.Date
	Reservation  string // of the site
	Reminded     law.Date
	LateChanges  int32
	EndedReason  string
	PermitID     string // that took its place
	PermitNumber string
}

// Site is what a registration takes over from its site.
type Site struct {
	ID, EnterpriseID, Division, USCC, UnitName, Address string
	Sequence                                            int32
	Example                                             bool
}

// Evolve applies one fact. It ignores events it does not know.
func (f Form) Evolve(fact es.Fact) Form {
	day := law.DateOf(fact.Meta.OccurredAt)
	if day.After(f.LastDay) {
		f.LastDay = day
	}
	switch e := fact.Event.(type) {
	case *permitsv1.SourceTierDecided:
		f.Site = Site{
			e.GetFacilityId(), e.GetEnterpriseId(), e.GetDivision(), e.GetUscc(), e.GetUnitName(), e.GetSiteAddress(), e.GetSiteSequence(), e.GetExample(),
		}
		f.Answers, f.Listed, f.Tier = e.GetAnswers(), e.GetTier(), e.GetTier()
		f.Reasons, f.Rule, f.Override = e.GetReasons(), e.GetRule(), ""
		if f.Status == 0 {
			f.Status = Classified
		}
	case *permitsv1.SourceTierOverridden:
		f.Tier, f.Override = e.GetTier(), e.GetReason()
	case *permitsv1.DischargeRegistered:
		f.Status, f.Number, f.Content, f.Registered = InForce, e.GetNumber(), e.GetContent(), day
		f.ValidFrom, f.ValidTo, f.Reservation = dayOf(e.GetValidFrom()), dayOf(e.GetValidTo()), e.GetReservationId()
		if e.GetEnterpriseId() != "" {
			f.Site.EnterpriseID = e.GetEnterpriseId()
		}
		f.Reminded, f.LateChanges, f.EndedReason, f.PermitID, f.PermitNumber = law.Date{}, 0, "", "", ""
	case *permitsv1.DischargeRegistrationChanged:
		f.Content = e.GetContent()
		if e.GetLate() {
			f.LateChanges++
		}
	case *permitsv1.DischargeRegistrationRenewed:
		f.ValidFrom, f.ValidTo, f.Content, f.Reminded = dayOf(e.GetValidFrom()), dayOf(e.GetValidTo()), e.GetContent(), law.Date{}
	case *permitsv1.DischargeRegistrationReminded:
		f.Reminded = dayOf(e.GetValidTo())
	case *permitsv1.RegistrationNumberEntered:
		f.Number = e.GetNumber()
	case *permitsv1.DischargeRegistrationExpired:
		f.Status = Expired
	case *permitsv1.DischargeRegistrationCancelled:
		f.Status, f.EndedReason = Cancelled, e.GetReason()
	case *permitsv1.DischargeRegistrationReplaced:
		f.Status, f.PermitID, f.PermitNumber = Replaced, e.GetPermitId(), e.GetPermitNumber()
	}
	return f
}

// Acts are all acts on a site's registration, in the order of the procedure.
var Acts = []act.Act[Form]{
	{Name: "decide-tier", Method: "DecideTier", Title: act.Text("判定管理类别", "Decide the tier"), Basis: d736("2"), Allowed: mayDecide, Expected: func(f Form) bool { return f.Status == 0 }},
	{Name: "override-tier", Method: "OverrideTier", Title: act.Text("改判管理类别", "Decide the tier otherwise"), Basis: d736("2"), Allowed: mayOverride},
	{Name: "file", Method: "FileRegistration", Title: act.Text("填报排污登记表", "Register"), Basis: d736("24"), Allowed: mayFile, Expected: func(f Form) bool { return f.Status == Classified && f.Tier == tier.Registration }},
	{Name: "change", Method: "ChangeRegistration", Title: act.Text("变更登记", "File a change"), Basis: order32, Allowed: inForce},
	{Name: "renew", Method: "RenewRegistration", Title: act.Text("延续登记", "Renew"), Basis: order32, Allowed: mayRenew, Expected: func(f Form) bool { return f.Status == InForce && !f.Reminded.IsZero() }},
	{Name: "enter-number", Method: "EnterRegistrationNumber", Title: act.Text("录入国家平台编号", "Enter the national number"), Basis: order32, Allowed: mayEnter, Expected: Form.Awaits},
	{Name: "cancel", Method: "CancelRegistration", Title: act.Text("注销登记", "Cancel"), Basis: order32, Allowed: inForce},
}

var order32 = law.Reference{Law: "mee-order-32-2024", Article: "39"}

func d736(article string) law.Reference {
	return law.Reference{Law: "decree-736", Article: article}
}

// Awaits reports whether the national platform's number is awaited
// 待国家平台编号.
func (f Form) Awaits() bool { return f.Status == InForce && f.Number == "" }

// The refusals of this package.
var (
	// ErrWrongStage refuses an act in a state that does not know it.
	ErrWrongStage = &problem.Error{
		Kind: problem.Rejected, Reason: "WRONG_STAGE",
		Text: act.Text("当前登记状态不能办理此事项。", "This cannot be done in the present state."),
	}
	// ErrTier refuses a registration of a source that needs a permit, or none.
	ErrTier = &problem.Error{
		Kind: problem.Rejected, Reason: "TIER_NEEDS_NO_REGISTRATION", Citation: "decree-736 art. 24",
		Text: act.Text("该场所的管理类别不是登记管理，不能填报排污登记表。", "The site's tier is not registration, so it cannot be registered."),
	}
	// ErrNoEnterprise refuses a registration of a site that no firm has claimed.
	ErrNoEnterprise = &problem.Error{
		Kind: problem.Rejected, Reason: "SITE_WITHOUT_ENTERPRISE", Citation: "decree-736 art. 24",
		Text: act.Text("该场所还没有归属企业，请先办理认领。", "No enterprise has claimed this site yet. Have it claimed first."),
	}
	// ErrNoUSCC refuses a registration of a site without credit code.
	ErrNoUSCC = &problem.Error{
		Kind: problem.Rejected, Reason: "SITE_WITHOUT_USCC",
		Text: act.Text("该场所没有统一社会信用代码，请先补充场所信息。", "The site has no credit code. Complete its data first."),
	}
)

func wrongStage(f Form, want ...Status) error {
	for _, s := range want {
		if f.Status == s {
			return nil
		}
	}
	return ErrWrongStage.With(
		"目前状态为“"+StatusName(f.Status).Zh+"”，不能办理此事项。",
		"The present state is “"+StatusName(f.Status).En+"”; this cannot be done in it.")
}

func mayDecide(f Form, o act.Occasion) error { return act.InOrder(f.LastDay, o) }

func mayOverride(f Form, o act.Occasion) error {
	if f.Status == 0 {
		return ErrWrongStage.With("尚未按名录判定，不能改判。", "The list has not been applied yet.")
	}
	return act.InOrder(f.LastDay, o)
}

func mayFile(f Form, o act.Occasion) error {
	if err := act.FirstOf(wrongStage(f, Classified, Expired, Cancelled, Replaced), act.InOrder(f.LastDay, o)); err != nil {
		return err
	}
	if f.Tier != tier.Registration {
		return ErrTier.With(
			"该场所的管理类别是“"+tier.Name(f.Tier).Zh+"”，不是登记管理，不能填报排污登记表。",
			"The site's tier is “"+tier.Name(f.Tier).En+"”, not registration.")
	}
	return nil
}

func inForce(f Form, o act.Occasion) error {
	return act.FirstOf(wrongStage(f, InForce), act.InOrder(f.LastDay, o))
}

func mayEnter(f Form, o act.Occasion) error { return inForce(f, o) }

func dayOf(d *commonv1.Date) law.Date {
	day, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return day
}

func iso(d law.Date) *commonv1.Date { return &commonv1.Date{Iso: d.String()} }
