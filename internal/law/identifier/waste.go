package identifier

import (
	"regexp"
	"strconv"
	"time"
)

var (
	wasteForm    = regexp.MustCompile(`^\d{3}-\d{3}-\d{2}$`)
	manifestForm = regexp.MustCompile(`^(20\d{2})(\d{4})(\d{6})$`)
)

// WasteCode checks the form of a hazardous waste code 危险废物代码: industry
// (3 digits), serial (3), category (2), joined by hyphens. Categories run from
// 01 to 50 without 41–44. Whether the list holds the code is for the list to
// say. Reasons: WASTE_CODE_FORM, WASTE_CATEGORY_UNUSED.
func WasteCode(code string) []Finding {
	if !wasteForm.MatchString(code) {
		return wrong("WASTE_CODE_FORM", "废物代码的格式是 000-000-00，例如 900-214-08", "A waste code has the form 000-000-00, for example 900-214-08")
	}
	if n, _ := strconv.Atoi(code[8:]); n < 1 || n > 50 || n > 40 && n < 45 {
		return []Finding{wrongAt("WASTE_CATEGORY_UNUSED", 9,
			"名录没有 HW"+code[8:]+" 这一类别", "The list has no category HW"+code[8:])}
	}
	return nil
}

// ManifestNumber checks the number of a transfer manifest 转移联单编号 (MEE Order
// 23 Art. 15): year, four digits of the origin's province and prefecture, six of
// serial. Origin is the four digits wanted, such as "6206" for Wuwei, or "" for
// any. Reasons: MANIFEST_NUMBER_FORM, MANIFEST_NUMBER_ORIGIN.
func ManifestNumber(number, origin string) []Finding {
	parts := manifestForm.FindStringSubmatch(number)
	if parts == nil || parts[3] == "000000" {
		return wrong("MANIFEST_NUMBER_FORM", "联单编号为 14 位数字：年份、移出地四位代码、六位序号",
			"A manifest number has 14 digits: year, four of the origin, six of serial")
	}
	if origin != "" && parts[2] != origin {
		return []Finding{wrongAt("MANIFEST_NUMBER_ORIGIN", 5, "联单编号第 5–8 位不是移出地代码 "+origin,
			"Digits 5–8 of the manifest number are not those of the origin, "+origin)}
	}
	return nil
}

// BuildManifestNumber makes the number of a manifest from its parts.
func BuildManifestNumber(year int, origin string, serial int) string {
	return pad(year, 4) + origin + pad(serial, 6)
}

// WasteLabel checks the digital code of a waste label 数字识别码 (HJ 1276-2022):
// credit code (18), waste code without hyphens (8), date (8), sequence (3), 37
// characters. Reasons: LABEL_LENGTH, LABEL_SEQUENCE, LABEL_DATE and those of
// USCC and WasteCode.
func WasteLabel(code string) []Finding {
	if n := len([]rune(code)); n != 37 || len(code) != 37 {
		return wrongLength("LABEL_LENGTH", "数字识别码", "The label code", n, 37)
	}
	findings := USCC(code[:18])
	findings = append(findings, WasteCode(code[18:21]+"-"+code[21:24]+"-"+code[24:26])...)
	if _, err := time.Parse("20060102", code[26:34]); err != nil {
		findings = append(findings, wrongAt("LABEL_DATE", 27, "数字识别码第 27–34 位不是日期", "Characters 27–34 of the label code are not a date"))
	}
	if n, err := strconv.ParseUint(code[34:], 10, 16); err != nil || n == 0 {
		findings = append(findings, wrongAt("LABEL_SEQUENCE", 35, "数字识别码末三位是序号，从 001 起", "The last three characters of the label code are a sequence from 001"))
	}
	return findings
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}
