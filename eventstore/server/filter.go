package server

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"shiyang/eventstore/journal"
)

// defaultWindow is the number of events that a filtered subscription considers
// between checkpoints when the client sets none.
const defaultWindow = 32

// filter chooses events of $all. The nil filter takes all.
type filter struct {
	byType   bool // else by stream
	prefixes [][]byte
	match    *regexp.Regexp
	refuse   *regexp.Regexp // from a leading negative look-ahead
	interval uint64         // events considered between checkpoints
}

func filterOf(o *streams.ReadReq_Options) (*filter, error) {
	f := o.GetFilter()
	if f == nil {
		return nil, nil
	}
	if o.GetAll() == nil {
		return nil, invalid("only $all can be filtered")
	}
	out := &filter{byType: f.GetEventType() != nil}
	expression := f.GetStreamIdentifier()
	if out.byType {
		expression = f.GetEventType()
	}
	if err := out.setExpression(expression); err != nil {
		return nil, err
	}
	window := f.GetMax()
	if window == 0 {
		window = defaultWindow
	}
	if f.GetCheckpointIntervalMultiplier() == 0 && o.GetSubscription() != nil {
		return nil, invalid("the checkpoint interval multiplier must be at least 1")
	}
	out.interval = uint64(window) * uint64(f.GetCheckpointIntervalMultiplier())
	return out, nil
}

func (f *filter) setExpression(e *streams.ReadReq_Options_FilterOptions_Expression) error {
	if e.GetRegex() == "" {
		if len(e.GetPrefix()) == 0 {
			return invalid("the filter has neither a regular expression nor prefixes")
		}
		for _, p := range e.GetPrefix() {
			f.prefixes = append(f.prefixes, []byte(p))
		}
		return nil
	}
	refuse, match := splitLookAhead(e.GetRegex())
	var err error
	if f.match, err = regexp.Compile(match); err != nil {
		return invalid("the regular expression is not supported: %v", err)
	}
	if refuse == "" {
		return nil
	}
	if f.refuse, err = regexp.Compile(refuse); err != nil {
		return invalid("the regular expression is not supported: %v", err)
	}
	return nil
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

// takes tells whether a reader of $all gets an event.
func (f *filter) takes(r journal.Record) bool {
	if hidden(r.Stream) {
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

// hidden tells whether $all never shows a stream: a cluster's own bookkeeping.
func hidden(stream []byte) bool {
	if len(stream) == 0 || stream[0] != '$' {
		return false
	}
	if string(stream) == "$epoch-information" {
		return true
	}
	return bytes.HasPrefix(stream, []byte("$persistentsubscription-$all::")) &&
		(bytes.HasSuffix(stream, []byte("-checkpoint")) || bytes.HasSuffix(stream, []byte("-parked")))
}
