package permit

import (
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// ErrNoUSCC refuses an application for a site whose credit code is unknown.
var ErrNoUSCC = &problem.Error{
	Kind: problem.Rejected, Reason: "SITE_WITHOUT_USCC", Citation: "decree-736 art. 7",
	Text: text("该场所尚未登记统一社会信用代码，请先补充场所信息再申请。",
		"The site has no credit code on record. Add it to the site first, then apply."),
}

// ErrNoEnterprise refuses an application for a site that no firm has claimed.
var ErrNoEnterprise = &problem.Error{
	Kind: problem.Rejected, Reason: "SITE_WITHOUT_FIRM", Citation: "decree-736 art. 2",
	Text: text("该场所尚未归属企业，请先由受理人员办理认领。", "No firm has claimed this site yet. Ask the permit clerk to assign it."),
}

// Open begins an application for a site's permit 发起申请. The site's data are
// copied from its own record; ReservationID shows that the site was reserved,
// so that it never gets two permits (Decree 736 Art. 6).
type Open struct {
	Occasion
	FacilityID, EnterpriseID, Division string
	USCC, UnitName, SiteAddress        string
	SiteSequence                       int32
	Class                              permitsv1.ManagementClass
	Example                            bool
	ReservationID                      string
}

// Decide opens the application once.
func (c Open) Decide(p Permit) ([]es.Event, error) {
	if err := firstOf(wrongStage(p, d(d736, "7"), Status(0)), c.Check()); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitApplicationOpened{
		FacilityId: c.FacilityID, EnterpriseId: c.EnterpriseID, Division: c.Division,
		Uscc: c.USCC, UnitName: c.UnitName, SiteAddress: c.SiteAddress, SiteSequence: c.SiteSequence,
		ManagementClass: c.Class, Example: c.Example, ReservationId: c.ReservationID,
	}}, nil
}

// Check says whether the site can apply at all, before anything is reserved.
func (c Open) Check() error {
	switch {
	case c.EnterpriseID == "":
		return ErrNoEnterprise
	case c.USCC == "" || c.SiteSequence == 0:
		return ErrNoUSCC
	}
	return nil
}

// PublishNotice records the applicant's public notice before filing
// 申请前信息公开 (O32 Art. 16). A later notice replaces an earlier one.
type PublishNotice struct {
	Occasion
	From law.Date // first day of the notice
	URL  string   // where it can be read
}

func mayPublish(p Permit, o Occasion) error {
	return firstOf(wrongStage(p, d(o32, "16"), Draft, PublicNotice), inOrder(p, o))
}

// Decide records the notice.
func (c PublishNotice) Decide(p Permit) ([]es.Event, error) {
	if err := mayPublish(p, c.Occasion); err != nil {
		return nil, err
	}
	if c.From.After(c.On) {
		var fields problem.Fields
		fields.Add("from", c.From.String(), "NOTICE_IN_FUTURE",
			"公开起始日不能晚于登记之日，请在实际公开后再登记。",
			"The notice cannot begin after the day it is recorded. Record it once it is public.")
		return nil, fields.Err()
	}
	if p.Notice != nil && p.Notice.GetUrl() == c.URL && day(p.Notice.GetFrom()) == c.From {
		return nil, nil
	}
	return []es.Event{&permitsv1.PublicNoticePublished{From: iso(c.From), Url: c.URL}}, nil
}

// Advise tells how long the notice has to run.
func (c PublishNotice) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	first, _, err := EarliestFiling(c.Law, c.From)
	if err == nil && c.Law.Calendar().ProvisionalBetween(c.From, first) {
		doubts.Add("from", c.From.String(), "CALENDAR_PROVISIONAL",
			"公开期限跨入节假日安排尚未公布的年份，公布后会重新计算。",
			"The notice runs into a year whose holidays are not published; it will be computed again.")
	}
	return doubts
}

// Withdraw takes the application back 撤回申请, any time before the decision.
type Withdraw struct {
	Occasion
	Reason string
}

var open = []Status{Draft, PublicNotice, Submitted, Deficient, Accepted, Examined}

// ErrOfAuthority refuses to withdraw what the authority began.
var ErrOfAuthority = &problem.Error{
	Kind: problem.Rejected, Reason: "PROCEDURE_OF_THE_AUTHORITY", Citation: "mee-order-32-2024 art. 27",
	Text: text("依职权变更由许可机关发起，持证单位不能撤回。", "The authority began this change; the holder cannot withdraw it."),
}

func mayWithdraw(p Permit, o Occasion) error {
	if p.Open() && p.Kind == ByAuthority {
		return ErrOfAuthority
	}
	return firstOf(wrongStage(p, d(d736, "7"), open...), inOrder(p, o))
}

// Decide records the withdrawal.
func (c Withdraw) Decide(p Permit) ([]es.Event, error) {
	if err := mayWithdraw(p, c.Occasion); err != nil {
		return nil, err
	}
	return append([]es.Event{&permitsv1.PermitApplicationWithdrawn{Reason: c.Reason}}, endedWith(p, c.Occasion, "renewal_withdrawn")...), nil
}

// Open reports whether the application is neither decided nor given up.
func (p Permit) Open() bool { return slices.Contains(open, p.Status) }
