package law

import (
	"time"

	"shiyang/internal/law/calendar"
	"shiyang/internal/law/identifier"
)

// Date is a legal day in Asia/Shanghai; see [calendar.Date].
type Date = calendar.Date

// Calendar is the working-day calendar of China; see [calendar.Calendar].
type Calendar = calendar.Calendar

// Finding is one thing wrong or doubtful with a value; see [identifier.Finding].
type Finding = identifier.Finding

// The severities of findings.
const (
	Error   = identifier.Error
	Warning = identifier.Warning
)

// NewDate returns the given legal day.
func NewDate(year int, month time.Month, day int) Date { return calendar.NewDate(year, month, day) }

// DateOf returns the legal day on which the instant falls in Asia/Shanghai.
func DateOf(t time.Time) Date { return calendar.DateOf(t) }

// ParseDate reads an ISO date such as 2026-10-09.
func ParseDate(s string) (Date, error) { return calendar.ParseDate(s) }

// MustParseDate is ParseDate for constants; it panics on a malformed date.
func MustParseDate(s string) Date { return calendar.MustParseDate(s) }

// HasError reports whether any finding stops a filing.
func HasError(findings []Finding) bool { return identifier.HasError(findings) }

// CheckUSCC checks a unified social credit code 统一社会信用代码; see
// [identifier.USCC].
func CheckUSCC(code string) []Finding { return identifier.USCC(code) }

// Language is a language of the product.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Text is a sentence in both languages.
type Text struct{ Zh, En string }

// In returns the sentence in the given language, Chinese unless English is asked.
func (t Text) In(lang Language) string {
	if lang == English {
		return t.En
	}
	return t.Zh
}

func shanghaiZone() *time.Location { return calendar.Shanghai() }
