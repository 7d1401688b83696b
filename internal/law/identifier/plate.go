package identifier

import "regexp"

// PlateKind is the kind of a vehicle plate 号牌种类.
type PlateKind string

// The kinds of plates.
const (
	OrdinaryPlate  PlateKind = "ordinary"
	NewEnergySmall PlateKind = "new_energy_small" // 小型新能源
	NewEnergyLarge PlateKind = "new_energy_large" // 大型新能源
	TrailerPlate   PlateKind = "trailer"          // 挂车
)

var plateForms = []struct {
	kind PlateKind
	form *regexp.Regexp
}{
	{TrailerPlate, regexp.MustCompile(`^` + province + `[A-HJ-NP-Z][A-HJ-NP-Z0-9]{4}挂$`)},
	{OrdinaryPlate, regexp.MustCompile(`^` + province + `[A-HJ-NP-Z][A-HJ-NP-Z0-9]{5}$`)},
	{NewEnergySmall, regexp.MustCompile(`^` + province + `[A-HJ-NP-Z][A-HJK][A-HJ-NP-Z0-9]\d{4}$`)},
	{NewEnergyLarge, regexp.MustCompile(`^` + province + `[A-HJ-NP-Z]\d{5}[A-HJK]$`)},
}

const province = `[京津沪渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新]`

// Plate checks a vehicle plate 号牌号码 (GA 36-2018) and says its kind: province
// sign, letter, then five characters without I and O, six for new energy, or
// four and 挂 for trailers. Plates of all provinces are accepted; those of Wuwei
// begin with 甘H. Reason: PLATE_FORM.
func Plate(plate string) (PlateKind, []Finding) {
	for _, p := range plateForms {
		if p.form.MatchString(plate) {
			return p.kind, nil
		}
	}
	return "", wrong("PLATE_FORM", "车牌号格式不符，例如 甘HA1278、甘HD12345、甘H1234挂；不含字母 I、O",
		"This is not a plate number such as 甘HA1278, 甘HD12345 or 甘H1234挂; it has no letters I or O")
}
