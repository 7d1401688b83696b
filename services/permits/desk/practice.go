package desk

import (
	"fmt"

	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
)

// Prefecture is the division code of the prefecture with all its counties.
const Prefecture = "620600"

// Practice is what the law leaves to the place: data of a bureau, not rules.
// The zero value is the practice of Wuwei.
type Practice struct {
	Mark          byte              // last letter of a local permit number; 0: 'P'
	Registrations byte              // last letter of a local registration number; 0: 'W'
	National      bool              // numbers of permits and registrations come from the national platform, not from here
	DecisionOrgan string            // division code of the organ that decides; "": 620600
	Remedies      map[string]Remedy // by issuing organ; "" stands for every other
	MeterSilence  int               // hours without data after which a meter is told silent; 0: 6
	ManualCounts  bool              // readings set by hand (flag S) count as valid
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
	if p.Registrations == 0 {
		p.Registrations = 'W'
	}
	if p.DecisionOrgan == "" {
		p.DecisionOrgan = Prefecture
	}
	if p.MeterSilence == 0 {
		p.MeterSilence = 6
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

// RemedyText is what a refusal has to carry (Licensing Law Art. 38): where to
// turn, and by when, with the periods in force and their basis.
func (p Practice) RemedyText(book *law.Book, on law.Date, organ string) (*commonv1.Text, error) {
	r := p.remedy(organ)
	review, ok := book.PeriodAt(ruleReconsideration, on)
	suit, okSuit := book.PeriodAt(ruleLitigation, on)
	if !ok || !okSuit {
		return nil, fmt.Errorf("remedies on %s: no period is loaded", on)
	}
	reviewZh, reviewEn := CiteAll(book, review.Basis)
	suitZh, suitEn := CiteAll(book, suit.Basis)
	lengthZh, lengthEn := LengthOf(review)
	suitLengthZh, suitLengthEn := LengthOf(suit)
	return &commonv1.Text{
		Zh: fmt.Sprintf("如不服本决定，可以自知道本决定之日起%s内向%s申请行政复议（%s），也可以自知道本决定之日起%s内直接向%s提起行政诉讼（%s）。",
			lengthZh, r.BodyZh, reviewZh, suitLengthZh, r.CourtZh, suitZh),
		En: fmt.Sprintf("Against this decision you may apply to %s for reconsideration within %s of learning of it (%s), or bring an action before %s within %s (%s).",
			r.BodyEn, lengthEn, reviewEn, r.CourtEn, suitLengthEn, suitEn),
	}, nil
}
