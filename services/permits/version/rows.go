package version

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// limits compares the permitted limits 许可排放限值. More of anything, a longer
// averaging, or another unit is looser; a limit that goes while its outlet stays
// is the loosest of all.
func limits(before, after *content, names Names) []Change {
	stays := map[string]bool{}
	for _, o := range after.GetOutlets() {
		stays[o.GetCode()] = true
	}
	return rows[*permitsv1.Limit]{
		part: "limit",
		key:  func(l *permitsv1.Limit) string { return l.GetOutlet() + " " + l.GetPollutant() },
		title: func(l *permitsv1.Limit) problem.Text {
			n := names(l.GetPollutant())
			return text(l.GetOutlet()+" "+n.Zh, l.GetOutlet()+" "+n.En)
		},
		write: writeLimit, grade: gradeLimit,
		added: func(*permitsv1.Limit) bool { return true }, // another species (Art. 15(3))
		lost: func(l *permitsv1.Limit) (Direction, bool) {
			if stays[l.GetOutlet()] {
				return Loosened, true
			}
			return Removed, false
		},
	}.compare(before.GetLimits(), after.GetLimits())
}

func gradeLimit(old, now *permitsv1.Limit) (Direction, bool) {
	grades := []int{
		compareConcentration(old, now),
		compareMass(old.GetMassGramsPerYear(), now.GetMassGramsPerYear()),
	}
	switch {
	case slices.Contains(grades, 1):
		return Loosened, true
	case slices.Contains(grades, -1):
		return Tightened, false
	case old.GetStandard() != now.GetStandard():
		return Changed, false
	}
	return "", false
}

// compareConcentration is 1 for looser, -1 for tighter, 0 for the same.
func compareConcentration(old, now *permitsv1.Limit) int {
	switch {
	case old.GetConcentration() == "" && now.GetConcentration() == "":
		return 0
	case old.GetConcentration() == "":
		return -1
	case now.GetConcentration() == "" || old.GetUnit() != now.GetUnit():
		return 1 // no limit, or one that cannot be compared
	}
	a, okA := new(big.Rat).SetString(old.GetConcentration())
	b, okB := new(big.Rat).SetString(now.GetConcentration())
	if !okA || !okB {
		return 1
	}
	value := b.Cmp(a)
	averaging := int(now.GetAveraging()) - int(old.GetAveraging()) // a day is longer than an hour
	switch {
	case value > 0 || averaging > 0:
		return 1
	case value < 0 || averaging < 0:
		return -1
	}
	return 0
}

func compareMass(old, now int64) int {
	switch {
	case old == now:
		return 0
	case old == 0:
		return -1
	case now == 0 || now > old:
		return 1
	}
	return -1
}

func writeLimit(l *permitsv1.Limit) problem.Text {
	var zh, en []string
	if l.GetConcentration() != "" {
		zh = append(zh, l.GetConcentration()+" "+l.GetUnit()+averaging(l, "（小时均值）", "（日均值）"))
		en = append(en, l.GetConcentration()+" "+l.GetUnit()+averaging(l, " hourly", " daily"))
	}
	if g := l.GetMassGramsPerYear(); g > 0 {
		zh, en = append(zh, Tonnes(g)+" t/a"), append(en, Tonnes(g)+" t/a")
	}
	zh, en = append(zh, l.GetStandard()), append(en, l.GetStandard())
	return text(strings.Join(zh, "，"), strings.Join(en, ", "))
}

func averaging(l *permitsv1.Limit, hour, day string) string {
	switch l.GetAveraging() {
	case permitsv1.Averaging_AVERAGING_HOUR:
		return hour
	case permitsv1.Averaging_AVERAGING_DAY:
		return day
	default:
		return ""
	}
}

// Tonnes writes grams as tonnes, exactly: 12500000 is "12.5".
func Tonnes(grams int64) string {
	whole, rest := grams/1_000_000, grams%1_000_000
	if rest == 0 {
		return fmt.Sprint(whole)
	}
	return fmt.Sprintf("%d.%s", whole, strings.TrimRight(fmt.Sprintf("%06d", rest), "0"))
}

// outlets compares 排放口. Another place or another receiving water, and another
// outlet at all, take a re-application (Art. 15(2), (3)).
func outlets(before, after *content) []Change {
	return rows[*permitsv1.Outlet]{
		part: "outlet", key: (*permitsv1.Outlet).GetCode,
		title: func(o *permitsv1.Outlet) problem.Text { return same(o.GetCode()) },
		write: writeOutlet,
		grade: func(old, now *permitsv1.Outlet) (Direction, bool) {
			if proto.Equal(old, now) {
				return "", false
			}
			return Changed, !proto.Equal(old.GetLocation(), now.GetLocation()) || old.GetReceivingWater() != now.GetReceivingWater()
		},
		added: func(*permitsv1.Outlet) bool { return true },
	}.compare(before.GetOutlets(), after.GetOutlets())
}

