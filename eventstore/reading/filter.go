package reading

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"shiyang/eventstore/journal"
)

// An Expression chooses events of $all by the type or by the stream, with a
// regular expression that matches anywhere or with prefixes. The expression
// wins when both are given.
type Expression struct {
	ByType   bool     `json:"byType,omitempty"` // else by stream
	Regex    string   `json:"regex,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
}

// Filter chooses events of $all. The nil filter takes all that $all shows. It
// is safe for concurrent use.
type Filter struct {
	byType   bool
	prefixes [][]byte
	match    *regexp.Regexp
	refuse   *regexp.Regexp // from a leading negative look-ahead
}

// NewFilter compiles an expression. Of the expressions that Go does not know,
// one leading negative look-ahead is understood: ^(?!…). An error says what is
// not.
func NewFilter(e Expression) (*Filter, error) {
	f := &Filter{byType: e.ByType}
	if e.Regex == "" {
		if len(e.Prefixes) == 0 {
			return nil, errors.New("the filter has neither a regular expression nor prefixes")
		}
		for _, p := range e.Prefixes {
			f.prefixes = append(f.prefixes, []byte(p))
		}
		return f, nil
	}
	refuse, match := splitLookAhead(e.Regex)
	var err error
	if f.match, err = regexp.Compile(match); err != nil {
		return nil, fmt.Errorf("the regular expression is not supported: %w", err)
	}
	if refuse == "" {
		return f, nil
	}
	if f.refuse, err = regexp.Compile(refuse); err != nil {
		return nil, fmt.Errorf("the regular expression is not supported: %w", err)
	}
	return f, nil
}

// splitLookAhead splits ^(?!A)B, which Go's expressions lack, into ^(?:A) to
// refuse and ^B to match. Other expressions come back as they are.
func splitLookAhead(expression string) (refuse, match string) {
	rest, ok := strings.CutPrefix(expression, "^(?!")
	if !ok {
		return "", expression
	}
	depth, class := 1, false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return "^(?:" + rest[:i] + ")", "^" + rest[i+1:]
			}
		}
	}
	return "", expression
}

// Takes tells whether a reader of $all gets an event.
func (f *Filter) Takes(r journal.Record) bool {
	if Hidden(r.Stream) {
		return false
	}
	if f == nil {
		return true
	}
	subject := r.Stream
	if f.byType {
		subject = r.Type
	}
	if f.match != nil {
		return f.match.Match(subject) && (f.refuse == nil || !f.refuse.Match(subject))
	}
	for _, p := range f.prefixes {
		if bytes.HasPrefix(subject, p) {
			return true
		}
	}
	return false
}

// Hidden tells whether $all never shows a stream: a cluster's own bookkeeping,
// and that of consumer groups of $all.
func Hidden(stream []byte) bool {
	if len(stream) == 0 || stream[0] != '$' {
		return false
	}
	if string(stream) == "$epoch-information" {
		return true
	}
	return bytes.HasPrefix(stream, []byte("$persistentsubscription-$all::")) &&
		(bytes.HasSuffix(stream, []byte("-checkpoint")) || bytes.HasSuffix(stream, []byte("-parked")))
}
