package contract

import (
	"bytes"
	"encoding/json"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// scan looks for reasons to doubt a body, in one pass over its bytes and
// without making values of them. Nearly every body gives none; what does, be it
// right or wrong, is read again by a checker, which knows what to tell.
type scan struct {
	text []byte
	at   int
	skip map[protoreflect.FullName]bool
}

// flawless reports that a checker would find nothing in the body. False means
// nothing.
func (r *Route) flawless(body []byte) bool {
	s := &scan{text: body, skip: r.InPath}
	s.space()
	if !s.take('{') || !s.fields(r.Input, 0) {
		return false
	}
	s.space()
	return s.at == len(s.text)
}

// shapes are the fields of message types by JSON name.
var shapes sync.Map // protoreflect.FullName → shape

type shape map[string]protoreflect.FieldDescriptor

func shapeOf(m protoreflect.MessageDescriptor) shape {
	if known, ok := shapes.Load(m.FullName()); ok {
		return known.(shape) // the map holds nothing else
	}
	fields := shape{}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		fields[f.JSONName()] = f
	}
	shapes.Store(m.FullName(), fields)
	return fields
}

func (s *scan) space() {
	for s.at < len(s.text) && (s.text[s.at] == ' ' || s.text[s.at] == '\n' || s.text[s.at] == '\t' || s.text[s.at] == '\r') {
		s.at++
	}
}

// take passes over one byte if it is the next.
func (s *scan) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// word passes over a literal if it is the next.
func (s *scan) word(w string) bool {
	if bytes.HasPrefix(s.text[s.at:], []byte(w)) {
		s.at += len(w)
		return true
	}
	return false
}

// fields passes over the members of an object that was opened.
func (s *scan) fields(m protoreflect.MessageDescriptor, depth int) bool {
	shape := shapeOf(m)
	if depth > maxDepth || len(shape) > 64 {
		return false
	}
	seen := uint64(0)
	return s.items('}', func(int) bool {
		key, plain := s.quoted()
		f := shape[string(key)]
		if !plain || f == nil || s.skip[f.FullName()] || seen&(1<<f.Index()) != 0 {
			return false
		}
		seen |= 1 << f.Index()
		s.space()
		if !s.take(':') {
			return false
		}
		s.space()
		return s.field(f, depth+1)
	})
}

// items passes over what stands between commas, and over the end.
func (s *scan) items(end byte, item func(int) bool) bool {
	s.space()
	if s.take(end) {
		return true
	}
	for i := 0; ; i++ {
		s.space()
		if !item(i) {
			return false
		}
		s.space()
		if s.take(end) {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scan) field(f protoreflect.FieldDescriptor, depth int) bool {
	switch {
	case f.IsMap():
		return false
	case !f.IsList():
		return s.value(f, depth)
	case s.word("null"):
		return true
	}
	return depth <= maxDepth && s.take('[') && s.items(']', func(i int) bool {
		return i < maxElements && s.value(f, depth+1)
	})
}

// value passes over one value that is neither list nor map.
func (s *scan) value(f protoreflect.FieldDescriptor, depth int) bool {
	switch {
	case s.at == len(s.text):
		return false
	case s.word("null"):
		return true
	case f.Message() != nil && !wellKnown(f.Message()):
		return s.take('{') && s.fields(f.Message(), depth)
	case f.Kind() == protoreflect.BoolKind:
		return s.word("true") || s.word("false")
	case s.text[s.at] != '"':
		number, ok := s.integer()
		return ok && fits(f, json.Number(number))
	}
	text, plain := s.quoted()
	if f.Kind() == protoreflect.StringKind {
		return text != nil
	}
	return plain && fits(f, string(text))
}

// quoted passes over a string and returns what stands between the quotes, nil
// if it is cut off; plain if that is the value as it stands.
func (s *scan) quoted() (text []byte, plain bool) {
	if !s.take('"') {
		return nil, false
	}
	begin := s.at
	for plain = true; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[begin : s.at-1 : s.at], plain
		case c < ' ':
			return nil, false
		case c == '\\':
			plain = false
			if s.at++; s.at == len(s.text) || bytes.IndexByte([]byte(`"\/bfnrt`), s.text[s.at]) < 0 {
				return nil, false // \u is left to the checker
			}
		}
	}
	return nil, false
}

// integer passes over digits with a sign perhaps; other numbers are doubtful.
func (s *scan) integer() (string, bool) {
	begin := s.at
	s.take('-')
	digits := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	n := s.at - digits
	return string(s.text[begin:s.at]), n == 1 || n > 1 && s.text[digits] != '0'
}
