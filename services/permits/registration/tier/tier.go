// Package tier decides how a source is managed 管理类别判定: by permit under key
// or simplified management, by registration, or not at all (classification list
// 固定污染源排污许可分类管理名录 2019, Order 11).
//
// The list is data of the law. For each of its rows the answers say which
// column's words describe the source; a criterion without words ("全部",
// "其他", "通用工序") is decided here. One site with several industries is
// managed by the strictest of them, and a general process (rows 109–112) counts
// beside them.
//
// The package is pure: it imports the contracts, internal/law and
// internal/problem. Start with [Decide].
package tier

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Tier is how a source is managed; a smaller one is stricter.
type Tier = permitsv1.SourceTier

// The tiers, by short names.
const (
	Key          = permitsv1.SourceTier_SOURCE_TIER_KEY
	Simplified   = permitsv1.SourceTier_SOURCE_TIER_SIMPLIFIED
	Registration = permitsv1.SourceTier_SOURCE_TIER_REGISTRATION
	NotRequired  = permitsv1.SourceTier_SOURCE_TIER_NOT_REQUIRED
)

// Rule names the rule that decided, for people and for the record.
const Rule = "permit_classification"

// LastIndustry is the last row of the list that names industries; the general
// processes follow.
const LastIndustry = 108

// Finding is a tier and why it follows.
type Finding struct {
	Tier    Tier
	Reasons []problem.Text // one for each row that was looked at, strictest first
	Rule    string         // rule and edition: "permit_classification 2019"
}

// Name is a tier for people.
func Name(t Tier) problem.Text {
	switch t {
	case Key:
		return problem.Text{Zh: "重点管理", En: "key management"}
	case Simplified:
		return problem.Text{Zh: "简化管理", En: "simplified management"}
	case Registration:
		return problem.Text{Zh: "登记管理", En: "registration"}
	case NotRequired:
		return problem.Text{Zh: "无需许可、登记", En: "neither permit nor registration"}
	default:
		return problem.Text{Zh: "未判定", En: "not decided"}
	}
}

// NeedsPermit reports whether a tier asks for a permit.
func NeedsPermit(t Tier) bool { return t == Key || t == Simplified }

// verdict is what one row says of the source.
type verdict struct {
	tier Tier
	why  problem.Text
}

// Decide finds the tier that follows from answers under the list in force on a
// day. Wrong answers are told together, by their paths below prefix.
func Decide(a *permitsv1.TierAnswers, book *law.Book, on law.Date, prefix string) (Finding, error) {
	list := book.On(on)
	var wrong problem.Fields
	if len(a.GetIndustries()) == 0 {
		wrong.Add(prefix+"industries", "", "INDUSTRY_REQUIRED", "至少选择一个行业类别。", "Name at least one industry.")
	}
	s := source{answers: a, process: NotRequired}
	var verdicts []verdict
	look := func(field string, answers []*permitsv1.RowAnswer, industries bool) {
		for i, answer := range answers {
			at := fmt.Sprintf("%s%s[%d]", prefix, field, i)
			row, ok := list.PermitRow(int(answer.GetRow()))
			twice := slices.ContainsFunc(answers[:i], func(other *permitsv1.RowAnswer) bool { return other.GetRow() == answer.GetRow() })
			switch {
			case !ok || industries != (answer.GetRow() <= LastIndustry):
				wrong.Add(at+".row", fmt.Sprint(answer.GetRow()), "ROW_UNKNOWN", "名录中没有这一行业或者通用工序。", "The list has no such industry or process.")
			case twice:
				wrong.Add(at+".row", fmt.Sprint(answer.GetRow()), "ROW_TWICE", "同一类别只填一次。", "Answer each row once.")
			case answer.GetColumn() != 0 && !asks(row, answer.GetColumn()):
				wrong.Add(at+".column", "", "COLUMN_WITHOUT_WORDS", "该类别的这一列没有需要选择的条件。", "This row has no words to choose from in that column.")
			default:
				verdicts = append(verdicts, s.judge(row, answer))
			}
		}
	}
	look("processes", a.GetProcesses(), false)
	for _, v := range verdicts {
		s.process = min(s.process, v.tier)
	}
	look("industries", a.GetIndustries(), true)
	if err := wrong.Err(); err != nil {
		return Finding{}, err
	}
	slices.SortStableFunc(verdicts, func(a, b verdict) int { return cmp.Compare(a.tier, b.tier) })
	found := Finding{Tier: verdicts[0].tier, Rule: RuleOn(book, on)}
	for _, v := range verdicts {
		found.Reasons = append(found.Reasons, v.why)
	}
	return found, nil
}

