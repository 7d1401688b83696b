package permit

import (
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Measure is a measure about a granted permit that was proposed and waits for
// somebody else's decision.
type Measure struct {
	Name   string // withhold, give_back, forfeit, revoke, cancel, reissue
	Ground string
	Reason string
	Basis  string // decision of another procedure that it rests on
	By     string // account that proposed it
}

// A measureRule says when a measure is open, on which grounds, and whether the
// holder may ask for it.
type measureRule struct {
	name     string
	title    problem.Text
	basis    law.Reference
	from     []Status // standings in which it is open
	grounds  []string
	holder   bool // the holder may ask for it
	document bool // it rests on the decision of another procedure
	series   bool // it is a decision with a number of its own
}

var measures = []measureRule{
	{"withhold", text("暂扣", "withhold"), d("penalty-law-2021", "9"), []Status{Issued, DeemedRenewed}, []string{"penalty"}, false, true, false},
	{"give_back", text("发还", "give back"), d("penalty-law-2021", "9"), []Status{Withheld}, []string{"penalty"}, false, true, false},
	{"forfeit", text("吊销", "forfeit"), d("penalty-law-2021", "9"), []Status{Issued, DeemedRenewed, Withheld}, []string{"penalty"}, false, true, false},
	{"revoke", text("撤销", "revoke"), d(o32, "30"), []Status{Issued, DeemedRenewed, Withheld}, []string{"ultra_vires", "procedure", "abuse", "ineligible", "fraud"}, false, false, true},
	{"cancel", text("注销", "cancel"), d(o32, "29"), []Status{Issued, DeemedRenewed, Withheld, Expired, Forfeited, Revoked}, []string{"expired", "terminated", "revoked", "forfeited"}, true, false, true},
	{"reissue", text("补领", "give out a new paper"), d(o32, "29"), []Status{Issued, DeemedRenewed}, []string{"lost", "damaged"}, true, false, false},
}

func measureOf(name string) measureRule {
	if i := slices.IndexFunc(measures, func(m measureRule) bool { return m.name == name }); i >= 0 {
		return measures[i]
	}
	return measureRule{}
}

// MeasureName is a measure for people.
func MeasureName(name string) problem.Text {
	return measureOf(name).title
}

// grounds for people.
var groundNames = map[string]problem.Text{
	"penalty": text("行政处罚决定", "a penalty decision"), "fraud": text("以欺骗、贿赂等不正当手段取得", "obtained by fraud or bribery"),
	"ultra_vires": text("超越法定职权", "beyond the authority's power"), "procedure": text("违反法定程序", "breach of procedure"),
	"abuse": text("滥用职权、玩忽职守", "abuse or neglect of office"), "ineligible": text("申请人不具备申请资格或者不符合法定条件", "the applicant was not eligible"),
	"expired": text("有效期届满未延续", "expired and not renewed"), "terminated": text("排污单位依法终止", "the unit ended"),
	"revoked": text("许可被撤销", "the permit was revoked"), "forfeited": text("许可证被吊销", "the permit was forfeited"),
	"lost": text("遗失", "lost"), "damaged": text("损毁", "damaged"),
}

// GroundName is a ground for people.
func GroundName(ground string) problem.Text { return groundNames[ground] }

// The refusals of measures.
var (
	// ErrMeasureNotOpen refuses a measure that the standing does not admit.
	ErrMeasureNotOpen = &problem.Error{
		Kind: problem.Rejected, Reason: "MEASURE_NOT_OPEN", Citation: "mee-order-32-2024 art. 29",
		Text: text("许可证的当前状态不能办理此事项。", "The standing of the permit does not admit this."),
	}
	// ErrMeasureProposed refuses a second proposal beside an open one.
	ErrMeasureProposed = &problem.Error{
		Kind: problem.Rejected, Reason: "MEASURE_PROPOSED",
		Text: text("已有待决定的事项，请先决定。", "A measure waits for a decision. Decide it first."),
	}
	// ErrNothingProposed refuses to decide where nothing was proposed.
	ErrNothingProposed = &problem.Error{
		Kind: problem.Rejected, Reason: "NOTHING_PROPOSED",
		Text: text("没有待决定的事项。", "No measure waits for a decision."),
	}
)

// Propose asks for a measure, or proposes it 提请: withhold, give back, forfeit,
// revoke, cancel, reissue. Somebody else decides.
type Propose struct {
	Occasion
	Measure, Ground, Reason, Basis string
	ByHolder                       bool
}

func mayPropose(p Permit, o Occasion) error {
	switch {
	case p.Status == 0:
		return problem.ErrNotFound
	case p.Proposed != nil:
		return ErrMeasureProposed
	case !p.Granted() || p.Standing == Cancelled:
		return ErrMeasureNotOpen
	}
	return inOrder(p, o)
}

// Decide records the proposal. Every wrong field is listed at once.
func (c Propose) Decide(p Permit) ([]es.Event, error) {
	if err := mayPropose(p, c.Occasion); err != nil {
		return nil, err
	}
	m := measureOf(c.Measure)
	if !slices.Contains(m.from, p.Standing) || c.Measure == "cancel" && c.Ground == "expired" && p.Open() {
		return nil, ErrMeasureNotOpen.With(
			"许可证目前“"+statusNames[p.Standing].Zh+"”，不能"+m.title.Zh+"。", "The permit is “"+statusNames[p.Standing].En+"”; it cannot "+m.title.En+".")
	}
	var wrong problem.Fields
	if c.ByHolder && !m.holder {
		wrong.Add("measure", c.Measure, "NOT_YOURS_TO_BEGIN", "持证单位只能申请注销和补领。", "The holder may ask for cancellation and a new paper only.")
	}
	if !slices.Contains(m.grounds, c.Ground) || c.Measure == "cancel" && !p.groundHolds(c.Ground) {
		wrong.Add("ground", c.Ground, "GROUND_NOT_ADMITTED", "该事项不能以此为由。", "The measure cannot rest on this ground.")
	}
	if m.document && c.Basis == "" {
		wrong.Add("basisDocument", "", "REQUIRED", "请填写所依据的处罚决定书文号。", "Enter the number of the penalty decision that it rests on.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitMeasureProposed{Measure: c.Measure, Ground: c.Ground, Reason: c.Reason, BasisDocument: c.Basis}}, nil
}

// groundHolds reports whether a ground of cancellation is a fact of the file.
func (p Permit) groundHolds(ground string) bool {
	switch ground {
	case "expired":
		return p.Standing == Expired
	case "revoked":
		return p.Standing == Revoked
	case "forfeited":
		return p.Standing == Forfeited
	}
	return ground == "terminated"
}

// DecideMeasure takes or turns down the proposed measure. The decider did not
// propose it.
type DecideMeasure struct {
	Occasion
	Approve bool
	Reason  string // if not
	URL     string // of the announcement of a cancellation
	Number  string // of the decision; empty asks whether one may be drawn
}

func mayDecideMeasure(p Permit, o Occasion) error {
	if p.Status == 0 {
		return problem.ErrNotFound
	}
	if p.Proposed == nil {
		return ErrNothingProposed
	}
	return firstOf(inOrder(p, o), roleSplit(o, []string{p.Proposed.By}, "提请人", "person who proposed it"))
}

// Decide takes the measure, or turns it down with a reason. It answers
// ErrNumberNeeded when all is in order but the number is missing.
func (c DecideMeasure) Decide(p Permit) ([]es.Event, error) {
	if err := mayDecideMeasure(p, c.Occasion); err != nil {
		return nil, err
	}
	m := measureOf(p.Proposed.Name)
	var wrong problem.Fields
	if !c.Approve && c.Reason == "" {
		wrong.Add("reason", "", "REQUIRED", "请说明不同意的理由。", "Say why it is turned down.")
	}
	if c.Approve && m.name == "cancel" && len(c.URL) < 8 {
		wrong.Add("announcementUrl", c.URL, "REQUIRED", "注销须公告，请填写公告网址（办法第二十九条）。", "A cancellation is announced; enter the address (Order 32 Art. 29).")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if !c.Approve {
		return []es.Event{&permitsv1.PermitMeasureRejected{Measure: m.name, Reason: c.Reason}}, nil
	}
	if !slices.Contains(m.from, p.Standing) {
		return nil, ErrMeasureNotOpen
	}
	if m.series && c.Number == "" {
		return nil, ErrNumberNeeded
	}
	return c.take(p)
}

func (c DecideMeasure) take(p Permit) ([]es.Event, error) {
	q := p.Proposed
	switch q.Name {
	case "withhold":
		return []es.Event{&permitsv1.PermitWithheld{From: iso(c.On), BasisDocument: q.Basis, Reason: q.Reason}}, nil
	case "give_back":
		return []es.Event{&permitsv1.PermitGivenBack{From: iso(c.On), BasisDocument: q.Basis}}, nil
	case "forfeit":
		return []es.Event{&permitsv1.PermitForfeited{From: iso(c.On), BasisDocument: q.Basis, Reason: q.Reason}}, nil
	case "revoke":
		revoked := &permitsv1.PermitRevoked{From: iso(c.On), Ground: q.Ground, Reason: q.Reason, DocumentNumber: c.Number}
		if q.Ground == "fraud" {
			ban, err := c.Law.Deadline(law.Ask{Period: RuleBanAfterFraud, Start: c.On})
			if err != nil {
				return nil, errNoRule
			}
			revoked.BarredUntil = iso(ban.Due)
		}
		return []es.Event{revoked}, nil
	case "cancel":
		return []es.Event{&permitsv1.PermitCancelled{On: iso(c.On), Ground: q.Ground, DocumentNumber: c.Number, AnnouncementUrl: c.URL}}, nil
	}
	return []es.Event{&permitsv1.PermitPaperReissued{Paper: p.Paper + 1, On: iso(c.On), Reason: GroundName(q.Ground).Zh}}, nil
}

// MeasureSeries reports whether the proposed measure is a decision with a
// number, and whether it is a revocation.
func (p Permit) MeasureSeries() (numbered, revocation bool) {
	if p.Proposed == nil {
		return false, false
	}
	m := measureOf(p.Proposed.Name)
	return m.series, m.name == "revoke"
}

// awaitsEnding reports whether a permit that ended waits to be cancelled.
func (p Permit) awaitsEnding() bool {
	return p.stage(Issued, Refused, Withdrawn, NotRequired, WrongAuthority) && slices.Contains([]Status{Expired, Forfeited, Revoked}, p.Standing) &&
		p.Proposed == nil
}

func (p Permit) awaitsMeasure() bool { return p.Proposed != nil }

// ErrNumberKnown refuses to replace the number that the platform gave.
var ErrNumberKnown = &problem.Error{
	Kind: problem.Rejected, Reason: "PLATFORM_NUMBER_KNOWN", Citation: "decree-736 art. 12",
	Text: text("国家平台编号已经录入。", "The platform's number was entered before."),
}

// EnterNumber enters the number that the national platform gave 录入国家平台编号:
// until then a permit has none, or a local one that only demonstrates.
type EnterNumber struct {
	Occasion
	Number string
	Source string // manual, file or connector
}

func mayEnterNumber(p Permit, o Occasion) error {
	switch {
	case p.Status == 0:
		return problem.ErrNotFound
	case !p.Granted() || p.Standing == Cancelled:
		return ErrNotGranted
	case p.ExternalNumber != "":
		return ErrNumberKnown
	}
	return inOrder(p, o)
}

// awaitsNumber reports whether a granted permit has no number yet.
func (p Permit) awaitsNumber() bool { return p.Granted() && p.Number == "" && p.Standing != Cancelled }

// Decide records the number; it has to belong to the unit.
func (c EnterNumber) Decide(p Permit) ([]es.Event, error) {
	if err := mayEnterNumber(p, c.Occasion); err != nil {
		return nil, err
	}
	fields := wrongNumber(p, "permitNumber", c.Number)
	if err := fields.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PlatformNumberEntered{PermitNumber: c.Number, Source: c.Source}}, nil
}
