package lawlist

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// Offer is an edition that may be loaded: its rows are checked.
type Offer struct {
	law.Edition
	Source string // where it was read
}

// Heading is what a person says of a file.
type Heading struct {
	List    law.List
	Edition string // its name: "2027"
	From    law.Date
	To      law.Date  // zero if open
	State   law.State // empty: complete
	Source  string
}

// Read makes an offer of a file. A file without its own heading gets one, so
// that the stored content describes itself; a file that says otherwise than
// the person is refused, and so is one with a wrong row, which is named.
func Read(h Heading, content []byte) (Offer, error) {
	if h.State == "" {
		h.State = law.Complete
	}
	if err := h.check(content); err != nil {
		return Offer{}, err
	}
	plain, plainErr := law.ParseEdition(h.List, content)
	if plainErr == nil && h.differs(plain) == nil {
		return Offer{plain, h.Source}, nil
	}
	headed, err := law.ParseEdition(h.List, append(h.lines(), bytes.TrimPrefix(content, []byte("\ufeff"))...))
	if err != nil {
		// The file as it came counts its lines as the person sees them.
		if plainErr != nil {
			err = plainErr
		}
		return Offer{}, refused(err)
	}
	if err := h.differs(headed); err != nil {
		return Offer{}, err
	}
	return Offer{headed, h.Source}, nil
}

// check refuses what no file could mend.
func (h Heading) check(content []byte) error {
	var wrong problem.Fields
	if !slices.Contains(law.Lists(), h.List) {
		wrong.Add("list", string(h.List), "LIST_UNKNOWN",
			"没有这个清单。可填："+names("、")+"。", "There is no such list. The lists are: "+names(", ")+".")
	}
	if h.From.IsZero() {
		wrong.Add("validFrom", "", "DATE_INVALID", "没有这一天，请核对。", "There is no such day. Correct it.")
	}
	if !h.To.IsZero() && h.To.Before(h.From) {
		wrong.Add("validTo", h.To.String(), "DATES_REVERSED", "截止日早于施行日。", "The last day lies before the first.")
	}
	if h.State == law.Complete && len(bytes.TrimSpace(content)) == 0 {
		wrong.Add("content", "", "REQUIRED", "必填：版本的内容。", "Required: the edition's content.")
	}
	if h.State == law.Missing && hasRows(content) {
		wrong.Add("content", "", "MISSING_HAS_ROWS",
			"“缺失”的版本没有内容；内容在手时请按“完整”装载。", "An edition that is missing has no rows. With its rows at hand, load it as complete.")
	}
	return wrong.Err()
}

// hasRows tells whether a file holds more than comment lines.
func hasRows(content []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(content, []byte("\ufeff"))) {
		if text := bytes.TrimSpace(line); len(text) > 0 && text[0] != '#' {
			return true
		}
	}
	return false
}

func names(separator string) string {
	var list []string
	for _, l := range law.Lists() {
		list = append(list, string(l))
	}
	return strings.Join(list, separator)
}

// lines are the heading as it stands at the top of a file.
func (h Heading) lines() []byte {
	text := fmt.Sprintf("# edition: %s-%s\n# version: %s\n# valid_from: %s\n", h.List, h.Edition, h.Edition, h.From)
	if !h.To.IsZero() {
		text += fmt.Sprintf("# valid_to: %s\n", h.To)
	}
	if h.State == law.Missing {
		text += "# state: missing\n"
	}
	return []byte(text)
}

// differs lists what a file says otherwise than its heading.
func (h Heading) differs(e law.Edition) error {
	var wrong problem.Fields
	say := func(path string, given, file string) {
		if given != file {
			wrong.Add(path, given, "FILE_SAYS_OTHERWISE",
				"文件自己写的是“"+file+"”，请核对。", "The file itself says "+file+". Correct one of them.")
		}
	}
	say("edition", h.Edition, e.Version)
	say("validFrom", h.From.String(), e.ValidFrom.String())
	say("validTo", day(h.To), day(e.ValidTo))
	say("state", string(h.State), string(e.State))
	if len(wrong) == 0 {
		say("edition", string(h.List)+"-"+h.Edition, e.ID)
	}
	return wrong.Err()
}

func day(d law.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// refused tells what the law engine found wrong with a file, with its line.
func refused(err error) error {
	text := strings.TrimPrefix(err.Error(), law.ErrEdition.Error()+": ")
	if !errors.Is(err, law.ErrEdition) {
		return err
	}
	var wrong problem.Fields
	wrong.Add("content", "", "CONTENT_REFUSED", "内容有误："+text, "The content is wrong: "+text)
	return wrong.Err()
}

// event is the fact of loading an offer.
func (o Offer) event() *commonv1.LawEditionLoaded {
	return &commonv1.LawEditionLoaded{
		List: string(o.List), Edition: o.Version, ValidFrom: wireOf(o.ValidFrom), ValidTo: wireOf(o.ValidTo),
		Content: &commonv1.Attachment{
			Sha256: o.Hash, Size: int64(len(o.Content())), MediaType: "text/plain", Kind: "law-data", Title: o.ID,
		},
		State: string(o.State), Source: o.Source,
	}
}
