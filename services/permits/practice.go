package permits

import (
	"fmt"
	"strings"

	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
)

// Practice is what the law leaves to the place: data of a bureau, not rules.
// The zero value is the practice of Wuwei.
type Practice struct {
	Mark          byte              // last letter of a local permit number; 0: 'P'
	DecisionOrgan string            // division code of the organ that decides; "": 620600
	Remedies      map[string]Remedy // by issuing organ; "" stands for every other
}

// Remedy says where to turn against a refusal. Which body reconsiders differs
// by issuing organ (Reconsideration Law Arts. 23, 24), so it is data.
type Remedy struct {
	BodyZh, BodyEn   string // reconsideration body 行政复议机关
	CourtZh, CourtEn string // court 人民法院
}

// wuwei is safe for every organ: the government of the prefecture reconsiders
// what its departments and their branches decide, and the court that has
// jurisdiction is named by the law, not by us.
var wuwei = Remedy{
	BodyZh: "武威市人民政府", BodyEn: "the People's Government of Wuwei",
	CourtZh: "有管辖权的人民法院", CourtEn: "the people's court that has jurisdiction",
}

func (p Practice) orDefault() Practice {
	if p.Mark == 0 {
		p.Mark = 'P'
	}
	if p.DecisionOrgan == "" {
		p.DecisionOrgan = prefecture
	}
	return p
}

func (p Practice) remedy(organ string) Remedy {
	for _, key := range []string{organ, ""} {
		if r, ok := p.Remedies[key]; ok {
			return r
		}
	}
	return wuwei
}

// The periods of the remedies in the law data.
const (
	ruleReconsideration = "reconsideration-file"
	ruleLitigation      = "litigation-file"
)

// remedies is the text that a refusal has to carry (Licensing Law Art. 38):
// where to turn, and by when, with the periods in force and their basis.
func (p Practice) remedies(book *law.Book, on law.Date, organ string) (*commonv1.Text, error) {
	r := p.remedy(organ)
	review, ok := book.PeriodAt(ruleReconsideration, on)
	suit, okSuit := book.PeriodAt(ruleLitigation, on)
	if !ok || !okSuit {
		return nil, fmt.Errorf("remedies on %s: no period is loaded", on)
	}
	reviewZh, reviewEn := citeAll(book, review.Basis)
	suitZh, suitEn := citeAll(book, suit.Basis)
	lengthZh, lengthEn := lengthOf(review)
	suitLengthZh, suitLengthEn := lengthOf(suit)
	return &commonv1.Text{
		Zh: fmt.Sprintf("如不服本决定，可以自知道本决定之日起%s内向%s申请行政复议（%s），也可以自知道本决定之日起%s内直接向%s提起行政诉讼（%s）。",
			lengthZh, r.BodyZh, reviewZh, suitLengthZh, r.CourtZh, suitZh),
		En: fmt.Sprintf("Against this decision you may apply to %s for reconsideration within %s of learning of it (%s), or bring an action before %s within %s (%s).",
			r.BodyEn, lengthEn, reviewEn, r.CourtEn, suitLengthEn, suitEn),
	}, nil
}

// citeAll writes the basis of a period in both languages.
func citeAll(book *law.Book, references []law.Reference) (zh, en string) {
	var z, e []string
	for _, ref := range references {
		c := book.Cite(ref)
		z, e = append(z, c.Short), append(e, c.En)
	}
	return strings.Join(z, "、"), strings.Join(e, "; ")
}

// lengthOf writes a period's length in both languages.
func lengthOf(p law.Period) (zh, en string) {
	plural := "s"
	if p.Amount == 1 {
		plural = ""
	}
	switch p.Unit {
	case law.WorkingDays:
		return fmt.Sprintf("%d 个工作日", p.Amount), fmt.Sprintf("%d working day%s", p.Amount, plural)
	case law.Months:
		return fmt.Sprintf("%d 个月", p.Amount), fmt.Sprintf("%d month%s", p.Amount, plural)
	case law.Years:
		return fmt.Sprintf("%d 年", p.Amount), fmt.Sprintf("%d year%s", p.Amount, plural)
	default:
		return fmt.Sprintf("%d 日", p.Amount), fmt.Sprintf("%d day%s", p.Amount, plural)
	}
}
