package identifier

import (
	"fmt"
	"strings"
)

// usccAlphabet are the 31 characters of GB 32100-2015; I, O, S, V and Z are
// left out because they are easily misread.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var (
	usccWeights         = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	organisationWeights = [8]int{3, 7, 9, 10, 5, 8, 4, 2}
)

// USCC checks a unified social credit code 统一社会信用代码 (GB 32100-2015):
// 18 characters, the alphabet and the last check character are enforced. The
// check character of the organisation code inside (GB 11714) is only a warning,
// because some codes issued early do not satisfy it. Reasons: USCC_LENGTH,
// USCC_ALPHABET (with position), USCC_CHECK_DIGIT, USCC_ORGANISATION_CHECK.
func USCC(code string) []Finding {
	if n := len([]rune(code)); n != 18 {
		return wrongLength("USCC_LENGTH", "统一社会信用代码", "The unified social credit code", n, 18)
	}
	var findings []Finding
	for i, r := range []rune(code) {
		if r > 'Z' || !strings.ContainsRune(usccAlphabet, r) {
			findings = append(findings, usccLetter(i+1, r))
		}
	}
	if findings != nil {
		return findings
	}
	sum := 0
	for i := range 17 {
		sum += strings.IndexByte(usccAlphabet, code[i]) * usccWeights[i]
	}
	if usccAlphabet[(31-sum%31)%31] != code[17] {
		findings = append(findings, wrongAt("USCC_CHECK_DIGIT", 18,
			"统一社会信用代码的校验码（第 18 位）不符，核对营业执照后重填",
			"The check character (position 18) does not match; compare the code with the business licence"))
	}
	if organisationCheck(code[8:16]) != code[16] {
		findings = append(findings, Finding{
			Reason: "USCC_ORGANISATION_CHECK", Severity: Warning, Position: 17,
			Zh: "第 17 位与组织机构代码的校验规则不符；早年赋码可能如此，核对无误可保留",
			En: "Position 17 does not satisfy the organisation code check; early codes may not, keep it if the licence says so",
		})
	}
	return findings
}

func usccLetter(position int, r rune) Finding {
	zh, en := fmt.Sprintf("第 %d 位不是信用代码可用的字符", position),
		fmt.Sprintf("Position %d is not a character of credit codes", position)
	switch {
	case r >= 'A' && r <= 'Z':
		zh = fmt.Sprintf("第 %d 位是字母 %c，信用代码不含 I、O、S、V、Z", position, r)
		en = fmt.Sprintf("Position %d is the letter %c; credit codes have no I, O, S, V or Z", position, r)
	case r >= 'a' && r <= 'z':
		zh = fmt.Sprintf("第 %d 位是小写字母，信用代码用大写", position)
		en = fmt.Sprintf("Position %d is a lower-case letter; credit codes use capitals", position)
	}
	return wrongAt("USCC_ALPHABET", position, zh, en)
}

// organisationCheck computes the check character of an eight-character
// organisation code 组织机构代码 (GB 11714).
func organisationCheck(body string) byte {
	sum := 0
	for i := range 8 {
		value := int(body[i] - '0')
		if body[i] >= 'A' {
			value = int(body[i]-'A') + 10
		}
		sum += value * organisationWeights[i]
	}
	switch v := 11 - sum%11; v {
	case 10:
		return 'X'
	case 11:
		return '0'
	default:
		return byte('0' + v)
	}
}

// USCCDivision returns the division code 行政区划 at positions 3–8. It is the
// place of first registration, which need not be where the site lies.
func USCCDivision(code string) string {
	if len(code) != 18 {
		return ""
	}
	return code[2:8]
}