func writeOutlet(o *permitsv1.Outlet) problem.Text {
	zh, en := []string{o.GetTitle()}, []string{o.GetTitle()}
	if o.GetKind() == permitsv1.OutletKind_OUTLET_KIND_MAJOR {
		zh, en = append(zh, "主要排放口"), append(en, "major")
	} else {
		zh, en = append(zh, "一般排放口"), append(en, "general")
	}
	if l := o.GetLocation(); l != nil {
		at := l.GetLongitude() + ", " + l.GetLatitude()
		zh, en = append(zh, at), append(en, at)
	}
	if o.GetHeightMm() > 0 {
		zh, en = append(zh, fmt.Sprintf("高 %d mm", o.GetHeightMm())), append(en, fmt.Sprintf("height %d mm", o.GetHeightMm()))
	}
	if o.GetDiameterMm() > 0 {
		zh, en = append(zh, fmt.Sprintf("内径 %d mm", o.GetDiameterMm())), append(en, fmt.Sprintf("diameter %d mm", o.GetDiameterMm()))
	}
	if w := o.GetReceivingWater(); w != "" {
		zh, en = append(zh, "受纳水体 "+w), append(en, "into "+w)
	}
	return text(strings.Join(zh, "，"), strings.Join(en, ", "))
}

func facilities(before, after *content) []Change {
	return rows[*permitsv1.ProductionFacility]{
		part: "facility", key: (*permitsv1.ProductionFacility).GetCode,
		title: func(f *permitsv1.ProductionFacility) problem.Text { return same(f.GetCode()) },
		write: func(f *permitsv1.ProductionFacility) problem.Text {
			return same(strings.TrimSpace(f.GetTitle() + " " + f.GetCapacity()))
		},
		grade: equalOrChanged[*permitsv1.ProductionFacility],
	}.compare(before.GetFacilities(), after.GetFacilities())
}

func abatements(before, after *content) []Change {
	return rows[*permitsv1.Abatement]{
		part: "abatement", key: (*permitsv1.Abatement).GetCode,
		title: func(a *permitsv1.Abatement) problem.Text { return same(a.GetCode()) },
		write: func(a *permitsv1.Abatement) problem.Text {
			return same(strings.TrimSpace(a.GetProcess() + " " + a.GetOutlet()))
		},
		grade: equalOrChanged[*permitsv1.Abatement],
	}.compare(before.GetAbatements(), after.GetAbatements())
}

func equalOrChanged[R proto.Message](old, now R) (Direction, bool) {
	if proto.Equal(old, now) {
		return "", false
	}
	return Changed, false
}

// frequencies from the most to the least often.
var frequencies = []string{"continuous", "day", "week", "month", "quarter", "half_year", "year"}

var frequencyNames = map[string]problem.Text{
	"continuous": text("连续", "continuous"), "day": text("每日", "daily"), "week": text("每周", "weekly"),
	"month": text("每月", "monthly"), "quarter": text("每季", "quarterly"), "half_year": text("每半年", "half-yearly"), "year": text("每年", "yearly"),
}

func monitoring(before, after *content, names Names) []Change {
	return rows[*permitsv1.Monitoring]{
		part: "monitoring",
		key:  func(m *permitsv1.Monitoring) string { return m.GetOutlet() + " " + m.GetPollutant() },
		title: func(m *permitsv1.Monitoring) problem.Text {
			n := names(m.GetPollutant())
			return text(m.GetOutlet()+" "+n.Zh, m.GetOutlet()+" "+n.En)
		},
		write: func(m *permitsv1.Monitoring) problem.Text {
			how, often := text("手工", "manual"), frequencyNames[m.GetFrequency()]
			if m.GetAutomatic() {
				how = text("自动", "automatic")
			}
			return text(how.Zh+"，"+often.Zh+"，"+m.GetMethod(), how.En+", "+often.En+", "+m.GetMethod())
		},
		grade: func(old, now *permitsv1.Monitoring) (Direction, bool) {
			less := slices.Index(frequencies, now.GetFrequency()) - slices.Index(frequencies, old.GetFrequency())
			switch {
			case less > 0:
				return Loosened, false
			case less < 0:
				return Tightened, false
			}
			return equalOrChanged(old, now)
		},
	}.compare(before.GetMonitoring(), after.GetMonitoring())
}

func conditions(before, after *content) []Change {
	return rows[*permitsv1.Condition]{
		part: "condition",
		key:  func(c *permitsv1.Condition) string { return fmt.Sprint(c.GetNumber()) },
		title: func(c *permitsv1.Condition) problem.Text {
			return text(fmt.Sprintf("第 %d 条", c.GetNumber()), fmt.Sprintf("No. %d", c.GetNumber()))
		},
		write: func(c *permitsv1.Condition) problem.Text { return same(c.GetText()) },
		grade: equalOrChanged[*permitsv1.Condition],
	}.compare(before.GetConditions(), after.GetConditions())
}