// RuleOn names the rule and the edition of the list that is used on a day.
func RuleOn(book *law.Book, on law.Date) string {
	used, _, _ := book.LoadedAt(law.ListPermitClassification, on)
	return Rule + " " + used.Version
}

// source is what rows are judged by: the answers, and what the general
// processes came to.
type source struct {
	answers *permitsv1.TierAnswers
	process Tier
}

// judge looks at the columns of a row from the strictest on.
func (s source) judge(row catalogue.PermitRow, a *permitsv1.RowAnswer) verdict {
	for _, c := range columns(row) {
		if !s.holds(c, a) {
			continue
		}
		if row.IndustrialBuildingsOnly && a.GetOutsideIndustrialBuildings() && c.tier == Registration {
			return outside(row)
		}
		return verdict{c.tier, problem.Text{
			Zh: fmt.Sprintf("名录第 %d 类 %s：符合“%s”，属%s。", row.Row, row.Class, c.Text, Name(c.tier).Zh),
			En: fmt.Sprintf("Row %d of the list (%s): “%s” holds, so %s.", row.Row, row.Class, c.Text, Name(c.tier).En),
		}}
	}
	return verdict{NotRequired, problem.Text{
		Zh: fmt.Sprintf("名录第 %d 类 %s：各列条件均不符合。", row.Row, row.Class),
		En: fmt.Sprintf("Row %d of the list (%s): none of its criteria holds.", row.Row, row.Class),
	}}
}

func outside(row catalogue.PermitRow) verdict {
	return verdict{NotRequired, problem.Text{
		Zh: fmt.Sprintf("名录第 %d 类 %s：标*的条件只适用于在工业建筑中生产的排污单位。", row.Row, row.Class),
		En: fmt.Sprintf("Row %d of the list (%s): what bears an asterisk holds only inside industrial buildings.", row.Row, row.Class),
	}}
}

// column is one column of a row with the tier that it leads to.
type column struct {
	catalogue.Criterion
	tier   Tier
	answer permitsv1.ListColumn
}

func columns(row catalogue.PermitRow) []column {
	return []column{
		{row.Key, Key, permitsv1.ListColumn_LIST_COLUMN_KEY},
		{row.Simplified, Simplified, permitsv1.ListColumn_LIST_COLUMN_SIMPLIFIED},
		{row.Registration, Registration, permitsv1.ListColumn_LIST_COLUMN_REGISTRATION},
	}
}

// asks reports whether a row's column has words that a person chooses by.
func asks(row catalogue.PermitRow, answer permitsv1.ListColumn) bool {
	return slices.ContainsFunc(columns(row), func(c column) bool { return c.answer == answer && c.Rule == catalogue.InWords })
}

// holds reports whether a column describes the source. "The rest" holds for
// whatever no stricter column took.
func (s source) holds(c column, a *permitsv1.RowAnswer) bool {
	switch c.Rule {
	case catalogue.AllOfClass, catalogue.TheRest:
		return true
	case catalogue.KeyUnitList:
		return s.answers.GetKeyUnit()
	case catalogue.GeneralProcess:
		return s.process == c.tier
	case catalogue.InWords:
		// The other industries (row 108) name the general processes and Art. 7
		// in words.
		if c.tier == Key && strings.Contains(c.Text, "第七条") && (s.answers.GetLargeDischarge() || s.process == Key) {
			return true
		}
		return a.GetColumn() == c.answer
	default:
		return false
	}
}

// Doubts are what a person should look at again: an industry code of the site
// that none of the answered rows speaks of.
func Doubts(a *permitsv1.TierAnswers, code string, list law.View) []problem.Field {
	if code == "" {
		return nil
	}
	var others bool
	for _, answer := range a.GetIndustries() {
		row, ok := list.PermitRow(int(answer.GetRow()))
		if ok && row.Matches(code) {
			return nil
		}
		others = others || answer.GetRow() == LastIndustry
	}
	if others && !slices.ContainsFunc(list.PermitRows(code), func(r catalogue.PermitRow) bool { return r.Row < LastIndustry }) {
		return nil
	}
	var doubts problem.Fields
	doubts.Add("answers.industries", code, "INDUSTRY_OTHER_THAN_SITE",
		"所选类别与场所登记的行业代码（"+code+"）不一致，请核对。",
		"The rows answered do not speak of the site's industry code "+code+". Check them.")
	return doubts
}
