package identifier

import (
	"regexp"
	"strings"
	"time"
)

var (
	mobileForm   = regexp.MustCompile(`^1[3-9]\d{9}$`)
	landlineForm = regexp.MustCompile(`^0\d{2,3}-\d{7,8}$`)
	residentForm = regexp.MustCompile(`^[1-9]\d{16}[\dX]$`)
)

// ResidentID checks a resident identity number 公民身份号码 (GB 11643): 18
// characters, an existing birth date and the check character. Today bounds the
// birth date; the zero time leaves it open. Reasons: RESIDENT_ID_LENGTH,
// RESIDENT_ID_FORM, RESIDENT_ID_BIRTH_DATE, RESIDENT_ID_CHECK_DIGIT. Findings
// never hold the number.
func ResidentID(id string, today time.Time) []Finding {
	if n := len([]rune(id)); n != 18 {
		return wrongLength("RESIDENT_ID_LENGTH", "身份证号", "The identity number", n, 18)
	}
	if !residentForm.MatchString(id) {
		return wrong("RESIDENT_ID_FORM", "身份证号前 17 位是数字，末位是数字或大写 X", "An identity number is 17 digits and a digit or capital X")
	}
	birth, err := time.Parse("20060102", id[6:14])
	if err != nil || birth.Year() < 1880 || !today.IsZero() && birth.After(today) {
		return []Finding{wrongAt("RESIDENT_ID_BIRTH_DATE", 7, "身份证号第 7–14 位不是有效的出生日期", "Digits 7–14 of the identity number are not a possible birth date")}
	}
	sum := 0
	for i, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(id[i]-'0') * w
	}
	if "10X98765432"[sum%11] != id[17] {
		return []Finding{wrongAt("RESIDENT_ID_CHECK_DIGIT", 18, "身份证号的校验码不符，请核对后重填", "The check character of the identity number does not match; check it and enter it again")}
	}
	return nil
}

// MaskResidentID keeps the first six and the last four characters:
// 620602********0011. Anything but 18 characters is masked whole.
func MaskResidentID(id string) string {
	if len(id) != 18 {
		return strings.Repeat("*", len([]rune(id)))
	}
	return id[:6] + "********" + id[14:]
}

// Phone checks a phone number of a person or office: a mobile of 11 digits, a
// landline such as 0935-2212345, or the service numbers 12369 and 12345.
// Reason: PHONE_FORM.
func Phone(number string) []Finding {
	if mobileForm.MatchString(number) || landlineForm.MatchString(number) || number == "12369" || number == "12345" {
		return nil
	}
	return wrong("PHONE_FORM", "填 11 位手机号，或“区号-号码”的固定电话，例如 0935-2212345",
		"Enter a mobile number of 11 digits or a landline such as 0935-2212345")
}

// Mobile checks a mobile number 手机号. Reason: MOBILE_FORM.
func Mobile(number string) []Finding {
	if mobileForm.MatchString(number) {
		return nil
	}
	return wrong("MOBILE_FORM", "手机号为 11 位数字，以 13–19 开头", "A mobile number has 11 digits and begins with 13 to 19")
}
