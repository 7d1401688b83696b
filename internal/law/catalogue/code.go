package catalogue

import (
	"regexp"
	"slices"
	"strings"
)

// Pollutant is a pollutant or measured quantity 污染物 with the code that
// permits, monitoring devices and reports share.
type Pollutant struct {
	Code       string // a21026
	Medium     string // air, water or noise
	NameZh     string // 二氧化硫
	NameEn     string
	UnitZh     string // 毫克/立方米
	Unit       string // mg/m3
	UnitUsual  string
	MassUnitZh string
	MassUnit   string // kg, "" when no mass is summed
	OldCode    string // code of the 2005 protocol
	Format     string // N5.2
	Origin
}

var (
	pollutantCode = regexp.MustCompile(`^([aw]\d{5}|L[A-Za-z0-9]{1,3})$`)
	divisionCode  = regexp.MustCompile(`^\d{6}(\d{3})?$`)
	commandCode   = regexp.MustCompile(`^\d{4}$`)
)

// ParsePollutants reads the pollutant codes.
func ParsePollutants(content []byte) ([]Pollutant, error) {
	all, err := rows(content, "code medium name_zh name_en unit_default_zh unit_default unit_usual mass_unit_zh mass_unit old_code_2005 data_format source confidence", func(l *line) Pollutant {
		p := Pollutant{
			Code: l.match("code", pollutantCode), Medium: l.must("medium"), NameZh: l.must("name_zh"), NameEn: l.must("name_en"),
			UnitZh: l.must("unit_default_zh"), Unit: l.must("unit_default"), UnitUsual: l.text("unit_usual"),
			MassUnitZh: l.text("mass_unit_zh"), MassUnit: l.text("mass_unit"), OldCode: l.text("old_code_2005"),
			Format: l.text("data_format"), Origin: l.origin(),
		}
		if !slices.Contains([]string{"air", "water", "noise"}, p.Medium) {
			l.fail("medium", "is not air, water or noise")
		}
		return p
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(p Pollutant) string { return p.Code })
}

// Contains reports whether code or name hold the text.
func (p Pollutant) Contains(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(strings.ToLower(p.Code), text) || strings.Contains(p.NameZh, text) ||
		strings.Contains(strings.ToLower(p.NameEn), text)
}

// Division is an administrative division 行政区划.
type Division struct {
	Code    string // 620602, or nine digits for towns
	Level   string // province, prefecture, county, county_placeholder, town, township, subdistrict, special_unit
	NameZh  string // 凉州区
	NameEn  string
	Parent  string
	InWuwei bool
	Note    string
	Origin
}

// ParseDivisions reads the divisions and checks that every parent is listed.
func ParseDivisions(content []byte) ([]Division, error) {
	seen := map[string]bool{}
	all, err := rows(content, "code level name_zh name_en parent_code in_wuwei note source confidence", func(l *line) Division {
		d := Division{
			Code: l.match("code", divisionCode), Level: l.must("level"), NameZh: l.must("name_zh"), NameEn: l.text("name_en"),
			Parent: l.text("parent_code"), InWuwei: l.flag("in_wuwei"), Note: l.text("note"), Origin: l.origin(),
		}
		if d.Level != "province" && !seen[d.Parent] {
			l.fail("parent_code", d.Parent+" must be listed before its parts")
		}
		seen[d.Code] = true
		return d
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(d Division) string { return d.Code })
}

// Command is a command code 命令编码 of the HJ 212 protocol in one direction.
type Command struct {
	ID          string // 1011-up
	CN          string // 1011
	NameZh      string
	NameEn      string
	Group       string // init, param, data, control or interact
	Type        string // request, upload, notice, …
	Direction   string // up or down
	CarriesData bool
	Origin
}

// ParseCommands reads the HJ 212 command codes.
func ParseCommands(content []byte) ([]Command, error) {
	all, err := rows(content, "id cn name_zh name_en group type direction carries_data source confidence", func(l *line) Command {
		return Command{
			ID: l.must("id"), CN: l.match("cn", commandCode), NameZh: l.must("name_zh"), NameEn: l.must("name_en"),
			Group: l.must("group"), Type: l.must("type"), Direction: l.must("direction"), CarriesData: l.flag("carries_data"), Origin: l.origin(),
		}
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(c Command) string { return c.ID })
}

// Flag is a code of the HJ 212 protocol other than a command: a data flag, a
// return code, a system type, a field suffix or a flag bit.
type Flag struct {
	ID     string // data_flag:N
	Kind   string // data_flag, exe_rtn, qn_rtn, st, suffix or flag_bit
	Code   string // N
	NameZh string
	NameEn string
	Valid  string // for data flags: yes, no or config
	Note   string
	Origin
}

// ParseFlags reads the HJ 212 flags.
func ParseFlags(content []byte) ([]Flag, error) {
	all, err := rows(content, "id kind code name_zh name_en valid_data note source confidence", func(l *line) Flag {
		return Flag{
			ID: l.must("id"), Kind: l.must("kind"), Code: l.must("code"), NameZh: l.must("name_zh"), NameEn: l.must("name_en"),
			Valid: l.text("valid_data"), Note: l.text("note"), Origin: l.origin(),
		}
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(f Flag) string { return f.ID })
}
