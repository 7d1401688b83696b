package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"shiyang/internal/problem"
)

// Bounds of one JSON body.
const (
	maxDepth    = 32   // nested objects and arrays
	maxElements = 1000 // of one array
	maxFindings = 100  // that are told at once
)

// CheckBody returns everything in a JSON body that the route's contract does
// not know. An empty body is an empty object.
func (r *Route) CheckBody(body []byte) problem.Fields {
	if len(bytes.TrimSpace(body)) == 0 || r.flawless(body) {
		return nil
	}
	return r.findMistakes(body)
}

// findMistakes reads a body token by token.
func (r *Route) findMistakes(body []byte) problem.Fields {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	c := &checker{decoder: decoder, skip: r.InPath}
	c.message(r.Input, "", 0)
	if c.broken == nil {
		if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
			c.broken = errors.New("more than one JSON value")
		}
	}
	if c.broken != nil {
		at := fmt.Sprintf("byte %d", decoder.InputOffset())
		c.found.Add("", at, "JSON_SYNTAX", "请求不是完整的 JSON（"+at+"）。", "The body is not well-formed JSON ("+at+").")
	}
	return c.found
}

// errEnough stops a check that has found too much already.
var errEnough = errors.New("too many mistakes")

type checker struct {
	decoder *json.Decoder
	skip    map[protoreflect.FullName]bool
	found   problem.Fields
	broken  error
}

func (c *checker) add(path, value, reason, zh, en string) {
	if len(c.found) >= maxFindings {
		c.broken = errEnough
		return
	}
	c.found.Add(path, value, reason, zh, en)
}

func (c *checker) token() json.Token {
	if c.broken != nil {
		return nil
	}
	t, err := c.decoder.Token()
	if err != nil {
		c.broken = err
	}
	return t
}

// message checks one JSON object against a message.
func (c *checker) message(m protoreflect.MessageDescriptor, path string, depth int) {
	switch t := c.token(); {
	case c.broken != nil:
	case t == json.Delim('{'):
		c.fields(m, path, depth)
	default:
		c.wrongType(path, t, "对象", "an object", depth)
	}
}

// fields checks the members of an object that was opened.
func (c *checker) fields(m protoreflect.MessageDescriptor, path string, depth int) {
	if c.tooDeep(path, depth) {
		return
	}
	seen := map[string]bool{}
	for c.broken == nil && c.decoder.More() {
		key, _ := c.token().(string)
		at := join(path, key)
		field := m.Fields().ByJSONName(key)
		if field != nil && c.skip[field.FullName()] {
			c.add(at, "", "GIVEN_BY_PATH", "该字段由地址给出，不要写在请求体里。", "The path gives this field; leave it out of the body.")
			c.skipValue(depth)
			continue
		}
		if seen[key] {
			c.add(at, "", "DUPLICATE_FIELD", "该字段出现了两次，请只保留一个。", "This field is given twice; keep one.")
			c.skipValue(depth)
			continue
		}
		seen[key] = true
		if field == nil {
			c.add(at, "", "UNKNOWN_FIELD", "没有这个字段"+hint(m, key, "（是否指 ", "？）")+"。", "There is no such field"+hint(m, key, " (did you mean ", "?)")+".")
			c.skipValue(depth)
			continue
		}
		c.field(field, at, depth)
	}
	c.token() // the closing brace
}

func (c *checker) field(f protoreflect.FieldDescriptor, path string, depth int) {
	switch {
	case f.IsMap():
		c.mapping(f.MapValue(), path, depth+1)
	case f.IsList():
		c.list(f, path, depth+1)
	default:
		c.value(f, path, depth+1)
	}
}

func (c *checker) list(f protoreflect.FieldDescriptor, path string, depth int) {
	t := c.token()
	if c.broken != nil || t == nil {
		return
	}
	if t != json.Delim('[') {
		c.wrongType(path, t, "数组", "an array", depth)
		return
	}
	if c.tooDeep(path, depth) {
		return
	}
	for i := 0; c.broken == nil && c.decoder.More(); i++ {
		if i == maxElements {
			c.add(path, "", "TOO_MANY_ELEMENTS", "数组最多 1000 项。", "An array may hold 1000 elements at most.")
		}
		if i >= maxElements {
			c.skipValue(depth)
			continue
		}
		c.value(f, fmt.Sprintf("%s[%d]", path, i), depth+1)
	}
	c.token()
}

func (c *checker) mapping(value protoreflect.FieldDescriptor, path string, depth int) {
	t := c.token()
	if c.broken != nil || t == nil {
		return
	}
	if t != json.Delim('{') {
		c.wrongType(path, t, "对象", "an object", depth)
		return
	}
	for c.broken == nil && c.decoder.More() {
		key, _ := c.token().(string)
		c.value(value, join(path, key), depth+1)
	}
	c.token()
}

// value checks one value that is neither list nor map.
func (c *checker) value(f protoreflect.FieldDescriptor, path string, depth int) {
	if f.Message() != nil && !wellKnown(f.Message()) {
		c.messageOrNull(f.Message(), path, depth)
		return
	}
	t := c.token()
	if c.broken != nil || t == nil { // null means "not given"
		return
	}
	if _, opened := t.(json.Delim); opened {
		zh, en := expected(f)
		c.wrongType(path, t, zh, en, depth)
		return
	}
	if !fits(f, t) {
		zh, en := expected(f)
		c.add(path, text(f, t), "WRONG_TYPE", "这里应填"+zh+"。", "Expected "+en+".")
	}
}

func (c *checker) messageOrNull(m protoreflect.MessageDescriptor, path string, depth int) {
	t := c.token()
	switch {
	case c.broken != nil || t == nil:
	case t == json.Delim('{'):
		c.fields(m, path, depth)
	default:
		c.wrongType(path, t, "对象", "an object", depth)
	}
}

// wrongType reports t and passes over what it opened.
func (c *checker) wrongType(path string, t json.Token, zh, en string, depth int) {
	c.add(path, "", "WRONG_TYPE", "这里应填"+zh+"。", "Expected "+en+".")
	if _, opened := t.(json.Delim); opened {
		c.skipOpened(depth)
	}
}

func (c *checker) tooDeep(path string, depth int) bool {
	if depth <= maxDepth {
		return false
	}
	c.add(path, "", "TOO_DEEP", "JSON 嵌套最多 32 层。", "JSON may be nested 32 levels deep at most.")
	c.broken = errEnough
	return true
}

// skipValue passes over one whole value.
func (c *checker) skipValue(depth int) {
	if _, opened := c.token().(json.Delim); opened {
		c.skipOpened(depth)
	}
}

// skipOpened passes over the rest of an object or array.
func (c *checker) skipOpened(depth int) {
	for open := 1; open > 0 && c.broken == nil; {
		switch c.token() {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
		if depth+open > 10*maxDepth {
			c.broken = errEnough
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// hint names the field that a wrong key probably means.
func hint(m protoreflect.MessageDescriptor, key, before, after string) string {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
	for i := range m.Fields().Len() {
		if name := m.Fields().Get(i).JSONName(); plain(name) == plain(key) {
			return before + name + after
		}
	}
	return ""
}
