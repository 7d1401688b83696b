package law

import "shiyang/internal/law/catalogue"

// Unit is what a period is measured in.
type Unit string

// The units of periods.
const (
	WorkingDays  Unit = "working_day"  // 工作日
	CalendarDays Unit = "calendar_day" // 日（自然日）
	Hours        Unit = "hour"         // 小时, counted from the instant
	Months       Unit = "month"        // 个月
	Years        Unit = "year"         // 年
	FixedDay     Unit = "fixed_date"   // a day of each year, such as 31 March
	Permanent    Unit = "permanent"    // 永久, never ends
)

// Direction says on which side of its event a period runs.
type Direction string

// The directions.
const (
	After  Direction = "after"  // due = start + amount
	Before Direction = "before" // the latest day = start − amount; it never rolls forward
)

// Confidence says how a row of law data was established.
type Confidence = catalogue.Confidence

// The confidence marks.
const (
	Verified = catalogue.Verified // read in the source
	Known    = catalogue.Known    // from memory
	Unsure   = catalogue.Unsure   // to be configured
)

// Reference points at an article of a legal basis; see [catalogue.Reference].
type Reference = catalogue.Reference

// ExtensionRight is a power to prolong a period.
type ExtensionRight struct {
	By     string `yaml:"by"`     // head, committee, licensor, police
	Amount int    `yaml:"amount"` // 0 means the length is open
	Unit   Unit   `yaml:"unit"`
}

// Reading is a second way to read a period whose unit or length is doubtful.
type Reading struct {
	Amount int
	Unit   Unit
	Why    Text
}

// Period is one statutory period 法定期限.
type Period struct {
	ID           string // "permit-decide-key"
	NameZh       string // 重点管理审批
	NameEn       string // Permit decision, key management; the words of the id where no English name is loaded
	Service      string // permits, enforcement or hazwaste
	Subject      string // who is bound, in English words
	StartEvent   string // the event the period counts from, in English words
	StartEventZh string // the same in Chinese
	Amount       int    // 0 for fixed days and permanent duties
	Unit         Unit
	Direction    Direction
	FixedDay     string // MM-DD, only with unit FixedDay
	RowRolls     bool   // the row moves a last rest day to the next working day
	Rolls        bool   // it really moves: RowRolls, and a last day to do something, and no authority is bound
	Extensions   []ExtensionRight
	Pauses       []string // reasons for time not counted that the row admits: hearing, test, …
	Consequence  string   // overdue_mark, deemed_accepted, expires, …
	Basis        []Reference
	ValidFrom    Date
	ValidTo      Date // zero while in force
	Note         string
	Source       string
	Confidence   Confidence
	Readings     []Reading // other readings; empty when the unit is certain
}

// Opinion 法律理解 is a question that the law leaves open and that this authority
// answers one way until an edition of the readings says otherwise. The answer
// and its reason are written into every event that rests on it.
type Opinion struct {
	ID     string      // "renewal-in-time-undecided"
	Choice string      // the answer held now: one of Choices
	Others []string    // the other answers that rules know
	Basis  []Reference // what the answer rests on
	Why    Text        // the reason, and who thinks otherwise why
}

// Opinion returns the answer held to an open question; false where the loaded
// readings do not speak of it.
func (b *Book) Opinion(id string) (Opinion, bool) {
	for _, o := range b.index().rules.Opinions {
		if o.ID == id {
			return Opinion{o.ID, o.Choice, o.Others, o.Basis, Text{o.WhyZh, o.WhyEn}}, true
		}
	}
	return Opinion{}, false
}
