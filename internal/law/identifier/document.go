package identifier

import (
	"fmt"
	"regexp"
	"strconv"
)

// DocumentNumber is the number of an official document 文号, such as
// 武环罚〔2026〕12号 or, of a county branch, 武环(凉)罚〔2026〕3号.
type DocumentNumber struct {
	Branch string // 凉, 民, 古 or 天; "" for the city bureau
	Kind   string // 罚, 罚告, 责改, …
	Year   int
	Serial int
}

var documentForm = regexp.MustCompile(`^武环(?:\(([凉民古天])\))?([\p{Han}]{1,4})〔(20\d{2})〕([1-9]\d*)号$`)

// String writes the number with six-corner brackets U+3014 and U+3015, without
// leading zeros (GB/T 9704).
func (n DocumentNumber) String() string {
	branch := ""
	if n.Branch != "" {
		branch = "(" + n.Branch + ")"
	}
	return fmt.Sprintf("武环%s%s〔%d〕%d号", branch, n.Kind, n.Year, n.Serial)
}

// ParseDocumentNumber reads a document number. Reason: DOCUMENT_NUMBER_FORM.
// Whether the kind is one of the bureau's is for the document types to say.
func ParseDocumentNumber(text string) (DocumentNumber, []Finding) {
	m := documentForm.FindStringSubmatch(text)
	if m == nil {
		return DocumentNumber{}, wrong("DOCUMENT_NUMBER_FORM", "文号格式不符，例如 武环罚〔2026〕12号：六角括号，序号不加“第”和前导零",
			"This is not a document number such as 武环罚〔2026〕12号: six-corner brackets, no leading zero")
	}
	year, _ := strconv.Atoi(m[3])
	serial, err := strconv.Atoi(m[4])
	if err != nil {
		return DocumentNumber{}, wrong("DOCUMENT_NUMBER_FORM", "文号的序号过大", "The serial of the document number is too large")
	}
	return DocumentNumber{Branch: m[1], Kind: m[2], Year: year, Serial: serial}, nil
}
