package rpc

import (
	"fmt"
	"regexp"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/problem"
)

// datePattern is the form of a legal day in the contract.
var datePattern = regexp.MustCompile(`^(19[0-9]{2}|20[0-9]{2}|2100)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)

// sentence is how a broken rule is told.
type sentence struct {
	reason string
	text   problem.Text
}

func say(reason, zh, en string) sentence {
	return sentence{reason: reason, text: problem.Text{Zh: zh, En: en}}
}

// broken is a broken rule with what its sentence needs: the limits beside it.
type broken struct {
	rules   *validate.FieldRules
	pattern string
	empty   bool
}

// sentences is the table from rule ids of the contract to words. The limit
// stands in the sentence, so that nobody has to guess.
var sentences = map[string]func(broken) sentence{
	"required": func(broken) sentence {
		return say("REQUIRED", "必填，请补上。", "This is required. Fill it in.")
	},
	"string.min_len":     textLength,
	"string.max_len":     textLength,
	"string.len":         exactLength,
	"string.pattern":     textForm,
	"string.in":          textChoice,
	"string.uuid":        recordID,
	"string.uuid_empty":  recordID,
	"int32.gte_lte":      int32Range,
	"int64.gte_lte":      int64Range,
	"int64.gt_lte":       int64Range,
	"bytes.max_len":      contentLength,
	"repeated.min_items": itemCount,
	"repeated.max_items": itemCount,
	"repeated.unique": func(broken) sentence {
		return say("DUPLICATE", "有重复的项，请删去重复。", "An entry is repeated. Remove the repetition.")
	},
	"enum.defined_only": enumChoice,
	"enum.not_in":       enumChoice,
}

// sentenceOf words a violation. A rule without a row gets a sentence that is
// true of every rule.
func sentenceOf(fd protoreflect.FieldDescriptor, v *protovalidate.Violation) sentence {
	b := broken{rules: rulesOf(fd, v)}
	b.pattern = b.rules.GetString().GetPattern()
	if s, ok := v.FieldValue.Interface().(string); ok {
		b.empty = s == ""
	}
	if word, ok := sentences[v.Proto.GetRuleId()]; ok {
		s := word(b)
		if b.empty && s.reason != "REQUIRED" {
			return say("REQUIRED", "必填："+s.text.Zh, "Required. "+s.text.En)
		}
		return s
	}
	return say("INVALID", "填写的内容不符合要求，请核对后重填。", "This does not meet the rules. Check it and enter it again.")
}

// rulesOf are the rules that the violated one stands beside.
func rulesOf(fd protoreflect.FieldDescriptor, v *protovalidate.Violation) *validate.FieldRules {
	if fd == nil {
		return nil
	}
	rules, _ := proto.GetExtension(fd.Options(), validate.E_Field).(*validate.FieldRules)
	for _, e := range v.Proto.GetRule().GetElements() {
		if e.GetFieldName() == "items" {
			return rules.GetRepeated().GetItems()
		}
	}
	return rules
}

func textLength(b broken) sentence {
	low, high := b.rules.GetString().GetMinLen(), b.rules.GetString().GetMaxLen()
	switch {
	case low == 0:
		return say("WRONG_LENGTH", fmt.Sprintf("最多填 %d 个字。", high), fmt.Sprintf("Enter at most %d characters.", high))
	case high == 0:
		return say("WRONG_LENGTH", fmt.Sprintf("至少填 %d 个字。", low), fmt.Sprintf("Enter at least %d characters.", low))
	}
	return say("WRONG_LENGTH", fmt.Sprintf("填 %d 到 %d 个字。", low, high), fmt.Sprintf("Enter %d to %d characters.", low, high))
}

func contentLength(b broken) sentence {
	kib := b.rules.GetBytes().GetMaxLen() >> 10
	return say("TOO_LARGE", fmt.Sprintf("内容最大 %d KiB，请拆分后分次提交。", kib), fmt.Sprintf("The content may have at most %d KiB. Split it.", kib))
}

func exactLength(b broken) sentence {
	n := b.rules.GetString().GetLen()
	return say("WRONG_LENGTH", fmt.Sprintf("填 %d 个字符。", n), fmt.Sprintf("Enter exactly %d characters.", n))
}

func textChoice(b broken) sentence {
	choices := b.rules.GetString().GetIn()
	var shown []string
	for _, c := range choices {
		if c != "" {
			shown = append(shown, c)
		}
	}
	return say("NOT_IN_LIST", "只能填："+strings.Join(shown, "、")+"。", "Enter one of: "+strings.Join(shown, ", ")+".")
}

func recordID(broken) sentence {
	return say("NOT_A_UUID", "应为记录编号（UUID），例如 01939c3e-7a10-7c4e-9d2f-3b6a5d1e8f00。",
		"This must be a record id (UUID), for example 01939c3e-7a10-7c4e-9d2f-3b6a5d1e8f00.")
}

func int32Range(b broken) sentence {
	return between(int64(b.rules.GetInt32().GetGte()), int64(b.rules.GetInt32().GetLte()))
}

func int64Range(b broken) sentence {
	low := b.rules.GetInt64().GetGte()
	if b.rules.GetInt64().HasGt() {
		low = b.rules.GetInt64().GetGt() + 1
	}
	return between(low, b.rules.GetInt64().GetLte())
}

func between(low, high int64) sentence {
	return say("OUT_OF_RANGE", fmt.Sprintf("填 %d 到 %d 的整数。", low, high),
		fmt.Sprintf("Enter a whole number from %d to %d.", low, high))
}

func itemCount(b broken) sentence {
	low, high := b.rules.GetRepeated().GetMinItems(), b.rules.GetRepeated().GetMaxItems()
	switch {
	case low == 0:
		return say("WRONG_COUNT", fmt.Sprintf("最多 %d 项。", high), fmt.Sprintf("Give at most %d entries.", high))
	case high == 0:
		return say("WRONG_COUNT", fmt.Sprintf("至少 %d 项。", low), fmt.Sprintf("Give at least %d entries.", low))
	}
	return say("WRONG_COUNT", fmt.Sprintf("填 %d 到 %d 项。", low, high), fmt.Sprintf("Give %d to %d entries.", low, high))
}

func enumChoice(broken) sentence {
	return say("NOT_IN_LIST", "请从列出的选项中选择一项。", "Choose one of the listed values.")
}

// textForm words a pattern by the table forms; the pattern itself says
// nothing to people.
func textForm(b broken) sentence {
	if f, ok := forms[b.pattern]; ok {
		return say("WRONG_FORM", f.Zh, f.En)
	}
	return say("WRONG_FORM", "格式不对，请核对后重填。", "The form is wrong. Check it and enter it again.")
}

// forms are the patterns of the contracts in words; a test fails on a pattern
// without words.
var forms = map[string]problem.Text{
	datePattern.String():                                {Zh: "填日期，例如 2026-11-23。", En: "Enter a day such as 2026-11-23."},
	`^6206[0-9]{2}$`:                                    {Zh: "填武威市的行政区划代码，例如 620602。", En: "Enter a division code of Wuwei such as 620602."},
	`^(6206[0-9]{2})?$`:                                 {Zh: "填武威市的行政区划代码，例如 620602，或留空。", En: "Enter a division code of Wuwei such as 620602, or nothing."},
	`^[0-9a-f]{64}$`:                                    {Zh: "应为文件的 SHA-256 值：64 位小写十六进制。", En: "This must be the file's SHA-256: 64 lower-case hexadecimal digits."},
	`^[a-z]{2,40}$`:                                     {Zh: "填记录类别，例如 permit。", En: "Enter a category of records such as permit."},
	`^[a-z][a-z0-9_]{1,39}$`:                            {Zh: "填法规数据清单名，例如 working_days。", En: "Enter the name of a list of law data such as working_days."},
	`^[0-9A-Za-z][0-9A-Za-z.-]{0,39}$`:                  {Zh: "填版本名，用字母、数字、点、横线，例如 2027 或 2027-2。", En: "Enter an edition's name of letters, digits, dots and hyphens such as 2027 or 2027-2."},
	`^(DA|DW|YS)[0-9]{3}$`:                              {Zh: "填排放口编号，例如 DA001、DW001、YS001。", En: "Enter an outlet code such as DA001, DW001 or YS001."},
	`^((DA|DW|YS)[0-9]{3})?$`:                           {Zh: "填排放口编号，例如 DA001，或留空。", En: "Enter an outlet code such as DA001, or nothing."},
	`^[awn][0-9]{5}$`:                                   {Zh: "填污染物编码，例如 a21026。", En: "Enter a pollutant code such as a21026."},
	`^([0-9]{1,9}(\.[0-9]{1,6})?)?$`:                    {Zh: "填非负小数，最多 9 位整数、6 位小数，例如 35 或 0.05。", En: "Enter a decimal number, at most 9 digits before and 6 after the point, such as 35 or 0.05."},
	`^T[AWNS][0-9]{3}$`:                                 {Zh: "填治理设施编号，例如 TA001。", En: "Enter an abatement code such as TA001."},
	`^MF[0-9]{4}$`:                                      {Zh: "填生产设施编号，例如 MF0001。", En: "Enter a production facility code such as MF0001."},
	`^[0-9]{4}$`:                                        {Zh: "填四位行业代码（GB/T 4754），例如 3011。", En: "Enter a four-digit industry code (GB/T 4754) such as 3011."},
	`^([0-9]{4})?$`:                                     {Zh: "填四位行业代码（GB/T 4754），例如 3011，或留空。", En: "Enter a four-digit industry code (GB/T 4754) such as 3011, or nothing."},
	`^-?[0-9]{1,3}(\.[0-9]{1,8})?$`:                     {Zh: "填经度，十进制度数，例如 102.638011。", En: "Enter the longitude in decimal degrees such as 102.638011."},
	`^-?[0-9]{1,2}(\.[0-9]{1,8})?$`:                     {Zh: "填纬度，十进制度数，例如 37.928267。", En: "Enter the latitude in decimal degrees such as 37.928267."},
	`^[a-z][a-z0-9._-]{2,39}$`:                          {Zh: "登录名用 3 到 40 个小写字母、数字、点、横线，以字母开头。", En: "A sign-in name has 3 to 40 lower-case letters, digits, dots or hyphens and begins with a letter."},
	`^([0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6})?$`: {Zh: "填投资平台的项目代码，例如 2026-620602-77-03-012345，或留空。", En: "Enter the investment platform's project code such as 2026-620602-77-03-012345, or nothing."},
	`^(BH[0-9]{6})?$`:                                   {Zh: "填编制主持人信用编号，例如 BH012345，或留空。", En: "Enter the chief compiler's credit number such as BH012345, or nothing."},
	`^[0-9]{2,4}$`:                                      {Zh: "填两到四位行业代码（GB/T 4754），例如 26。", En: "Enter two to four digits of an industry code (GB/T 4754) such as 26."},
	`^[0-9A-Za-z-]*$`:                                   {Zh: "普查编号用字母、数字、横线，例如 P-0001。", En: "A census number has letters, digits and hyphens such as P-0001."},
	`^[0-9A-HJ-NPQRTUWXY]{18}[0-9]{3}[A-Z]$`:            {Zh: "填 22 位排污许可证编号。", En: "Enter a permit number of 22 characters."},
	`^([0-9A-HJ-NPQRTUWXY]{18}[0-9]{3}[A-Z])?$`:         {Zh: "填 22 位排污许可证编号，或留空。", En: "Enter a permit number of 22 characters, or nothing."},
}
