// Package identifier checks the numbers that people type: unified social credit
// codes, resident identity numbers, phones, plates, permit and manifest numbers,
// source codes, waste codes, labels and official document numbers.
//
// A check is a function from a string to a list of [Finding]; an empty list
// means the value is right. Checks look only at form, alphabet and check digits;
// whether a well-formed code exists in a list is for the parent package to say.
// Findings never repeat the value, because some values are personal.
//
// The package imports only the standard library. Start with [USCC].
package identifier

import "fmt"

// Severity says whether a finding stops a filing.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the value cannot be right
	Warning Severity = "warning" // the value is doubtful; a person may keep it
)

// Finding is one thing wrong or doubtful with an identifier.
type Finding struct {
	Reason   string   // stable and upper-case: USCC_CHECK_DIGIT
	Severity Severity // Error or Warning
	Zh, En   string   // a whole sentence: what is wrong, what to do
	Position int      // 1-based character position, 0 when the whole value is meant
}

// HasError reports whether any finding stops a filing.
func HasError(findings []Finding) bool {
	for _, f := range findings {
		if f.Severity == Error {
			return true
		}
	}
	return false
}

func wrong(reason, zh, en string) []Finding {
	return []Finding{{Reason: reason, Severity: Error, Zh: zh, En: en}}
}

func wrongAt(reason string, position int, zh, en string) Finding {
	return Finding{Reason: reason, Severity: Error, Zh: zh, En: en, Position: position}
}

// wrongLength words the finding for a value with too few or too many characters.
func wrongLength(reason, nameZh, nameEn string, got, want int) []Finding {
	return wrong(reason,
		fmt.Sprintf("%s应为 %d 位，现为 %d 位，核对后重填", nameZh, want, got),
		fmt.Sprintf("%s has %d characters but needs %d; check it and enter it again", nameEn, got, want))
}
