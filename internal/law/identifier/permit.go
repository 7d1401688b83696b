package identifier

import "regexp"

var (
	permitForm   = regexp.MustCompile(`^.{18}\d{3}[A-Z]$`)
	outletForm   = regexp.MustCompile(`^(DA|DW|YS)\d{3}$`)
	treatForm    = regexp.MustCompile(`^T[AWNS]\d{3}$`)
	facilityForm = regexp.MustCompile(`^MF\d{4}$`)
	sourceForm   = regexp.MustCompile(`^(\d{2}|[A-Z]{2})(\d{2}|NN)([0-9A-Z]{2}|NN)[0-9A-Z]{5}[1-5N]$`)
)

// PermitNumber checks the number of a discharge permit or registration
// 排污许可证编号 (HJ 608-2017): credit code (18), site sequence (3 digits), mark
// letter. Reasons: PERMIT_NUMBER_LENGTH, PERMIT_NUMBER_FORM and those of USCC.
func PermitNumber(number string) []Finding {
	runes := []rune(number)
	if n := len(runes); n != 22 {
		return wrongLength("PERMIT_NUMBER_LENGTH", "排污许可证编号", "The permit number", n, 22)
	}
	if !permitForm.MatchString(number) {
		return wrong("PERMIT_NUMBER_FORM", "排污许可证编号由 18 位信用代码、3 位顺序号和 1 位字母组成",
			"A permit number is a credit code of 18, three digits and a letter")
	}
	return USCC(string(runes[:18]))
}

// BuildPermitNumber makes a permit number from credit code, site sequence and
// mark letter.
func BuildPermitNumber(uscc string, site int, mark byte) string {
	return uscc + pad(site, 3) + string(rune(mark))
}

// OutletCode checks the code of an outlet 排放口编码 (HJ 608-2017): DA001 for air,
// DW001 for water, YS001 for rainwater. It is unique only inside its site.
// Reason: OUTLET_CODE_FORM.
func OutletCode(code string) []Finding {
	if outletForm.MatchString(code) && code[2:] != "000" {
		return nil
	}
	return wrong("OUTLET_CODE_FORM", "排放口编码为 DA、DW 或 YS 加三位数字，例如 DA001", "An outlet code is DA, DW or YS and three digits, for example DA001")
}

// TreatmentCode checks the code of an abatement facility 污染治理设施编码: TA001
// air, TW001 water, TN001 noise, TS001 solid waste. Reason: TREATMENT_CODE_FORM.
func TreatmentCode(code string) []Finding {
	if treatForm.MatchString(code) && code[2:] != "000" {
		return nil
	}
	return wrong("TREATMENT_CODE_FORM", "治理设施编码为 TA、TW、TN 或 TS 加三位数字，例如 TA001", "An abatement code is TA, TW, TN or TS and three digits, for example TA001")
}

// FacilityCode checks the code of a production facility 生产设施编码: MF0001.
// Reason: FACILITY_CODE_FORM.
func FacilityCode(code string) []Finding {
	if facilityForm.MatchString(code) && code[2:] != "0000" {
		return nil
	}
	return wrong("FACILITY_CODE_FORM", "生产设施编码为 MF 加四位数字，例如 MF0001", "A facility code is MF and four digits, for example MF0001")
}

// SourceCode checks the code of a radioactive source 放射源编码, 12 characters:
// producer or country, year (NN unknown, only before 2005), nuclide (NN
// unknown), serial of five, class 1–5 or N. Reasons: SOURCE_CODE_LENGTH,
// SOURCE_CODE_FORM.
func SourceCode(code string) []Finding {
	if n := len([]rune(code)); n != 12 {
		return wrongLength("SOURCE_CODE_LENGTH", "放射源编码", "The source code", n, 12)
	}
	if !sourceForm.MatchString(code) {
		return wrong("SOURCE_CODE_FORM", "放射源编码格式不符，例如 0312CS001234", "This is not a source code such as 0312CS001234")
	}
	return nil
}

var divisionForm = regexp.MustCompile(`^[1-9]\d{5}(\d{3})?$`)

// DivisionCode checks the form of a division code 行政区划代码 (GB/T 2260; nine
// digits for towns). Reason: DIVISION_CODE_FORM.
func DivisionCode(code string) []Finding {
	if divisionForm.MatchString(code) {
		return nil
	}
	return wrong("DIVISION_CODE_FORM", "行政区划代码为 6 位或 9 位数字，例如 620602", "A division code has six or nine digits, for example 620602")
}
